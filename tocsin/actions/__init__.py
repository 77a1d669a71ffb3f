"""What a person may do: each verb is one function, one transaction, at least one entry.

Every function takes the app, who acts, and the incident's key; it returns what was recorded, or raises Refused with
the way out, and then nothing was written. `command` makes it idempotent: the same key and content, the first answer.

A verb is imported when it is first asked for: whoever declares need not wait for what renders letters and papers.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tocsin.actions.accounting import exclude, told_otherwise
    from tocsin.actions.answering import answered, saw_controllers, saw_unreached
    from tocsin.actions.checklist import done, skip, undo
    from tocsin.actions.closing import close, decline, redact, reopen
    from tocsin.actions.commands import run
    from tocsin.actions.correcting import found_wrong
    from tocsin.actions.deciding import dissent, not_notify, notify_after_all
    from tocsin.actions.declaring import declare
    from tocsin.actions.erasing import erase
    from tocsin.actions.exporting import export_affected, export_wrong
    from tocsin.actions.knowing import assess, learn, note, quote, set_
    from tocsin.actions.laws import accept_laws
    from tocsin.actions.listing import list_people
    from tocsin.actions.notice_proof import take_proof
    from tocsin.actions.notices import approve, pause, reject, resume
    from tocsin.actions.offers import take_up
    from tocsin.actions.papers import confirm_duty, filed, make_report, release_duty
    from tocsin.actions.people import ack, hand, hand_back, page, take
    from tocsin.actions.releasing import release
    from tocsin.actions.repeating import repeat
    from tocsin.actions.restoring import let_go
    from tocsin.actions.revising import release_people, uphold_people
    from tocsin.actions.scoping import scope
    from tocsin.actions.signing import sign
    from tocsin.actions.silencing import lift, silence
    from tocsin.actions.triage import confirm
    from tocsin.actions.updating import skip_update, update
    from tocsin.actions.vault import keep_evidence

#: Room to the verbs in it.
_ROOMS = {
    "accounting": (
        "exclude",
        "told_otherwise",
    ),
    "answering": ("answered", "saw_controllers", "saw_unreached"),
    "checklist": (
        "done",
        "skip",
        "undo",
    ),
    "closing": (
        "close",
        "decline",
        "redact",
        "reopen",
    ),
    "commands": ("run",),
    "correcting": ("found_wrong",),
    "deciding": (
        "dissent",
        "not_notify",
        "notify_after_all",
    ),
    "declaring": ("declare",),
    "erasing": ("erase",),
    "exporting": ("export_affected", "export_wrong"),
    "knowing": (
        "assess",
        "learn",
        "note",
        "quote",
        "set_",
    ),
    "laws": ("accept_laws",),
    "listing": ("list_people",),
    "notice_proof": ("take_proof",),
    "notices": (
        "approve",
        "pause",
        "reject",
        "resume",
    ),
    "offers": ("take_up",),
    "papers": (
        "confirm_duty",
        "filed",
        "make_report",
        "release_duty",
    ),
    "people": (
        "ack",
        "hand",
        "hand_back",
        "page",
        "take",
    ),
    "releasing": ("release",),
    "restoring": ("let_go",),
    "revising": (
        "release_people",
        "uphold_people",
    ),
    "repeating": ("repeat",),
    "scoping": ("scope",),
    "signing": ("sign",),
    "silencing": ("lift", "silence"),
    "triage": ("confirm",),
    "updating": (
        "skip_update",
        "update",
    ),
    "vault": ("keep_evidence",),
}
_ROOM_OF = {verb: room for room, verbs in _ROOMS.items() for verb in verbs}

__all__ = [
    "accept_laws",
    "ack",
    "answered",
    "approve",
    "assess",
    "close",
    "confirm",
    "confirm_duty",
    "declare",
    "decline",
    "dissent",
    "done",
    "erase",
    "exclude",
    "export_affected",
    "export_wrong",
    "filed",
    "found_wrong",
    "hand",
    "hand_back",
    "keep_evidence",
    "learn",
    "let_go",
    "lift",
    "list_people",
    "make_report",
    "not_notify",
    "note",
    "notify_after_all",
    "page",
    "pause",
    "quote",
    "redact",
    "reject",
    "release",
    "release_duty",
    "release_people",
    "reopen",
    "repeat",
    "resume",
    "run",
    "saw_controllers",
    "saw_unreached",
    "scope",
    "set_",
    "sign",
    "silence",
    "skip",
    "skip_update",
    "take",
    "take_proof",
    "take_up",
    "told_otherwise",
    "undo",
    "update",
    "uphold_people",
]


def __getattr__(name: str) -> Any:
    if name not in _ROOM_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOM_OF[name]}"), name)
