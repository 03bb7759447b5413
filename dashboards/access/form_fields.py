"""The fields of a form of sign-in."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import Request
from starlette.requests import ClientDisconnect

LONGEST_BODY = 8 * 1024


async def form_fields(request: Request) -> dict[str, str]:
    """Return the fields of the form that was sent.

    Raises:
        ValueError: it is longer than any sign-in, or no form.
    """
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LONGEST_BODY:
                raise ValueError("too long")
    except ClientDisconnect as error:
        raise ValueError("the browser has gone") from error
    fields = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=16)
    return {name: values[-1] for name, values in fields.items()}
