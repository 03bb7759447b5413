"""Tables beside the real ones, in which right rows are made before they take the place of wrong.

A sink has at most one for each table, under a name of its own, and makes it anew for each use: a
try that fails leaves nothing that the next one does not take away. What a dead sink left is swept.
That may hit one that is in use by another sink: that one's piece of repair fails, is found by its
next count and done again.
"""
# ruff: noqa: S608  names come from this package and from the store itself

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clickhouse_connect.driver.client import Client

from sinks.insert import UNBOUNDED


@dataclass(frozen=True)
class Scratch:
    """One sink's scratch tables. Blocks; every method raises what the client raises.

    Attributes:
        client: the store.
        owner: the sink; every start of a process is another owner.
    """

    client: Client
    owner: str

    def make(self, name: str) -> str:
        """Return the name of a new, empty table like table `name`."""
        scratch = self._of(name)
        self.drop(name)
        self.client.command(f"CREATE TABLE {scratch} AS {name}")
        return scratch

    def drop(self, name: str) -> None:
        """Take away what `make` made."""
        self.client.command(f"DROP TABLE IF EXISTS {self._of(name)} SYNC")

    def fill(self, name: str, columns: str, select: str, bound: Mapping[str, Any]) -> None:
        """Put what `select` gives into `columns` of the table that `make` made."""
        sql = f"INSERT INTO {self._of(name)} ({columns}) {select}"
        self.client.command(sql, parameters=dict(bound), settings=UNBOUNDED)

    def attach(self, name: str) -> None:
        """Put all rows of the scratch table into table `name`, past the views, and drop it.

        Partition by partition. Who is killed in the middle leaves some away; the next count finds
        it.
        """
        scratch = self._of(name)
        found = self.client.query(f"SELECT DISTINCT _partition_id FROM {scratch}").result_rows
        for (part,) in found:
            self.client.command(f"ALTER TABLE {name} ATTACH PARTITION ID '{part}' FROM {scratch}")
        self.drop(name)

    def _of(self, name: str) -> str:
        tag = hashlib.blake2b(self.owner.encode(), digest_size=4).hexdigest()
        return f"{name}_mend_{tag}"


def sweep(client: Client) -> int:
    """Drop all scratch tables, for who begins; return how many there were."""
    found = client.query(
        "SELECT name FROM system.tables WHERE database = currentDatabase()"
        " AND match(name, '_mend_[0-9a-f]{8}$')"
    ).result_rows
    for (name,) in found:
        client.command(f"DROP TABLE IF EXISTS {name} SYNC")
    return len(found)
