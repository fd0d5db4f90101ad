// node board.js URL FOLDER DISTRICT'S-COOKIE STREET'S-COOKIE INSPECTOR'S-COOKIE: the board of an office
// and the coverage register, looked at in all views; from the sentence to what is done about it.
'use strict';
const fs = require('fs');
const path = require('path');
const { withBrowser } = require('./browser.js');
const look = require('./look.js');

const { ok } = look;
const [base, folder, district, street, inspector] = process.argv.slice(2);
const html = path.join(folder, 'html');

const seen = (page, name, lang, budget) => look.seen(page, name, lang, { html, budget, posted: name.endsWith('-wrong') });

const PAGES = [['board', '/staff/board', 'office'], ['board-all', '/staff/board?s=all&n=50&o=place'],
	['board-none', '/staff/board?s=waiting'], ['coverage', '/staff/coverage', 'office'],
	['coverage-street', '/staff/coverage?org=310107005000'], ['coverage-public', '/coverage'],
	['coverage-public-district', '/coverage/310107000000', 'resident']];

async function visit(context, list, lang) {
	const page = await context.newPage();
	for (const [name, target, budget] of list) {
		const res = await page.goto(base + target);
		ok(res.status() === 200, `${name} ${lang}: 200`, String(res.status()));
		await seen(page, name, lang, budget);
	}
	await page.close();
}

const number = text => Number((/\d+/.exec(text) || ['-1'])[0]);
const codes = page => page.$$eval('.list tbody input', list => list.map(x => x.name));

/** Counts are links, lists agree with them, pages follow one another, offices lead up and down. */
async function use(context) {
	const page = await context.newPage();
	await page.goto(base + '/staff/board');
	const said = await page.locator('h1').innerText();
	const overdue = number(await page.locator('.n .bad b').first().innerText());
	ok(overdue > 0 && said.includes(`${overdue}处超期`), 'the sentence says what is overdue', said);
	await page.click('.n .bad >> nth=0');
	ok(/s=overdue/.test(page.url()), 'a number is a link', page.url());
	const all = await codes(page);
	while (await page.locator('a:text-is("下一页")').count()) {
		await page.click('a:text-is("下一页")');
		all.push(...await codes(page));
	}
	ok(all.length === overdue && new Set(all).size === overdue, `its pages list ${overdue}, each once`, all.join(' '));
	await page.goto(base + '/staff/board?s=overdue&n=100');
	const late = (await page.$$eval('.list td.d', list => list.map(x => x.innerText))).map(number);
	ok(late.every((d, i) => !i || late[i - 1] >= d), 'the latest first', late.join(' '));
	await page.goto(base + '/staff/board');
	const below = await page.$$eval('.num tbody tr', list => list.map(r => r.cells[1].textContent)).then(l => l.map(number));
	const failed = number(await page.locator('.n .bad b').nth(1).innerText());
	ok(below.length === 3 && below.reduce((a, b) => a + b) === overdue + failed, 'the offices below add up', below.join(' '));
	await page.click('.num tbody a >> nth=0');
	ok(/org=3101/.test(page.url()) && (await page.$$eval('.n .bad b', l => l.map(x => x.innerText))).map(number)
		.reduce((a, b) => a + b) === below[0],
		'each is the same page one level down', page.url());
	await page.click('.hd a');
	ok(number(await page.locator('.n .bad b').first().innerText()) === overdue, 'and a link leads up again');
	await page.selectOption('#k', 'lift');
	await page.selectOption('#s', 'all');
	await page.click('.flt .btn');
	ok(/k=lift/.test(page.url()) && (await page.$$eval('.list tbody td:nth-child(3)', l => l.map(x => x.innerText))).length > 0,
		'filters stand in the address', page.url());
	await page.goto(base + '/staff/board?s=all');
	await page.click('.list tbody td:nth-child(7) a >> nth=0');
	ok(/m=\d+/.test(page.url()) && (await page.$$eval('.list tbody td:nth-child(7)', l => l.map(x => x.innerText)))
		.every(t => t.includes('桥东里')), 'a firm is a link to what it manages', page.url());
	await page.close();
}

/** From what is lacking to the list of it; the same numbers for everybody. */
async function coverage(context) {
	const page = await context.newPage();
	await page.goto(base + '/staff/coverage');
	const cell = page.locator('.num tbody tr >> nth=0').locator('td >> nth=0');
	const n = number(await cell.innerText());
	const none = await page.$$eval('.num td', l => l.filter(x => /^\D*0\s*$/.test(x.textContent)).map(x => x.querySelector('a')));
	ok(none.length > 0 && none.every(x => !x), 'nothing leads nowhere');
	ok(n > 0 && /%/.test(await cell.innerText()), 'a number with its share', await cell.innerText());
	await cell.locator('a').click();
	ok(/s=no_sticker/.test(page.url()), 'leads to the list', page.url());
	let listed = (await codes(page)).length;
	while (await page.locator('a:text-is("下一页")').count()) {
		await page.click('a:text-is("下一页")');
		listed += (await codes(page)).length;
	}
	ok(listed === n, `of ${n} facilities`, String(listed));
	const open = await look.get(base + '/coverage/310107000000.json', {});
	const told = JSON.parse(open.body).document;
	ok(told.offices.find(o => o.no_sticker === n) && told.total.facilities === 48, 'which are public as numbers', String(open.body).slice(0, 300));
	ok((await look.get(base + '/coverage/nowhere', {})).status === 404 && (await look.get(base + '/coverage/A%20B', {})).status === 404,
		'an office that is none is not found');
	await page.close();
}

/** From what is overdue to what is done about it: a tick and a button. */
async function act(context) {
	const page = await context.newPage();
	await page.goto(base + '/staff/board?s=overdue&k=roof_tank');
	const at = page.url();
	const first = (await codes(page))[0].slice(2);
	await page.click('.list tbody .ck >> nth=0');
	await page.click('button[value=remind]');
	ok(page.url().startsWith(at) && /\d/.test(await page.locator('[role=status]').innerText()),
		'two clicks remind, and lead back to the same list', page.url());
	ok(/催办/.test(await page.locator('.list tbody tr >> nth=0').innerText()), 'the row says when');
	await seen(page, 'board-reminded', 'zh-CN');
	await page.click('button[value=remind]');
	ok(await page.locator('.err').count() === 1, 'nothing chosen: it is said');
	await seen(page, 'board-wrong', 'zh-CN');
	await page.click('.list tbody .ck >> nth=0');
	await page.click('button[value=labels]');
	ok(/\/staff\/labels\?f=/.test(page.url()) && /^打印1个标签|1/.test(await page.locator('h1').innerText()) &&
		page.url().includes(first), 'labels of the chosen ones', page.url());
	await page.goto(at);
	const all = (await codes(page)).length;
	await page.click('.act .ck');
	await page.click('button[value=labels]');
	ok(number(await page.locator('h1').innerText()) === all, 'or of the whole page', await page.locator('h1').innerText());
	await page.goto(at);
	await page.click('.act .ck');
	await page.click('button[value=notices]');
	ok(/\/staff\/notices\?f=/.test(page.url()) && await page.locator('h1').count() === 1, 'or their notices', page.url());
	await page.goto(at);
	await page.click('.list tbody .ck >> nth=0');
	await page.click('button[value=export]');
	ok(/\/staff\/export\?f=/.test(page.url()) && page.url().includes(first) && await page.locator('h1').count() === 1,
		'or a table of them', page.url());
	await page.close();
}

async function refused() {
	const as = (value, target) => look.get(base + target, { Cookie: `__Host-qr=${value}` }).then(r => r.status);
	ok(await as(inspector, '/staff/board') === 403 && await as(inspector, '/staff/coverage') === 403, 'not for inspectors');
	ok(await as(street, '/staff/coverage?org=310107014000') === 404, 'nor the coverage of another street');
	ok(await as(street, '/staff/board?org=310107014000') === 404, 'another street is none of theirs');
	ok(await as(street, '/staff/board?org=310107005000') === 200, 'their own is');
	ok(await as(street, '/staff/board?s=dance') === 422, 'a list that is none');
	ok(await as(street, '/staff/board?after=x&n=y&p=z&k=&q=%00') === 200, 'nonsense in the rest is left out');
}

async function main() {
	fs.mkdirSync(html, { recursive: true });
	const options = lang => ({ locale: lang, javaScriptEnabled: true,
		viewport: { width: 360, height: 740 }, extraHTTPHeaders: { 'Accept-Language': lang } });
	const as = (context, value) => context.addCookies([{ name: '__Host-qr', value, url: base.replace('http:', 'https:'),
		secure: true, httpOnly: true, sameSite: 'Lax' }]);
	for (const lang of look.LANGS)
		await withBrowser(options(lang), async context => {
			await as(context, district);
			await visit(context, PAGES, lang);
			if (lang !== 'zh-CN') return;
			await use(context);
			await coverage(context);
			await act(context);
		});
	await refused();
	await look.checkHtml(html);
}

look.run(main);
