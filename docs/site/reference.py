"""The pages of the reference that are made from the programs and the sources."""
import pathlib
import re
import subprocess
import sys

PROGRAMS = ("tenure", "tenure-cron", "scheduler")


def help_of(program: pathlib.Path, words: list[str]) -> str:
    done = subprocess.run([program, *words, "--help"], capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=60)
    if done.returncode != 0:
        sys.exit(f"docs: {program.name} {' '.join(words)} --help failed: {done.stderr}")
    return done.stdout.rstrip()


def subcommands(text: str) -> list[str]:
    """The names in the blocks of a help text whose title ends with "ommands:"."""
    names, inside = [], False
    for line in text.splitlines():
        if re.match(r"^\S.*:$", line):
            inside = line.lower().endswith("commands:")
        elif inside and (found := re.match(r"^  ([a-z][\w-]*)(\s|$)", line)):
            names.append(found[1])
    return names


def commands(bin_dir: pathlib.Path) -> str:
    lines = ["# Commands and options", "",
             "Each program prints this text with `--help`; `man` has it as pages.", ""]

    def add(program: pathlib.Path, words: list[str]) -> None:
        text = help_of(program, words)
        lines.extend([f"{'#' * (2 + len(words))} {' '.join([program.name, *words])}", "",
                      "```text", text, "```", ""])
        for name in subcommands(text):
            add(program, [*words, name])

    for name in PROGRAMS:
        program = bin_dir / name
        if not program.is_file():
            sys.exit(f"docs: {name} is not in {bin_dir}: build it first")
        add(program, [])
    return "\n".join(lines)


def exit_codes(top: pathlib.Path) -> str:
    lines = ["# Exit codes", "", "Of all programs; a command's own exit code is handed on.", "",
             "| code | name | meaning |", "|---|---|---|"]
    headers = ("apps/common/exit_codes.hpp", "apps/tenure/doctor/report.hpp")
    source = "".join((top / name).read_text(encoding="utf-8") for name in headers)
    found = re.findall(r"constexpr int exit_(\w+) = (\d+);(?:\s+///< (.*))?", source)
    if not found:
        sys.exit("docs: no exit code in apps/common/exit_codes.hpp")
    for name, code, meaning in found:
        lines.append(f"| {code} | {name.replace('_', ' ')} | {meaning or 'success'} |")
    return "\n".join(lines) + "\n"


def write(top: pathlib.Path, bin_dir: pathlib.Path, into: pathlib.Path) -> None:
    folder = into / "reference"
    folder.mkdir()
    (folder / "commands.md").write_text(commands(bin_dir), encoding="utf-8")
    (folder / "exit-codes.md").write_text(exit_codes(top), encoding="utf-8")
