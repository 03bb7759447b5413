"""Bring the store's schema to what the code needs: numbered steps, each applied once, recorded.

The steps stand in the tables' own files (`sinks.table.Migration`). A step that was applied is
history: to change a table, add a step with the next free number. Two sinks may start at once: every
statement is idempotent, and each sink goes on only when it has seen all of them through.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError

from citybrain.floor.errors import CityBrainError
from sinks.table import Migration, Table

log = structlog.get_logger(__name__)


class SchemaError(CityBrainError):
    """The steps of the schema are wrong, or not those that the store was made with."""


_RECORD = Migration(
    0,
    "create schema_migrations",
    (
        """CREATE TABLE IF NOT EXISTS schema_migrations {cluster} (
    number UInt32,
    name String,
    checksum String,
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
) ENGINE = {engine}ReplacingMergeTree ORDER BY number""",
    ),
)


@dataclass(frozen=True)
class Dialect:
    """What the DDL templates are filled with.

    Attributes:
        time_zone: the city's IANA zone.
        cluster: ClickHouse cluster whose replicas all hold the tables; "": one server.
    """

    time_zone: str
    cluster: str = ""

    def render(self, template: str) -> str:
        """Return the statement that `template` stands for."""
        filled = {
            "{time_zone}": self.time_zone,
            "{cluster}": f"ON CLUSTER `{self.cluster}`" if self.cluster else "",
            "{engine}": "Replicated" if self.cluster else "",
            "{window}": ("" if self.cluster else "non_") + "replicated_deduplication_window",
        }
        for name, text in filled.items():
            template = template.replace(name, text)
        return template

    def checksum(self, step: Migration) -> str:
        """Return a hash of all that decides what `step` makes."""
        text = "\n;\n".join(self.render(template) for template in step.statements)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def collect(tables: Mapping[str, Table]) -> list[Migration]:
    """Return the steps of all `tables`, in order of their numbers.

    Raises:
        SchemaError: two steps have the same number.
    """
    steps: dict[int, tuple[str, Migration]] = {}
    module = {one.name: table.name for table in tables.values() for one in table.derived}
    for table in tables.values():
        file = module.get(table.name, table.name)
        for step in table.migrations:
            if step.number in steps:
                problem = f"step {step.number} is also in sinks/tables/{steps[step.number][0]}.py"
                free = max(steps) + 1
                raise SchemaError(
                    f"sinks/tables/{file}.py: {step.name!r}: {problem}; "
                    f"take a number that is free, from {free}"
                )
            steps[step.number] = (file, step)
    return [step for _, (_, step) in sorted(steps.items())]


def plan(steps: list[Migration], applied: Mapping[int, str], dialect: Dialect) -> list[Migration]:
    """Return those of `steps` that are not among `applied` (number → checksum).

    Raises:
        SchemaError: a step was changed after it had been applied.
    """
    for step in steps:
        before = applied.get(step.number)
        if before not in {None, dialect.checksum(step)}:
            problem = f"it was changed after it had been applied (then {before}"
            raise SchemaError(
                f"store: migration {step.number} {step.name!r}: {problem}, now "
                f"{dialect.checksum(step)}); undo the change, and add a step with a new number"
            )
    return [step for step in steps if step.number not in applied]


def migrate(client: Client, tables: Mapping[str, Table], dialect: Dialect) -> list[Migration]:
    """Apply the steps that the store lacks, and return them.

    Raises:
        SchemaError: a step was changed after it had been applied, or the store refuses one.
    """
    _apply(client, _RECORD, dialect)
    found = client.query("SELECT number, checksum FROM schema_migrations FINAL").result_rows
    missing = plan(collect(tables), {int(n): str(text) for n, text in found}, dialect)
    for step in missing:
        _apply(client, step, dialect)
        record = [[step.number, step.name, dialect.checksum(step)]]
        client.insert("schema_migrations", record, column_names=["number", "name", "checksum"])
        log.info("schema_migrated", number=step.number, name=step.name)
    return missing


def _apply(client: Client, step: Migration, dialect: Dialect) -> None:
    for template in step.statements:
        try:
            client.command(dialect.render(template))
        except OperationalError:
            raise
        except DatabaseError as error:
            problem = f"store: migration {step.number} {step.name!r}: refused: {error}"
            raise SchemaError(f"{problem}; mend the statement in sinks/tables") from error
