// node year.js URL EXPECTED.json COOKIE MONTH: do the pages at a month's end say what was reckoned? Prints TAP.
'use strict';
const fs = require('fs');
const { withBrowser } = require('./browser.js');
const look = require('./look.js');

const { ok } = look;
const [base, file, cookie, month] = process.argv.slice(2);
const want = JSON.parse(fs.readFileSync(file));
const headers = { Cookie: `__Host-qr=${cookie}`, 'Accept-Language': 'zh-CN' };

function differs(got, wanted) {
	const out = [];
	for (const key of new Set([...Object.keys(got), ...Object.keys(wanted)]))
		if (String(got[key]) !== String(wanted[key]))
			out.push(`${key}: ${got[key]} for ${wanted[key]}`);
	return out.slice(0, 5).join('; ');
}
const same = (what, got, wanted) => ok(!differs(got, wanted), `${month}: ${what}`, differs(got, wanted));
/** Days of this year stand without it. */
const iso = text => {
	const d = /(?:(\d{4})年)?(\d+)月(\d+)日/.exec(text);
	return d ? `${d[1] || month.slice(0, 4)}-${d[2].padStart(2, '0')}-${d[3].padStart(2, '0')}` : text.trim();
};

/** Every page of a list of the board: {code: due}. */
async function list(page, state) {
	const found = {};
	let next = `${base}/staff/board?s=${state}&n=200`;
	while (next) {
		await page.goto(next);
		for (const row of await page.locator('table.list tbody tr').all()) {
			const code = /\/staff\/f\/([0-9A-Z]{9})/.exec(await row.locator('th a').getAttribute('href'))[1];
			found[code] = iso(await row.locator('td:nth-child(5)').innerText());
		}
		const more = page.locator('.ft a', { hasText: '下一页' });
		next = await more.count() ? new URL(await more.getAttribute('href'), page.url()).href : null;
	}
	return found;
}

async function counts(page) {
	await page.goto(`${base}/staff/board`);
	const found = {};
	for (const link of await page.locator('.n a').all()) {
		const state = /[?&]s=([a-z_]+)/.exec(await link.getAttribute('href'));
		if (state && state[1] in want.counts)
			found[state[1]] = Number((await link.locator('b').innerText()).replace(/\D/g, ''));
	}
	return found;
}

async function main() {
	await withBrowser({ locale: 'zh-CN', javaScriptEnabled: true, viewport: { width: 1280, height: 800 },
		extraHTTPHeaders: { 'Accept-Language': 'zh-CN' } }, async context => {
		await context.addCookies([{ name: '__Host-qr', value: cookie, url: base.replace('http:', 'https:'),
			secure: true, httpOnly: true, sameSite: 'Lax' }]);
		const page = await context.newPage();
		const shown = await counts(page);
		ok(Object.keys(shown).length >= 3, `${month}: the board counts ${JSON.stringify(shown)}`);
		for (const state of Object.keys(shown))
			ok(shown[state] === want.counts[state], `${month}: ${want.counts[state]} ${state} on the board`, String(shown[state]));
		for (const state of ['overdue', 'failed', 'due_soon', 'no_record'])
			same(`the list ${state}`, await list(page, state), want.lists[state] || {});
		const csv = (await look.get(`${base}/staff/numbers.csv?from=${month}&to=${month}`, headers)).body.toString();
		const cells = csv.split('\r\n')[1].split(',').map(s => s.replace(/^"|"$/g, ''));
		const numbers = {};
		['due', 'on_time', '', 'late', 'posts', 'in_time', '', 'hours', 'facilities', 'with_record', '', 'with_label', '', 'reminders']
			.forEach((name, i) => { if (name && cells[3 + i] !== '') numbers[name] = Number(cells[3 + i]); });
		const said = {};
		const words = want.numbers.split(' ');
		for (let i = 0; i < words.length; i++)
			if (/^[a-z_]+$/.test(words[i]) && words[i + 1] !== undefined && !/^[a-z_]+$/.test(words[i + 1]))
				said[words[i]] = Number(words[i + 1]);
		same('the table of numbers', numbers, said);
		await page.goto(`${base}/staff/notices`);
		ok(await page.locator('input[type=checkbox][value*="-"]').count() === Math.min(want.notices, 60),
			`${month}: ${want.notices} notices to be posted`);
		await page.close();
	});
	for (const [code, state] of Object.entries(want.public)) {
		const doc = JSON.parse((await look.get(`${base}/f/${code}.json`, {})).body);
		ok(doc.state === state, `${month}: the public page of ${code} says ${state}`, doc.state);
	}
}

look.run(main);
