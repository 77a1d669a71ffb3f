"""The live drill, through a real Prefect server, worker and bell, comes to the same end as the plain one."""

import email
import json
from collections import Counter
from email import policy
from pathlib import Path

import pypdf
import pytest

from tocsin.drill.run import run_drill
from tocsin.drill.story import Outcome

pytestmark = pytest.mark.xdist_group("prefect")

SMALL = {"customers": 600, "log_lines": 6_000, "leaked": 60}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Outcome, Path]]:
    found = {}
    for name in ("plain", "live"):
        folder = tmp_path_factory.mktemp(name)
        found[name] = (
            run_drill(seed=11, out=folder, live=name == "live", say=lambda line: None, **SMALL),
            folder,
        )
    return found


def test_both_drills_end_in_the_same_duties_and_counts(both: dict[str, tuple[Outcome, Path]]) -> None:
    plain, live = both["plain"][0], both["live"][0]
    assert plain.duties == live.duties
    assert plain.counts == live.counts
    assert (plain.affected, plain.recall, plain.precision) == (live.affected, live.recall, live.precision)


def test_both_drills_write_the_same_letters(both: dict[str, tuple[Outcome, Path]]) -> None:
    plain, live = (letters(folder) for _, folder in both.values())
    assert plain
    assert plain == live


def test_both_drills_set_the_same_papers(both: dict[str, tuple[Outcome, Path]]) -> None:
    plain, live = (papers(folder) for _, folder in both.values())
    assert plain
    assert plain == live


def letters(folder: Path) -> Counter[tuple[str, str, str]]:
    """(to, subject, text) of every letter that arrived, how often each."""
    found: Counter[tuple[str, str, str]] = Counter()
    for path in (folder / "mail").glob("*.eml"):
        mail = email.message_from_bytes(path.read_bytes(), policy=policy.default)
        body = mail.get_body(("plain",))
        if mail["X-Incident-Ref"] and body is not None:
            found[mail["To"], mail["Subject"], body.get_content()] += 1
    return found


def papers(folder: Path) -> dict[str, object]:
    """What each paper says, from the JSON attached to it, without the seconds in which the live clock ran on."""
    said = {}
    for path in sorted((folder / "papers").glob("*.pdf")):
        attached = next(iter(pypdf.PdfReader(path).attachments.values()))[0]
        content = json.loads(attached)
        said[path.name] = {name: content[name] for name in ("paper", "open", "supplement", "late", "duty")}
    return said
