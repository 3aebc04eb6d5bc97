"""Plans change by date, duties follow, and nothing is lost on the way through a file."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline.errors import PlanError
from pipeline.model import Alias, Plan, PlanItem, Role, Target, TargetKind, Unit
from pipeline.plan.data import contradictions, plan_from_data, plan_to_data
from pipeline.plan.diff import amend, diff, taught
from pipeline.plan.duties import duties_of, gaps, last_day_of, plan_of, plan_on, unit_names
from pipeline.plan.planfile import plan_file
from tests.support.plan_values import PLAN, UNITS, member

ROOT = Path(__file__).resolve().parents[3]
CHANGED = replace(
    PLAN,
    number="某政发〔2022〕9号",
    items=(
        replace(
            PLAN.items[0],
            title="一事（修订）",
            units=(("甲局", Role.LEAD), ("丙局", Role.SUPPORT)),
            targets=(Target(TargetKind.NEW, "企业", 3, "家"),),
        ),
        PLAN.items[1],
        PlanItem(4, "四事", "", "乙部分", None, None, (("乙局", Role.RESPONSIBLE),)),
    ),
)


def test_diff_tells_every_change_in_chinese() -> None:
    """Items that came, went or changed, unit by unit, role by role, target by target."""
    change = diff(PLAN, CHANGED)
    assert (
        [item.number for item in change.added],
        [item.number for item in change.removed],
        [item.number for item in change.changed],
    ) == ([4], [3], [1])
    assert change.lines() == (
        "文号：“某政发〔2022〕1号” → “某政发〔2022〕9号”",
        "新增 第4条 四事（乙局负责）",
        "取消 第3条 三事（乙局负责、甲局配合）",
        "修改 第1条 一事（修订）：标题 “一事” → “一事（修订）”",
        "修改 第1条 一事（修订）：增加单位 丙局（配合）",
        "修改 第1条 一事（修订）：甲局 由负责改为牵头",
        "修改 第1条 一事（修订）：增加目标 新增 企业 3 家",
    )


def test_no_change_is_said() -> None:
    """A plan compared with itself differs in nothing."""
    assert not diff(PLAN, PLAN)
    assert diff(PLAN, PLAN).lines() == ("没有变化。",)


def test_text_changes_by_sentence() -> None:
    """A changed text shows the sentences that went and came; a side without text is no change."""
    old = replace(PLAN, items=(replace(PLAN.items[0], text="甲。乙。"),))
    new = replace(PLAN, items=(replace(PLAN.items[0], text="甲。丙。"),))
    assert diff(old, new).lines() == ("修改 第1条 一事：正文 删去“乙。”；增写“丙。”",)
    assert not diff(replace(PLAN, items=PLAN.items[:1]), new)


def test_an_amendment_takes_effect_by_date() -> None:
    """August is judged by August's plan, September by the amended one; untouched items stay one version."""
    whole = amend(PLAN, CHANGED, effective=date(2022, 9, 10))
    assert [(item.title, item.units[0][1]) for item in plan_of(whole, "2022-08").items if item.number == 1] == [
        ("一事", Role.RESPONSIBLE)
    ]
    assert [item.number for item in plan_of(whole, "2022-08").items] == [1, 2, 3]
    assert [item.number for item in plan_of(whole, "2022-09").items] == [1, 2, 4]
    assert [item.number for item in plan_on(whole, date(2022, 9, 9)).items if item.number > 2] == [3]
    assert len([item for item in whole.items if item.number == 2]) == 1
    assert contradictions(whole) == ()


def test_amending_twice_on_one_day_corrects_the_first_try() -> None:
    """An amendment imported again for the same day replaces its own versions; a later one may not be overtaken."""
    once = amend(PLAN, CHANGED, effective=date(2022, 9, 10))
    better = replace(CHANGED, items=(replace(CHANGED.items[0], title="一事（再修订）"), *CHANGED.items[1:]))
    twice = amend(once, better, effective=date(2022, 9, 10))
    assert contradictions(twice) == ()
    assert [item.title for item in plan_of(twice, "2022-09").items if item.number == 1] == ["一事（再修订）"]
    assert [item.title for item in plan_of(twice, "2022-08").items if item.number == 1] == ["一事"]
    with pytest.raises(PlanError, match="之后生效"):
        amend(once, CHANGED, effective=date(2022, 9, 1))


def test_an_amendment_keeps_what_the_office_taught() -> None:
    """Terms go over to the new version, rosters that the notice does not list stay."""
    known = replace(
        PLAN,
        items=(replace(PLAN.items[0], terms=("留抵退税",)), *PLAN.items[1:]),
        rosters=(member("成员单位", "甲局"),),
    )
    whole = amend(known, CHANGED, effective=date(2022, 9, 10))
    assert all("留抵退税" in item.terms for item in whole.items if item.number == 1)
    assert known.rosters == whole.rosters


def test_a_new_import_keeps_what_the_office_taught() -> None:
    """Terms follow the title of their item, even under another number; rosters that nobody lists anew stay."""
    old = replace(PLAN, items=(replace(PLAN.items[0], terms=("留抵退税",)),), rosters=(member("成员单位", "甲局"),))
    new = taught(replace(PLAN, items=(replace(PLAN.items[0], number=7), PLAN.items[1])), old)
    assert [(item.number, item.terms) for item in new.items] == [(7, ("留抵退税",)), (2, ())]
    assert new.rosters == old.rosters
    listed = taught(replace(PLAN, rosters=(member("成员单位", "乙局"),)), old)
    assert [entry.unit for entry in listed.rosters] == ["乙局"]


def test_duties_of_a_month() -> None:
    """One duty a unit and item, with its role, in the order of the plan."""
    assert [(duty.unit, duty.item) for duty in duties_of(PLAN, UNITS, "2022-08")] == [
        ("甲局", 1),
        ("甲局", 2),
        ("乙局", 2),
        ("乙局", 3),
        ("甲局", 3),
    ]


def test_rosters_are_expanded_by_date() -> None:
    """Members in force on the last day of the month owe the item; an empty roster is a gap and owes nothing."""
    item = PlanItem(
        5, "五事", "", "丙部分", None, None, (("甲局", Role.LEAD),), roster="成员单位", roster_role=Role.SUPPORT
    )
    rosters = (
        member("成员单位", "甲局"),
        member("成员单位", "乙局", "2022-09-15"),
        member("成员单位", "丙局", "", "2022-08-31"),
    )
    plan = replace(PLAN, items=(item,), rosters=rosters)
    assert [(d.unit, d.role) for d in duties_of(plan, UNITS, "2022-08")] == [
        ("甲局", Role.LEAD),
        ("丙局", Role.SUPPORT),
    ]
    assert [(d.unit, d.role) for d in duties_of(plan, UNITS, "2022-09")] == [
        ("甲局", Role.LEAD),
        ("乙局", Role.SUPPORT),
    ]
    bare = replace(plan, items=(replace(item, units=()),), rosters=())
    assert duties_of(bare, UNITS, "2022-08") == ()
    assert "成员单位" in gaps(bare)[0]
    assert "没有承担单位" in gaps(replace(bare, items=(replace(item, units=(), roster=None),)))[0]


def test_names_of_a_day() -> None:
    """An alias in force wins over an expired one, and a name that could mean two units means none."""
    units = (
        Unit("科技局", "某县科技局", aliases=(Alias("工信局", until=date(2022, 6, 30)), Alias("局"))),
        Unit("工信科技局", "某县工信科技局", aliases=(Alias("工信局", since=date(2022, 7, 1)), Alias("局"))),
    )
    names = unit_names(units, date(2022, 8, 31))
    assert (names["工信局"], names["某县科技局"], names.get("局")) == ("工信科技局", "科技局", None)


def test_last_days() -> None:
    """Months end where they end."""
    assert [date(2022, 8, 31), date(2023, 2, 28), date(2024, 2, 29)] == [
        last_day_of(period) for period in ("2022-08", "2023-02", "2024-02")
    ]


def shipped() -> Plan:
    """The plan file of the repository."""
    return plan_from_data(YAML(typ="safe").load((ROOT / "config" / "plan.yaml").read_text(encoding="utf-8")))


def test_the_shipped_plan_file_holds() -> None:
    """config/plan.yaml loads, contradicts itself nowhere, tells its two open rosters, and each item has terms."""
    plan = shipped()
    assert (plan.number, len(plan.items)) == ("夏政办发〔2022〕32号", 64)
    assert len(duties_of(plan, (), "2022-08")) == 151
    assert len(gaps(plan)) == 2
    assert all(len(item.terms) >= 5 for item in plan.items)
    assert {item.number: len(item.targets) for item in plan.items if item.targets} == {
        7: 2,
        10: 1,
        15: 1,
        16: 1,
        26: 3,
        34: 3,
        42: 1,
        46: 1,
        49: 2,
    }


def test_the_shipped_plan_survives_its_own_layout() -> None:
    """Plan -> data -> plan loses nothing."""
    assert shipped() == plan_from_data(plan_to_data(shipped()))


def test_a_bad_plan_file_lists_everything_at_once() -> None:
    """Unknown keys, roles, kinds, dates and overlapping versions are all told, none hides another."""
    data = {
        "title": "某计划",
        "number": "",
        "issued": "2022-07-22",
        "items": [
            {"number": 1, "title": "一事", "units": [{"unit": "甲局", "role": "主管"}, {"unit": "甲局"}]},
            {"number": 1, "title": "一事"},
            {"number": "二", "titel": "二事", "targets": [{"kind": "大概", "value": "三"}], "since": "明天"},
        ],
        "rosters": [{"unit": "甲局"}],
    }
    with pytest.raises(PlanError) as refusal:
        plan_from_data(data, file="config/plan.yaml")
    told = "\n".join(map(str, refusal.value.problems))
    for word in (
        "issued",
        "主管",
        "列了不止一次",
        "重叠",
        "正整数",
        "titel",
        "缺少标题",
        "大概",
        "数字",
        "明天",
        "roster 和 unit",
    ):
        assert word in told
    assert "config/plan.yaml" in told


def test_the_shipped_file_is_what_an_import_would_write() -> None:
    """The plan file of the repository is byte for byte what the program writes for its plan, comments included."""
    assert plan_file(shipped()) == (ROOT / "config" / "plan.yaml").read_text(encoding="utf-8")
