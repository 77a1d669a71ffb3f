"""What values look like, told without any of them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.exploring import times
from tocsin.domain.likeness import as_written, is_kind, likeness, shape


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([], ""),
        (["a@example.org", "b@example.org", "tok"], "2 e-mail addresses, 1 text of 3 characters"),
        (['"a @ b"@example.org', "dùng@example.org"], "2 e-mail addresses"),
        (["a@example.org\r\nBcc: b@example.org"], "1 text of 33 characters"),
        (["192.0.2.1", "2001:db8::1", " 192.0.2.2 "], "2 IPv4 addresses, 1 IPv6 address"),
        (["/v1/x?mail=a@example.org", "https://x.example/a@b.example"], "1 path, 1 web address"),
        ([200, "-4", "1.5"], "2 whole numbers, 1 number"),
        (["2026-11-20T10:00:00Z", "20/Nov/2026:10:00:00 +0700", "2001-01-31"], "2 moments, 1 day"),
        (["VN", "DE", "true", "GET"], "2 codes of two letters, 1 yes or no, 1 HTTP method"),
        (["x", "abcdef"], "2 texts of 1 to 6 characters"),
    ],
)
def test_values_are_told_by_their_kind(values, words):
    assert likeness(values) == words


def test_a_kind_is_asked_for_by_its_name():
    assert is_kind("192.0.2.1", "IPv4 address", "IPv6 address")
    assert not is_kind("192.0.2.1:80", "IPv4 address", "IPv6 address")


def test_how_a_moment_is_written():
    assert as_written(" 20/Nov/2026:10:00:00 +0700 ") == "20/Nov/2026:10:00:00 +0700"
    assert shape("20/Nov/2026:10:00:00 +0700") == "99/aaa/9999:99:99:99 +9999"
    for somebodys in ("84901234567", "a@example.org", "192.0.2.1", "x" * 50):
        assert as_written(somebodys) == shape(somebodys)


@settings(max_examples=times(200))
@given(st.text(min_size=1))
def test_no_letter_or_digit_of_a_value_is_shown(text):
    assert set(shape(text)) <= {each for each in text if each.isascii() and not each.isalnum()} | set("9a.")
    words = likeness([text])
    assert len(text.strip()) < 12 or text.strip() not in words
