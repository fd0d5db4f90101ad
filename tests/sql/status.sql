-- How the service is: each number against plain counting, and who may read it.
\ir fixture.inc
\ir staff.inc
SELECT * FROM no_plan();
SELECT is(split_part(pg_temp.put_facilities((SELECT json_agg(json_build_object('line', i, 'key', 'T' || i, 'kind', 'roof_tank',
	'org', (ARRAY['310107021000', '310107014000', '310110000000'])[1 + i % 3], 'place_key', 'pl' || i % 3, 'place_name', '小区',
	'building', i || '号楼', 'since', '2024-01-01', 'status', CASE i WHEN 5 THEN 'retired' WHEN 6 THEN 'suspended' END))
	FROM generate_series(1, 20) i)), '~', 1), '20+20', 'twenty facilities');
SELECT pg_temp.put_records((SELECT json_agg(json_build_object('line', i, 'key', 'R' || i, 'facility_key', 'T' || i, 'type', 'clean',
	'performed_on', '2026-11-20'::date - i * 15, 'results', '[{"item":"ph","num":"7"}]'::json)) FROM generate_series(1, 18) i WHERE i NOT IN (5, 6)));
CREATE FUNCTION pg_temp.fact(p_name text, p_label text DEFAULT NULL) RETURNS numeric LANGUAGE sql AS $$
	SELECT f.value::numeric FROM api.service_facts() f WHERE f.name = p_name AND f.label IS NOT DISTINCT FROM p_label $$;

-- ---- facilities ----------------------------------------------------------------------------
SELECT is((SELECT json_object_agg(f.label, f.value::int ORDER BY f.label)::text FROM api.service_facts() f WHERE f.name = 'facilities'),
	(SELECT json_object_agg(s, (SELECT count(*) FROM core.facility f WHERE (SELECT x.*
		FROM api.facility_state(f.code::text, core.today()) x) = s) ORDER BY s COLLATE "C")::text
	FROM unnest(ARRAY['on_time', 'due_soon', 'overdue', 'failed', 'no_record', 'suspended', 'retired']) s),
	'facilities by state are those of their documents');
SELECT ok(count(*) FILTER (WHERE f.value <> '0') >= 5, 'of at least five states') FROM api.service_facts() f WHERE f.name = 'facilities';
SELECT is(pg_temp.fact('facilities', 'retired'), 1::numeric, 'the retired one');
UPDATE core.site SET clock = '2029-11-22 10:00:00+08';
SELECT is(pg_temp.fact('facilities', 'on_time'), 0::numeric, 'nothing is on time three years later');
SELECT ok(pg_temp.fact('facilities', 'overdue') >= 16, 'but overdue');
UPDATE core.site SET clock = '2026-11-22 10:00:00+08';

-- ---- what waits ----------------------------------------------------------------------------
UPDATE core.job SET due = now() + interval '1 hour', lease_until = NULL, last_error = NULL WHERE done_at IS NULL;
SELECT is(pg_temp.fact('job_waiting', 'sweep'), 0::numeric, 'what is due later does not wait');
SELECT is(pg_temp.fact('job_oldest', 'sweep'), 0::numeric, 'and has no age');
INSERT INTO core.job (kind, due) SELECT 'notice', now() - make_interval(secs => 90 * i) FROM generate_series(1, 3) i;
SELECT is(pg_temp.fact('job_waiting', 'notice'), 3::numeric, 'three jobs wait');
SELECT is(round(pg_temp.fact('job_oldest', 'notice')), 270::numeric, 'the oldest for four and a half minutes');
UPDATE core.job SET lease_until = now() + interval '1 minute', leased_by = 'x' WHERE kind = 'notice' AND due < now() - interval '4 minutes';
SELECT is(pg_temp.fact('job_running', 'notice') || ' ' || pg_temp.fact('job_waiting', 'notice'), '1 2', 'one is taken');
UPDATE core.job SET lease_until = now() - interval '1 second' WHERE kind = 'notice' AND leased_by = 'x';
SELECT is(pg_temp.fact('job_running', 'notice') || ' ' || pg_temp.fact('job_waiting', 'notice'), '0 3', 'a lease that ran out counts as waiting');
SELECT is(pg_temp.fact('job_failing', 'notice'), 0::numeric, 'none failed');
UPDATE core.job SET last_error = 'no such file' WHERE kind = 'notice' AND leased_by = 'x';
SELECT is(pg_temp.fact('job_failing', 'notice'), 1::numeric, 'one failed');
UPDATE core.job SET done_at = now(), last_error = NULL WHERE kind = 'notice';
SELECT is((SELECT count(*)::int FROM api.service_facts() f WHERE f.label = 'notice'), 0, 'what is done is gone');

SELECT is(pg_temp.fact('outbox_oldest'), NULL, 'nothing waits in the outbox, so it has no age');
SELECT pg_temp.user('adm', 'admin', '{"org":"310107000000"}'), pg_temp.session('adm');
INSERT INTO core.hook (office_id, kind, target, lang, made_at, made_by)
SELECT o.id, 'webhook', 'https://a.example/x', 'zh-CN', core.now(), a.id FROM core.org o, core.account a
WHERE o.code = '310107000000' AND a.login = 'adm';
INSERT INTO core.outbox (hook_id, body, state, made_at) SELECT h.id, '{}', s, now() - interval '10 minutes'
FROM core.hook h, unnest(ARRAY['waiting', 'waiting', 'dead']) s;
SELECT is(pg_temp.fact('outbox_waiting') || ' ' || pg_temp.fact('outbox_dead') || ' ' || round(pg_temp.fact('outbox_oldest')),
	'2 1 600', 'two messages wait for ten minutes, one was given up');

SELECT is(pg_temp.fact('documents_due'), (SELECT count(*)::numeric FROM core.document WHERE next_change <= core.today()),
	'documents a date has changed');
UPDATE core.document SET next_change = core.today() WHERE kind = 'facility';
SELECT is(pg_temp.fact('documents_due'), 20::numeric, 'now all of them');
SELECT is(pg_temp.fact('chain_age'), NULL, 'no head was signed');
SELECT ok(pg_temp.fact('sessions') BETWEEN 1 AND pg_temp.fact('sessions_max'), 'connections of the server');
SELECT is(pg_temp.fact('standbys'), 0::numeric, 'no standby');

-- ---- for people ----------------------------------------------------------------------------
SELECT pg_temp.user('ins', 'inspector', '{"org":"310107021000"}'), pg_temp.session('ins');
UPDATE core.job SET last_error = 'RC_INTERNAL' WHERE kind = 'sweep' AND done_at IS NULL;
SELECT is(api.staff_status(sha256('ins'::bytea))::json #>> '{facts,outbox_waiting}', '2', 'everybody who logs in sees the numbers');
SELECT is(api.staff_status(sha256('ins'::bytea))::json #>> '{facts,facilities,retired}', '1', 'those with labels as an object');
SELECT alike(j.value ->> 'next', '____-__-__T__:__:__+08:00', 'and when each job is due')
FROM json_array_elements(api.staff_status(sha256('ins'::bytea))::json -> 'jobs') j WHERE j.value ->> 'kind' = 'sweep';
SELECT is(j.value ->> 'why', CASE l WHEN 'adm' THEN 'RC_INTERNAL' END, l || CASE l WHEN 'adm' THEN ' is told what failed' ELSE ' is not' END)
FROM unnest(ARRAY['ins', 'adm']) l, json_array_elements(api.staff_status(sha256(l::bytea))::json -> 'jobs') j WHERE j.value ->> 'kind' = 'sweep';
SELECT throws_ok($$ SELECT api.staff_status(sha256('nobody')) $$, 'QR401', NULL, 'nobody else');
SELECT throws_ok('SET LOCAL ROLE qr_rw; SELECT * FROM api.service_facts()', '42501', NULL, 'writers may not ask for the numbers');
RESET ROLE;
SELECT throws_ok('SET LOCAL ROLE qr_ro; SELECT * FROM api.service_facts()', '42501', NULL, 'nor readers');
RESET ROLE;
SELECT lives_ok('SET LOCAL ROLE qr_slow; SELECT * FROM api.service_facts()', 'the slow role may');
RESET ROLE;

-- ---- how far this server is (a standby: tests/faults/replica.t) ------------------------------
SELECT results_eq('SELECT standby, replayed_us FROM api.wal_at()', 'VALUES (false, NULL::bigint)', 'a primary replays nothing');
CREATE TEMPORARY TABLE was AS SELECT wal FROM api.wal_at();
SELECT is(w.wal, (pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::bigint, 'it is where its WAL ends') FROM api.wal_at() w;
SELECT ok(w.wal >= was.wal AND was.wal > 0, 'and never goes back') FROM api.wal_at() w, was;
SELECT lives_ok('SET LOCAL ROLE qr_ro; SELECT * FROM api.wal_at()', 'pages may ask');
RESET ROLE;
SELECT throws_ok('SET LOCAL ROLE qr_rw; SELECT * FROM api.wal_at()', '42501', NULL, 'nobody else');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
