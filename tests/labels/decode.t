#!/usr/bin/python3
"""Every code of a batch, cut from the rasterised pages label by label, in two decoders; and where
things stand on the paper.  240 labels, with TEST_ALL 10,000.  timeout: 3000"""
import os
import resource
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import common as c

DPI = 200


def decode_all(tmp, n, name):
    pdf = f"{tmp}/{name}.pdf"
    rows = list(c.rows(n))
    start = time.monotonic()
    r = c.run("pdf", "--base", c.BASE, "--template", name, "-o", pdf, data=c.as_csv(rows))
    took, mib = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    if n >= 240:  # before anything larger was started here
        c.ok(took < 120 and mib < 256, f"{name}: {n} labels within 120 s and 256 MiB ({took:.1f} s, {mib} MiB)")
    if not c.ok(r.returncode == 0, f"{name}: {n} labels are made and proved", r.stderr.decode()):
        return
    spots = list(c.positions(c.template(name)))
    missed = {"zbar": [], "zxing": []}
    for first in range(0, n, len(spots)):
        image = c.page(pdf, first // len(spots) + 1, DPI)
        for row, box in zip(rows[first:], spots):
            crop = c.cut(image, box, DPI)
            for decoder in (c.zbar, c.zxing):
                if decoder(crop) != c.url(row["code"]):
                    missed[decoder.__name__].append(row["code"])
    for who, codes in missed.items():
        c.ok(not codes, f"{name}: {who} reads all {n} at {DPI} dpi", len(codes), codes[:10])


def places(tmp, name):
    """The symbols' outlines against the template, at 600 dpi: at most 0.1 mm."""
    pdf = f"{tmp}/{name}-place.pdf"
    t = c.template(name)
    spots = list(c.positions(t))
    c.run("pdf", "--no-preflight", "--base", c.BASE, "--template", name, "-o", pdf,
          data=c.as_csv(c.rows(len(spots))))
    image = c.page(pdf, 1, 600)
    qx, qy, size = (float(t["qr"][k]) for k in ("x", "y", "size"))
    worst = 0
    for x, y, w, h in spots:
        dark = c.cut(image, (x + qx, y + qy, size, size), 600) < 128
        ys, xs = dark.any(1).nonzero()[0], dark.any(0).nonzero()[0]
        cx = (round((x + qx) * 600 / 25.4) + (xs[0] + xs[-1] + 1) / 2) * 25.4 / 600
        cy = (round((y + qy) * 600 / 25.4) + (ys[0] + ys[-1] + 1) / 2) * 25.4 / 600
        worst = max(worst, abs(cx - x - qx - size / 2), abs(cy - y - qy - size / 2))
        worst = max(worst, abs((xs[-1] - xs[0]) - (ys[-1] - ys[0])) * 25.4 / 600)
    c.ok(worst <= 0.1, f"{name}: symbols stand within 0.1 mm (worst {worst:.3f})")


def profile(tmp):
    """A printer's correction moves and scales the page as it says."""
    ini = f"{tmp}/p.ini"
    with open(ini, "w") as f:
        f.write("[a4-24]\ndx = 1.5\ndy = -0.75\nscale_x = 1.004\nscale_y = 0.996\n")
    images = []
    for extra in ([], ["--printer", ini]):
        pdf = f"{tmp}/prof.pdf"
        c.run("pdf", "--no-preflight", "--base", c.BASE, "--template", "a4-24", "-o", pdf, *extra,
              data=c.as_csv(c.rows(24)))
        dark = c.page(pdf, 1, 600) < 128
        xs, ys = dark.any(0).nonzero()[0], dark.any(1).nonzero()[0]
        images.append([v * 25.4 / 600 for v in (xs[0], ys[0], xs[-1], ys[-1])])
    (x0, y0, x1, y1), (u0, v0, u1, v1) = images
    wrong = max(abs(u0 - 1.5 - x0 * 1.004), abs(u1 - 1.5 - x1 * 1.004),
                abs(v0 + 0.75 - y0 * 0.996), abs(v1 + 0.75 - y1 * 0.996))
    c.ok(wrong <= 0.1, f"a printer profile is applied within 0.1 mm (worst {wrong:.3f})", images)


def used_sheet(tmp):
    """--start, --skip and --order put labels where they belong and nowhere else."""
    pdf = f"{tmp}/used.pdf"
    rows = list(c.rows(5))
    r = c.run("pdf", "--base", c.BASE, "--template", "a4-24", "-o", pdf, "--start", "7", "--skip",
              "10,13-16", "--order", "column", data=c.as_csv(rows))
    image = c.page(pdf, 1, DPI)
    got = {}
    for i, box in enumerate(c.positions(c.template("a4-24"))):
        crop = c.cut(image, box, DPI)
        text = c.zxing(crop)
        if text or (crop < 128).any():
            got[i + 1] = text
    want = dict(zip([7, 19, 22, 2, 5], (c.url(x["code"]) for x in rows)))
    c.ok(got == want, "a used sheet is continued at its free positions", got, want)
    c.ok(b"next free position: 8" in r.stderr, "the next free position is proposed", r.stderr)


with c.folder() as tmp:
    decode_all(tmp, 10000 if c.ALL else 240, "a4-24")
    decode_all(tmp, 48, "stairwell-a4-8")
    decode_all(tmp, 60, "avery-5160")
    for name in ("plate-120", "poster-a4", "roll-40x30", "roll-60x80", "brother-62x29"):
        decode_all(tmp, 2, name)
    for name in ("a4-24", "avery-l7160", "avery-5160", "stairwell-a4-8"):
        places(tmp, name)
    profile(tmp)
    used_sheet(tmp)
c.done()
