"""The same sheet with reportlab and segno: FONT OUT < rows."""
import sys

import segno
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas

pdfmetrics.registerFont(TTFont("F", sys.argv[1]))
c = canvas.Canvas(sys.argv[2], pagesize=(210 * mm, 297 * mm))
for n, line in enumerate(sys.stdin):
    url, *texts = line.rstrip("\n").split("\t")
    if n and n % 24 == 0:
        c.showPage()
    x, y, m = n % 3 * 70 * mm, (296.5 - n % 24 // 3 * 37) * mm, 0.804 * mm
    path = c.beginPath()
    for r, row in enumerate(segno.make_qr(url, version=3, error="h", boost_error=False).matrix):
        at = 0
        while at < len(row):
            to = at + 1
            while to < len(row) and row[to] == row[at]:
                to += 1
            if row[at]:
                path.rect(x + 6.8 * mm + at * m, y - 6.8 * mm - (r + 1) * m, (to - at) * m, m)
            at = to
    c.drawPath(path, stroke=0, fill=1)
    c.setFont("F", 8)
    for i, t in enumerate(texts):
        c.drawString(x + 34 * mm, y - (8 + 5 * i) * mm, t)
c.save()
