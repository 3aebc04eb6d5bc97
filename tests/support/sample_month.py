"""A rich month of an invented county, built by hand: every standing, many targets, corrections, hostile text."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path

from pipeline.digest.render import Templates
from pipeline.model import (
    Clue,
    DueDay,
    DueRule,
    Duty,
    Filing,
    Finding,
    Locus,
    MailKind,
    Match,
    Month,
    Office,
    OtherKind,
    Plan,
    PlanItem,
    Quantity,
    Question,
    QuestionKind,
    Remark,
    ReportRecord,
    Role,
    Scope,
    Standing,
    Status,
    StoredFiling,
    Target,
    TargetKind,
    Trouble,
    UnitMonth,
    Unreadable,
)

ZONE = timezone(timedelta(hours=8))
ROOT = Path(__file__).resolve().parents[2]

OFFICE = Office(
    name="青河县服务业发展领导小组办公室",
    signature="青河县服务业发展领导小组办公室",
    mailbox="fuwuye@qinghe.example",
    timezone="Asia/Shanghai",
    due=DueRule(),
    remind_before=(5, 2, 0),
    overdue_after=(1, 3),
    digest_window=(1, 15),
    send_from=time(8, 30),
    send_until=time(18, 0),
    phone="0350-1234567",
)

_R, _L, _S = Role.RESPONSIBLE, Role.LEAD, Role.SUPPORT


def _item(
    number: int,
    title: str,
    units: tuple[tuple[str, Role], ...],
    *,
    section: str,
    group: str | None = None,
    force: str | None = None,
    targets: tuple[Target, ...] = (),
) -> PlanItem:
    return PlanItem(
        number=number,
        title=title,
        text="",
        section=section,
        group=group,
        task_force=force,
        units=units,
        targets=targets,
    )


_HELP, _PRODUCE, _LIVE, _KEEP = "加大纾困解难力度", "提升生产性服务业", "做优生活性服务业", "强化保障措施"
_END = date(2022, 12, 31)

PLAN = Plan(
    title="青河县服务业提质增效2022年行动计划",
    number="青政办发〔2022〕18号",
    issued_on=date(2022, 7, 20),
    items=(
        _item(1, "落实普惠性纾困扶持措施", (("县发改局", _R), ("县财政局", _R), ("县税务局", _R)), section=_HELP),
        _item(2, "加大困难行业扶持力度", (("县文旅局", _R), ("县交通局", _R)), section=_HELP),
        _item(
            3,
            "拓宽直接融资渠道",
            (("县金融服务中心", _R), ("县财政局", _R)),
            section=_PRODUCE,
            group="现代金融",
            force="金融业专班",
            targets=(
                Target(TargetKind.NEW, "成长板挂牌企业", 3, "家", due=_END),
                Target(TargetKind.NEW, "展示板挂牌企业", 70, "家", due=_END, at_least=True),
            ),
        ),
        _item(
            4, "加大普惠小微贷款投放", (("人行青河支行", _R),), section=_PRODUCE, group="现代金融", force="金融业专班"
        ),
        _item(
            5, "发展定制客运和网络货运", (("县交通局", _R),), section=_PRODUCE, group="交通运输", force="交通运输专班"
        ),
        _item(
            6,
            "实现农村寄递物流服务全覆盖",
            (("县发改局", _R), ("邮政分公司", _R)),
            section=_PRODUCE,
            group="交通运输",
            force="交通运输专班",
            targets=(Target(TargetKind.COVERAGE, "村级寄递物流站", 171, "个", start=171, due=_END),),
        ),
        _item(
            7,
            "夯实大数据基础能力",
            (("县工信科局", _L), ("青河移动", _R), ("青河电信", _R)),
            section=_PRODUCE,
            group="数字经济",
            force="数字经济专班",
            targets=(Target(TargetKind.CUMULATIVE, "5G基站", 201, "个", due=_END),),
        ),
        _item(
            8,
            "拓展数字融合应用",
            (("县工信科局", _L), ("青河移动", _S), ("青河电信", _S), ("县文旅局", _S)),
            section=_PRODUCE,
            group="数字经济",
            force="数字经济专班",
        ),
        _item(
            9,
            "培育高新技术企业",
            (("县工信科局", _R),),
            section=_PRODUCE,
            group="科技服务",
            targets=(Target(TargetKind.NEW, "高新技术企业", 1, "家", stretch=True, due=_END),),
        ),
        _item(
            10,
            "推进全域旅游示范创建",
            (("县文旅局", _R),),
            section=_LIVE,
            group="文化旅游",
            force="文旅专班",
            targets=(Target(TargetKind.MILESTONE, "4A级景区创建", None, "", due=_END),),
        ),
        _item(11, "繁荣夜间消费和特色民宿", (("县文旅局", _R),), section=_LIVE, group="文化旅游", force="文旅专班"),
        _item(
            12,
            "压缩建设项目交付周期",
            (("县住建局", _R),),
            section=_LIVE,
            group="房地产",
            targets=(Target(TargetKind.REDUCE, "建设周期", 24, "个月", start=36),),
        ),
        _item(13, "完善服务业统计指标体系", (("县统计局", _L), ("县财政局", _S)), section=_KEEP),
        _item(14, "健全月调度机制", (("县发改局", _R),), section=_KEEP),
    ),
)

UNITS = tuple(dict.fromkeys(unit for item in PLAN.items for unit, _ in item.units))


def instant(day: int, hour: int = 10, minute: int = 0, month: int = 10) -> datetime:
    """A time in the office's zone in 2022."""
    return datetime(2022, month, day, hour, minute, tzinfo=ZONE)


def fact(value: float, unit: str, of: str, scope: Scope = Scope.UNSAID, *, place: str = "第3段") -> Quantity:
    """A figure of work done."""
    return Quantity(value=value, unit=unit, of=of, locus=Locus("1", place), scope=scope, text=f"{value:g}{unit}")


def record(
    item: int,
    progress: str,
    status: Status = Status.ON_TRACK,
    *facts: Quantity,
    place: str = "第3段",
    part: str = "1",
    doubtful: bool = False,
) -> ReportRecord:
    """What a report says about an item."""
    loci = tuple(Locus(part, place if index == 0 else f"{place}之后") for index in range(progress.count("\n") + 1))
    return ReportRecord(
        match=Match(item, 0.62 if doubtful else 0.99, (Clue(str(item), 1.0, "标题一致"),)),
        progress=progress,
        status=status,
        quantities=facts,
        loci=loci,
        doubtful=doubtful,
    )


def remark(text: str, *items: int, place: str = "第9段") -> Remark:
    """A difficulty or an intention."""
    return Remark(text, items, Locus("1", place))


@dataclass(frozen=True)
class Report:
    """One mail of a unit, for :func:`month_of`."""

    unit: str
    at: datetime
    records: tuple[ReportRecord, ...] = ()
    problems: tuple[Remark, ...] = ()
    next_steps: tuple[Remark, ...] = ()
    off_plan: tuple[Remark, ...] = ()
    kind: MailKind = MailKind.REPORT
    questions: tuple[Question, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    warnings: tuple[str, ...] = ()
    subject: str = ""
    sender: str = ""
    folder: str = "INBOX"
    stamped: bool = True
    zero: bool = False
    counts: bool = True
    other: OtherKind = OtherKind.NONE


def stored(report: Report, period: str) -> StoredFiling:
    """The filing of one mail as the ledger holds it."""
    digest = hashlib.sha256(f"{report.unit}{report.at}{report.subject}".encode()).hexdigest()
    is_report = report.kind is not MailKind.OTHER
    return StoredFiling(
        filing=Filing(
            digest=digest,
            kind=report.kind,
            other=report.other,
            unit=report.unit or None,
            period=period if is_report else None,
            stamped=report.stamped,
            records=report.records,
            problems=report.problems,
            next_steps=report.next_steps,
            off_plan=report.off_plan,
            questions=report.questions,
            unreadable=report.unreadable,
            zero_report=report.zero,
            sender_known=report.counts,
            unit_clues=(Clue(report.unit, 0.9, f"落款为“{report.unit}”"),),
            period_clues=(Clue(period, 0.8, "标题写明月份"),),
            warnings=report.warnings,
        ),
        mail=f"{report.at:%m%d-%H%M}.eml",
        subject=report.subject or f"{report.unit}{int(period[5:])}月份工作总结",
        sender=report.sender or f"liaison{UNITS.index(report.unit) if report.unit in UNITS else 99}@dept.example",
        received_at=report.at,
        counts=report.counts,
        open_questions=report.questions,
        folder=report.folder,
        message_id=f"<{digest[:12]}@dept.example>",
    )


def due_of(period: str) -> DueDay:
    """The 12th of the following month."""
    year, month = int(period[:4]), int(period[5:])
    day = date(year + month // 12, month % 12 + 1, 12)
    because = f"每月12日前报送上月情况，12日当天计入；{day.month}月{day.day}日为工作日，不作调整。"
    return DueDay(period, day, datetime.combine(day, time(23, 59, 59), ZONE), because)


def duties_of(unit: str, period: str) -> tuple[Duty, ...]:
    """A unit's duties in plan order."""
    return tuple(
        Duty(unit, item.number, role, period) for item in PLAN.items for name, role in item.units if name == unit
    )


def month_of(
    period: str,
    reports: tuple[Report, ...],
    *,
    at: datetime,
    others: tuple[Report, ...] = (),
    exempt: dict[str, str] | None = None,
    findings: tuple[Finding, ...] = (),
) -> Month:
    """Facts of a month from its mails; a correction takes the place of what it repeats, a supplement adds."""
    filings = tuple(stored(report, period) for report in reports)
    due = due_of(period)
    units = tuple(_unit_month(unit, period, filings, due, (exempt or {}).get(unit, "")) for unit in UNITS)
    strangers = tuple(stored(report, period) for report in others)
    asked = tuple(question for filing in (*filings, *strangers) for question in filing.open_questions)
    return Month(
        period=period,
        at=at,
        due=due,
        plan=PLAN,
        units=units,
        others=strangers,
        filings=filings,
        open_questions=asked,
        findings=findings,
    )


def _unit_month(unit: str, period: str, filings: tuple[StoredFiling, ...], due: DueDay, exempt: str) -> UnitMonth:
    duties = duties_of(unit, period)
    mine = [filing for filing in filings if filing.filing.unit == unit]
    counted = [filing for filing in mine if filing.counts]
    records: dict[int, ReportRecord] = {}
    for filing in counted:
        records |= {entry.match.item: entry for entry in filing.filing.records}
    zero = any(filing.filing.zero_report for filing in counted)
    answered = {item for item, entry in records.items() if not entry.doubtful}
    missing = () if zero else tuple(d.item for d in duties if d.item not in answered and d.role is not Role.SUPPORT)
    support = () if zero else tuple(d.item for d in duties if d.item not in answered and d.role is Role.SUPPORT)
    standing = Standing.NONE if not counted else Standing.PARTIAL if missing or support else Standing.COMPLETE
    first = min((filing.received_at for filing in counted), default=None)
    return UnitMonth(
        unit=unit,
        period=period,
        standing=standing,
        waiting=any(filing.open_questions for filing in mine),
        missing_items=missing,
        missing_support_items=support,
        duties=duties,
        first_received=first,
        late=first is not None and first > due.until,
        zero_report=zero,
        mails=tuple(filing.mail for filing in counted),
        records=tuple(records[item] for item in sorted(records)),
        problems=tuple(entry for filing in counted for entry in filing.filing.problems),
        next_steps=tuple(entry for filing in counted for entry in filing.filing.next_steps),
        off_plan=tuple(entry for filing in counted for entry in filing.filing.off_plan),
        stamped=any(filing.filing.stamped for filing in counted),
        exempt=exempt,
    )


_CUM, _MON = Scope.CUMULATIVE, Scope.MONTH

AUGUST = (
    Report(
        "县发改局",
        instant(8, month=9),
        (
            record(
                1, "梳理惠企政策22条，编印政策明白卡2000份，发到企业手中。", Status.ON_TRACK, fact(22, "条", "惠企政策")
            ),
            record(
                6, "全县累计建成村级寄递物流站118个。", Status.ON_TRACK, fact(118, "个", "累计建成村级寄递物流站", _CUM)
            ),
            record(14, "建立月调度台账，召开调度会1次。", Status.ON_TRACK, fact(1, "次", "调度会", _MON)),
        ),
        problems=(remark("部分山区村庄布点分散，快递进村运营成本高，企业积极性不足。", 6),),
        next_steps=(remark("9月底前完成剩余乡镇的站点选址和签约。", 6),),
    ),
    Report(
        "县工信科局",
        instant(9, month=9),
        (
            record(7, "全县累计建成5G基站165个。", Status.ON_TRACK, fact(165, "个", "累计5G基站", _CUM)),
            record(8, "走访制造企业6家，推动工业互联网应用。", Status.ON_TRACK, fact(6, "家", "走访制造企业", _MON)),
            record(
                9, "组织3家企业申报高新技术企业，材料已上报省厅。", Status.ON_TRACK, fact(3, "家", "申报企业", _MON)
            ),
        ),
    ),
    Report(
        "县文旅局",
        instant(9, 15, month=9),
        (
            record(2, "为6家旅行社暂退质量保证金108万元。", Status.DONE, fact(108, "万元", "暂退质保金", _CUM)),
            record(8, "配合开通景区智慧导览，接入点位12处。", Status.ON_TRACK, fact(12, "处", "接入点位", _CUM)),
            record(10, "云台洞4A级景区创建景观质量评审已通过，停车场扩建按倒排工期推进。", Status.ON_TRACK),
            record(11, "新开业民宿4家，夜市每晚出摊约90户。", Status.ON_TRACK, fact(4, "家", "新开业民宿", _MON)),
        ),
    ),
    Report(
        "青河移动",
        instant(9, 9, month=9),
        (record(7, "累计开通5G基站89个。", Status.ON_TRACK, fact(89, "个", "累计5G基站", _CUM)),),
    ),
    Report(
        "县住建局",
        instant(7, month=9),
        (record(12, "建设周期压减至30个月。", Status.ON_TRACK, fact(30, "个月", "建设周期", _CUM)),),
    ),
)

_LONG = (
    "云台洞4A级景区创建：游客中心主体完工，完成总工程量的82%；停车场扩建通过验收，标识标牌更换163块。"
    "泗水湾康养示范区申报书已报市文旅局，等待专家评审。\n"
    "组织“秋游青河”线路推介3场，签约旅行社11家，当月接待团队游客6240人次，同比增长12.5%。"
)

SEPTEMBER = (
    Report(
        "县发改局",
        instant(8, 9, 21),
        (
            record(
                1,
                "兑付纾困资金3批次、412万元，惠及企业96户；房租减免全面收官。",
                Status.ON_TRACK,
                fact(412, "万元", "纾困资金"),
                fact(96, "户", "惠及企业"),
            ),
            record(
                6,
                "当月新建村级寄递物流站14个，累计建成132个，占全县行政村的77.2%。",
                Status.ON_TRACK,
                fact(14, "个", "新建村级寄递物流站", _MON),
                fact(132, "个", "累计建成村级寄递物流站", _CUM),
                fact(77.2, "%", "覆盖率"),
            ),
            record(14, "召开调度会2次，印发督办单3份。", Status.ON_TRACK, fact(2, "次", "调度会", _MON)),
        ),
        problems=(remark("个别乡镇站点人员流动大，代投服务时断时续。", 6),),
        next_steps=(
            remark("10月底前对132个站点逐一回访，补齐标识和设备。", 6),
            remark("开展第三季度评估，形成报告报领导小组。", 14),
        ),
        off_plan=(remark("完成粮食应急保供演练1次。"),),
    ),
    Report(
        "县工信科局",
        instant(9, 16, 3),
        (
            record(
                7,
                "当月新开通5G基站11个，全县累计达到178个，完成全年任务的88.6%。",
                Status.ON_TRACK,
                fact(11, "个", "新开通5G基站", _MON),
                fact(178, "个", "累计5G基站", _CUM),
                fact(88.6, "%", "完成率"),
                place="台账!E5",
                part="2",
            ),
            record(
                8,
                "走访制造企业6家，推动工业互联网应用。",
                Status.BEHIND,
                fact(6, "家", "走访制造企业", _MON),
                place="台账!E6",
            ),
        ),
        problems=(remark("制造企业对标识解析二级节点普遍观望，至今没有一家提出申报。", 8, place="台账!H6"),),
        unreadable=(
            Unreadable(
                "3",
                "佐证材料.rar",
                Trouble.NO_TOOL,
                "“佐证材料.rar”打不开（缺少解压程序），请改为zip或直接添加附件重发。",
            ),
        ),
        stamped=False,
    ),
    Report(
        "县文旅局",
        instant(10, 11, 40),
        (
            record(
                2,
                "为6家旅行社暂退质量保证金108万元，此项工作全部办结。",
                Status.DONE,
                fact(108, "万元", "暂退质保金", _CUM),
            ),
            record(8, "配合开通景区智慧导览，接入点位18处。", Status.ON_TRACK, fact(18, "处", "接入点位", _CUM)),
            record(
                10,
                _LONG,
                Status.ON_TRACK,
                fact(82, "%", "工程进度"),
                fact(163, "块", "标识标牌"),
                fact(6240, "人次", "团队游客", _MON),
            ),
            record(11, "新开业民宿4家，夜市每晚出摊约90户。", Status.ON_TRACK, fact(4, "家", "新开业民宿", _MON)),
        ),
        next_steps=(remark("筹备国庆假期后的淡季营销，推出研学线路两条。", 10),),
    ),
    Report(
        "青河移动",
        instant(9, 9, 2),
        (record(7, "累计开通5G基站98个。", Status.ON_TRACK, fact(98, "个", "累计5G基站", _CUM)),),
    ),
    Report(
        "县交通局",
        instant(13, 8, 55),
        (
            record(
                2,
                "协调金融机构为61名货车司机办理车贷延期还本，涉及本金1130万元。",
                Status.ON_TRACK,
                fact(61, "名", "货车司机"),
            ),
            record(5, "网络货运平台因资质变更停摆一个月，目前只完成平台迁移，进度滞后。", Status.BEHIND),
        ),
        folder="垃圾邮件",
    ),
    Report(
        "县金融服务中心",
        instant(11, 17, 30),
        (
            record(
                3,
                "今年新增成长板挂牌企业2家、展示板挂牌企业46家，后备库扩充到58家。",
                Status.ON_TRACK,
                fact(2, "家", "新增成长板挂牌企业", _CUM),
                fact(46, "家", "新增展示板挂牌企业", _CUM),
                fact(58, "家", "后备库", _CUM),
            ),
        ),
    ),
    Report(
        "县住建局",
        instant(12, 23, 10),
        (record(12, "在建项目平均建设周期压减至28个月。", Status.ON_TRACK, fact(28, "个月", "建设周期", _CUM)),),
    ),
    Report("县统计局", instant(12, 9), zero=True, stamped=False),
    Report(
        "邮政分公司",
        instant(12, 20, 2),
        (
            record(
                6, "全县累计建成村级寄递物流站129个。", Status.ON_TRACK, fact(129, "个", "累计建成村级寄递物流站", _CUM)
            ),
        ),
        counts=False,
        sender="zhangsan1988@mail.example",
        questions=(
            Question(
                QuestionKind.SENDER,
                "0" * 64,
                "",
                "发件地址zhangsan1988@mail.example不在登记名单中，落款为邮政分公司，是否认可？",
                "邮政分公司",
                ("不是邮政分公司",),
                holds=True,
            ),
        ),
    ),
)

#: The XSS and formula canaries that no paper may carry unescaped.
CANARIES = (
    '<script>alert("月报")</script>',
    '=HYPERLINK("http://evil.example","点我")',
    "+1+cmd|'/C calc'!A0",
    "@SUM(A1)",
    "{{ 7*7 }}{% for a in b %}",
    "\x00\x07\u202e控制符\ufdd1",
)

_HOSTILE = Report(
    "青河电信",
    instant(12, 12),
    (
        record(7, "累计开通5G基站60个。" + "".join(CANARIES), Status.ON_TRACK, fact(60, "个", CANARIES[1], _CUM)),
        record(8, CANARIES[1], Status.DONE),
    ),
    problems=(remark(CANARIES[0], 7),),
    next_steps=(remark(CANARIES[2]),),
    off_plan=(remark(CANARIES[3]),),
    subject=CANARIES[0] + CANARIES[4],
    warnings=(CANARIES[5],),
    questions=(Question(QuestionKind.FIGURE, "1" * 64, "第3段", CANARIES[0], CANARIES[1], (CANARIES[2],)),),
)

_OTHERS = (
    Report(
        "",
        instant(10, 8),
        kind=MailKind.OTHER,
        other=OtherKind.ADVERT,
        subject="【发票代开】" + CANARIES[0],
        sender="spam@ads.example",
        folder="垃圾邮件",
        counts=False,
    ),
    Report(
        "",
        instant(11, 9),
        kind=MailKind.OTHER,
        other=OtherKind.QUESTION,
        subject="请问本月是否还要报纸质件",
        sender="wangwu@dept.example",
        counts=False,
        questions=(Question(QuestionKind.SECRET, "2" * 64, "", "附件首页有“机密★1年”字样", "隔离"),),
    ),
)


def august() -> Month:
    """The month before: calm, no hostile text."""
    return month_of("2022-08", AUGUST, at=instant(13, 9, month=9))


def september(*, at: datetime | None = None, hostile: bool = True, findings: tuple[Finding, ...] = ()) -> Month:
    """The month in question; ``at`` leaves out what came later."""
    at = at or instant(13, 9, 30)
    reports = tuple(report for report in (*SEPTEMBER, *((_HOSTILE,) if hostile else ())) if report.at <= at)
    others = tuple(report for report in _OTHERS if report.at <= at)
    return month_of(
        "2022-09", reports, at=at, others=others, exempt={"人行青河支行": "机构改革，本月免报"}, findings=findings
    )


def templates() -> Templates:
    """The templates that the product ships."""
    folder = ROOT / "templates"
    paths = [path for room in ("mail", "documents") for path in sorted((folder / room).glob("*.j2"))]
    return Templates({path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in paths})


def unit_of(month: Month, name: str) -> UnitMonth:
    """One unit's month."""
    return next(unit for unit in month.units if unit.unit == name)


def filing_of(month: Month, name: str) -> StoredFiling:
    """One unit's first mail."""
    return next(filing for filing in (*month.filings, *month.others) if (filing.filing.unit or "") == name)
