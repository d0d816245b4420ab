# SPDX-License-Identifier: Apache-2.0
"""A cluster whose members are machines with systemd, and in each the shipped unit.

The responder of a machine runs beside its container, in the same network, and the watcher at the
switch: they tell who has the address, whatever happens inside.
"""

import shutil

from lab import Cluster, LabError, WAIT

from .machine import BOOT_TIMEOUT, REBOOT, Container, remove_groups

UNIT = "failoverd.service"
PROGRAM = "/usr/local/sbin/failoverd"


class Process:
    def __init__(self, line):
        pid, parent, user, self.state, self.name = line.split(None, 4)
        self.pid, self.parent, self.user = int(pid), int(parent), int(user)


class UnitCluster(Cluster):
    program = PROGRAM

    def __init__(self, lab, base, product, **wishes):
        self._lower = f"{product}:{base}"
        self._groups = product / "etc/group"
        super().__init__(lab, **wishes)

    # machines

    def _power_on(self, member):
        super()._power_on(member)
        (member.directory / "container").mkdir(exist_ok=True)

    def _furnish(self, member):
        place = member.directory / "container/upper/etc/failoverd"
        place.mkdir(parents=True, exist_ok=True)
        for name in ("failoverd.ini", "node.key"):
            shutil.copy(member.directory / name, place)
        # As the manual says: root's, and readable for the daemon.
        group = next(int(line.split(":")[2]) for line in self._groups.read_text().splitlines()
                     if line.startswith("failoverd:"))
        shutil.chown(place / "node.key", 0, group)
        (place / "node.key").chmod(0o640)

    def start(self, *names):
        """Boots these machines; the unit is enabled."""
        for name in names:
            member = self.members[name]
            self._furnish(member)
            member.daemon = self._boot(member)
        for name in names:
            self.containers[name].wait_booted()

    def _boot(self, member):
        self.containers[member.name] = Container(member.host, self._lower,
                                                 member.directory / "container")
        member.lives.append(self.containers[member.name].program)
        return member.lives[-1]

    @property
    def containers(self):
        if not hasattr(self, "_containers"):
            self._containers = {}
        return self._containers

    def reboot(self, name):
        """Asks the machine to, waits until it is down, and boots it with a network as new."""
        container, member = self.containers[name], self.members[name]
        container.program.is_expected_to_end = True
        container.run("systemctl", "reboot")
        code = container.program.wait_end(BOOT_TIMEOUT)
        if code != REBOOT:
            raise LabError(f"{name} did not reboot but ended with {code}")
        self.switch.connect(member.host, member.index)
        member.daemon = self._boot(member)
        self.containers[name].wait_booted()

    def close(self):
        for member in self.members.values():
            member.host.power_off()
        for container in self.containers.values():
            remove_groups(container.group)

    # the unit

    def command(self, name, *words, timeout=60):
        return self.containers[name].run(self.program, *words, timeout=timeout)

    def systemctl(self, name, *words, timeout=60):
        return self.containers[name].must("systemctl", *words, timeout=timeout)

    def show(self, name, key):
        return self.systemctl(name, "show", "-P", key, UNIT).strip()

    def processes(self, name):
        """Those of the unit."""
        out = self.containers[name].must(
            "sh", "-c", "find /sys/fs/cgroup/system.slice/" + UNIT + " -name cgroup.procs "
            "-exec cat {} + | xargs -r ps -o pid=,ppid=,uid=,state=,comm= -p || true")
        return [Process(line) for line in out.splitlines()]

    def guard(self, name):
        """Its process id inside the machine; 0: there is none."""
        return int(self.show(name, "MainPID"))

    def worker(self, name):
        guard = self.guard(name)
        found = [p.pid for p in self.processes(name) if p.parent == guard and p.name == "failoverd"]
        return found[0] if found else 0

    def signal(self, name, number, *pids):
        self.containers[name].must("kill", f"-{int(number)}", *pids)

    # verdict

    def log(self, name):
        container = self.containers.get(name)
        return container.run("journalctl", "--no-pager", "-o", "short-monotonic", "-u", UNIT)[1] \
            if container else ""

    def violations(self, after=0.0):
        """Since then only: one test's fault is not another's."""
        return [dual for prober in self.probers.values() for dual in prober.duals()
                if float(dual.split(":")[0]) >= after]

    def wait_active(self, name, timeout=WAIT):
        self.wait_for(lambda: self.show(name, "ActiveState") == "active", f"{UNIT} of {name}",
                      timeout)
