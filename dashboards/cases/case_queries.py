"""The SQL of the case desk: typed arguments in, records out, values always bound.

Tables that keep the newest row of each id do so only once ClickHouse has merged them; each query
therefore picks the newest by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
from clickhouse_connect.driver.client import Client

from citybrain.cases.records import Case, CaseStep
from citybrain.workflow.scope import Scope, ScopeColumns

CASES = ScopeColumns("concerned", "area")
"""Whom a row of table ``cases`` concerns."""
_CASE = msgspec.json.Decoder(Case)
_STEP = msgspec.json.Decoder(CaseStep)


class SearchWord(NamedTuple):
    """One word that somebody looks for, with all that it may stand for.

    Attributes:
        text: as it was typed; found in numbers, titles and texts.
        kinds, areas: ids of kinds, codes of areas that are called so.
    """

    text: str
    kinds: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()


def case(client: Client, name: str, scope: Scope) -> Case | None:
    """Return a case by its id or its number; None where there is none that `scope` may see."""
    seen, values = scope.condition(CASES)
    sql = f"""
        SELECT case_record FROM cases WHERE (id = {{name:String}} OR number = {{name:String}})
            AND {seen} ORDER BY version DESC LIMIT 1"""  # noqa: S608 the condition binds its values
    rows = _rows(client, sql, name=name, **values)
    return _CASE.decode(rows[0][0]) if rows else None


def cases(client: Client, ids: Sequence[str], scope: Scope) -> list[Case]:
    """Return those of the cases `ids` that `scope` may see."""
    if not ids:
        return []
    seen, values = scope.condition(CASES)
    sql = f"""
        SELECT case_record FROM cases FINAL WHERE id IN {{ids:Array(String)}} AND {seen}
        ORDER BY number"""  # noqa: S608 the condition binds its values
    return [_CASE.decode(row[0]) for row in _rows(client, sql, ids=list(ids), **values)]


def steps(client: Client, case_id: str, limit: int) -> list[CaseStep]:
    """Return the last steps of a case's life, oldest first."""
    sql = """
        SELECT change FROM case_changes WHERE case_record = {id:String}
        ORDER BY version DESC, kafka_offset DESC LIMIT 1 BY version LIMIT {limit:UInt32}"""
    rows = _rows(client, sql, id=case_id, limit=limit)
    return [_STEP.decode(row[0]) for row in reversed(rows)]


def closed_cases(
    client: Client, ends: Iterable[str], words: Sequence[SearchWord], scope: Scope, limit: int
) -> list[Case]:
    """Return the cases that were closed last and in which all `words` are found, newest first.

    Args:
        client: of the store.
        ends: stages that end, each as ``workflow/stage``.
        words: what is looked for; none: everything.
        scope: of who asks.
        limit: how many at most.
    """
    seen, values = scope.condition(CASES)
    found, given = _looked_for(words)
    sql = f"""
        SELECT case_record FROM cases FINAL
        WHERE concat(workflow, '/', stage) IN {{ends:Array(String)}} AND {seen} AND {found}
        ORDER BY updated_at DESC LIMIT {{limit:UInt32}}"""  # noqa: S608 all values are bound
    rows = _rows(client, sql, ends=list(ends), limit=limit, **values, **given)
    return [_CASE.decode(row[0]) for row in rows]


def last_closed(client: Client, scope: Scope, limit: int) -> list[Case]:
    """Return the cases that were closed last, and that `scope` may see, newest first."""
    seen, values = scope.condition(CASES)
    sql = f"""
        SELECT case_record FROM cases FINAL WHERE closed_at IS NOT NULL AND {seen}
        ORDER BY updated_at DESC LIMIT {{limit:UInt32}}"""  # noqa: S608  bound
    return [_CASE.decode(row[0]) for row in _rows(client, sql, limit=limit, **values)]


def _looked_for(words: Sequence[SearchWord]) -> tuple[str, dict[str, Any]]:
    parts, given = ["1"], dict[str, Any]()
    for n, word in enumerate(words):
        given |= {f"w{n}": word.text, f"k{n}": list(word.kinds), f"a{n}": list(word.areas)}
        parts.append(
            f"(positionCaseInsensitiveUTF8(concat(number, ' ', title), {{w{n}:String}}) > 0"
            f" OR kind IN {{k{n}:Array(String)}}"
            f" OR arrayExists(code -> startsWith(area, code), {{a{n}:Array(String)}}))"
        )
    return " AND ".join(parts), given


def _rows(client: Client, sql: str, **parameters: Any) -> Sequence[Sequence[Any]]:
    return client.query(sql, parameters=parameters).result_rows
