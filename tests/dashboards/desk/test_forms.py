"""What a browser may send: read strictly, refused in words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dashboards.desks.forms import CommandForm, FormRefusal, read_commands

KNOWN = frozenset({"acknowledge", "comment"})


def body(*commands: dict[str, Any]) -> bytes:
    return json.dumps({"commands": commands}).encode()


ONE = {"action": "acknowledge", "target": "a1", "expected": 2}


def test_read_when_it_is_right_then_the_commands_in_order() -> None:
    found = read_commands(body(ONE, {"action": "comment", "target": "a2"}), KNOWN)
    assert found == (CommandForm("acknowledge", "a1", 2), CommandForm("comment", "a2"))


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (b"{", "request: Input data was truncated; reload the page and try again"),
        (
            body(ONE | {"actor": "root"}),
            "request: Object contains unknown field `actor` - at `$.commands[0]`; "
            "reload the page and try again",
        ),
        (body(), "request: commands: 0 at once; send 1 to 500"),
        (body(*[ONE] * 501), "request: commands: 501 at once; send 1 to 500"),
        (
            body(ONE | {"action": "silence"}),
            "request: 'silence': unknown action; known are acknowledge, comment",
        ),
        (
            body({"action": "comment", "target": "a1", "details": {"comment": "x" * 4001}}),
            "request: comment: more than 4000 characters; say it shorter",
        ),
    ],
    ids=["no JSON", "who it is is not said here", "none", "too many", "unknown", "too long"],
)
def test_read_when_it_is_wrong_then_it_says_what(sent: bytes, words: str) -> None:
    with pytest.raises(FormRefusal) as caught:
        read_commands(sent, KNOWN)
    assert (caught.value.status, str(caught.value)) == (400, words)
