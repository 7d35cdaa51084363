#!/usr/bin/env python3
"""Bad input of every kind, as a table: each case gets one clear line that names the value, and the
documented exit code; nothing is printed on standard output, and no file is changed."""

import concurrent.futures
import os
import re
import signal
import socket
import subprocess
import unittest

from support import cases
from support.bad_files import Files
from support.bad_texts import EMPTY, NOT_TEXT, cron, run, tenure
from support.processes import SLACK

DEV = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "dev")
NOWHERE = ["--http-addr", "127.0.0.1:1"]


def dev(*argv, says, code=64, **more):
    return ([DEV, *argv], says, code, more)


OPTIONS = [
    tenure("rnu", says="'rnu'.*run"),
    tenure("--vresion", says="--vresion.*--version"),
    run("--sapn", "5s", says="--sapn.*--span"),
    tenure("leader", "--jsno", "k", says="--jsno.*--json"),
    tenure("watch", "--nope", "k", says="--nope"),
    tenure("lock", "--spna", "5s", "k", "true", says="--spna.*--span"),
    tenure("sidecar", "--electoin", "a", says="--electoin.*--election"),
    tenure("agent", "--lisen", "x", says="--lisen.*--listen"),
    tenure("policy", "rnu", "k", says="rnu"),
    cron("--drian", "5s", "{jobs.yaml}", says="--drian.*--drain"),
    tenure("--token", "x", "leader", "k", says="--token is an option of tenure leader: write"),
    tenure("leader", "--span", "5s", "k", says="--span is an option of tenure run: write it"),
    cron("list", "--http-token=x", "{jobs.yaml}", says="--http-token is an option of tenure-cron:"),
    cron("chekc", "{jobs.yaml}", says="chekc.*check"),
    run("--span", says="--span|command|KEY"),
    tenure("leader", "k", "--http-addr", says="--http-addr"),
    tenure("drain", "--timeout", says="--timeout"),
    tenure("leader", "a", "b", says="b"),
    dev("tets", says="tets"),
]

# An empty token would mean an open server; options of a server are of no use without one.
SERVERS = [
    tenure("agent", "--listen", "127.0.0.1:0", "--state", "none",
           env={"TENURE_AGENT_TOKEN": ""}, says="TENURE_AGENT_TOKEN is empty"),
    tenure("agent", "--state", "none", "--agent-token-file", "",
           says="--agent-token-file: the value is empty"),
    cron("--http", "127.0.0.1:0", "{jobs.yaml}", env={"TENURE_HTTP_TOKEN": ""},
         says="TENURE_HTTP_TOKEN is empty"),
    cron("--http", "127.0.0.1:0", "{jobs.yaml}", env={"TENURE_HTTP_TOKEN_FILE": ""},
         says="TENURE_HTTP_TOKEN_FILE is empty"),
    cron("--http", "127.0.0.1:0", "--http-token-file", "", "{jobs.yaml}",
         says="--http-token-file: the value is empty"),
    cron("--http-tls-cert", "x", "{jobs.yaml}", says="--http-tls-cert: needs --http"),
    cron("--http-host", "x", "{jobs.yaml}", says="--http-host: needs --http"),
    cron("--http-private", "{jobs.yaml}",
         says="--http-private: needs --http-token-file or --http-token"),
]

DURATIONS = [
    run("--span", "5x", says="--span: '5x' is not a duration"),
    run("--span", "15", says="--span: '15' is not a duration"),
    run("--span", "", says="--span: the value is empty"),
    run("--span", "-5s", says="--span"),
    run("--span", "05s", says="--span: '05s' has a 0 before a number"),
    cron("check", "{zeros.yaml}", says="timeout: '05s' has a 0 before a number"),
    run("--span", "1.5s", says="--span: '1.5s'"),
    run("--span", "5 s", says="--span: '5 s'"),
    run("--span", "1s1h", says="--span: '1s1h'"),
    run("--span", "9223372036854775808ns", says="--span"),
    run("--span", "99999999h", says="--span: '99999999h'.*36500d"),
    run("--try=36501d", says="--try: '36501d'.*36500d"),
    run("--try=300y", says="--try: '300y' is not a duration"),
    run("--ttl", "86401s", says="ttl"),
    run("--grace", "99999999h", says="--grace: '99999999h'.*36500d"),
    run("--liveness", "1ms", says="--liveness: 1ms is out of range"),
    run("--lock-delay", "61s", says="lock-delay"),
    tenure("drain", "--wait", "--timeout", "99999999h", "g", "m", says="--timeout.*36500d"),
    tenure("move", "--timeout", "0x5s", "k", "m", says="--timeout: '0x5s'"),
    tenure("lock", "--try", "99999999h", "k", "true", says="--try: '99999999h'.*36500d"),
    tenure("lock", "-timeout", "1.5", "k", "true", says="--timeout: '1.5' is not a duration"),
    tenure("lock", "-timeout", "-5s", "k", "true", says="--timeout: '-5s' is not a duration"),
    tenure("lock", "-timeout", "infs", "k", "true", says="--timeout: 'infs' is not a duration"),
    tenure("agent", "--session-ttl-min", "36501d", says="--session-ttl-min"),
    cron("--drain", "99999999h", "{jobs.yaml}", says="--drain: '99999999h'.*36500d"),
    cron("--drain", "soon", "{jobs.yaml}", says="--drain: 'soon'"),
    cron("check", "{300y.yaml}", says="@every.*'300y' is not a duration"),
    cron("check", "{400000d.yaml}", says="@every.*36501d.*36500d"),
    cron("check", "{half.yaml}", says="@every.*500ms"),
    cron("check", "{zero.yaml}", says="@every"),
    tenure("sidecar", says="TENURE_SPAN: '99999999h' is longer than 36500d",
           env={"ELECTOR_ELECTION": "a", "TENURE_SPAN": "99999999h"}),
]

NUMBERS = [
    run("--group", "g", "--weight", "-1", says="--weight"),
    run("--group", "g", "--weight", "4294967296", says="--weight: .* from 0 to 1000000 "),
    run("--group", "g", "--capacity", "4294967295", says="--capacity: .* from 0 to 4294967294 "),
    run("--group", "g", "--weight", "007", says="--weight: '007' begins with 0"),
    cron("check", "{history.yaml}", says="history: '010' begins with 0"),
    cron("check", "{size.yaml}", says="size: '010MB' begins with 0"),
    tenure("sidecar", "--check", "{limit.yaml}", says="connections: '010' begins with 0"),
    run("--group", "g", "--weight", "x", says="--weight.*x"),
    run("--group", "g", "--weight", "", says="--weight"),
    run("--group", "g", "--weight", "99999999999999999999", says="--weight"),
    run("--group", "g", "--capacity", "1.5", says="--capacity.*1.5"),
    run("--group", "g", "--capacity", "0x10", says="--capacity.*0x10"),
    tenure("lock", "-n", "0", "k", "true", says="'0' is not a whole number from 1"),
    tenure("lock", "-shell=maybe", "k", "true", says="--shell: 'maybe' is neither true nor false"),
    run("--respawn=maybe", says="--respawn: 'maybe' is neither true nor false"),
    tenure("lock", "-n", "0x", "k", "true", says="'0x' is not a whole number from 1"),
    tenure("lock", "-n", "1__0", "k", "true", says="'1__0' is not a whole number from 1"),
    tenure("lock", "-monitor-retry", "-1", "k", "true",
           says="--monitor-retry: '-1' is not a whole number from 0"),
    tenure("lock", "-n", "-3", "k", "true", says="'-3' is not a whole number from 1"),
    tenure("lock", "-n", "4294967297", "k", "true", says="'4294967297' is not a whole number"),
    tenure("lock", "-monitor-retry", "-1", "k", "true", says="'-1' is not a whole number from 0"),
    tenure("agent", "--max-connections", "-1", says="--max-connections: '-1' is not a whole"),
    tenure("agent", "--max-connections", "+5", says="'.5' is not a whole number"),
    tenure("agent", "--max-connections", " 5", says="' 5' is not a whole number"),
    tenure("agent", "--max-connections", "0x10", says="'0x10' (is not|begins)"),
    tenure("agent", "--max-connections", "010", says="'010' begins with 0"),
    tenure("agent", "--max-connections", "1e3", says="'1e3' is not a whole number"),
    tenure("agent", "--max-connections-per-client", "99999999999999999999",
           says="--max-connections-per-client: '9+' is not a whole number from 0 to 1000000000"),
    tenure("policy", "lock", "-n", "0x2", "k", says="'0x2' (is not|begins)"),
    cron("next", "--count", "0x10", "{jobs.yaml}", says="--count: '0x10' (is not|begins)"),
    cron("history", "--limit", "1e1", "--file", "{jobs.yaml}", "x", says="--limit: '1e1'"),
    tenure("agent", "--listen", "127.0.0.1:99999", "--state", "none",
           says="99999.*a port from 0 to 65535"),
    tenure("agent", "--listen", "127.0.0.1:-1", says="-1"),
    tenure("agent", "--listen", "", says="listen"),
    tenure("agent", "--as", "2.7", says="2.7"),
    tenure("sidecar", "--election", "a", "--http", "127.0.0.1:65536", says="65536"),
]

NAMES = [
    run(key="/k", says="slash"),
    run(key="", says="KEY|key"),
    run("--value", b"\xff", says="--value: is not UTF-8"),
    run("--pass-env", "A=B", says="--pass-env: 'A' is followed by a value; write the name alone"),
    tenure("sidecar", "--check", "{pass.yaml}", says="pass_env: 'A' is followed by a value"),
    cron("--label", "a\n", "{jobs.yaml}", says=r"--label: 'a\\n' has control characters"),
    cron("check", "{label.yaml}", says=r"on: 'a\\n' has control characters"),
    tenure("agent", "--host", "*", "--state", "none", says=r"--host: '\*' is not the name of a"),
    cron("--http", "127.0.0.1:0", "--http-host", "a b", "{jobs.yaml}",
         says="--http-host: 'a b' is not the name of a host"),
    tenure("sidecar", "--check", "{star.yaml}", says=r"hosts: '\*' is not the name of a host"),
    tenure("sidecar", "--check", "{space.yaml}", says="hosts: 'a b' is not the name of a host"),
    tenure("leader", b"a\xff", says="is not UTF-8"),
    tenure("leader", "", says="the key is empty"),
    tenure("leader", "/k", says="'/k' begins with a slash"),
    tenure("watch", "/k", says="slash"),
    tenure("depose", "/k", says="slash"),
    tenure("lock", "", "true", says="prefix|key|KEY"),
    *(tenure(*words, says="'r/../x' cannot be a key.*between slashes.*: use another")
      for words in (("leader", "r/../x"), ("watch", "r/../x"), ("depose", "r/../x"),
                    ("list", "r/../x"), ("doctor", "r/../x"), ("group", "r/../x"),
                    ("drain", "r/../x", "m"), ("undrain", "r/../x", "m"), ("pin", "r/../x", "m"),
                    ("unpin", "r/../x"), ("move", "r/../x", "m"), ("policy", "run", "r/../x"),
                    ("pin", "k", "m", "--group", "r/../x"))),
    run(key="r/../x", says="'r/../x' cannot be a key"),
    run("--group", "r/../x", says="'r/../x' cannot be a key"),
    run(key="a\nb", says=r"'a\\nb' cannot be a key .*U\+000A.*: use another"),
    run(key="k" * 20000, says="has 20000 bytes: a key has at most 16384"),
    tenure("leader", "a\u2028b", says="U.2028"),
    tenure("lock", "a\nb", "true", says="U.000A"),
    tenure("leader-get", says=r"'r/\.\./x' cannot be a key", code=2, env={"TENURE_KEY": "r/../x"}),
    cron("history", "--election", "r/../x", "job", says="'r/../x' cannot be a key"),
    tenure("sidecar", says="TENURE_KEY: 'r/../x' cannot be a key",
           env={"ELECTOR_ELECTION": "a", "TENURE_KEY": "r/../x"}),
    tenure("sidecar", says="CONSUL_LEADER_KEY: 'r//x' cannot be a key",
           env={"CONSUL_LEADER_SERVICE_NAME": "a", "CONSUL_LEADER_KEY": "r//x"}),
    tenure("list", b"\xc3", says="is not UTF-8"),
    tenure("group", "/", says="empty"),
    tenure("drain", "g", "a/b", says="MEMBER:.*\"a/b\" cannot be part of a key"),
    tenure("undrain", "g", "..", says="MEMBER:.*without slashes"),
    tenure("pin", "g/k", "a\nb", says="MEMBER:.*control characters"),
    tenure("move", "g/k", "", says="MEMBER: a member needs a name"),
    cron("history", "--election", "k", "--member", "../x", "job", says="--member:.*\"../x\""),
    cron("history", "--election", "k", "--member", "", "job", says="--member: the value is empty"),
    tenure("drain", *NOWHERE, "g", "a", says="127.0.0.1:1", code=69),
    tenure("pin", "/k", "m", says="slash"),
    run("--group", "g", "--member", "a/b", says="a/b"),
    run("--group", "", says="--group: the value is empty"),
    run("--token-command", "", says="--token-command: the value is empty"),
    run("--group", "g", "--member", "m" * 2000, says="member"),
    run("--group", "g/", key="g/members/k", says="'g/members/k' is below 'g/members/'.*another"),
    run("--group", "g", key="g/handed/k", says="'g/handed/k' is below 'g/handed/'.*another"),
]

FILES = [
    cron("check", "{folder}/none", says="cannot read '.*none'"),
    cron("check", "{folder}", says="cannot read '.*folder'"),
    cron("check", "/proc/self/mem", says="cannot read '/proc/self/mem'"),
    cron("check", "{empty}", says="empty"),
    cron("check", "{binary}", says="binary"),
    cron("check", "{zeros}", says="zeros"),
    cron("check", "{latin}", says="latin.*UTF-8"),
    cron("check", "{fifo}", says="fifo"),
    cron("check", "{huge}", says="huge"),
    cron("check", "/dev/zero", says="/dev/zero"),
    cron("check", "{tabs.yaml}", says="tabs.yaml:"),
    cron("check", "{scalar.yaml}", says="scalar.yaml"),
    cron("check", "{list.yaml}", says="list.yaml"),
    cron("check", "{open.yaml}", says="open.yaml:.*not YAML"),
    cron("check", "{two.yaml}", says="two.yaml"),
    cron("check", "{twice.yaml}", says="twice.yaml:2.*election"),
    cron("check", "{anchor.yaml}", says="anchor.yaml:1"),
    cron("check", "{field.yaml}", says="field.yaml:3.*61"),
    cron("check", "{nojobs.yaml}", says="nojobs.yaml:2"),
    cron("check", "{slash.yaml}", says="slash.yaml:1.*slash"),
    cron("check", "{near.yaml}", says="near.yaml:3.*schedule", lines=2),
    cron("check", "{zone.yaml}", says="timezone: has a NUL"),
    tenure("sidecar", "--check", "{value.yaml}", says="value: has a NUL"),
    tenure("sidecar", "--check", "{run.yaml}", says="run: has a NUL"),
    tenure("sidecar", "--check", "{secret.yaml}", says="/no/such.*cannot be read"),
    tenure("sidecar", "--check", "{pipe.yaml}", says="fifo.*cannot be read"),
    tenure("sidecar", "--http", "127.0.0.1:0", says="TENURE_HTTP_TOKEN: the token has control",
           env={"ELECTOR_ELECTION": "a", "TENURE_HTTP_TOKEN": "a\tb"}),
    tenure("agent", "--listen", "127.0.0.1:0", "--state", "none",
           says="TENURE_AGENT_TOKEN: the token has control", env={"TENURE_AGENT_TOKEN": "a\tb"}),
    tenure("sidecar", "{socket.yaml}", says="folder .it is no socket: name another file"),
    *(tenure("agent", "--listen", "127.0.0.1:0", "--state", file,
             says="is not a state file of tenure agent: name another, or remove it")
      for file in ("{jobs.yaml}", "{binary}", "{token}")),
    tenure("sidecar", "--check", "{folder}/none", says="none"),
    tenure("sidecar", "--check", "{folder}", says="folder"),
    tenure("sidecar", "--check", "{empty}", says="empty|election"),
    tenure("sidecar", "--check", "{binary}", says="binary"),
    tenure("sidecar", "--check", "{fifo}", says="fifo"),
    tenure("sidecar", "--check", "{huge}", says="huge"),
    tenure("sidecar", "--check", "{scalar.yaml}", says="scalar.yaml"),
    tenure("sidecar", "--check", "{open.yaml}", says="open.yaml"),
    tenure("leader", "--token-file", "{folder}/none", "k", says="none"),
    tenure("leader", "--token-file", "{folder}", "k", says="folder"),
    tenure("leader", "--token-file", "{empty}", "k", says="empty"),
    tenure("leader", "--token-file", "{binary}", "k", says="binary"),
    tenure("leader", "--token-file", "{fifo}", "k", says="fifo"),
    tenure("leader", "--token-file", "{huge}", "k", says="huge"),
    tenure("leader", "--token-file", "{token}", "k", says="token"),
]

TLS = ["leader", "--http-addr", "https://127.0.0.1:1"]
CERTIFICATES = [
    tenure(*TLS, "--ca-file", "{folder}/none", "k", says="none"),
    tenure(*TLS, "--ca-file", "{empty}", "k", says="empty"),
    tenure(*TLS, "--ca-file", "{junk.pem}", "k", says="junk.pem"),
    tenure(*TLS, "--ca-file", "{folder}", "k", says="folder"),
    tenure(*TLS, "--client-cert", "{junk.pem}", "--client-key", "{junk.pem}", "k",
           says="junk.pem"),
    tenure(*TLS, "--client-cert", "{junk.pem}", "k", says="client-key|key"),
    tenure("agent", "--listen", "https://127.0.0.1:0", says="cert"),
    tenure("agent", "--listen", "https://127.0.0.1:0", "--cert-file", "{junk.pem}", "--key-file",
           "{junk.pem}", says="junk.pem|cert-file"),
]

ENVIRONMENT = [
    tenure("leader", "k", says="CONSUL_HTTP_ADDR", env={"CONSUL_HTTP_ADDR": "http://"}),
    tenure("leader", "k", says="CONSUL_HTTP_ADDR", env={"CONSUL_HTTP_ADDR": "ftp://h:1"}),
    tenure("leader", "k", says="CONSUL_HTTP_ADDR", env={"CONSUL_HTTP_ADDR": "h:99999"}),
    tenure("leader", "k", says="CONSUL_HTTP_ADDR", env={"CONSUL_HTTP_ADDR": "h:x"}),
    tenure("leader", "k", says="^[^?]*CONSUL_HTTP_ADDR[^?]*query[^?]*$",
           env={"CONSUL_HTTP_ADDR": "http://h:1?token=secret"}),
    tenure("leader", "k", says="CONSUL_HTTP_SSL", env={"CONSUL_HTTP_SSL": "maybe"}),
    tenure("leader", "k", says="CONSUL_HTTP_SSL_VERIFY",
           env={"CONSUL_HTTP_SSL_VERIFY": "perhaps"}),
    tenure("leader", "k", says="CONSUL_HTTP_TOKEN_FILE",
           env={"CONSUL_HTTP_TOKEN_FILE": "/no/such"}),
    tenure("leader", "k", says="CONSUL_CACERT",
           env={"CONSUL_HTTP_SSL": "true", "CONSUL_CACERT": "/no/such"}),
    tenure("leader", "k", says="CONSUL_HTTP_TOKEN", env={"CONSUL_HTTP_TOKEN": "a\nb"}),
    *(command(says=name + r" is too long \(70000 bytes\): use one line of at most 4096 bytes",
              env={name: "s" * 70000})
      for command in (run, lambda **more: tenure("leader", "k", **more))
      for name in ("CONSUL_HTTP_TOKEN", "CONSUL_HTTP_AUTH")),
    tenure("leader", "--token", "s" * 70000, "k", says="--token: the token is too long"),
    tenure("leader", "--datacenter", "s" * 70000, "k", says="the datacenter .* has 70000 bytes"),
    tenure("leader", "--token-command", "head -c 5000 /dev/zero | tr '\\0' s", "k",
           says="is too long .5000 bytes"),
    tenure("leader", "--http-addr", "h" * 300, "k", says="has a host of 300 characters"),
    run(says="TENURE_SPAN: '99999999h'.*36500d", env={"TENURE_SPAN": "99999999h"}),
    run(says="TENURE_SPAN: '' is|TENURE_SPAN", env={"TENURE_SPAN": "x"}),
    tenure("leader", "k", says="127.0.0.1:1", code=69,
           env={"TENURE_SPAN": "x", "TENURE_WEIGHT": "x"}),  # of other subcommands
    run(says="TENURE_WEIGHT", env={"TENURE_WEIGHT": "x", "TENURE_GROUP": "g"}),
    run(says="TENURE_LOG_LEVEL: ", env={"TENURE_LOG_LEVEL": "loud"}),
    run("--log-level", "", says="--log-level"),
    run("--log-leve", "info", says="--log-leve.*--log-level"),
    run("--http-addr", "h:70000", says="70000.*1 to 65535"),
    tenure("sidecar", says="ELECTOR_", env={"ELECTOR_ELECTION": b"\xff"}),
]

COMMANDS = [
    tenure("run", *NOWHERE, "--try=1s", "k", "--", "/no/such/program", says="/no/such/program",
           code=127),
    tenure("run", *NOWHERE, "--try=1s", "k", "--", "{folder}", says="folder", code=126),
    tenure("run", *NOWHERE, "--try=1s", "k", "--", "", says="''", code=127),
    tenure("leader", *NOWHERE, "k", says="127.0.0.1:1", code=69),
    tenure("list", *NOWHERE, "k", says="127.0.0.1:1", code=69),
    tenure("depose", *NOWHERE, "k", says="127.0.0.1:1", code=69),
    tenure("group", *NOWHERE, "k", says="127.0.0.1:1", code=69),
    tenure("is-leader", says="ELECTOR|sidecar|address|TENURE", code=(1, 2, 64, 69)),
    tenure("leader-get", "--nope", says="nope", code=(2, 64)),
    tenure("is-leader", "--format", "xml", says="xml", code=(2, 64)),
    tenure("leader-set", "=x", says="setting 1, got no key", code=2),
]

TABLE = {"options": OPTIONS, "servers": SERVERS, "empty": EMPTY, "not text": NOT_TEXT,
         "durations": DURATIONS, "numbers": NUMBERS,
         "names": NAMES, "files": FILES, "certificates": CERTIFICATES, "environment": ENVIRONMENT,
         "commands": COMMANDS}


class BadInputTest(cases.Case):
    def run_case(self, files, argv, more):
        def fill(word):
            if isinstance(word, bytes):
                return word
            return re.sub(r"\{([\w.-]+)\}", lambda m: files.path(m[1]), word)

        environment = {k: v for k, v in os.environ.items()
                       if not k.startswith(("CONSUL_", "TENURE_", "ELECTOR_"))}
        environment["CONSUL_HTTP_ADDR"] = "127.0.0.1:1"  # nothing answers
        environment.update(more.get("env", {}))
        process = subprocess.Popen([fill(word) for word in argv], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=environment, cwd=self.folder, start_new_session=True)
        try:
            output, errors = process.communicate(timeout=10 * SLACK)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, errors = process.communicate()
            return "hangs", output, errors
        return process.returncode, output, errors

    def judge(self, files, case):
        """What is wrong with it, or nothing."""
        argv, says, code, more = case
        got, output, errors = self.run_case(files, argv, more)
        text = errors.decode("utf-8", "replace")
        wrong = []
        codes = code if isinstance(code, tuple) else (code,)
        if got not in codes:
            wrong.append(f"exit code {got}, not {code}")
        if output:
            wrong.append(f"standard output: {output[:80]!r}")
        if len(text.splitlines()) != more.get("lines", 1):
            wrong.append(f"{len(text.splitlines())} lines")
        if not re.search(says, text):
            wrong.append(f"does not say {says!r}")
        if any(len(line) > 700 for line in text.splitlines()):
            wrong.append("a line of more than 700 characters")
        if re.search(r"std::|boost|terminate|what\(\)|\bExtra\b|Usage:", text):
            wrong.append("words of the code")
        return wrong, argv, text

    def test_each_gets_one_clear_line(self):
        files = Files(self.folder)
        every = [(kind, case) for kind, rows in TABLE.items() for case in rows]
        self.assertGreaterEqual(len(every), 80)
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            judged = list(pool.map(lambda row: (row[0], *self.judge(files, row[1])), every))
        table = []
        for kind, wrong, argv, text in judged:
            if wrong:
                words = " ".join(str(word) for word in argv[1:])
                table.append(f"{kind}: {os.path.basename(argv[0])} {words[:120]}\n    " +
                             "; ".join(wrong) + f"\n    {text[:400]!r}")
        self.assertEqual([], files.changed())
        if table:
            self.fail(f"{len(table)} of {len(every)} cases\n" + "\n".join(table))


if __name__ == "__main__":
    cases.main()
