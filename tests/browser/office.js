// node office.js URL FOLDER COOKIE AUDITOR'S-COOKIE: pages of an office and of an auditor, every
// one looked at in all views; labels ordered and fetched.  Prints TAP.
'use strict';
const fs = require('fs');
const path = require('path');
const { withBrowser } = require('./browser.js');
const look = require('./look.js');

const { ok } = look;
const [base, folder, office, auditor] = process.argv.slice(2);
const html = path.join(folder, 'html');

const seen = (page, name, lang, budget) => look.seen(page, name, lang,
	{ html, budget: budget && 'office', posted: name === 'bind-wrong', large: name === 'chain' });

async function visit(context, list, lang) {
	const page = await context.newPage();
	for (const [name, target, budget] of list) {
		const res = await page.goto(base + target);
		ok(res.status() === 200, `${name} ${lang}: 200`, String(res.status()));
		await seen(page, name, lang, budget);
	}
	await page.close();
}

const OFFICE = [['labels', '/staff/labels', true], ['labels-used', '/staff/labels?w=blank&n=30&t=avery-l7160&s=5', true],
	['labels-none', '/staff/labels?w=damaged'], ['bind', '/staff/labels/bind?code=E395F788M'],
	['replace', '/staff/labels/replace'], ['void', '/staff/labels/void'], ['filings', '/staff/filings', true],
	['filing-new', '/staff/filings/new']];
const AUDITOR = [['audit', '/staff/audit'], ['chain', '/chain']];

/** From the first look to the file. */
async function order(context, lang) {
	const page = await context.newPage();
	await page.goto(base + '/staff/labels');
	await page.click('.pos a >> text="7"');
	ok(await page.locator('.pos a[aria-current]').innerText() === '7', 'a position is a link');
	await page.click('main form[method=post] button');
	ok(/\/staff\/labels\/\d+$/.test(page.url()), 'the order leads to its batch', page.url());
	const at = page.url();
	await page.waitForSelector('a[href$="/pdf"]', { timeout: 60000 });
	ok(true, 'the page renews itself until the file is there');
	await seen(page, 'batch', lang);
	const pdf = await look.get(at + '/pdf', { Cookie: `__Host-qr=${office}` });
	ok(pdf.body.subarray(0, 5).toString() === '%PDF-', 'a PDF');
	await page.goto(base + '/staff/labels/batches');
	await seen(page, 'batches', lang);
	await page.goto(base + '/staff/labels/bind');
	await page.fill('#code', 'E395F788N');
	await page.click('main .go');
	ok(await page.locator('.err a[href="#code"]').count() === 1, 'a slip: the summary leads to the field');
	await page.click('.err a[href="#code"]');
	await seen(page, 'bind-wrong', lang);
	await page.close();
}

async function main() {
	fs.mkdirSync(html, { recursive: true });
	const options = lang => ({ locale: lang, javaScriptEnabled: true,
		viewport: { width: 360, height: 740 }, extraHTTPHeaders: { 'Accept-Language': lang } });
	const as = (context, value) => context.addCookies([{ name: '__Host-qr', value, url: base.replace('http:', 'https:'),
		secure: true, httpOnly: true, sameSite: 'Lax' }]);
	for (const lang of look.LANGS) {
		await withBrowser(options(lang), async context => {
			await as(context, office);
			await visit(context, OFFICE, lang);
			if (lang === 'zh-CN')
				await order(context, lang);
		});
		await withBrowser(options(lang), async context => {
			await as(context, auditor);
			await visit(context, AUDITOR, lang);
		});
	}
	await look.checkHtml(html);
}

look.run(main);
