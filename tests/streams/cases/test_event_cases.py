"""Records of feeds that become cases: once, moved by what their source says, no second entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec

from citybrain.cases.opening import CaseOpening, EventMatter
from citybrain.cases.records import Case
from citybrain.cases.workflow_files import CaseSetup, load_case_setup
from citybrain.city import load_city
from citybrain.floor.events import SCHEMA, Envelope, conform
from citybrain.floor.topics import CASES
from citybrain.workflow.command_seal import CommandSeal
from citybrain.workflow.commands import Command
from streams.cases.case_owner import CaseOwner
from streams.cases.event_cases import EventCases, case_of_record
from streams.windows.partials import EnvelopeAt
from tests.repository import WUHAI
from tests.streams.cases.test_case_owner import ENGINE, at

import pyarrow as pa  # isort: skip

SEAL = CommandSeal(b"k" * 32)
SETUP = load_case_setup(load_city(WUHAI))
DAY = 24 * 60
TICKETS = EventMatter(
    feeds=("hotline_tickets",),
    kinds=("hotline_request",),
    record="attrs.ticket",
    closed_by=("ticket_closed",),
    workflow="followed",
)


def setup_of(*events: EventMatter) -> CaseSetup:
    return replace(SETUP, cases=replace(SETUP.cases, events=events))


def row(minute: float, ident: int = 1, **given: Any) -> dict[str, Any]:
    """Return a record that is received as it occurs."""
    plain: dict[str, Any] = {
        "event_id": UUID(int=ident).bytes,
        "kind": "exposed_rubbish",
        "occurred_at": at(minute),
        "received_at": at(minute),
        "area": "150302003",
        "severity": 2,
        "text": "路口垃圾",
        "attrs": [],
        "origin": "live",
        "status": "open",
        "updated_at": at(minute),
        "sign": 1,
    }
    return plain | given


def envelope(feed: str, *rows: Mapping[str, Any]) -> EnvelopeAt:
    """Return rows as they stand on city.events."""
    whole = [
        {"feed": feed, "department": "sanitation", "theme": "city_management"} | {**one}
        for one in rows
    ]
    columns = {
        field.name: pa.array(
            [one.get(field.name) for one in whole], field.type.value_type
        ).dictionary_encode()
        if pa.types.is_dictionary(field.type)
        else pa.array([one.get(field.name) for one in whole], field.type)
        for field in SCHEMA
        if any(field.name in one for one in whole)
    }
    table = conform(pa.table(columns))
    return EnvelopeAt(0, 1, 0, 0, Envelope(feed, "sanitation", table))


def asked(found: Sequence[Command]) -> list[tuple[str, str]]:
    return [(one.action, one.details.get("status", "")) for one in found]


def carried(owner: CaseOwner, found: Sequence[Command]) -> Case:
    """Carry commands out; return the case of the last one."""
    for one in found:
        assert SEAL.refusal(one) is None
        outcome = owner.take_command(one, "c", one.at)
        assert [entry.reason for entry in outcome.audit] == [""]
        assert outcome.on(CASES)
    return owner.records[found[-1].target]


def test_a_record_becomes_one_case_and_its_closing_at_the_source_closes_it() -> None:
    cases = EventCases(setup_of(EventMatter(feeds=("street_matters",), workflow="followed")), SEAL)
    owner = CaseOwner(ENGINE)

    opened = cases.commands(envelope("street_matters", row(0)))
    case = carried(owner, opened)
    given = msgspec.json.decode(opened[0].record, type=CaseOpening)

    record = str(UUID(int=1))
    assert (case.id, case.workflow, case.stage, case.unit) == (
        case_of_record("street_matters", record),
        *("followed", "elsewhere", "sanitation"),
    )
    assert (given.source, given.outside, given.events) == (
        "event",
        {"street_matters": record},
        (record,),
    )
    moved = [row(0, sign=-1), row(30, occurred_at=at(0), status="open", text="已派单")]
    assert cases.commands(envelope("street_matters", *moved)) == []
    done = [row(30, sign=-1, occurred_at=at(0)), row(60, occurred_at=at(0), status="closed")]
    case = carried(owner, cases.commands(envelope("street_matters", *done)))
    assert (case.open, case.stage, case.legs[-1].closed_by) == (False, "closed", "engine")
    assert [one.what for one in case.flags] == ["reported"]
    again = [row(60, sign=-1, status="closed"), row(90, occurred_at=at(0), status="open")]
    assert asked(cases.commands(envelope("street_matters", *again))) == [("report", "open")]


def test_an_event_of_another_kind_for_the_same_matter_is_no_second_entry() -> None:
    cases = EventCases(setup_of(TICKETS), SEAL)
    owner = CaseOwner(ENGINE)
    ticket = {"attrs": [("ticket", "T-7")], "status": "", "updated_at": None}

    first = row(0, 1, kind="hotline_request", **ticket)
    closing = row(50, 2, kind="ticket_closed", text="已解决", **ticket)
    case = carried(owner, cases.commands(envelope("hotline_tickets", first, closing)))

    assert list(owner.records) == [case_of_record("hotline_tickets", "T-7")]
    assert (case.outside, case.answer, case.open) == (
        {"hotline_tickets": "T-7"},
        "已解决",
        False,
    )


def test_what_becomes_no_case_is_history_another_kind_another_feed_or_an_exercise() -> None:
    cases = EventCases(setup_of(TICKETS), SEAL)
    ticket = {"attrs": [("ticket", "T-7")], "status": "", "updated_at": None}
    good = row(0, kind="hotline_request", **ticket)

    assert asked(cases.commands(envelope("hotline_tickets", good))) == [("open", "")]
    for other in (
        {"received_at": at(3 * DAY + 1)},
        {"kind": "hotline_praise"},
        {"origin": "exercise"},
        {"attrs": []},
    ):
        assert cases.commands(envelope("hotline_tickets", good | other)) == []
    assert cases.commands(envelope("street_matters", good)) == []


def test_a_report_moves_a_case_of_ours_on_to_be_checked_and_never_twice() -> None:
    cases = EventCases(setup_of(EventMatter(feeds=("street_matters",))), SEAL)
    owner = CaseOwner(ENGINE)
    carried(owner, cases.commands(envelope("street_matters", row(0))))

    done = [row(0, sign=-1), row(60, occurred_at=at(0), status="closed")]
    case = carried(owner, cases.commands(envelope("street_matters", *done)))
    version = case.version
    for one in cases.commands(envelope("street_matters", *done)):
        owner.take_command(one, "c", one.at)

    assert (case.stage, case.open, case.claimed_at) == ("feedback", True, at(60))
    assert owner.records[case.id].version == version
