# SPDX-License-Identifier: Apache-2.0
"""The show of scripts/demo: two nodes and a witness on this machine, a page behind a virtual
address, and a client that watches while the owner loses its power. Called with everything built."""

import signal
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests" / "netns"))

from lab import (SHORTEST_MS, Cluster, Lab, LabError, Role, boottime,  # noqa: E402
                 enter_user_namespace, paths, why_impossible)

PAGE_PORT = 80
ADDRESS = "10.77.0.100"
TICK = 0.1      # one character of the picture
IS_TERMINAL = sys.stdout.isatty()
COLOURS = {"alpha": "32", "beta": "36", "bold": "1", "grey": "90", "red": "31"}


def paint(text, colour):
    return f"\033[{COLOURS[colour]}m{text}\033[0m" if IS_TERMINAL else text


def title(text):
    print(f"\n{paint(text, 'bold')}", flush=True)


def tell(text):
    print(f"  {text}", flush=True)


class Show:
    def __init__(self, lab):
        page = {"type": "process",
                "command": f"{sys.executable} -S -E {ROOT}/scripts/lib/page.py {PAGE_PORT}"}
        self.lab = lab
        self.role = Role("web", f"{ADDRESS}/24", resources={"page": page})
        self.cluster = Cluster(lab, nodes=2, witnesses=1, timing="fast", roles=[self.role])
        self.browser = None
        self.shown = 0      # loads that are in the picture already

    def start(self):
        self.cluster.boot()
        self.browser = self.cluster.client.start("browser", [
            sys.executable, str(ROOT / "scripts/lib/browser.py"), ADDRESS, str(PAGE_PORT)])
        self.wait_page("alpha")

    def wait_page(self, node):
        """Until the page comes from this node."""
        def loads():
            events = self.browser.events("load")
            return events and events[-1]["node"] == node
        self.lab.wait_for(loads, 20, f"the page comes from {node}")

    def picture(self, seconds):
        """The live client for so long: one letter for each tenth of a second."""
        sys.stdout.write("  client  ")
        end = boottime() + seconds
        tick = boottime()
        while tick < end:
            tick += TICK
            self.lab.wait_for(lambda: boottime() >= tick, 10, "a tenth of a second")
            loads = self.browser.events("load")[self.shown:]
            self.shown += len(loads)
            nodes = [load["node"] for load in loads]
            missing = None in nodes or not nodes
            node = next((n for n in reversed(nodes) if n), None)
            mark = paint(".", "red") if missing or node is None else paint(node[0], node)
            sys.stdout.write(mark)
            sys.stdout.flush()
        print(flush=True)

    def run(self, member, *words):
        """A command as an operator types it, and what it prints."""
        print(f"  {member}$ failoverd {' '.join(words)}", flush=True)
        _, out, err = self.cluster.command(member, *words)
        for line in (out + err).rstrip().splitlines():
            tell(paint(line, "grey"))

    def outage(self, since, after):
        """How long there was no answer at the address, and no page, until `after`, in words."""
        silent = [o["ms"] for o in self.cluster.probe("web").outages(since) if o["after"] == after]
        loads = [e for e in self.browser.events("load") if e["node"] is not None]
        back = next(e["t"] for e in loads if e["t"] > since and e["node"] == after)
        last = max(e["t"] for e in loads if e["t"] < back)
        silence = f"for {silent[0]:.1f} ms" if silent else f"for less than {SHORTEST_MS} ms"
        return f"The address was silent {silence}, the page for {(back - last) * 1000:.0f} ms."

    def introduce(self):
        title("Two nodes and a witness, one virtual address, one web page")
        tell(f"alpha and beta may own the role web: the address {ADDRESS} and a page behind it.")
        tell("The witness w1 only votes. Each is a machine of its own (network namespaces).")
        self.start()
        self.run("alpha", "status")
        tell("A client loads the page all the time: a is alpha, b is beta, a dot is no answer.")
        self.picture(4)

    def lose_power(self):
        title("alpha loses its power")
        since = self.cluster.power_off("alpha")
        self.picture(5)
        self.cluster.wait_up("web", "beta")
        self.wait_page("beta")
        tell(self.outage(since, "beta"))
        tell(f"Promised to alpha were {self.cluster.promise * 1000:.0f} ms (preset fast): before "
             "that nobody else may take over,")
        tell("because alpha might still be alive. What beta wrote meanwhile:")
        for when, line in self.cluster.members["beta"].daemon.lines:
            if when >= since and "debug" not in line.lower():
                tell(paint(line, "grey"))
        self.run("beta", "status")

    def boot_again(self):
        title("alpha gets its power back")
        self.cluster.power_on("alpha")
        self.cluster.wait_all_agree()
        tell("It is a member again; the role stays where it is.")
        self.picture(4)

    def move_back(self):
        title("The role moves back, on command")
        since = boottime()
        self.run("w1", "move", "web", "alpha", "--wait")
        self.wait_page("alpha")
        self.picture(4)
        tell(self.outage(since, "alpha"))
        self.run("alpha", "status")

    def stay(self):
        title("The cluster keeps running until you press Ctrl-C")
        tell("In another terminal, as the same user (root if you are root):")
        for member in self.cluster.members.values():
            tell(f"  {paths.FAILOVERD} status --run-dir {member.directory / 'run'}")
        tell("and move, stop, start, pause, resume in the same way.")
        while True:
            self.picture(6)


def play(once):
    with Lab() as lab:
        show = Show(lab)
        show.introduce()
        show.lose_power()
        show.boot_again()
        show.move_back()
        if not once:
            show.stay()
        title("Cleaned up: nothing is left on this machine")


def main():
    enter_user_namespace([sys.executable, *sys.argv])
    reason = why_impossible()
    if reason is not None:
        sys.exit(f"scripts/demo: {reason}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        play("--once" in sys.argv[1:])
    except KeyboardInterrupt:
        print("\nCleaned up: nothing is left on this machine")
    except LabError as error:
        sys.exit(f"scripts/demo: {error}")


main()
