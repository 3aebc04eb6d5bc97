"""The status of an item follows from its own words."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

from lexicon import words

from pipeline.model import Status
from pipeline.understanding.status import features, status_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("累计减免28户，此项工作全部办结。", Status.DONE),
        ("另一家在建，全年新增目标提前实现。", Status.DONE),
        ("完成序时任务。", Status.ON_TRACK),
        ("质保金退还已全部办结。惠及商户9家，金额40万元。", Status.DONE),
        ("全年60户改造任务10月底全部竣工，并通过验收；另培训照护员20名。", Status.DONE),
        ("本月工资按时发放到位，没有拖欠。", Status.ON_TRACK),
        ("缓税政策应缓尽缓。", Status.ON_TRACK),
        ("原定5月开工的二期未能如期启动，补勘正在进行。", Status.BEHIND),
        ("工地半停工，未完成季度投资计划。", Status.BEHIND),
        ("交办问题11个，已办结8个，机制运转正常。", Status.ON_TRACK),
        ("材料已报省厅，评审结果尚未公布。", Status.ON_TRACK),
        ("按时间表走，进度没有掉队。", Status.ON_TRACK),
        ("园区选址反复，进度明显滞后。", Status.BEHIND),
        ("比计划晚了两周。", Status.BEHIND),
        ("受疫情影响，只完成年度计划的四成。", Status.BEHIND),
        ("方案被退了回来，需要重做。", Status.BEHIND),
        ("办理延期还本付息87笔，推进顺利。", Status.ON_TRACK),
        ("等省公司统一安排，尚未启动。", Status.NOT_STARTED),
        ("家政这块8月没顾上，系统里还没有录过一条数据。", Status.NOT_STARTED),
        ("没有企业递交材料，9月份没有支出。", Status.NOT_STARTED),
        ("查了18家中介，退回多收的费用5.7万元。", Status.ON_TRACK),
        ("线下活动暂缓，改办线上赛，612人报名。", Status.ON_TRACK),
    ],
)
def test_status(text: str, expected: Status) -> None:
    """Delay, idleness and completion count for the item, not for a step of it."""
    assert expected is status_of(text, words=words())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("合同原说8月签，两头价格谈不拢，到月底那一栏还是空着。", Status.BEHIND),
        ("150户的扶手和坐便椅都装到了，第三方逐户看过、签了字，尾款也结清。", Status.DONE),
        ("展位图组委会没给，参展企业一家没定，布展方案还没动笔。", Status.NOT_STARTED),
        ("为3家企业办理了缓缴，期限顺延到明年3月。", Status.ON_TRACK),
        ("累计建成186个，完成全年目标的92.5%", Status.ON_TRACK),
        ("全年任务完成85%。", Status.ON_TRACK),
        ("累计建成210个，完成全年目标任务的105%。", Status.DONE),
    ],
)
def test_a_status_between_the_lines(text: str, expected: Status) -> None:
    """What no list of words can foresee is heard by the characters of the passage."""
    assert expected is status_of(text, words=words())


def test_an_office_that_teaches_a_word_moves_the_vote() -> None:
    """The verdict by the lists is one of the features."""
    assert "verdict:behind" in features("园区选址反复，进度明显滞后。", words=words())


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("已完成", Status.DONE),
        ("未达到", Status.BEHIND),
        ("正常推进", Status.ON_TRACK),
        ("未启动", Status.NOT_STARTED),
        ("推进较慢的任务", Status.BEHIND),
    ],
)
def test_a_status_column_has_the_first_say(cell: str, expected: Status) -> None:
    """A clear word in the status column or heading outweighs the text."""
    assert expected is status_of("开展培训2期。", words=words(), cell=cell)
