-- Guards of the schema: nothing new slips in without them; codes; what only grows.
\ir fixture.inc
SELECT * FROM no_plan();

-- Every table, also those of later migrations.
SELECT is(array_agg(c.relname::text ), NULL, 'row security is on and forced on every table')
FROM pg_class c WHERE c.relnamespace = 'core'::regnamespace AND c.relkind IN ('r', 'p')
	AND NOT (c.relrowsecurity AND c.relforcerowsecurity);
SELECT is(array_agg(c.relname::text ), NULL, 'every table has a policy')
FROM pg_class c WHERE c.relnamespace = 'core'::regnamespace AND c.relkind IN ('r', 'p')
	AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid);
SELECT is(array_agg(c.relname::text ), NULL, 'every table and sequence belongs to qr_owner')
FROM pg_class c WHERE c.relnamespace IN ('core'::regnamespace, 'api'::regnamespace)
	AND c.relkind IN ('r', 'p', 'S', 'v', 'm') AND c.relowner <> 'qr_owner'::regrole;
SELECT is(array_agg(c.relname || ' to ' || coalesce(nullif(a.grantee, 0)::regrole::text, 'PUBLIC')), NULL,
	'nobody but the owner is granted a table or a sequence; qr_staff may read and add')
FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
WHERE c.relnamespace IN ('core'::regnamespace, 'api'::regnamespace)
	AND a.grantee <> 'qr_owner'::regrole AND c.relowner <> a.grantee
	AND NOT (a.grantee = 'qr_staff'::regrole AND a.privilege_type IN ('SELECT', 'INSERT'));
SELECT is(array_agg(p.proname || ' to ' || coalesce(nullif(a.grantee, 0)::regrole::text, 'PUBLIC')), NULL,
	'nobody but the owner and qr_staff is granted a function of core or auth')
FROM pg_proc p CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
WHERE p.pronamespace IN ('core'::regnamespace, 'auth'::regnamespace)
	AND a.grantee NOT IN (p.proowner, 'qr_staff'::regrole);
SELECT is(array_agg(p.proname::text), NULL, 'no function is granted to PUBLIC')
FROM pg_proc p CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
WHERE p.pronamespace IN ('core'::regnamespace, 'api'::regnamespace, 'auth'::regnamespace)
	AND a.grantee = 0;
SELECT is(array_agg(p.proname::text ), NULL,
	'api functions are SECURITY DEFINER with a fixed search_path, and belong to qr_owner, those of'
	' people who log in to qr_staff')
FROM pg_proc p WHERE p.pronamespace = 'api'::regnamespace AND p.proname <> 'version'
	AND (NOT p.prosecdef
		OR p.proowner <> CASE WHEN p.proname LIKE 'staff\_%' THEN 'qr_staff' ELSE 'qr_owner' END::regrole
		OR NOT 'search_path=pg_catalog, core' = ANY (coalesce(p.proconfig, '{}')));
SELECT is(array_agg(p.proname::text ), NULL, 'functions of core that are SECURITY DEFINER belong to'
	' qr_owner and fix their search_path')
FROM pg_proc p WHERE p.pronamespace IN ('core'::regnamespace, 'auth'::regnamespace) AND p.prosecdef
	AND (p.proowner <> 'qr_owner'::regrole
		OR NOT 'search_path=pg_catalog, core' = ANY (coalesce(p.proconfig, '{}')));
SELECT is(array_agg(p.proname::text), NULL, 'every function of people who log in begins with who is asking')
FROM pg_proc p WHERE p.pronamespace = 'api'::regnamespace AND p.proname LIKE 'staff\_%'
	AND (p.provolatile <> 'v' OR split_part(p.prosrc, E'\nBEGIN\n', 2)
		!~ '^\tPERFORM auth\.enter\(p_session, (NULL|''[a-z]+''|p_right)\);');
SELECT is(array_agg(p.proname::text ), NULL, 'PL/pgSQL functions fix their search_path')
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace IN ('core'::regnamespace, 'auth'::regnamespace) AND l.lanname = 'plpgsql'
	AND NOT coalesce(p.proconfig, '{}')::text ~ 'search_path=pg_catalog';
SELECT is(array_agg(n.nspname::text), NULL, 'PUBLIC may use none of the schemas')
FROM pg_namespace n CROSS JOIN LATERAL aclexplode(n.nspacl) a
WHERE n.nspname IN ('core', 'api', 'auth', 'crypt', 'public') AND a.grantee = 0;
SELECT is(array_agg(c.conrelid::regclass || '.' || c.conname), NULL, 'every reference is checked')
FROM pg_constraint c WHERE c.connamespace = 'core'::regnamespace AND NOT c.convalidated;

-- Codes (ISO 7064 MOD 37-2) and credit codes (GB 32100-2015).
SELECT ok(core.code_ok('0K7M2Q9XH'), 'vector 0K7M2Q9X H');
SELECT ok(core.code_ok('7ZZZZZZZC'), 'vector 7ZZZZZZZ C');
SELECT is(core.code_check_char('00000001'), '*', '00000001 has no check letter');
SELECT ok(NOT core.code_ok(c), c || ' is no code')
FROM unnest(ARRAY['0K7M2Q9XJ', '00000001*', '0k7m2q9xh', '0K7M2Q9X', '0K7M2Q9XHH', 'IK7M2Q9XH', '',
	'K07M2Q9XH', '0K7M2Q9XH ']) c;
SELECT is(count(*) FILTER (WHERE NOT core.code_ok(c)), 0::bigint, '300 random codes are right')
FROM (SELECT core.code_random() AS c FROM generate_series(1, 300)) q;
SELECT is(count(DISTINCT core.code_random()), 300::bigint, 'and differ') FROM generate_series(1, 300);
SELECT ok(core.credit_code_ok('91350100M000100Y43'), 'credit code of the standard');
SELECT ok(NOT core.credit_code_ok(c), c || ' is no credit code')
FROM unnest(ARRAY['91350100M000100Y44', '91350100M000100Y4', '91350100I000100Y43',
	'91350100m000100y43', '']) c;
SELECT throws_ok($$ INSERT INTO core.party (name, credit_code) VALUES ('x', '91350100M000100Y44') $$,
	'23514', NULL, 'a party with a wrong credit code');

-- What only grows does so for the owner too.
SELECT pg_temp.tank('T1');
SELECT pg_temp.put_records('[{"line":1,"key":"a","facility_key":"T1","type":"clean","performed_on":"2026-05-14",
	"parties":[{"role":"cleaner","name":"清源"}],"results":[{"item":"ph","num":"7.6"}]}]');
SELECT api.label_cover('test', NULL, NULL, NULL, 10);
SELECT photo FROM (SELECT api.photo_put(sha256('x'), 4, 3, NULL, NULL, NULL, NULL, NULL, ARRAY[1280],
	ARRAY['x'::bytea]) AS photo) q;
SELECT core.photo_attach(pg_temp.r('a'), 'after', sha256('x'), NULL);
SET ROLE qr_owner;
SELECT tap.throws_ok(format('%s core.%s %s', verb, t, CASE verb WHEN 'UPDATE' THEN 'SET ' || col || ' = ' || col
		WHEN 'TRUNCATE' THEN 'CASCADE' ELSE '' END), 'QR409', NULL, verb || ' on ' || t || ' is refused')
FROM (VALUES ('revision', 'reason'), ('revision_party', 'name'), ('result', 'verdict'),
	('record_photo', 'slot'), ('audit', 'who'), ('label_event', 'who'), ('facility_status', 'reason'))
	AS v (t, col)
CROSS JOIN (VALUES ('UPDATE'), ('DELETE FROM'), ('TRUNCATE')) AS w (verb)
WHERE has_table_privilege('qr_owner', 'core.' || t, 'INSERT');
SELECT tap.throws_ok('DELETE FROM core.record', 'QR409', NULL, 'a record stays');
SELECT tap.throws_ok('TRUNCATE core.record CASCADE', 'QR409', NULL, 'all records stay');
SELECT tap.throws_ok('UPDATE core.record SET seq = seq + 1', 'QR409', NULL, 'its number stays');
SELECT tap.throws_ok('UPDATE core.record SET published_at = now() + interval ''1 day''', 'QR409', NULL,
	'its first publication stays');
SELECT tap.throws_ok('UPDATE core.record SET rev = 0', 'QR409', NULL, 'its revision never falls');
RESET ROLE;

-- Constraints that carry meaning.
SELECT throws_ok($$ INSERT INTO core.facility_manager (facility_id, valid_from)
	SELECT id, d FROM core.facility, unnest(ARRAY['2026-01-01', '2026-02-01']::date[]) d LIMIT 2 $$,
	'23P01', NULL, 'two managers at one time');
SELECT throws_ok($$ INSERT INTO core.rule (code, kind_id, type, org_id, valid_from, rank, months, basis)
	SELECT 'twice', kind_id, type, org_id, '2025-01-01', 1, 1, 'x' FROM core.rule
	WHERE code = 'sh-clean' AND valid_to IS NULL $$, '23P01', NULL, 'two rules at one time');
SELECT throws_ok($$ INSERT INTO core.limit_item (item_id, org_id, valid_from, op, lo, hi, basis)
	SELECT item_id, org_id, '2025-01-01', 'between', 1, 2, 'x' FROM core.limit_item
	WHERE valid_to IS NULL LIMIT 1 $$, '23P01', NULL, 'two limits at one time');
SELECT throws_ok($$ INSERT INTO core.limit_item (item_id, org_id, valid_from, op, hi, basis)
	SELECT min(item_id), min(org_id), '1999-01-01', 'between', 2, 'x' FROM core.limit_item $$,
	'23514', NULL, 'between needs both bounds');
SELECT throws_ok($$ INSERT INTO core.label (code, state) VALUES ('0K7M2Q9XH', 'active') $$,
	'23514', NULL, 'an active label is stuck to something');
SELECT throws_ok($$ INSERT INTO core.label (code, state) VALUES ('0K7M2Q9XJ', 'blank') $$,
	'23514', NULL, 'a label with a wrong check character');
SELECT throws_ok($$ INSERT INTO core.result (record_id, rev, pos, item_id, num, word, verdict)
	SELECT record_id, rev, 9, (SELECT min(id) FROM core.item), 1, 'none', 'none' FROM core.revision
	LIMIT 1 $$, '23514', NULL, 'a result is a number or a word');

-- The tree of offices keeps its paths.
SELECT is((SELECT array_agg(x.code ORDER BY array_position(o.path, x.id))
	FROM core.org o JOIN core.org x ON x.id = ANY (o.path) WHERE o.code = '310107021000'),
	ARRAY['310000000000', '310107000000', '310107021000'], 'path from the root down');
INSERT INTO core.org (code, name, parent_id) SELECT 'below', '弄', id FROM core.org WHERE code = '310107021000';
UPDATE core.org SET parent_id = (SELECT id FROM core.org WHERE code = '310110000000')
	WHERE code = '310107021000';
SELECT is((SELECT array_agg(x.code ORDER BY array_position(o.path, x.id))
	FROM core.org o JOIN core.org x ON x.id = ANY (o.path) WHERE o.code = 'below'),
	ARRAY['310000000000', '310110000000', '310107021000', 'below'], 'what is below moves along');
SELECT throws_ok($$ UPDATE core.org SET parent_id = (SELECT id FROM core.org WHERE code = 'below')
	WHERE code = '310107021000' $$, 'QR422', NULL, 'no office stands below itself');
SELECT * FROM finish();
ROLLBACK;
