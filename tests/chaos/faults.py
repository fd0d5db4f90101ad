"""The faults of the chaos suite.  Each is a function of the town (class Town) that begins one and
returns what ends it (or None when there is nothing to end).  The first line of its text is what the
report calls it.  What a fault must not do is lose something that was acknowledged; what it may
do to answers meanwhile stands in chaos.py."""
import os
import random
import signal
import struct
import subprocess
import time


class Town:
    """Where everything runs; finds processes by their parents, never by name alone."""

    def __init__(self, c):
        self.c = c
        self.fiu = []

    def master(self):
        with open(self.c["pid_file"], encoding="ascii") as f:
            return int(f.read())

    def children(self, word):
        out = []
        try:
            with open(f"/proc/{self.master()}/task/{self.master()}/children", encoding="ascii") as f:
                pids = f.read().split()
        except OSError:
            return out
        for p in pids:
            try:
                with open(f"/proc/{p}/cmdline", "rb") as f:
                    if word.encode() in f.read():
                        out.append(int(p))
            except OSError:
                pass
        return out

    def workers(self):
        return self.children("--worker")

    def database(self):
        with open(self.c["pg"] + "/data/postmaster.pid", encoding="ascii") as f:
            head = int(f.readline())
        with open(f"/proc/{head}/task/{head}/children", encoding="ascii") as f:
            return head, [int(p) for p in f.read().split()]

    def database_up(self):
        """Starts PostgreSQL until it stays; what was killed needs a moment to let go of things."""
        for _ in range(40):
            p = subprocess.run(["deploy/pg", "start", self.c["pg"]], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, env={**os.environ, **self.c["pg_env"]}, check=False)
            if p.returncode == 0:
                return True
            time.sleep(0.5)
        return False

    def relay(self, mode):
        with open(self.c["mode"] + ".new", "w", encoding="ascii") as f:
            f.write(mode + "\n")
        os.rename(self.c["mode"] + ".new", self.c["mode"])

    def clock(self, which, seconds):
        with open(self.c[which], "r+b") as f:
            f.write(struct.pack("=q", int(seconds * 1e6)))

    def tell_fiu(self, pid, line):
        """One command to libfiu in a process; says whether it was taken."""
        path = f"{self.c['fiu']}-{pid}"
        try:
            to = os.open(path + ".in", os.O_WRONLY | os.O_NONBLOCK)
            back = os.open(path + ".out", os.O_RDONLY | os.O_NONBLOCK)
        except OSError:
            return False
        try:
            os.write(to, line.encode() + b"\n")
            for _ in range(50):
                time.sleep(0.02)
                try:
                    if os.read(back, 100):
                        return True
                except BlockingIOError:
                    pass
            return False
        except OSError:
            return False
        finally:
            os.close(to)
            os.close(back)


def killed(pids):
    for p in pids:
        try:
            os.kill(p, signal.SIGKILL)
        except ProcessLookupError:
            pass


def kill_worker(t):
    """kill -9 of a worker"""
    killed(random.sample(t.workers(), 1))


def kill_workers(t):
    """kill -9 of all workers at once"""
    killed(t.workers())


def kill_jobs(t):
    """kill -9 of the jobs process"""
    killed(t.children("--jobs"))


def kill_photod(t):
    """kill -9 of the photo process"""
    killed(t.children("photod"))


def kill_hasher(t):
    """kill -9 of the password process"""
    killed(t.children("--hasher"))


def kill_master(t):
    """kill -9 of the master"""
    killed([t.master()])


def kill_backend(t):
    """kill -9 of one PostgreSQL process"""
    killed([random.choice(t.database()[1])])


def kill_database(t):
    """kill -9 of all of PostgreSQL"""
    head, rest = t.database()
    killed([head] + rest)
    return t.database_up


def kill_both(t):
    """kill -9 of master and PostgreSQL together"""
    head, rest = t.database()
    killed([t.master(), head] + rest)
    return t.database_up


def reload(t):
    """reload (SIGHUP)"""
    os.kill(t.master(), signal.SIGHUP)


def hang_photod(t):
    """photo process hangs (SIGSTOP)"""
    pids = t.children("photod")
    for p in pids:
        os.kill(p, signal.SIGSTOP)

    def end():
        for p in pids:
            try:
                os.kill(p, signal.SIGCONT)
            except ProcessLookupError:
                pass
    return end


def hang_worker(t):
    """a worker hangs (SIGSTOP)"""
    pid = random.choice(t.workers())
    os.kill(pid, signal.SIGSTOP)

    def end():
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            pass
    return end


def slow_database(t):
    """slow database (every message 150 ms late)"""
    t.relay("slow 150")
    return lambda: t.relay("pass")


def cut_database(t):
    """database connections are cut"""
    t.relay("cut")
    return lambda: t.relay("pass")


def hole(t):
    """network goes silent, both ways"""
    t.relay("hole")
    return lambda: t.relay("pass")


def locked_table(t):
    """a table is locked by somebody else"""
    p = subprocess.Popen(["deploy/pg", "psql", t.c["pg"], "-q", "-c",
                          "BEGIN; LOCK TABLE core.record IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(600)"],
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def end():
        p.terminate()
        p.wait()
        # the client is gone, its statement sleeps on
        subprocess.run(["deploy/pg", "psql", t.c["pg"], "-q", "-c", "SELECT pg_terminate_backend(pid) FROM "
                        "pg_stat_activity WHERE query LIKE '%ACCESS EXCLUSIVE%' AND pid <> pg_backend_pid()"],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return end


def ballast(folder):
    """Takes all room of a file system but nothing of what is there."""
    path = folder + "/ballast"
    with open(path, "wb", buffering=0) as f:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    f.write(b"\0" * size)
            except OSError:
                pass
    return lambda: os.remove(path)


def disk_daemon(t):
    """disk full: spool and photos of the daemon"""
    return ballast(t.c["small"])


def disk_database(t):
    """disk full: PostgreSQL, data and WAL"""
    empty = ballast(t.c["pg"])

    def end():
        empty()
        return t.database_up()  # it stops by itself when WAL cannot be written
    return end


def clock_daemon(t):
    """clock of the daemon jumps"""
    t.clock("clock", random.choice([7200, -7200, 3 * 86400, -600, 600]))
    return lambda: t.clock("clock", 0)


def clock_database(t):
    """clock of PostgreSQL jumps"""
    t.clock("db_clock", random.choice([900, -900, 120, -120]))
    return lambda: t.clock("db_clock", 0)


def limited(t, pids, what, amount):
    """The soft limit of the processes; set as their user, since root may lack the right."""
    def prlimit(p, value):
        subprocess.run([*t.c["as_user"], "prlimit", "--pid", str(p), f"--{what}={value}:"],
                       stderr=subprocess.DEVNULL, check=False)

    def soft(p):
        row = {"nofile": "Max open files", "as": "Max address space"}[what]
        with open(f"/proc/{p}/limits", encoding="ascii") as f:
            return next(line[len(row):].split()[0] for line in f if line.startswith(row))

    old = {}
    for p in pids:
        old[p] = soft(p)
        prlimit(p, amount(p))
        if soft(p) == old[p]:
            raise RuntimeError(f"the limit {what} of process {p} cannot be set")

    def end():
        for p, was in old.items():
            prlimit(p, was)
    return end


def descriptors(t):
    """descriptors run out in all workers"""
    return limited(t, t.workers(), "nofile", lambda p: len(os.listdir(f"/proc/{p}/fd")) + 1)


def memory(t):
    """memory of a worker runs out"""
    def room(p):
        with open(f"/proc/{p}/statm", encoding="ascii") as f:
            return int(f.read().split()[0]) * os.sysconf("SC_PAGESIZE") + (256 << 10)
    return limited(t, random.sample(t.workers(), 1), "as", room)


def failing(t, pids, points):
    """libfiu: the points (name, probability, errno) fail in the processes; counted when none listens."""
    heard = sum(t.tell_fiu(p, f"enable_random name={n},probability={share},failinfo={errno}")
                for p in pids for n, share, errno in points)
    t.fiu.append(heard)

    def end():
        for p in pids:
            for n, _, _ in points:
                t.tell_fiu(p, f"disable name={n}")
    return end


def fiu_malloc(t):
    """malloc, calloc, realloc fail (1 in 2,000) in the workers"""
    return failing(t, t.workers(), [("libc/mm/" + n, 0.0005, 12) for n in ("malloc", "calloc", "realloc")])


def fiu_malloc_jobs(t):
    """malloc, calloc, realloc fail (1 in 200) in the jobs process"""
    return failing(t, t.children("--jobs"), [("libc/mm/" + n, 0.005, 12) for n in ("malloc", "calloc", "realloc")])


def fiu_write(t):
    """write, pwrite, writev fail (1 in 20, ENOSPC or EIO) in the workers"""
    errno = random.choice([28, 5])
    return failing(t, t.workers(), [("posix/io/rw/" + n, 0.05, errno) for n in ("write", "pwrite", "writev")])


def fiu_read(t):
    """read, pread fail (1 in 50, EIO) in the workers"""
    return failing(t, t.workers(), [("posix/io/rw/" + n, 0.02, 5) for n in ("read", "pread")])


def fiu_fsync(t):
    """fsync, fdatasync, rename fail (1 in 2) in workers and jobs"""
    return failing(t, t.workers() + t.children("--jobs"),
                   [("posix/io/sync/fsync", 0.5, 5), ("posix/io/sync/fdatasync", 0.5, 5),
                    ("posix/io/dir/rename", 0.5, 28)])


def fiu_accept(t):
    """accept fails (1 in 3, EMFILE or ENOMEM or ECONNABORTED) in the workers"""
    return failing(t, t.workers(), [("posix/io/net/accept4", 0.33, random.choice([24, 12, 103]))])


def fiu_net(t):
    """send and recv fail (1 in 100, ECONNRESET) in the workers"""
    return failing(t, t.workers(), [("posix/io/net/" + n, 0.01, 104) for n in ("send", "recv", "sendmsg", "recvmsg")])


def fiu_master(t):
    """malloc fails (1 in 100) in the master, while workers are killed"""
    end = failing(t, [t.master()], [("libc/mm/" + n, 0.01, 12) for n in ("malloc", "calloc", "realloc")])
    killed(t.workers())
    return end


# name -> (function, seconds it lasts); in the order of the first round
FAULTS = {f.__name__: (f, s) for f, s in (
    (kill_worker, 1), (kill_database, 1), (kill_photod, 1), (slow_database, 6), (disk_daemon, 5),
    (kill_master, 1), (cut_database, 3), (fiu_malloc, 6), (hang_photod, 6), (clock_daemon, 4),
    (descriptors, 5), (kill_jobs, 1), (disk_database, 6), (fiu_write, 5), (kill_backend, 1),
    (hole, 6), (fiu_accept, 4), (memory, 5), (reload, 2), (clock_database, 4), (fiu_fsync, 5),
    (kill_hasher, 1), (locked_table, 5), (fiu_net, 5), (kill_both, 1), (fiu_malloc_jobs, 4),
    (hang_worker, 4), (kill_workers, 1), (fiu_read, 4), (fiu_master, 3))}


def possible(c):
    """Those that can be made here: small file systems take root, libfiu has to be installed."""
    out = []
    for name in c["only"] or FAULTS:
        if name.startswith("disk_") and not c["small"]:
            continue
        if name.startswith("fiu_") and not c["fiu"]:
            continue
        out.append(name)
    return out
