"""The layout of a snapshot of the cases on city.case-snapshots: msgpack, in parts.

Whoever follows `city.cases` begins with it: the owner after a restart, desks and walls.
"""

from __future__ import annotations

from datetime import datetime
from sys import intern

import msgspec
from msgspec.structs import replace

from citybrain.cases.clock_facts import ClockFact
from citybrain.cases.records import Case

_CASE = msgspec.msgpack.Decoder(Case)


class CasesSnapshot(msgspec.Struct, frozen=True):
    """A snapshot: open cases and those closed of late, and from where commands are read on."""

    cases: list[Case]
    commands: int


class _PackedCases(msgspec.Struct, frozen=True):
    """The same, its cases not read yet."""

    cases: list[msgspec.Raw]
    commands: int


def read_cases_snapshot(state: bytes) -> CasesSnapshot:
    """Return what a snapshot holds; cases share the words that they have in common.

    One case after the other: words of which there are hundreds of thousands take no memory first.

    Raises:
        MsgspecError: it is none.
    """
    packed = msgspec.msgpack.decode(state, type=_PackedCases)
    cases = [_sharing(_CASE.decode(one)) for one in packed.cases]
    return CasesSnapshot(cases, packed.commands)


def _sharing(case: Case) -> Case:
    instants: dict[datetime, datetime] = {}
    return replace(
        case,
        state=intern(case.state),
        stage=intern(case.stage),
        workflow=intern(case.workflow),
        kind=intern(case.kind),
        area=intern(case.area),
        unit=intern(case.unit),
        handler=intern(case.handler),
        person=intern(case.person),
        touched_by=intern(case.touched_by),
        touched_what=intern(case.touched_what),
        concerned=tuple([intern(one) for one in case.concerned]),
        clock=tuple([_sharing_fact(one, instants) for one in case.clock]),
    )


def _sharing_fact(fact: ClockFact, instants: dict[datetime, datetime]) -> ClockFact:
    return replace(
        fact,
        at=instants.setdefault(fact.at, fact.at),
        limit=intern(fact.limit),
        reason=intern(fact.reason),
        kind=intern(fact.kind),
        condition=intern(fact.condition),
    )
