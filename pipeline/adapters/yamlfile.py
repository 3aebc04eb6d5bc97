"""Text of a YAML 1.2 file → tables and rows that know their lines. Contains no business logic.

Reading only, and with the C parser, because every command begins with it; :mod:`pipeline.adapters.home` edits files and
keeps their comments with another library, which takes forty times as long. What that one would refuse or take for
another value is refused or taken so here, so that whatever can be read can be edited.
"""

from __future__ import annotations

import re
from typing import Any

import yaml


class YamlError(ValueError):
    """The text is no YAML, or says something that no file of ours may say."""

    def __init__(self, problem: str, *, line: int) -> None:
        super().__init__(problem)
        #: What is wrong, in the parser's words.
        self.problem = problem
        #: 1-based; 0 where it is not known.
        self.line = line


class DoubleKeyError(YamlError):
    """A key stands twice in one table."""

    def __init__(self, key: str, *, line: int) -> None:
        super().__init__(f"duplicate key {key}", line=line)
        self.key = key


class Table(dict[str, Any]):
    """A mapping and the 1-based line of each of its keys."""

    __slots__ = ("lines",)

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, int] = {}


class Rows(list[Any]):
    """A sequence and the 1-based line of each of its rows."""

    __slots__ = ("lines",)

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[int] = []


_TAG = "tag:yaml.org,2002:"
#: What a bare word is taken for, with the characters it may begin with; anything else is text. This is YAML 1.2 and
#: days: ``yes`` and ``on`` are words, 012 is twelve, 08:30 is text.
_WORDS: tuple[tuple[str, str, str], ...] = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    (
        "float",
        (
            r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+"
            r"|[-+]?\.[0-9_]+(?:[eE][-+][0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
        ),
        "-+0123456789.",
    ),
    ("int", r"[-+]?0b[01_]+|[-+]?0o[0-7_]+|[-+]?[0-9_]+|[-+]?0x[0-9a-fA-F_]+", "-+0123456789"),
    ("merge", r"<<", "<"),
    ("null", r"~|null|Null|NULL", "~nN"),
    (
        "timestamp",
        (
            r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}"
            r"(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?"
        ),
        "0123456789",
    ),
)


class _Parser(yaml.CSafeLoader):  # type: ignore[misc] # the library ships no types
    """The C parser with the words of YAML 1.2 in place of those of YAML 1.1."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as the library has it

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        """A whole number: 012 is twelve."""
        digits = str(node.value).replace("_", "")
        base = {"0b": 2, "0o": 8, "0x": 16}.get(digits.lstrip("+-")[:2], 10)
        return int(digits, base)


for _name, _pattern, _first in _WORDS:
    _Parser.add_implicit_resolver(_TAG + _name, re.compile(rf"(?:{_pattern})\Z"), list(_first))
_Parser.add_implicit_resolver(_TAG + "null", re.compile(r"\Z"), [""])
_Parser.add_constructor(_TAG + "int", _Parser.construct_yaml_int)


_TAB = "found character '\\t' that cannot start any token"


def load(text: str) -> Any:  # noqa: ANN401 - what YAML holds
    """What a file says: tables, rows, texts, numbers, days, true, false, ``None``.

    Raises:
        YamlError: with the line of what is wrong.
    """
    if "\t" in text:
        _refuse_tabs(text)
    try:
        parser = _Parser(text)
        node = parser.get_single_node()
        return None if node is None else _value(parser, node, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if "expected ':'" in (error.problem or "") and error.context_mark:
            # Noticed where the next word begins; wrong is the word that has no colon.
            mark = error.context_mark
        raise YamlError(error.problem or "", line=mark.line + 1 if mark else 0) from error
    except yaml.YAMLError as error:
        raise YamlError("", line=0) from error


def _refuse_tabs(text: str) -> None:
    """Tabs outside quotes, brackets, comments and blocks of text: this parser lets some pass, the other none."""
    end = depth = 0
    try:
        for token in yaml.scan(text, Loader=_Parser):
            start = token.start_mark
            bare = isinstance(token, yaml.ScalarToken) and token.plain
            words = text[start.index : token.end_mark.index] if bare else ""
            gap = re.sub(r"#.*", "", text[end : start.index]) if not depth else ""
            if "\t" in gap + words:
                breaks = (gap + words).partition("\t")[0].count("\n") - gap.count("\n")
                raise YamlError(_TAB, line=start.line + 1 + breaks)
            depth += isinstance(token, yaml.FlowSequenceStartToken | yaml.FlowMappingStartToken)
            depth -= isinstance(token, yaml.FlowSequenceEndToken | yaml.FlowMappingEndToken)
            end = token.end_mark.index
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        if mark and text[mark.index : mark.index + 1] == "\t":
            raise YamlError(_TAB, line=mark.line + 1) from error
        # Anything else is said with its line when it is parsed.
    except yaml.YAMLError:
        return


def _value(parser: _Parser, node: yaml.Node, inside: tuple[yaml.Node, ...]) -> Any:  # noqa: ANN401 - what YAML holds
    """A node as a value; ``inside`` are the nodes around it."""
    if isinstance(node, yaml.ScalarNode):
        try:
            return parser.construct_object(node)
        except (ValueError, TypeError, OverflowError) as error:
            raise YamlError("", line=node.start_mark.line + 1) from error
    if node in inside:
        raise YamlError("a value holds itself", line=node.start_mark.line + 1)
    around = (*inside, node)
    if isinstance(node, yaml.SequenceNode):
        rows = Rows()
        for inner in node.value:
            rows.append(_value(parser, inner, around))
            rows.lines.append(inner.start_mark.line + 1)
        return rows
    return _table(parser, node, around)


def _table(parser: _Parser, node: yaml.MappingNode, inside: tuple[yaml.Node, ...]) -> Table:
    table, merged = Table(), Table()
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if key_node.tag == _TAG + "merge":
            for base in value_node.value if isinstance(value_node, yaml.SequenceNode) else (value_node,):
                other = _value(parser, base, inside)
                if not isinstance(other, Table):
                    raise YamlError("expected a mapping for merging", line=line)
                for key in other.keys() - merged.keys():
                    merged[key], merged.lines[key] = other[key], other.lines[key]
            continue
        if not isinstance(key_node, yaml.ScalarNode):
            raise YamlError("a key is no word", line=line)
        key = str(_value(parser, key_node, inside))
        if key in table:
            raise DoubleKeyError(key, line=line)
        table[key], table.lines[key] = _value(parser, value_node, inside), line
    for key in merged.keys() - table.keys():
        table[key], table.lines[key] = merged[key], merged.lines[key]
    return table
