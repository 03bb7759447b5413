"""Every topic of the bus in one table: what its records are, and what they are keyed by.

The key decides the partition (murmur2, as every Kafka client does), so records of one key stay in
order and have one owner among the workers.
"""

from __future__ import annotations

from dataclasses import dataclass

from kafka.partitioner.default import murmur2


@dataclass(frozen=True)
class Topic:
    """One topic of the bus.

    Attributes:
        name: the topic's name.
        key: what a record is keyed by, in words.
        record: what a record's value is, in words.
        partitioned: whether it has as many partitions as the setting says (else exactly one).
        compacted: whether only the newest record of a key is kept.
        forever: whether its records are kept for ever, whatever the broker does with others.
    """

    name: str
    key: str
    record: str
    partitioned: bool = True
    compacted: bool = False
    forever: bool = False


EVENTS = Topic("city.events", "feed", "envelope: Arrow IPC stream of 0…10,000 events of one feed")
PARTIALS = Topic("city.partials", "department", "partial aggregates of one envelope, Arrow IPC")
WINDOWS = Topic("city.windows", "owner:partition", "window results, Arrow IPC")
FEED_HEALTH = Topic(
    "city.feed-health", "owner:partition", "health of feeds at an instant, Arrow IPC"
)
DEAD_LETTERS = Topic(
    "city.dead-letters", "feed", "rows that were refused, JSON (one DeadLetter, or several)"
)
LETTER_MARKS = Topic(
    "city.letter-marks", "feed", "what became of dead letters, JSON (LetterMarks)", False
)
SNAPSHOTS = Topic(
    "city.snapshots", "windows:partition", "state of a window owner with its offset", compacted=True
)

RULE_INPUTS = Topic(
    "city.rule-inputs", "shard:partition", "rows that rules look at, by kind; and the flow's pulse"
)
RULE_SNAPSHOTS = Topic(
    "city.rule-snapshots",
    "shard:partition",
    "state of a rule shard with its offset",
    compacted=True,
)
EPISODES = Topic(
    "city.episodes", "rule", "what rules found, JSON (Episode, Standing)", partitioned=False
)
COMMANDS = Topic(
    "city.commands", "target", "what people want done, JSON (Command)", partitioned=False
)
ALERTS = Topic(
    "city.alerts",
    "alert",
    "steps of alerts, silences, JSON (Change, Silence)",
    partitioned=False,
    forever=True,
)
NOTIFICATIONS = Topic(
    "city.notifications",
    "notice",
    "what is to be sent and what became of it, JSON (Notice, Receipt)",
    partitioned=False,
)
ALERT_SNAPSHOTS = Topic(
    "city.desk-snapshots", "part", "alerts and silences as of an offset", False, compacted=True
)
CASES = Topic(
    "city.cases", "case", "steps of cases, JSON (CaseStep)", partitioned=False, forever=True
)
CASE_SNAPSHOTS = Topic(
    "city.case-snapshots", "part", "cases as of an offset", False, compacted=True
)
AUDIT = Topic(
    "city.audit", "user", "who did what, JSON (AuditEntry)", partitioned=False, forever=True
)

HEARTBEATS = Topic(
    "city.heartbeats",
    "process",
    "signs of life of who makes and sends alarms, JSON (SignOfLife)",
    partitioned=False,
    compacted=True,
)

TOPICS = (
    EVENTS,
    PARTIALS,
    WINDOWS,
    FEED_HEALTH,
    DEAD_LETTERS,
    LETTER_MARKS,
    SNAPSHOTS,
    RULE_INPUTS,
    RULE_SNAPSHOTS,
    EPISODES,
    COMMANDS,
    ALERTS,
    NOTIFICATIONS,
    ALERT_SNAPSHOTS,
    CASES,
    CASE_SNAPSHOTS,
    AUDIT,
    HEARTBEATS,
)


def department_topic(department: str) -> Topic:
    """Return the plain-JSON topic on which `department` may publish by itself."""
    return Topic(f"departments.{department}", "any", "one event as the department's own JSON")


def partition_of(key: str, partitions: int) -> int:
    """Return the partition that `key` belongs to, the same as Kafka's default partitioner."""
    return int((murmur2(key.encode()) & 0x7FFFFFFF) % partitions)
