#!/usr/bin/env python3
"""What the services report to systemd, and the token that it loads for them."""

import os
import signal
import time

from support import cases
from support.notify import ServiceManager
from support.processes import SANITIZED, SLACK, TENURE, TENURE_CRON, alive, boot_time, wait_until
from support.sidecars import Sidecars


class SystemdTest(cases.ServerCase):
    def manager(self, **more):
        made = ServiceManager(self.folder, **more)
        self.addCleanup(made.close)
        return made

    def write(self, name, text):
        with open(self.zoo.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.zoo.path(name)

    def test_the_services(self):
        self.all_at_once(self.sidecar, self.cron, self.agent, self.blocked_loop, self.credential,
                         self.hostile_leader, self.jobs_of_users)

    def stops(self, process, manager):
        process.terminate()
        self.assertEqual(0, process.wait(60))
        self.assertEqual(["1"], manager.values("STOPPING"))
        self.assertGreater(int(manager.values("EXTEND_TIMEOUT_USEC")[0]), 4_000_000)

    def sidecar(self):
        manager = self.manager(watchdog=1.0)
        stage = Sidecars(self, "sidecar")
        process = stage.start("a", env=manager.environment)
        manager.wait_for("READY")
        manager.wait_for_status("leads sidecar")
        other = self.manager(abstract=True)
        second = stage.start("b", env=other.environment)
        other.wait_for_status("a leads sidecar")
        self.assertEqual([], other.values("WATCHDOG"))  # no WATCHDOG_USEC

        process.send_signal(signal.SIGHUP)
        manager.wait_for("READY", 2)
        self.assertEqual(["1"], manager.values("RELOADING"))
        now = time.clock_gettime(time.CLOCK_MONOTONIC) * 1e6
        self.assertAlmostEqual(int(manager.values("MONOTONIC_USEC")[0]), now,
                               delta=20e6 * SLACK)

        fed = manager.times("WATCHDOG")
        self.assertGreater(len(fed), 2)
        self.stops(process, manager)
        other.wait_for_status("leads sidecar", 60)
        second.terminate()
        second.wait(60)

    def cron(self):
        manager = self.manager(watchdog=1.0)
        key = self.key + "/cron"
        path = self.write("jobs.yaml", f"election: {key}\njobs:\n  - {{name: env, "
                          "schedule: '@every 1s', command: 'env > job.new; mv job.new job'}\n")
        process = self.start(TENURE_CRON, "--value", "replica-1", "--span", "2s", "--ttl", "10s",
                             path, env=manager.environment, cwd=self.folder)
        manager.wait_for("READY")
        manager.wait_for_status("leads " + key)
        process.send_signal(signal.SIGHUP)
        manager.wait_for("RELOADING")
        manager.wait_for("READY", 2)

        # No job can report in the place of tenure-cron.
        wait_until(lambda: self.zoo.lines("job"), 20 * SLACK, what="a run")
        names = {line.partition("=")[0] for line in self.zoo.lines("job")}
        self.assertEqual(set(), names & {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
        self.assertIn("TENURE_JOB", names)
        manager.wait_for("WATCHDOG", 3)
        self.stops(process, manager)

    def agent(self):
        manager = self.manager(watchdog=1.0)
        process = self.start(TENURE, "agent", "--listen", "127.0.0.1:0", "--state", "none",
                             env=manager.environment)
        manager.wait_for("READY")
        self.assertRegex(manager.status(), r"^listening on 127\.0\.0\.1:\d+$")
        manager.wait_for("WATCHDOG", 3)
        begin = boot_time()
        self.stops(process, manager)
        self.assertLess(boot_time() - begin, 4 * SLACK)

    def blocked_loop(self):
        """A process that does not go on feeds nothing, and feeds again when it does."""
        manager = self.manager(watchdog=0.4)
        process = self.start(TENURE, "agent", "--listen", "127.0.0.1:0", "--state", "none",
                             env=manager.environment)
        manager.wait_for("WATCHDOG", 3)
        process.send_signal(signal.SIGSTOP)
        time.sleep(0.5 * SLACK)  # what was sent before has arrived
        fed = len(manager.values("WATCHDOG"))
        time.sleep(1)
        self.assertEqual(fed, len(manager.values("WATCHDOG")))
        process.send_signal(signal.SIGCONT)
        manager.wait_for("WATCHDOG", fed + 1)
        self.stops(process, manager)

        # The watchdog of another process is not ours.
        other = self.manager(watchdog=0.2)
        process = self.start(TENURE, "agent", "--listen", "127.0.0.1:0", "--state", "none",
                             env={**other.environment, "WATCHDOG_PID": "1"})
        other.wait_for("READY")
        time.sleep(0.5)
        self.assertEqual([], other.values("WATCHDOG"))
        self.stops(process, other)

    def hostile_leader(self):
        """What a leader publishes is one line of the status, and cannot report in our place."""
        key = self.key + "/hostile"
        leader = self.start(TENURE, "run", "--value", "x\nREADY=0\nMAINPID=1", key, "--",
                            "sleep", "60")
        wait_until(lambda: (self.consul.get(key)[0] or {}).get("Session"), 20 * SLACK)
        manager = self.manager()
        path = self.write("hostile.yaml", f"elections: [{{name: h, key: {key}, value: me}}]\n")
        process = self.start(TENURE, "sidecar", path, env=manager.environment)
        manager.wait_for_status("x?READY=0?MAINPID=1 leads h")
        self.assertEqual(["1"], manager.values("READY"))
        self.assertEqual([], manager.values("MAINPID"))
        self.stops(process, manager)
        leader.terminate()
        leader.wait(30)

    def jobs_of_users(self):
        """The capabilities of jobs-as-users.conf are enough to run a job as a user, and to end
        it."""
        if os.geteuid() != 0 or SANITIZED:
            print("skipped: only root can run jobs of other users, and sanitizers need more rights")
            return
        os.chmod(self.folder, 0o777)
        path = self.write("users.yaml", f"election: {self.key}/users\njobs:\n  - {{name: id, "
                          "schedule: '@every 1s', user: nobody, command: 'trap \"\" TERM; "
                          f"echo $(id -un) $$ > {self.folder}/who; sleep 600'}}\n")
        process = self.start("setpriv", "--bounding-set", "-all,+setuid,+setgid,+kill",
                             "--inh-caps", "-all", "--no-new-privs", TENURE_CRON,
                             "--span", "2s", "--ttl", "10s", "--grace", "500ms", path)
        wait_until(lambda: self.zoo.lines("who"), 30 * SLACK, what="a run")
        user, pid = self.zoo.lines("who")[0].split()
        self.assertEqual("nobody", user)
        process.terminate()
        self.assertEqual(0, process.wait(60 * SLACK))
        self.assertFalse(alive(int(pid)))

    def credential(self):
        """$CREDENTIALS_DIRECTORY/consul-token is the token, unless another one is configured."""
        folder = self.zoo.path("credentials")
        os.mkdir(folder)
        credential = {"CREDENTIALS_DIRECTORY": folder}
        code, _, errors = self.run_to_end(TENURE, "list", self.key + "/none", env=credential)
        self.assertEqual(1, code, errors)  # no key below the prefix
        with open(os.path.join(folder, "consul-token"), "w", encoding="utf-8") as file:
            file.write("two\nlines\n")
        code, _, errors = self.run_to_end(TENURE, "list", self.key + "/none", env=credential)
        self.assertEqual(64, code, errors)
        self.assertIn(folder + "/consul-token", errors)
        code, _, errors = self.run_to_end(TENURE, "list", self.key + "/none",
                                          env={**credential, "CONSUL_HTTP_TOKEN": ""})
        self.assertEqual(1, code, errors)


if __name__ == "__main__":
    cases.main(needs_consul=True)
