-- Replies beside published results, appeals, new tests: who may say what until when, who checks and
-- decides, what is public of it, what stays.
\ir fixture.inc
\ir staff.inc
SELECT * FROM no_plan();
SELECT pg_temp.put_facilities('[
	{"line":1,"key":"A","kind":"roof_tank","org":"310107021000","place_key":"pA","place_name":"A","since":"2020-01-01"},
	{"line":2,"key":"B","kind":"roof_tank","org":"310107014000","place_key":"pB","place_name":"B","since":"2020-01-01"}]');
SELECT pg_temp.put_records('[
	{"line":1,"key":"fail","facility_key":"A","type":"test","performed_on":"2026-11-10","parties":[{"role":"lab","name":"检测站"}],"results":[{"item":"ph","num":"9.6"}]},
	{"line":2,"key":"clean","facility_key":"A","type":"clean","performed_on":"2026-11-12","parties":[{"role":"cleaner","name":"清源"}]}]');
INSERT INTO core.party (name, credit_code) VALUES ('物业甲', '91350100M000100Y43'), ('物业乙', NULL);
DELETE FROM core.facility_manager;
INSERT INTO core.facility_manager (facility_id, party_id, valid_from)
SELECT f.id, p.id, '2020-01-01' FROM core.facility f, core.party p WHERE p.name = '物业甲' AND f.code = pg_temp.f('A');
CREATE FUNCTION pg_temp.party(p_name text) RETURNS jsonb LANGUAGE sql STABLE AS
$$ SELECT jsonb_build_object('party', id::text) FROM core.party WHERE name = p_name $$;
SELECT pg_temp.user('mgr', 'manager', '{"party":"91350100M000100Y43"}') > 0, pg_temp.user('cln', 'inspector', pg_temp.party('清源')) > 0,
	pg_temp.user('lab', 'inspector', pg_temp.party('检测站')) > 0, pg_temp.user('other', 'manager', pg_temp.party('物业乙')) > 0;
SELECT pg_temp.user(l, r, o::jsonb) > 0 FROM (VALUES ('off.a', 'office', '{"org":"310107021000"}'), ('off.b', 'office', '{"org":"310107014000"}'),
	('ins.a', 'inspector', '{"org":"310107021000"}'), ('sup', 'supervisor', '{"org":"310107000000"}'), ('aud', 'auditor', '{"org":"310107000000"}')) AS v (l, r, o);
SELECT count(pg_temp.session(login)) FROM core.account;

CREATE FUNCTION pg_temp.key(p int) RETURNS uuid LANGUAGE sql AS $$ SELECT ('00000000-0000-4000-8000-' || lpad(p::text, 12, '0'))::uuid $$;
-- say(login, key, record, kind, words): done, or what it ends in
CREATE FUNCTION pg_temp.say(p_login text, p_key int, p_record text, p_kind text, p_words text) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.says(format('SELECT api.staff_reply_add(sha256(%L), %L, %L, %L)', p_login, pg_temp.r(p_record), pg_temp.key(p_key),
		json_build_object('kind', p_kind, 'words', p_words))) $$;
CREATE FUNCTION pg_temp.id(p_key int) RETURNS bigint LANGUAGE sql VOLATILE AS $$ SELECT id FROM core.reply WHERE key = pg_temp.key(p_key) $$;
CREATE FUNCTION pg_temp.act(p_login text, p_key int, p_act text, p_words text DEFAULT NULL, p_day text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.says(format('SELECT api.staff_reply_act(sha256(%L), %L, %L, %L, %L)', p_login, pg_temp.id(p_key), p_act, p_words, p_day)) $$;
CREATE FUNCTION pg_temp.one(p_login text, p_key int) RETURNS json LANGUAGE sql AS $$ SELECT api.staff_reply(sha256(p_login::bytea), pg_temp.id(p_key))::json $$;
CREATE FUNCTION pg_temp.list(p_login text, p_show text DEFAULT 'open') RETURNS json LANGUAGE sql AS $$ SELECT api.staff_replies(sha256(p_login::bytea), p_show, NULL)::json $$;
-- some days later, in the same sessions
CREATE FUNCTION pg_temp.days(p_n int) RETURNS void LANGUAGE sql AS $$
	SELECT pg_temp.later(make_interval(days => p_n));
	UPDATE core.session SET since = since + make_interval(days => p_n), seen_at = seen_at + make_interval(days => p_n),
		proved_at = proved_at + make_interval(days => p_n), expires_at = expires_at + make_interval(days => p_n) $$;
-- what the record's page says
CREATE FUNCTION pg_temp.said(p_record text) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT coalesce(pg_temp.doc('record', pg_temp.r(p_record)::text)::jsonb #> '{record,replies}', '[]') $$;

-- ---- who may say something ------------------------------------------------------------------
SELECT is(pg_temp.say(l, 1, r, 'reply', '我们已整改'), says, l || ' about ' || r) FROM (VALUES ('other', 'fail', 'QR403 party'), ('cln', 'fail', 'QR403 party'),
	('lab', 'clean', 'QR403 party'), ('ins.a', 'fail', 'QR403 party'), ('off.a', 'fail', 'QR403 right'), ('aud', 'fail', 'QR403 right')) AS v (l, r, says);
SELECT is(pg_temp.says(format('SELECT api.staff_reply_form(sha256(%L), %L)', 'other', pg_temp.r('fail'))), 'QR403 party', 'nor the form');
SELECT is(pg_temp.says(format('SELECT api.staff_reply_form(sha256(%L), %L)', 'mgr', gen_random_uuid())), 'QR404', 'a record that is not there');
SELECT is(api.staff_reply_form(sha256('mgr'), pg_temp.r('fail'))::jsonb -> 'kinds', '[{"kind":"reply"},{"kind":"appeal","until":"2026-12-13"},{"kind":"retest"}]'::jsonb,
	'the form says what may be said, and until when');
SELECT is(api.staff_reply_form(sha256('cln'), pg_temp.r('clean'))::jsonb #> '{kinds,2}', '{"kind":"retest","why":"no_verdict"}'::jsonb, 'no new test of what has no result');
SELECT is(pg_temp.say('mgr', 1, 'fail', k, w), says, says) FROM (VALUES (NULL, 'x', 'QR422 kind:missing'), ('praise', NULL, 'QR422 kind:unknown words:missing'),
	('reply', repeat('字', 501), 'QR422 words:too_long'), ('reply', '  ', 'QR422 words:missing')) AS v (k, w, says);
SELECT is(pg_temp.says(format('SELECT api.staff_reply_add(sha256(%L), %L, NULL, %L)', 'mgr', pg_temp.r('fail'), '{"kind":"reply","words":"x"}')), 'QR422 key:missing', 'no key');

-- ---- a reply --------------------------------------------------------------------------------
SELECT is(pg_temp.say('mgr', 1, 'fail', 'reply', '消毒剂投加过量，已更换加药泵。'), 'done', 'the manager replies');
SELECT is(pg_temp.say('mgr', 1, 'fail', 'reply', '消毒剂投加过量，已更换加药泵。'), 'done', 'the same again');
SELECT is(count(*), 1::bigint, 'is one') FROM core.reply;
SELECT is(pg_temp.say('mgr', 1, 'fail', 'reply', '别的话'), 'QR409 other_body', 'other words under the same key');
SELECT is(pg_temp.say('mgr', 2, 'fail', 'reply', '还有'), 'QR409 waiting', 'one after the other');
SELECT is(pg_temp.said('fail'), '[]', 'nothing of it is public before the check');
SELECT is(pg_temp.list('sup') #>> '{rows,0,party}', '物业甲', 'the office above sees it');
SELECT is(pg_temp.list('sup') #>> '{rows,0,record,verdict}', 'fail', 'with the record');
SELECT is(json_array_length(pg_temp.list('off.b') -> 'rows'), 0, 'an office beside does not');
SELECT is(pg_temp.says(format('SELECT api.staff_reply(sha256(%L), %s)', 'off.b', pg_temp.id(1))), 'QR404', 'nor alone');
SELECT is(json_array_length(pg_temp.list('lab') -> 'rows'), 0, 'nor another firm of the record');
SELECT is(pg_temp.says(format('SELECT api.staff_reply(sha256(%L), %s)', 'lab', pg_temp.id(1))), 'QR404', 'nor alone');
SELECT is(json_array_length(pg_temp.list('mgr') -> 'rows'), 1, 'its own it sees');
SELECT is(pg_temp.says($$ SELECT api.staff_replies(sha256('aud'), NULL, NULL) $$), 'QR403 right', 'an auditor has no part in it');
SELECT is(pg_temp.says($$ SELECT api.staff_replies(sha256('sup'), 'none', NULL) $$), 'QR422 s:unknown', 'a list that is not there');
SELECT is((pg_temp.one('off.a', 1) -> 'can')::text, '["publish","refuse"]', 'what an office may do');
SELECT is((pg_temp.one('mgr', 1) -> 'can')::text, '[]', 'who wrote it: nothing');
SELECT is(pg_temp.act('mgr', 1, 'publish'), 'QR403 right', 'a firm publishes nothing');
SELECT is(pg_temp.act('off.b', 1, 'publish'), 'QR404', 'an office beside neither');
SELECT is(pg_temp.act('off.a', 1, 'praise'), 'QR422 act:unknown', 'an act that is not there');
SELECT is(pg_temp.act('off.a', 1, 'hide', '辱骂'), 'QR409 state', 'what is not public cannot be hidden');
SELECT is(pg_temp.act('off.a', 1, 'grant', '好'), 'QR409 state', 'a reply is not decided');
SELECT is(pg_temp.act('off.a', 1, 'publish'), 'done', 'checked');
SELECT is(pg_temp.said('fail'), jsonb_build_array(jsonb_build_object('kind', 'reply', 'party', '物业甲', 'at', '2026-11-22T10:00:00+08:00',
	'words', '消毒剂投加过量，已更换加药泵。')), 'it stands beside the result');
SELECT is(pg_temp.fdoc('A') #>> '{records,1,replies,0,party}', '物业甲', 'on the facility''s page, too');
SELECT ok(NOT (pg_temp.fdoc('A') -> 'records' -> 0)::jsonb ? 'replies', 'and beside no other record');
SELECT is(pg_temp.fdoc('A') #>> '{failed,record}', pg_temp.r('fail')::text, 'the result stays what it is');
SELECT is(pg_temp.act('off.a', 1, 'publish'), 'QR409 state', 'once');
SELECT is(json_array_length(pg_temp.list('sup') -> 'rows'), 0, 'nothing is left to do');
SELECT is(json_array_length(pg_temp.list('sup', 'all') -> 'rows'), 1, 'but it is kept');
SELECT is(pg_temp.act('sup', 1, 'hide'), 'QR422 words:missing', 'hiding needs a ground');
SELECT is(pg_temp.act('sup', 1, 'hide', '含他人电话'), 'done', 'hidden');
SELECT is(pg_temp.said('fail') #> '{0,hidden}', '{"at":"2026-11-22T10:00:00+08:00","reason":"含他人电话","office":"普陀区水务管理部门（示例）"}'::jsonb
	|| jsonb_build_object('office', (SELECT name FROM core.org WHERE code = '310107000000')), 'ground and office are public');
SELECT ok(NOT pg_temp.said('fail') -> 0 ? 'words', 'the words are not');
-- erased for good
SELECT is(pg_temp.act('sup', 1, 'erase'), 'QR422 words:missing', 'erasing needs a ground');
SELECT is((pg_temp.one('sup', 1) -> 'can')::text, '["erase"]', 'what is hidden can still be erased');
SELECT is((pg_temp.one('mgr', 1) -> 'can')::text, '[]', 'not by its firm');
UPDATE core.session SET proved_at = proved_at - interval '10 minutes';
SELECT is(pg_temp.act('sup', 1, 'erase', '个人信息保护法第四十七条'), 'QR428 again', 'nor without the password of the last minutes');
UPDATE core.session SET proved_at = proved_at + interval '10 minutes';
DELETE FROM core.role_right WHERE role = 'supervisor' AND can = 'redact';
SELECT is(pg_temp.act('sup', 1, 'erase', '个人信息保护法第四十七条'), 'QR403 own', 'nor without the right to redact');
INSERT INTO core.role_right VALUES ('supervisor', 'redact');
SELECT throws_ok(format('UPDATE core.reply SET words = NULL, words_hash = sha256(%L), shown = %L WHERE id = %s', 'x', 'no', pg_temp.id(1)), 'QR409', NULL,
	'nor by hand, unwritten');
SELECT is(pg_temp.act('sup', 1, 'erase', '个人信息保护法第四十七条'), 'done', 'erased');
SELECT is(pg_temp.said('fail') #> '{0,hidden}', jsonb_build_object('at', '2026-11-22T10:00:00+08:00', 'reason', '个人信息保护法第四十七条', 'office',
	(SELECT name FROM core.org WHERE code = '310107000000'), 'erased', true), 'that, by whom and on what ground is public');
SELECT is((SELECT v.words || 'x' FROM core.reply v WHERE v.id = pg_temp.id(1)), NULL, 'the words are gone');
SELECT is((SELECT v.words_hash FROM core.reply v WHERE v.id = pg_temp.id(1)), sha256(convert_to(pg_temp.key(1) || '消毒剂投加过量，已更换加药泵。', 'UTF8')),
	'whoever has them can show that it was these');
SELECT is((SELECT count(*)::int FROM core.document d WHERE d.doc LIKE '%投加过量%') + (SELECT count(*)::int FROM core.audit a WHERE a.detail::text LIKE '%投加过量%')
	+ (SELECT count(*)::int FROM core.reply v WHERE v::text LIKE '%投加过量%'), 0, 'from rows, documents, audit');
SELECT is((SELECT e.who || ' ' || e.ground FROM core.erasure e WHERE e.record_id = pg_temp.r('fail') AND e.name = 'reply ' || pg_temp.id(1)),
	'sup 个人信息保护法第四十七条', 'that they are is written down');
SELECT is(pg_temp.act('sup', 1, a, 'x'), 'QR409 state', 'afterwards there is nothing to ' || a) FROM unnest(ARRAY['erase', 'hide', 'publish']) a;
SELECT ok(pg_temp.one('sup', 1) ->> 'words' IS NULL, 'nor to be shown');
SELECT throws_ok(format('UPDATE core.reply SET words = %L, words_hash = NULL WHERE id = %s', 'back', pg_temp.id(1)), 'QR409', NULL, 'they do not come back');
SELECT is(pg_temp.say('mgr', 1, 'fail', 'reply', '消毒剂投加过量，已更换加药泵。'), 'QR409 other_body', 'nor by sending them again');
SELECT is(pg_temp.say('mgr', n, 'fail', 'reply', 'x' || n) || ' ' || pg_temp.act('off.a', n, 'refuse', '重复'), says, 'reply ' || n)
FROM (VALUES (2, 'done done'), (3, 'done done'), (4, 'QR409 replies QR404')) AS v (n, says);

-- ---- an appeal ------------------------------------------------------------------------------
SELECT is(pg_temp.say('cln', 10, 'clean', 'appeal', '日期有误'), 'done', 'who is named on a record may appeal, though the facility is not theirs');
SELECT is(pg_temp.said('clean'), jsonb_build_array(jsonb_build_object('kind', 'appeal', 'party', '清源', 'at', '2026-11-22T10:00:00+08:00', 'state', 'open',
	'due', '2026-12-13')), 'that it was appealed is public at once, by when it is answered, and no words');
SELECT is(pg_temp.say('cln', 11, 'clean', 'appeal', '再次'), 'QR409 appealed', 'once a revision');
SELECT is(pg_temp.one('cln', 10) ->> 'words', '日期有误', 'its firm sees its words');
SELECT pg_temp.days(21);
SELECT is(pg_temp.say('mgr', 12, 'fail', 'appeal', '第21天'), 'done', 'the 21st day is in time');
SELECT pg_temp.days(1);
SELECT is(pg_temp.say('mgr', 13, 'clean', 'appeal', '第22天'), 'QR409 too_late', 'the 22nd is too late');
SELECT is(api.staff_reply_form(sha256('mgr'), pg_temp.r('clean'))::jsonb #>> '{kinds,1,why}', 'too_late', 'and the form says so');
SELECT is((SELECT r ->> 'late' FROM json_array_elements(pg_temp.list('sup') -> 'rows') r WHERE r ->> 'party' = '清源'), 'true', 'what was not answered in 21 days is late');
SELECT is(pg_temp.list('sup') #>> '{rows,0,party}', '清源', 'and stands first');
-- not by who had a hand in the record
INSERT INTO core.revision (record_id, rev, state, on_date, received_at, published_at, verdict, canonical, hash, prev, act, by_account, reason)
SELECT record_id, 2, 'submitted', on_date, received_at, NULL, verdict, canonical, sha256('2'), hash, 'put', pg_temp.account('off.a'), 'test'
FROM core.revision WHERE record_id = pg_temp.r('fail') AND rev = 1;
SELECT is((pg_temp.one('off.a', 12) -> 'can')::text, '["publish"]', 'who had a hand in the record decides nothing');
SELECT is(pg_temp.act('off.a', 12, a, 'x'), 'QR403 own', 'not ' || a) FROM unnest(ARRAY['grant', 'reject', 'refuse']) a;
SELECT is(pg_temp.act('sup', 12, 'grant'), 'QR422 words:missing', 'a decision needs words');
SELECT is(pg_temp.act('sup', 12, 'accept', NULL, '2027-01-01'), 'QR409 state', 'an appeal is no test');
SELECT is(pg_temp.act('sup', 12, 'grant', '仪器未校准，结果将撤回。'), 'done', 'granted by another person');
SELECT is(pg_temp.act('sup', 12, 'reject', 'x'), 'QR409 state', 'decided once');
SELECT is(pg_temp.said('fail') #>> '{3,answer,words}', '仪器未校准，结果将撤回。', 'the decision is public');
SELECT is(pg_temp.said('fail') #>> '{3,state}', 'granted', 'as such');
SELECT is(pg_temp.act('off.a', 10, 'reject', '日期无误'), 'done', 'rejected');
SELECT is(pg_temp.said('clean') #>> '{0,state}', 'rejected', 'says so');
UPDATE core.voice_rule SET valid_to = '2026-12-01';
SELECT is(pg_temp.say('cln', 14, 'clean', 'appeal', 'x'), 'QR409 no_rule', 'without a rule nothing is appealed');

-- ---- a new test -----------------------------------------------------------------------------
SELECT is(pg_temp.say('mgr', 20, 'fail', 'retest', '加药泵已换，请复测'), 'done', 'a new test is asked for');
SELECT is(pg_temp.say('lab', 21, 'fail', 'retest', '复测'), 'QR409 asked', 'once');
SELECT is(pg_temp.said('fail') #>> '{4,state}', 'open', 'that is public');
SELECT is(pg_temp.act('sup', 20, 'accept', NULL, d), 'QR422 day:' || why, 'until ' || coalesce(d, '?')) FROM (VALUES (NULL, 'missing'), ('soon', 'form'),
	('2026-12-01', 'past'), ('2028-12-01', 'bad_value')) AS v (d, why);
SELECT is(pg_temp.act('sup', 20, 'accept', NULL, '2026-12-31'), 'done', 'accepted, with a day');
SELECT is((pg_temp.said('fail') #>> '{4,state}') || ' ' || (pg_temp.said('fail') #>> '{4,due}'), 'accepted 2026-12-31', 'a new result is pending');
SELECT is(pg_temp.fdoc('A') #>> '{failed,record}', pg_temp.r('fail')::text, 'the old one stays');
SELECT pg_temp.put_records('[{"line":1,"key":"again","facility_key":"A","type":"test","performed_on":"2026-12-14","parties":[{"role":"lab","name":"检测站"}],"results":[{"item":"ph","num":"7.6"}]}]');
SELECT is((pg_temp.said('fail') #>> '{4,state}') || ' ' || (pg_temp.said('fail') #>> '{4,result}'), 'done ' || pg_temp.r('again'), 'the new result ends it and is named');
SELECT ok(NOT (pg_temp.fdoc('A')::jsonb ? 'failed'), 'and cures the failure');
SELECT is(pg_temp.one('mgr', 20) #>> '{reply,state}', 'done', 'the firm sees it');

SELECT is(pg_temp.say('mgr', 22, 'again', 'retest', '再测一次'), 'done', 'another one is asked for');
SELECT is(pg_temp.act('sup', 22, 'reject', '结果合格，无须复测'), 'done', 'and refused');
SELECT pg_temp.put_records('[{"line":1,"key":"routine","facility_key":"A","type":"test","performed_on":"2026-12-14","parties":[{"role":"lab","name":"检测站"}],"results":[{"item":"ph","num":"7.5"}]}]');
SELECT is((pg_temp.said('again') #>> '{0,state}') || coalesce(pg_temp.said('again') #>> '{0,result}', ''), 'rejected', 'the next ordinary test does not make it done');

-- ---- the rules, changed by an office ---------------------------------------------------------
SELECT pg_temp.user('adm', 'admin', '{"org":"310107000000"}') > 0;
SELECT pg_temp.session('adm') IS NOT NULL;
CREATE FUNCTION pg_temp.put(p_what text, p_key text, p_body jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.says(format('SELECT api.staff_admin_put(sha256(''adm''), %L, %L, %L)', p_what, p_key,
		(SELECT jsonb_object_agg(e.key, jsonb_build_array(e.value)) FROM jsonb_each_text(p_body) e))) $$;
SELECT is(pg_temp.put('voice', 'new', v), says, says) FROM (VALUES
	('{"code":"pt","org":"310107000000","appeal":"0","decide":"400","replies":"11","basis":"b","from":"2026-12-15"}'::jsonb, 'QR422 appeal:range decide:range replies:range'),
	('{"code":"pt","org":"310110000000","appeal":"10","decide":"5","replies":"1","basis":"b","from":"2026-12-15"}', 'QR422 org:unknown'),
	('{"code":"pt","org":"310107000000","appeal":"40","decide":"5","replies":"1","basis":"b","from":"2026-12-14"}', 'done'),
	('{"code":"pt","org":"310107000000","appeal":"40","decide":"5","replies":"1","basis":"b","from":"2026-12-14"}', 'QR422 code:taken'),
	('{"code":"pt2","org":"310107000000","appeal":"40","decide":"5","replies":"1","basis":"b","from":"2026-12-14"}', 'QR422 from:overlap')) AS v (v, says);
SELECT is(pg_temp.say('lab', 30, 'fail', 'appeal', '在新的期限内'), 'done', 'the nearest office''s rule holds');
SELECT is((SELECT due_on FROM core.reply WHERE key = pg_temp.key(30)), '2026-12-19', 'with its days to answer');
SELECT is(pg_temp.put('alarm', 'new', v), says, says) FROM (VALUES
	('{"code":"pa","org":"310107000000","what":"not_here","n":"0","days":"7","public":"true","basis":"b","from":"2026-12-15"}'::jsonb, 'QR422 n:range'),
	('{"code":"pa","org":"310107000000","what":"gone","n":"5","days":"7","public":"true","basis":"b","from":"2026-12-15"}', 'QR422 what:unknown'),
	('{"code":"pa","org":"310107000000","what":"not_here","n":"5","days":"7","public":"false","basis":"b","from":"2026-12-15"}', 'done')) AS v (v, says);
SELECT is((SELECT n || ' ' || days || ' ' || public FROM core.sticker_rule WHERE code = 'pa'), '5 7 false', 'a rule of alarms');
SELECT is(jsonb_array_length(api.staff_admin_list(sha256('adm'), s, NULL, NULL)::jsonb -> 'rows'), n, s || ': the list has those above, too')
FROM (VALUES ('voice', 2), ('alarm', 3)) AS v (s, n);

-- ---- what stays -----------------------------------------------------------------------------
SELECT is(pg_temp.says($$ UPDATE core.reply SET words = 'y' $$), 'QR409', 'what was said is never changed');
SELECT is(pg_temp.says('DELETE FROM core.reply'), 'QR409', 'nor removed');
SELECT is(pg_temp.says('DELETE FROM core.reply_step'), 'QR409', 'nor what was decided');
SELECT ok(count(*) >= 8, 'the audit has each act') FROM core.audit WHERE what LIKE 'reply.%';
SELECT is((SELECT count(*) FROM api.verify_documents('facility', '', 1000) v WHERE v.problem IS NOT NULL), 0::bigint, 'documents are what the tables say');
SELECT * FROM finish();
ROLLBACK;
