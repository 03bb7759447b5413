"""Servers on this machine, and the process's log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from io import StringIO

import pytest
import structlog

from citybrain.floor import logs
from citybrain.floor.settings import Settings
from tests.notifier.endpoint import Endpoint, serving


@pytest.fixture
def endpoints() -> Iterator[Callable[..., Endpoint]]:
    with ExitStack() as stack:
        yield lambda *statuses, **how: stack.enter_context(serving(Endpoint(*statuses, **how)))


@pytest.fixture
def own_log() -> Iterator[StringIO]:
    """The process's log at its most talkative."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = StringIO()
    logs.configure(Settings(log_level="debug"), process="notify", stream=stream)
    yield stream
    root.handlers[:], root.level = before
    structlog.reset_defaults()
