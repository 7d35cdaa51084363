#!/usr/bin/env python3
"""The status page in a browser: what it says of each election, without a connection, at every
width, by keyboard, by its address, with thousands of elections."""

import itertools
import json
import os
import re
import shutil
import signal
import tempfile
import time
import urllib.parse

from support import cases, node
from support.agent import Agent
from support.browser import Browser, Page
from support.elector import get, listening, wait_for_leader
from support.front import Front
from support.processes import SLACK, TENURE, wait_until

HTML = "<img src=x onerror=alert(1)><script>alert(2)</script>"
# The values that other sessions publish, and what the page says: of the leader, and below it.
HELD = {
    "empty": (b"", "(empty value)", "session "),
    "blank": (b"  ", "\u201c  \u201d", "blanks only"),
    "html": (HTML.encode(), HTML, ""),
    "long": (b"x" * 100_000, "x" * 300, "100000 bytes, cut here"),
    "right-to-left": ("\u05de\u05e0\u05d4\u202eabc".encode(), "\u05de\u05e0\u05d4\\u{202e}abc", ""),
    "wide": ("\u6771\u4eac\U0001f680".encode(), "\u6771\u4eac\U0001f680", ""),
    "binary": (b"\x00\xff\xfe", "\\u{0}\ufffd\ufffd", "3 bytes, not UTF-8 text"),
    "lines": (b"one\ntwo", "one\\ntwo", ""),
    "namesake": (b"host-b", "host-b", "another session, our value"),
}
ROWS = ("Object.fromEntries([...document.querySelectorAll('#rows .row')].map((r) => "
        "[r.querySelector('.name').innerText, [...r.querySelectorAll('.main, .note')]"
        ".map((x) => x.textContent)]))")
LIVE = "document.body.className === 'live'"
OLD = "document.body.className === 'old'"
CONTRAST = os.path.join(node.CLIENTS, "contrast.js")


def row(name):
    return f"[...document.querySelectorAll('#rows .row')].find((r) => r.querySelector('.name')" \
           f".innerText === {json.dumps(name)})"


class PageTest(cases.ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        super().setUp()
        self.numbers = itertools.count(1)

    def sidecar(self, names, value="host-b", listen="127.0.0.1:0", consul=None, **more):
        """`names`: of the elections, or a dictionary with more settings of each."""
        settings = names if isinstance(names, dict) else {name: {} for name in names}
        content = {
            "defaults": {"value": value, "span": "3s", "ttl": "10s", **more},
            "http": {"listen": listen},
            "elections": [{"name": name, "key": f"{self.key}/{name}", **rest}
                          for name, rest in settings.items()]}
        path = self.zoo.path(f"{next(self.numbers)}.yaml")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(content, file)
        process = self.start(TENURE, "sidecar", path,
                             env={"CONSUL_HTTP_ADDR": consul} if consul else None)
        process.address = listening(self, process)[0]
        process.url = f"http://{process.address}/ui"
        return process

    def page(self, url, width=1280, wait=LIVE, **more):
        page = Page(self.browser, width, **more)
        self.addCleanup(page.close)
        page.goto(url)
        page.wait(wait)
        return page

    def check_found(self, *pages):
        for page in pages:
            found = page.found()
            self.assertEqual([], [x for x in found["problems"] if "Failed to load" not in x])
            self.assertEqual([], [x for x in found["requests"]
                                  if not x.startswith("http://127.0.0.1:")])

    # -- what it says ---------------------------------------------------------------------------

    def hold(self, client, name, value, **settings):
        session = client.create_session(**{"LockDelay": "0s", **settings})
        self.assertTrue(client.put(f"{self.key}/{name}", value, acquire=session))
        return session

    def test_each_election_is_called_what_it_is(self):
        folder = tempfile.mkdtemp(dir=self.folder)
        agent = Agent(folder)
        self.addCleanup(agent.close)
        for name, (value, *_) in HELD.items():
            self.hold(agent.client, name, value)
        free = self.hold(agent.client, "free", b"old-host", LockDelay="60s")
        quarantine = self.hold(agent.client, "quarantine", b"old-host")
        names = {name: {} for name in [*HELD, "free", "ours"]}
        names["quarantine"] = {"span": "60s", "ttl": "60s"}
        sidecar = self.sidecar(names, consul=agent.address)
        dead = self.sidecar(["unknown"], consul="127.0.0.1:1")
        wait_for_leader(sidecar.address, "old-host", 20 * SLACK, "/elections/free")
        wait_for_leader(sidecar.address, "old-host", 20 * SLACK, "/elections/quarantine")
        agent.client.destroy_session(free)
        agent.client.destroy_session(quarantine)
        wait_for_leader(sidecar.address, "host-b", 20 * SLACK, "/elections/ours")
        page = self.page(sidecar.url)
        page.wait(f"{row('quarantine')}.innerText.includes('leads here in')")
        page.wait(f"{row('free')}.innerText.includes('no leader')")
        rows = page.run(ROWS)
        for name, (_, text, note) in HELD.items():
            self.assertEqual((text, note), (rows[name][0], rows[name][1][:len(note) or None]), name)
        self.assertEqual(["host-b", ""], rows["ours"])
        self.assertEqual(["free", "no leader"], rows["free"])
        self.assertEqual("quarantine", rows["quarantine"][0])
        self.assertRegex(page.run(f"{row('ours')}.querySelector('.lease').innerText"),
                         r"^\s*\d\.\d s$")
        self.assertEqual(["12 elections", "1 led here", "9 led elsewhere", "2 without a leader"],
                         page.run("[...document.querySelectorAll('#sums li')]"
                                  ".map((x) => x.innerText)"))
        self.assertEqual("2 without a leader \u2013 Elections at host-b",
                         page.run("document.title"))
        self.assertEqual(0, page.run("document.querySelectorAll('img').length"))
        detail = json.loads(get(sidecar.address, "/elections/long/detail")[2])
        self.assertEqual(100_000, len(detail["holder"]))  # only the page has it cut

        unknown = self.page(dead.url)
        unknown.wait(f"{row('unknown')}.innerText.includes('Consul unreachable')")
        self.assertEqual({"unknown": ["unknown", "Consul unreachable"]}, unknown.run(ROWS))
        layouts = lambda scheme: lambda: self.check_layouts(sidecar.url, scheme)
        self.all_at_once(layouts("light"), layouts("dark"))
        agent.close()
        page.wait(f"{row('ours')}.innerText.includes('Consul unreachable')")
        page.wait(f"{row('html')}.innerText.includes('Consul unreachable')", 40)
        rows = page.run(ROWS)
        self.assertEqual(["was (empty value)", "Consul unreachable"], rows["empty"])
        self.assertEqual(["was free", "Consul unreachable"], rows["free"])
        self.assertRegex(page.text("#trouble"), r"^The sidecar cannot reach Consul since \d+:")
        self.assertTrue(page.run(LIVE))
        self.check_found(page, unknown)

    # -- how it looks ---------------------------------------------------------------------------

    def check_layouts(self, url, scheme):
        page = self.page(url, scheme=scheme, motion="reduce")
        with open(CONTRAST, encoding="utf-8") as file:
            contrast = file.read()
        self.assertEqual(scheme == "light", page.run(
            "parseInt(getComputedStyle(document.body).backgroundColor.slice(4)) > 128"))
        self.assertEqual("0s", page.run("getComputedStyle(document.querySelector('.bar i'))"
                                        ".transitionDuration"))
        for width in (320, 390, 768, 1024, 1280):
            page.size(width=width, height=720)
            for details in ("", "ours"):
                page.run(f"location.hash = '{details}'")
                page.wait(f"document.querySelector('#more').hidden === {json.dumps(not details)}")
                page.run("new Promise((done) => requestAnimationFrame(() => "
                         "requestAnimationFrame(done)))")
                self.check_layout(page, width, details)
                text, border = page.run(contrast)
                self.assertGreaterEqual(text[0], 4.5, (width, details, text))
                self.assertGreaterEqual(border[0], 3, (width, details, border))
                page.picture(path=self.picture(f"{scheme}-{width}{details}.png"))
        self.check_found(page)

    def picture(self, name):
        return os.path.join(os.environ.get("TENURE_PICTURES", self.folder), name)

    def check_layout(self, page, width, details):
        wide = page.run("[document.documentElement, document.querySelector('#scroll'), "
                        "document.querySelector('#more')].map((e) => "
                        "e.scrollWidth - e.clientWidth)")
        self.assertEqual([0, 0, 0], wide, width)
        lefts = page.run(
            "['#head', '#rows .row'].map((w) => [...document.querySelector(w).children]"
            ".filter((c) => c.checkVisibility()).map((c) => c.getBoundingClientRect())"
            ".map((b) => [Math.round(b.left), Math.round(b.right)]))")
        self.assertEqual(7, len(lefts[1]))  # a phone has all of them, too
        if width > 640:
            self.assertEqual(*lefts)
        else:
            self.assertEqual([], lefts[0])
            self.assertEqual(bool(details), page.run("document.querySelector('#scroll').inert"))
        self.assertLessEqual(max(right for _, right in lefts[1]), width)

    # -- without a connection -------------------------------------------------------------------

    def check_old(self, page, why):
        """All of it is grey and stands still, and the page says since when."""
        page.wait(OLD)
        # The tick after the change may be the last that draws.
        before = page.wait("document.querySelector('#scroll').innerText")
        page.wait(f"document.querySelector('#lost').innerText.includes({json.dumps(why)})")
        self.assertRegex(page.text("#lost"),
                         r"^No connection to the sidecar since \d+:\d+:\d+.*This is the state of")
        grey = page.run("getComputedStyle(document.querySelector('dt, #filter, .note') || 0)"
                        ".color && getComputedStyle(document.querySelector('#host')).color")
        for part in (".since", ".main", ".tag"):
            self.assertEqual(grey, page.run(
                f"getComputedStyle(document.querySelector('#rows {part}')).color"), part)
        self.assertEqual("\u2013", page.text("#rows .lease"))
        self.assertEqual("not connected", page.text("#feed"))
        self.assertTrue(page.run("document.title").startswith("Not connected"))
        time.sleep(1.5)
        self.assertEqual(before, page.text("#scroll"))

    def check_back(self, page, *names):
        page.wait(LIVE)
        wait_until(lambda: page.run(ROWS).keys() == set(names), 10 * SLACK, pause=0.05,
                   what=f"the rows of {names}")
        self.assertTrue(page.run("document.querySelector('#lost').hidden"))
        page.wait("/ s$/.test(document.querySelector('#rows .lease').innerText)", 30)

    def test_a_lost_sidecar_is_said_to_be_lost(self):
        self.all_at_once(self.stopped_and_continued, self.killed_and_replaced,
                         self.behind_a_bad_proxy)

    def stopped_and_continued(self):
        sidecar = self.sidecar(["stopped"])
        page = self.page(sidecar.url)
        self.check_back(page, "stopped")
        sidecar.send_signal(signal.SIGSTOP)
        self.check_old(page, "it sends nothing")
        sidecar.send_signal(signal.SIGCONT)
        self.check_back(page, "stopped")
        self.check_found(page)

    def killed_and_replaced(self):
        sidecar = self.sidecar(["gone", "kept"], span="2s")
        page = self.page(sidecar.url + "#gone")
        self.check_back(page, "gone", "kept")
        sidecar.kill()
        sidecar.wait()
        self.check_old(page, "no connection")
        self.sidecar(["kept", "new", "newer"], listen=sidecar.address, span="2s")
        page.press("Escape")
        self.check_back(page, "kept", "new", "newer")
        page.run("location.hash = 'gone'")
        page.wait("document.querySelector('#more').innerText.includes('no election of this name')")
        self.check_found(page)

    def behind_a_bad_proxy(self):
        sidecar = self.sidecar(["proxied"])
        wait_for_leader(sidecar.address, "host-b", 20 * SLACK)
        front = Front(sidecar.address, "/team/a leader".replace(" ", "%20"))
        self.addCleanup(front.close)
        page = self.page(front.url + "/")  # redirected, relative to the path
        self.assertEqual(front.url, page.run("location.href"))
        self.check_back(page, "proxied")
        for mode, why in (("bad", "HTTP 502"), ("page", "something else answers"),
                          ("silent", "sends nothing")):
            front.mode = mode
            if mode != "silent":
                front.cut()
            self.check_old(page, why)
            front.mode = "pass"
            self.check_back(page, "proxied")
        # An open page of an older sidecar loads the newer one, once.
        front.replaced = (b'"page":"', b'"page":"newer-')
        pages = front.pages
        front.cut()
        wait_until(lambda: front.pages == pages + 1, 20 * SLACK, what="the page to load again")
        page.wait(LIVE)
        self.assertEqual(pages + 1, front.pages)
        self.check_found(page)

    # -- by keyboard and by address ---------------------------------------------------------------

    def test_keys_and_addresses(self):
        names = {"b-2": {}, "b-10": {}, "a": {"key": self.key + "/50% of \u00fcnits/a#1"}, "c": {}}
        sidecar = self.sidecar(names)
        for name in names:
            wait_for_leader(sidecar.address, "host-b", 20 * SLACK, f"/elections/{name}")
        page = self.page(sidecar.url)
        self.check_keys(page)
        self.check_sorting(page, sidecar.url)
        self.check_addresses(page, sidecar.url, names["a"]["key"])
        self.check_found(page)

    def selected(self, page):
        return page.run("document.querySelector('[aria-selected=true] .name').innerText")

    def check_keys(self, page):
        page.press("ArrowDown")  # the very first key
        self.assertEqual(("b-2", "scroll"), (self.selected(page), page.focus()))
        self.assertEqual(page.run("document.querySelector('[aria-selected=true]').id"),
                         page.run("document.querySelector('#scroll')"
                                  ".getAttribute('aria-activedescendant')"))
        page.press("End")
        self.assertEqual("c", self.selected(page))
        page.press("ArrowUp", "Enter")
        self.assertEqual(("a", "more-close"), (page.text("#more-name"), page.focus()))
        page.press("Escape")
        self.assertEqual((True, "scroll"), (page.run("document.querySelector('#more').hidden"),
                                            page.focus()))
        page.press("/")
        page.type(text="B-")
        page.wait("document.querySelector('#sums').innerText.includes('2 of 4')")
        page.press("Enter")
        self.assertEqual(("b-2", "scroll"), (self.selected(page), page.focus()))
        page.press("/", "Escape")
        page.wait("document.querySelectorAll('#rows .row').length === 4")
        seen = []
        for _ in range(9):
            page.press("Tab")
            seen.append(page.focus())
            # Each shows that it has the focus.
            self.assertNotEqual("none", page.run("getComputedStyle(document.activeElement)"
                                                 ".outlineStyle"), seen)
        self.assertEqual(["show", "scroll", "Election", "This process", "Leader", "Since",
                          "Our lease", "Fence"], seen[:8])
        self.assertTrue(seen[8].startswith("Terms"), seen)

    def names(self, page):
        return page.run("[...document.querySelectorAll('#rows .name')].map((x) => x.innerText)")

    def check_sorting(self, page, url):
        page.run("document.querySelector('#head .name button').focus()")
        orders = []
        for _ in range(3):
            page.press("Enter")
            page.wait("new Promise((done) => requestAnimationFrame(() => done(true)))")
            orders.append([page.run("document.querySelector('#head .name')"
                                    ".getAttribute('aria-sort')"),
                           page.run("location.search"), self.names(page)])
        self.assertEqual([["ascending", "?sort=name", ["a", "b-2", "b-10", "c"]],
                          ["descending", "?sort=-name", ["c", "b-10", "b-2", "a"]],
                          [None, "", ["b-2", "b-10", "a", "c"]]], orders)
        page.goto(url + "?sort=-name&q=b-")
        page.wait(LIVE)
        self.assertEqual(["b-10", "b-2"], self.names(page))
        # Equal ones stay in the order of the file.
        page.goto(url + "?sort=leader")
        page.wait(LIVE)
        self.assertEqual(["b-2", "b-10", "a", "c"], self.names(page))

    def check_addresses(self, page, url, key):
        title = lambda: page.wait("document.querySelector('#more h2')?.innerText || ' '")
        page.goto(url + "#b-10")
        page.wait(LIVE)
        self.assertEqual("b-10", title())
        page.click(where=".row:has(a[href='#c'])")
        self.assertEqual(("c", "#c"), (title(), page.run("location.hash")))
        page.back()
        page.wait("document.querySelector('#more h2').innerText === 'b-10'")
        page.forward()
        page.wait("document.querySelector('#more h2').innerText === 'c'")
        page.press("Escape")
        page.wait("document.querySelector('#more').hidden")
        page.back()
        page.wait("document.querySelector('#more h2')?.innerText === 'c'")
        # By the key, escaped or as people type it.
        for fragment in (urllib.parse.quote(key), urllib.parse.quote(key, safe=""), key):
            page.run("location.hash = ''")
            page.wait("document.querySelector('#more').hidden")
            page.run(f"location.hash = {json.dumps(fragment)}")
            page.wait("document.querySelector('#more h2')?.innerText === 'a'")
        page.run("location.hash = '100%25%20\\u6771/x'")
        page.wait("document.querySelector('#more h2').innerText === '100% \\u6771/x'")
        self.assertIn("no election of this name", page.text("#more"))

    # -- many of them, and groups ----------------------------------------------------------------

    def test_five_thousand_elections(self):
        sidecar = self.sidecar([f"election-{i}" for i in range(5000)], span="30s", ttl="30s")
        begin = time.monotonic()
        page = self.page(sidecar.url, wait="document.querySelector('#sums').innerText"
                                           ".includes('5,000 elections')")
        page.wait(LIVE)
        print(f"5,000 elections shown after {time.monotonic() - begin:.1f} s")
        self.assertLess(page.run("document.querySelectorAll('#rows .row').length"), 40)
        self.assertEqual("5001", page.run("document.querySelector('#scroll')"
                                          ".getAttribute('aria-rowcount')"))
        # How long the page answers nothing: a whole refresh, and a key of the filter.
        busy = page.run("(() => { const t = performance.now(); page.changed = true; page.show(); "
                        "return performance.now() - t; })()")
        print(f"one refresh takes {busy:.0f} ms")
        self.assertLess(busy, 200 * SLACK)
        begin = time.monotonic()
        page.press("End")
        self.assertEqual("election-4999", self.selected(page))
        page.press("/")
        page.type(text="election-4321")
        page.wait("document.querySelectorAll('#rows .row').length === 1")
        self.assertLess(time.monotonic() - begin, 5 * SLACK)
        self.check_found(page)

    def test_groups(self):
        group = {"prefix": self.key, "member": "host-b", "weight": 200}
        sidecar = self.sidecar(["x", "y"], group=group)
        page = self.page(sidecar.url)
        page.wait("/host-b\\s+2 of 2, this process/.test("
                  "document.querySelector('#groups').innerText)", 30)
        page.size(width=320, height=600)
        self.assertEqual(320, page.run("document.documentElement.scrollWidth"))
        self.assertIn(self.key, page.text("#groups h2"))
        # A sidecar without the group takes it from the page.
        sidecar.kill()
        sidecar.wait()
        page.wait(OLD)
        self.sidecar(["x", "y"], listen=sidecar.address)
        page.wait(LIVE)
        page.wait("document.querySelector('#groups').hidden")
        self.check_found(page)


if __name__ == "__main__":
    if not shutil.which("chromium") and not cases.in_ci():
        print("skipped: chromium is not installed (./dev setup installs it)")
        raise SystemExit(cases.SKIPPED)
    cases.main()
