"""A Consul that denies by default, and tokens whose policies change."""

import tempfile

from . import cases, consul
from .processes import TENURE

MASTER = "5ec2e7ba-5b1c-47a5-a2a2-000000000001"


class Token:
    """A token whose policy changes."""

    def __init__(self, client, name, rules):
        self.client = client
        self.name = name
        made = client.json("PUT", "/v1/acl/policy", {"Name": name, "Rules": "\n".join(rules)})
        self.policy = made["ID"]
        self.secret = client.json("PUT", "/v1/acl/token",
                                  {"Policies": [{"ID": self.policy}]})["SecretID"]

    def set(self, rules):
        # Empty rules would be kept as they are.
        text = "\n".join(rules) or 'key "none" { policy = "deny" }'
        self.client.json("PUT", "/v1/acl/policy/" + self.policy,
                         {"Name": self.name, "Rules": text})


class AclCase(cases.Case):
    acl = {"enabled": True, "default_policy": "deny", "tokens": {"master": MASTER}}

    @classmethod
    def setUpClass(cls):
        cls.server_folder = tempfile.TemporaryDirectory(prefix="tenure-e2e-server-")
        cls.addClassCleanup(cls.server_folder.cleanup)
        cls.server = consul.Server(cls.server_folder.name, acl=cls.acl)
        cls.addClassCleanup(cls.server.close)
        cls.consul = cls.server.client

    def token(self, name, rules):
        return Token(self.consul, name, rules)

    def policy(self, *words):
        code, output, errors = self.run_to_end(TENURE, "policy", *words)
        self.assertEqual((0, ""), (code, errors))
        return [line for line in output.splitlines() if not line.startswith("#")]

    def environment(self, token):
        return {"CONSUL_HTTP_ADDR": self.server.address, "CONSUL_HTTP_TOKEN": token.secret}
