-- How long a report of a resident may wait, and how far it rises when nobody keeps to it. Lengths: the
-- clocks of the 12345 hotlines (2 h emergency, 24 h water and power, 7 days ordinary, 15 days hard) and the
-- call-back of ratings 1 and 2 (fixed in 5 to 15 working days). accept: somebody has taken it; the hotlines
-- ask the office to do so within two working hours to one working day.
CREATE FUNCTION pg_temp.clock(p_code text, p_org text, p_clock text, p_step text, p_hours int, p_days int,
	p_work_days int, p_up int, p_basis text) RETURNS void LANGUAGE sql AS $$
	INSERT INTO core.ticket_clock (code, org_id, clock, step, hours, days, work_days, up, valid_from, basis, source)
	SELECT p_code, o.id, p_clock, p_step, p_hours, p_days, p_work_days, p_up, '2010-01-01', p_basis, 'S-: hotline handbooks; K: accept'
	FROM core.org o WHERE o.code = p_org
	ON CONFLICT (code, valid_from) DO NOTHING
$$;
SELECT pg_temp.clock(v.prefix || '-' || v.code, v.org, v.clock, v.step, v.hours, v.days, v.work_days, v.up,
	CASE v.prefix WHEN 'sh' THEN v.zh ELSE v.en END)
FROM (SELECT p.prefix, p.org, c.* FROM (VALUES ('sh', '310000000000'), ('nyc', 'nyc')) AS p (prefix, org)
	CROSS JOIN (VALUES
		('emergency-accept', 'emergency', 'accept', 1, NULL::int, NULL::int, 1, '紧急事项：1小时内接单', 'Emergency: taken within an hour'),
		('emergency-answer', 'emergency', 'answer', 2, NULL, NULL, 1, '紧急事项：2小时内答复', 'Emergency: answered within 2 hours'),
		('emergency-callback', 'emergency', 'callback', NULL, NULL, 5, 1, '不满意件：5个工作日内回访并整改', 'Not satisfied: called back and mended within 5 working days'),
		('supply-accept', 'supply', 'accept', 4, NULL, NULL, 1, '供水供电类：4小时内接单', 'Water and power: taken within 4 hours'),
		('supply-answer', 'supply', 'answer', 24, NULL, NULL, 1, '供水供电类：24小时内答复', 'Water and power: answered within 24 hours'),
		('supply-callback', 'supply', 'callback', NULL, NULL, 5, 1, '不满意件：5个工作日内回访并整改', 'Not satisfied: called back and mended within 5 working days'),
		('ordinary-accept', 'ordinary', 'accept', NULL, NULL, 1, 1, '一般事项：1个工作日内接单', 'Ordinary: taken within a working day'),
		('ordinary-answer', 'ordinary', 'answer', NULL, 7, NULL, 1, '一般事项：7日内答复', 'Ordinary: answered within 7 days'),
		('ordinary-callback', 'ordinary', 'callback', NULL, NULL, 5, 1, '不满意件：5个工作日内回访并整改', 'Not satisfied: called back and mended within 5 working days'),
		('hard-accept', 'hard', 'accept', NULL, NULL, 1, 1, '疑难事项：1个工作日内接单', 'Hard: taken within a working day'),
		('hard-answer', 'hard', 'answer', NULL, 15, NULL, 1, '疑难事项：15日内答复', 'Hard: answered within 15 days'),
		('hard-callback', 'hard', 'callback', NULL, NULL, 15, 1, '不满意件：15个工作日内回访并整改', 'Not satisfied: called back and mended within 15 working days'))
		AS c (code, clock, step, hours, days, work_days, up, zh, en)) v;
DROP FUNCTION pg_temp.clock(text, text, text, text, int, int, int, int, text);

-- What offices say often; they add their own.
INSERT INTO core.ticket_block (org_id, title, words, made_at)
SELECT o.id, v.title, v.words, '2010-01-01 00:00+08'
FROM (VALUES
	('310000000000', '已派人检查', '您反映的问题已收悉，我们已安排人员到现场检查，结果将在此答复。'),
	('310000000000', '已清洗并检测', '水箱已重新清洗消毒，并已采样检测，结果将公示在该设施页面，扫描现场二维码即可查看。'),
	('310000000000', '已更换标签', '您反映的标签已更换，感谢您的提醒。'),
	('nyc', 'Being inspected', 'Thank you. Somebody is on the way to look at it; what they find will be told here.'),
	('nyc', 'Cleaned and sampled', 'The tank was cleaned again and a sample was taken; its result will stand on the page of the tank.'))
	AS v (org, title, words)
JOIN core.org o ON o.code = v.org
WHERE NOT EXISTS (SELECT FROM core.ticket_block b WHERE b.org_id = o.id AND b.title = v.title);
