"""Sentences of labelled reports → the weights by which an item of the plan is recognised.

usage: python tests/measure/train_subjects.py [--held SET ...] [--write]

For an item speak the sentences of config/examples.yaml, those of tests/corpus/subjects (written for items that share
words) and its title and terms; for no item what ``gather_beside.py`` found in the mails, and papers on other work
(``kinds.py``). Each title and "no item" is told from all others by a linear machine (``machine.py``). ``--held``
prints how the sentences of a set are told by weights that never saw it; ``--write`` puts the weights into the
program. The same input gives the same weights.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from gather_examples import gathered, sentences  # noqa: E402 - the folders above are needed first
from kinds import elsewhere  # noqa: E402 - the same
from labelled import CHECKED, CORPUS, DISPUTED  # noqa: E402 - the same
from machine import separated  # noqa: E402 - the same

from pipeline.adapters.settings import load_plan  # noqa: E402 - the same
from pipeline.understanding.subjects import NOTHING, Subjects, grams, kept, parts, shown  # noqa: E402 - the same

TARGET = ROOT / "pipeline" / "understanding" / "subjects.tsv"
#: Price of a sentence on the wrong side, and how often all are seen; chosen by the held-out sets.
PRICE, ROUNDS = 0.5, 5
#: Grams seen once teach nothing; weights near zero are left out.
SEEN, LEAST = 2, 0.12


def beside(without: frozenset[str]) -> list[str]:
    """Sentences of labelled mails that belong to no item (a set and a tab before each)."""
    lines = (CORPUS / "subjects" / "beside.tsv").read_text(encoding="utf-8").splitlines()
    said = [said for name, _, said in (line.partition("\t") for line in lines) if name not in without]
    return said + [one for _, lines in elsewhere() for line in lines for one in sentences(line)]


@cache
def trained(without: tuple[str, ...] = ()) -> Subjects:
    """What all sets but some teach."""
    rows = [(title, one) for title, said in gathered(without, also="subjects").items() for one in said]
    for item in load_plan(ROOT / "config").items:
        rows += [(item.title, item.title), (item.title, "、".join(item.terms))]
    rows += [(NOTHING, one) for one in beside(frozenset({*CHECKED, *DISPUTED, *without}))]
    titles = tuple(dict.fromkeys(title for title, _ in rows))
    counted = [grams(text) for _, text in rows]
    often = Counter(gram for one in counted for gram in one)
    rarity = {gram: math.log((len(rows) + 1) / (times + 1)) + 1 for gram, times in often.items() if times >= SEEN}
    names = sorted(rarity)
    place = {gram: at for at, gram in enumerate(names)}
    vectors = [parts(one, rarity) for one in counted]
    where = [np.array([place[gram] for gram in one], dtype=np.int64) for one in vectors]
    shares = [np.array(list(one.values())) for one in vectors]
    classes = [titles.index(title) for title, _ in rows]
    weights = separated(where, shares, classes, features=len(names), size=len(titles), price=PRICE, rounds=ROUNDS)
    strong = {
        gram: tuple((int(at), float(weights[row, at])) for at in np.flatnonzero(np.abs(weights[row]) >= LEAST))
        for row, gram in enumerate(names)
    }
    strong = {gram: entries for gram, entries in strong.items() if entries}
    return Subjects(titles, tuple(weights[-1].tolist()), {gram: rarity[gram] for gram in strong}, strong)


def heard(name: str) -> str:
    """How many sentences of a set speak most of their own item, by weights that never saw them."""
    learned = trained((name,))
    titles = {item.number: item.title for item in load_plan(ROOT / "config").items}
    right = count = 0
    for mail in json.loads((CORPUS / name / "truth.json").read_text(encoding="utf-8")):
        for item in mail["items"]:
            for one in sentences(item["progress"] or ""):
                told = learned.evidence(one)
                right += bool(told) and max(told, key=lambda title: told[title]) == titles[item["item"]]
                count += 1
    return f"{right / max(1, count):.3f} of {count}"


def main() -> None:
    """Learn, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--held", nargs="*", default=[])
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    for name in asked.held:
        print(f"{name}, never seen: {heard(name)}")  # noqa: T201 - the result of the command
    if asked.write:
        learned = trained()
        title = "Subjects: written by tests/measure/train_subjects.py from labelled sentences, not by hand."
        TARGET.write_text(shown(learned, title=title), encoding="utf-8")
        kept.cache_clear()
        count = sum(map(len, kept().weights.values()))
        print(f"{count} weights of {len(learned.weights)} grams for {len(learned.titles)} titles")  # noqa: T201 - the same


if __name__ == "__main__":
    main()
