"""The log: readable, parseable, without secrets, and never the reason that a process dies."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest
import structlog

from citybrain.floor import logs
from citybrain.floor.errors import ConfigError
from citybrain.floor.settings import Settings


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:], root.level = before


def written(form: str, level: str = "info") -> tuple[io.StringIO, structlog.stdlib.BoundLogger]:
    stream = io.StringIO()
    settings = replace(Settings(), log_format=form, log_level=level)
    logs.configure(settings, process="gateway", stream=stream)
    return stream, structlog.get_logger("connectors.gateway")


def test_json_line_has_process_level_and_values() -> None:
    stream, logger = written("json")
    logger.info("feed_opened", feed="hotline", 城市="乌海")
    line = json.loads(stream.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "process": "gateway",
        "event": "feed_opened",
        "feed": "hotline",
        "城市": "乌海",
        "level": "info",
    }


def test_text_line_is_one_line_for_people() -> None:
    stream, logger = written("text")
    logger.warning("kafka_away", server="127.0.0.1:19092")
    (line,) = stream.getvalue().splitlines()
    assert line.endswith("[warning] kafka_away server=127.0.0.1:19092")


def test_that_kafkas_password_is_not_encrypted_is_not_said_at_each_connection() -> None:
    stream, _ = written("text")
    logging.getLogger("kafka.net.sasl.plain").warning("Sending username and password in the clear")
    logging.getLogger("kafka.net.sasl.plain").error("not allowed")
    assert stream.getvalue().splitlines()[0].endswith("[error] not allowed")


def test_secrets_are_not_written() -> None:
    stream, logger = written("json")
    logger.info("asked", api_key="k-123", password="p-456", Authorization="Bearer t-789", keys=2)
    assert not any(secret in stream.getvalue() for secret in ("k-123", "p-456", "t-789"))
    assert json.loads(stream.getvalue())["keys"] == 2


def test_a_trace_shows_no_local_variables() -> None:
    stream, logger = written("text")

    def fail(api_key: str) -> None:
        raise RuntimeError("unforeseen")

    try:
        fail("k-123")
    except RuntimeError:
        logger.exception("request_failed")
    assert "RuntimeError: unforeseen" in stream.getvalue()
    assert "k-123" not in stream.getvalue().replace('fail("k-123")', "")


def test_below_the_level_nothing_is_written() -> None:
    stream, logger = written("json", "warning")
    logger.info("quiet")
    assert stream.getvalue() == ""


def test_library_log_comes_in_the_same_form() -> None:
    stream, _ = written("json")
    logging.getLogger("a_library.conn").error("cannot connect to %s", "x")
    assert json.loads(stream.getvalue())["event"] == "cannot connect to x"


def test_full_disk_under_the_log_is_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    stream, logger = written("text")

    def full(_text: str) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(stream, "write", full)
    logger.info("still_alive")


def test_unknown_level_and_format_are_told_together() -> None:
    with pytest.raises(ConfigError) as caught:
        logs.configure(replace(Settings(), log_level="loud", log_format="xml"))
    assert str(caught.value) == (
        "environment: CITYBRAIN_LOG_LEVEL: 'loud' is not a level; "
        "use one of debug, info, warning, error\n"
        "environment: CITYBRAIN_LOG_FORMAT: 'xml' is not a format; use one of text, json"
    )
