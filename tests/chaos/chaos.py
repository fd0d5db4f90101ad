"""Faults in turn, under load, with a ledger: chaos.py CONFIG.json (written by tests/faults/chaos.t)

The first round has each fault once in a fixed order, later ones are drawn; "seed" repeats a run.
After each fault the service has to come back by itself within "limit" seconds: ready, all workers
there, and a write acknowledged that began after the fault was over.  The result goes to
"result" (JSON) and "report" (Markdown).  What is in the database afterwards is compared with the
ledger by the test."""
import collections
import json
import os
import random
import sys
import time
import urllib.request

import faults
import ledger


class Run:
    def __init__(self, c):
        self.c = c
        self.town = faults.Town(c)
        self.ledger = ledger.Ledger(c)
        self.seen = collections.defaultdict(list)  # fault -> seconds to recover, None: never
        self.begin = time.monotonic()

    def ready(self):
        try:
            with urllib.request.urlopen(self.c["admin"] + "/readyz", timeout=3) as r:
                return r.status == 200 and len(self.town.workers()) == self.c["workers"]
        except OSError:
            return False

    def recovered(self):
        """Seconds from now until all is well, or None."""
        over = time.monotonic()
        while time.monotonic() - over < self.c["limit"]:
            if self.ledger.last_ack > over and self.ready():
                return time.monotonic() - over
            time.sleep(0.05)
        return None

    def one(self, name):
        fault, seconds = faults.FAULTS[name]
        self.ledger.turn(name)
        try:
            end = fault(self.town)
        except (OSError, ValueError, IndexError) as e:  # the process had just gone
            print(f"# {name}: {e!r}", flush=True)
            end = None
        time.sleep(seconds)
        if end:
            end()
        took = self.recovered()
        self.seen[name].append(took)
        print(f"# {time.monotonic() - self.begin:6.1f} s {faults_name(name)}: " +
              (f"NOT BACK: {dict(self.ledger.writes[name])}, ready {self.ready()}" if took is None else f"back after {took:.1f} s"), flush=True)
        self.ledger.turn("quiet")
        return took is not None

    def run(self):
        self.ledger.start()
        if self.recovered() is None:
            print("# nothing works even without a fault")
            return False
        able = faults.possible(self.c)
        todo, good = list(able), True
        while todo or time.monotonic() - self.begin < self.c["seconds"]:
            good &= self.one(todo.pop(0) if todo else random.choice(able))
            time.sleep(random.random())
        return self.ledger.end() and good

    def total(self, table):
        out = collections.Counter()
        for row in table.values():
            out.update(row)
        return dict(out)

    def result(self, good):
        back = sorted(t for all_ in self.seen.values() for t in all_ if t is not None)
        return {
            "good": good, "seconds": round(time.monotonic() - self.begin), "faults": sum(map(len, self.seen.values())),
            "kinds": len(self.seen), "not_back": sum(t is None for all_ in self.seen.values() for t in all_),
            "recovery_median": back[len(back) // 2] if back else None, "recovery_max": back[-1] if back else None,
            "acknowledged": len(self.ledger.acked), "reads": self.total(self.ledger.reads),
            "writes": self.total(self.ledger.writes), "torn": self.ledger.torn, "fiu_deaf": self.town.fiu.count(0),
            "fiu": len(self.town.fiu), "quiet_reads": dict(self.ledger.reads["quiet"]),
            "by_fault": {n: {"what": faults_name(n), "times": len(t), "recovery": t,
                             "gap": round(self.ledger.gap.get(n, 0), 2), "reads": dict(self.ledger.reads[n]),
                             "writes": dict(self.ledger.writes[n])} for n, t in self.seen.items()}}


def faults_name(name):
    return faults.FAULTS[name][0].__doc__.strip().splitlines()[0]


def words(counts):
    return ", ".join(f"{n} x {k}" for k, n in sorted(counts.items(), key=lambda kv: -kv[1])) or "-"


def report(r, c):
    lines = ["# Chaos", "", f"{r['seconds']} s, {r['faults']} faults of {r['kinds']} kinds (seed {c['seed']}), "
             f"{os.cpu_count()} processors, {c['workers']} workers.", "",
             f"- acknowledged writes: {r['acknowledged']} (the test compares them with the database)",
             f"- pages asked for: {words(r['reads'])}", f"- records sent: {words(r['writes'])}",
             f"- back after a fault: median {r['recovery_median'] or 0:.1f} s, worst {r['recovery_max'] or 0:.1f} s, "
             f"never: {r['not_back']}", "",
             "\"Gap\" is the longest time in which nobody got a good page; \"stale\" pages say \"data as of\".", "",
             "| fault | times | back after, worst | gap | pages | records |", "|---|---|---|---|---|---|"]
    for f in r["by_fault"].values():
        worst = "never" if None in f["recovery"] else f"{max(f['recovery']):.1f} s"
        lines.append(f"| {f['what']} | {f['times']} | {worst} | {f['gap']} s | {words(f['reads'])} | {words(f['writes'])} |")
    return "\n".join(lines) + "\n"


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        c = json.load(f)
    c["photos"] = [(name, open(path, "rb").read()) for name, path in c["photos"]]
    random.seed(c["seed"])
    run = Run(c)
    r = run.result(run.run())
    with open(c["result"], "w", encoding="utf-8") as f:
        json.dump(r, f, ensure_ascii=False, indent=1)
    with open(c["report"], "w", encoding="utf-8") as f:
        f.write(report(r, c))


main()
