"""The 60 rules of the benchmark: every kind of condition, over the kinds that the load sends.

Their levels lie beyond what the load's values reach (100 to 1,000), so that they watch all the
time and only probes make them fire.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from benchmarks.city import KINDS
from citybrain.notices.routing_checks import MOST_PER_MINUTE

PROBE_RULE = "bench_00"
PROBE_VALUE = 5_000.0
_CONDITIONS: tuple[dict[str, Any], ...] = (
    {"condition": {"threshold": {}}, "by": ["subject"], "above": {"yellow": 2000, "red": 9000}},
    {
        "condition": {"threshold": {"of": "mean", "window": "10m"}},
        "by": ["subject"],
        "above": {"orange": 2000},
        "for": "5m",
    },
    {
        "condition": {"threshold": {"of": "count", "window": "1h"}},
        "by": ["street"],
        "above": {"orange": 1_000_000_000},
    },
    {
        "condition": {"threshold": {"of": "max", "window": "30m"}},
        "by": ["subject"],
        "above": {"yellow": 2000},
        "clear": 1500,
        "fires_after": 2,
    },
    {"condition": {"threshold": {}}, "by": ["subject"], "below": {"yellow": 10}},
    {"condition": {"absence": {}}, "by": ["subject"], "above": {"yellow": "6h"}},
)


def rules() -> dict[str, dict[str, Any]]:
    """Return 60 rules as their YAML says them."""
    found = {}
    for number in range(60):
        shape = _CONDITIONS[number % len(_CONDITIONS)]
        found[f"bench_{number:02d}"] = {
            "title": {"zh": f"压测规则 {number}", "en": f"Load rule {number}"},
            "summary": {"zh": "{subject} {value}", "en": "{subject} {value}"},
            "kinds": [KINDS[number % len(KINDS)]],
            "tests": [{"name": "none", "events": []}],
            **shape,
        }
    return found


def write_rules(folder: Path, *names: str) -> None:
    """Write the rules, or only those called `names`, into a city's folder."""
    (folder / "rules").mkdir(exist_ok=True)
    wanted = {name: one for name, one in rules().items() if not names or name in names}
    text = yaml.safe_dump({"rules": wanted}, allow_unicode=True, sort_keys=False)
    (folder / "rules" / "traffic.yaml").write_text(text)


def write_routing(folder: Path, port: int) -> None:
    """Let everything go to one receiver on `port` of this machine, as fast as it comes."""
    receiver = {
        "title": {"zh": "压测", "en": "Load"},
        "kind": "webhook",
        "url": f"http://127.0.0.1:{port}/alerts",
        "per_minute": MOST_PER_MINUTE,
    }
    routing = {"receivers": {"bench": receiver}, "route": {"to": ["bench"]}}
    (folder / "routing.yaml").write_text(yaml.safe_dump(routing, allow_unicode=True))
    (folder / "rota.yaml").write_text("people: {}\nrotas: {}\n")
