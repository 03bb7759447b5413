"""Which part of the tests a test is of, and what each file took: pytest's hooks for `./city test`.

A test is of one of three parts, which follows from the fixtures that it uses, so that nobody has
to remember it:

- `acceptance`: a whole center of real processes, or a browser;
- `services`: the session's real broker or store, or any other process that it starts;
- the rest is pure code. A pure test that starts a process fails, and is told what it is missing.

Two more markers are for a person to set: `slow` and `timed`. ``--fast`` runs the pure tests that
are neither, properties with few examples, so that it takes seconds; `SLOW_FILES` are slow as a
whole. ``--long`` tries all examples of properties and all bodies of fuzzing, else a tenth. Lines
that only `slow` tests and properties run do not count as covered: to trace them makes them three
times as slow.
"""

from __future__ import annotations

import gc
import json
import re
import resource
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
USED_BY = {
    "acceptance": {"city_center", "browser"},
    "services": {"_machine"},
}
STARTS = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.system", "os.exec"}
NOT_FAST_FILE = re.compile(
    r"^pytestmark = pytest\.mark\.(acceptance|services|slow)\b", re.MULTILINE
)
NOT_FAST = {"acceptance", "services", "slow", "timed"}
FEW = 5
PART = 10
"""An ordinary run tries this part of a property's examples, and others each time."""
# Files of pure code that take a second or nearly so, by name only, so that they may move.
SLOW_FILES = frozenset(
    f"test_{name}.py"
    for name in (
        *("absence", "account_audit", "audit_sender", "docs", "names", "readers", "file_drop"),
        *("anomaly", "app", "bucket_windows", "change", "changes"),
        *("claim_ledger", "cluster", "composer_order", "deadline", "detector", "external"),
        *("feeder", "forgetting", "guard", "items", "judge", "late_arrivals", "load", "login"),
        *("oidc", "order", "outages", "outbox", "packaging", "passwords", "player", "push_door"),
        *("quarantine", "record_batch", "rule_table", "rules", "samples", "sequence", "simulate"),
        *("threshold", "tumbling", "window_owner", "wuhai", "open_alerts", "nab", "routing_files"),
        *("dead_sensor", "feed_faults", "whole_sets", "hostile_inputs"),
    )
)

_running: list[pytest.Item] = []
_took: dict[str, dict[str, float]] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare what `./city test` hands on."""
    group = parser.getgroup("city")
    group.addoption("--fast", action="store_true", help="only pure code that is quickly tested")
    group.addoption("--long", action="store_true", help="properties and fuzzing, all examples")
    group.addoption("--usage", metavar="FILE", help="write what each file took, as JSON")


def pytest_configure(config: pytest.Config) -> None:
    """Watch over who starts processes; look for garbage seldom where time is short."""
    sys.addaudithook(_forbid)
    if config.getoption("fast"):
        gc.set_threshold(50_000, 50, 100)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out, unread, folders and files of which no test is fast."""
    if not config.getoption("fast"):
        return None
    if collection_path.suffix == ".py":
        slow = collection_path.name in SLOW_FILES
        return slow or NOT_FAST_FILE.search(collection_path.read_text("utf-8")) is not None or None
    return collection_path == HERE / "acceptance" or None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark each test with its part, and keep what `--fast` asks for."""
    for item in items:
        part = part_of(item)
        if part and item.get_closest_marker(part) is None:
            item.add_marker(part)
    if config.getoption("fast"):
        left = [item for item in items if not _is_fast(item)]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if _is_fast(item)]
    for item in items:
        _set_up_property(item, few=config.getoption("fast"), all_=config.getoption("long"))
    # The center that many share runs until the last of them is through: whoever needs it goes last.
    items.sort(key=lambda item: "city_center" in getattr(item, "fixturenames", ()))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Spare the collector of garbage what stays: all that was imported, and the tests."""
    gc.collect()
    gc.freeze()


def part_of(item: pytest.Item) -> str:
    """Return ``acceptance``, ``services``, or nothing for a test of pure code."""
    uses = set(getattr(item, "fixturenames", ()))
    if HERE / "acceptance" in item.path.parents:
        return "acceptance"
    for part, fixtures in USED_BY.items():
        if uses & fixtures or item.get_closest_marker(part):
            return part
    return ""


@pytest.fixture(scope="session")
def tries(pytestconfig: pytest.Config) -> Callable[[int], int]:
    """Return how many of so many bodies an ordinary run of fuzzing tries."""
    return lambda many: many if pytestconfig.getoption("long") else many // PART


def _is_fast(item: pytest.Item) -> bool:
    return NOT_FAST.isdisjoint(marker.name for marker in item.iter_markers())


def _set_up_property(item: pytest.Item, *, few: bool, all_: bool) -> None:
    """Let a test of a property take its time: an example may be slow where much else runs.

    Args:
        item: a test.
        few: whether it tries a few examples only, whatever number it asks for.
        all_: whether it tries as many as it asks for, else its part of them.
    """
    function = getattr(item, "obj", None)
    function = getattr(function, "__func__", function)
    if not hasattr(function, "hypothesis"):
        return
    from hypothesis import Phase, settings  # noqa: PLC0415  # a third of a second for who needs it

    asked = getattr(function, "_hypothesis_internal_use_settings", settings.default)
    if few:
        asked = settings(asked, max_examples=min(asked.max_examples, FEW), phases=[Phase.generate])
    elif not all_:
        asked = settings(asked, max_examples=max(asked.max_examples // PART, FEW))
    function._hypothesis_internal_use_settings = settings(asked, deadline=None)


def _forbid(event: str, arguments: tuple[Any, ...]) -> None:
    """Fail the pure test that starts a process."""
    if not STARTS or event not in STARTS or not _running or part_of(_running[-1]):
        return
    pytest.fail(
        f"{_running[-1].nodeid} counts as pure code but starts a process ({arguments[:2]!r}): "
        "mark it with '@pytest.mark.services', or the file with 'pytestmark = pytest.mark.services'"
    )


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    """Add what importing a file takes to what it took."""
    if not isinstance(collector, pytest.Module):
        return (yield)
    with _Counted(collector.nodeid):
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Remember which test runs, and add what it takes to what its file took."""
    _running.append(item)
    try:
        with _Counted(item.nodeid.partition("::")[0]):
            return (yield)
    finally:
        _running.pop()


class _Counted:
    """Counts the wall and CPU seconds of a block for a file, child processes that ended too."""

    def __init__(self, file: str) -> None:
        self._took = _took.setdefault(file, {"wall_s": 0.0, "cpu_s": 0.0})

    def __enter__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), _cpu_s()

    def __exit__(self, *_: object) -> None:
        self._took["wall_s"] += time.perf_counter() - self._wall
        self._took["cpu_s"] += _cpu_s() - self._cpu


def _cpu_s() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write down what each file took, where that is asked for."""
    path = session.config.getoption("usage")
    if path:
        Path(path).write_text(json.dumps(_took), "utf-8")
