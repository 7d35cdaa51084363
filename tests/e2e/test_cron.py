#!/usr/bin/env python3
"""tenure-cron with three replicas: jobs run on the leader only, each tick at most once, and stop
before the lease ends."""

import collections
import datetime
import os
import re
import signal
import time

from support import cases, marks
from support.processes import (MARK, SANITIZED, SLACK, TENURE, TENURE_CRON, alive, boot_time,
                               wait_until)

SPAN = 2.0
TTL = 10.0


class CronTest(cases.ServerCase):
    def write(self, jobs, name="jobs.yaml"):
        path = self.zoo.path(name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"election: {self.key}\njobs:\n{jobs}")
        return path

    def cron(self, path, value, *options, **more):
        return self.start(TENURE_CRON, "--value", value, "--span", f"{SPAN:.0f}s", "--ttl",
                          f"{TTL:.0f}s", *options, path, cwd=self.folder, **more)

    def leader(self):
        return self.run_to_end(TENURE, "leader", self.key)[1].strip()

    def job_lines(self, process, job):
        form = re.compile(rf"\S+Z \[{re.escape(job)} \S+Z (?:out|err)\] (.*)")
        found = [form.fullmatch(line) for line in self.zoo.output_lines(process)]
        return [match[1] for match in found if match]

    def test_three_replicas_and_a_crash(self):
        path = self.write(f"""
  - name: tick
    schedule: "@every 1s"
    command: echo "$TENURE_TICK $TENURE_FENCE" | tee -a ticks
  - name: long
    schedule: "@every 1s"
    command: [{MARK}, marks, long, 0, ignore-term]
""")
        replicas = {name: self.cron(path, name) for name in ("a", "b", "c")}
        first = wait_until(self.leader, what="a leader")
        wait_until(lambda: len(self.zoo.lines("ticks")) >= 3, what="three ticks")
        long_run = wait_until(lambda: marks.of(marks.read(self.zoo.path("marks")), "begin"),
                              what="the long job")[0]
        killed_at = boot_time()
        replicas[first].kill()
        ticks_before = len(self.zoo.lines("ticks"))
        wait_until(lambda: not alive(long_run.pid), SPAN + 1, what="the end of the long job")
        self.assertLess(boot_time() - killed_at, SPAN)
        wait_until(lambda: len(self.zoo.lines("ticks")) >= ticks_before + 4, 2 * TTL + SPAN + 8,
                   what="ticks of the next leader")
        second = self.leader()
        self.assertIn(second, set(replicas) - {first})

        # Each tick ran once and in order, fences grow, and only the leaders printed lines.
        ticks, fences = zip(*(line.split() for line in self.zoo.lines("ticks")))
        self.assertEqual(sorted(set(ticks)), list(ticks))
        self.assertEqual(sorted(fences, key=int), list(fences))
        self.assertEqual(2, len(set(fences)))
        printed = {name: len(self.job_lines(p, "tick")) for name, p in replicas.items()}
        self.assertEqual(0, printed[(set(replicas) - {first, second}).pop()])
        # The pause after a crash: the TTL of the session, then the span.
        by_fence = collections.defaultdict(list)
        for tick, fence in zip(ticks, fences):
            by_fence[fence].append(datetime.datetime.fromisoformat(tick.replace("Z", "+00:00")))
        old, new = sorted(by_fence, key=int)
        self.assertGreater((by_fence[new][0] - by_fence[old][-1]).total_seconds(), TTL)

        # A clean shutdown stops the stubborn job and hands over at once.
        replicas[second].terminate()
        self.assertEqual(0, replicas[second].wait(SPAN + 2))
        third = (set(replicas) - {first, second}).pop()
        wait_until(lambda: self.job_lines(replicas[third], "tick"), 5, what="the third leader")
        replicas[third].terminate()
        self.assertEqual(0, replicas[third].wait(SPAN + 2))
        self.assertEqual([], marks.overlaps(marks.read(self.zoo.path("marks"))))
        self.assertEqual("", self.consul.get(self.key)[0]["Value"])
        wait_until(lambda: not self.zoo.marked(), 2, what="the end of every process")

    def test_a_stopped_leader_runs_no_job_past_its_lease(self):
        path = self.write(f"""
  - name: long
    schedule: "@every 1s"
    command: [{MARK}, marks, long, 0, ignore-term]
""")
        process = self.cron(path, "a")
        command = wait_until(lambda: marks.of(marks.read(self.zoo.path("marks")), "begin"))[0]
        stopped_at = boot_time()
        process.send_signal(signal.SIGSTOP)
        wait_until(lambda: not alive(command.pid), SPAN + 1, what="the end of the job")
        self.assertLess(boot_time() - stopped_at, SPAN)
        session = self.consul.holder(self.key)
        self.consul.destroy_session(session)
        count = len(marks.read(self.zoo.path("marks")))
        time.sleep(1.5)
        process.send_signal(signal.SIGCONT)
        # It may lead again after the quarantine, with a new term.
        wait_until(lambda: len(marks.of(marks.read(self.zoo.path("marks")), "begin")) == 2, 10)
        begins = marks.of(marks.read(self.zoo.path("marks")), "begin")
        self.assertGreater(int(begins[1].fence), int(begins[0].fence))
        self.assertEqual(begins[1].time, marks.read(self.zoo.path("marks"))[count].time)
        process.terminate()
        self.assertEqual(0, process.wait(5))

    def test_jobs_their_environment_and_their_ends(self):
        path = self.write("""
  - name: env
    schedule: "@every 1s"
    command: env | grep -E '^(TENURE_|SITE|MINE)' | sort
    env: {SITE: Berlin, MINE: overridden}
  - name: list
    schedule: "@every 1s"
    command: [printf, '%s|', one, two words, '$HOME']
  - name: slow
    schedule: "@every 1s"
    command: sleep 2.5
  - name: late
    schedule: "@every 1s"
    command: [sleep, "30"]
    timeout: 300ms
  - name: fails
    schedule: "@every 1s"
    command: echo partly; echo wrong >&2; exit 3
  - name: missing
    schedule: "@every 1s"
    command: [no-such-program]
  - name: never
    schedule: "0 0 29 2 *"
    command: touch never
""")
        process = self.cron(path, "a", env={"MINE": "ours", "TENURE_LOG_LEVEL": "debug"})

        def every_job_ran():
            errors = self.zoo.errors(process)
            return ("job skipped job=slow reason=overlap" in errors and
                    "job timed out job=late" in errors and
                    'job failed job=fails outcome="exited with 3"' in errors and
                    'job not started job=missing outcome="could not be started: no such program"'
                    in errors and self.job_lines(process, "env"))

        wait_until(every_job_ran, 15, what="a run of every job")
        process.terminate()
        self.assertEqual(0, process.wait(5))
        seen = dict(line.split("=", 1) for line in self.job_lines(process, "env")[:11])
        self.assertEqual({"TENURE_JOB", "TENURE_TICK", "TENURE_FENCE", "TENURE_KEY", "TENURE_RUN",
                          "TENURE_TRIGGER", "TENURE_ATTEMPT", "SITE", "MINE"},
                         set(seen) - {"TENURE_LOG_LEVEL", "TENURE_TEST_MARK"})
        self.assertEqual(("Berlin", "overridden", "env"),
                         (seen["SITE"], seen["MINE"], seen["TENURE_JOB"]))
        self.assertRegex(seen["TENURE_TICK"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual("one|two words|$HOME|", self.job_lines(process, "list")[0])
        self.assertEqual({"partly", "wrong"}, set(self.job_lines(process, "fails")))
        self.assertFalse(os.path.exists(self.zoo.path("never")))

    def test_a_stuck_reader_does_not_cost_the_leadership(self):
        read, write = os.pipe()
        path = self.write("""
  - name: loud
    schedule: "@every 1s"
    command: yes
""")
        process = self.cron(path, "a", stdout=write)
        os.close(write)
        wait_until(self.leader, what="a leader")
        time.sleep(SPAN * 2)
        self.assertEqual("a", self.leader())
        self.assertNotIn("schedule stopped", self.zoo.errors(process))
        with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
            memory = next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
        self.assertLess(memory, (128 if SANITIZED else 64) * 1024)  # sanitizers keep freed memory
        process.terminate()
        self.assertEqual(0, process.wait(SPAN + 5))
        os.close(read)

    def test_waiting_for_consul(self):
        path = self.write('  - {name: a, schedule: "@every 1s", command: echo ran}\n')
        process = self.cron(path, "a", "--http-addr", "127.0.0.1:1")
        time.sleep(1)
        self.assertIsNone(process.poll())
        process.terminate()
        self.assertEqual(0, process.wait(15))


if __name__ == "__main__":
    cases.main(needs_consul=True)
