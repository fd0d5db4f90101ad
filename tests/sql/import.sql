-- The import: every refusal by name, all or nothing, once only, revisions, parties.
\ir fixture.inc
SELECT * FROM no_plan();
SELECT is(pg_temp.put_facilities('[
	{"line":2,"key":"A","kind":"roof_tank","org":"310107021000","place_key":"p1","place_name":"中环家园","building":"1号楼","since":"2020-01-01","manager_name":"中环物业"},
	{"line":3,"key":"B","kind":"roof_tank","org":"310107021000","place_key":"p1","place_name":"中环家园","building":"2号楼","since":"2020-01-01","status":"suspended","status_since":"2026-10-01","status_reason":"大修"}]'),
	'2+2~0=0-0 t', 'two facilities of one place');
SELECT is(count(DISTINCT place_id), 1::bigint, 'one place') FROM core.facility WHERE code IN (pg_temp.f('A'), pg_temp.f('B'));
SELECT is(api.facility_state(pg_temp.f('B'), '2026-11-22'), 'suspended', 'a suspended one');
SELECT is(pg_temp.put_facilities('[
	{"line":2,"key":"A","kind":"roof_tank","org":"310107021000","place_key":"p1","place_name":"中环家园","building":"1号楼","since":"2020-01-01","manager_name":"中环物业"}]'),
	'1+0~0=1-0 t', 'the same again changes nothing');
SELECT is(pg_temp.put_facilities('[
	{"line":2,"key":"A","kind":"roof_tank","org":"310107021000","place_key":"p1","place_name":"中环家园","building":"1号楼甲","since":"2020-01-01"},
	{"line":3,"key":"C","kind":"roof_tank","org":"310107021000","place_name":"别处"}]'),
	'2+0~0=0-1 f 2:changed:A', 'a changed row is refused, and the other row with it');
SELECT is(pg_temp.f('C'), NULL, 'nothing was loaded');
SELECT is(pg_temp.put_facilities('[
	{"line":2,"key":"A","kind":"roof_tank","org":"310107021000","place_key":"p1","place_name":"中环家园","building":"1号楼甲","since":"2020-01-01"},
	{"line":3,"key":"C","kind":"roof_tank","org":"310107021000","place_name":"别处"}]', 'refuse', true),
	'2+1~0=0-1 t 2:changed:A', 'skipping the bad row loads the other');
SELECT is(pg_temp.put_facilities('[
	{"line":2,"key":"A","kind":"roof_tank","org":"310107020000","place_key":"p1","place_name":"中环花园","building":"1号楼甲","since":"2020-01-01","unmanaged":true,"status":"retired","status_reason":"拆除"}]', 'revise'),
	'1+0~1=0-0 t', 'revise: the row is brought up to date');
SELECT is(concat_ws('|', d ->> 'building', d -> 'place' ->> 'name', d -> 'org' ->> 'name', d ->> 'status', d ->> 'status_since',
	json_typeof(d -> 'manager')), '1号楼甲|中环花园|宜川路街道|retired|2026-11-22|null', 'and published') FROM pg_temp.fdoc('A') d;
SELECT is(pg_temp.fdoc('B') -> 'place' ->> 'name', '中环花园', 'and so is what stands beside it');
SELECT is(pg_temp.put_facilities('[
	{"line":3,"key":"B","kind":"roof_tank","org":"310107021000","place_key":"p9","place_name":"新家园","building":"2号楼","since":"2020-01-01"}]', 'revise'),
	'1+0~1=0-0 t', 'one moves to another place');
SELECT is(array_agg(doc::json ->> 'facilities' ORDER BY doc::json ->> 'name'), ARRAY['["' || pg_temp.f('A') || '"]',
	'["' || pg_temp.f('B') || '"]'], 'both places say so') FROM core.document WHERE kind = 'place' AND doc ~ '花园|新家园';
SELECT is((SELECT count(*) FROM core.facility_status s JOIN core.facility f ON f.id = s.facility_id WHERE f.code = pg_temp.f('A')),
	2::bigint, 'its status has a history');
SELECT is(pg_temp.put_facilities('[
	{"line":2,"key":"A","kind":"roof_tank","org":"310107020000","place_key":"p1","place_name":"x"},
	{"line":3,"key":"A","kind":"roof_tank","org":"310107020000","place_key":"p1","place_name":"y"},
	{"line":4,"key":"K","kind":"roof_tank","org":"310107020000","place_key":"p2","place_name":"z"},
	{"line":5,"key":"K","kind":"roof_tank","org":"310107020000","place_key":"p2","place_name":"Z"}]', 'keep'),
	'4+1~0=3-0 t', 'keep: what is known stays, later spellings say nothing new');

-- Every refusal of a facility.
SELECT is(pg_temp.put_facilities(json_build_array(v.row::json)), '1+0~0=0-1 f 1:' || v.want, 'facility: ' || v.want)
FROM (VALUES
	('{"line":1,"kind":"roof_tank","org":"nyc","place_name":"x"}', 'no_key'),
	('{"line":1,"key":"  ","kind":"roof_tank","org":"nyc","place_name":"x"}', 'no_key'),
	('{"line":1,"key":"q","org":"nyc","place_name":"x"}', 'no_kind'),
	('{"line":1,"key":"q","kind":"fountain","org":"nyc","place_name":"x"}', 'unknown_kind:fountain'),
	('{"line":1,"key":"q","kind":"lift","org":"mars","place_name":"x"}', 'unknown_org:mars'),
	('{"line":1,"key":"q","kind":"lift","place_name":"x"}', 'unknown_org'),
	('{"line":1,"key":"q","kind":"lift","org":"nyc","place_name":"x","code":"0K7M2Q9XJ"}', 'bad_code:0K7M2Q9XJ'),
	('{"line":1,"key":"q","kind":"lift","org":"nyc","place_code":"0K7M2Q9XH"}', 'unknown_place:0K7M2Q9XH'),
	('{"line":1,"key":"q","kind":"lift","org":"nyc"}', 'no_place'),
	('{"line":1,"key":"q","kind":"lift","org":"nyc","place_name":"x","status":"gone"}', 'bad_status'),
	('{"line":1,"key":"q","kind":"lift","org":"nyc","place_name":"x","params":[1]}', 'bad_params'),
	('{"line":1,"key":"q","kind":"lift","org":"nyc","place_name":"x","lon":12}', 'bad_coordinates'),
	('{"line":1,"key":"q","kind":"lift","org":"nyc","place_name":"x","lon":200,"lat":0}', 'bad_coordinates'),
	('{"line":1,"key":"q","kind":"lift","org":"nyc","place_name":"x","since":"2026-11-23"}', 'date_in_future')
) AS v (row, want);
SELECT is(pg_temp.put_facilities(json_build_array(json_build_object('line', 1, 'key', 'q', 'kind', 'lift', 'org', 'nyc',
	'place_name', 'x', 'code', pg_temp.f('A')))), '1+0~0=0-1 f 1:code_taken:' || pg_temp.f('A'), 'facility: code_taken');
SELECT is(pg_temp.put_facilities('[{"line":1,"key":"q","kind":"lift","org":"nyc","place_name":"x"},
	{"line":2,"key":"q","kind":"lift","org":"nyc","place_name":"x"},{"line":3,"key":"q","kind":"lift","org":"nyc","place_name":"y"}]'),
	'3+0~0=0-2 f 2:duplicate_row:line 1 3:duplicate_key:line 1', 'facility: duplicates within a file');

-- Every refusal of a record.
SELECT is(pg_temp.put_records(json_build_array(v.row::json)), '1+0~0=0-1 f 1:' || v.want, 'record: ' || v.want)
FROM (VALUES
	('{"line":1,"facility_key":"A","type":"clean","performed_on":"2026-01-01"}', 'no_key'),
	('{"line":1,"key":"q","type":"clean","performed_on":"2026-01-01"}', 'no_facility'),
	('{"line":1,"key":"q","facility_key":"nope","type":"clean","performed_on":"2026-01-01"}', 'unknown_facility:nope'),
	('{"line":1,"key":"q","facility_source":"else","facility_key":"A","type":"clean","performed_on":"2026-01-01"}', 'unknown_facility:A'),
	('{"line":1,"key":"q","facility_code":"0K7M2Q9XH","type":"clean","performed_on":"2026-01-01"}', 'unknown_facility:0K7M2Q9XH'),
	('{"line":1,"key":"q","facility_key":"A","type":"polish","performed_on":"2026-01-01"}', 'bad_type:polish'),
	('{"line":1,"key":"q","facility_key":"A","performed_on":"2026-01-01"}', 'bad_type'),
	('{"line":1,"key":"q","facility_key":"A","type":"clean"}', 'no_date'),
	('{"line":1,"key":"q","facility_key":"A","type":"clean","performed_on":"2026-11-23"}', 'date_in_future:2026-11-23'),
	('{"line":1,"key":"q","facility_key":"A","type":"clean","performed_to":"2026-11-22T16:00:00Z"}', 'date_in_future:2026-11-23'),
	('{"line":1,"key":"q","facility_key":"A","type":"clean","performed_on":"1900-01-01"}', 'date_too_old:1900-01-01'),
	('{"line":1,"key":"q","facility_key":"A","type":"clean","performed_from":"2026-01-02T00:00Z","performed_to":"2026-01-01T00:00Z"}', 'end_before_start'),
	('{"line":1,"key":"q","facility_key":"A","type":"clean","performed_on":"2026-01-01","parties":[{"role":"lab"}]}', 'bad_parties'),
	('{"line":1,"key":"q","facility_key":"A","type":"clean","performed_on":"2026-01-01","parties":{"role":"lab"}}', 'bad_parties'),
	('{"line":1,"key":"q","facility_key":"A","type":"clean","performed_on":"2026-01-01","fields":[]}', 'bad_fields'),
	('{"line":1,"key":"q","facility_key":"A","type":"clean","performed_on":"2026-01-01","results":{}}', 'bad_results'),
	('{"line":1,"key":"q","facility_key":"A","type":"clean","performed_on":"2026-01-01","results":[{"item":"ph"}]}', 'bad_results'),
	('{"line":1,"key":"q","facility_key":"A","type":"clean","performed_on":"2026-01-01","results":[{"item":"ph","num":"7","word":"none"}]}', 'bad_results'),
	('{"line":1,"key":"q","facility_key":"A","type":"clean","performed_on":"2026-01-01","results":[{"item":"ph","num":"7,5"}]}', 'bad_results'),
	('{"line":1,"key":"q","facility_key":"A","type":"clean","performed_on":"2026-01-01","results":[{"item":"ph","num":"7","op":"~"}]}', 'bad_results'),
	('{"line":1,"key":"q","facility_key":"A","type":"clean","performed_on":"2026-01-01","results":[{"item":"ph","num":"7","unit":"stone"}]}', 'bad_results'),
	('{"line":1,"key":"q","facility_key":"A","type":"clean","performed_on":"2026-01-01","results":[{"item":"ph","num":"7"},{"item":"ph","num":"8"}]}', 'bad_results'),
	('{"line":1,"key":"q","facility_key":"A","type":"clean","performed_on":"2026-01-01","results":[{"item":"lead","num":"7"}]}', 'unknown_item:lead'),
	('{"line":1,"key":"q","facility_key":"A","type":"clean","performed_on":"2026-01-01","results":[{"item":"ph","word":"fine"}]}', 'unknown_word:fine'),
	('{"line":1,"key":"q","facility_key":"A","type":"clean","performed_on":"2026-01-01","flags":["A b"]}', 'bad_flags'),
	('{"line":1,"key":"q","facility_key":"A","type":"clean","performed_on":"2026-01-01","photos":{}}', 'bad_photos'),
	('{"line":1,"key":"q","facility_key":"A","type":"clean","performed_on":"2026-01-01","photos":[{"slot":"roof","sha256":"00"}]}', 'bad_slot'),
	('{"line":1,"key":"q","facility_key":"A","type":"clean","performed_on":"2026-01-01","photos":[{"slot":"lid","sha256":"00"}]}', 'unknown_photo')
) AS v (row, want);
SELECT is(pg_temp.put_records('[{"line":1,"key":"q","facility_key":"A","type":"clean","performed_on":"2026-01-01"},
	{"line":2,"key":"q","facility_key":"A","type":"clean","performed_on":"2026-01-01"},
	{"line":3,"key":"q","facility_key":"A","type":"clean","performed_on":"2026-01-02"}]', 'refuse', true),
	'3+1~0=0-2 t 2:duplicate_row:line 1 3:duplicate_key:line 1', 'record: duplicates within a file');
SELECT is(pg_temp.put_records('[{"line":1,"key":"q","facility_key":"A","type":"clean","performed_on":"2026-01-01"}]'),
	'1+0~0=1-0 t', 'the same record again changes nothing');
SELECT is(pg_temp.put_records('[{"line":1,"key":"q","facility_key":"A","type":"clean","performed_on":"2026-01-03"}]'),
	'1+0~0=0-1 f 1:changed:q', 'a changed record is refused by name');
SELECT is(pg_temp.put_records('[{"line":1,"key":"q","facility_key":"C","type":"clean","performed_on":"2026-01-01"}]', 'revise'),
	'1+0~0=0-1 f 1:changed:q', 'a record never moves to another facility');
SELECT is(pg_temp.put_records('[{"line":1,"key":"q","facility_key":"A","type":"clean","performed_on":"2026-01-03"}]', 'revise'),
	'1+0~1=0-0 t', 'revise: a new revision');
SELECT is(array_agg(rev || ' ' || on_date || coalesce(' ' || reason, '') ORDER BY rev),
	ARRAY['1 2026-01-01', '2 2026-01-03 changed in the source test'], 'both stand') FROM core.revision WHERE record_id = pg_temp.r('q');

-- A contradiction is loaded and flagged, never mended.
SELECT is(pg_temp.put_records('[{"line":1,"key":"c","facility_key":"A","type":"test","performed_on":"2026-02-01",
	"results":[{"item":"total_coliform","word":"not_detected"},{"item":"e_coli","word":"detected"}],
	"flags":["contradiction:coliform_ecoli"]}]'), '1+1~0=0-0 t', 'a contradiction');
SELECT is(concat_ws(' ', r -> 'flags' ->> 0, r ->> 'verdict'), 'contradiction:coliform_ecoli fail', 'as it is')
FROM (SELECT pg_temp.doc('record', pg_temp.r('c')::text) -> 'record' AS r) q;

-- Parties: spellings differ in case, width, spaces, punctuation; nothing else is the same.
SELECT is(core.norm(a) = core.norm(b), same, format('%s and %s', a, b))
FROM (VALUES ('ISSEKS BROS INC', 'Isseks Bros. Inc.', true), ('American Pipe & Tank', 'AMERICAN PIPE&TANK', true),
	('清源（上海）公司', '清源(上海)公司', true), ('ＡＢＣ 检测', 'abc检测', true), ('EMSL', 'ESML', false),
	('Isseks Bros Inc', 'Isseks Bros', false), ('清源一队', '清源二队', false)) AS v (a, b, same);
SELECT pg_temp.put_records('[
	{"line":1,"key":"p1","facility_key":"A","type":"clean","performed_on":"2026-03-01","parties":[{"role":"cleaner","name":"ISSEKS BROS INC"},{"role":"lab","name":"EMSL"}]},
	{"line":2,"key":"p2","facility_key":"A","type":"clean","performed_on":"2026-03-02","parties":[{"role":"cleaner","name":"Isseks Bros. Inc."},{"role":"lab","name":"ESML"}]}]');
SELECT is(count(DISTINCT party_id), 1::bigint, 'one firm in two spellings') FROM core.revision_party WHERE role = 'cleaner'
	AND record_id IN (pg_temp.r('p1'), pg_temp.r('p2'));
SELECT is(count(DISTINCT party_id), 2::bigint, 'two laboratories') FROM core.revision_party WHERE role = 'lab'
	AND record_id IN (pg_temp.r('p1'), pg_temp.r('p2'));
SELECT is(spelled, ARRAY['ISSEKS BROS INC', 'Isseks Bros. Inc.'], 'both spellings are kept') FROM core.party_alias WHERE norm = 'isseksbrosinc';
SELECT is(pg_temp.doc('record', pg_temp.r('p2')::text) #>> '{record,parties,0,name}', 'Isseks Bros. Inc.', 'a page shows what was filed');

-- Photos.
SELECT api.photo_put(sha256('x'), 4, 3, NULL, NULL, NULL, NULL, NULL, ARRAY[1280], ARRAY['x'::bytea]);
SELECT is(pg_temp.put('photos', json_build_array(
	json_build_object('line', 1, 'record_key', 'p1', 'slot', 'before', 'sha256', encode(sha256('x'), 'hex'), 'taken', '2026-03-01T09:20:00+08:00'),
	json_build_object('line', 2, 'record_key', 'none', 'slot', 'before', 'sha256', encode(sha256('x'), 'hex')),
	json_build_object('line', 3, 'record_key', 'p1', 'slot', 'roof', 'sha256', encode(sha256('x'), 'hex')),
	json_build_object('line', 4, 'record_key', 'p1', 'slot', 'lid', 'sha256', 'ff'),
	json_build_object('line', 5, 'record_id', pg_temp.r('p2'), 'slot', 'lid', 'sha256', encode(sha256('x'), 'hex'))), 'refuse', true),
	'5+2~0=0-3 t 2:unknown_record:none 3:bad_slot:roof 4:unknown_photo:ff', 'photos by key and by uuid, refusals by name');
SELECT is(pg_temp.doc('record', pg_temp.r('p1')::text) #>> '{record,photos,0,taken}', '09:20', 'published');
SELECT is(pg_temp.put('photos', json_build_array(json_build_object('line', 1, 'record_key', 'p1', 'slot', 'before',
	'sha256', encode(sha256('x'), 'hex'))), 'refuse', false), '1+0~0=1-0 t', 'again: unchanged');
SELECT is(pg_temp.put_records('[{"line":1,"key":"p1","facility_key":"A","type":"clean","performed_on":"2026-03-03"}]', 'revise'),
	'1+0~1=0-0 t', 'a revision');
SELECT is(json_array_length(pg_temp.doc('record', pg_temp.r('p1')::text) #> '{record,photos}'), 1, 'keeps its photos');

-- Numbers without gaps, and the books.
SELECT is(array_agg(r.seq ORDER BY r.seq), ARRAY(SELECT generate_series(1, f.last_seq)), 'no number is missing')
FROM core.record r JOIN core.facility f ON f.id = r.facility_id WHERE f.code = pg_temp.f('A') GROUP BY f.last_seq;
SELECT ok(count(*) > 5, 'every import that did something is in the audit') FROM core.audit WHERE what = 'import';
SELECT throws_ok($$ SELECT api.import_begin('parties', 'x', NULL, NULL) $$, 'QR422', NULL, 'an unknown kind of import');
SELECT throws_ok($$ SELECT api.import_begin('records', ' ', NULL, NULL) $$, 'QR422', NULL, 'an import without a source');
SELECT throws_ok($$ SELECT * FROM api.import_records(-1, 'refuse', false) $$, 'QR409', NULL, 'a batch that is not this one''s');
SELECT throws_ok($$ SELECT * FROM api.import_facilities(api.import_begin('facilities', 'test', NULL, NULL), 'mend', false) $$,
	'QR422', NULL, 'an unknown answer to changes');
SELECT is((SELECT string_agg(v.problem, ' ') FROM api.verify_records(0, 1000) v), NULL, 'all records verify');
SELECT is((SELECT string_agg(v.problem, ' ') FROM api.verify_documents('facility', '', 1000) v), NULL, 'all documents verify');
SELECT * FROM finish();
ROLLBACK;
