-- Reminders of what is due: by rule once a day (job `remind`), by hand, and who is told. Rules and
-- recipients are rows of core.remind_rule and core.remind_to; sql/STAFF.md says what they mean.

-- The duties of facilities: what is due when, and the day the clock began (done, or first there). As
-- core.duties_of() says; what it said stands in the documents, which are read five times as fast, and
-- holds until the day they name.
CREATE OR REPLACE FUNCTION core.remind_duties(p_ids bigint[])
RETURNS TABLE (facility_id bigint, type text, due date, since date)
LANGUAGE sql STABLE SET search_path = pg_catalog, core SET enable_seqscan = off AS $$
	WITH c AS MATERIALIZED (
		SELECT f.id, f.since, d.doc, d.next_change <= core.today() AS stale
		FROM core.facility f
		CROSS JOIN LATERAL (SELECT y.doc, y.next_change FROM core.document y
			WHERE y.kind = 'facility' AND y.key = f.code LIMIT 1) d
		WHERE f.id = ANY (p_ids)
	)
	SELECT c.id, x ->> 'type', (x ->> 'due')::date, coalesce((x ->> 'last')::date, c.since)
	FROM c CROSS JOIN LATERAL jsonb_array_elements(
		(left(c.doc, strpos(c.doc, ',"records":[') - 1) || '}')::jsonb -> 'duties') AS e (x)
	WHERE c.stale IS NOT TRUE AND x ? 'due'
	UNION ALL
	SELECT d.facility_id, d.type, d.due, coalesce(d.last, c.since)
	FROM core.duties_of(ARRAY(SELECT c.id FROM c WHERE c.stale)) d JOIN c ON c.id = d.facility_id
	WHERE d.due IS NOT NULL
$$;

-- How many days ahead of a due date anything reminds.
CREATE OR REPLACE FUNCTION core.remind_lead() RETURNS int
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS
$$ SELECT greatest((SELECT -min(q.steps[1]) FROM core.remind_rule q), 0)::int $$;

-- The step a duty is at so many days after its due date; NULL: none yet.
CREATE OR REPLACE FUNCTION core.remind_step(p_steps smallint[], p_every smallint, p_days int) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, core AS $$
	SELECT CASE WHEN p_days >= p_steps[cardinality(p_steps)] AND p_every IS NOT NULL
		THEN p_steps[cardinality(p_steps)] + (p_days - p_steps[cardinality(p_steps)]) / p_every * p_every
		ELSE (SELECT max(s) FROM unnest(p_steps) s WHERE s <= p_days) END
$$;

-- Tells whom the rules name: writes the recipients of new reminders and moves their inboxes. A rule
-- of NULL is the firm that manages; where nobody is named, the office of the place is told.
CREATE OR REPLACE FUNCTION core.remind_tell(p_reminders bigint[], p_rules int[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, core AS $$
	WITH r AS MATERIALIZED (
		SELECT m.id, m.facility_id, m.type, m.due, m.step, u.rule, o.path, g.party_id AS manager
		FROM unnest(p_reminders, p_rules) AS u (id, rule)
		JOIN core.reminder m ON m.id = u.id
		JOIN core.facility f ON f.id = m.facility_id
		JOIN core.place p ON p.id = f.place_id
		JOIN core.org o ON o.id = p.org_id
		LEFT JOIN core.facility_manager g ON g.facility_id = f.id AND g.valid_from <= m.on_day
			AND (g.valid_to IS NULL OR g.valid_to >= m.on_day)
	), t AS MATERIALIZED (
		SELECT r.id, NULL::int AS org_id, r.manager AS party_id FROM r
		WHERE r.manager IS NOT NULL AND (r.rule IS NULL OR EXISTS (SELECT FROM core.remind_to x
			WHERE x.rule_id = r.rule AND x.whom = 'manager' AND x.from_step <= r.step))
		UNION
		SELECT r.id, r.path[cardinality(r.path) - x.up], NULL FROM r
		JOIN core.remind_to x ON x.rule_id = r.rule AND x.whom = 'office' AND x.from_step <= r.step
		WHERE cardinality(r.path) > x.up
	), named AS MATERIALIZED (
		SELECT * FROM t
		UNION ALL
		SELECT r.id, r.path[cardinality(r.path)], NULL FROM r
		WHERE NOT EXISTS (SELECT FROM t WHERE t.id = r.id)
	), told AS (
		INSERT INTO core.reminder_to (reminder_id, org_id, party_id, queued)
		SELECT n.id, n.org_id, n.party_id, NOT EXISTS (SELECT FROM core.hook h
			WHERE h.box = coalesce(n.org_id, -n.party_id) AND h.ended_at IS NULL) FROM named n
	)
	INSERT INTO core.inbox AS b (org_id, party_id, facility_id, type, due, reminder_id, times)
	SELECT n.org_id, n.party_id, r.facility_id, r.type, r.due, r.id, 1
	FROM named n JOIN r ON r.id = n.id ORDER BY coalesce(n.org_id, -n.party_id), r.facility_id, r.type
	ON CONFLICT (box, facility_id, type) DO UPDATE SET due = excluded.due,
		reminder_id = excluded.reminder_id, seen_at = NULL, seen_by = NULL, closed_at = NULL,
		times = CASE WHEN b.due = excluded.due THEN b.times + 1 ELSE 1 END
$$;

-- Reminds of the duties of these facilities that have reached a step nobody was told of. Only the
-- step they are at: what was missed meanwhile is not made up for. Closes what inboxes have of them
-- whose due date holds no longer. Returns how many. (Compiling the statement would take longer than
-- running it a hundred times.)
CREATE OR REPLACE FUNCTION core.remind_some(p_ids bigint[]) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, core SET jit = off AS $$
DECLARE
	day constant date := core.today();
	ids bigint[];
	rules int[];
BEGIN
	WITH d AS MATERIALIZED (
		SELECT * FROM core.remind_duties(p_ids)
	), done AS (
		UPDATE core.inbox b SET closed_at = core.now()
		WHERE b.facility_id = ANY (p_ids) AND b.closed_at IS NULL AND NOT EXISTS (SELECT FROM d
			WHERE d.facility_id = b.facility_id AND d.type = b.type AND d.due = b.due)
	), at AS MATERIALIZED (
		SELECT d.facility_id, d.type, d.due, q.id AS rule, s.step
		FROM d
		JOIN core.facility_line l ON l.facility_id = d.facility_id AND l.status = 'in_service'
		JOIN core.org o ON o.id = l.org_id
		CROSS JOIN LATERAL (SELECT x.id, x.steps, x.every FROM core.remind_rule x
			WHERE x.org_id = ANY (o.path) AND (x.kind_id IS NULL OR x.kind_id = l.kind_id)
				AND (x.type IS NULL OR x.type = d.type)
				AND day >= x.valid_from AND (x.valid_to IS NULL OR day <= x.valid_to)
			ORDER BY array_position(o.path, x.org_id) DESC, x.type IS NOT NULL DESC,
				x.kind_id IS NOT NULL DESC, x.id LIMIT 1) q
		CROSS JOIN LATERAL (SELECT core.remind_step(q.steps, q.every, day - d.due) AS step) s
		WHERE s.step IS NOT NULL AND d.due + s.step > d.since
			AND NOT EXISTS (SELECT FROM core.reminder m WHERE m.facility_id = d.facility_id
				AND m.type = d.type AND m.due = d.due AND m.step = s.step)
	), new AS (
		INSERT INTO core.reminder (facility_id, type, due, step, on_day, at)
		SELECT a.facility_id, a.type, a.due, a.step, day, core.now() FROM at a
		-- the newest stand first in inboxes: what waits longest comes last here
		ORDER BY a.due DESC, a.facility_id, a.type
		ON CONFLICT DO NOTHING RETURNING id, facility_id, type
	)
	SELECT array_agg(n.id), array_agg(a.rule) INTO ids, rules
	FROM new n JOIN at a ON a.facility_id = n.facility_id AND a.type = n.type;
	PERFORM core.remind_tell(ids, rules);
	RETURN coalesce(cardinality(ids), 0);
END
$$;

-- The next facilities behind p_after that may have reached a step.
CREATE OR REPLACE FUNCTION core.remind_next(p_after bigint, p_limit int) RETURNS bigint[]
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT ARRAY(SELECT l.facility_id FROM core.facility_line l
		WHERE l.facility_id > p_after AND l.status = 'in_service'
			AND l.due <= core.today() + (SELECT core.remind_lead())
		ORDER BY l.facility_id LIMIT p_limit)
$$;

-- Closes rows of inboxes, of those behind p_after, of facilities that core.remind_next() passes by:
-- out of service, or nothing is due for long. Returns the last one looked at; NULL: there was none.
CREATE OR REPLACE FUNCTION core.inbox_settle(p_after bigint, p_limit int) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	ids constant bigint[] := ARRAY(SELECT b.id FROM core.inbox b WHERE b.closed_at IS NULL
		AND b.id > p_after ORDER BY b.id LIMIT p_limit);
BEGIN
	UPDATE core.inbox b SET closed_at = core.now() FROM core.facility_line l
	WHERE b.id = ANY (ids) AND l.facility_id = b.facility_id AND (l.status <> 'in_service' OR l.due IS NULL
		OR (l.due > core.today() + (SELECT core.remind_lead()) AND l.due <> b.due));
	RETURN ids[cardinality(ids)];
END
$$;
-- Closes these rows where another due date holds by now, or none.
CREATE OR REPLACE FUNCTION core.inbox_close(p_ids bigint[]) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	n int;
BEGIN
	WITH b AS MATERIALIZED (
		SELECT x.id, x.facility_id, x.type, x.due FROM core.inbox x WHERE x.id = ANY (p_ids)
	), d AS MATERIALIZED (
		SELECT * FROM core.remind_duties(ARRAY(SELECT DISTINCT b.facility_id FROM b))
	)
	UPDATE core.inbox x SET closed_at = core.now() FROM b
	WHERE x.id = b.id AND x.closed_at IS NULL AND x.due = b.due
		AND (NOT EXISTS (SELECT FROM d WHERE d.facility_id = b.facility_id AND d.type = b.type AND d.due = b.due)
			OR EXISTS (SELECT FROM core.facility_line l WHERE l.facility_id = b.facility_id AND l.status <> 'in_service'));
	GET DIAGNOSTICS n = ROW_COUNT;
	RETURN n;
END
$$;

-- All of today at once.
CREATE OR REPLACE FUNCTION core.remind_day() RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, core SET jit = off AS $$
DECLARE
	ids bigint[];
	after bigint := 0;
	n int := 0;
BEGIN
	LOOP
		ids := core.remind_next(after, 200);
		EXIT WHEN ids = '{}';
		n := n + core.remind_some(ids);
		after := ids[cardinality(ids)];
	END LOOP;
	after := 0;
	WHILE after IS NOT NULL LOOP
		after := core.inbox_settle(after, 5000);
	END LOOP;
	RETURN n;
END
$$;

-- One step of the daily job: duties in the order of the facilities, then inboxes. Its row says how
-- far it is; the next day begins anew. Returns how much was looked at; 0: it is complete.
CREATE OR REPLACE FUNCTION api.job_remind(p_id bigint, p_who text, p_limit int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	a jsonb;
	after bigint;
	ids bigint[];
	n int := 1;
BEGIN
	SELECT j.args INTO a FROM core.job j
	WHERE j.id = p_id AND j.leased_by = p_who AND j.done_at IS NULL FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'job % is not leased to %', p_id, p_who USING ERRCODE = 'QR409';
	END IF;
	IF a ->> 'day' IS DISTINCT FROM core.today()::text THEN
		a := jsonb_build_object('day', core.today(), 'step', 'duties', 'after', 0);
	END IF;
	after := (a ->> 'after')::bigint;
	IF a ->> 'step' = 'duties' THEN
		ids := core.remind_next(after, p_limit);
		PERFORM core.remind_some(ids);
		n := greatest(cardinality(ids), 1);
		a := a || CASE WHEN ids = '{}' THEN '{"step":"inbox","after":0}'
			ELSE jsonb_build_object('after', ids[cardinality(ids)]) END;
	ELSE
		after := core.inbox_settle(after, 10 * p_limit);
		a := CASE WHEN after IS NULL THEN '{}' ELSE a || jsonb_build_object('after', after) END;
		n := CASE WHEN after IS NULL THEN 0 ELSE p_limit END;
	END IF;
	UPDATE core.job j SET args = a WHERE j.id = p_id;
	RETURN n;
END
$$;

-- ---- by hand -------------------------------------------------------------------------------
-- Of facilities the caller has seen: the duty due first of each. Looks past the scope only to
-- write; runs for who has the right.
CREATE OR REPLACE FUNCTION core.remind_hand(p_ids bigint[]) RETURNS TABLE (facility_id bigint, why text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
#variable_conflict use_column
DECLARE
	day constant date := core.today();
	made bigint[];
BEGIN
	IF NOT core.my_right('remind') THEN
		PERFORM core.refuse('QR403', 'right', 'may not remind');
	END IF;
	RETURN QUERY
	WITH l AS MATERIALIZED (
		SELECT x.facility_id, x.type, x.due, core.line_state(x, day) AS state FROM core.facility_line x
		WHERE x.facility_id = ANY (p_ids)
	)
	SELECT l.facility_id, CASE WHEN l.state IN ('suspended', 'retired') THEN 'status'
		WHEN l.due IS NULL OR l.state = 'on_time' THEN 'not_due' ELSE 'today' END
	FROM l WHERE l.due IS NULL OR l.state IN ('suspended', 'retired', 'on_time')
		OR EXISTS (SELECT FROM core.reminder m WHERE m.facility_id = l.facility_id AND m.type = l.type
			AND m.due = l.due AND m.on_day = day AND m.step IS NULL);
	WITH new AS (
		INSERT INTO core.reminder (facility_id, type, due, on_day, at, by_account)
		SELECT x.facility_id, x.type, x.due, day, core.now(), core.my_account()
		FROM core.facility_line x
		WHERE x.facility_id = ANY (p_ids) AND x.due IS NOT NULL
			AND core.line_state(x, day) NOT IN ('suspended', 'retired', 'on_time')
		ORDER BY x.due, x.facility_id
		ON CONFLICT DO NOTHING RETURNING id
	)
	SELECT array_agg(new.id) INTO made FROM new;
	PERFORM core.remind_tell(made, ARRAY(SELECT NULL::int FROM unnest(made)));
	-- who may send what waits need not wait itself
	UPDATE core.job SET due = now() WHERE kind = 'outbox' AND done_at IS NULL AND lease_until IS NULL
		AND due > now() AND made IS NOT NULL;
END
$$;

CREATE OR REPLACE FUNCTION api.staff_remind(p_session bytea, p_codes text[]) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	codes text[];
	ids bigint[];
	left_out text;
	n int;
BEGIN
	PERFORM auth.enter(p_session, 'remind');
	codes := ARRAY(SELECT DISTINCT upper(btrim(c)) FROM unnest(p_codes) c WHERE c IS NOT NULL);
	IF codes = '{}' OR cardinality(codes) > 1000 THEN
		PERFORM auth.refuse(jsonb_build_array(jsonb_build_object('field', 'codes', 'why',
			CASE WHEN codes = '{}' THEN 'missing' ELSE 'too_many' END)));
	END IF;
	ids := ARRAY(SELECT f.id FROM core.facility f WHERE f.code = ANY (codes));
	SELECT string_agg('{' || core.js('code', q.code) || ',' || core.js('why', q.why) || '}', ',' ORDER BY q.code),
		count(*)
	INTO left_out, n
	FROM (SELECT f.code::text AS code, h.why FROM core.remind_hand(ids) h
			JOIN core.facility f ON f.id = h.facility_id
		UNION ALL
		SELECT c, 'unknown' FROM unnest(codes) c
		WHERE NOT EXISTS (SELECT FROM core.facility f WHERE f.code = c)) q;
	IF cardinality(codes) > n THEN
		PERFORM auth.audit('remind', CASE cardinality(codes) WHEN 1 THEN codes[1] END,
			jsonb_build_object('reminded', cardinality(codes) - n));
	END IF;
	RETURN '{"reminded":' || cardinality(codes) - n || ',"skipped":[' || coalesce(left_out, '') || ']}';
END
$$;

-- When whom: of one facility, the newest first, for the pages of staff.
CREATE OR REPLACE FUNCTION core.reminders_json(p_facility bigint) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN '[' || coalesce((SELECT string_agg('{' || concat_ws(',', core.js('on', m.on_day),
			core.js('type', m.type), core.js('due', m.due), '"step":' || m.step,
			core.js('by', core.account_name(m.by_account)),
			'"to":[' || (SELECT string_agg(to_json(coalesce(p.name, o.name))::text, ','
					ORDER BY t.party_id IS NULL, cardinality(o.path) DESC)
				FROM core.reminder_to t LEFT JOIN core.org o ON o.id = t.org_id
				LEFT JOIN core.party p ON p.id = t.party_id WHERE t.reminder_id = m.id) || ']',
			core.js('seen', (SELECT min(t.seen_at) FROM core.reminder_to t WHERE t.reminder_id = m.id))) || '}',
			',' ORDER BY m.id DESC)
		FROM (SELECT x.* FROM core.reminder x WHERE x.facility_id = p_facility ORDER BY x.id DESC LIMIT 20) m), '')
		|| ']';
END
$$;
