"""Shared by the tests of this folder: rows, rasters, decoders, TAP.

Decoders: libzbar through ctypes (the library qrlabels itself links) and zxing-cpp through
python3-zxing-cpp, which brings numpy."""
import configparser
import csv
import ctypes
import ctypes.util
import io
import os
import random
import subprocess
import sys
import tempfile

import numpy as np
import zxingcpp

B = os.environ.get("B", "build/release")
QRLABELS = os.path.join(B, "qrlabels")
BASE = "https://qr.example.gov.cn"
ALL = bool(os.environ.get("TEST_ALL"))
DATA = "../shared/data/shanghai-buildings.csv"
ISO = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

_count = 0
_bad = 0


def ok(good, what, *why):
    global _count, _bad
    _count += 1
    _bad += not good
    print(f"{'ok' if good else 'not ok'} {_count} - {what}")
    if not good:
        for w in why:
            print("# " + str(w)[:2000].replace("\n", "\n# "))
    sys.stdout.flush()
    return good


def note(text):
    print("# " + text)


def done():
    print(f"1..{_count}")
    sys.exit(1 if _bad else 0)


def check(eight):
    """ISO 7064 MOD 37-2, written once more, so that the C code has a second opinion."""
    p = 0
    for c in eight:
        p = (p + ISO.index(c)) * 2 % 37
    return ISO[(38 - p) % 37]


def codes(n, seed=7):
    r = random.Random(seed)
    seen = set()
    while len(seen) < n:
        s = "".join(r.choice(LETTERS) for _ in range(8))
        if s not in seen and check(s) in LETTERS:
            seen.add(s)
            yield s + check(s)


def buildings():
    if os.path.exists(DATA):
        with open(DATA, encoding="utf-8-sig", newline="") as f:
            return [(r["name"], r["address"]) for r in csv.DictReader(f)]
    r = random.Random(3)
    roads = ["广灵四路", "凉城路", "车站北路", "水电路", "奎照路", "万安路", "丰镇路", "汶水东路"]
    yards = ["锦苑小区", "文苑二村", "复旦公寓", "黄山始信苑", "逸仙华庭", "凉城公寓（三期）"]
    return [(f"{r.choice(yards)}{i}栋", f"{r.choice(roads)}{r.randint(1, 2400)}弄{i % 90 + 1}号")
            for i in range(1500)]


def rows(n, seed=7):
    """n rows as dicts; names and addresses repeat over the buildings of a yard."""
    b = buildings()
    for i, c in enumerate(codes(n, seed)):
        name, address = b[i // 6 % len(b)]
        yield {"code": c, "name": name, "place": address, "line2": f"{i % 6 + 1}号楼屋顶水箱",
               "spot": f"{i % 3 + 1}层楼梯间"}


def as_csv(some):
    some = list(some)
    out = io.StringIO()
    w = csv.DictWriter(out, list(some[0]))
    w.writeheader()
    w.writerows(some)
    return out.getvalue().encode()


def run(*args, data=b"", env=None):
    e = dict(os.environ, **(env or {}))
    return subprocess.run([QRLABELS, *args], input=data, capture_output=True, env=e)


def folder():
    return tempfile.TemporaryDirectory(prefix="qrlabels-test-")


def template(name):
    """The template with every field written out."""
    r = run("templates", "--template", name, "--show")
    assert r.returncode == 0, r.stderr
    c = configparser.ConfigParser(delimiters=("=",), comment_prefixes=(";",))
    c.read_string(r.stdout.decode())
    return c


def positions(t):
    """(x, y, w, h) in mm of each position, row by row."""
    g, label = t["grid"], t["label"]
    for r in range(int(g["rows"])):
        for c in range(int(g["columns"])):
            yield (float(g["left"]) + c * float(g["pitch_x"]),
                   float(g["top"]) + r * float(g["pitch_y"]),
                   float(label["width"]), float(label["height"]))


def pgm(data):
    """A binary PGM as an array."""
    head, rest = [], data
    while len(head) < 4:
        line, rest = rest.split(b"\n", 1)
        head += line.split()
    w, h = int(head[1]), int(head[2])
    return np.frombuffer(rest, np.uint8, w * h).reshape(h, w)


def page(pdf, number, dpi):
    out = subprocess.run(["pdftoppm", "-gray", "-r", str(dpi), "-f", str(number), "-l",
                          str(number), pdf], capture_output=True, check=True).stdout
    return pgm(out)


def cut(image, box, dpi):
    x, y, w, h = (v * dpi / 25.4 for v in box)
    return np.ascontiguousarray(image[round(y):round(y + h), round(x):round(x + w)])


_zbar = ctypes.CDLL(ctypes.util.find_library("zbar"))
for _f in ("zbar_image_scanner_create", "zbar_image_create", "zbar_image_first_symbol"):
    getattr(_zbar, _f).restype = ctypes.c_void_p
_zbar.zbar_symbol_get_data.restype = ctypes.c_char_p
_scanner = ctypes.c_void_p(_zbar.zbar_image_scanner_create())


def zbar(image):
    """What libzbar reads, or None."""
    image = np.ascontiguousarray(image, np.uint8)
    h, w = image.shape
    i = ctypes.c_void_p(_zbar.zbar_image_create())
    _zbar.zbar_image_set_format(i, ctypes.c_ulong(0x30303859))
    _zbar.zbar_image_set_size(i, w, h)
    _zbar.zbar_image_set_data(i, image.ctypes.data_as(ctypes.c_void_p), ctypes.c_ulong(w * h), None)
    n = _zbar.zbar_scan_image(_scanner, i)
    text = None
    if n > 0:
        s = ctypes.c_void_p(_zbar.zbar_image_first_symbol(i))
        text = _zbar.zbar_symbol_get_data(s).decode()
    _zbar.zbar_image_destroy(i)
    return text


def zxing(image):
    """What zxing-cpp reads, or None."""
    found = zxingcpp.read_barcodes(np.ascontiguousarray(image, np.uint8))
    return found[0].text if len(found) == 1 else None


def url(code):
    return f"{BASE.upper()}/{code}"
