// node account.js URL FOLDER PASSWORD INVITATION: somebody logs in, sets up the
// second factor and looks after accounts; every page on the way is looked at.  Prints TAP.
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const { withBrowser } = require('./browser.js');
const look = require('./look.js');

const { ok } = look;
const [base, folder, password, invitation] = process.argv.slice(2);
const html = path.join(folder, 'html');

/** RFC 6238: the code an app shows `ahead` steps from now. */
function totp(base32, ahead) {
	const bits = [...base32].map(c => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c)
		.toString(2).padStart(5, '0')).join('');
	const key = Buffer.from(bits.match(/.{8}/g).map(b => parseInt(b, 2)));
	const step = Buffer.alloc(8);
	step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + ahead));
	const mac = crypto.createHmac('sha1', key).update(step).digest();
	const at = mac[19] & 15;
	return String((mac.readUInt32BE(at) & 0x7fffffff) % 1000000).padStart(6, '0');
}

/** The page that is open: checked in all views, its HTML kept for the checkers. */
async function seen(page, name, lang) {
	// The DOM written out: attributes without a value get an empty one.
	fs.writeFileSync(path.join(html, `${name}.${lang}.html`),
		(await page.content()).replace(/ (required|checked|selected)=""/g, ' $1'));
	ok(!look.hasScript(await page.content()), `${name} ${lang}: no script`);
	await look.views(page, name, lang, false);
	await page.setViewportSize({ width: 360, height: 740 });
	if (process.env.SHOTS)
		await page.screenshot({ path: path.join(process.env.SHOTS, `${name}.${lang}.png`), fullPage: true });
}

async function logIn(page, login) {
	await page.goto(base + '/staff/account');
	await page.fill('#login', login);
	await page.fill('#password', password);
	await page.click('main .go');
}

async function inspector(page, lang) {
	await page.goto(base + '/staff/account');
	ok(page.url().endsWith('/staff/login?next=%2Fstaff%2Faccount'), `${lang}: to the login`, page.url());
	await seen(page, 'login', lang);
	await page.fill('#login', 'inspector');
	await page.fill('#password', 'not this one');
	await page.click('main .go');
	ok(await page.locator('.err a[href="#login"]').count() === 1, `${lang}: what is wrong stands on top`);
	ok(await page.inputValue('#login') === 'inspector', `${lang}: the login name is still there`);
	await seen(page, 'login-wrong', lang);
	await page.fill('#password', password);
	await page.click('main .go');
	ok(page.url() === base + '/staff/account', `${lang}: logged in`, page.url());
	const cookie = (await page.context().cookies()).find(c => c.name === '__Host-qr');
	ok(cookie && cookie.secure && cookie.httpOnly && cookie.sameSite === 'Lax' && cookie.path === '/',
		`${lang}: the browser has taken the cookie`, JSON.stringify(cookie));
	await seen(page, 'account', lang);
	await page.goto(base + '/staff/password');
	await page.fill('#password', 'aaaaaaaaaaaaaa');
	await page.fill('#password2', 'aaaaaaaaaaaaaa');
	await page.click('main .go');
	await seen(page, 'password', lang);
	await page.goto(base + '/staff/users');
	await seen(page, 'forbidden', lang);
	await page.click('.bar button');
	ok(page.url().includes('/staff/login'), `${lang}: logged out`, page.url());
	await page.goto(base + invitation);
	await seen(page, 'invitation', lang);
	await page.goto(base + invitation.slice(0, -2) + 'AA');
	await seen(page, 'invitation-bad', lang);
}

async function admin(page, lang) {
	await logIn(page, 'admin');
	await seen(page, 'second', lang);
	await page.click('main .go');
	const secret = await page.inputValue('input[name=secret]');
	await page.fill('#code', '000000');
	await page.click('main .go');
	await seen(page, 'second-wrong', lang);
	await page.fill('#code', totp(secret, 0));
	await page.click('main .go');
	ok(await page.locator('.li code').count() === 10, `${lang}: ten recovery codes`);
	await seen(page, 'recovery', lang);
	await page.goto(base + '/staff/account');
	await seen(page, 'account-admin', lang);
	await page.click('.bar button');
	await logIn(page, 'admin');
	await seen(page, 'code', lang);
	await page.fill('#code', totp(secret, 1));
	await page.click('main .go');
	ok(page.url() === base + '/staff/account', `${lang}: logged in by code`, page.url());
	await page.goto(base + '/staff/users/new');
	await page.click('main .go');
	await page.fill('#login', 'new-one');
	await page.fill('#name', '新');
	await page.selectOption('#role', 'inspector');
	await page.click('main .go');
	await seen(page, 'user-new', lang);
	await page.fill('#org', '310107005000');
	await page.click('main .go');
	ok((await page.textContent('.say code')).includes('/staff/invite/'), `${lang}: a link`);
	await seen(page, 'link', lang);
	await page.goto(base + '/staff/users');
	await seen(page, 'users', lang);
}

async function main() {
	fs.mkdirSync(html, { recursive: true });
	const options = lang => ({ locale: lang,
		viewport: { width: 360, height: 740 }, extraHTTPHeaders: { 'Accept-Language': lang } });
	for (const lang of look.LANGS)
		await withBrowser(options(lang), async context => inspector(await context.newPage(), lang));
	await withBrowser(options('zh-CN'), async context => admin(await context.newPage(), 'zh-CN'));
	await look.checkHtml(html);
}

look.run(main);
