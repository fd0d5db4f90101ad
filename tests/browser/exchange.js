// node exchange.js URL FOLDER COOKIE: tables brought and taken, and the numbers, looked at in all
// views in both languages; one table uploaded, applied, taken back.  Prints TAP.
'use strict';
const fs = require('fs');
const path = require('path');
const { withBrowser } = require('./browser.js');
const look = require('./look.js');

const { ok } = look;
const [base, folder, office] = process.argv.slice(2);
const html = path.join(folder, 'html');

const seen = (page, name, lang, budget) => look.seen(page, name, lang, { html, budget: budget && 'office' });

const LIST = [['numbers', '/staff/numbers', true], ['import', '/staff/import', true], ['export', '/staff/export', true]];

async function visit(context, lang) {
	const page = await context.newPage();
	for (const [name, target, budget] of LIST) {
		const res = await page.goto(base + target);
		ok(res.status() === 200, `${name} ${lang}: 200`, String(res.status()));
		await seen(page, name, lang, budget);
	}
	await page.close();
}

/** A table from the upload to what it did, and back. */
async function bring(context, lang) {
	const page = await context.newPage();
	await page.goto(base + '/staff/import');
	await page.selectOption('#what', 'facilities');
	await page.setInputFiles('#file', path.join(folder, 'table.csv'));
	await page.click('main .go');
	ok(/\/staff\/import\/\d+$/.test(page.url()), 'the upload leads to its page', page.url());
	const at = page.url();
	await page.waitForSelector('button[value=apply]', { timeout: 60000 });
	ok((await page.innerText('main')).includes('GB18030'), 'which says what the file is');
	ok(await page.locator('tbody tr').count() === 2, 'and what is refused, and why');
	await seen(page, 'refused', lang, true);
	await page.goto(at + '?show=created');
	ok(await page.locator('tbody tr').count() === 9, 'what is new');
	await seen(page, 'created', lang, true);
	await page.goto(at + '?show=changed');
	ok((await page.innerText('tbody')).includes('9号楼'), 'what changes, from what to what');
	await seen(page, 'changed', lang, true);
	const list = await look.get(at + '/refused.csv', { Cookie: `__Host-qr=${office}` });
	ok(list.body.toString().split('\r\n').length === 5, 'the list of what is refused', list.body.toString());
	await page.click('button[value=apply]');
	await page.waitForSelector('button[value=undo]', { timeout: 60000 });
	await seen(page, 'applied', lang, true);
	await page.click('button[value=undo]');
	await page.waitForSelector('h1:has-text("已撤销")', { timeout: 60000 });
	ok(true, 'three clicks from the file to what it did, one more takes it back');
	await page.close();
}

async function take(context, lang) {
	const page = await context.newPage();
	await page.goto(base + '/staff/export');
	await page.click('main .go');
	const at = page.url();
	await page.waitForSelector('a[href$="/file"]', { timeout: 60000 });
	await seen(page, 'exported', lang, true);
	const file = await look.get(at + '/file', { Cookie: `__Host-qr=${office}` });
	ok(file.body.subarray(0, 2).toString() === 'PK', 'a workbook');
	await page.close();
}

async function main() {
	fs.mkdirSync(html, { recursive: true });
	for (const lang of look.LANGS)
		await withBrowser({ locale: lang, javaScriptEnabled: true, viewport: { width: 360, height: 740 },
			extraHTTPHeaders: { 'Accept-Language': lang } }, async context => {
			await context.addCookies([{ name: '__Host-qr', value: office, url: base.replace('http:', 'https:'), secure: true,
				httpOnly: true, sameSite: 'Lax' }]);
			await visit(context, lang);
			if (lang === 'zh-CN') {
				await bring(context, lang);
				await take(context, lang);
			}
		});
	await look.checkHtml(html);
}

look.run(main);
