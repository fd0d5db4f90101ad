-- When what is due reminds, and whom: the firm a month and a week before and on the day, then
-- weekly; the office of the place from the day on, the one above after a week, the next after four.
-- What is due within days (daily cleaning, upkeep twice a month) speaks on the day and weekly.
CREATE FUNCTION pg_temp.remind(p_code text, p_org text, p_kind text, p_type text, p_steps smallint[],
	p_basis text) RETURNS void LANGUAGE sql AS $$
	INSERT INTO core.remind_rule (code, kind_id, type, org_id, valid_from, steps, every, basis, source)
	SELECT p_code, (SELECT k.id FROM core.kind k WHERE k.code = p_kind), p_type, o.id, '2010-01-01', p_steps,
		7, p_basis, 'seed'
	FROM core.org o WHERE o.code = p_org AND NOT core.admin_touched('remind', p_code)
	ON CONFLICT DO NOTHING;
	INSERT INTO core.remind_to (rule_id, whom, up, from_step)
	SELECT r.id, v.whom, v.up, v.from_step
	FROM core.remind_rule r
	CROSS JOIN (VALUES ('manager', 0, -366), ('office', 0, 0), ('office', 1, 7), ('office', 2, 28))
		AS v (whom, up, from_step)
	WHERE r.code = p_code AND NOT EXISTS (SELECT FROM core.remind_to t WHERE t.rule_id = r.id);
$$;
SELECT pg_temp.remind('sh-remind', '310000000000', NULL, NULL, '{-30,-7,0,7}',
	'到期前30天、7天，到期当日，逾期7天起每周提醒');
SELECT pg_temp.remind('sh-remind-lift-upkeep', '310000000000', 'lift', 'repair', '{-3,0,7}',
	'到期前3天，到期当日，逾期7天起每周提醒');
SELECT pg_temp.remind('sh-remind-toilet', '310000000000', 'public_toilet', 'clean', '{1,7}',
	'逾期1天，逾期7天起每周提醒');
SELECT pg_temp.remind('nyc-remind', 'nyc', NULL, NULL, '{-30,-7,0,7}',
	'30 and 7 days before, on the day, a week after and then weekly');
DROP FUNCTION pg_temp.remind(text, text, text, text, smallint[], text);
