"""The first thing that runs in a supervised process: tie it to its parent, then become it.

``python -m citybrain.roof.local.child <process> <pid of the parent>``; settings come from the
environment.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

from setproctitle import setproctitle

from citybrain.floor import logs
from citybrain.floor.errors import CityBrainError
from citybrain.floor.settings import from_environment
from citybrain.roof.local import private_data, without_pandas
from citybrain.roof.local.entries import entry

_PR_SET_PDEATHSIG = 1
CANNOT_START = 78  # EX_CONFIG of sysexits.h


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when `parent` ends, even by kill -9 (Linux only)."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before we asked
        os.kill(os.getpid(), signal.SIGKILL)


def main(arguments: list[str]) -> int:
    """Run the process named first in `arguments`; return its exit code."""
    name, parent = arguments
    die_with_parent(int(parent))
    setproctitle(f"citybrain {name}")
    private_data.keep_private()
    without_pandas.keep_out()
    try:
        settings = from_environment()
        logs.configure(settings, process=name)
        entry(name)(settings)
    except CityBrainError as error:
        sys.stderr.write(f"{error}\n")
        return CANNOT_START
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
