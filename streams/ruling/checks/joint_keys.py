"""Alerts that a rule over alerts can never bring together: its `by` names what they do not have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from citybrain.city.references import RecordFault
from citybrain.rules.rule import Rule
from streams.ruling.condition import kind_of
from streams.ruling.intake.rows import ATTRIBUTE

_PLACED = ("area", "subject")
"""What has a place of its own, down to the grid cell."""
_BY = {"area": (), "street": ("street",), "district": ("district", "street")}
"""Part of a place → what else than `_PLACED` has it."""


def check_joint_keys(
    rule: Rule, names: tuple[str, ...], rules: Mapping[str, Rule | None]
) -> Iterator[RecordFault]:
    """Yield which of the rules that `rule` reads have alerts that never belong to a key of it.

    Args:
        rule: a rule over alerts.
        names: the rules that it reads.
        rules: all rules that could be read, by id.
    """
    for name in dict.fromkeys(names):
        other = rules.get(name)
        if other is None:
            continue
        for index, column in enumerate(rule.by):
            if not _has(other, column):
                places = "take it away, or say area, street or district"
                remedy = f"add {column} to its by, or take it away"
                problem = f"alerts of {name!r} have no {column} of their own"
                yield RecordFault(
                    f"by[{index}]", problem, places if kind_of(other).places else remedy
                )


def _has(rule: Rule, column: str) -> bool:
    """Whether the alerts of `rule` have one value of `column` each."""
    if kind_of(rule).places:
        return column in _BY
    if column not in _BY:
        return column in rule.by
    return any(name in (*_PLACED, *_BY[column]) or name.startswith(ATTRIBUTE) for name in rule.by)
