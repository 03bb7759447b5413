"""Origin × origin × path: nothing made up acts on what is more real, wherever several alerts meet.

The paths are found by reading the sources: every module with a function that is given, or returns,
several alerts, episodes or notices, and every script with several rows. Each has a case below, or a
reason why nothing of one origin meets another there. A new one that has neither fails.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import product

import polars as pl
import pytest

from citybrain.alerts.incidents import Incidents
from citybrain.alerts.labels import labels
from citybrain.alerts.merging import merge_refusal
from citybrain.alerts.records import Alert, Mute
from citybrain.alerts.standing import gravity, tally
from citybrain.alerts.workflow import LESSER_ORIGIN
from citybrain.city import load_city
from citybrain.floor.origins import EXERCISE, ORIGINS, Deed, permits
from citybrain.floor.text import NOTHING, Text
from citybrain.notices import templates
from citybrain.notices.inhibitions import BUILT_IN
from citybrain.notices.notice_message import pack
from citybrain.notices.open_alerts import OpenAlerts
from citybrain.notices.records import Notice
from dashboards.desk.handover import ShiftSummary, hand_over
from dashboards.lists.alerts_frame import SCHEMA, _row
from dashboards.open import alertmanager, cap
from dashboards.wall.alert_summary import summary
from notifier.receiver_queue import ReceiverQueue
from streams.ruling.over_alerts.composers import Composers
from streams.ruling.shard_engines import ShardEngines
from tests.citybrain.alerts.sample import command
from tests.citybrain.notices.sample import NOW, alert, notice
from tests.repository import ROOT, WUHAI
from tests.streams.ruling.rig import Seen, excerpt, pulse, rule, wuhai

GAS = {"labels": {"hazard": "gas"}, "theme": "city_management"}


def quietens(doer: str, other: str) -> bool:
    """Whether a red alert of `doer` keeps a blue one of `other` quiet."""
    blue = alert("b", level="blue", origin=other, **GAS)
    held = OpenAlerts({"a": alert("a", origin=doer, **GAS), "b": blue})
    return any(held.sources(blue, labels(blue), BUILT_IN))


def gathers(doer: str, other: str) -> bool:
    """Whether an alert of `other` joins the incident of one of `doer`."""
    incidents = Incidents()
    incidents.add(alert("a", origin=doer, incident="a"))
    return incidents.of(alert("b", origin=other)) == "a"


def is_merged(doer: str, other: str) -> bool:
    """Whether a person can put an alert of `other` into an incident of `doer`."""
    into, one = alert("a", origin=doer, incident="a"), alert("b", origin=other, incident="b")
    return merge_refusal([one], [into], command("merge", "b")) != LESSER_ORIGIN


def stands_above(doer: str, other: str) -> bool:
    """Whether a red alert of `doer` stands above a blue one of `other` that nobody hears of."""
    mute = Mute(kind="silence", by="s", reason=NOTHING)
    blue = alert("b", level="blue", origin=other, mutes=(mute,))
    return gravity(alert("a", origin=doer)) < gravity(blue)


def counts_with(doer: str, other: str) -> bool:
    """Whether an alert of `doer` is in one count with one of `other`."""
    counted, _ = tally([alert("a", origin=doer), alert("b", origin=other)])
    return {"a", "b"} <= {one.id for one in counted}


def heads_a_digest(doer: str, other: str) -> bool:
    """Whether red of `doer` is the level, and `doer` the mark, of a digest with blue of `other`."""
    both = [_notice(doer, 1, "red"), _notice(other, 2, "blue")]
    title = templates.digest_title(2, "red", doer).en
    return pack("r", both, "en").title == title


def goes_before(doer: str, other: str) -> bool:
    """Whether a notice of `doer`, told earlier, goes before, or with, one of `other`."""
    queue = ReceiverQueue(lambda _: timedelta())
    for one in (_notice(doer, 1, "red"), _notice(other, 2, "blue")):
        queue.put(one)
    return "a1" in {one.alert for one in queue.take(0.0, together=True)}


def shares_a_message(doer: str, other: str) -> bool:
    """Whether a notice of `doer` goes out in one message with one of `other`."""
    queue = ReceiverQueue(lambda _: timedelta())
    for one in (_notice(doer, 1, "red"), _notice(other, 2, "red")):
        queue.put(one)
    return len(queue.take(0.0, together=True)) == 2


def is_handed_over_with(doer: str, other: str) -> bool:
    """Whether an alert of `doer` is in the numbers of a hand-over with one of `other`."""
    told = hand_over(
        ShiftSummary(0, {}, (), (), 0, 0), [alert("a", origin=doer), alert("b", origin=other)]
    )
    return 2 in (told["open"], told["waiting"])


def counts_on_a_wall_with(doer: str, other: str) -> bool:
    """Whether an alert of `doer` is in the levels of a wall with one of `other`."""
    found = summary(_frame(alert("a", origin=doer), alert("b", origin=other)))
    return 2 in (found["open"], sum(found["levels"]), found["waiting"])


def stands_above_on_a_wall(doer: str, other: str) -> bool:
    """Whether red of `doer` stands above blue of `other`, or calls for it."""
    alerts = alert("a", origin=doer), alert("b", level="blue", origin=other)
    return [row["level"] for row in summary(_frame(*alerts))["rows"]] == [4, 1]


def is_read_above(doer: str, other: str) -> bool:
    """Whether red of `doer` stands above blue of `other` in what another program reads."""
    found = [alert("b", level="blue", origin=other), alert("a", origin=doer)]
    told = alertmanager.alerts(found, {}, alertmanager.AlertQuestion(), NOW)
    return str(told[0]["labels"]["severity"]) == "red"


def is_listed_above(doer: str, other: str) -> bool:
    """Whether red of `doer` stands above blue of `other` in the CAP feed's order."""
    alerts = [alert("a", origin=doer), alert("b", level="blue", origin=other)]
    written = cap.feed(sorted(alerts, key=gravity), load_city(WUHAI), NOW, "/")
    return written.index(b"/a.xml") < written.index(b"/b.xml")


def counts_in_rules_with(doer: str, other: str) -> bool:
    """Whether an event of `doer` completes what a rule counts of `other`."""
    two = rule(
        "threshold",
        {"of": "count", "window": timedelta(hours=1)},
        kinds=("gas_concentration",), by=("street",), above={"yellow": "2"},
    )  # fmt: skip
    engines = ShardEngines([two], wuhai(), partitions=1, shard="0")
    seen = [
        excerpt(
            [Seen(at, 1.0, kind="gas_concentration", feed="gas_detectors", origin=origin)],
            offset=at,
        )
        for at, origin in enumerate((doer, other))
    ]
    return bool(engines.take([*seen, pulse(5)]))


def completes(doer: str, other: str) -> bool:
    """Whether an alert of `doer` completes what a rule over alerts makes of `other`."""
    both = rule("composite", {"all_": ("a", "b")}, id="both", kinds=(), by=("street",), level="red")
    parts = [
        alert(name, origin=origin, rule=name, key={"street": "150302003"}, area="150302003").episode
        for name, origin in (("a", doer), ("b", other))
    ]
    return bool(Composers([both], wuhai()).take_all(parts, NOW + timedelta(minutes=1)))


CASES: dict[str, tuple[Callable[[str, str], bool], ...]] = {
    "citybrain/alerts/incidents.py": (gathers,),
    "citybrain/alerts/merging.py": (is_merged,),
    "citybrain/alerts/standing.py": (stands_above, counts_with),
    "citybrain/notices/notice_message.py": (heads_a_digest,),
    "citybrain/notices/open_alerts.py": (quietens,),
    "dashboards/desk/handover.py": (is_handed_over_with,),
    "dashboards/open/alertmanager.py": (is_read_above,),
    "dashboards/open/cap.py": (is_listed_above,),
    "dashboards/wall/alert_summary.py": (counts_on_a_wall_with, stands_above_on_a_wall),
    "notifier/receiver_queue.py": (goes_before, shares_a_message),
    "streams/ruling/over_alerts/composers.py": (completes,),
    "streams/ruling/shard_engines.py": (counts_in_rules_with,),
}
"""Module → whether what is of one origin acts there on what is of another."""

ONE_WORLD = "is given what is of one world alone"
CARRIES = "carries each record by itself"
REASONS = {
    "citybrain/alerts/alarm_gaps.py": "the platform's own alerts, one a process",
    "citybrain/alerts/platform_alerts.py": "the platform's own alerts, each by itself",
    "citybrain/alerts/rows_aside.py": "the platform's own alerts, one a topic",
    "streams/alerts/alarm_signs.py": "hands on what `alarm_gaps` tells",
    "citybrain/alerts/assigning.py": "actions on one alert",
    "citybrain/alerts/closing.py": "actions on one alert",
    "citybrain/notices/assigned_notices.py": "of one alert, to one person",
    "citybrain/notices/pipeline.py": "counts by `standing.tally`, quietens by `open_alerts`",
    "citybrain/notices/templates.py": "writes what `standing.tally` counted",
    "connectors/door/alertmanager_door.py": CARRIES,
    "connectors/feed_faults.py": "of one feed, and of its origin",
    "connectors/told_faults.py": "the platform's own alerts, each by itself",
    "connectors/publisher.py": CARRIES,
    "dashboards/open/routes.py": "asks who hears of each by itself",
    "citybrain/roof/drills/commands.py": "of one run's events",
    "citybrain/roof/drills/drill_times.py": "of one run's events",
    "dashboards/desk/desk_service.py": "lists, by what `standing` and the rows say",
    "dashboards/desk/detail.py": "of one alert",
    "dashboards/desk/handover_queries.py": "by origin in SQL; tests/dashboards/desk",
    "dashboards/desk/queries.py": CARRIES,
    "dashboards/desk/routing_guide.py": "counts what a person's silence would hide, of any origin",
    "dashboards/desk/silence_list.py": "counts what a person's silence hides, of any origin",
    "dashboards/desk/why_told.py": "of one alert",
    "notifier/notification_topic.py": CARRIES,
    "notifier/outbox.py": CARRIES,
    "notifier/receiver_worker.py": "sends what `receiver_queue` took",
    "notifier/settled_notices.py": CARRIES,
    "notifier/told_instead.py": "finds the fallbacks of each notice by itself",
    "streams/alerts/alert_owner.py": "asks `open_alerts` and `incidents`",
    "streams/alerts/held_alerts.py": "by shard, and each world has its own",
    "streams/alerts/owner_agent.py": CARRIES,
    "streams/conditions/alert_sequence.py": ONE_WORLD,
    "streams/conditions/composite.py": ONE_WORLD,
    "streams/ruling/engine.py": ONE_WORLD,
    "streams/ruling/over_alerts/composer.py": ONE_WORLD,
    "streams/ruling/over_alerts/read_alerts.py": ONE_WORLD,
    "streams/ruling/over_alerts/settled.py": ONE_WORLD,
    "streams/ruling/over_alerts/spans.py": ONE_WORLD,
    "streams/ruling/shard.py": CARRIES,
    "streams/ruling/shard_recovery.py": CARRIES,
    "streams/ruling/telling/failed_rules.py": ONE_WORLD,
    "streams/ruling/tools/alert_rule_tests.py": "tests beside rules",
    "streams/ruling/tools/backtest.py": "judges the past for a person; decides nothing",
    "streams/ruling/tools/backtest_show.py": "judges the past for a person; decides nothing",
    "streams/ruling/tools/rule_tests.py": "tests beside rules",
    "dashboards/assets/desk/action_bar.js": "what a person chose",
    "dashboards/assets/desk/action_form.js": "what a person chose",
    "dashboards/assets/desk/alert_commands.js": "what a person chose",
    "dashboards/assets/desk/alert_list.js": "origin × origin in tests/assets/list.test.js",
    "dashboards/assets/desk/alert_row.js": "draws what `alert_list.js` folded, with its origins",
    "dashboards/assets/desk/duty_desk.js": "what a person chose",
    "dashboards/assets/desk/labels.js": "names of values",
    "dashboards/assets/desk/page.js": "puts the parts together",
    "dashboards/assets/desk/sound.js": "rings for `ringingOf` of `alert_list.js`",
    "dashboards/assets/desk/targets.js": "what a person chose",
}
"""Module → why nothing of one origin acts on another in it, or who shows that."""

_SEVERAL = re.compile(
    r"\b(Iterable|Iterator|Sequence|Collection|Mapping|list|tuple|dict|set|Sealed)\["
    r".*\b(Alert|Episode|Notice)\b"
)
_ROWS = re.compile(r"AlertRow\[\]|Iterable<AlertRow>|Map<string, AlertRow>")
PACKAGES = ("citybrain", "streams", "notifier", "sinks", "dashboards", "connectors")


def modules_with_several() -> Iterator[str]:
    """Yield the modules and scripts in which several alerts meet."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if any(_SEVERAL.search(one) for one in _annotations(path.read_text())):
                yield name
    for path in sorted((ROOT / "dashboards" / "assets" / "desk").glob("*.js")):
        if _ROWS.search(path.read_text()):
            yield path.relative_to(ROOT).as_posix()
    yield "dashboards/wall/alert_summary.py"  # several as a frame


def _annotations(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            yield from (ast.unparse(one.annotation) for one in given if one.annotation)
            if node.returns is not None:
                yield ast.unparse(node.returns)


def test_paths_when_read_from_the_sources_then_each_has_a_case_or_a_reason() -> None:
    assert sorted({*modules_with_several()}) == sorted({*CASES, *REASONS})
    assert not CASES.keys() & REASONS.keys()


@pytest.mark.parametrize(("doer", "other"), list(product(ORIGINS, ORIGINS)))
@pytest.mark.parametrize("path", [case for cases in CASES.values() for case in cases])
def test_path_when_of_two_origins_then_none_acts_on_a_more_real_one(
    path: Callable[[str, str], bool], doer: str, other: str
) -> None:
    if not permits(Deed.QUIETEN, doer, other):
        assert not path(doer, other)
    elif doer == other and not (doer == EXERCISE and path in UNCOUNTED):
        assert path(doer, other), "else the case shows nothing"


UNCOUNTED = (counts_with, is_handed_over_with, counts_on_a_wall_with)
"""An exercise is in no count, not even with its own."""


def _notice(origin: str, number: int, level: str) -> Notice:
    after = alert(f"a{number}", level=level, origin=origin)
    words = Text(f"{number}", f"{number}")
    return notice(number, level=level, alert_after=after, title=words, exercise=origin == EXERCISE)


def _frame(*alerts: Alert) -> pl.DataFrame:
    return pl.DataFrame([_row(one) for one in alerts], schema=SCHEMA, orient="row")
