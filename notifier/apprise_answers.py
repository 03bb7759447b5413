"""What services answered to apprise: the library keeps only whether a plugin was content.

Most plugins look at the HTTP status alone, also where a service answers 200 with a code of its own.
While `AppriseAnswers` is open, answers that its thread gets by `requests` are kept; they are
judged by what the service is known to say. What nobody can know is handed over, never delivered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar, Token
from datetime import datetime
from functools import wraps
from typing import Any, Self

import httpx
from urllib3.exceptions import HTTPError

from citybrain.notices.secrets import Secret
from notifier.channel import ChannelError, HandedOver, RefusalKind
from notifier.http_posting import MOST_ANSWER, HttpAnswer, kind_of_status
from notifier.retry_after import asked_wait_s

_BY_STATUS = frozenset(
    {
        *("json", "jsons", "xml", "xmls", "form", "forms"),
        *("discord", "gotify", "gotifys", "ntfy", "ntfys", "tgram"),
    }
)
"""Schemes of services whose HTTP status is the answer: 2xx where they took it, else not."""
_MAIL = frozenset({"mailto", "mailtos"})
"""apprise asks the mail server about each addressee and fails where one is refused."""
_GOOD_CODES: Mapping[str, int] = {
    "schan": 0,
    "pushdeer": 0,
    "pushdeers": 0,
    "bark": 200,
    "barks": 200,
    "pushplus": 200,
    "wecom": 200,
    "wechat": 200,
    "wxpusher": 1000,
}
"""What ``code`` of the answer has to be, by scheme."""
_SLACK_OK = b"ok"
_CHUNK = 8_192

_found: ContextVar[list[HttpAnswer] | None] = ContextVar("apprise_answers", default=None)


class AppriseAnswers:
    """Keeps what services answer while it is open, in order, and bounds what is read of it.

    Attributes:
        found: the answers.
    """

    def __init__(self) -> None:
        """Keep nothing yet."""
        self.found: list[HttpAnswer] = []
        self._token: Token[list[HttpAnswer] | None] | None = None

    def __enter__(self) -> Self:
        """Begin."""
        _install()
        self._token = _found.set(self.found)
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        if self._token is not None:
            _found.reset(self._token)


def judged_by_answers(
    answers: Sequence[HttpAnswer], secret: Secret, now: datetime, *, done: bool, words: str
) -> str:
    """Return what is known of a message that apprise sent.

    Args:
        answers: what services said, in order.
        secret: where it went.
        now: when (aware).
        done: whether apprise was content.
        words: what its plugin had to complain about, without secrets.

    Raises:
        ChannelError: the service refused it, or did not answer.
    """
    scheme = secret.url.partition("://")[0].lower()
    for answer in answers:
        if not answer.accepted or _verdict(answer, scheme) is False:
            _refuse(answer, secret, now, words)
    if not done:
        raise ChannelError(f"{secret.shown}: {words or 'the service refused'}")
    if not answers and scheme in _MAIL:
        return f"{secret.shown}: the mail server took it"
    statuses = ", ".join(f"HTTP {answer.status}" for answer in answers)
    if answers and all(_verdict(answer, scheme) for answer in answers):
        return f"{secret.shown}: {statuses}"
    unknown = f"{statuses or 'sent'}; the service does not say whether it took it"
    return HandedOver(f"{secret.shown}: {unknown}")


def _refuse(answer: HttpAnswer, secret: Secret, now: datetime, words: str) -> None:
    kind = RefusalKind.BUSY if answer.accepted else kind_of_status(answer.status)
    text = answer.body.decode("utf-8", "replace") if answer.accepted else ""
    said = words or secret.scrub(" ".join(text.split()))
    detail = f"{secret.shown}: HTTP {answer.status} {said}".strip()
    raise ChannelError(detail, kind=kind, after_s=asked_wait_s(answer.headers, now))


def _verdict(answer: HttpAnswer, scheme: str) -> bool | None:
    """Return whether the service said that it took it; None: it said neither."""
    found = answer.json()
    if found is not None:
        if scheme in _GOOD_CODES and "code" in found:
            return _same(found["code"], _GOOD_CODES[scheme])
        for name in ("ok", "success"):
            if isinstance(found.get(name), bool):
                return bool(found[name])
        if "errcode" in found:
            return _same(found["errcode"], 0)
    if scheme == "slack" and answer.body.strip() == _SLACK_OK:
        return True
    return True if scheme in _BY_STATUS and answer.accepted else None


def _same(found: Any, good: int) -> bool:
    return not isinstance(found, bool) and str(found) == str(good)


def _install() -> None:
    """Have `requests` keep answers for whoever asks; once a process."""
    from requests import Session  # noqa: PLC0415  as large as apprise

    plain = Session.send
    if hasattr(plain, "__wrapped__"):
        return

    @wraps(plain)
    def send(self: Any, request: Any, **how: Any) -> Any:
        found = _found.get()
        if found is None:
            return plain(self, request, **how)
        # A redirected POST arrives as a GET without its text.
        how |= {"allow_redirects": False, "stream": True}
        answer = plain(self, request, **how)
        body, whole = _beginning(answer.raw)
        answer._content, answer._content_consumed = body, True  # noqa: SLF001
        answer.close()
        headers = httpx.Headers({**answer.headers, "Content-Encoding": "identity"})
        found.append(HttpAnswer(answer.status_code, headers, body, whole))
        return answer

    Session.send = send  # type: ignore[method-assign]


def _beginning(raw: Any) -> tuple[bytes, bool]:
    """Return as much of a body as came, at most `MOST_ANSWER`, and whether it is all of it."""
    body = bytearray()
    try:
        for chunk in raw.stream(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > MOST_ANSWER:
                return bytes(body[:MOST_ANSWER]), False
    except (HTTPError, OSError):
        return bytes(body), False
    return bytes(body), True
