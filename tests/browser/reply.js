// node reply.js URL FOLDER LABEL RECORDS WHO=COOKIE..: replies, appeals and new tests as firms, offices and
// residents see them; the alarm of a sticker. Every page looked at in all views. Prints TAP.
'use strict';
const fs = require('fs');
const path = require('path');
const zlib = require('zlib');
const { withBrowser } = require('./browser.js');
const look = require('./look.js');

const { ok } = look;
const [base, folder, label, records, ...who] = process.argv.slice(2);
const cookies = Object.fromEntries(who.map(w => [w.slice(0, w.indexOf('=')), w.slice(w.indexOf('=') + 1)]));
const html = path.join(folder, 'html');
const OFFICE = [14, 4.5], FORM = [8, 3.5], PUBLIC = [12, 5];

/** The page that is open: size, views, kept for the checkers. */
async function seen(page, name, lang, [raw, packed], large = false) {
	const cookie = (await page.context().cookies()).map(c => `${c.name}=${c.value}`).join('; ');
	const body = name.endsWith('wrong') ? Buffer.from(await page.content())
		: (await look.get(page.url(), { Cookie: cookie, 'Accept-Language': lang })).body;
	const small = zlib.gzipSync(body, { level: 9 }).length;
	ok(body.length <= raw * 1024 && small <= packed * 1024, `${name} ${lang}: ${body.length} bytes, ${small} compressed`,
		`at most ${raw} and ${packed} KB`);
	if (!name.endsWith('wrong'))
		fs.writeFileSync(path.join(html, `${name}.${lang}.html`), body);
	ok(!look.hasScript(await page.content()), `${name} ${lang}: no script`);
	await look.views(page, name, lang, large);
	if (process.env.SHOTS)
		for (const width of [360, 1280]) {
			await page.evaluate(() => { document.documentElement.style.fontSize = ''; });
			await page.setViewportSize({ width, height: 800 });
			await page.screenshot({ path: path.join(process.env.SHOTS, `${name}.${lang}.${width}.png`), fullPage: true });
		}
	await page.setViewportSize({ width: 360, height: 740 });
}

/** Opens a public page as soon as it says so (or no longer: want false). */
async function says(page, where, text, want = true) {
	for (let i = 0; i < 200; i++) {
		await page.goto(base + where);
		if ((await page.locator('main').innerText()).includes(text) === want)
			return true;
		await new Promise(done => setTimeout(done, 100));
	}
	return false;
}

async function as(page, name) {
	await page.context().clearCookies();
	await page.context().addCookies([{ name: '__Host-qr', value: cookies[name], url: base.replace('http:', 'https:'),
		secure: true, httpOnly: true, sameSite: 'Lax' }]);
}

/** The firm sends one of the form. */
async function send(page, record, kind, words) {
	await as(page, 'mgr');
	await page.goto(`${base}/staff/r/${record}/reply`);
	await page.check(`input[value=${kind}]`);
	await page.fill('#words', words);
	await page.click('form .go');
	return /\/staff\/replies\/\d+/.test(page.url());
}

/** Somebody opens the first of a list whose link has these words. */
async function open(page, name, words) {
	await as(page, name);
	await page.goto(base + '/staff/replies');
	await page.locator('table.rows a', { hasText: words }).first().click();
}

async function reply(page, lang, record) {
	const t = lang === 'en' ? { head: 'Reply of', k: 'Reply' } : { head: '的回应', k: '回应' };
	const words = lang === 'en' ? 'The dosing pump was replaced.' : '加药泵已更换，水箱已再次冲洗。';
	await as(page, 'mgr');
	await page.goto(`${base}/staff/r/${record}`);
	await page.click(`a[href*="${record}/reply"]`);
	await seen(page, 'reply-form', lang, FORM);
	await page.check('input[value=reply]');
	await page.fill('#words', '   ');
	await page.click('form .go');
	ok(await page.locator('.err a[href="#words"]').count() === 1, `${lang}: no words: said, with the field`);
	await seen(page, 'reply-form-wrong', lang, FORM);
	ok(await send(page, record, 'reply', words), `${lang}: sent`);
	await seen(page, 'reply-own', lang, OFFICE);
	await page.goto(`${base}/r/${record}`);
	ok(!(await page.content()).includes(words), `${lang}: not public before the check`);
	await open(page, 'sup', t.k);
	await seen(page, 'reply-check', lang, OFFICE);
	await page.click('button[value=publish]');
	ok(await says(page, `/r/${record}`, words), `${lang}: published beside the result`);
	ok((await page.locator('main').innerText()).includes(t.head), `${lang}: with whose it is`);
}

async function decide(page, lang, record, facility) {
	const en = lang === 'en';
	const t = en ? { appeal: 'Appeal', test: 'New test', until: '13 December 2026', pending: 'New result pending, by 1 December 2026', own: 'You had a hand',
		said: 'Appeal rejected', form: 'too late' } : { appeal: '申诉', test: '申请重新检测', until: '2026年12月13日', pending: '新结果待公布，最迟2026年12月1日', own: '您参与过',
		said: '申诉不成立', form: '已经' };
	ok(await send(page, record, 'appeal', en ? 'The sample was taken at the wrong tap.' : '采样点不对。'), `${lang}: appealed`);
	ok(await send(page, record, 'retest', en ? 'Please test again.' : '请重新检测。'), `${lang}: a new test asked for`);
	await page.goto(`${base}/staff/r/${record}/reply`);
	ok(await page.locator('input[name=kind]').count() === 1, `${lang}: neither can be sent twice`);
	await seen(page, 'reply-form-sent', lang, FORM);
	ok(await says(page, `/r/${record}`, t.until), `${lang}: by when it is answered is public at once`);
	await as(page, 'sup');
	await page.goto(base + '/staff/replies');
	await seen(page, 'replies', lang, OFFICE);
	for (const what of [t.appeal, t.test]) {
		await open(page, 'sup', what);
		await page.click('button[value=publish]');
	}
	await open(page, 'off', t.appeal);
	ok((await page.locator('main').innerText()).includes(t.own) && !await page.locator('button[value=grant]').count(),
		`${lang}: who confirmed the record does not decide`);
	await open(page, 'sup', t.appeal);
	await page.click('button[value=reject]');
	ok(await page.locator('.err a[href="#words"]').count() === 1, `${lang}: a decision needs words`);
	await seen(page, 'reply-decide-wrong', lang, OFFICE);
	await page.fill('#words', en ? 'The tap is the one of the plan.' : '采样点与方案一致。');
	await page.click('button[value=reject]');
	ok((await page.locator('main').innerText()).includes(en ? 'Refused' : '没有同意'), `${lang}: rejected`);
	await open(page, 'sup', t.test);
	await page.click('button[value=accept]');
	ok(await page.locator('.err a[href="#day"]').count() === 1, `${lang}: a new test needs a day`);
	await page.fill('#day', '2026-12-01');
	await page.click('button[value=accept]');
	await seen(page, 'reply-decided', lang, OFFICE);
	ok(await says(page, `/r/${record}`, t.pending), `${lang}: a new result is pending`);
	ok((await page.locator('main').innerText()).includes(t.said), `${lang}: and the appeal's answer stands there`);
	await seen(page, 'reply-record', lang, PUBLIC, true);
	ok(await says(page, `/f/${facility}`, t.pending), `${lang}: the facility's page says so`);
	ok((await page.locator('main').innerText()).includes(en ? 'failed' : '不合格'), `${lang}: beside the old result`);
	await seen(page, 'reply-facility', lang, PUBLIC, true);
}

/** Words that must go: by the office, on a ground, from everywhere. */
async function erase(page, lang, record) {
	const en = lang === 'en';
	const words = en ? 'Ask Mr Example, 139 0000 0001.' : '请找示例先生，13900000001。';
	const ground = en ? 'Names a resident' : '含住户姓名';
	ok(await send(page, record, 'reply', words), `${lang}: a reply that names somebody`);
	await open(page, 'sup', en ? 'Reply' : '回应');
	await page.click('button[value=publish]');
	ok(await says(page, `/r/${record}`, words), `${lang}: is published by mistake`);
	await as(page, 'sup');
	await page.goto(base + '/staff/replies?s=all');
	await page.locator('table.rows a', { hasText: en ? 'Reply' : '回应' }).first().click();
	await page.click('button[value=erase]');
	ok(await page.locator('.err a[href="#words"]').count() === 1, `${lang}: erasing needs a ground`);
	await seen(page, 'reply-erase-wrong', lang, OFFICE);
	await page.fill('#words', ground);
	await page.click('button[value=erase]');
	ok(!(await page.content()).includes(words) && (await page.locator('main').innerText()).includes(en ? 'Words erased' : '删除文字'),
		`${lang}: erased, and the office's page says who did it`);
	await seen(page, 'reply-erased', lang, OFFICE);
	ok(await says(page, `/r/${record}`, en ? `These words were erased: ${ground}` : `文字已删除：${ground}`), `${lang}: the public page says so`);
	ok(!(await page.content()).includes(words), `${lang}: without repeating it`);
	await seen(page, 'reply-record-erased', lang, PUBLIC, true);
}

async function alarm(page, lang) {
	const t = lang === 'en' ? 'This sticker may hang' : '这张标签的位置可能不对';
	await as(page, 'sup');
	ok(await says(page, `/${label}`, t), `${lang}: the label's page warns`);
	await seen(page, 'label-alarm', lang, PUBLIC, true);
	await page.goto(base + '/staff/replies');
	ok(await page.locator(`a[href*="${label}/sticker"]`).count() === 1, `${lang}: the office has it in its list`);
}

async function intact(page) {
	await as(page, 'ins');
	await page.goto(`${base}/staff/f/${label}/sticker`);
	await page.click('button[value=intact]');
	ok(await says(page, `/${label}`, '这张标签的位置可能不对', false), 'found intact on site, the page warns no more');
	await as(page, 'sup');
	await page.goto(base + '/staff/replies');
	ok(await page.locator(`a[href*="${label}/sticker"]`).count() === 0, 'nor the office');
}

async function main() {
	fs.mkdirSync(html, { recursive: true });
	for (const line of fs.readFileSync(records, 'utf8').trim().split('\n')) {
		const [lang, record, facility] = line.split(' ');
		await withBrowser({ locale: lang, javaScriptEnabled: true, viewport: { width: 360, height: 740 },
			extraHTTPHeaders: { 'Accept-Language': lang } }, async context => {
			const page = await context.newPage();
			await reply(page, lang, record);
			await decide(page, lang, record, facility);
			await erase(page, lang, record);
			await alarm(page, lang);
		});
	}
	await withBrowser({ locale: 'zh-CN', javaScriptEnabled: false, viewport: { width: 360, height: 740 }, extraHTTPHeaders: { 'Accept-Language': 'zh-CN' } },
		async context => intact(await context.newPage()));
	await look.checkHtml(html);
}

look.run(main);
