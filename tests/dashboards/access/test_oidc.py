"""Signing in by an issuer: real requests, real tokens, and each way to cheat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import OctKey

from citybrain.accounts import changes
from citybrain.accounts.accounts_file import read
from citybrain.city import City
from citybrain.floor.clock import ManualClock
from citybrain.floor.errors import ConfigError
from citybrain.floor.settings import Settings
from dashboards.access.access_setup import door_of
from dashboards.access.oidc import parse_roles
from tests.dashboards.access.house import HOST, NOW, Browser, House, cookie, errors
from tests.dashboards.access.issuer import Issuer, make_key, serving

REFUSED = ["统一身份认证未通过，请重新登录"]
NO_ROLE = ["您的账号在本系统没有角色，请联系管理员"]
AWAY = ["统一身份认证暂时不可用，请稍后再试或使用账号密码登录"]
EPOCH = int(NOW.timestamp())


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with serving(Issuer(now=EPOCH)) as one:
        yield one


def settings_for(issuer: Issuer, **more: Any) -> Settings:
    given: dict[str, Any] = {
        "oidc_issuer": issuer.url,
        "oidc_roles": "city-admins=administrator,duty=officer",
        "screens_url": f"http://{HOST}",
    }
    return replace(Settings(), **(given | more))


@pytest.fixture
def house(city: City, tmp_path: Path, issuer: Issuer) -> House:
    return House(city, tmp_path / "data", settings_for(issuer))


async def come(browser: Browser, issuer: Issuer, **changed: str) -> httpx.Response:
    """Go to the issuer and come back."""
    out = await browser.get("/login/oidc?next=/desk%3Falert%3D7")
    assert out.status_code == 303
    told = issuer.authorize(out.headers["location"]) | changed
    return await browser.get("/login/callback", params=told)


async def test_sign_in_when_the_issuer_knows_the_person_then_in(
    house: House, issuer: Issuer
) -> None:
    browser = house.browser()
    assert 'href="/login/oidc?next=%2F"' in (await browser.get("/login")).text
    back = await come(browser, issuer)
    assert back.status_code == 200
    assert 'content="0;url=/desk?alert=7"' in back.text
    assert cookie(back, "citybrain_session")[1:] == ["HttpOnly", "Path=/", "SameSite=Strict"]
    me = (await browser.get("/me")).json()
    assert (me["user"], me["title"], me["role"]) == ("li.na", "李娜", "officer")
    house.door.gate.accounts.forget()
    (account,) = read(house.path).accounts
    assert (account.password, account.subject) == ("", f"{issuer.url} u-1")
    assert house.audit.entries[-1].details == {"by": "oidc"}


async def test_request_when_sent_then_code_with_pkce_state_and_nonce(
    house: House, issuer: Issuer
) -> None:
    browser = house.browser()
    out = await browser.get("/login/oidc")
    query = {name: one for name, [one] in parse_qs(urlsplit(out.headers["location"]).query).items()}
    assert {name: query[name] for name in ("response_type", "client_id", "scope")} == {
        "response_type": "code",
        "client_id": "citybrain",
        "scope": "openid profile email",
    }
    assert query["redirect_uri"] == f"http://{HOST}/login/callback"
    assert query["code_challenge_method"] == "S256"
    assert min(len(query[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    attributes = cookie(out, "citybrain_oidc")[1:]
    assert attributes == ["HttpOnly", "Max-Age=600", "Path=/", "SameSite=Lax"]


async def test_secret_when_there_is_one_then_basic_and_never_in_the_form(
    city: City, tmp_path: Path, issuer: Issuer
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    house = House(city, tmp_path / "data", settings_for(issuer, oidc_client_secret_file=secret))
    assert (await come(house.browser(), issuer)).status_code == 200
    form, authorization = issuer.seen[0]
    assert authorization == "Basic Y2l0eWJyYWluOnMzY3JldA=="
    assert "s3cret" not in str(form)


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"aud": "another"}, "aud"),
        ({"iss": "https://evil.example"}, "iss"),
        ({"nonce": "another"}, "nonce"),
        ({"nonce": ""}, "nonce"),
        ({"exp": EPOCH - 120}, "expired"),
        ({"exp": ""}, "exp"),
        ({"iat": EPOCH + 3600}, ""),
        ({"nbf": EPOCH + 3600}, ""),
        ({"sub": ""}, "sub"),
        ({"aud": ["citybrain", "another"], "azp": "another"}, "azp"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_token_when_it_was_not_meant_for_this_then_refused(
    house: House, issuer: Issuer, claims: dict[str, Any], reason: str
) -> None:
    issuer.claims = claims
    browser = house.browser()
    back = await come(browser, issuer)
    assert (back.status_code, errors(back)) == (403, REFUSED)
    assert reason in house.audit.entries[-1].reason
    assert (await browser.get("/me")).status_code == 401
    assert read(house.path).accounts == ()


async def test_token_when_signed_by_another_key_then_refused(house: House, issuer: Issuer) -> None:
    issuer.published, issuer.key = [issuer.key], make_key("one")
    assert errors(await come(house.browser(), issuer)) == REFUSED


async def test_token_when_signed_with_what_everybody_knows_then_refused(
    house: House, issuer: Issuer
) -> None:
    issuer.published, issuer.key = [issuer.key], OctKey.import_key("x" * 32, {"kid": "one"})
    issuer.header = {"alg": "HS256"}
    assert errors(await come(house.browser(), issuer)) == REFUSED


async def test_keys_when_the_issuer_changed_them_then_asked_for_again(
    house: House, issuer: Issuer
) -> None:
    assert (await come(house.browser(), issuer)).status_code == 200
    issuer.key = make_key("two")
    assert (await come(house.browser(), issuer)).status_code == 200
    assert issuer.paths.count("/keys") == 2
    assert issuer.paths.count("/.well-known/openid-configuration") == 1


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"state": "another"}, "state: it is not the one of this sign-in; begin again"),
        ({"state": "密"}, "state: it is not the one of this sign-in; begin again"),
        ({"iss": "https://evil.example"}, "iss: another issuer answered; begin again"),
        ({"code": "code9"}, "the issuer gives no ID token: invalid_grant"),
    ],
)
async def test_answer_when_it_is_not_to_our_question_then_refused(
    house: House, issuer: Issuer, changed: dict[str, str], reason: str
) -> None:
    back = await come(house.browser(), issuer, **changed)
    assert (back.status_code, errors(back)) == (403, REFUSED)
    assert house.audit.entries[-1].reason == reason


async def test_answer_when_the_issuer_refuses_then_so_do_we(house: House) -> None:
    browser = house.browser()
    out = await browser.get("/login/oidc")
    [state] = parse_qs(urlsplit(out.headers["location"]).query)["state"]
    told = {"state": state, "error": "access_denied"}
    assert errors(await browser.get("/login/callback", params=told)) == REFUSED
    assert house.audit.entries[-1].reason == "the issuer refuses: access_denied"


async def test_answer_when_it_comes_to_another_browser_then_refused(
    house: House, issuer: Issuer
) -> None:
    out = await house.browser().get("/login/oidc")
    told = issuer.authorize(out.headers["location"])
    victim = house.browser()
    assert errors(await victim.get("/login/callback", params=told)) == REFUSED
    assert (await victim.get("/me")).status_code == 401


async def test_answer_when_it_comes_twice_then_refused(house: House, issuer: Issuer) -> None:
    browser = house.browser()
    out = await browser.get("/login/oidc")
    told = issuer.authorize(out.headers["location"])
    assert (await browser.get("/login/callback", params=told)).status_code == 200
    assert errors(await browser.get("/login/callback", params=told)) == REFUSED


async def test_answer_when_it_comes_late_then_refused(house: House, issuer: Issuer) -> None:
    browser = house.browser()
    out = await browser.get("/login/oidc")
    house.clock.advance(timedelta(minutes=11))
    told = issuer.authorize(out.headers["location"])
    assert errors(await browser.get("/login/callback", params=told)) == REFUSED
    assert house.audit.entries[-1].reason == "sign-in: it took too long; begin again"


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (["duty"], "officer"),
        (["others", "duty", "city-admins"], "administrator"),
        ("duty", "officer"),
    ],
)
async def test_role_when_several_fit_then_the_first_of_the_setting(
    house: House, issuer: Issuer, groups: Any, role: str
) -> None:
    issuer.claims = {"groups": groups}
    browser = house.browser()
    await come(browser, issuer)
    assert (await browser.get("/me")).json()["role"] == role


@pytest.mark.parametrize("groups", [[], ["visitors"], {"duty": True}, 7, ["administrator"]])
async def test_role_when_none_fits_then_nobody(house: House, issuer: Issuer, groups: Any) -> None:
    issuer.claims = {"groups": groups}
    back = await come(house.browser(), issuer)
    assert (back.status_code, errors(back)) == (403, NO_ROLE)
    assert house.audit.entries[-1].reason == "u-1: groups: nothing in it gives a role"


async def test_claims_when_they_lie_deeper_then_found_and_departments_kept(
    city: City, tmp_path: Path, issuer: Issuer
) -> None:
    more = {"oidc_claim": "realm_access.roles", "oidc_departments_claim": "departments"}
    house = House(city, tmp_path / "data", settings_for(issuer, **more))
    issuer.claims = {"realm_access": {"roles": ["duty"]}, "departments": ["police"]}
    browser = house.browser()
    await come(browser, issuer)
    assert (await browser.get("/me")).json()["departments"] == ["police"]
    issuer.claims = {"realm_access": {"roles": ["duty"]}}
    assert errors(await come(house.browser(), issuer)) == NO_ROLE
    assert house.audit.entries[-1].reason == "u-1: departments: it names no department"


async def test_account_when_the_issuer_changes_the_role_then_so_do_we(
    house: House, issuer: Issuer
) -> None:
    await come(house.browser(), issuer)
    issuer.claims = {"groups": ["city-admins"], "preferred_username": "renamed"}
    browser = house.browser()
    await come(browser, issuer)
    me = (await browser.get("/me")).json()
    assert (me["user"], me["role"]) == ("li.na", "administrator")


async def test_account_when_disabled_here_then_the_issuer_opens_nothing(
    house: House, issuer: Issuer
) -> None:
    await come(house.browser(), issuer)
    changes.disable(house.path, "li.na", NOW)
    assert errors(await come(house.browser(), issuer)) == NO_ROLE
    assert house.audit.entries[-1].reason == "li.na: the account is disabled"


async def test_account_when_a_local_one_has_the_name_then_it_is_not_taken_over(
    house: House, issuer: Issuer
) -> None:
    house.add("admin", "administrator")
    issuer.claims = {"preferred_username": "ADMIN"}
    assert errors(await come(house.browser(), issuer)) == NO_ROLE
    assert house.audit.entries[-1].reason == (
        "admin: another account has this name; rename one of the two"
    )


@pytest.mark.parametrize("name", ["system", "../x", "a b", "x" * 65])
async def test_account_when_the_name_is_none_then_refused(
    house: House, issuer: Issuer, name: str
) -> None:
    issuer.claims = {"preferred_username": name}
    assert errors(await come(house.browser(), issuer)) == REFUSED
    assert read(house.path).accounts == ()


@pytest.mark.parametrize(
    ("about", "answer"),
    [
        ({"issuer": "https://evil.example"}, None),
        ({"authorization_endpoint": "http://evil.example/authorize"}, None),
        ({"token_endpoint": "file:///etc/passwd"}, None),
        ({}, b"no json"),
        ({}, b"[]"),
        ({}, b" " * 600_000 + b"{}"),
    ],
    ids=["other issuer", "no https", "file", "no json", "no object", "endless"],
)
async def test_issuer_when_it_answers_nonsense_then_away(
    house: House, issuer: Issuer, about: dict[str, Any], answer: bytes | None
) -> None:
    issuer.about, issuer.answer = about, answer
    page = await house.browser().get("/login/oidc")
    assert (page.status_code, errors(page)) == (503, AWAY)


async def test_issuer_when_it_is_away_then_passwords_still_open(
    city: City, tmp_path: Path, issuer: Issuer
) -> None:
    nowhere = replace(settings_for(issuer), oidc_issuer="http://127.0.0.1:9")
    house = House(city, tmp_path / "data", nowhere)
    house.add("zhao")
    browser = house.browser()
    assert errors(await browser.get("/login/oidc")) == AWAY
    assert (await browser.sign_in("zhao")).status_code == 303


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        (
            {"oidc_issuer": "http://id.example.cn", "oidc_roles": ""},
            "environment: CITYBRAIN_OIDC_ISSUER: 'http://id.example.cn' is no https address; "
            "give the issuer's own address\n"
            "environment: CITYBRAIN_OIDC_ROLES: nobody could sign in: no value gives a role; "
            "give them, for example 'duty=officer,city-admins=administrator'",
        ),
        (
            {"oidc_roles": "duty=boss,officer"},
            "environment: CITYBRAIN_OIDC_ROLES: 'duty=boss' is not value=role; "
            "roles are viewer, officer, commander, rule_author, clerk, mediator, grid_worker, "
            "dispatcher, supervisor, administrator\n"
            "environment: CITYBRAIN_OIDC_ROLES: 'officer' is not value=role; "
            "roles are viewer, officer, commander, rule_author, clerk, mediator, grid_worker, "
            "dispatcher, supervisor, administrator",
        ),
        (
            {"oidc_client_secret_file": Path("/nowhere/secret")},
            "environment: CITYBRAIN_OIDC_CLIENT_SECRET_FILE: /nowhere/secret cannot be read: "
            "No such file or directory; name the file that holds the client's secret",
        ),
    ],
    ids=["issuer and roles", "roles", "secret"],
)
def test_settings_when_they_are_wrong_then_in_words(
    issuer: Issuer, tmp_path: Path, changed: dict[str, Any], problem: str
) -> None:
    settings = replace(settings_for(issuer), data=tmp_path, **changed)
    with pytest.raises(ConfigError) as caught:
        door_of(settings, ManualClock(NOW))
    assert str(caught.value) == problem


def test_roles_when_a_value_has_an_equals_sign_then_the_last_one_counts() -> None:
    assert parse_roles(" ou=duty=officer , x=viewer,") == (
        ("ou=duty", "officer"),
        ("x", "viewer"),
    )
