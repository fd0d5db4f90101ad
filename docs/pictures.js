// Makes the README's pictures from a running demo:
//   NODE_PATH=tests/browser/node_modules node docs/pictures.js build/demo/info.json docs
// A phone of 360 px in Chinese; the label is cut from the demo's own sheet (poppler-utils).
'use strict';
const { execFileSync } = require('child_process');
const { createHmac } = require('crypto');
const fs = require('fs');
const { chromium } = require('playwright-core');

const [infoFile, out] = process.argv.slice(2);
const info = JSON.parse(fs.readFileSync(infoFile));

// RFC 6238, six digits, thirty seconds; the secret in base 32.
function totp(secret) {
	const bits = [...secret].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
	const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
	const step = Buffer.alloc(8);
	step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000)));
	const sum = createHmac('sha1', key).update(step).digest();
	return String((sum.readUInt32BE(sum[19] & 15) & 0x7fffffff) % 1000000).padStart(6, '0');
}

async function login(page, role) {
	const account = info.accounts.find((a) => a.role === role);
	await page.fill('#login', account.login);
	await page.fill('#password', account.password);
	await page.click('button.go');
	await page.waitForLoadState();
	if (!account.totp) return;
	await page.fill('#code', totp(account.totp));
	await page.click('button.go');
	await page.waitForLoadState();
}

// The first who asks has it made.
async function notice(page, url) {
	for (let i = 0; i < 60; i++) {
		const got = await page.request.get(url);
		if (got.headers()['content-type'] === 'application/pdf') return got.body();
		await page.waitForTimeout(500);
	}
	throw new Error('no notice');
}

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
	const small = await browser.newPage({ viewport: { width: 360, height: 740 }, locale: 'zh-CN' });
	for (const name of ['report', 'receipt', 'answer']) {
		await small.goto(info.url + info.voice[name].slice(1), { waitUntil: 'load' });
		await small.screenshot({ path: `${out}/${name}.png` });
	}
	await page.goto(info.url + info.labels.on_time, { waitUntil: 'load' });
	const record = await page.getAttribute('a[href^="/r/"]', 'href');
	fs.writeFileSync(`${out}/notice.pdf`, await notice(page, `${info.url}${record.slice(1)}/notice.pdf`));
	execFileSync('pdftoppm', ['-r', '60', '-png', '-singlefile', `${out}/notice.pdf`, `${out}/notice`]);
	fs.unlinkSync(`${out}/notice.pdf`);
	await page.goto(`${info.staff_url}login`);
	await login(page, 'inspector');
	await page.click('a[href^="/staff/f/"]');
	await page.goto(`${page.url().split('?')[0]}/new?type=clean`, { waitUntil: 'load' });
	await page.screenshot({ path: `${out}/inspector.png` });
	const wide = await browser.newPage({
		viewport: { width: 1000, height: 760 }, locale: 'zh-CN' });
	await wide.goto(`${info.staff_url}login`);
	await login(wide, 'office');
	await wide.goto(`${info.staff_url}board`, { waitUntil: 'load' });
	await wide.screenshot({ path: `${out}/office.png` });
	await wide.goto(`${info.staff_url}tickets`, { waitUntil: 'load' });
	await wide.screenshot({ path: `${out}/tickets.png` });
	await browser.close();
	// the fifth label of the first sheet: 70 x 37.125 mm cells at 200 dpi
	execFileSync('pdftoppm', ['-r', '200', '-png', '-f', '1', '-l', '1', '-singlefile', '-gray',
		'-x', '551', '-y', '292', '-W', '551', '-H', '292', info.sheet, `${out}/label`]);
}

main().catch((e) => {
	console.error(e);
	process.exit(1);
});
