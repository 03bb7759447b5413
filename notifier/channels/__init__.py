"""Ways to a receiver; each is a `Channel`."""

from notifier.channel import Channel, ChannelError
from notifier.channels.apprise_services import ServiceChannel
from notifier.channels.log import LogChannel
from notifier.channels.webhook import WebhookChannel

__all__ = ["Channel", "ChannelError", "LogChannel", "ServiceChannel", "WebhookChannel"]
