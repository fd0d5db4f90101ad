// The same sheet with pdfkit and qrcode: FONT OUT < rows.
const fs = require("fs"), PDF = require("pdfkit"), QR = require("qrcode");
const [font, out] = process.argv.slice(2), mm = 72 / 25.4;
const doc = new PDF({ size: [210 * mm, 297 * mm], margin: 0, autoFirstPage: false });
doc.pipe(fs.createWriteStream(out));
doc.registerFont("F", font);
fs.readFileSync(0, "utf8").trimEnd().split("\n").forEach((line, n) => {
	const [url, ...texts] = line.split("\t");
	if (n % 24 === 0) doc.addPage();
	const x = n % 3 * 70 * mm, y = (0.5 + Math.floor(n % 24 / 3) * 37) * mm, m = 0.804 * mm;
	const q = QR.create(url, { version: 3, errorCorrectionLevel: "H" }).modules;
	for (let r = 0; r < q.size; r++)
		for (let c = 0, to; c < q.size; c = to) {
			for (to = c + 1; to < q.size && q.get(r, to) === q.get(r, c);) to++;
			if (q.get(r, c)) doc.rect(x + 6.8 * mm + c * m, y + 6.8 * mm + r * m, (to - c) * m, m);
		}
	doc.fill("#000").font("F").fontSize(8);
	texts.forEach((t, i) => doc.text(t, x + 34 * mm, y + (5 + 5 * i) * mm, { lineBreak: false }));
});
doc.end();
