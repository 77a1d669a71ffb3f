"""Languages that words may be in: ISO 639-1, the codes of two letters.

Pure data. `vn` is a country and no language, and whoever writes it for Vietnamese is told so: words under a code that
nobody reads are words that nobody gets.
"""

_CODES = """
    aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo
    es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka
    kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng
    nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su
    sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
LANGUAGES = frozenset(_CODES.split())
#: Countries whose code is taken for the language that is spoken there.
SPOKEN_IN = {"vn": "vi", "jp": "ja", "cn": "zh", "tw": "zh", "gr": "el", "dk": "da", "cz": "cs", "ua": "uk"}
