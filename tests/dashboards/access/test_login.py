"""Signing in and out by password, and what an attacker may try at it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from citybrain.accounts import changes, passwords
from citybrain.accounts.accounts_file import read
from citybrain.accounts.sign_in_links import issue_link
from citybrain.city import City
from dashboards.access import password_checker
from tests.dashboards.access.house import HOST, NOW, RIGHT, House, cookie, errors

WRONG = ["账号或密码不正确"]


async def test_sign_in_when_right_then_in_and_noted(house: House) -> None:
    house.add("li.na", title="李娜")
    browser = house.browser()
    answer = await browser.sign_in(" Li.Na", path="/login?next=/desk%3Falert%3D7")
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk?alert=7")
    assert (await browser.get("/desk")).text == '"/desk"'
    me = (await browser.get("/me")).json()
    assert (me["user"], me["title"], me["role"]) == ("li.na", "李娜", "officer")
    assert house.audit.told() == [("sign_in", "accepted", "li.na", "")]
    entry = house.audit.entries[0]
    assert (entry.role, entry.address, entry.details) == (
        "officer",
        "10.0.0.7",
        {"by": "password"},
    )


async def test_cookie_when_set_then_no_script_reads_it_and_no_site_sends_it(house: House) -> None:
    house.add("li.na")
    answer = await house.browser().sign_in("li.na")
    assert cookie(answer, "citybrain_session")[1:] == ["HttpOnly", "Path=/", "SameSite=Strict"]
    secure = await house.browser(scheme="https").sign_in("li.na")
    assert cookie(secure, "__Host-citybrain_session")[1:] == [
        *("HttpOnly", "Path=/", "SameSite=Strict", "Secure")
    ]


async def test_cookie_when_the_address_is_https_then_always_secure(house: House) -> None:
    settings = replace(house.settings, screens_url="https://wall.test")
    behind = House(house.city, house.folder, settings)
    page = await behind.browser().get("/login")
    assert cookie(page, "__Host-citybrain_form")[1:] == [
        *("HttpOnly", "Path=/", "SameSite=Strict", "Secure")
    ]


async def test_sign_in_when_wrong_then_never_why(house: House) -> None:
    house.add("li.na")
    house.add("zhao")
    changes.add(house.path, "by.oidc", None, NOW, role="officer")
    changes.disable(house.path, "zhao", NOW)
    house.door.gate.accounts.forget()
    pages = [
        await house.browser().sign_in(name, password)
        for name, password in [
            ("li.na", "something else"),
            ("nobody", RIGHT),
            ("zhao", RIGHT),
            ("by.oidc", ""),
            ("", ""),
        ]
    ]
    assert [(page.status_code, errors(page)) for page in pages] == [(401, WRONG)] * 5
    assert {told[1:] for told in house.audit.told()} == {("refused", "", "wrong name or password")}
    assert [one.details for one in house.audit.entries][1] == {"name": "nobody"}


async def test_sign_in_when_the_account_is_unknown_then_a_password_is_hashed_all_the_same(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def verify(password: str, kept: str) -> bool:
        seen.append(kept)
        return False

    monkeypatch.setattr(passwords, "verify", verify)
    await house.browser().sign_in("nobody")
    assert seen == [""]


async def test_error_when_english_is_wanted_then_in_english(house: House) -> None:
    page = await house.browser().sign_in("nobody", path="/login?lang=en")
    assert errors(page) == ["Name or password is not right"]
    assert '<html lang="en">' in page.text


async def test_page_when_the_name_is_markup_then_it_is_text(house: House) -> None:
    name = '"><script>alert(1)</script>'
    page = await house.browser().sign_in(name)
    assert "<script>alert" not in page.text
    assert 'value="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"' in page.text
    assert house.audit.entries[0].details == {"name": name}


async def test_audit_when_the_name_would_forge_a_line_then_printable_and_short(
    house: House,
) -> None:
    await house.browser().sign_in("x\r\n2026 audit accepted \x1b[31m" + "y" * 500)
    told = house.audit.entries[0].details["name"]
    assert told.startswith("x��2026 audit accepted �[31myyy")
    assert len(told) == 81


async def test_headers_when_the_page_is_shown_then_strict_and_its_form_is_our_own(
    house: House,
) -> None:
    headers = (await house.browser().get("/login")).headers
    assert headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    )
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    ("headers", "status", "error"),
    [
        ({"origin": "http://evil.example"}, 403, "请求来自其他网站，已拒绝"),
        ({"origin": "null"}, 403, "请求来自其他网站，已拒绝"),
        ({"sec-fetch-site": "cross-site"}, 403, "请求来自其他网站，已拒绝"),
    ],
)
async def test_sign_in_when_another_site_posts_then_refused(
    house: House, headers: dict[str, str], status: int, error: str
) -> None:
    house.add("li.na")
    page = await house.browser().sign_in("li.na", **headers)
    assert (page.status_code, errors(page)) == (status, [error])
    assert house.audit.told() == [("sign_in", "refused", "", "foreign page")]


@pytest.mark.parametrize("form", ["", "0" * 64, "密"])
async def test_sign_in_when_the_form_is_not_this_browsers_then_refused(
    house: House, form: str
) -> None:
    house.add("li.na")
    browser = house.browser()
    await browser.form()
    page = await browser.post("/login", data={"name": "li.na", "password": RIGHT, "form": form})
    assert (page.status_code, errors(page)) == (403, ["页面已过期，请再提交一次"])


async def test_sign_in_when_the_form_is_another_browsers_then_refused(house: House) -> None:
    house.add("li.na")
    browser = house.browser()
    await browser.form()
    fields = {"name": "li.na", "password": RIGHT, "form": await house.browser().form()}
    assert (await browser.post("/login", data=fields)).status_code == 403


@pytest.mark.parametrize(
    "body",
    [b"a" * 8193, b"\xff\xfe", b"&".join(b"a%d=1" % n for n in range(20))],
    ids=["long", "no text", "many fields"],
)
async def test_sign_in_when_the_body_is_no_form_of_ours_then_refused(
    house: House, body: bytes
) -> None:
    page = await house.browser().post("/login", content=body)
    assert (page.status_code, errors(page)) == (413, ["提交的内容过长"])


@pytest.mark.parametrize(
    "where",
    [
        "//evil.example",
        "https://evil.example",
        "/%5Cevil.example",
        "/desk%0d%0aset-cookie:a=b",
        "x",
    ],
)
async def test_sign_in_when_next_leads_away_then_to_the_first_page(
    house: House, where: str
) -> None:
    house.add("li.na")
    answer = await house.browser().sign_in("li.na", path=f"/login?next={where}")
    assert answer.headers["location"] == "/"


async def test_sign_in_when_a_session_was_planted_then_a_new_one_begins(house: House) -> None:
    house.add("li.na")
    house.add("eve")
    eve, victim = house.browser(), house.browser()
    planted = cookie(await eve.sign_in("eve"), "citybrain_session")[0]
    form = await victim.form()
    victim.cookies.set("citybrain_session", planted, domain="wall.test")
    answer = await victim.post("/login", data={"name": "li.na", "password": RIGHT, "form": form})
    assert cookie(answer, "citybrain_session")[0] != planted
    assert (await eve.get("/me")).status_code == 401


async def test_page_when_signed_in_already_then_on_to_where_one_wanted(house: House) -> None:
    house.add("li.na")
    browser = house.browser()
    assert (await browser.get("/login/known")).json() is False
    await browser.sign_in("li.na")
    answer = await browser.get("/login?next=/desk")
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    assert (await browser.get("/login/known")).json() is True


async def test_sign_out_when_done_then_the_old_cookie_opens_nothing(house: House) -> None:
    house.add("li.na")
    browser = house.browser()
    kept = cookie(await browser.sign_in("li.na"), "citybrain_session")[0]
    answer = await browser.post("/logout", headers={"x-csrf-token": await browser.csrf()})
    assert answer.status_code == 204
    assert cookie(answer, "citybrain_session") == [
        *('""', "HttpOnly", "Max-Age=0", "Path=/", "SameSite=Strict")
    ]
    thief = house.browser()
    thief.cookies.set("citybrain_session", kept, domain="wall.test")
    assert (await thief.get("/me")).status_code == 401
    assert house.audit.told()[-1] == ("sign_out", "accepted", "li.na", "")


async def test_guesses_when_too_many_then_429_says_when_and_only_time_helps(house: House) -> None:
    house.add("li.na")
    for number in range(5):
        guess = await house.browser(f"10.1.0.{number}").sign_in("li.na", "something else")
        assert guess.status_code == 401
    for _ in range(2):
        page = await house.browser().sign_in("li.na")
        assert (page.status_code, page.headers["retry-after"]) == (429, "1")
        assert errors(page) == ["尝试次数过多，请 1 秒后再试"]
    assert [told[3] for told in house.audit.told()][-2:] == [
        *("wrong name or password", "too many attempts")
    ]
    house.clock.advance(timedelta(seconds=1))
    assert (await house.browser().sign_in("li.na")).status_code == 303


async def test_guesses_when_the_account_is_unknown_then_the_same_429(house: House) -> None:
    for number in range(5):
        await house.browser(f"10.1.0.{number}").sign_in("nobody", "something else")
    page = await house.browser().sign_in("nobody", path="/login?lang=en")
    assert (page.status_code, errors(page)) == (429, ["Too many attempts; try again in 1 s"])


async def test_guesses_when_at_once_then_no_more_are_tried_than_one_by_one(house: House) -> None:
    house.add("li.na")
    browsers = [house.browser(f"10.1.0.{number}") for number in range(12)]
    forms = [await browser.form() for browser in browsers]
    pages = await asyncio.gather(
        *(
            browser.post("/login", data={"name": "li.na", "password": "guess", "form": form})
            for browser, form in zip(browsers, forms, strict=True)
        )
    )
    assert sorted(page.status_code for page in pages) == [401] * 5 + [429] * 7


async def test_flood_when_many_accounts_are_tried_then_busy_and_it_costs_nobody_an_attempt(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(password_checker, "WAITING", 0)
    house.add("li.na")
    for number in range(8):
        page = await house.browser(f"10.1.0.{number}").sign_in("li.na")
        assert (page.status_code, page.headers["retry-after"]) == (503, "3")
        assert errors(page) == ["登录人数较多，请稍后再试"]
    monkeypatch.setattr(password_checker, "WAITING", 1)
    assert (await house.browser().sign_in("li.na")).status_code == 303


async def test_hash_when_it_is_old_then_made_anew_at_sign_in(house: House) -> None:
    house.add("li.na")
    weak = PasswordHasher(time_cost=1, memory_cost=8192).hash(RIGHT)
    changes.change(house.path, "li.na", NOW, password=weak)
    house.door.gate.accounts.forget()
    browser = house.browser()
    assert (await browser.sign_in("li.na")).status_code == 303
    (account,) = read(house.path).accounts
    assert not passwords.is_outdated(account.password)
    house.door.gate.accounts.forget()
    assert (await browser.get("/me")).status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/login/nothing", 404),
        ("/login/login.css%00", 404),
        ("/login/..%2fdoor.py", 401),  # nothing that lies deeper is the page's
        ("/login/desk/api/me", 401),
        ("/login//desk", 401),
    ],
)
async def test_file_when_there_is_none_then_nothing_is_served(
    house: House, path: str, status: int
) -> None:
    answer = await house.browser().get(path)
    assert answer.status_code == status


async def test_files_when_asked_for_then_served(house: House) -> None:
    browser = house.browser()
    kinds = [
        (await browser.get(f"/login/{name}")).headers["content-type"].partition(";")[0]
        for name in ("login.css", "login.js", "city.svg")
    ]
    assert kinds == ["text/css", "text/javascript", "image/svg+xml"]


async def test_page_when_shown_then_the_city_and_both_languages(house: House, city: City) -> None:
    page = (await house.browser().get("/login?next=/desk")).text
    assert "<h1>乌海市城市运行指挥中心</h1>" in page
    assert 'href="/login?next=%2Fdesk&amp;lang=en">English</a>' in page
    other = (await house.browser().get("/login?next=/desk%3Flang%3Den")).text
    assert "<h1>Wuhai City Operations Center</h1>" in other
    assert ">中文</a>" in other
    assert "oidc" not in page


async def test_me_when_nobody_is_signed_in_then_401(house: House) -> None:
    answer = await house.browser().get("/me")
    assert answer.status_code == 401
    assert answer.json() == {"error": "sign in first", "words": ["请先登录", "sign in first"]}


async def test_host_when_it_is_another_then_no_redirect_leads_there(house: House) -> None:
    headers = {"host": "evil.example", "accept": "text/html"}
    answer = await house.browser().get("/desk", headers=headers)
    assert answer.headers["location"] == "/login?next=%2Fdesk"


async def test_link_when_it_is_only_looked_at_then_it_still_lets_in_and_then_no_more(
    house: House,
) -> None:
    house.add("ge", role="grid_worker")
    token = issue_link(house.path, "ge", NOW)
    path = f"/login/link?token={token}"
    browser, other = house.browser(), house.browser()
    assert (await other.get(path)).status_code == 200
    fields = {"token": token, "form": await browser.form(path)}
    told = {"origin": f"http://{HOST}"}

    stranger = await other.post("/login/link", data=fields, headers=told)
    abroad = await browser.post("/login/link", data=fields, headers={"origin": "http://evil.test"})
    answer = await browser.post("/login/link", data=fields, headers=told)

    assert (stranger.status_code, abroad.status_code) == (403, 403)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert (await browser.get("/me")).json()["user"] == "ge"
    again = {"token": token, "form": await other.form(path)}
    refused = await other.post("/login/link", data=again, headers=told)
    assert (refused.status_code, errors(refused)) == (
        401,
        ["登录链接无效、已使用或已过期，请向管理员索取新的链接"],
    )
    assert house.audit.told()[2] == ("sign_in", "accepted", "ge", "")
    assert token not in str(house.audit.entries)
