from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import OperationalError

from citybrain.floor import store
from citybrain.floor.settings import Settings
from sinks.migrations import Dialect, SchemaError, collect, migrate, plan
from sinks.table import Migration, Table, find_tables
from tests.sinks.sample import ZONE
from tests.sinks.stored import drop_all, table_names

ALONE = Dialect(ZONE)
TEMPLATE = "CREATE {cluster}| {engine}MergeTree {window} '{time_zone}'"


@pytest.fixture
def client(store_settings: Settings) -> Iterator[Client]:
    """An empty database."""
    with store.connect(store_settings) as client:
        drop_all(client)
        yield client


def step(number: int, *statements: str) -> Migration:
    return Migration(number, f"step {number}", statements)


def create(name: str, columns: str = "n UInt8") -> str:
    return f"CREATE TABLE IF NOT EXISTS {name} {{cluster}} ({columns}) ENGINE = Memory"


def one_table(*steps: Migration) -> dict[str, Table]:
    return {"notes": Table("notes", steps)}


def test_collect_when_tables_mix_their_steps_then_numbers_decide() -> None:
    tables = {"b": Table("b", (step(1), step(4))), "a": Table("a", (step(2),))}

    assert [found.number for found in collect(tables)] == [1, 2, 4]


def test_collect_when_a_number_is_taken_then_names_both_and_a_free_one() -> None:
    tables = {"a": Table("a", (step(1), step(7))), "b": Table("b", (Migration(1, "add b", ()),))}

    with pytest.raises(SchemaError) as refused:
        collect(tables)

    assert str(refused.value) == (
        "sinks/tables/b.py: 'add b': step 1 is also in sinks/tables/a.py; "
        "take a number that is free, from 8"
    )


def test_collect_when_asked_for_the_real_tables_then_no_number_is_there_twice() -> None:
    numbers = [found.number for found in collect(find_tables())]

    assert numbers[:10] == list(range(1, 11))
    assert numbers == sorted(set(numbers))


APPLIED = {
    1: "a8b66aed10c943cb",
    2: "6ece6f03f8e4a40b",
    3: "8c52dbedf8891de9",
    4: "7844bc54223b6913",
    5: "e823e4d6d69a5329",
    6: "f027ccbcb19d3535",
    7: "d559d0ba154d50e1",
    8: "7192ce11a7ab3825",
    9: "f68b3c25bb67eb35",
    10: "8b61bbf1eee96445",
    20: "d21e4e3ba4e940d5",
    21: "31c28f86d6571a56",
    22: "f6fcd8f54aa6ad7c",
    23: "bde6eda88ee66e88",
    24: "950b38d068fa4910",
    30: "925367bfd592b51a",
    31: "a50b885473f6cb64",
    32: "e145ba62588421d0",
    33: "b9018dedd063ff4b",
    40: "5f3ad40e355cdb44",
    45: "320124f642eec96b",
    50: "0a3a31d39a533fd0",
    51: "63273dac11b9b55b",
    55: "caa95a398904a00d",
    60: "a19cf3bd717ba165",
    61: "af58725f35955e1d",
    62: "d5729067f91faaa4",
    63: "8f8ca62b79d1d29d",
    64: "8ede8c59a3310436",
    65: "7b9e3408c2deea76",
    66: "3b783da44a83901d",
    67: "b9bb687c2b514765",
    68: "e44433024f9d1a35",
    69: "56220141451ef95d",
    70: "ffecdeccd72ddf4e",
    71: "1f8e3bf867096f4b",
    72: "92a1b90c074d7417",
}
"""Checksums of steps that stores in use have applied; for good. A new step is added here. The 11th
made `theme_minutes`, which the 51st drops."""


def test_collect_when_asked_for_the_real_tables_then_no_applied_step_has_changed() -> None:
    assert {found.number: ALONE.checksum(found) for found in collect(find_tables())} == APPLIED


def test_collect_when_a_derived_table_takes_a_number_then_the_file_is_that_of_its_table() -> None:
    derived = Table("a_newest", (Migration(1, "create a_newest", ()),))
    tables = {"a": Table("a", (step(1),), derived=(derived,)), "a_newest": derived}

    with pytest.raises(SchemaError, match=r"^sinks/tables/a\.py: 'create a_newest': step 1 is"):
        collect(tables)


def test_plan_when_some_are_applied_then_the_rest_is_left_in_order() -> None:
    steps = [step(1, "one"), step(2, "two"), step(3, "three")]

    assert plan(steps, {2: ALONE.checksum(steps[1])}, ALONE) == [steps[0], steps[2]]


def test_plan_when_the_store_knows_newer_steps_then_they_are_let_be() -> None:
    assert plan([step(1, "one")], {1: ALONE.checksum(step(1, "one")), 9: "newer"}, ALONE) == []


def test_plan_when_a_step_was_changed_then_says_so() -> None:
    with pytest.raises(SchemaError) as refused:
        plan([step(3, "two")], {3: ALONE.checksum(step(3, "one"))}, ALONE)

    assert str(refused.value) == (
        "store: migration 3 'step 3': it was changed after it had been applied "
        "(then 7692c3ad3540bb80, now 3fc4ccfe745870e2); "
        "undo the change, and add a step with a new number"
    )


@pytest.mark.parametrize(
    ("cluster", "rendered"),
    [
        pytest.param(
            "",
            "CREATE | MergeTree non_replicated_deduplication_window 'Asia/Shanghai'",
            id="one-server",
        ),
        pytest.param(
            "wuhai",
            "CREATE ON CLUSTER `wuhai`| ReplicatedMergeTree replicated_deduplication_window"
            " 'Asia/Shanghai'",
            id="cluster",
        ),
    ],
)
def test_render_when_on_one_server_or_a_cluster_then_fills_the_template(
    cluster: str, rendered: str
) -> None:
    assert Dialect(ZONE, cluster).render(TEMPLATE) == rendered


@pytest.mark.parametrize("cluster", ["", "wuhai"])
def test_render_when_given_any_real_step_then_nothing_is_left_to_fill(cluster: str) -> None:
    dialect = Dialect(ZONE, cluster)
    statements = [s for found in collect(find_tables()) for s in found.statements]

    assert [s for s in statements if re.search(r"\{\w*\}", dialect.render(s))] == []


def test_checksum_when_the_zone_matters_then_it_differs_by_zone() -> None:
    other = Dialect("Asia/Urumqi")

    assert ALONE.checksum(step(1, "{time_zone}")) != other.checksum(step(1, "{time_zone}"))
    assert ALONE.checksum(step(1, "SELECT 1")) == other.checksum(step(1, "SELECT 1"))


def test_migrate_when_run_twice_then_the_second_does_nothing(client: Client) -> None:
    tables = find_tables()

    assert migrate(client, tables, ALONE) == collect(tables)
    assert migrate(client, tables, ALONE) == []
    assert set(tables) < table_names(client)


def test_migrate_when_a_step_is_added_then_only_that_is_applied(client: Client) -> None:
    first, second = step(1, create("notes")), step(2, create("more"))
    migrate(client, one_table(first), ALONE)

    assert migrate(client, one_table(first, second), ALONE) == [second]
    assert table_names(client) == {"schema_migrations", "notes", "more"}


def test_migrate_when_an_applied_step_was_changed_then_touches_nothing(client: Client) -> None:
    migrate(client, one_table(step(1, create("notes"))), ALONE)
    changed = step(1, create("notes", "n UInt16"))

    with pytest.raises(SchemaError) as refused:
        migrate(client, one_table(changed, step(2, create("more"))), ALONE)

    assert str(refused.value) == (
        "store: migration 1 'step 1': it was changed after it had been applied "
        "(then 32a64fc65d26f34f, now 55fba53341588224); "
        "undo the change, and add a step with a new number"
    )
    assert table_names(client) == {"schema_migrations", "notes"}


def test_migrate_when_the_store_refuses_a_statement_then_says_which_step(client: Client) -> None:
    with pytest.raises(SchemaError) as refused:
        migrate(client, one_table(step(1, "CREATE TABLE nonsense (n")), ALONE)

    assert re.fullmatch(
        r"store: migration 1 'step 1': refused: .*Syntax error.*; "
        r"mend the statement in sinks/tables",
        str(refused.value),
        re.DOTALL,
    )


def test_migrate_when_a_step_was_refused_half_way_then_its_mended_form_is_applied(
    client: Client,
) -> None:
    with pytest.raises(SchemaError):
        migrate(client, one_table(step(1, create("notes"), "CREATE TABLE NONSENSE")), ALONE)
    mended = step(1, create("notes"), create("more"))

    assert migrate(client, one_table(mended), ALONE) == [mended]


def test_migrate_when_the_store_goes_away_then_it_is_no_fault_of_the_schema() -> None:
    class Away:
        def command(self, _sql: str) -> None:
            raise OperationalError("connection refused")

    with pytest.raises(OperationalError, match=r"^connection refused$"):
        migrate(Away(), {}, ALONE)  # type: ignore[arg-type]


def test_migrate_when_two_sinks_start_at_once_then_both_see_all_of_it(
    client: Client, store_settings: Settings
) -> None:
    start = Barrier(2)

    def begin(_: int) -> list[Migration]:
        with store.connect(store_settings) as own:
            start.wait(10)
            migrate(own, find_tables(), ALONE)
            return migrate(own, find_tables(), ALONE)

    with ThreadPoolExecutor(2) as sinks:
        assert list(sinks.map(begin, range(2))) == [[], []]

    applied = client.query("SELECT number FROM schema_migrations FINAL ORDER BY 1").result_rows
    assert [number for (number,) in applied] == [s.number for s in collect(find_tables())]
