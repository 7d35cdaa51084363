#!/usr/bin/env python3
"""Replaces a file by what standard input has, unless a later leader has written it.

    tenure run service/report/leader -- sh -c './report.sh | file.py /srv/report.txt'

All writers must use this program, on one machine or on a file system whose locks reach all of them.
Exit code 3: fenced, a later leader has written.
"""
import fcntl
import os
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


if __name__ == "__main__":
    if not write(sys.argv[1], sys.stdin.buffer.read(), int(os.environ["TENURE_FENCE"])):
        print("fenced: a later leader has written " + sys.argv[1], file=sys.stderr)
        sys.exit(3)
