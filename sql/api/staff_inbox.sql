-- Inboxes of offices and firms: what they are reminded of, and who of them has seen it. One inbox
-- is shared by all accounts of an office or firm: what one has seen, they have.

CREATE OR REPLACE FUNCTION core.my_box() RETURNS int LANGUAGE sql STABLE AS
$$ SELECT coalesce(core.my_org(), -core.my_party()) $$;

-- For every page behind the login: how many are waiting, at most 100.
CREATE OR REPLACE FUNCTION core.unread() RETURNS int
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT count(*)::int FROM (SELECT FROM core.inbox b WHERE b.box = core.my_box()
		AND b.seen_at IS NULL AND b.closed_at IS NULL LIMIT 100) x
$$;

-- Rows of one's own inbox whose duty has been done meanwhile: the daily job would find them later.
CREATE OR REPLACE FUNCTION core.inbox_tidy(p_ids bigint[]) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN core.inbox_close(ARRAY(SELECT b.id FROM core.inbox b WHERE b.id = ANY (p_ids)
		AND b.box = core.my_box() AND b.closed_at IS NULL));
END
$$;

-- The newest 51 rows before one, of one's own inbox or of the offices below. By index, which row
-- security would not let the planner use; asks for the scope itself.
CREATE OR REPLACE FUNCTION core.inbox_ids(p_what text, p_before bigint) RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN CASE p_what
		WHEN 'open' THEN ARRAY(SELECT b.id FROM core.inbox b WHERE b.box = core.my_box()
			AND b.seen_at IS NULL AND b.closed_at IS NULL AND b.reminder_id < p_before
			ORDER BY b.reminder_id DESC LIMIT 51)
		WHEN 'below' THEN ARRAY(SELECT x.id FROM core.org o
			CROSS JOIN LATERAL (SELECT b.id, b.reminder_id FROM core.inbox b
				WHERE b.box = o.id AND b.closed_at IS NULL AND b.reminder_id < p_before
				ORDER BY b.reminder_id DESC LIMIT 51) x
			WHERE o.path @> ARRAY[core.my_org()] AND o.id <> core.my_org()
			ORDER BY x.reminder_id DESC, x.id LIMIT 51)
		ELSE ARRAY(SELECT b.id FROM core.inbox b WHERE b.box = core.my_box() AND b.reminder_id < p_before
			ORDER BY b.reminder_id DESC LIMIT 51) END;
END
$$;

CREATE OR REPLACE FUNCTION core.inbox_json(p_ids bigint[]) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	day constant date := core.today();
BEGIN
	RETURN '[' || coalesce((SELECT string_agg('{' || concat_ws(',', '"id":' || b.id, '"reminder":' || b.reminder_id,
			'"facility":{' || core.facility_words(b.facility_id) || '}', core.js('type', b.type),
			core.js('due', b.due), '"days":' || (b.due - day), '"step":' || m.step, core.js('on', m.on_day),
			'"times":' || b.times, core.js('by', core.account_name(m.by_account)),
			core.js('office', CASE WHEN b.box IS DISTINCT FROM core.my_box() THEN o.name END),
			'"seen":{' || core.js('at', b.seen_at) || ',' || core.js('by', core.account_name(b.seen_by)) || '}',
			CASE WHEN b.closed_at IS NOT NULL THEN '"done":true' END) || '}', ',' ORDER BY u.n)
		FROM unnest(p_ids) WITH ORDINALITY AS u (id, n)
		JOIN core.inbox b ON b.id = u.id
		JOIN core.reminder m ON m.id = b.reminder_id
		LEFT JOIN core.org o ON o.id = b.org_id), '') || ']';
END
$$;

-- Residents' reports whose clock has run out, of the office in force or of one below that rose to it, the
-- longest overdue first, at most 5, and how many there are: NULL where none is. They stay until somebody
-- answers; nobody marks them as seen.
CREATE OR REPLACE FUNCTION core.inbox_tickets() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	moment constant timestamptz := core.now();
	mine constant int := core.my_org();
	orgs constant int[] := ARRAY(SELECT o.id FROM core.org o WHERE o.path @> ARRAY[mine]);
	late bigint[];
BEGIN
	IF mine IS NULL OR NOT core.my_right('tickets') THEN
		RETURN NULL;
	END IF;
	late := ARRAY(SELECT t.id FROM core.ticket t
		WHERE t.org_id = ANY (orgs) AND t.state IN ('new', 'accepted', 'working') AND t.due_at IS NOT NULL
			AND (t.late OR t.due_at <= moment) AND (t.org_id = mine OR (t.raised > 0 AND EXISTS (SELECT
				FROM core.ticket_step s WHERE s.ticket_id = t.id AND s.act = 'escalate' AND s.to_org_id = mine)))
		ORDER BY t.at, t.id);
	RETURN CASE WHEN late <> '{}' THEN '{"n":' || cardinality(late) || ',"rows":[' || (SELECT string_agg('{'
			|| concat_ws(',', '"id":' || t.id, core.js('no', core.ticket_no(t)), '"kind":' || k.name::text,
			core.js('place', p.name), core.js('office', CASE WHEN t.org_id <> mine THEN o.name END),
			core.js('step', t.due_step), '"minutes":' || floor(extract(epoch FROM t.due_at - moment) / 60)) || '}',
			',' ORDER BY u.n)
		FROM unnest(late[:5]) WITH ORDINALITY AS u (id, n) JOIN core.ticket t ON t.id = u.id
		JOIN core.ticket_kind k ON k.code = t.kind JOIN core.org o ON o.id = t.org_id
		LEFT JOIN core.facility f ON f.id = t.facility_id
		JOIN core.place p ON p.id = coalesce(t.place_id, f.place_id)) || ']}' END;
END
$$;

CREATE OR REPLACE FUNCTION api.staff_inbox(p_session bytea, p_what text, p_before bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	what constant text := CASE WHEN p_what IN ('all', 'below') THEN p_what ELSE 'open' END;
	before constant bigint := coalesce(p_before, 9223372036854775807);
	ids bigint[];
BEGIN
	PERFORM auth.enter(p_session, 'view');
	PERFORM core.use_timezone();
	ids := core.inbox_ids(what, before);
	-- what was done since is not shown as open
	IF what <> 'below' AND core.inbox_tidy(ids) > 0 AND what = 'open' THEN
		ids := core.inbox_ids(what, before);
	END IF;
	RETURN '{' || concat_ws(',', '"me":' || auth.me(), '"ref":' || core.ref(), core.js('today', core.today()),
		core.js('what', what), '"below":' || (SELECT EXISTS (SELECT FROM core.org o WHERE o.parent_id = core.my_org()))::text,
		CASE WHEN what = 'open' THEN '"tickets":' || core.inbox_tickets() END,
		'"rows":' || core.inbox_json(ids[:50]),
		'"next":' || CASE WHEN cardinality(ids) > 50 THEN (SELECT b.reminder_id FROM core.inbox b WHERE b.id = ids[50]) END,
		'"feeds":[' || coalesce((SELECT string_agg('{' || concat_ws(',', '"id":' || f.id, core.js('made', f.made_at),
				core.js('lang', f.lang)) || '}', ',' ORDER BY f.id)
			FROM core.feed f WHERE f.account_id = core.my_account() AND f.ended_at IS NULL), '') || ']') || '}';
END
$$;

-- Marks rows of one's own inbox as seen: those named, or all up to a reminder.
CREATE OR REPLACE FUNCTION core.inbox_see(p_ids bigint[], p_upto bigint) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	n int;
BEGIN
	WITH b AS (
		UPDATE core.inbox x SET seen_at = core.now(), seen_by = core.my_account()
		WHERE x.box = core.my_box() AND x.seen_at IS NULL
			AND (x.id = ANY (p_ids) OR (x.reminder_id <= p_upto AND x.closed_at IS NULL))
		RETURNING x.reminder_id, x.box
	), t AS (
		UPDATE core.reminder_to y SET seen_at = core.now(), seen_by = core.my_account() FROM b
		WHERE y.reminder_id = b.reminder_id AND y.box = b.box AND y.seen_at IS NULL
	)
	SELECT count(*) INTO n FROM b;
	RETURN n;
END
$$;

CREATE OR REPLACE FUNCTION api.staff_inbox_seen(p_session bytea, p_ids bigint[], p_upto bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'view');
	RETURN '{"seen":' || core.inbox_see(p_ids, p_upto) || '}';
END
$$;

-- ---- calendars and feeds -------------------------------------------------------------------
CREATE OR REPLACE FUNCTION core.feed_add(p_token bytea, p_lang text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	new_id bigint;
BEGIN
	-- two at once follow each other
	PERFORM FROM core.account a WHERE a.id = core.my_account() FOR NO KEY UPDATE;
	IF (SELECT count(*) FROM core.feed f WHERE f.account_id = core.my_account() AND f.ended_at IS NULL) >= 10 THEN
		PERFORM core.refuse('QR409', 'many', 'ten addresses are enough');
	END IF;
	INSERT INTO core.feed (token, account_id, lang, made_at)
	VALUES (p_token, core.my_account(), CASE p_lang WHEN 'en' THEN 'en' ELSE 'zh-CN' END, core.now())
	RETURNING id INTO new_id;
	PERFORM auth.audit('feed.add', new_id::text, NULL);
	RETURN new_id;
END
$$;
CREATE OR REPLACE FUNCTION core.feed_end(p_id bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	UPDATE core.feed f SET ended_at = core.now()
	WHERE f.id = p_id AND f.account_id = core.my_account() AND f.ended_at IS NULL;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'no feed %', p_id USING ERRCODE = 'QR404';
	END IF;
	PERFORM auth.audit('feed.end', p_id::text, NULL);
	RETURN true;
END
$$;

CREATE OR REPLACE FUNCTION api.staff_feed_add(p_session bytea, p_token bytea, p_lang text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'view');
	RETURN '{"id":' || core.feed_add(p_token, p_lang) || '}';
END
$$;
CREATE OR REPLACE FUNCTION api.staff_feed_end(p_session bytea, p_id bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'view');
	PERFORM core.feed_end(p_id);
	RETURN '{"id":' || p_id || '}';
END
$$;
