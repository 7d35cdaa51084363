"""What a hostile or broken client may send, byte by byte."""

import json

def get(target, *lines, version="1.1"):
    return ("GET %s HTTP/%s\r\n" % (target, version)).encode("latin-1") + b"Host: localhost\r\n" + \
        b"".join(line + b"\r\n" for line in lines) + b"\r\n"


def bare(method, target, *lines):
    """A request without a body."""
    return get(target, b"Content-Length: 0", *lines).replace(b"GET", method, 1)


def put(target, body, *lines, length=None):
    head = "PUT %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n" % (
        target, len(body) if length is None else length)
    return head.encode() + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body


def chunked(target, body, method="PUT"):
    return ("%s %s HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" %
            (method, target)).encode() + body


def operations(count):
    return json.dumps([{"KV": {"Verb": "get", "Key": "k"}}] * count).encode()


CLIENT_HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(200)
HTTP2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"
WEBSOCKET = (b"Upgrade: websocket", b"Connection: Upgrade", b"Sec-WebSocket-Version: 13",
             b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")

# Refused by the HTTP server itself, so by every program: name, bytes, status. None: it closes the
# connection without a response.
EVERYWHERE = [
    ("nothing", b"", None),
    ("NUL", b"\x00" * 64, 400),
    ("garbage", b"\xff\xfe\x01garbage\r\n\r\n", 400),
    ("a TLS handshake on a plain port", CLIENT_HELLO, 400),
    ("the preface of HTTP/2", HTTP2, 505),
    ("no version", b"GET /\r\n\r\n", 400),
    ("HTTP/9.9", get("/", version="9.9"), 505),
    ("HTTP/0.9", b"GET / HTTP/0.9\r\n\r\n", 505),
    ("a version that is none", b"GET / HTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    ("no Host", b"GET / HTTP/1.1\r\n\r\n", 400),
    ("two Hosts", b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: y\r\n\r\n", 400),
    ("a Host with a path", b"GET / HTTP/1.1\r\nHost: x/y\r\n\r\n", 400),
    ("lines that end in LF", b"GET / HTTP/1.1\nHost: localhost\n\n", 400),
    ("a bare CR in a header", get("/", b"X: a\rb"), 400),
    ("a bare LF in a header", get("/", b"X: a\nY: b"), 400),
    ("NUL in a header", get("/", b"X: a\x00b"), 400),
    ("a folded header", get("/", b"X: a", b" b"), 400),
    ("a space before the colon", get("/", b"X : a"), 400),
    ("a header without a name", get("/", b": a"), 400),
    ("a header without a colon", get("/", b"X"), 400),
    ("a name with control characters", get("/", b"X\x01: a"), 400),
    ("a target with a space", get("/a b"), 400),
    ("a target with NUL", get("/a\x00b"), 400),
    ("a target with raw UTF-8 and NUL", get("/\xc3\xa9\x00"), 400),
    ("a target that is no path", get("x"), 400),
    ("a broken escape", get("/%zz"), 400),
    ("half an escape", get("/%4"), 400),
    ("a method with a control character", b"G\x01T / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    ("no method", b" / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    ("a length that is no number", put("/", b"", b"Content-Length: x"), 400),
    ("a negative length", put("/", b"", length=-1), 400),
    ("two lengths", put("/", b"abcd", b"Content-Length: 3"), 400),
    ("a length with a sign", put("/", b"", b"X: y").replace(b"Length: 0", b"Length: +0"), 400),
    ("a length of 2^64", put("/", b"").replace(b"Length: 0", b"Length: 18446744073709551616"),
     400),
    ("length and chunks", put("/", b"0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n",
                              b"Transfer-Encoding: chunked", length=5), 400),
    ("chunks in HTTP/1.0", b"PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("chunks twice", chunked("/", b"0\r\n\r\n").replace(b"chunked", b"chunked, chunked"), 501),
    ("chunks with a tab", chunked("/", b"0\r\n\r\n").replace(b"chunked", b"\x0bchunked"), 400),
    ("an unknown encoding", chunked("/", b"0\r\n\r\n").replace(b"chunked", b"gzip"), 501),
    ("a chunk size that is none", chunked("/", b"xyz\r\n\r\n"), 400),
    ("a negative chunk size", chunked("/", b"-1\r\n\r\n0\r\n\r\n"), 400),
    ("a chunk size of 2^64", chunked("/", b"10000000000000000\r\n"), 400),
    # Servers that accept no body refuse this one before they read it.
    ("a chunk that is longer", chunked("/", b"2\r\nabcd\r\n0\r\n\r\n"), (400, 405, 413)),
    ("an unknown expectation", get("/", b"Expect: tea"), 417),
    ("a huge target", get("/" + "a" * 100_000), (414, 431)),
    ("a huge header", get("/", b"X: " + b"a" * 200_000), 431),
    ("many headers", get("/", *[b"X: y"] * 40_000), 431),
]

DEEP = b"[" * 100_000
# Of the agent: name, bytes, status, and a part of the body.
AGENT = [
    ("an unknown path", get("/v2/none"), 404, ""),
    ("another method", bare(b"BREW", "/v1/kv/k"), 405, "not allowed"),
    ("POST to a key", bare(b"POST", "/v1/kv/k"), 405, ""),
    ("path traversal", get("/v1/kv/../../etc/passwd"), (301, 307), ""),
    ("escaped traversal", get("/v1/kv/%2e%2e/%2e%2e/etc/passwd"), 404, ""),
    ("%00 in a key", get("/v1/kv/a%00b"), 400, ""),
    ("no key", get("/v1/kv/"), 400, "Missing key name"),
    ("an index that is a word", get("/v1/kv/k?index=x"), 400, "Invalid index"),
    ("an index above 2^64", get("/v1/kv/k?index=18446744073709551616"), 400, "Invalid index"),
    ("a negative index", get("/v1/kv/k?index=-1"), 400, "Invalid index"),
    ("a wait that is a word", get("/v1/kv/k?index=1&wait=x"), 400, "Invalid wait time"),
    ("a wait above all numbers", get("/v1/kv/k?index=1&wait=9999999999999h"), 400,
     "Invalid wait time"),
    ("a huge wait", get("/v1/kv/k?wait=999999h"), 404, ""),
    ("an index twice", get("/v1/kv/k?index=0&index=x"), 404, ""),
    ("two kinds of consistency", get("/v1/kv/k?stale&consistent"), 400, "Cannot specify"),
    ("JSON that is none", put("/v1/txn", b"{"), 400, "Failed to parse body"),
    ("deep JSON", put("/v1/txn", DEEP), 400, "Failed to parse body"),
    ("deep JSON, closed", put("/v1/txn", DEEP + b"]" * 100_000), 400, "Failed to parse body"),
    ("a body of another type", put("/v1/txn", b'{"KV":1}'), 400, "Failed to parse body"),
    ("129 operations", put("/v1/txn", operations(129)), 413, "too many operations"),
    ("an unknown verb", put("/v1/txn", b'[{"KV":{"Verb":"brew","Key":"k"}}]'), 409, "brew"),
    ("a body that is too large", put("/v1/kv/k", b"x" * 600_000), 413, ""),
    ("a session with a bad TTL", put("/v1/session/create", b'{"TTL":"1ns"}'), 500, "TTL"),
    ("a session with a list for a name", put("/v1/session/create", b'{"Name":[]}'), 400, ""),
    ("an unknown session", put("/v1/session/renew/..%2f", b""), (400, 404, 500), ""),
    ("a lock by no session", put("/v1/kv/k?acquire=x", b""), 500, "invalid session"),
    ("flags above 2^64", put("/v1/kv/k?flags=18446744073709551616", b""), (400, 500), ""),
    ("a filter that is none", get("/v1/agent/services?filter=" + "(" * 200), (400, 500), ""),
    ("a header for a header", get("/v1/kv/a%0d%0aX-Evil:%20yes"), 400, ""),
    ("a WebSocket", get("/v1/kv/k", *WEBSOCKET), 404, ""),
]
# Of the sidecar's API.
SIDECAR = [
    ("an unknown path", get("/none"), 404, "not found"),
    ("POST", bare(b"POST", "/"), 405, "read-only"),
    ("DELETE", bare(b"DELETE", "/elections"), 405, "read-only"),
    ("an unknown method", bare(b"BREW", "/"), 501, "unknown method"),
    ("a body", get("/", b"Content-Length: 3") + b"abc", 413, "must not have a body"),
    ("a chunked body", chunked("/", b"3\r\nabc\r\n0\r\n\r\n", "GET"), 413, "must not have a body"),
    ("1 GB announced", get("/", b"Content-Length: 1073741824"), 413, "must not have a body"),
    ("traversal", get("/elections/../../etc/passwd"), 404, ""),
    ("escaped traversal", get("/elections/%2e%2e%2f%2e%2e%2fetc%2fpasswd"), 404, ""),
    ("%00 in a name", get("/elections/app%00"), 404, "no such election"),
    ("a heartbeat that is none", get("/sse?heartbeat=x"), 400, "heartbeat"),
    ("a heartbeat above all numbers", get("/sse?heartbeat=99999999999999999999h"), 400,
     "heartbeat"),
    ("a heartbeat of 0", get("/sse?heartbeat=0s"), 400, "heartbeat"),
    ("a header for a header", get("/elections/a%0d%0aX-Evil:%20yes"), 404, ""),
    ("a WebSocket", get("/", *WEBSOCKET), 200, "name"),
    ("a long target", get("/" + "a" * 2000), 414, ""),
]
# Of its control socket.
CONTROL = [
    ("an unknown path", get("/none"), 404, "no such request"),
    ("another method", bare(b"DELETE", "/v1/settings"), 405, "no such request"),
    ("an unknown election", get("/v1/is-leader?election=%00"), 404, "no election"),
    ("a guarantee that is a word", get("/v1/is-leader?guarantee_ms=x"), 400, "valid number"),
    ("a negative guarantee", get("/v1/is-leader?guarantee_ms=-1"), 400, "valid number"),
    ("a guarantee above 2^64", get("/v1/is-leader?guarantee_ms=18446744073709551616"), 400,
     "valid number"),
    ("a guarantee of a year", get("/v1/is-leader?guarantee_ms=31536000000"), 422, "24 hours"),
    ("a snapshot that is none", get("/v1/settings?snapshot=7"), 404, "expired"),
    ("a snapshot with an index like the agent's", get("/v1/settings?snapshot=1780000000000000"),
     404, "expired"),
    ("settings that are none", put("/v1/settings", b"[]"), 400, "JSON object"),
    ("settings with numbers", put("/v1/settings", b'{"k":1}'), 400, "JSON object"),
    ("settings with a name twice", put("/v1/settings", b'{"k":"1","k":"2"}'), 400, "JSON object"),
    ("settings with invalid UTF-8", put("/v1/settings", b'{"k":"\xff"}'), 400, "JSON object"),
    ("deep settings", put("/v1/settings", DEEP), 400, "JSON object"),
    ("huge settings", put("/v1/settings", b"x" * 600_000), (400, 413), ""),
    ("1 GB announced", put("/v1/settings", b"", length=1 << 30), (400, 413), ""),
]
# Of tenure-cron.
CRON = [
    ("an unknown path", get("/none"), 404, "not found"),
    ("PUT", put("/api/run", b""), 405, "use GET"),
    ("an unknown method", bare(b"BREW", "/"), 405, "use GET"),
    ("a run without a token", bare(b"POST", "/api/run?job=tick"), 401, "token"),
    ("a run with a wrong token", bare(b"POST", "/api/run?job=tick", b"Authorization: Bearer x"),
     401, "token"),
    ("a run with the scheme alone", bare(b"POST", "/api/run?job=tick", b"Authorization: Bearer "),
     401, "token"),
    ("a body", put("/api/run?job=tick", b"{}").replace(b"PUT", b"POST", 1), 413,
     "must not have a body"),
    ("the history of no job", get("/api/history"), 404, "no such job"),
    ("the history of a path", get("/api/history?job=../../x"), 404, "no such job"),
    ("the history of a member with NUL", get("/api/history?job=tick&member=%00"), 400, "error"),
    ("the history of a member with slashes", get("/api/history?job=tick&member=..%2f..%2f"), 400,
     "not sent"),
    ("traversal", get("/../../etc/passwd"), 404, "not found"),
    ("a long target", get("/" + "a" * 2000), 414, ""),
    ("a WebSocket", get("/healthz", *WEBSOCKET), 200, "ok"),
]
