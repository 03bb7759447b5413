"""Kafka's jars: resolved from Maven Central once, checked against `jars.sha256`, then kept.

They live in the user's cache folder, so that every data folder and every test shares them, and a
later start asks nobody.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from citybrain.floor.errors import LaunchError

KAFKA_VERSION = "4.4.0"
KAFKA = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}"
# Kafka logs through slf4j and brings log4j 2.25.5, but not what joins the two.
LOG_BINDING = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.5"
SUMS = Path(__file__).with_name("jars.sha256")
_COMPLETE = "complete"


def cache_folder() -> Path:
    """Return the folder that the jars are kept in (XDG_CACHE_HOME is honoured)."""
    root = os.environ.get("XDG_CACHE_HOME")
    base = Path(root) if root else Path.home() / ".cache"
    return base / "citybrain" / f"kafka-{KAFKA_VERSION}"


def is_complete(folder: Path | None = None) -> bool:
    """Whether the jars are here already."""
    return ((folder or cache_folder()) / _COMPLETE).exists()


def ensure_jars(folder: Path | None = None) -> Path:
    """Return the folder that holds the jars, and nothing else; fetch them when it is missing.

    The folder appears at once and whole, or not at all, whatever interrupts the download.

    Raises:
        LaunchError: Maven Central cannot be reached, or sent something else than expected.
    """
    folder = folder or cache_folder()
    if is_complete(folder):
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".fetch-") as scratch:
        jars = _resolve(Path(scratch) / "repository")
        check_sums(jars, read_sums())
        whole = Path(scratch) / "whole"
        whole.mkdir()
        for jar in jars:
            jar.rename(whole / jar.name)
        (whole / _COMPLETE).touch()
        _put_in_place(whole, folder)
    return folder


def read_sums(path: Path = SUMS) -> dict[str, str]:
    """Return the expected SHA-256 of each jar by file name."""
    lines = (line.split() for line in path.read_text().splitlines() if line)
    return {name: digest for digest, name in lines}


def check_sums(jars: list[Path], expected: dict[str, str]) -> None:
    """Check that `jars` are exactly the `expected` files.

    Raises:
        LaunchError: one is missing, unknown or different; the message names it.
    """
    found = {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in jars}
    wrong = sorted(name for name, digest in found.items() if expected.get(name) != digest)
    wrong += sorted(expected.keys() - found.keys())
    if wrong:
        problem = f"Kafka {KAFKA_VERSION}: {', '.join(wrong)}: not the files in {SUMS.name}"
        raise LaunchError(f"{problem}; start again to download anew, or check your Maven mirror")


def _resolve(repository: Path) -> list[Path]:
    from jgo.config import GlobalSettings  # noqa: PLC0415
    from jgo.constants import MAVEN_CENTRAL_URL  # noqa: PLC0415  # slow import, needed once
    from jgo.maven import MavenContext  # noqa: PLC0415

    remotes = {"central": MAVEN_CENTRAL_URL} | GlobalSettings.load().repositories
    context = MavenContext(repo_cache=repository, remote_repos=remotes)
    try:
        # Resolved together, the binding's parent would manage Kafka's own versions away.
        given, further = context.resolver.resolve([_dependency(context, KAFKA)])
        runtime = [item for item in further if item.scope in {"compile", "runtime"}]
        wanted = [*given, *runtime, _dependency(context, LOG_BINDING)]
        return [item.artifact.resolve() for item in wanted]
    except (OSError, RuntimeError, ValueError) as error:
        problem = f"Kafka {KAFKA_VERSION}: cannot download from Maven Central: {error}"
        raise LaunchError(f"{problem}; check the network connection and start again") from error


def _dependency(context: Any, coordinate: str) -> Any:
    from dataclasses import replace  # noqa: PLC0415

    from jgo.parse import Endpoint  # noqa: PLC0415

    (parsed,) = Endpoint.parse(coordinate).coordinates
    return context.create_dependency(replace(parsed, scope="compile"))


def _put_in_place(whole: Path, folder: Path) -> None:
    with contextlib.suppress(OSError):
        whole.rename(folder)
        return
    if (folder / _COMPLETE).exists():  # another process was quicker
        return
    shutil.rmtree(folder)
    whole.rename(folder)
