-- Residents' reports for who handles them: the list, one case. An office sees those it answers for, with
-- all below it, and those that came to it first; a firm what an office sent out to it.

-- Is it one of those the firm in force was asked to see to?
CREATE OR REPLACE FUNCTION core.ticket_sent(p_ticket bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM core.ticket_step s WHERE s.ticket_id = p_ticket AND s.act = 'dispatch')
$$;

-- One case in the scope, as qr_staff sees it; else QR404.
CREATE OR REPLACE FUNCTION core.need_ticket(p_id bigint) RETURNS core.ticket
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	t core.ticket;
BEGIN
	SELECT * INTO t FROM core.ticket x WHERE x.id = p_id;
	IF NOT FOUND OR (core.my_org() IS NULL AND NOT core.ticket_sent(p_id)) THEN
		RAISE EXCEPTION 'no case %', p_id USING ERRCODE = 'QR404';
	END IF;
	RETURN t;
END
$$;

-- Did the resident leave a telephone number that is still there? Only yes or no; it is opened by
-- api.staff_ticket_contact(), which is written into the audit.
CREATE OR REPLACE FUNCTION core.ticket_phone(p_ticket bigint) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN core.my_org() IS NOT NULL AND EXISTS (SELECT FROM core.ticket_contact c WHERE c.ticket_id = p_ticket);
END
$$;

-- What the account in force may do with a case it sees: an office that answers for it, or one above it,
-- all that its state allows; a firm only says what it does.
CREATE OR REPLACE FUNCTION core.ticket_can(t core.ticket) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	acts constant text[] := CASE
		WHEN NOT core.my_right('tickets') THEN '{}'
		WHEN core.my_org() IS NULL THEN '{work,note}'
		WHEN (SELECT o.path @> ARRAY[core.my_org()] FROM core.org o WHERE o.id = t.org_id)
			THEN '{accept,dispatch,work,answer,callback,close,reopen,transfer,join,publish,hide,show,quarantine,release,note}'
		ELSE '{}' END;
BEGIN
	RETURN ARRAY(SELECT a FROM unnest(acts) WITH ORDINALITY AS u (a, n) WHERE CASE a
		WHEN 'join' THEN t.state IN ('quarantine', 'new', 'accepted', 'working') AND t.due_step IS DISTINCT FROM 'callback'
		-- from the list it is taken and answered in one
		WHEN 'answer' THEN t.state = 'new' OR core.ticket_forbids(t, a, NULL) IS NULL
		ELSE core.ticket_forbids(t, a, NULL) IS NULL END ORDER BY n);
END
$$;

-- ---- the list ------------------------------------------------------------------------------
-- Cases of the account in force, of one view ('open', 'late', 'quarantine', 'answered', 'closed', 'all'),
-- and how many stand how. By index, which row security would not let the planner use; asks for the scope
-- itself. Worst first: what is late, then what is due next.
CREATE OR REPLACE FUNCTION core.ticket_find(p_what text, p_kind text, p_sort text, p_q text, p_from int, p_limit int,
	OUT ids bigint[], OUT counts jsonb, OUT hits bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	moment constant timestamptz := core.now();
	q constant text := upper(core.some(p_q));
	orgs constant int[] := ARRAY(SELECT o.id FROM core.org o WHERE o.path @> ARRAY[core.my_org()]);
	mine constant bigint[] := CASE WHEN core.my_org() IS NULL THEN ARRAY(SELECT core.my_facilities()) ELSE '{}' END;
BEGIN
	WITH s AS MATERIALIZED (
		SELECT x.id, x.state, x.kind, x.at, x.year, x.no, x.due_at, x.due_step, x.facility_id, x.place_id, x.raised, x.org_id,
			x.late OR coalesce(x.due_at <= moment, false) AS late
		FROM core.ticket x
		WHERE (x.org_id = ANY (orgs) OR (x.facility_id = ANY (mine) AND core.ticket_sent(x.id) AND x.state <> 'quarantine'))
			AND (p_what IN ('closed', 'all') OR x.state IN ('quarantine', 'new', 'accepted', 'working', 'answered'))
	), c AS (
		SELECT count(*) FILTER (WHERE s.state IN ('new', 'accepted', 'working')) AS open,
			count(*) FILTER (WHERE s.state IN ('new', 'accepted', 'working') AND s.late) AS late,
			count(*) FILTER (WHERE s.state = 'new') AS new,
			count(*) FILTER (WHERE s.due_step = 'callback') AS callback,
			count(*) FILTER (WHERE s.raised > 0 AND s.state IN ('new', 'accepted', 'working')) AS raised,
			count(*) FILTER (WHERE s.state = 'quarantine') AS quarantine,
			count(*) FILTER (WHERE s.state = 'answered') AS answered
		FROM s
	), v AS (
		SELECT s.* FROM s
		LEFT JOIN core.facility f ON f.id = s.facility_id
		LEFT JOIN core.place p ON p.id = coalesce(s.place_id, f.place_id)
		WHERE CASE p_what WHEN 'open' THEN s.state IN ('new', 'accepted', 'working')
				WHEN 'late' THEN s.late AND s.state IN ('new', 'accepted', 'working')
				WHEN 'all' THEN true ELSE s.state = p_what END
			AND (p_kind IS NULL OR s.kind = p_kind)
			AND (q IS NULL OR s.year || '-' || s.no = q OR f.code = q OR p.code = q OR strpos(upper(p.name), q) > 0)
	)
	SELECT ARRAY(SELECT v.id FROM v ORDER BY CASE p_sort WHEN 'new' THEN NULL WHEN 'old' THEN NULL ELSE v.late END DESC NULLS LAST,
			CASE p_sort WHEN 'new' THEN NULL WHEN 'old' THEN NULL ELSE v.due_at END NULLS LAST,
			CASE p_sort WHEN 'old' THEN v.at END, v.at DESC, v.id DESC OFFSET p_from LIMIT p_limit),
		(SELECT to_jsonb(c) FROM c), (SELECT count(*) FROM v)
	INTO ids, counts, hits;
END
$$;

-- {"facility" or "place" of a case, as in other lists}
CREATE OR REPLACE FUNCTION core.ticket_subject(t core.ticket) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN CASE WHEN t.facility_id IS NOT NULL THEN '"facility":' || core.facility_brief(t.facility_id)
		ELSE (SELECT '"place":{' || concat_ws(',', core.js('code', p.code::text), core.js('name', p.name),
			core.js('address', p.address)) || '}' FROM core.place p WHERE p.id = t.place_id) END;
END
$$;

-- What is the same in the list and on the page of one case.
CREATE OR REPLACE FUNCTION core.ticket_brief(t core.ticket) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT concat_ws(',', '"id":' || t.id, core.js('no', core.ticket_no(t)), core.js('kind', t.kind), core.js('state', t.state),
		core.js('at', t.at), core.js('step', t.due_step), core.js('due', t.due_at),
		'"minutes":' || floor(extract(epoch FROM t.due_at - core.now()) / 60),
		CASE WHEN t.late OR t.due_at <= core.now() THEN '"late":true' END,
		'"raised":' || nullif(t.raised, 0), core.ticket_subject(t),
		core.js_org('org', CASE WHEN t.org_id IS DISTINCT FROM core.my_org() THEN t.org_id END))
$$;

CREATE OR REPLACE FUNCTION core.ticket_kinds() RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT '{' || coalesce(string_agg(to_json(k.code)::text || ':' || k.name::text, ',' ORDER BY k.rank, k.code), '') || '}'
	FROM core.ticket_kind k
$$;

-- p_filter: {"what"?,"kind"?,"sort"?: "new" or "old","q"?,"from"?}. 10 a page.
CREATE OR REPLACE FUNCTION api.staff_tickets(p_session bytea, p_filter jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	what constant text := CASE WHEN p_filter ->> 'what' IN ('late', 'quarantine', 'answered', 'closed', 'all')
		THEN p_filter ->> 'what' ELSE 'open' END;
	first constant int := CASE WHEN p_filter ->> 'from' ~ '^[0-9]{1,5}$' THEN (p_filter ->> 'from')::int ELSE 0 END;
	x record;
BEGIN
	PERFORM auth.enter(p_session, 'tickets');
	PERFORM core.use_timezone();
	SELECT * INTO x FROM core.ticket_find(what, core.some(p_filter ->> 'kind'), p_filter ->> 'sort', p_filter ->> 'q', first, 10);
	RETURN '{' || concat_ws(',', '"me":' || auth.me(), '"ref":' || core.ref(), core.js('today', core.today()),
		core.js('what', what), '"office":' || (core.my_org() IS NOT NULL)::text,
		'"counts":' || x.counts::text, '"hits":' || x.hits, '"from":' || first, '"kinds":' || core.ticket_kinds(),
		'"rows":[' || coalesce((SELECT string_agg('{' || concat_ws(',', core.ticket_brief(t),
				core.js('words', left(w.value, 60)),
				'"photos":' || nullif((SELECT count(*) FROM core.ticket_photo h WHERE h.ticket_id = t.id), 0),
				'"joined":' || nullif((SELECT count(*) FROM core.ticket j WHERE j.joined_to = t.id), 0)) || '}', ',' ORDER BY u.n)
			FROM unnest(x.ids) WITH ORDINALITY AS u (id, n)
			JOIN core.ticket t ON t.id = u.id
			LEFT JOIN core.ticket_text w ON w.ticket_id = t.id AND w.n = 0), '') || ']',
		'"next":' || CASE WHEN x.hits > first + 10 THEN first + 10 END) || '}';
END
$$;

-- ---- one case ------------------------------------------------------------------------------
-- Offices a case may be passed on to from here: above, beside and below the one that has it.
CREATE OR REPLACE FUNCTION core.ticket_offices(p_org int) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT '[' || coalesce(string_agg('{' || core.js('code', q.code) || ',' || core.js('name', q.name) || '}', ',' ORDER BY q.depth, q.code), '') || ']'
	FROM (SELECT o.code, o.name, cardinality(o.path) AS depth FROM core.org h
		JOIN core.org o ON o.id <> h.id AND (o.id = ANY (h.path) OR o.parent_id = h.id OR o.parent_id = h.parent_id)
		WHERE h.id = p_org ORDER BY cardinality(o.path), o.code LIMIT 40) q
$$;

CREATE OR REPLACE FUNCTION core.ticket_steps(p_ticket bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT '[' || coalesce(string_agg('{' || concat_ws(',', '"n":' || s.n, core.js('at', s.at), core.js('act', s.act),
			core.js('by', core.account_name(s.by_account)), core.js('org', o.name), core.js('to', p.name),
			core.js('words', s.words), core.js('note', x.value), '"level":' || s.level) || '}', ',' ORDER BY s.n), '') || ']'
	FROM core.ticket_step s JOIN core.org o ON o.id = s.org_id LEFT JOIN core.org p ON p.id = s.to_org_id
	LEFT JOIN core.ticket_text x ON x.ticket_id = s.ticket_id AND x.n = s.n
	WHERE s.ticket_id = p_ticket
$$;

CREATE OR REPLACE FUNCTION core.ticket_page(t core.ticket) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	can constant text[] := core.ticket_can(t);
BEGIN
	RETURN concat_ws(',', '"ticket":{' || concat_ws(',', core.ticket_brief(t), core.js('clock', t.clock), core.js('lang', t.lang),
			core.js('code', t.code::text), core.js('why', t.why), core.js('accepted', t.accepted_at),
			core.js('answered', t.answered_at), core.js('closed', t.closed_at), core.js('hidden', t.hidden_at),
			CASE WHEN core.ticket_phone(t.id) AND can <> '{}' THEN '"phone":true' END,
			core.js('public_words', t.public_words), core.js('public_answer', t.public_answer),
			core.js('words', (SELECT x.value FROM core.ticket_text x WHERE x.ticket_id = t.id AND x.n = 0)),
			core.js_org('first', nullif(t.first_org_id, t.org_id)),
			(SELECT '"into":{"id":' || j.id || ',' || core.js('no', core.ticket_no(j)) || '}' FROM core.ticket j WHERE j.id = t.joined_to)) || '}',
		'"answer":' || to_json((SELECT s.words FROM core.ticket_step s WHERE s.ticket_id = t.id AND s.act IN ('answer', 'callback')
			ORDER BY s.n DESC LIMIT 1)),
		'"steps":' || core.ticket_steps(t.id),
		'"photos":[' || coalesce((SELECT string_agg('{' || concat_ws(',', '"pos":' || p.pos, core.js('sha256', encode(p.sha256, 'hex')),
			core.js('state', p.state)) || '}', ',' ORDER BY p.pos) FROM core.ticket_photo p WHERE p.ticket_id = t.id), '') || ']',
		'"joined":[' || coalesce((SELECT string_agg('{' || concat_ws(',', '"id":' || j.id, core.js('no', core.ticket_no(j)), core.js('at', j.at),
			core.js('words', (SELECT left(x.value, 100) FROM core.ticket_text x WHERE x.ticket_id = j.id AND x.n = 0))) || '}', ',' ORDER BY j.id)
			FROM (SELECT y.* FROM core.ticket y WHERE y.joined_to = t.id ORDER BY y.id LIMIT 20) j), '') || ']',
		'"others":[' || coalesce((SELECT string_agg('{' || concat_ws(',', '"id":' || j.id, core.js('no', core.ticket_no(j)), core.js('kind', j.kind),
			core.js('at', j.at)) || '}', ',' ORDER BY j.id)
			FROM (SELECT y.* FROM core.ticket y WHERE 'join' = ANY (can) AND y.id <> t.id AND (y.facility_id = t.facility_id OR y.place_id = t.place_id)
				AND y.state IN ('new', 'accepted', 'working', 'answered') ORDER BY y.id LIMIT 10) j), '') || ']',
		'"offices":' || CASE WHEN 'transfer' = ANY (can) THEN core.ticket_offices(t.org_id) END,
		'"blocks":[' || coalesce((SELECT string_agg('{' || concat_ws(',', '"id":' || b.id, core.js('title', b.title), core.js('words', b.words)) || '}',
			',' ORDER BY b.title, b.id) FROM (SELECT * FROM core.ticket_block k WHERE k.ended_at IS NULL AND can && '{answer,callback}'
			ORDER BY k.title, k.id LIMIT 20) b), '') || ']',
		'"can":' || array_to_json(can));
END
$$;

CREATE OR REPLACE FUNCTION api.staff_ticket(p_session bytea, p_ticket bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	t core.ticket;
BEGIN
	PERFORM auth.enter(p_session, 'tickets');
	PERFORM core.use_timezone();
	t := core.need_ticket(p_ticket);
	RETURN '{' || concat_ws(',', '"me":' || auth.me(), '"ref":' || core.ref(), core.js('today', core.today()),
		'"kinds":' || core.ticket_kinds(), core.ticket_page(t)) || '}';
END
$$;
