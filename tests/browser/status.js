// node status.js URL FOLDER ADMINISTRATOR'S-COOKIE INSPECTOR'S-COOKIE STATE: /staff/status, looked at in
// all views, while all is well or while there is trouble (STATE: well, trouble).
'use strict';
const fs = require('fs');
const path = require('path');
const zlib = require('zlib');
const { withBrowser } = require('./browser.js');
const look = require('./look.js');

const { ok } = look;
const [base, folder, admin, inspector, state] = process.argv.slice(2);
const html = path.join(folder, 'html-' + state);

async function open(context, who, lang) {
	const page = await context.newPage();
	const name = `status-${state}-${who}`;
	const res = await page.goto(base + '/staff/status');
	ok(res.status() === 200, `${name} ${lang}: 200`, String(res.status()));
	const cookie = (await context.cookies()).map(c => `${c.name}=${c.value}`).join('; ');
	const source = (await look.get(page.url(), { Cookie: cookie, 'Accept-Language': lang })).body;
	const packed = zlib.gzipSync(source, { level: 9 }).length;
	ok(source.length <= 14 * 1024 && packed <= 4608, `${name} ${lang}: ${source.length} bytes, ${packed} compressed`);
	fs.writeFileSync(path.join(html, `${name}.${lang}.html`), source);
	ok(!look.hasScript(await page.content()), `${name} ${lang}: no script`);
	await look.views(page, name, lang, false);
	for (const width of process.env.SHOTS ? [360, 1280] : []) {
		await page.evaluate(() => { document.documentElement.style.fontSize = ''; });
		await page.setViewportSize({ width, height: 800 });
		await page.screenshot({ path: path.join(process.env.SHOTS, `${name}.${lang}.${width}.png`), fullPage: true });
	}
	return page;
}

async function says(page, who) {
	const title = await page.locator('h1').innerText();
	const body = await page.locator('main').innerText();
	if (state === 'well') {
		ok(title === '一切正常' && await page.locator('.err').count() === 0, 'all is well, in one sentence', title);
		ok(/公示页面\s+每页都是今天的内容/.test(body) && /数据库\s+连接\d+个/.test(body), 'and what was looked at', body);
		return;
	}
	ok(/^有2件事出了问题$/.test(title), `${who}: how many are in trouble`, title);
	ok(/还有3页没有按今天的日期更新/.test(body) && /2条待发，最早的等了3小时；1条没有送达，已放弃/.test(body),
		`${who}: pages, messages`, body);
	ok(/后台：制作公示单\s+有问题\s+1件在等，最早的等了4小时/.test(body), `${who}: a job nobody takes`, body);
	ok(body.includes('after_the_test') === (who === 'admin'), `${who}: what failed is told to administrators alone`, body);
	ok(await page.locator('.err a[href^="/staff/outbox"]').count() === (who === 'admin' ? 1 : 0),
		`${who}: with the way to mend it, for whoever may`);
}

async function main() {
	fs.mkdirSync(html, { recursive: true });
	for (const lang of look.LANGS)
		for (const [who, value] of [['admin', admin], ['inspector', inspector]])
			await withBrowser({ locale: lang, viewport: { width: 360, height: 740 }, extraHTTPHeaders: { 'Accept-Language': lang } },
				async context => {
					await context.addCookies([{ name: '__Host-qr', value, url: base.replace('http:', 'https:'),
						secure: true, httpOnly: true, sameSite: 'Lax' }]);
					const page = await open(context, who, lang);
					if (lang === 'zh-CN') await says(page, who);
				});
	await look.checkHtml(html);
}

look.run(main);
