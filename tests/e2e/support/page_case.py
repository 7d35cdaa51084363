"""The base of the tests of the status page: sidecars, and pages of one browser."""

import itertools
import json
import shutil
import sys

from . import cases
from .browser import Browser, Page
from .elector import listening
from .processes import TENURE

# Of JavaScript: name: [leader, what is below it], and the state of the page.
ROWS = ("Object.fromEntries([...document.querySelectorAll('#rows .row')].map((r) => "
        "[r.querySelector('.name').innerText, [...r.querySelectorAll('.main, .note')]"
        ".map((x) => x.textContent)]))")
LIVE = "document.body.className === 'live'"
OLD = "document.body.className === 'old'"
# A regular expression: a time of day, with the date where that is another day.
MOMENT = r"(\d+/\d+/\d+, )?\d+:\d+:\d+"


class PageCase(cases.ServerCase):
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

    def selected(self, page):
        return page.run("document.querySelector('[aria-selected=true] .name').innerText")

    def check_found(self, *pages):
        for page in pages:
            found = page.found()
            self.assertEqual([], [x for x in found["problems"] if "Failed to load" not in x])
            self.assertEqual([], [x for x in found["requests"]
                                  if not x.startswith("http://127.0.0.1:")])


def main():
    if not shutil.which("chromium") and not cases.in_ci():
        print("skipped: chromium is not installed (./dev setup installs it)")
        sys.exit(cases.SKIPPED)
    cases.main()
