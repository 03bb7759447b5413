"""What is said within what a service takes: whole notices, whole characters, and how many more."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybrain.floor.text import Text
from citybrain.notices.notice_message import MOST_HALVINGS, pack
from citybrain.notices.text_limits import TextLimit, fitted, fitted_body, json_bytes, utf8_bytes
from tests.citybrain.notices.sample import notice

WECOM = TextLimit(2_048, utf8_bytes)
DESK = "https://desk.example"
GAS = Text(
    "【红色Ⅰ级】燃气泄漏浓度超限 · 海勃湾区凤凰岭街道",
    "[Red I] Gas concentration high · Fenghuangling Subdistrict, Haibowan District",
)
MEASURES = st.sampled_from([len, utf8_bytes, json_bytes])
TEXTS = st.text(st.characters(codec=None, categories=None), max_size=400)


@pytest.mark.parametrize("language", ["zh", "en", "both"])
def test_digest_when_it_is_long_then_cut_at_a_whole_notice_with_the_rest_counted(
    language: str,
) -> None:
    many = [notice(n, title=GAS) for n in range(1, 41)]

    said = fitted(pack("w", many, language, DESK), WECOM)

    assert len(said.encode()) <= 2_048
    lines = said.split("\n")
    listed = {"zh": GAS.zh, "en": GAS.en, "both": GAS.zh}[language]
    whole = [line for line in lines if re.fullmatch(rf"\d+\. {re.escape(listed)}", line)]
    more = {
        "zh": f"……还有 {40 - len(whole)} 条，见值班台",
        "en": f"… and {40 - len(whole)} more, see the duty desk",
        "both": f"……还有 {40 - len(whole)} 条，见值班台",
    }[language]
    assert len(whole) >= 5
    assert more in lines
    assert lines[-1] == "https://desk.example/desk"


def test_digest_when_it_fits_then_all_of_it() -> None:
    few = pack("w", [notice(1), notice(2)], "zh", DESK)

    assert fitted(few, WECOM) == (
        "【红色Ⅰ级】汇总：2 条预警通知\n1. 标题1\n2. 标题2\nhttps://desk.example/desk"
    )
    assert fitted_body(few, WECOM) == "1. 标题1\n2. 标题2\nhttps://desk.example/desk"


def test_digest_names_the_highest_first() -> None:
    many = [notice(n, level="yellow", title=Text("黄" * 90, "")) for n in range(30)]
    many.append(notice(99, title=Text("红色的", "red")))

    lines = fitted(pack("w", many, "zh"), WECOM).split("\n")

    assert lines[1] == "1. 红色的"


def test_single_notice_when_too_long_then_cut_at_a_character_and_says_so() -> None:
    long = notice(1, body=Text("燃" * 3_000, "gas " * 3_000))

    said = fitted(pack("w", [long], "zh", DESK), WECOM)

    assert len(said.encode()) <= 2_048
    assert len(said.encode()) > 2_000
    assert said.startswith("标题1\n燃燃")
    assert said.endswith("燃……（过长，已截断）\nhttps://desk.example/desk?alert=a1")
    both = fitted(pack("w", [long], "both"), WECOM)
    assert both.endswith("……（过长，已截断） … (cut: too long)")


@given(
    titles=st.lists(TEXTS, min_size=1, max_size=30),
    body=TEXTS,
    measure=MEASURES,
    most=st.integers(0, 600),
    language=st.sampled_from(["zh", "en", "both"]),
    desk=st.sampled_from(["", DESK]),
)
def test_whatever_is_said_fits_and_can_be_encoded(
    titles: list[str], body: str, measure: object, most: int, language: str, desk: str
) -> None:
    notices = [notice(n, title=Text(t, t), body=Text(body, body)) for n, t in enumerate(titles)]
    limit = TextLimit(most, measure)  # type: ignore[arg-type]
    message = pack("w", notices, language, desk)

    for said in (fitted(message, limit), fitted_body(message, limit)):
        said.encode("utf-8")
        assert limit.holds(said)


def test_cut_is_never_within_a_character() -> None:
    assert TextLimit(7, utf8_bytes).cut("一二三四", "") == "一二"
    assert TextLimit(6, utf8_bytes).cut("😀😀😀") == "…"
    assert TextLimit(8, utf8_bytes).cut("😀😀😀") == "😀…"
    assert TextLimit(5, json_bytes).cut('""""', "") == '""'
    assert TextLimit(3).cut("abc") == "abc"
    assert TextLimit(0).cut("abc") == ""


def test_message_that_is_found_too_long_is_sent_in_halves() -> None:
    digest = pack("w", [notice(n) for n in range(5)], "zh", DESK)

    halves = digest.shorter()

    assert [len(half.notices) for half in halves] == [2, 3]
    assert {half.desk_url for half in halves} == {DESK}
    single = pack("w", [notice(1, body=Text("燃" * 3_000, ""))], "zh")
    (half,) = single.shorter()
    assert len(fitted(half, WECOM).encode()) <= 1_024
    assert half.key == single.key
    assert replace(single, halvings=MOST_HALVINGS).shorter() == []
