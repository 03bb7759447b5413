"""How long the other side asks to wait: seconds, dates, and what is neither."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.retry_after import LONGEST_WAIT_S, asked_wait_s

NOW = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("30", 30.0),
        (" 30 ", 30.0),
        ("1.5", 1.5),
        ("0", 0.0),
        ("-5", 0.0),
        ("99999999999", 600.0),
        ("9" * 400, 0.0),
        ("٣٠", 0.0),
        ("1e3", 0.0),
        ("inf", 0.0),
        ("nan", 0.0),
        ("soon", 0.0),
        ("", 0.0),
        ("Tue, 24 Nov 2026 08:31:00 GMT", 60.0),
        ("Tuesday, 24-Nov-26 08:31:00 GMT", 60.0),
        ("Tue Nov 24 08:31:00 2026", 60.0),
        ("Tue, 24 Nov 2026 16:31:00 +0800", 60.0),
        ("Tue, 24 Nov 2026 08:29:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 600.0),
        ("Fri, 31 Dec 9999 23:59:59 -1200", 0.0),
        ("Tue, 99 Nov 2026 08:31:00 GMT", 0.0),
        ("Tue, 24 Nov 2026 08:31:00 GMT" + "x" * 100_000, 0.0),
    ],
)
def test_wait_that_is_asked_for(text: str, wait: float) -> None:
    assert asked_wait_s(httpx.Headers({"Retry-After": text.encode()}), NOW) == wait


def test_date_counts_from_the_other_sides_clock() -> None:
    headers = {
        "Date": "Tue, 24 Nov 2026 09:30:00 GMT",
        "Retry-After": "Tue, 24 Nov 2026 09:30:20 GMT",
    }

    assert asked_wait_s(headers, NOW) == 20.0


def test_header_of_feishu_counts_where_there_is_no_other() -> None:
    assert asked_wait_s({"x-ogw-ratelimit-reset": "52"}, NOW) == 52.0
    assert asked_wait_s({}, NOW) == 0.0


@given(st.text(max_size=80), st.text(max_size=80))
def test_wait_is_bounded_whatever_is_said(retry: str, date: str) -> None:
    assert 0.0 <= asked_wait_s({"Retry-After": retry, "Date": date}, NOW) <= LONGEST_WAIT_S
