"""Reports in many styles give their records, problems, next steps and questions."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

from lexicon import knowledge, words
from written import Written, written

from pipeline.model import Cell, Document, Lesson, Memory, Paragraph, QuestionKind, Scope, Status, Table
from pipeline.understanding.outline import Outliner
from pipeline.understanding.records import ASK_BELOW, Extraction, extract
from pipeline.understanding.words import Section

OWN = Path(__file__).resolve().parents[2] / "corpus" / "own"
REPORTS = {one.name: one for one in written(OWN)}
#: Reports with a passage that only a person would give to its item.
HARD = {"s02", "s07", "s48", "s56"}


def paper(*lines: str, part: str = "1") -> Document:
    """A Word paper of plain paragraphs."""
    return Document(
        part=part,
        name="报告.docx",
        format="docx",
        blocks=tuple(Paragraph(text=line, place=f"第{number}段") for number, line in enumerate(lines, start=1)),
    )


def sheet(*rows: tuple[str, ...], below: tuple[str, ...] = ()) -> Document:
    """A workbook of one table, and paragraphs below it."""
    cells = tuple(
        Cell(text=text, row=row, column=column, place=f"第{row + 1}行第{column + 1}列")
        for row, texts in enumerate(rows)
        for column, text in enumerate(texts)
    )
    table = Table(cells=cells, height=len(rows), width=len(rows[0]), place="表1")
    notes = tuple(Paragraph(text=text, place=f"表下第{number}段") for number, text in enumerate(below, start=1))
    return Document(part="1", name="台账.xlsx", format="xlsx", blocks=(table, *notes))


def read(
    *documents: Document, unit: str = "县工信科局", period: str = "2022-10", memory: Memory | None = None
) -> Extraction:
    """Read documents as one report."""
    return extract(documents, unit=unit, period=period, digest="d" * 64, knowledge=knowledge(memory=memory))


@pytest.mark.parametrize("name", sorted(set(REPORTS) - HARD))
def test_the_items_of_a_report_in_any_style(name: str) -> None:
    """Headed, bulleted, spoken, tabular, transposed and card reports give exactly their items."""
    one: Written = REPORTS[name]

    found = extract(one.documents, unit=one.unit, period=one.period, digest="d" * 64, knowledge=knowledge())

    assert [item["item"] for item in one.truth["items"]] == [record.match.item for record in found.records]
    assert [item["status"] for item in one.truth["items"]] == [record.status.value for record in found.records]


@pytest.mark.parametrize("name", sorted(REPORTS))
def test_nothing_is_invented(name: str) -> None:
    """Every sentence of progress, every problem and every figure stands in the report word for word."""
    one = REPORTS[name]
    flat = "".join(
        block.text if isinstance(block, Paragraph) else "".join(cell.text for cell in block.cells)
        for document in one.documents
        for block in document.blocks
    )

    found = extract(one.documents, unit=one.unit, period=one.period, digest="d" * 64, knowledge=knowledge())

    for record in found.records:
        for line in record.progress.split("\n"):
            assert line in flat
        for quantity in record.quantities:
            assert quantity.text in flat
    for remark in (*found.problems, *found.next_steps):
        assert remark.text in flat


def test_reading_twice_gives_the_same() -> None:
    """Reading is a function of its input."""
    one = REPORTS["s12"]

    first, second = (
        extract(one.documents, unit=one.unit, period=one.period, digest="d" * 64, knowledge=knowledge()) for _ in "ab"
    )

    assert first == second


def test_the_reports_own_numbers_are_not_the_plans() -> None:
    """一、二、三 or 1, 2, 3 never decide the item."""
    found = read(paper("1.老字号。推荐2家企业申报。", "2.汽车消费。办车展1场，订车40台。", "3.家政。培训保洁员60人。"))

    assert [record.match.item for record in found.records] == [31, 32, 41]


def test_a_number_named_as_the_plans_decides() -> None:
    """第32条 and （任务31） are the plan's numbers."""
    found = read(paper("第32条：办展1场，成交40台。", "材料报送省厅2份（任务31）。"))

    assert [record.match.item for record in found.records] == [31, 32]


def test_two_items_in_one_paragraph_are_told_apart() -> None:
    """Sentences of one paragraph go to their own items, figures with them."""
    found = read(paper("举办车展1场，现场订车40台。推荐2家企业申报老字号。"))

    assert [(record.match.item, [quantity.value for quantity in record.quantities]) for record in found.records] == [
        (31, [2.0]),
        (32, [1.0, 40.0]),
    ]


def test_one_item_in_two_places_becomes_one_record() -> None:
    """Progress and a highlight on the same item are joined by a line break."""
    found = read(
        paper(
            "一、工作进展",
            "乡村e镇入驻电商企业14家。",
            "二、亮点",
            "乡村e镇获评省级示范。",
            "三、存在问题",
            "物流成本高。",
        )
    )

    assert [record.progress for record in found.records] == ["乡村e镇入驻电商企业14家。\n乡村e镇获评省级示范。"]
    assert [problem.text for problem in found.problems] == ["物流成本高。"]


def test_every_fact_has_its_place() -> None:
    """Records, figures and remarks name part and paragraph."""
    found = read(paper("一、汽车消费", "订车40台。", "二、下一步打算", "再办一场车展。"))

    assert [(locus.part, locus.place) for locus in found.records[0].loci] == [("1", "第2段")]
    assert found.records[0].quantities[0].locus.place == "第2段"
    assert found.next_steps[0].locus.place == "第4段"


def test_work_outside_the_plan_is_kept_apart() -> None:
    """Work under 其他工作 that fits no item is no record and is not lost."""
    found = read(paper("一、汽车消费", "订车40台。", "二、其他工作", "检查工贸企业26家，整改隐患31条。"))

    assert [record.match.item for record in found.records] == [32]
    assert [remark.text for remark in found.off_plan] == ["检查工贸企业26家，整改隐患31条。"]


def test_what_is_not_certain_is_asked_with_a_suggestion() -> None:
    """A doubtful record is marked and asked about, the likely item first."""
    found = read(paper("完成智能设备更换9台，运行稳定。"), unit="县教育局")
    asked = [question for question in found.questions if question.kind is QuestionKind.MATCH]

    for record in found.records:
        assert record.doubtful == (record.match.confidence < ASK_BELOW)
    assert len([record for record in found.records if record.doubtful]) <= len(asked)


def test_a_decision_of_the_office_is_remembered() -> None:
    """A passage that was given to an item once goes there without asking the next time."""
    report = paper("“红盾夜校”本月开课3次，到课90人。")
    before = read(report, unit="县市场监管局")
    lesson = Lesson(kind="match", unit="县市场监管局", text="红盾夜校", answer="59")

    after = read(report, unit="县市场监管局", memory=Memory(lessons=(lesson,)))

    assert 59 not in [record.match.item for record in before.records if not record.doubtful]
    assert [(record.match.item, record.doubtful) for record in after.records] == [(59, False)]


def test_a_passage_refused_by_the_office_stays_outside() -> None:
    """not_plan lessons keep a passage out of the records."""
    report = paper("一、汽车消费", "订车40台。", "二、老字号", "老字号诗歌会2场。")
    lesson = Lesson(kind="not_plan", unit="", text="老字号诗歌会", answer="")

    found = read(report, memory=Memory(lessons=(lesson,)))

    assert [record.match.item for record in found.records] == [32]


def test_words_that_frame_a_report_in_one_sentence_are_not_the_report() -> None:
    """What follows 做了以下工作： in the same sentence is told of its item, without the frame."""
    found = read(paper("县商务局：", "10月份，我局做了以下工作：组织汽车展销2场，订车40台。"), unit="县工信科局")
    assert [(one.match.item, one.progress) for one in found.records] == [(32, "组织汽车展销2场，订车40台。")]


def test_a_title_behind_a_frame_is_no_part_of_what_is_told() -> None:
    """补报如下：汽车消费：订车40台 tells of orders alone."""
    found = read(paper("10月漏填一项，补报如下：促进汽车消费：组织汽车展销2场，订车40台。"))
    assert [(one.match.item, one.progress) for one in found.records] == [(32, "组织汽车展销2场，订车40台。")]


@pytest.mark.parametrize(
    "lines",
    [
        ("汽车消费那条报错了，订车写成了89台。应为：汽车展销2场，订车40台。",),
        ("汽车消费那条报错了，订车写成了89台。更正后应为：", "汽车展销2场，订车40台。"),
    ],
    ids=["in one paragraph", "in the next"],
)
def test_what_stands_before_the_right_words_was_wrong(lines: tuple[str, ...]) -> None:
    """89 is what was wrong; only what follows 应为： is filed."""
    found = read(paper(*lines))
    assert [figure.value for record in found.records for figure in record.quantities] == [2.0, 40.0]


@pytest.mark.parametrize(
    "base",
    ["去年10月订车是31台。", "七月份订车只有9台。", "前年为28台。", "全年任务为600台。", "年初存量为12台。"],
)
def test_a_sentence_of_earlier_values_or_targets_is_left_out(base: str) -> None:
    """It tells of no work of this month: neither its words nor its figures are filed."""
    found = read(paper("一、汽车消费", f"汽车展销订车40台。{base}店家满意。"))
    (record,) = found.records
    assert record.progress == "汽车展销订车40台。店家满意。"
    assert [figure.value for figure in record.quantities] == [40.0]


@pytest.mark.parametrize("kept", ["年初定的600台任务已完成92%。", "去年停掉的展销今年恢复，订车12台。"])
def test_a_sentence_that_compares_stays(kept: str) -> None:
    """What says something of this year beside the earlier value is work told."""
    found = read(paper("一、汽车消费", f"汽车展销订车40台。{kept}"))
    assert found.records[0].progress == f"汽车展销订车40台。{kept}"


def test_a_paragraph_that_begins_with_besides_needs_more_to_be_an_items() -> None:
    """此外 in front of a paragraph leads to work beside the plan, unless it plainly tells of an item."""
    beside = "此外，推动2家加油站更换汽油罐。"
    found = read(paper("一、汽车消费", "汽车展销订车40台。", "二、其他", beside))
    assert [record.match.item for record in found.records if not record.doubtful] == [32]
    plain = read(paper("此外，汽车展销2场，新能源汽车订车40台，汽车下乡补贴12万元。"))
    assert [record.match.item for record in plain.records] == [32]


def test_a_list_that_begins_with_an_intention_goes_on_with_them() -> None:
    """一、11月底前…；二、会同…: no entry of it was done."""
    found = read(
        paper("一、汽车消费", "汽车展销订车40台。", "一、11月底前再办车展1场；", "二、会同车管所进村办一次集中上牌。")
    )
    assert [record.progress for record in found.records] == ["汽车展销订车40台。"]
    assert len(found.next_steps) == 2


def test_work_told_last_below_the_intentions_is_no_intention() -> None:
    """What stands beside the plan comes at the end, often without a heading of its own."""
    found = read(
        paper("一、汽车消费", "订车40台。", "二、下一步打算", "12月再办车展1场。", "另外，开展消防检查，检查商场23处。")
    )
    assert [one.text for one in found.next_steps] == ["12月再办车展1场。"]
    assert [record.match.item for record in found.records if not record.doubtful] == [32]


def test_the_number_of_a_section_is_no_number_of_an_entry() -> None:
    """三、问题：A；B holds two difficulties; of 1.A；B 2.C each number holds one."""
    section = read(paper("一、汽车消费：订车40台。", "二、问题：店面租金涨得快；年轻店员留不住。"))
    entries = read(
        paper("一、汽车消费", "订车40台。", "二、问题", "1.店面租金涨得快；年轻店员留不住。", "2.贷款审批慢。")
    )
    assert [one.text for one in section.problems] == ["店面租金涨得快；", "年轻店员留不住。"]
    assert [one.text for one in entries.problems] == ["店面租金涨得快；年轻店员留不住。", "贷款审批慢。"]


def test_a_report_without_headings_has_an_opening_of_one_paragraph() -> None:
    """After the first figure nothing is an opening any more, so a bare sentence on an item counts."""
    found = read(
        paper(
            "我是联通的小尤，10月的事说一下。", "5G基站10月新开了9个，光缆布了41公里。", "标识解析这个事还没有开始弄。"
        ),
        unit="夏县联通",
    )
    assert {record.match.item for record in found.records} == {16, 18}


def test_the_cover_note_beside_a_report_is_no_progress() -> None:
    """误写成89个 in the mail does not count when the attachment carries the report."""
    body = paper("昨天报的订车数误写成89台，请以附件为准。", part="body")

    found = read(body, paper("汽车消费方面，订车40台。"))

    assert [[quantity.value for quantity in record.quantities] for record in found.records] == [[40.0]]


def test_a_zero_report_is_told() -> None:
    """本月无进展 as the whole report is a zero report."""
    found = read(paper("县服务业办：", "我单位本月无相关工作进展，特此零报告。"))

    assert (found.records, found.zero_report) == ((), True)


LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "一、工作进展",
                "（一）汽车消费",
                "1.",
                "二、存在问题",
                "三、下一步打算",
                "第32条：",
                "【短板】缺人。",
                "无。",
                "订车40台，同比增长5%。",
                "一是缺钱；二是缺人。",
                "现将情况报告如下：",
                "2022年9月5日",
                "（任务31、32）",
                "备注：1.无2.无",
                "已完成",
                "“",
                "（",
                "①②③",
                "其他",
                "下一步，",
                "困难嘛，",
                "力争年底前达到50家",
            ]
        ),
        st.text(max_size=30),
    ),
    max_size=14,
)


@given(LINES, st.booleans())
@settings(max_examples=400, deadline=None)
def test_any_lines_are_survived(lines: list[str], bold: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
    """Whatever stands in a paper, reading ends with values, and every record is one of the plan's items."""
    blocks = tuple(Paragraph(text=line, place=f"{place}", bold=bold) for place, line in enumerate(lines))

    found = read(Document(part="1", name="x", format="text", blocks=blocks))

    assert {record.match.item for record in found.records} <= {item.number for item in knowledge().plan.items}


@given(st.lists(st.lists(st.text(max_size=8), min_size=3, max_size=3), min_size=1, max_size=6))
@settings(max_examples=40, deadline=None)
def test_any_table_is_survived(rows: list[list[str]]) -> None:
    """Whatever stands in a table, reading ends with values."""
    head = ["工作任务", "本月完成（家）", "进展情况"]

    assert isinstance(read(ledger([head, *rows])), Extraction)
    assert isinstance(read(ledger(rows)), Extraction)


def ledger(rows: list[list[str]]) -> Document:
    """A workbook of one table."""
    cells = tuple(
        Cell(text=text, row=row, column=column, place=f"表!R{row}C{column}")
        for row, line in enumerate(rows)
        for column, text in enumerate(line)
    )
    table = Table(cells=cells, height=len(rows), width=len(rows[0]), place="表")
    return Document(part="1", name="台账.xlsx", format="xlsx", blocks=(table,))


def test_columns_are_known_by_their_words_not_their_order() -> None:
    """The same ledger with its columns turned round says the same."""
    rows = [
        ["序号", "工作任务", "本月完成", "计量单位", "年度目标", "进展情况", "存在问题", "下一步打算"],
        ["1", "汽车促销", "3", "场", "10", "巡展吸引观众2000人次。", "场地紧张。", "再办2场。"],
        ["2", "老字号", "2", "家", "5", "材料报到省厅。", "无", ""],
    ]

    straight, turned = read(ledger(rows)), read(ledger([line[::-1] for line in rows]))

    def told(found: Extraction) -> list[tuple[int, str, set[tuple[float, str]]]]:
        return [
            (record.match.item, record.progress, {(quantity.value, quantity.unit) for quantity in record.quantities})
            for record in found.records
        ]

    assert [
        (31, "材料报到省厅。", {(2.0, "家")}),
        (32, "巡展吸引观众2000人次。", {(3.0, "场"), (2000.0, "人次")}),
    ] == told(straight)
    assert told(straight) == told(turned)
    assert [(problem.text, problem.items) for problem in straight.problems] == [("场地紧张。", (32,))]
    assert [step.text for step in straight.next_steps] == ["再办2场。"]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("存在的主要困难", Section.PROBLEM),
        ("九月份工作打算", Section.NEXT),
        ("存在问题及下一步措施", Section.MIXED),
        ("其他工作", Section.OFF_PLAN),
        ("工作进展情况", Section.PROGRESS),
        ("工作计划完成情况", Section.PROGRESS),
        ("推进措施及成效", Section.PROGRESS),
        ("问题整改落实情况", Section.PROGRESS),
        ("加大困难行业扶持力度", None),
        ("物流园区", None),
    ],
)
def test_section_headings(title: str, expected: Section | None) -> None:
    """A heading opens a section only when hardly anything else stands in it."""
    assert expected == words().section_of(title, month=8)


def test_a_status_heading_gives_its_status() -> None:
    """Tasks under 尚未启动的任务 have not begun."""
    found = read(paper("一、正在推进的任务", "1.汽车消费。订车40台。", "二、尚未启动的任务", "2.老字号。等省里通知。"))

    assert [(record.match.item, record.status) for record in found.records] == [
        (31, Status.NOT_STARTED),
        (32, Status.ON_TRACK),
    ]


def test_reasons_and_plain_orders_behind_work_done_are_no_progress() -> None:
    """原因是… is the problem without its opening; a sentence that opens with the next month is a next step."""
    found = read(
        paper(
            "一、电商。本月新开网店12家，培训电商人员86人次。原因是快递价格偏高，村里网店不愿意多发货。"
            "11月请专家来县里办一期培训。"
        )
    )

    assert [record.match.item for record in found.records] == [19]
    assert [remark.text for remark in found.problems] == ["快递价格偏高，村里网店不愿意多发货。"]
    assert [remark.text for remark in found.next_steps] == ["11月请专家来县里办一期培训。"]


def test_a_title_before_a_dash_is_no_progress() -> None:
    """高企培育——… begins behind its title."""
    found = read(paper("高企培育——新认定高新技术企业2家。", "电商培训——办班3期，培训120人次。", "完毕。"))

    assert [record.progress for record in found.records] == ["新认定高新技术企业2家。", "办班3期，培训120人次。"]
    assert found.next_steps == ()


def test_other_work_beside_an_item_is_not_its_progress() -> None:
    """隐患排查 behind a sentence on an item belongs to no item."""
    found = read(
        paper("汽车下乡巡展走进6个乡镇，成交新能源汽车41辆。开展工业企业安全生产大排查，整改隐患63处。"),
    )

    assert [(record.match.item, record.progress) for record in found.records] == [
        (32, "汽车下乡巡展走进6个乡镇，成交新能源汽车41辆。")
    ]
    assert [remark.text for remark in found.off_plan] == ["开展工业企业安全生产大排查，整改隐患63处。"]


def test_titled_parts_of_one_item_are_quoted_as_they_stand() -> None:
    """一是…二是… on one item stays whole; on several items each part stands without its mark and title."""
    whole = "一是织密网点。建成村级寄递服务点158个。二是优化邮路。整合农村寄递物流邮路4条，快递进村11万件。"
    found = read(paper(whole), unit="邮政分公司")

    assert [(record.match.item, record.progress) for record in found.records] == [(10, whole)]


def test_lists_after_lists_under_one_heading() -> None:
    """一是…；二是…。下一步，一是…；二是… under one heading are troubles and then intentions."""
    found = read(
        paper(
            "一、工作进展",
            "汽车下乡巡展走进6个乡镇，成交新能源汽车41辆，销量稳中有升。",
            "二、存在的短板及下步打算",
            "一是本地展厅少，群众看车不便；二是二手车过户还要跑运城。下一步，一是引进两家展厅；二是再办一场巡展。",
        )
    )

    assert [remark.text for remark in found.problems] == ["本地展厅少，群众看车不便；", "二手车过户还要跑运城。"]
    assert [remark.text for remark in found.next_steps] == ["引进两家展厅；", "再办一场巡展。"]


def test_words_before_a_list_and_work_beside_it_are_no_steps() -> None:
    """重点抓好两件事：… announces steps; 另，…未纳入行动计划 among them is work outside the plan."""
    found = read(
        paper(
            "一、工作进展",
            "汽车下乡巡展走进6个乡镇，成交新能源汽车41辆，销量稳中有升。",
            "二、下一步打算",
            "我们将重点抓好两件事：再办一场新能源汽车巡展；把二手车过户窗口设到县里。另，消防安全检查已开展12次，未纳入行动计划。",
        )
    )

    assert [remark.text for remark in found.next_steps] == ["再办一场新能源汽车巡展；", "把二手车过户窗口设到县里。"]
    assert ["消防" in remark.text for remark in found.off_plan] == [True]


def test_the_needy_are_no_difficulty() -> None:
    """A heading on 困难老人 stands over work, not over difficulties."""
    found = read(
        paper("一、困难老人家庭改造。为特殊困难老年人家庭完成适老化改造34户，安装扶手146处。"), unit="县民政局"
    )

    assert [record.match.item for record in found.records] == [43]
    assert not found.problems


def test_a_heading_over_work_opens_no_plans() -> None:
    """链条往后延 holds a word of plans, but all that stands under it was done."""
    found = read(
        paper(
            "一、托管员忙在田间",
            "玉米机收托管面积6.8万亩次，签约农户4120户，服务队已有17支。",
            "二、链条往后延",
            "新上果酒灌装线1条，肉制品车间试产，蔬菜分拣中心日处理能力提到45吨，农超对接订单630万元。",
            "三、往后的打算",
            "再引进两家银行接入平台，抓好冬季果园管理。",
        ),
        unit="县农业农村局",
    )

    assert any("果酒灌装线" in record.progress for record in found.records)
    assert [remark.text for remark in found.next_steps] == ["再引进两家银行接入平台，抓好冬季果园管理。"]


def test_remarks_that_complain_or_intend_are_heard() -> None:
    """A complaint under 要说明的 is a problem; an intention among remarks, or in a row 下月计划, a next step."""
    found = read(
        sheet(
            ("工作", "完成情况", "需说明的"),
            ("农贸市场", "集贸市场翻新开集2个，原来的露天摊都进了棚。", "四季度把裴介市场的冷库建起来。"),
            ("汽车促销", "新能源车下乡巡展走了6个乡镇，定出去39辆。", ""),
            ("下月计划", "组织商家再办一场家电下乡。", ""),
            below=("要说明的：指导站没有专职人员，申请编制的报告还没批。",),
        )
    )

    assert [remark.text for remark in found.problems] == ["指导站没有专职人员，申请编制的报告还没批。"]
    assert [remark.text for remark in found.next_steps] == [
        "四季度把裴介市场的冷库建起来。",
        "组织商家再办一场家电下乡。",
    ]


def test_a_month_to_come_opens_intentions() -> None:
    """11月份，跑一趟… in a report on October is a next step, though no word of planning stands in it."""
    found = read(
        paper("本月家政企业在外县开分店2家，信用档案建了312名。", "11月份，跑一趟太原科技大学，给企业牵线搭桥。"),
    )

    assert [remark.text for remark in found.next_steps] == ["11月份，跑一趟太原科技大学，给企业牵线搭桥。"]


def test_a_list_within_one_paragraph_is_its_parts() -> None:
    """一、…。二、…。三、… in one paragraph are three difficulties, though the first mark opens the paragraph."""
    found = read(
        paper(
            "存在的问题",
            "一、园区涉及林地，调规手续复杂。二、进山路只有3.5米，大巴会车困难。三、小微企业有创意少资金，毛利低。",
        )
    )

    assert [one.text for one in found.problems] == [
        "园区涉及林地，调规手续复杂。",
        "进山路只有3.5米，大巴会车困难。",
        "小微企业有创意少资金，毛利低。",
    ]


def test_who_signs_a_report_is_none_of_its_steps() -> None:
    """A name before the date, and the section before the name, close the report."""
    found = read(paper("下一步打算", "与便民中心合署，补上剩下4个站。", "县工信科局运行股", "陈科员  2022年11月10日"))

    assert [one.text for one in found.next_steps] == ["与便民中心合署，补上剩下4个站。"]


def test_a_note_beside_a_row_may_put_it_outside_the_plan() -> None:
    """不在计划内，供参考 in the column of remarks is said of the row; it is neither trouble nor intention."""
    found = read(
        sheet(
            ("工作事项", "进展说明", "备注"),
            ("大力发展电子商务", "新开直播基地1处，孵化网店12家。", "仓库租期年底到，续租谈不拢"),
            ("报刊征订", "2023年度党报党刊征订完成31.5万元", "不在计划内，供参考"),
        )
    )

    assert [one.text for one in found.problems] == ["仓库租期年底到，续租谈不拢"]
    assert [one.text for one in found.off_plan] == ["2023年度党报党刊征订完成31.5万元"]
    assert found.next_steps == ()


def test_what_stands_before_a_correction_is_not_filed() -> None:
    """应改为： — the figure behind it counts, under the task named before it; the wrong one is filed nowhere."""
    found = read(
        paper(
            "困难老人家庭改造那一行，把“136户”改为：9月完成适老化改造118户，验收81户。",
            "养老机构那一行，“在院104位”是8月份的，应改为：9月份新接收老人17位，在院112位。",
        ),
        unit="县民政局",
        period="2022-09",
    )
    assert {record.match.item for record in found.records} == {42, 43}
    values = {quantity.value for record in found.records for quantity in record.quantities}
    assert values == {118, 81, 17, 112}


def test_what_a_frame_opens_is_told() -> None:
    """Work behind 报告如下： in one sentence, and below a line with the word 附件, is neither frame nor remark."""
    one = read(
        paper(
            "8月份我局就公共法律服务一项，报告如下：县级大厅设了6个窗口，11个乡镇站点能视频咨询，12348热线接话342个。"
        ),
        unit="县司法局",
        period="2022-08",
    )
    assert [record.match.item for record in one.records] == [21]
    assert one.records[0].progress.startswith("县级大厅")
    other = read(
        paper("8月份我局配合和承担的事项如下，不另附件。", "8月挂牌住宅用地2宗、58亩，成交1宗，供应总量比计划慢。"),
        unit="县自然资源局",
        period="2022-08",
    )
    assert [record.match.item for record in other.records] == [45]


def test_a_field_of_a_ledger_says_less_than_the_row() -> None:
    """A field merged over several tasks does not make them one, and 其他 in its column is no work beside the plan."""
    found = read(
        sheet(
            ("类别", "完成事项", "困难"),
            ("惠企资金", "科技、商贸奖补名单由主管局推、我们当天拨，本月直达企业19户。", ""),
            ("惠企资金", "减免行政事业单位房租的缺口补给了产权单位，担保费也补了1家担保公司。", ""),
            ("其他", "政府采购平台住宿会议类采购改为框架协议，进来17家酒店、饭庄，不看星级。", ""),
        ),
        unit="县财政局",
    )
    assert {record.match.item for record in found.records} == {1, 3, 36}


def test_a_column_for_everything_is_told_apart() -> None:
    """进展情况、存在问题及下步措施: named parts go where they belong, unnamed sentences are told apart as prose is."""
    found = read(
        sheet(
            ("任务", "进展情况、存在问题及下步措施"),
            ("老字号", "进展：推荐2家企业申报。\n问题：申报材料不齐。\n下一步：11月底前补齐材料。"),
            ("汽车消费", "办车展1场，订车40台。下一步，11月再办车展1场。"),
        )
    )

    assert [(record.match.item, record.progress) for record in found.records] == [
        (31, "推荐2家企业申报。"),
        (32, "办车展1场，订车40台。"),
    ]
    assert [remark.text for remark in found.problems] == ["申报材料不齐。"]
    assert [remark.text for remark in found.next_steps] == ["11月底前补齐材料。", "11月再办车展1场。"]


def test_work_named_first_heads_no_section_of_troubles() -> None:
    """一、进展情况、存在问题及下步措施 opens work: what is under it is no problem for standing under it."""
    found = read(
        paper(
            "一、进展情况、存在问题及下步措施",
            "（一）老字号。推荐2家企业申报。下一步，11月底前补齐材料。",
            "（二）汽车消费。办车展1场，订车40台。",
        )
    )

    assert [record.match.item for record in found.records] == [31, 32]
    assert found.problems == ()


def test_sections_that_a_cell_names_go_where_they_belong() -> None:
    """进展：…问题：… in a cell under 进展情况: the names are no part of what is told, and the problem is one."""
    found = read(
        sheet(
            ("任务", "进展情况"),
            ("老字号", "进展：推荐2家企业申报。\n问题：申报材料不齐。"),
            ("汽车消费", "办车展1场，订车40台。【下步打算】11月再办车展1场。"),
        )
    )

    assert [record.progress for record in found.records] == ["推荐2家企业申报。", "办车展1场，订车40台。"]
    assert [remark.text for remark in found.problems] == ["申报材料不齐。"]
    assert [remark.text for remark in found.next_steps] == ["11月再办车展1场。"]


def test_a_note_tells_the_work_where_nothing_else_does() -> None:
    """累计建成5G基站188个 under 备注 counts beside an empty 进展, not beside a full one nor as a remark on counting."""
    found = read(
        sheet(
            ("任务", "进展情况", "备注"),
            ("5G基站", "", "累计建成5G基站188个。"),
            ("老字号", "推荐2家企业申报。", "其中新申报1家。"),
            ("汽车消费", "", "合计数含二手车12台。"),
        )
    )

    assert [(record.match.item, record.progress) for record in found.records] == [
        (16, "累计建成5G基站188个。"),
        (31, "推荐2家企业申报。"),
    ]
    assert [[one.value for one in record.quantities] for record in found.records] == [[188.0], [2.0]]


def test_a_card_names_a_figure_with_its_unit() -> None:
    """累计5G基站（个） | 52 in a card is a figure of its task; a target is none."""
    card = sheet(
        ("工作任务", "5G基站和光纤"),
        ("进展情况", "盲区站点全部开通，小区光改跟着做。"),
        ("当月新开5G基站（个）", "7"),
        ("累计5G基站（个）", "52"),
        ("全年计划（个）", "201"),
        ("存在问题", "供电增容没批下来。"),
        ("工作任务", "标识解析"),
        ("进展情况", "走访企业3家。"),
        ("存在问题", "企业嫌贵。"),
    )
    found = read(card, unit="夏县联通", period="2022-08")
    assert [(one.value, one.unit, one.scope) for one in found.records[0].quantities] == [
        (7.0, "个", Scope.MONTH),
        (52.0, "个", Scope.CUMULATIVE),
    ]


@pytest.mark.parametrize(
    ("names", "values", "figures"),
    [
        (("建成端口", "签约用户"), ("2600个", "35户"), [(7.0, "个"), (2600.0, "个"), (35.0, "户")]),
        (("设备类型", "建成数"), ("光纤端口", "2600个"), [(7.0, "个"), (2600.0, "个")]),
    ],
    ids=["under their names", "beside the name of the row"],
)
def test_a_small_table_within_a_cell_belongs_to_the_row(
    names: tuple[str, str], values: tuple[str, str], figures: list[tuple[float, str]]
) -> None:
    """建成床位 | 38张 in a table that stands in the cell of a task are figures of that task."""
    outer = sheet(("任务", "进展情况"), ("5G基站", "开通站点7个。端口见下："), ("老字号", "推荐2家企业申报。")).blocks[
        0
    ]
    cells = tuple(
        Cell(text=text, row=row, column=column, place=f"表2-{row}-{column}")
        for row, texts in enumerate((names, values))
        for column, text in enumerate(texts)
    )
    inner = Table(cells=cells, height=2, width=2, place="第2行第2列·表2")

    found = read(Document(part="1", name="台账.docx", format="docx", blocks=(outer, inner)))

    assert [record.match.item for record in found.records] == [16, 31]
    assert [(one.value, one.unit) for one in found.records[0].quantities] == figures


def test_a_quoted_sentence_ends_with_its_quotation() -> None:
    """更正为“…16户次。”原文误将…: what was wrong is not filed beside what is right."""
    found = read(
        paper("一、会计代理", "“开展信用评价16户次，指导3家事务所加入行业协会。”原文误将9月份的12户次抄入。"),
        unit="县税务局",
    )
    assert {figure.value for record in found.records for figure in record.quantities} == {16.0, 3.0}


def test_work_beside_the_plan_does_not_inherit_the_number_above_it() -> None:
    """第42条 stands over its own paragraph; 此外 in the next one leaves it."""
    found = read(
        paper("第42条（配合）：新开办互助养老幸福小院4个。", "此外，办理临时救助93人次，发放救助金11.2万元。"),
        unit="县民政局",
    )
    assert [(record.match.item, record.progress) for record in found.records] == [(42, "新开办互助养老幸福小院4个。")]


def test_a_sheet_of_questions_and_answers() -> None:
    """A question heads its answer, 答 is no word of it, and what is asked for troubles and plans sorts the answers."""
    found = read(
        paper(
            "县工信科局9月份问答单",
            "问1：高新技术企业认定走到哪一步了？",
            "答：推荐材料报省3家，其中1家通过网评。",
            "问2：商业体系建设呢？",
            "答：水头农贸市场改造完工，新增乡镇直营店5家。",
            "问3：还有什么难处？",
            "答：冷链项目的变压器一直没有到货。",
            "问4：10月份准备抓哪几件事？",
            "答：督促供电部门月中送电。组织第二批高企申报。",
        ),
        period="2022-09",
    )

    assert {record.match.item: record.progress for record in found.records} == {
        15: "推荐材料报省3家，其中1家通过网评。",
        30: "水头农贸市场改造完工，新增乡镇直营店5家。",
    }
    assert [one.text for one in found.problems] == ["冷链项目的变压器一直没有到货。"]
    assert [one.text for one in found.next_steps] == ["督促供电部门月中送电。", "组织第二批高企申报。"]


def test_of_two_months_in_one_paper_only_the_last_counts() -> None:
    """第一部分 9月份 beside 第二部分 10月份: what was done in September is no part of October's report."""
    found = read(
        paper(
            "县工信科局9月、10月份工作情况",
            "第一部分　9月份",
            "高企申报方面，上门辅导7家企业。",
            "主要问题是人手少。",
            "第二部分　10月份",
            "（一）高新技术企业培育",
            "推荐材料报省3家，兑现奖补10万元。",
            "（二）打算",
            "11月组织第二批申报。",
        )
    )

    assert [record.progress for record in found.records] == ["推荐材料报省3家，兑现奖补10万元。"]
    assert [record.match.item for record in found.records] == [15]
    assert found.problems == ()
    assert [one.text for one in found.next_steps] == ["11月组织第二批申报。"]
    assert found.warnings == ("“第一部分　9月份”说的是9月的工作，没有计入本月；9月还没有报告的，请另行处理。",)


def test_two_signs_of_a_list_are_two_levels() -> None:
    """★ 下月关注 over ● lines is a heading, whatever the lines sound like."""
    found = read(
        paper(
            "工信科局10月动态",
            "★ 高企培育",
            "● 推荐材料报省3家，兑现奖补10万元。",
            "★ 商业体系",
            "● 水头农贸市场改造完工，新增乡镇直营店5家。",
            "★ 下月关注",
            "● 盯紧高企网评，问题随查随改。",
            "● 冷链变压器送电。",
        )
    )

    assert [record.match.item for record in found.records] == [15, 30]
    assert [one.text for one in found.next_steps] == ["盯紧高企网评，问题随查随改。", "冷链变压器送电。"]


def test_a_signature_in_brackets_is_no_intention() -> None:
    """（联系人：李干事） below the date belongs to the letter, and so does what says that the rest stands."""
    found = read(
        paper(
            "一、高新技术企业培育",
            "推荐材料报省3家，兑现奖补10万元。",
            "二、下一步打算",
            "11月组织第二批申报。",
            "原报告其他内容不变。",
            "县工信科局",
            "2022年11月6日",
            "（联系人：李干事）",
        )
    )

    assert [one.text for one in found.next_steps] == ["11月组织第二批申报。"]


def test_a_title_among_brothers_without_one_is_a_sentence() -> None:
    """One line of three that begins with a short sentence has no title: the sentence stays in its passage, once."""
    lines = (
        "1、组织企业申报高企3家，其中1家通过网评。",
        "2、走访规上企业22家，摸排研发需求35项，对接院校2所。",
        "3、商业体系有新变化。水头农贸市场改造完工，新增乡镇直营店5家。",
    )
    outliner = Outliner(words=words(), month=10)
    outliner.add(paper("一、工作进展", *lines), index=0)

    assert [(passage.text, passage.titles) for passage in outliner.passages] == [(line[2:], ()) for line in lines]


def test_a_word_beside_a_row_is_no_intention() -> None:
    """备注 that says 牵头 or 配合 tells of nobody's plans."""
    found = read(
        sheet(
            ("工作任务", "10月份进展", "存在的困难", "11月份打算", "备注"),
            ("高新技术企业培育", "推荐材料报省3家，兑现奖补10万元。", "无", "组织第二批申报。", "牵头"),
            ("县域商业体系", "水头农贸市场改造完工，新增直营店5家。", "无", "", "配合"),
        )
    )

    assert [one.text for one in found.next_steps] == ["组织第二批申报。"]


def test_a_difficulty_told_first_does_not_swallow_the_work_behind_it() -> None:
    """针对这一情况，走访企业146户 is work; what the next paragraph complains of is a difficulty again."""
    found = read(
        paper(
            "一、高新技术企业培育",
            "当前共性困难是企业研发费用不单独建账，申报材料凑不齐。针对这一情况，我局抽调业务骨干逐户辅导，走访企业46户，"
            "推荐材料报省3家。下一步将联合税务部门比对研发费用。",
            "企业怕申报后增加填报负担，配合意愿不强。",
            "二、县域商业体系",
            "水头农贸市场改造完工，新增乡镇直营店5家。",
        )
    )

    assert {record.match.item: record.progress[:10] for record in found.records} == {
        15: "针对这一情况，我局抽",
        30: "水头农贸市场改造完工",
    }
    assert len(found.problems) == 2
    assert [one.text for one in found.next_steps] == ["下一步将联合税务部门比对研发费用。"]


def test_a_field_named_alone_is_a_heading() -> None:
    """数字化这块 on a line of its own, and a task before a colon, head what stands below."""
    found = read(
        paper(
            "高企培育这块",
            "推荐材料报省3家，兑现奖补10万元。",
            "商业体系这块",
            "水头农贸市场改造完工。",
            part="body",
        )
    )
    told = read(
        paper(
            "王姐，我们就一项，高新技术企业培育（15项）：",
            "推荐材料只报省1家，整体没有按期拿出来，比计划拖后了。",
            part="body",
        )
    )

    assert [(record.match.item, record.progress) for record in found.records] == [
        (15, "推荐材料报省3家，兑现奖补10万元。"),
        (30, "水头农贸市场改造完工。"),
    ]
    assert [(record.match.item, record.status) for record in told.records] == [(15, Status.BEHIND)]


def test_a_title_word_for_word_outweighs_a_wrong_number() -> None:
    """第16项 高新技术企业培育 is a slip in the number."""
    title = next(item.title for item in knowledge().plan.items if item.number == 15)
    found = read(
        paper(
            f"第16项 {title}",
            "进展：推荐材料报省3家，兑现奖补10万元。目前通过的只有1家，落后于年初计划。",
            "问题：无。",
        )
    )

    assert [record.match.item for record in found.records] == [15]


def test_a_text_box_is_a_small_document() -> None:
    """Title and unit in a box are a frame; a heading in a box stands over the box's own lines and over nothing else."""
    blocks = (
        Paragraph("夏县工业和信息化科技局", "文本框1", zone="textbox"),
        Paragraph("10月份服务业提质增效工作小结", "文本框1", zone="textbox"),
        Paragraph("高新技术企业培育", "第1段"),
        Paragraph("推荐材料报省3家，兑现奖补10万元，企业名单已经公示完毕，等候省厅发文认定。", "第2段"),
        Paragraph("县域商业体系", "文本框2", zone="textbox"),
        Paragraph("水头农贸市场改造完工，新增乡镇直营店5家。", "文本框2", zone="textbox"),
        Paragraph("下步打算", "文本框3", zone="textbox"),
        Paragraph("组织第二批申报。", "文本框3", zone="textbox"),
    )
    found = read(Document(part="1", name="小结.docx", format="docx", blocks=blocks))

    assert [record.match.item for record in found.records] == [15, 30]
    assert [one.text for one in found.next_steps] == ["组织第二批申报。"]
    assert found.off_plan == ()


def test_what_mail_systems_add_is_no_intention() -> None:
    """本邮件仅限收件人使用 below a report in the body is nobody's plan."""
    found = read(
        paper(
            "高新技术企业培育：推荐材料报省3家，兑现奖补10万元。",
            "11月组织第二批申报。",
            "县工信科局 孙",
            "本邮件及附件含夏县工信科局内部信息，仅限收件人使用，误收请删除。",
            part="body",
        )
    )

    assert [one.text for one in found.next_steps] == ["11月组织第二批申报。"]


def test_the_day_below_a_title_heads_nothing() -> None:
    """（2022年11月12日） names a later month, and opens no plans."""
    found = read(
        paper(
            "县工信科局10月份工作进展情况",
            "（2022年11月12日）",
            "一、科技服务",
            "推荐高企材料报省3家，兑现奖补10万元。",
            "二、现代商贸",
            "水头农贸市场改造完工，新增乡镇直营店5家。",
        )
    )

    assert [record.match.item for record in found.records] == [15, 30]
    assert found.next_steps == ()


def test_whom_to_call_below_a_ledger_is_no_work() -> None:
    """联系电话： in the last row belongs to no item."""
    found = read(
        sheet(
            ("工作任务", "10月份进展", "存在的困难"),
            ("高新技术企业培育", "推荐材料报省3家，兑现奖补10万元。", "无"),
            ("联系电话：1390359XXXX", "", ""),
        )
    )

    assert [record.progress for record in found.records] == ["推荐材料报省3家，兑现奖补10万元。"]


def test_no_problem_stands_over_nothing() -> None:
    """存在问题：无。 under one task is no heading over the tasks that follow."""
    found = read(
        paper(
            "第15项 高新技术企业培育",
            "推荐材料报省3家，兑现奖补10万元。",
            "存在问题：无。",
            "下步措施：组织第二批申报。",
            "第30项 县域商业体系",
            "水头农贸市场改造完工，新增乡镇直营店5家。",
        )
    )

    assert [record.match.item for record in found.records] == [15, 30]
    assert found.problems == ()
