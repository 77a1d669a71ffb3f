"""Properties of fold and plan over histories that people could have made: random verbs on a real incident."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.exploring import times
from tests.story import Story
from tocsin import actions
from tocsin.actions.declaring import Declaration
from tocsin.domain.errors import Refused
from tocsin.domain.fold import as_of, evolve, fold
from tocsin.domain.incident import Incident
from tocsin.domain.owing import warnings
from tocsin.domain.plan import Plan, plan
from tocsin.engine import advance, peek, quick_only

PEOPLE = ("linh", "minh", "an", "bao", "chi", "dung", "giang")
STEPS = ("C1", "C2", "C3", "C5", "C6", "C7", "1.1", "1.2", "C12")
FACTS: tuple[dict[str, Any], ...] = (
    {"aware_at": "2026-11-23T19:31:00Z"},
    {"aware_at": "2026-11-23T18:00:00Z"},
    {"detected_at": "2026-11-23T17:00:00Z"},
    {"violation_found_at": "2026-11-23T19:00:00Z"},
    {"people_by_country": "{DE: 12, VN: 40}"},
    {"people_by_country": "{VN: 40}"},
    {"risk": "high"},
    {"risk": "unlikely"},
    {"groups": "customers"},
    {"groups": "employees"},
    {"contained_at": "2026-11-23T19:35:00Z"},
    {"contained_at": "unknown"},
    {"intent": "malicious"},
)
PERSON = st.sampled_from(PEOPLE)
VERB = st.one_of(
    st.tuples(st.just("wait"), st.sampled_from([1, 6, 16, 61, 60 * 11, 60 * 37, 60 * 80])),
    st.tuples(st.just("step back"), st.sampled_from([1, 90])),
    st.tuples(st.just("ack"), PERSON),
    st.tuples(st.just("take"), PERSON, st.sampled_from(["incident-commander", "dpo", "deputy", "counsel"])),
    st.tuples(st.just("learn"), PERSON, st.sampled_from(FACTS)),
    st.tuples(st.just("skip"), st.sampled_from(["linh", "an"]), st.sampled_from(STEPS)),
    st.tuples(st.just("undo"), PERSON, st.sampled_from(STEPS)),
    st.tuples(st.just("page"), PERSON, st.sampled_from(["hoa", "forensics", "bao"])),
    st.tuples(st.just("release duty"), st.sampled_from(["chi", "an"])),
    st.tuples(st.just("filed"), st.sampled_from(["chi", "an"])),
    st.tuples(st.just("severity"), st.sampled_from(["sev1", "sev3", "sev5"])),
)


@dataclass
class History:
    """One incident, and what it looked like at each moment at which somebody looked."""

    story: Story
    seen: dict[datetime, Incident] = field(default_factory=dict)

    def play(self, verb: str, *words: Any) -> None:
        """One verb; what the actions refuse does not happen."""
        now = self.story.clock
        if verb == "wait":
            now.moment += timedelta(minutes=words[0])
        elif verb == "step back":
            now.moment -= timedelta(minutes=words[0])
        else:
            try:
                self._act(verb, *words)
            except Refused:
                return

    def _act(self, verb: str, who: str, *words: Any) -> None:
        app, key, actor = self.story.app, self.story.key, self.story.actor
        open_duties = [k for k, duty in self.story.incident.duties.items() if duty.mark == "open"]
        if verb == "learn":
            actions.learn(app, actor(who), key, words[0], source="a story")
        elif verb in ("skip", "undo"):
            getattr(actions, verb)(app, actor(who), key, words[0], because="a story")
        elif verb == "severity":
            actions.set_(app, actor("an"), key, "severity", who, because="a story")
        elif verb == "release duty":
            actions.release_duty(app, actor(who), key, open_duties[0] if open_duties else "x", because="no")
        elif verb == "filed":
            owed = [k for k in open_duties if "individuals" not in k]
            actions.filed(app, actor(who), key, owed[0] if owed else "x", reference="1", because="late")
        else:
            getattr(actions, verb)(app, actor(who), key, *words)

    def check(self) -> None:
        """Everything that must hold once quick moves are made."""
        story, app = self.story, self.story.app
        before = peek(app, story.key)
        assert before.plan == plan(before.incident, app.catalog_of(before.incident), app.now())
        keys = [move.key for move in before.plan.moves]
        assert len(keys) == len(set(keys))
        assert not set(keys) & {entry.command_key for entry in story.entries}
        found = advance(app, story.key, wanted=quick_only)
        assert [move for move in found.plan.moves if not move.long] == []
        assert_every_running_clock_has_a_wake(found.incident, found.plan, app.now())
        self.seen[found.incident.recorded_at] = found.incident

    def check_the_whole(self) -> None:
        """What folding the stored entries says of the whole history."""
        entries = self.story.entries
        folded = fold(entries)
        assert folded == fold(entries) == self.story.incident
        grown = fold(entries[:1])
        for entry in entries[1:]:
            grown = evolve(grown, entry)
        assert grown == folded
        for moment, incident in self.seen.items():
            assert fold(as_of(entries, moment)) == incident
        written = [entry.command_key for entry in entries if entry.command_key]
        assert len(written) == len(set(written))


def assert_every_running_clock_has_a_wake(incident: Incident, found: Plan, now: datetime) -> None:
    for duty in incident.duties.values():
        if duty.mark == "open" and duty.soonest is not None and duty.soonest > now:
            coming = min(at for _, at in warnings(duty) if at > now)
            assert found.wake_at is not None
            assert now < found.wake_at <= coming <= duty.soonest


@settings(max_examples=times(20))
@given(st.lists(VERB, max_size=10))
def test_fold_and_plan_keep_their_promises_over_any_history(tale, verbs):
    tale.clock.moment = datetime.fromisoformat("2026-11-23T19:40:00+00:00")
    tale.key = actions.declare(
        tale.app, tale.actor("linh"), Declaration("A story", type="credential-leak")
    ).incident.key
    history = History(tale)
    history.check()
    for verb in verbs:
        history.play(*verb)
        history.check()
    history.check_the_whole()
