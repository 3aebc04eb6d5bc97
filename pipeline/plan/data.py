"""A plan -> plain data (for YAML and JSON) and back, without loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pipeline.errors import PlanError, Problem
from pipeline.model import Plan, PlanItem, Role, RosterEntry, Target, TargetKind

#: Name under which problems are listed when the caller does not know a better one.
FILE = "config/plan.yaml"
_TOP = frozenset({"title", "number", "issued_on", "items", "rosters", "targets"})
_ITEM = frozenset(
    {
        *("number", "title", "text", "section", "group", "task_force", "units", "roster", "roster_role"),
        *("targets", "terms", "since", "until"),
    }
)
_TARGET = frozenset({"kind", "of", "value", "measure", "start", "due", "stretch", "at_least"})
_ROSTER = frozenset({"roster", "unit", "since", "until"})
_UNIT = frozenset({"unit", "role"})


def plan_to_data(plan: Plan) -> dict[str, Any]:
    """Plain data of a plan in the layout of ``config/plan.yaml``; fields that say nothing are left out.

    Args:
        plan: Any plan.

    Returns:
        Nested dicts and lists of strings, numbers and dates; :func:`plan_from_data` gives the same plan back.
    """
    data: dict[str, Any] = {"title": plan.title, "number": plan.number}
    if plan.issued_on:
        data["issued_on"] = plan.issued_on
    if plan.targets:
        data["targets"] = [_target_to_data(target) for target in plan.targets]
    data["items"] = [_item_to_data(item) for item in plan.items]
    data["rosters"] = [
        _without_nothing({"roster": entry.roster, "unit": entry.unit, "since": entry.since, "until": entry.until})
        for entry in plan.rosters
    ]
    return data


def plan_from_data(data: Mapping[str, Any], *, file: str = FILE) -> Plan:
    """The plan that plain data describe.

    Args:
        data: What a YAML or JSON reader gave; dates may be ISO strings.
        file: Name printed in front of every problem.

    Raises:
        PlanError: with every problem at once: unknown keys, wrong types, unknown roles or kinds, doubled numbers.
    """
    plan, problems = plan_and_problems(data, file=file)
    if problems:
        raise PlanError(f"{file} 有 {len(problems)} 处问题，请逐条改正后再试。", problems=problems)
    return plan


def plan_and_problems(data: Mapping[str, Any], *, file: str = FILE) -> tuple[Plan, tuple[Problem, ...]]:
    """The plan as far as plain data describe one, and all that is wrong with them; see :func:`plan_from_data`."""
    reader = _Reader(file)
    reader.only(data, _TOP, "顶层")
    items = tuple(reader.item(entry, index) for index, entry in enumerate(reader.rows(data, "items", "顶层"), 1))
    rosters = tuple(reader.roster(entry, index) for index, entry in enumerate(reader.rows(data, "rosters", "顶层"), 1))
    plan = Plan(
        title=reader.text(data, "title", "顶层"),
        number=reader.text(data, "number", "顶层"),
        issued_on=reader.day(data, "issued_on", "顶层"),
        items=items,
        rosters=rosters,
        targets=tuple(reader.target(entry, "总目标") for entry in reader.rows(data, "targets", "顶层")),
    )
    for message in contradictions(plan):
        reader.say(message)
    return plan, tuple(reader.problems)


def plan_to_shown(plan: Plan) -> list[dict[str, Any]]:
    """The items as ``plan show --json`` prints them: JSON types only, a roster shown in place of its units."""
    return [
        {
            "number": item.number,
            "title": item.title,
            "text": item.text,
            "section": item.section,
            "group": item.group,
            "task_force": item.task_force,
            "units": [
                *([name, role.value] for name, role in item.units),
                *([[item.roster, item.roster_role.value]] if item.roster else []),
            ],
            "targets": [_target_to_shown(target) for target in item.targets],
            "since": item.since.isoformat() if item.since else None,
            "until": item.until.isoformat() if item.until else None,
        }
        for item in plan.items
    ]


def contradictions(plan: Plan) -> tuple[str, ...]:
    """What in a plan contradicts itself: versions of one item that overlap, a unit twice, an end before its start."""
    found = []
    seen: dict[int, list[PlanItem]] = {}
    for item in plan.items:
        where = f"第{item.number}条"
        if item.since and item.until and item.until < item.since:
            found.append(f"{where}：until（{item.until}）早于 since（{item.since}），请核对日期。")
        if any(_overlap(item, other) for other in seen.get(item.number, [])):
            found.append(f"{where}出现两次且生效时间重叠；同一编号的两个版本须用 since/until 分开。")
        seen.setdefault(item.number, []).append(item)
        names = [name for name, _ in item.units]
        found.extend(
            f"{where}：单位“{name}”列了不止一次，请只保留一种分工。"
            for name in dict.fromkeys(names)
            if names.count(name) > 1
        )
    return tuple(found)


def _overlap(one: PlanItem, other: PlanItem) -> bool:
    return (one.since or date.min) <= (other.until or date.max) and (other.since or date.min) <= (one.until or date.max)


def _without_nothing(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if value not in (None, "", [], False)}


def _number(value: float) -> int | float:
    return int(value) if value == int(value) else value


def _target_to_data(target: Target) -> dict[str, Any]:
    row: dict[str, Any] = {"kind": target.kind.value, "of": target.of}
    if target.value is not None:
        row["value"] = _number(target.value)
    if target.measure:
        row["measure"] = target.measure
    if target.start is not None:
        row["start"] = _number(target.start)
    return row | _without_nothing({"due": target.due, "stretch": target.stretch, "at_least": target.at_least})


def _target_to_shown(target: Target) -> dict[str, Any]:
    return {
        "kind": target.kind.value,
        "of": target.of,
        "value": None if target.value is None else _number(target.value),
        "measure": target.measure,
        "start": None if target.start is None else _number(target.start),
        "due": target.due.isoformat() if target.due else None,
        "stretch": target.stretch,
        "at_least": target.at_least,
    }


def _item_to_data(item: PlanItem) -> dict[str, Any]:
    row = {"number": item.number, "title": item.title, "section": item.section}
    return row | _without_nothing(
        {
            "group": item.group,
            "task_force": item.task_force,
            "units": [{"unit": name, "role": role.value} for name, role in item.units],
            "roster": item.roster,
            "roster_role": item.roster_role.value if item.roster_role is not Role.RESPONSIBLE else None,
            "targets": [_target_to_data(target) for target in item.targets],
            "terms": list(item.terms),
            "text": item.text,
            "since": item.since,
            "until": item.until,
        }
    )


class _Reader:
    """Reads typed fields out of plain data and collects every problem on the way."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def say(self, message: str) -> None:
        self.problems.append(Problem(self.file, 0, message))

    def only(self, row: Mapping[str, Any], known: frozenset[str], where: str) -> None:
        for key in row:
            if key not in known:
                self.say(f"{where}：不认识的键“{key}”；可用的键：{'、'.join(sorted(known))}。")

    def text(self, row: Mapping[str, Any], key: str, where: str) -> str:
        value = row.get(key)
        if value is None:
            return ""
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return str(value)
        self.say(f"{where}：“{key}”应是文字，现为 {value!r}。")
        return ""

    def words(self, row: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
        return tuple(str(entry) for entry in self._list(row, key, where))

    def rows(self, row: Mapping[str, Any], key: str, where: str) -> tuple[Mapping[str, Any], ...]:
        entries = self._list(row, key, where)
        for entry in entries:
            if not isinstance(entry, Mapping):
                self.say(f"{where}：“{key}”里的 {entry!r} 应写成“键: 值”的形式。")
        return tuple(entry for entry in entries if isinstance(entry, Mapping))

    def _list(self, row: Mapping[str, Any], key: str, where: str) -> Sequence[Any]:
        value = row.get(key)
        if value is None:
            return ()
        if isinstance(value, Sequence) and not isinstance(value, str):
            return value
        self.say(f"{where}：“{key}”应是列表，现为 {value!r}。")
        return ()

    def day(self, row: Mapping[str, Any], key: str, where: str) -> date | None:
        value = row.get(key)
        if value is None or value == "":
            return None
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.say(f"{where}：“{key}”应是日期，如 2022-12-31，现为 {value!r}。")
            return None

    def figure(self, row: Mapping[str, Any], key: str, where: str) -> float | None:
        value = row.get(key)
        if value is None:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        self.say(f"{where}：“{key}”应是数字，现为 {value!r}。")
        return None

    def flag(self, row: Mapping[str, Any], key: str, where: str) -> bool:
        value = row.get(key, False)
        if not isinstance(value, bool):
            self.say(f"{where}：“{key}”应是 true 或 false，现为 {value!r}。")
        return value is True

    def role(self, row: Mapping[str, Any], key: str, where: str) -> Role:
        value = row.get(key, Role.RESPONSIBLE.value)
        if value in [role.value for role in Role]:
            return Role(value)
        self.say(f"{where}：分工“{value}”不认识，应为 {'、'.join(role.value for role in Role)} 之一。")
        return Role.RESPONSIBLE

    def target(self, row: Mapping[str, Any], where: str) -> Target:
        self.only(row, _TARGET, where)
        kind = row.get("kind")
        if kind not in [known.value for known in TargetKind]:
            self.say(f"{where}：目标类型“{kind}”不认识，应为 {'、'.join(known.value for known in TargetKind)} 之一。")
            kind = TargetKind.MILESTONE.value
        return Target(
            kind=TargetKind(kind),
            of=self.text(row, "of", where),
            value=self.figure(row, "value", where),
            measure=self.text(row, "measure", where),
            start=self.figure(row, "start", where),
            due=self.day(row, "due", where),
            stretch=self.flag(row, "stretch", where),
            at_least=self.flag(row, "at_least", where),
        )

    def item(self, row: Mapping[str, Any], index: int) -> PlanItem:
        number = row.get("number")
        where = f"第{number}条" if number is not None else f"items 第{index}项"
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            self.say(f"{where}：number 应是正整数。")
            number = index
        self.only(row, _ITEM, where)
        title = self.text(row, "title", where)
        if not title:
            self.say(f"{where}：缺少标题 title。")
        units = []
        for entry in self.rows(row, "units", where):
            self.only(entry, _UNIT, where)
            name = self.text(entry, "unit", where)
            if not name:
                self.say(f"{where}：units 里有一项没有写单位名称。")
            units.append((name, self.role(entry, "role", where)))
        return PlanItem(
            number=number,
            title=title,
            text=self.text(row, "text", where),
            section=self.text(row, "section", where),
            group=self.text(row, "group", where) or None,
            task_force=self.text(row, "task_force", where) or None,
            units=tuple(units),
            roster=self.text(row, "roster", where) or None,
            roster_role=self.role(row, "roster_role", where),
            targets=tuple(self.target(entry, where) for entry in self.rows(row, "targets", where)),
            terms=self.words(row, "terms", where),
            since=self.day(row, "since", where),
            until=self.day(row, "until", where),
        )

    def roster(self, row: Mapping[str, Any], index: int) -> RosterEntry:
        where = f"rosters 第{index}项"
        self.only(row, _ROSTER, where)
        name, unit = self.text(row, "roster", where), self.text(row, "unit", where)
        if not name or not unit:
            self.say(f"{where}：roster 和 unit 都要写。")
        return RosterEntry(name, unit, self.day(row, "since", where), self.day(row, "until", where))
