"""Mails from files → what ``read --json`` prints: the reading line alone, changing nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

from pipeline.adapters.guard import Understander, guarded
from pipeline.adapters.source import arrival
from pipeline.digest.foreign import one_line
from pipeline.digest.views import figures_of
from pipeline.digest.wording import STATUS, kind_name
from pipeline.mail.screen import screen
from pipeline.model import Clue, Filing, Knowledge, MailKind, Memory, Opened, Remark, ReportRecord


def read_mails(
    paths: Iterable[Path],
    *,
    opener: Callable[[bytes, str], Opened],
    knowledge: Callable[[datetime], Knowledge],
    zone: tzinfo,
    say: Callable[[str], None] = lambda _line: None,
    meaning: Understander = guarded,
) -> tuple[tuple[str, datetime, Opened, Filing], ...]:
    """Read mails in the order of their arrival; what one report says helps with the next of its unit.

    Args:
        paths: Files, each one mail; folders stand for the .eml files in them.
        opener: Opens one mail: bytes and digest in.
        knowledge: What the office knew at an instant.
        zone: The office's.
        say: Called with a line before each mail.
        meaning: Tells what a mail means, within a budget.

    Returns:
        (file name, arrival, what its files said, what it means).
    """
    files = [file for path in paths for file in (sorted(path.rglob("*.eml")) if path.is_dir() else (path,))]
    mails = []
    for file in files:
        data = file.read_bytes()
        at = arrival(data) or datetime.fromtimestamp(file.stat().st_mtime, UTC)
        mails.append((at.astimezone(zone), file.name, data))
    found = []
    earlier: list[tuple[str, int, str]] = []
    for at, name, data in sorted(mails, key=lambda mail: (mail[0], mail[1])):
        say(f"读 {name}")
        known = knowledge(at)
        known = replace(known, memory=Memory(known.memory.lessons, (*known.memory.earlier, *earlier)))
        opened = opener(data, hashlib.sha256(data).hexdigest())
        screening = screen(opened.letter, own=known.own, own_ids=frozenset(sent.message_id for sent in known.sent))
        filing = meaning(opened, received_at=at, screening=screening, knowledge=known)
        if filing.kind != MailKind.OTHER and filing.sender_known:
            earlier += [
                (filing.unit or "", record.match.item, record.progress)
                for record in filing.records
                if not record.doubtful
            ]
        found.append((name, at, opened, filing))
    return tuple(found)


def as_data(name: str, at: datetime, opened: Opened, filing: Filing) -> dict[str, Any]:
    """One mail as programs read it; the first nine keys are those of a labelled set."""
    return {
        "mail": name,
        "kind": filing.kind.value,
        "unit": filing.unit,
        "period": filing.period,
        "stamped": filing.stamped,
        "items": [_record(record) for record in filing.records],
        "problems": [_remark(remark) for remark in filing.problems],
        "next_steps": [_remark(remark) for remark in filing.next_steps],
        "off_plan": [remark.text for remark in filing.off_plan],
        "other": filing.other.value,
        "digest": filing.digest,
        "received_at": at.isoformat(),
        "subject": opened.letter.subject,
        "sender": opened.letter.sender.addr if opened.letter.sender else None,
        "sender_known": filing.sender_known,
        "zero_report": filing.zero_report,
        "support_confirmed": filing.support_confirmed,
        "evidence": {
            "kind": [_clue(clue) for clue in filing.kind_clues],
            "unit": [_clue(clue) for clue in filing.unit_clues],
            "period": [_clue(clue) for clue in filing.period_clues],
        },
        "questions": [
            {
                "kind": question.kind.value,
                "place": question.place,
                "text": question.text,
                "suggestion": question.suggestion,
                "options": list(question.options),
                "holds": question.holds,
            }
            for question in filing.questions
        ],
        "unreadable": [
            {"part": one.part, "name": one.name, "trouble": one.trouble.value, "message": one.message}
            for one in filing.unreadable
        ],
        "warnings": list(filing.warnings),
    }


def _record(record: ReportRecord) -> dict[str, Any]:
    return {
        "item": record.match.item,
        "progress": record.progress,
        "status": record.status.value,
        "quantities": [
            {
                "value": int(figure.value) if figure.value == int(figure.value) else figure.value,
                "unit": figure.unit,
                "of": figure.of,
                "scope": figure.scope.value,
                "approximate": figure.approximate,
                "text": figure.text,
                "part": figure.locus.part,
                "place": figure.locus.place,
            }
            for figure in record.quantities
        ],
        "confidence": round(record.match.confidence, 4),
        "doubtful": record.doubtful,
        "because": [_clue(clue) for clue in record.match.clues],
        "rival": record.match.rival,
        "loci": [{"part": locus.part, "place": locus.place} for locus in record.loci],
    }


def _remark(remark: Remark) -> dict[str, Any]:
    return {"text": remark.text, "items": list(remark.items), "part": remark.locus.part, "place": remark.locus.place}


def _clue(clue: Clue) -> dict[str, Any]:
    return {"value": clue.value, "weight": round(clue.weight, 3), "because": clue.because}


def as_lines(name: str, at: datetime, opened: Opened, filing: Filing) -> tuple[str, ...]:
    """One mail for people."""
    kind = kind_name(filing.kind, filing.other)
    head = f"{name}  {at:%Y-%m-%d %H:%M}  {kind}  {filing.unit or '单位不明'}  {filing.period or ''}"
    lines = [head + ("  有章" if filing.stamped else ""), f"    《{opened.letter.subject}》"]
    for record in filing.records:
        figures = "；".join(figures_of(record.progress, record.quantities))
        told = one_line(record.progress, 60) + (f"  数据：{figures}" if figures else "")
        mark = "？" if record.doubtful else " "
        about = f"第{record.match.item}项 〔{STATUS[record.status]}〕"
        lines.append(f"  {mark}{about}{told}")
    lines += [f"    问题：{remark.text[:80]}" for remark in filing.problems]
    lines += [f"    下一步：{remark.text[:80]}" for remark in filing.next_steps]
    lines += [f"    待确认：{question.text}" for question in filing.questions]
    lines += [f"    未能读取：{one.message}" for one in filing.unreadable]
    return tuple(lines)
