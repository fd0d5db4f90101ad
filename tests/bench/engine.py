"""The engine against its peers in one interleaved run; each row names its target.

Called by engine.sh, which made the cluster.  Server on core 0, clients on core 1, except where
the database takes part (then both cores are shared).  Ratios of the same round only."""
import gzip
import http.client
import json
import os
import random
import re
import resource
import socket
import statistics
import subprocess
import sys
import time
import urllib.request

from measure import (BROWSER, Process, Table, children, cpu_per_request, free_port, pin, rss_kib,
                     start_nginx, wait_port, wrk)
from peers import start_stacks

T, DSN, QRSVC, RENDER, STACKS = (
    os.environ[k] for k in ("T", "DSN", "QRSVC", "RENDER", "STACKS"))
UID, GID = int(os.environ["QR_UID"]), int(os.environ["QR_GID"])
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "3"))
ONLY = os.environ.get("BENCH_ONLY", "").split(",") if os.environ.get("BENCH_ONLY") else None
SOCKET = re.search(r"host=(\S+)", DSN).group(1)
HERE = os.path.dirname(os.path.abspath(__file__))
table = Table()


def sql(text):
    return subprocess.run(["psql", "-XqAt1", "-v", "ON_ERROR_STOP=1", "-f", "-",
                           f"{DSN} user=postgres"], input=text, capture_output=True, text=True,
                          check=True).stdout.split("\n")[:-1]


def user():
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(GID)
        os.setuid(UID)


class Daemon(Process):
    """One of ours: one worker, everything on but the access log, limits evaluated but above the
    load."""

    def __init__(self, name, workers=1, **settings):
        self.port, admin = free_port(), free_port()
        folder = f"{T}/{name}"
        os.makedirs(f"{folder}/state", exist_ok=True)
        if os.getuid() == 0:
            os.chown(f"{folder}/state", UID, GID)
        conf = {
            "server": {"listen": f"127.0.0.1:{self.port}", "admin": f"127.0.0.1:{admin}",
                       "workers": workers, "base_url": "https://QR.EXAMPLE.GOV.CN",
                       "hosts": f"127.0.0.1:{self.port}", "state": f"{folder}/state",
                       "access_log": "off", "idle_ms": 120000, "connections": 16000,
                       "connections_per_address": 16000},
            "database": {"dsn": DSN},
            "limits": {k: "10000000,1000000" for k in ("page", "photo", "static", "form",
                                                        "staff")},
        }
        for key, value in settings.items():
            section, k = key.split("__")
            conf.setdefault(section, {})[k] = value
        conf = {s: {k: v for k, v in keys.items() if v is not None} for s, keys in conf.items()}
        self.conf = f"{folder}/qrsvc.conf"
        with open(self.conf, "w") as f:
            for section, keys in conf.items():
                f.write(f"[{section}]\n" + "".join(f"{k} = {v}\n" for k, v in keys.items()))
        os.chmod(self.conf, 0o644)
        log = open(f"{folder}/log", "w")
        super().__init__([QRSVC, "--config", self.conf], stderr=log, stdout=log, cwd=folder,
                         preexec_fn=user)
        try:
            wait_port(self.port)
        except SystemExit:
            raise SystemExit(open(f"{folder}/log").read())
        self.admin = admin
        self.url = f"http://127.0.0.1:{self.port}"
        for _ in range(100):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{admin}/readyz", timeout=2).read()
                break
            except OSError:
                time.sleep(0.1)
        self.workers = [p for p in children(self.pid)
                        if b"--worker" in open(f"/proc/{p}/cmdline", "rb").read()]

    def get(self, path, **fields):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        c.request("GET", path, headers=fields)
        r = c.getresponse()
        body = r.read()
        c.close()
        return r, body


def lua(name, text):
    path = f"{T}/{name}.lua"
    with open(path, "w") as f:
        f.write(text)
    return path


def random_codes(codes, name="pages"):
    """wrk script: another code of the list at each request.  The requests are made before the
    run: made one by one in Lua they cost more than a request costs the server, and the run
    would measure its client."""
    path = f"{T}/{name}-{len(codes)}.txt"
    with open(path, "w") as f:
        f.write("\n".join(codes))
    return lua(f"{name}-{len(codes)}", f"""
local ready = {{}}
local random = math.random
init = function(args)
  for line in io.lines("{path}") do ready[#ready + 1] = wrk.format("GET", "/" .. line) end
  math.randomseed(os.time())
end
request = function()
  return ready[random(#ready)]
end
""")


def wanted(name):
    return ONLY is None or name in ONLY


def same_fields(answer):
    """nginx directives that send the fields ours sends, so that both write the same bytes."""
    out = []
    for k, v in answer.getheaders():
        if k.lower() in ("date", "connection", "content-length", "content-type", "etag",
                         "last-modified", "transfer-encoding", "accept-ranges"):
            continue
        out.append('add_header %s "%s";' % (k, v.replace('"', '\\"')))
    return " ".join(out)


def cached_rows(codes):
    ours = Daemon("cached", cache__bytes=1 << 30)
    pin(ours.workers, 0)
    path = "/" + codes[0]
    ours.get(path, **BROWSER)
    answer, body = ours.get(path, **BROWSER)
    assert answer.status == 200 and answer.getheader("Content-Encoding") == "gzip"
    fields = same_fields(answer)
    peer = start_nginx(f"{T}/nginx", server=fields + " etag on;")
    with open(f"{T}/nginx/www/{codes[0]}", "wb") as f:
        f.write(body)
    pin(peer.workers, 0)
    tag = answer.getheader("ETag")
    peer_tag = urllib.request.urlopen(f"http://127.0.0.1:{peer.port}{path}").headers["ETag"]
    many, single = random_codes(codes[:20000]), random_codes(codes[:1])
    # fill the cache with all of them
    c = http.client.HTTPConnection("127.0.0.1", ours.port)
    for code in codes[:20000]:
        c.request("GET", "/" + code, headers=BROWSER)
        c.getresponse().read()
    fig = {k: [] for k in ("page", "npage", "304", "n304", "one", "many", "one us", "many us",
                           "p", "np")}
    photo, photo_bytes = photo_of(ours)
    peer2 = start_nginx(f"{T}/nginx2", http="sendfile on; tcp_nopush on; tcp_nodelay on; "
                        "open_file_cache max=1000;", server=same_fields(ours.get(photo)[0]))
    os.makedirs(f"{T}/nginx2/www/p", exist_ok=True)
    with open(f"{T}/nginx2/www{photo}", "wb") as f:
        f.write(photo_bytes)
    pin(peer2.workers, 0)
    for _ in range(ROUNDS):
        def one(key, pids, port, p=path, **kw):
            h = dict(BROWSER, **kw.pop("extra", {}))
            us, got = cpu_per_request(pids, f"http://127.0.0.1:{port}{p}", SECONDS, headers=h,
                                      **kw)
            fig[key].append(us)
            return got
        if wanted("cached"):
            one("page", ours.workers, ours.port)
            one("npage", peer.workers, peer.port)
        if wanted("random"):  # the same client for both: a script costs wrk more
            for key, script in (("many", many), ("one", single)):
                fig[key].append(one(f"{key} us", ours.workers, ours.port, "/",
                                    script=script)["rate"])
        if wanted("304"):
            one("304", ours.workers, ours.port, extra={"If-None-Match": tag})
            one("n304", peer.workers, peer.port, extra={"If-None-Match": peer_tag})
        if wanted("photo"):
            one("p", ours.workers, ours.port, photo)
            one("np", peer2.workers, peer2.port, photo)
    if fig["page"]:
        table.add("cached page, CPU a request", "us", fig["page"], {"nginx": fig["npage"]}, 0.87)
    if fig["many"]:
        table.add("20,000 pages at random, rate against one", "req/s", fig["many"],
                  {"one page": fig["one"]}, 0.85, "higher")
        table.add("20,000 pages at random, CPU of one page", "us", fig["one us"],
                  {"at random": fig["many us"]}, 0.85, "higher")
    if fig["304"]:
        table.add("304, CPU a request", "us", fig["304"], {"nginx": fig["n304"]}, 0.92)
    if fig["p"]:
        table.add("photo from the file cache, CPU", "us", fig["p"],
                  {"nginx sendfile": fig["np"]}, 1.15)
    for p in (ours, peer, peer2):
        p.stop()


def photo_of(daemon):
    """A published photo of about 300 KB, and what it holds."""
    sha = sql("select encode(sha256,'hex') from core.photo_bytes where width = 2048 "
              "order by abs(length(bytes) - 300000) limit 1")[0]
    path = f"/p/{sha}-2048.jpg"
    answer, body = daemon.get(path)
    assert answer.status == 200, answer.status
    return path, body


PGBENCH_CALLS = 50  # of the statement, for one look-up of the codes to ask for


def pgbench_script(codes):
    """The daemon's own statement over the same labels at random: a row of 50 of them is read by
    its number, then asked for one by one."""
    rows = [codes[i:i + PGBENCH_CALLS] for i in range(0, len(codes), PGBENCH_CALLS)]
    rows = [r for r in rows if len(r) == PGBENCH_CALLS]
    names = [f"c{i}" for i in range(PGBENCH_CALLS)]
    values = ",".join(f"({n},{','.join(repr(c) for c in r)})" for n, r in enumerate(rows, 1))
    sql("drop schema if exists bench cascade; create schema bench; create table bench.codes(n "
        f"int primary key, {', '.join(f'{c} text' for c in names)}); grant usage on schema bench "
        "to public; grant select on bench.codes to public; "
        f"insert into bench.codes values {values}; analyze bench.codes")
    path = f"{T}/label.pgbench"
    with open(path, "w") as f:
        f.write(f"\\set n random(1, {len(rows)})\nSELECT {', '.join(names)} FROM "
                "bench.codes WHERE n = :n \\gset\n")
        for c in names:
            f.write("SELECT kind, key, version, next_change, doc FROM "
                    f"api.public_label(:{c});\n")
    return path


def pgbench(script, seconds):
    """Calls a second, four prepared clients; the look-up of the codes counts as a call too."""
    out = subprocess.run(["pgbench", "-n", "-M", "prepared", "-c", "4", "-j", "1", "-T",
                          str(seconds), "-f", script, f"{DSN} user=qr_ro"],
                         capture_output=True, text=True).stdout
    return float(re.search(r"tps = ([\d.]+)", out).group(1)) * (PGBENCH_CALLS + 1)


def uncached_rows(codes):
    """Both cores are shared here, so ours runs as many workers as it has by default on two, beside
    four clients of pgbench; beside the stacks, which are one process each, it is one worker."""
    ours = Daemon("uncached", workers=2, cache__bytes=1 << 20)
    head = ours.get("/" + codes[0])[1].decode()
    assert "</head>" in head
    with open(f"{STACKS}/head.html", "w") as f:
        f.write(head[:head.index("</head>") + 7])
    plain = {k: v for k, v in BROWSER.items() if k != "Accept-Encoding"}
    script, calls = random_codes(codes), pgbench_script(codes)
    env = dict(os.environ, PGHOST=SOCKET, HEAD_FILE=f"{STACKS}/head.html")
    peers = {}
    if wanted("stacks"):
        peers = start_stacks(T, STACKS, SOCKET, env)
        peers["one worker"] = Daemon("uncached1", cache__bytes=1 << 20)
    fig = {k: [] for k in ["ours", "pgbench", *peers]}
    for _ in range(ROUNDS):
        for name, port in [("ours", ours.port), *((n, p.port) for n, p in peers.items())]:
            got = wrk(f"http://127.0.0.1:{port}/", SECONDS, headers=plain, script=script,
                      core="0-1")
            if got["bad"]:
                raise SystemExit(f"bench: {name}: {got['bad']} errors")
            fig[name].append(got["rate"])
        fig["pgbench"].append(pgbench(calls, SECONDS))
    table.add("uncached page, against pgbench's same call", "req/s", fig["ours"],
              {"pgbench": fig["pgbench"]}, 0.8, "higher")
    if peers:
        table.add("uncached page, one worker against other stacks", "req/s",
                  fig["one worker"], {k: fig[k] for k in peers if k != "one worker"}, 4, "higher")
    for p in (ours, *peers.values()):
        p.stop()


def connect(port):
    s = socket.create_connection(("127.0.0.1", port), 5)
    return s


def crowd_rows(codes):
    """What thousands of connections cost: memory of idle ones, and the others' p99 beside idle
    and beside slow ones.  Each round measures one of ours with nobody else, a second one beside
    10,000 idle connections, the first again beside slow senders."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (19000, resource.getrlimit(
        resource.RLIMIT_NOFILE)[1]))
    ours, full = Daemon("crowd"), Daemon("full")
    path = "/" + codes[0]
    for d in (ours, full):
        pin(d.workers, 0)
        wrk(d.url + path, 2, headers=BROWSER)
    w = full.workers[0]
    table.add("a worker, idle, resident", "MB", [rss_kib(w) / 1024], {}, 16)
    before = rss_kib(w)
    idle = []
    ask = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{full.port}\r\n\r\n".encode()
    for _ in range(10000):
        s = connect(full.port)
        s.sendall(ask)
        idle.append(s)
        s.recv(65536)
    after = rss_kib(w)
    table.add("10,000 idle connections, memory each", "KB", [(after - before) / 10000], {}, 4)
    alone, beside_idle, beside_slow, held = [], [], [], []
    for _ in range(ROUNDS):
        alone.append(wrk(ours.url + path, SECONDS, headers=BROWSER)["p99"])
        beside_idle.append(wrk(full.url + path, SECONDS, headers=BROWSER)["p99"])
        beside_slow.append(beside_slow_senders(ours, path, held))
    table.add("p99 beside 10,000 idle connections", "us", beside_idle, {"alone": alone}, 1.25)
    table.add("p99 beside 1,000 slow senders", "us", beside_slow, {"alone": alone}, 2.0)
    table.add("longest a slow sender was held", "s", [max(held)], {}, HELD_AT_MOST)
    for s in idle:
        s.close()
    ours.stop()
    full.stop()


HELD_AT_MOST = 5 + 2 + 0.5  # the deadline of a head, the time to read the refusal, a timer's tick


def beside_slow_senders(ours, path, held):
    slow = subprocess.Popen(
        ["nice", "-n", "19", sys.executable, f"{HERE}/slow_senders.py", str(ours.port),
         str(SECONDS + 10)], stdout=subprocess.PIPE, text=True)
    time.sleep(8)  # refusals and new ones have begun
    p99 = wrk(ours.url + path, SECONDS, headers=BROWSER)["p99"]
    held.append(float(slow.communicate()[0]))
    return p99


REPORTS = 10000  # of a flood, in all its rounds


def flood_rows(codes):
    """The others' p99 while reports pour in from four neighbourhoods: refused by the limits of the
    door, and with that door open, where the database counts and refuses them."""
    for name, settings in (("at the door", {}), ("by the database", {"limits__form": "0"})):
        ours = Daemon("flood-" + name[:2], server__trusted_proxy="127.0.0.1",
                      **{"limits__form": None, **settings})
        pin(ours.workers, 0)
        path, alone, beside, seen = "/" + codes[0], [], [], {}
        wrk(ours.url + path, 2, headers=BROWSER)
        for _ in range(ROUNDS):
            alone.append(wrk(ours.url + path, SECONDS, headers=BROWSER)["p99"])
            flood = subprocess.Popen(
                ["nice", "-n", "19", sys.executable, f"{HERE}/flood_senders.py", str(ours.port),
                 str(SECONDS + 2), str(REPORTS // ROUNDS), *codes[:200]],
                stdout=subprocess.PIPE, text=True)
            time.sleep(1)
            beside.append(wrk(ours.url + path, SECONDS, headers=BROWSER)["p99"])
            for status, n in json.loads(flood.communicate()[0]).items():
                seen[status] = seen.get(status, 0) + n
        if set(seen) - {"303", "429"} or "429" not in seen:
            raise SystemExit(f"bench: the flood was answered {seen}")
        table.add(f"p99 in a flood of reports refused {name}", "us", beside, {"alone": alone}, 1.25)
        ours.stop()


def change_rows(codes):
    """Seconds from a commit until every worker shows it."""
    ours = Daemon("change", workers=2)
    code = codes[0]
    took = []
    for i in range(ROUNDS):
        name = f"测试{i}-{time.time_ns() % 100000}"
        for _ in range(8):
            ours.get("/" + code)
        sql(f"with f as (update core.facility set serves = '{name}' where id = (select "
            f"facility_id from core.label where code = '{code}') returning id) select 1 from f")
        sql("select core.publish('facilities', array[(select facility_id from core.label "
            f"where code = '{code}')])")
        began = time.time()
        seen = 0
        while seen < 16:
            seen = seen + 1 if name in ours.get("/" + code)[1].decode() else 0
            if time.time() - began > 10:
                break
        took.append(time.time() - began)
    table.add("page after a committed change, both workers", "s", took, {}, 1.0)
    ours.stop()


def render_rows():
    """CPU of a page from a stored document of 4 KB beyond passing the document on: measured in one
    process at 3.3 and 5.1 KB (tests/bench/render.c), and taken between."""
    at_4k = []
    for _ in range(ROUNDS):
        out = subprocess.run([RENDER, "nyc_flag", "due_soon"], check=True, capture_output=True,
                             text=True).stdout
        small, large = [int(n) for n in re.findall(r"documents (\d+) bytes", out)]
        low, high = [float(n) for n in re.findall(r"template .* ([\d.]+) more", out)]
        at_4k.append(low + (high - low) * (4096 - small) / (large - small))
    table.add("rendering a document of 4 KB above passing it on", "us", at_4k, {}, 15)


def main():
    codes = sql("select code from core.label where state='active' and facility_id is not null "
                "order by code limit 20000")
    random.Random(1).shuffle(codes)
    print(f"{len(codes)} labels, {ROUNDS} rounds of {SECONDS} s, {os.cpu_count()} cores",
          flush=True)
    if any(wanted(k) for k in ("cached", "304", "random", "photo")):
        cached_rows(codes)
    if wanted("uncached") or wanted("stacks"):
        uncached_rows(codes)
    if wanted("render"):
        render_rows()
    if wanted("crowd"):
        crowd_rows(codes)
    if wanted("flood"):
        flood_rows(codes)
    if wanted("change"):
        change_rows(codes)
    table.write("build/bench.json", "engine")


main()
