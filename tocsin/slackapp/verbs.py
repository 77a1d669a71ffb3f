"""The verbs of `/tocsin`: those of every day, by the same actions as at the shell, answered to who asked alone.

In an incident's channel INC may be left out. Anybody may declare; every other verb needs a known person.
It is long, since it is a table: what is typed and what that does are read together.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_args

from tocsin import actions
from tocsin.actions.knowing import Field
from tocsin.actors import known
from tocsin.domain.answers import nearest
from tocsin.domain.errors import Refused, WrongUsage
from tocsin.domain.kinds import Paged
from tocsin.domain.offers import Offer
from tocsin.domain.reference import names_incident
from tocsin.record import Recorded
from tocsin.rendering.message import line
from tocsin.slackapp import answers
from tocsin.slackapp.aftermath import advanced, posted
from tocsin.slackapp.clicks import ask_upload, unknown, wants_upload
from tocsin.slackapp.desk import Desk, Said
from tocsin.slackapp.typed import LONGEST, after_verb, facts_and_text, verb_of, words_and_text, words_of
from tocsin.views.naming import meant

#: Options that the shell has and that here are only words on the way.
_OPTIONS = ("--because", "--source", "--note", "--role")
#: In place of whom a role is handed to: nobody, as at the shell, and as a telephone writes it.
_BACK = re.compile(r"[-—–]{0,2}back", re.IGNORECASE)
#: The same with a blank behind the dash, which a telephone puts there; further on it is a word of the reason.
_DASHED = re.compile(r"\A(\S+\s+)?[-—–]{1,2}\s+(?=back(?!\S))", re.IGNORECASE)
#: A reason that begins so says to whom.
_TO = re.compile(r"(?:to|cho)\s+", re.IGNORECASE)

#: Other words for the same.
_SAME = {"now": "card"}


@dataclass(frozen=True)
class Asked:
    """One command: the desk, and what stands behind the verb."""

    desk: Desk
    tail: str
    #: After how many words free text begins; None where there is none.
    free: int | None = None

    @cached_property
    def key(self) -> str:
        """The incident: named first, else that of the channel, else the only one that is open."""
        return self._meant(in_triage=False)

    @cached_property
    def triaged(self) -> str:
        """The same, where what waits in triage comes first."""
        return self._meant(in_triage=True)

    @cached_property
    def sure(self) -> str:
        """The incident, which a verb that ends it does not guess: named, or that of the channel."""
        if self._named is None and not self.desk.room:
            raise WrongUsage(
                f"name the incident, since this ends it: /tocsin {verb_of(self.desk.it)} INC ..."
            )
        return self.key

    def _meant(self, *, in_triage: bool) -> str:
        desk, named = self.desk, self._named
        here = desk.room if named is None else None
        try:
            key = here or meant(desk.app, desk.actor, named, in_triage=in_triage, without=desk.silent)
        except Refused:
            raise desk.knows_nothing_of(named or "") from None
        desk.refuse_silenced(key, named)
        return key

    @cached_property
    def words(self) -> list[str]:
        """The words without the incident, and without the options of the shell; free text is the last of them."""
        if self.free is not None:
            return words_and_text(self.text, self.free)
        return [word for word in words_of(self.text) if word not in _OPTIONS]

    @cached_property
    def text(self) -> str:
        """The line as it was typed, without the incident."""
        return "".join(self.tail.split(maxsplit=1)[1:]) if self._named else self.tail

    @cached_property
    def command(self) -> str:
        """What makes it idempotent: Slack's own name of this command."""
        return f"slack/{self.desk.it.id}"

    @property
    def _named(self) -> str | None:
        first = self.tail.split(maxsplit=1)[:1]
        # A number alone is a step or a count as often as an incident.
        return first[0] if first and names_incident(first[0]) and "-" in first[0] else None


@dataclass(frozen=True)
class Verb:
    """What is typed behind `/tocsin`, what follows it, and what it does."""

    name: str
    usage: str
    run: Callable[[Asked], None]
    #: How many words it needs besides the incident, and after how many of them free text begins.
    needs: int = 0
    free: int | None = None


def commanded(desk: Desk) -> None:
    """`/tocsin VERB ...` was typed."""
    name = verb_of(desk.it) or "card"
    if name == "declare":
        # Its modal opens within 3 seconds or never.
        desk.say(line("slack_modal_lost"))
        return
    if desk.actor.person is None:
        desk.say(unknown(desk))
        return
    verb = VERBS.get(_SAME.get(name, name))
    if verb is None:
        raise WrongUsage(f"there is no verb {name!r}{nearest(name, VERBS)}; /tocsin help lists them")
    asked = Asked(desk, after_verb(desk.it), verb.free)
    if len(asked.tail) > LONGEST:
        raise Refused(desk.words.phrase("say_slack_too_long", count=len(asked.tail), most=LONGEST))
    if verb.needs and len(asked.words) < verb.needs:
        raise WrongUsage(f"expected /tocsin {verb.name} [INC] {verb.usage}")
    known(desk.actor)
    verb.run(asked)


def _answered(asked: Asked, found: list[Said]) -> None:
    asked.desk.say(*found)


def _changed(asked: Asked, done: Recorded, *said: Said) -> None:
    """Draw the consequences, say what was done, and let what it says to people leave."""
    app, desk = asked.desk.app, asked.desk
    trouble = advanced(app, done.incident.key)
    posted(desk, done.incident.key)
    unchanged = not done.entries and not done.again
    desk.say(*([line("slack_unchanged")] if unchanged else said), *([trouble] if trouble else []))


def _ack(asked: Asked) -> None:
    role = asked.words[0] if asked.words else None
    done = actions.ack(asked.desk.app, asked.desk.actor, asked.key, role=role, command=asked.command)
    _changed(asked, done, *answers.taken(asked.desk, done))


def _take(asked: Asked) -> None:
    role = asked.words[0]
    done = actions.take(asked.desk.app, asked.desk.actor, asked.key, role, command=asked.command)
    _changed(asked, done, *answers.taken(asked.desk, done))


def _hand(asked: Asked) -> None:
    words = words_and_text(_DASHED.sub(r"\1--", asked.text), 2)
    if len(words) < VERBS["hand"].needs:
        raise WrongUsage(f"expected /tocsin hand [INC] {VERBS['hand'].usage}")
    first, second, because = *words[:2], " ".join(words[2:])
    if _BACK.fullmatch(first) or _BACK.fullmatch(second):
        _hand_back(asked, second if _BACK.fullmatch(first) else first, because)
        return
    role, to = first, answers.person_id(asked.desk.app, second)
    done = actions.hand(asked.desk.app, asked.desk.actor, asked.key, role, to, command=asked.command)
    _changed(asked, done, *answers.taken(asked.desk, done))


def _hand_back(asked: Asked, role: str, because: str) -> None:
    app, actor = asked.desk.app, asked.desk.actor
    if to := _person_in(asked, because):
        raise Refused(
            f"back gives a role to nobody, and {to} is somebody; /tocsin hand {role} {to} hands it to them, "
            f"and /tocsin hand {role} back WHY gives it back for a reason"
        )
    done = actions.hand_back(app, actor, asked.key, role, because=because, command=asked.command)
    _changed(asked, done, line("slack_gave_back", role=role))


def _person_in(asked: Asked, because: str) -> str | None:
    """Who is named in place of a reason: behind `to`, or alone."""
    after = _TO.match(because)
    rest = because[after.end() :] if after else because
    said = [rest, *(rest.split()[:1] if after else [])]
    names = {each.strip(" .,;:!?").casefold() for each in said} - {""}
    for each in asked.desk.app.catalog.contacts.people:
        if names & {each.id, each.name.casefold(), (each.slack or "").casefold()}:
            return each.id
    return None


def _page(asked: Asked) -> None:
    who = answers.person_id(asked.desk.app, asked.words[0])
    because = " ".join(asked.words[1:]) or None
    app, actor = asked.desk.app, asked.desk.actor
    done = actions.page(app, actor, asked.key, who, because=because, command=asked.command)
    called = [entry.body.person for entry in done.entries if isinstance(entry.body, Paged)]
    _changed(asked, done, line("slack_paging", who=", ".join(called) or who))


def _note(asked: Asked) -> None:
    done = actions.note(asked.desk.app, asked.desk.actor, asked.key, asked.text, command=asked.command)
    _changed(asked, done, line("slack_noted", incident=asked.key))


def _learn(asked: Asked) -> None:
    pairs, source = facts_and_text(asked.text)
    if not pairs:
        raise WrongUsage(f"expected /tocsin learn [INC] {VERBS['learn'].usage}")
    facts = dict(pairs)
    if len(facts) < len(pairs):
        raise WrongUsage("a fact is given twice; give it once")
    if at := [name for name, value in facts.items() if value.startswith("@")]:
        raise Refused(f"{at[0]}: no file of this machine is read from Slack; write the value itself")
    app, actor = asked.desk.app, asked.desk.actor
    done = actions.learn(app, actor, asked.key, facts, source=source, command=asked.command)
    _changed(asked, done, line("slack_learned", facts=", ".join(facts)), *answers.owed_anew(asked.desk, done))


def _done(asked: Asked) -> None:
    desk, step = asked.desk, asked.words[0]
    note = " ".join(asked.words[1:]) or None
    if wants_upload(desk, Offer("done", asked.key, step)):
        ask_upload(desk, asked.key, step)
        return
    done = actions.done(desk.app, desk.actor, asked.key, step, note=note, command=asked.command)
    _changed(asked, done, line("slack_step_done", step=step), *answers.following(desk, done.incident))


def _skip(asked: Asked) -> None:
    step, because = asked.words[0], " ".join(asked.words[1:])
    app, actor = asked.desk.app, asked.desk.actor
    done = actions.skip(app, actor, asked.key, step, because=because, command=asked.command)
    _changed(asked, done, line("slack_skipped", step=step), *answers.following(asked.desk, done.incident))


def _undo(asked: Asked) -> None:
    step, because = asked.words[0], " ".join(asked.words[1:])
    app, actor = asked.desk.app, asked.desk.actor
    done = actions.undo(app, actor, asked.key, step, because=because, command=asked.command)
    _changed(asked, done, line("slack_undone", step=step), *answers.following(asked.desk, done.incident))


def _set(asked: Asked) -> None:
    field, value, because = *asked.words[:2], " ".join(asked.words[2:])
    if field not in get_args(Field):
        raise WrongUsage(f"{field!r} cannot be set; one of: {', '.join(get_args(Field))}")
    app, actor = asked.desk.app, asked.desk.actor
    name: Any = field
    done = actions.set_(app, actor, asked.key, name, value, because=because, command=asked.command)
    _changed(asked, done, line("slack_set", field=field, value=value), *answers.owed_anew(asked.desk, done))


def _confirm(asked: Asked) -> None:
    key = asked.triaged
    done = actions.confirm(asked.desk.app, asked.desk.actor, key, command=asked.command)
    _changed(asked, done, line("slack_confirmed", incident=key), *answers.owed_anew(asked.desk, done))


def _decline(asked: Asked) -> None:
    app, actor, key = asked.desk.app, asked.desk.actor, asked.sure
    done = actions.decline(app, actor, key, because=" ".join(asked.words), command=asked.command)
    _changed(asked, done, line("slack_declined", incident=key))


def _update(asked: Asked) -> None:
    app, actor, key = asked.desk.app, asked.desk.actor, asked.key
    if asked.words[0] == "skip":
        because = " ".join(asked.words[1:])
        done = actions.skip_update(app, actor, key, because=because, command=asked.command)
        _changed(asked, done, line("slack_update_skipped"))
        return
    parts = [part.strip() for part in asked.text.split("|")]
    if len(parts) != len(_PARTS):
        raise WrongUsage(f"expected /tocsin update [INC] {VERBS['update'].usage}")
    done = actions.update(app, actor, key, *parts, command=asked.command)
    _changed(asked, done, line("slack_updated"))


def _silence(asked: Asked) -> None:
    route, because = asked.words[0], " ".join(asked.words[1:])
    app, actor = asked.desk.app, asked.desk.actor
    done = actions.silence(app, actor, asked.key, route, because=because, command=asked.command)
    _changed(asked, done, line("slack_silenced_now", route=route))


_PARTS = ("CONDITIONS", "ACTIONS", "NEEDS")

_LIST: tuple[Verb, ...] = (
    Verb("declare", "[TITLE]", lambda asked: None),
    Verb("card", "", lambda asked: _answered(asked, answers.card(asked.desk, asked.key))),
    Verb("ack", "[ROLE]", _ack),
    Verb("take", "ROLE", _take, 1),
    Verb("hand", "ROLE TO | ROLE back WHY", _hand, 2, 2),
    Verb("page", "WHO [WHY]", _page, 1, 1),
    Verb("note", "TEXT", _note, 1, 0),
    Verb("learn", "NAME=VALUE... SOURCE", _learn, 1, 0),
    Verb("next", "", lambda asked: _answered(asked, answers.next_steps(asked.desk, asked.key))),
    Verb("done", "STEP [NOTE]", _done, 1, 1),
    Verb("skip", "STEP WHY", _skip, 1, 1),
    Verb("undo", "STEP WHY", _undo, 1, 1),
    Verb("set", "FIELD VALUE WHY", _set, 2, 2),
    Verb("confirm", "", _confirm),
    Verb("decline", "WHY", _decline, 1, 0),
    Verb("duties", "", lambda asked: _answered(asked, answers.duties(asked.desk, asked.key))),
    Verb("update", "CONDITIONS | ACTIONS | NEEDS", _update, 1, 1),
    Verb("silence", "ROUTE WHY", _silence, 1, 1),
    Verb("list", "", lambda asked: _answered(asked, answers.listed(asked.desk))),
    Verb("oncall", "", lambda asked: _answered(asked, answers.on_call_now(asked.desk))),
    Verb("status", "", lambda asked: _answered(asked, answers.status(asked.desk))),
    Verb("help", "", lambda asked: _answered(asked, answers.help_lines(asked.desk, [*VERBS.values()]))),
)
#: What people type.
VERBS: dict[str, Verb] = {verb.name: verb for verb in _LIST}
