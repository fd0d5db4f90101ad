#!/usr/bin/env python3
"""The server over real sockets: deadlines, slow clients, descriptors running out, ranges, forms,
forwarded addresses, draining, memory.  Uses tests/http/echo.c.  timeout: 120"""
import hashlib
import os
import re
import signal
import socket
import subprocess
import sys
import time

B = os.environ.get("B", "build/release")
SAN = "san" in B
HOST = b"Host: localhost:8080\r\n"


class Echo:
    def __init__(self, *args):
        args = [B + "/tests/http_echo", "--spool", B, *map(str, args)]
        self.p = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.port = int(self.p.stdout.readline().split()[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.p.poll() is None:
            self.p.terminate()
        _, self.log = self.p.communicate(timeout=20)
        if self.p.returncode:
            raise AssertionError("the server ended with %d: %s" % (self.p.returncode, self.log[-2000:]))

    def connect(self, rcvbuf=0):
        s = socket.socket()
        if rcvbuf:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        s.settimeout(20)
        s.connect(("127.0.0.1", self.port))
        return s

    def get(self, path, fields=b"", method=b"GET", body=b""):
        """(status, head, content) of one request on a connection of its own."""
        with self.connect() as s:
            s.sendall(method + b" " + path + b" HTTP/1.1\r\n" + HOST + b"Connection: close\r\n" + fields + b"\r\n" + body)
            return split(drain(s))

    def cpu(self):
        f = open("/proc/%d/stat" % self.p.pid).read().rsplit(")", 1)[1].split()
        return (int(f[11]) + int(f[12])) / os.sysconf("SC_CLK_TCK")

    def rss(self):
        return int(re.search(r"VmRSS:\s+(\d+)", open("/proc/%d/status" % self.p.pid).read())[1])


def drain(s):
    data = b""
    while True:
        try:
            part = s.recv(65536)
        except ConnectionResetError:
            return data
        if not part:
            return data
        data += part


def split(data):
    head, content = data.split(b"\r\n\r\n", 1)
    return int(head.split(b" ", 2)[1]), head, content


def closes_within(s, low, high):
    """Seconds until the end of the stream, checked; what was received."""
    start = time.monotonic()
    data = drain(s)
    took = time.monotonic() - start
    assert low <= took <= high, "closed after %.2f s, not %.1f to %.1f" % (took, low, high)
    return data


def idle_deadline():
    with Echo("--idle", 500) as e:
        s = e.connect()
        assert closes_within(s, 0.4, 1.5) == b""
        s = e.connect()
        s.sendall(b"GET /who HTTP/1.1\r\n" + HOST + b"\r\n")
        assert closes_within(s, 0.4, 1.5).startswith(b"HTTP/1.1 200")


def head_deadline():
    """Absolute: a byte now and then does not prolong it."""
    with Echo("--head", 800) as e:
        s = e.connect()
        start = time.monotonic()
        for c in b"GET / HTTP/1.1\r\nHost: localhost:8080\r\nX-A: bbbbbbbbbbbbb":
            try:
                s.send(bytes([c]))
            except (BrokenPipeError, ConnectionResetError):
                break
            time.sleep(0.05)
            if time.monotonic() - start > 3:
                break
        data = drain(s)
        took = time.monotonic() - start
        assert data.startswith(b"HTTP/1.1 408 "), data[:40]
        assert b"Connection: close\r\n" in data
        assert took < 3.5, took


def body_rate():
    """Under 500 bytes a second a body is refused; over it, it goes on."""
    with Echo("--window", 1000) as e:
        s = e.connect()
        s.sendall(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 10000\r\n\r\nabc")
        data = closes_within(s, 0.5, 6)
        assert data.startswith(b"HTTP/1.1 408 "), data[:40]
        s = e.connect()
        s.sendall(b"POST / HTTP/1.1\r\n" + HOST + b"Connection: close\r\nContent-Length: 4000\r\n\r\n")
        for _ in range(20):
            s.sendall(b"x" * 200)
            time.sleep(0.15)
        assert split(drain(s))[2] == b"x" * 4000


def body_total():
    """However well it flows, a body has an end: 5 minutes, of an upload an hour (security.md 5)."""
    with Echo("--window", 1000, "--total", 1500) as e:
        s = e.connect()
        start = time.monotonic()
        s.sendall(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 60000\r\n\r\n")
        try:
            for _ in range(80):
                s.sendall(b"x" * 300)  # six times the least
                time.sleep(0.1)
        except (BrokenPipeError, ConnectionResetError):
            assert 1.4 <= time.monotonic() - start < 8
        assert drain(s).startswith(b"HTTP/1.1 408 ")
    assert "LIMIT_MS_BODY 300000\n" in open("qrsvc/base/limits.h").read()
    assert "UPLOAD_TOTAL_MS 3600000\n" in open("qrsvc/app/staff_gate.c").read()


def slow_reader():
    """A reader that takes nothing is dropped; the server was not held up by it."""
    with Echo("--write", 700) as e:
        s = e.connect(rcvbuf=4096)
        s.sendall(b"GET /big?n=8388608 HTTP/1.1\r\n" + HOST + b"\r\n")
        start = time.monotonic()
        assert e.get(b"/who")[0] == 200
        assert time.monotonic() - start < 0.5
        time.sleep(2.5)
        data = drain(s)
        assert 0 < len(data) < 8388608, len(data)


def slow_reader_of_little():
    """An answer that fits the kernel's buffer does not keep an idle connection alive."""
    with Echo("--idle", 1000) as e:
        s = e.connect(rcvbuf=2048)
        s.sendall(b"GET /big?n=60000 HTTP/1.1\r\n" + HOST + b"\r\n")
        time.sleep(3.5)
        data = drain(s)
        assert len(data) < 60000, len(data)


def many_slow_senders():
    with Echo("--head", 1500) as e:
        slow = [e.connect() for _ in range(200)]
        for s in slow:
            s.sendall(b"GET / HTTP/1.1\r\nHost: local")
        worst = 0
        for _ in range(50):
            start = time.monotonic()
            assert e.get(b"/who")[0] == 200
            worst = max(worst, time.monotonic() - start)
        assert worst < 0.25, worst
        for s in slow:
            assert b" 408 " in drain(s)


def descriptors_run_out():
    """64 descriptors, 120 clients: little CPU, few log lines, service back soon."""
    e = Echo("--files", 64, "--idle", 20000)
    with e:
        clients = [e.connect() for _ in range(120)]
        time.sleep(0.5)
        cpu = e.cpu()
        time.sleep(2)
        used = (e.cpu() - cpu) / 2
        assert used < (0.25 if SAN else 0.05), "%.3f of a core" % used
        for s in clients:
            s.close()
        start = time.monotonic()
        assert e.get(b"/who")[0] == 200
        assert time.monotonic() - start < 1
    assert e.log.count(b"net.accept_rests") == 1, e.log


def connection_limit():
    with Echo("--max", 5, "--idle", 20000) as e:
        held = [e.connect() for _ in range(5)]
        time.sleep(0.2)
        assert drain(e.connect()) == b""
        held.pop().close()
        time.sleep(0.2)
        assert e.get(b"/who")[0] == 200


def ranges():
    with Echo() as e:
        status, head, content = e.get(b"/file", b"Range: bytes=100-199\r\n")
        assert status == 206 and len(content) == 100 and b"Content-Range: bytes 100-199/16384" in head
        status, head, content = e.get(b"/file", b"Range: bytes=16384-\r\n")
        assert status == 416 and content == b"" and b"Content-Range: bytes */16384" in head
        status, head, content = e.get(b"/file", b"Range: bytes=0-1,5-6\r\n")
        assert status == 200 and len(content) == 16384 and b"Accept-Ranges: bytes" in head
        assert e.get(b"/file", b'Range: bytes=0-1\r\nIf-Range: "other"\r\n')[0] == 200
        assert e.get(b"/file", b"Range: bytes=0-1\r\n", b"HEAD")[2] == b""
        status, head, content = e.get(b"/file", b"If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n")
        assert status == 304 and content == b"" and b"Content-Length" not in head
        assert b"Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT" in head
        assert e.get(b"/file", b'If-Match: "other"\r\n')[0] == 412


def conditional_page():
    with Echo() as e:
        status, head, content = e.get(b"/")
        assert status == 200 and len(content) == 4096 and b'ETag: "page-1"' in head
        status, head, content = e.get(b"/", b'If-None-Match: "page-1"\r\n')
        assert status == 304 and content == b"" and b"Content-" not in head.replace(b"X-Content-", b"")
        status, head, content = e.get(b"/", b"", b"HEAD")
        assert status == 200 and content == b"" and b"Content-Length: 4096" in head


def continue_100():
    with Echo() as e:
        s = e.connect()
        s.sendall(b"POST / HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n")
        assert s.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        s.sendall(b"hello")
        assert s.recv(1000).endswith(b"\r\n\r\nhello")
        # too long: the answer comes instead of 100
        s.sendall(b"POST / HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\nContent-Length: 70000\r\n\r\n")
        assert drain(s).startswith(b"HTTP/1.1 413 ")


def refusal_survives_upload():
    """The answer to a refused upload arrives although its content was on the way."""
    with Echo() as e:
        s = e.connect()
        s.sendall(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 9000000\r\n\r\n")
        try:
            s.sendall(b"x" * 3000000)
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert drain(s).startswith(b"HTTP/1.1 413 ")


def spool():
    data = os.urandom(5 * 1024 * 1024)
    want = b"%d %d\n" % (len(data), sum(data))
    with Echo() as e:
        assert e.get(b"/spool", b"Content-Length: %d\r\n" % len(data), b"POST", data)[2] == want
        chunks = b"".join(
            b"%x\r\n%s\r\n" % (len(data[i : i + 70001]), data[i : i + 70001])
            for i in range(0, len(data), 70001)
        )
        body = chunks + b"0\r\n\r\n"
        assert e.get(b"/spool", b"Transfer-Encoding: chunked\r\n", b"POST", body)[2] == want
    with Echo("--spool", "/nowhere") as e:
        assert e.get(b"/spool", b"Content-Length: 1\r\n", b"POST", b"x")[0] == 503


def form_body(parts):
    out = b""
    for name, filename, data in parts:
        out += b"--xyz\r\nContent-Disposition: form-data; name=\"%s\"" % name
        if filename is not None:
            out += b"; filename=\"%s\"\r\nContent-Type: image/jpeg" % filename
        out += b"\r\n\r\n" + data + b"\r\n"
    return out + b"--xyz--\r\n"


def forms():
    kind = b"Content-Type: multipart/form-data; boundary=xyz\r\nContent-Length: %d\r\n"
    photo = os.urandom(3 * 1024 * 1024)
    with Echo() as e:
        body = form_body([(b"a", None, b"one"), (b"f", b"p.jpg", photo), (b"empty", b"", b"")])
        status, _, content = e.get(b"/form", kind % len(body), b"POST", body)
        assert status == 200, status
        assert content == b"a|-|one|3\nf|p.jpg||%d\nempty|||0\n" % len(photo), content
        url = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n"
        status, _, content = e.get(b"/form", url % 15, b"POST", b"a=1&b=%E4%BA%BA")
        assert content == "a|-|1|1\nb|-|人|3\n".encode(), content
        assert e.get(b"/form", url % 3, b"POST", b"a=%")[0] == 400
        body = form_body([(b"f", b"p.jpg", b"x" * (12 * 1024 * 1024 + 1))])
        assert e.get(b"/form", kind % len(body), b"POST", body)[0] == 413
        body = form_body([(b"t", None, b"x" * 70000)])
        assert e.get(b"/form", kind % len(body), b"POST", body)[0] == 413
        body = form_body([(b"t", None, b"x")] * 33)
        assert e.get(b"/form", kind % len(body), b"POST", body)[0] == 413
        body = form_body([(b"t", None, b"x")])[:-4]
        assert e.get(b"/form", kind % len(body), b"POST", body)[0] == 400


def upload_memory():
    """Twenty uploads at once are on disk, not in memory."""
    with Echo() as e:
        e.get(b"/spool", b"Content-Length: 1\r\n", b"POST", b"x")
        before = e.rss()
        data = b"x" * (2 * 1024 * 1024)
        conns = [e.connect() for _ in range(20)]
        for s in conns:
            s.sendall(b"POST /spool HTTP/1.1\r\n" + HOST + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % (len(data) + 1))
            s.sendall(data)
        grown = e.rss() - before
        for s in conns:
            s.sendall(b"x")
            assert split(drain(s))[0] == 200
        assert SAN or grown < 8 * 1024, "%d KiB" % grown


def long_head_memory():
    """40 MB of head: 431, and no memory for it."""
    with Echo() as e:
        e.get(b"/who")
        before = e.rss()
        s = e.connect()
        s.sendall(b"GET / HTTP/1.1\r\n" + HOST + b"X-A: ")
        sent = 0
        try:
            while sent < 40_000_000:
                s.sendall(b"x" * 1_000_000)
                sent += 1_000_000
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert drain(s)[:13] in (b"HTTP/1.1 431 ", b"")
        assert SAN or e.rss() - before < 1024, "%d KiB" % (e.rss() - before)


def idle_memory():
    """An idle connection costs less than 4 KiB of ours."""
    n = 2000
    with Echo("--idle", 60000, "--files", 4096) as e:
        e.get(b"/who")
        before = e.rss()
        conns = []
        for _ in range(n):
            s = e.connect()
            s.sendall(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n")
            while len(s.recv(65536)) < 100:
                pass
            conns.append(s)
        each = (e.rss() - before) * 1024 / n
        assert SAN or each < 4096, "%d bytes" % each
        print("# %d bytes a connection" % each)
        for s in conns:
            s.close()


def departed_client():
    with Echo() as e:
        s = e.connect()
        s.sendall(b"GET /later?ms=300 HTTP/1.1\r\n" + HOST + b"\r\n")
        time.sleep(0.1)
        s.close()
        time.sleep(0.1)
        assert e.get(b"/gone")[2] == b"1\n"


def forwarded():
    xff = b"X-Forwarded-For: 198.51.100.9, 203.0.113.7\r\nX-Forwarded-Proto: https\r\n"
    with Echo("--trust", "127.0.0.0/8") as e:
        assert e.get(b"/who", xff)[2] == b"203.0.113.7 https\n"
        assert e.get(b"/who", xff + b"X-Forwarded-For: 2001:db8::1, 127.0.0.2\r\n")[2] == b"2001:db8::1 https\n"
        assert e.get(b"/who", b"X-Forwarded-For: nonsense\r\n")[2] == b"127.0.0.1 http\n"
    with Echo() as e:
        assert e.get(b"/who", xff)[2] == b"127.0.0.1 http\n"


def draining():
    """SIGTERM: no new connections, what is asked is answered with close, exit 0."""
    with Echo("--idle", 20000) as e:
        idle, busy, next_ = e.connect(), e.connect(), e.connect()
        busy.sendall(b"GET /later?ms=700 HTTP/1.1\r\n" + HOST + b"\r\n")
        next_.sendall(b"GET /who HTTP/1.1\r\n" + HOST + b"\r\n")
        assert b"Connection: close" not in next_.recv(1000)
        time.sleep(0.1)
        start = time.monotonic()
        e.p.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        try:
            e.connect()
            raise AssertionError("still listening")
        except ConnectionRefusedError:
            pass
        next_.sendall(b"GET /who HTTP/1.1\r\n" + HOST + b"\r\n")
        assert b"Connection: close" in drain(next_)
        assert drain(busy).endswith(b"later\n")
        assert drain(idle) == b""
        assert e.p.wait(10) == 0
        assert time.monotonic() - start < 5


def pipelined_bodies():
    data = os.urandom(30000)
    one = b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % len(data) + data
    two = b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n7530\r\n" + data + b"\r\n0\r\n\r\n"
    end = b"GET /who HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
    with Echo() as e:
        s = e.connect()
        s.sendall(one + two + one + two + end)
        got = drain(s)
        assert got.count(b"HTTP/1.1 200 OK") == 5 and got.count(data) == 4


def big_answers():
    with Echo() as e:
        for n in (0, 1, 65536, 8388608):
            _, head, content = e.get(b"/big?n=%d" % n)
            assert len(content) == n and b"Content-Length: %d" % n in head
        whole = e.get(b"/file")[2]
        assert hashlib.sha256(whole).digest() == hashlib.sha256(b"x" * 16384).digest()


TESTS = [
    idle_deadline, head_deadline, body_rate, body_total, slow_reader, slow_reader_of_little, many_slow_senders,
    descriptors_run_out,
    connection_limit, ranges, conditional_page, continue_100, refusal_survives_upload, spool, forms,
    upload_memory, long_head_memory, idle_memory, departed_client, forwarded, draining,
    pipelined_bodies, big_answers,
]


def main():
    if not os.path.exists(B + "/tests/http_echo"):
        subprocess.check_call(["make", "-s", "B=" + B, B + "/tests/http_echo"], stdout=sys.stderr)
    failed = 0
    print("1..%d" % len(TESTS))
    for i, test in enumerate(TESTS, 1):
        try:
            test()
            print("ok %d - %s" % (i, test.__name__), flush=True)
        except (AssertionError, OSError, subprocess.TimeoutExpired, ValueError) as e:
            failed += 1
            print("not ok %d - %s\n# %s: %s" % (i, test.__name__, type(e).__name__, e), flush=True)
    sys.exit(1 if failed else 0)


main()
