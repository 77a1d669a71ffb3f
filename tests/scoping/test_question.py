"""The question as a value and as a file: one form, one digest, and complaints that show no indicator."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.errors import BadFile, Refused
from tocsin.domain.scope.clauses import Clause
from tocsin.domain.scope.question import read_question
from tocsin.domain.scope.tree import clauses_of, holds
from tocsin.domain.scope.values import codes, in_words, ranges, sizes
from tocsin.scoping.questions import question_of, read_question_file

SECRET = "soa_live_deadbeef"
clauses = st.fixed_dictionaries(
    {"tokens": st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=3)},
    optional={
        "ips": st.lists(
            st.sampled_from(["10.0.0.1", "::ffff:10.0.0.1", "10.0.0.0/8"]), min_size=1, max_size=2
        ),
        "statuses": st.lists(st.sampled_from([200, "201", "2xx", "200-204", 304]), min_size=1, max_size=3),
        "bytes": st.sampled_from([">= 1MB", "1MB-2MB", 5, "< 1KiB"]),
        "endpoints": st.lists(st.sampled_from(["get /a*", "GET /a*", "/b"]), min_size=1, max_size=2),
        "until": st.sampled_from(["2026-11-24T02:40Z", "2026-11-24T09:40+07:00"]),
    },
)
trees = st.recursive(
    clauses,
    lambda below: st.builds(
        lambda form, parts: {form: parts}, st.sampled_from(["any", "all"]), st.lists(below, min_size=1, max_size=3)
    ),
    max_leaves=6,
)  # fmt: skip


def shuffled(raw, dice):
    """The same tree said in another order, with repetitions and in groups of one."""
    if isinstance(raw, list):
        again = [shuffled(each, dice) for each in raw] + [shuffled(dice.choice(raw), dice)]
        dice.shuffle(again)
        return again
    if isinstance(raw, dict):
        found = {name: shuffled(raw[name], dice) for name in dice.sample(sorted(raw), len(raw))}
        return {dice.choice(["any", "all"]): [found]} if dice.random() < 0.3 else found
    return raw


@given(tree=trees, seed=st.integers(0, 1000))
def test_the_same_tree_has_one_digest_however_it_is_said(tree, seed):
    dice = random.Random(seed)
    question = read_question({"where": tree})
    again = read_question({"where": shuffled(tree, dice)})
    assert again.canonical() == question.canonical()
    assert read_question(json.loads(question.canonical())) == question


def test_a_question_without_a_tree_keeps_its_digest():
    question = read_question(
        {"tokens": ["b", "a"], "ips": ["203.0.113.9/24"], "since": "2026-11-24T09:40+07:00"}
    )
    assert question.canonical() == (
        b'{"ips":["203.0.113.0/24"],"since":"2026-11-24T02:40:00+00:00","tokens":["a","b"]}'
    )


def test_another_tree_has_another_digest():
    leaves = [{"tokens": ["a"]}, {"ips": ["10.0.0.1"]}]
    digests = {
        read_question(raw).sha256
        for raw in (
            {"where": {"any": leaves}},
            {"where": {"all": leaves}},
            {"where": {"tokens": ["a"], "ips": ["10.0.0.1"]}},
            {"where": leaves[0]},
            {"tokens": ["a"], "ips": ["10.0.0.1"]},
            {"where": {"any": [leaves[0], leaves[1] | {"until": "2026-11-24T02:40Z"}]}},
            {"where": {"any": [leaves[0], leaves[1] | {"name": "the thief"}]}},
        )
    }
    assert len(digests) == 7


def test_windows_of_clauses_lie_in_the_questions_and_touching_ones_are_one():
    def day(number):
        return f"2026-11-{number:02}T00:00Z"

    question = read_question(
        {
            "since": day(2),
            "where": {
                "any": [
                    {"tokens": ["a"], "since": day(1), "until": day(3)},
                    {"tokens": ["b"], "since": day(3), "until": day(4), "sources": ["api"]},
                    {"tokens": ["c"], "since": day(6)},
                ]
            },
        }
    )
    spans = {
        source: [tuple(edge and edge.day for edge in window) for window in question.windows(source)]
        for source in ("api", "web")
    }
    assert spans == {"api": [(2, 4), (6, None)], "web": [(2, 3), (6, None)]}
    marks = [leaf.bit for leaf in question.leaves()]
    assert [holds(question.tree(), bit) for bit in (0, *marks)] == [False, True, True, True]


@pytest.mark.parametrize(
    ("texts", "read", "kept"),
    [
        (["200-204", "2xx", "300"], codes, ["200-300"]),
        (["304", "200-299"], codes, ["200-299", "304"]),
        ([">= 1MB", "0.5kB", "1 KiB"], sizes, ["500", "1024", ">= 1000000"]),
        (["> 99", "<= 10", "< 5"], sizes, ["0-10", ">= 100"]),
        ([">= 1000000TB"], sizes, [f">= {10**18}"]),
        (["> 999999999999999999", "1000000TB"], sizes, [f">= {10**18}"]),
        (["<= 1000000TB"], sizes, [f"0-{10**18}"]),
        (["1kB - 2kB", "2001-3000"], sizes, ["1000-3000"]),
    ],
)
def test_ranges_are_kept_in_one_form(texts, read, kept):
    assert [in_words(each) for each in ranges(texts, read)] == kept
    assert [in_words(each) for each in ranges(kept, read)] == kept


WRONG = [
    ("where: {any: []}", 1, "is empty"),
    ("where:\n  tokns: [{SECRET}]", 2, "did you mean tokens"),
    ("where:\n  any:\n    - {tokens: [a]}\n    - {ips: [a, {SECRET}]}", 4, "value 1 of 2 is no address"),
    ("since: 2026-11-24T02:40Z\nwhere: {tokens: [{SECRET}], until: 2026-11-23T02:40Z}", 1, "outside the question's"),
    ("where:\n  tokens: [{SECRET}]\n  since: 2026-11-24T02:40Z\n  until: 2026-11-23T02:40Z", 1, "window is empty"),
    ("where: {tokens: [a], statuses: [{SECRET}]}", 1, "is no status"),
    ("where: {tokens: [a], statuses: [099]}", 1, "is no status"),
    ("where: {tokens: [a], bytes: 1-2MB}", 1, "is no size"),
    ("where: {tokens: [a], bytes: '< 0'}", 1, "is no size"),
    ("where: {tokens: [a], bytes: '> 1000000TB'}", 1, "is no size"),
    ("where: {tokens: [a], bytes: '>= 1000000000000000001'}", 1, "is no size"),
    ("where: {tokens: [a], endpoints: [/a/../{SECRET}]}", 1, "is no endpoint"),
    ("where: {tokens: [a], endpoints: ['/a?x={SECRET}']}", 1, "is no endpoint"),
    ("where: {tokens: [a], countries: [ZZ]}", 1, "is no country"),
    ("where: {ips: [10.0.0.1], own: {agents: [x]}}", 1, "own belongs to tokens or sessions"),
    ("where: {tokens: [{SECRET}], impersonation: false}", 1, "say which requests are the owner's own"),
    ("where: {tokens: [{SECRET}], impersonation: maybe}", 1, "true or false"),
    ("where: {name: x}", 1, "asks nothing"),
    ("sources: [api]\nwhere: {tokens: [a], sources: [api, web]}", 1, "name it in both"),
    ("where: {tokens: {{SECRET}: 1}}", 1, "write a list here"),
    ("tokens: [{SECRET}]\nwhere: {tokens: [a]}", 1, "make them a clause"),
    ("endpoints: [/a]", 1, "endpoints stand alone; make them a clause of `where`"),
    ("tokens: [a]\n{SECRET}: 1\n{SECRET}: 2", 3, "stands here twice"),
    ("{SECRET}: 1", 1, "a key that nobody knows here"),
    ("tokens: [@{SECRET}]", 1, "put quotes around"),
    ("tokens: [*{SECRET}]", 1, "put quotes around"),
    ("tokens: [!{SECRET} a]", 1, "put quotes around"),
    ("tokens:\n  - a\n  - '@{SECRET}'", 3, "there is no file for value 2"),
    ("tokens: [1e999]", 1, "no number"),
    ("- {SECRET}", 1, "asks nothing"),
    ("where: {any: [{tokens: [a]}], all: [{tokens: [{SECRET}]}]}", 1, "`any` stands alone"),
    ("where:\n  all: [{tokens: [a]}]\n  tokens: [{SECRET}]", 2, "`all` stands alone"),
    ("where: {tokens-{SECRET}: [x]}", 1, "a key that nobody knows here"),
    ("tokens: [a]\n\tips: [{SECRET}]", 2, "a TAB cannot indent in YAML; write spaces"),
    ("tokens: [a, '@" + "x" * 5000 + "']", 1, "there is no file for value 2"),
    ('tokens:\n  - a\n  - "{SECRET}\\0"\n  - b', 1, "value 2 of 3 holds NUL"),
    ('where: {any: [{agents: [a]}, {endpoints: ["/{SECRET}\\0"]}]}', 1, "value 1 of 1 holds NUL"),
    ('where: {tokens: [a], name: "{SECRET}\\0"}', 1, "name: holds NUL"),
    ('people:\n  - "{SECRET}\\0"', 2, "holds NUL"),
    ('exposed: {tables: ["{SECRET}\\0"]}', 1, "value 1 of 1 holds NUL"),
    ("tokens: [a]\nsince: 20261120", 2, "write a moment with its offset, like 2026-11-24T02:40+07:00"),
    ("tokens: [a]\nuntil: '20261121'", 2, "write a moment with its offset"),
    ("tokens: [a]\nsince: 1.7950", 2, "write a moment with its offset"),
    ("tokens: [a]\nsince: 2026-11-20", 2, "write a moment with its offset"),
    ("where:\n  tokens: [a]\n  until: 0x6b000000", 3, "write a moment with its offset"),
    ("exposed:\n  tables: [a]\n  since: -5", 3, "write a moment with its offset"),
    ("tokens: [a]\nuntil: 0001-01-01T00:00+14:00", 2, "is in the year 1; correct the year"),
    ("where:\n  tokens: [a]\n  until: 9999-12-31T23:59-10:00", 3, "is in the year 9999; correct the year"),
    ('{"tokens": ["{SECRET}"],\n"tokens": ["b"]}', 2, "stands here twice"),
    ('{"tokens": ["a",\n"{SECRET}\\ud800"]}', 2, "holds half of a character"),
    ('{"ips": ["10.0.0.1"], "{SECRET}": 1}', 1, "a key that nobody knows here"),
    (
        "where: {all: [{tokens: [{SECRET}], until: 2026-11-24T02:40Z}, {agents: [x], since: 2026-11-24T02:40Z}]}",
        1,
        "never overlap",
    ),
    ("tokens: [{SECRET}", 2, "did not find expected ',' or ']'"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "words"), WRONG)
def test_a_wrong_file_is_named_by_its_line_and_shows_no_indicator(tmp_path, text, line, words):
    path = tmp_path / "scope.yaml"
    path.write_text(text.replace("{SECRET}", SECRET))
    with pytest.raises(BadFile) as refusal:
        read_question_file(path)
    assert refusal.value.line == line, refusal.value
    assert words in str(refusal.value)
    assert SECRET not in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "text", ["\U0001f514", "a\U0001f514\U0001f514b", "\\\U0001f514", "\\ud83d\U0001f514", "\U0010ffff"]
)
def test_json_may_write_a_character_as_two_halves(tmp_path, text):
    path = tmp_path / "scope.json"
    path.write_text(json.dumps({"agents": [text], "tokens": ["a"]}))
    assert "\\ud" in path.read_text()
    assert read_question_file(path).question == read_question({"agents": [text], "tokens": ["a"]})


def test_too_many_and_too_deep_are_refused_with_a_way_out():
    many = {"any": [{"tokens": [str(number)]} for number in range(63)]}
    with pytest.raises(Refused, match="put values of one kind into one clause"):
        read_question({"where": many})
    assert len(read_question({"where": {"any": many["any"][:62]}}).leaves()) == 62
    deep = {"tokens": ["a"]}
    for _ in range(100_000):
        deep = {"any": [deep]}
    with pytest.raises(Refused, match="write it flatter"):
        read_question({"where": deep})
    with pytest.raises(Refused, match="more than 1000 values with"):
        read_question({"where": {"agents": [f"{number}*" for number in range(1001)]}})


def test_files_of_indicators_start_at_the_folder_of_the_question(tmp_path, monkeypatch):
    (tmp_path / "tokens.txt").write_text("\ufeff# leaked\n b \na\r\nb\n")
    (tmp_path / "people.csv").write_text("who,kinds\nc1,profile\n")
    path = tmp_path / "scope.yaml"
    path.write_text(
        "where:\n  any:\n    - {tokens: ['@tokens.txt', c]}\n    - {sessions: '@tokens.txt'}\n"
        "people: ['@people.csv', c2]\n"
    )
    monkeypatch.chdir("/")
    found = read_question_file(path)
    assert {clause.given(): clause for clause in clauses_of(found.question.where)} == {
        ("tokens",): Clause(tokens=("a", "b", "c")),
        ("sessions",): Clause(sessions=("a", "b")),
    }
    assert [(each.who, each.kinds) for each in found.question.people] == [("c1", ("profile",)), ("c2", ())]
    assert found.content == path.read_bytes()


def test_a_kept_question_is_read_as_it_stands(tmp_path):
    question = read_question({"where": {"agents": ["@nowhere", "x*"], "tokens": ["a"]}})
    assert question_of(tmp_path / "kept.json", question.canonical()) == question


@pytest.mark.parametrize("spelt", ['{"tokens":["@tokens.txt"]}', '{ "tokens" : [\n\t"@tokens.txt" ] }'])
def test_json_that_somebody_wrote_may_name_files(tmp_path, spelt):
    (tmp_path / "tokens.txt").write_text("a\nb\n")
    path = tmp_path / "scope.json"
    path.write_text(spelt)
    assert read_question_file(path).question.tokens == ("a", "b")


@pytest.mark.parametrize("value", ["@tokens.txt", '"@tokens.txt', "a@b"])
def test_a_kept_value_is_never_taken_for_a_file(tmp_path, value):
    (tmp_path / "tokens.txt").write_text("a\nb\n")
    question = read_question({"tokens": [value], "people": [{"who": value}]})
    assert json.loads(question.canonical())["tokens"] == [value]
    assert question_of(tmp_path / "kept.json", question.canonical()) == question


@pytest.mark.parametrize("sign", ["\u00a0", "\u3000", "\u0085", "\x1c", "\x1f"])
def test_only_those_blanks_do_not_count_that_the_engine_strips(tmp_path, sign):
    text = f"{sign}abc{sign}"
    (tmp_path / "tokens.txt").write_text(f" \t{text}\f\n", encoding="utf-8")
    (tmp_path / "people.csv").write_text(f"who\n {text} \n", encoding="utf-8", newline="")
    path = tmp_path / "scope.yaml"
    path.write_text("where: {tokens: ['@tokens.txt'], agents: [' x ']}\npeople: ['@people.csv']\n")
    found = read_question_file(path).question
    assert found.values_of("tokens") == {text}
    assert found.values_of("agents") == {"x"}
    assert [each.who for each in found.people] == [text]


def test_an_account_in_bytes_that_are_no_text_is_refused_by_its_place():
    with pytest.raises(Refused, match="accounts: value 2 of 2 holds half of a character"):
        read_question({"accounts": ["a", "b\udcff"]})


def at(hour):
    return f"2026-11-20T{hour:02}:00Z"


@pytest.mark.parametrize(
    ("where", "outer", "possible"),
    [
        ({"all": [{"tokens": ["a"], "until": at(9)}, {"ips": ["10.0.0.1"], "since": at(8)}]}, {}, True),
        ({"all": [{"tokens": ["a"], "until": at(8)}, {"ips": ["10.0.0.1"], "since": at(8)}]}, {}, False),
        # The question's own window bounds both.
        ({"all": [{"tokens": ["a"], "until": at(9)}, {"ips": ["10.0.0.1"], "since": at(7)}]}, {"until": at(8)}, True),
        # Neither pair is disjoint: all three are.
        ({"all": [{"any": [{"tokens": ["a"], "until": at(2)}, {"tokens": ["b"], "since": at(6)}]},
                  {"ips": ["10.0.0.1"], "since": at(1), "until": at(7)},
                  {"agents": ["x"], "since": at(3), "until": at(5)}]}, {}, False),
        ({"all": [{"any": [{"tokens": ["a"], "until": at(2)}, {"tokens": ["b"], "since": at(6)}]},
                  {"ips": ["10.0.0.1"], "since": at(1), "until": at(7)}]}, {}, True),
        # One part of an any can fit; the other never does.
        ({"any": [{"tokens": ["c"]},
                  {"all": [{"tokens": ["a"], "until": at(8)}, {"ips": ["10.0.0.1"], "since": at(9)}]}]}, {}, False),
    ],
)  # fmt: skip
def test_an_all_whose_windows_never_overlap_is_refused(where, outer, possible):
    raw = {"where": where} | outer
    if possible:
        assert read_question(raw).where is not None
        return
    with pytest.raises(Refused, match="never overlap, so that no request fits them all"):
        read_question(raw)


def test_a_million_tokens_are_read(tmp_path):
    path = tmp_path / "tokens.txt"
    path.write_text("".join(f"tok_{number:032}\n" for number in range(1_000_000)))
    (tmp_path / "scope.yaml").write_text("where: {tokens: ['@tokens.txt'], ips: [10.0.0.1]}\n")
    question = read_question_file(tmp_path / "scope.yaml").question
    assert len(question.leaves()[0].clause.tokens) == 1_000_000
    assert question_of(path, question.canonical()) == question


def test_a_line_that_no_indicator_can_be_is_named(tmp_path):
    (tmp_path / "tokens.txt").write_text("a\n" + "x" * 70_000 + "\n")
    (tmp_path / "scope.yaml").write_text("tokens: ['@tokens.txt']\n")
    with pytest.raises(BadFile, match=r"tokens\.txt:2: is longer than"):
        read_question_file(tmp_path / "scope.yaml")
