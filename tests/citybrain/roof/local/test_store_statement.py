"""What a request asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybrain.roof.local.store_statement import (
    InsertStatement,
    StoreRequest,
    parse_form,
    parse_insert,
    parse_url,
    quote,
    reads,
    set_statement,
)


def test_url_is_taken_apart() -> None:
    found = parse_url(
        b"query=SELECT+1&database=city&param_x=5&max_threads=1&wait_end_of_query=1&query_id=q7", {}
    )
    assert found == StoreRequest(
        query="SELECT 1",
        database="city",
        params={"x": "5"},
        settings={"max_threads": "1"},
        query_id="q7",
    )


def test_headers_name_what_the_url_does_not() -> None:
    found = parse_url(b"", {"x-clickhouse-database": "city", "x-clickhouse-format": "CSV"})
    assert (found.database, found.default_format) == ("city", "CSV")


def test_setting_that_is_no_name_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^'x; DROP' is not the name of a setting$"):
        parse_url(b"x%3B+DROP=1", {})


@pytest.mark.parametrize(
    ("head", "sql", "form"),
    [
        (b"INSERT INTO t FORMAT Native\n\x01", "INSERT INTO t", "Native"),
        (b"insert into `a b`.`t` (`x`, `y(z`) format Arrow\n\x01", None, "Arrow"),
        (b"INSERT INTO city.t (a, b) FORMAT ArrowStream\n\x01", None, "ArrowStream"),
        (b"INSERT INTO t SETTINGS async_insert=0, x='it\\'s' FORMAT CSV\n\x01", None, "CSV"),
        (b"-- c\n/* FORMAT x */ INSERT INTO t FORMAT TSV\n\x01", "INSERT INTO t", "TSV"),
        ("INSERT INTO `街道` FORMAT Native\n\x01".encode(), "INSERT INTO `街道`", "Native"),
    ],
    ids=["plain", "quoted", "columns", "settings", "comments", "chinese"],
)
def test_insert_is_told_from_its_rows(head: bytes, sql: str | None, form: str) -> None:
    found = parse_insert(head)
    assert found is not None
    assert found.format == form
    assert head[found.rows_at :] == b"\x01"
    if sql is not None:
        assert found.sql == sql


@pytest.mark.parametrize(
    "head",
    [
        b"SELECT 'INSERT INTO t FORMAT Native'",
        b"INSERT INTO t VALUES ('FORMAT Native')",
        b"INSERT INTO t SELECT * FROM u",
        b"",
    ],
)
def test_other_sql_is_no_streaming_insert(head: bytes) -> None:
    assert parse_insert(head) is None


@given(st.binary(max_size=300))
def test_rows_are_never_taken_for_sql(rows: bytes) -> None:
    statement = b"INSERT INTO t FORMAT Native\n"
    assert parse_insert(statement + rows) == InsertStatement(
        "INSERT INTO t", "Native", len(statement)
    )


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1", True),
        ("  -- why\n with x as (select 1) select * from x", True),
        ("(SELECT 1)", True),
        ("SHOW TABLES", True),
        ("CREATE TABLE t (a UInt8) ENGINE = Memory", False),
        ("/* SELECT */ DROP TABLE t", False),
    ],
)
def test_reads_tells_questions_from_commands(sql: str, expected: bool) -> None:
    assert reads(sql) is expected


def test_set_statement_changes_only_what_differs() -> None:
    before = {"a": "1", "b": "2", "c": "3"}
    assert set_statement(before, before) == ""
    assert set_statement(before, {"a": "1", "b": "it's", "d": "4"}) == (
        "SET c = DEFAULT, b = 'it\\'s', d = '4'"
    )


@given(st.text())
def test_quoted_text_ends_where_it_should(text: str) -> None:
    inside = quote(text)[1:-1]
    assert inside.replace("\\\\", "").replace("\\'", "").count("'") == 0


def test_form_fields_are_read() -> None:
    body = (
        b'--B\r\nContent-Disposition: form-data; name="query"\r\n\r\nSELECT {s:String}\r\n'
        b'--B\r\nContent-Disposition: form-data; name="param_s"\r\n\r\n'
        + "乌海\r\n--B--\r\n".encode()
    )
    fields = parse_form("multipart/form-data; boundary=B", body)
    assert fields == {"query": "SELECT {s:String}", "param_s": "乌海"}
