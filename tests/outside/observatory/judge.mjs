// Asks MDN's HTTP Observatory (its own retriever, tests and grades) about a page of this host:
//   node judge.mjs HOST HTTPS_PORT PATH
// Prints one line a test, "pass NAME RESULT" or "FAIL NAME RESULT", then "grade LETTER SCORE".
// Nothing is asked anywhere else: its list of preloaded sites is empty here, as written below.
import { writeFileSync } from 'node:fs';
const root = new URL('node_modules/@mdn/mdn-http-observatory/', import.meta.url);
writeFileSync(new URL('conf/hsts-preload.json', root), '{}');
const { retrieve } = await import(new URL('src/retriever/retriever.js', root));
const { ALL_TESTS } = await import(new URL('src/constants.js', root));
const { getGradeForScore, getScoreModifier } = await import(new URL('src/grader/grader.js', root));

const [host, port, path] = process.argv.slice(2);
// port 1: nobody is there; the way from port 80 is the administrator's (deploy/nginx says how)
const asked = await retrieve(host, { httpsPort: Number(port), httpPort: 1, path });
if (asked.responses.auto?.status !== 200) throw new Error(`no page: ${asked.responses.auto?.status}`);
let score = 100;
for (const test of ALL_TESTS) {
	const said = test(asked);
	score += said.result ? getScoreModifier(said.result) : 0;
	console.log(`${said.pass ? 'pass' : 'FAIL'} ${said.name ?? said.constructor.name} ${said.result}`);
}
console.log(`grade ${getGradeForScore(score).grade} ${score}`);
process.exit(0);
