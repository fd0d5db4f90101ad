-- The board of an office: how many stand how, the list worst first, the offices below, the ends of
-- months. Shapes: sql/STAFF.md. These functions look past row security, under which none of the
-- indexes could be used, and ask for the scope themselves. An office is counted by its tally and
-- listed by index, whatever its size; a firm, a search or one firm's facilities are few, and read.

-- "board":true for a role that begins its day with the board: said when one logs in.
CREATE OR REPLACE FUNCTION core.lands_on_board(p_role text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT '"board":true' FROM core.role_right r WHERE r.role = p_role AND r.can = 'board'
$$;

-- The office a filter names, else one's own; NULL: a firm's account, all it has.
CREATE OR REPLACE FUNCTION core.board_top(p_org text) RETURNS int
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	top int := core.my_org();
	o core.org;
BEGIN
	IF core.some(p_org) IS NULL THEN
		RETURN top;
	END IF;
	SELECT * INTO o FROM core.org x WHERE x.code = core.some(p_org);
	IF o.id IS NULL OR (top IS NOT NULL AND NOT o.path @> ARRAY[top]) THEN
		RAISE EXCEPTION 'no office % in the scope', p_org USING ERRCODE = 'QR404';
	END IF;
	RETURN o.id;
END
$$;

-- Firms of a filter: a number is one of them, words are part of a name.
CREATE OR REPLACE FUNCTION core.board_firms(p_text text) RETURNS int[]
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT CASE WHEN p_text ~ '^[0-9]{1,9}$' THEN ARRAY[p_text::int] ELSE ARRAY(SELECT p.id
		FROM core.party p WHERE strpos(p.name, p_text) > 0 ORDER BY p.name, p.id LIMIT 20) END
$$;

-- The lines a filter narrows to, when they are few enough to be read; NULL: all of an office.
CREATE OR REPLACE FUNCTION core.board_ids(p_top int, p_filter jsonb) RETURNS bigint[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core SET enable_seqscan = off AS $$
DECLARE
	q constant text := core.some(p_filter ->> 'q');
	m constant text := core.some(p_filter ->> 'm');
	firms constant int[] := core.board_firms(m);
	ids bigint[];
BEGIN
	IF core.my_org() IS NULL THEN
		ids := ARRAY(SELECT DISTINCT core.facilities_of(core.my_party(), core.my_account()));
		IF p_top IS NOT NULL THEN
			ids := ARRAY(SELECT l.facility_id FROM core.facility_line l
				WHERE l.facility_id = ANY (ids) AND l.path @> ARRAY[p_top]);
		END IF;
	END IF;
	IF q IS NOT NULL THEN
		ids := ARRAY(SELECT l.facility_id FROM core.facility_line l
			WHERE l.facility_id = ANY (core.find(q, 2000)) AND (p_top IS NULL OR l.path @> ARRAY[p_top])
				AND (ids IS NULL OR l.facility_id = ANY (ids)));
	END IF;
	IF m IS NOT NULL THEN
		ids := ARRAY(SELECT l.facility_id FROM core.facility_line l
			WHERE l.manager_id = ANY (firms) AND (p_top IS NULL OR l.path @> ARRAY[p_top])
				AND (ids IS NULL OR l.facility_id = ANY (ids)) LIMIT 20000);
	END IF;
	RETURN ids;
END
$$;

-- "all":120,"overdue":7,"no_sticker":3, ..: states of a day and what is lacking.
CREATE OR REPLACE FUNCTION core.board_counts(p_top int, p_ids bigint[], p_kind int, p_on date) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	IF p_ids IS NULL THEN
		RETURN (SELECT coalesce(jsonb_object_agg(x.what, x.n), '{}') FROM (
			SELECT core.day_state(y.status, y.failed, y.never, y.overdue_from, y.soon_from, p_on) AS what,
				sum(y.n) AS n
			FROM core.line_tally y WHERE y.org_id = p_top AND (p_kind IS NULL OR y.kind_id = p_kind)
			GROUP BY 1 HAVING sum(y.n) <> 0
			UNION ALL
			SELECT y.flag, sum(y.n) FROM core.flag_tally y
			WHERE y.org_id = p_top AND (p_kind IS NULL OR y.kind_id = p_kind) GROUP BY 1
			HAVING sum(y.n) <> 0) x);
	END IF;
	RETURN (SELECT coalesce(jsonb_object_agg(x.what, x.n), '{}') FROM (
		SELECT w.what, count(*) AS n FROM core.facility_line l
		CROSS JOIN LATERAL unnest(core.line_flags(l) || core.line_state(l, p_on)) w (what)
		WHERE l.facility_id = ANY (p_ids) AND (p_kind IS NULL OR l.kind_id = p_kind) GROUP BY 1) x);
END
$$;

-- The parts a list goes through, in their order: what holds for a line l on day $2. Days beyond
-- those the state asks for, so that an index is read from where to where.
CREATE OR REPLACE FUNCTION core.board_parts(p_state text, p_on date) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	-- further ahead nothing is due soon
	far constant int := 1 + (SELECT coalesce(max(q.soon_days), 0) FROM core.rule q);
	serves constant text := $q$l.status = 'in_service' AND NOT l.failed$q$;
	failed constant text := $q$l.status = 'in_service' AND l.failed$q$;
	overdue constant text := serves || ' AND NOT l.lost AND l.sort_day <= $2 AND l.overdue_from <= $2';
	lost constant text := serves || ' AND l.lost';
	dated constant text := serves || ' AND l.never AND l.overdue_from IS NOT NULL AND l.overdue_from > $2';
	soon constant text := serves || ' AND NOT l.lost AND NOT l.never AND l.sort_day >= $2 - 1'
		|| ' AND l.sort_day <= $2 + ' || far || ' AND l.soon_from <= $2 AND l.overdue_from > $2';
	on_time constant text := serves || ' AND NOT l.lost AND NOT l.never AND l.sort_day >= $2 - 1'
		|| ' AND coalesce(l.soon_from > $2, true) AND coalesce(l.overdue_from > $2, true)';
	wanted constant text[] := ARRAY[failed, overdue, lost, dated, soon];
BEGIN
	RETURN CASE p_state
		WHEN 'wanted' THEN wanted
		WHEN 'all' THEN wanted || on_time || $q$l.status = 'suspended'$q$::text
		WHEN 'failed' THEN ARRAY[failed]
		WHEN 'overdue' THEN ARRAY[overdue]
		WHEN 'no_record' THEN ARRAY[lost, dated]
		WHEN 'due_soon' THEN ARRAY[soon]
		WHEN 'on_time' THEN ARRAY[on_time]
		WHEN 'suspended' THEN ARRAY[$q$l.status = 'suspended'$q$]
		WHEN 'retired' THEN ARRAY[$q$l.status = 'retired'$q$]
		WHEN 'unmanaged' THEN ARRAY[$q$l.unmanaged AND l.status <> 'retired'$q$]
		WHEN 'no_manager' THEN
			ARRAY[$q$l.manager_id IS NULL AND NOT l.unmanaged AND l.status <> 'retired'$q$]
		WHEN 'waiting' THEN ARRAY[$q$l.waiting AND l.status <> 'retired'$q$]
		WHEN 'post_late' THEN ARRAY[$q$l.post_late AND l.status <> 'retired'$q$]
		WHEN 'no_sticker' THEN ARRAY[$q$NOT l.sticker AND l.status <> 'retired'$q$]
		WHEN 'unscanned' THEN ARRAY[$q$l.sticker AND NOT l.scanned AND l.status <> 'retired'$q$]
		WHEN 'marked' THEN ARRAY[$q$l.marked AND l.status <> 'retired'$q$]
		WHEN 'never' THEN ARRAY[$q$l.never AND l.status <> 'retired'$q$] END;
END
$$;

-- Up to p_n lines behind p_after, and the key each stands at: "PART.DAY.ID", or by place
-- "OFFICE.PLACE.ID". A few offices are read one by one and merged, many through one index.
CREATE OR REPLACE FUNCTION core.board_list(p_top int, p_ids bigint[], p_kind int, p_state text,
	p_by_place boolean, p_after text, p_n int, p_on date) RETURNS TABLE (id bigint, key text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	many constant int := 300;
	parts text[] := core.board_parts(p_state, p_on);
	orgs constant int[] := ARRAY(SELECT o.id FROM core.org o WHERE p_ids IS NULL AND o.path @> ARRAY[p_top]);
	after text[];
	ordered constant text := CASE WHEN p_by_place THEN 'l.org_id, l.place_id, l.facility_id'
		ELSE 'l.sort_day, l.facility_id' END;
	cond text;
	n int := 0;
	got int;
BEGIN
	after := regexp_match(p_after, CASE WHEN p_by_place THEN '^([0-9]{1,9})\.([0-9]{1,18})\.([0-9]{1,18})$'
		ELSE '^([0-9])\.(infinity|[0-9]{4}-[01][0-9]-[0-3][0-9])\.([0-9]{1,18})$' END);
	IF p_by_place AND cardinality(parts) > 1 THEN
		parts := ARRAY['((' || array_to_string(parts, ') OR (') || '))'];
	END IF;
	FOR i IN 1 .. cardinality(parts) LOOP
		CONTINUE WHEN NOT p_by_place AND i < after[1]::int;
		cond := parts[i] || CASE WHEN p_kind IS NOT NULL THEN ' AND l.kind_id = $4' ELSE '' END
			|| CASE WHEN p_by_place AND after IS NOT NULL THEN format(
				' AND (l.org_id, l.place_id, l.facility_id) > (%s, %s, %s)', after[1], after[2], after[3])
			WHEN i = after[1]::int THEN format(' AND (l.sort_day, l.facility_id) > (%L::date, %s)', after[2], after[3])
			ELSE '' END;
		RETURN QUERY EXECUTE CASE WHEN p_ids IS NOT NULL THEN format(
				'SELECT l.facility_id, %s FROM core.facility_line l WHERE l.facility_id = ANY ($5) AND %s
				ORDER BY %s LIMIT $3', core.board_key(p_by_place, i), cond, ordered)
			WHEN cardinality(orgs) > many THEN format(
				'SELECT l.facility_id, %s FROM core.facility_line l WHERE l.org_id = ANY ($1) AND %s
				ORDER BY %s LIMIT $3', core.board_key(p_by_place, i), cond, ordered)
			ELSE format(
				'SELECT l.facility_id, %s FROM unnest($1) o (id) CROSS JOIN LATERAL (SELECT * FROM core.facility_line l
				WHERE l.org_id = o.id AND %s ORDER BY %s LIMIT $3) l ORDER BY %3$s LIMIT $3',
				core.board_key(p_by_place, i), cond, ordered) END
		USING orgs, p_on, p_n - n, p_kind, p_ids;
		GET DIAGNOSTICS got = ROW_COUNT;
		n := n + got;
		EXIT WHEN n >= p_n;
	END LOOP;
END
$$;
CREATE OR REPLACE FUNCTION core.board_key(p_by_place boolean, p_part int) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN p_by_place THEN $q$concat_ws('.', l.org_id, l.place_id, l.facility_id)$q$
		ELSE format($q$concat_ws('.', %s, CASE l.sort_day WHEN 'infinity' THEN 'infinity'
			ELSE to_char(l.sort_day, 'YYYY-MM-DD') END, l.facility_id)$q$, p_part) END
$$;

-- Rows of the list, in the order given.
CREATE OR REPLACE FUNCTION core.board_rows(p_ids bigint[], p_on date) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core SET enable_seqscan = off AS $$
BEGIN
	RETURN '[' || coalesce((SELECT string_agg('{' || concat_ws(',', core.facility_words(l.facility_id),
			core.js('state', core.line_state(l, p_on)), core.js('type', l.type), core.js('due', l.due),
			'"days":' || (l.due - p_on), '"manager":{"id":' || m.id || ',' || core.js('name', m.name) || '}',
			CASE WHEN l.unmanaged THEN '"unmanaged":true' END,
			CASE WHEN l.post_late THEN '"post_late":true' END,
			CASE WHEN l.waiting THEN core.board_waiting(l.facility_id) END,
			core.board_reminded(l.facility_id, l.type, l.due)) || '}', ',' ORDER BY u.k)
		FROM unnest(p_ids) WITH ORDINALITY AS u (id, k)
		JOIN core.facility_line l ON l.facility_id = u.id
		LEFT JOIN core.party m ON m.id = l.manager_id), '') || ']';
END
$$;
-- "waiting":{"id","received"}: the oldest record that waits for its confirmation.
CREATE OR REPLACE FUNCTION core.board_waiting(p_facility bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT '"waiting":{"id":"' || r.id || '",' || core.js('received', v.received_at) || '}'
	FROM core.record r JOIN core.revision v ON v.record_id = r.id AND v.rev = coalesce(r.pending_rev, r.rev)
	WHERE r.facility_id = p_facility AND (r.state IN ('draft', 'submitted', 'returned')
			OR r.pending_state IS NOT NULL) AND coalesce(r.pending_state, r.state) = 'submitted'
	ORDER BY v.received_at, r.id LIMIT 1
$$;

-- "reminded":{"n","on"}: how often of what is due now, and when last.
CREATE OR REPLACE FUNCTION core.board_reminded(p_facility bigint, p_type text, p_due date) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT '"reminded":{"n":' || count(*) || ',' || core.js('on', max(m.on_day)) || '}'
	FROM core.reminder m WHERE m.facility_id = p_facility AND m.type = p_type AND m.due = p_due
	HAVING count(*) > 0
$$;

-- The offices right below one, worst first, with what is counted below each: all of them, or p_n.
CREATE OR REPLACE FUNCTION core.board_children(p_top int, p_kind int, p_on date, p_n int) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core SET enable_seqscan = off AS $$
BEGIN
	RETURN '[' || coalesce((SELECT string_agg('{' || core.js('code', q.code) || ',' || core.js('name', q.name)
			|| ',"counts":' || q.counts::text || '}', ',' ORDER BY q.worst DESC, q.code)
		FROM (SELECT o.code, o.name, x.counts, coalesce((x.counts ->> 'failed')::int, 0)
				+ coalesce((x.counts ->> 'overdue')::int, 0) AS worst
			FROM core.org o
			CROSS JOIN LATERAL (SELECT core.board_counts(o.id, NULL, p_kind, p_on) AS counts) x
			WHERE o.parent_id = p_top AND coalesce((x.counts ->> 'all')::int, 0) > 0
			ORDER BY worst DESC, o.code LIMIT p_n) q), '') || ']';
END
$$;

-- Ends of the last months, oldest first, without the one that runs.
CREATE OR REPLACE FUNCTION core.board_trend(p_top int, p_on date, p_n int) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT '[' || coalesce(string_agg('{' || concat_ws(',', core.js('month', to_char(q.month, 'YYYY-MM')),
		core.js('as_of', q.as_of), core.js('facilities', q.facilities::bigint), core.js('overdue', q.overdue::bigint),
		core.js('no_record', q.no_record::bigint)) || '}', ',' ORDER BY q.month), '') || ']'
	FROM (SELECT * FROM core.month_snapshot s
		WHERE s.org_id = p_top AND s.month < date_trunc('month', p_on) ORDER BY s.month DESC LIMIT p_n) q
$$;

-- "org","up","kinds": where one is, what leads up, what kinds stand there.
CREATE OR REPLACE FUNCTION core.board_place(p_top int) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT concat_ws(',', '"org":' || (SELECT core.org_json(o.code, o.name, NULL) FROM core.org o WHERE o.id = p_top),
		'"up":[' || coalesce((SELECT string_agg(core.org_json(u.code, u.name, NULL), ',' ORDER BY cardinality(u.path))
			FROM core.org o JOIN core.org u ON u.id = ANY (o.path) AND u.id <> o.id
			WHERE o.id = p_top AND (core.my_org() IS NULL OR u.path @> ARRAY[core.my_org()])), '') || ']',
		'"kinds":[' || coalesce((SELECT string_agg(to_json(k.code)::text, ',' ORDER BY k.rank, k.code) FROM core.kind k
			WHERE p_top IS NULL OR k.id IN (SELECT t.kind_id FROM core.flag_tally t
				WHERE t.org_id = p_top AND t.flag = 'all')), '') || ']')
$$;

CREATE OR REPLACE FUNCTION core.board(p_filter jsonb) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	day constant date := core.today();
	wanted constant text := coalesce(core.some(p_filter ->> 's'), 'wanted');
	n constant int := CASE WHEN p_filter ->> 'n' ~ '^[0-9]{1,3}$'
		THEN least(greatest((p_filter ->> 'n')::int, 1), 200) ELSE 10 END;
	kind constant text := core.some(p_filter ->> 'kind');
	of_kind constant int := (SELECT k.id FROM core.kind k WHERE k.code = kind);
	top int;
	ids bigint[];
	counts jsonb;
	found_ids bigint[];
	keys text[];
BEGIN
	IF core.my_account() IS NULL THEN
		RETURN NULL;
	END IF;
	IF kind IS NOT NULL AND of_kind IS NULL THEN
		PERFORM auth.refuse(core.bad('kind', 'unknown'));
	END IF;
	IF core.board_parts(wanted, day) IS NULL THEN
		PERFORM auth.refuse(core.bad('s', 'unknown'));
	END IF;
	top := core.board_top(p_filter ->> 'org');
	ids := core.board_ids(top, p_filter);
	counts := core.board_counts(top, ids, of_kind, day);
	SELECT array_agg(x.id), array_agg(x.key) INTO found_ids, keys
	FROM core.board_list(top, ids, of_kind, wanted, coalesce(p_filter ->> 'o' = 'place', false), p_filter ->> 'after', n + 1, day) x;
	RETURN concat_ws(',', core.board_place(top), '"counts":' || counts::text,
		'"list":{' || concat_ws(',', core.js('s', wanted), '"rows":' || core.board_rows(found_ids[:n], day),
			CASE WHEN cardinality(found_ids) > n THEN core.js('next', keys[n]) END) || '}',
		'"trend":' || CASE WHEN ids IS NULL AND of_kind IS NULL THEN core.board_trend(top, day, 5) END,
		'"children":' || CASE WHEN ids IS NULL THEN core.board_children(top, of_kind, day, 10) END);
END
$$;

CREATE OR REPLACE FUNCTION api.staff_board(p_session bytea, p_filter jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
BEGIN
	PERFORM auth.enter(p_session, 'board');
	PERFORM core.use_timezone();
	RETURN '{' || concat_ws(',', '"me":' || auth.me(), '"ref":' || core.ref(), core.js('today', core.today()),
		core.board(coalesce(p_filter, '{}'))) || '}';
END
$$;
