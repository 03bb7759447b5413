from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybrain.alerts.matchers import (
    MatcherError,
    check,
    first_failing,
    holds,
    match,
    parse,
    parse_all,
    show,
)
from citybrain.alerts.silence_records import Matcher

OWN = {"level": ("red",), "kind": ("speed", "accident"), "area": ()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("theme=traffic", Matcher("theme", "=", "traffic")),
        ('level=~"red|orange"', Matcher("level", "=~", "red|orange")),
        (' attrs.lane != "a \\"b\\" \\\\ c" ', Matcher("attrs.lane", "!=", 'a "b" \\ c')),
        ('rule!~"gas_\\d+"', Matcher("rule", "!~", r"gas_\d+")),
        ("subject=", Matcher("subject", "=", "")),
        ("area=150302001", Matcher("area", "=", "150302001")),
        ('title="燃气, 泄漏"', Matcher("title", "=", "燃气, 泄漏")),
        ("k8s-app=api", Matcher("k8s-app", "=", "api")),
        ('服务=~"支付.*"', Matcher("服务", "=~", "支付.*")),
        (r'"a b/\"c\""!="x"', Matcher('a b/"c"', "!=", "x")),
    ],
)
def test_parse_reads_name_operation_and_value(text: str, expected: Matcher) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize("text", ['{level="red", theme=~"a|b"}', 'level=red,theme=~"a|b"'])
def test_parse_all_reads_several_with_or_without_braces(text: str) -> None:
    assert parse_all(text) == (Matcher("level", "=", "red"), Matcher("theme", "=~", "a|b"))


FORM = 'write name="value", or with !=, =~ or !~ between them'


@pytest.mark.parametrize(
    ("text", "problem", "remedy"),
    [
        ("level", "'level' is not a condition on a label", FORM),
        ("level==red", "'level==red' is not a condition on a label", FORM),
        ("level=red orange", "'level=red orange' is not a condition on a label", FORM),
        ('level="red', "'level=\"red' is not a condition on a label", FORM),
        ("", "'' holds 0 conditions", "write one, or a list of them"),
        ("a=b,c=d", "'a=b,c=d' holds 2 conditions", "write one, or a list of them"),
        (
            'a=~"(b"',
            "'(b' is not a regular expression: missing )",
            "correct it, or use = for the text itself",
        ),
    ],
)
def test_parse_when_it_is_none_then_says_why(text: str, problem: str, remedy: str) -> None:
    with pytest.raises(MatcherError) as caught:
        parse(text)

    assert (caught.value.problem, caught.value.remedy) == (problem, remedy)
    assert str(caught.value) == f"{problem}; {remedy}"


def test_check_when_too_long_then_says_so() -> None:
    with pytest.raises(MatcherError, match="subject: 501 characters; write at most 500"):
        check(Matcher("subject", "=", "x" * 501))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("level=red", True),
        ("level!=red", False),
        ("kind=accident", True),
        ("kind!=accident", False),
        ('kind=~"acc.*"', True),
        ('kind=~"acc"', False),
        ('kind!~"acc"', True),
        ('level=~"red|orange"', True),
        ("area=", True),
        ("area!=150302", True),
        ("nothing=", True),
        ('nothing=~".+"', False),
    ],
)
def test_holds_when_any_value_fits_and_what_is_missing_is_empty(text: str, expected: bool) -> None:
    assert holds(parse(text), OWN) is expected


def test_first_failing_names_the_condition_that_does_not_hold() -> None:
    both = (parse("level=red"), parse("kind=fire"))

    assert first_failing(both, OWN) == parse("kind=fire")
    assert match(both, OWN) is False
    assert match((), OWN) is True


def test_pattern_that_would_take_for_ever_elsewhere_takes_no_time() -> None:
    assert holds(Matcher("subject", "=~", "(a+)+b"), {"subject": ("a" * 5_000,)}) is False


@given(st.text(min_size=1, max_size=20), st.text(max_size=20), st.sampled_from(["=", "!="]))
def test_show_writes_what_parse_reads(name: str, value: str, op: str) -> None:
    matcher = Matcher(name, op, value)  # type: ignore[arg-type]

    assert parse(show(matcher)) == matcher
