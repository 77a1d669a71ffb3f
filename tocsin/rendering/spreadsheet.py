"""Tables that people open in a spreadsheet: CSV as RFC 4180 has it, in which no cell is taken for a formula.

UTF-8 begins with a byte order mark: without it Excel reads another encoding, and Vietnamese is lost. Who reads it by
program opens it as `utf-8-sig`. The same rows give the same bytes.
"""

import csv
import io
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

#: What a spreadsheet may take for a formula. Where a program splits at another separator than ours, the text behind
#: that one or behind a line end begins a cell too (OWASP, CSV injection); wide forms count as well.
_FORMULA = re.compile(r"(^|[;|\t\r\n]\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20\t\r])")


def cell(value: object) -> str:
    """The value as a cell that no spreadsheet reckons: an apostrophe stands before what would be a formula."""
    return _FORMULA.sub(r"\g<1>'", str(value))


def spreadsheet(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A whole file: every cell quoted, lines ended as RFC 4180 says."""
    return b"".join(spreadsheet_lines(head, rows))


def spreadsheet_lines(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """The same line by line, for a file that is larger than memory should be."""
    text = io.StringIO()
    table = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    yield BOM_UTF8
    for row in chain([head], rows):
        table.writerow(map(cell, row))
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
