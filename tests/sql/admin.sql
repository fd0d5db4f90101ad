-- Administration: a kind from nothing, dated rules, scopes, two at once, what is kept of it all.
\ir fixture.inc
\ir staff.inc
SELECT * FROM no_plan();
SELECT pg_temp.user(l, r, w::jsonb) > 0 FROM (VALUES ('top', 'admin', '{"org":"310000000000"}'),
	('dis', 'admin', '{"org":"310107000000"}'), ('oth', 'admin', '{"org":"nyc"}'),
	('off', 'office', '{"org":"310107000000"}')) AS v (l, r, w);
SELECT count(pg_temp.session(login)) FROM core.account;
-- values as a form sends them, with the state of the row it was made of
CREATE FUNCTION pg_temp.body(p_vals jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_object_agg(key, CASE jsonb_typeof(value) WHEN 'array' THEN value ELSE jsonb_build_array(value) END)
	FROM jsonb_each(p_vals) $$;
CREATE FUNCTION pg_temp.form(p_login text, p_what text, p_key text) RETURNS jsonb LANGUAGE sql AS
$$ SELECT api.staff_admin_form(sha256(p_login::bytea), p_what, p_key, NULL)::jsonb $$;
CREATE FUNCTION pg_temp.change(p_login text, p_what text, p_key text, p_vals jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT api.staff_admin_put(sha256(p_login::bytea), p_what, p_key, pg_temp.body(p_vals
		|| jsonb_build_object('rev', coalesce(pg_temp.form(p_login, p_what, p_key) ->> 'rev', ''))))::json ->> 'key' $$;
CREATE FUNCTION pg_temp.try(p_login text, p_what text, p_key text, p_vals jsonb) RETURNS text LANGUAGE sql AS
$$ SELECT pg_temp.says(format('SELECT pg_temp.change(%L, %L, %L, %L)', p_login, p_what, p_key, p_vals)) $$;
CREATE FUNCTION pg_temp.value(p_form jsonb, p_id text) RETURNS text LANGUAGE sql AS
$$ SELECT i ->> 'value' FROM jsonb_array_elements(p_form -> 'inputs') i WHERE i ->> 'id' = p_id $$;

-- ---- sections --------------------------------------------------------------------------------
SELECT cmp_ok(jsonb_array_length(api.staff_admin_list(sha256('dis'), NULL, NULL, NULL)::jsonb -> 'sections'), '>=', 9,
	'the sections');
SELECT is(pg_temp.says(format('SELECT api.staff_admin_list(sha256(%L), NULL, NULL, NULL)', 'off')), 'QR403 right',
	'an office without the right');
SELECT is(pg_temp.says(format('SELECT api.staff_admin_list(sha256(''top''), %L, NULL, NULL)', 'x''; SELECT 1; --')), 'QR404',
	'a section there is not');
SELECT is(pg_temp.says(format('SELECT api.staff_admin_list(sha256(''top''), %L, %L, NULL)', what, 'a''b%\')), 'done', what || ': list')
FROM unnest('{office,party,kind,item,word,rule,limit,publish,remind,stock,place,facility}'::text[]) what;
SELECT is(pg_temp.says(format('SELECT api.staff_admin_form(sha256(''top''), %L, ''new'', NULL)', what)), 'done', what || ': a new one')
FROM unnest('{office,party,kind,item,word,rule,limit,publish,remind,stock,place,facility}'::text[]) what;
SELECT is(pg_temp.says(format('SELECT api.staff_admin_form(sha256(''top''), %L, ''nothing'', NULL)', what)), 'QR404', what || ': one there is not')
FROM (SELECT code AS what FROM core.admin_section) s;

-- ---- a kind from nothing -----------------------------------------------------------------------
SELECT is(pg_temp.try('dis', 'kind', 'new', '{"code":"fountain"}'), 'QR403 scope', 'kinds are for offices without parent');
SELECT is(pg_temp.try('top', 'kind', 'new', '{"code":"Fountain!","name-zh":"直饮水点"}'),
	'QR422 code:form name-en:missing question-zh:missing', 'all that is wrong at once');
SELECT is(pg_temp.change('top', 'kind', 'new', '{"code":"fountain","name-zh":"直饮水点","name-en":"Drinking \"fountain\" <b>",
	"question-zh":"水能喝吗？","question-en":"Can I drink?"}'), 'fountain', 'a kind');
SELECT is(pg_temp.try('top', 'kind', 'new', '{"code":"fountain","name-zh":"a","name-en":"b","question-zh":"c","question-en":"d"}'),
	'QR422 code:taken', 'once');
SELECT is((SELECT d.doc::json -> 'kinds' -> 'fountain' -> 'name' ->> 'en' FROM core.document d WHERE d.kind = 'reference' AND d.key = 'current'),
	'Drinking "fountain" <b>', 'its words are published at once, as typed');
SELECT is(pg_temp.change('top', 'slot', 'new', jsonb_build_object('parent', 'fountain', 'code', s, 'name-zh', s, 'name-en', s)),
	'fountain.' || s, 'a photo ' || s) FROM unnest('{filter,tap}'::text[]) s;
SELECT is(pg_temp.change('top', 'slot', 'new', '{"parent":"fountain","code":"far","name-zh":"远","name-en":"far","hint-zh":"全景","hint-en":"all of it","pos":"1"}'),
	'fountain.far', 'a photo in the first place');
SELECT is((SELECT string_agg(k, ' ') FROM core.kind, json_object_keys(data -> 'slots') k WHERE code = 'fountain'), 'far filter tap',
	'their order');
SELECT is(pg_temp.change('top', 'field', 'new', '{"parent":"fountain","code":"cartridge","name-zh":"滤芯","name-en":"Cartridge","type":"text"}'),
	'fountain.cartridge', 'a field');
SELECT is(pg_temp.change('top', 'param', 'new', '{"parent":"fountain","code":"taps","name-zh":"水嘴","name-en":"Taps","type":"integer"}'),
	'fountain.taps', 'a parameter');
SELECT is(pg_temp.try('top', 'type', 'new', '{"parent":"fountain","code":"change","name-zh":"换滤芯","name-en":"Filter change",
	"done-zh":"按期更换","done-en":"Changed on time","last-zh":"上次","last-en":"Last changed","roles":["cleaner"],
	"slots":["filter","nothing"],"slots_need":["tap"]}'), 'QR422 slots:unknown', 'only what the kind has');
SELECT is(pg_temp.try('top', 'type', 'new', '{"parent":"fountain","code":"change","name-zh":"换滤芯","name-en":"Filter change",
	"done-zh":"按期更换","done-en":"Changed on time","last-zh":"上次","last-en":"Last changed","roles":["cleaner"],
	"slots":["filter"],"slots_need":["tap"]}'), 'QR422 slots_need:not_asked', 'only what is asked for is required');
SELECT is(pg_temp.change('top', 'type', 'new', '{"parent":"fountain","code":"change","name-zh":"换滤芯","name-en":"Filter change",
	"done-zh":"按期更换","done-en":"Changed on time","last-zh":"上次","last-en":"Last changed","roles":["inspector","cleaner"],
	"roles_need":["inspector"],"slots":["filter","tap"],"slots_need":["tap"],"fields":["cartridge"],"fields_need":["cartridge"],
	"items":["turbidity"],"photos_min":"1"}'), 'fountain.change', 'a record type');
SELECT is((SELECT data -> 'types' ->> 'change' FROM core.kind WHERE code = 'fountain')::jsonb,
	'{"name":{"zh-CN":"换滤芯","en":"Filter change"},"done":{"zh-CN":"按期更换","en":"Changed on time"},"last":{"zh-CN":"上次","en":"Last changed"},
	"roles":["inspector","cleaner"],"slots":["filter","tap"],"fields":["cartridge"],"items":["turbidity"],
	"required":{"roles":["inspector"],"slots":["tap"],"fields":["cartridge"]},"photos_min":1}', 'as the seeds write it');
SELECT is(pg_temp.try('top', 'slot', 'fountain.tap', '{"do":"remove"}'), 'QR409 used', 'what a type names stays');
SELECT is(pg_temp.try('top', 'slot', 'fountain.far', '{"do":"remove"}'), 'done', 'what nothing names may go');
SELECT is((SELECT string_agg(k, ' ') FROM core.kind, json_object_keys(data -> 'slots') k WHERE code = 'fountain'), 'filter tap', 'and is gone');
SELECT is((SELECT (data -> 'hints')::text FROM core.kind WHERE code = 'fountain'), '{}', 'with its hint');
SELECT is((SELECT string_agg(act, ' ' ORDER BY id) FROM core.admin_change WHERE key = 'fountain.far'), 'add remove', 'that it was there is kept');

SELECT is((SELECT string_agg(o ->> 'value', ' ') FROM jsonb_array_elements(pg_temp.form('top', 'type', 'fountain.change') -> 'inputs') i,
	jsonb_array_elements(i -> 'options') o WHERE i ->> 'id' IN ('slots', 'items_need') AND o ? 'on'), 'filter tap', 'its form has the ticks');
SELECT is((SELECT jsonb_array_length(i -> 'options') FROM jsonb_array_elements(pg_temp.form('top', 'type', 'fountain.change') -> 'inputs') i
	WHERE i ->> 'id' = 'items_need'), 1, 'of items only what is asked for can be required');
SELECT is(pg_temp.change('top', 'type', 'fountain.change', '{"photos_min":"2","slots":["","tap"]}'), 'fountain.change', 'a tick less');
SELECT is((SELECT data -> 'types' -> 'change' -> 'slots' #>> '{}' FROM core.kind WHERE code = 'fountain'), '["tap"]', 'is gone');
SELECT is(pg_temp.change('top', 'type', 'fountain.change', '{"whole":"1","name-zh":"换滤芯","name-en":"Filter change","done-zh":"按期更换",
	"done-en":"Changed on time","last-zh":"上次","last-en":"Last changed","roles":["inspector","cleaner"],"roles_need":["inspector"],
	"slots":["tap"],"slots_need":["tap"],"fields":["cartridge"],"fields_need":["cartridge"]}'), 'fountain.change', 'the whole form without some');
SELECT is((SELECT data -> 'types' -> 'change' -> 'photos_min' #>> '{}' FROM core.kind WHERE code = 'fountain'), NULL, 'what it has not is empty');
SELECT is((SELECT data -> 'types' -> 'change' -> 'items' #>> '{}' FROM core.kind WHERE code = 'fountain'), '[]', 'are gone');

-- ---- a dated rule ------------------------------------------------------------------------------
SELECT is(pg_temp.change('dis', 'rule', 'new', '{"code":"ft-change","duty":"fountain.change","org":"310107000000","months":"3",
	"basis":"区规定","from":"2026-01-01"}'), 'ft-change', 'a rule for one''s own area');
SELECT is(pg_temp.try('dis', 'rule', 'new', '{"code":"ft-x","duty":"fountain.change","org":"310110000000","months":"3","basis":"b","from":"2026-12-01"}'),
	'QR422 org:unknown', 'not for another district');
SELECT is(pg_temp.try('dis', 'rule', 'sh-clean', '{"months":"1","from":"2026-12-01"}'), 'QR403 scope', 'nor those of the office above');
SELECT is(pg_temp.form('dis', 'rule', 'sh-clean') -> 'can', 'false', 'which may be read');
SELECT is(pg_temp.says('SELECT pg_temp.form(''oth'', ''rule'', ''ft-change'')'), 'QR404', 'a rule elsewhere is none');
SELECT is(pg_temp.try('dis', 'rule', 'new', '{"code":"ft-2","duty":"fountain.change","org":"310107000000","months":"3","basis":"b","from":"2026-12-01"}'),
	'QR422 from:overlap', 'one rule a day for a duty and office');
SELECT is(pg_temp.try('dis', 'rule', 'ft-change', v), says, says || ' ' || v) FROM (VALUES
	('{"from":"2026-11-21","months":"2"}'::jsonb, 'QR422 from:past'), ('{"from":"2026-02-30","months":"2"}', 'QR422 from:form'),
	('{"from":"2026-12-01","until":"2026-11-30","months":"2"}', 'QR422 until:order'),
	('{"from":"2026-12-01","months":"x"}', 'QR422 months:bad_value'), ('{"from":"2026-12-01","months":""}', 'QR422 months:missing'),
	('{"do":"end","until":""}', 'QR422 until:missing'), ('{"do":"end","until":"2026-11-21"}', 'QR422 until:past'),
	('{"from":"","months":"2"}', 'QR422 from:missing')) AS t (v, says);
SELECT is(pg_temp.change('dis', 'rule', 'ft-change', '{"from":"2026-12-01","months":"2"}'), 'ft-change', 'a change from December on');
SELECT is((SELECT string_agg(concat_ws(' ', months, valid_from, valid_to), ', ' ORDER BY valid_from) FROM core.rule WHERE code = 'ft-change'),
	'3 2026-01-01 2026-11-30, 2 2026-12-01', 'ends the old row and begins a new one');
SELECT is(pg_temp.change('dis', 'rule', 'ft-change', '{"from":"2026-12-01","months":"1"}'), 'ft-change', 'what has not begun is put right');
SELECT is((SELECT string_agg(concat_ws(' ', months, valid_from, valid_to), ', ' ORDER BY valid_from) FROM core.rule WHERE code = 'ft-change'),
	'3 2026-01-01 2026-11-30, 1 2026-12-01', 'in its place');
SELECT is(pg_temp.try('dis', 'rule', 'ft-change', '{"from":"2026-11-25","months":"4"}'), 'QR422 from:overlap', 'nothing before what is planned');
SELECT pg_temp.later('20 days');
UPDATE core.session SET seen_at = core.now(), proved_at = core.now(), since = core.now(), expires_at = core.now() + interval '8 hours';
SELECT is(pg_temp.try('dis', 'rule', 'ft-change', '{"from":"2026-12-01","months":"4"}'), 'QR422 from:past', 'what has begun is not overwritten');
SELECT is(pg_temp.change('dis', 'rule', 'ft-change', '{"do":"end","until":"2026-12-31","months":"9"}'), 'ft-change', 'it is ended');
SELECT is((SELECT string_agg(concat_ws(' ', months, valid_from, valid_to), ', ' ORDER BY valid_from) FROM core.rule WHERE code = 'ft-change'),
	'3 2026-01-01 2026-11-30, 1 2026-12-01 2026-12-31', 'on its last day, as it was');
SELECT is((SELECT string_agg(act, ' ' ORDER BY id) FROM core.admin_change WHERE section = 'rule' AND key = 'ft-change'), 'add change change end',
	'four acts are kept');
SELECT is(jsonb_array_length(pg_temp.form('dis', 'rule', 'ft-change') -> 'history'), 4, 'and shown');
SELECT is(pg_temp.form('dis', 'rule', 'ft-change') -> 'history' -> 2 -> 'changes' @> '[{"before":"3","after":"2"}]', true, 'field by field');
SELECT is(jsonb_array_length(pg_temp.form('dis', 'rule', 'ft-change') -> 'periods'), 2, 'with the periods');
SELECT is(pg_temp.change('top', 'limit', 'turbidity.310000000000', '{"hi":"0.5","from":"2027-01-01","basis":"GB 5749-2022 x"}'),
	'turbidity.310000000000', 'a limit changes');
SELECT is((SELECT string_agg(concat_ws(' ', l.hi, l.valid_from, l.valid_to), ', ' ORDER BY l.valid_from) FROM core.limit_item l JOIN core.item i ON i.id = l.item_id
	WHERE i.code = 'turbidity'), '1 2007-07-01 2023-03-31, 1 2023-04-01 2026-12-31, 0.5 2027-01-01', 'from its day on');
SELECT is(pg_temp.try('top', 'limit', 'new', '{"item":"sediment","org":"310000000000","op":"between","lo":"3","hi":"2","basis":"b","from":"2027-01-01"}'),
	'QR422 hi:order', 'bounds in their order');
SELECT is(pg_temp.change('dis', 'publish', 'new', '{"code":"ft-pub","kind":"fountain","org":"310107000000","mode":"at_once","basis":"b","from":"2026-01-01"}'),
	'ft-pub', 'a rule of publication');
SELECT is(pg_temp.try('dis', 'publish', 'new', '{"code":"ft-pub2","kind":"fountain","org":"310107000000","mode":"manager","basis":"b","from":"2027-01-01"}'),
	'QR422 from:overlap', 'no two for one kind and office');
SELECT is(pg_temp.change('dis', 'publish', 'new', '{"code":"ft-late","kind":"fountain","org":"310107021000","mode":"at_once","basis":"b","from":"2028-01-01"}'),
	'ft-late', 'one that begins later');
SELECT is(pg_temp.try('dis', 'publish', 'new', ('{"code":"ft-until","kind":"fountain","org":"310107021000","mode":"manager","basis":"b","from":"2027-01-01"}'::jsonb || u)),
	says, 'and one before it: ' || says) FROM (VALUES (1, '{}'::jsonb, 'QR422 from:overlap'), (2, '{"until":"2028-01-01"}', 'QR422 from:overlap'),
	(3, '{"until":"2027-12-31"}', 'done')) AS t (n, u, says);

SELECT is(pg_temp.try('dis', 'remind', 'new', v), says, says) FROM (VALUES
	('{"code":"ft-r","about":"fountain","org":"310107000000","steps":"-3,x","firm":"-3","basis":"b","from":"2026-12-20"}'::jsonb, 'QR422 steps:form'),
	('{"code":"ft-r","about":"fountain","org":"310107000000","steps":"3,-3","firm":"-3","basis":"b","from":"2026-12-20"}', 'QR422 steps:range'),
	('{"code":"ft-r","about":"fountain","org":"310107000000","steps":"-3","basis":"b","from":"2026-12-20"}', 'QR422 firm:missing'),
	('{"code":"ft-r","about":"fountain.change","org":"310107000000","steps":"-3, 0,14","every":"7","firm":"-3","office1":"14","basis":"b","from":"2026-12-20"}', 'done'),
	('{"code":"ft-s","about":"fountain.change","org":"310107000000","steps":"-3","firm":"-3","basis":"b","from":"2026-12-20"}', 'QR422 from:overlap')) AS t (v, says);
SELECT is(pg_temp.try('dis', 'remind', 'ft-r', '{"office2":"28","from":"2027-01-10"}'), 'done', 'reminders change');
SELECT is((SELECT string_agg(concat_ws(' ', r.steps, r.every, r.valid_from, r.valid_to, t.n), ', ' ORDER BY r.valid_from) FROM core.remind_rule r,
	LATERAL (SELECT string_agg(whom || up || from_step, '+' ORDER BY whom, up) AS n FROM core.remind_to WHERE rule_id = r.id) t WHERE r.code = 'ft-r'),
	'{-3,0,14} 7 2026-12-20 2027-01-09 manager0-3+office114, {-3,0,14} 7 2027-01-10 manager0-3+office114+office228', 'from their day on');

-- ---- places, facilities, offices, companies ------------------------------------------------------
CREATE TEMPORARY TABLE made AS SELECT pg_temp.change('dis', 'place', 'new', '{"name":"<script>alert(1)</script>\" & 园","address":"甘泉路1号","org":"310107016000"}') AS place;
SELECT is(pg_temp.try('dis', 'place', 'new', '{"name":"x","org":"310110000000"}'), 'QR422 org:unknown', 'no place elsewhere');
SELECT is((SELECT string_agg(l || ':' || (i ->> 'type'), ' ' ORDER BY l) FROM unnest('{dis,oth}'::text[]) l,
	jsonb_array_elements(pg_temp.form(l, 'place', 'new') -> 'inputs') i WHERE i ->> 'id' = 'org'), 'dis:choice oth:text', 'few offices to choose from, or a code');
SELECT is(pg_temp.says(format('SELECT pg_temp.change(''oth'', ''place'', ''new'', %L)', '{"name":"Pier 1","org":"nyc-mn-01"}')), 'done', 'by its code');
SELECT is(pg_temp.try('oth', 'place', 'new', '{"name":"Pier 2","org":"nyc-mn-99"}'), 'QR422 org:unknown', 'one there is');
ALTER TABLE made ADD f text;
UPDATE made SET f = pg_temp.change('dis', 'facility', 'new', jsonb_build_object('kind', 'fountain', 'place', lower(place), 'name', '东门', 'status', 'in_service',
	'since', '2026-01-01', 'param-taps', '4', 'manager', 'none'));
SELECT is((SELECT d.doc::jsonb - 'ref' - 'place' - 'code' - 'parents' - 'org' - 'records' - 'duties' - 'timeline' - 'count' FROM core.document d, made m
	WHERE d.kind = 'facility' AND d.key = m.f) @> '{"kind":"fountain","name":"东门","params":{"taps":4},"status":"in_service","manager":null}', true,
	'a facility with its document');
SELECT is((SELECT d.doc::jsonb #>> '{duties,0,rule}' FROM core.document d, made m WHERE d.kind = 'facility' AND d.key = m.f), 'ft-change',
	'which has the duty of the rule');
SELECT is((SELECT d.doc::jsonb -> 'facilities' ->> 0 FROM core.document d, made m WHERE d.kind = 'place' AND d.key = m.place), (SELECT f FROM made), 'and stands at its place');
SELECT is(pg_temp.try('oth', 'facility', (SELECT f FROM made), '{"name":"x"}'), 'QR404', 'elsewhere there is none');
SELECT is(pg_temp.try('dis', 'facility', (SELECT f FROM made), '{"param-taps":"many"}'), 'QR422 param-taps:bad_value', 'parameters by their type');
SELECT is(pg_temp.try('dis', 'facility', (SELECT f FROM made), '{"status":"suspended"}'), 'QR422 status_reason:missing', 'out of use: why');
SELECT is(pg_temp.try('dis', 'facility', (SELECT f FROM made), '{"status":"suspended","status_reason":"冬季停水"}'), 'done', 'out of use');
SELECT is((SELECT string_agg(s.status, ' ' ORDER BY s.since, s.n) FROM core.facility_status s JOIN core.facility x ON x.id = s.facility_id JOIN made ON made.f = x.code),
	'in_service suspended', 'states are added, not changed');
SELECT is(pg_temp.try('top', 'param', 'fountain.taps', '{"do":"remove"}'), 'QR409 used', 'a parameter some facility has stays');
SELECT is(pg_temp.try('top', 'type', 'fountain.change', '{"do":"remove"}'), 'QR409 used', 'and a type some rule names');
SELECT is(pg_temp.change('dis', 'office', 'new', '{"code":"gq-1","name":"甘泉一居委","above":"310107016000","phone":"021-1"}'), 'gq-1', 'an office below');
SELECT is(pg_temp.try('dis', 'office', 'new', '{"code":"gq-2","name":"x","above":"310110000000"}'), 'QR422 above:unknown', 'none elsewhere');
SELECT is(pg_temp.try('dis', 'office', '310107016000', '{"above":"gq-1"}'), 'QR422 above:below_itself', 'none below itself');
SELECT is(pg_temp.try('dis', 'office', '310107000000', '{"above":"310107016000"}'), 'QR422 above:outside', 'one''s own stays where it hangs');
SELECT is(pg_temp.try('dis', 'office', '310107000000', '{"name":"普陀区","phone":"021-2","above":""}'), 'done', 'its name and phone are its own');
SELECT is((SELECT up.code FROM core.org o JOIN core.org up ON up.id = o.parent_id WHERE o.code = '310107000000'), '310000000000', 'it hangs where it hung');
SELECT is(pg_temp.try('dis', 'office', '310110000000', '{"name":"x"}'), 'QR404', 'a sister is none of theirs');
SELECT is(pg_temp.try('dis', 'office', 'gq-1', '{"above":"310107014000"}'), 'done', 'an office moves');
SELECT is((SELECT up.code FROM core.org o JOIN core.org up ON up.id = o.path[cardinality(o.path) - 1] WHERE o.code = 'gq-1'), '310107014000', 'with its path');
SELECT is(pg_temp.try('dis', 'party', 'new', '{"name":"好水公司","credit_code":"123"}'), 'QR422 credit_code:bad_value', 'a company');
SELECT alike(pg_temp.change('dis', 'party', 'new', E'{"name":"好水公司","credit_code":"91350100m000100y43","spelled":"好水\\n上海好水"}'), '%', 'a company with other spellings');
SELECT is((SELECT string_agg(p.name, ' ') FROM core.party p WHERE p.id = core.party_of('staff', '上海好水')), '好水公司', 'by another spelling');
SELECT is(pg_temp.try('dis', 'party', 'new', '{"name":"另一","spelled":"好水"}'), 'QR422 spelled:taken', 'which means one company');

SELECT is(pg_temp.try('oth', 'party', core.party_of('staff', '好水')::text, '{"phone":"1234"}'), 'done', 'a company that manages nothing is everybody''s');
SELECT is(pg_temp.try('dis', 'facility', (SELECT f FROM made), jsonb_build_object('manager', '91350100M000100Y43')), 'done', 'a manager');
SELECT is((SELECT string_agg(concat_ws(' ', (SELECT p.name FROM core.party p WHERE p.id = m.party_id), m.valid_from, m.valid_to), ', ' ORDER BY m.valid_from)
	FROM core.facility_manager m JOIN core.facility x ON x.id = m.facility_id JOIN made ON made.f = x.code),
	'2026-01-01 2026-12-11, 好水公司 2026-12-12', 'from today on; nobody until yesterday');
SELECT is(pg_temp.try('oth', 'party', core.party_of('staff', '好水')::text, '{"phone":"5678"}'), 'QR403 scope', 'then only of those in whose area it does');
SELECT is((SELECT d.doc::jsonb #>> '{manager,phone}' FROM core.document d, made m WHERE d.kind = 'facility' AND d.key = m.f), '1234', 'whose page shows its phone');

SELECT is(pg_temp.try('dis', 'stock', 'new', '{"org":"310107000000","template":"../x"}'), 'QR422 template:form', 'a stock has a name');
SELECT is(pg_temp.change('top', 'stock', 'new', '{"org":"310000000000","template":"a4-30"}'), '310000000000', 'the stock of a city');
SELECT is(api.staff_label_select(sha256('off'), '{"blank":1}')::jsonb -> 'usual', '{"template":"a4-30"}', 'is that of its districts');
SELECT is(pg_temp.change('dis', 'stock', 'new', '{"org":"310107000000","template":"avery-l7160","printer":"2楼"}'), '310107000000', 'one''s own');
SELECT is(pg_temp.try('dis', 'stock', 'new', '{"org":"310107000000","template":"a4-8"}'), 'QR422 org:taken', 'once');
SELECT is(api.staff_label_select(sha256('off'), '{"blank":1}')::jsonb -> 'usual', '{"template":"avery-l7160","printer":"2楼"}', 'comes before it');
SELECT is(pg_temp.try('dis', 'stock', '310000000000', '{"template":"a4-8"}'), 'QR403 scope', 'that of the city is the city''s');

-- ---- what records said keeps its meaning ------------------------------------------------------------
SELECT is(pg_temp.put_facilities('[{"line":1,"key":"K1","kind":"fountain","org":"310107016000","place_key":"pK","place_name":"K","since":"2026-01-01"}]'),
	'1+1~0=0-0 t', 'one more, imported');
SELECT is(pg_temp.put_records('[{"line":1,"key":"rK","facility_key":"K1","type":"change","performed_on":"2026-05-14","fields":{"cartridge":"PP5"},
	"parties":[{"role":"inspector","name":"好水"}]}]'), '1+1~0=0-0 t', 'with a record');
SELECT is(pg_temp.try('top', 'type', 'fountain.change', '{"fields":[""],"fields_need":[""]}'), 'done', 'a field is asked for no longer');
SELECT is(pg_temp.try('top', 'field', 'fountain.cartridge', '{"do":"remove"}'), 'QR409 used', 'but stays, since a record has it');
SELECT is(pg_temp.try('top', 'field', 'fountain.cartridge', '{"type":"integer"}'), 'QR409 used', 'and stays a text');
SELECT is(pg_temp.try('top', 'field', 'fountain.cartridge', '{"name-zh":"滤芯型号","name-en":"Cartridge model"}'), 'done', 'it may be named better');
SELECT is((SELECT d.doc::jsonb #>> '{kinds,fountain,fields,cartridge,name,en}' FROM core.document d WHERE d.kind = 'reference' AND d.key = 'current'),
	'Cartridge model', 'in the words from now on');
SELECT is((SELECT count(DISTINCT d.doc::jsonb #>> '{kinds,fountain,fields,cartridge,name,en}')::int FROM core.document d WHERE d.kind = 'reference'
	AND d.key <> 'current' AND d.doc::jsonb #> '{kinds,fountain,fields,cartridge}' IS NOT NULL), 2, 'while earlier versions say what they said');
SELECT is((SELECT d.doc::jsonb #>> '{records,0,fields,cartridge}' FROM core.document d WHERE d.kind = 'facility' AND d.key = pg_temp.f('K1')), 'PP5',
	'and the record what it said');

-- ---- two at once, passwords, what is kept --------------------------------------------------------
CREATE TEMPORARY TABLE seen AS SELECT pg_temp.form('dis', 'office', 'gq-1') ->> 'rev' AS rev;
SELECT is(pg_temp.change('top', 'office', 'gq-1', '{"name":"甲名"}'), 'gq-1', 'one changes the name');
SELECT is(pg_temp.says(format('SELECT api.staff_admin_put(sha256(''dis''), ''office'', ''gq-1'', %L)', pg_temp.body(jsonb_build_object(
	'rev', rev, 'name', '乙名')))), 'QR409 changed', 'the other, who saw the old one, is told') FROM seen;
CREATE FUNCTION pg_temp.detail(p_sql text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE d text; BEGIN EXECUTE p_sql; RETURN NULL; EXCEPTION WHEN others THEN GET STACKED DIAGNOSTICS d = PG_EXCEPTION_DETAIL; RETURN d; END $$;
SELECT is((SELECT jsonb_build_array(d -> 'stored' ->> 'name', d -> 'sent' ->> 'name', d ->> 'name') FROM (SELECT pg_temp.detail(format(
	'SELECT api.staff_admin_put(sha256(''dis''), ''office'', ''gq-1'', %L)', pg_temp.body(jsonb_build_object('rev', rev, 'name', '乙名')))) AS d
	FROM seen) q), '["甲名","乙名","N top"]', 'with both versions, and by whom');
SELECT is((SELECT i ->> 'now' FROM seen, jsonb_array_elements(api.staff_admin_form(sha256('dis'), 'office', 'gq-1', pg_temp.body(jsonb_build_object('rev', rev,
	'name', '乙名')))::jsonb -> 'inputs') i WHERE i ->> 'id' = 'name'), '甲名', 'the form shows what it says now');
SELECT is(pg_temp.change('dis', 'office', 'gq-1', '{"name":"甲名"}'), 'gq-1', 'a change that is none');
SELECT is((SELECT count(*)::int FROM core.admin_change WHERE key = 'gq-1'), 3, 'leaves no line');
UPDATE core.session SET proved_at = core.now() - interval '10 minutes';
SELECT is(pg_temp.try('dis', 'office', 'gq-1', '{"name":"x"}'), 'QR428 again', 'an old password');
SELECT is(pg_temp.says('SELECT pg_temp.form(''dis'', ''office'', ''gq-1'')'), 'done', 'is enough to read');
SELECT throws_ok('UPDATE core.admin_change SET key = key', 'QR409', NULL, 'changes are only added');
SELECT throws_ok('DELETE FROM core.admin_change', 'QR409', NULL, 'and never taken away');
SELECT is((SELECT count(*) FROM core.admin_change), (SELECT count(*) FROM core.audit WHERE what LIKE 'admin.%'), 'each is in the audit');
SELECT is((SELECT a.detail ->> 'sha256' FROM core.audit a WHERE a.what = 'admin.office' AND a.subject = 'gq-1' ORDER BY a.seq DESC LIMIT 1),
	(SELECT encode(sha256(convert_to(concat_ws(' ', c.before::text, c.after::text), 'UTF8')), 'hex') FROM core.admin_change c
		WHERE c.section = 'office' AND c.key = 'gq-1' ORDER BY c.id DESC LIMIT 1), 'with the hash of what is kept');
SELECT is((SELECT count(*)::int FROM api.verify_audit(0, 10000) v WHERE v.problem IS NOT NULL), 0, 'the chain holds');
SELECT cmp_ok((SELECT count(*)::int FROM core.job WHERE kind = 'rebuild' AND done_at IS NULL), '>', 0, 'documents are built again by the jobs');
-- a deployment may open kinds to its districts
UPDATE core.admin_section SET top_only = false WHERE code = 'kind';
UPDATE core.session SET proved_at = core.now();
SELECT is(pg_temp.try('dis', 'kind', 'fountain', '{"name-zh":"饮水点"}'), 'done', 'where the deployment allows it');

-- ---- seeds leave alone what was changed by hand ----------------------------------------------------
SELECT is(core.admin_touched('rule', 'ft-change'), true, 'touched');
SELECT is(core.admin_touched('kind', 'fountain'), true, 'by what hangs on it, too');
SELECT is(core.admin_touched('kind', 'lift'), false, 'not touched');
SELECT is(pg_temp.try('top', 'rule', 'sh-clean', '{"months":"5","from":"2027-01-01"}'), 'done', 'a rule of the seeds is changed');
SELECT is(pg_temp.try('top', 'type', 'lift.inspect', '{"name-en":"Yearly check"}'), 'done', 'and a kind');
SELECT is(pg_temp.try('top', 'office', '310107000000', '{"name":"普陀"}'), 'done', 'and an office');
SELECT is(pg_temp.try('top', 'word', 'normal', '{"name-en":"fine"}'), 'done', 'and a word');
CREATE FUNCTION pg_temp.said() RETURNS text LANGUAGE sql AS $$
	SELECT md5(concat_ws('|', (SELECT string_agg(r::text, ';' ORDER BY r.id) FROM core.rule r),
		(SELECT string_agg(l::text, ';' ORDER BY l.id) FROM core.limit_item l), (SELECT string_agg(o::text, ';' ORDER BY o.id) FROM core.org o),
		(SELECT string_agg(p::text, ';' ORDER BY p.id) FROM core.publish_rule p), core.build_reference())) $$;
CREATE TEMPORARY TABLE before AS SELECT pg_temp.said();
\o /dev/null
\ir ../../sql/seed/01_words.sql
\ir ../../sql/seed/02_kinds.sql
\ir ../../sql/seed/03_orgs.sql
\ir ../../sql/seed/04_rules.sql
\ir ../../sql/seed/06_publish.sql
\ir ../../sql/seed/07_admin.sql
\o
SELECT is(pg_temp.said(), (SELECT said FROM before), 'seeds applied again change nothing of it');
SELECT is((SELECT top_only FROM core.admin_section WHERE code = 'kind'), false, 'nor what the deployment opened');
SELECT * FROM finish();
ROLLBACK;
