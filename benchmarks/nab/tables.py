"""Sum the runs up: by profile, by group and by file; print them beside what others reached."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks import report
from benchmarks.nab.corpus import Profile
from benchmarks.nab.run import Run
from benchmarks.nab.scoring import Row, at_threshold, normalised, optimum, rows_of

STANDARD = "standard"
SHIPPED = 0.5
"""The score from which the detector itself calls a value an alarm."""
SEEN = ("artificialNoAnomaly", "artificialWithAnomaly", "realAdExchange", "realTraffic")
"""Groups that were looked at when the detector's settings were chosen; others are a true test."""


def outcome(runs: Sequence[Run], profiles: Sequence[Profile]) -> dict[str, Any]:
    """Return all figures: one threshold a profile for all files, and what it brings where."""
    rows = sum(len(run.scores) for run in runs)
    return {
        "files": len(runs),
        "rows": rows,
        "windows": sum(len(run.series.windows) for run in runs),
        "micros_per_row": round(sum(run.micros * len(run.scores) for run in runs) / rows, 1),
        "profiles": {profile.name: _profile(runs, profile) for profile in profiles},
    }


def _profile(runs: Sequence[Run], profile: Profile) -> dict[str, Any]:
    rows = {run.series.name: rows_of(run.series, run.scores, profile) for run in runs}
    every = [row for one in rows.values() for row in one]
    windows = sum(len(run.series.windows) for run in runs)
    best = optimum(every, profile)
    files = {}
    for run in runs:
        at = at_threshold(rows[run.series.name], profile, best.threshold)
        files[run.series.name] = {
            "group": run.series.group,
            "seen": run.series.group in SEEN,
            "rows": len(run.scores),
            "raw": round(at.raw, 4),
            "windows": len(run.series.windows),
            "found": at.found,
            "false_alarms": at.false_alarms,
            "micros_per_row": round(run.micros, 1),
        }
    return {
        "threshold": best.threshold,
        "score": _score(list(files.values()), profile),
        "shipped_score": _shipped(every, windows, profile),
        "left_out_score": _left_out(runs, rows, profile),
        "unseen_score": _score([one for one in files.values() if not one["seen"]], profile),
        "groups": _groups(list(files.values()), profile),
        "files": files,
    }


def _shipped(rows: Sequence[Row], windows: int, profile: Profile) -> float | None:
    """Return the score at the threshold that ships, which no label helped to choose."""
    score = normalised(at_threshold(rows, profile, SHIPPED).raw, windows, profile)
    return None if score is None else round(score, 2)


def _left_out(runs: Sequence[Run], rows: dict[str, list[Row]], profile: Profile) -> float | None:
    """Return the score with, for each group, the threshold that is best for all other groups."""
    group_of = {run.series.name: run.series.group for run in runs}
    raw = 0.0
    for group in sorted(set(group_of.values())):
        inside = [row for name, one in rows.items() if group_of[name] == group for row in one]
        others = [row for name, one in rows.items() if group_of[name] != group for row in one]
        raw += at_threshold(inside, profile, optimum(others, profile).threshold).raw
    score = normalised(raw, sum(len(run.series.windows) for run in runs), profile)
    return None if score is None else round(score, 2)


def _groups(files: Sequence[dict[str, Any]], profile: Profile) -> dict[str, Any]:
    groups = {}
    for group in sorted({one["group"] for one in files}):
        inside = [one for one in files if one["group"] == group]
        sums = {name: sum(one[name] for one in inside) for name in ("windows", "found")}
        sums["false_alarms"] = sum(one["false_alarms"] for one in inside)
        groups[group] = {"files": len(inside), "score": _score(inside, profile), **sums}
    return groups


def _score(files: Sequence[dict[str, Any]], profile: Profile) -> float | None:
    raw, windows = sum(one["raw"] for one in files), sum(one["windows"] for one in files)
    score = normalised(raw, windows, profile)
    return None if score is None else round(score, 2)


def show(result: dict[str, Any], published: Sequence[dict[str, str]]) -> None:
    """Print the tables."""
    _show_groups(result)
    _show_files(result)
    _show_others(result, published)
    report.say(f"{result['rows']:,} rows, {result['micros_per_row']:.0f} µs each")


def _show_groups(result: dict[str, Any]) -> None:
    profiles = result["profiles"]
    columns = ("group", "files", *profiles, "windows", "found", "false alarms")
    rows: list[tuple[object, ...]] = []
    for name, group in profiles[STANDARD]["groups"].items():
        scores = [profile["groups"][name]["score"] for profile in profiles.values()]
        counts = [group[key] for key in ("windows", "found", "false_alarms")]
        label = name if name in SEEN else f"{name} (unseen)"
        rows.append((label, group["files"], *scores, *counts))
    counts = [
        sum(group[key] for group in profiles[STANDARD]["groups"].values())
        for key in ("windows", "found", "false_alarms")
    ]
    whole = {"all files in DIR": "score", f"… threshold {SHIPPED}, as shipped": "shipped_score"}
    whole["… threshold chosen on the other groups"] = "left_out_score"
    for label, key in {**whole, "unseen groups only": "unseen_score"}.items():
        scores = [profile[key] for profile in profiles.values()]
        told = counts if key == "score" else [None] * 3
        rows.append((label, result["files"] if key == "score" else None, *scores, *told))
    report.show("NAB score by group (found and false alarms: standard)", columns, rows)
    report.say("unseen: not looked at when the settings were chosen; the others were")


def show_families(families: dict[str, Any]) -> None:
    """Print what is found in generated series, and how often a false alarm is made there."""
    faults = list(next(iter(families.values()))["found"])
    rows = [
        (name, one["false_alarms_per_1000"], *(one["found"][fault] for fault in faults))
        for name, one in families.items()
    ]
    columns = ("family", "false alarms in 1,000", *faults)
    report.show("Generated series: share of the faults put in that were found", columns, rows)


def _show_files(result: dict[str, Any]) -> None:
    keys = ("rows", "windows", "found", "false_alarms", "raw", "micros_per_row")
    columns = ("file", "rows", "windows", "found", "false alarms", "raw score", "µs a row")
    files = result["profiles"][STANDARD]["files"]
    rows = [(name, *(one[key] for key in keys)) for name, one in files.items()]
    threshold = result["profiles"][STANDARD]["threshold"]
    report.show(f"By file, profile standard, threshold {threshold:.3f}", columns, rows)


def _show_others(result: dict[str, Any], published: Sequence[dict[str, str]]) -> None:
    profiles = result["profiles"]
    ours = (
        f"ours, on the {result['files']} files in DIR",
        *(p["score"] for p in profiles.values()),
    )
    rows = [(one["detector"], *(one[name] for name in profiles)) for one in published]
    title = "Beside published scores: theirs are over NAB's whole corpus of 58 files"
    report.show(title, ("detector", *profiles), [ours, *rows])
