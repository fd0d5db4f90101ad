-- What is due when and why: intervals, working days, events, failed results, the days between.
\ir fixture.inc
\ir staff.inc
SELECT * FROM no_plan();
CREATE FUNCTION pg_temp.id(p_key text) RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT f.id FROM core.facility f WHERE f.code = pg_temp.f(p_key) $$;
-- "clean 2026-11-14 record 2026-05-14", each duty of a facility
CREATE FUNCTION pg_temp.due(p_key text) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT string_agg(concat_ws(' ', d.type, d.due, d.why ->> 'base', d.why ->> 'on',
		CASE WHEN d.why ? 'provisional' THEN 'provisional' END), ', ' ORDER BY d.rank, d.type)
	FROM core.duties_of(ARRAY[pg_temp.id(p_key)]) d $$;
CREATE FUNCTION pg_temp.day(p_day text) RETURNS void LANGUAGE sql AS
$$ UPDATE core.site SET clock = (p_day || ' 10:00:00+08')::timestamptz $$;

-- Never done: after the facility's first day, or the rule's.
SELECT pg_temp.tank('A', '2026-08-31');
SELECT pg_temp.tank('B', '2020-01-01');
SELECT is(pg_temp.due('A'), 'clean 2027-02-28 since 2026-08-31, test 2026-11-30 since 2026-08-31', 'since its first day');
SELECT is(pg_temp.due('B'), 'clean 2025-06-25 rule 2024-12-25, test 2025-03-25 rule 2024-12-25', 'since the rule''s');
SELECT is((SELECT string_agg(coalesce(d.overdue_from::text, 'none'), ' ') FROM core.duties_of(ARRAY[pg_temp.id('B')]) d),
	'none none', 'never begun is not overdue');
SELECT pg_temp.put_records('[{"line":1,"key":"b1","facility_key":"B","type":"test","performed_on":"2026-10-01"}]');
SELECT is((SELECT string_agg(coalesce(d.overdue_from::text, 'none'), ' ') FROM core.duties_of(ARRAY[pg_temp.id('B')]) d),
	'none 2027-01-02', 'what was done once can be late, the main duty still not');
SELECT pg_temp.put_records('[{"line":1,"key":"b2","facility_key":"B","type":"clean","performed_on":"2026-05-14",
	"results":[{"item":"ph","num":"7.6"}]}]');
SELECT is(pg_temp.due('B'), 'clean 2026-11-14 record 2026-05-14, test 2027-01-01 record 2026-10-01', 'after the newest record');
SELECT is((SELECT d.why - 'basis' FROM core.duties_of(ARRAY[pg_temp.id('B')]) d WHERE d.type = 'clean'),
	'{"base":"record","on":"2026-05-14","months":6,"rule":"sh-clean"}'::jsonb, 'the parts it is made of');
SELECT is((SELECT d.basis FROM core.duties_of(ARRAY[pg_temp.id('B')]) d WHERE d.type = 'clean'),
	(SELECT r.basis FROM core.rule r WHERE r.code = 'sh-clean' AND r.valid_to IS NULL), 'with the basis');
SELECT is((SELECT count(*) FROM core.duties_of('{}')), 0::bigint, 'of nothing nothing');
SELECT is((SELECT string_agg(d.type, ' ') FROM core.duties_of(ARRAY[pg_temp.id('B'), -1]) d), 'clean test',
	'a facility there is none of is left out');

-- Documents and lines say the same, for every facility here.
CREATE FUNCTION pg_temp.agree() RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM core.publish('facilities', array_agg(id)) FROM core.facility;
	RETURN NEXT is_empty($q$
		SELECT f.id, d.type, d.due FROM core.facility f, core.duties_of(ARRAY[f.id]) d
		EXCEPT SELECT f.id, e ->> 'type', (e ->> 'due')::date FROM core.facility f
		JOIN core.document x ON x.kind = 'facility' AND x.key = f.code
		CROSS JOIN json_array_elements(x.doc::json -> 'duties') e $q$, 'documents hold them');
	RETURN NEXT is_empty($q$
		SELECT l.facility_id, l.due, l.overdue_from, l.soon_from FROM core.facility_line l
		EXCEPT SELECT d.facility_id, min(d.due), min(d.overdue_from), min(d.soon_from)
		FROM core.duties_of(ARRAY(SELECT id FROM core.facility)) d GROUP BY 1 $q$, 'lines hold the earliest');
	RETURN NEXT is_empty($q$
		SELECT l.facility_id, v.day, core.line_state(l, v.day), core.state_of(x.doc::json, v.day)
		FROM core.facility_line l JOIN core.facility f ON f.id = l.facility_id
		JOIN core.document x ON x.kind = 'facility' AND x.key = f.code
		CROSS JOIN (SELECT '2026-06-01'::date + n * 5 AS day FROM generate_series(0, 100) n) v
		WHERE core.line_state(l, v.day) <> core.state_of(x.doc::json, v.day) $q$, 'and the same state, day by day');
END
$$;
SELECT pg_temp.agree();

-- An interval in working days; a year not loaded is provisional.
INSERT INTO core.rule (code, kind_id, type, org_id, valid_from, rank, work_days, basis)
SELECT 'pt-inspect', k.id, 'inspect', o.id, '2026-01-01', 3, 20, '试行' FROM core.kind k, core.org o
WHERE k.code = 'roof_tank' AND o.code = '310107000000';
SELECT pg_temp.put_records('[{"line":1,"key":"b3","facility_key":"B","type":"inspect","performed_on":"2026-09-18"},
	{"line":2,"key":"b4","facility_key":"B","type":"inspect","performed_on":"2026-10-23"}]');
SELECT is(pg_temp.due('B'), 'clean 2026-11-14 record 2026-05-14, test 2027-01-01 record 2026-10-01, inspect 2026-11-20 record 2026-10-23',
	'20 working days');
SELECT is((SELECT concat_ws(' ', e ->> 'due', e ->> 'late_days') FROM json_array_elements(pg_temp.doc('history',
	pg_temp.f('B') || '/1') -> 'records') e WHERE e ->> 'date' = '2026-10-23'), '2026-10-22 1', 'a record''s due, too');
SELECT pg_temp.day('2026-12-19');
SELECT pg_temp.put_records('[{"line":1,"key":"b5","facility_key":"B","type":"inspect","performed_on":"2026-12-18"}]');
SELECT is(pg_temp.due('B'), 'clean 2026-11-14 record 2026-05-14, test 2027-01-01 record 2026-10-01, inspect 2027-01-15 record 2026-12-18 provisional',
	'into 2027');
SELECT is((SELECT (e -> 'why') ->> 'provisional' FROM json_array_elements(pg_temp.fdoc('B') -> 'duties') e
	WHERE e ->> 'type' = 'inspect'), 'true', 'the document says that it is provisional');
SELECT throws_ok($$ UPDATE core.rule SET months = 1 WHERE code = 'pt-inspect' $$, '23514', NULL,
	'working days or months, not both');
SELECT pg_temp.agree();

-- The announcement of a year is data: loaded by the command line, documents by a job.
SELECT throws_ok($$ SELECT api.calendar_put('t', 'none', 2027, 'b', NULL, '[{"day":"2027-01-01","works":false}]') $$, 'QR404');
SELECT throws_ok(format($q$ SELECT api.calendar_put('t', 'cn', 2027, %L, NULL, %L) $q$, v.basis, v.days), 'QR422')
FROM (VALUES ('b', '[]'), ('', '[{"day":"2027-01-01","works":false}]'), ('b', '[{"day":"2026-01-01","works":false}]'),
	('b', '[{"day":"2027-01-01","works":false},{"day":"2027-01-01","works":true}]'), ('b', '[{"day":"x","works":false}]'),
	('b', '[{"day":"2027-01-01","works":"maybe"}]'), ('b', '[{"day":"2027-02-30","works":true}]')) AS v (basis, days);
DELETE FROM core.job WHERE kind = 'rebuild';
SELECT is(api.calendar_put('t', 'cn', 2027, 'made up', NULL, '[{"day":"2027-01-01","works":false,"name":"元旦"},
	{"day":"2027-01-04","works":false},{"day":"2027-01-09","works":true}]'), '{"year":2027,"off":2,"worked":1}', 'a year is loaded');
SELECT is(pg_temp.due('B'), 'clean 2026-11-14 record 2026-05-14, test 2027-01-01 record 2026-10-01, inspect 2027-01-18 record 2026-12-18',
	'no longer provisional');
SELECT is((SELECT string_agg(j.args::text, ' ') FROM core.job j WHERE j.kind = 'rebuild' AND j.done_at IS NULL),
	'{"org": "310000000000", "only": "facilities"}', 'and a job builds what it moved');
SELECT is(api.calendar_put('t', 'cn', 2027, 'mended', NULL, '[{"day":"2027-01-01","works":false}]'),
	'{"year":2027,"off":1,"worked":0}', 'loaded again, in its place');
SELECT is((SELECT jsonb_array_length(a.detail -> 'before') FROM core.audit a WHERE a.what = 'calendar.put' ORDER BY a.id DESC LIMIT 1),
	3, 'what it was before stands in the audit');
SELECT is((SELECT string_agg(concat_ws(' ', l.year, l.off, l.worked), ', ') FROM api.calendar_list() l),
	'2024 28 8, 2025 28 5, 2026 33 6, 2027 1 0', 'what is loaded');

SELECT pg_temp.day('2026-11-22');

-- A failed result starts a clock by rule: at once, in Shanghai.
SELECT pg_temp.tank('F');
SELECT pg_temp.put_records('[
	{"line":1,"key":"f1","facility_key":"F","type":"clean","performed_on":"2026-08-01"},
	{"line":2,"key":"f2","facility_key":"F","type":"test","performed_on":"2026-09-01","results":[{"item":"e_coli","word":"detected"}]}]');
DELETE FROM core.rule WHERE code = 'pt-inspect';
SELECT is(pg_temp.due('F'), 'clean 2026-09-01 failed 2026-09-01, test 2026-12-01 record 2026-09-01', 'to be cleaned at once');
SELECT is((SELECT d.why ->> 'regular' FROM core.duties_of(ARRAY[pg_temp.id('F')]) d WHERE d.type = 'clean'), '2027-02-01',
	'it would have been due later');
SELECT core.publish('facilities', ARRAY[pg_temp.id('F')]);
SELECT is(pg_temp.fdoc('F') -> 'duties' -> 0 ->> 'why', '{"base":"failed","on":"2026-09-01","days":0,"regular":"2027-02-01"}',
	'the document says why');
SELECT pg_temp.put_records('[{"line":1,"key":"f3","facility_key":"F","type":"clean","performed_on":"2026-09-02"}]');
SELECT is(pg_temp.due('F'), 'clean 2027-03-02 record 2026-09-02, test 2026-12-01 record 2026-09-01', 'cleaned: that clock has ended');
SELECT is(api.facility_state(pg_temp.f('F'), '2026-11-22'), 'failed', 'though nothing has cured it yet');
SELECT pg_temp.put_records('[{"line":1,"key":"f4","facility_key":"F","type":"test","performed_on":"2026-09-03","results":[{"item":"e_coli","word":"detected"}]}]');
SELECT is(pg_temp.due('F'), 'clean 2026-09-03 failed 2026-09-03, test 2026-12-03 record 2026-09-03', 'it failed again');
SELECT pg_temp.put_records('[{"line":1,"key":"f5","facility_key":"F","type":"test","performed_on":"2026-09-04","results":[{"item":"e_coli","word":"not_detected"}]}]');
SELECT is(pg_temp.due('F'), 'clean 2027-03-02 record 2026-09-02, test 2026-12-04 record 2026-09-04', 'cured without a cleaning');
-- in working days, and for the failed duty itself
UPDATE core.rule SET fail_work_days = 3 WHERE code = 'sh-test';
SELECT pg_temp.put_records('[{"line":1,"key":"f6","facility_key":"F","type":"test","performed_on":"2026-09-18","results":[{"item":"e_coli","word":"detected"}]}]');
SELECT is(pg_temp.due('F'), 'clean 2026-09-18 failed 2026-09-18, test 2026-09-22 failed 2026-09-18', 'tested again within 3 working days');
SELECT throws_ok($$ UPDATE core.rule SET fail_days = 3 WHERE code = 'sh-test' $$, '23514', NULL, 'days or working days');
SELECT pg_temp.agree();

-- Events.
SELECT pg_temp.tank('E1', '2025-01-01');
SELECT pg_temp.tank('E2', '2025-01-01');
SELECT pg_temp.put_records('[{"line":1,"key":"e1","facility_key":"E1","type":"clean","performed_on":"2026-11-10"},
	{"line":2,"key":"e2","facility_key":"E2","type":"clean","performed_on":"2026-11-21"}]');
SELECT pg_temp.user('off', 'office', '{"org":"310107021000"}');
SELECT pg_temp.user('dist', 'supervisor', '{"org":"310107000000"}');
SELECT pg_temp.user('insp', 'inspector', '{"org":"310107021000"}');
SELECT pg_temp.session(x) FROM unnest(ARRAY['off', 'dist', 'insp']) x;
CREATE FUNCTION pg_temp.announce(p_who text, p_more jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.says(format('SELECT api.staff_event_add(sha256(%L), %L)', p_who, '{"org":"310107021000",
		"what":"heat","duty":"roof_tank/clean","on":"2026-11-20","within":"7","unit":"days","basis":"高温令"}'::jsonb || p_more)) $$;
SELECT is(pg_temp.announce('insp', '{}'), 'QR403 right', 'not everybody announces');
SELECT is(pg_temp.announce(v.who, v.more::jsonb), v.want, v.want || ' ' || v.more)
FROM (VALUES ('off', '{"org":"310107000000"}', 'QR422 org:unknown'), ('off', '{"org":""}', 'QR422 org:missing'),
	('off', '{"what":"snow"}', 'QR422 what:unknown'), ('off', '{"what":null}', 'QR422 what:missing'),
	('off', '{"duty":""}', 'QR422 duty:missing'), ('off', '{"duty":"tank"}', 'QR422 duty:unknown'),
	('off', '{"duty":"tank/clean"}', 'QR422 duty:unknown'), ('off', '{"duty":"roof_tank/inspect"}', 'QR422 duty:none_here'),
	('off', '{"duty":"lift/inspect"}', 'QR422 duty:none_here'), ('off', '{"on":""}', 'QR422 on:missing'),
	('off', '{"on":"2026-02-30"}', 'QR422 on:form'), ('off', '{"on":"2026-12-23"}', 'QR422 on:in_future'),
	('off', '{"on":"2025-11-20"}', 'QR422 on:too_old'), ('off', '{"within":""}', 'QR422 within:missing'),
	('off', '{"within":"-1"}', 'QR422 within:bad_value'), ('off', '{"within":"367"}', 'QR422 within:bad_value'),
	('off', '{"unit":"work_days","within":"251"}', 'QR422 within:bad_value'), ('off', '{"unit":"weeks"}', 'QR422 unit:unknown'),
	('off', '{"basis":" "}', 'QR422 basis:missing'), ('off', jsonb_build_object('basis', repeat('x', 201))::text, 'QR422 basis:too_long'),
	('off', '{"what":"","within":"","basis":""}', 'QR422 what:missing within:missing basis:missing')) AS v (who, more, want);
DELETE FROM core.job WHERE kind = 'rebuild';
SELECT is(pg_temp.announce('off', '{}'), 'done', 'heat is announced');
SELECT is((SELECT string_agg(j.args::text, ' ') FROM core.job j WHERE j.kind = 'rebuild' AND j.done_at IS NULL),
	'{"org": "310107021000", "kind": "roof_tank", "only": "facilities"}', 'a job builds the documents');
SELECT is(pg_temp.due('E1'), 'clean 2026-11-27 event 2026-11-20, test 2025-04-01 since 2025-01-01', 'a new clock');
SELECT is(pg_temp.due('E2'), 'clean 2027-05-21 record 2026-11-21, test 2025-04-01 since 2025-01-01', 'done since');
SELECT is(pg_temp.due('A'), 'clean 2026-11-27 event 2026-11-20, test 2026-11-30 since 2026-08-31', 'never done yet');
SELECT is(pg_temp.due('B'), 'clean 2026-11-14 record 2026-05-14, test 2027-01-01 record 2026-10-01', 'what is due before stays');
SELECT is((SELECT d.why -> 'event' ->> 'what' FROM core.duties_of(ARRAY[pg_temp.id('E1')]) d WHERE d.type = 'clean'), 'heat', 'what for');
-- the job itself
UPDATE core.job SET lease_until = now() + interval '1 minute', leased_by = 'w' WHERE kind = 'rebuild' AND done_at IS NULL;
SELECT is((SELECT api.job_rebuild(j.id, 'w', 3)), 3, 'three at a time') FROM core.job j WHERE kind = 'rebuild' AND done_at IS NULL;
SELECT cmp_ok((SELECT api.job_rebuild(j.id, 'w', 100)), '>=', 1, 'then the rest') FROM core.job j WHERE kind = 'rebuild' AND done_at IS NULL;
SELECT is((SELECT api.job_rebuild(j.id, 'w', 100)), 0, 'and no labels') FROM core.job j WHERE kind = 'rebuild' AND done_at IS NULL;
SELECT is(pg_temp.fdoc('E1') -> 'duties' -> 0 ->> 'why',
	'{"base":"event","on":"2026-11-20","days":7,"regular":"2027-05-10","what":"heat","basis":"高温令"}', 'the document says why');
-- another kind of clock, from above, in working days
SELECT is(pg_temp.announce('dist', '{"org":"310107000000","what":"typhoon","within":"3","unit":"work_days","basis":"b"}'), 'done', 'the district');
SELECT is(pg_temp.due('E1'), 'clean 2026-11-25 event 2026-11-20, test 2025-04-01 since 2025-01-01', 'the earlier one counts');
-- what is shown
CREATE FUNCTION pg_temp.list(p_who text) RETURNS json LANGUAGE sql AS $$ SELECT api.staff_events(sha256(p_who::bytea))::json $$;
SELECT is((SELECT string_agg(concat_ws(' ', e ->> 'what', e -> 'org' ->> 'code', e ->> 'due', e ->> 'facilities', e ->> 'can'), ', ')
	FROM json_array_elements(pg_temp.list('off') -> 'events') e),
	'typhoon 310107000000 2026-11-25 5, heat 310107021000 2026-11-27 5 true', 'both hold here; the district''s is the district''s');
SELECT is((SELECT string_agg(o ->> 'code', ' ') FROM json_array_elements(pg_temp.list('off') -> 'orgs') o), '310107021000', 'one''s own area');
SELECT is((SELECT string_agg(concat_ws('/', d ->> 'kind', d ->> 'type'), ' ') FROM json_array_elements(pg_temp.list('off') -> 'duties') d
	WHERE d ->> 'kind' = 'roof_tank'), 'roof_tank/clean roof_tank/test', 'by the rules in force');
SELECT is((SELECT string_agg(x ->> 'code', ' ') FROM json_array_elements(pg_temp.list('off') -> 'failed') x), pg_temp.f('F'), 'failed ones beside them');
CREATE FUNCTION pg_temp.ev(p_what text) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT id FROM core.event WHERE what = p_what $$;
SELECT is((SELECT concat_ws(' ', x ->> 'done', x ->> 'todo', json_array_length(x -> 'facilities'))
	FROM (SELECT api.staff_event(sha256('off'), pg_temp.ev('heat'))::json AS x) q), '1 4 4', 'how far it has come');
SELECT is(pg_temp.says('SELECT api.staff_event(sha256(''off''), 999)'), 'QR404', 'there is none');
-- ended
SELECT is(pg_temp.says(format('SELECT api.staff_event_end(sha256(''off''), %s, ''over'')', pg_temp.ev('typhoon'))), 'QR404', 'not ended from below');
SELECT is(pg_temp.says(format('SELECT api.staff_event_end(sha256(''dist''), %s, '' '')', pg_temp.ev('typhoon'))), 'QR422 reason:missing', 'a reason');
SELECT is(pg_temp.says(format('SELECT api.staff_event_end(sha256(''dist''), %s, ''It passed.'')', pg_temp.ev('typhoon'))), 'done', 'ended');
SELECT is(pg_temp.due('E1'), 'clean 2026-11-27 event 2026-11-20, test 2025-04-01 since 2025-01-01', 'the other one still holds');
SELECT is(pg_temp.says(format('SELECT api.staff_event_end(sha256(''dist''), %s, ''x'')', pg_temp.ev('typhoon'))), 'QR409 ended', 'once');
SELECT is((SELECT e -> 'ended' ->> 'reason' FROM json_array_elements(pg_temp.list('off') -> 'events') e WHERE e ->> 'what' = 'typhoon'),
	'It passed.', 'it says why');
SELECT is((SELECT string_agg(a.what, ' ' ORDER BY a.id) FROM core.audit a WHERE a.what LIKE 'event%'), 'event.add event.add event.end', 'all in the audit');
SELECT throws_ok($$ UPDATE core.event SET days = 9 $$, 'QR409');
SELECT throws_ok($$ DELETE FROM core.event $$, 'QR409');
SELECT throws_ok($$ TRUNCATE core.event CASCADE $$, 'QR409');
SELECT pg_temp.agree();

-- To be public within working days, instead of hours.
SELECT is(core.post_deadline((SELECT id FROM core.org WHERE code = '310107021000'), v.at::timestamptz, v.h::smallint, v.d::smallint),
	v.want::timestamptz, v.at || ' ' || coalesce(v.d, v.h))
FROM (VALUES ('2026-09-18 11:00+08', 24, NULL, '2026-09-19 11:00+08'), ('2026-09-18 11:00+08', NULL, 3, '2026-09-23 00:00+08'),
	('2026-09-18 23:59+08', NULL, 1, '2026-09-21 00:00+08'), ('2026-09-18 16:30+00', NULL, 1, '2026-09-21 00:00+08'),
	('2026-09-18 11:00+08', NULL, NULL, NULL)) AS v (at, h, d, want);
SELECT * FROM finish();
ROLLBACK;
