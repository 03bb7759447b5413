"""Sessions in cookies: what they are worth, and when nothing any more."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybrain.accounts import changes
from citybrain.accounts.accounts_file import AccountsFile
from citybrain.accounts.records import Account
from dashboards.access.ended_sessions import Ended
from dashboards.access.sessions import CookieSeal, Sessions

NOW = datetime(2026, 11, 24, 1, tzinfo=UTC)
KEY = b"k" * 32


class House:
    def __init__(self, folder: Path) -> None:
        self.path, self.ended = folder / "accounts.sqlite", folder / "ended.json"
        self.account = self.add("li.na", title="李娜", departments=("police",))
        self.sessions = self.replica()

    def add(self, name: str, **more: object) -> Account:
        return changes.add(self.path, name, None, NOW, role="officer", **more)

    def replica(self, key: bytes = KEY) -> Sessions:
        accounts = AccountsFile(self.path, now=iter(range(0, 10_000, 10)).__next__)
        return Sessions(key, accounts, Ended(self.ended))


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_session_when_read_then_who_it_is(house: House) -> None:
    session = house.sessions.read(house.sessions.begin(house.account, NOW), NOW)
    assert session is not None
    assert (session.user, session.role, session.title) == ("li.na", "officer", "李娜")
    assert (session.departments, session.areas, session.is_wall) == (("police",), (), False)
    assert len(session.csrf) == 64
    assert session.may("handle_alerts")
    assert not session.may("approve_silence")


def test_session_when_begun_twice_then_another_id_and_token(house: House) -> None:
    cookies = [house.sessions.begin(house.account, NOW) for _ in range(2)]
    one, other = (house.sessions.read(cookie, NOW) for cookie in cookies)
    assert one is not None
    assert other is not None
    assert one.id != other.id
    assert one.csrf != other.csrf


@pytest.mark.parametrize(
    ("used", "opens"),
    [
        ([11.9], True),
        ([12.0], False),
        ([11.0, 22.0, 23.9], True),
        ([11.0, 22.0, 24.0], False),
        ([11.0, 23.0], False),
        ([-0.01], True),
        ([-1.0], False),
    ],
    ids=["used", "idle", "used all day", "too long", "idle later", "skew", "from tomorrow"],
)
def test_session_when_idle_or_old_then_it_opens_nothing(
    house: House, used: list[float], opens: bool
) -> None:
    cookie, session = house.sessions.begin(house.account, NOW), None
    for hours in used:
        now = NOW + timedelta(hours=hours)
        session = house.sessions.read(cookie, now)
        if session is not None:
            cookie = house.sessions.renewed(cookie, now) or cookie
    assert (session is not None) is opens


def test_cookie_when_used_again_soon_then_it_is_not_made_anew(house: House) -> None:
    cookie = house.sessions.begin(house.account, NOW)
    assert house.sessions.renewed(cookie, NOW + timedelta(minutes=4, seconds=59)) is None
    assert house.sessions.renewed(cookie, NOW + timedelta(minutes=5)) is not None


@pytest.mark.parametrize("act", ["disable", "password", "enable again"])
def test_session_when_the_account_was_changed_then_it_opens_nothing(house: House, act: str) -> None:
    cookie = house.sessions.begin(house.account, NOW)
    if act == "password":
        changes.set_password(house.path, "li.na", "a heron at the river", NOW)
    else:
        changes.disable(house.path, "li.na", NOW)
    if act == "enable again":
        changes.enable(house.path, "li.na", NOW)
    assert house.sessions.read(cookie, NOW) is None


def test_session_when_the_role_was_changed_then_it_may_what_it_may_now(house: House) -> None:
    cookie = house.sessions.begin(house.account, NOW)
    changes.change(house.path, "li.na", NOW, role="viewer", departments=())
    session = house.sessions.read(cookie, NOW)
    assert session is not None
    assert (session.role, session.departments) == ("viewer", ())


def test_session_when_ended_then_in_every_replica(house: House) -> None:
    other = house.replica()
    cookie = house.sessions.begin(house.account, NOW)
    session = other.read(cookie, NOW)
    assert session is not None
    house.sessions.end(session, NOW)
    assert house.sessions.read(cookie, NOW) is None
    assert other.read(cookie, NOW) is None
    assert other.read(other.begin(house.account, NOW), NOW) is not None


def test_ended_when_their_cookies_have_run_out_then_forgotten(house: House) -> None:
    ended = Ended(house.ended)
    ended.add("one", NOW, NOW + timedelta(hours=24))
    ended.add("two", NOW + timedelta(hours=25), NOW + timedelta(hours=49))
    assert (ended.has("one"), ended.has("two")) == (False, True)


def test_cookie_when_signed_with_another_key_then_it_opens_nothing(house: House) -> None:
    cookie = house.replica(b"x" * 32).begin(house.account, NOW)
    assert house.sessions.read(cookie, NOW) is None


def test_cookie_when_sealed_for_another_purpose_then_it_opens_nothing(house: House) -> None:
    value = ["id", "li.na", house.account.epoch, int(NOW.timestamp()), int(NOW.timestamp())]
    assert house.sessions.read(CookieSeal(KEY, "session").seal(value), NOW) is not None
    assert house.sessions.read(CookieSeal(KEY, "oidc").seal(value), NOW) is None


@pytest.mark.parametrize("value", [None, 1, [], ["id"], {"user": "li.na"}, [1, 2, 3, 4, 5]])
def test_cookie_when_it_is_of_another_shape_then_it_opens_nothing(
    house: House, value: object
) -> None:
    assert house.sessions.read(CookieSeal(KEY, "session").seal(value), NOW) is None


def test_cookie_when_one_character_is_changed_then_it_opens_nothing(house: House) -> None:
    cookie = house.sessions.begin(house.account, NOW)
    for spot in range(len(cookie) - 1):  # the last one's low bits are no part of the signature
        changed = "A" if cookie[spot] != "A" else "B"
        assert house.sessions.read(cookie[:spot] + changed + cookie[spot + 1 :], NOW) is None


def test_cookie_when_somebody_writes_it_then_it_opens_nothing(house: House) -> None:
    body = base64.urlsafe_b64encode(b'["id","admin","0",0,0]').decode().rstrip("=")
    for forged in (body, f"{body}.", f"{body}.{body}", f".{body}"):
        assert house.sessions.read(forged, NOW) is None


@given(text=st.text(max_size=200))
def test_sealed_when_it_is_any_text_then_nothing_comes_out(text: str) -> None:
    assert CookieSeal(KEY, "session").opened(text) is None
