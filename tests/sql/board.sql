-- The board: what a line knows, what is counted for whom, lists that agree with plain counting.
\ir fixture.inc
\ir staff.inc
\ir upload.inc
SELECT * FROM no_plan();
SET session_replication_role = origin;

-- 60 tanks in three streets and a district of their own: cleaned long ago, lately, never; some off.
SELECT is(split_part(pg_temp.put_facilities((SELECT json_agg(json_build_object('line', i, 'key', 'T' || i, 'kind',
	CASE WHEN i % 7 = 0 THEN 'lift' ELSE 'roof_tank' END, 'org', (ARRAY['310107021000', '310107014000', '310107005000'])[1 + i % 3],
	'place_key', 'pl' || i % 10 || '-' || i % 3, 'place_name', '小区' || i % 10, 'building', i || '号楼', 'since', '2024-01-01',
	'status', CASE i WHEN 11 THEN 'suspended' WHEN 12 THEN 'retired' END,
	'manager_name', CASE WHEN i % 4 = 0 THEN '甲物业' WHEN i % 4 = 1 THEN '乙物业' END, 'unmanaged', i % 10 = 2))
	FROM generate_series(1, 60) i)), '~', 1), '60+60', 'sixty facilities');
SELECT is(split_part(pg_temp.put_records((SELECT json_agg(json_build_object('line', i, 'key', 'R' || i, 'facility_key', 'T' || i,
	'type', CASE WHEN i % 7 = 0 THEN 'inspect' ELSE 'clean' END, 'performed_on', '2026-11-20'::date - i * 5,
	'results', CASE WHEN i % 13 = 0 AND i % 7 > 0 THEN '[{"item":"ph","num":"11"}]'::json
		WHEN i % 7 > 0 THEN '[{"item":"ph","num":"7"}]'::json END))
	FROM generate_series(1, 60) i WHERE i % 6 <> 5)), '~', 1), '50+50', 'fifty records');

CREATE FUNCTION pg_temp.board(p_login text, p_filter jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS
$$ SELECT api.staff_board(pg_temp.s(p_login), p_filter)::jsonb $$;
SELECT pg_temp.user('city', 'admin', '{"org":"310000000000"}'), pg_temp.user('dist', 'supervisor', '{"org":"310107000000"}'),
	pg_temp.user('aud', 'auditor', '{"org":"310107000000"}');
SELECT pg_temp.user('firm', 'manager', jsonb_build_object('party', pg_temp.party('甲物业')));
SELECT pg_temp.session(l) FROM unnest(ARRAY['city', 'dist', 'aud', 'firm']) l;

-- Who may.
SELECT is(pg_temp.says(format('SELECT api.staff_board(pg_temp.s(%L), %L)', l, '{}')), want, l || ': ' || want)
FROM (VALUES ('clean', 'QR403 right'), ('mgr', 'done'), ('hall', 'done'), ('sup', 'done'), ('aud', 'done'), ('city', 'done')) v (l, want);
SELECT is(pg_temp.says($$ SELECT api.staff_board(sha256('nobody'), '{}') $$), 'QR401 none', 'nobody');
SELECT is(pg_temp.says(format('SELECT api.staff_board(pg_temp.s(%L), %L)', l, f)), want, l || ' ' || f || ': ' || want)
FROM (VALUES ('hall', '{"org":"310107014000"}', 'QR404'), ('hall', '{"org":"310107000000"}', 'QR404'), ('hall', '{"org":"x"}', 'QR404'),
	('dist', '{"org":"310107014000"}', 'done'), ('city', '{"org":"310107014000"}', 'done'), ('hall', '{"s":"dance"}', 'QR422 s:unknown'),
	('hall', '{"kind":"ship"}', 'QR422 kind:unknown'), ('hall', '{"after":"x'';--"}', 'done'), ('hall', '{"after":"9.2026-99-99.1"}', 'done'),
	('hall', '{"n":"x"}', 'done'), ('hall', '{"q":"x","m":"y","o":"z"}', 'done')) v (l, f, want);

-- Tallies are what counting lines gives, for each office with all below it.
CREATE FUNCTION pg_temp.flags_differ() RETURNS text[] LANGUAGE sql STABLE AS $$
	WITH a AS (SELECT o, kind_id, f, count(*) AS n FROM core.facility_line l, unnest(path) o, unnest(core.line_flags(l)) f GROUP BY 1, 2, 3),
		b AS (SELECT org_id, kind_id, flag, sum(n) AS n FROM core.flag_tally GROUP BY 1, 2, 3 HAVING sum(n) <> 0)
	SELECT array_agg(x::text) FROM ((TABLE a EXCEPT TABLE b) UNION ALL (TABLE b EXCEPT TABLE a)) x $$;
SELECT is(pg_temp.flags_differ(), NULL, 'what is lacking is counted right');

-- Every list, page by page, against plain counting over the documents.
CREATE TEMPORARY TABLE plain AS
SELECT l.facility_id, f.code::text AS code, l.path, l.kind_id, k.code AS kind, api.facility_state(f.code, '2026-11-22') AS state, l.sort_day,
	l.org_id, l.place_id, d.doc -> 'manager' AS manager, l.manager_id, (d.doc -> 'duties' -> 0 ->> 'last') IS NULL AS never
FROM core.facility_line l JOIN core.facility f ON f.id = l.facility_id JOIN core.kind k ON k.id = f.kind_id
CROSS JOIN LATERAL (SELECT x.doc::jsonb AS doc FROM core.document x WHERE x.kind = 'facility' AND x.key = f.code) d;
SELECT cmp_ok(count(DISTINCT state)::int, '>=', 6, 'the test has facilities in ' || string_agg(DISTINCT state, ' ')) FROM plain;
-- "wanted": worst first
CREATE FUNCTION pg_temp.rank(p_state text) RETURNS int LANGUAGE sql IMMUTABLE AS
$$ SELECT array_position('{failed,overdue,no_record,due_soon,on_time,suspended,retired}', p_state) $$;
CREATE FUNCTION pg_temp.is_in(p plain, p_s text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE p_s WHEN 'wanted' THEN p.state IN ('failed', 'overdue', 'no_record', 'due_soon')
		WHEN 'all' THEN p.state <> 'retired' WHEN 'never' THEN p.never AND p.state <> 'retired'
		WHEN 'unmanaged' THEN p.manager = 'null' AND p.state <> 'retired'
		WHEN 'no_manager' THEN p.manager IS NULL AND p.state <> 'retired'
		WHEN 'no_sticker' THEN p.state <> 'retired' WHEN 'unscanned' THEN false WHEN 'waiting' THEN false
		WHEN 'post_late' THEN false WHEN 'marked' THEN false ELSE p.state = p_s END $$;
CREATE FUNCTION pg_temp.pages(p_login text, p_filter jsonb) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
	got text[] := '{}';
	b jsonb;
	after text;
BEGIN
	FOR i IN 1 .. 50 LOOP
		b := pg_temp.board(p_login, p_filter || jsonb_strip_nulls(jsonb_build_object('n', '7', 'after', after))) -> 'list';
		got := got || ARRAY(SELECT x ->> 'code' FROM jsonb_array_elements(b -> 'rows') x);
		after := b ->> 'next';
		EXIT WHEN after IS NULL;
	END LOOP;
	RETURN got;
END
$$;
CREATE FUNCTION pg_temp.want(p_org text, p_kind text, p_s text, p_o text) RETURNS text[] LANGUAGE sql STABLE AS $$
	SELECT coalesce(array_agg(p.code ORDER BY CASE WHEN p_o = 'place' THEN p.org_id::bigint
			WHEN p_s IN ('wanted', 'all', 'no_record') THEN pg_temp.rank(p.state) ELSE 0 END,
		CASE WHEN p_o = 'place' THEN p.place_id END, CASE WHEN p_o IS NULL THEN p.sort_day END, p.facility_id), '{}')
	FROM plain p WHERE p.path @> ARRAY[(SELECT id FROM core.org WHERE code = p_org)]
		AND (p_kind IS NULL OR p.kind = p_kind) AND pg_temp.is_in(p, p_s) $$;
SELECT is(pg_temp.pages('city', jsonb_strip_nulls(jsonb_build_object('org', org, 's', s, 'kind', k, 'o', o))), pg_temp.want(org, k, s, o),
	format('%s %s of %s%s: %s rows', s, coalesce(k, ''), org, ' by ' || o, cardinality(pg_temp.want(org, k, s, o))))
FROM unnest(ARRAY['wanted', 'all', 'failed', 'overdue', 'no_record', 'due_soon', 'on_time', 'suspended', 'retired', 'unmanaged',
	'no_manager', 'never', 'no_sticker', 'unscanned', 'waiting', 'post_late', 'marked']) s,
	(VALUES ('310000000000', NULL, NULL), ('310107000000', 'lift', NULL), ('310107014000', NULL, NULL), ('310107000000', NULL, 'place')) v (org, k, o);
-- The same when there are many offices.
INSERT INTO core.org (parent_id, code, name) SELECT (SELECT id FROM core.org WHERE code = '310107000000'), 'many-' || i, '居委会' || i
FROM generate_series(1, 301) i;
SELECT is(pg_temp.pages('city', jsonb_strip_nulls(jsonb_build_object('org', '310107000000', 's', s, 'o', o))), pg_temp.want('310107000000', NULL, s, o),
	format('%s among many offices%s', s, ' by ' || o)) FROM unnest(ARRAY['wanted', 'all', 'overdue', 'unmanaged']) s, unnest(ARRAY[NULL, 'place']) o;
SELECT is((pg_temp.board(l, f::jsonb) -> 'counts') - ARRAY['never', 'no_sticker', 'all', 'unmanaged', 'no_manager'],
	(SELECT jsonb_object_agg(state, n) FROM (SELECT state, count(*) AS n FROM plain WHERE path @> ARRAY[(SELECT id FROM core.org WHERE code = org)]
		AND (k IS NULL OR kind = k) GROUP BY 1) x), format('%s counts %s', l, f))
FROM (VALUES ('city', '{}', '310000000000', NULL), ('dist', '{}', '310107000000', NULL), ('dist', '{"org":"310107014000"}', '310107014000', NULL),
	('city', '{"kind":"lift"}', '310000000000', 'lift')) v (l, f, org, k);

-- A firm: what it manages, counted and listed by reading; one firm's within an office the same.
SELECT is(ARRAY(SELECT unnest(pg_temp.pages('firm', '{"s":"all"}')) ORDER BY 1),
	ARRAY(SELECT code FROM plain WHERE manager ->> 'name' = '甲物业' AND state <> 'retired' ORDER BY 1), 'a firm sees what it manages');
SELECT is(pg_temp.pages('city', jsonb_build_object('s', 'all', 'm', '甲物')), pg_temp.pages('firm', '{"s":"all"}'), 'found by a part of its name');
SELECT is(pg_temp.pages('city', jsonb_build_object('s', 'all', 'm', pg_temp.party('甲物业')::text)), pg_temp.pages('firm', '{"s":"all"}'), 'or its number');
SELECT is(pg_temp.board('firm') -> 'counts' ->> 'all', (SELECT count(*)::text FROM plain WHERE manager ->> 'name' = '甲物业' AND state <> 'retired'),
	'and counts it');
SELECT is(pg_temp.board('firm') -> 'children', NULL, 'a firm has no offices below');
SELECT is(pg_temp.pages('city', '{"s":"all","q":"小区3 3号楼"}'), ARRAY(SELECT p.code FROM plain p WHERE p.code IN (pg_temp.f('T3'), pg_temp.f('T13'), pg_temp.f('T23'),
	pg_temp.f('T33'), pg_temp.f('T43'), pg_temp.f('T53')) AND p.state <> 'retired' ORDER BY pg_temp.rank(p.state), p.sort_day, p.facility_id), 'searched');
SELECT is(pg_temp.pages('hall', '{"s":"all","m":"乙物业","org":"310107021000"}'), ARRAY(SELECT p.code FROM plain p JOIN core.org o ON o.id = p.org_id
	WHERE o.code = '310107021000' AND p.manager ->> 'name' = '乙物业' AND p.state <> 'retired' ORDER BY pg_temp.rank(p.state), p.sort_day, p.facility_id),
	'only within the scope');

-- One level up and down.
SELECT is(jsonb_path_query_array(pg_temp.board('hall'), '$.up[*].code'), '[]', 'a street''s office has nothing above it to see');
SELECT is(jsonb_path_query_array(pg_temp.board('city', '{"org":"310107014000"}'), '$.up[*].code'), '["310000000000","310107000000"]', 'the city has');
SELECT is((SELECT array_agg(x ->> 'code' ORDER BY n) FROM jsonb_array_elements(pg_temp.board('dist') -> 'children') WITH ORDINALITY u (x, n)),
	(SELECT array_agg(o.code ORDER BY q.n DESC, o.code) FROM (SELECT org_id, count(*) FILTER (WHERE state IN ('failed', 'overdue')) AS n
		FROM plain WHERE path[2] = (SELECT id FROM core.org WHERE code = '310107000000') GROUP BY 1) q JOIN core.org o ON o.id = q.org_id),
	'streets of the district that have facilities, worst first');
SELECT is((SELECT sum((x -> 'counts' ->> 'overdue')::int) FROM jsonb_array_elements(b -> 'children') x), (b -> 'counts' ->> 'overdue')::bigint,
	'their counts add up') FROM (SELECT pg_temp.board('dist') AS b) q;
SELECT is(pg_temp.board('dist') -> 'kinds', '["roof_tank","lift","public_toilet"]', 'kinds that stand there');

-- What no document tells: stickers, scans, marks, what waits.
CREATE FUNCTION pg_temp.has(p_s text) RETURNS boolean LANGUAGE sql AS
$$ SELECT pg_temp.f('A') = ANY (pg_temp.pages('hall', jsonb_build_object('s', p_s))) $$;
SELECT is(pg_temp.has('no_sticker'), true, 'no sticker');
CREATE TEMPORARY TABLE sticker AS SELECT api.label_issue('test', NULL, 1) AS code;
SELECT api.label_bind('test', code, pg_temp.f('A'), NULL, '门上', NULL) FROM sticker;
SELECT is(pg_temp.has('no_sticker'), false, 'bound: it has one');
SELECT is(pg_temp.has('unscanned'), true, 'that nobody has scanned');
SELECT api.scan_add('2026-11-22', ARRAY[code], ARRAY[1]) FROM sticker;
SELECT is(pg_temp.has('unscanned'), false, 'scanned');
SELECT is(pg_temp.has('marked'), false, 'intact');
SELECT api.label_damaged('test', code, 'torn') FROM sticker;
SELECT is(pg_temp.has('marked'), true, 'damaged');
UPDATE sticker SET code = api.label_replace('test', code, 'torn');
SELECT is(pg_temp.has('marked'), false, 'a new one in its place');
SELECT is(pg_temp.has('unscanned'), true, 'which was not scanned');
INSERT INTO core.sticker_report (key, account, what, facility_id, at, received_at) SELECT pg_temp.u(70), pg_temp.account('clean'), 'foreign', id, core.now(), core.now()
FROM core.facility WHERE code = pg_temp.f('A');
SELECT is(pg_temp.has('marked'), true, 'a foreign one beside it');
SELECT api.label_void('test', ARRAY[code], 'lost') FROM sticker;
SELECT is(pg_temp.has('no_sticker'), true, 'void: none again');
SELECT is(pg_temp.flags_differ(), NULL, 'counted right after all of it');

SELECT is(pg_temp.has('waiting'), false, 'nothing waits');
SELECT pg_temp.photo('p1'), pg_temp.photo('p2');
SELECT api.staff_record_put(pg_temp.s('clean'), pg_temp.u(1), pg_temp.body());
SELECT is(pg_temp.has('waiting'), true, 'an upload waits');
SELECT is(x -> 'waiting' ->> 'id', pg_temp.u(1)::text, 'its row names it') FROM jsonb_array_elements(pg_temp.board('hall', '{"s":"waiting"}') -> 'list' -> 'rows') x;
SELECT is(pg_temp.board('hall') -> 'counts' ->> 'waiting', '1', 'and is counted');
SELECT api.staff_record_act(pg_temp.s('mgr'), pg_temp.u(1), 'return', '照片不清', 1);
SELECT is(pg_temp.has('waiting'), false, 'returned: it does not');
SELECT api.staff_record_put(pg_temp.s('clean'), pg_temp.u(1), pg_temp.body('{"rev":2,"reason":"x"}'));
SELECT is(pg_temp.has('waiting'), true, 'sent again');
SELECT pg_temp.clock('2026-11-24 09:00+08');
SELECT api.staff_record_act(pg_temp.s('mgr'), pg_temp.u(1), 'confirm', NULL, 3);
SELECT is(pg_temp.has('waiting'), false, 'confirmed');
SELECT is(pg_temp.has('post_late'), true, 'after its day: published late');
SELECT is(pg_temp.flags_differ(), NULL, 'counted right after all of it');

-- A manager's term that ends.
UPDATE core.facility_manager SET valid_to = '2026-11-25' WHERE facility_id = (SELECT id FROM core.facility WHERE code = pg_temp.f('A'));
SELECT core.publish('facilities', ARRAY(SELECT id FROM core.facility WHERE code = pg_temp.f('A')));
SELECT is(pg_temp.has('no_manager'), false, 'on its last day it has one');
SELECT pg_temp.clock('2026-11-26 09:00+08');
SELECT api.publish_due(10);
SELECT is(pg_temp.has('no_manager'), true, 'the day after nobody is known');

-- A facility that moves takes its counts along.
UPDATE core.place SET org_id = (SELECT id FROM core.org WHERE code = '310110000000') WHERE id = (SELECT place_id FROM core.facility WHERE code = pg_temp.f('A'));
SELECT core.publish('facilities', ARRAY(SELECT f.id FROM core.facility f WHERE f.place_id = (SELECT place_id FROM core.facility WHERE code = pg_temp.f('A'))));
SELECT is(pg_temp.flags_differ(), NULL, 'counted right after a move');
SELECT is(pg_temp.has('all'), false, 'the old office has it no more');
SELECT * FROM finish();
ROLLBACK;
