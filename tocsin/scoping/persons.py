"""The rows of the table of people as people: kinds by name, moments with a zone, lists as lists."""

from collections.abc import Iterator, Mapping
from typing import Any

from tocsin.domain.datamap import DataMap
from tocsin.domain.scope.buckets import Bucket
from tocsin.domain.scope.people import AffectedPerson, Stranger
from tocsin.domain.scope.routes import of_age_on
from tocsin.scoping import cells
from tocsin.scoping.deletions import proof_of
from tocsin.scoping.grounds import Grounds
from tocsin.scoping.levels import LEVELS
from tocsin.scoping.owners import SURE_OF, TOLD, moment
from tocsin.scoping.roll import Roll
from tocsin.scoping.suppressions import suppressions_of
from tocsin.sources.flagging import flags_of


def persons_of(
    roll: Roll, data_map: DataMap, majority: Mapping[str, int], grounds: Grounds
) -> Iterator[AffectedPerson]:
    """Everybody on the roll, in its order, some thousand in memory at a time. `majority` is the age, by place."""
    known: dict[tuple[int, str, str | None], tuple[tuple[str, ...], str]] = {}
    for part in roll.parts():
        for row in part.to_pylist():
            alike = row["kinds"], row["group"] or "customers", row["role"]
            if alike not in known:
                kinds = cells.kinds_of(alike[0], data_map)
                known[alike] = kinds, cells.role_of(alike[2], alike[1], kinds, data_map)
            kinds, role = known[alike]
            yield AffectedPerson(
                id=row["id"],
                bucket=LEVELS[row["level"]],
                kinds=kinds,
                first_seen=moment(row["first_seen"]),
                last_seen=moment(row["last_seen"]),
                hits=row["hits"],
                attempts=row["attempts"],
                place=row["place"],
                group=alike[1],
                role=role,
                email=row["email"],
                name=row["name"],
                address=row["address"],
                locale=row["locale"],
                status=row["status"],
                closed_at=row["closed_at"],
                email_agreed=row["email_agreed"],
                emails=_addresses(row["emails"], row["email"]),
                accounts=_lines(row["accounts"], row["id"]),
                shared=_lines(row["shared"]),
                created_at=row["created_at"],
                deleted_at=row["deleted_at"],
                verified=row["verified"],
                birth_date=row["birth_date"],
                of_age_on=of_age_on(row["birth_date"], row["place"], majority),
                guardian=row["guardian"],
                guardian_email=row["guardian_email"],
                guardian_emails=_addresses(row["guardian_emails"], row["guardian_email"]),
                guardian_locale=row["guardian_locale"],
                flags=flags_of(row["flags"] or 0),
                less_sure=_less_sure(row, kinds, data_map),
                controller_of=cells.of_others(kinds, alike[1], data_map) if row["level"] >= TOLD else (),
                controller=row["controller"],
                controller_known=row["controller_known"],
                controller_name=row["controller_name"],
                controller_email=row["controller_email"],
                controller_locale=row["controller_locale"],
                overdue=cells.kinds_of(row["overdue"], data_map),
                deletion=proof_of(row),
                suppressed=suppressions_of(row["suppressed"]),
                why=grounds.why(row),
            )


def unowned(strangers: Roll, grounds: Grounds) -> Iterator[Stranger]:
    """Findings as accounts that nobody owns."""
    for part in strangers.parts():
        for row in part.to_pylist():
            first, last = moment(row["first_seen"]), moment(row["last_seen"])
            yield Stranger(row["id"], LEVELS[row["level"]], first, last, row["hits"], grounds.why(row))


def _lines(text: str | None, but: str | None = None) -> tuple[str, ...]:
    """The lines of a text, each once, but the one that stands elsewhere."""
    return tuple(each for each in dict.fromkeys((text or "").split("\n")) if each and each != but)


def _addresses(text: str | None, first: str | None) -> tuple[str, ...]:
    """The addresses in a text, each once however it is written, but the first of hers."""
    found = {first.lower(): first} if first else {}
    for each in _lines(text):
        found.setdefault(each.lower(), each)
    return tuple(each for each in found.values() if each != first)


def _less_sure(
    row: dict[str, Any], kinds: tuple[str, ...], data_map: DataMap
) -> tuple[tuple[str, Bucket], ...]:
    """Kinds that no request or list makes as sure as the person's bucket, each with what it is instead."""
    bucket = LEVELS[row["level"]]
    if row["kinds"] == row[SURE_OF.get(bucket, "kinds")]:
        return ()
    sure = {each: cells.kinds_of(row[column], data_map) for each, column in SURE_OF.items()}
    of = {kind: next((each for each in sure if kind in sure[each]), Bucket.CANNOT_EXCLUDE) for kind in kinds}
    return tuple((kind, found) for kind, found in of.items() if found is not bucket)
