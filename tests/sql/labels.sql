-- Labels: from blank to void, what each step publishes, what is refused.
\ir fixture.inc
SELECT * FROM no_plan();
SELECT pg_temp.tank('A'), pg_temp.tank('B');
SELECT set_config('t.place', (SELECT p.code FROM core.place p JOIN core.facility f ON f.place_id = p.id
	WHERE f.code = pg_temp.f('A')), true);
CREATE TEMPORARY TABLE l AS SELECT row_number() OVER () AS n, c FROM api.label_issue('print room', '310107021000', 6) c;
CREATE FUNCTION pg_temp.l(p_n int) RETURNS text LANGUAGE sql STABLE AS $$ SELECT c FROM l WHERE n = p_n $$;
CREATE FUNCTION pg_temp.ldoc(p_n int) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT regexp_replace(doc, '^{"ref":[0-9]+,', '') FROM core.document WHERE kind = 'label' AND key = pg_temp.l(p_n) $$;
CREATE FUNCTION pg_temp.kinds(p_n int) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT string_agg(kind, ' ') FROM api.public_label(pg_temp.l(p_n)) $$;
SELECT is(count(*) FILTER (WHERE core.code_ok(c)), 6::bigint, 'six codes') FROM l;
SELECT is(pg_temp.ldoc(1), '"code":"' || pg_temp.l(1) || '","state":"blank","since":"2026-11-22",'
	'"org":{"code":"310107021000","name":"万里街道","phone":"12345"}}', 'a blank label is published');
SELECT is(pg_temp.kinds(1), 'label', 'and leads nowhere');

SELECT api.label_bind('inspector', pg_temp.l(1), pg_temp.f('A'), NULL, '2F stairwell', NULL);
SELECT is(pg_temp.ldoc(1), '"code":"' || pg_temp.l(1) || '","state":"active","facility":"' || pg_temp.f('A')
	|| '","spot":"2F stairwell","since":"2026-11-22","org":{"code":"310107021000","name":"万里街道","phone":"12345"}}', 'bound');
SELECT is(pg_temp.kinds(1), 'label facility', 'it leads to the facility');
SELECT is((SELECT key FROM api.public_label(pg_temp.l(1)) OFFSET 1), pg_temp.f('A'), 'to this one');
SELECT api.label_bind('inspector', pg_temp.l(2), NULL, current_setting('t.place'), 'door', NULL);
SELECT is(pg_temp.kinds(2), 'label place facility facility', 'bound to a place: the place and what stands there');
SELECT api.label_bind('inspector', pg_temp.l(1), pg_temp.f('B'), NULL, '3F', 'moved');
SELECT is((SELECT key FROM api.public_label(pg_temp.l(1)) OFFSET 1), pg_temp.f('B'), 'bound again');
SELECT is(array_agg(what || coalesce(' ' || spot, '') ORDER BY id), ARRAY['issued', 'bound 2F stairwell', 'bound 3F'],
	'its history keeps every step') FROM core.label_event WHERE code = pg_temp.l(1);
SELECT is(array_agg(code || ' ' || what), ARRAY[pg_temp.l(1) || ' 中环家园 B · 3F'], 'a guess finds labels in use only')
FROM api.label_guess(ARRAY[pg_temp.l(3), pg_temp.l(1), '7ZZZZZZZC']);
SELECT throws_ok($$ SELECT * FROM api.label_guess(array_fill('7ZZZZZZZC'::text, ARRAY[17])) $$, 'QR422', NULL,
	'at most 16 guesses');

-- A damaged one is replaced; the old code dies at once and says which is the new one.
SELECT api.label_damaged('resident', pg_temp.l(1), 'torn');
SELECT is(array_agg(code), ARRAY[pg_temp.l(1)], 'damaged labels can be listed')
FROM api.label_list(NULL, NULL, NULL, NULL, NULL, true, NULL);
INSERT INTO l SELECT 7, api.label_replace('office', pg_temp.l(1), 'torn');
SELECT is(pg_temp.ldoc(1), '"code":"' || pg_temp.l(1) || '","state":"replaced","facility":"' || pg_temp.f('B')
	|| '","spot":"3F","since":"2026-11-22","reason":"torn","replaced_by":"' || pg_temp.l(7)
	|| '","org":{"code":"310107021000","name":"万里街道","phone":"12345"}}', 'replaced');
SELECT is(pg_temp.kinds(1), 'label', 'the old one leads nowhere');
SELECT is(pg_temp.kinds(7), 'label facility', 'the new one leads where the old one did');
SELECT is(count(*), 0::bigint, 'nothing damaged is left') FROM api.label_list(NULL, NULL, NULL, NULL, NULL, true, NULL);

SELECT is(api.label_void('office', ARRAY[pg_temp.l(3), pg_temp.l(7)], 'stolen sheet'), 2, 'a stolen sheet');
SELECT is(pg_temp.kinds(7), 'label', 'void at once');
SELECT is(api.label_void('office', ARRAY[pg_temp.l(3)], 'again'), 0, 'once');
SELECT is((SELECT reason FROM core.label WHERE code = pg_temp.l(3)), 'stolen sheet', 'the first reason stays');
SELECT is(count(*), 0::bigint, 'guesses never name it') FROM api.label_guess(ARRAY[pg_temp.l(7)]);

-- A label for everything that has none.
SELECT is(count(*), 2::bigint, 'two facilities without a label') FROM api.label_cover('office', '310107000000', NULL, 'roof_tank', 10);
SELECT is(count(*), 0::bigint, 'and then none') FROM api.label_cover('office', NULL, NULL, NULL, 10);
SELECT is(array_agg(state || ' ' || coalesce(building, '-') ORDER BY building),
	ARRAY['active A', 'active B'], 'listed by office and kind')
FROM api.label_list(NULL, ARRAY['active'], '310000000000', NULL, 'roof_tank', NULL, true);
SELECT is(count(*), 0::bigint, 'not another city''s') FROM api.label_list(NULL, NULL, 'nyc', NULL, NULL, NULL, NULL);

-- Printed: the batch, its positions, the date on the page.
SELECT set_config('t.batch', api.label_printed('print room', ARRAY[pg_temp.l(4), pg_temp.l(5)], 'a4-3x8', 'p1', ARRAY[5, 6],
	'{"what":"blank"}')::text, true);
SELECT alike(pg_temp.ldoc(4), '%"printed":"2026-11-22"%', 'the day it was printed');
SELECT is(concat_ws(' ', batch, who, template, printer, labels, last_position),
	current_setting('t.batch') || ' print room a4-3x8 p1 2 6', 'the batch') FROM api.label_batches(1);

-- Refusals.
SELECT throws_ok(v.what, v.code, NULL, v.name)
FROM (VALUES
	(format('SELECT api.label_bind(%L, %L, %L, NULL, NULL, NULL)', 'x', pg_temp.l(3), pg_temp.f('A')), 'QR409', 'binding a void label'),
	(format('SELECT api.label_bind(%L, %L, %L, NULL, NULL, NULL)', 'x', pg_temp.l(1), pg_temp.f('A')), 'QR409', 'binding a replaced label'),
	(format('SELECT api.label_bind(%L, %L, %L, NULL, NULL, NULL)', 'x', '7ZZZZZZZC', pg_temp.f('A')), 'QR404', 'binding an unknown label'),
	(format('SELECT api.label_bind(%L, %L, %L, NULL, NULL, NULL)', 'x', pg_temp.l(4), '7ZZZZZZZC'), 'QR404', 'to an unknown facility'),
	(format('SELECT api.label_bind(%L, %L, NULL, %L, NULL, NULL)', 'x', pg_temp.l(4), '7ZZZZZZZC'), 'QR404', 'to an unknown place'),
	(format('SELECT api.label_bind(%L, %L, NULL, NULL, NULL, NULL)', 'x', pg_temp.l(4)), 'QR422', 'to nothing'),
	(format('SELECT api.label_bind(%L, %L, %L, %L, NULL, NULL)', 'x', pg_temp.l(4), pg_temp.f('A'), current_setting('t.place')), 'QR422', 'to both'),
	(format('SELECT api.label_replace(%L, %L, %L)', 'x', pg_temp.l(4), 'y'), 'QR409', 'replacing a blank label'),
	(format('SELECT api.label_replace(%L, %L, %L)', 'x', pg_temp.l(3), 'y'), 'QR409', 'replacing a void label'),
	(format('SELECT api.label_replace(%L, %L, %L)', 'x', '7ZZZZZZZC', 'y'), 'QR404', 'replacing an unknown label'),
	(format('SELECT api.label_void(%L, ARRAY[%L], %L)', 'x', pg_temp.l(4), ' '), 'QR422', 'voiding without a reason'),
	(format('SELECT api.label_void(%L, ARRAY[%L, %L], %L)', 'x', pg_temp.l(4), '7ZZZZZZZC', 'y'), 'QR404', 'voiding an unknown label'),
	(format('SELECT api.label_void(%L, ARRAY[%L], %L)', 'x', pg_temp.l(1), 'y'), 'QR409', 'voiding a replaced label'),
	(format('SELECT api.label_printed(%L, ARRAY[%L], %L, NULL, %L, NULL)', 'x', pg_temp.l(1), 't', '{1}'), 'QR409', 'printing a replaced label'),
	('SELECT api.label_issue(''x'', ''nowhere'', 1)', 'QR404', 'codes for an unknown office'),
	('SELECT api.label_issue(''x'', NULL, 0)', 'QR422', 'no codes'),
	('SELECT api.label_issue(''x'', NULL, 10001)', 'QR422', 'too many codes'),
	('SELECT api.label_issue('' '', NULL, 1)', 'QR422', 'codes for nobody')
) AS v (what, code, name);
SELECT is((SELECT state FROM core.label WHERE code = pg_temp.l(4)), 'blank', 'what was refused changed nothing');

-- Counting scans.
SELECT api.scan_add('2026-11-22', ARRAY[pg_temp.l(4), '7ZZZZZZZC', pg_temp.l(2), pg_temp.l(4)], ARRAY[2, 9, 1, 3]);
SELECT api.scan_add('2026-11-22', ARRAY[pg_temp.l(4)], ARRAY[1]);
SELECT is(array_agg(count ORDER BY count), ARRAY[1, 6], 'counts add up, unknown codes are dropped') FROM core.scan_day;
SELECT throws_ok($$ SELECT api.scan_add('2026-11-22', ARRAY['x'], ARRAY[1, 2]) $$, 'QR422', NULL, 'codes without counts');
SELECT is(array_agg(attname::text ORDER BY attnum), ARRAY['day', 'code', 'count'], 'and nothing else is kept')
FROM pg_attribute WHERE attrelid = 'core.scan_day'::regclass AND attnum > 0;
SELECT is((SELECT string_agg(v.problem, ' ') FROM api.verify_documents('label', '', 1000) v), NULL, 'all label documents verify');
SELECT * FROM finish();
ROLLBACK;
