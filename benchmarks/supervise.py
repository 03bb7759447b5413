"""Run a situation center under the product's own supervisor, without the replay of recorded data.

``python -m benchmarks.supervise``; settings come from the environment.
"""

from __future__ import annotations

import asyncio

from citybrain.floor.clock import SystemClock
from citybrain.floor.settings import from_environment
from citybrain.roof.local import running_state
from citybrain.roof.local.journal import Journal
from citybrain.roof.local.process_plan import plan
from citybrain.roof.local.supervisor import Supervisor


def main() -> None:
    """Supervise until SIGTERM."""
    settings = from_environment()
    planned = [one for one in plan(settings) if one.name != "replay"]
    journal = Journal(settings.data / "log" / "supervisor.log", SystemClock())
    with running_state.sole(settings):
        asyncio.run(Supervisor(settings, planned, SystemClock(), journal).run())


if __name__ == "__main__":
    main()
