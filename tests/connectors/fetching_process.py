"""Fetch one feed's folder until killed; run as a process by test_runner."""

import threading

from citybrain.floor.settings import from_environment
from connectors.fetch.runner import Runner
from tests.connectors.fetch_contexts import city, feed

if __name__ == "__main__":
    runner = Runner(city(feed(name="killed", settle_s="0.2")), from_environment())
    runner.start()
    threading.Event().wait()
