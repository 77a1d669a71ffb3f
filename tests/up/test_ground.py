"""What the parts of a household are told by their environment, and what the shells of its home read."""

import os
import stat
import urllib.request
from pathlib import Path

import pytest
from prefect.settings import Settings as PrefectSettings

from tocsin.settings import Settings
from tocsin.up.ground import Ground, free_port, prepare


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return Ground(tmp_path / "prefect", 4200, "tocsin:secret")


@pytest.mark.parametrize("name", ["no_proxy", "NO_PROXY"])
def test_no_proxy_stands_between_the_parts_however_the_exceptions_are_spelled(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for other in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:18080")
    monkeypatch.setenv(name, "internal.example")
    for key, value in ground.environment(Settings(home=tmp_path), poll=1).items():
        monkeypatch.setitem(os.environ, key, value)

    # Read as every HTTP client of Prefect's reads it.
    assert urllib.request.proxy_bypass("127.0.0.1")
    assert urllib.request.proxy_bypass("internal.example")
    assert not urllib.request.proxy_bypass("elsewhere.example")


def test_the_port_in_use_is_left_where_shells_read_it(tmp_path: Path) -> None:
    settings, other = Settings(home=tmp_path), free_port()
    prepare(settings, other)
    assert settings.prefect_port_file.read_text() == f"{other}\n"


def test_what_the_parts_keep_for_a_moment_lies_in_the_home_and_is_nobody_elses(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    ground = prepare(settings, free_port())
    folder = Path(ground.environment(settings, poll=1)["TMPDIR"])
    assert folder.is_relative_to(tmp_path)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_no_page_of_the_dashboard_speaks_to_anybody_else(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("PREFECT_")]:
        monkeypatch.delenv(name)
    for name, value in ground.environment(Settings(home=tmp_path), poll=1).items():
        monkeypatch.setenv(name, value)
    # As Prefect itself reads it: a name that it does not know would change nothing.
    read = PrefectSettings().server
    assert (read.analytics_enabled, read.ui.v2_enabled, read.ui.show_promotional_content) == (False,) * 3


@pytest.mark.parametrize("ours", [True, False])
def test_the_dashboard_is_unpacked_where_we_may_write(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ours: bool
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: ours)
    told = ground.environment(Settings(home=tmp_path), poll=1).get("PREFECT_SERVER_UI_STATIC_DIRECTORY")
    assert told == (None if ours else str(tmp_path / "prefect" / "pages"))
