"""What comes back on letters is taken in, and each notice's ledger takes note of it by one entry.

Messages are kept first, then an entry speaks of them and the letters stand as it says: whoever dies in between finds
them waiting. A letter is found by a mark that nobody guesses, so that a forged report speaks of no letter. What is no
report, or names no letter of ours, waits for a person.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row

from tocsin.actions.mailbox import Walk, looked_into, note
from tocsin.actors import Actor
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.dsn import LONGEST, CameBack, read
from tocsin.domain.errors import Refused
from tocsin.domain.further import is_spoken_of, wrong_digests
from tocsin.domain.incident import Incident
from tocsin.domain.kinds import LettersReturned
from tocsin.domain.notice import is_stale, letter_of
from tocsin.domain.refusals import is_our_failure
from tocsin.domain.ways import WAYS
from tocsin.engine.onward import onward
from tocsin.engine.refusing import heed_returns
from tocsin.logs import Log
from tocsin.record import record
from tocsin.sealing import keyed_digest, seal
from tocsin.sources.mailbox import Lying
from tocsin.storage import keys, ledger, returned, timeline
from tocsin.storage.database import Unavailable
from tocsin.storage.returned import Named, News, Taken

log = Log("tocsin.returns")

#: Who acts where nobody does: the mailbox itself.
RETURNS = Actor("returns", None)
#: What belongs to no letter goes after so long.
KEPT = timedelta(days=365)
#: Messages that are read, and kept in one transaction, at a time.
_BATCH = 200


@dataclass
class Noted:
    """What a look came to: messages by what they say, how many were known before, and the notices that took note."""

    reports: Counter[str] = field(default_factory=Counter)
    known: int = 0
    notices: list[tuple[str, LettersReturned]] = field(default_factory=list)

    @property
    def new(self) -> int:
        """Messages that were not here before."""
        return sum(self.reports.values())


def take_in(app: App, messages: Iterable[bytes]) -> Noted:
    """Keep messages that came back (RFC 5322 bytes), and let the ledgers take note of them."""
    noted, left = Noted(), iter(messages)
    while batch := list(islice(left, _BATCH)):
        _kept(app, batch, noted)
    noted.notices = heed(app)
    return noted


def look(app: App) -> tuple[Noted, Walk] | None:
    """Look once into the mailbox of the settings, and note how it went; None where none is configured."""
    noted = Noted()

    def keep(raw: bytes, lying: Lying, whole: bool) -> bool:
        _kept(app, [raw], noted)
        return whole

    walked = looked_into(app, "bounces", keep, log)
    if walked is None:
        return None
    noted.notices = heed(app)
    note(app, "bounces", walked, noted.new)
    return noted, walked


def _kept(app: App, batch: list[bytes], noted: Noted) -> None:
    came = [(raw, read(raw)) for raw in batch]
    marks = {mark for _, found in came for group in found.marks for mark in group}
    with app.database.write() as connection:
        rows = returned.letters(connection, marks) if marks else {}
        lies_under = _keys(app, connection, {row.incident for row in rows.values()})
        taken = [_taken(app, raw, found, _named(found, rows), lies_under) for raw, found in came]
        new = returned.put(connection, taken)
        returned.forget_strangers(connection, app.now() - KEPT)
    noted.reports.update(each.action for each in new)
    noted.known += len(taken) - len(new)


def _named(found: CameBack, rows: dict[str, Named]) -> Named | None:
    """The letter that the surest of its marks name; of two letters nobody can say which one it means."""
    for group in found.marks:
        if named := [rows[mark] for mark in group if mark in rows]:
            return named[0] if len({each.id for each in named}) == 1 else None
    return None


def _keys(app: App, connection: Connection, incidents: Iterable[str]) -> dict[str | None, bytes | None]:
    """Under which key what is about an incident lies; None once it was erased, which waits until this is written."""
    found: dict[str | None, bytes | None] = {None: app.keyring.derived("returns")}
    for incident in sorted(incidents):
        try:
            found[incident] = keys.key_of(connection, app.keyring, incident, "people", held=True)
        except Refused:
            found[incident] = None
    return found


def _taken(
    app: App, raw: bytes, found: CameBack, row: Named | None, lies_under: dict[str | None, bytes | None]
) -> Taken:
    # The same message has other line ends in a file than on the wire.
    seen = keyed_digest(app.keyring.derived("returns"), raw.replace(b"\r\n", b"\n").rstrip())
    incident = row.incident if row else None
    key = lies_under[incident]
    return Taken(
        seen=seen,
        taken_at=app.now(),
        incident=incident,
        notice=row.notice if row else None,
        row=row.id if row else None,
        mark=row.mark if row else None,
        # An automatic answer says nothing, whichever letter it is about: nobody has to read it.
        action=found.action if row or found.action == "auto-replied" else returned.UNREAD,
        status=found.status,
        code=found.code,
        reporter=found.reporter,
        sealed=seal(key, raw[:LONGEST], returned.sealed_for(incident, seen)) if key else b"",
    )


def heed(app: App) -> list[tuple[str, LettersReturned]]:
    """Let each ledger take note of what waits for it: one entry a notice, or more. Returns (incident, entry) each."""
    with app.database.read() as connection:
        waiting = returned.waiting(connection)
    noted: list[tuple[str, LettersReturned]] = []
    for key, notice in waiting:
        try:
            while done := record(app, key, partial(_decide, app, notice), actor=RETURNS.id).entries:
                noted += [(key, each.body) for each in done if isinstance(each.body, LettersReturned)]
        except Unavailable:
            raise
        except Exception as error:  # any failure at all: one incident keeps no other from its reports
            log.error("reports wait", incident=key, error=type(error).__name__)
    return noted


def _decide(app: App, notice: str, change: Change) -> None:
    """Speak of what waits of one notice, if anything does."""
    key = change.incident.key
    if notice not in change.incident.notices:
        return
    with app.database.read() as connection:
        news = returned.news(connection, key, notice, _goes_on(app, change.incident, notice))
        if news is None:
            return
        body = _body(connection, key, notice, news)
        seq = change.add(body)
        answered = sum(body.counts[state] for state in ("handed_over", "delivered", "bounced", "refused"))
        heed_returns(app, connection, change, notice, news.last, answered, seq)
    people_key = app.people_key(key) if news.onward else b""
    moves = [to for row in news.onward if (to := onward(people_key, row))]

    def take(connection: Connection) -> None:
        # A letter that went back onto the wire meanwhile is not spoken of: decided anew.
        if returned.take_note(connection, key, notice, news.last, seq) != sum(news.reports.values()):
            raise timeline.Outrun(key)
        if not ledger.go_on(connection, moves, change.now):
            raise timeline.Outrun(key)

    change.also.append(take)


def _goes_on(app: App, incident: Incident, notice: str) -> Callable[[Row[Any], str, str], bool]:
    """Which letters that came back go to their next address by themselves.

    Only under the approval that they left under, while what they print is still so; or where a new draft is to leave.
    None that somebody found wrong; and none while a further letter waits for approval, which binds who had this one.
    """
    state = incident.notices[notice]
    catalog = app.catalog_of(incident)
    stale = state.mark == "sent" and is_stale(incident, catalog, state, letter_of(incident, catalog, notice))
    over, wrong = stale or is_spoken_of(incident, notice), wrong_digests(incident, notice)

    def goes_on(row: Row[Any], status: str, code: str) -> bool:
        leaves = state.filled is None or (row.digest == state.digest and row.digest not in wrong)
        # What was erased is known to nobody, the next address neither.
        return bool(incident.open and row.sealed and leaves and not over and not is_our_failure(status, code))

    return goes_on


def _body(connection: Connection, key: str, notice: str, news: News) -> LettersReturned:
    counts, untold = ledger.counts(connection, key, notice), Counter(ledger.untold(connection, key, notice))
    ways, settled = Counter(ledger.ways(connection, key, notice)), ledger.accounted(connection, key, notice)
    for (before, after, readers, stood, way), count in news.moved.items():
        counts[before] -= count
        counts[after] += count
        if stood == "accounted":
            # For whom a person accounted counts as settled where the letter did not surely reach her, and there alone.
            settled += count * ((after in ledger.UNREACHED) - (before in ledger.UNREACHED))
        fewer = {
            ("told", "bounced"): count,
            ("told", "pending"): count,
            ("untold", "delivered"): -count,
        }.get((stood, after), 0)
        untold[readers] += fewer
        ways[way] -= fewer
    return LettersReturned(
        notice=notice,
        reports=news.reports,
        digest=news.digest,
        counts=counts,
        settled=settled,
        untold=dict(untold),
        onward=len(news.onward),
        ways={way: ways[way] for way in WAYS if ways[way]},
    )
