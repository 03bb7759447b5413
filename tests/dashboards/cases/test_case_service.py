"""What the case desk answers and sends, without a store: scope, words, buttons, refusals."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from fastapi import FastAPI

from citybrain.cases.case_engine import CaseEngine
from citybrain.cases.files.file_store import FileStore
from citybrain.cases.opening import CaseOpening
from citybrain.cases.records import Case
from citybrain.cases.units import Unit, Units
from citybrain.cases.workflow_files import CaseSetup, load_case_setup
from citybrain.city import load_city
from citybrain.floor.audit_entry import AuditEntry
from citybrain.floor.clock import ManualClock
from citybrain.floor.errors import BusError
from citybrain.floor.reason import Reason
from citybrain.workflow.commands import Actor, Command
from dashboards.cases.case_desk import case_desk_of
from dashboards.desks.store_archive import StoreArchive
from dashboards.lists.hearing import CommandOutcomes
from dashboards.lists.log_tail import Heard
from tests.dashboards.cases.registry import Registry
from tests.dashboards.cases.staff import CLERK, DISPATCHER, GRID_WORKER, VIEWER, Staff
from tests.dashboards.desk.house import Doorman, Guest
from tests.dashboards.making import NOW
from tests.fakes import Answered, Client
from tests.repository import WUHAI

TOKEN = {"x-csrf-token": "token-of-this-session"}
COMMANDS, OPEN = "/cases/api/commands", "/cases/api/open"
EXPORT = "/cases/api/export"


@pytest.fixture(scope="session")
def setup() -> CaseSetup:
    return load_case_setup(load_city(WUHAI))


class Desk:
    """The routes without a store, over what the registry has told."""

    def __init__(self, setup: CaseSetup) -> None:
        self.registry, self.doorman = Registry(CaseEngine(setup)), Doorman(DISPATCHER)
        actions: Any = self.registry
        self.outcomes = CommandOutcomes()
        desk = case_desk_of(
            self.registry.steps,
            self.outcomes,
            StoreArchive(_away),
            actions,
            ManualClock(NOW),
            self.doorman,
            version="page",
            engine=self.registry.engine,
            directory=Staff(),
            files=FileStore(f"memory://{uuid.uuid4().hex}"),
        )
        server = FastAPI()
        self.noted: list[AuditEntry] = []
        desk.add_to(server, self.noted.append)
        self.desk, self.service, self.live = desk, desk.service, desk.live
        self.client = Client(server)

    def hear(self) -> None:
        """Take in all that the registry told."""
        self.live._hear_steps(Heard(None, self.registry.steps.values, caught_up=True))
        self.outcomes.hear(Heard(None, self.registry.entries.values, caught_up=True))

    def as_(self, guest: Guest | None) -> Desk:
        self.doorman.guest = guest
        return self

    async def post(self, path: str, body: Any, headers: dict[str, str] = TOKEN) -> Answered:
        return await self.client.post(path, json.dumps(body).encode(), headers)

    async def ask(self, path: str) -> Answered:
        return await self.client.get(path)

    async def case(self, one: Case) -> dict[str, Any]:
        answer = await self.ask(f"/cases/api/cases/{one.id}")
        assert answer.status == 200, answer.json
        found: dict[str, Any] = answer.json
        return found


def _away() -> Any:
    raise OSError("connection refused")


@pytest.fixture
def desk(setup: CaseSetup) -> Desk:
    return Desk(setup)


def action(answer: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [one for one in answer["actions"] if one["name"] == name]
    return dict(found)


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/cases/api/me", "get"),
        ("/cases/api/cases/x", "get"),
        ("/cases/api/cases/x/destination", "get"),
        ("/cases/api/closed", "get"),
        ("/cases/api/people", "get"),
        ("/cases/api/cases/x/sheet", "get"),
        ("/cases/api/figures", "get"),
        ("/cases/api/figures/cases", "get"),
        (EXPORT, "post"),
        (COMMANDS, "post"),
        (OPEN, "post"),
        ("/cases/api/outcomes", "post"),
        ("/cases/api/choices", "post"),
        ("/cases/api/queue", "post"),
    ],
)
async def test_route_when_nobody_signed_in_or_the_role_sees_no_cases_then_refused(
    desk: Desk, path: str, method: str
) -> None:
    bodies = {
        COMMANDS: {"commands": [{"action": "accept", "target": "x"}]},
        OPEN: {"kind": "manhole_cover_missing", "title": "t"},
        "/cases/api/outcomes": {"ids": ["x"]},
        EXPORT: {"format": "csv", "ids": ["x"]},
        "/cases/api/queue": {},
        "/cases/api/choices": {"ids": ["x"]},
    }
    for guest, status in ((None, 401), (VIEWER, 403)):
        desk.as_(guest)
        answer = await (desk.ask(path) if method == "get" else desk.post(path, bodies[path]))
        assert answer.status == status
    assert desk.registry.sent == []


@pytest.mark.parametrize("path", [COMMANDS, OPEN, "/cases/api/outcomes", EXPORT])
async def test_post_when_the_pages_token_is_missing_then_refused(desk: Desk, path: str) -> None:
    answer = await desk.post(path, {}, {})
    assert (answer.status, desk.registry.sent) == (403, [])


async def test_me_when_listed_in_a_unit_then_the_units_of_both_and_what_the_city_calls_things(
    desk: Desk, setup: CaseSetup
) -> None:
    listed = Unit("night_shift", "city", in_="wuhai", members=("wang",))
    units = Units([*setup.units.by_id.values(), listed])
    desk.service.book.engine = CaseEngine(replace(setup, units=units))
    answer = (await desk.as_(CLERK).ask("/cases/api/me")).json
    assert answer["units"] == ["night_shift", "sanitation"]
    assert (answer["opens"], answer["dispatches"], answer["desk"]) == (True, False, False)
    assert answer["city"]["flows"]["city_management-1"]["stages"][2]["title"] == [
        "派遣",
        "To be dispatched",
    ]
    titles = {unit["id"]: unit["title"][0] for unit in answer["city"]["units"]}
    assert titles["sanitation"] == setup.city.departments["sanitation"].title.zh


async def test_list_when_a_clerk_looks_then_the_units_cases_alone_on_every_road(
    desk: Desk,
) -> None:
    ours = desk.registry.handled(desk.registry.open(NOW, "本单位"), NOW)
    theirs = desk.registry.handled(desk.registry.open(NOW, "别单位"), NOW, "parks")
    desk.hear()
    desk.as_(CLERK)
    scope = desk.service.scope(CLERK)
    whole = json.loads(await anext(desk.live.cases.enter(scope).follow()))
    assert [row["id"] for row in whole["rows"]] == [ours.id]
    assert (await desk.case(ours))["case"]["number"] == ours.number
    hidden = await desk.ask(f"/cases/api/cases/{theirs.id}")
    assert (hidden.status, "别单位" in json.dumps(hidden.json)) == (503, False)  # memory has none
    assert (await desk.ask(f"/cases/api/cases/{theirs.id}/destination")).status == 404
    assert desk.service.colleagues(CLERK, "parks") == {"people": []}
    assert [one["title"] for one in desk.service.colleagues(CLERK, "sanitation")["people"]] == [
        "王环卫",
        "张调度",
    ]
    load = (await desk.ask(f"/cases/api/cases/{ours.id}/destination")).json["load"]
    assert load == {"sanitation": 1}


async def test_case_when_the_store_is_away_then_it_is_shown_from_memory_without_history(
    desk: Desk,
) -> None:
    case = desk.registry.handled(desk.registry.open(NOW, text="路口"), NOW)
    desk.hear()
    answer = await desk.as_(CLERK).case(case)
    assert answer["history"] is None
    assert (answer["case"]["text"], answer["case"]["state_title"]) == (
        "路口",
        ["处置", "Being handled"],
    )
    assert answer["case"]["limit"] == "handle"
    handling = next(one for one in answer["clocks"] if one["limit"] == "handle")
    assert answer["case"]["due"] == handling["due"]


async def test_clocks_when_a_case_is_shown_then_every_second_of_them_is_accounted_for(
    desk: Desk,
) -> None:
    case = desk.registry.handled(desk.registry.open(NOW), NOW)
    desk.hear()
    clocks = (await desk.as_(CLERK).case(case))["clocks"]

    for clock in clocks:
        assert sum(one["counted_s"] for one in clock["spans"]) == clock["used_s"]
    handling = next(one for one in clocks if one["limit"] == "handle")
    assert (handling["title"], handling["state"]) == (["处置", "Handle"], "running")
    assert handling["source"]
    assert [one["state"] for one in clocks] == sorted(
        (one["state"] for one in clocks), key=lambda state: state != "running"
    )


async def test_actions_when_a_clerk_has_it_then_what_is_allowed_comes_with_its_fields(
    desk: Desk,
) -> None:
    case = desk.registry.handled(desk.registry.open(NOW), NOW)
    desk.hear()
    answer = await desk.as_(CLERK).case(case)
    accept, resolve = action(answer, "accept"), action(answer, "resolve")
    assert (accept["title"], accept["key"], accept["why"]) == (["签收", "Sign for"], "a", None)
    assert resolve["fields"] == [{"name": "comment", "needed": True}]
    recall = action(answer, "recall")
    assert (recall["here"], recall["why"]) == (
        True,
        ["您的角色不能这样做", "your role may not do this"],
    )
    filed = action(answer, "file")
    assert (filed["here"], filed["why"][0]) == (
        False,
        "案件处于处置（admin 操作：派遣）",
    )


async def test_destination_when_the_table_names_a_unit_then_it_and_why(desk: Desk) -> None:
    case = desk.registry.open(NOW, kind="exposed_rubbish")
    desk.hear()
    answer = (await desk.ask(f"/cases/api/cases/{case.id}/destination")).json
    assert answer["unit"] == "sanitation"
    assert answer["why"][0] == "环境卫生服务中心负责暴露垃圾（全市）"


async def test_command_when_sent_then_it_is_the_persons_own_about_a_case(desk: Desk) -> None:
    case = desk.registry.handled(desk.registry.open(NOW), NOW)
    desk.hear()
    desk.registry.obeys = False
    body = {"action": "resolve", "target": case.id, "expected": 4, "details": {"comment": "已清"}}
    answer = await desk.as_(CLERK).post(COMMANDS, {"commands": [body]})
    (command,) = desk.registry.sent
    assert (answer.status, answer.json) == (202, {"sent": [[case.id, command.id]]})
    assert (command.noun, command.action, command.expected) == ("case", "resolve", 4)
    assert command.actor == Actor(user="wang", role="clerk", departments=("sanitation",))


@pytest.mark.parametrize(
    ("person", "words"),
    [
        ("nobody", "没有账号 nobody，请从列表中选择"),
        ("left", "没有账号 left，请从列表中选择"),
        ("guest", "访客 的角色不办理案件"),
    ],
)
async def test_assign_when_nobody_could_work_it_then_nothing_is_sent(
    desk: Desk, person: str, words: str
) -> None:
    case = desk.registry.handled(desk.registry.open(NOW), NOW)
    desk.hear()
    body = {"action": "assign", "target": case.id, "details": {"person": person}}
    answer = await desk.as_(CLERK).post(COMMANDS, {"commands": [body]})
    assert (answer.status, answer.json["words"][0], desk.registry.sent) == (422, words, [])


async def test_command_when_the_action_is_unknown_then_refused(desk: Desk) -> None:
    body = {"action": "explode", "target": "x"}
    assert (await desk.post(COMMANDS, {"commands": [body]})).status == 400
    body = {"action": "open", "target": "x"}
    assert (await desk.post(COMMANDS, {"commands": [body]})).status == 400


async def test_open_when_it_is_right_then_it_is_live_and_the_persons_own(desk: Desk) -> None:
    desk.registry.obeys = False
    form = {"kind": "exposed_rubbish", "title": "垃圾堆放", "area": "150302003", "source": "grid"}
    answer = await desk.as_(GRID_WORKER).post(OPEN, form)
    (command,) = desk.registry.sent
    assert (answer.status, answer.json) == (202, {"sent": [[command.target, command.id]]})
    opening = msgspec.json.decode(command.record, type=CaseOpening)
    assert (opening.kind, opening.source, opening.origin) == ("exposed_rubbish", "grid", "live")
    assert (command.action, command.noun, command.actor.user) == ("open", "case", "zhao")


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"kind": "nonsense"}, 422, "没有“nonsense”这个类型"),
        ({"title": " "}, 422, "标题须有 1 至 200 字"),
        ({"area": "99"}, 422, "没有“99”这个区域"),
        ({"origin": "simulated"}, 400, "请求无法读取；请刷新页面重试"),
        ({"source": "alert"}, 400, "请求无法读取；请刷新页面重试"),
    ],
)
async def test_open_when_it_is_wrong_then_it_says_so_at_once(
    desk: Desk, fields: dict[str, str], status: int, words: str
) -> None:
    form = {"kind": "exposed_rubbish", "title": "垃圾", "area": "150302003"} | fields
    answer = await desk.post(OPEN, form)
    assert (answer.status, answer.json["words"][0], desk.registry.sent) == (status, words, [])


async def test_outcome_when_refused_then_in_words_of_the_cases_workflow(desk: Desk) -> None:
    case = desk.registry.handled(desk.registry.open(NOW), NOW)
    desk.hear()
    body = {"action": "file", "target": case.id, "expected": 1}
    sent = (await desk.post(COMMANDS, {"commands": [body]})).json["sent"]
    desk.hear()
    answer = (await desk.post("/cases/api/outcomes", {"ids": [sent[0][1]]})).json
    (found,) = answer["outcomes"].values()
    assert found["outcome"] == "refused"
    assert found["reason"]["zh"] == "案件处于处置（admin 操作：派遣）"
    others = (await desk.as_(CLERK).post("/cases/api/outcomes", {"ids": [sent[0][1]]})).json
    assert others == {"outcomes": {}}  # of somebody else


async def test_command_when_kafka_is_away_then_it_says_that_nobody_knows(desk: Desk) -> None:
    def away(commands: Sequence[Command]) -> None:
        del commands
        raise BusError("Kafka 127.0.0.1:1 does not answer")

    case = desk.registry.open(NOW)
    desk.hear()
    desk.registry.send = away  # type: ignore[method-assign]
    answer = await desk.post(COMMANDS, {"commands": [{"action": "accept", "target": case.id}]})
    assert (answer.status, answer.json["words"][0]) == (503, "消息总线无应答，操作没有被确认")


async def test_rows_when_a_dispatcher_has_to_act_or_a_case_is_watched_then_they_say_so(
    desk: Desk,
) -> None:
    registry = desk.registry
    waiting = registry.walk(registry.open(NOW), NOW, ("accept", {}), ("file", {}))
    watched = registry.walk(
        registry.handled(registry.open(NOW), NOW),
        NOW,
        ("supervise", {"level": "notice", "comment": "抓紧"}),
        ("ask_extension", {"comment": "缺件"}),
        ("assign", {"person": "wang"}),
    )
    rows = {case.id: desk.service.rows.row_of(case) for case in (waiting, watched)}
    assert [rows[one.id]["dispatch"] for one in (waiting, watched)] == [True, False]
    assert (rows[watched.id]["level"], rows[watched.id]["asks"]) == ("notice", ["extension"])
    assert (rows[watched.id]["person"], rows[watched.id]["who"]) == ("wang", "王环卫")


async def test_reload_when_workflows_change_then_pages_load_themselves_anew(
    desk: Desk, setup: CaseSetup
) -> None:
    desk.registry.open(NOW)
    desk.hear()
    texts = desk.live.cases.enter(desk.service.scope(DISPATCHER)).follow()
    before = json.loads(await anext(texts))["version"]
    one = setup.definitions["leads"]
    changed = replace(setup, definitions={"leads": replace(one, version=2)})
    desk.desk.reload(CaseEngine(changed), "page")
    desk.live.cases.beat()
    pulse = json.loads(await asyncio.wait_for(anext(texts), 5))
    assert pulse["version"] != before


def test_who_left_loses_the_case_to_the_unit_once_and_others_keep_theirs(desk: Desk) -> None:
    gone, kept = (desk.registry.handled(desk.registry.open(NOW), NOW) for _ in range(2))
    for case, person in ((gone, "left"), (kept, "wang")):
        desk.registry.walk(case, NOW, ("assign", {"person": person}))
    desk.hear()
    leavers = desk.desk.leavers

    (command,) = leavers.commands()
    desk.registry.obey(command)
    desk.hear()

    cases = desk.registry.cases
    assert (cases[gone.id].person, cases[gone.id].unit) == ("", "sanitation")
    assert cases[kept.id].person == "wang"
    assert leavers.commands() == []


def test_say_when_somebody_was_faster_then_who_by_title(desk: Desk) -> None:
    case = desk.registry.handled(desk.registry.open(NOW), NOW)
    reason = Reason("case_state_by", {"state": "handling", "by": "zhang", "what": "dispatched"})
    said = desk.service.book.say(case, reason, desk.service.people.titles)
    assert said.zh == "案件处于处置（张调度 操作：派遣）"


async def test_choices_when_cases_stand_in_different_stages_then_each_action_names_its_own(
    desk: Desk,
) -> None:
    registry = desk.registry
    handled = [registry.handled(registry.open(NOW), NOW) for _ in range(2)]
    fresh = registry.open(NOW)
    desk.hear()
    ids = [one.id for one in (*handled, fresh)]
    answer = await desk.post("/cases/api/choices", {"ids": [*ids, "no such case"]})
    assert answer.status == 200
    found = {one["name"]: one for one in answer.json["actions"]}
    assert set(found["recall"]["ids"]) == {one.id for one in handled}
    assert sorted(found["comment"]["ids"]) == sorted(ids)
    assert not {"attach", "split", "rate"} & {one["kind"] for one in found.values()}
    counts = [len(one["ids"]) for one in answer.json["actions"]]
    assert counts == sorted(counts, reverse=True)
    # Of cases that the person may not see nothing is said.
    desk.as_(CLERK)
    theirs = registry.handled(registry.open(NOW), NOW, "parks")
    desk.hear()
    assert (await desk.post("/cases/api/choices", {"ids": [theirs.id]})).json == {"actions": []}


async def test_choices_when_too_many_are_asked_for_then_refused(desk: Desk) -> None:
    answer = await desk.post("/cases/api/choices", {"ids": ["x"] * 201})
    assert (answer.status, answer.json["error"]) == (
        400,
        "request: ids: 201 at once; send at most 200",
    )


async def test_command_when_somebody_writes_a_persons_number_then_it_never_leaves_the_desk(
    desk: Desk,
) -> None:
    case = desk.registry.open(NOW)
    desk.hear()
    words = "请联系 13800138000，身份证 150302199001011234"
    commands = [{"action": "comment", "target": case.id, "details": {"comment": words}}]
    await desk.post(COMMANDS, {"commands": commands})
    kind = next(iter(desk.registry.engine.setup.city.kinds))
    await desk.post(OPEN, {"kind": kind, "title": "来电 a@b.cn", "text": words})
    commented, opened = desk.registry.sent
    assert commented.details == {"comment": "请联系 ***，身份证 ***"}
    opening = msgspec.json.decode(opened.record, type=CaseOpening)
    assert (opening.title, opening.text) == ("来电 ***", "请联系 ***，身份证 ***")
    assert b"13800138000" not in msgspec.json.encode(desk.registry.sent)
