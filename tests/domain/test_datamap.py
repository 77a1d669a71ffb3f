"""The data map: which request shows which kind of data."""

from typing import Any

import pytest
from pydantic import ValidationError

from tocsin.domain.datamap import DataKind, DataMap
from tocsin.domain.endpoints import Endpoint


def kind(id_: str, **changes: Any) -> DataKind:
    given = {
        "id": id_,
        "name": {"en": id_},
        "categories": ["contact"],
        "role": "controller-processor",
        "group": "customers",
        "purpose": {"en": "sample"},
        "retention": {
            "words": {"en": "12 months"},
            "days": 365,
            "backup_days": 30,
            "basis": {"en": "sample"},
        },
        "protection": {"en": "none"},
        "source": "sample",
    }
    return DataKind.model_validate({**given, **changes})


MAP = DataMap(
    kinds=(
        kind("account", endpoints=["GET /v1/account", "/v1/account/*"]),
        kind("billing", endpoints=["/v1/billing/*"], categories=["purchase", "contact"]),
        kind("invoices", endpoints=["/v1/billing/invoices*"], categories=["transactions"]),
        kind("ticket", endpoints=["/v1/users/{user}/tickets/t.*"]),
        kind("hash", categories=["password-hash"]),
    )
)


@pytest.mark.parametrize(
    ("method", "path", "shown"),
    [
        ("GET", "/v1/account", ("account",)),
        ("get", "/v1/account", ("account",)),
        ("DELETE", "/v1/account", ()),
        ("PATCH", "/v1/account/email", ("account",)),
        ("GET", "/v1/accounts", ()),
        ("GET", "/V1/ACCOUNT", ()),
        ("GET", "/v1/billing/invoices/7", ("billing", "invoices")),
        ("GET", "/v1/billing/plan", ("billing",)),
        ("GET", "/", ()),
        ("GET", "/v1/users/u1/tickets/t.1", ("ticket",)),
        ("GET", "/v1/users/u1/x/tickets/t.1", ()),
        ("GET", "/v1/users/u1/tickets/t.1/x", ("ticket",)),
        ("GET", "/v1/users/u1/tickets/[t]x1", ()),
        ("GET", "/v1/users//tickets/t.1", ()),
    ],
)
def test_a_request_shows_the_kinds_whose_patterns_it_fits(
    method: str, path: str, shown: tuple[str, ...]
) -> None:
    assert MAP.shown_by(method, path) == shown


def test_categories_come_once_and_in_the_order_of_the_map() -> None:
    assert MAP.categories(["invoices", "billing", "account", "no-such-kind"]) == (
        "contact",
        "purchase",
        "transactions",
    )


def test_an_unknown_kind_is_none() -> None:
    assert MAP.kind("hash") is MAP.kinds[4]
    assert MAP.kind("hashes") is None


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"categories": ["contacts"]}, "did you mean contact"),
        ({"role": "procesor"}, "did you mean processor"),
        ({"group": "customer"}, "did you mean customers"),
        ({"endpoints": ["v1/account"]}, "pattern"),
        ({"endpoints": ["/v1/{account"]}, "write a part of the path as {name}"),
        ({"endpoints": ["/v1/{a}/{a}"]}, "two parts are called a"),
        ({"endpoints": [{"request": "/v1/{a}", "subject": {"path": "b"}}]}, "no part {b}; it has a"),
        ({"endpoints": [{"request": "/v1/x", "subject": {"path": "b"}}]}, "it has none"),
        ({"endpoints": [{"request": "/v1/x", "subject": "everybody"}]}, "a subject is one of: caller"),
        (
            {"endpoints": [{"request": "/v1/x", "subject": {"path": "b", "query": "c"}}]},
            "a subject is one of",
        ),
        (
            {"endpoints": [{"request": "/v1/x", "subject": {"all": "as-asked", "split": ","}}]},
            "split goes with",
        ),
        ({"categories": []}, "at least 1 item"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_a_kind_that_means_nothing_is_refused(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        kind("sample", **changes)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("/v1/account", {"request": "/v1/account"}),
        (
            {"request": "/v1/x", "subject": "all"},
            {"request": "/v1/x", "subject": [{"all": "cannot-exclude"}]},
        ),
        ({"request": "/v1/x", "subject": "caller"}, {"request": "/v1/x", "subject": [{"caller": True}]}),
        ({"request": "/{a}", "subject": {"path": "a"}}, {"request": "/{a}", "subject": [{"path": "a"}]}),
    ],
)
def test_what_is_said_in_short_means_the_same_at_length(said: Any, meant: Any) -> None:
    endpoint = Endpoint.model_validate(said)
    assert endpoint == Endpoint.model_validate(meant)
    assert Endpoint.model_validate_json(endpoint.model_dump_json(exclude_defaults=True)) == endpoint
