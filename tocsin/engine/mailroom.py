"""The mailbox of the privacy address, as the settings name it."""

from tocsin.app import App
from tocsin.domain.addresses import is_loopback
from tocsin.domain.errors import Refused
from tocsin.sources.mailbox import MailboxConfig


def config_of(app: App) -> MailboxConfig | None:
    """The mailbox that the settings name, or None. Refused where it must not be opened as it stands there."""
    ours = app.settings.intake
    if ours.host is None:
        return None
    loopback = is_loopback(ours.host)
    if app.settings.fenced and not loopback:
        raise Refused(f"intake.host = {ours.host}: a {app.settings.mode} home speaks to this machine only")
    if ours.tls == "loopback-only" and not loopback:
        raise Refused(
            f"mail from {ours.host} would travel in clear text; set intake.tls to implicit or starttls"
        )
    if ours.username is None or ours.password is None:
        raise Refused("intake.host needs intake.username and intake.password_file; tocsin.toml says how")
    return MailboxConfig(
        ours.host,
        ours.port,
        ours.tls,
        ours.username,
        ours.password.get_secret_value(),
        ours.folder,
        ours.processed,
        ours.timeout,
    )
