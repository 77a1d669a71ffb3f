"""What may follow `tocsin law`: a question put to the law, a yes to newer ones, a file for a picture."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from tocsin.cli.console import Because, When


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Question:
    """What the law is asked, and as what it answers."""

    facts: Annotated[
        Path | None, Parameter(help="A facts file, YAML or JSON; tocsin law schema describes it.")
    ] = None
    organisation: Annotated[
        Path | None, Parameter(help="Another organisation.yaml than the company's own.")
    ] = None
    at: Annotated[When, Parameter(help="The moment as of which the law is applied; now if left out.")] = None
    regime: Annotated[tuple[str, ...], Parameter(help="Only this regime; may be repeated.", negative=())] = ()
    assume_risk: Annotated[
        Literal["advice"] | None, Parameter(help="The advised risk stands in while nobody has decided it.")
    ] = None


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Yes:
    """What a person says who accepts newer laws, and where a picture goes."""

    digest: Annotated[str | None, Parameter(help="law accept: the digest that you read in law diff INC.")] = (
        None
    )
    because: Annotated[Because, Parameter(help="law accept: why.")] = ""
    svg: Annotated[Path | None, Parameter(help="law calendar: FILE for a picture; it must not exist.")] = None


#: Nothing was asked, and nothing said.
NOTHING_ASKED, NOTHING_SAID = Question(), Yes()
