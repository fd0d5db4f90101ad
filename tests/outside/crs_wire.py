"""Requests as they stand in the tests of OWASP's Core Rule Set, and answers as they come back, octet by octet
(tests/outside/crs.py). stages() reads the requests, build() makes them for a page of ours; ask() sends one on a
line of its own, a Line many after each other. Malformed: what came is no answer of RFC 9112, or not ours."""
import asyncio
import base64
import collections
import glob
import gzip
import re
import urllib.parse as url

import yaml

FIELDS = set("""accept-ranges access-control-allow-origin age allow cache-control connection content-disposition content-encoding
    content-language content-length content-range content-security-policy content-type cross-origin-opener-policy
    cross-origin-resource-policy date etag last-modified link location permissions-policy referrer-policy
    retry-after set-cookie transfer-encoding vary x-content-type-options x-request-id x-robots-tag""".split())

Stage = collections.namedtuple("Stage", "name method uri version fields body magic raw")


def octets(x):
    return x if isinstance(x, bytes) else str(x).encode("utf-8", "surrogateescape")


def stages(folder):
    """Every request of the files, as a program that replays them builds it."""
    out = []
    for path in sorted(glob.glob(folder + "/**/*.yaml", recursive=True)):
        for test in yaml.load(open(path, "rb"), Loader=yaml.CSafeLoader)["tests"]:
            for s in test["stages"]:
                i = s["stage"]["input"]
                data = i.get("data") or ""
                raw = i.get("raw_request") or (base64.b64decode(i["encoded_request"]) if "encoded_request" in i else None)
                out.append(Stage(str(test["test_title"]), i.get("method") or "GET", i.get("uri", "/"), i.get("version") or "HTTP/1.1",
                                 [(k, v) for k, v in (i.get("headers") or {}).items()],
                                 octets("\r\n".join(data) if isinstance(data, list) else data), bool(i.get("stop_magic")),
                                 octets(raw) if raw else None))
    return out


def build(s, uri=None, host=None, more=(), token=None):
    """The octets of a request; with another target, for our host, with more fields and a form's token."""
    if s.raw and uri is None:
        return s.raw
    body = s.body
    fields = [(k, v) for k, v in s.fields if not (host and k.lower() in ("host", "origin"))]
    have = {k.lower() for k, _ in s.fields}
    if host:
        fields += [("Host", host)]
    if body and not s.magic and "content-type" not in have:
        fields.append(("Content-Type", "application/x-www-form-urlencoded"))
    if token and any(k == "Content-Type" and str(v).startswith("application/x-www-form-urlencoded") for k, v in fields):
        body += b"&csrf=" + octets(token)
    if body and "content-length" not in have and "transfer-encoding" not in have and not s.magic:
        fields.append(("Content-Length", len(body)))
    if "connection" not in have and not s.magic:
        fields.append(("Connection", "close"))
    line = b" ".join(x for x in (octets(s.method), octets(uri or s.uri), octets(s.version)) if x)
    return line + b"\r\n" + b"".join(octets(k) + b": " + octets(v) + b"\r\n" for k, v in fields + list(more)) + b"\r\n" + body


# ---- one answer --------------------------------------------------------------------------------------

class Malformed(Exception):
    pass


class Answer:
    def __init__(self, status, fields, body):
        self.status, self.fields, self.raw = status, fields, body
        try:
            self.body = gzip.decompress(body) if self.one("content-encoding") == "gzip" and body else body
            self.text = self.body.decode()
        except (OSError, EOFError, UnicodeDecodeError) as e:
            if self.one("content-type").startswith("text/"):
                raise Malformed("body: %s" % e) from None
            self.text = ""

    def one(self, name):
        return next((v for k, v in self.fields if k == name), "")


async def answer(reader, head=False):
    """Reads one answer; None: the line is closed."""
    try:
        start = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as e:
        if e.partial:
            raise Malformed("ends in its head: %r" % e.partial[:80]) from None
        return None
    lines = start[:-4].split(b"\r\n")
    m = re.fullmatch(rb"HTTP/1\.[01] (\d{3}) [\x20-\x7e]*", lines[0])
    if not m:
        raise Malformed("status line %r" % lines[0][:80])
    fields = []
    for line in lines[1:]:
        f = re.fullmatch(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e\x80-\xff\t]*)", line)
        if not f:
            raise Malformed("field %r" % line[:80])
        name = f[1].decode().lower()
        if name not in FIELDS:
            raise Malformed("a field that is none of ours: %r" % line[:80])
        fields.append((name, f[2].decode("latin-1")))
    status, length = int(m[1]), [v for k, v in fields if k == "content-length"]
    coding = [v for k, v in fields if k == "transfer-encoding"]
    if len(length) + len(coding) > 1 or (length and not length[0].isdigit()):
        raise Malformed("length %r %r" % (length, coding))
    if head or status in (204, 304) or status < 200:
        body = b""
    elif coding:
        body = b""
        while True:
            size = int((await reader.readuntil(b"\r\n"))[:-2], 16)
            body += (await reader.readexactly(size + 2))[:-2]
            if not size:
                break
    elif length:
        body = await reader.readexactly(int(length[0]))
    else:
        raise Malformed("no length")
    return Answer(status, fields, body)


async def ask(port, request, head=False):
    """All that comes to some octets: a list of answers; the last one closes, or we do."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    answers = []
    try:
        writer.write(request)
        await writer.drain()
        while True:
            try:
                a = await asyncio.wait_for(answer(reader, head), 4 if not answers else 0.2)
            except asyncio.TimeoutError:
                if answers or writer.transport.is_closing() or getattr(writer, "shut", False):
                    break
                # it waits for the rest of a body that was announced longer than it is
                writer.write_eof()
                writer.shut = True
                continue
            if not a:
                break
            answers.append(a)
            if a.one("connection") == "close":
                rest = await asyncio.wait_for(reader.read(), 20)
                if rest:
                    raise Malformed("after the last answer: %r" % rest[:80])
                break
    except asyncio.IncompleteReadError as e:
        raise Malformed("cut off after %r" % e.partial[-80:]) from None
    except ConnectionResetError:
        pass  # a line that broke the rules is not answered politely
    finally:
        writer.close()
    return answers


class Line:
    """One connection kept open, as one browser after the other uses it."""

    def __init__(self, t):
        self.t, self.reader = t, None

    async def __call__(self, method, path, form=None, who=None):
        t = self.t
        body = b"" if form is None else url.urlencode(form, encoding="utf-8", errors="surrogateescape").encode()
        fields = ["Host: 127.0.0.1:%d" % t.port, "Accept-Language: en"]
        if who:
            fields.append("Cookie: " + t.cookies[who])
        if form is not None:
            if who:
                body += b"&csrf=" + t.tokens[who].encode()
            fields += ["Origin: http://127.0.0.1:%d" % t.port, "Content-Type: application/x-www-form-urlencoded", "Content-Length: %d" % len(body)]
        request = ("%s %s HTTP/1.1\r\n%s\r\n\r\n" % (method, path, "\r\n".join(fields))).encode("utf-8", "surrogateescape") + body
        for again in (False, True):
            if not self.reader:
                self.reader, self.writer = await asyncio.open_connection("127.0.0.1", t.port, limit=1 << 20)
                again = True
            try:
                self.writer.write(request)
                a = await asyncio.wait_for(answer(self.reader), 60)
            except (ConnectionResetError, BrokenPipeError):
                a = None
            except asyncio.IncompleteReadError as e:
                raise Malformed("cut off after %r" % e.partial[-80:]) from None
            if a is None or a.one("connection") == "close":
                self.writer.close()
                self.reader = None
            if a:
                return a
            if again:
                break
        raise Malformed("no answer to %s %s" % (method, path[:80]))
