/* One file of all that waits, for a phone that never finds a line: written here, read here or in
 * the office. Loaded by the queue and the form when it is wanted. */
(function () {
'use strict';
/* more: photos by hash that could not be stored. */
QR.save = function (recs, more) {
	var parts = [];
	function photo(p) {
		return Promise.resolve(more && more[p.sha] || QR.pic(p.sha)).then(function (data) {
			return data && new Promise(function (ok) {
				var f = new FileReader();
				f.onload = function () {
					parts.push(JSON.stringify({ sha: p.sha, data: f.result.split(',')[1] }));
					ok();
				};
				f.readAsDataURL(new Blob([data]));
			});
		});
	}
	return recs.reduce(function (before, r) {
		return r.photos.reduce(function (b, p) {
			return b.then(function () { return photo(p); });
		}, before);
	}, Promise.resolve()).then(function () {
		var a = document.createElement('a');
		a.href = URL.createObjectURL(new Blob(['{"qr":1,"recs":', JSON.stringify(recs), ',"pics":[', parts.join(), ']}'],
			{ type: 'application/json' }));
		a.download = 'records.json';
		a.click();
	});
};

/* Nothing of a file is believed but what a form could hold; what is here already stays. What
 * somebody reads in is his to send. */
var WAY = /^\/staff\/(f\/\w{9}\/(new(\?type=\w+)?|sticker)|r\/[0-9a-f-]{36}\/edit)$/;
function text(s) { return String(s || '').slice(0, 500); }
function take(r, pics, me) {
	if (!/^[0-9a-f-]{36}$/.test(r.id) || !WAY.test(r.url)) throw Error('file');
	var rec = { id: r.id, state: r.state === 'draft' ? 'draft' : 'wait', account: me || +r.account, made: +r.made,
		url: r.url, title: text(r.title), where: text(r.where), photos: r.photos.map(function (p) {
			return { name: text(p.name), label: text(p.label), file: text(p.file), sha: p.sha, size: +p.size };
		}), fields: r.fields.map(function (f) { return [String(f[0]), String(f[1])]; }) };
	return QR.tx('readwrite', function (recs, store) {
		recs.get(rec.id).onsuccess = function (e) {
			if (e.target.result) return;
			rec.photos.forEach(function (p) { if (pics[p.sha]) store.put(pics[p.sha], p.sha); });
			recs.put(rec);
		};
	});
}
/* The bytes under the name they really have. */
function picture(p) {
	var data = Uint8Array.from(atob(p.data), function (c) { return c.charCodeAt(0); }).buffer;
	return crypto.subtle.digest('SHA-256', data).then(function (sum) { return [QR.hex(sum), data]; });
}
QR.load = function (file) {
	var j, me;
	return new Response(file).text().then(function (t) {
		j = JSON.parse(t);
		return fetch('/staff/token', { credentials: 'same-origin' }).then(function (r) { return r.json(); })
			.then(function (t) { me = t.account; }, function () {});
	}).then(function () {
		return Promise.all(j.pics.map(picture));
	}).then(function (list) {
		var pics = {};
		list.forEach(function (p) { pics[p[0]] = p[1]; });
		return j.recs.reduce(function (before, r) {
			return before.then(function () { return take(r, pics, me); });
		}, Promise.resolve());
	}).then(function () {
		QR.list();
		QR.go();
	}, function () { QR.tell(QR.say.nofile); });
};
})();
