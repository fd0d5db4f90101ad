"""The load of the chaos suite, and its ledger: what the service said it had taken.

Writers send records with three photos as phones do, under a key of their own, again and again
until the answer is the receipt (303); then the key goes into the ledger file.  One more writer
issues labels by the command; exit status 0 acknowledges the code.  Readers ask for pages and check
that what came with status 200 is whole.  Everything is counted by the fault that is on."""
import collections
import datetime
import http.client
import random
import subprocess
import threading
import time
import urllib.parse
import uuid

BOUNDARY = "----chaos-boundary"
ZONE = datetime.timezone(datetime.timedelta(hours=8))


class Ledger:
    def __init__(self, c):
        self.c = c
        self.u = urllib.parse.urlsplit(c["url"])
        self.lock = threading.Lock()
        self.file = open(c["ledger"], "a", encoding="ascii", buffering=1)
        self.phase = "quiet"
        self.reads = collections.defaultdict(collections.Counter)
        self.writes = collections.defaultdict(collections.Counter)
        self.gap = {}  # longest time without a good page in seconds, by fault
        self.tried, self.acked = set(), []
        self.write_gap = {}  # the same without an acknowledged write
        self.acked_at = time.monotonic()
        self.last_ack = 0.0  # when the latest acknowledged write began
        self.last_read = time.monotonic()
        self.torn = []
        self.stop = threading.Event()
        self.threads = []

    # --- writers ---------------------------------------------------------------------------------

    def body(self, key, facility):
        now = datetime.datetime.now(ZONE)
        at = [(now - datetime.timedelta(minutes=m)).strftime("%Y-%m-%dT%H:%M") for m in (80, 45)]
        fields = [("csrf", self.c["csrf"]), ("key", key), ("from", at[0]), ("to", at[1]),
                  ("party-cleaner", self.c["party"]), ("fields-workers", "2"), ("fields-disinfectant", "二氧化氯")]
        out = []
        for name, value in fields:
            out.append(f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
        for name, data in self.c["photos"]:
            out += [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="photos-{name}"; filename="p.jpg"\r\n'
                    "Content-Type: image/jpeg\r\n\r\n".encode(), data, b"\r\n"]
        out.append(f"--{BOUNDARY}--\r\n".encode())
        return facility, b"".join(out)

    def post(self, facility, body):
        conn = http.client.HTTPConnection(self.u.hostname, self.u.port, timeout=30)
        try:
            conn.request("POST", f"/staff/f/{facility}/new?type=clean", body, {
                "Cookie": self.c["cookie"], "Origin": self.c["url"], "Sec-Fetch-Site": "same-origin",
                "Content-Type": "multipart/form-data; boundary=" + BOUNDARY})
            r = conn.getresponse()
            r.read()
            if r.status == 303 and "/login" in r.headers.get("Location", ""):
                return "login"
            if r.status in (429, 503) and not r.headers.get("Retry-After"):
                return f"{r.status} without Retry-After"
            return str(r.status)
        except (OSError, http.client.HTTPException):
            return "broken"
        finally:
            conn.close()

    def write(self):
        while not self.stop.is_set():
            key = str(uuid.uuid4())
            self.tried.add(key)
            facility, body = self.body(key, random.choice(self.c["facilities"]))
            while True:
                began = time.monotonic()
                said = self.post(facility, body)
                with self.lock:
                    self.writes[self.phase][said] += 1
                if said == "303":
                    self.ack("record", key, began)
                    break
                if self.stop.wait(0.5):
                    return
                if said == "422":  # the clock was set back: the times of the form are in the future
                    facility, body = self.body(key, facility)
            self.stop.wait(self.c["pause"])

    def ack(self, what, key, began):
        with self.lock:
            self.file.write(f"{what} {key}\n")
            self.acked.append(key)
            self.gap_now()
            self.acked_at = time.monotonic()
            if what == "record":
                self.last_ack = max(self.last_ack, began)

    def issue(self):
        while not self.stop.is_set():
            began = time.monotonic()
            try:
                p = subprocess.run([self.c["qrsvc"], "labels", "issue", "--count", "1", "--who", "chaos"],
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30, check=False)
            except subprocess.TimeoutExpired:
                continue
            if p.returncode == 0:
                self.ack("label", p.stdout.decode().strip(), began)
            self.stop.wait(1)

    # --- readers ---------------------------------------------------------------------------------

    def read_one(self, path):
        conn = http.client.HTTPConnection(self.u.hostname, self.u.port, timeout=20)
        try:
            conn.request("GET", path, headers={"User-Agent": "chaos"})
            r = conn.getresponse()
            data = r.read()
            if r.status == 200 and not data.rstrip().endswith(b"</html>"):
                self.torn.append(path)
            if r.status in (429, 503) and not r.headers.get("Retry-After"):
                return f"{r.status} without Retry-After"
            return "stale" if r.status == 200 and b'class="old"' in data else str(r.status)
        except ConnectionRefusedError:
            return "refused"
        except (OSError, http.client.HTTPException):
            return "broken"
        finally:
            conn.close()

    def read(self):
        paths = [f"/f/{f}" for f in self.c["facilities"]] + ["/"]
        while not self.stop.is_set():
            said = self.read_one(random.choice(paths))
            with self.lock:
                self.reads[self.phase][said] += 1
                now = time.monotonic()
                if said in ("200", "stale"):
                    self.gap[self.phase] = max(self.gap.get(self.phase, 0), now - self.last_read)
                    self.last_read = now
            self.stop.wait(0.01 if said != "refused" else 0.05)

    # --- all of it ---------------------------------------------------------------------------------

    def start(self):
        issue = [self.issue] if self.c.get("issue", True) else []
        work = [self.write] * self.c["writers"] + issue + [self.read] * self.c["readers"]
        self.threads = [threading.Thread(target=w, daemon=True) for w in work]
        for t in self.threads:
            t.start()

    def gap_now(self):
        """The gap that is open counts too; with the lock held."""
        now = time.monotonic()
        self.gap[self.phase] = max(self.gap.get(self.phase, 0), now - self.last_read)
        self.write_gap[self.phase] = max(self.write_gap.get(self.phase, 0), now - self.acked_at)

    def turn(self, phase):
        with self.lock:
            self.gap_now()
            self.phase = phase
            self.last_read = self.acked_at = time.monotonic()

    def end(self):
        self.stop.set()
        for t in self.threads:
            t.join(60)
        self.file.close()
        return not any(t.is_alive() for t in self.threads)
