"""Notices: what an approval of a letter binds, and when it is void.

draft -> in review -> approved (these very bytes) -> released -> handed over. An approval is void when what it covers
changes: the text, the sender, or before release the recipients. People whom a later scope adds are a further batch.
"""

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tocsin.domain.canonical import digest
from tocsin.domain.catalog import Catalog
from tocsin.domain.certainty import stated_by_kind, suspected
from tocsin.domain.demands import cells_of
from tocsin.domain.facts import FACTS, Facts
from tocsin.domain.further import template_of
from tocsin.domain.incident import DutyState, Incident, NoticeState
from tocsin.domain.law.parts import WRITTEN
from tocsin.domain.letters import CUSTOMERS, LetterPlan, letters_of
from tocsin.domain.moments import iso, stand_ins
from tocsin.domain.noticenames import LEAVING, is_letter
from tocsin.domain.owing import facts_of
from tocsin.domain.replies import kept_from
from tocsin.domain.scope.buckets import Bucket

__all__ = ["CUSTOMERS", "LEAVING", "individuals_duties", "is_letter", "is_stale", "text_inputs"]

#: The facts that a letter may print. Another fact, however new, leaves an approval alone.
PRINTED_FACTS = (
    "occurred_from",
    "occurred_to",
    "ongoing",
    "detected_at",
    "aware_at",
    "violation_found_at",
    "contained_at",
    "consequences",
    "measures_taken",
    "measures_planned",
    "advice_to_people",
    "letter_correction",
    "letter_addition",
)
#: Facts that decide how much a letter may claim.
_DECIDING = ("aware_at", "violation", "access", "disclosure", "cells")
#: What a template calls a fact, where it has another name for it.
_CALLED = {"advice_to_people": "advice"}
#: What is printed of the company: who writes, from where, whom to ask, and whose clock the moments are read from.
PRINTED_OF_THE_COMPANY = {
    "name",
    "legal_name",
    "parent_company",
    "addresses",
    "website",
    "phone",
    "notice_sender",
    "notice_sender_name",
    "reply_to",
    "staff_contact",
    "zone",
    "dpo",
    "signatory",
}
#: Without these the letter could not say what the promise says it will; nobody is asked to approve it before.
NEEDED_FACTS = ("measures_taken", "advice_to_people")

#: States of the ledger in which a letter reached somebody, surely or perhaps.
REACHED = ("handed_over", "delivered", "ambiguous")


def individuals_duties(incident: Incident, mark: str = "open") -> list[DutyState]:
    """Duties to tell people, which letters meet."""
    return [d for d in incident.duties.values() if d.opened.recipient == "individuals" and d.mark == mark]


def letter_states(incident: Incident) -> list[NoticeState]:
    """The letters that meet duties, as far as they were drafted."""
    return [state for state in incident.notices.values() if is_letter(state.id)]


def letter_of(incident: Incident, catalog: Catalog, notice: str) -> LetterPlan | None:
    """What the laws want of this letter now; None where they want none."""
    return next((letter for letter in letters_of(incident, catalog) if letter.id == notice), None)


def text_inputs(
    incident: Incident,
    catalog: Catalog,
    notice: str = CUSTOMERS,
    letter: LetterPlan | None = None,
    readers: Container[str] | None = None,
) -> str:
    """Digest over all that the letter prints: its facts, templates, the type's words, the sender and its signatory.

    `letter` spares the work of asking the laws again. Of what is said to some, only these readers' words count: who
    comes later changes nothing in what the others get.
    """
    letter = letter or (letter_of(incident, catalog, notice) if is_letter(notice) else None)
    templates = _templates(incident, catalog, notice)
    printed = {name: _as_printed(incident.facts, name) for name in _named(templates.values())}
    organisation = catalog.contacts.organisation
    signers = [
        [person.id, person.name, person.title, person.email]
        for person in catalog.contacts.people
        if person.id in (organisation.dpo, organisation.signatory)
    ]
    added = {
        key: names
        for key, names in (letter.added if letter else {}).items()
        if names and (readers is None or key in readers)
    }
    kinds = {kind.id: [kind.name, kind.role, list(kind.categories)] for kind in catalog.data_map.kinds}
    return digest(
        {
            "facts": {name: value for name, value in printed.items() if value is not None},
            "templates": {path: template.digest for path, template in templates.items()},
            "sender": organisation.model_dump(mode="json", include=PRINTED_OF_THE_COMPANY),
            "signers": signers,
            "drill": incident.drill,
            "suspected": suspected(incident.facts),
            "stated": _stated(incident, catalog, letter, readers),
            "kinds": kinds,
            "left_out": letter.left_out if letter else _kept_from(incident, catalog),
            "added": added,
            "added_texts": _added_texts(
                incident, catalog, {name for names in added.values() for name in names}
            ),
        }
    )


def _stated(
    incident: Incident, catalog: Catalog, letter: LetterPlan | None, readers: Container[str] | None
) -> dict[str, Any]:
    """What facts say of the data of people who are only on a list; of others the logs say it."""
    if letter is None or incident.scope is None or not incident.scope.buckets.get(Bucket.LISTED):
        return {}
    facts = facts_of(incident, catalog)
    return {
        each.key: stated_by_kind(cells_of(each, facts))
        for each in sorted(letter.readers)
        if readers is None or each.key in readers
    }


def _kept_from(incident: Incident, catalog: Catalog) -> dict[str, Any]:
    return {readers.key: sections for readers, sections in kept_from(incident, catalog).items()}


def _added_texts(incident: Incident, catalog: Catalog, names: set[str]) -> dict[str, Any]:
    """The texts that stand in some readers' letters besides: those of the packs, and those that people wrote."""
    written: Any = incident.facts.get(WRITTEN) or {}
    texts = {name: catalog.letter.added[name] for name in sorted(names) if name not in written}
    return {name: written[name] for name in sorted(names) if name in written} | {
        name: [text.model_dump(mode="json"), _as_printed(incident.facts, text.fact) if text.fact else None]
        for name, text in texts.items()
    }


@dataclass(frozen=True)
class _Template:
    """A template, as far as what a letter prints turns on it: its digest, and all words that stand in it."""

    digest: str
    words: frozenset[str]


@lru_cache(maxsize=256)
def _template(content: bytes) -> _Template:
    """Found out once for each template: every plan of an incident with a letter asks for all of them."""
    text = content.decode()
    return _Template(digest(text), frozenset(re.findall(r"\w+", text)))


def _templates(incident: Incident, catalog: Catalog, notice: str) -> dict[str, _Template]:
    """Everything that this letter is written with, by path."""
    template = template_of(notice)
    words = ("notices/frame.", "notices/words.", "notices/instead.")
    begins = (f"notices/{template}.", f"notices/{template}-", *words, f"types/{incident.type}/what_happened")
    return {path: _template(content) for path, content in catalog.files.items() if path.startswith(begins)}


def _named(templates: Iterable[_Template]) -> tuple[str, ...]:
    """The facts that the templates name. One that none of them names is not printed, whatever it says."""
    words = frozenset().union(*(template.words for template in templates))
    return tuple(name for name in PRINTED_FACTS if _CALLED.get(name, name) in words)


def _as_printed(facts: Facts, name: str) -> Any:
    """A fact as a letter has it: a moment that nobody decided is the one that stands in for it."""
    if FACTS[name].type != "moment":
        return facts.get(name)
    moment = facts.moment(name)
    return moment and [iso(moment), "estimated"] if facts.estimated(name) else moment and iso(moment)


def is_stale(
    incident: Incident, catalog: Catalog, state: NoticeState, letter: LetterPlan | None = None
) -> bool:
    """Whether the letter would print something else than it did when it was drafted."""
    return text_inputs(incident, catalog, state.id, letter, state.added or None) != state.inputs


def changed_inputs(incident: Incident, catalog: Catalog, state: NoticeState) -> tuple[str, ...]:
    """What is newer than the draft among the things that the letter prints, in words."""
    named = _named(_templates(incident, catalog, state.id).values())
    behind = {source for name in named if name not in incident.learned for source in stand_ins(name)}
    newer = [
        (name, found.seq)
        for name in dict.fromkeys((*PRINTED_FACTS, *_DECIDING, WRITTEN))
        if name in {*named, *behind, *_DECIDING, WRITTEN}
        and (found := incident.learned.get(name))
        and found.seq > state.drafted_seq
    ]
    return tuple(f"{name} changed (entry {seq})" for name, seq in newer) or (
        "a law, a template, the sender or the data map changed",
    )


def window_words(batch: int) -> str:
    """What a crash costs at most: receipts are recorded together, up to a batch of them at a time."""
    letters = "1 letter" if batch == 1 else f"{batch:,} letters"
    return f"should a sender die, up to {letters} of it are in doubt: sent once more, flagged and counted"


def unreached_words(count: int) -> str:
    """How many people were not surely reached, as a sentence begins."""
    return f"{count:,} {'person was' if count == 1 else 'people were'} not surely reached"
