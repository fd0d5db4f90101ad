#!/usr/bin/env python3
"""What must come out of New York's file, counted without the program that is tested.

    nyc_count.py FILE.csv      one line a count, as in tests/data/golden/nyc-tanks.txt

Reads the table by itself, by the description of the data and nothing else: locations stand one
column to the right from LATITUDE on, a tank is BIN + TANK_NUM (with a BIN ending in 000000 also
its address), a row is a record or refused by name.
"""
import collections
import csv
import datetime
import re
import sys

ITEMS = {
    "COLIFORM": "total_coliform", "ECOLI": "e_coli",
    "GI_RESULT_INTERNAL_STRUCTURE": "internal_structure",
    "GI_RESULT_EXTERNAL_STRUCTURE": "external_structure",
    "GI_RESULT_OVERFLOW_PIPES": "overflow_pipes",
    "GI_RESULT_ACCESS_LADDERS": "access_ladders",
    "GI_RESULT_AIR_VENTS": "air_vents", "GI_RESULT_ROOF_ACCESS": "roof_access",
    "SI_RESULT_SEDIMENT": "sediment", "SI_RESULT_BIOLOGICAL_GROWTH": "biological_growth",
    "SI_RESULT_DEBRIS_INSECTS": "debris_insects", "SI_RESULT_RODENT_BIRD": "rodent_bird",
}
WORDS = {"A": "absent", "P": "present", "N": "no_finding"}
BOARDS = {"MANHATTAN": 12, "BRONX": 12, "BROOKLYN": 18, "QUEENS": 14, "STATEN ISLAND": 3}


def plain(text):
    return re.sub(r"[^A-Z0-9]", "", text.upper())


def tank(row):
    if row["BIN"].endswith("000000"):
        where = "-".join(plain(row[c]) for c in ("HOUSE_NUM", "STREET_NAME", "BOROUGH"))
        return (row["BIN"], where, row["TANK_NUM"])
    return (row["BIN"], row["TANK_NUM"])


def why_not(row, seen, cells):
    """The reason a row is refused, or None."""
    if len(cells) > len(row) + 1:
        return "too_many_cells"
    if row["INSPECTION_PERFORMED"] != "Y":
        return "not_inspected"
    if not row["INSPECTION_DATE"]:
        return "no_date"
    if row["INSPECTION_DATE"] == "01/01/1900":
        return "placeholder_date"
    try:
        day = datetime.datetime.strptime(row["INSPECTION_DATE"], "%m/%d/%Y").date()
    except ValueError:
        return "bad_date"
    if any(row[c] and (row[c] not in WORDS or (c in ("COLIFORM", "ECOLI") and row[c] == "N"))
           for c in ITEMS):
        return "unknown_value"
    if day > datetime.date.today() + datetime.timedelta(days=1):
        return "date_in_future"
    key = (row["CONFIRMATION_NUM"], row["TANK_NUM"])
    if key in seen:
        return "duplicate_row" if seen[key] == says(row) else "duplicate_key"
    seen[key] = says(row)
    return None


def says(row):
    """What of a row becomes part of the record."""
    return [tank(row)] + [" ".join(row[c].split()) for c in list(ITEMS) + [
        "INSPECTION_DATE", "INSPECTION_BY_FIRM", "LAB_NAME", "CONFIRMATION_NUM",
        "REPORTING_YEAR", "SAMPLE_COLLECTED", "NYS_CERTIFIED", "MEET_STANDARDS"]]


def flags(row):
    if row["COLIFORM"] == "A" and row["ECOLI"] == "P":
        yield "contradiction:coliform_ecoli"
    bad = "P" in (row["COLIFORM"], row["ECOLI"])
    if (row["MEET_STANDARDS"] == "Y" and bad) or (
            row["MEET_STANDARDS"] == "N" and row["COLIFORM"] == row["ECOLI"] == "A"):
        yield "contradiction:meets_standards"
    if row["NYS_CERTIFIED"] == "N":
        yield "not_certified_lab"


def main(path):
    count = collections.Counter()
    tanks, places, seen = set(), set(), {}
    with open(path, encoding="utf-8-sig", newline="") as f:
        rows = csv.reader(f)
        header = next(rows)
        for cells in rows:
            row = dict(zip(header, (c.strip() for c in cells + [""] * len(header))))
            count["rows"] += 1
            reason = why_not(row, seen, cells)
            if reason != "too_many_cells":
                tanks.add(tank(row))
                places.add(tank(row)[:-1])
            if reason:
                count["refused " + reason] += 1
                continue
            count["records"] += 1
            for flag in flags(row):
                count["flag " + flag] += 1
            if "P" in (row["COLIFORM"], row["ECOLI"]):
                count["verdict fail"] += 1
            for column, item in ITEMS.items():
                if row[column]:
                    count["result %s %s" % (item, WORDS[row[column]])] += 1
    count["facilities"], count["places"] = len(tanks), len(places)
    for name in sorted(count):
        print(name, count[name])


main(sys.argv[1])
