"""Figures over the months, and the remarks: each speaks on its case and is silent beside it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sample_month as sample
from sample_month import Report, fact, record, remark

from pipeline.digest.figures import bare_name, same_thing
from pipeline.digest.tracking import FINDERS, findings, lines_of, series
from pipeline.model import Finding, Quantity, ReportRecord, Scope, Status

CUM, MON = Scope.CUMULATIVE, Scope.MONTH


def months(*told: tuple[Report, ...]) -> tuple:
    """Months from 2022-08 on, each from its reports."""
    return tuple(
        (period, sample.month_of(period, reports, at=sample.instant(28)).units)
        for period, reports in zip(("2022-08", "2022-09", "2022-10", "2022-11"), told, strict=False)
    )


def one(unit: str, *records: ReportRecord, **more: tuple) -> tuple[Report, ...]:
    """A month in which one unit reports."""
    return (Report(unit, sample.instant(9), tuple(records), **more),)


def found(kind: str, *told: tuple[Report, ...]) -> list[Finding]:
    """Remarks of one kind."""
    return [entry for entry in findings(months(*told), plan=sample.PLAN, units=()) if entry.kind == kind]


def stations(*facts: Quantity, text: str = "") -> ReportRecord:
    """A record on item 7."""
    return record(7, text or "基站建设按计划推进，正在协调站址。", Status.ON_TRACK, *facts)


# --------------------------------------------------------------------------- series


def test_names_of_one_thing_are_one_series() -> None:
    """The counting words may differ; month figures and other things stay out."""
    told = months(
        one("青河移动", stations(fact(89, "个", "累计5G基站", CUM), fact(6, "个", "新开通5G基站", MON))),
        one("青河移动", stations(fact(98, "个", "累计开通5G基站数"), fact(2, "条", "100G链路", CUM))),
        one("青河移动", stations(fact(101, "个", "5G基站总数", CUM))),
    )

    assert {(entry.item, entry.unit, entry.of, entry.measure, entry.months) for entry in series(told)} == {
        (7, "青河移动", "5G基站", "个", (("2022-08", 89), ("2022-09", 98), ("2022-10", 101))),
        (7, "青河移动", "100G链路", "条", (("2022-09", 2),)),
    }


def test_magnitudes_are_brought_together() -> None:
    """1.1亿元 after 9800万元 is 11000万元."""
    told = months(
        one("县文旅局", record(10, "推进。", Status.ON_TRACK, fact(9800, "万元", "累计完成投资", CUM))),
        one("县文旅局", record(10, "推进。", Status.ON_TRACK, fact(1.1, "亿元", "累计完成投资", CUM))),
    )

    assert series(told)[0].months == (("2022-08", 9800), ("2022-09", 11000))
    assert not list(FINDERS[0](told, sample.PLAN, ()))


def test_two_figures_of_one_report_never_share_a_row() -> None:
    """4G and 5G stations run beside each other, and doubtful records not at all."""
    told = months(
        one("青河移动", stations(fact(89, "个", "累计5G基站", CUM), fact(300, "个", "累计4G基站", CUM))),
        one("青河移动", stations(fact(301, "个", "累计4G基站", CUM), fact(98, "个", "累计5G基站", CUM))),
        one("青河移动", replace(stations(fact(1, "个", "累计5G基站", CUM)), doubtful=True)),
    )

    assert [entry.months for entry in series(told)] == [
        (("2022-08", 89), ("2022-09", 98)),
        (("2022-08", 300), ("2022-09", 301)),
    ]


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("累计5G基站", "5G基站总数", True),
        ("5G基站", "4G基站", False),
        ("累计建成村级服务站", "村级寄递服务站", True),
        ("成长板挂牌企业", "展示板挂牌企业", False),
        ("惠及企业", "企业", False),
        ("企业挂牌“晋兴板”", "今年新增“晋兴板”挂牌企业", True),
        ("企业挂牌“晋兴板”", "新增“展示板”挂牌企业", False),
    ],
)
def test_things_are_told_apart(left: str, right: str, same: bool) -> None:  # noqa: FBT001 - a parameter
    """Near names are one thing, names with other digits or another key word are not."""
    assert same_thing(left, right) is same


def test_a_bare_name_names_the_thing() -> None:
    """Names are cut out of running text; a name of counting words only is empty."""
    assert bare_name("累计开通") == ""
    assert bare_name("开通5G基站11个,全县") == "5G基站"
    assert bare_name("九处,三家运营商累计建成5G基站") == "5G基站"
    assert bare_name("餐饮企业营业中断险参保企业累计") == "餐饮企业营业中断险参保企业"
    assert bare_name("4A级景区") == "4A级景区"
    assert bare_name("累计完成投资") == "投资"


def test_a_nameless_total_continues_the_only_row() -> None:
    """累计开通98个 is the next value of the unit's only total in 个; among two it begins a row of its own."""
    first = one("青河移动", stations(fact(89, "个", "5G基站总数", CUM)))
    both = one("青河移动", stations(fact(89, "个", "5G基站总数", CUM), fact(300, "个", "4G基站总数", CUM)))
    then = one("青河移动", stations(fact(98, "个", "累计开通", CUM)))

    assert [entry.months for entry in series(months(first, then))] == [(("2022-08", 89), ("2022-09", 98))]
    assert len(series(months(both, then))) == 3


# --------------------------------------------------------------------------- remarks


def test_a_falling_total_is_remarked_with_both_figures() -> None:
    """Months and figures stand in the reason."""
    (finding,) = found(
        "cumulative_falls",
        one("青河移动", stations(fact(98, "个", "累计5G基站", CUM))),
        one("青河移动", stations(fact(89, "个", "累计5G基站", CUM))),
    )

    assert (finding.item, finding.units, finding.months) == (7, ("青河移动",), ("2022-08", "2022-09"))
    assert "8月的98个降为9月的89个" in finding.because


def test_what_may_fall_is_not_remarked() -> None:
    """Rates, monthly figures, a reduction target, and a rough figure within its roughness."""
    before = one(
        "青河移动",
        stations(
            fact(99, "%", "累计完成率", CUM),
            fact(11, "个", "新开通5G基站", MON),
            replace(fact(240, "户", "累计用户", CUM), approximate=True),
        ),
    )
    after = one(
        "青河移动",
        stations(
            fact(98, "%", "累计完成率", CUM), fact(2, "个", "新开通5G基站", MON), fact(238, "户", "累计用户", CUM)
        ),
    )
    reduced = [
        one("县住建局", record(12, "压减。", Status.ON_TRACK, fact(value, "个月", "建设周期", CUM)))
        for value in (30, 28)
    ]

    assert not found("cumulative_falls", before, after)
    assert not found(
        "cumulative_falls",
        *(one("青河移动", stations(fact(value, "亿元", "贷款余额", CUM))) for value in (12.4, 11.9)),
    )
    assert not found("cumulative_falls", *reduced)


def _posts(unit: str, value: float, text: str = "累计建成村级寄递物流站。") -> Report:
    entry = record(6, text, Status.ON_TRACK, fact(value, "个", "累计建成村级寄递物流站", CUM))
    return Report(unit, sample.instant(9), (entry,))


def test_two_totals_of_one_whole_are_remarked() -> None:
    """A coverage target makes one whole of what both units count."""
    (finding,) = found("conflicting_numbers", (_posts("县发改局", 132), _posts("邮政分公司", 128)))

    assert (finding.item, finding.units, finding.months) == (6, ("县发改局", "邮政分公司"), ("2022-08",))
    assert "132" in finding.because
    assert "128" in finding.because
    assert not found("conflicting_numbers", (_posts("县发改局", 132), _posts("邮政分公司", 132)))


def test_a_new_target_conflicts_only_where_both_name_it() -> None:
    """成长板挂牌企业 of both units is one thing of the plan; other firms that each has helped are not."""

    def told(of: str, *values: float) -> tuple[Report, ...]:
        return tuple(
            Report(unit, sample.instant(9), (record(3, "推进挂牌。", Status.ON_TRACK, fact(value, "家", of, CUM)),))
            for unit, value in zip(("县金融服务中心", "县财政局"), values, strict=True)
        )

    assert [entry.item for entry in found("conflicting_numbers", told("成长板挂牌企业", 2, 3))] == [3]
    assert not found("conflicting_numbers", told("累计惠及服务业企业", 48, 22))


def test_parts_of_a_whole_do_not_conflict() -> None:
    """Two operators and the bureau over them each count their own."""
    own = (
        Report(
            "县工信科局", sample.instant(9), (stations(fact(178, "个", "累计5G基站", CUM), text="全县累计178个。"),)
        ),
        Report("青河移动", sample.instant(9), (stations(fact(98, "个", "累计5G基站", CUM), text="累计98个。"),)),
        Report("青河电信", sample.instant(9), (stations(fact(60, "个", "累计5G基站", CUM), text="累计60个。"),)),
    )

    assert not found("conflicting_numbers", own)


def test_units_that_both_say_whole_county_conflict() -> None:
    """全县 in both sentences: one of the two is wrong."""
    said = tuple(
        Report(
            unit, sample.instant(9), (stations(fact(value, "个", "全县累计5G基站", CUM), text=f"全县累计{value}个。"),)
        )
        for unit, value in (("县工信科局", 178), ("青河移动", 171))
    )

    assert [entry.units for entry in found("conflicting_numbers", said)] == [("县工信科局", "青河移动")]


_WORDS = "组织相关企业赴外地考察学习两次，完善项目推进机制，各项工作按照时间节点稳步推进，取得阶段性成效。"


def test_copied_text_is_remarked_but_for_the_months_name() -> None:
    """Only the month was changed; changed figures, short words and finished work are no copies."""
    before, after = one("县文旅局", record(10, f"8月份，{_WORDS}")), one("县文旅局", record(10, f"9月份，{_WORDS}"))
    (finding,) = found("text_copied", before, after)

    assert (finding.item, finding.months) == (10, ("2022-08", "2022-09"))
    assert not found("text_copied", before, one("县文旅局", record(10, f"9月份，新签约12家。{_WORDS}")))
    assert not found("text_copied", one("县文旅局", record(10, "无进展。")), one("县文旅局", record(10, "无进展。")))
    done = one("县文旅局", record(10, _WORDS, Status.DONE))
    assert not found("text_copied", done, done)


def test_an_item_of_others_is_remarked_once() -> None:
    """All months of it in one remark; weak matches are the program's own doubt."""
    told = one("县住建局", record(4, "发放小微贷款若干。"))
    (finding,) = found("foreign_item", told, told)
    doubtful = one("县住建局", record(4, "发放小微贷款若干。", doubtful=True))

    assert (finding.item, finding.units, finding.months) == (4, ("县住建局",), ("2022-08", "2022-09"))
    assert "人行青河支行" in finding.because
    assert not found("foreign_item", doubtful)


def test_an_empty_report_is_remarked_and_an_honest_zero_is_not() -> None:
    """Token words only; a figure, a stated problem or 零报告 is substance."""
    token = record(10, "按要求正常推进。")
    (finding,) = found("empty_report", one("县文旅局", token, record(11, "有序开展。")))

    assert finding.units == ("县文旅局",)
    assert "按要求正常推进" in finding.because
    hollow = "严格按照县委县政府部署要求，扎实推进全域旅游示范创建各项工作，取得了明显成效。"
    assert found("empty_report", one("县文旅局", record(10, hollow)))
    assert not found("empty_report", one("县文旅局", record(10, "景观质量评审通过，停车场主体完工。")))
    assert not found(
        "empty_report", one("县文旅局", token, record(11, "新开民宿。", Status.ON_TRACK, fact(4, "家", "民宿")))
    )
    assert not found("empty_report", one("县文旅局", token, problems=(remark("缺少资金", 10),)))
    assert not found("empty_report", (Report("县文旅局", sample.instant(9), zero=True),))


def test_never_reported_items_and_units() -> None:
    """An item in none of the unit's reports; a unit in no month, once half of the units have spoken."""
    told = one("县文旅局", record(10, _WORDS), record(2, _WORDS))
    items = [entry for entry in found("never_reported", told, told) if entry.item]

    assert [(entry.item, entry.units) for entry in items] == [(11, ("县文旅局",))]
    assert not found("never_reported", told)
    assert not [entry for entry in found("never_reported", told, told) if entry.item is None]
    most = tuple(Report(unit, sample.instant(9), (record(1, _WORDS),)) for unit in sample.UNITS if unit != "县税务局")
    assert [entry.units for entry in found("never_reported", most, most) if entry.item is None] == [("县税务局",)]


_TROUBLE = remark("景区连接线征地补偿标准未谈拢，涉及农户拒绝签字。", 10)


def test_a_vanished_problem_is_remarked_and_a_solved_one_is_not() -> None:
    """Silence about it is remarked; speaking of it, finishing the item or not reporting the item is not."""
    before = one("县文旅局", record(10, _WORDS), problems=(_TROUBLE,))
    (finding,) = found("problem_vanished", before, one("县文旅局", record(10, "举办推介会3场。")))

    assert (finding.item, finding.months) == (10, ("2022-08", "2022-09"))
    spoken = record(10, "连接线征地补偿经调解达成一致，农户全部签字。")
    assert not found("problem_vanished", before, one("县文旅局", spoken))
    assert not found("problem_vanished", before, one("县文旅局", record(10, "创建工作通过验收。", Status.DONE)))
    assert not found("problem_vanished", before, one("县文旅局", record(11, "举办推介会3场。")))
    assert not found("problem_vanished", before)


def test_a_forgotten_promise_is_remarked_when_it_falls_due() -> None:
    """Not before its month, not when it is spoken of, not when it names no time."""
    before = one("县文旅局", record(10, _WORDS), next_steps=(remark("10月底前建成游客中心智慧停车系统。", 10),))
    silent = one("县文旅局", record(10, "举办推介会3场。"))
    (finding,) = found("promise_forgotten", before, silent, silent)

    assert (finding.item, finding.months) == (10, ("2022-08", "2022-10"))
    assert not found("promise_forgotten", before, silent)
    kept = one("县文旅局", record(10, "游客中心智慧停车系统投入使用。"))
    assert not found("promise_forgotten", before, silent, kept)
    vague = one("县文旅局", record(10, _WORDS), next_steps=(remark("继续建设游客中心智慧停车系统。", 10),))
    assert not found("promise_forgotten", vague, silent, silent)


@pytest.mark.parametrize(
    "later",
    [
        "护理人员力量仍然不足，持证上岗率偏低。",
        "持证护理力量薄弱，年轻人不愿意干。",
    ],
)
def test_a_problem_in_other_words_has_not_vanished(later: str) -> None:
    """A difficulty on the same item that shares a word of its own is the old one, paraphrased."""
    before = one("县文旅局", record(10, _WORDS), problems=(remark("日间照料中心护理员短缺，持证人员不足三成。", 10),))
    again = one("县文旅局", record(10, "举办推介会3场。"), problems=(remark(later, 10),))

    assert not found("problem_vanished", before, again)


@pytest.mark.parametrize(
    "settled",
    [
        "通过公开招聘新增持证护理员11名。",
        "上月反映的问题已全部解决。",
        "护理员短缺的状况已经缓解，入住老人104人。",
    ],
)
def test_a_settled_problem_has_not_vanished(settled: str) -> None:
    """Something came right, in the problem's own words, or all of last month's problems at once."""
    before = one("县文旅局", record(10, _WORDS), problems=(remark("日间照料中心护理员短缺，持证人员不足三成。", 10),))

    assert not found("problem_vanished", before, one("县文旅局", record(10, settled)))
    assert found("problem_vanished", before, one("县文旅局", record(10, "新增床位40张，入住老人104人。")))


def test_a_problem_is_looked_for_in_one_passage_at_a_time() -> None:
    """Words scattered over a long report on other things do not speak of it; what a later month says of it does."""
    before = one("县文旅局", record(10, _WORDS), problems=(_TROUBLE,))
    scattered = one(
        "县文旅局",
        record(10, "举办推介会3场，印发景区画册。"),
        record(11, "夜市连接步行街，涉及商户30家，补偿金已发。"),
        record(2, "农户采摘园开园，标准化厨房改造2家。"),
    )
    late = one("县文旅局", record(10, "连接线征地补偿经调解达成一致，农户全部签字。"))

    assert found("problem_vanished", before, scattered)
    assert not found("problem_vanished", before, scattered, late)


def test_a_promise_is_not_kept_by_the_units_usual_words() -> None:
    """绿色贷款 stands in every report of a bank: it does not tell that the meeting took place."""
    usual = "发放绿色贷款960万元，对绿色信贷统计口径做了一次核对。"
    before = one("县文旅局", record(10, usual), next_steps=(remark("10月举办一次绿色信贷政银企对接会。", 10),))
    told = one("县文旅局", record(10, usual + "召开政银企对接会，签约5家。"))

    assert found("promise_forgotten", before, one("县文旅局", record(10, usual)), one("县文旅局", record(10, usual)))
    assert not found("promise_forgotten", before, one("县文旅局", record(10, usual)), told)


def test_a_promise_is_not_forgotten_where_its_months_report_is_missing() -> None:
    """What was kept in September is told in September's report; October's has no reason to, two later ones have."""
    before = one("县文旅局", record(10, _WORDS), next_steps=(remark("9月建成游客中心智慧停车系统。", 10),))
    silent = one("县文旅局", record(10, "举办推介会3场。"))

    assert not found("promise_forgotten", before, (), silent)
    assert found("promise_forgotten", before, (), silent, silent)


def test_a_deed_without_a_month_is_forgotten_after_two_silent_reports() -> None:
    """One thing to be done once can be missed; what goes on for ever, or waits for a later season, cannot."""

    def promised(text: str) -> tuple[Report, ...]:
        return one("县文旅局", record(10, _WORDS), next_steps=(remark(text, 10),))

    silent = one("县文旅局", record(10, "举办推介会3场。"))

    assert found("promise_forgotten", promised("建成游客中心智慧停车系统并投入使用。"), silent, silent)
    assert not found("promise_forgotten", promised("建成游客中心智慧停车系统并投入使用。"), silent)
    assert not found("promise_forgotten", promised("持续完善游客中心智慧停车系统，尽快投入使用。"), silent, silent)
    assert not found("promise_forgotten", promised("明年春节前建成游客中心智慧停车系统。"), silent, silent)
    assert not found("promise_forgotten", promised("年底前建成游客中心智慧停车系统。"), silent, silent)


def test_a_title_in_front_does_not_hide_a_copy() -> None:
    """A body repeats the item's title where last month's table had it in a column of its own."""
    text = "停车场主体完工，新设标识牌46块，客流监测平台接入县级数据中心。"
    before = one("县文旅局", record(10, f"推进全域旅游示范创建：{text}"))

    assert found("text_copied", before, one("县文旅局", record(10, text)))


def test_a_standing_phrase_without_figures_is_no_copy() -> None:
    """A short sentence that holds every month is repeated honestly."""
    phrase = one("县文旅局", record(10, "旅游热线全天候值守，投诉件件有回音，台账资料齐全完备。"))

    assert not found("text_copied", phrase, phrase)


def _entered(unit: str, value: float, *, of: str = "累计新增入统服务业企业", scope: Scope = CUM) -> Report:
    return Report(
        unit, sample.instant(9), (record(13, f"{of}{value:g}家。", Status.ON_TRACK, fact(value, "家", of, scope)),)
    )


def test_entries_of_one_register_conflict_without_a_target() -> None:
    """入统企业 are the same firms whoever counts them; visits are each unit's own."""
    (finding,) = found("conflicting_numbers", (_entered("县统计局", 6), _entered("县财政局", 9)))

    assert (finding.item, finding.units) == (13, ("县财政局", "县统计局"))
    assert not found("conflicting_numbers", (_entered("县统计局", 6), _entered("县财政局", 6)))
    visits = tuple(_entered(unit, value, of="累计走访服务业企业") for unit, value in (("县统计局", 6), ("县财政局", 9)))
    assert not found("conflicting_numbers", visits)


def test_monthly_figures_conflict_only_where_both_count_the_county() -> None:
    """全县 beside the figure makes one number of two; a deed of the unit stays its own."""

    def told(of: str) -> tuple[Report, ...]:
        return (_entered("县统计局", 2, of=of, scope=MON), _entered("县财政局", 3, of=of, scope=MON))

    assert found("conflicting_numbers", told("本月全县新开业商贸企业"))
    assert not found("conflicting_numbers", told("本月新开业商贸企业"))
    assert not found("conflicting_numbers", told("本月全县走访商贸企业"))


def test_an_item_that_nobody_answered_is_one_remark_with_all_who_owe_it() -> None:
    """Not before the second month, and not where one of them answered."""
    most = tuple(Report(unit, sample.instant(9), (record(1, _WORDS),)) for unit in sample.UNITS if unit != "县税务局")
    twice = [entry for entry in found("never_reported", most, most) if entry.item == 2]

    assert [(entry.units, entry.months) for entry in twice] == [(("县文旅局", "县交通局"), ("2022-08", "2022-09"))]
    assert not [entry for entry in found("never_reported", most) if entry.item == 2]
    answered = (*most, Report("县交通局", sample.instant(10), (record(2, _WORDS),)))
    assert not [
        entry for entry in found("never_reported", most, answered) if entry.item == 2 and "县交通局" in entry.units
    ]


def test_a_month_with_an_open_question_neither_answers_nor_accuses() -> None:
    """What waits for a person may hold the item: that month is left out, the others still count."""
    most = tuple(Report(unit, sample.instant(9), (record(1, _WORDS),)) for unit in sample.UNITS if unit != "县税务局")
    calm, doubtful = months(most, most)[0], months(most, most)[1]
    waiting = (doubtful[0], tuple(replace(unit, waiting=True) for unit in doubtful[1]))

    def silent(*told: tuple) -> list[Finding]:
        return [entry for entry in FINDERS[5](told, sample.PLAN, ()) if entry.item == 2]

    assert not silent(calm, waiting)
    assert silent(calm, waiting, ("2022-10", calm[1]))


def test_a_paper_tells_the_remarks_of_its_month_and_gathers_what_nobody_reports() -> None:
    """Old remarks stood in their own month's paper; forty silent items are one line."""
    entries = (
        Finding("cumulative_falls", 7, ("青河移动",), ("2022-08", "2022-09"), "旧事。"),
        Finding("text_copied", 10, ("县文旅局",), ("2022-09", "2022-10"), "照抄。"),
        *(
            Finding("never_reported", item, ("甲", "乙", "丙", "丁"), ("2022-09", "2022-10"), "未报。")
            for item in (2, 3)
        ),
    )

    assert lines_of(entries, "2022-10") == (
        "照抄。",
        "2022年9月至2022年10月的2次报送中，承担单位都没有报告：任务2（甲、乙、丙等4家）、任务3（甲、乙、丙等4家），请核实是否遗漏。",
    )


def test_nothing_is_said_of_nothing() -> None:
    """No months, no remarks; one calm month, no remarks."""
    assert findings((), plan=sample.PLAN, units=()) == ()
    assert findings((("2022-08", sample.august().units),), plan=sample.PLAN, units=()) == ()
    assert series(()) == ()


def test_kinds_are_those_of_the_command_line() -> None:
    """The functions are named as `status --json` prints them."""
    assert [finder.__name__ for finder in FINDERS] == [
        *("cumulative_falls", "conflicting_numbers", "text_copied", "foreign_item"),
        *("empty_report", "never_reported", "problem_vanished", "promise_forgotten"),
    ]
