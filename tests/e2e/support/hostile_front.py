"""A front of a Consul server that can turn hostile: from then on it answers every request by what a
case says. Each case has a port of its own; all of them run on one thread."""

import asyncio
import collections
import resource
import threading


class Request:
    def __init__(self, head, body):
        self.body = body
        self.line = head.split(b"\r\n", 1)[0].decode("latin-1")
        self.method, self.target = self.line.split(" ")[:2]


class Front:
    """`answer(request, writer)` is a coroutine that writes what it likes; when it returns, the
    connection is closed unless it returned True."""

    def __init__(self, fronts, upstream, answer):
        self.fronts = fronts
        self.upstream = upstream
        self.answer = answer
        self.hostile = False
        self.requests = collections.Counter()  # those that came while it was hostile
        self.connections = set()
        server = fronts.call(asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=100))
        self.server = server
        self.address = "127.0.0.1:%d" % server.sockets[0].getsockname()[1]

    def turn(self, hostile):
        """Closes the connections, so that the other kind of answers begins now."""
        self.fronts.call(self._turn(hostile))

    async def _turn(self, hostile):
        self.hostile = hostile
        for task in list(self.connections):
            task.cancel()

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self.connections.add(task)
        try:
            await (self._answer if self.hostile else self._forward)(reader, writer)
        except (OSError, EOFError, asyncio.CancelledError, asyncio.LimitOverrunError):
            pass
        finally:
            self.connections.discard(task)
            writer.close()

    async def _answer(self, reader, writer):
        goes_on = True
        while goes_on:
            request = await self._read(reader)
            self.requests[request.target.split("?")[0]] += 1
            goes_on = await self.answer(request, writer)
            await writer.drain()

    @staticmethod
    async def _read(reader):
        head = await reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return Request(head, await reader.readexactly(length))

    async def _forward(self, reader, writer):
        """Byte for byte, until one of both sides closes."""
        host, port = self.upstream.rsplit(":", 1)
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        pumps = [asyncio.ensure_future(self._pump(reader, far_writer)),
                 asyncio.ensure_future(self._pump(far_reader, writer))]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            far_writer.close()

    @staticmethod
    async def _pump(reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass


class Fronts:
    """The thread of all fronts. close() ends it."""

    def __init__(self):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.all = []

    def call(self, task):
        return asyncio.run_coroutine_threadsafe(task, self.loop).result(30)

    def add(self, upstream, answer):
        self.all.append(Front(self, upstream, answer))
        return self.all[-1]

    def close(self):
        try:
            self.call(self._close())
        finally:
            self.loop.call_soon_threadsafe(self.loop.stop)
            self.thread.join(10)
        self.loop.close()

    async def _close(self):
        for front in self.all:
            front.server.close()
            for task in list(front.connections):
                task.cancel()
        await asyncio.sleep(0.05)
