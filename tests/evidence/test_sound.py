"""What nobody touched is proven whole, on each kind of database."""

from typing import Any

from tests.evidence.test_verify import entries, last
from tocsin.app import App
from tocsin.evidence.verify import verify
from tocsin.storage import timeline


def test_an_incident_that_nobody_touched_is_proven_from_its_first_entry_to_its_projections(
    app: App, key: str
) -> None:
    verdict = verify(app, key)

    assert (verdict.fault, verdict.unchecked) == (None, None)
    assert verdict.entries == last(app, key)
    assert verdict.head == entries(app, key)[-1]["hash"]
    assert [check.name for check in verdict.checks] == [
        "chain", "head", "pack", "keys", "texts", "vault", "people", "accounts", "scopes", "decided", "messages",
        "ledger", "attempts", "returns", "projections",
    ]  # fmt: skip


def test_every_check_looked_at_something(app: App, key: str) -> None:
    counts = {check.name: check.count for check in verify(app, key).checks}

    unasked = {"people", "accounts", "scopes", "decided", "ledger", "returns"}
    assert {name for name, count in counts.items() if count == 0} == unasked


def test_rebuilt_projections_equal_the_live_ones(app: App, key: str) -> None:
    with app.database.read() as connection:
        before = timeline.projected(connection, key)

    verdict = verify(app, key, anew=True)

    with app.database.read() as connection:
        after = timeline.projected(connection, key)
    assert verdict.mended == ()
    assert moving_aside(before) == moving_aside(after)


def moving_aside(projected: tuple[dict[str, Any] | None, dict[str, dict[str, Any]]]) -> Any:
    row, duties = projected
    assert row is not None
    return {name: value for name, value in row.items() if name != "wake_at"}, duties
