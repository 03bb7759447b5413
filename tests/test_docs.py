"""What documents name is there: paths, functions, classes, links, commands; and the glossary."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer.main

from citybrain.floor.packaging import PACKAGES
from citybrain.roof import cli
from tests.conftest import REPOSITORY

DOCUMENTS = sorted(
    [
        *(REPOSITORY / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")),
        REPOSITORY / "SECURITY.md",
        *(REPOSITORY / "docs").rglob("*.md"),
    ]
)
TOP = "|".join([*PACKAGES, "benchmarks", "cities", "deploy", "docs", "tests"])
PATH = re.compile(rf"(?<![\w/.<>{{-])((?:{TOP})/[\w./<>*-]*[\w/>*])(?::([A-Za-z_][\w.]*))?")
SCRIPT = re.compile(r"(?<![\w/.])((?:shared|wall|desk|access)/[\w/-]+\.(?:d\.ts|js|css))")
DOTTED = re.compile(rf"(?<![\w/.])((?:{'|'.join(PACKAGES)})(?:\.[a-zA-Z_]\w*)+)(?![\w/])")
CLASS = re.compile(r"`((?:[A-Z][a-z0-9]+){2,})(?:\[\w*\])?(?:\.(\w+))?`")
LINK = re.compile(r"\]\((?!https?://)([^)\s]*)\)")
COMMAND = re.compile(r"(?:\./city|(?<![\w./-])citybrain) ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?")
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
OF_THE_SCRIPT = {"test", "check", "fix", "lock"}
"""Commands of `./city` itself; all others are citybrain's."""

FOREIGN = {"ReplicatedMergeTree", "MergeTree", "ReplacingMergeTree", "SummingMergeTree"}
FOREIGN |= {"AggregatingMergeTree", "HttpOnly"}
"""What others call so."""

EXAMPLES = {
    "cities/wuhai/feeds/police.yaml",  # docs/city.md writes it
    "dashboards/assets/wall/tiles/tide.js",  # docs/screens.md draws it
    "deploy/secrets/store_password",  # docs/operation.md makes it
    "streams/conditions/scaled.py",  # CONTRIBUTING.md writes it, and its test
    "tests/streams/conditions/test_scaled.py",
}
"""Files that whoever follows a document makes."""


def code_of(document: Path) -> str:
    """Return what stands in code in a document: there names are meant as names."""
    return "\n".join(CODE.findall(document.read_text("utf-8")))


def by_name(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=by_name)


@cache
def defined(path: Path) -> frozenset[str]:
    """Return what a Python file defines: `name`, and `Class.name` of what a class holds."""
    found = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        for name in _names(node):
            found.add(name)
        if isinstance(node, ast.ClassDef):
            for part in node.body:
                found |= {f"{node.name}.{name}" for name in _names(part)}
            for part in ast.walk(node):  # what a method gives the object
                if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store):
                    found.add(f"{node.name}.{part.attr}")
    return frozenset(found)


def _names(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name
        case ast.Assign(targets=targets):
            for target in targets:
                yield from (one.id for one in ast.walk(target) if isinstance(one, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case ast.ImportFrom(names=names):
            yield from (one.asname or one.name for one in names)


@cache
def classes() -> dict[str, list[Path]]:
    """Return where each class of the packages is defined."""
    found: dict[str, list[Path]] = {}
    for package in PACKAGES:
        for path in (REPOSITORY / package).rglob("*.py"):
            for name in defined(path):
                found.setdefault(name, []).append(path)
    return found


@cache
def scripts() -> str:
    folders = (REPOSITORY / "dashboards" / "assets", REPOSITORY / "dashboards" / "access" / "files")
    files = [
        path for folder in folders for kind in ("js", "ts") for path in folder.rglob(f"*.{kind}")
    ]
    return "\n".join(path.read_text("utf-8") for path in files if "min." not in path.name)


def is_dotted(name: str) -> bool:
    """Whether `package.module`, `package.module.Name` or `package.module.Name.part` is there."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        path = REPOSITORY.joinpath(*parts[:cut])
        if (file := path.with_suffix(".py")).exists() or (path / "__init__.py").exists():
            inner = ".".join(parts[cut:])
            place = file if file.exists() else path / "__init__.py"
            return not inner or inner in defined(place)
    return False


@each_document
def test_paths_and_functions_that_are_named_are_there(document: Path) -> None:
    missing = []
    text = code_of(document) + "\n" + "\n".join(LINK.findall(document.read_text("utf-8")))
    for path, inner in PATH.findall(text):
        pattern = re.sub(r"<[^>]*>", "*", path).rstrip("/")
        found = list(REPOSITORY.glob(pattern))
        if path in EXAMPLES:
            continue
        if not found:
            missing.append(path)
        elif inner and found[0].suffix == ".js":
            if not re.search(rf"\b{inner.rpartition('.')[2]}\b", found[0].read_text("utf-8")):
                missing.append(f"{path}:{inner}")
        elif inner and found[0].suffix == ".py" and inner not in defined(found[0]):
            missing.append(f"{path}:{inner}")
    missing += [
        name
        for name in SCRIPT.findall(code_of(document))
        if not (REPOSITORY / "dashboards" / "assets" / name).exists()
    ]
    assert missing == []


@each_document
def test_files_that_are_named_without_a_folder_are_there(document: Path) -> None:
    there = {path.name for top in (*PACKAGES, "tests") for path in (REPOSITORY / top).rglob("*.py")}
    named = set(re.findall(r"`(\w+\.py)`", document.read_text("utf-8")))
    assert named - there == set()


@each_document
def test_modules_and_classes_that_are_named_are_there(document: Path) -> None:
    code = code_of(document)
    missing = [name for name in DOTTED.findall(code) if not is_dotted(name)]
    for name, part in CLASS.findall(code):
        if name in FOREIGN or re.search(rf"\b{name}\b", scripts()):
            continue
        if name not in classes() or (part and f"{name}.{part}" not in classes()):
            missing.append(f"{name}.{part}" if part else name)
    assert missing == []


@each_document
def test_links_lead_somewhere(document: Path) -> None:
    missing = []
    for link in LINK.findall(document.read_text("utf-8")):
        path, _, heading = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (heading and heading not in headings(target)):
            missing.append(link)
    assert missing == []


def headings(document: Path) -> set[str]:
    """Return the anchors that a Markdown document's headings make."""
    found = re.findall(r"^#+ (.+)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in found}


@each_document
def test_commands_that_are_named_can_be_given(document: Path) -> None:
    wrong = []
    for command, part in COMMAND.findall(code_of(document)):
        if command in OF_THE_SCRIPT:
            continue
        if command not in known_commands():
            wrong.append(command)
        elif (parts := parts_of(command)) and part and part not in parts:
            wrong.append(f"{command} {part}")
    assert wrong == []


@cache
def known_commands() -> frozenset[str]:
    group = typer.main.get_command(cli.app)
    return frozenset(getattr(group, "commands", {}))


@cache
def parts_of(command: str) -> frozenset[str]:
    """Return the commands below a command; none where it stands alone."""
    if command not in cli._LATER:
        return frozenset()
    module, _, attribute = cli._LATER[command].partition(":")
    found = getattr(importlib.import_module(module), attribute)
    if not isinstance(found, typer.Typer):
        return frozenset()
    return frozenset(getattr(typer.main.get_command(found), "commands", {}))


def test_docstrings_name_modules_that_are_there() -> None:
    quoted = re.compile(rf"`((?:{'|'.join(PACKAGES)})(?:\.[a-zA-Z_]\w*)+)`")
    missing = [
        f"{by_name(path)}: {name}"
        for package in PACKAGES
        for path in sorted((REPOSITORY / package).rglob("*.py"))
        for name in quoted.findall(path.read_text("utf-8"))
        if not is_dotted(name)
    ]
    assert missing == []


def test_docstrings_and_comments_name_files_that_are_there() -> None:
    path_in_code = re.compile(rf"(?<![\w/.<>{{-])((?:{TOP})/[\w/<>*-]*\w\.(?:py|md|js|yaml))\b")
    sources = [path for top in PACKAGES for path in (REPOSITORY / top).rglob("*.py")]
    missing = [
        f"{by_name(path)}: {name}"
        for path in sorted(sources)
        for name in path_in_code.findall(path.read_text("utf-8"))
        if not list(REPOSITORY.glob(re.sub(r"<[^>]*>", "*", name)))
    ]
    assert missing == []


def test_architecture_when_it_counts_hops_then_they_are_so_many() -> None:
    page = (REPOSITORY / "docs" / "architecture.md").read_text("utf-8")
    numbers = {"Eight": 8, "Ten": 10, "Eleven": 11, "Twelve": 12, "Thirteen": 13}
    ways = re.split(r"^## ", page, flags=re.MULTILINE)
    said, counted = [], []
    for way in ways[1:]:
        if found := re.search(r"\b([A-Z][a-z]+) hops\b", way):
            said.append(numbers[found.group(1)])
            counted.append(len(re.findall(r"\n\d+\. ", way)))
    assert said == counted
    assert len(said) == 5


def test_readme_names_every_document() -> None:
    readme = (REPOSITORY / "README.md").read_text("utf-8")
    named = {link.partition("#")[0] for link in LINK.findall(readme)}
    wanted = {by_name(path) for path in (REPOSITORY / "docs").glob("*.md")}
    wanted |= {"CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "docs/decisions/README.md"}
    assert wanted - named == set()


def test_decisions_are_numbered_and_each_says_the_same_four_things() -> None:
    folder = REPOSITORY / "docs" / "decisions"
    records = sorted(path for path in folder.glob("*.md") if path.name != "README.md")
    assert [path.name[:2] for path in records] == [f"{n:02}" for n in range(1, len(records) + 1)]
    parts = ["Context", "Decision", "Consequences", "What would change our mind"]
    for path in records:
        found = re.findall(r"^## (.+)$", path.read_text("utf-8"), re.MULTILINE)
        assert found == parts, path.name
        assert len(path.read_text("utf-8").split()) <= 450, f"{path.name} is longer than a page"
    assert {path.name for path in records} <= set(LINK.findall((folder / "README.md").read_text()))


def glossary() -> list[tuple[str, str, str, str]]:
    """Return the rows of the glossary: word, 中文, meaning, owner."""
    lines = (REPOSITORY / "docs" / "glossary.md").read_text("utf-8").splitlines()
    rows = [[cell.strip() for cell in one.strip("|").split(" | ")] for one in lines if "|" in one]
    return [(row[0], row[1], row[2], row[3].strip("` |")) for row in rows if "`" in row[-1]]


def test_glossary_is_in_order_and_has_every_word_once() -> None:
    words = [word for word, _, _, _ in glossary()]
    assert words == sorted(set(words))
    assert len(words) > 60


def test_glossary_when_a_word_has_an_owner_then_that_exports_it() -> None:
    missing = [(word, owner) for word, _, _, owner in glossary() if not is_dotted(owner)]
    assert missing == []
    owners = [owner for _, _, _, owner in glossary()]
    assert sorted(set(owners)) == sorted(owners)


def test_glossary_has_every_word_in_both_languages() -> None:
    chinese = re.compile(r"[\u4e00-\u9fff]")
    assert [word for word, zh, _, _ in glossary() if not chinese.search(zh)] == []
    names = [zh for _, zh, _, _ in glossary()]
    assert sorted(set(names)) == sorted(names)
