"""Load of deploy/cluster-trial, on one host: load.py CONFIG.json

The ledger is the one of tests/chaos (ledger.py beside this file).  The name of what is going on is
read from ../phase; counts go to state.json five times a second; the file `stop` ends it."""
import json
import os
import sys
import time

import ledger


def state(run):
    now = time.monotonic()
    gaps = {n: round(v, 1) for n, v in run.gap.items()}
    write_gaps = {n: round(v, 1) for n, v in run.write_gap.items()}
    return {"phase": run.phase, "acks": len(run.acked), "torn": len(run.torn), "gap": gaps, "write_gap": write_gaps,
            "flowing": now - run.acked_at < 1.5 and now - run.last_read < 1.5,
            "reads": {n: dict(v) for n, v in run.reads.items()}, "writes": {n: dict(v) for n, v in run.writes.items()}}


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        c = json.load(f)
    c["photos"] = [(name, open(path, "rb").read()) for name, path in c["photos"]]
    folder = c["folder"]
    run = ledger.Ledger(c)
    run.phase = "-"
    run.start()
    stop = False
    while True:
        with open(folder + "/../phase", encoding="utf-8") as f:
            phase = f.read() or "-"
        if phase != run.phase and "issue" in c and c["issue"]:
            run.turn(phase)
        with run.lock:
            out = json.dumps(state(run), ensure_ascii=False)
        with open(folder + "/state.new", "w", encoding="utf-8") as f:
            f.write(out)
        os.rename(folder + "/state.new", folder + "/state.json")
        if stop:
            return
        if os.path.exists(folder + "/stop"):
            stop = run.end() or True
        time.sleep(0.2)


main()
