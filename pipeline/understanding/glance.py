"""A mail laid open → how likely it is a report, a supplement, a correction or none of them, at first sight.

Subject, covering words, names and openings of the papers vote with weights learned from labelled mails
(``votes.py``), as an experienced clerk knows an application or a missent paper before reading it. The rules of
``kind.py`` say why; what both make of a mail is weighed there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.model import Knowledge, MailKind
from pipeline.text import folded
from pipeline.understanding import votes
from pipeline.understanding.carriers import Mail
from pipeline.understanding.likeness import COUNTED, plan_hits
from pipeline.understanding.papers import pattern

WEIGHTS = "kinds.tsv"
#: In the order of the weights.
CLASSES = (MailKind.REPORT, MailKind.SUPPLEMENT, MailKind.CORRECTION, MailKind.OTHER)
#: Papers that are looked at, lines of each, signs of its opening; signs of the covering words' beginning and end.
PAPERS, LINES, OPENING, BEGINNING, END = 3, 8, 300, 150, 80
#: Lists of config/reading.yaml whose words are features beside the characters, in the subject, the covering words, and
#: the names and titles of the papers; an office that teaches them a word moves the vote.
LISTS = (
    "kind_correction_words",
    "kind_supplement_words",
    "kind_not_supplement_words",
    "kind_replaces_words",
    "kind_stays_words",
    "kind_earlier_words",
    "kind_draft_words",
    "kind_request_words",
    "kind_question_words",
    "kind_adds_words",
    "kind_swaps_words",
)
#: From how many words of the plan, and from how many figures, a text differs from one with fewer.
_HITS, _FIGURES = (1, 2, 3, 5, 8), (1, 2, 4, 8)
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{2,5}$")
_BLANK = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Glance:
    """What of a mail is seen at first sight."""

    subject: str
    #: How the sender's own words begin and end, and how many signs they have.
    cover: str
    length: int
    #: Names of the files, titles of the papers, openings of the papers.
    names: tuple[str, ...]
    titles: tuple[str, ...]
    openings: tuple[str, ...]
    #: Words of the plan in the papers and in the covering words, and figures in both.
    hits: tuple[int, int] = (0, 0)
    figures: tuple[int, int] = (0, 0)


def of(mail: Mail, *, knowledge: Knowledge) -> Glance:
    """What of a mail is seen at first sight."""
    papers = [paper for paper in mail.papers if not paper.body]
    bodies = [paper for paper in mail.papers if paper.body]
    counts = [counted("\n".join(paper.text for paper in group), knowledge=knowledge) for group in (papers, bodies)]
    return Glance(
        subject=mail.opened.letter.subject,
        cover=shortened(mail.own),
        length=len(mail.own),
        names=(*(paper.document.name for paper in papers), *(part.name for part in mail.opened.unreadable))[:PAPERS],
        titles=tuple(paper.title for paper in papers[:PAPERS]),
        openings=tuple(opening(paper.lines) for paper in papers[:PAPERS]),
        hits=(counts[0][0], counts[1][0]),
        figures=(counts[0][1], counts[1][1]),
    )


def counted(text: str, *, knowledge: Knowledge) -> tuple[int, int]:
    """How many words of the plan a text uses, and how many figures stand in it."""
    plain = folded(text)
    return plan_hits(plain, knowledge=knowledge), len(COUNTED.findall(plain))


def shortened(own: str) -> str:
    """How covering words begin and end."""
    return own if len(own) <= BEGINNING + END else f"{own[:BEGINNING]}…{own[-END:]}"


def opening(lines: Sequence[str]) -> str:
    """How a paper begins."""
    return " ".join(lines[:LINES])[:OPENING]


def features(seen: Glance, *, lexicon: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """What of a mail has a vote: signs, pairs and lists by the place where they stand, files, how much of the plan."""
    found = _grams("s", seen.subject) | _grams("b", seen.cover)
    for name in seen.names:
        found |= _grams("t", _SUFFIX.sub("", name))
    for title in seen.titles:
        found |= _grams("t", title)
    for beginning in seen.openings:
        found |= _grams("h", beginning)
    places = (("s", seen.subject), ("b", seen.cover), ("t", "\n".join((*seen.names, *seen.titles))))
    for key in LISTS:
        words = pattern(lexicon, key)
        found |= {f"{place}-list:{key}" for place, text in places if words.search(folded(text))}
    found |= {f"files:{min(2, len(seen.names))}", f"length:{min(8, seen.length // 60)}"}
    for place, hits, figures in zip("ab", seen.hits, seen.figures, strict=True):
        found |= {f"{place}-hits:{least}" for least in _HITS if hits >= least}
        found |= {f"{place}-figures:{least}" for least in _FIGURES if figures >= least}
    return frozenset(found)


def chances(seen: Glance, *, lexicon: Mapping[str, tuple[str, ...]]) -> dict[MailKind, float]:
    """How likely the mail is of each kind."""
    return dict(zip(CLASSES, votes.kept(WEIGHTS).chances(features(seen, lexicon=lexicon)), strict=True))


def _grams(place: str, text: str) -> set[str]:
    """Signs and pairs of signs of a text, each with the place in which it stands."""
    return {f"{place}:{gram}" for gram in votes.pieces(f"^{_BLANK.sub(' ', text)}$", widest=2)}
