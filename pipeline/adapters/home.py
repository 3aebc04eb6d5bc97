"""Configuration and templates that ship with the program → a new home; units and plan → their YAML files.

Contains no business logic. Nothing is ever overwritten by :func:`init_home`; everything is written whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from pipeline.adapters.durable import write_whole
from pipeline.adapters.settings import FILES
from pipeline.model import Unit

_INSTALLED = Path(__file__).resolve().parents[1] / "shipped"
#: Where config/ and templates/ lie: inside the package in an installed wheel, beside it in a checkout.
SHIPPED = _INSTALLED if _INSTALLED.is_dir() else Path(__file__).resolve().parents[2]


def init_home(target: Path) -> Iterator[str]:
    """Make a home with commented configuration; yields a line for every file made or kept."""
    for source in (*(SHIPPED / "config" / name for name in FILES), *sorted((SHIPPED / "templates").rglob("*.j2"))):
        path = target / source.relative_to(SHIPPED)
        if path.exists():
            yield f"保留：{path.relative_to(target)}（已存在，未改动）"
            continue
        write_whole(path, source.read_bytes())
        yield f"新建：{path.relative_to(target)}"
    (target / "inbox_archive").mkdir(parents=True, exist_ok=True)
    yield f"工作文件夹已就绪：{target}"
    yield "下一步：改 config/office.yaml 里的邮箱和单位名称，设置 YUEBAO_PASSWORD，再运行 yuebao doctor。"


def load_templates(home: Path) -> dict[str, str]:
    """The letter templates that ship with the program, each replaced by the home's own where there is one."""
    found = {}
    for folder in (SHIPPED / "templates", home / "templates"):
        for path in sorted(folder.rglob("*.j2")):
            found[path.relative_to(folder).as_posix()] = path.read_text(encoding="utf-8")
    return found


def _yaml() -> YAML:
    yaml = YAML(typ="rt")
    yaml.allow_unicode = True
    yaml.width = 110
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _comment_of(path: Path) -> str:
    """The comment block at the top of a file, or of the shipped file of that name."""
    for candidate in (path, SHIPPED / "config" / path.name):
        if candidate.exists():
            lines = []
            for line in candidate.read_text(encoding="utf-8-sig").splitlines():
                if line.strip() and not line.startswith("#"):
                    break
                lines.append(line)
            return "\n".join(lines).rstrip() + "\n\n"
    return ""


def _save(path: Path, data: dict[str, Any]) -> None:
    """Write data into the file as it stands, so that comments stay with what they comment on."""
    out = StringIO()
    try:
        there = _yaml().load(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, YAMLError):
        there = None
    if isinstance(there, CommentedMap):
        _merge(there, data)
        _yaml().dump(there, out)
        text = out.getvalue()
        if _yaml().load(text) == data:
            write_whole(path, text.encode())
            return
        out = StringIO()
    # No file yet, or one too odd to edit in place: the comment block on top is what can be kept.
    _yaml().dump(data, out)
    write_whole(path, (_comment_of(path) + out.getvalue()).encode())


def _merge(there: CommentedMap, data: Mapping[str, Any]) -> None:
    """Make a mapping of a file say what ``data`` says, touching only what differs."""
    for key in [key for key in there if key not in data]:
        del there[key]
    for key, value in data.items():
        old = there.get(key)
        if isinstance(old, CommentedMap) and isinstance(value, Mapping):
            _merge(old, value)
        elif isinstance(old, CommentedSeq) and isinstance(value, list) and old != value:
            _merge_rows(old, value)
        elif key not in there or old != value:
            there[key] = value


def _merge_rows(there: CommentedSeq, rows: list[Any]) -> None:
    """The same for a list: rows are known by their name or number, and keep their comments where they stay in place."""
    known = {_name_of(row): row for row in there if isinstance(row, CommentedMap) and _name_of(row) is not None}
    fresh = []
    for row in rows:
        old = known.pop(_name_of(row), None) if isinstance(row, Mapping) else None
        if old is not None:
            _merge(old, row)
        fresh.append(row if old is None else old)
    for at, row in enumerate(fresh):
        if at < len(there):
            there[at] = row
        else:
            there.append(row)
    del there[len(fresh) :]


def _name_of(row: Mapping[str, Any]) -> object:
    """What a row is known by: a unit's name, or an item's number with the day its version begins."""
    if "number" in row:
        return (row["number"], row.get("since"))
    return row.get("name")


def save_units(home: Path, units: tuple[Unit, ...]) -> None:
    """Write config/units.yaml."""
    _save(home / "config" / "units.yaml", {"units": [_unit(unit) for unit in units]})


def _unit(unit: Unit) -> CommentedMap:
    data = CommentedMap(name=unit.name, full_name=unit.full_name)
    if unit.aliases:
        data["aliases"] = [
            alias.name
            if alias.since is None and alias.until is None
            else {"name": alias.name}
            | ({"since": alias.since} if alias.since else {})
            | ({"until": alias.until} if alias.until else {})
            for alias in unit.aliases
        ]
    if unit.mailboxes:
        data["mailboxes"] = list(unit.mailboxes)
    if unit.contacts:
        data["contacts"] = [
            {"role": contact.role.value, "name": contact.name}
            | ({"address": contact.address} if contact.address else {})
            | ({"phone": contact.phone} if contact.phone else {})
            for contact in unit.contacts
        ]
    if not unit.chased:
        data["chased"] = False
    if unit.exempt:
        data["exempt"] = [{"period": period, "because": because} for period, because in unit.exempt]
    return data
