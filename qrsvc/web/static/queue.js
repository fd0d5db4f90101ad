/* The queue's own page: what waits, what is being sent, what has its receipt, in words. */
QR && (function () {
'use strict';
var say = QR.say, el = QR.el, lines = {};
function button(at, text, use) {
	var b = el(at, 'button', 'btn', text);
	b.onclick = use;
}
function state(r) {
	var me = QR.who && QR.who.account;
	if (r.state === 'done') return ['ok', QR.fill(say.done, r.receipt.hash.slice(0, 12))];
	if (r.state === 'bad') return ['no', say.bad];
	if (r.state === 'draft') return ['w', say.draft];
	if (QR.at && QR.at.id === r.id) return ['w', r.photos.length ? QR.fill(say.sending, QR.at.n + 1) : say.sends];
	if (me && r.account !== me) return ['w', say.other];
	if (QR.why === 'login') return ['w', say.login];
	if (QR.why === 'turn') return ['w', say.turn];
	return ['w', QR.fill(QR.why === 'later' ? say.later : say.waiting, r.tries || 0)];
}
/* What became of one photo. */
function photo(r, i) {
	var at = QR.at && QR.at.id === r.id && QR.at, p = at && at.n === i ? at.part : 0;
	return r.photos[i].label + ' ' + (r.state === 'done' || at && at.n > i || p >= 1 ? say.there :
		at && at.n === i ? Math.floor(p * 100) + ' %' : say.here);
}
/* Only the words of one record change while it is sent. */
QR.tick = function () {
	var l = QR.at && lines[QR.at.id];
	if (l) l();
};
function row(r) {
	var q = el(QR.$(QR.open(r) ? 'open' : 'sent'), 'div', 'q'), head = el(q, 'h3', '', r.title), st, at;
	el(q, 'p', 's', r.where);
	st = el(q, 'p');
	at = el(q, 'p', 's');
	lines[r.id] = function () {
		var s = state(r);
		st.className = s[0];
		st.textContent = s[1];
		at.textContent = r.photos.map(function (p, i) { return photo(r, i); }).join(' · ');
	};
	lines[r.id]();
	if (r.state === 'bad') r.why.forEach(function (w) { el(q, 'p', 'no', w.text); });
	if (r.state === 'bad' || r.state === 'draft') {
		QR.link(q, say.mend, r.url + '#' + r.id).className = 'btn';
		button(q, say.discard, function () {
			if (confirm(say.sure)) QR.drop(r.id).then(QR.list);
		});
	} else if (!QR.open(r)) QR.link(q, say.see, r.at);
	if (QR.open(r) && r.photos[0]) QR.pic(r.photos[0].sha).then(function (data) {
		var img = document.createElement('img');
		if (!data) return;
		img.alt = '';
		img.onload = img.onerror = function () { URL.revokeObjectURL(img.src); };
		img.src = URL.createObjectURL(new Blob([data]));
		q.insertBefore(img, head);
	});
}
QR.list = function () {
	return QR.all().then(function (recs) {
		var open = recs.filter(QR.open), off = +QR.mark('skew') || 0;
		recs = recs.filter(function (r) {
			var old = !QR.open(r) && QR.who && QR.who.now - r.done > 2592e6;
			if (old) QR.drop(r.id);
			return !old;
		});
		QR.$('open').textContent = QR.$('sent').textContent = '';
		lines = {};
		recs.forEach(row);
		QR.show(QR.$('none'), open.length ? '' : say.none);
		if (QR.why === 'login') QR.tell(say.login, say.again, '/staff/login?next=/staff/queue');
		else if (QR.who && Math.abs(off) > 12e4)
			QR.tell(QR.fill(say.clock, new Date(Date.now() + off).toLocaleString()));
		else QR.tell(open.length ? QR.fill(say.count, open.length) : '');
	}, function () { QR.tell(say.missing); });
};

QR.$('again').onclick = QR.go;
QR.$('export').onclick = function () {
	QR.more(function () { QR.all().then(function (recs) { QR.save(recs.filter(QR.open)); }); });
};
QR.$('import').onchange = function (e) {
	QR.more(function () { QR.load(e.target.files[0]); });
};
QR.list();
})();
