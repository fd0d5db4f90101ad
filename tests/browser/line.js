// A line between a phone and the server that does to requests what real ones do: forwards HTTP on
// a port of its own, writes down what went over it, and breaks what it is told to break.
'use strict';
const http = require('http');

/** new Line(port of the daemon).listen(port): requests are in .log as { method, path, at, sent, status }. */
exports.Line = class {
	constructor(target) {
		this.target = target;
		this.rules = [];
		this.sockets = new Set();
		this.clear();
		this.agent = new http.Agent({ keepAlive: false });
		this.server = http.createServer((req, res) => this.pass(req, res));
		this.server.on('connection', s => {
			this.sockets.add(s);
			s.on('close', () => this.sockets.delete(s));
			if (this.down) s.destroy();
		});
	}

	listen(port) {
		return new Promise(ok => this.server.listen(port, '127.0.0.1', ok));
	}

	close() {
		this.cut();
		return new Promise(ok => this.server.close(ok));
	}

	clear() {
		this.log = [];
		this.rules = [];
		this.down = false;
		this.rate = 0; // bytes a second upwards
		this.delay = 0; // ms before a request is forwarded
	}

	/** The next `times` requests that fit: {method, path} and what becomes of them:
	 *  status: answered so without the server; cut: the line goes after so many bytes of the body;
	 *  offset: only from this byte of a blob on; lose: forwarded whole, the answer is lost; hold: called before it is forwarded. */
	rule(rule) {
		this.rules.push({ times: 1, ...rule });
	}

	/** No line at all, until up(). */
	cut() {
		this.down = true;
		for (const s of this.sockets) s.destroy();
	}

	up() { this.down = false; }

	find(req) {
		const r = this.rules.find(x => x.times > 0 && (!x.method || x.method === req.method) && x.path.test(req.url) &&
			(x.offset === undefined || +req.headers['upload-offset'] >= x.offset));
		if (r) r.times--;
		return r || {};
	}

	async pass(req, res) {
		// workers of the browser do not know the language a test asks for
		req.headers['accept-language'] = 'zh-CN';
		const client = req.socket;
		const rule = this.find(req);
		const seen = { method: req.method, path: req.url, offset: +req.headers['upload-offset'], length: +req.headers['content-length'] || 0, sent: 0, status: 0, rule };
		this.log.push(seen);
		if (rule.hold) await rule.hold();
		if (this.delay) await sleep(this.delay);
		if (rule.status) {
			req.resume();
			await new Promise(ok => req.on('end', ok));
			seen.status = rule.status;
			res.writeHead(rule.status, { 'Content-Type': 'application/json', ...rule.headers }).end(rule.body || '{}');
			return;
		}
		const out = http.request({ host: '127.0.0.1', port: this.target, method: req.method, path: req.url,
			headers: req.headers, agent: this.agent });
		out.on('error', () => client.destroy());
		req.on('error', () => out.destroy());
		res.on('close', () => { if (!res.writableEnded) out.destroy(); });
		out.on('response', answer => {
			seen.status = answer.statusCode;
			if (rule.lose) {
				answer.resume();
				answer.on('end', () => client.destroy());
				return;
			}
			res.writeHead(answer.statusCode, answer.headers);
			answer.on('error', () => res.destroy());
			answer.pipe(res);
		});
		try {
			await this.forward(req, out, seen, rule);
		} catch (e) {
			out.destroy();
		}
	}

	async forward(req, out, seen, rule) {
		for await (const whole of req) {
			for (let at = 0; at < whole.length;) {
				let n = whole.length - at;
				if (this.rate) n = Math.min(n, Math.max(512, this.rate / 20));
				if (rule.cut !== undefined) n = Math.min(n, rule.cut - seen.sent);
				if (n > 0) {
					if (!out.write(whole.subarray(at, at + n))) await drained(out);
					seen.sent += n;
					at += n;
				}
				if (this.rate) await sleep(n * 1000 / this.rate);
				if (rule.cut !== undefined && seen.sent >= rule.cut) {
					await sleep(50); // what was sent has arrived
					out.destroy();
					if (req.socket) req.socket.destroy();
					return;
				}
			}
		}
		out.end();
	}
};

function sleep(ms) { return new Promise(ok => setTimeout(ok, ms)); }
function drained(s) {
	return new Promise((ok, no) => {
		s.once('drain', ok);
		s.once('close', () => no(new Error('closed')));
	});
}
exports.sleep = sleep;
