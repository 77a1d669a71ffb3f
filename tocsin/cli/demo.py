"""The demo's ground: a home of its own that speaks to sinks on this machine, and the settings that say so.

The sinks keep what they are given: mails as files, Slack's posts as lines of JSON. Nobody real is ever reached.
Customers, the logs of three days and a list of leaked tokens lie in `world/`, invented: what `tocsin scope` reads.
"""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from tocsin.settings import Console, Settings, default_home, load_settings

#: Small enough to be made while somebody waits for the demo.
_WORLD = {"customers": 300, "log_lines": 6_000, "leaked": 24}
#: What the sink takes for a workspace token.
_TOKEN = "xoxb-demo"  # noqa: S105 - opens nothing


@contextmanager
def demo_home(home: Path | None = None) -> Iterator[tuple[Settings, Path, str]]:
    """(settings, their file, the keeper's mark), for as long as the sinks live. The home stays, for the next demo.

    Raises Refused while another demo is up.
    """
    from tocsin.catalog import default_folders, load_catalog
    from tocsin.sinks.mail import MailSink
    from tocsin.sinks.slack import SlackSink
    from tocsin.up.keeping import kept

    home = home or default_home() / "demo"

    templates, contacts = default_folders()
    cast = load_catalog([templates], [contacts]).contacts.people
    with ExitStack() as open_:
        # Before anything is written: the file names the sinks of the demo that is up.
        mark = open_.enter_context(kept(home))
        mail = open_.enter_context(MailSink(folder=home / "mail"))
        people = [person.slack for person in cast if person.slack]
        slack = open_.enter_context(SlackSink(token=_TOKEN, people=people, journal=home / "slack.jsonl"))
        config = _written(home, mail.port, slack.base_url, _world(home / "world"), _free_port())
        yield load_settings(config), config, mark


def leaked_tokens(home: Path) -> Path:
    """What somebody found in a public place, in the world of a demo."""
    return home / "world" / "leaked-tokens.txt"


def _world(folder: Path) -> Path:
    """The file that declares the demo's logs and customers; made by the first demo of a home."""
    from tocsin.drill.stage import prepare_world, sources_file

    declared = sources_file(folder)
    if not declared.is_file():
        prepare_world(folder, seed=1, found=datetime.now(UTC).replace(microsecond=0), **_WORLD)
    return declared


def _free_port() -> int:
    """Where the console listens: its usual port, or any other while something else has that."""
    for port in (Console().port, 0):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)) as tried:
            return int(tried.getsockname()[1])
    return Console().port


def _written(home: Path, mail_port: int, slack_url: str, sources: Path, console_port: int) -> Path:
    """The settings as a file, which every process of the demo and every shell that joins it reads."""
    config, token = home / "tocsin.toml", home / "slack-token"
    token.write_text(f"{_TOKEN}\n", encoding="utf-8")
    # A JSON string is a TOML one.
    lines = [
        "# Written anew by each `tocsin up --demo`.",
        'mode = "demo"',
        f"home = {json.dumps(str(home))}",
        f"sources = {json.dumps(str(sources))}",
        f'console_url = "http://127.0.0.1:{console_port}"',
        "[console]",
        f"port = {console_port}",
        "[mail]",
        'host = "127.0.0.1"',
        f"port = {mail_port}",
        'tls = "loopback-only"',
        "[slack]",
        f"token_file = {json.dumps(str(token))}",
        f"base_url = {json.dumps(slack_url)}",
    ]
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return config
