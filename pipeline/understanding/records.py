"""Documents of one report → records by plan item, problems, next steps, work outside the plan, and questions.

The order of work: passages with their sections (outline, tables, prose); clauses of the progress passages given to
plan items over the whole report (matching, assigning); figures and status of each item; remarks attached to items.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from rapidfuzz import fuzz

from pipeline.model import (
    Clue,
    Document,
    Knowledge,
    Locus,
    Match,
    Paragraph,
    PlanItem,
    Quantity,
    Question,
    QuestionKind,
    Remark,
    ReportRecord,
    Scope,
    Status,
    Withheld,
)
from pipeline.understanding import assigning, matching, prose, quantities, roles, sheets, tones
from pipeline.understanding.assigning import NONE, Clause, Run
from pipeline.understanding.outline import Outliner
from pipeline.understanding.partners import Partners
from pipeline.understanding.passages import CellFigures, Passage
from pipeline.understanding.status import is_final, status_of
from pipeline.understanding.words import Section, Words, compiled

#: Share of a prose heading's points that the sentences after the first one get.
LATER_SENTENCES = 0.4
#: Share of a heading's points that each of several units under it gets.
SHARED_HEADING = 0.6
#: A report of more sentences is no report; what lies behind is taken as it stands, so that no mail takes minutes.
MOST_HEARD = 3000
#: Points for no item of a clause that names other work of a department (隐患排查, 文物安全).
OTHER_WORK = 4.0
#: Points that an item of others loses on a clause without a figure.
MERE_WORDS = 1.5
#: Points that 此外，… in front of a paragraph gives to its being no item's.
BESIDE = 4.0
#: Points that close an item to a unit.
SHUT = 60.0
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


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence or clause of a progress passage with its place."""

    text: str
    passage: Passage
    #: Position of the passage in the list.
    paragraph: int
    sentence: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Said:
    """A passage of problems or intentions."""

    text: str
    passage: Passage
    section: Section
    #: Said inside a progress block: the last clause before it.
    after: int


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

    passages, warnings = _passages(documents, words=words, month=month, subject=subject)
    progress, said = _sort(passages, words=words, month=month, subject=subject)
    whole = "\n".join(block.text for document in documents for block in document.blocks if isinstance(block, Paragraph))
    reader = _Reader(index=index, unit=unit, period=period, digest=digest, knowledge=knowledge, words=words, text=whole)
    runs = reader.assign(progress)
    # A difficulty in the very passage of an item: the item goes on, whatever step is done.
    troubled = frozenset(
        (one.passage.block, one.passage.part)
        for one in said
        if one.section is Section.PROBLEM and one.passage.section is Section.PROGRESS
    )
    sorted_out = reader.records(progress, runs, troubled=troubled)
    block_items = _block_items(progress, runs, index)
    problems = reader.remarks([one for one in said if one.section is Section.PROBLEM], runs, block_items)
    steps = reader.remarks([one for one in said if one.section is Section.NEXT], runs, block_items)
    off = [Remark(text=one.text, items=(), locus=one.passage.locus) for one in said if one.section is Section.OFF_PLAN]
    zero = not sorted_out.records and words.pattern("record_zero_words").search(whole) is not None
    support = words.pattern("record_support_words").search(whole) is not None
    return replace(
        sorted_out,
        problems=problems,
        next_steps=steps,
        off_plan=(*sorted_out.off_plan, *off),
        zero_report=zero,
        support_confirmed=support,
        warnings=tuple(warnings),
    )


# ------------------------------------------------------------------------------------------ passages


def _passages(
    documents: Sequence[Document], *, words: Words, month: int | None, subject: Callable[[str], bool]
) -> tuple[tuple[Passage, ...], tuple[str, ...]]:
    carriers = [document for document in documents if not _is_body(document) and document.blocks]
    outliner = Outliner(words=words, month=month, subject=subject)
    for number, document in enumerate(documents):
        outliner.add(sheets.of_month(document, month), index=number, cover=_is_body(document) and bool(carriers))
    return _opened(_unfolded(outliner.passages)), tuple(outliner.warnings)


def _opened(passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """Of what stands before the first heading, what follows the first figure is no opening any more."""
    out: list[Passage] = []
    counted: set[int] = set()
    for passage in passages:
        out.append(replace(passage, opening=False) if passage.document in counted else passage)
        if passage.opening and _counts(passage.text):
            counted.add(passage.document)
    return tuple(out)


_PART_TITLE = re.compile(r"^([^，。；：、\d]{2,18})[。：:]\s*(?=\S{6})")


def _unfolded(passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """一是住房消费。…二是住宅品质。… within one paragraph becomes one passage a part, each with its title."""
    out: list[Passage] = []
    for passage in passages:
        parts = prose.enumerated(passage.text) if passage.section is Section.PROGRESS else ()
        titles = [_PART_TITLE.match(part.text) for part in parts]
        if len(parts) < 2 or sum(title is not None for title in titles) < len(parts) * 0.6:
            out.append(passage)
            continue
        head = passage.text[: prose.enumeration_start(passage.text)].strip()
        if _counts(head) and head[-1:] in "。；":
            out.append(replace(passage, text=head, whole=passage.text))
        for number, (part, title) in enumerate(zip(parts, titles, strict=True), start=1):
            out.append(
                replace(
                    passage,
                    text=part.text[title.end() :] if title else part.text,
                    titles=(*passage.titles, title.group(1)) if title else passage.titles,
                    cells=passage.cells if number == 1 else CellFigures(),
                    whole=passage.text,
                    part=number,
                )
            )
    return tuple(out)


def _is_body(document: Document) -> bool:
    return document.part == "body" or document.part.endswith("/body") or "body-html" in document.part


def _sort(
    passages: Sequence[Passage], *, words: Words, month: int | None, subject: Callable[[str], bool]
) -> tuple[list[_Sentence], list[_Said]]:
    """Tell progress clauses from problems, intentions and work outside the plan, sentence by sentence."""
    progress: list[_Sentence] = []
    said: list[_Said] = []
    passages = _by_heading(passages, words=words, subject=subject)
    explicit = any(passage.section is Section.PROBLEM for passage in passages)
    announced = any(passage.section is Section.NEXT for passage in passages)
    counter = 0
    seen_progress = 0
    figured = False
    tail: Section | None = None
    planned = False
    for number, passage in enumerate(passages):
        if passage.cover and words.pattern("record_mistake_words").search(passage.text):
            continue
        if passage.cover and len(passage.text) < 30 and not re.search(r"\d", passage.text):
            continue
        section = passage.section
        if section is Section.NEXT and not passage.ledger and _accomplished(passage.text, words=words):
            # A heading misread must not turn work done into intentions.
            section = Section.PROGRESS
        # What stands first under a heading for intentions is what the heading says.
        follows = number > 0 and passages[number - 1].section is section
        if (section is Section.MIXED or (section is Section.NEXT and follows)) and _beside(passage, words=words):
            section = Section.PROGRESS
        if section is Section.REMARK:
            heard = tones.sound(passage.text, words=words)
            if heard is Section.PROBLEM:
                # 需说明的：指导站没有专职人员… complains under a heading for remarks.
                section = Section.PROBLEM
            elif _accomplished(passage.text, words=words):
                section = Section.PROGRESS
            else:
                continue
        if section in {Section.PROBLEM, Section.NEXT}:
            said += _switching(passage, section, words=words, month=month, after=len(progress) - 1)
            continue
        if section is Section.MIXED:
            said += _mixed(passage, words=words, month=month, after=len(progress) - 1)
            continue
        opening = not figured and not passage.titles and not passage.numbers and not passage.ledger
        if opening and _boasts(passage.text, words=words):
            # 高度重视、迅速行动 before the first figure of a report tells of no item.
            continue
        figured = figured or bool(passage.titles) or _counts(passage.text)
        pieces = prose.unframed(prose.split(passage.text))
        around = roles.Around(
            problems_elsewhere=explicit,
            steps_elsewhere=announced,
            ledger=passage.ledger and not passage.mingled,
            columns=passage.columns,
            headed=bool(passage.numbers or passage.marked or (passage.titles and subject(passage.titles[-1])))
            and not (planned and _continues(passages, number)),
            seen=bool(seen_progress),
            # 此外，… leaves what was being told of.
            before=None if _ELSE.match(passage.text) else tail,
        )
        if counter < MOST_HEARD:
            told = roles.told([piece.text for piece in pieces], around, words=words, month=month)
        else:
            told = tuple(Section.PROGRESS for _ in pieces)
        begun = 0
        corrected, framed = "", False
        for place, (sentence, role) in enumerate(zip(pieces, told, strict=True)):
            counter += 1
            if role is not Section.PROGRESS and not (place == 0 and prose.is_frame(sentence.text, words=words)):
                if place == 0 or told[place - 1] is not role:
                    begun = sentence.start
                if place + 1 == len(told) or told[place + 1] is not role:
                    said.append(_Said(passage.text[begun : sentence.end], passage, role, len(progress) - 1))
                continue
            if opening and place == 0 and len(pieces) > 1 and _boasts(sentence.text, words=words):
                # The same as the first sentence of a paragraph that counts.
                continue
            if prose.is_frame(sentence.text, words=words) and not passage.ledger:
                corrected = sentence.text if prose.corrects(sentence.text) else ""
                framed = True
                continue
            if not passage.ledger and prose.is_base(sentence.text, words=words, month=month):
                continue
            if (
                (passage.cover or (passage.opening and not _counts(sentence.text)))
                and words.pattern("record_courtesy_words").search(sentence.text)
                and len(sentence.text) < 60
            ):
                continue
            if prose.is_nothing(sentence.text, words=words):
                continue
            # 补报如下：培育消费热点：…: behind the frame stands the title of what is told.
            title = _RUN_IN.match(sentence.text) if framed else None
            behind = title.end() if title is not None and subject(title.group(1)) else 0
            framed = False
            seen_progress += 1
            progress += [
                _Sentence(
                    # 养老那一行应改为：在院112位 — what is corrected says whose figure it is.
                    text=clause.text if position else corrected + clause.text,
                    passage=passage,
                    paragraph=number,
                    sentence=counter,
                    start=sentence.start + clause.start + (0 if position else behind),
                    end=sentence.start + clause.end,
                )
                for position, clause in enumerate(prose.clauses(sentence.text))
            ]
            corrected = ""
        tail = told[-1] if told else None
        planned = bool(told) and set(told) == {Section.NEXT}
        if not passage.text and (passage.cells.figures or passage.cells.status or passage.cells.doubts):
            counter += 1
            progress.append(_Sentence(text="", passage=passage, paragraph=number, sentence=counter, start=0, end=0))
    return progress, said


def _beside(passage: Passage, *, words: Words) -> bool:
    """Whether a paragraph under a heading of intentions plainly tells of work: work beside the plan comes last."""
    if passage.ledger or passage.marked or not _counts(passage.text):
        return False
    return tones.heard(passage.text, words=words).work > (0.6 if _ELSE.match(passage.text) else 0.85)


def _continues(passages: Sequence[Passage], place: int) -> bool:
    """Whether a passage is the next entry of the list that the one before it belongs to: 一、9月底前…；二、会同…."""
    this, before = passages[place], passages[place - 1]
    return (
        place > 0
        and this.marked
        and before.marked
        and not this.titles
        and not before.titles
        and not this.numbers
        and this.document == before.document
    )


def _accomplished(text: str, *, words: Words) -> bool:
    """Whether a passage plainly tells of work done: several figures, words of completion, none of intention."""
    figures = prose.figures(text)
    ahead = words.pattern("record_ahead_words").search(text) is not None
    done = len(set(words.pattern("record_done_words").findall(text)))
    return figures >= 2 and done >= 1 and not ahead


def _by_heading(passages: Sequence[Passage], *, words: Words, subject: Callable[[str], bool]) -> tuple[Passage, ...]:
    """Sections of headings that name neither task nor section (还差在哪儿), by the tone of what stands under them."""
    under: dict[str, list[int]] = defaultdict(list)
    for place, passage in enumerate(passages):
        if passage.titles and passage.section is Section.PROGRESS and not passage.ledger and not passage.numbers:
            under[passage.titles[-1]].append(place)
    out = list(passages)
    for title, places in under.items():
        if subject(title):
            continue
        texts = [passages[place].text for place in places]
        counting = sum(_counts(text) for text in texts) / len(texts)
        heard = [tones.sound(text, words=words) for text in texts]
        before = out[places[0] - 1].section if places[0] else None
        if places[0] and heard.count(Section.PROBLEM) / len(texts) >= 0.5 and counting <= 0.34:
            section = Section.PROBLEM
        elif (
            before in {Section.PROBLEM, Section.NEXT}
            and counting <= 0.5
            and not any(words.pattern("record_done_words").search(text) for text in texts)
        ):
            section = Section.NEXT
        else:
            continue
        for place in places:
            out[place] = replace(out[place], section=section, titles=out[place].titles[:-1])
    return tuple(out)


def _counts(text: str) -> bool:
    return prose.figures(text) > 0


def _boasts(text: str, *, words: Words) -> bool:
    """Whether a text counts nothing and praises the effort."""
    return not _counts(text) and words.pattern("record_boilerplate").search(text) is not None


def _switching(passage: Passage, section: Section, *, words: Words, month: int | None, after: int) -> list[_Said]:
    """A passage of one section in which a sentence may open the other (存在问题：…。下一步，…)."""
    out: list[_Said] = []
    role, start, end = section, 0, 0
    for sentence in prose.split(passage.text):
        opened = prose.opening_role(sentence.text, words=words, month=month)
        if _beside_the_plan(sentence.text, words=words):
            opened = Section.OFF_PLAN
        if opened in {Section.PROBLEM, Section.NEXT, Section.OFF_PLAN} and opened is not role:
            if end > start:
                out.append(_Said(passage.text[start:end], passage, role, after))
            role, start = opened, sentence.start
        end = sentence.end
    if end > start:
        out.append(_Said(passage.text[start:end], passage, role, after))
    return out


def _beside_the_plan(sentence: str, *, words: Words) -> bool:
    """Whether a sentence among problems or intentions adds work of another kind (另：我社系统…，系省社布置任务)."""
    if _ELSE.match(sentence) is None:
        return False
    if words.pattern("record_off_plan_signs").search(sentence):
        return True
    works = tones.chances(sentence, words=words).work >= tones.CLEAR
    done = works or words.pattern("record_finished_words").search(sentence) is not None or _counts(sentence)
    return done and ((works and _counts(sentence)) or words.pattern("record_other_work").search(sentence) is not None)


def _mixed(passage: Passage, *, words: Words, month: int | None, after: int) -> list[_Said]:
    """存在问题及下一步打算 under one heading: sentence by sentence, by openers and tone."""
    out: list[_Said] = []
    for stretch in _switching(passage, Section.PROBLEM, words=words, month=month, after=after):
        role = stretch.section
        # 一是…；二是…。下一步，一是…；二是…: each list counts for itself.
        for part in prose.enumerated(stretch.text) or prose.split(stretch.text):
            opened = prose.opening_role(part.text, words=words, month=month)
            heard = tones.heard(part.text, words=words)
            if opened in {Section.PROBLEM, Section.NEXT}:
                role = opened
            elif max(heard.problem, heard.intention) > 1.5 * min(heard.problem, heard.intention):
                # The heading leaves these two; where they are close, the sentence goes on as the one before.
                role = Section.PROBLEM if heard.problem > heard.intention else Section.NEXT
            out.append(_Said(part.text, passage, role, after))
    return out


# ------------------------------------------------------------------------------------------ deciding


_TURN = re.compile(
    r"^(?:同时|另外|此外|与此同时|在[^，。；]{2,16}(?:方面|上|中)，|[^，。；：]{2,16}方面[，：]|[一二三四五六七八九十]是|其[一二三四五]|[（(]\d[）)]|\d[、．.]|[^，。；：]{2,10}[：:])"
)


#: Words that leave the subject.
_ELSE = re.compile(r"^(?:此外|另外|除此之外|与此同时|同期(?=[，,])|同时[，,](?=全面|扎实|统筹)|另(?=[：:，,]))")
#: A title in front of what is told of it.
_RUN_IN = re.compile(r"([^，。；：:\d\s]{3,30})[：:]\s*+(?=\S{6})")
#: 此外 before a passage that is an item's after all.
_BESIDES = re.compile(r"^(?:此外|另外|与此同时|同时|其次|再次)[，,]?(?=\S{6})")
#: A field of work named in front (在保险方面，…), and all of a paragraph.
_FIELD = re.compile(
    r"(?:在|就)?(?:[^，。；：、\d]{2,12}(?:方面|这一?块|这头|这边)|[^，。；：、\d]{2,6}(?<![线网路马础晚早会以场之])上)[，,：:]\s*(?=\S{6})"
)


class _Reader:
    """One report being read: index, unit and lists at hand."""

    def __init__(
        self,
        *,
        index: matching.Index,
        unit: str | None,
        period: str | None,
        digest: str,
        knowledge: Knowledge,
        words: Words,
        text: str,
    ) -> None:
        self.index = index
        self.unit = unit
        self.period = period
        self.digest = digest
        self.knowledge = knowledge
        self.words = words
        self.common = words.pattern("record_common")
        self.duty = matching.duty_points(index, unit=unit, plan=knowledge.plan, text=text)
        self._headings: dict[
            tuple[tuple[str, ...], bool], tuple[tuple[float, ...], tuple[tuple[tuple[str, str, float], ...], ...]]
        ] = {}
        self.due = frozenset(place for place, points in enumerate(self.duty) if points > matching.WEIGHTS["roster"])
        self.others = matching.others_alone(index, unit=unit)
        self.partners = Partners(index, unit=unit, knowledge=knowledge, day=_last_day(period))
        self.few = matching.single_mindedness(index, unit=unit)
        self.trust_numbers = True
        self.own_numbers = False

    # -------------------------------------------------------------- points

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
            scored = matching.scores(title, self.index, common=self.common)
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

    def _clauses(self, progress: Sequence[_Sentence]) -> list[Clause]:
        out: list[Clause] = []
        blocks_seen: set[int] = set()
        headed: set[tuple[int, tuple[str, ...]]] = set()
        first_sentences: set[int] = set()
        under: dict[tuple[str, ...], set[int]] = defaultdict(set)
        for one in progress:
            under[one.passage.titles].add(one.passage.block)
        for one in progress:
            passage = one.passage
            scored = matching.scores(one.text, self.index, common=self.common)
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
            elsewhere = _ELSE.match(one.text) is not None
            if elsewhere:
                # 此外，… leaves the subject of its heading.
                head = tuple(0.0 for _ in head)
            topic = prose.topic(one.text)
            if topic is not None:
                # 数字文旅这块，… in the middle of a paragraph is a heading of its sentence.
                said, _ = self.heading((topic,))
                head = tuple(above + more for above, more in zip(head, said, strict=True))
            # Of others' items only what counts something done is told: 标准化建设按安排推进 is a manner of speaking.
            mere = 0.0 if passage.ledger or _counts(one.text) or re.search(r"\d", one.text) else MERE_WORDS
            points = [
                own + above + duty - (mere if duty < 0 else 0.0)
                for own, above, duty in zip(scored.points, head, self.duty, strict=True)
            ]
            for place, (value, _) in self._remembered(one.text, passage).items():
                points[place] += value
            for place, (value, _) in self.partners.points(one.text).items():
                points[place] += value
            if self.trust_numbers and not elsewhere:
                for number in passage.numbers:
                    place_or_none = self.index.position(number)
                    if place_or_none is not None:
                        points[place_or_none] += matching.WEIGHTS["number"]
            if self.own_numbers and passage.own_number is not None and not elsewhere:
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
            for place in self.others:
                # What fits an item of others alone fits no other item better: it is work outside this unit's plan.
                none = max(none, points[place] - self.duty[place] + 0.5)
                points[place] -= SHUT
            if not first and self.words.pattern("record_off_plan_signs").search(one.text):
                none += 6.0
            if not passage.numbers and self.words.pattern("record_other_work").search(one.text):
                none += OTHER_WORK
            if matching.refused(
                one.text, unit=self.unit, memory=self.knowledge.memory, heading=_title_over(one.passage)
            ):
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
        heading = _title_over(passage)
        return matching.memory_points(text, self.index, unit=self.unit, memory=self.knowledge.memory, heading=heading)

    def _none(self, one: _Sentence) -> float:
        """How much a block's first clause must earn to count as an item at all."""
        base = 3.2 - self.few
        passage = one.passage
        if passage.section is Section.OFF_PLAN:
            # 其他 in a column of fields is the rest of the tasks as often as work beside them.
            base += 3.0 if passage.ledger else 6.0
        if self.words.pattern("record_off_plan_signs").search(passage.text):
            base += 6.0
        if passage.opening:
            # Words before the first heading mostly set the scene, above all where they count nothing.
            base += 3.0 if _counts(passage.text) else 7.0
        if passage.cover:
            base += 3.0
        return base

    # -------------------------------------------------------------- assignment

    def assign(self, progress: Sequence[_Sentence]) -> tuple[Run, ...]:
        """Items for all progress clauses; numbers of the report count as the plan's only when they agree with it."""
        if not progress:
            return ()
        self.trust_numbers = self._numbers_agree(progress)
        runs = assigning.assign(self._clauses(progress), due=self.due)
        if not self.own_numbers and self._own_agree(progress, runs):
            self.own_numbers = True
            runs = assigning.assign(self._clauses(progress), due=self.due)
        return runs

    def _numbers_agree(self, progress: Sequence[_Sentence]) -> bool:
        """Whether the numbers that the report calls the plan's fit what is told under them."""
        self.trust_numbers = False
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

    def _own_agree(self, progress: Sequence[_Sentence], runs: Sequence[Run]) -> bool:
        """Whether the report simply uses the plan's numbers as its own."""
        seen: dict[int, bool] = {}
        for run in runs:
            passage = progress[run.first].passage
            if run.item == NONE or passage.own_number is None or run.margin < 1.5:
                continue
            seen[passage.block] = self.index.items[run.item].number == passage.own_number
        return len(seen) >= 3 and sum(seen.values()) / len(seen) >= 0.7

    # -------------------------------------------------------------- records

    def records(
        self, progress: Sequence[_Sentence], runs: Sequence[Run], *, troubled: frozenset[tuple[int, int]]
    ) -> Extraction:
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
            sentences = progress[run.first : run.last]
            text = _joined(sentences)
            passage = sentences[0].passage
            if not text or passage.cover or (passage.opening and not re.search(r"\d", text)):
                # Boilerplate of opening and cover.
                continue
            off.append(Remark(text=text, items=(), locus=passage.locus))
            record = self._aside(progress, run, text, troubled=troubled)
            if record is not None:
                record = replace(record, asked=_unlike(passage.locus.key, taken))
                aside.append(record)
                questions.append(self._question_aside(record))
        records: list[ReportRecord] = []
        for place in sorted(by_item, key=lambda position: self.index.items[position].number):
            kept = self._without_copies(progress, by_item[place])
            record = self._record(progress, place, kept, troubled=troubled)
            if record is None:
                continue
            passages = _passages_of(progress, kept)
            for passage in passages:
                questions += self._figure_questions(passage)
            if record.doubtful:
                record = replace(record, asked=_unlike(record.loci[0].key, taken))
                questions.append(self._question(record))
            told = record.progress or record.quantities or any(passage.cells.status for passage in passages)
            (records if told else aside).append(record)
        return Extraction(records=tuple(records), off_plan=tuple(off), aside=tuple(aside), questions=tuple(questions))

    def _aside(
        self, progress: Sequence[_Sentence], run: Run, text: str, *, troubled: frozenset[tuple[int, int]]
    ) -> ReportRecord | None:
        """What work outside the plan would be as a record; ``None`` where nobody need be asked about it."""
        passage = progress[run.first].passage
        if (
            passage.section is Section.OFF_PLAN
            or passage.opening
            or assigning.confidence(run.margin) >= ASK_BESIDE_BELOW
            or run.rival == NONE
            or not re.search(r"\d", text)
        ):
            return None
        turned = replace(run, item=run.rival, rival=NONE)
        record = self._record(progress, run.rival, [turned], troubled=troubled)
        if record is None:
            return None
        match = replace(record.match, confidence=round(1 - record.match.confidence, 4), rival_confidence=0.0)
        return replace(record, match=match, progress=text)

    def _without_copies(self, progress: Sequence[_Sentence], runs: list[Run]) -> list[Run]:
        """Of two documents that say the same (Word and scan), the first one counts."""
        kept: list[Run] = []
        for run in runs:
            text = _joined(progress[run.first : run.last])
            home = progress[run.first].passage.document
            if any(
                progress[other.first].passage.document != home
                and fuzz.ratio(text, _joined(progress[other.first : other.last])) >= 80
                for other in kept
            ):
                continue
            kept.append(run)
        return kept

    def _record(
        self, progress: Sequence[_Sentence], place: int, runs: Sequence[Run], *, troubled: frozenset[tuple[int, int]]
    ) -> ReportRecord | None:
        item = self.index.items[place]
        pieces: list[str] = []
        loci: list[Locus] = []
        found: list[Quantity] = []
        cell_places: list[str] = []
        status = ""
        for run in runs:
            sentences = progress[run.first : run.last]
            for passage_text, passage in _stretches(sentences):
                if passage.locus not in loci:
                    loci.append(passage.locus)
                if passage.whole and _complete(passage, sentences):
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
                            locus=_cell(passage, figure.place),
                            scope=figure.scope,
                            text=figure.text,
                        )
                    )
                status = status or passage.cells.status
        withheld = tuple(
            Withheld(unit=doubt.unit, of=doubt.of, locus=_cell(passage, doubt.place), scope=doubt.scope)
            for passage in _passages_of(progress, runs)
            for doubt in passage.cells.doubts
        )
        if not pieces and not found and not status and not withheld:
            return None
        best = max(runs, key=lambda run: run.margin)
        sure = assigning.confidence(best.margin)
        rival = self.index.items[best.rival].number if best.rival != NONE else None
        progress_text = "\n".join(pieces)
        told = status_of(progress_text, words=self.words, cell=status)
        places = {(one.passage.block, one.passage.part) for run in runs for one in progress[run.first : run.last]}
        if told is Status.DONE and not status and places & troubled and not is_final(progress_text, words=self.words):
            told = Status.ON_TRACK
        block = progress[best.first].passage.block
        inside = sum(one.passage.block == block for run in runs for one in progress[run.first : run.last])
        whole = inside == sum(one.passage.block == block for one in progress)
        return ReportRecord(
            match=Match(
                item=item.number,
                confidence=round(sure, 4),
                clues=self._clues(progress, place, best),
                rival=rival,
                rival_confidence=round(1 - sure, 4),
            ),
            progress=progress_text,
            status=told,
            quantities=_distinct(found, frozenset(cell_places)),
            loci=tuple(loci),
            doubtful=sure < ASK_BELOW,
            # A title over several items is the name of none.
            heading=_title_over(progress[best.first].passage) if whole else "",
            withheld=withheld,
        )

    def _figures(self, text: str, passage: Passage, *, item_text: str) -> list[Quantity]:
        previous: tuple[int, ...] = ()
        if self.period:
            month = int(self.period[5:7])
            previous = tuple((month - back - 1) % 12 + 1 for back in range(1, 3))
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
            for figure in quantities.find(text, words=self.words, plan_text=item_text, previous=previous)
        ]

    def _clues(self, progress: Sequence[_Sentence], place: int, run: Run) -> tuple[Clue, ...]:
        number = self.index.items[place].number
        gathered: dict[tuple[str, str], float] = defaultdict(float)
        for one in progress[run.first : run.last]:
            scored = matching.scores(one.text, self.index, common=self.common)
            for kind, words_, points in scored.reasons[place]:
                gathered[kind, words_] += points
        passage = progress[run.first].passage
        _, reasons = self.heading(passage.titles)
        for kind, words_, points in reasons[place]:
            gathered[kind, words_] += points
        if self.trust_numbers and number in passage.numbers:
            gathered["number", ""] = matching.WEIGHTS["number"]
        duty = self.duty[place]
        kind = "duty" if duty >= matching.WEIGHTS["duty"] - 0.5 else "foreign" if duty < 0 else "roster"
        if self.unit is not None:
            gathered[kind, ""] = duty
        for position, (value, phrase) in self._remembered(_joined(progress[run.first : run.last]), passage).items():
            if position == place:
                gathered["memory", phrase] = value
        for position, (value, name) in self.partners.points(_joined(progress[run.first : run.last])).items():
            if position == place:
                gathered["partner", name] = value
        ranked = sorted(gathered.items(), key=lambda entry: -abs(entry[1]))
        return tuple(matching.clue(number, kind, words_, points) for (kind, words_), points in ranked[:6])

    def _figure_questions(self, passage: Passage) -> list[Question]:
        """What is asked about figures of a ledger that were not filed."""
        name = f"“{_title_over(passage)}”的" if passage.titles else ""
        return [
            Question(
                kind=QuestionKind.FIGURE,
                digest=self.digest,
                place=_cell(passage, doubt.place).key,
                text=f"{name}{doubt.text}，没有计入，请核对。",
                suggestion=doubt.likely or None,
            )
            for doubt in passage.cells.doubts
        ]

    def _question_aside(self, record: ReportRecord) -> Question:
        item = self.index.items[self.index.numbers[record.match.item]]
        return Question(
            kind=QuestionKind.MATCH,
            digest=self.digest,
            place=record.asked,
            text=f"“{_short(record.progress)}”看起来不属于行动计划的任何一条，"
            f"但与第{item.number}条（{item.title}）有些接近，请确认。",
            suggestion="",
            options=(str(item.number),),
        )

    def _question(self, record: ReportRecord) -> Question:
        item = self.index.items[self.index.numbers[record.match.item]]
        options = [str(item.number)]
        text = f"“{_short(record.progress)}”像是第{item.number}条（{item.title}）的进展，但把握不大"
        if record.match.rival is not None:
            other = self.index.items[self.index.numbers[record.match.rival]]
            options.append(str(other.number))
            text += f"，也可能是第{other.number}条（{other.title}）"
        return Question(
            kind=QuestionKind.MATCH,
            digest=self.digest,
            place=record.asked,
            text=text + "，请确认。",
            suggestion=str(item.number),
            options=tuple(options),
        )

    # -------------------------------------------------------------- remarks

    def remarks(
        self,
        said: Sequence[_Said],
        runs: Sequence[Run],
        block_items: dict[int, tuple[int, ...]],
    ) -> tuple[Remark, ...]:
        """Single problems or intentions with the items they concern."""
        month = int(self.period[5:7]) if self.period else None
        reported = {self.index.items[run.item].number for run in runs if run.item != NONE}
        out: list[Remark] = []
        # 问题：… once behind the last item gathers those of all; behind several items it belongs to each.
        owners = len({one.passage.owner for one in said if one.passage.owner is not None})
        # A number alone is that of the whole section: what stands in it is no entry of a list.
        listed = len({one.passage for one in said if one.passage.marked}) > 1
        for one in said:
            for text in prose.remark_parts(
                one.text,
                numbered=listed and one.passage.marked and not one.passage.titles,
                words=self.words,
                month=month,
            ):
                items: tuple[int, ...] = ()
                owner = one.passage.owner if owners > 1 else None
                blocks = (one.passage.block, *one.passage.also) if owner is None else (owner,)
                items = tuple(dict.fromkeys(number for block in blocks for number in block_items.get(block, ())))
                if not items or (len(items) > 1 and not one.passage.ledger):
                    items = self._concerned(text, one, reported, items, inherit=owners > 1 or one.passage.owner is None)
                if len(text) <= 40 and prose.is_frame(text, words=self.words):
                    continue
                if any(fuzz.ratio(text, other.text) >= 92 for other in out):
                    continue
                out.append(Remark(text=text, items=items, locus=one.passage.locus))
        return tuple(out)

    def _concerned(
        self, text: str, one: _Said, reported: set[int], among: tuple[int, ...], *, inherit: bool
    ) -> tuple[int, ...]:
        scored = matching.scores(text, self.index, common=self.common)
        head, _ = self.heading(one.passage.titles if inherit else ())
        best, points = None, 0.0
        for place, item in enumerate(self.index.items):
            value = scored.points[place] + head[place] + self.duty[place]
            if item.number in reported:
                value += 2.5
            if item.number in among:
                value += 2.0
            if inherit and item.number in one.passage.numbers:
                value += matching.WEIGHTS["number"]
            if best is None or value > points:
                best, points = item.number, value
        if best is None or points < 5.5:
            return among[:1]
        return (best,)


def _block_items(
    progress: Sequence[_Sentence], runs: Sequence[Run], index: matching.Index
) -> dict[int, tuple[int, ...]]:
    out: dict[int, list[int]] = defaultdict(list)
    for run in runs:
        if run.item != NONE:
            number = index.items[run.item].number
            block = progress[run.first].passage.block
            if number not in out[block]:
                out[block].append(number)
    return {block: tuple(numbers) for block, numbers in out.items()}


def _stretches(sentences: Sequence[_Sentence]) -> list[tuple[str, Passage]]:
    """Text of neighbouring clauses, passage by passage, word for word."""
    out: list[tuple[str, Passage]] = []
    place = 0
    while place < len(sentences):
        first = sentences[place]
        last = place
        while last + 1 < len(sentences) and sentences[last + 1].paragraph == first.paragraph:
            last += 1
        text = first.passage.text[first.start : sentences[last].end]
        if sum(one.end - one.start for one in sentences[place : last + 1]) < len(text) - (last - place) * 3 - 2:
            # Something between was a problem or an intention.
            text = "".join(one.text for one in sentences[place : last + 1])
        text = _without_mark(text, first.passage, start=first.start, end=sentences[last].end)
        out.append((_without_topic(text.strip()), first.passage))
        place = last + 1
    return out


def _complete(passage: Passage, sentences: Sequence[_Sentence]) -> bool:
    """Whether clauses hold all parts of the paragraph that a passage was cut out of."""
    inside = [one for one in sentences if one.passage.whole == passage.whole and one.passage.block == passage.block]
    parts = {one.passage.part for one in inside}
    told = sum(one.end - one.start for one in inside)
    wanted = prose.enumerated(passage.whole)
    texts = {one.passage.part: len(one.passage.text) for one in inside}
    return set(range(1, len(wanted) + 1)) <= parts and told >= 0.95 * sum(texts.values())


def _without_mark(text: str, passage: Passage, *, start: int, end: int) -> str:
    """Of 总起。一是…；二是…, told of different items, each is quoted without its mark and the words before the list."""
    parts = prose.enumerated(passage.text)
    if not parts or (start <= prose.enumeration_start(passage.text) and end >= parts[-1].end - 1):
        return text
    for part in parts:
        mark = part.start - start
        before = text[: max(mark, 0)]
        if (
            0 < mark <= len(text)
            and not _counts(before)
            and not any(start < other.start < part.start for other in parts)
        ):
            return text[mark:]
    return text


def _without_topic(text: str) -> str:
    """保险方面，… begins with its title."""
    text = _BESIDES.sub("", text)
    lead = _FIELD.match(text)
    return text[lead.end() :] if lead is not None else text


def _joined(sentences: Sequence[_Sentence]) -> str:
    return "\n".join(text for text, _ in _stretches(sentences) if text)


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


def _last_day(period: str | None) -> date:
    """The day around which names of units hold; the furthest where the month is not known."""
    return date(int(period[:4]), int(period[5:7]), 28) if period else date.max


def _passages_of(progress: Sequence[_Sentence], runs: Sequence[Run]) -> tuple[Passage, ...]:
    """The passages that runs are made of, each once."""
    return tuple(dict.fromkeys(one.passage for run in runs for one in progress[run.first : run.last]))


def _cell(passage: Passage, place: str) -> Locus:
    """A cell of the ledger that a passage is a row of."""
    return Locus(part=passage.locus.part, place=place)


def _title_over(passage: Passage) -> str:
    return passage.titles[-1] if passage.titles else ""


def _unlike(key: str, taken: set[str]) -> str:
    """A key that none before it has: one paragraph may be asked about twice."""
    fresh, number = key, 1
    while fresh in taken:
        number += 1
        fresh = f"{key}（之{number}）"
    taken.add(fresh)
    return fresh


def _short(text: str, width: int = 42) -> str:
    flat = re.sub(r"\s+", " ", text)
    return flat if len(flat) <= width else flat[:width] + "…"
