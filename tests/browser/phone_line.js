// What a line does to an upload: cut, lost, busy, refused, shared by two tabs, the server restarted,
// thin and far away.
'use strict';
const fs = require('fs');
const path = require('path');

module.exports = k => {
	const { ok, is, line, base, formOf, phone, one, fill, submit, sent, says, wait, until, rows, states, words, three, large, ago, patches,
		posts, arrived, sql, ALL, PIECE } = k;
	const cases = {};

	cases['cut: in the middle of a piece'] = async say => {
		const page = await one(() => line.rule({ method: 'PATCH', path: /blobs/, cut: 20000 }));
		ok(await sent(page), `${say}: sent in the end`, await words(page));
		const total = (await rows(page))[0].photos.reduce((sum, p) => sum + p.size, 0);
		const bytes = patches().reduce((sum, r) => sum + r.sent, 0);
		ok(patches().some(r => r.rule.cut && r.sent >= 20000), `${say}: the line was cut in a piece`);
		ok(bytes > total && bytes - total <= PIECE, `${say}: ${bytes - total} bytes were sent twice`, `of ${total}`);
		await arrived(page, say);
		await page.over();
	};

	cases['resume: at the exact byte'] = async say => {
		// a later piece than the first
		const page = await one(() => line.rule({ method: 'PATCH', path: /blobs/, offset: 1, cut: 1000 }), '', large());
		ok(await sent(page), `${say}: sent in the end`, await words(page));
		ok(patches().some(r => r.rule.cut), `${say}: the line was cut in a later piece`);
		const by = {};
		patches().filter(r => r.status === 204).forEach(r => { (by[r.path] = by[r.path] || []).push(r); });
		ok(Object.values(by).every(list => list.every((r, i) => r.offset === (i ? list[i - 1].offset + list[i - 1].length : 0))),
			`${say}: each piece begins where the one before ended`, JSON.stringify(patches()));
		await arrived(page, say);
		await page.over();
	};

	cases['busy: two 503'] = async say => {
		const busy = { method: 'PATCH', path: /blobs/, times: 999, status: 503, headers: { 'Retry-After': '1' } };
		const page = await one(() => {
			line.rule(busy);
			line.rule({ method: 'POST', path: /new/, status: 503 });
		});
		await says(page, '#open', '服务器忙', `${say}: said in words`);
		ok(await until(60, () => patches().filter(r => r.status === 503).length > 1), `${say}: tried again by itself`);
		line.rules = line.rules.filter(r => r.method === 'POST');
		ok(await sent(page), `${say}: sent in the end`, await words(page));
		is(posts().length, 2, `${say}: the record, too`);
		await arrived(page, say);
		await page.over();
	};

	cases['lost: the replies of a piece and of the record'] = async say => {
		const page = await one(() => {
			line.rule({ method: 'PATCH', path: /blobs/, lose: true });
			line.rule({ method: 'POST', path: /new/, lose: true });
		});
		ok(await sent(page), `${say}: sent in the end`, await words(page));
		is(posts().length, 2, `${say}: the record was sent twice`);
		await arrived(page, say);
		await page.over();
	};

	cases['401: the session is over'] = async say => {
		const page = await one(() => {
			line.rule({ method: 'PATCH', path: /blobs/, hold: () => sql(`UPDATE core.session SET expires_at = core.now() - interval '1 s'
				WHERE account_id = ${k.mine}`) });
		}, '401');
		await says(page, '#net', '登录已过期', `${say}: said in words`);
		is(await page.getAttribute('#net a', 'href'), '/staff/login?next=/staff/queue', `${say}: with a way to log in`);
		is(await states(page), 'wait', `${say}: all of it is kept`);
		await sql(`UPDATE core.session SET expires_at = core.now() + interval '8 hours' WHERE account_id = ${k.mine}`);
		await page.click('#again');
		ok(await sent(page), `${say}: sent after the login`, await words(page));
		await arrived(page, say);
		await page.over();
	};

	cases['422: mended on the phone'] = async say => {
		const context = await phone();
		const page = await context.newPage();
		await page.goto(base + formOf());
		await fill(page, three(), '422');
		await page.fill('#to', ago(-600));
		await submit(page);
		await says(page, '#open', '没被接受', `${say}: said in words`);
		await page.click('#open a.btn');
		ok(await until(60, () => page.isVisible('section.err a[href="#to"]')), `${say}: the form says why, with a link`);
		is(await page.inputValue('#note'), '422', `${say}: nothing typed is lost`);
		await page.fill('#to', ago(60));
		await submit(page);
		ok(await sent(page), `${say}: accepted`, await words(page));
		await arrived(page, say);
		await context.close();
	};

	cases['413: a photo that is refused'] = async say => {
		const page = await one(() => line.rule({ method: 'PATCH', path: /blobs/, status: 413,
			body: '{"error":"too_large","text":"照片太大"}' }), '413');
		await says(page, '#open', '照片太大', `${say}: which photo, and why`);
		await page.click('#open a.btn');
		await wait(page, () => document.getElementById('note') && document.getElementById('note').value === '413');
		await submit(page);
		ok(await sent(page), `${say}: accepted`, await words(page));
		await arrived(page, say);
		await page.over();
	};

	// What lies on the phone is not what it was: the server says so once and keeps nothing.
	cases['hash: bytes that changed on the phone'] = async say => {
		const page = await one(() => line.rule({ path: /token/, times: 999, status: 503 }), 'hash');
		await page.evaluate(() => QR.all().then(l => QR.tx('readwrite', (r, p) => {
			const at = p.get(l[0].photos[0].sha);
			at.onsuccess = () => {
				const b = new Uint8Array(at.result.slice(0));
				b[b.length >> 1] ^= 255;
				p.put(b.buffer, l[0].photos[0].sha);
			};
		})));
		line.rules = [];
		await page.click('#again');
		await says(page, '#open', '不一样', `${say}: said in words`);
		is(await states(page), 'bad', `${say}: not tried for ever`);
		is(await sql(`SELECT count(*) FROM core.blob WHERE account_id = ${k.mine}`), 0, `${say}: the server keeps nothing of it`);
		await page.click('#open a.btn');
		await wait(page, () => document.getElementById('note') && document.getElementById('note').value === 'hash');
		await fill(page, { before: three().before });
		await submit(page);
		ok(await sent(page), `${say}: another photo takes its place`, await words(page));
		await arrived(page, say);
		await page.over();
	};

	cases['tabs: two drain at once'] = async say => {
		const page = await one(() => line.rule({ path: /token/, status: 503 }), 'tabs');
		const tab = await page.context().newPage();
		await tab.goto(base + '/staff/queue');
		await Promise.all([page, tab].map(p => p.evaluate(() => { QR.go(); })));
		ok(await sent(page), `${say}: sent`, await words(page));
		const seen = patches().map(r => `${r.path} ${r.offset}`);
		is(seen.length, new Set(seen).size, `${say}: no byte twice`);
		is(posts().length, 1, `${say}: the record once`);
		await arrived(page, say);
		await page.over();
	};

	// Alone: the others would lose their server, too.
	cases['restart: of the server in the middle of a blob'] = async say => {
		const at = name => path.join(k.folder, name);
		const page = await one(() => line.rule({ method: 'PATCH', path: /blobs/, hold: async () => {
			fs.writeFileSync(at('stop'), '');
			await until(120, () => fs.existsSync(at('stopped')));
			fs.unlinkSync(at('stopped'));
			fs.writeFileSync(at('start'), '');
		} }), '', large());
		ok(await until(120, () => patches().length && !fs.existsSync(at('start')) && !fs.existsSync(at('stop'))), `${say}: it is back`);
		ok(await sent(page), `${say}: sent in the end`, await words(page));
		await arrived(page, say);
		await page.over();
	};
	cases['restart: of the server in the middle of a blob'].alone = true;

	cases['haul: many records over a thin line'] = async say => {
		const context = await phone();
		const page = await context.newPage();
		const n = ALL ? 30 : 3;
		line.rule({ path: /token/, times: 9999, status: 503 });
		for (let i = 0; i < n; i++) {
			await page.goto(base + formOf());
			await fill(page, three(), `haul ${i}`);
			await submit(page);
		}
		line.clear();
		line.rate = ALL ? 12000 : 200000;
		line.delay = ALL ? 800 : 50;
		const began = Date.now();
		await page.reload();
		ok(await sent(page, ALL ? 3600 : 300), `${say}: ${n} records of 3 photos are sent`, await words(page));
		const total = (await rows(page)).reduce((sum, r) => sum + r.photos.reduce((x, p) => x + p.size, 0), 0);
		const bytes = patches().reduce((sum, r) => sum + r.sent, 0);
		ok(bytes === total, `${say}: ${total} bytes, none of them twice`, bytes);
		console.log(`# ${say}: ${line.log.length} requests, ${Math.round((Date.now() - began) / 1000)} s at ${line.rate} B/s and ${line.delay} ms`);
		await arrived(page, say, n);
		await context.close();
	};
	return cases;
};
