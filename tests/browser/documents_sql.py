#!/usr/bin/env python3
"""SQL that puts the documents of tests/data/docs into a database as if they had been published,
with their photos.  Used by browser.t; prints to standard output."""
import hashlib
import json

DOCS = "tests/data/docs/"


def q(s):
    return "NULL" if s is None else "'" + s.replace("'", "''") + "'"


def links(kind, doc):
    if kind == "label" and doc["state"] == "active":
        return ("facility", [doc["facility"]]) if "facility" in doc else ("place", [doc["place"]])
    if kind in ("history", "record"):
        return "facility", [doc["facility"]]
    if kind == "place":
        return "facility", doc["facilities"]
    return None, None


print("BEGIN;")
# The label the guess for a misread number finds: guesses are read from the table.
print("INSERT INTO core.place (code, org_id, name) SELECT 'C5G7SN7DG', min(id), '中环家园小区' "
      "FROM core.org;")
print("INSERT INTO core.label (code, state, place_id) SELECT 'E395F788M', 'active', id "
      "FROM core.place WHERE code = 'C5G7SN7DG';")
print("TRUNCATE core.document;")
for n, line in enumerate(open(DOCS + "documents.tsv", encoding="utf-8")):
    kind, key, text = line.rstrip("\n").split("\t")
    to, keys = links(kind, json.loads(text))
    array = "NULL" if keys is None else "ARRAY[" + ",".join(q(k) for k in keys) + "]::text[]"
    print(f"INSERT INTO core.document (kind, key, version, link_kind, links, doc) VALUES "
          f"({q(kind)}, {q(key)}, {7 if kind == 'reference' else 100 + n}, {q(to)}, {array}, {q(text)});")
picture = open(DOCS + "photo.jpg", "rb").read()
for n in range(1, 5):
    jpeg = picture + b"\n" * n
    sha = hashlib.sha256(jpeg).hexdigest()
    print(f"INSERT INTO core.photo (sha256, w, h) VALUES ('\\x{sha}', 1280, 960);")
    for width in (320, 1280):
        print(f"INSERT INTO core.photo_bytes VALUES ('\\x{sha}', {width}, '\\x{jpeg.hex()}');")
print("COMMIT;")
