/* The form of a record: what is typed is kept while it is typed, photos as soon as they are
 * chosen; sending is the queue's business. */
QR && (function () {
'use strict';
var doc = document, form = QR.$('record');
/* ---- photos: 1600 px where the browser turns pictures by itself; date and place stay ---- */
function app1(buf) {
	var v = new DataView(buf), at = 2, n;
	if (buf.byteLength < 4 || v.getUint16(0) !== 0xffd8) return null;
	while (at + 10 < buf.byteLength && v.getUint8(at) === 0xff && v.getUint8(at + 1) !== 0xda) {
		n = v.getUint16(at + 2) + 2;
		if (v.getUint8(at + 1) === 0xe1 && v.getUint32(at + 4) === 0x45786966) return upright(buf.slice(at, at + n));
		at += n;
	}
	return null;
}
/* The canvas has turned the picture: orientation (0x0112) becomes 1. */
function upright(seg) {
	var v = new DataView(seg), le = v.getUint16(10) === 0x4949, i, ifd;
	try {
		ifd = 10 + v.getUint32(14, le);
		for (i = v.getUint16(ifd, le); i--;)
			if (v.getUint16(ifd + 2 + 12 * i, le) === 0x112) v.setUint16(ifd + 10 + 12 * i, 1, le);
	} catch (e) { return null; }
	return seg;
}
function shrink(file) {
	var can = window.CSS && CSS.supports('image-orientation', 'from-image') && /^image\/(jpeg|png|webp)$/.test(file.type);
	if (!can || file.size < 3e5) return QR.bytes(file);
	return new Promise(function (ok) {
		var img = new Image(), url = URL.createObjectURL(file);
		img.onerror = function () { ok(null); };
		img.onload = function () {
			var k = Math.min(1, 1600 / Math.max(img.naturalWidth, img.naturalHeight)), c = doc.createElement('canvas');
			c.width = Math.round(img.naturalWidth * k);
			c.height = Math.round(img.naturalHeight * k);
			c.getContext('2d').drawImage(img, 0, 0, c.width, c.height);
			c.toBlob(ok, 'image/jpeg', .85);
		};
		img.src = url;
	}).then(function (small) {
		if (!small || small.size >= file.size) return QR.bytes(file);
		return QR.bytes(file).then(function (old) {
			var exif = app1(old);
			return QR.bytes(exif ? new Blob([small.slice(0, 2), exif, small.slice(2)]) : small);
		});
	});
}
function photo(name, file) {
	return shrink(file).then(function (data) {
		return crypto.subtle.digest('SHA-256', data).then(function (sum) {
			return { name: name, file: file.name, sha: QR.hex(sum), data: data };
		});
	});
}

/* ---- form ---- */
function fields() {
	var out = [];
	new FormData(form).forEach(function (v, k) {
		if (typeof v === 'string' && k !== 'csrf' && k !== 'key') out.push([k, v]);
	});
	return out;
}
function edit() {
	var url = location.pathname + location.search, saved, rec = { id: QR.uuid(), state: 'draft', account: +form.dataset.account,
		made: Date.now(), url: url, title: QR.$('title').textContent, where: QR.$('where').textContent, photos: [], fields: [] };
	function keep() {
		rec.fields = fields();
		saved = QR.put(rec).catch(function () { QR.show(QR.bar, QR.say.full); });
		return saved;
	}
	function kept(input) {
		var p = rec.photos.filter(function (x) { return x.name === input.name; })[0], note = input.previousElementSibling;
		if (!p) return;
		input.required = false;
		if (!note || note.className !== 'ok') form.insertBefore.call(input.parentNode, note = doc.createElement('p'), input).className = 'ok';
		note.textContent = QR.fill(QR.say.kept, p.file);
	}
	QR.all().then(function (recs) {
		var old = recs.filter(function (r) {
			return r.account === rec.account && r.url === url && (r.state === 'draft' || '#' + r.id === location.hash);
		}).pop();
		if (old) {
			rec = old;
			rec.state = 'draft';
			rec.fields.forEach(function (f) {
				[].forEach.call(form.elements, function (i) {
					if (i.name !== f[0] || i.type === 'file') return;
					if (/radio|checkbox/.test(i.type)) i.checked = i.checked || i.value === f[1];
					else i.value = f[1];
				});
			});
		}
		[].forEach.call(form.querySelectorAll('input[type=file][accept^=image]'), kept);
	});
	form.addEventListener('input', function (e) { if (e.target.type !== 'file') { clearTimeout(saved); saved = setTimeout(keep, 500); } });
	form.addEventListener('change', function (e) {
		var i = e.target;
		if (i.type !== 'file' || !i.files[0] || i.accept.indexOf('image')) return;
		photo(i.name, i.files[0]).then(function (p) {
			rec.photos = rec.photos.filter(function (x) { return x.name !== i.name; }).concat(p);
			return keep().then(function () { i.value = ''; kept(i); });
		});
	});
	form.addEventListener('submit', function (e) {
		var pdf = form.querySelector('input[type=file][accept*=pdf]'), button = doc.activeElement;
		if (pdf && pdf.files[0] || button && button.value === 'draft') return;
		e.preventDefault();
		clearTimeout(saved);
		rec.state = 'wait';
		rec.fields = fields();
		rec.made = Date.now();
		QR.put(rec).then(function () {
			if (navigator.storage && navigator.storage.persist) navigator.storage.persist();
			location.href = '/staff/queue';
		}, function () { rec.state = 'draft'; QR.show(QR.bar, QR.say.full); });
	});
}

edit();
QR.count();
})();
