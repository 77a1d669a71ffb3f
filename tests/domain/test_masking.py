"""What people type leaves for Slack without what looks like a customer's, and with everything else as it was."""

import pytest

from tocsin.domain.masking import MASK, masked


@pytest.mark.parametrize(
    "secret",
    [
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
    ],
)
@pytest.mark.parametrize("around", ["{}", "he said: {}.", "({})", "<{}>, and more", "ip={} twice"])
def test_what_looks_like_a_customers_is_masked_whole(secret: str, around: str) -> None:
    assert masked(around.format(secret)) == around.format(MASK)


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
    ],
)
def test_what_does_not_stays_as_it_is(text: str) -> None:
    assert masked(text) == text


def test_names_it_cannot_see() -> None:
    assert (
        masked("Käthe Kanarienvogel called about account 77") == "Käthe Kanarienvogel called about account 77"
    )
