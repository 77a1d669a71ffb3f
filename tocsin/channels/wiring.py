"""From settings to channels. A route that nobody configured is None: it is DOWN, and shown so.

The fence: a demo or drill home speaks to this machine only. Whatever its settings say, no channel of it is opened to
any other host.
"""

from typing import TYPE_CHECKING, Any

from tocsin.channels import Channel
from tocsin.domain.addresses import is_loopback
from tocsin.domain.errors import Refused

if TYPE_CHECKING:
    from tocsin.settings import Settings


def mail(app: Any) -> Channel | None:
    """The mail relay."""
    from tocsin.channels.email import MailChannel, SmtpConfig

    settings: Settings = app.settings
    if settings.mail.host is None:
        return None
    _fence(settings, settings.mail.host, "mail.host")
    return MailChannel(SmtpConfig.of(settings.mail, after_dot=settings.mail.after_dot))


def slack(app: Any) -> Channel | None:
    """The Slack workspace."""
    from urllib.parse import urlsplit

    from tocsin.channels.slack import SlackChannel, SlackConfig

    settings: Settings = app.settings
    if settings.slack.token is None:
        return None
    _fence(settings, urlsplit(settings.slack.base_url).hostname or "", "slack.base_url")
    token = settings.slack.token.get_secret_value()
    return SlackChannel(SlackConfig(token, settings.slack.base_url, settings.slack.timeout))


def command(app: Any) -> Channel | None:
    """The gateways to telephones that `contacts/escalation.yaml` lists."""
    from tocsin.channels.command import CommandChannel

    gateways = app.catalog.contacts.gateways
    return CommandChannel(gateways, fenced=app.settings.fenced) if gateways else None


#: Every route by its name, or the part of it before the colon.
ROUTES = {"email": mail, "slack": slack, "command": command}


def _fence(settings: "Settings", host: str, name: str) -> None:
    if settings.fenced and not is_loopback(host):
        raise Refused(f"{name} = {host}: a {settings.mode} home speaks to this machine only")
