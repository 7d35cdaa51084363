#!/usr/bin/env python3
"""hardening.py FOLDER: are the installed programs and libraries below FOLDER hardened?

Asks readelf. Prints a line for each binary, and one for each fault; exits with 1 if there is any.
"""

import os
import re
import subprocess
import sys


def readelf(*arguments):
    return subprocess.run(["readelf", "-W", *arguments], capture_output=True, text=True,
                          check=True).stdout


def faults_of(path, is_program):
    """Of a program or a shared library."""
    header, segments, dynamic = readelf("-h", path), readelf("-l", path), readelf("-d", path)
    symbols = readelf("--dyn-syms", path)
    if is_program and not re.search(r"Type:\s+DYN", header):
        yield "not position independent"
    if is_program and "(FLAGS_1)" in dynamic and "PIE" not in dynamic:
        yield "no PIE"
    if "GNU_RELRO" not in segments:
        yield "no RELRO"
    if "BIND_NOW" not in dynamic and not re.search(r"Flags:.*\bNOW\b", dynamic):
        yield "RELRO is not full: no BIND_NOW"
    stack = re.search(r"GNU_STACK.*\s([RWE ]+)\s+0x", segments)
    if not stack or "E" in stack.group(1):
        yield "the stack can be executed"
    if "__stack_chk_fail" not in symbols:
        yield "the stack is not protected"
    if is_program and not re.search(r"__\w+_chk@", symbols.replace("__stack_chk_fail", "")):
        yield "no fortified functions"
    if re.search(r"\((RPATH|RUNPATH)\)", dynamic):
        yield "it has a search path for libraries"


def faults_of_archive(path):
    """Of a static library: each object says whether its branches are protected."""
    if os.uname().machine != "x86_64":
        return
    members = readelf("-n", path).split("\nFile: ")[1:] or [readelf("-n", path)]
    without = [text.split("\n")[0] for text in members if "IBT" not in text]
    if without:
        yield f"branches are not protected in {', '.join(without[:3])}"


def binaries_below(folder):
    for root, _, names in os.walk(folder):
        for name in sorted(names):
            path = os.path.join(root, name)
            if not os.path.islink(path):
                yield path


def main(folder):
    checked, failed = 0, False
    for path in binaries_below(folder):
        with open(path, "rb") as file:
            magic = file.read(8)
        if magic.startswith(b"\x7fELF"):
            faults = list(faults_of(path, os.path.basename(os.path.dirname(path)) == "bin"))
        elif magic == b"!<arch>\n":
            faults = list(faults_of_archive(path))
        else:
            continue
        checked += 1
        failed = failed or bool(faults)
        print(f"{os.path.relpath(path, folder)}: {'; '.join(faults) or 'hardened'}")
    if checked == 0:
        print(f"no binaries below {folder}")
    return 1 if failed or checked == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
