"""T49: a Python with holes that nothing of ours covers is refused, one that is merely old is told so."""

from __future__ import annotations

import pytest

from pipeline.adapters.interpreter import MENDED, look, refuse
from pipeline.errors import YuebaoError


def test_this_python_may_be_used() -> None:
    """Whatever runs these tests holds what the guards lean on."""
    refuse(look())


@pytest.mark.parametrize("line", MENDED)
def test_an_old_one_is_a_remark(line: tuple[int, int]) -> None:
    """The release before the mended one is usable and told; the mended one is plainly fine."""
    old, new = (look((*line, MENDED[line] - step, "final")) for step in (1, 0))
    assert (old.ok, new.ok) == (None, True)
    assert f"{line[0]}.{line[1]}.{MENDED[line]}" in old.message
    refuse(old)


def test_a_test_release_is_refused() -> None:
    """Alphas, betas and candidates get no mending."""
    check = look((3, 15, 0, "candidate"))
    with pytest.raises(YuebaoError, match=r"测试版.*请安装正式版"):
        refuse(check)


def test_one_that_lets_a_guard_down_is_refused() -> None:
    """Whatever its number says: the hole is named, and what to do."""
    check = look((3, 13, 99, "final"), (("信头里的换行没有被拒绝", lambda: False), ("别的", lambda: True)))
    with pytest.raises(YuebaoError, match=r"信头里的换行没有被拒绝。.*请升级"):
        refuse(check)
