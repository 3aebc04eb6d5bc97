"""The filings of a month and its duties -> where each unit stands, with the records in force."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from pipeline.model import (
    DueDay,
    Duty,
    Extension,
    Locus,
    MailKind,
    Plan,
    Quantity,
    Remark,
    ReportRecord,
    Role,
    Standing,
    Status,
    StoredFiling,
    Unit,
    UnitMonth,
)
from pipeline.plan.duties import duties_of, last_day_of, unit_names

_REPORTS = frozenset({MailKind.REPORT, MailKind.SUPPLEMENT, MailKind.CORRECTION})


@dataclass(slots=True)
class _Desk:
    """What is in force for one unit while its mails are laid on the desk in order of receipt."""

    records: dict[int, ReportRecord] = field(default_factory=dict)
    #: Items of which only a supplement came so far: the report they add to may still be under way.
    early: set[int] = field(default_factory=set)
    problems: list[Remark] = field(default_factory=list)
    next_steps: list[Remark] = field(default_factory=list)
    off_plan: list[Remark] = field(default_factory=list)
    zero: bool = False
    support: bool = False


def unit_months(
    period: str,
    *,
    plan: Plan,
    units: tuple[Unit, ...],
    filings: tuple[StoredFiling, ...],
    extensions: tuple[Extension, ...],
    due: DueDay,
) -> tuple[UnitMonth, ...]:
    """Where every unit stands in one month.

    Only filings that count (no open or refused question holds them) change a standing. Mails are taken in order of
    receipt, the same mail once:

    - a plain report puts its items in force; a second plain report replaces them item by item;
    - a supplement adds: its text is appended to the item's, its figures are merged (a figure told twice stays one);
      one that overtook its report is kept and joined to it;
    - a correction replaces item by item what it repeats. Items that it leaves out stay in force, because clerks
      correct single lines («更正第9条»), unless it repeats more than half of the items in force: then it is the whole
      report again, and what it leaves out is withdrawn;
    - doubtful records answer nothing and show nowhere before they are confirmed;
    - a zero report answers all duties until a report with content follows; a confirmation answers 配合 duties.

    The first receipt time is that of the earliest mail that counts and never moves later; a unit is late when it
    lies behind ``due.until`` or behind its extension. A report without readable content makes a unit ``partial``
    with everything missing: it came, and it is not blamed for silence. An exempt unit owes nothing: it
    is ``none`` with its reason when it was silent, ``complete`` when it reported all the same.

    Args:
        period: Month reported on.
        plan: The whole plan; the month's version is picked here.
        units: The directory; filings and plan names are resolved through its aliases.
        filings: All that the ledger holds; other months and other kinds are ignored here.
        extensions: Granted by the office; the latest one of a unit holds.
        due: Due day of the month.

    Returns:
        One value a unit that has duties or sent something, in the order of the directory, unknown names last.
    """
    names = unit_names(units, last_day_of(period))
    duties = duties_of(plan, units, period)
    spared = {unit.name for unit in units if not unit.chased}
    exempt = {unit.name: dict(unit.exempt)[period] for unit in units if period in dict(unit.exempt)}
    mine: dict[str, list[StoredFiling]] = {}
    for stored in _in_order(filings):
        if stored.filing.unit is not None:
            mine.setdefault(names.get(stored.filing.unit, stored.filing.unit), []).append(stored)
    owed: dict[str, list[Duty]] = {}
    for duty in duties:
        owed.setdefault(duty.unit, []).append(duty)
    sent = [name for name, stored in mine.items() if any(_reports_on(one, period) for one in stored)]
    order = [*(unit.name for unit in units), *owed, *sent]
    return tuple(
        _unit_month(
            name,
            period,
            duties=tuple(owed.get(name, ())),
            filings=mine.get(name, []),
            until=_extension(name, period, extensions, names),
            due=due,
            exempt=exempt.get(name, ""),
            chased=name not in spared,
        )
        for name in dict.fromkeys(order)
        if name in owed or name in sent
    )


def _in_order(filings: Iterable[StoredFiling]) -> list[StoredFiling]:
    """By receipt; the same mail seen in two folders is one, and one that counts wins over its copy that does not."""
    first: dict[str, StoredFiling] = {}
    for stored in sorted(filings, key=lambda one: (one.received_at, one.filing.digest)):
        known = first.get(stored.filing.digest)
        if known is None:
            first[stored.filing.digest] = stored
        elif stored.counts and not known.counts:
            # The first receipt time belongs to the mail, not to the copy that was confirmed.
            first[stored.filing.digest] = replace(stored, received_at=known.received_at)
    return sorted(first.values(), key=lambda one: (one.received_at, one.filing.digest))


def _reports_on(stored: StoredFiling, period: str) -> bool:
    return stored.filing.period == period and stored.filing.kind in _REPORTS


def _extension(name: str, period: str, extensions: tuple[Extension, ...], names: dict[str, str]) -> date | None:
    granted = [one.until for one in extensions if one.period == period and names.get(one.unit, one.unit) == name]
    return max(granted, default=None)


def _unit_month(
    name: str,
    period: str,
    *,
    duties: tuple[Duty, ...],
    filings: list[StoredFiling],
    until: date | None,
    due: DueDay,
    exempt: str,
    chased: bool,
) -> UnitMonth:
    counting = [stored for stored in filings if stored.counts and _reports_on(stored, period)]
    desk = _Desk()
    for stored in counting:
        _lay(desk, stored)
    if exempt:
        duties = ()
    missing = tuple(sorted(duty.item for duty in duties if not _answered(duty, desk)))
    support = {duty.item for duty in duties if duty.role is Role.SUPPORT}
    first = counting[0].received_at if counting else None
    limit = max(due.until, datetime.combine(until, due.until.timetz())) if until else due.until
    return UnitMonth(
        unit=name,
        period=period,
        standing=_standing(missing, came=bool(counting), exempt=bool(exempt)),
        waiting=any(_waits(stored, period, due=due) for stored in filings),
        missing_items=tuple(item for item in missing if item not in support),
        missing_support_items=tuple(item for item in missing if item in support),
        duties=duties,
        first_received=first,
        late=first is not None and not exempt and first > limit,
        zero_report=desk.zero,
        mails=tuple(stored.mail for stored in counting),
        records=tuple(desk.records[item] for item in sorted(desk.records)),
        problems=tuple(desk.problems),
        next_steps=tuple(desk.next_steps),
        off_plan=tuple(desk.off_plan),
        stamped=any(stored.filing.stamped for stored in counting),
        extended_until=until,
        exempt=exempt,
        chased=chased,
    )


def _standing(missing: tuple[int, ...], *, came: bool, exempt: bool) -> Standing:
    if not came:
        return Standing.NONE
    return Standing.COMPLETE if exempt or not missing else Standing.PARTIAL


def _waits(stored: StoredFiling, period: str, *, due: DueDay) -> bool:
    """An open question hangs on this mail, and the mail is about this month or may be."""
    if not stored.open_questions:
        return False
    if stored.filing.period is not None:
        return stored.filing.period == period
    # A mail without a month belongs to the month whose reports were due when it came.
    day = last_day_of(period)
    following = (day.year + day.month // 12, day.month % 12 + 1)
    received = stored.received_at.astimezone(due.until.tzinfo)
    return (received.year, received.month) == following


def _answered(duty: Duty, desk: _Desk) -> bool:
    return desk.zero or duty.item in desk.records or (duty.role is Role.SUPPORT and desk.support)


# --------------------------------------------------------------------------- laying one mail on the desk


def _lay(desk: _Desk, stored: StoredFiling) -> None:
    filing = stored.filing
    fresh: dict[int, ReportRecord] = {}
    for record in filing.records:
        if not record.doubtful:
            item = record.match.item
            fresh[item] = _joined(fresh[item], record) if item in fresh else record
    adds = filing.kind is MailKind.SUPPLEMENT
    if filing.kind is MailKind.CORRECTION and _whole_again(desk.records, fresh):
        desk.records, desk.problems, desk.next_steps, desk.off_plan = {}, [], [], []
    for item, record in fresh.items():
        known = desk.records.get(item)
        if known and adds:
            desk.records[item] = _joined(known, record)
        elif known and item in desk.early and filing.kind is MailKind.REPORT:
            desk.records[item] = _joined(record, known)
        else:
            desk.records[item] = record
        if adds and not known:
            desk.early.add(item)
        elif not adds:
            desk.early.discard(item)
    gone = frozenset() if adds else frozenset(fresh)
    desk.problems = _remarks(desk.problems, filing.problems, gone)
    desk.next_steps = _remarks(desk.next_steps, filing.next_steps, gone)
    desk.off_plan = _remarks(desk.off_plan, filing.off_plan, frozenset())
    if filing.zero_report:
        desk.zero = True
    elif fresh and not adds:
        desk.zero = False
    desk.support = desk.support or filing.support_confirmed


def _whole_again(known: dict[int, ReportRecord], fresh: dict[int, ReportRecord]) -> bool:
    return 2 * len(known.keys() & fresh.keys()) > len(known)


def _remarks(known: list[Remark], fresh: tuple[Remark, ...], gone: frozenset[int]) -> list[Remark]:
    """Remarks in force: those on replaced items give way, the same words stay once."""
    kept = [one for one in known if not one.items or not gone.issuperset(one.items)]
    words = {one.text for one in kept}
    return kept + [one for one in fresh if one.text not in words]


def _joined(known: ReportRecord, added: ReportRecord) -> ReportRecord:
    """One record out of two passages on one item: text appended, figures merged, the later status unless unsaid."""
    if added.progress in known.progress:
        progress = known.progress
    else:
        progress = f"{known.progress}\n{added.progress}" if known.progress else added.progress
    return ReportRecord(
        match=max(known.match, added.match, key=lambda match: match.confidence),
        progress=progress,
        status=_later_status(known.status, added.status),
        quantities=_figures(known.quantities, added.quantities),
        loci=_places(known.loci, added.loci),
    )


def _later_status(known: Status, added: Status) -> Status:
    """What was done stays done; otherwise the later word holds."""
    return known if known is Status.DONE else added


def _figures(known: tuple[Quantity, ...], added: tuple[Quantity, ...]) -> tuple[Quantity, ...]:
    told = {(one.value, one.unit, one.of, one.scope) for one in known}
    return (*known, *(one for one in added if (one.value, one.unit, one.of, one.scope) not in told))


def _places(known: tuple[Locus, ...], added: tuple[Locus, ...]) -> tuple[Locus, ...]:
    return tuple(dict.fromkeys((*known, *added)))
