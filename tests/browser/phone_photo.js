// Photos as phones make them: held in every way, in every format, and those no decoder can read.
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const { spawnSync } = require('child_process');

module.exports = k => {
	const { ok, is, base, formOf, phone, fill, submit, sent, says, wait, rows, words, three, ago, arrived, sql, sha } = k;
	const cases = {};

	/** Four colours, noise, and the tag that says how the phone was held; place and time beside it. */
	async function held(page, orientation) {
		const picture = await page.evaluate(o => {
			const w = 1700, h = 1275, c = document.createElement('canvas'), x = c.getContext('2d');
			const turned = o > 4;
			c.width = turned ? h : w;
			c.height = turned ? w : h;
			// what the sensor saw, so that turned by o it is upright
			const m = { 1: [1, 0, 0, 1, 0, 0], 2: [-1, 0, 0, 1, w, 0], 3: [-1, 0, 0, -1, w, h], 4: [1, 0, 0, -1, 0, h],
				5: [0, 1, 1, 0, 0, 0], 6: [0, -1, 1, 0, 0, w], 7: [0, -1, -1, 0, h, w], 8: [0, 1, -1, 0, h, 0] }[o];
			x.setTransform(...m);
			['#e00000', '#00b000', '#0000e0', '#e0e000'].forEach((colour, i) => {
				x.fillStyle = colour;
				x.fillRect(i % 2 * w / 2, (i >> 1) * h / 2, w / 2, h / 2);
			});
			for (let i = 0; i < 6000; i++) {
				x.fillStyle = `hsl(${i * 7 % 360},80%,${20 + i * 13 % 60}%)`;
				x.fillRect(300 + Math.random() * (w - 600), 300 + Math.random() * (h - 600), 6, 6);
			}
			return c.toDataURL('image/jpeg', 0.98).split(',')[1];
		}, orientation);
		const file = path.join(k.folder, `held${orientation}.jpg`);
		fs.writeFileSync(file, Buffer.from(picture, 'base64'));
		const r = spawnSync('exiftool', ['-q', '-overwrite_original', '-n', `-Orientation=${orientation}`, '-GPSLatitude=31.2',
			'-GPSLatitudeRef=N', '-GPSLongitude=121.4', '-GPSLongitudeRef=E', `-DateTimeOriginal=${ago(90).replace('T', ' ').replace(/-/g, ':')}:00`, file]);
		if (r.status !== 0) throw new Error(String(r.stderr));
		return file;
	}
	/** The colours of the corners of what the server shows. */
	const corners = (page, photo) => page.evaluate(async src => {
		const img = new Image();
		img.src = src;
		await img.decode();
		const c = document.createElement('canvas'), x = c.getContext('2d'), w = c.width = img.naturalWidth, h = c.height = img.naturalHeight;
		x.drawImage(img, 0, 0);
		return [w > h ? 'wide' : 'high'].concat([[9, 9], [w - 9, 9], [9, h - 9], [w - 9, h - 9]].map(([a, b]) => {
			const [r, g, bl] = x.getImageData(a, b, 1, 1).data;
			return r > 150 && g > 150 ? 'yellow' : r > 150 ? 'red' : g > 120 ? 'green' : bl > 150 ? 'blue' : [r, g, bl].join('/');
		})).join();
	}, `/staff/p/${photo}-1280.jpg`);

	/** Shrunk on the phone, upright on the server, place and time kept. */
	async function whole(page, say, rec, slot, o) {
		const p = rec.photos.find(x => x.name === `photos-${slot}`), size = fs.statSync(path.join(k.folder, `held${o}.jpg`)).size;
		ok(p.size < size, `${say}: ${o} is shrunk to ${p.size} of ${size} bytes`);
		const [photo, place, taken] = (await sql(`SELECT encode(sha256, 'hex'), round(lat, 1) || ' ' || round(lon, 1), taken IS NOT NULL
			FROM core.photo WHERE original = decode('${p.sha}', 'hex')`)).split('|');
		is(await corners(page, photo), 'wide,red,green,blue,yellow', `${say}: ${o} stands upright`);
		is(`${place} ${taken}`, '31.2 121.4 t', `${say}: ${o} keeps place and time`);
	}
	cases['exif: orientations 1 to 8, place and time'] = async say => {
		const context = await phone();
		const page = await context.newPage();
		for (const o of [1, 3, 5, 7]) {
			await page.goto(base + formOf());
			await fill(page, { before: await held(page, o), after: await held(page, o + 1) }, `held ${o}`);
			await submit(page);
			ok(await sent(page), `${say}: ${o} and ${o + 1} are sent`, await words(page));
			const rec = (await rows(page)).pop();
			await whole(page, say, rec, 'before', o);
			await whole(page, say, rec, 'after', o + 1);
		}
		await arrived(page, say, 4);
		await context.close();
	};

	// What an iPhone takes: sent byte by byte as it is, published as JPEG, without its place.
	cases['heic: goes as it is'] = async say => {
		const context = await phone();
		const page = await context.newPage();
		const file = path.join(k.folder, 'real.heic'), bytes = fs.readFileSync(file);
		await page.goto(base + formOf());
		await fill(page, { before: three().before, after: file }, 'heic');
		is((await rows(page))[0].photos.find(p => p.name === 'photos-after').sha, sha(bytes), `${say}: not a byte is changed`);
		await submit(page);
		ok(await sent(page), `${say}: sent`, await words(page));
		await arrived(page, say);
		const rec = (await rows(page))[0];
		const [photo, original] = (await sql(`SELECT encode(sha256, 'hex'), encode(original, 'hex') FROM core.photo
			WHERE original = decode('${sha(bytes)}', 'hex')`)).split('|');
		is(original, sha(bytes), `${say}: the server knows it by its own hash`);
		await sql(`SELECT core.record_act('${rec.id}', 'confirm', NULL, 1) WHERE (SELECT state FROM core.record WHERE id = '${rec.id}') = 'submitted'`);
		await page.goto(`${base}/r/${rec.id}`);
		const src = await page.evaluate(p => {
			const img = [...document.images].find(i => i.src.includes(p) || i.srcset.includes(p));
			return img && img.decode().then(() => `${img.naturalWidth > 0} ${img.currentSrc.endsWith('.jpg')}`);
		}, photo);
		is(src, 'true true', `${say}: residents see it as JPEG`);
		await context.close();
	};

	cases['broken: no decoder can read it'] = async say => {
		const context = await phone();
		const page = await context.newPage();
		const file = path.join(k.folder, 'broken.heic');
		fs.writeFileSync(file, Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypheic\0\0\0\0mif1heic', 'latin1'), crypto.randomBytes(100000)]));
		await page.goto(base + formOf());
		await fill(page, { ...three(), after: file }, 'broken');
		await submit(page);
		await says(page, '#open', '没被接受', `${say}: refused in words`);
		ok(/打不开|不完整|不是照片/.test(await words(page)), `${say}: which say what is wrong with it`, await words(page));
		is(await sql(`SELECT count(*) FROM core.blob WHERE account_id = ${k.mine} AND photo IS NULL
			AND sha256 = decode('${sha(fs.readFileSync(file))}', 'hex')`), 0, `${say}: the server keeps nothing of it`);
		await page.click('#open a.btn');
		await wait(page, () => document.getElementById('note') && document.getElementById('note').value === 'broken');
		await fill(page, { after: three().after });
		await submit(page);
		ok(await sent(page), `${say}: another photo takes its place`, await words(page));
		await arrived(page, say);
		await context.close();
	};
	return cases;
};
