"""Prints SQL that puts the made documents of tests/data/docs/documents.tsv into core.document, with the links
their pages need, and a label row for each label (so that scans can be counted).  The documents
are facts of their own: no facility stands behind them."""
import json
import os
import sys

DOCUMENTS = os.path.join(os.path.dirname(__file__), "..", "data", "docs", "documents.tsv")


def quote(s):
    return "NULL" if s is None else "'" + s.replace("'", "''") + "'"


def links(kind, key, doc):
    if kind == "label" and doc["state"] == "active":
        to = "facility" if "facility" in doc else "place"
        return to, [doc[to]]
    if kind == "place":
        return "facility", doc["facilities"]
    if kind in ("history", "record"):
        return "facility", [doc["facility"]]
    return None, None


def main():
    out = ["SET client_encoding = 'UTF8';", "BEGIN;"]
    with open(DOCUMENTS, encoding="utf-8") as f:
        lines = f.read().splitlines()
    assert len(lines) > 20, "no documents in " + DOCUMENTS
    for line in lines:
        kind, key, text = line.split("\t")
        to, keys = links(kind, key, json.loads(text))
        array = "NULL" if keys is None else "ARRAY[%s]::text[]" % ",".join(map(quote, keys))
        out.append(
            "INSERT INTO core.document (kind, key, version, link_kind, links, doc) VALUES "
            "(%s, %s, nextval('core.document_version'), %s, %s, %s) "
            "ON CONFLICT (kind, key) DO NOTHING;" % (quote(kind), quote(key), quote(to), array, quote(text))
        )
        if kind == "label":
            out.append(
                "INSERT INTO core.label (code, state, reason) VALUES (%s, 'void', 'test') "
                "ON CONFLICT DO NOTHING;" % quote(key)
            )
    out.append("COMMIT;")
    sys.stdout.write("\n".join(out) + "\n")


main()
