#!/usr/bin/python3
"""What qrlabels refuses: the reason in one line, the right status, and nothing half written."""
import os
import random
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import common as c

GOOD = {"code": "0K7M2Q9XH", "name": "锦苑小区7号楼水箱", "place": "广灵四路128弄"}


def refused(what, status, reason, args, data=b"", tmp=None):
    before = sorted(os.listdir(tmp))
    r = c.run(*args, data=data)
    said = r.stderr.decode(errors="replace")
    c.ok(r.returncode == status and reason in said and not r.stdout and
         sorted(os.listdir(tmp)) == before, what, r.returncode, said, os.listdir(tmp))


def pdf(tmp, *extra, base=c.BASE, name="a4-24"):
    return ["pdf", "--base", base, "--template", name, "-o", f"{tmp}/out.pdf", *extra]


with c.folder() as tmp:
    good = c.as_csv([GOOD])
    row = [
        ("a wrong check character", dict(GOOD, code="0K7M2Q9XK"), "row 2: code 0K7M2Q9XK has a wrong"),
        ("no code", dict(GOOD, code=""), 'row 2: code "" is not nine'),
        ("a control byte", dict(GOOD, name="a\x07b"), "row 2: line1: holds U+0007"),
        ("a direction override", dict(GOOD, name="abc\u202egnp"), "row 2: line1: holds U+202E"),
        ("an isolate", dict(GOOD, place="\u2067abc"), "row 2: place: holds U+2067"),
        ("an emoji no font has", dict(GOOD, name="水箱\U0001fae0"), "can draw U+1FAE0"),
        ("a private character", dict(GOOD, name="水\ue123"), "can draw U+E123"),
        ("10,000 characters", dict(GOOD, name="水" * 10000), "row 2: line1: 30000 bytes long"),
        ("many marks", dict(GOOD, name="e" + "\u0301" * 50), "row 2: line1: has more than 8 marks"),
    ]
    for what, r, reason in row:
        refused(f"refused: {what}", 1, reason, pdf(tmp), c.as_csv([r]), tmp)
    many = list(c.rows(200))
    many[150]["name"] = "坏\x00行"
    refused("one bad row of 200 fails the batch and is named", 1, "row 152: line1: holds U+0000",
            pdf(tmp), c.as_csv(many), tmp)
    refused("the same with four threads", 1, "row 152: line1: holds U+0000", pdf(tmp, "-j", "4"),
            c.as_csv(many), tmp)
    refused("a code that stands twice", 1, "row 3: code 0K7M2Q9XH is in the batch already",
            pdf(tmp), c.as_csv([GOOD, GOOD]), tmp)

    tables = [
        ("an empty file", b"", "is empty"), ("only a heading", b"code,name\n", "no row"),
        ("no column code", b"name\nx\n", 'no column "code"'),
        ("an unknown column", b"code,nmae\n", 'unknown column "nmae"'),
        ("a column twice", b"code,name,line1\n", "stands twice"),
        ("too many fields", b"code\n0K7M2Q9XH,x\n", "row 2 has more fields"),
        ("an open quote", b'code,name\n0K7M2Q9XH,"abc\n', "row 2:"),
        ("bytes that are not UTF-8", "code,name\n0K7M2Q9XH,水箱\n".encode("gb18030"),
         "row 2: line1: not UTF-8"),
        ("an endless field", b"code,name\n0K7M2Q9XH,\"" + b"x" * 3000000, "is a quote not closed"),
    ]
    for what, data, reason in tables:
        refused(f"refused: {what}", 1, reason, pdf(tmp), data, tmp)

    refused("refused: localhost", 1, "is this machine itself", pdf(tmp, base="https://localhost"),
            good, tmp)
    refused("refused: a private address", 1, "is a private address (for a try-out: --trial",
            pdf(tmp, base="https://192.168.3.4"), good, tmp)
    refused("refused: http", 1, "https: is wanted", pdf(tmp, base="http://qr.example.gov.cn"), good, tmp)
    refused("refused: a host that is not configured", 1, "is not one of the configured hosts",
            pdf(tmp, "--host", "a.gov.cn", "--host", "b.gov.cn"), good, tmp)
    refused("refused: too long for version 3", 1, "is too long",
            pdf(tmp, base="https://" + "a" * 50 + ".cn"), good, tmp)
    refused("refused: no such template", 1, "`qrlabels templates` lists them",
            pdf(tmp, name="no-such"), good, tmp)
    refused("refused: no such font", 1, 'the font "Nowhere" is not installed',
            pdf(tmp, "--fonts", "Noto Sans CJK SC,Nowhere"), good, tmp)
    refused("refused: a font list without Chinese", 1, "row 2: line1: no font of the list can draw U+9526",
            pdf(tmp, "--fonts", "Noto Sans"), good, tmp)
    refused("refused: a start beyond the sheet", 1, "has 24 positions", pdf(tmp, "--start", "25"), good, tmp)
    refused("refused: a printer nobody measured", 1, "printer profile",
            pdf(tmp, "--printer", f"{tmp}/none.ini"), good, tmp)
    refused("refused: a folder that is not there", 3, "No such file",
            ["pdf", "--base", c.BASE, "--template", "a4-24", "-o", f"{tmp}/no/out.pdf"], good, tmp)
    refused("refused: an input that is not there", 3, "No such file", pdf(tmp, f"{tmp}/in.csv"), b"", tmp)

    bad = [("no command", []), ("an unknown command", ["print"]),
           ("an unknown option", pdf(tmp, "--colour")), ("a wrong order", pdf(tmp, "--order", "x")),
           ("start 0", pdf(tmp, "--start", "0")), ("a wrong skip", pdf(tmp, "--skip", "5-3")),
           ("no base", ["pdf", "--template", "a4-24"]), ("no template", ["pdf", "--base", c.BASE]),
           ("two inputs", pdf(tmp, "a", "b")), ("too many threads", pdf(tmp, "-j", "1000")),
           ("readings without a printer", ["calibrate", "--template", "a4-24", "--read-x", "20,190"]),
           ("half a reading", ["calibrate", "--template", "a4-24", "--read-x", "20"])]
    for what, args in bad:
        refused(f"usage: {what}", 2, "qrlabels: ", args, good, tmp)

    # A template of the office's own, with a mistake in line 7.
    with open(f"{tmp}/own.ini", "w") as f:
        f.write("[template]\nname = own\n[label]\nwidth = 60\nheight = 40\nmargin = 2\nshape = round\n")
    refused("a mistake in a template is named with its line", 1, 'own.ini:7: [label] knows no key "shape"',
            pdf(tmp, name=f"{tmp}/own.ini"), good, tmp)
    with open(f"{tmp}/own.ini", "w") as f:
        f.write("[template]\nname = own\n[label]\nwidth = 60\nheight = 40\nmargin = 2\n"
                "[fields]\nlayout = auto-1\n")
    r = c.run(*pdf(tmp, name=f"{tmp}/own.ini"), data=good)
    c.ok(r.returncode == 0 and os.path.exists(f"{tmp}/out.pdf"), "without it, it is taken", r.stderr)

    # An old file stays whole when a new one fails.
    old = open(f"{tmp}/out.pdf", "rb").read()
    c.run(*pdf(tmp), data=c.as_csv(many))
    c.ok(open(f"{tmp}/out.pdf", "rb").read() == old, "a failed run leaves the old file as it was")
    os.mkdir(f"{tmp}/full")
    open(f"{tmp}/full/x", "w").close()
    refused("a folder with files in it is not overwritten", 3, "new or an empty folder",
            ["png", "--base", c.BASE, "--template", "a4-24", "-o", f"{tmp}/full"], good, tmp)

    # Hostile but printable: fits, or is cut with an ellipsis.
    fine = [dict(GOOD, code=k, name=n) for k, n in zip(c.codes(8), [
        "", " ", "水" * 1300, "W" * 4000, "a\tb\nc", "<script>alert(1)</script>", "=1+1", "()\\)("])]
    r = c.run(*pdf(tmp), data=c.as_csv(fine))
    c.ok(r.returncode == 0, "empty, long, blank and awkward names fit", r.stderr.decode())
    r = c.run(*pdf(tmp), data=b"\xef\xbb\xbf" + good)
    c.ok(r.returncode == 0, "a byte order mark is no column", r.stderr.decode())
    r = c.run(*pdf(tmp), data=good.replace(b",", b"\t"))
    c.ok(r.returncode == 0, "tabs separate too", r.stderr.decode())
    r = c.run(*pdf(tmp), data=good.replace(b",", b";"))
    c.ok(r.returncode == 0, "so do semicolons", r.stderr.decode())

    # Interrupted: the status says so, nothing stays behind.
    os.remove(f"{tmp}/out.pdf")
    before = sorted(os.listdir(tmp))
    p = subprocess.Popen([c.QRLABELS, *pdf(tmp)], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    body = c.as_csv(c.rows(3000))
    p.stdin.write(body[:len(body) // 2])
    p.stdin.flush()
    time.sleep(0.5)
    p.send_signal(signal.SIGTERM)
    try:
        p.stdin.write(body[len(body) // 2:])
        p.stdin.close()
    except BrokenPipeError:
        pass
    err = p.stderr.read().decode()
    c.ok(p.wait() == 3 and "interrupted; nothing was written" in err and
         sorted(os.listdir(tmp)) == before, "SIGTERM leaves nothing behind", p.returncode, err)

    # A full disk.
    if os.path.exists("/dev/full"):
        r = subprocess.run([c.QRLABELS, "pdf", "--base", c.BASE, "--template", "a4-24"],
                           input=good, stdout=open("/dev/full", "w"), stderr=subprocess.PIPE)
        c.ok(r.returncode == 3 and b"No space left" in r.stderr, "a full disk is said", r.stderr)
    # Random bytes: never a crash, never a file.
    rnd = random.Random(5)
    worst = 0
    for i in range(40):
        data = b"code,name\n" + bytes(rnd.randrange(256) for _ in range(rnd.randrange(200)))
        worst = max(worst, c.run(*pdf(tmp), data=data).returncode)
    c.ok(worst == 1 and not os.path.exists(f"{tmp}/out.pdf"), "random bytes are refused", worst)

    r = c.run("templates")
    text = r.stdout.decode()
    c.ok(r.returncode == 0 and text.count("  source: ") >= 34 and "####" in text,
         "templates lists at least 34, with drawings and sources")
    r = c.run("--help")
    c.ok(r.returncode == 0 and b"usage: qrlabels" in r.stdout, "--help helps")
    # The ruler's readings become a profile, which is kept by stock.
    for stock in ("a4-24", "avery-l7160"):
        r = c.run("calibrate", "--template", stock, "--printer", f"{tmp}/p.ini", "--read-x",
                  "21.0,191.5", "--read-y", "19.5,276")
        c.ok(r.returncode == 0, f"readings are kept for {stock}", r.stderr.decode())
    text = open(f"{tmp}/p.ini").read()
    c.ok("[a4-24]" in text and "[avery-l7160]" in text and "scale_x = 0.997067" in text, "in one file", text)
c.done()
