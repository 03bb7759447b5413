"""The platform's own alerts: a rule that failed and was taken out of service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from citybrain.alerts.platform_alerts import PlatformAlert, ended
from citybrain.alerts.records import PLATFORM, Episode, alert_id
from citybrain.floor.clock import from_millis
from citybrain.floor.text import Text
from citybrain.rules.rule import Rule

QUARANTINED = f"{PLATFORM}rule_quarantined"


class Quarantine:
    """The rules of one shard that raised, each with the alert that says so.

    A rule stays in it, also over restarts, until it is changed or taken away.
    """

    def __init__(self, shard: str) -> None:
        """Hold no rule yet."""
        self._shard = shard
        self._held: dict[str, Episode] = {}

    def __contains__(self, rule: str) -> bool:
        """Whether the rule of this id is held."""
        return rule in self._held

    def __len__(self) -> int:
        """Return how many rules are held."""
        return len(self._held)

    @property
    def problems(self) -> dict[str, str]:
        """Rule → what it raised."""
        return {name: one.evidence.words.en for name, one in self._held.items()}

    def put(self, rule: Rule, error: Exception, now_ms: int) -> Episode:
        """Take `rule` out of service; return the alert to tell."""
        self._held[rule.id] = _alert(rule, repr(error), self._shard, now_ms)
        return self._held[rule.id]

    def release(self, rules: Mapping[str, Rule], now_ms: int) -> list[Episode]:
        """Hold only what of `rules` is still as it was; return the alerts that this ends."""
        over = [
            name
            for name, one in self._held.items()
            if name not in rules or rules[name].version != one.version
        ]
        now = from_millis(now_ms)
        return [ended(self._held.pop(name), now) for name in over]

    def recall(self, episode: Episode) -> None:
        """Take over an alert that was told before, where it is one of this quarantine."""
        ours = episode.alert == alert_id(QUARANTINED, episode.key, self._shard)
        if ours and episode.state == "firing":
            self._held[episode.key["rule"]] = episode

    def pack(self) -> list[Any]:
        """Return what is held as plain values."""
        return [msgspec.to_builtins(one, str_keys=True) for one in self._held.values()]

    def unpack(self, state: list[Any]) -> None:
        """Take over what `pack` returned; `release` then says what of it is over."""
        self._held = {one.key["rule"]: one for one in msgspec.convert(state, list[Episode])}


def _alert(rule: Rule, problem: str, shard: str, now_ms: int) -> Episode:
    """Return the alert that says that `rule` raised `problem` and watches nothing any more."""
    quarantined = PlatformAlert(
        rule=QUARANTINED,
        key={"rule": rule.id, "version": rule.version},
        episode=shard,
        title=Text("预警规则已停用", "A warning rule was taken out of service"),
        summary=Text(
            f"规则 {rule.id}（{rule.title.zh}）运行出错：{problem}。其余规则照常运行。",
            f"Rule {rule.id} ({rule.title.en}) failed: {problem}. All other rules go on.",
        ),
        response=Text(
            "修正规则后会自动重新启用。", "Mend the rule; it then starts again by itself."
        ),
        measure="rule",
        words=Text(problem, problem),
        version=rule.version,
        theme=rule.theme,
    )
    return quarantined.told(from_millis(now_ms))
