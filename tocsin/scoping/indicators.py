"""Indicators as marks: which kinds of indicator fit a row, as bits of one number. Tokens are compared exactly."""

from ipaddress import IPv4Network
from typing import Any

import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]

from tocsin.domain.scope.question import INDICATORS, Question, network
from tocsin.scoping.addresses import is_readable, may_lie_in

#: The bit of each kind of indicator, and the column of the logs that it is compared with.
BITS = {kind: 1 << place for place, kind in enumerate(INDICATORS)}
COLUMNS = {"tokens": "token", "sessions": "session", "accounts": "account", "ips": "ip", "agents": "agent"}
#: These name one person; an address or a user agent may be shared.
PERSONAL = BITS["tokens"] | BITS["sessions"] | BITS["accounts"]
ADDRESS = BITS["ips"]
#: Up to so many single addresses, testing one after the other is faster than joining.
_FEW = 64
_DOTTED = r"(\d+\.\d+\.\d+\.\d+)"


def marked(log: Any, question: Question) -> Any:
    """The log with a column `marks`. The bit for addresses means "perhaps", until `addresses.lies_in` has looked."""
    log = log.mutate(marks=ibis.literal(0, "int64"))
    for kind in question.given():
        if kind == "ips":
            log, fits = _address_fits(log, question)
        else:
            values = getattr(question, kind)
            log, fits = _joined(log, kind, _unpadded(log[COLUMNS[kind]], values), values)
        log = log.mutate(marks=log.marks + ibis.ifelse(fits, BITS[kind], 0))
    return log


def _joined(log: Any, kind: str, column: Any, values: tuple[str, ...]) -> tuple[Any, Any]:
    """The log beside its fitting indicator, and whether there is one."""
    name = f"wanted_{kind}"
    wanted = ibis.memtable(pa.table({name: pa.array(values, pa.string())}))
    log = log.left_join(wanted, column == wanted[name])
    return log, log[name].notnull()


def _unpadded(column: Any, values: tuple[str, ...]) -> Any:
    """The column without white space around its texts. To strip every row would cost more than to read it.

    So only a text that is longer than the shortest value, and that begins or ends with a blank, is stripped.
    """
    longer = column.length() > min(len(value) for value in values)
    padded = longer & ((column < "!") | (column.right(1) < "!"))
    return ibis.ifelse(padded, column.strip(), column)


def _address_fits(log: Any, question: Question) -> tuple[Any, Any]:
    networks = [network(text) for text in question.ips]
    single = [each for each in networks if isinstance(each, IPv4Network) and each.prefixlen == 32]
    if len(single) <= _FEW:
        return log, may_lie_in(log.ip, networks).fill_null(False)
    dotted = tuple(str(each.network_address) for each in single)
    log, fits = _joined(log, "ips", log.ip.re_extract(_DOTTED, 1), dotted)
    blocks = [each for each in networks if each not in set(single)]
    # A v4 address may also stand in the log as v4-mapped hexadecimal, which has no dots to join on.
    hexadecimal = log.ip.lower().contains(":ffff:") & ~log.ip.contains(".")
    # Or behind others in a list, of which a join sees the first: of these all are candidates that are near enough.
    near = {each.supernet(new_prefix=16) for each in single}
    listed = ibis.ifelse(log.ip.contains(","), may_lie_in(log.ip, near), False)
    fits = fits | hexadecimal.fill_null(False) | listed.fill_null(False)
    return log, (fits | may_lie_in(log.ip, blocks).fill_null(False)) if blocks else fits


def without_address(log: Any) -> Any:
    """Rows whose address nobody can compare: none, or a text that is no address from beginning to end."""
    return ~is_readable(log.ip)
