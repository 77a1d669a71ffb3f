"""Files that leave the system are new, and their owner's alone from their first moment on."""

import os
import stat

import pytest

from tocsin.domain.errors import Refused
from tocsin.private import private_file


@pytest.fixture(autouse=True)
def open_house():
    """The most careless of umasks."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.parametrize(("mode", "content"), [("w", "Käthe\r\n"), ("wb", "Käthe\r\n".encode())])
def test_a_file_is_its_owners_alone_while_it_is_written_and_holds_what_was_written(tmp_path, mode, content):
    target = tmp_path / "list.csv"
    with private_file(target, mode) as file:
        assert stat.S_IMODE(target.stat().st_mode) == 0o600
        file.write(content)
    assert target.read_bytes() == "Käthe\r\n".encode()


def test_what_exists_or_cannot_be_written_is_refused_in_one_line(tmp_path):
    target = tmp_path / "there"
    target.write_text("before")
    with pytest.raises(Refused, match="there exists; choose another name"), private_file(target):
        pass
    assert target.read_text() == "before"
    elsewhere = tmp_path / "nowhere" / "x"
    with (
        pytest.raises(Refused, match="No such file or directory; look"),
        private_file(elsewhere, failing="; look"),
    ):
        pass
