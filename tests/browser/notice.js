// node notice.js URL FOLDER COOKIE RECORD FACILITY..: the pages of notices, looked at in all views; one
// click from a record to its file, with and without a browser's script.  Prints TAP.
'use strict';
const fs = require('fs');
const path = require('path');
const { withBrowser } = require('./browser.js');
const look = require('./look.js');

const { ok } = look;
const [base, folder, cookie, record, ...facilities] = process.argv.slice(2);
const html = path.join(folder, 'html');

const seen = (page, name, lang) => look.seen(page, name, lang, { html, budget: 'office' });

/** From a record to the file: one click. */
async function click(context, lang) {
	const page = await context.newPage();
	await page.goto(`${base}/staff/r/${record}`);
	const download = page.waitForEvent('download', { timeout: 60000 });
	await page.click('button[name=notice][value=zh-CN]');
	const file = await download;
	ok(/^notice-\d+\.pdf$/.test(file.suggestedFilename()), 'one click: the file comes by itself', file.suggestedFilename());
	const bytes = fs.readFileSync(await file.path());
	ok(bytes.subarray(0, 5).toString() === '%PDF-', 'a PDF');
	await page.goto(page.url().replace('?go=1', ''));
	await seen(page, 'notice', lang);
	await page.close();
}

async function main() {
	fs.mkdirSync(html, { recursive: true });
	const options = lang => ({ locale: lang, javaScriptEnabled: true, acceptDownloads: true,
		viewport: { width: 360, height: 740 }, extraHTTPHeaders: { 'Accept-Language': lang } });
	const pages = [['notices', `/staff/notices?${facilities.map(f => `f=${f}`).join('&')}`], ['notices-due', '/staff/notices']];
	for (const lang of look.LANGS)
		await withBrowser(options(lang), async context => {
			await context.addCookies([{ name: '__Host-qr', value: cookie, url: base.replace('http:', 'https:'), secure: true,
				httpOnly: true, sameSite: 'Lax' }]);
			const page = await context.newPage();
			for (const [name, target] of pages) {
				const res = await page.goto(base + target);
				ok(res.status() === 200, `${name} ${lang}: 200`, String(res.status()));
				await seen(page, name, lang);
			}
			await page.close();
			if (lang === 'zh-CN')
				await click(context, lang);
		});
	await look.checkHtml(html);
}

look.run(main);
