#!/usr/bin/env python3
"""The programs with the policies that `tenure policy` prints, on a Consul that denies by default:
each is enough, and each rule that is taken out of one gives one line that names it."""

import os
import re
import signal
import time

from support import acl, cases, consul
from support.processes import SLACK, TENURE, TENURE_CRON, wait_until
from support.sidecars import Services, Sidecars

PROBE = os.environ["TENURE_TENANTS_PROBE"]
RULE = re.compile(r'^(\w+?)(?:_prefix)? "([^"]*)" \{ policy = "(\w+)" \}$')


class RuleCase(acl.AclCase):
    def check_names(self, rule, lines):
        """One of the lines, and no other, says what the token lacks, and that is the rule. A rule
        for the keys of a ledger may be missed by one line for each of its parts."""
        resource, name, access = RULE.match(rule).groups()
        named = [line for line in lines if " lacks " in line]
        most = 4 if name.startswith("tenure-cron/") else 1
        self.assertTrue(1 <= len(named) <= most, (rule, lines))
        for line in named:
            self.assertIn(f" lacks {resource}:", line)
            if resource == "key":
                self.assertIn(f'"{name}', line)
            self.assertNotIn("Permission denied", line)
        return access


class ShortTest(RuleCase):
    """Programs that end when Consul refuses a request."""

    def check(self, words, argv, code=0, refused=69):
        rules = self.policy(*words)
        name = "-".join(word.replace("/", "-") for word in words).replace("--", "-")

        def run(rules, number):
            token = self.token(f"{name}-{number}", rules)
            return self.run_to_end(*argv, env=self.environment(token), timeout=40)

        self.assertEqual((code, ""), run(rules, "all")[::2], (words, rules))
        for number, rule in enumerate(rules):
            rest = [r for r in rules if r != rule] + ['key "other" { policy = "read" }']
            exit_code, _, errors = run(rest, number)
            self.assertEqual(refused, exit_code, (rule, errors))
            self.check_names(rule, errors.splitlines())
            self.assertIn(f"; tenure policy {words[0]} ", errors)

    def test_short_programs(self):
        session = self.consul.create_session(TTL="60s")
        for key in ("e2e/short/depose", "e2e/short/leader"):
            self.consul.json_text("PUT", "/v1/kv/" + key, "me", acquire=session,
                                  flags=str(consul.LOCK_FLAGS))

        def run():
            self.check(["run", "e2e/short/run"], [TENURE, "run", "e2e/short/run", "--", "true"])

        def run_with_liveness():
            self.check(["run", "--liveness", "e2e/short/alive"],
                       [TENURE, "run", "--liveness", "2s", "e2e/short/alive", "--", "true"])

        def run_on_one_node():
            node = self.consul.json("GET", "/v1/agent/self")["Config"]["NodeName"]
            rules = self.policy("run", "e2e/short/node", "--node", node)
            self.assertIn(f'session "{node}" {{ policy = "write" }}', rules)
            token = self.token("node", rules)
            self.assertEqual(0, self.run_to_end(TENURE, "run", "e2e/short/node", "--", "true",
                                                env=self.environment(token))[0])

        def lock():
            self.check(["lock", "e2e/short/lock"], [TENURE, "lock", "e2e/short/lock", "true"],
                       refused=1)

        def lock_of_two():
            self.check(["lock", "-n", "2", "e2e/short/pool"],
                       [TENURE, "lock", "-n", "2", "e2e/short/pool", "true"], refused=1)

        def leader():
            self.check(["watch", "e2e/short/leader"], [TENURE, "leader", "e2e/short/leader"])

        def list_leaders():
            self.check(["list", "e2e/short/"], [TENURE, "list", "e2e/short/"])

        def library():
            token = self.token("library", self.policy("library", "e2e-library/"))
            with open(self.zoo.path("tenants"), "w", encoding="ascii") as file:
                file.write(f"e2e-library {token.secret}\n")
            probe = self.start(PROBE, self.zoo.path("tenants"), "12",
                               env={"CONSUL_HTTP_ADDR": self.server.address})
            wait_until(lambda: len(self.zoo.output_lines(probe)) >= 12, 20 * SLACK, 0.05, "terms")
            probe.terminate()
            self.assertEqual(0, probe.wait(20 * SLACK))
            self.assertNotIn("refused", self.zoo.output(probe))

        def depose():
            rules = self.policy("depose", "e2e/short/depose")
            argv = [TENURE, "depose", "e2e/short/depose"]
            short = self.token("depose-read", [rules[0].replace("write", "read")])
            code, _, errors = self.run_to_end(*argv, env=self.environment(short))
            self.assertEqual(69, code)
            self.check_names(rules[0], errors.splitlines())
            self.assertIn("lacks key:write", errors)
            self.check(["depose", "e2e/short/depose"], argv)

        def group_tools():
            rules = self.policy("drain", "e2e/short/group")
            argv = [TENURE, "drain", "--force", "e2e/short/group", "a"]
            for lacking, rest in ((rules[0], rules[1:]), (rules[1], rules[:1])):
                token = self.token(f"drain-{rules.index(lacking)}", rest)
                code, _, errors = self.run_to_end(*argv, env=self.environment(token))
                self.assertEqual(69, code, errors)
                self.check_names(lacking, errors.splitlines())
                self.assertIn("; tenure policy drain ", errors)
            token = self.token("drain-all", rules)
            self.assertEqual(0, self.run_to_end(*argv, env=self.environment(token))[0])
            reader = self.token("group", self.policy("group", "e2e/short/group"))
            self.assertEqual(1, self.run_to_end(TENURE, "group", "e2e/short/group",
                                                env=self.environment(reader))[0])
            watch = self.start(TENURE, "group", "--watch", "e2e/short/group",
                               env=self.environment(self.token("group-none", [])))
            _, _, errors = self.run_to_end(TENURE, "drain", "e2e/short/group", "a",
                                           env=self.environment(self.token("drain-none", [])))
            self.assertTrue(errors.startswith("tenure drain: "), errors)
            wait_until(lambda: self.zoo.error_lines(watch), 10 * SLACK, what="the missing right")
            time.sleep(2)  # it reads again
            watch.send_signal(signal.SIGINT)
            self.assertEqual(0, watch.wait(10 * SLACK))
            lines = self.zoo.error_lines(watch)
            self.assertEqual(1, len(lines), lines)
            self.assertIn('(key_prefix "e2e/short/group/" { policy = "list" }); trying again',
                          lines[0])

        def member():
            argv = [TENURE, "run", "--group", "e2e/short/members-of", "--member", "m",
                    "e2e/short/member", "--", "true"]
            rules = self.policy("run", "e2e/short/member", "--group", "e2e/short/members-of")
            token = self.token("member", rules)
            self.assertEqual((0, ""), self.run_to_end(*argv, env=self.environment(token))[::2])
            token = self.token("member-short", [r for r in rules if "/members/" not in r])
            code, _, errors = self.run_to_end(*argv, env=self.environment(token))
            self.assertEqual(69, code, errors)
            self.assertIn("e2e/short/members-of/members/", errors)
            token = self.token("member-key", [r for r in rules if '"e2e/short/member"' not in r])
            begin = time.monotonic()
            code, _, errors = self.run_to_end(*argv, env=self.environment(token))
            self.assertEqual(69, code, errors)
            self.assertIn('"e2e/short/member"', errors)
            self.assertLess(time.monotonic() - begin, 5 * SLACK)

        self.all_at_once(run, run_with_liveness, run_on_one_node, lock, lock_of_two, leader,
                         list_leaders, library, depose, group_tools, member)

    def test_a_token_that_consul_does_not_know(self):
        code, _, errors = self.run_to_end(
            TENURE, "run", "e2e/unknown", "--", "true",
            env={"CONSUL_HTTP_ADDR": self.server.address,
                 "CONSUL_HTTP_TOKEN": "5ec2e7ba-5b1c-47a5-a2a2-00000000dead"})
        self.assertEqual(69, code)
        self.assertIn("Consul does not know the token (ACL not found)", errors)
        self.assertEqual(1, len(errors.splitlines()), errors)

    def test_every_policy_is_valid(self):
        for words in (["library", "a", "b/", "--semaphore", "p", "--settings", "--liveness",
                       "--name", "x", "--service", "y", "--node", 'n"1'],
                      ["library", *(f"k/{i}" for i in range(12))],
                      ["run", 'a"b\\c ${d} %{e}'],
                      ["list"]):
            _, text, _ = self.run_to_end(TENURE, "policy", *words)
            self.consul.json("PUT", "/v1/acl/policy", {"Name": f"valid-{hash(text)}",
                                                       "Rules": text})
        odd = 'a"b\\c ${d} %{e}'
        token = self.token("odd", self.policy("run", odd))
        self.assertEqual(0, self.run_to_end(TENURE, "run", odd, "--", "true",
                                            env=self.environment(token))[0])


class ListTest(RuleCase):
    """Servers that refuse lists without a right, instead of leaving keys out."""

    acl = {**RuleCase.acl, "enable_key_list_policy": True}

    def test_lists(self):
        self.consul.put("e2e/list/other", "x")
        session = self.consul.create_session(TTL="60s")
        self.consul.json_text("PUT", "/v1/kv/e2e/list/held", "me", acquire=session,
                              flags=str(consul.LOCK_FLAGS))
        rules = self.policy("list", "e2e/list/")
        argv = [TENURE, "list", "e2e/list/"]
        full = self.run_to_end(*argv, env=self.environment(self.token("list", rules)))
        self.assertEqual((0, ""), full[::2])
        self.assertIn("e2e/list/held", full[1])
        read = [rules[0].replace('"list"', '"read"')]
        code, _, errors = self.run_to_end(*argv, env=self.environment(self.token("read", read)))
        self.assertEqual(69, code)
        self.assertIn('lacks key:list on the prefix "e2e/list/"', errors)
        slots = self.token("slots", self.policy("lock", "-n", "2", "e2e/pool"))
        self.assertEqual(0, self.run_to_end(TENURE, "lock", "-n", "2", "e2e/pool", "true",
                                            env=self.environment(slots))[0])


class LongTest(RuleCase):
    """Programs that wait for a missing right, and go on without a restart."""

    def check_long(self, name, rules, start, lines, works):
        """`start(token)` starts the program, `lines(process)` are its error lines, and
        `works(process)` says whether it does its work."""
        token = self.token(name, rules)
        first = start(token)
        wait_until(lambda: works(first), 30 * SLACK, 0.05, name)
        self.assertEqual([], [line for line in lines(first) if " lacks " in line])

        def lose(rule):
            before = len(lines(first))
            token.set([r for r in rules if r != rule])
            wait_until(lambda: any(" lacks " in line for line in lines(first)[before:]),
                       60 * SLACK, 0.05, "the line for " + rule)
            time.sleep(4)  # for repetitions
            self.check_names(rule, lines(first)[before:])
            token.set(rules)
            wait_until(lambda: works(first), 60 * SLACK, 0.05, f"{name} again, after {rule}")

        for rule in rules:
            lose(rule)
        # Without any right from the start.
        first.terminate()
        first.wait(30 * SLACK)
        token.set([])
        second = start(token)
        wait_until(lambda: any(" lacks " in line for line in lines(second)), 30 * SLACK, 0.05,
                   "the line")
        self.assertIsNone(second.poll())
        token.set(rules)
        wait_until(lambda: works(second), 60 * SLACK, 0.05, name + " at last")
        second.terminate()
        self.assertEqual(0, second.wait(30 * SLACK))

    def test_long_programs(self):
        def cron():
            with open(self.zoo.path("jobs"), "w", encoding="ascii") as file:
                file.write("election: e2e/long/cron\n"
                           "jobs: [{name: a, schedule: '@every 1s', command: echo x}]\n")

            def start(token):
                return self.start(TENURE_CRON, "--span", "3s", "--ttl", "10s",
                                  self.zoo.path("jobs"), env=self.environment(token))

            def works(process):
                seen = len(self.zoo.output_lines(process))
                time.sleep(1.5)
                return len(self.zoo.output_lines(process)) > seen

            self.check_long("cron", self.policy("cron", "e2e/long/cron"), start,
                            self.zoo.error_lines, works)

        def sidecar():
            stage = Sidecars(self, "acl", span=3.0)
            services = Services(self.consul)
            services.register("web-1", "web")

            def start(token):
                return stage.start("a", env=self.environment(token),
                                   consul_service={"id": "web-1"},
                                   top={"liveness": "2s"})

            def works(_):
                return services.tagged("web") == ["web-1"] and stage.leader() == "a"

            rules = self.policy("sidecar", stage.key, "--liveness", "--service", "web")
            self.assertEqual(4, len(rules))
            self.check_long("sidecar", rules, start, stage.zoo.error_lines, works)

        def watch():
            key = "e2e/long/watched"
            session = self.consul.create_session(TTL="300s")

            def publish(value):
                self.consul.json_text("PUT", "/v1/kv/" + key, value, acquire=session)
                return value

            rules = self.policy("watch", key)
            token = self.token("watch", [])
            token.set([])
            process = self.start(TENURE, "watch", key, env=self.environment(token))
            publish("one")
            wait_until(lambda: self.zoo.error_lines(process), 20 * SLACK, 0.05, "the line")
            token.set(rules)
            wait_until(lambda: self.zoo.output_lines(process) == ["one"], 20 * SLACK, 0.05, "one")
            token.set([])
            publish("two")  # ends the query that was allowed
            wait_until(lambda: len(self.zoo.error_lines(process)) == 2, 20 * SLACK, 0.05,
                       "the next line")
            time.sleep(4)
            publish("three")
            token.set(rules)
            wait_until(lambda: self.zoo.output_lines(process)[-1] == "three", 20 * SLACK, 0.05,
                       "three")
            lines = self.zoo.error_lines(process)
            self.assertEqual(2, len(lines), lines)
            for line in lines:
                self.check_names(rules[0], [line])

        self.all_at_once(cron, sidecar, watch)


if __name__ == "__main__":
    cases.main(needs_consul=True)
