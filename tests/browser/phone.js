// node phone.js FOLDER: an inspector's phone over a line that breaks; prints TAP. FOLDER holds
// given.json (cluster, ports, facilities) and the photos.
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const { spawn, spawnSync } = require('child_process');
const { chromium } = require('playwright-core');
const { withPeople } = require('./browser.js');
const look = require('./look.js');
const { Line, sleep } = require('./line.js');

const { ok, run } = look;
const [folder] = process.argv.slice(2);
const given = JSON.parse(fs.readFileSync(path.join(folder, 'given.json'), 'utf8'));
const base = `http://127.0.0.1:${given.line}`;
const ALL = !!process.env.TEST_ALL;
const ONLY = process.env.PHONE_ONLY && new RegExp(process.env.PHONE_ONLY);
const line = new Line(given.port);
const is = (got, want, what) => ok(String(got) === String(want), what, `got:  ${got}\nwant: ${want}`);
const shot = name => path.join(folder, `${name}.jpg`);
const sha = bytes => crypto.createHash('sha256').update(bytes).digest('hex');

function sql(text) {
	const r = spawnSync('deploy/pg', ['psql', given.cluster, '-qAt', '-v', 'ON_ERROR_STOP=1', '-c', text], { encoding: 'utf8' });
	if (r.status !== 0) throw new Error(`sql: ${r.stderr}`);
	return r.stdout.trim();
}
async function until(seconds, what) {
	for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(50)) {
		const got = await what();
		if (got) return got;
	}
	return false;
}

/** Until it is true in the page, whose policy lets nobody evaluate strings. */
async function wait(page, what, arg) {
	if (!await until(15, () => page.evaluate(what, arg))) throw new Error(`never: ${what}`);
}

// ---- a phone ------------------------------------------------------------------------------------

/** The session of tests/staff.sh: its token is the hash of the login. */
const cookie = login => ({ name: '__Host-qr', value: crypto.createHash('sha256').update(login).digest('base64url'),
	domain: '127.0.0.1', path: '/', secure: true, httpOnly: true, sameSite: 'Lax' });

async function phone(open, options = {}) {
	const context = await open({ viewport: { width: 360, height: 740 }, locale: 'zh-CN', ...options });
	context.setDefaultTimeout(15000);
	await context.addCookies([cookie('ins')]);
	return context;
}
const ago = minutes => new Date(Date.now() + 8 * 3600e3 - minutes * 60e3).toISOString().slice(0, 16);
const formOf = (n = 0, type = 'clean') => `/staff/f/${given.facilities[n]}/new?type=${type}`;

/** Fills in the form that is open; photos: { slot: file }. */
async function fill(page, photos, note = '') {
	await page.fill('#from', ago(120));
	await page.fill('#to', ago(60));
	await page.fill('#fields-workers', '2');
	await page.fill('#fields-disinfectant', '次氯酸钠');
	if (note) await page.fill('#note', note);
	for (const slot of Object.keys(photos)) {
		await page.setInputFiles(`#photos-${slot}`, photos[slot]);
		await wait(page, id => document.getElementById(id).value === '', `photos-${slot}`);
	}
}
let seed = 0;
/** Photos nobody has sent yet. */
function three() {
	seed++;
	return { before: shot(`before${seed}`), during: shot(`during${seed}`), after: shot(`after${seed}`) };
}
let larges = 0;
const large = () => ({ before: three().before, after: shot(`large${++larges}`) });
async function submit(page) {
	await page.click('form#record button.go');
	await page.waitForURL('**/staff/queue');
}
const rows = page => page.evaluate(() => QR.all());
const states = async page => (await rows(page)).map(r => r.state).join();
/** The queue is shown and nothing waits any more. */
function sent(page, seconds = 30) {
	return until(seconds, async () => (await rows(page)).every(r => r.state === 'done'));
}
/** What of a record is stored: revisions, photos, photos whose original has another hash. */
function stored(id) {
	return sql(`SELECT (SELECT count(*) FROM core.revision r WHERE r.record_id = '${id}'),
		(SELECT count(*) FROM core.record_photo p WHERE p.record_id = '${id}'),
		(SELECT string_agg(encode(o.original, 'hex'), ',' ORDER BY encode(o.original, 'hex')) FROM core.record_photo p
			JOIN core.photo o USING (sha256) WHERE p.record_id = '${id}')`);
}
/** One record, each photo once, hashes equal, and the phone has nothing left but receipts. */
async function arrived(page, say, records = 1) {
	const recs = await rows(page);
	const done = recs.filter(r => r.state === 'done');
	is(`${done.length} of ${recs.length}`, `${records} of ${records}`, `${say}: the phone has its receipt`);
	const wrong = done.filter(r => stored(r.id) !== `1|${r.photos.length}|${r.photos.map(p => p.sha).sort().join()}`);
	ok(!wrong.length, `${say}: one record, each photo once, hashes equal`, wrong.map(r => stored(r.id)).join('\n'));
	is(await page.evaluate(() => QR.tx('readonly', (r, p) => p.getAllKeys()).then(k => k.length)), 0, `${say}: no photo is left on the phone`);
	const before = all;
	all = sql('SELECT count(*) FROM core.record');
	is(all - before, records, `${say}: nothing else came`);
	is(sql('SELECT count(*) FROM core.blob_piece'), 0, `${say}: nothing half is left on the server`);
}
let all = 0;
const patches = () => line.log.filter(r => r.method === 'PATCH');
const words = page => page.locator('#open').innerText();

// ---- the cases ------------------------------------------------------------------------------------

const cases = {};

cases['offline: saved, reloaded, sent later'] = async (open, say) => {
	const context = await phone(open);
	const page = await context.newPage();
	await page.goto(base + '/staff/');
	await page.evaluate(() => Promise.race([navigator.serviceWorker.ready, new Promise((y, n) => setTimeout(n, 10000, new Error('no service worker')))]).then(() => 1));
	await page.reload();
	ok(await until(10, () => page.evaluate(u => caches.match(u).then(r => !!r), formOf(1))),
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
	ok(await until(15, async () => (await words(page)).includes('没提交')), `${say}: the queue names the draft`, await words(page));
	await page.click('#open a.btn');
	await fill(page, { during: mine.during, after: mine.after });
	await submit(page);
	ok(await until(15, async () => (await words(page)).includes('等信号')), `${say}: it waits, in words`, await words(page));
	ok((await words(page)).includes('在手机里'), `${say}: and so does each photo`, await words(page));
	await page.reload();
	is(await states(page), 'wait', `${say}: still there after a reload`);
	await page.goto(base + formOf(1));
	ok(await until(15, () => page.isVisible('#net a')), `${say}: other pages say that one waits`);
	await page.goto(base + '/staff/queue');
	line.up();
	await page.evaluate(() => dispatchEvent(new Event('online')));
	ok(await sent(page), `${say}: sent when the line is back`, await words(page));
	ok(/已收到，回执 [0-9a-f]{12}/.test(await page.innerText('#sent')), `${say}: with its receipt`, await page.innerText('#sent'));
	await arrived(page, say);
	await context.close();
};

cases['killed: the browser ends with a queue'] = async (open, say) => {
	const profile = path.join(folder, 'profile');
	let page = await bare(profile, async p => {
		line.rule({ path: /token/, times: 99, status: 503 });
		await p.goto(base + formOf());
		await fill(p, three(), 'killed');
		await submit(p);
		is(await states(p), 'wait', `${say}: it waits`);
	});
	line.clear();
	page = await bare(profile, async p => {
		await p.goto(base + '/staff/queue');
		ok(await sent(p), `${say}: opened again, it is sent`);
		await arrived(p, say);
	});
};

/** Submits a record and gives the queue's page; before: what the line does from then on. */
async function one(open, before, note, photos) {
	const context = await phone(open);
	const page = await context.newPage();
	await page.goto(base + formOf());
	await fill(page, photos || three(), note);
	line.log = [];
	if (before) before();
	await submit(page);
	page.over = () => context.close();
	return page;
}
const PIECE = 131072;

cases['cut: in the middle of a piece'] = async (open, say) => {
	const page = await one(open, () => line.rule({ method: 'PATCH', path: /blobs/, cut: 50000 }));
	ok(await sent(page), `${say}: sent in the end`, await words(page));
	const total = (await rows(page))[0].photos.reduce((sum, p) => sum + p.size, 0);
	const bytes = patches().reduce((sum, r) => sum + r.sent, 0);
	ok(patches().some(r => r.rule.cut && r.sent >= 50000), `${say}: the line was cut in a piece`);
	ok(bytes > total && bytes - total <= PIECE, `${say}: ${bytes - total} bytes were sent twice`, `of ${total}`);
	await arrived(page, say);
	await page.over();
};

cases['resume: at the exact byte'] = async (open, say) => {
	// a later piece than the first
	const page = await one(open, () => line.rule({ method: 'PATCH', path: /blobs/, offset: 1, cut: 1000 }), '', large());
	ok(await sent(page), `${say}: sent in the end`, await words(page));
	const by = {};
	patches().filter(r => r.status === 204).forEach(r => { (by[r.path] = by[r.path] || []).push(r); });
	ok(Object.values(by).every(list => list.every((r, i) => r.offset === (i ? list[i - 1].offset + list[i - 1].length : 0))),
		`${say}: each piece begins where the one before ended`, JSON.stringify(patches()));
	await arrived(page, say);
	await page.over();
};

cases['busy: two 503'] = async (open, say) => {
	const page = await one(open, () => {
		line.rule({ method: 'PATCH', path: /blobs/, status: 503, headers: { 'Retry-After': '1' } });
		line.rule({ method: 'POST', path: /new/, status: 503 });
	});
	ok(await until(10, async () => (await words(page)).includes('服务器忙')), `${say}: said in words`, await words(page));
	ok(await sent(page), `${say}: sent in the end`, await words(page));
	await arrived(page, say);
	await page.over();
};

cases['lost: the replies of a piece and of the record'] = async (open, say) => {
	const page = await one(open, () => {
		line.rule({ method: 'PATCH', path: /blobs/, lose: true });
		line.rule({ method: 'POST', path: /new/, lose: true });
	});
	ok(await sent(page), `${say}: sent in the end`, await words(page));
	is(line.log.filter(r => r.method === 'POST').length, 2, `${say}: the record was sent twice`);
	await arrived(page, say);
	await page.over();
};

cases['401: the session is over'] = async (open, say) => {
	const page = await one(open, () => {
		line.rule({ method: 'PATCH', path: /blobs/, times: 1, hold: async () => sql("UPDATE core.session SET expires_at = core.now() - interval '1 s'") });
	}, '401');
	ok(await until(10, async () => (await page.innerText('#net')).includes('登录已过期')), `${say}: said in words`, await words(page));
	ok(await page.getAttribute('#net a', 'href') === '/staff/login?next=/staff/queue', `${say}: with a way to log in`);
	is(await states(page), 'wait', `${say}: all of it is kept`);
	sql("UPDATE core.session SET expires_at = core.now() + interval '8 hours'");
	await page.click('#again');
	ok(await sent(page), `${say}: sent after the login`, await words(page));
	await arrived(page, say);
	await page.over();
};

cases['422: mended on the phone'] = async (open, say) => {
	const context = await phone(open);
	const page = await context.newPage();
	await page.goto(base + formOf());
	await fill(page, three(), '422');
	await page.fill('#to', ago(-600));
	await submit(page);
	ok(await until(15, async () => (await words(page)).includes('没被接受')), `${say}: said in words`, await words(page));
	await page.click('#open a.btn');
	ok(await until(15, () => page.isVisible('section.err a[href="#to"]')), `${say}: the form says why, with a link`);
	is(await page.inputValue('#note'), '422', `${say}: nothing typed is lost`);
	await page.fill('#to', ago(60));
	await submit(page);
	ok(await sent(page), `${say}: accepted`, await words(page));
	await arrived(page, say);
	await context.close();
};

cases['413: a photo that is refused'] = async (open, say) => {
	const page = await one(open, () => line.rule({ method: 'PATCH', path: /blobs/, status: 413,
		body: '{"error":"too_large","text":"照片太大"}' }), '413');
	ok(await until(10, async () => (await words(page)).includes('照片太大')), `${say}: which photo, and why`, await words(page));
	await page.click('#open a.btn');
	await wait(page, () => document.getElementById('note').value === '413');
	await submit(page);
	ok(await sent(page), `${say}: accepted`, await words(page));
	await arrived(page, say);
	await page.over();
};

cases['quota: a full phone'] = async (open, say) => {
	const context = await phone(open);
	const page = await context.newPage();
	const cdp = await context.newCDPSession(page);
	await page.goto(base + formOf());
	await cdp.send('Storage.overrideQuotaForOrigin', { origin: base, quotaSize: 100000 });
	await page.addInitScript(() => { navigator.storage.estimate = () => Promise.resolve({ quota: 1e7, usage: 0 }); });
	await page.reload();
	ok(await until(15, async () => (await page.innerText('#net')).includes('快满')), `${say}: said beforehand`, await page.innerText('#net'));
	await page.fill('#note', 'full');
	await page.setInputFiles('#photos-before', shot('large3'));
	ok(await until(15, async () => (await page.innerText('#net')).includes('没能保存')), `${say}: said in words`, await page.innerText('#net'));
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

cases['tabs: two drain at once'] = async (open, say) => {
	const page = await one(open, () => line.rule({ path: /token/, status: 503 }), 'tabs');
	const tab = await page.context().newPage();
	await tab.goto(base + '/staff/queue');
	await Promise.all([page, tab].map(p => p.evaluate(() => QR.go())));
	ok(await sent(page), `${say}: sent`, await words(page));
	const seen = patches().map(r => `${r.path} ${r.offset}`);
	is(seen.length, new Set(seen).size, `${say}: no byte twice`);
	is(line.log.filter(r => r.method === 'POST').length, 1, `${say}: the record once`);
	await arrived(page, say);
	await page.over();
};

cases['restart: of the server in the middle of a blob'] = async (open, say) => {
	const page = await one(open, () => line.rule({ method: 'PATCH', path: /blobs/, hold: async () => {
		fs.writeFileSync(path.join(folder, 'stop'), '');
		await until(20, () => fs.existsSync(path.join(folder, 'stopped')));
		fs.unlinkSync(path.join(folder, 'stopped'));
		fs.writeFileSync(path.join(folder, 'start'), '');
	} }), '', large());
	ok(await until(30, () => line.log.length && !fs.existsSync(path.join(folder, 'start'))), `${say}: it is back`);
	ok(await sent(page, 60), `${say}: sent in the end`, await words(page));
	await arrived(page, say);
	await page.over();
};

cases['file: written on one phone, read on another'] = async (open, say) => {
	const page = await one(open, () => line.cut(), 'file');
	const [file] = await Promise.all([page.waitForEvent('download'), page.click('#export')]);
	const context = await phone(open);
	const other = await context.newPage();
	line.up();
	await other.goto(base + '/staff/queue');
	await other.setInputFiles('#import', await file.path());
	ok(await until(15, async () => (await rows(other)).length), `${say}: read`, await words(other));
	ok(await sent(other), `${say}: sent from there`, await words(other));
	await page.click('#again');
	ok(await sent(page), `${say}: the first phone gets the same receipt`, await words(page));
	await arrived(page, say);
	await other.setInputFiles('#import', { name: 'x.json', mimeType: 'application/json',
		buffer: Buffer.from('{"qr":1,"pics":[],"recs":[{"id":"00000000-0000-4000-8000-000000000000","url":"/staff/users/new","photos":[],"fields":[]}]}') });
	ok(await until(15, async () => (await other.innerText('#net')).includes('读不了')), `${say}: a file that leads elsewhere is refused`);
	await context.close();
	await page.over();
};

cases['clock: a year off'] = async (open, say) => {
	const context = await phone(open);
	const page = await context.newPage();
	await page.addInitScript(() => {
		const now = Date.now;
		Date.now = () => now() - 31536e6;
	});
	await page.goto(base + formOf());
	await fill(page, three(), 'clock');
	await submit(page);
	ok(await sent(page), `${say}: sent`, await words(page));
	ok(await until(15, async () => (await page.innerText('#net')).includes('手机时间不准')), `${say}: said against the server's`,
		await page.evaluate(() => `${document.getElementById('net').outerHTML.slice(-200)} ${QR.mark('skew')} ${QR.who && QR.who.now} ${Date.now()} ${QR.why}`));
	await page.reload();
	is(await states(page), 'done', `${say}: the receipt is kept`);
	await arrived(page, say);
	await context.close();
};

cases['account: somebody else logs in'] = async (open, say) => {
	const page = await one(open, () => line.cut(), 'account');
	await page.context().addCookies([cookie('other')]);
	line.up();
	await page.click('#again');
	ok(await until(15, async () => (await words(page)).includes('另一个账号')), `${say}: said in words`, await words(page));
	is(patches().length, 0, `${say}: nothing is sent`);
	await page.context().addCookies([cookie('ins')]);
	await page.click('#again');
	ok(await sent(page), `${say}: sent by its own account`, await words(page));
	await arrived(page, say);
	await page.over();
};

cases['shell: an old form, a new server'] = async (open, say) => {
	const context = await phone(open);
	const page = await context.newPage();
	await page.goto(base + formOf());
	await page.evaluate(() => {
		const i = document.createElement('input');
		i.name = 'fields-gone';
		i.value = 'of an older kind';
		document.getElementById('record').appendChild(i);
		document.getElementById('fields-workers').name = 'fields-people';
	});
	await fill(page, three(), 'shell');
	await submit(page);
	ok(await until(15, async () => (await words(page)).includes('没被接受')), `${say}: what is missing is asked for`, await words(page));
	await page.click('#open a.btn');
	await wait(page, () => document.getElementById('note').value === 'shell');
	await page.fill('#fields-workers', '2');
	await submit(page);
	ok(await sent(page), `${say}: accepted from the new form`, await words(page));
	await arrived(page, say);
	await context.close();
};

cases['haul: many records over a thin line'] = async (open, say) => {
	const context = await phone(open);
	const page = await context.newPage();
	const n = ALL ? 30 : 3;
	line.rule({ path: /token/, times: 999, status: 503 });
	for (let i = 0; i < n; i++) {
		await page.goto(base + formOf(i % 2));
		await fill(page, three(), `haul ${i}`);
		await submit(page);
	}
	line.clear();
	line.rate = ALL ? 12000 : 60000;
	line.delay = ALL ? 800 : 100;
	await page.reload();
	ok(await sent(page, ALL ? 2400 : 60), `${say}: ${n} records of 3 photos are sent`, await words(page));
	const total = (await rows(page)).reduce((sum, r) => sum + r.photos.reduce((x, p) => x + p.size, 0), 0);
	const bytes = patches().reduce((sum, r) => sum + r.sent, 0);
	ok(bytes === total, `${say}: ${total} bytes, none of them twice`, bytes);
	await arrived(page, say, n);
	await context.close();
};

/** Four colours, noise, and the tag that says how the phone was held; place and time beside it. */
async function held(page, orientation) {
	const picture = await page.evaluate(o => {
		const w = 2000, h = 1500, c = document.createElement('canvas'), x = c.getContext('2d');
		const turned = o > 4;
		c.width = turned ? h : w;
		c.height = turned ? w : h;
		// what the sensor saw, so that turned by o it is upright
		const m = { 1: [1, 0, 0, 1, 0, 0], 2: [-1, 0, 0, 1, w, 0], 3: [-1, 0, 0, -1, w, h], 4: [1, 0, 0, -1, 0, h],
			5: [0, 1, 1, 0, 0, 0], 6: [0, -1, 1, 0, 0, w], 7: [0, -1, -1, 0, h, w], 8: [0, 1, -1, 0, h, 0] }[o];
		x.setTransform(...m);
		['#e00000', '#00b000', '#0000e0', '#e0e000'].forEach((colour, i) => {
			x.fillStyle = colour;
			x.fillRect(i % 2 * w / 2, (i >> 1) * h / 2, w / 2, h / 2);
		});
		for (let i = 0; i < 60000; i++) {
			x.fillStyle = `hsl(${i * 7 % 360},80%,${20 + i * 13 % 60}%)`;
			x.fillRect(300 + Math.random() * (w - 600), 300 + Math.random() * (h - 600), 6, 6);
		}
		return c.toDataURL('image/jpeg', 0.95).split(',')[1];
	}, orientation);
	const file = path.join(folder, `held${orientation}.jpg`);
	fs.writeFileSync(file, Buffer.from(picture, 'base64'));
	const r = spawnSync('exiftool', ['-q', '-overwrite_original', '-n', `-Orientation=${orientation}`, '-GPSLatitude=31.2',
		'-GPSLatitudeRef=N', '-GPSLongitude=121.4', '-GPSLongitudeRef=E', `-DateTimeOriginal=${ago(90).replace('T', ' ').replace(/-/g, ':')}:00`, file]);
	if (r.status !== 0) throw new Error(String(r.stderr));
	return file;
}
/** The colours of the corners of what the server shows. */
const corners = (page, photo) => page.evaluate(async src => {
	const img = new Image();
	img.src = src;
	await img.decode();
	const c = document.createElement('canvas'), x = c.getContext('2d'), w = c.width = img.naturalWidth, h = c.height = img.naturalHeight;
	x.drawImage(img, 0, 0);
	return [w > h ? 'wide' : 'high'].concat([[9, 9], [w - 9, 9], [9, h - 9], [w - 9, h - 9]].map(([a, b]) => {
		const [r, g, bl] = x.getImageData(a, b, 1, 1).data;
		return r > 150 && g > 150 ? 'yellow' : r > 150 ? 'red' : g > 120 ? 'green' : bl > 150 ? 'blue' : [r, g, bl].join('/');
	})).join();
}, `/staff/p/${photo}-1280.jpg`);

cases['exif: orientations 1 to 8, place and time'] = async (open, say) => {
	const context = await phone(open);
	const page = await context.newPage();
	for (const o of [1, 2, 3, 4, 5, 6, 7, 8]) {
		await page.goto(base + formOf());
		const file = await held(page, o);
		await fill(page, { ...three(), after: file }, `held ${o}`);
		await submit(page);
		ok(await sent(page), `${say}: ${o} is sent`, await words(page));
		const rec = (await rows(page)).pop();
		const p = rec.photos.find(x => x.name === 'photos-after');
		ok(p.size < fs.statSync(file).size / 2, `${say}: ${o} is shrunk to ${p.size} of ${fs.statSync(file).size} bytes`);
		const [photo, place, taken] = sql(`SELECT encode(sha256, 'hex'), round(lat, 1) || ' ' || round(lon, 1), taken IS NOT NULL
			FROM core.photo WHERE original = decode('${p.sha}', 'hex')`).split('|');
		is(await corners(page, photo), 'wide,red,green,blue,yellow', `${say}: ${o} stands upright`);
		is(`${place} ${taken}`, '31.2 121.4 t', `${say}: ${o} keeps place and time`);
	}
	await arrived(page, say, 8);
	await context.close();
};

cases['heic: goes as it is'] = async (open, say) => {
	const context = await phone(open);
	const page = await context.newPage();
	const file = path.join(folder, 'phone.heic');
	const bytes = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypheic\0\0\0\0mif1heic', 'latin1'), crypto.randomBytes(400000)]);
	fs.writeFileSync(file, bytes);
	await page.goto(base + formOf());
	await fill(page, { ...three(), after: file }, 'heic');
	is((await rows(page))[0].photos.find(p => p.name === 'photos-after').sha, sha(bytes), `${say}: not a byte is changed`);
	await submit(page);
	ok(await until(20, async () => (await words(page)).includes('没被接受')), `${say}: one no decoder can read is refused in words`, await words(page));
	await page.click('#open a.btn');
	await fill(page, { after: three().after });
	await submit(page);
	ok(await sent(page), `${say}: another photo takes its place`, await words(page));
	// the one that was refused stays for a week, then it is swept (tests/http/blobs.t)
	sql('DELETE FROM core.blob_piece');
	await arrived(page, say);
	await context.close();
};

cases['plain: no script at all'] = async (open, say) => {
	const context = await phone(open, { javaScriptEnabled: false });
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
	ok(/\/staff\/r\/[0-9a-f-]{36}/.test(page.url()), `${say}: sent by the form alone`, page.url());
	all = sql('SELECT count(*) FROM core.record');
	await context.close();
};

/** A browser of its own that is killed in the end. */
async function bare(profile, use) {
	const child = spawn('/usr/bin/chromium', ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run',
		'--disable-background-networking', '--disable-component-update', '--disable-sync', '--remote-debugging-port=0',
		`--user-data-dir=${profile}`, 'about:blank'], { stdio: 'ignore', detached: true });
	const port = path.join(profile, 'DevToolsActivePort');
	await until(20, () => fs.existsSync(port) && fs.readFileSync(port, 'utf8').includes('\n'));
	const browser = await chromium.connectOverCDP(`http://127.0.0.1:${fs.readFileSync(port, 'utf8').split('\n')[0]}`);
	try {
		await browser.contexts()[0].addCookies([cookie('ins')]);
		await use(await browser.contexts()[0].newPage());
	} finally {
		process.kill(-child.pid, 'SIGKILL');
		fs.rmSync(port, { force: true });
	}
}

module.exports = cases;
run(() => withPeople(async open => {
	await line.listen(given.line);
	for (const say of Object.keys(cases)) {
		if (ONLY && !ONLY.test(say)) continue;
		const began = Date.now();
		line.clear();
		try {
			await cases[say](open, say.replace(/:.*/, ''));
		} catch (e) {
			ok(false, say, e.stack);
		}
		console.log(`# ${say}: ${Math.round((Date.now() - began) / 100) / 10} s`);
	}
	line.close();
	setTimeout(() => process.exit(), 500).unref();
}));
