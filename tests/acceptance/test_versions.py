"""A record that changes: counts, windows and alerts are as its last version says, whatever dies."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.alerts.rules import write_routing
from benchmarks.city import KINDS_BY_THEME
from citybrain.floor.clock import SystemClock
from tests.acceptance.center import Center, center
from tests.acceptance.person import Person, enrol
from tests.waiting import eventually

pytestmark = pytest.mark.acceptance
PATIENCE_S = 240.0
RUBBISH, WASTE = KINDS_BY_THEME["city_management"][:2]
STREET = "150302003"
NAMED = ("zh", "en")
FEED = {
    "title": dict.fromkeys(NAMED, "matters"),
    "source": "http_push",
    "kinds": [RUBBISH, WASTE],
    "mapping": {
        "source_id": "id",
        "kind": "kind",
        "occurred_at": "opened",
        "updated_at": "updated",
        "status": {"fields": "state", "values": {"处理中": "open", "已结案": "closed"}},
        "area": "area",
        "subject": "id",
    },
}
RULE = {
    "title": dict.fromkeys(NAMED, "open matters"),
    "summary": dict.fromkeys(NAMED, "{value}"),
    "kinds": [RUBBISH],
    "condition": {"open_now": {}},
    "by": ["street"],
    "above": {"yellow": 2},
    "tests": [{"name": "none", "events": []}],
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Center]:
    """Return a running center with a feed of matters, and a rule about what is open."""

    def prepare(city: Path) -> None:
        write_routing(city, 9)  # nobody listens there
        _add(city / "feeds" / "city_management.yaml", "feeds", "matters", FEED)
        _add(city / "rules" / "city_management.yaml", "rules", "open_matters", RULE)

    with center(tmp_path_factory.mktemp("versions"), prepare, min_free_mb=64) as started:
        eventually(lambda: started.is_up("ruler"), PATIENCE_S)
        enrol(started.settings, duty="commander")
        yield started


def _add(file: Path, what: str, name: str, entry: dict[str, Any]) -> None:
    file.parent.mkdir(exist_ok=True)
    content = yaml.safe_load(file.read_text()) if file.exists() else {what: {}}
    content[what][name] = entry
    file.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False))


def push(desk: Center, *rows: dict[str, Any]) -> dict[str, Any]:
    """Push rows until the door answers for them; return its answer."""

    def answered() -> dict[str, Any] | None:
        door = http.client.HTTPConnection("127.0.0.1", desk.settings.gateway_port)
        headers = {
            "Authorization": f"Bearer {desk.keys['city_management']}",
            "Content-Type": "application/json",
        }
        door.request("POST", "/v1/feeds/matters/events", json.dumps(rows), headers)
        answer = door.getresponse()
        said: dict[str, Any] = json.loads(answer.read())
        return said if answer.status == HTTPStatus.ACCEPTED else None

    found = eventually(answered, PATIENCE_S)
    return {name: found[name] for name in ("accepted", "known", "changed", "outdated")}


def counted(desk: Center, table: str) -> dict[str, int]:
    """Return how many events of each kind a table has."""
    where = "FINAL WHERE size_s = 60 AND" if table == "windows" else "WHERE"
    only = f"{where} kind IN ('{RUBBISH}', '{WASTE}')"
    sql = f"SELECT kind, toInt64(sum(events)) AS n FROM {table} {only} GROUP BY kind HAVING n != 0"  # noqa: S608
    return {str(kind): int(count) for kind, count in desk.client().query(sql).result_rows}


def test_matters_when_they_change_then_all_is_as_they_are_now(desk: Center) -> None:
    opened = SystemClock().now() - timedelta(seconds=20)

    def matter(number: int, state: str, after_s: int, kind: str = RUBBISH) -> dict[str, Any]:
        updated = opened + timedelta(seconds=after_s)
        return {
            "id": f"m-{number}",
            "kind": kind,
            "opened": opened.isoformat(),
            "updated": updated.isoformat(),
            "state": state,
            "area": STREET,
        }

    export = [matter(number, "处理中", 0) for number in range(3)]
    assert push(desk, *export) == {"accepted": 3, "known": 0, "changed": 0, "outdated": 0}
    officer = Person(desk.settings, "duty")

    def states() -> list[str]:
        return [one["state"] for one in officer.alerts() if one["rule"] == "open_matters"]

    eventually(lambda: states() == ["firing"], PATIENCE_S)
    eventually(lambda: counted(desk, "events_minute") == {RUBBISH: 3}, PATIENCE_S)
    eventually(lambda: counted(desk, "windows") == {RUBBISH: 3}, PATIENCE_S)

    now = [matter(0, "已结案", 5), matter(1, "处理中", 6, WASTE), matter(2, "处理中", 0)]
    assert push(desk, *now) == {"accepted": 2, "known": 1, "changed": 2, "outdated": 0}
    as_it_is = {RUBBISH: 2, WASTE: 1}
    for table in ("events_minute", "events_hour", "events_day", "kind_minutes", "windows"):
        eventually(lambda table=table: counted(desk, table) == as_it_is, PATIENCE_S)
    eventually(lambda: "firing" not in states(), PATIENCE_S)  # its closing ended it

    old = desk.kill("gateway")
    eventually(lambda: desk.pid("gateway") not in {0, old}, PATIENCE_S)
    eventually(desk.is_up, PATIENCE_S)
    assert push(desk, *now) == {"accepted": 0, "known": 3, "changed": 0, "outdated": 0}
    assert push(desk, *export[:2]) == {"accepted": 0, "known": 0, "changed": 0, "outdated": 2}
    again = [matter(0, "处理中", 9)]
    assert push(desk, *again) == {"accepted": 1, "known": 0, "changed": 1, "outdated": 0}
    eventually(lambda: "firing" in states(), PATIENCE_S)

    sql = "SELECT count(), toInt64(sum(sign)) FROM events WHERE feed = 'matters'"
    kept = [(3 + 2 * 2 + 2, 3)]  # each version, and what it took back
    eventually(lambda: desk.client().query(sql).result_rows == kept, PATIENCE_S)
    assert counted(desk, "events_minute") == as_it_is
