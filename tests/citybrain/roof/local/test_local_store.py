"""The local store, through clickhouse-connect as every part of the system uses it, and plain."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

import clickhouse_connect
import pandas as pd
import pyarrow as pa
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from citybrain.floor import store
from citybrain.floor.errors import LaunchError
from citybrain.floor.settings import Settings
from citybrain.roof.local.local_store import address
from tests.citybrain.roof.local.test_statement_guard import CHANGES, HOSTILE

AT = datetime(2026, 3, 1, 8, 30, 0, 123_000, tzinfo=UTC)


@pytest.fixture
def client(store_settings: Settings) -> Iterator[Client]:
    found = store.connect(store_settings)
    found.command("DROP TABLE IF EXISTS readings SYNC")
    found.command(
        "CREATE TABLE readings (id UInt64, feed LowCardinality(String), note String, "
        "at DateTime64(3, 'UTC'), value Nullable(Float64)) ENGINE = MergeTree ORDER BY id "
        "SETTINGS non_replicated_deduplication_window = 100"
    )
    yield found
    found.close()


def table(ids: list[int]) -> pa.Table:
    return pa.table(
        {
            "id": pa.array(ids, pa.uint64()),
            "feed": pa.array(["hotline"] * len(ids)).dictionary_encode(),
            "note": pa.array(["积水 'deep'\t\\"] * len(ids)),
            "at": pa.array([AT] * len(ids), pa.timestamp("ms", tz="UTC")),
            "value": pa.array([None] * len(ids), pa.float64()),
        }
    )


def raw(
    settings: Settings, method: str, path: str, body: bytes = b"", **headers: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    url = urlsplit(settings.store_url)
    connection = http.client.HTTPConnection(url.hostname or "", url.port)
    user, password = settings.writer_login()
    own = {"X-ClickHouse-User": user, "X-ClickHouse-Key": password}
    connection.request(method, path, body, own | headers)
    answer = connection.getresponse()
    found = answer.status, answer.headers, answer.read()
    connection.close()
    return found


def test_client_sees_its_own_database(client: Client, store_settings: Settings) -> None:
    assert client.command("SELECT currentDatabase()") == store_settings.database != "default"


def test_rows_of_every_kind_of_insert_come_back(client: Client) -> None:
    client.insert("readings", [[1, "a", "n", AT, 1.5]], ["id", "feed", "note", "at", "value"])
    client.insert_arrow("readings", table([2]))
    frame = pd.DataFrame({"id": [3], "feed": ["c"], "note": ["n"], "at": [AT], "value": [None]})
    client.insert_df("readings", frame)
    client.raw_insert("readings", ["id"], b"4\n", fmt="CSV")
    client.command("INSERT INTO readings (id, note) VALUES (5, 'FORMAT Native')")
    found = client.query("SELECT id, feed, note FROM readings ORDER BY id").result_rows
    assert found == [
        (1, "a", "n"),
        (2, "hotline", "积水 'deep'\t\\"),
        (3, "c", "n"),
        (4, "", ""),
        (5, "", "FORMAT Native"),
    ]


def test_results_come_as_frame_and_as_arrow(client: Client) -> None:
    client.insert_arrow("readings", table([7, 8]))
    frame = client.query_df("SELECT id, at, value FROM readings ORDER BY id")
    assert frame["id"].tolist() == [7, 8]
    assert frame["value"].isna().all()
    arrow = client.query_arrow("SELECT id, at FROM readings ORDER BY id")
    assert arrow.column("at").to_pylist() == [AT, AT]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("UInt8", 5),
        ("String", "it's \t \\ \n 乌海 {x:UInt8} %s"),
        ("Array(String)", ["a'b", "c\\d", "e\tf"]),
        ("DateTime64(3)", datetime(2026, 3, 1, 8, 30, 0, 123_000)),  # noqa: DTZ001
        ("Nullable(Float64)", None),
    ],
    ids=["number", "text", "list", "instant", "nothing"],
)
def test_bound_parameters_arrive_as_they_are(client: Client, kind: str, value: object) -> None:
    found = client.query(f"SELECT {{x:{kind}}}", parameters={"x": value}).result_rows
    assert found == [(value,)]


def test_long_parameters_arrive_too(client: Client) -> None:
    text = "海" * 20_000
    assert client.query("SELECT {x:String}", parameters={"x": text}).result_rows == [(text,)]


def test_same_token_inserts_once(client: Client) -> None:
    for _ in range(2):
        client.insert_arrow(
            "readings", table([1, 2]), settings={"insert_deduplication_token": "batch-1"}
        )
    client.insert_arrow(
        "readings", table([1, 2]), settings={"insert_deduplication_token": "batch-2"}
    )
    assert client.command("SELECT count() FROM readings") == 4


def test_settings_of_one_request_do_not_reach_the_next(client: Client) -> None:
    ask = "SELECT getSetting('max_execution_time')"
    assert client.command(ask, settings={"max_execution_time": 7}) == 7
    assert {client.command(ask) for _ in range(10)} == {0}


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT * FROM nowhere", 60),
        ("SELECT * FROM nobase.t", 81),
        ("SELECT (1", 62),
        ("SELECT nothing FROM readings", 47),
        ("SELECT throwIf(1)", 395),
    ],
)
def test_errors_carry_clickhouses_code_and_text(client: Client, sql: str, code: int) -> None:
    with pytest.raises(DatabaseError) as caught:
        client.query(sql)
    assert caught.value.code == code
    assert f"Code: {code}. DB::Exception: " in str(caught.value)


def test_query_beyond_its_time_is_cut_off(client: Client) -> None:
    with pytest.raises(DatabaseError) as caught:
        client.query("SELECT sleepEachRow(1) FROM numbers(3)", settings={"max_execution_time": 1})
    assert caught.value.code == 159


def test_unknown_setting_is_told_and_spoils_nothing(
    store_settings: Settings, client: Client
) -> None:
    path = "/?" + urlencode({"max_threads": 1, "no_such_setting": 1})
    status, headers, _ = raw(store_settings, "POST", path, b"SELECT 1")
    assert (status, headers["X-ClickHouse-Exception-Code"]) == (403, "497")
    assert client.command("SELECT 1") == 1


def test_broken_rows_are_refused_as_a_whole(client: Client) -> None:
    body = table([1, 2]).to_batches()[0]
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, body.schema) as writer:
        writer.write_batch(body)
    whole = sink.getvalue().to_pybytes()
    with pytest.raises(DatabaseError):
        client.raw_insert("readings", None, whole[: len(whole) // 2], fmt="ArrowStream")
    with pytest.raises(DatabaseError) as caught:
        client.raw_insert("readings", None, b"garbage" * 99, fmt="ArrowStream")
    assert caught.value.code == 117
    assert client.command("SELECT count() FROM readings") == 0


@pytest.mark.parametrize("encoding", ["gzip", "lz4", "zstd"])
def test_compressed_inserts_are_taken(
    store_settings: Settings, client: Client, encoding: str
) -> None:
    url = urlsplit(store_settings.store_url)
    squeezed = clickhouse_connect.get_client(
        host=url.hostname or "",
        port=url.port or 0,
        database=store_settings.database,
        username=store_settings.store_user,
        password=store_settings.writer_login().password,
        compress=encoding,
    )
    rows = [[number, "a", "n" * 50, AT, 0.5] for number in range(5000)]
    squeezed.insert("readings", rows, ["id", "feed", "note", "at", "value"])
    squeezed.close()
    assert client.command("SELECT count() FROM readings") == 5000


def test_inserts_and_queries_run_side_by_side(client: Client) -> None:
    def insert(number: int) -> None:
        client.insert_arrow("readings", table(list(range(number * 1000, number * 1000 + 1000))))

    with ThreadPoolExecutor(12) as threads:
        inserts = [threads.submit(insert, number) for number in range(20)]
        counts = [threads.submit(client.command, "SELECT count() FROM readings") for _ in range(40)]
        for one in inserts:
            one.result()
        assert all(int(one.result()) % 1000 == 0 for one in counts)  # type: ignore[call-overload]
    assert client.command("SELECT count() FROM readings") == 20_000


def test_empty_results_and_commands_are_told_apart(client: Client) -> None:
    assert client.command("SELECT id FROM readings") == ""
    assert client.query("SELECT id FROM readings LIMIT 0").column_names == ("id",)
    assert client.query("SELECT id FROM readings").result_rows == []


def test_ping_answers(store_settings: Settings, client: Client) -> None:
    assert client.ping()
    assert raw(store_settings, "GET", "/ping")[::2] == (200, b"Ok.\n")
    assert raw(store_settings, "GET", "/nothing")[0] == 404


def test_pages_in_a_browser_get_nothing(store_settings: Settings) -> None:
    refused = 403, b"The store is for programs on this machine only\n"
    rebound = raw(store_settings, "POST", "/", b"SELECT 1", Host="evil.example")
    crossing = raw(store_settings, "POST", "/", b"SELECT 1", Origin="https://evil.example")
    assert (rebound[::2], crossing[::2]) == (refused, refused)


def test_get_only_reads(store_settings: Settings, client: Client) -> None:
    found = raw(store_settings, "GET", "/?query=SELECT+41%2B1")
    assert found[::2] == (200, b"42\n")
    target = f"{store_settings.database}.readings"
    for sql in (
        f"DROP TABLE {target}",
        f"SELECT 1; DROP TABLE {target}",
        f"EXPLAIN SELECT 1; DROP TABLE {target}",
        f"WITH 1 AS x INSERT INTO {target} (id) SELECT x",
        f"(SELECT 1); TRUNCATE TABLE {target}",
        f"INSERT INTO {target} (id) FORMAT CSV\n1",
        f"SELECT 1 INTO OUTFILE '{store_settings.data}/leak'",
    ):
        for path, body in (("/?" + urlencode({"query": sql}), b""), ("/?query=", sql.encode())):
            status, headers, _ = raw(store_settings, "GET", path, body)
            assert (status, headers["X-ClickHouse-Exception-Code"]) == (403, "497"), (sql, body)
    assert client.command("SELECT count() FROM readings") == 0
    assert not (store_settings.data / "leak").exists()


def test_a_method_that_is_neither_does_nothing(store_settings: Settings, client: Client) -> None:
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        found = raw(store_settings, method, "/", b"INSERT INTO readings (id) VALUES (1)")
        assert found[0] == 403
    assert client.command("SELECT count() FROM readings") == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"X-ClickHouse-User": "default", "X-ClickHouse-Key": ""},
        {"X-ClickHouse-User": "writer", "X-ClickHouse-Key": "wrong"},
        {"X-ClickHouse-User": "nobody"},
        {"X-ClickHouse-User": "", "Authorization": "Basic d3JpdGVyOg=="},
        {"X-ClickHouse-User": "writer\xa0", "X-ClickHouse-Key": "\xa0"},
    ],
)
def test_who_has_no_password_gets_nothing(
    store_settings: Settings, headers: dict[str, str]
) -> None:
    status, _, said = raw(store_settings, "POST", "/", b"SELECT 1", **headers)
    assert (status, said.startswith(b"Code: 516.")) == (403, True)
    inside = "/?" + urlencode({"user": "writer", "password": "x", "query": "SELECT 1"})
    assert raw(store_settings, "GET", inside, **headers)[0] == 403


def test_who_reads_may_read_and_no_more(store_settings: Settings, client: Client) -> None:
    client.insert_arrow("readings", table([1, 2]))
    reader = store.connect_reader(store_settings)
    asked = "SELECT count() FROM readings WHERE id = {i:UInt8}"
    assert reader.query(asked, {"i": 2}, {"max_threads": 1}).result_rows == [(1,)]
    assert reader.query_arrow("SELECT id FROM readings").num_rows == 2
    for change in ("TRUNCATE TABLE readings", "DROP TABLE readings", *CHANGES):
        with pytest.raises(DatabaseError) as caught:
            reader.command(change)
        assert caught.value.code == 497
    with pytest.raises(DatabaseError):
        reader.insert_arrow("readings", table([3]))
    with pytest.raises(DatabaseError) as caught:
        reader.command("SELECT 1", settings={"readonly": 0})
    assert client.command("SELECT count() FROM readings") == 2
    reader.close()


@pytest.mark.parametrize("role", ["writer", "reader"])
def test_secrets_of_the_machine_are_out_of_reach(
    store_settings: Settings, client: Client, role: str
) -> None:
    login = store_settings.writer_login() if role == "writer" else store_settings.reader_login()
    headers = {"X-ClickHouse-User": login.user, "X-ClickHouse-Key": login.password}
    for sql in HOSTILE:
        for method in ("POST", "GET"):
            path = "/?query=" if method == "GET" else "/"
            found = raw(store_settings, method, path, sql.encode(), **headers)
            assert found[0] == 403, sql
    assert client.command("SELECT 1") == 1


def test_passwords_are_random_and_for_the_owner_only(store_settings: Settings) -> None:
    logins = [store_settings.writer_login(), store_settings.reader_login()]
    assert len({one.password for one in logins}) == 2
    assert all(len(one.password) == 64 for one in logins)
    for path in (store_settings.writer_secret_path, store_settings.reader_secret_path):
        assert path.stat().st_mode & 0o777 == 0o600


def test_server_lives_in_utc_whatever_the_machine_does(client: Client) -> None:
    found = client.query("SELECT timezone(), toString(toDateTime(0))").result_rows
    assert found == [("UTC", "1970-01-01 00:00:00")]


def test_address_elsewhere_is_refused() -> None:
    with pytest.raises(LaunchError) as caught:
        address(replace(Settings(), store_url="http://0.0.0.0:18123"))
    assert str(caught.value) == (
        "environment: CITYBRAIN_STORE_URL: 'http://0.0.0.0:18123' is not of this machine; "
        "the local store needs one like 'http://127.0.0.1:18123'"
    )
