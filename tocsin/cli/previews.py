"""A preview as files: all variants as one page, or each as the mail that one of its readers would get."""

from pathlib import Path
from typing import Any


def people_of(view: Any) -> str:
    """`1 person`, `30 people`."""
    return "1 person" if view.count == 1 else f"{view.count:,} people"


def groups_of(view: Any) -> str:
    """Who they are: `customers`, or `customers 30, employees 2`."""
    if len(view.groups) == 1:
        return str(next(iter(view.groups)))
    return ", ".join(f"{group} {count:,}" for group, count in view.groups.items())


def write_page(target: Path, found: Any, variants: Any) -> None:
    """The variants below each other; each letter's own page stands in a frame that may run nothing."""
    from html import escape

    from tocsin.private import private_file

    frames = "".join(
        f"<h2>{escape(view.name)}: {people_of(view)} ({escape(groups_of(view))}), {escape(view.locale)}, "
        f"{escape(view.certainty)}</h2>"
        f"<p>{escape(view.letter.subject)}</p>"
        f'<iframe sandbox srcdoc="{escape(view.letter.html)}" style="width:100%;height:40rem"></iframe>'
        for view in variants
    )
    page = f'<!doctype html><meta charset="utf-8"><title>{escape(found.notice)}</title><h1>Digest {found.digest}</h1>'
    with private_file(target, "w") as file:
        file.write(page + frames)


def write_mails(folder: Path, variants: Any) -> None:
    """Each variant as the mail that one of its readers would get, named after its language and variant."""
    from tocsin.private import private_file

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for view in variants:
        with private_file(folder / f"{view.locale}-{view.name}.eml", "w") as file:
            file.write(view.raw)
