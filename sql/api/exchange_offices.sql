-- Offices of a file: those below the office that brings it, new or with another name, phone or place
-- in the tree.

CREATE OR REPLACE FUNCTION core.import_judge_offices(f core.import_file) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	top constant core.org := (SELECT o FROM core.org o WHERE o.id = f.office_id);
	n bigint;
BEGIN
	DROP TABLE IF EXISTS pg_temp.work_office;
	CREATE TEMPORARY TABLE work_office ON COMMIT DROP AS
	WITH said AS (
		SELECT l.line, l.bad, l.cells AS c, lower(core.some(l.cells ->> 'code')) AS code,
			core.some(l.cells ->> 'name') AS name, lower(core.some(l.cells ->> 'parent')) AS parent,
			core.some(l.cells ->> 'phone') AS phone, row_number() OVER (PARTITION BY lower(core.some(l.cells ->> 'code'))
				ORDER BY l.line) AS nth,
			first_value(l.line) OVER (PARTITION BY lower(core.some(l.cells ->> 'code')) ORDER BY l.line) AS first_line
		FROM core.import_line l WHERE l.file_id = f.id
	)
	SELECT s.*, o.id, o.name AS old_name, o.phone AS old_phone, up.code AS old_parent,
		coalesce(s.name, o.name) AS n_name, CASE WHEN s.c ? 'phone' THEN s.phone ELSE o.phone END AS n_phone,
		coalesce(s.parent, up.code) AS n_parent, CASE
		WHEN s.bad IS NOT NULL THEN ARRAY[s.bad, NULL]
		WHEN s.code IS NULL THEN ARRAY['no_code', NULL]
		WHEN s.code !~ '^[a-z0-9][a-z0-9-]{0,39}$' THEN ARRAY['bad_office_code', s.code]
		WHEN o.id = f.office_id THEN ARRAY['own_office', s.code]
		WHEN o.id IS NOT NULL AND NOT o.path @> ARRAY[f.office_id] THEN ARRAY['outside', s.code]
		WHEN s.nth > 1 THEN ARRAY['duplicate', s.first_line::text]
		WHEN coalesce(s.name, o.name) IS NULL THEN ARRAY['no_name', s.code]
		WHEN length(s.name) > 200 OR length(s.phone) > 40 THEN ARRAY['too_long', NULL]
		WHEN coalesce(s.parent, up.code) IS NULL THEN ARRAY['no_parent', s.code]
		END AS refused
	FROM said s LEFT JOIN core.org o ON o.code = s.code LEFT JOIN core.org up ON up.id = o.parent_id;
	LOOP
		-- what hangs on nothing that is there, or on itself, after all of the good lines
		WITH RECURSIVE links AS (
			SELECT o.code, coalesce(w.n_parent, up.code) AS parent FROM core.org o JOIN core.org up ON up.id = o.parent_id
			LEFT JOIN pg_temp.work_office w ON w.code = o.code AND w.refused IS NULL
			WHERE o.path @> ARRAY[f.office_id] AND o.id <> f.office_id
			UNION SELECT w.code, w.n_parent FROM pg_temp.work_office w WHERE w.id IS NULL AND w.refused IS NULL
		), reached AS (
			SELECT top.code AS code
			UNION SELECT l.code FROM reached r JOIN links l ON l.parent = r.code
		)
		UPDATE pg_temp.work_office w SET refused = ARRAY[CASE WHEN EXISTS (SELECT FROM links l WHERE l.code = w.n_parent)
				THEN 'own_parent' WHEN EXISTS (SELECT FROM core.org o WHERE o.code = w.n_parent) THEN 'org_outside'
				ELSE 'unknown_parent' END, w.n_parent]
		WHERE w.refused IS NULL AND NOT EXISTS (SELECT FROM reached r WHERE r.code = w.code)
			-- who moved below himself is to blame, not who hangs on him
			AND (w.id IS NOT NULL OR NOT EXISTS (SELECT FROM pg_temp.work_office v WHERE v.refused IS NULL
				AND v.id IS NOT NULL AND NOT EXISTS (SELECT FROM reached r WHERE r.code = v.code)));
		GET DIAGNOSTICS n = ROW_COUNT;
		EXIT WHEN n = 0;
	END LOOP;
	INSERT INTO pg_temp.work_line (line, fate, reason, detail, target, change)
	SELECT w.line, CASE WHEN w.refused IS NOT NULL THEN 'refused' WHEN w.id IS NULL THEN 'created'
			WHEN d.change IS NULL THEN 'unchanged' ELSE 'changed' END, w.refused[1], w.refused[2],
		CASE WHEN w.refused IS NULL THEN w.code END, CASE WHEN w.refused IS NULL THEN d.change END
	FROM pg_temp.work_office w
	CROSS JOIN LATERAL (SELECT jsonb_object_agg(v.field, jsonb_build_array(v.old, v.new)) AS change
		FROM (VALUES ('name', w.old_name, w.n_name), ('phone', w.old_phone, w.n_phone),
			('parent', w.old_parent, w.n_parent)) AS v (field, old, new) WHERE v.old IS DISTINCT FROM v.new) d;
END
$$;

CREATE OR REPLACE FUNCTION core.import_org_snap(p_code text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT jsonb_build_object('name', o.name, 'phone', o.phone, 'parent', up.code)
	FROM core.org o LEFT JOIN core.org up ON up.id = o.parent_id WHERE o.code = p_code
$$;

-- Documents of offices, of those above them, and, by a job, of all that stands below what changed.
CREATE OR REPLACE FUNCTION core.import_publish_offices(p_new text[], p_changed text[], p_parents text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM core.publish('orgs', array_agg(o.id::bigint)) FROM core.org o
	WHERE o.code = ANY (p_new || p_changed || p_parents);
	PERFORM core.job_add('rebuild', jsonb_build_object('org', c)) FROM unnest(p_changed) c;
END
$$;

CREATE OR REPLACE FUNCTION core.import_apply_offices(f core.import_file) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	n int;
BEGIN
	UPDATE core.import_line l SET before = core.import_org_snap(l.target)
	WHERE l.file_id = f.id AND l.fate = 'changed';
	LOOP
		-- from above to below
		INSERT INTO core.org (parent_id, code, division_code, division_year, name, phone, source)
		SELECT up.id, w.code, CASE WHEN w.code ~ '^\d{12}$' THEN w.code END,
			CASE WHEN w.code ~ '^\d{12}$' THEN coalesce(up.division_year, extract(year FROM core.today())::int - 1) END,
			w.n_name, w.n_phone, core.import_source_name(f.office_id)
		FROM pg_temp.work_office w JOIN core.org up ON up.code = w.n_parent
		WHERE w.refused IS NULL AND w.id IS NULL AND NOT EXISTS (SELECT FROM core.org o WHERE o.code = w.code);
		GET DIAGNOSTICS n = ROW_COUNT;
		EXIT WHEN n = 0;
	END LOOP;
	UPDATE core.org o SET name = w.n_name, phone = w.n_phone FROM pg_temp.work_office w
	WHERE o.id = w.id AND w.refused IS NULL AND (o.name, o.phone) IS DISTINCT FROM (w.n_name, w.n_phone);
	PERFORM core.import_move_offices(ARRAY(SELECT w.code FROM pg_temp.work_office w WHERE w.refused IS NULL
		AND w.id IS NOT NULL AND w.n_parent <> w.old_parent ORDER BY w.line), ARRAY(SELECT w.n_parent
		FROM pg_temp.work_office w WHERE w.refused IS NULL AND w.id IS NOT NULL AND w.n_parent <> w.old_parent ORDER BY w.line));
	UPDATE core.import_line l SET after = core.import_org_snap(l.target)
	WHERE l.file_id = f.id AND l.fate IN ('created', 'changed');
	PERFORM core.import_publish_offices(
		ARRAY(SELECT l.target FROM core.import_line l WHERE l.file_id = f.id AND l.fate = 'created'),
		ARRAY(SELECT l.target FROM core.import_line l WHERE l.file_id = f.id AND l.fate = 'changed'),
		ARRAY(SELECT l.after ->> 'parent' FROM core.import_line l WHERE l.file_id = f.id AND l.after ? 'parent'
			UNION SELECT l.before ->> 'parent' FROM core.import_line l WHERE l.file_id = f.id AND l.before ? 'parent'));
END
$$;

-- Moves: in an order in which none stands below itself on the way.
CREATE OR REPLACE FUNCTION core.import_move_offices(p_codes text[], p_parents text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	m record;
	moved int;
BEGIN
	LOOP
		moved := 0;
		FOR m IN SELECT o.id, up.id AS up, up.path FROM unnest(p_codes, p_parents) AS u (code, parent)
			JOIN core.org o ON o.code = u.code JOIN core.org up ON up.code = u.parent
			WHERE o.parent_id IS DISTINCT FROM up.id
		LOOP
			IF NOT EXISTS (SELECT FROM core.org o WHERE o.id = m.up AND o.path @> ARRAY[m.id]) THEN
				UPDATE core.org SET parent_id = m.up WHERE id = m.id;
				moved := moved + 1;
			END IF;
		END LOOP;
		EXIT WHEN moved = 0;
	END LOOP;
END
$$;
