#!/usr/bin/python3
"""PNG, SVG and ZPL: read back by others, decoded, whole dots, quiet zone."""
import os
import re
import struct
import subprocess
import sys
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import common as c
import numpy as np


def png(path):
    """1-bit grey PNG as an array, and its dots per metre: read here by hand, every chunk's CRC
    checked."""
    data = open(path, "rb").read()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, rows, head, phys = 8, b"", None, None
    while at < len(data):
        n, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + n]
        assert struct.unpack(">I", data[at + 8 + n:at + 12 + n])[0] == zlib.crc32(kind + body)
        at += 12 + n
        if kind == b"IHDR":
            head = struct.unpack(">IIBBBBB", body)
        elif kind == b"pHYs":
            phys = struct.unpack(">IIB", body)
        elif kind == b"IDAT":
            rows += body
    w, h, depth, colour = head[:4]
    assert (depth, colour) == (1, 0)
    rows = zlib.decompress(rows)
    stride = (w + 7) // 8
    out, last = [], bytes(stride)
    for y in range(h):
        f, line = rows[y * (stride + 1)], rows[y * (stride + 1) + 1:(y + 1) * (stride + 1)]
        if f == 2:
            line = bytes((a + b) & 255 for a, b in zip(line, last))
        assert f in (0, 2)
        out.append(np.unpackbits(np.frombuffer(line, np.uint8))[:w])
        last = line
    return np.array(out, np.uint8) * 255, phys


def zpl(text):
    """The graphic field of each label (ZPL II, ^GFA with its run lengths)."""
    for total, rowbytes, body in re.findall(r"\^GFA,\d+,(\d+),(\d+),(.*?)\^FS", text):
        digits, rows, line, count = int(rowbytes) * 2, [], "", 0
        for ch in body:
            if ch in "GHIJKLMNOPQRSTUVWXY":
                count += ord(ch) - ord("G") + 1
                continue
            if "g" <= ch <= "z":
                count += (ord(ch) - ord("g") + 1) * 20
                continue
            if ch == ",":
                line = line.ljust(digits, "0")
            elif ch == "!":
                line = line.ljust(digits, "F")
            elif ch == ":":
                line = rows[-1]
            else:
                line += ch * max(count, 1)
            count = 0
            assert len(line) <= digits, len(line)
            if len(line) == digits:
                rows.append(line)
                line = ""
        assert len(rows) * int(rowbytes) == int(total)
        bits = np.unpackbits(np.frombuffer(bytes.fromhex("".join(rows)), np.uint8))
        yield 255 - bits.reshape(len(rows), -1) * 255


def whole_dots(image, box, dpi):
    """Edges of the symbol lie on one grid of whole dots; returns the module in dots, or None."""
    dark = c.cut(image, box, dpi) < 128
    ys, xs = dark.any(1).nonzero()[0], dark.any(0).nonzero()[0]
    symbol = dark[ys[0]:ys[-1] + 1, xs[0]:xs[-1] + 1]
    edges = np.unique(np.concatenate([np.diff(r.astype(int)).nonzero()[0] + 1 for r in symbol]))
    m = int(np.gcd.reduce(np.append(edges, symbol.shape[1])))
    return m if symbol.shape[0] == symbol.shape[1] and symbol.shape[1] // m in (25, 29) else None


def raster_tests(tmp, name, dpi):
    rows = list(c.rows(12))
    out = f"{tmp}/{name}-{dpi}"
    r = c.run("png", "--dpi", str(dpi), "--base", c.BASE, "--template", name, "-o", out,
              data=c.as_csv(rows))
    c.ok(r.returncode == 0, f"{name} at {dpi} dpi: PNG files are made", r.stderr.decode())
    c.ok(sorted(os.listdir(out)) == sorted(x["code"] + ".png" for x in rows),
         "one file a label, named by its code")
    t = c.template(name)
    q = [float(t["qr"][k]) for k in ("x", "y", "size")]
    good, modules = 0, set()
    for x in rows:
        image, phys = png(f"{out}/{x['code']}.png")
        size = (round(float(t["label"]["width"]) * dpi / 25.4),
                round(float(t["label"]["height"]) * dpi / 25.4))
        good += (image.shape[::-1] == size and phys == (round(dpi / .0254),) * 2 + (1,) and
                 c.zbar(image) == c.zxing(image) == c.url(x["code"]))
        modules.add(whole_dots(image, (q[0], q[1], q[2], q[2]), dpi))
    c.ok(good == 12, "right size, right pHYs, both decoders read each", good)
    c.ok(len(modules) == 1 and None not in modules, f"modules are whole dots: {modules}")
    c.ok(min(modules) * 25.4 / dpi >= 0.33, "and not too small")


with c.folder() as tmp:
    raster_tests(tmp, "avery-l7160", 300)
    raster_tests(tmp, "roll-60x40", 203)
    raster_tests(tmp, "stairwell-a4-8", 600)

    rows = list(c.rows(30))
    for name in ("roll-40x30", "roll-80x50"):
        r = c.run("zpl", "--base", c.BASE, "--template", name, data=c.as_csv(rows))
        images = list(zpl(r.stdout.decode()))
        c.ok(r.returncode == 0 and len(images) == 30, f"{name}: ZPL of 30 labels", r.stderr.decode())
        c.ok(all(c.zxing(i) == c.zbar(i) == c.url(x["code"]) for i, x in zip(images, rows)),
             "both decoders read each graphic field")
        c.ok(r.stdout.count(b"^XA") == r.stdout.count(b"^XZ") == 30, "one ^XA .. ^XZ a label")

    out = f"{tmp}/svg"
    r = c.run("svg", "--base", c.BASE, "--template", "stairwell-a4-8", "-o", out,
              data=c.as_csv(rows[:3]))
    c.ok(r.returncode == 0, "SVG files are made", r.stderr.decode())
    import xml.etree.ElementTree as ET
    for x in rows[:3]:
        root = ET.parse(f"{out}/{x['code']}.svg").getroot()
        c.ok(root.get("width") == "99.1mm" and root.get("viewBox") == "0 0 99100 67700",
             "an SVG is well-formed and says its size in mm")
        c.ok(not root.findall(".//{*}text") and not root.findall(".//{*}image"),
             "it needs no font: letters are outlines")
        # The code drawn here from its path data, and read.
        path = next(p for p in root.iter("{http://www.w3.org/2000/svg}path")
                    if p.get("shape-rendering") == "crispEdges")
        image = np.full((37 * 6, 37 * 6), 255, np.uint8)
        for px, py, w in re.findall(r"M(\d+),(\d+)h(\d+)v1h-\d+z", path.get("d")):
            px, py, w = int(px), int(py), int(w)
            image[(py + 4) * 6:(py + 5) * 6, (px + 4) * 6:(px + 4 + w) * 6] = 0
        c.ok(c.zxing(image) == c.zbar(image) == c.url(x["code"]), "its code is read")
c.done()
