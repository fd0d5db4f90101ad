/* Shell and the pages seen last, for when there is no line. Network first; never answers a POST or
 * a PATCH, never keeps what is not a page of ours. */
'use strict';
var SHELL = ['/staff/queue', '/staff/queue.js', '/staff/record.js', '/staff/home.js', '/staff/file.js', '/staff/icon.svg'];
self.addEventListener('install', function (e) {
	e.waitUntil(caches.open('shell').then(function (c) { return c.addAll(SHELL); }).then(function () { return self.skipWaiting(); }));
});
self.addEventListener('activate', function (e) { e.waitUntil(self.clients.claim()); });
function keep(name, r, a) {
	return caches.open(name).then(function (c) { return c.put(r, a); });
}
/* A form that is kept says so: its times are those of the day it was fetched. A sticker that is
 * scanned leads to its own form. */
function kept(r) {
	var code = /\/s\?.*code=(\w{9})$/.exec(r.url);
	if (code) return Promise.resolve(Response.redirect('/staff/f/' + code[1] + '/sticker'));
	return caches.match(r).then(function (hit) { return hit || caches.match('/staff/queue'); }).then(function (hit) {
		return !hit || r.mode !== 'navigate' ? hit || Response.error() : hit.text().then(function (t) {
			return new Response(t.replace('<form id="record"', '<form id="record" data-old="1"'), { headers: hit.headers });
		});
	});
}
/* The list of today and all it leads to, before the basement: pages of today are not fetched again. */
function ahead(html) {
	var seen = {}, all = html.match(/\/staff\/f\/\w{9}(\/(new\?type=\w+|sticker))?(?=")/g) || [];
	return all.filter(function (u) { return !seen[u] && (seen[u] = 1); }).slice(0, 20).reduce(function (before, u) {
		return before.then(function () { return caches.match(u); }).then(function (hit) {
			if (hit && Date.now() - Date.parse(hit.headers.get('Date')) < 432e5) return;
			return fetch(u, { credentials: 'same-origin' }).then(function (a) {
				if (!a.ok || a.redirected) throw a;
				var copy = a.clone();
				return keep('pages', u, copy).then(function () { return /\w\//.test(u.slice(9)) ? 0 : a.text().then(ahead); });
			});
		});
	}, Promise.resolve());
}
self.addEventListener('fetch', function (e) {
	var r = e.request, url = new URL(r.url), path = url.pathname, done;
	var page = r.mode === 'navigate' && /^\/staff\/($|queue$|s$|f\/)/.test(path), shell = SHELL.indexOf(path) >= 0;
	if (url.origin !== location.origin) return;
	if (r.method === 'POST' && /^\/staff\/log(in|out)$/.test(path)) e.waitUntil(caches.delete('pages'));
	if (r.method !== 'GET' || !(page || shell)) return;
	e.waitUntil(new Promise(function (ok) { done = ok; }));
	e.respondWith(new Promise(function (ok) {
		var slow = setTimeout(function () { caches.match(r).then(function (hit) { if (hit) kept(r).then(ok); }); }, 5000);
		fetch(r).then(function (a) {
			clearTimeout(slow);
			if (a.ok && !a.redirected) {
				var copy = a.clone(), more = a.clone();
				keep(shell ? 'shell' : 'pages', shell ? path : r, copy).then(function () {
					return path === '/staff/' ? more.text().then(ahead) : 0;
				}).then(done, done);
			} else done();
			ok(a);
		}, function () {
			clearTimeout(slow);
			kept(r).then(ok);
			done();
		});
	}));
});
