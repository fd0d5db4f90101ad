// libvips in process: three sizes of each photo named on stdin, by the way named in argv.
//   clone    one input, three pipelines (what sharp's manual shows)
//   cascade  the largest once, the others from its pixels (the cheapest way there is)
// One line out per photo: microseconds of CPU, threads that have ended included, and the sizes in
// bytes.
import { createInterface } from 'node:readline';
import sharp from 'sharp';

sharp.concurrency(1);
sharp.cache(false);
const way = process.argv[2];
const sizes = [[2048, 80], [1280, 80], [320, 72]];
const box = (w) => ({ width: w, height: w, fit: 'inside', withoutEnlargement: true });

async function clone(path) {
	const input = sharp(path).rotate();
	return Promise.all(sizes.map(([w, quality]) =>
		input.clone().resize(box(w)).jpeg({ quality }).toBuffer()));
}

async function cascade(path) {
	let at = await sharp(path).rotate().resize(box(2048)).raw()
		.toBuffer({ resolveWithObject: true });
	const out = [];
	for (const [w, quality] of sizes) {
		const { width, height, channels } = at.info;
		const now = sharp(at.data, { raw: { width, height, channels } });
		if (w !== 2048)
			at = await now.resize(box(w)).raw().toBuffer({ resolveWithObject: true });
		out.push(await sharp(at.data, { raw: at.info }).jpeg({ quality }).toBuffer());
	}
	return out;
}

console.log('ready', sharp.versions.vips);
for await (const path of createInterface({ input: process.stdin })) {
	const before = process.cpuUsage();
	const made = await (way === 'clone' ? clone : cascade)(path);
	const { user, system } = process.cpuUsage(before);
	console.log(user + system, made.map((b) => b.length).join(' '));
}
