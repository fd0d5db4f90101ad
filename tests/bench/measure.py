"""What every benchmark here is made of: servers pinned to one core, wrk on the other, CPU time
taken from the processes themselves, rounds interleaved so that a drifting machine hits all alike.

Nothing here judges by the clock: a figure is CPU per request or a rate, and what counts is the
ratio of two figures of the same round.  Standard library only; Debian packages wrk and nginx-light.
"""
import atexit
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time

BROWSER = {  # what Chromium on Android sends with a page
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
              "image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
    "Accept-Encoding": "gzip, deflate",
    "Accept-Language": "zh-CN,zh;q=0.9,en-US;q=0.8,en;q=0.7",
    "Cache-Control": "max-age=0",
    "Upgrade-Insecure-Requests": "1",
    "User-Agent": "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
                  "Chrome/126.0.0.0 Mobile Safari/537.36",
}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_us(pids):
    """CPU time of these processes so far, all threads, in microseconds (scheduler's own count)."""
    total = 0
    for pid in pids:
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/schedstat") as f:
                    total += int(f.read().split()[0])
        except FileNotFoundError:
            pass
    return total / 1000


def rss_kib(pid):
    with open(f"/proc/{pid}/smaps_rollup") as f:
        return sum(int(line.split()[1]) for line in f if line.startswith(("Rss:",)))


def children(pid):
    out = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as f:
                    ppid = int(f.read().rsplit(")", 1)[1].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            if ppid == pid:
                out.append(int(name))
    return sorted(out)


def pin(pids, core):
    for pid in pids:
        for task in os.listdir(f"/proc/{pid}/task"):
            try:
                os.sched_setaffinity(int(task), {core})
            except ProcessLookupError:
                pass


def wait_port(port, seconds=10):
    end = time.time() + seconds
    while time.time() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"bench: nothing answers on port {port}")


class Process:
    """A program of ours or a peer's; ended by its process id, never by name."""

    def __init__(self, argv, **kw):
        self.p = subprocess.Popen(argv, stdin=subprocess.DEVNULL, **kw)
        self.pid = self.p.pid
        atexit.register(self.stop)  # also when the run ends by an error

    def stop(self):
        if self.p.poll() is None:
            self.p.send_signal(signal.SIGTERM)
            try:
                self.p.wait(10)
            except subprocess.TimeoutExpired:
                self.p.kill()
                self.p.wait()


NGINX = """daemon off; master_process on; worker_processes 1; pid {dir}/nginx.pid;
error_log {dir}/error.log crit; {user}
events {{ worker_connections 20000; }}
http {{
  access_log off; server_tokens off; keepalive_requests 100000000; keepalive_timeout 120s;
  {http}
  types {{ text/html html; image/jpeg jpg; }} default_type "text/html; charset=utf-8";
  client_body_temp_path {dir}/t; proxy_temp_path {dir}/t; fastcgi_temp_path {dir}/t;
  uwsgi_temp_path {dir}/t; scgi_temp_path {dir}/t;
  server {{ listen 127.0.0.1:{port} backlog=1024; root {dir}/www; {server} }}
}}
"""
# nginx at its best for small files: no sendfile, descriptors cached
NGINX_BEST = ("sendfile off; tcp_nodelay on; output_buffers 1 64k; "
              "open_file_cache max=30000 inactive=600s; "
              "open_file_cache_valid 600s; open_file_cache_min_uses 1;")


def start_nginx(folder, http=NGINX_BEST, server=""):
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    os.makedirs(f"{folder}/www", exist_ok=True)
    port = free_port()
    conf = f"{folder}/nginx.conf"
    user = "user root;" if os.getuid() == 0 else ""
    with open(conf, "w") as f:
        f.write(NGINX.format(dir=folder, port=port, http=http, server=server, user=user))
    p = Process([nginx, "-c", conf, "-p", folder], stderr=subprocess.DEVNULL)
    wait_port(port)
    p.workers = children(p.pid)
    p.port = port
    return p


def wrk(url, seconds, connections=64, headers=None, script=None, core=1, args=()):
    """One bounded run of wrk; returns requests, rate, p50/p99 in microseconds and errors."""
    argv = ["taskset", "-c", str(core), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s",
            "--latency"]
    for k, v in (headers or {}).items():
        argv += ["-H", f"{k}: {v}"]
    if script:
        argv += ["-s", script]
    argv.append(url)
    if args:
        argv += ["--", *args]
    out = subprocess.run(argv, capture_output=True, text=True, timeout=seconds + 60).stdout
    n = int(re.search(r"(\d+) requests in", out).group(1))
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))

    def lat(q):
        m = re.search(rf"{q}%\s+([\d.]+)(us|ms|s)", out)
        return float(m.group(1)) * {"us": 1, "ms": 1e3, "s": 1e6}[m.group(2)] if m else None
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    sock = re.search(r"Socket errors: (.*)", out)
    return {"requests": n, "rate": rate, "p50": lat(50), "p99": lat(99),
            "bad": int(bad.group(1)) if bad else 0, "socket": sock.group(1) if sock else ""}


def cpu_per_request(pids, *a, **kw):
    """Runs wrk and returns (microseconds of CPU per request, wrk's figures)."""
    before = cpu_us(pids)
    got = wrk(*a, **kw)
    if got["bad"]:
        raise SystemExit(f"bench: {got['bad']} answers were errors: {a[0]}")
    return (cpu_us(pids) - before) / max(got["requests"], 1), got


class Table:
    """Collects figures by row and round; prints medians, spread and the ratio of row to peer."""

    def __init__(self):
        self.rows = []

    def add(self, what, unit, ours, peers, target, better="lower"):
        """ours: list of figures, one a round; peers: {name: list}.  The ratio is taken round by
        round against the best peer (ours / peer), and its median is what counts."""
        best = None
        for name, figures in peers.items():
            ratios = [a / b for a, b in zip(ours, figures) if b]
            r = statistics.median(ratios)
            if best is None or (r > best[1] if better == "lower" else r < best[1]):
                best = (name, r, min(ratios), max(ratios))
        row = {"what": what, "unit": unit, "ours": statistics.median(ours),
               "ours_min": min(ours), "ours_max": max(ours),
               "peers": {k: statistics.median(v) for k, v in peers.items()}, "target": target}
        if best:
            row.update(peer=best[0], ratio=best[1], ratio_min=best[2], ratio_max=best[3])
        value = row.get("ratio", row["ours"])
        row["met"] = value <= target if better == "lower" else value >= target
        self.rows.append(row)
        self.line(row, better)

    def line(self, r, better):
        sign = "<=" if better == "lower" else ">="
        ratio = f"{r['ratio']:.3f} ({r['ratio_min']:.2f}-{r['ratio_max']:.2f}) of {r['peer']}" \
            if "ratio" in r else ""
        print(f"{'met ' if r['met'] else 'MISS'} {r['what']:<44} {r['ours']:>10.2f} {r['unit']:<8}"
              f" {ratio:<42} target {sign} {r['target']}", flush=True)

    def write(self, path, name):
        old = {}
        if os.path.exists(path):
            with open(path) as f:
                old = json.load(f)
        old[name] = {"time": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "cores": os.cpu_count(),
                     "rows": self.rows}
        with open(path, "w") as f:
            json.dump(old, f, indent=1)
        missed = [r["what"] for r in self.rows if not r["met"]]
        print(f"{len(self.rows) - len(missed)} of {len(self.rows)} targets met"
              + (": not " + "; ".join(missed) if missed else ""))
        return not missed


if __name__ == "__main__":
    sys.exit("a library: see engine.py")
