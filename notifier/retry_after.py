"""How long the other side asks to wait, as far as we believe it; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WAIT_S = 600.0
"""Nobody keeps an alarm back for longer, whatever is asked."""
RETRY_AFTER, FEISHU_RESET, DATE = "Retry-After", "x-ogw-ratelimit-reset", "Date"
_SECONDS = re.compile(r"[0-9]{1,20}(\.[0-9]{1,9})?")
_LONGEST_DATE = 64


def asked_wait_s(headers: Mapping[str, str], now: datetime) -> float:
    """Return the seconds to wait by the headers of an answer that came at `now` (aware).

    ``Retry-After`` comes as seconds or as an HTTP date, which is taken against the other side's
    own ``Date`` where it sends one. What is neither, negative or past asks for nothing.
    """
    text = (headers.get(RETRY_AFTER) or headers.get(FEISHU_RESET) or "").strip()
    if _SECONDS.fullmatch(text):
        return bounded_wait_s(float(text))
    until = _date(text)
    if until is None:
        return 0.0
    return bounded_wait_s((until - (_date(headers.get(DATE, "")) or now)).total_seconds())


def bounded_wait_s(seconds: float) -> float:
    """Return `seconds` as far as we wait: from none to ten minutes; none for what is no number."""
    return min(max(seconds, 0.0), LONGEST_WAIT_S) if seconds == seconds else 0.0  # noqa: PLR0124


def _date(text: str) -> datetime | None:
    if not text or len(text) > _LONGEST_DATE:
        return None
    try:
        found = parsedate_to_datetime(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
