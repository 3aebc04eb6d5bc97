"""Old office files -> new ones, by LibreOffice: own profile, macros off, no network, killed with its family when late.

Contains no business logic.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from pipeline.adapters import limits

#: A start takes two seconds; a .wps that makes it spin never ends.
TIMEOUT = 30.0
_PLACES = (
    "/usr/bin/soffice",
    "/usr/lib/libreoffice/program/soffice",
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
)
_WINDOWS = (
    r"C:\Program Files\LibreOffice\program\soffice.com",
    r"C:\Program Files (x86)\LibreOffice\program\soffice.com",
)
#: Macros never run, links are never followed, nothing is restored or recovered.
_SETTINGS = (
    ("org.openoffice.Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("org.openoffice.Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("org.openoffice.Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("org.openoffice.Office.Common/Security/Scripting", "DisableActiveContent", "true"),
    ("org.openoffice.Office.Writer/Content/Update", "Link", "2"),
    ("org.openoffice.Office.Calc/Content/Update", "Link", "2"),
    ("org.openoffice.Setup/Office", "ooSetupInstCompleted", "true"),
)
_PROFILE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<oor:items xmlns:oor="http://openoffice.org/2001/registry">'
    + "".join(
        f'<item oor:path="/{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
        for path, name, value in _SETTINGS
    )
    + "</oor:items>"
)
#: A start looks through every large font in a buffer of its own. Given back to the system each time, those pages are a
#: third of the whole conversion's processor time; other systems than glibc do not know the words.
_ALLOCATOR = {"MALLOC_MMAP_THRESHOLD_": str(128 << 20), "MALLOC_TRIM_THRESHOLD_": str(256 << 20)}
_WANTED = frozenset({"docx", "xlsx", "pdf", "doc", "xls", "rtf"})
_ENDINGS = frozenset({"doc", "wps", "rtf", "xml", "mht", "html", "xls", "et", "docx", "xlsx", "odt", "ods"})


def find() -> str | None:
    """Where LibreOffice stands; ``None`` when it is not installed."""
    found = shutil.which("soffice") or shutil.which("libreoffice")
    return found or next((place for place in (*_PLACES, *_WINDOWS) if Path(place).is_file()), None)


class Office:
    """Converts files. Each conversion is a process of its own with a profile of its own."""

    def __init__(self, program: str, *, timeout: float = TIMEOUT) -> None:
        self._program = program
        self._timeout = timeout

    def convert(self, data: bytes, ending: str, wanted: str) -> bytes:
        """Turn a file into another format.

        Args:
            data: The file.
            ending: What it is, as a file ending without dot; the name it is saved under tells LibreOffice nothing more.
            wanted: The format wanted, ``docx`` or ``xlsx``.

        Returns:
            The converted file.

        Raises:
            OSError: It could not be converted; the message is a Chinese sentence.
        """
        if ending not in _ENDINGS or wanted not in _WANTED:
            raise OSError(f"不支持从{ending}转换到{wanted}")
        with tempfile.TemporaryDirectory(prefix="yuebao-office-", ignore_cleanup_errors=True) as folder:
            home = Path(folder)
            profile = home / "profile" / "user"
            profile.mkdir(parents=True)
            (profile / "registrymodifications.xcu").write_text(_PROFILE, encoding="utf-8")
            source = home / f"in.{ending}"
            source.write_bytes(data)
            out = home / "out"
            out.mkdir()
            self._run(
                [
                    self._program, "--headless", "--norestore", "--nolockcheck", "--nologo", "--nodefault",
                    "--nofirststartwizard",
                    f"-env:UserInstallation={(home / 'profile').as_uri()}",
                    "--convert-to", wanted, "--outdir", str(out), str(source),
                ],
                home,
            )  # fmt: skip
            result = out / f"in.{wanted}"
            if not result.is_file():
                raise OSError("LibreOffice打不开这个文件，文件可能已损坏")
            return result.read_bytes()

    def _run(self, command: list[str], home: Path) -> None:
        """Run to the end or to the time limit; whatever it started dies with it."""
        kept = {
            key: os.environ[key]
            for key in ("PATH", "SYSTEMROOT", "SYSTEMDRIVE", "LANG", "LD_LIBRARY_PATH")
            if key in os.environ
        }
        environment = kept | {
            "HOME": str(home), "TMPDIR": str(home), "TEMP": str(home), "TMP": str(home),
            "SAL_USE_VCLPLUGIN": "svp", "LC_ALL": "C.UTF-8", **_ALLOCATOR,
        }  # fmt: skip
        posix = sys.platform != "win32"
        process = subprocess.Popen(  # noqa: S603 - our own program, arguments of our own making
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=home,
            env=environment,
            start_new_session=posix,
            preexec_fn=limits.for_office if posix else None,  # noqa: PLW1509 - only system calls, no locks, between fork and exec
        )
        try:
            process.wait(self._timeout)
        except subprocess.TimeoutExpired as error:
            raise OSError(f"LibreOffice打开这个文件超过{self._timeout:.0f}秒，已停止") from error
        finally:
            if posix:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
            else:
                # soffice.com starts others, which would hold the folder.
                with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                    subprocess.run(  # noqa: S603 - Windows' own program and a number
                        ["taskkill", "/T", "/F", "/PID", str(process.pid)],  # noqa: S607 - stands on every PATH
                        capture_output=True, check=False, timeout=10,
                    )  # fmt: skip
                process.kill()
            process.wait()
