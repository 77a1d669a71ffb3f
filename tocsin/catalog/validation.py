"""From a node of a file to a model, or to one complaint that names the line and the nearest right word."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tocsin.catalog.yamlfile import Document, Loc
from tocsin.domain.answers import nearest
from tocsin.domain.complaints import in_plain_words
from tocsin.domain.errors import BadFile

_Model = TypeVar("_Model", bound=BaseModel)


def validated(model: type[_Model], document: Document, loc: Loc = ()) -> _Model:
    """The model of the node at `loc`; BadFile names the first line that does not fit."""
    try:
        return model.model_validate(document.at(loc))
    except ValidationError as error:
        raise _complaint(model, document, loc, error.errors()) from None


def _complaint(model: type[BaseModel], document: Document, loc: Loc, errors: list[ErrorDetails]) -> BadFile:
    """The error that stands first in the file; of several that stand inside each other, the innermost."""
    places = [(_place(document, loc, error), error) for error in errors]
    place, chosen = min(places, key=lambda each: document.line(each[0]))
    for deeper, error in places:
        if len(deeper) > len(place) and deeper[: len(place)] == place:
            place, chosen = deeper, error
    return document.bad(place, f"{_spelt(place)}{_words(model, chosen)}")


def _place(document: Document, loc: Loc, error: ErrorDetails) -> Loc:
    """Where the error stands: pydantic also names branches of unions, which are no nodes of the file.

    A branch may bear the name of a key beside the one that is wrong (`people` of `{people: {}, more_than: -1}`): then
    the way that leads to the last part counts.
    """
    ways: list[Loc] = [loc]
    for part in error["loc"]:
        found = [(*way, part) for way in ways if (*way, part) in document.lines]
        ways = [*found, *ways]
    last = error["loc"][-1:]
    return max(ways, key=lambda way: (way[len(loc) :][-1:] == last, len(way)))


def _spelt(place: Loc) -> str:
    """`steps[3].due: `, as a person would say it."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return f"{text.lstrip('.')}: " if text else ""


def _words(model: type[BaseModel], error: ErrorDetails) -> str:
    last = str(error["loc"][-1]) if error["loc"] else ""
    if error["type"] == "extra_forbidden":
        return f"unknown key {last!r}{nearest(last, _keys(model, error['loc']))}"
    if error["type"] == "missing":
        return f"key {last!r} is missing"
    return in_plain_words(error)


def _keys(model: type[BaseModel], loc: tuple[str | int, ...]) -> set[str]:
    """The keys that the models at `loc` know, its last part aside."""
    models: list[type[BaseModel]] = [model]
    for part in loc[:-1]:
        below = [each for owner in models for each in _field_models(owner, part)]
        models = below or models
    return {field.alias or name for owner in models for name, field in owner.model_fields.items()}


def _field_models(owner: type[BaseModel], key: str | int) -> Iterator[type[BaseModel]]:
    for name, field in owner.model_fields.items():
        if (field.alias or name) == key:
            yield from _models([field.annotation])


def _models(annotations: Iterable[Any]) -> Iterator[type[BaseModel]]:
    for annotation in annotations:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield annotation
        else:
            yield from _models(get_args(annotation))
