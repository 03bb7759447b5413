"""The index of inhibition that is kept in step says the same as one that is made anew."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybrain.alerts.labels import labels
from citybrain.alerts.records import Alert
from citybrain.floor.clock import monotonic
from citybrain.notices.inhibitions import BUILT_IN
from citybrain.notices.open_alerts import OpenAlerts
from tests.citybrain.notices.sample import alert

some_alerts = st.builds(
    alert,
    st.sampled_from("abcd"),
    level=st.sampled_from(["red", "blue", "yellow"]),
    rule=st.sampled_from(["feed_silent", "jam"]),
    state=st.sampled_from(["pending", "firing", "acknowledged"]),
    area=st.sampled_from(["", "150302", "150302001"]),
    feeds=st.sampled_from([(), ("radar",), ("bus",), ("radar", "bus")]),
    origin=st.sampled_from(["live", "exercise"]),
)
changes = st.lists(st.one_of(some_alerts, st.sampled_from("abcd")), max_size=12)


def quiet(alerts: OpenAlerts) -> set[tuple[str, str]]:
    """Return (alert, rule) of all that are kept quiet."""
    return {
        (name, rule.id)
        for name, one in alerts.items()
        for rule, _ in alerts.sources(one, labels(one), BUILT_IN)
    }


@given(changes)
def test_index_after_any_changes_equals_a_new_one(found: list[Alert | str]) -> None:
    kept = OpenAlerts()
    quiet(kept)
    for change in found:
        if isinstance(change, str):
            kept.pop(change, None)
        else:
            kept[change.id] = change
            quiet(kept)

    assert quiet(kept) == quiet(OpenAlerts(dict(kept)))


def test_nothing_keeps_itself_quiet() -> None:
    red = alert("a", level="red")

    assert quiet(OpenAlerts({"a": red})) == set()


@pytest.mark.timed
def test_storm_of_open_alerts_costs_microseconds_each() -> None:
    kept = OpenAlerts()
    storm = [alert(f"a{n}", level="blue", area="150302001") for n in range(5_000)]
    started = monotonic()
    for one in storm:
        kept[one.id] = one
        assert list(kept.sources(one, labels(one), BUILT_IN)) == []

    assert monotonic() - started < 2.0
    assert len(kept) == 5_000
