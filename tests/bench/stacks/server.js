// Peer: fastify + pg (pool of 4).  HEAD_FILE, PGHOST and PORT in the environment.
'use strict'
const fs = require('fs')
const path = require('path')
const { Pool } = require('pg')
const app = require('fastify')()
const query = fs.readFileSync(path.join(__dirname, 'query.sql'), 'utf8')
const head = fs.readFileSync(process.env.HEAD_FILE, 'utf8')
const pool = new Pool({ max: 4, user: 'postgres', database: 'qrsvc' })
const map = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const e = s => s == null ? '' : String(s).replace(/[&<>"']/g, c => map[c])
const all = (list, f) => (list || []).map(f).join('')

function page (d) {
  const rs = d.records || []
  return `${head}<body><main><div class="pg"><div class="hero"><div class="in">
<h1>${e(d.kind)}</h1><p class="where">${e(d.place)} ${e(d.building)} · ${e(d.serves)}</p>
<p class="ago"><b>${rs.length ? e(rs[0].on_date) : '-'}</b></p><p>${e(d.due)}</p></div></div>
<div class="cols">${all(rs.slice(0, 1), r => `<section><div class="ph">${all(r.photos, p => `
<figure><a href="/p/${e(p.sha)}-1280.jpg"><img src="/p/${e(p.sha)}-320.jpg" width="${e(p.w)}" height="${e(p.h)}" alt="${e(p.slot)}"></a></figure>`)}</div></section>
<section><table><tbody>${all(r.results, s => `<tr><th scope="row">${e(s.item)}<small>${e(s.plain)}</small></th>
<td>${e(s.op)}${e(s.num ?? s.word)} <small>${e(s.unit)}</small></td>
<td>${e(s.lo)}–${e(s.hi ?? s.lword)}</td></tr>`)}</tbody></table></section>`)}
<section><dl><div><dt>管理</dt><dd>${e(d.manager)} ${e(d.manager_phone)}</dd></div><div><dt>监督</dt><dd>${e(d.org)} ${e(d.org_phone)}</dd></div></dl></section>
<section><ol class="tl">${all(rs, r => `<li>${e(r.on_date)} ${e(r.verdict)}<p class="s">${all(r.parties, p => `${e(p.name)} `)}</p></li>`)}</ol></section>
<section><code>${e(d.code)}</code></section></div></div></main></body></html>`
}

app.get('/:code', async (req, reply) => {
  const r = await pool.query({ name: 'page', text: query, values: [req.params.code] })
  reply.type('text/html; charset=utf-8')
  if (!r.rows.length) return reply.code(404).send('not found')
  return page(r.rows[0].page)
})
app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
