"""Letters from the ledger to a mail server, against Django sending the same letters over the same wire.

    python bench/letters.py [letters]

Both hand over to one sink in a process of its own, in turns. Ours also reads each row from the ledger, opens what is
sealed, records every receipt and looks at the incident between two letters; Django has its messages in memory.
"""

import multiprocessing
import sys
import tempfile
import time
from pathlib import Path

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


def main(count: int) -> None:
    """Set the stage, send in turns, print both rates and their ratio."""
    with tempfile.TemporaryDirectory() as name:
        port, sink = _sink()
        try:
            app, key = _ready(Path(name), count, port)
            letters = _the_same_letters(app, key)
            ours = _timed(lambda: _send_ours(app, key))
            theirs = _timed(lambda: _send_django(letters, port))
        finally:
            sink.terminate()
    print(f"letters             {count}")
    print(f"tocsin              {ours:8.2f} s   {count / ours:8.0f} letters/s")
    print(f"django              {theirs:8.2f} s   {count / theirs:8.0f} letters/s")
    print(f"ratio (tocsin time / django time)   {ours / theirs:.2f}")


def _sink() -> tuple[int, multiprocessing.Process]:
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_serve, args=(there,), daemon=True)
    process.start()
    return here.recv(), process


def _serve(pipe: object) -> None:
    from tocsin.sinks.mail import MailSink

    with MailSink() as sink:
        pipe.send(sink.port)
        while True:
            time.sleep(1)
            sink.messages.clear()


def _ready(folder: Path, count: int, port: int) -> tuple[App, str]:
    """An incident whose letter is released and whose ledger is filled."""
    rows = [f"c{n},Nguyễn Văn {n},c{n}@example.com,{'vi' if n % 2 else 'en'},VN,active" for n in range(count)]
    (folder / "customers.csv").write_text("id,name,email,locale,country,status\n" + "\n".join(rows) + "\n")
    (folder / "sources.yaml").write_text(
        "customers:\n"
        "  - {name: customers, path: customers.csv, country: VN, place_basis: billing, "
        "fields: {id: id, email: email, name: name, locale: locale, country: country, status: status}}\n"
    )
    settings = Settings(
        mode="drill",
        home=folder / "home",
        sources=folder / "sources.yaml",
        mail=Mail(host="127.0.0.1", port=port, tls="loopback-only"),
    )
    app = open_app(settings, now=LeapingClock())
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
    return app, key


def _send_ours(app: App, key: str) -> None:
    [move] = [move for move in peek(app, key).plan.moves if isinstance(move, SendLetters)]
    perform(app, key, move)
    state = app.incident(key).notices[CUSTOMERS]
    assert state.mark == "sent", state


def _the_same_letters(app: App, key: str) -> list[tuple[str, str, str, str]]:
    write = writing(app, app.incident(key), CUSTOMERS)
    letters = []
    for _, person in readers(app, app.incident(key)):
        letter = write.letters.letter(write.reader(person), person.locale or "en")
        letters.append((person.email or "", letter.subject, letter.text, letter.html))
    return letters


def _send_django(letters: list[tuple[str, str, str, str]], port: int) -> None:
    """What send_mass_mail does (one connection, all messages), with the HTML part that our letters have."""
    from django.conf import settings
    from django.core.mail import EmailMultiAlternatives, get_connection

    if not settings.configured:
        backend = "django.core.mail.backends.smtp.EmailBackend"
        settings.configure(EMAIL_BACKEND=backend, EMAIL_HOST="127.0.0.1", EMAIL_PORT=port)
    connection = get_connection()
    messages = []
    for address, subject, text, html in letters:
        message = EmailMultiAlternatives(
            subject, text, "notices@streamonapi.example", [address], connection=connection
        )
        message.attach_alternative(html, "text/html")
        messages.append(message)
    connection.send_messages(messages)


def _timed(work: object) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
