"""Logs made from a hidden truth: who was read, who was only tried, and whom no log can clear; with decoys among them.

Each decoy is a trap that real logs hold: an office behind the attacker's address, automation that makes the attacker's
call, an attacker who fails, an owner who goes on using her leaked token, and logging that somebody switched off.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from tests.scoping.scenes import Row, at, request

HOURS = 72
#: The window of the question, in hours since the scene began: half open.
WINDOW = (24, 48)
#: Hours in which nothing was logged, where the attacker saw to that.
DARK = (40, 42)
ATTACKER, OFFICE, TOOL = "203.0.113.50", "198.51.100.9", "python-requests/2.31"
BLOCK = "203.0.113.48/29"
#: Just outside the block, and looks like it.
NEIGHBOURS = ("203.0.113.47", "203.0.113.56", "203.0.113.5")
SHOWN = {"/v1/account": "profile", "/v1/billing/cards": "billing"}


@dataclass
class World:
    """The rows, what responders know, and what is true but for nobody to see."""

    people: tuple[str, ...]
    rows: list[Row] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)
    #: Whose data were read, and which kinds.
    read: dict[str, set[str]] = field(default_factory=dict)
    #: Whom the attacker tried in vain.
    tried: set[str] = field(default_factory=set)
    #: Told although nothing of theirs was read, with the bucket and why no log can tell them from the others.
    extra: dict[str, tuple[str, str]] = field(default_factory=dict)
    #: An indicator points at them, and complete logs clear them.
    cleared: set[str] = field(default_factory=set)

    def question(self, *, tools: bool = False) -> dict[str, Any]:
        """Leaked tokens, the attacker's addresses and the window; with `tools` also the user agent."""
        since, until = (at(60 * hour) for hour in WINDOW)
        asked = {"tokens": self.leaked, "ips": [BLOCK, OFFICE], "since": since, "until": until}
        return asked | ({"agents": [TOOL]} if tools else {})

    @property
    def told(self) -> set[str]:
        """Everybody who has to be told."""
        return set(self.read) | set(self.extra)

    @property
    def precision(self) -> float:
        """The share of those who are told whose data were read: below 1 for reasons that `extra` names."""
        return len(self.read) / len(self.told)


def world(seed: int, *, dark: bool = False, tools: bool = False) -> World:
    """A world of 120 people. `dark`: the attacker switches logging off for a while; `tools`: agents are asked about."""
    random = Random(seed)
    people = tuple(f"c{number}" for number in range(120))
    made = World(people)
    cast = iter(random.sample(people, 60))
    _calm(made, random)
    _thief(made, random, _some(cast, 10), _some(cast, 5), _some(cast, 6))
    _office(made, random, _some(cast, 5), _some(cast, 10))
    _owners_go_on(made, random, _some(cast, 2))
    _cleared(made, random, _some(cast, 3), dark=dark)
    _automation(made, random, _some(cast, 1), told=tools)
    _neighbours(made, random, _some(cast, 6))
    if dark:
        _switched_off(made, _some(cast, 2))
    random.shuffle(made.rows)
    return made


def _some(cast: Iterable[str], count: int) -> list[str]:
    return [person for person, _ in zip(cast, range(count), strict=False)]


def _calm(made: World, random: Random) -> None:
    """Everybody at home, at any hour: each hour has its rows."""
    for hour in range(HOURS):
        for person in random.sample(made.people, 8):
            row = _own(person, 60 * hour + random.uniform(0, 59), random)
            made.rows.append(row | {"endpoint": random.choice([*SHOWN, "/v1/health"])})


def _own(person: str, minutes: float, random: Random) -> Row:
    home = f"192.0.2.{1 + int(person[1:])}"
    path = random.choice(list(SHOWN))
    # Owners have a token beside the leaked one, so that the calm stays theirs.
    return request(minutes, person, token=f"own-{person}", session=f"s-{person}", ip=home, endpoint=path)


def _inside(random: Random) -> float:
    """A minute of the window in which logs are kept whatever happens."""
    return random.uniform(60 * WINDOW[0], 60 * DARK[0] - 1)


def _thief(made: World, random: Random, read: list[str], revoked: list[str], guessed: list[str]) -> None:
    """From an address of his own: with leaked tokens, with revoked ones, and at doors that stay shut."""
    for person in read:
        made.leaked.append(f"leak-{person}")
        for path in random.sample(list(SHOWN), random.randint(1, 2)):
            _theft(made, person, path, random, token=f"leak-{person}")
    for person in revoked:
        made.leaked.append(f"leak-{person}")
        made.tried.add(person)
        made.rows.append(_hostile(person, random, token=f"leak-{person}", status=random.choice([401, 403])))
    for person in guessed:
        made.tried.add(person)
        made.rows.append(_hostile(person, random, token=f"guess-{person}", status=401))


def _theft(made: World, person: str, path: str, random: Random, **other: Any) -> None:
    made.read.setdefault(person, set()).add(SHOWN[path])
    made.rows.append(_hostile(person, random, endpoint=path, status=200, **other))


def _hostile(person: str, random: Random, **other: Any) -> Row:
    return request(_inside(random), person, **({"ip": ATTACKER, "agent": TOOL, "session": "stolen"} | other))


def _office(made: World, random: Random, read: list[str], colleagues: list[str]) -> None:
    """The thief also sits behind an office's address, whose people go on with their work."""
    for person in read:
        _theft(made, person, random.choice(list(SHOWN)), random, ip=OFFICE, token=f"taken-{person}")
    for person in colleagues:
        made.rows.append(_own(person, _inside(random), random) | {"ip": OFFICE})
        made.extra[person] = ("likely", "the attacker's address is an office's too")


def _owners_go_on(made: World, random: Random, people: list[str]) -> None:
    """Leaked tokens that only their owners used, in the window: nobody can tell them from the thief."""
    for person in people:
        made.leaked.append(f"leak-{person}")
        made.rows.append(_own(person, _inside(random), random) | {"token": f"leak-{person}"})
        made.extra[person] = ("likely", "her leaked token was used, by whom no log says")


def _cleared(made: World, random: Random, people: list[str], *, dark: bool) -> None:
    """Leaked tokens that were used before the window only: cleared by whole logs, and by no others."""
    for person in people:
        made.leaked.append(f"leak-{person}")
        before = random.uniform(0, 60 * WINDOW[0] - 1)
        made.rows.append(_own(person, before, random) | {"token": f"leak-{person}"})
        if dark:
            made.extra[person] = ("cannot-exclude", "her token leaked, and hours are missing")
        else:
            made.cleared.add(person)


def _automation(made: World, random: Random, people: list[str], *, told: bool) -> None:
    """A nightly job that makes the attacker's call with the attacker's tool, from its own address."""
    for person in people:
        for hour in range(HOURS):
            row = _own(person, 60 * hour + 7, random) | {"agent": TOOL, "endpoint": "/v1/billing/cards"}
            made.rows.append(row)
        if told:
            made.extra[person] = ("cannot-exclude", "the tool is the attacker's, and anybody's")


def _neighbours(made: World, random: Random, people: list[str]) -> None:
    """Addresses beside the block, and tokens that differ from a leaked one in their tail only."""
    for number, person in enumerate(people):
        row = _own(person, _inside(random), random)
        near = {"ip": NEIGHBOURS[number % len(NEIGHBOURS)], "token": f"{made.leaked[number]}x"}
        made.rows.append(row | near)


def _switched_off(made: World, people: list[str]) -> None:
    """Nothing is logged in the dark hours; there the thief reads people whose tokens leaked."""
    made.rows = [row for row in made.rows if not at(60 * DARK[0]) <= _moment(row) < at(60 * DARK[1])]
    for person in people:
        made.leaked.append(f"leak-{person}")
        made.rows.append(request(30, person, token=f"leak-{person}", ip=f"192.0.2.{1 + int(person[1:])}"))
        made.read[person] = set()


def _moment(row: Row) -> datetime:
    return datetime.fromisoformat(row["at"])
