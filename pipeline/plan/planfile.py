"""A plan -> the text of ``config/plan.yaml``, commented in Chinese for the office that edits it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from pipeline.model import Plan
from pipeline.plan.data import plan_to_data

_HEAD = """\
# 行动计划（事项、分工、目标）。由“yuebao plan import 通知文件”生成，也可以直接改这个文件。
#
# 每条事项的写法：
#   number      事项编号，与通知一致，不要改动旧编号
#   title       事项标题；text 通知原文（可以不写）
#   section     所在部分（一、二、三……）；group 所在行业（（一）（二）……）；task_force 专班，没有就不写
#   units       承担单位及分工：负责 / 牵头 / 配合；单位名称须与 config/units.yaml 一致
#   roster      通知只写了“某某成员单位”而没有列名单时，写名单的名字；单位在文件末尾 rosters 中逐个填写；
#               roster_role 是名单里各单位的分工，不写就是负责
#   targets     量化目标：kind 新增(当年从零计) 累计(存量,不应下降) 以上(至少) 全覆盖(n/N) 压减至(越低越好)
#               力争(达不到不追责) 节点(办成一件事)；of 计什么；value 数值；measure 单位；
#               start 压减前的数或全覆盖的总数；due 期限；stretch 带“力争/争创”；at_least 带“以上”
#   terms       单位汇报这条工作时常用的说法，帮助把报告里的话对到这一条；可以随时增删
#   since/until 这一条（或这一版）从哪天起、到哪天止有效；不写就是一直有效。
#               计划调整时不要直接改旧条目：给旧条目写上 until，另加一条同编号的新条目并写 since。
"""
_ROSTERS = """\
# 通知里只写了名字、没有列出单位的名单。逐个填写后，名单里的单位就有了对应条目的任务；
# 成员有变动时写 since（起）和 until（止），按当月最后一天是否在名单内计算。例如：
#   - {roster: 某某领导小组成员单位, unit: 县发改局, since: 2022-07-22}
"""
#: Strings that YAML reads back as themselves without quotes, in a flow list too.
_PLAIN = re.compile(r"[一-龥][一-龥A-Za-z0-9（）〔〕“”《》、，。；+·/.~—-]*")
_WIDTH = 100
#: First character that needs the long escape.
_ASTRAL = 0x10000


def plan_file(plan: Plan) -> str:
    """The text of a plan file; read back it gives the same plan.

    Args:
        plan: Any plan.
    """
    data = plan_to_data(plan)
    lines = [_HEAD, f"title: {_scalar(data['title'])}", f"number: {_scalar(data['number'])}"]
    if "issued_on" in data:
        lines.append(f"issued_on: {_scalar(data['issued_on'])}")
    if "targets" in data:
        lines += ["", "# 总目标，不属于哪一条", "targets:", *_rows(data["targets"], "  ")]
    lines += ["", "items:" if data["items"] else "items: []"]
    section = None
    for item in data["items"]:
        if item["section"] != section:
            section = item["section"]
            lines.append(f"  # ---- {' '.join(section.split())}")
        lines += _item(item)
    lines += ["", _ROSTERS + ("rosters:" if data["rosters"] else "rosters: []"), *_rows(data["rosters"], "  ")]
    return "\n".join(lines) + "\n"


def _item(item: Mapping[str, Any]) -> list[str]:
    lines = []
    for key, value in item.items():
        if key in {"units", "targets"}:
            lines += [f"    {key}:", *_rows(value, "      ")]
        elif key == "terms":
            lines += _terms(value)
        else:
            lines.append(f"    {key}: {_scalar(value)}")
    lines[0] = "  - " + lines[0].lstrip()
    return lines


def _rows(rows: list[dict[str, Any]], indent: str) -> list[str]:
    return [f"{indent}- {{{', '.join(f'{key}: {_scalar(value)}' for key, value in row.items())}}}" for row in rows]


def _terms(words: list[str]) -> list[str]:
    lines = ["    terms: ["]
    for index, word in enumerate(words):
        added = _scalar(word) + ("]" if index == len(words) - 1 else ",")
        if len(lines[-1]) + len(added) > _WIDTH:
            lines.append("      ")
        lines[-1] += added if lines[-1].endswith(("[", "      ")) else f" {added}"
    return lines


def _scalar(value: object) -> str:
    """A value as YAML reads it back: quoted wherever a plain word could mean something else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    if _PLAIN.fullmatch(text):
        return text
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(char: str) -> str:
    if char in {'"', "\\"}:
        return f"\\{char}"
    if char.isprintable():
        return char
    return f"\\u{ord(char):04x}" if ord(char) < _ASTRAL else f"\\U{ord(char):08x}"
