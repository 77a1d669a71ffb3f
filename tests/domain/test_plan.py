"""plan: what is due, when to look again, and what an incident waits for. On the shipped catalog."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.domain.bodies import DUTY, START, WORDS, declared, incident, learned, opened, stopped, timeline
from tocsin.domain import kinds as k
from tocsin.domain import moves as m
from tocsin.domain.fold import fold
from tocsin.domain.owing import SIGNATURE_LEAD, WARNINGS, warnings
from tocsin.domain.plan import plan

AUTHORITY = "eu-gdpr/authority/de/controller"
CELLS = [{"role": "controller", "place": "DE", "count": 12, "risk": "risk", "group": ["customers"]}]
ANSWERED = (k.RoleTaken(role="incident-commander", person="linh"), k.RoleTaken(role="dpo", person="an"))


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def moves_of(found, kind: type[m.Move]) -> list:
    return [move for move in found.moves if isinstance(move, kind)]


def authority(**change) -> k.DutyOpened:
    return opened(
        key=AUTHORITY,
        regime="eu-gdpr",
        rule="authority",
        recipient="authority",
        authority="de",
        place="DE",
        **change,
    )


def test_a_declaration_calls_people_and_opens_the_promise_with_an_assumed_clock(catalog):
    found = plan(incident(), catalog, START)
    assert [(move.role, move.person) for move in moves_of(found, m.CallPerson)] == [
        ("incident-commander", "linh"),
        ("dpo", "an"),
    ]
    (duty,) = (move.duty for move in moves_of(found, m.OpenDuty))
    assert (duty.key, duty.assumed, duty.due_at) == (DUTY, True, START + hours(72))
    assert found.waiting_for == "incident-commander and dpo to answer"


def test_the_next_look_is_when_the_ladder_climbs(catalog):
    assert plan(incident(), catalog, START).wake_at == START + timedelta(minutes=5)


@pytest.mark.parametrize("percent", WARNINGS)
def test_each_part_of_the_time_is_warned_of_at_its_own_moment_and_once(catalog, percent):
    state = incident(*ANSWERED, opened())
    at = START + hours(72) * percent / 100
    assert [move.percent for move in moves_of(plan(state, catalog, at), m.WarnOfDeadline)] == [percent]
    warned = incident(*ANSWERED, opened(), k.DeadlineWarned(duty=DUTY, percent=percent))
    assert moves_of(plan(warned, catalog, at), m.WarnOfDeadline) == []


def test_after_a_dead_weekend_one_warning_says_how_late_it_is_not_four(catalog):
    (late,) = moves_of(plan(incident(*ANSWERED, opened()), catalog, START + hours(100)), m.WarnOfDeadline)
    assert late.percent == 100


def test_a_duty_that_is_met_warns_of_nothing(catalog):
    state = incident(*ANSWERED, opened(), k.DutyMet(key=DUTY))
    assert moves_of(plan(state, catalog, START + hours(80)), m.WarnOfDeadline) == []


def test_a_corrected_fact_moves_the_clock(catalog):
    state = incident(*ANSWERED, opened(), learned("aware_at", "2026-11-23T19:31:00+00:00"))
    (move,) = moves_of(plan(state, catalog, START), m.MoveDuty)
    assert move.duty.due_at == START - timedelta(minutes=9) + hours(72)
    assert move.cause == 5


def test_facts_that_no_longer_support_a_duty_ask_a_person_and_never_end_it(catalog):
    state = incident(*ANSWERED, opened(), learned("groups", ["employees"]))
    (doubt,) = moves_of(plan(state, catalog, START), m.DoubtDuty)
    assert doubt.duty == DUTY
    doubted = incident(
        *ANSWERED, opened(), learned("groups", ["employees"]), k.DutyDoubted(key=DUTY, because=doubt.because)
    )
    assert doubted.duties[DUTY].mark == "open"
    assert moves_of(plan(doubted, catalog, START), m.DoubtDuty) == []


def test_a_duty_let_go_because_the_facts_denied_it_comes_back_with_them(catalog):
    gone = (
        opened(),
        learned("groups", ["employees"]),
        k.DutyDoubted(key=DUTY, because=("no customers",)),
        k.DutyReleased(key=DUTY, because=WORDS),
    )
    assert moves_of(plan(incident(*ANSWERED, *gone), catalog, START), m.MoveDuty) == []
    back = incident(*ANSWERED, *gone, learned("groups", ["customers"]))
    assert [move.duty.key for move in moves_of(plan(back, catalog, START), m.MoveDuty)] == [DUTY]


def test_a_duty_that_a_person_released_against_the_facts_stays_released(catalog):
    state = incident(*ANSWERED, opened(), k.DutyReleased(key=DUTY, because=WORDS), learned("risk", "high"))
    assert [move for move in plan(state, catalog, START).moves if "duty" in move.kind] == []


def test_an_organisation_that_changes_twice_under_the_same_facts_moves_a_clock_twice(catalog):
    state = incident(*ANSWERED, opened(), learned("aware_at", "2026-11-23T19:31:00+00:00"))
    (first,) = moves_of(plan(state, catalog, START), m.MoveDuty)
    values = {name: getattr(first.duty, name) for name in k.DutyMoved.model_fields}
    moved = incident(
        *ANSWERED, opened(), learned("aware_at", "2026-11-23T19:31:00+00:00"),
        k.DutyMoved(**values | {"due_at": START}),
    )  # fmt: skip
    (second,) = moves_of(plan(moved, catalog, START), m.MoveDuty)
    assert second.key != first.key


def test_report_and_signature_are_asked_for_a_day_before(catalog):
    state = incident(*ANSWERED, authority())
    due = START + hours(72)
    before, then = (plan(state, catalog, due - SIGNATURE_LEAD + shift) for shift in (-hours(0.1), hours(0)))
    for kind in (m.AskSignature, m.PreparePaper):
        assert (moves_of(before, kind), len(moves_of(then, kind))) == ([], 1)
    assert before.wake_at is not None
    assert before.wake_at <= due - SIGNATURE_LEAD


def test_a_regime_without_a_form_of_ours_asks_for_no_paper(catalog):
    bare = replace(
        catalog, files={name: b for name, b in catalog.files.items() if "authority.yaml" not in name}
    )
    found = plan(incident(*ANSWERED, authority()), bare, START + hours(60))
    assert moves_of(found, m.PreparePaper) == []
    assert len(moves_of(found, m.AskSignature)) == 1


def test_a_step_that_is_overdue_is_reminded_of_once_and_again_after_it_was_opened_anew(catalog):
    steps = {step.id: step.phase for step in catalog.type(incident().type).steps}

    def reminds(*bodies: k.Body) -> list[str]:
        found = plan(incident(*ANSWERED, *bodies), catalog, START + hours(3))
        reminders = moves_of(found, m.RemindOfStep)
        assert [move.phase for move in reminders] == [steps[move.step] for move in reminders]
        return [move.step for move in reminders]

    assert "C2" in reminds()
    assert "C2" not in reminds(k.StepDone(step="C2"))
    assert "C2" not in reminds(k.StepReminded(step="C2"))
    assert "C2" in reminds(
        k.StepReminded(step="C2"), k.StepDone(step="C2"), k.StepUndone(step="C2", because=WORDS)
    )


def test_a_step_that_perhaps_applies_is_reminded_of_until_somebody_says_that_it_does_not(catalog):
    def reminds(*bodies: k.Body) -> list[str]:
        found = plan(incident(declared(type="lost-device"), *ANSWERED, *bodies), catalog, START + hours(3))
        return [move.step for move in moves_of(found, m.RemindOfStep)]

    assert "6.2" in reminds()
    assert "6.2" in reminds(learned("nature", ["device-lost"]))
    assert "6.2" not in reminds(learned("nature", ["paper-lost"]))


def test_containment_begins_when_somebody_takes_command_and_ends_with_its_gates(catalog):
    assert moves_of(plan(incident(), catalog, START), m.EnterStatus) == []
    (enter,) = moves_of(plan(incident(*ANSWERED), catalog, START), m.EnterStatus)
    assert enter.status == "containment"
    inside = incident(*ANSWERED, k.StatusEntered(status="containment"))
    assert moves_of(plan(inside, catalog, START), m.EnterStatus) == []
    assert plan(inside, catalog, START).waiting_for


def test_the_head_leaves_the_house_at_each_milestone_also_at_the_last(catalog):
    closed = incident(*ANSWERED, k.Closed())
    found = plan(closed, catalog, START)
    assert [move.milestone for move in moves_of(found, m.PublishHead)] == ["closed"]
    assert found.wake_at is None
    said = incident(
        *ANSWERED, k.Closed(), k.HeadPublished(seq=4, head="0" * 64, messages="m", milestone="closed")
    )
    assert plan(said, catalog, START).moves == ()


def test_a_closed_file_has_no_clocks(catalog):
    found = plan(incident(opened(), k.Closed()), catalog, START + hours(90))
    assert {move.kind for move in found.moves} <= {"publish"}
    assert found.wake_at is None


def test_reports_are_owed_for_each_eea_country_with_people_in_it(catalog):
    places = [{**CELLS[0], "place": place} for place in ("DE", "FR", "VN")]
    found = plan(incident(*ANSWERED, learned("cells", places)), catalog, START)
    owed = {move.duty.key for move in moves_of(found, m.OpenDuty)}
    assert {"eu-gdpr/authority/de/controller", "eu-gdpr/authority/fr/controller"} <= owed
    assert "eu-gdpr/authority/vn/controller" not in owed


def test_a_sending_that_rests_wakes_when_it_may_go_on(catalog):
    rest = START + hours(2)
    bodies = (*ANSWERED, k.StatusEntered(status="containment"))
    state = incident(*bodies)
    from tests.domain.bodies import drafted

    resting = fold(timeline(*bodies, drafted(), k.LedgerFilled(notice="customers", digest="d", rows=3),
                            stopped(complete=False, resume_at=rest, why="the relay is down")))  # fmt: skip
    assert moves_of(plan(resting, catalog, START), m.SendLetters) == []
    assert plan(resting, catalog, START).wake_at is not None
    assert plan(resting, catalog, START).wake_at <= rest
    assert moves_of(plan(state, catalog, START), m.SendLetters) == []


def test_an_unknown_type_is_refused_by_name_and_never_guessed(catalog):
    from tocsin.domain.errors import Refused

    with pytest.raises(Refused, match="no incident type"):
        plan(incident(declared(type="flood")), catalog, START)


def test_warnings_stand_in_order_and_end_at_the_due_moment():
    at = [moment for _, moment in warnings(incident(opened()).duties[DUTY])]
    assert at == sorted(at)
    assert at[-1] == START + hours(72)


def test_reports_are_waited_for_before_the_steps_of_later_phases_and_a_step_is_named(catalog):
    type_ = catalog.type("unclassified")
    early = [step for step in type_.steps if step.phase in ("declare", "contain", "scope")]
    late = [step for step in type_.steps if step not in early]
    done = [k.StepDone(step=step.id) for step in early]
    met = k.DutyMet(key=AUTHORITY)
    asked = plan(incident(*ANSWERED, authority()), catalog, START).waiting_for
    assert asked.startswith("declare: step ")
    gate = next(step for step in early if step.gate)
    assert f"{gate.id} ({gate.title['en']}, {gate.role})" in asked
    assert (
        plan(incident(*ANSWERED, *done, authority()), catalog, START).waiting_for == f"{AUTHORITY} to be met"
    )
    after = plan(incident(*ANSWERED, *done, authority(), met), catalog, START).waiting_for
    assert after.partition(":")[0] in {step.phase for step in late}
