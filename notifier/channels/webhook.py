"""POST to a web address: Alertmanager's JSON, the key in the header ``Idempotency-Key``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import httpx
import msgspec

from citybrain import __version__
from citybrain.city.references import RecordFault
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
from citybrain.notices.routing import Names, Receiver
from citybrain.notices.secrets import Secret, SecretError, secret_of
from notifier.channel import ChannelError, ChannelKind

_AGAIN = frozenset({408, 425, 429})
_SERVER_ERROR = 500
_MOST_PATIENCE_S = 600.0
_KEY_CHARACTERS = ":@~>/.-_"


class WebhookChannel:
    """One client for all webhooks, with connections that are kept."""

    def __init__(
        self, folder: Path, names: Names, environment: Mapping[str, str] | None = None
    ) -> None:
        """Find secrets under `folder` and in `environment` (the process's own)."""
        self._folder, self._names = folder, names
        self._environment = os.environ if environment is None else environment
        self._client = httpx.AsyncClient(
            timeout=None,  # noqa: S113  the caller cancels
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": f"citybrain/{__version__}"},
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def send(self, message: NoticeMessage, receiver: Receiver) -> str:
        """POST `message`.

        Raises:
            ChannelError: no answer, or none of 2xx; a 4xx is not tried again.
        """
        try:
            secret = secret_of(receiver, self._folder, self._environment)
        except SecretError as error:
            raise ChannelError(str(error)) from None
        answer = await self._post(message, secret)
        if answer.is_success:
            return f"HTTP {answer.status_code}"
        status = answer.status_code
        again = status in _AGAIN or status >= _SERVER_ERROR
        raise ChannelError(f"HTTP {status}", again=again, after_s=_patience(answer))

    async def _post(self, message: NoticeMessage, secret: Secret) -> httpx.Response:
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": quote(message.key, safe=_KEY_CHARACTERS),
        }
        if secret.token:
            headers["Authorization"] = f"Bearer {secret.token}"
        content = msgspec.json.encode(payload(message, self._names))
        try:
            return await self._client.post(secret.url, content=content, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            said = secret.scrub(str(error)) or "no answer"
            raise ChannelError(f"{type(error).__name__}: {said}") from None


def _patience(answer: httpx.Response) -> float:
    """Return the seconds that the other side asks to wait, as far as we believe it."""
    text = answer.headers.get("Retry-After", "")
    return min(float(text), _MOST_PATIENCE_S) if text.isdecimal() else 0.0


def _check(options: Mapping[str, str]) -> Iterator[RecordFault]:
    yield from check_one_address(options)
    if url := options.get(URL):
        yield from check_plain_url(url)


CHANNEL = ChannelKind(
    options=ChannelOptions(title="webhook", keys=(*ADDRESS, TOKEN_FILE), check=_check),
    open=lambda setup: WebhookChannel(setup.folder, setup.names, setup.environment),
)
