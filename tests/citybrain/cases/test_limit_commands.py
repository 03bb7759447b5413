"""`citybrain limits …` says what the profiles say."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from citybrain.cases.limit_commands import limits
from citybrain.floor.errors import ConfigError
from tests.repository import WUHAI


def run(*words: str) -> list[str]:
    done = CliRunner().invoke(limits, [*words, "--city", str(WUHAI)])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output.splitlines()


def test_list_when_asked_then_numbers_those_that_the_city_goes_by() -> None:
    lines = run("list")
    assert [line[:18].rstrip() for line in lines] == [
        "  beijing_2023",
        "2 shandong_2020",
        "3 tianjin_2025",
        "4 wuhai_example",
        "1 yuncheng_2026",
    ]
    assert lines[-1] == (
        "1 yuncheng_2026        8 limits   运城市城市综合管理 2026 Yuncheng city management 2026"
        "  (example: check it)"
    )


def test_show_when_asked_then_says_of_what_how_long_and_where_it_is_written() -> None:
    lines = run("show", "tianjin_2025")
    assert lines == [
        "tianjin_2025: 天津市政务服务热线实施细则 2025 Tianjin hotline rules 2025"
        "  (example: check it)",
        "sign  –  danger     15 minute      Tianjin 实施细则 2025: at most 15 min, any day",
        "sign  –  utilities  30 minute      Tianjin 实施细则 2025: at most 30 min",
        "sign  –  general    1 working_day  Tianjin 实施细则 2025: at most 1 working day",
    ]


def test_compare_when_they_differ_then_says_what_changes() -> None:
    assert run("compare", "shandong_2020", "tianjin_2025", "--no-cases") == [
        "limit   kind  condition  shandong_2020   tianjin_2025",
        "close   –     –          5 working_day   –",
        "extend  –     –          10 working_day  –",
        "return  –     –          2 working_day   –",
        "sign    –     danger     –               15 minute",
        "sign    –     utilities  –               30 minute",
        "sign    –     general    –               1 working_day",
    ]


def test_compare_when_they_are_the_same_then_says_so() -> None:
    assert run("compare", "beijing_2023", "beijing_2023") == [
        "beijing_2023 and beijing_2023: the same limits"
    ]


def test_show_when_there_is_no_such_profile_then_names_the_nearest() -> None:
    with pytest.raises(ConfigError) as caught:
        run("show", "yuncheng")
    assert str(caught.value) == (
        f"{WUHAI}: limits: there is no profile 'yuncheng'; did you mean 'yuncheng_2026'?"
    )
