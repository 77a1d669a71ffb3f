"""The letters of a notice as they would leave, for whoever is to read them before they say yes."""

from tocsin.actors import Actor
from tocsin.app import App
from tocsin.console.pages import Page, Row, Rows, Text, say
from tocsin.rendering.words import Words


def letters_page(
    app: App, actor: Actor, words: Words, key: str, notice: str, back: Row, left: str | None = None
) -> Page:
    """Each distinct letter, how many get it, and the digest that an approval binds. Refused where there is no draft.

    `left` is the digest of what left already and is to be countersigned: the page says where the letters are others.
    """
    from tocsin.views.access import seen
    from tocsin.views.letters import preview

    found = preview(app, actor, seen(app, actor, key), notice)
    texts = tuple(
        Text(f"{each.letter.subject} ({say(words, 'reader_count', count=each.count)})", each.letter.text)
        for each in found.variants
    )
    rows = (Row(say(words, "digest"), found.digest[:12]),)
    read = say(words, "read", count=len(found.variants), people=found.recipients)
    lead = (read, say(words, "invented"), *found.problems)
    other = left is not None and left != found.digest
    if left is not None and other:
        lead = (say(words, "left_otherwise", digest=left[:12]), *lead)
    return Page(
        words.language, notice, alarm=other, lead=lead, tables=(Rows(rows),), texts=texts, links=(back,)
    )
