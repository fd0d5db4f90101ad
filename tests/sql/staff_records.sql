-- Uploads: receipts, once only, everything wrong at once, confirmation, correction, withdrawal.
\ir fixture.inc
\ir staff.inc
\ir upload.inc
SELECT * FROM no_plan();
SELECT is(pg_temp.photo('p1', '2026-11-22 07:05+08'), '{"sha256":"' || pg_temp.sha('p1') || '","new":true}', 'a photo is stored');
SELECT is(pg_temp.photo('p1', '2026-11-22 07:05+08')::json ->> 'new', 'false', 'and only once');
SELECT is(count(*), 3::bigint, 'in three sizes') FROM core.photo_bytes WHERE sha256 = sha256('p1');
SELECT is(pg_temp.photo('p2', '2026-11-22 08:55+08')::json ->> 'new', 'true', 'another');
SELECT is(pg_temp.says($$ SELECT api.staff_photo_put(pg_temp.s('clean'), sha256('x'), 1, 1, NULL, NULL, NULL, NULL, NULL, '{1280}', '{y}') $$),
	'QR422', 'not that of its hash');

-- A form, and what is wrong with a body: all of it at once, nothing stored.
SELECT is(f -> 'slots' -> 0 ->> 'required', 'true', 'the kind says what must be there') FROM
	(SELECT api.staff_record_form(pg_temp.s('clean'), pg_temp.f('A'), NULL)::json AS f) q;
SELECT is(f #>> '{items,0,limit,hi}', '2', 'limits in force are shown') FROM
	(SELECT api.staff_record_form(pg_temp.s('clean'), pg_temp.f('A'), 'clean')::json AS f) q;
SELECT is(pg_temp.says($$ SELECT api.staff_record_form(pg_temp.s('clean'), pg_temp.f('A'), 'dance') $$), 'QR404', 'no such type');
SELECT is(pg_temp.put('{"from":"2026-11-22T12:00","to":"2026-11-23T09:00","parties":[],"fields":{"workers":"two","x":1},
	"results":[{"item":"ph","num":"a"},{"item":"beauty","num":"1"},{"item":"turbidity","num":"1"},{"item":"turbidity","num":"2"}],
	"photos":[{"slot":"before","sha256":"00"},{"slot":"sky","sha256":"00"}],"report":"00","reason":""}'),
	'QR422 from:in_future to:in_future party:cleaner:missing fields:x:unknown fields:workers:bad_value fields:disinfectant:missing'
	' results:ph:bad_value results:beauty:unknown results:turbidity:duplicate photos:before:unknown_photo photos:sky:unknown'
	' photos:after:missing report:unknown_report', 'everything that is wrong is said at once');
SELECT is(pg_temp.put('{"from":"2026-11-22T09:00","to":"2026-11-22T08:00"}'), 'QR422 to:end_before_start', 'the end before the start');
SELECT is(pg_temp.put('{"to":"2026-02-31T08:00"}'), 'QR422 to:bad_value', 'a day that is none');
SELECT is(pg_temp.put('{"to":"1949-01-01T08:00","from":""}'), 'QR422 to:too_old', 'long ago');
SELECT is(pg_temp.put('{"to":"","from":""}'), 'QR422 to:missing', 'no time');
SELECT is(pg_temp.put('{"type":"dance"}'), 'QR422 type:unknown', 'no such type');
SELECT is(pg_temp.put(jsonb_build_object('note', repeat('x', 1001))), 'QR422 note:too_long', 'a note has an end');
SELECT is(pg_temp.put('{"parties":[{"role":"cleaner","name":"别家"}]}'), 'QR422 party:cleaner:not_yours', 'a cleaner speaks for his firm');
SELECT is(pg_temp.put('{"parties":[{"role":"cleaner","party":999999}]}'), 'QR422 party:cleaner:unknown', 'a firm nobody knows');
SELECT is(pg_temp.put('{"results":[{"item":"ph","num":"7","word":"none"}]}'), 'QR422 results:ph:bad_value', 'number or word');
SELECT is(pg_temp.put('{"photos":"no"}'), 'QR422 photos:before:missing photos:after:missing', 'photos of another type');
SELECT is(count(*), 0::bigint, 'nothing was stored') FROM core.record;
SELECT is((SELECT last_seq FROM core.facility WHERE code = pg_temp.f('A')), 0, 'no number was given');
SELECT is(pg_temp.says($$ SELECT api.staff_record_put(pg_temp.s('clean'), pg_temp.u(9), NULL) $$), 'QR404', 'no body');
SELECT is(pg_temp.says($$ SELECT api.staff_record_put(pg_temp.s('clean'), pg_temp.u(9), pg_temp.body(jsonb_build_object('facility', pg_temp.f('B')))) $$),
	'QR403 scope', 'a facility outside the scope');
SELECT is(pg_temp.says($$ SELECT api.staff_record_put(sha256('nobody'), pg_temp.u(9), pg_temp.body()) $$), 'QR401 none', 'nobody');
SELECT pg_temp.photo('hers', NULL, NULL, NULL, NULL, 'hall');
SELECT is(pg_temp.put(jsonb_build_object('photos', jsonb_build_array(jsonb_build_object('slot', 'before', 'sha256', pg_temp.sha('hers')),
	jsonb_build_object('slot', 'after', 'sha256', pg_temp.sha('p2'))))), 'QR422 photos:before:unknown_photo', 'a photo of another account');

-- One upload.
CREATE TEMPORARY TABLE got AS SELECT api.staff_record_put(pg_temp.s('clean'), pg_temp.u(1), pg_temp.body()) AS r;
SELECT is((r::jsonb - 'hash') - 'facility', '{"id":"00000000-0000-4000-8000-000000000001","seq":1,"rev":1,"state":"submitted",
	"received":"2026-11-22T10:00:00+08:00","warnings":[],"url":"/r/00000000-0000-4000-8000-000000000001"}', 'receipt') FROM got;
SELECT is(api.staff_record_put(pg_temp.s('clean'), pg_temp.u(1), pg_temp.body()), r, 'the same again: the same receipt, byte by byte') FROM got;
SELECT is(pg_temp.says($$ SELECT api.staff_record_put(pg_temp.s('clean'), pg_temp.u(1), pg_temp.body('{"note":"x"}')) $$), 'QR409 other_body',
	'the same key with another body');
SELECT is(pg_temp.detail($$ SELECT api.staff_record_put(pg_temp.s('clean'), pg_temp.u(1), pg_temp.body('{"note":"x"}')) $$) #>> '{stored,note}',
	'电话 13900000000', 'both versions are told: the stored one');
SELECT is(pg_temp.detail($$ SELECT api.staff_record_put(pg_temp.s('clean'), pg_temp.u(1), pg_temp.body('{"note":"x"}')) $$) #>> '{sent,note}',
	'x', 'and the one that was sent');
SELECT is(count(*), 1::bigint, 'one record') FROM core.record;
SELECT is(count(*), 2::bigint, 'each photo once') FROM core.record_photo;
SELECT is(array_agg(i.code || ' ' || s.verdict ORDER BY s.pos), '{ph pass,turbidity pass}', 'results are judged')
FROM core.result s JOIN core.item i ON i.id = s.item_id;
SELECT is((SELECT pg_temp.fdoc('A') ->> 'count'), '0', 'nothing is public yet');
SELECT is(count(*), 0::bigint, 'it has no page') FROM core.document WHERE kind = 'record';
SELECT is((SELECT filing FROM core.revision_party), '沪备1', 'the filing in force is stated');

-- Who sees it.
SELECT is(json_array_length(api.staff_home(pg_temp.s('mgr'), NULL, NULL)::json -> 'waiting'), 1, 'the manager is asked to confirm');
SELECT is(json_array_length(api.staff_home(pg_temp.s('clean'), NULL, NULL)::json -> 'waiting'), 0, 'the cleaner is not');
SELECT is(api.staff_record(pg_temp.s('mgr'), pg_temp.u(1))::json ->> 'can', '["confirm","return","correct"]', 'what the manager can');
SELECT is(api.staff_record(pg_temp.s('clean'), pg_temp.u(1))::json ->> 'can', '["correct"]', 'what the cleaner can');
SELECT is(pg_temp.says($$ SELECT api.staff_record(pg_temp.s('away'), pg_temp.u(1)) $$), 'QR404', 'another office sees nothing');
SELECT is(pg_temp.says($$ SELECT api.staff_record_act(pg_temp.s('away'), pg_temp.u(1), 'confirm', NULL, 1) $$), 'QR404', 'and does nothing');
SELECT is(pg_temp.says($$ SELECT api.staff_record_act(pg_temp.s('clean'), pg_temp.u(1), 'confirm', NULL, 1) $$), 'QR403 right',
	'a cleaner confirms nothing');
SELECT is(pg_temp.says($$ SELECT api.staff_record_act(pg_temp.s('mgr'), pg_temp.u(1), 'dance', NULL, 1) $$), 'QR422 act:unknown', 'no such act');

-- Returned with a reason, sent again, confirmed.
SELECT is(pg_temp.says($$ SELECT api.staff_record_act(pg_temp.s('mgr'), pg_temp.u(1), 'return', ' ', 1) $$), 'QR422 reason:missing', 'returning needs a reason');
SELECT is(api.staff_record_act(pg_temp.s('mgr'), pg_temp.u(1), 'return', '照片不清', 1)::json ->> 'state', 'returned', 'returned');
SELECT is(api.staff_home(pg_temp.s('clean'), NULL, NULL)::json #>> '{returned,0,reason}', '照片不清', 'on top of the cleaner''s list');
SELECT is(pg_temp.says($$ SELECT api.staff_record_act(pg_temp.s('mgr'), pg_temp.u(1), 'confirm', NULL, 2) $$), 'QR409 state', 'what is returned is not confirmed');
SELECT is(pg_temp.says($$ SELECT api.staff_record_put(pg_temp.s('clean'), pg_temp.u(1), pg_temp.body('{"rev":2}')) $$), 'QR422 reason:missing',
	'a new revision says why');
SELECT is(api.staff_record_put(pg_temp.s('clean'), pg_temp.u(1), pg_temp.body('{"rev":2,"reason":"新照片"}'))::json ->> 'rev', '3', 'sent again');
SELECT is(pg_temp.says($$ SELECT api.staff_record_act(pg_temp.s('mgr'), pg_temp.u(1), 'confirm', NULL, 2) $$), 'QR409 changed', 'confirming what one saw');
SELECT pg_temp.clock('2026-11-22 14:30:00+08');
SELECT is(api.staff_record_act(pg_temp.s('mgr'), pg_temp.u(1), 'confirm', NULL, 3)::json ->> 'state', 'published', 'confirmed');
SELECT is((SELECT d #>> '{record,posted_h}' FROM pg_temp.doc('record', pg_temp.u(1)::text) d), '5', 'published after 5 h');
SELECT is((SELECT d #>> '{record,post_late_h}' FROM pg_temp.doc('record', pg_temp.u(1)::text) d), '0', 'in time');
SELECT is((SELECT d #>> '{record,rev}' FROM pg_temp.doc('record', pg_temp.u(1)::text) d), '1', 'to the public it is the first');
SELECT is(pg_temp.fdoc('A') ->> 'count', '1', 'it counts');
SELECT is((SELECT d #>> '{record,fields,disinfectant}' FROM pg_temp.doc('record', pg_temp.u(1)::text) d), '次氯酸钠', 'texts are shown');
SELECT is(array_agg(kind), NULL, 'nothing private is public') FROM core.document
WHERE doc ~ '1390000|note|121\.4|phash|original|clean"?,"name":"N|account';

SELECT is(api.staff_record_put(pg_temp.s('clean'), pg_temp.u(1), pg_temp.body())::json ->> 'state', 'submitted', 'sent once more, it still gets its receipt');

-- Late.
SELECT pg_temp.photo('p3'), pg_temp.photo('p4');
SELECT api.staff_record_put(pg_temp.s('clean'), pg_temp.u(2), pg_temp.body('{"from":"","to":"2026-11-19T12:30"}' || pg_temp.shots('p3', 'p4')));
SELECT api.staff_record_act(pg_temp.s('mgr'), pg_temp.u(2), 'confirm', NULL, 1);
SELECT is((SELECT d #>> '{record,post_late_h}' FROM pg_temp.doc('record', pg_temp.u(2)::text) d), '50', 'published 74 h after the work, 50 h late');

-- A correction waits while the old one stays public; then the old one stays readable.
SELECT is(pg_temp.says($$ SELECT api.staff_record_put(pg_temp.s('clean'), pg_temp.u(1), pg_temp.body('{"rev":4,"reason":"r"}')) $$), 'QR403 right',
	'who may not correct');
SELECT is(api.staff_record_put(pg_temp.s('mgr'), pg_temp.u(1), pg_temp.body('{"rev":4,"reason":"用量写错","fields":{"disinfectant":"漂白粉","workers":3}}'))::json
	->> 'state', 'submitted', 'a correction waits');
SELECT is((SELECT d #>> '{record,fields,workers}' FROM pg_temp.doc('record', pg_temp.u(1)::text) d), '2', 'what it corrects is public meanwhile');
SELECT is(pg_temp.says($$ SELECT api.staff_record_act(pg_temp.s('mgr'), pg_temp.u(1), 'confirm', NULL, 5) $$), 'QR403 own_upload', 'nobody confirms his own');
SELECT is(api.staff_record_act(pg_temp.s('hall'), pg_temp.u(1), 'confirm', NULL, 5)::json ->> 'rev', '6', 'somebody else does');
SELECT is((SELECT d #>> '{record,fields,workers}' FROM pg_temp.doc('record', pg_temp.u(1)::text) d), '3', 'corrected');
SELECT is((SELECT d #>> '{revisions,1,reason}' FROM pg_temp.doc('record', pg_temp.u(1)::text) d), '用量写错', 'with the reason');
SELECT is((SELECT d #>> '{record,fields,disinfectant}' FROM pg_temp.doc('record', pg_temp.u(1) || '/1') d), '次氯酸钠', 'the old one is readable');
SELECT is((SELECT array_agg(kind) FROM api.public_revision(pg_temp.u(1), 1)), '{record,facility}', 'by anybody');
SELECT is((SELECT count(*) FROM api.public_revision(pg_temp.u(1), 2)), 0::bigint, 'the newest is the record itself');
SELECT is((SELECT d ->> 'newest' FROM pg_temp.doc('record', pg_temp.u(1) || '/1') d), '2', 'and says that it is old');

-- Drafts are their author's.
SELECT is(api.staff_record_put(pg_temp.s('clean'), pg_temp.u(3), pg_temp.body('{"submit":false,"to":"","photos":[],"parties":[]}'))::json ->> 'state', 'draft', 'a draft needs nothing');
SELECT is(pg_temp.says($$ SELECT api.staff_record(pg_temp.s('mgr'), pg_temp.u(3)) $$), 'QR404', 'nobody else sees it');
SELECT is(json_array_length(api.staff_home(pg_temp.s('clean'), NULL, NULL)::json -> 'drafts'), 1, 'its author does');
SELECT is(pg_temp.says($$ SELECT api.staff_record_act(pg_temp.s('clean'), pg_temp.u(3), 'submit', NULL, 1) $$),
	'QR422 party:cleaner:missing photos:before:missing photos:after:missing', 'to be sent it must be complete');
SELECT pg_temp.photo('p5'), pg_temp.photo('p6');
SELECT is(api.staff_record_put(pg_temp.s('clean'), pg_temp.u(3), pg_temp.body('{"submit":false,"rev":1}' || pg_temp.shots('p5', 'p6')))::json ->> 'rev', '2', 'written on');
SELECT is(api.staff_record_act(pg_temp.s('clean'), pg_temp.u(3), 'submit', NULL, 2)::json ->> 'state', 'submitted', 'sent');

-- Withdrawn.
SELECT is(pg_temp.says($$ SELECT api.staff_record_act(pg_temp.s('mgr'), pg_temp.u(1), 'withdraw', 'x', 6) $$), 'QR403 right', 'a manager withdraws nothing');
SELECT is(pg_temp.says($$ SELECT api.staff_record_act(pg_temp.s('hall'), pg_temp.u(3), 'withdraw', 'x', 3) $$), 'QR409 state', 'only what is public is withdrawn');
SELECT is(api.staff_record_act(pg_temp.s('hall'), pg_temp.u(1), 'withdraw', '记录属于另一水箱', 6)::json ->> 'state', 'withdrawn', 'withdrawn');
SELECT is((SELECT d #>> '{record,withdrawn,reason}' FROM pg_temp.doc('record', pg_temp.u(1)::text) d), '记录属于另一水箱', 'its page says so, and why');
SELECT is(pg_temp.fdoc('A') #>> '{withdrawn,0,id}', pg_temp.u(1)::text, 'so does the facility');
SELECT is(pg_temp.fdoc('A') ->> 'count', '1', 'it counts no more');
SELECT is(pg_temp.says($$ SELECT api.staff_record_put(pg_temp.s('hall'), pg_temp.u(1), pg_temp.body('{"rev":7,"reason":"r"}')) $$), 'QR409 state', 'and is not corrected');

-- At once where the rule says so; an expired filing stops it, and nothing is lost.
SELECT is(api.staff_record_put(pg_temp.s('clean'), pg_temp.u(4), jsonb_build_object('facility', pg_temp.f('C'), 'type', 'clean', 'to', '2026-11-22T13:00',
	'parties', jsonb_build_array(jsonb_build_object('role', 'cleaner', 'party', pg_temp.party('清源水箱清洗队'))),
	'photos', jsonb_build_array(jsonb_build_object('slot', 'after', 'sha256', pg_temp.sha('p5')))))::json ->> 'state', 'published', 'published at once');
CREATE TEMPORARY TABLE gone AS SELECT api.staff_record_put(pg_temp.s('hall'), pg_temp.u(5), jsonb_build_object('facility', pg_temp.f('C'), 'type', 'clean', 'to', '2026-11-22T13:00',
	'parties', jsonb_build_array(jsonb_build_object('role', 'cleaner', 'party', pg_temp.party('过期公司'))),
	'photos', jsonb_build_array(jsonb_build_object('slot', 'after', 'sha256', pg_temp.sha('hers'))))) AS r;
SELECT is(r::json ->> 'state', 'submitted', 'an expired filing blocks publishing') FROM gone;
SELECT is(r::jsonb -> 'blocked', '{"why":"filing_expired","name":"过期公司","filing":"沪备2","to":"2026-10-31"}', 'and is named') FROM gone;
SELECT is(pg_temp.says($$ SELECT api.staff_record_act(pg_temp.s('sup'), pg_temp.u(5), 'confirm', NULL, 1) $$), 'QR409 filing_expired', 'nor can it be confirmed');
SELECT is(api.staff_filing_put(pg_temp.s('hall'), pg_temp.party('过期公司'), '{"number":"沪备3","from":"2026-11-01"}')::json ->> 'party', pg_temp.party('过期公司')::text, 'a new filing');
SELECT is(api.staff_record_act(pg_temp.s('sup'), pg_temp.u(5), 'confirm', NULL, 1)::json ->> 'state', 'published', 'then it can');
SELECT is(pg_temp.says($$ SELECT api.staff_filing_put(pg_temp.s('hall'), NULL, '{"credit_code":"91350100M000100Y44","to":"2026-01-01","certificates":"x"}') $$),
	'QR422 name:missing credit_code:bad_value number:missing certificates:bad_value', 'a company''s body');
SELECT is(pg_temp.says($$ SELECT api.staff_filing_put(pg_temp.s('hall'), NULL, '{"name":"n","credit_code":"91350100M000100Y43"}') $$), 'QR422 credit_code:duplicate', 'one code, one company');
SELECT is(pg_temp.says($$ SELECT api.staff_filing_list(pg_temp.s('clean'), NULL) $$), 'QR403 right', 'filings are not for everybody');

-- A failed test turns the state, a passing one cures it; the report is public with it.
SELECT api.staff_report_put(pg_temp.s('hall'), sha256('%PDF-1.7 x'), '%PDF-1.7 x');
SELECT is(pg_temp.says($$ SELECT api.staff_report_put(pg_temp.s('hall'), sha256('MZ'), 'MZ') $$), 'QR422 report:bad_value', 'a report is a PDF');
SELECT is(api.staff_record_put(pg_temp.s('hall'), pg_temp.u(6), jsonb_build_object('facility', pg_temp.f('A'), 'type', 'test', 'date', '2026-11-21',
	'parties', '[{"role":"lab","name":"城东水质检测站"}]'::jsonb, 'fields', '{"report_no":"R1"}'::jsonb, 'report', pg_temp.sha('%PDF-1.7 x'),
	'results', '[{"item":"turbidity","num":"0.3"},{"item":"total_coliform","word":"detected"}]'::jsonb))::json ->> 'state', 'submitted', 'a test');
SELECT is(api.report_get(sha256('%PDF-1.7 x')), NULL, 'its report is not public yet');
SELECT is(api.staff_report_get(pg_temp.s('sup'), sha256('%PDF-1.7 x')), '%PDF-1.7 x', 'but to be seen by who confirms');
SELECT is(api.staff_report_get(pg_temp.s('away'), sha256('%PDF-1.7 x')), NULL, 'and by nobody else');
SELECT api.staff_record_act(pg_temp.s('sup'), pg_temp.u(6), 'confirm', NULL, 1);
SELECT is(api.report_get(sha256('%PDF-1.7 x')), '%PDF-1.7 x', 'then it is');
SELECT is(api.facility_state(pg_temp.f('A'), '2026-11-22'), 'failed', 'the facility failed');
SELECT is(api.staff_home(pg_temp.s('hall'), NULL, NULL)::json #>> '{facilities,0,state}', 'failed', 'and stands first on the home page');

-- Everything recomputes.
SELECT is((SELECT array_agg(v.problem) FROM api.verify_records(0, 100) v WHERE v.problem IS NOT NULL), NULL, 'records verify');
SELECT is((SELECT array_agg(v.key || v.problem) FROM api.verify_documents('facility', '', 100) v WHERE v.problem IS NOT NULL), NULL, 'documents verify');
SELECT is((SELECT array_agg(v.problem) FROM api.verify_reports('', 100) v WHERE v.problem IS NOT NULL), NULL, 'reports verify');
SELECT is(array_agg(a.what), '{record.put,record.return,record.put,record.confirm,record.put,record.confirm,record.withdraw}', 'who did what is written down')
FROM (SELECT what FROM core.audit WHERE subject = pg_temp.u(1)::text ORDER BY seq) a;
SELECT is((SELECT array_agg(DISTINCT core.line_state(l, d::date) = api.facility_state(f.code, d::date)) FROM core.facility_line l JOIN core.facility f ON f.id = l.facility_id,
	generate_series('2026-11-01'::timestamp, '2028-01-01', '1 week') d), '{t}', 'lists and documents agree on the state of any day');
SELECT is((SELECT array_agg(x::text) FROM (
		(SELECT status, failed, never, overdue_from, soon_from, o, kind_id, count(*) FROM core.facility_line, unnest(path) o GROUP BY 1, 2, 3, 4, 5, 6, 7
		EXCEPT SELECT status, failed, never, overdue_from, soon_from, org_id, kind_id, sum(n) FROM core.line_tally GROUP BY 1, 2, 3, 4, 5, 6, 7 HAVING sum(n) <> 0)
		UNION ALL
		(SELECT status, failed, never, overdue_from, soon_from, org_id, kind_id, sum(n) FROM core.line_tally GROUP BY 1, 2, 3, 4, 5, 6, 7 HAVING sum(n) <> 0
		EXCEPT SELECT status, failed, never, overdue_from, soon_from, o, kind_id, count(*) FROM core.facility_line, unnest(path) o GROUP BY 1, 2, 3, 4, 5, 6, 7)) x),
	NULL::text[], 'the tally is what counting lines gives');
CREATE TEMPORARY TABLE home AS SELECT api.staff_home(pg_temp.s(l), NULL, NULL)::jsonb AS h, l FROM unnest(ARRAY['hall', 'clean']) l;
SELECT cmp_ok((SELECT count(*) FROM core.line_tally), '>', (SELECT count(*) FROM core.facility_line), 'changes were added to it, not put in place');
SELECT core.tally_pack();
SELECT is(api.staff_home(pg_temp.s(l), NULL, NULL)::jsonb, h, l || ': added up it says the same') FROM home;
SELECT is(h #>> '{counts,facilities}', '2', l || ': counts what the scope holds') FROM home;
SELECT is(jsonb_array_length(api.staff_home(pg_temp.s('hall'), 121.4, 31.2)::jsonb -> 'facilities'), (SELECT jsonb_array_length(h -> 'facilities')
	FROM home WHERE l = 'hall'), 'a place to stand changes the order only');
SELECT is(api.staff_home(pg_temp.s('away'), NULL, NULL)::json #>> '{counts,facilities}', '1', 'another office counts its own');
SELECT is(json_array_length(api.staff_search(pg_temp.s(l), q)::json -> 'facilities'), n, l || ' searches ' || q)
FROM (VALUES ('hall', '中环 75号', 1), ('hall', '别处', 0), ('away', '别处', 1), ('clean', '中环', 1), ('mgr', '公厕', 0), ('hall', '园', 1), ('hall', '园中', 0)) AS v (l, q, n);

-- Firms on a form: who did it near by, one's own first, and no list of the whole country.
SELECT is((SELECT array_agg(p ->> 'name') FROM json_array_elements(api.staff_record_form(pg_temp.s('hall'), pg_temp.f('A'), 'test')::json -> 'roles') r,
	json_array_elements(r -> 'parties') p), '{城东水质检测站}', 'the laboratory that was here');
SELECT is((SELECT array_agg(p ->> 'name') FROM json_array_elements(api.staff_record_form(pg_temp.s('away'), pg_temp.f('B'), 'test')::json -> 'roles') r,
	json_array_elements(r -> 'parties') p), NULL, 'not elsewhere');
INSERT INTO core.party (name) SELECT 'N' || lpad(i::text, 2, '0') FROM generate_series(1, 30) i;
INSERT INTO core.party_filing (party_id, number, valid_from) SELECT id, 'F' || name, '2026-01-01' FROM core.party WHERE name ~ '^N[0-9]';
SELECT is((SELECT array[count(*), count(*) FILTER (WHERE p ->> 'name' IN ('清源水箱清洗队', '过期公司'))] FROM json_array_elements(
		api.staff_record_form(pg_temp.s('hall'), pg_temp.f('C'), 'clean')::json -> 'roles') r, json_array_elements(r -> 'parties') p
	WHERE r ->> 'role' = 'cleaner'), '{20,2}', 'at most twenty, and those who cleaned here among them');
SELECT is((SELECT array_agg(p ->> 'name') FROM json_array_elements(api.staff_record_form(pg_temp.s('clean'), pg_temp.f('A'), 'clean')::json -> 'roles') r,
	json_array_elements(r -> 'parties') p WHERE r ->> 'role' = 'cleaner'), '{清源水箱清洗队}', 'a cleaner sees his own');
SELECT * FROM finish();
ROLLBACK;
