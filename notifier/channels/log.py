"""The sender's own log: what a fresh machine tells, and what an exercise may reach."""

from __future__ import annotations

import structlog

from citybrain.notices.channel_options import ChannelOptions
from citybrain.notices.notice_message import NoticeMessage
from citybrain.notices.routing import Receiver
from notifier.channel import ChannelKind

log = structlog.get_logger(__name__)


class LogChannel:
    """Writes a line for each message."""

    async def send(self, message: NoticeMessage, receiver: Receiver) -> str:
        """Log the message."""
        log.info(
            "alert_told",
            receiver=receiver.id,
            title=message.title,
            notices=len(message.notices),
            notice=message.key,
        )
        return "logged"

    async def close(self) -> None:
        """Do nothing: the log is the process's own."""


CHANNEL = ChannelKind(options=ChannelOptions(title="log"), open=lambda _setup: LogChannel())
