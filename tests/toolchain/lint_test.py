#!/usr/bin/env python3
"""Tests of the lints: what each has to accept, and what each has to refuse."""
import pathlib
import re
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "cmake" / "lint"))
import coroutines  # noqa: E402
import cycles  # noqa: E402
import layers  # noqa: E402
import text  # noqa: E402

GOOD_COROUTINES = [
    "co_await f();",
    "co_await (f() || g());",
    "co_await self->member.call(1, \"two\", std::move(three));",
    "co_await f<int>(x);",
    "co_await std::invoke<A, B<C>>(x).next();",
    "auto x = co_await f();",
    "const auto& x = co_await f(a < b, c > d);",
    "std::vector<std::pair<int, a::b>> x = co_await f();",
    "::a::b* x = co_await f();",
    "auto [ec, n] = co_await stream.async_read(buffer, as_tuple(use_awaitable));",
    "const auto& [a, b] = co_await f();",
    "[[maybe_unused]] auto x = co_await f();",
    "static const int x = co_await f();",
    "if (ready) co_await f();",
    "if (ready) { co_await f(); } else co_await g();",
    "for (int i = 0; i < 3; ++i) co_await f(i);",
    "for (;;) { co_await f(); }",
    "switch (x) { case 1: co_await f(); break; default: co_await g(); }",
    "do co_await f(); while (again);",
    "try { co_await f(); } catch (...) { co_await g(); }",
    "auto body = [x] { return x; }; co_await f(std::move(body));",
    "auto body = [x]() -> awaitable<void> { co_await f(); }; co_await run(std::move(body));",
    "spawn(ex, [x]() -> awaitable<void> { co_await f(); }, detached);",
    "co_await f(values[i], names[0]);",
    "co_return x;",
    "co_return T{1, 2};",
    "co_return cond ? a : b;",
    "// if (co_await f())\nco_await g();",
    "/* co_return co_await f(); */ co_await g();",
    "auto s = \"if (co_await f()) {\"; co_await g();",
    "auto s = R\"x(while (co_await f()))x\"; co_await g();",
    "int n = 1'000; char c = '{'; co_await f(n);",
    "co_await *pointer;",
    "awaitable<void> f(int x = 3, std::string s = \"\");",
]

BAD_COROUTINES = [
    "if (co_await f()) {}",
    "if (auto x = co_await f(); x) {}",
    "if (bool x = co_await f()) {}",
    "if (a && co_await f()) {}",
    "while (co_await f()) {}",
    "do {} while (co_await f());",
    "switch (co_await f()) {}",
    "for (; co_await f();) {}",
    "for (auto x = co_await f(); x; ++x) {}",
    "for (auto x : co_await f()) {}",
    "x = co_await f();",
    "a.b = co_await f();",
    "a->b = co_await f();",
    "a[0] = co_await f();",
    "auto x = y = co_await f();",
    "x += co_await f();",
    "g(co_await f());",
    "g(1, co_await f());",
    "T x(co_await f());",
    "T x{co_await f()};",
    "T x{1, co_await f()};",
    "auto x = T{co_await f()};",
    "auto x = (co_await f()).member;",
    "auto x = co_await f() + 1;",
    "auto x = 1 + co_await f();",
    "auto x = co_await f() < 3;",
    "auto x = co_await f() ? a : b;",
    "auto x = c ? co_await f() : g();",
    "auto x = !co_await f();",
    "co_await f(), co_await g();",
    "co_await f(co_await g());",
    "co_return co_await f();",
    "return co_await f();",
    "co_return {1, 2};",
    "throw co_await f();",
    "co_await f(Agg{1, 2});",
    "co_await f({1, 2});",
    "co_await f({.a = 1});",
    "co_await T{}.call();",
    "auto x = co_await T{}.call();",
    "co_await f(std::string{\"x\"});",
    "co_await f(c ? a : b);",
    "co_await f([x] { return x; });",
    "co_await f([&] { return 1; });",
    "co_await f([] { return 1; });",
    "co_await co_spawn(ex, [p = std::move(p)]() -> awaitable<void> { co_await g(); }, t);",
    "static_cast<void>(co_await f());",
    "(void)co_await f();",
    "#define LOOK co_await f()\n",
    "awaitable<void> f(Agg a = {});",
    "asio::awaitable<std::vector<int>> T::f(int x, Agg a = Agg{});",
]

GOOD_LAYERS = [
    ("lib/core/lease.cpp", "#include <boost/system/error_code.hpp>\n"
                           "time_point ends(time_point now);"),
    ("lib/core/a.cpp", "// steady_clock::now() is for others\nauto s = \"random_device\";"),
    ("lib/core/a.cpp", "std::unordered_map<int, int> m_; void f() { m_.find(3); m_.erase(3); }"),
    ("lib/core/a.cpp", "std::map<int, int*> m_; void f() { for (auto& [k, v] : m_) g(v); }"),
    ("lib/core/a.cpp", "struct t { int time(int); }; int f(t x) { return x.time(0); }"),
    ("lib/runtime/a.cpp", "auto now() { return std::chrono::steady_clock::now(); }"),
    ("lib/runtime/a.cpp", "int fd = ::open(path, O_RDONLY);"),
    ("lib/wire/a.cpp", "#include <boost/beast/http.hpp>\nboost::asio::ip::tcp::socket s;"),
    ("lib/agent/a.cpp", "co_await timers.sleep_until(deadline);"),
    ("lib/testing/a.cpp", "#include <tenure/testing.hpp>\n#include \"testing/a.hpp\""),
    ("lib/include/tenure/testing.hpp", "#include <tenure/testing/world.hpp>"),
    ("lib/core/a.cpp", "#include \"core/testing/seeded_bugs.hpp\""),
    ("lib/include/tenure/a.hpp", "#include <string>\n#include <boost/asio/awaitable.hpp>\n"
                                 "#include <tenure/time.hpp>\n#include <boost/asio.hpp>"),
    ("lib/agent/a.cpp", "// lint: allow clock because the test of the lint says so\n"
                        "auto t = system_clock::now();"),
    ("apps/sidecar/a.cpp", "#include <tenure/toolkit/timers.hpp>\n#include \"tenure/run.hpp\"\n"
                           "#include \"command/outcome.hpp\""),
    ("bench/micro/a.cpp", "#include \"core/candidate/candidate.hpp\""),
    ("lib/sim/a.cpp", "#include \"election/engine.hpp\""),
    ("lib/runtime/a.cpp", "#include <tenure/toolkit/http_message.hpp>"),
    ("lib/core/a.cpp", "#include <tenure/toolkit/ascii.hpp>"),
    ("tests/e2e/a.cpp", "SKIP(\"no consul\"); std::this_thread::sleep_for(1s);"),
]

BAD_LAYERS = [
    ("lib/core/a.cpp", "#include <boost/asio/post.hpp>", "include"),
    ("lib/core/a.cpp", "#include \"../runtime/clock.hpp\"", "include"),
    ("lib/agent/a.cpp", "#include <boost/beast/core.hpp>", "include"),
    ("lib/agent/a.cpp", "#include <boost/asio/ip/tcp.hpp>", "include"),
    ("lib/wire/a.cpp", "#include <spdlog/spdlog.h>", "include"),
    ("lib/include/tenure/a.hpp", "#include <boost/beast/http.hpp>", "include"),
    ("lib/include/tenure/a.hpp", "#include \"core/lease.hpp\"", "include"),
    ("lib/include/tenure/a.hpp", "#include <unistd.h>", "include"),
    ("lib/include/tenure/a.hpp", "#include <tenure/testing.hpp>", "include"),
    ("lib/election/a.cpp", "#include \"testing/manual_runtime.hpp\"", "include"),
    ("apps/tenure/a.cpp", "#include <tenure/testing/world.hpp>", "include"),
    ("tests/unit/a.cpp", "#include <boost/asio/post.hpp>", "include"),
    ("apps/sidecar/a.cpp", "#include \"wire/http_client.hpp\"", "include"),
    ("apps/tenure/a.hpp", "#include <core/names.hpp>", "include"),
    ("bench/subjects/a.cpp", "#include \"text/hex.hpp\"", "include"),
    ("lib/core/a.cpp", "#include <tenure/toolkit/timers.hpp>", "include"),
    ("lib/runtime/a.cpp", "#include <tenure/toolkit/http_server.hpp>", "include"),
    ("lib/core/a.cpp", "auto t = std::chrono::steady_clock::now();", "clock"),
    ("lib/agent/a.cpp", "auto t = clock::now(), u = system_clock::now();", "clock"),
    ("lib/agent/a.cpp", "timespec t; clock_gettime(CLOCK_BOOTTIME, &t);", "clock"),
    ("lib/agent/a.cpp", "auto t = time(nullptr);", "clock"),
    ("tests/component/a.cpp", "auto t = std::chrono::steady_clock::now();", "clock"),
    ("lib/election/a.cpp", "asio::steady_timer t(ex);", "timer"),
    ("lib/runtime/a.cpp", "std::this_thread::sleep_for(1s);", "sleep"),
    ("tests/unit/a.cpp", "std::this_thread::sleep_for(1s);", "sleep"),
    ("tests/contract/a.cpp", "usleep(10);", "sleep"),
    ("lib/agent/a.cpp", "std::random_device d;", "random"),
    ("lib/agent/a.cpp", "std::uniform_int_distribution<int> d(0, 3);", "random"),
    ("lib/agent/a.cpp", "int x = rand();", "random"),
    ("lib/wire/a.cpp", "std::jthread t(f);", "thread"),
    ("lib/agent/a.cpp", "boost::asio::ip::tcp::socket s(ex);", "socket"),
    ("lib/agent/a.cpp", "int fd = ::socket(AF_INET, SOCK_STREAM, 0);", "socket"),
    ("lib/agent/a.cpp", "int fd = ::open(path, O_RDONLY);", "descriptor"),
    ("lib/runtime/a.cpp", "int fd = ::socket(AF_INET, SOCK_STREAM, 0);", "socket"),
    ("lib/agent/a.cpp", "std::map<session*, int> by_session_;", "pointer-order"),
    ("lib/agent/a.cpp", "std::unordered_map<int, std::vector<int>> m_; void f() "
                        "{ for (auto& [k, v] : m_) g(v); }", "unordered"),
    ("lib/agent/a.cpp", "std::unordered_set<int> m; auto i = m.begin();", "unordered"),
    ("tests/contract/a.cpp", "SKIP(\"no consul\");", "skip"),
    ("lib/agent/a.cpp", "// lint: allow clock\nauto t = system_clock::now();", "clock"),
]

BAD_TEXT = [
    ("lib/a.cpp", "int x;\n" * 401),
    ("lib/a.cpp", "x" * 101 + "\n"),
    ("lib/a.cpp", "\tint x;\n"),
    ("lib/a.cpp", "int x; \n"),
    ("lib/a.cpp", "// TO" "DO: later\n"),
    ("README.md", "FIX" "ME\n"),
    ("README.md", "see ../sha" "red/DESIGN\n"),
    ("README.md", "cd /wo" "rk/main\n"),
    ("README.md", "no newline"),
    ("docs/a.md", "word " * 20 + "x\n"),
    ("docs/a.md", "- " + "word " * 20 + "\n"),
    ("docs/a.md", "see [" + "word " * 20 + "](https://example.com)\n"),
    ("docs/a.md", "Consul tells no" "body.\n"),
    ("docs/a.md", "Who" "ever asks is answered.\n"),
    ("docs/a.md", "It has a thread of its\nown.\n"),
    ("docs/a.md", "- the claim is on\n  its way\n"),
    ("docs/a.md", "| case | the holder is " "told |\n"),
    ("docs/a.md", "<!-- lint: allow prose -->\nall but " "for one\n"),
]

GOOD_TEXT = [
    ("lib/a.cpp", "int x;\n" * 400),
    ("README.md", "a/wo" "rk in /wo" "rkers\n"),
    ("docs/a.md", "word " * 20 + "\n"),
    ("docs/a.md", "| " + "word " * 40 + "|\n"),
    ("docs/a.md", "```cpp\n// no" "body\n" + "x" * 200 + "\n```\n"),
    ("docs/a.md", "    tenure " + "word " * 40 + "\n"),
    ("docs/a.md", "see [it](https://example.com/" + "x" * 100 + ")\n"),
    ("docs/a.md", "see <https://example.com/" + "x" * 100 + ">\n"),
    ("docs/a.md", "the user `no" "body`\n"),
    ("docs/a.md", "<!-- lint: allow prose because it is a name -->\nthe user no" "body\n"),
    ("docs/a.md", "he told it, and knows somebodys\n"),
]

BAD_COMMENTS = [
    "// Who" "ever asks.\n",
    "int x;  // no" "body reads it\n",
    "/* of its\n * own */\n",
    "// a thread of\n// its own\n",
]

GOOD_COMMENTS = [
    "const session_id no" "body;\n",
    "f(\"no" "body\");\n",
    "// lint: allow prose because it is the user's name\n// no" "body\n",
    "int a;  // of\nint its_own;\n",
    "// out of\nint own;  // its own\n",
]


class Coroutines(unittest.TestCase):
    def test_accepted(self):
        for body in GOOD_COROUTINES:
            with self.subTest(body):
                self.assertEqual(coroutines.check("awaitable<void> f() {\n" + body + "\n}"), [])

    def test_refused(self):
        for body in BAD_COROUTINES:
            with self.subTest(body):
                self.assertTrue(coroutines.check("awaitable<void> f() {\n" + body + "\n}"))

    def test_agrees_with_the_probes(self):
        """What the probes prove to work is accepted, and every refused probe is refused."""
        probes = pathlib.Path(__file__).resolve().parent / "probes"
        self.assertEqual(coroutines.check((probes / "accepted.cpp").read_text()), [])
        refused = (probes / "refused.cpp").read_text()
        bodies = list(re.finditer(r"^awaitable<bool> (\w+)\(.*?^}$", refused,
                                  re.MULTILINE | re.DOTALL))
        self.assertGreater(len(bodies), 15)
        for match in bodies:
            if match.group(1) != "aggregate_default_argument":  # its callee is what is refused
                with self.subTest(match.group(1)):
                    self.assertTrue(coroutines.check(match.group(0)))

    def test_tells_the_line(self):
        found = coroutines.check("awaitable<int> f() {\n\n  co_return\n    co_await g();\n}")
        self.assertEqual([line for line, _ in found], [4])


class Layers(unittest.TestCase):
    def test_accepted(self):
        for path, body in GOOD_LAYERS:
            with self.subTest(body):
                self.assertEqual(layers.check(path, body, set()), [])

    def test_refused(self):
        for path, body, rule in BAD_LAYERS:
            with self.subTest(body):
                self.assertIn(rule, [found[1] for found in layers.check(path, body, set())])

    def test_members_of_the_same_layer(self):
        walk = "void t::f() { for (auto& x : all_) g(x); }"
        self.assertEqual(layers.check("lib/agent/a.cpp", walk, set()), [])
        self.assertTrue(layers.check("lib/agent/a.cpp", walk, {"all_"}))


class Cycles(unittest.TestCase):
    """Each case maps files to their texts; `found` are the cycles, as units joined by arrows."""

    def found(self, files):
        return [why.split(" (")[0] for _, _, why in cycles.check(files)]

    def test_accepts_a_header_with_its_implementations(self):
        self.assertEqual(self.found({
            "lib/a/x.hpp": "class x { void f(); void g(); };",
            "lib/a/x.cpp": '#include "a/x.hpp"\n#include "a/y.hpp"\nvoid x::f() {}\n',
            "lib/a/more.cpp": '#include "a/x.hpp"\nint x::g() { return 1; }\n',
            "lib/a/y.hpp": "#include <vector>\nclass x;",
        }), [])

    def test_accepts_a_public_header_that_the_library_implements(self):
        self.assertEqual(self.found({
            "lib/include/tenure/term.hpp": "class term { bool holds(); };",
            "lib/election/term.cpp": '#include <tenure/term.hpp>\n#include "election/engine.hpp"\n'
                                     "bool term::holds() { return true; }\n",
            "lib/election/engine.hpp": "#include <tenure/term.hpp>\n",
        }), [])

    def test_refuses_headers_that_include_each_other(self):
        files = {"lib/a/x.hpp": '#include "a/y.hpp"\n', "lib/a/y.hpp": '#include "a/x.hpp"\n'}
        self.assertEqual(self.found(files), ["lib/a/x -> lib/a/y -> lib/a/x"])
        self.assertEqual(cycles.check(files)[0][:2], ("lib/a/x.hpp", 1))

    def test_refuses_a_cycle_over_an_implementation(self):
        self.assertEqual(self.found({
            "lib/a/x.hpp": "class y; class x {};",
            "lib/a/x.cpp": '#include "a/x.hpp"\n#include "a/y.hpp"\n',
            "lib/a/y.hpp": '#include "a/z.hpp"\n',
            "lib/a/z.hpp": '#include "a/x.hpp"\n',
        }), ["lib/a/x -> lib/a/y -> lib/a/z -> lib/a/x"])

    def test_refuses_a_cycle_over_a_second_implementation(self):
        for definition in ("awaitable<bool>\nx::f(int a) {}\n", "x::x(y& other) : o(other) {}\n",
                           "void outer::x::f() {}\n", "bool x::operator()(int) const {}\n"):
            with self.subTest(definition):
                self.assertEqual(self.found({
                    "lib/a/x.hpp": "class y;\nclass x final : public base<int> { void f(); };",
                    "lib/a/more.cpp": '#include <vector>\n\n#include "a/x.hpp"\n'
                                      '#include "a/y.hpp"\n' + definition,
                    "lib/a/y.hpp": '#include "a/x.hpp"\nstruct y {};',
                }), ["lib/a/x -> lib/a/y -> lib/a/x"])

    def test_refuses_each_cycle_once(self):
        self.assertEqual(self.found({
            "lib/a/x.hpp": '#include "a/y.hpp"\n#include "a/z.hpp"\n',
            "lib/a/y.hpp": '#include "a/x.hpp"\n',
            "lib/a/z.hpp": '#include "a/x.hpp"\n',
        }), ["lib/a/x -> lib/a/y -> lib/a/x", "lib/a/z -> lib/a/x -> lib/a/z"])


class Text(unittest.TestCase):
    def test_refused(self):
        for path, body in BAD_TEXT:
            with self.subTest(body[:40]):
                self.assertTrue(text.check(path, body))

    def test_accepted(self):
        for path, body in GOOD_TEXT:
            with self.subTest(body[:40]):
                self.assertEqual(text.check(path, body), [])

    def test_comments(self):
        for body in BAD_COMMENTS:
            with self.subTest(body):
                self.assertTrue(text.check("lib/a.cpp", body, comments=True))
                self.assertEqual(text.check("lib/a.cpp", body, comments=False), [])
        for body in GOOD_COMMENTS:
            with self.subTest(body):
                self.assertEqual(text.check("lib/a.cpp", body, comments=True), [])

    def test_links(self):
        with tempfile.TemporaryDirectory() as folder:
            page = pathlib.Path(folder) / "a.md"
            page.write_text("# One `two`: three\n", encoding="utf-8")
            for link, good in [("a.md", True), ("a.md#one-two-three", True), ("b.md", False),
                               ("#one-two-three", True), ("a.md#one", False)]:
                with self.subTest(link):
                    found = text.check(str(page), f"see [it]({link})\n")
                    self.assertEqual(found == [], good)

    def test_tells_the_line(self):
        found = text.check("docs/a.md", "one\n\n```\nx\n```\nof its\nown\n")
        self.assertEqual([line for line, _ in found], [6])


if __name__ == "__main__":
    unittest.main()
