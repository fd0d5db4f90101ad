/* Shell and the pages seen last, for when there is no line. Network first; never a POST or a
 * PATCH, never an answer that is not a page of ours. */
'use strict';
var SHELL = ['/staff/queue', '/staff/app.js', '/staff/icon.svg'];
self.addEventListener('install', function (e) {
	e.waitUntil(caches.open('shell').then(function (c) { return c.addAll(SHELL); }).then(function () { return self.skipWaiting(); }));
});
self.addEventListener('activate', function (e) { e.waitUntil(self.clients.claim()); });
function cached(r) {
	return caches.match(r).then(function (hit) { return hit || caches.match('/staff/queue'); });
}
self.addEventListener('fetch', function (e) {
	var r = e.request, url = new URL(r.url);
	var page = r.mode === 'navigate' && /^\/staff\/($|queue$|f\/)/.test(url.pathname);
	var shell = SHELL.indexOf(url.pathname) > 0;
	if (r.method !== 'GET' || url.origin !== location.origin || !(page || shell)) return;
	e.respondWith(new Promise(function (ok) {
		var slow = setTimeout(function () { caches.match(r).then(function (hit) { hit && ok(hit); }); }, 5000);
		fetch(r).then(function (a) {
			clearTimeout(slow);
			if (a.ok && !a.redirected) {
				var copy = a.clone();
				caches.open(shell || url.pathname === '/staff/queue' ? 'shell' : 'pages').then(function (c) { c.put(r, copy); });
			}
			ok(a);
		}, function () { clearTimeout(slow); ok(cached(r)); });
	}));
});
