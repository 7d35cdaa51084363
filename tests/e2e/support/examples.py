"""The examples of docs/sidecar-clients.md as programs, with the packages of their registries."""

import filecmp
import os
import re
import shutil
import subprocess
import sys

from . import node
from .processes import BUILD

HERE = os.path.dirname(os.path.abspath(__file__))
DOCUMENT = os.path.join(HERE, "..", "..", "..", "docs", "sidecar-clients.md")
VERSIONS = os.path.join(HERE, "..", "clients", "examples")
FOLDER = os.path.join(os.path.abspath(BUILD), "tests", "e2e", "examples")
INSTALL_SECONDS = 240

TRANSPILE = """
const typescript = require('typescript');
const fs = require('node:fs');
const compilerOptions = { module: 'esnext', target: 'es2022' };
const code = fs.readFileSync(process.argv[1], 'utf8');
fs.writeFileSync(process.argv[2], typescript.transpileModule(code, { compilerOptions }).outputText);
"""


class Unavailable(Exception):
    """A tool is missing, or its registry cannot be reached."""


def _code(language):
    with open(DOCUMENT, encoding="utf-8") as file:
        blocks = re.findall(rf"^```{language}\n(.*?)^```$", file.read(), re.DOTALL | re.MULTILINE)
    if len(blocks) != 1:
        raise AssertionError(f"{len(blocks)} examples in {language}")
    return blocks[0]


def _run(*command, folder, env=None):
    if shutil.which(command[0]) is None:
        raise Unavailable(f"{command[0]} is not installed")
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, text=True, check=False,
                          capture_output=True, timeout=INSTALL_SECONDS,
                          env={**os.environ, **(env or {})})
    if done.returncode != 0:
        raise Unavailable(f"{' '.join(command)}: {(done.stdout + done.stderr)[-2000:]}")


def _build(language, files, steps):
    """Writes these files into the language's folder, and runs the steps unless they were run for
    the same files. Returns the folder."""
    folder = os.path.join(FOLDER, language)
    done = os.path.join(folder, "done")
    os.makedirs(os.path.join(folder, "src"), exist_ok=True)
    for name, content in files.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(content)
    _, different, missing = filecmp.cmpfiles(folder, done, files, shallow=False)
    if different or missing:
        shutil.rmtree(done, ignore_errors=True)
        steps(folder)
        for name in files:
            os.makedirs(os.path.dirname(os.path.join(done, name)), exist_ok=True)
            shutil.copy(os.path.join(folder, name), os.path.join(done, name))
    return folder


def _versions(name):
    with open(os.path.join(VERSIONS, name), encoding="utf-8") as file:
        return file.read()


def python():
    """The command of the example in Python, as those below for their languages."""
    files = {"requirements.txt": _versions("requirements.txt"), "leader.py": _code("python")}

    def install(folder):
        _run(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
             "--no-input", "--upgrade", "--target", "packages", "-r", "requirements.txt",
             folder=folder)

    folder = _build("python", files, install)
    return [sys.executable, os.path.join(folder, "leader.py")], {
        "PYTHONPATH": os.path.join(folder, "packages")}


def typescript():
    # The packages are those of all node clients. The version that the example means has another
    # name there.
    try:
        packages = os.path.join(node.prepare(), "node_modules")
    except (OSError, subprocess.SubprocessError) as error:
        raise Unavailable(str(error)) from error

    def transpile(folder):
        os.makedirs(os.path.join(folder, "node_modules"), exist_ok=True)
        link = os.path.join(folder, "node_modules", "eventsource")
        if not os.path.islink(link):
            os.symlink(os.path.join(packages, "eventsource3"), link)
        _run("node", "-e", TRANSPILE, "leader.mts", "leader.mjs", folder=folder,
             env={"NODE_PATH": packages})

    folder = _build("typescript", {"leader.mts": _code("typescript")}, transpile)
    return ["node", os.path.join(folder, "leader.mjs")], {}


def go():
    files = {"go.mod": _versions("go.mod"), "go.sum": _versions("go.sum"), "main.go": _code("go")}
    folder = _build("go", files, lambda at: _run("go", "build", "-o", "leader", ".", folder=at))
    return [os.path.join(folder, "leader")], {}


def kotlin():
    files = {"pom.xml": _versions("pom.xml"), "src/Leader.kt": _code("kotlin")}
    folder = _build("kotlin", files,
                    lambda at: _run("mvn", "-q", "-B", "compile", folder=at))
    with open(os.path.join(folder, "target", "classpath"), encoding="utf-8") as file:
        classpath = os.path.join(folder, "target", "classes") + ":" + file.read().strip()
    return ["java", "-XX:TieredStopAtLevel=1", "-cp", classpath, "LeaderKt"], {}
