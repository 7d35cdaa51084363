"""Files of all kinds that the programs refuse or must not change."""

import os

JOBS = 'election: a\njobs:\n  - {name: x, schedule: "@daily", command: "true"}\n'
SIDECAR = "elections:\n  - {name: a, key: b}\n"


class Files:
    """What the cases name by {name}."""

    def __init__(self, folder):
        self.folder = folder
        self.contents = {}
        for name, content in (
                ("empty", b""), ("binary", b"\x00\x01\xff\xfe" * 64), ("zeros", bytes(4096)),
                ("latin", b"election: \xe4\n"), ("junk.pem", b"-----BEGIN CERTIFICATE-----\nx\n"),
                ("jobs.yaml", JOBS.encode()), ("sidecar.yaml", SIDECAR.encode()),
                ("tabs.yaml", b"election:\ta\njobs:\n\t- x\n"),
                ("scalar.yaml", b"hello\n"), ("list.yaml", b"- a\n- b\n"),
                ("open.yaml", b"election: a\njobs: [\n"),
                ("two.yaml", JOBS.encode() + b"---\n" + JOBS.encode()),
                ("twice.yaml", b"election: a\nelection: b\n" + JOBS.encode()[12:]),
                ("anchor.yaml", b"election: *nowhere\n"),
                ("300y.yaml", JOBS.replace("@daily", "@every 300y").encode()),
                ("400000d.yaml", JOBS.replace("@daily", "@every 36501d").encode()),
                ("half.yaml", JOBS.replace("@daily", "@every 500ms").encode()),
                ("zero.yaml", JOBS.replace("@daily", "@every 0").encode()),
                ("field.yaml", JOBS.replace("@daily", "61 * * * *").encode()),
                ("nojobs.yaml", b"election: a\njobs: 5\n"),
                ("slash.yaml", JOBS.replace("election: a", "election: /a").encode()),
                ("near.yaml", JOBS.replace("schedule", "shedule").encode()),
                ("token", b"s3cr3t\nmore\n"),
                ("zone.yaml", JOBS.encode() + b'timezone: "UTC\\0x"\n'),
                ("zeros.yaml", JOBS.replace("name: x", "timeout: 05s, name: x").encode()),
                ("history.yaml", JOBS.replace("name: x", "history: 010, name: x").encode()),
                ("size.yaml", JOBS.replace(
                    "name: x", "output: {file: a, size: 010MB}, name: x").encode()),
                ("label.yaml", JOBS.replace("name: x", 'on: ["a\\n"], name: x').encode()),
                ("value.yaml", b'elections:\n  - {name: a, value: "a\\0b"}\n'),
                ("run.yaml", b'elections:\n  - {name: a, command: {run: ["true", "a\\0b"]}}\n'),
                ("pass.yaml", b"elections:\n  - {name: a, command: {run: 'true', "
                              b"pass_env: ['A=B']}}\n"),
                ("star.yaml", SIDECAR.encode() + b'http: {hosts: ["*"]}\n'),
                ("space.yaml", SIDECAR.encode() + b'http: {hosts: ["a b"]}\n'),
                ("limit.yaml", SIDECAR.encode() + b"http: {connections: 010}\n"),
                ("secret.yaml", SIDECAR.encode() + b"http: {token_file: /no/such}\n"),
                ("pipe.yaml", f"{SIDECAR}http: {{token_file: {self.path('fifo')}}}\n".encode()),
                ("socket.yaml",
                 f"{SIDECAR}control: {{socket: {self.path('folder')}}}\n".encode())):
            self.contents[name] = content
            with open(self.path(name), "wb") as file:
                file.write(content)
        os.mkdir(self.path("folder"))
        os.mkfifo(self.path("fifo"))
        with open(self.path("huge"), "wb") as file:
            file.truncate(1 << 31)
        self.contents["readonly/x"] = b""

    def path(self, name):
        return os.path.join(self.folder, name)

    def changed(self):
        names = []
        for name, content in self.contents.items():
            if os.path.dirname(name):
                continue
            with open(self.path(name), "rb") as file:
                if file.read() != content:
                    names.append(name)
        return names
