// Loaded before a browser test (NODE_OPTIONS=-r) when it runs through nginx (FRONT=1, tests/browser/lib.sh):
// http.get() takes https addresses and trusts the front's certificate, FRONT_CA, and so does the browser,
// by its key, FRONT_SPKI. Nothing else is different.
'use strict';
const fs = require('fs');
const http = require('http');
const https = require('https');

const ca = fs.readFileSync(process.env.FRONT_CA);
for (const verb of ['get', 'request']) {
	const plain = http[verb];
	http[verb] = (url, options, answer) => {
		const to = url instanceof URL || typeof url === 'string' ? new URL(url) : null;
		if (!to || to.protocol !== 'https:') return plain.call(http, url, options, answer);
		const given = typeof options === 'function' ? {} : options;
		return https[verb](to, { ...given, ca }, typeof options === 'function' ? options : answer);
	};
}

let chromium;
try {
	({ chromium } = require('playwright-core'));
} catch {
	// some other program of node's
}
const trusting = options => ({ ...options,
	args: [...(options && options.args || []), `--ignore-certificate-errors-spki-list=${process.env.FRONT_SPKI}`] });
if (chromium) {
	const { launch, launchPersistentContext } = chromium;
	chromium.launch = options => launch.call(chromium, trusting(options));
	chromium.launchPersistentContext = (profile, options) =>
		launchPersistentContext.call(chromium, profile, trusting(options));
}
