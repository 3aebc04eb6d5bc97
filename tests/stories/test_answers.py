"""The office's answers take effect: a passage counts where it was told, a figure is filed, the next month asks less."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pipeline.app import Work
from pipeline.errors import YuebaoError
from pipeline.flows import facts
from pipeline.flows.desk import Desk
from pipeline.model import ReportRecord
from tests.hostile.office_desk import START, clock_of, office, take

UNIT = "县文旅局"
NEXT = START + timedelta(days=30)
#: Its first passage may be item 35 or 31, its second is none of the plan's, so far as the program can tell.
REPORT = """县服务业办：
现将我局{month}月份工作报告如下。
一、推出灯会{shows}场，带动摊位收入{income}万元。
二、研学基地接待学生{pupils}人次。
"""
HEAD = ["重点任务", "本月完成情况", "完成率", "存在问题"]
LEDGER = [HEAD, ["品牌民宿培育", "新评定等级民宿3家。", 0.742, "无"], ["A级景区创建", "完成资料评审1次。", 0.5, "无"]]


def mail(text: str, *, at: datetime, table: list[list[Any]] | None = None) -> bytes:
    """A report from the unit's own mailbox, in the body or as a workbook."""
    letter = EmailMessage()
    letter["From"] = "xxwlj@163.example"
    letter["To"] = "office@163.example"
    letter["Subject"] = f"{UNIT}{(at.month - 2) % 12 + 1}月份工作总结"
    letter["Date"] = format_datetime(at)
    letter["Message-ID"] = f"<{at:%Y%m%d%H%M%S}@163.example>"
    letter.set_content(text)
    if table is not None:
        book = openpyxl.Workbook()
        for row in table:
            book.active.append(row)
        data = io.BytesIO()
        book.save(data)
        letter.add_attachment(
            data.getvalue(), maintype="application", subtype="octet-stream", filename="8月份服务业提质增效台账.xlsx"
        )
    return letter.as_bytes()


def report(desk: Desk, **told: object) -> None:
    """The unit's report of the month before now."""
    now = desk.now()
    take(desk, mail(REPORT.format(month=now.month - 1, **told), at=now))


def asked(desk: Desk) -> dict[str, dict[str, Any]]:
    """The open questions by the first words they quote."""
    data, _ = Work(desk).questions(at=None)
    return {one["text"][:8]: one for one in data}


def standing(desk: Desk, period: str = "2022-08") -> dict[int, ReportRecord]:
    """What counts of the unit for a month, by item."""
    month = facts.month_facts(desk, period, at=desk.now())
    (unit,) = [one for one in month.units if one.unit == UNIT]
    return {record.match.item: record for record in unit.records if not record.doubtful}


def decide(desk: Desk, text: str, action: str, value: object) -> None:
    """An hour later, answer the question that quotes a passage, as the command line does."""
    clock_of(desk).set(desk.now() + timedelta(hours=1))
    (one,) = [one for one in Work(desk).questions(at=None)[0] if text in one["text"]]
    Work(desk).decide(one["handle"], answer=(action, value), by="王", note="")


def test_work_that_seemed_outside_the_plan_is_given_its_item(tmp_path: Path) -> None:
    """Asked about, it counts for nothing; told its item, it is a record beside the others and outside no more."""
    with office(tmp_path / "h") as desk:
        report(desk, shows=12, income=36, pupils=840)
        assert "灯会" not in standing(desk)[35].progress

        decide(desk, "灯会", "item", "35")

        told = standing(desk)[35]
        assert "灯会12场" in told.progress
        assert "840人次" in told.progress
        assert {figure.value for figure in told.quantities} == {12.0, 36.0, 840.0}
        assert outside(desk) == []
        assert asked(desk) == {}


def outside(desk: Desk) -> list[str]:
    """Work outside the plan, of all mails with the answers."""
    return [one.text for _, settled in facts.settled_filings(desk, until=desk.now()) for one in settled.filing.off_plan]


@pytest.mark.parametrize(
    ("answer", "counts", "beside"),
    [
        (("accept", True), {33, 35}, []),
        (("item", "31"), {31, 33}, []),
        (("item", "0"), {33}, ["办灯光秀3场，观众2600人次。"]),
        (("refuse", True), {33}, []),
    ],
    ids=["accepted", "another item", "no item", "refused"],
)
def test_a_doubtful_passage_counts_as_answered(
    answer: tuple[str, object], counts: set[int], beside: list[str], tmp_path: Path
) -> None:
    """Before the answer it counts nowhere; of no item, it is work outside the plan; refused, it is nothing."""
    with office(tmp_path / "h") as desk:
        told = "一、民宿\n新评定等级民宿3家。\n二、业务往来\n办灯光秀3场，观众2600人次。\n"
        take(desk, mail(f"现将8月份工作报告如下。\n{told}", at=desk.now()))
        assert set(standing(desk)) == {33}

        decide(desk, "灯光秀", *answer)

        assert (set(standing(desk)), outside(desk), asked(desk)) == (counts, beside, {})


@pytest.mark.parametrize(
    ("answer", "filed"),
    [
        (("accept", True), {(3.0, "家"), (74.2, "%")}),
        (("figure", "80"), {(3.0, "家"), (80.0, "%")}),
        (("figure", "2.5万元、７个"), {(3.0, "家"), (2.5, "万元"), (7.0, "个")}),
        (("refuse", True), {(3.0, "家")}),
    ],
    ids=["as suggested", "another number", "two with their units", "refused"],
)
def test_a_doubtful_figure_is_filed_as_answered(
    answer: tuple[str, object], filed: set[tuple[float, str]], tmp_path: Path
) -> None:
    """0.742 in a column of shares is not filed; the office's word is, with the cell as its place."""
    with office(tmp_path / "h") as desk:
        take(desk, mail("县文旅局8月份服务业提质增效台账见附件，请查收。", at=desk.now(), table=LEDGER))
        assert {(one.value, one.unit) for one in standing(desk)[33].quantities} == {(3.0, "家")}

        decide(desk, "品牌民宿培育", *answer)

        assert {(one.value, one.unit) for one in standing(desk)[33].quantities} == filed
        assert {one.locus.place for one in standing(desk)[33].quantities} <= {"Sheet!B2", "Sheet!C2"}
        assert list(asked(desk)) == ["“A级景区创建”"]


def test_a_row_of_nothing_but_a_doubtful_figure_waits_for_the_answer(tmp_path: Path) -> None:
    """It is no report on its item before, and one after."""
    table = [HEAD, ["A级景区创建", "完成资料评审1次。", "55%", "无"], ["品牌民宿培育", None, 0.742, "无"]]
    with office(tmp_path / "h") as desk:
        take(desk, mail("县文旅局8月份服务业提质增效台账见附件，请查收。", at=desk.now(), table=table))
        assert set(standing(desk)) == {34}

        decide(desk, "品牌民宿培育", "accept", True)

        assert {(one.value, one.unit) for one in standing(desk)[33].quantities} == {(74.2, "%")}


@pytest.mark.parametrize("words", ["很多", "742户左右吧", "户"])
def test_words_that_are_no_figure_are_sent_back(words: str, tmp_path: Path) -> None:
    """The error names the answer and shows how one looks; nothing is recorded."""
    with office(tmp_path / "h") as desk:
        take(desk, mail("县文旅局8月份服务业提质增效台账见附件，请查收。", at=desk.now(), table=LEDGER))
        with pytest.raises(YuebaoError, match=f"“{words}”不是数据，应写成 742户"):
            decide(desk, "品牌民宿培育", "figure", words)
        assert len(asked(desk)) == 2


def test_the_next_month_asks_no_more_and_a_revoked_answer_is_forgotten(tmp_path: Path) -> None:
    """Other figures in the same words go where the office sent them; taken back, the question comes again."""
    with office(tmp_path / "h") as desk:
        report(desk, shows=12, income=36, pupils=840)
        assert len(asked(desk)) == 1
        decide(desk, "灯会", "item", "35")
        (key,) = [line.split()[0] for line in Work(desk).lessons() if "灯会" in line or "任务35" in line]

        clock_of(desk).set(NEXT)
        report(desk, shows=9, income=28, pupils=611)

        assert "灯会9场" in standing(desk, "2022-09")[35].progress
        assert asked(desk) == {}

        Work(desk).revoke(key)
        clock_of(desk).set(NEXT + timedelta(days=30))
        report(desk, shows=7, income=15, pupils=300)

        assert "灯会" not in standing(desk, "2022-10")[35].progress
        assert len(asked(desk)) == 2


def test_a_mail_that_looked_like_no_report_is_read_when_the_office_says_it_is_one(tmp_path: Path) -> None:
    """Nothing of it is filed before; after the answer its items stand, and taken back they are gone again."""
    said = "现将我局8月份工作报告如下。\n一、蒲剧团排了新戏。\n二、堆云洞换了标识牌。\n"
    with office(tmp_path / "h") as desk:
        take(desk, mail(said, at=desk.now()))
        assert standing(desk) == {}
        clock_of(desk).set(desk.now() + timedelta(hours=1))
        (message,) = desk.ledger.messages()

        Work(desk).decide(message.digest[:8], answer=("kind", "report"), by="王", note="")

        assert set(standing(desk)) == {34, 38}
        (key,) = [line.split()[0] for line in Work(desk).lessons()]
        Work(desk).revoke(key)
        assert standing(desk) == {}


def test_a_question_says_how_it_may_be_answered(tmp_path: Path) -> None:
    """Each way that is shown is one that the command line takes for this very question."""
    with office(tmp_path / "h") as desk:
        take(desk, mail("县文旅局8月份服务业提质增效台账见附件，请查收。", at=desk.now(), table=LEDGER))
        report(desk, shows=12, income=36, pupils=840)
        for one in asked(desk).values():
            (line,) = [line for line in Work(desk).question(one["handle"]) if line.startswith("答法：")]
            assert ("--figure" in line, "--item" in line) == (one["kind"] == "figure", one["kind"] == "match")
