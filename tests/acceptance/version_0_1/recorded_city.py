"""A city of the version before: what it was set up with, and what it wrote."""

from __future__ import annotations

import shutil
from pathlib import Path

import yaml

from tests.acceptance.recording import Recording, read

HERE = Path(__file__).parent
FOR_LONG_DAYS = 7_300
"""The recording grows old, and its rows are wanted all the same."""


def recorded() -> Recording:
    """Return what it wrote."""
    return read(HERE / "recording.msgpack.zst")


def set_up(city: Path) -> None:
    """Write its rules, routing and retention into a city's folder."""
    (city / "rules").mkdir()
    shutil.copy(HERE / "rules.yaml", city / "rules" / "traffic.yaml")
    shutil.copy(HERE / "routing.yaml", city / "routing.yaml")
    (city / "rota.yaml").write_text("people: {}\nrotas: {}\n")
    about = yaml.safe_load((city / "city.yaml").read_text())
    about["retention_days"] = dict.fromkeys(EXPIRING, FOR_LONG_DAYS)
    (city / "city.yaml").write_text(yaml.safe_dump(about, allow_unicode=True, sort_keys=False))


EXPIRING = (
    *("events", "events_minute", "events_hour", "events_day", "kind_minutes", "recent_events"),
    *("windows", "feed_health", "dead_letters", "alert_steps", "alerts", "notifications"),
)
