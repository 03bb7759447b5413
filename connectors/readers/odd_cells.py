"""Cells of a workbook that do not say what they seem to: errors, formulas without a value.

The library reads both as empty cells; a row would silently lose what stood there. Only XLSX tells
them apart here; in XLS and ODS they stay empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from xml.etree import ElementTree
from zipfile import BadZipFile, ZipFile

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_BLOCK = 1024 * 1024
_HINTS = re.compile(rb"t=[\"']e[\"']|<(?:\w+:)?f[ >/]")
_HINT_BYTES = 16
_PLACE = re.compile(r"([A-Z]{1,3})(\d{1,7})")

OddCells = dict[tuple[int, int], str]
"""(row, column), both from 0 → what is the matter, for people."""


def odd_cells(path: Path | str) -> OddCells:
    """Return the odd cells of the first sheet of the workbook at `path`; none where it is no XLSX.

    Raises:
        OSError: it cannot be read.
    """
    try:
        with ZipFile(path) as archive:
            name = _first_sheet(archive)
            with archive.open(name) as sheet:
                if not _hints(sheet):
                    return {}
            with archive.open(name) as sheet:
                return dict(_odd(sheet))
    except (BadZipFile, KeyError, ElementTree.ParseError, StopIteration, ValueError):
        return {}  # what is wrong with it, the library says better


def _first_sheet(archive: ZipFile) -> str:
    """Return the path of the first sheet in the archive."""
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314  in a child's memory
    wanted = next(book.iter(f"{_MAIN}sheet")).get(f"{_REL}id")
    links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    target = next(one.get("Target", "") for one in links if one.get("Id") == wanted)
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _hints(sheet: IO[bytes]) -> bool:
    """Say whether there may be any; most sheets have none, and this is quick."""
    tail = b""
    while block := sheet.read(_BLOCK):
        if _HINTS.search(tail + block):
            return True
        tail = block[-_HINT_BYTES:]
    return False


def _odd(sheet: IO[bytes]) -> Iterator[tuple[tuple[int, int], str]]:
    for _, element in ElementTree.iterparse(sheet):  # noqa: S314  in a child's memory
        if element.tag == f"{_MAIN}c":
            place = element.get("r", "")
            if problem := _problem(element, place):
                yield _coordinates(place), problem
        elif element.tag == f"{_MAIN}row":
            element.clear()


def _problem(cell: ElementTree.Element, place: str) -> str:
    value = (cell.findtext(f"{_MAIN}v") or "").strip()
    if cell.get("t") == "e":
        return f"cell {place} holds the error {value or 'of a formula'}"
    worked_out = value or cell.get("t") == "str"  # a formula whose value is an empty text
    if cell.find(f"{_MAIN}f") is not None and not worked_out:
        return f"cell {place} is a formula without a value: open the workbook and save it again"
    return ""


def _coordinates(place: str) -> tuple[int, int]:
    """Return (row, column) of ``B3``, from 0. Raises ValueError where it is no place."""
    found = _PLACE.fullmatch(place)
    if found is None:
        raise ValueError(place)
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(found[2]) - 1, column - 1
