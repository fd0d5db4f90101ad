-- Working days. What an announcement made of a day (core.calendar_day) counts before the day of the
-- week; a year no announcement is loaded for is reckoned by the week alone, and is provisional.

-- The calendar of an office: its own, or that of the nearest office above. NULL: there is none.
CREATE OR REPLACE FUNCTION core.calendar_of(p_org int) RETURNS int
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT c.calendar_id FROM core.org o JOIN core.calendar_org c ON c.org_id = ANY (o.path)
	WHERE o.id = p_org ORDER BY array_position(o.path, c.org_id) DESC LIMIT 1
$$;

-- Is a day worked? Without a calendar Saturday and Sunday are off.
CREATE OR REPLACE FUNCTION core.is_worked(p_calendar int, p_day date) RETURNS boolean
LANGUAGE sql STABLE AS $$
	SELECT coalesce((SELECT d.works FROM core.calendar_day d
			WHERE d.calendar_id = p_calendar AND d.day = p_day),
		extract(isodow FROM p_day)::smallint <> ALL (coalesce((SELECT c.weekend FROM core.calendar c
			WHERE c.id = p_calendar), '{6,7}')))
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
		day := (SELECT p_from + i FROM generate_series(1, span) i
			WHERE core.is_worked(cal, p_from + i) ORDER BY i OFFSET p_n - 1 LIMIT 1);
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
	n := count(*) FROM generate_series(0, p_to - p_from) i WHERE core.is_worked(cal, p_from + i);
	provisional := core.is_provisional(cal, p_from, p_to);
END
$$;
