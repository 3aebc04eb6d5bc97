"""Two plans -> what changed between them, and one plan in which the change takes effect by date."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from pipeline.errors import PlanError, Problem
from pipeline.model import Plan, PlanItem, Role, RosterEntry, Target, TargetKind
from pipeline.plan.duties import plan_on

#: Fields that a change of is told by its own name.
_FIELDS = (
    ("title", "标题"),
    ("section", "所在部分"),
    ("group", "行业"),
    ("task_force", "专班"),
    ("text", "正文"),
)


@dataclass(frozen=True, slots=True)
class ItemChange:
    """What changed in one item."""

    number: int
    title: str
    #: Plain fields: (name in Chinese, old, new).
    fields: tuple[tuple[str, str, str], ...]
    #: Units that came and went, with their role.
    units_added: tuple[tuple[str, Role], ...]
    units_removed: tuple[tuple[str, Role], ...]
    #: (unit, old role, new role).
    roles: tuple[tuple[str, Role, Role], ...]
    targets_added: tuple[Target, ...]
    targets_removed: tuple[Target, ...]

    def __bool__(self) -> bool:
        """True when anything changed."""
        return bool(
            self.fields
            or self.units_added
            or self.units_removed
            or self.roles
            or self.targets_added
            or self.targets_removed
        )


@dataclass(frozen=True, slots=True)
class PlanDiff:
    """What changed from one plan to another."""

    #: Plan-wide fields: (name in Chinese, old, new).
    heads: tuple[tuple[str, str, str], ...]
    added: tuple[PlanItem, ...]
    removed: tuple[PlanItem, ...]
    changed: tuple[ItemChange, ...]
    targets_added: tuple[Target, ...] = ()
    targets_removed: tuple[Target, ...] = ()
    rosters_added: tuple[RosterEntry, ...] = ()
    rosters_removed: tuple[RosterEntry, ...] = ()

    def __bool__(self) -> bool:
        """True when anything changed."""
        return bool(
            self.heads
            or self.added
            or self.removed
            or self.changed
            or self.targets_added
            or self.targets_removed
            or self.rosters_added
            or self.rosters_removed
        )

    def lines(self) -> tuple[str, ...]:
        """The change as Chinese lines, one fact a line."""
        if not self:
            return ("没有变化。",)
        lines = [f"{name}：{_shown(old)} → {_shown(new)}" for name, old, new in self.heads]
        lines += [f"总目标 增加：{target_line(target)}" for target in self.targets_added]
        lines += [f"总目标 取消：{target_line(target)}" for target in self.targets_removed]
        lines += [f"新增 第{item.number}条 {item.title}（{_who(item)}）" for item in self.added]
        lines += [f"取消 第{item.number}条 {item.title}（{_who(item)}）" for item in self.removed]
        for change in self.changed:
            lines += _change_lines(change)
        lines += [f"名单“{entry.roster}”增加 {entry.unit}" for entry in self.rosters_added]
        lines += [f"名单“{entry.roster}”减少 {entry.unit}" for entry in self.rosters_removed]
        return tuple(lines)


def diff(old: Plan, new: Plan) -> PlanDiff:
    """What changed from ``old`` to ``new``; items are compared by number.

    Both are plans in force on one day (:func:`pipeline.plan.duties.plan_on`). Terms are the office's own words and no
    part of the notice; a text that one side does not keep (facts-only plan file) is no change, nor is a roster that the
    new plan does not list (a notice rarely repeats the office's rosters).

    Raises:
        PlanError: when a plan holds two versions of one item at once.
    """
    before, after = _by_number(old, "旧计划"), _by_number(new, "新计划")
    changes = [_item_change(before[number], after[number]) for number in sorted(before.keys() & after.keys())]
    heads = (
        ("计划名称", old.title, new.title),
        ("文号", old.number, new.number),
        ("成文日期", str(old.issued_on or ""), str(new.issued_on or "")),
    )
    return PlanDiff(
        heads=tuple(head for head in heads if head[1] != head[2]),
        added=tuple(after[number] for number in sorted(after.keys() - before.keys())),
        removed=tuple(before[number] for number in sorted(before.keys() - after.keys())),
        changed=tuple(change for change in changes if change),
        targets_added=tuple(target for target in new.targets if target not in old.targets),
        targets_removed=tuple(target for target in old.targets if target not in new.targets),
        rosters_added=tuple(entry for entry in new.rosters if (entry.roster, entry.unit) not in _members(old)),
        rosters_removed=tuple(
            entry
            for entry in old.rosters
            if entry.roster in {one.roster for one in new.rosters} and (entry.roster, entry.unit) not in _members(new)
        ),
    )


def amend(old: Plan, new: Plan, *, effective: date) -> Plan:
    """Both plans in one, the amendment in force from a day on: July is judged by July's plan.

    Items that changed or went get ``until`` the day before, their new versions and new items get ``since``. Terms that
    the office taught an item go over to its new version. Rosters that only the old plan filled stay as they are (a
    notice rarely repeats them).

    Args:
        old: The plan as configured, with whatever versions it holds already.
        new: The amended plan as read from its notice.
        effective: First day of the amendment.

    Raises:
        PlanError: when a version that begins after that day is configured already.
    """
    eve = effective - timedelta(days=1)
    current = plan_on(old, effective)
    later = sorted({item.number for item in old.items if item.since and item.since > effective})
    if later:
        raise PlanError(
            f"第{'、'.join(map(str, later))}条已有在 {effective} 之后生效的版本，不能再从 {effective} 起修订；"
            "请先处理较晚的修订。",
            problems=tuple(Problem("config/plan.yaml", 0, f"第{number}条的版本晚于 {effective}") for number in later),
        )
    change = diff(current, new)
    touched = {item.number for item in change.removed} | {item.number for item in change.changed}
    fresh_numbers = touched | {item.number for item in change.added}
    known = {item.number: item for item in current.items}
    texts = {item.number: item.text for item in new.items}
    kept: list[PlanItem] = []
    for item in old.items:
        ends = item.number in touched and item is known.get(item.number)
        if ends and item.since == effective:
            # The version of that very day is corrected, not ended before it began.
            continue
        if ends:
            kept.append(replace(item, until=eve))
        elif not item.text and item is known.get(item.number) and item.number in texts:
            # A facts-only plan file learns the wording.
            kept.append(replace(item, text=texts[item.number]))
        else:
            kept.append(item)
    for item in new.items:
        if item.number in fresh_numbers:
            before = known.get(item.number)
            terms = tuple(dict.fromkeys((*item.terms, *(before.terms if before else ()))))
            kept.append(replace(item, terms=terms, since=effective, until=before.until if before else item.until))
    return Plan(
        title=new.title,
        number=new.number,
        issued_on=new.issued_on,
        items=tuple(sorted(kept, key=lambda item: (item.number, item.since or date.min))),
        rosters=_amended_rosters(old, new, effective=effective),
        targets=new.targets or old.targets,
    )


def taught(new: Plan, old: Plan) -> Plan:
    """A plan read anew from its notice, with what the office taught the old one: terms and rosters.

    An import would else lose them. Terms go to the item of the same title, whatever its number; rosters that the new
    plan lists itself are taken from there.
    """
    terms: dict[str, tuple[str, ...]] = {}
    for item in old.items:
        terms[item.title] = tuple(dict.fromkeys((*terms.get(item.title, ()), *item.terms)))
    listed = {entry.roster for entry in new.rosters}
    return replace(
        new,
        items=tuple(
            replace(item, terms=tuple(dict.fromkeys((*item.terms, *terms.get(item.title, ()))))) for item in new.items
        ),
        rosters=(*new.rosters, *(entry for entry in old.rosters if entry.roster not in listed)),
    )


def target_line(target: Target) -> str:
    """A target as one Chinese phrase: ``新增 高新技术企业 1 家（2022-12-31 前）``."""
    value = "" if target.value is None else f"{target.value:g}"
    more = "以上" if target.at_least else ""
    figure = f"{value} {target.measure}{more}".strip()
    if target.kind is TargetKind.REDUCE and target.start is not None:
        figure = f"由 {target.start:g} {target.measure}到 {figure}"
    due = f"（{target.due} 前）" if target.due else ""
    stretch = "力争 " if target.stretch and target.kind is not TargetKind.STRETCH else ""
    return f"{stretch}{target.kind.value} {target.of} {figure}".rstrip() + due


def _amended_rosters(old: Plan, new: Plan, *, effective: date) -> tuple[RosterEntry, ...]:
    """Rosters that the amendment lists anew are dated; all others stay."""
    listed = {entry.roster for entry in new.rosters}
    wanted = {(entry.roster, entry.unit) for entry in new.rosters}
    entries: list[RosterEntry] = []
    for entry in old.rosters:
        open_ended = entry.until is None or entry.until >= effective
        if entry.roster in listed and open_ended and (entry.roster, entry.unit) not in wanted:
            if not (entry.since and entry.since >= effective):
                entries.append(replace(entry, until=effective - timedelta(days=1)))
        else:
            entries.append(entry)
    there = {(e.roster, e.unit) for e in entries if e.until is None or e.until >= effective}
    added = [replace(e, since=effective) for e in new.rosters if (e.roster, e.unit) not in there]
    return (*entries, *added)


def _members(plan: Plan) -> set[tuple[str, str]]:
    return {(entry.roster, entry.unit) for entry in plan.rosters}


def _by_number(plan: Plan, name: str) -> dict[int, PlanItem]:
    found: dict[int, PlanItem] = {}
    for item in plan.items:
        if item.number in found:
            raise PlanError(f"{name}的第{item.number}条同时有两个版本，请先选定日期（plan_on）再比较。")
        found[item.number] = item
    return found


def _item_change(old: PlanItem, new: PlanItem) -> ItemChange:
    fields = []
    for key, name in _FIELDS:
        before, after = getattr(old, key) or "", getattr(new, key) or ""
        if before != after and not (key == "text" and not (before and after)):
            fields.append((name, before, after))
    if (old.roster or "") != (new.roster or ""):
        fields.append(("未列名的承担单位", old.roster or "", new.roster or ""))
    elif old.roster and old.roster_role is not new.roster_role:
        fields.append((f"“{old.roster}”的分工", old.roster_role.value, new.roster_role.value))
    before_units, after_units = dict(old.units), dict(new.units)
    return ItemChange(
        number=old.number,
        title=new.title,
        fields=tuple(fields),
        units_added=tuple((name, role) for name, role in new.units if name not in before_units),
        units_removed=tuple((name, role) for name, role in old.units if name not in after_units),
        roles=tuple(
            (name, role, after_units[name])
            for name, role in old.units
            if name in after_units and after_units[name] is not role
        ),
        targets_added=tuple(target for target in new.targets if target not in old.targets),
        targets_removed=tuple(target for target in old.targets if target not in new.targets),
    )


def _change_lines(change: ItemChange) -> list[str]:
    head = f"修改 第{change.number}条 {change.title}："
    lines = []
    for name, old, new in change.fields:
        if name == "正文":
            lines.append(f"{head}正文 {_text_change(old, new)}")
        else:
            lines.append(f"{head}{name} {_shown(old)} → {_shown(new)}")
    lines += [f"{head}增加单位 {name}（{role.value}）" for name, role in change.units_added]
    lines += [f"{head}减少单位 {name}（{role.value}）" for name, role in change.units_removed]
    lines += [f"{head}{name} 由{old.value}改为{new.value}" for name, old, new in change.roles]
    lines += [f"{head}增加目标 {target_line(target)}" for target in change.targets_added]
    lines += [f"{head}取消目标 {target_line(target)}" for target in change.targets_removed]
    return lines


def _text_change(old: str, new: str) -> str:
    """The sentences that went and came."""
    before = [part for part in old.split("。") if part]
    after = [part for part in new.split("。") if part]
    went = [part for part in before if part not in after]
    came = [part for part in after if part not in before]
    said = [f"删去“{part}。”" for part in went] + [f"增写“{part}。”" for part in came]
    return "；".join(said) or "只有语序或标点变化"


def _who(item: PlanItem) -> str:
    named = [f"{name}{role.value}" for name, role in item.units]
    return "、".join([*named, *([f"{item.roster}{item.roster_role.value}"] if item.roster else [])]) or "未写明单位"


def _shown(value: str) -> str:
    return f"“{value}”" if value else "（无）"
