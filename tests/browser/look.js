// What every browser test looks for: TAP, answers as bytes, what does not fit on a screen, axe,
// and the two checkers of HTML.
'use strict';
const fs = require('fs');
const http = require('http');
const path = require('path');
const zlib = require('zlib');
const { spawnSync } = require('child_process');
const { AxeBuilder } = require('@axe-core/playwright');
const { HtmlValidate } = require('html-validate');
const { budgets } = require('./pages.js');

// TEST_ALL=1: every view of every page with axe, in both languages.
const ALL = !!process.env.TEST_ALL;
const LANGS = ['zh-CN', 'en'];
const VIEWS = [
	{ name: '360', width: 360, axe: true, langs: LANGS },
	{ name: '320', width: 320, axe: ALL, langs: LANGS },
	{ name: '1280', width: 1280, axe: ALL, langs: LANGS },
	{ name: 'dark', width: 360, dark: true, axe: true, langs: ALL ? LANGS : ['zh-CN'] },
	{ name: '200 %', width: 360, zoom: '36px', axe: ALL, langs: LANGS },
	{ name: '200 % on 320', width: 320, zoom: '36px', axe: ALL, langs: LANGS },
	{ name: 'large', width: 360, large: true, axe: ALL, langs: LANGS },
];

// ---- TAP ------------------------------------------------------------------------------------

let n = 0;
let bad = 0;
function ok(good, what, why) {
	n++;
	if (!good) bad++;
	console.log(`${good ? 'ok' : 'not ok'} ${n} - ${what}`);
	if (!good && why) console.log(String(why).replace(/^/gm, '# '));
	return good;
}
/** Runs main(), prints the plan, sets the exit status. */
function run(main) {
	main().then(() => {
		console.log(`1..${n}`);
		process.exitCode = bad ? 1 : 0;
	}).catch(e => {
		console.log(`Bail out! ${String(e.stack || e).replace(/\n/g, ' ')}`);
		process.exitCode = 1;
	});
}

// ---- over the wire ----------------------------------------------------------------------------

/** Status, fields and the bytes as they came over the wire. */
function get(url, headers) {
	return new Promise((resolve, reject) => {
		http.get(url, { headers }, res => {
			const parts = [];
			res.on('data', d => parts.push(d));
			res.on('end', () => resolve({ status: res.statusCode, headers: res.headers,
				body: Buffer.concat(parts) }));
		}).on('error', reject);
	});
}

/** Is there anything in the page that would run? */
function hasScript(html) {
	return /<script|javascript:|\son[a-z]+=/i.test(html.replace(/&lt;.*?&gt;/g, '')
		.replace(/<(title|meta)[^>]*>[^<]*/g, '').replace(/>[^<]*</g, '><'));
}

// ---- in the browser ---------------------------------------------------------------------------

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

/** The page that is open, in every view of VIEWS; large: it has the switch for large text. */
async function views(page, name, lang, large = true) {
	for (const view of VIEWS.filter(v => v.langs.includes(lang) && (large || !v.large))) {
		await page.emulateMedia({ colorScheme: view.dark ? 'dark' : 'light' });
		await page.setViewportSize({ width: view.width, height: 740 });
		await page.evaluate(size => { document.documentElement.style.fontSize = size; },
			view.zoom || '');
		if (view.large) await page.locator('label[for=big]').click();
		const over = await page.evaluate(overflow);
		const axe = !view.axe ? { violations: [] } : await new AxeBuilder({ page })
			.setLegacyMode().withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa',
				'best-practice']).analyze();
		ok(!over.length && !axe.violations.length, `${name} ${lang} ${view.name}: fits, axe`,
			over.concat(axe.violations.map(v => `${v.id}: ${v.nodes.map(x => x.html).join(' ')}`))
				.join('\n'));
	}
}

/** The page that is open: its bytes against `budget` (a name of pages.js's budgets; none: not looked at), no script (unless `script`),
 * every view; it is kept in the folder `html` for checkHtml().  posted: it answers a form, so it cannot
 * be asked for again and is not kept, since the browser writes it in its own way.  body: its bytes, if
 * they are there already.  SHOTS=FOLDER keeps pictures of it. */
async function seen(page, name, lang, { html, budget, posted = false, body, script = false, large = false }) {
	const cookie = (await page.context().cookies()).map(c => `${c.name}=${c.value}`).join('; ');
	const source = body || (posted ? Buffer.from(await page.content())
		: (await get(page.url(), { Cookie: cookie, 'Accept-Language': lang })).body);
	if (budget) {
		const packed = zlib.gzipSync(source, { level: 9 }).length;
		const [most, mostPacked] = budgets[budget];
		ok(source.length <= most && packed <= mostPacked, `${name} ${lang}: ${source.length} bytes, ${packed} compressed`,
			`at most ${most} and ${mostPacked}`);
	}
	if (!posted)
		fs.writeFileSync(path.join(html, `${name}.${lang}.html`), source);
	if (!script)
		ok(!hasScript(await page.content()), `${name} ${lang}: no script`);
	await views(page, name, lang, large);
	if (process.env.SHOTS)
		for (const width of [360, 1280]) {
			await page.evaluate(() => { document.documentElement.style.fontSize = ''; });
			await page.setViewportSize({ width, height: 800 });
			await page.screenshot({ path: path.join(process.env.SHOTS, `${name}.${lang}.${width}.png`), fullPage: true });
		}
	await page.setViewportSize({ width: 360, height: 740 });
}

// ---- checkers ---------------------------------------------------------------------------------

async function checkHtml(folder) {
	const files = fs.readdirSync(folder).sort();
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
			fs.readFileSync(path.join(folder, f), 'utf8'), f);
		for (const r of report.results)
			for (const m of r.messages) lines.push(`${f}: ${m.ruleId}: ${m.message}`);
	}
	ok(!lines.length, `html-validate: ${files.length} pages`, lines.slice(0, 20).join('\n'));
	const jar = require('vnu-jar');
	const nu = spawnSync('java', ['-jar', String(jar), '--skip-non-html', '--format', 'json',
		...files.map(f => path.join(folder, f))], { encoding: 'utf8', maxBuffer: 1 << 26 });
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

module.exports = { LANGS, checkHtml, get, hasScript, ok, run, seen, views };
