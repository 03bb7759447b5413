"""What leaves as JSON is JSON in UTF-8, whatever texts hold."""

from __future__ import annotations

import json
import re
from io import StringIO
from xml.etree import ElementTree

import pytest
from defusedxml import ElementTree as defused
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.table import Table

from citybrain.floor.terminal import guard_tables
from citybrain.floor.wire_text import csv_text, plain_text, terminal_text, wire_json, xml_text

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


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("一\uffff二\ufffe\x00\x0b", "一\ufffd二\ufffd\ufffd\ufffd"),
        ("\ud800 a\tb\nc\r", "\ufffd a\tb\nc\r"),
        ("😀 & < > \x85", "😀 & < > \x85"),
    ],
)
def test_xml_text_is_in_the_alphabet_of_xml(text: str, written: str) -> None:
    assert xml_text(text) == written


@given(ANY_TEXT)
def test_xml_text_can_be_written_and_read(text: str) -> None:
    root = ElementTree.Element("a")
    root.text = xml_text(text)

    read = defused.fromstring(ElementTree.tostring(root, encoding="utf-8"))

    assert (read.text or "").replace("\r", "\n") == xml_text(text).replace("\r", "\n")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1"])
def test_csv_text_is_no_formula(text: str) -> None:
    assert csv_text(text) == f"'{text}"


def test_csv_text_is_as_it_was_where_it_is_none() -> None:
    assert csv_text("海勃湾 a=1") == "海勃湾 a=1"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("\x1b[31mred\x1b]0;title\x07", "\\x1b[31mred\\x1b]0;title\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("a\u202egnp.exe", "a\\u202egnp.exe"),
        ("a\rb\x08", "a\\rb\\x08"),
        ("海勃湾\t一\n二", "海勃湾\t一\n二"),
    ],
)
def test_terminal_text_moves_and_colours_nothing(text: str, written: str) -> None:
    assert terminal_text(text) == written


def test_tables_of_rich_write_no_escapes_of_others() -> None:
    guard_tables()
    out = StringIO()
    console = Console(file=out, force_terminal=True, color_system="truecolor", width=60)
    table = Table("name")
    table.add_row("\x1b]0;title\x07\x1b[2Jname\x9b31m\u202e")

    console.print(table)
    console.print("[red]\x1b[2Jred[/]")

    assert "\x1b[2J" not in out.getvalue()
    assert not {"\x07", "\x9b", "\u202e"} & set(out.getvalue())
    assert "\x1b[31m" in out.getvalue()  # of our own
