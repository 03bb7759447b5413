"""A command is believed as its desk signed it, and in no other form."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybrain.workflow.command_seal import CommandSeal
from citybrain.workflow.commands import Actor, Command
from citybrain.workflow.refusals import NOT_SIGNED

SEAL = CommandSeal(b"k" * 32)
AT = datetime(2026, 3, 2, 4, 0, 0, 123_456, tzinfo=UTC)
ACTOR = Actor(user="li", role="officer", departments=("police",), areas=("150302",))
COMMAND = Command(
    id="c1",
    action="silence",
    target="s1",
    actor=ACTOR,
    at=AT,
    expected=3,
    details={"comment": "积水", "into": "x"},
    record=msgspec.Raw(b'{"id": "s1", "ends_at": "2026-03-02T05:00:00Z"}'),
)
SIGNED = SEAL.signed(COMMAND)
replace = msgspec.structs.replace

# What is changed after the signature.
FORGERIES: dict[str, dict[str, Any]] = {
    "id": {"id": "c2"},
    "action": {"action": "approve_silence"},
    "target": {"target": "s2"},
    "user": {"actor": replace(ACTOR, user="wang")},
    "role": {"actor": replace(ACTOR, role="administrator")},
    "departments": {"actor": replace(ACTOR, departments=())},
    "areas": {"actor": replace(ACTOR, areas=("1503",))},
    "moved scope": {"actor": replace(ACTOR, departments=("police", "150302"), areas=())},
    "at": {"at": AT + timedelta(microseconds=1)},
    "expected": {"expected": None},
    "details": {"details": {"comment": "积水"}},
    "another detail": {"details": {"comment": "积水", "into": "x", "silence": "{}"}},
    "record": {"record": msgspec.Raw(b'{"id": "s1", "ends_at": "2027-03-02T05:00:00Z"}')},
    "no record": {"record": msgspec.Raw(b"null")},
    "schema": {"schema": 2},
    "noun": {"noun": "case"},
    "mac": {"mac": "0" * 64},
    "no mac": {"mac": ""},
    "shifted text": {"id": "c1silence", "action": ""},
}


@pytest.mark.parametrize("fields", FORGERIES.values(), ids=FORGERIES)
def test_whatever_is_changed_is_refused(fields: dict[str, Any]) -> None:
    assert SEAL.refusal(SIGNED) is None
    assert SEAL.refusal(replace(SIGNED, **fields)) is NOT_SIGNED


def test_every_field_is_under_the_seal() -> None:
    named = {name for fields in FORGERIES.values() for name in fields}
    assert named == set(Command.__struct_fields__)
    assert set(Actor.__struct_fields__) <= set(FORGERIES)


@given(
    st.dictionaries(st.text(max_size=9), st.text(max_size=20), max_size=4),
    st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))])),
    st.one_of(st.none(), st.integers(0, 9)),
    st.sampled_from([b"null", b'{"a": 1.0,  "b":"\\u79ef"}', b"[1, 2]"]),
)
def test_the_way_through_kafka_keeps_the_seal(
    details: dict[str, str], at: datetime, expected: int | None, record: bytes
) -> None:
    one = replace(COMMAND, details=details, at=at, expected=expected, record=msgspec.Raw(record))
    sent = msgspec.json.encode(SEAL.signed(one))
    assert SEAL.refusal(msgspec.json.decode(sent, type=Command)) is None


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "command.key"
    first, second = CommandSeal.of(path), CommandSeal.of(path)
    assert second.refusal(first.signed(COMMAND)) is None
    assert path.stat().st_mode & 0o777 == 0o600
