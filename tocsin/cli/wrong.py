"""Letters that were found wrong: who has them, and how far the correction is."""

from typing import Any

from tocsin.cli.console import Shell, clean, columns, labelled


def got_lines(shell: Shell, got: list[dict[str, Any]]) -> list[str]:
    rows = [(each["person"][:16], each["state"].replace("_", " "), shell.at(each["at"])) for each in got]
    return columns(rows, head=("person", "letter", "when")) if rows else ["Nobody got a wrong letter."]


def wrong_lines(shell: Shell, key: str, incident: Any, notice: str | None = None) -> list[str]:
    """What was found wrong: by whom, why, who has it, and how far the correction is."""
    from tocsin.views.wrong import wrong

    return [
        labelled(
            "WRONG",
            f"{each.notice}, says {clean(each.by)} {shell.at(each.at)}: {clean(each.because)}; {each.got:,} got it     "
            f"tocsin ledger {key} {each.notice} --wrong; {each.correction} is {each.state.replace('-', ' ')}",
            urgent=each.state != "sent",
        )
        for each in wrong(shell.app, shell.actor, incident, notice)
    ]
