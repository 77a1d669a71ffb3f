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
    return Template(_text("tocsin.toml.template")).substitute(
        home=_quoted(home),
        key=f"# {key}" if old.exists() else key,
        contacts=_quoted(folder / "contacts"),
        templates=_quoted(folder / "incident_templates"),
        secrets=_quoted(folder / "secrets"),
    )


def _text(name: str) -> str:
    """One of the files beside this one, which are what is written."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _quoted(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace('"', '\\"')


def _overlays(folder: Path) -> list[Written]:
    templates, contacts = default_folders()
    copies = [(contacts / name, folder / "contacts" / name) for name in _CONTACTS]
    copies += [(templates / name, folder / "incident_templates" / name) for name in _TEMPLATES]
    written = [_write(target, source.read_text(encoding="utf-8")) for source, target in copies]
    return [*written, _write(folder / "contacts" / "sources.yaml.sample", _text("sources.yaml.sample"))]


def _write(path: Path, text: str) -> Written:
    try:
        with os.fdopen(
            os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE), "w", encoding="utf-8"
        ) as file:
            file.write(text)
    except FileExistsError:
        return Written(path, made=False)
    return Written(path, made=True)
