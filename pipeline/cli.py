"""Words on the command line → one flow each, its result as Chinese lines or JSON.

Exit codes: 0 done, 1 refused with every problem listed, 2 wrong usage.
"""

from __future__ import annotations

import json
import os
import re
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from click import core, decorators, exceptions, formatting, parser, types

from pipeline.errors import YuebaoError, no_access

#: What moves a terminal's cursor, colours it, or turns its text round: mails may hold it, a screen must not get it.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


#: What click says of itself and of wrong usage, by its own message.
_CLICK = {
    "Usage:": "用法:",
    "Options": "选项",
    "Commands": "命令",
    "Show this message and exit.": "显示本说明。",
    "default: {default}": "默认 {default}",
    "required": "必填",
    "Error: {message}": "✗ {message}",
    "Aborted!": "已中止。",
    "Try '{command} {option}' for help.": "用法见：{command} {option}",
    "Did you mean {possibility}?": "是不是 {possibility}？",
    "(Did you mean one of: {possibilities}?)": "（是不是其中之一：{possibilities}？）",
    "No such command {name!r}.": "没有“{name}”这个命令。",
    "No such option {name!r}.": "没有“{name}”这个选项。",
    "Missing command.": "没有写命令。",
    "Missing argument": "没有写",
    "Missing option": "没有写选项",
    "Missing parameter": "没有写",
    "Choose from:\n\t{choices}": "可写：{choices}",
    "Got unexpected extra argument ({args})": "多写了：{args}",
    "Got unexpected extra arguments ({args})": "多写了：{args}",
    "Option {name!r} requires an argument.": "选项 {name} 后面要写内容。",
    "Option {name!r} does not take a value.": "选项 {name} 后面不写内容。",
    "Invalid value: {message}": "{message}",
    "Invalid value for {param_hint}: {message}": "{param_hint} 写得不对：{message}",
    "{value!r} is not {choice}.": "“{value}”不对，只能是 {choice}。",
    "{value!r} is not one of {choices}.": "“{value}”不对，只能是 {choices} 之一。",
    "{value!r} does not match the format {format}.": "“{value}”不是日期，应写成 2022-09-08 的样子。",
    "{value!r} does not match the formats {formats}.": "“{value}”不是日期，应写成 2022-09-08 的样子。",
    "{value!r} is not a valid {number_type}.": "“{value}”不是整数。",
    "{value} is not in the range {range}.": "{value} 超出范围（{range}）。",
    "{name} {filename!r} does not exist.": "找不到{name}“{filename}”。",
    "{name} {filename!r} is a file.": "“{filename}”是文件，这里要写文件夹。",
    "{name} {filename!r} is a directory.": "“{filename}”是文件夹，这里要写文件。",
    "{name} {filename!r} is not readable.": "{name}“{filename}”不能读，请检查权限。",
    "{name} {filename!r} is not writable.": "{name}“{filename}”不能写，请检查权限。",
    "file": "文件",
    "directory": "文件夹",
    "path": "文件或文件夹",
    "File": "文件",
    "Directory": "文件夹",
    "Path": "文件或文件夹",
}


def _word(text: str) -> str:
    return _CLICK.get(text, text)


def _words(one: str, many: str, count: int) -> str:
    return _word(one if count == 1 else many)


# click asks gettext for every word of its own; this office has one language.
for _module in (core, decorators, exceptions, formatting, parser, types):
    for _name, _says in (("_", _word), ("ngettext", _words)):
        if hasattr(_module, _name):
            setattr(_module, _name, _says)


def say(line: str = "") -> None:
    """One line for a person; control characters that came with a mail are shown as blanks."""
    click.echo(_UNSAFE.sub(" ", line))


def show_json(value: object) -> None:
    """A value for a program."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1, default=str))


class Door(click.Group):
    """Commands that all refuse in the same way: a Chinese sentence, every problem behind it, exit code 1."""

    def invoke(self, context: click.Context) -> Any:  # noqa: ANN401 - whatever the command gives
        """As click's, with errors of the tree told and not thrown."""
        try:
            return super().invoke(context)
        except YuebaoError as error:
            click.echo(f"✗ {error.message}", err=True)
            for problem in error.problems:
                click.echo(f"  {problem}", err=True)
            context.exit(1)
        except OSError as error:
            words = no_access(error)
            if not words:
                raise
            click.echo(f"✗ {words}", err=True)
            context.exit(1)


def _moment(_context: click.Context, _option: click.Parameter, value: str | None) -> datetime | None:
    """``2022-09-08``, ``2022-09-08T09:30`` or a full ISO time; without a zone it is the office's."""
    if value is None:
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"时间“{value}”应写成 2022-09-08 或 2022-09-08T09:30 的样子") from None


def _period(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """``YYYY-MM``."""
    from pipeline.periods import parse_period

    if value is not None and parse_period(value) is None:
        raise click.BadParameter(f"月份“{value}”应写成 2022-08 的样子")
    return value


at_option = click.option("--at", callback=_moment, metavar="TIME", help="按这一时刻的情况办理（默认现在）")
period_option = click.option("--period", callback=_period, metavar="YYYY-MM", help="报告的月份（默认上月）")
_DAY: dict[str, Any] = {"type": click.DateTime(["%Y-%m-%d"]), "metavar": "YYYY-MM-DD"}
json_option = click.option("--json", "as_json", is_flag=True, help="输出 JSON，供其他程序读取")


#: Commands that need the home for themselves.
_EXCLUSIVE = frozenset({"poll", "tick", "run"})


@click.group(cls=Door, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--home", type=click.Path(file_okay=False, path_type=Path), default=".", show_default="当前文件夹",
    help="含 config/、templates/、inbox_archive/ 和台账的文件夹",
)  # fmt: skip
@click.pass_context
def yuebao(context: click.Context, home: Path) -> None:
    """月报：把收集邮箱变成每月的报送台。"""
    # Reports, addresses and letters are nobody else's on this machine.
    os.umask(0o077)
    context.obj = home.resolve()
    if context.invoked_subcommand in _EXCLUSIVE:
        from pipeline.adapters.lock import refuse_second

        # Here, so that a second copy is told at once and not after the libraries are loaded.
        refuse_second(context.obj)


# --------------------------------------------------------------------------- setting up


@yuebao.command()
@click.argument("target", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
def init(target: Path) -> None:
    """建立新的工作文件夹（带中文注释的配置），已有文件一律不覆盖。"""
    from pipeline.adapters.home import init_home

    for line in init_home(target.resolve()):
        say(line)


@yuebao.group(cls=Door)
def plan() -> None:
    """行动计划：导入、查看、比较。"""


@plan.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--effective", **_DAY, help="修订自这一天起生效；不写则整体替换")
@click.pass_obj
def plan_import(home: Path, file: Path, effective: datetime | None) -> None:
    """由正式通知（docx、pdf、txt、doc）生成 config/plan.yaml。"""
    from pipeline.app import import_plan

    for line in import_plan(home, file, effective=effective.date() if effective else None):
        say(line)


@plan.command("show")
@json_option
@click.pass_obj
def plan_show(home: Path, *, as_json: bool) -> None:
    """列出各事项、责任单位和量化目标。"""
    from pipeline.app import shown_plan

    data, lines = shown_plan(home)
    if as_json:
        show_json(data)
    else:
        for line in lines:
            say(line)


@plan.command("diff")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def plan_diff(home: Path, file: Path) -> None:
    """比较另一份通知与现行计划，只看不改。"""
    from pipeline.app import diff_plan

    for line in diff_plan(home, file):
        say(line)


@yuebao.group(cls=Door)
def units() -> None:
    """单位通讯录：与 Excel 互换。"""


@units.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def units_import(home: Path, file: Path) -> None:
    """由 Excel 通讯录更新 config/units.yaml，并列出变化。"""
    from pipeline.app import import_units

    for line in import_units(home, file):
        say(line)


@units.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def units_export(home: Path, file: Path) -> None:
    """把 config/units.yaml 写成 Excel 通讯录，并列出与已有文件的差异。"""
    from pipeline.app import export_units

    for line in export_units(home, file):
        say(line)


# --------------------------------------------------------------------------- reading


@yuebao.command()
@click.argument("mails", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="MAIL...")
@json_option
@click.pass_obj
def read(home: Path, mails: tuple[Path, ...], *, as_json: bool) -> None:
    """读出这些邮件说了什么（按时间先后）；不改动、不发信。"""
    from pipeline.app import read_mails

    data, lines = read_mails(home, mails)
    if as_json:
        show_json(data)
    else:
        for line in lines:
            say(line)


# --------------------------------------------------------------------------- working


@yuebao.command()
@click.pass_obj
def poll(home: Path) -> None:
    """收取一次邮件并归档、读取、登记；不发信。"""
    from pipeline.app import desk_at

    with desk_at(home) as work:
        done, lines = work.poll()
    for line in lines:
        say(line)
    sys.exit(0 if done else 1)


@yuebao.command()
@at_option
@click.pass_obj
def tick(home: Path, at: datetime | None) -> None:
    """把此刻该办的事全部办完：收信、登记、起草、发信。收不到信或本轮中断时退出码 1。"""
    from pipeline.app import desk_at

    with desk_at(home, at=at) as work:
        done, lines = work.tick()
    for line in lines:
        say(line)
    sys.exit(0 if done else 1)


@yuebao.command()
@click.option(
    "--minutes", type=click.IntRange(1), metavar="N", default=60, show_default=True, help="多少分钟没有动静就算停止。"
)
@click.pass_obj
def watch(home: Path, minutes: int) -> None:
    """服务是否正常：退出码 0 正常，1 有问题。供计划任务或监控程序定时运行。"""
    from pipeline.app import watched

    good, lines = watched(home, minutes=minutes)
    for line in lines:
        say(line)
    sys.exit(0 if good else 1)


@yuebao.command()
@click.pass_obj
def run(home: Path) -> None:
    """启动服务（与 python scheduler.py 相同）。"""
    import scheduler

    sys.exit(scheduler.serve(home))


@yuebao.command()
@period_option
@at_option
@json_option
@click.pass_obj
def status(home: Path, period: str | None, at: datetime | None, *, as_json: bool) -> None:
    """各单位报送情况。"""
    from pipeline.app import look_at

    with look_at(home) as work:
        data, lines = work.status(period=period, at=at)
    if as_json:
        show_json(data)
    else:
        for line in lines:
            say(line)


@yuebao.command()
@click.option("--dry-run", is_flag=True, help="只显示将要发出的信，不入发件箱")
@at_option
@click.pass_obj
def remind(home: Path, at: datetime | None, *, dry_run: bool) -> None:
    """此刻该发的催报和其他信件。"""
    from pipeline.app import desk_at, look_at

    opened = look_at(home) if dry_run else desk_at(home, at=at)
    with opened as work:
        for line in work.preview_letters(at=at) if dry_run else work.queue_letters():
            say(line)


@yuebao.command()
@click.option("--dry-run", is_flag=True, help="只显示，不发送")
@at_option
@click.pass_obj
def digest(home: Path, at: datetime | None, *, dry_run: bool) -> None:
    """给办公室的每日报送情况。"""
    from pipeline.app import desk_at, look_at

    opened = look_at(home) if dry_run else desk_at(home, at=at)
    with opened as work:
        for line in work.digest(at=at, send=not dry_run):
            say(line)


@yuebao.command()
@period_option
@at_option
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="文件写到这个文件夹")
@click.pass_obj
def summary(home: Path, period: str | None, at: datetime | None, out: Path) -> None:
    """生成月报.docx、台账.xlsx 等文件，不发送。"""
    from pipeline.app import look_at

    with look_at(home) as work:
        for line in work.summary(period=period, at=at, out=out):
            say(line)


# --------------------------------------------------------------------------- deciding


@yuebao.group(cls=Door)
def review() -> None:
    """待人工确认的问题。"""


@review.command("list")
@at_option
@json_option
@click.pass_obj
def review_list(home: Path, at: datetime | None, *, as_json: bool) -> None:
    """列出待确认的问题和建议。"""
    from pipeline.app import look_at

    with look_at(home) as work:
        data, lines = work.questions(at=at)
    if as_json:
        show_json(data)
    else:
        for line in lines:
            say(line)


@review.command("show")
@click.argument("handle")
@click.pass_obj
def review_show(home: Path, handle: str) -> None:
    """一个问题的来龙去脉：邮件、证据、原文位置。"""
    from pipeline.app import look_at

    with look_at(home) as work:
        for line in work.question(handle):
            say(line)


@review.command("decide")
@click.argument("handle")
@click.option("--unit", help="这封邮件是哪个单位的")
@click.option("--period", callback=_period, help="报告的是哪个月")
@click.option("--item", help="这一段属于第几项；写 0 表示不属于任何一项")
@click.option("--figure", help="数据是多少，如 742户；几个数用顿号隔开")
@click.option("--kind", type=click.Choice(["report", "supplement", "correction", "other"]), help="邮件种类")
@click.option("--accept", is_flag=True, help="按建议办")
@click.option("--refuse", is_flag=True, help="不予采用")
@click.option("--by", default="", help="谁决定的")
@click.option("--note", default="", help="备注")
@click.pass_obj
def review_decide(home: Path, /, handle: str, by: str, note: str, **answers: Any) -> None:  # noqa: ANN401 - click hands the options over by name
    """回答一个问题（编号见 review list），或对整封邮件、一个地址的全部来件、全部陌生来件作出决定。"""
    given = {name: value for name, value in answers.items() if value}
    if len(given) != 1:
        raise click.UsageError("请只给一个答案：--unit、--period、--item、--figure、--kind、--accept、--refuse 之一。")
    from pipeline.app import desk_at

    with desk_at(home, service=False) as work:
        for line in work.decide(handle, answer=next(iter(given.items())), by=by, note=note):
            say(line)


@review.command("extend")
@click.argument("unit")
@click.argument("until", **_DAY)
@period_option
@click.option("--note", default="", help="理由")
@click.pass_obj
def review_extend(home: Path, unit: str, until: datetime, period: str | None, note: str) -> None:
    """同意一个单位延期到某日。"""
    from pipeline.app import desk_at

    with desk_at(home, service=False) as work:
        for line in work.extend(unit, until=until.date(), period=period, note=note):
            say(line)


@review.command("exempt")
@click.argument("unit")
@period_option
@click.option("--note", default="", help="理由")
@click.pass_obj
def review_exempt(home: Path, unit: str, period: str | None, note: str) -> None:
    """同意一个单位某月免报。"""
    from pipeline.app import desk_at

    with desk_at(home, service=False) as work:
        for line in work.exempt(unit, period=period, note=note):
            say(line)


@review.command("paper")
@click.argument("copy")
@period_option
@click.option("--on", "day", **_DAY, help="收到的日期，不写就是今天")
@click.option("--note", default="", help="备注")
@click.pass_obj
def review_paper(home: Path, copy: str, period: str | None, day: datetime | None, note: str) -> None:
    """登记收到的纸质盖章件：COPY 写右上角的回执编号（HZ202208-FA906C），没有编号就写单位名。"""
    from pipeline.app import desk_at

    with desk_at(home, service=False) as work:
        for line in work.paper(copy, period=period, day=day.date() if day else None, note=note):
            say(line)


@review.command("trust")
@click.pass_obj
def review_trust(home: Path) -> None:
    """已核实无误：今天照常催报（解除因收信间断、未报突增而暂缓的信）。"""
    from pipeline.app import desk_at

    with desk_at(home, service=False) as work:
        for line in work.trust():
            say(line)


@review.command("lessons")
@click.pass_obj
def review_lessons(home: Path) -> None:
    """已记住的决定（可撤销）。"""
    from pipeline.app import look_at

    with look_at(home) as work:
        for line in work.lessons():
            say(line)


@review.command("revoke")
@click.argument("key")
@click.pass_obj
def review_revoke(home: Path, key: str) -> None:
    """撤销一个决定（编号见 review lessons）。"""
    from pipeline.app import desk_at

    with desk_at(home, service=False) as work:
        for line in work.revoke(key):
            say(line)


@yuebao.group(cls=Door)
def outbox() -> None:
    """发件箱。"""


@outbox.command("list")
@json_option
@click.pass_obj
def outbox_list(home: Path, *, as_json: bool) -> None:
    """列出各封信的状态。"""
    from pipeline.app import look_at

    with look_at(home) as work:
        data, lines = work.letters()
    if as_json:
        show_json(data)
    else:
        for line in lines:
            say(line)


@outbox.command("show")
@click.argument("key")
@click.pass_obj
def outbox_show(home: Path, key: str) -> None:
    """显示一封信的原文。"""
    from pipeline.app import look_at

    with look_at(home) as work:
        for line in work.letter(key):
            say(line)


def _outbox_move(name: str, text: str) -> None:
    """The commands that move a letter differ only in name."""

    @outbox.command(name, help=text)
    @click.argument("keys", nargs=-1, required=True)
    @click.option("--by", default="", help="谁决定的")
    @click.pass_obj
    def command(home: Path, keys: tuple[str, ...], by: str) -> None:
        from pipeline.app import desk_at

        with desk_at(home, service=False) as work:
            for key in keys:
                for line in work.move_letter(key, name, by=by):
                    say(line)


_outbox_move("hold", "暂扣，待人工放行。")
_outbox_move("release", "放行暂扣的信；写 all 放行全部。")
_outbox_move("drop", "撤下未发的信。")
_outbox_move("sent", "确认“结果不明”的信已经送达。")
_outbox_move("resend", "确认“结果不明”的信没有送达，重新排队（同一 Message-ID）。")


@outbox.command("resume")
@click.pass_obj
def outbox_resume(home: Path) -> None:
    """核对无误后恢复发信（恢复备份或重建台账之后）。"""
    from pipeline.app import desk_at

    with desk_at(home, service=False) as work:
        for line in work.resume():
            say(line)


# --------------------------------------------------------------------------- proving


@yuebao.command()
@click.option(
    "--mails", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True, help="邮件文件夹"
)
@click.option("--from", "since", **_DAY, required=True, help="从这一天零时开始")
@click.option("--to", "until", **_DAY, required=True, help="到这一天结束为止")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="结果文件夹")
@click.option("--decisions", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="办公室的答复（JSON）")
@click.pass_obj
def simulate(home: Path, mails: Path, since: datetime, until: datetime, out: Path, decisions: Path | None) -> None:
    """用一文件夹邮件把几个月演一遍：走真实流程，模拟时钟。"""
    from pipeline.app import simulate_months as play

    for line in play(
        home, mails=mails, since=since.date(), until=until.date(), out=out.resolve(), decisions=decisions, say=say
    ):
        say(line)


@yuebao.command()
@click.option("--check", is_flag=True, help="只比较，不改动")
@click.pass_obj
def replay(home: Path, *, check: bool) -> None:
    """由存档、配置和决定重建台账；--check 只证明两者一致。"""
    from pipeline.app import replay_home as play

    agreed, lines = play(home, check=check)
    for line in lines:
        say(line)
    if not agreed:
        sys.exit(1)


@yuebao.command()
@click.option("--unit", required=True, help="哪个单位（简称或全称）")
@click.option("--period", callback=_period, required=True, metavar="YYYY-MM", help="报告的月份")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="文件写到这个文件夹")
@click.pass_obj
def evidence(home: Path, unit: str, period: str, out: Path) -> None:
    """凭证包：一个单位一个月的原始来信、收件时间、校验值、回信和审计记录（zip）。"""
    from pipeline.adapters.durable import write_whole
    from pipeline.app import look_at
    from pipeline.flows.evidence import pack

    with look_at(home) as work:
        names = {name: one.name for one in work.desk.settings.units for name in (one.name, one.full_name)}
        if unit not in names:
            raise YuebaoError(f"单位“{unit}”不在 config/units.yaml 中，请写简称或全称。")
        name, data = pack(work.desk, names[unit], period=period, at=work.now())
    write_whole(out / name, data)
    say(f"已写出 {out / name}")


@yuebao.group(cls=Door)
def audit() -> None:
    """审计日志。"""


@audit.command("verify")
@click.pass_obj
def audit_verify(home: Path) -> None:
    """核对日志的校验链和存档的每一个文件。"""
    from pipeline.app import verify

    sound, lines = verify(home)
    for line in lines:
        say(line)
    if not sound:
        sys.exit(1)


@yuebao.command()
@json_option
@click.option("--offline", is_flag=True, help="不连接邮箱")
@click.option("--close", is_flag=True, help="不体检，只把台账、日志和存档收紧为只有本账户可读")
@click.pass_obj
def doctor(home: Path, *, as_json: bool, offline: bool, close: bool) -> None:
    """体检：邮箱、ID、文件夹、30 天设置、发信、日历、无主事项、字体、LibreOffice、磁盘、备份。"""
    from pipeline.app import close_rights, examine

    if close:
        for line in close_rights(home):
            say(line)
        return

    sound, data, lines = examine(home, offline=offline)
    if as_json:
        show_json(data)
    else:
        for line in lines:
            say(line)
    if not sound:
        sys.exit(1)


@yuebao.command()
@click.argument("target", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@click.option("--drill", is_flag=True, help="不备份，只演练：把 DIR 里最近的备份恢复到临时文件夹并核对")
@click.pass_obj
def backup(home: Path, target: Path, *, drill: bool) -> None:
    """备份台账、日志、存档、配置和模板到 DIR（每次一份，存档共用；服务运行时也可执行）。"""
    from pipeline import app

    sound, lines = app.drill(target.resolve(), home) if drill else (True, app.back_up(home, target.resolve()))
    for line in lines:
        say(line)
    if not sound:
        sys.exit(1)


@yuebao.command()
@click.argument("source", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR")
@click.pass_obj
def restore(home: Path, source: Path) -> None:
    """把备份（DIR 里最近的一份，或指明的一份）恢复到 --home 指定的空文件夹；恢复后发信先关闭。"""
    from pipeline import app

    for line in app.restore(source.resolve(), home):
        say(line)


@yuebao.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default="demo", help="结果文件夹")
def demo(out: Path) -> None:
    """演示：一个月的全部过程，内置邮件服务器，不联网。"""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from pipeline.app import play_demo

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/15 天"), TimeElapsedColumn())
    with Progress(*columns) as progress:
        month = progress.add_task("2022 年 9 月", total=15)

        def show(line: str) -> None:
            progress.console.print(line, markup=False, highlight=False, soft_wrap=True)
            if line[:8] == "2022-09-":
                progress.update(month, completed=int(line[8:10]))

        closing = list(play_demo(out.resolve(), say=show))
        progress.update(month, completed=15)
    for line in closing:
        say(line)


def main() -> None:
    """Entry point; output is UTF-8 whatever the console's code page."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    yuebao(_home_first(sys.argv[1:]), prog_name="yuebao")


def _home_first(words: list[str]) -> list[str]:
    """``--home DIR`` may stand anywhere on the line; click wants it before the command."""
    home: list[str] = []
    rest: list[str] = []
    waiting = iter(words)
    for word in waiting:
        if word == "--home":
            home = [word, next(waiting, "")]
        elif word.startswith("--home="):
            home = [word]
        else:
            rest.append(word)
    return home + rest
