"""config/*.yaml → :class:`pipeline.model.Settings`, validated as a whole, every problem with its file and line.

Contains no business logic. Secrets never stand in these files: :func:`secret` reads them from the environment.
"""

from __future__ import annotations

import copy
import hashlib
import os
import re
import stat
from collections.abc import Callable, Mapping
from datetime import date, time
from pathlib import Path
from time import time as timestamp
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from pipeline.adapters import webhook, yamlfile
from pipeline.adapters.yamlfile import DoubleKeyError, Rows, Table, YamlError
from pipeline.errors import ConfigError, Problem
from pipeline.model import (
    THE_UNIT,
    Alias,
    Contact,
    ContactRole,
    DueRule,
    Holiday,
    HolidayPolicy,
    Office,
    Plan,
    Route,
    Settings,
    Unit,
)
from pipeline.periods import parse_period
from pipeline.plan.data import plan_and_problems

#: In this order they make the configuration's digest.
FILES = ("office.yaml", "units.yaml", "plan.yaml", "routing.yaml", "calendar.yaml", "reading.yaml", "examples.yaml")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_SECRET_KEY = re.compile(r"(?i)passw|secret|token|授权码|密码|auth_?code")
#: Papers whose receivers must be named.
_PAPERS = ("digest", "summary", "question", "alarm")
#: Papers that may be named besides; what is not named goes where its neighbour goes.
_MORE_PAPERS = ("supplementary", "escalation")
#: Receivers of an escalation that the directory knows: the unit that owes, and people of it by what they are.
_WORDS = (THE_UNIT, *(role.value for role in ContactRole))
_DAY = re.compile(r"(?<![\d-])(\d{4})-(\d{1,2})-(\d{1,2})(?![\d-])")


def _address(value: str) -> str:
    """One plain mail address, lower case."""
    if not _ADDRESS.fullmatch(value):
        message = f"“{value}”不是邮箱地址，应写成 name@163.com 的样子"
        raise ValueError(message)
    return value.lower()


def _month(value: str) -> str:
    """A month or nothing."""
    if value and parse_period(value) is None:
        message = f'“{value}”不是月份，应写成 "2022-08" 的样子'
        raise ValueError(message)
    return value


def _zone(value: str) -> str:
    """A time zone that this machine knows."""
    if value not in available_timezones():
        message = f"不认识时区“{value}”，北京时间请写 Asia/Shanghai"
        raise ValueError(message)
    return value


def _clock(value: object) -> object:
    """``08:30``; YAML 1.2 leaves it as text."""
    if isinstance(value, str) and re.fullmatch(r"\d{1,2}:\d{2}(:\d{2})?", value):
        hour, minute, second = (*map(int, value.split(":")), 0)[:3]
        if (hour, minute, second) == (24, 0, 0):
            # 24 时: the end of the day.
            return time(23, 59, 59)
        if hour < 24 and minute < 60 and second < 60:
            return time(hour, minute, second)
    message = f'“{value}”不是时刻，应写成 "08:30" 的样子'
    raise ValueError(message)


def _window(value: tuple[int, int]) -> tuple[int, int]:
    """First and last day of a month's part."""
    if value[0] > value[1]:
        message = "开始日晚于结束日，请对调"
        raise ValueError(message)
    return value


def _pause(value: tuple[int, int]) -> tuple[int, int]:
    """Least and most seconds."""
    if not 0 <= value[0] <= value[1]:
        message = "应写成 [最少秒数, 最多秒数]，前一个不大于后一个，都不为负"
        raise ValueError(message)
    return value


Address = Annotated[str, AfterValidator(_address)]
#: A receiver in routing: an address, or a word for one that differs from unit to unit.
Receiver = Annotated[str, AfterValidator(lambda value: value if value in _WORDS else _address(value))]
Month = Annotated[str, AfterValidator(_month)]
Clock = Annotated[time, BeforeValidator(_clock)]
Day = Annotated[int, Field(ge=1, le=31)]


class _Strict(BaseModel):
    """Unknown keys are errors, and nothing is guessed from a wrong type."""

    model_config = ConfigDict(extra="forbid")


class _Due(_Strict):
    day: Day = 12
    inclusive: bool = True
    holidays: HolidayPolicy = HolidayPolicy.KEEP
    cutoff: Clock = time(23, 59, 59)


class _Sending(_Strict):
    # ``until`` comes first: ``from`` is held against it.
    until: Clock = time(18, 0)
    start: Clock = Field(time(8, 30), alias="from")
    pause_seconds: Annotated[tuple[int, int], AfterValidator(_pause)] = (20, 60)
    daily_limit: int = Field(200, ge=1)
    per_address_limit: int = Field(3, ge=1)
    review_until: date | None = None

    @field_validator("start")
    @classmethod
    def _before_until(cls, start: time, info: ValidationInfo) -> time:
        if "until" in info.data and start >= info.data["until"]:
            message = "应早于 until"
            raise ValueError(message)
        return start


class _Server(_Strict):
    host: str = "localhost"
    port: int = Field(993, ge=1, le=65535)
    security: Literal["ssl", "starttls", "none"] = "ssl"
    user: str = ""
    folders: list[str] = []


class _Authentication(_Strict):
    mode: Literal["when_present", "required", "habit"] = "when_present"
    servers: list[str] = []


def _webhook(value: str) -> str:
    """Nothing, or an address on the office's own network."""
    if value and (trouble := webhook.trouble_of(value)):
        raise ValueError(trouble)
    return value


class _Watch(_Strict):
    webhook: Annotated[str, AfterValidator(_webhook)] = ""


class _Office(_Strict):
    name: str
    signature: str
    phone: str = ""
    mailbox: Address
    timezone: Annotated[str, AfterValidator(_zone)] = "Asia/Shanghai"
    campaign: list[str]
    due: _Due = _Due()
    remind_before: list[Annotated[int, Field(ge=0, le=20)]] = [5, 2, 0]
    overdue_after: list[Annotated[int, Field(ge=1, le=20)]] = [1, 3]
    digest_window: Annotated[tuple[Day, Day], AfterValidator(_window)] = (1, 15)
    sending: _Sending = _Sending.model_validate({})
    stale_hours: int = Field(24, ge=1)
    first_period: Month = ""
    source: Literal["imap", "maildir", "emlfolder"] = "imap"
    path: str = ""
    imap: _Server = _Server()
    smtp: _Server = _Server(port=465)
    authentication: _Authentication = _Authentication()
    watch: _Watch = _Watch()


class _Alias(_Strict):
    name: str
    since: date | None = None
    until: date | None = None


class _Contact(_Strict):
    role: ContactRole = ContactRole.LIAISON
    name: str
    address: Literal[""] | Address = ""
    phone: str = ""


class _Exempt(_Strict):
    period: Month
    because: str


class _Unit(_Strict):
    name: str
    full_name: str
    aliases: list[str | _Alias] = []
    mailboxes: list[Address] = []
    contacts: list[_Contact] = []
    chased: bool = True
    exempt: list[_Exempt] = []


class _Units(_Strict):
    units: list[_Unit]


class _Route(_Strict):
    paper: str
    to: list[Receiver] = Field(min_length=1)
    copies: list[Receiver] = []


class _Routing(_Strict):
    routes: list[_Route]


class _Holiday(_Strict):
    day: date
    working: bool
    name: str = ""
    source: str = ""


class _Calendar(_Strict):
    days: list[_Holiday] = []


# --------------------------------------------------------------------------- reading


def load_settings(home: Path) -> Settings:
    """Read and validate the configuration of a home.

    Raises:
        ConfigError: with every problem of every file at once.
    """
    return _Loader(home / "config").load()


def load_plan(folder: Path) -> Plan:
    """config/plan.yaml alone, whatever state the other files are in.

    Raises:
        ConfigError: with every problem of that file.
    """
    loader = _Loader(folder)
    plan = loader.plan()
    if plan is None or loader.problems:
        raise ConfigError("行动计划 config/plan.yaml 不能用，请改正或重新导入。", problems=tuple(loader.problems))
    return plan


def load_units(folder: Path) -> tuple[Unit, ...]:
    """config/units.yaml alone, whatever state the other files are in.

    Raises:
        ConfigError: with every problem of that file.
    """
    loader = _Loader(folder)
    units = loader.units()
    if units is None or loader.problems:
        raise ConfigError("通讯录 config/units.yaml 不能用，请改正或重新导入。", problems=tuple(loader.problems))
    return tuple(map(_unit, units.units))


def digest_of(folder: Path) -> str:
    """SHA-256 over the configuration files in their order; absent files count as empty."""
    return _digest(_bytes(folder))


def _bytes(folder: Path) -> dict[str, bytes | None]:
    """Content of every configuration file at one moment; ``None`` where it is missing or cannot be read."""
    found: dict[str, bytes | None] = {}
    for name in FILES:
        try:
            found[name] = (folder / name).read_bytes()
        except OSError:
            found[name] = None
    return found


def _digest(files: Mapping[str, bytes | None]) -> str:
    total = hashlib.sha256()
    for name in FILES:
        data = files[name] or b""
        total.update(f"{name} {len(data)}\n".encode() + data)
    return total.hexdigest()


class _Loader:
    """One reading of config/, collecting problems as it goes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = _bytes(folder)
        self.problems: list[Problem] = []
        self._parsed: dict[str, Any] = {}

    def load(self) -> Settings:
        """Read all files, check each alone, then all together."""
        office = self._model("office.yaml", _Office)
        units = self.units()
        routing = self._model("routing.yaml", _Routing)
        days = self._model("calendar.yaml", _Calendar, optional=True)
        plan = self.plan()
        lexicon = self._lexicon()
        examples = self._examples()
        if office is not None:
            self._check_office(office)
        if units is not None:
            self._check_units(units, office)
            self._check_dates(units)
        if days is not None:
            self._check_days(days)
        if routing is not None:
            self._check_routes(routing, plan)
        if units is not None and plan is not None:
            self._check_names(units, plan)
            self._check_known(units, plan)
        if self.problems or office is None or units is None or routing is None or plan is None:
            count = len(self.problems)
            order = {f"config/{name}": at for at, name in enumerate(FILES)}
            problems = sorted(dict.fromkeys(self.problems), key=lambda one: (order[one.file], one.line))
            raise ConfigError(f"配置有 {count} 处问题，请逐条改正后再试。", problems=tuple(problems))
        return Settings(
            office=_office(office),
            units=tuple(map(_unit, units.units)),
            plan=plan,
            routes=tuple(Route(route.paper, tuple(route.to), tuple(route.copies)) for route in routing.routes),
            holidays=tuple(Holiday(day.day, day.working, day.name, day.source) for day in (days.days if days else ())),
            lexicon=lexicon,
            servers=_servers(office, self.folder.parent),
            authservers=frozenset(office.authentication.servers),
            authentication=office.authentication.mode,
            examples=examples,
            digest=_digest(self.files),
        )

    def _raw(self, name: str, *, optional: bool = False) -> Any:  # noqa: ANN401 - what YAML holds
        """A file as YAML with its lines, read once; ``None`` with its problem noted."""
        if name not in self._parsed:
            self._parsed[name] = self._parse(name, optional=optional)
        return self._parsed[name]

    def _parse(self, name: str, *, optional: bool) -> Any:  # noqa: ANN401 - what YAML holds
        content = self.files[name]
        if content is None:
            if (self.folder / name).exists():
                self._say(name, 0, "这个文件读不出来。请检查文件权限，并关闭正在占用它的程序。")
            elif not optional:
                self._say(name, 0, "找不到这个文件。可用 yuebao init 生成带注释的样本后填写。")
            return None
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            line = content[: _first_bad_byte(content)].count(b"\n") + 1
            self._say(name, line, "文件不是 UTF-8 编码。请用记事本“另存为”，编码选 UTF-8。")
            return None
        if self._impossible_days(name, text):
            return None
        try:
            data = yamlfile.load(text)
        except DoubleKeyError as error:
            self._say(name, error.line, f"“{error.key}”写了两次，请只保留一处。")
        except YamlError as error:
            bad = (at for at, one in enumerate(text.splitlines(), 1) if not one.isprintable())
            self._say(name, error.line or next(bad, 0), _yaml_sentence(error.problem))
        else:
            if data is None and not optional:
                self._say(name, 1, "文件是空的。可用 yuebao init 在别处生成带注释的样本，照样填写。")
            return data
        return None

    def _impossible_days(self, name: str, text: str) -> bool:
        """Note days that no calendar has: YAML's own reader would stop at the first without a line."""
        found = False
        for number, line in enumerate(text.splitlines(), 1):
            for match in _DAY.finditer(line.partition("#")[0]):
                try:
                    date(*map(int, match.groups()))
                except ValueError:
                    found = True
                    self._say(name, number, f"“{match[0]}”不是日历上有的日期，请改正。")
        return found

    def _model(self, name: str, kind: type[Any], *, optional: bool = False) -> Any:  # noqa: ANN401 - an instance of kind
        before = len(self.problems)
        data = self._raw(name, optional=optional)
        if data is None:
            return kind() if optional and len(self.problems) == before else None
        refused = self._no_secrets(name, data)
        try:
            return kind.model_validate(data)
        except ValidationError as error:
            for one in error.errors():
                if one["loc"] not in refused:
                    self._say(name, _line(data, one["loc"]), _sentence(one))
            return _names_of(copy.deepcopy(data), kind, {one["loc"][:2] for one in error.errors()})

    def _no_secrets(
        self,
        name: str,
        data: Any,  # noqa: ANN401 - what YAML holds
        at: tuple[int | str, ...] = (),
    ) -> frozenset[tuple[int | str, ...]]:
        """Refuse keys that look like a password, however deep; the places refused."""
        refused: set[tuple[int | str, ...]] = set()
        if isinstance(data, Table):
            for key, value in data.items():
                place = (*at, key)
                if _SECRET_KEY.search(str(key)):
                    refused.add(place)
                    self._say(
                        name,
                        data.lines[key],
                        f"“{key}”不能写在配置里。授权码请放在环境变量 YUEBAO_PASSWORD，"
                        "或写入只有本人可读的文件并用 YUEBAO_PASSWORD_FILE 指明，然后删除这一行。",
                    )
                refused |= self._no_secrets(name, value, place)
        elif isinstance(data, Rows):
            for number, value in enumerate(data):
                refused |= self._no_secrets(name, value, (*at, number))
        return frozenset(refused)

    def units(self) -> _Units | None:
        """config/units.yaml, or ``None`` with its problems noted."""
        found: _Units | None = self._model("units.yaml", _Units)
        return found

    def plan(self) -> Plan | None:
        """config/plan.yaml, or ``None`` with its problems noted."""
        data = self._raw("plan.yaml")
        if data is None:
            return None
        self._no_secrets("plan.yaml", data)
        if not isinstance(data, Table):
            self._say("plan.yaml", 1, "应为“键: 值”的形式，可用 yuebao plan import 由通知生成。")
            return None
        plan, problems = plan_and_problems(data, file="config/plan.yaml")
        for one in problems:
            self._say("plan.yaml", one.line or _plan_line(data, one.message), one.message)
        return plan

    def _optional_table(self, name: str, *, shape: str) -> Table:
        """A file that may be missing; empty too where it is no table, which is told with the ``shape`` it needs."""
        data = self._raw(name, optional=True)
        if isinstance(data, Table):
            self._no_secrets(name, data)
            return data
        if data is not None:
            self._say(name, 1, f"应为{shape}的形式，请检查缩进和冒号。")
        return Table()

    def _lexicon(self) -> Mapping[str, tuple[str, ...]]:
        data = self._optional_table("reading.yaml", shape="“名称: [词, 词]”")
        found: dict[str, tuple[str, ...]] = {}

        def flatten(prefix: str, value: Any, line: int) -> None:  # noqa: ANN401 - what YAML holds
            if isinstance(value, Table):
                for key, inner in value.items():
                    flatten(f"{prefix}.{key}" if prefix else str(key), inner, _line(value, (key,)))
            elif isinstance(value, list):
                bad = [one for one in value if isinstance(one, (dict, list))]
                if bad:
                    self._say("reading.yaml", line, f"“{prefix}”应为词语的列表。")
                found[prefix] = tuple(str(one) for one in value if not isinstance(one, (dict, list)))
            elif value is None:
                found[prefix] = ()
            else:
                found[prefix] = (str(value),)

        flatten("", data, 1)
        return found

    def _examples(self) -> Mapping[str, tuple[str, ...]]:
        """Sentences by the title of an item; titles that this plan does not have wait for another plan."""
        data = self._optional_table("examples.yaml", shape="“事项标题: |”加若干行例句")
        found: dict[str, tuple[str, ...]] = {}
        for title, said in data.items():
            if isinstance(said, str):
                found[str(title)] = tuple(line.strip() for line in said.splitlines() if line.strip())
            elif said is not None:
                self._say("examples.yaml", _line(data, (title,)), f"“{title}”后面应为“|”加若干行例句，一行一句。")
        return found

    def _check_office(self, office: _Office) -> None:
        """What the settings of the office say together."""
        raw = self._raw("office.yaml")
        if office.source != "imap" and not office.path:
            at = _line(raw, ("source",))
            self._say("office.yaml", at, f"source 为 {office.source} 时要写 path（邮件所在文件夹）。")

    def _check_units(self, units: _Units, office: _Office | None) -> None:
        """No unit twice, no mailbox of two units, none that is the office's own."""
        raw = self._raw("units.yaml")
        names: set[str] = set()
        boxes: dict[str, str] = {}
        for index, unit in enumerate(units.units):
            if unit.name and unit.name in names:
                at = _line(raw, ("units", index, "name"))
                self._say("units.yaml", at, f"单位“{unit.name}”写了两次，请合并。")
            names.add(unit.name)
            places: list[tuple[str, tuple[int | str, ...]]] = [
                (box, ("mailboxes", number)) for number, box in enumerate(unit.mailboxes)
            ]
            # A liaison's address speaks for the unit as a mailbox does.
            places += [
                (one.address, ("contacts", number, "address"))
                for number, one in enumerate(unit.contacts)
                if one.address and one.role == ContactRole.LIAISON
            ]
            for box, place in places:
                at = _line(raw, ("units", index, *place))
                if boxes.setdefault(box, unit.name) != unit.name:
                    self._say(
                        "units.yaml",
                        at,
                        f"邮箱 {box} 已属于“{boxes[box]}”，一个邮箱只能属于一个单位。请在其中一个单位下删除。",
                    )
                if office is not None and box == office.mailbox:
                    self._say("units.yaml", at, f"邮箱 {box} 是收集邮箱本身，不能作为单位邮箱。请删除或改正。")

    def _check_days(self, days: _Calendar) -> None:
        """No day of the calendar twice."""
        seen: set[date] = set()
        for index, one in enumerate(days.days):
            if one.day in seen:
                at = _line(self._raw("calendar.yaml"), ("days", index))
                self._say("calendar.yaml", at, f"{one.day} 写了两次，请只保留一条。")
            seen.add(one.day)

    def _check_dates(self, units: _Units) -> None:
        """No name that ends before it begins."""
        for index, unit in enumerate(units.units):
            for number, alias in enumerate(unit.aliases):
                if isinstance(alias, _Alias) and alias.since and alias.until and alias.until < alias.since:
                    at = _line(self._raw("units.yaml"), ("units", index, "aliases", number))
                    self._say("units.yaml", at, f"别称“{alias.name}”的 until 早于 since，请核对日期。")

    def _check_known(self, units: _Units, plan: Plan) -> None:
        """Every unit that is chased has, or had, something to report; every roster is one that an item names."""
        named = {name for item in plan.items for name, _role in item.units} | {entry.unit for entry in plan.rosters}
        for index, unit in enumerate(units.units):
            aliases = {alias if isinstance(alias, str) else alias.name for alias in unit.aliases}
            if unit.name and unit.chased and not named & ({unit.name, unit.full_name} | aliases):
                self._say(
                    "units.yaml",
                    _line(self._raw("units.yaml"), ("units", index, "name")),
                    f"行动计划里没有“{unit.name}”。请核对名称；确实没有任务的单位请写 chased: false，"
                    "由名单带来任务的请写进 plan.yaml 的 rosters。",
                )
        rosters = {name for item in plan.items if item.roster for name in (item.roster, *item.roster.split("、"))}
        for index, entry in enumerate(plan.rosters):
            at = _line(self._raw("plan.yaml"), ("rosters", index))
            if entry.roster and entry.roster not in rosters:
                choices = "、".join(sorted(rosters)) or "无"
                self._say("plan.yaml", at, f"没有一项任务由“{entry.roster}”承担，请改正名单的名称；可用的：{choices}。")
            if entry.since and entry.until and entry.until < entry.since:
                self._say("plan.yaml", at, f"“{entry.unit}”在名单中的 until 早于 since，请核对日期。")

    def _check_names(self, units: _Units, plan: Plan) -> None:
        """Every unit that the plan names is on the contact list."""
        raw = self._raw("plan.yaml")
        known = {unit.name for unit in units.units} | {unit.full_name for unit in units.units}
        for unit in units.units:
            known |= {alias if isinstance(alias, str) else alias.name for alias in unit.aliases}
        told: set[str] = set()
        for index, item in enumerate(plan.items):
            for number, (name, _role) in enumerate(item.units):
                if name and name not in known and name not in told:
                    told.add(name)
                    at = _line(raw, ("items", index, "units", number))
                    self._say("plan.yaml", at, f"单位“{name}”不在 units.yaml 中。请在通讯录里补上，或改正名称。")
        for index, entry in enumerate(plan.rosters):
            if entry.unit and entry.unit not in known:
                at = _line(raw, ("rosters", index))
                self._say(
                    "plan.yaml",
                    at,
                    f"名单“{entry.roster}”中的“{entry.unit}”不在 units.yaml 中。请在通讯录里补上，或改正名称。",
                )

    def _check_routes(self, routing: _Routing, plan: Plan | None) -> None:
        """Every paper has a receiver, once, and every task force of the plan has its own."""
        raw = self._raw("routing.yaml")
        forces = dict.fromkeys(item.task_force for item in plan.items if item.task_force) if plan else {}
        top = _line(raw, ("routes",))
        seen: set[str] = set()
        for index, route in enumerate(routing.routes):
            at = _line(raw, ("routes", index, "paper"))
            if not route.paper:
                continue
            if route.paper in seen:
                self._say("routing.yaml", at, f"“{route.paper}”写了两次，请合并收件人。")
            seen.add(route.paper)
            self._check_words(route, ("routes", index))
            kind, _, force = route.paper.partition(":")
            if kind == "task_force":
                if plan is not None and force not in forces:
                    self._say("routing.yaml", at, f"行动计划里没有“{force}”，请改正名称或删除。")
            elif route.paper not in (*_PAPERS, *_MORE_PAPERS):
                choices = "、".join((*_PAPERS, *_MORE_PAPERS, "task_force:某专班"))
                self._say("routing.yaml", at, f"没有“{route.paper}”这种材料，只能是：{choices}。")
        for paper in _PAPERS:
            if paper not in seen:
                self._say("routing.yaml", top, f"没有写“{paper}”的收件人。请加一项 paper: {paper}。")
        for force in forces:
            if f"task_force:{force}" not in seen:
                self._say("routing.yaml", top, f"没有写“{force}”的收件人。请加一项 paper: task_force:{force}。")

    def _check_words(self, route: _Route, place: tuple[int | str, ...]) -> None:
        """An escalation is written to the unit; of other papers no unit is the receiver."""
        raw = self._raw("routing.yaml")
        for key, receivers in (("to", route.to), ("copies", route.copies)):
            words = "、".join(one for one in receivers if one in _WORDS)
            if route.paper != "escalation" and words:
                at = _line(raw, (*place, key))
                self._say("routing.yaml", at, f"“{words}”只能用于 escalation（督办函）。请改成邮箱地址。")
        if route.paper == "escalation" and THE_UNIT not in route.to:
            at = _line(raw, (*place, "to"))
            self._say("routing.yaml", at, f"督办函是写给单位的。请在 to 里写上“{THE_UNIT}”，其他人写在 copies 里。")

    def _say(self, name: str, line: int, message: str) -> None:
        self.problems.append(Problem(f"config/{name}", line, message))


def _yaml_sentence(problem: str) -> str:
    """What the reader of YAML stumbled over, in Chinese; its own words are for programmers."""
    for words, meaning in (
        ("'\\t'", "用了制表符（Tab），请改成空格"),
        ("mapping values are not allowed", "缩进不齐，或同一行有两个冒号；含冒号的文字请加引号"),
        ("expected key", "缩进与上下行不齐"),
        ("expected '-'", "缩进与上下行不齐"),
        ("document start", "缩进与上下行不齐"),
        ("cannot start any token", "以特殊符号开头的文字请加引号"),
        ("undefined alias", "以 * 开头的文字请加引号"),
        ("expected ',' or", "括号没有成对，或少了逗号"),
        ("quoted scalar", "引号没有成对"),
    ):
        if words in problem:
            return f"格式不对：{meaning}。"
    return "格式不对。请检查缩进、冒号后的空格、引号和括号是否成对。"


def _first_bad_byte(content: bytes) -> int:
    """Position of the first byte that is no UTF-8."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return 0


def _plan_line(data: Table, message: str) -> int:
    """1-based line of the row and key that a plan's problem speaks of; of the row where the key is not found."""
    loc: tuple[int | str, ...] = ()
    items = data.get("items")
    if match := re.match(r"(items|rosters) 第(\d+)项", message):
        loc = (match[1], int(match[2]) - 1)
    elif (match := re.match(r"第(.+?)条", message)) and isinstance(items, list):
        rows = [at for at, row in enumerate(items) if isinstance(row, dict) and str(row.get("number")) == match[1]]
        if rows:
            # Of two versions of an item the later one is the one just typed.
            loc = ("items", rows[-1])
    row: Any = data
    for step in loc:
        try:
            row = row[step]
        except (KeyError, IndexError, TypeError):
            break
    words = re.findall(r"“([^”]+)”", message)
    return next((line for word in words if (line := _inner_line(row, word))), _line(data, loc))


def _inner_line(row: Any, word: str) -> int:  # noqa: ANN401 - what YAML holds
    """1-based line of the last key or value of that name within a row; 0 when there is none."""
    found = 0
    if isinstance(row, Table):
        for key, value in row.items():
            here = word in {str(key), str(value)}
            found = row.lines[key] if here else _inner_line(value, word) or found
    elif isinstance(row, Rows):
        for number, value in enumerate(row):
            if isinstance(value, (Table, Rows)):
                found = _inner_line(value, word) or found
            elif str(value) == word:
                found = row.lines[number]
    return found


def _names_of(data: Any, kind: type[Any], wrong: set[tuple[int | str, ...]]) -> Any:  # noqa: ANN401 - what YAML holds
    """The file with only the names of its wrong rows, so that names are held against the other files in the same round.

    It never comes into force: what is wrong is noted. ``None`` where the file is no list of rows, or wrong elsewhere.
    """
    key, bare = _BARE.get(kind, ("", None))
    rows = data.get(key) if isinstance(data, dict) else None
    if bare is None or not isinstance(rows, list) or any(place[:1] != (key,) or len(place) < 2 for place in wrong):
        return None
    data[key] = [
        bare(row if isinstance(row, dict) else {}) if (key, at) in wrong else row for at, row in enumerate(rows)
    ]
    try:
        return kind.model_validate(data)
    except ValidationError:
        return None


def _is_address(value: str) -> bool:
    try:
        _address(value)
    except ValueError:
        return False
    return True


def _bare_unit(row: dict[str, Any]) -> dict[str, Any]:
    aliases = row.get("aliases")
    named = [one.get("name") if isinstance(one, dict) else one for one in aliases] if isinstance(aliases, list) else []
    boxes = row.get("mailboxes")
    return {
        "name": str(row.get("name", "")),
        "full_name": str(row.get("full_name", "")),
        "aliases": [one for one in named if isinstance(one, str)],
        "mailboxes": [one for one in boxes if isinstance(one, str) and _is_address(one)]
        if isinstance(boxes, list)
        else [],
        "chased": row.get("chased") is not False,
    }


def _bare_route(row: dict[str, Any]) -> dict[str, Any]:
    paper = str(row.get("paper", ""))
    return {"paper": paper, "to": [THE_UNIT if paper == "escalation" else "nobody@office.invalid"]}


_BARE: dict[type[Any], tuple[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {
    _Units: ("units", _bare_unit),
    _Routing: ("routes", _bare_route),
}


def _line(data: Any, loc: tuple[int | str, ...]) -> int:  # noqa: ANN401 - what YAML holds
    """1-based line of a place in a document; of its nearest known parent otherwise."""
    line = 1
    for step in loc:
        if not isinstance(data, (Table, Rows)):
            break
        lines: Any = data.lines
        try:
            line, data = lines[step], data[step]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            # pydantic names branches of a choice too, which are no places.
            continue
    return line


def _sentence(error: Any) -> str:  # noqa: ANN401 - pydantic's error dictionary
    """A pydantic error as a Chinese sentence."""
    name = ".".join(str(step) for step in error["loc"] if isinstance(step, str) and not step.startswith("_"))
    value = error.get("input")
    shown = f"“{value}”" if isinstance(value, (str, int, float, bool)) else "这个值"
    match error["type"]:
        case "extra_forbidden":
            return f"不认识的设置项“{name}”。请检查拼写，或删除这一行。"
        case "missing":
            return f"缺少“{name}”，请补上。"
        case "value_error":
            return f"{name}：{error['ctx']['error']}。"
        case "enum" | "literal_error":
            choices = str(error["ctx"].get("expected", "")).replace(" or ", "、").replace(", ", "、").replace("'", "")
            return f"{name}：{shown}不是可选的值，只能是 {choices}。"
        case "bool_type" | "bool_parsing":
            return f"{name}：{shown}应写 true 或 false。"
        case "int_type" | "int_parsing" | "int_from_float" | "int_parsing_size" | "finite_number":
            return f"{name}：{shown}应为整数。"
        case "greater_than_equal" | "less_than_equal":
            bound = error["ctx"].get("ge", error["ctx"].get("le"))
            return f"{name}：{shown}超出范围（界限 {bound}）。"
        case "string_type":
            return f"{name}：{shown}应为文字，请加引号。"
        case "date_type" | "date_parsing" | "date_from_datetime_parsing" | "date_from_datetime_inexact":
            return f"{name}：{shown}不是日期，应写成 2022-09-12 的样子。"
        case "list_type" | "tuple_type" | "model_type" | "dict_type":
            shape = "列表" if error["type"] in {"list_type", "tuple_type"} else "若干“键: 值”"
            return f"{name}：写法不对，应为{shape}。"
        case "too_short":
            return f"{name}：至少要写 {error['ctx'].get('min_length', 1)} 项。"
        case "too_long":
            return f"{name}：最多写 {error['ctx'].get('max_length', 1)} 项。"
        case _:
            return f"{name}：{shown}不对，请对照样本（yuebao init 生成）改正。"


# --------------------------------------------------------------------------- models → values


def _office(raw: _Office) -> Office:
    return Office(
        name=raw.name,
        signature=raw.signature,
        mailbox=raw.mailbox,
        timezone=raw.timezone,
        due=DueRule(raw.due.day, raw.due.inclusive, raw.due.holidays, raw.due.cutoff),
        remind_before=tuple(raw.remind_before),
        overdue_after=tuple(raw.overdue_after),
        digest_window=raw.digest_window,
        send_from=raw.sending.start,
        send_until=raw.sending.until,
        pause_seconds=raw.sending.pause_seconds,
        daily_limit=raw.sending.daily_limit,
        per_address_limit=raw.sending.per_address_limit,
        stale_hours=raw.stale_hours,
        first_period=raw.first_period,
        review_until=raw.sending.review_until,
        campaign=tuple(raw.campaign),
        phone=raw.phone,
    )


def _unit(raw: _Unit) -> Unit:
    liaisons = [one.address for one in raw.contacts if one.role == ContactRole.LIAISON and one.address]
    return Unit(
        name=raw.name,
        full_name=raw.full_name,
        aliases=tuple(
            Alias(alias) if isinstance(alias, str) else Alias(alias.name, alias.since, alias.until)
            for alias in raw.aliases
        ),
        # The liaison writes for the unit: what comes from there counts as the unit's.
        mailboxes=tuple(dict.fromkeys((*raw.mailboxes, *liaisons))),
        contacts=tuple(Contact(one.role, one.name, one.address, one.phone) for one in raw.contacts),
        chased=raw.chased,
        exempt=tuple((one.period, one.because) for one in raw.exempt),
    )


def _servers(raw: _Office, home: Path) -> Mapping[str, str]:
    # A folder of mails stands where the home says, wherever the service is started from.
    path = str(home / raw.path) if raw.path else ""
    found = {"source": raw.source, "path": path, "watch.webhook": raw.watch.webhook}
    for name, server in (("imap", raw.imap), ("smtp", raw.smtp)):
        found |= {
            f"{name}.host": server.host,
            f"{name}.port": str(server.port),
            f"{name}.security": server.security,
            f"{name}.user": server.user,
            f"{name}.folders": ",".join(server.folders),
        }
    return found


# --------------------------------------------------------------------------- live

#: A file changed so lately may change again within one tick of its file system's clock (2 s on FAT).
_FRESH_SECONDS = 3.0


def _shape_of(folder: Path) -> tuple[tuple[int, ...], ...] | None:
    """What the file system says of the configuration files; ``None`` when that may not tell them apart yet."""
    shape = []
    place = f"{folder}{os.sep}"
    for name in FILES:
        try:
            # A string: this is asked many times a round, and a path would be put together and taken apart each time.
            found = os.stat(place + name)  # noqa: PTH116 - see above
        except OSError:
            shape.append((0, 0, 0))
            continue
        if abs(timestamp() - found.st_mtime) < _FRESH_SECONDS:
            return None
        shape.append((found.st_mtime_ns, found.st_size, found.st_ino))
    return tuple(shape)


class LiveSettings:
    """The configuration in force, re-read when a file changes; an invalid edit keeps the last good one."""

    def __init__(self, home: Path) -> None:
        """Read for the first time.

        Raises:
            ConfigError: there is no good configuration to begin with.
        """
        self._folder = home / "config"
        self._home = home
        self._settings = load_settings(home)
        #: Digest of the files as they were last looked at, good or bad.
        self._seen = self._settings.digest
        #: Sizes and times of the files when they were last read; ``None`` while an edit may be too fresh to show.
        self._shape: tuple[tuple[int, ...], ...] | None = None
        #: What is wrong with the files as they are now, one object an edit; ``None`` when they are in force.
        self.trouble: ConfigError | None = None

    def current(self) -> Settings:
        """The configuration in force now."""
        shape = _shape_of(self._folder)
        if shape is not None and shape == self._shape:
            return self._settings
        seen = digest_of(self._folder)
        self._shape = shape
        if seen != self._seen:
            self._seen = seen
            try:
                if seen != self._settings.digest:
                    self._settings = load_settings(self._home)
                self.trouble = None
            except ConfigError as error:
                self.trouble = error
        return self._settings


# --------------------------------------------------------------------------- secrets


def secret(environment: Mapping[str, str]) -> str:
    """The mailbox's 授权码: from ``YUEBAO_PASSWORD``, or from the file that ``YUEBAO_PASSWORD_FILE`` names.

    Raises:
        ConfigError: neither is set, or others may read the file.
    """
    if value := environment.get("YUEBAO_PASSWORD", "").strip():
        return value
    name = environment.get("YUEBAO_PASSWORD_FILE", "").strip()
    if not name:
        raise ConfigError(
            "没有找到邮箱授权码。请设置环境变量 YUEBAO_PASSWORD，或用 YUEBAO_PASSWORD_FILE 指明存放授权码的文件。"
        )
    path = Path(name)
    try:
        rights = path.stat().st_mode
        value = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError(f"授权码文件 {name} 读不出来（{error.strerror}）。请检查路径和权限。") from error
    if os.name != "nt" and rights & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(f"授权码文件 {name} 别人也能读。请执行：chmod 600 {name}")
    if not value:
        raise ConfigError(f"授权码文件 {name} 是空的。请写入网页邮箱里生成的授权码。")
    return value


def zone_of(settings: Settings) -> ZoneInfo:
    """The office's zone."""
    return ZoneInfo(settings.office.timezone)
