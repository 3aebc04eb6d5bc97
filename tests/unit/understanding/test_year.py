"""What a county's offices, banks and companies send over a year → kind, unit, month, and whether it counts unasked."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from pipeline.model import MailKind, OtherKind, QuestionKind
from tests.support.mails import Arrived, arrived, file
from tests.unit.understanding.test_identity import (
    BODY,
    FISCAL,
    MEDICAL,
    QUOTED,
    STRANGE,
    THREAD,
    TOURISM,
    C,
    Case,
    R,
    S,
    X,
    read,
)
from tests.unit.understanding.test_identity import (
    CASES as OTHERS,
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A mail, what it is, and whether the office must agree before it counts."""

    claim: str
    mail: Arrived
    kind: MailKind
    unit: str | None
    period: str | None
    other: OtherKind = OtherKind.NONE
    held: bool = False


CZ, WL, JT, HB, YD = (
    "xxczj@163.example",
    "xxwlj@163.example",
    "xxjtj@163.example",
    "xxhbj@163.example",
    "xxyd@chinamobile.example",
)
CZJ, WLJ, JTJ = "县财政局", "县文旅局", "县交通局"
MOBILE = """夏县移动8月份服务业提质增效工作情况
一、大数据基础：新开通5G基站12个，累计86个，千兆宽带新增用户640户。
二、数字融合应用：为3家景区接入慢直播，建成智慧社区平台1个。
三、问题：个别站址进场难。
四、9月份计划：再开通基站6个。
夏县移动公司政企部
2022年9月6日"""
AIR = """运城市生态环境局夏县分局
8月份服务业提质增效行动进展情况
一、节能环保服务：开展环保管家服务企业9家，第三方监测运维企业14家，清洁生产审核2家。
二、绿色金融：向银行推送环境权益项目3个。
运城市生态环境局夏县分局综合股
2022年9月7日"""


def month(text: str, name: str) -> str:
    """The fiscal report of another month."""
    return text.replace("2022年8月份", name).replace("8月份", name.rsplit("年", maxsplit=1)[-1])


def zero(words: str, *, subject: str = "8月份服务业情况") -> Arrived:
    """A report of nothing in the words of the sender."""
    return arrived(subject, words)


ZEROS = (
    "我局8月份无相关工作进展。",
    "8月份服务业提质增效工作零报告。",
    "本单位8月没有需要报送的内容，特此说明。",
    "经核实，我局8月份无新增工作任务，本月不报内容。",
    "8月份：无。",
    "8月无内容可报",
    "我单位8月份暂无工作进展，无可报内容",
    "8月份没有新情况，报零。",
    "8月份各项任务与上月相比没有变化，零报告。",
    "8月份没什么新进展，就不写材料了",
)
SUPPORTS = (
    "8月份我局配合事项无补充。",
    "配合的几条没有补充，同意牵头单位意见。",
    "关于8月份配合任务，我局无补充意见，以牵头单位报送为准。",
    "我局配合事项8月份无补充，已按要求配合。",
    "8月份由我局配合的工作同意牵头单位所报，无补充。",
)
BEHALF = (
    "代县医疗集团报送8月份材料，见附件。",
    "受县医疗集团委托，报送其8月份材料。",
    "县医疗集团邮箱坏了，代为报送，见附件。",
    "替县医疗集团报一下8月份情况",
    "帮县医疗集团转报8月份总结，请查收。",
    "县医疗集团委托我局代报8月份材料",
    "这是县医疗集团8月份的材料，由我局代发。",
    "医疗集团网络不通，我们代他们报一下，见附件。",
)
FOREIGN = (
    ("党建工作总结", "本月召开支部会2次，党员学习35人次。"),
    ("信访工作月报", "本月接待来访12批次，办结11件。"),
    ("防汛工作情况汇报", "开展巡查6次，储备物资300件。"),
    ("创城工作进展情况", "开展志愿服务8次，清理小广告120处。"),
    ("乡村振兴帮扶工作总结", "驻村帮扶走访60户，帮销农产品2万元。"),
    ("平安建设工作月报", "排查矛盾12起，化解11起。"),
    ("巡察整改进展情况报告", "整改问题8个，完成6个。"),
    ("森林防火工作小结", "巡护林区12次，发放传单300份。"),
    ("意识形态工作报告", "召开专题会1次，研判舆情2次。"),
    ("法治政府建设工作总结", "开展执法培训2次，参训60人。"),
    ("节约用水工作情况", "更换节水器具40件，宣传2次。"),
)
CASES = (
    *(Sent(f"nothing to report: {words}", zero(words), R, CZJ, "2022-08") for words in ZEROS),
    *(Sent(f"nothing to add: {words}", zero(words, subject="回复：配合事项"), R, CZJ, "2022-08") for words in SUPPORTS),
    *(
        Sent(
            f"for another unit: {words}",
            arrived("8月份材料", words, file("薪酬.docx", MEDICAL), sender="wtj_laonian@qq.example"),
            R,
            "县医疗集团",
            "2022-08",
        )
        for words in BEHALF
    ),
    *(
        Sent(
            f"another campaign: {name}",
            arrived(
                f"8月{name}", "见附件", file(f"财政局8月{name}.docx", f"夏县财政局8月份{name}\n{text}\n夏县财政局")
            ),
            X,
            CZJ,
            None,
            OtherKind.MISSENT,
        )
        for name, text in FOREIGN
    ),
    *(
        Sent(
            f"a report hardly on the plan: {name}",
            arrived(
                f"8月{name}", "见附件", file(f"财政局8月{name}.docx", f"夏县财政局8月份{name}\n{text}\n夏县财政局")
            ),
            X,
            CZJ,
            None,
        )
        for name, text in (
            ("优化营商环境工作总结", "开展政策宣讲3场，走访企业12家。"),
            ("人员统计月报", "本月单位人数56人，工资总额31万元。"),
        )
    ),
    # -------------------------------------------------------------- edited drafts, corrections, supplements, resends
    Sent(
        "the chief edited it", arrived("8月总结", "局长改过了", file("总结（审定稿）.docx", FISCAL)), R, CZJ, "2022-08"
    ),
    Sent("a revised draft", arrived("8月总结修改稿", "见附件", file("8月总结修改稿.docx", FISCAL)), R, CZJ, "2022-08"),
    Sent(
        "marks of revision",
        arrived("8月总结", "按领导意见修改后的，请查收", file("修订痕迹.docx", FISCAL)),
        R,
        CZJ,
        "2022-08",
    ),
    Sent(
        "edited after sending",
        arrived("8月总结", "昨天发的那份领导又改了，这是改过的", file("总结.docx", FISCAL)),
        C,
        CZJ,
        "2022-08",
    ),
    Sent(
        "the earlier one is void", arrived("总结", "上午那份作废，用这份", file("总结.docx", FISCAL)), C, CZJ, "2022-08"
    ),
    Sent(
        "a resend of the same", arrived("8月总结", "怕没收到，再发一遍", file("总结.docx", FISCAL)), R, CZJ, "2022-08"
    ),
    Sent(
        "a resend on request",
        arrived(
            "Re: 8月总结",
            "上次附件打不开，重新发一次附件，内容没变" + QUOTED,
            file("总结.docx", FISCAL),
            headers=THREAD,
        ),
        R,
        CZJ,
        "2022-08",
    ),
    Sent(
        "late, called 补报",
        arrived("补报：财政局8月总结", "迟了，抱歉", file("总结.docx", FISCAL), day="2022-09-25"),
        R,
        CZJ,
        "2022-08",
    ),
    Sent("two more items", arrived("8月份补充", "漏了两条，补充上报", file("补充.docx", FISCAL)), S, CZJ, "2022-08"),
    Sent(
        "a correction two months later",
        arrived("8月份总结更正", "8月报的第1条有误，以此为准", file("8月.docx", FISCAL), day="2022-11-03"),
        C,
        CZJ,
        "2022-08",
    ),
    Sent(
        "one figure put right",
        arrived("更正", "财政局8月报的第1条“惠及企业14家”写成了41家，应为14家。抱歉。"),
        C,
        CZJ,
        "2022-08",
        held=True,
    ),
    Sent(
        "one figure, asked for in passing",
        arrived("8月数据", "第1条资金不是120万，是135万，麻烦改一下"),
        C,
        CZJ,
        "2022-08",
        held=True,
    ),
    Sent(
        "one figure, the rest stands",
        arrived("数字改一下", "上次报的定制客运旅客1.2万人次改为1.3万人次，其他不变。", sender=JT),
        C,
        JTJ,
        "2022-08",
        held=True,
    ),
    Sent(
        "one sentence put right",
        arrived(
            "更正：文旅局9月第33条",
            "昨天报的第33条有误，更正后为：\n堆云洞创4A资料报送省厅，改造旅游厕所5座，累计完成投资900万元。\n其余不变。",
            sender=WL,
            day="2022-10-10",
        ),
        C,
        WLJ,
        "2022-09",
    ),
    Sent(
        "one sentence more",
        arrived("补一句", "8月份另拨付惠企资金20万元，惠及企业3家，前报不变。"),
        S,
        CZJ,
        "2022-08",
        held=True,
    ),
    Sent(
        "the wrong file before",
        arrived("8月总结", "上一封附件传错了，以这封为准", file("总结.docx", FISCAL)),
        C,
        CZJ,
        "2022-08",
    ),
    Sent(
        "two months in two files",
        arrived("补7月和8月", "见附件", file("7月.docx", month(FISCAL, "2022年7月份")), file("8月.docx", FISCAL)),
        R,
        CZJ,
        None,
        held=True,
    ),
    # -------------------------------------------------------------- months
    Sent(
        "on the 28th of the month",
        arrived(
            "8月总结", "提前报", file("总结.docx", FISCAL.replace("2022年9月5日", "2022年8月28日")), day="2022-08-28"
        ),
        R,
        CZJ,
        "2022-08",
    ),
    Sent(
        "two months late",
        arrived("财政局8月份总结", "迟报请谅解", file("总结.docx", FISCAL), day="2022-11-05"),
        R,
        CZJ,
        "2022-08",
    ),
    Sent(
        "December in January",
        arrived(
            "去年12月份总结",
            "见附件",
            file(
                "总结.docx",
                month(FISCAL, "2022年12月份").replace("2022年9月5日", "2023年1月6日").replace("9月份", "1月份"),
            ),
            day="2023-01-06",
        ),
        R,
        CZJ,
        "2022-12",
    ),
    Sent(
        "去年12月 without a year",
        arrived(
            "工作情况",
            "主任：去年12月定制客运发送旅客1.2万人次，网络货运完成运单3400单，农村客运班车更新12辆，新增班线2条。县交通局",
            sender=JT,
            day="2023-01-06",
        ),
        R,
        JTJ,
        "2022-12",
    ),
    Sent(
        "1-9月",
        arrived(
            "文旅局1-9月份情况",
            "见附件",
            file("文旅.docx", TOURISM.replace("9月份", "1-9月")),
            sender=WL,
            day="2022-10-09",
        ),
        R,
        WLJ,
        "2022-09",
    ),
    Sent(
        "the third quarter",
        arrived(
            "文旅局三季度总结",
            "见附件",
            file("文旅.docx", TOURISM.replace("9月份", "三季度")),
            sender=WL,
            day="2022-10-09",
        ),
        R,
        WLJ,
        "2022-09",
    ),
    Sent(
        "this month and the next in one title",
        arrived(
            "总结和计划",
            "见附件",
            file(
                "a.docx",
                FISCAL.replace(
                    "关于2022年8月份服务业提质增效工作进展情况的报告", "关于8月份服务业工作总结和9月份工作安排的报告"
                ),
            ),
        ),
        R,
        CZJ,
        "2022-08",
    ),
    Sent(
        "a column for the month to come",
        arrived(
            "台账",
            "见附件",
            file(
                "台账.xlsx",
                format="xlsx",
                rows=(
                    ("序号", "工作任务", "进展情况", "9月重点"),
                    ("1", "普惠性纾困扶持", "8月拨付惠企资金120万元，惠及14家企业", "9月再拨付50万元"),
                    ("53", "保障工资支付", "工资按时足额发放2.3亿元", "9月抓好库款调度"),
                ),
            ),
        ),
        R,
        CZJ,
        "2022-08",
    ),
    Sent("a file name of another month", arrived("8月总结", "见附件", file("7月总结.docx", FISCAL)), R, CZJ, "2022-08"),
    Sent(
        "a date of saving in the name", arrived("总结", "见附件", file("总结20220906.docx", FISCAL)), R, CZJ, "2022-08"
    ),
    Sent(
        "8、9月合并报送",
        arrived(
            "文旅局8、9月合并报送",
            "两个月一起报",
            file("a.docx", TOURISM.replace("9月份", "8、9月份")),
            sender=WL,
            day="2022-10-09",
        ),
        R,
        WLJ,
        "2022-09",
    ),
    Sent(
        "an older year's month in the file name",
        arrived("8月总结", "见附件", file("2021年8月总结.docx", FISCAL)),
        R,
        CZJ,
        "2022-08",
    ),
    Sent(
        "上半年 in July",
        arrived(
            "上半年总结",
            "见附件",
            file("a.docx", month(FISCAL, "上半年").replace("2022年9月5日", "2022年7月5日").replace("9月份", "下半年")),
            day="2022-07-06",
        ),
        R,
        CZJ,
        "2022-06",
    ),
    Sent(
        "a title that runs on, with the coming month in it",
        arrived(
            "小结",
            "夏县交通运输局8月工作小结。新增班线2条，定制客运发送旅客1.2万人次。9月拟开通城际公交3条，9月力争完成园区选址，9月计划更新客车12辆。",
            sender=JT,
        ),
        R,
        JTJ,
        "2022-08",
    ),
    Sent(
        "a section on the coming months",
        arrived(
            "小结",
            "见附件",
            file(
                "总结.docx",
                FISCAL.replace("四、下一步：9月份继续", "四、下一步打算\n（一）9月份继续").replace(
                    "保障力度。", "保障力度。\n（二）10月份启动考核，10月底前完成。"
                ),
            ),
            day="2022-10-20",
        ),
        R,
        CZJ,
        "2022-08",
    ),
    # -------------------------------------------------------------- names
    Sent(
        "the former name of a unit",
        arrived("8月", "见附件", file("a.docx", AIR.replace("运城市生态环境局夏县分局", "夏县环保局")), sender=HB),
        R,
        "生态环境夏县分局",
        "2022-08",
    ),
    Sent(
        "a spoofed neighbour of our mailbox",
        arrived("8月", "见附件", file("a.docx", FISCAL), sender="xxczj@163.examp1e"),
        R,
        CZJ,
        "2022-08",
        held=True,
    ),
    Sent(
        "our name in front of a stranger's address",
        arrived("8月", "见附件", file("a.docx", FISCAL), sender=STRANGE, display="夏县财政局 xxczj@163.example"),
        R,
        CZJ,
        "2022-08",
        held=True,
    ),
    Sent(
        "a wrong answer to somebody else's reminder",
        arrived("Re: 提醒", BODY.replace("县交通局 李明", "县交通局") + QUOTED, sender=STRANGE, headers=THREAD),
        R,
        JTJ,
        "2022-08",
        held=True,
    ),
    Sent(
        "another's mailbox explained afterwards",
        arrived("8月材料", "医疗集团邮箱发不出去，代转，见附件", file("薪酬.docx", MEDICAL), sender=HB),
        R,
        "县医疗集团",
        "2022-08",
    ),
    Sent(
        "an empty subject and a new document",
        arrived("", "", file("新建 Microsoft Word 文档.docx", FISCAL)),
        R,
        CZJ,
        "2022-08",
    ),
    Sent("a subject of digits", arrived("123456", "附件", file("新建文本文档.docx", FISCAL)), R, CZJ, "2022-08"),
    Sent("a subject of one month", arrived("8月", "", file("1.docx", FISCAL)), R, CZJ, "2022-08"),
    Sent("like a chat", arrived("", "领导，8月的，收一下[抱拳]", file("微信图片.docx", FISCAL)), R, CZJ, "2022-08"),
    Sent(
        "a company's office signs",
        arrived("移动8月", "见附件", file("a.docx", MOBILE), sender=YD),
        R,
        "夏县移动",
        "2022-08",
    ),
    Sent(
        "a company's office from its own mailbox",
        arrived("8月", "见附件", file("a.docx", MOBILE), sender=STRANGE),
        R,
        "夏县移动",
        "2022-08",
        held=True,
    ),
    Sent(
        "a parent's letterhead",
        arrived("8月", "见附件", file("a.docx", AIR), sender=HB),
        R,
        "生态环境夏县分局",
        "2022-08",
    ),
    Sent(
        "a parent's letterhead, stranger",
        arrived("8月", "见附件", file("a.docx", AIR), sender=STRANGE),
        R,
        "生态环境夏县分局",
        "2022-08",
        held=True,
    ),
    Sent(
        "a section signs",
        arrived(
            "8月",
            "见附件",
            file("a.docx", FISCAL.replace("夏县财政局\n2022", "夏县财政局国库股\n2022")),
            sender=STRANGE,
        ),
        R,
        CZJ,
        "2022-08",
        held=True,
    ),
    Sent("only a person's name", arrived("8月", BODY.replace("县交通局 李明", "李明"), sender=JT), R, JTJ, "2022-08"),
    Sent(
        "only a person's name, stranger",
        arrived("8月", BODY.replace("县交通局 李明", "李明"), sender=STRANGE),
        R,
        None,
        "2022-08",
        held=True,
    ),
    Sent(
        "the unit begins the text",
        arrived(
            "小结",
            "夏县交通运输局8月工作小结。新增班线2条，定制客运发送旅客1.2万人次，网络货运完成运单3400单，农村客运班车更新12辆。9月推进物流园区选址。",
            sender=STRANGE,
        ),
        R,
        JTJ,
        "2022-08",
        held=True,
    ),
    Sent(
        "the unit is the subject of the text",
        arrived(
            "8月",
            "办公室：\n县交通局8月份新增班线2条，定制客运发送旅客1.2万人次，网络货运完成运单3400单，农村客运班车更新12辆。9月推进物流园区选址。",
            sender=STRANGE,
        ),
        R,
        JTJ,
        "2022-08",
        held=True,
    ),
    Sent(
        "another county's office",
        arrived("8月", "见附件", file("a.docx", FISCAL.replace("夏县财政局", "闻喜县财政局")), sender=STRANGE),
        MailKind.OTHER,
        None,
        None,
    ),
    Sent(
        "two units together",
        arrived("8月", "见附件", file("a.docx", FISCAL.replace("夏县财政局\n关于", "夏县财政局 夏县税务局\n关于"))),
        R,
        CZJ,
        "2022-08",
    ),
    # -------------------------------------------------------------- no reports
    Sent(
        "a meeting that asks for last month's report",
        arrived(
            "关于召开会议的通知",
            "各单位：定于9月8日召开服务业提质增效8月份工作调度会，请各单位带8月份工作总结，准时参会。\n夏县发展和改革局",
            sender="xxfgj@163.example",
        ),
        X,
        "县发改局",
        None,
    ),
    Sent(
        "an attendance",
        arrived("回复：会议通知", "收到，我局由张局长参加。" + QUOTED, headers=THREAD),
        X,
        CZJ,
        None,
        OtherKind.REPLY,
    ),
    Sent("holidays", arrived("休假", "我在外地学习，9月15日回来，急事请联系李某。", sender=WL), X, WLJ, None),
    Sent(
        "a question",
        arrived("请教", "主任您好，第12条8月份我们没有具体数字，怎么填？", sender=WL),
        X,
        WLJ,
        None,
        OtherKind.QUESTION,
    ),
    Sent(
        "a complaint",
        arrived("意见", "每月都要报这么多表，基层实在吃不消，能不能合并成一张表？", sender=WL),
        X,
        WLJ,
        None,
        OtherKind.QUESTION,
    ),
    Sent("thanks", arrived("谢谢", "感谢领导小组办公室的指导，谢谢！", sender=WL), X, WLJ, None),
    Sent(
        "a call to a meeting",
        arrived(
            "关于召开服务业提质增效推进会的通知",
            "定于9月8日上午9点在政府三楼会议室召开推进会，请准时参加。",
            sender="xxfgj@163.example",
        ),
        X,
        "县发改局",
        None,
    ),
    Sent(
        "a notice from above",
        arrived(
            "转发：市发改委关于报送8月份服务业进展情况的通知",
            "请阅。",
            file(
                "市发改委通知.docx",
                "运城市发展和改革委员会\n关于报送8月份服务业提质增效进展情况的通知\n各县（市、区）发改局：请于9月10日前报送8月份服务业工作进展情况。\n运城市发展和改革委员会\n2022年9月1日",
            ),
            sender="xxfgj@163.example",
        ),
        X,
        "县发改局",
        None,
    ),
    Sent(
        "an invoice",
        arrived("您的电子发票已开具", "发票金额120.00元，点击下载，如需退订请回复。", sender="bill@shop.example"),
        X,
        None,
        None,
        OtherKind.ADVERT,
    ),
    Sent(
        "out of office by hand",
        arrived("自动回复: 提醒", "您好，我正在休假，邮件将在9月20日后处理。", sender=WL),
        X,
        WLJ,
        None,
        OtherKind.OUT_OF_OFFICE,
    ),
    Sent(
        "no mark of automation",
        arrived("Re: 提醒", "本人出差在外，暂时无法查看邮件，回来后处理。" + QUOTED, headers=THREAD),
        X,
        CZJ,
        None,
        OtherKind.REPLY,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.claim)
def test_a_year_of_letters(case: Sent) -> None:
    """Kind, unit and month are what a careful person would write down; only what is doubtful waits."""
    filing = read(case.mail)
    assert (case.kind, case.unit, case.period) == (filing.kind, filing.unit, filing.period)
    if case.other is not OtherKind.NONE:
        assert case.other == filing.other
    assert case.held == any(question.holds for question in filing.questions)


STYLES = tuple(case for case in (*OTHERS, *CASES) if case.kind is not MailKind.OTHER)


def _from(mail: Arrived, addr: str) -> Arrived:
    """The same mail from another address; its history and its files stay."""
    letter = mail.opened.letter
    assert letter.sender is not None
    moved = replace(letter, sender=replace(letter.sender, addr=addr))
    return replace(mail, opened=replace(mail.opened, letter=moved))


@pytest.mark.parametrize("case", STYLES, ids=lambda case: case.claim)
def test_a_stranger_is_always_held(case: Sent | Case) -> None:
    """Whatever a report says and however it says it: from an address that nobody registered it waits for the office."""
    for addr in (STRANGE, "xxczj@163.examp1e", "xxczj@163.example.evil.example"):
        if case.mail.opened.letter.sender is None:
            continue
        assert any(question.holds for question in read(_from(case.mail, addr)).questions), addr


@pytest.mark.parametrize("case", STYLES, ids=lambda case: case.claim)
def test_a_sender_that_cannot_be_read_is_always_held(case: Sent | Case) -> None:
    """A From line that the strict parser refuses speaks for nobody."""
    letter = replace(case.mail.opened.letter, sender=None, sender_trouble="发件人一栏有两个地址")
    mail = replace(case.mail, opened=replace(case.mail.opened, letter=letter))
    assert any(question.kind is QuestionKind.FORGED and question.holds for question in read(mail).questions)
