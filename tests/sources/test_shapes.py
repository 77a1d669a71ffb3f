"""A statement that is written once for all expressions of its shape is the one that Ibis writes for each."""

import re
from pathlib import Path

import ibis
import pyarrow as pa
import pytest

from tests.scoping.scenes import ask, at, buckets, request, write_log
from tocsin.sources import duck, shapes
from tocsin.sources.engine import Limits, engine
from tocsin.sources.shapes import Shape

ROWS = [request(minute, f"c{minute % 4}", token=f"t{minute % 3}") for minute in range(12)]
QUESTION = {"since": at(0), "until": at(60)}
#: Each has every kind of clause, so that it asks all that can be asked.
ASKED = [
    {"tokens": [f"t{n}"], "ips": [f"192.0.2.{n}", "10.1.0.0/16"], "agents": [f"brow{n}*"], "sessions": [f"s{n}"],
     "accounts": [f"c{n}"], "endpoints": [f"GET /v1/acc{n}*"], "countries": ["VN"]}
    for n in (1, 2)
]  # fmt: skip


@pytest.fixture
def kept(monkeypatch):
    """The statements that are kept: none at first, and none of those of other tests."""
    found = {}
    monkeypatch.setattr(shapes, "_written", found)
    return found


def answers(folder: Path, asked):
    folder.mkdir()
    return ask(folder, write_log(folder, ROWS), QUESTION | {"where": {"any": [asked]}})


def test_each_statement_of_a_measurement_is_the_one_that_ibis_writes(tmp_path, kept, monkeypatch):
    written, compared = shapes.written, []

    def beside(shape, write):
        compared.append((written(shape, write), write()))
        return compared[-1][0]

    monkeypatch.setattr(duck, "written", beside)
    for number, asked in enumerate(ASKED):
        answers(tmp_path / str(number), asked)
    assert [found for found, _ in compared] == [anew for _, anew in compared]
    # All but a few of the second measurement were written in the first.
    assert len(kept) < len(compared) * 0.6


def test_no_indicator_is_in_what_is_kept(tmp_path, kept):
    asked = ASKED[0] | {"tokens": ["token-of-hers"], "agents": ["agent-of-his*"], "ips": ["198.51.100.77"]}
    answers(tmp_path / "one", asked)
    assert kept
    assert not re.search("token-of-hers|agent-of-his|198.51.100.77", repr(kept))


def test_what_was_kept_of_one_question_answers_another_with_its_own_rows(tmp_path, kept):
    first, second = (
        answers(tmp_path / name, {"tokens": [token]}) for name, token in (("a", "t0"), ("b", "t1"))
    )
    assert kept
    assert (buckets(first), buckets(second)) == (
        {"c0": "confirmed", "c1": "confirmed", "c2": "confirmed", "c3": "confirmed"},
    ) * 2
    assert [(each.id, each.first_seen) for each in first.people()] != [
        (each.id, each.first_seen) for each in second.people()
    ]


def test_what_looks_alike_is_not_of_one_shape():
    table = ibis.table({"a": "int64", "b": "string"}, name="t")
    alike = [
        *(table.mutate(c=ibis.literal(value)) for value in (1, True, 1.0, "1", 0.0, -0.0)),
        *(table.mutate(c=ibis.literal(1, kind)) for kind in ("int32", "int64")),
        table.mutate(d=ibis.literal(1)),
        *(table.rename({name: "b"}) for name in ("c", "d")),
        ibis.table({"a": "int64", "b": "string"}, name="u").mutate(c=ibis.literal(1)),
        *(table.inner_join(other, "a") for other in (table.view(), ibis.table({"a": "int64"}, name="v"))),
        table.order_by("a"),
        table.order_by(table.a.desc()),
    ]
    keys = [Shape.of(each.op()).key for each in alike]
    assert len(set(keys)) == len(keys)


def test_of_one_shape_each_has_its_own_tables(tmp_path, kept):
    with engine(tmp_path, Limits()) as backend:
        found = []
        for number in (1, 2):
            rows = ibis.memtable(pa.table({"a": [number, number + 10]}))
            made = backend.create_table(ibis.util.gen_name("made"), rows.mutate(b=rows.a + 1), temp=True)
            both = made.inner_join(made.view(), "a")
            found.append(backend.to_pyarrow(both.order_by("a").select("a", "b")).to_pylist())
    assert found == [[{"a": 1, "b": 2}, {"a": 11, "b": 12}], [{"a": 2, "b": 3}, {"a": 12, "b": 13}]]
    assert len(kept) == 2


def test_a_function_of_the_engine_is_a_name_and_one_of_ours_has_no_shape():
    @ibis.udf.scalar.builtin
    def upper(text: str) -> str: ...

    @ibis.udf.scalar.builtin
    def lower(text: str) -> str: ...

    @ibis.udf.scalar.python
    def louder(text: str) -> str:
        return f"{text}!"

    table = ibis.table({"a": "string"}, name="t")
    shapes_of = [Shape.of(table.mutate(b=function(table.a)).op()) for function in (upper, lower, louder)]
    assert shapes_of[0].key != shapes_of[1].key
    assert shapes_of[2] is None


def test_those_asked_for_last_are_kept(kept, monkeypatch):
    monkeypatch.setattr(shapes, "KEPT", 2)
    table = ibis.table({"a": "int64"}, name="t")
    one, two, three = (Shape.of(table.mutate(b=ibis.literal(n)).op()) for n in (1, 2, 3))
    for shape in (one, two, one, three):
        shapes.written(shape, lambda: "a statement")
    assert list(kept) == [one.key, three.key]
