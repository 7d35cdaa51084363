"""Stands in for the package of this name where there is none: SSEClient(url) is an iterator of
messages, over a stream of the `requests` package."""

import codecs

import requests


class Event:
    def __init__(self, fields):
        self.data = "\n".join(fields.get("data", []))
        self.event = fields.get("event", ["message"])[-1]
        self.id = fields.get("id", [None])[-1]


class SSEClient:
    def __init__(self, url):
        self.answer = requests.get(url, stream=True, timeout=60,
                                   headers={"Accept": "text/event-stream",
                                            "Cache-Control": "no-cache"})
        self.answer.raise_for_status()
        self.events = self._events()

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.events)

    def _events(self):
        decode = codecs.getincrementaldecoder("utf-8")()
        text = ""
        for piece in self.answer.iter_content(chunk_size=None):
            text += decode.decode(piece)
            while "\n\n" in text:
                block, text = text.split("\n\n", 1)
                fields = {}
                for line in block.split("\n"):
                    name, _, value = line.partition(":")
                    if name:
                        fields.setdefault(name, []).append(value.removeprefix(" "))
                if "data" in fields:
                    yield Event(fields)
