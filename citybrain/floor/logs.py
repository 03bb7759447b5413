"""Set structlog up once a process: text for people, JSON for machines, to standard error.

Modules log with ``log = structlog.get_logger(__name__)`` and
``log.info("event_in_snake_case", key=value)``. A value whose name looks like a secret is not
written, and a full disk under the log does not stop the process.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, MutableMapping
from typing import Any, TextIO

import structlog

from citybrain.floor.errors import ConfigError, Fault
from citybrain.floor.packaging import PACKAGES
from citybrain.floor.settings import Settings

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
FORMATS = ("text", "json")
HIDDEN = "***"
_SECRET = re.compile(r"(?:^|_)(?:key|secret|password|token|authorization|cookie)$", re.IGNORECASE)

Event = MutableMapping[str, Any]


def configure(settings: Settings, *, process: str = "", stream: TextIO | None = None) -> None:
    """Send this process's log, and that of the libraries in it, to `stream` (standard error).

    Raises:
        ConfigError: the level or the format is none that we know.
    """
    _check(settings)
    level = LEVELS[settings.log_level]
    shared: list[Callable[..., Any]] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = _Handler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(settings.log_format, process),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(level, logging.WARNING))  # libraries: only what a person must know
    # It warns at each connection of what was decided: see `citybrain.floor.bus`.
    logging.getLogger("kafka.net.sasl").setLevel(logging.ERROR)
    for package in PACKAGES:
        logging.getLogger(package).setLevel(level)


def hide_secrets(_logger: object, _method: str, event: Event) -> Event:
    """Replace the values of what is named like a secret; a structlog processor."""
    for name in event:
        if _SECRET.search(name) and event[name] is not None:
            event[name] = HIDDEN
    return event


def _renderers(form: str, process: str) -> list[Callable[..., Any]]:
    if form == "json":

        def name_process(_logger: object, _method: str, event: Event) -> Event:
            return {"process": process, **event} if process else event

        return [
            name_process,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    # Not the renderer's own traceback, which shows local variables: keys and people's rows.
    plain = structlog.dev.plain_traceback
    return [
        structlog.dev.ConsoleRenderer(
            colors=False, pad_event_to=0, pad_level=False, exception_formatter=plain
        )
    ]


def _check(settings: Settings) -> None:
    faults = []
    if settings.log_level not in LEVELS:
        problem = f"{settings.log_level!r} is not a level"
        remedy = f"use one of {', '.join(LEVELS)}"
        faults.append(Fault("environment", "CITYBRAIN_LOG_LEVEL", problem, remedy))
    if settings.log_format not in FORMATS:
        problem = f"{settings.log_format!r} is not a format"
        remedy = f"use one of {', '.join(FORMATS)}"
        faults.append(Fault("environment", "CITYBRAIN_LOG_FORMAT", problem, remedy))
    if faults:
        raise ConfigError(faults)


class _Handler(logging.StreamHandler[TextIO]):
    """Says nothing about its own failure: a full disk would only make more of it."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Drop `record`."""
