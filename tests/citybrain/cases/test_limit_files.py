"""limits/<profile>.yaml: what ships, and the exact words of what is wrong."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

import pytest

from citybrain.cases.limit_files import chosen_profiles, limit_faults, load_profiles
from citybrain.cases.limits import CaseLimit, LimitKey, LimitProfile, find_limit
from citybrain.city import City, load_city
from citybrain.floor.errors import ConfigError
from citybrain.floor.reason import Reason
from citybrain.floor.text import Text
from citybrain.roof.city_check import checked_city
from tests.repository import ROOT, WUHAI

COVER = "water_manhole_cover"
SMALL = ROOT / "tests" / "citybrain" / "city" / "small"
RIGHT = """\
title: {zh: 甲, en: A}
names: {handle: {zh: 处置, en: Handle}}
conditions: {gone: {zh: 缺失, en: Gone}}
kinds: {cover: {zh: 井盖, en: Cover}}
limits:
"""
LINE = "  - {name: handle, kind: cover, condition: gone, amount: 2, unit: urgent_hour, source: s}\n"


@cache
def wuhais() -> dict[str, LimitProfile]:
    return load_profiles(load_city(WUHAI))


def small_city(folder: Path, text: str, name: str = "a") -> City:
    city = folder / "small"
    shutil.copytree(SMALL, city)
    (city / "limits").mkdir()
    (city / "limits" / f"{name}.yaml").write_text(text, "utf-8")
    return load_city(city)


def test_load_profiles_when_wuhais_then_each_is_an_example_with_a_source_on_every_line() -> None:
    found = wuhais()

    assert {name: len(one.limits) for name, one in found.items()} == {
        "beijing_2023": 4,
        "shandong_2020": 3,
        "tianjin_2025": 3,
        "wuhai_example": 11,
        "yuncheng_2026": 8,
    }
    assert [one.id for one in found.values() if not one.example] == []


@pytest.mark.parametrize(
    ("profile", "key", "said"),
    [
        ("yuncheng_2026", LimitKey("accept"), "15分钟"),
        ("yuncheng_2026", LimitKey("dispatch"), "15分钟"),
        ("yuncheng_2026", LimitKey("verify"), "30分钟"),
        ("yuncheng_2026", LimitKey("handle", COVER, "missing_or_displaced"), "2紧急工作时"),
        ("yuncheng_2026", LimitKey("handle", COVER, "broken"), "4工作时"),
        ("yuncheng_2026", LimitKey("handle", COVER, "rattling"), "2工作日"),
        ("yuncheng_2026", LimitKey("handle", COVER, "sunken_around"), "5工作日"),
        ("yuncheng_2026", LimitKey("handle", "manhole_cover_missing"), "2紧急工作时"),
        ("yuncheng_2026", LimitKey("handle", "road_damage"), ""),
        ("shandong_2020", LimitKey("close", "hotline_request"), "5工作日"),
        ("shandong_2020", LimitKey("extend"), "10工作日"),
        ("shandong_2020", LimitKey("return"), "2工作日"),
        ("tianjin_2025", LimitKey("sign", "", "danger"), "15分钟"),
        ("tianjin_2025", LimitKey("sign", "", "utilities"), "30分钟"),
        ("tianjin_2025", LimitKey("sign", "", "general"), "1工作日"),
        ("beijing_2023", LimitKey("dispatch", "", "danger"), "1紧急工作时"),
        ("beijing_2023", LimitKey("dispatch", "", "utilities"), "2紧急工作时"),
        ("beijing_2023", LimitKey("dispatch", "", "general"), "24紧急工作时"),
        ("beijing_2023", LimitKey("feedback", "", "complex"), "15自然日"),
    ],
)
def test_wuhais_profiles_when_looked_up_then_say_what_the_regulations_say(
    profile: str, key: LimitKey, said: str
) -> None:
    found = wuhais()[profile].find(key).found
    assert (found.limit.said.zh if found else "") == said


def test_chosen_profiles_when_the_city_names_them_then_are_those_in_its_order(
    tmp_path: Path,
) -> None:
    chosen = chosen_profiles(load_city(WUHAI))
    assert [one.id for one in chosen] == [
        "yuncheng_2026",
        "shandong_2020",
        "tianjin_2025",
        "wuhai_example",
    ]
    assert find_limit(chosen, LimitKey("close")).reason.arguments["profile"] == "shandong_2020"
    assert find_limit(chosen, LimitKey("verdict")).reason == Reason(
        "no_limit", {"profile": "yuncheng_2026", "name": "verdict", "kind": "", "condition": ""}
    )
    assert chosen_profiles(small_city(tmp_path, RIGHT + LINE)) == ()


def test_load_profiles_when_right_then_holds_every_part(tmp_path: Path) -> None:
    line = LINE.replace("source: s", "source: s, closing: {zh: 恢复, en: Restored}")
    (found,) = load_profiles(small_city(tmp_path, RIGHT + line)).values()

    assert (found.id, found.title, found.example) == ("a", Text("甲", "A"), False)
    assert found.limits == (
        CaseLimit("handle", 2, "urgent_hour", "s", "cover", "gone", Text("恢复", "Restored")),
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            RIGHT + LINE.replace("handle,", "handel,"),
            "6: limits[0].name: unknown name of a limit 'handel'; did you mean 'handle'?",
        ),
        (
            RIGHT + LINE.replace("cover,", "lamp,"),
            "6: limits[0].kind: unknown kind 'lamp'; known are accident, cover, speed",
        ),
        (
            RIGHT + LINE.replace("gone,", "gonne,"),
            "6: limits[0].condition: unknown condition 'gonne'; did you mean 'gone'?",
        ),
        (
            RIGHT + LINE.replace("urgent_hour", "day"),
            "6: limits[0].unit: unknown unit 'day'; known are minute, natural_day, "
            "urgent_hour, working_day, working_hour",
        ),
        (
            RIGHT + LINE.replace("amount: 2", "amount: 0"),
            "6: limits[0].amount: 0 is impossible; give 1 to 10000",
        ),
        (
            RIGHT + LINE.replace("amount: 2", "amount: 1.5"),
            "6: limits[0].amount: '1.5' is not a whole number; give a whole number",
        ),
        (
            RIGHT + LINE.replace("source: s", "source: ' '"),
            "6: limits[0].source: empty; say where the limit is written",
        ),
        (
            RIGHT + LINE.replace(", source: s", ""),
            "6: limits[0]: key 'source' is missing; add 'source: …'",
        ),
        (
            RIGHT + LINE + LINE,
            "7: limits[1]: name, kind and condition are those of another; keep one",
        ),
        (
            RIGHT.replace("limits:", "limits: []"),
            "5: limits: no limit; give at least one",
        ),
        (
            RIGHT.replace("cover:", "speed:") + LINE.replace("cover", "speed"),
            "4: kinds.speed: the city's catalogue has it; take it away, or give it another id",
        ),
        (
            RIGHT.replace("gone:", "Gone:") + LINE.replace("gone", "Gone"),
            "3: conditions.Gone: 'Gone' is not snake_case; use a-z, 0-9 and _, a letter first",
        ),
    ],
)
def test_load_profiles_when_one_is_wrong_then_says_place_problem_and_remedy(
    tmp_path: Path, text: str, fault: str
) -> None:
    city = small_city(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_profiles(city)
    assert str(caught.value).replace(f"{city.folder}/", "") == f"limits/a.yaml:{fault}"
    assert limit_faults(city) == caught.value.faults


def test_load_profiles_when_the_name_of_a_file_is_no_id_then_says_so(tmp_path: Path) -> None:
    city = small_city(tmp_path, RIGHT + LINE, name="yuncheng-2026")
    (fault,) = limit_faults(city)
    assert str(fault).replace(f"{city.folder}/", "") == (
        "limits/yuncheng-2026.yaml:1: file: 'yuncheng-2026' is not snake_case; "
        "name the file in a-z, 0-9 and _, a letter first"
    )


def test_load_profiles_when_several_are_wrong_then_says_it_all_at_once(tmp_path: Path) -> None:
    city = small_city(tmp_path, RIGHT + LINE.replace("gone,", "x,").replace("handle,", "y,"))
    (city.folder / "limits" / "b.yaml").write_text("titel: x\n", "utf-8")
    assert [one.item for one in limit_faults(city)] == [
        *("limits[0].name", "limits[0].condition"),
        *("titel", "file", "file", "file"),
    ]


def test_load_city_when_it_names_a_profile_that_is_not_there_then_says_so(tmp_path: Path) -> None:
    city = small_city(tmp_path, RIGHT + LINE, name="yuncheng_2026").folder
    with (city / "city.yaml").open("a", encoding="utf-8") as file:
        file.write("limits: [yuncheng_2026, yuncheng]\n")
    with pytest.raises(ConfigError) as caught:
        load_city(city)
    assert str(caught.value).split(": ", 1)[1] == (
        "limits[1]: unknown profile of limits 'yuncheng'; did you mean 'yuncheng_2026'?"
    )


def test_checked_city_when_a_profile_is_wrong_then_is_refused(tmp_path: Path) -> None:
    city = small_city(tmp_path, RIGHT + LINE.replace("amount: 2", "amount: 0"))
    with pytest.raises(ConfigError, match=r"limits\[0\]\.amount: 0 is impossible"):
        checked_city(city.folder)
