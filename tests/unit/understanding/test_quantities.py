"""Figures of work done are found in every way of writing them, and nothing else is taken for one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

from lexicon import words

from pipeline.model import Scope
from pipeline.understanding.numerals import chinese_number
from pipeline.understanding.quantities import find, parse_cell


def figures(text: str, **more: object) -> list[tuple[float, str]]:
    """Value and unit of each figure."""
    return [(figure.value, figure.unit) for figure in find(text, words=words(), **more)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("拨付资金3.2万元", [(3.2, "万元")]),
        ("发放宣传册３，２００份", [(3200.0, "份")]),
        ("供应化肥一百二十来吨", [(120.0, "吨")]),
        ("投入四十多万元", [(40.0, "万元")]),
        ("接待两千三百多人次", [(2300.0, "人次")]),
        ("余额十三亿七千万元", [(13.7, "亿元")]),
        ("比重达到百分之八十六点五", [(86.5, "%")]),
        ("完成率由62%提高到78%", [(78.0, "%")]),
        ("周期36个月压减至24个月", [(24.0, "个月")]),
        ("同比增长5.6%", [(5.6, "%")]),
        ("提高8.2个百分点", [(8.2, "个百分点")]),
        ("完成全年任务的88.6%", [(88.6, "%")]),
        ("占全县171个行政村的77.2%", [(77.2, "%")]),
        ("现场签约11家企业、金额4350万元", [(11.0, "家"), (4350.0, "万元")]),
        ("办了一场巡展，拿到银奖一个。", [(1.0, "场"), (1.0, "个")]),
        ("提供规划图件两套，", [(2.0, "套")]),
        ("12345热线办结45件", [(45.0, "件")]),
    ],
)
def test_figures_in_every_spelling(text: str, expected: list[tuple[float, str]]) -> None:
    """Arabic, full-width, Chinese and mixed numbers keep their magnitude in the unit as written."""
    assert expected == figures(text)


@pytest.mark.parametrize(
    "text",
    [
        "2022年8月24日",
        "8月13日至14日",
        "15:20开会",
        "推进5G专网和4A景区、10G端口",
        "第3批",
        "一次性告知，一户一策",
        "没有一家申报",
        "三家运营商",
        "力争年底前达到50家",
        "全年目标30家",
        "去年同期为21.2万元",
        "工期拖了20天",
        "七八家",
        "落实“六税两费”政策",
        "24小时自助服务区",
        "65岁以上老年人",
        "做了三件事",
        "分三批落实",
        "比年底的限期早了两个月",
        "快于3天的承诺时限",
        "参展企业名单一家没定",
        "从业人员每3天一检",
        "要求5家机构接入",
    ],
)
def test_what_is_no_figure(text: str) -> None:
    """Dates, ordinals, names, targets, earlier values, delays, guesses and set phrases are left out."""
    assert figures(text) == []


def test_a_number_that_only_quotes_the_plan_is_left_out() -> None:
    """22项纾困措施 says what the plan counts, not what was done."""
    assert figures("落实22项纾困措施", plan_text="抓好22项普惠性纾困扶持措施落地落实") == []


def test_scope_and_vagueness() -> None:
    """累计 makes a figure cumulative, 本月 one of the month, 余 an approximate one."""
    total, month = find("全县累计达到178个，本月新增约11个", words=words())

    assert (total.scope, total.approximate) == (Scope.CUMULATIVE, False)
    assert (month.scope, month.approximate) == (Scope.MONTH, True)


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("今年累计新增入统服务业企业4家", Scope.CUMULATIVE),
        ("1至10月累计新建村级站点152个", Scope.CUMULATIVE),
        ("今年以来新增挂牌企业3家", Scope.CUMULATIVE),
        ("今年9月新增挂牌企业3家", Scope.MONTH),
        ("累计152个，新增17个", Scope.MONTH),
    ],
)
def test_what_is_new_since_the_years_start_is_a_total(text: str, scope: Scope) -> None:
    """累计新增 counts from January, 新增 alone in the month."""
    assert find(text, words=words())[-1].scope is scope


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("24.6", "万亩次", (24.6, "万亩次")),
        ("68.3%", "", (68.3, "%")),
        ("12家", "", (12.0, "家")),
        ("￥385", "万元", (385.0, "万元")),
        ("—", "家", None),
        ("详见说明", "家", None),
    ],
)
def test_number_cells(text: str, unit: str, expected: tuple[float, str] | None) -> None:
    """A number cell takes its unit from itself, else from the header."""
    assert expected == parse_cell(text, number=None, unit=unit, words=words())


_DIGITS = "零一二三四五六七八九"


def spelled(number: int) -> str:
    """A number below ten thousand in Chinese characters, as written on paper."""
    out, gap = "", False
    for power, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // power % 10
        if digit:
            out += ("零" if gap and out else "") + _DIGITS[digit] + name
            gap = False
        else:
            gap = True
    return out


@given(st.integers(min_value=1, max_value=9999))
def test_chinese_numbers_round_trip(number: int) -> None:
    """Every number written in characters is read back."""
    assert float(number) == chinese_number(spelled(number))


@given(st.integers(min_value=10, max_value=9999), st.sampled_from(["家", "户", "人次", "万元", "亩", "件"]))
def test_any_count_is_found(number: int, unit: str) -> None:
    """本月办理N单位 gives exactly that figure, in digits and in characters unless it is a guess."""
    assert [(float(number), unit)] == figures(f"本月办理{number}{unit}")


@given(st.text(max_size=80))
def test_any_text_is_survived(text: str) -> None:
    """No text raises, and every figure stands where it says."""
    for figure in find(text, words=words()):
        assert text[figure.start : figure.end] == figure.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("挖掘节能潜力260吨标准煤", [(260.0, "吨标准煤")]),
        ("全年80户改造任务全部竣工", [(80.0, "户")]),
        ("全年计划改造80户", []),
        ("2021年末余额18亿元，绿色贷款2亿元。", []),
        ("派驻教练，实行一对一、一条龙指导", []),
        ("全年新增1家的任务超额完成", []),
        ("县农服平台对接机构3家，与年初部署的5家相比还差2家", [(3.0, "家")]),
        ("退税平均用时1.6个工作日，快于省局规定的3个工作日", [(1.6, "个工作日")]),
        ("参与制定团体标准2项", [(2.0, "项")]),
        ("兑现去年认定企业的县级奖补20万元", [(20.0, "万元")]),
        ("兑付2021年度农村客运补贴43.6万元", [(43.6, "万元")]),
        ("上年同期兑现奖补12万元", []),
    ],
)
def test_met_targets_and_compound_units_count_bases_and_idioms_do_not(
    text: str, expected: list[tuple[float, str]]
) -> None:
    """A target that was met counts, a mere target, a base of an earlier year and an idiom do not."""
    assert expected == figures(text)


@pytest.mark.parametrize("digits", [19, 400])
def test_a_row_of_many_digits_is_no_figure(digits: int) -> None:
    """Numbers of accounts count nothing, and no row of digits becomes a value that is not a number."""
    text = f"办理贷款12笔，涉及{'9' * digits}元。"

    assert [(one.value, one.unit) for one in find(text, words=words())] == [(12.0, "笔")]
    assert parse_cell("9" * digits, number=None, unit="元", words=words()) is None


@pytest.mark.parametrize("numeral", ["一" * 400, "三" + "亿" * 60, "三" + "万亿" * 80, "百分之" + "9" * 400])
def test_a_row_of_many_numerals_is_no_figure(numeral: str) -> None:
    """Nor does one in Chinese characters, or behind 百分之; nothing is raised."""
    assert figures(f"办理贷款12笔，涉及{numeral}户。") == [(12.0, "笔")]


def test_many_decimals_are_still_a_number() -> None:
    """A workbook shows a third of ten with all its decimals."""
    assert parse_cell("0.01666666666666667", number=None, unit="万元", words=words()) == (0.01666666666666667, "万元")


def test_a_day_that_is_past_asks_for_nothing() -> None:
    """9月底前发放 tells in a report on September what was done, in one on August what is to be done."""
    told = "9月底前发放质押贷款17笔、286万元"
    assert figures(told, previous=(8, 7)) == [(17.0, "笔"), (286.0, "万元")]
    assert figures(told, previous=(7, 6)) == []


def test_the_most_at_one_time_was_counted() -> None:
    """单日最高在线2.1万人 was counted; 最高奖励10万元 is what the rule allows."""
    assert figures("单日最高在线2.1万人") == [(2.1, "万人")]
    assert figures("最高奖励10万元") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("目前3家企业已投产", [(3.0, "家")]),
        ("为3家企业办贷，其中前2家已放款", [(3.0, "家")]),
        ("水头、庙前2个乡镇集贸市场开工建设", [(2.0, "个")]),
        ("比上年同期减少302万元", [(302.0, "万元")]),
        ("上年同期减免302万元", []),
        ("占年初预算的84.1%", [(84.1, "%")]),
        ("涉及预算单位127个", [(127.0, "个")]),
        ("全年计划新增文旅企业40户，9月份新增6户", [(6.0, "户")]),
        ("原定的2场巡展只办成1场", [(1.0, "场")]),
        ("应接入6家、实际接入3家", [(3.0, "家")]),
        ("退税办理用时快于省局3个工作日的要求", []),
        ("营业收入离省定的5亿元门槛还差一截", []),
        ("新培育年销售额百万元以上网店3个", [(3.0, "个")]),
        ("投放7座商务车12台", [(12.0, "台")]),
        ("新建冷库3座", [(3.0, "座")]),
        ("查处低于标准的2起，补发1.36万元", [(2.0, "起"), (1.36, "万元")]),
        ("把任务分解到7个股站", [(7.0, "个")]),
        ("对站点开展了一次全面摸排，开展检查一次", [(1.0, "次")]),
        ("编发《服务业统计监测月报》一期，提供预警", [(1.0, "期")]),
        ("三人篮球赛参赛队16支", [(16.0, "支")]),
        ("光伏电站31座在线监测改造完毕", [(31.0, "座")]),
        ("摸排17家企业专利94件", [(17.0, "家"), (94.0, "件")]),
        ("已建成163个，剩余12个村尚未开通", [(163.0, "个")]),
    ],
)
def test_what_was_asked_for_and_what_was_done_then_are_told_from_what_is_done(
    text: str, expected: list[tuple[float, str]]
) -> None:
    """Targets in passing, values of a year ago, sizes and thresholds are no work; what stands beside them is."""
    assert expected == figures(text)
