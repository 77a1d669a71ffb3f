"""Answers about whom it hit: people by place, group and role, kinds of data, records. Everything derives from cells.

People of whom we are only the processor are our customers' to report (GDPR Art. 33(2)); Art. 33 papers leave them out,
Form 08 shows them with the role beside. A count with gaps, or of an open method, is a lower bound and says so.
"""

from collections.abc import Callable, Iterable

from tocsin.domain.cells import Cell
from tocsin.domain.places import UNKNOWN_PLACE, country_of, lies_in
from tocsin.domain.scope.gaps import Gap, some
from tocsin.domain.scope.why import Ground
from tocsin.rendering.paperfacts import (
    Answer,
    PaperFacts,
    State,
    choice_fact,
    joined,
    open_answer,
    text_fact,
    within,
)
from tocsin.rendering.words import Words

#: Gaps whose detail is a list of places: files with the numbers of lines, or hours.
PLACES = (
    "unreadable-lines",
    "unreadable-addresses",
    "unplaced-moments",
    "missing-hours",
    "logging-switched-off",
)
CONTROLLERS = ("controller", "joint-controller", "controller-processor")


def own_cells(paper: PaperFacts) -> tuple[Cell, ...]:
    """Cells in which we are a controller; a cell of unknown role counts, since unknown never lowers."""
    return tuple(cell for cell in paper.facts.cells if cell.role is None or cell.role in CONTROLLERS)


def data(paper: PaperFacts, words: Words) -> Answer:
    """Types of data and amount, as Form 08 asks for them in one box."""
    amount = within(total(paper, words), words, "amount_people")
    return joined(
        within(kinds(paper, words), words, "data_line"),
        amount,
        within(records(paper, words), words, "amount_records"),
    )


def kinds(paper: PaperFacts, words: Words) -> Answer:
    """Kinds of data by the data map's names, or by category where a person stated only those."""
    ids = {kind for cell in paper.facts.cells for kind in cell.kinds or ()}
    named = [
        names.get(words.language) or names["en"] for kind, names in paper.kind_names.items() if kind in ids
    ]
    named += sorted(ids - set(paper.kind_names))
    if named:
        return Answer("; ".join(named))
    categories = paper.facts.categories()
    return Answer(words.choices("categories", categories)) if categories else open_answer(words, "kinds")


def categories(paper: PaperFacts, words: Words) -> Answer:
    """Categories of data."""
    found = paper.facts.categories()
    return Answer(words.choices("categories", found)) if found else open_answer(words, "categories")


def groups(paper: PaperFacts, words: Words) -> Answer:
    """Categories of people."""
    found = sorted({group for cell in own_cells(paper) for group in cell.group or ()})
    return Answer(words.choices("group", found)) if found else open_answer(words, "groups")


def total(paper: PaperFacts, words: Words) -> Answer:
    """How many people in the world, all roles."""
    return count(paper, words, paper.facts.cells)


def own_total(paper: PaperFacts, words: Words) -> Answer:
    """How many people in the world whose controller we are."""
    return count(paper, words, own_cells(paper))


def count(paper: PaperFacts, words: Words, cells: Iterable[Cell]) -> Answer:
    """The sum over cells: exact, about, at least, or not to be determined; open while nothing is counted."""
    cells = tuple(cells)
    counted = [cell.count for cell in cells if cell.count is not None]
    if not counted:
        undeterminable = cells and all(cell.method == "cannot-be-determined" for cell in cells)
        return Answer(words.phrase("undeterminable")) if undeterminable else open_answer(words, "people")
    number = words.number(sum(counted))
    if paper.gaps or any(cell.lower_bound for cell in cells):
        missing = ("people",) if any(cell.lower_bound for cell in cells) else ()
        return Answer(words.phrase("at_least", number=number), "estimated", missing)
    if all(cell.method == "exact" for cell in cells):
        return Answer(number)
    return Answer(words.phrase("about", number=number), "estimated")


def records(paper: PaperFacts, words: Words) -> Answer:
    """How many records, and what one record is."""
    counted, is_exact, is_whole = _records(paper)
    if counted is None:
        return open_answer(words, "records")
    number = words.number(counted)
    amount = number if is_exact else words.phrase("about" if is_whole else "at_least", number=number)
    what = text_fact(paper, words, "record_is")
    state: State = "known" if is_exact else "estimated"
    return Answer(amount if what.state == "open" else f"{amount} ({what.text})", state)


def _records(paper: PaperFacts) -> tuple[int | None, bool, bool]:
    """The number as cells or a person state it; whether it is exact; whether it is more than a lower bound."""
    cells = own_cells(paper)
    counted = [cell.records for cell in cells if cell.records is not None]
    stated = paper.facts.values.get("records")
    if not counted and isinstance(stated, int):
        return stated, paper.facts.get("records_method") == "exact" and not paper.gaps, not paper.gaps
    whole = len(counted) == len(cells) and not paper.gaps
    exact = whole and all(cell.records_method == "exact" for cell in cells)
    return sum(counted) if counted else None, exact, whole


def by_place(paper: PaperFacts, words: Words) -> Answer:
    """Every place in the world, with role and group, and the total."""
    if not paper.facts.cells:
        return open_answer(words, "people_by_country")
    head = [words.phrase(key) for key in ("place_head", "role_head", "group_head", "people_head")]
    rows = [
        [
            _place(cell, words),
            words.choice("role", cell.role) if cell.role else words.phrase("open"),
            words.choices("group", cell.group) if cell.group else words.phrase("open"),
            count(paper, words, [cell]).text,
        ]
        for cell in sorted(
            paper.facts.cells, key=lambda cell: (cell.place or "~", cell.role or "", cell.group or ())
        )
    ]
    rows.append([words.phrase("world_total"), "", "", total(paper, words).text])
    # Role and group are printed too: a row that says "to be determined" makes the answer open.
    missing = _missing(paper.facts.cells)
    return Answer("", "open" if missing else "known", missing, {"head": head, "rows": rows})


def by_eea_country(paper: PaperFacts, words: Words) -> Answer:
    """Each country of the EEA and place unknown, then the EEA's sum and, labelled, the world's."""
    cells = own_cells(paper)
    if not cells:
        return open_answer(words, "people_by_country")
    rows = [[words.place(place), count(paper, words, some).text] for place, some in _grouped(cells, _in_eea)]
    if unplaced := [cell for cell in cells if cell.place in (None, UNKNOWN_PLACE)]:
        rows.append([words.phrase("unknown_place"), count(paper, words, unplaced).text])
    placed = [cell for cell in cells if _in_eea(cell)]
    rows.append([words.phrase("eea_total"), count(paper, words, placed).text if placed else words.number(0)])
    rows.append([words.phrase("world_total"), own_total(paper, words).text])
    head = [words.phrase("place_head"), words.phrase("people_head")]
    return Answer("", _state(cells), _missing(cells), {"head": head, "rows": rows})


def here(paper: PaperFacts, words: Words) -> Answer:
    """People in the place of the authority that this paper goes to."""
    place = paper.duty.place
    cells = [
        cell for cell in own_cells(paper) if place and _lives(cell) and lies_in(str(cell.place), [place])
    ]
    if place is None or not cells:
        return open_answer(words, "people_by_country")
    answer = count(paper, words, cells)
    return within(answer, words, "people_here", place=words.place(place))


def coverage(paper: PaperFacts, words: Words) -> Answer:
    """Whether the logs cover the whole window, and what they do not."""
    answer = within(choice_fact(paper, words, "log_coverage"), words, "coverage_line")
    told = text_fact(paper, words, "log_gaps")
    seen = [*(_gap(gap, words) for gap in paper.gaps), *([told.text] if told.state != "open" else [])]
    beside = [Answer(words.phrase("lower_bound", gaps="; ".join(seen)), "estimated")] if seen else []
    if paper.held:
        beside.append(Answer(words.phrase("scope_held", number=words.number(paper.held)), "estimated"))
    if found := [_ground(each, words) for each in paper.grounds if each.told]:
        beside.append(Answer(words.phrase("scope_by", grounds="; ".join(found))))
    beside += [
        Answer(words.phrase("scope_signed", who=who, moment=words.moment(at, paper.zone)))
        for who, at in paper.signed
    ]
    return joined(answer, *beside) if beside else answer


def _ground(ground: Ground, words: Words) -> str:
    """By which kinds of indicators, or in which way, how many people were found; what somebody calls it is left out."""
    by = words.choice("way", ground.way) if ground.way else words.choices("indicator", list(ground.kinds))
    return f"{by} ({words.number(ground.told)})"


def _gap(gap: Gap, words: Words) -> str:
    named = f"{gap.source}: {words.choice('gap', gap.kind)} ({words.number(gap.count)})"
    # Files, lines and hours are read in any language; the other details are sentences in English.
    if words.language == "en" or gap.kind in PLACES:
        return f"{named} {gap.detail}".rstrip()
    return f"{named} {some(gap.hours or gap.files)}".rstrip()


def _place(cell: Cell, words: Words) -> str:
    return (
        words.place(cell.place)
        if cell.place and cell.place != UNKNOWN_PLACE
        else words.phrase("unknown_place")
    )


def _grouped(cells: Iterable[Cell], wanted: Callable[[Cell], bool]) -> list[tuple[str, list[Cell]]]:
    by: dict[str, list[Cell]] = {}
    for cell in cells:
        if cell.place and wanted(cell):
            by.setdefault(country_of(cell.place), []).append(cell)
    return sorted(by.items())


def _lives(cell: Cell) -> bool:
    """Whether the place is known: people of unknown place are listed apart, in no country."""
    return cell.place not in (None, UNKNOWN_PLACE)


def _in_eea(cell: Cell) -> bool:
    return _lives(cell) and lies_in(str(cell.place), ["EEA"]) is True


def _missing(cells: Iterable[Cell]) -> tuple[str, ...]:
    cells = tuple(cells)
    lacking = {
        "people_by_country": any(cell.count is None for cell in cells),
        "place": any(cell.place is None for cell in cells),
        "our_role": any(cell.role is None for cell in cells),
        "groups": any(cell.group is None for cell in cells),
    }
    return tuple(name for name, is_lacking in lacking.items() if is_lacking)


def _state(cells: Iterable[Cell]) -> State:
    return "open" if any(cell.count is None for cell in cells) else "known"
