"""Form 08 as Tocsin makes it, against a bare Typst compile of the same page.

    python bench/papers.py [papers]

Ours gathers the facts, answers every field, checks the glyphs, and then lets Typst set the same template; the baseline
is that last step alone, with everything prepared.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import typst

from tocsin import actions
from tocsin.actions.declaring import Declaration
from tocsin.actors import at_the_shell
from tocsin.app import App, open_app
from tocsin.domain.scope.question import Listed, Question
from tocsin.drill import script
from tocsin.drill.stage import BEGINNING, LeapingClock
from tocsin.engine import advance, quick_only
from tocsin.engine.papers import make
from tocsin.settings import Settings

DUTY = "vn-pdpl/authority/vn/controller"


def main(count: int) -> None:
    """Make papers in turns, print both medians and their ratio."""
    with tempfile.TemporaryDirectory() as name:
        app, key = _ready(Path(name))
        compiled: list[tuple[tuple[object, ...], dict[str, object]]] = []
        real = typst.compile

        def seen(*args: object, **named: object) -> bytes:
            compiled.append((args, named))
            return real(*args, **named)

        typst.compile = seen
        make(app, key, DUTY, "pdf")
        typst.compile = real
        args, named = compiled[-1]
        ours, bare = [], []
        for _ in range(count):
            ours.append(_timed(lambda: make(app, key, DUTY, "pdf")))
            bare.append(_timed(lambda: real(*args, **named)))
    mine, its = statistics.median(ours), statistics.median(bare)
    print(f"form 08             {mine * 1000:8.1f} ms median of {count}")
    print(f"typst alone         {its * 1000:8.1f} ms")
    print(f"ratio (tocsin time / typst time)    {mine / its:.2f}")


def _ready(folder: Path) -> tuple[App, str]:
    (folder / "customers.csv").write_text(
        "id,name,email,locale,country\nc1,Nguyễn Văn A,c1@example.com,vi,VN\n"
    )
    (folder / "sources.yaml").write_text(
        "customers:\n  - {name: customers, path: customers.csv, country: VN, place_basis: billing, "
        "fields: {id: id, email: email, name: name, locale: locale, country: country}}\n"
    )
    settings = Settings(mode="drill", home=folder / "home", sources=folder / "sources.yaml")
    app = open_app(settings, now=LeapingClock())
    what = Declaration(script.TITLE, type="credential-leak", detected_at=BEGINNING, drill=True)
    key = actions.declare(app, at_the_shell(app, "dung"), what).incident.key
    question = Question(people=(Listed(who="c1", kinds=("account-info",)),))
    actions.scope(app, at_the_shell(app, "giang"), key, question)
    facts = {name: value for name, value in script.FACTS.items() if name != "aware_at"}
    actions.learn(app, at_the_shell(app, "giang"), key, facts, source="bench")
    advance(app, key, wanted=quick_only)
    return app, key


def _timed(work: object) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
