"""One person's story, as `tocsin affected --person` tells it: what was found of her, why, and every letter."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tocsin.cli.console import Shell, bold, clean, labelled
from tocsin.cli.controllers import record_lines
from tocsin.cli.incidents import inc
from tocsin.cli.reasons import why_lines
from tocsin.domain.ways import LISTED

if TYPE_CHECKING:
    from tocsin.domain.scope.people import AffectedPerson
    from tocsin.views.person import Letter, Story


def answer_for(shell: Shell, incident: Any, person: str, because: str, command: str | None) -> None:
    """One person's story, and the entry that it was told. Said again, it is one entry."""
    from tocsin.actions import answered
    from tocsin.cli.aftermath import say_again

    # Said before it is shown: an answer that nobody knows of is worse than an entry about none.
    noted = answered(shell.app, shell.actor, incident.key, person, because=because, command=command)
    say_story(shell, incident, person)
    say_again(shell, noted)


def say_story(shell: Shell, incident: Any, person: str) -> None:
    """Whether somebody was affected, by the id that a customer source knows."""
    from tocsin.views.person import story

    told = story(shell.app, shell.actor, incident, person)
    found = told.person
    if found is None:
        shell.say(*_absence_lines(shell, incident.key, told, person))
    else:
        _say_what_was_found(shell, told, found, person)
    shell.say(*record_lines(shell, found))
    proof = incident.scope.proof if found and found.bucket == "excluded" and not found.deletion else ()
    if proof:
        from tocsin.cli.grounds import proof_lines

        shell.say(*proof_lines(shell, incident.scope))
    for letter in told.letters:
        shell.say(*letter_lines(shell, letter))
    shell.give({"key": incident.key, "person": person, **_document(told), "proof": proof})


def _document(told: "Story") -> dict[str, Any]:
    found = told.person
    return {
        "revision": told.revision,
        "affected": found is not None,
        "told": told.owed,
        "unsupported": asdict(told.unsupported) | {"because": told.because} if told.unsupported else None,
        "unowned": asdict(told.stranger) if told.stranger else None,
        "record": asdict(found) | {"why": told.reasons and asdict(told.reasons)} if found else None,
        "route": asdict(told.way) if told.way else None,
        "letters": [asdict(letter) for letter in told.letters],
    }


def _absence_lines(shell: Shell, key: str, told: "Story", person: str) -> Iterator[str]:
    """That no revision names somebody, and how sure that is; or that it is an account whose owner nobody knows."""
    if (hit := told.stranger) is not None:
        listed = f"tocsin affected{inc(shell, key)} --unowned"
        yield bold(f"{clean(person)}: {hit.bucket}, an account that no customer source knows")
        yield labelled(
            "WHEN", f"{shell.at(hit.first_seen)} to {shell.at(hit.last_seen)}, {hit.hits} requests"
        )
        yield labelled("WHOSE", f"find out, add it to a source, and ask again; all such accounts: {listed}")
        return
    remain = "1 gap remains" if told.gaps == 1 else f"{told.gaps} gaps remain"
    doubt = f"; {remain}, so this is no proof" if told.gaps else ""
    yield f"{clean(person)} is not among the affected of revision {told.revision}{doubt}."


def _say_what_was_found(shell: Shell, told: "Story", found: "AffectedPerson", person: str) -> None:
    """How sure, which data, when and where; how she is told, and why she is in."""
    ours = told.way is None or told.way.way != "controller"
    said = (
        ("is owed a letter" if ours else "is told by her controller") if told.owed else "is not owed a letter"
    )
    when = f"{shell.at(found.first_seen)} to {shell.at(found.last_seen)}, {found.hits} requests"
    where = f"{found.place}, {clean(found.locale or '?')}, {clean(found.email or 'no address')}"
    shell.say(bold(f"{clean(person)}: {found.bucket}, {said}"), *_unsupported_lines(told))
    shell.say(labelled("WHAT", ", ".join(found.kinds) or "unknown kinds"))
    shell.say(labelled("WHEN", when), labelled("WHERE", where))
    _say_way(shell, told)
    shell.say(*why_lines(shell, told.reasons) if told.reasons else ())


def letter_lines(shell: Shell, letter: "Letter") -> Iterator[str]:
    """What became of one letter to her, and of each attempt at it."""
    from tocsin.views.ways import way_words

    doubt = ", perhaps twice" if letter.doubtful else ""
    under = f" under her earlier id {clean(letter.under)}" if letter.under else ""
    state = f"{letter.state.replace('_', ' ')}{doubt}{under} {clean(letter.reason or '')}".rstrip()
    yield labelled("LETTER", f"{letter.notice}: {state}")
    for attempt in letter.attempts:
        yield f"        {_attempt_words(shell, attempt)}"
    for came in letter.came_back:
        yield f"        {_return_words(shell, came)}"
    if letter.decide:
        yield f"        {letter.decide}"
    if letter.accounted_at and letter.way:
        yield f"        {shell.at(letter.accounted_at)} told {way_words(letter.way)}"
    elif letter.way in LISTED:
        yield f"        on the list for {letter.way}, not yet told by it"


def _say_way(shell: Shell, told: Any) -> None:
    """How this one is told, her other addresses and accounts, and what is particular about her."""
    found, way = told.person, told.way
    if found.told:
        to = f" to {clean(way.address)}, {way.chosen}" if way.address else ""
        shell.say(labelled("TOLD", f"{way.words}{to}"))
    also = [("addresses", found.emails), ("accounts", found.accounts), ("flags", found.flags)]
    for name, those in also:
        if those:
            shell.say(labelled("ALSO", f"{name} {', '.join(clean(each) for each in those)}"))
    for address, kind, at in found.suppressed:
        since = f" since {shell.at(datetime.fromisoformat(at))}" if at else ""
        shell.say(labelled("MAIL", f"{clean(address)} is on record as {kind}{since}"))


def _unsupported_lines(told: "Story") -> list[str]:
    """That the latest revision does not name this person, and what was decided about it."""
    gone = told.unsupported
    if gone is None:
        return []
    stands = {
        "held": "and waits for a decision",
        "released": "and was released from the scope",
        "upheld": "and is told all the same, as a person decided",
    }
    because = f": {clean(told.because)}" if told.because else ""
    words = f"found by revision {gone.revision}, no longer supported by revision {told.revision}"
    return [labelled("SCOPE", f"{words}, {stands[gone.stand]}{because}", urgent=gone.stand == "held")]


def _attempt_words(shell: Shell, attempt: dict[str, Any]) -> str:
    how = f"{attempt['outcome'].replace('_', ' ')} at {attempt['phase']}"
    tried = f"{shell.at(attempt['at'])} attempt {attempt['number']}{_at(attempt['address'])}"
    return f"{tried}: {how}, {clean(attempt['reply'] or '')}"


def _at(address: int | None) -> str:
    """Which of her addresses it was, where it was not the first."""
    return f" at address {address}" if address and address > 1 else ""


def _return_words(shell: Shell, came: dict[str, Any]) -> str:
    said = " ".join(filter(None, (came["action"], came["status"], clean(came["code"]))))
    by = f", says {clean(came['reporter'])}" if came["reporter"] else ""
    return f"{shell.at(came['taken_at'])} came back{of_which_letter(came['address'])}: {said}{by}"


def of_which_letter(address: int | None) -> str:
    """Of which letter something came back, where it was not the one at her first address; None: of an older draft."""
    return " on the letter of an older draft" if address is None else _at(address)
