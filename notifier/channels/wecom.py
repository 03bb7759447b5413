"""WeCom 企业微信: a robot of a group.

Figures and codes: https://developer.work.weixin.qq.com/document/path/91770 (text of at most 2,048
bytes, 20 messages a minute) and …/path/90313 (codes).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from citybrain.notices.text_limits import TextLimit, utf8_bytes
from notifier.channel import RefusalKind
from notifier.robots import RobotAddress, RobotService, ShortAddress, robot_channel

_SEND = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key="
_KEY = re.compile(r"[A-Za-z0-9_-]+")
_TOO_LONG = re.compile("exceed|too long|out of limit", re.IGNORECASE)
_INVALID_ARGUMENT = 40058


def _full_address(short: ShortAddress) -> RobotAddress | None:
    """Return where the robot of ``wecombot://<key>`` is reached."""
    key = short.named("key")
    return RobotAddress(_SEND + quote(key), key) if _KEY.fullmatch(key) else None


def _key(path: str, query: Mapping[str, str]) -> str:
    """Return the parameter that holds the key."""
    del path
    return query.get("key", "")


def _request(text: str, to: RobotAddress, now: datetime) -> tuple[str, dict[str, Any]]:
    """Return a text message; nothing is signed."""
    del now
    return to.url, {"msgtype": "text", "text": {"content": text}}


def _kind_by_words(code: int, words: str) -> RefusalKind | None:
    """Return that a text is too long: WeCom says so as an invalid argument."""
    too_long = code == _INVALID_ARGUMENT and _TOO_LONG.search(words)
    return RefusalKind.TOO_LONG if too_long else None


CHANNEL = robot_channel(
    RobotService(
        name="WeCom",
        schemes=("wecombot",),
        hosts=("qyapi.weixin.qq.com",),
        limit=TextLimit(2_048, utf8_bytes),
        codes=("errcode",),
        words=("errmsg",),
        limited_s=60.0,
        kinds={
            -1: RefusalKind.BUSY,
            6000: RefusalKind.BUSY,
            40001: RefusalKind.DENIED,
            40008: RefusalKind.REFUSED,
            40014: RefusalKind.DENIED,
            40033: RefusalKind.REFUSED,
            40035: RefusalKind.REFUSED,
            40058: RefusalKind.REFUSED,
            41001: RefusalKind.DENIED,
            42001: RefusalKind.DENIED,
            44004: RefusalKind.REFUSED,
            45002: RefusalKind.TOO_LONG,
            45009: RefusalKind.LIMITED,
            45033: RefusalKind.LIMITED,
            48002: RefusalKind.DENIED,
            60020: RefusalKind.DENIED,
            93000: RefusalKind.DENIED,
            93004: RefusalKind.DENIED,
            93008: RefusalKind.DENIED,
        },
        full_address=_full_address,
        key=_key,
        request=_request,
        kind_by_words=_kind_by_words,
    )
)
