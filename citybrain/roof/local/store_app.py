"""The ASGI application that speaks ClickHouse's HTTP protocol for the engine in this process."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from citybrain.roof.local.chdb_pool import ChdbPool, EngineError, append, finish
from citybrain.roof.local.inflate import inflate
from citybrain.roof.local.statement_guard import (
    StatementRefused,
    StoreRole,
    check_database,
    check_format,
    check_insert,
    check_parameters,
    check_settings,
    check_statement,
)
from citybrain.roof.local.store_request import Gone, StoreBody, is_local
from citybrain.roof.local.store_statement import (
    INSERT_HEAD,
    InsertStatement,
    StoreRequest,
    parse_form,
    parse_insert,
    parse_url,
    reads,
)
from citybrain.roof.local.store_users import NotLetIn, StoreUsers

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

SQL_LIMIT = 64 * 1024 * 1024
_SLICE = 1024 * 1024
_MISSING = {36, 60, 81}
_WRONG = {6, 27, 33, 38, 41, 47, 53, 62, 72, 115, 117, 130, 131, 386}
_FORBIDDEN = {497, 516}


class StoreApp:
    """The ASGI application."""

    def __init__(self, engine: ChdbPool, users: StoreUsers) -> None:
        """Answer `users` from `engine`, and close it at the end."""
        self._engine, self._users = engine, users

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection's request, or the server's start and stop."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._engine.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {
            name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        if not is_local(headers):
            await _reply(send, 403, b"The store is for programs on this machine only\n")
            return
        if scope["path"] != "/" or (scope["method"] == "GET" and not scope["query_string"]):
            known = scope["path"] in {"/", "/ping", "/replicas_status"}
            await _reply(send, 200 if known else 404, b"Ok.\n" if known else b"No such path\n")
            return
        try:
            role = self._role(scope["method"], headers)
            request = parse_url(scope["query_string"], headers)
            body = StoreBody(receive, inflate(headers.get("content-encoding", "")))
            await self._execute(role, headers, request, body, send)
        except Gone:
            return
        except (NotLetIn, StatementRefused, EngineError, ValueError) as error:
            await _reply_error(send, _as_engine_error(error))

    def _role(self, method: str, headers: Mapping[str, str]) -> StoreRole:
        """Return as whom a request is carried out: a GET only reads, as ClickHouse has it."""
        role = self._users.role_of(headers)
        if method not in {"GET", "POST"}:
            raise StatementRefused(f"{method} is not for use here")
        return StoreRole.READER if method == "GET" else role

    async def _execute(
        self,
        role: StoreRole,
        headers: dict[str, str],
        request: StoreRequest,
        body: StoreBody,
        send: Send,
    ) -> None:
        content_type = headers.get("content-type", "")
        if content_type.startswith("multipart/form-data"):
            request = _with_form(request, parse_form(content_type, await body.rest(SQL_LIMIT)))
        _check_request(request, role)
        query = f"{request.query}\n".encode() if request.query else b""
        head = query + await body.first(INSERT_HEAD)
        insert = parse_insert(head)
        if insert is not None:
            check_insert(insert.sql, insert.format, role)
            await self._insert(request, insert, head, body, send)
            return
        sql = (head + await body.rest(SQL_LIMIT)).decode()
        check_statement(sql, role)
        await self._query(request, sql, role, send)

    async def _query(self, request: StoreRequest, sql: str, role: StoreRole, send: Send) -> None:
        engine = self._engine
        borrow = engine.for_read if role is StoreRole.READER or reads(sql) else engine.for_query
        async with borrow() as slot:
            result = await engine.run(lambda: slot.query(request, sql))
        extra = _summary(result.elapsed(), read=(result.rows_read(), result.bytes_read()))
        if reads(sql):
            extra["X-ClickHouse-Format"] = request.default_format
        await _reply(send, 200, result.bytes(), _headers(request) | extra)

    async def _insert(
        self,
        request: StoreRequest,
        insert: InsertStatement,
        head: bytes,
        body: StoreBody,
        send: Send,
    ) -> None:
        engine = self._engine
        async with engine.for_insert() as slot, _started(engine, slot, request, insert) as inserter:
            rows = head[insert.rows_at :]
            while rows:
                await engine.run(lambda data=rows: append(inserter, data))  # type: ignore[misc]
                rows = await body.next()
            result = await engine.run(lambda: finish(inserter))
        extra = _summary(result.elapsed, written=(result.rows_written, result.bytes_written))
        await _reply(send, 200, b"", _headers(request) | extra)


@asynccontextmanager
async def _started(
    engine: ChdbPool, slot: Any, request: StoreRequest, insert: InsertStatement
) -> Any:
    inserter = await engine.run(lambda: slot.start_insert(request, insert))
    try:
        yield inserter
    except BaseException:
        await engine.run(inserter.cancel)  # does nothing when finish() was tried
        raise


def _as_engine_error(error: Exception) -> EngineError:
    """Return a fault in the words and with the number that ClickHouse has for it."""
    if isinstance(error, EngineError):
        return error
    if isinstance(error, NotLetIn):
        return EngineError(f"Code: 516. DB::Exception: {error}. (AUTHENTICATION_FAILED)")
    if isinstance(error, StatementRefused):
        return EngineError(f"Code: 497. DB::Exception: {error}. (ACCESS_DENIED)")
    return EngineError(f"Code: 36. DB::Exception: {error}. (BAD_ARGUMENTS)")


def _check_request(request: StoreRequest, role: StoreRole) -> None:
    check_settings(request.settings, role)
    check_database(request.database)
    check_format(request.default_format)
    check_parameters(request.params)


def _with_form(request: StoreRequest, form: dict[str, str]) -> StoreRequest:
    params = {n.removeprefix("param_"): v for n, v in form.items() if n.startswith("param_")}
    return StoreRequest(
        query=form.get("query", request.query),
        database=request.database,
        params={**request.params, **params},
        settings=request.settings,
        default_format=request.default_format,
        query_id=request.query_id,
    )


def _headers(request: StoreRequest) -> dict[str, str]:
    given = {"X-ClickHouse-Timezone": "UTC", "X-ClickHouse-Server-Display-Name": "local"}
    return given | ({"X-ClickHouse-Query-Id": request.query_id} if request.query_id else {})


def _summary(
    elapsed_s: float, *, read: tuple[int, int] = (0, 0), written: tuple[int, int] = (0, 0)
) -> dict[str, str]:
    numbers = {
        "read_rows": read[0],
        "read_bytes": read[1],
        "written_rows": written[0],
        "written_bytes": written[1],
        "elapsed_ns": int(elapsed_s * 1e9),
    }
    return {"X-ClickHouse-Summary": json.dumps({name: str(n) for name, n in numbers.items()})}


async def _reply_error(send: Send, error: EngineError) -> None:
    status = 404 if error.code in _MISSING else 400 if error.code in _WRONG else 500
    status = 403 if error.code in _FORBIDDEN else status
    text = f"{str(error).strip()}\n".encode()
    await _reply(send, status, text, {"X-ClickHouse-Exception-Code": str(error.code)})


async def _reply(
    send: Send, status: int, body: bytes, headers: dict[str, str] | None = None
) -> None:
    given = {"Content-Type": "text/plain; charset=UTF-8", "Content-Length": str(len(body))}
    pairs = [(n.encode(), v.encode()) for n, v in (given | (headers or {})).items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    view = memoryview(body)
    for start in range(0, len(body), _SLICE):
        more = start + _SLICE < len(body)
        piece = bytes(view[start : start + _SLICE])
        await send({"type": "http.response.body", "body": piece, "more_body": more})
    if not body:
        await send({"type": "http.response.body", "body": b""})
