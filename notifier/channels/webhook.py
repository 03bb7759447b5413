"""POST to a web address: Alertmanager's JSON, the key in the header ``Idempotency-Key``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from citybrain.city.references import RecordFault
from citybrain.floor.wire_text import wire_json
from citybrain.notices.alertmanager_webhook import payload
from citybrain.notices.channel_options import (
    ADDRESS,
    TOKEN_FILE,
    URL,
    ChannelOptions,
    check_one_address,
    check_plain_url,
)
from citybrain.notices.notice_message import NoticeMessage
from citybrain.notices.routing import Receiver
from citybrain.notices.secrets import Secret, SecretError, secret_of
from notifier.channel import ChannelError, ChannelKind, ChannelSetup, RefusalKind
from notifier.http_posting import http_client, kind_of_status, post
from notifier.retry_after import asked_wait_s

_KEY_CHARACTERS = ":@~>/.-_"
MOST_BYTES = 4 * 1024 * 1024
"""Of one message; what is more goes in several, so that no receiver has to read without end."""


class WebhookChannel:
    """One client for all webhooks, with connections that are kept."""

    def __init__(self, setup: ChannelSetup) -> None:
        """Find secrets by `setup`."""
        self._setup = setup
        self._client = http_client(setup.transport, proxies=False)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def send(self, message: NoticeMessage, receiver: Receiver) -> str:
        """POST `message`; any 2xx is a yes.

        Raises:
            ChannelError: no answer, or none of 2xx.
        """
        try:
            secret = secret_of(receiver, self._setup.folder, self._setup.environment)
        except SecretError as error:
            raise ChannelError(str(error), kind=RefusalKind.DENIED) from None
        content = wire_json(payload(message, self._setup.names))
        if len(content) > MOST_BYTES:
            problem = f"{len(content)} bytes, over {MOST_BYTES}"
            raise ChannelError(problem, kind=RefusalKind.TOO_LONG)
        headers = _headers(message, secret)
        answer = await post(self._client, secret.url, content, headers, secret.scrub)
        if answer.accepted:
            return f"HTTP {answer.status}"
        kind = kind_of_status(answer.status)
        wait = asked_wait_s(answer.headers, self._setup.clock.now())
        raise ChannelError(f"HTTP {answer.status}", kind=kind, after_s=wait)


def _headers(message: NoticeMessage, secret: Secret) -> dict[str, str]:
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": quote(message.key.encode(errors="replace"), safe=_KEY_CHARACTERS),
    }
    if secret.token:
        headers["Authorization"] = f"Bearer {secret.token}"
    return headers


def _check(options: Mapping[str, str]) -> Iterator[RecordFault]:
    yield from check_one_address(options)
    if url := options.get(URL):
        yield from check_plain_url(url)


CHANNEL = ChannelKind(
    options=ChannelOptions(title="webhook", keys=(*ADDRESS, TOKEN_FILE), check=_check),
    open=WebhookChannel,
)
