"""Timeline entries in words: one line for each kind. Free text is put in by the caller, since it may be erased.

Long, since every kind has its line here.
"""

from collections.abc import Callable, Mapping
from typing import Any

from tocsin.domain import kinds as k
from tocsin.domain.moments import iso
from tocsin.storage.texts import shown
from tocsin.views.ways import way_words, ways_words

Texts = Mapping[str, str]
Say = Callable[[Any, Texts], str]


def in_words(body: k.Body, texts: Texts) -> str:
    """What an entry says, in one line."""
    return _SAY[type(body)](body, texts)


def commitments(value: Any) -> set[str]:
    """Every commitment to a text in a stored body."""
    if isinstance(value, str):
        return {value} if value.startswith("words:") else set()
    inside = (
        value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    )
    return {words for item in inside for words in commitments(item)}


def value_in_words(value: Any, texts: Texts) -> str:
    """A fact's value as people read it."""
    value = shown(value, texts)
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {value_in_words(item, {})}" for name, item in value.items())
    if isinstance(value, list | tuple):
        if any(isinstance(item, Mapping) for item in value):
            return f"{len(value)} entries"
        return ", ".join(str(item) for item in value) or "none"
    return str(value)


def _said(words: str | None, texts: Texts, lead: str = ": ") -> str:
    return "" if words is None else f"{lead}{shown(words, texts)}"


def _declared(body: k.Declared, texts: Texts) -> str:
    restricted = ", restricted" if body.restricted else ""
    return f"{body.severity} {body.type}{restricted}{_said(body.title, texts)}"


def _noted(body: k.Noted, texts: Texts) -> str:
    said = _said(body.text, texts, "")
    return f"{body.said_by}: {said} ({_said(body.link, texts, '')})" if body.said_by else said


def _opened_triage(body: k.TriageOpened, texts: Texts) -> str:
    urgent = "urgent, " if body.urgent else ""
    return f"{urgent}from a {body.source}{_said(body.title, texts)}"


def _message(body: k.MessageReceived, texts: Texts) -> str:
    marks = {
        "urgent": body.urgent,
        "automatic": body.automatic,
        "too large, its head alone": not body.whole,
        f"called nobody ({(body.held_back or '').replace('-', ' ')})": body.held_back is not None,
    }
    return ", ".join([body.item, *(mark for mark, is_so in marks.items() if is_so)])


def _scope(body: k.ScopeMeasured, texts: Texts) -> str:
    gaps = f", {len(body.gaps)} gaps" if body.gaps else ""
    gone = f", {body.unsupported} no longer supported" if body.unsupported else ""
    found = f"revision {body.revision}: {body.total} people in {len(body.by_place)} places{gaps}"
    return f"{found}; {body.added} new{gone}"


def _repeated_scope(body: k.ScopeRepeated, texts: Texts) -> str:
    found = "the same people, byte for byte" if body.same else f"{body.differs} people stand otherwise"
    live = f"; reads otherwise by now: {', '.join(body.otherwise)}" if body.otherwise else ""
    why = {None: "", True: ", for the same reasons", False: ", for other reasons"}[body.same_why]
    return f"revision {body.revision}: {found}{why}{live}"


def _released_people(body: k.PeopleReleased, texts: Texts) -> str:
    people = sum(body.people.values()) + sum(body.undone.values())
    told = f", {sum(body.told.values())} of them told already" if body.told else ""
    return f"{people} people whom revision {body.revision} does not support{told}{_said(body.because, texts)}"


def _upheld_people(body: k.PeopleUpheld, texts: Texts) -> str:
    people = sum(body.people.values())
    return (
        f"{people} people whom revision {body.revision} does not support are told{_said(body.because, texts)}"
    )


def _paged(body: k.Paged, texts: Texts) -> str:
    asked = f", asked by {body.asked_by}" if body.asked_by else ""
    again = f", round {body.round + 1}" if body.round else ""
    return f"{body.person} as {body.role} by {' and '.join(body.routes)}{again}{asked}{_said(body.because, texts)}"


def _opened(body: k.DutyOpened, texts: Texts) -> str:
    return f"{body.key} ({body.cite}) {_clock(body)}"


def _clock(body: k.DutyOpened | k.DutyMoved) -> str:
    due = body.due_at or body.target_at
    when = f"due {iso(due.replace(microsecond=0))}" if due else "without a date"
    return f"{when}, counted from {body.clock_from}" + (", ASSUMED" if body.assumed else "")


def _accepted(body: k.LawsAccepted, texts: Texts) -> str:
    return f"packs {body.packs[:12]} instead of {body.before[:12]}{_said(body.because, texts)}"


def _drafted(body: k.NoticeDrafted, texts: Texts) -> str:
    people = f"{body.variants} variants to {body.recipients} people"
    found = f", {body.problems} problems found by the linter" if body.problems else ""
    return f"{body.notice} edition {body.edition}: {people}, digest {body.digest[:12]}{found}"


def _stopped(body: k.SendingStopped, texts: Texts) -> str:
    counts = ", ".join(f"{count} {state}" for state, count in body.counts.items() if count)
    end = "complete" if body.complete else body.why or "more to come"
    return f"{body.notice} {end}: {counts}; root {body.root[:12]}"


def _returned(body: k.LettersReturned, texts: Texts) -> str:
    reports = ", ".join(f"{count} {action}" for action, count in body.reports.items())
    counts = ", ".join(f"{count} {state}" for state, count in body.counts.items() if count)
    return f"{body.notice} {reports}: now {counts}"


def _resumed(body: k.SendingResumed, texts: Texts) -> str:
    again = f", {body.again} letters refused for our fault are sent again" if body.again else ""
    return f"{body.notice}{again}{_said(body.because, texts)}"


def _alone(body: k.ReleasedAlone, texts: Texts) -> str:
    """In capitals: nobody may read over it."""
    ground = {"break-glass": "BREAK-GLASS", "last-hours": "IN ITS LAST HOURS", "danger": "DANGER TO LIFE"}
    lacked = f"with {len(body.given)} of {body.needed} approvals ({', '.join(body.given) or 'nobody'})"
    facts = f", {', '.join(body.facts)}" if body.facts else ""
    due = f", first due {iso(body.due_at.replace(microsecond=0))}" if body.due_at else ""
    return (
        f"{ground[body.ground]}: {body.notice} by {body.person} ALONE {lacked}{facts}{due}, "
        f"digest {body.digest[:12]}, awaits countersignature{_said(body.because, texts)}"
    )


def _found_wrong(body: k.WrongLetterFound, texts: Texts) -> str:
    stops = ", the rest stays" if body.stops else ""
    digests = ", ".join(digest[:12] for digest in body.digests)
    found = f"{body.notice}, digest {digests}{stops}: {body.got} people have it"
    return f"{found}; proposed to them: {body.correction}{_said(body.because, texts)}"


def _filled(body: k.LedgerFilled, texts: Texts) -> str:
    left_out = "".join(f", {count} without: {why}" for why, count in body.excluded.items())
    return f"{body.notice}: {body.rows} letters{left_out}"


def _told_otherwise(body: k.ToldOtherwise, texts: Texts) -> str:
    held = f", {body.held} of them after they were held for a decision" if body.held else ""
    how = "" if body.way == "otherwise" else f", {way_words(body.way)}"
    people = sum(body.people.values())
    return f"{body.notice}: {people} people told otherwise{how}{held}{_said(body.because, texts)}"


def _listed(body: k.PeopleListed, texts: Texts) -> str:
    left_out = "".join(f", {count} left out: {why}" for why, count in body.left_out.items())
    ground = f", {body.ground} to reach each" if body.ground else ""
    people = sum(body.people.values())
    return f"{body.notice}: {people} people on the list for {body.way}{left_out}{ground}{_said(body.because, texts)}"


def _met(body: k.DutyMet, texts: Texts) -> str:
    receipt = f", receipt {body.receipt}" if body.receipt else ""
    told = f": {ways_words(body.ways)}" if body.ways else ""
    reference, late = (
        _said(body.reference, texts, ", reference "),
        _said(body.late_because, texts, "; late: "),
    )
    return f"{body.key}{told}{reference}{receipt}{late}"


def _not_notified(body: k.NotNotified, texts: Texts) -> str:
    advised = f", advised by {', '.join(body.advised_by)}" if body.advised_by else ""
    again = f"; look again {iso(body.look_again)}" if body.look_again else ""
    return f"{body.of}: decided by {body.decided_by}{advised}{_said(body.because, texts)}{again}"


def _supplement(body: k.SupplementFiled, texts: Texts) -> str:
    receipt = f", receipt {body.receipt}" if body.receipt else ""
    return f"{body.key}: supplement {body.number}{_said(body.reference, texts, ', reference ')}{receipt}"


def _done(body: k.StepDone, texts: Texts) -> str:
    evidence = f" with {', '.join(body.evidence)}" if body.evidence else ""
    return f"{body.step}{evidence}{_said(body.note, texts)}"


def ending(body: k.CommandEnded) -> str:
    """How a command ended: `revoke-token ended with 3 after 2.1 s, E4 holds what it printed`."""
    after = "" if body.outcome == "not-started" else f" after {body.milliseconds / 1000:.1f} s"
    printed = "the beginning of what" if body.cut else "what"
    kept = f", {body.output} holds {printed} it printed" if body.output else ""
    return f"{body.command} {_outcome(body)}{after}{kept}"


def _outcome(body: k.CommandEnded) -> str:
    code = body.exit_code or 0
    return {
        "succeeded": "ended well",
        "failed": f"ended with {code}" if code >= 0 else f"was ended by signal {-code}",
        "timed-out": "was killed at its time limit",
        "interrupted": "was interrupted",
        "not-started": "could not be started",
    }[body.outcome]


def _taken(body: k.RoleTaken, texts: Texts) -> str:
    return f"{body.person} is {body.role}" + (f", handed over by {body.handed_by}" if body.handed_by else "")


def _updated(body: k.StatusUpdated, texts: Texts) -> str:
    said = (shown(words, texts) for words in (body.conditions, body.actions, body.needs))
    to = f" (to {', '.join(body.to)})" if body.to else " (to nobody)"
    return " / ".join(map(str, said)) + to


def _paper(body: k.PaperMade, texts: Texts) -> str:
    unknown = f", {len(body.unknown)} answers open" if body.unknown else ""
    supplement = f", supplement {body.supplement}" if body.supplement else ""
    paper = f", {body.paper}" if body.paper != "authority" else ""
    return f"{body.duty}{paper}: {body.item}, {body.format}{supplement}{unknown}"


_SEEN = {
    "unreached": "{people} unreached{of} by name",
    "controllers": "{people} controllers{of} by name",
    "returned": "{people} mail that came back{on}",
}
_DOORS = {"slack": "Slack", "mail": "a mail", "console": "the console"}
_TURNED = {
    "stale": "what it was about has changed",
    "replayed": "it was used before",
    "expired": "its time was over",
    "unknown-person": "nobody in contacts/people.yaml",
    "wrong-person": "made for somebody else",
    "not-allowed": "not theirs to do, or not yet",
    "failed": "we could not work it off to its end",
}


def _offered(body: k.TakenUp | k.Refusal) -> str:
    return " ".join(part for part in (body.deed, body.subject) if part)


def _proven(body: k.TakenUp) -> str:
    if not body.proof:
        return ""
    return f", {body.proof} holds the {'signed click' if body.signed else 'click as it came by Socket Mode'}"


def _because(subject: str) -> Say:
    return lambda body, texts: f"{getattr(body, subject)}{_said(body.because, texts)}"


def _reasons(subject: str) -> Say:
    return lambda body, texts: f"{getattr(body, subject)}: {'; '.join(body.because)}"


def _only(subject: str) -> Say:
    return lambda body, texts: str(getattr(body, subject))


def _why(body: Any, texts: Texts) -> str:
    return _said(body.because, texts, "") or "-"


_SAY: dict[type[k.Body], Say] = {
    k.Declared: _declared,
    k.Noted: _noted,
    k.TriageOpened: _opened_triage,
    k.Confirmed: lambda body, texts: f"{body.severity} {body.type}{_said(body.title, texts)}",
    k.MessageReceived: _message,
    k.Reclassified: lambda body, texts: (
        f"{body.field} is {shown(body.value, texts)}{_said(body.because, texts)}"
    ),
    k.StatusEntered: _only("status"),
    k.Closed: _why,
    k.Declined: _why,
    k.Reopened: _why,
    k.Erased: _why,
    k.Redacted: lambda body, texts: f"{body.words[:18]}{_said(body.because, texts)}",
    k.FactLearned: lambda body, texts: (
        f"{body.name} = {value_in_words(body.value, texts)} ({shown(body.source, texts)})"
    ),
    k.ScopeMeasured: _scope,
    k.ScopeRepeated: _repeated_scope,
    k.ScopeSigned: lambda body, texts: (
        f"revision {body.revision}, set {body.set_digest[:12]}{_said(body.because, texts)}"
    ),
    k.UnsupportedAsked: lambda body, texts: (
        f"{body.people} people whom revision {body.revision} does not support"
    ),
    k.PeopleReleased: _released_people,
    k.PeopleUpheld: _upheld_people,
    k.Paged: _paged,
    k.PageOutcome: lambda body, texts: f"{body.person} by {body.route}: {body.outcome.replace('_', ' ')}",
    k.Acknowledged: lambda body, texts: f"{body.person} as {body.role}",
    k.RoleTaken: _taken,
    k.ClockSetBack: lambda body, texts: f"by {body.seconds} s; what would wait for it counts from now",
    k.RoleGivenBack: lambda body, texts: f"{body.role} by {body.person}{_said(body.because, texts)}",
    k.RouteSilenced: lambda body, texts: f"{body.route}{_said(body.because, texts)}",
    k.RouteTrusted: lambda body, texts: f"{body.route}{_said(body.because, texts)}",
    k.UpdateAsked: lambda body, texts: f"{body.missed} missed" if body.missed else "due",
    k.StatusUpdated: _updated,
    k.UpdateSkipped: _why,
    k.HandOverAsked: lambda body, texts: f"{body.to} to take {body.role} from {body.holder}",
    k.StepDone: _done,
    k.StepSkipped: _because("step"),
    k.StepUndone: _because("step"),
    k.StepReminded: _only("step"),
    k.CommandStarted: lambda body, texts: f"{body.step}: {body.command}{_said(body.argv, texts)}",
    k.CommandEnded: lambda body, texts: f"{body.step}: {ending(body)}",
    k.EvidenceKept: lambda body, texts: f"{body.item}, {body.size} bytes{_said(body.name, texts)}",
    k.EvidenceCopied: _only("item"),
    k.DutyOpened: _opened,
    k.DutyMoved: lambda body, texts: f"{body.key} {_clock(body)}",
    k.DutyAmended: lambda body, texts: (
        f"{body.key} ({body.cite}) asks: {', '.join(body.content) or 'no set content'}"
    ),
    k.NewerLawsSeen: lambda body, texts: f"packs {body.packs[:12]}: {'; '.join(body.because)}",
    k.LawsAccepted: _accepted,
    k.DutyDoubted: _reasons("key"),
    k.DutyReleased: _because("key"),
    k.DutyConfirmed: _because("key"),
    k.NotNotified: _not_notified,
    k.NotNotifiedTakenBack: _because("of"),
    k.Dissented: _because("of"),
    k.LookAgainAsked: _only("of"),
    k.DecisionsDoubted: lambda body, texts: (
        f"{', '.join(body.decisions)}: the risk is {body.level} by now: {'; '.join(body.because)}"
    ),
    k.DutyMet: _met,
    k.SupplementFiled: _supplement,
    k.DeadlineWarned: lambda body, texts: f"{body.duty}: {body.percent} % of the time is gone",
    k.PaperMade: _paper,
    k.SignatureAsked: _only("duty"),
    k.NoticeDrafted: _drafted,
    k.NoticeApproved: lambda body, texts: f"{body.notice} by {body.person}, digest {body.digest[:12]}",
    k.ApprovedAhead: lambda body, texts: (
        f"{body.notice}, digest {body.digest[:12]}, as approved ahead ({body.ahead[:12]}) by "
        + ", ".join(f"{who} on {day}" for who, day in zip(body.people, body.on, strict=True))
    ),
    k.NoticeRejected: _because("notice"),
    k.NoticeVoided: _reasons("notice"),
    k.ApprovalAsked: lambda body, texts: f"{body.notice} of {', '.join(body.roles)}",
    k.ReleasedAlone: _alone,
    k.WrongLetterFound: _found_wrong,
    k.Countersigned: lambda body, texts: (
        f"{body.notice} by {body.person}, digest {body.digest[:12]}, released alone in entry {body.released}"
    ),
    k.LastHoursBegun: lambda body, texts: (
        f"{body.notice} lacks some of {body.needed} approvals, first due {iso(body.due_at.replace(microsecond=0))}: "
        "a deputy may release it alone"
    ),
    k.CountersignatureAsked: lambda body, texts: (
        f"{body.notice}, released alone in entry {body.released}, for the {body.number}. time"
    ),
    k.NoticeReleased: lambda body, texts: f"{body.notice}, digest {body.digest[:12]}",
    k.LedgerFilled: _filled,
    k.SendingPaused: _because("notice"),
    k.SendingResumed: _resumed,
    k.SendingStopped: _stopped,
    k.LettersReturned: _returned,
    k.ReturnRead: lambda body, texts: (
        f"{body.notice}, {body.person[:12]}: means {body.means}{_said(body.because, texts)}"
    ),
    k.ReturnSetAside: lambda body, texts: (
        f"{body.seen[:12]}: names no letter, means nothing{_said(body.because, texts) if body.because else ''}"
    ),
    k.LetterExcluded: lambda body, texts: f"{body.notice}, {body.person[:12]}{_said(body.because, texts)}",
    k.PeopleListed: _listed,
    k.ToldOtherwise: _told_otherwise,
    k.ProofTaken: lambda body, texts: (
        f"{body.notice}: {body.letters} letters, {len(body.files)} files{_said(body.because, texts)}"
    ),
    k.PersonAsked: lambda body, texts: (
        f"{body.person[:12]}: {'affected' if body.affected else 'not among the affected'}, "
        f"revision {body.revision}{_said(body.because, texts) if body.because else ''}"
    ),
    k.PeopleSeen: lambda body, texts: (
        _SEEN[body.what].format(
            people=body.people,
            of=f" of {body.notice}" if body.notice else "",
            on=f" on {body.notice}" if body.notice else "",
        )
        + f", as {', '.join(body.roles) or 'no role'}"
    ),
    k.PeopleExported: lambda body, texts: (
        f"{body.rows} people{f', sha256 {body.sha256[:16]}' if body.sha256 else ''}{_said(body.because, texts)}"
    ),
    k.TakenUp: lambda body, texts: f"{_offered(body)} in {_DOORS[body.door]}{_proven(body)}",
    k.Refusal: lambda body, texts: (
        f"{_offered(body)} in {_DOORS[body.door]}, {body.who}: {_TURNED[body.why]}"
    ),
    k.RoomOpened: lambda body, texts: f"#{body.name} in Slack ({body.channel})",
    k.HeadPublished: lambda body, texts: f"entry {body.seq} at {body.milestone}: {body.head[:12]}",
}
