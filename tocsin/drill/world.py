"""The drill's world: customers, their API logs and a theft, all made from one seed, with the truth written down beside.

Everything is invented: addresses are of documentation and shared ranges (RFC 5737, 3849, 6598), mail domains are
reserved (RFC 2606). The same seed gives the same bytes. Decoys make the scoping earn its answer: owners who used their
tokens before the leak, denied attempts, tokens that differ in their tail, neighbours just outside the attacker's block.

An owner's own call with a leaked token inside the window could not be told from the thief's, by anybody: here there is
none, so that the true set is known.
"""

import csv
import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from pathlib import Path
from random import Random

from tocsin.domain.scope.question import Question
from tocsin.domain.sources import CustomerFields, CustomerSource, LogFields, LogSource, Sources
from tocsin.domain.timeformats import TimeFormat
from tocsin.drill.names import named
from tocsin.drill.traffic import ATTACKERS, Customer, Request, denials, theft, usual

#: Country, its share of customers in percent, and the language of its letters.
COUNTRIES = (
    ("VN", 40, "vi"),
    ("DE", 20, "de"),
    ("FR", 14, "fr"),
    ("NL", 10, "nl"),
    ("US-CA", 9, "en"),
    ("SG", 7, "en"),
)


@dataclass(frozen=True)
class World:
    """Where everything stands, and what is true. `true_kinds`: whose data the thief read, and which kinds of them."""

    sources: Sources
    logs: tuple[Path, ...]
    customers: Path
    tokens: Path
    ips: tuple[str, ...]
    since: datetime
    until: datetime
    true_kinds: Mapping[str, frozenset[str]]
    #: People whose tokens the thief tried in vain.
    attempted: frozenset[str]
    countries: Mapping[str, str]
    lines: int

    def question(self) -> Question:
        """What the responders know: the leaked tokens, the thief's addresses, and the window."""
        tokens = tuple(self.tokens.read_text(encoding="utf-8").split())
        return Question(tokens=tokens, ips=self.ips, since=self.since, until=self.until)


def build_world(
    folder: Path,
    seed: int,
    *,
    start: datetime,
    end: datetime,
    since: datetime,
    until: datetime,
    customers: int = 5_000,
    log_lines: int = 200_000,
    leaked: int = 200,
) -> World:
    """Write logs from `start` to `end`, customers and tokens into `folder`; the theft is from `since` to `until`."""
    random = Random(seed)  # noqa: S311 - a play, not a secret
    folder.mkdir(parents=True, exist_ok=True)
    everybody = _customers(random, customers)
    victims = random.sample(range(customers), leaked)
    everybody = _with_near_misses(random, everybody, victims)
    stolen = [everybody[place] for place in victims]
    # Of the leaked tokens most were used, some had been revoked before, and a few were never tried.
    read, denied = stolen[: leaked * 92 // 100], stolen[leaked * 92 // 100 : leaked * 97 // 100]
    hostile, truth = theft(random, read, since, until)
    hostile += denials(random, denied, since, until)
    bystanders = sorted(set(everybody) - set(stolen), key=lambda each: each.id)
    guessed = random.sample(bystanders, min(40, len(bystanders)))
    hostile += denials(random, guessed, since, until)
    rest = usual(random, everybody, frozenset(stolen), (start, end, since, until), log_lines - len(hostile))
    logs = _write_logs(folder, [*hostile, *rest])
    return World(
        sources=_sources(folder),
        logs=logs,
        customers=_write_customers(folder / "customers.csv", everybody),
        tokens=_write_tokens(folder / "leaked-tokens.txt", stolen),
        ips=ATTACKERS,
        since=since,
        until=until,
        true_kinds=truth,
        attempted=frozenset(each.id for each in (*denied, *guessed)),
        countries={each.id: each.country for each in everybody},
        lines=log_lines,
    )


def _customers(random: Random, count: int) -> list[Customer]:
    shares = [share for _, share, _ in COUNTRIES]
    made = []
    for number in range(count):
        # The first few go round, so that even the smallest world has every country.
        turn = COUNTRIES[number] if number < len(COUNTRIES) else random.choices(COUNTRIES, shares)[0]
        country, _, locale = turn
        name = named(random, country, number)
        made.append(
            Customer(
                id=f"cus_{100_001 + number}",
                name=name,
                email=f"customer{number + 1}@example.{('com', 'net', 'org')[number % 3]}",
                locale=locale,
                country=country,
                token=f"soa_live_{random.getrandbits(128):032x}",
                home=f"100.{64 + random.randrange(64)}.{random.randrange(256)}.{random.randrange(1, 255)}",
            )
        )
    return made


def _with_near_misses(random: Random, everybody: list[Customer], victims: Sequence[int]) -> list[Customer]:
    """The same people; some bystanders now hold tokens that differ from a leaked one in the last characters only."""
    spared = sorted(set(range(len(everybody))) - set(victims))
    chosen = random.sample(spared, min(len(victims) // 4, len(spared)))
    changed = list(everybody)
    for bystander, victim in zip(chosen, victims, strict=False):
        leaked = everybody[victim].token
        tail = "0000" if not leaked.endswith("0000") else "1111"
        changed[bystander] = replace(everybody[bystander], token=leaked[:-4] + tail)
    return changed


def _write_logs(folder: Path, requests: Sequence[Request]) -> tuple[Path, ...]:
    """One NDJSON.gz for each day; the archive names no time, so that equal lines are equal bytes."""
    written = []
    ordered = sorted(requests, key=lambda each: (each.at, each.who.id, each.path))
    for day, lines in groupby(ordered, key=lambda each: each.at.date()):
        path = folder / f"api-{day.isoformat()}.ndjson.gz"
        content = "".join(f"{each.line()}\n" for each in lines).encode()
        path.write_bytes(gzip.compress(content, compresslevel=3, mtime=0))
        written.append(path)
    return tuple(written)


def _write_customers(path: Path, everybody: Sequence[Customer]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["id", "email", "name", "locale", "country", "status", "agreed"])
        writer.writerows(
            [each.id, each.email, each.name, each.locale, each.country, "active", "yes"] for each in everybody
        )
    return path


def _write_tokens(path: Path, stolen: Sequence[Customer]) -> Path:
    path.write_text("".join(f"{each.token}\n" for each in stolen), encoding="utf-8")
    return path


def _sources(folder: Path) -> Sources:
    fields = LogFields(
        at="time",
        account="account",
        token="token",  # noqa: S106 - the name of a column
        ip="client.ip",
        agent="client.agent",
        endpoint="request.path",
        method="request.method",
        status="status",
        bytes="bytes",
    )
    people = CustomerFields(
        id="id",
        email="email",
        name="name",
        locale="locale",
        country="country",
        status="status",
        email_agreed="agreed",
    )
    return Sources(
        logs=(
            LogSource(
                name="api-gateway",
                format="ndjson",
                paths=(str(folder / "api-*.ndjson.gz"),),
                fields=fields,
                time=TimeFormat(),
                country="VN",
            ),
        ),
        customers=(
            CustomerSource(
                name="customers",
                path=str(folder / "customers.csv"),
                fields=people,
                place_basis="billing",
                country="VN",
            ),
        ),
    )
