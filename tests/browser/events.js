// node events.js URL FOLDER COOKIE FACILITY: events announced, refused, seen on the public page, ended;
// every page looked at in all views.  Prints TAP.
'use strict';
const fs = require('fs');
const path = require('path');
const { withBrowser } = require('./browser.js');
const look = require('./look.js');

const { ok } = look;
const [base, folder, office, facility] = process.argv.slice(2);
const html = path.join(folder, 'html');

const seen = (page, name, lang) => look.seen(page, name, lang,
	{ html, budget: 'office', posted: name.endsWith('wrong') });

/** The text of the public page, once the jobs process has written what it waits for. */
async function publicSays(lang, want) {
	for (let i = 0; i < 600; i++) {
		const body = (await look.get(`${base}/f/${facility}`, { 'Accept-Language': lang })).body.toString();
		if (body.includes(want))
			return true;
		await new Promise(done => setTimeout(done, 100));
	}
	return false;
}

async function announce(page, lang) {
	await page.goto(base + '/staff/events');
	await seen(page, 'events-none', lang);
	await page.click('form .go');
	ok(await page.locator('.err a[href="#within"]').count() === 1 && await page.locator('.err a[href="#basis"]').count() === 1,
		`${lang}: what is missing is said, with the fields`);
	await seen(page, 'events-wrong', lang);
	await page.selectOption('#what', 'typhoon');
	await page.selectOption('#duty', 'roof_tank/clean');
	await page.fill('#on', '2026-11-20');
	await page.fill('#within', '3');
	await page.selectOption('#unit', 'work_days');
	await page.fill('#basis', '沪防汛〔2026〕18号');
	await page.click('form .go');
	ok(/done=12/.test(page.url()), `${lang}: announced for twelve`, page.url());
	const due = lang === 'en' ? '25 November 2026' : '2026年11月25日';
	ok((await page.locator('table.rows').innerText()).includes(due), `${lang}: due by ${due}, over a weekend`);
	await seen(page, 'events', lang);
	ok(await publicSays(lang, lang === 'en' ? 'because of a typhoon, 3 working days after 20 November 2026'
		: '因台风，2026年11月20日之后3个工作日'), `${lang}: the public page says why`);
}

async function end(page, lang) {
	await page.goto(`${base}/staff/f/${facility}`);
	ok((await page.locator('main').innerText()).includes(lang === 'en' ? 'a typhoon' : '台风'), `${lang}: and the staff's page`);
	await page.goto(base + '/staff/events');
	await page.click('table.rows a');
	await seen(page, 'event', lang);
	await page.click('form button.btn');
	ok(await page.locator('.err a[href="#reason"]').count() === 1, `${lang}: a reason is needed`);
	await page.fill('#reason', '台风已经过境');
	await page.click('form button.btn');
	ok(await page.locator('#reason').count() === 0, `${lang}: ended, once`);
	ok((await page.locator('main').innerText()).includes('台风已经过境'), `${lang}: it says why`);
	await seen(page, 'event-ended', lang);
	ok(await publicSays(lang, lang === 'en' ? 'the first day of the facility here' : '设施登记从'),
		`${lang}: the public page is as it was`);
}

async function main() {
	fs.mkdirSync(html, { recursive: true });
	for (const lang of look.LANGS) {
		await withBrowser({ locale: lang, javaScriptEnabled: true, viewport: { width: 360, height: 740 },
			extraHTTPHeaders: { 'Accept-Language': lang } }, async context => {
			await context.addCookies([{ name: '__Host-qr', value: office, url: base.replace('http:', 'https:'),
				secure: true, httpOnly: true, sameSite: 'Lax' }]);
			const page = await context.newPage();
			await announce(page, lang);
			await end(page, lang);
			await page.close();
		});
	}
	await look.checkHtml(html);
}

look.run(main);
