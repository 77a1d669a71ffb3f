"""What a button or a link carries comes back as it was, and nothing else is taken for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.errors import Refused
from tocsin.domain.offers import DEEDS, Offer, parsed

INC = "INC-2026-0007"


@given(st.sampled_from(DEEDS), st.from_regex(r"[a-z][a-z0-9./-]{0,40}", fullmatch=True))
def test_comes_back_as_it_was(deed, subject):
    offer = Offer(deed, INC, subject, "ab12")
    assert parsed(offer.value) == offer
    # A button's value may be 2,000 characters long (docs.slack.dev, reference/block-kit).
    assert len(offer.value) < 2000


@pytest.mark.parametrize(
    "value",
    [
        "",
        "{}",
        "[" * 100_000,
        "null",
        '["ack"]',
        f'["ack","{INC}",7,""]',
        f'["erase","{INC}","",""]',
        '["ack","INC-2026-0007; drop table entry","",""]',
        f'["ack","{INC}","a\\nb",""]',
        f'["ack","{INC}","","<!channel>"]',
        f'[["ack"],"{INC}","",""]',
    ],
)
def test_refuses_what_no_message_carried(value):
    with pytest.raises(Refused, match="no offer of ours"):
        parsed(value)
