"""Reasons in words."""

from __future__ import annotations

from citybrain.floor.reason import Phrases, Reason
from citybrain.floor.text import Text

PHRASES = Phrases(
    {"state": Text("告警{state}", "the alert is {state}"), "plain": Text("无", "none")},
    {"state": {"firing": Text("待受理", "firing")}},
)


def test_say_when_a_value_has_a_term_then_each_language_has_its_own() -> None:
    said = PHRASES.say(Reason("state", {"state": "firing"}))
    assert said == Text("告警待受理", "the alert is firing")


def test_say_when_a_value_has_no_term_then_it_stands_as_it_is() -> None:
    assert PHRASES.say(Reason("state", {"state": "{odd}"})).en == "the alert is {odd}"


def test_say_when_an_argument_is_missing_then_there_is_a_gap() -> None:
    assert PHRASES.say(Reason("state")) == Text("告警?", "the alert is ?")


def test_say_when_the_code_is_unknown_then_code_and_arguments_are_said() -> None:
    assert PHRASES.say(Reason("new", {"a": "1"})) == Text("new, a=1", "new, a=1")


def test_joined_when_both_have_a_code_then_the_first_says_it() -> None:
    other = Phrases({"plain": Text("别的", "another"), "more": Text("多", "more")})
    both = PHRASES.joined(other)
    assert (both.say(Reason("plain")).en, both.say(Reason("more")).en) == ("none", "more")
    assert both.codes == {"state", "plain", "more"}
