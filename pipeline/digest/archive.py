"""An Office file with the time of writing in it -> the same file, equal for equal content."""

from __future__ import annotations

import re
import zipfile
from datetime import UTC, datetime
from io import BytesIO

_MODIFIED = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:\2>)")


def frozen(data: bytes, *, at: datetime) -> bytes:
    """Repack an OOXML file with one fixed time, in its members and in its core properties.

    openpyxl and python-docx stamp the clock into both; the same month would give different bytes each time,
    and a letter that was claimed once could not be compared with its copy.
    """
    moment = at.astimezone(UTC)
    stamp = moment.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.infolist():
            content = source.read(member)
            if member.filename == "docProps/core.xml":
                content = _MODIFIED.sub(rb"\g<1>" + stamp + rb"\g<3>", content)
            entry = zipfile.ZipInfo(member.filename, date_time=(max(moment.year, 1980), *moment.timetuple()[1:6]))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            entry.create_system = 3
            target.writestr(entry, content)
    return out.getvalue()
