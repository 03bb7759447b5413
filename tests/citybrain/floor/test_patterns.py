from __future__ import annotations

import ast
import fnmatch
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybrain.floor.patterns import PatternError, check_pattern, fits, fits_glob
from tests.repository import ROOT

BACKTRACKING = "(q?|q?|7?)" * 40 + "z"


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (BACKTRACKING, "q7" * 20_000, False),
        ("(a*)*b", "a" * 100_000, False),
        ("(a|a)*b", "a" * 100_000, False),
        (r"(\w+\s?)*!", "word " * 20_000, False),
        ("[[:alpha:]]+", "red", True),
        (r"\p{Han}+", "燃气", True),
        ("(?i)RED|orange", "red", True),
        ("re", "red", False),
        (".*", "two\nlines", True),
        ("red)|(?:blue", "blue", None),
        ("(", "", None),
        ("x{0,1000}" * 20, "x", None),
        (r"(a)\1", "aa", None),
        ("(?=a)a", "a", None),
        (".*", "\ud800", None),
        ("\ud800", "a", None),
    ],
)
def test_fits_judges_whole_texts_in_linear_time(
    pattern: str, text: str, expected: bool | None
) -> None:
    assert fits(pattern, text) is expected


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(", "missing )"),
        ("red)|(?:blue", "unexpected )"),
        (r"(a)\1", "invalid escape sequence"),
        ("x{0,1000}" * 20, "pattern too large - compile failed"),
        ("\ud800", "it is no Unicode text"),
    ],
)
def test_check_when_the_engine_cannot_use_it_then_says_why(pattern: str, said: str) -> None:
    with pytest.raises(PatternError) as caught:
        check_pattern(pattern)

    assert str(caught.value) == said


@given(st.text("ab]^!-[*?\\.(+", max_size=12), st.text("ab]^!-[\\.(+", max_size=8))
def test_globs_read_as_the_shell_reads_them(glob: str, text: str) -> None:
    judged = fits_glob(glob, text)

    assert judged is None or "[" in glob or judged is fnmatch.fnmatchcase(text, glob)


@pytest.mark.parametrize(
    ("glob", "text", "expected"),
    [
        ("cam_*", "cam_7", True),
        ("cam_?", "cam_71", False),
        ("[ab]x", "bx", True),
        ("[!ab]x", "bx", False),
        ("[!ab]x", "cx", True),
        ("[]]x", "]x", True),
        ("[x", "[x", True),
        ("*.csv", "a.b.csv", True),
        ("*" * 400 + "z", "a" * 10_000, False),
    ],
)
def test_fits_glob(glob: str, text: str, expected: bool) -> None:
    assert fits_glob(glob, text) is expected


@given(st.text(max_size=200), st.text(max_size=200))
def test_no_pattern_raises_and_the_check_says_the_same(pattern: str, text: str) -> None:
    try:
        check_pattern(pattern)
    except PatternError:
        assert fits(pattern, text) is None
    else:
        assert fits(pattern, text) is not None


def test_patterns_of_others_meet_no_engine_that_backtracks() -> None:
    """Python's `re` and Arrow (RE2) get literals of ours only; RE2 has the one module for it."""
    found = [
        f"{path.relative_to(ROOT)}:{call.lineno} {name}"
        for folder in ("citybrain", "connectors", "dashboards", "notifier", "sinks", "streams")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for call, name in _engine_calls(path)
        if not (name.startswith("re.") and _is_own(call.args[0]))
        if not (name == "pc.match_substring_regex" and _is_constant(call.args[1]))
    ]

    assert found == []


def test_scripts_make_no_pattern_of_what_somebody_wrote() -> None:
    own = {"dashboards/assets/desk/measure.js": "new RegExp(`^${form}$`)"}
    made = {
        str(path.relative_to(ROOT)): line.strip()
        for path in sorted((ROOT / "dashboards/assets").rglob("*.js"))
        if "vendor" not in path.parts and not path.name.endswith(".min.js")
        for line in path.read_text().splitlines()
        if re.search(r"RegExp\(|\.matchAll?\((?!/)", line)
    }

    assert set(made) == set(own)
    assert all(own[name] in line for name, line in made.items())


_ENGINES = {"re", "re2", "regex", "fnmatch"}
_ARROW = {
    "match_substring_regex",
    "extract_regex",
    "replace_substring_regex",
    "count_substring_regex",
}


def _engine_calls(path: Path) -> list[tuple[ast.Call, str]]:
    """Return the calls that hand a pattern to an engine of expressions."""
    if path.name == "patterns.py":
        return []
    tree = ast.parse(path.read_text())
    modules = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name in _ENGINES
    }
    froms = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in _ENGINES
    ]
    assert not froms, f"{path}: import the module, so that its calls can be found"
    return [
        (node, f"{modules.get(node.func.value.id, node.func.value.id)}.{node.func.attr}")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and (node.func.value.id in modules or node.func.attr in _ARROW)
        and node.args
        and node.func.attr not in {"escape"}
    ]


def _is_constant(value: ast.expr) -> bool:
    return isinstance(value, ast.Name) and value.id.isupper()


def _is_own(pattern: ast.expr) -> bool:
    """Whether a pattern stands in the code as it is, perhaps with constants of the module in it."""
    if isinstance(pattern, ast.JoinedStr):
        return all(_is_own(part) for part in pattern.values)
    if isinstance(pattern, ast.FormattedValue):
        return _is_constant(pattern.value)
    return isinstance(pattern, ast.Constant)
