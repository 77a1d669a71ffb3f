"""What the drill tells: every line is read back from the database, the mailbox or the file that it speaks of."""

import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from pathlib import Path
from zoneinfo import ZoneInfo

from tocsin.domain.incident import Incident, Page
from tocsin.domain.notice import letter_states
from tocsin.drill.checklist import Checklist
from tocsin.drill.stage import BEGINNING, Stage, actor
from tocsin.storage import ledger, outbox
from tocsin.views.story import story

Say = Callable[[str], None]

#: What is told of the timeline, in its own words. Calls, facts, steps and the ledger have lines of their own.
_TOLD = frozenset(
    "Acknowledged Closed DutyConfirmed DutyMet DutyReleased LetterExcluded NoticeApproved NoticeDrafted NoticeRejected "
    "NoticeReleased NoticeVoided StatusUpdated StepSkipped SupplementFiled UpdateAsked UpdateSkipped".split()
)
#: Where the next word of a kind begins.
_CAPITAL = re.compile("(?<!^)(?=[A-Z])")


class Teller:
    """Says lines with the incident's clock before them."""

    def __init__(self, stage: Stage, say: Say) -> None:
        self._stage, self._say = stage, say
        self._zone = ZoneInfo("Asia/Ho_Chi_Minh")
        self._told = 0

    def scene(self, title: str) -> None:
        """A new scene, with the clock as it stands in the home."""
        now = self._stage.app.now().astimezone(self._zone)
        hours = (now - BEGINNING).total_seconds() / 3600
        self._say(f"\n{now:%a %H:%M}  +{hours:.1f} h  {title}")

    def line(self, text: str) -> None:
        """One line of a scene."""
        self._say(f"    {text}")

    def when(self, moment: datetime | None) -> str:
        """A moment on the company's clock, with UTC beside it."""
        if moment is None:
            return "no fixed moment"
        local = moment.astimezone(self._zone)
        return f"{local:%a %H:%M} +07 ({moment.astimezone(ZoneInfo('UTC')):%H:%M}Z)"

    def news(self, incident: Incident) -> None:
        """Who was called and what people did since this was last told, from the timeline, each by its hour."""
        pages = {page.seq: page for page in incident.pages}
        for each in story(self._stage.app, actor(self._stage, "an"), incident.key):
            if each.seq <= self._told or (each.kind not in _TOLD and each.seq not in pages):
                continue
            hour = f"{each.at.astimezone(self._zone):%H:%M}"
            if each.seq in pages:
                self.line(f"{hour} {self._page(pages[each.seq])}")
            else:
                self.line(f"{hour} {each.actor}, {_CAPITAL.sub(' ', each.kind).lower()}: {each.words}")
        self._told = incident.head_seq

    def _page(self, page: Page) -> str:
        """By which routes somebody was called; and that the mail is in the mailbox."""
        inbox = Counter(mail.recipients[0] for mail in self._stage.mail.messages)
        routes = ", ".join(f"{route} {outcome}" for route, outcome in page.outcomes.items())
        email = self._stage.app.catalog.contacts.person(page.person).email
        return f"called {page.person} as {page.role}: {routes} (mailbox of {email}: {inbox[email]})"

    def steps(self, incident: Incident, checklist: Checklist, *phases: str, titles: bool = False) -> None:
        """Which steps of these phases are done, and which are not and why."""
        found: dict[str, list[str]] = {}
        for step in checklist.steps(*phases):
            state = incident.steps.get(step.id)
            unasked = "does not apply" if checklist.applies(step) is False else "open"
            words = f"{step.id} {step.title['en']}" if titles else step.id
            found.setdefault(state.mark if state else unasked, []).append(words)
        for mark, steps in found.items():
            self.line(f"{' and '.join(phases)}, {mark}: {(' / ' if titles else ' ').join(steps)}")

    def marks(self, incident: Incident) -> None:
        """How many duties are met, open or released."""
        marks = Counter("met late" if duty.late else duty.mark for duty in incident.duties.values())
        self.line("duties: " + ", ".join(f"{number} {mark}" for mark, number in sorted(marks.items())))

    def duties(self, incident: Incident) -> None:
        """Every duty, soonest first, with its article and clock."""
        for duty in sorted(
            incident.duties.values(), key=lambda d: (d.soonest is None, d.soonest or BEGINNING)
        ):
            mark = "ASSUMED " if duty.assumed else ""
            state = duty.mark if duty.mark != "met" else "met late" if duty.late else "met"
            self.line(
                f"{duty.opened.key}: {mark}due {self.when(duty.soonest)} from {duty.clock_from}; "
                f"{state}; {duty.opened.cite}"
            )

    def counts(self, incident: Incident) -> None:
        """The ledger's own figures, which must add up."""
        counts = Counter[str]()
        with self._stage.app.database.read() as connection:
            for letter in letter_states(incident):
                counts.update(ledger.counts(connection, incident.key, letter.id))
        twice = counts.pop("possible_duplicates", 0)
        shown = ", ".join(f"{state} {number}" for state, number in counts.items() if number)
        self.line(f"ledger: {sum(counts.values())} people = {shown}; possible duplicates {twice}")

    def mailbox(self) -> None:
        """The letters that arrived at the mail sink, and the first of them by its subject."""
        letters = [mail for mail in self._stage.mail.messages if b"X-Incident-Ref: " in mail.content]
        ids = Counter(message_from_bytes(mail.content)["Message-ID"] for mail in letters)
        again = sum(number > 1 for number in ids.values())
        self.line(f"mailbox: {len(letters)} letters, {len(ids)} Message-IDs, {again} of them twice")
        if letters:
            subject = str(make_header(decode_header(message_from_bytes(letters[0].content)["Subject"])))
            self.line(f"mailbox: first subject {subject!r}")

    def messages(self, incident: Incident) -> None:
        """How the messages to our own people fared, from the outbox."""
        with self._stage.app.database.read() as connection:
            rows = outbox.of_incident(connection, incident.key)
        by_route = Counter((row["route"], row["state"]) for row in rows)
        self.line(
            "outbox: " + ", ".join(f"{route} {state} {n}" for (route, state), n in sorted(by_route.items()))
        )

    def file(self, path: Path) -> None:
        """A file that was written, by its size on disk."""
        self.line(f"{path} ({path.stat().st_size:,} bytes)")
