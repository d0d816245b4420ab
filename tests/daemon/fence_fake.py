#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A fence agent for tests: it behaves, or misbehaves, as the option `behave` says, switches off by
writing a file, and keeps a journal of how it was called in the directory `place`."""
import os
import re
import signal
import sys
import time


def read_options():
    """As the library of the fence agents reads them: blanks at the end and a pair of quotes around
    a value are taken off."""
    options = {}
    for line in sys.stdin.read().splitlines():
        name, _, value = line.strip().partition("=")
        options[name] = re.sub('^"(.*)"$', r"\1", value)
    return options


def say(place, line):
    with open(os.path.join(place, "journal"), "a", encoding="utf-8") as journal:
        journal.write(line + "\n")


def where_it_shows(secret):
    """Where everybody on the host could read the secret."""
    places = []
    for name in ("cmdline", "environ"):
        with open(f"/proc/self/{name}", "rb") as file:
            if secret.encode() in file.read():
                places.append(name)
    return places


def switch(place, action, is_honest):
    state = os.path.join(place, "off")
    if action == "off" and is_honest:
        open(state, "w", encoding="utf-8").close()
    if action == "status":
        sys.exit(2 if os.path.exists(state) else 0)
    sys.exit(0)


def wait_for_the_end():
    """Until somebody kills this process; in the end, should the test be gone, the alarm does."""
    signal.alarm(60)
    while True:
        signal.pause()


def ignore_all(place):
    """Refuses to end, and starts another that leaves its session."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if os.fork() == 0:
        os.setsid()
        say(place, f"stray {os.getpid()}")
    else:
        say(place, f"self {os.getpid()}")
    wait_for_the_end()


def print_password(password, ending):
    """All at once, in pieces, in the middle of a word, and cut off at the end."""
    print(f"login with {password} failed", flush=True)
    for part in ("pieces: ", password[:3], password[3:], "!\n"):
        print(part, end="", flush=True)
        time.sleep(0.05)
    print(f"x{password}x{password}", flush=True)
    print("x" * 505 + password, flush=True)
    print(ending + password[:-1], end="", flush=True)


def main():
    options = read_options()
    place, action = options["place"], options.get("action", "reboot")
    password = options.get("password", "")
    say(place, f"{action} argv {len(sys.argv) - 1} options {','.join(sorted(options))}")
    say(place, f"environment {','.join(sorted(os.environ))}")
    for name in where_it_shows(password) if password else []:
        say(place, f"the password shows in {name}")
    behave = options.get("behave", "well")
    if behave == "hang" or behave == f"hang-{action}":
        wait_for_the_end()
    if behave == "stubborn":
        ignore_all(place)
    if behave == "repeat":
        say(place, f"password [{password}]")
    if behave == "slow":
        time.sleep(0.3)
    if behave == "flood":
        for _ in range(10 * 1024):
            sys.stdout.write("flood " * 170 + "end\n")
        sys.stdout.flush()
    if behave == "tell":
        print_password(password, "the last words: ")
        sys.exit(1)
    if behave == "fail":
        print("Failed: cannot reach the device", file=sys.stderr)
        sys.exit(1)
    if behave == "misunderstand":
        sys.exit(2)
    if behave == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if behave == "background" and action == "off" and os.fork() == 0:
        say(place, f"stray {os.getpid()}")
        wait_for_the_end()
    switch(place, action, behave != "lie")


main()
