"""The pre-filled workbook goes out, comes back and is known again."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import openpyxl
import pytest
import sample_month as sample
from ruamel.yaml import YAML

from pipeline.digest.workbook import HEADERS, STATUSES, file_name, prefilled
from pipeline.forms import form_number, recognise
from pipeline.model import Cell, Document, Knowledge, Paragraph, Part, Status, Table
from pipeline.readers.reader import read
from pipeline.readers.tools import Tools
from pipeline.understanding.records import extract


def book(unit: str = "县工信科局") -> bytes:
    """The workbook of one unit."""
    month = sample.september(at=sample.instant(1, 9))
    return prefilled(
        sample.unit_of(month, unit), office=sample.OFFICE, month=month, previous=sample.unit_of(sample.august(), unit)
    )


def as_document(data: bytes, *, properties: bool = True, cells: bool = True) -> Document:
    """What a reader of sheets makes of it: visible cells, merged ones once, and the title property."""
    loaded = openpyxl.load_workbook(BytesIO(data))
    sheet = loaded.active
    found = tuple(
        Cell(str(cell.value), cell.row - 1, cell.column - 1, f"填报表!{cell.coordinate}")
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    )
    table = Table(found if cells else (), sheet.max_row, sheet.max_column, "填报表", title=sheet.title)
    named = (("title", loaded.properties.title or ""),) if properties else ()
    return Document("1", "填报表.xlsx", "xlsx", (table,), properties=named)


def test_it_holds_only_the_units_items_with_last_months_words() -> None:
    """Headers of a ledger, plan numbers, role, last month in its own column, empty columns to fill in."""
    sheet = openpyxl.load_workbook(BytesIO(book())).active
    rows = list(sheet.iter_rows(min_row=4, values_only=True))

    assert rows[0] == HEADERS
    assert [row[1] for row in rows[1:]] == [7, 8, 9]
    assert [row[3] for row in rows[1:]] == ["牵头", "牵头", "负责"]
    assert rows[1][4] == "全县累计建成5G基站165个。\n〔正常推进；累计5G基站165个〕"
    assert [value for row in rows[1:] for value in row[5:]] == [None] * 15
    choice = next(rule for rule in sheet.data_validations.dataValidation if rule.type == "list")
    assert choice.formula1 == '"' + ",".join(STATUSES) + '"'
    assert str(choice.sqref) == "H5:H7"


@pytest.mark.parametrize(("properties", "cells"), [(True, True), (True, False), (False, True)])
def test_it_is_known_again_by_head_line_or_property(properties: bool, cells: bool) -> None:  # noqa: FBT001 - parameters
    """Either trace is enough: programs drop properties, clerks drop lines."""
    document = as_document(book(), properties=properties, cells=cells)

    assert recognise(document) == ("县工信科局", "2022-09")


def test_a_line_edited_by_hand_proves_nothing() -> None:
    """Last month's file with another month or unit typed in does not pass the check code."""
    line = f"填报单位：县工信科局  月份：2022年9月  表号 {form_number('县工信科局', '2022-09')}"

    def said(text: str) -> Document:
        return Document("1", "a.docx", "docx", (Paragraph(text, "第1段"),))

    assert recognise(said(line)) == ("县工信科局", "2022-09")
    assert recognise(said(line.replace("9月", "10月"))) is None
    assert recognise(said(line.replace("县工信科局", "县文旅局"))) is None
    assert recognise(said("县工信科局9月份工作总结")) is None


def test_it_is_deterministic_and_named() -> None:
    """Equal facts, equal bytes; the name says unit and month."""
    assert book() == book()
    assert file_name(sample.unit_of(sample.september(), "县文旅局")) == "县文旅局2022年9月填报表.xlsx"


def test_last_months_hostile_words_stay_text() -> None:
    """A formula in last month's text is a string in the workbook."""
    month, unit = sample.september(), sample.unit_of(sample.september(), "青河电信")
    record = replace(unit.records[0], progress="=1+1\x00")
    data = prefilled(
        unit, office=sample.OFFICE, month=month, previous=replace(unit, records=(record, *unit.records[1:]))
    )
    cells = [cell for row in openpyxl.load_workbook(BytesIO(data)).active.iter_rows() for cell in row]

    assert not [cell for cell in cells if cell.data_type == "f"]
    assert any(str(cell.value).startswith("=1+1\n") for cell in cells)


def test_a_filled_workbook_is_read_as_an_ordinary_ledger() -> None:
    """The program's own readers take it back without knowing it: items, words, status, and nothing of last month."""
    loaded = openpyxl.load_workbook(BytesIO(book()))
    sheet = loaded.active
    rows = (
        ("当月新开通5G基站11个，累计178个。", "178个", "正常推进", "部分站址协调难度大。", "10月底前再开通12个。"),
        ("走访制造企业6家，推动标识解析。", None, "进度滞后", None, None),
        ("新认定高新技术企业1家。", 1, "已完成", "无", None),
    )
    for number, values in enumerate(rows, start=5):
        for column, value in zip("FGHIJ", values, strict=True):
            sheet[f"{column}{number}"] = value
    out = BytesIO()
    loaded.save(out)
    document = read(Part("1", "填报表.xlsx", "", out.getvalue()), Tools())
    assert isinstance(document, Document)
    lists = YAML(typ="safe").load((sample.ROOT / "config" / "reading.yaml").read_text(encoding="utf-8"))
    lexicon = {name: tuple(map(str, words)) for name, words in lists.items() if isinstance(words, list)}
    knowledge = Knowledge(sample.PLAN, (), frozenset(), ("服务业",), lexicon=lexicon)
    taken = extract((document,), unit="县工信科局", period="2022-09", digest="0" * 64, knowledge=knowledge)

    assert recognise(document) == ("县工信科局", "2022-09")
    assert [(entry.match.item, entry.progress, entry.status) for entry in taken.records] == [
        (7, rows[0][0], Status.ON_TRACK),
        (8, rows[1][0], Status.BEHIND),
        (9, rows[2][0], Status.DONE),
    ]
    assert [entry.text for entry in taken.problems] == ["部分站址协调难度大。"]
    assert [entry.text for entry in taken.next_steps] == ["10月底前再开通12个。"]
    assert taken.off_plan == ()
