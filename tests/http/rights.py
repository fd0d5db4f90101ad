"""rights.py N URL THINGS CLUSTER: the table of rights.t; prints TAP, after N results.

Each row of ACTS is one act: route, method, address, form, and one status a role.  A role that may
not gets the whole, valid form; a role that may gets one that is refused for another reason (a slip,
an old password), so that after all of it nothing in the database has changed."""

import hashlib
import hmac
import http.client
import re
import subprocess
import sys
import urllib.parse
from base64 import urlsafe_b64encode

from rights_table import ACTS, FORMS, STALE, t

n, url, _, cluster = sys.argv[1:]
n = int(n)
bad = 0
host = url.split("//")[1]
ROLES = ("nobody", "ins", "mgr", "off", "sup", "adm", "aud")


def ok(good, what, why=""):
    global n, bad
    n += 1
    bad += not good
    print(("ok" if good else "not ok"), n, "-", what)
    if not good:
        for line in str(why).splitlines():
            print("#", line[:300])
    sys.stdout.flush()


# ---- requests -------------------------------------------------------------------------------


def b64(b):
    return urlsafe_b64encode(b).decode().rstrip("=")


def cookie(who):
    return "__Host-qr=" + b64(hashlib.sha256(who.encode()).digest())


def csrf(who):
    return b64(hmac.new(hashlib.sha256(who.encode()).digest(), b"csrf", hashlib.sha256).digest())


def multipart(fields):
    part = "------------------------7d3c0a"
    body = "".join(f'--{part}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items())
    return (body + f"--{part}--\r\n").encode(), "multipart/form-data; boundary=" + part


connection = http.client.HTTPConnection(host, timeout=60)


def send(method, path, head, body=None):
    """Status and body; one connection, opened again when the other side closes it."""
    for again in (True, False):
        try:
            connection.request(method, path, body, head)
            res = connection.getresponse()
            return res.status, res.read(), res.headers
        except (http.client.HTTPException, ConnectionError):
            connection.close()
            if not again:
                raise


def act(who, method, path, form=None, token=None, upload=False, more=()):
    head = {"Accept": "text/html", **dict(more)}
    if who != "nobody":
        head["Cookie"] = cookie(who)
    if method in ("GET", "HEAD"):
        return send(method, path, head)[0]
    head.setdefault("Origin", url)
    head.setdefault("Sec-Fetch-Site", "same-origin")
    token = csrf(who) if token is None else token
    if method == "PATCH":
        head["X-CSRF"] = token
        head["Content-Type"] = "application/offset+octet-stream"
        return send(method, path, head, form)[0]
    fields = dict(form, csrf=token) if token else dict(form)
    if upload:
        body, head["Content-Type"] = multipart(fields)
    else:
        body = urllib.parse.urlencode(fields).encode()
        head["Content-Type"] = "application/x-www-form-urlencoded"
    return send(method, path, head, body)[0]


# ---- the database -----------------------------------------------------------------------------


def sql(text):
    return subprocess.run(["deploy/pg", "psql", cluster, "-qAt", "-v", "ON_ERROR_STOP=1", "-c", text],
                          check=True, capture_output=True, text=True).stdout.strip()


# What changes by itself: attempts to log in, the jobs process; of sessions only when they were used.
LEFT_OUT = ("attempt", "job", "chain_head", "chain_link", "chain_signature", "label_batch", "label_order",
            "facility_line", "line_tally", "reminder", "reminder_to", "inbox", "facility_find", "scan_day", "session", "document")
tables = [x for x in sql("SELECT relname FROM pg_class WHERE relnamespace = 'core'::regnamespace AND relkind = 'r' "
                         "ORDER BY 1").split() if x not in LEFT_OUT]
STATE = " UNION ALL ".join(
    [f"SELECT '{x}', count(*), md5(string_agg(xmin::text || ctid, ' ' ORDER BY ctid)) FROM core.{x}" for x in tables] +
    ["SELECT 'session', count(*), md5(string_agg(id || ' ' || encode(token, 'hex') || coalesce(ended_at::text, ''), ' ' "
     "ORDER BY id)) FROM core.session",
     "SELECT 'document', count(*), md5(string_agg(kind || key || version, ' ' ORDER BY kind, key)) FROM core.document "
     "WHERE kind <> 'chain'",
     "SELECT 'label_order', count(*), '' FROM core.label_order",
     "SELECT 'label_batch', count(*), '' FROM core.label_batch"])


def state():
    return dict(line.split("|", 1) for line in sql(STATE).splitlines())


def unchanged(before, what):
    after = state()
    ok(before == after, what, "\n".join(f"{k}: {before[k]} -> {after[k]}" for k in before if before[k] != after[k]))


def proved(minutes):
    sql(f"UPDATE core.session SET proved_at = core.now() - interval '{minutes} minutes'")


def is_upload(route):
    return route in ("staff_new", "staff_edit", "staff_import")


def rights():
    for row in ACTS:
        route, method, path, valid, other, want = row[:6]
        path = path.format(**t)
        want = want.split()
        got = []
        for who, status in zip(ROLES, want):
            may = status not in ("401", "403", "404")
            stale = status == "428"
            if stale:
                proved(10)
            form = valid if not may or other == STALE else other
            more = {}
            if method == "PATCH":
                more = {"Upload-Offset": "0", "Upload-Length": "1"}
            got.append(str(act(who, method, path, form, upload=is_upload(route), more=more)))
            if stale:
                proved(0)
        form = valid if valid is not None else {}
        shown = path if len(path) < 60 else path[:57] + "..."
        said = " ".join(f"{k}={str(v)[:9]}" for k, v in form.items() if k in ("act", "role", "org", "codes", "batch")) \
            if isinstance(form, dict) else ""
        ok(got == want, f"{method} {shown} {said}".rstrip() + ": " + " ".join(f"{r} {s}" for r, s in zip(ROLES, want)),
           "got: " + " ".join(f"{r} {s}{'' if s == w else ' (!)'}" for r, s, w in zip(ROLES, got, want)))


# ---- every form without its token -------------------------------------------------------------------

def visitor_cookie():
    """The cookie of a form before the login, and its token."""
    _, page, head = send("GET", "/staff/login", {})
    value = next(c.split(";")[0] for c in head.get_all("Set-Cookie") if c.startswith("__Host-qr-form="))
    return value, re.search(rb'name="csrf" value="([^"]*)"', page)[1].decode()


def forms():
    mine, mine_token = visitor_cookie()
    _, others_token = visitor_cookie()
    ok(mine_token != others_token, "two visitors have two tokens")
    before = state()
    for route, (path, form, who, _) in FORMS.items():
        path = path.format(**t)
        more = {"Cookie": mine} if who is None else {}
        if route == "staff_blob":
            more.update({"Upload-Offset": "0", "Upload-Length": "1"})
        token = mine_token if who is None else csrf(who)
        other = others_token if who is None else csrf("off" if who == "adm" else "adm")
        method = "PATCH" if route == "staff_blob" else "POST"

        def replay(token, **head):
            return act(who or "nobody", method, path, form, token=token, upload=is_upload(route), more={**more, **head})
        got = [replay(""), replay(other), replay(token[:-1] + ("A" if token[-1] != "A" else "B")),
               replay(token, Origin="https://evil.example", **{"Sec-Fetch-Site": "cross-site"}),
               replay(token, Origin="null"), replay(token, **{"Sec-Fetch-Site": "same-site"})]
        ok(got == [403] * 6, f"{method} {path[:60]}: 403 without its token, with another's, with one letter changed, "
           "from another site, from no site, from a sister site", got)
    unchanged(before, "all of that changed nothing")
    for route, (path, form, who, want) in FORMS.items():
        more = {"Cookie": mine} if who is None else {}
        if route == "staff_blob":
            more.update({"Upload-Offset": "0", "Upload-Length": "1"})
        got = act(who or "nobody", "PATCH" if route == "staff_blob" else "POST", path.format(**t), form,
                  token=mine_token if who is None else None, upload=is_upload(route), more=more)
        ok(got == want, f"{path.format(**t)[:60]}: the same form as it should be sent: {want}", got)


# ---- is the table whole? ----------------------------------------------------------------------------

source = re.sub(r"\s+", " ", open("qrsvc/web/routes.c", encoding="utf-8").read())
routes = re.findall(r'\{"(\w+)", "([^"]+)", ([A-Z_| ]+), \w+, (\w+)', source)
private = [(name if handler not in ("web_staff_second_begin", "web_staff_second_codes") else handler[4:], path, flags)
           for name, path, flags, handler in routes if path.startswith(("/staff/", "/s/"))]
ok(len(private) > 40, f"{len(private)} routes are behind the login")
gets = {row[0] for row in ACTS if row[1] in ("GET", "HEAD")}
for name, path, flags in private:
    kinds = set(flags.replace(" ", "").split("|"))
    if not kinds & {"ACT", "ROUTE_POST"} or "ROUTE_GET" in kinds:
        ok(name in gets, f"{path} is in the table of rights")
    if kinds & {"ACT", "FORM", "UPLOAD", "WITH_FILE", "VISITOR", "ROUTE_POST", "PIECES"}:
        ok(name in FORMS, f"{path} is in the table of forms")

before = state()
rights()
unchanged(before, "after all of it nothing in the database has changed")
forms()
print(f"1..{n}")
sys.exit(bad > 0)
