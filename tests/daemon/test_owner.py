# SPDX-License-Identifier: Apache-2.0
"""Commands that root types beside a daemon which runs as another user: that daemon can use every
file afterwards. Skipped where the tests do not run as root."""
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile

import pytest

from local import BINARY, DONE, Cluster, until

NOBODY = pwd.getpwnam("nobody")
DROP = ["setpriv", f"--reuid={NOBODY.pw_uid}", f"--regid={NOBODY.pw_gid}", "--clear-groups", "--"]


def can_drop():
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        return False
    return subprocess.run([*DROP, BINARY, "version"], capture_output=True, check=False,
                          cwd="/").returncode == 0


pytestmark = pytest.mark.skipif(not can_drop(), reason="only root can run a daemon as another user")


@pytest.fixture(name="alpha")
def make_alpha():
    """A member whose directories belong to the user that runs its daemon."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="failoverd-owner-"))
    path.chmod(0o755)
    alpha = Cluster(path).alpha
    for name in ("state", "run"):
        (alpha.path / name).mkdir(mode=0o755)
        os.chown(alpha.path / name, NOBODY.pw_uid, NOBODY.pw_gid)
    alpha.process = None
    yield alpha
    stop(alpha)
    shutil.rmtree(path)


def stop(alpha):
    if alpha.process is not None:
        alpha.process.terminate()
        alpha.process.wait(30)
        alpha.process = None


def start(alpha, *drop):
    """With the key as the one who runs it may have it."""
    owner = NOBODY.pw_uid if drop else 0
    os.chown(alpha.path / "key", owner, -1)
    log = (alpha.path / "log").open("ab")
    alpha.process = subprocess.Popen([*drop, BINARY, "run", *map(str, alpha.options())],
                                     stderr=log, stdout=log, cwd="/")
    until(lambda: alpha.status() or alpha.process.poll() is not None, "the daemon answers or ends")
    assert alpha.process.poll() is None, alpha.log


def as_root(alpha, *words):
    os.chown(alpha.path / "key", 0, -1)
    return alpha.command(*words, *alpha.options())


def foreign(alpha):
    """What nobody does not own in its directories."""
    places = [place for name in ("state", "run") for place in (alpha.path / name).rglob("*")]
    return [str(place) for place in places if place.lstat().st_uid != NOBODY.pw_uid]


def test_adopt_voters_typed_as_root_leaves_the_daemon_its_state(alpha):
    start(alpha, *DROP)
    stop(alpha)
    result = as_root(alpha, "adopt-voters")
    assert result.returncode == DONE, result.stderr
    assert foreign(alpha) == []
    start(alpha, *DROP)


def test_cleanup_typed_as_root_leaves_nothing_that_keeps_the_daemon_from_starting(alpha):
    assert as_root(alpha, "cleanup").returncode == DONE
    assert as_root(alpha, "cleanup", "--expired").returncode == DONE
    assert foreign(alpha) == []
    start(alpha, *DROP)
    alpha.process.kill()
    alpha.process.wait()
    assert as_root(alpha, "cleanup").returncode == DONE
    assert foreign(alpha) == []
    start(alpha, *DROP)


def test_a_daemon_that_root_ran_once_leaves_the_files_to_their_owner(alpha):
    start(alpha)
    until(lambda: (alpha.path / "state/state").exists(), "the state is stored")
    assert [place for place in foreign(alpha) if not place.endswith("/control.sock")] == []
    stop(alpha)
    assert foreign(alpha) == []
    start(alpha, *DROP)


def test_what_root_only_looks_at_stays_as_it_is(alpha):
    start(alpha, *DROP)
    stop(alpha)
    for words in (["check"], ["status"], ["version"], ["reload", "--binary"]):
        accepted = alpha.options() if words[0] in ("check", "reload") else []
        alpha.command(*words, *accepted)
    assert foreign(alpha) == []
    start(alpha, *DROP)
    assert as_root(alpha, "check").returncode in (0, 1)
    assert foreign(alpha) == []


def test_keygen_in_a_directory_of_a_user_makes_a_key_which_that_user_can_read(alpha):
    place = alpha.path / "state/new.key"
    assert alpha.command("keygen", "--out", place).returncode == DONE
    assert place.stat().st_uid == NOBODY.pw_uid and place.stat().st_mode & 0o777 == 0o600


def test_a_credential_of_systemd_is_the_key_where_none_is_named(alpha, monkeypatch):
    handed = alpha.path / "credentials"
    handed.mkdir(mode=0o700)
    shutil.move(alpha.path / "key", handed / "node.key")
    (handed / "node.key").chmod(0o440)  # as systemd's list of who may read makes it look
    options = [word for word in alpha.options() if word not in ("--key", alpha.path / "key")]
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(handed))
    result = alpha.command("check", *options)
    assert "is alpha of cluster local" in result.stdout, result.stderr
    (handed / "node.key").chmod(0o444)
    assert "others can use the secret" in alpha.command("check", *options).stderr


def check_beside_a_unit(alpha):
    """`check` typed by root on a host whose unit runs as user failoverd, who is nobody here."""
    accounts = alpha.path / "passwd"
    accounts.write_text(pathlib.Path("/etc/passwd").read_text()
                        + f"failoverd:x:{NOBODY.pw_uid}:{NOBODY.pw_gid}::/:/bin/false\n")
    os.chown(alpha.path / "key", NOBODY.pw_uid, -1)
    return subprocess.run(
        ["unshare", "-m", "sh", "-c", 'mount --bind "$1" /etc/passwd && shift && exec "$@"', "sh",
         str(accounts), BINARY, "check", *map(str, alpha.options())],
        capture_output=True, text=True, check=False, timeout=60)


def test_check_typed_by_root_asks_as_the_user_of_the_unit(alpha):
    result = check_beside_a_unit(alpha)
    assert "ok       user: the rest is asked as user failoverd" in result.stdout, result.stderr
    assert result.returncode == DONE, result.stdout
    os.chown(alpha.path / "state", 0, 0)
    (alpha.path / "private").mkdir(mode=0o700)
    script = alpha.path / "private/app"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    alpha.cluster.config.write_text(
        alpha.cluster.config.read_text().replace("/bin/sleep 1000", str(script)))
    result = check_beside_a_unit(alpha)
    assert result.returncode != DONE
    assert "MISSING  --state-dir: " in result.stdout
    assert f"MISSING  app command: {script}: Permission denied" in result.stdout
    assert "2 missing, " in result.stdout


def test_check_typed_by_root_asks_as_the_daemon_that_runs(alpha):
    start(alpha, *DROP)
    result = check_beside_a_unit(alpha)
    assert "in the sandbox of the daemon that runs" in result.stdout, result.stdout
    assert "ok       state: " in result.stdout
