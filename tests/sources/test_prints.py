"""Fingerprints of files: those of large ones are worked out by another process, and by ours where there is none."""

import hashlib
import stat
import subprocess
import sys
import time
from concurrent.futures import Future

import pytest

from tocsin.sources import prints
from tocsin.sources.bounds import Bounds
from tocsin.sources.files import clerks, fingerprint, prints_now, take_in
from tocsin.sources.finding import find
from tocsin.sources.prints import sha256_of

TEXT = b"".join(b"%d\n" % number for number in range(400_000))
WHOLE = hashlib.sha256(TEXT).hexdigest()


@pytest.fixture
def file(tmp_path, monkeypatch):
    """A file that counts as large."""
    monkeypatch.setattr(prints, "_LARGE", len(TEXT))
    path = tmp_path / "log.csv"
    path.write_bytes(TEXT)
    return path


def program(tmp_path, monkeypatch, *lines: str) -> None:
    """Let a script stand for Python."""
    path = tmp_path / "python"
    path.write_text("\n".join(("#!/bin/sh", *lines)) + "\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(sys, "executable", str(path))


def test_another_process_finds_the_same(file, monkeypatch):
    monkeypatch.setattr(prints, "_worked_out", None)
    assert fingerprint(file) == WHOLE


def test_another_process_finds_the_same_of_the_first_bytes(file, monkeypatch):
    monkeypatch.setattr(prints, "_LARGE", 1 << 20)
    monkeypatch.setattr(prints, "_worked_out", None)
    size = len(TEXT) - 1234
    with file.open("rb") as stream:
        assert sha256_of(stream, size) == hashlib.sha256(TEXT[:size]).hexdigest()


def test_another_process_reads_the_file_that_was_opened(file, monkeypatch):
    monkeypatch.setattr(prints, "_worked_out", None)
    with file.open("rb") as stream:
        file.rename(file.with_name("gone"))
        file.write_bytes(TEXT[::-1])
        assert sha256_of(stream) == WHOLE


def test_a_small_file_is_no_reason_to_start_a_process(file, monkeypatch):
    monkeypatch.setattr(prints, "_LARGE", len(TEXT) + 1)
    monkeypatch.setattr(prints, "_by_another", None)
    assert fingerprint(file) == WHOLE


def test_without_python_we_work_it_out(file, monkeypatch):
    for gone in (None, "", "/nowhere/python", "/bin/echo", "/bin/true"):
        monkeypatch.setattr(sys, "executable", gone)
        assert fingerprint(file) == WHOLE


def test_what_another_process_could_not_end_we_work_out_from_the_first_byte(file, tmp_path, monkeypatch):
    for end in ("exit 3", "kill -9 $$"):
        program(tmp_path, monkeypatch, "head -c 1000 > /dev/null", end)
        assert fingerprint(file) == WHOLE


@pytest.mark.parametrize("name", ["HUP", "INT", "TERM"])
def test_what_asks_another_process_to_end_asks_us(file, tmp_path, monkeypatch, name):
    program(tmp_path, monkeypatch, f"kill -{name} $$")
    with pytest.raises(KeyboardInterrupt):
        fingerprint(file)


def test_who_is_interrupted_does_not_wait_for_another_process(file, tmp_path, monkeypatch):
    begun = tmp_path / "begun"
    program(tmp_path, monkeypatch, f"touch {begun}", "exec sleep 86400")
    waiting: list[Future[str]] = []

    def interrupted() -> None:
        with clerks() as pool:
            waiting.append(pool.submit(fingerprint, file))
            while not begun.exists():
                time.sleep(0.01)
            raise SystemExit

    with pytest.raises(SystemExit):
        interrupted()
    assert isinstance(waiting[0].exception(), KeyboardInterrupt)


def test_another_process_ends_with_its_parent(file):
    """As after `kill -9`: the parent that it was told of is not the one that it has."""
    command = (sys.executable, "-I", "-S", prints.__file__, str(len(TEXT)), "0", "1")
    with file.open("rb") as stream:
        done = subprocess.run(command, stdin=stream, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"")


def test_a_look_beside_other_work_gives_way(file, tmp_path, monkeypatch):
    taken = take_in("api", find("api", [str(file)]).files, Bounds(), of_lines=False)
    program(tmp_path, monkeypatch, f'echo "$5" >> {tmp_path}/nice')
    with clerks() as pool:
        assert [each.result() for each in prints_now(taken, pool, beside=True).values()] == [WHOLE]
    assert fingerprint(file) == WHOLE
    assert (tmp_path / "nice").read_text().split() == ["10", "0"]
