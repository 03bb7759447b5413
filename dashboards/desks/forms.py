"""What a browser may send to the desk, read strictly; what it may not is refused in words."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from citybrain.floor.errors import CityBrainError
from citybrain.floor.text import Text

T = TypeVar("T")

MOST = 500
LONGEST_TEXT = 4_000


class FormRefusal(CityBrainError):
    """A request that is not carried out: status of the answer, and why in both languages."""

    def __init__(self, status: int, said: Text) -> None:
        """Answer `status` with the reason `said`."""
        super().__init__(said.en)
        self.status = status
        self.said = said


class CommandForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing to do: with what, and which version of it the person saw."""

    action: str
    target: str
    expected: int | None = None
    details: dict[str, str] = {}


class CommandsForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Things to do, in order."""

    commands: tuple[CommandForm, ...]


class IdsForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Commands, or records, of which somebody wants to know something."""

    ids: tuple[str, ...]


def read(body: bytes, kind: type[T]) -> T:
    """Return what `body` says.

    Raises:
        Refusal: it is no JSON, or not of that kind (400).
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        words = f"request: {error}; reload the page and try again"
        raise FormRefusal(400, Text("请求无法读取；请刷新页面重试", words)) from error


def read_commands(body: bytes, known: frozenset[str]) -> tuple[CommandForm, ...]:
    """Return the commands that `body` asks for.

    Raises:
        Refusal: there are none or too many, or one has an unknown action or too long a text.
    """
    commands = read(body, CommandsForm).commands
    if not 0 < len(commands) <= MOST:
        words = f"request: commands: {len(commands)} at once; send 1 to {MOST}"
        raise FormRefusal(400, Text(f"一次最多处理 {MOST} 条，请分批", words))
    for one in commands:
        if one.action not in known:
            problem = (
                f"request: {one.action!r}: unknown action; known are {', '.join(sorted(known))}"
            )
            raise FormRefusal(400, Text("没有这个操作，请刷新页面", problem))
        if sum(map(len, one.details.values())) > LONGEST_TEXT:
            problem = f"request: {one.action}: more than {LONGEST_TEXT} characters; say it shorter"
            raise FormRefusal(400, Text(f"说明超过 {LONGEST_TEXT} 字，请缩短", problem))
    return commands
