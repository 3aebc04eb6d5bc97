"""A mail → signs of whose report it is: names in every place where identity is written, and the address.

Each kind of evidence is an entry of :data:`CLUES`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from pipeline.model import Clue, Knowledge, Seal
from pipeline.text import bare, folded
from pipeline.understanding import matching
from pipeline.understanding.carriers import Mail, listed
from pipeline.understanding.names import Names, find, nearly, seen_in
from pipeline.understanding.papers import HEAD_LINES, Paper, pattern
from pipeline.understanding.words import compiled

#: 11月份，and the like before the subject of a sentence.
_MONTH_FIRST = re.compile(
    r"^(?:(?:20\d\d年)?(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月份?(?:以来)?|本月|今年以来|当月|上月)[，,]?"
)
#: How far into a report its tasks are looked for, from which score a line is plainly about one task, and how many
#: such tasks, which share of them, and which lead over the next unit speak for a unit.
_DUTY_LINES = 60
_DUTY_WIDTH = 160
_PLAIN_TASK = 6.7
_DUTY_TASKS = 2
_DUTY_SHARE = 0.8
_DUTY_LEAD = 0.34
#: Where the subject of the first sentence is looked for.
_SUBJECT_LINES = 3
_SUBJECT_WIDTH = 40
#: What follows the name of the author: 8月份, 今年以来, 认真落实; not a colon, nor a word that asks them for something.
_GOES_ON = re.compile(
    r"(?:20\d\d年)?(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月|本月|上月|上个月|今年|关于|围绕|按照|工作"
)


#: Words before the name of one who only helps.
_WITH = re.compile(r"(?:会同|联合|配合|协同|协调|商请|提请|恳请|[请与和同向对经])$")
#: How far from 代发 the name of the other unit is looked for.
_BEHALF_WIDTH = 40


@dataclass(frozen=True, slots=True)
class Sight:
    """What the collectors of clues look at."""

    mail: Mail
    knowledge: Knowledge
    names: Names
    #: Papers that speak for the sender: the report, or every paper where there is none.
    papers: tuple[Paper, ...]
    day: date
    _kept: dict[Gather, tuple[Clue, ...]] = field(default_factory=dict, compare=False)

    def said(self, gather: Gather) -> tuple[Clue, ...]:
        """The clues of one collector, gathered once: some kinds of evidence look at what others found."""
        if gather not in self._kept:
            self._kept[gather] = tuple(gather(self))
        return self._kept[gather]

    def owners(self) -> frozenset[str]:
        """Units for which the sender's address may speak."""
        sender = self.mail.opened.letter.sender
        return frozenset(owner for owner, _ in owners_of(sender.addr, self.knowledge)) if sender else frozenset()


#: What one kind of evidence finds.
Gather = Callable[[Sight], Iterator[Clue]]


class Collector(NamedTuple):
    """One kind of evidence: its name and how it is gathered."""

    name: str
    gather: Gather


def _address(sight: Sight) -> Iterator[Clue]:
    """The mailbox is on the unit's list, or the office confirmed it once."""
    letter = sight.mail.opened.letter
    if letter.sender is None:
        return
    addr = letter.sender.addr.lower()
    owners = owners_of(addr, sight.knowledge)
    for unit, because in owners:
        yield Clue(unit, 4.5 if len(owners) == 1 else 2.5, because)


def owners_of(addr: str, knowledge: Knowledge) -> tuple[tuple[str, str], ...]:
    """(unit, reason) for every unit that an address may speak for."""
    addr = addr.lower()
    found = {name: f"发件地址 {addr} 是{name}登记的邮箱" for name in listed(addr, knowledge=knowledge)}
    for lesson in knowledge.memory.lessons:
        if lesson.kind == "address" and lesson.text.lower() == addr:
            found.setdefault(
                lesson.answer or lesson.unit, f"发件地址 {addr} 曾经办公室确认属于{lesson.answer or lesson.unit}"
            )
    return tuple(found.items())


def _inner_address(sight: Sight) -> Iterator[Clue]:
    """Whose mail was forwarded: the sender written on the inner mail, a claim of the one who forwarded it."""
    senders = [letter.sender.addr for letter in sight.mail.letters[1:] if letter.sender]
    senders += [inline.sender for inline in sight.mail.inline if inline.sender]
    for addr in senders:
        for unit, _ in owners_of(addr, sight.knowledge):
            yield Clue(unit, 3.0, f"转发的原邮件来自{unit}的邮箱 {addr}")


def _thread(sight: Sight) -> Iterator[Clue]:
    """It answers a letter that we wrote to the unit."""
    letter = sight.mail.opened.letter
    refs = {letter.in_reply_to, *letter.references} - {""}
    for sent in sight.knowledge.sent:
        if sent.message_id in refs and sent.unit:
            yield Clue(sent.unit, 2.0, f"是对发给{sent.unit}的信的回复")
            return


def _title(sight: Sight) -> Iterator[Clue]:
    """Letterhead and title name the unit; the first name there is the author's."""
    for paper in sight.papers:
        title = paper.title
        unit = seen_in(title, sight.names) if title else None
        if unit:
            yield Clue(unit, 4.0, f"标题“{_short(title)}”写着{unit}")
            return
    for paper in sight.papers:
        if paper.body and not paper.forwarded and paper not in sight.mail.main:
            continue
        for line in (*paper.head[:4],):
            text = folded(line)
            if len(text) > 40 or re.search(r"[。；:]", text):
                continue
            unit = seen_in(text, sight.names)
            if unit:
                yield Clue(unit, 3.5, f"文头“{_short(line)}”写着{unit}")
                return


def _form(sight: Sight) -> Iterator[Clue]:
    """A form's field 填报单位."""
    fields = pattern(sight.knowledge.lexicon, "unit_fields")
    for paper in sight.papers:
        for line in paper.lines:
            text = folded(line)
            match = fields.search(text)
            if not match:
                continue
            unit = seen_in(re.sub(r"^[(（][^)）]{0,6}[)）]", "", text[match.end() :]).lstrip(":|")[:40], sight.names)
            if unit:
                yield Clue(unit, 4.0, f"填报栏“{_short(line)}”写着{unit}")
                return


def _signature(sight: Sight) -> Iterator[Clue]:
    """落款: a short line near the end that is the unit's name."""
    for paper in sight.papers:
        for line in reversed(paper.tail):
            # 县医疗集团办公室 魏: who wrote it, behind the unit.
            text = folded(re.sub(r"(?<=\S)\s+[\u4e00-\u9fff]{1,4}\s*$", "", line))
            text = re.sub(r"[(（]?盖章[)）]?|(?:落款|报送单位|单位)[::]", "", text)
            text = re.sub(r"(?:20\d\d|二[〇零○]..)年.*$", "", text)
            if not text or len(text) > 34 or text.endswith(":"):
                # In a short letter the addressee stands near the end as well.
                continue
            hits = find(text, sight.names)
            length = len(bare(text))
            for hit in hits:
                # 夏县分公司政企客户部: a room of the unit signs for it.
                room = hit.start <= 3 and length <= 24 and re.search(r"[部科股办室站队组]$", text) is not None
                if hit.end - hit.start >= 0.6 * length or room:
                    weight = 3.5 if not paper.body or paper in sight.mail.main else 2.5
                    yield Clue(hit.unit, weight, f"落款“{_short(line)}”")
                    return
            if not hits and paper.document.scanned:
                guess = nearly(text, sight.names)
                if guess and length <= 30:
                    yield Clue(guess[0], 2.5, f"落款“{_short(line)}”与{guess[0]}的名称相近")
                    return


def _seal(sight: Sight) -> Iterator[Clue]:
    """The ring of the seal."""
    for paper in sight.papers:
        if paper.document.seal is Seal.PRESENT and paper.document.seal_text:
            unit = seen_in(paper.document.seal_text, sight.names)
            if unit:
                yield Clue(unit, 3.0, f"印章文字“{_short(paper.document.seal_text)}”")
                return


def _header(sight: Sight) -> Iterator[Clue]:
    """Page header."""
    for paper in sight.papers:
        unit = seen_in(" ".join(paper.header)[:60], sight.names) if paper.header else None
        if unit:
            yield Clue(unit, 2.5, f"页眉“{_short(' '.join(paper.header))}”")
            return


def _properties(sight: Sight) -> Iterator[Clue]:
    """Company and author that the program wrote into the file."""
    for paper in sight.papers:
        for key, value in paper.document.properties:
            hits = find(value, sight.names) if key.lower() in {"company", "author", "creator", "title"} else ()
            if hits:
                yield Clue(hits[0].unit, 0.6, f"文件属性“{_short(value)}”")
                return


def _file_name(sight: Sight) -> Iterator[Clue]:
    """Names of the files, also of those that could not be opened."""
    names = [paper.document.name for paper in sight.papers if not paper.body]
    names += [part.name for part in sight.mail.opened.unreadable]
    names += [part.name for letter in sight.mail.letters for part in letter.parts if not part.path.startswith("body")]
    for name in dict.fromkeys(names):
        unit = seen_in(re.sub(r"\.[A-Za-z0-9]{2,5}$", "", name), sight.names)
        if unit:
            yield Clue(unit, 2.5, f"附件名“{_short(name)}”")
            return


def _subject(sight: Sight) -> Iterator[Clue]:
    """The subject line; of a forward the inner one too."""
    subjects = [letter.subject for letter in sight.mail.letters] + [inline.subject for inline in sight.mail.inline]
    for subject in reversed(subjects):
        unit = seen_in(subject, sight.names)
        if unit:
            yield Clue(unit, 2.0, f"主题“{_short(subject)}”")
            return


def _display(sight: Sight) -> Iterator[Clue]:
    """The display name: a claim anybody can make."""
    shown = [
        letter.sender.display for letter in reversed(sight.mail.letters) if letter.sender and letter.sender.display
    ]
    shown += [inline.display for inline in sight.mail.inline if inline.display]
    for text in shown:
        unit = seen_in(text, sight.names)
        if unit:
            yield Clue(unit, 1.2, f"发件人显示为“{_short(text)}”")
            return


def _self_naming(sight: Sight) -> Iterator[Clue]:
    """The covering words say who reports: 我局是…, 我是…的, 现将…, 代…报送, or a signature below them."""
    own = sight.mail.own
    behalf = pattern(sight.knowledge.lexicon, "unit_behalf_words")
    plain = folded(own)
    owners = sight.owners()
    for match in behalf.finditer(plain):
        # Nobody sends for himself: 托我代发一下，我们中心自己的另报 names the sender behind the word.
        after = find(plain[match.start() : match.end() + 24], sight.names)
        hits = tuple(hit for hit in after if hit.unit not in owners)
        if not hits:
            # 能源局邮箱不通，代转: the other's name stands before.
            before = find(plain[max(0, match.start() - _BEHALF_WIDTH) : match.end()], sight.names)
            hits = tuple(hit for hit in before if hit.unit not in owners)
        if hits:
            yield Clue(hits[-1].unit if len(hits) == 1 else hits[0].unit, 3.0, f"正文说明是代{hits[0].unit}报送")
            break
    saying = pattern(sight.knowledge.lexicon, "unit_self_words")
    for match in saying.finditer(plain):
        hits = find(plain[match.end() : match.end() + 22], sight.names)
        if hits and hits[0].start <= 3:
            yield Clue(hits[0].unit, 2.0, f"正文自称“{_short(plain[match.start() : match.end() + hits[0].end])}”")
            return
    for line in [folded(one).strip() for one in own.split("\n")][:_SUBJECT_LINES]:
        hits = find(line[:_SUBJECT_WIDTH], sight.names)
        # The author is the subject of the first sentence; a name before a colon is the one written to.
        if hits and hits[0].start == 0 and _GOES_ON.match(line[hits[0].end :]):
            yield Clue(hits[0].unit, 2.0, f"正文以“{_short(line[: hits[0].end])}”开头")
            return


def _on_behalf(sight: Sight) -> Iterator[Clue]:
    """The mail says that it is sent for another, without a name that is known; the report has one."""
    letter = sight.mail.opened.letter
    said = f"{folded(letter.subject)}\n{folded(sight.mail.own)}"
    found = pattern(sight.knowledge.lexicon, "unit_behalf_words").search(said)
    if found is None or letter.sender is None or reports_for(sight) is not None:
        return
    owners = sight.owners()
    for clue in (*sight.said(_title), *sight.said(_signature)):
        if clue.value not in owners:
            yield Clue(clue.value, 2.5, f"来信写着“{found[0]}”，报告是{clue.value}的")
            return


def _first_subject(sight: Sight) -> Iterator[Clue]:
    """Who did what the report opens with: the subject of its first sentences (11月份，夏县分公司克服…)."""
    for paper in sight.papers:
        for line in [folded(one) for one in paper.lines[:HEAD_LINES] if len(one) > 24]:
            sentence = _MONTH_FIRST.sub("", line)
            hits = find(sentence[:_SUBJECT_WIDTH], sight.names)
            if hits and _WITH.search(sentence[: hits[0].start]):
                # 会同住建局约见企业: somebody else does it with them.
                return
            if hits and hits[0].start <= 4 and not re.match(r"[^，。；]{0,6}[:：]", sentence[hits[0].end :]):
                yield Clue(hits[0].unit, 1.5, f"开头一句说的是{hits[0].unit}：“{_short(line)}”")
                return


def _mentions(sight: Sight) -> Iterator[Clue]:
    """How often the text speaks of a unit at all; weak, for others are named too."""
    counted: Counter[str] = Counter()
    text = "\n".join((sight.mail.own, *(paper.text for paper in sight.papers)))
    for hit in find(text, sight.names):
        counted[hit.unit] += 1
    best = counted.most_common(2)
    for unit, count in best:
        elsewhere = {clue.value for named in (_title, _file_name, _subject) for clue in sight.said(named)} - {unit}
        lonely = len(best) == 1 and not sight.mail.opened.letter.in_reply_to and not elsewhere
        yield Clue(unit, min(0.3 * count, 0.9) + (1.2 if lonely else 0.0), f"文中{count}次提到{unit}")


def _duties(sight: Sight) -> Iterator[Clue]:
    """The report is on tasks that the plan gives to one unit rather than to others."""
    plan = sight.knowledge.plan
    words = compiled(sight.knowledge.lexicon)
    index = matching.index_for(sight.knowledge, words)
    told: set[int] = set()
    for paper in sight.papers:
        for line in paper.lines[:_DUTY_LINES]:
            ranked = sorted(
                enumerate(matching.scores(line[:_DUTY_WIDTH], index, common=words.pattern("record_common")).points),
                key=lambda one: -one[1],
            )
            if len(ranked) > 1 and ranked[0][1] >= _PLAIN_TASK and ranked[0][1] - ranked[1][1] >= _PLAIN_TASK / 3:
                told.add(ranked[0][0])
    if len(told) < _DUTY_TASKS:
        return
    shares = sorted(
        (
            (
                sum(any(name == unit.name for name, _ in plan.items[place].units) for place in told) / len(told),
                unit.name,
            )
            for unit in sight.knowledge.units
        ),
        reverse=True,
    )
    if len(shares) > 1 and shares[0][0] >= _DUTY_SHARE and shares[0][0] - shares[1][0] >= _DUTY_LEAD:
        share, unit = shares[0]
        yield Clue(unit, 1.5, f"所报{len(told)}项任务中{share:.0%}由{unit}承担，比其他单位多")


def reports_for(sight: Sight) -> str | None:
    """The one unit that subject or covering words say they report for, beside the owners of the address."""
    behalf = pattern(sight.knowledge.lexicon, "unit_behalf_words")
    letter = sight.mail.opened.letter
    named = set()
    for text in (folded(letter.subject), folded(sight.mail.own)):
        for match in behalf.finditer(text):
            named |= {
                hit.unit for hit in find(text[max(0, match.start() - _BEHALF_WIDTH) : match.end() + 24], sight.names)
            }
    others = named - sight.owners()
    return others.pop() if len(others) == 1 else None


def _short(text: str, width: int = 30) -> str:
    """A quotation for a reason, not too long."""
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[:width]}…"


#: All evidence, strongest kinds first.
CLUES: tuple[Collector, ...] = (
    Collector("登记地址", _address),
    Collector("标题文头", _title),
    Collector("填报栏", _form),
    Collector("落款", _signature),
    Collector("印章", _seal),
    Collector("转发原件", _inner_address),
    Collector("页眉", _header),
    Collector("附件名", _file_name),
    Collector("回复的信", _thread),
    Collector("主题", _subject),
    Collector("自称", _self_naming),
    Collector("代报", _on_behalf),
    Collector("显示名", _display),
    Collector("首句", _first_subject),
    Collector("文中提及", _mentions),
    Collector("所报任务", _duties),
    Collector("文件属性", _properties),
)
