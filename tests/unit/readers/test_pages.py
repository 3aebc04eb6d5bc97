"""Lines on pages become paragraphs and tables in the order in which a person reads them."""

from __future__ import annotations

import pytest

from pipeline.model import Document, Paragraph, Table
from pipeline.readers import layout, pages, unruled
from pipeline.readers.layout import Line, Sheet

#: Height of a sign and from line to line.
SIZE, PITCH = 10.0, 15.0
WIDE, HIGH = 600.0, 800.0


def line(text: str, left: float, row: float) -> Line:
    """A line of signs as wide as they are high, figures half as wide, on a row of the page."""
    across = sum(SIZE / 2 if sign.isascii() else SIZE for sign in text)
    return Line(text, left, 60 + row * PITCH, left + across, 60 + row * PITCH + SIZE)


def page(*lines: Line, number: int = 1) -> Sheet:
    """A page of text."""
    return Sheet(f"第{number}页", WIDE, HIGH, lines)


def ruled(page: Sheet, columns: list[float], rows: list[float]) -> Sheet:
    """The page with a ruled table, its rules at these places and rows."""
    edges = [60 + row * PITCH - 2 for row in rows]
    boxes = tuple(
        (columns[c], edges[r], columns[c + 1], edges[r + 1])
        for r in range(len(edges) - 1)
        for c in range(len(columns) - 1)
    )
    return Sheet(page.name, page.width, page.height, page.lines, (boxes,))


def said(*pages: Sheet) -> list[str]:
    """Texts of the paragraphs."""
    return [block.text for block in layout.blocks(pages, scanned=False) if isinstance(block, Paragraph)]


def rows(table: Table) -> list[list[str]]:
    """Texts of the cells by rows."""
    return [[cell.text for cell in table.cells if cell.row == row] for row in range(table.height)]


def table(*pages: Sheet) -> Table:
    """The only block."""
    (found,) = layout.blocks(pages, scanned=False)
    assert isinstance(found, Table)
    return found


#: A page of two columns with little on it, as people lay out a short report.
SHORT = (
    line("一、工作进展", 60, 0),
    line("全县累计建成公共充电桩一百二十个，本月新", 60, 2),
    line("增十六个，各乡镇都有了自己的站点，日均充", 60, 3),
    line("电三百车次。", 60, 4),
    line("二、存在问题", 60, 6),
    line("新建小区电力增容手续办理时间较长，影响安", 320, 0.1),
    line("装进度。", 320, 1.1),
    line("部分老旧小区没有固定车位，新的站点选址困", 320, 3.1),
    line("难。", 320, 4.1),
)


def test_a_short_page_of_two_columns() -> None:
    """Columns with headings and short paragraphs are read one after the other."""
    assert said(page(*SHORT)) == [
        "一、工作进展",
        "全县累计建成公共充电桩一百二十个，本月新增十六个，各乡镇都有了自己的站点，日均充电三百车次。",
        "二、存在问题",
        "新建小区电力增容手续办理时间较长，影响安装进度。",
        "部分老旧小区没有固定车位，新的站点选址困难。",
    ]


def test_a_last_page_of_two_columns() -> None:
    """A page too short to show its columns has those of the page before."""
    last = page(line("三、下一步打算", 60, 0), line("九月底完成增容。", 60, 1.5), line("十月验收。", 320, 0), number=2)
    assert said(page(*SHORT), last)[-3:] == ["三、下一步打算", "九月底完成增容。", "十月验收。"]


def test_a_heading_across_two_columns() -> None:
    """A title across the page stands before both columns, wherever it is."""
    title = line("县示例局关于充电桩建设进展情况的报告", 210, -2)
    assert said(page(title, *SHORT))[:2] == [title.text, "一、工作进展"]


#: Pages of one column: keys beside values, prose across the page, a table of contents.
KEYS = [
    each for row in range(6) for each in (line(f"报送单位第{row}处：", 60, row), line(f"报送日期九月{row}日", 340, row))
]
PROSE = [
    line("本月各项工作按计划推进，没有出现滞后的情况，全县累计完成投资三亿元，同比增长。", 60, row) for row in range(9)
]
CONTENTS = [
    line("目录", 280, 0),
    *(each for row in range(2, 9) for each in (line("工作进展情况", 60, row), line(f"{row}", 520, row))),
]


@pytest.mark.parametrize("lines", [KEYS, PROSE, CONTENTS])
def test_pages_of_one_column_are_not_cut(lines: list[Line]) -> None:
    """Keys with values, prose across the page and a table of contents are read down the page."""
    assert layout._partings((page(*lines),), [lines], scanned=False) == [None]


LEDGER = (
    ("工作任务", "进展情况", "存在问题"),
    ("大数据基础能力建设", "累计建成基站一百八", "选址难。"),
    ("工程", "十八个。", ""),
    ("电商发展", "已培训电商人才，网", "成本高。"),
    ("", "络零售额3860万元。", ""),
)


def ledger(steps: tuple[float, ...] = (0, 2, 3, 5, 6)) -> tuple[Line, ...]:
    """The lines of a table without rules."""
    return tuple(
        line(text, left, step)
        for step, texts in zip(steps, LEDGER, strict=True)
        for left, text in zip((60, 170, 280), texts, strict=True)
        if text
    )


def signs(lines: tuple[Line, ...]) -> list[unruled.Sign]:
    """The lines sign by sign."""
    found: list[unruled.Sign] = []
    for each in lines:
        left = each.left
        for sign in each.text:
            right = left + (SIZE / 2 if sign.isascii() else SIZE)
            found.append((sign, left, each.top, right, each.bottom, False))
            left = right
    return found


def drawn(lines: tuple[Line, ...], number: int = 1, before: unruled.Found | None = None) -> Sheet:
    """The page with the tables that are found on it."""
    found = unruled.find(lines, signs(lines), before)
    return Sheet(f"第{number}页", WIDE, HIGH, lines, tuple(each.boxes() for each in found))


def test_a_table_without_rules() -> None:
    """Aligned gaps under a head make columns, wider steps or names make rows; lines in a cell are joined."""
    for steps in ((0, 2, 3, 5, 6), (0, 1, 2, 3, 4)):
        assert rows(table(drawn(ledger(steps)))) == [
            ["工作任务", "进展情况", "存在问题"],
            ["大数据基础能力建设工程", "累计建成基站一百八十八个。", "选址难。"],
            ["电商发展", "已培训电商人才，网络零售额3860万元。", "成本高。"],
        ]


def test_figures_stand_under_the_head_of_their_column() -> None:
    """Figures at the right edge of a column whose head stands at its left are that column's, though others are near."""
    heads = (line("重点任务", 60, 0), line("本月完成", 170, 0), line("累计完成", 250, 0), line("单位", 330, 0))
    values = (("基站", "7", "188"), ("网点", "12", "560"), ("场地", "9", "31"))
    body: list[Line] = []
    for row, (name, month, total) in enumerate(values, 1):
        body += [line(name, 60, row), line(month, 248 - 5 * len(month), row)]
        body += [line(total, 328 - 5 * len(total), row), line("个", 330, row)]
    assert rows(table(drawn((*heads, *body))))[1:] == [
        ["基站", "7", "188", "个"],
        ["网点", "12", "560", "个"],
        ["场地", "9", "31", "个"],
    ]


def test_what_no_head_stands_over_is_no_table() -> None:
    """Keys with values, prose beside prose and a head without rows are left as they are."""
    pairs = tuple(each for row in range(5) for each in (line("报送单位：", 60, row), line("某某局", 300, row)))
    alone = (
        line("工作任务", 60, 0),
        line("进展情况", 300, 0),
        line("本月各项工作按计划推进，没有出现滞后的情况。", 60, 1),
    )
    for lines in (pairs, SHORT, alone):
        assert unruled.find(lines, signs(lines)) == ()


def test_a_table_without_rules_over_the_page() -> None:
    """Rows of a table without rules that stand on the next page, without its head, are rows of the table."""
    first = ledger()
    (before,) = unruled.find(first, signs(first))
    assert before.last
    second = tuple(
        line(text, left, step)
        for step, name in ((0, "托育"), (2, "家政"))
        for left, text in ((60, name), (170, "新增两家。"), (280, "无"))
    )
    found = rows(table(drawn(first), drawn(second, 2, before)))
    assert [each[0] for each in found] == ["工作任务", "大数据基础能力建设工程", "电商发展", "托育", "家政"]


def test_columns_that_had_no_room_on_the_paper() -> None:
    """The columns of a wide sheet printed on a second page stand beside their rows, with rules and without."""
    first = tuple(
        line(text, left, row)
        for row, texts in enumerate((("工作任务", "本月完成"), ("基站建设", "新建七个"), ("电商发展", "培训九人")))
        for left, text in zip((60, 170), texts, strict=True)
    )
    second = tuple(line(text, 60, row) for row, text in enumerate(("存在问题", "选址难", "成本高")))
    wanted = [
        ["工作任务", "本月完成", "存在问题"],
        ["基站建设", "新建七个", "选址难"],
        ["电商发展", "培训九人", "成本高"],
    ]
    (before,) = unruled.find(first, signs(first))
    assert rows(table(drawn(first), drawn(second, 2, before))) == wanted
    edges: list[float] = [0, 1, 2, 3]
    beside = ruled(page(*second, number=2), [50, 150], edges)
    assert rows(table(ruled(page(*first), [50, 160, 260], edges), beside)) == wanted


def test_a_row_that_the_page_broke_off() -> None:
    """The rest of a sentence on the next page is joined to its cell, also under a head said again."""
    heads = (line("任务", 60, 0), line("进展情况", 170, 0))
    first = page(*heads, line("电商", 60, 1), line("培训人才，网", 170, 1))
    rest = line("络零售额三亿元。", 170, 1)
    second = page(*heads, rest, line("托育", 60, 2), line("新增两家。", 170, 2), number=2)
    columns: list[float] = [50, 160, 300]
    found = table(ruled(first, columns, [0, 1, 2]), ruled(second, columns, [0, 1, 2, 3]))
    assert rows(found) == [["任务", "进展情况"], ["电商", "培训人才，网络零售额三亿元。"], ["托育", "新增两家。"]]


def test_a_figure_that_did_not_fit_into_its_line() -> None:
    """A cell's line that is short since the figure after it would not fit goes on in the next."""
    lines = (line("零售额", 60, 0), line("累计达到", 170, 0), line("3860万元，同比", 170, 1), line("增长。", 170, 2))
    found = table(ruled(page(*lines), [50, 160, 300], [0, 3]))
    assert [cell.text for cell in found.cells] == ["零售额", "累计达到3860万元，同比增长。"]


def photo(number: int, *texts: str, part: str = "") -> Document:
    """A photographed page."""
    blocks = tuple(Paragraph(text, f"第{place}行") for place, text in enumerate(texts, 1))
    return Document(part or str(number), f"{number}.jpg", "image", blocks, scanned=True)


def texts(*documents: Document) -> list[list[str]]:
    """What each page says, sentences over two pages made whole."""
    whole = pages.made_whole(documents)
    return [[block.text for block in each.blocks if isinstance(block, Paragraph)] for each in whole]


def test_a_sentence_over_two_photographs() -> None:
    """A sentence that a photograph breaks off stands whole where it began."""
    first, second = photo(1, "一、进展", "举办活动6场，接待游客"), photo(2, "2.36万人次，增长8.7%。", "二、问题")
    assert texts(first, second) == [["一、进展", "举办活动6场，接待游客2.36万人次，增长8.7%。"], ["二、问题"]]


def test_photographs_that_do_not_go_on() -> None:
    """A signature, a new item, a title and a page of another archive are joined to nothing."""
    pairs = (
        (photo(1, "影响进度。", "2022年9月6日"), photo(2, "举办活动6场，接待游客。")),
        (photo(1, "举办活动6场，接待游客"), photo(2, "2.新建场地3处，已开放。")),
        (photo(1, "举办活动6场，接待游客"), photo(2, "县示例局工作总结", "举办活动6场，接待游客")),
        (photo(1, "举办活动6场，接待游客", part="1/1"), photo(2, "三万人次，增长8.7%。", part="2/1")),
    )
    for pair in pairs:
        assert pages.made_whole(pair) == pair


def test_a_running_head_of_two_pages_is_no_text() -> None:
    """What stands at one height in the margin of both pages parts no sentence; a title that says the same stays."""

    def head(text: str) -> Line:
        return Line(text, 200, 20, 200 + SIZE * len(text), 20 + SIZE)

    name = "交通局11月份工作情况"
    first = [
        head(name),
        line(name, 200, 1),
        *(line("替五家客运企业协调延期贷款，发放农村客运和出租车油价补助，发放农村客", 60, row) for row in range(2, 4)),
    ]
    second = [head(name), line("运补贴四十二万元，承包费减免落实。", 60, 0)]
    found = said(page(*first), page(*second, number=2))

    assert found[0] == name
    assert sum(name in text for text in found) == 2
    assert found[-1].endswith("发放农村客运补贴四十二万元，承包费减免落实。")


def test_a_small_head_of_one_page_parts_no_sentence() -> None:
    """What stands smaller than the rest in the upper margin of a later page is its head, though it stands only once."""
    text = "截至八月底新增挂牌企业四十六家，“晋兴板”挂牌进度落后于序时要求，专家已经"
    small = Line("夏县金融服务中心　夏金服函17号", 200, 20, 400, 20 + 0.7 * SIZE)
    first = [line("八月份工作情况", 200, 1), *(line(text, 60, row) for row in range(2, 4))]
    second = [small, line("逐户辅导。", 60, 1), *(line(text, 60, row) for row in range(2, 4))]
    found = said(page(*first), page(*second, number=2))

    assert not any("夏金服函" in paragraph for paragraph in found)
    assert any("专家已经逐户辅导。" in paragraph for paragraph in found)
