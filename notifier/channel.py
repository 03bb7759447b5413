"""The contract of a way to a receiver.

A channel is one module in `notifier/channels/` that defines a `CHANNEL`; its name is the `kind`
that receivers of routing.yaml name. Dropping it there is all the registration there is: what it
takes from a receiver is checked with the other files, `citybrain routes` shows it, and the sender
opens it where a receiver is of its kind.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import httpx

from citybrain.floor.clock import Clock, SystemClock
from citybrain.floor.discover import discover
from citybrain.notices.channel_options import ChannelOptions, Channels
from citybrain.notices.notice_message import NoticeMessage
from citybrain.notices.routing import Names, Receiver


class RefusalKind(StrEnum):
    """Why a message did not get through: what is done about it follows from that alone.

    Attributes:
        UNREACHABLE: no answer, or none that says what became of it; it is tried again.
        BUSY: the other side has trouble of its own; it is tried again.
        LIMITED: too many messages; it is tried again when the other side's time has come, which
            uses up no attempt.
        TOO_LONG: it is sent again at once, in halves.
        DENIED: key, signature, keyword, address or permission are wrong. No message will get
            through until people mend it: the fallback hears at once, and the operators are told.
        REFUSED: the other side will not take this message, whatever we do; the fallback hears at
            once.
    """

    UNREACHABLE = "unreachable"
    BUSY = "busy"
    LIMITED = "limited"
    TOO_LONG = "too_long"
    DENIED = "denied"
    REFUSED = "refused"

    @property
    def passing(self) -> bool:
        """Whether trying the same again can help."""
        return self in (RefusalKind.UNREACHABLE, RefusalKind.BUSY, RefusalKind.LIMITED)


class ChannelError(Exception):
    """A message did not get through.

    Attributes:
        detail: why, without any secret: it goes into the log and the store.
        kind: what kind of trouble it is.
        after_s: seconds that the other side asks to wait.
    """

    def __init__(
        self,
        detail: str,
        *,
        kind: RefusalKind = RefusalKind.UNREACHABLE,
        after_s: float = 0.0,
    ) -> None:
        """Keep all three; the message is the detail."""
        self.detail, self.kind, self.after_s = detail, kind, after_s
        super().__init__(detail)


class HandedOver(str):
    """What `send` returns where nobody can know whether the other side took the message.

    Its receipt says ``handed_over`` instead of ``delivered``.
    """

    __slots__ = ()


class Channel(Protocol):
    """A way to receivers of one kind."""

    async def send(self, message: NoticeMessage, receiver: Receiver) -> str:
        """Hand `message` over; called again for the same message after an error.

        Must not block the loop, and must end within `receiver.timeout`, which the caller enforces
        by cancelling. A text has to fit what the service takes: `citybrain.notices.text_limits`.

        Returns:
            What the other side said, without any secret: it took the message. A `HandedOver` where
            that is not known.

        Raises:
            ChannelError: it did not get through.
        """
        ...

    async def close(self) -> None:
        """Give back connections; called once, when the sender ends."""
        ...


@dataclass(frozen=True)
class ChannelSetup:
    """What a channel is opened with.

    Attributes:
        folder: where the files of relative names lie, those of secrets among them.
        names: titles of what the city has, when the sender began.
        environment: of the process.
        clock: for signatures, and for dates until which others ask to wait.
        transport: what carries HTTP; None: the network.
    """

    folder: Path
    names: Names
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    clock: Clock = field(default_factory=SystemClock)
    transport: httpx.AsyncBaseTransport | None = None


@dataclass(frozen=True, kw_only=True)
class ChannelKind:
    """What a module of `notifier/channels/` offers as its `CHANNEL`.

    Attributes:
        options: what it takes from a receiver.
        open: makes the channel, once a sender: at start where a receiver is of this kind, else when
            the first one is; must not wait for anything.
        warm_up: loads what would slow down the first message; called at start where a receiver is
            of this kind, may block.
        carries: whether it sends to an address (with its secret) that a receiver of the default
            kind has.
    """

    options: ChannelOptions
    open: Callable[[ChannelSetup], Channel]
    warm_up: Callable[[], None] = lambda: None
    carries: Callable[[str], bool] = lambda _address: False


def channel_kinds() -> dict[str, ChannelKind]:
    """Return every channel of `notifier/channels/` by its kind.

    Raises:
        TypeError: a module there offers none.
    """
    from notifier import channels  # noqa: PLC0415  the channels import this module

    return discover(channels, "CHANNEL", ChannelKind)


def channel_options() -> Channels:
    """Return what the channels take from receivers: what routing.yaml is checked by.

    Raises:
        TypeError: a module there offers no channel.
    """
    return {name: kind.options for name, kind in channel_kinds().items()}
