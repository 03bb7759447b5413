"""The city that benchmarks and fault tests run: Wuhai, its feeds replaced by plain pushed ones."""

from __future__ import annotations

import shutil
from pathlib import Path

import yaml

from benchmarks.harness import ROOT
from citybrain.floor.settings import Settings
from connectors.door.key_files import issue_missing

DEPARTMENTS = (
    "traffic_police",
    "transport",
    "city_management",
    "ecology",
    "hotline",
    "government_services",
    "public_security",
    "justice",
)
KINDS_SHOWN = 4


_OTHERS = ("feeds", "rules", "routing.yaml", "rota.yaml", "drills.yaml")
"""What speaks of Wuhai's own feeds and rules."""


def kinds_of(folder: Path) -> dict[str, list[str]]:
    """Return the ids of the city's kinds by theme."""
    return {
        path.stem: list(yaml.safe_load(path.read_text())["kinds"])
        for path in sorted((folder / "kinds").glob("*.yaml"))
    }


KINDS_BY_THEME = {
    theme: tuple(kinds[:KINDS_SHOWN])
    for theme, kinds in kinds_of(ROOT / "cities" / "wuhai").items()
}
KINDS = tuple(kind for kinds in KINDS_BY_THEME.values() for kind in kinds)
"""Kinds that every feed here may send: some of each theme."""


def feed_of(department: str) -> str:
    """Return the id of the department's feed in this city."""
    return f"bench_{department}"


def make_city(cities: Path, *, source: str = "http_push", lateness_s: int = 600) -> Path:
    """Write the city to ``<cities>/wuhai`` and return `cities`.

    Args:
        cities: folder of cities, made when it is missing.
        source: ``http_push``, ``file_drop`` or ``kafka``; the last reads `departments.<id>`.
        lateness_s: allowed lateness of the feeds.
    """
    folder = cities / "wuhai"
    shutil.copytree(ROOT / "cities" / "wuhai", folder, ignore=shutil.ignore_patterns(*_OTHERS))
    _measure_all(folder)
    _leave_events(folder / "cases.yaml")
    (folder / "feeds").mkdir()
    for department in DEPARTMENTS:
        feed = {feed_of(department): _feed(department, source, lateness_s)}
        text = yaml.safe_dump({"feeds": feed}, sort_keys=False)
        (folder / "feeds" / f"{department}.yaml").write_text(text)
    return cities


def _measure_all(folder: Path) -> None:
    """Let every kind have a value, as every event of the load does; matters stay matters."""
    for path in (folder / "kinds").glob("*.yaml"):
        content = yaml.safe_load(path.read_text())
        for kind in content["kinds"].values():
            if "unit" not in kind:
                kind |= {"unit": "1", "counts_as": "matter"}
        path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False))


def _leave_events(path: Path) -> None:
    """Let no record of a feed become a case: the feeds are others."""
    content = yaml.safe_load(path.read_text())
    content.pop("events", None)
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False))


def _feed(department: str, source: str, lateness_s: int) -> dict[str, object]:
    options = {"kafka": {"topic": f"departments.{department}"}}.get(source, {})
    return {
        "title": {"zh": f"压测 {department}", "en": f"Load {department}"},
        "source": source,
        **({"options": options} if options else {}),
        "origin": "simulated",
        "cadence_s": 60,
        "lateness_s": lateness_s,
        "kinds": list(KINDS),
        "mapping": {
            "source_id": "id",
            "kind": "kind",
            "occurred_at": {"fields": "at", "format": "epoch_ms" if source == "kafka" else "iso"},
            "area": "area",
            "lon": "lon",
            "lat": "lat",
            "severity": "severity",
            "value": "value",
            "subject": "subject",
            "text": "text",
        },
    }


def issue_keys(settings: Settings) -> dict[str, str]:
    """Make the departments' API keys, as `citybrain up` does; return them by department."""
    issue_missing(settings, DEPARTMENTS)
    secrets = settings.data / "secrets"
    return {name: (secrets / f"{name}.key").read_text().strip() for name in DEPARTMENTS}
