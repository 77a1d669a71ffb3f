"""What lowers and what raises the risk to people: the reasons D1 to D4 and H1 to H6, one function each.

Pure. From the factors of EDPB Guidelines 01/2021: kind of breach, state of the data, evidence about
disclosure, backups, kinds of data and what their combination allows, who is hit, who has the data, intent,
what could be undone, and how long it ran unseen. A reason that lowers needs every one of its facts to be
known.
"""

from collections.abc import Callable

from tocsin.domain.exposure import BAD_MISUSE, View

#: Art. 9(1) and Art. 10 GDPR.
_SPECIAL = frozenset(
    (
        "biometric",
        "genetic",
        "health",
        "phi",
        "sex-life",
        "ethnic-origin",
        "politics",
        "religion",
        "union",
        "criminal",
    )
)
_STATE_ID = frozenset(("government-id", "id-document"))
_CREDENTIALS = frozenset(("credentials", "eid-credentials", "bank-credentials"))
_PAYMENT = frozenset(("payment-card", "bank-account"))
_TELLING = _SPECIAL | _STATE_ID | _CREDENTIALS | _PAYMENT | {"communications", "location-service"}
#: With a name, these let somebody pass for another person.
_IMPERSONATION = _STATE_ID | _CREDENTIALS | _PAYMENT | {"birth", "tax"}
#: Each of these draws a picture of a person's life; of the others it takes two and a name, as on an
#: application form.
_PROFILE = _SPECIAL | {"usage-behaviour", "location-service", "communications", "transactions"}
_LIFE = frozenset(("birth", "education", "employment", "family", "social-benefit", "purchase"))
_BASIC = frozenset(
    ("identity", "contact", "account", "employment", "contract", "network-address", "password-hash")
)
_WEAK = frozenset(("children", "vulnerable", "patients"))
_HIGH_SCORE = 3

#: A level, with the reasons for it.
Lowered = tuple[str, tuple[str, ...]]


def _d1(view: View) -> Lowered | None:
    if not (view.unreadable and view.available and view.intact):
        return None
    return "unlikely", ("D1: protection is intact and proven; availability and integrity are harmless",)


def _d2(view: View) -> Lowered | None:
    cell = view.cell
    undone = cell.recipients == "one-bound" and cell.deletion_confirmed is True
    accident = view.facts.get("intent") == "accidental"
    harmed = (
        cell.loss == "permanent"
        or cell.alteration == "unrecoverable"
        or cell.service_impact not in (None, "none")
    )
    if not (undone and accident and view.categories) or harmed:
        return None
    if special := sorted(view.categories & _SPECIAL):
        return "risk", (
            f"D2 stays at risk: an accident undone by a bound recipient, but with {', '.join(special)}",
        )
    return "unlikely", ("D2: an accident; the recipient is bound to secrecy and has confirmed deletion",)


def _d3(view: View) -> Lowered | None:
    excluded = view.disclosure == "excluded" and view.facts.get("log_coverage") == "complete"
    if not (excluded and view.available and view.intact):
        return None
    return "unlikely", (
        "D3: complete logs exclude disclosure; nothing was lost or altered to anybody's harm",
    )


def misused(view: View) -> str | None:
    """H1: the data are being used against people."""
    misuse = sorted(BAD_MISUSE & set(view.cell.misuse or ()))
    return f"H1: the data were misused: {', '.join(misuse)}" if misuse else None


def _h2(view: View) -> str | None:
    telling = sorted(view.categories & _TELLING)
    reached = view.disclosed or (view.disclosure == "possible" and view.malicious)
    if not (telling and view.readable and reached):
        return None
    malice = ", by malice" if view.malicious else ""
    return f"H2: readable {', '.join(telling)}; disclosure is {view.disclosure}{malice}"


def _h3(view: View) -> str | None:
    named = "identity" in view.categories
    impersonation = sorted(view.categories & _IMPERSONATION) if named else []
    life = sorted(view.categories & _LIFE) if named else []
    profile = sorted(view.categories & _PROFILE) or (life if len(life) > 1 else [])
    taken = view.malicious and (view.disclosed or view.in_a_thiefs_hands)
    if not (taken and view.readable and (impersonation or profile)):
        return None
    allows = "impersonation" if impersonation else "profiling"
    return f"H3: taken on purpose, readable, and fit for {allows}: {', '.join(impersonation or profile)}"


def _h4(view: View) -> str | None:
    weak = sorted(_WEAK & set(view.cell.group or ()))
    strangers = view.cell.recipients in ("unknown", "public") or view.malicious
    reached = view.disclosed or view.in_a_thiefs_hands
    if not (weak and view.readable and strangers and reached):
        return None
    return f"H4: readable data of {', '.join(weak)} in untrusted hands"


def _h5(view: View) -> str | None:
    if view.cell.service_impact in ("serious", "danger"):
        return f"H5: the effect on people's lives is {view.cell.service_impact}"
    if view.cell.alteration == "unrecoverable":
        return "H5: data that people rely on were altered and cannot be recovered"
    return None


def basic_and_known(view: View) -> str | None:
    """D4: basic contact data in the hands of somebody who is known; a score does not raise that."""
    known = view.cell.recipients in ("known", "one-bound") or view.facts.get("actor") in (
        "internal",
        "processor",
    )
    if not (view.categories and view.categories <= _BASIC and known):
        return None
    return "D4: basic contact data only, and it is known who has them"


def score_is_high(view: View) -> str | None:
    """H6: ENISA's score is 3 or more. Unintelligible data override it."""
    if view.severity is None or view.unreadable or view.severity.score < _HIGH_SCORE:
        return None
    return f"H6: the severity score is {view.severity}"


LOWERING: tuple[Callable[[View], Lowered | None], ...] = (_d1, _d2, _d3)
RAISING: tuple[Callable[[View], str | None], ...] = (misused, _h2, _h3, _h4, _h5)
