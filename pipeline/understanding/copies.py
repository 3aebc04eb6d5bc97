"""Two carriers of one report (Word and its stamped scan) → the one to read, and what differs between them.

The editable copy is read; the scan proves the seal. Figures in which they differ become a question, with a
tolerance for the slips of OCR: only a number that the other copy has nowhere counts, and only beside shared words.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from rapidfuzz import fuzz

from pipeline.model import Question, QuestionKind
from pipeline.text import bare, figures, folded
from pipeline.understanding.papers import Paper

#: Likeness from which two papers are one report.
SAME = 0.62
#: Formats by how well their text can be trusted, best first.
_EDITABLE = ("docx", "doc", "wps", "xlsx", "xls", "et", "rtf", "csv", "html", "text", "pdf", "image")
_SENTENCE = re.compile(r"[。；;！!\n]")
_MAX_DIFFERENCES = 5
_LIKE = 80


@dataclass(frozen=True, slots=True)
class Copies:
    """Papers to read, and what the office is asked about the rest."""

    main: tuple[Paper, ...]
    #: (kept paper, copy set aside).
    pairs: tuple[tuple[Paper, Paper], ...]
    questions: tuple[Question, ...]


def reconcile(papers: tuple[Paper, ...], *, digest: str) -> Copies:
    """Set copies aside and compare them with what is kept.

    Args:
        papers: Papers that are the report, in order.
        digest: SHA-256 of the mail, for the keys of questions.
    """
    kept: list[Paper] = []
    pairs: list[tuple[Paper, Paper]] = []
    for paper in sorted(papers, key=_rank):
        original = next((one for one in kept if is_copy(one, paper)), None)
        if original is None:
            kept.append(paper)
        else:
            pairs.append((original, paper))
    asked = []
    for original, copy in pairs:
        found = differences(original, copy)
        if found:
            listed = "；".join(f"“{one}”与“{other}”" for one, other in found[:_MAX_DIFFERENCES])
            text = (
                f"同一份报告的两个文件“{original.document.name}”和“{copy.document.name}”有数字不一致：{listed}。"
                f"建议以可编辑的“{original.document.name}”为准，请核对后确认。"
            )
            asked.append(
                Question(QuestionKind.COPIES, digest, copy.document.part, text, suggestion=original.document.part)
            )
    order = {paper.document.part: number for number, paper in enumerate(papers)}
    return Copies(tuple(sorted(kept, key=lambda paper: order[paper.document.part])), tuple(pairs), tuple(asked))


def _rank(paper: Paper) -> tuple[bool, bool, int]:
    form = paper.document.format
    return paper.document.scanned, paper.body, _EDITABLE.index(form) if form in _EDITABLE else len(_EDITABLE)


def is_copy(one: Paper, other: Paper) -> bool:
    """Whether two papers carry the same text, one perhaps with slips of OCR or only in part (one page)."""
    left, right = bare(one.text), bare(other.text)
    if min(len(left), len(right)) < 20:
        return False
    if fuzz.ratio(left, right) >= 100 * SAME:
        return True
    return _shared(left, right) >= 0.7


def _shared(left: str, right: str) -> float:
    """Share of the shorter text's four-sign pieces that the longer one has too."""
    short, long = sorted((left, right), key=len)
    pieces = Counter(short[n : n + 4] for n in range(len(short) - 3))
    have = {long[n : n + 4] for n in range(len(long) - 3)}
    total = sum(pieces.values())
    return sum(count for piece, count in pieces.items() if piece in have) / total if total else 0.0


def differences(one: Paper, other: Paper) -> tuple[tuple[str, str], ...]:
    """Sentences that are alike but hold other figures, as (here, there)."""
    left, right = _sentences(one), _sentences(other)
    if not left or not right:
        return ()
    everywhere = (
        Counter(figures("\n".join((*one.lines, *one.header)))),
        Counter(figures("\n".join((*other.lines, *other.header)))),
    )
    scanned = one.document.scanned or other.document.scanned
    found = []
    for sentence in left:
        numbers = figures(sentence)
        if not numbers:
            continue
        words = _wordless(sentence)
        best = max(right, key=lambda candidate: fuzz.ratio(words, _wordless(candidate)))
        if fuzz.ratio(words, _wordless(best)) < _LIKE:
            continue
        here, there = Counter(numbers), Counter(figures(best))
        only_here = [number for number in (here - there) if not everywhere[1][number]]
        only_there = [number for number in (there - here) if not everywhere[0][number]]
        if not only_here or not only_there:
            continue
        if scanned and not _plain_difference(only_here, only_there):
            continue
        found.append((_around(sentence, only_here[0]), _around(best, only_there[0])))
    return tuple(dict.fromkeys(found))


def _plain_difference(here: list[str], there: list[str]) -> bool:
    """Not a slip that OCR makes: a lost point, a number cut in two or glued to its neighbour."""
    left, right = "".join(here).replace(".", ""), "".join(there).replace(".", "")
    if left == right or left in right or right in left:
        return False
    return len(here) == len(there)


def _sentences(paper: Paper) -> tuple[str, ...]:
    text = "".join(
        folded(line) + ("\n" if re.search(r"[。；：:!?]$", line.strip()) or len(line) < 12 else "")
        for line in paper.lines
    )
    if not paper.document.scanned:
        text = "\n".join(folded(line) for line in paper.lines)
    return tuple(piece for piece in (part.strip() for part in _SENTENCE.split(text)) if len(piece) >= 6)


def _wordless(text: str) -> str:
    """A sentence without its figures."""
    return re.sub(r"[\d.,%]+", "", text)


def _around(sentence: str, number: str) -> str:
    """The figure with a few words on either side."""
    position = sentence.find(number.split(".", maxsplit=1)[0])
    if position < 0:
        return sentence[:24]
    return sentence[max(0, position - 10) : position + len(number) + 4]
