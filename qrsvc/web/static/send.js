/* Sends what waits: one record, one photo, one piece at a time, and one page of all that are open.
 * What counts is a true answer of our server, never what the phone thinks of its line. */
QR && (function () {
'use strict';
var LEAST = 16384, MOST = 1048576, size = 131072, busy, wait = 0, timer, lost = 0;
function stop(why, text, after) {
	return Object.assign(Error(why), { why: why, text: text || [], after: after });
}
/* The whole answer, or an error that says what to do. */
function ask(url, opt) {
	opt = opt || {};
	opt.credentials = 'same-origin';
	opt.headers = Object.assign({ Accept: 'application/json' }, opt.headers);
	return new Promise(function (ok, no) {
		var slow = setTimeout(no, 9e4, stop('line'));
		fetch(url, opt).then(function (r) {
			return r.text().then(function (text) {
				var j, s = r.status;
				try { j = JSON.parse(text); } catch (e) { j = null; }
				clearTimeout(slow);
				if (s === 401) no(stop('login'));
				else if (s === 429 || s >= 500) no(stop('later', 0, +r.headers.get('Retry-After')));
				else if (s === 403 && j && j.why === 'token') no(stop('later'));
				else ok({ s: s, j: j, at: parseInt(r.headers.get('Upload-Offset'), 10) });
			});
		}).catch(function () { clearTimeout(slow); no(stop('line')); });
	});
}
function send(rec, i) {
	var p = rec.photos[i], url = '/staff/blobs/' + p.sha, data, all;
	function refuse(text) { return stop('refused', [{ field: p.name, text: p.label + ': ' + text }]); }
	function piece(at) {
		var began = Date.now();
		QR.at = { id: rec.id, n: i, part: at / all };
		QR.tick();
		QR.mark('beat', began);
		if (at >= all) return;
		return ask(url, { method: 'PATCH', body: data.slice(at, at + size), headers: { 'Content-Type': 'application/offset+octet-stream',
			'Upload-Offset': at, 'Upload-Length': all, 'X-CSRF': QR.who.csrf } }).then(function (r) {
			var took = Date.now() - began;
			if (r.s === 204 && r.at > at) {
				size = took < 3000 ? Math.min(MOST, size * 2) : took > 2e4 ? Math.max(LEAST, size / 2) : size;
				return piece(r.at);
			}
			if (r.s === 409 && r.at >= 0 && r.at !== at) return piece(r.at);
			if (r.j && /4(03|13|15|22)/.test(r.s)) throw refuse(r.j.text);
			throw stop('later');
		}, function (e) {
			size = Math.max(LEAST, size / 2);
			throw e;
		});
	}
	return QR.pic(p.sha).then(function (d) {
		if (!d) throw refuse(QR.say.gone);
		data = d;
		all = d.byteLength;
		return ask(url, { method: 'HEAD' });
	}).then(function (r) {
		if (r.s !== 200 || !(r.at >= 0)) throw stop('later');
		return piece(r.at);
	});
}
function post(rec) {
	var body = [];
	function add(k, v) { body.push(encodeURIComponent(k) + '=' + encodeURIComponent(v)); }
	rec.fields.forEach(function (f) { add(f[0], f[1]); });
	rec.photos.forEach(function (p) { add('blob-' + p.name, p.sha); });
	add('key', rec.id);
	return ask(rec.url, { method: 'POST', body: body.join('&'),
		headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'X-CSRF': QR.who.csrf } }).then(function (r) {
		if (r.s < 300 && r.j && r.j.receipt) return QR.change(rec.id, function (x) {
			x.state = 'done';
			x.receipt = r.j.receipt;
			x.at = r.j.url;
			x.done = QR.who.now;
			delete x.why;
		});
		if (!r.j || r.s < 400 || r.s === 404 && r.j.why === 'blob') throw stop('later');
		throw stop('refused', r.j.errors || [r.j]);
	});
}
/* Only a refusal leaves the others alone; without a line none of them gets through. */
function one(rec) {
	return rec.photos.reduce(function (before, p, i) {
		return before.then(function () { return send(rec, i); });
	}, Promise.resolve()).then(function () { return post(rec); }).catch(function (e) {
		return QR.change(rec.id, function (x) {
			x.tries = (x.tries || 0) + 1;
			if (e.why === 'refused' && x.state === 'wait') {
				x.state = 'bad';
				x.why = e.text;
			}
		}).then(function () {
			if (e.why === 'later') return e;
			if (e.why !== 'refused') throw e;
		});
	});
}
function mine(r) { return r.state === 'wait' && r.account === QR.who.account; }
function drain() {
	var late;
	return ask('/staff/token').then(function (r) {
		if (!r.j || !r.j.csrf) throw stop('later');
		QR.who = r.j;
		QR.who.now = Date.parse(r.j.now);
		QR.mark('skew', QR.who.now - Date.now());
		return QR.all();
	}).then(function (recs) {
		return recs.filter(mine).reduce(function (before, rec) {
			return before.then(function () { return one(rec); }).then(function (e) {
				late = late || e;
				QR.at = 0;
				return QR.list();
			});
		}, Promise.resolve());
	}).then(function () {
		if (late) throw late;
		return QR.all();
	}).then(function (recs) { if (recs.some(mine)) return drain(); });
}
/* Pages that are open side by side send by turns; one that went to sleep with the turn loses it
 * after two minutes. Where the browser knows no locks the server sorts it out (409). */
function alone() {
	var locks = navigator.locks, stale = !(Date.now() - QR.mark('beat') < 12e4);
	if (!locks) return drain();
	return locks.request('qr', lost > 1 && stale ? { steal: true } : { ifAvailable: true }, function (l) {
		if (!l) throw stop('turn', 0, 5);
		lost = 0;
		QR.mark('beat', Date.now());
		return drain();
	});
}
QR.go = function () {
	if (busy) return;
	clearTimeout(timer);
	QR.why = '';
	busy = QR.all().then(function (recs) {
		return recs.some(function (r) { return r.state === 'wait'; }) && alone();
	}).then(function () { wait = 0; }, function (e) {
		QR.why = e.why || 'later';
		if (QR.why === 'turn') lost++;
		else wait = Math.min(3e5, wait * 2 || 2000);
		timer = setTimeout(QR.go, QR.why === 'login' ? 3e5 : Math.max(e.after * 1000 || 0, wait));
	}).then(function () {
		busy = QR.at = 0;
		QR.list();
	});
};
['online', 'focus', 'pageshow'].forEach(function (e) { addEventListener(e, QR.go); });
document.addEventListener('visibilitychange', function () { document.hidden || QR.go(); });
QR.go();
})();
