"""What leaves the desk as a file: no cell is a formula, and no text of a case is markup."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from dashboards.cases.case_book import CaseBook
from dashboards.cases.papers.case_sheet import sheet_of
from dashboards.cases.papers.sheet_paper import sheet_pdf
from dashboards.cases.papers.spreadsheets import csv_of, harmless, xlsx_of
from tests.dashboards.cases.staff import CLERK, DISPATCHER
from tests.dashboards.cases.test_case_service import EXPORT, Desk, setup  # noqa: F401  a fixture
from tests.dashboards.making import NOW

HOSTILE = '#panic("x") *b* $x$ @a <b> `c` // \\ ] } "; #read("/etc/passwd") \u202e\u0000 井盖'


@given(st.text())
@example("=1+1")
@example("\t=cmd|' /C calc'!A0")
@example("＝1")
@example(" -2")
def test_cell_when_any_text_is_exported_then_neither_form_holds_a_formula(text: str) -> None:
    told = harmless(text)
    assert not told.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
    assert not told.startswith(("\t", "\r", "\n"))
    (_, row) = csv.reader(io.StringIO(csv_of(["a"], [[text]]).decode("utf-8-sig"), newline=""))
    assert row == [told]
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx_of(["a"], [[text]], "t"))).active
    assert sheet is not None
    cell = sheet["A2"]
    assert cell.data_type != "f"
    assert (cell.value or "") == told.replace("\r\n", "\n").replace("\r", "\n")


def test_xlsx_when_rows_hold_numbers_then_they_stay_numbers_below_the_header() -> None:
    content = xlsx_of(["编号", "件数"], [["WH-1", 3], ["=x", 0.5]], "案件/一")
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["案件 一"]
    assert [[cell.value for cell in row] for row in book["案件 一"].rows] == [
        ["编号", "件数"],
        ["WH-1", 3],
        ["'=x", 0.5],
    ]


@pytest.fixture
def desk(setup: Any) -> Desk:  # noqa: F811  the fixture
    return Desk(setup)


async def sheet(desk: Desk, *, english: bool, **more: Any) -> tuple[dict[str, Any], bytes]:
    registry = desk.registry
    case = registry.handled(registry.open(NOW - timedelta(hours=3), **more), NOW)
    desk.hear()
    found, shown = await desk.service.look(DISPATCHER, case.id)
    told = sheet_of(found, shown, CaseBook(registry.engine), NOW, english=english)
    return told, sheet_pdf(told)


@pytest.mark.parametrize("english", [False, True])
async def test_sheet_when_a_text_is_hostile_then_it_stands_there_as_text(
    desk: Desk, english: bool
) -> None:
    told, pdf = await sheet(desk, english=english, title=HOSTILE[:60], text=HOSTILE)
    assert pdf.startswith(b"%PDF-")
    plain, _ = await sheet(desk, english=english, title="井盖", text="井盖")
    assert told.keys() == plain.keys()
    (name, text), *_ = told["texts"]
    assert (name, HOSTILE.split(" \u202e", maxsplit=1)[0] in text) == (
        ("Text" if english else "内容"),
        True,
    )
    assert json.dumps(told)


async def test_sheet_when_the_case_is_simulated_then_it_says_so(desk: Desk) -> None:
    registry = desk.registry
    case = registry.open(NOW)
    made_up = replace(case, origin="simulated")
    desk.hear()
    _, shown = await desk.service.look(DISPATCHER, case.id)
    told = sheet_of(made_up, shown, CaseBook(registry.engine), NOW, english=False)
    assert told["mark"] == "模拟数据，非真实案件"


async def test_export_when_the_role_may_not_then_refused_and_noted(desk: Desk) -> None:
    answer = await desk.as_(CLERK).post(EXPORT, {"format": "csv", "ids": ["x"]})
    assert (answer.status, answer.json["words"][0]) == (403, "您的角色不能导出案件")
    (told,) = desk.noted
    assert (told.user, told.action, told.outcome) == ("wang", "export_cases", "refused")
