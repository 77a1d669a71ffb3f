"""Verbs about this machine: setting it up, asking whether it is well."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from tocsin.cli.console import (
    READING,
    UNREACHED,
    Reading,
    Shell,
    alarm,
    bold,
    clean,
    columns,
    labelled,
)
from tocsin.cli.moments import span
from tocsin.cli.unreached import unconfirmed_words, unreached_lines

if TYPE_CHECKING:
    from tocsin.doctor import Examination
    from tocsin.doctor.standing import Standing


def init(
    home: Annotated[
        Path | None,
        Parameter(help="Where data will lie; for root /var/lib/tocsin, else your own data folder."),
    ] = None,
    config: Annotated[
        Path | None,
        Parameter(help="Where tocsin.toml will stand; for root /etc/tocsin, else your own ~/.config/tocsin."),
    ] = None,
) -> None:
    """Write tocsin.toml, and folders of your own for contacts and templates. What is there is left alone."""
    import sys

    from tocsin.settings import load_settings
    from tocsin.setup import set_up

    house = set_up(home, config)
    load_settings(house.config)
    lines = [f"{'wrote' if each.made else 'kept '} {clean(each.path)}" for each in house.files]
    folder = house.config.parent
    if _in_force() != house.config:
        lines.append(f"\nIt is not in a usual place: export TOCSIN_CONFIG={clean(house.config)}")
    lines += [
        "",
        f"1. Edit {clean(folder / 'contacts')}: organisation, people, on-call. Take `sample: true` away line by line.",
        f"2. Edit {clean(house.config)}: [mail] and [slack]; secrets alone in files under {clean(folder / 'secrets')}.",
        "3. tocsin doctor            until nothing fails",
        "4. tocsin doctor --page me  a test page to yourself",
        "5. tocsin up                and, any time: tocsin drill",
        "",
        _who_may(house.home),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


def _who_may(home: Path) -> str:
    """How the others type: a home belongs to one Unix user, whose files nobody else opens."""
    import pwd

    owner = home.stat().st_uid
    if owner == 0:
        return (
            f"{clean(home)} belongs to root, so everybody types `sudo tocsin ...`, for `up` too.\n"
            "Behind sudo the person who typed it counts, by `unix: ACCOUNT` in people.yaml."
        )
    return (
        f"{clean(home)} belongs to {pwd.getpwuid(owner).pw_name}, and only this account can use it.\n"
        "A home for several people on this machine: sudo tocsin init"
    )


def _in_force() -> Path | None:
    from tocsin.domain.errors import Refused
    from tocsin.settings import config_file

    try:
        found = config_file()
    except Refused:
        return None
    return found.absolute() if found else None


def doctor(
    page: Annotated[str | None, Parameter(help="Send PERSON (or `me`) a test page by each route.")] = None,
    door: Reading = READING,
) -> int:
    """Look at everything that must work tonight. Each failure names the line to change; exit status 1 if any."""
    from tocsin.doctor import examine
    from tocsin.settings import config_file, load_settings

    if page is not None:
        return _test_page(page, door)
    examination = examine(load_settings(), config_file())
    if door.json:
        _document(examination)
    else:
        _report(examination)
    return 0 if examination.well else 1


def _report(found: "Examination") -> None:
    import sys

    where = clean(found.config) if found.config else "no tocsin.toml"
    lines = [f"{bold(found.mode)} {where}    schema {found.schema}"]
    order = {"FAIL": 0, "warn": 1, "ok": 2}
    rows = [
        (
            f"{each.level:<4}",
            each.subject,
            clean(each.words) + (f"  -> {clean(each.remedy)}" if each.remedy else ""),
        )
        for each in sorted(found.findings, key=lambda each: order[each.level])
    ]
    lines += [alarm(line) if line.startswith("FAIL") else line for line in columns(rows)]
    sys.stdout.write("\n".join(lines) + "\n")


def _document(found: "Examination") -> None:
    import json
    import sys

    document = {
        "mode": found.mode.lower(),
        "config": str(found.config) if found.config else None,
        "schema": found.schema,
        "well": found.well,
        "findings": [each.as_json() for each in found.findings],
    }
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def _test_page(who: str, door: Reading) -> int:
    """0 when every route took it, else 3: somebody who had to be reached was not."""
    from tocsin.actors import known
    from tocsin.doctor.testpage import send_test_page

    with door.open() as shell:
        asker = known(shell.actor)
        person = asker.id if who == "me" else who
        sent = send_test_page(shell.app, person, asked_by=asker.name)
        shell.give({"person": person, "routes": [each.__dict__ for each in sent]})
        for each in sent:
            level = "ok  " if each.taken else alarm("FAIL")
            shell.say(
                f"{level} {each.route:<6} {person}: {'taken: ' if each.taken else ''}{clean(each.reply)}"
            )
        if all(each.taken for each in sent):
            shell.say(f"Handed over, which is not read: ask {person} whether it came, and woke somebody up.")
            return 0
        return UNREACHED


def status(door: Reading = READING) -> None:
    """Routes with their last success and queue, heartbeats, what is set apart, the oldest move that waits."""
    from tocsin.doctor.standing import standing
    from tocsin.views.access import excluding
    from tocsin.views.calls import unreached

    with door.open() as shell:
        unseen = excluding(shell.app, shell.actor)
        now, silent = standing(shell.app, without=unseen), unreached(shell.app, without=unseen)
        shell.give(now.as_json() | {"unreached": list(silent)})
        shell.say(*unreached_lines(*silent), *_standing(shell, now))


def _standing(shell: Shell, now: "Standing") -> list[str]:
    from tocsin.cli.waiting import intake_lines
    from tocsin.doctor.console import CLOSED
    from tocsin.doctor.finding import ago, since
    from tocsin.storage.clock import SILENT, is_silent

    lines = []
    for route in now.routes:
        last = f"last success {shell.at(route.last_success)}" if route.last_success else "no success yet"
        queue = f"{route.waiting} waiting" + (f" since {shell.at(route.oldest)}" if route.oldest else "")
        words = f"{last}, {queue}"
        down = f"DOWN: {clean(route.down)}; {words}" if route.down else words
        lines.append(labelled(route.name, down, urgent=route.down is not None))
    instead, closed = "; watch rings in its stead" if now.stood_in else "", f"; {CLOSED}"
    settings = shell.app.settings
    for name in ("bell", "watch", "runner", "slack", "console"):
        beat = now.parts.get(name)
        if beat is None and name == "slack" and not settings.slack.listens:
            continue
        if name == "console" and settings.console_url is None:
            continue
        if beat is None:
            asleep = f"asleep, last woken {ago(shell.app.clock() - now.woken)} ago" if now.woken else ""
            missed = name in ("bell", "console") or (name == "watch" and now.watched)
            words = (
                asleep if name == "runner" and asleep else "SILENT, never beat" if missed else "never beat"
            )
            words += instead if name == "bell" else closed if name == "console" else ""
            lines.append(labelled(name, words, urgent=missed))
            continue
        # A runner beats only while a run is awake.
        silent = name != "runner" and is_silent(beat.age, SILENT[name])
        words = f"{'SILENT, last beat' if silent else 'beat'} {since(beat.age)}"
        words += instead if name == "bell" else ""
        words += closed if name == "console" and silent else ""
        trouble = (beat.detail or {}).get("trouble") if name == "slack" else None
        words += f"; {clean(trouble)}" if trouble else ""
        stuck = False
        if name == "slack" and now.inbox_since:
            waits = shell.app.clock() - now.inbox_since
            words += f"; {now.inbox} to be worked off, the oldest for {ago(waits)}"
            stuck = waits > timedelta(minutes=1)
        lines.append(labelled(name, words, urgent=silent or stuck or bool(trouble)))
    if now.restored:
        held = f"letters and old messages are HELD since a restore of the backup of {shell.at(now.restored)}"
        lines.append(labelled("outbox", f"{held}; tocsin resume --restored", urgent=True))
    for key in dict.fromkeys(key for key, _ in now.unconfirmed):
        whom = unconfirmed_words(who for about, who in now.unconfirmed if about == key)
        lines.append(labelled("sent", f"{key}: {whom}", urgent=True))
    for key, why in now.quarantined.items():
        lines.append(labelled(key, f"SET APART: {clean(why)}; tocsin verify {key}", urgent=True))
    overdue = f"oldest waits {span(now.oldest_overdue)}" if now.oldest_overdue else "nothing"
    late = now.oldest_overdue > timedelta(minutes=1)
    incidents = "incident" if now.open == 1 else "incidents"
    lines += intake_lines(shell, now)
    lines.append(labelled("overdue", f"{overdue}; {now.open} {incidents} open", urgent=late))
    return lines
