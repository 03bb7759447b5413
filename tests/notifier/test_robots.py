"""Robots of groups: their addresses, signatures, and addresses that apprise used to carry."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import msgspec
import pytest

from citybrain.floor.clock import ManualClock
from citybrain.floor.wire_text import wire_json
from citybrain.notices.notice_message import pack
from citybrain.notices.routing import Names
from notifier.channel import ChannelError, ChannelSetup, HandedOver, RefusalKind, channel_kinds
from tests.citybrain.notices.sample import NOW, notice, receiver
from tests.notifier.scripted_server import scripted

pytestmark = pytest.mark.filterwarnings(
    "ignore:'imghdr' is deprecated:DeprecationWarning"  # a plugin of apprise
)
STAMP = "1795509000"
"""`NOW` in seconds."""
KEY = "693a91f6-7000-4bc4-97a0-0ec2f5aaa000"
Say = Callable[[httpx.Request], httpx.Response]


async def sent(
    written: str, say: Say, folder: Path, *, kind: str = "apprise", token: str = ""
) -> tuple[list[httpx.Request], str]:
    """Tell the robot of an address; return the requests, and what was said."""
    (folder / "one.url").write_text(written)
    (folder / "one.token").write_text(token or "-")
    files = {"url_file": "one.url"} | ({"token_file": "one.token"} if token else {})
    came: list[httpx.Request] = []

    def keep(request: httpx.Request) -> httpx.Response:
        came.append(request)
        return say(request)

    setup = ChannelSetup(
        folder, Names(), clock=ManualClock(NOW), transport=httpx.MockTransport(keep)
    )
    channel = channel_kinds()[kind].open(setup)
    try:
        message = pack("good", [notice(1)], "zh")
        return came, await channel.send(message, receiver("good", kind=kind, **files))
    finally:
        await channel.close()


def said_json(value: object) -> httpx.Response:
    """Return an answer of HTTP 200 that is still to be read, as one of the network is."""
    return httpx.Response(200, stream=httpx.ByteStream(wire_json(value)))


def fine(_request: httpx.Request) -> httpx.Response:
    return said_json({"errcode": 0, "code": 0, "errmsg": "ok", "msg": "success"})


@pytest.mark.parametrize(
    ("written", "url", "said"),
    [
        (f"wecombot://{KEY}", f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}", "ok"),
        (
            f"WeComBot://{KEY}/?verify=yes",
            f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}",
            "ok",
        ),
        (
            f"wecombot://?key={KEY}",
            f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}",
            "ok",
        ),
        (
            f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}",
            f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}",
            "ok",
        ),
        (
            "dingtalk://abc123DEF",
            "https://oapi.dingtalk.com/robot/send?access_token=abc123DEF",
            "ok",
        ),
        (
            "https://oapi.dingtalk.com/robot/send?access_token=abc123",
            "https://oapi.dingtalk.com/robot/send?access_token=abc123",
            "ok",
        ),
        ("feishu://ab-CD_1", "https://open.feishu.cn/open-apis/bot/v2/hook/ab-CD_1", "success"),
        ("lark://?token=ab-1", "https://open.larksuite.com/open-apis/bot/v2/hook/ab-1", "success"),
        (
            "https://open.larksuite.com/open-apis/bot/v2/hook/ab-1",
            "https://open.larksuite.com/open-apis/bot/v2/hook/ab-1",
            "success",
        ),
    ],
)
async def test_address_of_a_robot_is_carried_by_our_channel_also_where_apprise_was_named(
    written: str, url: str, said: str, tmp_path: Path
) -> None:
    (request,), answer = await sent(written, fine, tmp_path)

    assert str(request.url) == url
    assert answer.endswith(f"0 {said}")
    assert not isinstance(answer, HandedOver)
    assert "标题1\\n正文1" in request.content.decode()


@pytest.mark.parametrize(
    ("written", "answer", "said"),
    [
        (
            "wecombot://" + "a" * 36,
            {"errcode": 45009, "errmsg": "api freq out of limit"},
            (RefusalKind.LIMITED, "errcode 45009 api freq out of limit"),
        ),
        (
            "wecombot://" + "a" * 36,
            {"errcode": 93000, "errmsg": "invalid webhook url"},
            (RefusalKind.DENIED, "errcode 93000 invalid webhook url"),
        ),
        (
            "dingtalk://" + "a" * 64,
            {"errcode": 310000, "errmsg": "keywords not in content"},
            (RefusalKind.DENIED, "errcode 310000 keywords not in content"),
        ),
        (
            "feishu://" + "a" * 36,
            {"code": 19021, "msg": "sign match fail"},
            (RefusalKind.DENIED, "code 19021 sign match fail"),
        ),
        (
            "lark://" + "a" * 36,
            {"code": 9499, "msg": "Bad Request"},
            (RefusalKind.REFUSED, "code 9499 Bad Request"),
        ),
        (
            "lark://" + "a" * 36,
            {"code": 9499, "msg": "too many request"},
            (RefusalKind.LIMITED, "code 9499 too many request"),
        ),
    ],
)
async def test_refusal_with_http_200_is_none_of_a_delivery(
    written: str, answer: dict[str, object], said: tuple[RefusalKind, str], tmp_path: Path
) -> None:
    with pytest.raises(ChannelError) as caught:
        await sent(written, lambda _request: said_json(answer), tmp_path)

    assert (caught.value.kind, caught.value.detail) == said


async def test_dingtalk_signs_in_the_address_and_names_people(tmp_path: Path) -> None:
    # The signature by openssl: HMAC-SHA256 of "<ms>\n<secret>" under the secret, in base64.
    signed = f"timestamp={STAMP}000&sign=%2B0wq0N8KWEZ6Smnvw1jhpCXQ0GT3CFDDxHNvKMGo8mE%3D"

    (request,), _ = await sent(
        "dingtalk://SECabc@tok1/13800000000/no,+86 139-0000-1111", fine, tmp_path
    )
    assert str(request.url).endswith(f"access_token=tok1&{signed}")
    assert msgspec.json.decode(request.content)["at"] == {
        "atMobiles": ["13800000000", "13900001111"],
        "isAtAll": False,
    }
    shown = "https://oapi.dingtalk.com/robot/send?access_token=tok1"
    (request,), _ = await sent(shown, fine, tmp_path, kind="dingtalk", token="SECabc")
    assert str(request.url).endswith(f"access_token=tok1&{signed}")


@pytest.mark.parametrize("written", ["feishu://SECabc@tok1", "lark://tok1?secret=SECabc"])
async def test_feishu_signs_in_the_body(written: str, tmp_path: Path) -> None:
    # The signature by openssl: HMAC-SHA256 of nothing under "<s>\n<secret>", in base64.
    (request,), _ = await sent(written, fine, tmp_path)

    body = msgspec.json.decode(request.content)
    assert (body["timestamp"], body["sign"]) == (
        STAMP,
        "b5iJ3xD0G/9t6DiVtrHFDO49iCQ6Ka98fWpHPgHHSgs=",
    )


@pytest.mark.parametrize(
    ("kind", "written", "said"),
    [
        ("wecom", "wecombot://", "the address is none of a WeCom robot"),
        ("wecom", "dingtalk://abc", "the address is none of a WeCom robot"),
        ("dingtalk", "dingtalk://not-one", "the address is none of a DingTalk robot"),
        ("feishu", "feishu://[", "the address is none of a Feishu or Lark robot"),
        ("apprise", "wecombot://a b", "the address is none of a WeCom robot"),
        ("apprise", "lark://[", "the address is none of a Feishu or Lark robot"),
    ],
)
async def test_address_that_is_none_is_denied_and_never_shown(
    kind: str, written: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(ChannelError) as caught:
        await sent(written, fine, tmp_path, kind=kind)

    assert (caught.value.kind, caught.value.detail) == (RefusalKind.DENIED, said)


async def test_several_addresses_of_one_receiver_are_all_told(tmp_path: Path) -> None:
    def only_feishu(request: httpx.Request) -> httpx.Response:
        good = request.url.host == "open.feishu.cn"
        return said_json({"code": 0} if good else {"errcode": 93000, "errmsg": "no"})

    both = f"feishu://tok1, wecombot://{KEY}"
    came, answer = await sent(both, fine, tmp_path)
    assert {request.url.host for request in came} == {"open.feishu.cn", "qyapi.weixin.qq.com"}
    assert answer == "code 0 success; errcode 0 ok"
    with pytest.raises(ChannelError, match="errcode 93000 no"):
        await sent(both, only_feishu, tmp_path)


async def test_service_that_does_not_say_whether_it_took_a_message_is_only_handed_it(
    tmp_path: Path,
) -> None:
    async with scripted(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") as server:
        _, answer = await sent(f"pushdeer://{server.host}/abcdefgh", fine, tmp_path)

    assert isinstance(answer, HandedOver)
    assert answer == "pushdeer://***: HTTP 200; the service does not say whether it took it"


def test_no_two_channels_carry_one_address() -> None:
    written = ["wecombot://a", "dingtalk://a", "feishu://a", "lark://a", "mailto://u:p@example.org"]
    written += [
        "https://oapi.dingtalk.com/robot/send?access_token=a",
        "json://127.0.0.1",
        "wecom://a",
    ]
    carriers = {
        one: [name for name, kind in channel_kinds().items() if kind.carries(one)]
        for one in written
    }

    assert carriers == {
        "wecombot://a": ["wecom"],
        "dingtalk://a": ["dingtalk"],
        "feishu://a": ["feishu"],
        "lark://a": ["feishu"],
        "https://oapi.dingtalk.com/robot/send?access_token=a": ["dingtalk"],
        "mailto://u:p@example.org": [],
        "json://127.0.0.1": [],
        "wecom://a": [],  # apprise's name for PushPlus
    }
