"""The platform's own alerts: a rule that failed and was taken out of service."""

from __future__ import annotations

from citybrain.alerts.records import Episode, Evidence, Text, alert_id
from citybrain.clock import from_millis
from streams.rules.rule import Rule

QUARANTINED = "platform_rule_quarantined"


def quarantined(rule: Rule, problem: str, shard: str, now_ms: int) -> Episode:
    """Return the alert that says that `rule` raised `problem` and watches nothing any more."""
    key = {"rule": rule.id, "version": rule.version}
    now = from_millis(now_ms)
    return Episode(
        alert=alert_id(QUARANTINED, key, shard),
        rule=QUARANTINED,
        version=rule.version,
        key=key,
        state="firing",
        level="orange",
        peak="orange",
        started_at=now,
        fired_at=now,
        told_at=now,
        title=Text("预警规则已停用", "A warning rule was taken out of service"),
        summary=Text(
            f"规则 {rule.id}（{rule.title.zh}）运行出错：{problem}。其余规则照常运行。",
            f"Rule {rule.id} ({rule.title.en}) failed: {problem}. All other rules go on.",
        ),
        theme=rule.theme,
        evidence=Evidence(measure="rule", words=Text(problem, problem)),
        response=Text(
            "修正规则后会自动重新启用。", "Mend the rule; it then starts again by itself."
        ),
        shard="platform",
        labels={"platform": "yes"},
    )
