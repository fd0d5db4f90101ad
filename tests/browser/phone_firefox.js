// Debian's Firefox ESR for the phone's tests, driven by WebDriver BiDi: the pages' half of
// Playwright's names, so that the cases are the same ones.
'use strict';
const fs = require('fs');
const os = require('os');
const path = require('path');
const puppeteer = require('puppeteer-core');
const { sleep } = require('./line.js');

exports.lanes = 2;
/** The essential half; quota, downloads, a clock and a camera need what BiDi has no words for. */
exports.cases = name => /^(offline|killed|cut|lost|401|tabs|plain|sticker)\b/.test(name);

const launch = (profile, prefs = {}) => puppeteer.launch({ browser: 'firefox', executablePath: '/usr/bin/firefox-esr', headless: true,
	userDataDir: profile, protocolTimeout: 120000, extraPrefsFirefox: { 'datareporting.policy.dataSubmissionEnabled': false,
		'browser.startup.page': 0, 'intl.accept_languages': 'zh-CN', ...prefs } });

const away = /navigat|destroyed|closed|no such|discarded|context|realm/i;
class Page {
	constructor(page, phone) {
		this.page = page;
		this.phone = phone;
		page.setDefaultTimeout(60000);
	}

	/** A page that is left for another meanwhile is asked again. */
	async evaluate(what, arg) {
		for (const end = Date.now() + 60000; ; await sleep(50)) {
			try {
				return await this.page.evaluate(what, arg);
			} catch (e) {
				if (!away.test(e.message) || Date.now() > end) throw e;
			}
		}
	}

	context() { return this.phone; }
	url() { return this.page.url(); }
	goto(url) { return this.page.goto(url, { waitUntil: 'load' }); }
	reload() { return this.page.reload({ waitUntil: 'load' }); }

	async find(selector) {
		for (const end = Date.now() + 60000; ; await sleep(50)) {
			const h = await this.page.$(selector).catch(e => { if (!away.test(e.message)) throw e; });
			if (h) return h;
			if (Date.now() > end) throw new Error(`never: ${selector}`);
		}
	}

	async fill(selector, value) {
		await this.find(selector);
		await this.page.evaluate((s, v) => {
			const i = document.querySelector(s);
			i.focus();
			i.value = v;
			i.dispatchEvent(new Event('input', { bubbles: true }));
			i.dispatchEvent(new Event('change', { bubbles: true }));
		}, selector, value);
	}

	async setInputFiles(selector, file) { await (await this.find(selector)).uploadFile(file); }

	/** Without script nothing tells where an element is: it is pressed by its name. */
	async click(selector) {
		const h = await this.find(selector);
		if (!this.phone.plain) return h.click();
		return this.page.evaluate(s => document.querySelector(s).click(), selector).catch(e => { if (!away.test(e.message)) throw e; });
	}

	async waitForURL(glob) {
		for (const end = Date.now() + 60000; !this.url().endsWith(glob.replace('**', '')); await sleep(50))
			if (Date.now() > end) throw new Error(`never: ${glob}, but ${this.url()}`);
		await this.evaluate(() => document.readyState !== 'loading' || new Promise(ok => addEventListener('DOMContentLoaded', ok)));
	}

	innerText(selector) { return this.evaluate(s => (document.querySelector(s) || { innerText: '' }).innerText, selector); }
	inputValue(selector) { return this.evaluate(s => document.querySelector(s).value, selector); }
	getAttribute(selector, name) { return this.evaluate(([s, n]) => document.querySelector(s).getAttribute(n), [selector, name]); }
	isVisible(selector) { return this.evaluate(s => [...document.querySelectorAll(s)].some(e => e.getClientRects().length > 0), selector); }
}

class Phone {
	constructor(context, end) {
		this.c = context;
		this.plain = !!end;
		this.close = end || (() => context.close());
	}

	addCookies(list) { return this.c.setCookie(...list); }

	async newPage() {
		const page = await this.c.newPage();
		await page.setViewport({ width: 360, height: 740 });
		return new Page(page, this);
	}
}

const folder = name => fs.mkdtempSync(path.join(os.tmpdir(), `qr-firefox-${name}-`));
exports.people = async use => {
	const profile = folder('all');
	const browser = await launch(profile);
	try {
		return await use(async options => {
			if (options.javaScriptEnabled !== false) return new Phone(await browser.createBrowserContext());
			// a browser without any script, for this one phone
			const own = folder('plain');
			const plain = await launch(own, { 'javascript.enabled': false });
			return new Phone(plain.defaultBrowserContext(), async () => {
				await plain.close();
				fs.rmSync(own, { recursive: true, force: true });
			});
		});
	} finally {
		await browser.close();
		fs.rmSync(profile, { recursive: true, force: true });
	}
};

/** A browser of its own, which is killed in the end; the profile stays. */
exports.bare = async (profile, cookie, use) => {
	fs.mkdirSync(profile, { recursive: true });
	const browser = await launch(profile);
	const child = browser.process();
	const gone = new Promise(ok => child.on('exit', ok));
	try {
		const phone = new Phone(browser.defaultBrowserContext());
		await phone.addCookies([cookie]);
		await use(await phone.newPage());
	} finally {
		child.kill('SIGKILL');
		await gone;
	}
};
