"""What a silence would have hidden, counted by rule; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from citybrain.floor.text import Text


@dataclass(frozen=True)
class RuleCount:
    """How many alerts of one rule.

    Attributes:
        rule: id of the rule.
        title: its title, as its newest alert has it.
        count: alerts of it.
        red: red ones of them.
    """

    rule: str
    title: Text
    count: int
    red: int


@dataclass(frozen=True)
class HiddenCounts:
    """How many alerts in all, and by rule, the most first."""

    count: int
    red: int
    rules: Sequence[RuleCount]
