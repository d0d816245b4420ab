# SPDX-License-Identifier: Apache-2.0
"""The unit as it is shipped: it boots, without root, in its sandbox."""

from nodes import PROGRAM, UNIT


def test_the_unit_starts_at_boot_and_takes_its_role(web):
    for name in web.members:
        assert web.show(name, "ActiveState") == "active"
        assert web.show(name, "NRestarts") == "0"
        assert web.systemctl(name, "is-enabled", UNIT).strip() == "enabled"


def test_no_process_of_the_unit_runs_as_root(web):
    for name in web.members:
        processes = web.processes(name)
        assert {"failoverd"} <= {process.name for process in processes}
        assert [process.name for process in processes if process.user == 0] == []


def test_the_exposure_of_the_unit_is_at_most_3_0(web):
    code, out, _ = web.containers["alpha"].run("systemd-analyze", "security", "--no-pager",
                                               "--threshold=30", UNIT)
    print(out.splitlines()[-1])
    assert code == 0, out


def test_the_unit_sees_nothing_it_could_change_but_its_own(web):
    """As the sandbox of the guard has it: a look from inside its mounts, as its user."""
    def can(*command):
        code, _, _ = web.containers["alpha"].run(
            "nsenter", "-t", web.guard("alpha"), "-m", "setpriv", "--reuid=failoverd",
            "--regid=failoverd", "--clear-groups", *command)
        return code == 0
    assert can("touch", "/var/lib/failoverd/try") and can("rm", "/var/lib/failoverd/try")
    assert can("mkdir", "/sys/fs/bpf/failoverd/try") and can("rmdir", "/sys/fs/bpf/failoverd/try")
    assert can("cat", "/etc/failoverd/node.key")
    for path in ("/etc/failoverd/try", "/usr/local/sbin/failoverd", "/var/lib/try", "/root/try",
                 "/sys/fs/bpf/try", "/dev/shm/../try", "/home/try"):
        assert not can("touch", path), path


def test_services_have_their_user_and_no_capability(web):
    service = next(p for p in web.processes("alpha") if p.name == "sleep")
    sam = int(web.containers["alpha"].must("id", "-u", "sam"))
    assert service.user == sam
    status = web.containers["alpha"].must("cat", f"/proc/{service.pid}/status").split("\n")
    held = {line.split(":")[0]: int(line.split()[1], 16) for line in status if "Cap" in line}
    del held["CapBnd"]      # what nobody can use who may not gain anything
    assert held == {"CapInh": 0, "CapPrm": 0, "CapEff": 0, "CapAmb": 0}


def test_only_operators_may_change_things(web):
    def of(user, *words):
        code, _, err = web.containers["alpha"].run(
            "setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", PROGRAM, *words)
        return code, err
    assert of("olga", "pause", "beta") == (0, "")
    assert of("olga", "resume", "beta") == (0, "")
    code, said = of("sam", "pause", "beta")
    assert code == 1 and "only root and the group" in said, said
    assert not web.status("alpha").member("beta")["paused"]


def test_check_names_the_rights_of_the_running_daemon(web):
    _, out, _ = web.command("alpha", "check")
    assert "ok       addresses: may be added" in out
    assert "ok       users:" in out
    assert "ok       urgency:" in out
