// node check.js URL FOLDER: looks at every page of pages.js on a running daemon, prints TAP.
'use strict';
const fs = require('fs');
const path = require('path');
const { pathToFileURL } = require('url');
const { withBrowser } = require('./browser.js');
const look = require('./look.js');
const { pages, budgets } = require('./pages.js');

const { LANGS, ok } = look;
const [base, folder] = process.argv.slice(2);
const get = (target, headers) => look.get(base + target, headers);

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
	want(!look.hasScript(plain.body.toString()), 'script in the page');
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

async function open(context, p, lang) {
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
	await look.views(page, p.name, lang);
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

// ---- checkers -------------------------------------------------------------------------------

async function checkCss() {
	const stylelint = (await import(pathToFileURL(path.join(process.env.NODE_PATH,
		'stylelint/lib/index.mjs')))).default;
	const result = await stylelint.lint({ files: 'qrsvc/web/static/*.css',
		configBasedir: process.env.NODE_PATH,
		config: { plugins: ['stylelint-no-unsupported-browser-features'], rules: {
			'plugin/no-unsupported-browser-features': [true, {
				browsers: ['chrome 66', 'ios_saf 11'],
				// Better where it is known, harmless where it is not: dark colours, counters in
				// print, grid gap under its old name. css-math-functions takes minmax() for
				// max(), see below.
				ignore: ['css-math-functions', 'prefers-color-scheme', 'css-paged-media', 'multicolumn',
					'outline', 'font-family-system-ui', 'extended-system-fonts'],
				ignorePartialSupport: true }],
			'block-no-empty': true, 'color-no-invalid-hex': true,
			'declaration-block-no-duplicate-properties': true, 'property-no-unknown': true,
			'selector-pseudo-class-no-unknown': true, 'unit-no-unknown': true } } });
	const lines = result.results.flatMap(r => r.warnings.map(w =>
		`${path.basename(r.source)}:${w.line}: ${w.text}`));
	for (const f of fs.readdirSync('qrsvc/web/static').filter(n => n.endsWith('.css')))
		if (/[^a-z](min|max|clamp)\(/.test(fs.readFileSync('qrsvc/web/static/' + f, 'utf8')))
			lines.push(`${f}: min(), max() and clamp() are too new`);
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
	await page.click('footer a[lang=en]');
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
	// their own data and other language; a report that only the made document names, a notice that is
	// drawn from the record itself, which made documents have none of (tests/http/notice.t); what the jobs
	// process counts (board.t, voice.t)
	const unknown = /^\/((0K7M2Q9XH|E39SF788M)[.?]|d\/|r\/[^/]+\/notice\.pdf|report\/|coverage\b|tickets\b)/;
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
	await look.checkHtml(htmlFolder);
	await checkCss();
	for (const lang of LANGS)
		await withBrowser({ locale: lang, extraHTTPHeaders: { 'Accept-Language': lang } },
			async context => {
				const queue = pages.slice();
				const lane = async () => {
					for (let p; (p = queue.shift());) await open(context, p, lang);
				};
				await Promise.all([lane(), lane(), lane()]);
				if (lang === 'zh-CN') await use(context);
			});
}

look.run(main);
