#!/usr/bin/env python3
"""Reads plans of auto_explain (JSON) out of a PostgreSQL log and names every full scan of a big table.

usage: scale_plans.py LOG OFFSET BIG-TABLE... ; OFFSET: byte of the log to begin at
Prints "plans N" and one line "TABLE: QUERY" for each full scan; exit status 1 if there is any.
"""
import json
import re
import sys


def nodes(plan, above=None):
    yield plan, above
    for child in plan.get("Plans", []):
        yield from nodes(child, plan)


def main():
    log, offset, big = sys.argv[1], int(sys.argv[2]), set(sys.argv[3:])
    with open(log, "rb") as f:
        f.seek(offset)
        text = f.read().decode("utf-8", "replace")
    count, bad, used = 0, set(), set()
    for m in re.finditer(r"plan:\n((?:\t.*\n)+)", text):
        try:
            doc = json.loads(re.sub(r"^\t", "", m[1], flags=re.M))
        except ValueError as e:
            sys.exit(f"a plan cannot be read: {e}: {m[1][:200]}")
        count += 1
        query = " ".join(doc["Query Text"].split())[:160]
        for n, above in nodes(doc["Plan"]):
            # the first rows of an index, all of them taken: no more are read than the limit says
            if above and above["Node Type"] == "Limit" and "Filter" not in n and n["Node Type"] != "Seq Scan":
                used.add(n.get("Relation Name"))
                continue
            used.add(n.get("Relation Name"))
            full = n["Node Type"] == "Seq Scan" or (
                n["Node Type"] in ("Index Scan", "Index Only Scan", "Bitmap Heap Scan")
                and not n.get("Index Cond") and not n.get("Recheck Cond")
                and "Plan Rows" in n and n["Plan Rows"] > 5000)
            if full and n.get("Relation Name") in big:
                bad.add(f"{n['Relation Name']}: {query}")
    print(f"plans {count}")
    print("unused " + " ".join(sorted(big - used)))
    for line in sorted(bad):
        print(line)
    sys.exit(1 if bad else 0)


main()
