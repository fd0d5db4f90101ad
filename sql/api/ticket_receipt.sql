-- What the receipt of a report shows for ever, its photos and its telephone number: who may see them,
-- when they go.

-- Progress of a case, for whoever has its receipt: {"ref","receipt","no":"2026-12","kind":{..},"received",
-- "at","office","state","due":{"step","at"}?,"late"?,"joined"?,"photos","phone"?,"steps":[{"at","act",
-- "org","to"?,"words"?,"level"?}]}. A report that was joined shows the case that goes on for it from
-- then on. Not what was written: who finds a receipt learns nothing of who reported. QR404.
CREATE OR REPLACE FUNCTION api.public_ticket(p_receipt text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	t core.ticket;
	c core.ticket; -- the case that goes on
BEGIN
	PERFORM core.use_timezone();
	SELECT * INTO t FROM core.ticket x WHERE x.receipt = p_receipt;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'no such receipt' USING ERRCODE = 'QR404';
	END IF;
	c := t;
	IF t.joined_to IS NOT NULL THEN
		SELECT * INTO c FROM core.ticket x WHERE x.id = t.joined_to;
	END IF;
	RETURN '{' || concat_ws(',', '"ref":' || core.ref(), core.js('receipt', t.receipt::text),
		core.js('no', core.ticket_no(t)), '"kind":' || (SELECT k.name::text FROM core.ticket_kind k
			WHERE k.code = t.kind), core.js('received', t.at), core.ticket_where(t.facility_id, t.place_id),
		'"handler":{' || (SELECT concat_ws(',', core.js('code', o.code), core.js('name', o.name),
			core.js('phone', o.phone)) FROM core.org o WHERE o.id = c.org_id) || '}',
		core.js('state', c.state), '"due":{' || CASE WHEN c.due_at IS NOT NULL THEN concat_ws(',',
			core.js('step', c.due_step), core.js('at', c.due_at)) || '}' END,
		CASE WHEN c.late THEN '"late":true' END, CASE WHEN t.joined_to IS NOT NULL THEN '"joined":true' END,
		'"photos":' || (SELECT count(*) FROM core.ticket_photo x WHERE x.ticket_id = t.id),
		CASE WHEN EXISTS (SELECT FROM core.ticket_contact x WHERE x.ticket_id = t.id) THEN '"phone":true' END,
		'"steps":' || core.ticket_steps(t, c)) || '}';
END
$$;

-- The steps a resident sees: those of the report, and those of the case it was joined to. Notes are
-- inside; what is hidden from public pages is still said to whom it was answered.
CREATE OR REPLACE FUNCTION core.ticket_steps(t core.ticket, c core.ticket) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT '[' || coalesce(string_agg('{' || concat_ws(',', core.js('at', s.at), core.js('act', s.act),
			core.js('org', o.name), core.js('to', x.name), CASE WHEN s.act NOT IN ('quarantine', 'release', 'hide',
				'show') THEN core.js('words', s.words) END, core.js('level', s.level::bigint)) || '}', ','
		ORDER BY s.at, s.ticket_id = c.id AND c.id <> t.id, s.n), '') || ']'
	FROM core.ticket_step s JOIN core.org o ON o.id = s.org_id LEFT JOIN core.org x ON x.id = s.to_org_id
	WHERE (s.ticket_id = t.id OR (s.ticket_id = c.id AND s.act <> 'received'))
		AND s.act NOT IN ('note', 'publish', 'hide', 'show')
$$;

-- A person decides about a photo of a case: public, hidden or waiting again. Only photos of no record
-- are hidden by it, and none that was taken out of a record comes back.
CREATE OR REPLACE FUNCTION core.ticket_photo_say(p_ticket bigint, p_pos int, p_state text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	sha bytea;
BEGIN
	UPDATE core.ticket_photo SET state = p_state WHERE ticket_id = p_ticket AND pos = p_pos RETURNING sha256 INTO sha;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'case % has no photo %', p_ticket, p_pos USING ERRCODE = 'QR404';
	END IF;
	IF EXISTS (SELECT FROM core.record_photo x WHERE x.sha256 = sha)
		OR EXISTS (SELECT FROM core.redaction a WHERE a.old_sha256 = sha)
	THEN
		RETURN;
	END IF;
	UPDATE core.photo SET hidden_at = CASE WHEN NOT EXISTS (SELECT FROM core.ticket_photo x
		WHERE x.sha256 = sha AND x.state = 'public') THEN coalesce(hidden_at, core.now()) END
	WHERE sha256 = sha;
	PERFORM pg_notify('qr_doc', 'photo ' || encode(sha, 'hex') || ' 0');
END
$$;

-- The sealed number of whoever wants to be called, for the handler of a case of the scope; each look
-- is in the audit. NULL: none was given, or it is gone. The worker opens it (app/contact.h).
CREATE OR REPLACE FUNCTION api.staff_ticket_contact(p_session bytea, p_ticket bigint) RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'tickets');
	-- a firm is not told who complains of it
	IF core.ticket_can(core.need_ticket(p_ticket)) = '{}' OR core.my_org() IS NULL THEN
		PERFORM core.refuse('QR403', 'scope', format('case %s is handled by others', p_ticket));
	END IF;
	RETURN core.ticket_contact_open(p_ticket);
END
$$;
-- What is seen by nobody but through here.
CREATE OR REPLACE FUNCTION core.ticket_contact_open(p_ticket bigint) RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	found constant bytea := (SELECT c.sealed FROM core.ticket_contact c WHERE c.ticket_id = p_ticket);
BEGIN
	IF found IS NOT NULL THEN
		PERFORM auth.audit('ticket.contact', (SELECT core.ticket_no(t) FROM core.ticket t WHERE t.id = p_ticket),
			jsonb_build_object('ticket', p_ticket));
	END IF;
	RETURN found;
END
$$;

-- What nobody needs any more: numbers of closed cases after their 30 days, and of reports nobody looked
-- at; words and photos by ticket_limit; photos of forms that were never sent; counts of yesterday.
-- Called by api.job_sweep().
CREATE OR REPLACE FUNCTION core.ticket_sweep() RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	before constant timestamptz := core.now() - make_interval(days => core.ticket_limit('keep_days'));
	ended bigint[];
	gone bytea[];
	n int;
	m int;
BEGIN
	-- a report that was joined ends with the case that goes on for it
	DELETE FROM core.ticket_contact c USING core.ticket t JOIN core.ticket r ON r.id = coalesce(t.joined_to, t.id)
	WHERE t.id = c.ticket_id AND (c.delete_on <= core.today()
		OR (r.state = 'quarantine' AND t.at < core.now() - interval '30 days'));
	GET DIAGNOSTICS n = ROW_COUNT;
	ended := ARRAY(SELECT t.id FROM core.ticket t JOIN core.ticket r ON r.id = coalesce(t.joined_to, t.id)
		WHERE t.at < before AND coalesce(r.closed_at, CASE r.state WHEN 'quarantine' THEN r.at END) < before);
	DELETE FROM core.ticket_text x WHERE x.ticket_id = ANY (ended);
	GET DIAGNOSTICS m = ROW_COUNT;
	WITH p AS (
		DELETE FROM core.ticket_photo x WHERE x.ticket_id = ANY (ended) AND x.state <> 'public' RETURNING x.sha256),
	u AS (DELETE FROM core.ticket_upload u WHERE u.at < core.now() - interval '1 day' RETURNING u.sha256)
	SELECT array_agg(sha256) INTO gone FROM (SELECT p.sha256 FROM p UNION SELECT u.sha256 FROM u) x;
	n := n + m + core.ticket_photos_gone(gone);
	DELETE FROM core.ticket_source s WHERE s.hour < core.now() - interval '1 day';
	RETURN n;
END
$$;

-- Photos that came with reports alone, unless another one still has them.
CREATE OR REPLACE FUNCTION core.ticket_photos_gone(p_photos bytea[]) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	gone constant bytea[] := ARRAY(SELECT o.sha256 FROM core.photo o WHERE o.sha256 = ANY (p_photos)
		AND o.stored_by IS NULL
		AND NOT EXISTS (SELECT FROM core.ticket_photo x WHERE x.sha256 = o.sha256)
		AND NOT EXISTS (SELECT FROM core.ticket_upload u WHERE u.sha256 = o.sha256)
		AND NOT EXISTS (SELECT FROM core.record_photo r WHERE r.sha256 = o.sha256)
		AND NOT EXISTS (SELECT FROM core.redaction a WHERE o.sha256 IN (a.old_sha256, a.new_sha256)));
BEGIN
	DELETE FROM core.photo_bytes b WHERE b.sha256 = ANY (gone);
	DELETE FROM core.photo o WHERE o.sha256 = ANY (gone);
	PERFORM pg_notify('qr_doc', 'photo ' || encode(x, 'hex') || ' 0') FROM unnest(gone) x;
	RETURN cardinality(gone);
END
$$;
