-- Working days of China: off days and days worked instead, as the General Office of the State Council
-- announces them each autumn for the year that follows.
INSERT INTO core.calendar (code, name) VALUES ('cn', '{"zh-CN":"中国工作日","en":"Working days in China"}')
ON CONFLICT (code) DO NOTHING;
INSERT INTO core.calendar_org (org_id, calendar_id)
SELECT o.id, c.id FROM core.org o, core.calendar c WHERE o.code = '310000000000' AND c.code = 'cn'
ON CONFLICT (org_id) DO NOTHING;

-- A year that was loaded since (qrsvc calendar) stays as it was loaded.
WITH year AS (
	INSERT INTO core.calendar_year (calendar_id, year, basis, source, loaded_by)
	SELECT c.id, v.year, v.basis, v.source, 'seed'
	FROM core.calendar c, (VALUES
		(2024, '国务院办公厅关于2024年部分节假日安排的通知（国办发明电〔2023〕7号）',
			'S: zh.wikisource.org (国务院公报 2023年第31号)'),
		(2025, '国务院办公厅关于2025年部分节假日安排的通知（国办发明电〔2024〕12号）',
			'S: m.gmw.cn 2024-11-12 (Xinhua)'),
		(2026, '国务院办公厅关于2026年部分节假日安排的通知（2025年11月4日）',
			'S: politics.gmw.cn 2025-11-04 (Xinhua)')) AS v (year, basis, source)
	WHERE c.code = 'cn'
	ON CONFLICT (calendar_id, year) DO NOTHING
	RETURNING calendar_id, year
)
INSERT INTO core.calendar_day (calendar_id, day, works, name)
SELECT y.calendar_id, d::date, v.works, v.name
FROM (VALUES
	(false, '元旦', '2024-01-01', '2024-01-01'), (false, '春节', '2024-02-10', '2024-02-17'),
	(false, '清明节', '2024-04-04', '2024-04-06'), (false, '劳动节', '2024-05-01', '2024-05-05'),
	(false, '端午节', '2024-06-10', '2024-06-10'), (false, '中秋节', '2024-09-15', '2024-09-17'),
	(false, '国庆节', '2024-10-01', '2024-10-07'),
	(true, '春节', '2024-02-04', '2024-02-04'), (true, '春节', '2024-02-18', '2024-02-18'),
	(true, '清明节', '2024-04-07', '2024-04-07'), (true, '劳动节', '2024-04-28', '2024-04-28'),
	(true, '劳动节', '2024-05-11', '2024-05-11'), (true, '中秋节', '2024-09-14', '2024-09-14'),
	(true, '国庆节', '2024-09-29', '2024-09-29'), (true, '国庆节', '2024-10-12', '2024-10-12'),
	(false, '元旦', '2025-01-01', '2025-01-01'), (false, '春节', '2025-01-28', '2025-02-04'),
	(false, '清明节', '2025-04-04', '2025-04-06'), (false, '劳动节', '2025-05-01', '2025-05-05'),
	(false, '端午节', '2025-05-31', '2025-06-02'), (false, '国庆节、中秋节', '2025-10-01', '2025-10-08'),
	(true, '春节', '2025-01-26', '2025-01-26'), (true, '春节', '2025-02-08', '2025-02-08'),
	(true, '劳动节', '2025-04-27', '2025-04-27'), (true, '国庆节、中秋节', '2025-09-28', '2025-09-28'),
	(true, '国庆节、中秋节', '2025-10-11', '2025-10-11'),
	(false, '元旦', '2026-01-01', '2026-01-03'), (false, '春节', '2026-02-15', '2026-02-23'),
	(false, '清明节', '2026-04-04', '2026-04-06'), (false, '劳动节', '2026-05-01', '2026-05-05'),
	(false, '端午节', '2026-06-19', '2026-06-21'), (false, '中秋节', '2026-09-25', '2026-09-27'),
	(false, '国庆节', '2026-10-01', '2026-10-07'),
	(true, '元旦', '2026-01-04', '2026-01-04'), (true, '春节', '2026-02-14', '2026-02-14'),
	(true, '春节', '2026-02-28', '2026-02-28'), (true, '劳动节', '2026-05-09', '2026-05-09'),
	(true, '国庆节', '2026-09-20', '2026-09-20'), (true, '国庆节', '2026-10-10', '2026-10-10')
) AS v (works, name, first, last)
JOIN year y ON y.year = extract(year FROM v.first::date)
CROSS JOIN LATERAL generate_series(v.first::date, v.last::date, interval '1 day') d;
