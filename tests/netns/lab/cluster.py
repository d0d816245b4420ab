# SPDX-License-Identifier: Apache-2.0
"""A cluster of real daemons on machines of the lab: its configuration, its members, their commands.

Every member has a machine with a responder in it; a machine named client asks the virtual
addresses. Knows nothing of single tests.
"""

import math
import shutil
import signal
import subprocess

from . import paths
from .daemon import Daemon
from .faults import Faults
from .host import LabError, boottime
from .network import Switch
from .observe import Prober, RESPONDER_PORT, Watch
from .status import Status

NODE_NAMES = ("alpha", "beta", "gamma", "delta", "epsilon")
CLIENT_INDEX = 200
IDLE_INDEX = 201
#: Long enough for anything that should happen at once, on a busy machine.
WAIT = 15

#: heartbeat, lease, release in seconds
TIMINGS = {"fast": (0.02, 0.2, 0.05), "lan": (0.2, 2.0, 0.5), "wan": (1.0, 10.0, 2.0)}
DRIFT = 0.01


class Role:
    """One role of the configuration: a virtual address, if any, and then further resources."""

    def __init__(self, name, vip=None, nodes=None, resources=None, **settings):
        self.name, self.vip, self.nodes, self.settings = name, vip, nodes, settings
        self.resources = dict(resources or {})   # name: {key: value}

    @property
    def address(self):
        return self.vip.split("/")[0] if self.vip else None

    def text(self, all_nodes):
        parts = dict(self.resources)
        if self.vip:
            address = {"type": "vip", "address": self.vip, "interface": "eth0"}
            parts = {f"{self.name}-ip": address, **parts}
        role = {"nodes": ", ".join(self.nodes or all_nodes), "resources": ", ".join(parts),
                **self.settings}
        return section("role", self.name, role) + "".join(
            section("resource", name, values) for name, values in parts.items())


def section(kind, name, values):
    head = f"[{kind} {name}]" if name else f"[{kind}]"
    return "\n".join([head, *(f"{key} = {value}" for key, value in values.items())]) + "\n\n"


class Member:
    def __init__(self, name, kind, index, directory):
        self.name, self.kind, self.index, self.directory = name, kind, index, directory
        self.host = None
        self.daemon = None
        self.lives = []     # every daemon that ever ran
        self.binary = directory / "failoverd"   # its own, so that it can be replaced
        self.freezer = None
        self.settings = {}      # in the environment of its next daemon
        for part in ("state", "run"):
            (directory / part).mkdir(parents=True)
        self.install()

    def install(self):
        """Puts a new file in the place of the program, as a package would."""
        fresh = self.directory / "failoverd.new"
        shutil.copy(paths.FAILOVERD, fresh)
        fresh.rename(self.binary)

    def options(self, *names):
        places = {"config": self.directory / "failoverd.ini", "key": self.directory / "node.key",
                  "state-dir": self.directory / "state", "run-dir": self.directory / "run"}
        return [word for name in names for word in (f"--{name}", str(places[name]))]


class Cluster(Faults):
    def __init__(self, lab, nodes=2, witnesses=1, networks=1, timing="fast", roles=(),
                 settings=None, sections=None):
        self.lab, self.timing, self.roles = lab, timing, list(roles)
        self._settings = settings or {}
        self._sections = sections or {}     # further ones: {(kind, name): {key: value}}
        self.heartbeat, self.lease, self.release = TIMINGS[timing]
        self.promise = (self.lease + self.release) * (1 + DRIFT) / (1 - DRIFT)
        self.switch = Switch(lab, networks)
        self.watch = Watch(self.switch)
        self.probers = {}
        self.client = None
        self._idle = None
        self.is_sabotaged = False   # a test of the lab itself: violations are what it wants
        # A gate keeps an address silent where nothing is left that could remove it.
        self.may_stand_in_silence = False
        names = [(name, "node") for name in NODE_NAMES[:nodes]]
        names += [(f"w{i + 1}", "witness") for i in range(witnesses)]
        self.members = {name: Member(name, kind, 11 + i, lab.directory / name)
                        for i, (name, kind) in enumerate(names)}
        self.nodes = [name for name, kind in names if kind == "node"]
        for member in self.members.values():
            self._power_on(member)
        self.keys = {name: [self.make_key(name)] for name in self.members}
        self.write_configuration()
        lab.clusters.append(self)

    # configuration

    def write_configuration(self, *names, keys=None):
        """Into the files of these members, of all if none is named; `keys`: more than the first of
        each."""
        text = section("cluster", "", {"name": "lab", "timing": self.timing, **self._settings})
        for member in self.members.values():
            ports = self.switch.ports[member.name]
            text += section(member.kind, member.name, {
                "address": ", ".join(port.ipv4 for port in ports),
                "key": ", ".join((keys or self.keys)[member.name])})
        text += "".join(section(*head, values) for head, values in self._sections.items())
        self.configuration = text + "".join(role.text(self.nodes) for role in self.roles)
        for name in names or self.members:
            (self.members[name].directory / "failoverd.ini").write_text(self.configuration)

    def make_key(self, name, file="node.key"):
        """Makes a secret key for the member; the public one."""
        out = str(self.members[name].directory / file)
        done = subprocess.run([paths.FAILOVERD, "keygen", "--out", out], capture_output=True,
                              text=True)
        if done.returncode != 0:
            raise LabError(f"keygen: {done.stderr}")
        return done.stdout.strip()

    # machines

    def _power_on(self, member):
        member.host = self.lab.host(member.name)
        self.switch.connect(member.host, member.index)
        member.host.start("responder", [paths.tool("responder"), member.name, RESPONDER_PORT])
        self.watch.add(member.host)

    def probe(self, role_name, index=0):
        """A client that asks the address of the role from now on."""
        if self.client is None:
            self.client = self.lab.host("client")
            self.switch.connect(self.client, CLIENT_INDEX)
        if role_name not in self.probers:
            role = next(role for role in self.roles if role.name == role_name)
            self.probers[role_name] = Prober(self.client, role.address, self.switch)
        return self.probers[role_name]

    def idle_prober(self):
        """Asks an address that nobody touches: what it misses, the test machine itself lost."""
        if self._idle is None:
            host = self.lab.host("idle")
            port = self.switch.connect(host, IDLE_INDEX)[0]
            host.start("responder", [paths.tool("responder"), "idle", RESPONDER_PORT])
            self._idle = Prober(self.client, port.ipv4, self.switch)
            self._idle.wait_owner("idle")
        return self._idle

    def power_off(self, name):
        """As if the plug were pulled; returns the moment at which the machine fell silent."""
        member = self.members[name]
        # First the cable: the kernel of a machine answers a little longer than its processes live.
        moment = boottime()
        self.switch.unplug(name)
        self.watch.powered_off(name, boottime())
        for daemon in member.lives:
            daemon.is_expected_to_end = True
        member.host.power_off()
        member.daemon = None
        return moment

    def power_on(self, name, start=True):
        member = self.members[name]
        # On a real machine this directory is a file system in memory.
        shutil.rmtree(member.directory / "run")
        (member.directory / "run").mkdir()
        self._power_on(member)
        if start:
            self.start(name)

    # daemons

    def start_all(self):
        """Starts the daemons of all members; the best node is a little ahead, so that it votes
        first and owns first, however busy this machine is."""
        first, *others = self.members
        self.start(first)
        self.wait_for(lambda: self.status(first), f"the daemon of {first} answers")
        self.start(*others)

    def start(self, *names):
        """Starts the daemons of these members."""
        for name in names:
            member = self.members[name]
            member.daemon = Daemon(member.host, name, member.directory / "run", [
                member.binary, "run", "--log-level", "debug",
                *member.options("config", "key", "state-dir", "run-dir")], member.settings)
            member.lives.append(member.daemon)

    def boot(self):
        """Starts all daemons and waits until every role is up on its best node; a prober for each
        address."""
        self.start_all()
        for role in self.roles:
            best = (role.nodes or self.nodes)[0]
            if self.wait_up(role.name) != best:
                self.must(best, "move", role.name, best, "--wait")
            if role.vip:
                self.probe(role.name).wait_owner(self.owner(role.name), WAIT)
        self.wait_all_agree()
        return self

    def end_daemon(self, name, number=signal.SIGKILL):
        """Ends guard and worker alone; the exit code. The machine stays."""
        return self.members[name].daemon.end(number)

    def upgrade(self, name):
        """Replaces the program and lets the daemon go on with it; the moment before."""
        self.members[name].install()
        moment = boottime()
        self.must(name, "reload", "--binary")
        return moment

    def command(self, name, *words, timeout=60):
        """Runs `failoverd WORDS` at a member: (exit code, standard output, standard error)."""
        member = self.members[name]
        accepted = {"check": ("config", "key", "state-dir", "run-dir"),
                    "reload": ("config", "key", "run-dir")}.get(words[0], ("run-dir",))
        done = subprocess.run([paths.FAILOVERD, *words, *member.options(*accepted)],
                              capture_output=True, text=True, timeout=timeout)
        return done.returncode, done.stdout, done.stderr

    def must(self, name, *words, timeout=60):
        """As command, which must succeed: its standard output."""
        code, out, err = self.command(name, *words, timeout=timeout)
        if code != 0:
            raise LabError(f"{name}: failoverd {' '.join(words)}: exit code {code}: {out}{err}")
        return out

    def status(self, name):
        """What this member sees; None when its daemon does not answer."""
        code, out, _ = self.command(name, "status", "--json")
        return Status(out) if code in (0, 3, 6) else None

    # waiting

    def running(self):
        return [name for name, member in self.members.items()
                if member.daemon is not None and member.daemon.is_running()]

    def owner(self, role, seen_by=None):
        """Who owns the role and has it up, as `seen_by` or any running member sees it."""
        for name in [seen_by] if seen_by else self.running():
            status = self.status(name)
            if status is not None and status.owner(role) is not None and status.is_active(role):
                return status.owner(role)
        return None

    def wait_for(self, predicate, what, timeout=WAIT):
        return self.lab.wait_for(predicate, timeout, what)

    def pass_time(self, seconds):
        self.holds_for(seconds, lambda: True)

    def holds_for(self, seconds, predicate):
        """Whether it is true for so long."""
        end = boottime() + seconds
        self.wait_for(lambda: boottime() >= end or not predicate(), "the end", seconds + 5)
        return predicate()

    def wait_up(self, role, node=None, timeout=WAIT, seen_by=None, after=None):
        """Until the role is up, on `node` if given, on another one than `after` if that is given;
        the name of the node."""
        def find():
            owner = self.owner(role, seen_by)
            return owner if node in (None, owner) and owner != after else None
        return self.wait_for(find, lambda: f"role {role} is up on {node or 'a node'}, but "
                             f"{self.owner(role) or 'nobody'} has it", timeout)

    def wait_all_agree(self, timeout=WAIT):
        """Until every running member sees every other one and the same owners."""
        def agree():
            running = self.running()
            seen = [self.status(name) for name in running]
            return None not in seen and all(
                s.has_quorum and set(running) <= s.heard()
                and all(s.owner(r.name) == seen[0].owner(r.name) for r in self.roles)
                for s in seen)
        self.wait_for(agree, "all members agree", timeout)

    def log(self, name):
        return "\n".join(daemon.text() for daemon in self.members[name].lives)

    def rely_on_gate(self):
        """From now on an address may stand on two machines: the gate keeps one of them silent.
        False where this host has none."""
        self.may_stand_in_silence = all("packet gate: active" in self.log(name)
                                        for name in self.nodes)
        return self.may_stand_in_silence

    def said_anywhere(self, text, after=0.0):
        """"MEMBER: LINE" for each line of any log since then that contains the text."""
        return [f"{name}: {line}" for name, member in self.members.items()
                for daemon in member.lives for line in daemon.said(text, after)]

    def wait_log(self, name, text, after=0.0, timeout=WAIT):
        return self.members[name].daemon.program.wait_line(text, timeout, after)

    # verdict

    def violations(self):
        """In words, everything that must never happen; a test that finds any fails."""
        found = [dual for prober in self.probers.values() for dual in prober.duals()]
        found += [overlap for role in self.roles if role.vip and not self.may_stand_in_silence
                  for overlap in self.watch.overlaps(role.address)]
        return found + self.complaints()

    def complaints(self):
        """The part of it that no measurement can be about."""
        found = [words for member in self.members.values() for daemon in member.lives
                 for words in daemon.complaints()]
        for prober in self.probers.values():
            if not prober.program.is_running() and not prober.program.is_expected_to_end:
                found.append("a prober ended by itself: nobody watched")
        return found

    def report(self):
        """Everything that helps to understand a failure."""
        parts = ["== configuration\n" + self.configuration]
        parts += [f"== log of {name}\n" + self.log(name) for name in self.members]
        parts += [f"== prober of {role}\n" + prober.program.text()
                  for role, prober in self.probers.items()]
        for role in self.roles:
            if role.vip:
                parts.append(f"== where {role.address} stood\n" + "\n".join(
                    f"{name}: {start:.6f} to {'now' if math.isinf(end) else f'{end:.6f}'}"
                    for name, start, end in self.watch.intervals(role.address)))
        return "\n".join(parts)
