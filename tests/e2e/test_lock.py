#!/usr/bin/env python3
"""tenure lock as a replacement for `consul lock` and in contention with it; tenure list."""

import json
import os
import unittest

from support import cases, consul
from support.consul import LOCK_FLAGS
from support.processes import SLACK, TENURE, alive, boot_time, wait_until

SEMAPHORE_FLAGS = 0xE0F69A2BAA414DE0


class LockTest(cases.ServerCase):
    def lock(self, *arguments, **more):
        return self.run_to_end(TENURE, "lock", *arguments, cwd=self.folder, **more)

    def start_lock(self, *arguments, **more):
        return self.start(TENURE, "lock", *arguments, cwd=self.folder, **more)

    def lines(self, name):
        return self.zoo.lines(name)

    def test_the_command_line_is_that_of_consul_lock(self):
        # One dash or two, values after = or a space; a shell runs the child.
        self.assertEqual((0, "a b\n", ""), self.lock(self.key, "echo", "a  b"))
        self.assertEqual((0, "a  b\n", ""),
                         self.lock("-shell=false", "-n=1", "--name", "x", self.key, "echo", "a  b"))
        self.assertEqual((0, "-n -v\n", ""), self.lock("-timeout", "5s", self.key,
                                                       "printf '%s %s\\n'", "-n", "-v"))
        self.assertEqual((0, "2 -x\n", ""), self.lock("-monitor-retry", "0", "-stale", "--",
                                                      self.key, "echo", "2", "-x"))
        # Without TLS its options do not count, as with every Consul tool.
        self.assertEqual((0, "all\n", ""), self.lock(
            "-datacenter=dc1", "-ca-file", "x", "-ca-path=x", "-client-cert=x", "-client-key", "x",
            "-tls-server-name=x", "-http-addr", self.server.address, self.key, "echo", "all"))
        code, output, errors = self.lock("-datacenter=nowhere", "-timeout=2s", self.key, "true")
        self.assertEqual((1, ""), (code, output), errors)
        # Numbers and times as Go writes them, and a slash that begins the prefix.
        for time in ("1.5s", ".5m", "+5s", "1m1h", "1500000\u00b5s", "0"):
            self.assertEqual((0, "a\n", ""), self.lock("-timeout=" + time, "-try", time, self.key,
                                                       "echo", "a"), time)
        for number in ("1", "+1", "0x1", "0b1", "01", "0_1"):
            self.assertEqual((0, f"{self.key}/.lock\n", ""),
                             self.lock("-n=" + number, "-monitor-retry", number, "/" + self.key,
                                       "echo $TENURE_KEY"), number)
        code, output, _ = self.lock(self.key, "env")
        got = dict(line.split("=", 1) for line in output.splitlines() if "=" in line)
        self.assertEqual((0, "true", self.key + "/.lock"),
                         (code, got["CONSUL_LOCK_HELD"], got["TENURE_KEY"]))
        self.assertGreater(int(got["TENURE_FENCE"]), 0)
        self.assertEqual((0, "-c hi\n", ""), self.lock(self.key, "hi", env={"SHELL": "/bin/echo"}))

    def test_the_key_and_the_session_are_those_of_consul_lock(self):
        process = self.start_lock(self.key, "echo > up; cat && exec sleep 60")
        wait_until(lambda: os.path.exists(self.zoo.path("up")))
        entry, _ = self.consul.get(self.key + "/.lock")
        self.assertEqual(LOCK_FLAGS, entry["Flags"])
        session = self.consul.json("GET", "/v1/session/info/" + entry["Session"])[0]
        self.assertTrue(session["Name"].startswith("Consul lock for 'echo > up; cat"), session)
        self.assertIn(f" at '{self.key}'", session["Name"])
        process.terminate()
        process.wait(5)
        entry, _ = self.consul.get(self.key + "/.lock")
        self.assertIsNotNone(entry, "the key stays")
        self.assertNotIn("Session", entry)
        code, _, _ = self.lock("-name", "mine", self.key, "true")
        self.assertEqual(0, code)

    def test_exit_codes(self):
        self.assertEqual((7, "", ""), self.lock(self.key, "exit 7"))
        self.assertEqual((2, "", ""), self.lock("-child-exit-code", self.key, "exit 7"))
        self.assertEqual((0, "", ""), self.lock("-child-exit-code", self.key, "true"))
        self.assertEqual(2, self.lock("-child-exit-code", "-shell=false", self.key, "nosuch")[0])
        self.assertEqual(127, self.lock("-shell=false", self.key, "nosuch")[0])
        for arguments in ((), (self.key,), ("-bogus", self.key, "true"), ("//slash", "true"),
                          ("-n", "0", self.key, "true"), ("-n", "x", self.key, "true"),
                          ("-http-addr=https://127.0.0.1:1", "-ca-file=/no/such", self.key,
                           "true"),
                          ("-token-command=exit 3", self.key, "true")):
            code, output, errors = self.lock(*arguments)
            self.assertEqual((64, "", 1), (code, output, len(errors.splitlines())), errors)

    def test_not_acquired_in_time(self):
        holder = self.start_lock(self.key, "echo > up; exec sleep 60")
        wait_until(lambda: os.path.exists(self.zoo.path("up")))
        for option in ("-timeout", "-try"):
            begin = boot_time()
            code, _, errors = self.lock(option, "1s", self.key, "true")
            self.assertEqual(1, code)
            self.assertTrue(errors.startswith("tenure lock: not elected in time: "), errors)
            self.assertAlmostEqual(1, boot_time() - begin, delta=0.5 * SLACK)
        holder.terminate()
        self.assertEqual(143, holder.wait(5))
        self.assertEqual(1, self.lock("-http-addr", "127.0.0.1:1", "-timeout", "300ms", self.key,
                                      "true")[0])

    def test_standard_input_is_passed_on_request(self):
        for option, expected in (((), ""), (("-pass-stdin",), "hello\n")):
            with open(self.zoo.path("in"), "w+", encoding="utf-8") as text:
                text.write("hello\n")
                text.seek(0)
                process = self.start_lock(*option, self.key, "cat", stdin=text)
                self.assertEqual(0, process.wait(10))
                self.assertEqual(expected, self.zoo.output(process))

    def test_verbose(self):
        _, _, errors = self.lock("-verbose", self.key, "true")
        self.assertEqual(["Attempting lock acquisition", "Starting handler",
                          "Child terminated, releasing lock"], errors.splitlines())

    def test_a_lost_lock_ends_all_processes_of_the_child(self):
        for slots in ((), ("-n", "2")):
            for name in ("pids", "up"):
                if os.path.exists(self.zoo.path(name)):
                    os.remove(self.zoo.path(name))
            prefix = f"{self.key}/{len(slots)}"
            process = self.start_lock(*slots, "-span", "2s", prefix,
                                      "setsid sleep 61 & echo $! >> pids; sleep 62 & "
                                      "echo $! >> pids; echo > up; wait")
            wait_until(lambda: os.path.exists(self.zoo.path("up")))
            pids = [int(p) for p in self.lines("pids")]
            sessions = self.consul.json("GET", "/v1/session/list")
            for session in sessions:
                if prefix in session["Name"]:
                    self.consul.destroy_session(session["ID"])
            self.assertEqual(70, process.wait(10))
            self.assertIn("was lost", self.zoo.errors(process))
            self.assertEqual([False, False], [alive(pid) for pid in pids])

    def test_no_child_is_left_after_sigkill(self):
        process = self.start_lock(self.key, "echo $$ > up; exec sleep 63")
        wait_until(lambda: self.lines("up"))
        pid = int(self.lines("up")[0])
        process.kill()
        wait_until(lambda: not alive(pid), 5)

    def test_the_semaphore_has_consul_s_format(self):
        process = self.start_lock("-n", "2", self.key, "echo > up; exec sleep 60")
        wait_until(lambda: os.path.exists(self.zoo.path("up")))
        lock, _ = self.consul.get(self.key + "/.lock")
        value = json.loads(lock["Value"])
        self.assertEqual((SEMAPHORE_FLAGS, 2, 1),
                         (lock["Flags"], value["Limit"], len(value["Holders"])))
        session = next(iter(value["Holders"]))
        own, _ = self.consul.get(self.key + "/" + session)
        self.assertEqual((SEMAPHORE_FLAGS, session), (own["Flags"], own["Session"]))
        self.assertEqual(1, self.lock("-n", "3", "-timeout", "5s", self.key, "true")[0])
        self.assertEqual(0, self.lock("-n", "2", self.key, "true")[0])
        process.terminate()
        self.assertEqual(143, process.wait(5))
        lock, _ = self.consul.get(self.key + "/.lock")
        self.assertEqual("", lock["Value"])
        self.assertEqual(0, self.lock("-n", "3", self.key, "true")[0])

    def test_json_has_a_value_that_is_not_utf8_in_base64(self):
        session = self.consul.create_session()
        self.assertTrue(self.consul.put(self.key, b"caf\xe9", acquire=session))
        for words in (("leader", "--json", self.key), ("list", "--json", self.key)):
            code, output, errors = self.run_to_end(TENURE, *words)
            self.assertEqual((0, ""), (code, errors))
            found = json.loads(output)
            self.assertEqual(("caf\ufffd", "Y2Fm6Q==", session),
                             (found["value"], found["value_base64"], found["session"]))
        code, output, errors = self.run_to_end(TENURE, "depose", "--json", self.key)
        self.assertEqual((0, "Y2Fm6Q=="), (code, json.loads(output)["value_base64"]), errors)

    def test_list(self):
        self.assertEqual(1, self.run_to_end(TENURE, "list", self.key + "/")[0])
        one = self.start(TENURE, "run", "--value", "host-a", self.key + "/a", "--", "sleep", "60")
        two = self.start_lock("-n", "2", self.key + "/b", "sleep 60")
        self.run_to_end(TENURE, "run", self.key + "/c", "--", "true")
        self.consul.put(self.key + "/other", "not an election")

        def listed():
            _, output, _ = self.run_to_end(TENURE, "list", "--json", self.key + "/")
            found = [json.loads(line) for line in output.splitlines()]
            return found if [bool(f["session"]) for f in found] == [True, True, False] else None

        found = wait_until(listed)
        self.assertEqual([self.key + "/a", self.key + "/b/.lock", self.key + "/c"],
                         [f["key"] for f in found])
        self.assertEqual("host-a", found[0]["value"])
        self.assertIn(":", found[1]["value"])  # host:pid
        code, table, _ = self.run_to_end(TENURE, "list", self.key + "/")
        lines = table.splitlines()
        self.assertEqual((0, 4, ["KEY", "LEADER", "FENCE", "SESSION"]),
                         (code, len(lines), lines[0].split()))
        self.assertEqual([self.key + "/a", "host-a", str(found[0]["fence"]), found[0]["session"]],
                         lines[1].split())
        self.assertEqual([self.key + "/c", "-", "-", "-"], lines[3].split())
        for process in (one, two):
            process.terminate()
            process.wait(5)


@unittest.skipUnless(consul.installed() or cases.in_ci(), "no consul on this machine")
class ContentionTest(cases.ServerCase):
    """`consul lock` and `tenure lock` on one prefix. Each child appends a line when it begins and
    one when it ends, so the file shows how many ran at a time."""

    CHILD = "echo + >> marks; echo {0} >> who; sleep 0.0{1}; echo - >> marks"

    def contend(self, slots, rounds):
        binary = {"tenure": TENURE, "consul": consul.program()}
        workers = ["tenure", "consul"] * 2 if slots == 1 else ["tenure", "consul"] * 3
        script = self.zoo.path("worker.sh")
        with open(script, "w", encoding="utf-8") as file:
            file.write('for i in $(seq "$1"); do shift_=$i; "$2" lock $4 "$3" "$5" || '
                       'echo "$? of $2" >> failed; done\n')
        started = []
        each = rounds // len(workers)
        for number, name in enumerate(workers):
            options = f"-n {slots}" + (" -span 1s -grace 200ms" if name == "tenure" else "")
            started.append(self.start("sh", script, each, binary[name], self.key, options,
                                      self.CHILD.format(name, 1 + number % 3), cwd=self.folder))
        for process in started:
            self.assertEqual(0, process.wait(200), self.zoo.errors(process))
        self.assertEqual([], self.zoo.lines("failed"),
                         [self.zoo.errors(p) for p in started])
        now = most = 0
        for line in self.zoo.lines("marks"):
            now += 1 if line == "+" else -1
            most = max(most, now)
        who = self.zoo.lines("who")
        changes = sum(1 for a, b in zip(who, who[1:]) if a != b)
        print(f"{slots} slot(s): {len(who)} holders, {changes} hand-overs between the two tools, "
              f"at most {most} at a time")
        self.assertEqual((0, each * len(workers)), (now, len(who)))
        self.assertLessEqual(most, slots)
        if slots > 1:
            self.assertGreater(most, 1)
        return who, changes

    def test_one_holder(self):
        who, changes = self.contend(1, 104)
        self.assertGreaterEqual(len(who), 101)
        self.assertGreater(changes, 5)

    def test_three_holders(self):
        who, changes = self.contend(3, 102)
        self.assertGreaterEqual(len(who), 101)
        self.assertGreater(changes, 5)


if __name__ == "__main__":
    cases.main(needs_consul=True)
