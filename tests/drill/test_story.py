"""The drill keeps what it promises: the same seed tells the same story, and no drill reaches the outside."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tocsin import actions
from tocsin.actions.declaring import Declaration
from tocsin.domain.errors import Refused
from tocsin.drill.checklist import Checklist
from tocsin.drill.run import run_drill
from tocsin.drill.stage import PlainStage, actor, plain_stage
from tocsin.drill.story import Outcome, Story
from tocsin.drill.telling import Teller
from tocsin.evidence.verify import verify

SMALL = {"customers": 600, "log_lines": 6_000, "leaked": 60}


def play(folder: Path, seed: int) -> tuple[Outcome, list[str]]:
    said: list[str] = []
    return run_drill(seed=seed, out=folder, say=said.append, **SMALL), said


@pytest.fixture(scope="module")
def drill(tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, list[str], Path]:
    folder = tmp_path_factory.mktemp("drill")
    return *play(folder, 7), folder


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PlainStage, Outcome]]:
    """A drill of another seed, whose stage still stands."""
    with plain_stage(tmp_path_factory.mktemp("other"), 8, **SMALL) as stage:
        yield stage, Story(stage, lambda line: None).play()


def test_a_drill_goes_from_the_first_page_to_the_closed_file(drill: tuple[Outcome, list[str], Path]) -> None:
    outcome, said, _ = drill
    assert outcome.recall == outcome.precision == 1.0
    assert set(outcome.duties.values()) <= {"met", "released"}
    assert {"vn-pdpl/authority/vn/controller", "eu-gdpr/authority/de/controller"} <= set(outcome.duties)
    assert any("closed: closed" in line for line in said)


def test_the_counts_of_a_drill_add_up_and_show_one_doubt_and_one_refusal(
    drill: tuple[Outcome, list[str], Path],
) -> None:
    counts = dict(drill[0].counts)
    assert counts.pop("possible_duplicates") == 1
    assert sum(counts.values()) == drill[0].affected
    assert (counts["ambiguous"], counts["excluded"]) == (1, 1)


def test_what_people_do_is_told_under_the_hour_in_which_they_did_it(
    drill: tuple[Outcome, list[str], Path],
) -> None:
    told, hour = 0, ""
    for line in drill[1]:
        if heading := re.match(r"\n\w{3} (\d\d:\d\d)  ", line):
            hour = heading[1]
        elif (act := re.match(r"    (\d\d:\d\d) (\w+), ", line)) and act[2] != "engine":
            assert act[1] == hour, line
            told += 1
    assert told >= 10


@pytest.mark.parametrize(
    ("words", "times"),
    [
        (r"minh, acknowledged: minh as incident-commander", 1),
        (r"an, acknowledged: an as dpo", 1),
        (r"notice approved: customers by \w+, digest", 4),
        (r"notice voided: customers: measures_taken changed", 1),
        (r"duty met: \S+, reference DRILL-\d{4}, receipt E\d+", 8),
        (r"eradicate, done: .*C16 Rotate every secret", 1),
        (r"individuals/individuals/controller: due Wed 02:40 .* -> Wed 02:31", 1),
    ],
)
def test_what_the_timeline_holds_is_told(
    drill: tuple[Outcome, list[str], Path], words: str, times: int
) -> None:
    assert len([line for line in drill[1] if re.search(words, line)]) == times


def test_steps_that_were_not_done_are_told_with_the_reason(tmp_path: Path) -> None:
    said: list[str] = []
    with plain_stage(tmp_path, 1, **SMALL) as stage:
        key = actions.declare(stage.app, actor(stage, "dung"), Declaration("x", drill=True)).incident.key
        list_ = Checklist(stage, key)
        first, second, third = (step.id for step in list_.steps()[:3])
        actions.skip(stage.app, actor(stage, "linh"), key, second, because="not ours")
        list_.applies = lambda step: step.id != third  # type: ignore[method-assign]
        Teller(stage, said.append).steps(stage.app.incident(key), list_)
    open_, skipped, idle = said
    assert first in open_.partition("open: ")[2].split()
    assert skipped.endswith(f"skipped: {second}")
    assert idle.endswith(f"does not apply: {third}")


def test_every_artefact_of_a_drill_says_so(drill: tuple[Outcome, list[str], Path]) -> None:
    folder = drill[2]
    letters = [path.read_bytes() for path in (folder / "mail").glob("*.eml")]
    assert letters
    assert all(b"DRILL" in content or b"=?utf-8?" in content.lower() for content in letters)
    assert all("DRILL" in line for line in (folder / "slack.jsonl").read_text(encoding="utf-8").splitlines())
    import pypdf

    papers = list((folder / "papers").glob("*.pdf"))
    assert len(papers) >= 4
    for paper in papers:
        pages = pypdf.PdfReader(paper).pages
        assert all("DRILL" in page.extract_text() for page in pages), paper.name


def test_the_same_seed_gives_the_same_timeline_and_the_same_papers(
    drill: tuple[Outcome, list[str], Path], tmp_path: Path
) -> None:
    first, _, folder = drill
    again, _ = play(tmp_path, 7)
    assert again.head == first.head
    assert digests(tmp_path) == digests(folder)


def test_another_seed_tells_of_other_people(
    drill: tuple[Outcome, list[str], Path], other: tuple[PlainStage, Outcome]
) -> None:
    assert other[1].head != drill[0].head


def digests(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in (folder / "papers").glob("*.pdf")}


def test_a_drill_cannot_reach_a_real_channel_whatever_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_MAIL__HOST", "mx.streamonapi.example")
    monkeypatch.setenv("TOCSIN_SLACK__BASE_URL", "https://slack.example/api/")
    monkeypatch.setenv("TOCSIN_MODE", "production")
    with plain_stage(tmp_path, 1, **SMALL) as stage:
        assert (stage.app.settings.mode, stage.app.settings.mail.host) == ("drill", "127.0.0.1")
        assert "127.0.0.1" in stage.app.settings.slack.base_url


def test_a_drill_home_with_a_real_host_in_its_settings_opens_no_channel(tmp_path: Path) -> None:
    with plain_stage(tmp_path, 1, **SMALL) as stage:
        settings = stage.app.settings
        real = settings.mail.model_copy(update={"host": "mx.streamonapi.example"})
        app = replace(stage.app, settings=settings.model_copy(update={"mail": real}))
        with pytest.raises(Refused, match="speaks to this machine only"):
            app.routes["email"](app)


def test_a_drill_that_finds_the_wrong_people_fails(tmp_path: Path) -> None:
    with plain_stage(tmp_path, 3, **SMALL) as stage:
        world = stage.world
        somebody = next(iter(world.true_kinds))
        object.__setattr__(world, "true_kinds", {**world.true_kinds, "nobody": world.true_kinds[somebody]})
        with pytest.raises(Exception, match="not the true set"):
            Story(stage, lambda line: None).play()


def test_a_tampered_drill_does_not_verify(other: tuple[PlainStage, Outcome]) -> None:
    from sqlalchemy import text

    stage, outcome = other
    assert verify(stage.app, outcome.key).fault is None
    with stage.app.database.write() as connection:
        connection.execute(text("UPDATE entry SET actor = 'nobody' WHERE seq = 9"))
    assert verify(stage.app, outcome.key).bad_seq == 9


def test_the_rhythm_is_kept_and_nobody_hears_two_things_in_one_minute_that_could_be_one(
    drill: tuple[Outcome, list[str], Path],
) -> None:
    told = [line for line in drill[1] if re.search(r", (status updated|update skipped|update asked): ", line)]
    assert len([line for line in told if "status updated" in line]) == 5
    assert len([line for line in told if "update skipped" in line]) == 4
    assert not any("missed" in line for line in told)
    journal = (drill[2] / "slack.jsonl").read_text(encoding="utf-8").splitlines()
    heard = Counter(
        (post["channel"], int(float(post["ts"])) // 60)
        for post in map(json.loads, journal)
        # A page stands for itself, and a room is nobody's telephone.
        if "Gọi khẩn" not in post["text"] and post["channel"].startswith("D")
    )
    assert [moment for moment, count in heard.items() if count > 1] == []
