"""The sender's own log: what a fresh machine tells, and what an exercise may reach."""

from __future__ import annotations

import structlog

from citybrain.floor.wire_text import plain_text
from citybrain.notices.channel_options import ChannelOptions
from citybrain.notices.notice_message import NoticeMessage
from citybrain.notices.routing import Receiver
from citybrain.notices.text_limits import TextLimit
from notifier.channel import ChannelKind

_TITLE = TextLimit(500)
"""A line of a log is no place for a heading that a source let run on."""

log = structlog.get_logger(__name__)


class LogChannel:
    """Writes a line for each message."""

    async def send(self, message: NoticeMessage, receiver: Receiver) -> str:
        """Log the message."""
        log.info(
            "alert_told",
            receiver=receiver.id,
            title=_TITLE.cut(plain_text(message.title)),
            notices=len(message.notices),
            notice=message.key,
        )
        return "logged"

    async def close(self) -> None:
        """Do nothing: the log is the process's own."""


CHANNEL = ChannelKind(options=ChannelOptions(title="log"), open=lambda _setup: LogChannel())
