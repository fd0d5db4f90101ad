<?php
// Peer: PHP-FPM behind nginx, persistent connection.
$db = pg_pconnect('host=' . $_SERVER['PGHOST'] . ' user=postgres dbname=qrsvc');
$name = @pg_query_params($db, "select 1 from pg_prepared_statements where name='page'", []);
if (!pg_num_rows($name)) pg_prepare($db, 'page', file_get_contents(__DIR__ . '/query.sql'));
$row = pg_fetch_row(pg_execute($db, 'page', [ltrim($_SERVER['DOCUMENT_URI'], '/')]));
header('Content-Type: text/html; charset=utf-8');
if (!$row) { http_response_code(404); exit('not found'); }
$d = json_decode($row[0]);
function e($s) { return htmlspecialchars((string)$s, ENT_QUOTES); }
readfile($_SERVER['HEAD_FILE']);
$rs = $d->records ?: [];
?><body><main><div class="pg"><div class="hero"><div class="in">
<h1><?= e($d->kind) ?></h1><p class="where"><?= e($d->place) ?> <?= e($d->building) ?> · <?= e($d->serves) ?></p>
<p class="ago"><b><?= $rs ? e($rs[0]->on_date) : '-' ?></b></p><p><?= e($d->due) ?></p></div></div>
<div class="cols"><?php foreach (array_slice($rs, 0, 1) as $r) { ?><section><div class="ph"><?php foreach ($r->photos ?: [] as $p) { ?>
<figure><a href="/p/<?= e($p->sha) ?>-1280.jpg"><img src="/p/<?= e($p->sha) ?>-320.jpg" width="<?= e($p->w) ?>" height="<?= e($p->h) ?>" alt="<?= e($p->slot) ?>"></a></figure><?php } ?></div></section>
<section><table><tbody><?php foreach ($r->results ?: [] as $s) { ?><tr><th scope="row"><?= e($s->item) ?><small><?= e($s->plain) ?></small></th>
<td><?= e($s->op) ?><?= e($s->num ?? $s->word) ?> <small><?= e($s->unit) ?></small></td>
<td><?= e($s->lo) ?>–<?= e($s->hi ?? $s->lword) ?></td></tr><?php } ?></tbody></table></section><?php } ?>
<section><dl><div><dt>管理</dt><dd><?= e($d->manager) ?> <?= e($d->manager_phone) ?></dd></div><div><dt>监督</dt><dd><?= e($d->org) ?> <?= e($d->org_phone) ?></dd></div></dl></section>
<section><ol class="tl"><?php foreach ($rs as $r) { ?><li><?= e($r->on_date) ?> <?= e($r->verdict) ?><p class="s"><?php foreach ($r->parties ?: [] as $p) echo e($p->name), ' ' ?></p></li><?php } ?></ol></section>
<section><code><?= e($d->code) ?></code></section></div></div></main></body></html>
