"""What lowers and what raises the risk to people: the reasons D1 to D4 and H1 to H6, one function each.

Pure. From the factors of EDPB Guidelines 01/2021: kind of breach, state of the data, evidence about
disclosure, backups, kinds of data and what their combination allows, who is hit, who has the data, intent,
what could be undone, and how long it ran unseen. A reason that lowers needs every one of its facts to be
known.
"""

from collections.abc import Callable

from tocsin.domain.exposure import View
from tocsin.domain.severity import SIMPLE

#: Art. 9(1) and Art. 10 GDPR.
_SPECIAL = frozenset(
    "biometric genetic health phi sex-life ethnic-origin politics religion union criminal".split()
)
_STATE_ID = frozenset(("government-id", "id-document"))
_CREDENTIALS = frozenset(("credentials", "eid-credentials", "bank-credentials"))
_PAYMENT = frozenset(("payment-card", "bank-account"))
_TELLING = _SPECIAL | _STATE_ID | _CREDENTIALS | _PAYMENT | {"communications", "location-service"}
#: What harms by being known, not by being used later: deletion does not take it back.
_NOT_FORGOTTEN = _SPECIAL | {"communications"}
#: With a name, these let somebody pass for another person.
_IMPERSONATION = _STATE_ID | _CREDENTIALS | _PAYMENT | {"birth", "tax"}
#: Each of these draws a picture of a person's life; of the others it takes two and a name, as on an
#: application form.
_PROFILE = _SPECIAL | {"usage-behaviour", "location-service", "communications", "transactions"}
_LIFE = frozenset(("birth", "education", "employment", "family", "social-benefit", "purchase"))
_BASIC = SIMPLE - _IMPERSONATION
_WEAK = frozenset(("children", "vulnerable", "patients", "military-or-police"))
#: Whom a mere address can bring into danger.
_HIDDEN = frozenset(("vulnerable", "military-or-police"))
#: From here on ENISA calls the severity high.
HIGH_SCORE = 3

#: A level, with the reasons for it.
Lowered = tuple[str, tuple[str, ...]]


def _d1(view: View) -> Lowered | None:
    if not (view.unreadable and view.available and view.intact):
        return None
    return "unlikely", ("D1: protection is intact and proven; availability and integrity are harmless",)


def _d2(view: View) -> Lowered | None:
    if not (view.kept and view.categories) or view.felt:
        return None
    special = ", ".join(sorted(view.categories & _SPECIAL))
    if view.undone and not special:
        return "unlikely", ("D2: an accident; the recipient is bound to secrecy and has confirmed deletion",)
    if view.undone:
        return "risk", (f"D2 stays at risk: an accident undone by a bound recipient, but with {special}",)
    if view.cell.recipients == "one-bound":
        return "risk", (
            "D2 stays at risk: an accident; the recipient is bound to secrecy, deletion is not confirmed yet",
        )
    if view.categories & _NOT_FORGOTTEN or view.groups & _HIDDEN:
        return None
    return "risk", ("D2 stays at risk: an accident; the recipient has confirmed deletion, but is not bound",)


def _d3(view: View) -> Lowered | None:
    if not (view.unread and view.available and view.intact):
        return None
    return "unlikely", (f"D3: {view.unread}; nothing was lost or altered to anybody's harm",)


def misused(view: View) -> str | None:
    """H1: the data are being used against people."""
    return f"H1: the data were misused: {', '.join(view.misuse)}" if view.misuse else None


def _h2(view: View) -> str | None:
    telling = view.categories & _TELLING
    if view.cell.protection == "bypassed":
        # A hash that was broken is a password.
        telling |= view.categories & {"password-hash"}
    if not (telling and view.readable and view.within_reach):
        return None
    malice = "; an act of malice" if view.malicious else ""
    return f"H2: readable {', '.join(sorted(telling))}; {view.disclosure_in_words}{malice}"


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
    weak = sorted(view.groups & _WEAK)
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
    """D4: basic data in the hands of somebody who is known; a score does not raise that.

    Except of people whom an address can bring into danger.
    """
    insider = view.malicious and view.facts.get("actor") in ("internal", "processor")
    known = view.cell.recipients in ("known", "one-bound") or (insider and view.cell.recipients != "public")
    if not (view.categories and view.categories <= _BASIC and known) or view.groups & _HIDDEN:
        return None
    return "D4: basic data only, and it is known who has them"


def score_is_high(view: View) -> str | None:
    """H6: ENISA's score is 3 or more. Unintelligible data override it."""
    if view.severity is None or view.unreadable or view.severity.score < HIGH_SCORE:
        return None
    return f"H6: the severity score is {view.severity}"


LOWERING: tuple[Callable[[View], Lowered | None], ...] = (_d1, _d2, _d3)
RAISING: tuple[Callable[[View], str | None], ...] = (misused, _h2, _h3, _h4, _h5)
