"""Where the files are: the folders that Tocsin ships, and overlays on them, of which the later wins."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from tocsin.domain.errors import Refused

#: The one file of the contacts that nothing but `tocsin run` needs.
COMMANDS = "commands.yaml"
_PACKAGE = Path(__file__).resolve().parent.parent


def default_folders() -> tuple[Path, Path]:
    """The shipped (incident_templates, contacts): beside the package in a checkout, inside it in a wheel."""
    for root in (_PACKAGE.parent, _PACKAGE / "_shipped"):
        # Any project may have a folder named contacts; only ours has this file.
        if (root / "incident_templates" / "data_map.yaml").is_file():
            return root / "incident_templates", root / "contacts"
    raise Refused(f"{_PACKAGE}: the shipped incident_templates are missing; install tocsin again")


def overlaid(folders: Sequence[Path]) -> Mapping[str, Path]:
    """Path inside the folder (with `/`) to the file of the last folder that has it, in order of paths."""
    found: dict[str, Path] = {}
    for folder in folders:
        found |= files_in(folder)
    return dict(sorted(found.items()))


def layers(folders: Sequence[Path], name: str) -> tuple[Path, ...]:
    """The files of this name, one of each folder that has it, in the order of the folders."""
    for folder in folders:
        must_be_there(folder)
    return tuple(folder / name for folder in folders if (folder / name).is_file())


def files_in(folder: Path) -> dict[str, Path]:
    """Path inside the folder (with `/`) to each file in it. Every command asks, so it goes by the quickest way."""
    must_be_there(folder)
    found: dict[str, Path] = {}
    begins = len(os.path.join(folder, ""))  # noqa: PTH118
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if _is_meant(name)]
        for name in filter(_is_meant, names):
            path = os.path.join(place, name)  # noqa: PTH118  # a Path for each step takes five times as long
            if os.path.isfile(path):  # noqa: PTH113
                found[path[begins:].replace(os.sep, "/")] = Path(path)
    return found


def _is_meant(name: str) -> bool:
    """Hidden files and what editors leave behind are nobody's templates."""
    return not name.startswith((".", "#")) and not name.endswith("~")


def must_be_there(folder: Path) -> None:
    """Refuse a folder that is none."""
    if not folder.is_dir():
        raise Refused(f"{folder}: no such folder; create it or take it out of the settings")
