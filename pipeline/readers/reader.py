"""Part -> document through the ordered readers, every failure kept."""

from __future__ import annotations

from pipeline.model import Document, Part, Trouble, Unreadable
from pipeline.readers import sniff
from pipeline.readers.docx import DocxReader
from pipeline.readers.html import HtmlReader
from pipeline.readers.image import ImageReader
from pipeline.readers.legacy import ConvertedReader, DocReader, LockedReader
from pipeline.readers.mht import MhtReader
from pipeline.readers.ofd import OfdReader
from pipeline.readers.pdf import PdfReader
from pipeline.readers.text import CsvReader, TextReader
from pipeline.readers.tools import Reader, RefusalError, Tools
from pipeline.readers.workbook import WorkbookReader

READERS: tuple[Reader, ...] = (
    LockedReader(),
    DocxReader(),
    WorkbookReader(),
    ConvertedReader(),
    DocReader(),
    PdfReader(),
    OfdReader(),
    MhtReader(),
    HtmlReader(),
    ImageReader(),
    CsvReader(),
    TextReader(),
)

_BODIES = frozenset({"body", "body-html"})
_REMEDY = {
    Trouble.ENCRYPTED: "请取消密码后重新发送",
    Trouble.DAMAGED: "请确认能正常打开后重新发送",
    Trouble.EMPTY: "请核对后重新发送",
    Trouble.UNSUPPORTED: "请改发Word、Excel或PDF文件",
    Trouble.NO_TOOL: "请改发docx、xlsx或带文字的PDF文件",
    Trouble.TOO_LARGE: "请拆分或压缩后重新发送",
    Trouble.HOSTILE: "请用办公软件另存为新文件后重新发送",
    Trouble.LINK: "请改为普通附件重新发送",
}
#: What a file is by its name, and as what it is to be saved again.
_OFFICE = {
    **dict.fromkeys(("docx", "docm", "dotx", "doc", "wps"), ("Word文档", "docx")),
    **dict.fromkeys(("xlsx", "xlsm", "xltx", "xls", "et"), ("Excel表格", "xlsx")),
    **dict.fromkeys(("pptx", "ppt"), ("演示文稿", "pdf")),
}
_WHAT = {
    "program": "程序文件", "media": "音频或视频", "archive": "压缩包", "zip": "压缩包", "drawing": "CAD图纸",
    "database": "数据库文件", "works": "旧版Works文档", "pptx": "演示文稿", "ppt": "演示文稿", "odp": "演示文稿",
}  # fmt: skip

#: What is asked for where another format is no answer.
_INSTEAD = {"msg": "这是从Outlook另存的邮件，里面的附件没有读，请把报告文件作为附件直接发送"}


def read(part: Part, tools: Tools) -> Document | Unreadable:
    """Read one part.

    Args:
        part: The leaf part; its declared type and its name decide nothing.
        tools: What is installed here.

    Returns:
        The document of the first reader that accepts and succeeds, or the reason why none did. Bodies without
        text and decorations are documents without blocks.
    """
    body = part.path.rpartition("/")[2] in _BODIES
    if not part.data.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        if body:
            return Document(part.path, part.name, "text", ())
        return _unreadable(part, Trouble.EMPTY, "文件是空的，没有内容", ())
    attempts: list[str] = []
    first: RefusalError | None = None
    for reader in READERS:
        if not reader.accepts(part.data, part.name):
            continue
        try:
            document = reader.read(part, tools)
        except RefusalError as refusal:
            trouble = refusal
        except MemoryError:
            trouble = RefusalError(Trouble.TOO_LARGE, "文件展开后超出可用内存", final=True)
        except RecursionError:
            trouble = RefusalError(Trouble.HOSTILE, "文件内部嵌套过深", final=True)
        except Exception as error:  # noqa: BLE001 - the one boundary a part: libraries raise anything on hostile bytes
            trouble = RefusalError(Trouble.DAMAGED, f"文件结构异常（{type(error).__name__}），可能已损坏")
        else:
            if document.blocks or body or document.format == "image":
                return document
            trouble = RefusalError(Trouble.EMPTY, "文件里没有可以读取的内容")
        attempts.append(f"{reader.name}：{trouble.message}")
        first = first or trouble
        if trouble.final:
            first = trouble
            break
    if first is None:
        kind = sniff.kind(part.data)
        what = _WHAT.get(kind)
        if _office(part) and kind in {"zip", "binary"}:
            return _unreadable(part, Trouble.DAMAGED, f"内容是{what or '认不出的数据'}", tuple(attempts))
        said = f"这是{what}，不能作为报告读取" if what else "无法识别文件格式"
        first = RefusalError(Trouble.UNSUPPORTED, _INSTEAD.get(kind, said))
    return _unreadable(part, first.trouble, first.message, tuple(attempts))


def _unreadable(part: Part, trouble: Trouble, message: str, attempts: tuple[str, ...]) -> Unreadable:
    """A refusal as a sentence that names the file and the remedy."""
    if trouble is Trouble.DAMAGED and (office := _office(part)):
        # What is broken inside helps nobody who has only the program that wrote it: it stands in the attempts.
        what, ending = office
        sentence = (
            f"“{part.name}”：这个{what}已损坏，打不开，可能没有传完整。"
            f"请在您的电脑上打开原文件，确认内容正常，另存为{ending}后重新发送。"
        )
        return Unreadable(part.path, part.name, trouble, sentence, attempts or (message,))
    remedy = "" if message.endswith("重新发送") or "请" in message else f"，{_REMEDY[trouble]}"
    return Unreadable(part.path, part.name, trouble, f"“{part.name}”：{message}{remedy}。", attempts)


def _office(part: Part) -> tuple[str, str] | None:
    """What an office file is to its sender: told by its name, for the content is broken."""
    return _OFFICE.get(part.name.rpartition(".")[2].strip().lower())
