"""Documents of one report → records by plan item, problems, next steps, work outside the plan, and questions.

The order of work: passages with their sections, sorted into clauses of progress and what is told as problems and
intentions (sorting); clauses given to plan items over the whole report (weighing, assigning); words, figures and status
of each item (quoting, quantities, status); remarks attached to items (remarks); what is doubtful asked (asking).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rapidfuzz import fuzz

from pipeline.model import (
    Document,
    Knowledge,
    Locus,
    Match,
    Paragraph,
    PlanItem,
    Quantity,
    Question,
    Remark,
    ReportRecord,
    Scope,
    Status,
    Withheld,
)
from pipeline.understanding import asking, assigning, matching, quantities, sorting
from pipeline.understanding.assigning import NONE, Run
from pipeline.understanding.passages import Passage
from pipeline.understanding.quoting import complete, joined, passages_in, stretches
from pipeline.understanding.remarks import block_items, remarks
from pipeline.understanding.sorting import Sentence
from pipeline.understanding.status import is_final, status_of
from pipeline.understanding.weighing import Weigher
from pipeline.understanding.words import Section, Words, compiled

#: Below this the office is asked whether a passage is an item's, and whether it is none's; docs/reading-records.md.
ASK_BELOW, ASK_BESIDE_BELOW = 0.9, 0.65


@dataclass(frozen=True, slots=True)
class Extraction:
    """All that the documents of one mail say about the plan."""

    records: tuple[ReportRecord, ...] = ()
    problems: tuple[Remark, ...] = ()
    next_steps: tuple[Remark, ...] = ()
    off_plan: tuple[Remark, ...] = ()
    #: What becomes a record by the office's word alone.
    aside: tuple[ReportRecord, ...] = ()
    questions: tuple[Question, ...] = ()
    #: The report says that there is nothing to report.
    zero_report: bool = False
    #: The unit confirms its 配合 items without additions.
    support_confirmed: bool = False
    warnings: tuple[str, ...] = ()


def extract(
    documents: tuple[Document, ...], *, unit: str | None, period: str | None, digest: str, knowledge: Knowledge
) -> Extraction:
    """Read the records of a report.

    Args:
        documents: The documents that carry the report, in order; cover notes may be among them.
        unit: Name of the reporting unit, when it is known.
        period: Month reported on, ``YYYY-MM``, when it is known.
        digest: SHA-256 of the mail, for the keys of questions.
        knowledge: Plan, memory and word lists.

    Returns:
        Records in the order of the plan; doubtful ones also as questions with a suggestion.
    """
    words = compiled(knowledge.lexicon)
    month = int(period[5:7]) if period else None
    index = matching.index_for(knowledge, words)

    def subject(title: str) -> bool:
        return bool(matching.title_points(title, index)) or matching.names_subject(title, index)

    passages, warnings = sorting.passages_of(documents, words=words, month=month, subject=subject)
    progress, said = sorting.sort(passages, words=words, month=month, subject=subject)
    whole = "\n".join(block.text for document in documents for block in document.blocks if isinstance(block, Paragraph))
    weigher = Weigher(index=index, unit=unit, period=period, knowledge=knowledge, words=words, text=whole)
    runs = weigher.assign(progress)
    # A difficulty in the very passage of an item: the item goes on, whatever step is done.
    troubled = frozenset(
        (one.passage.block, one.passage.part)
        for one in said
        if one.section is Section.PROBLEM and one.passage.section is Section.PROGRESS
    )
    filing = _Filing(progress, weigher=weigher, period=period, digest=digest, words=words, troubled=troubled)
    filed = filing.records(runs)
    reported = block_items(progress, runs, index)
    problems, steps = (
        remarks(
            [one for one in said if one.section is section],
            reported=reported,
            weigher=weigher,
            words=words,
            month=month,
        )
        for section in (Section.PROBLEM, Section.NEXT)
    )
    off = [Remark(text=one.text, items=(), locus=one.passage.locus) for one in said if one.section is Section.OFF_PLAN]
    zero = not filed.records and words.pattern("record_zero_words").search(whole) is not None
    support = words.pattern("record_support_words").search(whole) is not None
    return replace(
        filed,
        problems=problems,
        next_steps=steps,
        off_plan=(*filed.off_plan, *off),
        zero_report=zero,
        support_confirmed=support,
        warnings=tuple(warnings),
    )


class _Filing:
    """The records of one report, made of runs of clauses that were given to items."""

    def __init__(
        self,
        progress: Sequence[Sentence],
        *,
        weigher: Weigher,
        period: str | None,
        digest: str,
        words: Words,
        troubled: frozenset[tuple[int, int]],
    ) -> None:
        self._progress = progress
        self._weigher = weigher
        self._index = weigher.index
        self._digest = digest
        self._words = words
        #: Passages in which a difficulty is told: block and part.
        self._troubled = troubled
        month = int(period[5:7]) if period else None
        #: Months whose values are an earlier report's.
        self._previous = tuple((month - back - 1) % 12 + 1 for back in range(1, 3)) if month else ()

    def records(self, runs: Sequence[Run]) -> Extraction:
        """Records in the order of the plan, what belongs to none of its items, and what must be asked."""
        by_item: dict[int, list[Run]] = defaultdict(list)
        off: list[Remark] = []
        aside: list[ReportRecord] = []
        questions: list[Question] = []
        taken: set[str] = set()
        for run in runs:
            if run.item != NONE:
                by_item[run.item].append(run)
                continue
            sentences = self._progress[run.first : run.last]
            text = joined(sentences)
            passage = sentences[0].passage
            if not text or passage.cover or (passage.opening and not re.search(r"\d", text)):
                # Boilerplate of opening and cover.
                continue
            off.append(Remark(text=text, items=(), locus=passage.locus))
            record = self._aside(run, text)
            if record is not None:
                record = replace(record, asked=asking.unlike(passage.locus.key, taken))
                aside.append(record)
                questions.append(asking.about_work_beside(record, digest=self._digest, index=self._index))
        records: list[ReportRecord] = []
        for place in sorted(by_item, key=lambda position: self._index.items[position].number):
            kept = self._without_copies(by_item[place])
            record = self._record(place, kept)
            if record is None:
                continue
            passages = passages_in(self._progress, kept)
            for passage in passages:
                questions += asking.about_figures(passage, digest=self._digest)
            if record.doubtful:
                record = replace(record, asked=asking.unlike(record.loci[0].key, taken))
                questions.append(asking.about_item(record, digest=self._digest, index=self._index))
            told = record.progress or record.quantities or any(passage.cells.status for passage in passages)
            (records if told else aside).append(record)
        return Extraction(records=tuple(records), off_plan=tuple(off), aside=tuple(aside), questions=tuple(questions))

    def _aside(self, run: Run, text: str) -> ReportRecord | None:
        """What work outside the plan would be as a record; ``None`` where nobody need be asked about it."""
        passage = self._progress[run.first].passage
        if (
            passage.section is Section.OFF_PLAN
            or passage.opening
            or assigning.confidence(run.margin) >= ASK_BESIDE_BELOW
            or run.rival == NONE
            or not re.search(r"\d", text)
        ):
            return None
        turned = replace(run, item=run.rival, rival=NONE)
        record = self._record(run.rival, [turned])
        if record is None:
            return None
        match = replace(record.match, confidence=round(1 - record.match.confidence, 4), rival_confidence=0.0)
        return replace(record, match=match, progress=text)

    def _without_copies(self, runs: list[Run]) -> list[Run]:
        """Of two documents that say the same (Word and scan), the first one counts."""
        kept: list[Run] = []
        for run in runs:
            text = joined(self._progress[run.first : run.last])
            home = self._progress[run.first].passage.document
            if any(
                self._progress[other.first].passage.document != home
                and fuzz.ratio(text, joined(self._progress[other.first : other.last])) >= 80
                for other in kept
            ):
                continue
            kept.append(run)
        return kept

    def _record(self, place: int, runs: Sequence[Run]) -> ReportRecord | None:
        item = self._index.items[place]
        pieces: list[str] = []
        loci: list[Locus] = []
        found: list[Quantity] = []
        cell_places: list[str] = []
        status = ""
        for run in runs:
            sentences = self._progress[run.first : run.last]
            for passage_text, passage in stretches(sentences):
                if passage.locus not in loci:
                    loci.append(passage.locus)
                if passage.whole and complete(passage, sentences):
                    # All parts of a paragraph tell of this item: it is quoted as it stands.
                    pieces += [passage.whole] if passage.whole not in pieces else []
                elif passage_text:
                    pieces.append(passage_text)
                if passage_text:
                    found += self._figures(passage_text, passage, item_text=_counted_in(item))
                for figure in passage.cells.figures:
                    cell_places.append(figure.place)
                    found.append(
                        Quantity(
                            value=figure.value,
                            unit=figure.unit,
                            of=figure.of,
                            locus=passage.cell(figure.place),
                            scope=figure.scope,
                            text=figure.text,
                        )
                    )
                status = status or passage.cells.status
        withheld = tuple(
            Withheld(unit=doubt.unit, of=doubt.of, locus=passage.cell(doubt.place), scope=doubt.scope)
            for passage in passages_in(self._progress, runs)
            for doubt in passage.cells.doubts
        )
        if not pieces and not found and not status and not withheld:
            return None
        best = max(runs, key=lambda run: run.margin)
        sure = assigning.confidence(best.margin)
        rival = self._index.items[best.rival].number if best.rival != NONE else None
        progress_text = "\n".join(pieces)
        told = status_of(progress_text, words=self._words, cell=status)
        places = {(one.passage.block, one.passage.part) for run in runs for one in self._progress[run.first : run.last]}
        if (
            told is Status.DONE
            and not status
            and places & self._troubled
            and not is_final(progress_text, words=self._words)
        ):
            told = Status.ON_TRACK
        block = self._progress[best.first].passage.block
        inside = sum(one.passage.block == block for run in runs for one in self._progress[run.first : run.last])
        whole = inside == sum(one.passage.block == block for one in self._progress)
        return ReportRecord(
            match=Match(
                item=item.number,
                confidence=round(sure, 4),
                clues=self._weigher.clues(self._progress, place, best),
                rival=rival,
                rival_confidence=round(1 - sure, 4),
            ),
            progress=progress_text,
            status=told,
            quantities=_distinct(found, frozenset(cell_places)),
            loci=tuple(loci),
            doubtful=sure < ASK_BELOW,
            # A title over several items is the name of none.
            heading=self._progress[best.first].passage.title if whole else "",
            withheld=withheld,
        )

    def _figures(self, text: str, passage: Passage, *, item_text: str) -> list[Quantity]:
        return [
            Quantity(
                value=figure.value,
                unit=figure.unit,
                of=figure.of,
                locus=passage.locus,
                scope=figure.scope,
                approximate=figure.approximate,
                text=figure.text,
            )
            for figure in quantities.find(text, words=self._words, plan_text=item_text, previous=self._previous)
        ]


def _distinct(found: Sequence[Quantity], cells: frozenset[str]) -> tuple[Quantity, ...]:
    """A figure that stands in a number column and again in the text beside it counts once."""
    kept: list[Quantity] = []
    for one in found:
        double = any(
            one.value == other.value
            and one.unit == other.unit
            and (one.locus.place in cells) != (other.locus.place in cells)
            and (_alike(one.of, other.of) or Scope.UNSAID not in {one.scope, other.scope})
            for other in kept
        )
        if not double:
            kept.append(one)
    return tuple(kept)


def _alike(one: str, other: str) -> bool:
    left = {one[place : place + 2] for place in range(len(one) - 1)}
    return any(other[place : place + 2] in left for place in range(len(other) - 1))


def _counted_in(item: PlanItem) -> str:
    """Text of an item without the figures of its targets, which a report may well have reached."""
    text = re.sub(r"\s+", "", item.title + item.text)
    for target in item.targets:
        for value in (target.value, target.start):
            if value is not None:
                text = re.sub(rf"(?<![\d.]){re.escape(f'{value:g}')}(?={re.escape(target.measure)})", "", text)
    return text
