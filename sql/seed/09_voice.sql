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
ON CONFLICT (code, valid_from) DO UPDATE SET basis = excluded.basis, source = excluded.source
WHERE (core.voice_rule.basis, core.voice_rule.source) IS DISTINCT FROM (excluded.basis, excluded.source);

-- Of one foreign code the office is told at once; the page it covers is not the one people see.
INSERT INTO core.sticker_rule (code, org_id, what, n, days, public, valid_from, basis, source)
SELECT v.area || '-' || w.code, o.id, w.what, w.n, 7, w.public, '2020-01-01', w.basis, 'K: to be checked'
FROM (VALUES ('sh', '310000000000'), ('nyc', 'nyc')) AS v (area, org)
JOIN core.org o ON o.code = v.org
CROSS JOIN (VALUES ('not-here', 'not_here', 3, true, '一周内3次'), ('foreign', 'foreign', 1, false, '1次即告警'))
	AS w (code, what, n, public, basis)
ON CONFLICT DO NOTHING;
