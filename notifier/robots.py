"""Robots in chat groups: WeCom, DingTalk, Feishu and Lark are alike but for their words.

All take JSON by POST at an address that holds a key, and answer HTTP 200 whatever became of it:
what they say stands in a code of the body. A channel of such a service is a `RobotService`: its
addresses, its form, its limit and what its codes mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, quote, quote_plus, unquote, urlsplit

from citybrain.city.references import RecordFault
from citybrain.floor.wire_text import plain_text, wire_json
from citybrain.notices.channel_options import (
    ADDRESS,
    TOKEN_FILE,
    URL,
    URL_FILE,
    ChannelOptions,
    check_one_address,
)
from citybrain.notices.notice_message import NoticeMessage, one_line
from citybrain.notices.routing import Receiver
from citybrain.notices.secrets import HIDDEN, Secret, SecretError, secret_of
from citybrain.notices.text_limits import TextLimit, fitted
from notifier.channel import Channel, ChannelError, ChannelKind, ChannelSetup, RefusalKind
from notifier.http_posting import HttpAnswer, http_client, kind_of_status, post
from notifier.retry_after import asked_wait_s, bounded_wait_s

_MOST_SAID = 200
_SHORTEST_SECRET, _LIKE_A_KEY = 4, 16
_WEB = ("http", "https")


@dataclass(frozen=True)
class RobotAddress:
    """Where a robot is reached.

    Attributes:
        url: the web address, with the key.
        key: what makes the address a secret.
        signing: secret that requests are signed with, "" none.
        mentions: telephone numbers of those who are named.
    """

    url: str = field(repr=False)
    key: str = field(repr=False)
    signing: str = field(default="", repr=False)
    mentions: tuple[str, ...] = ()

    def scrub(self, text: str) -> str:
        """Return `text` without the address, the key and the signing secret."""
        split = urlsplit(self.url)
        parts = {self.url, split.query, self.key, self.signing}
        parts |= {part for part in split.path.split("/") if len(part) >= _LIKE_A_KEY}
        parts |= {quote(part, safe="") for part in parts} | {quote_plus(part) for part in parts}
        for part in sorted(parts, key=len, reverse=True):
            if len(part) >= _SHORTEST_SECRET:
                text = text.replace(part, HIDDEN)
        return text


@dataclass(frozen=True)
class ShortAddress:
    """An address as apprise writes it: ``scheme://secret@key/path?query``.

    Attributes:
        scheme: in lower case.
        key, secret, path: as written, "" where there is none.
        query: its parameters; the last of each name.
    """

    scheme: str
    key: str = field(repr=False)
    secret: str = field(repr=False)
    path: str = field(repr=False)
    query: Mapping[str, str] = field(repr=False)

    def named(self, key: str) -> str:
        """Return the key: the parameter called `key`, else what stands in the host's place."""
        return self.query.get(key) or self.key


def no_word_counts(_code: int, _words: str) -> RefusalKind | None:
    """Return nothing: the codes say it all."""
    return None


@dataclass(frozen=True, kw_only=True)
class RobotService:
    """What one service has of its own.

    Attributes:
        name: for messages of errors, and what `citybrain routes` calls it.
        schemes: of short addresses (``wecombot://<key>``), as apprise has them.
        hosts: where the service itself is.
        limit: of a text, heading included.
        codes: names of the fields of an answer that hold the code.
        words: names of the fields of an answer that say it in words.
        kinds: what codes other than 0 mean; those that are not listed may pass.
        limited_s: seconds to wait when it takes no more, where it does not say.
        full_address: where the robot of a short address is reached; None: it cannot be one.
        key: the key of a web address by its path and query.
        request: the address and the body of the POST of a text, signed at an instant (aware).
        kind_by_words: what a code means where that depends on the words beside it.
    """

    name: str
    schemes: tuple[str, ...]
    hosts: tuple[str, ...]
    limit: TextLimit
    codes: tuple[str, ...]
    words: tuple[str, ...]
    kinds: Mapping[int, RefusalKind]
    limited_s: float
    full_address: Callable[[ShortAddress], RobotAddress | None]
    key: Callable[[str, Mapping[str, str]], str]
    request: Callable[[str, RobotAddress, datetime], tuple[str, dict[str, Any]]]
    kind_by_words: Callable[[int, str], RefusalKind | None] = no_word_counts


def robot_channel(service: RobotService) -> ChannelKind:
    """Return the channel of a service."""
    return ChannelKind(
        options=ChannelOptions(title=service.name, keys=(*ADDRESS, TOKEN_FILE), check=_check),
        open=lambda setup: RobotChannel(service, setup),
        carries=lambda written: _is_of(service, written),
    )


class RobotChannel(Channel):
    """Sends to robots of one service; one client for all of them."""

    def __init__(self, service: RobotService, setup: ChannelSetup) -> None:
        """Send to robots of `service`, whose secrets are found by `setup`."""
        self._service, self._setup = service, setup
        self._client = http_client(setup.transport, proxies=True)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def send(self, message: NoticeMessage, receiver: Receiver) -> str:
        """Have the robot say `message`.

        Raises:
            ChannelError: the service refused it, or did not say that it took it.
        """
        try:
            secret = secret_of(receiver, self._setup.folder, self._setup.environment)
        except SecretError as error:
            raise ChannelError(str(error), kind=RefusalKind.DENIED) from None
        to = self._address(secret)
        now = self._setup.clock.now()
        url, body = self._service.request(fitted(message, self._service.limit), to, now)
        headers = {"Content-Type": "application/json; charset=utf-8"}
        answer = await post(self._client, url, wire_json(body), headers, to.scrub)
        return judged(self._service, answer, to.scrub, now)

    def _address(self, secret: Secret) -> RobotAddress:
        to = address_of(self._service, secret.url)
        if to is None:
            problem = f"the address is none of a {self._service.name} robot"
            raise ChannelError(problem, kind=RefusalKind.DENIED)
        return RobotAddress(to.url, to.key, secret.token or to.signing, to.mentions)


def judged(
    service: RobotService, answer: HttpAnswer, scrub: Callable[[str], str], now: datetime
) -> str:
    """Return what `service` said where it took a message.

    Args:
        service: whose answer it is.
        answer: what came back.
        scrub: takes secrets out of a text.
        now: when it came (aware).

    Raises:
        ChannelError: it did not take it, or did not say so.
    """
    found = answer.json() or {}
    code = _code(found, service.codes)
    words = next((str(found[name]) for name in service.words if found.get(name)), "")
    if code == 0 and answer.accepted:
        return _said(service, code, words, scrub)
    if code is None or code == 0:
        kind = RefusalKind.UNREACHABLE if answer.accepted else kind_of_status(answer.status)
        missing = f", no {service.codes[0]}" if answer.accepted else ""
        detail = f"HTTP {answer.status}{missing}"
    else:
        listed = service.kind_by_words(code, words) or service.kinds.get(code)
        fallback = RefusalKind.BUSY if answer.accepted else kind_of_status(answer.status)
        kind, detail = listed or fallback, _said(service, code, words, scrub)
    wait = max(asked_wait_s(answer.headers, now), _wait(found))
    if kind is RefusalKind.LIMITED:
        wait = wait or service.limited_s
    raise ChannelError(detail, kind=kind, after_s=wait)


def address_of(service: RobotService, written: str) -> RobotAddress | None:
    """Return the robot that a file's content names; None: it is no address of `service`.

    Args:
        service: whose robot it is.
        written: ``scheme://[secret@]key[/path][?query]``, or the web address that the service
            shows; a private installation or a gateway has another host.
    """
    try:
        parts = urlsplit(written)
        scheme, host = parts.scheme.lower(), parts.hostname
    except ValueError:
        return None
    if scheme in _WEB and host:
        return RobotAddress(written, service.key(parts.path, _query(parts.query)))
    if scheme not in service.schemes:
        return None
    user, _, key = parts.netloc.rpartition("@")
    query = _query(parts.query)
    return service.full_address(
        ShortAddress(scheme, unquote(key), unquote(user), parts.path, query)
    )


def _is_of(service: RobotService, written: str) -> bool:
    try:
        parts = urlsplit(written)
        return parts.scheme.lower() in service.schemes or (
            parts.scheme.lower() in _WEB and parts.hostname in service.hosts
        )
    except ValueError:
        return written.partition("://")[0].lower() in service.schemes


def _query(text: str) -> dict[str, str]:
    """Return the parameters of a query, the last of each name."""
    try:
        return {name: values[-1] for name, values in parse_qs(text).items()}
    except ValueError:
        return {}


def _said(service: RobotService, code: int, words: str, scrub: Callable[[str], str]) -> str:
    said = one_line(scrub(plain_text(words)))[:_MOST_SAID]
    return f"{service.codes[0]} {code} {said}".strip()


def _code(found: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    """Return the code of an answer; the worst where it has two; None: it has none."""
    given = [found[name] for name in names if name in found]
    codes = [_number(value) for value in given]
    if not codes or None in codes:
        return None
    return next((code for code in codes if code), 0)


def _number(value: Any) -> int | None:
    if isinstance(value, str) and value.lstrip("-").isdecimal() and value.isascii():
        return int(value[:20])
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _wait(found: Mapping[str, Any]) -> float:
    """Return the seconds that the body asks to wait: DingTalk's guard says so in ``wait``."""
    wait = found.get("wait")
    known = isinstance(wait, int | float) and not isinstance(wait, bool)
    return bounded_wait_s(float(min(wait, 10**9))) if known and wait is not None else 0.0


def _check(options: Mapping[str, str]) -> Iterator[RecordFault]:
    yield from check_one_address(options)
    if options.get(URL):
        problem = "the address of a robot holds its secret"
        yield RecordFault(URL, problem, f"put it into a file and name that: {URL_FILE}")
