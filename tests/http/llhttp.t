#!/usr/bin/env python3
"""The request vectors of llhttp, the parser of Node.js (MIT, not kept here), over a socket: what
its strict mode takes or refuses, and the content it finds, against ours.  The differences must
be those of llhttp.known.  Needs the files test/request/*.md of the public repository
nodejs/llhttp, in the folder LLHTTP or ../shared/conformance/llhttp or build/llhttp (a checkout,
or the .md files alone).  timeout: 120

Three things are changed in a vector, or we would refuse it for what it is not about:
- a message of HTTP/1.1 without Host gets one: llhttp does not ask for it, RFC 9112 3.2 does;
- a fragment is taken off the target, but in uri.md, whose matter it is (RFC 9112 3.2);
- one that ends within a line llhttp has refused gets the end of the line, as we read lines.
Not used are its lenient modes, and a vector whose meaning is what the caller of llhttp does
(skipBody).  After an upgrade or CONNECT the bytes belong to the other protocol: left out.
Each is sent at once, and again byte by byte, which must not make a difference."""
import concurrent.futures
import glob
import json
import os
import re
import socket
import subprocess
import sys

B = os.environ.get("B", "build/release")
LEAST = 90  # usable vectors; fewer: the files are not what they were
REFUSED = (400, 413, 414, 417, 431, 501, 505)
# llhttp's error numbers that are no refusal of a message
DATA_AFTER_CLOSE, UPGRADE, H2 = 5, 22, 23


def folder():
    told = os.environ.get("LLHTTP")
    for place in (told,) if told else ("../shared/conformance/llhttp", "build/llhttp"):
        for sub in ("test/request", "."):
            if glob.glob(os.path.join(place, sub, "*.md")):
                return os.path.join(place, sub)
    return None


def unescape(s):
    """As llhttp's test/md-test.ts does it."""
    s = re.sub(r"\\\n", "", s[:-1] if s.endswith("\n") else s)
    s = s.replace("\n", "\r\n")
    for mark, byte in (("\\r", "\r"), ("\\n", "\n"), ("\\t", "\t"), ("\\f", "\f")):
        s = s.replace(mark, byte)
    s = re.sub(r"\\x([0-9a-fA-F]+)", lambda m: chr(int(m[1], 16)), s)
    s = re.sub(r"\\([0-7]{1,3})", lambda m: chr(int(m[1], 8)), s)
    return s.encode()


class Message:
    def __init__(self, at):
        self.at = at
        self.host = self.head = self.done = self.refused = False
        self.version = None
        self.method = ""
        self.content = b""


class Vector:
    def __init__(self, name, raw, log):
        self.name, self.raw, self.messages = name, raw, []
        m = None
        for line in log.split("\n"):
            at = int(re.match(r"off=(\d+)|", line)[1] or 0)
            span = re.match(r'off=\d+ len=(\d+) span\[(\w+)\]="(.*)"', line)
            error = re.search(r"error code=(\d+)", line)
            if line.endswith("message begin"):
                m = Message(at)
                self.messages.append(m)
            elif span and span[2] == "method":
                m.method += span[3]
            elif span and span[2] == "version":
                m.version = span[3]
            elif span and span[2] == "header_field":
                m.host = m.host or span[3].lower() == "host"
            elif span and span[2] == "body":
                m.content += raw[at : at + int(span[1])]
            elif "headers complete" in line:
                m.head = True
            elif line.endswith("message complete"):
                m.done = True
            elif error and int(error[1]) in (UPGRADE, H2):
                m.done = True
            elif error and int(error[1]) != DATA_AFTER_CLOSE:
                if m is None or m.done:
                    m = Message(at)
                    self.messages.append(m)
                m.refused = True
        # with an upgrade the rest of the bytes belongs to the other protocol, which we have not
        if re.search(r"error code=(%d|%d)" % (UPGRADE, H2), log):
            end = int(re.search(r"off=(\d+) error code=(?:%d|%d)" % (UPGRADE, H2), log)[1])
            self.raw = self.raw[:end]

    def bytes(self):
        raw = self.raw
        if any(m.refused for m in self.messages) and not raw.endswith(b"\n"):
            raw += b"\r\n\r\n"
        for m in reversed(self.messages):
            end = raw.find(b"\r\n", m.at) + 2
            line, rest = raw[m.at : end], raw[end:]
            if m.version == "1.1" and not m.host and end > 1 and rest[:1] not in (b" ", b"\t"):
                rest = b"Host: llhttp.example\r\n" + rest
            if not self.name.startswith("uri/"):
                line = re.sub(rb"#[^ ]*", b"", line)
            raw = raw[: m.at] + line + rest
        return raw

    def want(self):
        return [("no", b"") if m.refused else ("ok", m.content) for m in self.messages if m.refused or m.done]


def vectors(path):
    seen = {}
    for file in sorted(glob.glob(os.path.join(path, "*.md"))):
        with open(file, encoding="utf-8", newline="\n") as f:
            text = f.read()
        title, meta, raw = "", {}, None
        for part in re.finditer(r"(?ms)^#+ (.*?)$|^<!-- meta=(.*?) -->$|^```(http|log)\n(.*?)^```", text):
            if part[1]:
                title = re.sub(r"[^a-z0-9.]+", "-", part[1].lower()).strip("-")
            elif part[2]:
                meta = json.loads(part[2])
            elif part[3] == "http":
                raw = part[4]
            elif raw is not None:
                name = os.path.basename(file)[:-3] + "/" + title
                seen[name] = seen.get(name, 0) + 1
                if seen[name] > 1:
                    name += ".%d" % seen[name]
                usable = meta.get("type") in ("request", "request-finish") and not meta.get("skipBody")
                yield Vector(name, unescape(raw), part[4]) if usable else None
                raw = None


def run(port, v, step):
    """What we answered: [("ok" or "no", content, status)], to the end of the connection."""
    data, raw = b"", v.bytes()
    with socket.create_connection(("127.0.0.1", port), 30) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for i in range(0, len(raw), step or len(raw)):
                s.sendall(raw[i : i + (step or len(raw))])
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused and closed before the end
        while True:
            try:
                part = s.recv(65536)
            except ConnectionResetError:
                break
            if not part:
                break
            data += part
    got = []
    while data:
        head, _, data = data.partition(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        n = int(re.search(rb"(?im)^content-length: (\d+)", head)[1])
        if len(got) < len(v.messages) and v.messages[len(got)].method == "HEAD" and status == 200:
            n = 0
        if status != 408:  # the rest did not come, which llhttp says by saying nothing
            got.append(("no", b"", status) if status in REFUSED else ("ok", data[:n], status))
        data = data[n:]
    return got


def known():
    """{(name, status): "rfc" or "own"}"""
    with open("tests/http/llhttp.known", encoding="utf-8") as f:
        rows = [line.split() for line in f if line.strip() and line[0] != "#"]
    return {(name, status): kind for kind, name, status, *_ in rows}


def main():
    path = folder()
    if not path:
        print("1..0 # SKIP no vectors: git clone --depth 1 https://github.com/nodejs/llhttp build/llhttp")
        return 0
    program = B + "/tests/http_echo"
    if not os.access(program, os.X_OK) and subprocess.run(["make", "-s", "B=" + B, program], stdout=2).returncode:
        print("Bail out! no test server")
        return 1
    every = list(vectors(path))
    used = [v for v in every if v]
    # the deadlines tell "waits for more" from "has answered"
    server = subprocess.Popen(
        [program, "--any", "1", "--idle", "1500", "--head", "1500", "--window", "1500", "--spool", B],
        stdout=subprocess.PIPE,
    )
    try:
        port = int(server.stdout.readline().split()[1])
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            answers = list(pool.map(lambda v: run(port, v, 0), used))
            slow = list(pool.map(lambda v: run(port, v, 1), used))
    finally:
        server.terminate()
    ended = server.wait(20)
    listed, laxer, other, differ = known(), [], [], set()
    for v, got in zip(used, answers):
        want, have = v.want(), [g[:2] for g in got]
        if want == have:
            continue
        line = "%s: %s for %s: %r" % (v.name, [g[2] for g in got], [w[0] for w in want], v.bytes()[:300])
        i = next((i for i, (w, h) in enumerate(zip(want, have)) if w != h), min(len(want), len(have)))
        if i < len(have) and have[i][0] == "no" and (i == len(want) or want[i][0] == "ok"):
            differ.add((v.name, str(got[i][2])))
            if (v.name, str(got[i][2])) not in listed:
                other.append("not listed: " + line)
        else:
            laxer.append(line)
    other += ["no longer so: %s %s" % k for k in sorted(set(listed) - differ)]
    own = [k for k in differ if listed.get(k) == "own"]
    parts = ["%s: %r, %r" % (v.name, a, b) for v, a, b in zip(used, answers, slow) if a != b]
    failed = 0
    for n, (good, what, why) in enumerate(
        (
            (len(used) >= LEAST, "%d vectors of %d are for a strict server" % (len(used), len(every)), []),
            (not laxer, "nothing llhttp refuses is taken, and content and order are the same", laxer),
            (not other, "what only we refuse, %d, is what llhttp.known lists" % len(differ), other),
            (len(own) <= 5, "of these the RFC would let us take %d, at most 5" % len(own), [str(own)]),
            (not parts, "byte by byte gives the same answers", parts),
            (ended == 0, "the server ends well", ["status %d" % ended]),
        ),
        1,
    ):
        print("%sok %d - %s" % ("" if good else "not ", n, what))
        if not good:
            failed += 1
            print("".join("# %s\n" % line for line in why), end="")
    print("1..6")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
