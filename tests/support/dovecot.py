"""A real Dovecot in a folder of its own, without privileges: the referee among the mail servers."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from imapclient import IMAPClient

USER = "office"
CODE = "dovecot-code"

_CONFIG = """
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = {uid}
first_valid_gid = {gid}
mail_location = maildir:{root}/mail
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {root}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={root}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox 垃圾邮件 {{
    special_use = \\Junk
    auto = create
  }}
  mailbox 已发送 {{
    special_use = \\Sent
    auto = create
  }}
}}
"""


@dataclass(frozen=True)
class Dovecot:
    """A running Dovecot with one account."""

    port: int
    root: Path
    host: str = "127.0.0.1"
    user: str = USER
    password: str = CODE

    @contextmanager
    def client(self) -> Iterator[IMAPClient]:
        """A second client, playing the clerk."""
        with IMAPClient(self.host, self.port, ssl=False, timeout=20) as client:
            client.login(self.user, self.password)
            yield client

    def deliver(self, data: bytes, *, received_at: datetime, folder: str = "INBOX") -> None:
        """Put a mail into a folder with its time of receipt."""
        with self.client() as client:
            client.append(folder, data, msg_time=received_at)


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextmanager
def dovecot() -> Iterator[Dovecot]:
    """Start Dovecot; skip the test where there is none."""
    program = shutil.which("dovecot") or "/usr/sbin/dovecot"
    if not Path(program).exists():
        pytest.skip("Dovecot is not installed (Debian: dovecot-imapd); the mailbox contract runs without its referee")
    # As root, Dovecot's children would need accounts that exist everywhere: run it as nobody.
    account = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    group = "nogroup" if account.pw_name == "nobody" else _group(account.pw_gid)
    root = Path(tempfile.mkdtemp(prefix="dovecot-"))
    port = _free_port()
    try:
        for name in ("run", "state", "mail"):
            (root / name).mkdir()
        config = _CONFIG.format(
            root=root, user=account.pw_name, group=group, uid=account.pw_uid, gid=account.pw_gid, port=port
        )
        (root / "dovecot.conf").write_text(config, encoding="utf-8")
        (root / "users").write_text(f"{USER}:{{PLAIN}}{CODE}\n", encoding="utf-8")
        if os.geteuid() == 0:
            for path in (root, *root.rglob("*")):
                os.chown(path, account.pw_uid, account.pw_gid)
        as_user = {"user": account.pw_uid, "group": account.pw_gid} if os.geteuid() == 0 else {}
        process = subprocess.Popen(
            [program, "-F", "-c", str(root / "dovecot.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=root,
            **as_user,
        )
        try:
            _wait(port, process, root)
            yield Dovecot(port, root)
        finally:
            process.terminate()
            process.communicate(timeout=20)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _group(gid: int) -> str:
    import grp

    return grp.getgrgid(gid).gr_name


def _wait(port: int, process: subprocess.Popen[bytes], root: Path) -> None:
    for _ in range(200):
        if process.poll() is not None:
            said = process.stderr.read().decode() if process.stderr else ""
            log = (root / "log").read_text(encoding="utf-8") if (root / "log").exists() else ""
            pytest.fail(f"Dovecot ended: {said}{log}")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as sock:
                if sock.recv(4):
                    return
        except OSError:
            time.sleep(0.05)
    pytest.fail("Dovecot does not answer")
