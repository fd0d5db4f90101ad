// node phone.js FOLDER chromium|firefox: an inspector's phone over a line that breaks; prints TAP.
// FOLDER holds given.json (cluster, ports, facilities, labels) and the photos. Cases run in lanes
// side by side, each with a line and an account of its own; PHONE_ONLY=REGEX picks some.
'use strict';
const look = require('./look.js');
const { Line } = require('./line.js');
const { kit } = require('./phone_kit.js');

const browser = process.argv[3] || 'chromium';
const { people, bare, cases: fits, lanes: width } = require(`./phone_${browser}.js`);
const given = require(require('path').resolve(process.argv[2], 'given.json'));
const ONLY = process.env.PHONE_ONLY && new RegExp(process.env.PHONE_ONLY);
const PARTS = ['./phone_keep.js', './phone_line.js', './phone_photo.js', './phone_sticker.js'];

async function one(k, name, use) {
	const began = Date.now();
	try {
		await k.begin();
		await use(name.replace(/:.*/, ''));
	} catch (e) {
		look.ok(false, name, e.stack);
	}
	console.log(`# ${name}: ${Math.round((Date.now() - began) / 100) / 10} s`);
}

const main = () => people(async open => {
	const lanes = [];
	for (let n = 0; n < width; n++) {
		const line = new Line(given.port);
		await line.listen(given.lines[n]);
		const k = Object.assign(kit(line, n, open), { browser, bare: (profile, use) => bare(profile, k.cookie(k.login), use) });
		lanes.push({ k, cases: Object.assign({}, ...PARTS.map(p => require(p)(k))) });
	}
	const names = Object.keys(lanes[0].cases).filter(name => fits(name) && (!ONLY || ONLY.test(name)));
	const long = name => -['exif', 'haul', 'killed', 'offline'].indexOf(name.replace(/:.*/, ''));
	const queue = names.filter(name => !lanes[0].cases[name].alone).sort((a, b) => (long(a) > 0) - (long(b) > 0));
	await Promise.all(lanes.map(async lane => {
		for (let name; (name = queue.shift());) await one(lane.k, name, lane.cases[name]);
	}));
	for (const name of names.filter(x => lanes[0].cases[x].alone)) await one(lanes[0].k, name, lanes[0].cases[name]);
	lanes.forEach(lane => lane.k.line.close());
});
// sockets of a browser that is gone may stay for a while; the plan is printed before
look.run(() => main().then(() => { setTimeout(() => process.exit(), 500).unref(); }));
