"""Lists for those whom no letter reached: for our own application, for the post, and the notice to the public.

Each holds exactly the approved words, written anew by the draft that was approved. Nobody is told by being on a list.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tocsin.app import App
from tocsin.catalog.otherways import PostWords, load_grounds, load_post
from tocsin.domain.canonical import canonical
from tocsin.domain.errors import Refused
from tocsin.domain.incident import Incident
from tocsin.domain.languages import ENGLISH
from tocsin.domain.letters import letters_of
from tocsin.domain.notice import is_stale, letter_of
from tocsin.domain.places import UNKNOWN_PLACE
from tocsin.domain.scope.people import AffectedPerson
from tocsin.domain.scope.routes import REASONS
from tocsin.domain.ways import Ground
from tocsin.engine.letterrow import opened, reader_of
from tocsin.engine.letters import readers, writing
from tocsin.engine.writing import Writing
from tocsin.rendering.letter import Letter, Letters, Reader, clean_name
from tocsin.rendering.post import IN_ONE_FILE, Posted, posted_pdf
from tocsin.rendering.spreadsheet import spreadsheet_lines
from tocsin.rendering.words import Words, load_words
from tocsin.rendering.written import in_locale
from tocsin.storage import ledger

#: Why somebody who is left is not on a list.
OLDER = "their letter was an older draft's: tocsin draft writes to them anew"
UNKNOWN_ID = "not under that id in the latest scope"
NO_POST = "no postal address is known: `address` in sources.yaml"
CHILD = "a child: nobody shows it to the child itself"
#: Who is told by somebody else, as the ledger says it, and by no list of ours; and who is not spoken to herself.
_APART = {words for way, words in REASONS.values() if way == "controller"}
_NOT_HERSELF = {words for way, words in REASONS.values() if way in ("next-of-kin", "internal")}
#: A file's name, and its bytes piece by piece.
File = tuple[str, Iterator[bytes]]


@dataclass
class Found:
    """Who is on a list: pseudonym and readers of each; how many are not, by why; and what is written."""

    people: dict[str, str] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    lines: list["Line"] = field(default_factory=list)


@dataclass(frozen=True)
class Line:
    """One of them: what her letter says of her, in which language."""

    person: AffectedPerson
    reader: Reader
    locale: str


def refuse_unwritable(app: App, incident: Incident, notice: str) -> None:
    """Refused where there are no approved words: nothing was filled, or the letter would say something else by now."""
    state, catalog = incident.notices[notice], app.catalog_of(incident)
    if state.filled is None:
        raise Refused(
            f"{notice} is {state.mark}: nobody knows yet whom it does not reach; tocsin letters {incident.key}"
        )
    if is_stale(incident, catalog, state, letter_of(incident, catalog, notice)):
        raise Refused(
            f"what {notice} prints has changed since it was approved; tocsin draft {incident.key} {notice} first"
        )


def whom_left(app: App, incident: Incident, notice: str, way: str) -> Found:
    """Everybody who can be told in another way, as far as this way can be the one."""
    state, key = incident.notices[notice], app.people_key(incident.key)
    with app.database.read() as connection:
        rows = {row.person: row for row in ledger.persons_left(connection, incident.key, notice)}
    found, barred = Found(), _barred(app, incident, way)
    known: dict[str, AffectedPerson] = {}
    if rows:
        known = {hidden: person for hidden, person in readers(app, incident, notice) if hidden in rows}
    for hidden, row in rows.items():
        if why := _why_not(row, known.get(hidden), way, state.digest, barred):
            found.left_out[why] += 1
            continue
        reader, locale = reader_of(opened(key, row))
        if way == "in-app" and reader.audience == "guardian":
            found.left_out[CHILD] += 1
            continue
        found.people[hidden] = row.readers
        found.lines.append(Line(known[hidden], reader, locale))
    return found


def _why_not(
    row: Any, person: AffectedPerson | None, way: str, digest: str, barred: dict[str, str]
) -> str | None:
    if row.digest != digest:
        return OLDER
    if person is None:
        return UNKNOWN_ID
    if row.reason in _APART or (row.reason in _NOT_HERSELF and way != "public-notice"):
        return str(row.reason)
    if way == "post" and not person.address:
        return NO_POST
    return barred.get(row.readers)


def _barred(app: App, incident: Incident, way: str) -> dict[str, str]:
    """Readers whom this way tells nothing before the law: one of theirs names its ways, and not this one."""
    catalog = app.catalog_of(incident)
    found: dict[str, str] = {}
    for letter in letters_of(incident, catalog):
        for whose, owed in letter.readers.items():
            for key in owed.duties:
                opened_ = incident.duties[key].opened
                regime = catalog.regimes.get(opened_.regime)
                rule = regime.rule(opened_.rule) if regime else None
                if rule and rule.channel and way not in rule.channel.by:
                    found.setdefault(whose.key, f"their law does not take {way} ({opened_.cite})")
    return found


def in_app(app: App, incident: Incident, notice: str, found: Found) -> Iterator[File]:
    """One line of JSON for each person: her account ids, the language, and the letter as it was approved."""
    write = writing(app, incident, notice)

    def lines() -> Iterator[bytes]:
        for line in found.lines:
            letter = write.letters.letter(line.reader, line.locale)
            shown = {
                "accounts": list(dict.fromkeys((line.person.id, *line.person.accounts))),
                "language": write.letters.spoken(line.reader, line.locale).locale,
                "subject": letter.subject,
                "text": letter.text,
                "html": letter.html,
            }
            yield canonical(shown) + b"\n"

    yield "in-app.jsonl", lines()


def for_post(app: App, incident: Incident, notice: str, found: Found) -> Iterator[File]:
    """The list of addresses, and the letters as PDFs of some hundred each; a number says which is whose."""
    write, folder = writing(app, incident, notice), app.pack_folder(app.catalog_of(incident))
    numbered = [(f"{number:06}", line) for number, line in enumerate(found.lines, 1)]
    head = ("number", "id", "name", "address", "place", "language")
    rows = (
        (
            number,
            line.person.id,
            line.person.name or "",
            line.person.address or "",
            line.person.place,
            line.locale,
        )
        for number, line in numbered
    )
    yield "post.csv", spreadsheet_lines(head, rows)
    organisation, at = write.letters.facts.organisation, app.now()
    sender = f"{organisation.legal_name}, {' '.join(organisation.addresses[0].split())}"
    words, places = load_post(folder), load_words(folder, ENGLISH)
    for start in range(0, len(numbered), IN_ONE_FILE):
        some = [_posted(write, words, places, *each) for each in numbered[start : start + IN_ONE_FILE]]
        title = f"{incident.key} {notice}"
        name = f"letters-{start // IN_ONE_FILE + 1:04}.pdf"
        yield name, iter([posted_pdf(some, sender, title, folder, at)])


def _posted(write: Writing, words: PostWords, places: Words, number: str, line: Line) -> Posted:
    """One letter, addressed as post from abroad wants it: the country last, in English and in capitals (UPU S42)."""
    letter = write.letters.letter(line.reader, line.locale)
    spoken = write.letters.spoken(line.reader, line.locale).locale
    name = clean_name(line.person.name or "") or ""
    if line.reader.audience == "guardian":
        name = in_locale(words.guardian, spoken).replace("{name}", name or line.person.id)
    place = line.person.place
    country = "" if place == UNKNOWN_PLACE else places.place(place.partition("-")[0]).upper()
    to = [name, *(line.person.address or "").splitlines(), country]
    return Posted(number, [" ".join(each.split()) for each in to if each.strip()], spoken, letter.text)


def to_the_public(app: App, incident: Incident, notice: str, found: Found, ground: Ground) -> Iterator[File]:
    """The notice in each language of its templates, as text and as a page. It names nobody who is concerned."""
    for locale, letter in public_notice(app, incident, notice, found, ground):
        yield f"notice.{locale}.txt", iter([f"{letter.subject}\n\n{letter.text}".encode()])
        yield f"notice.{locale}.html", iter([letter.html.encode()])


def public_notice(
    app: App, incident: Incident, notice: str, found: Found, ground: Ground
) -> Iterator[tuple[str, Letter]]:
    """(language, notice) from the approved facts: of all these people's data, and without what a law forbids to say."""
    folder = app.pack_folder(app.catalog_of(incident))
    if not (folder / "notices" / "public.en.txt.j2").is_file():
        raise Refused("this incident's templates are older than notices to the public; write it by hand")
    facts = writing(app, incident, notice).letters.facts
    words: tuple[dict[str, str], dict[str, str]] = ({}, load_grounds(folder).of(ground))
    letters = Letters("public", folder, replace(facts, additions={**facts.additions, ground: words}))
    kinds = {kind for line in found.lines for kind in line.reader.kinds}
    left_out = {name for line in found.lines for name in line.reader.left_out}
    reader = Reader(tuple(sorted(kinds)), added=(ground,), left_out=tuple(sorted(left_out)))
    for locale in letters.locales:
        if letters.spoken(reader, locale).locale == locale:
            yield locale, letters.letter(reader, locale)
