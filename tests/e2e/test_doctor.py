#!/usr/bin/env python3
"""tenure doctor: what it says of the keys of a Consul, and of the rights of a token; and that it
changes nothing."""

import os
import tempfile
import unittest

from support import cases, consul, secure
from support.doctor import DoctorCase, checks_of
from support.processes import TENURE, wait_until


class KeyTest(cases.ServerCase, DoctorCase):
    def setUp(self):
        super().setUp()
        self.before = None

    def lead(self, key, *options):
        process = self.start(TENURE, "run", "--value", "host-a", *options, key, "--", "sleep", "60")
        wait_until(lambda: self.consul.holder(key), what="a leader")
        return process

    def test_all_well_without_a_key(self):
        found = self.doctor(code=0)
        for check in ("connect", "version", "leader", "consistency", "clock", "files",
                      "connections", "rights"):
            self.expect(found, check, "ok")
        code, output, errors = self.run_to_end(TENURE, "doctor")
        self.assertEqual((0, ""), (code, errors))
        for line in output.splitlines():
            self.assertRegex(line, r"^(ok|unknown)  +[a-z]+  +\S|^ +-> ")

    def test_an_election_from_its_first_leader_to_an_unclean_end(self):
        key = self.key
        found = self.doctor(key, code=1)
        self.expect(found, "key", "warning", "there is no key", "start one")
        leader = self.lead(key)
        index = self.consul.get(key)[0]["ModifyIndex"]
        found = self.doctor(key, code=0)
        self.expect(found, "key", "ok", '"host-a"', f"fence {index}", "(15s)")
        self.expect(found, "session", "ok", "tenure span=15000ms", "TTL 15s", "lock-delay 15s")
        self.expect(found, "checks", "ok", "serfHealth passing")
        self.assertEqual(index, self.consul.get(key)[0]["ModifyIndex"])
        session = self.consul.holder(key)
        leader.kill()
        leader.wait()
        self.consul.destroy_session(session)
        found = self.doctor(key, code=1)
        self.expect(found, "key", "warning", "not released cleanly", '"host-a"', "lock-delay",
                    "one span")

    def test_a_clean_release_and_foreign_keys(self):
        key = self.key
        leader = self.lead(key)
        leader.terminate()
        leader.wait()
        self.expect(self.doctor(key, code=1), "key", "warning", "released it cleanly")
        self.consul.put(key + "/plain", "x")
        found = self.doctor(key + "/plain", code=1)
        self.expect(found, "flags", "warning", "another program wrote the key")
        self.expect(found, "key", "warning", "put there without a lock", "one span later")
        self.consul.put(key + "/empty", "", flags=consul.LOCK_FLAGS)
        found = self.doctor(key + "/empty", code=1)
        self.expect(found, "key", "warning", "no session has held it", "leads at once")
        session = self.consul.create_session(TTL="15s", Name="other")
        self.consul.put(key + "/other", "me\n\x1b\\", acquire=session, flags=consul.LOCK_FLAGS)
        found = self.doctor(key + "/other", code=1)
        self.expect(found, "key", "warning", "names no span", '"me\n\x1b\\"')
        _, output, _ = self.run_to_end(TENURE, "doctor", key + "/other")
        self.assertIn(r'"me\n\u001b\\"', output)
        self.consul.destroy_session(session)

    def test_a_holder_of_another_program_that_ended_uncleanly(self):
        for value, who in (("host-a", '"host-a"'), ("", "a holder without a value")):
            key = f"{self.key}/of-{value}"
            session = self.consul.create_session(TTL="15s", LockDelay="12s")
            self.consul.put(key, value, acquire=session)
            self.expect(self.doctor(key, code=1), "key", "warning", "held by " + who)
            self.consul.destroy_session(session)
            self.expect(self.doctor(key, code=1), "key", "warning", "not released cleanly", who,
                        "lock-delay", "one span")

    def test_a_folder_of_elections(self):
        folder = self.key
        self.expect(self.doctor(folder + "/", code=1), "key", "warning", "no election below")
        for name in ("a", "b", "c", "d"):
            self.consul.put(f"{folder}/{name}", "", flags=consul.LOCK_FLAGS)
        self.consul.put(folder + "/members.txt", "of another program")
        self.lead(folder + "/a")
        for key in (folder, folder + "/"):
            found = self.doctor(key, code=1)
            self.expect(found, "key", "ok", folder + " is no election", "4 elections lie below it",
                        f"{folder}/a, {folder}/b, {folder}/c and 1 more", f"tenure list {folder}/")
            self.expect(found, "elections", "warning", "3 elections have no leader",
                        f"tenure doctor {folder}/b")

    def test_folders_that_are_named_as_those_of_a_group(self):
        folder = self.key
        self.lead(folder + "/members/leader")
        self.lead(folder + "/handed/leader")
        found = self.doctor(folder, code=0)
        self.expect(found, "key", "ok", "2 elections lie below it")
        self.assertNotIn("members", found)  # it is no group
        self.assertNotIn("group", self.doctor(folder + "/handed/leader", code=0))

    def test_a_group_that_has_crashed(self):
        group = self.key
        member = self.lead(group + "/job", "--group", group, "--member", "a")
        session = self.consul.holder(group + "/job")
        member.kill()
        member.wait(20)
        self.consul.destroy_session(session)
        self.assertIsNone(self.consul.holder(f"{group}/members/{session}"))
        _, output, _ = self.run_to_end(TENURE, "list", group + "/")
        self.assertEqual([["KEY", "LEADER", "FENCE", "SESSION"], [group + "/job", "-", "-", "-"]],
                         [line.split() for line in output.splitlines()])
        self.expect(self.doctor(group, code=1), "elections", "warning", "no leader")

    def test_a_lock_a_semaphore_and_a_group_by_their_prefixes(self):
        prefix = self.key
        self.start(TENURE, "lock", prefix, "sleep 60")
        wait_until(lambda: self.consul.holder(prefix + "/.lock"), what="the lock")
        self.expect(self.doctor(prefix, code=0), "key", "ok", "held by")
        pool = prefix + "-pool"
        for _ in range(3):
            self.start(TENURE, "lock", "-n", "2", pool, "sleep 60")
        taken = wait_until(lambda: self.all_taken(pool), what="two holders and a contender")
        self.expect(taken, "slots", "ok", "2 of 2 slots are taken", "3 contenders")
        document = self.doctor(pool + "/.lock", code=2)
        self.expect(document, "flags", "problem", "part of a semaphore", "tenure doctor PREFIX")
        self.assertNotIn("key", document)  # the names of the holders are no stray value
        free = prefix + "-free"
        self.run_to_end(TENURE, "lock", "-n", "2", free, "true")
        self.expect(self.doctor(free, code=0), "slots", "ok", "free: the next holder sets")
        jobs = prefix + "-jobs"
        self.lead(jobs + "/leader", "--group", jobs, "--member", "a")
        self.start(TENURE, "run", "--group", jobs, "--member", "idle", "--weight", "0",
                   jobs + "/leader", "--", "sleep", "60")
        self.run_to_end(TENURE, "drain", "--force", jobs, "gone")
        self.run_to_end(TENURE, "pin", "--force", jobs + "/leader", "gone", "--group", jobs)
        wait_until(lambda: len(self.consul.json("GET", f"/v1/kv/{jobs}/members/", recurse="")) >= 4,
                   what="both members")
        found = self.doctor(jobs, code=1)
        self.expect(found, "members", "ok", "2 members", "a (weight 100, leads 1, share 1)")
        self.expect(found, "member", "warning", "idle has weight 0")
        self.expect(found, "drain", "warning", "gone is drained, and is no member")
        self.expect(found, "pin", "warning", "pinned to gone")
        self.expect(found, "elections", "ok", "1 election, with a leader")
        found = self.doctor(jobs + "/leader", code=0)
        self.expect(found, "group", "ok", "in the group " + jobs)

    def all_taken(self, pool):
        found = checks_of(self.run_to_end(TENURE, "doctor", "--json", pool)[1])
        return found if "contenders" in found else None


class RightsTest(secure.SecureCase, DoctorCase):
    def environment(self, *rules):
        return self.secure(list(rules))

    def test_rights(self):
        sessions = 'session_prefix "" { policy = "write" }'
        write = 'key "e2e/k" { policy = "write" }'
        env = self.environment(sessions, write)
        found = self.doctor("e2e/k", env=env, code=1)
        self.expect(found, "tls", "ok", "127.0.0.1")
        self.expect(found, "client-cert", "warning", " day")
        if cases.on_agent():
            return
        self.expect(found, "rights", "ok", "tenure policy run e2e/k")
        self.expect(found, "version", "unknown", "agent_prefix")
        node = self.consul.json("GET", "/v1/agent/self")["Config"]["NodeName"]
        bound = f'session "{node}" {{ policy = "write" }}'
        found = self.doctor("e2e/k", env=self.environment(write, bound), code=1)
        self.expect(found, "rights", "unknown", "lacks session:write", "the node's name is not")
        agent = 'agent_prefix "" { policy = "read" }'
        found = self.doctor("e2e/k", env=self.environment(write, bound, agent), code=1)
        self.expect(found, "rights", "ok")
        found = self.doctor("e2e/k", env=self.environment(write, agent), code=2)
        self.expect(found, "rights", "problem", "lacks session:write", sessions)
        found = self.doctor("e2e/k", env=self.environment(
            sessions, 'key "e2e/k" { policy = "read" }'), code=2)
        self.expect(found, "rights", "problem", 'lacks key:write on "e2e/k"', write)
        nothing = dict(env)
        del nothing["CONSUL_HTTP_TOKEN_FILE"]
        found = self.doctor("e2e/k", env=nothing, code=2)
        self.expect(found, "rights", "problem", "lacks key:write")
        found = self.doctor("e2e/k", env={**nothing, "CONSUL_HTTP_TOKEN": "unknown"}, code=2)
        self.expect(found, "rights", "problem", "does not know the token")

    def policy(self, *words):
        """An environment with a token of what `tenure policy` prints."""
        code, rules, errors = self.run_to_end(TENURE, "policy", *words)
        self.assertEqual((0, ""), (code, errors))
        env = self.environment(rules)
        return {"CONSUL_HTTP_ADDR": self.server.address,
                "CONSUL_HTTP_TOKEN_FILE": env["CONSUL_HTTP_TOKEN_FILE"]}

    def expect_rights(self, words, key, *texts, code=0):
        """`texts`: what the checks of the key say, with the token of that policy."""
        found = self.doctor(key, env=self.policy(*words), code=code)
        self.expect(found, "rights", "ok")
        all_texts = " ".join(check["text"] for check in found.values())
        for text in texts:
            self.assertIn(text, all_texts)
        return found

    @unittest.skipIf(cases.on_agent(), "the embedded agent has no ACLs")
    def test_the_tokens_of_all_policies(self):
        for key in ("dl/lock/.lock", "dl/run", "dl/jobs/a", "dl/own/leader"):
            session = self.consul.create_session(TTL="60s", Name="tenure span=15000ms")
            self.consul.put(key, "host-a", acquire=session, flags=consul.LOCK_FLAGS)
        group = ("--group", "dl/own")
        self.expect_rights(("run", "dl/run"), "dl/run", "held by")
        self.expect_rights(("run", "dl/never"), "dl/never", "there is no key dl/never", code=1)
        self.expect_rights(("sidecar", "dl/run"), "dl/run", "held by")
        self.expect_rights(("cron", "dl/run"), "dl/run", "held by")
        self.expect_rights(("lock", "dl/lock"), "dl/lock", "held by")
        self.expect_rights(("lock", "dl/free"), "dl/free", "there is no key dl/free/.lock",
                           code=1)
        self.expect_rights(("lock", "-n", "2", "dl/pool"), "dl/pool", "no election below dl/pool/",
                           code=1)
        self.expect_rights(("cron", "dl/jobs", *group), "dl/jobs", "1 election lies below it")
        self.expect_rights(("run", "dl/own/leader", *group), "dl/own/leader", "held by")
        self.expect_rights(("run", "dl/own/leader", *group), "dl/own", "the group dl/own has 0",
                           code=1)
        self.expect_rights(("list", "dl/own/"), "dl/own", "1 election lies", "policy list dl/own/")
        self.consul.put("dl/team/members/11111111-1111-1111-1111-111111111111", "")
        self.expect_rights(("group", "dl/team"), "dl/team", "policy group dl/team prints")
        found = self.doctor("dl/lock", env=self.policy("run", "dl/run"), code=2)
        self.expect(found, "key", "unknown", "may read neither the key dl/lock")
        self.expect(found, "rights", "problem", 'key:write on "dl/lock"', "a rule that denies it")

    def test_certificates(self):
        env = self.environment('key "none" { policy = "read" }')
        found = self.doctor(env={**env, "CONSUL_TLS_SERVER_NAME": "other.example"}, code=2)
        self.expect(found, "tls", "problem", "it is not for other.example",
                    "CONSUL_TLS_SERVER_NAME")
        with tempfile.TemporaryDirectory() as folder:
            other = secure.Authority(folder, "other")
            found = self.doctor(env={**env, "CONSUL_CACERT": other.file}, code=2)
            self.expect(found, "tls", "problem", "CONSUL_CACERT")
        plain = {"CONSUL_HTTP_ADDR": env["CONSUL_HTTP_ADDR"].removeprefix("https://")}
        found = self.doctor(env=plain, code=2)
        self.expect(found, "http", "problem", "https://")


if __name__ == "__main__":
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
    cases.main(needs_consul=True)
