"""Bytes of an Office Open XML file -> its parts, refused before any library sees a bomb or an entity (T24, T25)."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from dataclasses import dataclass, field

from lxml import etree

from pipeline.model import Trouble
from pipeline.readers.tools import RefusalError

MAX_TOTAL = 200 * 1024 * 1024
MAX_XML = 64 * 1024 * 1024
MAX_MEMBERS = 2000
#: Above this size a part that shrinks more than this many times is a bomb.
RATIO_FROM = 10 * 1024 * 1024
MAX_RATIO = 200

_DOCTYPES = (b"<!DOCTYPE", b"<!ENTITY")
_WIDE_DOCTYPES = tuple(word.encode(each) for word in ("<!DOCTYPE", "<!ENTITY") for each in ("utf-16-le", "utf-16-be"))
#: The strict dialect (ISO 29500) has other names for the same things.
_STRICT = (
    (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    ),
    (
        b"http://purl.oclc.org/ooxml/wordprocessingml/main",
        b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    ),
    (b"http://purl.oclc.org/ooxml/spreadsheetml/main", b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"),
    (b"http://purl.oclc.org/ooxml/drawingml/", b"http://schemas.openxmlformats.org/drawingml/2006/"),
    (b"http://purl.oclc.org/ooxml/officeDocument/math", b"http://schemas.openxmlformats.org/officeDocument/2006/math"),
)
_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"


@dataclass(frozen=True, slots=True)
class Relation:
    """One arrow from a part to another."""

    #: Last word of its type: ``image``, ``header``, ``package``, ``oleObject``.
    type: str
    #: Path of the part inside the package; the address itself for an external one.
    target: str
    external: bool


@dataclass(slots=True)
class Package:
    """An opened package: parts are read on demand, counted."""

    parts: dict[str, bytes] = field(default_factory=dict)
    _archive: zipfile.ZipFile | None = None
    _names: dict[str, str] = field(default_factory=dict)
    _read: int = 0
    _relations: dict[str, dict[str, Relation]] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether the package holds this part."""
        return name in self.parts or name.lower() in self._names

    def names(self) -> tuple[str, ...]:
        """Every part."""
        return tuple(self.parts) + tuple(self._names.values())

    def get(self, name: str) -> bytes:
        """Content of a part, ``b""`` where it is missing."""
        if name in self.parts:
            return self.parts[name]
        stored = self._names.get(name.lower())
        if stored is None or self._archive is None:
            return b""
        try:
            with self._archive.open(stored) as stream:
                data = stream.read(MAX_TOTAL - self._read + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
            raise RefusalError(Trouble.DAMAGED, f"文件内部的“{stored}”已损坏") from error
        except RuntimeError as error:
            raise RefusalError(Trouble.ENCRYPTED, "文件被加密") from error
        self._read += len(data)
        if self._read > MAX_TOTAL:
            raise RefusalError(Trouble.TOO_LARGE, "文件解开后超过200MB，不予打开", final=True)
        self.parts[name] = data
        return data

    def xml(self, name: str) -> etree._Element | None:
        """A part as a tree, in the names of the usual dialect; ``None`` where it is missing or empty."""
        data = self.get(name)
        return parse_xml(data) if data.strip() else None

    def relations(self, name: str) -> dict[str, Relation]:
        """Arrows of a part by identifier; ``""`` names the package itself."""
        if name not in self._relations:
            self._relations[name] = self._read_relations(name)
        return self._relations[name]

    def _read_relations(self, name: str) -> dict[str, Relation]:
        folder, base = posixpath.split(name)
        tree = self.xml(posixpath.join(folder, "_rels", base + ".rels"))
        found: dict[str, Relation] = {}
        for node in tree.iter(_RELATION) if tree is not None else ():
            target = node.get("Target", "").replace("\\", "/")
            external = node.get("TargetMode") == "External"
            if not external:
                target = posixpath.normpath(posixpath.join("/" + folder, target)).lstrip("/")
            found[node.get("Id", "")] = Relation(node.get("Type", "").rpartition("/")[2], target, external)
        return found


def parse_xml(data: bytes) -> etree._Element:
    """Parse one XML part: no entities, no network, no huge nodes.

    Raises:
        RefusalError: The part declares a document type (office files never do), or is no XML.
    """
    refuse_doctype(data)
    if b"purl.oclc.org" in data[:8192]:
        for strict, usual in _STRICT:
            data = data.replace(strict, usual)
    if len(data) > MAX_XML:
        raise RefusalError(Trouble.TOO_LARGE, "文件内部的文字超过64MB，不予打开", final=True)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True, recover=False
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        reason = str(error)
        if "depth" in reason.lower() or "huge" in reason.lower() or "too long" in reason.lower():
            raise RefusalError(Trouble.HOSTILE, "文件内部嵌套过深或文字块过大，不予打开", final=True) from error
        raise RefusalError(Trouble.DAMAGED, "文件内部的结构已损坏") from error


def refuse_doctype(data: bytes) -> None:
    """Refuse XML that declares entities or a document type."""
    # Without a zero byte there is no UTF-16.
    if any(each in data for each in (_DOCTYPES + _WIDE_DOCTYPES if b"\x00" in data else _DOCTYPES)):
        raise RefusalError(
            Trouble.HOSTILE, "文件内部带有实体声明（DOCTYPE），正常的办公文件不会有，不予打开", final=True
        )


def open_package(data: bytes) -> Package:
    """Open a package and judge its directory.

    Raises:
        RefusalError: It is no zip, too large, a bomb, or locked.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
        raise RefusalError(Trouble.DAMAGED, "压缩结构已损坏，文件可能没有传完整") from error
    infos = archive.infolist()
    if len(infos) > MAX_MEMBERS:
        raise RefusalError(Trouble.HOSTILE, f"文件内部有{len(infos)}个部件，超过{MAX_MEMBERS}个，不予打开", final=True)
    if sum(info.file_size for info in infos) > MAX_TOTAL:
        raise RefusalError(Trouble.TOO_LARGE, "文件解开后超过200MB，不予打开", final=True)
    for info in infos:
        if info.flag_bits & 1:
            raise RefusalError(Trouble.ENCRYPTED, "文件被加密", final=True)
        if info.file_size > RATIO_FROM and info.file_size > MAX_RATIO * max(info.compress_size, 1):
            raise RefusalError(Trouble.HOSTILE, "文件内部有压缩炸弹，不予打开", final=True)
    names = {info.filename.replace("\\", "/").lstrip("/").lower(): info.filename for info in infos if not info.is_dir()}
    return Package({}, archive, names)


def refuse_all_doctypes(package: Package) -> None:
    """Look into every XML part, for libraries that will open parts by themselves."""
    for name in package.names():
        if name.lower().endswith((".xml", ".rels", ".vml")):
            refuse_doctype(package.get(name.replace("\\", "/").lstrip("/")))
