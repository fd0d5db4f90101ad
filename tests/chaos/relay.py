"""Stands between the daemon and PostgreSQL: relay.py LISTEN_SOCKET DATABASE_SOCKET MODE_FILE

The mode is the text of MODE_FILE, looked at ten times a second:
  pass      everything goes through
  slow MS   each piece of either way waits so long
  cut       connections end, new ones end at once
  hole      nothing goes through and nothing ends, as with a cable that was pulled"""
import asyncio
import os
import sys


class Relay:
    def __init__(self, listen, database, mode_file):
        self.listen, self.database, self.mode_file = listen, database, mode_file
        self.mode, self.wait_ms, self.open = "pass", 0, set()

    async def look(self):
        while True:
            with open(self.mode_file, encoding="ascii") as f:
                word, *rest = f.read().split() or ["pass"]
            self.mode, self.wait_ms = word, int(rest[0]) if rest else 0
            if word == "cut":
                for w in list(self.open):
                    w.transport.abort()
            await asyncio.sleep(0.1)

    async def pump(self, reader, writer):
        while data := await reader.read(65536):
            if self.mode == "slow":
                await asyncio.sleep(self.wait_ms / 1000)
            while self.mode == "hole":
                await asyncio.sleep(0.1)
            writer.write(data)
            await writer.drain()

    async def serve(self, reader, writer):
        self.open.add(writer)
        there = None
        try:
            while self.mode == "hole":
                await asyncio.sleep(0.1)
            if self.mode != "cut":
                r, there = await asyncio.open_unix_connection(self.database)
                self.open.add(there)
                ways = [asyncio.create_task(self.pump(reader, there)), asyncio.create_task(self.pump(r, writer))]
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                for w in ways:
                    w.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        except OSError:
            pass
        finally:
            for w in (writer, there):
                if w:
                    self.open.discard(w)
                    w.transport.abort()

    async def run(self):
        server = await asyncio.start_unix_server(self.serve, self.listen)
        os.chmod(self.listen, 0o777)
        await asyncio.gather(server.serve_forever(), self.look())


asyncio.run(Relay(*sys.argv[1:4]).run())
