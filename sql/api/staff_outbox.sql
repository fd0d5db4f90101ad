-- Where reminders go besides inboxes, and what did not arrive: for administrators. Shapes: sql/STAFF.md.

CREATE OR REPLACE FUNCTION core.hook_add(p_org int, p_party int, p_kind text, p_target text, p_lang text,
	OUT id int, OUT secret text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	bytes constant bytea := crypt.gen_random_bytes(32);
BEGIN
	IF NOT core.my_right('admin') THEN
		PERFORM core.refuse('QR403', 'right', 'may not add webhooks');
	END IF;
	INSERT INTO core.hook (office_id, party_id, kind, target, lang, made_at, made_by)
	VALUES (p_org, p_party, p_kind, p_target, p_lang, core.now(), core.my_account()) RETURNING hook.id INTO hook_add.id;
	IF p_kind = 'webhook' THEN
		INSERT INTO core.hook_secret (hook_id, secret) VALUES (hook_add.id, bytes);
		secret := encode(bytes, 'hex');
	END IF;
END
$$;

-- Body: org (code), party? (id or credit code: a firm's instead of the office's), kind, target, lang.
-- The secret of a webhook is said once, here.
CREATE OR REPLACE FUNCTION api.staff_hook_add(p_session bytea, p_body jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	kind constant text := core.some(p_body ->> 'kind');
	aim constant text := core.some(p_body ->> 'target');
	firm constant text := core.some(p_body ->> 'party');
	made record;
	org int;
	who int;
	bad jsonb := '[]';
BEGIN
	PERFORM auth.enter(p_session, 'admin');
	PERFORM auth.require_recent();
	SELECT o.id INTO org FROM core.org o WHERE o.code = coalesce(core.some(p_body ->> 'org'),
		(SELECT y.code FROM core.org y WHERE y.id = core.my_org()));
	IF org IS NULL THEN
		bad := bad || core.bad('org', 'unknown');
	ELSIF NOT core.sees_org(org) THEN
		bad := bad || core.bad('org', 'outside');
	END IF;
	IF firm IS NOT NULL THEN
		SELECT p.id INTO who FROM core.party p WHERE p.credit_code = upper(firm)
			OR (firm ~ '^[0-9]{1,9}$' AND p.id = firm::int);
		IF who IS NULL THEN
			bad := bad || core.bad('party', 'unknown');
		ELSIF org IS NOT NULL AND NOT core.party_inside(who, org) THEN
			bad := bad || core.bad('party', 'outside');
		END IF;
	END IF;
	IF kind IS NULL OR kind NOT IN ('webhook', 'mail') THEN
		bad := bad || core.bad('kind', 'unknown');
	END IF;
	IF aim IS NULL THEN
		bad := bad || core.bad('target', 'missing');
	ELSIF NOT core.hook_target_ok(kind, aim) THEN
		bad := bad || core.bad('target', 'form');
	ELSIF EXISTS (SELECT FROM core.hook h WHERE h.box = coalesce(-who, org) AND h.target = aim
		AND h.ended_at IS NULL) THEN
		bad := bad || core.bad('target', 'duplicate');
	END IF;
	PERFORM auth.refuse(bad);
	made := core.hook_add(org, who, kind, aim, CASE p_body ->> 'lang' WHEN 'en' THEN 'en' ELSE 'zh-CN' END);
	PERFORM auth.audit('hook.add', made.id::text, jsonb_strip_nulls(jsonb_build_object('kind', kind,
		'target', aim, 'party', who)));
	RETURN '{' || concat_ws(',', '"id":' || made.id, core.js('secret', made.secret)) || '}';
END
$$;

CREATE OR REPLACE FUNCTION core.hook_end(p_id int) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	UPDATE core.hook h SET ended_at = core.now(), ended_by = core.my_account()
	WHERE h.id = p_id AND h.ended_at IS NULL AND core.my_right('admin') AND core.sees_org(h.office_id);
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	UPDATE core.outbox o SET state = 'dead', why = 'ended', lease_until = NULL, leased_by = NULL
	WHERE o.hook_id = p_id AND o.state = 'waiting';
	RETURN true;
END
$$;
CREATE OR REPLACE FUNCTION api.staff_hook_end(p_session bytea, p_id int) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'admin');
	PERFORM auth.require_recent();
	IF NOT core.hook_end(p_id) THEN
		RAISE EXCEPTION 'no webhook %', p_id USING ERRCODE = 'QR404';
	END IF;
	PERFORM auth.audit('hook.end', p_id::text, NULL);
	RETURN '{"id":' || p_id || '}';
END
$$;

CREATE OR REPLACE FUNCTION core.outbox_again(p_ids uuid[]) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	n int;
BEGIN
	UPDATE core.outbox o SET state = 'waiting', attempts = 0, due = now(), lease_until = NULL, leased_by = NULL
	FROM core.hook h
	WHERE o.id = ANY (p_ids) AND o.state = 'dead' AND h.id = o.hook_id AND h.ended_at IS NULL
		AND core.my_right('admin') AND core.sees_org(h.office_id);
	GET DIAGNOSTICS n = ROW_COUNT;
	UPDATE core.job j SET due = now() WHERE j.kind = 'outbox' AND j.done_at IS NULL AND j.lease_until IS NULL
		AND j.due > now() AND n > 0;
	RETURN n;
END
$$;
CREATE OR REPLACE FUNCTION api.staff_outbox_again(p_session bytea, p_ids uuid[]) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	n int;
BEGIN
	PERFORM auth.enter(p_session, 'admin');
	n := core.outbox_again(p_ids);
	IF n > 0 THEN
		PERFORM auth.audit('outbox.again', NULL, jsonb_build_object('messages', n));
	END IF;
	RETURN '{"again":' || n || '}';
END
$$;

CREATE OR REPLACE FUNCTION api.staff_outbox(p_session bytea, p_state text, p_before bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	wanted constant text := CASE WHEN p_state IN ('waiting', 'sent') THEN p_state ELSE 'dead' END;
	rows text;
	last bigint;
	n int;
BEGIN
	PERFORM auth.enter(p_session, 'admin');
	PERFORM core.use_timezone();
	SELECT string_agg('{' || concat_ws(',', core.js('id', q.id::text), '"hook":' || q.hook_id, core.js('made', q.made_at),
			'"attempts":' || q.attempts, core.js('due', CASE q.state WHEN 'waiting' THEN q.due END),
			'"status":' || q.status, core.js('why', q.why), core.js('sent', q.sent_at)) || '}', ','
			ORDER BY q.n DESC) FILTER (WHERE q.k <= 50),
		min(q.n) FILTER (WHERE q.k <= 50), count(*)
	INTO rows, last, n
	FROM (SELECT o.*, row_number() OVER (ORDER BY o.n DESC) AS k FROM core.outbox o
		WHERE o.state = wanted AND (p_before IS NULL OR o.n < p_before) ORDER BY o.n DESC LIMIT 51) q;
	RETURN '{' || concat_ws(',', '"me":' || auth.me(), '"ref":' || core.ref(), core.js('state', wanted),
		'"counts":{' || (SELECT string_agg('"' || s || '":' || (SELECT count(*) FROM (SELECT FROM core.outbox o
				WHERE o.state = s LIMIT 1000) x), ',') FROM unnest(ARRAY['dead', 'waiting', 'sent']) s) || '}',
		'"orgs":[' || (SELECT string_agg('{' || core.js('code', o.code) || ',' || core.js('name', o.name) || '}', ','
				ORDER BY o.path) FROM (SELECT x.* FROM core.org x WHERE x.path @> ARRAY[core.my_org()]
				ORDER BY cardinality(x.path), x.code LIMIT 500) o) || ']',
		'"hooks":[' || coalesce((SELECT string_agg('{' || concat_ws(',', '"id":' || h.id, core.js('kind', h.kind),
				core.js('target', h.target), core.js('lang', h.lang), core.js('to', coalesce(p.name, o.name)),
				core.js('made', h.made_at), core.js('ended', h.ended_at)) || '}', ',' ORDER BY h.ended_at NULLS FIRST, h.id)
			FROM core.hook h JOIN core.org o ON o.id = h.office_id LEFT JOIN core.party p ON p.id = h.party_id), '') || ']',
		'"rows":[' || coalesce(rows, '') || ']', '"next":' || CASE WHEN n > 50 THEN last END) || '}';
END
$$;
