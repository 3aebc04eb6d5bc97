"""docs/threats.md is whole and true: every threat has its row, every test that it names exists and speaks of it."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")
THREATS = [*range(1, 12), *range(20, 35), *range(40, 51)]
ROWS = {match[1]: match[0] for match in re.finditer(r"^\| (T\d+) \|.*$", PAGE, re.MULTILINE)}
NAMED = sorted(set(re.findall(r"`(tests/[\w/.]+\.py)::(\w+)`", PAGE)))
#: Numbers of the reports from which the list of incidents was made.
INCIDENTS = (
    *(242, 2396, 694, 243, 154, 76, 8329, 6979, 8944, 8939, 253, 78, 1662, 5645, 12155, 664, 404, 55383, 6, 20),
    *(1041, 1467, 150, 2445, 5131, 3628, 2772, 92017, 5457, 46, 828, 356, 5863, 2099, 153),
)


@lru_cache(maxsize=64)
def functions(file: str) -> dict[str, str]:
    """Names of a file's tests with their docstrings."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {one.name: ast.get_docstring(one) or "" for one in tree.body if isinstance(one, ast.FunctionDef)}


def test_every_threat_has_its_row() -> None:
    """None is left out, and each says what is done."""
    assert list(ROWS) == [f"T{number}" for number in THREATS]


@pytest.mark.parametrize(("file", "name"), NAMED, ids=[name for _, name in NAMED])
def test_every_named_test_exists(file: str, name: str) -> None:
    """Whoever follows a row finds its test, and the test says what it claims."""
    assert functions(file).get(name)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_every_row_names_a_test_or_says_that_there_is_none(row: str) -> None:
    """Nothing is claimed without being shown."""
    assert "::test_" in row or "there is no console yet" in row


@pytest.mark.parametrize("number", INCIDENTS)
def test_every_incident_has_a_test_that_names_it(number: int) -> None:
    """What lost or doubled mail elsewhere is a test of ours, named after its report."""
    row = next(line for line in PAGE.splitlines() if re.search(rf"#{number}\b", line))
    file, name = re.findall(r"`(tests/[\w/.]+\.py)::(\w+)`", row)[0]
    told = functions(file)[name] + name
    assert any(re.search(rf"#{one}\b|_{one}(_|$)", told) for one in re.findall(r"#(\d+)", row))
