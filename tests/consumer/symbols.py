#!/usr/bin/env python3
"""Looks at the symbols of the shared library, or of a program that uses tenure.

usage: symbols.py library LIBTENURE_SO INCLUDE_FOLDER
       symbols.py program PROGRAM [LIBTENURE_SO]
"""
import pathlib
import re
import subprocess
import sys

INTERNAL = re.compile(r"\b(?:tenure::(?:agent|consul|core|impl|runtime|text|toolkit|wire)::"
                      r"|boost::beast::|simdjson::|re2::|spdlog::)")
# What a program must not have that uses the library alone: the agent, the server, and what only
# components need.
FOREIGN = re.compile(r"\b(?:re2|spdlog|tenure::agent|tenure::wire::(?:http_server|server_\w+))::")
# Of Beast, the HTTP client uses http:: to write requests and to read responses, a flat_buffer to
# read into, and the helpers of these for handlers and buffers. What it does not use, a program must
# not have: the server's side of http::, files, WebSocket, compression and the rest.
BEAST = re.compile(r"\bboost::beast::(?:(?:websocket|zlib|test|detail::(?:base64|sha1))::"
                   r"|http::(?:basic_)?parser<true|http::serializer<false|file_|(?:basic_)?multi_"
                   r"|flat_static|static_buffer|rate_policy|basic_stream|tcp_stream|ssl_stream)")


def run(*command: str) -> str:
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout


def defined(file: str, *options: str) -> dict[str, str]:
    """The defined symbols: demangled name to kind."""
    found = {}
    for line in run("nm", "--defined-only", "-C", *options, file).splitlines():
        match = re.match(r"[0-9a-f]* (\w) (.*)", line)
        if match:
            found[match.group(2)] = match.group(1)
    return found


def needed(file: str) -> list[str]:
    return re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "-d", file))


def check_library(library: str, include: str) -> list[str]:
    exported = defined(library, "-D")
    bad = [f"exports {name}" for name in exported if INTERNAL.search(name)]
    headers = "\n".join(f.read_text() for f in pathlib.Path(include).rglob("*.hpp"))
    for name in exported:
        own = re.match(r"tenure::(\w+)", name)
        if own and not re.search(rf"\b{own.group(1)}\b", headers):
            bad.append(f"exports {name}, which no public header declares")
    # A function of the public API that takes an internal type is hidden with it. That suits a
    # constructor that only the library calls. A lambda is local: {lambda()#1} to g++, $_0 to clang.
    for name, kind in defined(library).items():
        public = re.match(r"tenure::[\w:~]+\(", name)
        constructor = re.match(r"tenure::(?:\w+::)*(\w+)::\1\(", name)
        if kind == "t" and public and not (constructor or INTERNAL.match(name)
                                           or re.search(r"\[clone|\{lambda|::\$_\d", name)):
            bad.append(f"hides {name}")
    if not any(name.startswith("tenure::elections::shut_down(") for name in exported):
        bad.append("does not export tenure::elections::shut_down()")
    return bad + [f"needs {n}" for n in needed(library) if re.search("re2|spdlog|fmt", n)]


def check_program(program: str, library: str | None) -> list[str]:
    symbols = defined(program)
    bad = [f"has {name}" for name in symbols if FOREIGN.search(name) or BEAST.search(name)]
    bad += [f"needs {n}" for n in needed(program) if re.search("re2|spdlog|fmt", n)]
    if (library is not None) != any("libtenure" in n for n in needed(program)):
        bad.append(f"needs {needed(program)}")
    if library is not None:
        # Asio's variables exist once in the process: the program exports its own copy of what the
        # library has, too, and the dynamic linker takes the first.
        exported, of_library = defined(program, "-D"), defined(library, "-D")
        bad += [f"has its own {name}" for name, kind in symbols.items()
                if kind in "uVBDvbd" and "boost::asio::" in name and name in of_library
                and name not in exported]
    return bad


def main() -> int:
    what, file = sys.argv[1:3]
    if what == "library":
        bad = check_library(file, sys.argv[3])
    else:
        bad = check_program(file, sys.argv[3] if len(sys.argv) > 3 else None)
    for line in bad[:40]:
        print(f"{file} {line}")
    if bad:
        print(f"{len(bad)} in all")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
