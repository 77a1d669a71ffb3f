"""Spark behind Ibis, as far as it differs from DuckDB: the one place that knows how each would say the same.

A long module: one word of Ibis after the other. Ibis has a word for most of what the questions need, and Spark answers
some of them otherwise than DuckDB does. Here these words get DuckDB's meaning, so that no expression has to know which
engine it runs on.
"""

import re
import string
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import ibis  # type: ignore[import-untyped]
import ibis.expr.datatypes as dt  # type: ignore[import-untyped]
import ibis.expr.operations as ops  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]
import sqlglot.expressions as sge
from ibis.backends.pyspark import Backend  # type: ignore[import-untyped]
from ibis.backends.pyspark.datatypes import PySparkSchema  # type: ignore[import-untyped]
from ibis.backends.sql.compilers.pyspark import PySparkCompiler  # type: ignore[import-untyped]
from ibis.backends.sql.rewrites import CTE, Select  # type: ignore[import-untyped]
from ibis.formats.pyarrow import PyArrowSchema  # type: ignore[import-untyped]
from py4j.protocol import Py4JError  # type: ignore[import-untyped]
from pyspark import AccumulatorParam, StorageLevel
from pyspark.errors import PySparkException
from pyspark.sql.pandas.types import from_arrow_schema

from tocsin.domain.errors import Refused
from tocsin.sources.spark.patterns import java, replaced

_NULL, _TEXT = sge.Null(), sge.convert
#: Letters that Java changes by the letters around them, or to several, where DuckDB changes each alone.
_CAPITALS = ("\u0130\u03a3", "i\u03c3")
#: Through this, texts become whole numbers as DuckDB casts them: a fraction is rounded.
_NUMBER = dt.Decimal(38, 9)
_BEYOND = r"[^\x00-\x7F]"
_HEXADECIMAL = "^ *0[xX][0-9a-fA-F]{1,15} *$"
#: So many values stand in a statement.
_FEW = 1000
_MOMENTS = {"Y": "yyyy", "m": "MM", "d": "dd", "H": "HH", "M": "mm", "S": "ss"}
#: Escapes of one character beyond ASCII (RFC 3629, 4).
_TAIL = "%[89ab][0-9a-f]"
_UTF8 = (
    rf"(?i)%(?:c[2-9a-f]|d[0-9a-f]){_TAIL}|%e0%[ab][0-9a-f]{_TAIL}|%ed%[89][0-9a-f]{_TAIL}"
    rf"|%e[1-9a-cef](?:{_TAIL}){{2}}|%f0%[9ab][0-9a-f](?:{_TAIL}){{2}}|%f[1-3](?:{_TAIL}){{3}}"
    rf"|%f4%8[0-9a-f](?:{_TAIL}){{2}}"
)


class Compiler(PySparkCompiler):  # type: ignore[misc]
    """Ibis' words in Spark's SQL, with DuckDB's meaning. Methods are named as Ibis looks for them."""

    def visit_GroupConcat(self, op: Any, *, arg: Any, sep: Any, where: Any, order_by: Any) -> Any:  # noqa: N802
        """Texts in the order of a key."""
        (key,) = (each.this for each in order_by)
        known = arg.is_(sge.Not(this=_NULL))
        pair = self.f.struct(key.as_("key"), arg.as_("text"))
        pairs = self.f.collect_list(self.if_(known if where is None else sge.and_(known, where), pair, _NULL))
        each = sge.to_identifier("each")
        text = sge.Lambda(this=sge.Dot(this=each, expression=sge.to_identifier("text")), expressions=[each])
        texts = self.f.transform(self.f.array_sort(pairs), text)
        return self.if_(self.f.size(pairs).eq(0), _NULL, self.f.array_join(texts, sep))

    def visit_BitOr(self, op: Any, *, arg: Any, where: Any) -> Any:  # noqa: N802
        """The bits that any value has."""
        return self.agg.bit_or(arg, where=where)

    def visit_BitAnd(self, op: Any, *, arg: Any, where: Any) -> Any:  # noqa: N802
        """The bits that every value has."""
        return self.agg.bit_and(arg, where=where)

    def visit_InSubquery(self, op: Any, *, rel: Any, needle: Any) -> Any:  # noqa: N802
        """Whether a value is one of those of a table. Few that are known stand in the statement: a table of Spark's for
        each clause of a question would be a join for each.
        """
        values = _listed(op.rel)
        if 0 < len(values) <= _FEW and None not in values:
            return sge.In(this=needle, expressions=[_TEXT(value) for value in values])
        return super().visit_InSubquery(op, rel=rel, needle=needle)

    def visit_RegexSearch(self, op: Any, *, arg: Any, pattern: Any) -> Any:  # noqa: N802
        """Whether a text holds what an expression stands for."""
        return self.f.regexp_like(arg, _TEXT(java(op.pattern.value)))

    def visit_RegexExtract(self, op: Any, *, arg: Any, pattern: Any, index: Any) -> Any:  # noqa: N802
        """A group of the first place that an expression stands for; empty where there is none."""
        return self.f.regexp_extract(arg, _TEXT(java(op.pattern.value)), index)

    def visit_RegexReplace(self, op: Any, *, arg: Any, pattern: Any, replacement: Any) -> Any:  # noqa: N802
        """All that an expression stands for, replaced."""
        return self.f.regexp_replace(
            arg, _TEXT(java(op.pattern.value)), _TEXT(replaced(op.replacement.value))
        )

    def visit_StringSplit(self, op: Any, *, arg: Any, delimiter: Any) -> Any:  # noqa: N802
        """By a text, which Spark takes for an expression."""
        return self.f.split(arg, _TEXT(re.escape(op.delimiter.value)), -1)

    def visit_Strip(self, op: Any, *, arg: Any) -> Any:  # noqa: N802
        """Without blanks of all kinds around it."""
        return self.f.btrim(arg, _TEXT(string.whitespace))

    def visit_Lowercase(self, op: Any, *, arg: Any) -> Any:  # noqa: N802
        """Letter by letter."""
        return self.f.lower(self.f.translate(arg, *map(_TEXT, _CAPITALS)))

    def visit_TryCast(self, op: Any, *, arg: Any, to: Any) -> Any:  # noqa: N802
        """Null where a text does not say such a thing."""
        if op.arg.dtype.is_string() and to.is_integer():
            # Java takes the digits of every script for numbers.
            arg = self.if_(self.f.regexp_like(arg, _TEXT(_BEYOND)), _NULL, arg)
            hexadecimal = self.f.regexp_like(arg, _TEXT(_HEXADECIMAL))
            arg = self.if_(hexadecimal, self.f.conv(self.f.substr(self.f.btrim(arg), 3), 16, 10), arg)
            arg = self.f.round(sge.TryCast(this=arg, to=self.type_mapper.from_ibis(_NUMBER), safe=True))
        return sge.TryCast(this=arg, to=self.type_mapper.from_ibis(to), safe=True)

    def visit_Strftime(self, op: Any, *, arg: Any, format_str: Any) -> Any:  # noqa: N802
        """By a pattern, in which Java quotes what is none."""
        parts = enumerate(re.split(r"%(.)", op.format_str.value))
        written = (_MOMENTS[part] if place % 2 else f"'{part}'" * bool(part) for place, part in parts)
        return self.f.date_format(arg, _TEXT("".join(written)))

    def visit_ScalarUDF(self, op: Any, **arguments: Any) -> Any:  # noqa: N802
        """Functions that DuckDB has by name."""
        (value,) = arguments.values()
        functions = {"epoch_us": self._epoch_us, "try": _itself, "url_decode": self._url_decode}
        return functions[op.__func_name__](value)

    def _epoch_us(self, moment: Any) -> Any:
        return self.f.unix_micros(self.cast(moment, dt.Timestamp("UTC")))

    def _url_decode(self, text: Any) -> Any:
        """Escapes read once; what is none stays, and so does `+`. Null where they are no UTF-8."""
        plain = self.f.replace(text, _TEXT("+"), _TEXT("%2B"))
        plain = self.f.regexp_replace(plain, _TEXT("%(?![0-9A-Fa-f]{2})"), _TEXT("%25"))
        beside = self.f.regexp_replace(text, _TEXT(_UTF8), _TEXT(" "))
        broken = self.f.regexp_like(beside, _TEXT("%[89A-Fa-f][0-9A-Fa-f]"))
        return self.if_(broken, _NULL, self.f.anon.try_url_decode(plain))


def _listed(rel: Any) -> list[Any]:
    """The values of a column of a table in memory; none of any other relation."""
    (name,) = rel.schema
    while isinstance(rel, CTE) or (isinstance(rel, Select) and not (rel.predicates or rel.qualified)):
        rel = rel.parent
    if not isinstance(rel, ops.InMemoryTable) or name not in rel.schema:
        return []
    return list(rel.data.to_pyarrow(rel.schema)[name].to_pylist())


def _itself(value: Any) -> Any:
    """DuckDB's `try`: what cannot be said is null here anyway."""
    return value


def _nullable(schema: Any) -> Any:
    """The schema with every column nullable: Spark knows less of what is there than Ibis does."""
    return ibis.schema({name: kind.copy(nullable=True) for name, kind in schema.items()})


class _Notes(AccumulatorParam[dict[int, Any]]):
    """What workers say of each place. A place that is worked on twice says the same twice."""

    def zero(self, value: dict[int, Any]) -> dict[int, Any]:
        return {}

    def addInPlace(self, value1: dict[int, Any], value2: dict[int, Any]) -> dict[int, Any]:  # noqa: N802
        return value1 | value2


def _noted(notes: Any, place: int, note: Any) -> None:
    notes.add({place: note})


@contextmanager
def _answered() -> Iterator[None]:
    """Refused where Spark fails. Its own words may quote a row or an indicator."""
    try:
        yield
    except PySparkException as error:
        why = error.getCondition() or type(error).__name__
        raise Refused(f"Spark could not answer ({why}); try again, or ask with --engine duckdb") from None
    except Py4JError as error:
        why = type(error).__name__
        raise Refused(
            f"Spark has ended ({why}); give it more `memory`, or ask with --engine duckdb"
        ) from None


class Spark(Backend):  # type: ignore[misc]
    """A backend of Ibis whose tables are made at once, and stay until it ends; Arrow goes in and comes out."""

    compiler = Compiler()

    def create_table(self, name: str, obj: Any, /, *, temp: bool = True) -> Any:
        """The rows of an expression, worked out now. They lie in memory, and beyond it in Spark's own folder."""
        with _answered():
            self._run_pre_execute_hooks(obj)
            # Spark gives numbers types of its own.
            rows = self._session.sql(self.compile(obj)).to(PySparkSchema.from_ibis(_nullable(obj.schema())))
            rows.localCheckpoint(storageLevel=StorageLevel.MEMORY_AND_DISK).createOrReplaceTempView(name)
        return self.table(name)

    def to_pyarrow(self, expr: Any, /, **_: Any) -> Any:
        """The answer, which is all that leaves Spark."""
        table = expr.as_table()
        with _answered():
            self._run_pre_execute_hooks(table)
            found = self._session.sql(self.compile(table)).toArrow()
        return expr.__pyarrow_result__(found.cast(PyArrowSchema.from_ibis(table.schema())))

    def in_parts(self, expr: Any, size: int) -> Iterator[Any]:
        """The same, so many rows at a time."""
        found = self.to_pyarrow(expr)
        for start in range(0, len(found), size):
            yield found.slice(start, size)

    def spread(
        self, work: Callable[[int, Callable[[Any], None]], Iterator[Any]], places: int, schema: pa.Schema
    ) -> tuple[Any, Callable[[], dict[int, Any]]]:
        """A table of the rows that `work` gives for each of so many places, wherever Spark sends it.

        Beside it what gives, once the table was read, what `work` noted of each place.
        """
        context = self._session.sparkContext
        noted = context.accumulator({}, _Notes())

        def worked(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in batches:
                for place in batch[0].to_pylist():
                    yield from work(place, partial(_noted, noted, place))

        rows = self._session.range(0, places, 1, places).mapInArrow(worked, from_arrow_schema(schema))
        name = ibis.util.gen_name("spread")
        rows.createOrReplaceTempView(name)
        return self.table(name), lambda: noted.value

    def share(self) -> float:
        """How much of what Spark works on is done."""
        tracker = self._session.sparkContext.statusTracker()
        jobs = filter(None, map(tracker.getJobInfo, tracker.getActiveJobsIds()))
        stages = list(filter(None, (tracker.getStageInfo(stage) for job in jobs for stage in job.stageIds)))
        done, every = (
            sum(getattr(each, name) for each in stages) for name in ("numCompletedTasks", "numTasks")
        )
        return float(done / max(1, every))

    def table_of(self, name: str, parquet: Path) -> Any:
        """A table that lies in a folder of Parquet files, or in one file."""
        self._session.read.parquet(str(parquet)).createOrReplaceTempView(name)
        return self.table(name)

    def _register_in_memory_table(self, op: Any) -> None:
        rows = op.data.to_pyarrow(op.schema)
        schema = PySparkSchema.from_ibis(op.schema)
        self._session.createDataFrame(rows, schema=schema).createOrReplaceTempView(op.name)
