-- What the pages of people who log in share: a facility or record in a list, one revision as an
-- object, what one may do. Run as who calls them: row security shows qr_staff its scope only.

-- State of a facility on a day, of its line; agrees with core.state_of() on its document.
CREATE OR REPLACE FUNCTION core.day_state(p_status text, p_failed boolean, p_never boolean,
	p_overdue date, p_soon date, p_on date) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN p_status IN ('retired', 'suspended') THEN p_status
		WHEN p_failed THEN 'failed'
		WHEN p_on >= p_overdue THEN 'overdue'
		WHEN p_never THEN 'no_record'
		WHEN p_on >= p_soon THEN 'due_soon'
		ELSE 'on_time' END
$$;
CREATE OR REPLACE FUNCTION core.line_state(l core.facility_line, p_on date) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT core.day_state(l.status, l.failed, l.never, l.overdue_from, l.soon_from, p_on) $$;

-- {"code","kind","name"?,"place","building"?,"address"?}: public words, so without a second look at
-- the scope, which costs more than the words; callers have seen the facility.
CREATE OR REPLACE FUNCTION core.facility_words(p_facility bigint) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN (SELECT concat_ws(',', core.js('code', f.code::text), core.js('kind', k.code),
			core.js('name', f.name), core.js('place', p.name), core.js('building', f.building),
			core.js('address', p.address))
		FROM core.facility f JOIN core.kind k ON k.id = f.kind_id JOIN core.place p ON p.id = f.place_id
		WHERE f.id = p_facility);
END
$$;
CREATE OR REPLACE FUNCTION core.facility_brief(p_facility bigint) RETURNS text
LANGUAGE sql STABLE AS $$ SELECT '{' || core.facility_words(p_facility) || '}' $$;

-- FAC of sql/STAFF.md, in the order given.
CREATE OR REPLACE FUNCTION core.facilities_json(p_ids bigint[], p_lon numeric, p_lat numeric) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	day constant date := core.today();
BEGIN
	RETURN '[' || coalesce((SELECT string_agg('{' || concat_ws(',', core.facility_words(l.facility_id),
			core.js('state', core.line_state(l, day)), core.js('type', l.type), core.js('due', l.due),
			'"days":' || (l.due - day), '"m":' || core.metres(l.lon, l.lat, p_lon, p_lat)) || '}', ','
			ORDER BY u.k)
		FROM unnest(p_ids) WITH ORDINALITY AS u (id, k)
		JOIN core.facility_line l ON l.facility_id = u.id), '') || ']';
END
$$;

-- REC of sql/STAFF.md, in the order given: the newest revision one may see of each.
CREATE OR REPLACE FUNCTION core.records_json(p_ids uuid[]) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	-- most lists are empty, and planning for what the account sees costs more than looking
	IF cardinality(p_ids) = 0 THEN
		RETURN '[]';
	END IF;
	RETURN '[' || coalesce((SELECT string_agg('{' || concat_ws(',', '"id":"' || r.id || '"',
			core.js('facility', f.code::text), core.js('kind', k.code), core.js('place', p.name),
			core.js('building', f.building), core.js('name', f.name), core.js('type', r.type),
			core.js('state', v.state), core.js('on', v.on_date), '"rev":' || v.rev,
			core.js('received', v.received_at), core.js('by', core.account_name(v.by_account)),
			core.js('reason', v.reason), core.js('post_due', CASE WHEN v.published_at IS NULL
				THEN core.post_due(r.facility_id, r.type, v.performed_to) END),
			core.js('verdict', v.verdict)) || '}', ',' ORDER BY u.n)
		FROM unnest(p_ids) WITH ORDINALITY AS u (id, n)
		JOIN core.record r ON r.id = u.id
		JOIN core.revision v ON v.record_id = r.id AND v.rev = core.rev_seen(r)
		JOIN core.facility f ON f.id = r.facility_id
		JOIN core.kind k ON k.id = f.kind_id
		JOIN core.place p ON p.id = f.place_id), '') || ']';
END
$$;

-- Name of an account, for those who log in: they need not be allowed to manage users for it.
CREATE OR REPLACE FUNCTION core.account_name(p_account int) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN (SELECT a.name FROM core.account a WHERE a.id = p_account AND core.my_account() IS NOT NULL);
END
$$;

-- The newest revision of a record that one may see: a draft is its author's alone.
CREATE OR REPLACE FUNCTION core.rev_seen(r core.record) RETURNS int
LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN r.pending_rev IS NULL THEN r.rev
		WHEN r.pending_state = 'draft' AND core.my_account() IS DISTINCT FROM (SELECT v.by_account
			FROM core.revision v WHERE v.record_id = r.id AND v.rev = r.pending_rev) THEN r.rev
		ELSE r.pending_rev END
$$;

-- When what was done at p_to is to be public by the rule in force that day; NULL: no rule says.
CREATE OR REPLACE FUNCTION core.post_due(p_facility bigint, p_type text, p_to timestamptz)
RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN (SELECT core.post_deadline(o.id, p_to, q.post_hours, q.post_work_days) FROM core.facility f
		JOIN core.place p ON p.id = f.place_id JOIN core.org o ON o.id = p.org_id
		JOIN core.rule q ON q.kind_id = f.kind_id AND q.type = p_type AND q.org_id = ANY (o.path)
			AND p_to::date >= q.valid_from AND (q.valid_to IS NULL OR p_to::date <= q.valid_to)
		WHERE f.id = p_facility ORDER BY array_position(o.path, q.org_id) DESC LIMIT 1);
END
$$;

-- A record of the scope that one may see; else QR404, whatever the reason.
CREATE OR REPLACE FUNCTION core.need_record(p_id uuid) RETURNS core.record
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	r core.record;
BEGIN
	SELECT * INTO r FROM core.record WHERE id = p_id;
	IF NOT FOUND OR (r.state = 'draft' AND r.author IS DISTINCT FROM core.my_account()) THEN
		RAISE EXCEPTION 'no record %', p_id USING ERRCODE = 'QR404';
	END IF;
	RETURN r;
END
$$;

-- One of these rights is enough.
CREATE OR REPLACE FUNCTION core.need_any(p_rights text[]) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM unnest(p_rights) r WHERE core.my_right(r)) THEN
		RAISE EXCEPTION 'needs a right to %', p_rights USING ERRCODE = 'QR403', DETAIL = '{"why":"right"}';
	END IF;
END
$$;

-- A revision as the record object of sql/README.md, without what the facility's other records
-- say about it (due, late_days). Photos that were redacted or erased are left out.
CREATE OR REPLACE FUNCTION core.record_obj(p_record uuid, p_rev int) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN (SELECT '{' || concat_ws(',', '"id":"' || r.id || '"', '"seq":' || r.seq, '"rev":' || v.rev,
			core.js('type', r.type), core.js('from', v.performed_from),
			coalesce(core.js('to', v.performed_to), core.js('date', v.on_date)),
			core.js('received', v.received_at), core.js('published', r.published_at),
			'"parties":[' || coalesce((SELECT string_agg(core.canonical_party(p.role, p.name, p.filing), ','
				ORDER BY p.pos) FROM core.revision_party p
				WHERE p.record_id = v.record_id AND p.rev = v.rev), '') || ']',
			'"fields":' || json_strip_nulls((core.text_fields(v.record_id, v.rev, v.fields) - '#note')::json)::text,
			'"erased":' || core.text_gone(v.record_id, v.rev, v.fields),
			'"results":[' || coalesce((SELECT string_agg('{' || concat_ws(',', core.js('item', i.code),
				core.js('op', s.op), '"num":"' || s.num || '"', core.js('word', s.word), core.js('unit', s.unit),
				'"limit":' || core.limit_json(l.op, l.lo, l.hi, l.word), core.js('verdict', s.verdict)) || '}',
				',' ORDER BY s.pos)
				FROM core.result s JOIN core.item i ON i.id = s.item_id
				LEFT JOIN core.limit_item l ON l.id = s.limit_id
				WHERE s.record_id = v.record_id AND s.rev = v.rev), '') || ']',
			core.js('limits_basis', (SELECT min(l.basis) FROM core.result s
				JOIN core.limit_item l ON l.id = s.limit_id
				WHERE s.record_id = v.record_id AND s.rev = v.rev)),
			core.js('verdict', v.verdict), '"flags":' || array_to_json(v.flags),
			'"photos":[' || coalesce((SELECT string_agg('{' || concat_ws(',', core.js('slot', x.slot),
				'"pos":' || x.pos, '"sha256":"' || encode(x.sha256, 'hex') || '"', '"w":' || o.w,
				'"h":' || o.h, '"taken":"' || to_char(x.taken, 'HH24:MI') || '"') || '}', ',' ORDER BY x.pos)
				FROM core.record_photo x JOIN core.photo o ON o.sha256 = x.sha256
				WHERE x.record_id = v.record_id AND x.rev = v.rev AND o.hidden_at IS NULL), '') || ']',
			'"report":"' || encode(v.report, 'hex') || '"', core.js('source', r.source),
			'"hash":"' || encode(core.head(r.id, v.rev), 'hex') || '"',
			'"prev":"' || encode(v.prev, 'hex') || '"') || '}'
		FROM core.record r JOIN core.revision v ON v.record_id = r.id AND v.rev = p_rev
		WHERE r.id = p_record);
END
$$;
