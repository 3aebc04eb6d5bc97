"""configuration + mailbox + plan + calendar + machine -> one page of checks, each with its remedy.

Nothing is changed and no probe stops the page: a broken configuration gives its problems line by line, and
everything that can be looked at without it is looked at all the same.
"""

from __future__ import annotations

import importlib.util
import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from pipeline.adapters import health, interpreter, rights
from pipeline.adapters.health import Check
from pipeline.adapters.home import load_templates
from pipeline.adapters.imap import ImapSource
from pipeline.adapters.journal import Journal
from pipeline.adapters.ledger.ledger import Ledger
from pipeline.adapters.settings import load_settings
from pipeline.adapters.smtp import SmtpTransport
from pipeline.adapters.source import MailSource
from pipeline.digest.render import Templates
from pipeline.errors import ConfigError, YuebaoError
from pipeline.flows import audit, watch
from pipeline.flows.backup import ARCHIVE, DRILL_FAILED, DRILLED, JOURNAL, LEDGER
from pipeline.mail import sender
from pipeline.mail.way import sealed_results
from pipeline.model import Alias, Holiday, Settings, Unit
from pipeline.periods import period_of, previous_period
from pipeline.plan.duties import duties_of, gaps, plan_on
from pipeline.plan.notice import count
from pipeline.workdays import calendar, due_day

#: A backup older than this says that nobody makes them any more.
_BACKUP_LASTS = timedelta(days=7)
#: The manual asks for a drill a month.
_DRILL_LASTS = timedelta(days=40)
#: Minutes without a word after which the service is taken for stopped, and mails looked through for a server's word.
_SILENT, _LATEST = 60, 100
#: The mailbox ought to have been read within the office's ``stale_hours``; beyond that it is told.
_MARKS = {True: "✓", False: "✗", None: "！"}
#: From this month on next year's holidays are usually published (国务院办公厅 announces them in late autumn).
_PUBLISHED_BY = 12


@dataclass(frozen=True, slots=True)
class Connections:
    """How to reach the mailbox and the submission server; each raises ``ConfigError`` where the 授权码 is missing."""

    mailbox: Callable[[Settings], MailSource]
    transport: Callable[[Settings], SmtpTransport]


def examine(
    home: Path, *, now: datetime, connections: Connections | None, environment: Mapping[str, str]
) -> tuple[Check, ...]:
    """Look at everything the service needs.

    Args:
        home: Folder of the home; it need not hold anything yet.
        now: The moment, aware.
        connections: How to reach the servers; ``None`` leaves them out (``--offline``).
        environment: The process' environment: where the 授权码 comes from.

    Returns:
        The checks in the order in which they are shown.
    """
    checks = [interpreter.look()]
    try:
        settings = load_settings(home)
    except ConfigError as error:
        checks += [Check("配置", ok=False, message=str(problem)) for problem in error.problems]
        if not error.problems:
            checks.append(Check("配置", ok=False, message=error.message))
        checks.append(Check("邮箱", ok=None, message="配置改正后再查收信和发信。"))
        now = now.astimezone(ZoneInfo("Asia/Shanghai"))
        checks += _calendar(now, settings=None)
    else:
        now = now.astimezone(ZoneInfo(settings.office.timezone))
        checks.append(_configured(settings))
        checks += _servers(settings, connections, now=now)
        checks += _calendar(now, settings=settings)
        checks += _plan(settings, now=now)
        checks += _addresses(settings, now=now)
        checks += _ambiguous(settings, now=now)
        checks.append(_webhook(settings))
    checks.append(_templates(home))
    held = settings if _holds(checks) else None
    checks += _memory(home, now=now, stale_hours=held.office.stale_hours if held else 24, settings=held)
    checks.append(_journal(home))
    checks += [probe(home) for probe in health.LOCAL]
    checks.append(_ocr())
    checks += _rights(home, environment)
    return tuple(checks)


def lines_of(checks: Iterable[Check]) -> tuple[str, ...]:
    """The checks for people, a line each, and a closing line that counts."""
    checks = tuple(checks)
    wrong = sum(check.ok is False for check in checks)
    remarks = sum(check.ok is None for check in checks)
    lines = [f"{_MARKS[check.ok]} {check.name}：{check.message}" for check in checks]
    if wrong:
        closing = f"共 {len(checks)} 项：{wrong} 项需要处理（✗），{remarks} 项提示（！）。"
    else:
        closing = f"共 {len(checks)} 项：没有必须处理的问题，{remarks} 项提示（！）。"
    return (*lines, "", closing)


def _holds(checks: list[Check]) -> bool:
    return not any(check.name == "配置" and check.ok is False for check in checks)


# --------------------------------------------------------------------------- configuration and servers


def _configured(settings: Settings) -> Check:
    counts = (
        f"单位 {len(settings.units)} 个，事项 {len({item.number for item in settings.plan.items})} 项，"
        f"收件安排 {len(settings.routes)} 种"
    )
    return Check("配置", ok=True, message=f"各文件检查通过：{counts}。")


def _servers(settings: Settings, connections: Connections | None, *, now: datetime) -> Iterator[Check]:
    """Log in to both servers without changing or sending anything."""
    if connections is None:
        yield Check("邮箱", ok=None, message="未检查收信和发信（--offline）。")
        return
    try:
        source = connections.mailbox(settings)
    except YuebaoError as error:
        yield Check("收信", ok=False, message=error.message)
    else:
        if isinstance(source, ImapSource):
            yield from health.mailbox(source, now=now)
        else:
            yield _folder_source(Path(settings.servers.get("path", "")), name=source.name)
    try:
        transport = connections.transport(settings)
    except YuebaoError as error:
        yield Check("发信", ok=False, message=error.message)
    else:
        yield health.transport(transport)


def _folder_source(path: Path, *, name: str) -> Check:
    if not path.is_dir():
        return Check("收信", ok=False, message=f"邮件文件夹 {path} 不存在。请检查 office.yaml 的 path。")
    if not os.access(path, os.R_OK | os.X_OK):
        return Check("收信", ok=False, message=f"邮件文件夹 {path} 读不出来。请检查权限。")
    return Check("收信", ok=True, message=f"从 {name} 读取邮件。")


# --------------------------------------------------------------------------- calendar, plan, contact list


def _calendar(now: datetime, *, settings: Settings | None) -> Iterator[Check]:
    """Whether this year's and next year's holidays are known, and when the next report is due."""
    entries = settings.holidays if settings is not None else ()
    for year, must in ((now.year, True), (now.year + 1, False)):
        name = f"{year}年放假安排"
        source = _year_source(year, entries)
        if source == "office":
            yield Check(name, ok=True, message="已按通知填入 config/calendar.yaml。")
        elif source == "published":
            yield Check(name, ok=True, message="程序已内置国务院办公厅公布的安排。")
        elif must or now.month >= _PUBLISHED_BY:
            remedy = "请照国务院办公厅的通知填入 config/calendar.yaml；填好之前，这一年的截止日都注明“暂定”。"
            yield Check(name, ok=False if must else None, message=f"程序里没有，也没有填写。{remedy}")
        else:
            remedy = "一般在上一年 11 月前后公布，公布后请填入 config/calendar.yaml；此前相关日期注明“暂定”。"
            yield Check(name, ok=None, message=f"尚未录入。{remedy}")
    if settings is not None:
        period = previous_period(period_of(now.date()))
        due = due_day(period, settings.office.due, calendar(settings.holidays), settings.office.timezone)
        yield Check("本月截止日", ok=True, message=due.because)


def _year_source(year: int, entries: tuple[Holiday, ...]) -> str:
    """Which layer knows a year's notice: ``office`` when it was typed, ``published``, or the empty string."""
    if any(entry.source and entry.day.year == year for entry in entries):
        return "office"
    return "" if calendar(())(date(year, 7, 1)).provisional else "published"


def _plan(settings: Settings, *, now: datetime) -> Iterator[Check]:
    """Items that nobody owes, sectors without a task force."""
    plan = plan_on(settings.plan, now.date())
    found = gaps(plan)
    for sentence in found:
        yield Check("无主事项", ok=None, message=sentence)
    if not plan.items:
        yield Check("行动计划", ok=False, message="今天没有一项在生效。请检查 config/plan.yaml 各项的 since 和 until。")
    elif not found:
        yield Check("无主事项", ok=True, message=f"{len(plan.items)} 项都有承担单位。")
    counted = count(plan)
    if counted.task_forces:
        bare = "；".join(f"{name}（第{'、'.join(map(str, items))}条）" for name, items in counted.without_task_force)
        message = f"以下行业没有专班，汇总时单列：{bare}。" if bare else f"{len(counted.task_forces)} 个专班。"
        yield Check("专班", ok=None if bare else True, message=message)


def _addresses(settings: Settings, *, now: datetime) -> Iterator[Check]:
    """Units that owe reports and cannot be written to, and those that owe nothing."""
    period = period_of(now.date())
    owing = {duty.unit for duty in duties_of(settings.plan, settings.units, period)}
    silent = [unit.name for unit in settings.units if unit.name in owing and not _reachable(unit)]
    if silent:
        message = f"{'、'.join(silent)}没有登记邮箱，收不到通知和催报。请在 config/units.yaml 补上 mailboxes。"
        yield Check("单位邮箱", ok=None, message=message)
    else:
        yield Check("单位邮箱", ok=True, message=f"有任务的 {len(owing)} 个单位都登记了邮箱。")
    idle = [unit.name for unit in settings.units if unit.name not in owing]
    if idle:
        yield Check("无任务单位", ok=None, message=f"{'、'.join(idle)}在通讯录中，但计划里没有任务，不会收到通知。")


def _ambiguous(settings: Settings, *, now: datetime) -> Iterator[Check]:
    """Names in force that two units share: none of them is told by such a name."""
    owners: dict[str, set[str]] = {}
    for unit in settings.units:
        current = [alias.name for alias in unit.aliases if _in_force(alias, now.date())]
        for name in (unit.name, unit.full_name, *current):
            owners.setdefault(name, set()).add(unit.name)
    shared = [f"“{name}”（{'、'.join(sorted(some))}）" for name, some in owners.items() if len(some) > 1]
    if shared:
        message = (
            f"几个单位共用同一名称：{'；'.join(shared)}。程序不按它认单位，请在 config/units.yaml 改正或注明起止日期。"
        )
        yield Check("重名", ok=None, message=message)


def _in_force(alias: Alias, day: date) -> bool:
    return (alias.since is None or alias.since <= day) and (alias.until is None or day <= alias.until)


def _reachable(unit: Unit) -> bool:
    return bool(unit.mailboxes) or not unit.chased


# --------------------------------------------------------------------------- what the home holds


def _templates(home: Path) -> Check:
    try:
        found = load_templates(home)
        Templates(found)
    except ConfigError as error:
        first = "；".join(str(problem) for problem in error.problems[:3]) or error.message
        return Check("信函模板", ok=False, message=f"{first}。")
    except (OSError, UnicodeDecodeError) as error:
        return Check("信函模板", ok=False, message=f"读不出来：{error}。请检查 templates/ 下的文件，编码用 UTF-8。")
    return Check("信函模板", ok=True, message=f"{len(found)} 个模板检查通过。")


def _memory(home: Path, *, now: datetime, stale_hours: int, settings: Settings | None) -> Iterator[Check]:
    """What the ledger knows about the last days: polls, mails not fetched, sending, backups."""
    if not (home / LEDGER).exists():
        yield Check("台账", ok=None, message="还没有台账，第一次收信时建立。")
        return
    try:
        ledger = Ledger(home / LEDGER)
    except YuebaoError as error:
        yield Check("台账", ok=False, message=error.message)
        return
    try:
        yield Check("台账", ok=True, message=f"完好，登记邮件 {len(ledger.messages())} 封。")
        yield from _poll(ledger, now=now, stale_hours=stale_hours)
        yield from _sending(ledger, home, now=now)
        yield _backup(ledger, now=now)
        yield _drill(ledger, now=now)
        yield _watched(home, now=now)
        yield from _vouching(ledger, settings)
        yield from _cut_journal(ledger, home / JOURNAL)
    finally:
        ledger.close()


def _webhook(settings: Settings) -> Check:
    """Whether alarms have a way besides the mail."""
    url = settings.servers.get("watch.webhook", "")
    if url:
        return Check("告警推送", ok=True, message=f"出现或解除告警时推送到 {url}。")
    message = (
        "没有设置。收发信都出问题时，只能看 status.json 或 yuebao watch；可在 office.yaml 的 watch.webhook 填内网地址。"
    )
    return Check("告警推送", ok=None, message=message)


def _watched(home: Path, *, now: datetime) -> Check:
    """What the service last said of itself."""
    good, lines = watch.look(home, now=now, minutes=_SILENT)
    return Check("服务状态", ok=True if good else None, message=" ".join(lines))


def _vouching(ledger: Ledger, settings: Settings | None) -> Iterator[Check]:
    """Whether the receiving server's word on senders is used, and by which name it speaks."""
    if settings is None:
        return
    seen: Counter[str] = Counter()
    sealed = 0
    for mail in ledger.messages()[-_LATEST:]:
        letter = ledger.opened(mail.digest).letter
        seen.update(set(sender.speakers(letter)))
        sealed += bool(sealed_results(letter)[1])
    unknown = {name: count for name, count in seen.items() if name not in settings.authservers}
    used = sum(count for name, count in seen.items() if name in settings.authservers)
    if settings.authservers and used:
        yield Check("发件人验证", ok=True, message=f"近 {_LATEST} 封来信中有 {used} 封带有收信服务器的验证结果。")
    elif sealed:
        message = f"近 {_LATEST} 封来信中有 {sealed} 封在信头末尾带有收信服务器（Coremail）的验证结果，已采用。"
        yield Check("发件人验证", ok=True, message=message)
    elif unknown:
        names = "、".join(sorted(unknown, key=lambda name: -unknown[name])[:3])
        remedy = "如果这是您的邮箱服务商，请填入 office.yaml 的 authentication.servers，冒名来信就能被发现。"
        yield Check("发件人验证", ok=None, message=f"来信最上方有 {names} 写的验证结果，没有使用。{remedy}")
    elif settings.authservers:
        names = "、".join(sorted(settings.authservers))
        yield Check("发件人验证", ok=None, message=f"设置的是 {names}，但来信中没有见过它写的结果，请核对名字。")
    else:
        message = "收信服务器没有写过验证结果，发件地址只能凭通讯录和信头核对；有疑问的来信会提问。"
        yield Check("发件人验证", ok=None, message=message)


def _poll(ledger: Ledger, *, now: datetime, stale_hours: int) -> Iterator[Check]:
    last = ledger.fact("last_poll")
    failures = int(ledger.fact("failures", "0"))
    if not last:
        yield Check("最近收信", ok=None, message="还没有成功收取过。")
    else:
        when = datetime.fromisoformat(last).astimezone(now.tzinfo)
        text = f"最近一次成功收取在 {when:%Y-%m-%d %H:%M}"
        if now - when > timedelta(hours=stale_hours):
            message = f"{text}，超过 {stale_hours} 小时，期间不催报。请检查服务是否在运行、邮箱能否登录。"
            yield Check("最近收信", ok=None, message=message)
        else:
            yield Check("最近收信", ok=not failures or None, message=f"{text}，此后失败 {failures} 次。")
    missing = ledger.not_fetched()
    if missing:
        first = "；".join(f"{mail.folder} 第 {mail.uid} 号（{mail.reason}）" for mail in missing[:3])
        yield Check("未取回的邮件", ok=None, message=f"{len(missing)} 封：{first}。下次收取时再试。")


def _sending(ledger: Ledger, home: Path, *, now: datetime) -> Iterator[Check]:
    if (home / "STOP").exists():
        yield Check("发信开关", ok=None, message="工作文件夹里有停发文件 STOP，全部发信已暂停。处理完毕后请删除它。")
    if off := ledger.fact("sending_off"):
        yield Check("发信开关", ok=None, message=f"发信已关闭：{off}。核对后执行 yuebao outbox resume。")
    until = ledger.fact("sending_stopped_until")
    if until and datetime.fromisoformat(until) > now:
        yield Check("发信开关", ok=None, message=ledger.fact("sending_stopped_because"))


def _backup(ledger: Ledger, *, now: datetime) -> Check:
    last = ledger.fact("last_backup")
    if not last:
        message = "还没有做过备份。正式使用请每天执行一次：yuebao backup 文件夹（放在另一块磁盘）。"
        return Check("备份", ok=None, message=message)
    when = datetime.fromisoformat(last).astimezone(now.tzinfo)
    place = ledger.fact("last_backup_at")
    age = now - when
    if age > _BACKUP_LASTS:
        message = f"上次备份是 {when:%Y-%m-%d}（{age.days} 天前，{place}）。请检查每天的备份任务。"
        return Check("备份", ok=False, message=message)
    return Check("备份", ok=True, message=f"上次备份在 {when:%Y-%m-%d %H:%M}（{place}）。")


def _drill(ledger: Ledger, *, now: datetime) -> Check:
    """Whether a backup was restored for practice lately, and how that went."""
    if failed := ledger.fact(DRILL_FAILED):
        return Check("恢复演练", ok=False, message=f"上次没有通过：{failed}请换一块磁盘重新备份，再演练一次。")
    last = ledger.fact(DRILLED)
    if not last or now - datetime.fromisoformat(last) > _DRILL_LASTS:
        message = "一个多月没有演练过恢复。请执行 yuebao backup 文件夹 --drill，它不动正式的数据。"
        return Check("恢复演练", ok=None, message=message)
    when = datetime.fromisoformat(last).astimezone(now.tzinfo)
    return Check("恢复演练", ok=True, message=f"{when:%Y-%m-%d} 的演练通过。")


def _cut_journal(ledger: Ledger, path: Path) -> Iterator[Check]:
    """Lines that the ledger handed over and that the journal no longer has: the chain alone cannot see its end go."""
    try:
        missing = audit.lost(ledger, Journal(path))
    except YuebaoError:
        return  # told by the check of the chain
    if missing:
        yield Check("审计日志", ok=False, message=audit.cut_off(missing))


def _journal(home: Path) -> Check:
    path = home / JOURNAL
    if not path.exists():
        return Check("审计日志", ok=None, message="还没有日志，第一次收信时建立。")
    try:
        journal = Journal(path)
        troubles = journal.verify()
        entries = sum(1 for _ in journal.entries())
    except (YuebaoError, OSError, UnicodeDecodeError) as error:
        return Check("审计日志", ok=False, message=str(error))
    if troubles:
        first = "；".join(f"第 {trouble.line} 行{trouble.message}" for trouble in troubles[:3])
        message = f"有 {len(troubles)} 处断裂：{first}。请从备份恢复该文件，再执行 yuebao audit verify。"
        return Check("审计日志", ok=False, message=message)
    return Check("审计日志", ok=True, message=f"{entries} 行，首尾相接。")


# --------------------------------------------------------------------------- the machine


def _ocr() -> Check:
    """Whether scans and photographs can be read here."""
    wanted = ("rapidocr", "onnxruntime", "cv2", "numpy")
    missing = [name for name in wanted if importlib.util.find_spec(name) is None]
    if missing:
        packages = "、".join(missing)
        message = f"没有安装文字识别（缺 {packages}）：扫描件和照片只签收、不能读。请执行 pip install yuebao[ocr]。"
        return Check("文字识别", ok=None, message=message)
    spec = importlib.util.find_spec("rapidocr")
    places = [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
    models = [model for place in places for model in (place / "models").glob("*.onnx")]
    if not models:
        message = "识别程序已装，但缺模型文件，第一次使用时要联网下载。内网电脑请用完整的安装包。"
        return Check("文字识别", ok=None, message=message)
    return Check("文字识别", ok=True, message=f"已安装，模型 {len(models)} 个。")


def _rights(home: Path, environment: Mapping[str, str]) -> Iterator[Check]:
    """Whether the home can be written, and whether others can read what is the office's alone."""
    blocked = [place for place in (home, home / ARCHIVE) if place.exists() and not os.access(place, os.W_OK)]
    for place in blocked:
        yield Check("文件权限", ok=False, message=f"{place} 不能写入。请检查文件夹的所有者和权限。")
    if os.name == "nt":
        message = "请确认工作文件夹只有运行本程序的账户可以打开（右键“属性—安全”）。"
        yield Check("文件权限", ok=None, message=message)
        return
    secret = environment.get("YUEBAO_PASSWORD_FILE", "").strip()
    open_files = tuple(rights.exposed(home))
    if open_files:
        names = "、".join(path.name for path in open_files[:3])
        message = (
            f"{len(open_files)} 个文件别人也能读（{names}），服务不会启动。请执行 yuebao --home {home} doctor --close"
        )
        yield Check("文件权限", ok=False, message=message)
    if secret and _others_may(Path(secret)):
        yield Check("文件权限", ok=False, message=f"授权码文件别人也能读。请执行：chmod 600 {secret}")
    elif not open_files and not blocked:
        yield Check("文件权限", ok=True, message="台账、日志和存档只有本账户可读。")


def _others_may(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
    except OSError:
        return False
