"""A card, with keys at the left of its values → its rows."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import replace

from pipeline.model import Cell
from pipeline.understanding import columns, grids, naming
from pipeline.understanding.cells import CellText, Draft, Ledger, integer, light, take
from pipeline.understanding.columns import Head
from pipeline.understanding.listing import listed
from pipeline.understanding.naming import CONTENT, FIGURES, MONTHS, WORK, Role, role_of
from pipeline.understanding.prose import figures
from pipeline.understanding.quantities import is_unit, parse_cell
from pipeline.understanding.words import Words


def is_card(grid: list[list[Cell | None]], *, words: Words, month: int | None) -> bool:
    """Whether keys for progress, problems or intentions stand each before its value, one or several in a row."""
    told: list[Role] = []
    filled = sum(bool(grids.fresh(grid, row)) for row in range(len(grid)))
    keyed = 0
    for row in range(len(grid)):
        cells = [cell for cell in grids.row_cells(grid, row) if cell.row == row]
        if not cells or len(cells) % 2 or len(grid[0]) < 2 or (len(cells) > 2 and not grids.told(cells[2].text)):
            continue
        roles = []
        for key, value in zip(cells[::2], cells[1::2], strict=True):
            role = naming.named(key.text, words=words, month=month)[0] if 2 <= len(grids.told(key.text)) <= 14 else None
            valued = (
                naming.named(value.text, words=words, month=month)[0] if len(grids.told(value.text)) <= 14 else None
            )
            if role is None or (len(cells) > 2 and not naming.surely_names(key.text, words=words)):
                break
            if valued in {*CONTENT, *FIGURES} and naming.surely_names(value.text, words=words):
                break
            roles.append(role)
        if 2 * len(roles) == len(cells) and (found := CONTENT & set(roles)):
            told += found
            keyed += 1
    # 困难 and 打算 under the rows of a ledger make no card of it.
    whole = bool(WORK & set(told)) or len(told) >= 0.5 * filled
    return (len(set(told)) >= 2 and keyed >= 2 and whole) or _cycles(grid)


def keyed_at_left(grid: list[list[Cell | None]], *, words: Words, month: int | None) -> bool:
    """Whether the first column holds keys of several kinds, as in a table that lies on its side."""
    return len(set(_left_keys(grid, words=words, month=month).values()) & {*CONTENT, *FIGURES}) >= 2


def _left_keys(grid: list[list[Cell | None]], *, words: Words, month: int | None) -> dict[int, Role]:
    """Kinds of the short names in the first column, by their rows."""
    told: dict[int, Role] = {}
    for row in range(len(grid)):
        cell = grid[row][0]
        if cell is None or not 2 <= len(grids.told(cell.text)) <= 14:
            continue
        role = naming.named(cell.text, words=words, month=month)[0]
        if role is not None:
            told[row] = role
    return told


def lies(grid: list[list[Cell | None]], header: int, *, words: Words, month: int | None) -> bool:
    """Whether a header only seems to be one: rows above it begin with names as it does, each before what it names."""
    if not keyed_at_left(grid, words=words, month=month):
        return False
    return any(
        row < header and role in {*CONTENT, *FIGURES, Role.TASK} and len(grids.fresh(grid, row)) >= 2
        for row, role in _left_keys(grid, words=words, month=month).items()
    )


def _cycles(grid: list[list[Cell | None]]) -> bool:
    """Whether the same keys come again and again at the left, each before a single value."""
    rows: dict[str, list[int]] = {}
    for row in range(len(grid)):
        cells = grids.fresh(grid, row)
        if len(cells) >= 2 and cells[0].column == 0 and len(grids.told(cells[0].text)) <= 10:
            rows.setdefault(_label(cells[0].text), []).append(len(cells))
    again = [counted for counted in rows.values() if len(counted) >= 2]
    lone = [counted for counted in again if sum(counted) / len(counted) <= 2.5]
    return len(lone) >= 2 and len({len(counted) for counted in lone}) <= 2


def _label(text: str) -> str:
    """A key without its number: 事项1, 事项2 are one."""
    return re.sub(r"[\d一二三四五六七八九十]+$", "", grids.told(text)).rstrip("：: ")


def cards(grid: list[list[Cell | None]], *, words: Words, month: int | None) -> Ledger | None:
    """Cards: keys stand at the left of their values, one card under the other or side by side."""
    height, width = len(grid), len(grid[0])
    if width < 2:
        return None
    beside = _second_column(grid)
    if beside is not None:
        halves = [cards([row[:beside] for row in grid], words=words, month=month)]
        halves.append(cards([row[beside:] for row in grid], words=words, month=month))
        told = [half for half in halves if half is not None]
        rows = [row for half in told for row in half.rows]
        # Tasks are numbered through both columns.
        return Ledger(rows=tuple(replace(row, task=number) for number, row in enumerate(rows))) if rows else None
    keys = _keys(grid, words=words, month=month)
    keys |= _labels(grid, keys, words=words)
    named = {kind for kind, _ in keys.values()}
    if not named & {*CONTENT, *FIGURES} or len(named) < 2:
        return None
    left = [grid[row][0] for row in range(height)]
    only_left = all(
        grid[row][column] is None or id(grid[row][column]) not in keys or grid[row][column] is left[row]
        for row in range(height)
        for column in range(1, width)
    )
    values = max(
        (
            sum(id(cell) not in keys and bool(grids.told(cell.text)) for cell in grids.row_cells(grid, row))
            for row in range(height)
            if left[row] is not None and id(left[row]) in keys
        ),
        default=0,
    )
    repeated = _repeats([keys[id(cell)][0] for cell in left if cell is not None and id(cell) in keys])
    if only_left and values >= 2 and not repeated:
        # A line over the whole is no column of the list.
        lone = [one[0] for row in range(height) if len(one := grids.fresh(grid, row)) == 1 and id(one[0]) not in keys]
        kept = [[None if cell in lone else cell for cell in cells] for cells in grid]
        return listed(_turned(kept), 0, 0, words=words, month=month)
    drafts: list[Draft] = []
    current: Draft | None = None
    titles: list[str] = []
    used: set[Role] = set()
    #: Columns of a small table of figures within the card, by the keys above them.
    small: dict[int, tuple[Role, str, str]] = {}
    for row in range(height):
        role: Role | None = None
        unit = ""
        key_text = ""
        mine = [cell for cell in grids.row_cells(grid, row) if cell.row == row]
        inside = {cell.column: (*keys[id(cell)], grids.told(cell.text)) for cell in mine if id(cell) in keys}
        if len(inside) >= 2 and len(inside) >= len(mine) - 1 and {kind for kind, _, _ in inside.values()} & FIGURES:
            small = inside
            continue
        if inside:
            small = {}
        elif small and current is not None:
            _small_row(current, mine, small, words=words)
            continue
        measured = _measured(mine, words=words)
        if measured is not None and current is not None:
            name, value, unit = measured
            take(current, value, Head(Role.CUMULATIVE, name, unit), measure="", titles=(), words=words)
            continue
        if not any(id(cell) in keys for cell in grids.row_cells(grid, row)):
            free = _unkeyed(grid, row, current, used, words=words)
            if free is not None:
                before = drafts[-1] if drafts else None
                same = before is not None and before.titles[:1] == free.titles[:1]
                free.task = before.task if same and before is not None else len(drafts)
                drafts.append(free)
                current = None
            continue
        for cell in grids.row_cells(grid, row):
            if id(cell) in keys and (cell.row == row or role is None):
                role, unit = keys[id(cell)]
                key_text = grids.told(cell.text)
                continue
            text = grids.told(cell.text)
            if role is None or cell.row != row or not text:
                continue
            starts = role in {Role.TASK, Role.NUMBER, Role.PLAN_NUMBER}
            if current is None or (role in used and (starts or role in CONTENT) and (starts or Role.TASK in used)):
                if current is None or not (
                    role is Role.TASK and used <= {Role.TASK, Role.NUMBER, Role.PLAN_NUMBER, Role.UNIT}
                ):
                    current = Draft(titles=(), number=None, plan_number=None, task=len(drafts), place=cell.place)
                    drafts.append(current)
                    titles, used = [], set()
            elif starts and used & {*CONTENT, *FIGURES}:
                current = Draft(titles=(), number=None, plan_number=None, task=len(drafts), place=cell.place)
                drafts.append(current)
                titles, used = [], set()
            used.add(role)
            if role is Role.TASK:
                titles.append(text)
                current.titles = tuple(titles)
            _give(current, role, unit, key_text, cell, words=words)
    rows = [
        draft.done()
        for draft in drafts
        if draft.progress or draft.figures or draft.problems or draft.next_steps or draft.notes or draft.doubts
    ]
    return Ledger(rows=tuple(rows)) if rows else None


def _measured(cells: list[Cell], *, words: Words) -> tuple[str, Cell, str] | None:
    """What is counted, its number and its unit, where a row ends with these: 完成量 | 更换器材 | 86 | 件."""
    filled = [cell for cell in cells if grids.told(cell.text)]
    if len(filled) < 3:
        return None
    name, value, unit = (grids.told(cell.text) for cell in filled[-3:])
    plain = re.search(r"\d", name) is None and re.fullmatch(r"\d[\d.,]*", value) is not None
    return (name, filled[-2], unit) if plain and is_unit(unit, words=words) else None


_DATED = re.compile(r"20\d\d\s*[年./-]\s*\d{1,2}\s*(?:[月./-]\s*(?:\d{1,2}\s*日?)?)?")


def _keys(grid: list[list[Cell | None]], *, words: Words, month: int | None) -> dict[int, tuple[Role, str]]:
    """The names of a card's fields, by their cells; what stands right behind a name is its value, whatever it says."""
    keys: dict[int, tuple[Role, str]] = {}
    for row in range(len(grid)):
        cells = grids.row_cells(grid, row)
        mine = [cell for cell in cells if cell.row == row]
        named: dict[int, tuple[Role, str]] = {}
        for cell in mine:
            text = grids.told(cell.text)
            role, unit = naming.named(text, words=words, month=month) if 0 < len(text) <= 14 else (None, "")
            if role is not None and _DATED.fullmatch(text) is None:
                named[id(cell)] = (role, unit)
        if _is_small_head(mine, named, words=words):
            keys |= named
            continue
        behind = False
        for cell, following in itertools.zip_longest(cells, cells[1:]):
            if cell.row != row:
                behind = id(cell) in keys
                continue
            # Farther right only a plain name before a place of its own is one: 进度滞后 tells, 本月完成 names.
            plain = (
                cell.column + cell.columns < len(grid[0])
                and not (following is not None and id(following) in named)
                and naming.surely_names(cell.text, words=words)
            )
            within = plain and following is not None and grids.told(following.text) != ""
            if id(cell) in named and (within if behind else plain or cell is cells[0]):
                keys[id(cell)] = named[id(cell)]
                behind = True
            else:
                behind = False
    return keys


def _is_small_head(cells: list[Cell], named: Mapping[int, tuple[Role, str]], *, words: Words) -> bool:
    """Whether a row of a card heads a small table of figures within it: names alone, perhaps behind a label."""
    kinds = {kind for kind, _ in named.values()}
    if len(named) < 2 or not kinds & FIGURES or any(id(one) not in named and grids.told(one.text) for one in cells[1:]):
        return False
    first = named.get(id(cells[0]))
    if any(
        kind in FIGURES and not (unit or MONTHS.search(one.text) or naming.surely_names(one.text, words=words))
        for one in cells
        for kind, unit in [named.get(id(one), (Role.NOTE, ""))]
    ):
        # 工作名称 | 数字证书: what only holds a sign of a figure's name is a name of something else.
        return False
    # 存在问题 | 进度缓慢 | 完成较少 is told of troubles; 完成情况 over several rows stands beside its table.
    return first is None or first[0] not in CONTENT or cells[0].rows > 1


def _unkeyed(
    grid: list[list[Cell | None]], row: int, current: Draft | None, used: set[Role], *, words: Words
) -> Draft | None:
    """A row of a card without a key: a value of the card under a name of its own, or a task before what was done."""
    filled = [cell for cell in grids.row_cells(grid, row) if grids.told(cell.text)]
    names, last = filled[:-1], filled[-1] if filled else None
    if last is None or not names or last.row != row or any(len(grids.told(name.text)) > 30 for name in names):
        return None
    text = grids.told(last.text)
    if current is not None and len(filled) == 2 and _counted_by_name(current, names[0], last, words=words):
        return None
    # A day beside 报送日期 tells nothing.
    telling = len(_DATED.sub("", text)) >= 12 and re.search(r"[，。；]", text + "。" * figures(text)) is not None
    kind = columns.told_by(grids.told(names[0].text), [text], words=words) if telling else None
    if kind not in {Role.PROGRESS, Role.PROBLEM, Role.NEXT}:
        return None
    if current is not None and current.titles:
        if kind not in used:
            used.add(kind)
            current.told(kind).append(CellText(text, last.place))
        return None
    if kind is not Role.PROGRESS:
        return None
    titles = tuple(grids.told(name.text) for name in names)
    return Draft(
        titles=titles,
        number=None,
        plan_number=None,
        task=0,
        place=names[0].place,
        progress=[CellText(text, last.place)],
    )


def _counted_by_name(current: Draft, name: Cell, value: Cell, *, words: Words) -> bool:
    """Take the figure of 累计5G基站（个） | 52: a name that carries a unit, before a number."""
    text = grids.told(name.text)
    unit = naming.title_unit((text,), words=words)
    role, _ = role_of(text, words=words)
    if not unit or role in {Role.TARGET, Role.PREVIOUS} or not re.search(r"\d", value.text):
        return False
    span = Role.CUMULATIVE if "累计" in text else Role.MONTH if re.search(r"[当本]月|新增", text) else None
    return take(current, value, Head(role=span, text=text, unit=unit), measure="", titles=(), words=words)


def _labels(
    grid: list[list[Cell | None]], known: Mapping[int, tuple[Role, str]], *, words: Words
) -> dict[int, tuple[Role, str]]:
    """Keys that no list knows: short words that stand before a value again and again, one card after the other."""
    values: dict[tuple[int, str], list[str]] = {}
    cells: dict[tuple[int, str], list[Cell]] = {}
    for row in range(len(grid)):
        mine = grids.fresh(grid, row)
        valued = {id(value) for key, value in itertools.pairwise(mine) if id(key) in known and id(value) not in known}
        for cell, value in itertools.pairwise(mine):
            text = grids.told(cell.text)
            if id(cell) in valued:
                # 绿灯（正常） behind 自评 comes again in each card and is no name.
                continue
            plain = len(text) <= 10 and not re.search(r"[。；，]|^\d", text) and not is_unit(text, words=words)
            if plain and id(value) not in known:
                values.setdefault((cell.column, _label(text)), []).append(grids.told(value.text))
                cells.setdefault((cell.column, _label(text)), []).append(cell)
    found: dict[int, tuple[Role, str]] = {}
    for (column, text), told in values.items():
        if len(told) < 2 or any(id(cell) in known for cell in cells[column, text]):
            continue
        texts = [value for value in told if not grids.empty(value, words=words)]
        if any(parse_cell(value, number=None, unit="", words=words) is not None for value in texts):
            continue
        # What names itself beside the values of a card (承办, 物业股) and tells nothing is nobody's progress.
        role = columns.told_by(text, texts, words=words) or Role.PERSON
        found |= {id(cell): (role, "") for cell in cells[column, text]}
    return found


def _second_column(grid: list[list[Cell | None]]) -> int | None:
    """Where a second column of cards begins, whose keys stand beside the same keys of the first."""
    for column in range(2, len(grid[0]) - 1):
        same = keyed = 0
        for row in grid:
            left, right = row[0], row[column]
            if left is None or not 2 <= len(grids.told(left.text)) <= 10:
                continue
            keyed += 1
            same += right is not None and right is not left and grids.told(right.text) == grids.told(left.text)
        if keyed >= 3 and same / keyed >= 0.5:
            return column
    return None


def _small_row(draft: Draft, cells: list[Cell], heads: Mapping[int, tuple[Role, str, str]], *, words: Words) -> None:
    """One line of figures within a card: what is counted, its unit, its numbers."""
    named = [grids.told(cell.text) for cell in cells if cell.column not in heads]
    measure = next((grids.told(cell.text) for cell in cells if heads.get(cell.column, ("",))[0] is Role.MEASURE), "")
    for cell in cells:
        role, unit, key = heads.get(cell.column, (Role.TASK, "", ""))
        if role not in FIGURES or not grids.told(cell.text):
            continue
        head = Head(role=role, text=key, unit=unit)
        take(draft, cell, head, measure=measure, titles=(named[0],) if named else draft.titles, words=words)


def _repeats(roles: list[Role]) -> bool:
    content = [role for role in roles if role in CONTENT or role is Role.TASK]
    return len(set(content)) < len(content)


def _turned(grid: list[list[Cell | None]]) -> list[list[Cell | None]]:
    """The same cells with rows for columns: a list that lies on its side stands up."""
    upright: dict[int, Cell] = {
        id(cell): replace(cell, row=cell.column, column=cell.row, rows=cell.columns, columns=cell.rows)
        for row in grid
        for cell in row
        if cell is not None
    }
    return [[None if cell is None else upright[id(cell)] for cell in column] for column in zip(*grid, strict=True)]


def _give(draft: Draft, role: Role, unit: str, key: str, cell: Cell, *, words: Words) -> None:
    text = grids.told(cell.text)
    if role is Role.NUMBER:
        draft.number = integer(text)
    elif role is Role.PLAN_NUMBER:
        draft.plan_number = integer(text)
    elif role is Role.STATUS:
        draft.status = light(text)
        if len(text) > 16:
            draft.progress.append(CellText(text, cell.place))
    elif role in CONTENT and not grids.empty(text, words=words):
        draft.told(role).append(CellText(text, cell.place, mingled=role is Role.WHOLE))
    elif role in FIGURES:
        if len(text) > 16:
            draft.progress.append(CellText(text, cell.place))
            return
        head = Head(role=role, text=key, unit=unit)
        taken = take(draft, cell, head, measure="", titles=draft.titles, words=words)
        if not taken and len(text) >= 8 and not grids.empty(text, words=words):
            # 九月 | 步道铺到山门。: a month as a key stands before words as well.
            draft.progress.append(CellText(text, cell.place))
    elif role is Role.NOTE and not grids.empty(text, words=words):
        draft.notes.append(CellText(text, cell.place))
