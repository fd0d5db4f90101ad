"""Three sizes of a 12-megapixel JPEG: CPU and memory of the photo process, against libvips in
process (npm sharp).  CPU is taken from the processes (the parent's share, hashing included, and
its children), rounds are interleaved, the ratio is against the cheaper of sharp's two ways.
Prints a table and puts it into build/bench-photo.json.  See photo.sh."""
import ctypes
import json
import os
import socket
import statistics
import struct
import subprocess
import sys

B = os.environ.get("B", "build/release")
PEER = os.environ.get("PEER", "")
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "7"))
EACH = 4  # photos a round


class Answer(ctypes.Structure):
    _fields_ = [("head", ctypes.c_uint32 * 2), ("id", ctypes.c_uint64), ("why", ctypes.c_uint32),
                ("type", ctypes.c_uint32), ("dims", ctypes.c_uint32 * 8),
                ("dhash", ctypes.c_uint64), ("place", ctypes.c_double * 2),
                ("text", ctypes.c_char * 136), ("cpu_us", ctypes.c_uint32),
                ("rss_kib", ctypes.c_uint32), ("original_bytes", ctypes.c_uint64),
                ("original_sha256", ctypes.c_ubyte * 32), ("bytes", ctypes.c_uint64 * 3),
                ("sha256", ctypes.c_ubyte * 96)]


def cpu_ms(pid):
    """CPU time of a process's threads so far."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat") as f:
            total += int(f.read().split()[0])
    return total / 1e6


def peak_kib(pid):
    with open(f"/proc/{pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmHWM"))


class Ours:
    name = "qrsvc-photod"

    def __init__(self):
        self.sock, end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.proc = subprocess.Popen([B + "/qrsvc-photod", "--fd", str(end.fileno())],
                                     pass_fds=[end.fileno()], stderr=subprocess.DEVNULL)
        end.close()
        self.peak = 0

    def run(self, path):
        before, fd = cpu_ms(self.proc.pid), os.open(path, os.O_RDONLY)
        socket.send_fds(self.sock, [struct.pack("<IIQ200x", 0x51505632, 1, 1)], [fd])
        os.close(fd)
        data, fds, _, _ = socket.recv_fds(self.sock, 4096, 8)
        a = Answer.from_buffer_copy(data)
        assert len(data) == ctypes.sizeof(a) and a.why == 0, a.why
        for fd in fds:
            os.close(fd)
        self.peak = max(self.peak, a.rss_kib)
        self.bytes = list(a.bytes)
        return a.cpu_us / 1000 + cpu_ms(self.proc.pid) - before

    def end(self):
        self.sock.close()
        self.proc.wait()


class Sharp:
    def __init__(self, way):
        self.name = f"sharp, {way}"
        self.proc = subprocess.Popen(["node", "peer.mjs", way], cwd=PEER, text=True,
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.vips = self.proc.stdout.readline().split()[1]

    def run(self, path):
        self.proc.stdin.write(os.path.abspath(path) + "\n")
        self.proc.stdin.flush()
        cpu_us, *self.bytes = [int(n) for n in self.proc.stdout.readline().split()]
        self.peak = peak_kib(self.proc.pid)
        return cpu_us / 1000

    def end(self):
        self.proc.stdin.close()
        self.proc.wait()


def photo(name, *args):
    path = f"build/bench-{name}.jpg"
    subprocess.run([B + "/demophoto", "--slot", "before", "--width", "4032", "--height", "3024",
                    "-o", path, *args], check=True)
    return path


def measure(name, path):
    sides = [Ours()] + ([Sharp("clone"), Sharp("cascade")] if PEER else [])
    rounds = {s.name: [] for s in sides}
    for s in sides:  # warm
        s.run(path)
    for _ in range(ROUNDS):
        for s in sides:
            rounds[s.name].append(sum(s.run(path) for _ in range(EACH)) / EACH)
    out = {"photo": name, "bytes": os.path.getsize(path), "sides": {}}
    print(f"{name}, {out['bytes'] / 1e6:.1f} MB")
    for s in sides:
        v = rounds[s.name]
        out["sides"][s.name] = {"cpu_ms": statistics.median(v), "least": min(v), "most": max(v),
                                "peak_mib": s.peak / 1024, "bytes": s.bytes}
        print(f"  {s.name:16} {statistics.median(v):7.1f} ms CPU ({min(v):.1f} to {max(v):.1f}), "
              f"peak {s.peak / 1024:.0f} MiB, {' + '.join(str(b // 1000) for b in s.bytes)} kB")
        s.end()
    if PEER:
        ratios = [ours / min(a, b) for ours, a, b in zip(*(rounds[s.name] for s in sides))]
        out["ratio"] = statistics.median(ratios)
        print(f"  ratio to the cheaper: {out['ratio']:.2f} ({min(ratios):.2f} to "
              f"{max(ratios):.2f}), aim <= 0.75")
    return out


rows = [measure("baseline 12 MP, 4:2:0", photo("baseline", "--quality", "96")),
        measure("turned by EXIF", photo("turned", "--quality", "96", "--orientation", "6")),
        measure("progressive", photo("progressive", "--quality", "96", "--progressive"))]
with open("build/bench-photo.json", "w") as f:
    json.dump(rows, f, indent=1)
least = rows[0]["sides"]["qrsvc-photod"]
sys.exit(0 if least["peak_mib"] <= 32 and rows[0].get("ratio", 0) <= 0.75 else 1)
