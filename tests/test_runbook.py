"""RUNBOOK.md is true: every command in it is run, in order, and ends as the book says."""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conftest import lend_cache
from tests.runbook.desk import Desk, lines_of
from tests.runbook.house import STAGES, build_house, furnish
from tests.runbook.scenes import SCENES
from tocsin.sinks.mail import MailSink
from tocsin.sinks.slack import SlackSink

BOOK = Path(__file__).parent.parent / "RUNBOOK.md"
CHAPTERS = (
    "0. The page for the wall",
    "1. I think data leaked",
    "2. I was paged",
    "3. Nobody answers",
    "4. Stop a wrong letter",
    "5. The attacker reads Slack or mail",
    "6. Something of Tocsin is dead",
    "7. Two hours left, and the file is incomplete",
    "8. A deadline was missed",
    "9. Hand-over",
    "10. False alarm",
    "11. For the manager",
    "12. Restore, lost key, upgrade",
    "13. Something waits in triage",
    "14. A new scope takes people out",
)


@dataclass
class Section:
    """A chapter, or a part of one that begins anew: its heading, and its blocks with their first lines' numbers."""

    title: str
    blocks: list[tuple[int, str]] = field(default_factory=list)


def sections(book: str) -> list[Section]:
    """The sections that hold blocks. A sub-heading without a scene of its own goes on with the story before it."""
    found = [Section("")]
    for match in re.finditer(
        r"^##+ (?P<title>[^\n]+)$|^```sh\n(?P<block>.*?)^```$", book, re.MULTILINE | re.DOTALL
    ):
        title, block = match["title"], match["block"]
        if block is not None:
            found[-1].blocks.append((book.count("\n", 0, match.start("block")) + 1, block))
        elif title in SCENES or re.match(r"\d", title):
            found.append(Section(title))
    return [section for section in found if section.blocks]


SECTIONS = sections(BOOK.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def sinks() -> Iterator[tuple[MailSink, SlackSink]]:
    people = [f"U0SAMPLE{number:03d}" for number in range(1, 10)]
    with MailSink() as mail, SlackSink(people=people) as slack:
        yield mail, slack


@pytest.fixture(scope="module")
def house(
    sinks: tuple[MailSink, SlackSink], tmp_path_factory: pytest.TempPathFactory, catalog_cache: Path
) -> Callable[[str], Path]:
    """The root of a house in which the incident has come to a stage. Each stage is played once, and copied."""
    roots: dict[str, Path] = {}

    def at(stage: str) -> Path:
        if stage in roots:
            return roots[stage]
        names = [each.__name__ for each in STAGES]
        number = names.index(stage)
        root = tmp_path_factory.mktemp("house") / "root"
        if number:
            shutil.copytree(at(names[number - 1]), root)
        else:
            build_house(root, *sinks)
            furnish(root)
            lend_cache(root / "var", catalog_cache)
        with pytest.MonkeyPatch.context() as patch:
            desk = Desk(root, *sinks, patch)
            desk.sit_down()
            STAGES[number](desk)
        roots[stage] = root
        return root

    return at


@pytest.mark.parametrize("section", SECTIONS, ids=[section.title for section in SECTIONS])
def test_every_command_ends_as_the_book_says(
    section: Section,
    house: Callable[[str], Path],
    sinks: tuple[MailSink, SlackSink],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage, play = SCENES[section.title]
    root = tmp_path / "root"
    shutil.copytree(house(stage), root)
    desk = Desk(root, *sinks, monkeypatch)
    desk.sit_down()
    desk.ring()
    scene = play(desk)
    try:
        for number, block in section.blocks:
            next(scene, None)
            for line in lines_of(block, number):
                desk.play(line)
        assert next(scene, "through") == "through", "the scene goes on, and the section has no more blocks"
    finally:
        scene.close()
        desk.leave()
        sinks[0].behave()


def test_the_book_has_its_chapters_and_nothing_of_it_is_left_unplayed() -> None:
    book = BOOK.read_text(encoding="utf-8")
    assert tuple(re.findall(r"^## (.+)$", book, re.MULTILINE)) == CHAPTERS
    assert {section.title for section in SECTIONS} == set(SCENES)
    assert re.findall(r"^```(.*)$", book, re.MULTILINE)[::2] == ["sh"] * book.count("```sh")


def test_every_command_of_the_book_but_looking_around_has_its_proof() -> None:
    """Only what says nothing by itself, like `cp`, may stand without the words that show that it worked."""
    silent = ("cp ", "mv ", "rm ", "touch ", "df ", "du ", "tail ", "export ", "tocsin bell &")
    for section in SECTIONS:
        for number, block in section.blocks:
            for line in lines_of(block, number):
                assert line.words or line.command.startswith(silent), (
                    f"RUNBOOK.md:{line.number} shows no proof"
                )
