"""What the local store lets nobody say, in as many spellings as came to mind."""

# ruff: noqa: S608  statements that must not be carried out
from __future__ import annotations

import re

import pytest
from clickhouse_connect.driver.client import Client
from hypothesis import given
from hypothesis import strategies as st

from citybrain.floor import store
from citybrain.floor.settings import Settings
from citybrain.roof.local.statement_guard import (
    StatementRefused,
    StoreRole,
    check_database,
    check_format,
    check_settings,
    check_statement,
)
from citybrain.roof.local.statement_lists import REFUSED_CALLS, TABLE_FUNCTIONS

READER, WRITER = StoreRole.READER, StoreRole.WRITER
PASSWD = "'/etc/passwd'"  # noqa: S105  no secret
FILE = f"file({PASSWD}, 'LineAsString', 'line String')"

# What no role may say.
HOSTILE = (
    f"SELECT * FROM {FILE}",
    f"SELECT file({PASSWD})",
    f"select FILE({PASSWD})",
    f"SELECT `file`({PASSWD})",
    f'SELECT "file"({PASSWD})',
    f"SELECT file\n\t({PASSWD})",
    f"SELECT file/* x */({PASSWD})",
    f"SELECT file-- x\n({PASSWD})",
    f"SELECT file /* /* */ ({PASSWD})",
    f"SELECT '/* ', file({PASSWD}), ' */'",
    f"SELECT '\\'', file({PASSWD}) -- '",
    f"SELECT '''', file({PASSWD})",
    f'SELECT "a" AS "b", file({PASSWD})',
    f"SELECT `a\\` , file({PASSWD}), `\\`",
    f"SELECT $$ ' $$, file({PASSWD}), $$ ' $$",
    f"SELECT $a$ ' $a$, file({PASSWD})",
    f"SELECT 1 # '\n, file({PASSWD}) # '",
    f"SELECT 1 #! '\n, file({PASSWD})",
    f"SELECT ‘a’, file({PASSWD})",
    f"SELECT\u00a0file({PASSWD})",
    f"SELECT \ufefffile({PASSWD})",
    f"SELECT fi\u200ble({PASSWD})",
    f"SELECT 1\0, file({PASSWD})",
    "SELECT '\0', 1",
    f"SELECT 1; SELECT file({PASSWD})",
    "SELECT 1; DROP TABLE events",
    "SELECT 1;; INSERT INTO events SELECT 1",
    f"SELECT 1 UNION ALL SELECT count() FROM {FILE}",
    f"SELECT (SELECT count() FROM {FILE})",
    f"SELECT 1 WHERE 1 IN (SELECT 1 FROM {FILE})",
    f"SELECT 1 WHERE 'x' IN file({PASSWD})",
    f"WITH x AS (SELECT * FROM {FILE}) SELECT * FROM x",
    f"WITH file({PASSWD}) AS x SELECT x",
    f"SELECT * FROM (SELECT * FROM ({FILE}))",
    f"SELECT * FROM events AS a JOIN {FILE} AS b ON 1 = 1",
    f"SELECT * FROM events ARRAY JOIN [file({PASSWD})] AS x",
    f"(SELECT * FROM {FILE})",
    f"SELECT arrayMap(x -> file(x), [{PASSWD}])",
    f"SELECT * FROM view(SELECT * FROM {FILE})",
    f"SELECT * FROM loop({FILE})",
    f"EXPLAIN SELECT * FROM {FILE}",
    f"EXPLAIN ESTIMATE SELECT * FROM {FILE}",
    f"DESCRIBE TABLE {FILE}",
    f"DESC {FILE}",
    f"DESCRIBE {PASSWD}",
    f"SELECT * FROM {PASSWD}",
    "SELECT * FROM `/etc/passwd`",
    'SELECT * FROM "/etc/passwd"',
    "SELECT * FROM default.`/etc/passwd`",
    "SELECT * FROM `../secrets/session.key`",
    f"SELECT * FROM events JOIN {PASSWD} AS b ON 1 = 1",
    f"SELECT * FROM events WHERE 1 IN {PASSWD}",
    "SELECT * FROM {t:Identifier}",
    "SELECT * FROM {t : Identifier}",
    "SELECT {f:String}('/etc/passwd')",
    "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
    "SELECT * FROM URL('http://127.0.0.1:1/')",
    "SELECT * FROM urlCluster('c', 'http://127.0.0.1:1/')",
    "SELECT * FROM s3('http://127.0.0.1:1/b/k')",
    "SELECT * FROM s3Cluster('c', 'http://127.0.0.1:1/b/k')",
    "SELECT * FROM hdfs('hdfs://h/x')",
    "SELECT * FROM remote('127.0.0.1', system.one)",
    "SELECT * FROM remoteSecure('127.0.0.1', system.one)",
    "SELECT * FROM cluster('c', system.one)",
    "SELECT * FROM clusterAllReplicas('c', system.one)",
    "SELECT * FROM mysql('h', 'd', 't', 'u', 'p')",
    "SELECT * FROM postgresql('h', 'd', 't', 'u', 'p')",
    "SELECT * FROM sqlite('/x.db', 't')",
    "SELECT * FROM mongodb('h', 'd', 't', 'u', 'p')",
    "SELECT * FROM redis('h', 'k', 'k String')",
    "SELECT * FROM jdbc('x', 'y')",
    "SELECT * FROM odbc('x', 'y', 'z')",
    "SELECT * FROM executable('x.sh', 'TSV', 'a String')",
    "SELECT * FROM python('x')",
    "SELECT * FROM Python(x)",
    "SELECT * FROM icebergLocal('/x')",
    "SELECT * FROM deltaLakeLocal('/x')",
    "SELECT * FROM filesystem('/')",
    "SELECT * FROM fileCluster('c', '/etc/passwd')",
    "SELECT * FROM merge('system', '.*')",
    "SELECT * FROM dictionary('x')",
    "SELECT dictGet('x', 'y', 1)",
    "SELECT hasColumnInTable('h:1', 'u', 'p', 'd', 't', 'c')",
    "SELECT aiGenerate('x')",
    "SELECT reverseDNSQuery('x')",
    "SELECT getClientHTTPHeader('authorization')",
    "SELECT catboostEvaluate('/x', 1)",
    "SELECT showCertificate()",
    "SELECT 1 INTO OUTFILE '/tmp/x'",
    "SELECT 1 INTO/**/OUTFILE '/tmp/x'",
    "SELECT 1 into outfile '/tmp/x' TRUNCATE FORMAT TSV",
    "INSERT INTO events FROM INFILE '/etc/passwd' FORMAT LineAsString",
    f"INSERT INTO FUNCTION {FILE} SELECT 1",
    f"INSERT INTO TABLE FUNCTION {FILE} SELECT 1",
    f"INSERT INTO TABLE /* */ FUNCTION {FILE} VALUES ('x')",
    "INSERT INTO FUNCTION url('http://127.0.0.1:1/') SELECT 1",
    "INSERT INTO FUNCTION remote('127.0.0.1', default.x) SELECT 1",
    f"INSERT INTO events SELECT * FROM {FILE}",
    f"WITH 1 AS x INSERT INTO FUNCTION {FILE} SELECT x",
    f"INSERT INTO events VALUES (file({PASSWD}))",
    "CREATE TABLE x (a String) ENGINE = File('LineAsString')",
    "CREATE TABLE x (a String) ENGINE File(TSV, '/x')",
    "CREATE TABLE x (a String) ENGINE = `File`(TSV)",
    "CREATE TABLE x (a String) /* */ engine\n=\nURL('http://127.0.0.1:1/', TSV)",
    "CREATE TABLE x (a String) ENGINE = Kafka('h', 't', 'g', 'TSV')",
    "CREATE TABLE x (a String) ENGINE = MySQL('h', 'd', 't', 'u', 'p')",
    "CREATE TABLE x (a String) ENGINE = Distributed('c', 'd', 't')",
    "CREATE TABLE x (a String) ENGINE = Merge('system', '.*')",
    "CREATE TABLE x (a String) ENGINE = Executable('x.sh', TSV)",
    "CREATE TABLE x (a UInt8) ENGINE = MergeTree ORDER BY a"
    " SETTINGS disk = disk(type = local, path = '/tmp/x/')",
    "CREATE TABLE x (a UInt8) ENGINE = MergeTree ORDER BY a SETTINGS storage_policy = 'x'",
    f"CREATE TABLE x AS {FILE}",
    f"CREATE TABLE x ENGINE = Memory AS SELECT * FROM {FILE}",
    f"CREATE VIEW x AS SELECT * FROM {FILE}",
    f"CREATE MATERIALIZED VIEW x TO y AS SELECT file({PASSWD}) FROM events",
    "CREATE DATABASE x ENGINE = Filesystem('/')",
    "CREATE DATABASE x ENGINE = MySQL('h', 'd', 'u', 'p')",
    "CREATE DATABASE x ENGINE = Backup('x', Disk('y', 'z'))",
    "CREATE FUNCTION x AS (a) -> a",
    "CREATE DICTIONARY x (a UInt8) PRIMARY KEY a SOURCE(FILE(path '/x' format 'TSV'))",
    "CREATE TEMPORARY TABLE x (a UInt8)",
    "CREATE USER x",
    "CREATE NAMED COLLECTION x AS a = 1",
    "CREATE OR REPLACE TABLE x (a UInt8) ENGINE = Memory",
    "ATTACH TABLE x FROM '/x' (a UInt8) ENGINE = Memory",
    "DETACH TABLE events",
    "SYSTEM SHUTDOWN",
    "SYSTEM STOP MERGES",
    "SYSTEM RELOAD CONFIG",
    "SET readonly = 0",
    "USE system",
    "GRANT ALL ON *.* TO default",
    "BACKUP TABLE events TO File('/x')",
    "RESTORE TABLE events FROM File('/x')",
    "KILL QUERY WHERE 1",
    "ALTER TABLE events FREEZE",
    "ALTER TABLE events FETCH PARTITION 'x' FROM '/y'",
    "ALTER TABLE events MOVE PARTITION 'x' TO DISK 'y'",
    "ALTER TABLE events MODIFY SETTING storage_policy = 'x'",
    f"ALTER TABLE events UPDATE text = file({PASSWD}) WHERE 1",
    f"DELETE FROM events WHERE text = file({PASSWD})",
    "SELECT * FROM system.processes",
    "SELECT * FROM system.users",
    "SELECT * FROM system.named_collections",
    "SELECT * FROM system.query_log",
    "SELECT * FROM `system`.`processes`",
    'SELECT * FROM "system" /* */ . "processes"',
    "SELECT * FROM SYSTEM.processes",
    "SELECT * FROM system -- x\n.processes",
    "SELECT * FROM INFORMATION_SCHEMA.tables AS t, system.disks",
    "SELECT 1 SETTINGS readonly = 0",
    "SELECT 1 SETTINGS max_threads = 1, readonly = 0",
    "SELECT 1 SETTINGS `readonly` = 0",
    "SELECT 1 SETTINGS max_threads = 1 /* */ , allow_ddl = 1",
    "SELECT 1 SETTINGS format_schema = '/etc/passwd:x'",
    "SELECT 1 SETTINGS additional_table_filters = {'x': 'y'}, readonly = 0",
    "SELECT 1 FORMAT Template SETTINGS format_template_resultset = '/etc/passwd'",
    "SELECT 1 FORMAT Template",
    "SELECT 1 FORMAT SQLInsert",
    "SELECT * FROM (SELECT 1 SETTINGS dialect = 'kusto')",
    "",
    "-- nothing",
    "/* SELECT 1 */",
    "SELECT 1 /* never ends",
    "SELECT 'never ends",
    "SHOW GRANTS",
    "CHECK TABLE events",
)
# What the writer may say, and the reader may not.
CHANGES = (
    "INSERT INTO events SELECT * FROM events",
    "INSERT INTO events VALUES (1, 'FORMAT x')",
    "CREATE TABLE IF NOT EXISTS x (a UInt8) ENGINE = MergeTree ORDER BY a"
    " SETTINGS non_replicated_deduplication_window = 100",
    "CREATE TABLE x AS events",
    "CREATE VIEW v AS SELECT * FROM events",
    "CREATE MATERIALIZED VIEW IF NOT EXISTS v TO x AS SELECT * FROM events",
    "CREATE DATABASE IF NOT EXISTS `city`",
    "DROP TABLE x SYNC",
    "TRUNCATE TABLE x",
    "OPTIMIZE TABLE x FINAL",
    "DELETE FROM x WHERE 1",
    "ALTER TABLE x ADD COLUMN IF NOT EXISTS b Map(String, String) CODEC(ZSTD(1)) AFTER a",
    "ALTER TABLE x MODIFY TTL toDateTime(a) + toIntervalDay(3)",
    "ALTER TABLE x MODIFY SETTING materialize_ttl_recalculate_only = 1",
    "ALTER TABLE x ATTACH PARTITION ID 'p' FROM y",
    "ALTER TABLE x DROP PARTITION ID 'p'",
)
READS = (
    "SELECT 1",
    "SELECT 1;",
    "(SELECT 1) UNION ALL (SELECT 2)",
    "-- ours\nWITH 1 AS x SELECT x /* file('x') */",
    "SELECT 'file(''/etc/passwd'')', '/* ', \"file\" FROM events",
    "SELECT count() FROM events WHERE kind IN ('a', 'b') AND subject = {s:String}",
    "SELECT {x:Array(String)}, toDateTime64({t:DateTime64(3, 'UTC')}, 3)",
    "SELECT name FROM system.tables WHERE database = currentDatabase()",
    "SELECT name, value, readonly as readonly FROM system.settings WHERE 1",
    "SELECT version(), timezone()",
    "SELECT * FROM events FINAL LIMIT 5 BY feed SETTINGS max_threads = 2 FORMAT Native",
    "SELECT sum(n) FROM numbers(3)",
    "SELECT '街道' AS `街道`, \"a b\", text ILIKE '%积水\\_%' FROM events",
    "DESCRIBE TABLE `events`",
    "EXISTS TABLE events",
)


@pytest.mark.parametrize("sql", HOSTILE)
@pytest.mark.parametrize("role", list(StoreRole))
def test_nobody_reaches_out_of_the_tables(sql: str, role: StoreRole) -> None:
    with pytest.raises(StatementRefused):
        check_statement(sql, role)


@pytest.mark.parametrize("sql", CHANGES)
def test_changes_are_for_who_writes(sql: str) -> None:
    check_statement(sql, WRITER)
    with pytest.raises(StatementRefused):
        check_statement(sql, READER)


@pytest.mark.parametrize("sql", READS)
@pytest.mark.parametrize("role", list(StoreRole))
def test_questions_are_for_both(sql: str, role: StoreRole) -> None:
    check_statement(sql, role)


@pytest.mark.parametrize("name", ["readonly", "allow_ddl", "dialect", "format_schema", "Readonly"])
@pytest.mark.parametrize("role", list(StoreRole))
def test_settings_that_widen_are_refused(name: str, role: StoreRole) -> None:
    with pytest.raises(StatementRefused):
        check_settings([name], role)


@pytest.mark.parametrize("name", ["Template", "Protobuf", "DataFrame", "dataframe", "", "x y"])
def test_formats_that_need_files_or_run_code_are_refused(name: str) -> None:
    with pytest.raises(StatementRefused):
        check_format(name)


@pytest.mark.parametrize("name", ["system", "SYSTEM", "information_schema", "/etc", "a`b", ""])
def test_the_engines_own_databases_are_refused(name: str) -> None:
    with pytest.raises(StatementRefused):
        check_database(name)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT " + "settings " * 50_000,
        "SELECT '" + "\\'" * 200_000,
        "SELECT /*" + " *" * 200_000,
        "SELECT " + "1," * 10_000_000 + "1",
        "/* x */ " * 60_000 + f"SELECT file({PASSWD})",
    ],
    ids=lambda sql: sql[:20],
)
def test_a_long_statement_is_refused_in_linear_time(sql: str) -> None:
    with pytest.raises(StatementRefused):
        check_statement(sql, READER)


PIECES = st.sampled_from(
    ["'", '"', "`", "\\", "/*", "*/", "--", "\n", "#", "$$", ";", " ", "x", "''", "\0", "‘", ","]
)


@given(st.lists(PIECES, max_size=9), st.lists(PIECES, max_size=9))
def test_no_quotes_and_comments_hide_a_call(before: list[str], after: list[str]) -> None:
    """Whatever is around it: what passes has the call inside a text, a name or a comment."""
    sql = f"SELECT {''.join(before)} file('x') {''.join(after)}"
    try:
        check_statement(sql, READER)
    except StatementRefused:
        return
    rest = re.sub(r"""--[^\n]*|/\*.*?\*/|'(\\.|[^'\\])*'|"[^"]*"|`[^`]*`""", " ", sql, flags=re.S)
    assert "file" not in rest


@pytest.fixture
def engine(store_settings: Settings) -> Client:
    return store.connect(store_settings)


def test_every_table_function_of_the_engine_is_judged(engine: Client) -> None:
    known = {
        str(name)
        for (name,) in engine.query("SELECT lower(name) FROM system.table_functions").result_rows
    }
    assert known > {"file", "url"}
    assert known <= REFUSED_CALLS | TABLE_FUNCTIONS
    assert not REFUSED_CALLS & TABLE_FUNCTIONS
