"""What tenure doctor prints, for its tests."""

import json

from . import cases
from .processes import TENURE


def checks_of(output):
    """The checks of a JSON output, by name: the worst of each, with the texts of all those."""
    order = ["ok", "unknown", "warning", "problem"]
    found = {}
    for check in json.loads(output)["checks"]:
        known = found.get(check["check"])
        if known is None or order.index(check["status"]) > order.index(known["status"]):
            found[check["check"]] = check
        elif check["status"] == known["status"]:
            known["text"] += "; " + check["text"]
    return found


class DoctorCase(cases.Case):
    def doctor(self, *words, env=None, code=None):
        got, output, errors = self.run_to_end(TENURE, "doctor", "--json", *words, env=env)
        self.assertEqual("", errors)
        self.assertEqual(1, output.count("\n"))
        status = json.loads(output)["status"]
        self.assertEqual({"ok": 0, "warning": 1, "problem": 2}[status], got, output)
        if code is not None:
            self.assertEqual(code, got, output)
        found = checks_of(output)
        for check in found.values():
            self.assertEqual(check["status"] in ("warning", "problem"),
                             check["remedy"] is not None and check["status"] != "unknown",
                             check)
        return found

    def expect(self, found, check, status, *texts):
        self.assertIn(check, found)
        self.assertEqual(status, found[check]["status"], found[check])
        for text in texts:
            self.assertIn(text, found[check]["text"] + " -> " + (found[check]["remedy"] or ""))
