// node check.js URL FOLDER: looks at every page of pages.js on a running daemon, prints TAP.
'use strict';
const fs = require('fs');
const http = require('http');
const path = require('path');
const { spawnSync } = require('child_process');
const { pathToFileURL } = require('url');
const { AxeBuilder } = require('@axe-core/playwright');
const { HtmlValidate } = require('html-validate');
const { withBrowser } = require('./browser.js');
const { pages, budgets } = require('./pages.js');

const [base, folder] = process.argv.slice(2);
const LANGS = ['zh-CN', 'en'];
// TEST_ALL=1: every view of every page with axe, in both languages.
const ALL = !!process.env.TEST_ALL;
const VIEWS = [
	{ name: '360', width: 360, axe: true, langs: LANGS },
	{ name: '320', width: 320, axe: ALL, langs: LANGS },
	{ name: '1280', width: 1280, axe: ALL, langs: LANGS },
	{ name: 'dark', width: 360, dark: true, axe: true, langs: ALL ? LANGS : ['zh-CN'] },
	{ name: '200 %', width: 360, zoom: '36px', axe: ALL, langs: LANGS },
	{ name: '200 % on 320', width: 320, zoom: '36px', axe: ALL, langs: LANGS },
	{ name: 'large', width: 360, large: true, axe: ALL, langs: LANGS },
];

let n = 0;
let bad = 0;
function ok(good, what, why) {
	n++;
	if (!good) bad++;
	console.log(`${good ? 'ok' : 'not ok'} ${n} - ${what}`);
	if (!good && why) console.log(String(why).replace(/^/gm, '# '));
}

/** Status, fields and the bytes as they came over the wire. */
function get(target, headers) {
	return new Promise((resolve, reject) => {
		http.get(base + target, { headers }, res => {
			const parts = [];
			res.on('data', d => parts.push(d));
			res.on('end', () => resolve({ status: res.statusCode, headers: res.headers,
				body: Buffer.concat(parts) }));
		}).on('error', reject);
	});
}

// ---- over the wire: status, language, policy, size ------------------------------------------

async function wire(p, lang, htmlFolder) {
	const name = `${p.name} ${lang}`;
	const headers = { 'Accept-Language': lang };
	const plain = await get(p.path, headers);
	const packed = await get(p.path, { ...headers, 'Accept-Encoding': 'gzip' });
	const csp = plain.headers['content-security-policy'] || '';
	const problems = [];
	const want = (good, why) => { if (!good) problems.push(why); };
	want(plain.status === (p.status || 200), `status ${plain.status}`);
	want(/^text\/html; ?charset=utf-8$/i.test(plain.headers['content-type']), 'type');
	want(plain.headers['content-language'] === lang, `language ${plain.headers['content-language']}`);
	want(!('set-cookie' in plain.headers), 'sets a cookie');
	want(csp.startsWith("default-src 'none'") && csp.includes("style-src 'sha256-") &&
		!csp.includes('unsafe'), `policy ${csp}`);
	want(!/<script|javascript:|\son[a-z]+=/i.test(plain.body.toString().replace(/&lt;.*?&gt;/g, '')
		.replace(/<(title|meta)[^>]*>[^<]*/g, '').replace(/>[^<]*</g, '><')), 'script in the page');
	ok(!problems.length, `${name}: answer`, problems.join('\n'));
	if (p.budget) {
		const [raw, gz] = budgets[p.budget];
		// What is made for one request only (no-store) is not compressed.
		const once = /no-store/.test(plain.headers['cache-control'] || '');
		ok(plain.body.length <= raw && (once || (packed.body.length <= gz &&
			packed.headers['content-encoding'] === 'gzip')),
		`${name}: ${plain.body.length} bytes, ${packed.body.length} compressed`,
		`at most ${raw} and ${gz}`);
	}
	fs.writeFileSync(path.join(htmlFolder, `${p.name}.${lang}.html`), plain.body);
}

// ---- in the browser -------------------------------------------------------------------------

async function look(context, p, lang) {
	const page = await context.newPage();
	const requests = [];
	const complaints = [];
	page.on('request', r => requests.push(r.url()));
	page.on('console', m => {
		// Chromium reports the status of the page itself as an error.
		if (m.type() === 'error' && !/status of 4(04|10)/.test(m.text())) complaints.push(m.text());
	});
	page.on('pageerror', e => complaints.push(String(e)));
	await page.goto(base + p.path, { waitUntil: 'load' });
	const all = 1 + (p.photos || 0);
	const foreign = requests.filter(u => !u.startsWith(base + '/'));
	const seen = new Set(requests.filter(u => u.startsWith(base + '/'))).size;
	ok(seen === all && foreign.every(u => u.startsWith('data:')),
		`${p.name} ${lang}: ${all} request(s)`, requests.join('\n'));
	for (const view of VIEWS.filter(v => v.langs.includes(lang))) {
		await page.emulateMedia({ colorScheme: view.dark ? 'dark' : 'light' });
		await page.setViewportSize({ width: view.width, height: 740 });
		await page.evaluate(size => { document.documentElement.style.fontSize = size; },
			view.zoom || '');
		if (view.large) await page.locator('label[for=big]').click();
		const over = await page.evaluate(overflow);
		const axe = !view.axe ? { violations: [] } : await new AxeBuilder({ page })
			.setLegacyMode().withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa',
				'best-practice']).analyze();
		ok(!over.length && !axe.violations.length, `${p.name} ${lang} ${view.name}: fits, axe`,
			over.concat(axe.violations.map(v => `${v.id}: ${v.nodes.map(x => x.html).join(' ')}`))
				.join('\n'));
	}
	ok(!complaints.length, `${p.name} ${lang}: the browser has no complaint`, complaints.join('\n'));
	if (p.paper) {
		await page.emulateMedia({ media: 'print', colorScheme: 'light' });
		await page.goto(base + p.path);
		const pdf = await page.pdf({ format: 'A4' });
		const sheets = (pdf.toString('latin1').match(/\/Type\s*\/Page\b/g) || []).length;
		ok(sheets >= 1 && sheets <= p.paper, `${p.name} ${lang}: ${sheets} A4 page(s)`,
			`at most ${p.paper}`);
		if (process.env.SHOTS) fs.writeFileSync(path.join(process.env.SHOTS,
			`${p.name}.${lang}.pdf`), pdf);
	}
	await page.close();
}

/** Runs in the page: what is wider than it may be, and what is smaller than a finger. */
function overflow() {
	const found = [];
	const root = document.documentElement;
	if (root.scrollWidth > root.clientWidth) {
		found.push(`the page is ${root.scrollWidth - root.clientWidth} px too wide`);
		for (const e of document.querySelectorAll('body *'))
			if (e.getBoundingClientRect().right > root.clientWidth + 1) found.push(e.outerHTML.slice(0, 120));
	}
	for (const e of document.querySelectorAll('.btn')) {
		const h = e.getBoundingClientRect().height;
		if (h && h < 60) found.push(`button of ${h} px: ${e.outerHTML.slice(0, 80)}`);
	}
	for (const e of document.querySelectorAll('p,td,th,dd,dt,small,li,figcaption,a,code,label'))
		if (e.getClientRects().length && parseFloat(getComputedStyle(e).fontSize) < 16)
			found.push(`text of ${getComputedStyle(e).fontSize}: ${e.outerHTML.slice(0, 80)}`);
	return found.slice(0, 8);
}

// ---- checkers -------------------------------------------------------------------------------

async function checkHtml(htmlFolder) {
	const files = fs.readdirSync(htmlFolder).sort();
	const htmlvalidate = new HtmlValidate({ extends: ['html-validate:recommended',
		'html-validate:document'], rules: {
		'no-inline-style': 'off', // the one style element is allowed by its hash
		'long-title': 'off', // titles name facility, building and state
		'tel-non-breaking': 'off', // numbers are wrapped in .nw
		'require-sri': 'off', // nothing is loaded
		'no-trailing-whitespace': 'off',
	} });
	const lines = [];
	for (const f of files) {
		const report = await htmlvalidate.validateString(
			fs.readFileSync(path.join(htmlFolder, f), 'utf8'), f);
		for (const r of report.results)
			for (const m of r.messages) lines.push(`${f}: ${m.ruleId}: ${m.message}`);
	}
	ok(!lines.length, `html-validate: ${files.length} pages`, lines.slice(0, 20).join('\n'));
	const jar = require('vnu-jar');
	const nu = spawnSync('java', ['-jar', String(jar), '--skip-non-html', '--format', 'json',
		...files.map(f => path.join(htmlFolder, f))], { encoding: 'utf8', maxBuffer: 1 << 26 });
	let messages;
	try {
		messages = JSON.parse(nu.stderr).messages;
	} catch (e) {
		messages = [{ url: 'vnu', message: nu.stderr.slice(0, 500) || String(nu.error) }];
	}
	ok(!messages.length, `Nu checker: ${files.length} pages`, messages.slice(0, 20).map(m =>
		`${path.basename(m.url || '')}:${m.lastLine}: ${m.message} ${(m.extract || '').slice(0, 100)}`)
		.join('\n'));
}

async function checkCss() {
	const stylelint = (await import(pathToFileURL(path.join(process.env.NODE_PATH,
		'stylelint/lib/index.mjs')))).default;
	const result = await stylelint.lint({ files: 'qrsvc/web/static/*.css',
		configBasedir: process.env.NODE_PATH,
		config: { plugins: ['stylelint-no-unsupported-browser-features'], rules: {
			'plugin/no-unsupported-browser-features': [true, {
				browsers: ['chrome 66', 'ios_saf 11'],
				// Better where it is known, harmless where it is not: dark colours, counters in
				// print, grid gap under its old name.
				ignore: ['prefers-color-scheme', 'css-paged-media', 'multicolumn', 'outline',
					'font-family-system-ui', 'extended-system-fonts'],
				ignorePartialSupport: true }],
			'block-no-empty': true, 'color-no-invalid-hex': true,
			'declaration-block-no-duplicate-properties': true, 'property-no-unknown': true,
			'selector-pseudo-class-no-unknown': true, 'unit-no-unknown': true } } });
	const lines = result.results.flatMap(r => r.warnings.map(w =>
		`${path.basename(r.source)}:${w.line}: ${w.text}`));
	ok(!lines.length, 'stylelint: Chrome 66, iOS 11', lines.join('\n'));
}

// ---- what a page is used for ----------------------------------------------------------------

async function use(context) {
	const page = await context.newPage();
	await page.setViewportSize({ width: 360, height: 740 });
	await page.goto(base + '/');
	await page.fill('#no', 'e39 5f7 88m');
	await page.keyboard.press('Enter');
	await page.waitForURL('**/E395F788M');
	ok(true, 'a number typed on the home page leads to its page');
	await page.click('footer a[hreflang=en]');
	ok(await page.evaluate(() => document.documentElement.lang) === 'en', 'the link to English works');
	await page.click('.more[href*=history]');
	ok(page.url().endsWith('/history?lang=en'), 'the language goes along', page.url());
	await page.goto(base + '/E395F788M?lang=en');
	await page.click('summary');
	ok(await page.locator('details p').isVisible(), '"Not at this place?" is one tap away');
	await page.goto(base + '/E39SF788M');
	await page.click('a[href="/E395F788M"]');
	ok(page.url() === base + '/E395F788M', 'the guess for a misread number is a link');
	const json = await get('/E395F788M.json', {});
	ok(JSON.parse(json.body).state === 'on_time', 'the same address with .json gives the data');
	ok((await context.cookies()).length === 0, 'no cookie was set');
	await page.close();
}

/** No link of any page leads nowhere. */
async function links(htmlFolder) {
	const seen = new Set();
	for (const f of fs.readdirSync(htmlFolder))
		for (const m of fs.readFileSync(path.join(htmlFolder, f), 'utf8').matchAll(/(?:href|src)="(\/[^"]*)"/g))
			seen.add(m[1].replace(/&amp;/g, '&'));
	const dead = [];
	const unknown = /^\/(0K7M2Q9XH|E39SF788M)[.?]/; // their own data and other language
	for (const target of seen) {
		const res = await get(target, {});
		if (res.status >= 400 && !unknown.test(target) && res.status !== 410) dead.push(`${res.status} ${target}`);
	}
	ok(!dead.length, `${seen.size} links lead somewhere`, dead.slice(0, 20).join('\n'));
}

async function main() {
	const htmlFolder = path.join(folder, 'html');
	fs.mkdirSync(htmlFolder, { recursive: true });
	for (const p of pages)
		for (const lang of LANGS) await wire(p, lang, htmlFolder);
	await links(htmlFolder);
	await checkHtml(htmlFolder);
	await checkCss();
	for (const lang of LANGS)
		await withBrowser({ locale: lang, extraHTTPHeaders: { 'Accept-Language': lang } },
			async context => {
				const queue = pages.slice();
				const lane = async () => {
					for (let p; (p = queue.shift());) await look(context, p, lang);
				};
				await Promise.all([lane(), lane(), lane()]);
				if (lang === 'zh-CN') await use(context);
			});
	console.log(`1..${n}`);
	process.exitCode = bad ? 1 : 0;
}

main().catch(e => {
	console.log(`Bail out! ${String(e.stack || e).replace(/\n/g, ' ')}`);
	process.exitCode = 1;
});
