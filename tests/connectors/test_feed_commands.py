"""`citybrain feeds`: what it says, and the code that it ends with."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from connectors.feed_commands import feeds
from tests.conftest import REPOSITORY
from tests.repository import WUHAI

SAMPLE = str(REPOSITORY / "tests/feeds/samples/street_matters.ndjson")
README = str(REPOSITORY / "README.md")


def run(*arguments: str) -> tuple[int, str]:
    """Return the exit code and what was said, errors as well."""
    done = CliRunner().invoke(feeds, [*arguments, "--city", str(WUHAI)])
    return done.exit_code, done.output + str(done.exception or "")


def test_list_when_asked_then_says_how_long_events_are_kept_and_the_policies() -> None:
    code, said = run("list")

    (line,) = (one for one in said.splitlines() if one.startswith("street_matters "))
    assert (code, " ".join(line.split())) == (
        0,
        "street_matters city_management http_push 400 days expired: refuse, places: drop",
    )


def test_try_when_all_rows_are_events_then_ends_with_0() -> None:
    code, said = run("try", "street_matters", SAMPLE)

    assert code == 0, said
    assert " rejected, 0 skipped; nothing was sent" in said


@pytest.mark.parametrize(
    ("feed", "file", "more", "expected"),
    [
        ("street_matters", README, [], "no reader for '.md'; known: .csv"),
        ("street_matters", "no.csv", [], "no.csv: there is no such file; give the path of one"),
        ("street_mattrs", README, [], "no feed 'street_mattrs'; did you mean 'street_matters'?"),
        (
            "street_matters",
            README,
            ["--content-type", "text/csv"],
            "the body is not CSV: no column",
        ),
        (
            "street_matters",
            README,
            ["--content-type", "a/b"],
            "Content-Type 'a/b' is not read here",
        ),
    ],
)
def test_try_when_nothing_can_be_read_then_says_why_and_ends_with_1(
    feed: str, file: str, more: list[str], expected: str
) -> None:
    code, said = run("try", feed, file, *more)

    assert code == 1
    assert expected in said


def test_check_when_no_time_can_be_read_by_a_pattern_then_says_where(tmp_path: Path) -> None:
    shutil.copytree(REPOSITORY / "tests/citybrain/city/small", tmp_path / "small")
    feed = tmp_path / "small" / "feeds" / "police.yaml"
    feed.write_text(feed.read_text("utf-8").replace("epoch_ms", "'%H:%M'"), "utf-8")

    done = CliRunner().invoke(feeds, ["check", "--city", str(tmp_path / "small")])

    assert done.exit_code == 1
    assert str(done.exception) == (
        "feeds: feeds.radar.mapping.occurred_at.format: no time can be read by '%H:%M': '20:05', "
        "which is written so, is no whole time; give the day and the time of day, such as "
        "'%Y/%m/%d %H:%M:%S'"
    )


def test_check_when_paths_of_a_mapping_contradict_each_other_then_says_where(
    tmp_path: Path,
) -> None:
    shutil.copytree(REPOSITORY / "tests/citybrain/city/small", tmp_path / "small")
    feed = tmp_path / "small" / "feeds" / "police.yaml"
    feed.write_text(feed.read_text("utf-8").replace("{lane: lane}", "{pos: pos}"), "utf-8")

    done = CliRunner().invoke(feeds, ["check", "--city", str(tmp_path / "small")])

    assert done.exit_code == 1
    assert str(done.exception) == (
        "feeds: feeds.radar.mapping: 'pos' is read as a value and 'pos.lat' goes into it; name "
        "only the fields inside the object"
    )
