"""What leaves as JSON is JSON in UTF-8, whatever texts hold."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybrain.floor.wire_text import plain_text, wire_json

ANY_TEXT = st.text(st.characters(codec=None, categories=None))
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | ANY_TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner),
    max_leaves=20,
)
RAW_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("海勃湾 α", '"海勃湾 α"'),
        ("\ud83d", '"\ufffd"'),
        ("\ude00\ud83d", '"\ufffd\ufffd"'),
        ("😀", '"😀"'),
        ("a\x00\x1b[31m", '"a\\u0000\\u001b[31m"'),
        ("\x7f\x85", '"\\u007f\\u0085"'),
        ("\uffff\ufdd0\u2028", '"\\uffff\\ufdd0\\u2028"'),
        ('"\\\n', '"\\"\\\\\\n"'),
    ],
)
def test_text_when_written_then_in_the_alphabet_of_json(text: str, written: str) -> None:
    assert wire_json(text).decode() == written


@given(JSON_VALUES)
def test_value_when_written_then_utf8_that_reads_back_without_raw_controls(value: object) -> None:
    written = wire_json(value).decode("utf-8")

    assert not RAW_CONTROLS.search(written)
    again = json.loads(written)
    assert wire_json(again).decode() == written


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_number_that_json_has_not_is_an_error(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        wire_json({"value": number})


@given(ANY_TEXT)
def test_plain_text_can_be_sent_and_keeps_its_lines(text: str) -> None:
    found = plain_text(text)

    found.encode("utf-8")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\uffff]", found)
    assert plain_text(found) == found


def test_plain_text_keeps_what_can_be_read() -> None:
    assert plain_text("一\r\n二\t三\r四\x1b[31m\ud800") == "一\n二\t三\n四\ufffd[31m\ufffd"
