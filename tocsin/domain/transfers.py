"""Borders: where logs and customers are kept and read, where letters leave, and on what basis data may be there.

Who holds data abroad, or reads them abroad, needs a basis that somebody can name: an adequacy decision or standard
clauses (GDPR, Chapter V), an impact assessment for transfers (Vietnam's Decree 356/2025), a contract. Which one holds
is counsel's to say; here stands only that one is named, for every place, before a row is read. Within the EEA data
move freely (Art. 1(3) GDPR).
"""

from tocsin.domain.errors import Refused
from tocsin.domain.lists import ListSource
from tocsin.domain.places import EEA, country_of
from tocsin.domain.sources import LogSource, Sources

_HOW = "such as `transfer: standard contractual clauses of 4 June 2021, signed 2026-01-12`"


def abroad(place: str, home: str) -> bool:
    """Whether data that are at `place` have left the country, or the economic area, in which a company is at home."""
    there, here = country_of(place), country_of(home)
    return there != here and not (there in EEA and here in EEA)


def refuse_unfounded(sources: Sources, home: str, engine: str, transfer: str | None) -> None:
    """Refused while a source does not say where it is kept, or is kept or read abroad on no basis.

    `home` is where the company is established; `engine` is where the logs are read, `transfer` on what basis there.
    """
    refuse_unfounded_engine(home, engine, transfer)
    for source in sources.declared:
        _refuse(source, home)


def refuse_unfounded_engine(home: str, engine: str, transfer: str | None, table: str = "scoping") -> None:
    """Refused where an engine reads abroad on no basis; its own would stand in this table of tocsin.toml."""
    if abroad(engine, home) and not transfer:
        raise Refused(
            f"the logs would be read in {engine}, outside {home}, on no basis that is declared;"
            f" name it in tocsin.toml, table [{table}], {_HOW.replace(': ', ' = ')}, or measure in {home}"
        )


def unfounded_relay(home: str, country: str | None, transfer: str | None) -> str | None:
    """What is missing for letters to go through a relay in this country, in words; None where nothing is."""
    if country is None:
        return "nobody declared in which country the relay stands, to which addresses, names and letters go"
    if abroad(country, home) and not transfer:
        return f"letters go through a relay in {country}, outside {home}, on no basis that is declared"
    return None


def _refuse(source: LogSource | ListSource, home: str) -> None:
    if source.country is None:
        raise Refused(
            f"source {source.name} does not say in which country it is kept; add `country: {home}` or the like to"
            " it in sources.yaml"
        )
    if abroad(source.country, home) and not source.transfer:
        raise Refused(
            f"source {source.name} is kept in {source.country}, outside {home}, on no basis that is declared;"
            f" name it in sources.yaml, {_HOW}"
        )
