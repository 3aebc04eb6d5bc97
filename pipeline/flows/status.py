"""The facts of a month → what ``status --json`` prints, and the same as lines for people."""

from __future__ import annotations

from typing import Any

from pipeline.digest.wording import month_name
from pipeline.model import Month, Standing, UnitMonth

_WORDS = {Standing.COMPLETE: "已报", Standing.PARTIAL: "部分", Standing.NONE: "未报"}


def as_data(month: Month) -> dict[str, Any]:
    """The shape that other programs rely on; see DESIGN's command line."""
    zone = month.due.until.tzinfo
    return {
        "period": month.period,
        "at": month.at.isoformat(),
        "due": month.due.day.isoformat(),
        "due_because": month.due.because,
        "units": [
            {
                "unit": unit.unit,
                "standing": unit.standing.value,
                "waiting": unit.waiting,
                "missing_items": list(unit.missing_items),
                "missing_support_items": list(unit.missing_support_items),
                "first_received": unit.first_received.astimezone(zone).isoformat() if unit.first_received else None,
                "late": unit.late,
                "zero_report": unit.zero_report,
                "mails": list(unit.mails),
                "stamped": unit.stamped,
                "paper_on": unit.paper_on.isoformat() if unit.paper_on else None,
                "items": sorted(record.match.item for record in unit.records),
                "extended_until": unit.extended_until.isoformat() if unit.extended_until else None,
                "exempt": unit.exempt,
            }
            for unit in month.units
        ],
        "series": [
            {
                "item": line.item,
                "unit": line.unit,
                "of": line.of,
                "measure": line.measure,
                "months": {period: _number(value) for period, value in line.months},
            }
            for line in month.series
        ],
        "findings": [
            {
                "kind": finding.kind,
                "item": finding.item,
                "units": list(finding.units),
                "months": list(finding.months),
                "because": finding.because,
            }
            for finding in month.findings
        ],
    }


def as_lines(month: Month) -> tuple[str, ...]:
    """The month on one screen: counts, then every unit with what it still owes."""
    named = [unit for unit in month.units if unit.duties or unit.mails or unit.exempt]
    words = ("已报", "部分", "待人工", "未报", *(("免报",) if any(map(_spared, named)) else ()))
    counts = {word: [unit for unit in named if label(unit) == word] for word in words}
    lines = [
        f"{month_name(month.period)}报送情况（截至 {month.at:%Y-%m-%d %H:%M}）",
        f"截止 {month.due.day.isoformat()}：{month.due.because}",
        "  ".join(f"{word} {len(units)}" for word, units in counts.items()),
        "",
    ]
    for word, units in counts.items():
        lines.extend(f"{word}  {unit.unit}{_detail(unit, month)}" for unit in units)
    if month.findings:
        lines += ["", "值得留意："]
        lines += [f"  {finding.because}" for finding in month.findings]
    return tuple(lines)


def label(unit: UnitMonth) -> str:
    """已报 / 部分 / 未报 / 待人工 / 免报: one word for where a unit stands."""
    if _spared(unit):
        return "免报"
    if unit.waiting and unit.standing == Standing.NONE:
        return "待人工"
    return _WORDS[unit.standing]


def _spared(unit: UnitMonth) -> bool:
    return bool(unit.exempt) and unit.standing == Standing.NONE


def _detail(unit: UnitMonth, month: Month) -> str:
    parts = [unit.exempt] if unit.exempt else []
    if unit.first_received:
        zone = month.due.until.tzinfo
        parts.append(f"{unit.first_received.astimezone(zone):%m-%d %H:%M} 首报{'（迟报）' if unit.late else ''}")
    if unit.zero_report:
        parts.append("零报告")
    if unit.missing_items:
        parts.append(f"缺第 {'、'.join(map(str, unit.missing_items))} 项")
    if unit.missing_support_items:
        parts.append(f"配合事项未答复：第 {'、'.join(map(str, unit.missing_support_items))} 项")
    if unit.extended_until:
        parts.append(f"已同意延期至 {unit.extended_until.isoformat()}")
    if unit.paper_on:
        parts.append(f"纸质件 {unit.paper_on:%m-%d} 登记")
    if unit.waiting and unit.standing != Standing.NONE:
        parts.append("有问题待确认")
    return f"：{'；'.join(parts)}" if parts else ""


def _number(value: float) -> int | float:
    """187 rather than 187.0."""
    return int(value) if value == int(value) else value
