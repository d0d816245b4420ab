# SPDX-License-Identifier: Apache-2.0
"""A client that loads the page again and again: `browser.py ADDRESS PORT`.

Writes one JSON line for each load: when, and the machine that the page names; null without an
answer.
"""

import json
import socket
import sys
import time

PERIOD, PATIENCE = 0.025, 0.05


def load(address):
    try:
        with socket.create_connection(address, PATIENCE) as connection:
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            text = b""
            while chunk := connection.recv(4096):
                text += chunk
        return text.decode().rstrip(".\n").rsplit(" ", 1)[-1]
    except OSError:
        return None


def main():
    address = (sys.argv[1], int(sys.argv[2]))
    due = time.monotonic()
    while True:
        name = load(address)
        now = time.clock_gettime(time.CLOCK_BOOTTIME)
        print(json.dumps({"event": "load", "t": now, "node": name}), flush=True)
        due = max(due + PERIOD, time.monotonic())
        time.sleep(due - time.monotonic() if due > time.monotonic() else 0)


main()
