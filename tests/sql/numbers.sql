-- Numbers for evaluation: deadlines met and missed, publication, coverage, reminders; by office and month.
\ir fixture.inc
\ir staff.inc
\ir upload.inc
SELECT * FROM no_plan();
-- A kind of its own, so that no rule of the seeds has a part: cleaned every two months, at once public.
INSERT INTO core.kind (code, rank, data) VALUES ('pump', 99, '{"name":{"zh-CN":"泵","en":"Pump"},"types":{"clean":{"name":{"zh-CN":"清洗","en":"Cleaning"},"roles":["cleaner"],"slots":[],"fields":[]}}}');
INSERT INTO core.rule (code, kind_id, type, org_id, valid_from, rank, months, post_hours, basis)
SELECT 'pump-clean', k.id, 'clean', o.id, '2020-01-01', 1, 2, 24, 'test' FROM core.kind k, core.org o WHERE k.code = 'pump' AND o.code = '310000000000';
SELECT pg_temp.put_facilities('[
	{"line":1,"key":"P1","kind":"pump","org":"310107021000","place_key":"x1","place_name":"甲","since":"2026-01-10"},
	{"line":2,"key":"P2","kind":"pump","org":"310107021000","place_key":"x1","place_name":"甲","since":"2026-01-10"},
	{"line":3,"key":"P3","kind":"pump","org":"310107020000","place_key":"x2","place_name":"乙","since":"2026-01-10"},
	{"line":4,"key":"P4","kind":"pump","org":"310107020000","place_key":"x2","place_name":"乙","since":"2026-01-10"}]');
SELECT core.status_add((SELECT id FROM core.facility WHERE code = pg_temp.f('P4')), '2026-03-01', 'suspended', 'test');
SELECT pg_temp.put_records('[
	{"line":1,"key":"a","facility_key":"P1","type":"clean","performed_on":"2026-03-10"},
	{"line":2,"key":"b","facility_key":"P1","type":"clean","performed_on":"2026-05-20"},
	{"line":3,"key":"c","facility_key":"P2","type":"clean","performed_on":"2026-03-01"},
	{"line":4,"key":"d","facility_key":"P3","type":"clean","performed_on":"2026-02-01"}]');
SELECT pg_temp.user('put', 'supervisor', '{"org":"310107000000"}'), pg_temp.session('put') IS NOT NULL;
CREATE FUNCTION pg_temp.row(p_org text, p_month text, p_office text DEFAULT NULL) RETURNS json LANGUAGE sql AS $$
	SELECT r FROM json_array_elements(api.staff_numbers(sha256('put'), p_office, '2026-01-01', '2026-11-22')::json -> 'rows') r
	WHERE r -> 'org' ->> 'code' = p_org AND r ->> 'month' = p_month $$;
CREATE FUNCTION pg_temp.due(p_org text, p_month text) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', r ->> 'due', r ->> 'on_time', r ->> 'late_median') FROM pg_temp.row(p_org, p_month) r $$;
-- March: P1 (from January 10th) is due on March 10th and done that day, P2 is done before; P3 did it in February, P4 is suspended.
SELECT is(pg_temp.due('310107021000', '2026-03'), '2 2', 'due in March, done by the day and before');
SELECT is(pg_temp.due('310107020000', '2026-03'), '1 1', 'what is suspended owes nothing');
SELECT is(pg_temp.due('310107000000', '2026-03'), '3 3', 'the office above has both');
-- April: P3 of February 1st, never again. May: P1 of March 10th ten days late, P2 of March 1st never.
SELECT is(pg_temp.due('310107020000', '2026-04'), '1 0 235', 'never done: late until today');
SELECT is(pg_temp.due('310107021000', '2026-05'), '2 0 ' || ((10 + (date '2026-11-22' - date '2026-05-01')) / 2.0)::numeric(6, 1), 'the median of two');
SELECT is(pg_temp.due('310107021000', '2026-07'), '1 0 125', 'each deadline is counted once');
SELECT is(pg_temp.due('310107021000', '2026-08'), '0 0', 'and not again while nothing is done');
-- Coverage at the end of a month.
SELECT is(concat_ws(' ', r ->> 'facilities', r ->> 'with_record', r ->> 'with_label'), '2 1 0', 'in service, with a record by then') FROM pg_temp.row('310107020000', '2026-02') r;
SELECT is(concat_ws(' ', r ->> 'facilities', r ->> 'with_record'), '1 1', 'the suspended one has left') FROM pg_temp.row('310107020000', '2026-03') r;
SELECT is((pg_temp.row('310107020000', '2026-01') ->> 'with_record'), '0', 'none before its day');
-- Labels: bound today, to the place.
SELECT api.label_issue('t', '310107021000', 1);
SELECT api.label_bind('t', (SELECT max(code::text) FROM core.label), NULL, (SELECT p.code::text FROM core.place p WHERE p.name = '乙'), NULL, NULL);
SELECT is((pg_temp.row('310107020000', '2026-11') ->> 'with_label'), '1', 'a label of the place counts');
SELECT api.label_void('t', ARRAY[(SELECT max(code::text) FROM core.label)], 'x');
SELECT is((pg_temp.row('310107020000', '2026-11') ->> 'with_label'), '0', 'until it is void');
-- Publication: an upload made here at once, and one that waits.
UPDATE core.facility SET kind_id = (SELECT id FROM core.kind WHERE code = 'pump') WHERE code = pg_temp.f('A');
SELECT pg_temp.photo('p1'), pg_temp.photo('p2');
INSERT INTO core.publish_rule (code, org_id, valid_from, mode, basis) SELECT 'at-once', id, '2020-01-01', 'at_once', 'test' FROM core.org WHERE code = '310107021000';
SELECT pg_temp.put('{"type":"clean","photos":[],"fields":{},"results":[]}');
SELECT is(concat_ws(' ', r ->> 'posts', r ->> 'posts_in_time', r ->> 'post_median_h'), '1 1 1', 'public an hour after the work') FROM pg_temp.row('310107021000', '2026-11') r;
UPDATE core.rule SET post_hours = 1, valid_from = '2020-01-01' WHERE code = 'pump-clean';
UPDATE core.site SET clock = '2026-11-22 10:00:00+08';
SELECT is((pg_temp.row('310107021000', '2026-11') ->> 'posts_in_time'), '1', 'to the hour');
-- Reminders.
INSERT INTO core.reminder (facility_id, type, due, step, on_day, at) SELECT id, 'clean', '2026-05-01', s, '2026-05-02', core.now()
FROM core.facility, (VALUES (7), (14)) v (s) WHERE code = pg_temp.f('P2');
SELECT is((pg_temp.row('310107021000', '2026-05') ->> 'reminders'), '2', 'reminders of the month');
SELECT is((pg_temp.row('310107000000', '2026-05') ->> 'reminders'), '2', 'and of the office above');
-- Who asks for what.
SELECT is(json_array_length(api.staff_numbers(pg_temp.s('mgr'), NULL, '2026-10-01', '2026-11-22')::json -> 'rows'), 2, 'a firm has its own, one row a month');
SELECT is(api.staff_numbers(pg_temp.s('put'), '310107021000', '2026-10-15', '2026-12-31')::json #>> '{rows,0,from}', '2026-10-15', 'a month that is cut');
SELECT is(api.staff_numbers(pg_temp.s('put'), '310107021000', '2026-10-15', '2026-12-31')::json ->> 'to', '2026-11-22', 'no further than today');
SELECT is(pg_temp.says($$ SELECT api.staff_numbers(pg_temp.s('put'), '310110000000', '2026-10-01', '2026-11-22') $$), 'QR403 scope', 'not of others');
SELECT is(pg_temp.says($$ SELECT api.staff_numbers(pg_temp.s('put'), 'mars', '2026-10-01', '2026-11-22') $$), 'QR404', 'no such office');
SELECT is(pg_temp.says($$ SELECT api.staff_numbers(pg_temp.s('clean'), NULL, '2026-10-01', '2026-11-22') $$), 'QR403 right', 'inspectors do not');
SELECT is(pg_temp.says($$ SELECT api.staff_numbers(pg_temp.s('put'), NULL, '2020-01-01', '2026-11-22') $$), 'QR422 to:too_long', 'too many months');
SELECT is(pg_temp.says($$ SELECT api.staff_numbers(pg_temp.s('put'), NULL, '2026-11-02', '2026-11-01') $$), 'QR422 to:before_from', 'backwards');
SELECT * FROM finish();
ROLLBACK;
