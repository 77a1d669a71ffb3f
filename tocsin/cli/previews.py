"""A preview as files: all variants as one page, or each as the mail that one of its readers would get."""

from pathlib import Path
from typing import Any

#: Whoever reads before they leave learns of nobody whom the letters speak of.
INVENTED_WORDS = "The reader in each letter is invented; each was looked through as a real one gets it."


def people_of(count: int) -> str:
    """`1 person`, `30 people`."""
    return "1 person" if count == 1 else f"{count:,} people"


def groups_of(view: Any) -> str:
    """Who they are: `customers`, or `customers 30, employees 2`."""
    if len(view.groups) == 1:
        return str(next(iter(view.groups)))
    return ", ".join(f"{group} {count:,}" for group, count in view.groups.items())


_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; }
h1, h2 { line-height: 1.25; margin: 0; }
h2 { font-size: 1.1rem; }
section { margin-top: 2.5rem; }
.small { color: #555; font-size: .85rem; overflow-wrap: anywhere; margin: .2rem 0; }
iframe { width: 100%; height: 60rem; border: 1px solid #ccc; resize: vertical; background: #fff; }
"""


def write_page(target: Path, found: Any, variants: Any) -> None:
    """The variants below each other; each letter's own page stands in a frame that may run nothing."""
    from html import escape

    from tocsin.private import private_file

    frames = "".join(
        f"<section><h2>{people_of(view.count)} ({escape(groups_of(view))}), {escape(view.locale)}, "
        f"{escape(view.certainty)}</h2>"
        f'<p class="small">variant {escape(view.name)}</p>'
        f"<p><b>{escape(view.letter.subject)}</b></p>"
        f'<iframe sandbox srcdoc="{escape(view.letter.html)}" title="{escape(view.name)}"></iframe></section>'
        for view in variants
    )
    count = "1 variant" if len(variants) == 1 else f"{len(variants)} variants"
    page = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(found.notice)}</title>'
        f"<style>{_STYLE}</style><h1>{escape(found.notice)}, edition {found.edition}</h1>"
        f"<p>{people_of(found.recipients)} in {count}. {INVENTED_WORDS}</p>"
        f'<p class="small">digest {escape(found.digest)}</p>'
    )
    with private_file(target, "w") as file:
        file.write(page + frames)


def write_mails(folder: Path, variants: Any) -> None:
    """Each variant as the mail that an invented reader would get, named after its language and variant."""
    from tocsin.private import private_file

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for view in variants:
        with private_file(folder / f"{view.locale}-{view.name}.eml", "w") as file:
            file.write(view.raw)
