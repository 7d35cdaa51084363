"""Servers that programs reach by TLS alone, with a certificate that they must show: a Consul that
denies every request without a token, or the embedded agent."""

import os
import shutil
import tempfile
import uuid

from . import cases, consul
from .agent import Agent
from .certificates import Authority

MASTER = "5ec2e7ba-5b1c-47a5-a2a2-000000000001"


class Files:
    """What an operator deploys: an authority, and the certificates of the server and the clients.
    The names stay when a test replaces the files."""

    def __init__(self, folder):
        self.folder = folder
        self.authority = Authority(folder, "authority")
        self.ca = os.path.join(folder, "trusted.pem")
        shutil.copyfile(self.authority.file, self.ca)
        self.server = self.authority.issue("server")
        self.client = self.authority.issue("client")

    def environment(self):
        return {"CONSUL_CACERT": self.ca, "CONSUL_CLIENT_CERT": self.client[0],
                "CONSUL_CLIENT_KEY": self.client[1]}


class SecureConsul(consul.Server):
    """Also listens on a plain port, for the tests themselves."""

    def __init__(self, folder, files):
        cert, key = files.server
        tls = {"ca_file": files.ca, "cert_file": cert, "key_file": key}
        if consul.version() >= (1, 12):
            settings = {"tls": {"https": {**tls, "verify_incoming": True}}}
        else:
            settings = {**tls, "verify_incoming_https": True}
        super().__init__(folder, acl={
            "enabled": True, "default_policy": "deny", "tokens": {"master": MASTER}}, **settings)

    def create_token(self, name, rules):
        """(accessor, secret) of a token with these rules."""
        self.client.json("PUT", "/v1/acl/policy", {"Name": name, "Rules": "\n".join(rules)})
        made = self.client.json("PUT", "/v1/acl/token", {"Policies": [{"Name": name}]})
        return made["AccessorID"], made["SecretID"]

    def reload(self):
        self.client.request("PUT", "/v1/agent/reload")


class SecureAgent(Agent):
    """Also listens on a plain port, for the tests themselves."""

    def __init__(self, folder, files):
        cert, key = files.server
        super().__init__(folder, options=(
            "--listen", "https://127.0.0.1:0", "--tls-cert", cert, "--tls-key", key,
            "--tls-client-ca", files.ca))
        self.https_address = self.listening[1]


class SecureCase(cases.Case):
    """All tests of the class share a server."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.mkdtemp(prefix="tenure-e2e-server-")
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        cls.files = Files(folder)
        kind = SecureAgent if cases.on_agent() else SecureConsul
        cls.server = kind(folder, cls.files)
        cls.addClassCleanup(cls.server.close)
        cls.consul = cls.server.client

    def setUp(self):
        super().setUp()
        self.accessors = {}  # of the tokens, by the name of their file

    def secure(self, rules):
        """The environment of a program whose token, in a file, has these rules."""
        environment = {"CONSUL_HTTP_ADDR": self.server.https_address, **self.files.environment()}
        if not cases.on_agent():
            name = "token-" + uuid.uuid4().hex
            accessor, secret = self.server.create_token(name, rules)
            file = self.zoo.path(name)
            with open(file, "w", encoding="ascii") as out:
                out.write(secret + "\n")
            self.accessors[file] = accessor
            environment["CONSUL_HTTP_TOKEN_FILE"] = file
        return environment
