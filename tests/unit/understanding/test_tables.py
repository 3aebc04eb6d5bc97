"""Ledgers and cards under names of an office's own give their tasks, work, troubles, intentions and figures."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

from lexicon import words

from pipeline.model import Cell, Table
from pipeline.understanding import headers
from pipeline.understanding.cells import Ledger
from pipeline.understanding.naming import Role, role_of
from pipeline.understanding.tables import read


def ledger(*rows: str, month: int = 10) -> Ledger:
    """A table of rows whose cells are parted by bars; ``<`` joins a cell to the one at its left."""
    split = [[cell.strip() for cell in row.split("|")] for row in rows]
    width = max(len(row) for row in split)
    cells: list[Cell] = []
    for row, texts in enumerate(split):
        for column, text in enumerate(texts):
            if text == "<":
                continue
            span = 1
            while column + span < len(texts) and texts[column + span] == "<":
                span += 1
            place = f"第{row + 1}行第{column + 1}列"
            cells.append(Cell(text=text, row=row, column=column, place=place, rows=1, columns=span))
    table = Table(cells=tuple(cells), height=len(split), width=width, place="表1")
    return read(table, words=words(), month=month)


def told(found: Ledger) -> list[tuple[str, str, str, str]]:
    """Task, work, trouble and intention of each row."""
    return [
        (
            row.titles[-1] if row.titles else "",
            "".join(one.text for one in row.progress),
            "".join(one.text for one in row.problems),
            "".join(one.text for one in row.next_steps),
        )
        for row in found.rows
    ]


def test_columns_in_any_order_under_invented_names() -> None:
    """干的啥 is the task, 梗在哪儿 the trouble, 实物量 a figure with the unit beside it."""
    found = ledger(
        "负责人 | 往后安排 | 10月成效 | 干的啥 | 梗在哪儿 | 实物量 | 量的单位",
        "高 | 把春管合同提前签到户 | 秋种托管全部结束，参与58个。 | 种地外包 | 农机手不够用，排不上号 | 11.6 | 万亩次",
        "梁 | 先把两个乡镇的底册补录完 | 发了42本，贷出180万元。 | 拿证贷款 | 农经员一人管几摊，录不过来 | 310 | 本",
    )

    assert told(found) == [
        ("种地外包", "秋种托管全部结束，参与58个。", "农机手不够用，排不上号", "把春管合同提前签到户"),
        ("拿证贷款", "发了42本，贷出180万元。", "农经员一人管几摊，录不过来", "先把两个乡镇的底册补录完"),
    ]
    assert [(one.value, one.unit) for row in found.rows for one in row.figures] == [(11.6, "万亩次"), (310.0, "本")]


def test_a_ledger_on_its_side_is_read_as_one_that_stands() -> None:
    """Keys at the left and one task a column: a key that no list knows (碰到的事) is told by what stands behind it."""
    found = ledger(
        " | 稳岗返还 | 人力资源机构",
        "10月干了什么 | 名单公示期满，资金按户直拨。 | 园区入驻机构增至9家。",
        "本月数 | 86.4 | 412",
        "计量单位 | 万元 | 人次",
        "去年同期 | 241 | 2510",
        "碰到的事 | 企业账户休眠，退回重打的多，人手跟不上 | 机构小而散，没有一家能挑头",
        "下月打算 | 与银行逐户激活账户 | 引进一家机构来县设点",
    )

    assert told(found) == [
        ("稳岗返还", "名单公示期满，资金按户直拨。", "企业账户休眠，退回重打的多，人手跟不上", "与银行逐户激活账户"),
        ("人力资源机构", "园区入驻机构增至9家。", "机构小而散，没有一家能挑头", "引进一家机构来县设点"),
    ]
    assert [(one.value, one.unit) for row in found.rows for one in row.figures] == [(86.4, "万元"), (412.0, "人次")]


def test_work_may_stand_under_a_header_for_notes() -> None:
    """具体举措 that holds only names is the task; 办理说明 then tells the work."""
    found = ledger(
        "类别 | 具体举措 | 办理说明",
        "减负 | 大额留抵退付 | 退税随报随审，平均用时2.1个工作日，办结14户。",
        "直达 | 网上办税 | 网上办理率达到98.2%，一键提交412次，运行顺畅。",
    )

    assert [row[:2] for row in told(found)] == [
        ("大额留抵退付", "退税随报随审，平均用时2.1个工作日，办结14户。"),
        ("网上办税", "网上办理率达到98.2%，一键提交412次，运行顺畅。"),
    ]


def test_what_earlier_months_did_is_left_out() -> None:
    """截至9月底 in a ledger for October is no progress of October."""
    found = ledger(
        "任务 | 截至9月底 | 10月份新进展",
        "寄递进村 | 建成站点155个 | 又开通进村邮路4条，拨付60万元。",
        "节能诊断 | 诊断企业2家 | 给3家企业出了诊断报告。",
    )

    assert [row[1] for row in told(found)] == ["又开通进村邮路4条，拨付60万元。", "给3家企业出了诊断报告。"]


def test_totals_are_no_task_and_rows_below_are_notes() -> None:
    """合计 counts nothing again; 困难 and 打算 under the rows stay with all of them."""
    found = ledger(
        "序号 | 主要任务 | 累计数 | 单位 | 情况说明",
        "1 | 村级站点 | 138 | 个 | 站点设在便民店，验收了96个。",
        "2 | 快件箱 | 27 | 组 | 装在老旧小区，服务点装修完毕。",
        "合计 | < | 165 | < | <",
        "困难 | 偏远村件量小，没人愿意续签。 | < | < | <",
        "打算 | 下月再建站点20个。 | < | < | <",
    )

    assert [row[0] for row in told(found)] == ["村级站点", "快件箱"]
    assert [one.text for one in found.remarks] == ["困难：偏远村件量小，没人愿意续签。", "打算：下月再建站点20个。"]


def test_cards_with_keys_of_the_office_own() -> None:
    """Keys that come again make a card, whatever they are called; what stands behind 工作名称 is a name."""
    found = ledger(
        "工作名称 | 数字证书 | 承办 | 改革办",
        "办到哪一步 | 端口没放开，本月没有启动。 | < | <",
        "短板 | 底数导不进去，对不上号。 | < | <",
        "往下怎么干 | 先把庙前镇的底册核一遍。 | < | <",
        "工作名称 | 果品参展 | 承办 | 市场股",
        "办到哪一步 | 组织14家企业进馆，签约320万元。 | < | <",
        "短板 | 展位偏，人少。 | < | <",
        "往下怎么干 | 盯住签单，年内催到发货。 | < | <",
    )

    assert told(found) == [
        ("数字证书", "端口没放开，本月没有启动。", "底数导不进去，对不上号。", "先把庙前镇的底册核一遍。"),
        ("果品参展", "组织14家企业进馆，签约320万元。", "展位偏，人少。", "盯住签单，年内催到发货。"),
    ]


def test_cards_side_by_side() -> None:
    """Two columns of cards are read one after the other, none mixed with its neighbour."""
    found = ledger(
        "事项 | 景区升级 | | 事项 | 夜游研学",
        "九月 | 游客中心主体完工，步道铺到山门。 | | 九月 | 办研学营15期，接待学生2680人。",
        "卡在哪 | 商户数还差一截。 | | 卡在哪 | 停车位不够。",
        "十月 | 请专家暗访一次。 | | 十月 | 开辟临时停车场。",
        month=9,
    )

    assert told(found) == [
        ("景区升级", "游客中心主体完工，步道铺到山门。", "商户数还差一截。", "请专家暗访一次。"),
        ("夜游研学", "办研学营15期，接待学生2680人。", "停车位不够。", "开辟临时停车场。"),
    ]


def test_a_column_of_this_month_counts_under_any_name() -> None:
    """9月干了 and 今年9月 above numbers tell what was done in September; 去年9月 does not."""
    found = ledger(
        "工作内容 | 计量 | 全年要干 | 去年9月 | 9月干了 | 怎么干的",
        "取件点 | 个 | 171 | 3 | 9 | 山上的小村补上了点，借村委会的房子代办。",
        "捎件 | 万件 | 60 | 2.2 | 4.6 | 邮车下乡一趟把几家的件都带上。",
        month=9,
    )
    other = ledger("事 | 计量 | 今年9月 | 干的情况", "卖车 | 辆 | 143 | 巡展走了六个乡镇，当场订出去不少。", month=9)

    assert [(one.value, one.unit) for row in found.rows for one in row.figures] == [(9.0, "个"), (4.6, "万件")]
    assert [(one.value, one.unit) for row in other.rows for one in row.figures] == [(143.0, "辆")]


def test_growth_may_be_negative() -> None:
    """-45.8 in a column of change is a decline, not a rise."""
    found = ledger("指标 | 计量 | 10月 | 同比%", "客运量 | 万人次 | 1.9 | -45.8", "货运量 | 万吨 | 27.4 | 6.6")

    assert [(one.value, one.unit) for row in found.rows for one in row.figures if one.unit == "%"] == [
        (-45.8, "%"),
        (6.6, "%"),
    ]


@pytest.mark.parametrize(
    ("header", "kind"),
    [("梗在哪儿", "problem"), ("年度盘子", "target"), ("接下来咋干", "next"), ("干成了啥", "progress")],
)
def test_an_unknown_header_is_most_alike_to_its_kind(header: str, kind: str) -> None:
    """The lists themselves teach what an invented header means."""
    kinds = ("task", "progress", "problem", "next", "target")

    alike = headers.likeness(header, kinds, words=words())

    assert max(alike, key=alike.__getitem__) == kind


@pytest.mark.parametrize(
    ("header", "role"),
    [
        ("进展情况、存在问题及下步措施", Role.WHOLE),
        ("进展情况及下一步打算", Role.WHOLE),
        ("完成情况及下一步措施", Role.WHOLE),
        ("主要做法及存在问题", Role.WHOLE),
        ("进展、困难、打算", Role.WHOLE),
        ("进展情况（含存在问题、下步打算）", Role.WHOLE),
        ("存在问题及下步措施", Role.MIXED),
        ("措施及成效", Role.PROGRESS),
        ("完成计划", Role.TARGET),
        ("下一步推进措施", Role.NEXT),
    ],
)
def test_a_header_that_names_work_first_is_for_all_that_it_names(header: str, role: Role) -> None:
    """进展情况及下一步打算 holds work and intentions; only where work stands first, and beside another kind."""
    assert role_of(header, words=words(), month=10)[0] is role


def test_short_words_below_a_header_are_told_under_it() -> None:
    """已完成, 经费不足 and 11月完成报名 hold words of headers and are no second header, though each cell is short."""
    found = ledger(
        "任务 | 进展情况 | 存在问题 | 下步措施",
        "健全赛事体系 | 已完成 | 经费不足 | 11月完成报名",
        "全民健身场地 | 10月完成65% | 资金问题 | 11月完成内装",
    )

    assert told(found) == [
        ("健全赛事体系", "已完成", "经费不足", "11月完成报名"),
        ("全民健身场地", "10月完成65%", "资金问题", "11月完成内装"),
    ]


def test_a_second_header_row_stands_below_a_cell_over_several_columns() -> None:
    """本月 and 累计 below 完成情况 go on with the header; so they do below cells that were left empty."""
    spanned = ledger(
        "任务 | 完成情况（家） | < | 问题", " | 本月 | 累计 | ", "育苗 | 2 | 7 | 缺人手", "托管 | 1 | 5 | 无"
    )
    empty = ledger("任务 | 完成情况（家） | | 问题", " | 本月 | 累计 | ", "育苗 | 2 | 7 | 缺人手", "托管 | 1 | 5 | 无")

    for found in (spanned, empty):
        assert [row.titles for row in found.rows] == [("育苗",), ("托管",)]
        assert [one.value for one in found.rows[0].figures] == [2.0, 7.0]


@pytest.mark.parametrize(
    "title", ["县卫体局2022年10月份任务进展 | < | < | <", "县卫体局2022年10月份任务进展 | | | ", None]
)
@pytest.mark.parametrize("last", [None, "备注 | 无 | 无 | 无"])
def test_short_words_in_a_ledger_on_its_side_are_told(title: str | None, last: str | None) -> None:
    """存在问题 | 经费不足 | 进展缓慢 is a row of troubles, and a row of intentions that stands last heads nothing."""
    rows = (
        title,
        "工作任务 | 健全赛事体系 | 健身场地 | 托育机构",
        "完成情况 | 举办联赛1次 | 完成工程量65% | 备案托育机构2家",
        "存在问题 | 经费不足 | 进展缓慢 | 场地难找",
        "下步措施 | 11月完成报名 | 11月完成内装 | 12月再备案1家",
        last,
    )

    assert told(ledger(*(row for row in rows if row is not None))) == [
        ("健全赛事体系", "举办联赛1次", "经费不足", "11月完成报名"),
        ("健身场地", "完成工程量65%", "进展缓慢", "11月完成内装"),
        ("托育机构", "备案托育机构2家", "场地难找", "12月再备案1家"),
    ]


def test_what_stands_behind_a_key_of_a_card_is_its_value() -> None:
    """11月培训2期 behind 下步打算 is an intention, though it holds a later month and few signs."""
    found = ledger(
        "任务名称 | 交通运量",
        "本月进展 | 开行客运班线5条",
        "存在问题 | 进度滞后",
        "下步打算 | 11月完成内装",
        " | ",
        "任务名称 | 网络货运",
        "本月进展 | 货运量8.4万吨",
        "存在问题 | 结算比例低",
        "下步打算 | 11月培训2期",
    )

    assert told(found) == [
        ("交通运量", "开行客运班线5条", "进度滞后", "11月完成内装"),
        ("网络货运", "货运量8.4万吨", "结算比例低", "11月培训2期"),
    ]


def test_two_keys_in_one_row_of_a_card() -> None:
    """存在问题 | … | 下步打算 | … in each card is no header: the cards stay apart, each with both of its values."""
    found = ledger(
        "任务名称 | 交通运量 | 责任单位 | 县交通局",
        "本月进展 | 开行客运班线5条 | < | <",
        "存在问题 | 周末返程客流少 | 下步打算 | 国庆加密班次",
        "任务名称 | 网络货运 | 责任单位 | 县交通局",
        "本月进展 | 货运量8.4万吨 | < | <",
        "存在问题 | 线上结算比例低 | 下步打算 | 11月培训2期",
    )

    assert told(found) == [
        ("交通运量", "开行客运班线5条", "周末返程客流少", "国庆加密班次"),
        ("网络货运", "货运量8.4万吨", "线上结算比例低", "11月培训2期"),
    ]


def test_a_value_that_comes_again_in_each_card_is_no_key() -> None:
    """绿灯（正常） behind 自评 is what the card says of itself, and its words tell more than its colour."""
    found = ledger(
        "任务卡片 | 保险保障 | 责任人 | 刘",
        "本期进展 | 签单7.6万亩 | < | <",
        "卡点 | 商户不愿续 | < | <",
        "自评 | 绿灯（正常） | 填卡 | 11月7日",
        "任务卡片 | 证书抵押贷 | 责任人 | 刘",
        "本期进展 | 放款41笔 | < | <",
        "卡点 | 商户不愿续 | < | <",
        "自评 | 绿灯（正常） | 填卡 | 11月7日",
        "任务卡片 | 赶超行动 | 责任人 | 郑",
        "本期进展 | 方案印发 | < | <",
        "卡点 | 商户不愿续 | < | <",
        "自评 | 蓝灯（完成） | 填卡 | 11月7日",
    )

    assert [(row.titles, row.status) for row in found.rows] == [
        (("保险保障",), "正常"),
        (("证书抵押贷",), "正常"),
        (("赶超行动",), "完成"),
    ]


def figures(found: Ledger) -> list[list[tuple[str, float, str, str]]]:
    """Name, value, unit and scope of the figures of each row."""
    return [[(one.of, one.value, one.unit, one.scope.value) for one in row.figures] for row in found.rows]


def test_the_name_of_what_is_counted_carries_its_unit() -> None:
    """新建5G基站（个） in a column of its own is a part of the task; its unit speaks for both of its figures."""
    found = ledger(
        "序号 | 任务 | 具体工作 | 当月 | 累计",
        "1 | 大数据基础 | 新建5G基站（个） | 7 | 188",
        "2 | 电子商务 | 培训电商人才（人） | 210 | 560",
    )

    assert figures(found) == [
        [("新建5G基站当月", 7.0, "个", "month"), ("新建5G基站累计", 188.0, "个", "cumulative")],
        [("培训电商人才当月", 210.0, "人", "month"), ("培训电商人才累计", 560.0, "人", "cumulative")],
    ]
    assert [row.titles for row in found.rows] == [
        ("大数据基础", "新建5G基站（个）"),
        ("电子商务", "培训电商人才（人）"),
    ]


def test_the_unit_of_a_row_says_more_than_one_for_anything() -> None:
    """人 in the row's own column of units holds against 个 in the header; 万元 in a header holds."""
    found = ledger("任务 | 10月完成数（个） | 单位", "电子商务 | 210 | 人", "基站 | 7 | 个")
    money = ledger("任务 | 10月投放（万元） | 户数 | 单位", "助企 | 210 | 14 | 户", "惠农 | 70 | 9 | 户")

    assert [one[0][2] for one in figures(found)] == ["人", "个"]
    assert [[unit for _, _, unit, _ in one] for one in figures(money)] == [["万元", "户"], ["万元", "户"]]


@pytest.mark.parametrize("header", ["当月", "办了多少", "成绩单"])
def test_a_figure_without_a_unit_is_asked_about(header: str) -> None:
    """7 that counts nobody knows what is put before a person, under any name of its column; nothing is lost."""
    found = ledger(f"任务 | {header} | 说明", "基站 | 7 | 延安路站点割接上线。", "电商 | 210 | 镇上办了两期夜校。")

    assert figures(found) == [[], []]
    assert [[one.text for one in row.doubts] for row in found.rows] == [
        [f"“{header}”栏写的是“7”，不知道用哪个单位"],
        [f"“{header}”栏写的是“210”，不知道用哪个单位"],
    ]


@pytest.mark.parametrize(
    "column",
    [("去年10月", "7", "9"), ("序号", "1", "2"), ("年份", "2022", "2021"), ("手机号", "13803590001", "13803590002")],
)
def test_numbers_that_count_no_work_are_not_asked_about(column: tuple[str, str, str]) -> None:
    """Earlier years, serial numbers, years and telephone numbers stay silent."""
    head, first, second = column
    found = ledger(f"任务 | {head} | 进展情况", f"基站 | {first} | 站点割接上线。", f"电商 | {second} | 办了两期夜校。")

    assert [(row.figures, row.doubts) for row in found.rows] == [((), ()), ((), ())]


@pytest.mark.parametrize(
    ("header", "scope"),
    [
        ("10月完成（个）", "month"),
        ("10月份完成情况（个）", "month"),
        ("10月完成数（个）", "month"),
        ("1-10月完成（个）", "cumulative"),
        ("至10月完成（个）", "cumulative"),
        ("10月末完成（个）", "cumulative"),
        ("10月累计完成（个）", "cumulative"),
        ("截至10月底（个）", "cumulative"),
    ],
)
def test_what_a_month_did_is_no_sum(header: str, scope: str) -> None:
    """10月完成 in a report on October is October's; 累计, 至 and 1-10月 tell of all that came before too."""
    found = ledger(f"任务 | {header}", "基站 | 7", "电商 | 210")

    assert [one[0][3] for one in figures(found)] == [scope, scope]


def test_a_task_told_in_several_cells_among_the_keys_of_a_card() -> None:
    """A task that no list knows, before its parts and what was done on each, is told beside 短板 and 打算 as work."""
    cells = (
        ("单位", 0, 0, 1, 1),
        ("夏县司法局", 0, 1, 1, 2),
        ("公共法律服务中心标准化建设", 1, 0, 2, 1),
        ("实体平台", 1, 1, 1, 1),
        ("县中心重新划分窗口6个，配备值班律师14名。", 1, 2, 1, 1),
        ("热线平台", 2, 1, 1, 1),
        ("热线接听263通，群众满意率98.9%。", 2, 2, 1, 1),
        ("短板", 3, 0, 1, 1),
        ("乡镇工作站律师坐班时间难以保证。", 3, 1, 1, 2),
        ("11月打算", 4, 0, 1, 1),
        ("为3个乡镇工作站添置视频会见设备。", 4, 1, 1, 2),
    )
    placed = tuple(Cell(text, row, column, f"{row}-{column}", rows, wide) for text, row, column, rows, wide in cells)

    found = read(Table(cells=placed, height=5, width=3, place="表1"), words=words(), month=10)

    assert [(row.titles, [one.text for one in row.progress]) for row in found.rows if row.progress] == [
        (("公共法律服务中心标准化建设", "实体平台"), ["县中心重新划分窗口6个，配备值班律师14名。"]),
        (("公共法律服务中心标准化建设", "热线平台"), ["热线接听263通，群众满意率98.9%。"]),
    ]
    assert len({row.task for row in found.rows if row.progress}) == 1
    assert [row[2:] for row in told(found) if not row[1]] == [
        ("乡镇工作站律师坐班时间难以保证。", "为3个乡镇工作站添置视频会见设备。")
    ]


def test_a_value_under_an_unknown_key_belongs_to_its_card() -> None:
    """办到哪一步 stands once in the only card and still tells the work of its task."""
    found = ledger(
        "工作名称 | 数字证书",
        "办到哪一步 | 录入资产1200宗，发放证书41本。",
        "短板 | 底数导不进去，对不上号。",
        "下月打算 | 先把庙前镇的底册核一遍。",
    )

    assert told(found) == [
        ("数字证书", "录入资产1200宗，发放证书41本。", "底数导不进去，对不上号。", "先把庙前镇的底册核一遍。")
    ]


def test_last_month_and_this_months_plan_are_work_and_intention() -> None:
    """Who writes in October on September calls it 上月完成, and what comes 本月计划: neither holds figures."""
    found = ledger(
        "任务 | 上月完成 | 本月计划",
        "农村寄递物流 | 村级站点新建22个，累计139个。 | 把祁家河线路改为每日一班",
        "寄递末端网络 | 安装智能信包箱6组。 | 请住建局帮助落实两处站房",
    )

    assert told(found) == [
        ("农村寄递物流", "村级站点新建22个，累计139个。", "", "把祁家河线路改为每日一班"),
        ("寄递末端网络", "安装智能信包箱6组。", "", "请住建局帮助落实两处站房"),
    ]


def test_names_under_measures_are_tasks_where_another_column_is_for_what_comes() -> None:
    """措施 beside 进展 and 下步 says which part of the task a row is on."""
    found = ledger(
        "任务 | 措施 | 进展 | 下步",
        "促进住房消费 | 提高贷款额度 | 新政已执行，按新额度放款。 | 推行视频面签",
        "促进住房消费 | 提取支持 | 租房提取额度上调，窗口照常受理。 | 提前一月提醒",
    )

    assert [(row.titles, [one.text for one in row.next_steps]) for row in found.rows] == [
        (("促进住房消费", "提高贷款额度"), ["推行视频面签"]),
        (("促进住房消费", "提取支持"), ["提前一月提醒"]),
    ]


def test_a_field_of_a_card_may_name_what_it_counts_before_number_and_unit() -> None:
    """完成量 | 更换器材 | 86 | 件, as often as it stands, gives its figures and no work."""
    found = ledger(
        "任务名称 | 健身场地建设 | 责任股室 | 群体股",
        "10月进展 | 游泳馆封顶，形象进度到71%。 | < | <",
        "完成量 | 更换健身器材 | 86 | 件",
        "完成量 | 学校操场开放 | 12 | 所",
        "存在问题 | 热力管线没有着落。 | < | <",
        "任务名称 | 健康管理 | 责任股室 | 基层股",
        "10月进展 | 长处方小程序上线试用。 | < | <",
        "完成量 | 家庭医生签约 | 8.9 | 万人",
        "存在问题 | 无 | < | <",
    )

    assert figures(found) == [
        [("更换健身器材", 86.0, "件", "cumulative"), ("学校操场开放", 12.0, "所", "cumulative")],
        [("家庭医生签约", 8.9, "万人", "cumulative")],
    ]
    assert [work for _, work, _, _ in told(found)] == ["游泳馆封顶，形象进度到71%。", "长处方小程序上线试用。"]


def test_a_column_of_nothing_but_statuses_is_one() -> None:
    """完成情况 beside 推进情况 holds 正常 and 滞后: no titles and no work."""
    found = ledger(
        "工作任务 | 9月份推进情况 | 完成情况 | 下一步措施",
        "合同能源管理 | 促成化工厂与节能公司签订协议1份。 | 正常 | 编印案例手册发到企业。",
        "能耗在线监测 | 接入重点用能单位4户。 | 滞后 | 10月底前出齐诊断报告。",
        month=9,
    )

    assert [(row.titles, row.status) for row in found.rows] == [
        (("合同能源管理",), "正常"),
        (("能耗在线监测",), "滞后"),
    ]


def test_the_sum_at_the_end_of_the_month_counts_beside_the_month() -> None:
    """本月新增 and 本月末累计 both count, last year's and last month's do not."""
    found = ledger(
        "任务内容 | 年度目标 | 去年同期 | 计量单位 | 本月新增 | 本月末累计 | 本月进展",
        "5G基站建设 | 80 | 41 | 座 | 4 | 74 | 庙前、胡张两镇站址谈妥并完成开通。",
        "千兆光网 | 6000 | 2150 | 户 | 412 | 5137 | 城区老旧小区光缆改造收尾。",
    )

    assert [[(value, unit) for _, value, unit, _ in row] for row in figures(found)] == [
        [(4.0, "座"), (74.0, "座")],
        [(412.0, "户"), (5137.0, "户")],
    ]
