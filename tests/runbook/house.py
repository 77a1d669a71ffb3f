"""The house in which RUNBOOK.md is played, as `tocsin init` sets it up, and how far the incident has come there."""

import json
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from tests.bouncing import prose
from tests.runbook.desk import Desk
from tocsin.app import real_now
from tocsin.cli import main
from tocsin.sinks.mail import MailSink
from tocsin.sinks.slack import SlackSink
from tocsin.storage import clock as stored_clock

#: 02:40 on a Tuesday in Ho Chi Minh City.
BEGINNING = datetime.fromisoformat("2026-11-24T02:40:00+07:00")

CUSTOMERS = (
    "id,name,email,locale,country,street",
    "cus_1,Mai,mai@example.com,vi,VN,",
    "cus_2,Jonas,jonas@example.org,de,DE,",
    "cus_3,Chloé,chloe@example.net,fr,FR,1 rue de l'Exemple; 75001 Paris",
    "cus_4,Wei,wei@example.com,en,SG,",
)
SOURCES = """\
customers:
  - name: accounts
    path: ../../desk/customers.csv
    country: VN
    place_basis: billing
    fields: {id: id, name: name, email: email, locale: locale, country: country, address: street}
logs:
  - name: gateway
    format: ndjson
    country: VN
    paths: [../../desk/gateway.ndjson]
    fields: {at: time, account: account, token: token, endpoint: path, method: method, status: status}
"""


def build_house(root: Path, mail: MailSink, slack: SlackSink) -> None:
    """What `tocsin init` writes, with the routes filled in; paths are relative, so that a house can be copied."""
    etc = root / "etc"
    assert main(["init", "--home", str(root / "var"), "--config", str(etc / "tocsin.toml")]) == 0
    token = root / "etc" / "secrets" / "slack-token"
    token.write_text(slack.token + "\n", encoding="utf-8")
    settings: Mapping[str, str] = {
        'mode = "production"': 'mode = "drill"',
        f'home = "{root / "var"}"': 'home = "../var"',
        f'master_key_file = "{etc / "master.key"}"': 'master_key_file = "master.key"',
        f'contacts = "{etc / "contacts"}"': 'contacts = "contacts"',
        f'templates = "{etc / "incident_templates"}"': 'templates = "incident_templates"',
        '# host = "smtp.internal"': 'host = "127.0.0.1"',
        "port = 587": f"port = {mail.port}",
        'tls = "starttls"': 'tls = "loopback-only"',
        "after_dot = 600": "after_dot = 5",
        f'# token_file = "{etc / "secrets"}/slack-token"': f'token_file = "{token}"',
        'base_url = "https://slack.com/api/"': f'base_url = "{slack.base_url}"',
    }
    text = (etc / "tocsin.toml").read_text(encoding="utf-8")
    for line, ours in settings.items():
        assert line in text, f"tocsin init writes no {line!r}"
        text = text.replace(line, ours)
    (etc / "tocsin.toml").write_text(text, encoding="utf-8")


def furnish(root: Path) -> None:
    """What lies on the desk: logs, customers, leaked tokens, proofs; and `tocsin` on the PATH."""
    desk = root / "desk"
    for folder in (desk, root / "bin", root / "srv" / "keys", root / "srv" / "backup", root / "var" / "log"):
        folder.mkdir(parents=True, exist_ok=True)
    (root / "etc" / "contacts" / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    (desk / "customers.csv").write_text("\n".join(CUSTOMERS) + "\n", encoding="utf-8")
    requests = [
        {"time": f"2026-11-23T{hour:02d}:10:00Z", "account": f"cus_{hour % 4 + 1}", "token": "stolen"}
        for hour in range(20)
    ]
    rest = {"method": "GET", "path": "/v1/account", "status": "200"}
    log = "".join(json.dumps(request | rest) + "\n" for request in requests)
    (desk / "gateway.ndjson").write_text(log, encoding="utf-8")
    for name, words in {
        "tokens.txt": "stolen\n",
        "revoked.txt": "revoked 02:38\n",
        "receipt.txt": "received\n",
        "bounces.mbox": f"From MAILER-DAEMON Tue Nov 24 02:40:00 2026\n{prose('0' * 32).decode()}",
    }.items():
        (desk / name).write_text(words, encoding="utf-8")
    program = root / "bin" / "tocsin"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tocsin "$@"\n', encoding="utf-8")
    program.chmod(0o755)


# --- how far the incident is


def nothing_yet(desk: Desk) -> None:
    """An empty home, whose clock shows the hour of the book."""
    with desk.app() as app, app.database.write() as connection:
        stored_clock.set_offset(connection, BEGINNING - real_now())


def declared(desk: Desk) -> None:
    """Somebody has declared, and people are being called."""
    desk.say("declare 'Tokens in a public repository'", by="dung")


def answered(desk: Desk) -> None:
    """The first on call commands, and the DPO has answered."""
    desk.say("ack")
    desk.say("ack", by="an")


def scoped(desk: Desk) -> None:
    """It is known whom it hit, and what is owed."""
    desk.say("set type credential-leak --because tokens")
    desk.say(
        "learn detected_at=02:31 aware_at=02:35 our_role=controller violation=breach --source 'alert 4711'"
    )
    desk.say("scope --token @tokens.txt", by="giang")
    desk.say("assess --decide high --because 'live tokens'", by="an")


def written(desk: Desk) -> None:
    """The letter waits for approval."""
    desk.say("learn 'measures_taken={en: We revoked them., vi: Đã thu hồi.}' --source team")
    desk.say("learn 'advice_to_people={en: Make new ones., vi: Hãy tạo mới.}' --source team")
    desk.say("draft customers", by="an")


def approved(desk: Desk) -> None:
    """Two people have approved the letter."""
    for person in ("an", "bao"):
        desk.say("approve customers", by=person)


STAGES = (nothing_yet, declared, answered, scoped, written, approved)
