"""The closed month adds up, keeps the plan's order and can be followed to every mail."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import docx
import sample_month as sample

from pipeline.digest import letters
from pipeline.digest.docx import summary_docx
from pipeline.digest.summary import STATUS_RULE, Change, difference, summarise, task_forces, wanted_text
from pipeline.model import QuestionKind, Role, Series, Status, Target, TargetKind


def closed():  # noqa: ANN201 - the sample month, closed
    """The sample month with its month before."""
    return summarise(sample.september(), office=sample.OFFICE, previous=sample.august())


def test_counts_add_up_and_agree_with_the_lists() -> None:
    """Due = on_time + late + none + held; answered never exceeds owed."""
    summary = closed()
    counts = summary.counts

    assert counts.due == counts.on_time + counts.late + counts.none + counts.held
    assert (counts.due, counts.late, counts.none, counts.held, counts.exempt) == (12, 1, 2, 1, 1)
    assert [unit.unit for unit in summary.missing] == ["县财政局", "县税务局"]
    assert [(unit.unit, unit.days_late) for unit in summary.late] == [("县交通局", 1)]
    assert counts.items_reported + sum(not item.progress for item in summary.items) == counts.items
    assert counts.done + counts.on_track + counts.behind + counts.not_started == counts.items_reported


def test_items_keep_the_plans_order_and_the_lead_speaks_first() -> None:
    """Items by number, within an item lead before responsible before support."""
    summary = closed()
    seventh = next(item for item in summary.items if item.number == 8)

    assert [item.number for item in summary.items] == [item.number for item in sample.PLAN.items]
    assert [entry.unit for entry in seventh.progress] == ["县工信科局", "青河电信", "县文旅局"]
    assert seventh.status is Status.BEHIND
    assert seventh.silent_support == ("青河移动",)


def test_change_against_last_month_is_told() -> None:
    """Same words and figures stood still, others moved, new ones are first."""
    said = {(entry.unit, entry.item): entry.change for item in closed().items for entry in item.progress}

    assert said["县文旅局", 11] == Change.STILL
    assert said["县工信科局", 8] == Change.MOVED
    assert said["青河移动", 7] == Change.MOVED
    assert said["县交通局", 5] == Change.FIRST


def test_every_sentence_is_followed_to_its_mail() -> None:
    """Each passage of each record is covered by rows that name mail, part and place."""
    summary = closed()
    rows = {row.number: row for row in summary.sources}

    assert sorted(rows) == list(range(1, len(rows) + 1))
    for item in summary.items:
        for entry in item.progress:
            told = "".join(rows[number].sentence for number in entry.sources)
            assert "".join(told.split()) == "".join(entry.text.split())
            assert all(rows[number].mail.endswith(".eml") for number in entry.sources)
            assert all(rows[number].place and rows[number].part for number in entry.sources)
    places = [
        row.place for row in rows.values() if row.unit == "县文旅局" and row.item == 10 and "推介" in row.sentence
    ]
    assert places == ["第3段之后"]


def test_targets_are_judged_by_their_kind() -> None:
    """Shares only where one cumulative figure answers; several reporters are not added up."""
    goals = {(goal.item, goal.of): goal for goal in closed().goals}

    assert goals[3, "成长板挂牌企业"].percent == 66.7
    assert goals[6, "村级寄递物流站"].percent == 77.2
    assert goals[7, "5G基站"].percent is None
    assert "未相加" in goals[7, "5G基站"].verdict
    assert goals[12, "建设周期"].verdict == "尚差4个月"
    assert goals[9, "高新技术企业"].verdict == "本月无单位报告此项"


def test_a_series_speaks_before_the_single_report() -> None:
    """Corrected cumulative figures of the ledger take the place of what the record says."""
    month = sample.september()
    corrected = Series(6, "县发改局", "累计建成村级寄递物流站", "个", (("2022-09", 171.0),))
    summary = summarise(
        type(month)(**{name: getattr(month, name) for name in month.__slots__} | {"series": (corrected,)}),
        office=sample.OFFICE,
    )
    goal = next(goal for goal in summary.goals if goal.item == 6)

    assert (goal.percent, goal.verdict) == (100.0, "已达目标")


def test_targets_read_as_papers_print_them() -> None:
    """Each kind in words."""
    told = [
        wanted_text(target)
        for target in (
            Target(TargetKind.NEW, "企业", 70, "家", at_least=True),
            Target(TargetKind.NEW, "企业", 1, "家", stretch=True),
            Target(TargetKind.REDUCE, "周期", 24, "个月", start=36),
            Target(TargetKind.COVERAGE, "村", 171, "个", start=171),
            Target(TargetKind.AT_LEAST, "品牌", 2, "个"),
            Target(TargetKind.STRETCH, "增速", 8.5, "%"),
            Target(TargetKind.MILESTONE, "创建"),
        )
    ]

    assert told == [
        *("新增70家以上", "力争新增1家", "由36个月压减至24个月", "171个全覆盖", "2个以上", "力争8.5%", "完成（节点）"),
    ]


def test_an_edition_holds_its_task_force_only() -> None:
    """Items of the 专班, units with a duty in them, standing seen through them."""
    month = sample.september()
    edition = summarise(month, office=sample.OFFICE, previous=sample.august(), edition="数字经济专班")
    labels = {unit.unit: unit.label for unit in edition.units}

    assert task_forces(month) == ("金融业专班", "交通运输专班", "数字经济专班", "文旅专班")
    assert [item.number for item in edition.items] == [7, 8]
    assert labels == {"县文旅局": "已报", "县工信科局": "已报", "青河移动": "部分报送", "青河电信": "已报"}
    assert not edition.off_plan


def test_an_edition_asks_what_is_its_own_and_promises_no_supplement() -> None:
    """Open questions of an edition are those about mails of its units; supplements go to the office alone."""
    month = sample.september()
    whole = summarise(month, office=sample.OFFICE)
    editions = {name: summarise(month, office=sample.OFFICE, edition=name) for name in task_forces(month)}
    asking = {
        stored.filing.unit
        for stored in month.filings
        if any(question.kind is not QuestionKind.SECRET for question in stored.open_questions)
    }

    assert whole.open_questions > 0
    for name, edition in editions.items():
        assert bool(edition.open_questions) == bool(asking & {unit.unit for unit in edition.units}), name
        notice = letters.summary(edition, key="k", templates=sample.templates(), to=("a@b.example",))
        assert "另发增补" not in notice.text + notice.html
    assert "另发增补" in letters.summary(whole, key="k", templates=sample.templates(), to=("a@b.example",)).text


def test_a_status_comes_from_those_whose_item_it_is() -> None:
    """A foreign unit's word counts only where no responsible unit spoke, as the printed rule says."""
    summary = closed()
    item = next(item for item in summary.items if {entry.role for entry in item.progress} == {Role.RESPONSIBLE})
    month = sample.september()
    silent = sample.unit_of(month, item.progress[0].unit)
    record = next(record for record in silent.records if record.match.item == item.number)
    stranger = next(unit for unit in month.units if all(duty.item != item.number for duty in unit.duties))
    units = tuple(
        replace(unit, records=(*unit.records, replace(record, status=Status.BEHIND))) if unit is stranger else unit
        for unit in month.units
    )
    assert item.status is not Status.BEHIND
    told = summarise(replace(month, units=units), office=sample.OFFICE)
    assert next(one for one in told.items if one.number == item.number).status is item.status
    owners = {unit for unit, _role in item.units}
    quiet = tuple(replace(unit, records=()) if unit.unit in owners else unit for unit in units)
    told = summarise(replace(month, units=quiet), office=sample.OFFICE)
    assert next(one for one in told.items if one.number == item.number).status is Status.BEHIND
    assert "责任单位都没有报告的，取其他单位所报" in STATUS_RULE
    page = summary_docx(told, templates=sample.templates())
    assert f"{stranger.unit}（非责任单位）：" in "\n".join(one.text for one in docx.Document(BytesIO(page)).paragraphs)


def test_the_difference_is_empty_between_equals() -> None:
    """Nothing came, nothing is said; a late unit shows with what it brought."""
    summary = closed()
    early = summarise(sample.september(at=sample.instant(12, 23, 30)), office=sample.OFFICE, previous=sample.august())
    news = difference(early, summary)

    assert not difference(summary, summary)
    assert [unit.unit for unit in news.arrived] == ["县交通局"]
    assert dict(news.completed) == {"县交通局": (2, 5)}
    assert {entry.item for entry, old in news.changed if not old} == {2, 5}
