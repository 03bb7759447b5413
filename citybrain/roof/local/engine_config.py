"""What chDB itself allows: its one user gets neither sources nor engines that reach outside.

chDB runs every statement as ``default``; the grants of that user are the second wall behind
`statement_guard`, for what a statement might say that the guard does not see.
"""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

from citybrain.accounts import private_files

_GRANTS = (
    "GRANT SELECT, INSERT, DROP, TRUNCATE, OPTIMIZE, SHOW ON *.*",
    "GRANT CREATE DATABASE, CREATE TABLE, CREATE VIEW, UNDROP TABLE ON *.*",
    "GRANT ALTER UPDATE, ALTER DELETE, ALTER COLUMN, ALTER INDEX, ALTER PROJECTION, ALTER TTL, "
    "ALTER MATERIALIZE TTL, ALTER SETTINGS, ALTER ORDER BY, ALTER VIEW ON *.*",
    "GRANT SYSTEM TTL MERGES ON *.*",
    *(
        f"GRANT TABLE ENGINE ON {name}"
        for name in (
            *("MergeTree", "ReplacingMergeTree", "AggregatingMergeTree", "SummingMergeTree"),
            *("CollapsingMergeTree", "Memory", "Null", "View", "MaterializedView"),
        )
    ),
)

_MERGES = "<merge_tree><min_parts_to_merge_at_once>10</min_parts_to_merge_at_once></merge_tree>"
"""A merge costs as much for two small parts as for ten; an idle city makes two a second."""


def write_config(path: Path) -> None:
    """Write the engine's configuration to `path`, mode 0600."""
    grants = "".join(f"<query>{escape(grant)}</query>" for grant in _GRANTS)
    user = f"<password/><profile>default</profile><quota>default</quota><grants>{grants}</grants>"
    text = (
        f"<clickhouse>{_MERGES}<users_config>{escape(str(path))}</users_config>"
        "<profiles><default/></profiles><quotas><default/></quotas>"
        f"<users><default>{user}<networks><ip>::/0</ip></networks></default></users></clickhouse>\n"
    )
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    private_files.write(path, text.encode())
