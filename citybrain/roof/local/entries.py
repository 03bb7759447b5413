"""The processes of the system, by name, and where each one's `run(settings)` is."""

from __future__ import annotations

import functools
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
    "casework": "streams.casework",
    "notify": "notifier.sender",
    "sink": "sinks.process",
    "screens": "dashboards.app",
    "replay": "citybrain.roof.replay",
}

TOLD_OF_CHANNELS = frozenset({"ruler", "screens"})
"""They read routing.yaml, and are told which channels its receivers may name."""
FOLLOWERS = frozenset({"gateway", "stream", "ruler", "casework", "notify", "sink", "screens"})
"""They go by the city's folder while it is edited, and are told what checks all of it."""


def entry(name: str) -> Callable[[Settings], None]:
    """Import the process `name` and return its `run`, which blocks until SIGTERM.

    Raises:
        LaunchError: the module is missing from this installation.
    """
    module = ENTRIES[name]
    try:
        run: Callable[..., None] = importlib.import_module(module).run
    except ModuleNotFoundError as error:
        if error.name is None or not module.startswith(error.name):
            raise
        problem = f"{name}: this installation has no module {module!r}"
        raise LaunchError(f"{problem}; install the project anew: './city up'") from error
    if name in FOLLOWERS:
        from citybrain.roof.city_check import checked_city  # noqa: PLC0415  the others read no city

        run = functools.partial(run, checked=checked_city)
    if name in TOLD_OF_CHANNELS:
        from notifier.channel import channel_options  # noqa: PLC0415  the others need no notifier

        run = functools.partial(run, channels=channel_options())
    return run
