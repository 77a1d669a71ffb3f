"""Setting a house up: one `tocsin.toml`, and folders of the company's own for contacts and templates.

What is there already is never touched, by this or by an upgrade: the company's folders lie over the shipped ones.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from string import Template

from tocsin.catalog import default_folders
from tocsin.domain.errors import Refused
from tocsin.settings import SYSTEM_HOME, default_home

#: Copied from the shipped folders, to be edited.
_CONTACTS = ("organisation.yaml", "people.yaml", "oncall.yaml", "escalation.yaml", "intake.yaml")
_TEMPLATES = ("data_map.yaml",)
#: Who may enter a folder, and who may read a file of ours.
_FOLDER, _FILE = 0o750, 0o640

_TOML = Template("""\
# Tocsin. The environment beats this file: TOCSIN_MODE is `mode`, TOCSIN_MAIL__HOST is `host` under [mail].
# Paths may be relative to this file, secrets and those under [tables] absolute. `tocsin doctor` checks all of it.

# production speaks to the world; demo speaks to this machine only.
mode = "production"

# Where data lie: database, vault, caches. One copy of it each day is the backup.
home = "$home"

# SQLite in the home, for one host, unless an address stands here. A password belongs into ~/.pgpass, not here.
# database = "postgresql://tocsin@db.internal/tocsin"

# The key that opens every incident's keys. Keep it, and its backup, apart from the home: together they are the data.
$key

# Your own files. Each lies over the shipped one of the same name; upgrades never touch them.
contacts = "$contacts"
templates = "$templates"

# Where logs and customers are read: sources.yaml among your contacts, unless another file stands here.
# sources = "/etc/tocsin/sources.yaml"

# Where people find the console; mails then carry links that do the next thing at once, and `tocsin up` starts it.
# console_url = "https://tocsin.internal"

# Lines on stderr: auto, text or json.
log = "auto"

[mail]
# The relay that takes our mail. Without a host, mail is DOWN.
# host = "smtp.internal"
port = 587
# starttls, implicit (port 465), or loopback-only for a relay on this machine.
tls = "starttls"
# username = "tocsin"
# The password stands alone in a file that only its owner reads.
# password_file = "$secrets/mail-password"
# Seconds to wait for the relay's last word. Less makes doubtful letters (RFC 5321, 4.5.3.2.6).
after_dot = 600
# Letters of one incident that may be on the wire at once; up to four incidents send side by side.
connections = 4
# What pages come from; letters to customers come from notice_sender in organisation.yaml.
# sender = "tocsin@your-company.com"

[slack]
# The bot token of the workspace app (packaging/slack/manifest.yaml), alone in a file. Without it, Slack is DOWN.
# token_file = "$secrets/slack-token"
base_url = "https://slack.com/api/"
# Seconds that Slack may take to answer.
timeout = 10
# How clicks and /tocsin come in. socket: we connect, and no address of ours is public; it takes an app-level token.
# http: Slack sends signed requests to host:port, behind your own TLS; it takes the signing secret.
mode = "socket"
# app_token_file = "$secrets/slack-app-token"
# signing_secret_file = "$secrets/slack-signing-secret"
# host = "127.0.0.1"
# port = 4243
# Nobody else is heard: the workspace is the token's own where no team_id stands here, and the app any it signs for.
# team_id = "T0123456789"
# app_id = "A0123456789"
# A message of an incident's channel that gets this emoji goes into its timeline.
emoji = "pushpin"
# Bytes of the largest file that is taken from a thread as evidence.
largest_file = 100000000

[prefect]
# Prefect's API. `tocsin up` starts one here and needs no line; a server of your own is named with its password.
# url = "http://127.0.0.1:4200/api"
# auth_file = "$secrets/prefect-auth"
port = 4200
# Seconds for which a run stays awake after its last move, since one entry rarely comes alone.
linger = 1.5

[bell]
# Seconds between two rounds of the loop that delivers, advances and wakes.
interval = 1.0

[console]
# Where its pages listen. What is reached from elsewhere stands behind a proxy that speaks TLS.
host = "127.0.0.1"
port = 4242
# Hours for which a browser stays signed in.
session_hours = 12

[links]
# Hours for which the links of a mail are good; those that approve a letter until its duty is due, at most so many.
hours = 24
approval_hours = 72

[intake]
# The mailbox of the privacy address, which the bell looks into, by IMAP over TLS. Without a host nobody does, and a
# mail system may hand messages to `tocsin intake` instead. What marks one urgent stands in contacts/intake.yaml.
# host = "imap.internal"
port = 993
# implicit, starttls (port 143), or loopback-only for a server on this machine.
tls = "implicit"
# username = "privacy"
# password_file = "$secrets/intake-password"
folder = "INBOX"
# Where a message goes once it is kept. It is made if it is missing.
processed = "Tocsin"
# Seconds between two looks, and seconds for which the server may be silent.
every = 60
timeout = 20
# Bytes of the largest message that is kept whole. Of a larger one the head is kept; the message stays where it is.
largest = 26214400

[ledger]
# Receipts of letters are recorded so many at a time: so many may be doubted after a crash.
batch = 100
# Seconds that a letter may be on its way before it counts as doubtful. Longer than after_dot.
lease = 700

[watchdog]
# For `tocsin watchdog`, on another machine: it alone reads this table. RUNBOOK 6. Whom it alarms, by its own relay:
# to = ["oncall@your-company.com"]
# host = "smtp.elsewhere"
# port = 587
# tls = "starttls"
# username = "watchdog"
# password_file = "$secrets/watchdog-password"
# sender = "watchdog@your-company.com"
# Where it looks: a database that it may read, or the console's address, or both.
# database = "postgresql://watchdog@db.internal/tocsin"
# address = "https://tocsin.internal/healthz"
# What it remembers from one look to the next; in the home, or in systemd's StateDirectory, unless it stands here.
# state = "/var/lib/tocsin-watchdog/watchdog.json"
# Seconds for which neither bell nor watch may live; seconds until it says so again; how far clocks may differ.
silence = 120
again = 900
skew = 300
""")

_SOURCES = """\
# Where requests and customers can be read, for `tocsin scope`. Edit, and save it as sources.yaml beside this file.
logs:
  - name: gateway
    format: ndjson                     # ndjson, csv, tsv or parquet; plain or gzip
    paths: [/var/log/gateway/*.ndjson.gz]
    fields: {at: time, account: customer_id, token: token, ip: client_ip, agent: user_agent,
      endpoint: path, status: status}
    country: VN                        # where these logs are kept
customers:
  - name: customers
    url: postgresql://reader@db.internal/crm   # any SQLAlchemy URL; or path: and format:
    table: customers
    fields: {id: id, email: email, name: name, locale: language, country: country}
    place_basis: billing
"""


@dataclass(frozen=True)
class Written:
    """One file or folder: whether it was made now, or was there and left alone."""

    path: Path
    made: bool


@dataclass(frozen=True)
class House:
    """What was set up, and where the settings stand."""

    config: Path
    home: Path
    files: tuple[Written, ...]


def set_up(home: Path | None = None, config: Path | None = None) -> House:
    """Write whatever is not there yet: /var/lib/tocsin and /etc/tocsin for root, else the user's own folders (XDG).

    Refused when a folder cannot be made or written.
    """
    home = (home or _usual_home()).expanduser().absolute()
    config = (config or _usual_place()).expanduser().absolute()
    folder = config.parent
    try:
        for each in (folder, home, folder / "contacts", folder / "incident_templates"):
            each.mkdir(parents=True, exist_ok=True, mode=_FOLDER)
        (folder / "secrets").mkdir(exist_ok=True, mode=0o700)
        files = [_write(config, _settings(home, folder)), *_overlays(folder)]
    except OSError as error:
        raise Refused(
            f"{error.filename or folder}: {error.strerror}; name other places with --home and --config"
        ) from None
    return House(config, home, tuple(files))


def _usual_home() -> Path:
    """Of root, the machine's: people share it by way of sudo. Else the user's own."""
    return SYSTEM_HOME if os.geteuid() == 0 else default_home()


def _usual_place() -> Path:
    if os.geteuid() == 0:
        return Path("/etc/tocsin/tocsin.toml")
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "tocsin" / "tocsin.toml"


def _settings(home: Path, folder: Path) -> str:
    # A home that has made its key already must go on finding it.
    old = home / "keys" / "master.key"
    key = f'master_key_file = "{_quoted(folder / "master.key")}"'
    return _TOML.substitute(
        home=_quoted(home),
        key=f"# {key}" if old.exists() else key,
        contacts=_quoted(folder / "contacts"),
        templates=_quoted(folder / "incident_templates"),
        secrets=_quoted(folder / "secrets"),
    )


def _quoted(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace('"', '\\"')


def _overlays(folder: Path) -> list[Written]:
    templates, contacts = default_folders()
    copies = [(contacts / name, folder / "contacts" / name) for name in _CONTACTS]
    copies += [(templates / name, folder / "incident_templates" / name) for name in _TEMPLATES]
    written = [_write(target, source.read_text(encoding="utf-8")) for source, target in copies]
    return [*written, _write(folder / "contacts" / "sources.yaml.sample", _SOURCES)]


def _write(path: Path, text: str) -> Written:
    try:
        with os.fdopen(
            os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE), "w", encoding="utf-8"
        ) as file:
            file.write(text)
    except FileExistsError:
        return Written(path, made=False)
    return Written(path, made=True)
