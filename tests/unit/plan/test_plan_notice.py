"""Notices of the genre become plans; everything else is refused."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import docx
import pytest
from ruamel.yaml import YAML

from pipeline.errors import PlanError
from pipeline.model import Part, Plan, Role, TargetKind
from pipeline.plan.data import plan_from_data, plan_to_shown
from pipeline.plan.duties import duties_of, gaps
from pipeline.plan.notice import NoticeReading, chinese_number, read_notice
from pipeline.plan.paper import lines_of
from pipeline.readers.docx import DocxReader
from pipeline.readers.pdf import PdfReader
from pipeline.readers.tools import Tools
from tests.support.plan_notices import ARTICLES, NEWS, NO_DUTIES, QUOTING_REPORT, REPORT, RESTARTING, lines, written

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def first_plan() -> Plan:
    """The plan that the product ships with, as facts."""
    return plan_from_data(YAML(typ="safe").load((ROOT / "config" / "plan.yaml").read_text(encoding="utf-8")))


def facts(plan: Plan) -> Plan:
    """A plan without what a notice does not say: texts, terms, targets, rosters."""
    items = tuple(replace(item, text="", terms=(), targets=()) for item in plan.items)
    return replace(plan, items=items, targets=(), rosters=())


def test_articles_with_duty_lines() -> None:
    """Articles numbered through chapters, duties as lines, spaces as separators: all read, groups kept as groups."""
    reading = read_notice(lines(ARTICLES))
    plan = reading.plan
    assert (plan.title, plan.number, plan.issued_on) == (
        "云岭县商贸物流提升2023年工作要点",
        "云政发〔2023〕7号",
        date(2023, 3, 6),
    )
    assert [(item.number, item.title, item.section, item.units) for item in plan.items] == [
        (1, "建设县级分拨中心", "建强流通骨干", (("县商务局", Role.RESPONSIBLE), ("县交通运输局", Role.RESPONSIBLE))),
        (2, "补齐冷链短板", "建强流通骨干", (("县农业农村局", Role.RESPONSIBLE), ("县供销社", Role.RESPONSIBLE))),
        (
            3,
            "规范快递末端",
            "建强流通骨干",
            (("县邮政管理局", Role.LEAD), ("县住房和城乡建设局", Role.SUPPORT), ("县公安局", Role.SUPPORT)),
        ),
        (4, "办好促消费活动", "活跃城乡消费", (("县商务局", Role.RESPONSIBLE), ("县文化和旅游局", Role.RESPONSIBLE))),
        (5, "2023年底实现全县86个行政村便民商店全覆盖", "活跃城乡消费", (("县商务局", Role.RESPONSIBLE),)),
        (6, "压实各方责任", "活跃城乡消费", ()),
    ]
    assert [item.roster for item in plan.items if item.roster] == ["各镇人民政府", "县商贸物流领导小组成员单位"]


def test_roster_in_an_annex() -> None:
    """A membership list behind the items fills its roster; the group that nobody lists is named as open."""
    reading = read_notice(lines(ARTICLES))
    assert [entry.unit for entry in reading.plan.rosters] == ["县商务局", "县财政局", "县交通运输局", "县农业农村局"]
    assert {"县商贸物流领导小组成员单位"} == {entry.roster for entry in reading.plan.rosters}
    assert ["各镇人民政府" in sentence for sentence in reading.unresolved] == [True]
    assert "第4条" in reading.unresolved[0]
    assert len([duty for duty in duties_of(reading.plan, (), "2023-03") if duty.item == 6]) == 4
    assert len(gaps(reading.plan)) == 1


def test_targets_of_another_county() -> None:
    """Targets of an unseen notice carry type, figure and due day; last year's achievement is no headline."""
    plan = read_notice(lines(ARTICLES)).plan
    found = {
        (item.number, target.kind, target.of, target.value, target.start, target.due, target.at_least)
        for item in plan.items
        for target in item.targets
    }
    year = date(2023, 12, 31)
    assert {
        (1, TargetKind.AT_LEAST, "日处理能力", 5.0, None, None, True),
        (2, TargetKind.NEW, "产地冷库", 12.0, None, date(2023, 6, 30), False),
        (2, TargetKind.NEW, "冷藏车", 8.0, None, date(2023, 6, 30), False),
        (3, TargetKind.REDUCE, "行政许可办理时限", 7.0, 20.0, None, False),
        (4, TargetKind.NEW, "消费季活动", 4.0, None, None, False),
        (4, TargetKind.STRETCH, "夜市街区", 2.0, None, None, False),
        (5, TargetKind.COVERAGE, "行政村便民商店", 86.0, 86.0, year, False),
    } == found
    assert [(TargetKind.STRETCH, "社会消费品零售总额增速", 7.5, "%", year)] == [
        (target.kind, target.of, target.value, target.measure, target.due) for target in plan.targets
    ]


def test_numbers_that_begin_anew_are_counted_through() -> None:
    """Items numbered anew in every group get running numbers, said as such; principles without a duty are no items."""
    reading = read_notice(lines(RESTARTING))
    plan = reading.plan
    assert ("临川区推动数字经济发展三年行动方案", "临数组〔2024〕3号", date(2024, 4, 18)) == (
        plan.title,
        plan.number,
        plan.issued_on,
    )
    assert [(item.number, item.title, item.section, item.group, item.task_force) for item in plan.items] == [
        (1, "加快机房改造", "重点任务", "算力基础", "算力专班"),
        (2, "新建边缘节点", "重点任务", "算力基础", "算力专班"),
        (3, "推进一网统管", "重点任务", "数字应用", None),
        (4, "培育软件企业", "重点任务", "数字应用", None),
        (5, "强化资金支持", "保障措施", None, None),
    ]
    assert plan.items[0].units == (("区工信局", Role.LEAD), ("区发改委", Role.SUPPORT), ("区供电公司", Role.SUPPORT))
    assert (plan.items[2].roster, plan.items[2].roster_role) == ("各街道办事处", Role.SUPPORT)
    assert any("顺序" in sentence for sentence in reading.unresolved)
    assert any("没有专班" in sentence and "数字应用" in sentence for sentence in reading.unresolved)
    assert plan.items[0].text == "对老旧机房实施节能改造，分批腾退。"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "没有文字"),
        (NEWS, "编号"),
        (REPORT, "责任单位"),
        (QUOTING_REPORT, "报告"),
        (NO_DUTIES, "责任单位"),
    ],
    ids=["empty", "news", "report", "quoting report", "notice without duties"],
)
def test_what_is_no_plan_is_refused(text: str, reason: str) -> None:
    """A document that assigns nothing, or reports instead of assigning, is refused with its reasons and the remedy."""
    with pytest.raises(PlanError) as refusal:
        read_notice(lines(text))
    assert refusal.value.problems
    assert any(reason in problem.message for problem in refusal.value.problems)
    assert "请换成" in refusal.value.message


def test_counts_of_the_first_plan(first_plan: Plan) -> None:
    """The shipped facts: 64 items, 31 named units, 151 duties, the role table, eight task forces, four open rosters."""
    reading = read_notice(written(first_plan))
    counts = reading.counts
    assert (counts.items, counts.units, counts.duties) == (64, 31, 151)
    assert dict(counts.roles) == {"负责": 52, "牵头+配合": 10, "牵头+负责": 1, "负责+配合": 1}
    assert len(counts.task_forces) == 8
    assert (*range(23, 28), *range(41, 45), 49, 50) == tuple(
        n for _, numbers in counts.without_task_force for n in numbers
    )
    assert "第56、63、64条" in reading.unresolved[0]
    assert "第60条" in reading.unresolved[1]
    assert "没有专班" in reading.unresolved[2]
    assert len(reading.unresolved) == 3


def test_the_first_plan_survives_a_notice(first_plan: Plan) -> None:
    """Set as a notice and read again, the shipped plan is the same in every fact."""
    assert facts(first_plan) == facts(read_notice(written(first_plan)).plan)


def test_typographic_noise_changes_nothing(first_plan: Plan) -> None:
    """Bold marks, half-width brackets and commas, missing full stops and typesetting spaces do not matter."""
    noisy = tuple(
        paragraph.replace("（", "(" if index % 3 else "（")
        .replace("）", ")" if index % 2 else "）")
        .replace("，", "," if index % 4 else "，")
        .replace("。（", "（" if index % 5 else "。（")
        .replace("县", "县 " if index % 7 == 0 else "县")
        for index, paragraph in enumerate(written(first_plan))
    )
    noisy = tuple(f"**{line}**" if index % 6 == 0 else line for index, line in enumerate(noisy))
    assert facts(first_plan) == facts(read_notice(noisy).plan)


@pytest.mark.parametrize("width", [16, 22, 28, 31, 45])
def test_lines_broken_by_margins_and_pages(first_plan: Plan, width: int) -> None:
    """Text cut into lines of any width, inside words, with page numbers between, gives the same plan."""
    broken = [line for paragraph in written(first_plan) for line in _wrapped("　　" + paragraph, width)]
    paged: list[str] = []
    for index, line in enumerate(broken):
        if index % 25 == 24:
            paged += [f"— {index // 25 + 1} —", ""]
        paged.append(line)
    assert facts(first_plan) == facts(read_notice(tuple(paged)).plan)


def _wrapped(text: str, width: int) -> list[str]:
    """Lines as a page sets them: ASCII takes half the room of a Chinese character."""
    rows, room = [""], 0.0
    for char in text:
        room += 0.5 if char.isascii() else 1.0
        if room > width:
            rows.append("")
            room = 0.5 if char.isascii() else 1.0
        rows[-1] += char
    return rows


@pytest.mark.parametrize("many", [2, 3, 7])
def test_glued_paragraphs(first_plan: Plan, many: int) -> None:
    """A reader that glues headings to what follows still leaves the labels, and they suffice."""
    paragraphs = written(first_plan)
    head, rest = paragraphs[:5], paragraphs[5:]
    glued = ["".join(rest[start : start + many]) for start in range(0, len(rest), many)]
    assert facts(first_plan) == facts(read_notice((*head, *glued)).plan)


def test_a_docx_with_typed_numbers(first_plan: Plan, tmp_path: Path) -> None:
    """The same notice as Word paragraphs gives the same plan."""
    assert facts(first_plan) == facts(_through_docx(first_plan, tmp_path).plan)


def _through_docx(plan: Plan, folder: Path) -> NoticeReading:
    document = docx.Document()
    for paragraph in written(plan):
        document.add_paragraph(paragraph)
    document.save(folder / "notice.docx")
    data = (folder / "notice.docx").read_bytes()
    return read_notice(lines_of(DocxReader().read(Part("1", "notice.docx", "", data), Tools())))


@pytest.mark.office
@pytest.mark.parametrize("size", [11, 16, 22])
def test_a_pdf_of_any_type_size(first_plan: Plan, tmp_path: Path, size: int) -> None:
    """The same notice printed to PDF, lines and pages broken by LibreOffice, gives the same plan."""
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    document = docx.Document()
    for paragraph in written(first_plan, filler="按照部署扎实推进，确保取得实效，及时总结推广好的经验做法。"):
        run = document.add_paragraph().add_run(paragraph)
        run.font.size = docx.shared.Pt(size)
    document.save(tmp_path / "notice.docx")
    subprocess.run(
        [
            *(office, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless"),
            *("--convert-to", "pdf", "--outdir", str(tmp_path), str(tmp_path / "notice.docx")),
        ],
        check=True,
        capture_output=True,
        timeout=180,
    )
    data = (tmp_path / "notice.pdf").read_bytes()
    text = lines_of(PdfReader().read(Part("1", "notice.pdf", "application/pdf", data), Tools()))
    assert facts(first_plan) == facts(read_notice(text).plan)


def test_signature_below_the_last_item_is_no_part_of_it(first_plan: Plan) -> None:
    """«本文件由某局负责解读» and the printing line below the last item give nobody a duty."""
    last = read_notice(written(first_plan)).plan.items[-1]
    assert "解读" not in last.text
    assert "印发" not in last.text
    assert last.units == ()


def test_slips_of_the_pen_in_numbers_are_told() -> None:
    """A skipped number does not swallow its item, and the gap is reported."""
    text = "\n".join(
        f"{number}. 任务{name}。抓好落实。（县{name}局负责）"
        for number, name in ((1, "甲"), (2, "乙"), (4, "丙"), (5, "丁"))
    )
    reading = read_notice(lines("某县2023年工作要点\n一、重点任务\n" + text))
    assert [item.number for item in reading.plan.items] == [1, 2, 4, 5]
    assert any("编号 3" in sentence for sentence in reading.unresolved)


def test_figures_at_line_starts_are_no_labels() -> None:
    """Lines that begin with 2.5亿元 or 2022年 or 3、 inside an item do not open a new one; 2.2023年底… does."""
    text = (
        "某县2023年工作要点",
        "一、重点任务",
        "1. 扩大投资。全年完成投资",
        "2.5亿元，较",
        "2022年增长8%，其中一季度完成1、",
        "3、4月份完成过半。（县发改局负责）",
        "2.2023年底前建成物流园。抓紧施工。（县交通局负责）",
        "3. 强化调度。按月通报。（县统计局负责）",
    )
    assert [item.title for item in read_notice(text).plan.items] == ["扩大投资", "2023年底前建成物流园", "强化调度"]


def test_bracketed_words_that_are_no_duty_stay_in_the_text() -> None:
    """Brackets that explain something stay; only the duty leaves the text."""
    text = (
        "某县2023年工作要点",
        "1. 提升品质。按照原则（控高度、降密度）建设，由专人（联络员）负责。（县住建局负责，2023年10月底前完成）",
        "2. 优化服务。落实《办法（试行）》要求。（县审批局会同县财政局负责）",
    )
    first, second = read_notice(text).plan.items
    assert first.text == "按照原则（控高度、降密度）建设，由专人（联络员）负责。"
    assert first.units == (("县住建局", Role.RESPONSIBLE),)
    assert second.text == "落实《办法（试行）》要求。"
    assert second.units == (("县审批局", Role.RESPONSIBLE), ("县财政局", Role.SUPPORT))


def test_items_inherit_the_duty_of_their_heading() -> None:
    """A unit named at a heading does the items below it that name nobody; an item without any is told."""
    text = (
        "某县2023年实施方案",
        "一、交通（县交通局负责）",
        "1. 修路。年内完工。",
        "2. 架桥。年内开工。（县水利局配合）",
        "二、其他",
        "3. 宣传。广泛宣传。",
        "4. 督查。定期督查。（县督查室负责）",
    )
    reading = read_notice(text)
    assert [tuple(name for name, _ in item.units) for item in reading.plan.items] == [
        ("县交通局",),
        ("县水利局",),
        (),
        ("县督查室",),
    ]
    assert any("第3条" in sentence and "没有写明责任单位" in sentence for sentence in reading.unresolved)


def test_shown_as_json_with_the_roster_in_place(first_plan: Plan) -> None:
    """``plan show --json`` prints a roster where its units would stand."""
    shown = plan_to_shown(first_plan)
    assert shown[59]["units"] == [["县服务业发展领导小组成员单位", "负责"]]
    assert {"number", "title", "section", "group", "task_force", "units", "targets"} <= shown[0].keys()


@pytest.mark.parametrize(
    ("text", "value"),
    [("一", 1), ("十", 10), ("十二", 12), ("二十", 20), ("六十四", 64), ("一百零三", 103), ("57", 57)],
)
def test_chinese_numbers(text: str, value: int) -> None:
    """Labels count in Chinese and in Arabic numerals."""
    assert value == chinese_number(text)


def test_one_lost_heading_does_not_lose_the_rest(first_plan: Plan) -> None:
    """A first heading glued to the title, or a heading in the middle that vanished, costs no other section."""
    paragraphs = written(first_plan)
    glued = (*paragraphs[:4], paragraphs[4] + paragraphs[5], *paragraphs[6:])
    assert facts(read_notice(glued).plan) == facts(first_plan)
    without = tuple(paragraph for paragraph in paragraphs if not paragraph.startswith("四、"))
    read = read_notice(without).plan
    assert [item.section for item in read.items[50:]] == [item.section for item in first_plan.items[50:]]
    assert [item.units for item in read.items] == [item.units for item in first_plan.items]


def test_counting_words_at_line_starts_are_no_headings() -> None:
    """一、二、三产业 at a line start is part of a sentence."""
    text = (
        "某县2023年工作要点",
        "一、重点任务",
        "1. 优化结构。促进",
        "二、三产业协调发展，",
        "三、四季度集中攻坚。（县发改局负责）",
        "二、保障措施",
        "2. 强化调度。按月通报。（县统计局负责）",
    )
    assert [item.section for item in read_notice(text).plan.items] == ["重点任务", "保障措施"]
