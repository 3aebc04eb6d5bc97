"""A web page saved as one file (.mht, often called .doc) -> document, from its HTML part."""

from __future__ import annotations

import base64
import binascii
import quopri
import re

from pipeline.model import Document, Part, Trouble
from pipeline.readers import html, sniff
from pipeline.readers.tools import RefusalError, Tools

#: Browsers fold the line before its boundary.
_BOUNDARY = re.compile(rb"(?is)content-type:\s*multipart/(?:[^\n]|\n[ \t]){0,300}?boundary\s*=\s*\"?([^\s\";]{1,200})")
_TYPE = re.compile(rb"(?im)^content-type:\s*([^\s;]+)")
_ENCODING = re.compile(rb"(?im)^content-transfer-encoding:\s*(\S+)")
_LABEL = re.compile(rb"(?i)charset\s*=\s*\"?([A-Za-z0-9_.:-]{1,40})")


class MhtReader:
    """Reads a saved web page."""

    name = "mht"

    def accepts(self, data: bytes, name: str) -> bool:  # noqa: ARG002 - content decides
        """MIME headers where a document was promised."""
        return sniff.kind(data) == "mht"

    def read(self, part: Part, tools: Tools) -> Document:  # noqa: ARG002 - needs no tool
        """Its first HTML part."""
        head = part.data[:65536]
        boundary = _BOUNDARY.search(head)
        pieces = part.data.split(b"--" + boundary[1])[1:] if boundary else [part.data]
        for piece in pieces[:500]:
            headers, _, body = piece.replace(b"\r\n", b"\n").lstrip(b"\n").partition(b"\n\n")
            kind = _TYPE.search(headers)
            if kind is None or kind[1].lower() not in {b"text/html", b"application/xhtml+xml"}:
                continue
            encoding = _ENCODING.search(headers)
            data = _decoded(body, encoding[1].lower() if encoding else b"")
            label = _LABEL.search(headers)
            if label and not re.search(rb"(?i)charset\s*=", data[:4096]):
                data = b'<meta charset="' + label[1] + b'">' + data
            return html.document(part, html.characters(data), form="mht")
        raise RefusalError(Trouble.DAMAGED, "网页归档文件里没有正文")


def _decoded(body: bytes, encoding: bytes) -> bytes:
    if encoding == b"quoted-printable":
        return quopri.decodestring(body)
    if encoding == b"base64":
        try:
            return base64.b64decode(b"".join(body.split()))
        except binascii.Error as error:
            raise RefusalError(Trouble.DAMAGED, "网页归档文件没有传完整") from error
    return body
