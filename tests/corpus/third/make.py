# ruff: noqa: D103, ANN001, ANN002, ANN201, ANN202, E501, I001 -- mails are passages of text: one function each, its content says what it is
"""Write the third labelled set: the mails of ``mails/`` and their ``truth.json``, the same bytes at every run."""

import csv
import io
import json
from pathlib import Path

import openpyxl
from openpyxl.styles import Alignment, Font

from kit import (
    Doc,
    arrived,
    book_bytes,
    convert,
    item,
    jpeg,
    label,
    letter,
    page,
    photo,
    picture_pdf,
    point,
    scan,
    show,
    zipped,
    KAI,
    SONG,
)

HERE = Path(__file__).parent
MAILS = {}


def mail(name):
    """Register the function that makes the mail of this name."""

    def keep(make):
        MAILS[name] = make
        return make

    return keep


def said(*items):
    """Items by their number, to speak of them while the document is laid out."""
    return {i[0]: i for i in items}


def labelled(entries):
    return [item(n, status, text, *extra) for n, status, text, *extra in entries.values()]


@mail("T01")
def industry():
    it = said(
        (
            2,
            "on_track",
            "受疫情冲击较重的餐饮、零售两个行业，我局会同供电公司落实用电支持政策，10月份有[58户|受惠商户]商户办理了电费缓缴，缓缴金额[33.4万元|缓缴电费]，政策执行到位。",
        ),
        (
            13,
            "on_track",
            "组织[2家|龙头企业]铸造龙头企业编写市级重点实验室建设方案，其中[1家|递交材料]已向市工信科局递交全部材料；省级层面储备企业[3家|储备企业]，正在按要求补充研发费用辅助账。",
        ),
        (14, "on_track", "登记技术合同[12份|技术合同]，合同成交额[1865.5万元|成交额]。"),
        (
            15,
            "done",
            "我县申报的鑫源机械有限公司10月18日列入省级认定公示名单，新增高新技术企业[1家|新增高企]，年度任务已经完成；对[4家|入库企业]后备企业做了入库辅导。",
        ),
        (
            16,
            "on_track",
            "三家基础电信企业当月建成开通站点[7个|当月开通基站]，累计[191个|累计基站]，完成率[95.02%|完成率]，余下的点位年底前可以收口。",
        ),
        (
            19,
            "on_track",
            "乡村e镇公共服务中心10月21日揭牌运营，入驻商户[26家|入驻商户]；举办电商实操培训[3期|培训]，参训[147人次|参训]；县级共配中心日均分拣[1.6万件|日均分拣]。",
        ),
        (
            28,
            "on_track",
            "“金秋夏州”直播季共开播[22场|直播]，成交订单[1.08万单|订单]，销售额[137万元|销售额]，比去年同期的92万元有明显增长。",
        ),
        (
            29,
            "behind",
            "便民生活圈试点的[两个=2个|试点社区]社区已完成网点普查，但补短板项目的场地至今没有落实，比方案确定的节点晚了近两个月。",
        ),
        (
            30,
            "on_track",
            "水头农贸市场改造主体完工，完成投资[480余万元|完成投资]；冷链仓储项目设备安装到位，新增库容[3200立方米|库容]；供销、商贸企业[2家|商贸企业]在[6个|乡镇]乡镇铺开配送下沉。",
        ),
        (
            32,
            "on_track",
            "10月1日至5日在禹都广场举办惠民车展，参展品牌[17个|品牌]，售出车辆[83台|售车]，其中新能源[36台|新能源车]。",
        ),
        (41, "not_started", "骨干企业遴选和信用档案工作因省级平台尚未分配账号，目前还未启动。"),
    )
    titles = {
        2: "困难行业帮扶",
        13: "创新平台建设",
        14: "科技成果转化",
        15: "高企培育",
        16: "信息基础设施",
        19: "农村电商",
        28: "线上消费",
        29: "一刻钟便民生活圈",
        30: "县域商业体系",
        32: "汽车消费",
        41: "家政服务",
    }
    problems = [
        point("便民生活圈补短板所需的场地涉及多个产权单位，协调难度大。", 29),
        point("基站选址遇阻的点位还有[4处|受阻点位]，群众对辐射有误解。", 16),
    ]
    nexts = [
        point("11月下旬召集街道、住建和产权单位现场会商，把补短板场地定下来。", 29),
        point("对受阻点位逐一做好科普解释，确保12月20日前全部开通。", 16),
        point("主动与省商务厅对接平台账号，账号到位后一周内启动家政企业信息采集。", 41),
    ]
    off = ["另外，10月份检查冶炼、铸造企业安全生产19家，发现隐患44条，已整改42条。"]
    d = Doc()
    d.title("夏县工业和信息化科技局文件", red=True).p("夏工信科字〔2022〕41号", indent=False)
    d.title("夏县工业和信息化科技局\n关于2022年10月份服务业提质增效工作进展情况的报告").p(
        "县服务业发展领导小组办公室：", indent=False
    )
    d.p("现将我局10月份牵头和参与任务的推进情况报告如下：")
    top, inner = d.numbering("chineseCounting", "%1、"), d.numbering("decimal", "%1. ")
    d.auto(top, "", "重点任务完成情况")
    for n, (_, _, text) in it.items():
        d.auto(inner, text, titles[n] + "。")
    d.auto(top, "", "存在的困难和问题")
    two = d.numbering("decimal", "（%1）")
    for x in problems:
        d.auto(two, x["text"])
    d.auto(top, "", "下一步工作打算")
    three = d.numbering("decimal", "（%1）")
    for x in nexts:
        d.auto(three, x["text"])
    d.auto(top, "", "其他工作").p(off[0]).p("夏县工业和信息化科技局", right=True).p("2022年11月9日", right=True)
    m = letter(
        "gxkj_fuwuye@qq.example",
        "夏县工信科局",
        "工信科局10月份服务业总结",
        "2022-11-09 16:20",
        text="领导好，总结见附件，请查收。\n",
        files=[("夏工信科字〔2022〕41号.docx", d.bytes())],
    )
    # The figure inside the problem is no work done.
    return (
        m,
        "2022-11-09 16:21",
        label(
            "report",
            "县工信科局",
            "2022-10",
            "编号全是Word自动编号；标题改写；去年数、计划外安全生产；问题与打算集中在后",
            items=labelled(it),
            problems=problems,
            next_steps=nexts,
            off_plan=off,
        ),
    )


@mail("T02")
def tourism():
    rows = [
        (
            33,
            "on_track",
            "特色民宿与餐饮提升",
            "指导泗交镇民宿集群改造提升，推出“温公家宴”主题菜单，[2家|参赛餐饮企业]餐饮企业参加全市名菜大赛。",
            "新增民宿[3家|新增民宿]，新增床位[41张|新增床位]",
            "山区民宿污水处理设施不配套",
            "10月与生态环境部门会商污水处理方案",
        ),
        (
            34,
            "on_track",
            "A级景区与康养示范区创建",
            "堆云洞景区游客中心主体封顶，智慧导览系统进入调试；泗交、温泉康养示范区已通过市级初评。",
            "工程形象进度[82%|堆云洞进度]；发布精品线路[6条|线路]",
            "",
            "确保11月底前完成省级现场验收准备",
        ),
        (
            35,
            "on_track",
            "精品景区与夜间消费",
            "司马光祠推出夜游灯光秀，瑶台山栈道开放试运营，组织中小学生研学活动。",
            "夜游接待[1.9万人次|夜游接待]；研学[23批|研学]、[2150人|研学人数]",
            "受太原、临汾疫情影响，国庆前团队预订退订较多",
            "谋划秋季赏叶采摘节",
        ),
        (
            36,
            "on_track",
            "旅行社承接政务会展",
            "联合财政部门印发承接工会、会展活动的操作细则。",
            "旅行社承接活动[9场|承接活动]、金额[26.7万元|承接金额]",
            "个别单位仍要求三星级以上酒店资质",
            "开展一轮专项检查",
        ),
        (
            37,
            "behind",
            "重点文旅项目",
            "夏都旅博综合体因资金不到位，9月份基本处于半停工状态，未完成季度投资任务；介子推文化园二期完成地勘。",
            "夏都水疗中心完成投资[760万元|投资]",
            "夏都旅博综合体资金缺口约2300万元",
            "向上申报专项债，争取11月复工",
        ),
        (
            38,
            "on_track",
            "文旅企业培育",
            "设立文旅企业孵化基地，与县职中共建文创工作室，蒲剧《司马光》小剧场版排演完成。",
            "新培育文旅企业[4家|培育企业]；文创产品[11款|文创产品]；演出[8场|演出]",
            "",
            "",
        ),
        (
            2,
            "done",
            "旅游行业纾困",
            "旅行社质保金暂退工作已全部办结。",
            "惠及旅行社[6家|旅行社]，金额[118万元|暂退金额]",
            "",
            "",
        ),
    ]
    book = openpyxl.Workbook()
    s = book.active
    s.title = "9月"
    s.append(["夏县文化和旅游局服务业提质增效任务落实台账"])
    s.merge_cells("A1:G1")
    s.append(["填报单位：县文旅局", None, None, None, "填报时间：2022年10月11日"])
    s.append(["序", "责任事项", "落实举措", "成效数据", "堵点", "打算", "责任人"])
    for i, (_, _, title, text, data, hard, plan) in enumerate(rows, 1):
        s.append([i, title, show(text), show(data), hard or "无", plan or "—", "褚股长"])
    s.append(["备注", "本表数据截至2022年9月30日。"])
    for c, w in zip("ABCDEFG", (5, 18, 46, 26, 24, 24, 9), strict=True):
        s.column_dimensions[c].width = w
    t = book.create_sheet("通讯录")
    t.append(["姓名", "职务", "电话"])
    t.append(["褚某", "股长", "0359-8530000"])
    m = letter(
        "xxwlj@163.example",
        "县文旅局",
        "文旅局台账",
        "2022-10-11 10:02",
        text="附件为9月台账。\n",
        files=[("服务业台账（文旅）.xlsx", book_bytes(book))],
    )
    return (
        m,
        "2022-10-11 10:03",
        label(
            "report",
            "县文旅局",
            "2022-09",
            "台账列名少见（责任事项|落实举措|成效数据|堵点|打算），数字在成效列；空格写无、—；通讯录页不算",
            items=[item(n, st, text + "\n" + data) for n, st, _, text, data, _, _ in rows],
            problems=[point(r[5], r[0]) for r in rows if r[5]],
            next_steps=[point(r[6], r[0]) for r in rows if r[6]],
        ),
    )


@mail("T03")
def transport():
    it = said(
        (
            8,
            "on_track",
            "定制客运8月新开夏县到运城动车站的线，投了[8台|定制客运车]商务车，跑了[612趟|班次]，拉了[3470人|旅客]；保通保畅这块，办了重点物资通行证[205张|通行证]，没出现一起堵车断供。",
        ),
        (
            9,
            "on_track",
            "网络货运企业注册下来[1家|网络货运企业]，平台上线了，8月走了[940单|运单]，运费[376万元|运费]左右。",
        ),
        (11, "behind", "物流园区创市级示范这个事慢了，可研到现在还没评审。"),
        (
            2,
            "on_track",
            "困难行业纾困：给[45辆|客车]客车办了报停免费，免了[13.5万元|免收费用]，司机贷款展期的名单报给人行了。",
        ),
    )
    problems = [
        point("虽然车上去了，但是上座率不高，周一到周四有时候一车就三四个人，企业亏着跑。", 8),
        point("主要卡在用地上，那块地还挂着一般农用地。", 11),
    ]
    nexts = [
        point("下一步准备跟文旅局商量，把这条线和泗交景区串起来。", 8),
        point("9月争取把网络货运企业再引进来两家。", 9),
    ]
    text = (
        "主任好！我把交通局8月份的情况给您发一下哈，盖章件随后送425。\n\n1、"
        + show(it[8][2])
        + problems[0]["text"]
        + nexts[0]["text"]
        + "\n2、"
        + show(it[9][2])
        + nexts[1]["text"]
        + "\n3、"
        + show(it[11][2])
        + problems[1]["text"]
        + "\n4、"
        + show(it[2][2])
        + "\n\n有啥不对的您说，我再改[抱拳]\n卫\n\n发自我的iPhone\n"
    )
    m = letter("jtjysk@126.example", "老卫", "交通", "2022-09-07 21:44", text=text)
    return (
        m,
        "2022-09-07 21:44",
        label(
            "report",
            "县交通局",
            "2022-08",
            "微信口气的正文；问题和打算混在每条里；虽然…但是",
            items=labelled(it),
            problems=problems,
            next_steps=nexts,
        ),
    )


@mail("T04")
def civil():
    cards = [
        (
            42,
            "on_track",
            "养老服务品牌创建",
            "温泉康养中心引进的运营团队10月底进驻，11月完成[120张|护理床位]护理床位的适老改造；[5个|互助小院]村的互助养老幸福小院挂牌，日均就餐[136人|日均就餐]；[两家=2家|申报机构]机构申报省级模范机构，材料已报市局。",
            "农村互助小院运营经费没有固定来源，靠村集体补贴难以长久。",
            "12月中旬前出台幸福小院运营补助办法。",
        ),
        (
            43,
            "done",
            "困难家庭适老化改造和家庭照护床位",
            "全年[90户|适老化改造]改造任务11月25日全部竣工，并通过第三方验收，验收合格率[100%|合格率]；建设家庭照护床位[30张|照护床位]，培训家属照护员[64名|照护员]。",
            "无",
            "组织一次入户回访。",
        ),
        (
            55,
            "on_track",
            "养老惠民提升专项行动",
            "召开专项行动推进会[2次|推进会]，城区养老设施缺口台账完成销号[7处|销号]，行动进展总体平稳。",
            "城区老旧小区腾不出用房，缺口处尚有三处没有着落。",
            "协调住建局在明年改造项目里预留用房。",
        ),
        (
            34,
            "on_track",
            "配合推进文旅康养示范区",
            "配合文旅局为温泉示范区提供养老床位、护理人员等佐证材料[14份|佐证材料]。",
            "",
            "",
        ),
    ]
    d = Doc(font="宋体")
    d.title("民政局11月份重点任务推进卡").p("报送单位：夏县民政局　　　报送日期：2022年12月8日", indent=False)
    for i, (_, _, title, text, hard, plan) in enumerate(cards, 1):
        d.p(f"卡片{i}", bold=True)
        d.table([["任务名称：", title], ["完成情况：", text], ["存在问题：", hard], ["下一步：", plan]])
        d.p("")
    m = letter(
        "mzjyanglao@qq.example",
        "严",
        "民政局推进卡(11月)",
        "2022-12-08 09:31",
        text="请审。",
        files=[("推进卡.docx", d.bytes())],
    )
    return (
        m,
        "2022-12-08 09:31",
        label(
            "report",
            "县民政局",
            "2022-11",
            "一事一表的卡片版式；有的格写无或空",
            items=[item(c[0], c[1], c[3]) for c in cards],
            problems=[point(c[4], c[0]) for c in cards if len(c[4]) > 2],
            next_steps=[point(c[5], c[0]) for c in cards if c[5]],
        ),
    )


@mail("T05")
def farming():
    rows = [
        (
            24,
            "on_track",
            "五大产业集群链条延伸",
            "果品分选中心二期投用，中药材初加工车间完成环评。",
            5,
            None,
            1260,
            "订单农业履约率不高",
            "组织龙头企业与合作社补签合同",
            "[5家|服务主体][1260万元|资金]",
        ),
        (
            25,
            "on_track",
            "农业生产托管",
            "秋收秋种托管服务全面铺开，村集体股份合作社参与度提高。",
            46,
            5.83,
            349.8,
            "",
            "11月开展托管质量抽查",
            "[46家|服务主体][5.83万亩|托管面积][349.8万元|资金]",
        ),
        (
            26,
            "done",
            "合作社与家庭农场提升",
            "省级示范家庭农场推荐、市级示范家庭农场评定均已完成，整县推进试点通过市级验收。",
            4,
            None,
            20,
            "",
            "抓好监测管理",
            "[4家|服务主体][20万元|资金]",
        ),
        (
            27,
            "behind",
            "农村资产数字证书",
            "资产信息采录进度偏慢，仅完成应采录数的一半，金融机构对接还停留在洽谈阶段。",
            3,
            None,
            None,
            "基层会计不熟悉平台操作，返工多",
            "分片办培训班，11月底前完成全部采录",
            "[3家|服务主体]",
        ),
        (
            22,
            "on_track",
            "果品展会",
            "组团参加运城国际果品交易博览会线上专场，签订购销意向。",
            12,
            None,
            830,
            "",
            "",
            "[12家|服务主体][830万元|资金]",
        ),
        (
            11,
            "on_track",
            "农产品物流基地",
            "埝掌农产品冷链物流基地申报市级专业物流基地，专家已到现场看过。",
            1,
            None,
            150,
            "",
            "",
            "[1家|服务主体][150万元|资金]",
        ),
    ]
    book = openpyxl.Workbook()
    s = book.active
    s.title = "10月台账"
    s.append(["夏县农业农村局2022年10月服务业任务进展统计表"])
    s.merge_cells("A1:K1")
    s.append(
        [
            "编号",
            "工作任务",
            "去年同期服务主体（家）",
            "全年目标（家）",
            "本月进展",
            None,
            None,
            None,
            "需协调解决的问题",
            "下月安排",
            "股室",
        ]
    )
    s.append(
        [None, None, None, None, "文字说明", "服务主体（家）", "托管面积（万亩）", "落实资金（万元）", None, None, None]
    )
    s.merge_cells("E2:H2")
    for col in "ABCDIJK":
        s.merge_cells(f"{col}2:{col}3")
    for i, (_, _, title, text, a, b, c, hard, plan, _) in enumerate(rows, 1):
        s.append([i, title, i + 2, i + 6, text, a, b, c, hard, plan, "农经站" if i % 2 else "产业股"])
    s["A1"].font = Font(bold=True, size=16)
    for row in s.iter_rows(min_row=2):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="center")
    old = book.create_sheet("9月台账")
    old.append(["编号", "工作任务", "本月进展"])
    old.append([1, "农业生产托管", "9月托管面积4.1万亩，服务主体39家。"])
    old.sheet_state = "hidden"
    extra = book.create_sheet("托管分乡镇明细")
    extra.append(["乡镇", "托管面积（亩）"])
    for town, n in (("瑶峰镇", 9800), ("水头镇", 12400), ("埝掌镇", 8700), ("禹王镇", 10300)):
        extra.append([town, n])
    m = letter(
        "xxnyj@163.example",
        "夏县农业农村局",
        "2022年10月服务业任务进展统计表",
        "2022-11-11 15:08",
        text="附表。联系人：韩",
        files=[("农业农村局10月.xls", convert(book_bytes(book), "xlsx", "xls"))],
    )
    return (
        m,
        "2022-11-11 15:10",
        label(
            "report",
            "县农业农村局",
            "2022-10",
            "老.xls；两行表头、单位写在表头、去年同期和全年目标两列干扰、隐藏的9月页、分乡镇明细页",
            items=[item(r[0], r[1], r[3], r[9]) for r in rows],
            problems=[point(r[7], r[0]) for r in rows if r[7]],
            next_steps=[point(r[8], r[0]) for r in rows if r[8]],
        ),
    )


@mail("T06")
def housing():
    it = said(
        (
            47,
            "on_track",
            "对新报建的[3个|报建项目]住宅项目逐一核对容积率、建筑密度和限高，否定不合要求的规划方案[1个|否定方案]；城南新区示范小区按绿色建筑二星设计，目前图审已经通过。",
        ),
        (
            48,
            "on_track",
            "9月16日至18日举办线上房博会，参展楼盘[11个|楼盘]，成交商品房[96套|成交]、[1.14万平方米|成交面积]；与[4家|团购单位]机关单位达成团购意向，团购优惠平均每平方米[180元|团购优惠]。",
        ),
        (12, "on_track", "今年纳入改造的[9个|老旧小区]老旧小区中，[6个|预留场地]已预留快递末端场地并完成移交。"),
        (45, "on_track", "配合自然资源局完成[2宗|出让地块]拟出让地块的规划条件论证，提供建议[5条|建议]。"),
    )
    heads = {
        47: "一、住房品质方面。",
        48: "二、促进住房消费方面。",
        12: "三、末端网络配套方面。",
        45: "四、用地配合方面。",
    }
    problems = [point("部分楼盘资金监管账户被法院冻结，购房群众观望情绪较浓。", 48)]
    nexts = [point("10月份联合人行、公积金部门开展送政策进楼盘活动，对资金冻结楼盘逐一制定化解方案。", 48)]
    blocks = [
        ("title", "夏县住房和城乡建设管理局关于9月份服务业提质增效工作的总结"),
        ("plain", "县服务业发展领导小组办公室："),
    ]
    blocks += [("p", heads[n] + text) for n, (_, _, text) in it.items()]
    blocks += [
        ("p", "五、存在问题。" + problems[0]["text"]),
        ("p", "六、下步工作。" + nexts[0]["text"]),
        ("plain", ""),
        ("right", "夏县住房和城乡建设管理局"),
        ("right", "2022年10月9日"),
    ]
    img = photo(page(blocks, stamp="夏县住房和城乡建设管理局", body=SONG, seed=6), seed=6)
    m = letter(
        "zjjfdc@qq.example",
        "住建局房产股",
        "住建局9月份",
        "2022-10-09 17:55",
        text="拍照上报，原件明天送。\n",
        files=[("微信图片_20221009175201.jpg", jpeg(img))],
    )
    return (
        m,
        "2022-10-09 17:55",
        label(
            "report",
            "县住建局",
            "2022-09",
            "盖章页的手机照片，没有文字层；“每平方米180元”；配合事项",
            items=labelled(it),
            problems=problems,
            next_steps=nexts,
            stamped=True,
        ),
    )


@mail("T07")
def bank():
    it = said(
        (
            4,
            "on_track",
            "1至12月，全县金融机构累计为[832户|续贷户数]服务业市场主体办理续贷、展期[6.47亿元|续贷金额]，无一户因到期被抽贷。12月末普惠小微贷款余额[21.36亿元|普惠小微余额]，较年初增加[2.88亿元|较年初增加]，增速高于各项贷款[4.7个百分点|增速高出]；新发放普惠小微贷款加权平均利率[5.12%|利率]，同比下降[0.63个百分点|利率下降]。",
        ),
        (
            5,
            "on_track",
            "12月末绿色贷款余额[4.05亿元|绿色贷款]，其中投向制造业节能改造[1.2亿元|节能改造]、农业绿色发展[8600万元|农业绿色]。运用碳减排支持工具报账[1笔|报账]、[500万元|报账金额]。",
        ),
        (
            48,
            "on_track",
            "首套房商业贷款利率下限调整政策已在辖内[7家|银行]银行落地，12月份发放个人住房贷款[73笔|住房贷款]、[2410万元|贷款金额]。",
        ),
        (
            1,
            "on_track",
            "第四季度普惠小微贷款阶段性减息政策全部兑付，惠及市场主体[1904户|减息户数]、减息[312.6万元|减息]；支付手续费让利[87万元|手续费让利]。",
        ),
    )
    problems = [
        point("涉农抵押物评估、登记环节多，银行放款周期仍然偏长；", 4),
        point("绿色项目环境信息披露不完整，认定困难。", 5),
    ]
    nexts = [
        point("2023年一季度开展“首贷户拓展”活动，全年力争新增首贷户300户以上；", 4),
        point("建立绿色项目库，按季推送银行。", 5),
    ]
    d = Doc()
    d.title("关于服务业金融支持工作情况的报告").p("（2022年1—12月）", indent=False)
    d.p(
        "今年以来，我支行按照行动计划要求，稳字当头、主动作为。2021年末全县普惠小微贷款余额为18.48亿元，绿色贷款为2.9亿元。现将有关情况报告如下。"
    )
    d.lead("（一）信贷支持服务业。", it[4][2]).lead("（二）绿色金融。", it[5][2]).lead(
        "（三）个人住房信贷。", it[48][2]
    ).lead("（四）普惠纾困政策。", it[1][2])
    d.p("当前主要有两方面困难：一是" + problems[0]["text"] + "二是" + problems[1]["text"])
    d.p("下一阶段，重点抓好两项工作。第一，" + nexts[0]["text"] + "第二，" + nexts[1]["text"])
    d.p("中国人民银行夏县支行", right=True).p("二〇二三年一月十日", right=True)
    m = letter(
        "pbcxx@pbc.example",
        "人行夏县支行",
        "11月服务业提质增效报告",
        "2023-01-10 11:15",
        text="见附件PDF。\n",
        files=[("报告.pdf", convert(d.bytes(), "docx", "pdf"))],
    )
    return (
        m,
        "2023-01-10 11:15",
        label(
            "report",
            "人行夏县支行",
            "2022-12",
            "文字PDF；主题误写11月；1—12月累计；上年末数、明年目标干扰；问题在一句话里分两条",
            items=labelled(it),
            problems=problems,
            next_steps=nexts,
        ),
    )


@mail("T08")
def labour():
    it = said(
        (
            1,
            "on_track",
            "失业保险稳岗返还“免申即享”批次全部拨付，涉及企业[213户|返还企业]、返还资金[146.3万元|返还资金]，惠及职工[4812名|职工]；困难行业缓缴社保费[37户|缓缴企业]、[92.5万元|缓缴金额]。",
        ),
        (
            20,
            "on_track",
            "人力资源服务机构新增[2家|新增机构]、累计[13家|机构]；对[9家|检查机构]机构开展诚信等级评定，评出AA级[3家|AA级]。",
        ),
        (51, "on_track", "最低工资标准新规宣传到企业，抽查用人单位[60户|抽查单位]，未发现低于标准支付的情况。"),
        (
            52,
            "behind",
            "公立医院薪酬制度改革方案仍在修改，原定7月上会未能实现；机关事业单位津补贴清理完成自查[74个|自查单位]单位。",
        ),
        (53, "on_track", "乡镇工作补贴按月发放到[1126人|发放对象]；为[31名|高定工资]新录用高校毕业生落实了高定工资。"),
        (54, "on_track", "当月机关事业单位工资全部按时发放，监测预警平台零报警。"),
        (
            55,
            "on_track",
            "8月12日举办服务业专场招聘会，进场企业[52家|招聘企业]、提供岗位[1380个|岗位]，达成意向[264人|意向]。",
        ),
    )
    problems = [
        point("县级机构规模小、同质化，靠派遣吃饭，缺少高端猎头业务。", 20),
        point("医院历史债务重，薪酬总量测算各方意见不统一。", 52),
    ]
    nexts = [
        point("9月底前把人力资源产业园选址方案报县政府。", 20),
        point("9月中旬再次会商卫体、财政和医疗集团，月底前提请县政府常务会研究。", 52),
    ]
    d = Doc(header="夏县人力资源和社会保障局")
    d.title("8月份服务业提质增效工作情况").p("一、主要工作", bold=True, indent=False)
    a, b = it[1][2].split("返还资金[146.3万元|返还资金]，")
    d.tracked(("", "1.普惠性纾困。" + a + "返还资金"), ("del", "164.3万元"), ("ins", "146.3万元"), ("", "，" + b))
    d.tracked(("", "2.人力资源服务。" + it[20][2]), ("del", "另组建企业联合体1个。"))
    d.p("3.工资调控。" + it[51][2]).p("4.工资增长机制。" + it[52][2]).p("5.基层待遇。" + it[53][2])
    d.tracked(("", "6.工资保障。" + it[54][2]), ("del", "发放金额3260万元。"))
    d.tracked(("ins", "7.人力资源服务业高质量发展专项行动。" + it[55][2]))
    d.p("二、存在问题", bold=True, indent=False)
    for x in problems:
        d.p(x["text"])
    d.p("三、下步打算", bold=True, indent=False)
    for x in nexts:
        d.p(x["text"])
    m = letter(
        "rsjjyk2021@qq.example",
        "李",
        "人社局8月份服务业",
        "2022-09-09 08:50",
        text="领导改过的稿子，请查收\n",
        files=[("8月（局长改）.docx", d.bytes())],
    )
    return (
        m,
        "2022-09-09 08:51",
        label(
            "report",
            "县人社局",
            "2022-08",
            "修订痕迹：删去的数和句子不算，插入的整条算；单位只在页眉；工资几项易混",
            items=labelled(it),
            problems=problems,
            next_steps=nexts,
        ),
    )


@mail("T09")
def health():
    rows = [
        (
            39,
            "on_track",
            "群众和青少年赛事",
            "因疫情线下赛事改为线上，举办居家健身挑战赛、广场舞云展演[2项|赛事]，参与[2600余人次|参赛]。",
            "线下赛事集中延期",
            "视疫情情况12月下旬恢复冬季长跑赛",
        ),
        (
            40,
            "behind",
            "体育中心和场地开放",
            "夏都体育中心看台钢结构因封控停工近一个月，工期滞后；县体育馆低收费开放[11天|开放]，接待[830人次|接待]。",
            "",
            "复工后倒排工期，增加作业班组",
        ),
        (
            44,
            "on_track",
            "家庭医生和长处方",
            "组建家庭医生团队[96个|团队]，签约[11.42万人|签约]，重点人群签约率[78.3%|签约率]；为高血压、糖尿病患者开具长处方[1537张|长处方]。",
            "村医老龄化",
            "分两批轮训村医",
        ),
        (
            49,
            "done",
            "托育机构",
            "新备案[1家|新备案]，全县网上备案累计[3家|备案累计]，示范托育机构[2个|示范机构]挂牌，年度目标全面完成。",
            "",
            "",
        ),
        (50, "on_track", "体教融合", "向[5所|学校]学校派驻体校教练[8名|教练]，校园足球线上教学[16课时|教学]。", "", ""),
        (
            61,
            "on_track",
            "疫情防控",
            "落实优化防控二十条，核查整改层层加码问题[7起|整改]，对[214家|商超]商超、饭店开展分区分级指导，城区核酸便民点增至[38个|采样点]。",
            "乡镇采样人员不足",
            "从医疗集团抽调人员补充",
        ),
        (17, "on_track", "智慧医疗", "县乡远程影像诊断系统接通[10家|卫生院]卫生院，11月诊断[421例|诊断]。", "", ""),
    ]
    tr = "".join(
        f"<tr><td>{i}</td><td><b>{t}</b></td><td style='width:50%'>{show(x)}</td><td>{p or '&nbsp;'}</td><td>{n or '/'}</td></tr>"
        for i, (_, _, t, x, p, n) in enumerate(rows, 1)
    )
    html = (
        "<html><body><p>县领导小组办公室：</p><p>夏县卫生健康和体育局<b>11月份</b>工作进展如下表，请审阅。</p>"
        "<table border=1 cellspacing=0><tr><th>序号</th><th>工作</th><th>推进情况</th><th>困难</th><th>12月重点</th></tr>"
        + tr
        + "</table>"
        "<p>联系人：吕股长 &nbsp; 电话：0359-8531234</p><div style='display:none'>模板 v3 2021年11月</div></body></html>"
    )
    m = letter("xxwtj@163.example", "吕", "卫体局11月服务业工作进展", "2022-12-06 18:22", html=html)
    return (
        m,
        "2022-12-06 18:22",
        label(
            "report",
            "县卫体局",
            "2022-11",
            "HTML正文表格，列名“困难”“12月重点”；隐藏的模板字样；单元格写/",
            items=[item(r[0], r[1], r[3]) for r in rows],
            problems=[point(r[4], r[0]) for r in rows if r[4]],
            next_steps=[point(r[5], r[0]) for r in rows if r[5]],
        ),
    )


@mail("T10")
def education():
    it = said(
        (
            17,
            "on_track",
            "“三个课堂”设备配到[28所|学校]学校，智慧校园平台注册教师[1904人|教师]、家长[1.3万人|家长]，线上教学期间运行稳定。",
        ),
        (39, "on_track", "配合卫体局举办青少年线上跳绳赛，[35所|参赛学校]学校[4210名|参赛学生]学生上传视频参赛。"),
        (
            50,
            "on_track",
            "和[2家|社会机构]社会体育机构签订校企合作协议，城关中学体育馆周末共享开放；新增省级足球特色校[1所|足球特色校]，校级足球队[18支|球队]。",
        ),
        (
            53,
            "done",
            "义务教育教师平均工资收入不低于当地公务员的要求全部兑现，教师年终考核奖[2347人|发放教师]、[1408.2万元|发放金额]已于12月28日发放到位。",
        ),
        (52, "on_track", "全县[63所|学校]学校绩效工资分配方案完成修订备案，向班主任和一线教师倾斜。"),
    )
    problems = [point("山区小规模学校网络带宽不足，直播课卡顿。", 17), point("专职体育教师缺编41名。", 50)]
    nexts = [point("寒假期间完成18所小规模学校光纤提速。", 17), point("2023年招聘计划中单列体育教师12名。", 50)]
    d = Doc(font="宋体")
    d.title("夏县教育局2022年12月份推进服务业提质增效情况汇报")
    d.p("12月，我局克服疫情和线上教学双重压力，认真抓好涉及本部门的五项工作。")
    d.p("在数字应用方面，" + it[17][2] + "存在的问题是" + problems[0]["text"] + "下一步，" + nexts[0]["text"])
    d.p(
        "在体育赛事和体教融合方面，"
        + it[39][2]
        + it[50][2]
        + "存在的问题是"
        + problems[1]["text"]
        + "下一步，"
        + nexts[1]["text"]
    )
    d.p("在教师待遇方面，" + it[53][2] + it[52][2])
    d.p("夏县教育局", right=True).p("2023年1月6日", right=True)
    m = letter(
        "xxjyj@163.example",
        "夏县教育局",
        "报送材料",
        "2023-01-06 16:40",
        text="教育局12月服务业材料。何\n",
        files=[("教育局.doc", convert(d.bytes(), "docx", "doc"))],
    )
    return (
        m,
        "2023-01-06 16:40",
        label(
            "report",
            "县教育局",
            "2022-12",
            "老.doc，不分条，一段讲两项，问题和下一步夹在段中；去年无",
            items=labelled(it),
            problems=problems,
            next_steps=nexts,
        ),
    )


@mail("T11")
def market():
    it = said(
        (
            1,
            "on_track",
            "涉企收费专项检查查了[十九家=19家|检查单位]，清退违规收费[四万二千元=4.2万元|清退]，转供电加价整治到位。",
        ),
        (14, "not_started", "省级专利转化项目今年的申报通知还没下，暂未开展。"),
        (
            21,
            "on_track",
            "瑶峰、水头[两个=2个|指导站]商标品牌指导站挂牌，接待咨询[八十余件=80件|咨询]；知识产权质押融资[三百五十万元=350万元|质押融资]。",
        ),
        (
            59,
            "on_track",
            "[一家=1家|试点申报]民宿企业申报省级服务业标准化试点，标准体系表已编完；“山西精品”培育库再添[三户=3户|培育企业]。",
        ),
    )
    problems = [point("指导站没有专职人手，两个站都是所里同志兼着。", 21)]
    nexts = [point("2月份招募志愿服务队补位。", 21), point("通知一到马上组织企业申报专利转化项目。", 14)]
    text = (
        "市场监管局1月情况：\n收费整治——"
        + show(it[1][2])
        + "\n专利转化——"
        + show(it[14][2])
        + "\n商标品牌——"
        + show(it[21][2])
        + "\n标准化——"
        + show(it[59][2])
        + "\n问题："
        + problems[0]["text"]
        + "\n下步："
        + nexts[0]["text"]
        + nexts[1]["text"]
        + "\n完毕。\n"
    )
    m = letter("scjgzl@qq.example", "质量股", "1月", "2023-02-10 10:12", text=text, charset="gb18030")
    return (
        m,
        "2023-02-10 10:12",
        label(
            "report",
            "县市场监管局",
            "2023-01",
            "电报式短句，数字全用汉字，正文GB18030",
            items=labelled(it),
            problems=problems,
            next_steps=nexts,
        ),
    )


@mail("T12")
def approval():
    it = said(
        (
            3,
            "on_track",
            "“免申即享”事项清单扩到[34项|免申即享事项]，9月份线上办理[127件|线上办件]，平均办理时间压减[1.5天|压减时间]。",
        ),
        (
            46,
            "on_track",
            "为[2个|房地产项目]新建住宅项目提供一套审批方案，施工许可最快[3个工作日|办结时间]办结，[两个=2个|开工项目]项目都已开工。",
        ),
        (17, "on_track", "电子证照归集[4.6万本|电子证照]，与公安、人社系统实现互认。"),
    )
    problems = [point("水、电、气专营单位的系统和我们不通，联合验收还得线下跑。", 46)]
    nexts = [point("10月份推动水电气单位进驻综合窗口。", 46)]
    text = (
        "收到，回复如下：\n\n"
        + "\n".join(
            f"{k}. {h}：{show(it[n][2])}"
            for k, (n, h) in enumerate(((3, "惠企政策直达"), (46, "房地产一件事"), (17, "数字政务")), 1)
        )
        + "\n困难是"
        + problems[0]["text"]
        + "\n"
        + nexts[0]["text"]
        + "\n\n县行政审批局 小蒋\n\n"
        '------------------ 原始邮件 ------------------\n发件人: "fwytzzx2022bs" <fwytzzx2022bs@163.example>;\n发送时间: 2022年10月10日(星期一) 上午9:00\n'
        "主题: 请报送9月份总结\n\n> 各单位：请于12日前报送。贵局8月份报告：免申即享事项21项，线上办理96件；未办结的5件请说明。\n> 8月份存在问题：人员不足。\n"
    )
    m = letter("xxspj@163.example", "夏县审批局", "回复：请报送9月份总结", "2022-10-11 11:30", text=text)
    return (
        m,
        "2022-10-11 11:30",
        label(
            "report",
            "县行政审批局",
            "2022-09",
            "写在催报邮件上方；引文里有8月旧数",
            items=labelled(it),
            problems=problems,
            next_steps=nexts,
        ),
    )


@mail("T13")
def post():
    rows = [
        (
            10,
            "on_track",
            "农村寄递物流",
            "10月建成村级站9处，累计152处，山区村试行客货邮捎带线路3条",
            "[9处|新建村级站][152处|累计村级站][3条|客货邮线路][6.8万件|代投]",
            "6.8",
            "山区站点承办人流失",
            "11月补齐19个空白村",
        ),
        (
            12,
            "on_track",
            "寄递末端",
            "城区新装智能快件箱12组，高职中校园驿站开业",
            "[12组|智能快件箱][2.3万件|末端投递]",
            "2.3",
            "",
            "与住建局对接新改造小区",
        ),
    ]
    out = io.StringIO()
    w = csv.writer(out, lineterminator="\r\n")
    w.writerow(["邮政夏县分公司2022年10月", "", "", "", "", ""])
    w.writerow(["项目", "本月做了什么", "投递量（万件）", "难点", "下月计划", "填表人"])
    for r in rows:
        w.writerow([r[2], r[3], r[5], r[6], r[7], "沈"])
    m = letter(
        "youzhengxx@qq.example",
        "",
        "10月报表",
        "2022-11-08 09:05",
        text="见csv",
        files=[("10月.csv", out.getvalue().encode("gb18030"))],
    )
    return (
        m,
        "2022-11-08 09:05",
        label(
            "report",
            "邮政分公司",
            "2022-10",
            "GBK的csv，单位在表头里",
            items=[{**item(r[0], r[1], r[3]), "quantities": item(r[0], r[1], r[3], r[4])["quantities"]} for r in rows],
            problems=[point(r[6], r[0]) for r in rows if r[6]],
            next_steps=[point(r[7], r[0]) for r in rows],
        ),
    )


@mail("T14")
def tax():
    it = said(
        (
            1,
            "on_track",
            "11月份为服务业纳税人办理增值税留抵退税[14户|退税户]、[623万元|退税]，减征“六税两费”[48.9万元|减征]，制造业中小微企业缓税政策应缓尽缓。",
        ),
        (3, "on_track", "退税资料实现系统自动预填，平均退库时间缩短到[2.1天|退库时间]，线上办理率[97.6%|线上办理率]。"),
        (21, "on_track", "对辖内[5家|涉税机构]涉税专业服务机构完成信用等级评价，开展执业辅导[2次|辅导]。"),
    )
    problems = [point("部分个体户对延续政策的期限理解有偏差，重复申报较多。", 1)]
    nexts = [point("12月份上门辅导重点行业纳税人，确保政策红利年底前全部兑现。", 1)]
    blocks = [
        ("title", "关于11月份服务业提质增效工作情况的报告"),
        ("p", "一是落实纾困政策。" + it[1][2]),
        ("p", "二是推动政策直达快享。" + it[3][2]),
        ("p", "三是规范涉税咨询服务。" + it[21][2]),
        ("p", "主要问题：" + problems[0]["text"]),
        ("p", "下一步打算：" + nexts[0]["text"]),
        ("plain", ""),
        ("right", "国家税务总局夏县税务局"),
        ("right", "2022年12月7日"),
    ]
    img = photo(page(blocks, red_head="国家税务总局夏县税务局", body=SONG, size=35), seed=14)
    m = letter(
        "xxsw@shanxi.tax.example",
        "夏县税务局",
        "税务局11月份",
        "2022-12-07 16:18",
        text="请查收照片。",
        files=[("IMG_1207.jpg", jpeg(img))],
    )
    return (
        m,
        "2022-12-07 16:18",
        label(
            "report",
            "县税务局",
            "2022-11",
            "红头照片，没有公章",
            items=labelled(it),
            problems=problems,
            next_steps=nexts,
        ),
    )


@mail("T15")
def finance_centre():
    it = said(
        (7, "behind", "晋兴板8月没有新增挂牌企业，离年度任务差得远；展示板挂牌[16家|展示板]，累计[41家|累计展示板]。"),
        (
            6,
            "on_track",
            "会同监管组推动保险公司为[29家|投保餐饮企业]餐饮企业承保营业中断险，农业保险签单[1.9万户次|农险签单]。",
        ),
        (1, "on_track", "组织银企对接会[2场|对接会]，现场签约[3140万元|签约贷款]。"),
        (
            27,
            "on_track",
            "农信社、邮储[两家=2家|对接机构]机构与农服平台完成系统对接，发放数字证书质押贷款[6笔|质押贷款]、[210万元|贷款金额]。",
        ),
    )
    problems = [point("企业怕规范成本高，不愿意改制。", 7)]
    nexts = [point("9月请省股权交易中心来县办一期培训。", 7)]
    text = (
        "服务业办：\n夏县金融服务中心8月工作小结。挂牌方面，"
        + show(it[7][2])
        + "原因是"
        + problems[0]["text"]
        + nexts[0]["text"]
        + "保险方面，"
        + show(it[6][2])
        + "融资方面，"
        + show(it[1][2])
        + "三农金融方面，"
        + show(it[27][2])
        + "\n"
    )
    m = letter("moonlight_zx88@foxmail.example", "望月", "8月小结", "2022-09-12 23:05", text=text)
    return (
        m,
        "2022-09-12 23:05",
        label(
            "report",
            "县金融服务中心",
            "2022-08",
            "私人邮箱不在名录；一段讲四项，各项用“…方面”领起",
            items=labelled(it),
            problems=problems,
            next_steps=nexts,
        ),
    )


@mail("T16")
def statistics():
    it = said(
        (
            62,
            "on_track",
            "1月份审核新增入库申报资料[6家|审核企业]，通过[4家|入库企业]；完成年度“一套表”服务业企业年报培训[1期|培训]、[73人|参训]。",
        ),
        (56, "on_track", "筛查临近规模标准的服务业企业[15家|潜力企业]，逐户建立跟踪台账。"),
    )
    problems = [point("部分企业财务人员兼职，报表数据质量不高。", 62)]
    nexts = [point("2月底前完成年报数据审核。", 62), point("对潜力企业按月推送预警单。", 56)]
    d = (
        Doc()
        .title("夏县统计局2023年1月份服务业工作总结")
        .lead("1.统计监测。", it[62][2])
        .lead("2.市场主体培育。", it[56][2])
    )
    d.p("问题：" + problems[0]["text"]).p("打算：1." + nexts[0]["text"] + "2." + nexts[1]["text"])
    data = zipped([("统计局1月份总结.docx", d.bytes()), ("说明.txt", "请以docx为准".encode("gbk"))])
    m = letter(
        "tjjfwy@stats.example",
        "统计局",
        "统计局报送",
        "2023-02-08 09:40",
        text="压缩包。",
        files=[("统计局.zip", data)],
    )
    return (
        m,
        "2023-02-08 09:40",
        label(
            "report", "县统计局", "2023-01", "zip内GBK文件名", items=labelled(it), problems=problems, next_steps=nexts
        ),
    )


@mail("T17")
def unicom():
    sentence = "11月新开通5G基站[5个|新开通]，累计[68个|累计基站]，千兆用户净增[310户|千兆用户]。"
    text = (
        "各位领导：昨天我公司报的11月总结里第16条有个数写反了，原文“累计86个”应为“累计68个”，更正后该条为：\n"
        + show(sentence)
        + "\n其他内容不变，给您添麻烦了。\n夏县联通\n"
    )
    m = letter("ltxx_zhenqi@qq.example", "联通政企", "更正：夏县联通11月总结", "2022-12-09 08:35", text=text)
    return (
        m,
        "2022-12-09 08:35",
        label(
            "correction",
            "夏县联通",
            "2022-11",
            "只更正一条，错数写在引号里不算",
            items=[item(16, "on_track", sentence)],
        ),
    )


@mail("T18")
def energy():
    it = said(
        (
            23,
            "on_track",
            "10月份组织[8家|用能企业]重点用能企业开展节能诊断，挖掘节能潜力[1150吨标准煤|节能潜力]；合同能源管理项目签约[2个|合同能源管理]、投资[960万元|投资]。",
        )
    )
    problems = [point("企业效益下滑，自筹改造资金困难。", 23)]
    nexts = [point("11月邀请节能服务公司与企业面对面洽谈。", 23)]
    inner = letter(
        "xxnyuanj@163.example",
        "夏县能源局",
        "能源局10月服务业总结",
        "2022-11-10 09:20",
        text="夏县能源局10月份推进情况：\n节能环保服务："
        + show(it[23][2])
        + "\n存在问题："
        + problems[0]["text"]
        + "\n下一步工作："
        + nexts[0]["text"]
        + "\n",
    )
    m = letter(
        "xxhbj@163.example",
        "生态环境夏县分局",
        "Fw: 能源局10月服务业总结",
        "2022-11-10 14:02",
        text="能源局邮箱发不到你们那里，代转，见附件原邮件。\n",
        files=[("原邮件.eml", inner)],
    )
    return (
        m,
        "2022-11-10 14:02",
        label(
            "report",
            "县能源局",
            "2022-10",
            "生态环境分局代转，message/rfc822，报告是能源局的",
            items=labelled(it),
            problems=problems,
            next_steps=nexts,
        ),
    )


@mail("T19")
def safety():
    d = (
        Doc()
        .title("夏县供销合作社联合社9月份安全生产工作总结")
        .p("9月份检查烟花爆竹、农资仓库17处，发现隐患23条，整改22条。下一步开展冬季消防专项整治。")
    )
    m = letter(
        "gxs8532@qq.example",
        "供销社",
        "供销社9月份工作总结",
        "2022-10-08 10:00",
        text="县安委办：现报上我社9月安全生产总结。",
        files=[("9月总结.docx", d.bytes())],
    )
    return m, "2022-10-08 10:00", label("other", "县供销联社", None, "发错的安全生产总结")


@mail("T20")
def later():
    m = letter(
        "xxsfj@163.example",
        "夏县司法局",
        "关于12月份总结延期报送的说明",
        "2023-01-12 17:10",
        text="领导小组办公室：因局内多人感染，公共法律服务中心标准化建设的数据还没统计上来，12月份总结申请延至1月16日报送，望批准。\n夏县司法局\n",
    )
    return m, "2023-01-12 17:10", label("other", "县司法局", None, "申请延期，提到具体工作但没有报告")


@mail("T21")
def supervisors():
    it = said(
        (4, "on_track", "督导辖内机构对到期贷款做好接续，12月办理无还本续贷[126笔|续贷]、[9430万元|续贷金额]。"),
        (
            6,
            "on_track",
            "安全生产责任险承保高危企业[21家|安责险]，赔付[2笔|赔付]；小额贷款保证保险保费收入[38.4万元|保费]。",
        ),
        (27, "behind", "数字证书授信仍停在[一家=1家|授信机构]机构，推广范围明显低于预期。"),
    )
    problems = [point("数字证书的抵质押登记缺乏统一依据，银行内部风控不认可。", 27)]
    nexts = [point("一季度督促另外两家法人机构出台授信管理办法。", 27)]
    blocks = [
        ("title", "夏县监管组2022年12月份服务业提质增效工作报告"),
        ("p", "1．信贷支持。" + it[4][2]),
        ("p", "2．保险保障。" + it[6][2]),
        ("p", "3．三农融资。" + it[27][2]),
        ("p", "存在问题：" + problems[0]["text"]),
        ("p", "下步计划：" + nexts[0]["text"]),
        ("plain", ""),
        ("right", "中国银保监会运城监管分局夏县监管组"),
        ("right", "2023年1月11日"),
    ]
    img = scan(page(blocks, stamp="运城银保监分局夏县监管组", body=KAI, size=38, seed=21), seed=21)
    m = letter(
        "xxjgz@cbirc.example",
        "监管组",
        "监管组12月份",
        "2023-01-11 15:00",
        text="盖章扫描件",
        files=[("扫描0111.pdf", picture_pdf(img))],
    )
    return (
        m,
        "2023-01-11 15:00",
        label(
            "report",
            "运城银保监分局夏县监管组",
            "2022-12",
            "盖章扫描PDF，楷体，无文字层",
            items=labelled(it),
            problems=problems,
            next_steps=nexts,
            stamped=True,
        ),
    )


@mail("T22")
def planning():
    it = said(
        (57, "on_track", "现代服务业集聚区规划初稿形成，入区企业[18家|入区企业]，申报省级集聚区的佐证材料收集过半。"),
        (58, "on_track", "推荐[2家|两业融合企业]制造企业申报两业融合试点，[1家|入围企业]入围省级名单。"),
        (
            62,
            "on_track",
            "会同统计局摸排服务业单位[211家|摸排单位]，新增入库[5家|新增入库]，奖励资金[50万元|奖励资金]进入拨付程序。",
        ),
        (10, "on_track", "与邮政部门联合验收村级寄递点[24个|验收寄递点]。"),
        (64, "on_track", "9月份召开专班调度会[2次|调度会]，编发工作简报[3期|简报]，向县委、县政府专题汇报[1次|汇报]。"),
    )
    problems = [point("集聚区主导产业不突出，头部企业带动力弱。", 57), point("个别成员单位报数不及时。", 64)]
    nexts = [point("10月底前完成规划评审。", 57), point("对连续两月迟报的单位发提醒函。", 64)]
    names = {57: "集聚区建设", 58: "两业融合", 62: "统计监测", 10: "农村寄递", 64: "统筹调度"}
    d = Doc().title("县发改局9月份重点任务进展")
    rows = [["类别", "任务", "进展", "问题及打算", None]]
    p, n = {57: 0, 64: 1}, {57: 0, 64: 1}
    rows.append([None, None, None, "问题", "打算"])
    for k, (num, (_, _, text)) in enumerate(it.items()):
        rows.append(
            [
                "支撑类" if k == 0 else None,
                names[num],
                text,
                problems[p[num]]["text"] if num in p else "无",
                nexts[n[num]]["text"] if num in n else "无",
            ]
        )
    d.table(rows, merges=[((0, 0), (1, 0)), ((0, 1), (1, 1)), ((0, 2), (1, 2)), ((0, 3), (0, 4)), ((2, 0), (6, 0))])
    m = letter(
        "fgj_fwyk@qq.example",
        "发改局服务业科",
        "发改局（9月）",
        "2022-10-12 09:12",
        text="报上。赵",
        files=[("进展表.docx", d.bytes())],
    )
    return (
        m,
        "2022-10-12 09:12",
        label(
            "report",
            "县发改局",
            "2022-09",
            "Word表，合并单元格、两行表头",
            items=labelled(it),
            problems=problems,
            next_steps=nexts,
        ),
    )


def main():
    """Write every mail and the truth."""
    truth = []
    (HERE / "mails").mkdir(exist_ok=True)
    for i, (name, make) in enumerate(MAILS.items(), 1):
        letter_, date, known = make()
        data = letter_ if isinstance(letter_, bytes) else arrived(letter_, date, i)
        (HERE / "mails" / f"{name}.eml").write_bytes(data)
        truth.append({"mail": f"{name}.eml", **known})
    (HERE / "truth.json").write_text(json.dumps(truth, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
