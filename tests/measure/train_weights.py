"""Labelled reports → pipeline/understanding/tone_weights.py, the weights by which a sentence is heard.

usage: python tests/measure/train_tones.py [--without SET ...] [--also TRUTH.json ...] [--held SET ...] [--write]

Every progress passage, problem and next step of the labelled sets (``first`` …), of the own reports and of the
sentences in tests/corpus/tones is cut into sentences. ``--held`` prints how a set is heard by weights that never
saw it; ``--write`` puts the weights of all other sets into the program. The same input gives the same weights.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from lexicon import words  # noqa: E402 - the folders above are needed first

from pipeline.understanding import tones  # noqa: E402 - the same

CORPUS = ROOT / "tests" / "corpus"
TARGET = ROOT / "pipeline" / "understanding" / "tone_weights.py"
NAMES = "WPN"
#: Strength of the pull towards zero; chosen by the held-out sets.
PULL = 5.0
ROUNDS = 400
#: Grams seen once teach nothing; weights near zero are left out of the program.
SEEN, LEAST = 2, 0.04

Row = tuple[str, str]


def sentences(text: str) -> list[str]:
    """The sentences of a passage, semicolons included."""
    return [one.strip() for one in re.findall(r"[^。！？；;\n]+[。！？；;]?", text) if len(one.strip()) >= 4]


def of_truth(truth: list[dict[str, Any]]) -> list[Row]:
    """Sentences of a labelled set with their tone."""
    rows: list[Row] = []
    for mail in truth:
        for item in mail["items"]:
            rows += [(one, "W") for one in sentences(item["progress"] or "")]
        for key, tone in (("problems", "P"), ("next_steps", "N"), ("off_plan", "W")):
            for remark in mail.get(key) or []:
                rows += [(one, tone) for one in sentences(remark if isinstance(remark, str) else remark["text"])]
    return rows


def of_own() -> list[Row]:
    """Sentences of the reports written for the tests, by the marks in them."""
    rows: list[Row] = []
    for place in sorted((CORPUS / "own").glob("s*.txt")):
        text = re.sub(r"\{([^{}=]*)(?:=[^{}]*)?\}", r"\1", place.read_text(encoding="utf-8"))
        for found in re.finditer(r"⟦\d+(?::[odbn])?\|(.*?)⟧|⟪([PNO])\|(.*?)⟫", text, re.DOTALL):
            tone = {"P": "P", "N": "N"}.get(found.group(2) or "", "W")
            rows += [(one, tone) for one in sentences(found.group(1) or found.group(3))]
    return rows


def of_sentences() -> list[Row]:
    """Single sentences, ``W|P|N`` and a tab before each."""
    rows: list[Row] = []
    for place in sorted((CORPUS / "tones").glob("*.txt")):
        for line in place.read_text(encoding="utf-8").splitlines():
            tone, _, text = line.partition("\t")
            if tone in NAMES and text.strip():
                rows += [(one, tone) for one in sentences(text)]
    return rows


def learned(rows: list[Row]) -> tuple[list[float], dict[str, list[float]]]:
    """Bias and weights of a multinomial logistic regression, by plain gradient descent with momentum."""
    votes = [tones.features(text, words=words()) for text, _ in rows]
    seen = Counter(vote for one in votes for vote in one)
    names = sorted(vote for vote, often in seen.items() if often >= SEEN)
    place = {vote: at for at, vote in enumerate(names)}
    where = [np.array(sorted(place[vote] for vote in one if vote in place), dtype=np.int64) for one in votes]
    spread = np.concatenate(where)
    owner = np.repeat(np.arange(len(rows)), [len(one) for one in where])
    wanted = np.array([NAMES.index(tone) for _, tone in rows])
    target = np.eye(3)[wanted]
    weights, bias = np.zeros((len(names), 3)), np.zeros(3)
    pace_w, pace_b = np.zeros_like(weights), np.zeros(3)
    for _ in range(ROUNDS):
        sums = np.zeros((len(rows), 3))
        np.add.at(sums, owner, weights[spread])
        sums += bias
        powers = np.exp(sums - sums.max(axis=1, keepdims=True))
        off = powers / powers.sum(axis=1, keepdims=True) - target
        slope = np.zeros_like(weights)
        np.add.at(slope, spread, off[owner])
        rate = 1.2 / len(rows)
        pace_w = 0.9 * pace_w - rate * (slope + PULL * weights)
        pace_b = 0.9 * pace_b - rate * off.sum(axis=0)
        weights += pace_w
        bias += pace_b
    return bias.tolist(), {vote: weights[at].tolist() for vote, at in place.items()}


def heard(rows: list[Row], bias: list[float], weights: dict[str, list[float]]) -> str:
    """How many of the sentences are heard right, alone and where the voice is sure."""
    right = sure = sure_right = 0
    for text, tone in rows:
        sums = np.array(bias) + sum(
            (np.array(weights[vote]) for vote in tones.features(text, words=words()) if vote in weights), np.zeros(3)
        )
        chance = np.exp(sums - sums.max())
        chance /= chance.sum()
        best = int(chance.argmax())
        right += NAMES[best] == tone
        sure += chance[best] >= 0.8
        sure_right += chance[best] >= 0.8 and NAMES[best] == tone
    share, surely = sure / len(rows), sure_right / max(1, sure)
    return f"{right / len(rows):.3f} of {len(rows)}; sure of {share:.2f}, and then right {surely:.3f}"


def write(bias: list[float], weights: dict[str, list[float]]) -> int:
    """The weights as a module of plain values."""
    kept = {
        vote: tuple(round(value, 2) for value in three)
        for vote, three in sorted(weights.items())
        if max(map(abs, three)) >= LEAST
    }
    shown = [
        '"""Weights of the tones: written by tests/measure/train_tones.py from labelled reports, not by hand."""',
        "",
        "from __future__ import annotations",
        "",
        "#: Work, problem, intention.",
        f"BIAS = ({', '.join(f'{value:.2f}' for value in bias)})",
        "",
        "#: Feature of a sentence -> what it adds to each.",
        "WEIGHTS: dict[str, tuple[float, float, float]] = {",
        *(f"    {json.dumps(vote, ensure_ascii=False)}: ({a}, {b}, {c})," for vote, (a, b, c) in kept.items()),
        "}",
        "",
    ]
    TARGET.write_text("\n".join(shown), encoding="utf-8")
    return len(kept)


def main() -> None:
    """Read the sets, learn, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--without", nargs="*", default=[])
    parser.add_argument("--held", nargs="*", default=[])
    parser.add_argument("--also", nargs="*", type=Path, default=[])
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    sets = {
        place.parent.name: of_truth(json.loads(place.read_text(encoding="utf-8")))
        for place in sorted(CORPUS.glob("*/truth.json"))
    }
    sets |= {str(place): of_truth(json.loads(place.read_text(encoding="utf-8"))) for place in asked.also}
    sets |= {"own": of_own(), "sentences": of_sentences()}
    for name in asked.held:
        rest = [row for other, rows in sets.items() if other != name and other not in asked.without for row in rows]
        print(f"{name}, never seen: {heard(sets[name], *learned(rest))}")  # noqa: T201 - the result of the command
    if asked.write:
        rows = [row for name, rows in sets.items() if name not in asked.without for row in rows]
        kept = write(*learned(rows))
        print(f"{kept} weights from {len(rows)} sentences: {TARGET}")  # noqa: T201 - the result of the command


if __name__ == "__main__":
    main()
