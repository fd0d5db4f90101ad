// node report.js URL FOLDER LABEL FACILITY: what residents do, with and without script, in both
// languages.  Prints TAP.
'use strict';
const fs = require('fs');
const path = require('path');
const { spawnSync } = require('child_process');
const { withBrowser } = require('./browser.js');
const look = require('./look.js');

const { ok } = look;
const [base, folder, label, facility] = process.argv.slice(2);
const html = path.join(folder, 'html');
const ZH = 'zh-CN';

function office(...args) {
	const r = spawnSync(path.join(folder, 'office'), args, { encoding: 'utf8' });
	if (r.status !== 0) throw new Error(`office ${args.join(' ')}: ${r.stderr}`);
}

const options = (lang, script) => ({ locale: lang, javaScriptEnabled: script,
	viewport: { width: 360, height: 740 }, extraHTTPHeaders: { 'Accept-Language': lang } });
const receiptOf = page => new URL(page.url()).pathname.split('/')[2];

/** The whole way, as a phone without script goes it; returns the receipt. */
async function way(lang, script) {
	const how = `${lang}${script ? '' : ', no script'}`;
	let receipt;
	await withBrowser(options(lang, script), async context => {
		const page = await context.newPage();
		await page.goto(`${base}/${label}`);
		await page.click(`a[href="/report/${label}"]`);
		ok(page.url() === `${base}/report/${label}`, `${how}: one tap from the page of a label to the form`, page.url());
		await page.click('button[type=submit]');
		ok(await page.locator('.err a[href="#kind"]').count() === 1, `${how}: a form without a choice says so on top`);
		await page.check('input[value=other]');
		await page.setInputFiles('#photo1', path.join(folder, 'one.jpg'));
		await page.fill('#phone', 'call me');
		await page.click('button[type=submit]');
		const wrong = await page.locator('.err a').count();
		ok(wrong === 1 && await page.locator('#phone-e').count() === 1, `${how}: then what else is wrong`, String(wrong));
		ok(await page.inputValue('#phone') === 'call me' && await page.isChecked('input[value=other]'),
			`${how}: what was typed is there`);
		ok(await page.locator('#photo1').count() === 0 && await page.locator('#photo3').count() === 1,
			`${how}: what was photographed, too`);
		await page.fill('#phone', '138 0000 0000');
		await page.fill('#words', 'x'.repeat(20));
		await page.click('button[type=submit]');
		receipt = receiptOf(page);
		ok(/^[0-9A-Z]{9}$/.test(receipt), `${how}: a receipt`, page.url());
		ok((await context.cookies()).length === 0, `${how}: no cookie`);
		await page.click('a.more');
		ok(page.url().startsWith(`${base}/f/`), `${how}: and back to the facility`, page.url());
		await page.goto(`${base}/${label}`);
		await page.click('summary');
		await page.click('button[value=not_here]');
		ok(/\/c\/[0-9A-Z]{9}$/.test(page.url()), `${how}: "I am not at this place" is one tap`, page.url());
	});
	return receipt;
}

/** Every state of the pages, looked at. */
async function pages(lang, receipt) {
	await withBrowser(options(lang, true), async context => {
		const page = await context.newPage();
		const seen = (name, more) => look.seen(page, name, lang, { html, ...more });
		const form = more => seen('report', { budget: 'inspector', ...more });
		await page.goto(`${base}/report/${facility}`);
		await form();
		await page.click('button[type=submit]');
		await seen('report-wrong', { posted: true });
		await page.goto(`${base}/c/${receipt}`);
		await seen('receipt-new', { budget: 'resident', large: true });
		if (lang === ZH) office(receipt, 'accept');
		if (lang === ZH) office(receipt, 'answer', '已于今日冲洗水箱，请放水五分钟再用。');
		await page.reload();
		ok((await page.textContent('body')).includes('已于今日冲洗水箱'), `${lang}: the answer stands on the receipt`);
		await seen('receipt-answered', { budget: 'resident', large: true });
		office('flood', '1');
		await page.goto(`${base}/report/${facility}`);
		ok(await page.locator('#answer').count() === 1, `${lang}: in a flood a question is asked`);
		await seen('report-flood', { budget: 'inspector' });
		await page.check('input[value=smell]');
		await page.click('button[type=submit]');
		ok(/\/c\//.test(page.url()), `${lang}: who does not answer it is heard all the same`, page.url());
		await seen('receipt-waits', { budget: 'resident', large: true });
		office('flood', '1000');
	});
}

async function main() {
	fs.mkdirSync(html, { recursive: true });
	const receipt = await way(ZH, false);
	await way('en', true);
	for (const lang of look.LANGS) await pages(lang, receipt);
	await look.checkHtml(html);
}

look.run(main);
