-- What nobody looks after: facilities without sticker, record or manager, per office with all below
-- it. Numbers for the page of staff, the published document `coverage` and the ends of months.

-- {"facilities":120,"no_sticker":3,..} from what board_counts gave.
CREATE OR REPLACE FUNCTION core.coverage_numbers(p_counts jsonb) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	SELECT concat_ws(',', '"facilities":' || coalesce(p_counts ->> 'all', '0'),
		'"no_sticker":' || coalesce(p_counts ->> 'no_sticker', '0'),
		'"unscanned":' || coalesce(p_counts ->> 'unscanned', '0'),
		'"marked":' || coalesce(p_counts ->> 'marked', '0'),
		'"never":' || coalesce(p_counts ->> 'never', '0'),
		'"no_manager":' || coalesce(p_counts ->> 'no_manager', '0'),
		'"unmanaged":' || coalesce(p_counts ->> 'unmanaged', '0'))
$$;

-- The offices right below one (NULL: those above all others) that have facilities.
CREATE OR REPLACE FUNCTION core.coverage_below(p_org int, p_on date) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT '[' || coalesce(string_agg('{' || concat_ws(',', core.js('code', o.code), core.js('name', o.name),
		core.coverage_numbers(x.counts)) || '}', ',' ORDER BY o.code), '') || ']'
	FROM core.org o
	CROSS JOIN LATERAL (SELECT core.board_counts(o.id, NULL, NULL, p_on) AS counts) x
	WHERE o.parent_id IS NOT DISTINCT FROM p_org AND coalesce((x.counts ->> 'all')::int, 0) > 0
$$;

-- Documents: key CODE of an office, and 'current' (id 0) of all that have none above them. They name
-- no words, so p_ref does not matter.
CREATE OR REPLACE FUNCTION core.build_coverages(p_ids bigint[], p_ref bigint)
RETURNS TABLE (kind text, key text, next_change date, link_kind text, links text[], doc text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	day constant date := core.today();
BEGIN
	RETURN QUERY
	SELECT 'coverage', coalesce(o.code, 'current'), NULL::date, NULL::text, NULL::text[],
		'{' || concat_ws(',', core.js('as_of', day),
			'"org":' || core.org_json(o.code, o.name, NULL),
			'"parents":[' || coalesce((SELECT string_agg(core.org_json(u.code, u.name, NULL), ','
				ORDER BY cardinality(u.path)) FROM core.org u
				WHERE u.id = ANY (o.path) AND u.id <> o.id), '') || ']',
			'"total":{' || core.coverage_numbers(t.counts) || '}',
			'"offices":' || core.coverage_below(o.id, day)) || '}'
	FROM unnest(p_ids) u (id)
	LEFT JOIN core.org o ON o.id = u.id
	CROSS JOIN LATERAL (
		SELECT CASE WHEN o.id IS NOT NULL THEN core.board_counts(o.id, NULL, NULL, day)
			ELSE (SELECT coalesce(jsonb_object_agg(y.flag, y.n), '{}') FROM (
				SELECT f.flag, sum(f.n) AS n FROM core.flag_tally f JOIN core.org r ON r.id = f.org_id
				WHERE r.parent_id IS NULL GROUP BY f.flag HAVING sum(f.n) <> 0) y) END AS counts
	) t
	WHERE o.id IS NOT NULL OR u.id = 0;
END
$$;

-- How all offices stand: the running month's row, and the last one's while its end is a few days ago
-- (later the lines of today say too little about that day). Returns the number of rows written.
CREATE OR REPLACE FUNCTION core.snapshot(p_today date) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	last_end constant date := date_trunc('month', p_today)::date - 1;
	n int;
BEGIN
	WITH days AS (
		SELECT p_today AS day
		UNION ALL
		SELECT last_end WHERE p_today - last_end <= 3 AND NOT EXISTS (SELECT FROM core.month_snapshot s
			WHERE s.month = date_trunc('month', last_end) AND s.as_of = last_end)
	), states AS (
		SELECT d.day, t.org_id, core.day_state(t.status, t.failed, t.never, t.overdue_from, t.soon_from, d.day) AS state,
			sum(t.n) AS n
		FROM days d CROSS JOIN core.line_tally t GROUP BY 1, 2, 3
	), flags AS (
		SELECT f.org_id, sum(f.n) FILTER (WHERE f.flag = 'unmanaged') AS unmanaged,
			sum(f.n) FILTER (WHERE f.flag = 'no_manager') AS no_manager,
			sum(f.n) FILTER (WHERE f.flag = 'no_sticker') AS no_sticker
		FROM core.flag_tally f GROUP BY f.org_id
	)
	INSERT INTO core.month_snapshot (org_id, month, as_of, facilities, overdue, failed, no_record, due_soon,
		on_time, suspended, unmanaged, no_manager, no_sticker)
	SELECT s.org_id, date_trunc('month', s.day), s.day, coalesce(sum(s.n) FILTER (WHERE s.state <> 'retired'), 0),
		coalesce(sum(s.n) FILTER (WHERE s.state = 'overdue'), 0),
		coalesce(sum(s.n) FILTER (WHERE s.state = 'failed'), 0),
		coalesce(sum(s.n) FILTER (WHERE s.state = 'no_record'), 0),
		coalesce(sum(s.n) FILTER (WHERE s.state = 'due_soon'), 0),
		coalesce(sum(s.n) FILTER (WHERE s.state = 'on_time'), 0),
		coalesce(sum(s.n) FILTER (WHERE s.state = 'suspended'), 0),
		coalesce(max(f.unmanaged), 0), coalesce(max(f.no_manager), 0), coalesce(max(f.no_sticker), 0)
	FROM states s LEFT JOIN flags f ON f.org_id = s.org_id
	GROUP BY s.org_id, s.day
	ON CONFLICT (org_id, month) DO UPDATE SET as_of = excluded.as_of, facilities = excluded.facilities,
		overdue = excluded.overdue, failed = excluded.failed, no_record = excluded.no_record,
		due_soon = excluded.due_soon, on_time = excluded.on_time, suspended = excluded.suspended,
		unmanaged = excluded.unmanaged, no_manager = excluded.no_manager, no_sticker = excluded.no_sticker;
	GET DIAGNOSTICS n = ROW_COUNT;
	RETURN n;
END
$$;

-- Daily: the ends of months, and what is public of the coverage.
CREATE OR REPLACE FUNCTION api.job_snapshot() RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	n constant int := core.snapshot(core.today());
	ref constant bigint := core.need_ref();
	-- an office that lost its last facility says 0 from now on
	ids constant bigint[] := ARRAY(SELECT o.id FROM core.org o
		WHERE EXISTS (SELECT FROM core.flag_tally f WHERE f.org_id = o.id)
			OR EXISTS (SELECT FROM core.document d WHERE d.kind = 'coverage' AND d.key = o.code)
		ORDER BY o.id);
BEGIN
	PERFORM core.announce(core.store('coverages', 0 || ids, ref));
	RETURN n;
END
$$;

-- The page of staff: its total, and the offices below; where there are none, its places.
CREATE OR REPLACE FUNCTION core.coverage(p_org text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	day constant date := core.today();
	many constant int := 20000;
	top int;
	ids bigint[];
	counts jsonb;
	below text;
BEGIN
	IF core.my_account() IS NULL THEN
		RETURN NULL;
	END IF;
	top := core.board_top(p_org);
	ids := core.board_ids(top, '{}');
	counts := core.board_counts(top, ids, NULL, day);
	below := CASE WHEN ids IS NULL THEN core.coverage_below(top, day) ELSE '[]' END;
	RETURN concat_ws(',', core.board_place(top), '"total":{' || core.coverage_numbers(counts) || '}',
		'"offices":' || below, '"places":' || CASE WHEN below = '[]' AND coalesce((counts ->> 'all')::int, 0) <= many
			THEN core.coverage_places(top, ids) END);
END
$$;

-- The 50 places with the most that is lacking.
CREATE OR REPLACE FUNCTION core.coverage_places(p_top int, p_ids bigint[]) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT '[' || coalesce(string_agg('{' || concat_ws(',', core.js('code', p.code::text), core.js('name', p.name),
		core.coverage_numbers(q.counts)) || '}', ',' ORDER BY q.lacking DESC, p.name, p.id), '') || ']'
	FROM (SELECT x.place_id, sum(x.n) FILTER (WHERE x.flag <> 'all') AS lacking, jsonb_object_agg(x.flag, x.n) AS counts
		FROM (SELECT l.place_id, f.flag, count(*) AS n FROM core.facility_line l
			CROSS JOIN LATERAL unnest(core.line_flags(l)) f (flag)
			WHERE CASE WHEN p_ids IS NULL THEN l.org_id = p_top ELSE l.facility_id = ANY (p_ids) END
			GROUP BY 1, 2) x
		GROUP BY x.place_id ORDER BY lacking DESC NULLS LAST, x.place_id LIMIT 50) q
	JOIN core.place p ON p.id = q.place_id
$$;

CREATE OR REPLACE FUNCTION api.staff_coverage(p_session bytea, p_org text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
BEGIN
	PERFORM auth.enter(p_session, 'board');
	PERFORM core.use_timezone();
	RETURN '{' || concat_ws(',', '"me":' || auth.me(), '"ref":' || core.ref(), core.js('today', core.today()),
		core.coverage(p_org)) || '}';
END
$$;
