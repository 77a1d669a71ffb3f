"""Who looked at people by name: that it was answered whether one was affected, or that a list was shown, is an entry.

It says when, of whom or of how many, by whom under which role, and never a name.
"""

from tocsin.actions.asking import act, command_of
from tocsin.actors import Actor, need, need_words
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.errors import Refused
from tocsin.domain.kinds import PeopleSeen, PersonAsked
from tocsin.engine.meant import meant
from tocsin.record import Recorded
from tocsin.storage import accounts, affected, ledger, revisions


def answered(
    app: App, actor: Actor, key: str, asked: str, *, because: str = "", command: str | None = None
) -> Recorded:
    """Note that somebody is told what stands of a person, by her id or an address. For those who work on the incident.

    On a closed file too: people ask for years.
    """
    incident = app.incident(key)
    need_words(actor, incident, "one person's story")
    if incident.scope is None:
        raise Refused(f"{key} has no scope yet; tocsin scope {key} measures it first")
    people_key, revision = app.people_key(key), incident.scope.revision
    id_ = meant(app, incident, asked)
    with app.database.read() as connection:
        hidden = accounts.person_of(connection, key, revision, people_key, id_)
        person = affected.person(connection, key, revision, people_key, hidden)
        stands = revisions.standings(connection, key, revision, [hidden]).get(hidden)
        rows = {notice: ledger.row_of(connection, key, notice, hidden) for notice in incident.notices}
    owed = stands.stand == "upheld" if stands else person is not None and person.told

    def decide(change: Change) -> None:
        change.add(
            PersonAsked(
                person=hidden,
                revision=revision,
                affected=person is not None or stands is not None,
                owed=owed,
                letters={notice: ledger.standing(row) for notice, row in rows.items() if row is not None},
                because=change.keep(because.strip()) if because.strip() else None,
            )
        )

    return act(
        app, actor, key, decide, command=command_of(command, "asked", [hidden, because]), closed_too=True
    )


#: Who may see by name whom a letter did not reach.
SEE_UNREACHED = ("dpo", "liaison", "counsel", "accountable-officer", "investigation")


def saw_unreached(
    app: App, actor: Actor, key: str, notice: str, people: int, *, command: str | None = None
) -> Recorded:
    """Note that somebody is shown by name whom a letter did not surely reach: so many people."""

    def decide(change: Change) -> None:
        need(actor, change.incident, *SEE_UNREACHED)
        roles = tuple(role for role in SEE_UNREACHED if actor.holds(change.incident, role))
        change.add(PeopleSeen(what="unreached", notice=notice, people=people, roles=roles))

    asked = command_of(command, "saw", ["unreached", notice])
    return act(app, actor, key, decide, command=asked, closed_too=True)


def saw_controllers(app: App, actor: Actor, key: str, people: int, *, command: str | None = None) -> Recorded:
    """Note that somebody is shown whom we hold other people's data for: so many customers, with their addresses."""

    def decide(change: Change) -> None:
        incident = change.incident
        need_words(actor, incident, "the list of controllers")
        own = actor.person.roles if actor.person else ()
        taken = (role for role, who in incident.roles.items() if who == actor.id)
        roles = tuple(dict.fromkeys((*own, *taken)))
        change.add(PeopleSeen(what="controllers", people=people, roles=roles))

    asked = command_of(command, "saw", ["controllers"])
    return act(app, actor, key, decide, command=asked, closed_too=True)
