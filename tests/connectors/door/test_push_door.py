"""The door in-process: real application, real ledger, a bus in memory."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kafka.errors import KafkaTimeoutError

from citybrain.city.records import FieldRule
from citybrain.floor.clock import ManualClock, monotonic
from connectors.door import bodies, requests
from connectors.door.alertmanager_door import AlertDoor
from connectors.door.application import GatewayService, make_application
from connectors.door.backpressure import Budget
from connectors.door.batch_once import BatchOnce
from connectors.door.door_parts import DoorParts
from connectors.door.idempotency import BatchLedger
from connectors.door.metrics import GatewayMetrics
from connectors.door.openapi import ERRORS
from connectors.door.push_door import PushDoor
from tests.fakes import Client, MemoryBus, OpenGate, make_city, make_feed
from tests.waiting import until

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PATH = "/v1/feeds/reports/events"
NDJSON = {"Content-Type": "application/x-ndjson"}
KEYS = {"works-key": "works", "police-key": "police"}


def row(number=1, **more):
    given = {"id": f"r-{number}", "kind": "pothole", "time": "2026-11-23T11:00:00Z"}
    return {**given, "subject": f"s-{number}", **more}


NOT_JSON = "not JSON: JSON is malformed: object keys must be strings (byte 1)"


def lines(*rows):
    return b"".join(json.dumps(one).encode() + b"\n" for one in rows)


class House:
    """A door with everything around it."""

    def __init__(self, folder, feed=None):
        self.bus, self.gate, self.clock = MemoryBus(), OpenGate(), ManualClock(NOW)
        self.landed = frozenset()
        self.told, self.letters = [], []
        self.folder = folder
        self.budget, self.metrics = Budget(), GatewayMetrics()
        self.city = make_city(feed or make_feed())
        self.start()

    def start(self):
        """Open the door, as after a restart: the process before has ended."""
        if hasattr(self, "ledger"):
            self.ledger.close()
        self.ledger = BatchLedger(self.folder / "batches.sqlite")
        once = BatchOnce(self.ledger, lambda _standing: self.landed)
        self.parts = parts = DoorParts(
            self.bus, self.gate, once, KEYS.get, self.clock, self.metrics, self.budget
        )
        self.door = PushDoor(self.city, parts)
        self.metrics.watch(lambda: self.budget.used, lambda: bool(self.gate.why))
        alerts = AlertDoor(self.take, parts, self.city)
        app = make_application(GatewayService(self.door, self.gate, self.metrics, alerts))
        self.client = Client(
            app, {"Content-Type": "application/json", "Authorization": "Bearer works-key"}
        )

    def take(self, episodes, letters):
        self.told += episodes
        self.letters += letters

    async def post(self, body, **headers):
        return await self.client.post(
            PATH, body, {name.replace("_", "-"): value for name, value in headers.items()}
        )


def told(**changes):
    """Return what is answered to a body of which nothing is to be told, but for `changes`."""
    rows = ["rows", "accepted", "known", "outdated", "rejected", "skipped"]
    nothing = dict.fromkeys([*rows, "expired", "late", "changed", "beyond_horizon"], 0)
    places = dict.fromkeys(["zero", "outside", "swapped", "far"], 0)
    further = dict.fromkeys([*rows[1:], "changed", "beyond_horizon"], 0)
    lists = {"reasons": [], "warnings": [], "rejects": []}
    return {**nothing, "places": places, "further": further, **lists, "batch": "", **changes}


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path)
    yield made
    made.door.close()
    made.ledger.close()


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(json.dumps([row(1), row(2)]).encode(), {}, id="array"),
        pytest.param(json.dumps([row(1), row(2)], indent=1).encode(), {}, id="pretty array"),
        pytest.param(lines(row(1), row(2)), NDJSON, id="NDJSON"),
        pytest.param(lines(row(1), row(2)), {}, id="NDJSON that says it is JSON"),
        pytest.param(b"\xef\xbb\xbf" + lines(row(1), row(2)), NDJSON, id="byte order mark"),
        pytest.param(
            b"id,kind,time,subject\nr-1,pothole,2026-11-23T11:00:00Z,s-1\n"
            b'r-2,pothole,2026-11-23T11:00:00Z,"s-2"\n',
            {"Content-Type": "text/csv"},
            id="CSV",
        ),
        pytest.param(
            gzip.compress(lines(row(1))) + gzip.compress(lines(row(2))),
            {**NDJSON, "Content-Encoding": "gzip"},
            id="gzip in two members",
        ),
    ],
)
async def test_every_form_is_accepted(house, body, headers):
    answer = await house.client.post(PATH, body, headers)
    assert answer.status == 202
    assert {**answer.json, "batch": ""} == told(rows=2, accepted=2)
    assert house.bus.subjects() == ["s-1", "s-2"]
    assert house.budget.used == 0


async def test_a_single_object_and_an_empty_array_are_fine(house):
    assert (await house.post(json.dumps(row()).encode())).json["accepted"] == 1
    assert (await house.post(b"[]")).status == 202


async def test_gb18030_csv_is_read(house):
    body = "id,kind,time,subject\n1,pothole,2026-11-23T11:00:00Z,滨河大道\n".encode("gb18030")
    await house.post(body, Content_Type="text/csv; charset=gb18030")
    assert house.bus.subjects() == ["滨河大道"]


async def test_bad_rows_are_told_and_do_not_block_their_neighbours(house):
    body = lines(row(1), row(2, kind="ufo")) + b"\n{nonsense\n" + lines(row(3))
    answer = await house.client.post(PATH, body, {**NDJSON, "Idempotency-Key": "b-1"})
    assert (answer.status, answer.json) == (
        202,
        told(
            rows=4,
            accepted=2,
            rejected=2,
            batch="b-1",
            reasons=[
                {
                    "field": "kind",
                    "reason": "… is no kind of this feed; it has pothole, flow",
                    "rows": 1,
                    "example": "'ufo' is no kind of this feed; it has pothole, flow",
                },
                {
                    "field": "",
                    "reason": NOT_JSON,
                    "rows": 1,
                    "example": NOT_JSON,
                },
            ],
            rejects=[
                {
                    "row": 2,
                    "field": "kind",
                    "reason": "'ufo' is no kind of this feed; it has pothole, flow",
                },
                {
                    "row": 4,
                    "field": "",
                    "reason": NOT_JSON,
                },
            ],
        ),
    )
    assert house.bus.subjects() == ["s-1", "s-3"]
    assert sorted(letter.place for letter in house.bus.letters) == ["push b-1:2", "push b-1:4"]
    assert house.bus.envelopes[0].rejected == 2
    assert {letter.raw for letter in house.bus.letters} == {
        b"{nonsense",
        json.dumps(row(2, kind="ufo")).encode(),
    }


async def test_only_the_first_hundred_rejects_are_listed(house):
    answer = await house.client.post(
        PATH, lines(row(), *(row(kind="ufo") for _ in range(150))), NDJSON
    )
    assert (answer.json["rejected"], len(answer.json["rejects"])) == (150, 100)
    assert len(house.bus.letters) == 150


def error(code, message, remedy):
    return {"code": code, "message": message, "remedy": remedy}


NO_KEY = "send your department's key as 'Authorization: Bearer <key>' or 'X-API-Key'"
KEPT = "check it with a JSON or CSV parser; it is kept as a dead letter"


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "told"),
    [
        pytest.param(
            PATH,
            b"[]",
            {"Authorization": ""},
            401,
            error("unauthenticated", "there is no API key", NO_KEY),
            id="no key",
        ),
        pytest.param(
            PATH,
            b"[]",
            {"Authorization": "Bearer guess"},
            401,
            error("unauthenticated", "the API key is unknown or revoked", NO_KEY),
            id="unknown key",
        ),
        pytest.param(
            PATH,
            b"[]",
            {"Authorization": "Bearer police-key"},
            403,
            error(
                "wrong_department",
                "feed 'reports' does not belong to department 'police'",
                "use the key of the department that owns the feed",
            ),
            id="another's key",
        ),
        pytest.param(
            "/v1/feeds/nope/events",
            b"[]",
            {},
            404,
            error("unknown_feed", "there is no feed 'nope'", "ask the operator for the feed's id"),
            id="unknown feed",
        ),
        pytest.param(
            "/v1/feeds/a\n\x1b[2J/events",
            b"[]",
            {},
            404,
            error(
                "unknown_feed",
                "there is no feed 'a\\n\\x1b[2J'",
                "ask the operator for the feed's id",
            ),
            id="feed with control characters",
        ),
        pytest.param(
            "/v2",
            b"[]",
            {},
            404,
            error("unknown_path", "there is nothing at this path", "see /docs"),
            id="unknown path",
        ),
        pytest.param(
            "/healthz",
            b"[]",
            {},
            405,
            error("wrong_method", "this path takes another method", "see /docs"),
            id="wrong method",
        ),
        pytest.param(
            PATH,
            b"",
            {},
            400,
            error("empty", "the body is empty", "send at least one event"),
            id="empty",
        ),
        pytest.param(
            PATH,
            b"[{]",
            {},
            400,
            error(
                "unreadable",
                "the body is not JSON: JSON is malformed: expected '\"' (byte 2)",
                KEPT,
            ),
            id="no JSON",
        ),
        pytest.param(
            PATH,
            b"nonsense",
            NDJSON,
            400,
            error(
                "unreadable",
                "no row can be read; the first: not JSON: JSON is malformed: "
                "invalid character (byte 4)",
                KEPT,
            ),
            id="no NDJSON",
        ),
        pytest.param(
            PATH,
            b"id,id\n1,2\n",
            {"Content-Type": "text/csv"},
            400,
            error(
                "unreadable", "the body is not CSV: column 'id' is there twice: rename one", KEPT
            ),
            id="no CSV",
        ),
        pytest.param(
            PATH,
            b"[]",
            {"Idempotency-Key": "a,b"},
            400,
            error(
                "bad_idempotency_key",
                "Idempotency-Key 'a,b' is not fit for one",
                "use 1 to 200 characters of A-Z a-z 0-9 . _ : / + = @ ~ -, for example a UUID",
            ),
            id="unfit batch",
        ),
        pytest.param(
            PATH,
            b"nonsense",
            {"Content-Encoding": "gzip"},
            400,
            error(
                "bad_gzip",
                "the body is not gzip: Error -3 while decompressing data: incorrect header check",
                "send it again whole, or without Content-Encoding",
            ),
            id="no gzip",
        ),
        pytest.param(
            PATH,
            gzip.compress(b"[]")[:-3],
            {"Content-Encoding": "gzip"},
            400,
            error(
                "bad_gzip",
                "the body is not gzip: it ends too early",
                "send it again whole, or without Content-Encoding",
            ),
            id="half a gzip",
        ),
        pytest.param(
            PATH,
            b"[]",
            {"Content-Encoding": "br"},
            415,
            error(
                "unsupported_encoding",
                "Content-Encoding 'br' is not read here",
                "send gzip or nothing",
            ),
            id="brotli",
        ),
        pytest.param(
            PATH,
            b"[]",
            {"Content-Type": "text/html"},
            415,
            error(
                "unsupported_media_type",
                "Content-Type 'text/html' is not read here",
                "send application/json, application/x-ndjson or text/csv",
            ),
            id="HTML",
        ),
        pytest.param(
            PATH,
            b"[]",
            {"Content-Type": "application/json; charset=gbk"},
            415,
            error(
                "unsupported_charset",
                "charset 'gbk' is not read here",
                "send UTF-8 or UTF-16; CSV may also be gb18030, gbk, gb2312, big5, latin-1, cp1252",
            ),
            id="JSON in GBK",
        ),
        pytest.param(
            PATH,
            b"[]",
            {"Content-Length": "33554433"},
            413,
            error(
                "too_large",
                "the body is larger than 33554432 bytes",
                "send it in several smaller bodies",
            ),
            id="announced too large",
        ),
        pytest.param(
            PATH,
            [b"x" * 2**24] * 2 + [b"x"],
            {},
            413,
            error(
                "too_large",
                "the body is larger than 33554432 bytes",
                "send it in several smaller bodies",
            ),
            id="too large",
        ),
        pytest.param(
            PATH,
            gzip.compress(bytes(2**26 + 1)),
            {"Content-Encoding": "gzip"},
            413,
            error(
                "too_large",
                "the body unpacks to more than 67108864 bytes",
                "send it in several smaller bodies",
            ),
            id="bomb",
        ),
        pytest.param(
            PATH,
            lines(row(kind="ufo")),
            NDJSON,
            422,
            error(
                "nothing_accepted",
                "none of the 1 rows is an event",
                "correct what 'rejects' says and send them again; they are kept as dead letters",
            ),
            id="no event in it",
        ),
    ],
)
async def test_an_error_says_what_and_what_to_do(house, path, body, headers, status, told):
    answer = await house.client.post(path, body, headers)
    assert (answer.status, answer.json["error"]) == (status, told)
    assert house.bus.rows() == 0
    assert house.budget.used == 0
    assert (answer.headers.get("www-authenticate") == "Bearer") is (status == 401)
    about_the_body = status in (413, 415, 422) or told["code"] in ("unreadable", "bad_gzip")
    assert len(house.bus.letters) == about_the_body


async def test_what_could_not_be_read_is_kept_whole(house):
    await house.post(b"nonsense" * 10, Idempotency_Key="b-1")
    (letter,) = house.bus.letters
    assert (letter.raw, letter.batch, letter.place) == (b"nonsense" * 10, "b-1", "push b-1")
    assert (letter.media_type, letter.department) == ("application/json", "works")


async def test_of_a_very_large_body_the_beginning_is_kept_with_a_note(house):
    await house.post(b"x" * (2**20 + 5))
    (letter,) = house.bus.letters
    assert len(letter.raw) == 2**20
    assert letter.reason.endswith("(of 1048581 bytes the first 1048576 are kept)")


# Idempotency


async def test_a_batch_that_comes_again_gets_its_first_answer(house):
    body = lines(row(1), row(2, kind="ufo"))
    first = await house.client.post(PATH, body, {**NDJSON, "Idempotency-Key": "b-1"})
    again = await house.client.post(PATH, body, {**NDJSON, "Idempotency-Key": "b-1"})
    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers["idempotent-replayed"] == "true"
    assert (house.bus.rows(), len(house.bus.letters)) == (1, 1)


async def test_errors_about_the_body_are_answered_again_too(house):
    first = await house.post(b"nonsense", Idempotency_Key="b-1")
    again = await house.post(b"nonsense", Idempotency_Key="b-1")
    assert (first.status, again.status, again.body) == (400, 400, first.body)
    assert len(house.bus.letters) == 1


async def test_the_first_answer_survives_a_restart(house):
    body = json.dumps(row()).encode()
    first = await house.post(body, Idempotency_Key="b-1")
    house.start()
    assert (await house.post(body, Idempotency_Key="b-1")).body == first.body
    assert house.bus.rows() == 1


async def test_another_body_under_the_same_key_is_refused(house):
    await house.post(json.dumps(row(1)).encode(), Idempotency_Key="b-1")
    answer = await house.post(json.dumps(row(2)).encode(), Idempotency_Key="b-1")
    assert (answer.status, answer.json["error"]) == (
        422,
        error(
            "key_reused",
            "Idempotency-Key 'b-1' came with another body before",
            "send a new body under a new key",
        ),
    )
    assert house.bus.subjects() == ["s-1"]


async def test_a_key_is_forgotten_after_a_day(house):
    body = json.dumps(row()).encode()
    await house.post(body, Idempotency_Key="b-1")
    house.clock.advance(timedelta(hours=25))
    await house.post(body, Idempotency_Key="b-1")
    assert house.bus.rows() == 2


async def test_two_at_the_same_time_with_one_key_are_one_batch(house):
    house.bus.acknowledge = False
    body = json.dumps(row()).encode()
    posts = [asyncio.create_task(house.post(body, Idempotency_Key="b-1")) for _ in range(5)]
    while not house.bus.open:
        await asyncio.sleep(0.001)
    other = await house.post(json.dumps(row(2)).encode(), Idempotency_Key="b-1")
    house.bus.answer()
    answers = await asyncio.gather(*posts)
    assert {(answer.status, answer.body) for answer in answers} == {(202, answers[0].body)}
    assert other.status == 422
    assert house.bus.rows() == 1


async def test_after_a_crash_only_what_did_not_land_is_sent(house, monkeypatch):
    monkeypatch.setattr(bodies, "PIECE_BYTES", 1_000)
    monkeypatch.setattr("connectors.door.push_door.SMALL", 100)
    rows = [row(number, text="x" * 100) for number in range(20)]
    house.bus.acknowledge = False
    crashed = asyncio.create_task(
        house.client.post(PATH, lines(*rows), {**NDJSON, "Idempotency-Key": "b-1"})
    )
    while house.bus.rows() < 20:
        await asyncio.sleep(0.001)
    sent = [envelope.batch for envelope in house.bus.envelopes]
    crashed.cancel()
    await asyncio.gather(crashed, return_exceptions=True)
    assert sent == [f"b-1#{index}" for index in range(len(sent))]
    assert len(sent) > 2

    house.bus.acknowledge = True
    house.landed = frozenset(sent[:2])
    before = house.bus.envelopes[:2]
    house.bus.envelopes = []
    house.start()
    answer = await house.client.post(PATH, lines(*rows), {**NDJSON, "Idempotency-Key": "b-1"})
    assert answer.json["accepted"] == 20
    assert [envelope.batch for envelope in house.bus.envelopes] == sent[2:]
    house.bus.envelopes = before + house.bus.envelopes
    assert house.bus.subjects() == [f"s-{number}" for number in range(20)]


# Kafka away, slow, or full


async def test_without_kafkas_word_nothing_is_answered(house):
    house.bus.acknowledge = False
    post = asyncio.create_task(house.post(json.dumps(row()).encode()))
    done, _ = await asyncio.wait([post], timeout=0.2)
    assert not done
    house.bus.answer()
    assert (await post).status == 202


@pytest.mark.parametrize("keyed", [{}, {"Idempotency_Key": "b-1"}])
async def test_what_kafka_does_not_confirm_is_not_accepted(house, keyed):
    house.bus.fail_with = KafkaTimeoutError()
    answer = await house.post(json.dumps(row()).encode(), **keyed)
    assert (answer.status, answer.headers["retry-after"]) == (503, "15")
    assert answer.json["error"] == error(
        "not_acknowledged",
        "Kafka did not confirm it in time; whether it arrived is not known",
        "send it again, under the same Idempotency-Key",
    )
    assert house.budget.used == 0


async def test_a_retry_waits_until_the_first_outcome_is_sure(house):
    house.bus.fail_with = KafkaTimeoutError()
    await house.post(json.dumps(row()).encode(), Idempotency_Key="b-1")
    house.bus.fail_with = None
    answer = await house.post(json.dumps(row()).encode(), Idempotency_Key="b-1")
    assert (answer.status, answer.json["error"]) == (
        503,
        error(
            "outcome_unknown",
            "what became of batch 'b-1' is not known yet",
            "send it again later",
        ),
    )
    house.start()
    assert (await house.post(json.dumps(row()).encode(), Idempotency_Key="b-1")).status == 202


async def test_while_another_gateway_may_still_send_a_batch_it_is_not_sent_again(house):
    house.bus.fail_with = KafkaTimeoutError()
    await house.post(json.dumps(row()).encode(), Idempotency_Key="b-1")
    house.bus.fail_with = None
    other = House(house.folder)
    answer = await other.post(json.dumps(row()).encode(), Idempotency_Key="b-1")
    assert (answer.status, answer.json["error"]["code"]) == (503, "outcome_unknown")
    assert other.bus.rows() == 0
    house.ledger.close()  # the first one ends
    another = House(house.folder)
    answer = await another.post(json.dumps(row()).encode(), Idempotency_Key="b-1")
    assert (answer.status, another.bus.rows()) == (202, 1)
    for one in (other, another):
        one.door.close()
        one.ledger.close()
    house.start()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        pytest.param(b"{}\n" * 100_001, "application/x-ndjson", id="NDJSON"),
        pytest.param(b"[" + b"1," * 4_100_000 + b"1]", "application/json", id="array"),
        pytest.param(b"id\n" + b"\n" * 100_001, "text/csv", id="CSV"),
    ],
)
async def test_a_body_of_too_many_rows_is_refused_before_any_is_made(house, body, kind):
    answer = await house.post(gzip.compress(body), Content_Type=kind, Content_Encoding="gzip")
    assert (answer.status, answer.json["error"]) == (
        413,
        error(
            "too_large", "the body has more than 100000 rows", "send it in several smaller bodies"
        ),
    )
    assert len(house.bus.letters) == 1


async def test_many_gzip_members_take_time_that_grows_with_the_body_alone(house):
    member = gzip.compress(b"")
    body = member * (4 * 1024 * 1024 // len(member)) + gzip.compress(json.dumps([row()]).encode())
    began = monotonic()
    answer = await house.post(body, Content_Encoding="gzip")
    assert answer.json["accepted"] == 1
    assert monotonic() - began < 30  # minutes, were the rest copied for each member


async def test_rows_without_an_id_of_their_own_differ_also_beyond_a_piece(tmp_path, monkeypatch):
    monkeypatch.setattr(bodies, "PIECE_ROWS", 2)
    feed = make_feed()
    mapping = {name: rule for name, rule in feed.mapping.items() if name != "source_id"}
    house = House(tmp_path, replace(feed, mapping=mapping))
    await house.post(json.dumps([row(1) for _ in range(5)]).encode())
    ids = [one for made in house.bus.envelopes for one in made.table["event_id"].to_pylist()]
    assert len(set(ids)) == len(ids) == 5
    house.door.close()
    house.ledger.close()


async def test_letters_that_may_not_have_landed_come_again_with_the_batch(house, monkeypatch):
    monkeypatch.setattr("connectors.door.push_door.SMALL", 10)
    body = lines(row(1), row(2, kind="ufo"))
    house.bus.fail_with = KafkaTimeoutError()
    await house.client.post(PATH, body, {**NDJSON, "Idempotency-Key": "b-1"})
    house.bus.fail_with = None
    house.landed = frozenset({"b-1#0"})
    house.start()
    answer = await house.client.post(PATH, body, {**NDJSON, "Idempotency-Key": "b-1"})
    assert (answer.json["accepted"], answer.json["rejected"]) == (1, 1)
    assert (house.bus.rows(), len(house.bus.letters)) == (0, 1)


async def test_a_producer_that_takes_nothing_is_no_internal_error(house):
    house.bus.refuse = True
    assert (await house.post(json.dumps(row()).encode())).status == 503
    assert (await house.post(b"nonsense")).status == 503


async def test_a_closed_door_asks_to_come_again(house):
    house.gate.why = "the store is 30000 records behind, more than the 20000 allowed"
    answer = await house.post(json.dumps(row()).encode())
    assert (answer.status, answer.headers["retry-after"]) == (429, "2")
    assert answer.json["error"] == error("held", house.gate.why, "send it again later")
    assert (await house.client.get("/readyz")).status == 503
    assert (await house.client.get("/healthz")).json == {
        "live": True,
        "ready": False,
        "reason": house.gate.why,
    }


async def test_memory_is_bounded_while_kafka_is_slow(house):
    house.budget.most = 3_000
    house.bus.acknowledge = False
    body = lines(*(row(number) for number in range(10)))
    posts = [asyncio.create_task(house.client.post(PATH, body, NDJSON)) for _ in range(8)]
    while sum(post.done() for post in posts) < 8 - 3_000 // len(body):
        await asyncio.sleep(0.001)
    assert house.budget.used <= 3_000
    refused = [post.result() for post in posts if post.done()]
    assert {(answer.status, answer.json["error"]["code"]) for answer in refused} == {(429, "busy")}
    while not house.bus.open:
        await asyncio.sleep(0.001)
    while not all(post.done() for post in posts):
        house.bus.answer()
        await asyncio.sleep(0.001)
    assert house.budget.used == 0
    assert house.bus.rows() == 10 * (3_000 // len(body))


async def test_a_body_that_does_not_come_is_not_waited_for(house, monkeypatch):
    monkeypatch.setattr(requests, "BODY_S", 0.01)
    app, scope_seen = house.client.app, asyncio.Event()

    async def slow(scope, receive, send):
        async def wait():
            scope_seen.set()
            await asyncio.sleep(60)

        await app(scope, wait, send)

    answer = await Client(slow, house.client.headers).post(PATH, b"[]")
    assert answer.json["error"] == error(
        "too_slow", "the body did not come within 0 seconds", "send smaller bodies"
    )


async def test_a_sender_that_goes_away_leaves_nothing(house):
    app = house.client.app

    async def cut_off(scope, receive, send):
        first = await receive()
        messages = [{**first, "more_body": True}, {"type": "http.disconnect"}]

        async def half():
            return messages.pop(0)

        await app(scope, half, send)

    await Client(cut_off, house.client.headers).post(PATH, lines(row()), NDJSON)
    assert (house.bus.envelopes, house.bus.letters, house.budget.used) == ([], [], 0)


# Gathering


async def test_posts_at_the_same_time_share_envelopes_and_keep_their_answers(house):
    posts = [
        house.client.post(
            PATH,
            lines(row(number), row(number + 1000, kind="ufo")),
            {**NDJSON, "Idempotency-Key": f"b-{number}"},
        )
        for number in range(30)
    ]
    answers = await asyncio.gather(*posts)
    assert [answer.json["batch"] for answer in answers] == [f"b-{number}" for number in range(30)]
    assert {(answer.json["accepted"], answer.json["rejected"]) for answer in answers} == {(1, 1)}
    assert {answer.json["rejects"][0]["row"] for answer in answers} == {2}
    assert len(house.bus.envelopes) < 10
    named = [name for one in house.bus.envelopes for name in one.batch.split(",")]
    assert sorted(named) == sorted(f"b-{number}#0" for number in range(30))
    assert sorted(house.bus.subjects()) == sorted(f"s-{number}" for number in range(30))
    assert {(letter.batch, letter.place) for letter in house.bus.letters} == {
        (f"b-{number}", f"push b-{number}:2") for number in range(30)
    }


async def test_events_without_ids_of_their_own_stay_apart(tmp_path):
    mapping = {name: made for name, made in make_feed().mapping.items() if name != "source_id"}
    house = House(tmp_path, make_feed(mapping=None))
    feed = house.city.feeds["reports"]
    house.city = make_city(type(feed)(**{**feed.__dict__, "mapping": mapping}))
    house.start()
    await asyncio.gather(*(house.post(json.dumps(row()).encode()) for _ in range(20)))
    ids = [
        one for envelope in house.bus.envelopes for one in envelope.table["event_id"].to_pylist()
    ]
    assert (len(ids), len(set(ids))) == (20, 20)
    house.door.close()


async def test_a_large_body_goes_as_envelopes_of_ten_thousand(house):
    body = lines(*(row(number) for number in range(25_000)))
    answer = await house.client.post(PATH, body, {**NDJSON, "Idempotency-Key": "big"})
    assert answer.json["accepted"] == 25_000
    assert [envelope.table.num_rows for envelope in house.bus.envelopes] == [10_000, 10_000, 5_000]
    assert [envelope.batch for envelope in house.bus.envelopes] == ["big#0", "big#1", "big#2"]


# Operation


async def test_metrics_count_what_came(house):
    await house.post(lines(row(1), row(2, kind="ufo")), Content_Type="application/x-ndjson")
    await house.post(b"[]", Authorization="Bearer guess")
    text = (await house.client.get("/metrics")).body.decode()
    assert 'citybrain_door_events_accepted_total{feed="reports"} 1.0' in text
    assert 'citybrain_door_rows_rejected_total{feed="reports"} 1.0' in text
    assert 'citybrain_door_requests_total{status="401"} 1.0' in text
    assert "citybrain_door_held 0.0" in text


async def test_the_documentation_needs_no_network(house):
    page = await house.client.get("/docs")
    document = (await house.client.get("/openapi.json")).json
    assert "http://127.0.0.1:18080/v1/feeds/FEED/events" in page.body.decode()
    assert "src=" not in page.body.decode()
    assert "https://" not in page.body.decode()
    responses = document["paths"]["/v1/feeds/{feed}/events"]["post"]["responses"]
    assert set(responses) == {"202", *ERRORS}
    report = document["components"]["schemas"]["Report"]["properties"]
    answer = (await house.post(json.dumps([row(kind="ufo"), row()]).encode())).json
    assert set(report) == set(answer)
    assert set(report["places"]["properties"]) == set(answer["places"])
    assert set(report["reasons"]["items"]["properties"]) == set(answer["reasons"][0])


async def test_a_fault_of_ours_tells_no_secrets(house, monkeypatch):
    async def fail(_request):
        raise RuntimeError("/etc/secret")

    monkeypatch.setattr(house.door, "push", fail)
    with pytest.raises(RuntimeError):  # the server logs it; the answer has gone out before
        await house.post(b"[]")


# Anything at all


ANY_HEADERS = st.fixed_dictionaries(
    {
        "Content-Type": st.sampled_from(
            ["application/json", "application/x-ndjson", "text/csv", "text/csv; charset=gbk", "a/b"]
        ),
        "Content-Encoding": st.sampled_from(["", "", "gzip", "br"]),
    }
)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    body=st.one_of(st.binary(max_size=200), st.text(max_size=80).map(str.encode)),
    headers=ANY_HEADERS,
)
def test_any_bytes_get_a_4xx_and_leave_a_letter(tmp_path_factory, body, headers):
    async def push():
        house = House(tmp_path_factory.mktemp("door"))
        try:
            return await house.client.post(PATH, body, headers), house.bus
        finally:
            house.door.close()

    answer, bus = asyncio.run(push())
    check_refused(answer, bus.letters, body, headers)


def check_refused(answer, letters, body, headers):
    if answer.status == 202:  # nothing in it: an empty array, blank lines, a header alone
        assert answer.json["accepted"] == answer.json["rejected"] == 0
        assert letters == []
        return
    assert 400 <= answer.status < 500, (answer, body, headers)
    assert set(answer.json["error"]) == {"code", "message", "remedy"}
    assert letters or body == b""


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
async def test_thousands_of_malformed_payloads(house, seed, tries):
    """10,000 with ``--long``: good bodies, cut, bent and mixed up."""
    chance = random.Random(seed)  # noqa: S311
    rows = [row(number, area="150302003", lon=106.8, lat=39.7, value=1) for number in range(3)]
    csv = b"id,kind,time\n1,pothole,2026-11-23T11:00:00Z\n"
    good = [json.dumps(rows).encode(), lines(*rows), csv, gzip.compress(lines(*rows))]
    kinds = ["application/json", "application/x-ndjson", "text/csv", "text/csv; charset=gb18030"]
    for _ in range(tries(2_500)):
        body = malform(chance.choice(good), chance)
        headers = {"Content-Type": chance.choice(kinds)}
        if chance.random() < 0.2:
            headers["Content-Encoding"] = "gzip"
        before, letters = house.bus.rows(), len(house.bus.letters)
        answer = await house.client.post(PATH, body, headers)
        told = answer.json
        assert answer.status < 500, (answer, body, headers)
        if answer.status == 202:
            assert house.bus.rows() - before == told["accepted"]
            assert len(house.bus.letters) - letters == told["rejected"]
        else:
            assert answer.status >= 400
            assert house.bus.rows() == before
            assert len(house.bus.letters) > letters or not body
    assert house.budget.used == 0


def malform(body, chance):
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(body) + 1)
        to = min(len(body), at + chance.choice([1, 1, 2, 8, 40]))
        junk = chance.choice(
            [
                *(b"", b"\0", b"\xff\xfe", b"{", b"}", b"[", b"]", b'"', b",", b"\n", b"1e999"),
                *(b"\\ud800", b"\xe6\xbb", b"\r", b"9" * 30, b"-", b":", b'{"a":' * 40, b"NaN"),
            ]
        )
        body = body[:at] + junk + body[to if chance.random() < 0.5 else at :]
    return body


# A city that changes


MANHOLES = FieldRule(fields=("kind",), values={"pothole": "pothole", "manhole": "flow"})


async def test_a_changed_mapping_counts_from_the_next_push_on(house):
    body = json.dumps(row(kind="manhole")).encode()
    assert (await house.post(body)).status == 422

    await house.door.reload(make_city(make_feed({"kind": MANHOLES})))

    assert (await house.post(body)).status == 202
    assert house.bus.envelopes[-1].table["kind"].to_pylist() == ["flow"]


async def test_a_push_under_way_ends_with_the_mapping_that_it_began_with(house):
    house.bus.acknowledge = False
    post = asyncio.create_task(house.post(json.dumps(row(kind="pothole")).encode()))
    await until(lambda: house.bus.rows() == 1)
    changed = FieldRule(fields=("kind",), values={"pothole": "flow"})
    await house.door.reload(make_city(make_feed({"kind": changed})))
    house.bus.acknowledge = True
    house.bus.answer()

    assert (await post).status == 202
    assert (await house.post(json.dumps(row(2)).encode())).status == 202
    kinds = [one.table["kind"][0].as_py() for one in house.bus.envelopes]
    assert kinds == ["pothole", "flow"]


async def test_a_feed_that_is_gone_is_unknown_and_a_new_one_works_at_once(house):
    await house.door.reload(make_city(make_feed(id="others")))

    answer = await house.post(json.dumps(row()).encode())
    assert (answer.status, answer.json["error"]) == (
        404,
        {
            "code": "unknown_feed",
            "message": "there is no feed 'reports'",
            "remedy": "ask the operator for the feed's id",
        },
    )
    headers = {"Content-Type": "application/json"}
    added = await house.client.post("/v1/feeds/others/events", json.dumps(row()).encode(), headers)
    assert added.status == 202


async def test_what_is_remembered_of_a_feed_outlives_a_change_of_it(house):
    await house.post(json.dumps(row()).encode())
    before = house.door.paces()["reports"]

    await house.door.reload(make_city(make_feed({"kind": MANHOLES})))
    after = house.door.paces()["reports"]
    await house.door.reload(make_city(make_feed({"kind": MANHOLES}), make_feed(id="others")))

    assert after is not before
    assert after.known_fields() == before.known_fields()
    assert after.totals is before.totals
    assert house.door.paces()["reports"] is after
