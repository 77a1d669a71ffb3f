"""The log: one line for each event, on stderr, without addresses and secrets."""

import json
import subprocess
import sys

import pytest

SAYS = """
import logging, structlog
from tocsin.logs import configure
from tocsin.settings import Settings
configure(Settings(log={form!r}))
log = structlog.get_logger("tocsin.test")
{line}
"""


def logged(line: str, form: str = "json") -> tuple[str, str]:
    """What a process writes to (stdout, stderr)."""
    code = SAYS.format(form=form, line=line)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout, done.stderr


def test_an_event_is_one_json_document_on_stderr() -> None:
    out, err = logged('log.error("incident failed", incident="INC-2026-0001", at="fold.py:12")')
    event = json.loads(err)
    assert (out, err.count("\n")) == ("", 1)
    assert {
        "event": "incident failed",
        "incident": "INC-2026-0001",
        "level": "error",
    }.items() <= event.items()
    assert event["timestamp"].endswith("Z")


def test_a_room_speaks_through_the_same_door() -> None:
    _, err = logged(
        'from tocsin.logs import Log\nLog("tocsin.bell").error("round failed", detail="linh@example.com")'
    )
    event = json.loads(err)
    assert (event["event"], event["level"], event["detail"]) == ("round failed", "error", "(address)")


def test_a_process_that_set_up_no_log_keeps_its_stdout_for_its_answer() -> None:
    code = 'from tocsin.logs import Log\nLog("tocsin.engine").error("incident failed", detail="linh@example.com")'
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    event = json.loads(done.stderr)
    assert (event["event"], event["detail"]) == ("incident failed", "(address)")


def test_text_is_for_people_and_names_the_same() -> None:
    _, err = logged('log.warning("round failed", error="OperationalError")', "text")
    assert "round failed" in err
    assert "error=OperationalError" in err


@pytest.mark.parametrize(
    "secret",
    [
        "mai@example.com",
        "xoxb-123-456-abcDEF",
        "Bearer abcdef0123456789",
        "postgresql://tocsin:hunter2@db/tocsin",
    ],
)
def test_addresses_and_secrets_are_masked_wherever_they_stand(secret: str) -> None:
    line = f"""
log.error("sent to {secret}", detail={{"why": ["no {secret}"]}}, pair=("{secret}",))
logging.getLogger("aiosmtplib").warning("refused %s", "{secret}")
"""
    _, err = logged(line)
    hidden = secret.removeprefix("Bearer ").removeprefix("postgresql://").partition("@db")[0]
    assert hidden not in err
    assert err.count("(address)") + err.count("(secret)") >= 4


def test_fields_that_are_secrets_by_their_name_are_hidden() -> None:
    _, err = logged('log.info("login", token="plain", nested={"password": "hunter2"})')
    event = json.loads(err)
    assert (event["token"], event["nested"]) == ("(hidden)", {"password": "(hidden)"})


def test_an_exception_is_named_and_never_quoted() -> None:
    line = """
try:
    raise ValueError("Mai lives in Hanoi")
except ValueError as error:
    log.exception("failed")
    log.error("failed again", exc_info=error, cause=error)
    logging.getLogger("x").exception("and again")
"""
    _, err = logged(line)
    assert "Hanoi" not in err
    assert [json.loads(each)["error"] for each in err.splitlines()] == ["ValueError"] * 3


def test_libraries_are_silent_below_a_warning() -> None:
    assert logged('logging.getLogger("httpx").info("GET https://slack.com")') == ("", "")
