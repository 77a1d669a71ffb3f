"""The second reader of a draft: what it finds in each letter of a notice, and in the sending as a whole."""

from collections.abc import Iterable
from datetime import datetime

from tocsin.app import App
from tocsin.domain.errors import Refused
from tocsin.domain.further import FACT_OF, further_kind
from tocsin.domain.incident import Incident
from tocsin.domain.replies import unread_words
from tocsin.engine.letters import readers
from tocsin.engine.variants import INVENTED_MAIL, Found, Sample
from tocsin.engine.writing import Writing
from tocsin.rendering.letter_lint import (
    Mentions,
    addresses_of,
    lint_languages,
    lint_letter,
    lint_readers,
    lint_sender,
    load_never,
)


def look_at(app: App, incident: Incident, notice: str, write: Writing) -> tuple[Found, tuple[str, ...]]:
    """All readers of a notice by their distinct letters, and the problems of the sending as a whole."""
    found, mentions = Found(write), Mentions(write.letters.spoken_texts)
    for hidden, person in readers(app, incident, notice):
        mentions.look(person.name, person.email, *person.emails)
        found.look(hidden, person)
    further = further_kind(notice)
    return found, (
        *lint_sender(write.sender, write.reply_to),
        *mentions.problems,
        # A further letter names nobody's data.
        *(() if write.plain else lint_readers(found.counts)),
        *lint_languages(write.letters, found.locales),
        *(
            unread_words(found.by_law, incident, app.catalog_of(incident), FACT_OF[further])
            if further
            else ()
        ),
    )


def lint_each(write: Writing, sample: Sample, unmailable: str) -> tuple[str, ...]:
    """Problems of one letter as its reader gets it, and why it cannot be a mail, if it cannot."""
    letters = write.letters
    problems = lint_letter(sample.cut.letter, load_never(letters.templates), addresses_of(letters))
    return (*problems, *filter(None, [unmailable]))


def mailed(write: Writing, sample: Sample, message_id: str, now: datetime) -> tuple[str, str]:
    """The mail to the invented reader, and why that to the real one could not be made; empty where it could.

    Whoever has no address is tried with the one that answers go to.
    """
    person = sample.person
    audience = write.audience(person)
    name, address = write.box(person, person.guardian_email if audience == "guardian" else None)
    whom = ((name, address or write.reply_to), (sample.addressed, INVENTED_MAIL))
    mails: list[str] = []
    for to, cut in zip(whom, (sample.cut, sample.shown), strict=True):
        try:
            mold = write.mold(cut.subject, audience)
            mail = mold.letter(message_id=message_id, date=now, to=to, text=cut.text, html=cut.html)
        except Refused as refusal:
            return "", str(refusal)
        mails.append(mail.content.decode())
    return mails[-1], ""


def how_many(found: Found, whole: Iterable[str], people_key: bytes, notice: str, now: datetime) -> int:
    """How many different problems a preview lists: those of the `whole` sending, and of each letter."""
    problems = set(whole)
    for sample in found.samples.values():
        message_id = found.write.message_id(people_key, notice, "", sample.hidden)
        problems.update(lint_each(found.write, sample, mailed(found.write, sample, message_id, now)[1]))
    return len(problems)
