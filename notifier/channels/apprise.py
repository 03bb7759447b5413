"""Services that the library apprise knows: mail, SMS, Slack, Telegram and more.

Addresses of services for which there is a channel of our own (WeCom, DingTalk, Feishu, Lark) are
carried by that one: apprise takes their HTTP 200 for a yes, whatever it says.

The library blocks, so each attempt has a thread of its own, which is a daemon: one that hangs holds
up neither the next attempt nor the end of the process. It is large, so it is loaded only where a
receiver needs it: whoever checks routing.yaml imports this module too.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from citybrain.city.references import RecordFault
from citybrain.notices.channel_options import (
    ADDRESS,
    URL,
    URL_FILE,
    ChannelOptions,
    check_one_address,
)
from citybrain.notices.notice_message import NoticeMessage
from citybrain.notices.routing import Receiver
from citybrain.notices.secrets import Secret, SecretError, secret_of
from citybrain.notices.text_limits import TextLimit, fitted, fitted_body
from notifier.apprise_answers import AppriseAnswers, judged_by_answers
from notifier.channel import (
    Channel,
    ChannelError,
    ChannelKind,
    ChannelSetup,
    HandedOver,
    RefusalKind,
    channel_kinds,
)

_ADDRESSES = re.compile(r"[\s,]+(?=[A-Za-z0-9]+://)")
"""Between several addresses of one receiver."""
_MOST_HANGING = 4
"""Attempts for one receiver that may hang at a time: what the library does, nobody can cancel."""


class ServiceChannel:
    """Sends by apprise, or by the channel of our own that carries an address."""

    def __init__(self, setup: ChannelSetup) -> None:
        """Find secrets by `setup`."""
        self._setup = setup
        self._kinds = {name: kind for name, kind in channel_kinds().items() if kind is not CHANNEL}
        self._own: dict[str, Channel] = {}
        self._running: Counter[str] = Counter()
        quieten()

    async def send(self, message: NoticeMessage, receiver: Receiver) -> str:
        """Hand `message` to the service.

        Raises:
            ChannelError: the service refused, or cannot be reached.
        """
        try:
            secret = secret_of(receiver, self._setup.folder, self._setup.environment)
        except SecretError as error:
            raise ChannelError(str(error), kind=RefusalKind.DENIED) from None
        addresses = _ADDRESSES.split(secret.url)
        said = [self._send(message, receiver, Secret(one)) for one in addresses]
        outcomes = await asyncio.gather(*said, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        told = [str(outcome) for outcome in outcomes]
        unknown = any(isinstance(outcome, HandedOver) for outcome in outcomes)
        return HandedOver("; ".join(told)) if unknown else "; ".join(told)

    async def close(self) -> None:
        """Close the channels of our own; threads are daemons."""
        for channel in self._own.values():
            await channel.close()

    async def _send(self, message: NoticeMessage, receiver: Receiver, secret: Secret) -> str:
        own = self._carrier(secret.url)
        if own is not None:
            return await own.send(message, replace(receiver, options={URL: secret.url}))
        if self._running[receiver.id] >= _MOST_HANGING:
            problem = f"{secret.shown}: {_MOST_HANGING} attempts hang"
            raise ChannelError(problem, kind=RefusalKind.BUSY)
        return await self._in_thread(message, receiver.id, secret)

    def _carrier(self, address: str) -> Channel | None:
        name = next((name for name, kind in self._kinds.items() if kind.carries(address)), None)
        if name is None:
            return None
        if name not in self._own:
            self._own[name] = self._kinds[name].open(self._setup)
        return self._own[name]

    async def _in_thread(self, message: NoticeMessage, receiver: str, secret: Secret) -> str:
        loop = asyncio.get_running_loop()
        result: asyncio.Future[str] = loop.create_future()
        now = self._setup.clock.now()

        def done(outcome: str | ChannelError) -> None:
            self._running[receiver] -= 1
            _settle(result, outcome)

        def work() -> None:
            outcome = _attempt(message, secret, now)
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(done, outcome)

        self._running[receiver] += 1
        threading.Thread(target=work, daemon=True, name=f"send-{receiver}").start()
        return await result


def quieten() -> None:
    """Keep libraries whose log would show addresses out of ours."""
    for name in ("apprise", "urllib3", "requests"):
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.addHandler(logging.NullHandler())


def warm_up() -> None:
    """Load apprise's services, which takes a second or two, before the first alert needs one."""
    import apprise  # noqa: PLC0415  see above

    quieten()
    apprise.Apprise().add("json://127.0.0.1")


def _attempt(message: NoticeMessage, secret: Secret, now: datetime) -> str | ChannelError:
    try:
        return _notify(message, secret, now)
    except ChannelError as error:
        return error
    except Exception as error:  # a plugin may raise anything
        return ChannelError(secret.scrub(f"{type(error).__name__}: {error}"))


def _notify(message: NoticeMessage, secret: Secret, now: datetime) -> str:
    import apprise  # noqa: PLC0415  see above

    said: list[str] = []

    def listen(entry: Any, _service: Any) -> None:
        said.append(secret.scrub(str(entry.message)))

    asset = apprise.AppriseAsset(app_id="citybrain", secure_logging=True, async_mode=False)
    sender = apprise.Apprise(asset=asset)
    if not sender.add(secret.url):
        problem = f"{secret.shown} is no address that apprise knows"
        raise ChannelError(problem, kind=RefusalKind.DENIED)
    title, body = _texts(message, sender[0])
    with AppriseAnswers() as answers:
        done = sender.notify(
            body=body,
            title=title,
            body_format=apprise.NotifyFormat.TEXT,
            log_callback=listen,
            log_level=logging.WARNING,
        )
    words = " ".join("; ".join(said).split())
    return judged_by_answers(answers.found, secret, now, done=bool(done), words=words)


def _texts(message: NoticeMessage, service: Any) -> tuple[str, str]:
    """Return heading and text within what a service of apprise takes."""
    most, most_title = int(service.body_maxlen), int(service.title_maxlen)
    if most_title <= 0:
        return "", fitted(message, TextLimit(most))
    title = TextLimit(most_title).cut(message.title)
    together = bool(getattr(service, "overflow_amalgamate_title", False))
    room = most - len(title) - 2 if together else most
    return title, fitted_body(message, TextLimit(max(room, 0)))


def _settle(result: asyncio.Future[str], outcome: str | ChannelError) -> None:
    if result.done():
        return
    if isinstance(outcome, ChannelError):
        result.set_exception(outcome)
    else:
        result.set_result(outcome)


def _check(options: Mapping[str, str]) -> Iterator[RecordFault]:
    yield from check_one_address(options)
    if options.get(URL):
        problem = "the address of a channel holds its secret"
        yield RecordFault(URL, problem, f"put it into a file and name that: {URL_FILE}")


CHANNEL = ChannelKind(
    options=ChannelOptions(title="service", keys=ADDRESS, check=_check, default=True),
    open=ServiceChannel,
    warm_up=warm_up,
)
