"""The processes of the system, by name, and where each one's `run(settings)` is."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from citybrain.floor.errors import LaunchError
from citybrain.floor.settings import Settings

ENTRIES = {
    "kafka": "citybrain.roof.local.local_kafka",
    "store": "citybrain.roof.local.local_store",
    "gateway": "connectors.gateway",
    "stream": "streams.worker",
    "ruler": "streams.ruler",
    "notify": "notifier.sender",
    "sink": "sinks.process",
    "screens": "dashboards.app",
    "replay": "citybrain.roof.replay",
}


def entry(name: str) -> Callable[[Settings], None]:
    """Import the process `name` and return its `run`, which blocks until SIGTERM.

    Raises:
        LaunchError: the module is missing from this installation.
    """
    module = ENTRIES[name]
    try:
        run: Callable[[Settings], None] = importlib.import_module(module).run
    except ModuleNotFoundError as error:
        if error.name is None or not module.startswith(error.name):
            raise
        problem = f"{name}: this installation has no module {module!r}"
        raise LaunchError(f"{problem}; install the project anew: './city up'") from error
    return run
