"""Any bytes, said to be anything: 2xx or 4xx with place and remedy, and every row accounted for."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from connectors.door import intake as intake_module
from connectors.door.intake import SmallPost
from tests.connectors.door.test_push_door import PATH, House, lines, row
from tests.fakes import Answered, make_feed

ENCODINGS = [
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "gb18030",
    "cp1252",
]
FORMS = ["array", "object", "lines", "csv", "tabs", "semicolons"]
TYPES = [
    *("application/json", "application/x-ndjson", "text/csv", "text/plain"),
    *("text/tab-separated-values", "text/csv; charset=utf-16", "text/csv; charset=cp1252"),
    *("text/csv; charset=gb18030", "application/json; charset=utf-16", "text/csv; charset=x-\0"),
]
JUNK = [
    *(
        b"\0",
        b"\xff\xfe",
        b"\xfe\xff",
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
        b"\\ud800",
        b"\x93caf\xe9",
    ),
    *(b'"', b"\r", b"\n", b"\r\n", b",", b"\t", b"{", b"[", b"\x1f\x8b", b"1e999", b"\xe6\xbb"),
    *(b"x" * 2_000, b"," * 300, b"a\0b,", b"\xf0\x9f\x9a", b'{"a":' * 40, b"\x1a", b"\x85"),
]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.door.close()
    made.ledger.close()


def text_of(form: str, rows: list[dict[str, Any]]) -> str:
    if form == "array":
        return json.dumps(rows, ensure_ascii=False)
    if form == "object":
        return json.dumps(rows[0], ensure_ascii=False)
    if form == "lines":
        return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows)
    out = io.StringIO()
    mark = {"csv": ",", "tabs": "\t", "semicolons": ";"}[form]
    writer = csv.DictWriter(out, list(rows[0]), delimiter=mark)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def check(answer: Answered, house: House, events: int, letters: int, body: bytes) -> None:
    """Hold an answer against what arrived: every row is an event, or has a letter, or was told."""
    told, arrived = answer.json, house.bus.rows() - events
    assert answer.status < 500, (answer, body)
    new = house.bus.letters[letters:]
    if "rows" in told:
        assert told["rows"] == told["accepted"] + told["rejected"] + told["skipped"]
        assert (told["accepted"], told["rejected"]) == (arrived, len(new))
        assert sum(one["rows"] for one in told["reasons"]) == told["rejected"]
        assert all(letter.place and letter.reason for letter in new)
    if answer.status >= 400:
        error = told["error"]
        assert all(error[name] for name in ("code", "message", "remedy"))
        assert arrived == 0
        assert new or not body or error["code"] == "bad_idempotency_key"
    assert house.budget.used == 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
async def test_body_when_it_is_any_bytes_said_to_be_anything_then_it_is_answered_and_accounted_for(
    house: House, seed: int, tries: Callable[[int], int]
) -> None:
    """4,000 with ``--long``: every encoding, form and type, whole, cut, joined, with junk."""
    chance = random.Random(seed)  # noqa: S311
    for number in range(tries(1_000)):
        rows = [row(f"{number}-{at}", text="滨河大道 café", lon=106.8, lat=39.6) for at in range(3)]
        text = text_of(chance.choice(FORMS), rows)
        body = text.encode(chance.choice(ENCODINGS), "replace")
        for _ in range(chance.choice([0, 0, 1, 1, 2, 5])):
            at = chance.randrange(len(body) + 1)
            to = min(len(body), at + chance.choice([0, 0, 1, 2, 30]))
            body = body[:at] + chance.choice(JUNK) + body[to:]
        headers = {"Content-Type": chance.choice(TYPES)}
        if chance.random() < 0.2:
            headers["Content-Encoding"], body = "gzip", gzip.compress(body)
        events, letters = house.bus.rows(), len(house.bus.letters)

        answer = await house.client.post(PATH, body, headers)

        check(answer, house, events, letters, body)


async def test_alerts_when_the_body_is_any_bytes_then_it_is_answered(house: House) -> None:
    chance = random.Random(0)  # noqa: S311
    for _ in range(500):
        alerts = [{"labels": {"alertname": "DiskFull", "at": f"{at}"}} for at in range(3)]
        body = text_of(chance.choice(["array", "lines"]), alerts).encode(chance.choice(ENCODINGS))
        for _ in range(chance.choice([0, 1, 2, 5])):
            at = chance.randrange(len(body) + 1)
            body = body[:at] + chance.choice(JUNK) + body[at + chance.choice([0, 1, 2, 30]) :]

        answer = await house.client.post("/api/v2/alerts", body)

        assert answer.status < 500, (answer, body)
        if answer.status >= 400:
            assert all(answer.json["error"][name] for name in ("code", "message", "remedy"))


@pytest.mark.parametrize("encoding", ENCODINGS[:-2])
@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("array", "application/json"),
        ("object", "application/json"),
        ("lines", "application/json"),
        ("lines", "application/x-ndjson"),
        ("csv", "text/csv"),
        ("tabs", "text/plain"),
        ("tabs", "text/tab-separated-values"),
        ("semicolons", "text/csv"),
    ],
)
@pytest.mark.parametrize("large", [False, True], ids=["small", "large"])
async def test_body_when_it_is_unicode_of_any_width_then_it_is_read(
    house: House, encoding: str, form: str, said: str, large: bool
) -> None:
    rows = [row(at, text="滨河大道\U0001f6a7") for at in range(1_500 if large else 2)]
    rows = rows[:1] if form == "object" else rows

    answer = await house.client.post(
        PATH, text_of(form, rows).encode(encoding), {"Content-Type": said}
    )

    assert (answer.status, answer.json["accepted"]) == (202, len(rows)), answer.json
    assert house.bus.subjects() == [one["subject"] for one in rows]


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [("windows-1252", "cp1252"), ("iso-8859-1", "latin-1"), ("GBK", "gbk"), ("utf16", "utf-16")],
)
async def test_csv_when_its_charset_is_named_then_it_is_read_so(
    house: House, charset: str, encoding: str
) -> None:
    word = "café" if encoding in ("cp1252", "latin-1") else "滨河"
    body = text_of("csv", [row(1, text=word)]).encode(encoding)

    answer = await house.client.post(PATH, body, {"Content-Type": f"text/csv; charset={charset}"})

    assert answer.status == 202
    assert house.bus.envelopes[0].table["text"].to_pylist() == [word]


async def test_csv_when_the_feed_says_its_encoding_then_the_sender_need_not(tmp_path: Path) -> None:
    house = House(tmp_path, make_feed(options={"encoding": "latin-1"}))
    try:
        body = text_of("csv", [row(1, text="café")]).encode("latin-1")
        answer = await house.client.post(PATH, body, {"Content-Type": "text/csv"})
    finally:
        house.door.close()
        house.ledger.close()

    assert answer.status == 202
    assert house.bus.envelopes[0].table["text"].to_pylist() == ["café"]


async def test_csv_when_files_were_joined_then_the_mark_between_them_is_no_part_of_an_id(
    house: House,
) -> None:
    one = text_of("csv", [row(1)]).encode("utf-8-sig")
    body = one + b"\xef\xbb\xbf" + one.splitlines()[1]

    answer = await house.client.post(PATH, body, {"Content-Type": "text/csv"})

    assert answer.json["accepted"] == 2
    ids = house.bus.envelopes[0].table["event_id"].to_pylist()
    assert ids[0] == ids[1]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        pytest.param(
            "id,Kind ,time",
            "the body is not CSV: no column 'kind', which the feed's mapping needs; the file has "
            "'id', 'Kind', 'time': correct its header or the mapping ('kind' is there as 'Kind')",
            id="case",
        ),
        pytest.param(
            "id,time",
            "the body is not CSV: no column 'kind', which the feed's mapping needs; the file has "
            "'id', 'time': correct its header or the mapping",
            id="gone",
        ),
        pytest.param(
            "id,kind\0,time",
            "the body is not CSV: the name of column 2, 'kind\\x00', holds a NUL character: save "
            "the file as text in UTF-8",
            id="NUL",
        ),
    ],
)
async def test_csv_when_a_needed_column_is_not_there_then_it_is_one_fault(
    house: House, header: str, message: str
) -> None:
    body = f"{header}\n" + "1,pothole,2026-11-23T11:00:00Z\n" * 50

    answer = await house.client.post(PATH, body.encode(), {"Content-Type": "text/csv"})

    assert (answer.status, answer.json["error"]["message"]) == (400, message)
    assert [letter.raw for letter in house.bus.letters] == [body.encode()]


async def test_reader_when_it_fails_in_a_way_that_nobody_thought_of_then_it_is_a_400_with_a_letter(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Iterator[Any]:
        raise ZeroDivisionError("division by zero")
        yield

    monkeypatch.setattr(intake_module, "pieces", broken)
    with capture_logs() as said:
        answer = await house.client.post(
            PATH, lines(*[row(at) for at in range(2_000)]), {"Content-Type": "text/csv"}
        )

    assert (answer.status, answer.json["error"]["code"]) == (400, "unreadable")
    assert len(house.bus.letters) == 1
    assert [line["event"] for line in said] == ["body_not_read"]


async def test_reader_when_it_fails_in_the_middle_then_what_was_read_counts_and_the_rest_is_kept(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = intake_module.pieces

    def breaking(*given: Any) -> Iterator[Any]:
        yield next(iter(read(*given)))
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(intake_module, "pieces", breaking)
    with capture_logs():
        answer = await house.client.post(
            PATH, text_of("csv", [row(1), row(2)]).encode(), {"Content-Type": "text/csv"}
        )

    assert (answer.status, answer.json["accepted"], answer.json["rejected"]) == (202, 2, 1)
    (letter,) = house.bus.letters
    assert letter.reason == (
        "what follows could not be read: ZeroDivisionError('division by zero')"
    )


def test_take_together_when_rows_are_noticed_then_each_post_is_told_of_its_own(
    house: House,
) -> None:
    def post(name: str, *points: tuple[float, float]) -> SmallPost:
        rows = [row(f"{name}{at}", lon=x, lat=y) for at, (x, y) in enumerate(points)]
        return SmallPost(name, [json.dumps(one).encode() for one in rows])

    posts = [post("a", (0, 0), (106.8, 39.6)), post("b", (106.8, 39.6)), post("c", (0, 0), (0, 0))]

    _, _, told = house.door._ways["reports"].intake.take_together(posts, house.clock.now())

    assert [one.noticed["zero"] for one in told] == [1, 0, 2]
    assert [(one.rows, one.accepted) for one in told] == [(2, 2), (1, 1), (2, 2)]
