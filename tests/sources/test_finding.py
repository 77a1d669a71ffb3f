"""Files are found as a shell would find them, each once, under names that differ; what cannot be read is named."""

import os
import socket
from glob import glob
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.exploring import times
from tocsin.domain.errors import Refused
from tocsin.sources.finding import Unread, find


def laid(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def names(*patterns: object) -> list[str]:
    return [each.name for each in find("api", map(str, patterns)).files]


def test_a_file_that_several_patterns_name_is_found_once(tmp_path):
    laid(tmp_path, "a.log", "b.log", "sub/c.log")
    (tmp_path / "link.log").symlink_to(tmp_path / "a.log")
    assert names(f"{tmp_path}/*.log", f"{tmp_path}/a.log", f"{tmp_path}/**/*.log") == [
        "a.log",
        "b.log",
        "sub/c.log",
    ]
    with pytest.raises(Refused, match=r"^source api: no file matches .*/\*\.gz; correct it"):
        find("api", [f"{tmp_path}/*.log", f"{tmp_path}/*.gz"])


def test_a_name_is_the_path_below_the_declared_folder(tmp_path):
    laid(tmp_path, "2026/03/17/log.csv", "2026/03/18/log.csv")
    assert names(tmp_path / "*/*/*/log.csv") == ["2026/03/17/log.csv", "2026/03/18/log.csv"]
    assert names(tmp_path / "2026/03/1?/log.csv") == ["17/log.csv", "18/log.csv"]
    assert names(tmp_path / "2026/03/17/log.csv") == ["log.csv"]


def test_names_that_would_be_alike_show_as_many_folders_as_tell_them_apart(tmp_path):
    laid(tmp_path, "east/17/log.csv", "west/17/log.csv", "west/17/other.csv")
    assert names(tmp_path / "east/17/log.csv", tmp_path / "west/17/*") == [
        "east/17/log.csv",
        "west/17/log.csv",
        "other.csv",
    ]


def test_a_folder_means_all_files_below_it(tmp_path):
    laid(tmp_path, "logs/a.log", "logs/2026/b.log", "logs/.hidden", "logs/.git/c.log", "else.log")
    for said in (tmp_path / "logs", f"{tmp_path}/logs/", f"{tmp_path}/logs/**"):
        assert names(said) == ["2026/b.log", "a.log"]


def test_a_name_that_is_no_utf_8_is_shown_and_not_read(tmp_path):
    (tmp_path / os.fsdecode(b"caf\xe9.log")).write_text("x")
    (tmp_path / os.fsdecode(b"caf\xe8.log")).write_text("x")
    laid(tmp_path, "sound.log")
    found = find("api", [str(tmp_path / "*")])
    assert [each.name for each in found.files] == ["sound.log"]
    why = "has a name that is no UTF-8; rename a copy"
    assert found.unread == (Unread("caf\\xe8.log", why), Unread("caf\\xe9.log", why))


def odd(kind: str, path: Path) -> None:
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as door:
            door.bind(str(path))
    else:
        path.symlink_to(path.name if kind == "loop" else "/dev/null" if kind == "device" else "gone.log")


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("pipe", "is no file but a pipe, socket or device"),
        ("socket", "is no file but a pipe, socket or device"),
        ("dangling", "is a link to nothing"),
        ("loop", "cannot be read (Too many levels of symbolic links)"),
        ("device", "is a link that leads out of the declared folder (declare what it leads to)"),
    ],
)
def test_what_is_no_readable_file_is_named_and_alone_it_is_refused(tmp_path, monkeypatch, kind, why):
    monkeypatch.chdir(tmp_path)  # the path of a socket may have a hundred characters only
    laid(tmp_path, "logs/a.log")
    odd(kind, Path("logs/b.log"))
    assert find("api", [f"{tmp_path}/logs/*.log"]).unread == (Unread("b.log", why),)
    assert find("api", [f"{tmp_path}/**/a.*"]).unread == (
        (Unread("logs/b.log", why),) if kind in ("dangling", "loop") else ()
    )
    with pytest.raises(Refused, match=r"^source api: .*logs/b\.\*: b\.log "):
        find("api", [f"{tmp_path}/logs/b.*"])


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_what_may_not_be_read_is_named(tmp_path):
    laid(tmp_path, "a.log", "b.log", "shut/c.log")
    (tmp_path / "b.log").chmod(0)
    (tmp_path / "shut").chmod(0)
    found = find("api", [f"{tmp_path}/**/*.log"])
    (tmp_path / "shut").chmod(0o700)
    assert found.unread == (
        Unread("b.log", "cannot be read (Permission denied)"),
        Unread("shut", "cannot be opened (Permission denied)"),
    )


def test_a_link_is_followed_below_the_declared_folder_only(tmp_path):
    laid(tmp_path, "logs/2026/a.log", "outside/b.log", "outside/deep/c.log")
    (tmp_path / "logs/current").symlink_to(tmp_path / "logs/2026")
    (tmp_path / "logs/up").symlink_to(tmp_path / "logs")
    (tmp_path / "logs/out").symlink_to(tmp_path / "outside")
    (tmp_path / "logs/b.log").symlink_to(tmp_path / "outside/b.log")
    why = "is a link that leads out of the declared folder (declare what it leads to)"
    found = find("api", [f"{tmp_path}/logs/**/*.log"])
    assert [each.name for each in found.files] == ["2026/a.log"]
    assert set(found.unread) == {Unread("b.log", why), Unread("out", why)}
    assert names(f"{tmp_path}/logs/curr*/*.log") == ["2026/a.log"]
    # What is declared is followed, whatever links lead to it.
    assert names(tmp_path / "logs/out/*.log", tmp_path / "logs/b.log") == ["b.log"]
    both = find("api", [f"{tmp_path}/logs/*.log", f"{tmp_path}/outside/*.log", f"{tmp_path}/logs/2026/*"])
    assert [each.name for each in both.files] == ["a.log", "b.log"]
    assert both.unread == ()


part = st.sampled_from(["a", "b", "ab", ".a", "*", "a*", "?", "[!a]", "**", "*b", "[[]"])


@settings(max_examples=times(150))
@given(patterns=st.lists(part, min_size=1, max_size=4).map("/".join))
@example("**/**/a")
@example("**/*")
def test_patterns_mean_what_they_mean_to_a_shell(tmp_path_factory, patterns):
    folder = tmp_path_factory.getbasetemp() / "tree"
    if not folder.exists():
        laid(
            folder, "a/a", "a/b/a", "a/b/ab", "b/ab/b", "b/.a/a", "ab/.a", "b/b/b/b", ".a/b", "[/a", "b/a/a/a"
        )
    pattern = f"{folder}/{patterns}"
    matches = glob(pattern, recursive=True)  # noqa: PTH207 - Path.glob reads `**` otherwise
    # Of a file `a`, Python's `a/**` is `a/`.
    expected = sorted(path for each in matches if each[-1] != "/" and (path := Path(each)).is_file())
    if "*" in patterns or "?" in patterns or "[" in patterns:
        found = [each.address for each in find("api", [pattern]).files] if expected else []
        assert found == [str(path) for path in dict.fromkeys(expected)]
