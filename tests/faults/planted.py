#!/usr/bin/env python3
"""Planted names and numbers, and the search for them, for tests/faults/planted.t.

  planted.py make FILE                 the list: GROUP, NAME and the text, by tabs
  planted.py crawl URL FOLDER PATH..   every page that links lead to from PATH.., in each language and as data
  planted.py search FILE GROUPS WHERE..  prints NAME, file and way of writing of what is found; GROUPS: "RKW"
  planted.py tries FOLDER              files that hold a planted text, each written in another way

Searched for is each text as it is, percent-encoded, as \\u escapes and entities, in base64 at each of its
three offsets, in hexadecimal, UTF-16 and GB 18030; of numbers the digits alone too, in whatever width and with
whatever stands between them.  Looked into are files, what is packed in them (gzip, zip), the text of PDF."""

import base64
import gzip
import html
import io
import os
import re
import subprocess
import sys
import unicodedata
import urllib.error
import urllib.parse
import urllib.request
import zipfile


def id_number(first17):
    # GB 11643-1999, ISO/IEC 7064 MOD 11-2
    weights = [2 ** (17 - i) % 11 for i in range(17)]
    rest = sum(int(c) * w for c, w in zip(first17, weights)) % 11
    return first17 + "10X98765432"[rest]


# R: what a resident wrote; K: the field of the telephone number; G: sent beside a rating; W: of who sent it;
# X: in a photo's file; N: inside, of offices; B: why a record was sent back; A: to the resident alone, by the receipt; V: replies that are not
# shown; S: written in a survey; U: accounts; I: of who inspected
PLANTED = [
    ("R", "name", "植甲一"), ("R", "neighbour", "植甲二"), ("R", "plain", "13911110001"), ("R", "spaces", "139 1111 0002"),
    ("R", "hyphens", "139-1111-0003"), ("R", "wide", "１３９１１１１０００４"), ("R", "abroad", "+86 13911110005"),
    ("R", "abroad2", "008613911110006"), ("R", "land", "021-5811 7788"), ("R", "id", id_number("31010719900307001")),
    ("R", "id2", id_number("31010719851203112")), ("R", "plate", "沪A·D7Q39"), ("R", "plate2", "苏E 8K9Q2"),
    ("R", "mail", "zhijia.yi@planted-mail.example"), ("R", "wechat", "zhijia_wx_8899"), ("R", "flat", "8023室"),
    ("R", "held", "植甲三"), ("R", "held_number", "13911110007"), ("R", "joined", "植甲四"), ("R", "refused", "植甲五"),
    ("R", "place", "植甲六"), ("R", "place_number", "13911110008"),
    ("K", "phone", "+86 139-2222-0001"), ("K", "phone2", "１３９２２２２０００２"), ("K", "phone3", "13922220003"),
    ("G", "rating", "植乙一"), ("G", "rating_number", "13933330001"),
    ("W", "address", "198.51.100.77"), ("W", "address6", "2001:db8:77:8899::99"), ("W", "agent", "PlantedAgent/7.7"),
    ("W", "referrer", "planted-referrer.example"), ("W", "query", "planted-query-7"), ("W", "cookie", "planted-cookie-7"),
    ("W", "file", "planted-file-name"),
    ("X", "serial", "SERIAL-0123456789"), ("X", "owner", "demo owner"), ("X", "artist", "demo artist"),
    ("X", "lat", "31.2345"), ("X", "lon", "121.4567"), ("X", "maker", "DEMO maker note"),
    ("N", "note", "植丙一"), ("N", "note_number", "13944440001"), ("B", "returned", "植丙二"), ("N", "set_aside", "植丙三"),
    ("N", "note_id", id_number("31010719770101204")),
    ("A", "transfer", "植丁一"), ("A", "transfer_number", "139 5555 0001"), ("A", "answer", "植丁二"),
    ("A", "answer_number", "13955550002"), ("A", "callback", "植丁三"), ("A", "hidden_answer", "植丁四"),
    ("V", "refused", "植戊一"), ("V", "waiting", "植戊二"), ("V", "hidden", "植戊三"), ("V", "appeal", "植戊四"),
    ("V", "erased", "植戊五"), ("V", "erased_id", id_number("31010719550505227")), ("V", "hidden_number", "13966660001"), ("V", "appeal_id", id_number("31010719660606318")),
    ("S", "words", "植己一"), ("S", "number", "13977770001"), ("S", "paper", "植己二"), ("S", "paper_number", "139 7777 0002"),
    ("U", "inspector", "植庚一"), ("U", "office", "植庚二"), ("U", "manager", "植庚三"), ("U", "login", "planted.login.7"),
    ("I", "draft", "植辛一"), ("I", "draft_number", "13988880001"),
]


def digits(text):
    text = re.sub(r"^(\+86|0086)", "", unicodedata.normalize("NFKC", text))
    text = re.sub(r"[\s.·-]", "", text)
    return text.lower() if re.fullmatch(r"[0-9]{7,17}[0-9Xx]", text) else None


def needles(text):
    """WAY, bytes; all in lower case, as what is searched in."""
    utf8 = text.encode()
    yield "as it is", utf8
    yield "percent", urllib.parse.quote(text, safe="").encode()
    yield "percent", urllib.parse.quote_plus(text).encode()
    # escapes of what is not ASCII; what is stays as it is
    yield "\\u", "".join(c if c < "\x7f" else f"\\u{ord(c):04x}" for c in text).encode()
    yield "\\u", "".join(f"\\u{ord(c):04x}" for c in text).encode()
    yield "entities", "".join(f"&#{ord(c)};" for c in text).encode()
    yield "entities", "".join(f"&#x{ord(c):x};" for c in text).encode()
    yield "hex", utf8.hex().encode()
    yield "utf-16", text.encode("utf-16-le")
    yield "utf-16", text.encode("utf-16-be")
    try:
        yield "gb18030", text.encode("gb18030")
    except UnicodeEncodeError:
        pass
    for offset in range(3):
        packed = base64.b64encode(b"\0" * offset + utf8)
        # what shares a letter with a neighbour is left out
        packed = packed[-(-offset * 8 // 6):(offset + len(utf8)) * 8 // 6]
        yield "base64", packed
        yield "base64", packed.replace(b"+", b"-").replace(b"/", b"_")


class Needle:
    def __init__(self, group, name, text):
        self.name = f"{group}.{name}"
        self.ways = {}
        for way, raw in needles(text):
            self.ways.setdefault(raw.lower(), way)
        self.digits = digits(text)


def read_list(name, groups):
    with open(name, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    return [Needle(*row) for row in rows if row[0] in groups]


def inside(name, raw):
    """What is to be searched in a file: itself and what is packed in it."""
    yield raw
    if raw[:2] == b"\x1f\x8b":
        yield gzip.decompress(raw)
    if raw[:4] == b"PK\x03\x04":
        packed = zipfile.ZipFile(io.BytesIO(raw))
        for member in packed.namelist():
            yield packed.read(member)
    if raw[:5] == b"%PDF-":
        for options in ([], ["-raw"]):
            text = subprocess.run(["pdftotext", *options, name, "-"], capture_output=True, check=True).stdout
            # a line may end within a name
            yield text + re.sub(rb"\s", b"", text)


def plain_digits(raw):
    text = unicodedata.normalize("NFKC", html.unescape(raw.decode("utf-8", "replace")))
    return re.sub(r"(?<=[0-9])[\s.·-](?=[0-9])", "", text).lower()


def files(places):
    for place in places:
        if os.path.isfile(place):
            yield place
        for folder, _, names in os.walk(place):
            for name in sorted(names):
                yield os.path.join(folder, name)


def search(wanted, places):
    found = 0
    looked = 0
    for name in files(places):
        looked += 1
        with open(name, "rb") as file:
            raw = file.read()
        said = set()
        for part in inside(name, raw):
            low = part.lower()
            bare = plain_digits(part) if any(n.digits for n in wanted) else ""
            for n in wanted:
                ways = {way for bytes_, way in n.ways.items() if bytes_ in low}
                if n.digits and n.digits in bare:
                    ways.add("digits")
                said |= {(n.name, way) for way in ways}
        for what, way in sorted(said):
            found += 1
            print(what, name, way, sep="\t")
    if not looked:
        print("no file in", *places)
    return found


# ---- every page ------------------------------------------------------------------------------
def crawl(url, folder, paths):
    todo = [p for path in paths for p in (path, path + "?lang=en", path + "?lang=zh-CN")]
    seen = set()
    gone = 0
    os.makedirs(folder, exist_ok=True)
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        if len(seen) > 5000:
            raise SystemExit("more than 5,000 pages: a circle?")
        try:
            with urllib.request.urlopen(urllib.request.Request(url + path, headers={"Accept-Encoding": "identity"}), timeout=30) as answer:
                body = answer.read()
                head = str(answer.headers)
        except urllib.error.HTTPError as error:
            body, head = error.read(), str(error.headers)
            # pages without data, years without numbers: 404 is a page too
            gone += error.code == 404
            if error.code != 404:
                print(error.code, path)
        kind = re.sub(r"[^0-9A-Za-z.]", "_", path)[-100:]
        with open(os.path.join(folder, f"{len(seen):05d}_{kind}"), "wb") as file:
            file.write(path.encode() + b"\n" + head.encode() + b"\n")
            if body[:5] != b"%PDF-":
                file.write(body)
        if body[:5] == b"%PDF-":
            with open(os.path.join(folder, f"{len(seen):05d}_{kind}.pdf"), "wb") as file:
                file.write(body)
        if "text/html" not in head:
            continue
        for link in re.findall(r'\s(?:href|src|action)="([^"]*)"', body.decode("utf-8", "replace")):
            at = urllib.parse.urljoin(path, html.unescape(link)).split("#")[0]
            if at.startswith(("/staff", "/report/")) or not at.startswith("/") or at.startswith("//"):
                continue
            todo.append(at)
            bare = at.split("?")[0]
            if not re.search(r"\.[a-z]{3,4}$", bare) and bare != "/":
                todo += [bare + ".json", bare + "?lang=en", bare + "?lang=zh-CN"]
    print(f"{len(seen)} addresses, {gone} of them not there")


def tries(folder):
    """One file for each way of writing, for the search to find."""
    text = "植查验１３９９９９９００００"
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "list"), "w", encoding="utf-8") as file:
        file.write("Z\tword\t植查验\nZ\tnumber\t13999990000\n")
    made = {}
    for i, (way, raw) in enumerate(needles("植查验")):
        made[f"{way.strip(chr(92))}-{i}"] = b"<p>" + raw + b"</p>"
    made["packed"] = gzip.compress(text.encode())
    made["wide"] = text.encode()
    made["apart"] = b"139 9999-0000"
    made["abroad"] = b"+8613999990000"
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", f"<t>{text}</t>")
    made["book"] = book.getvalue()
    for name, raw in made.items():
        with open(os.path.join(folder, "in." + name), "wb") as file:
            file.write(raw)
    missed = [name for name in made if not any(True for _ in found_in(os.path.join(folder, "list"), os.path.join(folder, "in." + name)))]
    print("missed:", *missed)
    with open(os.path.join(folder, "in.none"), "wb") as file:
        file.write("植查\n验 13999990001".encode())
    if any(True for _ in found_in(os.path.join(folder, "list"), os.path.join(folder, "in.none"))):
        print("finds what is not there")


def found_in(names, file):
    wanted = read_list(names, "Z")
    with open(file, "rb") as opened:
        raw = opened.read()
    for part in inside(file, raw):
        for n in wanted:
            if any(b in part.lower() for b in n.ways) or (n.digits and n.digits in plain_digits(part)):
                yield n.name


def main(args):
    if args[0] == "make":
        with open(args[1], "w", encoding="utf-8") as file:
            file.writelines("\t".join(row) + "\n" for row in PLANTED)
    elif args[0] == "crawl":
        crawl(args[1], args[2], args[3:])
    elif args[0] == "search":
        search(read_list(args[1], args[2]), args[3:])
    elif args[0] == "tries":
        tries(args[1])
    else:
        raise SystemExit(__doc__)


main(sys.argv[1:])
