"""feed.py ics|atom FILE [WANT]: reads a calendar or feed as somebody else's program would, and prints
what is in it, one line an event or entry; exits 1 with a reason where the standard is not kept.

ics: the grammar of RFC 5545 3.1 and 3.4 (lines, folding, components), 3.6.1 (what an event must and may
have), 3.3.11 (escapes), 3.8.7.2 (DTSTAMP).  atom: RFC 4287 4.1.1 and 4.1.2 by xml.etree."""

import re
import sys
import xml.etree.ElementTree as ET
from datetime import date, datetime


def bad(why):
    sys.exit("not kept: " + why)


def unfold(data):
    if re.search(rb"(?<!\r)\n|\r(?!\n)", data) or not data.endswith(b"\r\n"):
        bad("3.1: lines end in CRLF")
    lines = data[:-2].split(b"\r\n")
    for line in lines:
        if len(line) > 75:
            bad(f"3.1: a line of {len(line)} octets")
        line.decode()  # not folded within a character
    out = []
    for line in lines:
        if line[:1] in (b" ", b"\t"):
            out[-1] += line[1:]
        else:
            out.append(line)
    return [line.decode() for line in out]


def text(value):
    if re.search(r"(?<!\\)(\\\\)*\\[^\\;,nN]", value) or re.search(r"(?<!\\)(\\\\)*[;,]", value):
        bad(f"3.3.11: {value!r}")
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nN" else m[1], value)


def ics(data):
    stack, events, root = [], [], None
    for line in unfold(data):
        m = re.fullmatch(r"([A-Z0-9-]+)((?:;[A-Z0-9-]+=(?:\"[^\"]*\"|[^\":;,]*))*):(.*)", line, re.S)
        if not m or re.search(r"[\x00-\x08\x0a-\x1f\x7f]", line):
            bad(f"3.1: {line!r}")
        name, params, value = m.groups()
        if name == "BEGIN":
            stack.append((value, []))
            root = root or stack[0]
        elif name == "END":
            what, props = stack.pop()
            if what != value:
                bad(f"END:{value} of {what}")
            if what == "VEVENT":
                events.append(dict(props))
                if len(dict(props)) != len(props):
                    bad("3.6.1: a property twice")
        else:
            stack[-1][1].append((name, (params, value)))
    if stack or root[0] != "VCALENDAR":
        bad("3.4: no whole calendar")
    props = dict(root[1])
    if props.get("VERSION") != ("", "2.0") or "PRODID" not in props:
        bad("3.6: VERSION, PRODID")
    if len({e["UID"][1] for e in events}) != len(events):
        bad("3.8.4.7: UIDs are not unique")
    for e in events:
        stamp = datetime.strptime(e["DTSTAMP"][1], "%Y%m%dT%H%M%SZ")
        if e["DTSTART"][0] != ";VALUE=DATE" or e["DTEND"][0] != ";VALUE=DATE":
            bad("3.8.2.4: not an all-day event")
        day = [date(int(v[:4]), int(v[4:6]), int(v[6:])) for v in (e["DTSTART"][1], e["DTEND"][1])]
        if (day[1] - day[0]).days != 1 or stamp.year < 2020:
            bad("3.6.1: one day")
        said = " / ".join(text(e[k][1]).replace("\n", " | ") for k in ("SUMMARY", "LOCATION", "DESCRIPTION"))
        print(day[0], e["UID"][1], e["URL"][1], said)


def atom(data):
    ns = "{http://www.w3.org/2005/Atom}"
    feed = ET.fromstring(data)
    if feed.tag != ns + "feed":
        bad("4.1.1: no feed")

    def one(of, name):
        found = of.findall(ns + name)
        if len(found) != 1 or not (found[0].text or "").strip():
            bad(f"4.1: one {name}")
        return found[0].text

    def when(s):
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", s):
            bad(f"3.3: {s}")
        return datetime.fromisoformat(s.replace("Z", "+00:00"))

    one(feed, "id"), one(feed, "title"), one(feed.find(ns + "author"), "name")
    newest = when(one(feed, "updated"))
    rels = [x.get("rel") for x in feed.findall(ns + "link")]
    if sorted(rels) != ["alternate", "self"]:
        bad("4.2.7: links")
    ids = [one(e, "id") for e in feed.findall(ns + "entry")]
    if len(set(ids)) != len(ids):
        bad("4.2.6: ids are not unique")
    for e in feed.findall(ns + "entry"):
        if when(one(e, "updated")) > newest:
            bad("4.2.15: newer than the feed")
        print(one(e, "id"), e.find(ns + "link").get("href"), one(e, "title"))


kind, path = sys.argv[1:3]
{"ics": ics, "atom": atom}[kind](open(path, "rb").read())
