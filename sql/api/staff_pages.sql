-- Pages of people who log in: home, search, facility, record, form. Shapes: sql/STAFF.md.

-- One's own that came back or were not sent, and what one may confirm.
CREATE OR REPLACE FUNCTION core.home_records(p_what text) RETURNS uuid[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	IF p_what = 'waiting' THEN
		IF NOT core.my_right('confirm') THEN
			RETURN '{}';
		END IF;
		RETURN ARRAY(SELECT r.id FROM core.record r
			JOIN core.revision v ON v.record_id = r.id AND v.rev = coalesce(r.pending_rev, r.rev)
			WHERE (r.state IN ('draft', 'submitted', 'returned') OR r.pending_state IS NOT NULL)
				AND coalesce(r.pending_state, r.state) = 'submitted'
				AND v.by_account IS DISTINCT FROM core.my_account()
			ORDER BY v.received_at, r.id LIMIT 1000);
	END IF;
	RETURN ARRAY(SELECT r.id FROM core.record r
		WHERE r.author = core.my_account()
			AND (r.state IN ('draft', 'returned') OR r.pending_state IN ('draft', 'returned'))
			AND coalesce(r.pending_state, r.state) = p_what
		ORDER BY r.on_date DESC, r.id LIMIT 1000);
END
$$;

-- Lines of the account in force on a day: how many in each state, and the 50 that are wanted first;
-- within a state the nearest where it is known where one stands, else what is due longest. These
-- functions look past row security, under which none of the indexes could be used, and ask for the
-- scope themselves. An office is counted by its tally; a firm has few, and these are read.
CREATE OR REPLACE FUNCTION core.home_lines(p_lon numeric, p_lat numeric) RETURNS TABLE (counts text, ids bigint[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	day constant date := core.today();
	top constant int := core.my_org();
	orgs constant int[] := ARRAY(SELECT o.id FROM core.org o WHERE o.path @> ARRAY[top]);
	here constant point := point(p_lon::float8, p_lat::float8);
	mine bigint[];
BEGIN
	IF core.my_account() IS NULL THEN
		RETURN;
	END IF;
	mine := ARRAY(SELECT core.facilities_of(core.my_party(), core.my_account()));
	IF top IS NOT NULL THEN
		-- 50 of each state by index; with a place to stand, of the 500 nearest within about 10 km as well
		mine := mine || core.wanted_lines(orgs, day);
		IF here IS NOT NULL THEN
			mine := mine || ARRAY(SELECT x.facility_id FROM (SELECT l.facility_id, l.org_id
					FROM core.facility_line l WHERE l.lon IS NOT NULL
						AND point(l.lon::float8, l.lat::float8) <@ box(here - point(0.1, 0.1), here + point(0.1, 0.1))
					ORDER BY point(l.lon::float8, l.lat::float8) <-> here LIMIT 500) x
				WHERE x.org_id = ANY (orgs));
		END IF;
	END IF;
	RETURN QUERY
	WITH l AS MATERIALIZED (
		SELECT x.facility_id, x.org_id, core.line_state(x, day) AS state, x.due, x.lon, x.lat
		FROM core.facility_line x WHERE x.facility_id = ANY (mine)
	), t AS (
		SELECT core.day_state(y.status, y.failed, y.never, y.overdue_from, y.soon_from, day) AS state, y.n
		FROM core.line_tally y WHERE y.org_id = top
		UNION ALL
		SELECT l.state, 1 FROM l WHERE l.org_id <> ALL (orgs)
	)
	SELECT (SELECT concat_ws(',', '"facilities":' || coalesce(sum(t.n), 0),
			'"overdue":' || coalesce(sum(t.n) FILTER (WHERE t.state = 'overdue'), 0),
			'"failed":' || coalesce(sum(t.n) FILTER (WHERE t.state = 'failed'), 0),
			'"no_record":' || coalesce(sum(t.n) FILTER (WHERE t.state = 'no_record'), 0),
			'"due_soon":' || coalesce(sum(t.n) FILTER (WHERE t.state = 'due_soon'), 0)) FROM t),
		ARRAY(SELECT q.facility_id FROM l q
			WHERE q.state IN ('failed', 'overdue', 'no_record', 'due_soon')
			ORDER BY CASE q.state WHEN 'failed' THEN 1 WHEN 'overdue' THEN 2 WHEN 'no_record' THEN 3
				ELSE 4 END, core.metres(q.lon, q.lat, p_lon, p_lat), q.due, q.facility_id LIMIT 50);
END
$$;

-- Of each state the 50 lines of these offices that were wanted first.
CREATE OR REPLACE FUNCTION core.wanted_lines(p_orgs int[], p_on date) RETURNS bigint[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	-- further ahead nothing is due soon
	far constant date := p_on + 1 + (SELECT coalesce(max(q.soon_days), 0) FROM core.rule q)::int;
BEGIN
	RETURN ARRAY(SELECT x.facility_id FROM unnest(p_orgs) o (id) CROSS JOIN LATERAL (
			SELECT l.facility_id FROM core.facility_line l
			WHERE l.org_id = o.id AND l.status = 'in_service' AND l.failed LIMIT 50) x LIMIT 500)
	|| ARRAY(SELECT x.facility_id FROM unnest(p_orgs) o (id) CROSS JOIN LATERAL (
			(SELECT l.facility_id, l.overdue_from FROM core.facility_line l
			WHERE l.org_id = o.id AND NOT l.never AND l.overdue_from <= p_on
				AND l.status = 'in_service' AND NOT l.failed ORDER BY l.overdue_from LIMIT 50)
			UNION ALL
			(SELECT l.facility_id, l.overdue_from FROM core.facility_line l
			WHERE l.org_id = o.id AND l.never AND l.overdue_from <= p_on
				AND l.status = 'in_service' AND NOT l.failed ORDER BY l.overdue_from LIMIT 50)) x
		ORDER BY x.overdue_from, x.facility_id LIMIT 50)
	|| ARRAY(SELECT x.facility_id FROM unnest(p_orgs) o (id) CROSS JOIN LATERAL (
			(SELECT l.facility_id, l.overdue_from FROM core.facility_line l
			WHERE l.org_id = o.id AND l.never AND l.overdue_from > p_on
				AND l.status = 'in_service' AND NOT l.failed ORDER BY l.overdue_from LIMIT 50)
			UNION ALL
			(SELECT l.facility_id, l.overdue_from FROM core.facility_line l
			WHERE l.org_id = o.id AND l.never AND l.overdue_from IS NULL
				AND l.status = 'in_service' AND NOT l.failed LIMIT 50)) x
		ORDER BY x.overdue_from, x.facility_id LIMIT 50)
	|| ARRAY(SELECT x.facility_id FROM unnest(p_orgs) o (id) CROSS JOIN LATERAL (
			SELECT l.facility_id, l.overdue_from FROM core.facility_line l
			WHERE l.org_id = o.id AND NOT l.never AND l.overdue_from > p_on AND l.overdue_from <= far
				AND l.status = 'in_service' AND NOT l.failed AND l.soon_from <= p_on
			ORDER BY l.overdue_from LIMIT 50) x
		ORDER BY x.overdue_from, x.facility_id LIMIT 50);
END
$$;

CREATE OR REPLACE FUNCTION api.staff_home(p_session bytea, p_lon numeric, p_lat numeric) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	back uuid[];
	drafts uuid[];
	waiting uuid[];
	late int;
	lines record;
BEGIN
	PERFORM auth.enter(p_session, 'view');
	PERFORM core.use_timezone();
	back := core.home_records('returned');
	drafts := core.home_records('draft');
	waiting := core.home_records('waiting');
	SELECT count(*) INTO late FROM unnest(waiting) u (id) JOIN core.record r ON r.id = u.id
	JOIN core.revision v ON v.record_id = r.id AND v.rev = coalesce(r.pending_rev, r.rev)
	WHERE r.published_at IS NULL
		AND core.post_due(r.facility_id, r.type, v.performed_to) < core.now();
	SELECT * INTO lines FROM core.home_lines(p_lon, p_lat);
	RETURN '{' || concat_ws(',', '"me":' || auth.me(), '"ref":' || core.ref(), core.js('today', core.today()),
		'"counts":{' || lines.counts || ',"returned":' || cardinality(back) || ',"drafts":'
			|| cardinality(drafts) || ',"waiting":' || cardinality(waiting) || ',"post_late":' || late || '}',
		'"returned":' || core.records_json(back[:50]), '"drafts":' || core.records_json(drafts[:50]),
		'"waiting":' || core.records_json(waiting[:50]),
		'"facilities":' || core.facilities_json(lines.ids, p_lon, p_lat)) || '}';
END
$$;

-- Facilities whose text holds every word of p_q, at most p_limit, within the scope. Looks past
-- row security, under which no index of words could be used, and asks for the scope itself. Of
-- words that fit more than 2,000 not all are looked at: nobody finds anything by those.
CREATE OR REPLACE FUNCTION core.find(p_q text, p_limit int) RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core SET enable_seqscan = off AS $$
DECLARE
	words constant text[] := ARRAY(SELECT core.norm(w) FROM regexp_split_to_table(left(p_q, 100), '\s+') w
		WHERE core.norm(w) <> '' LIMIT 8);
	wanted constant text[] := ARRAY(SELECT DISTINCT g FROM unnest(words) w, unnest(core.grams(w)) g);
	top constant int := core.my_org();
	mine bigint[];
BEGIN
	IF words = '{}' OR core.my_account() IS NULL THEN
		RETURN '{}';
	END IF;
	mine := ARRAY(SELECT core.facilities_of(core.my_party(), core.my_account()));
	RETURN ARRAY(SELECT q.facility_id FROM (
			(SELECT x.facility_id, x.text FROM core.facility_find x
			WHERE top IS NOT NULL AND x.grams @> (wanted || ('#' || top))
				AND (SELECT bool_and(strpos(x.text, w) > 0) FROM unnest(words) w) LIMIT 2000)
			UNION
			(SELECT x.facility_id, x.text FROM core.facility_find x
			WHERE x.facility_id = ANY (mine)
				AND (SELECT bool_and(strpos(x.text, w) > 0) FROM unnest(words) w))) q
		ORDER BY length(q.text), q.facility_id LIMIT p_limit);
END
$$;

CREATE OR REPLACE FUNCTION api.staff_search(p_session bytea, p_q text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	ids bigint[];
BEGIN
	PERFORM auth.enter(p_session, 'view');
	ids := core.find(p_q, 51);
	RETURN '{' || concat_ws(',', '"me":' || auth.me(), '"ref":' || core.ref(),
		core.js('q', left(p_q, 100)), '"facilities":' || core.facilities_json(ids[:50], NULL, NULL),
		'"more":' || (cardinality(ids) > 50)::text) || '}';
END
$$;

-- Types one may submit for a facility, in the kind's order: those that its kind has.
CREATE OR REPLACE FUNCTION core.types_of(p_facility bigint) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	IF NOT core.my_right('submit') THEN
		RETURN '[]';
	END IF;
	RETURN (SELECT '[' || string_agg(to_json(t)::text, ',' ORDER BY n) || ']' FROM core.facility f
		JOIN core.kind k ON k.id = f.kind_id
		CROSS JOIN LATERAL json_object_keys(k.data -> 'types') WITH ORDINALITY AS u (t, n)
		WHERE f.id = p_facility);
END
$$;

CREATE OR REPLACE FUNCTION core.my_rights_json() RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT '[' || coalesce(string_agg(to_json(r.can)::text, ',' ORDER BY r.can), '') || ']'
	FROM core.role_right r WHERE r.role = core.my_role()
$$;

CREATE OR REPLACE FUNCTION api.staff_facility(p_session bytea, p_code text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	code constant text := upper(core.some(p_code));
	head text;
	l core.label;
	pl core.place;
	f core.facility;
BEGIN
	PERFORM auth.enter(p_session, 'view');
	PERFORM core.use_timezone();
	head := '{"me":' || auth.me() || ',"ref":' || core.ref() || ',';
	SELECT * INTO f FROM core.facility x WHERE x.code = upper(core.some(p_code));
	IF NOT FOUND THEN
		SELECT * INTO l FROM core.label x WHERE x.code = upper(core.some(p_code));
		-- a blank one may be of no office yet
		IF l.state = 'blank' OR core.label_free(code) THEN
			RETURN head || '"label":{' || core.js('code', code) || ',"state":"blank"},"can":'
				|| core.my_rights_json() || '}';
		END IF;
		IF l.state = 'active' THEN
			SELECT * INTO f FROM core.facility x WHERE x.id = l.facility_id;
			SELECT * INTO pl FROM core.place x WHERE x.id = l.place_id;
		END IF;
	END IF;
	IF pl.id IS NOT NULL THEN
		RETURN head || '"place":{' || concat_ws(',', core.js('code', pl.code::text), core.js('name', pl.name),
			core.js('address', pl.address)) || '},"facilities":' || core.facilities_json(ARRAY(
				SELECT x.id FROM core.facility x JOIN core.kind k ON k.id = x.kind_id
				WHERE x.place_id = pl.id
				ORDER BY k.rank, x.building NULLS FIRST, x.name NULLS FIRST, x.code LIMIT 50), NULL, NULL) || '}';
	END IF;
	IF f.id IS NULL THEN
		RAISE EXCEPTION 'no facility %', p_code USING ERRCODE = 'QR404';
	END IF;
	RETURN head || concat_ws(',',
		'"facility":' || (SELECT d.doc FROM core.document d WHERE d.kind = 'facility' AND d.key = f.code),
		core.js('state', (SELECT core.line_state(x, core.today()) FROM core.facility_line x
			WHERE x.facility_id = f.id)),
		'"records":' || core.records_json(ARRAY(SELECT r.id FROM core.record r WHERE r.facility_id = f.id
			AND (r.state <> 'draft' OR r.author = core.my_account())
			ORDER BY r.on_date DESC, r.seq DESC LIMIT 20)),
		'"types":' || core.types_of(f.id),
		'"labels":[' || coalesce((SELECT string_agg('{' || concat_ws(',', core.js('code', x.code::text),
				core.js('spot', x.spot), core.js('since', x.since::date),
				CASE WHEN x.damaged_at IS NOT NULL THEN '"damaged":true' END, core.alarms_json(x.code),
				core.sticker_seen(x.code, NULL)) || '}', ',' ORDER BY x.since, x.code)
			FROM core.label x WHERE x.facility_id = f.id AND x.state = 'active'), '') || ']',
		core.sticker_seen(NULL, f.id),
		'"reminders":' || core.reminders_json(f.id),
		'"can":' || core.my_rights_json()) || '}';
END
$$;

-- At most 20 firms that may stand in a role for a facility, one's own first: those that did so near
-- by, then cleaners with a filing in force. The name of another firm may be typed.
CREATE OR REPLACE FUNCTION core.form_parties(p_role text, p_facility bigint) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	day constant date := core.today();
	mine constant int := core.my_party();
	own constant boolean := p_role = 'cleaner' AND mine IS NOT NULL AND core.my_role() = 'inspector';
	near int[] := ARRAY(SELECT mine WHERE mine IS NOT NULL);
BEGIN
	IF NOT own THEN
		near := core.parties_near(near, p_role, p_facility, 20);
		IF p_role = 'cleaner' THEN
			near := near || ARRAY(SELECT DISTINCT g.party_id FROM core.party_filing g
				WHERE g.valid_from <= day AND (g.valid_to IS NULL OR g.valid_to >= day)
					AND g.party_id <> ALL (near) ORDER BY g.party_id LIMIT 20);
		END IF;
	END IF;
	RETURN '[' || coalesce((SELECT string_agg('{' || concat_ws(',', '"id":' || p.id, core.js('name', p.name),
			core.js('filing', g.number), core.js('filing_to', g.valid_to),
			core.js('filing_state', CASE WHEN g.number IS NULL THEN 'none'
				WHEN g.valid_from <= day AND (g.valid_to IS NULL OR g.valid_to >= day) THEN 'valid'
				ELSE 'expired' END)) || '}', ',' ORDER BY p.id IS DISTINCT FROM mine, p.name, p.id)
		FROM unnest(near[:20]) u (id) JOIN core.party p ON p.id = u.id
		LEFT JOIN LATERAL (SELECT x.* FROM core.party_filing x WHERE x.party_id = p.id
			ORDER BY x.valid_from <= day AND (x.valid_to IS NULL OR x.valid_to >= day) DESC,
				x.valid_to DESC NULLS FIRST LIMIT 1) g ON true), '') || ']';
END
$$;

-- p_have and firms that stood in a role near a facility, up to p_limit: first in its place, then in
-- the area of its office, then of the one above if that has one above itself. Of each the four
-- newest records of 500 facilities are looked at.
CREATE OR REPLACE FUNCTION core.parties_near(p_have int[], p_role text, p_facility bigint, p_limit int)
RETURNS int[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core SET enable_seqscan = off AS $$
DECLARE
	f record;
	have int[] := p_have;
	nearby bigint[];
	i int;
BEGIN
	SELECT x.place_id, o.path INTO f FROM core.facility x JOIN core.place p ON p.id = x.place_id
	JOIN core.org o ON o.id = p.org_id WHERE x.id = p_facility;
	FOR i IN REVERSE cardinality(f.path) + 1 .. least(greatest(cardinality(f.path) - 1, 2),
		cardinality(f.path)) LOOP
		EXIT WHEN cardinality(have) >= p_limit;
		IF i > cardinality(f.path) THEN
			nearby := ARRAY(SELECT x.id FROM core.facility x WHERE x.place_id = f.place_id LIMIT 500);
		ELSE
			nearby := ARRAY(SELECT x.facility_id FROM core.org o CROSS JOIN LATERAL (SELECT l.facility_id
				FROM core.facility_line l WHERE l.org_id = o.id LIMIT 500) x
				WHERE o.path @> ARRAY[f.path[i]] LIMIT 500);
		END IF;
		have := have || ARRAY(SELECT q.party_id FROM (
				SELECT y.party_id FROM unnest(nearby) u (id)
				CROSS JOIN LATERAL (SELECT r.id, r.rev FROM core.record r WHERE r.facility_id = u.id
					AND r.published_at IS NOT NULL ORDER BY r.on_date DESC LIMIT 4) r
				JOIN core.revision_party y ON y.record_id = r.id AND y.rev = r.rev AND y.role = p_role
				WHERE y.party_id IS NOT NULL LIMIT 2000) q
			WHERE q.party_id <> ALL (have)
			GROUP BY q.party_id ORDER BY count(*) DESC, q.party_id LIMIT p_limit - cardinality(have));
	END LOOP;
	RETURN have;
END
$$;

CREATE OR REPLACE FUNCTION api.staff_record_form(p_session bytea, p_code text, p_type text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	f bigint;
	kind json;
	type json;
	wanted text;
	up int[];
	m record;
BEGIN
	PERFORM auth.enter(p_session, 'view');
	PERFORM core.need_any('{submit,correct}');
	PERFORM core.use_timezone();
	f := auth.need_facility(p_code);
	SELECT k.data, o.path INTO kind, up FROM core.facility x JOIN core.kind k ON k.id = x.kind_id
	JOIN core.place p ON p.id = x.place_id JOIN core.org o ON o.id = p.org_id WHERE x.id = f;
	wanted := coalesce(core.some(p_type), (SELECT k FROM json_object_keys(kind -> 'types') k LIMIT 1));
	type := kind -> 'types' -> wanted;
	IF type IS NULL THEN
		RAISE EXCEPTION 'no records of type % here', p_type USING ERRCODE = 'QR404';
	END IF;
	m := core.publish_mode(f, core.today());
	RETURN '{' || concat_ws(',', '"me":' || auth.me(), '"ref":' || core.ref(),
		'"id":"' || gen_random_uuid() || '"', '"facility":' || core.facility_brief(f),
		core.js('type', wanted), '"types":' || (SELECT json_agg(k) FROM json_object_keys(kind -> 'types') k)::text,
		'"roles":[' || coalesce((SELECT string_agg('{' || core.js('role', r) || ',"required":'
				|| (r = ANY (core.texts_of(type -> 'required' -> 'roles'))) || ',"parties":'
				|| core.form_parties(r, f) || '}', ',' ORDER BY n)
			FROM unnest(core.texts_of(type -> 'roles')) WITH ORDINALITY AS u (r, n)), '') || ']',
		'"slots":[' || coalesce((SELECT string_agg('{' || core.js('slot', s) || ',"required":'
				|| (s = ANY (core.texts_of(type -> 'required' -> 'slots'))) || '}', ',' ORDER BY n)
			FROM unnest(core.texts_of(type -> 'slots')) WITH ORDINALITY AS u (s, n)), '') || ']',
		'"photos_min":' || coalesce(type ->> 'photos_min', '0'),
		'"fields":[' || coalesce((SELECT string_agg('{' || concat_ws(',', core.js('field', x),
				core.js('type', kind -> 'fields' -> x ->> 'type'),
				core.js('unit', kind -> 'fields' -> x ->> 'unit'),
				'"required":' || (x = ANY (core.texts_of(type -> 'required' -> 'fields')))) || '}', ',' ORDER BY n)
			FROM unnest(core.texts_of(type -> 'fields')) WITH ORDINALITY AS u (x, n)), '') || ']',
		'"items":[' || coalesce((SELECT string_agg('{' || concat_ws(',', core.js('item', i.code),
				core.js('unit', i.unit), '"limit":' || core.limit_json(l.op, l.lo, l.hi, l.word),
				core.js('basis', l.basis), '"words":' || to_json(i.words), '"required":'
					|| (i.code = ANY (core.texts_of(type -> 'required' -> 'results')))) || '}', ',' ORDER BY u.n)
			FROM unnest(core.texts_of(type -> 'items')) WITH ORDINALITY AS u (x, n)
			JOIN core.item i ON i.code = u.x
			LEFT JOIN core.limit_item l ON l.id = core.limit_on(i.id, core.today(), up)), '') || ']',
		'"item_words":[' || coalesce((SELECT string_agg(to_json(w.code)::text, ',' ORDER BY w.rank)
			FROM core.word w), '') || ']',
		'"publish":{' || core.js('mode', m.mode) || coalesce(',"signs":' || m.signs, '') || '}',
		'"post_hours":' || (SELECT q.post_hours FROM core.rule q JOIN core.facility x ON x.kind_id = q.kind_id
			WHERE x.id = f AND q.type = wanted AND q.org_id = ANY (up) AND core.today() >= q.valid_from
				AND (q.valid_to IS NULL OR core.today() <= q.valid_to)
			ORDER BY array_position(up, q.org_id) DESC LIMIT 1),
		core.js('now', core.now()), core.js('zone', (SELECT s.timezone FROM core.site s))) || '}';
END
$$;

-- What one may do with a record now.
CREATE OR REPLACE FUNCTION core.record_can(r core.record) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	now_state constant text := coalesce(r.pending_state, r.state);
	m constant record := core.publish_mode(r.facility_id, core.today());
	own boolean;
	mine boolean;
BEGIN
	own := EXISTS (SELECT FROM core.revision v WHERE v.record_id = r.id AND v.act IN ('put', 'submit')
		AND v.by_account = core.my_account() AND (v.rev > r.rev OR r.published_at IS NULL));
	mine := core.my_account() IS NOT DISTINCT FROM (SELECT v.by_account FROM core.revision v
		WHERE v.record_id = r.id AND v.rev = coalesce(r.pending_rev, r.rev));
	RETURN '[' || concat_ws(',',
		CASE WHEN now_state = 'submitted' AND m.mode <> 'owners' AND NOT own AND core.my_right('confirm')
			THEN '"confirm"' END,
		CASE WHEN now_state = 'submitted' AND m.mode = 'owners' AND core.my_right('confirm')
			THEN '"sign"' END,
		CASE WHEN now_state = 'submitted' AND core.my_right('return') THEN '"return"' END,
		CASE WHEN r.state = 'published' AND core.my_right('withdraw') THEN '"withdraw"' END,
		CASE WHEN r.state = 'published' AND core.my_right('correct')
			AND (now_state <> 'draft' OR mine) THEN '"correct"' END,
		CASE WHEN r.state IN ('submitted', 'returned') AND r.pending_rev IS NULL AND core.my_right('submit')
			THEN '"correct"' END,
		CASE WHEN r.state = 'draft' AND core.my_right('submit') THEN '"correct"' END,
		CASE WHEN now_state = 'draft' AND mine AND core.my_right('submit') THEN '"submit"' END,
		CASE WHEN r.pending_rev IS NULL AND r.state IN ('published', 'submitted', 'returned')
			AND core.my_right('redact') THEN '"redact"' END) || ']';
END
$$;

CREATE OR REPLACE FUNCTION api.staff_record(p_session bytea, p_id uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	r core.record;
	v core.revision;
	m record;
	at_rev int;
BEGIN
	PERFORM auth.enter(p_session, 'view');
	PERFORM core.use_timezone();
	r := core.need_record(p_id);
	at_rev := core.rev_seen(r);
	SELECT * INTO v FROM core.revision x WHERE x.record_id = r.id AND x.rev = at_rev;
	m := core.publish_mode(r.facility_id, core.today());
	RETURN '{' || concat_ws(',', '"me":' || auth.me(), '"ref":' || core.ref(),
		'"facility":' || core.facility_brief(r.facility_id), '"record":' || core.record_obj(r.id, at_rev),
		core.js('state', v.state), '"rev":' || at_rev,
		'"public_rev":' || CASE WHEN r.state = 'published' THEN r.rev END,
		core.js('by', core.account_name(v.by_account)),
		core.js('note', (SELECT t.value FROM core.revision_text t WHERE t.record_id = r.id
			AND t.rev = at_rev AND t.name = '#note')),
		'"report":"' || encode(v.report, 'hex') || '"',
		core.js('post_due', CASE WHEN r.published_at IS NULL
			THEN core.post_due(r.facility_id, r.type, v.performed_to) END),
		'"revisions":[' || (SELECT string_agg('{' || concat_ws(',', '"rev":' || x.rev, core.js('act', x.act),
				core.js('state', x.state), core.js('at', x.made_at), core.js('by', core.account_name(x.by_account)),
				core.js('reason', x.reason), '"hash":"' || encode(core.head(r.id, x.rev), 'hex') || '"') || '}', ','
				ORDER BY x.rev)
			FROM core.revision x WHERE x.record_id = r.id AND x.rev <= at_rev) || ']',
		'"signs":[' || coalesce((SELECT string_agg('{' || concat_ws(',', '"n":' || s.n,
				core.js('state', core.sign_state(s)), core.js('at', s.used_at), core.js('until', s.until)) || '}',
				',' ORDER BY s.rev, s.n)
			FROM core.signoff s WHERE s.record_id = r.id), '') || ']',
		'"publish":{' || core.js('mode', m.mode) || coalesce(',"signs":' || m.signs, '') || '}',
		'"warnings":' || coalesce((SELECT u.warnings::text FROM core.upload u WHERE u.record_id = r.id
			AND u.rev <= at_rev ORDER BY u.rev DESC LIMIT 1), '[]'),
		'"blocked":' || CASE WHEN v.state = 'submitted'
			THEN core.publish_blocked(core.revision_load(r.id, at_rev))::text END,
		'"notices":' || core.notices_of(r.id)::text, '"can":' || core.record_can(r), '"body":' || core.record_body(r.id, at_rev)::text) || '}';
END
$$;
