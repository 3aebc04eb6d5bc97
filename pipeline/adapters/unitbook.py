"""Contact list as an Excel file ⇄ units, and the difference of two lists in words. Contains no business logic."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO
from typing import Any
from zipfile import BadZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils.exceptions import InvalidFileException

from pipeline.errors import ConfigError, Problem
from pipeline.model import Alias, Contact, ContactRole, Unit
from pipeline.periods import parse_period

#: Column → the headings under which it is known; the first is written.
COLUMNS: dict[str, tuple[str, ...]] = {
    "number": ("序号",),
    "name": ("单位简称", "简称", "单位", "单位名称"),
    "full_name": ("单位全称", "全称"),
    "aliases": ("曾用名/别称", "别称", "曾用名", "别名", "其他名称"),
    "mailboxes": ("单位邮箱", "邮箱", "电子邮箱", "收发邮箱"),
    "liaison": ("联络员", "联系人"),
    "liaison_address": ("联络员邮箱", "联系人邮箱"),
    "liaison_phone": ("联络员电话", "联系电话", "电话"),
    "supervisor": ("分管领导",),
    "supervisor_address": ("分管领导邮箱",),
    "supervisor_phone": ("分管领导电话",),
    "head": ("主要负责人", "负责人"),
    "head_address": ("主要负责人邮箱", "负责人邮箱"),
    "head_phone": ("主要负责人电话", "负责人电话"),
    "chased": ("是否催报", "催报"),
    "exempt": ("免报月份", "免报"),
    "remarks": ("备注",),
}
_ROLES = (("liaison", ContactRole.LIAISON), ("supervisor", ContactRole.SUPERVISOR), ("head", ContactRole.HEAD))
_SPLIT = re.compile(r"[、,，;；\n]+")
#: The same outside brackets: ``旧名（自2020-01-01，至2022-06-30）`` is one alias.
_SPLIT_OUTSIDE = re.compile(r"[、,，;；\n]+(?![^（(]*[）)])")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_ALIAS = re.compile(r"(?P<name>[^（(]+?)\s*(?:[（(](?P<when>[^（()）]*\d{4}-\d{2}-\d{2}[^（()）]*)[）)])?")
_NO = frozenset({"否", "不", "不催", "n", "no", "false", "0"})
_YES = frozenset({"", "是", "催", "y", "yes", "true", "1"})


@dataclass(slots=True)
class _Sheet:
    """One sheet being read."""

    title: str
    columns: dict[str, int]
    problems: list[Problem] = field(default_factory=list)

    def say(self, row: int, message: str) -> None:
        """Note a problem of one row."""
        self.problems.append(Problem(f"工作表“{self.title}”", row, message))

    def text(self, row: tuple[Any, ...], column: str) -> str:
        """A cell as trimmed text, empty where the column or the cell is missing."""
        at = self.columns.get(column)
        value = row[at] if at is not None and at < len(row) else None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return "" if value is None else str(value).strip()


def read_units(data: bytes) -> tuple[Unit, ...]:
    """The units of a contact list.

    Raises:
        ConfigError: no sheet has the columns, or rows are wrong; every problem with its sheet and row.
    """
    try:
        book = load_workbook(BytesIO(data), data_only=True)
        formulas = load_workbook(BytesIO(data))
    except (InvalidFileException, BadZipFile, KeyError, ValueError, OSError, EOFError) as error:
        raise ConfigError("通讯录打不开：不是 Excel 文件（.xlsx）或已损坏。请用 Excel 或 WPS 另存为 .xlsx。") from error
    for sheet in book.worksheets:
        rows = [
            tuple(cell.value for cell in row)
            for row in sheet.iter_rows(max_row=min(sheet.max_row, 5000), max_col=min(sheet.max_column, 60))
        ]
        for at, row in enumerate(rows[:20]):
            columns = _columns(row)
            if "name" in columns and ("mailboxes" in columns or "full_name" in columns):
                reading = _Sheet(sheet.title, columns)
                _uncalculated(reading, formulas[sheet.title], sheet)
                return _rows(reading, rows, at + 1)
    heads = "、".join(names[0] for names in COLUMNS.values())
    raise ConfigError(f"通讯录里找不到表头。第一行表头应含“单位简称”和“单位邮箱”，可用的列：{heads}。")


def _uncalculated(sheet: _Sheet, formulas: Any, values: Any) -> None:  # noqa: ANN401 - sheets of openpyxl
    """Note formulas whose result the file does not hold: they would read as empty cells."""
    for row in formulas.iter_rows(max_row=min(formulas.max_row, 5000), max_col=min(formulas.max_column, 60)):
        for cell in row:
            if cell.data_type == "f" and values.cell(row=cell.row, column=cell.column).value is None:
                sheet.say(cell.row, f"{cell.coordinate} 是没有结果的公式。请直接填写内容，或用 Excel 打开并保存一次。")


def _columns(row: tuple[Any, ...]) -> dict[str, int]:
    """Column name → position in a heading row."""
    found: dict[str, int] = {}
    for at, value in enumerate(row):
        heading = re.sub(r"\s", "", str(value or ""))
        for column, names in COLUMNS.items():
            if heading in names:
                found.setdefault(column, at)
    return found


def _rows(sheet: _Sheet, rows: list[tuple[Any, ...]], start: int) -> tuple[Unit, ...]:
    units: list[Unit] = []
    names: dict[str, int] = {}
    boxes: dict[str, str] = {}
    for number, row in enumerate(rows[start:], start + 1):
        name = sheet.text(row, "name")
        if not name:
            if any(value not in (None, "") for value in row):
                sheet.say(number, "没有填单位简称。请补上，或删除这一行。")
            continue
        if name in names:
            sheet.say(number, f"单位“{name}”与第 {names[name]} 行重复。")
        names[name] = number
        unit = _unit(sheet, row, number, name)
        for box in unit.mailboxes:
            if boxes.setdefault(box, name) != name:
                sheet.say(number, f"邮箱 {box} 已属于“{boxes[box]}”，一个邮箱只能属于一个单位。")
        units.append(unit)
    if not units and not sheet.problems:
        sheet.say(start, "表头下面没有单位。")
    if sheet.problems:
        raise ConfigError(f"通讯录有 {len(sheet.problems)} 处问题，没有导入。", problems=tuple(sheet.problems))
    return tuple(units)


def _unit(sheet: _Sheet, row: tuple[Any, ...], number: int, name: str) -> Unit:
    boxes = _addresses(sheet, row, number, "mailboxes")
    contacts: list[Contact] = []
    for column, role in _ROLES:
        contacts += _people(sheet, row, number, column=column, role=role)
    # The liaison writes for the unit: what comes from there counts as the unit's.
    boxes = tuple(dict.fromkeys((*boxes, *_liaisons(tuple(contacts)))))
    chased = sheet.text(row, "chased").lower()
    if chased not in _NO | _YES:
        sheet.say(number, f"“是否催报”应填 是 或 否，现在是“{chased}”。")
    return Unit(
        name=name,
        full_name=sheet.text(row, "full_name") or name,
        aliases=_aliases(sheet, row, number),
        mailboxes=boxes,
        contacts=tuple(contacts),
        chased=chased not in _NO,
        exempt=_exempt(sheet, row, number),
    )


def _people(sheet: _Sheet, row: tuple[Any, ...], number: int, *, column: str, role: ContactRole) -> tuple[Contact, ...]:
    """The people of one role: several stand in one cell as ``赵科、钱科``, ``-`` where one has no address or phone."""
    names = _entries(sheet.text(row, column))
    addresses = _entries(sheet.text(row, f"{column}_address"))
    phones = _entries(sheet.text(row, f"{column}_phone"))
    count = max(map(len, (names, addresses, phones)))
    for label, entries in (("姓名", names), ("邮箱", addresses), ("电话", phones)):
        if len(entries) not in {0, count}:
            sheet.say(
                number,
                f"{role.value}有 {count} 位，{label}却写了 {len(entries)} 个。请按同样顺序用“、”隔开，没有的写“-”。",
            )
            return ()
    for word in addresses:
        if word and not _ADDRESS.fullmatch(word):
            sheet.say(number, f"“{word}”不是邮箱地址，应写成 name@163.com 的样子。")
    blank = ("",) * count
    rows = zip(names or blank, addresses or blank, phones or blank, strict=True)
    return tuple(Contact(role, name, address.lower(), phone) for name, address, phone in rows)


def _entries(text: str) -> tuple[str, ...]:
    """Words of a cell; ``-`` holds the place of nothing."""
    words = [word.strip() for word in _SPLIT.split(text) if word.strip()]
    return tuple("" if word in {"-", "—", "无"} else word for word in words)


def _joined(words: tuple[str, ...]) -> str:
    """Words in one cell that :func:`_entries` reads back."""
    return "、".join(word or "-" for word in words) if any(words) else ""


def _liaisons(contacts: tuple[Contact, ...]) -> tuple[str, ...]:
    """Addresses of the liaisons."""
    return tuple(one.address for one in contacts if one.role == ContactRole.LIAISON and one.address)


def _addresses(sheet: _Sheet, row: tuple[Any, ...], number: int, column: str) -> tuple[str, ...]:
    found = []
    for word in re.split(r"[、,，;；\s]+", sheet.text(row, column)):
        if not word:
            continue
        if _ADDRESS.fullmatch(word):
            found.append(word.lower())
        else:
            sheet.say(number, f"“{word}”不是邮箱地址，应写成 name@163.com 的样子。")
    return tuple(dict.fromkeys(found))


def _aliases(sheet: _Sheet, row: tuple[Any, ...], number: int) -> tuple[Alias, ...]:
    """``旧名（至2022-06-30）、别称``: names with the days from and until which they hold."""
    found = []
    for word in _SPLIT_OUTSIDE.split(sheet.text(row, "aliases")):
        if not word.strip():
            continue
        match = _ALIAS.fullmatch(word.strip())
        since = until = None
        if match and match["when"]:
            for sign, day in re.findall(r"(自|至)\s*(\d{4}-\d{2}-\d{2})", match["when"]):
                try:
                    parsed = date.fromisoformat(day)
                except ValueError:
                    sheet.say(number, f"别称“{word}”里的日期“{day}”不对。")
                    continue
                since, until = (parsed, until) if sign == "自" else (since, parsed)
            found.append(Alias(match["name"].strip(), since, until))
        else:
            found.append(Alias(word.strip()))
    return tuple(found)


def _exempt(sheet: _Sheet, row: tuple[Any, ...], number: int) -> tuple[tuple[str, str], ...]:
    """``2022-08 机构改革；2022-09 …``."""
    found = []
    text = sheet.text(row, "exempt")
    for part in re.split(r"[；;\n]+\s*(?=\d{4}-)|[；;\n]+\s*$", text):
        if not part.strip():
            continue
        period, reason = part.strip()[:7], part.strip()[7:]
        if parse_period(period) is None:
            sheet.say(number, f"免报月份“{part.strip()}”应写成“2022-08 理由”，多个用分号隔开。")
        else:
            found.append((period, reason.strip() or "经办公室同意免报"))
    return tuple(found)


def write_units(units: tuple[Unit, ...], *, at: datetime | None = None) -> bytes:
    """The contact list as an Excel file that :func:`read_units` reads back to the same units."""
    book = Workbook()
    sheet = book.active
    sheet.title = "通讯录"
    columns = list(COLUMNS)
    sheet.append([COLUMNS[column][0] for column in columns])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
        cell.alignment = Alignment(horizontal="center", wrap_text=True)
    for number, unit in enumerate(units, 1):
        values: dict[str, str | int] = {
            "number": number,
            "name": unit.name,
            "full_name": unit.full_name,
            "aliases": "、".join(map(_alias_text, unit.aliases)),
            "mailboxes": "、".join(_own_boxes(unit)),
            "chased": "是" if unit.chased else "否",
            "exempt": "；".join(f"{period} {reason}" for period, reason in unit.exempt),
        }
        for column, role in _ROLES:
            people = [contact for contact in unit.contacts if contact.role == role]
            values[column] = _joined(tuple(one.name for one in people))
            values[f"{column}_address"] = _joined(tuple(one.address for one in people))
            values[f"{column}_phone"] = _joined(tuple(one.phone for one in people))
        sheet.append([None] * len(columns))
        for position, column in enumerate(columns, 1):
            cell = sheet.cell(row=number + 1, column=position)
            cell.value = values.get(column) or None
            if isinstance(cell.value, str):
                # A name that begins with = must stay a name, also when somebody edits the cell.
                cell.data_type = "s"
                cell.quotePrefix = cell.value.startswith(("=", "+", "-", "@"))
                cell.number_format = "@"
    for position, column in enumerate(columns, 1):
        width = 6 if column == "number" else 28 if column in {"full_name", "aliases", "mailboxes"} else 16
        sheet.column_dimensions[sheet.cell(row=1, column=position).column_letter].width = width
    sheet.freeze_panes = "C2"
    if at is not None:
        book.properties.created = book.properties.modified = at.replace(tzinfo=None)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _own_boxes(unit: Unit) -> tuple[str, ...]:
    """Mailboxes without the liaisons' own where those come last: reading adds them there again."""
    liaisons = tuple(dict.fromkeys(_liaisons(unit.contacts)))
    own = tuple(box for box in unit.mailboxes if box not in liaisons)
    return own if (*own, *liaisons) == unit.mailboxes else unit.mailboxes


def _alias_text(alias: Alias) -> str:
    when = "，".join(
        f"{sign}{day.isoformat()}" for sign, day in (("自", alias.since), ("至", alias.until)) if day is not None
    )
    return f"{alias.name}（{when}）" if when else alias.name


def diff_units(old: tuple[Unit, ...], new: tuple[Unit, ...]) -> tuple[str, ...]:
    """What changes from one list to another, a line a change."""
    before = {unit.name: unit for unit in old}
    after = {unit.name: unit for unit in new}
    lines = [f"新增单位：{name}" for name in after if name not in before]
    lines += [f"删除单位：{name}" for name in before if name not in after]
    labels = {
        "full_name": "全称", "aliases": "别称", "mailboxes": "邮箱", "contacts": "联系人",
        "chased": "是否催报", "exempt": "免报月份",
    }  # fmt: skip
    for name, unit in after.items():
        if name not in before:
            continue
        for attribute, label in labels.items():
            was, now = _shown(getattr(before[name], attribute)), _shown(getattr(unit, attribute))
            if was != now:
                lines.append(f"{name}：{label}由“{was}”改为“{now}”")
    return tuple(lines)


def _shown(value: object) -> str:
    """An attribute as a person writes it."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, tuple):
        return "、".join(map(_shown, value)) or "无"
    if isinstance(value, Alias):
        return _alias_text(value)
    if isinstance(value, Contact):
        return " ".join(filter(None, (f"{value.role.value}{value.name}", value.address, value.phone)))
    return str(value)
