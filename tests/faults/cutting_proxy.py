"""A way to a PostgreSQL server that is cut between any two of its messages, as a network would cut it."""

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Callable

#: Where a connection is cut, told by a message of the client.
PLACES = ("before it is sent", "after it is sent", "before it is answered", "after it is answered")
COMMIT = b"COMMIT\0"
READY = b"Z"
HEAD = 5
#: What makes the server itself take a transaction back: a statement of text that raises the code, and the call of a statement
#: that is not there, whose code (34000) is put right on the way.
SERIALISED_AWAY = b"40001"
RAISES = b"DO $$BEGIN RAISE EXCEPTION 'serialised away' USING ERRCODE = '40001'; END$$\0"
NOWHERE, NOT_THERE = b"nowhere\0\0\0\0\0", b"C34000\0"


class CuttingProxy:
    """Listens on a port of its own. Nothing is cut until `rate` (of all messages) or `commit_rate` say how often."""

    def __init__(self, server_port: int, seed: int):
        self.server_port = server_port
        self.random = random.Random(seed)
        self.rate = self.commit_rate = 0.0
        #: How often it was cut, by whether the message was a commit, and where.
        self.cuts: Counter[tuple[bool, str]] = Counter()
        #: Called once with the next commit, before that goes on its way after so many seconds.
        self.at_commit: tuple[Callable[[], None], float] | None = None
        #: How many statements from now on the one is that is serialised away; and which of them have been.
        self.away_in: int | None = None
        self.away: list[bytes] = []
        self.loop = asyncio.new_event_loop()
        self.tasks: set[asyncio.Task] = set()
        self.server = self.loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = self.server.sockets[0].getsockname()[1]
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self.loop).result(timeout=30)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(timeout=30)
        self.loop.close()

    async def _end(self) -> None:
        self.server.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _serve(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self.tasks.add(task)
        to_server = None
        try:
            from_server, to_server = await asyncio.open_connection("127.0.0.1", self.server_port)
            await Connection(self, to_client, to_server).carry(from_client, from_server)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            # Neither side hears a farewell.
            for writer in (to_client, to_server):
                if writer is not None:
                    writer.transport.abort()
            self.tasks.discard(task)

    def serialised_away(self, message: bytes) -> bytes:
        """The message, or where its turn has come one that the server answers with 40001."""
        if self.away_in is None or message[:1] not in (b"Q", b"E"):
            return message
        self.away_in -= 1
        if self.away_in > 0 or message[HEAD:] == b"ROLLBACK\0":
            return message
        self.away_in = None
        self.away.append(message[HEAD:].rstrip(b"\0"))
        body = RAISES if message[:1] == b"Q" else NOWHERE
        return message[:1] + (len(body) + 4).to_bytes(4) + body

    def choose(self, is_commit: bool) -> str | None:
        if self.random.random() >= (self.commit_rate if is_commit else self.rate):
            return None
        # Where it was not cut for the longest time: a few cuts are cuts everywhere.
        place = min(PLACES, key=lambda place: (self.cuts[is_commit, place], self.random.random()))
        self.cuts[is_commit, place] += 1
        return place


class Cut(OSError):
    pass


class Connection:
    def __init__(self, proxy: CuttingProxy, to_client: asyncio.StreamWriter, to_server: asyncio.StreamWriter):
        self.proxy, self.to_client, self.to_server = proxy, to_client, to_server
        self.at_answer: str | None = None

    async def carry(self, from_client: asyncio.StreamReader, from_server: asyncio.StreamReader) -> None:
        """Until either side ends, or it is cut."""
        ways = [asyncio.ensure_future(way) for way in (self._statements(from_client), self._answers(from_server))]
        try:
            done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in done:
                way.result()
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _statements(self, from_client: asyncio.StreamReader) -> None:
        # The first message has no type.
        length = await from_client.readexactly(4)
        self.to_server.write(length + await from_client.readexactly(int.from_bytes(length) - 4))
        while True:
            message = await read_message(from_client)
            is_commit = message[HEAD:] == COMMIT
            if is_commit and self.proxy.at_commit:
                call, seconds = self.proxy.at_commit
                self.proxy.at_commit = None
                call()
                await asyncio.sleep(seconds)
            place = self.proxy.choose(is_commit)
            if place == PLACES[0]:
                raise Cut
            if place in PLACES[2:]:
                self.at_answer = place
            self.to_server.write(self.proxy.serialised_away(message))
            await self.to_server.drain()
            if place == PLACES[1]:
                # What is written is with the server before it learns that nobody waits for the answer.
                self.to_server.close()
                raise Cut

    async def _answers(self, from_server: asyncio.StreamReader) -> None:
        while True:
            message = await read_message(from_server)
            if self.at_answer == PLACES[2]:
                raise Cut
            if message[:1] == b"E" and NOT_THERE in message:
                message = message.replace(NOT_THERE, b"C" + SERIALISED_AWAY + b"\0")
            self.to_client.write(message)
            await self.to_client.drain()
            if self.at_answer == PLACES[3] and message[:1] == READY:
                # The client has it before it learns that the connection is gone.
                self.to_client.close()
                await asyncio.sleep(0.01)
                raise Cut


async def read_message(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(HEAD)
    return head + await reader.readexactly(int.from_bytes(head[1:]) - 4)
