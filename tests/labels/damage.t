#!/usr/bin/python3
"""Stickers after a year in a stairwell: covered, blurred, tilted, in glare, faded; zxing-cpp must
still read them.  Symbols come from the rasterised page, at 200 dpi (about 6 px a module)."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import common as c
import numpy as np

N = 240 if c.ALL else 72
DPI = 200
rnd = np.random.RandomState(11)


def symbol(image):
    """Left, top and side of the dark square."""
    dark = image < 128
    ys, xs = dark.any(1).nonzero()[0], dark.any(0).nonzero()[0]
    return xs[0], ys[0], xs[-1] - xs[0] + 1


def sticker(part):
    def f(image):
        x, y, side = symbol(image)
        s = side * part ** 0.5
        a = int(round(x + (side - s) / 2)), int(round(y + (side - s) / 2))
        out = image.copy()
        out[a[1]:a[1] + int(round(s)), a[0]:a[0] + int(round(s))] = rnd.choice([70, 128, 200])
        return out
    return f


def blur(sigma):
    k = np.exp(-np.arange(-8, 9) ** 2 / (2 * sigma ** 2))
    k /= k.sum()

    def f(image):
        v = np.pad(image.astype(float), 8, mode="edge")
        v = np.apply_along_axis(lambda r: np.convolve(r, k, "valid"), 1, v)
        v = np.apply_along_axis(lambda r: np.convolve(r, k, "valid"), 0, v)
        return v.astype(np.uint8)
    return f


def tilt(degrees):
    """Seen from the side by a camera three symbols away, turned about the vertical axis."""
    a = np.radians(degrees)

    def f(image):
        h, w = image.shape
        far = 3.0 * w
        yy, xx = np.mgrid[0:h, 0:w].astype(float)
        u, v = (xx - w / 2) / far, (yy - h / 2) / far  # ray through the pixel
        t = far / (np.cos(a) - u * np.sin(a))  # to the turned plane
        sx, sy = u * t + w / 2, v * t * (np.cos(a)) + h / 2
        return bilinear(image, sx, sy)
    return f


def bilinear(image, sx, sy):
    h, w = image.shape
    p = np.pad(image.astype(float), 1, constant_values=255)
    sx, sy = np.clip(sx, -1, w - 0.001) + 1, np.clip(sy, -1, h - 0.001) + 1
    x0, y0 = sx.astype(int), sy.astype(int)
    fx, fy = sx - x0, sy - y0
    top = p[y0, x0] * (1 - fx) + p[y0, x0 + 1] * fx
    low = p[y0 + 1, x0] * (1 - fx) + p[y0 + 1, x0 + 1] * fx
    return (top * (1 - fy) + low * fy).astype(np.uint8)


def spot(image, part):
    """Distance from a spot's middle, anywhere in the inner half of the symbol, and the radius that
    covers that part of the symbol."""
    x, y, side = symbol(image)
    cx, cy = x + side * rnd.uniform(.3, .7), y + side * rnd.uniform(.3, .7)
    yy, xx = np.mgrid[0:image.shape[0], 0:image.shape[1]]
    return np.hypot(xx - cx, yy - cy), side * (part / np.pi) ** 0.5


def glare(part):
    """Light added to the picture, falling off smoothly, at least half of full white over that
    part of the symbol."""
    def f(image):
        d, r = spot(image, part)
        light = 225 * np.exp(-(d / r) ** 2 * np.log(2))
        return np.minimum(255, image * 0.75 + 30 + light).astype(np.uint8)
    return f


def hole(part):
    """A white disc with a hard edge: nothing is left under it."""
    def f(image):
        d, r = spot(image, part)
        return np.where(d < r, 255, image).astype(np.uint8)
    return f


def fade(contrast):
    return lambda image: (128 + (image.astype(float) - 128) * contrast).astype(np.uint8)


def turn(degrees):
    a = np.radians(degrees)

    def f(image):
        h, w = image.shape
        yy, xx = np.mgrid[0:h, 0:w].astype(float)
        xx, yy = xx - w / 2, yy - h / 2
        return bilinear(image, xx * np.cos(a) - yy * np.sin(a) + w / 2,
                        xx * np.sin(a) + yy * np.cos(a) + h / 2)
    return f


CASES = [("as printed", lambda i: i, 100), ("a sticker of 10 % over the centre", sticker(.10), 100),
         ("a sticker of 15 % over the centre", sticker(.15), 80), ("blur, sigma 2 px", blur(2), 100),
         ("tilt of 45 degrees", tilt(45), 100), ("turned by 17 degrees", turn(17), 100),
         ("glare over 15 %", glare(.15), 90), ("25 % contrast", fade(.25), 100)]

with c.folder() as tmp:
    rows = list(c.rows(N))
    pdf = f"{tmp}/d.pdf"
    r = c.run("pdf", "--no-preflight", "--base", c.BASE, "--template", "a4-24", "-o", pdf,
              data=c.as_csv(rows))
    c.ok(r.returncode == 0, f"{N} labels are made", r.stderr.decode())
    t = c.template("a4-24")
    q = [float(t["qr"][k]) for k in ("x", "y", "size")]
    crops = []
    for n in range(0, N, 24):
        image = c.page(pdf, n // 24 + 1, DPI)
        crops += [c.cut(image, (x + q[0], y + q[1], q[2], q[2]), DPI)
                  for x, y, _, _ in c.positions(t)]
    for part in (.10, .15):
        texts = [c.zxing(hole(part)(i)) for i in crops[:N]]
        good = sum(a == c.url(r["code"]) for a, r in zip(texts, rows))
        c.note(f"a white disc over {part:.0%}, for the record: {good * 100 / N:.1f} % read")
    for what, harm, want in CASES:
        texts = [c.zxing(harm(i)) for i in crops[:N]]
        good = sum(a == c.url(r["code"]) for a, r in zip(texts, rows))
        wrong = sum(a is not None and a != c.url(r["code"]) for a, r in zip(texts, rows))
        c.ok(good * 100 >= want * N, f"{what}: {good * 100 / N:.1f} % read ({want} wanted)")
        c.ok(wrong == 0, f"{what}: never a wrong text")
c.done()
