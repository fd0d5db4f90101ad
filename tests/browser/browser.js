// Starts Debian's Chromium with a profile of its own and nothing of its own on the network.
'use strict';
const fs = require('fs');
const os = require('os');
const path = require('path');
const { chromium } = require('playwright-core');

const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
	'--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** One browser for several people: calls use(open), open(options) gives a context of its own. */
exports.withPeople = async use => {
	const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true,
		args: ARGS });
	try {
		return await use(options => browser.newContext(options));
	} finally {
		await browser.close();
	}
};

/** Calls use(context) and ends the browser afterwards. */
exports.withBrowser = async (options, use) => {
	const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'qr-browser-'));
	try {
		const context = await chromium.launchPersistentContext(profile, {
			executablePath: '/usr/bin/chromium', headless: true, args: ARGS, ...options });
		try {
			return await use(context);
		} finally {
			await context.close();
		}
	} finally {
		fs.rmSync(profile, { recursive: true, force: true });
	}
};
