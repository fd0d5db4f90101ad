// What every case of the phone's tests shares: a line of its own, an account of its own, forms
// filled in, photos nobody has sent yet, and what must be so in the end. Several run side by side.
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const { spawn } = require('child_process');
const look = require('./look.js');
const { sleep } = require('./line.js');

const { ok } = look;
const is = (got, want, what) => ok(String(got) === String(want), what, `got:  ${got}\nwant: ${want}`);
const folder = process.argv[2];
const given = JSON.parse(fs.readFileSync(path.join(folder, 'given.json'), 'utf8'));
const shot = name => path.join(folder, `${name}.jpg`);
const sha = bytes => crypto.createHash('sha256').update(bytes).digest('hex');

/** Runs it as the superuser; rows unaligned. Several lanes ask at once, so nobody waits in it. */
function sql(text) {
	return new Promise((yes, no) => {
		const p = spawn('deploy/pg', ['psql', given.cluster, '-qAt', '-v', 'ON_ERROR_STOP=1', '-c', text]);
		const out = [], err = [];
		p.stdout.on('data', d => out.push(d));
		p.stderr.on('data', d => err.push(d));
		p.on('error', no);
		p.on('close', code => code ? no(new Error(`sql: ${Buffer.concat(err)}`)) : yes(Buffer.concat(out).toString().trim()));
	});
}
/** Polls: on processors that are full nothing has a time of its own. */
async function until(seconds, what) {
	for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(50)) {
		const got = await what();
		if (got) return got;
	}
	return false;
}
/** Until it is true in the page, whose policy lets nobody evaluate strings. */
async function wait(page, what, arg) {
	if (!await until(60, () => page.evaluate(what, arg).catch(e => {
		if (!/context|navigat|destroyed|no such/i.test(e.message)) throw e;
	}))) throw new Error(`never: ${what}`);
}
/** Words that are there sooner or later. */
async function says(page, where, text, what) {
	let got;
	return ok(await until(60, async () => (got = await page.innerText(where)).includes(text)), what, got);
}
const ago = minutes => new Date(Date.now() + 8 * 3600e3 - minutes * 60e3).toISOString().slice(0, 16);

/** The session of tests/staff.sh: its token is the hash of the login. */
const cookie = login => ({ name: '__Host-qr', value: crypto.createHash('sha256').update(login).digest('base64url'),
	domain: '127.0.0.1', path: '/', secure: true, httpOnly: true, sameSite: 'Lax' });

let seed = 0, larges = 0;
/** Photos nobody has sent yet. */
function three() {
	seed++;
	if (seed > given.photos) throw new Error('too few photos were made');
	return { before: shot(`before${seed}`), during: shot(`during${seed}`), after: shot(`after${seed}`) };
}
/** The first of them takes more than one piece. */
const large = () => ({ before: shot(`large${++larges}`), after: three().after });

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
async function submit(page) {
	await page.click('form#record button.go');
	await page.waitForURL('**/staff/queue');
}
const rows = page => page.evaluate(() => QR.all());
const states = async page => (await rows(page)).map(r => r.state).join();
const words = page => page.innerText('#open');
/** The queue is shown and nothing waits any more. */
function sent(page, seconds = 120) {
	return until(seconds, async () => (await rows(page)).every(r => r.state === 'done'));
}
/** What of a record is stored: revisions, photos, photos whose original has another hash. */
function stored(id) {
	return sql(`SELECT (SELECT count(*) FROM core.revision r WHERE r.record_id = '${id}'),
		(SELECT count(*) FROM core.record_photo p WHERE p.record_id = '${id}'),
		(SELECT string_agg(encode(o.original, 'hex'), ',' ORDER BY encode(o.original, 'hex')) FROM core.record_photo p
			JOIN core.photo o USING (sha256) WHERE p.record_id = '${id}')`);
}

/** One lane: its line, its account, and what it has stored so far. */
exports.kit = (line, n, open) => {
	const login = `ins${n}`, base = `http://127.0.0.1:${given.lines[n]}`;
	const mine = `(SELECT id FROM core.account WHERE login = '${login}')`;
	let all = 0;
	async function phone(options = {}) {
		const context = await open({ viewport: { width: 360, height: 740 }, locale: 'zh-CN', ...options });
		await context.addCookies([cookie(login)]);
		return context;
	}
	const formOf = (i = 0, type = 'clean') => `/staff/f/${given.facilities[i]}/new?type=${type}`;
	const counted = () => sql(`SELECT count(*) FROM core.record WHERE author = ${mine}`);
	return {
		ok, is, folder, given, shot, sha, sql, until, wait, says, ago, three, large, fill, submit, rows, states, words, sent, stored, sleep,
		cookie, login, mine, line, base, phone, formOf, ALL: !!process.env.TEST_ALL, PIECE: 131072,
		/** What went over this line and is not needed any more. */
		async begin() {
			line.clear();
			await sql(`DELETE FROM core.blob WHERE account_id = ${mine}; UPDATE core.session SET expires_at = core.now() + interval '8 hours'
				WHERE account_id = ${mine}`);
			all = await counted();
		},
		/** Submits a record and gives the queue's page; before: what the line does from then on. */
		async one(before, note, photos) {
			const context = await phone();
			const page = await context.newPage();
			await page.goto(base + formOf());
			await fill(page, photos || three(), note);
			line.log = [];
			if (before) before();
			await submit(page);
			page.over = () => context.close();
			return page;
		},
		patches: () => line.log.filter(r => r.method === 'PATCH'),
		posts: () => line.log.filter(r => r.method === 'POST'),
		/** One record, each photo once, hashes equal, and the phone has nothing left but receipts. */
		async arrived(page, say, records = 1) {
			const recs = await rows(page);
			const done = recs.filter(r => r.state === 'done');
			is(`${done.length} of ${recs.length}`, `${records} of ${records}`, `${say}: the phone has its receipt`);
			const wrong = [];
			for (const r of done) {
				const got = await stored(r.id);
				if (got !== `1|${r.photos.length}|${r.photos.map(p => p.sha).sort().join()}`) wrong.push(got);
			}
			ok(!wrong.length, `${say}: one record, each photo once, hashes equal`, wrong.join('\n'));
			is(await page.evaluate(() => QR.tx('readonly', (r, p) => p.getAllKeys()).then(k => k.length)), 0, `${say}: no photo is left on the phone`);
			is(await counted() - all, records, `${say}: nothing else came`);
			is(await sql(`SELECT count(*) FROM core.blob_piece p JOIN core.blob b ON b.id = p.blob_id WHERE b.account_id = ${mine}`), 0,
				`${say}: nothing half is left on the server`);
		},
	};
};
