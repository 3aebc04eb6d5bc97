"""A body -> the large attachments (超大附件) and shared files that it only links to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

#: A web address ends at blanks, quotes, brackets and Chinese.
_URL = re.compile(r"https?://[^\s\"'<>（）【】《》“”‘’，。；、\u2e80-\u9fff]{4,900}")
#: Download pages of mail providers, told by path because every provider has many hosts.
_MAIL_PAGES = re.compile(
    r"(?i)ftnexs_download|/ftn/download|ftn_handler|ftn\.qq\.|large-attachment-download|netease-huge-attachment"
    r"|/fs/display|//u\.163\.|//fs\.163\.|//fs\.126\.|//dashi\.163\.|/bigfile|bigattach|largeattach|nf\.do\?|netfolder"
    r"|/wj/filedown|filehub|xmail_ftn|//mail\.10086\.[^/]+/.*download"
)
_DISKS = re.compile(
    r"(?i)//(?:pan|yun)\.baidu\.|//(?:www\.)?(?:alipan|aliyundrive)\.|//pan\.quark\.|//share\.weiyun\.|//cloud\.189\."
    r"|//(?:caiyun|yun)\.139\.|//(?:[a-z0-9-]+\.)*lanzou[a-z]?\.|//(?:www\.)?jianguoyun\.[^/]+/p/|//pan\.xunlei\."
    r"|//(?:www\.)?123(?:pan|684|865)\.|//(?:www\.)?cowtransfer\.|//(?:www\.)?(?:wenshushu|wss1?|ws28)\.[^/]+/f/"
    r"|//(?:[a-z0-9-]+\.)*ctfile\.|//pan\.wps\.|//drive\.uc\.|//(?:www\.)?tmp\.link/|//(?:[a-z0-9-]+\.)*anxindisk\."
)
_SHARED_PAGES = re.compile(
    r"(?i)//(?:[a-z0-9-]+\.)*kdocs\.[^/]+/|//docs\.qq\."
    r"|//(?:[a-z0-9-]+\.)*feishu\.[^/]+/(?:docx?|docs|sheets|file|wiki)/|//(?:[a-z0-9-]+\.)*shimo\.|//alidocs\.dingtalk\.|//(?:[a-z0-9-]+\.)*yuque\."
)
_SCHEME = re.compile(r"(?i)^https?://(?:www\.)?")
_WORDS = re.compile(r"超大附件|较大附件|大附件|云附件|文件中转站|网盘|QQ邮箱发来的|邮箱发来的")
_DOWNLOAD = re.compile(r"(?i)下载|download|提取|中转站|file=|attach")
_IN_NAME = r"[^\s\\/:*?\"<>|，。；、：\U0001f000-\U0001faff\u2600-\u27bf]"
_NAME = re.compile(
    # A blank belongs to a name only before a bracket, as in "总结 (定稿).docx"; before it stand other words.
    rf"({_IN_NAME}{{1,80}}?(?: [(（]{_IN_NAME}{{1,60}}?){{0,2}}"
    r"\.(?:docx?|xlsx?|pptx?|pdf|zip|rar|7z|wps|et|dps|ofd|jpe?g|png|tiff?|heic|mp4|mov|avi|txt|csv|gz|tar|eml))"
    r"(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_SIZE = re.compile(r"(?<![\d.])(\d{1,5}(?:\.\d{1,3})?)\s{0,2}([KMG])i?B?(?![A-Za-z0-9])", re.IGNORECASE)
_DAY = r"(\d{4}\s?[年/.-]\s?\d{1,2}\s?[月/.-]\s?\d{1,2}\s?日?(?:\s{0,2}\d{1,2}[:：]\d{2})?)"
_EXPIRY = (
    re.compile(_DAY + r"\s{0,2}(?:到期|过期|失效|前有效|截止)"),
    re.compile(r"(?:到期|过期|失效|有效期|截止)[^\d\n]{0,10}" + _DAY),
)
_NEVER = re.compile(r"无限期|永久有效|长期有效|永不过期")
_DATE = re.compile(r"(\d{4})\D{1,3}(\d{1,2})\D{1,3}(\d{1,2})")
#: How much of the text around a link belongs to it.
_BEFORE, _BEHIND = 400, 120
_MAX_LINKS = 50


@dataclass(frozen=True, slots=True)
class Link:
    """A file that was not sent but linked to."""

    url: str
    #: File name as the body shows it, or a word for it.
    name: str
    #: Size as written, e.g. ``86.42M``; empty when not said.
    size: str
    #: Day after which it is gone; ``None`` when not said or never.
    expires: date | None
    #: The expiry as written.
    expiry: str
    #: True for a page of an online document, which is no file at all.
    online: bool = False

    def message(self) -> str:
        """One sentence for the sender."""
        size = f"（{self.size}）" if self.size else ""
        if self.online:
            return f"“{self.name}”是在线文档链接，不是附件；请导出为 Word 或 Excel 文件，作为普通附件重新发送"
        if self.expires:
            day = f"{self.expires.year}年{self.expires.month}月{self.expires.day}日"
            until = f"，链接将于{day}失效"
        else:
            until = f"，有效期：{self.expiry}" if self.expiry else ""
        return (
            f"“{self.name}”{size}是超大附件或网盘下载链接，邮件里没有文件本身{until}；"
            "请改为普通附件重新发送（可压缩或分几封发送），或由我办人工下载后登记"
        )


def find(text: str) -> tuple[Link, ...]:
    """Find the linked files in the text of a body (for HTML: with each target behind its link's words).

    Only download pages are taken: by their address, or by an address with words of downloading in a body
    that speaks of a large attachment.
    """
    text = text[:200_000]
    speaks = bool(_WORDS.search(text))
    found: dict[str, Link] = {}
    previous = 0
    for match in _URL.finditer(text):
        url = match[0].rstrip(".,;)")
        online = bool(_SHARED_PAGES.search(url))
        window = text[max(previous, match.start() - _BEFORE) : match.end() + _BEHIND]
        before = text[max(previous, match.start() - _BEFORE) : match.start()]
        page = _MAIL_PAGES.search(url) or _DISKS.search(url)
        told = speaks and (_DOWNLOAD.search(url) or _DOWNLOAD.search(before[-40:]))
        if not (page or online or told) or len(found) >= _MAX_LINKS:
            continue
        previous = match.end()
        behind = text[match.end() : match.end() + _BEHIND].split("http")[0]
        link = _described(url, before=before, behind=behind, window=window, online=online)
        # The same page is often linked to twice: by the file's name, and below it in full.
        found.setdefault(_SCHEME.sub("", url), link)
    return tuple(found.values())


def _described(url: str, *, before: str, behind: str, window: str, online: bool) -> Link:
    """Name, size and expiry from the words around a link; what stands before it is nearer to it."""
    names = _NAME.findall(before)
    behind_names = _NAME.findall(behind)
    name = names[-1] if names else behind_names[0] if behind_names else ""
    sizes = _SIZE.findall(before) or _SIZE.findall(behind)
    size = "".join(sizes[-1 if _SIZE.search(before) else 0]) if sizes else ""
    expiry = next(
        (hit[1] for part in (before, behind) for rule in _EXPIRY for hit in reversed(list(rule.finditer(part)))), ""
    )
    if not expiry and _NEVER.search(window):
        expiry = "无限期"
    day = _DATE.search(expiry)
    expires = None
    if day:
        try:
            expires = date(int(day[1]), int(day[2]), int(day[3]))
        except ValueError:
            expires = None
    return Link(url, name.strip() or ("在线文档" if online else "超大附件"), size, expires, expiry, online)
