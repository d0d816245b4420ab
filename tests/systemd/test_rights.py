# SPDX-License-Identifier: Apache-2.0
"""What a resource with `user = root` may do: what the daemon may, and what a drop-in adds counts
from the next restart of the unit."""

import pytest

from nodes import UNIT

FILE = "/etc/failoverd/failoverd.ini"
DROP_IN = "/etc/systemd/system/failoverd.service.d/rights.conf"
EXAMPLES = "/usr/local/share/failoverd/drop-ins/services.conf"
PLACE = "/var/tmp/rights"
#: Of linux/capability.h.
CHOWN, NET_ADMIN, SYS_ADMIN = 0, 12, 21
#: Writes down its rights, and tries to give a file away. It goes on, so that it is up.
SCRIPT = f"""#!/bin/sh
rm -f {PLACE}.$1.tried
grep ^Cap /proc/self/status >{PLACE}.$1
chown sam {PLACE}.$1 2>/dev/null
echo $? >{PLACE}.$1.tried
exec sleep infinity
"""
ROLE = """
[role rights]
nodes = beta
resources = root, other
""" + "".join(f"""
[resource {name}]
type = process
command = /opt/rights {name}
user = {user}
""" for name, user in (("root", "root"), ("other", "olga")))


def restart(web, name):
    web.systemctl(name, "restart", UNIT)
    web.wait_active(name)


@pytest.fixture
def rights(web):
    """A cluster with such a role on beta."""
    text = web.containers["alpha"].must("cat", FILE)
    shell = web.containers["beta"]
    shell.must("tee", "/opt/rights", text=SCRIPT)
    shell.must("chmod", "755", "/opt/rights")
    for name in web.members:
        web.containers[name].must("tee", FILE, text=text + ROLE)
        web.systemctl(name, "reload", UNIT)
    yield web
    for name in web.members:
        web.containers[name].must("tee", FILE, text=text)
        web.systemctl(name, "reload", UNIT)
    shell.must("sh", "-c", f"rm -f {DROP_IN} /opt/rights {PLACE}.*")
    web.systemctl("beta", "daemon-reload")
    restart(web, "beta")


def tried(web, who):
    """(its rights by the kernel's numbers, whether it could give a file away), once it has tried;
    and forgets that."""
    shell = web.containers["beta"]
    web.wait_for(lambda: shell.run("test", "-s", f"{PLACE}.{who}.tried")[0] == 0, f"{who} runs", 30)
    said = dict(line.split(":") for line in shell.must("cat", f"{PLACE}.{who}").splitlines())
    effective = int(said["CapEff"], 16)
    code = int(shell.must("cat", f"{PLACE}.{who}.tried"))
    shell.must("rm", "-f", f"{PLACE}.{who}.tried", f"{PLACE}.{who}")
    return {bit for bit in range(64) if effective >> bit & 1}, code == 0


def test_root_has_the_rights_of_the_daemon_and_those_of_a_drop_in_after_a_restart(rights):
    shell = rights.containers["beta"]
    held, could = tried(rights, "root")
    assert NET_ADMIN in held and CHOWN not in held and SYS_ADMIN not in held and not could
    assert tried(rights, "other") == (set(), False)

    # The lines of the example, as an administrator takes them over.
    lines = [line.lstrip("#") for line in shell.must("cat", EXAMPLES).splitlines()
             if "CAP_CHOWN" in line]
    assert len(lines) == 2
    shell.must("tee", DROP_IN, text="\n".join(["[Service]", *lines, ""]))
    rights.systemctl("beta", "daemon-reload")
    rights.systemctl("beta", "reload", UNIT)
    assert shell.run("test", "-e", f"{PLACE}.root.tried")[0] != 0, "a reload starts nothing anew"
    restart(rights, "beta")
    held, could = tried(rights, "root")
    assert {NET_ADMIN, CHOWN} <= held and SYS_ADMIN not in held and could
    assert tried(rights, "other") == (set(), False)
