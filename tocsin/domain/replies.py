"""What is asked for some readers beside what the letter can say to them: what is added, left out, lacking, waited for.

Pure. It decides nothing about who shares a letter with whom: `letters.py` does, from these replies.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tocsin.domain.asked import Asked, Lack, Wait
from tocsin.domain.catalog import Catalog
from tocsin.domain.demands import Demand, Readers, demands
from tocsin.domain.facts import Facts
from tocsin.domain.incident import Incident
from tocsin.domain.law.parts import LetterParts
from tocsin.domain.owing import facts_of

#: What a law wants of e-mail, in words.
_EMAIL = {
    "consent": "who has not agreed to e-mail is told by post",
    "usual-channel": "by e-mail only where that is how we always write, else by post",
    "never": "by post, and not by e-mail",
}
#: What becomes of a law under which a person decided not to notify.
_SILENT = "not notified, as decided; it asks for no words, and its limits bind this letter still"


class Owed(NamedTuple):
    """What some readers are owed: the duties that bind, the texts that are added, the sections that must not stand."""

    duties: tuple[str, ...]
    added: tuple[str, ...]
    left_out: tuple[str, ...]
    #: What e-mail needs before their laws take it for a letter, each with the law.
    email_needs: Mapping[str, Asked]


@dataclass(frozen=True)
class Reply:
    """What some readers are owed beside what the letter can say to them."""

    demand: Demand
    left_out: tuple[str, ...]
    added: tuple[str, ...]
    lacks: tuple[Lack, ...]
    without: tuple[Lack, ...]
    waits: tuple[Wait, ...]
    because: tuple[str, ...]

    @property
    def owed(self) -> Owed:
        """What these readers are owed, in short."""
        return Owed(self.demand.duties, self.added, self.left_out, self.demand.email_needs)

    @property
    def apart(self) -> tuple[object, ...]:
        """What keeps these readers out of another letter now; the order does not tell which law said it first."""
        return (
            self.left_out,
            tuple(sorted({wait.duty for wait in self.waits})),
            tuple(sorted({lack.part for lack in self.lacks})),
            tuple(sorted({held.duty for held in self.demand.held})),
        )

    @property
    def laws(self) -> set[str]:
        """The laws that set them apart."""
        forbidding = self.demand.must_not_say.values() if self.left_out else ()
        found = (*forbidding, *(wait.asked for wait in self.waits), *(lack.asked for lack in self.lacks))
        return {asked.law for asked in found} | {held.duty.partition("/")[0] for held in self.demand.held}


def replies(incident: Incident, catalog: Catalog) -> list[Reply]:
    """What each kind of readers is owed, beside what the letter can say to them."""
    facts = facts_of(incident, catalog)
    return [_reply(each, catalog.letter, facts, incident) for each in demands(incident, catalog, facts)]


def kept_from(incident: Incident, catalog: Catalog) -> dict[Readers, tuple[str, ...]]:
    """The sections that no letter to these readers may have, the first one included; who may read all is not here."""
    found = {each.demand.readers: each.left_out for each in replies(incident, catalog)}
    return {readers: sections for readers, sections in found.items() if sections}


def unread_words(
    counts: Mapping[Readers, int], incident: Incident, catalog: Catalog, fact: str
) -> tuple[str, ...]:
    """What a person must look for in the words of a fact, one line for each law: what it forbids to some readers.

    A letter of sections leaves such a part out; the words of a correction or follow-up no machine takes apart.
    """
    parts: dict[Asked, dict[str, None]] = {}
    people: Counter[Asked] = Counter()
    for demand in demands(incident, catalog, facts_of(incident, catalog)):
        if count := counts.get(demand.readers):
            by = dict.fromkeys(demand.must_not_say.values())
            people.update(dict.fromkeys(by, count))
            for part, asked in demand.must_not_say.items():
                parts.setdefault(asked, {})[part] = None
    return tuple(
        f"{asked} {'forbids' if asked.sure else 'may forbid'} to tell {people[asked]:,} of its readers: "
        f"{', '.join(told)}. No machine looks for that in {fact}: read it for that, and say it without"
        for asked, told in parts.items()
    )


def _reply(demand: Demand, parts: LetterParts, facts: Facts, incident: Incident) -> Reply:
    forbidden = demand.must_not_say
    left_out = parts.forbidden(forbidden)
    added: dict[str, None] = {}
    lacks = [Lack(part, asked, forbidden=True) for part, asked in forbidden.items() if parts.keeps(part)]
    without = []
    why: dict[tuple[str, str], list[str]] = {}
    for part, asked in forbidden.items():
        why.setdefault((f"{asked} {'forbids' if asked.sure else 'may forbid'}", ""), []).append(part)
    for part, asked in demand.must_say.items():
        section, addition = parts.section(part), parts.addition(part, asked.law, facts)
        if part in forbidden or section in left_out or (addition and parts.tells(addition, forbidden)):
            why.setdefault((f"{asked} asks for", ": what another law forbids stays out"), []).append(part)
        elif section and not parts.missing(section, facts):
            continue
        elif addition:
            added[addition] = None
        elif demand.somewhere and not asked.sure and demand.surely_owed:
            without.append(Lack(part, asked, parts.wanted(part, asked.law, facts)))
        elif demand.somewhere:
            lacks.append(Lack(part, asked, parts.wanted(part, asked.law, facts)))
            why.setdefault((f"{asked} asks for", ", which nobody has written yet"), []).append(part)
        else:
            why.setdefault((f"{asked} may ask for", ": nobody knows where these people live"), []).append(
                part
            )
    waits = _waits(demand, incident)
    because = [f"{law} {', '.join(named)}{end}" for (law, end), named in why.items()]
    because += [f"{wait.asked}: {wait.duty} {wait.comes} first" for wait in waits]
    because += [f"{held.duty} is {held.words}" for held in demand.held]
    because += [f"{asked}: {_EMAIL[need]}" for need, asked in demand.email_needs.items()]
    because += [f"{asked}: {_SILENT}" for asked in demand.not_notified]
    return Reply(demand, left_out, tuple(added), tuple(lacks), tuple(without), waits, tuple(because))


def _waits(demand: Demand, incident: Incident) -> tuple[Wait, ...]:
    """The duties that must be discharged first. One that was never opened is not owed, and holds up nobody.

    A decision not to notify whoever comes first does not change the order.
    """
    return tuple(
        Wait(duty.opened.key, asked, decided=duty.mark == "not-notified")
        for ref, asked in demand.send_after.items()
        for duty in incident.duties.values()
        if duty.mark in ("open", "not-notified") and f"{duty.opened.regime}/{duty.opened.rule}" == ref
    )
