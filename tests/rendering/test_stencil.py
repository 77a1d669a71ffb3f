"""Stencils: whatever stands between the gaps and in them, the base64 is that of the whole text."""

import base64
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.exploring import times
from tocsin.domain.errors import Refused
from tocsin.rendering.stencil import Body, Stencil, canonical

#: Characters that may become one with their neighbours, line ends, and plain ones of each length in UTF-8.
SIGNS = st.text(
    st.sampled_from("aA \n\r.<é\u0301\u0323ệ\u1100\u1161\u11a8가様\u09be\U0001f514\ue001"), max_size=90
)


@settings(max_examples=times(600))
@given(pieces=st.lists(SIGNS, min_size=1, max_size=5), data=st.data())
def test_a_filled_stencil_is_the_base64_of_the_whole_text(pieces: list[str], data: st.DataObject) -> None:
    shared = Stencil(pieces)
    # The second time each piece comes from what was encoded ahead.
    for _ in range(2):
        own = data.draw(st.tuples(*[SIGNS] * (len(pieces) - 1)))
        whole = "".join(each for pair in zip(pieces, (*own, ""), strict=True) for each in pair)
        lines = shared.encoded(own)

        assert base64.b64decode(lines, validate=False).decode() == shared.text(own) == canonical(whole)
        assert Body(shared, own).words == whole
        assert all(re.fullmatch(r"[A-Za-z0-9+/]{1,76}={0,2}", line) for line in lines.split("\r\n")[:-1])
        assert lines == "" or lines.endswith("\r\n")


@settings(max_examples=times(300))
@given(name=st.text(st.sampled_from("abcdê가"), max_size=40))
@example("")
def test_what_is_shared_is_encoded_once(name: str) -> None:
    """However long a name is, all but a few lines are those of any other letter with as many bytes over."""
    shared = Stencil(("Xin chào ", ",\n" + "chúng tôi báo tin. " * 100))
    beside = "n" * (len(name.encode()) % 3)
    mine, other = shared.encoded((name,)).split("\r\n"), shared.encoded((beside,)).split("\r\n")

    assert mine[-30:] == other[-30:]


@pytest.mark.parametrize("bad", ["\x00", "\ud800", "ok\udfff"])
def test_what_no_mail_may_hold_is_refused(bad: str) -> None:
    with pytest.raises(Refused, match="NUL or half a character"):
        Stencil(("a", bad))
    with pytest.raises(Refused, match="NUL or half a character"):
        Stencil(("a", "b")).encoded((bad,))


def test_as_many_words_as_gaps() -> None:
    with pytest.raises(ValueError, match=r"zip\(\)|words for"):
        Stencil(("a", "b")).text(("x", "y"))
    with pytest.raises(ValueError, match=r"zip\(\)|words for"):
        Stencil(("a", "b")).encoded(("x", "y"))
