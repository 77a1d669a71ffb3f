"""Working one thing off: what it is, whom it is answered, and that whatever goes wrong is told, never lost."""

from tocsin.app import App
from tocsin.delivery.post import Post
from tocsin.domain.errors import Refused, TocsinError
from tocsin.domain.message import Undelivered
from tocsin.logs import Log
from tocsin.rendering.message import line
from tocsin.slackapp import modals
from tocsin.slackapp.clicks import clicked, sent_off
from tocsin.slackapp.declaring import declared
from tocsin.slackapp.desk import Desk
from tocsin.slackapp.emojis import marked
from tocsin.slackapp.files import uploaded
from tocsin.slackapp.keeping import opened
from tocsin.slackapp.verbs import commanded
from tocsin.slackapp.voice import Voice
from tocsin.storage.database import Unavailable
from tocsin.storage.inbound import Taken

log = Log("tocsin.slackapp")


def work_off(app: App, voice: Voice, post: Post, taken: Taken) -> None:
    """Work one thing off and answer who asked. Raises Unavailable where the database is away: then once more."""
    try:
        it, proof = opened(app, taken)
    except (Refused, ValueError) as broken:
        log.error("what came in cannot be opened", error=type(broken).__name__)
        return
    desk = Desk(app, voice, post, it, proof, taken.again)
    try:
        _dispatch(desk)
    except Unavailable:
        raise
    except TocsinError as refused:
        desk.say(str(refused))
    except Undelivered as failure:
        log.error("Slack did not take what we had to say", kind=it.kind, why=failure.reason)
        desk.say(line("slack_failed", what=failure.reason))
    except Exception as error:  # any failure at all: the person is waiting, and must know
        log.error("a click failed", kind=it.kind, error=type(error).__name__)
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
