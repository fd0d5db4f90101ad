-- Rules and limits, dated. fail_days 0: at once after a failed result (S: english.shanghai.gov.cn).
-- source: S read in a public page, S- a weak copy, K general knowledge that is to be checked before it
-- is printed as law.
INSERT INTO core.rule (code, kind_id, type, org_id, valid_from, valid_to, rank, months, days,
	soon_days, post_hours, also, cured_by, fail_days, basis, source)
SELECT v.code, k.id, v.type, o.id, v.valid_from::date, v.valid_to::date, v.rank, v.months, v.days,
	v.soon_days, v.post_hours, v.also::text[], v.cured_by::text[], v.fail_days, v.basis, v.source
FROM (VALUES
	('sh-clean', 'roof_tank', 'clean', '310000000000', '2014-05-01', '2024-12-24', 1, 6, NULL::int,
		30, 24, '{}', '{test}', 0,
		'《上海市生活饮用水卫生监督管理办法》（2014年市政府令第13号）：二次供水设施每半年清洗消毒一次',
		'S: english.shanghai.gov.cn (decree 13 of 2014); K: first day in force'),
	('sh-clean', 'roof_tank', 'clean', '310000000000', '2024-12-25', NULL, 1, 6, NULL,
		30, 24, '{}', '{test}', 0,
		'《上海市生活饮用水卫生监督管理办法》（2024年12月25日市政府令第14号修正）：二次供水设施每半年清洗消毒一次',
		'S: english.shanghai.gov.cn (decree 14 of 2024-12-25)'),
	('sh-test', 'roof_tank', 'test', '310000000000', '2014-05-01', '2024-12-24', 2, 3, NULL,
		30, 24, '{clean}', '{clean}', NULL,
		'《上海市生活饮用水卫生监督管理办法》（2014年市政府令第13号）：水质每季度检测一次并向业主公示',
		'S: english.shanghai.gov.cn; posting within 24 h: clean28.com (copy of Wenhui 2017-05-16)'),
	('sh-test', 'roof_tank', 'test', '310000000000', '2024-12-25', NULL, 2, 3, NULL,
		30, 24, '{clean}', '{clean}', NULL,
		'《上海市生活饮用水卫生监督管理办法》（2024年12月25日市政府令第14号修正）：水质每季度检测一次并向业主公示',
		'S: english.shanghai.gov.cn; posting within 24 h: clean28.com (copy of Wenhui 2017-05-16)'),
	('nyc-inspect', 'roof_tank', 'inspect', 'nyc', '2010-01-01', NULL, 1, 12, NULL,
		30, NULL, '{}', '{test}', NULL,
		'NYC Health Code 141.07: drinking-water tanks are inspected once a year',
		'S: nyc.gov; K: first day in force'),
	('sh-lift-inspect', 'lift', 'inspect', '310000000000', '2010-01-01', NULL, 1, 12, NULL,
		30, NULL, '{}', '{}', NULL, '电梯每年定期检验一次', 'K: to be checked'),
	('sh-lift-upkeep', 'lift', 'repair', '310000000000', '2010-01-01', NULL, 2, NULL, 15,
		3, NULL, '{}', '{}', NULL, '电梯至少每15日维护保养一次', 'K: to be checked'),
	('sh-toilet-clean', 'public_toilet', 'clean', '310000000000', '2010-01-01', NULL, 1, NULL, 1,
		0, NULL, '{}', '{}', NULL, '公共厕所每日保洁', 'K: to be checked'),
	('sh-playground-inspect', 'playground', 'inspect', '310000000000', '2010-01-01', NULL, 1, 12, NULL,
		30, NULL, '{}', '{}', NULL, '游乐设施每年检查一次', 'K: to be checked'),
	('sh-care-inspect', 'elderly_care', 'inspect', '310000000000', '2010-01-01', NULL, 1, 12, NULL,
		30, NULL, '{}', '{}', NULL, '养老服务点每年检查一次', 'K: to be checked')
) AS v (code, kind, type, org, valid_from, valid_to, rank, months, days, soon_days, post_hours, also,
	cured_by, fail_days, basis, source)
JOIN core.kind k ON k.code = v.kind
JOIN core.org o ON o.code = v.org
WHERE NOT core.admin_touched('rule', v.code)
ON CONFLICT (code, valid_from) DO UPDATE SET valid_to = excluded.valid_to, rank = excluded.rank,
	months = excluded.months, days = excluded.days, soon_days = excluded.soon_days,
	post_hours = excluded.post_hours, also = excluded.also, cured_by = excluded.cured_by,
	fail_days = excluded.fail_days, basis = excluded.basis, source = excluded.source
WHERE (core.rule.valid_to, core.rule.rank, core.rule.months, core.rule.days, core.rule.soon_days,
		core.rule.post_hours, core.rule.also, core.rule.cured_by, core.rule.fail_days, core.rule.basis,
		core.rule.source)
	IS DISTINCT FROM (excluded.valid_to, excluded.rank, excluded.months, excluded.days,
		excluded.soon_days, excluded.post_hours, excluded.also, excluded.cured_by,
		excluded.fail_days, excluded.basis, excluded.source);

-- GB 5749: bounds as in the district tables of Baoshan and Yangpu (S); upper bounds of chlorine
-- and the days of the editions K.
INSERT INTO core.limit_item (item_id, org_id, valid_from, valid_to, op, lo, hi, word, basis, source)
SELECT i.id, o.id, v.valid_from::date, v.valid_to::date, v.op, v.lo, v.hi, v.word, v.basis, v.source
FROM (
	SELECT 'GB 5749-2006', '2007-07-01', '2023-03-31', '310000000000', g.*
	FROM (VALUES
		('turbidity', '<=', NULL::numeric, 1::numeric, NULL, 'S'), ('color', '<=', NULL, 15, NULL, 'S'),
		('odor_taste', 'word', NULL, NULL, 'none', 'S'), ('visible_matter', 'word', NULL, NULL, 'none', 'S'),
		('ph', 'between', 6.5, 8.5, NULL, 'S'), ('bacteria', '<=', NULL, 100, NULL, 'S'),
		('total_coliform', 'word', NULL, NULL, 'not_detected', 'S'),
		('e_coli', 'word', NULL, NULL, 'not_detected', 'S'),
		('free_chlorine', '>=', 0.05, NULL, NULL, 'S'),
		('total_chlorine', '>=', 0.05, NULL, NULL, 'S')) AS g
	UNION ALL
	SELECT 'GB 5749-2022', '2023-04-01', NULL, '310000000000', g.*
	FROM (VALUES
		('turbidity', '<=', NULL::numeric, 1::numeric, NULL, 'S'), ('color', '<=', NULL, 15, NULL, 'S'),
		('odor_taste', 'word', NULL, NULL, 'none', 'S'), ('visible_matter', 'word', NULL, NULL, 'none', 'S'),
		('ph', 'between', 6.5, 8.5, NULL, 'S'), ('bacteria', '<=', NULL, 100, NULL, 'S'),
		('total_coliform', 'word', NULL, NULL, 'not_detected', 'S'),
		('e_coli', 'word', NULL, NULL, 'not_detected', 'S'),
		('free_chlorine', 'between', 0.05, 2, NULL, 'S, upper bound K'),
		('total_chlorine', 'between', 0.05, 3, NULL, 'S, upper bound K')) AS g
	UNION ALL
	SELECT 'NYC Health Code 141.07', '2010-01-01', NULL, 'nyc', g.*
	FROM (VALUES
		('total_coliform', 'word', NULL::numeric, NULL::numeric, 'absent', 'K'),
		('e_coli', 'word', NULL, NULL, 'absent', 'K'), ('sediment', 'word', NULL, NULL, 'absent', 'K'),
		('biological_growth', 'word', NULL, NULL, 'absent', 'K'),
		('debris_insects', 'word', NULL, NULL, 'absent', 'K'),
		('rodent_bird', 'word', NULL, NULL, 'absent', 'K')) AS g
) AS v (basis, valid_from, valid_to, org, item, op, lo, hi, word, source)
JOIN core.item i ON i.code = v.item
JOIN core.org o ON o.code = v.org
WHERE NOT core.admin_touched('limit', i.code || '.' || o.code)
ON CONFLICT (item_id, org_id, valid_from) DO UPDATE SET valid_to = excluded.valid_to,
	op = excluded.op, lo = excluded.lo, hi = excluded.hi, word = excluded.word,
	basis = excluded.basis, source = excluded.source
WHERE (core.limit_item.valid_to, core.limit_item.op, core.limit_item.lo, core.limit_item.hi,
		core.limit_item.word, core.limit_item.basis, core.limit_item.source)
	IS DISTINCT FROM (excluded.valid_to, excluded.op, excluded.lo, excluded.hi, excluded.word,
		excluded.basis, excluded.source);
