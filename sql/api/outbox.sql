-- Webhooks and mail: what reminders say to an office or firm beside its inbox. A message is made in
-- the transaction that marks its reminders, so it is made once; it is sent by who holds its lease,
-- again and again under the same id until an answer says that it came.

-- A reminder as webhooks have it.
CREATE OR REPLACE FUNCTION core.hook_item(p_reminder bigint, p_lang text, p_base text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT '{' || concat_ws(',', '"id":' || m.id, core.js('facility', f.code::text),
		core.js('kind_code', k.code), core.js('type_code', m.type), core.type_words(f.kind_id, m.type, p_lang),
		core.js('place', left(p.name, 200)), core.js('building', left(f.building, 200)),
		core.js('name', left(f.name, 200)), core.js('due', m.due), '"days":' || (m.due - m.on_day),
		'"step":' || m.step, core.js('on', m.on_day), core.js('url', p_base || '/f/' || f.code)) || '}'
	FROM core.reminder m JOIN core.facility f ON f.id = m.facility_id
	JOIN core.place p ON p.id = f.place_id JOIN core.kind k ON k.id = f.kind_id
	WHERE m.id = p_reminder
$$;
-- The same as a line of a letter.
CREATE OR REPLACE FUNCTION core.hook_line(p_reminder bigint, p_lang text, p_base text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT to_char(m.due, 'YYYY-MM-DD') || '  '
		|| CASE WHEN m.due < m.on_day THEN CASE p_lang WHEN 'en' THEN format('%s days overdue', m.on_day - m.due)
				ELSE format('已逾期%s天', m.on_day - m.due) END
			WHEN m.due = m.on_day THEN CASE p_lang WHEN 'en' THEN 'due today' ELSE '今天到期' END
			ELSE CASE p_lang WHEN 'en' THEN format('due in %s days', m.due - m.on_day)
				ELSE format('还有%s天到期', m.due - m.on_day) END END
		|| '  ' || concat_ws(' ', left(p.name, 200), left(f.building, 200), left(f.name, 200)) || '  '
		|| coalesce(k.data -> 'types' -> m.type -> 'name' ->> p_lang, m.type) || E'\n  '
		|| p_base || '/f/' || f.code
	FROM core.reminder m JOIN core.facility f ON f.id = m.facility_id
	JOIN core.place p ON p.id = f.place_id JOIN core.kind k ON k.id = f.kind_id
	WHERE m.id = p_reminder
$$;

-- The body of a message about these reminders: JSON for a webhook; for mail {"subject","text"}.
CREATE OR REPLACE FUNCTION core.hook_body(h core.hook, p_id uuid, p_ids bigint[], p_base text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	called constant text := coalesce((SELECT p.name FROM core.party p WHERE p.id = h.party_id),
		(SELECT o.name FROM core.org o WHERE o.id = h.office_id));
BEGIN
	PERFORM core.use_timezone();
	IF h.kind = 'webhook' THEN
		RETURN '{' || concat_ws(',', core.js('id', p_id::text), core.js('made', now()), '"what":"reminders"',
			core.js('to', called), '"reminders":[' || (SELECT string_agg(core.hook_item(i, h.lang, p_base), ','
				ORDER BY n) FROM unnest(p_ids) WITH ORDINALITY AS u (i, n)) || ']') || '}';
	END IF;
	RETURN '{' || core.js('subject', CASE h.lang WHEN 'en' THEN format('%s: %s reminders', called, cardinality(p_ids))
			ELSE format('%s：%s条到期提醒', called, cardinality(p_ids)) END) || ','
		|| core.js('text', (SELECT string_agg(core.hook_line(i, h.lang, p_base), E'\n\n' ORDER BY n)
			FROM unnest(p_ids) WITH ORDINALITY AS u (i, n)) || E'\n') || '}';
END
$$;

-- Turns reminders nobody has put there yet into messages: at most 100 a message, fewer if they
-- would not fit into 64 KB. Returns how many messages were made; below p_limit: all of them.
CREATE OR REPLACE FUNCTION core.outbox_fill(p_base text, p_limit int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	n int := 0;
	b int;
	ids bigint[];
	h core.hook;
	message uuid;
	said text;
	fits boolean;
BEGIN
	WHILE n < p_limit LOOP
		SELECT t.box INTO b FROM core.reminder_to t WHERE NOT t.queued ORDER BY t.box, t.reminder_id LIMIT 1;
		EXIT WHEN b IS NULL;
		ids := ARRAY(SELECT t.reminder_id FROM core.reminder_to t WHERE NOT t.queued AND t.box = b
			ORDER BY t.reminder_id LIMIT 100 FOR UPDATE);
		LOOP
			fits := true;
			FOR h IN SELECT * FROM core.hook x WHERE x.box = b AND x.ended_at IS NULL ORDER BY x.id LOOP
				fits := fits AND octet_length(core.hook_body(h, gen_random_uuid(), ids, p_base)) <= 65536;
			END LOOP;
			EXIT WHEN fits OR cardinality(ids) = 1;
			ids := ids[:cardinality(ids) / 2];
		END LOOP;
		FOR h IN SELECT * FROM core.hook x WHERE x.box = b AND x.ended_at IS NULL ORDER BY x.id LOOP
			message := gen_random_uuid();
			said := core.hook_body(h, message, ids, p_base);
			INSERT INTO core.outbox (id, hook_id, body) VALUES (message, h.id, said);
			n := n + 1;
		END LOOP;
		UPDATE core.reminder_to t SET queued = true WHERE t.box = b AND t.reminder_id = ANY (ids);
	END LOOP;
	RETURN n;
END
$$;
CREATE OR REPLACE FUNCTION api.outbox_fill(p_base text, p_limit int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	-- one at a time: two would make the same messages
	IF NOT pg_try_advisory_xact_lock(hashtext('core.outbox_fill')) THEN
		RETURN 0;
	END IF;
	DELETE FROM core.outbox o WHERE o.id IN (SELECT x.id FROM core.outbox x
		WHERE x.state = 'sent' AND x.made_at < now() - interval '90 days' LIMIT 1000);
	RETURN core.outbox_fill(p_base, p_limit);
END
$$;

-- Messages to be sent now, leased to p_who: nobody else has them until the lease runs out. stamp and
-- signature go with a webhook: HMAC-SHA-256 by the hook's secret over "STAMP.BODY", in hexadecimal.
CREATE OR REPLACE FUNCTION api.outbox_take(p_who text, p_seconds int, p_limit int)
RETURNS TABLE (id uuid, kind text, target text, body text, stamp bigint, signature text)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
	WITH t AS (
		UPDATE core.outbox o SET lease_until = now() + make_interval(secs => p_seconds), leased_by = p_who,
			attempts = o.attempts + 1
		WHERE o.id IN (SELECT x.id FROM core.outbox x
			WHERE x.state = 'waiting' AND x.due <= now() AND (x.lease_until IS NULL OR x.lease_until < now())
			ORDER BY x.due, x.id LIMIT p_limit FOR UPDATE SKIP LOCKED)
		RETURNING o.*
	)
	SELECT t.id, h.kind, h.target, t.body, s.stamp,
		encode(crypt.hmac(convert_to(s.stamp || '.' || t.body, 'UTF8'), k.secret, 'sha256'), 'hex')
	FROM t JOIN core.hook h ON h.id = t.hook_id
	LEFT JOIN core.hook_secret k ON k.hook_id = h.id
	CROSS JOIN (SELECT floor(extract(epoch FROM clock_timestamp()))::bigint AS stamp) s
	ORDER BY t.due, t.id
$$;

-- What became of one. Success counts whoever says so, so that nothing is sent again that came; a
-- failure only from who still holds it. Then it is tried again after 30 s, 1 min, 2 min .. 6 hours,
-- a quarter more or less, not before p_wait seconds; p_final, or after p_tries tries: it is dead.
CREATE OR REPLACE FUNCTION api.outbox_note(p_id uuid, p_who text, p_ok boolean, p_status int, p_why text,
	p_wait int, p_final boolean, p_tries int) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	said text;
BEGIN
	IF p_ok THEN
		UPDATE core.outbox o SET state = 'sent', sent_at = now(), status = p_status, why = NULL,
			lease_until = NULL, leased_by = NULL
		WHERE o.id = p_id AND o.state <> 'sent' RETURNING o.state INTO said;
	ELSE
		UPDATE core.outbox o SET status = nullif(p_status, 0), why = left(p_why, 200), lease_until = NULL,
			leased_by = NULL, state = CASE WHEN p_final OR o.attempts >= p_tries THEN 'dead' ELSE 'waiting' END,
			due = now() + greatest(make_interval(secs => least(p_wait, 21600)),
				(0.75 + random() / 2) * least(interval '30 seconds' * power(2, least(o.attempts - 1, 12)),
				interval '6 hours'))
		WHERE o.id = p_id AND o.leased_by = p_who AND o.state = 'waiting' RETURNING o.state INTO said;
	END IF;
	RETURN said;
END
$$;
