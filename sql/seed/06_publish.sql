-- How records made here come to be published, and how long what may be erased is kept. source: S
-- read in a public page, S- a weak copy, K general knowledge that is to be checked.
INSERT INTO core.publish_rule (code, kind_id, org_id, valid_from, mode, signs, basis, source)
SELECT v.code, k.id, o.id, '2020-01-01', v.mode, v.signs, v.basis, v.source
FROM (VALUES
	('sh-manager', NULL, '310000000000', 'manager', NULL::int,
		'清洗结束后24小时内由物业服务企业公示', 'S-: clean28.com (copy of Wenhui 2017-05-16)'),
	('sh-toilet', 'public_toilet', '310000000000', 'at_once', NULL,
		'公共厕所保洁记录上传即公示', 'K: to be checked'),
	('nyc-at-once', NULL, 'nyc', 'at_once', NULL,
		'NYC Health Code 141.07: the owner files the inspection', 'S: nyc.gov; K: publication at once')
) AS v (code, kind, org, mode, signs, basis, source)
JOIN core.org o ON o.code = v.org
LEFT JOIN core.kind k ON k.code = v.kind
WHERE NOT core.admin_touched('publish', v.code)
ON CONFLICT (code, valid_from) DO UPDATE SET mode = excluded.mode, signs = excluded.signs,
	basis = excluded.basis, source = excluded.source
WHERE (core.publish_rule.mode, core.publish_rule.signs, core.publish_rule.basis, core.publish_rule.source)
	IS DISTINCT FROM (excluded.mode, excluded.signs, excluded.basis, excluded.source);

INSERT INTO core.retention (code, org_id, what, valid_from, months, basis, source)
SELECT v.code, o.id, w, '2020-01-01', v.months, v.basis, v.source
FROM (VALUES
	('sh-keep', '310000000000', 120, '清洗消毒档案保存期满，照片与文字删除，结果保留', 'K: to be checked; no text says less than 3 years'),
	('nyc-keep', 'nyc', 72, 'NYC Health Code 141.07: reports are kept 5 years', 'S: nyc.gov; K: one year more')
) AS v (code, org, months, basis, source)
JOIN core.org o ON o.code = v.org
CROSS JOIN unnest(ARRAY['text', 'photo', 'report']) w
ON CONFLICT (code, what, valid_from) DO UPDATE SET months = excluded.months, basis = excluded.basis,
	source = excluded.source
WHERE (core.retention.months, core.retention.basis, core.retention.source)
	IS DISTINCT FROM (excluded.months, excluded.basis, excluded.source);
