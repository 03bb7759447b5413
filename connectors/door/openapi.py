"""The door's interface in words: the OpenAPI document, and a page that needs no network."""

from __future__ import annotations

import html
from typing import Any

from connectors.door.answers import SHOWN
from connectors.door.bodies import CSV, JSON, MAX_ROWS, NDJSON
from connectors.door.rows_outcome import MOST_REASONS
from connectors.door.unpacking import MAX_BODY, MAX_UNPACKED
from connectors.mapping.noticed import FAR, OUTSIDE, SWAPPED, ZERO

_MIB = 1024 * 1024
ERRORS = {
    "400": "`unreadable`, `empty`, `bad_gzip`, `bad_idempotency_key`: the body cannot be read",
    "401": "`unauthenticated`: no API key, or an unknown or revoked one",
    "403": "`wrong_department`: the feed belongs to another department",
    "404": "`unknown_feed`",
    "408": "`too_slow`: the body did not come within a minute",
    "413": f"`too_large`: more than {MAX_BODY // _MIB} MiB, {MAX_UNPACKED // _MIB} MiB unpacked, "
    f"or {MAX_ROWS} rows",
    "415": "`unsupported_media_type`, `unsupported_charset`, `unsupported_encoding`",
    "422": "`nothing_accepted`: no row is an event; `key_reused`: another body under the same key",
    "429": "`held`, `busy`: come again after `Retry-After` seconds",
    "503": "`not_acknowledged`, `outcome_unknown`, `ledger_failed`: send the same again later",
}
_ABOUT = (
    "Rows that cannot become events are rejected one by one and kept as dead letters; their good "
    "neighbours are accepted. 202 is answered only after Kafka has acknowledged all of it. `row` "
    "is the line of the body, of a JSON array the element, from 1. Text in UTF-16 is read as well. "
    "With an `Idempotency-Key` a "
    "batch may be sent again at will for 24 hours: it gets its first answer again and is not "
    "counted twice. Without one, send a failed batch again all the same: where the feed has a "
    "`source_id`, its events keep their ids."
)


def _text(**more: Any) -> dict[str, Any]:
    return {"type": "string", **more}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _answer(description: str, schema: str) -> dict[str, Any]:
    return {"description": description, "content": {JSON: {"schema": _ref(schema)}}}


def _parameter(name: str, where: str, description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": where,
        "required": where == "path",
        "description": description,
        "schema": _text(),
    }


_ROW = {"type": "object", "description": "in the department's own fields, as the feed maps them"}
_PUSH = {
    "operationId": "push",
    "summary": "Push events of a feed",
    "description": _ABOUT,
    "security": [{"bearer": []}, {"apiKey": []}],
    "parameters": [
        _parameter("feed", "path", "id of the feed"),
        _parameter("Idempotency-Key", "header", "name of this batch, for example a UUID"),
        _parameter("Content-Encoding", "header", "gzip, or nothing"),
    ],
    "requestBody": {
        "required": True,
        "content": {
            JSON: {"schema": {"oneOf": [_ROW, {"type": "array", "items": _ROW}]}},
            NDJSON: {"schema": _text(description="one JSON object a line")},
            CSV: {
                "schema": _text(description="with a header line; charset may be gb18030, cp1252")
            },
            "text/tab-separated-values": {"schema": _text(description="as CSV; also text/plain")},
        },
    },
    "responses": {
        "202": _answer("what was accepted and what was not", "Report"),
        **{status: _answer(text, "Error") for status, text in ERRORS.items()},
    },
}
_COUNTS = {
    "rows": "rows of the body, each counted once, by its first event: accepted, known, outdated, "
    "rejected and skipped are all of them",
    "accepted": "rows that are events now",
    "known": "rows that had been delivered before, just the same: they change nothing",
    "outdated": "rows of whose record a newer version had been delivered: they change nothing",
    "changed": "accepted rows whose source_id is known with another content",
    "beyond_horizon": "accepted rows that are older than the feed's records are known for "
    "(`resends`): whether they were delivered before nobody can say",
    "rejected": "rows that are dead letters now",
    "skipped": "rows that are neither, as the feed wants it; the words below say why",
    "expired": "rows that are older than such events are kept: rejected, or skipped where the "
    "feed says so",
    "late": "accepted rows that came later than the feed's allowed lateness",
}
_PLACES = {
    ZERO: "rows at 0, 0: kept without their position, unless the feed says otherwise",
    OUTSIDE: "rows outside of the city: the same",
    SWAPPED: "rows whose longitude and latitude are swapped: rejected",
    FAR: "rows far from the area that they state: kept as they are",
}
_FURTHER = {
    "accepted": "further events of accepted or known rows that are events now",
    "known": "those that had been delivered before, just the same",
    "outdated": "those of whose record a newer version had been delivered",
    "changed": "accepted ones that are known with another content",
    "beyond_horizon": "accepted ones that are older than the feed's records are known for",
    "rejected": "those that are dead letters now, although their rows are accepted or known",
    "skipped": "those that are neither: too old to be kept",
}
_SCHEMAS = {
    "Report": _object(
        **{name: {"type": "integer", "description": text} for name, text in _COUNTS.items()},
        places=_object(
            **{word: {"type": "integer", "description": text} for word, text in _PLACES.items()}
        ),
        further=_object(
            **{word: {"type": "integer", "description": text} for word, text in _FURTHER.items()}
        ),
        reasons={
            "type": "array",
            "maxItems": MOST_REASONS + 1,
            "description": "why rows were rejected, what is most often first",
            "items": _object(
                field=_text(), reason=_text(), rows={"type": "integer"}, example=_text()
            ),
        },
        warnings={
            "type": "array",
            "items": _text(),
            "description": "what is wrong with the batch as a whole, and what to do",
        },
        batch=_text(description="the Idempotency-Key, or a name made for the batch"),
        rejects={
            "type": "array",
            "maxItems": SHOWN,
            "items": _object(row={"type": "integer"}, field=_text(), reason=_text()),
        },
    ),
    "Error": _object(error=_object(code=_text(), message=_text(), remedy=_text())),
}


def _plain(summary: str, media: str = JSON) -> dict[str, Any]:
    answers = {"200": {"description": summary, "content": {media: {"schema": {}}}}}
    return {"get": {"summary": summary, "responses": answers}}


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "City brain: push door", "version": "1"},
    "paths": {
        "/v1/feeds/{feed}/events": {"post": _PUSH},
        "/healthz": _plain("Whether the gateway lives, and whether it takes events now"),
        "/readyz": _plain("The same, with status 503 while it takes none"),
        "/metrics": _plain("Measures for Prometheus", "text/plain"),
    },
    "components": {
        "schemas": _SCHEMAS,
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer"},
            "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        },
    },
}


def _code(text: str) -> str:
    """Return `text` as HTML, what is between backticks as code."""
    parts = html.escape(text).split("`")
    return "".join(f"<code>{p}</code>" if at % 2 else p for at, p in enumerate(parts))


_EXAMPLE = """curl http://127.0.0.1:18080/v1/feeds/FEED/events \\
  -H "Authorization: Bearer $KEY" -H "Content-Type: application/x-ndjson" \\
  -H "Idempotency-Key: $(uuidgen)" --data-binary @events.ndjson"""
_COUNTED = "".join(f"<tr><td>{w}<td>{_code(t)}" for w, t in (_COUNTS | _PLACES).items())
_ROWS = "".join(f"<tr><td>{code}<td>{_code(text)}" for code, text in ERRORS.items())
PAGE = f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Push door</title>
<style>body{{font:16px/1.5 sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}}
pre{{background:#eee;padding:1rem;overflow:auto}}td{{padding:.2rem 1rem .2rem 0}}</style>
<h1>Push events of a feed</h1><p><code>POST /v1/feeds/{{feed}}/events</code>:
{", ".join(f"<code>{kind}</code>" for kind in (JSON, NDJSON, CSV))}, also packed with gzip.
<pre>{html.escape(_EXAMPLE)}</pre><p>{_code(_ABOUT)}<h2>Answers</h2>
<table><tr><td>202<td>{", ".join(_SCHEMAS["Report"]["properties"])}; rejects are the first {SHOWN}
{_ROWS}</table>
<h2>What is counted</h2><table>{_COUNTED}</table>
<p>For machines: <a href="/openapi.json">openapi.json</a>."""
