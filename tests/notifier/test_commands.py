"""`citybrain routes …` as people see it, without colours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from citybrain.floor.errors import ConfigError
from notifier.commands import routes
from tests.citybrain.notices.city import HERE, small_city

Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on the small city, on a wide terminal."""
    city = small_city(tmp_path)
    monkeypatch.setenv("CITYBRAIN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def call(*words: str) -> str:
        done = CliRunner().invoke(routes, [*words, "--city", str(city.folder)])
        if done.exception is not None:
            raise done.exception
        return "\n".join(line.rstrip() for line in done.stdout.splitlines())

    return call


def test_check_when_right_then_shows_tree_receivers_and_duty(run: Run, tmp_path: Path) -> None:
    said = run("check")

    assert said.splitlines()[0] == "root → officer"
    assert '├── red level="red" → officer, two  escalation chain  repeat 10m' in said
    assert '└── team team=~"north|south" → one and on  not night' in said
    assert f"{tmp_path}/data/secrets/chief.url: No such file or directory" in said
    *_, last, waiting = said.splitlines()
    assert last == "✓ 4 routes, 5 receivers, 3 inhibitions, 1 post: no faults"
    assert waiting.startswith("! chief cannot be reached yet: ")


def test_check_when_wrong_then_gives_all_faults(tmp_path: Path) -> None:
    city = small_city(tmp_path, HERE / "bad" / "limits_impossible")

    done = CliRunner().invoke(routes, ["check", "--city", str(city.folder)])

    assert isinstance(done.exception, ConfigError)
    assert len(done.exception.faults) == 4


def test_check_shows_where_a_secret_is_never_what(run: Run, tmp_path: Path) -> None:
    (tmp_path / "data" / "secrets").mkdir(parents=True)
    (tmp_path / "data" / "secrets" / "chief.url").write_text("wecombot://TopSecret1234")

    said = run("check")

    assert "secrets/chief.url" in said
    assert "TopSecret" not in said
    assert "No such file" not in said


RED = ("test", "--rule", "accident", "--level", "red", "--area", "150302001")
EVENING = ("--at", "2026-11-24T23:30")


def test_test_tells_who_hears_now_and_what_comes(run: Run) -> None:
    said = run(*RED, *EVENING)
    words = [line.split() for line in said.splitlines()]

    assert words[0] == ["Red", "Ⅰ", "accident", "2026-11-24", "23:30"]
    assert "theme=traffic" in said
    assert "team=north" in said
    assert ["One", "one", "log", "both", "officer", "A", "until", "2026-11-25", "08:30"] in words
    assert ["Two", "two", "webhook", "both", "two"] in words
    assert ["+5m", "23:35", "escalate", "escalation-1", "Chief", "root/red"] in words
    assert ["+30m", "00:00", "escalate", "noprogress-1", "One", "root/red"] in words


def test_test_says_why_others_do_not_hear(run: Run) -> None:
    said = run("test", "--rule", "jam", "--level", "yellow", *EVENING)
    words = [line.split() for line in said.splitlines()]

    assert ["✓", "root", "officer"] in words
    assert ["·", "root/red", "officer,", "two", "not", 'level="red"'] in words
    assert ["Two", "two", "root/red:", "not", 'level="red"'] in words


def test_test_when_hours_mute_then_says_so_and_names_nobody(run: Run) -> None:
    said = run("test", "--rule", "jam", "--level", "blue", *EVENING)

    assert "● muted by hours: tells only during office hours" in said
    assert "Nobody hears of it now." in said
    assert "While nobody acknowledges" not in said


def test_test_of_an_exercise_names_who_stands_in(run: Run) -> None:
    words = [line.split() for line in run(*RED, *EVENING, "--origin", "exercise").splitlines()]

    assert [
        "Drill",
        "drill",
        "log",
        "both",
        *("stands", "in", "during", "exercises", "for", "two"),
    ] in words


def test_test_in_chinese_names_receivers_in_chinese(run: Run) -> None:
    said = run(*RED, *EVENING, "--zh")

    assert "红色 Ⅰ" in said
    assert "二号 two" in said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("--level", "purple"),
            "routes test: --level: unknown level 'purple'; known are blue, orange, red, yellow",
        ),
        (
            ("--rule", "jamm"),
            "routes test: --rule: unknown rule 'jamm'; did you mean 'jam'?",
        ),
        (
            ("--feed", "rader"),
            "routes test: --feed: unknown feed 'rader'; did you mean 'radar'?",
        ),
        (
            ("--kind", "spead"),
            "routes test: --kind: unknown kind 'spead'; did you mean 'speed'?",
        ),
        (
            ("--theme", "trafic"),
            "routes test: --theme: unknown theme 'trafic'; did you mean 'traffic'?",
        ),
        (
            ("--area", "150303"),
            "routes test: --area: unknown area '150303'; did you mean '150302'?",
        ),
        (
            ("--origin", "x"),
            "routes test: --origin: unknown origin 'x'; "
            "known are exercise, live, replay, simulated",
        ),
        (
            ("--at", "tomorrow"),
            "routes test: --at: 'tomorrow' is not an instant; write one such as 2026-11-24T16:30",
        ),
        (("--label", "team"), "routes test: --label: 'team' has no value; write name=value"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_test_when_asked_for_what_there_is_not_then_says_so(
    run: Run, words: tuple[str, ...], message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        run("test", *words)

    assert str(caught.value) == message
