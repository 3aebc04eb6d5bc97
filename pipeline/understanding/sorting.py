"""Documents of one report → clauses that tell of work, and what is told as problem, intention or work beside it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pipeline.model import Document
from pipeline.understanding import prose, roles, sheets, tones
from pipeline.understanding.outline import Outliner
from pipeline.understanding.passages import CellFigures, Passage
from pipeline.understanding.words import Section, Words

#: A report of more sentences is no report; what lies behind is taken as it stands, so that no mail takes minutes.
MOST_HEARD = 3000


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence or clause of a progress passage with its place."""

    text: str
    passage: Passage
    #: Position of the passage in the list.
    paragraph: int
    sentence: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Said:
    """A passage of problems or intentions."""

    text: str
    passage: Passage
    section: Section
    #: Said inside a progress block: the last clause before it.
    after: int


def passages_of(
    documents: Sequence[Document], *, words: Words, month: int | None, subject: Callable[[str], bool]
) -> tuple[tuple[Passage, ...], tuple[str, ...]]:
    """Passages of all documents in order, with warnings about what was set aside; ``subject`` knows titles of tasks."""
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
        if passage.opening and prose.counts(passage.text):
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
        if prose.counts(head) and head[-1:] in "。；":
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


#: A title in front of what is told of it.
_RUN_IN = re.compile(r"([^，。；：:\d\s]{3,30})[：:]\s*+(?=\S{6})")


def sort(
    passages: Sequence[Passage], *, words: Words, month: int | None, subject: Callable[[str], bool]
) -> tuple[list[Sentence], list[Said]]:
    """Tell progress clauses from problems, intentions and work outside the plan, sentence by sentence."""
    progress: list[Sentence] = []
    said: list[Said] = []
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
        figured = figured or bool(passage.titles) or prose.counts(passage.text)
        pieces = prose.unframed(prose.split(passage.text))
        around = roles.Around(
            problems_elsewhere=explicit,
            steps_elsewhere=announced,
            ledger=passage.ledger and not passage.mingled,
            columns=passage.columns,
            headed=bool(passage.numbers or passage.marked or (passage.titles and subject(passage.title)))
            and not (planned and _continues(passages, number))
            and not _goes_on(passages, number),
            seen=bool(seen_progress),
            # 此外，… leaves what was being told of.
            before=None if prose.leaves_subject(passage.text) else tail,
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
                    said.append(Said(passage.text[begun : sentence.end], passage, role, len(progress) - 1))
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
                (passage.cover or (passage.opening and not prose.counts(sentence.text)))
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
                Sentence(
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
            progress.append(Sentence(text="", passage=passage, paragraph=number, sentence=counter, start=0, end=0))
    return progress, said


def _beside(passage: Passage, *, words: Words) -> bool:
    """Whether a paragraph under a heading of intentions plainly tells of work: work beside the plan comes last."""
    if passage.ledger or passage.marked or not prose.counts(passage.text):
        return False
    return tones.heard(passage.text, words=words).work > (0.6 if prose.leaves_subject(passage.text) else 0.85)


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


def _goes_on(passages: Sequence[Passage], place: int) -> bool:
    """Whether a passage is a later paragraph under the heading of the one before it."""
    this, before = passages[place], passages[place - 1]
    return (
        place > 0
        and not this.marked
        and not this.ledger
        and this.document == before.document
        and this.block == before.block
        and this.titles == before.titles
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
            under[passage.title].append(place)
    out = list(passages)
    for title, places in under.items():
        if subject(title):
            continue
        texts = [passages[place].text for place in places]
        counting = sum(prose.counts(text) for text in texts) / len(texts)
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


def _boasts(text: str, *, words: Words) -> bool:
    """Whether a text counts nothing and praises the effort."""
    return not prose.counts(text) and words.pattern("record_boilerplate").search(text) is not None


def _switching(passage: Passage, section: Section, *, words: Words, month: int | None, after: int) -> list[Said]:
    """A passage of one section in which a sentence may open the other (存在问题：…。下一步，…)."""
    out: list[Said] = []
    role, start, end = section, 0, 0
    for sentence in prose.split(passage.text):
        opened = prose.opening_role(sentence.text, words=words, month=month)
        if _beside_the_plan(sentence.text, words=words):
            opened = Section.OFF_PLAN
        if opened in {Section.PROBLEM, Section.NEXT, Section.OFF_PLAN} and opened is not role:
            if end > start:
                out.append(Said(passage.text[start:end], passage, role, after))
            role, start = opened, sentence.start
        end = sentence.end
    if end > start:
        out.append(Said(passage.text[start:end], passage, role, after))
    return out


def _beside_the_plan(sentence: str, *, words: Words) -> bool:
    """Whether a sentence among problems or intentions adds work of another kind (另：我社系统…，系省社布置任务)."""
    if not prose.leaves_subject(sentence):
        return False
    if words.pattern("record_off_plan_signs").search(sentence):
        return True
    works = tones.chances(sentence, words=words).work >= tones.CLEAR
    done = works or words.pattern("record_finished_words").search(sentence) is not None or prose.counts(sentence)
    return done and (
        (works and prose.counts(sentence)) or words.pattern("record_other_work").search(sentence) is not None
    )


def _mixed(passage: Passage, *, words: Words, month: int | None, after: int) -> list[Said]:
    """存在问题及下一步打算 under one heading: sentence by sentence, by openers and tone."""
    out: list[Said] = []
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
            out.append(Said(part.text, passage, role, after))
    return out
