"""What a text may take: hostile templates end within their time and size, whatever they get past the checks."""

from pathlib import Path

import pytest

from tocsin.domain.errors import Refused
from tocsin.rendering import text
from tocsin.rendering.text import LONGEST, load, render

MANY = {"lines": ["a line"] * 100_000, "word": "x" * 1000, "name": "Hoa"}
LOOP = "{% for a in lines %}{% for b in lines %}%s{% endfor %}{% endfor %}"


def written(tmp_path: Path, words: str, name: str = "hostile.txt.j2") -> object:
    (tmp_path / name).write_text(words, encoding="utf-8")
    return load(tmp_path, name)


@pytest.mark.parametrize(
    "words",
    [
        LOOP.replace("%s", ""),
        LOOP.replace("%s", "{% if a == 'another' %}.{% endif %}"),
        "{% block letter %}" + LOOP.replace("%s", "") + "{% endblock %}",
        "{% for a in lines %}{% include 'empty.txt.j2' %}{% endfor %}" * 50,
    ],
)
def test_what_prints_nothing_and_never_ends_is_ended(tmp_path, monkeypatch, words):
    monkeypatch.setattr(text, "SLOWEST", 0.2)
    (tmp_path / "empty.txt.j2").write_text("{% for b in lines %}{% endfor %}", encoding="utf-8")
    template = written(tmp_path, words)
    with pytest.raises(Refused, match="takes more than 0 seconds to render"):
        render(template, MANY)


def test_templates_that_take_in_each_other_twice_end(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "SLOWEST", 0.2)
    for number in range(60):
        then = f"{{% include '{number + 1}.txt.j2' %}}" * 2 if number < 59 else ""
        (tmp_path / f"{number}.txt.j2").write_text(then, encoding="utf-8")
    with pytest.raises(Refused, match="takes more than 0 seconds"):
        render(load(tmp_path, "0.txt.j2"), {})


def test_a_template_that_takes_in_itself_is_refused(tmp_path):
    template = written(tmp_path, "{% include 'hostile.txt.j2' %}")
    with pytest.raises(Refused, match=r"includes itself|takes more than"):
        render(template, {})


def test_more_than_a_letter_holds_is_refused(tmp_path):
    with pytest.raises(Refused, match=f"more than {LONGEST} characters"):
        render(written(tmp_path, LOOP.replace("%s", "{{ word }}")), MANY)
    with pytest.raises(Refused, match="joins more than 1,000,000 characters"):
        render(written(tmp_path, "{{ lines|join(word) }}"), MANY)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("{{ nobody }}", "'nobody' is undefined"),
        ("{{ name.__class__ }}", "unsafe"),
        ("{{ name.missing }}", "no attribute"),
        ("{{ lines.append('x') }}", "unsafe|not safely callable"),
        ("{{ name.__init__.__globals__ }}", "unsafe"),
    ],
)
def test_what_reaches_behind_a_variable_is_refused_at_the_latest_when_it_is_rendered(tmp_path, words, why):
    with pytest.raises(Refused, match=why):
        render(written(tmp_path, words), MANY)


def test_a_time_that_is_over_is_no_others(tmp_path, monkeypatch):
    template = written(tmp_path, "{% for a in lines %}{{ name }}{% endfor %}")
    monkeypatch.setattr(text, "SLOWEST", 0.0)
    with pytest.raises(Refused):
        render(template, MANY)
    monkeypatch.setattr(text, "SLOWEST", 60.0)
    assert render(template, {"lines": [1, 2], "name": "Hoa"}) == "HoaHoa"


@pytest.mark.parametrize(
    "text_of_customer", ["{{ 7*7 }}", "{% for a in b %}", "{# x #}", "${7*7}", "<script>"]
)
def test_what_a_customer_wrote_is_never_compiled(tmp_path, text_of_customer):
    page = written(tmp_path, "{{ name }}", "page.html.j2")
    assert render(written(tmp_path, "{{ name }}"), {"name": text_of_customer}) == text_of_customer
    assert "<script>" not in render(page, {"name": text_of_customer})
