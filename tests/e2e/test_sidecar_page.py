#!/usr/bin/env python3
"""What the status page shows in a browser: of each election, at every width, with thousands of
elections, and of groups."""

import json
import os
import tempfile
import time

from support import node
from support.agent import Agent
from support.elector import get, wait_for_leader
from support.page_case import LIVE, MOMENT, OLD, ROWS, PageCase, main
from support.processes import SLACK

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
CONTRAST = os.path.join(node.CLIENTS, "contrast.js")


def row(name):
    return f"[...document.querySelectorAll('#rows .row')].find((r) => r.querySelector('.name')" \
           f".innerText === {json.dumps(name)})"


class PageTest(PageCase):
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
        self.assertRegex(page.text("#trouble"), f"^The sidecar cannot reach Consul since {MOMENT}")
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

    # -- many of them, and groups ----------------------------------------------------------------

    def test_five_thousand_elections(self):
        sidecar = self.sidecar([f"election-{i}" for i in range(5000)], span="30s", ttl="30s")
        begin = time.monotonic()
        page = self.page(sidecar.url, wait="document.querySelector('#sums')?.innerText"
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
    main()
