"""Which events pass a rule's `where`."""

from __future__ import annotations

import numpy as np
import pytest

from streams.ruling.intake import where as wheres
from streams.ruling.intake.rows import EventRows
from tests.streams.ruling.rig import Seen, table

EVENTS = [
    Seen(0, value=5.0, severity=1, subject="cam_1", text="拖欠工资", attrs={"topic": "供热"}),
    Seen(1, value=None, severity=2, subject="cam_2", text="噪声", attrs={"topic": "供水"}),
    Seen(2, value=-3.5, severity=3, subject="loop_1", text="欠薪", lon=106.8, lat=39.6),
]


def kept(**where: str) -> list[int]:
    rows = EventRows(table(EVENTS))
    index = np.arange(len(rows))
    for test in wheres.tests_of({name.replace("__", "."): text for name, text in where.items()}):
        index = index[test.keep(rows, index)]
    return index.tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [(">=2", [1, 2]), (">2", [2]), ("<=2", [0, 1]), ("< 2", [0]), ("=2", [1]), ("!=2", [0, 2])],
)
def test_where_when_a_number_is_compared_then_these_are_kept(
    text: str, expected: list[int]
) -> None:
    assert kept(severity=text) == expected


def test_where_when_there_is_no_value_then_no_comparison_keeps_it() -> None:
    assert kept(value=">=-3.5") == [0, 2]
    assert kept(lon="<200") == [2]


def test_where_when_words_are_patterns_then_these_are_kept() -> None:
    assert kept(subject="cam_*") == [0, 1]
    assert kept(subject="cam_?|loop_2") == [0, 1]
    assert kept(subject="!cam_1|loop_*") == [1]


def test_where_when_words_are_in_a_text_then_these_are_kept() -> None:
    assert kept(text="~欠薪|工资") == [0, 2]


def test_where_when_an_attribute_is_missing_then_it_is_empty() -> None:
    assert kept(attrs__topic="供热") == [0]
    assert kept(attrs__topic="!供热") == [1, 2]


def test_where_when_several_columns_then_all_must_pass() -> None:
    assert kept(severity=">=2", subject="cam_*") == [1]


def test_check_where_when_right_then_finds_nothing() -> None:
    assert list(wheres.check_where({"severity": ">= 2", "attrs.x": "a|b", "text": "~火"})) == []
