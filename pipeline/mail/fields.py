"""Raw header fields -> words and parameters: RFC 2047, RFC 2231, and what mailers really write.

Works on octets, because two words of one charset may share a character and raw eight-bit fields have
no charset at all. Everything is linear in its input.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from pipeline.mail.charsets import decode, guess

#: An encoded word anywhere, also inside quotes or glued to its neighbour; folds inside it happen.
_WORD = re.compile(rb"=\?([A-Za-z0-9_.:\- ]{1,40})(?:\*[A-Za-z0-9-]{0,20})?\?([bBqQ])\?([^?]*)\?=")
_FOLD = re.compile(rb"\r?\n[ \t]+")
_SPACE_ONLY = re.compile(rb"[ \t\r\n]*")
_CONTROLS = re.compile("[\x00-\x08\x0a-\x1f\x7f\x80-\x9f\u2028\u2029]+")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
#: ``filename*3*``: name, section, encoded.
_PARAMETER = re.compile(r"([^*\s]{1,60})(?:\*(\d{1,4}))?(\*)?")
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2}){3,}")
#: More parameters than this in one field are an attack.
MAX_PARAMETERS = 500


def unfold(raw: bytes) -> bytes:
    """Join the lines of a folded field."""
    return _FOLD.sub(b" ", raw).strip(b" \t\r\n")


def words(raw: bytes) -> str:
    """Decode an unstructured field, also where encoded words stand in forbidden places.

    Args:
        raw: Field body as it stands in the mail, folds included.

    Returns:
        The text on one line, without control characters.
    """
    out: list[str] = []
    run: list[tuple[str, bool, bytes]] = []
    position = 0
    for match in _WORD.finditer(raw):
        between = raw[position : match.start()]
        if not (run and _SPACE_ONLY.fullmatch(between)):
            out += (_together(run), guess(unfold_inner(between))[0])
            run = []
        run.append((match[1].decode("ascii").strip().lower(), match[2] in b"bB", match[3]))
        position = match.end()
    out += (_together(run), guess(unfold_inner(raw[position:]))[0])
    return one_line("".join(out))


def unfold_inner(raw: bytes) -> bytes:
    """Folds become one space; outer blanks stay, they separate words."""
    return _FOLD.sub(b" ", raw)


def one_line(text: str) -> str:
    """Blanks for control characters and line breaks, nothing else changed."""
    return _CONTROLS.sub(" ", text.replace("\x00", "")).strip() if text else ""


def _together(run: list[tuple[str, bool, bytes]]) -> str:
    """Decode adjacent words (charset, is base64, text): one charset's octets are joined, then decoded once."""
    out: list[str] = []
    octets = b""
    open_group = b""
    for index, (charset, base64, text) in enumerate(run):
        if base64:
            group = open_group + _NOT_BASE64.sub(b"", text)
            following = run[index + 1] if index + 1 < len(run) else None
            # Some mailers cut the base64 text itself; then the group goes on in the next word.
            cut = len(group) % 4 if following and following[:2] == (charset, True) and not text.endswith(b"=") else 0
            open_group = group[len(group) - cut :]
            octets += unbase64(group[: len(group) - cut])
        else:
            open_group = b""
            octets += _unquote(text)
        if index + 1 == len(run) or run[index + 1][0] != charset:
            out.append(decode(octets, charset)[0])
            octets = b""
    return "".join(out)


def unbase64(data: bytes | memoryview) -> bytes:
    """Base64 with stray characters, missing padding or a cut end; what can be decoded is."""
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        clean = _NOT_BASE64.sub(b"", bytes(data))
        if len(clean) % 4 == 1:
            clean = clean[:-1]
        return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))


def _unquote(text: bytes) -> bytes:
    """Q encoding of RFC 2047."""
    return binascii.a2b_qp(_FOLD.sub(b"", text).replace(b" ", b"_"), header=True)


@dataclass(frozen=True, slots=True)
class Value:
    """A structured field: its main value (lower case) and its decoded parameters."""

    main: str
    parameters: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str:
        """Value of a parameter, or the empty string."""
        return next((value for key, value in self.parameters if key == name), "")


EMPTY = Value("", ())


def structured(raw: bytes) -> Value:
    """Read ``main; name=value; name*0*=charset''value`` (RFC 2045, 2231).

    ``name*`` wins over ``name``; sections are joined as octets before they are decoded, because a
    character may be cut between two of them.
    """
    pieces = _pieces(raw)
    main = one_line(guess(pieces[0])[0]).lower() if pieces else ""
    plain: dict[str, bytes] = {}
    extended: dict[str, dict[int, tuple[bool, bytes]]] = {}
    for piece in pieces[1 : MAX_PARAMETERS + 1]:
        name, equals, value = piece.partition(b"=")
        match = _PARAMETER.fullmatch(name.strip().decode("latin-1").lower())
        if not equals or not match:
            continue
        if match[2] is None and match[3] is None:
            plain.setdefault(match[1], value)
        else:
            extended.setdefault(match[1], {}).setdefault(int(match[2] or 0), (match[3] is not None, value))
    found = {name: _plain(value) for name, value in plain.items()}
    found.update({name: _extended(sections) for name, sections in extended.items()})
    return Value(main.split(" ")[0] if "/" in main else main, tuple(found.items()))


def _pieces(raw: bytes) -> list[bytes]:
    """Split at semicolons outside quotes; in raw GBK the second octet of a pair is no syntax."""
    data = unfold(raw)
    try:
        data.decode("utf-8")
        pairs = False
    except UnicodeDecodeError:
        pairs = True
    pieces: list[bytes] = []
    start = 0
    quoted = False
    index = 0
    while index < len(data):
        octet = data[index]
        if pairs and octet > 0x80:
            index += 2
            continue
        if octet == 0x5C and quoted and index + 1 < len(data) and data[index + 1] in b'"\\':
            index += 2
            continue
        if octet == 0x22:
            quoted = not quoted
        elif octet == 0x3B and not quoted:
            pieces.append(data[start:index])
            start = index + 1
        index += 1
    pieces.append(data[start:])
    if quoted and len(pieces) == 1:
        # A quote that never closes swallows all; better to split too often.
        pieces = data.split(b";")
    return pieces


def _bare(value: bytes) -> bytes:
    """Without quotes and their escapes."""
    value = value.strip()
    if value[:1] == b'"':
        value = value[1:-1] if value[-1:] == b'"' and len(value) > 1 else value[1:]
        if b"\\" in value and value.isascii():
            value = re.sub(rb'\\(["\\])', rb"\1", value)
    return value


def _plain(value: bytes) -> str:
    """A parameter without section; encoded words and percent signs in it are common though forbidden."""
    text = words(_bare(value))
    if _PERCENT.search(text) and text.isascii():
        try:
            return one_line(unquote_to_bytes(text).decode("utf-8"))
        except UnicodeDecodeError:
            return text
    return text


def _extended(sections: dict[int, tuple[bool, bytes]]) -> str:
    """Sections of RFC 2231 in order, joined as octets."""
    charset = ""
    octets: list[bytes] = []
    for place, number in enumerate(sorted(sections)):
        encoded, value = sections[number]
        value = _bare(value)
        if encoded and place == 0 and value.count(b"'") >= 2:
            label, _, value = value.split(b"'", 2)
            charset = label.decode("latin-1")
        octets.append(unquote_to_bytes(value) if encoded else value)
    joined = b"".join(octets)
    if b"=?" in joined:
        return words(joined)
    return one_line(decode(joined, charset)[0])
