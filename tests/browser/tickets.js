// node tickets.js URL FOLDER OFFICE MANAGER DISTRICT CLUSTER FACILITY: cookies of three accounts, the database
// whose clock is set, where a resident reports something. Every page looked at in all views. Prints TAP.
'use strict';
const fs = require('fs');
const path = require('path');
const zlib = require('zlib');
const { execFileSync } = require('child_process');
const { withBrowser } = require('./browser.js');
const look = require('./look.js');

const { ok } = look;
const [base, folder, office, manager, district, cluster, facility] = process.argv.slice(2);
const html = path.join(folder, 'html');
const RAW = 14 * 1024, PACKED = 4.5 * 1024;
const LIST = base + '/staff/tickets';

const sql = text => execFileSync('deploy/pg', ['psql', cluster, '-qAt', '-v', 'ON_ERROR_STOP=1', '-c', text]).toString().trim();

/** Waits until a question to the database is answered as it should be. */
async function until(question, want, what) {
	let got;
	for (let i = 0; i < 600; i++) {
		got = sql(question);
		if (got === want)
			break;
		await new Promise(done => setTimeout(done, 100));
	}
	ok(got === want, what, got);
}

/** Everybody's clock, with sessions alive; the job that watches clocks has its turn. */
function clock(at) {
	sql(`UPDATE core.site SET clock = '${at}+08'; UPDATE core.session SET seen_at = '${at}+08', proved_at = '${at}+08',
		expires_at = '${at}+08'::timestamptz + interval '8 hours'; UPDATE core.job SET due = now() WHERE kind = 'ticket_clock'`);
}

async function seen(page, name, lang, wrong) {
	const cookie = (await page.context().cookies()).map(c => `${c.name}=${c.value}`).join('; ');
	const source = wrong ? Buffer.from(await page.content())
		: (await look.get(page.url(), { Cookie: cookie, 'Accept-Language': lang })).body;
	const packed = zlib.gzipSync(source, { level: 9 }).length;
	ok(source.length <= RAW && packed <= PACKED, `${name} ${lang}: ${source.length} bytes, ${packed} compressed`,
		`at most ${RAW} and ${PACKED}`);
	if (!wrong)
		fs.writeFileSync(path.join(html, `${name}.${lang}.html`), source);
	ok(!look.hasScript(await page.content()), `${name} ${lang}: no script`);
	await look.views(page, name, lang, false);
	if (process.env.SHOTS)
		for (const width of [360, 1280]) {
			await page.evaluate(() => { document.documentElement.style.fontSize = ''; });
			await page.setViewportSize({ width, height: 800 });
			await page.screenshot({ path: path.join(process.env.SHOTS, `${name}.${lang}.${width}.png`), fullPage: true });
		}
	await page.setViewportSize({ width: 360, height: 740 });
}

async function as(lang, cookie, main) {
	await withBrowser({ locale: lang, javaScriptEnabled: true, viewport: { width: 360, height: 740 },
		extraHTTPHeaders: { 'Accept-Language': lang } }, async context => {
		await context.addCookies([{ name: '__Host-qr', value: cookie, url: base.replace('http:', 'https:'),
			secure: true, httpOnly: true, sameSite: 'Lax' }]);
		const page = await context.newPage();
		await main(page);
		await page.close();
	});
}

const main = page => page.locator('main').innerText();
const act = (page, what) => page.click(`main button[name=do][value=${what}]`);
const openDetails = page => page.evaluate(() => document.querySelectorAll('details').forEach(d => { d.open = true; }));
async function says(page, want, what) {
	const text = await main(page);
	ok(text.includes(want), what, text.slice(0, 1500));
}

/** The list of an office, and a flood in it. */
async function list(page) {
	await page.goto(LIST);
	await until("SELECT count(*) FROM core.ticket_step WHERE act = 'escalate'", '1', 'what has run out has risen by itself');
	await page.goto(LIST);
	ok(/14件待办.*1件已超时/.test(await page.locator('h1').innerText()), 'the heading counts', await page.locator('h1').innerText());
	ok((await page.locator('tbody tr').first().innerText()).includes('我叫王小明'), 'what has run out stands first');
	ok(await page.locator('tbody b').count() === 0, 'words are words');
	await seen(page, 'tickets', 'zh-CN');
	await page.fill('#q', '第3小区');
	await page.click('main form[action="/staff/tickets"]:not([method]) button');
	ok(await page.locator('tbody tr').count() === 10, 'looked for by place');
	await act(page, 'quarantine');
	ok(await page.locator('.err a[href="#ground"]').count() === 1, 'set aside only with a ground');
	await seen(page, 'tickets-wrong', 'zh-CN', true);
	for (const box of await page.locator('tbody input').all())
		await box.check();
	await act(page, 'join');
	await says(page, '10件中处理了9件', 'ten of one place: nine joined to the oldest');
	await page.goto(LIST + '?q=' + encodeURIComponent('第3小区') + '&sort=new');
	await page.locator('tbody input').first().check();
	await page.fill('#ground', '重复刷屏');
	await act(page, 'quarantine');
	await says(page, '1件中处理了1件', 'one is set aside');
	await page.click('nav >> text=待甄别');
	ok(await page.locator('tbody tr').count() === 1, 'and stands among those');
	await seen(page, 'tickets-aside', 'zh-CN');
	await page.locator('tbody input').first().check();
	await act(page, 'release');
	ok(await page.locator('tbody tr').count() === 0, 'until somebody finds it is a report');
}

/** One case from the first look to its end. */
async function handle(page) {
	await page.goto(LIST);
	await page.click('tbody tr:first-child a');
	await says(page, '已升级到普陀区', 'who was told stands there');
	await openDetails(page);
	await seen(page, 'ticket-new', 'zh-CN');
	await act(page, 'accept');
	await says(page, '已记录：接单', 'taken');
	await openDetails(page);
	await page.click('text=已派人检查');
	ok((await page.locator('#words').inputValue()).includes('已安排人员到现场检查'), 'a text block is inserted');
	await page.fill('#note', '请今天去看');
	await act(page, 'dispatch');
	await says(page, '内部： 请今天去看', 'sent out, with a note');
	return page.url();
}

async function firm(page) {
	await page.goto(LIST);
	ok(await page.locator('tbody tr').count() === 1 && await page.locator('tbody input').count() === 0,
		'the firm has what was sent to it, one by one');
	await page.click('tbody a');
	await page.fill('#words', '已到现场，正在放水清洗');
	await act(page, 'work');
	await says(page, '已到现场，正在放水清洗', 'and says how it goes');
	ok(await page.locator('button[value=answer], button[value=transfer], #public_words').count() === 0, 'nothing else');
	await seen(page, 'ticket-firm', 'zh-CN');
}

async function answer(page, at) {
	await page.goto(at);
	await act(page, 'answer');
	ok(await page.locator('.err a[href="#words"]').count() === 1, 'an answer needs words');
	await seen(page, 'ticket-wrong', 'zh-CN', true);
	await page.fill('#words', '水箱已清洗，检测合格。经办人电话021-62345678。');
	await act(page, 'answer');
	await says(page, '已记录：答复', 'answered');
	const words = await page.locator('#public_words').inputValue();
	ok(!/王小明|1234|5678|11010|502室/.test(words) && words.includes('水是黄的') && words.includes('***'), 'masked: what is personal', words);
	ok((await page.locator('#public_answer').inputValue()) === '水箱已清洗，检测合格。经办人电话***。', 'in the answer too');
	await says(page, '已替您遮盖5处', 'it says how often');
	await openDetails(page);
	await seen(page, 'ticket-answered', 'zh-CN');
	await page.fill('#public_answer', '');
	await act(page, 'publish');
	ok(await page.locator('.err a[href="#public_answer"]').count() === 1, 'not published without an answer');
	await page.fill('#public_answer', '水箱已清洗，检测合格。');
	await act(page, 'publish');
	ok(sql("SELECT public_answer || (public_words LIKE '%王小明%') FROM core.ticket WHERE no = 1") === '水箱已清洗，检测合格。false', 'published as it was confirmed');
	await openDetails(page);
	await act(page, 'hide');
	ok(await page.locator('.err a[href="#reason"]').count() === 1, 'hidden only with a reason');
	await page.fill('#reason', '涉及个人信息');
	await act(page, 'hide');
	ok(await page.locator('button[value=show]').count() === 1, 'hidden; it may be shown again');
	await openDetails(page);
	await act(page, 'show');
}

async function callBack(page, at) {
	sql("SELECT core.ticket_act(id, 'rate', NULL, NULL, NULL, NULL, 2::smallint) FROM core.ticket WHERE no = 1");
	await page.goto(at);
	await says(page, '评价：2分', 'a low rating');
	await says(page, '回访：', 'starts the clock of the call-back');
	await seen(page, 'ticket-callback', 'zh-CN');
	await page.fill('#words', '已电话说明，并更换了阀门');
	await act(page, 'callback');
	await act(page, 'close');
	ok(await page.locator('h2').first().innerText() === '已办结', 'called back and closed');
	await says(page, '曾超时', 'that it was late stays');
}

async function passOn(page) {
	await page.goto(LIST + '?q=2026-2');
	await page.click('tbody a');
	await openDetails(page);
	await page.selectOption('#to', '310107000000');
	await act(page, 'transfer');
	ok(await page.locator('.err a[href="#reason"]').count() === 1 && await page.locator('#to').inputValue() === '310107000000',
		'passed on only with a reason; what was chosen stays');
	await page.fill('#reason', '属于区里的管网');
	await act(page, 'transfer');
	await says(page, '转给普陀区', 'passed on');
	ok(await page.locator('main form').count() === 0, 'and no longer ours to handle');
}

async function above(page) {
	await page.goto(LIST + '?q=2026-2');
	ok(await page.locator('tbody tr').count() === 1, 'the office above has it');
	clock('2026-11-22 13:30');
	await until("SELECT count(*) FROM core.ticket WHERE no = 3 AND raised > 0", '1', 'a clock has run out: the case rises');
	await page.goto(LIST);
	await says(page, '件已升级到上级', 'the heading of the office above says so');
}

/** A resident without login or cookie reports and wants to be called; what the office finds, and the receipt. */
async function wholeWay() {
	let receipt;
	await withBrowser({ locale: 'zh-CN', javaScriptEnabled: false, viewport: { width: 360, height: 740 },
		extraHTTPHeaders: { 'Accept-Language': 'zh-CN' } }, async context => {
		const page = await context.newPage();
		await page.goto(`${base}/report/${facility}`);
		await page.check('input[name=kind][value=lid_open]');
		await page.fill('#words', '水箱盖子开着');
		await page.fill('#phone', '138 0000 7777');
		await page.click('main .go');
		receipt = page.url();
		ok(/\/c\/\w+/.test(receipt), 'a resident reports and gets a receipt', await main(page));
	});
	await as('zh-CN', office, async page => {
		await page.goto(LIST + '?kind=lid_open');
		ok(await page.locator('tbody tr').count() === 1, 'it stands in the list', await main(page));
		await page.click('tbody a');
		ok(!(await page.content()).includes('7777'), 'without the number');
		await seen(page, 'ticket-phone', 'zh-CN');
		await act(page, 'contact');
		ok((await page.content()).includes('13800007777'), 'which is shown to who asks for it');
		await page.fill('#words', '已盖好并上锁');
		await act(page, 'answer');
		await says(page, '已记录：答复', 'answered at once');
	});
	await withBrowser({ locale: 'zh-CN', javaScriptEnabled: false, extraHTTPHeaders: { 'Accept-Language': 'zh-CN' } }, async context => {
		const page = await context.newPage();
		await page.goto(receipt);
		await says(page, '已盖好并上锁', 'the receipt has the answer');
	});
}

async function texts(page, lang) {
	await page.goto(LIST + '/texts');
	await page.click('main .go');
	ok(await page.locator('.err a[href="#title"]').count() === 1 && await page.locator('.err a[href="#words"]').count() === 1,
		`${lang}: a text has a title and words`);
	await page.fill('#title', '甲' + lang);
	await page.fill('#words', '谢谢您的提醒。');
	await page.click('main .go');
	ok(/saved=1/.test(page.url()), `${lang}: saved`, page.url());
	await seen(page, 'ticket-texts', lang);
	await page.click(`button[aria-label*="甲${lang}"]`);
	ok(!(await main(page)).includes('甲' + lang), `${lang}: ended`);
}

async function play() {
	let at;
	fs.mkdirSync(html, { recursive: true });
	await as('zh-CN', office, async page => {
		await list(page);
		at = await handle(page);
	});
	await as('zh-CN', manager, firm);
	await as('zh-CN', office, async page => {
		await answer(page, at);
		await callBack(page, at);
		await passOn(page);
		await texts(page, 'zh-CN');
	});
	await wholeWay();
	await as('zh-CN', district, above);
	await as('en', district, async page => {
		await page.goto(LIST);
		await seen(page, 'tickets', 'en');
		await page.click('tbody tr:first-child a');
		await openDetails(page);
		await seen(page, 'ticket', 'en');
		await page.goto(at);
		await openDetails(page);
		await seen(page, 'ticket-closed', 'en');
		await texts(page, 'en');
	});
	await look.checkHtml(html);
}

look.run(play);
