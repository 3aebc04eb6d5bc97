"""What each piece of matching evidence adds: the sets read again with one piece left out.

usage: python tests/measure/ablation.py [--plan NOTICE] [--every N] [--only ROW ...]

Mails are taken from the cache that tests/measure/reading.py fills. Prints means over all labelled sets, or over every
N-th counted from the last, and the own reports, each read without the examples taken from it and by weights that
never saw it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import reading

from pipeline.model import Plan
from pipeline.understanding import assigning, kind, matching

KEYS = ("kind_accuracy", "item_f1", "progress_text_f1", "reports_filed_right")


@contextmanager
def without(kind: str) -> Iterator[None]:
    """Leave one weight out for a while."""
    kept = dict(matching.WEIGHTS)
    matching.WEIGHTS = {**kept, kind: 0.0}
    try:
        yield
    finally:
        matching.WEIGHTS = kept


@contextmanager
def changed(place: object, name: str, value: object) -> Iterator[None]:
    """Another value of a module's constant or function for a while."""
    kept = getattr(place, name)
    setattr(place, name, value)
    matching.index_of.cache_clear()
    try:
        yield
    finally:
        setattr(place, name, kept)
        matching.index_of.cache_clear()


def _row(label: str, plan: Plan | None, *, names: Sequence[str], only: Sequence[str]) -> None:
    """Read the sets, each without its own examples, and print one line of means, if it was asked for."""
    if only and label not in only:
        return
    sums = dict.fromkeys(KEYS, 0.0)
    for name in names:
        truth, told = reading.read(name, plan=plan, held=True)
        figures, _ = reading.measured(truth, told, worst=0)
        for key in KEYS:
            sums[key] += figures[key]
    sys.stdout.write("| " + " | ".join([label, *(f"{sums[key] / len(names):.4f}" for key in KEYS)]) + " |\n")
    sys.stdout.flush()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--plan", type=Path)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=[], help="rows by their names")
    asked = parser.parse_args()
    plan = reading.plan_of(asked.plan)
    row = partial(_row, names=(*reading.SETS[:: -asked.every], "own"), only=asked.only)
    sys.stdout.write("| left out | kind | item F1 | progress text F1 | reports filed right |\n" + "|---" * 5 + "|\n")
    row("nothing", plan)
    with changed(kind, "_at_odds", lambda ruled, *_: ruled):
        row("first sight of a mail", plan)
    for name in ("grams", "learned", "beside", "terms", "shared", "title", "heading", "duty", "foreign", "number"):
        with without(name):
            row(name, plan)
    original: Callable[..., matching.Index] = matching.index_of.__wrapped__
    plain = lru_cache(maxsize=8)(lambda of, _thesaurus=(), *more: original(of, (), *more))
    with changed(matching, "index_of", plain):
        row("thesaurus", plan)
    with changed(reading, "gathered", lambda *_: {}):
        row("examples", plan)
    with changed(reading, "gathered", lambda *_: {}), without("learned"), without("beside"):
        row("examples and what was learned", plan)
    free = assigning.Costs(block=0.0, paragraph=0.0, sentence=0.0, clause=0.0, turn=0.0, again=0.0, untold=0.0)
    real = assigning.assign
    with changed(assigning, "assign", lambda clauses, **known: real(clauses, **known, costs=free)):
        row("neighbours", plan)
    one = replace(assigning.Costs(), again=0.0)
    with changed(assigning, "assign", lambda clauses, **known: real(clauses, **known, costs=one)):
        row("one place an item", plan)
    none = replace(assigning.Costs(), untold=0.0)
    with changed(assigning, "assign", lambda clauses, **known: real(clauses, **known, costs=none)):
        row("tasks not told of", plan)
    strict = replace(assigning.Costs(), spoken=float("inf"))
    with changed(assigning, "assign", lambda clauses, **known: real(clauses, **known, costs=strict)):
        row("tasks not told of, beside the plan", plan)


if __name__ == "__main__":
    main()
