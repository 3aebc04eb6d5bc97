"""What a passage says of itself → the status of its item: done, on track, behind, not started.

The words of the whole item count, not those of a step: 尚未公布 of a result does not mean that work has not begun,
and 进度没有掉队 is no delay. By the lists, a delay said plainly wins, then 'not begun' where nothing was done, then
what stands still or waits, then a completion that speaks of the item; everything else is on its way. A last clause
that calls the whole normal outweighs the delay of a step. Much is said only between the lines (名册还锁在抽屉里), so
the verdict of the lists is one vote, if a strong one, beside the characters of the passage (``votes.py``).
"""

from __future__ import annotations

import re

from pipeline.model import Status
from pipeline.understanding import votes
from pipeline.understanding.prose import clauses, split
from pipeline.understanding.words import Words

WEIGHTS = "status.tsv"
#: In the order of the weights.
CLASSES = (Status.DONE, Status.ON_TRACK, Status.BEHIND, Status.NOT_STARTED)
#: Lists whose words are features beside the characters, in the whole passage and in its last sentence.
LISTS = (
    "status_behind",
    "status_behind_soft",
    "status_behind_denied",
    "status_not_started",
    "status_worked",
    "status_done_year",
    "status_final",
    "status_done_strong",
    "status_done_last",
    "status_done_denied",
    "status_ongoing",
    "status_fine_end",
)
#: Longer passages say nothing new and cost time.
LONGEST = 600


def status_of(progress: str, *, words: Words, cell: str = "") -> Status:
    """Status of an item.

    Args:
        progress: The passages on the item.
        words: Compiled lists ``status_*`` of config/reading.yaml.
        cell: Text of a status column of a ledger, which has the first say when it is clear.
    """
    told = of_cell(cell, words=words)
    if told is not None or not progress.strip():
        return told or Status.ON_TRACK
    heard = votes.kept(WEIGHTS).chances(features(progress, words=words))
    return CLASSES[heard.index(max(heard))]


#: A share of the year's task that is below the whole: 全年任务完成85% completes nothing, however the rest sounds.
_BELOW = re.compile(r"(?:全年|年度|年初|目标|任务|计划)[^，。；\d%％]{0,8}(?<!\d)\d{1,2}(?:\.\d+)?[%％]")


def features(progress: str, *, words: Words) -> frozenset[str]:
    """What of a passage has a vote: its grams, the lists that it and its last sentence touch, what they make of it."""
    text = progress.strip()[:LONGEST]
    sentences = [piece.text for piece in split(text)] or [""]
    found = votes.grams("^" + re.sub(r"\s", "", text) + "$")
    for key in LISTS:
        found |= {f"list:{key}"} if _says_so(text, key, words=words) else set()
        found |= {f"last:{key}"} if _says_so(sentences[-1], key, words=words) else set()
    found.add(f"verdict:{by_words(text, words=words).value}")
    found.add(f"last-verdict:{by_words(sentences[-1], words=words).value}")
    found |= {"share:below"} if _BELOW.search(text) else set()
    found.add(f"length:{min(5, len(text) // 40)}")
    return frozenset(found)


def _says_so(text: str, key: str, *, words: Words) -> bool:
    """Whether a list is touched; a part of what was to be done (完成全年目标的92.5%) touches none of completion."""
    closes = key.startswith("status_done")
    return any(not (closes and _PART.match(text[found.end() :])) for found in words.pattern(key).finditer(text))


#: A share below the whole, and one that follows a word of completion.
_SHARE = r"(?!1\d\d)\d{1,2}(?:\.\d+)?[%％]"
_PART = re.compile(rf"[^，。；\d%％]{{0,4}}{_SHARE}")


def by_words(progress: str, *, words: Words) -> Status:
    """The status that the lists alone make of a passage."""
    fine = words.pattern("status_fine_end").search(clauses(progress)[-1].text) is not None if progress.strip() else True
    if not fine and _says(progress, "status_behind", words=words, denied="status_behind_denied"):
        return Status.BEHIND
    if _not_started(progress, words=words):
        return Status.NOT_STARTED
    if not fine and _says(progress, "status_behind_soft", words=words, denied="status_behind_denied"):
        return Status.BEHIND
    if _done(progress, words=words):
        return Status.DONE
    return Status.ON_TRACK


def is_final(progress: str, *, words: Words) -> bool:
    """Whether a passage says that the task of the year is done; a difficulty told beside it undoes nothing."""
    return words.pattern("status_final").search(progress) is not None


def of_cell(cell: str, *, words: Words) -> Status | None:
    """Status that a cell of a status column names; ``None`` where it names none."""
    bare = cell.strip()
    if not bare or len(bare) > 16:
        return None
    for key, status in (
        ("status_head_behind", Status.BEHIND),
        ("status_head_not_started", Status.NOT_STARTED),
        ("status_head_on_track", Status.ON_TRACK),
        ("status_head_done", Status.DONE),
    ):
        if words.pattern(key).fullmatch(bare):
            return status
    for key, status in (
        ("status_cell_behind", Status.BEHIND),
        ("status_cell_not_started", Status.NOT_STARTED),
        ("status_cell_on_track", Status.ON_TRACK),
        ("status_cell_done", Status.DONE),
    ):
        if words.pattern(key).search(bare):
            return status
    return None


def _says(text: str, key: str, *, words: Words, denied: str) -> bool:
    for sentence in split(text):
        for part in re.split(r"[，,；;]", sentence.text):
            for found in words.pattern(key).finditer(part):
                # 没啥进展 is no denial of itself: only the words around it can deny it.
                around = f"{part[max(0, found.start() - 6) : found.start()]}|{part[found.end() : found.end() + 4]}"
                if not words.pattern(denied).search(around) and not _OTHERS.match(part[found.end() :]):
                    return True
    return False


#: 对未按时报送的单位进行通报: they were late, the item is not.
_OTHERS = re.compile(r"[^，。；]{0,8}的(?:\d+[个家户名])?(?:单位|企业|部门|乡镇|人员|商户|机构|股室|主体|村)")


def _not_started(text: str, *, words: Words) -> bool:
    parts = [part for part in re.split(r"[，,。；;！]", text) if part.strip()]
    idle = words.pattern("status_not_started")
    worked = words.pattern("status_worked")
    for place, part in enumerate(parts):
        found = idle.search(part)
        if found is None:
            continue
        # What stands before it may be preparation; work done behind it, or much before it, speaks against it.
        behind = "，".join(parts[place + 1 :])
        before = "，".join(parts[:place]) + "，" + part[: found.start()]
        if not worked.search(behind) and len(worked.findall(before)) < 2:
            return True
    return False


def _done(text: str, *, words: Words) -> bool:
    sentences = [piece.text for piece in split(text)]
    if not sentences:
        return False
    if words.pattern("status_ongoing").search(text) and not words.pattern("status_done_strong").search(sentences[-1]):
        return False
    if words.pattern("status_done_year").search(text) and not words.pattern("status_done_denied").search(sentences[-1]):
        return True
    tail = clauses(text)[-1].text
    denied = words.pattern("status_done_denied").search(text) is not None
    if not denied and (
        _closes(tail, words=words) or (_closes(sentences[0], words=words) and _sums_up(text, words=words))
    ):
        # 已办结8个 counts things, it does not close the item; a completion before other news is one step of several.
        return True
    # A completion in the last clause speaks of the whole.
    last = re.split(r"[，,；;]", sentences[-1].rstrip("。；;！"))[-1]
    ended = words.pattern("status_done_last").search(last)
    return ended is not None and not denied and not _COUNTED.match(last[ended.end() :])


#: 已办结十一个 counts things, and 完成全年目标的92.5% a part: they close nothing.
_COUNTED = re.compile(rf"的?{_SHARE}|了?\s*[\d一二两三四五六七八九十](?![\d.]{{1,7}}[%％])")


def _closes(text: str, *, words: Words) -> bool:
    """Whether a completion in the text speaks of the whole and not of a number of things."""
    return any(not _COUNTED.match(text[found.end() :]) for found in words.pattern("status_done_strong").finditer(text))


def _sums_up(text: str, *, words: Words) -> bool:
    """Whether everything behind the first sentence only tells what the completion came to (惠及6家，金额118万元)."""
    later = [piece.text for piece in split(text)][1:]
    return all(words.pattern("status_done_sum").match(piece) for piece in later)
