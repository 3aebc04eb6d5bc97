"""Words of a report and the plan → how strongly each plan item is meant, with the reasons.

Evidence is counted in points, roughly natural log-odds: plan number named as such, title quoted, terms of the
trade (plan terms, a general thesaurus, lessons of the office), character grams of one and two signs weighted by
rarity, and by what units say of one item and not of another (:mod:`pipeline.understanding.subjects`), longer
stretches shared with the item's text, duty of the unit, earlier months. :func:`scores` adds them up for a text;
deciding over the whole report is the work of :mod:`pipeline.understanding.assigning`.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from pipeline.model import Clue, Knowledge, Lesson, Memory, Plan, PlanItem, Role
from pipeline.understanding import subjects
from pipeline.understanding.subjects import FIGURE, NONE_LEARNED, NOTHING, Subjects, grams
from pipeline.understanding.words import Words

_NOT_WORD = re.compile(r"[^\w]|_", re.UNICODE)
_DIGITS = re.compile(FIGURE.pattern + r"(?:万|亿)?(?:元|个|家|户)?")

#: Sections of a plan that bind everybody: 加强组织保障, 保障措施.
_EVERYBODY = re.compile(r"保障|组织领导|工作要求")
#: Points of each kind of evidence; what each adds is printed by tests/measure/ablation.py.
WEIGHTS: Mapping[str, float] = {
    "grams": 30.0,
    "learned": 3.0,
    "beside": 4.0,
    "terms": 1.9,
    "shared": 1.0,
    "title": 11.0,
    "heading": 0.8,
    "duty": 2.4,
    "roster": 0.4,
    "foreign": -2.0,
    "number": 14.0,
    "memory": 12.0,
    "earlier": 3.0,
    "partner": 1.5,
}

#: What its grams count for an item of which it was learned how units speak.
LEARNED_TOO = 0.5
#: What a term listed for an item counts against a word of the thesaurus: its item's text speaks for it as well.
LISTED = 0.7


@dataclass(frozen=True, slots=True)
class Scored:
    """Points of every item for one text, with the words that earned them."""

    points: tuple[float, ...]
    #: For each item the strongest reasons, as (kind, words, points).
    reasons: tuple[tuple[tuple[str, str, float], ...], ...]
    #: Points for belonging to no item at all.
    beside: float = 0.0


def bare(text: str) -> str:
    """Only letters and digits of any script, without spaces and signs."""
    return _NOT_WORD.sub("", text)


@dataclass(frozen=True, slots=True)
class Index:
    """A plan prepared for comparing: all items in force, by position."""

    items: tuple[PlanItem, ...]
    numbers: Mapping[int, int]
    grams: Mapping[str, tuple[tuple[int, float], ...]]
    rarity: Mapping[str, float]
    #: The largest of them.
    rarest: float
    #: Longer stretches of three to six signs of the items' own texts.
    stretches: Mapping[str, tuple[int, ...]]
    terms: Mapping[str, tuple[tuple[int, float], ...]]
    term_pattern: re.Pattern[str]
    titles: tuple[str, ...]
    #: What was learned of items, and the titles by which it knows some of these.
    learned: Subjects
    known: Mapping[int, str]

    def position(self, number: int) -> int | None:
        """Position of an item by its number."""
        return self.numbers.get(number)


def index_for(knowledge: Knowledge, words: Words) -> Index:
    """Prepare the plan in force with the office's word lists and examples."""
    thesaurus, common = words.words("record_thesaurus"), words.words("record_common")
    return index_of(knowledge.plan, thesaurus, common, tuple(knowledge.examples.items()), subjects.kept())


@lru_cache(maxsize=8)
def index_of(
    plan: Plan,
    thesaurus: tuple[str, ...] = (),
    common: tuple[str, ...] = (),
    examples: tuple[tuple[str, tuple[str, ...]], ...] = (),
    learned: Subjects = NONE_LEARNED,
) -> Index:
    """Prepare a plan.

    Args:
        plan: Items in force.
        thesaurus: Lines ``head|other head = words``: the words mean every item whose title or text holds a head.
        common: Words of all reports (组织, 开展 …) that say nothing about the subject.
        examples: Title of an item and sentences as units write them on it.
        learned: What was learned of items with these titles.
    """
    items = plan.items
    noise = (
        re.compile("|".join(sorted(map(re.escape, common), key=len, reverse=True))) if common else re.compile(r"(?!)")
    )
    terms: dict[str, dict[int, float]] = defaultdict(dict)
    for place, item in enumerate(items):
        for term in item.terms:
            if len(bare(term)) >= 2:
                terms[bare(term)][place] = max(terms[bare(term)].get(place, 0.0), LISTED if item.text else 1.0)
    for line in thesaurus:
        heads, _, tail = line.partition("=")
        alternatives = [head.strip() for head in heads.split("|") if head.strip()]
        words = [bare(word) for word in re.split(r"[、,，\s]+", tail) if bare(word)]
        for place, item in enumerate(items):
            body = item.title + item.text
            if any(all(part.strip() in body for part in head.split("+")) for head in alternatives):
                for word in words:
                    terms[word][place] = 1.0
    said = dict(examples)
    documents: list[Counter[str]] = []
    for place, item in enumerate(items):
        virtual = [word for word, places in terms.items() if place in places]
        counted = grams(noise.sub(" ", re.sub(r"[（(][^（）()]*(?:负责|牵头|配合)[^（）()]*[）)]", "", item.text)))
        for gram, times in grams(item.title).items():
            counted[gram] += 2 * times
        for word in virtual:
            counted.update(grams(word))
        counted.update(grams(noise.sub(" ", "\n".join(said.get(item.title, ())))))
        documents.append(counted)
    frequency: Counter[str] = Counter()
    for counted in documents:
        frequency.update(counted.keys())
    total = max(1, len(items))
    rarity = {gram: math.log((total + 1) / (number + 0.5)) for gram, number in frequency.items()}
    postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for place, counted in enumerate(documents):
        weights = {gram: (1 + math.log(number)) * rarity[gram] for gram, number in counted.items()}
        norm = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        for gram, weight in weights.items():
            postings[gram].append((place, weight / norm))
    stretches: dict[str, set[int]] = defaultdict(set)
    for place, item in enumerate(items):
        text = re.sub(r"[（(][^（）()]*(?:负责|牵头|配合)[^（）()]*[）)]", "", item.text)
        for run in re.split(r"[^\w]+", _DIGITS.sub(" ", noise.sub(" ", item.title + "。" + text))):
            for width in range(3, 7):
                for start in range(len(run) - width + 1):
                    stretches[run[start : start + width]].add(place)
    spread = {
        word: tuple(
            (place, weight * _term_weight(word, len(places), total)) for place, weight in sorted(places.items())
        )
        for word, places in terms.items()
    }
    ordered = sorted(spread, key=len, reverse=True)
    return Index(
        items=items,
        numbers={item.number: place for place, item in enumerate(items)},
        grams={gram: tuple(entries) for gram, entries in postings.items()},
        rarity=rarity,
        rarest=max(rarity.values(), default=1.0),
        stretches={run: tuple(sorted(places)) for run, places in stretches.items() if len(places) <= 6},
        terms=spread,
        term_pattern=re.compile("(?=(" + "|".join(map(re.escape, ordered)) + "))") if ordered else re.compile(r"(?!)"),
        titles=tuple(bare(item.title) for item in items),
        learned=learned,
        known={place: item.title for place, item in enumerate(items) if item.title in learned.titles},
    )


def _term_weight(word: str, places: int, total: int) -> float:
    length = {1: 0.4, 2: 0.9, 3: 1.15}.get(len(word), 1.35 if len(word) < 6 else 1.6)
    return length * math.log(total / places + 0.01) / math.log(total) if total > 1 else length


def scores(text: str, index: Index, *, common: re.Pattern[str]) -> Scored:
    """Points of every item for a stretch of text (heading or passage), without duty and number."""
    total = [0.0] * len(index.items)
    reasons: list[list[tuple[str, str, float]]] = [[] for _ in index.items]
    plain = common.sub(" ", text)
    for place, value in _cosine(plain, index).items():
        points = WEIGHTS["grams"] * value * (LEARNED_TOO if place in index.known else 1.0)
        total[place] += points
        if points > 0.8:
            reasons[place].append(("grams", "", points))
    heard = index.learned.evidence(text) if index.known else {}
    for place, title in index.known.items():
        points = WEIGHTS["learned"] * heard.get(title, 0.0)
        total[place] += points
        if points > 0.8:
            reasons[place].append(("learned", "", points))
    flat = bare(text)
    for place, (points, found) in _terms(flat, index).items():
        gained = WEIGHTS["terms"] * points
        total[place] += gained
        reasons[place].append(("terms", "、".join(found[:4]), gained))
    for place, (points, found) in _shared(plain, index).items():
        gained = WEIGHTS["shared"] * points
        total[place] += gained
        if gained > 0.5:
            reasons[place].append(("shared", "、".join(found[:3]), gained))
    return Scored(
        points=tuple(total),
        reasons=tuple(tuple(entries) for entries in reasons),
        beside=WEIGHTS["beside"] * heard.get(NOTHING, 0.0),
    )


def _cosine(text: str, index: Index) -> dict[int, float]:
    counted = grams(text)
    unknown = index.rarest * 0.6
    weights = {gram: (1 + math.log(number)) * index.rarity.get(gram, unknown) for gram, number in counted.items()}
    norm = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    values: dict[int, float] = defaultdict(float)
    for gram, weight in weights.items():
        for place, other in index.grams.get(gram, ()):
            values[place] += weight * other / norm
    return values


def _terms(flat: str, index: Index) -> dict[int, tuple[float, list[str]]]:
    found: dict[int, dict[str, float]] = defaultdict(dict)
    for match in index.term_pattern.finditer(flat):
        word = match.group(1)
        # Shorter terms that begin at the same place count too when they belong to other items.
        for width in range(len(word), 1, -1):
            for place, weight in index.terms.get(word[:width], ()):
                kept = found[place]
                if any(word[:width] in other for other in kept):
                    continue
                for other in [other for other in kept if other in word[:width]]:
                    del kept[other]
                kept[word[:width]] = weight
    result: dict[int, tuple[float, list[str]]] = {}
    for place, kept in found.items():
        # The tenth term adds less than the first.
        value = sum(weight / (1 + 0.35 * rank) for rank, weight in enumerate(sorted(kept.values(), reverse=True)))
        result[place] = (value, sorted(kept, key=lambda word: -kept[word]))
    return result


def _shared(text: str, index: Index) -> dict[int, tuple[float, list[str]]]:
    best: dict[int, list[str]] = defaultdict(list)
    for run in re.split(r"[^\w]+", _DIGITS.sub(" ", text)):
        start = 0
        while start < len(run) - 2:
            step = 1
            for width in range(min(6, len(run) - start), 2, -1):
                piece = run[start : start + width]
                places = index.stretches.get(piece)
                if places:
                    for place in places:
                        if not any(piece in other for other in best[place]):
                            best[place].append(piece)
                    step = max(1, width - 2)
                    break
            start += step
    result: dict[int, tuple[float, list[str]]] = {}
    total = max(2, len(index.items))
    for place, pieces in best.items():
        weights = sorted(
            (
                0.35 * (len(piece) - 1.5) * math.log(total / len(index.stretches[piece])) / math.log(total)
                for piece in pieces
            ),
            reverse=True,
        )
        value = sum(weight / (1 + 0.5 * rank) for rank, weight in enumerate(weights))
        result[place] = (value, sorted(pieces, key=len, reverse=True))
    return result


def title_points(heading: str, index: Index) -> dict[int, float]:
    """Points for headings that quote or shorten an item's title (0..1, times the weight of a title)."""
    flat = bare(heading)
    if len(flat) < 3:
        return {}
    result: dict[int, float] = {}
    for place, title in enumerate(index.titles):
        if title in flat:
            result[place] = 1.0
        elif flat in title and len(flat) >= 5:
            result[place] = 0.5 + 0.5 * len(flat) / len(title)
        else:
            ratio = fuzz.ratio(flat, title) / 100
            if ratio >= 0.75:
                result[place] = ratio
    return result


def names_subject(heading: str, index: Index) -> bool:
    """Whether a heading holds a term that points to few items of the plan."""
    return any(len(index.terms[found.group(1)]) <= 3 for found in index.term_pattern.finditer(bare(heading)))


def duty_points(index: Index, *, unit: str | None, plan: Plan, text: str = "") -> tuple[float, ...]:
    """What the duties of the reporting unit say about each item; nothing when the unit is not known.

    A unit that writes for its 专班, naming it in ``text``, reports on the others' items as well.
    """
    if unit is None:
        return tuple(0.0 for _ in index.items)
    forces = {item.task_force for item in index.items if any(name == unit for name, _ in item.units)} - {None}
    spoken = {force for force in forces if force and force in text}
    rosters = {entry.roster for entry in plan.rosters if entry.unit == unit}
    points = []
    for item in index.items:
        roles = dict(item.units)
        if unit in roles:
            points.append(WEIGHTS["duty"] - (0.3 if roles[unit] is Role.SUPPORT else 0.0))
        elif item.roster is not None:
            points.append(WEIGHTS["roster"] if item.roster in rosters or not plan.rosters else WEIGHTS["roster"] - 0.4)
        else:
            points.append(0.0 if item.task_force in spoken else WEIGHTS["foreign"])
    return tuple(points)


def others_alone(index: Index, *, unit: str | None) -> frozenset[int]:
    """Items on what every unit does (疫情防控) that the plan gives to others by name: for this unit it is no item."""
    if unit is None:
        return frozenset()
    return frozenset(
        place
        for place, item in enumerate(index.items)
        if _EVERYBODY.search(item.section) and item.units and all(name != unit for name, _ in item.units)
    )


def single_mindedness(index: Index, *, unit: str | None) -> float:
    """How much less likely work outside the plan is for a unit with few items: it writes to report on those."""
    own = sum(any(name == unit for name, _ in item.units) for item in index.items)
    return max(0.0, 1.6 - 0.6 * math.log(own)) if own else 0.0


def memory_points(
    text: str, index: Index, *, unit: str | None, memory: Memory, heading: str = ""
) -> dict[int, tuple[float, str]]:
    """What remembered decisions and earlier months of this unit say of a text and of what it stands under."""
    result: dict[int, tuple[float, str]] = {}
    flat = bare(text)
    for lesson in memory.lessons:
        if lesson.kind != "match" or (lesson.unit and lesson.unit != unit) or not lesson.answer.isdecimal():
            continue
        place = index.position(int(lesson.answer))
        alike = _recalled(lesson, text, heading)
        if place is not None and alike >= 0.85:
            result[place] = (WEIGHTS["memory"] * alike, lesson.text)
    for name, number, words in memory.earlier:
        place = index.position(number) if name == unit else None
        if place is None or place in result or len(flat) < 8:
            continue
        phrase = bare(words)
        if len(phrase) >= 4 and (phrase in flat or fuzz.partial_ratio(phrase, flat) >= 88):
            result[place] = (WEIGHTS["earlier"], words)
    return result


def refused(text: str, *, unit: str | None, memory: Memory, heading: str = "") -> bool:
    """Whether the office decided earlier that such a passage of this unit belongs to no item."""
    return any(
        lesson.kind == "not_plan"
        and (not lesson.unit or lesson.unit == unit)
        and _recalled(lesson, text, heading) >= 0.92
        for lesson in memory.lessons
    )


#: Signs of a name; and those that a clause must have to be known again by likeness.
_NAME, _FEW, _FEW_OF_MANY = 4, 6, 10


def _recalled(lesson: Lesson, text: str, heading: str) -> float:
    """How much a text is the passage of a lesson over again, 0 to 1; other figures make it no other passage."""
    if lesson.heading and bare(lesson.heading) == bare(heading):
        return 1.0
    phrase, flat = _unnumbered(lesson.text), _unnumbered(text)
    if len(phrase) >= _NAME and phrase in flat:
        return 1.0
    # A short clause that recurs in a long passage (各项工作正常推进) says nothing.
    if len(phrase) < _FEW or len(flat) < (_FEW if len(flat) >= len(phrase) else _FEW_OF_MANY):
        return 0.0
    return fuzz.partial_ratio(phrase, flat) / 100


@lru_cache(maxsize=4096)
def _unnumbered(text: str) -> str:
    """What of a text comes again next month: its words without the figures. Asked for each clause and each lesson."""
    return re.sub(r"\d+", "", bare(text))


_REASONS = {
    "grams": "用字与该条相近",
    "learned": "写法像各单位汇报该条的写法",
    "terms": "提到该条的常用说法",
    "shared": "与该条原文有相同语句",
    "title": "标题与该条标题一致或相近",
    "heading": "所在标题的说法",
    "duty": "该条是报送单位的职责",
    "roster": "该条由成员单位承担",
    "foreign": "该条不是报送单位的职责",
    "number": "报告写明了计划条号",
    "memory": "此前人工确认过类似说法",
    "earlier": "该单位往月报过类似内容",
    "partner": "提到共同承担该条的单位",
    "neighbour": "与同段上下文一致",
}


def clue(number: int, kind: str, words: str, points: float) -> Clue:
    """One reason in Chinese for an item."""
    because = _REASONS.get(kind, kind)
    return Clue(value=str(number), weight=round(points, 2), because=f"{because}：{words}" if words else because)
