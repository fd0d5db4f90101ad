-- Results against limits: operators, words, bounds, dates, offices.
\ir fixture.inc
SELECT * FROM no_plan();
-- value (op num | word sense) against limit (op lo hi)
SELECT is(core.verdict(v.op, v.num, v.sense, v.lop, v.lo, v.hi), v.want,
	concat_ws(' ', coalesce(v.op, '') || v.num, v.sense, 'against', v.lop, v.lo, v.hi, 'is', v.want))
FROM (VALUES
	(NULL, 0.32, NULL, '<=', NULL::numeric, 1::numeric, 'pass'), (NULL, 1, NULL, '<=', NULL, 1, 'pass'),
	(NULL, 1.01, NULL, '<=', NULL, 1, 'fail'), ('<', 5, NULL, '<=', NULL, 15, 'pass'),
	('<', 5, NULL, '<=', NULL, 1, 'none'), ('<', 1, NULL, '<=', NULL, 1, 'pass'),
	('<=', 1, NULL, '<=', NULL, 1, 'pass'), ('>', 1, NULL, '<=', NULL, 1, 'fail'),
	('>=', 1, NULL, '<=', NULL, 1, 'none'), ('>', 0.5, NULL, '<=', NULL, 1, 'none'),
	(NULL, 0.05, NULL, '>=', 0.05, NULL, 'pass'), (NULL, 0.04, NULL, '>=', 0.05, NULL, 'fail'),
	('<', 0.05, NULL, '>=', 0.05, NULL, 'fail'), ('<=', 0.05, NULL, '>=', 0.05, NULL, 'none'),
	('>', 0.05, NULL, '>=', 0.05, NULL, 'pass'), ('<', 0.1, NULL, '>=', 0.05, NULL, 'none'),
	(NULL, 7.6, NULL, 'between', 6.5, 8.5, 'pass'), (NULL, 6.5, NULL, 'between', 6.5, 8.5, 'pass'),
	(NULL, 8.5, NULL, 'between', 6.5, 8.5, 'pass'), (NULL, 6.49, NULL, 'between', 6.5, 8.5, 'fail'),
	(NULL, 8.51, NULL, 'between', 6.5, 8.5, 'fail'), ('<', 7, NULL, 'between', 6.5, 8.5, 'none'),
	('>', 8.5, NULL, 'between', 6.5, 8.5, 'fail'), ('<', 6.5, NULL, 'between', 6.5, 8.5, 'fail'),
	(NULL, NULL, 'absent', '<=', NULL, 100, 'pass'), (NULL, NULL, 'absent', '>=', 0.05, NULL, 'fail'),
	(NULL, NULL, 'absent', 'between', 0.05, 2, 'fail'), (NULL, NULL, 'present', '<=', NULL, 100, 'none'),
	(NULL, NULL, 'absent', 'word', NULL, NULL, 'pass'), (NULL, NULL, 'present', 'word', NULL, NULL, 'fail'),
	(NULL, NULL, 'other', 'word', NULL, NULL, 'none'), (NULL, 0, NULL, 'word', NULL, NULL, 'pass'),
	(NULL, 2, NULL, 'word', NULL, NULL, 'fail'), ('<', 2, NULL, 'word', NULL, NULL, 'pass'),
	('>', 0, NULL, 'word', NULL, NULL, 'none'), ('>', 23, NULL, 'word', NULL, NULL, 'fail')
) AS v (op, num, sense, lop, lo, hi, want);

-- By codes: the edition in force on the day of the sample.
CREATE FUNCTION pg_temp.j(p_item text, p_num numeric, p_day date, p_org text) RETURNS text LANGUAGE sql AS $$
	SELECT j.ret_verdict || coalesce(' ' || l.basis, '') FROM core.judge(p_item, NULL, p_num, NULL, p_day, p_org) j
	LEFT JOIN core.limit_item l ON l.id = j.ret_limit $$;
SELECT is(pg_temp.j('free_chlorine', 2.5, '2023-03-31', '310107021000'), 'pass GB 5749-2006',
	'the last day of the old edition');
SELECT is(pg_temp.j('free_chlorine', 2.5, '2023-04-01', '310107021000'), 'fail GB 5749-2022',
	'the first day of the new one');
SELECT is(pg_temp.j('turbidity', 0.5, '2007-06-30', '310107021000'), 'none', 'before any limit');
SELECT is(pg_temp.j('turbidity', 0.5, '2026-01-01', 'nyc-mn-05'), 'none', 'no limit there');
SELECT is((SELECT ret_verdict FROM core.judge('e_coli', NULL, NULL, 'present', '2015-06-01', 'nyc-bx')),
	'fail', 'E. coli in New York');
-- the nearest office's limit wins
INSERT INTO core.limit_item (item_id, org_id, valid_from, valid_to, op, hi, basis)
SELECT i.id, o.id, '2026-01-01', '2026-06-30', '<=', 0.3, '普陀试行' FROM core.item i, core.org o
WHERE i.code = 'turbidity' AND o.code = '310107000000';
SELECT is(pg_temp.j('turbidity', 0.5, '2026-03-01', '310107021000'), 'fail 普陀试行', 'a district stricter than the city');
SELECT is(pg_temp.j('turbidity', 0.5, '2026-07-01', '310107021000'), 'pass GB 5749-2022', 'until its last day');
SELECT is(pg_temp.j('turbidity', 0.5, '2026-03-01', '310110000000'), 'pass GB 5749-2022', 'not next door');
SELECT throws_ok($$ SELECT * FROM core.judge('nothing', NULL, 1, NULL, '2026-01-01', 'nyc') $$, 'QR422', NULL,
	'an unknown item');
SELECT throws_ok($$ SELECT * FROM core.judge('ph', NULL, 1, 'none', '2026-01-01', 'nyc') $$, 'QR422', NULL,
	'a number and a word');
SELECT * FROM finish();
ROLLBACK;
