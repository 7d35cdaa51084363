"""An application that asks its sidecar whether it leads, by GET."""

import os
import socket

import requests


def is_leader():
    answer = requests.get(os.getenv("ELECTOR_GET_URL"), timeout=10)
    return answer.json()["name"] == socket.gethostname()


if __name__ == "__main__":
    print(is_leader())
