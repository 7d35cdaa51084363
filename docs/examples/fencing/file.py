#!/usr/bin/env python3
"""Replaces a file by what a command prints, unless a later leader has written it.

    tenure run service/report/leader -- file.py /srv/report.txt ./report.sh

All writers must use this program, on one machine or on a file system whose locks reach all of them.
If the command fails, the file stays as it is. Exit code: that of the command; 3: fenced, a later
leader has written; 64: wrong arguments.
"""
import fcntl
import os
import subprocess
import sys


def replace(path, content):
    with open(path + ".new", "wb") as new:
        new.write(content)
        new.flush()
        os.fsync(new.fileno())
    os.rename(path + ".new", path)


def write(path, content, fence):
    with open(path + ".lock", "a", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # until it is closed: check and write are one step
        try:
            with open(path + ".fence", encoding="ascii") as file:
                seen = int(file.read())
        except FileNotFoundError:
            seen = 0
        if fence < seen:
            return False
        # First: if this process dies now, earlier leaders are shut out already.
        replace(path + ".fence", str(fence).encode())
        replace(path, content)
        return True


def main(arguments):
    if len(arguments) < 2:
        print("usage: file.py FILE COMMAND [ARGUMENT...]", file=sys.stderr)
        return 64
    path, *command = arguments
    made = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if made.returncode != 0:
        print(f"{command[0]} failed: {path} stays as it is", file=sys.stderr)
        return made.returncode if made.returncode > 0 else 128 - made.returncode
    if not write(path, made.stdout, int(os.environ["TENURE_FENCE"])):
        print("fenced: a later leader has written " + path, file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
