"""The contact list survives Excel and YAML, and says what is wrong with a sheet."""

from __future__ import annotations

import json
import tempfile
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from pipeline.adapters.home import save_units
from pipeline.adapters.settings import load_units
from pipeline.adapters.unitbook import diff_units, read_units, write_units
from pipeline.errors import ConfigError
from pipeline.model import Alias, Contact, ContactRole, Unit

CORPUS = Path(__file__).resolve().parents[2] / "corpus"
WORD = st.text("甲乙丙丁县局办中心=+@", min_size=1, max_size=8)
BOX = st.from_regex(r"[a-z][a-z0-9_]{1,8}@[a-z]{2,6}\.example", fullmatch=True)
CONTACT = st.builds(
    Contact, st.sampled_from(ContactRole), WORD, st.one_of(st.just(""), BOX), st.sampled_from(["", "03598530000"])
)


@st.composite
def lists(draw: st.DrawFn) -> tuple[Unit, ...]:
    """Contact lists as the office could write them: no mailbox of two units, a liaison's address is a mailbox."""
    found = []
    taken: set[str] = set()
    for name in draw(st.lists(WORD, min_size=1, max_size=4, unique=True)):
        drawn = draw(st.lists(CONTACT, max_size=4))
        order = {ContactRole.LIAISON: 0, ContactRole.SUPERVISOR: 1, ContactRole.HEAD: 2}
        people = sorted((one for one in drawn if one.address not in taken), key=lambda one: order[one.role])
        boxes = [box for box in draw(st.lists(BOX, max_size=3)) if box not in taken]
        boxes += [one.address for one in people if one.role == ContactRole.LIAISON and one.address]
        taken |= set(boxes) | {one.address for one in people if one.address}
        dates = st.one_of(st.none(), st.dates())
        unit = Unit(
            name=name,
            full_name=draw(WORD),
            aliases=tuple(draw(st.lists(st.builds(Alias, WORD, dates, dates), max_size=3))),
            mailboxes=tuple(dict.fromkeys(boxes)),
            contacts=tuple(people),
            chased=draw(st.booleans()),
            exempt=tuple(draw(st.lists(st.tuples(st.sampled_from(["2022-08", "2022-11"]), WORD), max_size=2))),
        )
        found.append(unit)
    return tuple(found)


@settings(max_examples=40, deadline=None)
@given(lists())
def test_units_survive_excel_and_yaml(units: tuple[Unit, ...]) -> None:
    """Units → xlsx → units → yaml → units is the identity."""
    again = read_units(write_units(units))
    assert units == again
    with tempfile.TemporaryDirectory() as folder:
        save_units(Path(folder), again)
        assert units == load_units(Path(folder) / "config")


def test_the_offices_own_list_is_read() -> None:
    """The list with its title row and eight columns gives all units with aliases, mailboxes and liaisons."""
    units = read_units((CORPUS / "units.xlsx").read_bytes())
    known = json.loads((CORPUS / "units.json").read_text(encoding="utf-8"))
    assert [one["name"] for one in known] == [unit.name for unit in units]
    assert [one["emails"] for one in known] == [list(unit.mailboxes) for unit in units]
    assert [one["aliases"] for one in known] == [[alias.name for alias in unit.aliases] for unit in units]
    assert units == read_units(write_units(units))


def book(*rows: tuple[object, ...]) -> bytes:
    """An Excel file of these rows."""
    made = Workbook()
    for row in rows:
        made.active.append(row)
    out = BytesIO()
    made.save(out)
    return out.getvalue()


def test_all_problems_have_sheet_and_row() -> None:
    """Bad addresses, doubled units, shared mailboxes, bad marks and unsettled formulas come together."""
    data = book(
        ("单位", "电子邮箱", "联系人", "联系人邮箱", "是否催报", "免报月份"),
        ("甲局", "a@x.example", None, None, "也许", None),
        ("甲局", "不是邮箱", None, None, None, "八月"),
        ("乙局", "a@x.example", "张、李", "b@x.example", None, None),
        ("丙局", "=A1", None, None, None, None),
        (None, "c@x.example", None, None, None, None),
    )
    with pytest.raises(ConfigError) as caught:
        read_units(data)
    assert {2, 3, 4, 5, 6} == {one.line for one in caught.value.problems}
    assert all("Sheet" in one.file for one in caught.value.problems)


def test_no_book_is_told() -> None:
    """Bytes that are no workbook, and a workbook without a heading, are refused with the remedy."""
    with pytest.raises(ConfigError, match="另存为"):
        read_units(b"no book")
    with pytest.raises(ConfigError, match="表头"):
        read_units(book(("一", "二")))


def test_formulas_stay_text() -> None:
    """A name that begins with = is written as text."""
    sheet = load_workbook(BytesIO(write_units((Unit("=1+1", "@全称"),)))).active
    assert (sheet["B2"].data_type, sheet["B2"].value, sheet["B2"].quotePrefix) == ("s", "=1+1", True)


def test_the_difference_is_told() -> None:
    """New, gone and changed units are each one line."""
    old = (Unit("甲局", "某县甲局"), Unit("乙局", "某县乙局"))
    new = (Unit("甲局", "某县甲局", mailboxes=("a@x.example",)), Unit("丙局", "某县丙局"))
    assert diff_units(old, new) == ("新增单位：丙局", "删除单位：乙局", "甲局：邮箱由“无”改为“a@x.example”")
