"""A command on a leash: it ends when the keeper does, `kill -9` included. `python leash.py KEEPER COMMAND ...`

For a drill, whose home nobody ever starts again. Linux only (prctl(2), PR_SET_PDEATHSIG); elsewhere the command runs
without. This file imports nothing of ours, so that it costs no more than a bare start of Python. The leash hangs on
the thread that started the command.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def tied(keeper: int, command: list[str]) -> None:
    """Become the command. Exits at once when the keeper is gone already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != keeper:
            sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606 - the command is ours


if __name__ == "__main__":
    tied(int(sys.argv[1]), sys.argv[2:])
