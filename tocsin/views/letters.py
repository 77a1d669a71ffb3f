"""The letters of a notice as they would leave: every distinct one, how many get it, and what an approval binds."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from tocsin.actors import Actor, reads_words
from tocsin.app import App
from tocsin.domain.approving import approvals_needed, standing
from tocsin.domain.incident import Approval, Incident, NoticeState
from tocsin.domain.notice import is_letter, letter_of
from tocsin.engine.letters import (
    approval_digest,
    drafted,
    recipients_of,
    variant_digest,
    writing,
)
from tocsin.engine.linting import lint_each, look_at, mailed
from tocsin.engine.variants import Found, Sample
from tocsin.engine.writing import Writing
from tocsin.rendering.letter import Letter, Letters, Variant
from tocsin.rendering.letterwords import lint_of
from tocsin.rendering.readability import Readability, harder, readability
from tocsin.views.access import RESTRICTED


@dataclass(frozen=True)
class VariantView:
    """One distinct letter: `letter` is as an invented reader would get it; `problems` are those of a real one's.

    `groups` are those of its `count` readers (customers, guardians, employees), with how many; `raw` is the letter as a
    mail to that invented reader, in ASCII; empty where a real one's cannot be a mail.
    """

    name: str
    locale: str
    kinds: tuple[str, ...]
    certainty: str
    seen: str
    named: bool
    count: int
    groups: dict[str, int]
    #: To whom it speaks: `customer`, `guardian`, `employee`, `business` or `controller`.
    audience: str
    letter: Letter
    raw: str
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Instead:
    """`count` readers of one language (a tag) who get the English letter, and the first that keeps theirs."""

    language: str
    count: int
    lacking: tuple[str, ...]


@dataclass(frozen=True)
class Preview:
    """What would leave. `digest` is computed now; `drafted_digest` is what approvals bind: they must be the same."""

    notice: str
    mark: str
    edition: int
    digest: str
    drafted_digest: str
    recipients: int
    sender: str
    reply_to: str
    approvals: tuple[Approval, ...]
    approvals_needed: int
    locales: dict[str, int]
    #: Who does not get the letter in their own language, the most frequent first.
    instead: tuple[Instead, ...]
    #: How easily the letters read, by language: of each, the one that asks most of its reader.
    readability: tuple[Readability, ...]
    variants: tuple[VariantView, ...]
    #: What the second reader finds in the sending as a whole.
    problems: tuple[str, ...]
    #: Parts that it goes without, since counsel has yet to say whether the law that asks for them binds.
    doubts: tuple[str, ...] = ()


def preview(app: App, actor: Actor, incident: Incident, notice: str) -> Preview:
    """Every distinct letter of a notice, the most frequent first. Refused where there is no draft.

    Each is shown as an invented reader would get it, and looked through as a real one does. Each says what people
    wrote: of a restricted incident, others see how many there are.
    """
    state = drafted(app, incident, notice)
    write, catalog = writing(app, incident, notice), app.catalog_of(incident)
    found, problems = look_at(app, incident, notice, write)
    written, locales = found.written, found.locales
    letter = letter_of(incident, catalog, notice) if is_letter(notice) else None
    return Preview(
        notice,
        standing(state, incident, catalog),
        state.edition,
        approval_digest(write, written, recipients_of(app, incident, notice)),
        state.digest,
        found.counts.total(),
        f"{write.sender_name} <{write.sender}>",
        write.reply_to,
        state.approvals,
        approvals_needed(incident, catalog, notice),
        dict(sorted(locales.items())),
        tuple(
            Instead(language, count, lacking) for (language, lacking), count in found.instead.most_common()
        ),
        _readability(write.letters, written),
        _views(app, actor, incident, state, found),
        problems,
        tuple(lack.words(incident.key, notice) for lack in letter.without) if letter else (),
    )


def _views(
    app: App, actor: Actor, incident: Incident, state: NoticeState, found: Found
) -> tuple[VariantView, ...]:
    """The distinct letters, the most frequent first."""
    write, reads, key = found.write, reads_words(actor, incident), app.people_key(incident.key)
    views = []
    for variant, sample in found.samples.items():
        message_id = write.message_id(key, state.id, state.digest, sample.hidden)
        groups = dict(sorted(found.groups[variant].items()))
        raws = mailed(write, sample, message_id, app.now())
        views.append(_view(write, variant, groups, sample, raws, reads=reads))
    return tuple(sorted(views, key=lambda view: (-view.count, view.name)))


def _view(
    write: Writing,
    variant: Variant,
    groups: dict[str, int],
    sample: Sample,
    raws: tuple[str, str],
    *,
    reads: bool,
) -> VariantView:
    letter, (raw, problem) = sample.shown.letter, raws
    return VariantView(
        variant_digest(variant),
        variant.locale,
        variant.kinds,
        variant.certainty,
        str(variant.seen),
        variant.named,
        sum(groups.values()),
        groups,
        variant.audience,
        letter if reads else replace(letter, subject=RESTRICTED, text=RESTRICTED, html=RESTRICTED),
        raw if reads else RESTRICTED,
        lint_each(write, sample, problem) if reads else (),
    )


def _readability(letters: Letters, variants: Iterable[Variant]) -> tuple[Readability, ...]:
    hardest: dict[str, Readability] = {}
    for variant in variants:
        for locale, text in letters.texts(variant).items():
            lint = lint_of(letters.templates, locale)
            if found := readability(text, locale, lint["readability"] if lint else ""):
                hardest[locale] = harder(hardest[locale], found) if locale in hardest else found
    return tuple(hardest[locale] for locale in sorted(hardest))
