"""What a person may do: each verb is one function, one transaction, at least one entry.

Every function takes the app, who acts, and the incident's key; it returns what was recorded, or raises Refused with
the way out, and then nothing was written. `command` makes it idempotent: the same key and content, the first answer.
"""

from tocsin.actions.checklist import done, skip, undo
from tocsin.actions.closing import close, decline, erase, redact, reopen
from tocsin.actions.declaring import declare
from tocsin.actions.knowing import assess, learn, note, set_
from tocsin.actions.notices import approve, exclude, pause, reject, release, resume
from tocsin.actions.papers import filed, make_report, release_duty
from tocsin.actions.people import ack, hand, page, take
from tocsin.actions.restoring import let_go
from tocsin.actions.scoping import export_affected, scope
from tocsin.actions.vault import keep_evidence

__all__ = [
    "ack",
    "approve",
    "assess",
    "close",
    "declare",
    "decline",
    "done",
    "erase",
    "exclude",
    "export_affected",
    "filed",
    "hand",
    "keep_evidence",
    "learn",
    "let_go",
    "make_report",
    "note",
    "page",
    "pause",
    "redact",
    "reject",
    "release",
    "release_duty",
    "reopen",
    "resume",
    "scope",
    "set_",
    "skip",
    "take",
    "undo",
]
