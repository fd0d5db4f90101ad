-- Warnings about photos, redaction, sign-off, erasure, retention, tampering.
\ir fixture.inc
\ir staff.inc
\ir upload.inc
SELECT * FROM no_plan();
-- Warnings refuse nothing. Degrees: 0.01 of latitude are 1.1 km.
SELECT pg_temp.photo('near', '2026-11-22 08:00+08', 121.4001, 31.2001, 0), pg_temp.photo('far', '2026-11-22 08:00+08', 121.4, 31.21, -1),
	pg_temp.photo('early', '2026-11-21 07:00+08'), pg_temp.photo('like', '2026-11-22 08:00+08', NULL, NULL, 63),
	pg_temp.photo('unlike', '2026-11-22 08:00+08', NULL, NULL, 127 << 8), pg_temp.photo('again', '2026-11-22 08:00+08');
SELECT is(api.staff_record_put(pg_temp.s('clean'), pg_temp.u(1), pg_temp.body(pg_temp.shots('near', 'far')))::jsonb -> 'warnings',
	'[{"what":"far_away","slot":"after","m":1112}]', 'taken far away');
SELECT is(api.staff_record_put(pg_temp.s('clean'), pg_temp.u(2), pg_temp.body(pg_temp.shots('early', 'like')))::jsonb -> 'warnings',
	'[{"what":"time_far","slot":"before","minutes":1440},{"what":"photo_similar","slot":"after"}]', 'taken long before; much like another');
SELECT api.staff_record_act(pg_temp.s('mgr'), pg_temp.u(1), 'confirm', NULL, 1);
SELECT is(api.staff_record_put(pg_temp.s('clean'), pg_temp.u(3), pg_temp.body(pg_temp.shots('near', 'unlike')))::jsonb -> 'warnings',
	jsonb_build_array(jsonb_build_object('what', 'photo_reused', 'slot', 'before', 'record', pg_temp.u(1), 'on', '2026-11-22')),
	'used before, in a record that everybody may see');
UPDATE core.photo SET original = (SELECT original FROM core.photo WHERE sha256 = sha256('near')) WHERE sha256 = sha256('again');
SELECT is(api.staff_record_put(pg_temp.s('clean'), pg_temp.u(4), pg_temp.body(pg_temp.shots('again', 'unlike')))::jsonb #>> '{warnings,0,what}',
	'photo_reused', 'the same original, made smaller once more');
SELECT is((SELECT doc ~ 'warning|far_away' FROM core.document WHERE key = pg_temp.u(1)::text), false, 'warnings are not public');
SELECT is(api.staff_record(pg_temp.s('mgr'), pg_temp.u(2))::json #>> '{warnings,0,what}', 'time_far', 'the manager sees them');

-- Redaction: replaced, then removed; the old photo is given to nobody; the note says who, when, why.
SELECT pg_temp.photo('boxed', NULL, NULL, NULL, NULL, 'hall');
SELECT is(pg_temp.says($$ SELECT api.staff_photo_redact(pg_temp.s('mgr'), pg_temp.u(1), 2, 2, NULL, 'x', NULL) $$), 'QR403 right', 'a manager redacts nothing');
SELECT is(pg_temp.says($$ SELECT api.staff_photo_redact(pg_temp.s('hall'), pg_temp.u(1), 2, 2, NULL, '', NULL) $$), 'QR422 ground:missing', 'not without a ground');
SELECT is(pg_temp.says($$ SELECT api.staff_photo_redact(pg_temp.s('hall'), pg_temp.u(1), 1, 2, NULL, 'x', NULL) $$), 'QR409 changed', 'not an older revision');
SELECT is(pg_temp.says($$ SELECT api.staff_photo_redact(pg_temp.s('hall'), pg_temp.u(1), 2, 7, NULL, 'x', NULL) $$), 'QR404', 'no such photo');
SELECT is(pg_temp.says($$ SELECT api.staff_photo_redact(pg_temp.s('hall'), pg_temp.u(1), 2, 2, sha256('none'), 'x', '[[0,0,10,10]]') $$), 'QR422 photo:unknown_photo', 'not stored');
SELECT is(pg_temp.says(format($$ SELECT api.staff_photo_redact(pg_temp.s('hall'), pg_temp.u(1), 2, 2, %s, 'x', %L) $$, new, boxes)), 'QR422 photo:bad_value',
	'boxes ' || coalesce(boxes, 'none') || CASE new WHEN 'NULL' THEN ' without a photo' ELSE '' END)
FROM (VALUES ('NULL', '[[0,0,10,10]]'), ('sha256(''boxed'')', NULL), ('sha256(''boxed'')', '[]'), ('sha256(''boxed'')', '{}'),
	('sha256(''boxed'')', '[[0,0,10]]'), ('sha256(''boxed'')', '[[0,0,0,10]]'), ('sha256(''boxed'')', '[[-1,0,10,10]]'),
	('sha256(''boxed'')', '[[0,0,10,10],[991,0,10,10]]'), ('sha256(''boxed'')', '[[0,999,10,2]]'), ('sha256(''boxed'')', '["a"]'),
	('sha256(''boxed'')', '[[0,0,1,1]' || repeat(',[0,0,1,1]', 24) || ']')) v (new, boxes);
SELECT is(api.staff_photo_redact(pg_temp.s('hall'), pg_temp.u(1), 2, 2, sha256('boxed'), '路人面部', '[[0,0,10,10]]')::json ->> 'state', 'published', 'redacted');
SELECT is((SELECT d #>> '{record,photos,1,sha256}' FROM pg_temp.doc('record', pg_temp.u(1)::text) d), pg_temp.sha('boxed'), 'the page shows the redacted one');
SELECT is((SELECT d #> '{record,redactions}' FROM pg_temp.doc('record', pg_temp.u(1)::text) d)::jsonb,
	'[{"slot":"after","at":"2026-11-22T10:00:00+08:00","ground":"路人面部","office":"万里街道","boxes":1}]', 'and the note');
SELECT is((SELECT d #> '{record,photos_gone}' FROM pg_temp.doc('record', pg_temp.u(1) || '/1') d)::jsonb, '[{"slot":"after","why":"redacted"}]', 'the old revision lost it');
SELECT is(api.photo_get(sha256('far'), 1280), NULL, 'it is given to nobody');
SELECT is(api.staff_photo_get(pg_temp.s('sup'), sha256('far'), 1280), 'far', 'but to the office');
SELECT is((api.staff_photo_redact(pg_temp.s('hall'), pg_temp.u(1), 3, 1, NULL, '住户门牌', NULL)::json ->> 'rev'), '4', 'removed');
SELECT is((SELECT json_array_length(d #> '{record,photos}') FROM pg_temp.doc('record', pg_temp.u(1)::text) d), 1, 'one is left');
SELECT is((SELECT (d #> '{record,redactions,1}') ->> 'boxes' FROM pg_temp.doc('record', pg_temp.u(1)::text) d), NULL, 'and no boxes are told');
SELECT is(pg_temp.put(pg_temp.shots('far', 'unlike')), 'QR422 photos:before:unknown_photo', 'a redacted photo is not used again');

-- Owners sign by links that work once.
INSERT INTO core.publish_rule (code, org_id, valid_from, mode, signs, basis)
SELECT 'street', id, '2026-01-01', 'owners', 2, 'x' FROM core.org WHERE code = '310107021000';
SELECT is(pg_temp.says($$ SELECT api.staff_record_act(pg_temp.s('mgr'), pg_temp.u(2), 'confirm', NULL, 1) $$), 'QR409 signs', 'the nearest office''s rule holds');
SELECT is(api.staff_record(pg_temp.s('mgr'), pg_temp.u(2))::json ->> 'can', '["sign","return","correct"]', 'links are to be made');
SELECT is(api.staff_sign_make(pg_temp.s('mgr'), pg_temp.u(2), sha256('t1')), '{"n":1,"until":"2026-12-06T10:00:00+08:00"}', 'a link for 14 days');
SELECT api.staff_sign_make(pg_temp.s('mgr'), pg_temp.u(2), sha256('t2'));
SELECT is(pg_temp.says($$ SELECT api.staff_sign_make(pg_temp.s('mgr'), pg_temp.u(2), sha256('t3')) $$), 'QR409 enough', 'no more than are needed');
SELECT is(api.sign_look(sha256('t1'))::json #>> '{record,fields,workers}', '2', 'who has it sees what he signs');
SELECT is(api.sign_look(sha256('t1')) ~ '1390000|N clean', false, 'and nothing private');
SELECT is(api.sign_photo_get(sha256('t1'), sha256('like'), 1280), 'like', 'with its photos');
SELECT is(api.sign_photo_get(sha256('t1'), sha256('near'), 1280), NULL, 'and no others');
SELECT is(pg_temp.says($$ SELECT api.sign_look(sha256('t9')) $$), 'QR404', 'no such link');
SELECT is(pg_temp.says($$ SELECT api.sign_use(sha256('t1'), false, '') $$), 'QR422 reason:missing', 'a no says why');
SELECT is(api.sign_use(sha256('t1'), true, NULL)::jsonb - 'record', '{"state":"submitted","signed":1,"needed":2}', 'the first yes');
SELECT is(pg_temp.says($$ SELECT api.sign_use(sha256('t1'), true, NULL) $$), 'QR409 yes', 'works once');
SELECT is(api.sign_use(sha256('t2'), true, NULL)::jsonb - 'record', '{"state":"published","signed":2,"needed":2}', 'the last yes publishes');
SELECT api.staff_sign_make(pg_temp.s('mgr'), pg_temp.u(3), sha256('t4')), api.staff_sign_make(pg_temp.s('mgr'), pg_temp.u(3), sha256('t5')), api.staff_sign_make(pg_temp.s('mgr'), pg_temp.u(4), sha256('t6'));
SELECT is(api.sign_use(sha256('t4'), false, '没有看见')::json ->> 'state', 'returned', 'a no returns it');
SELECT is(pg_temp.says($$ SELECT api.sign_use(sha256('t5'), true, NULL) $$), 'QR409 moot', 'the other link has nothing left to sign');
UPDATE core.site SET clock = '2026-12-06 10:00:01+08';
SELECT is(pg_temp.says($$ SELECT api.sign_use(sha256('t6'), true, NULL) $$), 'QR409 expired', 'after 14 days it is over');
SELECT is(api.sign_photo_get(sha256('t6'), sha256('again'), 1280), NULL, 'its photos as well');
DELETE FROM core.publish_rule WHERE code = 'street';
SELECT pg_temp.clock('2026-11-22 10:00:00+08');

-- Erasure: text, photo, report go; hashes stay; nothing counts as tampering.
CREATE FUNCTION pg_temp.bad() RETURNS text[] LANGUAGE sql AS $$
	SELECT array_agg(p ORDER BY p) FROM (SELECT v.problem AS p FROM api.verify_records(0, 100) v UNION ALL
		SELECT v.key || ' ' || v.problem FROM api.verify_documents('facility', '', 100) v UNION ALL
		SELECT v.problem FROM api.verify_photos('', 100) v UNION ALL SELECT v.problem FROM api.verify_reports('', 100) v) q
	WHERE p IS NOT NULL $$;
SELECT is(pg_temp.bad(), NULL, 'all verifies so far');
CREATE TEMPORARY TABLE before AS SELECT hash FROM core.revision WHERE record_id = pg_temp.u(1) AND rev = 4;
SELECT is(pg_temp.says($$ SELECT api.erase('x', 'text', '00000000-0000-4000-8000-000000000001', '') $$), 'QR422 ground:missing', 'not without a ground');
SELECT is(pg_temp.says($$ SELECT api.erase('x', 'text', 'all', 'g') $$), 'QR422 id:bad_value', 'what is that');
SELECT is(pg_temp.says($$ SELECT api.erase('x', 'photo', repeat('0', 64), 'g') $$), 'QR404', 'no such photo');
SELECT is(api.erase('x', 'text', pg_temp.u(1) || '/1/#note', '本人申请')::json ->> 'texts', '4', 'a note goes from every revision that carries it');
SELECT is((SELECT count(*) FROM core.revision_text WHERE record_id = pg_temp.u(1) AND name = '#note'), 0::bigint, 'it is gone');
SELECT is(api.staff_record(pg_temp.s('mgr'), pg_temp.u(1))::json ->> 'note', NULL, 'on the page too');
SELECT is(api.erase('x', 'text', pg_temp.u(1) || '/4/disinfectant', '本人申请')::json ->> 'documents', '5', 'a field: all documents it stood in');
SELECT is((SELECT d #>> '{record,erased,0}' FROM pg_temp.doc('record', pg_temp.u(1)::text) d), 'disinfectant', 'the page says that it was erased');
SELECT is((SELECT hash FROM core.revision WHERE record_id = pg_temp.u(1) AND rev = 4), hash, 'the hash is what it was') FROM before;
SELECT is(pg_temp.says($$ SELECT api.erase('x', 'text', '00000000-0000-4000-8000-000000000001/4/disinfectant', 'g') $$), 'QR404', 'nothing is left to erase');
SELECT is(api.erase('x', 'photo', pg_temp.sha('far'), '判决')::json #>> '{photos,0}', pg_temp.sha('far'), 'a photo');
SELECT is((SELECT count(*) FROM core.photo_bytes WHERE sha256 = sha256('far')), 0::bigint, 'its bytes are gone in all sizes');
SELECT is((SELECT row(original, taken, lon, phash) FROM core.photo WHERE sha256 = sha256('far'))::text, '(,,,)', 'and what was known of it');
SELECT is((SELECT d #>> '{record,photos_gone,1,why}' FROM pg_temp.doc('record', pg_temp.u(1) || '/1') d), 'erased', 'the page says so');
SELECT is(pg_temp.says($$ SELECT pg_temp.photo('far') $$), 'QR422 photos:erased', 'it does not come back');
SELECT is(pg_temp.says($$ DELETE FROM core.revision_text $$), 'QR409', 'nobody erases by hand');
SELECT is(pg_temp.bad(), NULL, 'nothing of it is a finding');
SELECT is((SELECT array_agg(what || n ORDER BY what) FROM api.verify_erased()), '{photo1,text8}', 'and it is told');
SELECT is((SELECT count(*) FROM core.audit WHERE what = 'erase'), 3::bigint, 'each is in the audit');

-- Retention is a rule; the sweep follows it. Forgotten photos go after a week.
INSERT INTO core.retention (code, org_id, what, valid_from, months, basis)
SELECT 'short', id, w, '2020-01-01', 1, '保存期满' FROM core.org, unnest(ARRAY['text', 'photo']) w WHERE code = '310107021000';
SELECT pg_temp.photo('lonely');
UPDATE core.site SET clock = '2026-12-20 10:00:00+08';
SELECT api.job_sweep();
SELECT is((SELECT count(*) FROM core.photo WHERE sha256 = sha256('lonely')), 0::bigint, 'a photo no record came for');
SELECT is((SELECT count(*) FROM core.photo_bytes WHERE sha256 = sha256('like')), 3::bigint, 'one that a record names stays');
UPDATE core.site SET clock = '2026-12-23 10:00:00+08';
SELECT api.job_sweep();
SELECT is((SELECT count(*) FROM core.photo_bytes b JOIN core.record_photo x ON x.sha256 = b.sha256), 0::bigint, 'until its time is over');
SELECT is((SELECT count(*) FROM core.revision_text), 0::bigint, 'so do texts');
SELECT is((SELECT d #>> '{record,fields,workers}' FROM pg_temp.doc('record', pg_temp.u(2)::text) d), '2', 'what was done stays');
SELECT is(pg_temp.bad(), NULL, 'and it verifies');

-- What a superuser does to it is found and named. (He must switch the triggers off.)
CREATE FUNCTION pg_temp.tamper(p_sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	found text;
BEGIN
	BEGIN
		SET LOCAL session_replication_role = replica;
		EXECUTE p_sql;
		found := (SELECT string_agg(DISTINCT p, ', ' ORDER BY p) FROM (SELECT v.problem AS p FROM api.verify_records(0, 100) v UNION ALL
			SELECT v.problem FROM api.verify_photos('', 100) v UNION ALL SELECT v.problem FROM api.verify_reports('', 100) v) q WHERE p IS NOT NULL);
		RAISE EXCEPTION USING ERRCODE = 'ZZZZZ';
	EXCEPTION WHEN SQLSTATE 'ZZZZZ' THEN
		NULL;
	END;
	RETURN found;
END
$$;
SELECT pg_temp.session(l) FROM unnest(ARRAY['clean', 'mgr']) l;
SELECT pg_temp.photo('s1'), pg_temp.photo('s2');
SELECT api.staff_record_put(pg_temp.s('clean'), pg_temp.u(7), pg_temp.body('{"from":"","to":"2026-12-23T09:00"}' || pg_temp.shots('s1', 's2')));
SELECT api.staff_record_act(pg_temp.s('mgr'), pg_temp.u(7), 'confirm', NULL, 1);
SELECT is(pg_temp.tamper(format(sql, pg_temp.u(7))), want, 'tampering: ' || what) FROM (VALUES
	('a result', 'UPDATE core.result SET num = 1 WHERE record_id = %L AND rev = 2', 'text'),
	('the text and its hash', 'UPDATE core.revision SET verdict = ''fail'', canonical = replace(canonical, ''"verdict":"pass","act"'', ''"verdict":"fail","act"''),
		hash = sha256(convert_to(replace(canonical, ''"verdict":"pass","act"'', ''"verdict":"fail","act"''), ''UTF8'')) WHERE record_id = %L AND rev = 1', 'photos'),
	('who did it', 'UPDATE core.revision SET by_account = NULL WHERE record_id = %L AND rev = 1', 'text'),
	('a party', 'UPDATE core.revision_party SET name = ''别家'' WHERE record_id = %L', 'text'),
	('a photo swapped', 'UPDATE core.record_photo SET slot = ''lid'' WHERE record_id = %L AND rev = 2 AND pos = 1', 'photos'),
	('a photo''s bytes', 'UPDATE core.photo_bytes SET bytes = ''x'' WHERE sha256 = sha256(''s1'') AND %L <> ''''', 'bytes are not those of its name'),
	('an erasable text', 'UPDATE core.revision_text SET value = ''x'' WHERE record_id = %L AND rev = 2 AND name = ''disinfectant''', 'erasable text'),
	('an erasable text taken without erasure', 'DELETE FROM core.revision_text WHERE record_id = %L AND rev = 2', 'erasable text'),
	('the state', 'UPDATE core.record SET state = ''submitted'' WHERE id = %L', 'head row'),
	('a revision cut off', 'DELETE FROM core.revision WHERE record_id = %L AND rev = 1', 'a revision before is missing'),
	('a record taken away', 'DELETE FROM core.record WHERE id = %L', 'has 4 records, numbered to 5'),
	('an upload taken away', 'DELETE FROM core.upload WHERE record_id = %L', 'upload is missing'),
	('a report''s bytes', 'INSERT INTO core.report VALUES (sha256(%L), 1, ''y'', now())', 'bytes are not those of its name')) AS v (what, sql, want);
SELECT is((SELECT array_agg(v.problem) FROM api.verify_records(0, 100) v WHERE v.problem IS NOT NULL), NULL, 'and all is well again');
SELECT * FROM finish();
ROLLBACK;
