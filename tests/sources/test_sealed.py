"""Sealed files: the engine writes and reads them, and nobody else can read, swap, cut off or change them."""

import os

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.sources.sealed import Broken, SealedFiles, whole

KEY, OTHER = b"k" * 32, b"o" * 32
BLOCK = 1 << 18


def write(folder, content, name="one", key=KEY):
    file = SealedFiles(folder, key).open(f"sealed://{name}", "wb")
    for start in range(0, len(content), 100_000):
        file.write(content[start : start + 100_000])
    file.close()
    return folder / name


def read(folder, name="one", key=KEY):
    with_end = SealedFiles(folder, key).open(f"sealed://{name}")
    try:
        return with_end.read()
    finally:
        with_end.close()


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK + 17])
def test_what_was_written_is_read_and_is_not_to_be_seen(tmp_path, size):
    content = (b"a name that nobody may read; " * (size // 29 + 1))[:size]
    path = write(tmp_path, content)
    assert read(tmp_path) == content
    assert SealedFiles(tmp_path, KEY).info("sealed://one")["size"] == size
    assert b"nobody" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    assert whole(path, KEY)


@given(cuts=st.lists(st.tuples(st.integers(0, 3 * BLOCK), st.integers(0, BLOCK * 2)), max_size=8))
def test_any_place_can_be_read(tmp_path_factory, cuts):
    folder = tmp_path_factory.mktemp("sealed")
    content = os.urandom(3 * BLOCK - 5)
    write(folder, content)
    file = SealedFiles(folder, KEY).open("sealed://one")
    for place, length in cuts:
        file.seek(place)
        assert file.read(length) == content[place : place + length]
    file.close()


def test_another_key_opens_nothing(tmp_path):
    path = write(tmp_path, b"secret")
    with pytest.raises(Broken, match="not as it was sealed"):
        read(tmp_path, key=OTHER)
    assert not whole(path, OTHER)


def test_a_file_under_another_name_opens_nothing(tmp_path):
    write(tmp_path, b"secret").rename(tmp_path / "two")
    with pytest.raises(Broken):
        read(tmp_path, "two")


@pytest.mark.parametrize("left", [0, 10, 40, 32 + BLOCK + 16, 32 + BLOCK + 20])
def test_what_was_cut_off_is_broken(tmp_path, left):
    path = write(tmp_path, os.urandom(2 * BLOCK))
    os.truncate(path, left)
    assert not whole(path, KEY)
    with pytest.raises(Broken):
        read(tmp_path)


def test_a_writer_that_was_killed_leaves_a_broken_file(tmp_path):
    file = SealedFiles(tmp_path, KEY).open("sealed://one", "wb")
    file.write(os.urandom(3 * BLOCK))
    file._file.flush()
    assert not whole(tmp_path / "one", KEY)
    file.close()
    assert whole(tmp_path / "one", KEY)


def test_blocks_cannot_be_swapped(tmp_path):
    path = write(tmp_path, os.urandom(3 * BLOCK))
    raw = path.read_bytes()
    head, size = 32, BLOCK + 16
    first, second = raw[head : head + size], raw[head + size : head + 2 * size]
    path.write_bytes(raw[:head] + second + first + raw[head + 2 * size :])
    with pytest.raises(Broken):
        read(tmp_path)


@pytest.mark.parametrize("name", ["../one", "/etc/passwd", "a/b", ""])
def test_only_names_of_the_folder_are_opened(tmp_path, name):
    files = SealedFiles(tmp_path, KEY)
    assert not files.exists(f"sealed://{name}")
    with pytest.raises(FileNotFoundError):
        files.open(f"sealed://{name}")


def test_the_engine_writes_and_reads_with_all_its_threads(tmp_path):
    db = duckdb.connect(config={"threads": 4})
    db.register_filesystem(SealedFiles(tmp_path, KEY))
    db.execute("SET lock_configuration = true")
    rows = "SELECT i AS n, md5(i::VARCHAR) AS text FROM range(600000) r(i)"
    db.execute(f"COPY ({rows}) TO 'sealed://rows' (FORMAT parquet, USE_TMP_FILE false)")
    found = db.execute("SELECT count(*), sum(n), sum(hash(text)) FROM read_parquet('sealed://rows')")
    expected = duckdb.sql(f"SELECT count(*), sum(n), sum(hash(text)) FROM ({rows})")
    assert found.fetchall() == expected.fetchall()
    assert b"PAR1" not in (tmp_path / "rows").read_bytes()
    assert whole(tmp_path / "rows", KEY)
