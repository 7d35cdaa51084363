#!/usr/bin/env python3
"""Starts an embedded agent, runs a command against it, and exits with the command's exit code.

usage: with_agent.py TENURE [--expect LINE]... -- COMMAND [ARG...]

TENURE is the command-line tool; the command finds the agent through CONSUL_HTTP_ADDR. The command
must print each expected LINE.
"""
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

AGENT_STARTS_WITHIN = 20  # seconds; sanitizers are slow
COMMAND_ENDS_WITHIN = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_it_answers(agent: subprocess.Popen, address: str) -> None:
    give_up = time.monotonic() + AGENT_STARTS_WITHIN
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < give_up:
        if agent.poll() is not None:
            sys.exit(f"with_agent: the agent ended with exit code {agent.returncode}")
        try:
            with direct.open(f"http://{address}/v1/status/leader", timeout=1) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.02)
    sys.exit(f"with_agent: no answer from the agent at {address}")


def stop(process: subprocess.Popen) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def main() -> int:
    split = sys.argv.index("--")
    tool, options, command = sys.argv[1], sys.argv[2:split], sys.argv[split + 1:]
    expected = options[1::2]
    if any(option != "--expect" for option in options[::2]) or not command:
        sys.exit(__doc__)
    address = f"127.0.0.1:{free_port()}"
    agent = subprocess.Popen(
        [tool, "agent", "--listen", address, "--state", "none", "--start-lock-delay", "0"],
        stdin=subprocess.DEVNULL)
    try:
        wait_until_it_answers(agent, address)
        environment = {**os.environ, "CONSUL_HTTP_ADDR": address}
        run = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, text=True,
                             stdout=subprocess.PIPE, timeout=COMMAND_ENDS_WITHIN, check=False)
        print(run.stdout, end="", flush=True)
        missing = [line for line in expected if line not in run.stdout.splitlines()]
        for line in missing:
            print(f"with_agent: the command did not print: {line}")
        return run.returncode or (1 if missing else 0)
    finally:
        stop(agent)


if __name__ == "__main__":
    sys.exit(main())
