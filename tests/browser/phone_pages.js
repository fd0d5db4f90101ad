// node phone_pages.js URL FOLDER COOKIE OFFICE'S-COOKIE FACILITY LABEL: the pages of stickers, every
// one looked at in all views.  Prints TAP.
'use strict';
const fs = require('fs');
const path = require('path');
const { withBrowser } = require('./browser.js');
const look = require('./look.js');

const { ok } = look;
const [base, folder, inspector, office, facility, label] = process.argv.slice(2);
const html = path.join(folder, 'html');

const seen = (page, name, lang, body) => look.seen(page, name, lang,
	{ html, budget: name === 'sticker-office' ? 'office' : 'inspector', body, script: true });

async function main() {
	fs.mkdirSync(html, { recursive: true });
	const as = (context, value) => context.addCookies([{ name: '__Host-qr', value, url: base.replace('http:', 'https:'),
		secure: true, httpOnly: true, sameSite: 'Lax' }]);
	for (const lang of look.LANGS)
		await withBrowser({ locale: lang, serviceWorkers: 'block', viewport: { width: 360, height: 740 }, extraHTTPHeaders: { 'Accept-Language': lang } }, async context => {
			await as(context, inspector);
			const page = await context.newPage();
			const words = lang === 'en' ? ['Damaged or gone', 'A sticker that is not ours'] : ['损坏或不见了', '有不是我们的标签'];
			await page.goto(`${base}/staff/f/${facility}`);
			const text = await page.innerText('main');
			ok(words.every(w => text.includes(w)), `${lang}: the facility says what was seen of its sticker, and of a foreign one`, text);
			await seen(page, 'sticker-facility', lang);
			await page.goto(`${base}/staff/f/${label}/sticker`);
			await seen(page, 'sticker', lang);
			await page.goto(`${base}/staff/f/${facility}/sticker`);
			await seen(page, 'sticker-foreign', lang);
			// the form by itself
			await page.route('**/*.js', route => route.abort());
			await page.goto(`${base}/staff/f/${label}/sticker`);
			await page.fill('#to', '2099-01-01T08:00');
			const [answer] = await Promise.all([page.waitForResponse(r => r.request().method() === 'POST'), page.click('button[value=intact]')]);
			const source = await answer.body();
			await page.waitForSelector('.err');
			ok(answer.status() === 422, `${lang}: a time to come is refused`, answer.status());
			ok(await page.locator('.err a[href="#to"]').count() === 1, `${lang}: a slip: the summary leads to the field`);
			await seen(page, 'sticker-wrong', lang, source);
			await as(context, office);
			await page.goto(`${base}/staff/f/${facility}`);
			await seen(page, 'sticker-office', lang);
			await page.close();
		});
	await look.checkHtml(html);
}

look.run(main);
