"""Targets keep their meaning: a table of wordings as notices use them."""

from __future__ import annotations

from datetime import date

import pytest

from pipeline.model import Target, TargetKind
from pipeline.plan.diff import target_line
from pipeline.plan.targets import read_targets

YEAR = date(2022, 12, 31)

TABLE = [
    # 新增: a flow of the year.
    ("2022年新增科技型企业1家", [Target(TargetKind.NEW, "科技型企业", 1, "家", due=YEAR)]),
    (
        "全年新增3家企业登陆“甲板”；新增70家以上企业登陆“乙板”，力争实现数量双倍增",
        [
            Target(TargetKind.NEW, "企业登陆“甲板”", 3, "家", due=YEAR),
            Target(TargetKind.NEW, "企业登陆“乙板”", 70, "家", due=YEAR, at_least=True),
        ],
    ),
    ("今年新认定市级龙头企业两家", [Target(TargetKind.NEW, "市级龙头企业", 2, "家", due=YEAR)]),
    # 累计: a stock.
    ("2022年底，累计建成5G基站201个", [Target(TargetKind.CUMULATIVE, "5G基站", 201, "个", due=YEAR)]),
    ("规上服务业企业总数达到45家", [Target(TargetKind.CUMULATIVE, "规上服务业企业", 45, "家")]),
    # 以上: at least.
    ("建成2个以上示范站点", [Target(TargetKind.AT_LEAST, "示范站点", 2, "个", at_least=True)]),
    ("网络零售额达到5.5亿元以上", [Target(TargetKind.AT_LEAST, "网络零售额", 5.5, "亿元", at_least=True)]),
    # 全覆盖: n of N.
    (
        "2022年底实现全县171个行政村寄递服务全覆盖",
        [Target(TargetKind.COVERAGE, "行政村寄递服务", 171, "个", start=171, due=YEAR)],
    ),
    # 压减至: downwards.
    ("推动建设周期由36个月压减至24个月", [Target(TargetKind.REDUCE, "建设周期", 24, "个月", start=36)]),
    ("办理时限从20个工作日压缩到5个工作日", [Target(TargetKind.REDUCE, "办理时限", 5, "个工作日", start=20)]),
    ("单位能耗下降至3.2吨", [Target(TargetKind.REDUCE, "单位能耗", 3.2, "吨")]),
    # 力争: a stretch.
    ("力争备案数达到3家", [Target(TargetKind.STRETCH, "备案数", 3, "家", stretch=True)]),
    ("争创模范机构3个", [Target(TargetKind.STRETCH, "模范机构", 3, "个", stretch=True)]),
    ("2022年增加值增速力争达到8.5%", [Target(TargetKind.STRETCH, "增加值增速", 8.5, "%", due=YEAR, stretch=True)]),
    ("力争全年新增限上企业6家", [Target(TargetKind.NEW, "限上企业", 6, "家", due=YEAR, stretch=True)]),
    # 节点: done once.
    (
        "2022年新创建某某洞4A级景区，布局甲地、乙地2家示范区，建成1家省级集聚区",
        [
            Target(TargetKind.MILESTONE, "某某洞4A级景区", due=YEAR),
            Target(TargetKind.MILESTONE, "示范区", 2, "家", due=YEAR),
            Target(TargetKind.MILESTONE, "省级集聚区", 1, "家", due=YEAR),
        ],
    ),
    (
        "2022年全年开展质量提升试点市级1个，推荐申报省级示范农场2家、评定市级示范农场2家",
        [
            Target(TargetKind.MILESTONE, "质量提升试点市级", 1, "个", due=YEAR),
            Target(TargetKind.NEW, "申报省级示范农场", 2, "家", due=YEAR),
            Target(TargetKind.NEW, "市级示范农场", 2, "家", due=YEAR),
        ],
    ),
    # Due days.
    ("到6月底前新建冷库3座", [Target(TargetKind.NEW, "冷库", 3, "座", due=date(2022, 6, 30))]),
    ("2023年2月底前培训学员50人次", [Target(TargetKind.NEW, "学员", 50, "人次", due=date(2023, 2, 28))]),
    ("到2025年，建成站点12个", [Target(TargetKind.MILESTONE, "站点", 12, "个", due=date(2025, 12, 31))]),
    # Figures that are no aims.
    ("抓好减税降费等22项措施落地落实", []),
    ("对餐饮、零售等4个行业给予支持", []),
    ("对新入库单位一次性给予10万元奖励，省财政补贴50%，其余按5:5比例负担", []),
    ("一次性开具4~12周长处方", []),
    ("落实《某办法》（某政办发〔2022〕33号）", []),
    ("对2021年认定的2家联合体予以奖补", []),
    ("建设一批特色园区，打造五大产业集群", []),
    ("推行“一个项目、一套方案、一张清单”", []),
]


@pytest.mark.parametrize(("text", "targets"), TABLE, ids=[text[:18] for text, _ in TABLE])
def test_wordings(text: str, targets: list[Target]) -> None:
    """Each wording gives its targets with type, thing, figure, start and due day, and nothing else."""
    assert tuple(targets) == read_targets(text + "。", year=2022)


def test_without_a_year_nothing_is_invented() -> None:
    """年底 without any known year has no due day."""
    assert tuple(target.due for target in read_targets("年底前新增企业2家。", year=None)) == (None,)


def test_lines_for_people() -> None:
    """A target reads as a phrase."""
    assert target_line(TABLE[0][1][0]) == "新增 科技型企业 1 家（2022-12-31 前）"
    assert target_line(Target(TargetKind.REDUCE, "周期", 24, "个月", start=36)) == "压减至 周期 由 36 个月到 24 个月"
    assert (
        target_line(Target(TargetKind.NEW, "企业", 6, "家", stretch=True, at_least=True)) == "力争 新增 企业 6 家以上"
    )
