"""Whom somebody means who asks about a person: by the id of an account, or by an address."""

from tocsin.app import App
from tocsin.domain.errors import Refused
from tocsin.domain.incident import Incident
from tocsin.storage import accounts, affected

#: So many ids are named where one address is several people's.
_NAMED = 5


def meant(app: App, incident: Incident, asked: str) -> str:
    """The id that this id or address means; itself where the scope knows it as neither.

    An address is sought among everybody whom the latest revision names, one by one: only an id can be looked up.
    Refused where several people have it.
    """
    asked = asked.strip()
    if incident.scope is None or "@" not in asked:
        return asked
    key, revision = app.people_key(incident.key), incident.scope.revision
    with app.database.read() as connection:
        hidden = accounts.person_of(connection, incident.key, revision, key, asked)
        if affected.person(connection, incident.key, revision, key, hidden) is not None:
            return asked
        sought = asked.casefold()
        # By id, since their own order is that of pseudonyms, which no reader knows.
        found = sorted(
            person.id
            for _, person in affected.people(connection, incident.key, revision, key)
            if sought in {each.strip().casefold() for each in (person.email, *person.emails) if each}
        )
    if len(found) > 1:
        more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        raise Refused(f"{len(found)} people have this address; ask by id: {', '.join(found[:_NAMED])}{more}")
    return found[0] if found else asked
