"""The peers: their pinned requirements, and a virtual environment for each, made once."""

from __future__ import annotations

import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import ROOT
from benchmarks.report import say

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Peer:
    """One stream processor that we stand beside.

    Attributes:
        title: its name in the table.
        program: the file in this folder that uses it as its documents recommend.
        requires: exact versions of what it needs.
        arguments: what its program wants at the end of its command line.
        share: part of the events that it gets, where all would take hours.
        venv: name of its environment, where it shares another's.
    """

    title: str
    program: str
    requires: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    share: float = 1.0
    venv: str = ""


FAUST = ("faust-streaming==0.15.3", "aiokafka==0.14.0", "orjson==3.13.0")
PEERS = {
    "faust": Peer(
        "Faust, a message an event, windowed table",
        "faust_plain.py",
        FAUST,
        share=0.025,
    ),
    "faust_dict": Peer(
        "Faust, a message an event, counts in a dict",
        "faust_plain.py",
        FAUST,
        arguments=("--dict",),
        share=0.25,
        venv="faust",
    ),
    "quix": Peer("Quix Streams", "quix_streams.py", ("quixstreams==3.28.1",)),
    "bytewax": Peer(
        "Bytewax",
        "bytewax_flow.py",
        ("bytewax==0.21.1", "confluent-kafka==2.12.2", "orjson==3.13.0"),
    ),
    "pathway": Peer("Pathway", "pathway_flow.py", ("pathway==0.33.0",)),
}


def interpreter(name: str) -> Path:
    """Return the Python of the peer's own environment; make and fill it when it is missing."""
    peer = PEERS[name]
    return environment(peer.venv or name, peer.title, peer.requires)


def environment(name: str, title: str, requires: tuple[str, ...]) -> Path:
    """Return the Python of an environment that has `requires`; make and fill it when missing."""
    folder = ROOT / "data" / "benchmarks" / "venvs" / name
    python = folder / "bin" / "python"
    wanted = "\n".join(requires)
    note = folder / "requires.txt"
    if not note.exists() or note.read_text() != wanted:
        say(f"{title}: installing {', '.join(requires)}")
        venv.create(folder, clear=True, with_pip=True)
        install = [str(python), "-m", "pip", "install", "--quiet", *requires]
        subprocess.run(install, check=True, stdout=sys.stderr)
        note.write_text(wanted)
    return python


def command(name: str, *arguments: str) -> list[str]:
    """Return the command line that runs the peer's program."""
    peer = PEERS[name]
    return [str(interpreter(name)), str(HERE / peer.program), *arguments, *peer.arguments]
