#!/usr/bin/env python3
"""Refuses patterns that g++ 12.2 silently miscompiles in coroutines.

A list of bad patterns would always miss one, so this lint accepts only two forms:

    co_await expr;
    type name = co_await expr;          (a structured binding counts)

where expr has no braces, no conditional operator and no lambda: name such a value first, then move
it in.

usage: coroutines.py FILE...
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from cpp_source import Token, directives, tokens  # noqa: E402

OPENERS = {"(": ")", "[": "]", "{": "}"}
CLOSERS = {close: open_ for open_, close in OPENERS.items()}
# Tokens that may follow an operand without making `co_await x` part of a larger expression.
POSTFIX = {"::", ".", "->", "(", "["}
PREFIX_OPERATORS = {"*", "&", "!", "-", "~", "::"}
NOT_TYPES = {"return", "co_return", "co_yield", "throw", "delete", "new", "co_await", "sizeof"}


class Problem(Exception):
    """The reason why a co_await is refused."""


def pair_brackets(source: list[Token]) -> tuple[dict[int, int], list[int]]:
    """For each bracket its partner, and for each token the innermost open bracket (-1: none)."""
    partner: dict[int, int] = {}
    around = []
    stack: list[int] = []
    for i, token in enumerate(source):
        if token.text in CLOSERS and stack:
            opener = stack.pop()
            partner[opener], partner[i] = i, opener
        around.append(stack[-1] if stack else -1)
        if token.text in OPENERS:
            stack.append(i)
    return partner, around


def is_name(text: str) -> bool:
    return text[0].isalpha() or text[0] == "_"


class Checker:
    def __init__(self, text: str):
        self.source = tokens(text)
        self.partner, self.around = pair_brackets(self.source)

    def at(self, i: int) -> str:
        return self.source[i].text if 0 <= i < len(self.source) else ""

    def statement_start(self, i: int) -> int:
        """The first token of the statement that contains token i."""
        while i > 0 and self.at(i - 1) not in (";", "{", "}"):
            i = self.partner.get(i - 1, i - 1) if self.at(i - 1) in CLOSERS else i - 1
        return i

    def skip_control(self, i: int, end: int) -> int:
        """Skips `else`, `do`, `if (...)`, `for (...)`, `while (...)`, labels and attributes."""
        while i < end:
            word = self.at(i)
            if word in ("else", "do"):
                i += 1
            elif word in ("if", "for", "while", "switch"):
                i += 2 if self.at(i + 1) == "constexpr" else 1
                i = self.partner.get(i, end) + 1
            elif word == "case":
                while i < end and self.at(i) != ":":
                    i += 1
                i += 1
            elif is_name(word) and self.at(i + 1) == ":":
                i += 2
            elif word == "[" and self.at(i + 1) == "[":
                i = self.partner.get(i, end) + 1
            else:
                break
        return i

    def check_declaration(self, i: int, end: int) -> None:
        """Tokens i..end must be `type name =`."""
        words = [self.at(k) for k in range(i, end)]
        where = "co_await is a whole statement, or the whole initializer of a named variable"
        if words[-1] != "=" or len(words) < 3:
            raise Problem(where)
        words.pop()
        if words[-1] == "]":  # auto [a, b], auto& [a, b]
            head = words[: words.index("[")]
            if head not in (["auto"], ["auto", "&"], ["auto", "&&"], ["const", "auto"],
                            ["const", "auto", "&"]):
                raise Problem(where)
            return
        if not is_name(words[-1]) or not (is_name(words[0]) or words[0] == "::"):
            raise Problem(where)
        if len(words) > 2 and words[-2] == "::":  # a::b = co_await ...
            raise Problem(where)
        for word in words:
            typish = is_name(word) or word[0].isdigit() or word in ("::", "<", ">", ",", "*", "&",
                                                                    "&&")
            if not typish or word in NOT_TYPES:
                raise Problem(where)

    def skip_template_arguments(self, i: int) -> int:
        """The token after the `<...>` that starts at i, or i if it is a comparison."""
        depth = 0
        for k in range(i, len(self.source)):
            word = self.at(k)
            if word == "<":
                depth += 1
            elif word == ">":
                depth -= 1
                if depth == 0:
                    return k + 1 if self.at(k + 1) in ("(", "::") else i
            elif word in (";", "{", "}"):
                return i
        return i

    def check_operand(self, i: int) -> None:
        """Checks that exactly one operand lies between co_await and the end of the statement; i is
        the first token after co_await."""
        outside = self.around[i - 1]
        end = i
        while end < len(self.source) and not (
            (self.around[end] == outside and self.at(end) == ";")
            or (self.at(end) == "}" and self.partner.get(end) == outside)
        ):
            end += 1
        if self.at(end) != ";" or end == i:
            raise Problem("co_await inside braces: bind it to a named variable first")
        for k in range(i, end):
            word = self.at(k)
            if word == "[" and not (is_name(self.at(k - 1)) or self.at(k - 1) in (")", "]")):
                raise Problem("lambda in a co_await expression: name it, then move it in")
            if word == "{":
                raise Problem("braces in a co_await expression: name the value, then move it in")
            if word == "?":
                raise Problem("?: in a co_await expression: bind the choice to a name first")
        while self.at(i) in PREFIX_OPERATORS:
            i += 1
        if not (is_name(self.at(i)) or self.at(i) == "("):
            raise Problem("co_await of something that is not a call or a name")
        while i < end:
            word = self.at(i)
            if word in ("(", "["):
                i = self.partner[i] + 1
            elif word == "<":
                after = self.skip_template_arguments(i)
                if after == i:
                    raise Problem("co_await is only a part of the expression: bind it first")
                i = after
            elif is_name(word) and (i + 1 == end or self.at(i + 1) in POSTFIX | {"<"}):
                i += 1
            elif word in ("::", ".", "->"):
                i += 1
            else:
                raise Problem("co_await is only a part of the expression: bind it first")

    def check_await(self, i: int) -> None:
        opener = self.around[i]
        if opener >= 0 and self.at(opener) != "{":
            raise Problem("co_await in a condition, an argument or parentheses: bind it to a "
                          "named variable first")
        start = self.skip_control(self.statement_start(i), i)
        if start < i:
            self.check_declaration(start, i)
        self.check_operand(i + 1)

    def check_defaults(self, i: int) -> None:
        """Refuses awaitable<T> f(Aggregate a = {}): each call would make a braced temporary."""
        k = i + 1
        if self.at(k) != "<":
            return
        depth = 0
        while k < len(self.source):
            depth += {"<": 1, ">": -1}.get(self.at(k), 0)
            k += 1
            if depth == 0:
                break
        while is_name(self.at(k) or "(") or self.at(k) == "::":
            k += 1
        if self.at(k) != "(" or k not in self.partner:
            return
        for j in range(k, self.partner[k]):
            if self.at(j) == "=" and self.around[j] == k and "{" in (self.at(j + 1),
                                                                   self.at(j + 2)):
                raise Problem("braced default argument of a coroutine: overload it instead")


def check(text: str) -> list[tuple[int, str]]:
    """(line, why) for each refused pattern of this C++ text."""
    checker = Checker(text)
    found = []
    for i, token in enumerate(checker.source):
        try:
            if token.text == "co_await":
                checker.check_await(i)
            elif token.text == "co_return" and checker.at(i + 1) == "{":
                raise Problem("co_return of a braced list does not compile with Asio 1.81")
            elif token.text == "awaitable":
                checker.check_defaults(i)
        except Problem as problem:
            found.append((token.line, str(problem)))
    for line, directive in directives(text):
        if "co_await" in directive:
            found.append((line, "co_await in a macro: write it out"))
    return sorted(found)


def main(files: list[str]) -> int:
    bad = 0
    for name in files:
        for line, why in check(pathlib.Path(name).read_text(encoding="utf-8")):
            print(f"{name}:{line}: coroutine: {why}")
            bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
