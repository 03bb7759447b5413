"""The one reader of the rule files: `cities/<city>/rules/<theme>.yaml`, one entry one rule.

It knows files, ids, themes and every key of a `Rule`; what stands under `condition` is read as the
options record of a kind of condition, and which kinds there are is told by who judges rules.
`platform.yaml` holds the rules about the platform's own feeds.

`read_rules` is strict: everything that is wrong in any file is told at once. `read_facts` is for
who only has to know which rules there are and what their alerts carry: it does not look at
conditions and leaves out what is faulty, because `citybrain rules check` tells of that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml

from citybrain.city import City
from citybrain.city.references import RecordFault
from citybrain.floor.errors import ConfigError
from citybrain.floor.strict import Document, join, suggest
from citybrain.rules.rule import Rule, RuleFacts, version_of

RULES_FOLDER = "rules"
"""Folder of a city that holds the rule files."""
PLATFORM_THEME = "platform"
_TOP = "rules"
_OWN = ("condition",)
_NOT_IN_VERSION = ("tests", "basis")
_FACTS = tuple(field.name for field in fields(RuleFacts) if field.name not in ("id", "theme"))


class RuleFiles:
    """The rule files of a city as they were read: the rules, their places and what is wrong.

    Attributes:
        rules: id → rule, of the entries that could be read.
    """

    def __init__(self, city: City, kinds: Mapping[str, type[Any]]) -> None:
        """Read the files of `city`; none where it has no folder of rules.

        Args:
            city: whose themes the files are named after.
            kinds: kind of condition → dataclass of its options.
        """
        self.rules: dict[str, Rule] = {}
        self._kinds = kinds
        self._documents = [Document(path) for path in rule_files(city.folder)]
        self._where: dict[str, tuple[Document, str]] = {}
        themes = [*city.themes, PLATFORM_THEME]
        for document in self._documents:
            theme = document.path.stem
            if theme in themes:
                for name, node in _entries(document).items():
                    self._add(document, name, node, theme)
            else:
                remedy = f"rename the file; {suggest(theme, themes)}"
                document.fault("", f"unknown theme {theme!r}", remedy)
        self._told = {(fault.place, fault.item) for one in self._documents for fault in one.faults}

    def by_id(self) -> dict[str, Rule | None]:
        """Return every id that is written, with its rule; None: it could not be read."""
        return {name: self.rules.get(name) for name in self._where}

    def place(self, name: str, item: str = "") -> str:
        """Return ``file:line`` of rule `name`, or of `item` in it."""
        document, rule = self._where[name]
        return f"{document.path}:{document.line(join(rule, item) if item else rule)}"

    def note(self, name: str, found: RecordFault) -> None:
        """Note what a check found wrong with rule `name`.

        Nothing is said of an item that could not be read: the check has seen its default.
        """
        document, rule = self._where[name]
        item = join(rule, found.item) if found.item else rule
        if not found.item or (self.place(name, found.item), item) not in self._told:
            document.fault(item, found.problem, found.remedy)

    def raise_faults(self) -> None:
        """Raise all that is wrong, if anything is.

        Raises:
            ConfigError: it carries every fault of every file.
        """
        faults = [fault for document in self._documents for fault in document.sorted_faults()]
        if faults:
            raise ConfigError(faults)

    def _add(self, document: Document, name: str, node: yaml.Node, theme: str) -> None:
        item = join(_TOP, name)
        if name in self._where:
            problem = f"id is taken by {self.place(name)}"
            document.fault(item, problem, "give it another")
            return
        self._where[name] = (document, item)
        rule = self._rule(document, item, node, {"id": name, "theme": theme})
        if rule is not None:
            self.rules[name] = rule

    def _rule(
        self, document: Document, item: str, node: yaml.Node, given: dict[str, Any]
    ) -> Rule | None:
        if not isinstance(node, yaml.MappingNode):
            document.record(node, Rule, item, given)  # says what is wrong with it
            return None
        try:
            version = version_of(_text_of(node))
        except RecursionError:
            document.fault(item, "too many brackets inside each other", "take most of them away")
            return None
        condition = self._condition(document, item, node)
        given |= {"condition": condition, "version": version}
        rule = document.record(_without(node, _OWN), Rule, item, given)
        return rule if condition is not None else None

    def _condition(self, document: Document, item: str, node: yaml.MappingNode) -> Any:
        found = next((value for key, value in node.value if key.value == "condition"), None)
        place = join(item, "condition")
        if found is None:
            document.fault(item, "key 'condition' is missing", "add 'condition: {<kind>: …}'")
            return None
        entries = document.entries(found, place)
        for name in entries:
            if name not in self._kinds:
                problem = f"unknown kind of condition {name!r}"
                document.fault(join(place, name), problem, suggest(name, self._kinds))
                return None
        if len(entries) != 1:
            if isinstance(found, yaml.MappingNode) and len(found.value) == len(entries):
                problem = f"{len(entries)} conditions" if entries else "no condition"
                remedy = "give one; see composite" if entries else "give one, as 'threshold: {}'"
                document.fault(place, problem, remedy)
            return None
        name, options = next(iter(entries.items()))
        return document.record(options, self._kinds[name], join(place, name))


def read_rules(city: City, kinds: Mapping[str, type[Any]]) -> RuleFiles:
    """Return the rule files of `city`, with their faults not raised yet.

    Args:
        city: whose rules.
        kinds: kind of condition → dataclass of its options.
    """
    return RuleFiles(city, kinds)


def read_facts(city: City) -> dict[str, RuleFacts]:
    """Return what can be read of every rule of `city` by id; its condition is not looked at."""
    found: dict[str, RuleFacts] = {}
    for path in rule_files(city.folder):
        document = Document(path)
        for name, node in _entries(document).items():
            theme = path.stem if path.stem in city.themes else ""
            facts = None
            if isinstance(node, yaml.MappingNode):
                given = {"id": name, "theme": theme}
                facts = document.record(_only(node, _FACTS), RuleFacts, join(_TOP, name), given)
            found.setdefault(name, facts or RuleFacts(name, theme))
    return found


def rule_files(folder: Path) -> list[Path]:
    """Return the rule files of the city in `folder`."""
    return sorted((folder / RULES_FOLDER).glob("*.y*ml"))


def _entries(document: Document) -> dict[str, yaml.Node]:
    """Return the entries of a file by id; faults where it is no rule file."""
    root = document.root()
    if document.faults:
        return {}
    top = document.entries(root, "")
    for name in top:
        if name != _TOP:
            document.fault(name, f"unknown key {name!r}", suggest(name, [_TOP]))
    if _TOP not in top:
        document.fault("", f"key {_TOP!r} is missing", f"add '{_TOP}:' with its records")
        return {}
    return document.entries(top[_TOP], _TOP)


def _without(node: yaml.MappingNode, names: tuple[str, ...]) -> yaml.MappingNode:
    kept = [pair for pair in node.value if pair[0].value not in names]
    return yaml.MappingNode(node.tag, kept, node.start_mark, node.end_mark)


def _only(node: yaml.MappingNode, names: tuple[str, ...]) -> yaml.MappingNode:
    return _without(node, tuple(key.value for key, _ in node.value if key.value not in names))


def _text_of(node: yaml.MappingNode) -> str:
    """Return what the version is the hash of: all but tests and where thresholds come from."""
    return str(yaml.serialize(_without(node, _NOT_IN_VERSION)))
