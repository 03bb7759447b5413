"""The contract of a way to a receiver."""

from __future__ import annotations

from typing import Protocol

from citybrain.notices.notice_message import NoticeMessage
from citybrain.notices.routing import Receiver


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
