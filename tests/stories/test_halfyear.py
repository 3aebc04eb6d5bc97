"""Half a year of the office: nineteen units, five reporting months, and what an honest reader would say at the end."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from email import message_from_bytes, policy
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from pipeline.adapters.settings import load_settings
from pipeline.app import look_at, replay_home, simulate_months
from tests.corpus.halfyear.make import HERE, build

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))
#: The item of a stated problem is the reading's best guess and is no claim of this story.
GUESSED = "problem_vanished"

#: This office reminds once and has two digests a month: letters that the story does not look at cost most of its time.
_FEWER_LETTERS = {
    "office.yaml": (
        (r"remind_before: \[5, 2, 0\]", "remind_before: [2]"),
        (r"overdue_after: \[1, 3\]", "overdue_after: []"),
        (r"digest_window: \[1, 15\]", "digest_window: [11, 12]"),
    ),
}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The half year, played once."""
    folder = tmp_path_factory.mktemp("halfyear")
    home, mails, out = folder / "plain", folder / "mails", folder / "out"
    copytree(ROOT / "config", home / "config")
    for name, changes in _FEWER_LETTERS.items():
        path = home / "config" / name
        text = path.read_text(encoding="utf-8")
        for old, new in changes:
            text = re.sub(old, new, text)
        path.write_text(text, encoding="utf-8")
    settings = load_settings(home)
    build(
        mails,
        units={unit.name: (unit.full_name, unit.mailboxes[0]) for unit in settings.units},
        titles={item.number: item.title for item in settings.plan.items},
    )
    lines = simulate_months(
        home,
        mails=mails,
        since=date(2022, 9, 1),
        until=date(2023, 1, 20),
        out=out,
        decisions=HERE / "decisions.json",
        say=lambda _line: None,
    )
    assert any("演练完成" in line for line in lines)
    return out


def status(out: Path, period: str, at: str) -> dict[str, Any]:
    """``status --json`` of a month at an instant."""
    with look_at(out / "home") as work:
        return work.status(period=period, at=datetime.fromisoformat(at))[0]


def test_every_unit_stands_where_it_stood(played: Path) -> None:
    """Standing, what is missing, first receipt, lateness: at each instant as a person with the mails would say."""
    asked = {(row["period"], row["at"]): {} for row in EXPECTED["units"]}
    for period, at in asked:
        asked[period, at] = {unit["unit"]: unit for unit in status(played, period, at)["units"]}
    wrong = []
    for row in EXPECTED["units"]:
        said = asked[row["period"], row["at"]][row["unit"]]
        told = {key: said[key] for key in row if key not in {"period", "at"}}
        wanted = {key: value for key, value in row.items() if key not in {"period", "at"}}
        if told != wanted:
            wrong.append((row["period"], row["at"], wanted, told))

    assert wrong == []


def test_cumulative_figures_run_through_the_months_with_corrections_applied(played: Path) -> None:
    """A corrected 63 counts as 36; table, document and body continue one row."""
    rows = status(played, "2022-12", "2023-01-20T12:00:00+08:00")["series"]
    told = [{key: row[key] for key in ("item", "unit", "measure", "months")} for row in rows]

    assert [row for row in EXPECTED["series"] if row not in told] == []


def test_what_is_wrong_is_remarked_and_nothing_else(played: Path) -> None:
    """Every planted lapse is found, once; paraphrases, flows, balances, corrections and standing phrases are silent."""

    def key(row: dict[str, Any]) -> tuple[Any, ...]:
        item = None if row["kind"] == GUESSED else row["item"]
        return row["kind"], item, tuple(sorted(row["units"])), tuple(row["months"])

    found = [
        key(row)
        for row in status(played, "2022-12", "2023-01-20T12:00:00+08:00")["findings"]
        if row["kind"] != "never_reported"
    ]

    assert sorted(map(str, found)) == sorted(str(key(row)) for row in EXPECTED["findings"])


def test_an_item_that_nobody_answered_is_told_and_an_answered_one_is_not(played: Path) -> None:
    """Items of silent units are remarked with all who owe them; what one of several answered is not laid on all."""
    rows = status(played, "2022-12", "2023-01-20T12:00:00+08:00")["findings"]
    silent = {row["item"]: row["units"] for row in rows if row["kind"] == "never_reported" and row["item"]}

    assert {2, 8, 9, 20, 26, 34, 39, 61} <= silent.keys()
    assert silent[2] == ["县工信科局", "县文旅局", "县交通局"]
    assert not {4, 7, 10, 12, 16, 18, 21, 42, 44, 48, 62} & silent.keys()


def test_the_simulation_leaves_a_home_and_every_paper(played: Path) -> None:
    """Letters as .eml, a paper for each month, a log by day, and a home whose ledger follows from its archive."""
    letters = sorted((played / "letters").glob("*.eml"))
    subjects = [str(message_from_bytes(path.read_bytes(), policy=policy.default)["Subject"]) for path in letters]
    papers = {path.name for path in (played / "papers").rglob("*月报.docx")}
    days = {line[:10] for line in (played / "log.txt").read_text(encoding="utf-8").splitlines()}
    agreed, lines = replay_home(played / "home", check=True)

    assert {f"2022年{month}月月报.docx" for month in (8, 9, 10, 11, 12)} <= papers
    assert {"2022-09-01", "2022-10-12", "2022-11-12", "2022-12-12", "2023-01-12"} <= days
    assert not [subject for subject in subjects if "自动回复" in subject or "退信" in subject]
    assert agreed, lines
