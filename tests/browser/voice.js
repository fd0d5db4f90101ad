// node voice.js URL FOLDER FACILITY OFFICE RECEIPT: what everybody sees of residents' reports, looked at in
// all views; from the home page to an answer, the rating by a tap.  Prints TAP.
'use strict';
const fs = require('fs');
const path = require('path');
const { withBrowser } = require('./browser.js');
const look = require('./look.js');

const { ok } = look;
const [base, folder, facility, office, receipt] = process.argv.slice(2);
const html = path.join(folder, 'html');

const PAGES = [['facility-reports', `/f/${facility}`], ['tickets', '/tickets'], ['tickets-office', `/tickets/${office}`],
	['ticket', `/tickets/${office}/2026-43`], ['ticket-hidden', `/tickets/${office}/2026-31`], ['home-links', '/'],
	['receipt-rate', `/c/${receipt}`], ['receipt-none', '/c?no=AAAAAAAAA']];

async function visit(page, lang) {
	for (const [name, target] of PAGES) {
		const res = await page.goto(base + target);
		const want = name === 'receipt-none' ? 404 : 200;
		ok(res.status() === want, `${name} ${lang}: ${want}`, String(res.status()));
		await look.seen(page, name, lang, { html, budget: /^home|none$/.test(name) ? 'label' : 'resident', large: true });
	}
}

/** Home, all offices, the office, the newest answer, its facility: links all the way. */
async function follow(page) {
	await page.goto(base + '/');
	await page.click('a[href="/tickets"]');
	for (let i = 0; i < 4 && !page.url().endsWith(office); i++)
		await page.locator('section p > a.more[href^="/tickets/"]').first().click();
	ok(page.url().endsWith(`/tickets/${office}`), 'from the home page down to the office', page.url());
	await page.click(`a[href^="/tickets/${office}/2026-"] >> nth=0`);
	ok(/水已变清/.test(await page.locator('main').innerText()), 'its newest answer', page.url());
	await page.click(`a[href="/f/${facility}"]`);
	ok(/今年收到反映47件/.test(await page.locator('main').innerText()), 'the facility', page.url());
	await page.goto(base + '/');
	await page.fill('#rc', 'AAA AAA AAA');
	await page.keyboard.press('Enter');
	ok(/没有这个查询号/.test(await page.locator('main').innerText()), 'a wrong receipt number is told', page.url());
	await page.fill('#rc', ` ${receipt.slice(0, 4).toLowerCase()} ${receipt.slice(4).replace(/0/g, 'o')}`);
	await page.click('form[action="/c"] button');
	ok(page.url().endsWith(`/c/${receipt}`), 'the right one leads to the receipt, however it is written', page.url());
	await page.click('button[value="5"]');
	const said = await page.locator('body').innerText();
	ok(/已评价：非常满意/.test(said), 'one tap rates', `${page.url()} ${said}`);
	ok(await page.locator('button[name=level]').count() === 0, 'once');
}

async function main() {
	fs.mkdirSync(html, { recursive: true });
	for (const lang of look.LANGS)
		await withBrowser({ locale: lang, javaScriptEnabled: true, viewport: { width: 360, height: 740 },
			extraHTTPHeaders: { 'Accept-Language': lang } }, async context => {
			const page = await context.newPage();
			await visit(page, lang);
			await page.close();
		});
	await withBrowser({ locale: 'zh-CN', javaScriptEnabled: false, viewport: { width: 360, height: 740 },
		extraHTTPHeaders: { 'Accept-Language': 'zh-CN' } }, async context => follow(await context.newPage()));
	await look.checkHtml(html);
}

look.run(main);
