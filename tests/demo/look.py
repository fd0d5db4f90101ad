"""What demo.t asks of JSON and of many pages at once.  Standard library only.

    look.py info FILE KEY[.KEY]    a value of info.json
    look.py labels FILE            state and code, a line each
    look.py holds BODY DOC         does "document" of BODY hold the bytes of DOC?
    look.py walk URL COUNTS        COUNTS: lines CODE|RECORDS from SQL; every facility's page and
                                   JSON are fetched and compared with it
    look.py cut COLUMNS ROWS PGM...  cuts pages into label-N.pgm beside the first
"""
import http.client
import json
import os
import re
import sys


def info(path, key):
    value = json.load(open(path))
    for k in key.split("."):
        value = value[k]
    print(" ".join(map(str, value.values())) if isinstance(value, dict) else value)


def labels(path):
    for state, code in json.load(open(path))["labels"].items():
        print(state, code)


def holds(body, doc):
    body, doc = open(body, "rb").read(), open(doc, "rb").read().strip(b"\n")
    return len(doc) > 2 and b'"document":' + doc in body


def get(connection, path):
    connection.request("GET", path, headers={"Accept-Language": "en"})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def walk(url, counts):
    connection = http.client.HTTPConnection(url.split("//")[1])
    bad = pages = records = 0
    for line in open(counts):
        code, want = line.strip().split("|")
        want = int(want)
        status, page = get(connection, "/f/" + code)
        status_json, text = get(connection, "/f/" + code + ".json")
        if status != 200 or status_json != 200:
            bad += 1
            print(f"/f/{code}: {status}, .json: {status_json}")
            continue
        document = json.loads(text)["document"]
        if document["count"] != want:
            bad += 1
            print(f"/f/{code}: JSON says {document['count']} records, SQL {want}")
        # "All N records" is the link to the history, where there is one
        said = re.search(r'class="more"[^>]*>[^<]*?(\d[\d,]*)', page)
        if want and not said or said and int(said[1].replace(",", "")) != want:
            bad += 1
            print(f"/f/{code}: the page says {said and said[1]} records, SQL {want}")
        pages += 1
        records += want
    print(f"{pages} pages, {records} records, {bad} differ")
    return pages > 0 and bad == 0


def cut(columns, rows, *pages):
    columns, rows, n = int(columns), int(rows), 0
    for page in pages:
        data = open(page, "rb").read()
        head = re.match(rb"P5\s+(\d+)\s+(\d+)\s+255\s", data)
        width, height = int(head[1]), int(head[2])
        data = data[head.end():]
        for i in range(columns * rows):
            w, h = width // columns, height // rows
            x, y = i % columns * width // columns, i // columns * height // rows
            lines = [data[(y + k) * width + x:(y + k) * width + x + w] for k in range(h)]
            n += 1
            with open(os.path.join(os.path.dirname(page), f"label-{n:03d}.pgm"), "wb") as out:
                out.write(b"P5 %d %d 255\n" % (w, h) + b"".join(lines))


if __name__ == "__main__":
    result = globals()[sys.argv[1]](*sys.argv[2:])
    sys.exit(0 if result in (None, True) else 1)
