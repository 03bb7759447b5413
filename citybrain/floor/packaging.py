"""Guard the six top-level names: somebody else's `connectors` would silently replace ours."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from importlib.metadata import packages_distributions
from pathlib import Path

from citybrain.floor.errors import Fault

DISTRIBUTION = "wuhai-citybrain"
PACKAGES = ("citybrain", "connectors", "dashboards", "notifier", "sinks", "streams")


def folders() -> dict[str, Path]:
    """Return the folder that each of our packages is found in, without importing it."""
    found = {}
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            found[name] = Path(spec.origin).parent
    return found


def faults(
    found: Mapping[str, Path] | None = None,
    owners: Mapping[str, list[str]] | None = None,
) -> list[Fault]:
    """Return what is wrong with this installation: a package that is missing or somebody else's."""
    found = folders() if found is None else found
    owners = packages_distributions() if owners is None else owners
    remedy = "make the environment anew: remove .venv and run './city up'"
    home = found["citybrain"].parent
    wrong = []
    for name in PACKAGES:
        if name not in found:
            wrong.append(Fault(str(home), name, "the package is missing", remedy))
        elif found[name].parent != home:
            problem = f"comes from {found[name].parent}, not from {home}"
            wrong.append(Fault(str(home), name, problem, remedy))
        foreign = sorted(set(owners.get(name, [])) - {DISTRIBUTION})
        if foreign:
            problem = f"also installed by {', '.join(foreign)}"
            wrong.append(Fault(str(home), name, problem, f"uninstall that, then {remedy}"))
    return wrong
