#!/usr/bin/env python3
"""tests/http/malformed.txt over a socket: the status, then a closed connection for what is
refused; for what is taken, a second request on the same connection that must be answered."""
import os
import re
import socket
import subprocess
import sys

B = os.environ.get("B", "build/release")
HOST = b"Host: localhost:8080\r\n"


def expand(s):
    out, i = b"", 0
    while i < len(s):
        if s.startswith("$H", i):
            out, i = out + HOST, i + 2
        elif s.startswith("$E", i):
            out, i = out + b"\r\n", i + 2
        elif s.startswith("\\x", i):
            out, i = out + bytes([int(s[i + 2 : i + 4], 16)]), i + 4
        elif s[i] == "\\":
            out, i = out + b"\r\n\t\0\\"["rnt0\\".index(s[i + 1])].to_bytes(1, "big"), i + 2
        elif s[i] == "{":
            depth, j = 0, i
            while j < len(s):
                depth += (s[j] == "{") - (s[j] == "}")
                if depth == 0:
                    break
                j += 1
            m = re.fullmatch(r"(.*)\*(\d+)", s[i + 1 : j], re.S)
            if m:
                out, i = out + expand(m[1]) * int(m[2]), j + 1
            else:
                out, i = out + b"{", i + 1
        else:
            out, i = out + s[i].encode("latin-1"), i + 1
    return out


def answer(s, head):
    """One answer: (status, content), or (None, b'') at the end of the stream."""
    data = b""
    while b"\r\n\r\n" not in data:
        try:
            part = s.recv(65536)
        except ConnectionResetError:
            part = b""
        if not part:
            return None, b""
        data += part
    top, content = data.split(b"\r\n\r\n", 1)
    status = int(top.split(b" ", 2)[1])
    if status == 100:
        raise AssertionError("100 Continue without need")
    if re.search(rb"(?im)^server:", top) or not re.search(rb"(?im)^date: ", top):
        raise AssertionError("Server given or Date missing")
    m = re.search(rb"(?im)^content-length: (\d+)", top)
    if status in (204, 304) and m:
        raise AssertionError("Content-Length with 204 or 304")
    size = 0 if head or status in (204, 304) else int(m[1])
    while len(content) < size:
        part = s.recv(65536)
        if not part:
            raise AssertionError("content cut off")
        content += part
    if len(content) > size:
        raise AssertionError("more than was announced")
    return status, content


def check(port, expected, data):
    taken, close = expected[0] == "+", expected[-1] == "c"
    want = int(expected.strip("+c"))
    s = socket.create_connection(("127.0.0.1", port), 5)
    with s:
        try:
            s.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass
        got, _ = answer(s, data.startswith(b"HEAD"))
        if got != want:
            return "got %s" % got
        if taken and not close:
            s.sendall(b"GET /who HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
            got, content = answer(s, False)
            if got != 200 or not content.startswith(b"127.0.0.1"):
                return "the next request got %s" % got
        try:
            if s.recv(1) != b"":
                return "not closed"
        except ConnectionResetError:
            pass
    return None


def main():
    if not os.path.exists(B + "/tests/http_echo"):
        subprocess.check_call(["make", "-s", "B=" + B, B + "/tests/http_echo"], stdout=sys.stderr)
    echo = subprocess.Popen([B + "/tests/http_echo", "--spool", B], stdout=subprocess.PIPE)
    port = int(echo.stdout.readline().split()[1])
    failed = n = 0
    try:
        for line in open("tests/http/malformed.txt", encoding="latin-1", newline="\n"):
            line = line.rstrip("\n")
            if not line or line[0] == "#":
                continue
            expected, _, section, what, data = line.split(" | ", 4)
            n += 1
            try:
                why = check(port, expected, expand(data))
            except (AssertionError, OSError) as e:
                why = str(e) or repr(e)
            print("%s %d - %s %s: %s" % ("not ok" if why else "ok", n, section, what, expected))
            if why:
                failed += 1
                print("# " + why)
        print("1..%d" % n)
    finally:
        echo.terminate()
        if echo.wait(15) != 0:
            print("# the server ended with %d" % echo.returncode)
            failed += 1
    sys.exit(1 if failed else 0)


main()
