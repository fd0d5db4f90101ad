-- The audit: every act of an account leaves a row; the chain holds; heads are made, signed once,
-- published; what was changed, removed, put in or cut off afterwards is named.
\ir fixture.inc
\ir staff.inc
SELECT * FROM no_plan();
CREATE FUNCTION pg_temp.bad() RETURNS text LANGUAGE sql STABLE AS $$
	SELECT coalesce(string_agg(v.seq || ' ' || v.problem, '; ' ORDER BY v.seq), 'good')
	FROM api.verify_audit(0, 100000) v WHERE v.problem IS NOT NULL $$;
-- Bad rows of all pieces, a few rows each, as the command reads them.
CREATE FUNCTION pg_temp.bad_pieces(p_limit int) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
	at bigint := 0;
	said text := '';
	r record;
BEGIN
	WHILE at IS NOT NULL LOOP
		FOR r IN SELECT * FROM api.verify_audit(at, p_limit) LOOP
			said := said || coalesce(r.seq || ' ' || r.problem || '; ', '');
			at := r.last_seq;
		END LOOP;
	END LOOP;
	RETURN said;
END
$$;
CREATE FUNCTION pg_temp.bad_heads() RETURNS text LANGUAGE sql STABLE AS $$
	SELECT coalesce(string_agg(v.id || ' ' || v.problem, '; ' ORDER BY v.id), 'good')
	FROM api.verify_heads(0, 100) v WHERE v.problem IS NOT NULL $$;

-- Every act, by whom.
SELECT pg_temp.user('adm', 'admin', '{"org":"310107000000"}'), pg_temp.user('top', 'auditor', '{"org":"310000000000"}');
SELECT count(pg_temp.session(l)) FROM unnest(ARRAY['adm', 'top']) l;
SELECT set_config('qr.account', '', true); -- a transaction of its own, outside a test
SELECT pg_temp.try_login('adm', false, 'x'), pg_temp.try_login('who is this', false, 'x', 'y');
SELECT api.staff_user_add(sha256('adm'), '{"login":"new","name":"N","role":"manager","org":"310107021000"}', sha256('n1'))::json ->> 'account' AS new \gset
SELECT api.staff_user_reset(sha256('adm'), :new, sha256('n2'), true);
SELECT api.invite_use(sha256('n2'), pg_temp.pw());
SELECT api.staff_user_end(sha256('adm'), :new);
INSERT INTO core.party (name) VALUES ('甲');
SELECT api.staff_assign_add(sha256('adm'), jsonb_build_object('party', (SELECT max(id)::text FROM core.party), 'org', '310107021000'))::json ->> 'id' AS given \gset
SELECT api.staff_assign_end(sha256('adm'), :given);
SELECT pg_temp.try_login('adm', true, 'a2');
SELECT pg_temp.later('1 minute');
SELECT api.auth_totp(sha256('a2'), '000000', sha256('a3'), NULL), api.auth_totp(sha256('a2'), pg_temp.code('adm'), sha256('a3'), NULL);
SELECT api.auth_again_lookup(sha256('a3'), NULL), api.auth_again(sha256('a3'), true), api.staff_recovery(sha256('a3'));
SELECT api.staff_session_end(sha256('a3'), (SELECT id FROM core.session WHERE token = sha256('adm')));
SELECT api.staff_password(sha256('a3'), pg_temp.pw());
SELECT pg_temp.try_login('adm', true, 'a4');
SELECT pg_temp.later('1 minute');
SELECT api.auth_totp(sha256('a4'), pg_temp.code('adm'), sha256('a5'), NULL), api.auth_logout(sha256('a5'), true);
SELECT is(string_agg(a.who || ':' || a.what, ' ' ORDER BY a.seq), 'test:user_add adm:invite_used test:user_add top:invite_used'
	' adm:login adm:second_on top:login top:second_on adm:login_failed (unknown):login_failed adm:user_add adm:user_reset'
	' new:invite_used adm:user_end adm:assign adm:assign_end adm:login_failed adm:login adm:login_again adm:recovery'
	' adm:session_end adm:password adm:login adm:logout', 'a row for each act') FROM core.audit a;
SELECT is(detail, '{"step":"password","failures":1}', 'failures are counted') FROM core.audit WHERE what = 'login_failed' ORDER BY seq LIMIT 1;
SELECT is(array_agg(seq), array_agg(n), 'numbers 1 to the last') FROM (SELECT seq, row_number() OVER (ORDER BY seq) AS n FROM core.audit) q;
SELECT is(count(*) FILTER (WHERE org_id IS NULL), 3::bigint, 'rows know the office, but those of none') FROM core.audit;
SELECT ok(detail::text || coalesce(subject, '') !~ 'argon2id|[A-Z0-9]{5}-[A-Z0-9]{5}', 'no proof in row ' || seq) FROM core.audit WHERE detail IS NOT NULL;
SELECT is(pg_temp.bad(), 'good', 'the chain holds');
SELECT is(pg_temp.bad_pieces(3), '', 'in pieces as well');
SELECT is(hash, sha256(convert_to(core.audit_text(a), 'UTF8')), 'anyone can take the hash of the text') FROM core.audit a WHERE seq = 2;
SELECT is(core.audit_text(a)::jsonb - 'at' - 'prev' - 'account' - 'org', '{"seq":2,"who":"adm","what":"invite_used","subject":"adm","detail":{"kind":"new"}}',
	'the text') FROM core.audit a WHERE seq = 2;

-- Read by those who may.
SELECT is(json_array_length(api.staff_audit(sha256('top'), '{}', NULL, 1000)::json -> 'rows'), 24, 'the auditor above all reads all');
SELECT is((SELECT string_agg(r ->> 'seq', ' ') FROM json_array_elements(api.staff_audit(sha256('top'), '{}', 20, 3)::json -> 'rows') r),
	'19 18 17', 'in pieces, the newest first');
SELECT is(api.staff_audit(sha256('top'), '{}', 20, 3)::json ->> 'next', '17', 'and where to go on');
SELECT is(api.staff_audit(sha256('top'), '{}', 3, 3)::json ->> 'next', NULL, 'the end');
SELECT is((SELECT string_agg(r ->> 'who', ' ') FROM json_array_elements(api.staff_audit(sha256('top'), filter::jsonb, NULL, 9)::json -> 'rows') r), says, filter)
FROM (VALUES ('{"what":"login_failed"}', 'adm (unknown) adm'), ('{"who":"top"}', 'top top top'), ('{"subject":"new","what":"user_end"}', 'adm'),
	('{"q":"NEW","what":"invite_used"}', 'new'), ('{"to":"2026-11-21"}', NULL), ('{"from":"2026-11-22","to":"2026-11-22","what":"logout"}', 'adm'),
	('{"from":"2026-11-23"}', NULL), ('{"who":"'' OR 1=1 --"}', NULL), ('{"q":"%"}', NULL)) AS v (filter, says);
SELECT is(pg_temp.says($$ SELECT api.staff_audit(sha256('a5'), '{}', NULL, 9) $$), 'QR401 ended', 'not without a session');

-- Heads: of nothing signed twice, each following the one before; records are taken in.
SELECT pg_temp.tank('T1');
SELECT pg_temp.put_records('[{"line":1,"key":"a","facility_key":"T1","type":"clean","performed_on":"2026-05-14"},
	{"line":2,"key":"b","facility_key":"T1","type":"clean","performed_on":"2026-06-14"}]');
SELECT photo FROM (SELECT api.photo_put(sha256('x'), 4, 3, NULL, NULL, NULL, NULL, NULL, ARRAY[1280], ARRAY['x'::bytea]) AS photo) q;
SELECT core.photo_attach(pg_temp.r('a'), 'after', sha256('x'), NULL);
SELECT api.head_next() AS h1 \gset
SELECT is((:'h1'::json ->> 'text')::json ->> 'links', '2', 'two revisions taken in');
SELECT is((:'h1'::json ->> 'text')::json ->> 'audit_hash', (SELECT encode(hash, 'hex') FROM core.audit ORDER BY seq DESC LIMIT 1), 'and the end of the audit');
SELECT is(api.head_next()::json ->> 'id', '1', 'not signed yet: the same again');
SELECT is(pg_temp.says($$ SELECT api.head_put(2, sha256('k'), sha256('a') || sha256('b')) $$), 'QR404', 'no such head');
SELECT is(pg_temp.says($$ SELECT api.head_put(1, 'k', sha256('a') || sha256('b')) $$), 'QR422', 'no key');
SELECT is(pg_temp.says($$ SELECT api.head_put(1, sha256('k'), sha256('a') || sha256('b')) $$), 'done', 'signed');
SELECT is(pg_temp.says($$ SELECT api.head_put(1, sha256('k'), sha256('a') || sha256('b')) $$), 'QR409 signed', 'once');
SELECT is(pg_temp.doc('chain', 'current') #>> '{heads,0,text}', :'h1'::json ->> 'text', 'published as signed');
SELECT is(kind || key, 'chaincurrent', 'for everyone') FROM api.public_document('chain', 'current');
SELECT core.photo_attach(pg_temp.r('b'), 'after', sha256('x'), NULL);
SELECT pg_temp.put_records('[{"line":1,"key":"c","facility_key":"T1","type":"clean","performed_on":"2026-07-14"}]');
SELECT api.head_next() AS h2 \gset
SELECT is((:'h2'::json ->> 'text')::json ->> 'links', '4', 'a new photo and a new revision');
SELECT is((:'h2'::json ->> 'text')::json ->> 'prev', encode(sha256(convert_to(:'h1'::json ->> 'text', 'UTF8')), 'hex'), 'following the first');
SELECT api.head_put(2, sha256('k'), sha256('a') || sha256('b'));
SELECT is(pg_temp.doc('chain', 'current') #>> '{heads,0,id}', '2', 'the newest first');
SELECT is(pg_temp.bad_heads(), 'good', 'heads hold');
SELECT is(count(*) FILTER (WHERE text IS NOT NULL AND key IS NOT NULL AND signature IS NOT NULL), 2::bigint, 'with what a checker needs')
FROM api.verify_heads(0, 100);
SELECT is(last_id, 1::bigint, 'in pieces') FROM api.verify_heads(0, 1) WHERE last_id IS NOT NULL;
SELECT is(count(last_id), 0::bigint, 'to the end') FROM api.verify_heads(2, 1);

-- Tampering by a superuser who knows the tables: each kind is named.
CREATE FUNCTION pg_temp.tamper(p_sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	said text;
	t text;
BEGIN
	FOREACH t IN ARRAY ARRAY['audit', 'revision', 'record_photo', 'chain_head', 'chain_link', 'chain_signature'] LOOP
		EXECUTE format('ALTER TABLE core.%I DISABLE TRIGGER ALL', t);
	END LOOP;
	EXECUTE p_sql;
	said := split_part(pg_temp.bad(), ';', 1) || ' | ' || split_part(pg_temp.bad_heads(), ';', 1);
	RAISE EXCEPTION 'undo' USING ERRCODE = 'QR999', DETAIL = said;
EXCEPTION WHEN SQLSTATE 'QR999' THEN
	GET STACKED DIAGNOSTICS said = PG_EXCEPTION_DETAIL;
	RETURN said;
END
$$;
SELECT max(seq) AS last FROM core.audit \gset
SELECT alike(pg_temp.tamper(sql), says, sql) FROM (VALUES
	('UPDATE core.audit SET who = ''x'' WHERE seq = 5', '5 hash is not that of its text | good'),
	('UPDATE core.audit SET detail = NULL, at = at WHERE seq = 11', '11 hash is not that of its text | good'),
	('UPDATE core.audit a SET who = ''x'', hash = core.audit_hash((a.id, a.at, ''x'', a.what, a.subject, a.detail, a.seq,
		a.account_id, a.org_id, a.prev, NULL)::core.audit) WHERE seq = 5', '6 does not follow the row before | good'),
	('DELETE FROM core.audit WHERE seq = 5', '6 rows 5 to 5 are missing | good'),
	('DELETE FROM core.audit WHERE seq = 1', '2 rows 1 to 1 are missing | good'),
	('DELETE FROM core.audit WHERE seq = (SELECT max(seq) FROM core.audit)', '% rows % were cut off | 2 row % of the audit is not the one it names'),
	('DELETE FROM core.audit WHERE seq > 3', '4 rows 4 to % were cut off | 1 row % of the audit is not the one it names'),
	('INSERT INTO core.audit (who, what, seq, prev, hash) SELECT ''x'', ''y'', 900, hash, sha256(''z'') FROM core.audit WHERE seq = 9',
		'900 rows % are missing | good'),
	('DELETE FROM core.revision WHERE record_id = pg_temp.r(''c'')', 'good | 2 record % revision 1 is not as it was taken in'),
	('UPDATE core.revision SET hash = sha256(''q'') WHERE record_id = pg_temp.r(''c'')', 'good | 2 record % revision 1 is not as it was taken in'),
	('DELETE FROM core.record_photo WHERE record_id = pg_temp.r(''b'')', 'good | 2 record % revision 1 is not as it was taken in'),
	('DELETE FROM core.chain_link WHERE head_id = 2 AND pos = 1', 'good | 2 what it took in is not as it was'),
	('DELETE FROM core.chain_head WHERE id = 1', 'good | 2 heads 1 to 1 are missing'),
	('UPDATE core.chain_head SET audit_seq = 1 WHERE id = 2', 'good | 2 text is not that of its columns'),
	('UPDATE core.chain_head SET text = ''{}'' WHERE id = 1', 'good | 1 text is not that of its columns')) AS v (sql, says);
-- one who computes every hash anew is caught by the head alone: the first row that differs
SELECT alike(pg_temp.tamper($$ DO $x$
DECLARE
	a core.audit;
	before bytea;
BEGIN
	UPDATE core.audit SET who = 'x' WHERE seq = 5;
	FOR a IN SELECT * FROM core.audit ORDER BY seq LOOP
		a.prev := before;
		before := core.audit_hash(a);
		UPDATE core.audit SET prev = a.prev, hash = before WHERE seq = a.seq;
	END LOOP;
END
$x$ $$), 'good | 1 row % of the audit is not the one it names', 'all hashes computed anew');
SELECT is(pg_temp.bad() || pg_temp.bad_heads(), 'goodgood', 'all was undone');
SELECT is(pg_temp.says(verb || ' core.' || t || CASE verb WHEN 'UPDATE' THEN ' SET ' || col || ' = ' || col WHEN 'TRUNCATE' THEN ' CASCADE' ELSE '' END), 'QR409',
	verb || ' on ' || t || ' is refused, to a superuser too')
FROM (VALUES ('audit', 'who'), ('chain_head', 'text'), ('chain_link', 'hash'), ('chain_signature', 'key')) AS v (t, col),
	unnest(ARRAY['UPDATE', 'DELETE FROM', 'TRUNCATE']) verb;
SELECT * FROM finish();
ROLLBACK;
