"""The severity score of ENISA's method of 2013, exact: SE = DPC x EI + CB.

Pure. Source: "Recommendations for a methodology of the assessment of severity of personal data breaches",
working document v1.0, December 2013. It is older than the GDPR and binds nobody; we show it with its inputs
and let flags override it. Numbers are Decimal in quarters, never floats. What is unknown adds nothing here
and is named by `risk`.
"""

from collections.abc import Mapping
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
#: Three of these with a name draw a profile of a person's life, as an application form does.
_PROFILE = {"birth", "education", "employment", "family", "photo", "contract", "account", "contact"}
_PROTECTED_GROUPS = {"children", "vulnerable", "military-or-police"}
_QUARTER, _HALF = Decimal("0.25"), Decimal("0.5")


@dataclass(frozen=True)
class Severity:
    """The score of one cell with its three parts."""

    context: int
    identification: Decimal
    circumstances: Decimal

    @property
    def score(self) -> Decimal:
        """From 0.25 to 6."""
        return self.context * self.identification + self.circumstances

    @property
    def level(self) -> str:
        """The method's four bands."""
        bands = ((2, "low"), (3, "medium"), (4, "high"))
        return next((name for limit, name in bands if self.score < limit), "very high")

    def __str__(self) -> str:
        parts = f"{self.context} x {in_quarters(self.identification)} + {in_quarters(self.circumstances)}"
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
    return Severity(
        _context(cell, categories),
        _identification(cell, categories),
        _circumstances(cell, disclosure, malicious),
    )


def _context(cell: Cell, categories: set[str]) -> int:
    highest = max(_CONTEXT[category] for category in categories)
    if _PROTECTED_GROUPS & set(cell.group or ()):
        return 4
    if highest == 1 and "identity" in categories and len(categories & _PROFILE) >= 3:
        return 2
    return highest


def _identification(cell: Cell, categories: set[str]) -> Decimal:
    """Ease of telling who it is: 0.25 negligible, 0.5 limited, 0.75 significant, 1 maximum."""
    if cell.pseudonymous:
        return _QUARTER
    if categories & {"government-id", "id-document", "biometric", "eid-credentials"}:
        return Decimal(1)
    if "identity" in categories:
        return Decimal(1) if len(categories) > 1 else _HALF
    if categories & {
        "contact",
        "account",
        "photo",
        "credentials",
        "payment-card",
        "bank-account",
        "bank-credentials",
    }:
        return Decimal("0.75")
    return _HALF


def _circumstances(cell: Cell, disclosure: str | None, malicious: bool) -> Decimal:
    total = _HALF if malicious else Decimal(0)
    if disclosure in ("confirmed", "likely"):
        known = cell.recipients in ("one-bound", "known", "none") or (
            cell.recipients is None and not malicious
        )
        total += _QUARTER if known else _HALF
    total += {"recoverable": _QUARTER, "unrecoverable": _HALF}.get(cell.alteration or "", Decimal(0))
    total += {"effort": _QUARTER, "permanent": _HALF}.get(cell.loss or "", Decimal(0))
    return total
