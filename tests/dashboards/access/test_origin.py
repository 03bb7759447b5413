"""Where one may go after signing in, and which requests are our own page's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from dashboards.access.origin import carries_token, from_elsewhere, next_page
from dashboards.access.session import AccessSession, NotAllowedError, require

PAGES = {"/", "/desk", "/traffic"}


@pytest.mark.parametrize(
    ("wanted", "where"),
    [
        ("/desk", "/desk"),
        ("/desk?alert=7f&lang=en", "/desk?alert=7f&lang=en"),
        ("/traffic?token=cbw_x&lang=en", "/traffic?lang=en"),
        ("/desk#//evil.example", "/desk"),
        ("", "/"),
        ("//evil.example", "/"),
        ("///evil.example/desk", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("https://evil.example/desk", "/"),
        ("https:/desk", "/"),
        ("javascript:alert(1)", "/"),
        ("data:text/html,x", "/"),
        ("/desk/../../evil", "/"),
        ("/desk%2f..", "/"),
        ("/nowhere", "/"),
        ("/logout", "/"),
        ("/desk\r\nset-cookie: a=b", "/"),
        ("/desk?a=\r\nset-cookie:b", "/"),
        ("/desk\t", "/"),
        (" /desk", "/desk"),
        ("http://[::1", "/"),
        ("/desk?" + "a" * 500, "/"),
    ],
)
def test_next_when_it_is_not_one_of_our_pages_then_the_first(wanted: str, where: str) -> None:
    assert next_page(wanted, PAGES) == where


@given(st.text(max_size=60) | st.from_regex(r"[/\\]{0,3}[a-z./\\:?#@%]{0,20}"))
def test_next_when_it_is_any_text_then_it_never_leads_away(wanted: str) -> None:
    where = next_page(wanted, PAGES)
    assert where.partition("?")[0] in PAGES
    assert where.isascii()
    assert where.isprintable()


@pytest.mark.parametrize(
    ("headers", "elsewhere"),
    [
        ({}, False),
        ({"origin": "http://wall:1"}, False),
        ({"origin": "http://wall:1", "sec-fetch-site": "same-origin"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"origin": "http://evil:1"}, True),
        ({"origin": "http://wall:2"}, True),
        ({"origin": "null"}, True),
        ({"origin": "http://wall:1.evil.example"}, True),
        ({"sec-fetch-site": "cross-site"}, True),
        ({"sec-fetch-site": "same-site"}, True),
    ],
)
def test_elsewhere_when_the_browser_says_so_then_it_is(
    headers: dict[str, str], elsewhere: bool
) -> None:
    assert from_elsewhere(Headers({"host": "wall:1"} | headers)) is elsewhere


@pytest.mark.parametrize(
    ("given_", "own", "carried"),
    [("abc", "abc", True), ("abd", "abc", False), ("", "abc", False), ("", "", False)],
)
def test_token_when_it_is_not_the_sessions_then_not_carried(
    given_: str, own: str, carried: bool
) -> None:
    session = AccessSession(id="1", user="li.na", role="officer", csrf=own)
    assert carries_token(Headers({"x-csrf-token": given_}), session) is carried


def test_require_when_the_role_may_not_then_in_words() -> None:
    session = AccessSession(id="1", user="li.na", role="viewer")
    require(session, "see_desk")
    with pytest.raises(NotAllowedError) as caught:
        require(session, "acknowledge")
    assert str(caught.value) == (
        "li.na: acknowledge: the role 'viewer' may not do this; "
        "ask somebody whose role may, see 'accounts roles'"
    )
