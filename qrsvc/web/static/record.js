/* The form of a record: what is typed is kept while it is typed, photos as soon as they are
 * chosen; sending is the queue's business. */
QR && (function () {
'use strict';
var doc = document, form = QR.$('record'), say = QR.say, pdf = form.querySelector('[accept*=pdf]'), ME = uuid();
function uuid() {
	var b = crypto.getRandomValues(new Uint8Array(16));
	b[6] = b[6] & 15 | 64;
	b[8] = b[8] & 63 | 128;
	return QR.hex(b).replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
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
function bytes(b) { return new Response(b).arrayBuffer(); }
function shrink(file) {
	var can = window.CSS && CSS.supports('image-orientation', 'from-image') && /^image\/(jpeg|png|webp)$/.test(file.type);
	if (!can || file.size < 3e5) return bytes(file);
	return new Promise(function (ok) {
		var img = new Image();
		img.onerror = function () { ok(null); };
		img.onload = function () {
			var k = Math.min(1, 1600 / Math.max(img.naturalWidth, img.naturalHeight)), c = doc.createElement('canvas');
			c.width = Math.round(img.naturalWidth * k);
			c.height = Math.round(img.naturalHeight * k);
			c.getContext('2d').drawImage(img, 0, 0, c.width, c.height);
			URL.revokeObjectURL(img.src);
			c.toBlob(ok, 'image/jpeg', .85);
		};
		img.src = URL.createObjectURL(file);
	}).then(function (small) {
		if (!small || small.size >= file.size) return bytes(file);
		return bytes(file).then(function (old) {
			var exif = app1(old);
			return bytes(exif ? new Blob([small.slice(0, 2), exif, small.slice(2)]) : small);
		});
	});
}

/* ---- the row of this form ---- */
var url = location.pathname + location.search.replace(/[?&]lang=[^&]*/, '').replace(/^&/, '?'), typed, timer, pressed;
var rec = { id: uuid(), state: 'draft', account: +form.dataset.account, url: url, title: QR.$('title').textContent,
	where: QR.$('where').textContent, photos: [] };
/* fresh: photos by hash that are not stored yet; mine: all this page knows the bytes of. */
var fresh = {}, mine = {}, queue = Promise.resolve();
function fields() {
	var out = [];
	[].forEach.call(form.elements, function (i) {
		if (i.name && !/^(file|submit|fieldset)$/.test(i.type) && !/^(csrf|key)$/.test(i.name) &&
			(i.checked || !/^(radio|checkbox)$/.test(i.type))) out.push([i.name, i.value]);
	});
	if (pressed && pressed.name) out.push([pressed.name, pressed.value]);
	return out;
}
/* A row that another window has taken over is that window's: this one goes on with a new one. */
function write(state) {
	var row = Object.assign({}, rec, { state: state, fields: fields(), made: Date.now(), by: ME }), pics = fresh;
	clearTimeout(timer);
	typed = 0;
	if (state === 'wait') row.tries = row.why = 0;
	return QR.tx('readwrite', function (recs, store) {
		recs.get(rec.id).onsuccess = function (e) {
			if (e.target.result && e.target.result.by !== ME) {
				row.id = rec.id = uuid();
				pics = mine;
			}
			Object.keys(pics).forEach(function (sha) { store.put(pics[sha], sha); });
			recs.put(row);
			QR.sweep(recs, store);
		};
	}).then(function () { Object.keys(pics).forEach(function (sha) { delete fresh[sha]; }); });
}
function full(e) {
	var b = QR.tell(say.full, say.save, '#');
	b.onclick = function (c) {
		c.preventDefault();
		QR.more(function () { QR.save([Object.assign({}, rec, { fields: fields(), made: Date.now() })], mine); });
	};
	bar().scrollIntoView();
	throw e;
}
function bar() { return QR.$('net'); }
/* One write after the other, each with what the form holds when its turn comes. */
function keep(state) {
	queue = queue.catch(function () {}).then(function () { return write(state || rec.state); }).catch(full);
	return queue;
}
function quiet() {}
function kept(input) {
	var p = rec.photos.filter(function (x) { return x.name === input.name; })[0], at = input.parentNode, note = at.querySelector('.ok');
	if (!p) return;
	input.required = false;
	input.removeAttribute('aria-invalid');
	if (!note) at.insertBefore(note = doc.createElement('p'), input).className = 'ok';
	note.textContent = QR.fill(say.kept, p.file);
}
function label(input) { return at(input.labels ? input.labels[0] : form.querySelector('[for=' + input.id + ']')); }
function at(l) { return l ? l.firstChild.textContent.trim() : ''; }
function choose(i) {
	var file = i.files[0];
	queue = queue.catch(quiet).then(function () { return shrink(file); }).then(function (data) {
		return crypto.subtle.digest('SHA-256', data).then(function (sum) {
			var sha = QR.hex(sum);
			fresh[sha] = mine[sha] = data;
			rec.photos = rec.photos.filter(function (x) { return x.name !== i.name; })
				.concat({ name: i.name, label: label(i), file: file.name, sha: sha, size: data.byteLength });
			return write(rec.state);
		});
	}).then(function () {
		i.value = '';
		kept(i);
	}).catch(full);
	queue.catch(quiet);
}

/* ---- what was kept before ---- */
function restore(old) {
	var has = {};
	old.fields.forEach(function (f) { has[f[0]] = (has[f[0]] || []).concat(f[1]); });
	[].forEach.call(form.elements, function (i) {
		if (/^(file|hidden|submit|fieldset)$/.test(i.type)) return;
		if (/^(radio|checkbox)$/.test(i.type)) i.checked = (has[i.name] || []).indexOf(i.value) >= 0;
		else if (has[i.name]) i.value = has[i.name][0];
	});
	rec = old;
	[].forEach.call(form.querySelectorAll('[type=file]'), kept);
	return QR.change(old.id, function (r) { r.by = ME; });
}
/* Why it came back, each with a way to its field. */
function tellWhy() {
	var s = doc.createElement('section'), list;
	s.className = 'err';
	QR.el(s, 'h2', '', say.bad);
	list = QR.el(s, 'ul');
	rec.why.forEach(function (w) {
		var li = QR.el(list, 'li');
		var to = form.elements[w.field];
		if (to && to.id) QR.link(li, w.text, '#' + to.id);
		else li.textContent = w.text;
	});
	form.parentNode.insertBefore(s, form);
}
/* A form of yesterday, from the phone's own memory: now, by the server's clock as last heard. */
function now() {
	[0, 36e5].forEach(function (ago, k) {
		var d = new Date(Date.now() + (+QR.mark('skew') || 0) - ago), i = form.elements[k ? 'from' : 'to'];
		if (i) i.value = new Date(d - d.getTimezoneOffset() * 6e4).toISOString().slice(0, 16);
	});
}
function begin(recs) {
	var old = recs.filter(function (r) {
		return r.account === rec.account && r.url === url && (r.state === 'draft' || r.state === 'bad' && '#' + r.id === location.hash);
	}).sort(function (a, b) { return ('#' + a.id === location.hash) - ('#' + b.id === location.hash); }).pop();
	if (old && !typed) {
		restore(old);
		if (old.why) tellWhy();
	} else if (form.dataset.old && !/edit$/.test(location.pathname)) now();
	if (navigator.storage && navigator.storage.estimate) QR.list().then(function () { return navigator.storage.estimate(); }).then(function (s) {
		if (s.quota - s.usage < 3e7) QR.tell(say.low);
	});
	else QR.list();
}
QR.all().then(begin, function () { QR.tell(say.missing); });
form.addEventListener('input', function (e) {
	if (e.target.type === 'file') return;
	typed = 1;
	clearTimeout(timer);
	timer = setTimeout(function () { keep().catch(quiet); }, 300);
});
form.addEventListener('change', function (e) {
	if (e.target.type === 'file') { if (e.target.files[0] && e.target !== pdf) choose(e.target); } else keep().catch(quiet);
});
form.addEventListener('click', function (e) { if (e.target.type === 'submit') pressed = e.target; });
function hide() { if (typed) keep().catch(quiet); }
addEventListener('pagehide', hide);
doc.addEventListener('visibilitychange', hide);
/* Never a form from the browser's memory whose row may be sent by now. */
addEventListener('pageshow', function (e) { if (e.persisted) location.reload(); });
form.addEventListener('submit', function (e) {
	e.preventDefault();
	if (navigator.storage && navigator.storage.persist) navigator.storage.persist();
	/* A report goes by the form itself, with the photos of this record in it. */
	if (pdf && pdf.files[0]) return queue.then(function () {
		return Promise.all(rec.photos.map(function (p) {
			return QR.pic(p.sha).then(function (data) {
				var t = new DataTransfer();
				t.items.add(new File([data], p.file));
				form.elements[p.name].files = t.files;
			});
		}));
	}).catch(quiet).then(function () { form.submit(); });
	keep('wait').then(function () {
		form.reset();
		location.replace('/staff/queue');
	}, quiet);
});
})();
