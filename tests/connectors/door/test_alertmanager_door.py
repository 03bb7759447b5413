"""Alerts of Prometheus and Grafana come in by Alertmanager's own API."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.door.alertmanager_door import MOST_BYTES, episodes, read_alerts
from connectors.door.answers import DoorRefusal
from tests.connectors.door.test_push_door import NOW, House, make_city, make_feed

PATH = "/api/v2/alerts"


def alert(**given: Any) -> dict[str, Any]:
    plain = {
        "labels": {"alertname": "DiskFull", "severity": "critical", "instance": "db1"},
        "annotations": {"summary": "disk of db1 is full"},
        "startsAt": "2026-11-23T11:50:00Z",
    }
    return {**plain, **given}


def post(folder: Path, body: Any, headers: dict[str, str] | None = None) -> tuple[Any, list[Any]]:
    """Return the answer to a POST of `body`, and what was told because of it."""
    house = House(folder)
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        return asyncio.run(house.client.post(PATH, data, headers)), house.told
    finally:
        house.door.close()
        house.ledger.close()


def test_post_when_an_alert_fires_then_it_is_an_episode_of_an_external_rule(tmp_path: Path) -> None:
    answer, (told,) = post(tmp_path, [alert()])

    assert answer.status == 200
    assert (told.rule, told.level, told.state) == ("external_diskfull", "red", "firing")
    assert (told.key, told.departments) == ({"instance": "db1"}, ("works",))
    assert told.summary.en == "disk of db1 is full"


def test_post_when_it_is_sent_again_and_then_resolved_then_it_is_the_same_alert(
    tmp_path: Path,
) -> None:
    over = alert(endsAt="2026-11-23T11:59:00Z")
    future = alert(endsAt="2026-11-23T12:04:00Z")

    _, told = post(tmp_path, [alert(), future, over])

    assert len({one.identity for one in told}) == 1
    assert [one.state for one in told] == ["firing", "firing", "ended"]
    assert [one.holds_until and one.holds_until.minute for one in told] == [None, 4, None]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(
            {"alertname": "一号水厂停机"}, {"alertname": "三号桥超载"}, id="chinese-names"
        ),
        pytest.param({"area": "150302"}, {"area": "150302003"}, id="areas"),
        pytest.param({"severity": "critical"}, {"severity": "warning"}, id="severities"),
        pytest.param({"instance": "db1"}, {"instance": "db2"}, id="instances"),
        pytest.param({"alertname": "Disk-Full"}, {"alertname": "Disk Full"}, id="names"),
    ],
)
@pytest.mark.parametrize("start", [None, "2026-11-23T11:50:00Z"])
def test_post_when_two_alerts_differ_in_any_label_then_they_are_two(
    tmp_path: Path, one: dict[str, str], other: dict[str, str], start: str | None
) -> None:
    plain = {"alertname": "DiskFull"}
    both = [{"labels": plain | labels, "startsAt": start} for labels in (one, other)]

    answer, told = post(tmp_path, both)

    assert answer.status == 200
    assert len({episode.alert for episode in told}) == 2
    assert len({episode.identity for episode in told}) == 2


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("DiskFull", "external_diskfull"),
        ("Disk full", "external_disk_full"),
        ("一号水厂停机", "external_323b4743"),
        ("泵站 B2", "external_b2_"),
    ],
)
def test_rule_is_named_after_the_alert_so_that_it_can_be_silenced(
    tmp_path: Path, name: str, rule: str
) -> None:
    _, (told,) = post(tmp_path, [alert(labels={"alertname": name})])

    assert told.rule.startswith(rule)
    assert re.fullmatch(r"[a-z0-9_]+", told.rule)
    assert told.title.zh == name


def test_labels_and_both_annotations_are_in_sight(tmp_path: Path) -> None:
    labels = {"alertname": "DiskFull", "severity": "page", "instance": "db1", "mountpoint": "/var"}
    texts = {"summary": "disk of db1 is full", "description": "2 % are left"}

    _, (told,) = post(tmp_path, [alert(labels=labels, annotations=texts)])

    assert (told.level, told.subject) == ("red", "db1")
    assert told.summary.zh == "disk of db1 is full"
    assert told.evidence.words.zh == "2 % are left\ninstance=db1, mountpoint=/var"


def test_area_and_theme_of_the_city_place_an_alert_and_others_stay_in_sight(tmp_path: Path) -> None:
    known = {"alertname": "Jam", "area": "150302003", "theme": "traffic", "severity": "P2"}
    strange = {"alertname": "Jam", "area": "999", "theme": "nonsense", "severity": "dire"}

    _, (placed, lost) = post(tmp_path, [alert(labels=known), alert(labels=strange)])

    assert (placed.area, placed.theme, placed.level, placed.key) == (
        *("150302003", "traffic", "orange"),
        {},
    )
    assert (lost.area, lost.theme, lost.level) == ("", "", "yellow")
    assert lost.evidence.words.zh == "area=999, severity=dire, theme=nonsense"


@pytest.mark.parametrize(
    ("body", "headers", "status", "message"),
    [
        pytest.param(
            [alert()], {"Authorization": "Bearer nobody"}, 401, "no such API key", id="no-key"
        ),
        pytest.param(
            b"{}", None, 400, "not a list of alerts: Expected `array`, got `object`", id="no-list"
        ),
        pytest.param(
            b"\xff\xfe",
            None,
            400,
            "not a list of alerts: JSON is malformed: invalid character (byte 0)",
            id="noise",
        ),
        pytest.param(
            b"[" * 100_000,
            None,
            400,
            "not a list of alerts: maximum recursion depth exceeded while deserializing an object",
            id="deep",
        ),
        pytest.param([alert()] * 1001, None, 413, "1001 alerts", id="many"),
    ],
)
def test_post_when_it_is_wrong_then_nothing_is_told_and_it_says_why(
    tmp_path: Path, body: Any, headers: Any, status: int, message: str
) -> None:
    answer, told = post(tmp_path, body, headers)

    assert (answer.status, told) == (status, [])
    assert answer.json["error"]["message"] == message


GOOD = {"labels": {"alertname": "GasLeak", "severity": "critical"}}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"labels": {"severity": "warning", "foo": "no name"}}, "has no label 'alertname'"),
        ({"labels": {"alertname": " "}}, "has no label 'alertname'"),
        ({"labels": None}, "has no label 'alertname'"),
        ({}, "has no label 'alertname'"),
        (7, "is no alert: Expected `object`, got `int`"),
        (None, "is no alert: Expected `object`, got `null`"),
        (
            {"labels": {"alertname": "a", "n": 7}},
            "is no alert: Expected `str | null`, got `int` - at `$.labels[...]`",
        ),
        (
            alert(startsAt="9999-12-31T23:59:59Z"),
            "startsAt: 9999-12-31T23:59:59+00:00 is more than 5 minutes in the future",
        ),
        (
            alert(startsAt="9999-12-31T23:59:59-14:00"),
            "startsAt: 9999-12-31T23:59:59+00:00 is more than 5 minutes in the future",
        ),
        (
            alert(startsAt="1950-01-01T00:00:00Z"),
            "startsAt: 1950-01-01T00:00:00+00:00 lies before 1990",
        ),
        (
            alert(endsAt="2026-11-23T11:49:59Z"),
            "endsAt: 2026-11-23T11:49:59+00:00 lies before startsAt",
        ),
        (
            alert(startsAt="yesterday"),
            "is no alert: Invalid RFC3339 encoded datetime - at `$.startsAt`",
        ),
        (
            {"labels": {"alertname": "a" * 1_000_000}},
            "has a label 'alertname' of 1000000 characters; a name has at most 128, a value 1024",
        ),
        (
            {"labels": {"alertname": "a", "n" * 200: "x"}},
            f"has a label {'n' * 40!r} of 200 characters; a name has at most 128, a value 1024",
        ),
        (
            {"labels": {"alertname": "a"} | {f"n{at}": "x" for at in range(64)}},
            "has 65 labels; send at most 64",
        ),
    ],
    ids=lambda given: given[:30] if isinstance(given, str) else "",
)
@pytest.mark.parametrize("place", [0, 1])
def test_post_when_one_is_bad_then_the_good_are_taken_and_it_says_which(
    tmp_path: Path, bad: Any, reason: str, place: int
) -> None:
    body = [GOOD, GOOD]
    body[place:place] = [bad]
    if len(json.dumps(body)) > MOST_BYTES:
        body = [one for one in body if one is bad or one is GOOD][:2]

    house = House(tmp_path)
    try:
        answer = asyncio.run(house.client.post(PATH, json.dumps(body).encode()))
    finally:
        house.door.close()
        house.ledger.close()

    assert [one.title.en for one in house.told] == ["GasLeak"] * 2
    assert (answer.status, answer.json["accepted"], answer.json["rejected"]) == (400, 2, 1)
    assert answer.json["error"]["message"] == f"alert {place} {reason}"
    assert answer.json["rejects"] == [{"alert": place, "reason": reason}]
    [letter] = house.letters
    assert (letter.department, letter.reason) == ("works", reason)


def test_post_when_something_is_null_then_it_counts_as_not_given(tmp_path: Path) -> None:
    null = {"annotations": None, "startsAt": None, "endsAt": None, "generatorURL": None}

    answer, told = post(tmp_path, [GOOD, GOOD | null])

    assert answer.status == 200
    assert told[0] == told[1]


def test_post_when_a_label_is_empty_then_it_is_none(tmp_path: Path) -> None:
    empty = {"labels": {**GOOD["labels"], "pod": "", "node": None}}

    _, told = post(tmp_path, [GOOD, empty])

    assert len({one.identity for one in told}) == 1


def test_post_when_beginnings_differ_then_it_is_one_identity(tmp_path: Path) -> None:
    """A pair of Prometheis, one that was restarted, an end without a beginning."""
    _, told = post(
        tmp_path,
        [
            alert(startsAt="2026-11-23T11:50:00.101Z"),
            alert(startsAt="2026-11-23T11:50:07.733Z"),
            alert(startsAt=None, endsAt="2026-11-23T11:59:00Z"),
        ],
    )

    assert len({one.identity for one in told}) == 1
    assert [one.state for one in told] == ["firing", "firing", "ended"]


@pytest.mark.parametrize("end", ["9999-12-31T23:59:59Z", "2026-12-01T12:00:01Z"])
def test_post_when_it_ends_in_the_far_future_then_it_holds_until_somebody_ends_it(
    tmp_path: Path, end: str
) -> None:
    _, [told] = post(tmp_path, [alert(endsAt=end)])

    assert (told.state, told.holds_until) == ("firing", None)


def test_post_when_it_is_packed_then_it_is_read(tmp_path: Path) -> None:
    packed = gzip.compress(json.dumps([GOOD]).encode())

    answer, told = post(tmp_path, packed, {"Content-Encoding": "gzip"})

    assert (answer.status, len(told)) == (200, 1)


def test_post_when_it_unpacks_to_too_much_then_it_is_refused(tmp_path: Path) -> None:
    answer, told = post(tmp_path, gzip.compress(b" " * 2_000_000), {"Content-Encoding": "gzip"})

    assert (answer.status, told) == (413, [])
    assert answer.json["error"]["message"] == f"the body unpacks to more than {MOST_BYTES} bytes"


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["labels", "annotations", "startsAt", "endsAt", "alertname", "x"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=20,
    )
    | st.binary(max_size=50)
)
def test_post_whatever_is_sent_then_it_is_answered_and_the_good_one_is_taken(body: Any) -> None:
    data = body if isinstance(body, bytes) else json.dumps([body, GOOD]).encode()
    try:
        read = read_alerts(data, NOW)
    except DoorRefusal:  # as a whole it is no list of alerts
        return
    if not isinstance(body, bytes):
        assert [one.names for one in read.good][-1:] == [GOOD["labels"]]
    assert len(episodes(read.good, "works", NOW, make_city(make_feed()))) == len(read.good)
