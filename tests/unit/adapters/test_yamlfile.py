"""Files are read as they are edited: two parsers, one meaning."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.adapters.yamlfile import DoubleKeyError, Rows, YamlError, load

CONFIG = Path(__file__).resolve().parents[3] / "config"


@pytest.mark.parametrize("path", sorted(CONFIG.glob("*.yaml")), ids=lambda path: path.name)
def test_the_shipped_files_say_the_same_to_both(path: Path) -> None:
    """Every value of every file is what the editing library takes it for."""
    text = path.read_text(encoding="utf-8")
    assert load(text) == YAML(typ="rt").load(text)


@pytest.mark.parametrize(
    "scrap",
    [
        *("yes", "no", "on", "off", "y", "n", "true", "True", "TRUE", "false", "~", "null", "", "Null", "nil"),
        *("012", "0o17", "0x1F", "0b11", "1_000", "+1", "-1", "1e3", "1.5", "1.", ".5", ".inf", "1:30", "190:20:30"),
        *("08:30", "2022-08-01", "2022-9-3", "2022-09-12T10:00:00", "2022-08", '"08:30"', "'it''s'", '"\\u4e00"'),
        *("[1, 2]", "{a: 1}", "[a b, c:d]", "{a, b}", "[1,\t2]", "'a\tb'", "http://x:80/y", "a #b", "a#b"),
        *("|\n  x\n  y\n", ">-\n  x\n  y\n", "&x [1]\nb: *x", "&x {a: 1}\nb:\n  <<: *x\n  c: 2", "- x", "\tx", "x\ty"),
        *("1\t# c", "[1", "'x", "@x", "%x", "*x", "a: b", "x\nb", "\n- 1\n - 2", "\n  c: 1\n d: 2"),
    ],
)
def test_a_word_is_the_same_to_both(scrap: str) -> None:
    """A bare or quoted word, a list, a block, a mistake: read as it would be edited, refused where it could not be."""
    text = f"a: {scrap}\n"
    try:
        edited = YAML(typ="rt").load(text)
    except YAMLError:
        with pytest.raises(YamlError) as caught:
            load(text)
        assert caught.value.line > 0
    else:
        assert load(text) == edited
        assert {
            key: type(value) for key, value in load(text).items() if isinstance(value, (bool, int, float, str))
        } == {
            key: next(kind for kind in (bool, int, float, str) if isinstance(value, kind))
            for key, value in edited.items()
            if isinstance(value, (bool, int, float, str))
        }


def test_everything_knows_its_line() -> None:
    """Keys and rows, in blocks and in brackets, lines counted from one."""
    found = load("# 注\na: 1\nb:\n  - x\n  - {c: 1,\n     d: 2}\n")
    assert found.lines == {"a": 2, "b": 3}
    assert isinstance(found["b"], Rows)
    assert found["b"].lines == [4, 5]
    assert found["b"][1].lines == {"c": 5, "d": 6}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: 2\na: 3\n", 3),
        ("a: 1\nb\nc: 2\n", 2),
        ("a: 1\nb: &x [*x]\n", 2),
        ("a: 1\n[x]: 2\n", 2),
        ("a:\n\tb: 1", 2),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, line: int) -> None:
    """A key that stands twice, a word without colon, a list that holds itself, a list as a key, a tab."""
    with pytest.raises(YamlError) as caught:
        load(text)
    assert caught.value.line == line
    assert isinstance(caught.value, DoubleKeyError) == (text.count("a:") == 2)
