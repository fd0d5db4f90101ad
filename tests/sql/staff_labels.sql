-- Label pages: what may be chosen, ordering a sheet, the job, binding, replacing, voiding; the scope.
\ir fixture.inc
\ir staff.inc
\ir upload.inc
SELECT * FROM no_plan();
SELECT is(pg_temp.says($$ SELECT api.staff_label_select(pg_temp.s('clean'), '{}') $$), 'QR403 right', 'labels need a right');
SELECT is(api.staff_label_select(pg_temp.s('hall'), '{"without":true}')::json ->> 'count', '2', 'facilities of the scope without a label');
SELECT is(api.staff_label_select(pg_temp.s('away'), '{"without":true}')::json ->> 'count', '1', 'another scope has others');
SELECT is(api.staff_label_select(pg_temp.s('hall'), '{"without":true,"kind":"public_toilet"}')::json #>> '{preview,0,place}', '公厕', 'by kind');
SELECT is(pg_temp.says($$ SELECT api.staff_label_select(pg_temp.s('hall'), '{"org":"x","place":"y","kind":"z"}') $$),
	'QR422 org:unknown place:unknown kind:unknown', 'what nobody knows');
SELECT is(pg_temp.says($$ SELECT api.staff_label_batch_make(pg_temp.s('hall'), '{"damaged":true}', 'a4-24', 1, NULL) $$), 'QR422 filter:empty', 'nothing to print');
SELECT is(pg_temp.says($$ SELECT api.staff_label_batch_make(pg_temp.s('hall'), '{"blank":10001}', 'a4-24', 1, NULL) $$), 'QR422 filter:too_many', 'too much to print');
SELECT is(pg_temp.says($$ SELECT api.staff_label_batch_make(pg_temp.s('hall'), '{"blank":1}', '../x', 1, NULL) $$), 'QR422 template:bad_value', 'no such stock');
CREATE TEMPORARY TABLE made AS SELECT api.staff_label_batch_make(pg_temp.s('hall'), '{"without":true}', 'a4-24', 3, '打印机') ::json AS m;
SELECT is(m ->> 'count', '2', 'a sheet is ordered') FROM made;
SELECT is((SELECT count(*) FROM core.label WHERE state = 'active' AND facility_id IS NOT NULL), 2::bigint, 'labels were made and bound');
SELECT is(api.staff_label_select(pg_temp.s('hall'), '{"without":true}')::json ->> 'count', '0', 'none is without');
SELECT is(api.staff_label_batch(pg_temp.s('hall'), (m ->> 'batch')::bigint)::json #>> '{batch,state}', 'waiting', 'it waits') FROM made;
SELECT is(pg_temp.says(format($$ SELECT api.staff_label_batch(pg_temp.s('away'), %s) $$, m ->> 'batch')), 'QR404', 'others do not see it') FROM made;
SELECT is(pg_temp.says(format($$ SELECT api.staff_label_file(pg_temp.s('hall'), %s) $$, m ->> 'batch')), 'QR404', 'there is no file yet') FROM made;
UPDATE core.site SET clock = '2026-11-22 10:06:00+08';
SELECT is(pg_temp.says($$ SELECT api.staff_label_batch_make(pg_temp.s('hall'), '{"blank":1}', 'a4-24', 1, NULL) $$), 'QR428 again', 'after five minutes log in again');
SELECT pg_temp.clock('2026-11-22 10:06:00+08');

-- The jobs process.
UPDATE core.job SET lease_until = now() + interval '1 minute', leased_by = 'j' WHERE kind = 'labels';
SELECT is(pg_temp.says(format($$ SELECT api.label_job(%s, 'other') $$, m ->> 'job')), 'QR409', 'who does not hold it') FROM made;
SELECT is(api.label_job((m ->> 'job')::bigint, 'j')::json ->> 'start', '3', 'from the third position') FROM made;
SELECT is((SELECT array_agg(facility) FROM api.label_job_rows((m ->> 'job')::bigint, 'j')), ARRAY[pg_temp.f('A'), pg_temp.f('C')], 'in the order of the sheet') FROM made;
SELECT is(api.label_job_progress((m ->> 'job')::bigint, 'j', 1), true, 'one is drawn') FROM made;
SELECT is(pg_temp.says(format($$ SELECT api.label_job_put(%s, 'j', 'x', '{3,4}') $$, m ->> 'job')), 'QR409', 'no PDF') FROM made;
CREATE TEMPORARY TABLE line AS SELECT api.label_job_put((m ->> 'job')::bigint, 'j', '%PDF-1.7', '{3,4}') AS n FROM made;
SELECT is(api.label_job_put((m ->> 'job')::bigint, 'j', '%PDF-1.7', '{3,4}'), n, 'twice is once') FROM made, line;
SELECT is((SELECT who || ' ' || template || ' ' || positions::text FROM core.label_batch WHERE id = n), 'hall a4-24 {3,4}', 'the ledger has its line') FROM line;
SELECT is(api.staff_label_file(pg_temp.s('sup'), (m ->> 'batch')::bigint), '%PDF-1.7', 'the office fetches the file') FROM made;
SELECT is(api.staff_label_select(pg_temp.s('hall'), '{}')::jsonb -> 'last', '{"template":"a4-24","start":3,"count":2,"printer":"打印机"}', 'the next sheet goes on from it');
SELECT is(json_array_length(api.staff_label_batches(pg_temp.s('hall'))::json -> 'batches'), 1, 'all sheets');

-- On site.
SELECT api.staff_label_batch_make(pg_temp.s('hall'), '{"blank":3}', 'a4-24', 1, NULL);
CREATE FUNCTION pg_temp.blank(p int) RETURNS text LANGUAGE sql AS $$
	SELECT codes[p] FROM core.label_order WHERE filter ? 'blank' $$;
SELECT is(api.staff_facility(pg_temp.s('hall'), pg_temp.blank(1))::json #>> '{label,state}', 'blank', 'a blank one is scanned');
SELECT is(api.staff_label_bind(pg_temp.s('hall'), pg_temp.blank(1), pg_temp.f('A'), NULL, '2F', NULL)::json ->> 'state', 'active', 'and bound');
SELECT is(api.staff_facility(pg_temp.s('hall'), pg_temp.blank(1))::json #>> '{facility,code}', pg_temp.f('A'), 'now it leads there');
SELECT is(pg_temp.says($$ SELECT api.staff_label_bind(pg_temp.s('hall'), pg_temp.blank(2), pg_temp.f('B'), NULL, '', NULL) $$), 'QR404', 'not to what lies outside');
SELECT is(pg_temp.says($$ SELECT api.staff_label_bind(pg_temp.s('hall'), pg_temp.blank(2), NULL, NULL, '', NULL) $$), 'QR422 facility:missing', 'to nothing');
SELECT is(pg_temp.says($$ SELECT api.staff_label_bind(pg_temp.s('away'), pg_temp.blank(2), pg_temp.f('B'), NULL, '', NULL) $$), 'QR404', 'nor by another office');
SELECT is((api.staff_label_replace(pg_temp.s('hall'), pg_temp.blank(1), '撕破')::json ->> 'replaces'), pg_temp.blank(1), 'replaced');
SELECT is(pg_temp.says($$ SELECT api.staff_label_replace(pg_temp.s('hall'), pg_temp.blank(1), 'x') $$), 'QR409', 'once');
SELECT is(pg_temp.says($$ SELECT api.staff_label_void(pg_temp.s('hall'), ARRAY[pg_temp.blank(2)], ' ') $$), 'QR422 reason:missing', 'voiding needs a reason');
SELECT is(pg_temp.says($$ SELECT api.staff_label_void(pg_temp.s('away'), ARRAY[pg_temp.blank(2)], 'x') $$), 'QR404', 'and the scope');
SELECT is(api.staff_label_void(pg_temp.s('hall'), ARRAY[pg_temp.blank(2), pg_temp.blank(3)], '失窃'), '{"voided":2}', 'voided');
SELECT is(api.staff_label_void_batch(pg_temp.s('hall'), (SELECT id FROM core.label_order WHERE filter ? 'blank'), '整张失窃'), '{"voided":0}', 'a sheet whose labels are gone already');
SELECT is(pg_temp.says(format($$ SELECT api.staff_label_void_batch(pg_temp.s('away'), %s, 'x') $$, m ->> 'batch')), 'QR404', 'a sheet of others') FROM made;
SELECT api.label_damaged('x', (SELECT code::text FROM core.label WHERE facility_id = (SELECT id FROM core.facility WHERE code = pg_temp.f('C')) AND state = 'active'), 'torn');
SELECT is(api.staff_label_batch_make(pg_temp.s('hall'), '{"damaged":true}', 'a4-24', 1, NULL)::json ->> 'count', '1', 'a damaged one gets a successor');
SELECT is((SELECT count(*) FROM core.label l WHERE l.facility_id = (SELECT id FROM core.facility WHERE code = pg_temp.f('C')) AND l.state = 'replaced'), 1::bigint, 'the torn one says so');
SELECT is(api.staff_label_void_batch(pg_temp.s('hall'), (m ->> 'batch')::bigint, '整张失窃'), '{"voided":1}', 'what is left of a sheet') FROM made;
SELECT is(api.staff_filing_list(pg_temp.s('hall'), '#' || pg_temp.party('过期公司'))::json #>> '{parties,0,name}', '过期公司', 'one company by its number');
SELECT is(json_array_length(api.staff_filing_list(pg_temp.s('hall'), '沪备1')::json -> 'parties'), 1, 'by its filing');
SELECT ok((SELECT count(*) >= 5 FROM core.audit WHERE what LIKE 'label.%'), 'all of it is in the audit');
SELECT * FROM finish();
ROLLBACK;
