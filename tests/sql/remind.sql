-- Reminders: steps over a span of days, days that were missed, whom the rules name, by hand, inboxes,
-- what is done, the daily job.
\ir fixture.inc
\ir staff.inc
\ir upload.inc
SELECT * FROM no_plan();
-- The steps, by themselves.
SELECT is(ARRAY(SELECT core.remind_step('{-30,-7,0,7}', 7::smallint, d) FROM unnest('{-31,-30,-8,-7,-1,0,6,7,13,14,20,21,700}'::int[]) d),
	'{NULL,-30,-30,-7,-7,0,0,7,7,14,14,21,700}', 'steps, and every week behind the last');
SELECT is(ARRAY(SELECT core.remind_step('{-3,5}', NULL, d) FROM unnest('{-4,-3,4,5,99}'::int[]) d), '{NULL,-3,-3,5,5}', 'without an end the last one stays');
SELECT throws_ok($$ INSERT INTO core.remind_rule (code, org_id, valid_from, steps, basis)
	SELECT 'x', id, '2020-01-01', '{0,-7}', 'x' FROM core.org LIMIT 1 $$, '23514', NULL, 'steps rise');

-- A tank cleaned on 2026-06-01 is due on 2026-12-01; its test counts from there too: 2026-09-01.
SELECT pg_temp.put_records('[{"line":1,"key":"r1","facility_key":"A","type":"clean","performed_on":"2026-06-01"}]');
SELECT is((SELECT string_agg(type || ' ' || due, ', ' ORDER BY due) FROM core.remind_duties(ARRAY[(SELECT id FROM core.facility WHERE code = pg_temp.f('A'))])),
	(SELECT string_agg((x ->> 'type') || ' ' || (x ->> 'due'), ', ' ORDER BY x ->> 'due') FROM json_array_elements(pg_temp.fdoc('A') -> 'duties') x WHERE x ->> 'due' IS NOT NULL),
	'due is what the document says');
CREATE FUNCTION pg_temp.steps(p_key text, p_type text) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT string_agg(to_char(m.on_day, 'MM-DD') || ':' || m.step, ' ' ORDER BY m.id) FROM core.reminder m
	JOIN core.facility f ON f.id = m.facility_id WHERE f.code = pg_temp.f(p_key) AND m.type = p_type AND m.step IS NOT NULL $$;
CREATE FUNCTION pg_temp.days(p_from date, p_to date, p_every int DEFAULT 1) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 0 .. (p_to - p_from) / p_every LOOP
		UPDATE core.site SET clock = (p_from + i * p_every)::timestamp AT TIME ZONE 'Asia/Shanghai' + interval '6 hours';
		PERFORM core.remind_day();
	END LOOP;
END
$$;
SELECT pg_temp.days('2026-10-20', '2027-01-05');
SELECT is(pg_temp.steps('A', 'clean'), '11-01:-30 11-24:-7 12-01:0 12-08:7 12-15:14 12-22:21 12-29:28 01-05:35',
	'every day for eleven weeks: each step on its day');
SELECT is((SELECT count(*) FROM core.reminder m JOIN core.facility f ON f.id = m.facility_id WHERE f.code = pg_temp.f('A') AND m.type = 'clean'),
	8::bigint, 'and none twice');
SELECT is(core.remind_day(), 0, 'the same day again says nothing');
-- who was told
CREATE FUNCTION pg_temp.told(p_key text, p_type text, p_step int) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT string_agg(coalesce(p.name, o.name), ' ' ORDER BY p.id IS NULL, cardinality(o.path) DESC) FROM core.reminder m
	JOIN core.facility f ON f.id = m.facility_id JOIN core.reminder_to t ON t.reminder_id = m.id
	LEFT JOIN core.org o ON o.id = t.org_id LEFT JOIN core.party p ON p.id = t.party_id
	WHERE f.code = pg_temp.f(p_key) AND m.type = p_type AND m.step = p_step $$;
SELECT is(pg_temp.told('A', 'clean', -30), '中环物业', 'a month before: the firm');
SELECT is(pg_temp.told('A', 'clean', 0), '中环物业 万里街道', 'on the day: the office too');
SELECT is(pg_temp.told('A', 'clean', 7), '中环物业 万里街道 普陀区', 'after a week: the one above');
SELECT is(pg_temp.told('A', 'clean', 28), '中环物业 万里街道 普陀区 上海市', 'after four weeks: the next, and nobody above it');
SELECT is(pg_temp.told('B', 'clean', (SELECT min(step) FROM core.reminder m JOIN core.facility f ON f.id = m.facility_id
	WHERE f.code = pg_temp.f('B') AND m.type = 'clean')), '杨浦区 上海市', 'nobody manages it: the offices');

-- A firm that comes later, an area without an office above, a rule of its own nearer by.
INSERT INTO core.remind_rule (code, kind_id, org_id, valid_from, steps, every, basis)
SELECT 'near', k.id, o.id, '2027-01-06', '{-14,40}', NULL, 'nearer' FROM core.org o, core.kind k WHERE o.code = '310107021000' AND k.code = 'roof_tank';
INSERT INTO core.remind_to (rule_id, whom, up, from_step) SELECT id, 'office', 1, 0 FROM core.remind_rule WHERE code = 'near';
SELECT pg_temp.days('2027-01-06', '2027-01-31');
SELECT is(pg_temp.steps('A', 'clean'), '11-01:-30 11-24:-7 12-01:0 12-08:7 12-15:14 12-22:21 12-29:28 01-05:35 01-06:-14 01-10:40',
	'the nearest rule in force counts; its newest step is said once');
SELECT is(pg_temp.told('A', 'clean', -14), '万里街道', 'nobody is named yet: the office of the place');
SELECT is(pg_temp.told('A', 'clean', 40), '普陀区', 'the next level by the rule');
UPDATE core.remind_rule SET valid_to = '2027-01-31' WHERE code = 'near';

-- Down for weeks: only the newest step.
SELECT pg_temp.days('2027-03-03', '2027-03-03');
SELECT alike(pg_temp.steps('A', 'clean'), '%01-10:40 03-03:91', 'after weeks without it only the newest step');
-- Done: the clock begins anew, the old one is silent.
SELECT pg_temp.put_records('[{"line":1,"key":"r2","facility_key":"A","type":"clean","performed_on":"2027-03-03"}]');
SELECT pg_temp.days('2027-03-04', '2027-09-03', 7);
SELECT alike(pg_temp.steps('A', 'clean'), '%03-03:91 08-05:-30 09-02:-7', 'done: silent until a month before the next, found a few days late');
-- Daily cleaning: no warning a month before what is due tomorrow.
SELECT pg_temp.put_records('[{"line":1,"key":"c1","facility_key":"C","type":"clean","performed_on":"2027-09-02"}]');
DELETE FROM core.remind_to WHERE rule_id = (SELECT id FROM core.remind_rule WHERE code = 'sh-remind-toilet');
DELETE FROM core.remind_rule WHERE code = 'sh-remind-toilet';
SELECT pg_temp.days('2027-09-03', '2027-09-04');
SELECT is((SELECT string_agg(step::text, ' ') FROM core.reminder m JOIN core.facility f ON f.id = m.facility_id
	WHERE f.code = pg_temp.f('C') AND m.due = '2027-09-03'), '0', 'steps before the clock began are not said');
-- Out of service.
INSERT INTO core.facility_status (facility_id, since, n, status) SELECT id, '2027-09-05', 1, 'suspended' FROM core.facility WHERE code = pg_temp.f('A');
SELECT pg_temp.clock('2027-09-05 06:00+08');
SELECT core.publish('facilities', ARRAY(SELECT id FROM core.facility));
SELECT pg_temp.days('2027-09-05', '2027-10-20', 5);
SELECT alike(pg_temp.steps('A', 'clean'), '%09-02:-7 09-03:0', 'suspended: nothing');

-- Inboxes.
SELECT pg_temp.clock('2027-10-20 10:00+08');
SELECT is(api.staff_inbox(pg_temp.s('hall'), NULL, NULL)::json ->> 'what', 'open', 'an inbox');
SELECT is((SELECT count(*) FROM json_array_elements(api.staff_inbox(pg_temp.s('hall'), 'all', NULL)::json -> 'rows') r WHERE r #>> '{facility,code}' = pg_temp.f('A') AND r ->> 'done' = 'true'),
	2::bigint, 'what was suspended is no longer open');
SELECT is(api.staff_inbox(pg_temp.s('hall'), 'open', NULL)::json #>> '{rows,0,facility,code}', pg_temp.f('C'), 'what nobody has seen');
SELECT is(api.staff_inbox(pg_temp.s('hall'), 'open', NULL)::json #>> '{me,unread}', '1', 'every page says how many');
SELECT is(json_array_length(api.staff_inbox(pg_temp.s('away'), 'all', NULL)::json -> 'rows'), 2, 'one row a duty, however often');
SELECT is(json_array_length(api.staff_inbox(pg_temp.s('clean'), 'all', NULL)::json -> 'rows'), 0, 'others have theirs');
SELECT is(pg_temp.says($$ SELECT api.staff_inbox('\x00', 'all', NULL) $$), 'QR401 none', 'not without a session');
SELECT is(api.staff_inbox_seen(pg_temp.s('away'), ARRAY(SELECT id FROM core.inbox WHERE org_id = (SELECT id FROM core.org WHERE code = '310107021000')), NULL),
	'{"seen":0}', 'nobody clears the inbox of others');
SELECT is(api.staff_inbox_seen(pg_temp.s('hall'), ARRAY(SELECT (r ->> 'id')::bigint FROM json_array_elements(api.staff_inbox(pg_temp.s('hall'), 'open', NULL)::json -> 'rows') r), NULL),
	'{"seen":1}', 'seen');
SELECT is(api.staff_inbox(pg_temp.s('sup'), 'open', NULL)::json #>> '{me,unread}', NULL, 'for all of the office');
SELECT is(api.staff_inbox(pg_temp.s('sup'), 'all', NULL)::json #>> '{rows,0,seen,by}', 'N hall', 'who it was stands there');
SELECT is(api.staff_facility(pg_temp.s('hall'), pg_temp.f('C'))::json #>> '{reminders,0,seen}', '2027-10-20T10:00:00+08:00', 'and in the history of the facility');
SELECT is(api.staff_facility(pg_temp.s('hall'), pg_temp.f('C'))::json #>> '{reminders,0,to,0}', '万里街道', 'which says who was told');
SELECT is(api.staff_inbox_seen(pg_temp.s('away'), NULL, (SELECT max(id) FROM core.reminder)), '{"seen":2}', 'all up to one');
SELECT pg_temp.user('city', 'admin', '{"org":"310000000000"}');
SELECT pg_temp.session('city');
SELECT cmp_ok(json_array_length(api.staff_inbox(pg_temp.s('city'), 'below', NULL)::json -> 'rows'), '>', 2, 'what stands below');
SELECT is(json_array_length(api.staff_inbox(pg_temp.s('hall'), 'below', NULL)::json -> 'rows'), 0, 'nothing lies below');

-- By hand.
SELECT is(pg_temp.says($$ SELECT api.staff_remind(pg_temp.s('mgr'), ARRAY[pg_temp.f('A')]) $$), 'QR403 right', 'a firm reminds nobody');
SELECT is(pg_temp.says($$ SELECT api.staff_remind(pg_temp.s('hall'), '{}') $$), 'QR422 codes:missing', 'of nothing');
SELECT is(pg_temp.says($$ SELECT api.staff_remind(pg_temp.s('hall'), array_fill('x'::text, ARRAY[1]) || ARRAY(SELECT i::text FROM generate_series(1, 1000) i)) $$),
	'QR422 codes:too_many', 'of too many');
SELECT is(api.staff_remind(pg_temp.s('hall'), ARRAY[pg_temp.f('C'), lower(pg_temp.f('C')), pg_temp.f('A'), pg_temp.f('B'), 'X'])::jsonb,
	jsonb_build_object('reminded', 1, 'skipped', (SELECT jsonb_agg(v ORDER BY v ->> 'code') FROM unnest(ARRAY[jsonb_build_object('code', pg_temp.f('A'), 'why', 'status'),
		jsonb_build_object('code', pg_temp.f('B'), 'why', 'unknown'), '{"code":"X","why":"unknown"}']) v)), 'by hand: what is due and in the scope');
SELECT is(api.staff_remind(pg_temp.s('hall'), ARRAY[pg_temp.f('C')])::json #>> '{skipped,0,why}', 'today', 'once a day');
SELECT is(api.staff_facility(pg_temp.s('hall'), pg_temp.f('C'))::json #>> '{reminders,0,by}', 'N hall', 'with a name');
SELECT is(api.staff_inbox(pg_temp.s('hall'), 'open', NULL)::json #>> '{rows,0,times}', (SELECT count(*)::text FROM core.reminder m JOIN core.facility f ON f.id = m.facility_id
	WHERE f.code = pg_temp.f('C') AND m.due = '2027-09-03'), 'it is open again, and says how often');
SELECT is((SELECT what || ' ' || detail::text FROM core.audit ORDER BY seq DESC LIMIT 1), 'remind {"reminded": 1}', 'the audit has it');
SELECT pg_temp.put_records('[{"line":1,"key":"c2","facility_key":"C","type":"clean","performed_on":"2027-10-20"}]');
SELECT is(api.staff_inbox(pg_temp.s('hall'), 'open', NULL)::json ->> 'rows', '[]', 'done: no longer open, before the night comes');
SELECT is(api.staff_remind(pg_temp.s('hall'), ARRAY[pg_temp.f('C')])::json #>> '{skipped,0,why}', 'not_due', 'and nothing to remind of');

-- The job: in steps, by whoever holds the lease, to its end.
SELECT is(pg_temp.says($$ SELECT api.job_remind((SELECT id FROM core.job WHERE kind = 'remind'), 'x', 1) $$), 'QR409', 'not without the lease');
SELECT pg_temp.clock('2027-10-28 06:00+08');
UPDATE core.job SET leased_by = 'x' WHERE kind = 'remind';
CREATE FUNCTION pg_temp.run() RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	i int := 1;
BEGIN
	WHILE api.job_remind((SELECT id FROM core.job WHERE kind = 'remind'), 'x', 1) > 0 LOOP
		i := i + 1;
		IF i > 1000 THEN
			RAISE EXCEPTION 'without end';
		END IF;
	END LOOP;
	RETURN i;
END
$$;
SELECT cmp_ok(pg_temp.run(), '>', 3, 'it comes to its end in steps');
SELECT is((SELECT max(m.on_day) FROM core.reminder m JOIN core.facility f ON f.id = m.facility_id WHERE f.code = pg_temp.f('B')), '2027-10-28'::date, 'and has reminded');
SELECT is(core.remind_day(), 0, 'of everything');
SELECT is((SELECT args FROM core.job WHERE kind = 'remind'), '{}', 'the next day begins anew');
SELECT throws_ok($$ DELETE FROM core.reminder $$, 'QR409', NULL, 'what was said stays');
SELECT * FROM finish();
ROLLBACK;
