"""The letters of a notice as they would leave: every distinct one, how many get it, and what an approval binds."""

from dataclasses import dataclass, replace
from typing import Any

from tocsin.actors import Actor, reads_words
from tocsin.app import App
from tocsin.domain.incident import Approval, Incident
from tocsin.domain.notice import is_letter, letter_of, standing
from tocsin.engine.letters import approval_digest, drafted, readers, recipients_of, variant_digest, writing
from tocsin.rendering.letter import Letter, Variant
from tocsin.rendering.letter_lint import lint_letter, lint_readers
from tocsin.views.access import RESTRICTED


@dataclass(frozen=True)
class VariantView:
    """One distinct letter: `letter` is as one of its `count` readers gets it; `problems` are the second reader's."""

    name: str
    locale: str
    kinds: tuple[str, ...]
    certainty: str
    seen: str
    named: bool
    count: int
    letter: Letter
    problems: tuple[str, ...]


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
    variants: tuple[VariantView, ...]
    #: What the second reader finds in the sending as a whole.
    problems: tuple[str, ...]
    #: Parts that it goes without, since counsel has yet to say whether the law that asks for them binds.
    doubts: tuple[str, ...] = ()


def preview(app: App, actor: Actor, incident: Incident, notice: str) -> Preview:
    """Every distinct letter of a notice, the most frequent first. Refused where there is no draft.

    Each names one of its readers, and what people wrote: of a restricted incident, others see how many there are.
    """
    state = drafted(app, incident, notice)
    write = writing(app, incident, notice)
    counts: dict[Variant, int] = {}
    samples: dict[Variant, Any] = {}
    for _, person in readers(app, incident, notice):
        reader, locale = write.reader(person), person.locale or "en"
        variant = write.letters.variant_of(reader, locale)
        counts[variant] = counts.get(variant, 0) + 1
        samples.setdefault(variant, (reader, locale))
    written = {variant: write.letters.letter(*sample) for variant, sample in samples.items()}
    locales: dict[str, int] = {}
    for variant, count in counts.items():
        locales[variant.locale] = locales.get(variant.locale, 0) + count
    organisation = app.catalog_of(incident).contacts.organisation
    letter = letter_of(incident, app.catalog_of(incident), notice) if is_letter(notice) else None
    reads = reads_words(actor, incident)
    views = [_view(variant, counts[variant], letter, reads=reads) for variant, letter in written.items()]
    return Preview(
        notice,
        standing(state, app.catalog_of(incident).contacts.organisation),
        state.edition,
        approval_digest(write, written, recipients_of(app, incident, notice)),
        state.digest,
        sum(counts.values()),
        f"{write.sender_name} <{write.sender}>",
        write.reply_to,
        state.approvals,
        organisation.approvals_needed,
        dict(sorted(locales.items())),
        tuple(sorted(views, key=lambda view: (-view.count, view.name))),
        tuple(lint_readers(counts)),
        tuple(lack.words(incident.key, notice) for lack in letter.without) if letter else (),
    )


def _view(variant: Variant, count: int, letter: Letter, *, reads: bool) -> VariantView:
    return VariantView(
        variant_digest(variant),
        variant.locale,
        variant.kinds,
        variant.certainty,
        str(variant.seen),
        variant.named,
        count,
        letter if reads else replace(letter, subject=RESTRICTED, text=RESTRICTED, html=RESTRICTED),
        tuple(lint_letter(letter)) if reads else (),
    )
