// node survey.js URL FOLDER COOKIE open|over: a survey written, released, answered, entered from paper;
// the day after, its results.  Every page looked at in all views.  Prints TAP.
'use strict';
const fs = require('fs');
const path = require('path');
const zlib = require('zlib');
const { withBrowser } = require('./browser.js');
const look = require('./look.js');

const { ok } = look;
const [base, folder, office, phase, place] = process.argv.slice(2);
const html = path.join(folder, 'html-' + phase);
const KB = 1024;
const BUDGET = { office: [14 * KB, 4.5 * KB], resident: [12 * KB, 5 * KB], form: [8 * KB, 3.5 * KB] };

// The same templates in another state: in one language, unless all is asked for.
const ONCE = ['surveys-wrong', 'survey-paper', 'form-choose', 'form-thanks', 'form-over', 'results-wait', 'survey-published', 'results-few'];

async function seen(page, name, lang, budget) {
	if (ONCE.includes(name) && lang !== look.LANGS[0] && !process.env.TEST_ALL)
		return;
	const cookie = (await page.context().cookies()).map(c => `${c.name}=${c.value}`).join('; ');
	const wrong = name.endsWith('wrong');
	const source = wrong ? Buffer.from(await page.content())
		: (await look.get(page.url(), { Cookie: cookie, 'Accept-Language': lang })).body;
	const packed = zlib.gzipSync(source, { level: 9 }).length;
	const [raw, small] = BUDGET[budget];
	ok(source.length <= raw && packed <= small, `${name} ${lang}: ${source.length} bytes, ${packed} compressed`,
		`at most ${raw} and ${small}`);
	if (!wrong)
		fs.writeFileSync(path.join(html, `${name}.${lang}.html`), source);
	ok(!look.hasScript(await page.content()), `${name} ${lang}: no script`);
	await look.views(page, name, lang, budget !== 'office');
	if (process.env.SHOTS)
		for (const width of [360, 1280]) {
			await page.evaluate(() => { document.documentElement.style.fontSize = ''; });
			await page.setViewportSize({ width, height: 800 });
			await page.screenshot({ path: path.join(process.env.SHOTS, `${name}.${lang}.${width}.png`), fullPage: true });
		}
	await page.setViewportSize({ width: 360, height: 740 });
}

// ---- the office ---------------------------------------------------------------------------------

async function write(page, lang) {
	await page.goto(base + '/staff/surveys');
	await seen(page, 'surveys-none', lang, 'office');
	await page.click('.nar .go');
	ok(await page.locator('.err a[href="#title"]').count() === 1 && await page.locator('.err a[href="#levels"]').count() === 1,
		`${lang}: what is missing is said, with the fields`);
	await seen(page, 'surveys-wrong', lang, 'office');
	await page.fill('#title', '2026年物业服务满意度调查');
	await page.fill('#title_en', 'Housing services 2026');
	await page.fill('#purpose', '了解居民对物业服务的意见，改进服务');
	await page.fill('#purpose_en', 'To learn what residents think of the services, and to improve them');
	await page.fill('#from', '2026-11-22');
	await page.fill('#to', '2026-11-22');
	await page.fill('#levels', '总体满意吗？ | All in all?\n楼道保洁 | Cleaning of the stairs\n二次供水 | Tap water');
	await page.fill('#words', '还有什么建议？ | Anything else?');
	await page.fill('#places', '没有这个小区');
	await page.click('.nar .go');
	ok((await page.locator('#places-e').innerText()).includes('没有这个小区'), `${lang}: an unknown compound is named`);
	await page.fill('#places', '');
	await page.click('.nar .go');
	ok(/\/staff\/surveys\/\d+/.test(page.url()), `${lang}: a draft`, page.url());
	await seen(page, 'survey-draft', lang, 'office');
	await page.click('button[value=release]');
	ok(await page.locator('table.rows tbody tr').count() === 10, `${lang}: ten compounds have a page`);
	await page.locator('input[name^=asked-]').first().fill('all');
	await page.click('button[value=asked]');
	ok(await page.locator('.err a[href^="#asked-"]').count() === 1, `${lang}: a number that is none`);
	await page.locator('input[name^=asked-]').first().fill('40');
	await page.click('button[value=asked]');
	ok(await page.locator('input[name^=asked-]').first().inputValue() === '40', `${lang}: how many were asked`);
	return page.url().replace(/\?.*/, '');
}

async function posters(page, lang, at) {
	await page.selectOption('#lang', 'both');
	await page.click('button[value=poster]');
	await page.waitForSelector('a[href*="/poster?"]', { timeout: 60000 });
	const pdf = await look.get(base + await page.locator('a[href*="/poster?"]').getAttribute('href'), { Cookie: `__Host-qr=${office}` });
	ok(pdf.body.subarray(0, 5).toString() === '%PDF-', `${lang}: the posters`);
	fs.writeFileSync(path.join(folder, `poster-${lang}.pdf`), pdf.body);
	await page.goto(at);
}

/** Rows typed by keyboard alone. */
async function paper(page, lang) {
	await page.goto(page.url().replace(/\?.*/, '') + '/paper');
	await page.focus('#l-1');
	for (const levels of ['543', '5x2', '55']) {
		await page.keyboard.type(levels);
		await page.keyboard.press('Tab');
		await page.keyboard.type(levels === '543' ? '水压低' : '');
		await page.keyboard.press('Tab');
		await page.keyboard.press('Tab');
	}
	await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
	ok(await page.locator('.err a[href="#l-3"]').count() === 1 && await page.locator('#l-1').inputValue() === '543',
		`${lang}: a row too short is said, nothing is lost`);
	await seen(page, 'survey-paper-wrong', lang, 'office');
	await page.fill('#l-3', '55-');
	for (let i = 4; i <= 10; i++)
		await page.fill('#l-' + i, '45' + (1 + i % 5));
	await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
	ok(/kept=10&valid=8/.test(page.url()), `${lang}: ten entered, eight count`, page.url());
	ok(await page.locator('#no-1').inputValue() === '11', `${lang}: the numbers go on`);
	await seen(page, 'survey-paper', lang, 'office');
	await page.fill('#no-1', '3');
	await page.fill('#l-1', '555');
	await page.click('.go');
	ok(await page.locator('#no-1-e').count() === 1, `${lang}: a number that was entered already`);
}

// ---- residents, whose browsers run nothing ---------------------------------------------------------

async function answer(lang, link) {
	await withBrowser({ locale: lang, javaScriptEnabled: false, viewport: { width: 360, height: 740 },
		extraHTTPHeaders: { 'Accept-Language': lang } }, async context => {
		const page = await context.newPage();
		await page.goto(link);
		await page.check('input[name=q1][value="5"]');
		await page.check('input[name=q2][value="2"]');
		await page.fill('#q4', '希望 <b>水压</b> "稳定"');
		const again = await page.locator('input[name=key]').inputValue();
		await page.click('form button');
		ok(await page.locator('.err a[href="#q3"]').count() === 1, `${lang}: the question that was forgotten is named`);
		ok(await page.locator('input[name=q2][value="2"]').isChecked() && await page.locator('#q4').inputValue() === '希望 <b>水压</b> "稳定"'
			&& await page.locator('input[name=key]').inputValue() === again, `${lang}: what was ticked and written stays, and the key`);
		await page.check('input[name=q3][value="1"]');
		await page.click('form button');
		ok(/done=1/.test(page.url()) && await page.locator('form').count() === 0, `${lang}: thanks`, page.url());
		for (let i = 0; i < 5; i++) {
			await page.goto(link);
			for (const q of ['q1', 'q2', 'q3'])
				await page.check(`input[name=${q}][value="${1 + (i + Number(q[1])) % 5}"]`);
			await page.click('form button');
		}
		ok((await context.cookies()).length === 0, `${lang}: no cookie`);
		await page.close();
	});
}

async function open(context, lang) {
	const page = await context.newPage();
	const at = await write(page, lang);
	await posters(page, lang, at);
	await seen(page, 'survey-open', lang, 'office');
	const link = base + await page.locator('table.rows th a').first().getAttribute('href');
	const whole = base + await page.locator('.ft a').first().getAttribute('href');
	await paper(page, lang);
	await page.goto(link);
	await seen(page, 'form', lang, 'form');
	await page.click('form button');
	await seen(page, 'form-wrong', lang, 'resident');
	await page.goto(whole);
	ok(await page.locator('section .btn').count() >= 10, `${lang}: one chooses one's compound`);
	await seen(page, 'form-choose', lang, 'form');
	await page.goto(`${base}/b/${place}`);
	ok(await page.locator(`a.btn[href*="${new URL(link).pathname}"]`).count() === 1, `${lang}: the compound's page leads to it`);
	ok((await page.locator('main').innerText()).includes('门卫处的贴纸已更换'), `${lang}: and says what was reported of the compound`);
	await seen(page, 'place-survey', lang, 'resident');
	await page.goto(link + '?done=1');
	await seen(page, 'form-thanks', lang, 'form');
	await page.goto(link + '/results');
	await seen(page, 'results-wait', lang, 'resident');
	await answer(lang, link);
	await page.goto(at);
	ok(await page.locator('button[value=publish]').count() === 0, `${lang}: nothing is published before the end`);
	ok((await page.locator('main').innerText()).includes('<b>水压</b>'), `${lang}: what was written stands there as it was written`);
	await page.close();
}

async function over(context, lang, nth) {
	const page = await context.newPage();
	await page.goto(`${base}/b/${place}`);
	ok(await page.locator('a[href*="/v/"]').count() === 0, `${lang}: the compound's page leads to no survey any more`);
	await page.goto(base + '/staff/surveys');
	await page.locator('table.rows th a').nth(nth).click();
	const at = page.url();
	await seen(page, 'survey-ended', lang, 'office');
	const link = base + await page.locator('table.rows th a').first().getAttribute('href');
	await page.goto(link);
	ok(await page.locator('form').count() === 0, `${lang}: the form is over`);
	await seen(page, 'form-over', lang, 'form');
	await page.goto(at);
	await page.click('button[value=publish]');
	ok(await page.locator('button[value=publish], button[value=void], input[name^=asked-]').count() === 0, `${lang}: published, once`);
	await seen(page, 'survey-published', lang, 'office');
	await page.click('.ft a >> nth=1');
	ok(/\/results$/.test(page.url()), `${lang}: to the results`, page.url());
	ok((await page.locator('h1 ~ .ans, .ans').innerText()).includes('%'), `${lang}: they say a share`);
	await seen(page, 'results-whole', lang, 'resident');
	await page.click('table a >> nth=0');
	await seen(page, 'results', lang, 'resident');
	ok(await page.locator('section table.rows').count() === 3, `${lang}: three questions`);
	await page.goto(base + await page.locator('.more').last().getAttribute('href'));
	await page.goto(page.url().replace(/\?.*/, '') + '/results');
	await page.click('.more >> nth=1');
	await page.click('table a >> nth=5');
	ok(await page.locator('section table.rows').count() === 0, `${lang}: a compound nobody answered from is not broken down`);
	await seen(page, 'results-few', lang, 'resident');
	await page.close();
}

async function main() {
	fs.mkdirSync(html, { recursive: true });
	let nth = look.LANGS.length - 1;
	for (const lang of look.LANGS) {
		await withBrowser({ locale: lang, javaScriptEnabled: true, viewport: { width: 360, height: 740 },
			extraHTTPHeaders: { 'Accept-Language': lang } }, async context => {
			await context.addCookies([{ name: '__Host-qr', value: office, url: base.replace('http:', 'https:'),
				secure: true, httpOnly: true, sameSite: 'Lax' }]);
			if (phase === 'open')
				await open(context, lang);
			else
				await over(context, lang, nth--);
		});
	}
	await look.checkHtml(html);
}

look.run(main);
