"""What reading does not show: whether each form sets a page, and each message to our own people can be written."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from tocsin.app import App
from tocsin.catalog.folders import overlaid
from tocsin.doctor.finding import Finding
from tocsin.domain.errors import BadFile
from tocsin.packs import template_folders


def forms(app: App) -> Iterator[Finding]:
    """Each form sets a page, of placeholders."""
    from tocsin.rendering.form import papers_of
    from tocsin.rendering.trial import try_form, try_register

    folder = app.pack_folder(app.catalog)
    laws = sorted(path for path in (folder / "regimes").iterdir() if path.is_dir())
    contacts, now = app.catalog.contacts, app.now()
    tries = {
        f"{law.name}/{name}": partial(try_form, law, name, contacts, now)
        for law in laws
        for name in papers_of(law)
    }
    tries["register"] = partial(try_register, folder, contacts, now)
    yield from _tried(app, folder, "forms", f"each sets a page: {', '.join(tries)}", tries)


def messages(app: App) -> Iterator[Finding]:
    """Each message can be written in each language, with all there can be in it, and with as little as there can be.

    Where one cannot, people are called by the shipped words: `engine/messages.py`.
    """
    from tocsin.rendering.message import KINDS
    from tocsin.rendering.trial import try_message

    folder, now = app.pack_folder(app.catalog), app.now()
    zone = app.catalog.contacts.organisation.zone
    named = (path.name.split(".") for path in sorted((folder / "messages").glob("*.*.j2")))
    spoken = [(kind, language) for kind, language, *_ in named if kind in KINDS]
    tries = {
        f"{kind} ({language})": partial(try_message, folder, kind, language, zone, now)
        for kind, language in spoken
    }
    languages = ", ".join(sorted({language for _, language in spoken}))
    yield from _tried(app, folder, "messages", f"each of {len(KINDS)} can be written: {languages}", tries)


def _tried(
    app: App, folder: Path, subject: str, well: str, tries: Mapping[str, Callable[[], object]]
) -> Iterator[Finding]:
    """Each fault once, however many meet it; that all is `well` where there is none."""
    faults: dict[str, None] = {}
    for attempt in tries.values():
        try:
            attempt()
        except BadFile as error:
            faults[f"{_edited(app, folder, error.path)}:{error.line}: {error.what}"] = None
    for words in faults:
        yield Finding("FAIL", subject, words)
    if not faults:
        yield Finding("ok", subject, well)


def _edited(app: App, folder: Path, path: Path) -> Path:
    """The file that people edit, for one of the copy that is worked on."""
    inside = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else ""
    return overlaid(template_folders(app.settings)).get(inside, path)
