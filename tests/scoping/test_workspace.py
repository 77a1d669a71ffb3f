"""The folder in which a measurement works: private, and gone afterwards however it ended."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

from tocsin.scoping.workspace import sweep, working_in

HOLD = """
import sys, time
from pathlib import Path
from tocsin.cli.ending import ended_by_sigterm
from tocsin.scoping.workspace import working_in
with ended_by_sigterm(), working_in(Path(sys.argv[1])) as folder:
    (folder / "log.txt").write_text("personal")
    print(folder, flush=True)
    time.sleep(600)
"""


def test_what_a_killed_measurement_left_is_swept_and_what_a_living_one_holds_is_not(tmp_path):
    place = tmp_path / "work"
    processes = [
        subprocess.Popen([sys.executable, "-c", HOLD, str(place)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    try:
        dead, living = (Path(process.stdout.readline().strip()) for process in processes)
        os.kill(processes[0].pid, signal.SIGKILL)
        processes[0].wait()
        assert (dead / "log.txt").exists()
        with working_in(place) as ours:
            assert not dead.exists()
            assert (living / "log.txt").exists()
            assert stat.S_IMODE(ours.stat().st_mode) == 0o700
        assert not ours.exists()
    finally:
        for process in processes:
            process.kill()
            process.wait()
            process.stdout.close()
    with working_in(place):
        assert not living.exists()
    assert list(place.iterdir()) == []


def test_sigterm_leaves_nothing_and_whoever_sweeps_takes_what_sigkill_left(tmp_path):
    place = tmp_path / "work"
    sweep(place)
    for number, status in ((signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)):
        command = [sys.executable, "-c", HOLD, str(place)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            held = Path(process.stdout.readline().strip())
            sweep(place)
            assert (held / "log.txt").exists()
            process.send_signal(number)
        assert process.returncode == status
        assert held.exists() == (number is signal.SIGKILL)
    sweep(place)
    assert list(place.iterdir()) == []
