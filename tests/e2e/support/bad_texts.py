"""Cases of bad input: a command, what its line of error says, and its exit code. Here are those of
values that are empty, or not UTF-8."""

from support.processes import TENURE, TENURE_CRON


def tenure(*argv, says, code=64, **more):
    return ([TENURE, *argv], says, code, more)


def cron(*argv, says, code=64, **more):
    return ([TENURE_CRON, *argv], says, code, more)


def run(*options, says, code=64, key="k", **more):
    return tenure("run", *options, key, "--", "true", says=says, code=code, **more)


# An option whose value is an empty variable of a script must not mean less protection.
EMPTY = [
    *(tenure("agent", "--listen", "127.0.0.1:0", option, "", says=option + ": the value is empty")
      for option in ("--state", "--host", "--tls-cert", "--tls-key", "--tls-client-ca", "--node")),
    *(cron("--http", "127.0.0.1:0", option, "", "{jobs.yaml}", says=option + ": the value is empty")
      for option in ("--http", "--http-token", "--http-host", "--http-tls-cert", "--http-tls-key",
                     "--http-tls-client-ca", "--label", "--value", "--member")),
    *(run(option, "", says=option + ": the value is empty")
      for option in ("--token", "--token-file", "--http-addr", "--datacenter", "--namespace",
                     "--partition", "--ca-file", "--ca-path", "--client-cert", "--client-key",
                     "--tls-server-name", "--value", "--group", "--member", "--pass-env")),
    tenure("pin", "k", "m", "--group", "", says="--group: the value is empty"),
    tenure("lock", "-token", "", "k", "true", says="--token: the value is empty"),
]

# Bytes that are not UTF-8 would arrive as others; a secret is not shown in any case.
NOT_TEXT = [
    tenure("leader", "--token", b"s3cret\xff", "k",
           says=r"^((?!s3cret).)*--token: is not UTF-8 \(its value is not shown"),
    tenure("leader", "--http-addr", b"http://u:s3cret\xff@h", "k",
           says=r"^((?!s3cret).)*--http-addr: is not UTF-8 \(its value is not shown"),
    cron("--http", "127.0.0.1:0", "--http-token", b"s3cret\xff", "{jobs.yaml}",
         says=r"^((?!s3cret).)*--http-token: is not UTF-8 \(its value is not shown"),
    cron("--http", "127.0.0.1:0", "{jobs.yaml}", env={"TENURE_HTTP_TOKEN": b"s3cret\xff"},
         says=r"^((?!s3cret).)*TENURE_HTTP_TOKEN: is not UTF-8 \(its value is not shown"),
    *(tenure("leader", "k", env={name: b"u:s3cret\xff"},
             says=rf"^((?!s3cret).)*{name} is not UTF-8 \(its value is not shown")
      for name in ("CONSUL_HTTP_TOKEN", "CONSUL_HTTP_AUTH")),
    tenure("leader", "--token-command", r"printf 's3cret\377'", "k",
           says=r"first line is not UTF-8 \(its value is not shown"),
    tenure("leader-set", b"password=s3cret\xff", code=2,
           says=r'^((?!s3cret).)*the value of "password" is not UTF-8'),
    tenure("leader-set", "a=1", "s3cret", code=2, says=r"^((?!s3cret).)*setting 2, got no"),
]
