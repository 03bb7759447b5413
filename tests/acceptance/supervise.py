"""Run a situation center under the product's own supervisor, without the replay of recorded data.

``python -m tests.acceptance.supervise``; settings come from the environment.
"""

from __future__ import annotations

import asyncio

from citybrain.clock import SystemClock
from citybrain.local import running
from citybrain.local.journal import Journal
from citybrain.local.plan import plan
from citybrain.local.supervisor import Supervisor
from citybrain.settings import from_environment


def main() -> None:
    """Supervise until SIGTERM."""
    settings = from_environment()
    planned = [one for one in plan(settings) if one.name != "replay"]
    journal = Journal(settings.data / "log" / "supervisor.log", SystemClock())
    with running.sole(settings):
        asyncio.run(Supervisor(settings, planned, SystemClock(), journal).run())


if __name__ == "__main__":
    main()
