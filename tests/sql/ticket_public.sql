-- What everybody sees of residents' reports: the page of a facility, published and hidden cases,
-- numbers that can be reckoned again from the lists, small counts that stay closed, the rating.
\ir fixture.inc
\ir staff.inc
SELECT * FROM no_plan();
SELECT pg_temp.put_facilities((SELECT json_agg(json_build_object('line', i, 'key', 'F' || i, 'kind', 'roof_tank',
	'org', (ARRAY['310107021000', '310107014000', '310110000000', '310107017000'])[i], 'place_key', 'p' || i, 'place_name', '小区' || i,
	'building', i || '号楼', 'since', '2024-01-01')) FROM generate_series(1, 4) i));
INSERT INTO core.ticket_kind (code, rank, name, clock) VALUES ('t_dirty', 900, '{"zh-CN":"水浑","en":"Dirty water"}', 'ordinary');

-- A case of F<i>, some hours ago; answered after p_hours.
CREATE FUNCTION pg_temp.case(p_f int, p_ago interval, p_hours int, p_level int DEFAULT NULL, p_answer text DEFAULT NULL,
	p_state text DEFAULT 'new') RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	was constant timestamptz := core.now();
	n bigint;
	org int := (SELECT p.org_id FROM core.facility f JOIN core.place p ON p.id = f.place_id WHERE f.code = pg_temp.f('F' || p_f));
BEGIN
	UPDATE core.site SET clock = was - p_ago;
	INSERT INTO core.ticket (receipt, key, first_org_id, org_id, year, no, kind, clock, facility_id, lang, at, state)
	SELECT core.code_random(), gen_random_uuid(), org, org, extract(year FROM core.today()), 1 + coalesce(max(t.no), 0), 't_dirty',
		'ordinary', (SELECT f.id FROM core.facility f WHERE f.code = pg_temp.f('F' || p_f)), 'zh-CN', core.now(), p_state
	FROM core.ticket t WHERE t.first_org_id = org AND t.year = extract(year FROM core.today()) RETURNING id INTO n;
	PERFORM core.ticket_act(n, 'received', NULL, NULL, NULL, NULL, NULL);
	IF p_hours IS NOT NULL THEN
		PERFORM core.ticket_act(n, 'accept', NULL, NULL, NULL, NULL, NULL);
		UPDATE core.site SET clock = was - p_ago + make_interval(hours => p_hours);
		PERFORM core.ticket_act(n, 'answer', NULL, NULL, coalesce(p_answer, '已处理'), NULL, NULL);
		IF p_answer IS NOT NULL THEN
			UPDATE core.ticket SET public_words = '楼上水发黄', public_answer = p_answer WHERE id = n;
			PERFORM core.ticket_act(n, 'publish', NULL, NULL, NULL, NULL, NULL);
		END IF;
		IF p_level IS NOT NULL THEN
			PERFORM api.ticket_rate((SELECT receipt FROM core.ticket WHERE id = n), p_level);
		END IF;
	END IF;
	UPDATE core.site SET clock = was;
	RETURN n;
END
$$;
-- What qrsvc-jobs does with all that waits; how many jobs that were.
CREATE FUNCTION pg_temp.work() RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	j bigint;
	n int := 0;
BEGIN
	LOOP
		SELECT id INTO j FROM core.job WHERE kind = 'ticket_publish' AND done_at IS NULL ORDER BY due LIMIT 1;
		EXIT WHEN NOT FOUND;
		UPDATE core.job SET leased_by = 'test', lease_until = now() + interval '1 minute' WHERE id = j;
		PERFORM api.job_ticket_publish(j, 'test'), api.job_done(j, 'test');
		n := n + 1;
	END LOOP;
	RETURN n;
END
$$;
CREATE FUNCTION pg_temp.tk(p_key text) RETURNS jsonb LANGUAGE sql STABLE AS $$ SELECT pg_temp.doc('facility', pg_temp.f(p_key))::jsonb -> 'tickets' $$;
CREATE FUNCTION pg_temp.num(p_key text) RETURNS jsonb LANGUAGE sql STABLE AS $$ SELECT pg_temp.doc('tickets', p_key)::jsonb $$;
CREATE FUNCTION pg_temp.no(p_case bigint) RETURNS text LANGUAGE sql STABLE AS $$ SELECT t.year || '-' || t.no FROM core.ticket t WHERE t.id = p_case $$;

-- ---- the page of a facility ----------------------------------------------------------------
SELECT is(pg_temp.tk('F1'), NULL, 'a facility nobody reported says nothing of it');
SELECT pg_temp.case(1, '30 hours', NULL, p_state => 'quarantine');
SELECT pg_temp.work();
SELECT is(pg_temp.tk('F1'), NULL, 'what is in quarantine does not count');
CREATE TEMPORARY TABLE c AS SELECT pg_temp.case(1, '40 hours', 19, 5, '已冲洗管道，水已变清。') AS a,
	pg_temp.case(1, '100 hours', 2, 3, repeat('长', 70)) AS b, pg_temp.case(1, '2 hours', NULL) AS open;
SELECT cmp_ok((SELECT count(*) FROM core.job WHERE kind = 'ticket_publish' AND args ? 'ticket' AND done_at IS NULL), '>', 5::bigint, 'each act leaves a mark');
SELECT is(pg_temp.work(), 2, 'one job takes them all, another one reckons');
SELECT is(pg_temp.tk('F1') - 'newest', '{"year":2026,"received":3,"answered":2,"median_h":11}', 'reported, answered, median: (2 + 19) / 2 rounded half up');
SELECT is(pg_temp.tk('F1') #> '{newest,0}', jsonb_build_object('no', pg_temp.no(c.a), 'office', jsonb_build_object('code', '310107021000', 'name', o.name),
	'kind', '{"zh-CN":"水浑","en":"Dirty water"}'::jsonb, 'received', '2026-11-20', 'answered', '2026-11-21', 'hours', 19, 'answer', '已冲洗管道，水已变清。'),
	'the newest answer stands there') FROM c, core.org o WHERE o.code = '310107021000';
SELECT is(length(pg_temp.tk('F1') #>> '{newest,1,answer}'), 61, 'a long one is cut');
SELECT is(pg_temp.tk('F1') #> '{newest,2}', NULL, 'one that was not published is not there');
SELECT is((SELECT d.next_change FROM core.document d WHERE d.kind = 'facility' AND d.key = pg_temp.f('F1')), '2027-01-01', 'it is of a year');
SELECT is((SELECT string_agg(problem, ' ') FROM api.verify_documents('facility', '', 100)), NULL, 'verifying builds the same');

-- ---- a case --------------------------------------------------------------------------------
SELECT is(pg_temp.doc('ticket', '310107021000/' || pg_temp.no(a))::jsonb - 'parents' - 'office' - 'kind', jsonb_build_object('no', pg_temp.no(a), 'received', '2026-11-20',
	'answered', '2026-11-21', 'hours', 19, 'words', '楼上水发黄', 'answer', '已冲洗管道，水已变清。', 'facility', pg_temp.f('F1'), 'place', jsonb_build_object(
	'code', (SELECT p.code FROM core.place p JOIN core.facility f ON f.place_id = p.id WHERE f.code = pg_temp.f('F1')), 'name', '小区1 1号楼')), 'a published case') FROM c;
SELECT is(pg_temp.doc('ticket', '310107021000/' || pg_temp.no(open))::text, NULL, 'an open one is not public') FROM c;
SELECT is((SELECT count(*) FROM core.document d, core.ticket t WHERE strpos(d.doc, t.receipt) > 0 OR strpos(d.key, t.receipt) > 0), 0::bigint, 'no receipt is in any document');
SELECT core.ticket_act(a, 'hide', NULL, NULL, '含住户姓名', NULL, NULL) FROM c;
SELECT pg_temp.work();
SELECT is(pg_temp.doc('ticket', '310107021000/' || pg_temp.no(a))::jsonb - 'parents' - 'kind' - 'office' - 'hours', jsonb_build_object('no', pg_temp.no(a), 'received', '2026-11-20',
	'answered', '2026-11-21', 'hidden', jsonb_build_object('at', '2026-11-22', 'ground', '含住户姓名', 'office', jsonb_build_object('code', '310107021000', 'name', o.name))),
	'hidden: who, when, why, and nothing of what it said') FROM c, core.org o WHERE o.code = '310107021000';
SELECT is(jsonb_array_length(pg_temp.tk('F1') -> 'newest'), 1, 'it is gone from the facility');
SELECT is((SELECT count(*) FROM core.document d WHERE d.doc LIKE '%已冲洗管道%'), 0::bigint, 'and from every document');
SELECT is(pg_temp.tk('F1') ->> 'received', '3', 'but it counts');
UPDATE core.job SET done_at = done_at - interval '1 hour' WHERE kind = 'ticket_publish';
SELECT api.job_ticket_numbers();
SELECT is(pg_temp.num(k) #>> '{hidden,0,ground}', '含住户姓名', 'the log says it: ' || k) FROM unnest(ARRAY['310107021000', '310107000000', 'current']) k;
SELECT is(pg_temp.num('310110000000') #> '{hidden,0}', NULL, 'not of others');
SELECT core.ticket_act(a, 'show', NULL, NULL, NULL, NULL, NULL) FROM c;
SELECT pg_temp.work(), api.job_ticket_numbers();
SELECT is(pg_temp.num('310107021000') -> 'hidden', '[]', 'shown again: nothing is hidden');
SELECT is(pg_temp.doc('ticket', '310107021000/' || pg_temp.no(a)) ->> 'answer', '已冲洗管道，水已变清。', 'and the case is back') FROM c;

-- ---- the numbers ---------------------------------------------------------------------------
SELECT is(pg_temp.num('310107021000') -> 'total', '{"received":3}', 'of three cases only their number is said');
SELECT is(pg_temp.num('310107021000') -> 'held', '1', 'what is held back is said');
-- The example of the issue: 1,795 received, 1,777 answered.
INSERT INTO core.ticket (receipt, key, first_org_id, org_id, year, no, kind, clock, facility_id, lang, at, state, late, answered_at)
SELECT core.code_random(), gen_random_uuid(), o.id, o.id, 2026, 1000 + i, 't_dirty', 'ordinary', (SELECT f.id FROM core.facility f WHERE f.code = pg_temp.f('F2')), 'zh-CN',
	'2026-03-01 08:00+08'::timestamptz + make_interval(hours => i), 'answered', i % 10 = 0,
	CASE WHEN i > 18 THEN '2026-03-01 08:00+08'::timestamptz + make_interval(hours => i + i % 37) END
FROM core.org o, generate_series(1, 1795) i WHERE o.code = '310107014000';
INSERT INTO core.ticket_step (ticket_id, n, at, act, org_id, level) SELECT t.id, 1, t.answered_at, 'rate', t.org_id, 1 + t.no % 5
FROM core.ticket t WHERE t.no > 1018 AND t.no % 3 = 0;
SELECT api.job_ticket_numbers();
CREATE FUNCTION pg_temp.plain(p_org text) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('received', count(*), 'answered', count(q.answered_at), 'in_time', count(*) FILTER (WHERE q.answered_at IS NOT NULL AND NOT q.late),
		'median_h', (SELECT floor((a[(cardinality(a) + 1) / 2] + a[cardinality(a) / 2 + 1]) / 2.0 + 0.5) FROM (SELECT array_agg(h ORDER BY h) AS a FROM (
			SELECT round(extract(epoch FROM x.answered_at - x.at) / 3600) AS h FROM core.ticket x JOIN core.org y ON y.id = x.first_org_id
			WHERE x.answered_at IS NOT NULL AND x.state <> 'joined' AND y.path @> ARRAY[(SELECT id FROM core.org WHERE code = p_org)]) z) w),
		'rated', count(q.level), 'satisfied', count(*) FILTER (WHERE q.level >= 3),
		'levels', jsonb_build_array(count(*) FILTER (WHERE q.level = 5), count(*) FILTER (WHERE q.level = 4), count(*) FILTER (WHERE q.level = 3), count(*) FILTER (WHERE q.level = 2), count(*) FILTER (WHERE q.level = 1)))
	FROM (SELECT t.*, s.level FROM core.ticket t JOIN core.org o ON o.id = t.first_org_id LEFT JOIN core.ticket_step s ON s.ticket_id = t.id AND s.act = 'rate'
		WHERE t.state NOT IN ('quarantine', 'joined') AND o.path @> ARRAY[(SELECT id FROM core.org WHERE code = p_org)]) q $$;
SELECT is(pg_temp.num('310107014000') -> 'total' ->> 'answered', NULL, 'an office beside a small one is closed as well: the sum would tell the small one');
SELECT is(pg_temp.num('310107000000') -> 'total', pg_temp.plain('310107000000'), 'the sum is open');
SELECT is(pg_temp.num('310107000000') #>> '{total,received}', '1798', '1795 and three');
-- The small one is small no more.
SELECT pg_temp.case(1, '50 hours', 3 + i, i) FROM generate_series(1, 5) i;
SELECT pg_temp.work(), api.job_ticket_numbers();
SELECT is(pg_temp.num(k) -> 'total', pg_temp.plain(k), 'numbers of ' || k || ' against plain counting')
FROM unnest(ARRAY['310107021000', '310107014000', '310107000000', '310000000000']) k;
SELECT is(pg_temp.num('310107014000') #>> '{total,received}', '1795', '1,795 received');
SELECT is(pg_temp.num('310107014000') #>> '{total,answered}', '1777', '1,777 answered');
SELECT is((SELECT sum((x ->> 'received')::int) FROM jsonb_array_elements(pg_temp.num('310107000000') -> 'offices') x), 1803::bigint, 'the lines add up');
SELECT is(jsonb_array_length(pg_temp.doc('ticket_list', '310107014000/2026')::jsonb -> 'cases'), 1795, 'a row for each case of the list');
-- Reckoned again from the list alone.
SELECT is(jsonb_build_object('received', count(*), 'answered', count(x ->> 2), 'in_time', count(*) FILTER (WHERE x ->> 4 = '1'),
	'median_h', floor(percentile_cont(0.5) WITHIN GROUP (ORDER BY (x ->> 3)::int) + 0.5), 'rated', count(x ->> 5), 'satisfied', count(*) FILTER (WHERE (x ->> 5)::int >= 3)),
	(pg_temp.num('310107014000') -> 'total') - 'levels', 'the list gives the numbers')
FROM jsonb_array_elements(pg_temp.doc('ticket_list', '310107014000/2026')::jsonb -> 'cases') x;

-- Few ratings: their cases stay open, the ratings closed, in the list too.
SELECT pg_temp.case(3, '50 hours', 4, CASE WHEN i < 4 THEN 1 END) FROM generate_series(1, 7) i;
SELECT pg_temp.work(), api.job_ticket_numbers();
SELECT is(pg_temp.num('310110000000') -> 'total' ->> 'answered', '7', 'seven answered');
SELECT is(pg_temp.num('310110000000') -> 'total' ->> 'rated', NULL, 'three ratings are not told');
SELECT is(pg_temp.num('310107000000') -> 'total' ->> 'rated', NULL, 'nor those of the district beside it, or the city would tell them');
SELECT is((SELECT count(x ->> 5) FROM jsonb_array_elements(pg_temp.doc('ticket_list', '310110000000/2026')::jsonb -> 'cases') x), 0::bigint, 'nor in its list');
-- Joined ones count once, what is back in time of another year is of that year.
UPDATE core.ticket SET state = 'joined', joined_to = (SELECT open FROM c) WHERE id = (SELECT max(id) FROM core.ticket WHERE no > 1000);
SELECT api.job_ticket_numbers();
SELECT is(pg_temp.num('310107014000') #>> '{total,received}', '1794', 'one that was joined does not count');
SELECT is(pg_temp.num('310107014000') ->> 'joined', '1', 'it is said');
UPDATE core.site SET clock = '2027-01-02 00:41+08';
SELECT api.job_ticket_numbers();
SELECT is(pg_temp.num('310107014000') -> 'total', '{"received":0}', 'a new year begins with nothing');
SELECT is(pg_temp.num('310107014000') ->> 'before', '2026', 'and names the one before');
SELECT is(pg_temp.num('310107014000/2026') #>> '{total,received}', '1794', 'which is kept');
SELECT api.publish_due();
SELECT is(pg_temp.tk('F1') - 'newest', '{"year":2027,"received":0,"answered":0}', 'the facility speaks of this year');
SELECT is(jsonb_array_length(pg_temp.tk('F1') -> 'newest'), 2, 'and still of what was answered');

-- ---- the rating ----------------------------------------------------------------------------
UPDATE core.site SET clock = '2026-11-22 10:00+08';
CREATE TEMPORARY TABLE r AS SELECT t.* FROM (SELECT pg_temp.case(3, '20 hours', 2) AS id, pg_temp.case(3, '3 hours', NULL) AS open) q JOIN core.ticket t ON t.id = q.id;
SELECT is(pg_temp.says(format('SELECT api.ticket_rate(%L, %s)', v.receipt, v.level)), v.want, v.want || ' for ' || v.what)
FROM (SELECT receipt::text, 6, 'QR422 level:bad_value', 'a level there is not' FROM r
	UNION ALL SELECT '0K7M2Q9XH', 5, 'QR404', 'a receipt there is not'
	UNION ALL SELECT receipt, 5, 'QR409 state', 'a case without answer' FROM core.ticket WHERE state = 'new' AND no < 1000
	UNION ALL SELECT receipt, 5, 'QR409 joined', 'one that was joined' FROM core.ticket WHERE state = 'joined') v (receipt, level, want, what);
SELECT is(api.ticket_rate(receipt, 2)::jsonb ->> 'level', '2', 'rated 2') FROM r;
SELECT is((SELECT t.state || ' ' || t.due_step FROM core.ticket t WHERE t.id = r.id), 'working callback', 'whoever is not content is called back') FROM r;
SELECT ok((SELECT t.due_at FROM core.ticket t WHERE t.id = r.id) > core.now(), 'by a clock') FROM r;
SELECT is(pg_temp.says(format('SELECT api.ticket_rate(%L, 5)', receipt)), 'QR409 state', 'once') FROM r;
SELECT core.ticket_act(id, 'callback', NULL, NULL, '已回访', NULL, NULL) FROM r;
SELECT is(pg_temp.says(format('SELECT api.ticket_rate(%L, 5)', receipt)), 'QR409 rated', 'also when it was answered again') FROM r;
SELECT is((SELECT string_agg(act, ' ' ORDER BY n) FROM core.ticket_step s WHERE s.ticket_id = r.id), 'received accept answer rate reopen callback', 'each step is kept') FROM r;

-- ---- who may -------------------------------------------------------------------------------
SELECT ok(has_function_privilege('qr_rw', 'api.ticket_rate(text,int)', 'EXECUTE') AND NOT has_function_privilege('qr_ro', 'api.ticket_rate(text,int)', 'EXECUTE'), 'pages that are kept do not rate');
SELECT ok(NOT has_function_privilege(r, 'api.job_ticket_publish(bigint,text)', 'EXECUTE'), r || ' publishes nothing') FROM unnest(ARRAY['qr_ro', 'qr_rw', 'qr_listen']) r;
SELECT is(pg_temp.says('SELECT api.job_ticket_publish(0, ''x'')'), 'QR409', 'a job somebody else has');
-- ---- the only case of an office is set aside -------------------------------------------------
SELECT pg_temp.case(4, '1 hour', NULL) AS alone \gset
SELECT api.job_ticket_numbers();
SELECT is(jsonb_array_length(pg_temp.doc('ticket_list', '310107017000/2026')::jsonb -> 'cases'), 1, 'it is in the list');
SELECT core.ticket_act(:alone, 'quarantine', NULL, NULL, '广告', NULL, NULL);
SELECT api.job_ticket_numbers();
SELECT is(pg_temp.doc('ticket_list', '310107017000/2026')::jsonb -> 'cases', '[]', 'no longer');
SELECT is(pg_temp.num('310107017000') -> 'held', '1', 'but it is said that one is held');
-- ---- reports of a place ------------------------------------------------------------------------
SELECT set_config('t.place', p.id::text, false) FROM core.place p JOIN core.facility f ON f.place_id = p.id WHERE f.code = pg_temp.f('F4');
CREATE FUNCTION pg_temp.place() RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT d.doc::jsonb -> 'tickets' FROM core.document d JOIN core.place p ON p.code = d.key WHERE d.kind = 'place' AND p.id = current_setting('t.place')::bigint $$;
SELECT is(pg_temp.place(), NULL, 'a place without reports says nothing of them');
SELECT pg_temp.case(4, '5 hours', 3, NULL, '门卫处的贴纸已更换') AS at_place \gset
UPDATE core.ticket SET facility_id = NULL, place_id = current_setting('t.place')::bigint WHERE id = :at_place;
SELECT core.ticket_touch(:at_place), pg_temp.work();
SELECT is(pg_temp.place() - 'newest', jsonb_build_object('year', 2026, 'received', 1, 'answered', 1, 'median_h', 3), 'what was reported of the place itself');
SELECT is(pg_temp.place() #>> '{newest,0,answer}', '门卫处的贴纸已更换', 'with its answer');
SELECT is((SELECT d.next_change FROM core.document d JOIN core.place p ON p.code = d.key WHERE d.kind = 'place' AND p.id = current_setting('t.place')::bigint),
	'2027-01-01', 'until the year ends');
UPDATE core.site SET clock = '2027-01-01 08:00+08';
SELECT cmp_ok(api.publish_due(), '>=', 0, 'the daily job, facilities first');
SELECT cmp_ok(api.publish_due(), '>=', 0, 'then places');
SELECT is((pg_temp.place() ->> 'year') || (pg_temp.place() ->> 'received'), '20270', 'a new year begins with none');
SELECT * FROM finish();
ROLLBACK;
