"""crs_holes.py PORT: a service that repeats what it is asked, in the page and in a field of the answer, and dies
of an apostrophe; what tests/outside/crs.py looks for, it must find here."""
import asyncio
import sys
import urllib.parse as url


async def serve(reader, writer):
    request = (await reader.read(65536)).decode("utf-8", "replace")
    said = url.unquote_plus(request.partition("\r\n\r\n")[2] + " " + request.partition(" ")[2].partition(" HTTP")[0])
    body = ("<p>%s</p>" % said).encode()
    field = "X-Asked: %s\r\n" % said if "\n" in said else ""
    writer.write(("HTTP/1.1 %s\r\nContent-Type: text/html\r\n%sConnection: close\r\nContent-Length: %d\r\n\r\n"
                  % ("500 No" if "'" in said else "200 OK", field, len(body))).encode() + body)
    await writer.drain()
    writer.close()


async def main():
    async with await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1])) as server:
        await server.serve_forever()


asyncio.run(main())
