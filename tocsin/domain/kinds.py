"""The kinds of things that can happen to an incident: the bodies of timeline entries.

Entries carry outcomes ("this duty, due then, because of that"), so that folding them needs no catalog and an edited
template cannot change the past. A kind, once released, keeps its fields; a change of meaning is a new `version`.

No personal data: free text stands here only as a commitment (`Words`), people who are affected only as counts, cells
and keyed hashes. Staff are named by their id in `contacts/people.yaml`.

Long, because every timeline is made of this one list, and a verifier reads it from end to end.
"""

from datetime import UTC
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, PlainSerializer, StringConstraints

from tocsin.domain.moments import iso

#: A salted commitment to free text that is kept, erasable, beside the chain: `words:` and a SHA-256 in hex.
Words = Annotated[str, StringConstraints(pattern=r"^words:[0-9a-f]{64}$")]
#: A moment as it is hashed: in UTC and written in one way, whatever zone it was stated in.
Moment = Annotated[
    AwareDatetime,
    AfterValidator(lambda moment: moment.astimezone(UTC)),
    PlainSerializer(iso, return_type=str, when_used="json"),
]

Status = Literal[
    "triage", "declared", "containment", "eradication", "recovery", "stable", "review", "closed", "declined"
]
Severity = Literal["sev1", "sev2", "sev3", "sev4", "sev5"]
#: How one attempt to reach somebody ended; `down` is a route that nobody can use until it is mended.
Reached = Literal["handed_over", "refused", "ambiguous", "down", "retry"]

KINDS: dict[tuple[str, int], type["Body"]] = {}


class Body(BaseModel):
    """What one kind of entry says. Subclasses register themselves under their class name and version."""

    # Built when an entry of the kind is first met: a command meets a few of them.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
    version: ClassVar[int] = 1

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        KINDS[cls.__name__, cls.version] = cls

    @property
    def kind(self) -> str:
        """The stored name of this kind."""
        return type(self).__name__


# --- the incident itself


class Declared(Body):
    """Somebody said: this is an incident. `catalog` is the digest of the packs that it stays bound to."""

    code_name: str
    title: Words
    type: str
    severity: Severity
    catalog: str
    restricted: bool = True
    drill: bool = False
    excluded: tuple[str, ...] = ()


class TriageOpened(Body):
    """Something may be wrong, says a person or a message; a person is to say whether it is an incident.

    Until then no law is asked, no step is due, and only an `urgent` one calls until somebody answers.
    """

    code_name: str
    title: Words
    type: str
    severity: Severity
    catalog: str
    source: Literal["person", "message"] = "person"
    urgent: bool = False
    #: It calls nobody: so many came within the hour that whoever is on call knows, and looks at the list.
    quiet: bool = False
    restricted: bool = True
    drill: bool = False
    excluded: tuple[str, ...] = ()


class Confirmed(Body):
    """A person found that what waited in triage is an incident: it is declared by this."""

    type: str
    severity: Severity
    title: Words | None = None


class MessageReceived(Body):
    """A message from outside came in and lies in the vault as `item`; who wrote it and what stands only there.

    `urgent` says that its sender marked it so, `automatic` that a machine wrote it. `held_back` is why an urgent one
    called nobody. One that is not `whole` was too large: the item is its head, the rest stays with the mail system.
    """

    item: str
    urgent: bool = False
    automatic: bool = False
    whole: bool = True
    held_back: Literal["called-already", "flood"] | None = None


class Noted(Body):
    """A person wrote a line into the timeline, or put there what somebody said elsewhere.

    `said_by` is a person's id, else what the door calls them (`slack:U012`); `link` is where it stands.
    """

    text: Words
    said_by: str | None = None
    link: Words | None = None


class Reclassified(Body):
    """Type, severity, title or restriction changed; nothing that was done is lost."""

    field: Literal["type", "severity", "title", "restricted"]
    value: str | bool
    because: Words


class StatusEntered(Body):
    """The incident reached another status of its life cycle."""

    status: Status


class Closed(Body):
    """A person closed the file: every duty met or let go, every letter accounted for."""

    because: Words | None = None


class Declined(Body):
    """A person found that this is no incident."""

    because: Words


class Reopened(Body):
    """A person opened the closed file again."""

    because: Words


class Erased(Body):
    """The key of the affected people's data was destroyed after retention; counts and proofs stay."""

    because: Words


class Redacted(Body):
    """One free text was destroyed; its commitment stays in the chain."""

    words: Words
    because: Words


# --- what is known


class FactLearned(Body):
    """A fact got a value. Free text in `value` stands as commitments; old values stay in the timeline."""

    name: str
    value: Any
    source: Words
    scope_revision: int | None = None

    @property
    def decides_risk(self) -> bool:
        """Whether a person decided the risk by it, for all or for single cells; the scope only carries it over."""
        if self.scope_revision is not None:
            return False
        return self.name == "risk" or (
            self.name == "cells" and any("risk" in cell for cell in self.value or ())
        )


class ScopeMeasured(Body):
    """Who was affected, as counts: one revision of the scope, with what it cannot know."""

    revision: int
    question: str
    set_digest: str
    #: Over the columns that stay readable when the people's data are erased.
    rows_digest: str
    #: Over why each person is in, with the first and the last row; sealed with the people.
    why_digest: str = ""
    #: Over whose each further account is, which stays readable too; and over what was seen of those that nobody owns.
    accounts_digest: str = ""
    unowned_digest: str = ""
    total: int
    by_place: dict[str, int]
    by_kind: dict[str, int]
    buckets: dict[str, int]
    cells: tuple[dict[str, Any], ...]
    gaps: tuple[dict[str, Any], ...] = ()
    inputs: tuple[dict[str, Any], ...] = ()
    #: Rows and files that only say again what others say.
    repeated: tuple[dict[str, Any], ...] = ()
    #: The logs whose silence excludes people; empty where it excludes nobody.
    proof: tuple[dict[str, Any], ...] = ()
    #: What should still have existed, kind by kind, and of how many people it should not.
    retained: tuple[dict[str, Any], ...] = ()
    #: Customers to be told as controllers of other people's data; who they are is sealed with the people.
    controllers: int = 0
    #: So many of them stand in no letter to controllers yet.
    controllers_new: int = 0
    #: Each clause of the question by its number, and each way beside them, with how many people it brought in. What a
    #: clause is called is sealed: `name` is a text.
    grounds: tuple[dict[str, Any], ...] = ()
    added: int = 0
    kept: int = 0
    unsupported: int = 0
    #: `{way, reason, people}`: how those who are to be told are told. Together they are all of them.
    routes: tuple[dict[str, Any], ...] = ()
    #: How many of them are closed, shared, unsubscribed and so on: what is particular, whether or not it decides.
    circumstances: dict[str, int] = {}
    #: Over every distinct way in which one of them is spoken to: whom a letter is for, in which language.
    addressed: str = ""
    #: People whom an earlier revision told and this one does not, and on whom nobody has decided, by place; for so many
    #: of them a letter had left, surely or perhaps.
    held: dict[str, int] = {}
    held_told: dict[str, int] = {}
    #: Those of them of whom a person found that they are owed a letter all the same, by readers.
    upheld: dict[str, int] = {}
    #: What is needed to measure it again: the question by its number in the vault and when it was asked, the declared
    #: sources by theirs, the packs whose data map was used with its digest, the digest of the declaration, the versions
    #: of what measured, and the bounds within which it read: `{longest_line: 8, unpack_ratio: 250}`.
    asked: str = ""
    asked_at: Moment | None = None
    declared: str = ""
    #: The first unreadable lines of each log, by their number in the vault; empty where every line was read.
    unread: str = ""
    packs: str = ""
    data_map: str = ""
    sources: str = ""
    engine: dict[str, str] = {}
    bounds: dict[str, int] = {}


class ScopeRepeated(Body):
    """A person measured a revision again, from the question that was kept: whether it gave the same people.

    `same` only where `set_digest` and `rows_digest` are those of the revision. `otherwise` names live sources that read
    otherwise by now; every file was the same, or it would have been refused.
    """

    revision: int
    same: bool
    set_digest: str
    rows_digest: str
    #: Whether each is in for the same reasons, by the same first and last row; None where that was not kept.
    same_why: bool | None = None
    why_digest: str = ""
    #: So many people are in one of the two results and not in the other, or stand there otherwise.
    differs: int = 0
    otherwise: tuple[str, ...] = ()
    engine: dict[str, str] = {}


class ScopeSigned(Body):
    """A person other than who asked, and who repeated it with the same result, stands for a revision of the scope."""

    revision: int
    question: str
    set_digest: str
    rows_digest: str
    #: The entry of that repetition.
    repetition: int
    because: Words


class UnsupportedAsked(Body):
    """Those who decide on people whom a revision no longer supports were asked to."""

    revision: int
    people: int


class PeopleReleased(Body):
    """A person decided that people whom a revision no longer supports are owed nothing: they leave the scope.

    `people` counts them by place, `told` those of them for whom a letter had left, `undone` by readers those who had
    been upheld before and are counted in neither. `digest` is SHA-256 over all their pseudonyms, one a line, in order.
    `letters` says of each notice how many of which readers it need not tell any more.
    """

    revision: int
    people: dict[str, int]
    digest: str
    because: Words
    told: dict[str, int] = {}
    undone: dict[str, int] = {}
    letters: dict[str, dict[str, int]] = {}


class PeopleUpheld(Body):
    """A person decided that people whom a revision no longer supports are owed a letter all the same.

    `people` counts them by place, `readers` by readers; for `told` of them a letter had left. `digest` is as in
    PeopleReleased.
    """

    revision: int
    people: dict[str, int]
    readers: dict[str, int]
    digest: str
    because: Words
    told: dict[str, int] = {}


# --- people


class Paged(Body):
    """Somebody was called; each message on its way is a row of the outbox.

    Level, round and repeat say on which rung of the ladder; a call that a person `asked_by` is on none, and has 0.
    """

    role: str
    person: str
    level: int
    round: int
    routes: tuple[str, ...]
    asked_by: str | None = None
    #: The how manieth call of the same rung it is, from 0.
    repeat: int = 0
    #: What whoever asked said to them.
    because: Words | None = None


class PageOutcome(Body):
    """How one message of a page fared."""

    page: int
    person: str
    route: str
    outcome: Reached


class Acknowledged(Body):
    """A person who was called for a role answered."""

    role: str
    person: str


class RoleTaken(Body):
    """A person holds a role from now on."""

    role: str
    person: str
    handed_by: str | None = None


class ClockSetBack(Body):
    """The clock was set back by so many seconds under what counts from a moment ahead of it: it counts from now."""

    seconds: int


class RoleGivenBack(Body):
    """Who held a role cannot go on, and names nobody: its ladder calls anew."""

    role: str
    person: str
    because: Words


class RouteSilenced(Body):
    """Nothing about this incident is said by this route any more, says a person: somebody reads it who must not."""

    route: str
    because: Words


class RouteTrusted(Body):
    """A route that was silenced is used again, says a person."""

    route: str
    because: Words


# --- the rhythm


class UpdateAsked(Body):
    """The commander was asked for the status update that is due; `missed` before it never came."""

    missed: int = 0


class StatusUpdated(Body):
    """A person told the stakeholders how it stands, as a CAN report: conditions, actions, needs. `to` are their ids."""

    conditions: Words
    actions: Words
    needs: Words
    to: tuple[str, ...] = ()


class UpdateSkipped(Body):
    """A person decided that nothing is told this time."""

    because: Words


class HandOverAsked(Body):
    """A shift ended while `holder` held a role: both were told, and `to`, who is on call now, was asked to take it."""

    role: str
    holder: str
    to: str


# --- the checklist


class StepDone(Body):
    """A step of the checklist was done; evidence by its number in the vault."""

    step: str
    evidence: tuple[str, ...] = ()
    note: Words | None = None


class StepSkipped(Body):
    """A step does not apply here, says a person."""

    step: str
    because: Words


class StepUndone(Body):
    """A step that was done or skipped is open again."""

    step: str
    because: Words


class CommandStarted(Body):
    """A person had a command of the company run for a step. `argv` is what ran, as one would type it."""

    step: str
    command: str
    argv: Words
    #: Seconds after which it is killed.
    limit: int


class CommandEnded(Body):
    """How a command ended. `run` is the entry of its start; one that is never followed by this was not seen to end.

    `exit_code` is negative for a signal, None where there was no process. `output` is what it printed, in the vault.
    """

    step: str
    command: str
    run: int
    outcome: Literal["succeeded", "failed", "timed-out", "interrupted", "not-started"]
    exit_code: int | None = None
    milliseconds: int = 0
    output: str | None = None
    #: It printed more than is kept.
    cut: bool = False


class StepReminded(Body):
    """The holder of a step was told that it is overdue."""

    step: str


class EvidenceKept(Body):
    """Something went into the vault: `item` is its number there, `content` a keyed hash of the plain bytes.

    `purpose` is the key that seals it: what is sealed with that of the people goes when they are erased.
    """

    item: str
    name: Words
    content: str
    size: int
    purpose: Literal["people", "record"] = "people"
    step: str | None = None


class EvidenceCopied(Body):
    """Somebody took a copy of an item out of the vault."""

    item: str


# --- the law


class DutyOpened(Body):
    """A duty exists, says the law under the facts of this moment."""

    key: str
    regime: str
    rule: str
    cite: str
    recipient: str
    authority: str | None
    place: str | None
    role: str
    stage: str
    clock_from: str
    clock_start: Moment | None
    due_at: Moment | None
    #: Where the law says "as soon as possible": the company's own aim.
    target_at: Moment | None = None
    within: str | None
    assumed: bool
    because: tuple[str, ...]
    needs: tuple[str, ...] = ()
    verification: str
    candidate: bool
    content: tuple[str, ...] = ()
    language: str | None = None
    reasons_when_late: bool = False


class DutyMoved(Body):
    """The same duty, another clock or reason, because a fact changed."""

    key: str
    clock_from: str
    clock_start: Moment | None
    due_at: Moment | None
    target_at: Moment | None = None
    assumed: bool
    because: tuple[str, ...]


class DutyAmended(Body):
    """The same duty asks for something else, since newer laws were accepted; its clock is another matter."""

    key: str
    cite: str
    within: str | None = None
    verification: str
    candidate: bool
    content: tuple[str, ...] = ()
    reasons_when_late: bool = False


class NewerLawsSeen(Body):
    """Laws that are newer than those of this incident ask more of it, and the DPO was told. `packs` names them."""

    packs: str
    because: tuple[str, ...]


class LawsAccepted(Body):
    """A person accepted newer laws: by `packs` the incident is judged from here on, by `before` it was until then."""

    before: str
    packs: str
    because: Words | None = None


class DutyDoubted(Body):
    """The facts no longer support this duty. It stays until a person releases it, with a reason."""

    key: str
    because: tuple[str, ...]


class DutyReleased(Body):
    """A person decided that a duty is not owed."""

    key: str
    because: Words


class DutyConfirmed(Body):
    """Counsel found that a candidate is owed: it is a duty like any other from then on."""

    key: str
    because: Words


class NotNotified(Body):
    """A person decided that nobody is told: `of` a duty by its key, a rule as `regime/rule`, or the whole `breach`.

    `decided_by` took the decision, those in `advised_by` were heard; somebody looks again on the day of `look_again`.
    """

    of: str
    because: Words
    decided_by: str
    advised_by: tuple[str, ...] = ()
    look_again: Moment | None = None


class NotNotifiedTakenBack(Body):
    """A person took a decision not to notify back."""

    of: str
    because: Words


class Dissented(Body):
    """A decision, on the `risk` or not to notify, is not what somebody would have decided, and why."""

    of: str
    because: Words


class LookAgainAsked(Body):
    """The day had come to look again at a decision not to notify: those whose it is were told."""

    of: str


class DecisionsDoubted(Body):
    """The facts no longer carry decisions, on the `risk` or not to notify: those whose they are were told.

    `level` is how high the risk is by now; each decision stands until a person decides anew.
    """

    decisions: tuple[str, ...]
    level: str
    because: tuple[str, ...]


class DutyMet(Body):
    """Filed, or told: with the other side's reference and, where there is one, its receipt in the vault.

    Of a duty to tell people, how many the letters that meet it reached by which `ways`.
    """

    key: str
    ways: dict[str, int] = {}
    reference: Words | None = None
    receipt: str | None = None
    late_because: Words | None = None


class SupplementFiled(Body):
    """A follow-up to a report that was filed before: its number, counted from 1, and how the other side received it."""

    key: str
    number: int
    reference: Words
    receipt: str | None = None


class DeadlineWarned(Body):
    """The owner of a duty was told that this part of its time is gone."""

    duty: str
    percent: int


class PaperMade(Body):
    """A report to an authority, or another `paper` of its law, was set: `item` in the vault, what it leaves open."""

    duty: str
    item: str
    format: str
    content: str
    unknown: tuple[str, ...] = ()
    supplement: int = 0
    paper: str = "authority"


class SignatureAsked(Body):
    """Signatory and seal were asked for."""

    duty: str


# --- notices to people


class NoticeDrafted(Body):
    """A letter in all its variants. `digest` is what an approval binds: these bytes, these people, this sender."""

    notice: str
    edition: int
    digest: str
    inputs: str
    recipients: int
    recipients_digest: str
    variants: int
    #: So many different problems the linter finds in it: LINT in its preview.
    problems: int = 0
    sender: str
    #: The day that the letter bears, in the zone of the organisation.
    dated: str
    #: Sections that do not stand in it, because a law of its readers forbids what they say.
    left_out: tuple[str, ...] = ()
    #: Its readers, as `place/role/group`, and the texts that stand in theirs besides.
    added: dict[str, tuple[str, ...]] = {}


class NoticeApproved(Body):
    """A person approved exactly these bytes for exactly these people."""

    notice: str
    digest: str
    person: str


class ApprovedAhead(Body):
    """What leaves was approved before the incident, by these people on these days; `ahead` is what they approved."""

    notice: str
    digest: str
    ahead: str
    people: tuple[str, ...]
    on: tuple[str, ...]


class NoticeRejected(Body):
    """A person said no to this draft."""

    notice: str
    digest: str
    because: Words


class NoticeVoided(Body):
    """What was approved changed, so that its approvals are void."""

    notice: str
    digest: str
    because: tuple[str, ...]


class ApprovalAsked(Body):
    """Those who may approve were asked to read this draft."""

    notice: str
    digest: str
    roles: tuple[str, ...]


class NoticeReleased(Body):
    """A person let the approved letters leave the house."""

    notice: str
    digest: str


#: Why one person may release a letter that lacks approvals: she breaks the glass, and says why; she is a deputy, and
#: the last hours before its deadline have begun; somebody's life is in danger.
Alone = Literal["break-glass", "last-hours", "danger"]


class ReleasedAlone(Body):
    """One person lets a letter leave that lacks approvals: exactly these bytes. It awaits a countersignature.

    `given` had approved it, of `needed`. `due_at` is its first deadline; `facts` say that life is in danger.
    """

    notice: str
    digest: str
    person: str
    ground: Alone
    needed: int
    given: tuple[str, ...] = ()
    due_at: Moment | None = None
    facts: tuple[str, ...] = ()
    because: Words | None = None


class Countersigned(Body):
    """A person stands, afterwards, for what another released alone: that entry is `released`."""

    notice: str
    digest: str
    person: str
    released: int


class CountersignatureAsked(Body):
    """Nobody has countersigned a lone release yet, that of the entry `released`: asked for again, so many times."""

    notice: str
    released: int
    number: int


class LastHoursBegun(Body):
    """A letter lacks some of the approvals that it `needed`, and its first deadline is near: deputies were told so.

    From now on one of them may release it alone.
    """

    notice: str
    due_at: Moment
    needed: int


class WrongLetterFound(Body):
    """A person found false or misdirected what left under these digests: to `got` people when this was written.

    What has not left of it stays (`stops`). `correction` is the notice that is proposed to those who got it.
    """

    notice: str
    digests: tuple[str, ...]
    got: int
    stops: bool
    correction: str
    because: Words


class LedgerFilled(Body):
    """One ledger row stands for each recipient of the released notice."""

    notice: str
    digest: str
    rows: int
    excluded: dict[str, int] = {}


class SendingPaused(Body):
    """A person stopped the sending between two letters; or the engine, since too many were refused for our fault."""

    notice: str
    because: Words


class SendingResumed(Body):
    """A person let the sending go on. So many letters that were refused for our fault are sent `again`."""

    notice: str
    because: Words | None = None
    again: int = 0


class SendingStopped(Body):
    """A stop or the end of a sending: the ledger's counts and the Merkle root (RFC 9162) over its rows.

    `attempts` is a digest over every attempt on them up to this entry.
    """

    notice: str
    counts: dict[str, int]
    root: str
    attempts: str
    complete: bool
    #: How many readers, as `place/role/group`, are still to be told, or to be accounted for by a person.
    untold: dict[str, int] = {}
    #: How many people are told by which way (`domain/ways.py`).
    ways: dict[str, int] = {}
    resume_at: Moment | None = None
    why: str = ""
    #: The host of the relay that took them, and the country in which it stood, as it was declared.
    relay: str = ""
    relay_country: str = ""


class LettersReturned(Body):
    """What came back on letters since: `reports` counts it by what it says, `digest` (SHA-256) is over all of it.

    `counts`, `settled` and `untold` are those of the ledger with it, as at a stop. So many letters go `onward` to the
    next address of their readers.
    """

    notice: str
    reports: dict[str, int]
    digest: str
    counts: dict[str, int]
    settled: int
    untold: dict[str, int]
    onward: int = 0
    #: How many people are told by which way (`domain/ways.py`), as at a stop.
    ways: dict[str, int] = {}


class ReturnRead(Body):
    """A person read what came back, as `seen` (its keyed hash) names it, on the letter to `person`, a pseudonym.

    It `means` that the letter failed or was delivered, or nothing for it.
    """

    notice: str
    seen: str
    person: str
    means: Literal["failed", "delivered", "nothing"]
    because: Words


class ReturnSetAside(Body):
    """A person read what came back and names no letter of ours, as `seen` (its keyed hash) names it: it means nothing.

    It stands in each incident whose letters may be meant.
    """

    seen: str
    because: Words | None = None


class LetterExcluded(Body):
    """A person settled a letter that cannot arrive; `person` is the pseudonym in the ledger."""

    notice: str
    person: str
    because: Words
    #: Which readers that person is one of; empty where the letter had told that person.
    readers: str = ""
    #: Why no letter was to leave for that person before, such as a decision that was due; empty where one was.
    before: str = ""


class PeopleListed(Body):
    """A person took out a list of those whom a letter did not reach, for another `way`: how many of which readers.

    Nobody is told by that. `files` are what left, each by its SHA-256. So many who were left are on no list of this
    way, by `left_out` reason. A notice to the public stands on a `ground`.
    """

    notice: str
    way: str
    people: dict[str, int]
    files: dict[str, str]
    left_out: dict[str, int] = {}
    ground: str = ""
    because: Words


class ToldOtherwise(Body):
    """People whom a letter did not reach were told in another way, by post say: how many of which readers.

    Everybody of them, or who stood on the list of that `way`, or some who were named. So many had been `held` for a
    decision.
    """

    notice: str
    people: dict[str, int]
    held: int = 0
    way: str = "otherwise"
    because: Words


class PersonAsked(Body):
    """Somebody asked whether a person was affected, and was answered from this revision of the scope.

    `person` is a pseudonym; `letters` says of each notice how the letter to her stands.
    """

    person: str
    revision: int
    #: Whether the scope names her, and whether she is owed a letter.
    affected: bool
    owed: bool
    letters: dict[str, str] = {}
    because: Words | None = None


class PeopleSeen(Body):
    """People were shown to somebody by name or address: so many, or one mail, who looked under these roles of theirs.

    `what` says which: whom the letter of a notice did not surely reach, our customers who are controllers, or a mail
    that came back on a letter, with whatever its writer put into it.
    """

    what: Literal["unreached", "controllers", "returned"]
    people: int
    notice: str = ""
    roles: tuple[str, ...]


class PeopleExported(Body):
    """A person took the list of affected people out of the system: so many rows, and the file by its SHA-256."""

    rows: int
    because: Words
    sha256: str = ""


class ProofTaken(Body):
    """A person took out what proves the letters of one notice: so many of them, and these files by their SHA-256.

    `stop` is the entry whose root proves them.
    """

    notice: str
    stop: int
    letters: int
    files: dict[str, str]
    because: Words


# --- doors: what was done by a button or a link, and what was refused there

#: Where an offer is taken up: a button in Slack, a link in a mail, a page of the console.
Door = Literal["slack", "mail", "console"]
#: stale: it is about something that has changed since. replayed: it was used before. expired: its time is over.
#: unknown-person: nobody of the house. wrong-person: made for somebody else. not-allowed: not theirs to do, or not yet.
#: failed: it was let in, and we could not work it off.
Turned = Literal["stale", "replayed", "expired", "unknown-person", "wrong-person", "not-allowed", "failed"]


class TakenUp(Body):
    """A person did by one click what a message offered; the entries of the deed name this one as their cause.

    `stand` is what the offer was about, `proof` the click in the vault where the door keeps it: as it was `signed`, or
    as it came by a connection of ours, where nothing is signed.
    """

    door: Door
    deed: str
    subject: str = ""
    stand: str = ""
    proof: str | None = None
    signed: bool = True


class Refusal(Body):
    """A click was refused. `who` is a person's id, else a keyed digest of what the door calls them."""

    door: Door
    who: str
    deed: str
    subject: str = ""
    why: Turned


class HeadPublished(Body):
    """The chain's head left the house, so that a rebuilt chain shows. `messages` digests what was said up to it."""

    seq: int
    head: str
    messages: str
    milestone: str


# --- the room in Slack


class RoomOpened(Body):
    """The incident has a channel of its own in Slack: its id there, and its name."""

    channel: str
    name: str
