// node admin.js URL FOLDER TOP STREET INSPECTOR: offices change what is data; prints TAP. The last
// three are session cookies; FOLDER holds after.jpg.
'use strict';
const fs = require('fs');
const path = require('path');
const zlib = require('zlib');
const { spawnSync } = require('child_process');
const { withPeople } = require('./browser.js');
const look = require('./look.js');

const { ok } = look;
const [base, folder, top, street, inspector] = process.argv.slice(2);
const html = path.join(folder, 'html');
const RAW = 14 * 1024, PACKED = 4.5 * 1024;
const is = (got, want, what) => ok(got === want, what, `got:  ${got}\nwant: ${want}`);
/** "2026-11-22T09:30", minutes before now, in the deployment's zone. */
const ago = minutes => new Date(Date.now() + 8 * 3600e3 - minutes * 60e3).toISOString().slice(0, 16);
const day = days => ago(-days * 1440).slice(0, 10);

/** Somebody's own browser, without script. */
async function person(open, cookie, lang = 'zh-CN') {
	const context = await open({ locale: lang, javaScriptEnabled: false, viewport: { width: 360, height: 740 },
		extraHTTPHeaders: { 'Accept-Language': lang } });
	if (cookie)
		await context.addCookies([{ name: '__Host-qr', value: cookie, url: base.replace('http:', 'https:'), secure: true,
			httpOnly: true, sameSite: 'Lax' }]);
	return context.newPage();
}

const go = (page, what) => Promise.all([page.waitForNavigation(), page.click(what)]);

/** Fills what is named and sends it; returns the status. */
async function send(page, values, button = 'main form[method=post] button[value=save]') {
	for (const [id, value] of Object.entries(values)) {
		if (Array.isArray(value))
			for (const v of value) await page.check(`input[name="${id}[]"][value="${v}"]`);
		else if (await page.locator(`select#${id}`).count()) await page.selectOption(`#${id}`, value);
		else await page.fill(`#${id}`, value);
	}
	const [res] = await Promise.all([page.waitForNavigation(), page.click(button)]);
	return res.status();
}

async function make(page, at, values, what) {
	if (at) await page.goto(base + at);
	const status = await send(page, values);
	ok(status === 200 && page.url().includes('done=1'), what, `${status} ${page.url()} ${await page.locator('main').innerText()}`);
}
const errors = page => page.locator('section.err').innerText();

// ---- from nothing to the page behind a sticker --------------------------------------------------

/** The kind: names, photos, fields, what is done, how often, how it becomes public. */
async function kind(page) {
	await page.goto(base + '/staff/');
	await go(page, 'nav a[href="/staff/admin"]');
	await go(page, 'main a[href="/staff/admin/kind"]');
	await go(page, 'main a.btn[href="/staff/admin/kind/new"]');
	is(await send(page, { code: 'Brunnen', 'name-zh': '直饮水点' }), 422, 'a form with mistakes is shown again');
	await page.click('section.err a[href="#name-en"]');
	ok(page.url().endsWith('#name-en') && await page.locator('#name-en-e').isVisible(), 'each is told, with the way there');
	is(await page.inputValue('#name-zh'), '直饮水点', 'nothing typed is lost');
	await make(page, null, { code: 'drinking_fountain', 'name-en': 'Drinking fountain', 'question-zh': '水能直接喝吗？',
		'question-en': 'Can I drink this?', rank: '6' }, 'a kind');
	for (const [code, zh, en] of [['tap', '水嘴', 'the tap'], ['filter', '滤芯', 'the filter']]) {
		await go(page, 'main a.btn[href="/staff/admin/slot/new?parent=drinking_fountain"]');
		await make(page, null, { code, 'name-zh': zh, 'name-en': en }, `a photo: ${en}`);
		await go(page, '.hd a');
	}
	await go(page, 'main a.btn[href="/staff/admin/field/new?parent=drinking_fountain"]');
	await make(page, null, { code: 'cartridge', 'name-zh': '滤芯型号', 'name-en': 'Cartridge', type: 'text' }, 'a field of records');
	await go(page, '.hd a');
	await go(page, 'main a.btn[href="/staff/admin/param/new?parent=drinking_fountain"]');
	await make(page, null, { code: 'taps', 'name-zh': '水嘴数', 'name-en': 'Taps', type: 'integer', unit: '个' }, 'a field of facilities');
	await go(page, '.hd a');
	await go(page, 'main a.btn[href="/staff/admin/type/new?parent=drinking_fountain"]');
	await make(page, null, { code: 'service', 'name-zh': '换滤芯', 'name-en': 'Filter change', 'done-zh': '按期换滤芯',
		'done-en': 'Filter changed on time', 'last-zh': '上次换滤芯', 'last-en': 'Last filter change', roles: ['inspector'],
		roles_need: ['inspector'], slots: ['tap', 'filter'], slots_need: ['tap'], fields: ['cartridge'], fields_need: ['cartridge'] },
	'a record type');
	await go(page, 'main a.btn[href="/staff/admin/rule/new?duty=drinking_fountain.service"]');
	is(await page.inputValue('#duty'), 'drinking_fountain.service', 'the rule is about it already');
	await make(page, null, { code: 'sh-fountain', org: '310000000000', months: '3', basis: '《直饮水点管理规定》第3条', from: '2026-01-01' },
		'a rule');
	await make(page, '/staff/admin/publish/new', { code: 'sh-fountain-public', kind: 'drinking_fountain', org: '310000000000',
		mode: 'at_once', basis: '《直饮水点管理规定》第5条', from: '2026-01-01' }, 'a rule of publication');
}

/** A place and a facility by hand; returns the facility's code. */
async function stand(page) {
	await make(page, '/staff/admin/place/new', { name: '中环"花<b>园', address: '甘泉路<1>弄', org: '310107005000' }, 'a place');
	is(await page.locator('h1').innerText(), '中环"花<b>园', 'its name is what was typed');
	await go(page, 'main a.btn[href^="/staff/admin/facility/new?place="]');
	await make(page, null, { kind: 'drinking_fountain', name: '南门', building: '1号楼' }, 'a facility');
	const code = page.url().match(/facility\/([0-9A-Z]{9})/)[1];
	await make(page, null, { 'param-taps': '4', manager: 'none' }, 'with what its kind asks for');
	ok((await page.locator('.ch').first().innerText()).includes('水嘴数：– → 4'), 'the change is told, field by field',
		await page.locator('.ch').first().innerText());
	return code;
}

/** A sheet of blank stickers, ordered and fetched; what a phone reads off the paper. */
async function sticker(page) {
	await make(page, '/staff/admin/stock/new', { org: '310000000000', template: 'a4-30', printer: '2楼' }, 'what is printed on here');
	await page.goto(base + '/staff/labels?w=blank&n=1');
	is(await page.inputValue('#t'), 'a4-30', 'stands in the order of labels');
	is(await page.inputValue('#printer'), '2楼', 'with its printer');
	await go(page, 'main form[method=post] button');
	let pdf = null;
	for (let i = 0; i < 120 && !pdf; i++) {
		const link = page.locator('a[href$="/pdf"]');
		if (await link.count()) {
			const cookie = (await page.context().cookies()).map(c => `${c.name}=${c.value}`).join('; ');
			pdf = (await look.get(base + await link.first().getAttribute('href'), { Cookie: cookie })).body;
		} else {
			await page.waitForTimeout(250);
			await page.goto(page.url());
		}
	}
	ok(pdf && pdf.subarray(0, 5).toString() === '%PDF-', 'a sheet of blank stickers as a PDF');
	fs.writeFileSync(path.join(folder, 'sheet.pdf'), pdf);
	spawnSync('pdftoppm', ['-r', '200', '-gray', '-png', path.join(folder, 'sheet.pdf'), path.join(folder, 'sheet')]);
	const png = fs.readdirSync(folder).filter(f => /^sheet.*\.png$/.test(f)).map(f => path.join(folder, f));
	const read = spawnSync('zbarimg', ['-q', '--raw', ...png], { encoding: 'utf8' }).stdout.trim();
	const code = (read.match(/\/([0-9A-HJKMNP-TV-Z]{9})$/i) || [])[1];
	ok(code, `the symbol on the paper is read: ${read}`);
	return code;
}

async function bind(page, code, facility) {
	await page.goto(base + '/staff/labels/bind');
	is(await send(page, { code, facility, spot: '南门柱子' }, 'main form[method=post] button.go'), 200, 'the sticker is bound');
}

/** An inspector's record of the new type, with a photo. */
async function record(page, facility) {
	await page.goto(`${base}/staff/f/${facility}`);
	await go(page, 'a.btn[href*="type=service"]');
	await page.evaluate(() => { document.querySelector('form[enctype]').noValidate = true; });
	is(await send(page, { to: '' }, 'form[enctype] button.go'), 422, 'what the type requires is missed');
	const said = await errors(page);
	for (const word of ['滤芯型号', '水嘴', '检查'])
		ok(said.includes(word), `${word} is required`, said);
	await page.setInputFiles('#photos-tap', path.join(folder, 'after.jpg'));
	is(await send(page, { from: ago(60), to: ago(30), 'party-inspector': '好水检测站', 'fields-cartridge': 'PP<5>"µm"' },
		'form[enctype] button.go'), 200, 'a record of it');
	ok(/\/staff\/r\/[0-9a-f-]{36}/.test(page.url()), 'with its receipt', page.url());
	return page.url().match(/\/r\/([0-9a-f-]{36})/)[1];
}

/** What anybody sees who scans the sticker. */
async function resident(open, code, id) {
	for (const [lang, words] of [['zh-CN', ['直饮水点', '按期换滤芯', '南门', '中环"花<b>园', '《直饮水点管理规定》第3条']],
		['en', ['Drinking fountain', 'Filter changed on time', 'the tap']]]) {
		const page = await person(open, null, lang);
		const res = await page.goto(`${base}/${code}`);
		const text = await page.locator('body').innerText() + await page.title();
		is(res.status(), 200, `${lang}: the page behind the sticker`);
		for (const w of words) ok(text.includes(w), `${lang}: it says ${w}`, text);
		ok(await page.locator(`a[href^="/r/${id}"]`).count() > 0, `${lang}: and leads to the record`);
		await page.goto(`${base}/r/${id}`);
		ok((await page.locator('main').innerText()).includes('PP<5>"µm"'), `${lang}: with what was filled in`);
		await page.context().close();
	}
	const data = JSON.parse((await look.get(`${base}/${code}.json`, {})).body);
	is(data.document.params.taps, 4, 'its data has what the kind asks of a facility');
}

/** A kind that is renamed: old documents are built again by the jobs process. */
async function renamed(page, code) {
	await make(page, '/staff/admin/kind/drinking_fountain', { 'name-zh': '公共直饮水点' }, 'the kind is renamed');
	let told = false;
	for (let i = 0; i < 120 && !told; i++) {
		told = (await look.get(`${base}/${code}`, { 'Accept-Language': 'zh-CN' })).body.includes('公共直饮水点');
		if (!told) await page.waitForTimeout(250);
	}
	ok(told, 'and the public page says so, by the jobs process');
}

// ---- two at once, days, what is not taken away ----------------------------------------------------

async function edges(page, other, place) {
	await page.goto(base + place);
	await other.goto(base + place);
	is(await other.inputValue('#name'), '中环"花<b>园', 'a street sees its place');
	await make(other, null, { name: '街道改的名' }, 'the street changes it');
	is(await send(page, { name: '市里改的名', address: '新地址' }), 409, 'who saw it before is told');
	ok((await errors(page)).includes('N street'), 'by whom', await errors(page));
	is(await page.inputValue('#name'), '市里改的名', 'what was typed is there');
	is(await page.locator('.f:has(#name) .now').innerText(), '现在是：街道改的名', 'beside what it says now');
	await page.screenshot({ path: path.join(process.env.SHOTS || folder, 'admin-conflict.png'), fullPage: true });
	await make(page, null, {}, 'sent again it is taken');
	is(await page.inputValue('#name'), '市里改的名', 'in the place of the other');
	is(await page.locator('.ch').count(), 3, 'and all of it is kept');

	await page.goto(base + '/staff/admin/rule/sh-fountain');
	is(await send(page, { months: '2', from: day(-1) }), 422, 'no rule begins in the past');
	await make(page, '/staff/admin/rule/sh-fountain', { months: '2', from: day(40) }, 'a rule changes from a day on');
	is(await page.locator('section:has(h2) .li li').count(), 2, 'the old row ends, a new one begins');
	is(await send(page, { months: '5', from: day(20) }), 422, 'no change before one that is planned');
	ok((await errors(page)).includes('更晚的日期'), 'in words', await errors(page));
	await make(page, '/staff/admin/rule/sh-fountain', {}, 'nothing changed is nothing');
	await page.fill('#until', day(90));
	await go(page, 'button[value=end]');
	ok((await page.locator('.li').last().innerText()).includes(`${Number(day(90).slice(8))}日`), 'it ends, it is never removed',
		await page.locator('.li').last().innerText());
	is(await page.locator('button[value=remove]').count(), 0, 'and cannot be removed');

	await page.goto(base + '/staff/admin/slot/drinking_fountain.tap');
	is(await send(page, {}, 'button[value=remove]'), 409, 'what a record shows stays');
	await page.goto(base + '/staff/admin/slot/new?parent=drinking_fountain');
	await make(page, null, { code: 'spare', 'name-zh': '多余', 'name-en': 'spare' }, 'what nothing uses');
	await go(page, 'button[value=remove]');
	ok(page.url().includes('/staff/admin/kind/drinking_fountain?done=1'), 'may be removed', page.url());

	await other.goto(base + '/staff/admin/kind/drinking_fountain');
	is(await other.locator('main form[method=post] button[value=save]').count(), 0, 'a street reads kinds, and changes none');
	await other.goto(base + '/staff/admin/rule/sh-fountain');
	is(await other.locator('main form[method=post] button[value=save]').count(), 0, 'nor the rules of those above');
	is((await other.goto(base + '/staff/admin/office/310110000000')).status(), 404, 'nor offices elsewhere');
}

// ---- each page by itself ------------------------------------------------------------------------

async function each(open, facility) {
	fs.mkdirSync(html, { recursive: true });
	const pages = [['admin', '/staff/admin'], ['admin-list', '/staff/admin/rule'], ['admin-kind', '/staff/admin/kind/drinking_fountain'],
		['admin-type', '/staff/admin/type/roof_tank.clean', true], ['admin-rule', '/staff/admin/rule/sh-clean'],
		['admin-new', '/staff/admin/office/new'], ['admin-facility', `/staff/admin/facility/${facility}`]];
	for (const lang of look.LANGS) {
		const page = await person(open, top, lang);
		for (const [name, at, wide] of pages) {
			const res = await page.goto(base + at);
			const body = await res.body();
			const packed = zlib.gzipSync(body, { level: 9 }).length;
			// a type that may ask for every item of a laboratory
			const raw = wide ? 18 * 1024 : RAW;
			ok(res.status() === 200 && body.length <= raw && packed <= PACKED, `${name} ${lang}: ${body.length} bytes, ${packed} compressed`,
				`at most ${raw} and ${PACKED}`);
			fs.writeFileSync(path.join(html, `${name}.${lang}.html`), body);
			ok(!look.hasScript(body.toString()), `${name} ${lang}: no script`);
		}
		await page.context().close();
		const context = await open({ locale: lang, viewport: { width: 360, height: 740 }, extraHTTPHeaders: { 'Accept-Language': lang } });
		await context.addCookies([{ name: '__Host-qr', value: top, url: base.replace('http:', 'https:'), secure: true, httpOnly: true,
			sameSite: 'Lax' }]);
		const seen = await context.newPage();
		for (const [name, at] of pages) {
			await seen.goto(base + at);
			await look.views(seen, name, lang, false);
			if (process.env.SHOTS)
				for (const width of [360, 1280]) {
					await seen.evaluate(() => { document.documentElement.style.fontSize = ''; });
					await seen.emulateMedia({ colorScheme: 'light' });
					await seen.setViewportSize({ width, height: 800 });
					await seen.screenshot({ path: path.join(process.env.SHOTS, `${name}.${lang}.${width}.png`), fullPage: true });
				}
		}
		await context.close();
	}
	await look.checkHtml(html);
}

look.run(() => withPeople(async open => {
	const page = await person(open, top);
	await kind(page);
	const facility = await stand(page);
	const code = await sticker(page);
	await bind(page, code, facility);
	const id = await record(await person(open, inspector), facility);
	await resident(open, code, id);
	await renamed(page, code);
	await page.goto(`${base}/staff/admin/facility/${facility}`);
	const place = await page.inputValue('#place');
	await edges(page, await person(open, street), `/staff/admin/place/${place}`);
	await each(open, facility);
}));
