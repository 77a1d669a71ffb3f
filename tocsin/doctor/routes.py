"""The roads out of the house: the mail relay, Slack, Prefect. Each is asked, and nothing is sent."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

from tocsin.app import App
from tocsin.channels import Channel
from tocsin.doctor.finding import Finding, setting
from tocsin.domain.addresses import is_loopback
from tocsin.domain.message import Undelivered
from tocsin.domain.notice import window_words
from tocsin.domain.transfers import unfounded_relay
from tocsin.storage import clock as beats

T = TypeVar("T")

#: What the Slack app must be allowed to do: post, write to a person, and look whether a doubtful message is there.
SCOPES = frozenset({"chat:write", "im:write", "im:history"})
#: And where there are rooms: keep a private channel for each incident, its card and its bookmarks.
ROOMS = frozenset("groups:read groups:write groups:history pins:write bookmarks:read bookmarks:write".split())
#: And where it listens: `/tocsin`, marked messages, files in threads.
HEARING = frozenset({"commands", "reactions:read", "files:read"})
#: Which setting is to blame for a relay that fails in this phase.
_BLAMED = {"starttls": "tls", "auth": "password_file", "ehlo": "port", "connect": "host"}
#: Seconds that a road may take to answer, and that the DNS may.
PATIENCE, DNS_PATIENCE = 15.0, 3.0


def mail(app: App, config: Path | None) -> Iterator[Finding]:
    """The relay takes our mail, encrypted where it is not this machine; the sender's domain vouches for it."""
    channel = app.routes["email"](app)
    if channel is None:
        yield Finding("FAIL", "mail", "DOWN: not configured", setting(config, "mail", "host"))
        return
    try:
        said = _ask(channel, channel.check())  # type: ignore[attr-defined]
    except Undelivered as failure:
        blamed = setting(config, "mail", _BLAMED.get(failure.phase, "host"))
        yield Finding("FAIL", "mail", f"DOWN: {failure.reason}", blamed)
    else:
        yield Finding("ok", "mail", said)
    if app.settings.fenced:
        return
    yield returns(app, config)
    yield from border(app, config)
    if not is_loopback(app.settings.mail.host or ""):
        yield from sender(app, config)


def letters(app: App, config: Path | None) -> Iterator[Finding]:
    """What a crash costs while letters leave."""
    yield Finding("ok", "letters", f"{window_words(app.settings.ledger.batch)} (batch in [ledger])")


def border(app: App, config: Path | None) -> Iterator[Finding]:
    """The country of a relay that is not this machine is declared; abroad, so is on what basis letters go there."""
    ours, home = app.settings.mail, app.catalog.contacts.organisation.established_in
    if ours.country is None and is_loopback(ours.host or ""):
        return
    if missing := unfounded_relay(home, ours.country, ours.transfer):
        name = "transfer" if ours.country else "country"
        yield Finding("FAIL" if ours.country else "warn", "mail", missing, setting(config, "mail", name))
        return
    basis = f", on the basis of {ours.transfer}" if ours.transfer else ""
    yield Finding("ok", "mail", f"the relay stands in {ours.country}{basis}")


def returns(app: App, config: Path | None) -> Finding:
    """Letters that cannot be delivered come back where it shows which they were."""
    if mailbox := app.settings.mail.bounces:
        return Finding("ok", "mail", f"letters that cannot be delivered come back to {mailbox}")
    address = app.catalog.contacts.organisation.notice_sender
    words = f"letters that cannot be delivered come back to {address}, and do not say which they are"
    return Finding("warn", "mail", words, setting(config, "mail", "bounces"))


def sender(app: App, config: Path | None) -> Iterator[Finding]:
    """SPF (RFC 7208) and DMARC (RFC 7489) of the domain that letters come from."""
    address = app.settings.mail.sender or app.catalog.contacts.organisation.notice_sender
    domain = address.rpartition("@")[2]
    for what, name, mark in (("SPF", domain, "v=spf1"), ("DMARC", f"_dmarc.{domain}", "v=DMARC1")):
        records = _text_records(name)
        if records is None:
            yield Finding("warn", "mail", f"{what} of {domain}: the DNS does not answer")
        elif not any(record.lower().startswith(mark.lower()) for record in records):
            remedy = f"add a TXT record {mark} at {name}, or change {setting(config, 'mail', 'sender')}"
            yield Finding("FAIL", "mail", f"{domain} has no {what}: letters would be taken for fraud", remedy)
        else:
            yield Finding("ok", "mail", f"{what} of {domain} is there")


def _text_records(name: str) -> list[str] | None:
    """TXT records of a name; empty when there are none, None when the DNS cannot be asked."""
    import dns.exception
    import dns.resolver

    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=DNS_PATIENCE)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError):
        return None
    return [b"".join(record.strings).decode("ascii", "replace") for record in answer]


def slack(app: App, config: Path | None) -> Iterator[Finding]:
    """The workspace knows us, and lets us do what a page needs."""
    channel = app.routes["slack"](app)
    if channel is None:
        where = setting(config, "slack", "token_file")
        yield Finding("FAIL", "Slack", "DOWN: not configured", where)
        return
    try:
        said, granted = _ask(channel, _asked_slack(channel))
    except Undelivered as failure:
        key = "base_url" if failure.phase == "connect" else "token_file"
        yield Finding("FAIL", "Slack", f"DOWN: {failure.reason}", setting(config, "slack", key))
        return
    slack = app.settings.slack
    wanted = SCOPES | (ROOMS if slack.rooms else frozenset()) | (HEARING if slack.listens else frozenset())
    lacking = sorted(wanted - granted) if granted is not None else []
    if lacking:
        remedy = "reinstall the manifest: packaging/slack/manifest.yaml"
        yield Finding("FAIL", "Slack", f"lacks {', '.join(lacking)}", remedy)
    else:
        yield Finding(
            "ok", "Slack", said + ("" if granted is not None else "; it does not say what we may do")
        )


def hearing(app: App, config: Path | None) -> Iterator[Finding]:
    """Clicks and `/tocsin` are heard: configured, and `tocsin slack` lives and is connected."""
    slack = app.settings.slack
    if slack.token is None:
        return
    if not slack.listens:
        key = "app_token_file" if slack.mode == "socket" else "signing_secret_file"
        yield Finding(
            "warn", "Slack", "clicks and /tocsin are not heard: not configured", setting(config, "slack", key)
        )
        return
    with app.database.read() as connection:
        beat = beats.beats(connection).get("slack")
    if beat is None or beats.is_silent(app.clock() - beat[0], beats.SILENT["slack"]):
        words = "clicks and /tocsin are not heard: tocsin slack does not run"
        yield Finding("warn" if beat is None else "FAIL", "Slack", words, "tocsin slack, or tocsin up")
    elif trouble := (beat[1] or {}).get("trouble"):
        yield Finding("FAIL", "Slack", f"clicks and /tocsin are not heard: {trouble}", "its log says more")
    else:
        yield Finding("ok", "Slack", "clicks and /tocsin are heard")


async def _asked_slack(channel: Any) -> tuple[str, frozenset[str] | None]:
    return await channel.check(), await channel.scopes()


def _ask(channel: Channel, question: Coroutine[Any, Any, T]) -> T:
    async def asked() -> T:
        try:
            return await asyncio.wait_for(question, PATIENCE)
        except TimeoutError:
            raise Undelivered("down", "connect", f"no answer within {PATIENCE:g} s", None) from None
        finally:
            await channel.close()

    return asyncio.run(asked())


def prefect(app: App, config: Path | None) -> Iterator[Finding]:
    """Prefect shows and runs; without it the bell does everything, and managers see nothing."""
    found = _prefect_of(app)
    if found is None:
        where = setting(config, "prefect", "url")
        yield Finding("warn", "Prefect", "not configured: no dashboard, the bell does the work", where)
        return
    import httpx

    from tocsin.wake import DEPLOYMENT, connect

    url, password = found
    try:
        auth = password.read_text(encoding="utf-8").strip() if password else None
        with closing(connect(url, auth)) as client:
            answer = client.get(f"deployments/name/{DEPLOYMENT}")
    except OSError as error:
        where = setting(config, "prefect", "auth_file")
        yield Finding("FAIL", "Prefect", f"its password cannot be read: {error.strerror}", where)
    except httpx.HTTPStatusError as error:
        yield _deployed(error.response.status_code, url, config)
    except httpx.HTTPError as error:
        words = f"{url} does not answer ({type(error).__name__})"
        yield Finding("FAIL", "Prefect", words, f"tocsin up, or {setting(config, 'prefect', 'url')}")
    else:
        yield _deployed(answer.status_code, url, config)


def _prefect_of(app: App) -> tuple[str, Path | None] | None:
    """(its API, its password file): as configured, else what `tocsin up` has started in this home."""
    settings = app.settings.prefect
    if settings.url:
        return settings.url, settings.auth_file
    ours = app.settings.home / "prefect" / "auth"
    return (f"http://127.0.0.1:{_port_of(app)}/api", ours) if ours.is_file() else None


def _port_of(app: App) -> int:
    """Where `tocsin up` has put its Prefect the last time: `--port` is not in the settings."""
    try:
        return int(app.settings.prefect_port_file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return app.settings.prefect.port


def _deployed(status: int, url: str, config: Path | None) -> Finding:
    if status in (401, 403):
        return Finding("FAIL", "Prefect", "wants another password", setting(config, "prefect", "auth_file"))
    if status == 404:
        return Finding("FAIL", "Prefect", "does not know our flows", "prefect --no-prompt deploy --all")
    if status != 200:
        return Finding("FAIL", "Prefect", f"answers {status}", "see its log")
    return Finding("ok", "Prefect", f"{url}, flows deployed")
