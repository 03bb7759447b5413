"""Every query of the desk against the real store, with rows as the sinks write them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from clickhouse_connect.driver.client import Client

from citybrain.alerts.records import Alert
from citybrain.alerts.silence_records import Matcher, Silence
from citybrain.floor.clock import SystemClock
from citybrain.floor.settings import Settings
from citybrain.workflow.scope import Scope
from dashboards import alert_queries
from dashboards.desk import handover_queries, queries
from tests.dashboards.desk.house import House
from tests.dashboards.desk.synthetic import changes_of, make_alert

pytestmark = pytest.mark.services

NOW = SystemClock().now().replace(microsecond=0)
HOUR = timedelta(hours=1)
EVERYTHING = Scope()
GAS, DISTRICT = Scope(departments=("gas",)), Scope(areas=("150303",))


def one(name: str, area: str = "150302001003", **fields: Any) -> Alert:
    alert = make_alert(1, NOW, opened_at=NOW - HOUR)
    episode = msgspec.structs.replace(
        alert.episode, departments=("gas",), area=area, rule="gas_leak", level="orange"
    )
    given = {"id": name, "version": 2, "state": "firing", "updated_at": NOW, "owner": ""}
    changed: dict[str, Any] = given | fields
    return msgspec.structs.replace(alert, episode=episode, mutes=(), **changed)


FIRST = one("a1")
SECOND = one("a2", area="150303001")
WATER = one("a3")
WATER = msgspec.structs.replace(
    WATER, episode=msgspec.structs.replace(WATER.episode, departments=("water",), rule="flood")
)
CLOSED = one("a4", version=3, state="resolved")


@pytest.fixture(scope="module")
def house(store_settings: Settings) -> Iterator[House]:
    house = House(store_settings)
    house.prepare()
    house.put([FIRST, SECOND, WATER, one("a4")], history=True)
    house.put([CLOSED])
    yield house
    house.client.close()


@pytest.fixture
def client(house: House) -> Client:
    return house.client


def ids(alerts: Iterable[Alert]) -> list[str]:
    return sorted(alert.id for alert in alerts)


@pytest.mark.parametrize(
    ("alert_id", "scope", "found"),
    [
        ("a1", Scope(), True),
        ("a1", GAS, True),
        ("a3", GAS, False),
        ("a2", DISTRICT, True),
        ("a1", DISTRICT, False),
        ("nobody", Scope(), False),
        ("a1", Scope(departments=("') OR 1=1 --",)), False),
    ],
    ids=["all", "own", "another's", "own area", "another area", "unknown", "hostile"],
)
def test_alert_when_asked_then_only_within_the_scope(
    client: Client, alert_id: str, scope: Scope, found: bool
) -> None:
    assert (alert_queries.alert(client, alert_id, scope) is not None) is found


def test_alert_when_it_changed_then_the_newest(client: Client) -> None:
    assert alert_queries.alert(client, "a4", Scope()) == CLOSED


def test_closed_when_asked_then_those_alone_within_the_scope(client: Client) -> None:
    assert "a4" in ids(queries.closed_alerts(client, Scope(), 10))
    assert "a1" not in ids(queries.closed_alerts(client, Scope(), 10))
    assert "a4" not in ids(queries.closed_alerts(client, DISTRICT, 10))
    assert len(queries.closed_alerts(client, Scope(), 1)) == 1


def test_changes_when_rows_came_twice_then_each_step_once_in_order(house: House) -> None:
    house.insert("alert_changes", changes_of(FIRST))
    found = queries.changes(house.client, "a1", 100)
    assert [change.what for change in found] == ["fired", "notified"]


def test_sent_when_asked_then_notices_with_their_receipts(client: Client) -> None:
    notices, receipts = queries.sent(client, "a1", 100)
    assert [notice.receiver for notice in notices] == ["duty_officer"]
    assert [receipt.outcome for receipt in receipts] == ["delivered"]
    assert queries.sent(client, "nobody", 100) == ([], [])


def test_silences_when_one_changed_then_its_newest_version(house: House) -> None:
    silence = Silence(
        id="s1",
        matchers=(Matcher("rule", "=", "gas_leak"),),
        starts_at=NOW,
        ends_at=NOW + HOUR,
        creator="duty_a",
        reason="检修",
        created_at=NOW,
        needs_approval=True,
    )
    approved = msgspec.structs.replace(silence, version=2, approver="duty_c")
    house.insert("silences", [silence])
    house.insert("silences", [approved])
    found = queries.silences(house.client)
    assert list(found.seen_by(Scope())) == [approved]
    assert list(found.seen_by(GAS)) == []


def test_candidates_when_matchers_are_exact_then_the_store_looks_them_up(client: Client) -> None:
    def found(*matchers: Matcher, scope: Scope = EVERYTHING) -> list[str]:
        return ids(queries.candidates(client, NOW - 2 * HOUR, matchers, scope))

    assert found(Matcher("rule", "=", "flood")) == ["a3"]
    assert found(Matcher("street", "=", "150303001")) == ["a2"]
    assert {"a1", "a2", "a3", "a4"} <= set(found(Matcher("rule", "=~", "gas.*")))
    assert found(Matcher("rule", "=", "' OR 1=1 --")) == []
    assert list(queries.candidates(client, NOW + HOUR, (), EVERYTHING)) == []
    assert "a3" not in found(Matcher("rule", "=", "flood"), scope=GAS)


def test_shift_when_asked_then_what_happened_within_the_scope(client: Client) -> None:
    everything = handover_queries.past(client, NOW - 2 * HOUR, Scope())
    assert (everything.opened, everything.steps["fired"], everything.failed) == (4, 4, 0)
    assert everything.notices == 4
    assert {"a1", "a2", "a3", "a4"} <= set(ids(everything.serious))
    district = handover_queries.past(client, NOW - 2 * HOUR, DISTRICT)
    assert (district.opened, district.steps["fired"], district.notices) == (1, 1, None)
    assert ids(district.serious) == ["a2"]
    assert handover_queries.past(client, NOW + HOUR, Scope()).opened == 0


def test_rule_titles_when_a_rule_fired_then_its_title_is_known(client: Client) -> None:
    title = FIRST.episode.title
    found = queries.rule_titles(client, ["gas_leak", "never"])
    assert found == {"gas_leak": (title.zh, title.en)}


def event_row(number: int, *, department: str = "gas", area: str = "150302001", **more: Any) -> Any:
    """Return one event as columns of table `events`."""
    at = NOW - HOUR + timedelta(seconds=number)
    given = {
        "event_id": UUID(int=number), "feed": "gas_detectors", "department": department,
        "theme": "city_management", "kind": "gas_concentration", "area": area,
        "occurred_at": at, "received_at": at, "severity": 1, "text": f"探头{number}",
        "subject": "g1", "origin": "live", "attrs": {},
    }  # fmt: skip
    return given | more


def test_related_when_asked_then_the_newest_version_of_what_the_scope_may_see(
    client: Client,
) -> None:
    rows = [
        event_row(1),
        event_row(1, text="更正", received_at=NOW),
        event_row(2, department="water"),
        event_row(3, area="150303001"),
        event_row(4),
    ]
    client.insert("events", [list(row.values()) for row in rows], column_names=list(rows[0]))
    ids = tuple(str(UUID(int=number)) for number in (1, 2, 3, 9))
    evidence = msgspec.structs.replace(FIRST.episode.evidence, events=ids)
    episode = msgspec.structs.replace(
        FIRST.episode, evidence=evidence, started_at=NOW - HOUR, told_at=NOW
    )
    alert = msgspec.structs.replace(FIRST, episode=episode)

    def texts(scope: Scope) -> list[str]:
        return [one.text for one in queries.related_events(client, alert, scope)]

    assert texts(EVERYTHING) == ["探头3", "探头2", "更正"]
    assert texts(GAS) == ["探头3", "更正"]
    assert texts(DISTRICT) == ["探头3"]
    told = queries.related_events(client, alert, GAS)[0]
    assert (told.at, told.kind, told.feed) == (
        NOW - HOUR + timedelta(seconds=3), "gas_concentration", "gas_detectors",
    )  # fmt: skip
    none = msgspec.structs.replace(evidence, events=())
    bare = msgspec.structs.replace(FIRST, episode=msgspec.structs.replace(episode, evidence=none))
    assert queries.related_events(client, bare, EVERYTHING) == []
