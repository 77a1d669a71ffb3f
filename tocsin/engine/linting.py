"""The second reader of a draft: what it finds in each letter of a notice, and in the sending as a whole."""

from collections.abc import Iterable, Mapping

from tocsin.engine.writing import Writing
from tocsin.rendering.letter import Letter, Letters, Variant
from tocsin.rendering.letter_lint import (
    Mentions,
    addresses_of,
    lint_languages,
    lint_letter,
    lint_readers,
    lint_sender,
    load_never,
)


def lint_each(letters: Letters, letter: Letter) -> list[str]:
    """Problems of one letter, as one of its readers gets it."""
    return lint_letter(letter, load_never(letters.templates), addresses_of(letters))


def lint_whole(write: Writing, counts: Mapping[Variant, int], mentions: Mentions) -> tuple[str, ...]:
    """Problems of the sending: `counts` are how many get which letter, all of whom `mentions` has looked at."""
    return (
        *lint_sender(write.sender, write.reply_to),
        *mentions.problems,
        *lint_readers(counts),
        *lint_languages(write.letters, {variant.locale for variant in counts}),
    )


def how_many(
    write: Writing, written: Mapping[Variant, Letter], mentions: Mentions, more: Iterable[str] = ()
) -> int:
    """How many different problems a preview of these letters would list, `more` among them."""
    each = (problem for letter in written.values() for problem in lint_each(write.letters, letter))
    return len({*lint_whole(write, dict.fromkeys(written, 1), mentions), *each, *more})
