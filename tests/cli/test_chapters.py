"""A home that was copied at the end of a chapter is one in which the chapter was played."""

from datetime import timedelta
from pathlib import Path

from tests.cli.chapters import DATABASE, Chapters, Place, copy_database
from tests.cli.conftest import Command
from tests.conftest import BEGINNING
from tocsin.app import App


def test_who_takes_a_chapter_up_finds_the_entries_the_messages_and_the_hour_at_which_it_ended(
    tocsin: Command, place: Place, app: App, sqlite_file: Path, tmp_path: Path
) -> None:
    def play() -> str:
        return str(
            tocsin("declare", "A key in a public place", "--type", "credential-leak", "--json").json["key"]
        )

    def never() -> str:
        raise AssertionError("played twice")

    def found() -> tuple[object, ...]:
        posted = [(message.channel, message.ts, message.text) for message in place.slack.messages]
        return tocsin("timeline", "--json").json, [mail.content for mail in place.mail.messages], posted

    chapters = Chapters(tmp_path / "chapters")
    key = chapters.reach("declared", place, play)
    played = found()
    assert all(played)
    # The home as it was before anything happened.
    copy_database(sqlite_file, place.home / DATABASE)
    place.mail.messages.clear()
    place.slack.messages.clear()
    assert place.untouched

    assert chapters.reach("declared", place, never) == key

    assert found() == played
    assert timedelta(0) < app.now() - BEGINNING < timedelta(minutes=5)
    assert tocsin("verify").status == 0
    # Where something happened already, the story goes on from there.
    assert chapters.reach("declared", place, play) != key
