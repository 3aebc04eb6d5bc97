"""T27: macros, DDE and embedded objects start nothing: a log of every program that the reading of such mails starts."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from random import Random

from pipeline.adapters import office as libreoffice
from tests.faults.scale import need_strace
from tests.hostile.generators.material import File, with_files, zipped
from tests.hostile.generators.office import outward
from tests.hostile.office_desk import START, office, take

ROOT = Path(__file__).resolve().parents[2]
#: What the files want to start: those made here, and those of the generators.
CANARY = "yuebao-canary"
WANTED = re.compile(rf"{CANARY}|\bcalc\b|cmd")
#: Programs that reading may start: this Python, LibreOffice, and what its own start script asks.
EXPECTED = re.compile(
    r"(python[\d.]*|soffice(\.bin)?|libreoffice|oosplash|sh|dash|bash|dirname|basename|sed|uname|grep|ls|cat|id|"
    r"gpgconf|gpgsm|gpg|javaldx|paperconf)"
)
_ODF = "urn:oasis:names:tc:opendocument:xmlns"
_SPACES = (
    f'xmlns:office="{_ODF}:office:1.0" xmlns:text="{_ODF}:text:1.0" xmlns:script="{_ODF}:script:1.0" '
    'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dom="http://www.w3.org/2001/xml-events" '
    'xmlns:ooo="http://openoffice.org/2004/office"'
)


def odt() -> bytes:
    """A text document whose Basic macro starts a program when the document opens."""
    call = "vnd.sun.star.script:Standard.Module1.Main?language=Basic&amp;location=document"
    content = (
        f'<?xml version="1.0"?><office:document-content {_SPACES} office:version="1.2"><office:scripts>'
        f'<office:event-listeners><script:event-listener script:language="ooo:script" script:event-name="dom:load" '
        f'xlink:href="{call}" xlink:type="simple"/></office:event-listeners></office:scripts><office:body><office:text>'
        "<text:p>县财政局2022年8月工作报告</text:p></office:text></office:body></office:document-content>"
    )
    library = "http://openoffice.org/2000/library"
    doctype = '<?xml version="1.0"?>'
    members = {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": content,
        "Basic/script-lc.xml": f'{doctype}<library:libraries xmlns:library="{library}" xmlns:xlink="http://www.w3.org/1999/xlink">'
        '<library:library library:name="Standard" library:link="false"/></library:libraries>',
        "Basic/Standard/script-lb.xml": f'{doctype}<library:library xmlns:library="{library}" library:name="Standard" '
        'library:readonly="false" library:passwordprotected="false"><library:element library:name="Module1"/>'
        "</library:library>",
        "Basic/Standard/Module1.xml": f'{doctype}<script:module xmlns:script="http://openoffice.org/2000/script" '
        f'script:name="Module1" script:language="StarBasic">Sub Main\nShell("/usr/bin/touch", 0, "{CANARY}")\nEnd Sub'
        "</script:module>",
        "META-INF/manifest.xml": f'{doctype}<manifest:manifest xmlns:manifest="{_ODF}:manifest:1.0">'
        + "".join(
            f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="{kind}"/>'
            for name, kind in (
                ("/", "application/vnd.oasis.opendocument.text"), ("content.xml", "text/xml"),
                ("Basic/script-lc.xml", "text/xml"), ("Basic/Standard/script-lb.xml", "text/xml"),
                ("Basic/Standard/Module1.xml", "text/xml"),
            )
        )
        + "</manifest:manifest>",
    }  # fmt: skip
    return zipped({name: text.encode() for name, text in members.items()}, stored=True)


def rtf() -> bytes:
    """A document with a DDE field that updates itself and an object that wants its server."""
    field = f'{{\\field{{\\*\\fldinst DDEAUTO "/usr/bin/touch" "{CANARY}"}}{{\\fldrslt 1}}}}'
    thing = f"{{\\object\\objemb\\objupdate{{\\*\\objclass {CANARY}}}{{\\*\\objdata 0105000002000000}}}}"
    return f"{{\\rtf1\\ansi{field}{thing}Report 8\\par}}".encode()


def mails() -> list[bytes]:
    """Macros in docm and xlsm, DDE and outward links of every kind, an auto macro in odt, DDE and an object in RTF."""
    found = [outward(Random(seed)) for seed in range(16)]
    return [*found, with_files(Random(1), File("8月报告.odt", odt()), File("8月报告.doc", rtf()))]


def main(folder: str) -> None:
    """Take all of them in, as the service does."""
    with office(Path(folder) / "home") as desk:
        for number, mail in enumerate(mails()):
            filing = take(desk, mail, at=START + timedelta(minutes=number))
            sys.stdout.write(f"{number} {filing.kind} {len(filing.unreadable)}\n")


def test_reading_starts_no_program_of_a_mail(tmp_path: Path) -> None:
    """Only this Python and LibreOffice are started, and no argument is a mail's."""
    need_strace()
    log = tmp_path / "started.txt"
    trace = ["strace", "-f", "-qq", "--seccomp-bpf", "-s", "400", "-e", "trace=execve,execveat", "-o", str(log)]
    line = "import sys; from tests.hostile.test_started import main; main(sys.argv[1])"
    done = subprocess.run(
        [*trace, sys.executable, "-c", line, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(done.stdout.splitlines()) == len(mails())
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    calls = [one for one in lines if "= -1 " not in one]
    started = {match[1] for one in calls if (match := re.search(r'execve(?:at)?\((?:AT_FDCWD, )?"([^"]*)"', one))}
    names = {Path(one).name for one in started}
    assert [name for name in sorted(names) if not EXPECTED.fullmatch(name)] == []
    assert [one for one in lines if WANTED.search(one)] == []
    if libreoffice.find():
        assert "soffice.bin" in names, "LibreOffice was not asked, so its macros were not tried"
