"""The Faust app below every worker: large records, bounded memory, a quick recovery, no disk."""

from __future__ import annotations

from typing import Any

import faust
from faust import SASLCredentials

from citybrain.floor import bus
from citybrain.floor.settings import Settings

SESSION_S = 40.0
"""Seconds without a sign after which the group gives a worker's partitions to others."""
MAX_POLL_S = 86_400.0
"""Whether a worker moves is judged by who looks from outside, not by its client."""


class WorkerApp(faust.App):
    """A Faust app that keeps nothing on disk: state is on snapshot topics or in the store."""

    def _create_directories(self) -> None:
        """Create none: there are no tables."""


def worker_app(group: str, settings: Settings, **overrides: Any) -> WorkerApp:
    """Return a Faust app of consumer group `group`.

    Args:
        group: consumer group.
        settings: where Kafka is.
        overrides: Faust's settings that are the caller's own, or other than here.
    """
    options: dict[str, Any] = {
        "broker": [f"kafka://{server}" for server in settings.kafka.split(",")],
        "broker_credentials": _credentials(settings),
        "store": "memory://",
        "web_enabled": False,
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "consumer_max_fetch_size": 2 * 1024 * 1024,
        # What was not acknowledged is read again and recognised, so nobody waits for it.
        "stream_wait_empty": False,
        "broker_commit_interval": 1.0,
        "broker_heartbeat_interval": 2.0,
        # Long, for a worker that gets little of a processor is slow, not gone. One that died and
        # is started again under its name goes on at once, without an election.
        "broker_session_timeout": SESSION_S,
        "broker_request_timeout": SESSION_S + 5.0,
        "broker_rebalance_timeout": SESSION_S,
        "broker_max_poll_interval": MAX_POLL_S,
        "consumer_group_instance_id": settings.instance or None,
        "producer_acks": -1,
        "producer_request_timeout": 30.0,
        "producer_max_request_size": bus.MAX_RECORD + 1024,
    }
    return WorkerApp(group, **options | overrides)


def _credentials(settings: Settings) -> SASLCredentials | None:
    login = settings.kafka_login()
    if login is None:
        return None
    return SASLCredentials(username=login.user, password=login.password, mechanism=bus.MECHANISM)
