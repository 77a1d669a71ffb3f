"""Running a drill: the stage is set, the story played, what it came to is told."""

import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from tocsin.drill.stage import BEGINNING, Stage, plain_stage
from tocsin.drill.story import Outcome, Story
from tocsin.drill.telling import Say

#: A world large enough to be worth scoping.
CUSTOMERS, LOG_LINES, LEAKED = 5_000, 200_000, 200


def run_drill(
    *,
    type_id: str = "credential-leak",
    seed: int = 1,
    live: bool = False,
    keep: bool = False,
    out: Path | None = None,
    say: Say = print,
    wait: Callable[[], None] = lambda: None,
    customers: int = CUSTOMERS,
    log_lines: int = LOG_LINES,
    leaked: int = LEAKED,
) -> Outcome:
    """Play the story, in this process or live through Prefect, worker and bell, and tell what happened.

    Artefacts land in `out`, a fresh folder if none is named. With `keep`, what was started stays until `wait` returns.
    Raises DrillFailed where the engine did not keep a promise.
    """
    folder = (out or Path(tempfile.mkdtemp(prefix="tocsin-drill-"))).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    say(f"DRILL with seed {seed}: nothing leaves this machine. Artefacts: {folder}")
    with _stage(live, folder, seed, say, customers=customers, log_lines=log_lines, leaked=leaked) as stage:
        outcome = Story(stage, say, type_id).play()
        stage.finish()
        simulated = stage.app.now() - BEGINNING
        real = time.monotonic() - started
        say(f"\n{simulated.total_seconds() / 3600:.1f} simulated hours in {real:.1f} real seconds.")
        say(f"Timeline head {outcome.head[0]} {outcome.head[1]}")
        say(f"Letters: {folder / 'mail'}  Slack: {folder / 'slack.jsonl'}  Papers: {folder / 'papers'}")
        if keep:
            wait()
    return outcome


def _stage(
    live: bool, folder: Path, seed: int, say: Say, *, customers: int, log_lines: int, leaked: int
) -> AbstractContextManager[Stage]:
    if live:
        from tocsin.drill.live import live_stage

        return live_stage(folder, seed, say, customers=customers, log_lines=log_lines, leaked=leaked)
    return plain_stage(folder, seed, customers=customers, log_lines=log_lines, leaked=leaked)
