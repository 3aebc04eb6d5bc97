"""The words in which a notice says who does what -> named units with their roles."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pipeline.model import Role

_ROLE_OF = {
    "牵头负责": Role.LEAD,
    "牵头落实": Role.LEAD,
    "牵头": Role.LEAD,
    "主办": Role.LEAD,
    "分工负责": Role.RESPONSIBLE,
    "分别负责": Role.RESPONSIBLE,
    "共同负责": Role.RESPONSIBLE,
    "具体负责": Role.RESPONSIBLE,
    "负责落实": Role.RESPONSIBLE,
    "负责": Role.RESPONSIBLE,
    "落实": Role.RESPONSIBLE,
    "协同配合": Role.SUPPORT,
    "配合": Role.SUPPORT,
    "参与": Role.SUPPORT,
    "参加": Role.SUPPORT,
    "协助": Role.SUPPORT,
    "协办": Role.SUPPORT,
}
_ROLE = "|".join(sorted(_ROLE_OF, key=len, reverse=True))
_PHRASE = re.compile(rf"(?P<names>.+?)(?P<role>{_ROLE})(?=[、，；。]|$)")

#: Labels of a duty given as a line of its own, and the role each gives.
_KEY_ROLE = (
    (r"(?:第一)?(?:牵头|主办|主责)(?:责任)?(?:单位|部门)", Role.LEAD),
    (r"(?:配合|协办|参与|参加|协助|协作|联合)(?:责任)?(?:单位|部门)", Role.SUPPORT),
    (r"(?:责任|负责|承办|落实|实施)(?:单位|部门|主体)", Role.RESPONSIBLE),
)
_KEY = re.compile("|".join(f"(?P<k{index}>{pattern})" for index, (pattern, _) in enumerate(_KEY_ROLE)))
_KEYED = re.compile(rf"(?:{_KEY.pattern})：")
#: Other labels that end a list of units.
_OTHER_KEY = re.compile(
    r"(?:完成时限|完成时间|时限要求|时间要求|进度安排|责任领导|责任人|分管领导|牵头领导|联系人|备注|完成期限|工作目标|目标任务)："
)

_BY_DUTY = re.compile(
    r"(?:等(?:有关|相关|各)?(?:部门|单位)?)?(?:按照?|根据|依据|依照)?(?:各自)?(?:工作)?(?:职责|职能|分工)+(?:范围)?(?:内)?(?:分别|共同|各自)?$"
    r"|等(?:有关|相关|各)?(?:部门|单位)?(?:分别|共同|各自)?$|(?:分别|共同|各自|具体)$"
)
_VAGUE = re.compile(r"等(?:有关|相关|各)?(?:部门|单位)?(?=按|依|根据|分别|分工|共同|$)")
_SPLIT = re.compile(
    r"[、，；/]|以及|(?<=[局委办部行司团组站院会社心府署队所])[和及与](?=[县市区省州旗镇乡各国]|人行|人民银行|农业银行)"
)
_ROSTER = re.compile(
    r"成员单位|^各|各(?:有关|相关)|(?:有关|相关)(?:部门|单位|乡镇|镇|街道)|各(?:乡|镇|街道|部门|单位|县|区|市|村)"
)
_TASK_FORCE = re.compile(r"(?:专班|工作组|专项组|推进组|攻坚组|专责组|协调组)$")
#: «由专人负责» speaks of people, not of units.
_NOBODY = re.compile(r"^(?:专人|专门|专职|各自|本人|企业|个人|谁.*|.*者|.*人员)$")
_NOT_A_NAME = re.compile(r"[。；：“”《》！？\d%]|的")
_LONGEST_NAME = 26
#: Longer text is no list of units; searching it for one would only cost time.
_LONGEST_DUTY = 2000


@dataclass(frozen=True, slots=True)
class DutyWords:
    """What one duty phrase says."""

    #: Named units with their role, in the order of the text.
    units: tuple[tuple[str, Role], ...] = ()
    #: Groups that are named but not listed (成员单位, 各乡镇), with their role.
    groups: tuple[tuple[str, Role], ...] = ()
    #: Task forces (专班) named as responsible.
    task_forces: tuple[str, ...] = ()
    #: Wordings that leave the list open (等有关部门).
    vague: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """True when somebody is named."""
        return bool(self.units or self.groups or self.task_forces)


@dataclass(slots=True)
class _Sheet:
    """Collects names while a phrase is read."""

    units: dict[str, Role] = field(default_factory=dict)
    groups: dict[str, Role] = field(default_factory=dict)
    forces: list[str] = field(default_factory=list)
    vague: list[str] = field(default_factory=list)
    sound: bool = True

    def take(self, names: str, role: Role) -> None:
        self.vague += _VAGUE.findall(names)
        lead, _, helpers = names.partition("会同")
        for part, given in ((lead, role), (helpers, Role.SUPPORT)):
            for raw in _names(_BY_DUTY.sub("", part.strip("、，；。"))):
                name = _BY_DUTY.sub("", raw).removeprefix("由").strip()
                if not name:
                    continue
                if len(name) > _LONGEST_NAME or _NOT_A_NAME.search(name) or _NOBODY.match(name):
                    self.sound = False
                elif _TASK_FORCE.search(name):
                    self.forces.append(name)
                elif _ROSTER.search(name):
                    self.groups.setdefault(name, given)
                else:
                    self.units.setdefault(name, given)

    def words(self) -> DutyWords:
        return DutyWords(
            tuple(self.units.items()), tuple(self.groups.items()), tuple(self.forces), tuple(dict.fromkeys(self.vague))
        )


def _names(text: str) -> list[str]:
    """Names of a list; the commas of 各县（市、区）人民政府 do not split."""
    shielded = re.sub(r"（[^（）]*）", lambda match: match[0].replace("、", "\0").replace("，", "\0"), text)
    return [name.replace("\0", "、") for name in _SPLIT.split(shielded)]


def read_duty(content: str) -> DutyWords | None:
    """Read the inside of a bracket or a duty line.

    Args:
        content: Cleaned text, full-width punctuation: ``甲局牵头，乙局、丙局配合`` or ``责任单位：甲局、乙局``.

    Returns:
        The duty, or ``None`` where the text does not give anybody a duty.
    """
    content = content.strip().rstrip("。；，、")
    if len(content) > _LONGEST_DUTY:
        return None
    if _KEYED.match(content):
        return _keyed(content)
    sheet, end = _Sheet(), 0
    for phrase in _PHRASE.finditer(content):
        sheet.take(phrase["names"], _ROLE_OF[phrase["role"]])
        end = phrase.end()
    # Anything behind the last role must be a time limit or nothing, else the bracket is ordinary text.
    rest = content[end:].strip("、，；。")
    if not end or not sheet.sound or (rest and not re.search(r"\d|完成|底前|长期|持续|推进", rest)):
        return None
    return sheet.words() or None


def _keyed(content: str) -> DutyWords | None:
    sheet = _Sheet()
    stops = sorted(
        [*((m.start(), m.end(), m) for m in _KEYED.finditer(content))]
        + [(m.start(), m.end(), None) for m in _OTHER_KEY.finditer(content)],
        key=lambda stop: stop[0],
    )
    for (_, start, match), following in zip(stops, [*stops[1:], None], strict=True):
        if match is None:
            continue
        role = next(role for index, (_, role) in enumerate(_KEY_ROLE) if match[f"k{index}"])
        names = content[start : following[0] if following else len(content)]
        sheet.take(re.split(r"[。]", names.strip("，；。、（） "))[0], role)
    return sheet.words() or None


def duties_in(text: str) -> tuple[tuple[int, int, DutyWords], ...]:
    """Every duty phrase of a text: brackets, and lines that begin with 责任单位： and its kin.

    Args:
        text: Cleaned text of one item or heading.

    Returns:
        ``(start, end, duty)`` in order; the span covers the brackets or the whole line.
    """
    found: list[tuple[int, int, DutyWords]] = []
    for start, end in _brackets(text):
        duty = read_duty(text[start + 1 : end - 1] if text[end - 1] == "）" else text[start + 1 : end])
        if duty:
            found.append((start, end, duty))
    inside = [range(start, end) for start, end, _ in found]
    keys = [match.start() for match in _KEYED.finditer(text)]
    keys = [key for key in keys if not any(key in span for span in inside)]
    if keys:
        start = keys[0]
        end = _end_of_line_duty(text, keys)
        duty = read_duty(text[start:end])
        if duty:
            found.append((start, end, duty))
    return tuple(sorted(found, key=lambda row: row[0]))


def _end_of_line_duty(text: str, keys: list[int]) -> int:
    """Where the keyed list that begins at ``keys[0]`` ends: at the full stop behind its last key, or with the text."""
    stop = text.find("。", keys[-1])
    end = len(text) if stop < 0 else stop + 1
    later = [match.start() for match in _OTHER_KEY.finditer(text) if match.start() > keys[-1]]
    if later and later[0] < end:
        # 完成时限 belongs to the duty lines, not to the text of the item.
        stop = text.find("。", later[-1])
        end = len(text) if stop < 0 else stop + 1
    return end


def _brackets(text: str) -> list[tuple[int, int]]:
    """Outermost （…） groups; one that is never closed runs to the end of the text."""
    spans, depth, start = [], 0, 0
    for index, char in enumerate(text):
        if char == "（":
            if not depth:
                start = index
            depth += 1
        elif char == "）" and depth:
            depth -= 1
            if not depth:
                spans.append((start, index + 1))
    if depth:
        spans.append((start, len(text)))
    return spans
