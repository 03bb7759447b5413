"""The store is filled for measurements by what its tables are today."""

from __future__ import annotations

from benchmarks.grow import Grower
from citybrain.city import load_city
from citybrain.floor.settings import Settings
from tests.repository import WUHAI
from tests.sinks.stored import prepared


def test_grow_to_when_asked_then_events_and_all_that_hangs_on_them_are_there(
    store_settings: Settings,
) -> None:
    with prepared(store_settings) as client:
        grower = Grower(client, load_city(WUHAI))

        grower.grow_to(2_000)

        rows = grower.sizes()["rows_by_table"]
        assert rows["events"] == 2_000
        assert client.query("SELECT sum(sign) FROM events").result_rows == [(2_000,)]
        assert client.query("SELECT sum(events) FROM events_minute").result_rows == [(2_000,)]
