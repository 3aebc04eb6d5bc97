"""A plan and a month -> who owes what: versions and rosters in force, one duty a unit and item."""

from __future__ import annotations

import calendar
from dataclasses import replace
from datetime import date
from functools import lru_cache

from pipeline.model import Duty, Plan, RosterEntry, Unit


def last_day_of(period: str) -> date:
    """Last day of a month ``YYYY-MM``."""
    year, month = int(period[:4]), int(period[5:7])
    return date(year, month, calendar.monthrange(year, month)[1])


def plan_on(plan: Plan, day: date) -> Plan:
    """The plan as it stands on one day: item versions and roster members in force (both ends count)."""
    return replace(
        plan,
        items=tuple(item for item in plan.items if _holds(item.since, item.until, day)),
        rosters=tuple(entry for entry in plan.rosters if _holds(entry.since, entry.until, day)),
    )


def plan_of(plan: Plan, period: str) -> Plan:
    """The plan by which a month is judged: as on the last day of the month reported *on*, whenever one asks."""
    return plan_on(plan, last_day_of(period))


@lru_cache(maxsize=64)
def duties_of(plan: Plan, units: tuple[Unit, ...], period: str) -> tuple[Duty, ...]:
    """Every duty of one month.

    Args:
        plan: The whole plan; the version of the month is picked here.
        units: The directory; a plan that still uses an old name or an alias is understood through it, and a name
            that the directory does not know keeps its duties under the plan's own wording.
        period: Month reported on.

    Returns:
        One duty a unit and item, in the order of the plan; a unit named twice keeps its first role, and a unit both
        named and on the roster of an item has one duty.
    """
    day = last_day_of(period)
    names = unit_names(units, day)
    current = plan_on(plan, day)
    duties: dict[tuple[str, int], Duty] = {}
    for item in current.items:
        members = [(entry.unit, item.roster_role) for entry in _members(current.rosters, item.roster)]
        for name, role in (*item.units, *members):
            unit = names.get(name, name)
            duties.setdefault((unit, item.number), Duty(unit, item.number, role, period))
    return tuple(duties.values())


def unit_names(units: tuple[Unit, ...], day: date) -> dict[str, str]:
    """Every name that means a unit on that day -> its name in the directory; a name that could mean two is left out.

    Names that held once still lead to the unit (a plan is not rewritten at a rename); one in force wins over them.
    """
    found: dict[str, str] = {}
    for tier in (_past_aliases, _present_aliases, _full_name, _own_name):
        owners: dict[str, set[str]] = {}
        for unit in units:
            for name in tier(unit, day):
                owners.setdefault(name, set()).add(unit.name)
        found |= {name: next(iter(some)) for name, some in owners.items() if name and len(some) == 1}
    return found


def _past_aliases(unit: Unit, day: date) -> list[str]:
    return [alias.name for alias in unit.aliases if not _holds(alias.since, alias.until, day)]


def _present_aliases(unit: Unit, day: date) -> list[str]:
    return [alias.name for alias in unit.aliases if _holds(alias.since, alias.until, day)]


def _full_name(unit: Unit, _: date) -> list[str]:
    return [unit.full_name]


def _own_name(unit: Unit, _: date) -> list[str]:
    return [unit.name]


def gaps(plan: Plan) -> tuple[str, ...]:
    """Chinese sentences for what nobody owes: empty rosters and items without any unit.

    Args:
        plan: A plan in force on some day (see :func:`plan_on`).
    """
    empty: dict[str, list[int]] = {}
    orphans = []
    for item in plan.items:
        if item.roster and not _members(plan.rosters, item.roster):
            empty.setdefault(item.roster, []).append(item.number)
        elif not item.units and not item.roster:
            orphans.append(f"第{item.number}条（{item.title}）没有承担单位，请在 config/plan.yaml 中补上。")
    return (
        *(
            f"第{'、'.join(map(str, numbers))}条由“{name}”承担，名单还是空的，暂无单位应报；"
            "请在 config/plan.yaml 的 rosters 中填写。"
            for name, numbers in empty.items()
        ),
        *orphans,
    )


def _members(rosters: tuple[RosterEntry, ...], name: str | None) -> tuple[RosterEntry, ...]:
    """Entries of a roster; an item that names several groups (甲成员单位、各乡镇) takes the members of each."""
    if not name:
        return ()
    wanted = {name, *name.split("、")}
    return tuple(entry for entry in rosters if entry.roster in wanted)


def _holds(since: date | None, until: date | None, day: date) -> bool:
    return (since is None or since <= day) and (until is None or day <= until)
