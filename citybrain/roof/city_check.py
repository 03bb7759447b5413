"""All that goes by a city's folder, checked together: the command, and who follows the folder."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from citybrain.city import City, load_city
from citybrain.floor.errors import ConfigError, Fault

T = TypeVar("T")


def checked_city(folder: Path) -> City:
    """Return the city that `folder` describes, if feeds, rules, routing, limits and tables fit.

    Raises:
        ConfigError: something is wrong; it carries every fault of every file.
    """
    # Whoever follows the folder needs these when something was saved, and not before.
    from citybrain.cases.limit_files import limit_faults  # noqa: PLC0415
    from citybrain.cases.workflow_files import load_case_setup  # noqa: PLC0415
    from citybrain.notices.routing_files import routing_faults  # noqa: PLC0415
    from connectors.fetch.source import check_sources  # noqa: PLC0415
    from connectors.mapping.raw_shape import check_mappings  # noqa: PLC0415
    from notifier.channel import channel_options  # noqa: PLC0415
    from sinks.retention import check_names  # noqa: PLC0415
    from sinks.table import find_tables  # noqa: PLC0415
    from streams.alerts.alert_cases import unknown_rules  # noqa: PLC0415
    from streams.ruling.rulebook import load_rules  # noqa: PLC0415

    city = load_city(folder)
    faults: list[Fault] = [
        *check_sources(city),
        *check_mappings(city),
        *check_names(city, find_tables()),
        *limit_faults(city),
        *routing_faults(city, channel_options()),
    ]
    setup = _read(partial(load_case_setup, city), faults)
    book = _read(partial(load_rules, city), faults)
    if setup is not None and book is not None and not faults:
        faults.extend(unknown_rules(setup, book.rules))
    if faults:
        raise ConfigError(faults)
    return city


def _read(read: Callable[[], T], faults: list[Fault]) -> T | None:
    """Return what `read` does; None: it is faulty, and `faults` say how."""
    try:
        return read()
    except ConfigError as error:
        faults.extend(error.faults)
        return None
