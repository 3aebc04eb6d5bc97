"""Mails in styles of their own → kind, unit and month; each case is one claim."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest

from pipeline.model import (
    Filing,
    Lesson,
    MailKind,
    Memory,
    OtherKind,
    QuestionKind,
    Seal,
    SentLetter,
    Trouble,
    Unreadable,
)
from pipeline.understanding.reading import understand
from tests.support.knowledge import knowledge
from tests.support.mails import Arrived, arrived, file

FISCAL = """夏县财政局
关于2022年8月份服务业提质增效工作进展情况的报告
一、落实普惠性纾困政策。拨付惠企资金120万元，惠及企业14家；政府采购预留中小企业份额630万元。
二、保障工资支付。8月份财政供养人员工资按时足额发放，累计支付工资性支出2.3亿元。
三、存在问题：库款调度压力较大。
四、下一步：9月份继续加大三保支出保障力度。
夏县财政局
2022年9月5日"""

TOURISM = """夏县文化和旅游局9月份工作汇报
一、景区创建：堆云洞创4A资料报送省厅，改造旅游厕所3座，累计完成投资860万元。
二、文旅消费：瑶台山采摘节接待游客2.3万人次，发放门票优惠券1200张。
三、困难：淡季客流下滑。
夏县文化和旅游局
二〇二二年十月八日"""

MEDICAL = """夏县医疗集团8月份薪酬改革工作情况
公立医院薪酬改革方案已报批，绩效分配向医护一线倾斜，8月发放绩效工资310万元，惠及医护人员520名。
夏县医疗集团
2022年9月3日"""

BODY = """办公室：
8月份我们做了这些事：一是城乡公交新增班线2条，定制客运发送旅客1.2万人次；二是网络货运企业完成运单3400单，运费收入560万元；三是农村客运班车更新12辆。
困难是油价高，企业亏损。
下一步继续推进物流园区选址。
县交通局 李明
"""

SENT = SentLetter("<remind-1@yuebao.example>", "remind:2022-08:县财政局:1", "remind", "县财政局", "2022-08")
THREAD = (("In-Reply-To", "<remind-1@yuebao.example>"), ("References", "<remind-1@yuebao.example>"))
QUOTED = """

在 2022年9月5日，"服务业办" <fwytzzx2022bs@163.example> 写道：
> 县财政局：截至今日尚未收到贵单位8月份服务业提质增效工作报告，请于12日前报送。
> 尚缺：第1条 全面落实服务业普惠性纾困扶持措施；第53条"""


@dataclass(frozen=True, slots=True)
class Case:
    """A mail and what it is."""

    claim: str
    mail: Arrived
    kind: MailKind
    unit: str | None
    period: str | None
    other: OtherKind = OtherKind.NONE
    asked: tuple[QuestionKind, ...] = ()


R, S, C, X = MailKind.REPORT, MailKind.SUPPLEMENT, MailKind.CORRECTION, MailKind.OTHER
LOCKED = Unreadable(
    "1", "财政局8月服务业工作总结.docx", Trouble.ENCRYPTED, "附件加了密码，打不开；请去掉密码后重新发送"
)
STRANGE = "laoli1975@qq.example"

CASES = (
    Case(
        "a plain report",
        arrived("财政局8月总结", "请查收", file("财政局8月总结.docx", FISCAL)),
        R,
        "县财政局",
        "2022-08",
    ),
    Case(
        "a subject with another month does not win over the report",
        arrived("财政局7月份服务业总结", "请查收附件", file("总结.docx", FISCAL)),
        R,
        "县财政局",
        "2022-08",
    ),
    Case(
        "a year away in the subject neither",
        arrived("2021年8月份总结", "见附件", file("新建 Microsoft Word 文档.docx", FISCAL)),
        R,
        "县财政局",
        "2022-08",
    ),
    Case(
        "a chain of forwards is read through to the inner mail",
        arrived(
            "Fwd: FW: 转发：汇报",
            "见转发",
            sender=STRANGE,
            day="2022-10-09",
            inner=("xxwlj@163.example", "转发: 9月份汇报", "请帮忙转一下"),
            inner_files=(file("汇报.docx", TOURISM),),
        ),
        R,
        "县文旅局",
        "2022-09",
        asked=(QuestionKind.SENDER,),
    ),
    Case(
        "an inline forward is the report",
        arrived(
            "Fw: 交通局8月情况",
            '-----原始邮件-----\n发件人: "夏县交通运输局" <xxjtj@163.example>\n发送时间: 2022年9月5日\n'
            "收件人: a@qq.example\n主题: 交通局8月情况\n\n" + BODY,
            sender=STRANGE,
        ),
        R,
        "县交通局",
        "2022-08",
        asked=(QuestionKind.SENDER,),
    ),
    Case(
        "a report that a listed mailbox says it sends for another unit is that unit's, without asking",
        arrived(
            "代县医疗集团报8月份情况",
            "受委托代为报送县医疗集团材料，请查收",
            file("薪酬.docx", MEDICAL),
            sender="wtj_laonian@qq.example",
        ),
        R,
        "县医疗集团",
        "2022-08",
    ),
    Case(
        "a report of one unit from another's mailbox, without a word why, is asked about",
        arrived(
            "8月份情况",
            "材料请查收",
            file("薪酬.docx", MEDICAL),
            sender="wtj_laonian@qq.example",
        ),
        R,
        "县医疗集团",
        "2022-08",
        asked=(QuestionKind.SENDER,),
    ),
    Case(
        "a report in the body of a reply to our reminder is a report, the quotation is not",
        arrived(
            "回复：8月份催报",
            BODY.replace("县交通局 李明", "县交通局") + QUOTED,
            sender="xxjtj@163.example",
            headers=THREAD,
        ),
        R,
        "县交通局",
        "2022-08",
    ),
    Case(
        "收到,谢谢 is a reply",
        arrived("Re: 关于报送8月份服务业提质增效工作情况的提醒", "收到，谢谢！我们抓紧报。" + QUOTED, headers=THREAD),
        X,
        "县财政局",
        None,
        OtherKind.REPLY,
    ),
    Case(
        "a promise to report is a reply",
        arrived("答复: 催报", "正在整理，下午报。" + QUOTED, headers=THREAD),
        X,
        "县财政局",
        None,
        OtherKind.REPLY,
    ),
    Case(
        "本月无进展 is a report without anything",
        arrived("财政局8月份服务业情况", "8月份我单位无新进展，特此说明。夏县财政局"),
        R,
        "县财政局",
        "2022-08",
    ),
    Case(
        "零报告 in a reply is a report",
        arrived("Re: 催报8月份", "我局8月份零报告。" + QUOTED, headers=THREAD),
        R,
        "县财政局",
        "2022-08",
    ),
    Case(
        "补充 with what stays valid is a supplement",
        arrived("补充：财政局8月情况", "前面报的不变，另补充两条，见附件。", file("补充材料.docx", FISCAL)),
        S,
        "县财政局",
        "2022-08",
    ),
    Case(
        "续报 is a supplement",
        arrived("财政局8月份续报", "续报如下，请收。", file("续报.docx", FISCAL)),
        S,
        "县财政局",
        "2022-08",
    ),
    Case(
        "前报作废 is a correction",
        arrived("财政局8月总结", "昨天那份数字填错了，前报作废，以此为准。", file("财政局8月总结.docx", FISCAL)),
        C,
        "县财政局",
        "2022-08",
    ),
    Case(
        "勘误 is a correction",
        arrived("8月份报告勘误", "请替换。", file("财政局8月总结.docx", FISCAL)),
        C,
        "县财政局",
        "2022-08",
    ),
    Case(
        "重报 is a correction",
        arrived("重报8月份总结", "见附件", file("财政局8月总结.docx", FISCAL)),
        C,
        "县财政局",
        "2022-08",
    ),
    Case(
        "a late report called 补报 of a month is a report",
        arrived(
            "补报8月份工作总结",
            "因故未能按时报送，现补报8月份工作总结，请查收。",
            file("财政局8月总结.docx", FISCAL),
            day="2022-09-20",
        ),
        R,
        "县财政局",
        "2022-08",
    ),
    Case(
        "a forgotten attachment sent after is a report",
        arrived("8月份总结", "刚才那封忘了附件，现补发，见谅。", file("财政局8月总结.docx", FISCAL)),
        R,
        "县财政局",
        "2022-08",
    ),
    Case(
        "a polite 如有错误请指正 is no correction",
        arrived("8月份总结", "请查收，如有错误请指正，数据无误。", file("财政局8月总结.docx", FISCAL)),
        R,
        "县财政局",
        "2022-08",
    ),
    Case(
        "a question that cites items and a month is no report",
        arrived(
            "请问8月份总结第12条怎么填",
            "请问第12条寄递末端和第55条十大专项行动，我们8月份没有任务，是否需要报？由谁牵头？盼复。",
            sender="xxwlj@163.example",
        ),
        X,
        "县文旅局",
        None,
        OtherKind.QUESTION,
    ),
    Case(
        "an application for more time is a request",
        arrived("关于延期报送的申请", "因人员隔离，申请延期报送8月份服务业工作总结，延至9月16日前报送。夏县财政局"),
        X,
        "县财政局",
        None,
        OtherKind.REQUEST,
        (QuestionKind.REQUEST,),
    ),
    Case(
        "a change of the liaison is a request",
        arrived("变更联络员", "我局联络员变更为王某，电话另告。夏县财政局"),
        X,
        "县财政局",
        None,
        OtherKind.REQUEST,
        (QuestionKind.REQUEST,),
    ),
    Case(
        "festival wishes are a greeting",
        arrived("国庆快乐", "祝您国庆快乐，阖家幸福！"),
        X,
        "县财政局",
        None,
        OtherKind.GREETING,
    ),
    Case(
        "a training advert full of the plan's words is an advert",
        arrived(
            "减税降费与服务业扶持政策实务培训",
            "名师授课，留抵退税、稳岗返还一次讲透，报名立减300元，会员优惠，扫码报名，名额有限。",
            sender="px@training.example",
        ),
        X,
        None,
        None,
        OtherKind.ADVERT,
    ),
    Case(
        "the monthly report of another campaign is missent",
        arrived(
            "8月份消防安全月报",
            "见附件",
            file(
                "财政局8月消防安全工作月报.docx",
                "夏县财政局8月份消防安全工作月报\n本月检查单位12家，整改隐患5处，开展演练1次。\n夏县财政局\n2022年9月2日",
            ),
        ),
        X,
        "县财政局",
        None,
        OtherKind.MISSENT,
    ),
    Case(
        "a locked file is a report out of reach",
        arrived("财政局8月份服务业工作总结", "密码另告。", unreadable=(LOCKED,)),
        R,
        "县财政局",
        "2022-08",
        asked=(QuestionKind.UNREADABLE,),
    ),
    Case(
        "a private mailbox with a letterhead is asked about",
        arrived("汇报", "", file("汇报.docx", FISCAL), sender=STRANGE),
        R,
        "县财政局",
        "2022-08",
        asked=(QuestionKind.SENDER,),
    ),
    Case(
        "two units named: the one that signs is the author",
        arrived(
            "8月总结",
            "我局会同县发改局、县税务局，见附件",
            file("总结.docx", FISCAL.replace("四、", "县发改局牵头、县税务局配合的事项另报。\n四、")),
        ),
        R,
        "县财政局",
        "2022-08",
    ),
    Case(
        "a cumulative range belongs to its last month",
        arrived(
            "情况",
            "见附件",
            file("文旅.docx", TOURISM.replace("9月份", "1—9月份")),
            sender="xxwlj@163.example",
            day="2022-10-09",
        ),
        R,
        "县文旅局",
        "2022-09",
    ),
    Case(
        "本月 in the last days of a month is that month",
        arrived(
            "服务业工作情况",
            "办公室：本月新增班线2条，定制客运发送旅客1.2万人次，网络货运完成运单3400单，农村客运班车更新12辆。下一步继续推进物流园区选址。\n县交通局",
            sender="xxjtj@163.example",
            day="2022-09-29",
        ),
        R,
        "县交通局",
        "2022-09",
    ),
    Case(
        "上个月 in January is December of the year before",
        arrived(
            "服务业工作情况",
            "办公室：上个月新增班线2条，定制客运发送旅客1.2万人次，网络货运完成运单3400单，农村客运班车更新12辆。\n县交通局",
            sender="xxjtj@163.example",
            day="2023-01-06",
        ),
        R,
        "县交通局",
        "2022-12",
    ),
    Case(
        "a bulletin and a list beside the report are set aside",
        arrived(
            "8月总结",
            "附件1为省局通报，附件2是我局报告，附件3名单。",
            file("附件1.docx", "全省财政系统8月份业务通报\n全省拨付惠企资金120亿元，预留采购份额63亿元，同比增长12%。"),
            file("附件2.docx", FISCAL),
            file("附件3.xlsx", "参会人员名单\n张三 股长\n李四 科员", format="xlsx"),
        ),
        R,
        "县财政局",
        "2022-08",
    ),
    Case(
        "words put right in one figure are a correction that is asked about",
        arrived("Re: 收件回执", "上次数字报错了，第1条拨付惠企资金应为135万元，请更正。" + QUOTED, headers=THREAD),
        C,
        "县财政局",
        "2022-08",
        asked=(QuestionKind.KIND,),
    ),
    Case(
        "以附件为准 speaks of the body, not of an earlier report",
        arrived("8月总结", "正文从略，内容以附件为准，请查收", file("总结.docx", FISCAL)),
        R,
        "县财政局",
        "2022-08",
    ),
    Case(
        "前三季度 belongs to September",
        arrived(
            "总结",
            "见附件",
            file("a.docx", TOURISM.replace("9月份", "前三季度")),
            sender="xxwlj@163.example",
            day="2022-10-09",
        ),
        R,
        "县文旅局",
        "2022-09",
    ),
    Case(
        "7、8月份 belongs to August",
        arrived("总结", "见附件", file("a.docx", FISCAL.replace("2022年8月份", "7、8月份"))),
        R,
        "县财政局",
        "2022-08",
    ),
    Case(
        "wishes with a report are a report",
        arrived("中秋快乐，附8月总结", "祝您中秋快乐！8月份总结见附件", file("8月总结.docx", FISCAL), day="2022-09-09"),
        R,
        "县财政局",
        "2022-08",
    ),
    Case(
        "no objection on the supporting items is a report",
        arrived("Re: 提醒", "我们配合的第5条、第6条无补充，同意牵头单位意见。" + QUOTED, headers=THREAD),
        R,
        "县财政局",
        "2022-08",
    ),
    Case(
        "'we reported already' is a reply",
        arrived("Re: 催报", "我们上周五就报了呀，请再查一下。" + QUOTED, headers=THREAD),
        X,
        "县财政局",
        None,
        OtherKind.REPLY,
    ),
    Case(
        "a former name is still the unit's",
        arrived("总结", "", file("x.docx", FISCAL.replace("夏县财政局", "夏县环保局")), sender=STRANGE),
        R,
        "生态环境夏县分局",
        "2022-08",
        asked=(QuestionKind.SENDER,),
    ),
    Case(
        "an empty form with a question is a question",
        arrived(
            "表怎么填",
            "请问这个台账怎么填？",
            file("台账模板.xlsx", format="xlsx", rows=(("序号", "工作任务", "进展情况"), ("1", "", ""))),
        ),
        X,
        "县财政局",
        None,
        OtherKind.QUESTION,
    ),
)


def read(mail: Arrived, **changes: Any) -> Filing:
    """The filing of a mail."""
    changes.setdefault("sent", (SENT,))
    return understand(
        mail.opened, received_at=mail.received_at, screening=mail.screening, knowledge=knowledge(**changes)
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.claim)
def test_identity(case: Case) -> None:
    """Kind, unit and month are what a careful person would write down."""
    filing = read(case.mail)
    assert (case.kind, case.other, case.unit, case.period) == (filing.kind, filing.other, filing.unit, filing.period)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.claim)
def test_only_what_is_doubtful_is_asked(case: Case) -> None:
    """Questions on identity are the expected ones, and each is a full Chinese sentence."""
    about = {QuestionKind.MATCH, QuestionKind.FIGURE}
    asked = [question for question in read(case.mail).questions if question.kind not in about]
    assert list(case.asked) == [question.kind for question in asked]
    assert all(question.text.endswith(("。", "？")) and len(question.text) > 15 for question in asked)


def test_a_report_without_any_work_is_asked_about() -> None:
    """Where figures stand and no item was read, a person is sent to the original; empty words are no doubt."""
    told = (
        "县财政局8月份服务业提质增效行动计划落实情况汇报\n县服务业发展领导小组办公室：\n现将我局8月份服务业工作情况汇报如下：\n"
        "一、存在问题\n资金拨付慢，缺口320万元。\n二、下一步打算\n9月加快拨付。\n夏县财政局\n2022年9月5日"
    )
    subject, cover = "县财政局8月份工作情况汇报", "县财政局8月份服务业工作情况汇报报上，请查收。"
    lost = read(arrived(subject, cover, file("8月份服务业工作情况汇报.docx", told)))
    empty = read(arrived("8月份工作情况汇报", "见附件", file("汇报.docx", told.replace("，缺口320万元", ""))))
    none = read(arrived("8月份工作情况汇报", "我局8月份零报告。", file("汇报.docx", "县财政局8月份零报告")))
    full = read(arrived("8月份工作情况汇报", "见附件", file("汇报.docx", FISCAL)))

    asked = [(one.kind, one.text) for one in lost.questions]
    assert (QuestionKind.UNREADABLE, "来信是报告，但没有读出任何一项的进展，请打开原件看。") in asked
    assert (lost.records, empty.records, none.zero_report) == ((), (), True)
    assert full.records
    others = (*empty.questions, *none.questions, *full.questions)
    assert not any(one.kind is QuestionKind.UNREADABLE for one in others)


def test_an_unknown_mailbox_holds_but_carries_the_unit() -> None:
    """The reading names the unit that the content shows; it does not count before the office agrees."""
    filing = read(arrived("汇报", "", file("汇报.docx", FISCAL), sender=STRANGE))
    assert (filing.sender_known, filing.unit) == (False, "县财政局")
    assert [(q.kind, q.suggestion, q.holds) for q in filing.questions if q.holds] == [
        (QuestionKind.SENDER, "县财政局", True)
    ]


def test_a_confirmed_address_is_known() -> None:
    """What the office confirmed once is not asked again."""
    memory = Memory(lessons=(Lesson("address", "县财政局", STRANGE, "县财政局"),))
    filing = read(arrived("汇报", "", file("汇报.docx", FISCAL), sender=STRANGE), memory=memory)
    assert filing.sender_known
    assert tuple(question for question in filing.questions if question.kind is QuestionKind.SENDER) == ()


def test_rival_units_are_asked() -> None:
    """Two units with equal evidence and no known address: no unit, and a suggestion."""
    text = FISCAL.replace("夏县财政局\n关于", "夏县税务局 夏县财政局\n关于").replace(
        "夏县财政局\n2022", "夏县民政局\n2022"
    )
    filing = read(arrived("8月总结", "民政局的", file("总结.docx", text), sender=STRANGE))
    asked = [question for question in filing.questions if question.kind is QuestionKind.UNIT]
    assert filing.unit is None
    assert len(asked) == 1
    assert asked[0].suggestion in asked[0].options


def test_a_trick_sender_is_asked_as_forged() -> None:
    """The strict parser refuses two addresses in the From line, and the mail is held."""
    filing = read(
        arrived("8月总结", "见附件", file("总结.docx", FISCAL), sender="xxczj@163.example <eve@evil.example>")
    )
    assert [question.kind for question in filing.questions if question.holds] == [QuestionKind.FORGED]


def test_an_imitated_address_is_asked_as_forged() -> None:
    """xxczi@ is not xxczj@."""
    filing = read(arrived("8月总结", "见附件", file("总结.docx", FISCAL), sender="xxczi@163.example"))
    assert [question.kind for question in filing.questions if question.holds] == [QuestionKind.FORGED]


def test_failed_authentication_is_asked() -> None:
    """A registered address whose domain denies the mail is held."""
    results = (("Authentication-Results", "mx.163.example; dmarc=fail header.from=163.example"),)
    mail = arrived("8月总结", "见附件", file("总结.docx", FISCAL), headers=results)
    filing = read(mail, authservers=frozenset({"mx.163.example"}))
    assert [question.kind for question in filing.questions if question.holds] == [QuestionKind.FORGED]


def test_leave_for_a_month_is_read() -> None:
    """免报 asks to owe nothing, 延期 for more time; only the first is granted without a day."""
    spared = read(arrived("申请免报8月份材料", "我局8月份集中力量开展专项整治，申请免报8月份材料，请批准。夏县财政局"))
    later = read(arrived("申请", "因系统故障，8月总结申请延期报送，延至9月16日。夏县财政局"))
    assert (spared.other, spared.requested_exemption) == (OtherKind.REQUEST, True)
    assert not later.requested_exemption


def test_the_day_asked_for_is_read() -> None:
    """延至9月16日 is the day of the request."""
    filing = read(arrived("申请", "因系统故障，8月总结申请延期报送，延至9月16日。夏县财政局"))
    assert date(2022, 9, 16) == filing.requested_until


def test_a_seal_counts_only_on_the_report() -> None:
    """A sealed scan of the report is stamped; a red picture beside it is not."""
    scan = file("盖章.pdf", FISCAL, seal=Seal.PRESENT, scanned=True, format="pdf")
    photo = file("现场.jpg", "热烈庆祝", seal=Seal.PRESENT, scanned=True, format="image")
    report = file("总结.docx", FISCAL)
    assert read(arrived("8月总结", "见附件", report, scan)).stamped
    assert not read(arrived("8月总结", "见附件", report, photo)).stamped


def test_anothers_seal_is_asked() -> None:
    """The fiscal bureau's report under the tax bureau's seal."""
    scan = file("盖章.pdf", FISCAL, seal=Seal.PRESENT, seal_text="国家税务总局夏县税务局", scanned=True, format="pdf")
    asked = [
        question.text for question in read(arrived("8月总结", "见附件", scan)).questions if "印章" in question.text
    ]
    assert len(asked) == 1
    assert "县税务局" in asked[0]


@pytest.mark.parametrize("inside", [False, True])
def test_differing_copies_are_asked(*, inside: bool) -> None:
    """Word says 120万元, the sealed scan beside it, or the one pasted into it, says 150万元."""
    scan = file("盖章.pdf", FISCAL.replace("120万元", "150万元"), seal=Seal.PRESENT, scanned=True, format="pdf")
    report = file("总结.docx", FISCAL)
    sent = (replace(report, scans=(scan,)),) if inside else (report, scan)
    filing = read(arrived("8月总结", "见附件", *sent))
    asked = [question for question in filing.questions if question.kind is QuestionKind.COPIES]
    assert len(asked) == 1
    assert "120万元" in asked[0].text
    assert "150万元" in asked[0].text
    assert filing.stamped
    assert len(filing.records) == len(read(arrived("8月总结", "见附件", report)).records)


def test_equal_copies_are_not_asked() -> None:
    """Slips of OCR in words and a lost decimal point are no difference."""
    scan = FISCAL.replace("财政供养", "财政供莽").replace("2.3亿", "23亿")
    mail = arrived(
        "8月总结", "", file("总结.docx", FISCAL), file("s.pdf", scan, seal=Seal.PRESENT, scanned=True, format="pdf")
    )
    assert tuple(question for question in read(mail).questions if question.kind is QuestionKind.COPIES) == ()


def test_a_page_of_signature_counts() -> None:
    """A report photographed in two pages: the second, with the seal, belongs to it."""
    first, second = FISCAL.split("三、")
    pages = (
        file("IMG_1.jpg", first, scanned=True, format="image"),
        file("IMG_2.jpg", "三、" + second, scanned=True, format="image", seal=Seal.PRESENT),
    )
    filing = read(arrived("8月总结", "见附件", *pages))
    assert (filing.kind, filing.stamped) == (MailKind.REPORT, True)


def test_a_taught_name_is_the_units() -> None:
    """An alias that the office confirmed names the unit."""
    memory = Memory(lessons=(Lesson("alias", "县财政局", "夏县国资运营办", "县财政局"),))
    text = FISCAL.replace("夏县财政局", "夏县国资运营办")
    assert read(arrived("总结", "", file("x.docx", text), sender=STRANGE), memory=memory).unit == "县财政局"


def test_a_display_name_alone_is_not_believed() -> None:
    """Anybody can write a name before an address."""
    said = "8月份开展法治体检12家，办理公共法律服务35件，12348热线接听120次，律师调解8件。"
    filing = read(arrived("情况", said, sender=STRANGE, display="夏县司法局办公室"))
    assert (filing.kind, filing.unit) == (MailKind.REPORT, None)
    assert "县司法局" in [question.suggestion for question in filing.questions if question.kind is QuestionKind.UNIT]


def test_a_paper_of_zero_is_told() -> None:
    """A formal paper that says nothing was done."""
    text = "夏县财政局\n关于8月份服务业工作情况的说明\n我局8月份无新增工作进展，特此说明。\n夏县财政局\n2022年9月5日"
    assert read(arrived("8月份总结", "见附件", file("8月.docx", text))).zero_report


def test_another_countys_office_is_a_stranger() -> None:
    """闻喜县财政局 is not 夏县财政局."""
    filing = read(arrived("总结", "", file("x.docx", FISCAL.replace("夏县财政局", "闻喜县财政局")), sender=STRANGE))
    assert filing.unit is None


def test_a_slip_in_a_long_name_is_forgiven() -> None:
    """夏县文化与旅游局 is meant to be 夏县文化和旅游局."""
    text = TOURISM.replace("夏县文化和旅游局", "夏县文化与旅游局")
    filing = read(arrived("总结", "", file("x.docx", text), sender=STRANGE, day="2022-10-09"))
    assert filing.unit == "县文旅局"


def test_the_paper_that_the_cover_calls_valid_is_read() -> None:
    """Last month's file sent along by mistake counts for nothing where the cover says which one holds."""
    old = FISCAL.replace("8月", "7月").replace("9月5日", "8月5日").replace("9月份", "8月份")
    files = (file("财政局7月总结.docx", old), file("财政局8月总结.docx", FISCAL))
    for said in ("附件有两个，第一个传错了，请以“8月”那份为准。", "8月份材料见附件。7月份那份上月已报过，不用管它。"):
        filing = read(arrived("财政局总结", said, *files))
        assert filing.period == "2022-08"
        assert {locus.part for record in filing.records for locus in record.loci} == {"2"}


ELSEWHERE = """夏县财政局8月份国库管理工作总结
{whom}：
8月份，办理集中支付1260笔，检查预算单位14家，发现问题9个。
夏县财政局
2022年9月5日"""


@pytest.mark.parametrize("whom", ["运城市财政局", "市局国库科", "县安委办", "省财政厅"])
def test_a_paper_addressed_to_others_is_not_ours(whom: str) -> None:
    """A report of the unit's other duties to the city or to another office came here by mistake."""
    filing = read(arrived("8月份工作总结", "请查收。", file("总结.docx", ELSEWHERE.format(whom=whom))))
    assert filing.kind is MailKind.OTHER
    assert filing.records == ()


def test_a_paper_on_another_campaign_to_its_own_task_force_is_not_ours() -> None:
    """A monthly report to 县能源保供工作专班 is theirs; one to a task force of the plan is ours."""
    other = read(arrived("8月份月报", "请查收。", file("月报.docx", ELSEWHERE.format(whom="县能源保供工作专班"))))
    own = read(
        arrived("8月份月报", "请查收。", file("月报.docx", FISCAL.replace("一、落实", "金融业专班：\n一、落实")))
    )
    assert (other.kind, own.kind) == (MailKind.OTHER, MailKind.REPORT)


def test_a_recalled_letter_is_asked_about_and_no_report() -> None:
    """The notice that a letter is called back names its subject; whether the report stands is for the office to say."""
    told = "发件人将撤回邮件“财政局8月份服务业工作总结”。该邮件附件有误，请勿使用，待局长审签后再报。"
    filing = read(arrived("撤回：财政局8月份服务业工作总结", told, sender="xxczj@163.example"))
    assert filing.kind is MailKind.OTHER
    assert [question.kind for question in filing.questions] == [QuestionKind.KIND]


def test_a_slip_on_who_reports_is_no_report() -> None:
    """联络员变更回执 names month, unit and items, and reports nothing."""
    slip = "夏县服务业发展领导小组\n联络员变更回执\n单位：夏县财政局\n报送任务：第1、7、53条\n2022年8月"
    assert read(arrived("财政局8月份回执", "回执见附件。", file("回执.docx", slip))).kind is MailKind.OTHER


def test_a_report_sent_for_another_unit_is_theirs() -> None:
    """The address and the display name are the sender's; 代发 and the letterhead say whose report it is."""
    told = "财政局内网发不了外网邮件，拷过来让我们代发，我局自己的另报。"
    filing = read(arrived("代发：8月份情况", told, file("情况.docx", FISCAL), sender="xxwlj@163.example"))
    assert filing.unit == "县财政局"


def test_who_only_helps_is_not_the_author() -> None:
    """会同住建局约见企业 opens a paragraph, and is no word on who writes."""
    told = FISCAL.replace(
        "四、下一步：9月份继续加大三保支出保障力度。", "9月份，会同住建局约见未签协议的开发企业5家，商定缴款。"
    )
    filing = read(arrived("8月份工作情况", "请查收。", file("情况.docx", told)))
    assert filing.unit == "县财政局"
    assert not any(clue.value == "县住建局" and clue.weight > 1 for clue in filing.unit_clues)


def test_what_was_changed_into_something_else_is_no_correction() -> None:
    """改成线上健步走，报名2318人 tells of an event, and puts no figure right."""
    told = (
        "县服务业办：\n我局8月份工作如下：群众赛事改成线上健步走，报名2318人；体育中心封顶；备案托育机构3家。\n县卫体局"
    )
    assert read(arrived("8月份工作总结", told, sender="xxwtj@163.example")).kind is MailKind.REPORT


def test_a_writer_who_says_we_and_a_name_speaks_for_it() -> None:
    """我们教育局上个月的情况 names the unit of a private mailbox; 我们和教育局一起 is somebody else."""
    told = "{}上个月的情况：智慧教室装好62间，网课平台上线。班级联赛踢了18场。"
    own = read(arrived("上个月的", told.format("我们教育局"), sender=STRANGE))
    other = read(arrived("上个月的", told.format("我们和教育局一起把"), sender=STRANGE))
    assert own.unit == "县教育局"
    assert [any("自称" in clue.because for clue in one.unit_clues) for one in (own, other)] == [True, False]


def test_who_sends_for_others_names_himself_as_well() -> None:
    """托我代发，我们文旅局自己的另报: the name behind the word is the sender's, and the report is the other's."""
    told = "财政局的邮箱今天登不上，托我代发一下，这是他们的。我们文旅局自己的下午另发。"
    filing = read(arrived("代发", told, file("情况.docx", FISCAL), sender="xxwlj@163.example"))
    assert filing.unit == "县财政局"


def test_whom_a_short_letter_is_written_to_does_not_sign_it() -> None:
    """In a letter of six lines the first one is among the last: 发改局领导： is whom it is written to."""
    told = (
        "发改局领导：\n县医疗集团8月份服务业工作情况如下。\n公立医院薪酬制度改革完成岗位价值测算，涉及职工1132人，"
        "分配办法已上报县人社局、财政局。\n县医疗集团办公室 魏\n2022年9月9日"
    )
    filing = read(arrived("8月报告", told, sender=STRANGE))
    assert filing.unit == "县医疗集团"
    assert not any("发改局领导" in clue.because or "自称" in clue.because for clue in filing.unit_clues)


def test_a_namesake_of_the_city_is_no_unit_of_ours() -> None:
    """A monthly report on other work to 市教育局“双减”工作专班 is theirs, though our bureau has its name in it."""
    paper = (
        "夏县教育局8月份“双减”工作月报\n市教育局“双减”工作专班：\n一、工作进展\n"
        "1.课后服务。34所学校开展课后服务，开设足球、篮球等体育社团96个。\n二、存在问题\n外聘教师难。\n夏县教育局\n2022年9月5日"
    )
    filing = read(arrived("教育局8月份月报", "请查收。", file("8月份月报.docx", paper), sender="xxjyj@163.example"))
    assert (filing.kind, filing.records) == (MailKind.OTHER, ())


def test_the_offices_short_name_is_our_address() -> None:
    """县服业办： is the office itself, however it is shortened."""
    paper = FISCAL.replace("一、落实", "县服业办：\n一、落实")
    assert read(arrived("8月份总结", "见附件。", file("总结.docx", paper))).kind is MailKind.REPORT


def test_a_notice_that_hands_out_the_items_is_no_report() -> None:
    """关于做好…报送工作的通知 lists items and asks for figures; it tells nothing, whatever its file is called."""
    paper = (
        "关于做好8月份服务业提质增效任务总结报送工作的通知\n各有关股、所：\n请各责任股室将8月份完成情况报局办公室：\n"
        "1.普惠性纾困\n由综合股负责。重点报减免税费情况，7月份已报2项的不再重复。\n"
        "7.拓宽直接融资渠道\n由金融股负责。重点报挂牌企业家数。\n夏县财政局办公室\n2022年9月2日"
    )
    filing = read(arrived("8月份服务业提质增效任务", "通知见附件。", file("8月份任务总结.docx", paper)))
    assert (filing.kind, filing.records) == (MailKind.OTHER, ())
    assert not filing.questions


def test_last_months_copy_in_the_same_archive_is_set_aside() -> None:
    """One sentence of the cover names both months; the one before 不用管 is the mistake."""
    old = FISCAL.replace("8月", "7月").replace("9月5日", "8月5日").replace("9月份", "8月份")
    files = (file("财政局7月总结.docx", old), file("财政局8月总结.docx", FISCAL))
    told = "8月份的总结打了个包，7月那个文件夹是我存底的，不小心一起压进去了，不用管。"
    filing = read(arrived("财政局材料", told, *files))
    assert filing.period == "2022-08"
    assert {locus.part for record in filing.records for locus in record.loci} == {"2"}


def test_the_next_countys_report_is_not_ours() -> None:
    """A report of 闻喜县财政局, sent by mistake or as a model, is nobody's here, however much it looks like ours."""
    paper = FISCAL.replace("夏县财政局", "闻喜县财政局")
    filing = read(
        arrived("8月份工作报告", "领导小组办公室：我局8月份报告，请查收。", file("报告.docx", paper), sender=STRANGE)
    )
    model = read(arrived("Fwd: 8月份总结", "这是闻喜的总结，转给您参考，我们自己的明天报。", file("报告.docx", paper)))
    assert [(one.kind, one.records) for one in (filing, model)] == [(MailKind.OTHER, ())] * 2
    assert filing.unit is None


def test_a_form_filled_in_with_examples_is_empty() -> None:
    """（示例）组织3家企业… and ×家 in the cells of a form are nobody's work."""
    rows = (
        ("序号", "任务", "本月进展", "问题", "下步打算"),
        ("1", "普惠性纾困", "（示例）组织减免房租3户……", "（示例）资金不足……", "（示例）加快……"),
        ("7", "拓宽直接融资渠道", "（示例）挂牌企业×家", "", ""),
    )
    told = "各成员单位：\n请于9月12日前报送8月份工作总结，同时按附件样表填报。样表中的文字为示例。"
    filing = read(arrived("关于做好8月份总结报送的通知", told, file("月报样表.xlsx", rows=rows, format="xlsx")))
    assert (filing.kind, filing.records) == (MailKind.OTHER, ())


def test_a_mail_written_to_another_bureau_came_by_mistake() -> None:
    """县乡村振兴局督查股： in the covering words, and the bureau in the paper, say whose report it is."""
    paper = (
        "夏县财政局\n2022年8月驻村帮扶工作总结\n县乡村振兴局：\n一、工作开展情况\n8月，工作队走访脱贫户46户，帮助销售苹果3.5万斤。\n"
        "二、存在问题\n村集体收入渠道单一。\n夏县财政局\n2022年9月2日"
    )
    filing = read(
        arrived("8月工作总结", "县乡村振兴局督查股：\n附件是我局8月总结，请查收。", file("8月工作总结.docx", paper))
    )
    assert (filing.kind, filing.records) == (MailKind.OTHER, ())


def test_a_picture_of_nothing_but_the_seal_stamps_the_report_in_the_body() -> None:
    """盖章页见附件图片: the picture has the unit's name and its seal, and no date."""
    body = FISCAL + "\n盖章页见附件图片。"
    page = file(
        "盖章页.jpg", "盖章页\n本月报送内容已经审核同意上报。\n夏县财政局\n（盖章）", seal=Seal.PRESENT, scanned=True
    )
    assert read(arrived("财政局8月份总结", body, page)).stamped
