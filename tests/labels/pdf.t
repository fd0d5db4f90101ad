#!/usr/bin/python3
"""The PDF as others read it: qpdf, pdffonts, pdftotext; its size; the same bytes again."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import common as c

HARD = [
    "上海市虹口区凉城新村街道广灵四路锦苑小区", "Donaudampfschifffahrtsgesellschaft",
    "\U00020bb7野家", "\u364d河路", "\U0002a6a5庙", "\U0002b81b井", "ལྷ་ས་གྲོང་ཁྱེར།",
    "ᠥᠪᠦᠷ ᠮᠣᠩᠭᠣᠯ", "ئۈرۈمچى شەھىرى، غەربىي شىمال يولى", "لالازار ئالا", "ꆈꌠꉙ ꀊꃀ",
    "Gvangjsih Bouxcuengh Swcigih", "《金色家园》（二期）“东苑”——8、9号楼。", "AVATAR Tofu 1.5 m³ ½ №7",
    "é ñ ü ǎ", "e\u0301a\u0301", "ﬁne oﬃce",
]


def tool(*args):
    return subprocess.run(args, capture_output=True)


def squeeze(s):
    return re.sub(r"\s", "", s)


def make(tmp, rows, *extra, name="a4-24", out="x.pdf"):
    path = f"{tmp}/{out}"
    r = c.run("pdf", "--base", c.BASE, "--template", name, "-o", path, *extra, data=c.as_csv(rows))
    assert r.returncode == 0, r.stderr.decode()
    return path


def sound(path, what):
    r = tool("qpdf", "--check", path)
    c.ok(r.returncode == 0 and b"WARNING" not in r.stdout + r.stderr, f"{what}: qpdf is content",
         r.stdout + r.stderr)
    lines = tool("pdffonts", path).stdout.decode().splitlines()[2:]
    c.ok(lines and all(re.search(r" yes yes yes ", x) for x in lines),
         f"{what}: every font embedded, subset, with a ToUnicode table", "\n".join(lines))
    c.ok(all(re.match(r"[A-Z]{6}\+", x) for x in lines), f"{what}: fonts are named as subsets", lines)
    errors = tool("pdftoppm", "-r", "30", path, path + ".ppm").stderr
    c.ok(not errors, f"{what}: poppler draws it without a word", errors)


def said(path, rows, what, keys):
    text = squeeze(tool("pdftotext", "-raw", path, "-").stdout.decode())
    missing = [r[k] for r in rows for k in keys if squeeze(r[k]) not in text]
    c.ok(not missing, f"{what}: pdftotext reads what was asked for", missing[:5], text[:600])
    return text


def rtl(s):
    return any("\u0590" <= ch <= "\u08ff" for ch in s)


def right_to_left(path, names):
    """Words from the right, ligatures among them, come out in reading order."""
    text = tool("pdftotext", path, "-").stdout.decode()
    text = re.sub("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", "", text)
    words = [w for n in names for w in re.split(r"[\s،]+", n)]
    missing = [w for w in words if w not in text]
    c.ok(len(words) > 4 and not missing, "words from right to left are read", missing, text)


def sizes(tmp):
    """Bytes a label beyond the fonts: the slope between two batches with the same letters."""
    n = 2400
    rows = [dict(r, name="锦苑小区七号楼水箱", place="广灵四路一百二十八弄") for r in c.rows(2 * n)]
    names = list(c.rows(2 * n))
    for r, other in zip(rows, names):  # real names, from one fixed set of letters
        r["name"] = other["name"]
        r["place"] = other["place"]
    small = make(tmp, rows[:n] + [dict(r, code=k) for r, k in zip(rows[n:], c.codes(n, 99))][:0],
                 "--no-preflight", out="s.pdf")
    large = make(tmp, rows, "--no-preflight", out="l.pdf")
    fonts = 0
    for path, sign in ((small, -1), (large, 1)):
        fonts += sign * embedded(path)
    per = (os.path.getsize(large) - os.path.getsize(small) - fonts) / n
    c.ok(per <= 450, f"{per:.0f} bytes a label beyond the fonts (450 allowed)")


def embedded(path):
    """Bytes of the font objects: everything behind the last page."""
    data = open(path, "rb").read()
    last = data.rindex(b"/Type/Page/Parent")
    end = data.index(b"endobj", last)
    return data.rindex(b"\nxref\n") - end


with c.folder() as tmp:
    rows = list(c.rows(240))
    path = make(tmp, rows)
    sound(path, "names of buildings")
    text = said(path, rows, "names of buildings", ("name", "place", "line2", "spot"))
    groups = [re.sub(r"(...)(...)(...)", r"\1\2\3", r["code"]) for r in rows]
    c.ok(all(g in text for g in groups), "each code stands in clear")
    raw = tool("pdftotext", "-raw", path, "-").stdout.decode()
    c.ok(f"{rows[0]['code'][:3]} {rows[0]['code'][3:6]} {rows[0]['code'][6:]}" in raw,
         "in groups of three")
    c.ok(text.count("qr.example.gov.cn") == 240, "each label says whose address it is")
    data = open(path, "rb").read()
    c.ok(b"/PrintScaling/None" in data, "the viewer is asked not to scale")
    c.ok(b"CreationDate" not in data and b"/ID" not in data, "no date, no random identifier")
    again = make(tmp, rows, "-j", "3", out="y.pdf")
    c.ok(open(again, "rb").read() == data, "the same bytes with three threads")
    for w in ("合格", "不合格", "pass", "fail", "逾期", "overdue"):
        c.ok(w not in text, f"no result on a sticker: {w}")

    codes = list(c.codes(len(HARD)))
    hard = [{"code": k, "name": h, "place": h} for k, h in zip(codes, HARD)]
    path = make(tmp, hard, name="avery-l7165", out="hard.pdf")
    sound(path, "hard names")
    said(path, [h for h in hard if not rtl(h["name"])], "hard names", ("name", "place"))
    right_to_left(path, [h["name"] for h in hard if rtl(h["name"])])

    long = [{"code": codes[0], "name": "甲" + "水" * 300 + "乙", "place": "x"}]
    path = make(tmp, long, out="long.pdf")
    text = squeeze(tool("pdftotext", "-raw", path, "-").stdout.decode())
    c.ok("…" in text and "乙" not in text and text.count("水") < 80,
         "what an ellipsis hides is not in the text layer", text)

    path = f"{tmp}/trial.pdf"
    r = c.run("pdf", "--trial", "--base", "http://192.168.1.20:8080", "--template", "avery-l7160",
              "-o", path, data=c.as_csv(rows[:3]))
    text = squeeze(tool("pdftotext", "-raw", path, "-").stdout.decode())
    c.ok(text.count("试用trial192.168.1.20:8080") == 3, "a trial label says so beside its host", text)
    c.ok("TRIAL" in text, "and so does the sheet")

    path = f"{tmp}/cal.pdf"
    r = c.run("calibrate", "--template", "avery-l7160", "-o", path)
    c.ok(r.returncode == 0, "a calibration page is made", r.stderr)
    sound(path, "calibration page")
    sizes(tmp)
c.done()
