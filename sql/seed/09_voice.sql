-- How long results may be appealed and appeals take; when reports of a sticker become an alarm.
-- source: K general practice that is to be checked.
INSERT INTO core.voice_rule (code, org_id, appeal_days, decide_days, replies, valid_from, basis, source)
SELECT v.code, o.id, 21, 21, 3, '2020-01-01', v.basis, v.source
FROM (VALUES
	('sh-voice', '310000000000', '公布之日起21日内可申诉，收到申诉之日起21日内由他人答复',
		'S: UK food hygiene rating scheme, taken over; K: to be checked'),
	('nyc-voice', 'nyc', 'Appeal within 21 days of publication, answered by another person within 21 days',
		'S: UK food hygiene rating scheme, taken over; K: to be checked')
) AS v (code, org, basis, source)
JOIN core.org o ON o.code = v.org
WHERE NOT core.admin_touched('voice', v.code)
ON CONFLICT (code, valid_from) DO UPDATE SET basis = excluded.basis, source = excluded.source
WHERE (core.voice_rule.basis, core.voice_rule.source) IS DISTINCT FROM (excluded.basis, excluded.source);

-- Of one foreign code the office is told at once; the page it covers is not the one people see.
INSERT INTO core.sticker_rule (code, org_id, what, n, days, public, valid_from, basis, source)
SELECT v.area || '-' || w.code, o.id, w.what, w.n, 7, w.public, '2020-01-01', w.basis, 'K: to be checked'
FROM (VALUES ('sh', '310000000000'), ('nyc', 'nyc')) AS v (area, org)
JOIN core.org o ON o.code = v.org
CROSS JOIN (VALUES ('not-here', 'not_here', 3, true, '一周内3次'), ('foreign', 'foreign', 1, false, '1次即告警'))
	AS w (code, what, n, public, basis)
WHERE NOT core.admin_touched('alarm', v.area || '-' || w.code)
ON CONFLICT DO NOTHING;

-- What offices change by hand (sql/api/staff_admin_voice.sql).
INSERT INTO core.admin_section (code, rank, parent, name, lead, new, top_only, dated, removes) VALUES
	('voice', 17, NULL, '{"zh-CN":"回应与申诉","en":"Replies and appeals"}', '{"zh-CN":"企业多久之内可以申诉，多久之内要答复。离得近的机构优先；没有规则就不能申诉。","en":"How long firms may appeal, and how long an answer may take. The nearest office decides; without a rule nothing is appealed."}',
		'{"zh-CN":"新增规则","en":"Add a rule"}', false, true, false),
	('alarm', 18, NULL, '{"zh-CN":"标签告警","en":"Alarms of stickers"}', '{"zh-CN":"居民反映几次，就告警。","en":"How many reports of residents raise an alarm."}',
		'{"zh-CN":"新增规则","en":"Add a rule"}', false, true, false)
ON CONFLICT (code) DO UPDATE SET rank = excluded.rank, name = excluded.name, lead = excluded.lead, new = excluded.new;
INSERT INTO core.admin_field (section, code, rank, type, name, help, required, fixed, options, form, max, preset) VALUES
	('voice', 'code', 1, 'text', '{"zh-CN":"代码","en":"Code"}',
		'{"zh-CN":"小写字母、数字和连字符，以后不能改","en":"Small letters, digits, hyphens; never changed again"}', true, true, NULL, '^[a-z0-9][a-z0-9-]{0,39}$', 40, NULL),
	('voice', 'org', 2, 'ref', '{"zh-CN":"适用机构（含下级）","en":"Office, and those below"}',
		'{"zh-CN":"代码","en":"Its code"}', true, true, 'org', NULL, 200, NULL),
	('voice', 'appeal', 3, 'integer', '{"zh-CN":"申诉期限（天）","en":"Days to appeal"}',
		'{"zh-CN":"从公布的次日算起，1到366","en":"From the day after publication, 1 to 366"}', true, false, NULL, NULL, 4, '21'),
	('voice', 'decide', 4, 'integer', '{"zh-CN":"答复期限（天）","en":"Days to answer"}',
		'{"zh-CN":"从申诉的次日算起，1到366","en":"From the day after the appeal, 1 to 366"}', true, false, NULL, NULL, 4, '21'),
	('voice', 'replies', 5, 'integer', '{"zh-CN":"每条记录可回应几次","en":"Replies to one record"}',
		'{"zh-CN":"每个单位，1到10","en":"Of each firm, 1 to 10"}', true, false, NULL, NULL, 4, '3'),
	('voice', 'basis', 6, 'long', '{"zh-CN":"依据","en":"Basis"}',
		NULL, true, false, NULL, NULL, 300, NULL),
	('voice', 'source', 7, 'text', '{"zh-CN":"出处","en":"Source"}',
		'{"zh-CN":"在哪里读到的，不公开","en":"Where it was read; not public"}', false, false, NULL, NULL, 300, NULL),
	('voice', 'from', 8, 'date', '{"zh-CN":"从哪天起","en":"From"}',
		NULL, true, false, NULL, NULL, 200, NULL),
	('voice', 'until', 9, 'date', '{"zh-CN":"到哪天止（最后一天）","en":"Until (last day)"}',
		NULL, false, false, NULL, NULL, 200, NULL),
	('alarm', 'code', 1, 'text', '{"zh-CN":"代码","en":"Code"}',
		'{"zh-CN":"小写字母、数字和连字符，以后不能改","en":"Small letters, digits, hyphens; never changed again"}', true, true, NULL, '^[a-z0-9][a-z0-9-]{0,39}$', 40, NULL),
	('alarm', 'org', 2, 'ref', '{"zh-CN":"适用机构（含下级）","en":"Office, and those below"}',
		'{"zh-CN":"代码","en":"Its code"}', true, true, 'org', NULL, 200, NULL),
	('alarm', 'what', 3, 'choice', '{"zh-CN":"反映什么","en":"What people say"}',
		NULL, true, true, 'sightings', NULL, 200, 'not_here'),
	('alarm', 'n', 4, 'integer', '{"zh-CN":"几次","en":"How many"}',
		'{"zh-CN":"1到1000","en":"1 to 1,000"}', true, false, NULL, NULL, 4, '3'),
	('alarm', 'days', 5, 'integer', '{"zh-CN":"多少天之内","en":"Within so many days"}',
		'{"zh-CN":"1到366","en":"1 to 366"}', true, false, NULL, NULL, 4, '7'),
	('alarm', 'public', 6, 'choice', '{"zh-CN":"在标签的页面上提示","en":"Said on the label''s page"}',
		NULL, true, false, 'yesno', NULL, 200, 'true'),
	('alarm', 'basis', 7, 'long', '{"zh-CN":"依据","en":"Basis"}',
		NULL, true, false, NULL, NULL, 300, NULL),
	('alarm', 'source', 8, 'text', '{"zh-CN":"出处","en":"Source"}',
		'{"zh-CN":"在哪里读到的，不公开","en":"Where it was read; not public"}', false, false, NULL, NULL, 300, NULL),
	('alarm', 'from', 9, 'date', '{"zh-CN":"从哪天起","en":"From"}',
		NULL, true, false, NULL, NULL, 200, NULL),
	('alarm', 'until', 10, 'date', '{"zh-CN":"到哪天止（最后一天）","en":"Until (last day)"}',
		NULL, false, false, NULL, NULL, 200, NULL)
ON CONFLICT (section, code) DO UPDATE SET rank = excluded.rank, type = excluded.type, name = excluded.name,
	help = excluded.help, required = excluded.required, fixed = excluded.fixed, options = excluded.options,
	form = excluded.form, max = excluded.max, preset = excluded.preset;
