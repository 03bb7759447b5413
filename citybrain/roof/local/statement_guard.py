"""What a statement may do at the local store, by who asks: an allow-list, judged by its tokens.

chDB has one user and no sources that could be switched off one by one, so what ClickHouse's grants
forbid in production is refused here (and once more by the engine's own grants, `engine_config`).
The tokens are a strict part of ClickHouse's: what could be read in two ways is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from citybrain.roof.local.statement_lists import (
    CALLS_OF_WRITERS,
    ENGINES,
    FORMATS,
    REFUSED_CALLS,
    SETTINGS_OF_READERS,
    SETTINGS_OF_TABLES,
    SETTINGS_OF_WRITERS,
    STATEMENTS,
    SYSTEM_TABLES,
    TABLE_FUNCTIONS,
)

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n]+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)
    |(?P<text>'(?:[^'\\]|\\.)*')
    |(?P<quoted>`[^`\\]*`|"[^"\\]*")
    |(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<sign>[-(),.=<>!+*/%|\[\]{}:?;])
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_QUOTABLE = re.compile(r"[\w .:%+-]{1,192}\Z")
_SYSTEM = {"system", "information_schema"}
_AMBIGUOUS = ("/*", "*/", "//")
_OPENS, _CLOSES = "([{", ")]}"


MOST = 512 * 1024
"""Characters of a statement; what is longer are rows, and they come as INSERT … FORMAT."""
_SHORT = 16 * 1024
_CLAUSES = 16


class StoreRole(Enum):
    """Who asks: one who may only read, or one who keeps the tables."""

    READER = "reader"
    WRITER = "writer"


class StatementRefused(Exception):
    """A statement or a setting that whoever asks may not use."""


class _Token(NamedTuple):
    kind: str
    text: str

    @property
    def name(self) -> str:
        """A word or quoted name in lower case; "" for everything else."""
        return self.text.casefold() if self.kind in {"word", "quoted"} else ""

    def is_sign(self, sign: str) -> bool:
        """Whether it is that sign."""
        return self.kind == "sign" and self.text == sign

    def is_word(self, *words: str) -> bool:
        """Whether it is one of `words`, unquoted."""
        return self.kind == "word" and self.text.casefold() in words


_END = _Token("end", "")


def check_statement(sql: str, role: StoreRole) -> None:
    """Let `sql` pass where `role` may say it; a short one is remembered, for it comes again.

    Raises:
        StatementRefused: it may not, or it cannot be told what `sql` is.
    """
    if len(sql) > MOST:
        raise StatementRefused(f"a statement of more than {MOST} characters")
    (_remembered if len(sql) <= _SHORT else _check)(sql, role)


def _check(sql: str, role: StoreRole) -> None:
    tokens = _tokens(sql)
    statement = _statement(tokens, role)
    if role is StoreRole.READER:
        _refuse_words(tokens, "into", "insert")
    _refuse_words(tokens, "outfile", "infile", "identifier")
    _check_calls(tokens, role)
    _check_names(tokens)
    _check_formats(tokens)
    _check_settings_clauses(tokens, role, tables=statement[0] in {"create", "alter"})
    if statement[0] == "create":
        _check_engines(tokens)
    if statement[0] == "insert":
        _refuse_words(tokens, "function", "format")
    if statement[0] == "alter":
        _refuse_words(tokens, "fetch", "freeze", "unfreeze", "disk", "volume", "shard")


_remembered = lru_cache(512)(_check)


def check_insert(sql: str, form: str, role: StoreRole) -> None:
    """Let the head of an insert pass, whose rows come in format `form`.

    Raises:
        StatementRefused: `role` may not insert, or not so.
    """
    check_statement(sql, role)
    check_format(form)


def check_format(name: str) -> None:
    """Let the name of a format pass that neither reads a file nor runs anything.

    Raises:
        StatementRefused: it is another one.
    """
    if name.casefold() not in FORMATS:
        raise StatementRefused(f"format {name} is not for use here")


def check_settings(names: Iterable[str], role: StoreRole) -> None:
    """Let settings pass that make nobody's rights wider.

    Raises:
        StatementRefused: one of them is not known to be harmless.
    """
    known = SETTINGS_OF_READERS if role is StoreRole.READER else SETTINGS_OF_WRITERS
    for name in names:
        if name.casefold() not in known:
            raise StatementRefused(f"setting {name} is not for {role.value}s")


def check_database(name: str) -> None:
    """Let the name of a database pass that holds tables of ours.

    Raises:
        StatementRefused: it is the engine's own, or no plain name.
    """
    if name.casefold() in _SYSTEM or not _QUOTABLE.match(name):
        raise StatementRefused(f"database {name!r} is not for use here")


def check_parameters(parameters: Mapping[str, str]) -> None:
    """Let bound parameters pass; their values are values, whatever they hold.

    Raises:
        StatementRefused: a name is no plain one.
    """
    for name in parameters:
        if not re.fullmatch(r"\w{1,64}", name, re.ASCII):
            raise StatementRefused(f"parameter {name!r}")


def _tokens(sql: str) -> list[_Token]:
    """Return the tokens of one statement, without comments."""
    found = list(_scan(sql))
    while found and found[-1].is_sign(";"):
        found.pop()
    if not found:
        raise StatementRefused("an empty statement")
    for token, after in zip(found, [*found[1:], _END], strict=True):
        if token.is_sign(";"):
            raise StatementRefused("one statement a request")
        if token.kind in {"text", "quoted"} and after.kind == "quoted":
            raise StatementRefused("a quoted name right behind another")
        if token.kind == "quoted" and not _QUOTABLE.match(token.text):
            raise StatementRefused(f"the name {token.text!r}")
    return found


def _scan(sql: str) -> Iterator[_Token]:
    at = 0
    while at < len(sql):
        match = _TOKEN.match(sql, at)
        if match is None or (match.lastgroup == "sign" and sql.startswith(_AMBIGUOUS, at)):
            raise StatementRefused(f"what begins with {sql[at : at + 12]!r}")
        kind, text = str(match.lastgroup), match[0]
        if "\0" in text or (text.startswith("/*") and "/*" in text[2:]):
            raise StatementRefused("a comment inside a comment, or a zero byte")
        if kind != "space":
            yield _Token(kind, text[1:-1] if kind == "quoted" else text)
        at = match.end()


def _statement(tokens: Sequence[_Token], role: StoreRole) -> tuple[str, ...]:
    """Return the allowed words that the statement begins with."""
    start = 0
    while start < len(tokens) and tokens[start].is_sign("("):
        start += 1
    words = [token.text.casefold() if token.kind == "word" else "" for token in tokens[start:]]
    for known in STATEMENTS[role.value]:
        if tuple(words[: len(known)]) == known and (not start or known[0] in {"select", "with"}):
            return known
    begins = " ".join(word.upper() for word in words[:2] if word)
    raise StatementRefused(f"{begins or 'this'} is not for {role.value}s")


def _refuse_words(tokens: Sequence[_Token], *words: str) -> None:
    for token in tokens:
        if token.is_word(*words):
            raise StatementRefused(f"{token.text.upper()} is not for use here")


def _check_calls(tokens: Sequence[_Token], role: StoreRole) -> None:
    """Refuse what reaches out of the tables: table functions, and functions that do so."""
    for token, after in pairwise(tokens):
        if not after.is_sign("("):
            continue
        if token.is_sign("}"):
            raise StatementRefused("a parameter for the name of a function")
        name = token.name
        spared = role is StoreRole.WRITER and name in CALLS_OF_WRITERS
        if (name in REFUSED_CALLS or name.startswith(("ai", "dict"))) and not spared:
            raise StatementRefused(f"{token.text}() is not for use here")
        if name.endswith("cluster") and name not in TABLE_FUNCTIONS:
            raise StatementRefused(f"{token.text}() is not for use here")


def _check_names(tokens: Sequence[_Token]) -> None:
    """Refuse tables that are files, and the engine's own ones that tell more than they should."""
    from_words = ("from", "join", "into", "table", "describe", "desc", "exists", "in", "view")
    for before, token, after in zip([_END, *tokens], tokens, [*tokens[1:], _END], strict=False):
        if token.kind == "text" and before.is_word(*from_words):
            raise StatementRefused("a text for the name of a table")
        if token.name in _SYSTEM and after.is_sign(".") and not before.is_sign("."):
            continue
        if token.name in _SYSTEM and before.is_word(*from_words):
            raise StatementRefused(f"{token.text} for the name of a table")
    for base, dot, table in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if base.name in _SYSTEM and dot.is_sign(".") and table.name not in SYSTEM_TABLES:
            raise StatementRefused(f"{base.text}.{table.text} is not for use here")


def _check_formats(tokens: Sequence[_Token]) -> None:
    for token, after in pairwise(tokens):
        if token.is_word("format") and after.name:
            check_format(after.text)


def _check_engines(tokens: Sequence[_Token]) -> None:
    for at, token in enumerate(tokens):
        if token.is_word("engine"):
            after = tokens[at + 1 : at + 3]
            named = after[1:] if after and after[0].is_sign("=") else after[:1]
            if not named or named[0].name not in ENGINES:
                raise StatementRefused("such an engine is not for use here")


def _check_settings_clauses(tokens: Sequence[_Token], role: StoreRole, *, tables: bool) -> None:
    """Check the names in ``SETTINGS a = 1, b = 2`` and in ``MODIFY SETTING a = 1``."""
    if sum(token.is_word("settings", "setting") for token in tokens) > _CLAUSES:
        raise StatementRefused(f"more than {_CLAUSES} clauses of settings")
    for at, token in enumerate(tokens):
        before = tokens[at - 1] if at else _END
        if not token.is_word("settings", "setting") or before.is_sign("."):
            continue
        for name in _assigned(tokens[at + 1 :]):
            if tables and name.casefold() in SETTINGS_OF_TABLES:
                continue
            check_settings([name], role)


def _assigned(tokens: Sequence[_Token]) -> Iterator[str]:
    """Yield the names that a list of settings gives values to; the list may end anywhere."""
    expects, depth = True, 0
    for token in tokens:
        if token.kind == "sign" and token.text in _OPENS:
            depth += 1
        elif token.kind == "sign" and token.text in _CLOSES:
            depth -= 1
        if depth < 0:
            return
        if depth == 0 and expects:
            if not token.name:
                return
            yield token.text
        expects = depth == 0 and token.is_sign(",")
