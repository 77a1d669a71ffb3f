"""The addresses to which letters come back."""

import pytest

from tocsin.domain.addresses import is_plain
from tocsin.domain.returns import return_path, takes_returns

MARK = "0123456789abcdef" * 2


@pytest.mark.parametrize("local", ["b", "bounces", "a.b-c_d", "x" * 31])
def test_what_a_mailbox_becomes_is_an_address_that_every_relay_carries(local):
    mailbox = f"{local}@bounces.example.com"
    assert takes_returns(mailbox)
    path = return_path(mailbox, f"{MARK}@example.com")
    assert path == f"{local}+{MARK}@bounces.example.com"
    assert is_plain(path)


@pytest.mark.parametrize(
    "mailbox",
    [
        "",
        "bounces",
        "@example.com",
        "bounces@",
        "bounces+now@example.com",
        "x" * 32 + "@example.com",
        '"a b"@example.com',
        "bounces@example.com\r\nBcc: all@example.com",
        "trả-lại@example.com",
        "a@b@example.com",
    ],
)
def test_what_can_take_no_mark_is_no_mailbox(mailbox):
    assert not takes_returns(mailbox)
