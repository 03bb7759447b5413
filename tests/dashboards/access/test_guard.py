"""The guard: each page, route and socket for whom it is, and for nobody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from starlette.websockets import WebSocketDisconnect

from citybrain.accounts import changes
from dashboards.access.guard import Guard, needed, watched
from tests.dashboards.access.house import HTML, NOW, WALLS, House, cookie

ROLES = ("viewer", "officer", "commander", "rule_author", "administrator")
OPEN = ("/healthz", "/login", "/assets/x.css")
FOR_WALLS = ("/", "/traffic", "/_dash-layout")
FOR_PEOPLE = ("/desk", "/desk/api/me", "/new")


async def codes(browser: Any, paths: tuple[str, ...]) -> list[int]:
    return [(await browser.get(path)).status_code for path in paths]


async def test_stranger_when_asking_then_only_what_is_open(house: House) -> None:
    browser = house.browser()
    assert await codes(browser, OPEN) == [200, 200, 200]
    assert await codes(browser, (*FOR_WALLS, *FOR_PEOPLE, "/metrics")) == [401] * 7
    answer = await browser.get("/desk/api/me")
    assert answer.json() == {"error": "sign in first", "words": ["请先登录", "sign in first"]}
    assert house.audit.entries == []


async def test_stranger_when_a_page_is_opened_then_led_to_sign_in(house: House) -> None:
    answer = await house.browser().get("/traffic?lang=en", headers=HTML)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2Ftraffic%3Flang%3Den"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("role", ROLES)
async def test_role_when_signed_in_then_walls_and_desk_and_metrics_for_administrators(
    house: House, role: str
) -> None:
    house.add("li.na", role)
    browser = house.browser()
    await browser.sign_in("li.na")
    assert await codes(browser, (*FOR_WALLS, *FOR_PEOPLE)) == [200] * 6
    expected = 200 if role == "administrator" else 403
    assert (await browser.get("/metrics")).status_code == expected


async def test_clerk_when_signed_in_then_led_to_the_cases_and_to_nothing_else(
    house: House,
) -> None:
    house.add("li.na", "clerk")
    browser = house.browser()
    await browser.sign_in("li.na")
    answer = await browser.get("/", headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, "/cases")
    let_in = await codes(browser, ("/cases", "/cases/api/me", "/_dash-layout", "/logout"))
    assert not {401, 403} & set(let_in)
    assert await codes(browser, ("/desk", "/traffic", "/new")) == [403] * 3


async def test_refusal_when_the_role_may_not_then_in_words_and_in_the_audit_log(
    house: House,
) -> None:
    house.add("li.na", "viewer")
    browser = house.browser()
    await browser.sign_in("li.na")
    answer = await browser.get("/metrics")
    assert answer.json() == {
        "error": "your role may not",
        "words": ["您的角色无权这样做", "your role may not"],
    }
    entry = house.audit.entries[-1]
    assert (entry.user, entry.role, entry.action, entry.target) == (
        *("li.na", "viewer", "see_metrics", "/metrics"),
    )
    assert (entry.outcome, entry.reason) == ("refused", "the role viewer may not")


@pytest.mark.parametrize(
    ("address", "headers", "code"),
    [
        ("127.0.0.1", {}, 200),
        ("10.0.0.7", {}, 401),
        ("127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, 401),
    ],
)
async def test_metrics_when_asked_from_this_machine_then_open(
    house: House, address: str, headers: dict[str, str], code: int
) -> None:
    answer = await house.browser(address).get("/metrics", headers=headers)
    assert answer.status_code == code


async def test_wall_when_its_address_is_opened_then_a_cookie_and_a_clean_address(
    house: House,
) -> None:
    token = changes.issue_wall(house.path, "hall", NOW)
    browser = house.browser()
    answer = await browser.get(f"/traffic?token={token}&lang=en", headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, "/traffic?lang=en")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert cookie(answer, "citybrain_wall") == [
        *(token, "HttpOnly", "Max-Age=31536000", "Path=/", "SameSite=Lax")
    ]
    assert await codes(browser, FOR_WALLS) == [200] * 3
    assert await codes(browser, FOR_PEOPLE) == [401] * 3
    assert (await browser.get("/me")).json()["user"] == "wall:hall"
    assert house.audit.told() == [("open_wall", "accepted", "wall:hall", "")]


async def test_wall_when_its_page_is_loaded_later_then_its_cookie_lasts_longer(
    house: House,
) -> None:
    token = changes.issue_wall(house.path, "hall", NOW)
    browser = house.browser()
    await browser.get(f"/?token={token}")
    house.clock.advance(timedelta(days=300))
    assert "Max-Age=31536000" in cookie(await browser.get("/"), "citybrain_wall")


async def test_wall_when_revoked_then_dark(house: House) -> None:
    token = changes.issue_wall(house.path, "hall", NOW)
    browser = house.browser()
    await browser.get(f"/?token={token}")
    changes.revoke_wall(house.path, house.door.gate.accounts.content.walls[0].id, NOW)
    house.door.gate.accounts.forget()
    assert await codes(browser, FOR_WALLS) == [401] * 3


@pytest.mark.parametrize("token", ["", "cbw_guess", "%00", "%F0%9F%8C%8A", "a&token=b"])
async def test_wall_when_the_token_is_none_then_sign_in_says_so(house: House, token: str) -> None:
    changes.issue_wall(house.path, "hall", NOW)
    browser = house.browser()
    answer = await browser.get(f"/?token={token}", headers=HTML)
    assert answer.headers["location"] == "/login?why=wall"
    assert "set-cookie" not in answer.headers
    assert house.audit.told() == [("open_wall", "refused", "", "no such token")]
    said = (await browser.get("/login?why=wall&lang=en")).text
    assert "This wall&#x27;s token is not valid (any more); ask an administrator" in said


async def test_wall_when_a_program_bears_the_token_then_it_reads(house: House) -> None:
    token = changes.issue_wall(house.path, "probe", NOW)
    headers = {"authorization": f"bearer {token}"}
    browser = house.browser()
    found = [(await browser.get(path, headers=headers)).status_code for path in
             ("/traffic", "/metrics", "/desk")]  # fmt: skip
    assert found == [200, 200, 401]


async def test_wall_when_it_posts_then_refused_whatever_it_carries(house: House) -> None:
    token = changes.issue_wall(house.path, "hall", NOW)
    browser = house.browser()
    await browser.get(f"/?token={token}")
    for headers in ({}, {"x-csrf-token": ""}):
        assert (await browser.post("/traffic", headers=headers)).status_code == 403


async def test_person_when_the_browser_is_a_wall_too_then_the_person_counts(house: House) -> None:
    house.add("li.na")
    token = changes.issue_wall(house.path, "hall", NOW)
    browser = house.browser()
    await browser.get(f"/?token={token}")
    await browser.sign_in("li.na")
    assert (await browser.get("/me")).json()["user"] == "li.na"


async def test_walls_when_open_then_everybody_reads_them_and_nothing_else(house: House) -> None:
    settings = replace(house.settings, screens_open=True)
    browser = House(house.city, house.folder, settings).browser()
    assert await codes(browser, FOR_WALLS) == [200] * 3
    assert await codes(browser, (*FOR_PEOPLE, "/metrics")) == [401] * 4
    assert (await browser.post("/traffic")).status_code == 401


@pytest.mark.parametrize("path", ["/desk/api/me", "/desk", "/traffic", "/logout"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_change_when_without_the_token_then_refused_and_noted(
    house: House, path: str, method: str
) -> None:
    house.add("li.na")
    browser = house.browser()
    await browser.sign_in("li.na")
    for headers in ({}, {"x-csrf-token": "0" * 64}, {"x-csrf-token": "密".encode()}):
        answer = await browser.request(method, path, headers=headers)  # type: ignore[arg-type]
        assert answer.status_code == 403
        assert answer.json()["words"][0] == "页面令牌失效，请刷新页面"
    assert house.audit.told()[-1] == (*("request", "refused", "li.na", "no valid X-CSRF-Token"),)


async def test_change_when_another_site_knows_the_token_then_refused(house: House) -> None:
    house.add("li.na")
    browser = house.browser()
    await browser.sign_in("li.na")
    own = {"x-csrf-token": await browser.csrf()}
    assert (await browser.post("/desk", headers=own)).status_code == 200
    for elsewhere in ({"origin": "https://evil.example"}, {"sec-fetch-site": "same-site"}):
        assert (await browser.post("/desk", headers=own | elsewhere)).status_code == 403


async def test_token_when_it_is_of_another_session_then_refused(house: House) -> None:
    house.add("li.na")
    one, other = house.browser(), house.browser()
    await one.sign_in("li.na")
    await other.sign_in("li.na")
    headers = {"x-csrf-token": await one.csrf()}
    assert (await other.post("/desk", headers=headers)).status_code == 403


async def test_account_when_disabled_then_out_at_the_next_request(house: House) -> None:
    house.add("li.na")
    browser = house.browser()
    await browser.sign_in("li.na")
    changes.disable(house.path, "li.na", NOW)
    house.door.gate.accounts.forget()
    assert await codes(browser, ("/desk", "/")) == [401, 401]


async def test_session_when_used_then_renewed_and_when_idle_then_over(house: House) -> None:
    house.add("li.na")
    browser = house.browser()
    await browser.sign_in("li.na")
    assert "set-cookie" not in (await browser.get("/desk")).headers
    house.clock.advance(timedelta(hours=11))
    renewed = await browser.get("/desk")
    assert cookie(renewed, "citybrain_session")[1:] == ["HttpOnly", "Path=/", "SameSite=Strict"]
    house.clock.advance(timedelta(hours=11))
    assert await codes(browser, ("/desk",)) == [200]
    house.clock.advance(timedelta(hours=2))
    assert await codes(browser, ("/desk",)) == [401]


@pytest.mark.parametrize(
    ("path", "action"),
    [
        ("/", "see_walls"),
        ("/traffic", "see_walls"),
        ("/live/traffic", "see_walls"),
        ("/_dash-layout", "see_walls"),
        ("/cases", "see_cases"),
        ("/cases/live", "see_cases"),
        ("/casesx", "see_desk"),
        ("/desk", "see_desk"),
        ("/desk/live", "see_desk"),
        ("/live", "see_desk"),
        ("//", "see_desk"),
        ("/traffic/", "see_desk"),
        ("/TRAFFIC", "see_desk"),
        ("/assets", "see_desk"),
        ("/assets/x.css", "open"),
        ("/login", "open"),
        ("/loginx", "see_desk"),
        ("/login/", "open"),
        ("/logout", "see_desk"),
        ("/metrics", "see_metrics"),
        ("/metrics/", "see_desk"),
        ("/whatever/comes/later", "see_desk"),
        ("", "see_desk"),
    ],
)
def test_needed_when_a_path_is_not_known_then_what_the_desk_needs(path: str, action: str) -> None:
    assert needed(path, WALLS) == action


async def socket(house: House, path: str, headers: list[tuple[bytes, bytes]]) -> list[Any]:
    """Open a socket at the guard; return what the browser hears."""
    told: list[Any] = []

    async def app(_: Any, __: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        told.append(message)

    guard = Guard(app, gate=house.door.gate, auditor=house.audit, walls=WALLS)
    scope = {
        "type": "websocket",
        "path": path,
        "headers": [(b"host", b"wall.test:18050"), *headers],
        "query_string": b"",
        "scheme": "ws",
        "server": ("wall.test", 18050),
        "client": ("10.0.0.7", 1),
    }
    await guard(scope, receive, send)
    return told


SHUT = [
    {"type": "websocket.accept"},
    {"type": "websocket.close", "code": 4401, "reason": "signed out"},
]


@pytest.mark.parametrize(
    ("who", "path", "opens"),
    [
        ("nobody", "/live/traffic", False),
        ("nobody", "/desk/live", False),
        ("nobody", "/_dash-ws-callback", False),
        ("wall", "/live/traffic", True),
        ("wall", "/desk/live", False),
        ("person", "/live/traffic", True),
        ("person", "/desk/live", True),
    ],
)
async def test_socket_when_opened_then_for_whom_it_is(
    house: House, who: str, path: str, opens: bool
) -> None:
    token = changes.issue_wall(house.path, "hall", NOW)
    session = house.door.gate.sessions.begin(house.add("li.na"), NOW)
    cookies = {
        "nobody": "",
        "wall": f"citybrain_wall={token}",
        "person": f"citybrain_session={session}",
    }
    headers = [(b"cookie", cookies[who].encode())]
    told = await socket(house, path, headers)
    assert told == ([{"type": "websocket.accept"}] if opens else SHUT)


async def test_socket_when_the_session_ends_meanwhile_then_closed() -> None:
    told: list[Any] = []

    async def send(message: Any) -> None:
        told.append(message)

    lets = iter([True, False])
    through = watched(send, lambda: next(lets), look_s=0)
    message = {"type": "websocket.send", "text": "1"}
    await through(message)
    with pytest.raises(WebSocketDisconnect):
        await through(message)
    assert told == [message, SHUT[1]]
