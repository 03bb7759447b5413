"""A case holds nobody's number, also where somebody wrote it into a text."""

from __future__ import annotations

import msgspec
import pytest

from citybrain.cases.personal_numbers import masked
from tests.citybrain.cases.sample import CLERK, SANITATION, CaseDesk


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("联系电话13847312345，请回电", "联系电话***，请回电"),
        ("138 4731 2345 或 138-4731-2345", "*** 或 ***"),
        ("+86 13847312345", "***"),
        ("身份证15030219800101123X", "身份证***"),
        ("邮箱 li.na@example.cn。", "邮箱 ***。"),
        ("案件 WH-20260302-000001，路灯 13847312345678 号", None),
        ("人民路138号，损坏面积 25 平方厘米，0473-12345", None),
        ("网格 150302003001 单元", None),
    ],
)
def test_masked_when_a_number_is_a_person_s_then_it_is_gone_and_others_stay(
    text: str, found: str | None
) -> None:
    assert masked(text) == (text if found is None else found)


def test_case_when_somebody_writes_a_number_then_no_step_holds_it() -> None:
    desk = CaseDesk()
    case = desk.handled(title="张某 13847312345", text="请打 13847312345")
    case = desk.do(CLERK, "comment", case, comment="回电 13847312345")
    case = desk.do(SANITATION, "resolve", case, comment="已告知 13847312345")
    assert (case.title, case.text) == ("张某 ***", "请打 ***")
    assert all(b"13847312345" not in msgspec.json.encode(step) for step in desk.steps)
