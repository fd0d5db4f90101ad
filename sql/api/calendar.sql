-- Working days. What an announcement made of a day (core.calendar_day) counts before the day of the
-- week; a year no announcement is loaded for is reckoned by the week alone, and is provisional.

-- The calendar of an office: its own, or that of the nearest office above. NULL: there is none.
CREATE OR REPLACE FUNCTION core.calendar_of(p_org int) RETURNS int
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT c.calendar_id FROM core.org o JOIN core.calendar_org c ON c.org_id = ANY (o.path)
	WHERE o.id = p_org ORDER BY array_position(o.path, c.org_id) DESC LIMIT 1
$$;

-- The days from p_from to p_to, both included, that are worked. Without a calendar Saturday and Sunday
-- are off.
CREATE OR REPLACE FUNCTION core.worked_days(p_calendar int, p_from date, p_to date)
RETURNS SETOF date
LANGUAGE sql STABLE AS $$
	SELECT p_from + i FROM generate_series(0, p_to - p_from) i
	LEFT JOIN core.calendar_day d ON d.calendar_id = p_calendar AND d.day = p_from + i
	WHERE coalesce(d.works, extract(isodow FROM p_from + i)::smallint <> ALL (coalesce(
		(SELECT c.weekend FROM core.calendar c WHERE c.id = p_calendar), '{6,7}')))
$$;

-- Is a year from p_from to p_to missing?
CREATE OR REPLACE FUNCTION core.is_provisional(p_calendar int, p_from date, p_to date)
RETURNS boolean
LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM generate_series(extract(year FROM p_from)::int,
			extract(year FROM p_to)::int) y
		WHERE NOT EXISTS (SELECT FROM core.calendar_year x
			WHERE x.calendar_id = p_calendar AND x.year = y))
$$;

-- The p_n-th working day after p_from: the first that counts is the first worked day after it.
-- 0: p_from itself, whatever it is.
CREATE OR REPLACE FUNCTION core.add_working_days(p_org int, p_from date, p_n int, OUT day date,
	OUT provisional boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	cal constant int := core.calendar_of(p_org);
	span int := p_n * 2 + 20;
BEGIN
	IF p_from IS NULL OR p_n IS NULL THEN
		RETURN;
	END IF;
	IF p_n NOT BETWEEN 0 AND 5000 THEN
		RAISE EXCEPTION 'cannot count % working days', p_n USING ERRCODE = 'QR422';
	END IF;
	day := p_from;
	provisional := false;
	IF p_n = 0 THEN
		RETURN;
	END IF;
	LOOP
		day := (SELECT w FROM core.worked_days(cal, p_from + 1, p_from + span) w
			ORDER BY w OFFSET p_n - 1 LIMIT 1);
		EXIT WHEN day IS NOT NULL;
		span := span * 2;
	END LOOP;
	provisional := core.is_provisional(cal, p_from + 1, day);
END
$$;

-- How many days from p_from to p_to, both included, are worked.
CREATE OR REPLACE FUNCTION core.working_days(p_org int, p_from date, p_to date, OUT n int,
	OUT provisional boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	cal constant int := core.calendar_of(p_org);
BEGIN
	n := count(*) FROM core.worked_days(cal, p_from, p_to);
	provisional := core.is_provisional(cal, p_from, p_to);
END
$$;

-- Loads the announcement of a year, in place of what was loaded for it; what it moves is built again
-- by jobs. p_days: [{"day","works","name"?}], every day that is not what its day of the week says.
CREATE OR REPLACE FUNCTION api.calendar_put(p_who text, p_calendar text, p_year int, p_basis text,
	p_source text, p_days jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	cal constant int := (SELECT c.id FROM core.calendar c WHERE c.code = p_calendar);
	old jsonb;
	n int;
	worked int;
BEGIN
	IF cal IS NULL THEN
		RAISE EXCEPTION 'there is no calendar %', p_calendar USING ERRCODE = 'QR404';
	END IF;
	IF p_year NOT BETWEEN 1990 AND 2200 OR core.some(p_basis) IS NULL THEN
		RAISE EXCEPTION 'a year and its announcement are needed' USING ERRCODE = 'QR422';
	END IF;
	SELECT count(*), count(*) FILTER (WHERE d -> 'works' = 'true') INTO n, worked
	FROM jsonb_array_elements(p_days) d;
	IF n NOT BETWEEN 1 AND 200 OR n <> (SELECT count(DISTINCT core.try_date(d ->> 'day'))
		FROM jsonb_array_elements(p_days) d WHERE d -> 'works' IN ('true', 'false')
			AND extract(year FROM core.try_date(d ->> 'day')) = p_year)
	THEN
		RAISE EXCEPTION 'these are not different days of %', p_year USING ERRCODE = 'QR422';
	END IF;
	PERFORM FROM core.calendar WHERE id = cal FOR UPDATE;
	old := (SELECT jsonb_agg(jsonb_build_object('day', d.day, 'works', d.works) ORDER BY d.day)
		FROM core.calendar_day d WHERE d.calendar_id = cal AND d.year = p_year);
	DELETE FROM core.calendar_day WHERE calendar_id = cal AND year = p_year;
	INSERT INTO core.calendar_year (calendar_id, year, basis, source, loaded_by, loaded_at)
	VALUES (cal, p_year, core.some(p_basis), core.some(p_source), p_who, core.now())
	ON CONFLICT (calendar_id, year) DO UPDATE SET basis = excluded.basis, source = excluded.source,
		loaded_by = excluded.loaded_by, loaded_at = excluded.loaded_at;
	INSERT INTO core.calendar_day (calendar_id, day, works, name)
	SELECT cal, (d ->> 'day')::date, (d ->> 'works')::boolean, core.some(d ->> 'name')
	FROM jsonb_array_elements(p_days) d;
	PERFORM core.rebuild_facilities(o.org_id, NULL) FROM core.calendar_org o WHERE o.calendar_id = cal;
	INSERT INTO core.audit (who, what, subject, detail) VALUES (p_who, 'calendar.put', p_calendar || ' ' || p_year,
		jsonb_strip_nulls(jsonb_build_object('basis', core.some(p_basis), 'days', p_days, 'before', old)));
	RETURN '{"year":' || p_year || ',"off":' || n - worked || ',"worked":' || worked || '}';
END
$$;

-- Every calendar with the years that are loaded.
CREATE OR REPLACE FUNCTION api.calendar_list() RETURNS TABLE (calendar text, year int, off bigint,
	worked bigint, basis text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
	SELECT c.code, y.year, count(d.day) FILTER (WHERE NOT d.works), count(d.day) FILTER (WHERE d.works),
		y.basis
	FROM core.calendar c JOIN core.calendar_year y ON y.calendar_id = c.id
	LEFT JOIN core.calendar_day d ON d.calendar_id = c.id AND d.year = y.year
	GROUP BY c.code, y.year, y.basis ORDER BY c.code, y.year
$$;
