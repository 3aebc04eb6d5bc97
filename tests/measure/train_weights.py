"""Labelled reports → the weights by which a sentence's tone is heard and a passage's status told.

usage: python tests/measure/train_weights.py tones|status|kinds [--without SET ...] [--also TRUTH.json ...]
       [--held SET ...] [--write]

``tones``: every progress passage, problem and next step of the labelled sets (``first`` …), of the own reports and of
tests/corpus/tones, cut into sentences, into ``tones.tsv``. ``status``: every progress passage of the sets that
teach (``labelled.py``), of the own reports and of tests/corpus/status, whole, into ``status.tsv``. ``kinds``: what is
seen of a mail at first sight (``kinds.py``), into ``kinds.tsv``.
``--held`` prints how a set is heard by weights that never saw it; ``--write`` puts the weights of all others into the
program.
The same input gives the same weights.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support"), str(ROOT / "tests" / "measure")]

import kinds  # noqa: E402 - the folders above are needed first
from labelled import CHECKED, CORPUS, LAST  # noqa: E402 - the folders above are needed first
from lexicon import lexicon, words  # noqa: E402 - the same
from machine import separated  # noqa: E402 - the same

from pipeline.understanding import glance, status, tones, votes  # noqa: E402 - the same

#: How often all texts are seen.
ROUNDS = 10
#: Grams seen once teach nothing.
SEEN = 2

#: A text and its class.
Row = tuple[str, str]


def sentences(text: str) -> list[str]:
    """The sentences of a passage, semicolons included."""
    return [one.strip() for one in re.findall(r"[^。！？；;\n]+[。！？；;]?", text) if len(one.strip()) >= 4]


@dataclass(frozen=True)
class Texts:
    """Where rows come from that are made of the texts of labelled reports, and of texts written for it."""

    of_truth: Callable[[list[dict[str, Any]]], list[Row]]
    #: Rows of a passage of the own reports by its mark, and of a line of the sentences written for it.
    of_mark: Callable[[str | None, str | None, str], list[Row]]
    of_line: Callable[[str, str], list[Row]]
    #: Folder of tests/corpus with the sentences written for it.
    folder: str

    def rows(self, also: Sequence[Path] = ()) -> dict[str, list[Row]]:
        """Rows by set."""
        places = {place.parent.name: place for place in sorted(CORPUS.glob("*/truth.json"))}
        places |= {str(place): place for place in also}
        rows = {name: self.of_truth(json.loads(place.read_text(encoding="utf-8"))) for name, place in places.items()}
        return {**rows, "own": self._own(), "sentences": self._written()}

    def _own(self) -> list[Row]:
        """Rows of the reports written for the tests, by the marks in them."""
        rows: list[Row] = []
        for place in sorted((CORPUS / "own").glob("s*.txt")):
            text = re.sub(r"\{([^{}=]*)(?:=[^{}]*)?\}", r"\1", place.read_text(encoding="utf-8"))
            for found in re.finditer(r"⟦\d+(?::([odbn]))?\|(.*?)⟧|⟪([PNO])\|(.*?)⟫", text, re.DOTALL):
                rows += self.of_mark(found.group(1), found.group(3), found.group(2) or found.group(4))
        return rows

    def _written(self) -> list[Row]:
        """Rows written for it: a class and a tab before each."""
        rows: list[Row] = []
        for place in sorted((CORPUS / self.folder).glob("*.txt")):
            for line in place.read_text(encoding="utf-8").splitlines():
                mark, tab, text = line.partition("\t")
                if tab and text.strip():
                    rows += self.of_line(mark, text.strip())
        return rows


@dataclass(frozen=True)
class Subject:
    """What is learned: the classes, the features, and where the rows come from."""

    #: Class names as the rows give them, in the order of the weights.
    classes: tuple[str, ...]
    features: Callable[[str], frozenset[str]]
    #: Rows by set, with those of further labels.
    rows: Callable[[Sequence[Path]], dict[str, list[Row]]]
    target: str
    title: str
    #: Price of a text on the wrong side, how fast a lead becomes a certainty, and the weights too near to zero to be
    #: kept; chosen by the held-out sets.
    price: float
    steep: float
    least: float
    #: Sets that teach nothing, so that they can still check.
    kept_back: frozenset[str] = frozenset()


def _tones_of(truth: list[dict[str, Any]]) -> list[Row]:
    rows: list[Row] = []
    for mail in truth:
        for item in mail["items"]:
            rows += [(one, "W") for one in sentences(item["progress"] or "")]
        for key, tone in (("problems", "P"), ("next_steps", "N"), ("off_plan", "W")):
            for remark in mail.get(key) or []:
                rows += [(one, tone) for one in sentences(remark if isinstance(remark, str) else remark["text"])]
    return rows


_MARKS = {None: "on_track", "o": "on_track", "d": "done", "b": "behind", "n": "not_started"}


def _statuses_of(truth: list[dict[str, Any]]) -> list[Row]:
    return [(item["progress"], item["status"]) for mail in truth for item in mail["items"] if item["progress"]]


TONES = Subject(
    classes=("W", "P", "N"),
    features=lambda text: tones.features(text, words=words()),
    rows=Texts(
        of_truth=_tones_of,
        of_mark=lambda _, kind, text: [(one, {"P": "P", "N": "N"}.get(kind or "", "W")) for one in sentences(text)],
        of_line=lambda mark, text: [(one, mark) for one in sentences(text)],
        folder="tones",
    ).rows,
    target=tones.WEIGHTS,
    title="Tones",
    price=6.0,
    steep=3.2,
    least=0.2,
    kept_back=LAST,
)
STATUS = Subject(
    classes=tuple(one.value for one in status.CLASSES),
    features=lambda text: status.features(text, words=words()),
    rows=Texts(
        of_truth=_statuses_of,
        of_mark=lambda mark, kind, text: [(text, _MARKS[mark])] if kind is None else [],
        of_line=lambda mark, text: [(text, _MARKS[mark])],
        folder="status",
    ).rows,
    target=status.WEIGHTS,
    title="Statuses",
    price=3.0,
    steep=2.9,
    least=0.1,
    kept_back=CHECKED,
)
#: A row of this one is what is seen of a mail, as JSON.
KINDS = Subject(
    classes=tuple(one.value for one in glance.CLASSES),
    features=lambda text: glance.features(glance.Glance(**json.loads(text)), lexicon=lexicon()),
    rows=lambda _: kinds.rows(),
    target=glance.WEIGHTS,
    title="Kinds of mails",
    price=10.0,
    steep=5.0,
    least=0.1,
    kept_back=CHECKED,
)


def learned(rows: list[Row], subject: Subject) -> votes.Learned:
    """The weights of a linear machine over the features of a text, each of them an equal share of it."""
    found = [subject.features(text) for text, _ in rows]
    seen = Counter(vote for one in found for vote in one)
    names = sorted(vote for vote, often in seen.items() if often >= SEEN)
    place = {vote: at for at, vote in enumerate(names)}
    where = [np.array(sorted(place[vote] for vote in one if vote in place), dtype=np.int64) for one in found]
    shares = [np.full(len(one), 1 / math.sqrt(max(1, len(one)))) for one in where]
    weights = separated(
        where,
        shares,
        [subject.classes.index(name) for _, name in rows],
        features=len(names),
        size=len(subject.classes),
        price=subject.price,
        rounds=ROUNDS,
    )
    return votes.Learned(
        subject.classes,
        tuple(weights[-1].tolist()),
        {vote: tuple(weights[at].tolist()) for vote, at in place.items()},
        subject.steep,
    )


def heard(rows: list[Row], subject: Subject, by: votes.Learned) -> str:
    """How many of the rows are heard right, all of them and where the voice is sure."""
    right = sure = sure_right = 0
    for text, name in rows:
        chance = by.chances(subject.features(text))
        best = chance.index(max(chance))
        right += subject.classes[best] == name
        sure += chance[best] >= 0.8
        sure_right += chance[best] >= 0.8 and subject.classes[best] == name
    share, surely = sure / len(rows), sure_right / max(1, sure)
    return f"{right / len(rows):.3f} of {len(rows)}; sure of {share:.2f}, and then right {surely:.3f}"


def write(subject: Subject, by: votes.Learned) -> int:
    """The weights as the program reads them; how many were worth keeping."""
    kept = {vote: values for vote, values in by.weights.items() if max(map(abs, values)) >= subject.least}
    title = f"{subject.title}: written by tests/measure/train_weights.py from labelled reports, not by hand."
    shown = votes.shown(replace(by, weights=kept), title=title)
    (ROOT / "pipeline" / "understanding" / subject.target).write_text(shown, encoding="utf-8")
    return len(kept)


def main() -> None:
    """Read the sets, learn, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("subject", choices=["tones", "status", "kinds"])
    parser.add_argument("--without", nargs="*", default=[])
    parser.add_argument("--held", nargs="*", default=[])
    parser.add_argument("--also", nargs="*", type=Path, default=[])
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    subject = {"tones": TONES, "status": STATUS, "kinds": KINDS}[asked.subject]
    sets = subject.rows(asked.also)
    without = {*asked.without, *subject.kept_back}
    for name in asked.held:
        rest = [row for other, rows in sets.items() if other != name and other not in without for row in rows]
        print(f"{name}, never seen: {heard(sets[name], subject, learned(rest, subject))}")  # noqa: T201 - the result of the command
    if asked.write:
        rows = [row for name, rows in sets.items() if name not in without for row in rows]
        kept = write(subject, learned(rows, subject))
        print(f"{kept} weights from {len(rows)} texts: {subject.target}")  # noqa: T201 - the result of the command


if __name__ == "__main__":
    main()
