-- Numbers for evaluation, by office and month; every word of them is defined in sql/STAFF.md. A month
-- looks at the base days from which something falls due in it, so that ten years of records cost no
-- more than the months that are asked for.

-- Facilities that count, with the office below the top they belong to: pg_temp.num_fac.
CREATE OR REPLACE FUNCTION core.numbers_scope(p_top int) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core SET client_min_messages = warning AS $$
BEGIN
	DROP TABLE IF EXISTS pg_temp.num_fac;
	CREATE TEMPORARY TABLE num_fac ON COMMIT DROP AS
	SELECT f.id, f.kind_id, f.since, f.place_id, p.org_id, o.path,
		CASE WHEN p_top IS NOT NULL THEN o.path[array_position(o.path, p_top) + 1] END AS child
	FROM core.facility f JOIN core.place p ON p.id = f.place_id JOIN core.org o ON o.id = p.org_id
	WHERE CASE WHEN p_top IS NOT NULL THEN o.path @> ARRAY[p_top]
		ELSE f.id IN (SELECT core.facilities_of(core.my_party(), core.my_account())) END;
	CREATE UNIQUE INDEX ON pg_temp.num_fac (id);
	ANALYZE pg_temp.num_fac;
END
$$;

-- Deadlines of one month: (child, facility, day, first day it was done after the base day).
CREATE OR REPLACE FUNCTION core.numbers_due(p_from date, p_to date, p_today date)
RETURNS TABLE (child int, d date, n date)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	WITH spot AS (
		SELECT DISTINCT f.kind_id, f.org_id, f.path FROM pg_temp.num_fac f
	), rule AS MATERIALIZED (
		-- in force on the last day; the nearest office's wins
		SELECT DISTINCT ON (s.kind_id, s.org_id, r.type) s.kind_id, s.org_id, r.type, r.also, r.valid_from, r.months,
			r.days, r.work_days,
			CASE WHEN r.work_days IS NULL THEN (p_from - make_interval(months => coalesce(r.months, 0),
				days => coalesce(r.days, 0)))::date - 5 ELSE p_from - 2 * r.work_days - 60 END AS lo,
			CASE WHEN r.work_days IS NULL THEN (p_to - make_interval(months => coalesce(r.months, 0),
				days => coalesce(r.days, 0)))::date + 5 ELSE p_to END AS hi
		FROM spot s JOIN core.rule r ON r.kind_id = s.kind_id AND r.org_id = ANY (s.path)
			AND p_to >= r.valid_from AND (r.valid_to IS NULL OR p_to <= r.valid_to)
		ORDER BY s.kind_id, s.org_id, r.type, array_position(s.path, r.org_id) DESC
	), base AS (
		SELECT DISTINCT f.id, f.child, f.org_id, r.type, r.also, r.months, r.days, r.work_days, y.on_date AS b
		FROM pg_temp.num_fac f JOIN rule r ON r.kind_id = f.kind_id AND r.org_id = f.org_id
		JOIN core.record y ON y.facility_id = f.id AND y.state = 'published' AND y.on_date BETWEEN r.lo AND r.hi
			AND (y.type = r.type OR (y.verdict <> 'none' AND y.type = ANY (r.also)))
		UNION ALL
		SELECT f.id, f.child, f.org_id, r.type, r.also, r.months, r.days, r.work_days, greatest(f.since, r.valid_from)
		FROM pg_temp.num_fac f JOIN rule r ON r.kind_id = f.kind_id AND r.org_id = f.org_id
		WHERE greatest(f.since, r.valid_from) BETWEEN r.lo AND r.hi AND NOT EXISTS (SELECT FROM core.record y
			WHERE y.facility_id = f.id AND y.state = 'published' AND y.on_date <= greatest(f.since, r.valid_from)
				AND (y.type = r.type OR (y.verdict <> 'none' AND y.type = ANY (r.also))))
	), due AS (
		SELECT b.*, (core.due_after(b.org_id, b.b, b.months, b.days, b.work_days)).day AS d FROM base b
	)
	SELECT q.child, q.d, (SELECT min(y.on_date) FROM core.record y
			WHERE y.facility_id = q.id AND y.state = 'published' AND y.on_date > q.b
				AND (y.type = q.type OR (y.verdict <> 'none' AND y.type = ANY (q.also))))
	FROM due q
	WHERE q.d BETWEEN p_from AND p_to AND q.d < p_today AND core.status_on(q.id, q.d) = 'in_service'
$$;

CREATE OR REPLACE FUNCTION core.status_on(p_facility bigint, p_day date) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT h.status FROM core.facility_status h WHERE h.facility_id = p_facility AND h.since <= p_day
	ORDER BY h.since DESC, h.n DESC LIMIT 1
$$;

-- Records whose work ended in the month: when they were to be public, and when they were.
CREATE OR REPLACE FUNCTION core.numbers_posts(p_from date, p_to date, p_zone text)
RETURNS TABLE (child int, done timestamptz, until timestamptz, at timestamptz)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT f.child, v.performed_to, core.post_deadline(f.org_id, v.performed_to, r.post_hours, r.post_work_days),
		y.published_at
	FROM pg_temp.num_fac f
	JOIN core.record y ON y.facility_id = f.id AND y.source IS NULL AND y.state <> 'draft'
		AND y.on_date BETWEEN p_from - 1 AND p_to + 1
	JOIN core.revision v ON v.record_id = y.id AND v.rev = y.rev
	CROSS JOIN LATERAL (SELECT (v.performed_to AT TIME ZONE p_zone)::date AS day) x
	CROSS JOIN LATERAL (
		SELECT q.post_hours, q.post_work_days FROM core.rule q
		WHERE q.kind_id = f.kind_id AND q.type = y.type AND q.org_id = ANY (f.path)
			AND x.day >= q.valid_from AND (q.valid_to IS NULL OR x.day <= q.valid_to)
		ORDER BY array_position(f.path, q.org_id) DESC LIMIT 1
	) r
	WHERE x.day BETWEEN p_from AND p_to AND (r.post_hours IS NOT NULL OR r.post_work_days IS NOT NULL)
$$;

-- One month; child NULL: all of the office.
CREATE OR REPLACE FUNCTION core.numbers_month(p_from date, p_to date) RETURNS TABLE (child int, due bigint,
	on_time bigint, late_median numeric, posts bigint, posts_in_time bigint, post_median_h numeric,
	facilities bigint, with_record bigint, with_label bigint, reminders bigint)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
#variable_conflict use_column
DECLARE
	today constant date := core.today();
	moment constant timestamptz := core.now();
	zone constant text := (SELECT s.timezone FROM core.site s);
BEGIN
	RETURN QUERY
	WITH due AS (
		SELECT q.child, count(*) AS due, count(*) FILTER (WHERE q.n <= q.d) AS on_time,
			percentile_cont(0.5) WITHIN GROUP (ORDER BY coalesce(q.n, today) - q.d)
				FILTER (WHERE q.n IS NULL OR q.n > q.d) AS late_median, grouping(q.child) AS whole
		FROM core.numbers_due(p_from, p_to, today) q GROUP BY GROUPING SETS ((q.child), ())
	), post AS (
		SELECT q.child, count(*) AS posts, count(*) FILTER (WHERE q.at <= q.until) AS in_time,
			round((percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM q.at - q.done)::float8 / 3600)
				FILTER (WHERE q.at IS NOT NULL))::numeric, 2) AS median_h, grouping(q.child) AS whole
		FROM core.numbers_posts(p_from, p_to, zone) q WHERE q.at IS NOT NULL OR q.until < moment
		GROUP BY GROUPING SETS ((q.child), ())
	), stuck AS MATERIALIZED (
		SELECT q.facility_id, q.place_id FROM (SELECT DISTINCT ON (e.code) e.what, e.facility_id, e.place_id
			FROM core.label_event e WHERE e.what IN ('bound', 'replaced', 'void')
				AND (e.at AT TIME ZONE zone)::date <= p_to ORDER BY e.code, e.id DESC) q WHERE q.what = 'bound'
	), cover AS (
		SELECT q.child, count(*) AS facilities, count(*) FILTER (WHERE q.recorded) AS with_record,
			count(*) FILTER (WHERE q.labelled) AS with_label, grouping(q.child) AS whole
		FROM (SELECT f.child, EXISTS (SELECT FROM core.record y WHERE y.facility_id = f.id AND y.state = 'published'
				AND y.on_date <= p_to) AS recorded,
				f.id IN (SELECT s.facility_id FROM stuck s WHERE s.facility_id IS NOT NULL)
				OR f.place_id IN (SELECT s.place_id FROM stuck s WHERE s.place_id IS NOT NULL) AS labelled
			FROM pg_temp.num_fac f WHERE f.since <= p_to AND core.status_on(f.id, p_to) = 'in_service') q
		GROUP BY GROUPING SETS ((q.child), ())
	), said AS (
		SELECT f.child, count(*) AS n, grouping(f.child) AS whole
		FROM pg_temp.num_fac f JOIN core.reminder m ON m.facility_id = f.id AND m.on_day BETWEEN p_from AND p_to
		GROUP BY GROUPING SETS ((f.child), ())
	), unit AS (
		-- grouping() tells the office's own places from the whole
		SELECT DISTINCT f.child, 0 AS whole FROM pg_temp.num_fac f WHERE f.child IS NOT NULL
		UNION ALL SELECT NULL, 1
	)
	SELECT u.child, coalesce(d.due, 0), coalesce(d.on_time, 0), d.late_median::numeric, coalesce(p.posts, 0),
		coalesce(p.in_time, 0), p.median_h, coalesce(c.facilities, 0), coalesce(c.with_record, 0),
		coalesce(c.with_label, 0), coalesce(s.n, 0)
	FROM unit u
	LEFT JOIN due d ON d.whole = u.whole AND d.child IS NOT DISTINCT FROM u.child
	LEFT JOIN post p ON p.whole = u.whole AND p.child IS NOT DISTINCT FROM u.child
	LEFT JOIN cover c ON c.whole = u.whole AND c.child IS NOT DISTINCT FROM u.child
	LEFT JOIN said s ON s.whole = u.whole AND s.child IS NOT DISTINCT FROM u.child;
END
$$;

-- The rows as JSON, in their order; p_top NULL: the facilities of the firm that asks. Looks past row
-- security, which would look at each record once more: callers have seen the office.
CREATE OR REPLACE FUNCTION core.numbers_rows(p_top int, p_from date, p_to date) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET work_mem = '64MB' SET jit = off AS $$
DECLARE
	m date := date_trunc('month', p_from)::date;
	first date;
	last date;
	list text := '';
	part text;
BEGIN
	IF NOT core.my_right('board') OR (p_top IS NULL) <> (core.my_org() IS NULL) OR (p_top IS NOT NULL AND NOT core.sees_org(p_top)) THEN
		PERFORM core.refuse('QR403', 'scope', 'numbers of another office');
	END IF;
	PERFORM core.numbers_scope(p_top);
	WHILE m <= p_to LOOP
		first := greatest(m, p_from);
		last := least((m + interval '1 month')::date - 1, p_to);
		SELECT string_agg('{' || concat_ws(',', CASE WHEN p_top IS NOT NULL THEN core.js_org('org', coalesce(q.child, p_top)) END,
				core.js('month', to_char(m, 'YYYY-MM')), core.js('from', first), core.js('to', last), '"due":' || q.due,
				'"on_time":' || q.on_time, '"late_median":' || trim_scale(q.late_median), '"posts":' || q.posts,
				'"posts_in_time":' || q.posts_in_time, '"post_median_h":' || trim_scale(q.post_median_h),
				'"facilities":' || q.facilities, '"with_record":' || q.with_record, '"with_label":' || q.with_label,
				'"reminders":' || q.reminders) || '}', ',' ORDER BY q.child IS NOT NULL, o.code)
		INTO part FROM core.numbers_month(first, last) q LEFT JOIN core.org o ON o.id = q.child;
		list := concat_ws(',', nullif(list, ''), part);
		m := (m + interval '1 month')::date;
	END LOOP;
	RETURN list;
END
$$;

CREATE OR REPLACE FUNCTION api.staff_numbers(p_session bytea, p_org text, p_from date, p_to date) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	last date;
	first date;
	top core.org;
BEGIN
	PERFORM auth.enter(p_session, 'board');
	last := least(coalesce(p_to, core.today()), core.today());
	first := coalesce(p_from, (date_trunc('month', last) - interval '5 months')::date);
	SELECT o.* INTO top FROM core.org o WHERE core.my_org() IS NOT NULL
		AND CASE WHEN p_org IS NULL THEN o.id = core.my_org() ELSE o.code = p_org END;
	IF p_org IS NOT NULL AND top.id IS NULL THEN
		RAISE EXCEPTION 'no office %', p_org USING ERRCODE = 'QR404';
	END IF;
	IF top.id IS NOT NULL AND NOT core.sees_org(top.id) THEN
		PERFORM core.refuse('QR403', 'scope', 'numbers of another office');
	END IF;
	PERFORM auth.refuse(CASE WHEN first > last THEN core.bad('to', 'before_from')
		WHEN last >= (date_trunc('month', first) + interval '36 months')::date THEN core.bad('to', 'too_long') ELSE '[]' END);
	RETURN '{' || concat_ws(',', '"me":' || auth.me(), core.js_org('org', top.id), core.js('from', first), core.js('to', last),
		'"offices":[' || coalesce((SELECT string_agg('{' || concat_ws(',', core.js('code', o.code), core.js('name', o.name)) || '}',
			',' ORDER BY cardinality(o.path), o.code) FROM core.org o WHERE o.path @> ARRAY[core.my_org()]
			AND (o.id = core.my_org() OR o.parent_id = core.my_org() OR o.id = ANY (top.path) OR o.parent_id = top.id)), '') || ']',
		'"rows":[' || core.numbers_rows(top.id, first, last) || ']') || '}';
END
$$;
