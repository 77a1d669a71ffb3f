"""Tables that people open in a spreadsheet: CSV as RFC 4180 has it, in which no cell is taken for a formula.

UTF-8 begins with a byte order mark: without it Excel reads another encoding, and Vietnamese is lost. Who reads it by
program opens it as `utf-8-sig`. The same rows give the same bytes.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence

#: What a spreadsheet may take for a formula. Where a program splits at another separator than ours, the text behind
#: that one or behind a line end begins a cell too (OWASP, CSV injection); wide forms count as well.
_FORMULA = re.compile(r"(^|[;|\t\r\n]\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20\t\r])")


def cell(value: object) -> str:
    """The value as a cell that no spreadsheet reckons: an apostrophe stands before what would be a formula."""
    return _FORMULA.sub(r"\g<1>'", str(value))


def spreadsheet(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A whole file: every cell quoted, lines ended as RFC 4180 says."""
    text = io.StringIO()
    table = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    table.writerow(map(cell, head))
    table.writerows([cell(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")
