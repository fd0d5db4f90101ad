// The pages to look at, by the names of tests/data/docs/names. budget: the column of
// design/pages.md; photos: how many the page shows; status: 200 if not said.
'use strict';
const fs = require('fs');

const names = Object.fromEntries(fs.readFileSync('tests/data/docs/names', 'utf8').trim()
	.split('\n').map(l => l.split(' ')));
const label = (name, more) => ({ name, path: '/' + names[name], budget: 'resident', ...more });

exports.pages = [
	label('on_time', { photos: 3, paper: 2 }),
	label('due_soon', { photos: 3 }),
	label('overdue', { photos: 3, paper: 2 }),
	label('failed', { photos: 3 }),
	label('no_record'),
	label('suspended'),
	label('retired'),
	label('nyc'),
	label('nyc_flag'),
	label('many', { photos: 3 }),
	label('place'),
	label('void', { status: 410, budget: 'label' }),
	label('replaced', { budget: 'label' }),
	label('blank', { budget: 'label' }),
	{ name: 'unknown', path: '/0K7M2Q9XH', status: 404, budget: 'label' },
	{ name: 'misread', path: '/E39SF788M', status: 404, budget: 'label' },
	{ name: 'facility', path: '/f/' + names['f-on_time'], budget: 'resident', photos: 3 },
	{ name: 'history', path: `/f/${names['f-on_time']}/history`, budget: 'resident' },
	{ name: 'history_long', path: `/f/${names['f-many']}/history` },
	{ name: 'record_clean', path: '/r/' + names['r-clean'], budget: 'resident', photos: 3 },
	{ name: 'record_test', path: '/r/' + names['r-test'], budget: 'resident' },
	{ name: 'record_revised', path: '/r/' + names['r-revised'], budget: 'resident' },
	{ name: 'record_old', path: '/r/' + names['r-revised'] + '/1', budget: 'resident' },
	{ name: 'record_withdrawn', path: '/r/' + names['r-withdrawn'], budget: 'resident', photos: 2 },
	{ name: 'record_nyc', path: '/r/' + names['r-nyc'], budget: 'resident' },
	{ name: 'place_page', path: '/b/' + names['b-place'], budget: 'resident' },
	{ name: 'place_empty', path: '/b/' + names['b-empty'], budget: 'resident' },
	{ name: 'home', path: '/', budget: 'label' },
	{ name: 'lookup', path: '/q?no=12', budget: 'label' },
	{ name: 'accessibility', path: '/accessibility', budget: 'label' },
	{ name: 'privacy', path: '/privacy', budget: 'label' },
	{ name: 'not_found', path: '/f/nothing', status: 404, budget: 'label' },
	label('hostile', { photos: 1, budget: null }),
	{ name: 'hostile_record', path: '/r/' + names['r-hostile'] },
];

// The pages behind the login: who opens them; script: those of an inspector have one; elsewhere:
// account.js and office.js look at it, here it is only weighed.  given: facilities, a label; done: a
// published record.
const CLEAN = { who: 'ins', budget: 'inspector' };
const OFFICE = { who: 'off', budget: 'office' };
exports.staffPages = (given, done) => [
	{ name: 'login', path: '/staff/login', who: 'nobody', budget: 'inspector', elsewhere: true },
	{ ...CLEAN, name: 'home', path: '/staff/', script: true },
	{ ...CLEAN, name: 'queue', path: '/staff/queue', script: true },
	{ ...CLEAN, name: 'search', path: '/staff/search?q=' + encodeURIComponent('杏泽苑') },
	{ ...CLEAN, name: 'scan_nothing', path: '/staff/s?code=0K7M2Q9XH' },
	{ ...CLEAN, name: 'facility', path: `/staff/f/${done.code}`, script: true },
	{ ...CLEAN, name: 'form_clean', path: `/staff/f/${done.code}/new?type=clean`, script: true },
	// the budget is of a cleaning's form: a test has as many inputs as its standard has items
	{ ...CLEAN, name: 'form_test', path: `/staff/f/${done.code}/new?type=test`, script: true },
	{ ...CLEAN, name: 'form_inspect', path: `/staff/f/${done.code}/new?type=inspect`, script: true, budget: 'inspection' },
	{ ...CLEAN, name: 'record', path: `/staff/r/${done.second}` },
	{ ...CLEAN, name: 'account', path: '/staff/account', elsewhere: true },
	{ ...CLEAN, name: 'password', path: '/staff/password', elsewhere: true },
	{ ...CLEAN, name: 'second', path: '/staff/second', elsewhere: true },
	{ ...CLEAN, name: 'again', path: '/staff/again', elsewhere: true },
	{ ...CLEAN, name: 'forbidden', path: '/staff/labels', status: 403 },
	{ ...CLEAN, name: 'not_found', path: '/staff/r/00000000-0000-4000-8000-000000000000', status: 404 },
	{ ...OFFICE, name: 'office_home', path: '/staff/', script: true },
	{ ...OFFICE, name: 'office_record', path: `/staff/r/${done.id}` },
	{ ...OFFICE, name: 'edit', path: `/staff/r/${done.second}/edit`, script: true },
	{ ...OFFICE, name: 'redact', path: `/staff/r/${done.second}/redact?pos=1` },
	{ ...OFFICE, name: 'labels', path: '/staff/labels', elsewhere: true },
	{ ...OFFICE, name: 'bind', path: `/staff/labels/bind?code=${given.labels[0]}`, elsewhere: true },
	{ ...OFFICE, name: 'replace', path: '/staff/labels/replace', elsewhere: true },
	{ ...OFFICE, name: 'void', path: '/staff/labels/void', elsewhere: true },
	{ ...OFFICE, name: 'batches', path: '/staff/labels/batches', elsewhere: true },
	{ ...OFFICE, name: 'filings', path: '/staff/filings', elsewhere: true },
	{ ...OFFICE, name: 'filing_new', path: '/staff/filings/new', elsewhere: true },
	{ ...OFFICE, name: 'filing', path: `/staff/filings/${given.firm}` },
	{ ...OFFICE, name: 'users', path: '/staff/users', elsewhere: true },
	{ ...OFFICE, name: 'user_new', path: '/staff/users/new', elsewhere: true },
	{ name: 'audit', path: '/staff/audit', who: 'aud', budget: 'office', elsewhere: true },
];

// Bytes: as sent, and compressed.
// an inspection asks for twelve results, four photos and five fields
exports.budgets = { inspection: [9984, 3840], resident: [12288, 5120], label: [9216, 4096], inspector: [8192, 3584], office: [14336, 4608] };
