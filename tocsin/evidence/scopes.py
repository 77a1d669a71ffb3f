"""Repetitions and signatures of a scope, against the revision that they are about, and against each other."""

from collections.abc import Mapping
from typing import Any

from tocsin.evidence.case import Bad, Case, Check


def scopes(case: Case) -> Check:
    """A repetition called the same has the digests of its revision; who signed did not ask, and had repeated it so."""
    found = {said["revision"]: said for _, said in case.story.scopes}
    again: dict[int, Mapping[str, Any]] = {}
    for seq, said in case.story.repetitions:
        revision = _revision(case, seq, found, said)
        same = all(said[name] == revision[name] for name in ("set_digest", "rows_digest"))
        why = said.get("why_digest") == revision["why_digest"] if revision["why_digest"] else None
        if said["same"] != same or said.get("same_why") != why:
            raise Bad(
                f"{case.key} entry {seq}: what it repeated is not what it says of revision {said['revision']}",
                seq,
            )
        again[seq] = said
    for seq, said in case.story.signatures:
        revision, own = _revision(case, seq, found, said), again.get(said["repetition"])
        if any(said[name] != revision[name] for name in ("question", "set_digest", "rows_digest")):
            raise Bad(f"{case.key} entry {seq}: what was signed is not revision {said['revision']}", seq)
        if said["by"] == revision["by"]:
            raise Bad(
                f"{case.key} entry {seq}: {said['by']} asked revision {said['revision']} and signed it", seq
            )
        if own is None or not own["same"] or (own["by"], own["revision"]) != (said["by"], said["revision"]):
            raise Bad(f"{case.key} entry {seq}: who signed had not repeated revision {said['revision']}", seq)
    signed = len(case.story.signatures)
    return Check(
        "scopes", signed, f"{len(again)} repetitions and {signed} signatures of {len(found)} revisions"
    )


def _revision(
    case: Case, seq: int, found: Mapping[int, Mapping[str, Any]], said: Mapping[str, Any]
) -> Mapping[str, Any]:
    revision = found.get(said["revision"])
    if revision is None:
        raise Bad(f"{case.key} entry {seq}: there is no revision {said['revision']} of the scope", seq)
    return revision
