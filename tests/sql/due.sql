-- Due dates, lateness, states.
\ir fixture.inc
SELECT * FROM no_plan();
SELECT is(core.due(v.done::date, v.m::smallint, v.d::smallint), v.want::date,
	format('%s + %s months %s days', v.done, v.m, v.d))
FROM (VALUES ('2026-05-14', 6, NULL, '2026-11-14'), ('2026-08-31', 6, NULL, '2027-02-28'),
	('2023-08-31', 6, NULL, '2024-02-29'), ('2024-02-29', 12, NULL, '2025-02-28'),
	('2024-02-29', 48, NULL, '2028-02-29'), ('2026-01-31', 1, NULL, '2026-02-28'),
	('2026-11-30', 3, NULL, '2027-02-28'), ('2026-12-31', 6, NULL, '2027-06-30'),
	('2026-02-28', NULL, 1, '2026-03-01'), ('2028-02-28', NULL, 1, '2028-02-29'),
	('2026-12-25', NULL, 15, '2027-01-09'), ('2026-01-31', 1, 1, '2026-03-01'),
	('2026-01-31', NULL, NULL, NULL)) AS v (done, m, d, want);

-- Through the import: due and late of each record, what is due next.
SELECT pg_temp.tank('L');
SELECT is(pg_temp.put_records('[
	{"line":1,"key":"1","facility_key":"L","type":"clean","performed_on":"2025-05-14"},
	{"line":2,"key":"2","facility_key":"L","type":"clean","performed_on":"2025-11-20"},
	{"line":3,"key":"3","facility_key":"L","type":"clean","performed_on":"2026-05-14"},
	{"line":4,"key":"4","facility_key":"L","type":"clean","performed_to":"2026-11-12T09:30:00+08:00",
		"performed_from":"2026-11-12T08:00:00+08:00","results":[{"item":"ph","num":"7.6"}]}]'),
	'4+4~0=0-0 t', 'four cleanings');
SELECT is((SELECT string_agg(concat_ws(' ', e ->> 'date', e ->> 'due', e ->> 'late_days'), ', ')
	FROM json_array_elements(pg_temp.fdoc('L') -> 'timeline') e),
	'2026-11-12 2026-11-14 0, 2026-05-14 2026-05-20 0, 2025-11-20 2025-11-14 6, 2025-05-14',
	'the second was six days late');
SELECT is((SELECT string_agg(concat_ws(' ', d ->> 'type', d ->> 'last', d ->> 'due', d ->> 'rule'), ', ')
	FROM json_array_elements(pg_temp.fdoc('L') -> 'duties') d),
	'clean 2026-11-12 2027-05-12 sh-clean, test 2026-11-12 2027-02-12 sh-test',
	'a cleaning with results counts as a test');
-- a record of an earlier day that comes later shifts what follows
SELECT pg_temp.put_records('[{"line":1,"key":"5","facility_key":"L","type":"clean","performed_on":"2025-09-01"}]');
SELECT is((SELECT string_agg(concat_ws(' ', e ->> 'date', e ->> 'due', e ->> 'late_days'), ', ')
	FROM json_array_elements(pg_temp.fdoc('L') -> 'timeline') e),
	'2026-11-12 2026-11-14 0, 2026-05-14 2026-05-20 0, 2025-11-20 2026-03-01 0, 2025-09-01 2025-11-14 0, 2025-05-14',
	'what follows is reckoned anew');
SELECT is((SELECT r.seq FROM core.record r WHERE r.id = pg_temp.r('5')), 5, 'its number is the next all the same');

-- Rules begin and end; the nearest office's wins.
INSERT INTO core.rule (code, kind_id, type, org_id, valid_from, valid_to, rank, months, basis)
SELECT 'pt-clean', k.id, 'clean', o.id, '2026-12-01', '2027-03-31', 1, 3, '试行' FROM core.kind k, core.org o
WHERE k.code = 'roof_tank' AND o.code = '310107000000';
SELECT core.publish_all();
SELECT is((SELECT next_change FROM core.document WHERE kind = 'facility' AND key = pg_temp.f('L')),
	'2026-12-01'::date, 'next change: the day the rule begins');
SELECT is(api.publish_due(10), 0, 'nothing to do before');
UPDATE core.site SET clock = '2026-12-01 00:00:00+08';
SELECT is(api.publish_due(10), 1, 'on the day it is built again');
SELECT is(api.publish_due(10), 0, 'once');
SELECT is(pg_temp.fdoc('L') -> 'duties' -> 0 ->> 'due', '2027-02-12', 'by the stricter rule');
SELECT is((SELECT next_change FROM core.document WHERE kind = 'facility' AND key = pg_temp.f('L')),
	'2027-04-01'::date, 'next change: the day after its last');
UPDATE core.site SET clock = '2027-04-01 00:00:00+08';
SELECT api.publish_due(10);
SELECT is(pg_temp.fdoc('L') -> 'duties' -> 0 ->> 'due', '2027-05-12', 'the city''s rule again');
UPDATE core.site SET clock = '2026-11-22 10:00:00+08';
DELETE FROM core.rule WHERE code = 'pt-clean';
SELECT core.publish_all();

-- The day of the deployment, not of UTC.
UPDATE core.site SET clock = '2026-11-22 15:59:59+00';
SELECT is(core.today(), '2026-11-22'::date, 'one second before midnight in Shanghai');
UPDATE core.site SET clock = '2026-11-22 16:00:00+00';
SELECT is(core.today(), '2026-11-23'::date, 'midnight in Shanghai');
UPDATE core.site SET clock = '2026-11-22 10:00:00+08';

-- State: one table, most urgent first (the twin of qrsvc/app/state.c).
CREATE FUNCTION pg_temp.s(p_status text, p_failed boolean, p_duties text, p_on date) RETURNS text LANGUAGE sql AS $$
	SELECT core.state_of(('{"status":"' || p_status || '","duties":[' || p_duties || ']'
		|| CASE WHEN p_failed THEN ',"failed":{"record":"x","date":"2026-01-01"}' ELSE '' END || '}')::json, p_on) $$;
SELECT is(pg_temp.s(v.status, v.failed, v.duties, '2026-11-22'), v.want, v.name)
FROM (VALUES
	('in_service', false, '{"type":"clean","last":"2026-11-01","due":"2027-05-01","soon_days":30}', 'on_time', 'far away'),
	('in_service', false, '{"type":"clean","last":"2026-11-01","due":"2026-12-23","soon_days":30}', 'on_time', '31 days'),
	('in_service', false, '{"type":"clean","last":"2026-11-01","due":"2026-12-22","soon_days":30}', 'due_soon', '30 days'),
	('in_service', false, '{"type":"clean","last":"2026-11-01","due":"2026-11-22","soon_days":30}', 'due_soon', 'today'),
	('in_service', false, '{"type":"clean","last":"2026-11-01","due":"2026-11-22","soon_days":0}', 'due_soon', 'today without notice'),
	('in_service', false, '{"type":"clean","last":"2026-11-01","due":"2026-11-21","soon_days":30}', 'overdue', 'yesterday'),
	('in_service', false, '{"type":"clean","due":"2026-11-21","soon_days":30}', 'no_record', 'never, though due'),
	('in_service', false, '{"type":"clean","soon_days":30}', 'no_record', 'never, nothing due'),
	('in_service', false, '', 'no_record', 'no duties'),
	('in_service', false, '{"type":"clean","last":"2026-11-01","soon_days":30}', 'on_time', 'done, nothing due'),
	('in_service', false, '{"type":"clean","last":"2026-11-01","due":"2027-05-01","soon_days":30},{"type":"test","due":"2026-11-01","soon_days":30}', 'overdue', 'a second duty never done counts when the main one was done'),
	('in_service', false, '{"type":"clean","due":"2026-11-01","soon_days":30},{"type":"test","due":"2026-11-01","soon_days":30}', 'no_record', 'but not when neither was'),
	('in_service', false, '{"type":"clean","due":"2026-11-01","soon_days":30},{"type":"test","last":"2026-08-01","due":"2026-11-01","soon_days":30}', 'overdue', 'a second duty once done, now late'),
	('in_service', false, '{"type":"clean","last":"2026-11-01","due":"2027-05-01","soon_days":30},{"type":"test","last":"2026-11-01","due":"2026-12-01","soon_days":30}', 'due_soon', 'a second duty soon'),
	('in_service', true, '{"type":"clean","last":"2026-01-01","due":"2026-07-01","soon_days":30}', 'failed', 'failed before overdue'),
	('in_service', true, '', 'failed', 'failed before no record'),
	('suspended', true, '{"type":"clean","last":"2026-01-01","due":"2026-07-01","soon_days":30}', 'suspended', 'suspended before failed'),
	('retired', true, '{"type":"clean","last":"2026-01-01","due":"2026-07-01","soon_days":30}', 'retired', 'retired before all')
) AS v (status, failed, duties, want, name);
SELECT is(api.facility_state(pg_temp.f('L'), v.day::date), v.want, 'stored document on ' || v.day)
FROM (VALUES ('2026-11-22', 'on_time'), ('2027-01-12', 'on_time'), ('2027-01-13', 'due_soon'),
	('2027-02-12', 'due_soon'), ('2027-02-13', 'overdue')) AS v (day, want);
SELECT is(api.facility_state('0K7M2Q9XH', '2026-11-22'), NULL, 'no such facility');

-- A failure lasts until something cures it.
SELECT pg_temp.tank('F');
SELECT pg_temp.put_records('[
	{"line":1,"key":"f1","facility_key":"F","type":"clean","performed_on":"2026-08-01","results":[{"item":"ph","num":"7.0"}]},
	{"line":2,"key":"f2","facility_key":"F","type":"test","performed_on":"2026-09-01","results":[{"item":"ph","num":"7.0"},{"item":"e_coli","word":"detected"}]},
	{"line":3,"key":"f3","facility_key":"F","type":"clean","performed_on":"2026-09-02"}]');
SELECT is(pg_temp.fdoc('F') -> 'failed' ->> 'date', '2026-09-01', 'one bad value fails the test');
SELECT is(pg_temp.fdoc('F') -> 'failed' ->> 'record', pg_temp.r('f2')::text, 'and is named');
SELECT is(api.facility_state(pg_temp.f('F'), '2026-11-22'), 'failed', 'a cleaning without a test cures nothing');
SELECT pg_temp.put_records('[{"line":1,"key":"f4","facility_key":"F","type":"clean","performed_on":"2026-09-05",
	"results":[{"item":"e_coli","word":"not_detected"}]}]');
SELECT is(pg_temp.fdoc('F') ->> 'failed', NULL, 'a cleaning with a passing test does (rule data)');
SELECT pg_temp.put_records('[{"line":1,"key":"f5","facility_key":"F","type":"test","performed_on":"2026-09-03",
	"results":[{"item":"turbidity","num":"4"}]}]');
SELECT is(pg_temp.fdoc('F') ->> 'failed', NULL, 'an earlier failure that comes in later is cured already');
SELECT * FROM finish();
ROLLBACK;
