"""Scoping against what a good engineer would write by hand for one question, in one run: ratios, and peak memory.

    python bench/scoping.py [--rows 20000000] [--owners 2000000] [--repeat 3] [--kinds parquet csv ndjson]

Rows are made by a seed, as Parquet, CSV and NDJSON.gz. Each side runs in a process of its own, so that its peak memory
is its own; the sides alternate; medians are compared; answers must be equal. Tocsin works its way from the question,
the declaration and the data map; it also counts every hour and hashes every file before and after. The others know
this one question by heart:

- `by hand`: DuckDB SQL with the same memory and threads, for the same people, bucket, kinds, edges, counts and places,
  and for each of them the file and line of her first and last row. Only in Parquet DuckDB knows the number of a row. In
  files of lines two `grep -n` side by side look for the tokens once more, which costs a third of what numbering every
  row in SQL would;
- `zcat`: two `zcat | wc -l` side by side, each over half of the NDJSON.gz, which answer nothing at all;
- `pandas`: the same people and hits; whole columns of Parquet in memory, and NDJSON.gz some hundred thousand lines at a
  time, since all of it would not fit.

`second` is Tocsin once more, over rows that were kept (`keep`) after the first question. Parquet needs no such rows.
"""

import argparse
import hashlib
import json
import os
import re
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb

from tocsin.domain.datamap import DataKind, DataMap, Retention
from tocsin.domain.scope.question import Question
from tocsin.domain.sources import CustomerFields, CustomerSource, LogFields, LogSource, Sources
from tocsin.sources.caches import Cache
from tocsin.sources.engine import Limits
from tocsin.sources.times import latest

LIMITS = Limits(memory="300MB", threads=2)
KEY = b"bench" * 8
LEAKED = 200
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
ASKED = FIRST + timedelta(days=15)
SINCE, UNTIL = datetime(2026, 1, 5, 0, 30, tzinfo=UTC), datetime(2026, 1, 9, tzinfo=UTC)
PATHS = {
    "/v1/account": "account-info",
    "/v1/billing/invoices": "billing-details",
    "/v1/usage/daily": "usage-analytics",
}
PATHS |= {"/v1/support/tickets": "support-communications", "/v1/keys": "auth-tokens"}
FILES = {"parquet": "log.parquet", "csv": "log-*.csv", "ndjson": "log-*.ndjson.gz"}
SIDES = {
    "parquet": ("by hand", "pandas", "tocsin"),
    "csv": ("by hand", "tocsin", "second"),
    "ndjson": ("by hand", "zcat", "pandas", "tocsin", "second"),
}

_LOG = f"""
SELECT strftime(make_timestamp({int(FIRST.timestamp()) * 10**6} + (i::HUGEINT * 1209600000000 // $rows)::BIGINT
                               + (hash(i, 1) % 1000000)::BIGINT), '%Y-%m-%dT%H:%M:%S.%fZ') AS "at",
       'tok_' || md5((o)::VARCHAR) AS token,
       'cus_' || (100000 + o) AS account,
       concat_ws('.', 1 + hash(o, 3) % 223, hash(o, 4) % 256, hash(o, 5) % 256, hash(o, 6) % 256) AS ip,
       'agent/' || (hash(i, 9) % 12) AS agent,
       {list(PATHS)}[(1 + hash(i, 8) % {len(PATHS)})::INT] AS endpoint,
       'GET' AS method,
       (CASE WHEN hash(i, 10) % 10 < 8 THEN 200 WHEN hash(i, 10) % 10 = 8 THEN 401 ELSE 304 END)::INT AS status,
       (hash(i, 11) % 5000)::INT AS bytes
FROM (SELECT i, (hash(i, 2) % $owners)::BIGINT AS o FROM range($rows) r(i))
"""
_CUSTOMERS = """
SELECT 'cus_' || (100000 + o) AS id, 'customer' || o || '@example.com' AS email,
       ['VN', 'DE', 'FR', 'NL', 'US-CA', 'SG'][(1 + hash(o, 20) % 6)::INT] AS country
FROM range($owners) r(o)
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
       CASE WHEN leaked THEN us END AS us, CASE WHEN leaked THEN {number} END AS line,
       CASE WHEN hit THEN ip END AS ip, CASE WHEN hit THEN agent END AS agent,
       CASE WHEN hit THEN endpoint END AS endpoint, CASE WHEN hit THEN method END AS method,
       CASE WHEN leaked THEN status END AS status, CASE WHEN hit THEN bytes END AS bytes, count(*) AS n
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
#: The lines that `grep -n` found, as rows; and the first and last row of each account, those that were answered first.
_LINES = {
    "csv": """SELECT file, line, split_part(text, ',', 3) AS account, split_part(text, ',', 1) AS "at",
                     split_part(text, ',', 8) AS status FROM texts""",
    "ndjson": """SELECT file, line, text->>'account' AS account, text->>'at' AS "at", text->>'status' AS status
                 FROM texts""",
}
_EDGES = """
WITH row AS (SELECT *, CASE WHEN NOT (us >= $since AND us < $until) THEN 2 WHEN status::INT >= 400 THEN 1 ELSE 0 END
                       AS rank FROM places)
SELECT account AS id, arg_min((file, line), (rank, us, file, line)) AS first,
       arg_max((file, line), (-rank, us, file, line)) AS last FROM row GROUP BY ALL
"""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=int, default=20_000_000)
    asked.add_argument("--owners", type=int, default=2_000_000)
    asked.add_argument("--repeat", type=int, default=3)
    asked.add_argument("--kinds", nargs="+", choices=list(FILES), default=list(FILES))
    asked.add_argument("--folder", type=Path, help="keep the rows here, and use what is there")
    asked.add_argument("--side", help=argparse.SUPPRESS)
    asked.add_argument("--cache", type=Path, help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.side:
        alone(options)
        return
    with tempfile.TemporaryDirectory(prefix="bench-scoping-") as name:
        options.folder = options.folder or Path(name)
        options.folder.mkdir(parents=True, exist_ok=True)
        options.cache = Path(name) / "cache"
        generate(options.folder, options.rows, options.owners)
        for kind in options.kinds:
            compare(options, kind)


def generate(folder: Path, rows: int, owners: int) -> None:
    """The log as one Parquet file, four of CSV and four of NDJSON.gz, and the customers; kept if they are there."""
    if (folder / "customers.parquet").exists():
        return
    start = time.perf_counter()
    with duckdb.connect() as db:
        db.execute("SET preserve_insertion_order = false")
        said = _LOG.replace("$rows", str(rows)).replace("$owners", str(owners))
        db.execute(f"COPY ({said}) TO '{folder}/log.parquet'")
        for part in range(4):
            some = f"FROM '{folder}/log.parquet' WHERE hash(\"at\") % 4 = {part}"
            db.execute(f"COPY ({some}) TO '{folder}/log-{part}.ndjson.gz' (FORMAT json)")
            db.execute(f"COPY ({some}) TO '{folder}/log-{part}.csv'")
        db.execute(
            f"COPY ({_CUSTOMERS.replace('$owners', str(owners))}) TO '{folder}/customers.parquet.new' (FORMAT parquet)"
        )
    (folder / "customers.parquet.new").rename(folder / "customers.parquet")
    print(f"made {rows:,} rows in {time.perf_counter() - start:.1f} s", flush=True)


def compare(options: argparse.Namespace, kind: str) -> None:
    """Alternate the sides, and print the ratio of their medians and the highest peak of each."""
    runs: dict[str, list[dict[str, Any]]] = {side: [] for side in SIDES[kind]}
    keeping = _in_its_own_process(options, kind, "keep") if "second" in runs else None
    for _ in range(options.repeat):
        for side, done in runs.items():
            done.append(_in_its_own_process(options, kind, side))
    answers = {json.dumps(run["answer"]) for done in runs.values() for run in done if run["answer"]}
    if len(answers) != 1:
        raise SystemExit(f"{kind}: the answers differ: {sorted(answers)}")
    median = {side: statistics.median(run["seconds"] for run in done) for side, done in runs.items()}
    size = sum(file.stat().st_size for file in options.folder.glob(FILES[kind])) / 1e6
    print(f"{kind}: {options.rows:,} rows, {size:,.0f} MB, answer {answers.pop()}")
    for side, done in runs.items():
        peak = max(run["peak"] for run in done)
        faster = median[side] / median["tocsin"]
        print(f"  {side:<8} {median[side]:7.2f} s  {peak:6,.0f} MB   tocsin's speed is {faster:.2f} of this")
    if keeping:
        kept = sum(file.stat().st_size for file in (options.cache / kind).glob("*.rows")) / 1e6
        ratio = median["tocsin"] / median["second"]
        print(f"  second question: {ratio:.2f} times the first")
        print(
            f"  rows were kept in {keeping['seconds']:.2f} s  {keeping['peak']:6,.0f} MB   {kept:,.0f} MB on disk"
        )
    sys.stdout.flush()


def _in_its_own_process(options: argparse.Namespace, kind: str, side: str) -> dict[str, Any]:
    mine = ["--kinds", kind, "--side", side, "--folder", str(options.folder), "--owners", str(options.owners)]
    mine += ["--cache", str(options.cache)]
    done = subprocess.run([sys.executable, __file__, *mine], check=True, stdout=subprocess.PIPE)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def alone(options: argparse.Namespace) -> None:
    """One side, once: seconds without the imports, peak memory in MB with them, and the answer as a digest."""
    kind, folder = options.kinds[0], options.folder
    sides: dict[str, Callable[[], Any]] = {
        "by hand": lambda: with_prints(sorted(folder.glob(FILES[kind])), lambda: by_hand(folder, kind)),
        "zcat": lambda: by_zcat(sorted(folder.glob(FILES[kind]))),
        "pandas": lambda: by_pandas(folder, kind),
        "tocsin": lambda: by_tocsin(folder, kind, options.owners),
        "keep": lambda: keep(folder, kind, options.owners, kept_in(options.cache / kind)),
        "second": lambda: by_tocsin(folder, kind, options.owners, kept_in(options.cache / kind)),
    }
    _imports(options.side)
    start = time.perf_counter()
    answer = sides[options.side]()
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "peak": _peak(), "answer": answer}))


def _peak() -> float:
    """The most memory that this process ever had resident, in MB; `ru_maxrss` would still hold its parent's."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def _imports(side: str) -> None:
    needed = {"pandas": "pandas", "tocsin": "tocsin.scoping.measure", "second": "tocsin.scoping.measure"}
    if name := (needed | {"keep": "tocsin.scoping.caching"}).get(side):
        import_module(name)
    if side in ("tocsin", "second", "keep"):
        import_module("tocsin.sources.logs").readers()


def _answer(rows: Sequence[tuple[Any, ...]]) -> list[Any]:
    """How many people, how many requests of theirs were answered, and a digest: of each id, level, hits, place, and
    the file (its place among all) and line of the first row and of the last.
    """
    seen = hashlib.sha256()
    for row in sorted(rows):
        seen.update(repr(row).encode())
    return [len(rows), sum(row[2] for row in rows), seen.hexdigest()[:16]]


def by_tocsin(folder: Path, kind: str, owners: int, cache: Cache | None = None) -> list[Any]:
    """Everything `tocsin scope` does between the question and the result."""
    from tocsin.scoping.measure import measure

    question, sources = asked_of(folder, kind, owners)
    found = measure(
        question,
        sources,
        data_map(),
        workspace=folder / "work",
        pseudonym_key=KEY,
        asked_at=ASKED,
        limits=LIMITS,
        cache=cache,
    )
    if found.result.gaps:
        raise SystemExit(f"unexpected gaps: {found.result.gaps}")
    rows = found.roll.whole().select(["id", "level", "hits", "place"]).to_pylist()
    files = sorted(each.name for each in folder.glob(FILES[kind]))
    places = [files.index(each.name) if each.name in files else -1 for each in found.result.inputs]
    edges = [
        tuple((places[row.file], row.line) if row else None for row in (each.why.first, each.why.last))
        for each in found.people()
    ]
    return _answer(
        [
            (row["id"], min(row["level"], 2), row["hits"], row["place"], *edge)
            for row, edge in zip(rows, edges, strict=True)
        ]
    )


def asked_of(folder: Path, kind: str, owners: int) -> tuple[Question, Sources]:
    """The question, and what it is put to."""
    fields = {name: name for name in LogFields.model_fields if name in _NAMES}
    log = LogSource(name="api", format=kind, paths=(str(folder / FILES[kind]),), fields=LogFields(**fields))
    people = CustomerSource(
        name="customers",
        path=str(folder / "customers.parquet"),
        format="parquet",
        fields=CustomerFields(id="id", email="email", country="country"),
    )
    question = Question(tokens=tokens(owners), since=SINCE, until=UNTIL)
    return question, Sources(logs=(log,), customers=(people,))


def kept_in(folder: Path) -> Cache:
    """Where the rows of one kind are kept."""
    return Cache(folder, KEY[:32], most=10**12)


def keep(folder: Path, kind: str, owners: int, cache: Cache) -> None:
    """What `tocsin scope` does once the answer stands."""
    from tocsin.scoping.caching import keep_rows

    files = sorted(folder.glob(FILES[kind]))
    read = {("api", file.name): sha256 for file, sha256 in zip(files, prints(files), strict=True)}
    question, sources = asked_of(folder, kind, owners)
    keep_rows(question, sources, read, cache, workspace=folder / "work", until=latest(ASKED), limits=LIMITS)


_NAMES = ("at", "token", "account", "ip", "agent", "endpoint", "method", "status", "bytes")


def by_hand(folder: Path, kind: str) -> list[Any]:
    """The same by SQL that was written for this question."""
    columns = "{" + ", ".join(f"'{name}': 'VARCHAR'" for name in _NAMES) + "}"
    path, files = f"'{folder}/{FILES[kind]}'", sorted(folder.glob(FILES[kind]))
    reader = {
        "parquet": f"read_parquet({path}, filename=true, file_row_number=true)",
        "csv": f"read_csv({path}, auto_detect=false, header=true, columns={columns}, delim=',', quote='\"',"
        " ignore_errors=true, filename=true)",
        "ndjson": f"read_json({path}, format='newline_delimited', ignore_errors=true,"
        f" filename=true, columns={columns})",
    }[kind]
    kinds = " ".join(f"WHEN '{path}' THEN {1 << place}" for place, path in enumerate(PATHS))
    number = "file_row_number + 1" if kind == "parquet" else "NULL::BIGINT"
    sql = _BY_HAND.format(log=reader, kinds=kinds, customers=folder / "customers.parquet", number=number)
    edges = _EDGES
    for name, moment in (("$since", SINCE), ("$until", UNTIL)):
        us = str(int(moment.timestamp()) * 1_000_000)
        sql, edges = sql.replace(name, us), edges.replace(name, us)
    config: dict[str, Any] = {
        "memory_limit": LIMITS.memory,
        "threads": LIMITS.threads,
        "preserve_insertion_order": False,
        "temp_directory": str(folder / "spill"),
    }
    with duckdb.connect(config=config) as db:
        owners = db.execute(f"SELECT count(*) FROM '{folder}/customers.parquet'").fetchall()[0][0]
        db.execute("SET TimeZone = 'UTC'")
        db.execute(f"CREATE TEMP TABLE leaked AS SELECT unnest({list(tokens(owners))}) AS wanted")
        db.execute(sql)
        db.execute("SELECT DISTINCT hour FROM seen ORDER BY 1").fetchall()
        db.execute(
            "CREATE TEMP TABLE places (file INT, line BIGINT, account VARCHAR, us BIGINT, status VARCHAR)"
        )
        if kind == "parquet":
            db.execute(
                "INSERT INTO places SELECT 0, line, account, us, status FROM seen WHERE account IS NOT NULL"
            )
        else:
            texts = by_grep(files, tokens(owners))
            db.execute("CREATE TEMP TABLE texts (file INT, line BIGINT, text VARCHAR)")
            db.execute(
                "INSERT INTO texts SELECT unnest($1), unnest($2), unnest($3)", list(zip(*texts, strict=True))
            )
            when = 'SELECT file, line, account, epoch_us("at"::TIMESTAMPTZ), status'
            db.execute(f"INSERT INTO places {when} FROM ({_LINES[kind]})")
        found = f"SELECT id, least(level, 2), hits, place, first, last FROM people JOIN ({edges}) USING (id)"
        return _answer(db.execute(found).fetchall())


def by_grep(files: Sequence[Path], tokens: Sequence[str]) -> list[tuple[int, int, str]]:
    """The lines that hold a token, each behind the place of its file and its number: by one `grep` for each core."""
    with tempfile.NamedTemporaryFile("w") as wanted, ThreadPoolExecutor(LIMITS.threads) as pool:
        wanted.write("\n".join(tokens))
        wanted.flush()

        def grep(path: Path) -> list[str]:
            search = "zgrep" if path.suffix == ".gz" else "grep"
            command = [search, "-nFf", wanted.name, str(path)]
            done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
            return done.stdout.splitlines()

        found = [
            (place, *line.split(":", 1))
            for place, lines in enumerate(pool.map(grep, files))
            for line in lines
        ]
    return [(place, int(number), text) for place, number, text in found]


def by_zcat(files: Sequence[Path]) -> None:
    """Two `zcat | wc -l` side by side, as two cores can do at best without reading what they unpack."""
    halves = [files[::2], files[1::2]]
    commands = [f"zcat {' '.join(shlex.quote(str(file)) for file in half)} | wc -l" for half in halves]
    running = [subprocess.Popen(["sh", "-c", each], stdout=subprocess.DEVNULL) for each in commands]
    if any(each.wait() for each in running):
        raise SystemExit("zcat failed")


def by_pandas(folder: Path, kind: str) -> list[Any]:
    """The same people by pandas, as its tutorials do it."""
    import pandas as pd

    owners = pd.read_parquet(folder / "customers.parquet")
    wanted, some = tokens(len(owners)), []
    for place, log in _frames(folder, kind):
        log["file"], log["line"] = place, log.index + 1
        log["at"] = pd.to_datetime(log["at"], utc=True)
        some.append(log[log["token"].isin(wanted)])
        log.groupby(log["at"].dt.floor("h")).size()
    leaked = pd.concat(some)
    inside = (leaked["at"] >= SINCE) & (leaked["at"] < UNTIL)
    fit = leaked[inside].drop_duplicates(list(_NAMES))
    read = fit[fit["status"] < 400]
    people = pd.DataFrame({"id": leaked["account"].unique()}).merge(owners, on="id")
    people["hits"] = people["id"].map(read.groupby("account").size()).fillna(0).astype(int)
    people["tried"] = people["id"].isin(fit["account"])
    level = (people["hits"] > 0) * 2 + ((people["hits"] == 0) & people["tried"]) * 1
    leaked["rank"] = 2 - inside * (1 + (leaked["status"] < 400))
    first = leaked.sort_values(["rank", "at", "file", "line"]).groupby("account").first()
    last = leaked.sort_values(["at", "file", "line"]).sort_values("rank", ascending=False, kind="stable")
    last = last.groupby("account").last()
    edges = [
        list(each.loc[people["id"], ["file", "line"]].itertuples(index=False, name=None))
        for each in (first, last)
    ]
    columns = (people["id"], level.tolist(), people["hits"].tolist(), people["country"], *edges)
    return _answer(list(zip(*columns, strict=True)))


def _frames(folder: Path, kind: str) -> Iterator[tuple[int, Any]]:
    """Frames whose index counts the rows of a file from 0, each behind the place of its file."""
    import pandas as pd

    if kind == "parquet":
        yield 0, pd.read_parquet(folder / FILES[kind])
        return
    for place, file in enumerate(sorted(folder.glob(FILES[kind]))):
        with pd.read_json(file, lines=True, chunksize=500_000, dtype=False) as frames:
            yield from ((place, frame) for frame in frames)


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


def tokens(owners: int) -> tuple[str, ...]:
    """Every so many owners' token leaked."""
    return tuple(
        f"tok_{hashlib.md5(str(owner * (owners // LEAKED)).encode()).hexdigest()}" for owner in range(LEAKED)
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
