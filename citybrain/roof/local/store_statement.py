"""What an HTTP request asks ClickHouse for: pure parsing, no engine.

Follows ClickHouse's HTTP interface: the SQL is the `query` of the URL, a line break, then the body;
`param_x` are bound parameters; every other name that is not the transport's own is a setting.
"""

from __future__ import annotations

import email.parser
import email.policy
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

# What the transport itself means; the engine would refuse these as unknown settings.
TRANSPORT = frozenset(
    {
        "buffer_size",
        "cancel_http_readonly_queries_on_client_close",
        "client_protocol_version",
        "compress",
        "database",
        "decompress",
        "default_format",
        "enable_http_compression",
        "http_headers_progress_interval_ms",
        "password",
        "query",
        "query_id",
        "quota_key",
        "role",
        "send_progress_in_http_headers",
        "session_check",
        "session_id",
        "session_timeout",
        "stacktrace",
        "user",
        "wait_end_of_query",
    }
)
INSERT_HEAD = 64 * 1024
"""Bytes at the start of a request within which an `INSERT … FORMAT` statement must end."""

_NAME = r"(?:`[^`]*`|\"[^\"]*\"|\w+)"
_SETTING = r"\w+\s*=\s*(?:'(?:[^'\\]|\\.)*'|[\w.+-]+)"
_INSERT = re.compile(
    rf"\s*(?P<sql>INSERT\s+INTO\s+(?:TABLE\s+)?{_NAME}(?:\.{_NAME})?\s*"
    rf"(?:\((?:`[^`]*`|\"[^\"]*\"|[^()`\"])*\)\s*)?"
    rf"(?:SETTINGS\s+{_SETTING}(?:\s*,\s*{_SETTING})*\s*)?)"
    r"FORMAT\s+(?P<format>\w+)[^\S\n]*\n?",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"\s*(?:--[^\n]*\n|/\*.*?\*/)", re.DOTALL)
_READS = ("SELECT", "WITH", "SHOW", "DESC", "EXISTS", "EXPLAIN", "CHECK", "(", "VALUES")
_SETTING_NAME = re.compile(r"[A-Za-z_]\w*\Z")


@dataclass(frozen=True)
class StoreRequest:
    """The parts of a request's URL.

    Attributes:
        query: SQL in the URL, "" where it is all in the body.
        database: the database that names without one belong to.
        params: bound parameters by name, without the ``param_`` before it.
        settings: settings by name.
        default_format: output format of a statement that names none.
        query_id: the client's name for the query.
    """

    query: str = ""
    database: str = "default"
    params: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    default_format: str = "TabSeparated"
    query_id: str = ""


@dataclass(frozen=True)
class InsertStatement:
    """An `INSERT … FORMAT`: the statement without its format, and where its rows begin."""

    sql: str
    format: str
    rows_at: int


def parse_url(query_string: bytes, headers: Mapping[str, str]) -> StoreRequest:
    """Return what the URL and the headers ask for.

    Raises:
        ValueError: a setting's name is not an identifier.
    """
    given = dict(parse_qsl(query_string.decode(), keep_blank_values=True))
    params = {n.removeprefix("param_"): v for n, v in given.items() if n.startswith("param_")}
    settings = {
        name: value
        for name, value in given.items()
        if name not in TRANSPORT and not name.startswith("param_")
    }
    for name in settings:
        if not _SETTING_NAME.match(name):
            raise ValueError(f"{name!r} is not the name of a setting")
    database = given.get("database") or headers.get("x-clickhouse-database") or "default"
    form = given.get("default_format") or headers.get("x-clickhouse-format") or "TabSeparated"
    return StoreRequest(
        query=given.get("query", ""),
        database=database,
        params=params,
        settings=settings,
        default_format=form,
        query_id=given.get("query_id", ""),
    )


def parse_form(content_type: str, body: bytes) -> dict[str, str]:
    """Return the plain fields of a multipart/form-data body (long parameters come this way)."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    fields: dict[str, str] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        fields[str(name)] = payload.decode() if isinstance(payload, bytes) else ""
    return fields


def parse_insert(head: bytes) -> InsertStatement | None:
    """Return the insert that `head` (SQL, then perhaps rows) starts with, None for other SQL."""
    text = head[:INSERT_HEAD].decode("latin-1")  # one character a byte: positions stay true
    start = 0
    while match := _COMMENT.match(text, start):
        start = match.end()
    found = _INSERT.match(text, start)
    if found is None:
        return None
    sql = found["sql"].encode("latin-1").decode()
    return InsertStatement(sql.strip(), found["format"], found.end())


def reads(sql: str) -> bool:
    """Whether `sql` only reads, and so has a result, be it empty."""
    start = 0
    while match := _COMMENT.match(sql, start):
        start = match.end()
    return sql[start:].lstrip().upper().startswith(_READS)


def set_statement(before: Mapping[str, str], wanted: Mapping[str, str]) -> str:
    """Return the SET that turns a connection's settings from `before` to `wanted`, or ""."""
    gone = [f"{name} = DEFAULT" for name in sorted(before.keys() - wanted.keys())]
    changed = [f"{n} = {quote(v)}" for n, v in sorted(wanted.items()) if before.get(n) != v]
    return f"SET {', '.join(gone + changed)}" if gone or changed else ""


def quote(value: str) -> str:
    """Return `value` as an SQL string literal."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
