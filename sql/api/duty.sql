-- What is due when, and why: documents, lines, reminders and numbers all ask core.duties_of().

-- The day that lies an interval after a day: months and days, or working days of the office.
CREATE OR REPLACE FUNCTION core.due_after(p_org int, p_from date, p_months smallint,
	p_days smallint, p_work_days smallint, OUT day date, OUT provisional boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	IF p_work_days IS NULL THEN
		day := core.due(p_from, p_months, p_days);
		provisional := false;
	ELSE
		SELECT w.day, w.provisional INTO day, provisional
		FROM core.add_working_days(p_org, p_from, p_work_days) w;
	END IF;
END
$$;

-- When what was done at p_to is to be public: hours from then on, or the end of so many working days.
-- NULL: nothing says.
CREATE OR REPLACE FUNCTION core.post_deadline(p_org int, p_to timestamptz, p_hours smallint,
	p_work_days smallint) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	zone text;
BEGIN
	IF p_work_days IS NULL THEN
		RETURN p_to + make_interval(hours => p_hours);
	END IF;
	zone := (SELECT s.timezone FROM core.site s);
	RETURN ((SELECT w.day + 1 FROM core.add_working_days(p_org, (p_to AT TIME ZONE zone)::date,
		p_work_days) w))::timestamp AT TIME ZONE zone;
END
$$;

-- The duties of facilities today, the main one first (lowest rank, then type).
--   last          day it was last done, by a record of its type or of one that counts too
--   due           the earliest of: its interval after that day (never done: after the facility's
--                 first day or the rule's, whichever is later), what an announced event asks for,
--                 what a failed record asks for
--   overdue_from  due + 1; NULL also while neither this nor the main duty was ever done
--   why           how due came about (sql/STAFF.md)
CREATE OR REPLACE FUNCTION core.duties_of(p_ids bigint[]) RETURNS TABLE (
	facility_id bigint, type text, rank smallint, last date, due date, overdue_from date,
	soon_from date, soon_days smallint, rule text, months smallint, days smallint,
	work_days smallint, basis text, why jsonb)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
#variable_conflict use_column
DECLARE
	today constant date := core.today();
BEGIN
	RETURN QUERY
	WITH f AS MATERIALIZED (
		SELECT f.id, f.kind_id, f.since, p.org_id, o.path
		FROM unnest(p_ids) AS u (id)
		JOIN core.facility f ON f.id = u.id
		JOIN core.place p ON p.id = f.place_id
		JOIN core.org o ON o.id = p.org_id
	), spot AS MATERIALIZED (
		SELECT DISTINCT f.kind_id, f.org_id, f.path FROM f
	), duty AS MATERIALIZED (
		-- the rules in force today; the nearest office's wins
		SELECT DISTINCT ON (s.kind_id, s.org_id, r.type) s.kind_id, s.org_id, r.type, r.rank, r.code,
			r.months, r.days, r.work_days, r.soon_days, r.fail_days, r.fail_work_days, r.basis,
			r.valid_from, r.also
		FROM spot s JOIN core.rule r ON r.kind_id = s.kind_id AND r.org_id = ANY (s.path)
			AND today >= r.valid_from AND (r.valid_to IS NULL OR today <= r.valid_to)
		ORDER BY s.kind_id, s.org_id, r.type, array_position(s.path, r.org_id) DESC
	), asked AS MATERIALIZED (
		-- what offices announced and have not ended
		SELECT s.kind_id, s.org_id, e.type, e.id, e.what, e.on_date, e.days, e.work_days, e.basis,
			a.day, a.provisional
		FROM spot s JOIN core.event e ON e.org_id = ANY (s.path)
			AND e.kind_id = s.kind_id AND (e.ended_on IS NULL OR e.ended_on > today)
		CROSS JOIN LATERAL core.due_after(s.org_id, e.on_date, NULL, e.days, e.work_days) a
	), last AS MATERIALIZED (
		SELECT f.id, f.since, f.path, d.*, l.day AS done, l.seq,
			first_value(l.day) OVER (PARTITION BY f.id ORDER BY d.rank, d.type) IS NULL AS never
		FROM f JOIN duty d ON d.kind_id = f.kind_id AND d.org_id = f.org_id
		LEFT JOIN LATERAL (
			SELECT y.on_date AS day, y.seq FROM core.record y
			WHERE y.facility_id = f.id AND y.state = 'published'
				AND (y.type = d.type OR (y.verdict <> 'none' AND y.type = ANY (d.also)))
			ORDER BY y.on_date DESC, y.seq DESC LIMIT 1
		) l ON true
	)
	SELECT l.id, l.type, l.rank, l.done, w.day,
		CASE WHEN NOT (l.never AND l.done IS NULL) THEN w.day + 1 END, w.day - l.soon_days, l.soon_days,
		l.code, l.months, l.days, l.work_days, l.basis,
		jsonb_strip_nulls(jsonb_build_object('base', w.base, 'on', w.from_day, 'months', w.months,
			'days', w.days, 'work_days', w.work_days, 'rule', l.code, 'basis', coalesce(w.basis, l.basis),
			'provisional', nullif(w.provisional, false), 'event', w.event,
			'regular', CASE WHEN w.base IN ('event', 'failed') THEN n.day END))
	FROM last l
	CROSS JOIN LATERAL (
		SELECT b.day AS from_day, b.base, a.day, a.provisional
		FROM (SELECT coalesce(l.done, greatest(l.since, l.valid_from)) AS day, CASE
				WHEN l.done IS NOT NULL THEN 'record' WHEN l.since >= l.valid_from THEN 'since'
				ELSE 'rule' END AS base) b
		CROSS JOIN LATERAL core.due_after(l.org_id, b.day, l.months, l.days, l.work_days) a
	) n
	LEFT JOIN LATERAL (
		-- of what was announced since it was last done, what is due first
		SELECT a.* FROM asked a
		WHERE a.kind_id = l.kind_id AND a.org_id = l.org_id AND a.type = l.type
			AND l.since <= a.on_date AND (l.done IS NULL OR l.done < a.on_date)
		ORDER BY a.day, a.id LIMIT 1
	) e ON true
	LEFT JOIN LATERAL (
		SELECT x.id, x.on_date, a.day, a.provisional
		FROM core.failed_since(l.id, l.kind_id, l.path, l.done, l.seq) x
		CROSS JOIN LATERAL core.due_after(l.org_id, x.on_date, NULL, l.fail_days, l.fail_work_days) a
		WHERE l.fail_days IS NOT NULL OR l.fail_work_days IS NOT NULL
	) x ON true
	CROSS JOIN LATERAL (
		-- the earliest; of equal ones what is said first here
		SELECT v.* FROM (VALUES
			(1, e.day, 'event', e.on_date, NULL::smallint, e.days, e.work_days, e.basis, e.provisional,
				CASE WHEN e.id IS NOT NULL THEN jsonb_build_object('id', e.id, 'what', e.what, 'on',
					e.on_date) END),
			(2, x.day, 'failed', x.on_date, NULL, l.fail_days, l.fail_work_days, NULL, x.provisional,
				CASE WHEN x.id IS NOT NULL THEN jsonb_build_object('id', x.id, 'what', 'failed', 'on',
					x.on_date) END),
			(3, n.day, n.base, n.from_day, l.months, l.days, l.work_days, NULL, n.provisional, NULL)
		) AS v (k, day, base, from_day, months, days, work_days, basis, provisional, event)
		WHERE v.day IS NOT NULL OR v.k = 3
		ORDER BY v.day, v.k LIMIT 1
	) w
	ORDER BY l.id, l.rank, l.type;
END
$$;

-- The oldest failed record that nothing has cured, from a record (its day and number) on; that one
-- included. As "failed" of a facility: cured by a later passing record of its type, or of those
-- that the rule of its day names.
CREATE OR REPLACE FUNCTION core.failed_since(p_facility bigint, p_kind int, p_path int[],
	p_day date, p_seq int) RETURNS TABLE (id uuid, on_date date)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT y.id, y.on_date FROM core.record y
	WHERE y.facility_id = p_facility AND y.state = 'published' AND y.verdict = 'fail'
		AND (p_day IS NULL OR (y.on_date, y.seq) >= (p_day, p_seq))
		AND NOT EXISTS (SELECT FROM core.record z
			WHERE z.facility_id = p_facility AND z.state = 'published' AND z.verdict = 'pass'
				AND (z.on_date, z.seq) > (y.on_date, y.seq)
				AND (z.type = y.type OR z.type = ANY (coalesce((SELECT q.cured_by FROM core.rule q
					WHERE q.kind_id = p_kind AND q.type = y.type AND q.org_id = ANY (p_path)
						AND y.on_date >= q.valid_from AND (q.valid_to IS NULL OR y.on_date <= q.valid_to)
					ORDER BY array_position(p_path, q.org_id) DESC LIMIT 1), '{}'))))
	ORDER BY y.on_date, y.seq LIMIT 1
$$;

-- "why" of a duty in a document; NULL when it is due its interval after the day it was done, which the
-- other members say.
CREATE OR REPLACE FUNCTION core.duty_why(p_why jsonb) RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN p_why ->> 'base' <> 'record' OR p_why ? 'provisional' THEN '"why":{' || concat_ws(',',
		core.js('base', p_why ->> 'base'), core.js('on', p_why ->> 'on'),
		CASE WHEN p_why ? 'event' THEN concat_ws(',', '"days":' || (p_why ->> 'days'),
			'"work_days":' || (p_why ->> 'work_days'), core.js('regular', p_why ->> 'regular')) END,
		CASE WHEN p_why ->> 'base' = 'event' THEN concat_ws(',',
			core.js('what', p_why -> 'event' ->> 'what'), core.js('basis', p_why ->> 'basis')) END,
		'"provisional":' || (p_why ->> 'provisional')) || '}' END
$$;
