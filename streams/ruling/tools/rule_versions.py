"""The rules of a city as they stood at a git revision."""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

from citybrain.city import City
from citybrain.rules.reader import RULES_FOLDER
from streams.ruling.rulebook import Rulebook, load_rules
from streams.ruling.tools.arguments import fault

_PLACE = "rules backtest: --against"


def rules_at(city: City, ref: str) -> Rulebook:
    """Return the rules of `city` as they were at `ref`, over the feeds and kinds of today.

    Raises:
        ConfigError: there is no git, no repository, no such revision, no rules in it, or a fault
            in those.
    """
    archive = _archive(city.folder, ref)
    with tempfile.TemporaryDirectory(prefix="citybrain-rules-") as folder:
        place = Path(folder) / ref.replace("/", "_")
        place.mkdir()
        with zipfile.ZipFile(io.BytesIO(archive)) as packed:
            packed.extractall(place)  # leads nowhere outside, and makes no links
        return load_rules(replace(city, folder=place))


def _archive(folder: Path, ref: str) -> bytes:
    """Return a zip archive of the folder `rules` in `folder` at `ref`."""
    if shutil.which("git") is None:
        raise fault(_PLACE, ref, "there is no git on this machine", "install git")
    inside = _git(folder, "rev-parse", "--is-inside-work-tree")
    if inside.returncode:
        problem, remedy = f"{folder} is not in a git repository", "keep the city's folder in git"
        raise fault(_PLACE, ref, problem, remedy)
    commit = _git(
        folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"
    )
    if commit.returncode:
        raise fault(_PLACE, ref, "no such revision", "name a commit, a tag or a branch: HEAD~1")
    archive = _git(folder, "archive", "--format=zip", commit.stdout.decode().strip(), RULES_FOLDER)
    if archive.returncode:
        problem = f"{folder.name}/rules is not in that revision"
        raise fault(_PLACE, ref, problem, "name a revision that has rules")
    return archive.stdout


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [shutil.which("git") or "git", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False)  # noqa: S603
