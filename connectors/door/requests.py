"""Read what a request says of itself, and its body, within limits."""

from __future__ import annotations

import asyncio
import hashlib
import re
from dataclasses import dataclass, field

from starlette.requests import Request

from connectors.door.answers import DoorRefusal
from connectors.door.backpressure import Budget
from connectors.door.unpacking import MAX_BODY, too_large

BODY_S = 60.0
"""Seconds that a body may take to come."""
RETRY_S = 2
_KEY = re.compile(r"[A-Za-z0-9._:/+=@~-]{1,200}")


@dataclass(frozen=True)
class Head:
    """What the headers say.

    Attributes:
        key: the API key, "" if there is none.
        batch: the Idempotency-Key, "" if there is none.
        content_type: as given.
        encoding: Content-Encoding as given.
        length: Content-Length; -1 if there is none.
    """

    key: str = field(repr=False)
    batch: str
    content_type: str
    encoding: str
    length: int


def read_head(request: Request) -> Head:
    """Return what the headers of `request` say.

    Raises:
        Refusal: one of them makes no sense.
    """
    headers = request.headers
    scheme, _, token = headers.get("authorization", "").partition(" ")
    key = token.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "").strip()
    length = headers.get("content-length", "-1")
    return Head(
        key=key,
        batch=headers.get("idempotency-key", "").strip().strip('"'),
        content_type=headers.get("content-type", ""),
        encoding=headers.get("content-encoding", ""),
        length=int(length) if length.isdigit() else -1,
    )


def check_batch(batch: str) -> None:
    """Make sure that `batch` is fit to be an idempotency key.

    Raises:
        Refusal: it is not.
    """
    if batch and not _KEY.fullmatch(batch):
        message = f"Idempotency-Key {batch[:100]!r} is not fit for one"
        remedy = "use 1 to 200 characters of A-Z a-z 0-9 . _ : / + = @ ~ -, for example a UUID"
        raise DoorRefusal(400, "bad_idempotency_key", message, remedy)


@dataclass
class RequestBody:
    """A body as far as it has come.

    Attributes:
        data: its bytes.
        taken: bytes taken from the budget; to be given back.
    """

    data: bytes = b""
    taken: int = 0

    def digest(self, head: Head) -> bytes:
        """Return the hash by which the same body is known again."""
        told = f"{head.content_type}\x1f{head.encoding}\x1f".encode()
        hashed = hashlib.blake2b(told, digest_size=16)
        hashed.update(self.data)
        return hashed.digest()


async def read_body(
    request: Request, head: Head, budget: Budget, body: RequestBody, *, most: int = MAX_BODY
) -> None:
    """Read the body of `request`, of at most `most` bytes, into `body`.

    Raises:
        Refusal: it is too large, too slow, or there is no memory for it now.
        starlette.requests.ClientDisconnect: the sender went away.
    """
    if head.length > most:
        raise _too_large(most)
    chunks: list[bytes] = []
    try:
        async with asyncio.timeout(BODY_S):
            async for chunk in request.stream():
                if not budget.take(len(chunk)):
                    raise no_memory()
                body.taken += len(chunk)
                chunks.append(chunk)
                if body.taken > most:
                    raise _too_large(most)
    except TimeoutError as error:
        message = f"the body did not come within {BODY_S:.0f} seconds"
        raise DoorRefusal(408, "too_slow", message, "send smaller bodies") from error
    finally:
        body.data = chunks[0] if len(chunks) == 1 else b"".join(chunks)


def no_memory() -> DoorRefusal:
    """Return the refusal of what there is no room for."""
    message = "too much is on its way to Kafka already"
    return DoorRefusal(429, "busy", message, "send it again later", retry_s=RETRY_S)


def _too_large(most: int) -> DoorRefusal:
    return too_large(f"the body is larger than {most} bytes")
