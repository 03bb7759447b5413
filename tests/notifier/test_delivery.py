"""The pure parts of sending: what is settled, queues, pauses, secrets, unreadable records."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybrain.floor.dead_letters import FailedRecord
from citybrain.notices.label_names import facts_of, label_names_of
from citybrain.notices.records import DeliveryReceipt
from citybrain.notices.secrets import Secret, SecretError, missing, secret_of
from notifier.attempts import RateLimit, delay_s
from notifier.notification_topic import decode
from notifier.receiver_queue import ReceiverQueue
from notifier.settled_notices import LOOK_BACK, SettledNotices
from tests.citybrain.notices.city import small_city
from tests.citybrain.notices.sample import NOW, notice, receiver


def test_pauses_grow_fourfold_to_five_minutes() -> None:
    assert [delay_s(2, attempt, 0) for attempt in range(1, 7)] == [2, 8, 32, 128, 300, 300]
    assert delay_s(2, 1, 0.5) == 2.2


def test_bucket_gives_a_minutes_worth_at_once_and_then_evenly() -> None:
    bucket = RateLimit.full(60, 0.0)
    for _ in range(60):
        assert bucket.wait_s(0.0) == 0.0
        bucket.take(0.0)

    assert bucket.wait_s(0.0) == 1.0
    assert bucket.wait_s(0.5) == 0.5
    assert bucket.wait_s(1.0) == 0.0


@given(st.lists(st.floats(0, 5), max_size=60))
def test_bucket_never_gives_more_than_twice_its_rate_in_a_minute(pauses: list[float]) -> None:
    bucket, now, taken = RateLimit.full(5, 0.0), 0.0, []
    for pause in pauses:
        now += pause
        if bucket.wait_s(now) == 0:
            bucket.take(now)
            taken.append(now)

    assert all(sum(1 for at in taken if start <= at < start + 60) <= 10 for start in taken)


def receipt_of(key: str, outcome: str = "delivered") -> DeliveryReceipt:
    return DeliveryReceipt(
        key=key, receiver="good", attempt=1, outcome=outcome, at=NOW, started_at=NOW
    )


def test_settled_takes_a_notice_once_and_not_when_it_is_settled_or_old() -> None:
    settled = SettledNotices()
    one = notice(1)

    assert settled.take(one, NOW) is True
    assert settled.take(one, NOW) is False
    assert len(settled) == 1
    settled.note(receipt_of(one.key))
    assert settled.take(one, NOW) is False
    assert len(settled) == 0
    assert settled.take(notice(2), NOW + LOOK_BACK + timedelta(seconds=1)) is False


@pytest.mark.parametrize("outcome", ["failed", "limited"])
def test_attempt_that_is_repeated_settles_nothing(outcome: str) -> None:
    settled = SettledNotices()
    settled.take(notice(1), NOW)

    settled.note(receipt_of(notice(1).key, outcome))

    assert settled.unsettled() == [notice(1)]


def test_settled_forgets_what_cannot_come_again() -> None:
    settled = SettledNotices()
    later = NOW + timedelta(hours=26)
    settled.settle("old", NOW)
    for number in range(20_000):
        settled.settle(f"new-{number}", later)

    assert settled.take(notice(1, key="new-7", at=later), later) is False
    assert settled.take(notice(1, key="old", at=later), later) is True


def test_queue_holds_a_group_back_for_its_interval_but_not_what_is_urgent() -> None:
    waiting = ReceiverQueue(lambda _group: timedelta(seconds=60))
    waiting.put(notice(1, level="yellow", group="g"))
    assert waiting.ready_in_s(0) == 0
    assert [one.alert for one in waiting.take(0, together=False)] == ["a1"]

    waiting.put(notice(2, level="yellow", group="g"))
    assert waiting.ready_in_s(10) == 50
    waiting.put(notice(3, level="yellow", group="g", purpose="escalated"))
    assert waiting.ready_in_s(10) == 0
    assert [one.alert for one in waiting.take(10, together=False)] == ["a2", "a3"]
    assert waiting.ready_in_s(10) is None
    assert len(waiting) == 0


def test_queue_gives_other_groups_only_together() -> None:
    waiting = ReceiverQueue(lambda _group: timedelta())
    for number in (1, 2, 3):
        waiting.put(notice(number, group=f"g{number % 2}"))

    assert [one.alert for one in waiting.take(0, together=False)] == ["a1", "a3"]
    waiting.put(notice(4, group="g4"))
    assert [one.alert for one in waiting.take(0, together=True)] == ["a2", "a4"]


def test_secret_shows_its_scheme_alone_and_scrubs_all_parts() -> None:
    secret = Secret("mailtos://user%40x:pass%20word@smtp.example?to=boss@example.org")

    assert secret.shown == "mailtos://***"
    said = secret.scrub("user@x pass word smtp.example boss pass%20word user%40x")
    assert said == "*** *** *** *** *** ***"
    assert "pass" not in repr(secret)


def test_plain_address_is_shown_and_its_token_is_not() -> None:
    secret = Secret("http://127.0.0.1:9/hook", "TopSecret", plain=True)

    assert secret.shown == "http://127.0.0.1:9/hook"
    assert secret.scrub("http://127.0.0.1:9/hook: TopSecret") == "http://127.0.0.1:9/hook: ***"


def test_secret_comes_from_file_or_environment_each_time(tmp_path: Path) -> None:
    path = tmp_path / "a.url"
    path.write_text(" one://x \n")
    assert secret_of(receiver("r", kind="apprise", url_file="a.url"), tmp_path, {}).url == "one://x"
    path.write_text("two://y")
    assert secret_of(receiver("r", kind="apprise", url_file="a.url"), tmp_path, {}).url == "two://y"
    by_name = receiver("r", kind="webhook", url_env="HOOK")
    assert secret_of(by_name, tmp_path, {"HOOK": "http://x/y"}).url == "http://x/y"


@pytest.mark.parametrize(
    ("content", "problem"), [(b" \n", " is empty"), (b"\xff\xfe", ": not UTF-8")]
)
def test_secret_that_cannot_be_read_is_said_by_its_place(
    content: bytes, problem: str, tmp_path: Path
) -> None:
    (tmp_path / "a.url").write_bytes(content)
    one = receiver("r", kind="apprise", url_file="a.url")

    assert missing([one, receiver("log")], tmp_path, {}) == {"r": f"{tmp_path}/a.url{problem}"}
    with pytest.raises(SecretError):
        secret_of(one, tmp_path, {})


def test_records_that_cannot_be_read_are_left_out() -> None:
    value = msgspec.json.encode(notice(1))

    failed: list[FailedRecord] = []

    assert list(decode(enumerate([b"{", None, value, b"\xff"]), failed.append)) == [notice(1)]
    assert [one.place for one in failed] == [f"city.notifications[0]@{at}" for at in (0, 1, 3)]


def test_rules_that_cannot_be_read_name_no_labels(tmp_path: Path) -> None:
    city = small_city(tmp_path)
    (city.folder / "rules" / "broken.yaml").write_text("rules: [")
    (city.folder / "rules" / "odd.yaml").write_text("rules: {one: 1, two: {by: place}}")

    known = label_names_of(city)

    assert {"team", "lane", "attrs.lane", "place"} <= known.labels
    assert known.values["rule"] == {"accident", "jam", "one", "two"}
    assert facts_of(city, "accident").labels == {"team": "north"}
    assert facts_of(city, "one").kinds == ()
