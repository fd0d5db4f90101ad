-- Published documents: their bytes, what they hold, what they leave out, versions and notices.
\ir fixture.inc
SELECT * FROM no_plan();
CREATE FUNCTION pg_temp.keys(p json) RETURNS text LANGUAGE sql AS
$$ SELECT string_agg(k, ' ') FROM json_object_keys(p) k $$;

-- The whole of a document, byte by byte.
SELECT is(pg_temp.put_facilities('[{"line":1,"key":"D","code":"0K7M2Q9XH","kind":"roof_tank","org":"310107021000",
	"name":"2号\"水箱\"","place_code":null,"place_key":"p","place_name":"中环家园","place_address":"真光路<1>号",
	"building":"75号楼","serves":"1-3单元96户","params":{"volume":18,"material":"不锈钢","built":null},
	"since":"2020-05-01","manager_name":"中环物业","manager_phone":"021-0000","lon":121.4,"lat":31.2}]'),
	'1+1~0=0-0 t', 'a facility');
SELECT is(api.photo_put(sha256('front'), 1280, 960, sha256('o'), '2026-11-12 09:20:00+08', 121.4, 31.2, 7,
	ARRAY[320, 1280], ARRAY['small', 'front']::bytea[]), true, 'a photo');
SELECT is(pg_temp.put_records(json_build_array(json_build_object('line', 1, 'key', 'd1', 'facility_key', 'D',
	'type', 'clean', 'performed_from', '2026-11-12T08:00:00+08:00', 'performed_to', '2026-11-12T11:30:00+08:00',
	'received_at', '2026-11-12T12:00:00+08:00', 'published_at', '2026-11-14T16:40:00+08:00',
	'parties', json_build_array(json_build_object('role', 'cleaner', 'name', '清源水箱清洗队', 'filing', '沪备1'),
		json_build_object('role', 'lab', 'name', '城东水质检测站')),
	'fields', json_build_object('disinfectant', '次氯酸钠', 'workers', 2),
	'results', '[{"item":"turbidity","num":"0.320"},{"item":"color","op":"<","num":5},{"item":"e_coli","word":"not_detected"}]'::json,
	'flags', '["not_certified_lab"]'::json,
	'photos', json_build_array(json_build_object('slot', 'after', 'sha256', encode(sha256('front'), 'hex')))))),
	'1+1~0=0-0 t', 'a record with everything');
SELECT set_config('t.id', pg_temp.r('d1')::text, true), set_config('t.ref', core.ref()::text, true),
	set_config('t.hash', encode((SELECT x.hash FROM core.record_photo x WHERE x.record_id = pg_temp.r('d1')), 'hex'), true),
	set_config('t.place', (SELECT p.code FROM core.place p JOIN core.facility f ON f.place_id = p.id
		WHERE f.code = '0K7M2Q9XH'), true);
SELECT set_config('t.rec', replace(replace(replace(replace(
	'{"id":"ID","seq":1,"rev":1,"type":"clean","from":"2026-11-12T08:00:00+08:00","to":"2026-11-12T11:30:00+08:00",'
	'"received":"2026-11-12T12:00:00+08:00","published":"2026-11-14T16:40:00+08:00",'
	'"parties":[{"role":"cleaner","name":"清源水箱清洗队","filing":"沪备1"},{"role":"lab","name":"城东水质检测站"}],'
	'"fields":{"workers":2,"disinfectant":"次氯酸钠"},'
	'"results":[{"item":"turbidity","num":"0.320","unit":"NTU","limit":{"op":"<=","hi":"1"},"verdict":"pass"},'
	'{"item":"color","op":"<","num":"5","unit":"degree","limit":{"op":"<=","hi":"15"},"verdict":"pass"},'
	'{"item":"e_coli","word":"not_detected","limit":{"op":"word","word":"not_detected"},"verdict":"pass"}],'
	'"limits_basis":"GB 5749-2022","verdict":"pass","flags":["not_certified_lab"],'
	'"photos":[{"slot":"after","sha256":"SHA","w":1280,"h":960,"taken":"09:20"}],"source":"test","hash":"HASH"}',
	'ID', current_setting('t.id')), 'HASH', current_setting('t.hash')), 'SHA', encode(sha256('front'), 'hex')), '@', '@'), true);
SELECT is((SELECT doc FROM core.document WHERE kind = 'facility' AND key = '0K7M2Q9XH'),
	'{"ref":' || current_setting('t.ref') || ',"code":"0K7M2Q9XH","kind":"roof_tank","name":"2号\"水箱\"","place":{"code":"'
	|| current_setting('t.place') || '","name":"中环家园","address":"真光路<1>号"},"building":"75号楼","serves":"1-3单元96户",'
	'"params":{"volume":18,"material":"不锈钢"},"status":"in_service","status_since":"2020-05-01",'
	'"org":{"code":"310107021000","name":"万里街道","phone":"12345"},'
	'"parents":[{"code":"310107000000","name":"普陀区"},{"code":"310000000000","name":"上海市"}],'
	'"manager":{"name":"中环物业","phone":"021-0000"},"duties":['
	'{"type":"clean","last":"2026-11-12","due":"2027-05-12","soon_days":30,"rule":"sh-clean","months":6,"basis":'
	|| to_json((SELECT basis FROM core.rule WHERE code = 'sh-clean' AND valid_to IS NULL)) || '},'
	'{"type":"test","last":"2026-11-12","due":"2027-02-12","soon_days":30,"rule":"sh-test","months":3,"basis":'
	|| to_json((SELECT basis FROM core.rule WHERE code = 'sh-test' AND valid_to IS NULL)) || '}],'
	'"records":[' || current_setting('t.rec') || '],"timeline":[{"id":"' || current_setting('t.id')
	|| '","type":"clean","date":"2026-11-12","verdict":"pass","party":"清源水箱清洗队"}],"count":1,'
	'"latest":"2026-11-14T16:40:00+08:00","since":"2020-05-01"}', 'facility document');
SELECT is((SELECT doc FROM core.document WHERE kind = 'history' AND key = '0K7M2Q9XH/1'),
	'{"ref":' || current_setting('t.ref') || ',"facility":"0K7M2Q9XH","chunk":1,"chunks":1,"records":['
	|| current_setting('t.rec') || ']}', 'history document');
SELECT is((SELECT doc FROM core.document WHERE kind = 'record' AND key = current_setting('t.id')),
	'{"ref":' || current_setting('t.ref') || ',"facility":"0K7M2Q9XH","record":' || current_setting('t.rec')
	|| ',"revisions":[{"rev":1,"at":"2026-11-14T16:40:00+08:00","hash":"' || current_setting('t.hash') || '"}]}',
	'record document');
SELECT is((SELECT doc FROM core.document WHERE kind = 'place' AND key = current_setting('t.place')),
	'{"ref":' || current_setting('t.ref') || ',"code":"' || current_setting('t.place') || '","name":"中环家园",'
	'"address":"真光路<1>号","org":{"code":"310107021000","name":"万里街道","phone":"12345"},"facilities":["0K7M2Q9XH"]}',
	'place document');
SELECT is(array_agg(kind || ' ' || key), NULL, 'nothing private is in any document')
FROM core.document WHERE doc ~ '121\.4|31\.2|"lon"|"lat"|phash|original';

-- The public functions return those bytes.
SELECT is(array_agg(kind), ARRAY['record', 'facility'], 'a record and its facility')
FROM api.public_record(current_setting('t.id')::uuid);
SELECT is(array_agg(kind), ARRAY['history', 'facility'], 'newest chunk of history') FROM api.public_history('0K7M2Q9XH', 0);
SELECT is(array_agg(kind), ARRAY['history', 'facility'], 'first chunk of history') FROM api.public_history('0K7M2Q9XH', 1);
SELECT is(count(*), 0::bigint, 'no second chunk') FROM api.public_history('0K7M2Q9XH', 2);
SELECT is(array_agg(kind), ARRAY['place', 'facility'], 'a place and what stands there')
FROM api.public_place(current_setting('t.place'));
SELECT is(count(*), 0::bigint, 'unknown code') FROM api.public_facility('7ZZZZZZZC');
SELECT is(count(*), 0::bigint, 'unknown label') FROM api.public_label('7ZZZZZZZC');
SELECT is((SELECT doc FROM api.public_document('reference', core.ref()::text)),
	(SELECT doc FROM api.public_document('reference', 'current')), 'the words under their version and as current');
SELECT is(pg_temp.keys(pg_temp.doc('reference', 'current') -> 'kinds'),
	'roof_tank lift public_toilet playground elderly_care', 'kinds in their order');
SELECT is(pg_temp.keys(pg_temp.doc('reference', 'current') #> '{kinds,roof_tank,slots}'), 'before during after lid',
	'slots in the order written');
SELECT is(array_agg(k), NULL, 'every name is there in both languages')
FROM (SELECT json_build_object('k', k.data -> 'name', 'q', k.data -> 'question') AS j, k.code AS k FROM core.kind k
	UNION ALL SELECT json_build_object('k', i.name, 'p', i.plain), i.code FROM core.item i
	UNION ALL SELECT json_build_object('k', w.name), w.code FROM core.word w
	UNION ALL SELECT json_build_object('k', g.name), g.code FROM core.flag g
	UNION ALL SELECT t.value -> 'name', k.code || '.' || t.key FROM core.kind k, json_each(k.data -> 'types') t) q
WHERE EXISTS (SELECT FROM json_each(j) e WHERE json_typeof(e.value) = 'object'
	AND (e.value ->> 'zh-CN' IS NULL OR e.value ->> 'en' IS NULL));
SELECT is(array_agg(p.key), NULL, 'every record type names slots and fields its kind has')
FROM core.kind k, json_each(k.data -> 'types') p
WHERE EXISTS (SELECT FROM json_array_elements_text(p.value -> 'slots') s WHERE k.data -> 'slots' -> s IS NULL)
	OR EXISTS (SELECT FROM json_array_elements_text(p.value -> 'fields') s WHERE k.data -> 'fields' -> s IS NULL);

-- What is unknown is left out, what is stated to be nobody is null.
SELECT pg_temp.put_facilities('[{"line":1,"key":"U","kind":"roof_tank","org":"310107021000","place_name":"某处","since":"2026-01-01"},
	{"line":2,"key":"N","kind":"roof_tank","org":"310107021000","place_name":"某处","since":"2026-01-01","unmanaged":true}]');
SELECT is(pg_temp.keys(pg_temp.fdoc('U')), 'ref code kind place params status status_since org parents duties records'
	' timeline count since', 'a facility about which little is known');
SELECT is(json_typeof(pg_temp.fdoc('N') -> 'manager'), 'null', 'stated to be unmanaged');
SELECT is((SELECT doc FROM core.document WHERE kind = 'history' AND key = pg_temp.f('U') || '/1'),
	'{"ref":' || core.ref() || ',"facility":"' || pg_temp.f('U') || '","chunk":1,"chunks":1,"records":[]}', 'an empty history');
SELECT is(pg_temp.fdoc('U') -> 'duties' -> 0 ->> 'due', '2026-07-01', 'a first cleaning is due six months after it began');

-- Many records: five in the document, twelve in the line, fifty to a chunk.
SELECT pg_temp.tank('M');
SELECT pg_temp.put_records((SELECT json_agg(json_build_object('line', i, 'key', 'm' || i, 'facility_key', 'M',
	'type', CASE WHEN i % 2 = 0 THEN 'clean' ELSE 'repair' END, 'performed_on', '2020-01-01'::date + i * 10))
	FROM generate_series(1, 120) i));
SELECT is(json_array_length(pg_temp.fdoc('M') -> 'records'), 5, 'five newest records');
SELECT is(pg_temp.fdoc('M') -> 'records' -> 0 ->> 'date', ('2020-01-01'::date + 1200)::text, 'newest first');
SELECT is(json_array_length(pg_temp.fdoc('M') -> 'timeline'), 12, 'twelve in the line');
SELECT is(pg_temp.fdoc('M') -> 'timeline' -> 1 ->> 'date', ('2020-01-01'::date + 1180)::text, 'of the main duty only');
SELECT is(pg_temp.fdoc('M') ->> 'count', '120', 'and the whole number');
SELECT is(array_agg(json_array_length(doc::json -> 'records') ORDER BY key), ARRAY[50, 50, 20], 'fifty to a chunk')
FROM core.document WHERE kind = 'history' AND key LIKE pg_temp.f('M') || '/%';
SELECT is((SELECT doc::json -> 'records' -> 49 ->> 'seq' FROM api.public_history(pg_temp.f('M'), 1) LIMIT 1), '1', 'the oldest in chunk 1');
SELECT is((SELECT doc::json ->> 'chunk' FROM api.public_history(pg_temp.f('M'), NULL) LIMIT 1), '3', 'without a number: the newest chunk');
-- the 51st facility of a place is in its document, not in the call
SELECT pg_temp.put_facilities((SELECT json_agg(json_build_object('line', i, 'key', 'many' || i, 'kind', 'lift', 'org', 'nyc-mn',
	'place_key', 'many', 'place_name', 'Tower')) FROM generate_series(1, 51) i));
SELECT is((SELECT count(*) FROM api.public_place((SELECT p.code FROM core.place p WHERE p.name = 'Tower'))), 51::bigint,
	'a place and fifty facilities');

-- Revisions, photos and the chain.
SELECT is(pg_temp.put_records('[{"line":1,"key":"m120","facility_key":"M","type":"clean","performed_on":"2023-04-16",
	"results":[{"item":"ph","num":"9"}]}]', 'revise'), '1+0~1=0-0 t', 'a record is revised');
SELECT is(pg_temp.doc('record', pg_temp.r('m120')::text) -> 'record' ->> 'rev', '2', 'its second revision');
SELECT is(pg_temp.doc('record', pg_temp.r('m120')::text) -> 'record' ->> 'prev',
	pg_temp.doc('record', pg_temp.r('m120')::text) -> 'revisions' -> 0 ->> 'hash', 'names the first one''s hash');
SELECT is(json_array_length(pg_temp.doc('record', pg_temp.r('m120')::text) -> 'revisions'), 2, 'both are listed');
SELECT is(pg_temp.fdoc('M') -> 'failed' ->> 'date', '2023-04-16', 'and it fails now');
SELECT is(core.photo_attach(pg_temp.r('m120'), 'after', sha256('front'), NULL), true, 'a photo is added');
SELECT is(core.photo_attach(pg_temp.r('m120'), 'after', sha256('front'), NULL), false, 'once in a slot');
SELECT is(core.photo_attach(pg_temp.r('m120'), 'lid', sha256('front'), NULL), true, 'but in another slot too');
SELECT is(api.photo_put(sha256('front'), 1, 1, NULL, NULL, NULL, NULL, NULL, ARRAY[1280], ARRAY['front'::bytea]), false,
	'the same bytes are stored once');
SELECT throws_ok($$ SELECT api.photo_put(sha256('a'), 1, 1, NULL, NULL, NULL, NULL, NULL, ARRAY[1280], ARRAY['b'::bytea]) $$,
	'QR422', NULL, 'bytes that are not those of the hash');
SELECT is(api.photo_get(sha256('front'), 320), 'small'::bytea, 'a variant');
SELECT is(api.photo_get(sha256('front'), 2048), NULL, 'a variant that is not there');
SELECT core.publish('facilities', ARRAY(SELECT id FROM core.facility WHERE code = pg_temp.f('M')));
SELECT is(pg_temp.fdoc('M') -> 'records' -> 0 ->> 'hash', encode((SELECT hash FROM core.record_photo
	WHERE record_id = pg_temp.r('m120') AND pos = 2), 'hex'), 'the published hash covers the photos');

-- Versions: what did not change keeps its version; what changed gets a higher one.
SELECT set_config('t.v', (SELECT max(version) FROM core.document)::text, true);
SELECT is(core.publish_all(), 0::bigint, 'building everything again changes nothing');
SELECT is((SELECT max(version) FROM core.document), current_setting('t.v')::bigint, 'no version moved');
UPDATE core.org SET name = '万里街道办' WHERE code = '310107021000';
SELECT ok(core.publish_all('310107021000') > 3, 'an office is renamed');
SELECT is(pg_temp.fdoc('D') -> 'org' ->> 'name', '万里街道办', 'its facilities say so');
SELECT ok((SELECT version FROM core.document WHERE kind = 'facility' AND key = '0K7M2Q9XH') > current_setting('t.v')::bigint,
	'under a higher version');
SELECT throws_ok($$ SELECT core.publish_all('nowhere') $$, 'QR404', NULL, 'an unknown office');
SELECT set_config('t.ref', core.ref()::text, true);
UPDATE core.word SET name = '{"zh-CN":"没有检出","en":"not detected"}' WHERE code = 'not_detected';
SELECT ok(api.publish_seeds() > 0, 'a changed word publishes');
SELECT is(api.publish_seeds(), 0::bigint, 'once');
SELECT ok(core.ref() > current_setting('t.ref')::bigint, 'a new version of the words');
SELECT is(pg_temp.doc('reference', current_setting('t.ref')) -> 'words' -> 'not_detected' ->> 'zh-CN', '未检出', 'the old version stands');
SELECT is(pg_temp.fdoc('D') ->> 'ref', core.ref()::text, 'documents name the new one');

-- A manager with a term.
SELECT core.manager_set(id, NULL, '2026-12-01') FROM core.facility WHERE code = '0K7M2Q9XH';
SELECT core.publish('facilities', ARRAY(SELECT id FROM core.facility WHERE code = '0K7M2Q9XH'));
SELECT is(pg_temp.fdoc('D') -> 'manager' ->> 'name', '中环物业', 'until the last day');
SELECT is((SELECT next_change FROM core.document WHERE key = '0K7M2Q9XH'), '2026-12-01'::date, 'the day it changes');
UPDATE core.site SET clock = '2026-12-01 00:00:00+08';
SELECT is(api.publish_due(100), 1, 'that day');
SELECT is(json_typeof(pg_temp.fdoc('D') -> 'manager'), 'null', 'nobody manages it');

-- Verification: everything rebuilt equals what is stored.
CREATE FUNCTION pg_temp.bad() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(q.what, ' ' ORDER BY q.what) FROM (
		SELECT v.kind || ':' || v.problem AS what FROM unnest(ARRAY['facility', 'place', 'org', 'label', 'reference']) k,
			api.verify_documents(k, '', 100000) v WHERE v.problem IS NOT NULL
		UNION ALL SELECT 'record:' || v.problem FROM api.verify_records(0, 100000) v WHERE v.problem IS NOT NULL) q $$;
SELECT is(pg_temp.bad(), NULL, 'all documents and records verify');
CREATE FUNCTION pg_temp.after(p_tamper text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE r text;
BEGIN
	SET LOCAL session_replication_role = replica; -- what a superuser can do: triggers off
	EXECUTE p_tamper;
	SET LOCAL session_replication_role = origin;
	r := pg_temp.bad();
	RAISE EXCEPTION USING ERRCODE = 'QR999', MESSAGE = coalesce(r, 'nothing found');
EXCEPTION WHEN SQLSTATE 'QR999' THEN
	RETURN SQLERRM;
END
$$;
SELECT alike(pg_temp.after(v.tamper), v.found, v.name)
FROM (VALUES
	('UPDATE core.document SET doc = replace(doc, ''中环'', ''大环'') WHERE kind = ''place''', '%place:differs%', 'a document changed'),
	('DELETE FROM core.document WHERE kind = ''record'' AND key = ''' || pg_temp.r('d1') || '''', '%record:missing%', 'a document removed'),
	('UPDATE core.revision SET fields = ''{}'' WHERE record_id = ''' || pg_temp.r('d1') || '''', '%record:text%', 'a field changed'),
	('UPDATE core.revision SET canonical = replace(canonical, ''pass'', ''fail'') WHERE record_id = ''' || pg_temp.r('d1') || '''', '%record:hash of the text%', 'the text changed'),
	('UPDATE core.revision SET on_date = on_date - 1, canonical = replace(canonical, ''"date":"2026-11-12"'', ''"date":"2026-11-11"''),
		hash = sha256(convert_to(replace(canonical, ''"date":"2026-11-12"'', ''"date":"2026-11-11"''), ''UTF8'')) WHERE record_id = ''' || pg_temp.r('d1') || '''', '%record:%', 'text, hash and date changed together'),
	('UPDATE core.result SET num = 0.1 WHERE num = 0.32', '%record:text%', 'a result changed'),
	('UPDATE core.revision_party SET name = ''x'' WHERE name = ''清源水箱清洗队''', '%record:text%', 'a party changed'),
	('DELETE FROM core.revision WHERE record_id = ''' || pg_temp.r('m120') || ''' AND rev = 1', '%record:%', 'a revision removed'),
	('DELETE FROM core.record WHERE id = ''' || pg_temp.r('m7') || '''', '%record:has 119 records, numbered to 120%', 'a record removed'),
	('UPDATE core.record SET verdict = ''pass'' WHERE id = ''' || pg_temp.r('m120') || '''', '%record:head row%', 'a head row changed'),
	('DELETE FROM core.record_photo WHERE record_id = ''' || pg_temp.r('m120') || ''' AND pos = 1', '%record:photos%', 'a photo removed'),
	('DELETE FROM core.record_photo WHERE record_id = ''' || pg_temp.r('m120') || ''' AND pos = 2', '%record:differs%', 'the last photo removed'),
	('UPDATE core.record_photo SET taken = now() WHERE record_id = ''' || pg_temp.r('m120') || '''', '%record:photos%', 'a photo''s time changed')
) AS v (tamper, found, name);
SELECT is(pg_temp.bad(), NULL, 'and all is well again');
SELECT * FROM finish();
ROLLBACK;
