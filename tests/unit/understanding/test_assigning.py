"""Clauses are given their items over the whole report, not one by one."""

from __future__ import annotations

from pipeline.understanding.assigning import Clause, assign


def clause(*points: float, block: int, none: float = -5.0) -> Clause:
    """A clause that stands in a block of its own."""
    return Clause(points=points, none=none, block=block, paragraph=block, sentence=block)


def items(*row: Clause, due: frozenset[int] = frozenset()) -> list[int]:
    """The item of each run."""
    return [run.item for run in assign(row, due=due)]


def test_two_numbered_passages_are_seldom_the_same_item() -> None:
    """In the very next place another item that is nearly as good wins; one that is much better stays."""
    assert items(clause(3.0, 0.0, block=1), clause(2.0, 1.5, block=2)) == [0, 1]
    assert items(clause(3.0, 0.0, block=1), clause(4.0, 1.5, block=2)) == [0, 0]


def test_a_task_told_nowhere_else_gains() -> None:
    """A task of the unit's own that would be told nowhere is given the clause that speaks for it at all."""
    first = Clause(points=(3.0, 0.0), none=-5.0, block=1, paragraph=1, sentence=1)
    second = Clause(points=(1.0, 1.2), none=-5.0, block=1, paragraph=1, sentence=2)
    assert items(first, second) == [0]
    assert items(first, second, due=frozenset({1})) == [0, 1]


def test_mute_clauses_follow_their_neighbours() -> None:
    """运行平稳 says nothing of an item: it stays with what stands beside it under the same heading."""
    mute = Clause(points=(0.0, 0.0), none=-0.5, block=1, paragraph=1, sentence=2)
    told = Clause(points=(2.0, 0.0), none=-5.0, block=1, paragraph=1, sentence=1)
    assert items(told, mute) == [0]


def test_what_is_owed_and_told_nowhere_else_is_not_left_beside_the_plan() -> None:
    """A clause that nearly belongs to none is given the task that waits, if its words speak for it; else it stays."""
    told = clause(9, 0, 0, block=1, none=5)
    assert items(told, clause(0, 4.5, 0, block=2, none=5), due=frozenset({0, 1})) == [0, 1]
    assert items(told, clause(0, 2.5, 0, block=2, none=3), due=frozenset({0, 1})) == [0, -1]
