"""outbox.py FOLDER: a receiver of webhooks and a relay for mail, both on loopback, both made up.  Writes
the ports to FOLDER/ports, every request as a line of JSON to FOLDER/hooks, every letter to FOLDER/mails.

What a path does: /ok 200; /flaky/N N times 503 with Retry-After, then 200; /fail 500 until FOLDER/mended is
there; /gone 410; /away 302 to /trap; /slow takes the request and never answers; /big 200 and content without
end; /kill stops the process whose number is in FOLDER/victim, answers 200, and kills it before it has read
that.  Recipients: nobody@ 550, later@ 451 the first time."""

import json
import os
import signal
import socketserver
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

folder = sys.argv[1]
lock = threading.Lock()
seen = {}


def write(name, what):
    with lock, open(os.path.join(folder, name), "a", encoding="utf-8") as f:
        f.write(json.dumps(what, ensure_ascii=False) + "\n")


def count(key):
    with lock:
        seen[key] = seen.get(key, 0) + 1
        return seen[key]


class Hook(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        write("hooks", {"path": self.path, "head": {k.lower(): v for k, v in self.headers.items()},
                        "body": body.decode()})
        what, n = self.path.split("/")[1], count(self.path)
        status, head = 200, []
        if what == "flaky" and n <= int(self.path.split("/")[2]):
            status, head = 503, [("Retry-After", "120")]
        elif what == "fail" and not os.path.exists(os.path.join(folder, "mended")):
            status = 500
        elif what == "gone":
            status = 410
        elif what == "away":
            status, head = 302, [("Location", "/trap")]
        elif what == "slow":
            time.sleep(300)
        victim = None
        if what == "kill" and n == 1:
            victim = int(open(os.path.join(folder, "victim")).read())
            os.kill(victim, signal.SIGSTOP)
        self.send_response(status)
        for k, v in head:
            self.send_header(k, v)
        self.send_header("Content-Length", "1000000000" if what == "big" else "0")
        self.end_headers()
        if what == "big":
            try:
                while True:
                    self.wfile.write(b"x" * 65536)
            except OSError:
                write("left", {})
        self.wfile.flush()
        if victim:
            os.kill(victim, signal.SIGKILL)

    do_GET = do_POST


class Mail(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        to = []
        self.say("220 relay")
        for raw in self.rfile:
            line = raw.decode().rstrip("\r\n")
            word = line.upper()
            if word.startswith("RCPT TO:<NOBODY@"):
                self.say("550 5.1.1 there is nobody")
            elif word.startswith("RCPT TO:<LATER@") and count(line) == 1:
                self.say("451 4.3.0 come back")
            elif word == "DATA":
                self.say("354 go on")
                text = b""
                for part in self.rfile:
                    if part == b".\r\n":
                        break
                    text += part[1:] if part.startswith(b".") else part
                write("mails", {"to": to, "text": text.decode()})
                self.say("250 taken")
            elif word == "QUIT":
                self.say("221 bye")
                return
            else:
                if word.startswith("RCPT"):
                    to.append(line)
                self.say("250 relay" if word.startswith("EHLO") else "250 ok")


class Relay(socketserver.ThreadingTCPServer):
    daemon_threads = True


hooks = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
hooks.daemon_threads = True
mails = Relay(("127.0.0.1", 0), Mail)
threading.Thread(target=mails.serve_forever, daemon=True).start()
with open(os.path.join(folder, "ports.new"), "w") as f:
    f.write(f"{hooks.server_address[1]} {mails.server_address[1]}\n")
os.rename(os.path.join(folder, "ports.new"), os.path.join(folder, "ports"))
hooks.serve_forever()
