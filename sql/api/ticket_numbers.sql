-- Residents' reports in numbers, per office and year (what counts: ticket_public.sql), as documents
-- `tickets` and `ticket_list`. What is public is enough to reckon every number again: the list of an
-- office gives its own, those of the offices give the sums.
--
-- Counts under 5 are not broken down: of fewer than 5 cases only their number is said, of fewer than 5
-- ratings nothing. So that nobody finds them by taking the others from the sum, further lines of the
-- same table are closed until what is closed in it comes to 5 (the smallest first).

-- Lines of a year: pg_temp.ticket_line. own: what came to the office itself, else with all below it.
-- open, rated_open: may be broken down.
CREATE OR REPLACE FUNCTION core.ticket_lines(p_year int) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core SET client_min_messages = warning AS $$
BEGIN
	DROP TABLE IF EXISTS pg_temp.ticket_line;
	CREATE TEMPORARY TABLE ticket_line ON COMMIT DROP AS
	WITH counted AS (
		SELECT t.first_org_id AS org_id, o.path, t.answered_at IS NOT NULL AS answered,
			t.answered_at IS NOT NULL AND NOT t.late AS in_time, core.ticket_hours(t.at, t.answered_at) AS hours, s.level
		FROM core.ticket t JOIN core.org o ON o.id = t.first_org_id
		LEFT JOIN core.ticket_step s ON s.ticket_id = t.id AND s.act = 'rate'
		WHERE t.year = p_year AND t.state NOT IN ('quarantine', 'joined')
	), line AS (
		SELECT c.org_id, true AS own, c.answered, c.in_time, c.hours, c.level FROM counted c
		UNION ALL
		SELECT u.id, false, c.answered, c.in_time, c.hours, c.level FROM counted c CROSS JOIN LATERAL unnest(c.path) u (id)
		UNION ALL
		SELECT 0, false, c.answered, c.in_time, c.hours, c.level FROM counted c
	)
	SELECT l.org_id, l.own, CASE WHEN l.org_id = 0 THEN NULL WHEN l.own THEN l.org_id ELSE coalesce(o.parent_id, 0) END AS in_table,
		count(*) AS received, count(*) FILTER (WHERE l.answered) AS answered, count(*) FILTER (WHERE l.in_time) AS in_time,
		floor(percentile_cont(0.5) WITHIN GROUP (ORDER BY l.hours) FILTER (WHERE l.answered) + 0.5)::int AS median_h,
		count(l.level) AS rated, count(*) FILTER (WHERE l.level >= 3) AS satisfied,
		ARRAY[count(*) FILTER (WHERE l.level = 5), count(*) FILTER (WHERE l.level = 4),
			count(*) FILTER (WHERE l.level = 3), count(*) FILTER (WHERE l.level = 2),
			count(*) FILTER (WHERE l.level = 1)] AS levels,
		count(*) >= 5 AS open, count(l.level) >= 5 AS rated_open
	FROM line l LEFT JOIN core.org o ON o.id = l.org_id
	GROUP BY l.org_id, l.own, o.parent_id;
	PERFORM core.ticket_close_line(r.id) FROM (SELECT 0 AS id, 0 AS depth
		UNION ALL SELECT o.id, cardinality(o.path) FROM core.org o
		WHERE EXISTS (SELECT FROM pg_temp.ticket_line l WHERE l.org_id = o.id)) r ORDER BY r.depth, r.id;
END
$$;

-- Closes lines of the table of one office (0: of all) until nothing small can be found by taking away.
-- The line of the whole comes before: whoever is closed there must not be found as a sum here.
CREATE OR REPLACE FUNCTION core.ticket_close_line(p_org int) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	top record;
	closed bigint;
	n int;
BEGIN
	SELECT l.open, l.rated_open INTO top FROM pg_temp.ticket_line l WHERE l.org_id = p_org AND NOT l.own;
	LOOP
		closed := coalesce(sum(l.received), 0) FROM pg_temp.ticket_line l WHERE l.in_table = p_org AND NOT l.open;
		EXIT WHEN closed >= 5 OR (closed = 0 AND (top.open OR top.open IS NULL));
		UPDATE pg_temp.ticket_line u SET open = false WHERE u.ctid = (SELECT l.ctid FROM pg_temp.ticket_line l
			WHERE l.in_table = p_org AND l.open ORDER BY l.received, l.org_id LIMIT 1);
		GET DIAGNOSTICS n = ROW_COUNT;
		EXIT WHEN n = 0;
	END LOOP;
	UPDATE pg_temp.ticket_line SET rated_open = false WHERE in_table = p_org AND NOT open;
	LOOP
		closed := coalesce(sum(l.rated), 0) FROM pg_temp.ticket_line l WHERE l.in_table = p_org AND NOT l.rated_open;
		EXIT WHEN closed >= 5 OR (closed = 0 AND (top.rated_open OR top.rated_open IS NULL));
		UPDATE pg_temp.ticket_line u SET rated_open = false WHERE u.ctid = (SELECT l.ctid FROM pg_temp.ticket_line l
			WHERE l.in_table = p_org AND l.rated_open AND l.rated > 0 ORDER BY l.rated, l.org_id LIMIT 1);
		GET DIAGNOSTICS n = ROW_COUNT;
		EXIT WHEN n = 0;
	END LOOP;
END
$$;

-- "received":12,"answered":11, ..: one line, as far as it is open. Brackets around: the caller's.
CREATE OR REPLACE FUNCTION core.ticket_line_json(p_org int, p_own boolean) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN coalesce((SELECT concat_ws(',', '"received":' || l.received, CASE WHEN l.open THEN concat_ws(',',
			'"answered":' || l.answered, '"in_time":' || l.in_time, '"median_h":' || l.median_h) END,
			CASE WHEN l.rated_open THEN concat_ws(',', '"rated":' || l.rated, '"satisfied":' || l.satisfied,
			'"levels":' || array_to_json(l.levels)) END)
		FROM pg_temp.ticket_line l WHERE l.org_id = p_org AND l.own = p_own), '"received":0');
END
$$;

-- What was set aside and is still: {"no","office","at","ground"}, the newest first; of all offices: 0.
CREATE OR REPLACE FUNCTION core.ticket_hidden(p_org int) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT '[' || coalesce(string_agg('{' || concat_ws(',', core.js('no', core.ticket_no(q.t)),
		core.js('first', q.code), '"office":' || core.org_json(h.code, h.name, NULL),
		core.js('at', core.ticket_day(q.at)), core.js('ground', q.words)) || '}', ',' ORDER BY q.at DESC, (q.t).id DESC), '') || ']'
	FROM (SELECT t, o.code, s.at, s.org_id, s.words
		FROM core.ticket t JOIN core.org o ON o.id = t.first_org_id
		CROSS JOIN LATERAL (SELECT x.at, x.org_id, x.words FROM core.ticket_step x WHERE x.ticket_id = t.id
			AND x.act = CASE WHEN t.hidden_at IS NOT NULL THEN 'hide' ELSE 'quarantine' END
			AND x.words IS NOT NULL ORDER BY x.n DESC LIMIT 1) s
		WHERE (p_org = 0 OR o.path @> ARRAY[p_org]) AND (t.hidden_at IS NOT NULL OR t.state = 'quarantine')
		ORDER BY s.at DESC, t.id DESC LIMIT 100) q
	JOIN core.org h ON h.id = q.org_id
$$;

-- Documents `tickets`, key: code of an office, or `current`: all (id 0); of another year than this one with
-- /YEAR behind. They name no words: core.store() hands on a year. pg_temp.ticket_line is of that year.
CREATE OR REPLACE FUNCTION core.build_ticket_numbers(p_ids bigint[], p_year bigint)
RETURNS TABLE (kind text, key text, next_change date, link_kind text, links text[], doc text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	this_year constant int := extract(year FROM core.today());
BEGIN
	RETURN QUERY
	SELECT 'tickets', coalesce(o.code, 'current') || CASE WHEN p_year <> this_year THEN '/' || p_year ELSE '' END, NULL::date, NULL::text, NULL::text[],
		'{' || concat_ws(',', '"year":' || p_year, '"org":' || core.org_json(o.code, o.name, NULL),
			'"parents":[' || coalesce((SELECT string_agg(core.org_json(p.code, p.name, NULL), ','
				ORDER BY cardinality(p.path)) FROM core.org p WHERE p.id = ANY (o.path) AND p.id <> o.id), '') || ']',
			'"total":{' || core.ticket_line_json(u.id::int, false) || '}',
			'"itself":{' || CASE WHEN o.id IS NOT NULL THEN core.ticket_line_json(o.id, true) || '}' END,
			'"offices":[' || coalesce((SELECT string_agg('{' || core.js('code', c.code) || ',' || core.js('name', c.name)
				|| ',' || core.ticket_line_json(c.id, false) || '}', ',' ORDER BY c.code) FROM core.org c
				WHERE c.parent_id IS NOT DISTINCT FROM o.id AND EXISTS (SELECT FROM pg_temp.ticket_line l
					WHERE l.org_id = c.id)), '') || ']',
			'"joined":' || x.joined, '"held":' || x.held,
			'"newest":[' || coalesce(w.list, '') || ']', '"hidden":' || core.ticket_hidden(u.id::int),
			'"before":' || (SELECT max(t.year) FROM core.ticket t JOIN core.org r ON r.id = t.first_org_id
				WHERE t.year < p_year AND (u.id = 0 OR r.path @> ARRAY[u.id::int]))) || '}'
	FROM unnest(p_ids) u (id)
	LEFT JOIN core.org o ON o.id = u.id
	CROSS JOIN LATERAL (
		SELECT count(*) FILTER (WHERE t.state = 'joined') AS joined, count(*) FILTER (WHERE t.state = 'quarantine') AS held
		FROM core.ticket t JOIN core.org r ON r.id = t.first_org_id
		WHERE t.year = p_year AND t.state IN ('joined', 'quarantine') AND (u.id = 0 OR r.path @> ARRAY[u.id::int])
	) x
	CROSS JOIN LATERAL (
		SELECT string_agg('{' || core.ticket_head(q.t) || '}', ',' ORDER BY q.at DESC, (q.t).id DESC) AS list
		FROM (SELECT t, t.answered_at AS at FROM core.ticket t JOIN core.org r ON r.id = t.first_org_id
			WHERE t.year = p_year AND t.public_answer IS NOT NULL AND t.answered_at IS NOT NULL AND t.hidden_at IS NULL
				AND t.state NOT IN ('quarantine', 'joined') AND (u.id = 0 OR r.path @> ARRAY[u.id::int])
			ORDER BY t.answered_at DESC, t.id DESC LIMIT 10) q
	) w
	WHERE o.id IS NOT NULL OR u.id = 0;
END
$$;

-- Documents `ticket_list`, key OFFICE/YEAR: one row a case that came to the office itself, in the order
-- of their numbers: [no, received, answered?, hours?, in time?, level?, published?]. What is not to be
-- broken down is null. At most 20000, the newest ("whole": false if there are more). Key `offices` (id 0): what
-- came to each office itself, this year.
CREATE OR REPLACE FUNCTION core.build_ticket_lists(p_ids bigint[], p_year bigint)
RETURNS TABLE (kind text, key text, next_change date, link_kind text, links text[], doc text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN QUERY
	SELECT 'ticket_list', o.code || '/' || p_year, NULL::date, NULL::text, NULL::text[],
		'{' || concat_ws(',', '"office":' || core.org_json(o.code, o.name, NULL), '"year":' || p_year,
			'"whole":' || (coalesce(l.received, 0) <= 20000), '"cases":[' || coalesce(c.list, '') || ']') || '}'
	FROM unnest(p_ids) u (id)
	JOIN core.org o ON o.id = u.id
	LEFT JOIN pg_temp.ticket_line l ON l.org_id = o.id AND l.own
	CROSS JOIN LATERAL (
		SELECT string_agg('[' || concat_ws(',', '"' || core.ticket_no(q.t) || '"',
			'"' || core.ticket_day((q.t).at) || '"',
			CASE WHEN q.shown THEN coalesce('"' || core.ticket_day((q.t).answered_at) || '",'
				|| core.ticket_hours((q.t).at, (q.t).answered_at) || ',' || CASE WHEN (q.t).late THEN 0 ELSE 1 END,
				'null,null,null') ELSE 'null,null,null' END,
			coalesce(CASE WHEN l.rated_open THEN q.level END::text, 'null'),
			CASE WHEN (q.t).public_answer IS NOT NULL AND (q.t).hidden_at IS NULL AND (q.t).answered_at IS NOT NULL THEN 1 ELSE 0 END) || ']',
			',' ORDER BY (q.t).no) AS list
		FROM (SELECT t, s.level, l.open AND t.answered_at IS NOT NULL AS shown FROM core.ticket t
			LEFT JOIN core.ticket_step s ON s.ticket_id = t.id AND s.act = 'rate'
			WHERE t.first_org_id = o.id AND t.year = p_year AND t.state NOT IN ('quarantine', 'joined')
			ORDER BY t.no DESC LIMIT 20000) q
	) c
	-- also when the only ones were set aside or joined since
	WHERE EXISTS (SELECT FROM core.ticket t WHERE t.first_org_id = o.id AND t.year = p_year)
	UNION ALL
	SELECT 'ticket_list', 'offices', NULL, NULL, NULL, '{' || concat_ws(',', '"year":' || p_year, '"offices":['
		|| coalesce((SELECT string_agg('{' || concat_ws(',', core.js('code', o.code), core.js('name', o.name),
			core.js('above', u.code), core.ticket_line_json(o.id, true)) || '}', ',' ORDER BY o.code)
		FROM pg_temp.ticket_line l JOIN core.org o ON o.id = l.org_id LEFT JOIN core.org u ON u.id = o.parent_id
		WHERE l.own), '') || ']') || '}'
	WHERE 0 = ANY (p_ids) AND p_year = extract(year FROM core.today());
END
$$;

-- Reckons the numbers of this year and the last one (whose cases are still answered and rated) of all
-- offices that ever had a case, and publishes what changed. Older years stay as they were then.
CREATE OR REPLACE FUNCTION core.ticket_numbers_publish() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core SET jit = off AS $$
DECLARE
	this_year constant int := extract(year FROM core.today());
	ids bigint[];
BEGIN
	-- two that reckon at once: the later one sees more
	PERFORM pg_advisory_xact_lock(hashtext('core.ticket_numbers'));
	ids := ARRAY(SELECT DISTINCT u.id::bigint FROM (SELECT DISTINCT t.first_org_id AS id FROM core.ticket t) f
		JOIN core.org o ON o.id = f.id CROSS JOIN LATERAL unnest(o.path) u (id) ORDER BY 1);
	FOR y IN this_year - 1 .. this_year LOOP
		CONTINUE WHEN y < this_year AND NOT EXISTS (SELECT FROM core.ticket t WHERE t.year = y);
		PERFORM core.ticket_lines(y);
		PERFORM core.announce(core.store('ticket_numbers', 0 || ids, y) || core.store('ticket_lists', 0 || ids, y));
	END LOOP;
END
$$;

-- Daily, since a year ends and another begins.
CREATE OR REPLACE FUNCTION api.job_ticket_numbers() RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM core.ticket_numbers_publish();
	RETURN 0;
END
$$;
