"""A body -> what the sender wrote now, and the older mail quoted below it.

Quoted history must not count as a report, and an inline forward *is* the report: so both halves are kept.
"""

from __future__ import annotations

import itertools
import re

from lxml import etree
from lxml import html as lxml_html

from pipeline.mail.html import tree

_LABELS = r"(?:发件人|发信人|寄件人|寄件者|From|Sender)"
_OTHERS = r"(?:发送时间|发送日期|发件时间|日期|时间|收件人|收信人|抄送|主题|标题|Date|Sent|To|Cc|Subject)"
_FIELD = r"[ \t>*|]{0,10}\**\s{0,3}"
_BLOCK_START = re.compile(rf"^{_FIELD}{_LABELS}\**\s{{0,6}}[:：]", re.IGNORECASE)
_BLOCK_NEXT = re.compile(rf"^{_FIELD}{_OTHERS}\**\s{{0,6}}[:：]", re.IGNORECASE)
#: ``-----原始邮件-----``, ``------------- Original -------------``, ``---------- Forwarded message ---------``.
_RULE = re.compile(
    r"^[ \t>|]{0,10}[-_—=*－]{2,60}\s{0,4}"
    r"(?:原始邮件|原邮件|原始信件|原信|引用(?:开始|内容|原文)?|转发(?:开始|内容)|原文(?:如下)?|转发的?邮件|转发邮件信息|回复的?邮件|回复原邮件|邮件原文|以下是转发的?邮件|"
    r"Original(?:\s{0,3}Message|\s{0,3}Mail)?|Forwarded(?:\s{0,3}message|\s{0,3}mail)?|Begin forwarded message|"
    r"Reply\s{0,3}message|Replied\s{0,3}Message)\s{0,4}[:：]?\s{0,4}[-_—=*－]{2,60}\s{0,4}$",
    re.IGNORECASE,
)
_BARE_RULE = re.compile(
    r"^[ \t>]{0,10}(?:以下是转发的?邮件|开始转发的?邮件|转发的?邮件信息|Begin forwarded message|原始邮件)"
    r"\s{0,3}[:：]\s{0,3}$",
    re.IGNORECASE,
)
#: ``在 2022年9月6日，张三 <a@b> 写道：``, also broken over two or three lines; ``On ... wrote:``.
_WROTE = re.compile(
    r"^[ \t>]{0,10}(?:在\s{0,3}.{4,200}?(?:写道|写到|编写|来信说)"
    r"|(?:于\s{0,3})?\d{4}\s{0,2}[-年/.].{4,200}?(?:写道|写到|来信说)"
    r"|On\s.{4,200}?\swrote|.{0,60}<[^<>\s]{1,80}@[^<>\s]{1,80}>\s{0,3}(?:于|在).{4,120}?写道)\s{0,3}[:：]\s{0,3}$",
    re.IGNORECASE,
)
_WROTE_END = re.compile(r"(?:写道|写到|来信说|编写|wrote)\s{0,3}[:：]\s{0,3}$", re.IGNORECASE)
_WROTE_START = re.compile(
    r"^[ \t>]{0,10}(?:在\s{0,3}\d|On\s|At\s|于\s{0,3}\d|\d{4}\s{0,2}[-年/.]|.{0,60}<[^<>\s]{1,80}@)", re.IGNORECASE
)
_QUOTED_LINE = re.compile(r"^[ \t]{0,4}>")
_UNDERLINE = re.compile(r"^\s{0,10}[_\-—=]{8,80}\s{0,10}$")
#: A block of fields has at least this many labels among its first lines.
_LABELS_NEEDED = 2
_BLOCK_LINES = 8
#: ``在 … 写道：`` takes at most so many lines before the marked ones.
_HEAD_LINES = 4


def own_words(body: str) -> tuple[str, str]:
    """Split a plain body.

    Args:
        body: Plain text of a mail.

    Returns:
        What the sender wrote now, and the quoted history with its head lines (empty when there is none).
        Answers between quoted lines stay in the first half; the ``>`` lines go to the second. A forward
        without words of its own gives an empty first half: the second then is what was to be read.
    """
    own, quoted = _split_lines(body.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return "\n".join(own).strip("\n"), "\n".join(quoted).strip("\n")


def _split_lines(lines: list[str]) -> tuple[list[str], list[str]]:
    """Split lines into (own, quoted)."""
    cut = _head_of_quote(lines)
    own, quoted = lines[:cut], lines[cut:]
    kept = [line for line in own if not _QUOTED_LINE.match(line)]
    loose = [line for line in own if _QUOTED_LINE.match(line)]
    if loose and len(loose) < _LABELS_NEEDED and not quoted:
        # A single line that begins with ">" is a sign of somebody's hand, not a quotation.
        kept, loose = own, []
    while kept and (not kept[-1].strip() or (quoted and _UNDERLINE.match(kept[-1]))):
        kept.pop()
    below = _answer_below(quoted)
    if below:
        # The answer stands under what it answers, as the ">" marks show.
        quoted, rest = quoted[:-below], quoted[-below:]
        more, older = _split_lines(rest)
        kept = [*kept, *more]
        quoted = [*quoted, *older]
    return kept, [*loose, *quoted]


def _answer_below(quoted: list[str]) -> int:
    """How many lines at the end stand outside a quotation whose every line is marked with ``>``."""
    marked = [index for index, line in enumerate(quoted) if _QUOTED_LINE.match(line)]
    if not marked or marked[0] > _HEAD_LINES or any(line.strip() for line in quoted[_HEAD_LINES + 1 : marked[0]]):
        return 0
    first = marked[0]
    while first < len(quoted) and (_QUOTED_LINE.match(quoted[first]) or not quoted[first].strip()):
        first += 1
    return len(quoted) - first


def _head_of_quote(lines: list[str]) -> int:
    """Index of the first line of the quoted history, or the number of lines."""
    for index, line in enumerate(lines):
        if len(line) > 400:
            continue
        if _RULE.match(line) or _BARE_RULE.match(line) or _WROTE.match(line) or _is_block(lines, index):
            return index
        if _WROTE_START.match(line):
            joined = line.rstrip()
            for following in lines[index + 1 : index + 3]:
                if len(following) > 300 or not following.strip():
                    break
                joined = f"{joined} {following.strip()}"
                if _WROTE_END.search(following) and _WROTE.match(joined):
                    return index
    return len(lines)


def _is_block(lines: list[str], index: int) -> bool:
    """Whether a block 发件人 / 发送时间 / 收件人 / 主题 begins here."""
    if not _BLOCK_START.match(lines[index]) and not (_BLOCK_NEXT.match(lines[index]) and "@" in lines[index]):
        return False
    window = lines[index : index + _BLOCK_LINES]
    starts = sum(1 for line in window if _BLOCK_START.match(line))
    others = {
        line.split(":")[0].split("：")[0].strip(" >*|\t").lower() for line in window[1:] if _BLOCK_NEXT.match(line)
    }
    return starts >= 1 and len(others) >= _LABELS_NEEDED


# --------------------------------------------------------------------------- HTML

_CONTAINER_ID = re.compile(
    r"(?i)^(?:divRplyFwdMsg|isReplyContent|ntes-pcmac-reply|ntes-pcmail-signature-quote|spnEditorReply|originalContent|"
    r"appendonsend|replySplit|mail-editor-reference-message-container|reply-intro|mailQuote|divReplyContent|x?_?replyfwd.*)$"
)
_CONTAINER_CLASS = re.compile(
    r"(?i)(?:^|\s)(?:gmail_quote|gmail_quote_container|yahoo_quoted|moz-cite-prefix|moz-forward-container|qmbox_quote|"
    r"OutlookMessageHeader|protonmail_quote|tutanota_quote|ntes_reply|quoted-?(?:content|mail|message)|mail_?quote|"
    r"foxmail_?quote|reply-?quote|zmail_extra|mailmaster-quote|netease_mail_quote|qq_?mail_?quote|aliyun_?quote)(?:$|\s)"
)
#: Containers that end where the quotation ends; behind the others all is quotation, whatever tags it stands in.
_CLOSED_CLASS = re.compile(r"(?i)(?:^|\s)(?:gmail_quote|gmail_quote_container|yahoo_quoted|protonmail_quote)(?:$|\s)")
_MAX_QUOTES = 30
_HEADISH = 600


def strip_quoted_html(html: str) -> str:
    """Take the quoted history out of an HTML body.

    Args:
        html: HTML text of a body.

    Returns:
        The HTML without it; unchanged when there is none. Knows blockquotes that follow a quoting head,
        the containers of QQ, 163, Foxmail, Outlook, Gmail and Apple Mail, and head lines without any
        container (then everything behind the head goes).
    """
    own, _ = split_html(html)
    return own


def split_html(html: str) -> tuple[str, str]:
    """Split an HTML body into (own, quoted) HTML; an inline forward has its report in the second."""
    root = tree(html)
    if root is None:
        return html, ""
    quoted: list[str] = []
    for _ in range(_MAX_QUOTES):
        found = _first_quoted(root)
        if found is None:
            break
        head, container = found
        if container is None:
            quoted.append(_cut_from(root, head))
            break
        # A closed container holds the quotation; an answer may stand behind it.
        quoted += [_taken(each) for each in _from_to(head, container)]
    return (_serialised(root), "".join(quoted)) if quoted else (html, "")


def _from_to(head: etree._Element, container: etree._Element) -> list[etree._Element]:
    """A container and, where they are its siblings, the head line before it and what lies between."""
    if head is container:
        return [container]
    return [head, *itertools.takewhile(lambda each: each is not container, head.itersiblings()), container]


def _taken(node: etree._Element) -> str:
    """Remove one element but not the words behind it."""
    text = _serialised(node)
    node.drop_tree()
    return text


def _serialised(node: etree._Element) -> str:
    text: str = lxml_html.tostring(node, encoding="unicode", with_tail=False)
    return text


def _first_quoted(root: etree._Element) -> tuple[etree._Element, etree._Element | None] | None:
    """Where the quotation begins in document order, and the closed container that holds it, if one does."""
    for node in root.iter():
        if not isinstance(node.tag, str) or node.tag in {"html", "body", "head"}:
            continue
        closed = node.tag in {"blockquote", "includetail"} or bool(_CLOSED_CLASS.search(node.get("class", "")))
        named = _CONTAINER_ID.match(node.get("id", "")) or _CONTAINER_CLASS.search(node.get("class", ""))
        marked = node.tag == "blockquote" and (node.get("type") == "cite" or _is_marked(node) or _says_head(node))
        if named or marked or node.tag == "includetail":
            head = _with_head(node)
            return (head, node) if closed else (head, None)
        if node.tag in {"div", "p", "span", "font", "b", "td", "pre", "hr", "section"} and _opens(node):
            after = _next_blockquote(node)
            return node, after
    return None


def _next_blockquote(head: etree._Element) -> etree._Element | None:
    """The blockquote right behind a head line ``写道：``, which then holds the whole quotation."""
    following = head.getnext()
    while following is not None and not _lines_of(_text_of(following)) and following.tag != "blockquote":
        following = following.getnext()
    return following if following is not None and following.tag == "blockquote" else None


def _text_of(node: etree._Element, limit: int = _HEADISH) -> str:
    """The first words of an element, one line a block."""
    out: list[str] = []
    size = 0
    for piece in _pieces(node):
        out.append(piece)
        size += len(piece)
        if size > limit:
            break
    return "".join(out)


def _pieces(node: etree._Element) -> list[str]:
    """Text pieces of an element with line breaks where blocks and ``br`` stand."""
    out: list[str] = []
    for event, each in etree.iterwalk(node, events=("start", "end")):
        tag = each.tag if isinstance(each.tag, str) else ""
        if event == "start":
            if tag in {"div", "p", "br", "tr", "li", "hr", "blockquote", "table"}:
                out.append("\n")
            out.append((each.text or "")[:_HEADISH] if tag not in {"style", "script"} else "")
        else:
            if tag in {"div", "p", "tr", "li"}:
                out.append("\n")
            if each is not node:
                out.append((each.tail or "")[:_HEADISH])
        if len(out) > 400:
            break
    return out


def _lines_of(text: str) -> list[str]:
    """Non-empty lines with blanks folded."""
    return [line for line in (re.sub(r"\s+", " ", each).strip() for each in text.split("\n")) if line]


def _opens(node: etree._Element) -> bool:
    """Whether an element begins with the head of a quotation."""
    own = (node.text or "").strip()
    first = next((child for child in node if isinstance(child.tag, str)), None)
    if not own and first is not None and first.tag in {"div", "p", "span", "font", "section", "table", "pre"}:
        # Let the innermost element that begins so be the cut.
        return False
    lines = _lines_of(_text_of(node))
    if not lines:
        return False
    if _head_of_quote(lines) == 0:
        return True
    # Foxmail and Outlook put every field of the head into a block of its own.
    if _BLOCK_START.match(lines[0]):
        return _is_block(lines + _following_lines(node), 0)
    return False


def _following_lines(node: etree._Element) -> list[str]:
    """Lines of what comes right after an element, up through its parents."""
    out: list[str] = []
    current: etree._Element | None = node
    for _ in range(4):
        if current is None or len(out) > _BLOCK_LINES:
            break
        out += _lines_of(current.tail or "")
        sibling = current.getnext()
        for _ in range(_BLOCK_LINES):
            if sibling is None:
                break
            out += _lines_of(_text_of(sibling, 200)) + _lines_of(sibling.tail or "")
            sibling = sibling.getnext()
        current = current.getparent()
    return out


def _says_head(node: etree._Element) -> bool:
    """Whether a blockquote begins with a head, or one stands right before it."""
    lines = _lines_of(_text_of(node))
    if lines and _head_of_quote(lines[:_BLOCK_LINES]) == 0:
        return True
    return _previous_head(node) is not None


def _is_marked(node: etree._Element) -> bool:
    """Whether the mailer named a blockquote a quotation; indented paragraphs of a report are blockquotes too."""
    names = f"{node.get('class', '')} {node.get('id', '')} {node.get('name', '')}"
    return bool(re.search(r"(?i)cite|quote|reply", names))


def _previous_head(node: etree._Element) -> etree._Element | None:
    """The element right before, when it ends in ``写道：`` or is the rule of a quotation."""
    previous = node.getprevious()
    for _ in range(3):
        if previous is None:
            return None
        lines = _lines_of(_text_of(previous)) + _lines_of(previous.tail or "")
        if lines:
            joined = " ".join(lines[-3:])
            said = _WROTE_END.search(lines[-1]) or _RULE.match(lines[-1]) or _head_of_quote(lines) == 0
            return previous if said and len(joined) < _HEADISH else None
        previous = previous.getprevious()
    return None


def _with_head(node: etree._Element) -> etree._Element:
    """The head line before a container goes with it."""
    before = _previous_head(node)
    return before if before is not None else node


def _cut_from(root: etree._Element, start: etree._Element) -> str:
    """Remove an element and everything behind it in document order; give what was removed."""
    removed: list[str] = []
    node: etree._Element | None = start
    first = True
    while node is not None and node is not root:
        parent = node.getparent()
        if parent is None:
            break
        behind = list(node.itersiblings())
        if first:
            removed.append(_serialised(node) + (node.tail or ""))
        elif node.tail:
            removed.append(node.tail)
        removed += [_serialised(each) + (each.tail or "") for each in behind]
        for each in behind:
            parent.remove(each)
        node.tail = None
        if first:
            parent.remove(node)
            first = False
        if parent.tag in {"body", "html"}:
            break
        node = parent
    return "".join(removed)
