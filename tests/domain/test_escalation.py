"""Who is called, when, until whom answers. Sample ladders: commander 0-5-10-15 min, again after 20; DPO 0-15-30-45."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain import kinds as k
from tocsin.domain.catalog import Catalog
from tocsin.domain.contacts import Contacts
from tocsin.domain.escalation import calls_due, next_call_at, next_calls, unanswered
from tocsin.domain.fold import evolve, fold
from tocsin.domain.incident import Incident
from tocsin.domain.ladder import Ladder, Level, Target, rung_at
from tocsin.domain.roads import ways
from tocsin.domain.rota import Absence, Rotation
from tocsin.domain.routes import Gateway, Reach
from tocsin.domain.timeline import Draft, chain

START = datetime(2026, 11, 23, 19, 40, tzinfo=UTC)
WORDS = "words:" + "a" * 64


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def declared(**change) -> Incident:
    body = {
        "code_name": "Teal Wren",
        "title": WORDS,
        "type": "unclassified",
        "severity": "sev1",
        "catalog": "c",
    }
    return fold(chain("INC-1", [Draft(k.Declared(**body | change))], actor="an", now=START))


def after(incident: Incident, *bodies: k.Body, at: datetime = START) -> Incident:
    entries = chain(
        incident.key,
        [Draft(body) for body in bodies],
        actor="engine",
        now=at,
        after_seq=incident.head_seq,
        after_hash=incident.head_hash,
        after_recorded=incident.recorded_at,
    )
    for entry in entries:
        incident = evolve(incident, entry)
    return incident


def called(incident: Incident, catalog: Catalog, at: datetime, role: str | None = None) -> list[str]:
    return [call.person for call in calls_due(incident, catalog.contacts, at) if role in (None, call.role)]


def make_calls(incident: Incident, catalog: Catalog, at: datetime) -> Incident:
    bodies = [
        k.Paged(**{field: getattr(call, field) for field in k.Paged.model_fields if hasattr(call, field)})
        for call in calls_due(incident, catalog.contacts, at)
    ]
    return after(incident, *bodies, at=at)


def test_the_first_rung_calls_at_once_and_each_role_for_itself(catalog):
    assert [(c.role, c.person) for c in calls_due(declared(), catalog.contacts, START)] == [
        ("incident-commander", "linh"),
        ("dpo", "an"),
    ]


def test_a_call_that_was_made_is_not_made_again_on_the_same_rung(catalog):
    incident = make_calls(declared(), catalog, START)
    assert called(incident, catalog, START + minutes(4.9)) == []
    assert called(incident, catalog, START + minutes(5)) == ["minh"]


@pytest.mark.parametrize(
    ("minute", "people"),
    [
        (0, ["linh"]),
        (5, ["minh"]),
        (10, ["linh", "minh", "dung"]),
        (15, ["bao"]),
        (20, ["linh"]),
        (35, ["bao"]),
    ],
)
def test_only_the_rung_on_which_the_ladder_stands_calls_and_rounds_come_again(catalog, minute, people):
    assert called(declared(), catalog, START + minutes(minute), "incident-commander") == people


def test_the_second_round_is_another_call_of_the_same_person(catalog):
    incident = make_calls(declared(), catalog, START)
    (again,) = (c for c in calls_due(incident, catalog.contacts, START + minutes(20)) if c.person == "linh")
    assert (again.round, again.level) == (1, 0)


def test_an_answer_for_one_role_never_silences_another(catalog):
    incident = after(declared(), k.Acknowledged(role="incident-commander", person="linh"))
    assert unanswered(incident, catalog.contacts) == ["dpo"]
    assert called(incident, catalog, START + minutes(20)) == ["an", "chi"]


def test_what_fell_due_while_all_was_dead_is_weighed_against_now_and_not_replayed(catalog):
    week = START + timedelta(days=7, minutes=3)
    people = called(declared(), catalog, week, "incident-commander")
    assert len(people) == len(set(people)) <= 3


def test_somebody_excluded_is_never_called_and_the_next_rung_is_called_at_once(catalog):
    incident = declared(excluded=("linh",))
    assert called(incident, catalog, START, "incident-commander") == ["minh"]
    for minute in range(0, 60, 5):
        assert "linh" not in called(incident, catalog, START + minutes(minute))


def test_a_clock_that_steps_back_behind_the_declaration_stands_on_the_first_rung(catalog):
    incident = make_calls(declared(), catalog, START)
    assert called(incident, catalog, START - timedelta(hours=3)) == []
    assert next_call_at(incident, catalog.contacts, START - timedelta(hours=3)) == START + minutes(5)


def test_another_severity_starts_its_ladder_from_the_first_rung(catalog):
    incident = make_calls(declared(severity="sev5"), catalog, START)
    change = k.Reclassified(field="severity", value="sev1", because=WORDS)
    later = START + timedelta(hours=10, minutes=7)
    incident = after(incident, change, at=later)
    assert called(incident, catalog, later, "incident-commander") == ["linh"]
    assert called(incident, catalog, later + minutes(5), "incident-commander") == ["minh"]


def test_a_call_that_somebody_asked_for_stands_in_for_no_rung(catalog):
    asked = k.Paged(
        role="incident-commander", person="linh", level=0, round=0, routes=("slack",), asked_by="an"
    )
    assert called(after(declared(), asked), catalog, START, "incident-commander") == ["linh"]


@given(st.timedeltas(timedelta(0), timedelta(days=9)))
def test_a_rung_holds_now_and_ends_later(catalog, elapsed):
    for ladder in catalog.contacts.ladders:
        rung = rung_at(ladder, START, START + elapsed)
        assert rung.climbs_at > START + elapsed
        just_before = rung_at(ladder, START, rung.climbs_at - timedelta(microseconds=1))
        assert (just_before.round, just_before.level) == (rung.round, rung.level)


@given(st.lists(st.timedeltas(timedelta(0), timedelta(hours=3)), max_size=12))
def test_no_call_is_ever_made_twice_whenever_somebody_looks(catalog, looks):
    incident, now = declared(), START
    for look in looks:
        now += look
        incident = make_calls(incident, catalog, now)
    made = [(page.role, page.person, page.round, page.level) for page in incident.pages]
    assert len(made) == len(set(made))


def test_the_next_call_is_the_one_that_the_ladder_then_makes(catalog):
    contacts = catalog.contacts
    for excluded in ((), ("minh",), ("linh", "minh")):
        for severity in ("sev1", "sev3"):
            state = declared(excluded=excluded, severity=severity)
            for call in next_calls(state, contacts, START):
                made = [c.person for c in calls_due(state, contacts, call.at) if c.role == call.role]
                assert list(call.people) == made, (excluded, severity, call)


# --- routes as rungs, repetition, louder rounds, roles given back, routes silenced


def house(catalog: Catalog, *levels: Level, again: int = 20, **routes) -> Contacts:
    """The sample house with one ladder for the commander, and other routes for those who are named."""
    ladder = Ladder(
        id="one", role="incident-commander", severities=("sev1",), levels=levels, again_after_minutes=again
    )
    people = tuple(
        person.model_copy(update={"routes": tuple(map(Reach.model_validate, routes[person.id]))})
        if person.id in routes
        else person
        for person in catalog.contacts.people
    )
    gateway = Gateway.model_validate({"id": "sms", "does": "sends", "argv": ("/bin/true",), "within": "5 s"})
    return catalog.contacts.model_copy(
        update={"ladders": (ladder,), "people": people, "gateways": (gateway,)}
    )


def level(after_minutes: int, *who: str, **more) -> Level:
    call = tuple(Target(everyone=True) if each == "*" else Target(person=each) for each in who)
    return Level(after_minutes=after_minutes, call=call, **more)


def heard(contacts: Contacts, until: float, incident: Incident | None = None) -> list[tuple[float, str, str]]:
    """Every call in these minutes as (minute, person, routes), each made as soon as it is due."""
    incident, at, found = incident or declared(), START, []
    while at <= START + minutes(until):
        for call in calls_due(incident, contacts, at):
            found.append(((at - START) / minutes(1), call.person, "+".join(call.routes)))
            body = {field: getattr(call, field) for field in k.Paged.model_fields if hasattr(call, field)}
            incident = after(incident, k.Paged(**body), at=at)
        assert calls_due(incident, contacts, at) == []
        at = next_call_at(incident, contacts, at)
        assert at is not None
    return found


def test_the_first_page_can_ring_a_telephone(catalog):
    contacts = house(catalog, level(0, "linh"), linh=["command", "slack", "email"])
    assert heard(contacts, 1) == [(0, "linh", "command+slack+email")]


def test_a_route_that_waits_is_used_when_its_minutes_have_passed_and_not_again(catalog):
    contacts = house(
        catalog, level(0, "linh"), level(5, "minh"), linh=["slack", {"by": "command", "after_minutes": 3}]
    )
    assert heard(contacts, 19) == [(0, "linh", "slack"), (3, "linh", "command"), (5, "minh", "slack+email")]


def test_a_route_that_waits_counts_from_the_first_call_however_often_the_rung_repeats(catalog):
    waits = ["slack", {"by": "command", "after_minutes": 3}]
    contacts = house(catalog, level(0, "linh", repeat_minutes=2), again=60, linh=waits)
    assert heard(contacts, 6) == [
        (0, "linh", "slack"),
        (2, "linh", "slack"),
        (3, "linh", "command"),
        # Then it is one of her routes like any other.
        (4, "linh", "slack+command"),
        (6, "linh", "slack+command"),
    ]


def test_a_ladder_climbs_past_nobody_whose_telephone_still_waits(catalog):
    waits = ["slack", {"by": "command", "after_minutes": 6}]
    rungs = level(0, "linh"), level(5, "minh"), level(15, "minh")
    contacts = house(catalog, *rungs, linh=waits, minh=["email"])
    assert heard(contacts, 14) == [(0, "linh", "slack"), (5, "minh", "email"), (6, "linh", "command")]
    # The next round may have begun meanwhile.
    contacts = house(catalog, level(0, "minh"), level(15, "linh"), linh=waits, minh=["email"])
    assert heard(contacts, 34) == [
        (0, "minh", "email"),
        (15, "linh", "slack"),
        (20, "minh", "email"),
        (21, "linh", "command"),
    ]


def test_a_telephone_rings_also_where_the_next_rung_calls_the_same_person_by_less(catalog):
    waits = ["slack", {"by": "command", "after_minutes": 10}]
    contacts = house(
        catalog,
        level(0, "linh"),
        level(5, "linh", "minh", by=("slack",)),
        again=60,
        linh=waits,
        minh=["slack"],
    )
    assert heard(contacts, 30) == [
        (0, "linh", "slack"),
        (5, "linh", "slack"),
        (5, "minh", "slack"),
        (10, "linh", "command"),
    ]


def test_a_ladder_that_became_shorter_still_rings_what_waited(catalog):
    waits = ["slack", {"by": "command", "after_minutes": 6}]
    long = house(catalog, level(0, "minh"), level(1, "linh"), linh=waits, minh=["email"])
    incident = make_calls(declared(), contacts_of(long, catalog), START)
    incident = make_calls(incident, contacts_of(long, catalog), START + minutes(1))
    short = house(catalog, level(0, "minh"), linh=waits, minh=["email"])
    assert called(incident, contacts_of(short, catalog), START + minutes(8)) == ["linh"]


def test_what_waits_for_somebody_whom_the_ladder_passed_respects_what_was_said_since(catalog):
    waits = ["slack", {"by": "command", "after_minutes": 6}, {"by": "email", "after_minutes": 30}]
    contacts = house(catalog, level(0, "linh"), level(5, "minh"), linh=waits, minh=["email"])
    (first,) = calls_due(declared(), contacts, START)
    body = {field: getattr(first, field) for field in k.Paged.model_fields if hasattr(first, field)}
    paged = after(declared(), k.Paged(**body))
    late = START + minutes(7)
    assert called(paged, contacts_of(contacts, catalog), late) == ["minh", "linh"]
    silenced = after(paged, k.RouteSilenced(route="command", because=WORDS))
    assert called(silenced, contacts_of(contacts, catalog), late) == ["minh"]
    answered = after(paged, k.Acknowledged(role="incident-commander", person="minh"))
    assert called(answered, contacts_of(contacts, catalog), late) == []


def test_a_level_names_its_routes_and_nobody_falls_out_of_reach_by_it(catalog):
    contacts = house(
        catalog, level(0, "linh", "minh", by=("command",)), linh=["slack", "command:sms"], minh=["slack"]
    )
    # `command:sms` is not `command`: what a level names is what a person's own entry names.
    assert heard(contacts, 1) == [(0, "linh", "slack+command:sms"), (0, "minh", "slack")]
    contacts = house(catalog, level(0, "linh", by=("email",)), linh=["slack", "email", "command"])
    assert heard(contacts, 1) == [(0, "linh", "email")]


def test_the_same_people_are_called_again_until_the_ladder_climbs(catalog):
    contacts = house(catalog, level(0, "linh", repeat_minutes=2), level(5, "minh", repeat_minutes=10))
    assert [(at, who) for at, who, _ in heard(contacts, 19)] == [
        (0, "linh"),
        (2, "linh"),
        (4, "linh"),
        (5, "minh"),
        (15, "minh"),
    ]


def test_a_ladder_that_starts_again_is_louder(catalog):
    contacts = house(
        catalog,
        level(0, "linh", by=("slack",)),
        again=10,
        linh=["slack", {"by": "command", "after_minutes": 4}, "email"],
    )
    assert heard(contacts, 12) == [(0, "linh", "slack"), (10, "linh", "slack+command+email")]


def test_everyone_is_everybody_but_the_excluded(catalog):
    contacts = house(catalog, level(0, "*"))
    people = [person.id for person in contacts.people]
    incident = declared(excluded=("minh",))
    assert [who for _, who, _ in heard(contacts, 1, incident)] == [who for who in people if who != "minh"]


def test_a_ladder_that_slept_repeats_only_the_present_call(catalog):
    contacts = house(catalog, level(0, "linh", repeat_minutes=1), again=60)
    incident = declared()
    (call,) = calls_due(incident, contacts, START + minutes(47.5))
    assert (call.repeat, call.round) == (47, 0)


def test_who_gives_a_role_back_is_not_called_first_and_its_ladder_begins_anew(catalog):
    contacts = house(catalog, level(0, "linh"), level(5, "minh"), again=10)
    incident = after(declared(), k.Acknowledged(role="incident-commander", person="linh"))
    assert calls_due(incident, contacts, START + minutes(30)) == []
    back = k.RoleGivenBack(role="incident-commander", person="linh", because=WORDS)
    incident = after(incident, back, at=START + minutes(30))
    assert incident.holder("incident-commander") is None
    # The first rung would be hers: the next one is called at once, and she again when the ladder starts again.
    assert called(incident, contacts_of(contacts, catalog), START + minutes(30)) == ["minh"]
    assert called(incident, contacts_of(contacts, catalog), START + minutes(40)) == ["linh"]


def test_who_is_the_only_one_left_is_called_although_she_gave_the_role_back(catalog):
    contacts = house(catalog, level(0, "linh"))
    back = k.RoleGivenBack(role="incident-commander", person="linh", because=WORDS)
    assert called(after(declared(), back), contacts_of(contacts, catalog), START) == ["linh"]


def contacts_of(contacts: Contacts, catalog: Catalog) -> Catalog:
    from dataclasses import replace

    return replace(catalog, contacts=contacts)


def test_a_silenced_route_is_never_used_and_mail_is_the_last_resort(catalog):
    contacts = house(catalog, level(0, "linh", "minh"), linh=["slack", "command"], minh=["slack"])
    incident = after(declared(), k.RouteSilenced(route="slack", because=WORDS))
    assert heard(contacts, 1, incident) == [(0, "linh", "command"), (0, "minh", "email")]
    trusted = after(incident, k.RouteTrusted(route="slack", because=WORDS))
    assert heard(contacts, 1, trusted) == [(0, "linh", "slack+command"), (0, "minh", "slack")]
    everything = after(incident, *(k.RouteSilenced(route=r, because=WORDS) for r in ("email", "command")))
    assert calls_due(everything, contacts, START) == []


def test_a_quiet_message_rings_no_telephone(catalog):
    contacts = house(catalog, level(0, "linh"), linh=["command", "slack", "email"])
    linh = contacts.person("linh")
    assert ways(linh, frozenset(), loud=False) == ("slack",)
    assert ways(linh, frozenset({"slack"}), loud=False) == ("email",)
    assert ways(linh, frozenset({"slack", "email"}), loud=False) == ("command",)
    assert ways(linh, frozenset(), loud=True) == ("command", "slack", "email")


def test_one_answer_silences_its_own_role_only(catalog):
    """Each role must answer for itself, also where one person is called for both."""
    one = Ladder(
        id="a",
        role="incident-commander",
        severities=("sev1",),
        levels=(level(0, "linh"),),
        again_after_minutes=5,
    )
    two = one.model_copy(update={"id": "b", "role": "dpo"})
    contacts = catalog.contacts.model_copy(update={"ladders": (one, two)})
    incident = after(declared(), k.Acknowledged(role="incident-commander", person="linh"))
    assert [(c.role, c.person) for c in calls_due(incident, contacts, START)] == [("dpo", "linh")]


# --- rotations that change hands, and that leave an hour open


def test_who_comes_on_call_while_it_rings_is_called_at_once(catalog):
    shift = {"id": "desk", "people": ["linh", "minh"], "since": "2026-11-23", "turn": "daily", "zone": "UTC"}
    rota = Rotation.model_validate(shift | {"hand_over": "19:42"})
    rung = Level(after_minutes=0, call=(Target(rotation="desk"),))
    contacts = house(catalog, rung, linh=["slack"], minh=["slack"]).model_copy(update={"rotations": (rota,)})
    assert [(at, who) for at, who, _ in heard(contacts, 10)] == [(0, "minh"), (2, "linh")]


def with_rota(catalog: Catalog, **changes: object) -> Contacts:
    """The sample company, its secondary rotation changed."""
    rotations = [each.model_dump(mode="json") for each in catalog.contacts.rotations]
    rotations[1]["layers"][0] |= changes
    return Contacts.model_validate(catalog.contacts.model_dump(mode="json") | {"rotations": rotations})


def test_a_level_whose_rotation_leaves_the_hour_open_calls_the_next_one_at_once(catalog):
    # It is 02:40 in Saigon, and secondary works from nine to five.
    contacts = with_rota(catalog, hours="09:00-17:00")
    incident = declared()
    commanders = [c for c in calls_due(incident, contacts, START + minutes(5)) if c.role != "dpo"]
    assert [(c.person, c.level) for c in commanders] == [("linh", 1), ("minh", 1), ("dung", 1)]
    following = {call.role: call for call in next_calls(incident, contacts, START)}
    assert following["incident-commander"].people == ("linh", "minh", "dung")


def test_when_all_of_a_rotation_are_absent_the_next_level_is_called_at_once(catalog):
    away = [
        Absence(person=who, start=START - minutes(60), end=START + minutes(60)) for who in ("linh", "minh")
    ]
    contacts = catalog.contacts.model_copy(update={"absences": tuple(away)})
    people = [c.person for c in calls_due(declared(), contacts, START) if c.role != "dpo"]
    # Neither rotation has anybody; whom a level names by role is called on holiday too.
    assert people == ["linh", "minh", "dung"]


def test_a_last_level_that_is_empty_calls_those_below_it_again(catalog):
    contacts = house(catalog, level(0, "linh"), level(5, "minh"), level(10, "an"))
    incident = declared(excluded=("an",))
    assert [who for _, who, _ in heard(contacts, 12, incident)] == ["linh", "minh", "minh"]
