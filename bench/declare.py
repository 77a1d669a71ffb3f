"""`tocsin declare` as a process, against a twenty-line script with the same libraries that posts the same messages.

    python bench/declare.py [runs]

Both are fresh processes, in turns, speaking to the same two sinks: two people, by Slack and by mail each. Ours also
opens the database, checks the catalog, writes the timeline and its keys, and records how each page fared.
"""

import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BASELINE = """
import asyncio, email.message, os
import aiosmtplib, cryptography.hazmat.primitives.ciphers.aead, cyclopts, email_validator, jinja2, pydantic
import pydantic_settings, slack_sdk.web.async_client, sqlalchemy, structlog
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


def main(runs: int) -> None:
    """Run both in turns, print both medians and their ratio."""
    here, there = multiprocessing.Pipe()
    sink = multiprocessing.Process(target=_serve, args=(there,), daemon=True)
    sink.start()
    mail, slack = here.recv()
    try:
        with tempfile.TemporaryDirectory() as name:
            ours, theirs = [], []
            environment = _environment(Path(name), mail, slack)
            for number in range(runs + 1):
                command = [sys.executable, "-m", "tocsin", "declare", f"bench {number}", "--as", "dung"]
                first = _timed(command, environment)
                second = _timed([sys.executable, "-c", BASELINE], environment)
                if number:  # the first of each warms the disk's cache and makes the database
                    ours.append(first)
                    theirs.append(second)
    finally:
        sink.terminate()
    mine, its = statistics.median(ours), statistics.median(theirs)
    print(f"tocsin declare      {mine * 1000:8.0f} ms median of {runs}")
    print(f"twenty-line script  {its * 1000:8.0f} ms")
    print(f"ratio (declare time / script time)  {mine / its:.2f}")


def _serve(pipe: object) -> None:
    from tocsin.sinks.mail import MailSink
    from tocsin.sinks.slack import SlackSink

    with MailSink() as mail, SlackSink(token="xoxb-drill", people=["U0SAMPLE001", "U0SAMPLE003"]) as slack:
        pipe.send((mail.port, slack.base_url))
        while True:
            time.sleep(1)


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


def _timed(command: list[str], environment: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
