"""A sending against what a careful engineer would take for it, over one wire, in one run: ratios, and peak memory.

    python bench/letters.py [--letters 20000] [--repeat 3] [--databases sqlite postgresql] [--processes 1 2] [--stop]
                            [--alone]

The wire is `smtp-sink` of Postfix on this machine (`apt-get install postfix`, which need not run; or PATH names it): it
takes whatever comes and keeps nothing. Each side runs in a process of its own, so that its peak memory is its own; the
sides alternate; medians are compared.

- `tocsin`: the whole job from a filled ledger: claim, open what is sealed, render, build, hand over, record each
  receipt, look at the incident between two letters, and prove it all by one entry at the end;
- `django`: `send_mass_mail` of the same letters, text and HTML, which it has in memory as words and not yet as mails;
- `smtp-source`: Postfix's own generator with ten sessions, which sends one text of the same size and looks at nothing.

Two processes (`--processes 1 2`) share what one leaves idle: how much of the machine one kept busy, sink and database
included, says how much faster two can be at most.

With `--alone` it is Tocsin by itself, as for `--letters 1000000`: how long they take, and how much memory.

With `--stop` also: how long after `pause` the last letter is recorded, and the stop is an entry with its root over all
letters; and how long a sender that begins after `resume` takes until receipts of its first letters are recorded.
"""

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from tocsin import actions
from tocsin.actions.declaring import Declaration
from tocsin.actors import at_the_shell
from tocsin.app import App, open_app
from tocsin.domain.moves import SendLetters
from tocsin.domain.notice import CUSTOMERS
from tocsin.domain.scope.question import Listed, Question
from tocsin.drill import script
from tocsin.drill.stage import BEGINNING, LeapingClock
from tocsin.engine import advance, peek, perform
from tocsin.engine.letters import readers, writing
from tocsin.settings import Mail, Settings
from tocsin.storage.ledger import counts
from tocsin.storage.tables import attempt

SENDER = "notices@streamonapi.example"
SESSIONS = 10
KEY = "INC-2026-0001"


def main() -> None:
    """Set the stage, send in turns, print rates, ratios and peaks."""
    asked = arguments()
    if asked.side:
        print(json.dumps(SIDES[asked.side](asked)))
        return
    with tempfile.TemporaryDirectory() as name, sink() as port, databases(asked.databases) as urls:
        folder = Path(name)
        size = prepare(folder, asked, port, urls)
        runs: dict[str, list[dict[str, float]]] = {}
        for _ in range(asked.repeat):
            for label, run in plans(folder, asked, port, urls, size):
                runs.setdefault(label, []).append(run())
            if asked.stop:
                for kind, server in urls.items():
                    runs.setdefault(f"stop, {kind}", []).append(stopping(folder / kind, server, port))
    report(runs, asked.letters, size)


def arguments() -> argparse.Namespace:
    """What was asked for; `--side` and what follows it is how the bench calls itself."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--letters", type=int, default=20_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--processes", nargs="+", type=int, default=[1])
    parser.add_argument("--stop", action="store_true")
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--side", choices=("send", "django"), help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


# --- the stage


@contextmanager
def sink() -> Iterator[int]:
    """`smtp-sink` on a port of its own."""
    program = found("smtp-sink")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    as_root = ["-u", "nobody"] if os.getuid() == 0 else []
    process = subprocess.Popen([program, *as_root, f"127.0.0.1:{port}", "1000"])
    try:
        wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def found(name: str) -> str:
    """Where one of Postfix's programs is."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if path is None:
        # No failure: the other benchmarks of `make bench` need no Postfix.
        print(f"not measured, for {name} is missing: apt-get install postfix, or put it on PATH")
        raise SystemExit(0)
    return path


def wait_for(port: int) -> None:
    """Until somebody listens there."""
    for _ in range(100):
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("smtp-sink does not listen")


@contextmanager
def databases(kinds: list[str]) -> Iterator[dict[str, Any]]:
    """By kind: None for SQLite, which is a file of the home; a server of our own for PostgreSQL."""
    if "postgresql" not in kinds:
        yield dict.fromkeys(kinds)
        return
    import pgserver

    folder = Path(tempfile.mkdtemp(prefix="tocsin-bench-pg-"))
    server = pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield {kind: server if kind == "postgresql" else None for kind in kinds}
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def prepare(folder: Path, asked: argparse.Namespace, port: int, servers: dict[str, Any]) -> int:
    """For each database a home whose ledger is filled; the letters as words. Returns the mean size of a letter."""
    size = 0
    for kind, server in servers.items():
        home = folder / kind
        home.mkdir()
        url = address(server, "ready") if server else f"sqlite:///{home / 'ready.db'}"
        app = released(home, url, port, asked.letters)
        if not (asked.alone or (folder / "letters.jsonl").exists()):
            size = write_letters(app, folder / "letters.jsonl")
        app.database.close()
    return size


def address(server: Any, name: str) -> str:
    """A fresh database of a server."""
    import psycopg

    with psycopg.connect(server.get_uri(), autocommit=True) as door:
        template = "template1" if name == "ready" else "ready"
        door.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return str(server.get_uri(name))


def opened(home: Path, url: str, port: int) -> App:
    """The app of a home whose relay is the sink."""
    mail = Mail(host="127.0.0.1", port=port, tls="loopback-only")
    settings = Settings(mode="drill", home=home, database=url, sources=home / "sources.yaml", mail=mail)
    return open_app(settings, now=LeapingClock())


def released(home: Path, url: str, port: int, count: int) -> App:
    """An incident whose letter may leave, to so many people: Vietnamese to every other one, English to the rest."""
    rows = (f"c{n},Nguyễn Văn {n},c{n}@example.com,{'vi' if n % 2 else 'en'},VN,active" for n in range(count))
    (home / "customers.csv").write_text("id,name,email,locale,country,status\n" + "\n".join(rows) + "\n")
    (home / "sources.yaml").write_text(
        "customers:\n"
        "  - {name: customers, path: customers.csv, country: VN, place_basis: billing, "
        "fields: {id: id, email: email, name: name, locale: locale, country: country, status: status}}\n"
    )
    app = opened(home, url, port)
    what = Declaration(script.TITLE, type="credential-leak", detected_at=BEGINNING, drill=True)
    key = actions.declare(app, at_the_shell(app, "dung"), what).incident.key
    people = tuple(Listed(who=f"c{n}", kinds=("account-info",)) for n in range(count))
    actions.scope(app, at_the_shell(app, "giang"), key, Question(people=people))
    actions.learn(app, at_the_shell(app, "hoa"), key, script.TEXTS, source="bench")
    advance(app, key)
    for person in ("an", "bao"):
        digest = app.incident(key).notices[CUSTOMERS].digest
        actions.approve(app, at_the_shell(app, person), key, CUSTOMERS, digest=digest)
    actions.release(app, at_the_shell(app, "bao"), key, CUSTOMERS)
    advance(app, key, wanted=lambda move: not isinstance(move, SendLetters))
    return app


def write_letters(app: App, path: Path) -> int:
    """The same letters as words, for Django; returns the mean size of one as a mail, in bytes."""
    write, sizes = writing(app, app.incident(KEY), CUSTOMERS), []
    with path.open("w", encoding="utf-8") as file:
        for number, (_, person) in enumerate(readers(app, app.incident(KEY))):
            cut = write.letters.cut(write.reader(person), person.locale or "en")
            letter = cut.letter
            file.write(json.dumps([person.email, letter.subject, letter.text, letter.html]) + "\n")
            if number < 100:
                made = write.mold(cut.subject).letter(
                    message_id=f"{number}@a.example",
                    date=BEGINNING,
                    to=("", person.email or ""),
                    text=cut.text,
                    html=cut.html,
                )
                sizes.append(len(made.content))
    return round(statistics.mean(sizes))


# --- the sides


def plans(folder: Path, asked: argparse.Namespace, port: int, servers: dict[str, Any], size: int) -> Any:
    """(what it is called, how to run it once) of each side."""
    for kind, server in servers.items():
        for number in asked.processes if server else [1]:
            label = f"tocsin, {kind}" + (f", {number} processes" if number > 1 else "")
            yield label, lambda k=kind, s=server, n=number: sending(folder / k, s, port, n)
    if asked.alone:
        return
    yield "django", lambda: alone(["--side", "django", "--home", str(folder), "--port", str(port)])
    yield "smtp-source", lambda: generator(port, asked.letters, size)


def copied(home: Path, server: Any) -> str:
    """Where a fresh copy of what was prepared is."""
    name = f"run{time.time_ns()}"
    if server:
        return address(server, name)
    shutil.copy(home / "ready.db", home / f"{name}.db")
    return f"sqlite:///{home / f'{name}.db'}"


def sending(home: Path, server: Any, port: int, processes: int) -> dict[str, float]:
    """Send from a fresh copy of what was prepared, by so many processes at once."""
    url = copied(home, server)
    begun = [sender(home, url, port) for _ in range(processes)]
    ends = [json.loads(process.communicate()[0].splitlines()[-1]) for process in begun]
    app = opened(home, url, port)
    state = app.incident(KEY).notices[CUSTOMERS]
    app.database.close()
    if state.mark != "sent" or state.counts["handed_over"] != state.recipients:
        raise SystemExit(f"not everything was sent: {state.mark} {state.counts}")
    seconds = max(end["ended"] for end in ends) - min(end["began"] for end in ends)
    return {"seconds": seconds, "peak": max(end["peak"] for end in ends), "busy": ends[0]["busy"]}


def busy() -> float:
    """Seconds that the cores of this machine have worked since it began, all together, whoever for."""
    user, nice, system, _, _, irq, softirq, *_ = map(
        int, Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    )
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def stopping(home: Path, server: Any, port: int) -> dict[str, float]:
    """Pause a sending half way and let it go on: seconds from each word to what it wants.

    A pause wants that no letter leaves any more; the stop's entry says so later, when it has looked at each of them.
    """
    url = copied(home, server)
    app = opened(home, url, port)
    person = at_the_shell(app, "bao")

    def sent() -> int:
        with app.database.read() as connection:
            return counts(connection, KEY, CUSTOMERS)["handed_over"]

    def tries() -> int:
        with app.database.read() as connection:
            return connection.scalar(select(func.max(attempt.c.id)).where(attempt.c.door == "ledger")) or 0

    first_one, half = sender(home, url, port), app.incident(KEY).notices[CUSTOMERS].recipients // 2
    while sent() < half:
        time.sleep(0.01)
    said = time.time()
    actions.pause(app, person, KEY, CUSTOMERS, because="bench")
    last, seen = time.time(), tries()
    while first_one.poll() is None:
        if (now := tries()) != seen:
            last, seen = time.time(), now
        time.sleep(0.02)
    ended = json.loads(first_one.communicate()[0].splitlines()[-1])["ended"]
    before = sent()
    if app.incident(KEY).notices[CUSTOMERS].counts["handed_over"] != before:
        raise SystemExit("the stop is no entry")
    actions.resume(app, person, KEY, CUSTOMERS)
    second_one = sender(home, url, port)
    while tries() == seen:
        time.sleep(0.002)
    first = time.time()
    began = json.loads(second_one.communicate()[0].splitlines()[-1])["began"]
    app.database.close()
    return {"last": last - said, "stop": ended - said, "resume": first - began}


def alone(words: list[str]) -> dict[str, float]:
    """One side in one process."""
    end = json.loads(started(words).communicate()[0].splitlines()[-1])
    return {"seconds": end["ended"] - end["began"], "peak": end["peak"]}


def sender(home: Path, url: str, port: int) -> subprocess.Popen[str]:
    """One of ours, on a database of this home."""
    return started(["--side", "send", "--home", str(home), "--url", url, "--port", str(port)])


def started(words: list[str]) -> subprocess.Popen[str]:
    """This script once more, as one side."""
    return subprocess.Popen([sys.executable, __file__, *words], stdout=subprocess.PIPE, text=True)


def generator(port: int, count: int, size: int) -> dict[str, float]:
    """Postfix's generator: so many mails of this size in ten sessions."""
    command = [found("smtp-source"), "-s", str(SESSIONS), "-m", str(count), "-l", str(size)]
    began = time.time()
    subprocess.run([*command, "-f", SENDER, "-t", "c1@example.com", f"127.0.0.1:{port}"], check=True)
    return {"seconds": time.time() - began, "peak": 0}


def send_side(asked: argparse.Namespace) -> dict[str, float]:
    """Send until nothing is left to do."""
    app = opened(asked.home, asked.url, asked.port)
    began, before = time.time(), busy()
    while moves := [move for move in peek(app, KEY).plan.moves if isinstance(move, SendLetters)]:
        if not perform(app, KEY, moves[0]):
            time.sleep(0.05)
    return {**measured(began), "busy": busy() - before}


def django_side(asked: argparse.Namespace) -> dict[str, float]:
    """What send_mass_mail does (one connection, all messages), with the HTML part that our letters have."""
    from django.conf import settings
    from django.core.mail import EmailMultiAlternatives, get_connection

    backend = "django.core.mail.backends.smtp.EmailBackend"
    settings.configure(EMAIL_BACKEND=backend, EMAIL_HOST="127.0.0.1", EMAIL_PORT=asked.port)
    with (asked.home / "letters.jsonl").open(encoding="utf-8") as file:
        letters = [json.loads(line) for line in file]
    began = time.time()
    connection = get_connection()
    messages = []
    for to, subject, text, html in letters:
        message = EmailMultiAlternatives(subject, text, SENDER, [to], connection=connection)
        message.attach_alternative(html, "text/html")
        messages.append(message)
    connection.send_messages(messages)
    return measured(began)


SIDES = {"send": send_side, "django": django_side}


def measured(began: float) -> dict[str, float]:
    """When it began and ended, in seconds, and the most memory that this process took, in MB."""
    status = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
    return {"began": began, "ended": time.time(), "peak": peak}


# --- what came of it


def report(runs: dict[str, list[dict[str, float]]], count: int, size: int) -> None:
    """Medians, spread, and each of ours against the others."""
    for label in [label for label in runs if label.startswith("stop")]:
        found = runs.pop(label)
        last, stop, resume = (
            statistics.median(run[word] for run in found) for word in ("last", "stop", "resume")
        )
        print(f"{label[6:]}: pause to the last letter {last:.2f} s (bar 1), to the stop's entry {stop:.2f} s")
        print(f"{label[6:]}: resume to first receipts {resume:.2f} s (bar 1)")
    middle = {label: statistics.median(run["seconds"] for run in of) for label, of in runs.items()}
    print(f"{count:,} letters{f' of {size:,} bytes' if size else ''}, {os.cpu_count()} cores")
    for label, of in runs.items():
        seconds = sorted(run["seconds"] for run in of)
        peak = max(run["peak"] for run in of)
        spread = f"({seconds[0]:.2f} to {seconds[-1]:.2f})"
        memory = f"   {peak:6.0f} MB" if peak else ""
        print(f"{label:34} {middle[label]:8.2f} s {spread:18} {count / middle[label]:8.0f} letters/s{memory}")
    ours = [label for label in middle if label.startswith("tocsin")]
    for label in ours if "django" in middle else []:
        print(f"{label}: {middle['django'] / middle[label]:.2f} times django (bar 5)")
        print(f"{label}: {middle['smtp-source'] / middle[label]:.3f} of smtp-source (bar 0.13)")
    for label in ours:
        alone_ = label.partition(", 2 processes")[0]
        if alone_ != label and alone_ in middle:
            kept = statistics.median(run["busy"] / run["seconds"] for run in runs[alone_])
            print(f"two processes: {middle[alone_] / middle[label]:.2f} times one (bar 1.6)")
            most = (os.cpu_count() or 1) / kept
            print(f"one keeps {kept:.2f} cores busy: two can be {most:.2f} times as fast at most")


if __name__ == "__main__":
    main()
