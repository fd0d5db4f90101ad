"""Load for the fault tests: load.py SECONDS THREADS URL... prints one JSON object:
  ok        answers with status 200
  status    how many of each
  stale     200 answers whose page says "data as of" (its line has class "old")
  lost      requests on a fresh connection that got no complete answer
  reused    requests on a kept connection that ended without a byte of answer: a client repeats
            those on a fresh one (RFC 9112 9.3.1), and so does this one
  unheard   of the lost: ended by the kernel without a byte of answer
  refused   connections that could not be made
  max_ms    slowest answer
Half of the threads keep their connection, half make a new one each time."""
import http.client
import json
import sys
import threading
import time
from urllib.parse import urlsplit


class Load:
    def __init__(self, seconds, urls):
        self.urls = [urlsplit(u) for u in urls]
        self.end = time.monotonic() + seconds
        self.lock = threading.Lock()
        self.sum = {"ok": 0, "status": {}, "stale": 0, "lost": 0, "reused": 0, "unheard": 0, "refused": 0, "max_ms": 0}

    def add(self, **kw):
        with self.lock:
            for k, v in kw.items():
                self.sum[k] += v

    def answered(self, status, body, ms):
        with self.lock:
            key = str(status)
            self.sum["status"][key] = self.sum["status"].get(key, 0) + 1
            self.sum["ok"] += status == 200
            self.sum["max_ms"] = max(self.sum["max_ms"], round(ms))
            if b"class=\"old\"" in body:
                self.sum["stale"] += 1

    def connect(self, u):
        c = http.client.HTTPConnection(u.hostname, u.port, timeout=15)
        try:
            c.connect()
        except OSError:
            self.add(refused=1)
            time.sleep(0.05)
            return None
        return c

    def once(self, c, u):
        began = time.monotonic()
        c.request("GET", u.path, headers={"User-Agent": "load", "Accept-Encoding": "identity"})
        r = c.getresponse()
        body = r.read()
        self.answered(r.status, body, (time.monotonic() - began) * 1000)
        return not r.will_close

    def run(self, keep, n):
        c, used = None, False
        while time.monotonic() < self.end:
            u = self.urls[n % len(self.urls)]
            n += 1
            if c is None:
                c, used = self.connect(u), False
                if c is None:
                    continue
            try:
                again = self.once(c, u) and keep
                used = True
            except (OSError, http.client.HTTPException) as e:
                silent = isinstance(e, (http.client.RemoteDisconnected, ConnectionError))
                if silent and used:
                    self.add(reused=1)
                else:
                    self.add(lost=1, unheard=int(silent))
                again = False
            if not again:
                c.close()
                c = None


def main():
    load = Load(float(sys.argv[1]), sys.argv[3:])
    threads = [threading.Thread(target=load.run, args=(i % 2 == 0, i)) for i in range(int(sys.argv[2]))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(json.dumps(load.sum))


main()
