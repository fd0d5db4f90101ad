"""Reports of four neighbourhoods, evenly in time: a program of its own, so that it can be put behind
the client that is measured (nice).

    flood_senders.py PORT SECONDS TOTAL CODE...    prints how often each status came, as JSON
"""
import http.client
import json
import sys
import threading
import time
import uuid
from urllib.parse import urlencode

NETS = ["203.0.113.%d", "198.51.100.%d", "192.0.2.%d", "100.64.7.%d"]


def sender(net, port, seconds, n, codes, seen):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    began = time.monotonic()
    for i in range(n):
        time.sleep(max(0, began + i * seconds / n - time.monotonic()))
        body = urlencode({"key": str(uuid.uuid4()), "stamp": "1.0123456789abcdef",
                          "kind": "other", "words": f"flood {i}"})
        c.request("POST", f"/report/{codes[i % len(codes)]}", body,
                  {"X-Forwarded-For": net % (1 + i % 250),
                   "Content-Type": "application/x-www-form-urlencoded"})
        r = c.getresponse()
        r.read()
        seen[r.status] = seen.get(r.status, 0) + 1


def main():
    port, seconds, total = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    seen = [{} for _ in NETS]
    threads = [threading.Thread(target=sender, args=(net, port, seconds, total // len(NETS),
                                                     sys.argv[4:], s))
               for net, s in zip(NETS, seen)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(json.dumps({k: sum(s.get(k, 0) for s in seen) for k in {k for s in seen for k in s}}))


main()
