# SPDX-License-Identifier: Apache-2.0
"""The smallest web server that names its machine: `page.py PORT`. What the demonstration keeps
running on one node."""

import os
import socket
import sys

TEXT = f"This page comes from {os.uname().nodename}.\n"
ANSWER = ("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n"
          f"Content-Length: {len(TEXT)}\r\nConnection: close\r\n\r\n{TEXT}").encode()

with socket.create_server(("", int(sys.argv[1])), backlog=64) as server:
    print(f"page: serving on port {sys.argv[1]}", flush=True)
    while True:
        connection, _ = server.accept()
        with connection:
            connection.settimeout(1)
            try:
                connection.recv(4096)
                connection.sendall(ANSWER)
            except OSError:
                pass    # a client that went away is its own affair
