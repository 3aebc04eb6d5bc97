"""Clauses of a report → points of every item for each, the items they are given to, and the reasons of each choice."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from pipeline.model import Clue, Knowledge
from pipeline.understanding import assigning, matching, prose
from pipeline.understanding.assigning import NONE, Clause, Run
from pipeline.understanding.partners import Partners
from pipeline.understanding.passages import Passage
from pipeline.understanding.quoting import joined
from pipeline.understanding.sorting import Sentence
from pipeline.understanding.words import Section, Words

#: Share of a prose heading's points that the sentences after the first one get.
LATER_SENTENCES = 0.4
#: Share of a heading's points that each of several units under it gets.
SHARED_HEADING = 0.6
#: Points for no item of a clause that names other work of a department (隐患排查, 文物安全).
OTHER_WORK = 4.0
#: Points that an item of others loses on a clause without a figure.
MERE_WORDS = 1.5
#: Points that 此外，… in front of a paragraph gives to its being no item's.
BESIDE = 4.0
#: Points that close an item to a unit.
SHUT = 60.0

_TURN = re.compile(
    r"^(?:同时|另外|此外|与此同时|在[^，。；]{2,16}(?:方面|上|中)，|[^，。；：]{2,16}方面[，：]|[一二三四五六七八九十]是|其[一二三四五]|[（(]\d[）)]|\d[、．.]|[^，。；：]{2,10}[：:])"
)


class Weigher:
    """What the index, the unit and the office's memory say of the clauses of one report."""

    def __init__(
        self,
        *,
        index: matching.Index,
        unit: str | None,
        period: str | None,
        knowledge: Knowledge,
        words: Words,
        text: str,
    ) -> None:
        self.index = index
        self._unit = unit
        self._memory = knowledge.memory
        self._words = words
        self._common = words.pattern("record_common")
        self._scored: dict[str, matching.Scored] = {}
        self.duty = matching.duty_points(index, unit=unit, plan=knowledge.plan, text=text)
        self._headings: dict[
            tuple[tuple[str, ...], bool], tuple[tuple[float, ...], tuple[tuple[tuple[str, str, float], ...], ...]]
        ] = {}
        self._due = frozenset(place for place, points in enumerate(self.duty) if points > matching.WEIGHTS["roster"])
        self._others = matching.others_alone(index, unit=unit)
        self._partners = Partners(index, unit=unit, knowledge=knowledge, day=_last_day(period))
        self._few = matching.single_mindedness(index, unit=unit)
        self._trust_numbers = True
        self._own_numbers = False

    # -------------------------------------------------------------- points

    def scores(self, text: str) -> matching.Scored:
        """What the words of a text say of each item; weighed once, though a report is assigned up to three times."""
        if text not in self._scored:
            self._scored[text] = matching.scores(text, self.index, common=self._common)
        return self._scored[text]

    def heading(
        self, titles: tuple[str, ...], *, ledger: bool = False
    ) -> tuple[tuple[float, ...], tuple[tuple[tuple[str, str, float], ...], ...]]:
        """Points that the headings above a passage give, the innermost with the most say."""
        # A task cell says what its row is about; a heading in prose may stand over several tasks.
        weight = matching.WEIGHTS["heading"] * (1.6 if ledger else 1.0)
        if (titles, ledger) in self._headings:
            return self._headings[titles, ledger]
        size = len(self.index.items)
        total = [0.0] * size
        reasons: list[list[tuple[str, str, float]]] = [[] for _ in range(size)]
        for depth, title in enumerate(reversed(titles)):
            share = (1.0, 0.45, 0.3)[min(depth, 2)]
            for place, alike in matching.title_points(title, self.index).items():
                points = matching.WEIGHTS["title"] * alike * (1.0 if depth == 0 else 0.6)
                total[place] += points
                reasons[place].append(("title", title, points))
            scored = self.scores(title)
            for place, points in enumerate(scored.points):
                gained = weight * share * points
                total[place] += gained
                if gained > 0.8:
                    reasons[place].append(("heading", title, gained))
            flat = matching.bare(title)
            for place, item in enumerate(self.index.items):
                for name in (item.group, item.section):
                    if name and len(flat) >= 3 and (flat in name or matching.bare(name) in flat):
                        total[place] += 1.2
                        break
        kept = (tuple(total), tuple(tuple(entries) for entries in reasons))
        self._headings[titles, ledger] = kept
        return kept

    def _clauses(self, progress: Sequence[Sentence]) -> list[Clause]:
        out: list[Clause] = []
        blocks_seen: set[int] = set()
        headed: set[tuple[int, tuple[str, ...]]] = set()
        first_sentences: set[int] = set()
        under: dict[tuple[str, ...], set[int]] = defaultdict(set)
        for one in progress:
            under[one.passage.titles].add(one.passage.block)
        for one in progress:
            passage = one.passage
            scored = self.scores(one.text)
            head, _ = self.heading(passage.titles, ledger=passage.ledger)
            if len(under[passage.titles]) > 1 and not (passage.ledger and passage.own_number is not None):
                # A heading over several subjects says less of each; in a numbered row it is the task.
                head = tuple(value * SHARED_HEADING for value in head)
            if not passage.ledger and (passage.block, passage.titles) in headed and one.sentence not in first_sentences:
                # What follows under a prose heading is held by its neighbours; the heading speaks for its start.
                head = tuple(value * LATER_SENTENCES for value in head)
            elif (passage.block, passage.titles) not in headed:
                first_sentences.add(one.sentence)
            headed.add((passage.block, passage.titles))
            elsewhere = prose.leaves_subject(one.text)
            if elsewhere:
                # 此外，… leaves the subject of its heading.
                head = tuple(0.0 for _ in head)
            topic = prose.topic(one.text)
            if topic is not None:
                # 数字文旅这块，… in the middle of a paragraph is a heading of its sentence.
                said, _ = self.heading((topic,))
                head = tuple(above + more for above, more in zip(head, said, strict=True))
            # Of others' items only what counts something done is told: 标准化建设按安排推进 is a manner of speaking.
            mere = 0.0 if passage.ledger or prose.counts(one.text) or re.search(r"\d", one.text) else MERE_WORDS
            points = [
                own + above + duty - (mere if duty < 0 else 0.0)
                for own, above, duty in zip(scored.points, head, self.duty, strict=True)
            ]
            for place, (value, _) in self._remembered(one.text, passage).items():
                points[place] += value
            for place, (value, _) in self._partners.points(one.text).items():
                points[place] += value
            if self._trust_numbers and not elsewhere:
                for number in passage.numbers:
                    place_or_none = self.index.position(number)
                    if place_or_none is not None and not self._denied(place_or_none, passage):
                        points[place_or_none] += matching.WEIGHTS["number"]
            if self._own_numbers and passage.own_number is not None and not elsewhere:
                place_or_none = self.index.position(passage.own_number)
                if place_or_none is not None:
                    points[place_or_none] += matching.WEIGHTS["number"] * 0.4
            first = passage.block not in blocks_seen
            blocks_seen.add(passage.block)
            none = matching.WEIGHTS["duty"] + (self._none(one) if first else 0.0) + scored.beside
            if not first and (passage.opening or passage.cover or passage.section is Section.OFF_PLAN):
                # A single sentence of an opening or of other work needs as much to become an item as the first one.
                none += 3.0
            if elsewhere:
                # A whole paragraph that begins so tells of work beside the plan far more often than not.
                none += BESIDE if first else 2.0
            for place in self._others:
                # What fits an item of others alone fits no other item better: it is work outside this unit's plan.
                none = max(none, points[place] - self.duty[place] + 0.5)
                points[place] -= SHUT
            if not first and self._words.pattern("record_off_plan_signs").search(one.text):
                none += 6.0
            if not passage.numbers and self._words.pattern("record_other_work").search(one.text):
                none += OTHER_WORK
            if matching.refused(one.text, unit=self._unit, memory=self._memory, heading=one.passage.title):
                none += 60.0
            out.append(
                Clause(
                    points=tuple(points),
                    none=none,
                    block=passage.block,
                    paragraph=one.paragraph,
                    sentence=one.sentence,
                    turns=_TURN.match(one.text) is not None
                    or len(passage.numbers) > 1
                    or (passage.part > 0 and one.start == 0),
                )
            )
        return out

    def _remembered(self, text: str, passage: Passage) -> dict[int, tuple[float, str]]:
        """What the office decided on, and the unit told, in such words or under such a title."""
        heading = passage.title
        return matching.memory_points(text, self.index, unit=self._unit, memory=self._memory, heading=heading)

    def _denied(self, place: int, passage: Passage) -> bool:
        """Whether the title behind a number is word for word that of another item: then the number is a slip."""
        titled = matching.title_points(passage.title, self.index) if passage.title else {}
        return place not in titled and any(alike >= 1.0 for alike in titled.values())

    def _none(self, one: Sentence) -> float:
        """How much a block's first clause must earn to count as an item at all."""
        base = 3.2 - self._few
        passage = one.passage
        if passage.section is Section.OFF_PLAN:
            # 其他 in a column of fields is the rest of the tasks as often as work beside them.
            base += 3.0 if passage.ledger else 6.0
        if self._words.pattern("record_off_plan_signs").search(passage.text):
            base += 6.0
        if passage.opening:
            # Words before the first heading mostly set the scene, above all where they count nothing.
            base += 3.0 if prose.counts(passage.text) else 7.0
        if passage.cover:
            base += 3.0
        return base

    # -------------------------------------------------------------- assignment

    def assign(self, progress: Sequence[Sentence]) -> tuple[Run, ...]:
        """Items for all progress clauses; numbers of the report count as the plan's only when they agree with it."""
        if not progress:
            return ()
        self._trust_numbers = self._numbers_agree(progress)
        runs = assigning.assign(self._clauses(progress), due=self._due)
        if not self._own_numbers and self._own_agree(progress, runs):
            self._own_numbers = True
            runs = assigning.assign(self._clauses(progress), due=self._due)
        return runs

    def _numbers_agree(self, progress: Sequence[Sentence]) -> bool:
        """Whether the numbers that the report calls the plan's fit what is told under them."""
        self._trust_numbers = False
        told: dict[int, list[Clause]] = defaultdict(list)
        numbers: dict[int, tuple[int, ...]] = {}
        for one, clause in zip(progress, self._clauses(progress), strict=True):
            if one.passage.numbers:
                told[one.passage.block].append(clause)
                numbers[one.passage.block] = one.passage.numbers
        if not told:
            return False
        against = 0
        for block, clauses in told.items():
            sums = [sum(column) for column in zip(*(clause.points for clause in clauses), strict=True)]
            places = [place for number in numbers[block] if (place := self.index.position(number)) is not None]
            named = max((sums[place] for place in places), default=-99.0)
            against += max(sums) - named > 6.0
        return against <= len(told) / 2

    def _own_agree(self, progress: Sequence[Sentence], runs: Sequence[Run]) -> bool:
        """Whether the report simply uses the plan's numbers as its own."""
        seen: dict[int, bool] = {}
        for run in runs:
            passage = progress[run.first].passage
            if run.item == NONE or passage.own_number is None or run.margin < 1.5:
                continue
            seen[passage.block] = self.index.items[run.item].number == passage.own_number
        return len(seen) >= 3 and sum(seen.values()) / len(seen) >= 0.7

    # -------------------------------------------------------------- reasons

    def clues(self, progress: Sequence[Sentence], place: int, run: Run) -> tuple[Clue, ...]:
        """Why a run was given to an item, the weightiest reasons first."""
        number = self.index.items[place].number
        gathered: dict[tuple[str, str], float] = defaultdict(float)
        for one in progress[run.first : run.last]:
            scored = self.scores(one.text)
            for kind, words_, points in scored.reasons[place]:
                gathered[kind, words_] += points
        passage = progress[run.first].passage
        _, reasons = self.heading(passage.titles)
        for kind, words_, points in reasons[place]:
            gathered[kind, words_] += points
        if self._trust_numbers and number in passage.numbers:
            gathered["number", ""] = matching.WEIGHTS["number"]
        duty = self.duty[place]
        kind = "duty" if duty >= matching.WEIGHTS["duty"] - 0.5 else "foreign" if duty < 0 else "roster"
        if self._unit is not None:
            gathered[kind, ""] = duty
        for position, (value, phrase) in self._remembered(joined(progress[run.first : run.last]), passage).items():
            if position == place:
                gathered["memory", phrase] = value
        for position, (value, name) in self._partners.points(joined(progress[run.first : run.last])).items():
            if position == place:
                gathered["partner", name] = value
        ranked = sorted(gathered.items(), key=lambda entry: -abs(entry[1]))
        return tuple(matching.clue(number, kind, words_, points) for (kind, words_), points in ranked[:6])


def _last_day(period: str | None) -> date:
    """The day around which names of units hold; the furthest where the month is not known."""
    return date(int(period[:4]), int(period[5:7]), 28) if period else date.max
