"""Mailboxes of ours, as the settings name them: that of the privacy address, and that to which letters come back."""

from typing import Literal

from tocsin.app import App
from tocsin.domain.addresses import is_loopback
from tocsin.domain.errors import Refused
from tocsin.setting_tables import Mailbox
from tocsin.sources.mailbox import MailboxConfig

Which = Literal["intake", "bounces"]


def config_of(app: App, which: Which = "intake") -> MailboxConfig | None:
    """The mailbox that this table of the settings names, or None. Refused where it must not be opened as it stands."""
    ours = settings_of(app, which)
    if ours.host is None:
        return None
    loopback = is_loopback(ours.host)
    if app.settings.fenced and not loopback:
        raise Refused(f"{which}.host = {ours.host}: a {app.settings.mode} home speaks to this machine only")
    if ours.tls == "loopback-only" and not loopback:
        raise Refused(
            f"mail from {ours.host} would travel in clear text; set {which}.tls to implicit or starttls"
        )
    if ours.username is None or ours.password is None:
        raise Refused(f"{which}.host needs {which}.username and {which}.password_file; tocsin.toml says how")
    return MailboxConfig(
        ours.host,
        ours.port,
        ours.tls,
        ours.username,
        ours.password.get_secret_value(),
        ours.folder,
        ours.processed,
        ours.timeout,
        table=which,
    )


def settings_of(app: App, which: Which) -> Mailbox:
    """The table of the settings that names it."""
    return app.settings.intake if which == "intake" else app.settings.bounces
