"""Certificates for the tests, made by the openssl command when a test runs."""

import os
import shutil
import subprocess

CONFIG = """[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[host]
basicConstraints = CA:FALSE
authorityKeyIdentifier = keyid
extendedKeyUsage = serverAuth,clientAuth
subjectAltName = {hosts}
"""
LOOPBACK = "DNS:localhost,DNS:server.dc1.consul,IP:127.0.0.1"


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, stdin=subprocess.DEVNULL,
                   capture_output=True)


def replace(source, target):
    """Puts a copy of a file in the place of another, at once."""
    shutil.copyfile(source, target + ".new")
    os.rename(target + ".new", target)


class Authority:
    """Signs certificates. Its own is in `file`; all files are in the folder."""

    def __init__(self, folder, name):
        self.folder = folder
        self.name = name
        self.file = self._path(".pem")
        self.key = self._path("-key.pem")
        openssl("req", "-x509", *self._new_key(name, self.key), "-out", self.file, "-days", "2",
                "-config", self._config(), "-extensions", "authority")

    def issue(self, name, hosts=LOOPBACK, days=1):
        """The files of a certificate and its key. With -1 days it expired a day ago."""
        base = os.path.join(self.folder, name)
        openssl("req", "-new", *self._new_key(name, base + "-key.pem"), "-out", base + ".csr",
                "-config", self._config())
        openssl("x509", "-req", "-in", base + ".csr", "-CA", self.file, "-CAkey", self.key,
                "-CAcreateserial", "-out", base + ".pem", "-days", str(days),
                "-extfile", self._config(hosts), "-extensions", "host")
        return base + ".pem", base + "-key.pem"

    def _path(self, suffix):
        return os.path.join(self.folder, self.name + suffix)

    @staticmethod
    def _new_key(name, file):
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", file,
                "-subj", "/CN=" + name)

    def _config(self, hosts=LOOPBACK):
        path = self._path(".cnf")
        with open(path, "w", encoding="ascii") as file:
            file.write(CONFIG.format(hosts=hosts))
        return path
