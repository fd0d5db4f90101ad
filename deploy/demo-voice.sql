-- The demo's residents speak: reports in every state (a new one comes from deploy/demo-data/report); a firm's reply and
-- appeal; a survey that is open and one with results.  Made once, by the functions residents and staff
-- use, on the site's own clock (core.site.clock), so that times, clocks, receipts and the audit are those
-- of a town that has been at it for six weeks.  Accounts are those of deploy/demo-accounts.
--
-- psql variable base = address of the service.  Prints NAME TAB PATH of what is worth opening, at every
-- start; nothing where a database has other reports already, or accounts that are too young.
SELECT NOT EXISTS (SELECT FROM core.ticket) AND NOT EXISTS (SELECT FROM core.survey)
	AND (SELECT count(*) FROM core.account a WHERE a.login IN ('demo-office', 'demo-manager', 'demo-admin')
		AND a.valid_from < core.today() - 50) = 3
	AND EXISTS (SELECT FROM core.place WHERE name = '北渡家园') AS make \gset
\if :make
BEGIN;
SET LOCAL client_min_messages = warning;
CREATE TEMP TABLE v_event (at timestamptz, who text, act text, subject text, body jsonb);
CREATE TEMP TABLE v_case (name text, id bigint, receipt text);

-- so many days ago at that time of the day
CREATE FUNCTION pg_temp.ago(p_days int, p_at time) RETURNS timestamptz LANGUAGE sql STABLE AS $$
	SELECT (core.today() - p_days + p_at)::timestamp AT TIME ZONE (SELECT timezone FROM core.site) $$;
CREATE FUNCTION pg_temp.tank(p_place text, p_n int) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT f.code FROM core.facility f JOIN core.place p ON p.id = f.place_id
	WHERE p.name = p_place AND f.name = p_n || '号水箱' $$;
-- its newest published test
CREATE FUNCTION pg_temp.tested(p_place text, p_n int) RETURNS core.record LANGUAGE sql STABLE AS $$
	SELECT r FROM core.record r JOIN core.facility f ON f.id = r.facility_id
	WHERE f.code = pg_temp.tank(p_place, p_n) AND r.type = 'test' AND r.state = 'published'
	ORDER BY r.on_date DESC LIMIT 1 $$;

-- The session of an account at this moment, logged in as its person would; no token is kept.
CREATE FUNCTION pg_temp.session(p_login text) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
	desk constant bytea := sha256('demo desk');
	half constant bytea := sha256(convert_to(p_login || core.now(), 'UTF8'));
	whole constant bytea := sha256(half);
	said json;
	now_code text;
BEGIN
	IF EXISTS (SELECT FROM core.session s WHERE s.token IN (half, whole) AND s.ended_at IS NULL) THEN
		RETURN (SELECT s.token FROM core.session s WHERE s.token IN (half, whole) AND s.ended_at IS NULL);
	END IF;
	said := api.auth_lookup(p_login, desk);
	said := api.auth_login((said ->> 'account')::int, true, desk, half, false, NULL, NULL);
	IF said ->> 'state' = 'full' THEN
		RETURN half;
	END IF;
	SELECT core.hotp(c.totp, floor(extract(epoch FROM core.now()) / 30)::bigint, 6) INTO now_code
	FROM core.credential c JOIN core.account a ON a.id = c.account_id WHERE a.login = p_login;
	said := api.auth_totp(half, now_code, whole, desk);
	IF said ->> 'state' IS DISTINCT FROM 'full' THEN
		RAISE EXCEPTION '% cannot log in: %', p_login, said;
	END IF;
	RETURN whole;
END
$$;

-- A resident's form, fetched and sent.
CREATE FUNCTION pg_temp.report(p_name text, p_code text, p_body jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	form constant json := api.ticket_form(p_code, NULL);
	said json;
BEGIN
	said := api.ticket_new(sha256(convert_to(p_name, 'UTF8')), p_code, (form ->> 'key')::uuid, form ->> 'stamp',
		p_body, NULL);
	INSERT INTO v_case SELECT p_name, t.id, t.receipt FROM core.ticket t WHERE t.receipt = said ->> 'receipt';
END
$$;

-- One event; what it is about: a name of v_case, a facility, a record, a survey.
CREATE FUNCTION pg_temp.play(e v_event) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	c constant v_case := (SELECT x FROM v_case x WHERE x.name = e.subject);
	s constant core.survey := (SELECT x FROM core.survey x WHERE x.title = e.subject);
	session constant bytea := CASE WHEN e.who <> 'resident' THEN pg_temp.session(e.who) END;
	code text;
BEGIN
	CASE
	WHEN e.act = 'report' THEN
		PERFORM pg_temp.report(e.subject, e.body ->> 'code', e.body - 'code');
	WHEN e.act = 'rate' THEN
		PERFORM api.ticket_rate(c.receipt, (e.body ->> 'level')::int);
	WHEN e.act = 'clocks' THEN
		PERFORM api.job_tickets(e.body ->> 'base', 100);
	WHEN e.act = 'say' THEN
		PERFORM api.staff_reply_add(session, e.subject::uuid, gen_random_uuid(), e.body);
	WHEN e.act = 'judge' THEN
		PERFORM api.staff_reply_act(session, (SELECT v.id FROM core.reply v WHERE v.record_id = e.subject::uuid
			AND v.kind = e.body ->> 'kind'), e.body ->> 'act', e.body ->> 'words', e.body ->> 'day');
	WHEN e.act = 'survey' THEN
		PERFORM api.staff_survey_put(session, NULL, e.body);
	WHEN e.act = 'poster' THEN
		PERFORM api.staff_survey_poster_make(session, s.id, e.body ->> 'lang');
	WHEN e.act = 'asked' THEN
		PERFORM api.staff_survey_act(session, s.id, jsonb_build_object('do', 'asked', 'asked', (SELECT
			jsonb_object_agg(p.code, e.body ->> n.name) FROM core.survey_place p JOIN core.place n ON n.id = p.place_id
			WHERE p.survey_id = s.id)));
	WHEN e.act IN ('release', 'publish results') THEN
		PERFORM api.staff_survey_act(session, s.id, jsonb_build_object('do', split_part(e.act, ' ', 1)));
	WHEN e.act IN ('form', 'paper') THEN
		code := (SELECT p.code FROM core.survey_place p JOIN core.place n ON n.id = p.place_id
			WHERE p.survey_id = s.id AND n.name = e.body ->> 'place');
		IF e.act = 'form' THEN
			PERFORM api.survey_answer(code, gen_random_uuid(), sha256(convert_to(e.at::text, 'UTF8')), e.body - 'place');
		ELSE
			PERFORM api.staff_survey_paper_put(session, s.id, gen_random_uuid(),
				jsonb_build_object('place', code, 'rows', e.body -> 'rows'));
		END IF;
	ELSE
		PERFORM api.staff_ticket_act(session, c.id, e.act, coalesce(e.body, '{}'));
	END CASE;
END
$$;

-- ---- what has been answered ------------------------------------------------------------------
-- Taken 40 minutes after it came, answered after so many hours; made public a quarter of an hour later, with
-- the words as a person left them; rated two hours after that; 5 is closed as well.
CREATE TEMP TABLE v_done (name text, days int, at time, tank text, kind text, said text, hours int, answer text,
	published text, level int);
INSERT INTO v_done VALUES
('A', 41, '07:25', pg_temp.tank('北渡家园', 3), 'dirty_water', '早上放出来的水发黄，放了十分钟还没清。', 5,
	'经现场检查，是单元立管检修后带出的铁锈。已开启底部排水阀冲洗，水箱出水浑浊度0.3，水已变清。', '早上放出来的水发黄，放了十分钟还没清。', 5),
('B', 36, '19:10', pg_temp.tank('澄湖雅苑', 4), 'smell', '自来水有股漂白粉味道，烧开了也有。', 16,
	'清洗消毒后余氯偏高，现场测得0.6 mg/L，在限值以内。已换水一次，当晚复测0.3 mg/L。', '自来水有股漂白粉味道，烧开了也有。', 4),
('C', 31, '09:40', pg_temp.tank('北渡家园', 3), 'lid_open', '顶楼水箱间的门没锁，小孩进去玩。', 1,
	'门锁损坏，当天已换新锁，钥匙由物业值班室保管。水箱盖和锁完好。', '顶楼水箱间的门没锁，小孩进去玩。', 5),
('D', 27, '12:05', pg_temp.tank('和麓新村', 4), 'wrong_info', '上次说月底清洗，到现在没看到人来。', 70,
	'情况属实，清洗已超期。已责令管理单位一周内完成清洗和检测，结果在本页公布。', '上次说月底清洗，到现在没看到人来。', 3),
('E', 24, '18:30', pg_temp.tank('澄湖雅苑', 1), 'broken', '高峰时六楼没水。', 6,
	'水泵变频器故障，当晚已更换，水压恢复。', '高峰时六楼没水。', 4),
('F', 21, '08:15', pg_temp.tank('柳溪一村', 2), 'unclean', '水箱间门口堆了建筑垃圾。', 44,
	'垃圾已清走，并在门口设了禁止堆放的标牌。', '水箱间门口堆了建筑垃圾。', 5),
('G', 16, '20:20', pg_temp.tank('北渡家园', 4), 'other', '我家302室，水龙头滤网上有黑色碎屑，请上门看看。', 19,
	'已上门查看，碎屑是老化的橡胶垫圈，不是水箱带来的。已免费更换垫圈。', '我家■■■室，水龙头滤网上有黑色碎屑，请上门看看。', 5),
('H', 12, '10:30', pg_temp.tank('和麓新村', 2), 'wrong_info', '页面上写的清洗时间，那天我们楼没有停水。', 28,
	'经核对，清洗安排在夜间，没有影响白天用水。当天的照片和用水记录已经上传。', '页面上写的清洗时间，那天我们楼没有停水。', NULL),
-- answered in a way nobody should: rated 2, called back within the time
('I', 19, '06:50', pg_temp.tank('柳溪一村', 3), 'dirty_water', '水里有小黑点。', 29,
	'已通知物业处理。', '水里有小黑点。', 2),
-- hidden again after a day
('J', 15, '13:45', pg_temp.tank('澄湖雅苑', 2), 'other', '3楼王阿姨说水箱旁边有人抽烟。', 20,
	'已提醒住户，并张贴了禁烟标志。', '3楼王阿姨说水箱旁边有人抽烟。', NULL),
-- answered; waits for a person to free it of what is personal
('K', 2, '14:10', pg_temp.tank('澄湖雅苑', 4), 'wrong_info', '表上说6号楼，其实是5号楼。联系我：13900000000，6号楼301室。', 17,
	'谢谢提醒，登记已经更正。', NULL, NULL);

INSERT INTO v_event
SELECT e.* FROM v_done d
CROSS JOIN LATERAL (SELECT pg_temp.ago(d.days, d.at) AS came) t
CROSS JOIN LATERAL (VALUES
	(came, 'resident', 'report', d.name, jsonb_build_object('code', d.tank, 'kind', d.kind, 'words', d.said)),
	(came + interval '40 min', 'demo-office', 'accept', d.name, NULL),
	(came + make_interval(hours => d.hours), 'demo-office', 'answer', d.name, jsonb_build_object('words', d.answer)),
	(came + make_interval(hours => d.hours, mins => 15), 'demo-office', 'publish', d.name,
		jsonb_build_object('public_words', d.published, 'public_answer', d.answer)),
	(came + make_interval(hours => d.hours + 2), 'resident', 'rate', d.name, jsonb_build_object('level', d.level)),
	(came + make_interval(hours => d.hours + 3), 'demo-office', 'close', d.name, NULL)) AS e (at, who, act, subject, body)
WHERE CASE e.act WHEN 'publish' THEN d.published IS NOT NULL WHEN 'rate' THEN d.level IS NOT NULL
	WHEN 'close' THEN d.level >= 3 ELSE true END;
INSERT INTO v_event VALUES
(pg_temp.ago(19, '07:30'), 'resident', 'report', 'I2', jsonb_build_object('code', pg_temp.tank('柳溪一村', 3), 'kind', 'dirty_water')),
(pg_temp.ago(16, '10:00'), 'demo-office', 'callback', 'I', '{"words": "已回访：水箱当天重新清洗消毒并采样，出水浑浊度0.2，肉眼可见物：无。上次只说通知物业，没有说明结果，向您致歉。"}'),
(pg_temp.ago(16, '10:05'), 'demo-office', 'publish', 'I', '{"public_words": "水里有小黑点。", "public_answer": "水箱已重新清洗消毒并采样，出水浑浊度0.2，肉眼可见物：无。"}'),
(pg_temp.ago(13, '11:00'), 'demo-office', 'hide', 'J', '{"words": "含住户称呼"}');

-- ---- what is under way -----------------------------------------------------------------------
INSERT INTO v_event VALUES
-- nobody has taken it: the district knows
(core.now() - interval '7 hours', 'resident', 'report', 'late', jsonb_build_object('code', pg_temp.tank('沁兰苑', 1), 'kind', 'dirty_water', 'words', '水是浑的，楼里几户都一样。')),
(core.now() - interval '170 min', 'resident', 'clocks', NULL, jsonb_build_object('base', :'base')),
-- with the manager
(pg_temp.ago(2, '16:20'), 'resident', 'report', 'sent', jsonb_build_object('code', pg_temp.tank('北渡家园', 4), 'kind', 'unclean', 'words', '水箱间地面积水，墙角发霉。')),
(pg_temp.ago(2, '17:05'), 'demo-office', 'accept', 'sent', NULL),
(pg_temp.ago(2, '17:10'), 'demo-office', 'dispatch', 'sent', '{"note": "请物业三天内处理，拍前后照片。"}'),
(pg_temp.ago(1, '09:30'), 'demo-manager', 'work', 'sent', '{"words": "积水已抽干，墙面本周内重新粉刷。"}'),
-- looks like advertising: a person has to look
(core.now() - interval '5 hours', 'resident', 'report', 'spam', jsonb_build_object('code', pg_temp.tank('和麓新村', 1), 'kind', 'other', 'words', '低息贷款，加微信')),
-- one rated badly an hour ago: a call-back runs
(pg_temp.ago(3, '08:00'), 'resident', 'report', 'again', jsonb_build_object('code', pg_temp.tank('和麓新村', 3), 'kind', 'smell', 'words', '水有土腥味。')),
(pg_temp.ago(3, '08:30'), 'demo-office', 'accept', 'again', NULL),
(pg_temp.ago(3, '15:00'), 'demo-office', 'answer', 'again', '{"words": "已记录。"}'),
(pg_temp.ago(2, '19:00'), 'resident', 'rate', 'again', '{"level": 1}');

-- ---- a firm beside a result --------------------------------------------------------------------
INSERT INTO v_event
SELECT e.* FROM pg_temp.tested('云岫坊', 1) bad, pg_temp.tested('北渡家园', 4) good,
	LATERAL (VALUES
	(bad.published_at + interval '20 min', 'demo-manager', 'say', bad.id::text, jsonb '{"kind": "reply",
		"words": "收到结果当天已停用该水箱并通知住户，由市政直供；已约清洗公司重新清洗消毒，完成后再送检。"}'),
	(bad.published_at + interval '30 min', 'demo-manager', 'say', bad.id::text, '{"kind": "retest",
		"words": "清洗消毒后请重新采样检测。"}'),
	(bad.published_at + interval '50 min', 'demo-admin', 'judge', bad.id::text, '{"kind": "reply", "act": "publish"}'),
	(bad.published_at + interval '55 min', 'demo-admin', 'judge', bad.id::text, '{"kind": "retest", "act": "publish"}'),
	(bad.published_at + interval '60 min', 'demo-admin', 'judge', bad.id::text, jsonb_build_object('kind', 'retest',
		'act', 'accept', 'words', '同意，由疾控机构另行采样。', 'day', core.today() + 9)),
	(greatest(good.published_at, core.now() - interval '4 hours'), 'demo-manager', 'say', good.id::text, '{"kind": "reply",
		"words": "本次检测前两天刚换过过滤器，数值比往次低，供住户参考。"}')) AS e (at, who, act, subject, body);

-- ---- surveys ------------------------------------------------------------------------------------
INSERT INTO v_event VALUES
(pg_temp.ago(46, '10:00'), 'demo-office', 'survey', NULL, jsonb_build_object('title', '二次供水居民满意度调查',
	'title_en', 'Are residents content with their water?', 'purpose', '了解居民对水箱清洗和供水服务的看法，改进管理。',
	'purpose_en', 'What residents think of how tanks are cleaned and water is supplied, so that it can be done better.',
	'org', '310107005000', 'places', E'北渡家园\n柳溪一村\n澄湖雅苑', 'from', core.today() - 45, 'to', core.today() - 15,
	'levels', E'总体上，您对小区供水满意吗？ | All in all, are you satisfied with the water?\n水质（清不清、有没有异味） | Is it clear, without smell?\n水压和稳定 | Pressure, and no interruptions\n清洗前有没有通知到您 | Were you told before the tank was cleaned?',
	'words', '您还有什么建议？ | What else do you suggest?', 'rules', jsonb '["one_each"]', 'least', '3')),
(pg_temp.ago(46, '10:05'), 'demo-office', 'release', '二次供水居民满意度调查', NULL),
(pg_temp.ago(44, '09:00'), 'demo-office', 'asked', '二次供水居民满意度调查', '{"北渡家园": "120", "柳溪一村": "90", "澄湖雅苑": "140"}'),
(pg_temp.ago(14, '16:00'), 'demo-office', 'publish results', '二次供水居民满意度调查', NULL),
(pg_temp.ago(6, '15:00'), 'demo-office', 'survey', NULL, jsonb_build_object('title', '水箱清洗通知情况调查',
	'title_en', 'Were you told before the tank was cleaned?', 'purpose', '今年起清洗前三天要张贴通知，看看大家是否都知道。',
	'purpose_en', 'Since this year a notice hangs three days before a cleaning. Did it reach you?',
	'org', '310107005000', 'places', E'北渡家园\n和麓新村', 'from', core.today() - 5, 'to', core.today() + 25,
	'levels', E'清洗前的通知，您满意吗？ | Are you satisfied with the notice before a cleaning?\n停水时间和通知一致吗？ | Was the water off as announced?\n清洗后的水质 | The water after the cleaning',
	'words', '希望怎样通知您？ | How would you like to be told?', 'rules', jsonb '["one_each"]', 'least', '2')),
(pg_temp.ago(6, '15:05'), 'demo-office', 'release', '水箱清洗通知情况调查', NULL),
(pg_temp.ago(5, '09:00'), 'demo-office', 'asked', '水箱清洗通知情况调查', '{"北渡家园": "120", "和麓新村": "100"}'),
(pg_temp.ago(1, '15:00'), 'demo-office', 'poster', '水箱清洗通知情况调查', '{"lang": "both"}');
-- Forms that look like chance, the same at every start: mostly 4 and 5, some 1.
CREATE FUNCTION pg_temp.level(p_n int) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT substr('5445354425144535', 1 + (p_n * 7 + p_n / 3) % 16, 1) $$;
INSERT INTO v_event
SELECT pg_temp.ago(45 - i * 29 / 96, '08:00') + make_interval(mins => i * 7), 'resident', 'form', '二次供水居民满意度调查',
	jsonb_build_object('place', (ARRAY['北渡家园', '柳溪一村', '澄湖雅苑'])[1 + i % 3], 'levels',
		(SELECT jsonb_object_agg(q, pg_temp.level(i * 5 + q)) FROM generate_series(1, 4) q),
		'words', CASE WHEN i % 12 = 0 THEN jsonb '{"5": "希望清洗前在电梯里也贴通知。"}' ELSE '{}' END)
FROM generate_series(1, 96) i
UNION ALL
SELECT pg_temp.ago(20, '14:00'), 'demo-office', 'paper', '二次供水居民满意度调查', jsonb_build_object('place', '柳溪一村', 'rows',
	(SELECT jsonb_agg(jsonb_build_object('row', i, 'no', i::text, 'levels', CASE WHEN i % 13 = 0 THEN '4-0-'
		ELSE (SELECT string_agg(pg_temp.level(i * 3 + q), '' ORDER BY q) FROM generate_series(1, 4) q) END))
	FROM generate_series(1, 40) i))
UNION ALL
SELECT pg_temp.ago(5 - i / 5, '08:00') + make_interval(mins => i * 13), 'resident', 'form', '水箱清洗通知情况调查',
	jsonb_build_object('place', (ARRAY['北渡家园', '和麓新村'])[1 + i % 2], 'levels',
		(SELECT jsonb_object_agg(q, pg_temp.level(i * 11 + q)) FROM generate_series(1, 3) q))
FROM generate_series(1, 19) i;

-- ---- all of it, in the order in which it happened -------------------------------------------------
DO $$
DECLARE
	clock_was constant timestamptz := (SELECT s.clock FROM core.site s);
	moment constant timestamptz := core.now();
	e v_event;
BEGIN
	FOR e IN SELECT x.* FROM v_event x WHERE x.at < moment - interval '2 min' ORDER BY x.at LOOP
		UPDATE core.site SET clock = e.at;
		PERFORM pg_temp.play(e);
	END LOOP;
	UPDATE core.session s SET ended_at = core.now() WHERE s.ended_at IS NULL AND s.device IS NULL;
	UPDATE core.site SET clock = clock_was;
END
$$;
-- A sticker that hangs somewhere else: three neighbours tap the button, now, since a sticker's history
-- begins when it was stuck.
SELECT count(api.ticket_new(sha256(convert_to(n::text, 'UTF8')), l.code, gen_random_uuid(), 'button',
	'{"kind": "not_here"}', NULL)) AS taps
FROM (SELECT l.code FROM core.label l JOIN core.facility f ON f.id = l.facility_id
	WHERE f.code = pg_temp.tank('和麓新村', 3) AND l.state = 'active' ORDER BY l.code LIMIT 1) l, generate_series(1, 3) n \gset
SELECT count(api.job_ticket_numbers()) AS counted \gset
COMMIT;
\endif

-- ---- what is worth opening -------------------------------------------------------------------------
WITH shown AS (
	SELECT t.*, o.code AS office, f.code AS facility FROM core.ticket t JOIN core.org o ON o.id = t.first_org_id
	LEFT JOIN core.facility f ON f.id = t.facility_id
), answered AS (
	SELECT * FROM shown t WHERE t.public_answer IS NOT NULL AND t.hidden_at IS NULL
	ORDER BY t.state = 'closed' DESC, t.id LIMIT 1
)
SELECT x.name || E'\t' || x.path FROM (
	SELECT 1, 'report', '/report/' || facility FROM answered
	UNION ALL SELECT 2, 'receipt', '/c/' || receipt FROM answered
	UNION ALL (SELECT 3, 'escalated', '/c/' || receipt FROM shown WHERE raised > 0 ORDER BY due_at LIMIT 1)
	UNION ALL SELECT 4, 'answer', '/tickets/' || office || '/' || year || '-' || no FROM answered
	UNION ALL SELECT 5, 'numbers', '/tickets/' || office FROM answered
	UNION ALL (SELECT 6, 'alarm', '/' || a.code FROM core.label_alarm a WHERE a.closed_at IS NULL ORDER BY a.id LIMIT 1)
	UNION ALL (SELECT 7, 'reply', '/r/' || v.record_id FROM core.reply v WHERE v.kind = 'reply' AND v.shown = 'yes'
		ORDER BY v.id LIMIT 1)
	UNION ALL (SELECT 8, 'survey', '/v/' || p.code FROM core.survey s JOIN core.survey_place p ON p.survey_id = s.id
		WHERE core.survey_state(s) = 'open' ORDER BY s.id, p.place_id LIMIT 1)
	UNION ALL (SELECT 9, 'results', '/v/' || s.code || '/results' FROM core.survey s WHERE s.published_at IS NOT NULL
		ORDER BY s.id LIMIT 1)) AS x (n, name, path)
ORDER BY x.n;
