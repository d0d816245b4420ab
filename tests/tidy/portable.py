#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every source outside daemon/platform/ is read by the compiler for Windows, with its warnings as
errors; nothing is linked. A file that cannot pass yet stands in NOT_YET with its reason, and one
that stands there and passes is an error, so that the list only shrinks.

usage: portable.py ROOT [COMPILER]

The headers of the libraries are those of this host: they are made for both systems. Formats are
not checked: this compiler takes `printf` for that of an old C library, and others check them.
"""

import concurrent.futures
import os
import subprocess
import sys
import tempfile
from pathlib import Path

COMPILER = "x86_64-w64-mingw32-gcc"
SKIPPED = 77
DIRECTORIES = ("proto", "config", "daemon")
PLATFORM = Path("daemon/platform")
HEADERS = ("uv", "uv.h", "sodium", "sodium.h", "ini.h", "cjson")
FLAGS = ["-std=c11", "-fsyntax-only", "-Wall", "-Wextra", "-Wno-format", "-Werror", "-D_GNU_SOURCE",
         "-D_WIN32_WINNT=0x0A00", "-DWIN32_LEAN_AND_MEAN", "-D__USE_MINGW_ANSI_STDIO=1",
         '-DFAILOVERD_VERSION="0"']
NOT_YET = {
    "daemon/cli/client.c": "keeps SIGPIPE from ending it, which Windows does not have",
    "daemon/control/control.c": "asks who is at the other end of a pipe by its descriptor",
    "daemon/daemon.c": "ignores SIGPIPE, which Windows does not have",
    "daemon/guard/shared_memory.c": "maps a file by mmap(2) instead of by the platform",
    "daemon/worker/realtime.c": "gives way on SIGXCPU, which Windows does not have",
    "daemon/resource/run_records.c": "cuts lines by strsep(3)",
    "daemon/resource/task.c": "names signals by strsignal(3)",
}


def sources(root):
    found = [path.relative_to(root) for name in DIRECTORIES for path in (root / name).rglob("*.c")]
    return sorted(path for path in found if PLATFORM not in path.parents)


def library_headers(place):
    for name in HEADERS:
        (place / name).symlink_to(Path("/usr/include") / name)


def complaint(compiler, root, headers, source):
    """What the compiler says of it; "": nothing."""
    done = subprocess.run([compiler, *FLAGS, "-I", root, "-idirafter", headers, root / source],
                          capture_output=True, text=True)
    return done.stderr if done.returncode != 0 else ""


def verdicts(root, said):
    """{source: words of the compiler} -> lines for what is not as it should be."""
    for source, words in said.items():
        if words and str(source) not in NOT_YET:
            yield f"{source}: cannot be compiled for Windows:\n{words}"
        elif not words and str(source) in NOT_YET:
            yield f"{source}: can be compiled for Windows now: take it out of NOT_YET"
    for name in NOT_YET:
        if not (root / name).exists():
            yield f"{name}: is not there any more: take it out of NOT_YET"


def main(root, compiler=COMPILER):
    root = Path(root).resolve()
    try:
        subprocess.run([compiler, "--version"], check=True, capture_output=True)
    except FileNotFoundError:
        print(f"skipped: {compiler} is not installed")
        return SKIPPED
    with tempfile.TemporaryDirectory() as place, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        library_headers(Path(place))
        files = sources(root)
        said = dict(zip(files, pool.map(lambda file: complaint(compiler, root, place, file),
                                        files)))
    wrong = list(verdicts(root, said))
    print("\n".join(wrong + [f"{len(said)} files, {len(NOT_YET)} not yet, {len(wrong)} wrong"]))
    return 1 if wrong or not said else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
