"""The console: where every link of every mail leads. It is asked as a browser would ask, and nothing is done there."""

from collections.abc import Iterator
from pathlib import Path

from tocsin.app import App
from tocsin.channels import one_line
from tocsin.doctor.finding import Finding, setting
from tocsin.domain.addresses import host_of, is_loopback

#: Seconds that it may take to answer: who follows a link waits no longer.
PATIENCE = 5.0
#: What a console that is away means to those who read mails.
CLOSED = "no link in a mail opens anything"


def console(app: App, config: Path | None) -> Iterator[Finding]:
    """Whether the address that mails lead to is answered by a console of ours; without one they carry no links."""
    url, where = app.settings.console_url, setting(config, "", "console_url")
    if url is None:
        words = "none: mails carry no links, and each deed takes a shell or Slack"
        yield Finding("warn", "console", words, f"{where}, then tocsin console")
        return
    here = is_loopback(host_of(url)[1])
    if app.settings.fenced and not here:
        yield Finding("warn", "console", f"{url} is not asked: a {app.settings.mode} stays on this machine")
        return
    trouble = _trouble_of(f"{url.rstrip('/')}/healthz", here=here)
    if trouble:
        words = f"{url} {trouble}: {CLOSED}"
        yield Finding("FAIL", "console", words, f"tocsin console, or tocsin up; or {where}")
    else:
        yield Finding("ok", "console", f"{url} answers")


def _trouble_of(address: str, *, here: bool) -> str | None:
    """What is wrong with who answers there; None for a console, also one that tells of a silent bell."""
    import ssl

    import httpx

    try:
        # A proxy of the environment knows the way to other machines, and none to this one. Whom the system trusts is
        # trusted, as by browsers: a company may have an authority of its own.
        answer = httpx.get(address, timeout=PATIENCE, trust_env=not here, verify=ssl.create_default_context())
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        return f"does not answer ({one_line(str(error)) or type(error).__name__})"
    try:
        said = answer.json()
    except ValueError:
        said = None
    # A proxy whose console is dead answers too.
    return (
        None
        if isinstance(said, dict) and "bell" in said
        else f"answers {answer.status_code}, and is no console"
    )
