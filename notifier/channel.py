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
from pathlib import Path
from typing import Protocol

from citybrain.floor.discover import discover
from citybrain.notices.channel_options import ChannelOptions, Channels
from citybrain.notices.notice_message import NoticeMessage
from citybrain.notices.routing import Names, Receiver


class ChannelError(Exception):
    """A message did not get through.

    Attributes:
        detail: why, without any secret: it goes into the log and the store.
        again: whether trying again can help.
        after_s: seconds that the other side asks to wait.
    """

    def __init__(self, detail: str, *, again: bool = True, after_s: float = 0.0) -> None:
        """Keep all three; the message is the detail."""
        self.detail, self.again, self.after_s = detail, again, after_s
        super().__init__(detail)


class Channel(Protocol):
    """A way to receivers of one kind."""

    async def send(self, message: NoticeMessage, receiver: Receiver) -> str:
        """Hand `message` over; called again for the same message after an error.

        Must not block the loop, and must end within `receiver.timeout`, which the caller enforces
        by cancelling.

        Returns:
            What the other side said, without any secret.

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
    """

    folder: Path
    names: Names
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)


@dataclass(frozen=True, kw_only=True)
class ChannelKind:
    """What a module of `notifier/channels/` offers as its `CHANNEL`.

    Attributes:
        options: what it takes from a receiver.
        open: makes the channel, once a sender: at start where a receiver is of this kind, else when
            the first one is; must not wait for anything.
        warm_up: loads what would slow down the first message; called at start where a receiver is
            of this kind, may block.
    """

    options: ChannelOptions
    open: Callable[[ChannelSetup], Channel]
    warm_up: Callable[[], None] = lambda: None


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
