r"""Apache's and nginx's own access logs: the common and the combined log format, perhaps behind the virtual host.

Sources: Apache httpd, mod_log_config (`%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i"`, escapes in "Format
Notes"); nginx, ngx_http_log_module (`combined`, `escape=default`). Both write `"`, `\` and bytes that cannot be shown
as escapes, so that a quote in a line is never a client's. Whatever follows the format's own fields is left alone.

A column is named as in `FIELDS`. `request` is the whole request line, `path` its target; of a request that is no HTTP,
which names no method, `path` is all of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.domain.sources import LogFields
from tocsin.domain.timeformats import TimeFormat
from tocsin.sources.blocks import Block, Blocks, Shape
from tocsin.sources.bounds import Bounds
from tocsin.sources.engine import in_order
from tocsin.sources.files import File, engine_path
from tocsin.sources.lines import Lines, Rejects
from tocsin.sources.missing import refuse_missing
from tocsin.sources.survey import SURE
from tocsin.sources.unpacking import Content

FORMATS = ("combined", "common")
FIELDS = (
    "vhost",
    "host",
    "ident",
    "user",
    "time",
    "method",
    "path",
    "other",
    "status",
    "bytes",
    "referer",
    "agent",
)
#: What the gate writes before a line: its number.
_NUMBER = r"^(\d+) "
#: Bytes, as the engine has it by itself.
_BUFFER = 32 << 20

_TEXT = r'(?:[^"\\]|\\.)*'
_ADDRESS = r"(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F.]*:[0-9a-fA-F]*:[0-9a-zA-Z:.%]*)"
#: A virtual host has a port, or stands before an address: a first word is a client's otherwise.
_HOSTS = (
    rf"(?:([^\s:\[\]]+:\d+|\[[0-9a-fA-F:.]+\]:\d+) ([^\s-]\S*)|([^\s:\[\]]*[g-zG-Z_-][^\s:\[\]]*) ({_ADDRESS})"
    r"|([^\s,]+(?:, ?[^\s,]+)*))"
)
#: A user may have blanks and brackets in her name: the time is what stands in the last brackets before a quote.
_WHO = rf' (\S+) (""|{_TEXT}) \[([^\]"]+)\] '
_REQUEST = rf'"(?:([!#$%&\'*+.^_`|~0-9A-Za-z-]+) ({_TEXT}?)(?: HTTP/\d(?:\.\d)?)?|({_TEXT}))"'
_ANSWER = r" (\d{3}|-) (\d+|-)"
_BROWSER = rf' "({_TEXT})" "({_TEXT})"'
_GROUPS = (
    "vhost", "host", "vhost_named", "host_addressed", "host_alone",
    "ident", "user", "time", "method", "path", "other", "status", "bytes", "referer", "agent",
)  # fmt: skip
_LINE = {
    "combined": rf"^{_HOSTS}{_WHO}{_REQUEST}{_ANSWER}{_BROWSER}(?:\s.*)?$",
    "common": rf"^{_HOSTS}{_WHO}{_REQUEST}{_ANSWER}(?:{_BROWSER})?(?:\s.*)?$",
}

_parts = ibis.udf.scalar.builtin(
    lambda line, pattern, names: None,
    name="regexp_extract",
    signature=(
        ("string", "string", "array<string>"),
        f"struct<{', '.join(f'{name}: string' for name in _GROUPS)}>",
    ),
)
_decoded = ibis.udf.scalar.builtin(lambda text: None, name="url_decode", signature=(("string",), "string"))
_or_null = ibis.udf.scalar.builtin(lambda text: None, name="try", signature=(("string",), "string"))


def defaults(_: str) -> dict[str, Any]:
    """What holds of a source of this format where it says nothing else."""
    names = {"at": "time", "account": "user", "ip": "host", "endpoint": "path"}
    same = {name: name for name in ("agent", "method", "status", "bytes")}
    return {"fields": LogFields(**names, **same), "time": TimeFormat(format="%d/%b/%Y:%H:%M:%S %z")}


def read(engine: Any, source: str, files: Sequence[File], fields: Mapping[str, str], kind: str) -> Any:
    """A table with the columns `fields` names (ours, as text) and `file`; a line of another shape is all null.

    `line` is the number of the row's line where all files are numbered.
    """
    refuse_unknown(source, files, fields, kind)
    alike: dict[tuple[str, bool], list[File]] = {}
    for file in files:
        alike.setdefault((file.packing, file.numbered), []).append(file)
    parts = []
    for (packing, numbered), these in alike.items():
        lines = _lines(engine, these, packing)
        line = lines.line.re_replace(_NUMBER, "") if numbered else lines.line
        numbers = {"line": lines.line.re_extract(_NUMBER, 1).try_cast("int64")} if numbered else {}
        parts.append(_fields(lines.select("file", text=line, **numbers), kind, fields))
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def refuse_unknown(source: str, _: Sequence[File], fields: Mapping[str, str], kind: str) -> None:
    """Refused where a declared column is none of the format's."""
    refuse_missing(source, f"the {kind} log format", fields, (*FIELDS, "request"))


def in_block(engine: Any, address: str, shape: Shape, fields: Mapping[str, str]) -> Any:
    """The columns of the lines in a block, and `line`."""
    lines = _as_texts(engine, [address], shape.longest, compression="none")
    if shape.numbered:
        number = lines.line.re_extract(_NUMBER, 1).try_cast("int64")
        lines = lines.select(text=lines.line.re_replace(_NUMBER, ""), line=number)
    else:
        lines = lines.select(text=lines.line, line=in_order())
    return _fields(lines, shape.format, fields)


def blocks(content: Content, bounds: Bounds, _: str) -> Iterator[Block]:
    """The blocks of a file, each line of which must end: half a browser's name is one, too."""
    return iter(Blocks(content, bounds, must_end=True))


def _fields(lines: Any, kind: str, fields: Mapping[str, str]) -> Any:
    """The columns that `fields` names out of each `text`, beside what else there is."""
    lines = lines.mutate(parts=_parts(lines.text, _LINE[kind], ibis.literal(list(_GROUPS))))
    beside = [name for name in lines.columns if name not in ("text", "parts")]
    return lines.select(*beside, **{ours: _column(lines.parts, theirs) for ours, theirs in fields.items()})


def _lines(engine: Any, files: Sequence[File], packing: str) -> Any:
    """Every line that is not empty, whatever stands in it, as one text."""
    longest = max(SURE, *(file.survey.longest for file in files))
    paths = [engine_path(file) for file in files]
    table = _as_texts(engine, paths, longest, compression=packing, filename=True, parallel=longest <= SURE)
    return table.filter(table.line.length() > 0).select("line", file=table.filename)


def _as_texts(engine: Any, paths: Sequence[str], longest: int, **other: Any) -> Any:
    return engine.read_csv(
        paths,
        columns={"line": "VARCHAR"},
        auto_detect=False,
        header=False,
        # No line can hold the end of one, so that each is one value.
        delim="\n",
        quote="",
        escape="",
        ignore_errors=True,
        hive_partitioning=False,
        max_line_size=2 * longest,
        buffer_size=max(_BUFFER, 4 * longest),
        **({"parallel": False} | other),
    )


def _column(parts: Any, name: str) -> Any:
    if name == "request":
        line = ibis.ifelse(parts.method == "", parts.other, parts.method + " " + parts.path)
        return _plain(line)
    if name == "vhost":
        return _first(parts.vhost, parts.vhost_named)
    if name == "host":
        return _first(parts.host, parts.host_addressed, parts.host_alone)
    if name == "path":
        return _plain(ibis.ifelse(parts.method == "", parts.other, parts.path))
    return _plain(parts[name]) if name in ("user", "other", "referer", "agent") else _known(parts[name])


def _first(*texts: Any) -> Any:
    return _known(ibis.coalesce(*(text.nullif("") for text in texts)))


def _known(text: Any) -> Any:
    """The text; null where the server wrote that it knew none."""
    return text.nullif("").nullif("-").nullif('""')


def _plain(text: Any) -> Any:
    """The text as the client sent it: escapes are undone, unless what they stand for is no UTF-8."""
    coded = text.re_replace("%", "%25").replace(r"\\", "%5C").replace(r"\"", "%22")
    coded = coded.re_replace(r"\\x([0-9a-fA-F]{2})", r"%\1")
    for sign, code in (("t", "%09"), ("n", "%0A"), ("r", "%0D"), ("b", "%08"), ("v", "%0B")):
        coded = coded.replace(rf"\{sign}", code)
    plain = ibis.coalesce(_or_null(_decoded(coded)), text)
    return _known(ibis.ifelse(text.contains("\\"), plain, text))


def numbered(lines: Lines, _: str, __: Rejects) -> Iterator[tuple[bytes, int]]:
    """Lines with their numbers in front; which of them are requests, the engine decides."""
    for batch in lines:
        found = [
            b"%d %b\n" % (number, line)
            for number, line in enumerate(batch.lines, batch.first)
            if line.strip()
        ]
        yield b"".join(found), len(found)
