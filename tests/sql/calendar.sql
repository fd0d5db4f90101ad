-- Working days: the vectors of the announcements, provisional years, whose calendar.
\ir fixture.inc
SELECT * FROM no_plan();
CREATE FUNCTION pg_temp.o(p_code text) RETURNS int LANGUAGE sql STABLE AS
$$ SELECT id FROM core.org WHERE code = p_code $$;
CREATE FUNCTION pg_temp.add(p_from text, p_n int, p_org text DEFAULT '310107021000') RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT to_char(a.day, 'YYYY-MM-DD') || CASE WHEN a.provisional THEN ' provisional' ELSE '' END
	FROM core.add_working_days(pg_temp.o(p_org), p_from::date, p_n) a
$$;
SELECT is(pg_temp.add(v.day, v.n), v.want, format('%s + %s', v.day, v.n))
FROM (VALUES ('2026-02-09', 3, '2026-02-12'), ('2026-02-09', 7, '2026-02-25'),
	('2026-02-09', 20, '2026-03-13'), ('2026-02-09', 40, '2026-04-13'),
	('2026-09-18', 3, '2026-09-22'), ('2026-09-18', 7, '2026-09-29'),
	('2026-09-18', 20, '2026-10-22'), ('2026-09-18', 40, '2026-11-19'),
	('2026-04-30', 3, '2026-05-08'), ('2026-04-30', 7, '2026-05-13'), ('2026-04-30', 20, '2026-06-01'),
	('2026-05-09', 0, '2026-05-09'), ('2026-05-08', 1, '2026-05-09'), ('2026-05-09', 1, '2026-05-11'),
	-- over the new year, and a Wednesday off by itself
	('2025-12-31', 1, '2026-01-04'), ('2024-12-31', 1, '2025-01-02')
) AS v (day, n, want);
SELECT is((SELECT format('%s %s', w.n, w.provisional)
	FROM core.working_days(pg_temp.o('310107021000'), make_date(v.y, 1, 1), make_date(v.y, 12, 31)) w), v.want,
	'working days of ' || v.y)
FROM (VALUES (2024, '251 f'), (2025, '248 f'), (2026, '248 f'), (2027, '261 t')) AS v (y, want);
-- off and worked, counted by hand from each notice: weekdays off less weekends worked
SELECT is((SELECT count(*) FILTER (WHERE NOT d.works AND extract(isodow FROM d.day) < 6) || '-'
	|| count(*) FILTER (WHERE d.works) || '-' || count(*) FILTER (WHERE d.works AND extract(isodow FROM d.day) < 6)
	FROM core.calendar_day d WHERE d.year = v.y), v.want, 'days moved in ' || v.y)
FROM (VALUES (2024, '19-8-0'), (2025, '18-5-0'), (2026, '19-6-0')) AS v (y, want);

-- A year not loaded says so, even by one day of it; before it nothing is provisional.
SELECT is(pg_temp.add('2026-12-30', 1), '2026-12-31', 'still in a year that is loaded');
SELECT is(pg_temp.add('2026-12-30', 2), '2027-01-01 provisional', 'one day over');
SELECT is(pg_temp.add('2026-12-30', 3), '2027-01-04 provisional', 'by the weekend alone');
SELECT is(pg_temp.add('2023-12-31', 1), '2024-01-02', 'what counts is the day after');
SELECT is(pg_temp.add('2023-12-29', 1), '2024-01-02 provisional', 'a day of 2023 was passed');
SELECT is(pg_temp.add('2026-02-09', 3, 'nyc-mn-05'), '2026-02-12 provisional', 'no calendar: Monday to Friday');
SELECT is(pg_temp.add('2026-02-13', 1, 'nyc-mn-05'), '2026-02-16 provisional', 'and no Chinese new year');
SELECT is(pg_temp.add(NULL, 3), NULL, 'from nowhere to nowhere');
SELECT throws_ok($$ SELECT core.add_working_days(1, '2026-01-01', -1) $$, 'QR422');
SELECT throws_ok($$ SELECT core.add_working_days(1, '2026-01-01', 5001) $$, 'QR422');

-- The nearest office's calendar counts.
INSERT INTO core.calendar (code, name, weekend) VALUES ('six', '{"en":"six days"}', '{7}');
INSERT INTO core.calendar_year (calendar_id, year, basis, loaded_by)
SELECT id, 2026, 'x', 'test' FROM core.calendar WHERE code = 'six';
INSERT INTO core.calendar_org SELECT pg_temp.o('310107000000'), id FROM core.calendar WHERE code = 'six';
SELECT is(pg_temp.add('2026-11-20', 1), '2026-11-21', 'a Saturday is worked here');
SELECT is(pg_temp.add('2026-11-20', 1, '310101000000'), '2026-11-23', 'and not next door');
SELECT throws_ok($$ INSERT INTO core.calendar_day (calendar_id, day, works)
	SELECT id, '2030-01-01', false FROM core.calendar WHERE code = 'six' $$, '23503', NULL,
	'no day of a year that is not loaded');
SELECT throws_ok($$ INSERT INTO core.calendar (code, name, weekend) VALUES ('none', '{}', '{1,2,3,4,5,6,7}') $$,
	'23514', NULL, 'somebody works some day');
SELECT * FROM finish();
ROLLBACK;
