// node staff.js URL FOLDER: what people who log in do, and how their pages look; prints TAP.
// FOLDER holds given.json (accounts, facilities) and the photos.
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const zlib = require('zlib');
const { withPeople } = require('./browser.js');
const look = require('./look.js');
const { staffPages, budgets } = require('./pages.js');

const { LANGS, ok } = look;
const [base, folder] = process.argv.slice(2);
const given = JSON.parse(fs.readFileSync(path.join(folder, 'given.json'), 'utf8'));
const PHONE = { viewport: { width: 360, height: 740 }, locale: 'zh-CN' };
const is = (got, want, what) => ok(got === want, what, `got:  ${got}\nwant: ${want}`);

/** The code of the second factor (RFC 6238); one works once, so each of them logs in once. */
function totp() {
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000)));
	const h = crypto.createHmac('sha1', given.secret).update(counter).digest();
	return String((h.readUInt32BE(h[19] & 15) & 0x7fffffff) % 1000000).padStart(6, '0');
}
/** "2026-11-22T09:30", minutes before now, in the deployment's zone. */
const ago = minutes => new Date(Date.now() + 8 * 3600e3 - minutes * 60e3).toISOString().slice(0, 16);
const shot = (slot, n) => path.join(folder, `${slot}${n}.jpg`);
const uuidOf = url => url.match(/\/r\/([0-9a-f-]{36})/)[1];

/** Clicks on what leads to another page, and waits for it. */
const go = (page, button) => Promise.all([page.waitForNavigation(), page.click(button)]);

async function logIn(context, login) {
	const page = await context.newPage();
	await page.goto(base + '/staff/');
	is(new URL(page.url()).pathname, '/staff/login', `${login}: to the login first`);
	await page.fill('#login', login);
	await page.fill('#password', given.password);
	await go(page, 'main button.go');
	if (await page.locator('#code').count()) {
		await page.fill('#code', totp());
		await go(page, 'main button.go');
	}
	// whose role has the board begins with it
	const start = login === 'ins' ? '/staff/' : '/staff/board';
	ok(new URL(page.url()).pathname === start, `${login}: and then to ${start}`,
		`at ${page.url()}: ${await page.locator('main').innerText()}`);
	if (start !== '/staff/')
		await page.goto(base + '/staff/');
	return page;
}

// ---- from the upload to the resident's page -----------------------------------------------------

/** Sends the form that is open, by itself or by the script's queue; then the page of the record,
 * or, when it was refused, the form again. */
async function send(page, script) {
	if (!script) {
		await go(page, 'form[enctype] button.go');
		return;
	}
	const before = page.url();
	await page.click('form[enctype] button.go');
	await page.waitForURL('**/staff/queue');
	for (let i = 0; i < 100; i++) { // the policy of the page forbids what waitForFunction() needs
		if (await page.locator('#sent .q, #open p.no').count() && !await page.locator('#open p.w').count()) break;
		await page.waitForTimeout(100);
	}
	ok(!await page.locator('#open p.w').count(), 'the queue is done with it', await page.locator('main').innerText());
	if (await page.locator('#open p.no').count()) {
		const words = (await page.locator('#open p.no').allInnerTexts()).join(' ');
		ok(words.includes('时间还没到'), `the queue says why: ${words}`);
		await page.click('#open .q a.btn');
		ok(page.url().startsWith(before.split('#')[0]), 'and leads back to the form', page.url());
		await page.locator('p.ok').first().waitFor();
	} else {
		await page.locator('#sent .q a').last().click();
		await page.waitForURL('**/staff/r/**');
	}
}

async function addPhoto(page, script, slot, n) {
	await page.setInputFiles(`#photos-${slot}`, shot(slot, n));
	if (script) await page.locator(`.f:has(#photos-${slot}) p.ok`).waitFor();
}

/** An inspector's upload, with a mistake that is put right; returns the record's number. */
async function upload(page, script, say, code, n) {
	await page.goto(base + '/staff/');
	await page.fill('#q', code);
	await go(page, 'form[action="/staff/search"] button');
	await go(page, `main a[href^="/staff/f/${code}"]`);
	await go(page, 'a.btn[href*="type=clean"]');
	is(await page.inputValue('#party-cleaner'), given.firm, `${say}: one's own firm is chosen already`);
	const facts = { from: ago(120), to: ago(-600), 'fields-workers': '2', 'fields-disinfectant': '次氯酸钠',
		'results-turbidity': '＜0.5', note: '门锁坏了 <b>&"' };
	for (const name in facts) await page.fill(`[name=${name}]`, facts[name]);
	for (const slot of ['before', 'during', 'after']) await addPhoto(page, script, slot, n);
	await send(page, script);
	if (!script) {
		ok(await page.locator('section.err[role=alert] a[href="#to"]').isVisible(), `${say}: a mistake is told at the top, with a link`);
		ok(await page.locator('#to-e').isVisible() && await page.getAttribute('#to', 'aria-invalid') === 'true',
			`${say}: and beside the field`);
		await page.click('section.err a[href="#to"]');
		ok(page.url().endsWith('#to'), `${say}: the link leads there`);
	}
	const typed = {};
	for (const name in facts) typed[name] = await page.inputValue(`[name=${name}]`);
	is(JSON.stringify(typed), JSON.stringify(facts), `${say}: nothing typed is lost`);
	is(await page.locator(script ? '.f:has(input[type=file]) p.ok' : 'input[type=hidden][name^=kept-]').count(), 3,
		`${say}: nor any of three photos`);
	await page.fill('#to', ago(30));
	await send(page, script);
	ok(await page.locator('section[role=status] h2.ok').isVisible(), `${say}: the receipt`, await page.locator('main').innerText());
	is(await page.locator('.ph img').count(), 3, `${say}: with three photos`);
	ok(/^[0-9a-f]{12}/.test(await page.locator('section[role=status] code').innerText()), `${say}: and the check sum`);
	return uuidOf(page.url());
}

/** Confirms the record of that page; how long until the resident's page shows it. */
async function confirm(page, say, id, code, at = `/f/${code}`, what = `/r/${id}`) {
	await page.goto(base + '/staff/');
	await go(page, `main a[href^="/staff/r/${id}"]`);
	let shown = 0;
	let asking = true;
	const resident = (async () => {
		while (asking && !shown) {
			const res = await look.get(base + at, {});
			if (res.status === 200 && res.body.includes(what)) shown = Date.now();
			else await new Promise(r => setTimeout(r, 20));
		}
	})();
	let answered = 0;
	page.once('response', () => { answered = Date.now(); });
	await page.click('button[value=confirm]');
	const until = Date.now() + 3000;
	while (!shown && Date.now() < until) await new Promise(r => setTimeout(r, 20));
	asking = false;
	await resident;
	const took = shown - answered;
	ok(shown && took <= 1000, `${say}: the resident's page shows it ${took} ms after the answer to the confirmation`, 'at most 1000 ms');
}

/** The resident's pages of it, photos included. */
async function resident(open, options, say, id, code) {
	const context = await open(options);
	const page = await context.newPage();
	for (const at of [`/f/${code}`, `/r/${id}`]) {
		await page.goto(base + at, { waitUntil: 'networkidle' });
		const photos = await page.locator('img[src*="/p/"]').evaluateAll(l => l.map(i => i.naturalWidth));
		ok(photos.length === 3 && photos.every(w => w > 0), `${say}: ${at.slice(0, 3)} shows three photos`, photos.join());
	}
	const text = await page.locator('main').innerText();
	ok(!text.includes('门锁坏了') && !text.includes('N ins'), `${say}: neither note nor name of a person`, text);
	is((await context.cookies()).length, 0, `${say}: and sets no cookie`);
	await context.close();
	return text;
}

/** Returned by the manager, put right by the inspector, confirmed. */
async function returned(inspector, manager, script, say, code, n) {
	const id = await upload(inspector, script, `${say}, second`, code, n);
	await manager.goto(`${base}/staff/r/${id}`);
	const form = manager.locator('form:has(button[value=return])');
	await form.locator('textarea').fill('照片看不清，请重拍');
	await Promise.all([manager.waitForNavigation(), form.locator('button').click()]);
	await inspector.goto(base + '/staff/');
	const first = inspector.locator('main ul.li li').first();
	ok((await first.innerText()).includes('照片看不清'), `${say}: a returned record is on top, with the reason`);
	await Promise.all([inspector.waitForNavigation(), first.locator('a').first().click()]);
	await go(inspector, 'a.go[href*="/edit"]');
	is(await inspector.inputValue('#fields-workers'), '2', `${say}: its form holds what was sent`);
	await addPhoto(inspector, script, 'after', n + 1);
	await inspector.fill('#fields-workers', '3');
	await inspector.fill('#reason', '重拍');
	await send(inspector, script);
	ok(await inspector.locator('section[role=status] h2.ok').isVisible(), `${say}: sent again`,
		await inspector.locator('main').innerText());
	await confirm(manager, `${say}, second`, id, code);
	return id;
}

/** What was published is corrected by the manager, confirmed by the office: residents see both. */
async function corrected(open, options, manager, office, script, say, id, code) {
	await manager.goto(`${base}/staff/r/${id}/edit`);
	await manager.fill('#fields-workers', '4');
	await manager.fill('#reason', '人数登记错了');
	await send(manager, script);
	is(await manager.locator('button[value=confirm]').count(), 0, `${say}: nobody confirms a correction of one's own`);
	await confirm(office, `${say}, correction`, id, code, `/r/${id}`, '人数登记错了');
	const context = await open(options);
	const page = await context.newPage();
	await page.goto(`${base}/r/${id}`);
	const fact = at => page.locator('dl', { hasText: at }).innerText();
	ok(/作业人数[^]*?4/.test(await fact('作业人数')), `${say}: a correction is public`);
	await go(page, `a[href="/r/${id}/1"]`);
	ok(/作业人数[^]*?3/.test(await fact('作业人数')), `${say}: and what stood there before is still readable`);
	await go(page, `main a[href="/r/${id}"]`);
	is(new URL(page.url()).pathname, `/r/${id}`, `${say}: with the way back`);
	await context.close();
}

async function way(open, office, script) {
	const options = { ...PHONE, javaScriptEnabled: script };
	const say = script ? 'with script' : 'without';
	const code = given.facilities[script ? 0 : 1];
	const n = script ? 1 : 3;
	const field = await open(options);
	const desk = await open(options);
	const inspector = await logIn(field, 'ins');
	const cookie = (await field.cookies()).find(c => c.name === '__Host-qr');
	ok(cookie && cookie.secure && cookie.httpOnly && cookie.sameSite === 'Lax', `${say}: one cookie, Secure, HttpOnly, Lax`,
		JSON.stringify(cookie));
	const id = await upload(inspector, script, say, code, n);
	is((await look.get(`${base}/r/${id}`, {})).status, 404, `${say}: nothing is public before the manager has confirmed`);
	const manager = await logIn(desk, 'mgr');
	await confirm(manager, say, id, code);
	await resident(open, options, say, id, code);
	const second = await returned(inspector, manager, script, say, code, n);
	await corrected(open, options, manager, office, script, say, second, code);
	await inspector.goto(base + '/staff/');
	await go(inspector, 'header button');
	await inspector.goto(`${base}/staff/r/${id}`);
	is(new URL(inspector.url()).pathname, '/staff/login', `${say}: after logging out nothing opens any more`);
	await field.close();
	await desk.close();
	return { id, second, code };
}

// ---- each page by itself --------------------------------------------------------------------------

/** The one script a page may load, or nothing. */
const SCRIPT = /<script src="(\/staff\/[a-z]+\.js)"><\/script>/;
const packed = bytes => zlib.gzipSync(bytes, { level: 9 }).length;

async function weigh(page, res, p, lang, htmlFolder) {
	const body = await res.body();
	const head = await res.allHeaders();
	const csp = head['content-security-policy'] || '';
	const html = body.toString();
	const script = p.script ? html.match(SCRIPT) : null;
	const problems = [];
	const want = (good, why) => { if (!good) problems.push(why); };
	want(res.status() === (p.status || 200), `status ${res.status()}`);
	want(new URL(page.url()).pathname === p.path.replace(/\?.*/, ''), `at ${page.url()}`);
	want(/^text\/html; ?charset=utf-8$/i.test(head['content-type']), `type ${head['content-type']}`);
	want(head['content-language'] === lang, `language ${head['content-language']}`);
	want(head['cache-control'] === 'no-store', `cache ${head['cache-control']}`);
	want(csp.startsWith("default-src 'none'") && csp.includes("form-action 'self'") && !csp.includes('unsafe'), `policy ${csp}`);
	want(!p.script === !script && !look.hasScript(script ? html.replace(SCRIPT, '') : html), 'script in the page');
	ok(!problems.length, `${p.name} ${lang}: answer`, problems.join('\n'));
	const [raw, gz] = budgets[p.budget];
	ok(body.length <= raw && packed(body) <= gz, `${p.name} ${lang}: ${body.length} bytes, ${packed(body)} compressed`,
		`at most ${raw} and ${gz}`);
	fs.writeFileSync(path.join(htmlFolder, `${p.name}.${lang}.html`), body);
	return script && script[1];
}

/** Script of a page, as it is sent: 4 KiB, 6 with the worker. */
async function weighScript(src) {
	const size = async at => {
		const { body, headers } = await look.get(base + at, { 'Accept-Encoding': 'gzip' });
		return headers['content-encoding'] === 'gzip' ? body.length : Infinity;
	};
	const script = await size(src), worker = await size('/staff/sw.js');
	ok(script <= 4096 && script + worker <= 6144, `${src}: ${script} bytes compressed, ${worker} the worker`, 'at most 4096, 6144 together');
}

async function show(context, p, lang, htmlFolder) {
	const page = await context.newPage();
	const requests = new Set();
	const complaints = [];
	page.on('request', r => requests.add(r.url()));
	page.on('console', m => { if (m.type() === 'error' && !/status of 4\d\d/.test(m.text())) complaints.push(m.text()); });
	page.on('pageerror', e => complaints.push(String(e)));
	const res = await page.goto(base + p.path, { waitUntil: 'load' });
	const script = await weigh(page, res, p, lang, htmlFolder);
	const others = [...requests].filter(u => !u.startsWith('data:') && !/\/p\/[0-9a-f]{64}-/.test(u) && u !== base + p.path &&
		u !== base + script);
	ok(!others.length, `${p.name} ${lang}: ${script ? 2 : 1} request(s) and photos`, others.join('\n'));
	if (!p.elsewhere) await look.views(page, p.name, lang, false);
	ok(!complaints.length, `${p.name} ${lang}: the browser has no complaint`, complaints.join('\n'));
	if (process.env.SHOTS && lang === 'zh-CN') {
		await page.evaluate(() => { document.documentElement.style.fontSize = ''; });
		await page.setViewportSize({ width: 360, height: 740 });
		await page.emulateMedia({ colorScheme: 'light' });
		await page.screenshot({ path: path.join(process.env.SHOTS, `staff_${p.name}.png`), fullPage: true });
	}
	await page.close();
	return script;
}

async function each(open, office, done) {
	const htmlFolder = path.join(folder, 'html');
	fs.mkdirSync(htmlFolder, { recursive: true });
	const scripts = new Set();
	for (const who of ['nobody', 'ins', 'off', 'aud']) {
		const first = who === 'off' ? office.context() : await open(PHONE);
		if (who === 'ins' || who === 'aud') await (await logIn(first, who)).close();
		const storageState = await first.storageState();
		for (const lang of LANGS) {
			const context = await open({ ...PHONE, storageState, locale: lang, serviceWorkers: 'block',
				extraHTTPHeaders: { 'Accept-Language': lang } });
			for (const p of staffPages(given, done).filter(q => q.who === who))
				scripts.add(await show(context, p, lang, htmlFolder));
			await context.close();
		}
		await first.close();
	}
	for (const src of scripts) if (src) await weighScript(src);
	await look.checkHtml(htmlFolder);
}

look.run(() => withPeople(async open => {
	const office = await logIn(await open(PHONE), 'off');
	const done = await way(open, office, true);
	await way(open, office, false);
	await each(open, office, done);
}));
