"""A sentence → how likely it tells of work done, of a difficulty or of an intention.

No single word decides this (计划 is a target, a thing done and an intention), so the characters of the sentence and
the lists of config/reading.yaml that it touches vote with weights learned from labelled reports (``votes.py``).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from pipeline.understanding import prose, votes
from pipeline.understanding.words import Section, Words

#: Weights of work, problem and intention, in this order.
WEIGHTS = "tones.tsv"
#: Lists whose words are features beside the characters.
LISTS = (
    "record_done_words",
    "record_lack_words",
    "record_ahead_words",
    "record_problem_words",
    "record_next_words",
    "record_verb_starts",
    "record_finished_words",
    "status_behind",
    "status_behind_soft",
    "status_not_started",
)
#: A tone less likely than this is no clear tone.
CLEAR = 0.6
#: Longer sentences say nothing new and cost time.
LONGEST = 400


@dataclass(frozen=True, slots=True)
class Chances:
    """Probabilities of the three tones; they add up to one."""

    work: float
    problem: float
    intention: float

    def of(self, section: Section) -> float:
        """The chance of one section; every section besides problems and intentions is work."""
        if section is Section.PROBLEM:
            return self.problem
        return self.intention if section is Section.NEXT else self.work


def features(sentence: str, *, words: Words) -> frozenset[str]:
    """What of a sentence has a vote: its grams (``g:``), the lists it touches, its opening, its figures, its length."""
    text = sentence.strip(" \u3000\n\t，、")[:LONGEST]
    found = votes.grams(f"^{text}")
    for key in LISTS:
        pattern = words.pattern(key)
        touched = len(set(pattern.findall(text)))
        found |= {f"list:{key}"} if touched else set()
        found |= {f"lists:{key}"} if touched >= 2 else set()
        found |= {f"starts:{key}"} if pattern.match(text) else set()
    figures = prose.figures(text)
    found |= {"figure"} if figures else set()
    found |= {"figures"} if figures >= 2 else set()
    opened = prose.opening_role(text, words=words, month=None)
    found |= {f"opens:{opened.value}"} if opened is not None else set()
    found |= {"reason"} if prose.gives_reason(text, words=words) else set()
    found.add(f"length:{min(4, len(text) // 15)}")
    return frozenset(found)


def weighed(found: Collection[str]) -> Chances:
    """The chances that a set of features adds up to."""
    return Chances(*votes.kept(WEIGHTS).chances(found))


def chances(sentence: str, *, words: Words) -> Chances:
    """How likely a sentence tells of work done, of a difficulty, of an intention.

    Args:
        sentence: One sentence or clause.
        words: Compiled lists of config/reading.yaml; an office that teaches them a word moves the vote.
    """
    return weighed(features(sentence, words=words))


def heard(text: str, *, words: Words) -> Chances:
    """How a passage sounds as a whole: its sentences vote alike, so that one complaint does not turn an account."""
    each = [chances(piece.text, words=words) for piece in prose.split(text)] or [Chances(1.0, 0.0, 0.0)]
    return Chances(
        work=sum(one.work for one in each) / len(each),
        problem=sum(one.problem for one in each) / len(each),
        intention=sum(one.intention for one in each) / len(each),
    )


def sound(text: str, *, words: Words) -> Section | None:
    """What a passage without a telling heading talks about; ``None`` for work done and where no tone is clear."""
    whole = heard(text, words=words)
    if max(whole.problem, whole.intention) < CLEAR:
        return None
    return Section.PROBLEM if whole.problem >= whole.intention else Section.NEXT
