"""Ways to a receiver; each is a `Channel`."""

from citybrain.notify.channels.channel import Channel, ChannelError
from citybrain.notify.channels.log import LogChannel
from citybrain.notify.channels.services import ServiceChannel
from citybrain.notify.channels.webhook import WebhookChannel

__all__ = ["Channel", "ChannelError", "LogChannel", "ServiceChannel", "WebhookChannel"]
