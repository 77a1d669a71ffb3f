"""One YAML file: its values, its lines, and what is refused."""

import re
from pathlib import Path
from time import process_time

import pytest

from tocsin.catalog.yamlfile import LARGEST, parse_document, read_document
from tocsin.domain.errors import BadFile, Refused

PATH = Path("sample.yaml")


def values(text: str) -> object:
    return parse_document(PATH, text.encode()).value


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("NO", "NO"),
        ("on", "on"),
        ("yes", "yes"),
        ("2026-11-24", "2026-11-24"),
        ("2026-11-24T02:40:00+07:00", "2026-11-24T02:40:00+07:00"),
        ("10:00", "10:00"),
        ("0123", 123),
        ("0o17", 15),
        ("0x1F", 31),
        ("-7", -7),
        ("1.10", 1.1),
        ("'1.10'", "1.10"),
        ("true", True),
        ("'true'", "true"),
        ("~", None),
        ("", None),
        ("null", None),
        ("1_000", "1_000"),
        ("<<", "<<"),
    ],
)
def test_scalars_follow_the_core_schema_of_yaml_1_2(written: str, meant: object) -> None:
    found = values(f"key: {written}\n")
    assert found == {"key": meant}
    assert type(found["key"]) is type(meant)  # type: ignore[index]


def test_a_moment_may_stand_in_braces_whichever_parser_is_installed() -> None:
    found = values("aware_at: {at: 2026-11-24T02:40+07:00, estimated: true}\n")
    assert found == {"aware_at": {"at": "2026-11-24T02:40+07:00", "estimated": True}}


def test_each_node_knows_its_line() -> None:
    document = parse_document(
        PATH, b"# why\nkinds:\n  - id: a\n    name: {en: A,\n      vi: B}\n\n  - id: b\n"
    )
    assert document.line(("kinds",)) == 2
    assert document.line(("kinds", 0)) == 3
    assert document.line(("kinds", 0, "name")) == 4
    assert document.line(("kinds", 0, "name", "vi")) == 5
    assert document.line(("kinds", 1, "id")) == 7
    assert document.line(("kinds", 1, "missing", "deeper")) == 7


def test_an_alias_repeats_a_value_and_its_lines() -> None:
    document = parse_document(PATH, b"a: &shared\n  x: 1\nb: *shared\n")
    assert document.value == {"a": {"x": 1}, "b": {"x": 1}}
    assert document.line(("b",)) == 3
    assert document.line(("b", "x")) == 2


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: 1\nb: 2\na: 3\n", "sample.yaml:3: key 'a' stands here twice, first on line 1"),
        ("a:\n  b: 1\n  b: 2\n", "sample.yaml:3: key 'b' stands here twice, first on line 2"),
        ("a: 1\nb: [1, 2\n", "sample.yaml:3: "),
        ("a: 1\n b: 2\n", "sample.yaml:2: "),
        ("a: 1\n\tb: 2\n", "sample.yaml:2: "),
        ("", "sample.yaml:1: is empty"),
        ("# only words\n", "sample.yaml:1: is empty"),
        ("a: 1\n---\nb: 2\n", "sample.yaml:2: holds a second document"),
        ("a: 1\nb: !!python/object:os.system ls\n", "sample.yaml:2: a tag has no place here"),
        ('a: 1\nb: "\\ud83d"\n', "sample.yaml:2: "),
        ("a: 1\nb: 1e999\n", "sample.yaml:2: 1e999 is no number that can be stored"),
        (f"a: {'9' * 5000}\n", f"sample.yaml:1: {'9' * 20} is no number that can be stored"),
        ("b: !secret x\n", "sample.yaml:1: a tag has no place here"),
        ("a: 1\n? [x, y]\n: 2\n", "sample.yaml:2: a key is plain text"),
        ("a: &me [*me]\n", "sample.yaml:1: *me refers to nothing above it"),
        ("a: .nan\n", "sample.yaml:1: .nan is no number"),
        ("a: -.INF\n", "sample.yaml:1: -.INF is no number"),
        (BOMB, "holds more than 50000 nodes"),
        ("[" * 60 + "]" * 60, "is nested more than 40 levels deep"),
        ("a: \x07\n", "sample.yaml:"),
    ],
)
def test_what_cannot_be_trusted_is_refused_with_its_line(text: str, complaint: str) -> None:
    with pytest.raises(BadFile, match=re.escape(complaint)) as caught:
        values(text)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_utf_8_is_refused_with_its_line() -> None:
    with pytest.raises(BadFile, match=r"sample\.yaml:2: is not UTF-8"):
        parse_document(PATH, "a: 1\nb: Hồ\n".encode("utf-16-le").replace(b"\x00", b"", 5) + b"\xff")


def test_a_file_that_is_too_large_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(BadFile, match="is larger than"):
        parse_document(PATH, b"#" * (LARGEST + 1))


def test_a_file_that_is_missing_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be read"):
        read_document(tmp_path / "none.yaml")


def test_an_alias_costs_what_it_repeats_and_no_more() -> None:
    text = f"a: &x 1\nb: [{','.join(['*x'] * 40_000)}]\n".encode()
    begin = process_time()
    assert parse_document(PATH, text).line(("b", 39_999)) == 2
    # A search through all nodes for each alias took minutes.
    assert process_time() - begin < 10
