"""All services that the library apprise knows: WeCom, DingTalk, Feishu, mail, SMS and more.

The library blocks, so each attempt has a thread of its own, which is a daemon: one that hangs holds
up neither the next attempt nor the end of the process. It is large, so it is loaded only where a
receiver needs it: whoever checks routing.yaml imports this module too.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
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
from notifier.channel import ChannelError, ChannelKind

_MOST_CHARACTERS = 300


class ServiceChannel:
    """Sends by apprise."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        """Find secrets under `folder` and in `environment` (the process's own)."""
        self._folder = folder
        self._environment = os.environ if environment is None else environment
        quieten()

    async def send(self, message: NoticeMessage, receiver: Receiver) -> str:
        """Hand `message` to the service.

        Raises:
            ChannelError: the service refused, or cannot be reached.
        """
        try:
            secret = secret_of(receiver, self._folder, self._environment)
        except SecretError as error:
            raise ChannelError(str(error)) from None
        loop = asyncio.get_running_loop()
        result: asyncio.Future[str] = loop.create_future()

        def work() -> None:
            try:
                outcome: str | ChannelError = _notify(message, secret)
            except ChannelError as error:
                outcome = error
            except Exception as error:  # a plugin may raise anything
                said = secret.scrub(f"{type(error).__name__}: {error}")
                outcome = ChannelError(said[:_MOST_CHARACTERS])
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(_settle, result, outcome)

        threading.Thread(target=work, daemon=True, name=f"send-{receiver.id}").start()
        return await result

    async def close(self) -> None:
        """Do nothing: threads are daemons."""


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


def _notify(message: NoticeMessage, secret: Secret) -> str:
    import apprise  # noqa: PLC0415  see above

    said: list[str] = []

    def listen(entry: Any, _service: Any) -> None:
        said.append(secret.scrub(str(entry.message)))

    sender = apprise.Apprise(asset=apprise.AppriseAsset(app_id="citybrain", secure_logging=True))
    if not sender.add(secret.url):
        raise ChannelError(f"{secret.shown} is no address that apprise knows", again=False)
    done = sender.notify(
        body=message.body,
        title=message.title,
        body_format=apprise.NotifyFormat.TEXT,
        log_callback=listen,
        log_level=logging.WARNING,
    )
    if not done:
        words = " ".join("; ".join(said).split()) or "the service refused"
        raise ChannelError(f"{secret.shown}: {words}"[:_MOST_CHARACTERS])
    return secret.shown


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
    open=lambda setup: ServiceChannel(setup.folder, setup.environment),
    warm_up=warm_up,
)
