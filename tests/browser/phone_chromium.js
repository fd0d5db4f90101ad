// Debian's Chromium for the phone's tests: contexts of one browser, and one of its own to be killed.
'use strict';
const fs = require('fs');
const path = require('path');
const { spawn } = require('child_process');
const { chromium } = require('playwright-core');
const { withPeople } = require('./browser.js');
const { sleep } = require('./line.js');

exports.lanes = 3;
exports.cases = () => true;

function adapt(page) {
	const text = page.innerText.bind(page);
	// what a page says while it is left for another: nothing yet
	page.innerText = selector => text(selector).catch(e => {
		if (!/navigat|destroyed|closed/i.test(e.message)) throw e;
		return '';
	});
	return page;
}
/** Calls use(open); open(options) is a phone: a context of its own. */
exports.people = use => withPeople(open => use(async options => {
	const context = await open(options);
	context.setDefaultTimeout(60000);
	const fresh = context.newPage.bind(context);
	context.newPage = async () => adapt(await fresh());
	return context;
}));

/** A browser of its own, which is killed in the end; the profile stays. */
exports.bare = async (profile, cookie, use) => {
	const port = path.join(profile, 'DevToolsActivePort');
	fs.rmSync(port, { force: true });
	const child = spawn('/usr/bin/chromium', ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run',
		'--disable-background-networking', '--disable-component-update', '--disable-sync', '--remote-debugging-port=0',
		`--user-data-dir=${profile}`, 'about:blank'], { stdio: 'ignore', detached: true });
	const gone = new Promise(ok => child.on('exit', ok));
	try {
		for (const end = Date.now() + 60000; ; await sleep(50)) {
			if (fs.existsSync(port) && fs.readFileSync(port, 'utf8').includes('\n')) break;
			if (Date.now() > end) throw new Error('no browser');
		}
		const browser = await chromium.connectOverCDP(`http://127.0.0.1:${fs.readFileSync(port, 'utf8').split('\n')[0]}`);
		const context = browser.contexts()[0];
		context.setDefaultTimeout(60000);
		await context.addCookies([cookie]);
		await use(adapt(await context.newPage()));
	} finally {
		process.kill(-child.pid, 'SIGKILL');
		await gone;
	}
};
