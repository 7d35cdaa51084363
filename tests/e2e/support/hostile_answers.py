"""What a broken or hostile Consul may answer. Each case is a coroutine for hostile_front.Front."""

import asyncio
import itertools
import zlib

MANY = 1 << 20
SESSION = b"11111111-2222-3333-4444-555555555555"

def head(*lines, status="200 OK", index=b"77", length=None):
    """A response's header."""
    fields = [b"HTTP/1.1 " + status.encode(), *lines]
    if index is not None:
        fields.append(b"X-Consul-Index: " + index)
    if length is not None:
        fields.append(b"Content-Length: %d" % length)
    return b"\r\n".join(fields) + b"\r\n\r\n"


def body(text, *lines, **more):
    """A case that answers every request by this body and keeps the connection."""
    whole = head(*lines, length=len(text), **more) + text
    return raw(whole, keep=True)


def raw(text, keep=False):
    async def answer(_, writer):
        writer.write(text)
        return keep
    return answer


def entry(key=None, **more):
    """A case that answers by one key, with these fields in place of the right ones."""
    async def answer(request, writer):
        path = request.target.split("?")[0]
        name = key or (path.removeprefix("/v1/kv/") if "/kv/" in path else "e2e/hostile")
        fields = {"LockIndex": "1", "Key": '"%s"' % name, "Flags": "3304740253564472344",
                  "Value": '"eA=="', "CreateIndex": "5", "ModifyIndex": "77"}
        index = more.get("index", b"77")
        fields.update((k, v) for k, v in more.items() if k != "index")
        one = "{%s}" % ",".join(f'"{k}":{v}' for k, v in fields.items() if v is not None)
        if "/kv/" in path:
            text = "[%s]" % one
        elif path == "/v1/txn":
            text = '{"Results":[{"KV":%s}],"Errors":null,"Index":0,"LastContact":0}' % one
        else:
            text = '{"ID":"%s"}' % SESSION.decode()
        writer.write(head(index=index, length=len(text)) + text.encode())
        return True
    return answer


def endless(first, piece, pause=0.0):
    async def answer(_, writer):
        writer.write(first)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
    return answer


async def silent(_, writer):
    await writer.drain()
    await asyncio.sleep(3600)


def indexes(values):
    """A case in which each answer has the next index."""
    turn = itertools.cycle(values)

    async def answer(request, writer):
        return await entry(index=next(turn))(request, writer)
    return answer


async def redirect(request, writer):
    writer.write(head(b"Location: " + request.target.encode(), status="301 Moved Permanently",
                      length=0))
    return True


def only(path, answer, others):
    """A case that is hostile to the requests below this path."""
    async def choose(request, writer):
        wanted = request.target.startswith(path)
        return await (answer if wanted else others)(request, writer)
    return choose


CHUNKED = head(b"Transfer-Encoding: chunked")
GZIP = zlib.compress(b"[]", wbits=31)
HTML = b"<!DOCTYPE html><html><body>Please log in</body></html>"
DEEP = b"[" * 100_000

# Name, and what it answers.
CASES = {
    "garbage": raw(b"\x00\xff\xfe garbage \r\n\r\n" * 20),
    "nul bytes": raw(b"\x00" * 4096),
    "nothing": raw(b""),
    "silence": silent,
    "half a header": raw(b"HTTP/1.1 200 OK\r\nX-Consul-In"),
    "a huge header": raw(b"HTTP/1.1 200 OK\r\nX: " + b"y" * MANY + b"\r\n\r\n"),
    "endless header lines": endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 100, 0.001),
    "endless interim responses": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 10, 0.02),
    "endless chunks": endless(CHUNKED, b"1\r\n[\r\n" * 100, 0.02),
    "an endless chunk extension": endless(CHUNKED + b"1;", b"a" * 250_000, 0.02),
    "endless trailers": endless(CHUNKED + b"2\r\n[]\r\n0\r\n", b"T: v\r\n" * 40_000, 0.02),
    "an endless body": endless(head(), b" " * 1000, 0.02),
    "a slow drip": endless(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b" ", 0.1),
    "1 GB announced": raw(head(length=1 << 30) + b"[", keep=True),
    "2^64 bytes announced": raw(head(b"Content-Length: 18446744073709551616") + b"[]"),
    "a negative length": raw(head(b"Content-Length: -1") + b"[]"),
    "two lengths": raw(head(b"Content-Length: 2", b"Content-Length: 5") + b"[]"),
    "length and chunks": raw(head(b"Content-Length: 2", b"Transfer-Encoding: chunked") +
                             b"0\r\n\r\n"),
    "closed in the body": raw(head(length=500) + b'[{"LockIndex":1,'),
    "chunks that are none": raw(CHUNKED + b"zz\r\n[]\r\n0\r\n\r\n"),
    "HTTP/0.9": raw(b"[]"),
    "HTTP/9.9": raw(b"HTTP/9.9 200 OK\r\nContent-Length: 2\r\n\r\n[]"),
    "status 999": body(b"[]", status="999 What"),
    "status 204 with a body": raw(head(status="204 No Content", length=2) + b"[]"),
    "status 101": raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nxxxx"),
    "status 304": raw(head(status="304 Not Modified")),
    "redirects in a circle": redirect,
    "HTML": body(HTML, b"Content-Type: text/html"),
    "HTML and status 404": body(HTML, b"Content-Type: text/html", status="404 Not Found"),
    "HTML and status 503": body(HTML, b"Content-Type: text/html", status="503 Busy"),
    "status 429": body(b"slow down", status="429 Too Many Requests"),
    "gzip": body(GZIP, b"Content-Encoding: gzip"),
    "an empty body": body(b""),
    "an empty list": body(b"[]"),
    "null": body(b"null"),
    "true": body(b"true"),
    "a number": body(b"18446744073709551617"),
    "truncated JSON": body(b'[{"LockIndex":1,"Key":"k"'),
    "two documents": body(b"[][]"),
    "deep JSON": body(DEEP),
    "deep JSON in a field": body(b'{"ID":' + DEEP + b"]" * 100_000 + b"}"),
    "invalid UTF-8": body(b'[{"Key":"\xff\xfe"}]'),
    "a wrong type": entry(ModifyIndex='"77"'),
    "a key twice": entry(Flags='0,"ModifyIndex":3'),
    "no index in the entry": entry(ModifyIndex=None),
    "base64 that is none": entry(Value='"***"'),
    "another key": entry(key="e2e/other"),
    "a negative LockIndex": entry(LockIndex="-1"),
    "an index above 2^64": entry(ModifyIndex="18446744073709551616", index=b"18446744073709551616"),
    "an index above 2^63": entry(ModifyIndex="9223372036854775809", index=b"9223372036854775809"),
    "index 0": entry(index=b"0"),
    "a negative index": entry(index=b"-7"),
    "no index": entry(index=b"none"),
    "an index that stays": entry(),
    "an index that goes back": indexes([b"90", b"80", b"70", b"3"]),
    "an index that jumps": indexes([b"100", b"1", b"9000000000", b"2"]),
    "an index that grows": indexes([b"%d" % i for i in range(100, 9000)]),
    "a session that is not ours": entry(Session='"' + SESSION.decode() + '"'),
    "a session with no form": entry(Session='"\\u0000/../x"'),
}
