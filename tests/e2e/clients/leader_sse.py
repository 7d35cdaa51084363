"""An application that is told who leads, by an iterator of messages."""

import os
import sys

from sseclient import SSEClient


def subscribe(handler):
    url = os.getenv("ELECTOR_SSE_URL")
    messages = SSEClient(url)
    for message in messages:
        handler(message)


if __name__ == "__main__":
    subscribe(lambda message: (print(message.data), sys.stdout.flush()))
