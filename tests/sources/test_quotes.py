"""Where rows of CSV end: never within a value, however its lines look."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.exploring import times
from tocsin.sources.quotes import end_of_rows

values = st.text(alphabet=st.sampled_from('ab,"\n '), max_size=12)


def written(rows) -> list[bytes]:
    """Each row as the bytes that a writer of RFC 4180 gives it."""
    found = []
    for row in rows:
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerow(row)
        found.append(out.getvalue().encode())
    return found


@settings(max_examples=times(300))
@given(st.lists(st.lists(values, min_size=2, max_size=4), min_size=1, max_size=12), st.data())
def test_a_text_ends_behind_a_row_wherever_it_is_cut(rows, data):
    parts = written(rows)
    whole = b"".join(parts)
    ends = {0}
    for part in parts:
        ends.add(max(ends) + len(part))
    cut = data.draw(st.integers(0, len(whole)))
    found = end_of_rows(whole[:cut], b",")
    assert found in ends
    # A cut behind the first of two quotes that stand for one looks like the end of a value.
    surely = max(end for end in ends if end <= cut)
    assert found <= surely
    assert found == surely or b'"' in whole[found:cut]
    assert end_of_rows(whole, b",") == len(whole)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        (b"", 0),
        (b"a,b", 0),
        (b"a,b\nc", 4),
        (b'a,"x\ny,z\nr,s\n', 0),
        (b'p,q\na,"x\ny,z\nr,s\n', 4),
        (b'a,5" wide\nb,c\n', 14),
        (b'a,5" wide\nb,"x\ny"\nc,"open\nd,e\n', 18),
        (b'"stray\na,"x"\nb,"y\nz"\n', 21),
        (b'a,"x"y\nb,c\n', 0),
    ],
)
def test_the_end_of_rows(text, end):
    assert end_of_rows(text, b",") == end
