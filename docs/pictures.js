// Makes the README's pictures from a running demo:
//   NODE_PATH=tests/browser/node_modules node docs/pictures.js build/demo/info.json docs
// A phone of 360 px in Chinese; the label is cut from the demo's own sheet (poppler-utils).
'use strict';
const { execFileSync } = require('child_process');
const fs = require('fs');
const { chromium } = require('playwright-core');

const [infoFile, out] = process.argv.slice(2);
const info = JSON.parse(fs.readFileSync(infoFile));

async function main() {
	const browser = await chromium.launch({
		executablePath: '/usr/bin/chromium',
		args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
	});
	const page = await browser.newPage({
		viewport: { width: 360, height: 740 }, deviceScaleFactor: 1.5, locale: 'zh-CN',
	});
	for (const [name, state] of [['resident', 'on_time'], ['overdue', 'overdue']]) {
		await page.goto(info.url + info.labels[state], { waitUntil: 'load' });
		await page.screenshot({ path: `${out}/${name}.png` });
	}
	await browser.close();
	// the fifth label of the first sheet: 70 x 37.125 mm cells at 200 dpi
	execFileSync('pdftoppm', ['-r', '200', '-png', '-f', '1', '-l', '1', '-singlefile', '-gray',
		'-x', '551', '-y', '292', '-W', '551', '-H', '292', info.sheet, `${out}/label`]);
}

main().catch((e) => {
	console.error(e);
	process.exit(1);
});
