-- Who may do what and see what: each role through the functions, and once more as qr_staff straight
-- at the tables; users are made inside the maker's scope and not above the maker's role.
\ir fixture.inc
\ir staff.inc
SELECT * FROM no_plan();

-- Three tanks: A and B in two streets of one district, Y in another district; each with a record,
-- its result, photo and party, a status, a manager and a label.
SELECT pg_temp.put_facilities('[
	{"line":1,"key":"A","kind":"roof_tank","org":"310107021000","place_key":"pA","place_name":"A","since":"2020-01-01"},
	{"line":2,"key":"B","kind":"roof_tank","org":"310107014000","place_key":"pB","place_name":"B","since":"2020-01-01"},
	{"line":3,"key":"Y","kind":"roof_tank","org":"310110000000","place_key":"pY","place_name":"Y","since":"2020-01-01"}]');
SELECT pg_temp.put_records('[
	{"line":1,"key":"rA","facility_key":"A","type":"clean","performed_on":"2026-05-14","parties":[{"role":"cleaner","name":"清源"}],"results":[{"item":"ph","num":"7.6"}]},
	{"line":2,"key":"rB","facility_key":"B","type":"clean","performed_on":"2026-05-14","parties":[{"role":"cleaner","name":"清源"}],"results":[{"item":"ph","num":"7.6"}]},
	{"line":3,"key":"rY","facility_key":"Y","type":"clean","performed_on":"2026-05-14","parties":[{"role":"cleaner","name":"清源"}],"results":[{"item":"ph","num":"7.6"}]}]');
SELECT api.photo_put(sha256(k::bytea), 4, 3, NULL, NULL, NULL, NULL, NULL, ARRAY[1280], ARRAY[k::bytea]),
	core.photo_attach(pg_temp.r('r' || k), 'after', sha256(k::bytea), NULL) FROM unnest(ARRAY['A', 'B', 'Y']) k;
SELECT api.label_bind('test', c, pg_temp.f(k), NULL, NULL, NULL) FROM unnest(ARRAY['A', 'B', 'Y']) k,
	LATERAL api.label_issue('test', CASE WHEN k = 'Y' THEN '310110000000' END, 1) c;
SELECT api.scan_add('2026-11-01', array_agg(l.code::text), array_agg(1)) FROM core.label l;
SELECT api.label_printed('test', ARRAY[l.code::text], 't', NULL, '{1}', NULL) FROM core.label l;
INSERT INTO core.party (name, credit_code) VALUES ('物业甲', '91350100M000100Y43'), ('清洗乙', NULL), ('清洗丙', NULL);
INSERT INTO core.facility_manager (facility_id, party_id, valid_from)
SELECT f.id, p.id, '2020-01-01' FROM core.facility f, core.party p
WHERE p.name = '物业甲' AND f.code = pg_temp.f('A') AND NOT EXISTS (SELECT FROM core.facility_manager m WHERE m.facility_id = f.id);
INSERT INTO core.facility_manager (facility_id, party_id, valid_from, valid_to)
SELECT f.id, p.id, '2020-01-01', '2026-11-21' FROM core.facility f, core.party p
WHERE p.name = '物业甲' AND f.code = pg_temp.f('B');
INSERT INTO core.facility_status (facility_id, since, n, status)
SELECT f.id, '2026-01-01', 7, 'in_service' FROM core.facility f;
CREATE FUNCTION pg_temp.party(p_name text) RETURNS text LANGUAGE sql STABLE AS
$$ SELECT id::text FROM core.party WHERE name = p_name $$;
SELECT pg_temp.user(l, r, w::jsonb) > 0 FROM (VALUES
	('ins.a', 'inspector', '{"org":"310107021000"}'), ('off.a', 'office', '{"org":"310107021000"}'),
	('off.b', 'office', '{"org":"310107014000"}'), ('sup.b', 'supervisor', '{"org":"310107014000"}'),
	('adm', 'admin', '{"org":"310107000000"}'), ('aud', 'auditor', '{"org":"310107000000"}'),
	('aud.top', 'auditor', '{"org":"310000000000"}')) AS v (l, r, w);
SELECT pg_temp.user('mgr', 'manager', '{"party":"91350100M000100Y43"}') > 0;
SELECT pg_temp.user('cln', 'inspector', jsonb_build_object('party', pg_temp.party('清洗乙'))) > 0;
SELECT pg_temp.user('idle', 'inspector', jsonb_build_object('party', pg_temp.party('清洗丙'))) > 0;
SELECT api.assign_add('test', jsonb_build_object('party', pg_temp.party('清洗乙'), 'facility', pg_temp.f('B')));
SELECT api.assign_add('test', jsonb_build_object('party', pg_temp.party('清洗乙'), 'facility', pg_temp.f('Y'), 'from', '2026-11-23'));
SELECT count(pg_temp.session(login)) FROM core.account;

-- ---- what each may do ----------------------------------------------------------------------
SELECT is((SELECT string_agg(can, ' ' ORDER BY n) FROM unnest(ARRAY['view', 'submit', 'confirm', 'return', 'withdraw',
		'correct', 'redact', 'labels', 'users', 'audit', 'export', 'filing', 'erase',
		'board', 'remind', 'announce', 'import', 'admin']) WITH ORDINALITY AS u (can, n)
	WHERE pg_temp.says(format('SELECT api.staff_may(sha256(%L), %L, NULL)', login, can)) = 'done'), may, login || ' may')
FROM (VALUES ('ins.a', 'view submit'), ('cln', 'view submit'), ('mgr', 'view submit confirm return correct export board'),
	('off.a', 'view submit confirm return withdraw correct redact labels users export filing board remind announce import'),
	('sup.b', 'view confirm return withdraw correct redact labels users export filing board remind announce'),
	('adm', 'view return withdraw correct redact labels users audit export filing erase board remind announce import admin'),
	('aud', 'view audit export board')) AS v (login, may);
SELECT is(string_agg(pg_temp.says(format('SELECT api.staff_may(sha256(%L), ''view'', %L)', login, pg_temp.f(k))), ', ' ORDER BY k),
	says, login || ': facilities A, B, Y')
FROM (VALUES ('ins.a', 'done, QR403 scope, QR403 scope'), ('cln', 'QR403 scope, done, QR403 scope'),
	('mgr', 'done, QR403 scope, QR403 scope'), ('off.b', 'QR403 scope, done, QR403 scope'),
	('adm', 'done, done, QR403 scope'), ('aud.top', 'done, done, done'),
	('idle', 'QR403 scope, QR403 scope, QR403 scope')) AS v (login, says), unnest(ARRAY['A', 'B', 'Y']) k
GROUP BY login, says;
SELECT is(pg_temp.says($$ SELECT api.staff_may(sha256('adm'), 'view', '0K7M2Q9XH') $$), 'QR404', 'a facility nobody has');
SELECT is(pg_temp.says(format('SELECT api.staff_may(sha256(%L), %L, %L)', 'mgr', 'labels', pg_temp.f('A'))), 'QR403 right',
	'inside the scope, without the right');

-- ---- what each can see, straight at the tables ---------------------------------------------
-- As qr_staff with an account's settings: the count of a query, or its SQLSTATE.
CREATE FUNCTION pg_temp.as_staff(p_login text, p_sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	a core.account;
	n text;
BEGIN
	SELECT * INTO a FROM core.account WHERE login = p_login;
	PERFORM set_config('qr.account', coalesce(a.id::text, ''), true),
		set_config('qr.scope_org', coalesce(a.org_id::text, ''), true),
		set_config('qr.scope_party', coalesce(a.party_id::text, ''), true),
		set_config('qr.role', coalesce(a.role, ''), true);
	SET LOCAL ROLE qr_staff;
	EXECUTE p_sql INTO n;
	RESET ROLE;
	RETURN n;
EXCEPTION WHEN others THEN
	RETURN SQLSTATE;
END
$$;
CREATE TEMPORARY TABLE scope (login text, keys text);
INSERT INTO scope VALUES ('ins.a', 'A'), ('off.a', 'A'), ('off.b', 'B'), ('sup.b', 'B'), ('adm', 'AB'), ('aud', 'AB'),
	('aud.top', 'ABY'), ('mgr', 'A'), ('cln', 'B'), ('idle', '');
-- every kind of row that hangs on a facility: how to find the facility's key from it
CREATE TEMPORARY TABLE hangs (tab text, key_of text);
INSERT INTO hangs VALUES
	('facility', 'SELECT i.key FROM core.import_source i WHERE i.facility_id = t.id'),
	('place', 'SELECT right(i.key, 1) FROM core.import_source i WHERE i.place_id = t.id'),
	('facility_status', 'SELECT i.key FROM core.import_source i WHERE i.facility_id = t.facility_id'),
	('facility_manager', 'SELECT i.key FROM core.import_source i WHERE i.facility_id = t.facility_id'),
	('record', 'SELECT i.key FROM core.import_source i WHERE i.facility_id = t.facility_id'),
	('revision', 'SELECT right(i.key, 1) FROM core.import_source i WHERE i.record_id = t.record_id'),
	('revision_party', 'SELECT right(i.key, 1) FROM core.import_source i WHERE i.record_id = t.record_id'),
	('result', 'SELECT right(i.key, 1) FROM core.import_source i WHERE i.record_id = t.record_id'),
	('record_photo', 'SELECT right(i.key, 1) FROM core.import_source i WHERE i.record_id = t.record_id'),
	('photo', 'SELECT convert_from(b.bytes, ''UTF8'') FROM core.photo_bytes b WHERE b.sha256 = t.sha256'),
	('photo_bytes', 'SELECT convert_from(t.bytes, ''UTF8'')'),
	('label', 'SELECT i.key FROM core.import_source i WHERE i.facility_id = t.facility_id'),
	('label_event', 'SELECT i.key FROM core.label l JOIN core.import_source i ON i.facility_id = l.facility_id WHERE l.code = t.code'),
	('scan_day', 'SELECT i.key FROM core.label l JOIN core.import_source i ON i.facility_id = l.facility_id WHERE l.code = t.code');
CREATE FUNCTION pg_temp.all_of(p_tab text, p_key_of text, p_keys text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	n text;
BEGIN
	EXECUTE format('SELECT count(*) FROM core.%I t WHERE strpos(%L, (%s)) > 0', p_tab, p_keys, p_key_of) INTO n;
	RETURN n;
END
$$;
SELECT cmp_ok(pg_temp.all_of(tab, key_of, 'ABY')::int, '>=', CASE tab WHEN 'facility_manager' THEN 2 ELSE 3 END,
	tab || ': the test has rows in all three places') FROM hangs;
SELECT is(pg_temp.as_staff(login, format('SELECT count(*) FROM core.%I', tab)), pg_temp.all_of(tab, key_of, keys),
	format('%s sees of %s those of %s', login, tab, coalesce(nullif(keys, ''), 'none'))) FROM scope, hangs;

-- No setting, '' and an account without anything: no rows of any table.
SELECT is(pg_temp.as_staff(NULL, format('SELECT count(*) FROM core.%I', c.relname)), '0', 'nobody sees nothing of ' || c.relname)
FROM pg_class c WHERE c.relnamespace = 'core'::regnamespace AND c.relkind = 'r' AND has_table_privilege('qr_staff', c.oid, 'SELECT');
CREATE FUNCTION pg_temp.unset() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	seen text := '';
	n bigint;
	t text;
BEGIN
	SET LOCAL ROLE qr_staff;
	FOR t IN SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace = 'core'::regnamespace AND c.relkind = 'r'
		AND has_table_privilege('qr_staff', c.oid, 'SELECT')
	LOOP
		EXECUTE 'SELECT count(*) FROM ' || t INTO n;
		IF n > 0 THEN
			seen := seen || t || ' ';
		END IF;
	END LOOP;
	RESET ROLE;
	RETURN seen;
END
$$;
SET qr.account = ''; SET qr.scope_org = ''; SET qr.scope_party = ''; SET qr.role = '';
SELECT is(pg_temp.unset(), '', 'settings that are empty: no rows');
RESET qr.account; RESET qr.scope_org; RESET qr.scope_party; RESET qr.role;
SELECT is(pg_temp.unset(), '', 'settings that were reset: no rows');
SELECT set_config('qr.scope_org', (SELECT id::text FROM core.org WHERE code = '310000000000'), true),
	set_config('qr.account', '', true);
SELECT is(pg_temp.as_staff('idle', 'SELECT count(*) FROM core.facility'), '0', 'an earlier scope does not stay');

-- Two accounts in turn, in one session.
CREATE FUNCTION pg_temp.turn(p_login text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	said text;
BEGIN
	PERFORM auth.enter(sha256(p_login::bytea), 'view');
	SET LOCAL ROLE qr_staff;
	said := current_setting('qr.login') || ' ' || (SELECT count(*) FROM core.facility) || ' '
		|| (SELECT count(*) FROM core.facility f WHERE f.code = current_setting('test.b'));
	RESET ROLE;
	RETURN said;
END
$$;
SELECT set_config('test.b', pg_temp.f('B'), true);
SELECT is(string_agg(pg_temp.turn(l), ', ' ORDER BY n), 'off.a 1 0, off.b 1 1, adm 2 1, off.a 1 0, mgr 1 0, cln 1 1',
	'accounts in turn see what is theirs')
FROM unnest(ARRAY['off.a', 'off.b', 'adm', 'off.a', 'mgr', 'cln']) WITH ORDINALITY AS u (l, n);
SELECT is(pg_temp.says($$ SELECT auth.enter(sha256('nobody'), NULL) $$), 'QR401 none', 'a wrong session');

-- Accounts, sessions, audit.
SELECT is(pg_temp.as_staff(login, $$ SELECT string_agg(login, ' ' ORDER BY login) FROM core.account $$), sees, login || ' sees accounts')
FROM (VALUES ('ins.a', 'ins.a'), ('mgr', 'mgr'), ('cln', 'cln'), ('off.a', 'ins.a off.a'), ('sup.b', 'off.b sup.b'),
	('adm', 'adm aud ins.a off.a off.b sup.b')) AS v (login, sees);
SELECT is(pg_temp.as_staff(login, 'SELECT count(*) FROM core.session'), (SELECT count(*)::text FROM core.session s
	WHERE s.account_id = pg_temp.account(login)), login || ' sees the own sessions') FROM scope;
SELECT is(pg_temp.as_staff(login, 'SELECT count(*) > 0 FROM core.audit'), sees, login || ' sees of the audit')
FROM (VALUES ('ins.a', 'false'), ('mgr', 'false'), ('cln', 'false'), ('off.a', 'false'), ('sup.b', 'false'),
	('adm', 'true'), ('aud', 'true'), ('aud.top', 'true')) AS v (login, sees);
SELECT is(pg_temp.as_staff('aud', 'SELECT count(*) FROM core.audit WHERE org_id IS NULL'), '0', 'what no office did');
SELECT is(pg_temp.as_staff('aud.top', 'SELECT count(*) FROM core.audit WHERE org_id IS NULL'),
	(SELECT count(*)::text FROM core.audit WHERE org_id IS NULL), 'is for the office above all');
SELECT is(pg_temp.as_staff('adm', 'SELECT count(*) FROM core.' || t), '42501', 'not even an administrator reads ' || t)
FROM unnest(ARRAY['credential', 'recovery', 'invite', 'attempt', 'hook_secret']) t;

-- Nothing is changed or taken away by qr_staff; nothing added but what a policy names.
SELECT is(array_agg(c.relname || ' ' || p), NULL, 'qr_staff may change no row of any table')
FROM pg_class c, unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p
WHERE c.relnamespace = 'core'::regnamespace AND c.relkind IN ('r', 'p') AND has_table_privilege('qr_staff', c.oid, p);
SELECT is(array_agg(c.relname || '.' || a.attname), NULL, 'nor any column')
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'core'::regnamespace AND c.relkind IN ('r', 'p')
	AND (has_column_privilege('qr_staff', c.oid, a.attnum, 'UPDATE')
		OR (NOT has_table_privilege('qr_staff', c.oid, 'SELECT') AND has_column_privilege('qr_staff', c.oid, a.attnum, 'SELECT')));
SELECT is(pg_temp.as_staff('adm', sql), '42501', 'refused: ' || sql)
FROM unnest(ARRAY['DELETE FROM core.record', 'UPDATE core.revision SET reason = NULL', 'DELETE FROM core.result',
	'DELETE FROM core.photo_bytes', 'DELETE FROM core.photo', 'DELETE FROM core.record_photo', 'UPDATE core.record SET rev = 9',
	'UPDATE core.account SET role = ''admin''', 'INSERT INTO core.audit (who, what) VALUES (''x'', ''y'')', 'DELETE FROM core.audit',
	'INSERT INTO core.role_right VALUES (''inspector'', ''users'')', 'INSERT INTO core.session (account_id) VALUES (1)',
	'TRUNCATE core.record CASCADE', 'UPDATE core.site SET clock = NULL', 'DELETE FROM core.assignment',
	'ALTER TABLE core.facility DISABLE ROW LEVEL SECURITY', 'CREATE TABLE core.x ()', 'CREATE TABLE api.x ()']) sql;

-- Every table is either shown to staff by a policy, or named here as shut to it: a new one must
-- be put on one of the two sides.
SELECT is(array_agg(c.relname::text ORDER BY c.relname), NULL, 'every table has a policy for staff, or is known to be shut')
FROM pg_class c WHERE c.relnamespace = 'core'::regnamespace AND c.relkind IN ('r', 'p')
	AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND 'qr_staff'::regrole = ANY (p.polroles))
	AND c.relname NOT IN ('migration', 'import_batch', 'import_source', 'job', 'credential', 'recovery', 'invite', 'attempt', 'hook_secret',
		'chain_head', 'chain_link', 'chain_signature', 'erasure', 'facility_find', 'line_tally', 'flag_tally', 'month_snapshot', 'survey_seen',
		'ticket_contact', 'ticket_secret', 'ticket_source', 'ticket_upload');
SELECT is(array_agg(c.relname || ' ' || g.what), NULL, 'a grant to qr_staff goes with a policy for it')
FROM pg_class c, (VALUES ('SELECT', 'r'), ('INSERT', 'a')) AS g (what, cmd)
WHERE c.relnamespace = 'core'::regnamespace AND c.relkind IN ('r', 'p') AND has_table_privilege('qr_staff', c.oid, g.what)
	AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND 'qr_staff'::regrole = ANY (p.polroles)
		AND p.polcmd::text = g.cmd);
SELECT is(array_agg(p.polrelid::regclass || ' ' || p.polname), NULL, 'no policy for staff is true for all')
FROM pg_policy p WHERE 'qr_staff'::regrole = ANY (p.polroles)
	AND coalesce(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) = 'true';

-- ---- users ---------------------------------------------------------------------------------
CREATE FUNCTION pg_temp.add(p_by text, p_body text) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.says(format('SELECT api.staff_user_add(sha256(%L), %L, sha256(%L))', p_by,
		'{"login":"new","name":"Neu"}'::jsonb || p_body::jsonb, p_by || p_body)) $$;
SELECT is(pg_temp.add(by, body), says, format('%s: %s', by, body))
FROM (VALUES ('off.a', '{"role":"inspector","org":"310107021000","login":"nu1"}', 'done'),
	('off.a', '{"role":"office","org":"310107021000","login":"nu2"}', 'done'),
	('off.a', '{"role":"supervisor","org":"310107021000"}', 'QR422 role:above'),
	('off.a', '{"role":"admin","org":"310107021000"}', 'QR422 role:above'),
	('off.a', '{"role":"auditor","org":"310107021000"}', 'QR422 role:above'),
	('sup.b', '{"role":"admin","org":"310107014000"}', 'QR422 role:above'),
	('adm', '{"role":"admin","org":"310107000000","login":"nu3"}', 'done'),
	('adm', '{"role":"auditor","org":"310107021000","login":"nu4"}', 'done'),
	('adm', '{"role":"office","org":"310110000000"}', 'QR422 org:outside'),
	('adm', '{"role":"office","org":"310000000000"}', 'QR422 org:outside'),
	('off.a', '{"role":"office","org":"310107014000"}', 'QR422 org:outside'),
	('off.a', '{"role":"manager","party":"91350100M000100Y43","login":"nu5"}', 'done'),
	('off.b', '{"role":"manager","party":"91350100M000100Y43"}', 'QR422 party:outside'),
	('adm', '{"role":"office","party":"91350100M000100Y43"}', 'QR422 party:role'),
	('adm', '{"role":"inspector","party":"91350100M000100Y44"}', 'QR422 party:unknown'),
	('adm', '{"role":"inspector","party":"91350100M000100Y43","org":"310107000000"}', 'QR422 org:missing'),
	('adm', '{"login":"","name":" ","role":""}', 'QR422 login:missing name:missing role:missing org:missing'),
	('adm', '{"login":"1x","role":"king","org":"nowhere","from":"2026-02-30","to":"soon"}',
		'QR422 login:form role:unknown org:unknown from:form to:form'),
	('adm', '{"role":"inspector","org":"310107021000","from":"2026-12-01","to":"2026-11-30"}', 'QR422 to:order'),
	('adm', '{"role":"inspector","org":"310107021000","from":"2026-01-01","to":"2026-11-21"}', 'QR422 to:past'),
	('adm', '{"role":"inspector","org":"310107021000","login":"CLN"}', 'QR422 login:taken'),
	('ins.a', '{"role":"inspector","org":"310107021000"}', 'QR403 right'),
	('mgr', '{"role":"inspector","org":"310107021000"}', 'QR403 right'),
	('aud', '{"role":"inspector","org":"310107021000"}', 'QR403 right')) AS v (by, body, says);
-- and again straight at the table
SELECT is(pg_temp.as_staff(by, format('INSERT INTO core.account (login, name, role, org_id, office_id, valid_from)
	SELECT ''direct'', ''x'', %L, id, id, ''2026-01-01'' FROM core.org WHERE code = %L RETURNING login', role, org)), says,
	format('%s adds a row: %s in %s', by, role, org))
FROM (VALUES ('off.a', 'admin', '310107021000', '42501'), ('off.a', 'office', '310107014000', '42501'),
	('ins.a', 'inspector', '310107021000', '42501'), ('aud', 'inspector', '310107021000', '42501'),
	('mgr', 'inspector', '310107021000', '42501'), ('adm', 'admin', '310110000000', '42501'),
	('adm', 'office', '310107021000', 'direct')) AS v (by, role, org, says);

SELECT is(pg_temp.says(format('SELECT api.staff_user_reset(sha256(%L), %s, sha256(%L), true)', by, pg_temp.account(whom), by || whom)),
	says, format('%s resets %s', by, whom))
FROM (VALUES ('off.a', 'off.b', 'QR404'), ('off.a', 'adm', 'QR404'), ('off.a', 'ins.a', 'done'), ('off.a', 'nu5', 'done'),
	('off.b', 'sup.b', 'QR403 above'), ('sup.b', 'off.b', 'done'), ('off.a', 'mgr', 'QR404'), ('aud', 'ins.a', 'QR403 right'),
	('adm', 'nu4', 'done')) AS v (by, whom, says);
SELECT is(pg_temp.says($$ SELECT api.staff_me(sha256('ins.a')) $$), 'QR401 ended', 'a reset ends the sessions');
SELECT is(pg_temp.try_login('ins.a', true, 'x'), 'failed 0', 'the old password is void');
SELECT is(pg_temp.says($$ SELECT api.staff_may(sha256('off.b'), 'view', NULL) $$), 'QR401 ended', 'so is off.b out');
SELECT is(api.invite_use(sha256('sup.boff.b'), pg_temp.pw())::json ->> 'second', 'true', 'reset with the second factor');
SELECT is(pg_temp.try_login('off.b', true, 'off.b again'), 'setup', 'which is to be set up again');
-- a firm that works elsewhere too is out of reach
SELECT api.assign_add('test', jsonb_build_object('login', 'nu5', 'facility', pg_temp.f('Y')));
SELECT is(pg_temp.as_staff('nu5', 'SELECT count(*) FROM core.facility'), '2', 'an assignment of one''s own');
SELECT api.assign_add('test', jsonb_build_object('party', '91350100M000100Y43', 'place', (SELECT p.code FROM core.place p
	WHERE p.name = 'Y')));
SELECT is(pg_temp.says(format('SELECT api.staff_user_reset(sha256(%L), %s, sha256(%L), true)', 'off.a', pg_temp.account('nu5'), 'again')),
	'QR403 scope', 'a firm with facilities elsewhere');
SELECT is(pg_temp.says(format('SELECT api.staff_user_end(sha256(%L), %s)', by, pg_temp.account(whom))), says,
	format('%s ends %s', by, whom))
FROM (VALUES ('adm', 'adm', 'QR409 self'), ('off.a', 'adm', 'QR404'), ('adm', 'nu3', 'done'), ('adm', 'nu3', 'QR409 ended'),
	('adm', 'sup.b', 'done'), ('ins.a', 'nu1', 'QR401 ended')) AS v (by, whom, says);
SELECT is(pg_temp.says($$ SELECT api.staff_may(sha256('sup.b'), 'view', NULL) $$), 'QR401 ended', 'who was ended is out');
SELECT is((SELECT string_agg(u ->> 'login' || ':' || (u ->> 'state'), ' ') FROM json_array_elements(
	api.staff_user_list(sha256('off.a'), NULL, NULL, 50)::json -> 'users') u),
	'direct:invited ins.a:invited nu1:invited nu2:invited nu4:invited nu5:invited off.a:active',
	'the list of an office');
SELECT is(api.staff_user_list(sha256('off.a'), NULL, NULL, 2)::json ->> 'next', 'ins.a', 'in pieces');
SELECT is(json_array_length(api.staff_user_list(sha256('off.a'), 'NU1', 'ins.a', 2)::json -> 'users'), 1, 'by name');
SELECT is(api.staff_user_list(sha256('off.a'), NULL, NULL, 2)::json ->> 'roles', '["inspector", "manager", "office"]', 'roles it may give');
SELECT ok(api.user_list() !~ 'argon2id|totp|hash', 'no list shows what proves somebody');

-- ---- assignments ---------------------------------------------------------------------------
SELECT is(pg_temp.says(format('SELECT api.staff_assign_add(sha256(%L), %L)', by, jsonb_build_object('party', pg_temp.party('清洗丙'))
		|| CASE WHEN what = '' THEN '{}' ELSE jsonb_build_object(split_part(what, '=', 1), CASE WHEN what ~ '[ABY]$' THEN
		pg_temp.f(right(what, 1)) ELSE split_part(what, '=', 2) END) END)), says, format('%s assigns %s', by, what))
FROM (VALUES ('off.a', 'facility=A', 'done'), ('off.a', 'facility=B', 'QR422 facility:outside'), ('off.a', 'org=310107000000', 'QR422 org:outside'),
	('off.a', '', 'QR422 facility:missing'), ('adm', 'org=310107014000', 'done'), ('adm', 'facility=Y', 'QR422 facility:outside'),
	('mgr', 'facility=A', 'QR403 right')) AS v (by, what, says);
SELECT is(pg_temp.as_staff('idle', 'SELECT count(*) FROM core.facility'), '2', 'the firm sees what it was given');
SELECT is(pg_temp.as_staff('idle', 'SELECT count(*) FROM core.place'), '2', 'and the places');
SELECT is(pg_temp.as_staff('off.a', format('INSERT INTO core.assignment (party_id, facility_id, valid_from)
	VALUES (%s, %s, ''2026-01-01'') RETURNING id', pg_temp.party('清洗丙'), (SELECT f.id FROM core.facility f
	WHERE f.code = pg_temp.f('B')))), '42501', 'straight at the table: outside is refused');
SELECT is(json_array_length(api.staff_assign_list(sha256('off.a'), pg_temp.party('清洗丙')::int)::json -> 'assignments'), 1, 'an office sees its own');
SELECT x.id AS given FROM core.assignment x JOIN core.org o ON o.id = x.org_id \gset
SELECT is(pg_temp.says(format('SELECT api.staff_assign_end(sha256(%L), %s)', by, :given)), says, by || ' ends it')
FROM (VALUES ('off.a', 'QR404'), ('adm', 'done'), ('adm', 'QR404')) AS v (by, says);
SELECT is(pg_temp.as_staff('idle', 'SELECT count(*) FROM core.facility'), '1', 'what was taken back is gone');

-- What is dangerous asks for a fresh proof.
SELECT pg_temp.later('5 minutes');
SELECT is(pg_temp.says(replace(sql, '$S', 'sha256(''adm'')')), 'QR428 again', 'old proof: ' || sql)
FROM unnest(ARRAY['SELECT api.staff_user_add($S, ''{}'', NULL)', 'SELECT api.staff_user_reset($S, 1, NULL, true)',
	'SELECT api.staff_user_end($S, 1)', 'SELECT api.staff_assign_add($S, ''{}'')', 'SELECT api.staff_assign_end($S, 1)',
	'SELECT api.staff_totp_begin($S)', 'SELECT api.staff_recovery($S)', 'SELECT api.staff_password($S, ''x'')']) sql;
SELECT * FROM finish();
ROLLBACK;
