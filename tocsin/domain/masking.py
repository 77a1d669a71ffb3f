"""What looks like a customer's in what people type: blacked out where it leaves by Slack, which must hold none of it.

Seen are mail addresses, birthdays, telephone, account and other long numbers, IP addresses, and keys and tokens, also
where wide letters, percent signs, long dashes or brackets (`[at]`, `[.]`) write them. Pure, and no proof: a name, a
street or a short customer number looks like any other word, and keeping those out stays with whoever types.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import ip_address
from itertools import groupby
from unicodedata import category, normalize
from urllib.parse import unquote

#: Stands for what was left out, in every language.
MASK = "███"
#: Stands in what is looked through for what was found already: no letter, no digit, no space.
_SEEN = "\0"

#: One character as it is written: as a link writes it (RFC 3986, 2.1), perhaps more than once over; as an address that
#: nobody is to follow, `an [at] example[.]com`; or plainly.
_WRITTEN = re.compile(
    r"%(?:25)*(?:[0-7][0-9a-f]|[c-f][0-9a-f](?:%(?:25)*[89ab][0-9a-f]){1,3})"
    r"| ?[\[({] ?(?:at|dot|[@.:]) ?[\])}] ?|.",
    re.IGNORECASE | re.DOTALL,
)
#: What is meant by the words in brackets.
_MEANT = {"at": "@", "dot": "."}
#: What stands between digits as a hyphen does: dashes of every length, and the minus.
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")


def _anywhere(pattern: str) -> re.Pattern[str]:
    """The pattern, sought from each place, also from within what it found from an earlier one: where people write two
    numbers with a space between, what the first seems to be may reach into the second. No such pattern is endless.
    """
    return re.compile(f"(?=({pattern}))")


#: Sought from where a word begins alone, so that a long one without an address is gone through once.
_MAIL = re.compile(
    r"(?<![^\s<>()\[\],;:=\"'|])(?<!\w')(?:[^\s<>()\[\],;:=\"'|]|(?<=\w)'(?=\w))+@"
    r"[^\s<>()\[\],;:\"'|@]+\.\w[\w-]*"
    r"|\"(?:\\\"|[^\"\n]){1,64}\"@[^\s<>()\[\],;:\"'|@]{1,255}\.\w[\w-]*"
)
#: The name that a provider gives to a customer's line, by its address.
_LINE = re.compile(
    r"(?<!\d)\d{1,3}(?:-\d{1,3}){3}(?:-[\w-]{1,63})?(?:\.[\w-]{1,63}){0,8}\.[A-Za-z][\w-]{0,62}\w"
)
#: Three dots, or two colons and more: whether it is an address is then asked of the library.
_ADDRESS = _anywhere(
    r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w])|(?<![\w:])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){1,6}"
    r":(?:[0-9A-Fa-f]{1,4}|(?<=::))(?:(?:\.\d{1,3}){3})?(?!\w|:[\w:])"
)
#: Dialled from abroad: no country's code begins with 0, as the hours of a time zone do.
_ABROAD = _anywhere(r"(?<![\w/-])\+[1-9](?:[ .()/-]{0,2}\d){6,13}(?!\w)")
#: Dialled within a country, or in North America's groups.
_DIALLED = _anywhere(
    r"(?<![\w/-])(?:\(0\d{1,4}\)|0\d)(?:[ .()/-]{0,2}\d){6,13}(?!\w)"
    r"|(?<![\w-])(?:\(\d{3}\)|\d{3})[ .-]{1,2}\d{3}[ .-]\d{4}(?![\w-])"
    # Vietnam's code without its plus, and nine or ten digits in groups.
    r"|(?<![\w./-])84[ .-](?=\d(?:[ .-]?\d){8,9}(?!\w))\d{2,3}(?P<joint>[ .-])"
    r"(?:\d{2,4}(?:(?P=joint)\d{2,4}){1,2}|\d{6,7})(?!\w)"
)
#: Of a card, an account, a passport: nine digits in one, or in the groups that people write; dots part those of a card
#: alone, since they part thousands and versions too.
_NUMBER = _anywhere(
    r"(?<!\d)(?:\d{9,}|\d{4}(?:[ -]\d{4}){2,4}|\d{4}(?:\.\d{4}){3}|\d{4}[ .-]\d{6}[ .-]\d{5}"
    r"|\d{3}[ -]\d{2}[ -]\d{4}|\d{1,3}(?:[ -]\d{3}){3,6}|\d{3}(?:[ -]\d{3}){2})(?!\d)"
)
#: Of an account in Europe and beyond (ISO 13616): country, check digits, then eleven and more, in groups of four.
_IBAN = _anywhere(
    r"\b(?=(?:[ -]?[A-Za-z\d]){15})[A-Za-z]{2}\d{2}[ -]?[A-Za-z\d]{4}"
    r"(?:[ -]?(?:\d[A-Za-z\d]{3}|[A-Z\d]{4})){1,7}(?:[ -]?\d[A-Za-z\d]{0,2})?\b"
)
#: Of a card or a telephone, with stars for some of its digits.
_STARRED = _anywhere(
    r"(?<![\w*•-])(?:\d{3,4}(?:[ .-]?\d{2,4}){0,2}(?:[ .-]?[*•●Xx]{2,4}){2,4}(?:[ .-]?\d{2,4}){0,2}"
    r"|(?:[*•●Xx]{2,4}[ .-]?){2,4}\d{2,4})(?![\w*•])"
)
_UUID = re.compile(r"\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b")
#: What says by its beginning that it is a key: of Amazon, GitHub, GitLab, Slack, Google, Stripe and their like.
_KEY = re.compile(
    r"\b(?:A(?:KIA|SIA|IDA|ROA)[A-Z0-9]{8,}|gh[opsru]_\w{8,}|github_pat_\w{8,}|glpat-[\w-]{8,}|xox[a-z]-[\w-]{8,}"
    r"|xapp-[\w-]{8,}|AIza[\w-]{20,}|whsec_\w{8,}|[prs]k_(?:live|test)_\w{8,}|[a-z]{2,8}_(?:live|test)_(?=\w*\d)\w{6,})"
)
#: Long, with letters and at least three digits, as no word has them; what hangs on it by a point goes with it. A secret
#: of Amazon's has forty characters, slashes among them; one of sixteen hexadecimal digits is longer than the twelve by
#: which our own hashes are called.
_TOKEN = re.compile(
    r"(?<![\w-])eyJ[\w-]+(?:\.[\w-]+)+"
    r"|(?<![\w+-])(?=[\w+-]*[A-Za-z])(?=(?:[A-Za-z_+-]*\d){3})[A-Za-z0-9_+-]{19,}[A-Za-z0-9_](?:[./=]+[\w+-]+)*=*"
    r"|(?<![\w/+])(?=[a-z/+\d]*[A-Z])(?=[A-Z/+\d]*[a-z])(?=[A-Za-z/+]*\d)[A-Za-z\d/+]{40}(?![\w/+])"
    r"|(?<!\w)(?=[A-Fa-f]*\d)(?=\d*[A-Fa-f])[A-Fa-f\d]{16,}(?!\w)"
)
#: Behind a number it says that something is counted.
_COUNTED = r" (?:VND|USD|EUR|rows|records)\b"
_MONTH, _DAY = r"(?:0?[1-9]|1[0-2])", r"(?:0?[1-9]|[12]\d|3[01])"


def _days(years: str, *between: str) -> str:
    """Days of these years, in each order in which people write them, with one of these between their parts."""
    orders = ((years, _MONTH, _DAY), (years, _DAY, _MONTH), (_DAY, _MONTH, years), (_MONTH, _DAY, years))
    return "(?:" + "|".join(part.join(order) for part in between for order in orders) + ")"


#: What has digits and is nobody's: days of these years, alone or from one to the other, times of day, the keys of
#: incidents and of known weaknesses, and thousands of what is counted.
_OURS = _days(r"20(?:1[3-9]|[2-9]\d)", r"\.", "/", "-")
_NOBODYS = re.compile(
    rf"(?<!\d)(?<!\d[.-]){_OURS}(?:-{_OURS})?(?!\d)(?![.-]\d)"
    r"|(?<![\d:])[0-2]\d:[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?(?:[+-][01]\d:[0-5]\d)?(?![\d:])"
    r"|\b(?:INC|CVE)-\d{4}-\d{4,9}\b"
    rf"|(?<![\w.,/)+-])(?<![\d)] )[1-9]\d{{0,2}}(?:[.,]\d{{3}}){{1,6}}(?={_COUNTED})",
    re.ASCII,
)
#: A day before them may be somebody's birthday: in digits, or with its month in words.
_BORN_IN = r"(?:19\d\d|200\d|201[0-2])"
_OF = r"(?:st|nd|rd|th)?(?: of)?[ .,-]{1,2}"
_NAMED = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
_BORN = re.compile(
    rf"(?<!\d)(?<!INC-\d{{4}}-)(?<!CVE-\d{{4}}-)(?:{_days(_BORN_IN, ' ?[.] ?', ' ?/ ?', ' ?- ?', '_', ' ')}"
    rf"|(?:{_BORN_IN}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2]){_BORN_IN})"
    rf"(?!{_COUNTED})"
    rf"|{_DAY} tháng {_MONTH},?(?: năm)? {_BORN_IN}|{_DAY}{_OF}{_NAMED}[ .,-]{{1,2}}{_BORN_IN}"
    rf"|{_BORN_IN}[ .,-]{{1,2}}{_NAMED}[ .,-]{{1,2}}{_DAY})(?!\d)"
    rf"|\b{_NAMED}[ .-]{{1,2}}{_DAY}{_OF}{_BORN_IN}(?!\d)",
    re.IGNORECASE,
)

#: Of these each says by itself where it ends; of those the number beside it may seem to be a part.
_WHOLE = (_MAIL, _LINE, _UUID, _KEY, _TOKEN, _BORN)
_IN_GROUPS = (_IBAN, _ABROAD, _DIALLED, _STARRED, _NUMBER)


def masked(text: str) -> str:
    """The text with a mask for each thing that looks like a customer's; unchanged where there is none."""
    written = _WRITTEN.findall(text)
    read = [_as_read(each) for each in written]
    # Which of the written characters each of the read ones comes from: what is found is left out as it was written.
    origin = [at for at, each in enumerate(read) for _ in each]
    spans = [(origin[found[0]], origin[found[-1]]) for found in _found("".join(read))]
    out = {at for first, last in spans for at in range(first, last + 1)}
    return "".join(
        MASK if hidden else "".join(written[at] for at in group)
        for hidden, group in groupby(range(len(written)), out.__contains__)
    )


@lru_cache(maxsize=4096)
def _as_read(written: str) -> str:
    """A character as its reader understands it: `%40`, `＠` and `[at]` are `@`, and what has no width is nothing."""
    if len(written) > 1 and not written.startswith("%"):
        meant = written.strip(" [({})]").lower()
        return _MEANT.get(meant, meant)
    plain = _DASHES.sub("-", normalize("NFKC", unquote(re.sub("%(?:25)*", "%", written)))).replace(_SEEN, " ")
    return "".join(each for each in plain if category(each) != "Cf")


def _found(text: str) -> list[range]:
    """Where what looks like a customer's stands. What is nobody's is sought in what is left without whatever ends by
    itself, and numbers in groups in what is left without both: side by side, so that none takes another's beginning.
    """
    whole = [range(*each.span()) for kind in _WHOLE for each in kind.finditer(text)]
    whole += [range(*each.span(1)) for each in _ADDRESS.finditer(text) if _is_address(each[1])]
    left = _over(text, whole)
    left = _over(left, [range(*each.span()) for each in _NOBODYS.finditer(left)])
    return whole + [range(*each.span(1)) for kind in _IN_GROUPS for each in kind.finditer(left)]


def _over(text: str, spans: Sequence[range]) -> str:
    """The text, of the same length, in which these spans can be read no more."""
    read = list(text)
    for span in spans:
        read[span.start : span.stop] = _SEEN * len(span)
    return "".join(read) if spans else text


def _is_address(found: str) -> bool:
    try:
        ip_address(found)
    except ValueError:
        return False
    return any(one.isdigit() for one in found)
