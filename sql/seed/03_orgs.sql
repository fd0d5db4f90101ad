-- Example offices. Division codes: the National Bureau of Statistics' public list of divisions
-- (12 digits, release of 2023); source "K" marks what was written from general knowledge and is to
-- be checked against that list before it is relied on.
CREATE FUNCTION pg_temp.org(p_code text, p_parent text, p_name text, p_phone text, p_source text)
RETURNS void LANGUAGE sql AS $$
	INSERT INTO core.org (parent_id, code, division_code, division_year, name, phone, source)
	VALUES ((SELECT id FROM core.org WHERE code = p_parent), p_code,
		CASE WHEN p_code ~ '^[0-9]{12}$' THEN p_code END,
		CASE WHEN p_code ~ '^[0-9]{12}$' THEN 2023 END, p_name, p_phone, p_source)
	ON CONFLICT (code) DO UPDATE SET name = excluded.name, phone = excluded.phone,
		source = excluded.source
	WHERE NOT core.admin_touched('office', excluded.code) AND (core.org.name, core.org.phone, core.org.source)
		IS DISTINCT FROM (excluded.name, excluded.phone, excluded.source)
$$;

SELECT pg_temp.org('310000000000', NULL, '上海市', '12345', 'K: statistical division codes, 2023');
SELECT pg_temp.org(c, '310000000000', n, '12345', 'K: statistical division codes, 2023')
FROM (VALUES
	('310101000000', '黄浦区'), ('310104000000', '徐汇区'), ('310105000000', '长宁区'),
	('310106000000', '静安区'), ('310107000000', '普陀区'), ('310109000000', '虹口区'),
	('310110000000', '杨浦区'), ('310112000000', '闵行区'), ('310113000000', '宝山区'),
	('310114000000', '嘉定区'), ('310115000000', '浦东新区'), ('310116000000', '金山区'),
	('310117000000', '松江区'), ('310118000000', '青浦区'), ('310120000000', '奉贤区'),
	('310151000000', '崇明区')) AS v (c, n);
SELECT pg_temp.org(c, '310107000000', n, '12345', 'K: statistical division codes, 2023')
FROM (VALUES
	('310107005000', '曹杨新村街道'), ('310107014000', '长风新村街道'), ('310107015000', '长寿路街道'),
	('310107016000', '甘泉路街道'), ('310107017000', '石泉路街道'), ('310107020000', '宜川路街道'),
	('310107021000', '万里街道'), ('310107022000', '真如镇街道'), ('310107102000', '长征镇'),
	('310107103000', '桃浦镇')) AS v (c, n);

SELECT pg_temp.org('nyc', NULL, 'New York City', '311', 'nyc.gov');
SELECT pg_temp.org('nyc-' || b, 'nyc', n, '311', 'nyc.gov')
FROM (VALUES ('mn', 'Manhattan'), ('bx', 'The Bronx'), ('bk', 'Brooklyn'), ('qn', 'Queens'),
	('si', 'Staten Island')) AS v (b, n);
SELECT pg_temp.org('nyc-' || b || '-' || lpad(i::text, 2, '0'), 'nyc-' || b,
	n || ' Community Board ' || i, '311', 'nyc.gov')
FROM (VALUES ('mn', 'Manhattan', 12), ('bx', 'Bronx', 12), ('bk', 'Brooklyn', 18),
	('qn', 'Queens', 14), ('si', 'Staten Island', 3)) AS v (b, n, boards)
CROSS JOIN LATERAL generate_series(1, v.boards) AS i;

DROP FUNCTION pg_temp.org(text, text, text, text, text);
