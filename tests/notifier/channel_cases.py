"""How each channel has to take what its service says: a table a channel, in the words of its docs.

A channel of `notifier/channels/` without a table here fails `test_channel_conformance.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from notifier.channel import RefusalKind
from tests.notifier.scripted_server import answered

KEY = "Z9xTopSecretKey42abcdef"
DELIVERED, HANDED_OVER = "delivered", "handed_over"
SLOW_S = 0.4

SITUATIONS = (
    "accepted",
    "refused",
    "rate limited",
    "rate limited until a date",
    "wrong key",
    "too long",
    "server error",
    "slow",
    "cut off before the answer",
    "cut off within the answer",
    "redirect",
    "huge answer",
    "not JSON",
    "wrong charset",
    "deep JSON",
    "says the key",
)
"""What every table answers for."""


@dataclass(frozen=True)
class ChannelCase:
    """One answer and what it means.

    Attributes:
        answer: what the server says; None: nothing.
        outcome: `DELIVERED`, `HANDED_OVER`, or the kind of trouble.
        detail: the exact text that the receipt shows.
        after_s: seconds that are waited.
    """

    answer: bytes | None
    outcome: str | RefusalKind
    detail: str
    after_s: float = 0.0


@dataclass(frozen=True)
class ChannelCases:
    """The table of one channel.

    Attributes:
        kind: the channel.
        name: what tests call the table; several may be of one channel.
        address: the content of a receiver's secret file for a server at ``host:port``.
        cases: by situation.
        exempt: why there are no cases.
    """

    kind: str
    name: str
    address: Callable[[str], str] = lambda _host: ""
    cases: Mapping[str, ChannelCase] = field(default_factory=dict)
    exempt: str = ""


UNREACHABLE, BUSY = RefusalKind.UNREACHABLE, RefusalKind.BUSY
LIMITED, TOO_LONG = RefusalKind.LIMITED, RefusalKind.TOO_LONG
DENIED, REFUSED = RefusalKind.DENIED, RefusalKind.REFUSED
DATES = {
    "Date": "Tue, 24 Nov 2026 08:30:00 GMT",
    "Retry-After": "Tue, 24 Nov 2026 08:30:45 GMT",
}
GONE = "RemoteProtocolError: Server disconnected without sending a response."
HUGE = b'{"errcode": 0, "code": 0, "x": "' + b"x" * 200_000 + b'"}'
DEEP = b'{"errcode":' + b"[" * 20_000 + b"]" * 20_000 + b"}"
SLOW = ChannelCase(None, UNREACHABLE, f"no answer within {SLOW_S:g} s")
ELSEWHERE = answered(302, headers={"Location": "http://127.0.0.1:9/"})
CUT_BEFORE = ChannelCase(b"", UNREACHABLE, GONE)


def robot_cases(code: str, words: str, **own: ChannelCase) -> dict[str, ChannelCase]:
    """Return what robots have alike: the code and the words are named `code` and `words`."""
    unknown = f"HTTP 200, no {code}"
    limited = answered(429, {code: 1, words: "slow down"}, headers={"Retry-After": "30"})
    return {
        "accepted": ChannelCase(answered(200, {code: 0, words: "ok"}), DELIVERED, f"{code} 0 ok"),
        "server error": ChannelCase(answered(502, b"bad gateway"), BUSY, "HTTP 502"),
        "slow": SLOW,
        "cut off before the answer": CUT_BEFORE,
        "cut off within the answer": ChannelCase(
            answered(200, b'{"errcode": 0, "code": 0', length=100), UNREACHABLE, unknown
        ),
        "redirect": ChannelCase(ELSEWHERE, DENIED, "HTTP 302"),
        "huge answer": ChannelCase(answered(200, HUGE), UNREACHABLE, unknown),
        "not JSON": ChannelCase(answered(200, b"<html>ok</html>"), UNREACHABLE, unknown),
        "deep JSON": ChannelCase(answered(200, DEEP), UNREACHABLE, unknown),
        "wrong charset": ChannelCase(
            answered(
                200,
                f'{{"{code}": 0, "{words}": "成功"}}'.encode("gbk"),
                headers={"Content-Type": "application/json; charset=gbk"},
            ),
            DELIVERED,
            f"{code} 0 成功",
        ),
        "unknown charset": ChannelCase(
            answered(200, {code: 0}, headers={"Content-Type": "text/plain; charset=rot13"}),
            DELIVERED,
            f"{code} 0",
        ),
        "unknown code": ChannelCase(answered(200, {code: 7, words: "?"}), BUSY, f"{code} 7 ?"),
        "no code": ChannelCase(answered(200, {words: "ok"}), UNREACHABLE, unknown),
        "a code that is none": ChannelCase(answered(200, {code: False}), UNREACHABLE, unknown),
        "a code as text": ChannelCase(answered(200, {code: "0"}), DELIVERED, f"{code} 0"),
        "a list": ChannelCase(answered(200, [0]), UNREACHABLE, unknown),
        "yes with a bad status": ChannelCase(answered(500, {code: 0}), BUSY, "HTTP 500"),
        "limited by status": ChannelCase(limited, LIMITED, f"{code} 1 slow down", 30.0),
        "says the key": ChannelCase(
            answered(200, {code: 1, words: f"key {KEY}\nis\u0000 bad"}),
            BUSY,
            f"{code} 1 key *** is\ufffd bad",
        ),
        **{name.replace("_", " "): case for name, case in own.items()},
    }


WECOM = ChannelCases(
    "wecom",
    "wecom",
    lambda host: f"http://{host}/cgi-bin/webhook/send?key={KEY}",
    robot_cases(
        "errcode",
        "errmsg",
        refused=ChannelCase(
            answered(200, {"errcode": 44004, "errmsg": "empty content"}),
            REFUSED,
            "errcode 44004 empty content",
        ),
        rate_limited=ChannelCase(
            answered(200, {"errcode": 45009, "errmsg": "api freq out of limit"}),
            LIMITED,
            "errcode 45009 api freq out of limit",
            60.0,
        ),
        rate_limited_until_a_date=ChannelCase(
            answered(200, {"errcode": 45009, "errmsg": "api freq out of limit"}, headers=DATES),
            LIMITED,
            "errcode 45009 api freq out of limit",
            45.0,
        ),
        wrong_key=ChannelCase(
            answered(200, {"errcode": 93000, "errmsg": "invalid webhook url"}),
            DENIED,
            "errcode 93000 invalid webhook url",
        ),
        too_long=ChannelCase(
            answered(200, {"errcode": 40058, "errmsg": "text.content exceed max length 2048"}),
            TOO_LONG,
            "errcode 40058 text.content exceed max length 2048",
        ),
        busy=ChannelCase(
            answered(200, {"errcode": -1, "errmsg": "system busy"}), BUSY, "errcode -1 system busy"
        ),
    ),
)
DINGTALK = ChannelCases(
    "dingtalk",
    "dingtalk",
    lambda host: f"http://{host}/robot/send?access_token={KEY}",
    robot_cases(
        "errcode",
        "errmsg",
        refused=ChannelCase(
            answered(200, {"errcode": 40035, "errmsg": "missing parameter json"}),
            REFUSED,
            "errcode 40035 missing parameter json",
        ),
        rate_limited=ChannelCase(
            answered(
                200,
                {
                    "status": 1111,
                    "wait": 5,
                    "punish": "deny",
                    "errcode": 130101,
                    "errmsg": "send too fast, exceed 20 times per minute",
                },
            ),
            LIMITED,
            "errcode 130101 send too fast, exceed 20 times per minute",
            5.0,
        ),
        rate_limited_until_a_date=ChannelCase(
            answered(200, {"errcode": 410100, "errmsg": "too quick"}, headers=DATES),
            LIMITED,
            "errcode 410100 too quick",
            45.0,
        ),
        wrong_key=ChannelCase(
            answered(200, {"errcode": 300005, "errmsg": "token is not exist"}),
            DENIED,
            "errcode 300005 token is not exist",
        ),
        keyword=ChannelCase(
            answered(200, {"errcode": 310000, "errmsg": "keywords not in content"}),
            DENIED,
            "errcode 310000 keywords not in content",
        ),
        signature=ChannelCase(
            answered(200, {"errcode": 310000, "errmsg": "sign not match"}),
            DENIED,
            "errcode 310000 sign not match",
        ),
        too_long=ChannelCase(
            answered(200, {"errcode": 460101, "errmsg": "message too long"}),
            TOO_LONG,
            "errcode 460101 message too long",
        ),
    ),
)
FEISHU = ChannelCases(
    "feishu",
    "feishu",
    lambda host: f"http://{host}/open-apis/bot/v2/hook/{KEY}",
    robot_cases(
        "code",
        "msg",
        refused=ChannelCase(
            answered(400, {"code": 9499, "msg": "Bad Request", "data": {}}),
            REFUSED,
            "code 9499 Bad Request",
        ),
        refused_with_200=ChannelCase(
            answered(200, {"code": 9499, "msg": "Bad Request", "data": {}}),
            REFUSED,
            "code 9499 Bad Request",
        ),
        rate_limited=ChannelCase(
            answered(200, {"code": 11232, "msg": "frequency limited"}),
            LIMITED,
            "code 11232 frequency limited",
            10.0,
        ),
        rate_limited_by_its_header=ChannelCase(
            answered(
                429,
                {"code": 99991400, "msg": "request trigger frequency limit"},
                headers={"x-ogw-ratelimit-reset": "52"},
            ),
            LIMITED,
            "code 99991400 request trigger frequency limit",
            52.0,
        ),
        rate_limited_until_a_date=ChannelCase(
            answered(429, {"code": 11232, "msg": "frequency limited"}, headers=DATES),
            LIMITED,
            "code 11232 frequency limited",
            45.0,
        ),
        wrong_key=ChannelCase(
            answered(200, {"code": 19001, "msg": "param invalid: incoming webhook access token"}),
            DENIED,
            "code 19001 param invalid: incoming webhook access token",
        ),
        signature=ChannelCase(
            answered(200, {"code": 19021, "msg": "sign match fail"}),
            DENIED,
            "code 19021 sign match fail",
        ),
        keyword=ChannelCase(
            answered(200, {"code": 19024, "msg": "Key Words Not Found"}),
            DENIED,
            "code 19024 Key Words Not Found",
        ),
        too_long=ChannelCase(
            answered(200, {"code": 230025, "msg": "content reaches its limit"}),
            TOO_LONG,
            "code 230025 content reaches its limit",
        ),
        two_codes=ChannelCase(
            answered(200, {"StatusCode": 0, "StatusMessage": "success", "code": 19021}),
            DENIED,
            "code 19021 success",
        ),
        old_form=ChannelCase(
            answered(200, {"Extra": None, "StatusCode": 0, "StatusMessage": "success"}),
            DELIVERED,
            "code 0 success",
        ),
    ),
)
WEBHOOK = ChannelCases(
    "webhook",
    "webhook",
    lambda host: f"http://{host}/hook/{KEY}",
    {
        "accepted": ChannelCase(answered(202), DELIVERED, "HTTP 202"),
        "refused": ChannelCase(answered(422), REFUSED, "HTTP 422"),
        "rate limited": ChannelCase(
            answered(429, headers={"Retry-After": "30"}), LIMITED, "HTTP 429", 30.0
        ),
        "rate limited until a date": ChannelCase(
            answered(503, headers=DATES), BUSY, "HTTP 503", 45.0
        ),
        "asked for a year": ChannelCase(
            answered(429, headers={"Retry-After": "31536000"}), LIMITED, "HTTP 429", 600.0
        ),
        "wrong key": ChannelCase(answered(401), DENIED, "HTTP 401"),
        "wrong address": ChannelCase(answered(404), DENIED, "HTTP 404"),
        "too long": ChannelCase(answered(413), TOO_LONG, "HTTP 413"),
        "server error": ChannelCase(answered(500), BUSY, "HTTP 500"),
        "slow": SLOW,
        "cut off before the answer": CUT_BEFORE,
        "cut off within the answer": ChannelCase(
            answered(200, b"{", length=9), DELIVERED, "HTTP 200"
        ),
        "redirect": ChannelCase(ELSEWHERE, DENIED, "HTTP 302"),
        "huge answer": ChannelCase(answered(200, HUGE), DELIVERED, "HTTP 200"),
        "not JSON": ChannelCase(answered(200, b"thanks"), DELIVERED, "HTTP 200"),
        "deep JSON": ChannelCase(answered(200, DEEP), DELIVERED, "HTTP 200"),
        "wrong charset": ChannelCase(answered(200, b"\xff\xfe"), DELIVERED, "HTTP 200"),
        "says the key": ChannelCase(answered(500, KEY.encode()), BUSY, "HTTP 500"),
    },
)


def by_status(shown: str, sends: str, gone: str) -> dict[str, ChannelCase]:
    """Return what plugins of apprise make of an HTTP status.

    Args:
        shown: the address as it is shown.
        sends: the words with which the plugin complains.
        gone: what it says when the connection breaks.
    """

    def said(status: int, words: str = "") -> str:
        return f"{shown}: HTTP {status} {sends}: {words}error={status}."

    return {
        "refused": ChannelCase(answered(422), REFUSED, said(422)),
        "rate limited": ChannelCase(
            answered(429, headers={"Retry-After": "30"}), LIMITED, said(429), 30.0
        ),
        "rate limited until a date": ChannelCase(
            answered(503, headers=DATES), BUSY, said(503, "Servers are overloaded., "), 45.0
        ),
        "wrong key": ChannelCase(answered(403), DENIED, said(403)),
        "too long": ChannelCase(answered(413), TOO_LONG, said(413)),
        "server error": ChannelCase(answered(500), BUSY, said(500, "Internal server error., ")),
        "slow": SLOW,
        "cut off before the answer": ChannelCase(b"", UNREACHABLE, f"{shown}: {gone}"),
        "redirect": ChannelCase(ELSEWHERE, DENIED, said(302)),
    }


JSON = "json://***: HTTP 200"
APPRISE_JSON = ChannelCases(
    "apprise",
    "apprise by status",
    lambda host: f"json://{host}/hook/{KEY}",
    {
        **by_status(
            "json://***",
            "Failed to send JSON POST notification",
            "A Connection error occurred sending JSON notification to ***.",
        ),
        "accepted": ChannelCase(answered(), DELIVERED, JSON),
        "cut off within the answer": ChannelCase(answered(200, b"{", length=9), DELIVERED, JSON),
        "huge answer": ChannelCase(answered(200, HUGE), DELIVERED, JSON),
        "not JSON": ChannelCase(answered(200, b"thanks"), DELIVERED, JSON),
        "deep JSON": ChannelCase(answered(200, DEEP), DELIVERED, JSON),
        "wrong charset": ChannelCase(answered(200, b"\xff"), DELIVERED, JSON),
        "says the key": ChannelCase(
            answered(200, {"ok": False, "error": f"key {KEY}"}),
            BUSY,
            f'{JSON} {{"ok":false,"error":"key ***"}}',
        ),
    },
)
PUSHED = "pushdeer://***: HTTP 200"
UNKNOWN = f"{PUSHED}; the service does not say whether it took it"
APPRISE_CODE = ChannelCases(
    "apprise",
    "apprise by code",
    lambda host: f"pushdeer://{host}/{KEY}",
    {
        **by_status(
            "pushdeer://***",
            "Failed to send PushDeer notification",
            "A Connection error occured sending PushDeer notification.",
        ),
        "accepted": ChannelCase(answered(200, {"code": 0}), DELIVERED, PUSHED),
        "refused": ChannelCase(
            answered(200, {"code": 80501, "error": "bad pushkey"}),
            BUSY,
            f'{PUSHED} {{"code":80501,"error":"bad pushkey"}}',
        ),
        "says the key": ChannelCase(
            answered(200, {"code": 80501, "error": f"no {KEY}"}),
            BUSY,
            f'{PUSHED} {{"code":80501,"error":"no ***"}}',
        ),
        "cut off within the answer": ChannelCase(
            answered(200, b'{"code": 0', length=90), HANDED_OVER, UNKNOWN
        ),
        "huge answer": ChannelCase(answered(200, HUGE), HANDED_OVER, UNKNOWN),
        "not JSON": ChannelCase(answered(200, b"ok"), HANDED_OVER, UNKNOWN),
        "deep JSON": ChannelCase(answered(200, DEEP), HANDED_OVER, UNKNOWN),
        "wrong charset": ChannelCase(answered(200, b"\xff"), HANDED_OVER, UNKNOWN),
    },
)
LOG = ChannelCases("log", "log", exempt="its own process's log: nothing answers")

TABLES = (WECOM, DINGTALK, FEISHU, WEBHOOK, APPRISE_JSON, APPRISE_CODE, LOG)
