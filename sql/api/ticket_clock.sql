-- Clocks of residents' reports that have run out: the job `ticket_clock`, every minute. The office that has
-- a case keeps it; the one `up` levels above is told (a step that everybody with the receipt sees, and a
-- message to its webhooks and mail), and the case is late for good. What was answered a month ago and
-- nobody came back to is closed, so that telephone numbers do not stay.

-- What a case is about, for messages: {"id","no","kind","place","building"?,"step","due","office","url"}.
-- Nothing of what the resident wrote.
CREATE OR REPLACE FUNCTION core.ticket_item(t core.ticket, p_lang text, p_base text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT '{' || concat_ws(',', '"id":' || t.id, core.js('no', core.ticket_no(t)),
		core.js('kind', coalesce(k.name ->> p_lang, k.name ->> 'zh-CN', k.code)), core.js('place', left(p.name, 200)),
		core.js('building', left(f.building, 200)), core.js('step', t.due_step), core.js('due', t.due_at),
		core.js('office', o.name), core.js('url', p_base || '/staff/tickets/' || t.id)) || '}'
	FROM core.ticket_kind k
	LEFT JOIN core.facility f ON f.id = t.facility_id
	JOIN core.place p ON p.id = coalesce(t.place_id, f.place_id)
	JOIN core.org o ON o.id = t.org_id
	WHERE k.code = t.kind
$$;

-- Tells the webhooks and mail of an office that a case has risen to it.
CREATE OR REPLACE FUNCTION core.ticket_tell(t core.ticket, p_org int, p_base text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	called constant text := (SELECT o.name FROM core.org o WHERE o.id = p_org);
	h core.hook;
	message uuid;
	i json;
BEGIN
	PERFORM core.use_timezone();
	FOR h IN SELECT * FROM core.hook x WHERE x.box = p_org AND x.ended_at IS NULL ORDER BY x.id LOOP
		message := gen_random_uuid();
		i := core.ticket_item(t, h.lang, p_base);
		INSERT INTO core.outbox (id, hook_id, body) VALUES (message, h.id, '{' || CASE h.kind
			WHEN 'webhook' THEN concat_ws(',', core.js('id', message::text), core.js('made', now()), '"what":"ticket"',
				core.js('to', called), '"ticket":' || i)
			ELSE core.js('subject', format(CASE h.lang WHEN 'en' THEN '%s: report %s has run out of time'
					ELSE '%s：居民反映%s已超时' END, called, i ->> 'no'))
				|| ',' || core.js('text', concat_ws(E'\n', concat_ws(' · ', i ->> 'kind', i ->> 'place', i ->> 'building'),
					i ->> 'office', i ->> 'due', i ->> 'url') || E'\n') END || '}');
	END LOOP;
END
$$;

-- One clock that has run out. The case's row is held.
CREATE OR REPLACE FUNCTION core.ticket_overdue(t core.ticket, p_base text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	above constant int[] := (SELECT o.path FROM core.org o WHERE o.id = t.org_id);
	up constant int := coalesce((core.ticket_rule(t.org_id, t.clock, t.due_step)).up, 0);
	to_level constant int := greatest(cardinality(above) - t.raised - up, 1);
BEGIN
	IF to_level < cardinality(above) - t.raised THEN
		PERFORM core.ticket_act(t.id, 'escalate', t.org_id, above[to_level], NULL, NULL, NULL);
		PERFORM core.ticket_tell(t, above[to_level], p_base);
	ELSE
		UPDATE core.ticket SET late = true WHERE id = t.id;
		PERFORM core.ticket_touch(t.id);
	END IF;
END
$$;

-- At most p_limit cases; returns how many. 0: nothing is left to be done now. At the top, or where a clock
-- raises nothing, a case is found once: it is late then.
CREATE OR REPLACE FUNCTION api.job_tickets(p_base text, p_limit int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	t core.ticket;
	n int := 0;
BEGIN
	FOR t IN SELECT x.* FROM core.ticket x JOIN core.org o ON o.id = x.org_id
		WHERE x.due_at <= core.now() AND (NOT x.late OR (x.raised < cardinality(o.path) - 1
			AND (core.ticket_rule(x.org_id, x.clock, x.due_step)).up > 0))
		ORDER BY x.due_at, x.id LIMIT p_limit FOR UPDATE OF x SKIP LOCKED
	LOOP
		PERFORM core.ticket_overdue(t, p_base);
		n := n + 1;
	END LOOP;
	FOR t IN SELECT x.* FROM core.ticket x WHERE x.state = 'answered' AND NOT EXISTS (SELECT FROM core.ticket_step s
			WHERE s.ticket_id = x.id AND s.act IN ('answer', 'callback', 'rate')
				AND s.at > core.now() - interval '30 days')
		ORDER BY x.id LIMIT p_limit - n FOR UPDATE SKIP LOCKED
	LOOP
		PERFORM core.ticket_act(t.id, 'close', t.org_id, NULL, NULL, NULL, NULL);
		n := n + 1;
	END LOOP;
	RETURN n;
END
$$;
