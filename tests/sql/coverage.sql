-- Coverage and the ends of months: numbers against plain counting, what is public, who may.
\ir fixture.inc
\ir staff.inc
\ir upload.inc
SELECT * FROM no_plan();
SET session_replication_role = origin;
SELECT is(split_part(pg_temp.put_facilities((SELECT json_agg(json_build_object('line', i, 'key', 'T' || i, 'kind', 'roof_tank',
	'org', (ARRAY['310107021000', '310107014000', '310110000000'])[1 + i % 3], 'place_key', 'pl' || i % 4 || '-' || i % 3, 'place_name', '小区' || i % 4,
	'building', i || '号楼', 'since', '2024-01-01', 'status', CASE i WHEN 5 THEN 'retired' WHEN 6 THEN 'suspended' END,
	'manager_name', CASE WHEN i % 4 = 0 THEN '甲物业' END, 'unmanaged', i % 5 = 2))
	FROM generate_series(1, 30) i)), '~', 1), '30+30', 'thirty facilities');
SELECT pg_temp.put_records((SELECT json_agg(json_build_object('line', i, 'key', 'R' || i, 'facility_key', 'T' || i, 'type', 'clean',
	'performed_on', '2026-11-20'::date - i * 9, 'results', '[{"item":"ph","num":"7"}]'::json)) FROM generate_series(1, 30) i WHERE i % 3 < 2));
SELECT pg_temp.user('dist', 'supervisor', '{"org":"310107000000"}'), pg_temp.session('dist');
SELECT api.label_bind('test', api.label_issue('test', NULL, 1), pg_temp.f('T' || i), NULL, '门上', NULL) FROM generate_series(1, 9) i;
SELECT api.scan_add('2026-11-22', ARRAY(SELECT l.code FROM core.label l JOIN core.facility f ON f.id = l.facility_id
	WHERE f.code IN (pg_temp.f('T1'), pg_temp.f('T2'))), ARRAY[1, 1]);
SELECT api.label_damaged('test', l.code, 'torn') FROM core.label l JOIN core.facility f ON f.id = l.facility_id WHERE f.code = pg_temp.f('T3');

-- From the tables, without lines and tallies.
CREATE FUNCTION pg_temp.plain(p_org text) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('facilities', count(*), 'no_sticker', count(*) FILTER (WHERE NOT q.sticker),
		'unscanned', count(*) FILTER (WHERE q.sticker AND NOT q.scanned), 'marked', count(*) FILTER (WHERE q.marked),
		'never', count(*) FILTER (WHERE q.never), 'no_manager', count(*) FILTER (WHERE NOT q.known),
		'unmanaged', count(*) FILTER (WHERE q.known AND q.party_id IS NULL))
	FROM (SELECT EXISTS (SELECT FROM core.label l WHERE l.facility_id = f.id AND l.state = 'active') AS sticker,
			EXISTS (SELECT FROM core.label l JOIN core.scan_day c ON c.code = l.code WHERE l.facility_id = f.id AND l.state = 'active') AS scanned,
			EXISTS (SELECT FROM core.label l WHERE l.facility_id = f.id AND l.state = 'active' AND l.damaged_at IS NOT NULL) AS marked,
			NOT EXISTS (SELECT FROM core.record r WHERE r.facility_id = f.id) AS never,
			EXISTS (SELECT FROM core.facility_manager m WHERE m.facility_id = f.id) AS known,
			(SELECT m.party_id FROM core.facility_manager m WHERE m.facility_id = f.id) AS party_id
		FROM core.facility f JOIN core.place p ON p.id = f.place_id JOIN core.org o ON o.id = p.org_id
		WHERE o.path @> ARRAY[(SELECT id FROM core.org WHERE code = p_org)]
			AND (SELECT s.status FROM core.facility_status s WHERE s.facility_id = f.id ORDER BY s.since DESC, s.n DESC LIMIT 1) <> 'retired') q $$;
SELECT isnt(pg_temp.plain('310107000000') ->> k, '0', 'the test has ' || k)
FROM unnest(ARRAY['facilities', 'no_sticker', 'unscanned', 'marked', 'never', 'no_manager', 'unmanaged']) k;

CREATE FUNCTION pg_temp.cov(p_login text, p_org text DEFAULT NULL) RETURNS jsonb LANGUAGE sql AS
$$ SELECT api.staff_coverage(pg_temp.s(p_login), p_org)::jsonb $$;
SELECT is(pg_temp.cov(l, o) -> 'total', pg_temp.plain(of), format('%s counts %s', l, of))
FROM (VALUES ('dist', NULL, '310107000000'), ('dist', '310107014000', '310107014000'), ('hall', NULL, '310107021000'), ('away', NULL, '310110000000')) v (l, o, of);
SELECT is(x - 'name' - 'code', pg_temp.plain(x ->> 'code'), 'and below it ' || (x ->> 'code')) FROM jsonb_array_elements(pg_temp.cov('dist') -> 'offices') x;
SELECT is((SELECT sum((x ->> 'no_sticker')::int)::text FROM jsonb_array_elements(pg_temp.cov('hall') -> 'places') x), pg_temp.cov('hall') #>> '{total,no_sticker}',
	'where no offices are below, places are; they add up');
SELECT is(pg_temp.cov('mgr') #>> '{total,facilities}', '1', 'a firm counts what it manages');
SELECT is(pg_temp.says(format('SELECT api.staff_coverage(pg_temp.s(%L), %L)', l, o)), want, concat_ws(' ', l, o, want))
FROM (VALUES ('clean', NULL, 'QR403 right'), ('hall', '310107014000', 'QR404'), ('dist', '310110000000', 'QR404'), ('hall', 'x', 'QR404')) v (l, o, want);

-- The daily job: what is public, and the running month.
SELECT is((SELECT count(*) FROM core.document WHERE kind = 'coverage'), 0::bigint, 'nothing is public before');
SELECT cmp_ok(api.job_snapshot(), '>', 3, 'offices were counted');
SELECT is(pg_temp.doc('coverage', c)::jsonb -> 'total', pg_temp.plain(c), 'public numbers of ' || c) FROM unnest(ARRAY['310107000000', '310107014000', '310000000000']) c;
SELECT is(pg_temp.doc('coverage', 'current') -> 'total' ->> 'facilities', pg_temp.plain('310000000000') ->> 'facilities', 'and of all');
SELECT is((SELECT count(*) FROM core.document WHERE kind = 'coverage' AND doc LIKE '%' || pg_temp.f('T1') || '%'), 0::bigint, 'they name no facility');
SELECT is((SELECT row_to_json(s)::jsonb - 'org_id' FROM core.month_snapshot s JOIN core.org o ON o.id = s.org_id WHERE o.code = '310107000000'),
	jsonb_build_object('month', '2026-11-01', 'as_of', '2026-11-22', 'unmanaged', pg_temp.plain('310107000000') -> 'unmanaged',
		'no_manager', pg_temp.plain('310107000000') -> 'no_manager', 'no_sticker', pg_temp.plain('310107000000') -> 'no_sticker',
		'facilities', pg_temp.plain('310107000000') -> 'facilities') || (SELECT jsonb_object_agg(w, (SELECT count(*) FROM core.facility f
			JOIN core.place p ON p.id = f.place_id JOIN core.org o ON o.id = p.org_id AND o.path @> ARRAY[(SELECT id FROM core.org WHERE code = '310107000000')]
			WHERE api.facility_state(f.code, '2026-11-22') = w)) FROM unnest(ARRAY['overdue', 'failed', 'no_record', 'due_soon', 'on_time', 'suspended']) w),
	'the month that runs, as of today');
SELECT api.job_snapshot();
SELECT is((SELECT count(*) FROM core.month_snapshot s JOIN core.org o ON o.id = s.org_id WHERE o.code = '310107000000'), 1::bigint, 'once a month');
SELECT is(api.staff_board(pg_temp.s('dist'), '{}')::json ->> 'trend', '[]', 'which is no end of a month yet');
-- On the first of the next one: its last day is counted as that day was.
SELECT pg_temp.clock('2026-12-01 00:30+08');
SELECT api.job_snapshot();
SELECT is((SELECT string_agg(concat_ws(' ', s.as_of, s.overdue), ', ' ORDER BY s.month) FROM core.month_snapshot s JOIN core.org o ON o.id = s.org_id
	WHERE o.code = '310107000000'), (SELECT string_agg(d || ' ' || (SELECT count(*) FROM core.facility f JOIN core.place p ON p.id = f.place_id
		JOIN core.org o ON o.id = p.org_id AND o.path @> ARRAY[(SELECT id FROM core.org WHERE code = '310107000000')]
		WHERE api.facility_state(f.code, d) = 'overdue'), ', ' ORDER BY d) FROM (VALUES (date '2026-11-30'), ('2026-12-01')) v (d)), 'November is complete');
SELECT is(api.staff_board(pg_temp.s('dist'), '{}')::json -> 'trend' -> 0 ->> 'month', '2026-11', 'and on the board');
SELECT pg_temp.clock('2027-02-10 00:30+08');
SELECT api.job_snapshot();
SELECT is((SELECT string_agg(s.as_of::text, ' ' ORDER BY s.month) FROM core.month_snapshot s JOIN core.org o ON o.id = s.org_id WHERE o.code = '310107000000'),
	'2026-11-30 2026-12-01 2027-02-10', 'a month nobody counted in time is left out');

-- Labels of facilities chosen on the board: those they have, and new ones for the others.
SELECT pg_temp.clock('2026-11-22 10:00+08');
SELECT is(json_array_length(p -> 'preview'), 2, 'chosen ones are looked at')
FROM (SELECT api.staff_label_select(pg_temp.s('dist'), jsonb_build_object('facilities', jsonb_build_array(pg_temp.f('T3'), lower(pg_temp.f('T12')))))::json AS p) q;
SELECT is(api.staff_label_batch_make(pg_temp.s('dist'), jsonb_build_object('facilities', jsonb_build_array(pg_temp.f('T3'), pg_temp.f('T12'))), 'a4-24', 1, NULL)::json ->> 'count',
	'2', 'one has a label, the other gets one');
SELECT is((SELECT count(*) FROM core.label l JOIN core.facility f ON f.id = l.facility_id WHERE f.code IN (pg_temp.f('T3'), pg_temp.f('T12')) AND l.state = 'active'),
	2::bigint, 'and no more than one');
SELECT is(pg_temp.says(format('SELECT api.staff_label_batch_make(pg_temp.s(%L), %L, %L, 1, NULL)', 'dist',
	jsonb_build_object('facilities', jsonb_build_array(pg_temp.f('T2'))), 'a4-24')), 'QR422 filter:empty', 'not those of another district');
SELECT * FROM finish();
ROLLBACK;
