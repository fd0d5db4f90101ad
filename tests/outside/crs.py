"""The requests of OWASP's Core Rule Set, its regression tests, against a service (tests/outside/crs.t):
    crs.py page FOLDER THINGS       each request as it stands, then with the path of pages of ours
    crs.py say FOLDER THINGS OUT    what is in them, into the fields of residents' forms; OUT: receipts
    crs.py handle FOLDER THINGS IN  as the office's words, on the reports made of it: "RECEIPT ID NO" a line
    crs.py found FOLDER THINGS      a service full of holes: how many were found of each kind
FOLDER holds the YAML files; THINGS is JSON: port, cookies, tokens, pages, codes. Prints TAP.
What is looked for in every answer: it is one answer, well formed (RFC 9112), with fields that we send and
no 5xx; nothing that was sent stands in a page unescaped, be it as words or as a field of the answer."""
import asyncio
import collections
import glob
import html
import itertools
import json
import os
import re
import sys
import unicodedata
import urllib.parse as url
import uuid

from crs_wire import Line, Malformed, ask, build, octets, stages

BEGIN, END = "zq7x", "x7qz"  # around what is sent: where it begins and ends in what comes back
ALL = bool(os.environ.get("TEST_ALL"))
SHARE = 1 if ALL else 8  # every so many strings go the long way through the office
PAGES = 1000 if ALL else 3  # pages a request is sent to

# ---- what is looked for --------------------------------------------------------------------------------

def special(s):
    return re.search("[<>\"']", s) is not None


def values_of(s):
    """What a request carries, decoded: its parameters, its fields, its path, its body."""
    out, uri = [], str(s.uri)
    path, _, query = uri.partition("?")
    for text in (query, s.body.decode("utf-8", "replace")):
        out += [v for pair in url.parse_qsl(text.replace("+", "%20") if "%" in text else text, True, errors="surrogateescape") for v in pair]
    out += [url.unquote(path, errors="surrogateescape"), url.unquote(query), s.body.decode("utf-8", "replace")]
    out += [str(v) for k, v in s.fields if k.lower() not in ("host", "connection", "accept", "accept-encoding", "content-length")]
    return [v for v in dict.fromkeys(out) if v]


def payloads(all_stages):
    """Each string once that is more than a word and fits a form."""
    every = dict.fromkeys(itertools.chain.from_iterable(values_of(s) for s in all_stages))
    return [v for v in every if len(v) <= 900 and not re.fullmatch(r"[\w .,/*-]{0,40}", v)]


def marked(v):
    return BEGIN + v + END


def squeezed(s):
    return re.sub(r"\s+", "", unicodedata.normalize("NFC", s))


def bare(text, known):
    """Places where something marked came back and was not made harmless: it must go on to its end mark without
    a character that means something in HTML, or stop somewhere before one, where it was cut short. known: what
    was sent, by its first characters."""
    bad, seen = [], 0
    for m in re.finditer(BEGIN, text):
        seen += 1
        piece = re.match("[^<>\"']*", text[m.end():]).group(0)
        shown = squeezed(html.unescape(piece))
        if END in shown:
            continue
        follows = squeezed(text[m.end() + len(piece):][:40])
        for v in known.get(shown[:8], ()):
            if v.startswith(shown) and v[len(shown):][:3] == follows[:3]:
                bad.append(text[m.start():m.start() + len(piece) + 60])
                break
    return bad, seen


class Site:
    def __init__(self, things):
        self.__dict__.update(things)
        self.host = "127.0.0.1:%d" % self.port
        self.statuses, self.found, self.plain, self.inert = collections.Counter(), collections.defaultdict(list), "", 0
        self.known = collections.defaultdict(list)

    def knows(self, words):
        for v in (squeezed(w + END) for w in words):
            for n in range(9):
                self.known[v[:n]].append(v)

    def bad(self, what, where, said=""):
        self.found[what].append("%s: %s" % (where, str(said)[:200]))

    def look(self, a, where, sent=()):
        """One answer; sent: strings that may stand in it only escaped, where they would do harm."""
        self.statuses[a.status] += 1
        if a.status >= 500 and a.status not in (501, 505):  # what HTTP has for unknown methods and versions
            self.bad("5xx", where, a.status)
        if not a.one("content-type").startswith("text/html"):
            if a.one("content-type").startswith("application/json") and a.text:
                try:
                    json.loads(a.text)
                except ValueError as e:
                    self.bad("malformed", where, e)
            return
        bad, seen = bare(a.text, self.known)
        self.inert += seen - len(bad)
        for b in bad:
            self.bad("reflected", where, b)
        for v in sent:
            if len(v) > 3 and special(v) and v in a.text and v not in self.plain:
                self.bad("reflected", where, v)

    def report(self, least):
        n = sum(self.statuses.values())
        for what, text in (("5xx", "is answered without a 5xx"), ("malformed", "by one well-formed answer"), ("reflected", "that repeats nothing unescaped")):
            tap(not self.found[what], "each of %d requests %s" % (n, text), self.found[what])
        tap(n >= least, "at least %d were answered (%s)" % (least, ", ".join("%d: %d" % x for x in sorted(self.statuses.items()))))
        return n


def tap(good, what, why=()):
    tap.n += 1
    print("%sok %d - %s" % ("" if good else "not ", tap.n, what))
    for w in list(why)[:12] if not good else ():
        print("#   %s" % w.encode("unicode_escape").decode())


tap.n = 0


async def crowd(jobs, width=24):
    """Runs them, so many at a time."""
    jobs = iter(jobs)

    async def one():
        for job in jobs:
            await job
    await asyncio.gather(*(one() for _ in range(width)))


# ---- as they stand, and on our pages ---------------------------------------------------------------------

def whole(request):
    """It is as long as it says; one that is not is waited for, and may end without an answer."""
    head, _, body = request.partition(b"\r\n\r\n")
    said = re.search(rb"(?im)^content-length: *(\d+)", head)
    return not said or int(said[1]) <= len(body)


async def send(t, name, octets_, head, sent):
    try:
        answers = await ask(t.port, octets_, head)
    except (Malformed, asyncio.TimeoutError) as e:
        t.bad("malformed", name, repr(e))
        return
    for a in answers:
        t.look(a, name, sent)
    if not answers:
        t.statuses[0] += 1
        if whole(octets_):
            t.unanswered.append(name)


def on_pages(t, s, i):
    """The request's method, fields and body on so many pages of ours, with its query."""
    query = "?" + str(s.uri).partition("?")[2] if "?" in str(s.uri) else ""
    pages = t.forms if s.body else t.forms + t.pages
    for k in range(min(PAGES, len(pages))):
        page = pages[(i * PAGES + k) % len(pages)]
        who = t.who.get(page)
        more = [("Origin", "http://" + t.host)] if s.body else []
        if who:
            more.append(("Cookie", t.cookies[who]))
        yield "%s at %s" % (s.name, page), build(s, page + query, t.host, more, t.tokens.get(who))


async def run_pages(t, folder):
    t.unanswered = []
    line = Line(t)
    for page in t.pages + t.forms + ["/none", "/q?no=1"]:
        t.plain += (await line("GET", page, who=t.who.get(page))).text
    every = stages(folder)

    def jobs():
        for i, s in enumerate(every):
            head, sent = s.method == "HEAD", values_of(s)
            yield send(t, s.name, build(s), head, sent)
            if not s.raw:
                for name, request in on_pages(t, s, i):
                    yield send(t, name, request, head, sent)
    await crowd(jobs())
    tap(len(every) >= 2400, "%d requests were read from %d files" % (len(every), len(glob.glob(folder + "/**/*.yaml", recursive=True))))
    tap(not t.unanswered, "each that is whole came to an answer", t.unanswered)
    t.report(len(every) * 3)


# ---- into the fields of residents' forms -------------------------------------------------------------------

def quoted(v):
    return url.quote(marked(v), safe="", errors="surrogateescape")


def hidden(a, name):
    m = re.search('name="%s" value="([^"]*)"' % name, a.text)
    return m[1] if m else ""


async def say_one(t, line, i, v, out):
    async def go(method, path, form=None, who=None):
        a = await line(method, path, form, who)
        t.look(a, "%s %s %r" % (method, path[:40], v[:80]))
        return a
    w, q = marked(v), quoted(v)
    report, survey = "/report/" + t.facility, "/v/" + t.open
    a = await go("GET", "%s?kind=%s&lang=%s" % (report, q, q))
    form = {"kind": "other", "words": w, "key": hidden(a, "key"), "stamp": hidden(a, "stamp")}
    t.ways["form"][(await go("POST", report, {**form, "phone": w, "answer": w})).status] += 1
    a = await go("POST", report, form)
    t.ways["report"][a.status] += 1
    if a.status == 303:
        out.append(a.one("location").rpartition("/")[2])
        if not re.fullmatch("/c/[0-9A-Z]{9}", a.one("location")):
            t.bad("malformed", "location", a.one("location"))
        if i % SHARE == 0:
            await go("GET", a.one("location"))
    await go("POST", report, {**form, "kind": w, "key": str(uuid.uuid4()), "stamp": w})
    t.ways["key"][(await go("POST", report, {**form, "key": w})).status] += 1
    answers = {"key": str(uuid.uuid4()), "q1": "5", "q2": "4", "q3": w}
    t.ways["levels"][(await go("POST", survey, {**answers, "q1": w, "q2": w})).status] += 1
    t.ways["survey"][(await go("POST", survey, answers)).status] += 1
    t.ways["rating"][(await go("POST", "/c/" + t.ask, {"level": w})).status] += 1
    t.ways["search"][(await go("GET", "/staff/tickets?q=" + q, who="off")).status] += 1
    await go("GET", "/staff/tickets?" + "&".join("%s=%s" % (k, q) for k in ("what", "kind", "sort", "q", "from", "done", "lang")), who="off")
    paths = ("/tickets/%s", "/tickets/" + t.org + "/%s", "/tickets/" + t.org + "/%s.csv", "/v/%s", "/v/%s/results", "/c/%s", "/report/%s", "/q?no=%s",
             "/tickets?lang=%s", "/c/" + t.ask + "?lang=%s", survey + "?done=%s", "/v/" + t.shut + "/results?lang=%s")
    await go("GET", paths[i % len(paths)] % q)
    inside = ("/staff/tickets/%s", "/staff/replies/%s", "/staff/replies?show=%s&after=%s", "/staff/surveys/%s", "/staff/r/%s/reply",
              "/staff/tickets/" + t.ticket + "?block=%s&done=%s", "/staff/surveys/" + t.survey + "/paper?place=%s&rows=%s",
              "/staff/surveys/" + t.survey + "/poster?lang=%s")
    await go("GET", inside[i % len(inside)].replace("%s", q), who="off")


async def run_say(t, folder, out):
    every = payloads(stages(folder))
    words = every if ALL else every[::2]
    t.knows(every)
    receipts = []
    t.ways = collections.defaultdict(collections.Counter)
    lines = [Line(t) for _ in range(12)]
    jobs = iter(list(enumerate(words)))

    async def one(line):
        for i, v in jobs:
            try:
                await say_one(t, line, i, v, receipts)
            except (Malformed, asyncio.TimeoutError) as e:
                t.bad("malformed", repr(v[:80]), repr(e))
                line.reader = None
    await asyncio.gather(*(one(x) for x in lines))
    open(out, "w").writelines(r + "\n" for r in receipts)
    tap(len(every) >= 2500, "%d strings were found in the requests, %d sent" % (len(every), len(words)))
    t.report(len(words) * 10)
    for way, status in (("form", 422), ("report", 303), ("levels", 422), ("survey", 303), ("rating", 422), ("search", 200)):
        n = t.ways[way][status]
        tap(n > 0.9 * len(words), "%s: %d of them came to %d" % (way, n, status), [str(dict(t.ways[way]))])
    tap(t.inert >= 3 * len(words), "%d times one came back, harmless" % t.inert)


# ---- as the office's words -------------------------------------------------------------------------------------

async def handle_one(t, line, i, v, case):
    receipt, ident, no = case
    w, at = marked(v), "/staff/tickets/" + ident

    async def go(method, path, form=None, who=None):
        a = await line(method, path, form, who)
        t.look(a, "%s %s %r" % (method, path[:40], v[:80]))
        return a

    async def act(do, **more):
        t.ways[do][(await go("POST", at, {"do": do, **more}, "off")).status] += 1
    await act("transfer", reason=w, to=w)
    await act("join", reason=w, into=w)
    await act("note", note=w)
    await act("answer", words=w, note=w)
    await act(w)
    await go("GET", at, who="off")
    await go("GET", "/c/" + receipt)
    await act("publish", public_words=w, public_answer=w, **{"photo[]": w})
    await go("GET", "/tickets/%s/%s" % (t.org, no))
    await go("GET", "/tickets/%s/%s.json" % (t.org, no))
    if i % (2 * SHARE) == 0:
        await act("hide", reason=w)
        await go("GET", "/tickets/%s/%s" % (t.org, no))
    await go("POST", "/staff/tickets", {"do": w, "id[]": w, "ground": w}, "off")
    t.ways["texts"][(await go("POST", "/staff/tickets/texts", {"do": "put", "title": w, "words": w}, "off")).status] += 1
    reply = "/staff/r/%s/reply" % t.record
    await go("POST", reply, {"key": str(uuid.uuid4()), "kind": w, "words": w}, "mgr")
    t.ways["reply"][(await go("POST", reply, {"key": str(uuid.uuid4()), "kind": "reply", "words": w}, "mgr")).status] += 1
    # whatever waits to be checked, so that the next one may be sent
    a = await go("GET", "/staff/replies", who="off")
    newest = max([int(n) for n in re.findall("/staff/replies/([0-9]+)", a.text)] or [int(t.reply)])
    await go("POST", "/staff/replies/%d" % newest, {"act": "accept", "words": w, "day": w}, "sup")
    await go("POST", "/staff/replies/%d" % newest, {"act": "publish" if i % 2 else "refuse", "words": w}, "off")
    await go("GET", "/r/" + t.record)
    put = dict.fromkeys("title title_en purpose purpose_en places from to levels words org least".split(), w)
    await go("POST", "/staff/surveys", {"do": "put", **put}, "off")
    a = await go("POST", "/staff/surveys", {"do": "put", **put, "places": "", "from": "2026-11-22", "to": "2026-11-30", "org": t.org, "least": "",
                                             "title": w[:80], "title_en": w[:120], "purpose": w[:300], "purpose_en": w[:400],
                                             "levels": w.replace("\n", " ")[:80], "words": w.replace("\n", " ")[:80]}, "off")
    t.ways["draft"][a.status] += 1
    if a.status == 303:
        await go("GET", a.one("location"), who="off")
    await go("POST", "/staff/surveys/" + t.survey, {"do": "asked", "asked-" + t.open: w}, "off")
    await go("POST", "/staff/surveys/%s/paper" % t.survey,
             {"key": str(uuid.uuid4()), "place": t.place, "rows": "10", "no-1": w, "l-1": "55", "w-1-3": w, "l-2": w}, "off")


async def run_handle(t, folder, known):
    every = payloads(stages(folder))
    t.knows(every)
    words = [v for v in every if special(v) or ALL][::SHARE]
    cases = [line.split() for line in open(known)][-len(words):]
    t.ways = collections.defaultdict(collections.Counter)
    lines = [Line(t) for _ in range(8)]
    jobs = iter(list(enumerate(zip(words, cases))))

    async def one(line):
        for i, (v, case) in jobs:
            try:
                await handle_one(t, line, i, v, case)
            except (Malformed, asyncio.TimeoutError) as e:
                t.bad("malformed", repr(v[:80]), repr(e))
                line.reader = None
    await asyncio.gather(*(one(x) for x in lines))
    # the lists of all of it, to their ends
    line = lines[0]
    for what in ("open", "quarantine", "answered", "all"):
        at, n = "/staff/tickets?what=" + what, 0
        while at and n < (10000 if ALL else 60):
            a = await line("GET", at, who="off")
            t.look(a, at)
            m = re.search('href="([^"]*[?&;]from=%d[^"]*)"' % (10 * (n + 1)), a.text)
            at, n = m and html.unescape(m[1]), n + 1
    for at, who in (("/tickets/" + t.org, None), ("/tickets", None), ("/staff/tickets/texts", "off"), ("/staff/surveys", "off"),
                    ("/staff/surveys/" + t.survey, "off"), ("/staff/replies", "off"), ("/staff/replies/" + t.reply, "mgr"), ("/f/" + t.facility, None)):
        t.look(await line("GET", at, who=who), at)
    t.report(len(words) * 15)
    for way, status in (("note", 303), ("answer", 303), ("publish", 303), ("transfer", 422), ("join", 422), ("draft", 303)):
        n = t.ways[way][status]
        tap(n > 0.9 * len(words), "%s: %d of %d came to %d" % (way, n, len(words), status), [str(dict(t.ways[way]))])
    tap(t.ways["texts"][303] >= 40 and t.ways["reply"][303] > 2, "texts, as many as an office may have, and replies",
        [str(t.ways["texts"]), str(t.ways["reply"])])
    tap(t.inert >= 10 * len(words), "%d times one came back, harmless" % t.inert)


# ---- would it find anything? --------------------------------------------------------------------------------------

async def run_found(t, folder):
    """The same checks against that: all of them must find something."""
    for i, s in enumerate(stages(folder)[::8]):
        await send(t, s.name, build(s, None, t.host), False, values_of(s))
    n = len(t.found["reflected"])
    line = Line(t)
    words = payloads(stages(folder))[::8]
    t.knows(words)
    for v in words:
        try:
            t.look(await line("GET", "/?q=" + quoted(v)), v[:40])
        except Malformed as e:
            t.bad("malformed", v[:40], e)
    print(n, len(t.found["reflected"]) - n, len(t.found["malformed"]), len(t.found["5xx"]))


def main():
    what = sys.argv[1]
    t = Site(json.load(open(sys.argv[3])))
    t.unanswered = []
    run = {"page": run_pages, "say": run_say, "handle": run_handle, "found": run_found}[what]
    asyncio.run(run(t, sys.argv[2], *sys.argv[4:]))
    if what != "found":
        print("1..%d" % tap.n)


main()
