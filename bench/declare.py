"""`tocsin declare` as a process, against a twenty-line script with the same libraries that posts the same messages.

    python bench/declare.py [runs]

Both are fresh processes, in turns, speaking to the same two sinks: two people, by Slack and by mail each. The script
imports what `tocsin declare` itself loads of libraries, no other one, and speaks to each sink by the same client. Ours
also opens the database, checks the catalog, writes the timeline and its keys, and records how each page fared.

Two moments of each are measured from the start of the process: the first page that a sink has accepted, and the end
of the process, when every page is recorded and the card is printed.
"""

import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

BASELINE = """
import asyncio, email.message, os
import aiosmtplib, cryptography.hazmat.primitives.ciphers.aead, cyclopts, jinja2, pydantic
import pydantic_settings, slack_sdk.web.async_client, sqlalchemy
async def main():
    slack = slack_sdk.web.async_client.AsyncWebClient("xoxb-drill", base_url=os.environ["SLACK"])
    for person in ("U0SAMPLE001", "U0SAMPLE003"):
        await slack.chat_postMessage(channel=person, text="SEV1: call")
    smtp = aiosmtplib.SMTP(hostname="127.0.0.1", port=int(os.environ["MAIL"]), start_tls=False, use_tls=False)
    await smtp.connect()
    for person in ("linh@streamonapi.example", "an@streamonapi.example"):
        mail = email.message.EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "notices@streamonapi.example", person, "SEV1: call"
        mail.set_content("call")
        await smtp.send_message(mail)
    await smtp.quit()
    if slack.session: await slack.session.close()
asyncio.run(main())
"""


#: How many times as long as the script the first page may take.
BAR = 1.5


class Took(NamedTuple):
    """Seconds from the start of one process."""

    first_page: float
    whole: float


def main(runs: int) -> None:
    """Run both in turns, print the medians of both and their ratios."""
    here, there = multiprocessing.Pipe()
    sink = multiprocessing.Process(target=_serve, args=(there,), daemon=True)
    sink.start()
    mail, slack = here.recv()
    try:
        with tempfile.TemporaryDirectory() as name:
            ours, theirs = list[Took](), list[Took]()
            environment = _environment(Path(name), mail, slack)
            for number in range(runs + 1):
                command = [sys.executable, "-m", "tocsin", "declare", f"bench {number}", "--as", "dung"]
                first = _timed(command, environment, here)
                second = _timed([sys.executable, "-c", BASELINE], environment, here)
                if number:  # the first of each warms the disk's cache and makes the database
                    ours.append(first)
                    theirs.append(second)
    finally:
        sink.terminate()
    for what, moment in (("first page accepted", "first_page"), ("the whole process", "whole")):
        mine, its = (statistics.median(getattr(each, moment) for each in both) for both in (ours, theirs))
        print(f"{what}: tocsin declare {mine * 1000:.0f} ms, twenty-line script {its * 1000:.0f} ms")
        said = f"; bar {BAR}: {'kept' if mine / its <= BAR else 'MISSED'}" if moment == "first_page" else ""
        print(f"ratio (declare time / script time)  {mine / its:.2f}, medians of {runs}{said}")


def _serve(pipe: Connection) -> None:
    """The two sinks. Asked with a moment, they say when the first page after it was accepted."""
    from tocsin.sinks.mail import MailSink
    from tocsin.sinks.slack import SlackSink

    accepted = list[float]()

    class Stamped(MailSink):
        def keep(self, *letter: Any) -> Any:
            kept = super().keep(*letter)
            accepted.append(time.time())
            return kept

    with Stamped() as mail, SlackSink(token="xoxb-drill", people=["U0SAMPLE001", "U0SAMPLE003"]) as slack:
        pipe.send((mail.port, slack.base_url))
        while True:
            since = pipe.recv()
            pages = [*accepted, *(float(message.ts) for message in slack.messages)]
            pipe.send(min(page for page in pages if page >= since))


def _environment(home: Path, mail: int, slack: str) -> dict[str, str]:
    # As they are installed: a wheel's modules are compiled, and so are those of the libraries.
    ours = {name: each for name, each in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return ours | {
        "TOCSIN_HOME": str(home),
        "TOCSIN_MODE": "drill",
        "TOCSIN_MAIL__HOST": "127.0.0.1",
        "TOCSIN_MAIL__PORT": str(mail),
        "TOCSIN_MAIL__TLS": "loopback-only",
        "TOCSIN_SLACK__TOKEN": "xoxb-drill",
        "TOCSIN_SLACK__BASE_URL": slack,
        "MAIL": str(mail),
        "SLACK": slack,
    }


def _timed(command: list[str], environment: dict[str, str], sinks: Connection) -> Took:
    start = time.time()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    end = time.time()
    sinks.send(start)
    return Took(sinks.recv() - start, end - start)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
