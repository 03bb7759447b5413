"""Feishu 飞书 and Lark: a robot of a group, signed where it asks for that.

Figures and codes: https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot (a body of at
most 20 KB; 100 messages a minute and 5 a second).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from citybrain.notices.text_limits import TextLimit, json_bytes
from notifier.channel import RefusalKind
from notifier.robots import RobotAddress, RobotService, ShortAddress, robot_channel

_HOOKS: Mapping[str, str] = {
    "feishu": "https://open.feishu.cn/open-apis/bot/v2/hook/",
    "lark": "https://open.larksuite.com/open-apis/bot/v2/hook/",
}
_TOKEN = re.compile(r"[A-Za-z0-9_-]+")
_BODY_MOST = 20 * 1024
_FORM = 500
"""What the rest of the body takes: its form and the signature."""
_BAD_REQUEST = 9499


def _full_address(short: ShortAddress) -> RobotAddress | None:
    """Return where the robot of ``feishu://[secret@]token`` or ``lark://…`` is reached."""
    token, secret = short.named("token"), short.query.get("secret") or short.secret
    if not _TOKEN.fullmatch(token):
        return None
    return RobotAddress(_HOOKS[short.scheme] + quote(token), token, secret)


def _key(path: str, query: Mapping[str, str]) -> str:
    """Return the end of the path, which is the token."""
    del query
    return path.rstrip("/").rpartition("/")[2]


def _request(text: str, to: RobotAddress, now: datetime) -> tuple[str, dict[str, Any]]:
    """Return a text message, its signature in the body."""
    body: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
    if to.signing:
        stamp = int(now.timestamp())
        key = f"{stamp}\n{to.signing}".encode()
        sign = base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
        body = {"timestamp": str(stamp), "sign": sign} | body
    return to.url, body


def _kind_by_words(code: int, words: str) -> RefusalKind | None:
    """Return what a bad request is: Feishu says one when there are too many, or too much."""
    if code != _BAD_REQUEST:
        return None
    lowered = words.lower()
    if "too many" in lowered or "frequency" in lowered:
        return RefusalKind.LIMITED
    return RefusalKind.TOO_LONG if "too large" in lowered or "exceed" in lowered else None


CHANNEL = robot_channel(
    RobotService(
        name="Feishu or Lark",
        schemes=tuple(_HOOKS),
        hosts=("open.feishu.cn", "open.larksuite.com"),
        limit=TextLimit(_BODY_MOST - _FORM, json_bytes),
        codes=("code", "StatusCode"),
        words=("msg", "StatusMessage"),
        limited_s=10.0,
        kinds={
            1500: RefusalKind.BUSY,
            1503: RefusalKind.BUSY,
            9499: RefusalKind.REFUSED,
            11232: RefusalKind.LIMITED,
            11233: RefusalKind.LIMITED,
            19001: RefusalKind.DENIED,
            19002: RefusalKind.REFUSED,
            19003: RefusalKind.REFUSED,
            19007: RefusalKind.DENIED,
            19021: RefusalKind.DENIED,
            19022: RefusalKind.DENIED,
            19024: RefusalKind.DENIED,
            230020: RefusalKind.LIMITED,
            230025: RefusalKind.TOO_LONG,
            99991400: RefusalKind.LIMITED,
        },
        full_address=_full_address,
        key=_key,
        request=_request,
        kind_by_words=_kind_by_words,
    )
)
