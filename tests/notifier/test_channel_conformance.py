"""Every channel against a server that answers as its service does, and as no service should."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from io import StringIO
from pathlib import Path

import msgspec
import pytest

from citybrain.floor.clock import ManualClock, monotonic
from citybrain.floor.text import Text
from citybrain.notices.notice_message import NoticeMessage, pack
from citybrain.notices.routing import Names
from notifier.channel import (
    ChannelError,
    ChannelSetup,
    HandedOver,
    RefusalKind,
    channel_kinds,
)
from notifier.channels import webhook
from tests.citybrain.notices.sample import NOW, notice, receiver
from tests.notifier.channel_cases import (
    DELIVERED,
    HANDED_OVER,
    KEY,
    SITUATIONS,
    SLOW_S,
    TABLES,
    ChannelCase,
    ChannelCases,
)
from tests.notifier.scripted_server import ScriptedServer, answered, scripted

pytestmark = pytest.mark.filterwarnings(
    "ignore:'imghdr' is deprecated:DeprecationWarning"  # a plugin of apprise
)
WITH_SERVER = [table for table in TABLES if not table.exempt]
CASES = [
    pytest.param(table, case, id=f"{table.name}: {name}")
    for table in WITH_SERVER
    for name, case in table.cases.items()
]
DESK = "https://desk.example"
LONGEST = {"wecom": 2_048, "dingtalk": 20_000, "feishu": 20 * 1024, "webhook": 4 * 1024 * 1024}
"""Bytes: of WeCom's text, of the whole body elsewhere."""


async def told(
    table: ChannelCases, server: ScriptedServer, folder: Path, message: NoticeMessage
) -> tuple[str, str, float]:
    """Send `message`; return the outcome, what the receipt shows, and the seconds to wait."""
    (folder / "one.url").write_text(table.address(server.host))
    one = receiver("good", kind=table.kind, url_file="one.url", timeout=timedelta(seconds=SLOW_S))
    setup = ChannelSetup(folder, Names(desk_url=DESK), clock=ManualClock(NOW))
    channel = channel_kinds()[table.kind].open(setup)
    try:
        async with asyncio.timeout(SLOW_S if server.answer is None else 20):
            said = await channel.send(message, one)
        return HANDED_OVER if isinstance(said, HandedOver) else DELIVERED, said, 0.0
    except ChannelError as error:
        return error.kind, error.detail, error.after_s
    except TimeoutError:
        return "unreachable", f"no answer within {SLOW_S:g} s", 0.0
    finally:
        await channel.close()


def test_every_channel_has_a_table() -> None:
    assert {table.kind for table in TABLES} == channel_kinds().keys()


@pytest.mark.parametrize("table", WITH_SERVER, ids=lambda table: table.name)
def test_every_table_answers_for_every_situation(table: ChannelCases) -> None:
    assert set(SITUATIONS) - table.cases.keys() == set()


@pytest.mark.parametrize(("table", "case"), CASES)
async def test_channel_takes_an_answer_for_what_it_is(
    table: ChannelCases, case: ChannelCase, tmp_path: Path, own_log: StringIO
) -> None:
    async with scripted(case.answer) as server:
        started = monotonic()
        found = await told(table, server, tmp_path, pack("good", [notice(1)], "both", DESK))

    assert found == (case.outcome, case.detail, case.after_s)
    assert len(server.requests) == 1
    assert KEY not in f"{found}{own_log.getvalue()}"
    assert monotonic() - started < 10


def _form(body: bytes) -> str:
    return body.decode()


SAID = {
    "wecom": lambda body: msgspec.json.decode(body)["text"]["content"],
    "dingtalk": lambda body: msgspec.json.decode(body)["text"]["content"],
    "feishu": lambda body: msgspec.json.decode(body)["content"]["text"],
    "webhook": lambda body: msgspec.json.decode(body)["alerts"][0]["annotations"]["summary"],
    "apprise": _form,
}
"""What people read of the body."""
LONG = [
    pytest.param([notice(1, title=Text("甲" * 9_000, "x" * 9_000))], id="a title"),
    pytest.param([notice(1, body=Text("乙" * 90_000, "y" * 90_000))], id="a text"),
    pytest.param([notice(1, body=Text("😀" * 30_000, '\\"\n' * 30_000))], id="pairs and escapes"),
    pytest.param([notice(1, body=Text("\ud83d" * 9_000, "\x00\x85\uffff" * 9_000))], id="no text"),
    pytest.param([notice(n, title=Text("丙" * 40, "z" * 60)) for n in range(400)], id="a digest"),
    pytest.param([notice(n, title=Text("丁" * 9_000, "z" * 9_000)) for n in range(40)], id="both"),
]


@pytest.mark.parametrize("language", ["zh", "en", "both"])
@pytest.mark.parametrize("notices", LONG)
@pytest.mark.parametrize("table", WITH_SERVER, ids=lambda table: table.name)
async def test_channel_when_there_is_much_to_say_then_no_more_than_the_service_takes(
    table: ChannelCases, notices: list[object], language: str, tmp_path: Path
) -> None:
    yes = answered(200, {"errcode": 0, "code": 0})
    async with scripted(yes) as server:
        outcome, _, _ = await told(
            table,
            server,
            tmp_path,
            pack("good", notices, language, DESK),  # type: ignore[arg-type]
        )

    assert outcome == DELIVERED
    (_, body) = server.requests[0]
    body.decode("utf-8")
    text = SAID[table.kind](body)
    size = len(text.encode()) if table.kind == "wecom" else len(body)
    assert size <= LONGEST.get(table.kind, 40_000 * 12)


async def test_webhook_when_many_long_notices_are_more_than_it_sends_then_they_go_in_several(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "MOST_BYTES", 20_000)
    many = pack("good", [notice(n) for n in range(40)], "zh", DESK)
    async with scripted(answered()) as server:
        table = next(table for table in WITH_SERVER if table.kind == "webhook")
        kind, detail, _ = await told(table, server, tmp_path, many)
        assert (kind, server.requests) == (RefusalKind.TOO_LONG, [])
        assert detail.endswith(" bytes, over 20000")
        parts = [many]
        while parts and (await told(table, server, tmp_path, parts[0]))[0] != DELIVERED:
            parts = [*parts[0].shorter(), *parts[1:]]

    assert len(server.requests) == 1
    assert sorted(one.key for part in parts for one in part.notices) == sorted(
        one.key for one in many.notices
    )


async def test_alert_whose_texts_run_on_is_cut_in_a_webhook(tmp_path: Path) -> None:
    long = notice(1, body=Text("燃" * 100_000, "gas"), title=Text("甲", "x" * 100_000))
    async with scripted(answered()) as server:
        table = next(table for table in WITH_SERVER if table.kind == "webhook")
        await told(table, server, tmp_path, pack("good", [long], "zh", DESK))

    (_, body) = server.requests[0]
    texts = msgspec.json.decode(body)["alerts"][0]["annotations"]
    assert len(texts["body_zh"]) == len(texts["summary"]) == 16_000
    assert texts["body_zh"].endswith("燃…")
