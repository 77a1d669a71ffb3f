"""Languages that words may be in, ISO 639-1, the codes of two letters; and which of them a customer table means.

Pure. `vn` is a country and no language, and whoever writes it for Vietnamese is told so: words under a code that
nobody reads are words that nobody gets. A table of customers is not ours to correct: there it is understood.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

ENGLISH = "en"

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
#: Codes of three letters (ISO 639-2, both kinds) that tables of customers hold, and the ones of two.
_THREE = """
    ara:ar ben:bn bul:bg ces:cs cze:cs cym:cy dan:da deu:de ger:de ell:el gre:el eng:en est:et fas:fa per:fa fin:fi
    fra:fr fre:fr heb:he hin:hi hrv:hr hun:hu ind:id ita:it jpn:ja khm:km kor:ko lao:lo lav:lv lit:lt msa:ms may:ms
    nld:nl dut:nl nob:nb nno:nn nor:no pol:pl por:pt ron:ro rum:ro rus:ru slk:sk slo:sk slv:sl spa:es srp:sr swa:sw
    swe:sv tam:ta tgl:tl tha:th tur:tr ukr:uk urd:ur vie:vi zho:zh chi:zh
"""
_OF_TWO = dict(pair.split(":") for pair in _THREE.split()) | {"iw": "he", "in": "id", "fil": "tl"}
#: Written from the right to the left, says the Unicode Standard of their scripts.
_FROM_THE_RIGHT = frozenset({"ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})


@lru_cache(maxsize=4096)
def language_tag(written: str) -> str:
    """The language that a table of customers means, as a lower-case tag: `vi-vn` for `vi_VN.UTF-8`, `vi` for `vie`.

    Empty where the words name no language, such as `N/A`.
    """
    wanted = re.split(r"[.@]", written.strip().replace("_", "-").lower())[0]
    if not re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{1,8}){0,4}", wanted):
        return ""
    first, dash, rest = wanted.partition("-")
    meant = first if first in LANGUAGES else SPOKEN_IN.get(first) or first
    return f"{_OF_TWO.get(meant, meant)}{dash}{rest}"


def shorter(tag: str) -> Iterator[str]:
    """A tag and, one part less each time, what it falls back to: `zh-hant-tw`, `zh-hant`, `zh` (RFC 4647, lookup)."""
    while tag:
        yield tag
        tag = tag.rpartition("-")[0]


def direction(tag: str) -> str:
    """`rtl` for what is written from the right to the left, else `ltr`: the words of HTML."""
    return "rtl" if tag.partition("-")[0].lower() in _FROM_THE_RIGHT else "ltr"
