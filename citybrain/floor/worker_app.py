"""The Faust app below every worker: large records, bounded memory, a quick recovery, no disk."""

from __future__ import annotations

from typing import Any

import faust

from citybrain.floor import bus
from citybrain.floor.settings import Settings


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
        "store": "memory://",
        "web_enabled": False,
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "consumer_max_fetch_size": 2 * 1024 * 1024,
        # What was not acknowledged is read again and recognised, so nobody waits for it.
        "stream_wait_empty": False,
        "broker_commit_interval": 1.0,
        "broker_heartbeat_interval": 1.0,
        "broker_session_timeout": 8.0,
        "broker_request_timeout": 9.0,
        "broker_rebalance_timeout": 8.0,
        "producer_acks": -1,
        "producer_request_timeout": 9.0,
        "producer_max_request_size": bus.MAX_RECORD + 1024,
    }
    return WorkerApp(group, **options | overrides)
