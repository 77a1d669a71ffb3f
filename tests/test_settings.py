"""Settings: a file, beaten by the environment; secrets from files; the first wrong line is named."""

import os

import pytest

from tocsin.domain.errors import BadFile, Refused
from tocsin.settings import Settings, config_file, load_settings, unknown_variables


@pytest.fixture(autouse=True)
def nothing_around(monkeypatch, tmp_path):
    """No configuration of this machine."""
    for name in list(os.environ):
        if name.startswith("TOCSIN_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)


def written(tmp_path, text):
    path = tmp_path / "tocsin.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_every_route_is_down_and_the_mode_is_production():
    settings = load_settings()
    assert (settings.mode, settings.fenced, settings.mail.host, settings.slack.token) == (
        "production", False, None, None,
    )  # fmt: skip


def test_the_environment_beats_the_file(tmp_path, monkeypatch):
    path = written(tmp_path, 'mode = "demo"\n[mail]\nhost = "file.example"\nport = 25\n')
    monkeypatch.setenv("TOCSIN_MAIL__HOST", "environment.example")
    settings = load_settings(path)
    assert (settings.mail.host, settings.mail.port, settings.mode) == ("environment.example", 25, "demo")


def test_a_variable_that_is_set_to_nothing_is_not_set(tmp_path, monkeypatch):
    home = tmp_path / "house"
    path = written(tmp_path, f'home = "{home}"\n[mail]\nport = 25\n')
    monkeypatch.setenv("TOCSIN_HOME", "")
    monkeypatch.setenv("TOCSIN_MAIL__PORT", "")
    settings = load_settings(path)
    assert (settings.home, settings.mail.port) == (home, 25)


def test_folders_in_the_file_mean_beside_the_file(tmp_path):
    settings = load_settings(written(tmp_path, 'home = "data"\ncontacts = "who"\n'))
    assert (settings.home, settings.contacts) == (tmp_path / "data", tmp_path / "who")
    assert settings.database_url == f"sqlite:///{tmp_path / 'data' / 'tocsin.db'}"
    assert settings.key_file == tmp_path / "data" / "keys" / "master.key"


def test_secrets_come_from_files_and_never_show(tmp_path):
    (tmp_path / "token").write_text("xoxb-secret\n")
    (tmp_path / "password").write_text("hunter2\n")
    settings = load_settings(
        written(
            tmp_path,
            f'[slack]\ntoken_file = "{tmp_path}/token"\n[mail]\npassword_file = "{tmp_path}/password"\n',
        )
    )
    assert settings.slack.token is not None
    assert settings.mail.password is not None
    assert settings.slack.token.get_secret_value() == "xoxb-secret"
    assert settings.mail.password.get_secret_value() == "hunter2"
    assert "xoxb-secret" not in repr(settings)
    assert "hunter2" not in repr(settings)


def test_a_secret_file_that_is_not_there_is_refused_by_name(tmp_path):
    with pytest.raises(Refused, match="secret file /nowhere/token"):
        load_settings(written(tmp_path, '[slack]\ntoken_file = "/nowhere/token"\n'))


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ('mode = "test"\n', 1, "mode"),
        ('mode = "demo"\ncolour = "red"\n', 2, "colour"),
        ('[prefect]\nport = 4200\n[mail]\nhost = "x"\nport = "many"\n', 5, "mail.port"),
        ('[mail]\nhost = "x"\n[nonsense]\na = 1\n', 3, "nonsense"),
        ('[mail]\nhost = "x"\nhots = "y"\n', 3, "mail.hots"),
        ('[mail]\nbounces = "bounces+x@company.com"\n', 2, "cannot take letters back"),
        ("[bell]\ninterval = 0\n", 2, "bell.interval"),
        ('[scoping]\nmemory = "500MB"\n', 2, "600MB or more"),
        ('[scoping]\nmemory = "lots"\n', 2, "scoping.memory"),
        ("[scoping]\nlongest_line = 0\n", 2, "scoping.longest_line"),
        ("[scoping]\nunpack_ratio = 1\n", 2, "scoping.unpack_ratio"),
        ('[scoping]\ncache = "-1GB"\n', 2, "0MB for none"),
        ('[scoping]\ncountry = "Vietnam"\n', 2, "like VN"),
    ],
)
def test_the_first_wrong_line_is_named(tmp_path, text, line, what):
    with pytest.raises(BadFile, match=what) as bad:
        load_settings(written(tmp_path, text))
    assert bad.value.line == line
    assert "\n" not in str(bad.value)


def test_a_file_that_is_no_toml_names_its_place(tmp_path):
    with pytest.raises(Refused, match=r"tocsin.toml.*line 2"):
        load_settings(written(tmp_path, 'mode = "demo"\nhost = = 1\n'))


def test_a_wrong_variable_is_named_as_it_was_set(monkeypatch):
    monkeypatch.setenv("TOCSIN_MAIL__PORT", "many")
    with pytest.raises(Refused, match="TOCSIN_MAIL__PORT"):
        load_settings()


def test_a_wrong_variable_is_blamed_and_not_the_file_that_it_beats(tmp_path, monkeypatch):
    path = written(tmp_path, "[mail]\nport = 25\n")
    monkeypatch.setenv("TOCSIN_MAIL__PORT", "many")
    with pytest.raises(Refused, match=r"^setting TOCSIN_MAIL__PORT: is no whole number$"):
        load_settings(path)


def test_a_table_in_one_variable_that_is_none_is_told_how_to_set_its_keys(monkeypatch):
    monkeypatch.setenv("TOCSIN_MAIL", "smtp.example.com")
    with pytest.raises(Refused, match=r"^TOCSIN_MAIL is no JSON object; set TOCSIN_MAIL__KEY"):
        load_settings()


def test_a_variable_that_nothing_reads_is_found(monkeypatch):
    for name in (
        "TOCSIN_CONFIG",
        "TOCSIN_INC",
        "TOCSIN_DEBUG",
        "TOCSIN_MODE",
        "TOCSIN_MAIL__PORT",
        "TOCSIN_MAL",
    ):
        monkeypatch.setenv(name, "1")
    assert unknown_variables() == ("TOCSIN_MAL",)


def test_a_named_file_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setenv("TOCSIN_CONFIG", "/nowhere/tocsin.toml")
    with pytest.raises(Refused, match=r"TOCSIN_CONFIG names /nowhere/tocsin.toml"):
        config_file()


def test_the_file_here_is_found_before_the_one_of_the_user(tmp_path):
    assert config_file() is None or str(config_file()).startswith("/etc")
    (tmp_path / "config" / "tocsin").mkdir(parents=True)
    user = tmp_path / "config" / "tocsin" / "tocsin.toml"
    user.write_text("")
    assert config_file() == user
    written(tmp_path, "")
    assert str(config_file()) == "tocsin.toml"


def test_settings_do_not_change_once_made():
    with pytest.raises(Exception, match="frozen"):
        Settings().mode = "drill"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("table", "listens"),
    [
        ("", False),
        ('token = "xoxb-1"', False),
        ('token = "xoxb-1"\napp_token = "xapp-1"', True),
        ('app_token = "xapp-1"', False),
        ('token = "xoxb-1"\nmode = "http"\napp_token = "xapp-1"', False),
        ('token = "xoxb-1"\nmode = "http"\nsigning_secret_file = "SECRET"', True),
    ],
)
def test_slack_is_listened_to_with_the_bots_token_and_a_way_in(tmp_path, table, listens):
    (tmp_path / "secret").write_text("8f742231b10e\n")
    table = table.replace("SECRET", str(tmp_path / "secret"))
    settings = load_settings(written(tmp_path, f"[slack]\n{table}\n"))
    assert settings.slack.listens is listens
    assert "8f742231b10e" not in repr(settings)


def test_an_emoji_is_named_without_its_colons(tmp_path):
    with pytest.raises(BadFile, match=r"tocsin.toml:2: slack.emoji"):
        load_settings(written(tmp_path, '[slack]\nemoji = ":pushpin:"\n'))


@pytest.mark.parametrize(
    "url",
    [
        "https://tocsin.internal",
        "https://tocsin.internal./a/@b/",
        "https://[::1]",
        "http://127.0.0.1:4242",
        "http://localhost:1",
    ],
)
def test_the_console_is_reached_by_https_or_on_this_machine(tmp_path, url):
    assert load_settings(written(tmp_path, f'console_url = "{url}"\n')).console_url == url


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("incident.example.com", "is no address of a page; write one like https"),
        ("ftp://incident.example.com", "is no address of a page"),
        ("https://", "is no address of a page"),
        ("https://incident.example.com:many", "is no address of a page"),
        ("https://incident example.com", "is no address of a page"),
        ("https://.", "is no address of a page"),
        ("https://tocsin..internal", "is no address of a page"),
        (f"https://{'t' * 64}.internal", "is no address of a page"),
        ("https://tocsin.internal/?x=1", "each link is written behind it"),
        ("https://tocsin.internal#f", "each link is written behind it"),
        ("https://linh:secret@tocsin.internal", "each link is written behind it"),
        ("http://10.1.2.3:4242", "would travel to 10.1.2.3 in clear text; write https"),
    ],
)
def test_an_address_of_the_console_that_opens_nothing_or_is_read_on_its_way_is_refused(tmp_path, url, what):
    with pytest.raises(BadFile, match=f"tocsin.toml:2: console_url: .*{what}"):
        load_settings(written(tmp_path, f'mode = "production"\nconsole_url = "{url}"\n'))


def test_an_empty_address_of_the_console_is_none(tmp_path):
    assert load_settings(written(tmp_path, 'console_url = ""\n')).console_url is None


def test_a_drill_may_show_its_console_to_another_machine(tmp_path):
    url = "http://10.1.2.3:4242"
    assert load_settings(written(tmp_path, f'mode = "drill"\nconsole_url = "{url}"\n')).console_url == url
