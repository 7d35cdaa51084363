"""Certificates for a Consul that speaks TLS, made by the openssl command at run time."""

import os
import subprocess

AUTHORITY = "ca.pem"
CERTIFICATE, KEY = "server.pem", "server-key.pem"
NAMES = "subjectAltName=DNS:localhost,DNS:server.dc1.consul,IP:127.0.0.1"
CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def openssl(folder, *argv):
    subprocess.run(["openssl", *argv], cwd=folder, check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Certificates:
    """An authority and a server's certificate for the loopback, by ECDSA as `consul tls` makes
    them."""

    def __init__(self, folder):
        os.makedirs(folder)
        self.folder = folder
        openssl(folder, "req", "-x509", *CURVE, "-keyout", "ca-key.pem", "-out", AUTHORITY,
                "-days", "2", "-subj", "/CN=bench authority")
        openssl(folder, "req", *CURVE, "-keyout", KEY, "-out", "server.csr",
                "-subj", "/CN=server.dc1.consul")
        with open(os.path.join(folder, "names"), "w", encoding="ascii") as file:
            file.write(NAMES + "\n")
        openssl(folder, "x509", "-req", "-in", "server.csr", "-CA", AUTHORITY, "-CAkey",
                "ca-key.pem", "-CAcreateserial", "-out", CERTIFICATE, "-days", "2",
                "-extfile", "names")

    @property
    def authority(self):
        return os.path.join(self.folder, AUTHORITY)

    @property
    def settings(self):
        """The part of Consul's configuration that serves HTTPS with them."""
        return {"ca_file": self.authority, "cert_file": os.path.join(self.folder, CERTIFICATE),
                "key_file": os.path.join(self.folder, KEY)}
