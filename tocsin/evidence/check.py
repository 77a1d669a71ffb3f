"""Check the proof of a notice's letters, without Tocsin: `python3 check.py [--head SEQ:HASH]` beside its files.

It needs Python 3 and nothing else, and asks no network. Every entry of the timeline covers the one before it; the last
stop of the sending names a Merkle root (RFC 9162, 2.1.1) over all letters and a digest over all attempts; each entry on
what came back names a digest of its own. All of it is worked out again from the files, and the tables from that. What
the files cannot prove is that the timeline is the one that was kept: compare its head with one that was published at
the time, in a mail say. The PDF says the same in words; its SHA-256 stands in the entry that it was taken out by.
"""

import csv
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

GENESIS = "0" * 64


class Wrong(Exception):
    """Something does not agree, and what."""


def main(arguments: list[str]) -> int:
    """Check the folder in which this file lies. 0 where everything agrees, else 1."""
    head = arguments[1] if len(arguments) == 2 and arguments[0] == "--head" else None
    if arguments and head is None:
        sys.stderr.write("usage: python3 check.py [--head SEQ:HASH]\n")
        return 2
    try:
        for line in check(Path(__file__).resolve().parent, head):
            sys.stdout.write(f"{line}\n")
    except Wrong as wrong:
        sys.stdout.write(f"WRONG {wrong}\n")
        return 1
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.stdout.write(f"WRONG a file is missing or cannot be read: {type(error).__name__} {error}\n")
        return 1
    sys.stdout.write("Everything agrees.\n")
    return 0


def check(folder: Path, head: str | None = None) -> Iterator[str]:
    """Each thing that agrees, in words. Raises Wrong at the first that does not."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for name, digest in manifest["files"].items():
        if _file_digest(folder / name) != digest:
            raise Wrong(f"{name}: its SHA-256 is not the one of manifest.json")
    entries = list(_chained(_rows(folder / "chain.jsonl"), manifest["incident"], head))
    newest = entries[-1]
    yield f"timeline of {manifest['incident']}: {newest['seq']} entries, head {newest['seq']}:{newest['hash']}"
    notice = manifest["notice"]
    mine = [entry for entry in entries if entry["body"].get("notice") == notice]
    stop = [entry for entry in mine if entry["kind"] == "SendingStopped"][-1]
    leaves = list(_lines(folder / "leaves.jsonl"))
    _same(root(leaves), stop["body"]["root"], f"leaves.jsonl is not what entry {stop['seq']} proves")
    yield f"{len(leaves)} letters of {notice}: root {stop['body']['root']} of entry {stop['seq']}"
    tries = list(_lines(folder / "attempts.jsonl"))
    _same(_digest(tries), stop["body"]["attempts"], f"attempts.jsonl is not what entry {stop['seq']} proves")
    yield f"{len(tries)} attempts: digest {stop['body']['attempts']} of entry {stop['seq']}"
    words, reports = _returns(folder, [entry for entry in mine if entry["kind"] == "LettersReturned"])
    yield words
    by_hand = {
        entry["body"]["person"]: entry["body"]["because"]
        for entry in mine
        if entry["kind"] == "LetterExcluded" and entry["seq"] > stop["seq"]
    }
    last = {person: at for person, _, at, *_ in map(json.loads, tries)}
    yield _people(folder, [json.loads(leaf) for leaf in leaves], reports, by_hand, last)
    yield _ways(folder, entries, notice)


def _chained(rows: Iterable[dict[str, Any]], incident: str, head: str | None) -> Iterator[dict[str, Any]]:
    before, seq, met = GENESIS, 0, head is None
    for row in rows:
        seq += 1
        hashed = hashlib.sha256(_canonical({name: row[name] for name in row if name != "hash"})).hexdigest()
        if (row["incident"], row["seq"], row["previous_hash"], row["hash"]) != (
            incident,
            seq,
            before,
            hashed,
        ):
            raise Wrong(f"chain.jsonl: entry {seq} was changed, moved, added or taken away")
        before = hashed
        met = met or (head is not None and _is_head(head, seq, hashed))
        yield row
    if not seq:
        raise Wrong("chain.jsonl holds no entry")
    if not met:
        raise Wrong(f"chain.jsonl: the published head {head} is not one of its entries")


def _is_head(head: str, seq: int, hashed: str) -> bool:
    number, _, digits = head.partition(":")
    return number == str(seq) and len(digits) >= 8 and hashed.startswith(digits.lower())


def _returns(folder: Path, entries: list[dict[str, Any]]) -> tuple[str, dict[str, str]]:
    """That the reports are those of their entries; and mark of a letter to what they come to, by rank."""
    lines: dict[int, list[bytes]] = {entry["seq"]: [] for entry in entries}
    reported: dict[str, str] = {}
    for line in _lines(folder / "returns.jsonl"):
        seq, said = json.loads(line)
        if seq not in lines:
            raise Wrong(f"returns.jsonl: entry {seq} speaks of nothing that came back")
        lines[seq].append(_canonical(said))
        _, _, mark, action, *_ = said
        if action == "failed":
            reported[mark] = "bounced"
        elif action == "delivered":
            reported.setdefault(mark, "delivered")
    for entry in entries:
        said = _digest(lines[entry["seq"]])
        _same(said, entry["body"]["digest"], f"returns.jsonl is not what entry {entry['seq']} proves")
    count = sum(map(len, lines.values()))
    return f"{count} reports on letters: as {len(entries)} entries say", reported


def _people(
    folder: Path,
    leaves: list[dict[str, Any]],
    reports: dict[str, str],
    by_hand: dict[str, str],
    last: dict[str, str],
) -> str:
    """The tables say of each person what leaf, reports, attempts and entries say, and add up."""
    stands: Counter[str] = Counter()
    for leaf, row in zip(leaves, _table(folder / "people.csv"), strict=True):
        person = leaf["person"]
        reported = reports.get(leaf["message_id"].partition("@")[0], "")
        wanted = {
            "person": person,
            "letter": leaf["letter"] or "",
            "message_id": leaf["message_id"],
            "variant": leaf["variant"],
            "attempts": str(leaf["attempts"]),
            "address": str(leaf["address"]),
            "perhaps_twice": "yes" if leaf["doubtful"] and leaf["attempts"] > 1 else "",
            "reply": leaf["reply"] or "",
            "came_back": reported,
            "reason": by_hand.get(person, leaf["reason"] or ""),
        }
        for name, value in wanted.items():
            # A table has an apostrophe before what a spreadsheet would reckon.
            if row[name].replace("'", "") != value.replace("'", ""):
                raise Wrong(f"people.csv: {name} of person {person[:12]} is not what the timeline proves")
        if row["tried_at"] and row["tried_at"] != last.get(person):
            raise Wrong(f"people.csv: tried_at of person {person[:12]} is not that of her last attempt")
        if row["stands"] not in _may_stand(leaf, reported, by_hand):
            raise Wrong(f"people.csv: person {person[:12]} does not stand as {row['stands']}")
        stands[row["stands"]] += 1
    totals = {row["state"]: int(row["letters"]) for row in _table(folder / "totals.csv")}
    if {state: count for state, count in totals.items() if count} != dict(stands):
        raise Wrong("totals.csv: its numbers are not those of people.csv")
    return f"{sum(stands.values())} people: people.csv as their letters, totals.csv adds up"


def _ways(folder: Path, entries: list[dict[str, Any]], notice: str) -> str:
    """The table of ways says what the last count of the timeline said, and what people said since."""
    told: Counter[str] = Counter()
    for entry in entries:
        kind, body = entry["kind"], entry["body"]
        if kind == "PeopleReleased":
            told["not-owed"] += sum(body.get("letters", {}).get(notice, {}).values())
        elif body.get("notice") != notice:
            continue
        elif kind in ("SendingStopped", "LettersReturned"):
            told = Counter(body.get("ways", {}))
        elif kind == "ToldOtherwise":
            told[body.get("way", "otherwise")] += sum(body["people"].values())
        elif kind == "LetterExcluded" and body.get("readers"):
            told["otherwise"] += 1
    shown = {row["way"]: int(row["people"]) for row in _table(folder / "ways.csv")}
    if shown != {way: count for way, count in told.items() if count}:
        raise Wrong("ways.csv: its numbers are not those of the timeline")
    return f"{sum(shown.values())} people told: ways.csv as the timeline says"


def _may_stand(leaf: dict[str, Any], reported: str, by_hand: dict[str, str]) -> tuple[str, ...]:
    """How a letter may be counted now: by a person's word, by what came back, or as it was at the stop.

    What had not left then may be held since, for a decision, or be excluded by it.
    """
    state = leaf["state"]
    if leaf["person"] in by_hand:
        return ("excluded",)
    left = state in ("handed_over", "ambiguous") or (state == "refused" and leaf["doubtful"])
    if left and reported:
        return (reported,)
    return (state, "held", "excluded") if state in ("pending", "ambiguous") else (state,)


def _same(found: str, wanted: str, words: str) -> None:
    if found != wanted:
        raise Wrong(words)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in _lines(path))


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        for line in file:
            yield line.rstrip(b"\n")


def _table(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _digest(lines: Iterable[bytes]) -> str:
    seen = hashlib.sha256()
    for line in lines:
        seen.update(line + b"\n")
    return seen.hexdigest()


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def root(leaves: Iterable[bytes]) -> str:
    """The Merkle tree hash of RFC 9162, 2.1.1, with SHA-256, in hex."""
    level = [hashlib.sha256(b"\x00" + leaf).digest() for leaf in leaves]
    if not level:
        return hashlib.sha256().hexdigest()
    while len(level) > 1:
        pairs = range(0, len(level) - 1, 2)
        above = [hashlib.sha256(b"\x01" + level[each] + level[each + 1]).digest() for each in pairs]
        level = above + level[len(level) - len(level) % 2 :]
    return level[0].hex()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
