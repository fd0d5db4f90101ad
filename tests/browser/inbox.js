// node inbox.js URL FOLDER MANAGER OFFICE ADMIN CODE: cookies of three accounts, and a facility that the
// first two were reminded of.  Prints TAP.
'use strict';
const fs = require('fs');
const path = require('path');
const { withBrowser } = require('./browser.js');
const look = require('./look.js');

const { ok } = look;
const [base, folder, manager, office, admin, code] = process.argv.slice(2);
const html = path.join(folder, 'html');

const seen = async (page, name, lang, kept) => look.seen(page, name, lang,
	{ html, budget: 'office', script: true, // looked for by go()
		posted: name === 'outbox-wrong', body: kept && Buffer.from(await page.content()) });

async function go(page, name, target, lang) {
	const res = await page.goto(base + target);
	ok(res.status() === 200, `${name} ${lang}: 200`, String(res.status()));
	if (name !== 'reminded') // it may scan stickers
		ok(!look.hasScript(await page.content()), `${name} ${lang}: no script`);
	await seen(page, name, lang);
}

async function inbox(page, lang) {
	await go(page, 'inbox', '/staff/inbox', lang);
	const rows = () => page.locator('main tbody tr').count();
	const before = await rows();
	if (lang !== 'zh-CN')
		return;
	await page.locator('main input[type=checkbox]').nth(0).check();
	await page.locator('main input[type=checkbox]').nth(1).check();
	await page.click('button[value=seen]');
	ok(await rows() === before - 2, 'two are ticked and seen', `${before} -> ${await rows()}`);
	ok(await page.locator('[role=status]').count() === 1, 'the page says so');
	await seen(page, 'inbox-marked', lang);
	await page.goto(base + '/staff/inbox?what=all');
	ok(await rows() === before, 'all of them are still there');
	await seen(page, 'inbox-all', lang);
	await page.click('button[value=feed]');
	const address = await page.locator('code').first().innerText();
	ok(/\/feed\/[\w-]{43}\.ics$/.test(address), 'one tap: an address for a calendar', address);
	await seen(page, 'feed', lang, true);
	const said = await look.get(base + new URL(address).pathname, {});
	ok(said.body.toString().startsWith('BEGIN:VCALENDAR\r\n'), 'which is one');
	await page.goto(base + '/staff/inbox');
	await page.click('button[value=end]');
	ok(await page.locator('button[value=end]').count() === 0, 'and is ended by another');
	await page.click('button[value=all]');
	ok(await rows() === 0, 'all are seen');
	await seen(page, 'inbox-none', lang);
}

async function outbox(page, lang) {
	await go(page, 'outbox', '/staff/outbox', lang);
	if (lang !== 'zh-CN')
		return;
	await page.fill('#target', 'http://');
	await page.click('main .go');
	ok(await page.locator('.err a[href="#target"]').count() === 1, 'a slip: the summary leads to the field');
	await seen(page, 'outbox-wrong', lang, true);
	await page.fill('#target', 'https://hook.example.org/second');
	await page.click('main .go');
	ok(/^[0-9a-f]{64}$/.test(await page.locator('code').innerText()), 'a webhook has a key');
	await seen(page, 'hook', lang, true);
	await page.goto(base + '/staff/outbox');
	await page.click('button[value=again]');
	ok(/again=3$/.test(page.url()), 'one tap: what did not arrive goes again', page.url());
}

async function main() {
	fs.mkdirSync(html, { recursive: true });
	const options = lang => ({ locale: lang, javaScriptEnabled: true,
		viewport: { width: 360, height: 740 }, extraHTTPHeaders: { 'Accept-Language': lang } });
	const visit = (lang, value, what) => withBrowser(options(lang), async context => {
		await context.addCookies([{ name: '__Host-qr', value, url: base.replace('http:', 'https:'),
			secure: true, httpOnly: true, sameSite: 'Lax' }]);
		const page = await context.newPage();
		await what(page, lang);
		await page.close();
	});
	for (const lang of look.LANGS) {
		await visit(lang, manager, inbox);
		await visit(lang, office, page => go(page, 'reminded', `/staff/f/${code}`, lang));
		await visit(lang, admin, outbox);
	}
	await look.checkHtml(html);
}

look.run(main);
