"""What people type leaves for Slack without what looks like a customer's, and with everything else as it was."""

from datetime import datetime
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.masking import MASK, masked

SECRETS = [
    "canary@customer.example",
    "Jürgen.Müller+x@kunde.example",
    "用户@例子.广告",
    "+84 912 345 678",
    "0912345678",
    "(024) 3825-1234",
    "+49(0)30/1234567",
    "415-555-0100",
    "(415) 555-0100",
    "198.51.100.77",
    "2001:db8::1",
    "fe80:0:0:0:1:2:3:4",
    "4111 1111 1111 1111",
    "4111111111111111",
    "079201001234",
    "soa_live_7Hd82kLmN0pQrS3tUv",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP",
    "xoxb-2048-7Hd82kLmN0pQrS3tUv",
    "123e4567-e89b-12d3-a456-426614174000",
    "an%40customer.example",
    "an%2540customer.example",
    "J%C3%BCrgen%40kunde.example",
    "an＠customer.example",
    "o'brien@customer.example",
    "０９１２３４５６７８",
    "0912%20345%20678",
    "4111.1111.1111.1111",
    "3782 822463 10005",
    "123-45-6789",
    "01.02.1999",
    "123 456 789",
    "079 201 001 234",
    "DE89 3704 0044 0532 0130 00",
    "de89 3704 0044 0532 0130 00",
    "GB82 WEST 1234 5698 7654 32",
    "FR14 2004 1010 0505 0001 3M02 606",
    "NO9386011117947",
    "ghp_abcdEFGHijklMNOPqrstUVWX",
    "github_pat_abcdEFGHijklMNOP",
    "glpat-abcdEFGHijkl",
    "xoxp-abcdefghijkl",
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "sk_live_abcdefghijklmnop",
    "::ffff:198.51.100.7",
    "25-12-1987",
    "1987-12-25",
    "1987-25-12",
    "12/25/1987",
    "4/5/1987",
    "25.12.2012",
    "25. 12. 1987",
    "25 12 1987",
    "25/12/1900",
    "1987_05_04",
    "19871225",
    "25121987",
    "25 tháng 12 năm 1987",
    "25 December 1987",
    "Dec 25th, 1987",
    "1987-Dec-25",
    "25–12–1987",
    "+84–912–345–678",
    "+84‑912‑345‑678",
    "+84—912−345‐678",
    "0912\u200b345\u00ad678",
    "4111–1111–1111–1111",
    "84.912.345.678",
    "84 91 234 5678",
    "84 912 345678",
    "84 24-3825-1234",
    "an.nguyen[at]example[.]com",
    "an.nguyen [AT] example [dot] com",
    "an.nguyen(at)example(dot)com",
    "an.nguyen{@}example.com",
    "203[.]0[.]113[.]7",
    "2001[:]db8[:]:1",
    '"an nguyen"@example.com',
    r'"an \"the cat\" nguyen"@example.com',
    "203-0-113-7.dsl.example.net",
    "203–0–113–7-static.example.net",
    "3f9a8b7c6d5e4f3a",
    "3F9A8B7C6D5E4F3A",
    "so_live_9f8e7d",
    "4111 **** **** 1111",
    "411111******1111",
    "4111-11XX-XXXX-1111",
    "**** **** **** 1111",
    "•••• 1111",
    "4111 1111 11** ****",
    "091****678",
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("around", ["{}", "he said: {}.", "({})", "<{}>, and more", "ip={} twice"])
def test_what_looks_like_a_customers_is_masked_whole(secret: str, around: str) -> None:
    assert masked(around.format(secret)) == around.format(MASK)


@pytest.mark.parametrize("between", [" ", ", ", " (", " / ", ",", ": "])
def test_of_two_side_by_side_neither_opens_the_other(between: str) -> None:
    for pair in product(SECRETS, repeat=2):
        text = between.join(pair)
        assert masked(text).replace(MASK, "") in ("", between), text


@pytest.mark.parametrize("ours", ["2026-11-26", "26/11/2026", "12:41", "INC-2026-0004"])
@pytest.mark.parametrize("secret", SECRETS)
def test_what_is_nobodys_stays_beside_what_is_masked_whole(secret: str, ours: str) -> None:
    for between in (" ", ", ", " (", " / "):
        assert masked(secret + between + ours) == MASK + between + ours
        assert masked(ours + between + secret) == ours + between + MASK


def test_a_birthday_with_a_time_behind_it_is_masked() -> None:
    assert masked("born 1987-05-04:10:30") == f"born {MASK}:10:30"


@pytest.mark.parametrize(
    "number", ["0912.345.678", "+84.912.345.678", "84 912.345.678", "+84 (0) 912.345.678", "1987-05-04"]
)
def test_what_is_no_number_of_things_is_masked_though_something_is_counted_behind_it(number: str) -> None:
    assert not any(each.isdigit() for each in masked(f"{number} rows"))


def test_the_number_of_an_incident_is_no_birthday() -> None:
    assert masked("INC-2026-19870504, CVE-2012-10102010") == "INC-2026-19870504, CVE-2012-10102010"


@pytest.mark.parametrize(
    "text",
    [
        "Tokens are revoked; 1,204,812 people, 72 hours, 3.5 % left.",
        "Since 2026-11-26 08:00:00, i.e. 26/11/2026 at 15:00 (UTC+07:00) = 08:00Z.",
        "See INC-2026-0007, step 4.1, E12, CVE-2026-12345, RFC 5322, version 1.26.0 of nginx::core",
        "vn-pdpl/finance-merchant/individuals/controller by Art. 23(1), 45 CFR 164.404(b)",
        "Điều 23 khoản 1, Nghị định 356/2025/ND-CP: 1.500.000 đồng mỗi người",
        "tocsin hand INC-2026-0007 accountable-officer-1 nguyen-thi-minh-khai",
        "@linh asks: is it a::b? 50 %!",
        "From 01/02/2026 to 2026-11-26/2026-11-28, at (+07) 2026-11-26 08:00, UTC+07 03.04.2026",
        "INC-2026-123456789 CVE-2026-1234 2026-11-26",
        "use_test_database, 100%25 of 50%20 off, ½ … № ＡＢＣ 100 ％",
        "incident_templates/types/credential-leak/steps.yaml",
        "INC-2026-0004: 72 h, C2–C5 done; 2026-11-26–2026-11-28, 01-12-2026—03-12-2026, 08:00–09:30",
        "HTTP 401 and 503 since 26 November 2026, head 3f9a8b7c6d5e, 84 of 9.123 people, 1–3 of 12",
        "**2026** and ***sev1***, INC-2026-XXXX, 84.1.2, 10-11-12-13, f(x) [at] home (dot) { . }",
        "10102010 rows and 19870504 records for 84.123.456.789 VND or 84,123,456,789 USD",
        "In 1987 or 2012; May 2010; 2005/2007; Law 05/2007/QH12; a 16-digit key; run_test_2026",
    ],
)
def test_what_does_not_stays_as_it_is(text: str) -> None:
    assert masked(text) == text


def in_words(*shapes: str) -> st.SearchStrategy[str]:
    """Moments as these formats of strftime write them."""
    moments = st.datetimes(min_value=datetime(2013, 1, 1), max_value=datetime(2099, 12, 31))  # noqa: DTZ001
    return st.builds(lambda moment, shape: moment.strftime(shape), moments, st.sampled_from(shapes))


NUMBERED = st.integers(0, 99)
NOBODYS = st.one_of(
    in_words("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d", "%d-%m-%Y"),
    in_words("%H:%M", "%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S+07:00"),
    st.builds("INC-{}-{:04}".format, st.integers(2000, 2099), st.integers(1, 999_999_999)),
    st.builds("CVE-{}-{:04}".format, st.integers(1999, 2099), st.integers(1, 9_999_999)),
    st.builds("{}.{}.{}".format, NUMBERED, NUMBERED, NUMBERED),
    st.builds("{} of {:,} people".format, NUMBERED, st.integers(0, 10**10)),
)


@given(st.lists(st.tuples(NOBODYS, st.sampled_from([" ", ", ", " - ", " (", ") ", ": ", "; ", " until "]))))
def test_days_times_keys_and_versions_stay_whatever_stands_beside_them(said: list[tuple[str, str]]) -> None:
    text = "".join(word + between for word, between in said)
    assert masked(text) == text
    assert masked(f"{text} an@customer.example") == f"{text} {MASK}"


@given(st.text())
def test_what_is_masked_once_is_masked_and_all_else_is_as_it_was_written(text: str) -> None:
    kept = masked(text).split(MASK)
    rest = text
    for each in kept:
        assert each in rest
        rest = rest.partition(each)[2] if each else rest


#: Beginnings of what is sought, over and over.
HOSTILE = (
    "84 ",
    "84.91.",
    "*",
    "4111 **",
    '"a',
    '"@',
    "[at",
    " [.]",
    "1-1-1-1.",
    "1-1-1-1-",
    "1 2 ",
    "123 ",
    "0912 345 678 ",
    "may 1 ",
    "f1",
    "\u200b",
)


@pytest.mark.parametrize("part", ["y", "o'", "a@", "1 ", "1.", "a1", "A/", "a:", "%25", "eyJ-", *HOSTILE])
def test_a_word_without_an_end_is_gone_through_once(part: str) -> None:
    """Gone through from each of its letters, a hundred thousand of them would take hours."""
    text = part * (100_000 // len(part))
    assert len(masked(text)) <= len(text)


def test_names_it_cannot_see() -> None:
    assert (
        masked("Käthe Kanarienvogel called about account 77") == "Käthe Kanarienvogel called about account 77"
    )
