"""Run one of the processes as if it were another time; it reads the clock in one place only.

``python -m tests.acceptance.at_another_time <seconds> <process> <pid of the parent>``; the seconds
are added to the machine's clock.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta

from citybrain.floor.clock import SystemClock
from citybrain.roof.local import child


def main(arguments: list[str]) -> int:
    """Run the process; return its exit code."""
    seconds, *process = arguments
    shift, machine = timedelta(seconds=float(seconds)), SystemClock.now

    def now(clock: SystemClock) -> datetime:
        return machine(clock) + shift

    SystemClock.now = now  # type: ignore[method-assign]
    return child.main(process)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
