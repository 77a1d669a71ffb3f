"""A story: people act, time passes, and one listens to what reached whom. Engine and channels are the real ones."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from tocsin import actions
from tocsin.actions.declaring import Declaration
from tocsin.actors import Actor, at_the_shell
from tocsin.app import App
from tocsin.bell import next_moment, ring
from tocsin.catalog import default_folders
from tocsin.domain.incident import Incident, NoticeState
from tocsin.domain.notice import CUSTOMERS
from tocsin.domain.scope.question import Listed, Question
from tocsin.domain.timeline import Entry
from tocsin.record import Recorded
from tocsin.sinks.mail import MailSink, StoredMail
from tocsin.sinks.slack import SlackSink
from tocsin.storage import ledger, outbox, timeline

#: The words that a letter cannot do without.
WORDS = {
    "measures_taken": {"en": "We revoked the keys.", "vi": "Chúng tôi đã thu hồi các khóa."},
    "advice_to_people": {"en": "Make new keys.", "vi": "Hãy tạo khóa mới."},
}
KINDS = ("account-info",)
PLACES = ("VN", "DE", "FR", "SG")


@dataclass
class Clock:
    """The incident's clock: it stands until it is told to leap."""

    moment: datetime

    def __call__(self) -> datetime:
        return self.moment


@dataclass
class Story:
    """One incident and everybody in it."""

    app: App
    clock: Clock
    mail: MailSink
    slack: SlackSink
    folder: Path
    key: str = ""
    rounds: int = 60
    customers: list[dict[str, str]] = field(default_factory=list)

    # --- what happens

    def declare(self, title: str = "A key in a public place", *, by: str = "linh", **what: Any) -> "Story":
        """Somebody declares, and everything that is due at once happens."""
        stated = {"type": "credential-leak", "drill": True} | what
        done = actions.declare(self.app, self.actor(by), Declaration(title, **stated))
        self.key = done.incident.key
        return self.settle()

    def as_(self, person: str) -> "Acting":
        """One of the cast, about to do something."""
        return Acting(self, person)

    def settle(self) -> "Story":
        """Ring the bell until nothing is due at this moment."""
        for _ in range(self.rounds):
            ring(self.app)
            due = next_moment(self.app)
            if due is None or due > self.clock.moment:
                return self
        raise AssertionError(f"nothing comes to rest: {self.plan.moves}")

    def fast_forward(self, **time: float) -> "Story":
        """Let time pass, from one wake to the next, as in life: `hours=`, `minutes=`, `seconds=`."""
        goal = self.clock.moment + timedelta(**time)
        self.settle()
        while (due := next_moment(self.app)) is not None and due < goal:
            self.clock.moment = max(due, self.clock.moment)
            self.settle()
        self.clock.moment = goal
        return self.settle()

    def leap(self, **time: float) -> "Story":
        """Let time pass while everything is dead; nobody has looked meanwhile."""
        self.clock.moment += timedelta(**time)
        return self

    # --- short cuts to a later chapter

    def with_customers(self, count: int = 6, **change: Mapping[str, str]) -> "Story":
        """People in the customer table: `c1` to `cN`. `change` maps an id to other columns of that row.

        Columns that only some have, such as `flags`, are mapped to ours of that name.
        """
        self.customers = [
            {
                "id": f"c{n}",
                "email": f"c{n}@example.org",
                "name": f"Customer {n}",
                "locale": ("vi", "en")[n % 2],
                "country": PLACES[n % len(PLACES)],
                "agreed": "yes",
            }
            | dict(change.get(f"c{n}", {}))
            for n in range(1, count + 1)
        ]
        base = ("id", "email", "name", "locale", "country", "agreed")
        more = sorted({name for row in self.customers for name in row} - {*base})
        with (self.folder / "customers.csv").open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, [*base, *more], restval="")
            table.writeheader()
            table.writerows(self.customers)
        (self.folder / "sources.yaml").write_text(
            "customers:\n"
            "  - name: customers\n    path: customers.csv\n    country: VN\n"
            "    fields: {id: id, email: email, name: name, locale: locale, country: country, email_agreed: agreed"
            + "".join(f", {name}: {name}" for name in more)
            + "}\n",
            encoding="utf-8",
        )
        return self

    def scope(self, *who: str, by: str = "giang") -> "Story":
        """The forensic team lists these people, or all."""
        people = who or tuple(row["id"] for row in self.customers)
        question = Question(people=tuple(Listed(who=each, kinds=KINDS) for each in people))
        actions.scope(self.app, self.actor(by), self.key, question)
        return self.settle()

    def drafted(self, *who: str) -> "Story":
        """Declared, answered, scoped, and the letter is before those who may approve it."""
        if not self.customers:
            self.with_customers()
        self.declare()
        self.as_("linh").ack()
        self.as_("an").ack()
        self.scope(*who)
        self.as_("an").learn(WORDS, source="the team")
        return self

    def approved(self, *who: str) -> "Story":
        """The letter has the two approvals that it needs."""
        return self.drafted(*who).approve()

    def approve(self, *people: str) -> "Story":
        """These say yes to the draft as it is; the DPO and counsel where nobody is named."""
        for person in people or ("an", "chi"):
            self.as_(person).approve(CUSTOMERS, digest=self.letter.digest)
        return self

    def released(self, *who: str) -> "Story":
        """Approved, and on its way out; what can leave has left."""
        self.approved(*who).as_("an").release(CUSTOMERS)
        return self

    # --- what one sees

    def actor(self, person: str) -> Actor:
        return at_the_shell(self.app, person)

    @property
    def incident(self) -> Incident:
        return self.app.incident(self.key)

    @property
    def plan(self) -> Any:
        from tocsin.engine import peek

        return peek(self.app, self.key).plan

    @property
    def letter(self) -> NoticeState:
        return self.incident.notices[CUSTOMERS]

    @property
    def entries(self) -> list[Entry]:
        with self.app.database.read() as connection:
            return timeline.entries(connection, self.key)

    def told(self, kind: str) -> list[Any]:
        """The bodies of all entries of one kind, in order."""
        return [entry.body for entry in self.entries if entry.kind == kind]

    @property
    def counts(self) -> dict[str, int]:
        with self.app.database.read() as connection:
            return ledger.counts(connection, self.key, CUSTOMERS)

    @property
    def rows(self) -> list[Any]:
        with self.app.database.read() as connection:
            return ledger.rows_of(connection, self.key, CUSTOMERS)

    @property
    def outbox(self) -> list[dict[str, Any]]:
        with self.app.database.read() as connection:
            return outbox.of_incident(connection, self.key)

    @property
    def letters(self) -> list[StoredMail]:
        """Mails to customers, in the order in which they came."""
        return [
            mail for mail in self.mail.messages if not mail.recipients[0].endswith("@streamonapi.example")
        ]

    @property
    def readers(self) -> list[str]:
        """Who got a letter, as often as one came."""
        return sorted(mail.recipients[0] for mail in self.letters)

    def paged(self, role: str | None = None) -> list[tuple[str, str]]:
        """Who was called as what, in order."""
        return [(page.role, page.person) for page in self.incident.pages if role in (None, page.role)]

    def heard(self, person: str) -> list[str]:
        """What somebody read on Slack, oldest first."""
        id_ = self.app.catalog.contacts.person(person).slack
        room = self.slack.room(id_ or "")
        return [message.text for message in self.slack.messages if message.channel == room.id]

    def mails_to(self, person: str) -> list[str]:
        """Subjects of the mails that somebody of the house got, oldest first."""
        address = self.app.catalog.contacts.person(person).email
        found = [mail for mail in self.mail.messages if mail.recipients == (address,)]
        return [str(message_from_bytes(mail.content, policy=policy.default)["Subject"]) for mail in found]


@dataclass(frozen=True)
class Acting:
    """A person, whose next word is a verb: `story.as_("an").approve(...)`. What becomes due at once then happens."""

    story: Story
    person: str

    def __getattr__(self, verb: str) -> Callable[..., Recorded]:
        act = getattr(actions, verb)

        def acted(*words: Any, **more: Any) -> Any:
            done = act(self.story.app, self.story.actor(self.person), self.story.key, *words, **more)
            self.story.settle()
            return done

        return acted


def with_organisation(story: Story, before: str, after: str) -> App:
    """The same home after somebody changed a line of `contacts/organisation.yaml`."""
    shipped = (default_folders()[1] / "organisation.yaml").read_text(encoding="utf-8")
    assert before in shipped
    ours = story.folder / "contacts" / "organisation.yaml"
    ours.parent.mkdir(exist_ok=True)
    ours.write_text(shipped.replace(before, after), encoding="utf-8")
    settings = story.app.settings.model_copy(update={"contacts": ours.parent})
    return replace(story.app, settings=settings)


def message_ids(mails: Sequence[StoredMail]) -> list[str]:
    """The Message-IDs of these mails."""
    return [str(message_from_bytes(mail.content)["Message-ID"]) for mail in mails]
