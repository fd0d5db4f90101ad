/* What every page of the app shares: the records on this phone. One record is one row of
 * IndexedDB with its photos in it, so that it is there whole or not at all. QR is missing where
 * the browser lacks what is needed: then the plain form works alone, and the page says so. */
var QR = (function () {
'use strict';
var doc = document, bar = doc.getElementById('net'), say = bar.dataset;
if (!(window.indexedDB && window.fetch && window.crypto && crypto.subtle && window.Promise)) {
	show(bar, say.missing);
	return null;
}
if ('serviceWorker' in navigator) navigator.serviceWorker.register('/staff/sw.js').catch(function () {});
function show(at, text) { at.hidden = !text; at.textContent = text || ''; }
function fill(text, a) { return (text || '').replace('%', a); }
function hex(buf) {
	return Array.prototype.map.call(new Uint8Array(buf), function (b) {
		return (b < 16 ? '0' : '') + b.toString(16);
	}).join('');
}
function uuid() {
	var b = crypto.getRandomValues(new Uint8Array(16)), h;
	b[6] = b[6] & 15 | 64;
	b[8] = b[8] & 63 | 128;
	h = hex(b);
	return [h.slice(0, 8), h.slice(8, 12), h.slice(12, 16), h.slice(16, 20), h.slice(20)].join('-');
}

var opened = new Promise(function (ok, no) {
	var o = indexedDB.open('qr', 1);
	o.onupgradeneeded = function () { o.result.createObjectStore('recs', { keyPath: 'id' }); };
	o.onsuccess = function () { ok(o.result); };
	o.onerror = function () { no(o.error); };
});
function store(mode, use) {
	return opened.then(function (db) {
		return new Promise(function (ok, no) {
			var t = db.transaction('recs', mode), r = use(t.objectStore('recs'));
			t.oncomplete = function () { ok(r && r.result); };
			t.onabort = t.onerror = function () { no(t.error || Error('abort')); };
		});
	});
}
function put(rec) { return store('readwrite', function (s) { return s.put(rec); }); }
function drop(id) { return store('readwrite', function (s) { return s.delete(id); }); }
function all() {
	return store('readonly', function (s) { return s.getAll(); }).then(function (list) {
		return list.sort(function (a, b) { return a.made - b.made; });
	});
}

doc.addEventListener('submit', function (e) {
	if (/logout$/.test(e.target.action) && window.caches) caches.delete('pages');
});
/* How many wait, as a link, on every page but their own. */
function count() {
	return all().then(function (recs) {
		var n = recs.filter(function (r) { return r.state === 'wait' || r.state === 'bad'; }).length, a = doc.createElement('a');
		show(bar, n && ' ');
		a.href = '/staff/queue';
		a.textContent = fill(say.count, n);
		bar.appendChild(a);
	});
}
return { bar: bar, say: say, show: show, fill: fill, hex: hex, uuid: uuid, bytes: function (b) { return new Response(b).arrayBuffer(); },
	put: put, drop: drop, all: all, count: count, $: function (id) { return doc.getElementById(id); } };
})();
