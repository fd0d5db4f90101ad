"""flood.py URL N CODE...: N reports from four neighbourhoods on as many connections, half of them with a
form fetched before, half with a made-up one; an honest one from elsewhere in the middle; pages
asked for all the while.  Prints one JSON object: reports, refused (429), strange (any other status
than 303 and 429), pages, pages_bad."""
import http.client
import json
import re
import sys
import threading
import uuid
from urllib.parse import urlencode, urlsplit

url, total, codes = urlsplit(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
NETS = ["203.0.113.%d", "198.51.100.%d", "192.0.2.%d", "100.64.7.%d"]
lock = threading.Lock()
out = {"reports": 0, "refused": 0, "strange": {}, "pages": 0, "pages_bad": 0}
over = threading.Event()


def ask(c, method, path, address, body=None):
    head = {"X-Forwarded-For": address, "Accept-Language": "en"}
    if body is not None:
        head["Content-Type"] = "application/x-www-form-urlencoded"
    c.request(method, path, body, head)
    r = c.getresponse()
    return r.status, r.read().decode("utf-8", "replace")


def report(c, code, address, words, fetched):
    form = {"key": str(uuid.uuid4()), "stamp": "1.0123456789abcdef", "kind": "other", "words": words}
    if fetched:
        _, page = ask(c, "GET", f"/report/{code}", address)
        for name in ("key", "stamp"):
            form[name] = re.search(f'name="{name}" value="([^"]*)"', page).group(1)
    return ask(c, "POST", f"/report/{code}", address, urlencode(form))[0]


def sender(net):
    c = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
    for i in range(total // len(NETS)):
        status = report(c, codes[i % len(codes)], net % (1 + i % 250), f"flood {i}", i % 2 == 0)
        with lock:
            out["reports"] += 1
            if status == 429:
                out["refused"] += 1
            elif status != 303:
                out["strange"][str(status)] = out["strange"].get(str(status), 0) + 1


def reader():
    c = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
    i = 0
    while not over.is_set():
        status, _ = ask(c, "GET", f"/f/{codes[i % len(codes)]}", "100.64.9.9")
        i += 1
        with lock:
            out["pages"] += 1
            out["pages_bad"] += status != 200


threads = [threading.Thread(target=sender, args=(n,)) for n in NETS]
watch = threading.Thread(target=reader)
watch.start()
for t in threads:
    t.start()
c = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
honest = report(c, codes[0], "100.64.8.8", "honest", True)
for t in threads:
    t.join()
over.set()
watch.join()
if honest != 303:
    out["strange"]["honest"] = honest
print(json.dumps(out))
