"""An incident that is set to another type: playbooks merge, and nothing that was done is lost."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.exploring import times
from tests.story import Story
from tocsin import actions
from tocsin.actions.declaring import Declaration
from tocsin.domain.checklist import PHASES
from tocsin.domain.errors import Refused
from tocsin.domain.incident import Incident
from tocsin.domain.plan import plan
from tocsin.views.happened import happened
from tocsin.views.steps import StepView, merged, steps

TYPES = ("unclassified", "credential-leak", "ransomware", "cloud-key", "lost-device")
#: Steps of the spine, and of several types; most wait for nothing.
STEPS = (
    "C2",
    "C3",
    "C8",
    "P3",
    "0.1",
    "1.2",
    "1.3",
    "1.4",
    "3.1",
    "3.4",
    "10.1",
    "10.2",
    "10.3",
    "6.1",
    "6.2",
)
VERB = st.one_of(
    st.tuples(st.just("type"), st.sampled_from(TYPES)),
    st.tuples(st.just("type"), st.sampled_from(TYPES)),
    st.tuples(st.sampled_from(["done", "done", "skip", "undo"]), st.sampled_from(STEPS)),
)


@dataclass
class Ticks:
    """What people did, kept apart from what the incident says of it."""

    story: Story
    file: Path
    marks: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)

    def play(self, verb: str, what: str) -> None:
        """One verb; what the actions refuse does not happen."""
        app, linh, key = self.story.app, self.story.actor("linh"), self.story.key
        try:
            if verb == "type":
                actions.set_(app, linh, key, "type", what, because="a story")
            elif verb == "done":
                done = actions.done(app, linh, key, what, evidence=[self.file])
                self.marks[what] = ("done", done.incident.steps[what].evidence)
            elif verb == "skip":
                actions.skip(app, linh, key, what, because="a story")
                self.marks[what] = ("skipped", ())
            else:
                actions.undo(app, linh, key, what, because="a story")
                del self.marks[what]
        except Refused:
            return

    def check(self) -> None:
        """Every mark stands; every step that was ever asked is in sight once, and says why it is no longer asked."""
        incident = self.story.incident
        found = steps(self.story.app, incident)
        shown = {step.id: step for step in found}
        assert len(shown) == len(found)
        assert {id_: (step.state, step.evidence) for id_, step in shown.items() if step.at} == self.marks
        now = {step.id for step in self.story.app.catalog.type(incident.type).steps}
        self.asked |= now
        assert set(shown) == self.asked
        left = {id_ for id_, step in shown.items() if step.state == "no-longer-asked"}
        assert left == self.asked - now - set(self.marks)
        assert not any(step.pending for step in found if step.id not in now)
        plan(incident, self.story.app.catalog_of(incident), self.story.app.now())


@settings(max_examples=times(25))
@given(st.lists(VERB, min_size=2, max_size=12))
def test_whatever_the_order_of_types_and_ticks_nothing_is_lost(tale, verbs):
    linh = tale.actor("linh")
    tale.key = actions.declare(tale.app, linh, Declaration("A story", drill=True)).incident.key
    actions.ack(tale.app, linh, tale.key)
    proof = tale.folder / "proof.txt"
    proof.write_text("proof", encoding="utf-8")
    ticks = Ticks(tale, proof)
    ticks.check()
    for verb in verbs:
        ticks.play(*verb)
        ticks.check()


def of_id(story: Story, wanted: str) -> StepView:
    return next(step for step in steps(story.app, story.incident) if step.id == wanted)


def leak_becomes_ransomware(story: Story) -> Incident:
    story.declare().as_("linh").ack()
    proof = story.folder / "scopes.txt"
    proof.write_text("repo, deploy", encoding="utf-8")
    story.as_("linh").done("1.2", evidence=[proof])
    story.as_("linh").done("C2")
    before = story.incident
    story.as_("linh").set_("type", "ransomware", because="the files are locked as well")
    return before


def test_the_two_playbooks_are_told_apart(tale):
    before = leak_becomes_ransomware(tale)
    found = merged(tale.app, before, tale.incident)
    assert found.kept == ("C2", "1.2")
    assert {"3.1", "3.5", "3.13"} <= set(found.new)
    assert not {"C2", "C7", "1.3"} & set(found.new)
    assert {"1.3", "1.9"} <= set(found.left)
    assert not {"1.2", "C7"} & set(found.left)


def test_what_is_no_longer_asked_can_still_be_done_and_undone(tale):
    leak_becomes_ransomware(tale)
    assert (of_id(tale, "1.6").state, of_id(tale, "1.6").type) == ("no-longer-asked", "credential-leak")
    # Under its own type it would wait for 1.3.
    tale.as_("giang").done("1.6")
    assert (of_id(tale, "1.6").state, of_id(tale, "1.6").by) == ("done", "giang")
    tale.as_("linh").undo("1.2", because="the wrong token")
    assert of_id(tale, "1.2").state == "no-longer-asked"
    assert tale.incident.evidence == ("E1",)


def test_the_way_back_finds_everything_as_it_was(tale):
    leak_becomes_ransomware(tale)
    tale.as_("linh").done("3.1")
    tale.as_("linh").set_("type", "credential-leak", because="only test machines were locked")
    assert tale.incident.former_types == ("ransomware",)
    assert of_id(tale, "1.2").evidence == ("E1",)
    assert of_id(tale, "1.3").state == "open"
    assert of_id(tale, "3.1").state == "done"
    assert of_id(tale, "3.4").state == "no-longer-asked"


def test_a_step_of_an_earlier_type_keeps_its_phase_in_what_is_shown(tale):
    leak_becomes_ransomware(tale)
    tale.as_("giang").done("1.6")
    _, lines = happened(tale.app, tale.key, after=0)
    (phase,) = [line.phase for line in lines if line.words.startswith("Step done: 1.6")]
    assert phase == "scope"
    assert phase in PHASES


@pytest.mark.parametrize(
    ("said", "way"),
    [("1", "did you mean sev1?"), ("P2", "did you mean sev2?"), ("high", "known: sev1, sev2")],
)
def test_a_severity_by_another_name_is_asked_back(tale, said, way):
    tale.declare()
    with pytest.raises(Refused) as refusal:
        tale.as_("linh").set_("severity", said, because="they say so")
    assert way in str(refusal.value)
