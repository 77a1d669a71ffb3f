"""What a gateway says is kept, and the telephone number that it called is not."""

import asyncio
from pathlib import Path

import pytest

from tocsin.channels.command import CommandChannel
from tocsin.domain.masking import MASK
from tocsin.domain.message import ShortCall, Undelivered
from tocsin.domain.routes import Gateway


def rung(folder: Path, body: str, number: str) -> str:
    """What is kept of what this script said."""
    script = folder / "ring"
    script.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    script.chmod(0o700)
    entry = {"id": "sms", "does": "sends a text", "argv": (str(script),), "within": "20 s"}
    channel = CommandChannel([Gateway.model_validate(entry)])
    try:
        return asyncio.run(channel.send(ShortCall("m-1", None, number, "words", "INC-2026-0001"))).reply
    except Undelivered as fault:
        return fault.reason


@pytest.mark.parametrize("status", [0, 3, 75])
@pytest.mark.parametrize(
    "written",
    [
        "$TOCSIN_TO",
        "84912345678",
        "+84.912.345.678",
        "(+84) 912-345-678",
        "0084 912 345 678",
        "0912 345 678",
        "(0)912345678",
        "912345678",
        "9 1 2 3 4 5 6 7 8",
    ],
)
def test_the_number_is_left_out_in_whatever_writing(tmp_path: Path, written: str, status: int) -> None:
    said = rung(
        tmp_path, f'echo "job 4711: <{written}> at 2026-11-26 08:00"; exit {status}', "+84 912 345 678"
    )
    assert said == f"sms: exit {status} job 4711: <{MASK}> at 2026-11-26 08:00"


@pytest.mark.parametrize("number", ["+112 112", "+84 24 3825", "+372 512 3456"])
def test_a_short_number_is_left_out_and_nothing_else(tmp_path: Path, number: str) -> None:
    assert rung(tmp_path, 'echo "rang $TOCSIN_TO, job 47"', number) == f"sms: exit 0 rang {MASK}, job 47"
