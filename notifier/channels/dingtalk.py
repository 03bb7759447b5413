"""DingTalk 钉钉: a robot of a group, signed where it asks for that.

Figures and codes: https://open.dingtalk.com/document/orgapp/custom-robot-access (a body of at most
20,000 bytes; 20 messages a minute, then none for ten).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, quote_plus, unquote, urlsplit

from citybrain.floor.clock import millis
from citybrain.notices.text_limits import TextLimit, json_bytes
from notifier.channel import RefusalKind
from notifier.robots import RobotAddress, RobotService, ShortAddress, robot_channel

_SEND = "https://oapi.dingtalk.com/robot/send?access_token="
_TOKEN = re.compile(r"[A-Za-z0-9]+")
_PHONE = re.compile(r"[0-9]{11,14}")
_BODY_MOST = 20_000
_FORM = 1_000
"""What the rest of the body takes: its form and those who are named."""
_MOST_MENTIONS = 50


def _full_address(short: ShortAddress) -> RobotAddress | None:
    """Return where the robot of ``dingtalk://[secret@]token[/phone…]`` is reached."""
    token, secret = short.named("token"), short.query.get("secret") or short.secret
    written = unquote(f"{short.path}/{short.query.get('to', '')}")
    digits = (re.sub(r"\D", "", phone) for phone in re.split(r"[/,\s]+", written))
    phones = tuple(phone for phone in digits if _PHONE.fullmatch(phone))[:_MOST_MENTIONS]
    if not _TOKEN.fullmatch(token):
        return None
    return RobotAddress(_SEND + quote(token), token, secret, phones)


def _key(path: str, query: Mapping[str, str]) -> str:
    """Return the parameter that holds the token."""
    del path
    return query.get("access_token", "")


def _request(text: str, to: RobotAddress, now: datetime) -> tuple[str, dict[str, Any]]:
    """Return a text message, its signature in the address."""
    body: dict[str, Any] = {"msgtype": "text", "text": {"content": text}}
    if to.mentions:
        body["at"] = {"atMobiles": list(to.mentions), "isAtAll": False}
    if not to.signing:
        return to.url, body
    stamp = millis(now)
    signed = f"{stamp}\n{to.signing}".encode()
    digest = hmac.new(to.signing.encode(), signed, hashlib.sha256).digest()
    sign = quote_plus(base64.b64encode(digest))
    joint = "&" if urlsplit(to.url).query else "?"
    return f"{to.url}{joint}timestamp={stamp}&sign={sign}", body


CHANNEL = robot_channel(
    RobotService(
        name="DingTalk",
        schemes=("dingtalk",),
        hosts=("oapi.dingtalk.com",),
        limit=TextLimit(_BODY_MOST - _FORM, json_bytes),
        codes=("errcode",),
        words=("errmsg",),
        limited_s=60.0,
        kinds={
            -1: RefusalKind.BUSY,
            404: RefusalKind.DENIED,
            33001: RefusalKind.DENIED,
            34015: RefusalKind.BUSY,
            34016: RefusalKind.TOO_LONG,
            40001: RefusalKind.DENIED,
            40014: RefusalKind.DENIED,
            40035: RefusalKind.REFUSED,
            43004: RefusalKind.REFUSED,
            90002: RefusalKind.LIMITED,
            90018: RefusalKind.LIMITED,
            130101: RefusalKind.LIMITED,
            300001: RefusalKind.DENIED,
            300005: RefusalKind.DENIED,
            310000: RefusalKind.DENIED,
            400013: RefusalKind.DENIED,
            400101: RefusalKind.DENIED,
            400102: RefusalKind.DENIED,
            400105: RefusalKind.REFUSED,
            400106: RefusalKind.DENIED,
            410100: RefusalKind.LIMITED,
            430101: RefusalKind.REFUSED,
            430102: RefusalKind.REFUSED,
            430103: RefusalKind.REFUSED,
            430104: RefusalKind.REFUSED,
            460101: RefusalKind.TOO_LONG,
        },
        full_address=_full_address,
        key=_key,
        request=_request,
    )
)
