// What a phone keeps: without a line, killed, full, with a wrong clock, with somebody else's login,
// with an old form, or without any script.
'use strict';
const fs = require('fs');
const path = require('path');

module.exports = k => {
	const { ok, is, line, base, formOf, phone, one, fill, submit, sent, says, wait, until, rows, states, words, three, ago, arrived } = k;
	const cases = {};

	cases['offline: saved, reloaded, sent later'] = async say => {
		const context = await phone();
		const page = await context.newPage();
		await page.goto(base + '/staff/');
		await wait(page, () => navigator.serviceWorker.ready.then(() => 1));
		await page.reload();
		ok(await until(60, () => page.evaluate(u => caches.match(u).then(r => !!r), formOf(1))),
			`${say}: the forms of today's list are fetched beforehand`);
		const mine = three();
		line.cut();
		await page.goto(base + formOf(1)); // never opened before
		ok(await page.isVisible('form#record'), `${say}: a form opens without a line`);
		await page.fill('#note', '没有信号');
		await page.setInputFiles('#photos-before', mine.before);
		await wait(page, () => document.getElementById('photos-before').value === '');
		await wait(page, () => QR.all().then(l => l.length === 1 && l[0].fields.some(f => f[1] === '没有信号')));
		await page.reload();
		await wait(page, () => document.getElementById('note').value);
		is(await page.inputValue('#note'), '没有信号', `${say}: a draft is there after a reload`);
		ok((await page.innerText('#photos')).includes(path.basename(mine.before)), `${say}: with its photo`);
		await page.goto(base + '/staff/queue');
		await says(page, '#open', '没提交', `${say}: the queue names the draft`);
		await page.click('#open a.btn');
		await wait(page, () => document.getElementById('note') && document.getElementById('note').value);
		await fill(page, { during: mine.during, after: mine.after });
		await submit(page);
		await says(page, '#open', '等信号', `${say}: it waits, in words`);
		ok((await words(page)).includes('在手机里'), `${say}: and so does each photo`, await words(page));
		await page.reload();
		is(await states(page), 'wait', `${say}: still there after a reload`);
		await page.goto(base + formOf(1));
		ok(await until(60, () => page.isVisible('#net a')), `${say}: other pages say that one waits`);
		await page.goto(base + '/staff/queue');
		line.up();
		await page.evaluate(() => { dispatchEvent(new Event('online')); });
		ok(await sent(page), `${say}: sent when the line is back`, await words(page));
		ok(/已收到，回执 [0-9a-f]{12}/.test(await page.innerText('#sent')), `${say}: with its receipt`, await page.innerText('#sent'));
		await arrived(page, say);
		await context.close();
	};

	cases['killed: the browser ends with a queue'] = async say => {
		const profile = path.join(k.folder, `profile-${k.browser}`);
		await k.bare(profile, async p => {
			line.rule({ path: /token/, times: 999, status: 503 });
			await p.goto(base + formOf());
			await fill(p, three(), 'killed');
			await submit(p);
			is(await states(p), 'wait', `${say}: it waits`);
		});
		line.clear();
		await k.bare(profile, async p => {
			await p.goto(base + '/staff/queue');
			is((await rows(p)).length, 1, `${say}: it is still there`);
			ok(await sent(p), `${say}: opened again, it is sent`);
			await arrived(p, say);
		});
	};

	cases['quota: a full phone'] = async say => {
		const context = await phone();
		const page = await context.newPage();
		const cdp = await context.newCDPSession(page);
		await page.goto(base + formOf());
		await cdp.send('Storage.overrideQuotaForOrigin', { origin: base, quotaSize: 100000 });
		await page.addInitScript(() => { navigator.storage.estimate = () => Promise.resolve({ quota: 1e7, usage: 0 }); });
		await page.reload();
		await says(page, '#net', '快满', `${say}: said beforehand`);
		await page.fill('#note', 'full');
		await page.setInputFiles('#photos-before', k.shot('large3'));
		await says(page, '#net', '没能保存', `${say}: said in words`);
		const [file] = await Promise.all([page.waitForEvent('download'), page.click('#net a')]);
		const saved = JSON.parse(fs.readFileSync(await file.path(), 'utf8'));
		ok(saved.pics.length === 1 && saved.recs[0].fields.some(f => f[1] === 'full'), `${say}: all of it can be saved to a file`);
		is(await page.inputValue('#note'), 'full', `${say}: the form still has it`);
		await cdp.send('Storage.overrideQuotaForOrigin', { origin: base });
		await page.fill('#fields-workers', '2');
		await page.fill('#fields-disinfectant', '次氯酸钠');
		await page.fill('#to', ago(60));
		await page.fill('#from', ago(120));
		await page.setInputFiles('#photos-after', three().after);
		await submit(page);
		ok(await sent(page), `${say}: with room again it is sent`, await words(page));
		await arrived(page, say);
		await context.close();
	};

	cases['file: written on one phone, read on another'] = async say => {
		const page = await one(() => line.cut(), 'file');
		const [file] = await Promise.all([page.waitForEvent('download'), page.click('#export')]);
		const context = await phone();
		const other = await context.newPage();
		line.up();
		await other.goto(base + '/staff/queue');
		await other.setInputFiles('#import', await file.path());
		ok(await until(60, async () => (await rows(other)).length), `${say}: read`, await words(other));
		ok(await sent(other), `${say}: sent from there`, await words(other));
		await page.click('#again');
		ok(await sent(page), `${say}: the first phone gets the same receipt`, await words(page));
		is((await rows(page))[0].receipt.hash, (await rows(other))[0].receipt.hash, `${say}: byte by byte`);
		await arrived(page, say);
		await other.setInputFiles('#import', { name: 'x.json', mimeType: 'application/json',
			buffer: Buffer.from('{"qr":1,"pics":[],"recs":[{"id":"00000000-0000-4000-8000-000000000000","url":"/staff/users/new","photos":[],"fields":[]}]}') });
		await says(other, '#net', '读不了', `${say}: a file that leads elsewhere is refused`);
		await context.close();
		await page.over();
	};

	cases['clock: a year off'] = async say => {
		const context = await phone();
		const page = await context.newPage();
		await page.addInitScript(() => {
			const now = Date.now;
			Date.now = () => now() - 31536e6;
		});
		await page.goto(base + formOf());
		await fill(page, three(), 'clock');
		await submit(page);
		ok(await sent(page), `${say}: sent`, await words(page));
		await says(page, '#net', '手机时间不准', `${say}: said against the server's`);
		await page.reload();
		is(await states(page), 'done', `${say}: the receipt is kept`);
		await arrived(page, say);
		await context.close();
	};

	cases['account: somebody else logs in'] = async say => {
		const page = await one(() => line.cut(), 'account');
		await page.context().addCookies([k.cookie('other')]);
		line.up();
		await page.click('#again');
		await says(page, '#open', '另一个账号', `${say}: said in words`);
		is(k.patches().length, 0, `${say}: nothing is sent`);
		await page.context().addCookies([k.cookie(k.login)]);
		await page.click('#again');
		ok(await sent(page), `${say}: sent by its own account`, await words(page));
		await arrived(page, say);
		await page.over();
	};

	// The worker's own copy of the form, as it was before a field was renamed and another one ended.
	cases['shell: an old form, a new server'] = async say => {
		const context = await phone();
		const page = await context.newPage();
		await page.goto(base + formOf());
		await wait(page, () => navigator.serviceWorker.ready.then(() => 1));
		await page.reload();
		ok(await until(60, () => page.evaluate(u => caches.match(u).then(r => r && r.text()).then(t => {
			if (!t) return false;
			const old = t.replace(/fields-workers/g, 'fields-people').replace('</form>', '<input type="hidden" name="fields-gone" value="x"></form>');
			return caches.open('pages').then(c => c.put(u, new Response(old, { headers: { 'Content-Type': 'text/html; charset=utf-8' } }))).then(() => 1);
		}), formOf())), `${say}: the worker holds a form of before`);
		line.cut();
		await page.goto(base + formOf());
		ok(await page.isVisible('#fields-people'), `${say}: it opens without a line`);
		await page.evaluate(() => { document.getElementById('fields-people').id = 'fields-workers'; });
		await fill(page, three(), 'shell');
		await submit(page);
		line.up();
		await page.click('#again');
		await says(page, '#open', '没被接受', `${say}: what is missing is asked for`);
		await page.click('#open a.btn');
		await wait(page, () => document.getElementById('note') && document.getElementById('note').value === 'shell');
		ok(await page.isVisible('section.err a[href="#fields-workers"]'), `${say}: with a way to the new field`);
		await page.fill('#fields-workers', '2');
		await submit(page);
		ok(await sent(page), `${say}: accepted from the new form`, await words(page));
		await arrived(page, say);
		await context.close();
	};

	cases['plain: no script at all'] = async say => {
		const context = await phone({ javaScriptEnabled: false });
		const page = await context.newPage();
		await page.goto(base + formOf());
		ok((await page.innerText('main')).includes('没有脚本'), `${say}: says what is missing`);
		await page.fill('#from', ago(120));
		await page.fill('#to', ago(60));
		await page.fill('#fields-workers', '2');
		await page.fill('#fields-disinfectant', '次氯酸钠');
		const mine = three();
		for (const slot of ['before', 'after']) await page.setInputFiles(`#photos-${slot}`, mine[slot]);
		await page.click('form#record button.go');
		ok(await until(60, () => /\/staff\/r\/[0-9a-f-]{36}/.test(page.url())), `${say}: sent by the form alone`, page.url());
		const id = /[0-9a-f-]{36}/.exec(page.url());
		const want = ['before', 'after'].map(slot => k.sha(fs.readFileSync(mine[slot]))).sort();
		is(await k.stored(id && id[0]), `1|2|${want.join()}`, `${say}: one record, each photo once, hashes equal`);
		await context.close();
	};
	return cases;
};
