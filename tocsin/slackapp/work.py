"""Working one thing off: what it is, whom it is answered, and that whatever goes wrong is told, never lost."""

from collections.abc import Callable
from functools import partial

from tocsin.app import App
from tocsin.delivery.post import Post
from tocsin.domain.errors import Refused, TocsinError
from tocsin.domain.message import Undelivered
from tocsin.logs import Log
from tocsin.rendering.message import line
from tocsin.slackapp import modals
from tocsin.slackapp.clicks import clicked, done_before, sent_off
from tocsin.slackapp.declaring import declared
from tocsin.slackapp.desk import Desk
from tocsin.slackapp.emojis import marked
from tocsin.slackapp.files import uploaded
from tocsin.slackapp.hands import Tell
from tocsin.slackapp.keeping import opened
from tocsin.slackapp.refusing import tell
from tocsin.slackapp.verbs import commanded
from tocsin.slackapp.voice import Voice
from tocsin.storage.database import Unavailable
from tocsin.storage.inbound import Taken

log = Log("tocsin.slackapp")

#: How often one thing is taken in hand. What ends its process, or fails at its very end, would do so for ever.
TRIES = 5


def work_off(app: App, voice: Voice, post: Post, taken: Taken) -> Tell | None:
    """Work one thing off; returns how to tell who asked, which waits for Slack.

    Both raise Unavailable where the database is away: then once more. What has failed too often is given up: who asked
    is told, and so is the incident that it names.
    """
    try:
        it, proof = opened(app, taken)
    except (Refused, ValueError) as broken:
        log.error("what came in cannot be opened", error=type(broken).__name__)
        return None
    desk = Desk(app, voice, post, it, proof, taken.again)
    if taken.tries > TRIES and not done_before(desk):
        log.error("what came in fails each time and is given up", kind=it.kind)
        tell(app, it, "failed")
        desk.say(line("slack_given_up", count=TRIES))
    else:
        _try(desk, partial(_dispatch, desk))
    return partial(_see_to, desk)


def _see_to(desk: Desk) -> None:
    """What follows the deed, with what that in turn has to say."""
    while desk.after:
        _try(desk, desk.after.popleft())


def _try(desk: Desk, deed: Callable[[], object]) -> None:
    """Whatever goes wrong is told to who asked. It is not begun again because they could not be told."""
    try:
        deed()
    except Unavailable:
        raise
    except TocsinError as refused:
        desk.say(str(refused))
    except Undelivered as failure:
        log.error("Slack did not take what we had to say", kind=desk.it.kind, why=failure.reason)
        desk.say(line("slack_failed", what=failure.reason))
    except Exception as error:  # any failure at all: the person is waiting, and must know
        log.error("a click failed", kind=desk.it.kind, error=type(error).__name__)
        desk.say(line("slack_failed", what=type(error).__name__))


def _dispatch(desk: Desk) -> None:
    view = desk.it.payload.get("view") or {}
    event = desk.it.payload.get("event") or {}
    match desk.it.kind:
        case "command":
            commanded(desk)
        case "click":
            clicked(desk)
        case "submission" if view.get("callback_id") == modals.DECLARE:
            declared(desk)
        case "submission":
            sent_off(desk)
        case "event" if event.get("type") == "reaction_added":
            marked(desk)
        case "event":
            uploaded(desk)
