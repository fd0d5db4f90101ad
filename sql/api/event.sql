-- Events: what an office announces for its area (heat, a typhoon ..), and so starts a clock for a
-- duty of one kind of facility there. What comes of it is core.duties_of()'s; the documents it
-- touches are built by a job. Failed results start theirs by rule (core.rule.fail_days).

-- Announces one; the job that builds documents, and how many facilities it touches.
CREATE OR REPLACE FUNCTION core.event_new(p_body jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	today constant date := core.today();
	at_org constant int := (SELECT o.id FROM core.org o WHERE o.code = core.some(p_body ->> 'org')
		AND core.my_right('announce') AND core.sees_org(o.id));
	thing constant text := core.some(p_body ->> 'what');
	duty constant text[] := string_to_array(core.some(p_body ->> 'duty'), '/');
	of_kind constant int := (SELECT k.id FROM core.kind k WHERE k.code = duty[1]);
	since constant date := core.try_date(core.some(p_body ->> 'on'));
	within constant text := core.some(p_body ->> 'within');
	unit constant text := coalesce(core.some(p_body ->> 'unit'), 'days');
	most constant int := CASE unit WHEN 'days' THEN 366 ELSE 250 END;
	ground constant text := core.some(p_body ->> 'basis');
	bad jsonb := '[]';
	n int;
	made bigint;
BEGIN
	IF at_org IS NULL THEN
		bad := bad || core.bad('org', CASE WHEN core.some(p_body ->> 'org') IS NULL THEN 'missing' ELSE 'unknown' END);
	END IF;
	IF thing IS NULL OR thing NOT IN ('heat', 'typhoon', 'flood', 'pollution', 'outbreak', 'other') THEN
		bad := bad || core.bad('what', CASE WHEN thing IS NULL THEN 'missing' ELSE 'unknown' END);
	END IF;
	IF duty IS NULL THEN
		bad := bad || core.bad('duty', 'missing');
	ELSIF of_kind IS NULL OR cardinality(duty) <> 2 THEN
		bad := bad || core.bad('duty', 'unknown');
	END IF;
	IF core.some(p_body ->> 'on') IS NULL THEN
		bad := bad || core.bad('on', 'missing');
	ELSIF since IS NULL THEN
		bad := bad || core.bad('on', 'form');
	ELSIF since > today + 30 THEN
		bad := bad || core.bad('on', 'in_future');
	ELSIF since < today - 366 THEN
		bad := bad || core.bad('on', 'too_old');
	END IF;
	IF within IS NULL THEN
		bad := bad || core.bad('within', 'missing');
	ELSIF within !~ '^[0-9]{1,3}$' OR within::int > most THEN
		bad := bad || core.bad('within', 'bad_value');
	END IF;
	IF unit NOT IN ('days', 'work_days') THEN
		bad := bad || core.bad('unit', 'unknown');
	END IF;
	IF ground IS NULL THEN
		bad := bad || core.bad('basis', 'missing');
	ELSIF length(ground) > 200 THEN
		bad := bad || core.bad('basis', 'too_long');
	END IF;
	IF at_org IS NOT NULL AND of_kind IS NOT NULL AND cardinality(duty) = 2 THEN
		n := count(*) FROM core.facility_line l JOIN core.org o ON o.id = l.org_id
			WHERE o.path @> ARRAY[at_org] AND l.kind_id = of_kind AND l.status = 'in_service'
				AND EXISTS (SELECT FROM core.rule r WHERE r.kind_id = of_kind AND r.type = duty[2]
					AND r.org_id = ANY (o.path) AND today >= r.valid_from
					AND (r.valid_to IS NULL OR today <= r.valid_to));
		IF n = 0 THEN
			bad := bad || core.bad('duty', 'none_here');
		END IF;
	END IF;
	PERFORM auth.refuse(bad);
	INSERT INTO core.event (org_id, what, kind_id, type, on_date, days, work_days, basis, facilities,
		made_at, made_by)
	VALUES (at_org, thing, of_kind, duty[2], since, CASE WHEN unit = 'days' THEN within::smallint END,
		CASE WHEN unit = 'work_days' THEN within::smallint END, ground, n, core.now(), core.my_account())
	RETURNING id INTO made;
	PERFORM core.rebuild_facilities(at_org, of_kind);
	PERFORM auth.audit('event.add', made::text, jsonb_build_object('org', p_body ->> 'org', 'what', thing,
		'duty', p_body ->> 'duty', 'on', since, 'within', within::int, 'unit', unit, 'basis', ground));
	RETURN '{"id":' || made || ',"facilities":' || n || '}';
END
$$;

-- Ends one: from today on it starts nothing any more.
CREATE OR REPLACE FUNCTION core.event_end(p_id bigint, p_reason text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	e core.event;
BEGIN
	SELECT * INTO e FROM core.event x WHERE x.id = p_id AND core.my_right('announce')
		AND core.sees_org(x.org_id) FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'no event %', p_id USING ERRCODE = 'QR404';
	END IF;
	IF e.ended_on IS NOT NULL THEN
		RAISE EXCEPTION 'event % is over', p_id USING ERRCODE = 'QR409', DETAIL = '{"why":"ended"}';
	END IF;
	IF core.some(p_reason) IS NULL THEN
		PERFORM auth.refuse(core.bad('reason', 'missing'));
	ELSIF length(p_reason) > 200 THEN
		PERFORM auth.refuse(core.bad('reason', 'too_long'));
	END IF;
	UPDATE core.event SET ended_on = core.today(), ended_at = core.now(), ended_by = core.my_account(),
		end_reason = core.some(p_reason) WHERE id = p_id;
	PERFORM core.rebuild_facilities(e.org_id, e.kind_id);
	PERFORM auth.audit('event.end', p_id::text, jsonb_build_object('reason', core.some(p_reason)));
	RETURN '{"id":' || p_id || '}';
END
$$;

-- One event as an object of lists.
CREATE OR REPLACE FUNCTION core.event_json(e core.event) RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT '{' || concat_ws(',', '"id":' || e.id, core.js('what', e.what),
		'"org":' || core.org_json(o.code, o.name, NULL), core.js('kind', k.code), core.js('type', e.type),
		core.js('on', e.on_date), '"days":' || e.days, '"work_days":' || e.work_days, core.js('due', a.day),
		CASE WHEN a.provisional THEN '"provisional":true' END, core.js('basis', e.basis),
		'"facilities":' || e.facilities, core.js('at', e.made_at), core.js('by', core.account_name(e.made_by)),
		CASE WHEN e.ended_on IS NOT NULL THEN '"ended":{' || concat_ws(',', core.js('on', e.ended_on),
			core.js('by', core.account_name(e.ended_by)), core.js('reason', e.end_reason)) || '}' END,
		CASE WHEN e.ended_on IS NULL AND core.sees_org(e.org_id) THEN '"can":true' END) || '}'
	FROM core.org o CROSS JOIN core.kind k
	CROSS JOIN LATERAL core.due_after(o.id, e.on_date, NULL, e.days, e.work_days) a
	WHERE o.id = e.org_id AND k.id = e.kind_id
$$;

-- The newest first; those that hold before those that are over. Of the scope, and of offices above.
CREATE OR REPLACE FUNCTION api.staff_events(p_session bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	day date;
	top int;
BEGIN
	PERFORM auth.enter(p_session, 'announce');
	PERFORM core.use_timezone();
	day := core.today();
	top := core.my_org();
	RETURN '{' || concat_ws(',', '"me":' || auth.me(), '"ref":' || core.ref(), core.js('today', day),
		'"orgs":[' || coalesce((SELECT string_agg('{' || core.js('code', q.code) || ',' || core.js('name', q.name)
				|| '}', ',' ORDER BY q.path) FROM (SELECT o.code, o.name, o.path FROM core.org o
				WHERE o.path @> ARRAY[top] ORDER BY o.path LIMIT 500) q), '') || ']',
		'"duties":[' || coalesce((SELECT string_agg('{' || core.js('kind', q.kind) || ',' || core.js('type', q.type)
				|| '}', ',' ORDER BY q.at, q.rank, q.type)
			FROM (SELECT k.code AS kind, r.type, k.rank AS at, min(r.rank) AS rank
				FROM core.rule r JOIN core.kind k ON k.id = r.kind_id JOIN core.org o ON o.id = r.org_id
				WHERE day >= r.valid_from AND (r.valid_to IS NULL OR day <= r.valid_to)
					AND (o.path @> ARRAY[top] OR o.id = ANY ((SELECT x.path FROM core.org x WHERE x.id = top)::int[]))
				GROUP BY k.code, k.rank, r.type) q), '') || ']',
		'"events":[' || coalesce((SELECT string_agg(core.event_json(q.e), ',' ORDER BY q.n)
			FROM (SELECT e, row_number() OVER (ORDER BY e.ended_on IS NOT NULL, e.id DESC) AS n
				FROM core.event e JOIN core.org o ON o.id = e.org_id
				WHERE o.path @> ARRAY[top] OR o.id = ANY ((SELECT x.path FROM core.org x WHERE x.id = top)::int[])
				ORDER BY n LIMIT 50) q), '') || ']',
		'"failed":' || core.facilities_json(ARRAY(SELECT l.facility_id FROM core.facility_line l
			WHERE l.status = 'in_service' AND l.failed ORDER BY l.due, l.facility_id LIMIT 50), NULL, NULL)) || '}';
END
$$;

-- One, and how far it has come in one's own area: done, to do, and the first 50 of these.
CREATE OR REPLACE FUNCTION api.staff_event(p_session bytea, p_id bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	e core.event;
	n int;
	done int;
	todo bigint[];
	also text[];
BEGIN
	PERFORM auth.enter(p_session, 'announce');
	PERFORM core.use_timezone();
	SELECT x.* INTO e FROM core.event x JOIN core.org o ON o.id = x.org_id
	WHERE x.id = p_id AND (o.path @> ARRAY[core.my_org()] OR o.id = ANY ((SELECT y.path FROM core.org y
		WHERE y.id = core.my_org())::int[]));
	IF NOT FOUND THEN
		RAISE EXCEPTION 'no event %', p_id USING ERRCODE = 'QR404';
	END IF;
	also := ARRAY(SELECT DISTINCT a FROM core.rule r, unnest(r.also) a
		WHERE r.kind_id = e.kind_id AND r.type = e.type);
	SELECT count(*), count(*) FILTER (WHERE q.did), (array_agg(q.id ORDER BY q.id) FILTER (WHERE NOT q.did))[:50]
	INTO n, done, todo
	FROM (SELECT l.facility_id AS id, EXISTS (SELECT FROM core.record r WHERE r.facility_id = l.facility_id
			AND r.state = 'published' AND r.on_date >= e.on_date
			AND (r.type = e.type OR (r.verdict <> 'none' AND r.type = ANY (also)))) AS did
		FROM core.facility_line l JOIN core.org o ON o.id = l.org_id
		WHERE o.path @> ARRAY[e.org_id] AND l.kind_id = e.kind_id AND l.status = 'in_service') q;
	RETURN '{' || concat_ws(',', '"me":' || auth.me(), '"ref":' || core.ref(), core.js('today', core.today()),
		'"event":' || core.event_json(e), '"done":' || done, '"todo":' || n - done,
		'"facilities":' || core.facilities_json(coalesce(todo, '{}'), NULL, NULL)) || '}';
END
$$;

CREATE OR REPLACE FUNCTION api.staff_event_add(p_session bytea, p_body jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'announce');
	RETURN core.event_new(coalesce(p_body, '{}'));
END
$$;

CREATE OR REPLACE FUNCTION api.staff_event_end(p_session bytea, p_id bigint, p_reason text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'announce');
	RETURN core.event_end(p_id, p_reason);
END
$$;
