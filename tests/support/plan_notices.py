"""Invented notices of the genre, and a writer that sets any plan as a notice."""

from __future__ import annotations

from itertools import groupby

from pipeline.model import Plan, PlanItem, Role

#: Articles numbered 第一条 through chapters, duties as 责任单位 lines, the roster in an annex.
ARTICLES = """云岭县人民政府文件
云政发〔2023〕7号
云岭县人民政府关于印发《云岭县商贸物流提升2023年工作要点》的通知
各镇人民政府,县政府各部门:
现将《云岭县商贸物流提升2023年工作要点》印发给你们，请结合实际认真落实。
云岭县人民政府
2023年3月6日
云岭县商贸物流提升2023年工作要点
上年全县社会消费品零售总额达到30.2亿元。2023年社会消费品零售总额增速力争达到7.5%。
第一章 建强流通骨干
第一条 建设县级分拨中心。完成主体工程并投用，日处理能力提高到5万件以上。
责任单位：县商务局、县交通运输局
第二条 补齐冷链短板。2023年新建产地冷库12座，到6月底前新增冷藏车8辆。
责任单位：县农业农村局 县供销社
第三条 规范快递末端。按照“1+3+N”模式推进，行政许可办理时限由20个工作日压减至7天。
牵头单位：县邮政管理局
配合单位：县住房和城乡建设局、县公安局
第二章 活跃城乡消费
第四条 办好促消费活动。举办消费季活动4场，争取夜市街区2个。
责任单位：县商务局、县文化和旅游局，各镇人民政府
第五条 2023年底实现全县86个行政村便民商店全覆盖。
责任单位：县商务局
第六条 压实各方责任。定期会商，及时解决问题。
责任单位：县商贸物流领导小组成员单位
附件：县商贸物流领导小组成员单位名单
组长：林某某
县商务局、县财政局
县交通运输局
县农业农村局
云岭县人民政府办公室 2023年3月7日印发"""

#: Groups with their own task force, items numbered anew in each, duty and time limit in one line.
RESTARTING = """临川区推动数字经济发展三年行动方案
（临数组〔2024〕3号）
为抓好任务落实，制定本方案。
一、总体要求
1.坚持统筹推进。
2.坚持企业主体。
二、重点任务
（一）算力基础（由算力专班牵头负责）
1.加快机房改造
对老旧机房实施节能改造，分批腾退。
牵头单位：区工信局 配合单位：区发改委、区供电公司 完成时限：2024年10月底前
2.新建边缘节点
到2025年底，累计建成边缘计算节点36个。
牵头单位：区工信局；配合单位：区住建局、铁塔临川办事处
（二）数字应用
1.推进一网统管
打通业务系统，统一事件编码。
牵头单位：区大数据局 配合单位：区城管局、区应急局、各街道办事处
2.培育软件企业
2024年新增规上软件企业5家以上，培训人员300人次。
牵头单位：区科技局 配合单位：区人社局
三、保障措施
1.强化资金支持。统筹专项资金，优先保障重点项目。
责任单位：区财政局
临川区数字经济领导小组
二〇二四年四月十八日"""

REPORT = """县文旅局2022年8月工作总结
一、主要工作
1.景区创建。本月完成标识牌更换，接待游客12万人次。
2.招商推介。赴外参加展会1场，签约项目2个。
二、存在问题
资金到位较慢，部门协同不足。
三、下步打算
1.加快项目建设。
2.办好文化节。"""

NEWS = """我县召开商贸物流工作推进会
3月9日，全县商贸物流工作推进会在县会议中心召开。会议强调，各有关部门要提高认识、靠前服务。
会议要求，要压实责任，确保全年目标任务顺利完成。"""

QUOTING_REPORT = """关于8月份任务完成情况的报告
县服务业发展领导小组办公室：
现将我局8月份任务完成情况报告如下。
一、创新农村寄递物流（县邮政局、县商务局负责）
本月新增村级站点6个。
二、完善冷链设施（县商务局负责）
冷库主体完工。
三、开展促消费活动（县商务局牵头，县文旅局配合）
发放消费券1000张。"""

NO_DUTIES = """关于做好冬季防火工作的通知
各单位：
一、提高认识
1.加强领导。各单位要高度重视。
2.明确责任。层层压实责任。
二、抓好落实
3.开展排查。对重点部位逐一排查。
4.加强值守。严格值班制度。"""


def lines(text: str) -> tuple[str, ...]:
    """Lines of a notice."""
    return tuple(text.splitlines())


_CN = "零一二三四五六七八九"


def chinese(number: int) -> str:
    """Chinese numeral below one hundred."""
    tens, ones = divmod(number, 10)
    if not tens:
        return _CN[ones]
    return ("" if tens == 1 else _CN[tens]) + "十" + (_CN[ones] if ones else "")


def written(plan: Plan, *, filler: str = "按照部署扎实推进，确保取得实效。") -> tuple[str, ...]:
    """A plan set as a notice in the commonest layout: 一、 / （一）… / 1. with the duty in brackets.

    Groups are numbered through the whole notice and items too. The text of an item is its own or ``filler``.
    """
    paragraphs = [
        "某某县人民政府办公室文件",
        plan.number,
        f"某某县人民政府办公室关于印发《{plan.title}》的通知",
        f"{plan.issued_on:%Y}年{plan.issued_on.month}月{plan.issued_on.day}日" if plan.issued_on else "",
        plan.title,
        "一、总体思路",
        "坚持稳中求进，全面完成年度任务。",
    ]
    sections, groups = 1, 0
    last: tuple[str, str | None] = ("", None)
    for item in plan.items:
        if item.section != last[0]:
            sections += 1
            force = f"（{item.task_force}负责）" if item.task_force and not item.group else ""
            paragraphs.append(f"{chinese(sections)}、{item.section}{force}")
        if item.group and (item.section, item.group) != last:
            groups += 1
            force = f"（{item.task_force}负责）" if item.task_force else ""
            paragraphs.append(f"（{chinese(groups)}）{item.group}{force}")
        last = (item.section, item.group)
        paragraphs.append(f"{item.number}. {item.title}。{item.text or filler}{bracket(item)}")
    paragraphs += ["本文件由县发改局负责解读。", "某某县人民政府办公室", "2022年7月22日印发"]
    return tuple(paragraph for paragraph in paragraphs if paragraph)


def bracket(item: PlanItem) -> str:
    """Duty of an item as a notice words it."""
    members = [*item.units, *([(item.roster, item.roster_role)] if item.roster else [])]
    parts = [
        "、".join(str(name) for name, _ in some) + role.value
        for role, some in ((role, list(some)) for role, some in groupby(members, key=lambda member: Role(member[1])))
    ]
    return f"（{'，'.join(parts)}）"
