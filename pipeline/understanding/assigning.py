"""Clauses of a whole report → plan items, decided together and not one by one.

A clause alone is often mute (运行平稳); its neighbours under the same heading speak for it. So the report is read as
a row of clauses in which staying with an item is free and changing it costs points: little between headed units,
more between paragraphs, most inside a sentence. The row with the most points wins. Then a task of the unit's own of
which the report would tell nowhere is given the clauses that speak for it rather than for the item they were left with,
and an item that would appear in two places gives way in one of them where another item is nearly as good.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

#: Position of 'none of these items' in the states; all others are positions in the index.
NONE = -1


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause with its points for every item."""

    points: tuple[float, ...]
    #: Points for belonging to no item.
    none: float
    #: Headed unit, paragraph and sentence it stands in.
    block: int
    paragraph: int
    sentence: int
    #: Begins with words that announce another subject.
    turns: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring clauses of one block that were given one item."""

    item: int
    first: int
    #: One past the last clause.
    last: int
    #: Points by which the item leads its nearest rival over the run.
    margin: float
    rival: int
    points: float


@dataclass(frozen=True, slots=True)
class Costs:
    """Points that a change of item costs, by what lies between two clauses."""

    block: float = 0.0
    paragraph: float = 0.8
    sentence: float = 1.4
    clause: float = 2.2
    turn: float = 0.6
    #: An item that appears again in another place.
    again: float = 1.6
    #: The same in the very next place.
    beside: float = 1.0
    #: What a task of which the report tells nowhere else gains where a clause speaks for it.
    untold: float = 1.4
    #: What the words of a clause must earn an item beside its being due, where the clause seemed to belong to none.
    spoken: float = 3.0


def _cost(before: Clause, after: Clause, costs: Costs) -> float:
    if before.block != after.block:
        return costs.block
    if before.paragraph != after.paragraph:
        cost = costs.paragraph
    elif before.sentence != after.sentence:
        cost = costs.sentence
    else:
        cost = costs.clause
    return max(0.5, cost - costs.turn) if after.turns else cost


def assign(
    clauses: Sequence[Clause], *, due: frozenset[int] = frozenset(), costs: Costs | None = None
) -> tuple[Run, ...]:
    """Give every clause an item or none; the runs in order.

    Args:
        clauses: In reading order.
        due: Positions of the items on which the unit is to report.
        costs: Points for changing the item.
    """
    prices = costs or Costs()
    if not clauses:
        return ()
    size = len(clauses[0].points)
    labels = _best_row(clauses, prices, extra=[[0.0] * size for _ in clauses])
    gained: dict[tuple[int, int], float] = {}
    for _ in range(3):
        # What has just been left may be what another task waits for.
        fresh = _untold(clauses, labels, due, prices)
        extra = _again(clauses, labels, size, prices)
        if extra is None and fresh.keys() <= gained.keys():
            break
        gained |= fresh
        changed = _best_row(clauses, prices, extra=_with(gained, extra or [[0.0] * size for _ in clauses]))
        if changed == labels:
            break
        labels = changed
    return _runs(clauses, labels, size)


def _best_row(clauses: Sequence[Clause], prices: Costs, *, extra: list[list[float]]) -> list[int]:
    size = len(clauses[0].points)
    states = size + 1
    rows: list[list[int]] = []
    best = [clauses[0].points[state] + extra[0][state] if state < size else clauses[0].none for state in range(states)]
    for place in range(1, len(clauses)):
        clause = clauses[place]
        cost = _cost(clauses[place - 1], clause, prices)
        top = max(range(states), key=best.__getitem__)
        back: list[int] = []
        now: list[float] = []
        for state in range(states):
            stay, change = best[state], best[top] - (cost if top != state else 0.0)
            back.append(state if stay >= change else top)
            gain = clause.points[state] + extra[place][state] if state < size else clause.none
            now.append(max(stay, change) + gain)
        rows.append(back)
        best = now
    state = max(range(states), key=best.__getitem__)
    labels = [state]
    for back in reversed(rows):
        state = back[state]
        labels.append(state)
    labels.reverse()
    return [label if label < size else NONE for label in labels]


def _untold(
    clauses: Sequence[Clause], labels: Sequence[int], due: frozenset[int], prices: Costs
) -> dict[tuple[int, int], float]:
    """Points, by clause and item, for the best of the tasks not told of, where it beats the item that was given."""
    waiting = due - set(labels)
    gained: dict[tuple[int, int], float] = {}
    for place, (clause, label) in enumerate(zip(clauses, labels, strict=True)):
        best = max(waiting, key=clause.points.__getitem__, default=NONE)
        if best == NONE:
            break
        if label == NONE:
            # Work beside the plan, or what the report would otherwise owe: a close call is the latter, and asked about.
            least = min(clause.points[place] for place in due)
            spoken = clause.points[best] >= max(clause.none - prices.untold, least + prices.spoken)
        else:
            spoken = clause.points[best] >= max(clause.points[label], clause.none + prices.untold)
        if spoken:
            gained[place, best] = prices.untold
    return gained


def _with(gained: Mapping[tuple[int, int], float], extra: list[list[float]]) -> list[list[float]]:
    for (place, item), points in gained.items():
        extra[place][item] += points
    return extra


def _again(clauses: Sequence[Clause], labels: list[int], size: int, prices: Costs) -> list[list[float]] | None:
    """Points taken from the weaker of two runs with the same item: a report has one place for a task."""
    runs = _runs(clauses, labels, size)
    places: dict[int, list[Run]] = defaultdict(list)
    for run in runs:
        if run.item != NONE:
            places[run.item].append(run)
    extra = [[0.0] * size for _ in clauses]
    found = False
    for item, same in places.items():
        if len(same) < 2:
            continue
        strongest = max(same, key=lambda run: run.points)
        for run in same:
            if run is strongest:
                continue
            beside = run.first == strongest.last or run.last == strongest.first
            found = True
            extra[run.first][item] -= prices.beside if beside else prices.again
    return extra if found else None


@dataclass(slots=True)
class _Open:
    item: int
    first: int
    last: int = 0
    sums: list[float] = field(default_factory=list)
    none: float = 0.0


def _runs(clauses: Sequence[Clause], labels: Sequence[int], size: int) -> tuple[Run, ...]:
    runs: list[Run] = []
    place = 0
    while place < len(clauses):
        first, item, block = place, labels[place], clauses[place].block
        sums = [0.0] * size
        none = 0.0
        while place < len(clauses) and labels[place] == item and clauses[place].block == block:
            for state, value in enumerate(clauses[place].points):
                sums[state] += value
            none += clauses[place].none
            place += 1
        own = none if item == NONE else sums[item]
        rival, rival_points = NONE, none
        if item == NONE:
            rival_points = -math.inf
        for state, value in enumerate(sums):
            if state != item and value > rival_points:
                rival, rival_points = state, value
        # Points of a long passage add up, doubt does not shrink as fast.
        span = place - first
        margin = (own - rival_points) / math.sqrt(span)
        runs.append(Run(item=item, first=first, last=place, margin=margin, rival=rival, points=own))
    return tuple(runs)


def confidence(margin: float, *, slope: float = 0.9, middle: float = 0.6) -> float:
    """Probability that a careful reader agrees, from the lead over the nearest rival.

    Slope and middle were fitted on the first labelled set (tests/measure/reading.py prints the curve).
    """
    return 1 / (1 + math.exp(-slope * (margin - middle)))
