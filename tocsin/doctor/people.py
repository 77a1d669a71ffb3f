"""People: is the company ours, are its offices held, and did whoever is called first take a test page?"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from tocsin.app import App
from tocsin.catalog import default_folders
from tocsin.catalog.yamlfile import read_document
from tocsin.doctor.finding import Finding, ago
from tocsin.domain.ahead import holding_digest, stands_ahead
from tocsin.domain.rhythm import readers
from tocsin.storage import clock as beats

#: A test page that is older proves little.
STALE_TEST = timedelta(days=90)
#: The heartbeat under which a person's last test page is kept.
TEST_PAGE = "page:"


def organisation(app: App, config: Path | None) -> Iterator[Finding]:
    """The company is not the sample, and its offices are held by real people."""
    contacts = app.catalog.contacts
    company, people = contacts.organisation, {person.id for person in contacts.people}
    if app.settings.fenced:
        yield Finding("ok", "company", f"{company.name} (sample people may be called here)")
        return
    if company.sample:
        yield Finding("FAIL", "company", "is still the sample", place(app, "organisation.yaml", "sample"))
    for office in ("dpo", "accountable_officer", "signatory"):
        who = getattr(company, office)
        if who not in people:
            where = place(app, "organisation.yaml", office)
            yield Finding("FAIL", "company", f"{office} {who} is a sample, who counts as nobody", where)


def holding(app: App, config: Path | None) -> Iterator[Finding]:
    """Whether the holding letter may leave at once: approved ahead by as many as the organisation asks for."""
    catalog = app.catalog
    company, stands = catalog.contacts.organisation, stands_ahead(catalog)
    names, digest = ", ".join(each.by for each in stands), holding_digest(catalog)[:12]
    if len(stands) >= company.approvals_needed:
        yield Finding("ok", "holding letter", f"approved ahead by {names} ({digest})")
        return
    where = place(app, "organisation.yaml", "holding_approved")
    if company.holding_approved:
        words = f"what was approved ahead is void or not enough: it is {digest} now, approved by {names or 'nobody'}"
        yield Finding("warn", "holding letter", words, where)
        return
    yield Finding("ok", "holding letter", f'not approved ahead; read it, and write "{digest}" to {where}')


def place(app: App, name: str, *way: str | int) -> str:
    """`path:line` of a node in the contacts: in the company's own folder where it stands there, else in ours.

    An entry of a list is named by its id.
    """
    folders = [path for path in (app.settings.contacts, default_folders()[1]) if path]
    for folder in folders:
        if not (folder / name).is_file():
            continue
        document = read_document(folder / name)
        loc: tuple[str | int, ...] = ()
        value = document.value
        for step in way:
            if isinstance(value, list) and isinstance(step, str):
                step = next((n for n, each in enumerate(value) if each.get("id") == step), -1)
            if (isinstance(value, list) and step not in range(len(value))) or (
                isinstance(value, dict) and step not in value
            ):
                break
            loc, value = (*loc, step), value[step]
        else:
            return f"{folder / name}:{document.line(loc)}"
    return str(folders[0] / name)


def stakeholders(app: App, config: Path | None) -> Iterator[Finding]:
    """Somebody reads the status updates, wherever a severity asks for them."""
    contacts = app.catalog.contacts
    there = {person.id for person in contacts.people}
    reading = [who for who in readers(contacts, app.now()) if who in there]
    asked = [each.id for each in contacts.updates if each.every_minutes]
    if reading or not asked:
        yield Finding("ok", "updates", f"{len(asked)} severities have a rhythm, {len(reading)} people read")
        return
    where = place(app, "escalation.yaml", "stakeholders")
    yield Finding("warn", "updates", "are asked for, and nobody reads them", where)


def test_pages(app: App, config: Path | None) -> Iterator[Finding]:
    """Whoever is called first took a test page not long ago."""
    if app.settings.fenced:
        return
    with app.database.read() as connection:
        taken = {
            name.removeprefix(TEST_PAGE): at
            for name, (at, _) in beats.beats(connection).items()
            if name.startswith(TEST_PAGE)
        }
    contacts, now = app.catalog.contacts, app.clock()
    first = {who: None for ladder in contacts.ladders for who in contacts.called(ladder.levels[0], app.now())}
    for who in first:
        at = taken.get(who)
        if at is None or now - at > STALE_TEST:
            since = "never" if at is None else f"{ago(now - at)} ago"
            yield Finding("warn", "test page", f"{who}: {since}", f"tocsin doctor --page {who}")
        else:
            yield Finding("ok", "test page", f"{who} was handed one {ago(now - at)} ago")
