"""What every answer carries, of every address in qrsvc/web/routes.c and of what is no address:
    answers.py PORT routes COOKIE    TAP lines: one a route
    answers.py PORT times            TAP lines: labels that lead nowhere, by the clock
    answers.py PORT paths            TAP lines: 20,000 ways out of a folder
Used by tests/http/answers.t.  Known codes are those of tests/data/docs."""
import http.client
import itertools
import re
import socket
import sys
import time

PORT = int(sys.argv[1])
NAMES = dict(line.split() for line in open("tests/data/docs/names"))
KNOWN = {
    "code": NAMES["on_time"],
    "facility": NAMES["f-on_time"],
    "place": NAMES["b-place"],
    "org": "310107000000",
    "record": NAMES["r-clean"],
    "sha": "0" * 64,
    "width": "320",
    "token": "A" * 43,
    "feed": "A" * 43,
    "receipt": "A" * 43,
    "rev": "1",
    "chunk": "1",
}
UNKNOWN = "0000000G0"
number = 0


def report(problems, what):
    global number
    number += 1
    print("%sok %d - %s" % ("not " if problems else "", number, what))
    for p in problems[:8]:
        print("#   " + p)


def cached(r, path):
    """What a page everybody may see says to caches (security.md 15): ask again, by tag, for each language and coding."""
    h = {k.lower(): v for k, v in r.getheaders()}
    vary = {v.strip().lower() for v in h.get("vary", "").split(",")}
    bad = []
    if h.get("cache-control") != "no-cache":
        bad.append("kept without asking: %s" % h.get("cache-control"))
    if "etag" not in h:
        bad.append("nothing to ask by: no ETag")
    if vary != {"accept-language", "accept-encoding"}:
        bad.append("varies by: " + ", ".join(sorted(vary)))
    return ["%s: %s" % (path, b) for b in bad]


def ask(path, method="GET", **fields):
    c = http.client.HTTPConnection("127.0.0.1", PORT, timeout=20)
    c.request(method, path, headers=fields)
    r = c.getresponse()
    body = r.read()
    c.close()
    return r, body


def routes():
    text = open("qrsvc/web/routes.c").read()
    text = text[text.index("routes[] = {") :]
    for name, path, flags in re.findall(r'\{"(\w+)",\s*"(/[^"]*)",\s*([A-Z_| \n\t]+),', text):
        yield name, re.sub(r"\{(\w+)\}", lambda m: KNOWN.get(m[1], "1"), path), flags


def lines(r, body, path, flags):
    """What is wrong with the field lines of an answer (security.md 7, 10 to 12, 15)."""
    h = {k.lower(): v for k, v in r.getheaders()}
    bad = []

    def want(good, why):
        if not good:
            bad.append("%d: %s" % (r.status, why))

    staff = path.startswith("/staff")
    html = h.get("content-type", "").startswith("text/html")
    script = h.get("content-type", "").startswith("text/javascript")
    csp = h.get("content-security-policy", "")
    want(h.get("x-content-type-options") == "nosniff", "nosniff")
    want(h.get("referrer-policy") in ("no-referrer", "same-origin"), "Referrer-Policy")
    want(staff or h.get("referrer-policy") == "no-referrer" or "VISITOR" in flags, "a public page tells where it was")
    want(h.get("cross-origin-opener-policy") == "same-origin", "Cross-Origin-Opener-Policy")
    want(h.get("cross-origin-resource-policy") == "same-origin", "Cross-Origin-Resource-Policy")
    want("date" in h, "Date")
    want("server" not in h and "x-powered-by" not in h, "names its program")
    want("sandbox" in csp or ("default-src 'none'" in csp and "frame-ancestors 'none'" in csp), "policy: " + csp)
    want("unsafe" not in csp and "*" not in csp and "http:" not in csp and "https:" not in csp, "a loose policy: " + csp)
    if html:
        want("base-uri 'none'" in csp and "form-action 'self'" in csp, "policy of a page: " + csp)
        want("script-src" not in csp or staff or "VISITOR" in flags, "a public page with script")
        camera = "camera=(self)" in h.get("permissions-policy", "")
        want("permissions-policy" in h, "Permissions-Policy")
        want(not camera or staff, "the camera on a public page")
        want(not staff or h.get("cache-control") == "no-store", "a page behind the login is kept: " + h.get("cache-control", ""))
    want("cookie" not in h.get("vary", "").lower(), "varies by cookie")
    want("set-cookie" not in h or "no-store" in h.get("cache-control", ""), "a cookie in what may be kept")
    want("set-cookie" not in h or staff or "VISITOR" in flags, "a public page sets a cookie")
    want("access-control-allow-origin" not in h, "open to other sites' scripts")
    if body:
        want("content-type" in h, "no type")
        kind = h.get("content-type", "")
        want(not re.match(r"text/(html|plain|csv)|application/(atom|xml)", kind) or "charset=utf-8" in kind.lower(),
             "no character set: " + kind)
    if r.status in (204, 304):
        want(not body, "content in %d" % r.status)
    if r.status == 405:
        want("allow" in h, "405 without Allow")
    if 300 <= r.status < 400 and "location" in h:
        want(h["location"].startswith("/") and not h["location"].startswith("//"), "leads away: " + h["location"])
    # security.md 43: nothing of our inside
    if r.status >= 400 and body:
        want(not re.search(rb"(SELECT |PERFORM |api\.\w+\(|qrsvc/|\.c:\d|PGresult|/var/|QR4\d\d)", body), "shows its inside")
    return bad


def of_routes(cookie):
    seen = pages = 0
    for name, path, flags in routes():
        bad = []
        tries = [("GET", {}), ("HEAD", {}), ("DELETE", {}), ("POST", {"Origin": "https://example.org"})]
        if path.startswith("/staff"):
            tries.append(("GET", {"Cookie": cookie}))
        if "ROUTE_JSON" in flags or "PAGE" in flags:
            tries.append(("JSON", {}))
        for method, fields in tries:
            at = path + ".json" if method == "JSON" else path
            verb = "GET" if method == "JSON" else method
            r, body = ask(at, verb, **fields)
            bad += ["%s %s" % (verb, p) for p in lines(r, body, path, flags)]
            if verb == "HEAD" and body:
                bad.append("HEAD with content")
            if verb == "DELETE" and r.status != 405:
                bad.append("DELETE: %d" % r.status)
            if verb == "GET" and r.status == 200 and re.search(r"\bPAGE\b", flags) and "SECRET" not in flags:
                bad += cached(r, at)
                pages += 1
            tag = r.getheader("ETag")
            if verb == "GET" and tag and r.status == 200:
                r, body = ask(at, "GET", **fields, **{"If-None-Match": tag})
                if r.status != 304 or body:
                    bad.append("not 304 for its own tag")
                bad += ["304 %s" % p for p in lines(r, body, path, flags)]
        report(bad, "%s: %s" % (name, path))
        seen += 1
    bad = []
    for path in ("/nothing/here/at/all", "/%zz", "/..", "/ZZZZZZZZZ", "/staff/nothing"):
        r, body = ask(path)
        if r.status not in (400, 404, 303):
            bad.append("%s: %d" % (path, r.status))
        bad += ["%s %s" % (path, p) for p in lines(r, body, path, "")]
    r, body = ask("/", Host="example.org")
    bad += ["421 %s" % p for p in lines(r, body, "/", "")] + ([] if r.status == 421 else ["another host: %d" % r.status])
    report(bad, "refusals carry the same")
    report([] if pages >= 15 else ["only %d" % pages], "%d public pages may be kept, asked for again, and vary by language and coding alone" % pages)
    report([] if seen >= 60 else ["only %d" % seen], "all of the table was asked")


def ways():
    """Lines that try to leave a folder: spelling of the dots, of the slash, depth, prefix, goal."""
    dots = ["..", "%2e%2e", "%2E.", ".%2e", "%252e%252e", "%c0%ae%c0%ae", "%e0%80%ae.", "..%00", "..;", "...", "..%0d%0a", "%u002e.", "%ef%bc%8e%ef%bc%8e"]
    slashes = ["/", "\\", "%2f", "%5c", "%252f", "%255c", "%c0%af", "%c1%9c", "//", "/./", "%00/"]
    goals = ["etc/passwd", "etc/passwd%00.html", "etc/qrsvc/qrsvc.ini", "proc/self/environ", "windows/win.ini", "etc/shadow.json"]
    starts = ["", "p/", "f/", "staff/", "static/", "d/"]
    for d, s, n, goal, start in itertools.product(dots, slashes, (1, 2, 4, 8, 16), goals, starts):
        yield "/" + start + (d + s) * n + goal.replace("/", s)


def of_paths():
    """Each is asked as it is, forty in a row on one connection; what closes it is asked again."""
    host = b" HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % PORT
    statuses, bad, asked = {}, [], 0
    todo = [w.encode() for w in ways()]
    reader, at = None, 0
    while at < len(todo):
        s = socket.create_connection(("127.0.0.1", PORT), 20)
        reader = s.makefile("rb")
        batch = todo[at : at + 40]
        s.sendall(b"".join(b"GET " + w + host for w in batch))
        for w in batch:
            line = reader.readline()
            if not line:
                break
            status = int(line.split()[1])
            length, close = 0, False
            while (line := reader.readline()) not in (b"\r\n", b""):
                key, _, value = line.partition(b":")
                if key.lower() == b"content-length":
                    length = int(value)
                close |= key.lower() == b"connection" and b"close" in value
            body = reader.read(length)
            at, asked = at + 1, asked + 1
            statuses[status] = statuses.get(status, 0) + 1
            if status not in (400, 404, 414) or b"root:" in body or b"[server]" in body:
                bad.append("%d %s" % (status, w.decode()))
            if close:
                break
        s.close()
    print("# " + ", ".join("%d times %d" % (n, s) for s, n in sorted(statuses.items())))
    report(bad, "%d ways out of a folder: 400 and 404, nothing else" % asked)
    report([] if asked >= 20000 else [str(asked)], "as many as were meant")


def of_times():
    """A label that is unknown, void or replaced takes the same time to say so (security.md 37): by turns, 200 of each;
    the fastest is what it costs, so a busy machine gets more turns."""
    paths = {"unknown": "/" + UNKNOWN, "void": "/" + NAMES["void"], "replaced": "/" + NAMES["replaced"]}
    best, status = {}, {}
    for turn in range(2000):
        for what, path in paths.items():
            start = time.monotonic()
            status[what] = ask(path)[0].status
            took = time.monotonic() - start
            best[what] = min(best.get(what, 9), took)
        if turn >= 199 and max(best.values()) - min(best.values()) < 0.005:
            break
    report([] if status["unknown"] == 404 and {status["void"], status["replaced"]} <= {200, 410} else [str(status)],
           "labels that lead nowhere")
    apart = max(best.values()) - min(best.values())
    report([] if apart < 0.005 else [str(best)], "take the same time to say so, to 5 ms (%.1f ms apart)" % (apart * 1000))


if sys.argv[2] == "routes":
    of_routes(sys.argv[3])
elif sys.argv[2] == "times":
    of_times()
else:
    of_paths()
print("# %d lines" % number)
