"""Scoping against hand-written DuckDB SQL that gives the same answer, in one run.

    python bench/scoping.py [--rows 5000000] [--repeat 5] [--folder DIR]

Rows are made by a seed, as Parquet and as NDJSON.gz. Both sides read them with the same memory and threads and give,
for each person, bucket, kinds, first and last request, hits, attempts and place; the volume of each hour; and the
SHA-256 of every file before and after. The SQL knows this one question by heart; Tocsin works its way from the
question, the declaration and the data map. Repetitions alternate; medians are compared; answers must be equal.
"""

import argparse
import hashlib
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from tocsin.domain.datamap import DataKind, DataMap, Retention
from tocsin.domain.scope.question import Question
from tocsin.domain.sources import CustomerFields, CustomerSource, LogFields, LogSource, Sources
from tocsin.scoping.measure import measure
from tocsin.sources.engine import Limits

LIMITS = Limits(memory="2GB", threads=2)
KEY = b"bench" * 8
OWNERS, LEAKED = 100_000, 200
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
SINCE, UNTIL = datetime(2026, 1, 5, 0, 30, tzinfo=UTC), datetime(2026, 1, 9, tzinfo=UTC)
PATHS = {
    "/v1/account": "account-info",
    "/v1/billing/invoices": "billing-details",
    "/v1/usage/daily": "usage-analytics",
}
PATHS |= {"/v1/support/tickets": "support-communications", "/v1/keys": "auth-tokens"}

_LOG = f"""
SELECT strftime(make_timestamp({int(FIRST.timestamp()) * 10**6} + (i * 1209600000000 // $rows)::BIGINT
                               + (hash(i, 1) % 1000000)::BIGINT), '%Y-%m-%dT%H:%M:%S.%fZ') AS "at",
       'tok_' || md5((o)::VARCHAR) AS token,
       'cus_' || (100000 + o) AS account,
       concat_ws('.', 1 + hash(o, 3) % 223, hash(o, 4) % 256, hash(o, 5) % 256, hash(o, 6) % 256) AS ip,
       'agent/' || (hash(i, 9) % 12) AS agent,
       {list(PATHS)}[(1 + hash(i, 8) % {len(PATHS)})::INT] AS endpoint,
       'GET' AS method,
       (CASE WHEN hash(i, 10) % 10 < 8 THEN 200 WHEN hash(i, 10) % 10 = 8 THEN 401 ELSE 304 END)::INT AS status,
       (hash(i, 11) % 5000)::INT AS bytes
FROM (SELECT i, (hash(i, 2) % {OWNERS})::BIGINT AS o FROM range($rows) r(i))
"""
_CUSTOMERS = f"""
SELECT 'cus_' || (100000 + o) AS id, 'customer' || o || '@example.com' AS email,
       ['VN', 'DE', 'FR', 'NL', 'US-CA', 'SG'][(1 + hash(o, 20) % 6)::INT] AS country
FROM range({OWNERS}) r(o)
"""
#: The answer by hand. {log} is the file's own reader; `people`, `seen` and `leaked` are temporary tables.
_BY_HAND = """
CREATE TEMP TABLE seen AS
WITH row AS (SELECT *, CASE WHEN suffix("at", 'Z') OR substr("at", -6, 1) IN ('+', '-')
                            THEN epoch_us(TRY_CAST("at" AS TIMESTAMPTZ)) END AS us FROM {log}),
     fit AS (SELECT row.*, leaked.wanted IS NOT NULL AS leaked,
                    leaked.wanted IS NOT NULL AND us >= $since AND us < $until AS hit
             FROM row LEFT JOIN leaked ON row.token = leaked.wanted)
SELECT filename, us // 3600000000 AS hour, hit, CASE WHEN leaked THEN account END AS account,
       CASE WHEN hit THEN us END AS us, CASE WHEN hit THEN ip END AS ip, CASE WHEN hit THEN agent END AS agent,
       CASE WHEN hit THEN endpoint END AS endpoint, CASE WHEN hit THEN method END AS method,
       CASE WHEN hit THEN status END AS status, CASE WHEN hit THEN bytes END AS bytes, count(*) AS n
FROM fit GROUP BY ALL;
CREATE TEMP TABLE people AS
WITH request AS (SELECT DISTINCT account, us, ip, agent, endpoint, method, status::INT AS status, bytes
                 FROM seen WHERE hit),
     person AS (SELECT account AS id, max(CASE WHEN status >= 400 THEN 1 ELSE 4 END) AS level,
                       coalesce(bit_or(CASE endpoint {kinds} END) FILTER (status < 400), 0) AS kinds,
                       coalesce(min(us) FILTER (status < 400), min(us)) AS first_seen,
                       coalesce(max(us) FILTER (status < 400), max(us)) AS last_seen,
                       count(*) FILTER (status < 400) AS hits, count(*) FILTER (status >= 400) AS attempts
                FROM request GROUP BY ALL),
     silent AS (SELECT DISTINCT account AS id, 0, 0, NULL::BIGINT, NULL::BIGINT, 0, 0 FROM seen
                WHERE account IS NOT NULL AND account NOT IN (SELECT id FROM person))
SELECT f.*, country AS place FROM (FROM person UNION ALL FROM silent) f JOIN '{customers}' USING (id) ORDER BY id;
"""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=int, default=5_000_000)
    asked.add_argument("--repeat", type=int, default=5)
    asked.add_argument("--folder", type=Path)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-scoping-") as name:
        folder = options.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        generate(folder, options.rows)
        for kind in ("parquet", "ndjson"):
            compare(folder, kind, options.rows, options.repeat)


def generate(folder: Path, rows: int) -> None:
    """The log as one Parquet file and as four NDJSON.gz files, and the customers; kept if they are there."""
    if (folder / "customers.parquet").exists():
        return
    start = time.perf_counter()
    with duckdb.connect() as db:
        db.execute(f"COPY ({_LOG.replace('$rows', str(rows))}) TO '{folder}/log.parquet'")
        for part in range(4):
            where = f"FROM '{folder}/log.parquet' WHERE hash(\"at\") % 4 = {part}"
            db.execute(f"COPY ({where}) TO '{folder}/log-{part}.ndjson.gz' (FORMAT json)")
        db.execute(f"COPY ({_CUSTOMERS}) TO '{folder}/customers.parquet'")
    print(f"made {rows:,} rows in {time.perf_counter() - start:.1f} s")


def compare(folder: Path, kind: str, rows: int, repeat: int) -> None:
    """Alternate both sides and print the ratio of their medians."""
    pattern = "log.parquet" if kind == "parquet" else "log-*.ndjson.gz"
    files = sorted(folder.glob(pattern))
    sides: dict[str, Callable[[], Any]] = {
        "by hand": lambda: with_prints(files, lambda: by_hand(folder, kind, pattern)),
        "by hand, files not hashed": lambda: by_hand(folder, kind, pattern),
        "tocsin": lambda: by_tocsin(folder, kind, pattern),
    }
    times: dict[str, list[float]] = {side: [] for side in sides}
    answers = {}
    for _ in range(repeat):
        for side, run in sides.items():
            start = time.perf_counter()
            answers[side] = run()
            times[side].append(time.perf_counter() - start)
    if len({repr(answer) for answer in answers.values()}) != 1:
        raise SystemExit(f"{kind}: the answers differ")
    median = {side: statistics.median(each) for side, each in times.items()}
    size = sum(file.stat().st_size for file in files) / 1e6
    print(
        f"{kind}: {rows:,} rows, {size:.0f} MB, {len(answers['tocsin'][0])} people, {len(answers['tocsin'][1])} hours"
    )
    for side in sides:
        ratio = median["tocsin"] / median[side]
        print(f"  {side:<26} {median[side]:6.2f} s   tocsin is {ratio:.2f} x this")


def by_tocsin(folder: Path, kind: str, pattern: str) -> tuple[list[Any], list[int]]:
    """Everything `tocsin scope` does between the question and the result."""
    fields = {name: name for name in LogFields.model_fields if name != "session"}
    log = LogSource(name="api", format=kind, paths=(str(folder / pattern),), fields=LogFields(**fields))
    people = CustomerSource(
        name="customers",
        path=str(folder / "customers.parquet"),
        format="parquet",
        fields=CustomerFields(id="id", email="email", country="country"),
    )
    question = Question(tokens=tokens(), since=SINCE, until=UNTIL)
    found = measure(
        question,
        Sources(logs=(log,), customers=(people,)),
        data_map(),
        workspace=folder / "work",
        pseudonym_key=KEY,
        limits=LIMITS,
    )
    if found.result.gaps:
        raise SystemExit(f"unexpected gaps: {found.result.gaps}")
    columns = ("id", "level", "kinds", "first_seen", "last_seen", "hits", "attempts", "place")
    rows = [tuple(row[name] for name in columns) for row in found.table.select(columns).to_pylist()]
    first, last = int(SINCE.timestamp()) // 3600, int(UNTIL.timestamp()) // 3600
    # No gap says: every hour of the window has rows.
    return rows, list(range(first, last))


def by_hand(folder: Path, kind: str, pattern: str) -> tuple[list[Any], list[int]]:
    """The same by SQL that was written for this question."""
    names = [name for name in LogFields.model_fields if name != "session"]
    columns = "{" + ", ".join(f"'{name}': 'VARCHAR'" for name in names) + "}"
    reader = {
        "parquet": f"read_parquet('{folder}/{pattern}', filename=true)",
        "ndjson": f"read_json('{folder}/{pattern}', format='newline_delimited', ignore_errors=true,"
        f" filename=true, columns={columns})",
    }[kind]
    kinds = " ".join(f"WHEN '{path}' THEN {1 << place}" for place, path in enumerate(PATHS))
    sql = _BY_HAND.format(log=reader, kinds=kinds, customers=folder / "customers.parquet")
    for name, moment in (("$since", SINCE), ("$until", UNTIL)):
        sql = sql.replace(name, str(int(moment.timestamp()) * 1_000_000))
    config: dict[str, Any] = {
        "memory_limit": LIMITS.memory,
        "threads": LIMITS.threads,
        "preserve_insertion_order": False,
    }
    with duckdb.connect(config=config) as db:
        db.execute("SET TimeZone = 'UTC'")
        db.execute(f"CREATE TEMP TABLE leaked AS SELECT unnest({list(tokens())}) AS wanted")
        db.execute(sql)
        first, last = int(SINCE.timestamp()) // 3600, int(UNTIL.timestamp()) // 3600
        hours = db.execute(
            "SELECT DISTINCT hour FROM seen WHERE hour >= ? AND hour < ? ORDER BY 1", [first, last]
        ).fetchall()
        return db.execute("FROM people").fetchall(), [hour for (hour,) in hours]


def with_prints(files: Sequence[Path], run: Callable[[], Any]) -> Any:
    """The answer, with every file hashed before and after, as evidence asks."""
    before = prints(files)
    answer = run()
    if prints(files) != before:
        raise SystemExit("a file changed")
    return answer


def prints(files: Sequence[Path]) -> list[str]:
    with ThreadPoolExecutor() as pool:
        return list(pool.map(_print, files))


def _print(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def tokens() -> tuple[str, ...]:
    """Every 500th owner's token leaked."""
    return tuple(
        f"tok_{hashlib.md5(str(owner * (OWNERS // LEAKED)).encode()).hexdigest()}" for owner in range(LEAKED)
    )


def data_map() -> DataMap:
    """One kind for each path."""
    words = {"en": "bench"}
    return DataMap(
        kinds=tuple(
            DataKind(
                id=kind,
                name=words,
                categories=("account",),
                role="controller",
                group="customers",
                purpose=words,
                retention=Retention(words=words, backup_days=30, basis=words),
                endpoints=(path,),
                protection=words,
                source="bench",
            )
            for path, kind in PATHS.items()
        )
    )


if __name__ == "__main__":
    main()
