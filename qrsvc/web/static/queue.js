/* Sends what waits, and shows it where it is shown. Runs on the list of the day and on the
 * queue's own page. */
QR && (function () {
'use strict';
var doc = document, page = QR.$('queue'), DAY = 864e5, PIECE = 131072, MOST = 1048576;
/* ---- sending: one record, one photo, one piece at a time ---- */
var busy, wait = 0, timer, who, now = {};
function ask(url, opt) {
	opt = opt || {};
	opt.credentials = 'same-origin';
	opt.headers = opt.headers || {};
	opt.headers.Accept = 'application/json';
	return fetch(url, opt);
}
function stop(why, text) { var e = Error(why); e.why = why; e.text = text; return e; }
function check(r) {
	if (r.status === 401) throw stop('login');
	if (r.status === 429 || r.status >= 500) throw stop('later');
	return r;
}
function send(p, rec) {
	var size = PIECE, url = '/staff/blobs/' + p.sha, total = p.data.byteLength;
	function piece(at) {
		var began = Date.now(), part = p.data.slice(at, at + size);
		now = { id: rec.id, n: rec.photos.indexOf(p) + 1, at: at / total };
		list();
		if (at >= total) return;
		return ask(url, { method: 'PATCH', body: part, headers: { 'Content-Type': 'application/offset+octet-stream',
			'Upload-Offset': at, 'Upload-Length': total, 'X-CSRF': who.csrf } }).then(check).then(function (r) {
			var next = +r.headers.get('Upload-Offset');
			if (r.status === 409 && next !== at) return piece(next);
			if (r.status === 413 || r.status === 422) throw stop('refused', [p.file + ': ' + r.status]);
			if (!r.ok) throw stop('later');
			size = Date.now() - began < 2000 ? Math.min(MOST, size * 2) : PIECE;
			return piece(next);
		});
	}
	return ask(url, { method: 'HEAD' }).then(check).then(function (r) {
		return r.headers.get('Upload-Complete') ? 0 : piece(+r.headers.get('Upload-Offset'));
	});
}
function post(rec) {
	var body = new URLSearchParams();
	rec.fields.forEach(function (f) { body.append(f[0], f[1]); });
	rec.photos.forEach(function (p) { body.append('blob-' + p.name, p.sha); });
	body.set('key', rec.id);
	body.set('csrf', who.csrf);
	return ask(rec.url, { method: 'POST', body: body }).then(check).then(function (r) {
		return r.json().then(function (j) {
			if (r.ok) {
				rec.state = 'done';
				rec.receipt = j.receipt;
				rec.at = j.url;
				rec.photos = rec.photos.map(function (p) { return { name: p.name, sha: p.sha }; });
				rec.done = Date.now();
			} else if (r.status === 404 && j.why === 'blob') throw stop('later');
			else throw stop('refused', (j.errors || []).map(function (e) { return e.text; }).concat(j.text || []));
			return QR.put(rec);
		});
	});
}
function one(rec) {
	return rec.photos.reduce(function (before, p) {
		return before.then(function () { return send(p, rec); });
	}, Promise.resolve()).then(function () { return post(rec); }).catch(function (e) {
		rec.tries = (rec.tries || 0) + 1;
		if (e.why === 'refused') {
			rec.state = 'bad';
			rec.why = e.text;
		}
		return QR.put(rec).then(function () { if (rec.state !== 'bad') throw e; });
	});
}
function drain() {
	return ask('/staff/token').then(check).then(function (r) { return r.json(); }).then(function (t) {
		who = t;
		who.off = Math.abs(Date.parse(t.now) - Date.now()) > 12e4 && t.now;
		return QR.all();
	}).then(function (recs) {
		return recs.reduce(function (before, rec) {
			return rec.state !== 'wait' || rec.account !== who.account ? before :
				before.then(function () { return one(rec); });
		}, Promise.resolve());
	});
}
function go() {
	if (busy) return;
	clearTimeout(timer);
	busy = QR.all().then(function (recs) {
		if (!recs.some(function (r) { return r.state === 'wait'; })) return;
		return navigator.locks ? navigator.locks.request('qr', { ifAvailable: true }, function (l) { return l && drain(); }) : drain();
	}).then(function () { wait = 0; who && (who.why = ''); }, function (e) {
		who = { why: e.why || 'line' };
		wait = Math.min(3e5, wait * 2 || 2000);
		if (e.why !== 'login') timer = setTimeout(go, wait);
	}).then(function () { busy = 0; now = {}; list(); });
}
['online', 'focus', 'pageshow'].forEach(function (e) { addEventListener(e, go); });
doc.addEventListener('visibilitychange', function () { doc.hidden || go(); });

/* ---- list ---- */
function el(at, tag, cls, text) {
	var e = doc.createElement(tag);
	e.className = cls || '';
	if (text) e.textContent = text;
	return at.appendChild(e);
}
function state(r) {
	if (r.state === 'done') return ['ok', QR.fill(QR.say.done, (r.receipt || {}).hash ? r.receipt.hash.slice(0, 8) : '')];
	if (r.state === 'bad') return ['no', QR.say.bad + ' ' + (r.why || []).join(' ')];
	if (now.id === r.id) return ['up', QR.fill(QR.say.sending, now.n)];
	if (who && who.account && r.account !== who.account) return ['w', QR.say.other];
	if (who && who.why === 'login') return ['w', QR.say.login];
	return ['w', QR.fill(QR.say.waiting, r.tries || 0)];
}
function row(r) {
	var q = el(QR.$(r.state === 'done' ? 'done' : 'open'), 'div', 'q'), s = state(r), img, a;
	if (r.photos[0] && r.photos[0].data) {
		img = el(q, 'img');
		img.alt = '';
		img.src = URL.createObjectURL(new Blob([r.photos[0].data]));
		img.onload = function () { URL.revokeObjectURL(img.src); };
	}
	el(q, 'h3', '', r.title);
	el(q, 'p', 's', r.where + ' · ' + QR.fill(QR.say.photos, r.photos.length));
	el(q, 'p', 'st ' + s[0], s[1]);
	if (now.id === r.id) el(q, 'progress').value = now.at;
	if (r.state === 'bad' || r.state === 'done') {
		a = el(q, 'a', '', r.state === 'bad' ? QR.say.mend : QR.say.see);
		a.href = r.state === 'bad' ? r.url + '#' + r.id : r.at;
	}
}
function list() {
	QR.all().then(function (recs) {
		var open = recs.filter(function (r) { return r.state === 'wait' || r.state === 'bad'; });
		recs.forEach(function (r) { if (r.state === 'done' && Date.now() - r.done > 30 * DAY) QR.drop(r.id); });
		if (!page) return QR.count();
		QR.$('open').textContent = QR.$('done').textContent = '';
		recs.filter(function (r) { return r.state !== 'draft'; }).forEach(row);
		QR.show(QR.$('none'), open.length ? '' : QR.say.none);
		QR.show(QR.bar, who && who.off ? QR.fill(QR.say.clock, who.off.slice(0, 16).replace('T', ' ')) : open.length ? QR.fill(QR.say.count, open.length) : '');
	});
}
function save() {
	QR.all().then(function (recs) {
		var out = JSON.stringify({ qr: 1, recs: recs }, function (k, v) {
			return v instanceof ArrayBuffer ? btoa([].map.call(new Uint8Array(v), function (b) { return String.fromCharCode(b); }).join('')) : v;
		}), a = doc.createElement('a');
		a.href = URL.createObjectURL(new Blob([out], { type: 'application/json' }));
		a.download = 'records.json';
		a.click();
	});
}
function load(e) {
	QR.bytes(e.target.files[0]).then(function (b) {
		return JSON.parse(new TextDecoder().decode(b)).recs.reduce(function (before, r) {
			r.photos.forEach(function (p) {
				if (p.data) p.data = Uint8Array.from(atob(p.data), function (c) { return c.charCodeAt(0); }).buffer;
			});
			return before.then(function () { return QR.put(r); });
		}, Promise.resolve());
	}).then(go, function () { QR.show(QR.bar, QR.say.nofile); });
}

/* ---- scan a sticker ---- */
function scan(button) {
	var video = QR.$('video'), eye = new BarcodeDetector({ formats: ['qr_code'] });
	button.hidden = false;
	button.onclick = function () {
		navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } }).then(function (s) {
			video.hidden = false;
			video.srcObject = s;
			video.play();
			(function look() {
				eye.detect(video).then(function (found) {
					var m = found[0] && /^https?:\/\/[^/]+\/([0-9A-Za-z]{9})$/.exec(found[0].rawValue);
					if (!m) return setTimeout(look, 200);
					s.getTracks().forEach(function (t) { t.stop(); });
					location.href = '/staff/s?code=' + m[1];
				}, function () { setTimeout(look, 500); });
			})();
		});
	};
}

if (page) {
	QR.$('again').onclick = go;
	QR.$('export').onclick = save;
	QR.$('import').onchange = load;
}
if (QR.$('scan') && window.BarcodeDetector) scan(QR.$('scan'));
list();
go();
})();
