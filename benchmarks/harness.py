"""Start what a benchmark measures, on free ports and in a folder of its own, and stop it again."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.ports import free_ports
from citybrain.floor import bus, store
from citybrain.floor.errors import BusError, StoreError
from citybrain.floor.settings import Settings, to_environment

ROOT = Path(__file__).parents[1]
logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)  # we ask before it is up
logging.getLogger("kafka").setLevel(logging.CRITICAL)


def fresh_settings(folder: Path) -> Settings:
    """Return settings of a system of its own under `folder`, on free ports, its walls open."""
    kafka, _controller, store, gateway, screens = free_ports(5)
    return replace(
        Settings(),
        cities=ROOT / "cities",
        data=folder,
        kafka=f"127.0.0.1:{kafka}",
        store_url=f"http://127.0.0.1:{store}",
        gateway_port=gateway,
        screens_port=screens,
        screens_open=True,
        # Named, so that they hold for a process with a data folder of its own.
        kafka_password_file=folder / "secrets" / "kafka.secret",
        store_password_file=folder / "secrets" / "store-writer.secret",
        store_reader_password_file=folder / "secrets" / "store-reader.secret",
        command_key_file=folder / "secrets" / "command.key",
    )


def start(settings: Settings, process: str, name: str = "") -> subprocess.Popen[bytes]:
    """Start one process as `citybrain up` does; its output goes to ``<data>/log/<name>.log``."""
    logs = settings.data / "log"
    logs.mkdir(parents=True, exist_ok=True)
    with (logs / f"{name or process}.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "citybrain.roof.local.child", process, str(os.getpid())],
            cwd=ROOT,
            env=os.environ | to_environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def stop(process: subprocess.Popen[bytes], patience_s: float = 10) -> None:
    """End `process`: politely, and after `patience_s` for certain."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def eventually(done: Callable[[], bool], what: str, timeout_s: float = 180) -> None:
    """Wait until `done()`.

    Raises:
        TimeoutError: `what` did not happen in `timeout_s`.
    """
    limit = time.monotonic() + timeout_s
    while not done():
        if time.monotonic() > limit:
            raise TimeoutError(f"{what}: not within {timeout_s:.0f} s")
        time.sleep(0.1)


@contextlib.contextmanager
def scratch(name: str, keep: bool = False) -> Iterator[Path]:
    """Give a folder for one run; it goes away afterwards, unless `keep`."""
    folder = Path(tempfile.mkdtemp(prefix=f"citybrain-{name}-"))
    try:
        yield folder
    finally:
        if not keep and "KEEP_SCRATCH" not in os.environ:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def broker(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """Run a real Kafka, alone."""
    process = start(settings, "kafka")
    try:
        eventually(lambda: answers(settings), "the broker answers")
        yield process
    finally:
        stop(process)


def answers(settings: Settings) -> bool:
    """Tell whether the broker answers."""
    try:
        bus.admin(settings).close()
    except BusError:
        return False
    return True


ALL = ("kafka", "store", "gateway", "stream", "sink", "screens")


@contextlib.contextmanager
def system(
    settings: Settings, processes: tuple[str, ...] = ALL
) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Run the processes that `citybrain up` runs, without replay; give them by name."""
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name in processes:
            running[name] = start(settings, name)
            if name == "kafka":
                eventually(lambda: answers(settings), "the broker answers")
            if name == "store":
                eventually(lambda: stores(settings), "the store answers")
        if "gateway" in processes:
            eventually(lambda: healthy(settings.gateway_port), "the gateway answers")
        if "screens" in processes:
            eventually(lambda: healthy(settings.screens_port), "the screens answer")
        yield running
    finally:
        for process in reversed(running.values()):
            stop(process)


def stores(settings: Settings) -> bool:
    """Tell whether the store answers."""
    try:
        store.connect(replace(settings, database="default")).close()
    except StoreError:
        return False
    return True


def healthy(port: int) -> bool:
    """Tell whether the process on `port` of loopback says that it is well."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
            return True
    except OSError:
        return False
