/* What every page of the app shares: the records on this phone. A record and its photos are saved
 * in one transaction; photos lie apart, under their hash, so that a list of records is short.
 * QR is null where the browser lacks what is needed: then the plain form works alone, and the
 * page says so. Comments stand on lines of their own: the server leaves them out (phone.c). */
var QR = (function () {
'use strict';
var doc = document, bar = $('net'), say = bar.dataset;
function $(id) { return doc.getElementById(id); }
function show(at, text) { at.hidden = !text; at.textContent = text || ''; }
function fill(text, a) { return (text || '').replace('%', a); }
function el(at, tag, cls, text) {
	var e = doc.createElement(tag);
	if (cls) e.className = cls;
	if (text) e.textContent = text;
	return at.appendChild(e);
}
function link(at, text, to) {
	var a = el(at, 'a', '', text);
	a.href = to;
	return a;
}
/* Says something at the top, with a way on. */
function tell(text, word, to) {
	show(bar, text);
	if (word) bar.appendChild(doc.createTextNode(' '));
	return word && link(bar, word, to);
}
if (!(window.indexedDB && window.fetch && window.crypto && crypto.subtle && window.Promise && Object.assign)) {
	show(bar, say.missing);
	return null;
}
if ('serviceWorker' in navigator) navigator.serviceWorker.register('/staff/sw.js').catch(function () {});
else show(bar, say.missing);
function hex(buf) {
	return [].map.call(new Uint8Array(buf), function (b) { return (b < 16 ? '0' : '') + b.toString(16); }).join('');
}
/* What the page remembers in passing; none of it is needed. */
function mark(key, value) {
	try {
		if (value === undefined) return localStorage[key];
		localStorage[key] = value;
	} catch (e) { return; }
}

/* A connection of its own each time: phones cut those of pages that slept. */
function tx(mode, use) {
	return new Promise(function (ok, no) {
		var o = indexedDB.open('qr', 1);
		o.onupgradeneeded = function () {
			o.result.createObjectStore('recs', { keyPath: 'id' });
			o.result.createObjectStore('pics');
		};
		o.onerror = function () { no(o.error); };
		o.onsuccess = function () {
			var db = o.result, t = db.transaction(['recs', 'pics'], mode, { durability: 'strict' }), r;
			t.oncomplete = function () { db.close(); ok(r && r.result); };
			t.onabort = t.onerror = function () { db.close(); no(t.error || Error('abort')); };
			r = use(t.objectStore('recs'), t.objectStore('pics'));
		};
	});
}
/* Photos no record waits for any more go. */
function sweep(recs, pics) {
	recs.getAll().onsuccess = function (e) {
		var need = {};
		e.target.result.forEach(function (r) {
			if (r.state !== 'done') r.photos.forEach(function (p) { need[p.sha] = 1; });
		});
		pics.getAllKeys().onsuccess = function (e) {
			e.target.result.forEach(function (k) { if (!need[k]) pics.delete(k); });
		};
	};
}
/* Changes what is stored now, whatever this page read before. */
function change(id, how) {
	return tx('readwrite', function (recs, pics) {
		recs.get(id).onsuccess = function (e) {
			var r = e.target.result;
			if (!r) return;
			how(r);
			recs.put(r);
			sweep(recs, pics);
		};
	});
}
function drop(id) {
	return tx('readwrite', function (recs, pics) {
		recs.delete(id);
		sweep(recs, pics);
	});
}
function all() {
	return tx('readonly', function (recs) { return recs.getAll(); }).then(function (list) {
		return list.sort(function (a, b) { return a.made - b.made; });
	});
}
function pic(sha) { return tx('readonly', function (recs, pics) { return pics.get(sha); }); }

/* Reading and writing files is seldom wanted: fetched then, from the phone's memory if need be. */
function more(then) {
	if (QR.save) return then();
	var s = el(doc.body, 'script');
	s.src = '/staff/file.js';
	s.onload = then;
}
function open(r) { return r.state !== 'done'; }
/* How many wait, as a link, on every page but their own. */
function count() {
	return all().then(function (recs) {
		var n = recs.filter(open).length;
		if (n) tell('', fill(say.count, n), '/staff/queue');
		bar.hidden = !bar.textContent;
	}, function () { show(bar, say.missing); });
}
return { say: say, $: $, show: show, fill: fill, el: el, link: link, tell: tell, hex: hex, mark: mark, tx: tx,
	sweep: sweep, change: change, drop: drop, all: all, pic: pic, more: more, open: open, list: count, tick: function () {} };
})();
