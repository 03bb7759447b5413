"""What is seen of a process from outside."""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import replace

import pytest

from citybrain.floor import bus
from citybrain.floor.heartbeat import PartProgress
from citybrain.floor.settings import Settings
from citybrain.floor.topics import EVENTS
from citybrain.roof.local import process_signs

LOG = PartProgress(3, topic="city.events", partition=1)

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux's")


def test_ends_are_filled_in_where_the_broker_told() -> None:
    parts = {"loop": PartProgress(7), "log": LOG}
    told = process_signs.filled(parts, {("city.events", 1): 9})
    assert (told["loop"], told["log"].end) == (PartProgress(7), 9)
    assert process_signs.filled(parts, {})["log"].end is None
    assert process_signs.filled(parts, None)["log"].end is None


@linux
def test_each_thread_that_runs_has_a_time_in_line_that_never_falls() -> None:
    before = process_signs.in_line_s(os.getpid())
    assert threading.get_native_id() in before
    after = process_signs.in_line_s(os.getpid())
    assert all(after[thread] >= at for thread, at in before.items() if thread in after)


@linux
def test_processor_time_grows_with_work() -> None:
    before = process_signs.cpu_s(os.getpid())
    while process_signs.cpu_s(os.getpid()) < before + 0.05:
        sum(range(10_000))
    assert process_signs.cpu_s(os.getpid()) > before


def test_process_that_is_gone_raises_nothing() -> None:
    assert process_signs.cpu_s(2**22 + 1) == 0.0
    assert process_signs.longest_in_line_s([0]) == {}
    assert isinstance(process_signs.in_line_s(2**22 + 1), dict)


@pytest.mark.services
def test_topic_that_is_not_there_costs_only_itself(broker_settings: Settings) -> None:
    bus.ensure_topics(broker_settings)
    ends = process_signs.LogEnds(broker_settings)
    asked = ends.ask([("no.such.topic", 0), (EVENTS.name, 0)])
    ends.close()
    assert asked is not None
    assert (EVENTS.name, 0) in asked
    assert ("no.such.topic", 0) not in asked


def test_no_broker_then_nothing_is_known() -> None:
    nowhere = replace(Settings(), kafka="127.0.0.1:9")
    assert process_signs.LogEnds(nowhere).ask([(EVENTS.name, 0)]) is None
