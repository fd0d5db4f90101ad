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

// Bytes: as sent, and compressed.
exports.budgets = { resident: [12288, 5120], label: [9216, 4096] };
