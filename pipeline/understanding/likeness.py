"""A paper → how much it looks like a report on the plan, and of which campaign and whose it is by its words.

A provincial bulletin full of figures, a list of names or a poster beside the report is none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

from pipeline.model import Document, Knowledge, Plan, Table, Unit
from pipeline.periods import months_in
from pipeline.text import bare, folded
from pipeline.understanding.names import place_of
from pipeline.understanding.papers import OPENING, SENTENCE_END, TITLE, Paper, pattern
from pipeline.understanding.substance import substance
from pipeline.understanding.tables import read as read_table
from pipeline.understanding.words import alternation, compiled

#: From this score on a paper is a report.
REPORT = 3.0
#: The score of a form in which nothing was filled in.
BLANK = -8.0
#: A file that uses fewer words of the plan hardly touches it.
_TOUCHES = 2
#: A shorter body needs more than one word of the plan.
_SHORT = 200
#: A body of one line.
_LINE = 45
#: Signs left in a title from which it names a topic.
_TOPIC = 2
#: Words outside the tables that a form has (填报单位, 填表人).
_FORM_WORDS = 80
#: A number begins where its run of signs begins and is not given back: other ways to part it say nothing new.
COUNTED = re.compile(
    r"(?:(?<!\d)(?=\d)|(?<![一二两三四五六七八九十百千万])(?=[一二两三四五六七八九十百千万]))"
    r"(?:\d|[一二两三四五六七八九十百千万]{2,}+)++(?:\.\d+)?[余多]?[万亿]?(?:元|家|户|人|个|场|次|件|笔|项|套|台|亩|吨|处|条|%|份|名|车|辆|公里)"
)
#: One figure put right: 第12条应为35家.
_AMENDED = re.compile(r"(?:应为|应是|应该是|改为|改成|更正为|更正成|不是)[^，。；]{0,12}\d")


@lru_cache(maxsize=8)
def _vocabulary(items: tuple[tuple[str, ...], ...], thesaurus: tuple[str, ...]) -> re.Pattern[str]:
    words: set[str] = set()
    for title, *terms in items:
        words.update(term for term in terms if len(term) >= 2)
        words.add(title)
    for line in thesaurus:
        words.update(word.strip() for word in line.partition("=")[2].split("、") if len(word.strip()) >= 3)
    return alternation(tuple(sorted(words)))


def vocabulary(plan: Plan, lexicon: Mapping[str, tuple[str, ...]]) -> re.Pattern[str]:
    """Words of the plan's work: its titles' and items' terms, and how the units put them."""
    items = tuple((item.title, *item.terms) for item in plan.items)
    return _vocabulary(items, lexicon.get("record_thesaurus", ()))


def plan_hits(text: str, *, knowledge: Knowledge) -> int:
    """How many different words of the plan's work a text uses."""
    return len(set(vocabulary(knowledge.plan, knowledge.lexicon).findall(text)))


def says_campaign(text: str, *, knowledge: Knowledge) -> bool:
    """Whether a text names the campaign."""
    plain = folded(text)
    return any(word in plain for word in (*knowledge.campaign, knowledge.plan.title) if word)


def _hints(text: str, *, knowledge: Knowledge) -> bool:
    """Whether a text uses the piece that the names of the campaign share (服务业)."""
    return any(piece in text for piece in _shared_pieces(knowledge.campaign))


@lru_cache(maxsize=8)
def _shared_pieces(names: tuple[str, ...]) -> tuple[str, ...]:
    """Pieces of three signs that at least two names of the campaign begin with or contain."""
    counted = Counter(piece for name in names for piece in {name[n : n + 3] for n in range(len(name) - 2)})
    return tuple(piece for piece, count in counted.items() if count >= 2)


def foreign_campaign(text: str, *, knowledge: Knowledge) -> str:
    """Name of another campaign that a title is about; empty when there is none, or it is work of the plan."""
    for hit in pattern(knowledge.lexicon, "kind_foreign_campaigns").finditer(folded(text)):
        if not any(hit[0] in item.title for item in knowledge.plan.items):
            return hit[0]
    return ""


def weigh(
    paper: Paper,
    *,
    knowledge: Knowledge,
    cover: bool,
    unit: str | None = None,
    subject: str = "",
    astray: bool = False,
) -> float:
    """How much a paper looks like a report on the plan; from :data:`REPORT` on it is one.

    Args:
        paper: The paper.
        knowledge: Plan, campaign and word lists.
        cover: The paper stands beside a report, so words that announce one say nothing.
        unit: The unit whose registered address sent it.
        subject: Subject of the mail.
        astray: Its covering words are addressed to somebody else.
    """
    lexicon = knowledge.lexicon
    if _is_blank_form(paper.document, lexicon=lexicon):
        # Sent with a question about it: its tasks and targets are nobody's work.
        return BLANK
    text = folded(paper.text)
    length = len(bare(text))
    head = folded(" ".join((paper.title, *paper.header, *paper.head)))
    name = "" if paper.body else folded(paper.document.name)
    hits = plan_hits(text, knowledge=knowledge)
    worked = len(pattern(lexicon, "kind_worked_words").findall(text))
    score = min(hits, 6) * 0.5 + min(worked, 6) * 0.25
    if pattern(lexicon, "kind_section_words").search(text):
        score += 0.75
    if paper.document.blocks and _has_ledger(paper.document, lexicon=lexicon):
        score += 1.5 if hits else 0.5
    named = says_campaign(head, knowledge=knowledge) or says_campaign(name, knowledge=knowledge)
    hinted = _hints(f"{head} {name}", knowledge=knowledge)
    score += min(len(COUNTED.findall(text)), 8) * 0.125
    nouns = pattern(lexicon, "kind_report_nouns")
    if not cover:
        score += 1.5 if named else 0.75 if hinted else 0.0
        score += 1.0 if paper.title else 0.0
        if any(unit_named(unit, f"{paper.title}{folded(''.join(paper.tail))}") for unit in knowledge.units):
            score += 0.5
    if name and nouns.search(name):
        score += 0.75
    told = substance(paper.lines, unit=unit, knowledge=knowledge)
    elsewhere = not paper.body and hits < _TOUCHES and _topic(paper.title, knowledge=knowledge)
    amends = paper.body and (_changes(text, lexicon=lexicon) or _AMENDED.search(text) is not None)
    # Who asks again and again how to report names his task and his figures in the question.
    asks = paper.body and len(pattern(lexicon, "kind_question_words").findall(text)) >= 3
    if unit is not None and not cover and not elsewhere and not amends and not asks:
        score += min(told.own, 4) * 0.75 + 1.5 * told.named
        score += 0.75 if (told.own or told.named) and _names_month(paper, subject=subject) else 0.0
    score += 0.0 if amends else min(told.any, 4) * 0.25
    if (told.own or told.any or told.named) and not elsewhere and not amends:
        score += 0.5 * told.problem + 0.5 * told.intention
    foreign = not named and bool(foreign_campaign(f"{paper.title} {name}", knowledge=knowledge))
    if foreign:
        # However many words both campaigns share, a title that names the other one alone decides.
        score -= 5 if hinted else 9
    if elsewhere and not named and not hinted:
        # The unit's own statistics or another of its duties: a title for a report, hardly a word of the plan.
        score -= 2
    beside = pattern(lexicon, "kind_beside_words")
    if (beside.search(name) or beside.search(paper.title)) and not (paper.title and named):
        score -= 3
    if is_of_others(paper, knowledge=knowledge) and not named:
        score -= 4
    if other_place(paper, knowledge=knowledge):
        # The report of the same office of the next county, sent on as an example.
        score -= 12
    if not named and (foreign or not hinted) and (astray or addressed_elsewhere(paper, knowledge=knowledge)):
        # Whom a paper is written to says more than the words that its work shares with the plan's.
        score -= 8
    if pattern(lexicon, "kind_opinion_titles").search(f"{paper.title} {name}"):
        score -= 6
    tops = _tops(paper)
    if other_genre(paper, lexicon=lexicon):
        # What a paper calls itself by its kind (请示, 通知) outweighs how much of the plan it speaks of.
        score -= 12
    if pattern(lexicon, "kind_request_words").search(f"{paper.title} {subject}" if paper.body else paper.title):
        score -= 3
    if pattern(lexicon, "kind_slip_titles").search(head):
        # Who is in charge of the reports, and on which items, reports nothing.
        score -= 6
    if any(
        pattern(lexicon, "kind_notice_titles").search(line) for line in [paper.title, *(() if paper.body else tops)]
    ):
        # A call for reports speaks of the campaign as a report does.
        score -= 6
    if not hits and not named:
        score -= 2
    if len(set(pattern(lexicon, "kind_notice_words").findall(text))) > 1:
        score -= 6
    adds = paper.body and hits > 0 and COUNTED.search(text) is not None and _changes(text, lexicon=lexicon)
    if adds:
        score += 1.5
    if paper.body:
        score -= _talk(text, length=length, knowledge=knowledge) * (0.4 if adds else 1.0)
        # What adds a sentence to a report, or puts one right, is short by nature.
        if hits < _TOUCHES and not named and length < _SHORT and not adds and not (unit and (told.own or told.named)):
            score -= 1.5
        if length < _LINE and not adds:
            score -= 0.5 if len(COUNTED.findall(text)) > 1 else 2
    elif length < 30:
        score -= 4
    return score


def _tops(paper: Paper) -> list[str]:
    """The first short lines: a paper without a word for a report has no title, and they still say what it is."""
    return [folded(line) for line in paper.head[:OPENING] if len(line) <= TITLE]


def other_genre(paper: Paper, *, lexicon: Mapping[str, tuple[str, ...]]) -> str:
    """The title by which a paper is an application or a notice (关于……的请示); empty where it is none."""
    titles = pattern(lexicon, "kind_application_titles")
    return next((line for line in _tops(paper) if titles.search(line)), "")


def _names_month(paper: Paper, *, subject: str) -> bool:
    """Whether subject, file name or the first lines name a month, as reports do (9月的, 医保局11月)."""
    head = " ".join((subject, "" if paper.body else paper.document.name, *paper.lines[:2]))
    return any(not mention.dated for mention in months_in(folded(head)[:120]))


def _changes(text: str, *, lexicon: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a body says that it adds to a report or puts one right."""
    keys = ("kind_supplement_words", "kind_correction_words", "kind_stays_words")
    return any(pattern(lexicon, key).search(text) for key in keys)


def _topic(title: str, *, knowledge: Knowledge) -> str:
    """What a title is about, beside unit, month and the words for a report; empty for a bare 某局8月份工作总结."""
    rest = title
    for unit in knowledge.units:
        for name in sorted((unit.full_name, unit.name, *(alias.name for alias in unit.aliases)), key=len, reverse=True):
            rest = rest.replace(name, "")
    rest = pattern(knowledge.lexicon, "kind_report_nouns").sub("", rest)
    rest = pattern(knowledge.lexicon, "kind_title_fillers").sub("", rest)
    topic = "".join(re.findall(r"[\u4e00-\u9fff]", rest))
    return topic if len(topic) >= _TOPIC else ""


def titles_report(subject: str, *, knowledge: Knowledge) -> bool:
    """Whether a subject names one of our units, a month and a report, and nothing but the campaign beside them."""
    plain = folded(subject)
    named = any(unit_named(unit, plain) for unit in knowledge.units)
    noun = pattern(knowledge.lexicon, "kind_report_nouns").search(plain) is not None
    ours = says_campaign(plain, knowledge=knowledge) or not _topic(plain, knowledge=knowledge)
    return named and noun and ours and bool(months_in(plain))


def _talk(text: str, *, length: int, knowledge: Knowledge) -> float:
    """How much a body is talk about reporting (asking, applying, announcing) rather than a report."""
    lexicon = knowledge.lexicon
    asks = len(pattern(lexicon, "kind_question_words").findall(text))
    applies = len(pattern(lexicon, "kind_request_words").findall(text))
    points = len(pattern(lexicon, "kind_cover_words").findall(text))
    sells = len(pattern(lexicon, "kind_advert_words").findall(text))
    short = 1.0 if length < 250 else 0.5
    return (min(asks, 6) * 1.2 + min(applies, 3) * 1.5 + min(points, 2) * 0.8 + min(sells, 5) * 1.2) * short


def _has_ledger(document: Document, *, lexicon: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a table has a column for progress beside one for the task."""
    progress = {bare(word) for word in lexicon.get("table_progress", ())}
    for block in document.blocks:
        if isinstance(block, Table):
            heads = {bare(cell.text) for cell in block.cells if cell.row < 5 or cell.column < 2}
            if heads & progress or any(head.endswith(("进展情况", "完成情况", "落实情况")) for head in heads):
                return True
            rows = read_table(block, words=compiled(lexicon)).rows
            if sum(bool(row.titles and row.progress and (row.problems or row.next_steps)) for row in rows) > 1:
                return True
    return False


#: What a sample holds in place of work: （示例）…, ××集聚区, ×家.
_SAMPLE = re.compile(r"[（(【\[](?:示例|样例|举例|例)[）)】\]：:]|×{2}|[Xx]{2,}|×(?=[家个户人件万亩场次])")


def _is_blank_form(document: Document, *, lexicon: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a document is a ledger in which tasks stand and nothing was filled in."""
    words = compiled(lexicon)
    rows = [row for block in document.blocks if isinstance(block, Table) for row in read_table(block, words=words).rows]
    told = sum(len(block.text) for block in document.blocks if not isinstance(block, Table))
    texts = [cell.text for row in rows for cell in (*row.progress, *row.problems, *row.next_steps, *row.mixed)]
    sample = any(_SAMPLE.search(text) for text in texts)
    filled = any(not _SAMPLE.search(text) for text in texts) or (not sample and any(row.figures for row in rows))
    return bool(rows) and not filled and told < _FORM_WORDS


_ADDRESSEE = re.compile(
    r"^(?=.{2,30}$)(?!各位)[^，。；\d]*(?:办公室|办|领导小组|委员会|指挥部|组|专班|[县市][^，。；\d]{2,14}[局委部股科会社院]|"
    r"公司|^各[^，。；\d]{2,12}[校站社所园])[:：]$"
)
#: Whom a form is for, in its head: 报送：运城市商务局电商科.
_FOR_WHOM = re.compile(r"(?:^|[|\s])(?:报送|上报|主送|(?<!填)报)(?:单位|部门|至)?[:：]\s*([^|，。；\d\s]{4,30})")
_OFFICE_WORDS = re.compile(
    r"办公室|领导小组|委员会|指挥部|工作|有关|各位|领导|同志|尊敬的|专班|推进|协调|联席会议|全面|发展|[县市省委办组的及:：]"
)


def addressed_elsewhere(paper: Paper, *, knowledge: Knowledge) -> bool:
    """Whether a paper is addressed to the office of another campaign (县委全面依法治县委员会办公室：) or the city."""
    others = pattern(knowledge.lexicon, "kind_other_offices")
    heads = [folded(line) for line in paper.lines[:6]]
    named = [f"{found[1]}:" for head in heads for found in _FOR_WHOM.finditer(head)]
    for text in (head.replace(" ", "") for head in (*heads, *named)):
        if text.endswith(":") and others.fullmatch(text[:-1]):
            return True
        if not _ADDRESSEE.match(text):
            continue
        if says_campaign(text, knowledge=knowledge) or _hints(text, knowledge=knowledge):
            return False
        if any(unit_named(unit, text) for unit in knowledge.units):
            return False
        if any(item.task_force and item.task_force in text for item in knowledge.plan.items):
            return False
        rest = _OFFICE_WORDS.sub("", text)
        return len(rest) >= 2 and not any(_abbreviates(rest, name) for name in knowledge.campaign)
    return False


def _abbreviates(short: str, name: str) -> bool:
    """Whether a name holds the signs of its short form in order: 服业 for 服务业."""
    rest = iter(name)
    return all(sign in rest for sign in short)


def is_of_others(paper: Paper, *, knowledge: Knowledge) -> bool:
    """Whether the title speaks of a province, a city or another body and of none of our units."""
    heads = [line for line in paper.head[:2] if len(line) <= TITLE and not (paper.body and SENTENCE_END.search(line))]
    top = folded(" ".join((paper.title, *heads)))
    if any(unit_named(unit, top) for unit in knowledge.units):
        return False
    return pattern(knowledge.lexicon, "kind_higher_words").search(top) is not None


#: An office with the name of its place before it: 闻喜县文化和旅游局.
_OFFICE_OF_PLACE = re.compile(
    r"^(?:(?![我是这那为在由和与的对向给请报送将把附件关于及])[\u4e00-\u9fff]){2,3}[县区旗市]"
    r"(?:[\u4e00-\u9fff]{2,14}?(?:局|委|办|中心|联社|公司|集团)|(?:20\d\d年)?\d{1,2}月)"
)


def other_place(paper: Paper, *, knowledge: Knowledge) -> str:
    """The office of another place that the title names; empty where title or close name one of ours."""
    place = place_of(knowledge.units)
    heads = [folded(part) for line in paper.lines[:2] for part in line.split("\n")]
    named = next((found for head in heads if (found := _OFFICE_OF_PLACE.match(head))), None)
    if not place or named is None:
        return ""
    close = "".join(heads) + folded("".join(paper.tail))
    ours = place in close or any(unit.full_name in close for unit in knowledge.units)
    return "" if ours else named[0]


def unit_named(unit: Unit, text: str) -> bool:
    """Whether one of a unit's names stands in a text word for word; its namesake of the city (市教育局) is none."""
    names = (unit.name, unit.full_name, *(alias.name for alias in unit.aliases))
    return any(re.search(rf"(?<![市省]){re.escape(name)}", text) is not None for name in names if len(name) > 2)
