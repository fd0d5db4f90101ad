-- Surveys: made, released, answered on line and on paper, judged by their rules, published with
-- margins; who may; limits; what small groups hide.
\ir fixture.inc
\ir staff.inc
SELECT * FROM no_plan();
SET session_replication_role = origin;
SELECT is(split_part(pg_temp.put_facilities((SELECT json_agg(json_build_object('line', i, 'key', 'T' || i, 'kind', 'roof_tank',
	'org', CASE WHEN i = 9 THEN '310110000000' WHEN i = 8 THEN '310107014000' ELSE '310107021000' END, 'place_key', 'pl' || i,
	'place_name', '小区' || i, 'building', '1号楼', 'since', '2024-01-01')) FROM generate_series(1, 9) i)), '~', 1), '9+9', 'nine compounds');
SELECT pg_temp.user(l, r, jsonb_build_object('org', o)), pg_temp.session(l)
FROM (VALUES ('hall', 'office', '310107021000'), ('dist', 'supervisor', '310107000000'), ('ins', 'inspector', '310107021000'),
	('away', 'office', '310110000000'), ('aud', 'auditor', '310107000000')) v (l, r, o);
-- another day, the same people
CREATE FUNCTION pg_temp.again() RETURNS void LANGUAGE sql AS $$
	UPDATE core.session SET since = core.now(), seen_at = core.now(), proved_at = core.now(), expires_at = core.now() + interval '8 hours' $$;
CREATE FUNCTION pg_temp.s(p_login text) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$ SELECT sha256(p_login::bytea) $$;
CREATE FUNCTION pg_temp.body(p_more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
	SELECT '{"title":"物业服务满意度调查","title_en":"Residents'' survey","purpose":"了解居民意见，改进物业服务","org":"310107021000",
		"places":"小区1\n小区2\n小区3","from":"2026-11-22","to":"2026-11-30","levels":"保洁 | Cleaning\n供水｜Water\n安全",
		"words":"还有什么建议？ | Anything else?","rules":["one_each","all_levels"]}'::jsonb || p_more $$;
CREATE FUNCTION pg_temp.put(p_login text, p_id bigint, p_more jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS
$$ SELECT pg_temp.says(format('SELECT api.staff_survey_put(pg_temp.s(%L), %L, pg_temp.body(%L))', p_login, p_id, p_more)) $$;
CREATE FUNCTION pg_temp.act(p_login text, p_do text, p_more jsonb DEFAULT '{}', p_id bigint DEFAULT NULL) RETURNS text LANGUAGE sql AS
$$ SELECT pg_temp.says(format('SELECT api.staff_survey_act(pg_temp.s(%L), %L, %L)', p_login,
	coalesce(p_id, (SELECT min(id) FROM core.survey)), p_more || jsonb_build_object('do', p_do))) $$;
CREATE FUNCTION pg_temp.id() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT min(id) FROM core.survey $$;
CREATE FUNCTION pg_temp.c(p_place text) RETURNS text LANGUAGE sql STABLE AS
$$ SELECT x.code::text FROM core.survey_place x JOIN core.place p ON p.id = x.place_id WHERE p.name = p_place AND x.survey_id = pg_temp.id() $$;
CREATE FUNCTION pg_temp.one(p_login text) RETURNS jsonb LANGUAGE sql AS $$ SELECT api.staff_survey(pg_temp.s(p_login), pg_temp.id())::jsonb $$;

-- ---- who may make one, of what -------------------------------------------------------------
SELECT is(pg_temp.put(l, NULL, m::jsonb), want, concat_ws(' ', l, m, want)) FROM (VALUES
	('ins', '{}', 'QR403 right'), ('aud', '{}', 'QR403 right'), ('away', '{}', 'QR422 org:unknown'),
	('hall', '{"org":"310107014000"}', 'QR422 org:unknown'), ('hall', '{"places":"小区8"}', 'QR422 places:unknown_place'),
	('hall', '{"places":"小区1\n小区99"}', 'QR422 places:unknown_place'),
	('hall', '{"title":" ","purpose":""}', 'QR422 title:missing purpose:missing'),
	('hall', '{"from":"","to":"2026-13-01"}', 'QR422 from:missing to:form'),
	('hall', '{"from":"2026-11-30","to":"2026-11-29"}', 'QR422 to:order'), ('hall', '{"from":"2026-11-01","to":"2026-11-21"}', 'QR422 to:past'),
	('hall', '{"to":"2027-12-01"}', 'QR422 to:range'), ('hall', '{"levels":" \n"}', 'QR422 levels:missing'),
	('hall', '{"levels":"1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13"}', 'QR422 levels:too_many'),
	('hall', '{"words":"1\n2\n3\n4"}', 'QR422 words:too_many'), ('hall', '{"least":"4"}', 'QR422 least:range'),
	('hall', '{"least":"x"}', 'QR422 least:range')) v (l, m, want);
SELECT is(pg_temp.put('hall', NULL, jsonb_build_object('levels', repeat('字', 101))), 'QR422 levels:too_long', 'a question too long');
SELECT is((SELECT count(*) FROM core.survey), 0::bigint, 'none of these was kept');
SELECT is(pg_temp.put('hall', NULL, '{"places":""}'), 'done', 'without compounds: all of the office');
SELECT is((SELECT count(*) FROM core.survey_place), 7::bigint, 'seven');
SELECT lives_ok($$ CREATE TEMPORARY TABLE was AS SELECT pg_temp.c('小区2') AS code $$);
SELECT is(pg_temp.put('hall', pg_temp.id()), 'done', 'a draft is put in place of the other');
SELECT is((SELECT count(*) FROM core.survey_place), 3::bigint, 'three');
SELECT is(pg_temp.c('小区2'), (SELECT code FROM was), 'a compound that stays keeps its code');
SELECT is(pg_temp.one('hall') -> 'survey' -> 'questions', '[{"n":1,"kind":"level","text":{"zh-CN":"保洁","en":"Cleaning"}},
	{"n":2,"kind":"level","text":{"zh-CN":"供水","en":"Water"}},{"n":3,"kind":"level","text":{"zh-CN":"安全"}},
	{"n":4,"kind":"words","text":{"zh-CN":"还有什么建议？","en":"Anything else?"}}]', 'its questions');
SELECT is(pg_temp.one('dist') #>> '{survey,state}', 'draft', 'the office above sees it');
SELECT is(pg_temp.says($$ SELECT pg_temp.one('away') $$), 'QR404', 'another does not');
SELECT is(jsonb_array_length(api.staff_surveys(pg_temp.s('away'))::jsonb -> 'surveys'), 0, 'nor in its list');
SELECT is(pg_temp.put('away', pg_temp.id()), 'QR404', 'nor may it change it');
SELECT is(pg_temp.act('away', 'release'), 'QR404', 'or release it');
SELECT is(pg_temp.act('ins', 'release'), 'QR403 right', 'an inspector may not');
SELECT is(pg_temp.act('hall', d), 'QR409 survey_draft', d || ' of a draft') FROM unnest(ARRAY['publish', 'asked', 'void']) d;
SELECT is(pg_temp.act('hall', 'burn'), 'QR422 do:unknown', 'an unknown act');
SELECT is(pg_temp.says(format('SELECT api.survey_answer(%L, gen_random_uuid(), NULL, ''{}'')', pg_temp.c('小区1'))), 'QR404', 'nobody answers a draft');
SELECT is((SELECT count(*) FROM core.document WHERE kind = 'survey'), 0::bigint, 'nothing is public');

-- ---- released --------------------------------------------------------------------------------
SELECT is(pg_temp.act('hall', 'release'), 'done', 'released');
SELECT is(pg_temp.put('hall', pg_temp.id()), 'QR409 survey_released', 'its questions stand');
SELECT is(pg_temp.act('hall', d), 'QR409 survey_released', d || ' once released') FROM unnest(ARRAY['release', 'drop']) d;
SELECT is((SELECT count(*) FROM core.document WHERE kind = 'survey'), 4::bigint, 'the whole and three compounds are public');
SELECT is((SELECT doc::jsonb -> 'results' FROM core.document WHERE kind = 'survey' AND key = pg_temp.c('小区1')), NULL, 'without results');
SELECT is((SELECT count(*) || ' ' || count(*) FILTER (WHERE d.doc::jsonb #>> '{surveys,0,code}' = y.code AND d.doc::jsonb #>> '{surveys,0,to}' = s.to_on::text)
	FROM core.survey_place y JOIN core.survey s ON s.id = y.survey_id JOIN core.place p ON p.id = y.place_id JOIN core.document d ON d.kind = 'place' AND d.key = p.code
	WHERE y.survey_id = pg_temp.id()), '3 3', 'the page of each compound leads to its own');
CREATE FUNCTION pg_temp.answer(p_place text, p_levels text, p_words text DEFAULT NULL, p_address text DEFAULT NULL, p_key uuid DEFAULT gen_random_uuid())
RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.says(format('SELECT api.survey_answer(%L, %L, %L, %L)', pg_temp.c(p_place), p_key, sha256(p_address::bytea),
		jsonb_build_object('levels', (SELECT jsonb_object_agg(i, c) FROM unnest(string_to_array(p_levels, NULL)) WITH ORDINALITY u (c, i)),
			'words', jsonb_build_object('4', p_words)))) $$;
SELECT is(pg_temp.answer('小区1', l, w), want, concat_ws(' ', l, left(w, 3), want)) FROM (VALUES ('543', '水压低', 'done'),
	('54 ', NULL, 'QR422 q3:missing'), ('   ', NULL, 'QR422 q1:missing q2:missing q3:missing'), ('506', NULL, 'QR422 q2:bad_value q3:bad_value'),
	('555', repeat('字', 501), 'QR422 q4:too_long'), ('555', repeat('字', 500), 'done')) v (l, w, want);
SELECT is(pg_temp.answer('小区1', '111', NULL, NULL, '00000000-0000-4000-8000-000000000001'), 'done', 'a form');
SELECT is(pg_temp.answer('小区1', '555', NULL, NULL, '00000000-0000-4000-8000-000000000001'), 'done', 'sent again');
SELECT is((SELECT array_agg(levels::text) FROM core.survey_response WHERE key = '00000000-0000-4000-8000-000000000001'), ARRAY['{1,1,1}'], 'counts once, as it was first');
SELECT is(pg_temp.says(format('SELECT api.survey_answer(%L, gen_random_uuid(), NULL, ''{"levels":{"1":"5","2":"5","3":"5"}}'')',
	(SELECT code FROM core.survey))), 'QR404', 'the whole has no form of its own');
UPDATE core.survey SET prefix_day = 2;
SELECT is(pg_temp.answer('小区2', '555', NULL, a), want, 'network ' || a || ' ' || want)
FROM (VALUES ('a', 'done'), ('a', 'done'), ('a', 'QR429 survey_limit'), ('b', 'done')) v (a, want);
UPDATE core.survey SET all_day = 7;
SELECT is(pg_temp.answer('小区2', '555', NULL, 'c'), want, 'and in all: ' || want) FROM (VALUES ('done'), ('QR429 survey_limit')) v (want);
SELECT is((SELECT count(*) FROM core.survey_seen WHERE encode(address, 'escape') LIKE '%a%'), 0::bigint, 'no address is kept as it is');
SELECT pg_temp.later('1 day');
SELECT pg_temp.again();
SELECT cmp_ok(core.survey_sweep(), '>', 0, 'the next day what was counted goes');
SELECT is((SELECT count(*) FROM core.survey_seen), 0::bigint, 'all of it');
SELECT is(pg_temp.answer('小区2', '555', NULL, 'a'), 'done', 'and a network begins anew');

-- ---- on paper --------------------------------------------------------------------------------
CREATE FUNCTION pg_temp.paper(p_login text, p_place text, p_rows jsonb, p_key uuid DEFAULT gen_random_uuid()) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.says(format('SELECT api.staff_survey_paper_put(pg_temp.s(%L), %s, %L, %L)', p_login, pg_temp.id(), p_key,
		jsonb_build_object('place', pg_temp.c(p_place), 'rows', p_rows))) $$;
SELECT is(pg_temp.paper(l, p, r::jsonb), want, concat_ws(' ', l, p, left(r, 40), want)) FROM (VALUES
	('ins', '小区3', '[]', 'QR403 right'), ('away', '小区3', '[]', 'QR404'), ('hall', 'none', '[{"row":1,"levels":"555"}]', 'QR422 place:missing'),
	('hall', '小区3', '[]', 'QR422 l:1:missing'), ('hall', '小区3', '[{"row":1,"levels":"55"},{"row":4,"levels":"556"},{"row":5}]', 'QR422 l:1:levels l:4:levels l:5:levels'),
	('hall', '小区3', '[{"row":1,"no":"7","levels":"555"},{"row":2,"no":"07","levels":"555"}]', 'QR422 no:2:form_twice'),
	('hall', '小区3', '[{"row":1,"no":"0","levels":"555"},{"row":2,"no":"x","levels":"555"}]', 'QR422 no:1:bad_value no:2:bad_value'),
	('hall', '小区3', '[{"row":1,"no":"7","levels":"5 4-","words":{"4":"便利"}},{"row":2,"no":"8","levels":"x11"},{"row":3,"levels":"５４３"},{"row":4,"levels":".0."}]', 'done'),
	('hall', '小区3', '[{"row":1,"no":"8","levels":"555"}]', 'QR422 no:1:form_twice'), ('hall', '小区2', '[{"row":1,"no":"8","levels":"555"}]', 'done')) v (l, p, r, want);
SELECT is((SELECT string_agg(concat_ws(' ', no, levels, why), '; ' ORDER BY id) FROM core.survey_response WHERE batch_id IS NOT NULL),
	'7 {5,4,NULL} all_levels; 8 {0,1,1} one_each; {5,4,3}; {NULL,0,NULL} one_each; 8 {5,5,5}', 'what is not valid, by the first rule it breaks');
SELECT is(pg_temp.paper('hall', '小区3', (SELECT jsonb_agg(jsonb_build_object('row', i, 'levels', '555')) FROM generate_series(1, 101) i)), 'QR422 l:1:too_many', 'a hundred at once');
SELECT is(pg_temp.paper('hall', '小区3', '[{"row":1,"levels":"555"}]', '00000000-0000-4000-8000-000000000002'), 'done', 'a batch');
SELECT is(pg_temp.paper('hall', '小区3', '[{"row":1,"levels":"555"}]', '00000000-0000-4000-8000-000000000002'), 'done', 'sent again');
SELECT is(pg_temp.paper('hall', '小区3', '[{"row":1,"levels":"551"}]', '00000000-0000-4000-8000-000000000002'), 'QR409 other_body', 'with another body');
SELECT is((SELECT count(*) FROM core.survey_response r JOIN core.survey_batch b ON b.id = r.batch_id
	WHERE b.key = '00000000-0000-4000-8000-000000000002'), 1::bigint, 'is there once');
SELECT is(pg_temp.act('hall', 'void', jsonb_build_object('batch', (SELECT min(id) FROM core.survey_batch))), 'done', 'a batch is taken back');
SELECT is(pg_temp.act('hall', 'void', jsonb_build_object('batch', (SELECT min(id) FROM core.survey_batch))), 'QR404', 'once');
SELECT is(pg_temp.paper('hall', '小区3', '[{"row":1,"no":"8","levels":"555"}]'), 'done', 'its numbers are free again');
SELECT is((SELECT x -> 'next' FROM (SELECT api.staff_survey_paper(pg_temp.s('hall'), pg_temp.id(), pg_temp.c('小区3'))::jsonb AS x) q), '9', 'the next number');
SELECT is(pg_temp.says(format('SELECT api.staff_survey_paper(pg_temp.s(%L), %s, NULL)', l, pg_temp.id())), want, l || ' and the table: ' || want)
FROM (VALUES ('hall', 'done'), ('away', 'QR404'), ('aud', 'QR403 right')) v (l, want);

-- ---- how many were asked -----------------------------------------------------------------------
SELECT is(pg_temp.act('hall', 'asked', jsonb_build_object('asked', jsonb_build_object(pg_temp.c('小区1'), 'many'))),
	'QR422 asked:' || pg_temp.c('小区1') || ':bad_value', 'a number that is none');
SELECT is(pg_temp.act('hall', 'asked', jsonb_build_object('asked', jsonb_build_object(pg_temp.c('小区1'), n))), 'done', 'asked: ' || n) FROM unnest(ARRAY['700', '770', '770', '']) n;
SELECT is((SELECT array_agg(n ORDER BY id) FROM core.survey_issued), ARRAY[700, 770], 'what was said before is kept');
SELECT throws_ok('UPDATE core.survey_issued SET n = 1', NULL, NULL, 'for good');
SELECT is(core.survey_asked(pg_temp.id(), NULL), NULL, 'one compound said nothing: the whole is not known');

-- ---- published ---------------------------------------------------------------------------------
-- 732 of 770 forms valid: 17 have two levels ticked, 21 a question left out
DELETE FROM core.survey_text; DELETE FROM core.survey_response;
INSERT INTO core.survey_response (survey_id, place_id, on_day, batch_id, levels, why)
SELECT x.survey_id, x.place_id, core.today(), (SELECT min(id) FROM core.survey_batch), l, core.survey_judge(x.survey_id, l)
FROM core.survey_place x CROSS JOIN generate_series(1, 770) i
CROSS JOIN LATERAL (SELECT CASE WHEN i <= 17 THEN ARRAY[0, 5, 5] WHEN i <= 38 THEN ARRAY[5, NULL, 5] ELSE ARRAY[1 + i % 5,
	CASE WHEN i % 100 = 0 THEN 1 ELSE 5 END, 5] END::smallint[] AS l) q
WHERE x.code = pg_temp.c('小区1');
-- and 3 and 4 from the other two
INSERT INTO core.survey_response (survey_id, place_id, on_day, key, levels)
SELECT x.survey_id, x.place_id, core.today(), gen_random_uuid(), '{4,4,4}' FROM core.survey_place x
CROSS JOIN LATERAL generate_series(1, CASE x.code WHEN pg_temp.c('小区2') THEN 3 WHEN pg_temp.c('小区3') THEN 4 ELSE 0 END) i;
SELECT is(pg_temp.act('hall', 'publish'), 'QR409 survey_open', 'not before it is over');
SELECT is(pg_temp.one('hall') -> 'results', NULL, 'nor does the office see results');
UPDATE core.site SET clock = '2026-12-01 10:00:00+08';
SELECT pg_temp.again();
SELECT is(pg_temp.answer('小区1', '555'), 'QR409 over', 'it is over');
SELECT is(pg_temp.paper('hall', '小区2', '[{"row":1,"levels":"444"}]'), 'done', 'but paper may still be entered');
SELECT is(pg_temp.one('hall') #>> '{survey,state}', 'ended', 'it has ended');
SELECT is(pg_temp.act('away', 'publish'), 'QR404', 'another office does not publish it');
SELECT is(pg_temp.act('hall', 'publish'), 'done', 'published');
SELECT is(pg_temp.act('hall', d), 'QR409 survey_published', d || ' afterwards') FROM unnest(ARRAY['publish', 'asked', 'void', 'drop', 'release']) d;
SELECT is(pg_temp.paper('hall', '小区2', '[{"row":1,"levels":"444"}]'), 'QR409 survey_published', 'no more paper');
SELECT is(pg_temp.says(format('SELECT api.staff_survey_paper(pg_temp.s(''hall''), %s, NULL)', pg_temp.id())), 'QR409 survey_published', 'nor the table for it');
CREATE FUNCTION pg_temp.res(p_code text) RETURNS jsonb LANGUAGE sql STABLE AS $$ SELECT pg_temp.doc('survey', p_code)::jsonb -> 'results' $$;
SELECT is(pg_temp.res(pg_temp.c('小区1')) - 'questions' - 'invalid', '{"asked":770,"received":770,"valid":732,"valid_share":95.1,"online":0,"paper":770}', '770 asked, 732 valid: 95.1 %');
SELECT is((SELECT jsonb_agg(x - 'name') FROM jsonb_array_elements(pg_temp.res(pg_temp.c('小区1')) -> 'invalid') x),
	'[{"rule":"one_each","n":17},{"rule":"all_levels","n":21}]', 'why the others do not count');
-- by hand: 147 of 732 ticked 5; n' = 732 * 769 / 38
SELECT is(pg_temp.res(pg_temp.c('小区1')) #> '{questions,0,levels,0}', '{"level":5,"n":147,"share":20.1,"low":19.4,"high":20.7}', 'a share with its margin, corrected for 770');
SELECT is(pg_temp.res(pg_temp.c('小区1')) #> '{questions,0,satisfied}', '{"n":293,"share":40.0,"low":39.2,"high":40.8}', 'satisfied: 4 and 5');
SELECT is(pg_temp.res(pg_temp.c('小区1')) #> '{questions,2,levels,4}', '{"level":1,"n":0,"share":0.0,"low":0.0,"high":0.0}', 'nobody');
SELECT is((pg_temp.res(pg_temp.c('小区1')) #> '{questions,0}') - 'levels' - 'satisfied', '{"n":1,"answers":732,"mean":3.00,"mean_margin":0.02}', 'the mean');
-- R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872, method 3
SELECT is(core.survey_interval(k, n, NULL), want, format('Wilson: %s of %s', k, n))
FROM (VALUES (81, 263, ARRAY[25.5, 36.6]), (15, 148, ARRAY[6.2, 16.0]), (0, 20, ARRAY[0.0, 16.1]), (1, 29, ARRAY[0.6, 17.2])) v (k, n, want);
SELECT is(core.survey_interval(10, 10, 10), ARRAY[100.0, 100.0], 'all who were asked: nothing is left to chance');
SELECT is(core.survey_interval(0, 10, NULL), ARRAY[0.0, 27.8], 'none of ten may still be a quarter');
SELECT is(core.survey_interval(k, 20, 5), core.survey_interval(k, 20, NULL), 'fewer asked than answered: no correction') FROM unnest(ARRAY[0, 7, 20]) k;
SELECT is(core.survey_share(1, 8), '12.5', 'shares'), is(core.survey_share(1, 16), '6.3', 'rounded half up'), is(core.survey_share(0, 0), NULL, 'of none');
SELECT is(pg_temp.res(pg_temp.c('小区2')), '{"received":4,"few":true}', 'four are not broken down');
SELECT is((SELECT jsonb_agg(x - 'code' ORDER BY x ->> 'name') FROM jsonb_array_elements(pg_temp.res((SELECT code FROM core.survey)) -> 'places') x),
	'[{"name":"小区1","received":770,"valid":732,"asked":770},{"name":"小区2","received":4,"few":true},{"name":"小区3","received":4,"few":true}]', 'by compound');
SELECT is(pg_temp.res((SELECT code FROM core.survey)) -> 'valid', '740', 'the whole: eight more; two hidden ones are not told apart');
SELECT is(pg_temp.res((SELECT code FROM core.survey)) -> 'asked', NULL, 'of how many is not known');

-- what would be found by subtraction: one small compound alone hides the next
SELECT is(pg_temp.put('hall', NULL, '{"from":"2026-12-01","to":"2026-12-02","rules":[],"least":"2"}'), 'done', 'another survey');
SELECT is(pg_temp.act('hall', 'release', '{}', (SELECT max(id) FROM core.survey)), 'done', 'released');
INSERT INTO core.survey_response (survey_id, place_id, on_day, key, levels)
SELECT x.survey_id, x.place_id, core.today(), gen_random_uuid(), '{4,4,4}' FROM core.survey_place x JOIN core.place p ON p.id = x.place_id
CROSS JOIN LATERAL generate_series(1, CASE p.name WHEN '小区1' THEN 20 WHEN '小区2' THEN 3 ELSE 30 END) i
WHERE x.survey_id = (SELECT max(id) FROM core.survey);
SELECT is((SELECT array_agg(p.name ORDER BY p.name) FROM core.place p WHERE p.id = ANY (ARRAY(SELECT jsonb_array_elements_text(core.survey_hidden((SELECT max(id) FROM core.survey)) -> '0')::bigint))),
	ARRAY['小区1', '小区2'], 'the smallest of the others is hidden with it');
SELECT is(pg_temp.says(format('SELECT api.survey_answer(%L, gen_random_uuid(), NULL, %L)', (SELECT code FROM core.survey_place
	WHERE survey_id = (SELECT max(id) FROM core.survey) LIMIT 1), b)), want, 'at least two: ' || want)
FROM (VALUES ('{"levels":{"2":"3"}}', 'QR422 q1:least'), ('{"levels":{"2":"3","3":"1"}}', 'done')) v (b, want);

-- the same in one question, which three of six left out
DELETE FROM core.survey_response WHERE levels = '{NULL,3,1}';
UPDATE core.survey_response r SET levels = '{4,NULL,4}' FROM core.place p WHERE p.id = r.place_id AND p.name = '小区2'
	AND r.survey_id = (SELECT max(id) FROM core.survey);
INSERT INTO core.survey_response (survey_id, place_id, on_day, key, levels)
SELECT x.survey_id, x.place_id, core.today(), gen_random_uuid(), '{4,1,4}' FROM core.survey_place x JOIN core.place p ON p.id = x.place_id
CROSS JOIN LATERAL generate_series(1, 3) i WHERE p.name = '小区2' AND x.survey_id = (SELECT max(id) FROM core.survey);
SELECT is((SELECT string_agg(concat_ws(' ', p.name, q ->> 'n', q ->> 'answers', q ->> 'few'), '; ' ORDER BY p.name, q ->> 'n')
	FROM core.survey_place x JOIN core.place p ON p.id = x.place_id CROSS JOIN LATERAL jsonb_array_elements(core.survey_results(x.survey_id,
		x.place_id, core.survey_hidden(x.survey_id))::jsonb -> 'questions') q WHERE x.survey_id = (SELECT max(id) FROM core.survey)),
	'小区1 1 20; 小区1 2 true; 小区1 3 20; 小区2 1 6; 小区2 2 true; 小区2 3 6; 小区3 1 30; 小区3 2 30; 小区3 3 30',
	'three answers are not found as what the whole has more than the others');
SELECT is(core.survey_results((SELECT max(id) FROM core.survey), NULL, core.survey_hidden((SELECT max(id) FROM core.survey)))::jsonb
	#> '{questions,1,answers}', '53', 'the whole says all of them');

-- ---- drafts go, words go -----------------------------------------------------------------------
SELECT is(pg_temp.put('hall', NULL, '{"from":"2027-01-01","to":"2027-01-31"}'), 'done', 'a third');
SELECT is(pg_temp.act('hall', 'release', '{}', (SELECT max(id) FROM core.survey)), 'done', 'planned');
SELECT is(pg_temp.says(format('SELECT api.survey_answer(%L, gen_random_uuid(), NULL, ''{}'')', (SELECT min(code::text) FROM core.survey_place
	WHERE survey_id = (SELECT max(id) FROM core.survey)))), 'QR409 early', 'it has not begun');
SELECT is(pg_temp.put('hall', NULL, '{"from":"2027-01-01","to":"2027-01-31"}'), 'done', 'a fourth');
SELECT is(pg_temp.act('hall', 'drop', '{}', (SELECT max(id) FROM core.survey)), 'done', 'dropped');
SELECT is((SELECT count(*) FROM core.survey), 3::bigint, 'it is gone');
INSERT INTO core.survey_text (response_id, n, value) SELECT min(r.id), 4, '电话 13800138000' FROM core.survey_response r WHERE r.survey_id = pg_temp.id();
SELECT is((pg_temp.one('hall') #>> '{words,0,text}'), '电话 13800138000', 'the office reads what was written');
SELECT is((SELECT count(*) FROM core.document WHERE doc LIKE '%13800138000%'), 0::bigint, 'nobody else');
UPDATE core.site SET clock = '2027-05-29 10:00:00+08';
SELECT is(core.survey_sweep(), 4, 'the counts of networks go first');
UPDATE core.site SET clock = '2027-05-31 10:00:00+08';
SELECT is(core.survey_sweep(), 1, 'and what was written');
SELECT is((SELECT count(*) FROM core.survey_text), 0::bigint, 'all of it');
INSERT INTO core.survey_text (response_id, n, value) SELECT min(r.id), 4, 'x' FROM core.survey_response r
	WHERE r.survey_id = (SELECT id FROM core.survey WHERE published_at IS NULL AND to_on = '2026-12-02');
SELECT is(core.survey_sweep(), 0, 'a survey that nobody has published');
UPDATE core.site SET clock = '2027-06-02 10:00:00+08';
SELECT is(core.survey_sweep(), 1, 'keeps nothing longer either');

-- ---- posters -------------------------------------------------------------------------------------
SELECT pg_temp.again();
CREATE FUNCTION pg_temp.poster(p_login text, p_lang text) RETURNS text LANGUAGE sql AS
$$ SELECT pg_temp.says(format('SELECT api.staff_survey_poster_make(pg_temp.s(%L), %s, %L)', p_login, pg_temp.id(), p_lang)) $$;
SELECT is(pg_temp.poster(l, g), want, concat_ws(' ', 'poster', l, g, want)) FROM (VALUES ('hall', 'both', 'done'), ('hall', 'both', 'done'),
	('hall', 'fr', 'QR422 lang:bad_value'), ('away', 'en', 'QR404'), ('ins', 'en', 'QR403 right')) v (l, g, want);
SELECT is((SELECT count(*) FROM core.job WHERE kind = 'poster'), 1::bigint, 'one job');
SELECT is(pg_temp.says(format('SELECT api.poster_job(%s, ''x'')', (SELECT id FROM core.job WHERE kind = 'poster'))), 'QR409', 'not without the lease');
UPDATE core.job SET leased_by = 'x' WHERE kind = 'poster';
SELECT is((SELECT row_to_json(q)::jsonb FROM api.poster_job((SELECT id FROM core.job WHERE kind = 'poster'), 'x') q), '{"state":"working","lang":"both","count":3}', 'its job');
SELECT is((api.poster_job_page((SELECT id FROM core.job WHERE kind = 'poster'), 'x', 2)::jsonb) -> 'place', '"小区2"', 'a page');
SELECT is(api.poster_job_page((SELECT id FROM core.job WHERE kind = 'poster'), 'x', 4), NULL, 'there is no fourth');
SELECT is(pg_temp.says(format('SELECT api.poster_job_put(%s, ''x'', ''no'')', (SELECT id FROM core.job WHERE kind = 'poster'))), 'QR409', 'no file');
SELECT is(api.poster_job_put((SELECT id FROM core.job WHERE kind = 'poster'), 'x', '%PDF-1'), true, 'a file');
SELECT is(api.staff_survey_poster(pg_temp.s('hall'), pg_temp.id(), 'both'), '%PDF-1', 'fetched'), is(api.staff_survey_poster(pg_temp.s('away'), pg_temp.id(), 'both'), NULL, 'not by others');
SELECT is((SELECT string_agg(what, ' ' ORDER BY seq) FROM core.audit WHERE what LIKE 'survey.%' AND subject = pg_temp.id()::text AND what <> 'survey.paper'),
	'survey.draft survey.draft survey.release survey.void survey.asked survey.asked survey.asked survey.asked survey.publish survey.poster', 'the audit has each act');
SELECT * FROM finish();
ROLLBACK;
