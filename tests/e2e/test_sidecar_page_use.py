#!/usr/bin/env python3
"""How people use the status page in a browser: by keyboard, by its address, and while the sidecar
cannot be reached."""

import json
import signal
import time
import urllib.parse

from support.elector import wait_for_leader
from support.front import Front
from support.page_case import LIVE, MOMENT, OLD, ROWS, PageCase, main
from support.processes import SLACK, wait_until


class UseTest(PageCase):
    # -- without a connection -------------------------------------------------------------------

    def check_old(self, page, why):
        """All of it is grey and stands still, and the page says since when."""
        page.wait(OLD)
        # The tick after the change may be the last that draws.
        before = page.wait("document.querySelector('#scroll').innerText")
        page.wait(f"document.querySelector('#lost').innerText.includes({json.dumps(why)})")
        self.assertRegex(page.text("#lost"),
                         f"^No connection to the sidecar since {MOMENT}.*This is the state of")
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
        # The computer slept for an hour, and nothing has come since.
        self.assertEqual("old", page.run(
            "const real = Date.now; Date.now = () => real() + 3600e3; page.show(); "
            "document.body.className"))
        page.wait(LIVE)
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


if __name__ == "__main__":
    main()
