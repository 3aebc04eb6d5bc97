"""Sentences of a passage are heard as work, difficulty or intention, together and not one by one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

from lexicon import words

from pipeline.understanding import roles, tones
from pipeline.understanding.words import Section

WORK, PROBLEM, NEXT = Section.PROGRESS, Section.PROBLEM, Section.NEXT


def told(*sentences: str, month: int | None = 9, **around: object) -> tuple[Section, ...]:
    """Roles of sentences under the words of config/reading.yaml."""
    return roles.told(sentences, roles.Around(**around), words=words(), month=month)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sentences", "wanted"),
    [
        (("已发放补贴12家、36万元。", "宣传还不到位，商户不大会用。", "下月组织两场培训。"), (WORK, PROBLEM, NEXT)),
        (("新开通基站6个。", "个别点位业主不同意，进不了场。"), (WORK, PROBLEM)),
        (("完成改造15户。", "累计改造86户。", "整体推进顺利。"), (WORK, WORK, WORK)),
    ],
)
def test_a_passage_without_headings_is_told_apart(sentences: tuple[str, ...], wanted: tuple[Section, ...]) -> None:
    """Work, a complaint behind it and what is to be done are three things, though nothing announces them."""
    assert told(*sentences) == wanted


def test_an_opening_in_so_many_words_has_the_first_say() -> None:
    """下一步 opens an intention, whatever the sentence sounds like."""
    assert told("下一步，已签约的3家企业全部开工。") == (NEXT,)


def test_a_named_subject_with_a_figure_turns_back_to_work() -> None:
    """审批方面，办件14件 behind a difficulty tells of work again."""
    found = told("挂牌出让住宅用地2宗。", "北关地块还有三户不肯签字，资金也没有到位。", "审批方面，联合验收办件14件。")
    assert found == (WORK, PROBLEM, WORK)


def test_a_report_with_its_own_section_for_problems_keeps_its_work_whole() -> None:
    """Where problems stand under a heading of their own, a half-complaint in the work stays work."""
    half = "其余2家因资料不齐暂未受理。"
    assert told("接待游客1.2万人次。", half, problems_elsewhere=True) == (WORK, WORK)


def test_no_sentences_have_no_roles() -> None:
    """An empty passage is no trouble."""
    assert told() == ()


@pytest.mark.parametrize(
    "text", ["", "。", "a" * 5000, "1234.5", "资金没有到位，工地停了。", "\u202e\x00", "下一步" * 300]
)
def test_chances_add_up(text: str) -> None:
    """Whatever a sentence holds, its three chances are one whole."""
    heard = tones.heard(text, words=words())
    assert abs(heard.work + heard.problem + heard.intention - 1) < 1e-9
    assert min(heard.work, heard.problem, heard.intention) >= 0


@pytest.mark.parametrize(
    ("columns", "wanted"), [(frozenset(), (WORK, PROBLEM)), (frozenset({PROBLEM, NEXT}), (WORK, WORK))]
)
def test_a_cell_for_work_holds_a_problem_where_no_column_is_for_problems(
    columns: frozenset[Section], wanted: tuple[Section, ...]
) -> None:
    """小结 tells both; 进展 beside 存在问题 tells how the work stands, however that sounds."""
    said = ("标准化试点的申报书交到了市局。", "招聘专业人员的编制还没有批下来。")
    assert told(*said, ledger=True, columns=columns) == wanted


@pytest.mark.parametrize(("heading", "wanted"), [("四季度重点", NEXT), ("三季度工作完成情况", WORK), ("四季度", NEXT)])
def test_a_heading_of_a_later_quarter_opens_intentions(heading: str, wanted: Section) -> None:
    """In a report on September the fourth quarter lies ahead and the third is what is reported on."""
    assert words().section_of(heading, month=9) is wanted


def test_a_day_ahead_opens_an_intention() -> None:
    """12月15日起 in a report on November is to come; what began on a day and was finished is not."""
    assert told("12月15日起请水电气三家单位派员进厅。", month=11) == (NEXT,)
    assert told("12月1日起施行，当日已受理7件。", month=11) == (WORK,)
