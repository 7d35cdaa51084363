"""Reads C++ for the lints: without comments, literals and preprocessor lines, or as tokens.

This is not a parser. Removed text keeps its line breaks, so that line numbers stay correct.
"""
import re
from typing import NamedTuple


class Token(NamedTuple):
    text: str
    line: int


LITERAL = re.compile(
    r"""
      //[^\n]*(?:\\\n[^\n]*)*                      # line comment
    | /\*.*?\*/                                    # block comment
    | (?:u8|u|U|L)?R"(?P<tag>[^()\s\\]{0,16})\(.*?\)(?P=tag)"   # raw string
    | "(?:\\.|[^"\\\n])*"                          # string
    | (?<![0-9A-Za-z_])(?:u8|u|U|L)?'(?:\\.|[^'\\\n])+'        # character, not 1'000
    """,
    re.VERBOSE | re.DOTALL,
)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", re.MULTILINE)
TOKEN = re.compile(
    r"[A-Za-z_]\w*|\.?[0-9](?:[\w.']|[eEpP][+-])*|\"\"|::|->\*?|\.\.\.|<=>|<<=|>>=|<=|>="
    r"|==|!=|&&|\|\||\+\+|--|[-+*/%&|^]=|.",
    re.DOTALL,
)


def _blank(text: str, keep: str) -> str:
    lines = text.count("\n")
    return keep + "\n" * lines


def strip_literals(text: str) -> str:
    """Replaces each comment by a space and each literal by an empty string literal."""

    def replace(match: re.Match) -> str:
        found = match.group(0)
        return _blank(found, " " if found[0] == "/" else '""')

    return LITERAL.sub(replace, text)


def includes(text: str) -> list[tuple[int, str]]:
    """(line, '<a>' or '"a"') of every #include."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        match = re.match(r'\s*#\s*include\s*(<[^>]+>|"[^"]+")', line)
        if match:
            found.append((number, match.group(1)))
    return found


def directives(text: str) -> list[tuple[int, str]]:
    """(line, text) of every preprocessor directive, comments and literals stripped."""
    stripped = strip_literals(text)
    return [
        (stripped.count("\n", 0, m.start()) + 1, m.group(0)) for m in DIRECTIVE.finditer(stripped)
    ]


def code(text: str) -> str:
    """The text without comments, literals and preprocessor directives."""
    return DIRECTIVE.sub(lambda m: _blank(m.group(0), ""), strip_literals(text))


def tokens(text: str) -> list[Token]:
    found = []
    line = 1
    for match in TOKEN.finditer(code(text)):
        piece = match.group(0)
        if piece.isspace():
            line += piece.count("\n")
            continue
        found.append(Token(piece, line))
    return found
