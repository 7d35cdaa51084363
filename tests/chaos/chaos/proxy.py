"""The network between the programs of a host and its Consul agent, as bad as the run wants it.

proxy.py PORT TARGET [PORT TARGET...]: reads lines "MODE [NUMBER]" from standard input:

  pass          forwards
  delay S       each piece waits S seconds
  stall P       a piece stops its connection with the probability P, for good, and silently
  drop          nothing passes
  answers       requests pass, answers do not
  cut           an answer ends after its first bytes
  garbage       answers have zero bytes in them
  busy          every request is answered with 429
  reset         all connections end now
"""

import asyncio
import os
import random
import socket
import sys

BUSY = (b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 39\r\nConnection: close\r\n\r\n"
        b"Your IP is issuing too many requests.\r\n")


class Proxy:
    def __init__(self):
        self.mode, self.number = "pass", 0.0
        self.writers = set()

    def order(self, line):
        mode, *number = line.split()
        if mode == "reset":
            for writer in list(self.writers):
                end(writer)
            return
        self.mode, self.number = mode, float(number[0]) if number else 0.0

    async def serve(self, near_in, near_out, target):
        host, _, port = target.rpartition(":")
        try:
            far_in, far_out = await asyncio.open_connection(host, int(port))
        except OSError:
            end(near_out)
            return
        pair = (near_out, far_out)
        self.writers.update(pair)
        await asyncio.gather(self.pump(near_in, far_out, near_out, False),
                             self.pump(far_in, near_out, far_out, True))
        self.writers.difference_update(pair)

    async def pump(self, source, sink, back, answers):
        try:
            while piece := await source.read(65536):
                piece = await self.change(piece, back, answers)
                if piece is None:
                    break
                sink.write(piece)
                await sink.drain()
        except OSError:
            pass
        end(sink)
        end(back)

    async def change(self, piece, back, answers):
        """What becomes of a piece of data; None ends the connection."""
        mode = self.mode
        if mode == "delay":
            await asyncio.sleep(self.number)
        elif mode == "stall" and random.random() < self.number:
            await asyncio.sleep(1000)
            return None
        elif mode == "drop" or (mode == "answers" and answers):
            return b""
        elif mode == "cut" and answers:
            return self.last(piece[:random.randrange(1, 200)], back)
        elif mode == "garbage" and answers:
            changed = bytearray(piece)
            place = random.randrange(len(changed))
            changed[place:place + 8] = bytes(len(changed[place:place + 8]))
            return bytes(changed)
        elif mode == "busy" and not answers:
            back.write(BUSY)
            return None
        return piece

    @staticmethod
    def last(piece, back):
        """Passes the piece on, and ends the connection soon."""
        asyncio.get_running_loop().call_later(0.05, end, back)
        return piece


def end(writer):
    """Closes a connection by a reset, so that no port stays in TIME_WAIT."""
    sock = writer.get_extra_info("socket")
    try:
        if sock is not None and sock.fileno() >= 0:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        writer.close()
    except OSError:
        pass


async def main(arguments):
    proxy = Proxy()
    for port, target in zip(arguments[::2], arguments[1::2]):
        def accept(near_in, near_out, target=target):
            return proxy.serve(near_in, near_out, target)
        address, _, number = port.rpartition(":")
        await asyncio.start_server(accept, address, int(number))
    print("ready", flush=True)
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while line := await orders.readline():
        proxy.order(line.decode())
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
