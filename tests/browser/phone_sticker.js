// Stickers: what is seen of them on site goes through the same queue as records; scanning one leads
// to it, a blank one to where it is stuck on.
'use strict';

module.exports = k => {
	const { ok, is, line, base, phone, sent, says, until, rows, wait, sql, given } = k;
	const cases = {};
	const marks = () => sql(`SELECT string_agg(what || ' ' || coalesce(code, '-') || coalesce(' ' || spot, ''), ',' ORDER BY id)
		FROM core.sticker_report WHERE account = ${k.mine}`);
	const form = code => `/staff/f/${code}/sticker`;
	const button = what => `button[name=what][value=${what}]`;
	async function done(page, say, n) {
		ok(await sent(page), `${say}: sent`, await k.words(page));
		is((await rows(page)).filter(r => r.receipt && /^[0-9a-f]{64}$/.test(r.receipt.hash)).length, n, `${say}: with its receipt`);
		is(await page.evaluate(() => QR.tx('readonly', (r, p) => p.getAllKeys()).then(x => x.length)), 0, `${say}: nothing else is on the phone`);
	}

	cases['sticker: seen without a line, sent once'] = async say => {
		const label = given.labels[0];
		const before = await marks();
		const context = await phone();
		const page = await context.newPage();
		await page.goto(base + '/staff/');
		await wait(page, () => navigator.serviceWorker.ready.then(() => 1));
		await page.reload();
		ok(await until(60, () => page.evaluate(u => caches.match(u).then(r => !!r), form(label))),
			`${say}: the forms of today's stickers are fetched beforehand`);
		line.cut();
		await page.goto(`${base}/staff/s?code=${label}`); // what the camera found
		ok(await until(60, () => page.isVisible('form#record')), `${say}: scanned without a line, it is known`);
		is(new URL(page.url()).pathname, form(label), `${say}: by its own address`);
		await page.fill('#spot', '大堂左侧');
		await page.click(button('damaged'));
		await page.waitForURL('**/staff/queue');
		await says(page, '#open', '等信号', `${say}: it waits, in words`);
		line.up();
		line.rule({ method: 'POST', path: /sticker/, lose: true });
		await page.click('#again');
		await done(page, say, 1);
		is(k.posts().length, 2, `${say}: its answer was lost, so it was sent twice`);
		is((await marks()).slice(before.length).replace(/^,/, ''), `damaged ${label} 大堂左侧`, `${say}: and counts once`);
		await page.goto(`${base}/staff/f/${given.facilities[3]}`);
		ok((await page.innerText('main')).includes('损坏或不见了'), `${say}: the facility's page says so`);
		await context.close();
	};

	cases['sticker: refused, then mended'] = async say => {
		const label = given.labels[1];
		const before = await marks();
		const context = await phone();
		const page = await context.newPage();
		await page.goto(base + form(label));
		await page.fill('#to', k.ago(-600));
		await page.click(button('intact'));
		await page.waitForURL('**/staff/queue');
		await says(page, '#open', '没被接受', `${say}: said in words`);
		await page.click('#open a.btn');
		ok(await until(60, () => page.isVisible('section.err a[href="#to"]')), `${say}: the form says why, with a link`);
		await page.fill('#to', k.ago(1));
		await page.click(button('foreign'));
		await page.waitForURL('**/staff/queue');
		await done(page, say, 1);
		is((await marks()).slice(before.length).replace(/^,/, ''), `foreign ${label}`, `${say}: once, as said last`);
		await context.close();
	};

	cases['sticker: without script'] = async say => {
		const label = given.labels[2];
		const before = await marks();
		const context = await phone({ javaScriptEnabled: false });
		const page = await context.newPage();
		await page.goto(base + form(label));
		await page.fill('#to', k.ago(-600));
		await page.click(button('intact'));
		ok(await until(60, () => page.isVisible('[role=alert]')), `${say}: what is wrong stands above the form`);
		await page.fill('#to', k.ago(1));
		await page.click(button('intact'));
		ok(await until(60, () => new URL(page.url()).pathname === `/staff/f/${given.facilities[2]}`), `${say}: leads to the facility`, page.url());
		ok((await page.innerText('main')).includes('完好'), `${say}: which says what was seen`);
		await page.goto(base + form(given.facilities[2]));
		await page.click(button('foreign'));
		ok(await until(60, () => page.url().includes(`/f/${given.facilities[2]}`) && !page.url().includes('sticker')), `${say}: a foreign one, too`, page.url());
		is((await marks()).slice(before.length).replace(/^,/, ''), `intact ${label},foreign -`, `${say}: once each`);
		await context.close();
	};

	// The camera is not there in a test: the detector is played by the page.
	cases['scan: opens, marks, sticks on'] = async say => {
		const context = await phone({ permissions: ['camera'] });
		await context.addCookies([k.cookie('office')]);
		const page = await context.newPage();
		await page.addInitScript(() => {
			window.BarcodeDetector = class { detect() { return Promise.resolve(window.seen ? [{ rawValue: window.seen }] : []); } };
			navigator.mediaDevices.getUserMedia = () => Promise.resolve(document.createElement('canvas').captureStream());
		});
		async function scan(from, what) {
			await page.goto(base + from);
			await page.evaluate(w => { window.seen = w; }, what);
			await page.click('#scan');
		}
		const at = `/staff/f/${given.facilities[3]}`;
		await scan('/staff/', `HTTPS://QR.EXAMPLE/${given.labels[0]}`);
		ok(await until(60, () => page.url() === base + at), `${say}: from the list to the facility`, page.url());
		await scan(at, `HTTPS://QR.EXAMPLE/${given.labels[0]}`);
		ok(await until(60, () => page.url() === base + form(given.labels[0])), `${say}: beside its facility it is to be marked`, page.url());
		await scan(at, `HTTPS://QR.EXAMPLE/${given.labels[1]}`);
		ok(await until(60, () => page.url() === `${base}/staff/f/${given.facilities[2]}`), `${say}: one of another facility leads there`, page.url());
		await scan(at, 'https://other.example/pay');
		await says(page, '#net', '不是我们的标签', `${say}: a foreign one is said to be one`);
		await page.click('#net a');
		ok(await until(60, () => page.url() === base + form(given.facilities[3])), `${say}: with a way to report it`, page.url());
		await scan(at, `HTTPS://QR.EXAMPLE/${given.blank}`);
		ok(await until(60, () => page.url().includes('/staff/labels/bind')), `${say}: a blank one is to be stuck on`, page.url());
		is(`${await page.inputValue('#code')} ${await page.inputValue('#facility')}`, `${given.blank} ${given.facilities[3]}`, `${say}: both are filled in`);
		await page.click('form[action*=bind] button.go');
		ok(await until(60, async () => await sql(`SELECT state FROM core.label WHERE code = '${given.blank}'`) === 'active'), `${say}: stuck on`);
		await context.close();
	};
	return cases;
};
