"""Whom routing sends an escalation to: the unit always, and in copy whom the office named."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from pipeline.adapters.home import init_home
from pipeline.app import look_at
from pipeline.flows import facts
from pipeline.flows.notices import notice_for
from pipeline.model import Notice, NoticeKind
from pipeline.plan.agenda import Step

_ROUTED = """  - paper: escalation
    to: [本单位]
    copies: [分管领导]
"""
_LIAISON = """      - role: 联络员
        name: 褚股长
        address: wlj_lvyou@qq.example
"""
_PEOPLE = """      - {role: 分管领导, name: 李某, address: wlj_fenguan@163.example}
      - {role: 主要负责人, name: 王某, address: wlj_juzhang@163.example}
"""


def escalation(home: Path, routed: str) -> Notice:
    """The escalation of 县文旅局, whose supervisor and head have addresses, under a routing."""
    list(init_home(home))
    for name, old, new in (
        ("routing.yaml", _ROUTED, routed),
        ("units.yaml", _LIAISON, _LIAISON + _PEOPLE),
    ):
        path = home / "config" / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
    with look_at(home) as work:
        month = facts.month_facts(work.desk, "2022-08", at=datetime.fromisoformat("2022-09-16T09:00:00+08:00"))
        step = Step(NoticeKind.ESCALATION, "escalation:2022-08:县文旅局", "县文旅局", 0, "", held=True)
        notice = notice_for(work.desk, step, month, before=None)
    assert notice is not None
    return notice


@pytest.mark.parametrize(
    ("routed", "copies", "said"),
    [
        ("", ("wlj_fenguan@163.example",), "抄送县文旅局分管领导。"),
        (_ROUTED, ("wlj_fenguan@163.example",), "抄送县文旅局分管领导。"),
        ("  - {paper: escalation, to: [本单位]}\n", (), ""),
        (
            "  - {paper: escalation, to: [本单位], copies: [分管领导, 主要负责人, ducha@163.example]}\n",
            ("wlj_fenguan@163.example", "wlj_juzhang@163.example", "ducha@163.example"),
            "抄送县文旅局分管领导、县文旅局主要负责人、有关领导。",
        ),
    ],
)
def test_an_escalation_goes_to_the_unit_and_in_copy_to_whom_routing_names(
    tmp_path: Path, routed: str, copies: tuple[str, ...], said: str
) -> None:
    """Not routed: its own supervisor, as ever. Routed: those people of it and those addresses; held, and said so."""
    notice = escalation(tmp_path / "home", routed)

    assert notice.to == ("xxwlj@163.example",)
    assert notice.copies == copies
    assert notice.held
    assert (said in notice.text) if said else ("抄送" not in notice.text)
