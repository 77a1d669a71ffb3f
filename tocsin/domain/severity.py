"""The severity score of ENISA's method of 2013, exact: SE = DPC x EI + CB.

Pure. Source: "Recommendations for a methodology of the assessment of severity of personal data breaches",
working document v1.0, December 2013. It is older than the GDPR and binds nobody; we show it with its inputs
and let flags override it. Numbers are Decimal in quarters, never floats. What is unknown adds nothing here
and is named by `risk`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from tocsin.domain.cells import Cell

#: Data processing context: how telling a category is by itself (simple 1, behavioural 2, financial 3,
#: sensitive 4).
_CONTEXT: Mapping[str, int] = {
    "identity": 1, "contact": 1, "birth": 1, "account": 1, "password-hash": 1, "network-address": 1, "location-ip": 1,
    "education": 1, "employment": 1, "family": 1, "photo": 1, "contract": 1,
    # Numbers of the state and words to the help desk let one guess at a person's standing.
    "government-id": 2, "id-document": 2, "social-benefit": 2, "support-messages": 2,
    "usage-behaviour": 2, "location-service": 2, "purchase": 2,
    # A password is worth what it opens: an account with habits in it, or money, or an official identity.
    "credentials": 2, "eid-credentials": 3, "bank-credentials": 4,
    # An account number alone gives no insight; what was paid does.
    "bank-account": 2, "payment-card": 3, "transactions": 3, "tax": 3,
    # The method counts traffic of one week as 2 and of a year as 3; words that people exchanged tell no less.
    "communications": 3,
    "biometric": 4, "genetic": 4, "health": 4, "phi": 4, "sex-life": 4, "ethnic-origin": 4, "politics": 4,
    "religion": 4, "union": 4, "criminal": 4,
}  # fmt: skip
#: What ENISA calls simple data.
SIMPLE = frozenset(category for category, context in _CONTEXT.items() if context == 1)
#: Three of these with a name draw a profile of a person's life, as an application form does.
_PROFILE = {"birth", "education", "employment", "family", "photo", "contract", "account", "contact"}
_PROTECTED_GROUPS = {"children", "vulnerable", "military-or-police"}
#: These single out one person by themselves, and those lead to one with little effort.
_UNIQUE = {"government-id", "id-document", "biometric", "eid-credentials"}
_POINTING = {"contact", "account", "photo", "credentials", "payment-card", "bank-account", "bank-credentials"}
_QUARTER, _HALF = Decimal("0.25"), Decimal("0.5")

#: One part of a score: what it adds and why.
Part = tuple[Decimal, str]
_HARMED: Mapping[tuple[str, str | None], Part] = {
    ("alteration", "recoverable"): (_QUARTER, "altered, and can be put right"),
    ("alteration", "unrecoverable"): (_HALF, "altered for ever"),
    ("loss", "effort"): (_QUARTER, "lost, and brought back with effort"),
    ("loss", "permanent"): (_HALF, "lost for ever"),
}


@dataclass(frozen=True)
class Severity:
    """The score of one cell with its three parts, each with its reason."""

    #: DPC, 1 to 4.
    context: int
    #: EI, 0.25 to 1.
    identification: Decimal
    #: CB: each circumstance that adds something.
    circumstances: tuple[Part, ...] = ()
    context_because: str = ""
    identification_because: str = ""

    @property
    def added(self) -> Decimal:
        """CB, the sum of the circumstances."""
        return sum((added for added, _ in self.circumstances), Decimal(0))

    @property
    def score(self) -> Decimal:
        """From 0.25 to 6."""
        return self.context * self.identification + self.added

    @property
    def level(self) -> str:
        """The method's four bands."""
        bands = ((2, "low"), (3, "medium"), (4, "high"))
        return next((name for limit, name in bands if self.score < limit), "very high")

    @property
    def inputs(self) -> tuple[tuple[str, str, str], ...]:
        """Every number that went in: its name, the number, and what it rests on."""
        return (
            ("DPC", str(self.context), self.context_because),
            ("EI", in_quarters(self.identification), self.identification_because),
            ("CB", in_quarters(self.added), "of which" if self.circumstances else "nothing known adds to it"),
            *(("CB", f"+{in_quarters(added)}", why) for added, why in self.circumstances),
        )

    def __str__(self) -> str:
        parts = f"DPC {self.context} x EI {in_quarters(self.identification)} + CB {in_quarters(self.added)}"
        return f"{in_quarters(self.score)} ({self.level}) = {parts}"


def in_quarters(number: Decimal) -> str:
    """`3.0`, `2.25`: as few digits as show it exactly, at least one."""
    text = f"{number:.2f}"
    return text.removesuffix("0")


def severity(cell: Cell, disclosure: str | None, malicious: bool) -> Severity | None:
    """The score of a cell; None while it is not known which data were hit."""
    if not cell.categories:
        return None
    categories = set(cell.categories)
    context, context_because = _context(cell, categories)
    identification, identification_because = _identification(cell, categories)
    return Severity(
        context,
        identification,
        tuple(_circumstances(cell, disclosure, malicious)),
        context_because,
        identification_because,
    )


def _context(cell: Cell, categories: set[str]) -> tuple[int, str]:
    highest = max(_CONTEXT[category] for category in categories)
    if protected := _PROTECTED_GROUPS & set(cell.group or ()):
        return 4, f"any data of {_listed(protected)}"
    if highest == 1 and "identity" in categories and len(profile := categories & _PROFILE) >= 3:
        return 2, f"together a profile: {_listed(profile)}"
    return highest, _listed(category for category in categories if _CONTEXT[category] == highest)


def _identification(cell: Cell, categories: set[str]) -> Part:
    """Ease of telling who it is: 0.25 negligible, 0.5 limited, 0.75 significant, 1 maximum."""
    if cell.pseudonymous:
        return _QUARTER, "pseudonyms, and what resolves them is safe"
    if unique := categories & _UNIQUE:
        return Decimal(1), _listed(unique)
    if "identity" in categories:
        if others := categories - {"identity"}:
            return Decimal(1), f"a name with {_listed(others)}"
        return _HALF, "a name alone"
    if pointing := categories & _POINTING:
        return _QUARTER * 3, _listed(pointing)
    return _HALF, "nothing that names a person"


def _circumstances(cell: Cell, disclosure: str | None, malicious: bool) -> Iterator[Part]:
    if disclosure in ("confirmed", "likely"):
        known = cell.recipients in ("one-bound", "known", "none") or (
            cell.recipients is None and not malicious
        )
        yield (
            (_QUARTER, "disclosed to known recipients")
            if known
            else (_HALF, "disclosed to recipients whom nobody knows")
        )
    for harm in (("alteration", cell.alteration), ("loss", cell.loss)):
        if harm in _HARMED:
            yield _HARMED[harm]
    if malicious:
        yield _HALF, "malice"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
