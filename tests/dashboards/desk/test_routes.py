"""The desk's doors: who is let in, what is refused and how, what reaches the bus."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from fastapi import FastAPI

from citybrain.floor.clock import ManualClock
from citybrain.floor.errors import BusError
from citybrain.workflow.commands import Actor, Command
from dashboards.desk.desk_service import DeskService
from dashboards.desk.routes import add_routes
from dashboards.desks.forms import FormRefusal
from dashboards.desks.store_archive import StoreArchive
from dashboards.lists.alerts_live import AlertsLive
from tests.dashboards.desk.colleagues import Colleagues
from tests.dashboards.desk.house import Doorman, Guest, Guide
from tests.dashboards.lists.memory_log import MemoryLog
from tests.dashboards.making import NOW
from tests.fakes import Answered, Client

TOKEN = {"x-csrf-token": "token-of-this-session"}
COMMANDS = "/desk/api/commands"
ONE = {"action": "acknowledge", "target": "a1", "expected": 2, "details": {"comment": "去现场"}}


class Bus:
    """Keeps what was sent."""

    def __init__(self) -> None:
        self.sent: list[Command] = []
        self.away = False

    def send(self, commands: Sequence[Command]) -> None:
        if self.away:
            raise BusError("Kafka 127.0.0.1:1 does not answer")
        self.sent += commands


class Desk:
    """The routes without a store."""

    def __init__(self) -> None:
        self.bus, self.doorman = Bus(), Doorman()
        archive, clock = StoreArchive(self._away), ManualClock(NOW)
        bus: Any = self.bus
        live = AlertsLive(MemoryLog(), MemoryLog(), clock, "page")
        server = FastAPI()
        self.service = DeskService(archive, live, bus, clock, Guide(), Colleagues())
        add_routes(server, self.service, self.doorman)
        self.client = Client(server)

    def _away(self) -> Any:
        raise OSError("connection refused")

    async def post(self, path: str, body: Any, headers: dict[str, str] = TOKEN) -> Answered:
        return await self.client.post(path, json.dumps(body).encode(), headers)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize(
    ("assignee", "words"),
    [
        (
            "nobody.here",
            [
                "没有账号 nobody.here，请从列表中选择",
                "there is no account 'nobody.here'; choose one of the list",
            ],
        ),
        (
            "left",
            [
                "没有账号 left，请从列表中选择",
                "there is no account 'left'; choose one of the list",
            ],
        ),
        (
            "guest",
            [
                "访客 的角色不能处置告警",
                "访客: the role viewer may not act on alerts",
            ],
        ),
    ],
)
async def test_assign_when_nobody_could_act_then_nothing_is_sent_and_it_says_why(
    desk: Desk, assignee: str, words: list[str]
) -> None:
    assign = {"action": "assign", "target": "a1", "details": {"assignee": assignee}}
    answer = await desk.post(COMMANDS, {"commands": [ONE, assign]})
    assert (answer.status, answer.json["words"]) == (422, words)
    assert desk.bus.sent == []


async def test_me_names_those_to_whom_an_alert_can_be_given(desk: Desk) -> None:
    answer = await desk.client.get("/desk/api/me")
    assert [one["name"] for one in answer.json["people"]] == ["duty_a", "duty_b", "duty_c"]
    assert answer.json["people"][0]["title"] == "甲"


async def test_commands_when_sent_then_they_reach_the_bus_as_the_persons_own(desk: Desk) -> None:
    desk.doorman.guest = Guest(user="duty_b", departments=("gas",), areas=("150302",))
    answer = await desk.post(COMMANDS, {"commands": [ONE]})
    (command,) = desk.bus.sent
    assert (answer.status, answer.json) == (202, {"sent": [["a1", command.id]]})
    assert command == Command(
        id=command.id,
        action="acknowledge",
        target="a1",
        actor=Actor(user="duty_b", role="officer", departments=("gas",), areas=("150302",)),
        at=NOW,
        expected=2,
        details={"comment": "去现场"},
    )
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-csrf-token": ""},
        {"x-csrf-token": "guessed"},
        {"x-csrf-token": "值"},
        TOKEN | {"origin": "http://evil.example", "host": "127.0.0.1"},
    ],
    ids=["none", "empty", "wrong", "not ASCII", "foreign page"],
)
@pytest.mark.parametrize("path", ["commands", "silences", "silences/preview", "outcomes"])
async def test_post_when_the_pages_token_is_missing_then_refused_and_nothing_is_sent(
    desk: Desk, path: str, headers: dict[str, str]
) -> None:
    safe = {name: text.encode().decode("latin-1") for name, text in headers.items()}
    answer = await desk.post(f"/desk/api/{path}", {"commands": [ONE]}, safe)
    assert answer.status == 403
    assert answer.json == {
        "error": "the request carries no valid X-CSRF-Token; reload the page",
        "words": [
            "页面令牌失效，请刷新页面",
            "the request carries no valid X-CSRF-Token; reload the page",
        ],
    }
    assert desk.bus.sent == []


async def test_post_when_the_session_has_no_token_then_an_empty_one_does_not_do(desk: Desk) -> None:
    desk.doorman.guest = Guest(csrf="")
    assert (await desk.post(COMMANDS, {"commands": [ONE]}, {"x-csrf-token": ""})).status == 403


@pytest.mark.parametrize("path", ["me", "alerts/a1", "closed", "silences", "shift"])
async def test_get_when_nobody_is_signed_in_then_401(desk: Desk, path: str) -> None:
    desk.doorman.guest = None
    answer = await desk.client.get(f"/desk/api/{path}")
    assert (answer.status, answer.json["words"]) == (401, ["请先登录", "sign in first"])


async def test_post_when_nobody_is_signed_in_then_401(desk: Desk) -> None:
    desk.doorman.guest = None
    assert (await desk.post(COMMANDS, {"commands": [ONE]})).status == 401
    assert desk.bus.sent == []


async def test_me_when_an_officer_asks_then_what_the_role_may_do(desk: Desk) -> None:
    told = (await desk.client.get("/desk/api/me")).json
    assert (told["user"], told["role"], told["csrf"]) == (
        "duty_a",
        "officer",
        "token-of-this-session",
    )
    assert "acknowledge" in told["actions"]
    assert "approve_silence" not in told["actions"]


async def test_commands_when_the_bus_is_away_then_503_and_nobody_knows(desk: Desk) -> None:
    desk.bus.away = True
    answer = await desk.post(COMMANDS, {"commands": [ONE]})
    assert (answer.status, answer.json) == (
        503,
        {
            "error": "Kafka 127.0.0.1:1 does not answer",
            "words": [
                "消息总线无应答，操作没有被确认",
                "Kafka did not confirm it; it was perhaps not done",
            ],
        },
    )


@pytest.mark.parametrize("path", ["alerts/a1", "closed", "silences", "shift"])
async def test_get_when_the_store_is_away_then_503(desk: Desk, path: str) -> None:
    answer = await desk.client.get(f"/desk/api/{path}")
    assert (answer.status, answer.json["words"]) == (
        503,
        ["数据库无应答", "the store does not answer"],
    )


async def test_silence_when_what_it_hides_cannot_be_counted_then_it_is_not_saved(
    desk: Desk,
) -> None:
    form = {"matchers": [{"name": "rule", "op": "=", "value": "x"}], "lasts_s": 60, "reason": "r"}
    assert (await desk.post("/desk/api/silences", form)).status == 503
    assert desk.bus.sent == []


async def test_commands_when_a_silence_is_sent_as_one_then_refused(desk: Desk) -> None:
    # The server counts what a silence hides; nobody may say it for himself.
    made = {"action": "silence", "target": "s1", "details": {"silence": "{}"}}
    answer = await desk.post(COMMANDS, {"commands": [made]})
    assert answer.status == 400
    assert answer.json["error"].startswith("request: 'silence': unknown action; known are ")


async def test_post_when_the_body_is_huge_then_413(desk: Desk) -> None:
    answer = await desk.client.post(COMMANDS, b"x" * (512 * 1024 + 1), TOKEN)
    assert (answer.status, answer.json["words"][0]) == (413, "请求过大")


@pytest.mark.parametrize("hours", [0, 49])
async def test_shift_when_the_time_is_none_or_too_long_then_refused(hours: int) -> None:
    with pytest.raises(FormRefusal) as caught:
        await Desk().service.shift(Guest(), hours)
    assert str(caught.value) == f"shift: {hours} h; give 1 to 48"
