"""Stands between a scanner and the service, as a person does who fetches each form before sending it
(tests/http/attack.t):
    renew.py PORT SERVICE COUNTS [COOKIE]
A form of ours counts once, by its key, so a scanner that sends one it has kept would reach nothing. Here a
POST whose key and stamp are those of a form gets those of a fresh one, and the scanner's picture, which is none,
is left out; where a form is sent by one of several buttons, which it forgets, one is pressed; what it has put
in the place of these goes as it is. Names the origin that a browser would, and the session. COUNTS: "METHOD PATH STATUS N" a line,
numbers and codes in paths as *; no other line is changed."""
import collections
import http.client
import re
import sys
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT, SERVICE, COUNTS = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
COOKIE = sys.argv[4] if len(sys.argv) > 4 else None
UUID = rb"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
KEY = re.compile(rb'(?<![a-z])key(?:=|"\s+)(' + UUID + rb")")
PICTURE = re.compile(rb'(filename=")pix\.gif("[^\r\n]*(?:\r\n[^\r\n]+)*\r\n\r\n)GIF89a[^\r\n]*')
STAMP = re.compile(rb"[0-9]{10}\.[0-9a-f]{16}")
BUTTONS = ((r"/staff/tickets", b"do=quarantine"), (r"/staff/tickets/texts", b"do=put"), (r"/staff/tickets/\d+", b"do=answer"),
           (r"/staff/replies/\d+", b"act=refuse"), (r"/staff/surveys", b"do=put"), (r"/staff/surveys/\d+", b"do=asked"))
counts, lock = collections.Counter(), threading.Lock()


def ask(method, path, fields, body=None):
    c = http.client.HTTPConnection("127.0.0.1", SERVICE, timeout=60)
    c.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for k, v in fields:
        c.putheader(k, v)
    c.endheaders(body)
    r = c.getresponse()
    data = r.read()
    c.close()
    return r.status, r.getheaders(), data


def press(path, body):
    """The body with a button, and with a title, without which nothing is kept."""
    if re.search(rb"(^|&)(do|act|poster|end|batch)=", body):
        return body
    for page, button in BUTTONS:
        if re.fullmatch(page, path.partition("?")[0]):
            return body.replace(b"title=&", b"title=1&") + b"&" + (b"do=hide" if b"reason=" in body else button)
    return body


def fresh(path, body):
    """The body with the key and stamp of a form that was fetched now."""
    body = re.sub(rb'(name="([a-z]+)"); filename="\2"', rb"\1", body)  # its library takes every field for a file
    body = PICTURE.sub(rb"\1\2", body)
    key = KEY.search(body)
    if not key:
        return body
    fields = [("Host", "127.0.0.1:%d" % SERVICE)] + ([("Cookie", COOKIE)] if COOKIE else [])
    page = ask("GET", path.partition("?")[0], fields)[2]
    new = re.search(rb'name="key" value="(' + UUID + rb')"', page)
    body = body.replace(key[1], new[1] if new else str(uuid.uuid4()).encode())
    stamp = STAMP.search(page)
    return STAMP.sub(stamp[0], body) if stamp else body


class Between(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def pass_on(self):
        length = self.headers.get("Content-Length", "")
        body = self.rfile.read(int(length)) if length.isdigit() else None
        if self.command == "POST" and body:
            body = press(self.path, fresh(self.path, body))
            self.headers.replace_header("Content-Length", str(len(body)))
        fields = [(k, v) for k, v in self.headers.items() if k.lower() not in ("host", "origin", "connection", "cookie")]
        fields += [("Host", "127.0.0.1:%d" % SERVICE), ("Origin", "http://127.0.0.1:%d" % SERVICE)]
        fields += [("Cookie", v) for v in [COOKIE or self.headers.get("Cookie")] if v]
        try:
            status, answer, data = ask(self.command, self.path, fields, body)
        except (http.client.HTTPException, OSError, ValueError):
            status, answer, data = 400, [], b""  # what no client of HTTP sends
        self.send_response_only(status)
        for k, v in answer:
            if k.lower() not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(k, v)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)
        path = re.sub(r"/([0-9A-Z]{9}|[0-9]+|[0-9a-f-]{36})(?=/|$)", "/*", self.path.partition("?")[0])
        with lock:
            counts[self.command if self.command in ("GET", "POST") else "-", path if len(path) < 40 else "-", status] += 1
            with open(COUNTS, "w") as f:
                f.writelines("%s %s %d %d\n" % (*k, n) for k, n in sorted(counts.items()))

    def log_message(self, *a):
        pass

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self.pass_on
        raise AttributeError(name)


ThreadingHTTPServer(("127.0.0.1", PORT), Between).serve_forever()
