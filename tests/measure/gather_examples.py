"""Labelled reports and written sentences → config/examples.yaml, how units say what they did on each item.

usage: python tests/measure/gather_examples.py [--without SET ...] [--write]

Sentences come from the progress passages of the labelled sets, from the own reports, and from tests/corpus/examples
(``## number title``, then a sentence a line). The sets that check what the others taught give none (``labelled.py``).
The same input gives the same file.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from labelled import CHECKED, CORPUS, DISPUTED  # noqa: E402 - the folders above are needed first
from written import written  # noqa: E402 - the same

from pipeline.adapters.settings import load_plan  # noqa: E402 - the same
from pipeline.text import bare  # noqa: E402 - the same

TARGET = ROOT / "config" / "examples.yaml"
#: A shorter stretch tells of no item.
LEAST = 6

HEAD = """\
# 各条事项的例句：单位汇报这条工作时常怎样写。程序拿报告里的每句话
# 与通知原文、常用说法和这些例句比较，决定它说的是哪一条。
# 写法：事项标题（与 config/plan.yaml 一致），后面是“: |”，下面一行一句，每行前空两格。可以随时增删，改完即生效；
# 一条没有例句也能读，只是要多问几次。计划里没有的标题不起作用，可以留着。例句中的企业和数字都是虚构的。
"""


def sentences(text: str) -> Iterator[str]:
    """The sentences of a passage, parts between semicolons as well, without their last sign."""
    for piece in re.split(r"[。！；;\n]", text):
        sentence = re.sub(r"\s+", " ", piece).strip(" ，、")
        if len(bare(sentence)) >= LEAST:
            yield sentence


def _of_mails(mails: Iterable[Mapping[str, Any]]) -> tuple[tuple[int, str], ...]:
    """Item and sentence of every progress passage of labelled mails."""
    return tuple(
        (item["item"], one) for mail in mails for item in mail["items"] for one in sentences(item["progress"] or "")
    )


@cache
def of_set(name: str) -> tuple[tuple[int, str], ...]:
    """Item and sentence of a labelled set; asked for again with each set that is held back."""
    return _of_mails(json.loads((CORPUS / name / "truth.json").read_text(encoding="utf-8")))


@cache
def of_own() -> tuple[tuple[int, str], ...]:
    """Item and sentence of the reports written for the tests."""
    return _of_mails(one.truth for one in written(CORPUS / "own"))


def of_lists(folder: str) -> Iterator[tuple[int, str]]:
    """Sentences written for this alone."""
    for place in sorted((CORPUS / folder).glob("*.txt")):
        number = 0
        for line in place.read_text(encoding="utf-8").splitlines():
            headed = re.match(r"##\s*(\d+)", line)
            if headed:
                number = int(headed.group(1))
            elif number:
                yield from ((number, one) for one in sentences(line))


@cache
def gathered(without: tuple[str, ...] = (), *, also: str = "") -> Mapping[str, tuple[str, ...]]:
    """Sentences by the title of their item; what two items would claim, and what stands twice, is left out.

    Args:
        without: Labelled sets that must not be learned from.
        also: Another folder of tests/corpus with written sentences.
    """
    names = sorted(place.parent.name for place in CORPUS.glob("*/truth.json"))
    rows = [row for name in names if name not in {*CHECKED, *DISPUTED, *without} for row in of_set(name)]
    rows += [*(() if "own" in without else of_own()), *of_lists("examples")]
    rows += of_lists(also) if also else ()
    claimed: dict[str, set[int]] = defaultdict(set)
    for number, sentence in rows:
        claimed[bare(sentence)].add(number)
    kept: dict[int, dict[str, str]] = defaultdict(dict)
    for number, sentence in rows:
        if len(claimed[bare(sentence)]) == 1:
            kept[number].setdefault(bare(sentence), sentence)
    return {
        item.title: tuple(kept[item.number].values())
        for item in load_plan(ROOT / "config").items
        if kept.get(item.number)
    }


def main() -> None:
    """Gather and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--without", nargs="*", default=[])
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    found = gathered(tuple(asked.without))
    count = sum(map(len, found.values()))
    if asked.write:
        parts = (f"{title}: |\n" + "".join(f"  {one}\n" for one in said) for title, said in found.items())
        TARGET.write_text(HEAD + "\n" + "\n".join(parts), encoding="utf-8")
    print(f"{count} sentences on {len(found)} items")  # noqa: T201 - the result of the command


if __name__ == "__main__":
    main()
