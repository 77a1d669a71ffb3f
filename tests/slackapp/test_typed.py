"""What is typed on a telephone, taken apart: words as a shell would, free text as it stands."""

import pytest

from tocsin.slackapp.typed import facts_and_text, words_and_text


@pytest.mark.parametrize(
    ("line", "count", "words"),
    [
        ("C2 all are here", 1, ["C2", "all are here"]),
        ("C3 --because 'there is one already'", 1, ["C3", "there is one already"]),
        ("C3 —because “there is one already”", 1, ["C3", "there is one already"]),
        ("C3 it's John's \"quoted", 1, ["C3", "it's John's \"quoted"]),
        ("title “A new title” it's clearer", 2, ["title", "A new title", "it's clearer"]),
        ("C2 we ran pg_dump --role admin", 1, ["C2", "we ran pg_dump --role admin"]),
        ("  C2  ", 1, ["C2"]),
        ("", 1, []),
        ("--because 'no breach'", 0, ["no breach"]),
        ("'a' or 'b'", 0, ["'a' or 'b'"]),
    ],
)
def test_free_text_is_taken_as_it_stands(line: str, count: int, words: list[str]) -> None:
    assert words_and_text(line, count) == words


@pytest.mark.parametrize(
    ("line", "facts", "source"),
    [
        ("a=1 b=2 the DPO's call", [("a", "1"), ("b", "2")], "the DPO's call"),
        ("a='two words' --source \"a call\"", [("a", "two words")], "a call"),
        ("a=“two words” https://x/?id=5", [("a", "two words")], "https://x/?id=5"),
        ('hold={"authority":"Police, 2"} letter', [("hold", '{"authority":"Police, 2"}')], "letter"),
        ("a=@/etc/passwd x", [("a", "@/etc/passwd")], "x"),
        ("https://x/?id=5", [], "https://x/?id=5"),
    ],
)
def test_facts_come_first_and_the_rest_is_their_source(
    line: str, facts: list[tuple[str, str]], source: str
) -> None:
    assert facts_and_text(line) == (facts, source)
