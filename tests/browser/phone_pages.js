// node phone_pages.js URL FOLDER COOKIE OFFICE'S-COOKIE FACILITY LABEL: the pages of stickers, every
// one looked at in all views.  Prints TAP.
'use strict';
const fs = require('fs');
const path = require('path');
const zlib = require('zlib');
const { withBrowser } = require('./browser.js');
const look = require('./look.js');
const { budgets } = require('./pages.js');

const { ok } = look;
const [base, folder, inspector, office, facility, label] = process.argv.slice(2);
const html = path.join(folder, 'html');

async function seen(page, name, lang, answer) {
	const cookie = (await page.context().cookies()).map(c => `${c.name}=${c.value}`).join('; ');
	const source = answer || (await look.get(page.url(), { Cookie: cookie, 'Accept-Language': lang })).body;
	const packed = zlib.gzipSync(source, { level: 9 }).length;
	const [raw, gz] = name === 'sticker-office' ? budgets.office : budgets.inspector;
	ok(source.length <= raw && packed <= gz, `${name} ${lang}: ${source.length} bytes, ${packed} compressed`, `at most ${raw} and ${gz}`);
	fs.writeFileSync(path.join(html, `${name}.${lang}.html`), source);
	await look.views(page, name, lang, false);
	if (process.env.SHOTS)
		for (const width of [360, 1280]) {
			await page.evaluate(() => { document.documentElement.style.fontSize = ''; });
			await page.setViewportSize({ width, height: 800 });
			await page.screenshot({ path: path.join(process.env.SHOTS, `${name}.${lang}.${width}.png`), fullPage: true });
		}
	await page.setViewportSize({ width: 360, height: 740 });
}

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
