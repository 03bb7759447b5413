"""The layout of a snapshot of the cases on city.case-snapshots: msgpack, in parts.

Whoever follows `city.cases` begins with it: the owner after a restart, desks and walls.
"""

from __future__ import annotations

import msgspec

from citybrain.cases.records import Case


class CasesSnapshot(msgspec.Struct, frozen=True):
    """A snapshot: open cases and those closed of late, and from where commands are read on."""

    cases: list[Case]
    commands: int
