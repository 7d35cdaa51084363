"""Chromium for the tests of the status page, by clients/page.js."""

import itertools
import json
import subprocess
import threading

from . import node
from .processes import SLACK


class Browser:
    """One browser for all pages of a test class. Threads may share it. close() ends it."""

    def __init__(self):
        self.process = subprocess.Popen(
            ["node", "page.js"], cwd=node.prepare(), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self.numbers = itertools.count(1)
        self.answers = {}
        self.changed = threading.Condition()
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError("the browser did not start")
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            number, *answer = json.loads(line)
            with self.changed:
                self.answers[number] = answer
                self.changed.notify_all()

    def call(self, action, page=None, seconds=60, **more):
        number = next(self.numbers)
        with self.changed:
            self.process.stdin.write(json.dumps([number, action, page, more]) + "\n")
            self.process.stdin.flush()
            if not self.changed.wait_for(lambda: number in self.answers, seconds * SLACK):
                raise AssertionError(f"{action} {more}: no answer")
            result, *error = self.answers.pop(number)
        if error:
            raise AssertionError(f"{action}: {error[0]}")
        return result

    def close(self):
        self.process.stdin.close()
        self.process.wait(30)
        self.reader.join()
        self.process.stdout.close()


class Page:
    """A page in a context of its own. Keys are real input events."""

    def __init__(self, browser, width=1280, **more):
        self.browser = browser
        self.id = next(browser.numbers)
        browser.call("open", id=self.id, width=width, **more)

    def __getattr__(self, action):
        return lambda **more: self.browser.call(action, self.id, **more)

    def goto(self, url):
        self.browser.call("goto", self.id, url=url)

    def run(self, code):
        return self.browser.call("run", self.id, code=code)

    def wait(self, code, seconds=20):
        return self.browser.call("wait", self.id, seconds + 10, code=code,
                                 ms=int(seconds * SLACK * 1000))

    def press(self, *keys):
        self.browser.call("press", self.id, keys=keys)

    def text(self, selector):
        return self.run(f"document.querySelector({json.dumps(selector)}).innerText")

    def focus(self):
        """The id of the element with the focus, or its label or text."""
        return self.run("(e => e.id || e.getAttribute('aria-label') || e.innerText)"
                        "(document.activeElement)")
