"""The engine's own grants, without the guard before them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.repository import ROOT

pytestmark = pytest.mark.services
ASK = """
import sys
from pathlib import Path
from chdb.state.sqlitelike import Connection
from citybrain.roof.local.chdb_pool import Limits
from citybrain.roof.local.engine_config import write_config
folder = Path(sys.argv[1])
write_config(folder / "rights.xml")
connection = Connection(Limits().connection_string(folder / "store", folder / "rights.xml"))
for sql in sys.stdin.read().split("\\n"):
    try:
        connection.query(sql)
        print("done")
    except RuntimeError as error:
        print("denied" if "ACCESS_DENIED" in str(error) else error)
"""
DENIED = (
    "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    "SELECT * FROM default.`/etc/passwd`",
    "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
    "SELECT * FROM remote('127.0.0.1', system.one)",
    "SELECT * FROM sqlite('/x.db', 't')",
    "INSERT INTO FUNCTION file('/tmp/x', 'TSV', 'a UInt8') SELECT 1",
    "CREATE TABLE x (a String) ENGINE = File(TSV)",
    "CREATE TABLE x (a String) ENGINE = URL('http://127.0.0.1:1/', TSV)",
    "CREATE FUNCTION x AS (a) -> a",
    "CREATE USER x",
    "CREATE DICTIONARY x (a UInt8) PRIMARY KEY a SOURCE(NULL()) LAYOUT(FLAT()) LIFETIME(0)",
    "SYSTEM SHUTDOWN",
    "BACKUP DATABASE system TO File('/tmp/x')",
)
DONE = (
    "CREATE DATABASE city",
    "CREATE TABLE city.x (a UInt8) ENGINE = ReplacingMergeTree ORDER BY a",
    "INSERT INTO city.x SELECT number FROM numbers(3)",
    "ALTER TABLE city.x ADD COLUMN b String",
    "CREATE VIEW city.v AS SELECT * FROM city.x",
    "OPTIMIZE TABLE city.x FINAL",
    "DROP DATABASE city SYNC",
)


def test_its_one_user_reaches_neither_files_nor_other_machines(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-c", ASK, str(tmp_path)],
        cwd=ROOT,
        input="\n".join(DENIED + DONE),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert said == ["denied"] * len(DENIED) + ["done"] * len(DONE)
