#!/usr/bin/env python3
"""Checks what each layer may include, and where clocks, random numbers and sockets may be used.

The build already prevents a layer from including one above it; this lint checks the rules that a
compiler cannot. A line that must break a rule says why: `// lint: allow RULE because ...` on that
line or on the one above.

usage: layers.py FILE...    (paths from the top of the tree)
"""
import pathlib
import re
import sys
from typing import Iterator, NamedTuple

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from cpp_source import code, includes  # noqa: E402


class Pattern(NamedTuple):
    rule: str
    where: str  # of paths
    pattern: str  # of code
    why: str


LIB = r"^lib/(?!include/)"
LAYERS = "text|core|runtime|wire|consul|election|agent|testing|sim"
NO_CLOCK_TESTS = r"^tests/(unit|component|contract|sim)/"

CODE = [
    Pattern("clock", LIB + r"(?!runtime/)|^tests/(unit|component|sim)/",
            r"\w*_clock::now\b|\bclock_gettime\b|\bgettimeofday\b|\bstd::time\s*\("
            r"|(?<![\w.:>])time\s*\(\s*(?:0|nullptr|NULL|&)|\b(?:local|gm)time\s*\(",
            "the time comes from the runtime's clock, or as an argument"),
    Pattern("timer", LIB + r"(?!runtime/)|" + NO_CLOCK_TESTS,
            r"\b(?:steady|system|high_resolution|deadline)_timer\b|\btimerfd_\w+",
            "wait on the runtime's timers: Asio's own ignore suspended time"),
    Pattern("sleep", LIB + r"|" + NO_CLOCK_TESTS,
            r"\bthis_thread::sleep_\w+|\bu?sleep\s*\(\s*\d|\bnanosleep\b|\busleep\b",
            "the library and its tests never sleep by the wall clock"),
    Pattern("random", LIB + r"(?!runtime/)",
            r"\brandom_device\b|\bmt19937(?:_64)?\b|\bminstd_rand\w*|\bdefault_random_engine\b"
            r"|\bstd::\w+_distribution\b|\buniform_\w+_distribution\b|\bgetrandom\b|\bgetentropy\b"
            r"|(?<![\w.:>])s?rand\s*\(|\bstd::s?rand\b",
            "random numbers come from the runtime: std distributions differ by platform"),
    Pattern("thread", LIB + r"(?!runtime/)",
            r"\bstd::j?thread\b|\bstd::async\b|\bpthread_create\b|\bthread_pool\b",
            "only the runtime starts threads"),
    Pattern("socket", LIB + r"(?!wire/)",
            r"\bip::(?:tcp|udp)\b|\blocal::stream_protocol\b|\bbeast::"
            r"|(?<![\w.>])::(?:socket|connect|accept|bind)\s*\(",
            "only the wire layer opens sockets"),
    Pattern("descriptor", LIB + r"(?!wire/|runtime/)",
            r"(?<![\w.>])::(?:open|openat|creat|pipe2?|eventfd)\s*\(",
            "only wire and runtime open descriptors"),
    Pattern("pointer-order", LIB, r"\bstd::(?:multi)?(?:map|set)\s*<[^,<>]*\*\s*[,>]",
            "the order of pointers changes from run to run: key by an id"),
    Pattern("skip", r"^tests/(unit|component|contract|sim|support)/", r"\bSKIP\s*\(",
            "a test below e2e is never skipped"),
]

PUBLIC = r'<[a-z_0-9]+>|<(?:boost/(?:asio|system)(?:/[\w./]+)?\.hpp|tenure/[\w/]+\.hpp)>'
INCLUDES = [
    Pattern("include", r"", r'".*\.\./', "include by layer (\"layer/file.hpp\"), never by ../"),
    Pattern("include", r"^lib/core/", r"<boost/asio", "core does not use Asio"),
    Pattern("include", r"^tests/unit/", r"<boost/asio", "unit tests do not use Asio"),
    Pattern("include", r"^lib/(?!wire/|include/)",
            r"<boost/(?:beast|asio/ip|asio/local|asio/ssl)|<(?:sys/socket|sys/un|netinet/|arpa/)",
            "sockets and Beast belong to the wire layer"),
    Pattern("include", r"^lib/(?!spdlog_sink/)", r"<spdlog/", "spdlog belongs to lib/spdlog_sink"),
    Pattern("include", r"^lib/(text|core)/",
            r"<tenure/toolkit/(?:async_condition|task_scope|timers|http_\w+)\.hpp>",
            "this helper belongs to a layer above"),
    Pattern("include", r"^lib/runtime/", r"<tenure/toolkit/http_(?!message)\w+\.hpp>",
            "this helper belongs to the wire layer"),
    # Not for bench/micro, which times parts of the library by themselves; nor for the simulation,
    # which is made of the library's layers and replaces their network and clock.
    Pattern("include", r"^(?:apps|bench/subjects)/", rf'["<](?:{LAYERS})/',
            "programs include the library's public headers only: <tenure/...>"),
    Pattern("include", r"^lib/include/", rf"(?!{PUBLIC})",
            "public headers include only std, boost/asio, boost/system and tenure/"),
    Pattern("include", r"^apps/|^lib/(?!testing/|include/tenure/testing[/.])",
            r'"testing/|<tenure/testing[/.]', "virtual time is for tests"),
]

UNORDERED = re.compile(r"\bunordered_(?:multi)?(?:map|set)\s*<")
ALLOWED = re.compile(r"//\s*lint: allow ([\w-]+) because \w+")


def declared_after_template(text: str, start: int) -> str:
    """The name declared by `unordered_map<...> name`, start being just after the `<`."""
    depth, i = 1, start
    while i < len(text) and depth > 0:
        depth += {"<": 1, ">": -1}.get(text[i], 0)
        i += 1
    match = re.match(r"\s*&?\s*(\w+)\s*(?:[;={,)]|$)", text[i:])
    return match.group(1) if match else ""


def unordered_names(text: str) -> set[str]:
    found = {declared_after_template(text, m.end()) for m in UNORDERED.finditer(text)}
    return found - {""}


def unordered_walks(text: str, names: set[str]) -> Iterator[int]:
    """The offsets at which this code iterates over one of these containers."""
    if not names:
        return
    one_of = "|".join(sorted(names))
    for pattern in (rf"\bfor\s*\([^;()]*:\s*[\w.\->]*\b(?:{one_of})\s*\)",
                    rf"\b(?:{one_of})\s*\.\s*c?begin\s*\("):
        for match in re.finditer(pattern, text):
            yield match.start()


def allowed(raw_lines: list[str], line: int, rule: str) -> bool:
    for number in (line, line - 1):
        if 1 <= number <= len(raw_lines):
            match = ALLOWED.search(raw_lines[number - 1])
            if match and match.group(1) == rule:
                return True
    return False


def check(path: str, text: str, layer_names: set[str]) -> list[tuple[int, str, str]]:
    """(line, rule, why) for one file; layer_names are the unordered containers of its layer."""
    stripped = code(text)
    raw_lines = text.split("\n")
    found = []
    for rule, where, pattern, why in CODE:
        if re.search(where, path):
            for match in re.finditer(pattern, stripped):
                line = stripped.count("\n", 0, match.start()) + 1
                found.append((line, rule, f"`{match.group(0).strip()}`: {why}"))
    for rule, where, pattern, why in INCLUDES:
        if re.search(where, path):
            for line, name in includes(text):
                if re.match(pattern, name):
                    found.append((line, rule, f"{name}: {why}"))
    if re.search(LIB + r"(?!runtime/)", path):
        for offset in unordered_walks(stripped, layer_names | unordered_names(stripped)):
            line = stripped.count("\n", 0, offset) + 1
            found.append((line, "unordered", "the order of an unordered container is arbitrary: "
                                             "iterate over an ordered one"))
    return sorted(f for f in found if not allowed(raw_lines, f[0], f[1]))


def layer_of(path: str) -> str:
    """lib/LAYER whatever the folder below it; the folder of other files."""
    parts = pathlib.PurePath(path).parts
    return "/".join(parts[:2]) if parts[0] == "lib" else "/".join(parts[:-1])


def main(files: list[str]) -> int:
    texts = {name: pathlib.Path(name).read_text(encoding="utf-8") for name in files}
    by_layer: dict[str, set[str]] = {}
    for name, text in texts.items():
        # Another file of the layer may iterate over a member; locals are visible in one file only.
        members = {n for n in unordered_names(code(text)) if n.endswith("_")}
        by_layer.setdefault(layer_of(name), set()).update(members)
    bad = 0
    for name, text in texts.items():
        for line, rule, why in check(name, text, by_layer[layer_of(name)]):
            print(f"{name}:{line}: {rule}: {why}")
            bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
