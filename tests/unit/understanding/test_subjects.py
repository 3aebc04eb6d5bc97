"""What was learned of the items is kept in a file, tells items apart, and is silent under another plan."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

from lexicon import plan, words

from pipeline.understanding import matching, subjects, votes

_HUNDREDTHS = st.integers(-499, 499).map(lambda value: value / 100)
_GRAMS = st.text(st.characters(categories=["Lo", "Nd"]), min_size=1, max_size=2)
_ENTRIES = st.dictionaries(st.integers(0, 2), _HUNDREDTHS, min_size=1).map(lambda known: tuple(sorted(known.items())))


def as_values(learned: subjects.Subjects) -> tuple[object, ...]:
    """What two of them must share to be the same."""
    return learned.titles, learned.bias, dict(learned.rarity), dict(learned.weights)


@given(weights=st.dictionaries(_GRAMS, st.tuples(st.integers(1, 999), _ENTRIES)))
def test_what_was_learned_comes_back_from_its_file(
    weights: dict[str, tuple[int, tuple[tuple[int, float], ...]]],
) -> None:
    """Titles, bias, rarity and weights are read as they were written."""
    learned = subjects.Subjects(
        titles=("甲", "乙", subjects.NOTHING),
        bias=(-0.5, 0.0, 0.25),
        rarity={gram: rarity / 100 for gram, (rarity, _) in weights.items()},
        weights={gram: entries for gram, (_, entries) in weights.items()},
    )
    assert as_values(subjects.told(subjects.shown(learned, title="Some."))) == as_values(learned)


def test_the_kept_file_is_what_the_command_writes() -> None:
    """Read and written again, the file of the repository is the same."""
    text = votes.shipped("subjects.tsv")
    again = subjects.shown(subjects.told(text), title=text.partition("\n")[0].removeprefix("# "))
    assert again == text


def test_every_item_of_the_plan_was_learned() -> None:
    """No title of config/plan.yaml is unknown, and none is learned that the plan does not have."""
    assert {*subjects.kept().titles} == {item.title for item in plan().items} | {subjects.NOTHING}


@pytest.mark.parametrize(
    ("said", "number", "neighbour"),
    [
        ("在老小区腾出门面装了智能快件箱5组，跟物业谈好了场地", 12, 10),
        ("村里寄递点又挂牌9个，代收快件1.2万件", 10, 12),
        ("帮差一点够线的企业建台账，8户报了入库材料", 56, 62),
        ("给上年入统的单位兑现一次性奖励40万元", 62, 56),
        ("教师工资和班主任津贴按月打卡，没有拖欠", 54, 50),
    ],
)
def test_items_that_share_words_are_told_apart(said: str, number: int, neighbour: int) -> None:
    """快递 of a housing estate is not 快递 of a village: what units say of one weighs against the other."""
    titles = {item.number: item.title for item in plan().items}
    told = subjects.kept().evidence(said)
    assert told.get(titles[number], 0.0) > told.get(titles[neighbour], 0.0)


@pytest.mark.parametrize(
    "said",
    [
        "现将我局9月份工作开展情况报告如下，请审阅",
        "抽检食品180批次，合格率98.9%，对3批次不合格食品立案查处",
        "附件打不开的话请联系我，电话在文末，给您添麻烦了",
    ],
)
def test_what_belongs_to_no_item_is_heard_as_such(said: str) -> None:
    """Frames, covers and work of other duties speak more of no item than of any."""
    told = subjects.kept().evidence(said)
    assert max(told, key=lambda title: told[title]) == subjects.NOTHING


def test_another_plan_is_read_as_if_nothing_had_been_learned() -> None:
    """Under other titles the points are those of an index without what was learned: no item and no doubt gains."""
    lists = words()
    renamed = replace(plan(), items=tuple(replace(item, title=f"某{item.number}") for item in plan().items))
    common = lists.pattern("record_common")
    taught = matching.index_of(renamed, learned=subjects.kept())
    bare = matching.index_of(renamed)
    said = "在老小区腾出门面装了智能快件箱5组"
    assert matching.scores(said, taught, common=common) == matching.scores(said, bare, common=common)
