"""What is known of the open alert: the events behind it, and since when; in a browser."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from citybrain.alerts.records import Evidence
from citybrain.floor.clock import SystemClock
from tests.dashboards.desk.browsing import PATIENCE_MS, add, select
from tests.dashboards.desk.house import House

pytestmark = pytest.mark.acceptance


def test_events_when_they_are_behind_the_alert_then_listed_with_text_time_and_source(
    desk: Page, house: House
) -> None:
    now = SystemClock().now()
    row = {
        "event_id": UUID(int=77), "feed": "gas_detectors", "department": "gas",
        "theme": "city_management", "kind": "gas_concentration", "area": "150302001",
        "occurred_at": now, "received_at": now, "severity": 1, "text": "阀门处有气味",
        "subject": "g1", "origin": "live", "attrs": {},
    }  # fmt: skip
    house.client.insert("events", [list(row.values())], column_names=list(row))
    ids = (str(UUID(int=77)), str(UUID(int=78)))
    evidence = Evidence(measure="gas_concentration", value=9.0, events=ids)
    alert = add(
        house, "events-1", level="orange", e_evidence=evidence, e_started_at=now, e_told_at=now
    )
    select(desk, alert)
    line = desk.locator(".dk-stack .dk-steps li", has_text="阀门处有气味")
    line.wait_for(timeout=PATIENCE_MS)
    expect(line).to_contain_text("凤凰岭街道", use_inner_text=True)


def test_alert_when_old_data_made_it_then_the_list_says_so(desk: Page, house: House) -> None:
    now = SystemClock().now()
    old = now - timedelta(minutes=50)
    alert = add(
        house, "late-1", level="orange", e_evidence=Evidence(measure="m"),
        e_fired_at=old, e_started_at=old,
    )  # fmt: skip
    select(desk, alert)
    desk.locator(f".dk-row[data-id='{alert.id}'] .tag", has_text="补报").first.wait_for()
    expect(desk.locator(".dk-title .meta")).to_contain_text("才得知", use_inner_text=True)
