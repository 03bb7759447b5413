"""Role × scope × road × action: the routes and actions are read from the code.

A route or an action that is in no table here fails: whoever adds one says who may use it.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import replace as changed
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import msgspec
import pytest
from msgspec.structs import replace
from starlette.routing import Route, WebSocketRoute

from citybrain.accounts import changes
from citybrain.accounts.records import Account
from citybrain.accounts.roles import (
    COMMENT,
    HANDLE,
    READ_ALERTS,
    READER,
    ROLES,
    SEE_CASES,
    SEE_DESK,
    SEE_METRICS,
    SEE_WALLS,
    WALL,
    may,
)
from citybrain.alerts.records import Alert
from citybrain.alerts.silence_records import Matcher, Silence
from citybrain.alerts.workflow import ALERTS
from citybrain.cases.case_engine import CaseEngine
from citybrain.cases.files.file_store import FileStore
from citybrain.city import load_city
from citybrain.floor.clock import SystemClock
from citybrain.floor.settings import Settings
from citybrain.workflow.commands import Actor, Command
from citybrain.workflow.scope import Scope
from dashboards.access import cookies
from dashboards.access.access_setup import door_of
from dashboards.access.guard import OPEN, needed
from dashboards.app import serve, wall_of
from dashboards.cases.case_desk import case_desk_of
from dashboards.desk.desk_service import DeskService
from dashboards.desk.desk_setup import DutyDesk
from dashboards.desk.rights import ACTIONS, ON_SILENCES
from dashboards.desks.store_archive import StoreArchive
from dashboards.lists.alerts_live import AlertsLive
from dashboards.wall.screen import find_screens
from tests.dashboards.desk.colleagues import Colleagues
from tests.dashboards.desk.house import Guide
from tests.dashboards.lists.memory_log import MemoryLog
from tests.dashboards.making import NOW, make_firing
from tests.repository import WUHAI
from tests.streams.alerts.test_alert_owner import alert_owner
from tests.waiting import until

HOST = "wall.test:18050"
OURS, THEIRS = "11111111-1111-5111-8111-111111111111", "22222222-2222-5222-8222-222222222222"
HIDDEN = "detector-that-nobody-may-know-of"
SUITES = "/_dash-component-suites"
GRANTS = {
    "/": SEE_WALLS,
    "/{path:path}": SEE_DESK,
    "/live/{screen}": SEE_WALLS,
    "/_dash-ws-callback": SEE_WALLS,
    "/_dash-layout": SEE_WALLS,
    "/_dash-dependencies": SEE_WALLS,
    "/_dash-update-component": SEE_WALLS,
    "/_reload-hash": SEE_DESK,
    "/_favicon.ico": OPEN,
    f"{SUITES}/{{package_name}}/{{fingerprinted_path:path}}": SEE_WALLS,
    "/healthz": OPEN,
    "/-/healthy": OPEN,
    "/-/ready": OPEN,
    "/metrics": SEE_METRICS,
    "/me": OPEN,
    "/login": OPEN,
    "/logout": SEE_DESK,
    "/open/cap.atom": READ_ALERTS,
    "/open/cap/{name}": READ_ALERTS,
    "/api/v2/status": READ_ALERTS,
    "/api/v2/alerts": READ_ALERTS,
    "/api/v2/alerts/groups": READ_ALERTS,
    "/api/v2/silences": READ_ALERTS,
    "/api/v2/silence/{name}": READ_ALERTS,
    "/api/v2/receivers": READ_ALERTS,
    "/cases/live": SEE_CASES,
    "/cases/api/me": SEE_CASES,
    "/cases/api/cases/{name}": SEE_CASES,
    "/cases/api/cases/{name}/destination": SEE_CASES,
    "/cases/api/closed": SEE_CASES,
    "/cases/api/people": SEE_CASES,
    "/cases/api/commands": SEE_CASES,
    "/cases/api/open": SEE_CASES,
    "/cases/api/outcomes": SEE_CASES,
    "/cases/api/queue": SEE_CASES,
    "/cases/api/choices": SEE_CASES,
    "/cases/api/files": SEE_CASES,
    "/cases/api/files/{name}/small": SEE_CASES,
    "/cases/api/cases/{case_name}/files/{name}": SEE_CASES,
    "/cases/api/cases/{name}/sheet": SEE_CASES,
    "/cases/api/figures": SEE_CASES,
    "/cases/api/figures/cases": SEE_CASES,
    "/cases/api/export": SEE_CASES,
    "/desk/live": SEE_DESK,
    "/desk/api/me": SEE_DESK,
    "/desk/api/alerts/{alert_id}": SEE_DESK,
    "/desk/api/closed": SEE_DESK,
    "/desk/api/silences": SEE_DESK,
    "/desk/api/silences/preview": SEE_DESK,
    "/desk/api/shift": SEE_DESK,
    "/desk/api/commands": SEE_DESK,
    "/desk/api/outcomes": SEE_DESK,
}
"""Route → what it needs. Those under `RECORDS` give out records; the others hold none."""
OF_EVERY_PAGE = frozenset(path for path in GRANTS if path.startswith(("/_dash-", "/logout")))
"""Routes that all pages need: who may see cases alone may ask them too."""
RECORDS = {
    "/open/cap.atom": "alerts",
    "/open/cap/{name}": "alert",
    "/api/v2/alerts": "alerts",
    "/api/v2/alerts/groups": "alerts",
    "/api/v2/silences": "silences",
    "/api/v2/silence/{name}": "silence",
    "/api/v2/receivers": "alerts",
    "/desk/live": "alerts",
}
ON_ALERTS = {
    "accept_assignment": HANDLE,
    "acknowledge": HANDLE,
    "approve_closing": HANDLE,
    "ask_closing": HANDLE,
    "assign": HANDLE,
    "decline_assignment": HANDLE,
    "decline_closing": HANDLE,
    "comment": COMMENT,
    "merge": HANDLE,
    "reopen": HANDLE,
    "resolve": HANDLE,
    "split": HANDLE,
    "unacknowledge": HANDLE,
}
"""Action on an alert → what it needs."""


class House:
    """The whole server with its guard, over logs in memory and without a store."""

    def __init__(self, folder: Path) -> None:
        self.settings = changed(Settings(), data=folder, cities=WUHAI.parent)
        self.clock = SystemClock()
        self.city = load_city(WUHAI)
        self.door = door_of(self.settings, self.clock)
        self.steps = MemoryLog()
        self.live = AlertsLive(self.steps, MemoryLog(), self.clock, "page")
        self.sent: list[Command] = []
        actions: Any = SimpleNamespace(send=self.sent.extend)
        service = DeskService(
            StoreArchive(_away), self.live, actions, self.clock, Guide(), Colleagues()
        )
        desk = DutyDesk(self.live, service, self.door.gate)
        screens, reader = find_screens(), _NoReader()
        cases = case_desk_of(
            MemoryLog(),
            self.live.outcomes,
            service.archive,
            actions,
            self.clock,
            self.door.gate,
            version="page",
            engine=CaseEngine.of(self.city),
            directory=Colleagues(),
            files=FileStore("memory://files"),
        )
        wall = wall_of(self.city, screens, reader, desk)  # type: ignore[arg-type]
        self.server = serve(self.city, wall, desk, self.door, cases=cases)

    async def fill(self) -> None:
        ours = make_firing(OURS, e_departments=("gas",), e_area="150302003", e_subject="ours")
        theirs = make_firing(
            THEIRS, e_departments=("police",), e_area="150304001", e_subject=HIDDEN
        )
        self.steps.put_alerts([ours, theirs])
        self.steps.put([silence_of("gas", OURS), silence_of("police", THEIRS)])
        await until(
            lambda: self.live.heard and len(list(self.live.alerts.records.seen_by(Scope()))) == 2
        )

    def who(self, role: str, departments: tuple[str, ...]) -> httpx.AsyncClient:
        """Return a client of somebody of `role`, who may see `departments`."""
        now, path = self.clock.now(), self.settings.accounts_path
        transport = httpx.ASGITransport(self.server, client=("10.0.0.7", 1234))
        client = httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}")
        if role == WALL.id:
            client.cookies.set(cookies.WALL, changes.issue_wall(path, "w", now))
        elif role == READER.id:
            token = changes.issue_reader(path, "r", now, departments=departments)
            client.headers["authorization"] = f"Bearer {token}"
        elif role:
            name = f"{role}_{'_'.join(departments) or 'all'}"
            account = self._account(name, role, departments)
            client.cookies.set(cookies.SESSION, self.door.gate.sessions.begin(account, now))
        self.door.gate.accounts.forget()
        return client

    def _account(self, name: str, role: str, departments: tuple[str, ...]) -> Account:
        known = self.door.gate.accounts.account(name)
        path = self.settings.accounts_path
        return known or changes.add(
            path, name, None, self.clock.now(), role=role, departments=departments
        )


class _NoReader:
    """A wall whose store is away."""

    def __getattr__(self, _name: str) -> Any:
        return lambda *_args, **_more: None


def _away() -> Any:
    raise OSError("connection refused")


def silence_of(department: str, name: str) -> Silence:
    now = SystemClock().now()
    return Silence(
        id=name,
        matchers=(Matcher("department", "=", department), Matcher("rule", "=", "gas_leak")),
        starts_at=now,
        ends_at=now.replace(year=now.year + 1),
        creator=f"officer_{department}",
        reason=f"works of {department}",
        created_at=now,
    )


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(tmp_path_factory.mktemp("house"))


@contextlib.asynccontextmanager
async def living(house: House) -> AsyncIterator[House]:
    task = asyncio.create_task(house.live.run())
    try:
        await house.fill()
        yield house
    finally:
        task.cancel()


def routes(house: House) -> dict[str, Any]:
    return {
        one.path: one
        for one in house.server.routes
        if isinstance(one, (Route, WebSocketRoute)) or hasattr(one, "path")
    }


def test_every_route_is_in_the_table(house: House) -> None:
    assert set(routes(house)) - set(GRANTS) - _login_files(house) == set()


def _login_files(house: House) -> set[str]:
    """The files of pages, and the parts of the page of sign-in: they are open."""
    return {path for path in routes(house) if path.startswith(("/login/", "/assets"))}


def test_every_route_needs_what_the_table_says(house: House) -> None:
    walls = frozenset({"/", *(f"/{name}" for name in find_screens())})
    found = {path: needed(path, walls) for path in routes(house) if path in GRANTS}

    assert found == {path: GRANTS[path] for path in found}


def test_page_of_sign_in_has_files_and_nothing_else_under_it(house: House) -> None:
    open_ones = {path for path in _login_files(house) if "{" in path}

    assert open_ones <= {"/login/{name}", "/assets/{path:path}"}, open_ones


NOT_THERE = {"/open/cap/{name}": 503, "/api/v2/silence/{name}": 404}
"""Of one that is out of sight; the archive, which might know it as a closed one, is away here."""
NOT_ASKED = {"/_reload-hash", "/me"}
"""A page that we do not have; one that everybody may ask who they are, and strangers learn."""
EVERYBODY = ["", WALL.id, READER.id, *ROLES]
ASKED = {
    "/open/cap/{name}": f"/open/cap/{THEIRS}.xml",
    "/api/v2/silence/{name}": f"/api/v2/silence/{THEIRS}",
    "/desk/api/alerts/{alert_id}": f"/desk/api/alerts/{THEIRS}",
    f"{SUITES}/{{package_name}}/{{fingerprinted_path:path}}": f"{SUITES}/x/y",
    "/{path:path}": "/nowhere",
    "/live/{screen}": "",
    "/cases/api/cases/{name}": f"/cases/api/cases/{THEIRS}",
    "/cases/api/cases/{name}/destination": f"/cases/api/cases/{THEIRS}/destination",
    "/cases/api/cases/{name}/sheet": f"/cases/api/cases/{THEIRS}/sheet",
    "/cases/api/cases/{case_name}/files/{name}": f"/cases/api/cases/{THEIRS}/files/{'0' * 32}",
    "/desk/live": "",
    "/cases/live": "",
    "/login": "",
}


@pytest.mark.parametrize("role", EVERYBODY)
async def test_route_lets_in_whose_role_is_granted_it(house: House, role: str) -> None:
    async with house.who(role, ()) as client:
        for path, grant in GRANTS.items():
            asked = ASKED.get(path, path)
            route = routes(house).get(path)
            if not asked or route is None or path in NOT_ASKED:
                continue
            method = "GET" if "GET" in (getattr(route, "methods", None) or ("GET",)) else "POST"
            answer = await client.request(method, asked)
            led = answer.headers.get("location", "")
            elsewhere = "/login" in led or led == "/cases"  # who sees no wall begins at the cases
            refused = answer.status_code in (401, 403) or elsewhere
            if method == "POST":  # who may, lacks the token of a page
                assert answer.status_code in (401, 403), path
                continue
            granted = may(role, grant) or (path in OF_EVERY_PAGE and may(role, SEE_CASES))
            assert refused is not (grant == OPEN or granted), (path, answer.status_code)


@pytest.mark.parametrize("role", [READER.id, *ROLES])
@pytest.mark.parametrize("path", [path for path in RECORDS if path != "/desk/live"])
@pytest.mark.parametrize("departments", [(), ("gas",)], ids=["all", "gas"])
async def test_record_is_read_by_whose_scope_covers_it(
    house: House, role: str, path: str, departments: tuple[str, ...]
) -> None:
    async with living(house), house.who(role, departments) as client:
        answer = await client.get(ASKED.get(path, path))

    told = answer.text
    if not may(role, GRANTS[path]):
        assert answer.status_code in (401, 403)
        assert not any(word in told for word in (THEIRS, HIDDEN, "police")), told
    elif departments:
        assert not any(word in told for word in (THEIRS, HIDDEN, "police")), told
        assert answer.status_code == (NOT_THERE.get(path, 200))
    elif path in ("/open/cap.atom", "/api/v2/alerts"):
        assert answer.status_code == 200
        assert HIDDEN in told or THEIRS in told


@pytest.mark.parametrize("open_walls", [False, True])
async def test_wall_reads_no_alert_whole_even_where_walls_are_open(
    tmp_path: Path, open_walls: bool
) -> None:
    house = House(tmp_path)
    house.settings = changed(house.settings, screens_open=open_walls)
    house.door = door_of(house.settings, house.clock)
    async with living(house):
        for role, path in itertools.product(("", WALL.id), RECORDS):
            if path == "/desk/live":
                continue
            async with house.who(role, ()) as client:
                answer = await client.get(ASKED.get(path, path))
            assert answer.status_code == 401, (role, path)


def test_every_action_is_in_the_table() -> None:
    assert set(ON_ALERTS) == set(ALERTS.actions)
    assert set(ON_ALERTS) | ON_SILENCES == ACTIONS


def _alert(**given: Any) -> Alert:
    return make_firing("a1", e_departments=("gas",), e_area="150302003", incident="a1", **given)


@pytest.mark.parametrize("action", sorted(ACTIONS))
@pytest.mark.parametrize("role", [READER.id, WALL.id, "nobody", *ROLES])
@pytest.mark.parametrize(
    ("departments", "areas", "covered"),
    [
        ((), (), True),
        (("gas",), (), True),
        (("police",), (), False),
        ((), ("150302",), True),
        ((), ("150304",), False),
        (("gas",), ("150304",), False),
    ],
    ids=str,
)
def test_action_is_done_by_whose_role_and_scope_allow_it(
    action: str, role: str, departments: tuple[str, ...], areas: tuple[str, ...], covered: bool
) -> None:
    owner = alert_owner()
    owner.hold([_alert(), replace(_alert(), id="b1", incident="b1")])
    owner.hold_silences([_of_gas()])
    actor = Actor(user="x", role=role, departments=departments, areas=areas)
    target, details, record = _asked(action)
    asked = Command(
        id=f"c-{action}",
        action=action,
        target=target,
        actor=actor,
        at=NOW,
        details=details,
        **record,
    )

    outcome = owner.take_command(asked, "c", NOW)

    grant = ON_ALERTS.get(action, action)
    [entry] = outcome.audit
    if not may(role, grant):
        assert (entry.outcome, entry.reason) == ("refused", "role_may_not")
    elif not covered:
        wider = ("out_of_scope", "silence_beyond_scope")
        assert (entry.outcome, entry.reason in wider) == ("refused", True), entry
    else:
        assert entry.reason not in ("role_may_not", "out_of_scope", "silence_beyond_scope"), entry


def _of_gas() -> Silence:
    matchers = (
        Matcher("department", "=", "gas"),
        Matcher("area", "=", "150302003"),
        Matcher("rule", "=", "gas_leak"),
    )
    later = NOW.replace(year=NOW.year + 1)
    return replace(
        silence_of("gas", "s1"), matchers=matchers, starts_at=NOW, ends_at=later, created_at=NOW
    )


def _asked(action: str) -> tuple[str, dict[str, str], dict[str, Any]]:
    """Return target, details and record of a command."""
    if action == "silence":
        later = NOW.replace(month=12, day=20)
        fresh = replace(_of_gas(), id="s2", ends_at=later)
        return "s2", {"silence": msgspec.json.encode(fresh).decode()}, {}
    if action in ON_SILENCES:
        return "s1", {}, {}
    details = {"comment": "去现场", "assignee": "duty_b", "into": "b1"}
    return "a1", details, {}


@pytest.mark.parametrize("action", sorted(ACTIONS))
@pytest.mark.parametrize("role", sorted(ROLES))
async def test_desk_refuses_at_once_what_the_role_may_not(
    house: House, role: str, action: str
) -> None:
    form = {"commands": [{"action": action, "target": "a1", "details": {"assignee": "duty_b"}}]}
    async with house.who(role, ()) as client:
        csrf = (await client.get("/me")).json().get("csrf", "")
        headers = {"x-csrf-token": csrf, "origin": f"http://{HOST}"}
        if may(role, ON_ALERTS.get(action, action)):
            return
        answer = await client.post("/desk/api/commands", json=form, headers=headers)

    if not may(role, SEE_DESK):  # the guard lets nobody in who works no alerts
        assert answer.status_code == 403
        assert role not in {one.actor.role for one in house.sent}
        return
    if action == "silence":  # has a door of its own
        assert answer.status_code == 400
        return
    assert answer.status_code == 403
    assert answer.json()["error"] == "your role may not do this"
    assert house.sent[-1].action == action  # for the audit log: its owner refuses it as well


@pytest.mark.parametrize("role", ["viewer", "rule_author"])
@pytest.mark.parametrize("path", ["/desk/api/silences/preview", "/desk/api/silences"])
async def test_desk_counts_and_makes_no_silence_for_who_may_not_silence(
    house: House, role: str, path: str
) -> None:
    form = {
        "matchers": [{"name": "subject", "op": "=", "value": HIDDEN}],
        "lasts_s": 3600,
        "reason": "x",
    }
    async with house.who(role, ()) as client:
        csrf = (await client.get("/me")).json().get("csrf", "")
        headers = {"x-csrf-token": csrf, "origin": f"http://{HOST}"}
        answer = await client.post(path, json=form, headers=headers)

    assert answer.status_code == 403
