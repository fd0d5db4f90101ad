-- Label pages: what is to be printed, ordering a sheet, binding on site, replacing, voiding. What
-- may be chosen is what row security shows; codes are then made, bound and printed by the same
-- functions the command line uses.

-- What a filter picks, at most p_limit, in the order of the sheet: facility (for a label that is
-- still to be made) or code. Exactly one of without, damaged, unprinted, codes, facilities (codes: the
-- label each has in use, else a new one); else all in use.
CREATE OR REPLACE FUNCTION core.label_pick(p_filter jsonb, p_limit int)
RETURNS TABLE (facility_id bigint, code text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
#variable_conflict use_column
DECLARE
	top constant int := (SELECT o.id FROM core.org o WHERE o.code = core.some(p_filter ->> 'org'));
	at_place constant bigint := (SELECT p.id FROM core.place p
		WHERE p.code = upper(core.some(p_filter ->> 'place')));
	of_kind constant int := (SELECT k.id FROM core.kind k WHERE k.code = core.some(p_filter ->> 'kind'));
	codes constant text[] := ARRAY(SELECT upper(c) FROM
		jsonb_array_elements_text(core.list_of(p_filter -> 'codes')) c);
	bad jsonb := '[]';
BEGIN
	IF core.some(p_filter ->> 'org') IS NOT NULL AND top IS NULL THEN
		bad := bad || core.bad('org', 'unknown');
	END IF;
	IF core.some(p_filter ->> 'place') IS NOT NULL AND at_place IS NULL THEN
		bad := bad || core.bad('place', 'unknown');
	END IF;
	IF core.some(p_filter ->> 'kind') IS NOT NULL AND of_kind IS NULL THEN
		bad := bad || core.bad('kind', 'unknown');
	END IF;
	PERFORM auth.refuse(bad);
	IF p_filter ? 'facilities' THEN
		RETURN QUERY SELECT f.id, l.code::text FROM core.facility f
			JOIN core.place p ON p.id = f.place_id JOIN core.org o ON o.id = p.org_id
			LEFT JOIN core.label l ON l.facility_id = f.id AND l.state = 'active'
			WHERE f.code = ANY (ARRAY(SELECT upper(c)
				FROM jsonb_array_elements_text(core.list_of(p_filter -> 'facilities')) c))
			ORDER BY o.path, p.name, f.building NULLS FIRST, f.name NULLS FIRST, f.id, l.code LIMIT p_limit;
		RETURN;
	END IF;
	IF p_filter ->> 'without' = 'true' THEN
		RETURN QUERY SELECT f.id, NULL::text FROM core.facility f
			JOIN core.place p ON p.id = f.place_id JOIN core.org o ON o.id = p.org_id
			WHERE (top IS NULL OR o.path @> ARRAY[top]) AND (at_place IS NULL OR p.id = at_place)
				AND (of_kind IS NULL OR f.kind_id = of_kind)
				AND NOT EXISTS (SELECT FROM core.label l WHERE l.facility_id = f.id AND l.state = 'active')
			ORDER BY o.path, p.name, f.building NULLS FIRST, f.name NULLS FIRST, f.id LIMIT p_limit;
		RETURN;
	END IF;
	RETURN QUERY SELECT l.facility_id, l.code::text FROM core.label l
		LEFT JOIN core.facility f ON f.id = l.facility_id
		LEFT JOIN core.place p ON p.id = coalesce(f.place_id, l.place_id)
		LEFT JOIN core.org o ON o.id = coalesce(p.org_id, l.org_id)
		WHERE (l.state = 'active' OR (l.state = 'blank' AND (cardinality(codes) > 0
				OR p_filter ->> 'unprinted' = 'true')))
			AND (cardinality(codes) = 0 OR l.code = ANY (codes))
			AND (top IS NULL OR o.path @> ARRAY[top]) AND (at_place IS NULL OR p.id = at_place)
			AND (of_kind IS NULL OR f.kind_id = of_kind)
			AND (p_filter ->> 'damaged' IS DISTINCT FROM 'true' OR l.damaged_at IS NOT NULL)
			AND (p_filter ->> 'unprinted' IS DISTINCT FROM 'true' OR l.batch_id IS NULL)
		ORDER BY o.path, p.name, p.id, f.building NULLS FIRST, f.name NULLS FIRST, l.code LIMIT p_limit;
END
$$;

CREATE OR REPLACE FUNCTION core.label_blank(p_filter jsonb) RETURNS int
LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN p_filter ->> 'blank' ~ '^[0-9]{1,5}$' THEN nullif((p_filter ->> 'blank')::int, 0) END
$$;

CREATE OR REPLACE FUNCTION api.staff_label_select(p_session bytea, p_filter jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	filter constant jsonb := coalesce(p_filter, '{}');
	blank constant int := core.label_blank(p_filter);
	n int;
	rows text;
BEGIN
	PERFORM auth.enter(p_session, 'labels');
	PERFORM core.use_timezone();
	IF blank IS NOT NULL THEN
		n := blank;
	ELSE
		SELECT count(*), string_agg('{' || concat_ws(',', core.js('code', x.code), core.js('name', f.name),
				core.js('place', p.name), core.js('address', p.address), core.js('building', f.building),
				core.js('spot', l.spot), core.js('org', o.name), core.js('phone', o.phone)) || '}', ','
				ORDER BY x.n) FILTER (WHERE x.n <= 50)
		INTO n, rows
		FROM core.label_pick(filter, 10001) WITH ORDINALITY AS x (facility_id, code, n)
		LEFT JOIN core.label l ON x.n <= 50 AND l.code = x.code
		LEFT JOIN core.facility f ON x.n <= 50 AND f.id = x.facility_id
		LEFT JOIN core.place p ON p.id = coalesce(f.place_id, l.place_id)
		LEFT JOIN core.org o ON o.id = coalesce(p.org_id, l.org_id);
	END IF;
	RETURN '{' || concat_ws(',', '"me":' || auth.me(), '"ref":' || core.ref(), '"filter":' || filter::text,
		'"orgs":[' || coalesce((SELECT string_agg(core.org_json(o.code, o.name, NULL), ',' ORDER BY o.path)
			FROM (SELECT * FROM core.org y WHERE core.my_org() IS NOT NULL
				AND y.path @> ARRAY[core.my_org()] ORDER BY y.path LIMIT 500) o), '') || ']',
		'"kinds":[' || coalesce((SELECT string_agg('{' || core.js('code', k.code) || ',"name":'
			|| json_strip_nulls(k.data -> 'name') || '}', ',' ORDER BY k.rank) FROM core.kind k), '') || ']',
		'"places":[' || coalesce((SELECT string_agg(core.org_json(q.code, q.name, NULL), ',' ORDER BY q.name, q.code)
			FROM (SELECT p.code::text AS code, p.name FROM core.place p JOIN core.org o ON o.id = p.org_id
				WHERE o.path @> ARRAY[(SELECT y.id FROM core.org y WHERE y.code = filter ->> 'org')]
				ORDER BY p.name, p.code LIMIT 200) q), '') || ']',
		'"count":' || n, '"preview":[' || coalesce(rows, '') || ']',
		'"last":' || (SELECT '{' || concat_ws(',', core.js('template', b.template), '"start":' || b.start,
			'"count":' || cardinality(b.codes), core.js('printer', b.printer)) || '}'
			FROM core.label_order b WHERE b.state = 'done' ORDER BY b.id DESC LIMIT 1), core.label_usual_json()) || '}';
END
$$;

-- Makes what is still to be made of a pick, and orders the sheet. p_facilities, p_codes: seen by
-- who asks. Returns the order.
CREATE OR REPLACE FUNCTION core.label_order_make(p_filter jsonb, p_facilities bigint[], p_codes text[],
	p_template text, p_start int, p_printer text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	who constant text := auth.login();
	blank constant int := core.label_blank(p_filter);
	office constant int := (SELECT a.office_id FROM core.account a WHERE a.id = core.my_account());
	codes text[] := p_codes;
	fresh text[];
	made bigint;
	job bigint;
BEGIN
	IF p_template IS NULL OR p_template !~ '^[a-z0-9][a-z0-9-]{0,60}$' THEN
		PERFORM auth.refuse(core.bad('template', 'bad_value'));
	END IF;
	IF p_start NOT BETWEEN 1 AND 1000 THEN
		PERFORM auth.refuse(core.bad('start', 'bad_value'));
	END IF;
	IF coalesce(blank, greatest(cardinality(p_facilities), cardinality(p_codes)), 0) = 0 THEN
		PERFORM auth.refuse(core.bad('filter', 'empty'));
	ELSIF coalesce(blank, greatest(cardinality(p_facilities), cardinality(p_codes))) > 10000 THEN
		PERFORM auth.refuse(core.bad('filter', 'too_many'));
	END IF;
	IF blank IS NOT NULL THEN
		codes := ARRAY(SELECT api.label_issue(who, (SELECT o.code FROM core.org o
			WHERE o.id = coalesce(core.my_org(), office)), blank));
	ELSIF p_filter ->> 'without' = 'true' OR p_filter ? 'facilities' THEN
		-- one after the other per facility: two who order at once make one label each
		PERFORM FROM core.facility f WHERE f.id = ANY (p_facilities) ORDER BY f.id FOR NO KEY UPDATE;
		codes := ARRAY(SELECT l.code::text FROM core.label l
			WHERE l.facility_id = ANY (p_facilities) AND l.state = 'active' AND p_filter ? 'facilities');
		p_facilities := ARRAY(SELECT u.id FROM unnest(p_facilities) WITH ORDINALITY AS u (id, n)
			WHERE NOT EXISTS (SELECT FROM core.label l WHERE l.facility_id = u.id AND l.state = 'active')
			ORDER BY u.n);
		IF p_facilities = '{}' AND codes = '{}' THEN
			PERFORM auth.refuse(core.bad('filter', 'empty'));
		END IF;
		fresh := ARRAY(SELECT api.label_issue(who, NULL, cardinality(p_facilities))
			WHERE p_facilities <> '{}');
		UPDATE core.label l SET state = 'active', facility_id = u.id, org_id = p.org_id
		FROM unnest(fresh, p_facilities) AS u (code, id)
		JOIN core.facility f ON f.id = u.id JOIN core.place p ON p.id = f.place_id
		WHERE l.code = u.code;
		PERFORM core.label_event_add(c, who, 'bound', NULL, NULL) FROM unnest(fresh) c;
		PERFORM core.publish_labels(fresh);
		codes := codes || fresh;
	ELSIF p_filter ->> 'damaged' = 'true' THEN
		fresh := '{}';
		FOR i IN 1 .. cardinality(p_codes) LOOP
			fresh := fresh || api.label_replace(who, p_codes[i], 'damaged');
		END LOOP;
		codes := fresh;
	END IF;
	-- the order of every list of labels, so that the command line makes the same sheet of them
	codes := ARRAY(SELECT l.code FROM api.label_list(codes, NULL, NULL, NULL, NULL, NULL, NULL)
		WITH ORDINALITY l ORDER BY l.ordinality);
	job := nextval(pg_get_serial_sequence('core.label_order', 'id'));
	made := job;
	job := core.job_add('labels', jsonb_build_object('order', made));
	INSERT INTO core.label_order (id, made_at, account, office_id, job_id, filter, codes, template, start,
		printer)
	OVERRIDING SYSTEM VALUE VALUES (made, core.now(), core.my_account(), office, job, p_filter, codes,
		p_template, coalesce(p_start, 1), core.some(left(p_printer, 100)));
	PERFORM auth.audit('label.order', made::text, jsonb_build_object('filter', p_filter, 'labels',
		cardinality(codes), 'template', p_template));
	RETURN '{"batch":' || made || ',"job":' || job || ',"count":' || cardinality(codes) || '}';
END
$$;

CREATE OR REPLACE FUNCTION api.staff_label_batch_make(p_session bytea, p_filter jsonb, p_template text,
	p_start int, p_printer text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	filter constant jsonb := coalesce(p_filter, '{}');
	facilities bigint[] := '{}';
	codes text[] := '{}';
BEGIN
	PERFORM auth.enter(p_session, 'labels');
	PERFORM auth.require_recent();
	IF core.label_blank(filter) IS NULL THEN
		SELECT array_agg(x.facility_id ORDER BY x.n), array_agg(x.code ORDER BY x.n) INTO facilities, codes
		FROM core.label_pick(filter, 10001) WITH ORDINALITY AS x (facility_id, code, n);
	END IF;
	RETURN core.label_order_make(filter, facilities, codes, p_template, p_start, p_printer);
END
$$;

CREATE OR REPLACE FUNCTION core.label_order_json(b core.label_order) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN '{' || concat_ws(',', '"id":' || b.id, core.js('made', b.made_at),
		core.js('by', core.account_name(b.account)), core.js('template', b.template), '"start":' || b.start,
		core.js('printer', b.printer), '"count":' || cardinality(b.codes), '"done":' || b.done,
		core.js('state', b.state), core.js('why', b.why), '"ledger":' || b.ledger,
		'"bytes":' || length(b.pdf), '"filter":' || b.filter::text) || '}';
END
$$;

CREATE OR REPLACE FUNCTION api.staff_label_batch(p_session bytea, p_batch bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	b core.label_order;
BEGIN
	PERFORM auth.enter(p_session, 'labels');
	PERFORM core.use_timezone();
	SELECT * INTO b FROM core.label_order x WHERE x.id = p_batch;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'no batch %', p_batch USING ERRCODE = 'QR404';
	END IF;
	RETURN '{"me":' || auth.me() || ',"batch":' || core.label_order_json(b) || '}';
END
$$;

CREATE OR REPLACE FUNCTION api.staff_label_batches(p_session bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
BEGIN
	PERFORM auth.enter(p_session, 'labels');
	PERFORM core.use_timezone();
	RETURN '{"me":' || auth.me() || ',"batches":[' || coalesce((SELECT
		string_agg(core.label_order_json(q.b), ',' ORDER BY (q.b).id DESC)
		FROM (SELECT x FROM core.label_order x ORDER BY x.id DESC LIMIT 50) q (b)), '') || ']}';
END
$$;

CREATE OR REPLACE FUNCTION api.staff_label_file(p_session bytea, p_batch bigint) RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	file bytea;
BEGIN
	PERFORM auth.enter(p_session, 'labels');
	SELECT x.pdf INTO file FROM core.label_order x WHERE x.id = p_batch;
	IF file IS NULL THEN
		RAISE EXCEPTION 'no file of batch %', p_batch USING ERRCODE = 'QR404';
	END IF;
	RETURN file;
END
$$;

-- ---- single labels -------------------------------------------------------------------------
-- A label one may touch: one of the scope, or a blank one that no office holds yet. Else QR404.
CREATE OR REPLACE FUNCTION core.need_label(p_code text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM core.label l WHERE l.code = upper(p_code))
		AND NOT core.label_free(upper(p_code))
	THEN
		RAISE EXCEPTION 'no label has the code %', p_code USING ERRCODE = 'QR404';
	END IF;
	RETURN upper(p_code);
END
$$;
CREATE OR REPLACE FUNCTION core.label_free(p_code text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
	SELECT EXISTS (SELECT FROM core.label l WHERE l.code = p_code AND l.state = 'blank'
		AND l.org_id IS NULL) AND core.my_account() IS NOT NULL
$$;

CREATE OR REPLACE FUNCTION core.label_act(p_act text, p_codes text[], p_facility text, p_place text,
	p_spot text, p_reason text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	who constant text := auth.login();
	said text;
BEGIN
	IF p_act = 'bind' THEN
		PERFORM api.label_bind(who, p_codes[1], p_facility, p_place, left(p_spot, 100), left(p_reason, 300));
		said := '{"code":"' || p_codes[1] || '","state":"active"}';
	ELSIF p_act = 'replace' THEN
		said := '{"code":"' || api.label_replace(who, p_codes[1], left(p_reason, 300)) || '","replaces":"'
			|| p_codes[1] || '"}';
	ELSE
		RETURN '{"voided":' || api.label_void(who, p_codes, left(p_reason, 300)) || '}';
	END IF;
	PERFORM auth.audit('label.' || p_act, p_codes[1], jsonb_strip_nulls(jsonb_build_object('facility',
		p_facility, 'place', p_place, 'spot', core.some(p_spot), 'reason', core.some(p_reason))));
	RETURN said;
END
$$;

CREATE OR REPLACE FUNCTION api.staff_label_bind(p_session bytea, p_code text, p_facility text, p_place text,
	p_spot text, p_reason text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	facility constant text := upper(core.some(p_facility));
	place constant text := upper(core.some(p_place));
BEGIN
	PERFORM auth.enter(p_session, 'labels');
	IF (facility IS NULL) = (place IS NULL) THEN
		PERFORM auth.refuse(core.bad('facility', 'missing'));
	END IF;
	IF (facility IS NOT NULL AND NOT EXISTS (SELECT FROM core.facility f WHERE f.code = facility))
		OR (place IS NOT NULL AND NOT EXISTS (SELECT FROM core.place p WHERE p.code = place))
	THEN
		RAISE EXCEPTION 'no such place in the scope' USING ERRCODE = 'QR404';
	END IF;
	RETURN core.label_act('bind', ARRAY[core.need_label(p_code)], facility, place, p_spot, p_reason);
END
$$;

CREATE OR REPLACE FUNCTION api.staff_label_replace(p_session bytea, p_code text, p_reason text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'labels');
	RETURN core.label_act('replace', ARRAY[core.need_label(p_code)], NULL, NULL, NULL, p_reason);
END
$$;

CREATE OR REPLACE FUNCTION api.staff_label_void(p_session bytea, p_codes text[], p_reason text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'labels');
	PERFORM auth.require_recent();
	IF core.some(p_reason) IS NULL THEN
		PERFORM auth.refuse(core.bad('reason', 'missing'));
	END IF;
	IF coalesce(cardinality(p_codes), 0) NOT BETWEEN 1 AND 1000 THEN
		PERFORM auth.refuse(core.bad('codes', 'missing'));
	END IF;
	RETURN core.label_act('void', ARRAY(SELECT core.need_label(c) FROM unnest(p_codes) c), NULL, NULL, NULL,
		p_reason);
END
$$;

-- A stolen sheet in one step: every label whose last sheet it was.
CREATE OR REPLACE FUNCTION api.staff_label_void_batch(p_session bytea, p_batch bigint, p_reason text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	codes text[];
BEGIN
	PERFORM auth.enter(p_session, 'labels');
	PERFORM auth.require_recent();
	IF core.some(p_reason) IS NULL THEN
		PERFORM auth.refuse(core.bad('reason', 'missing'));
	END IF;
	IF NOT EXISTS (SELECT FROM core.label_order b WHERE b.id = p_batch) THEN
		RAISE EXCEPTION 'no batch %', p_batch USING ERRCODE = 'QR404';
	END IF;
	codes := ARRAY(SELECT l.code::text FROM core.label_order b JOIN core.label l ON l.code = ANY (b.codes)
		WHERE b.id = p_batch AND l.state IN ('blank', 'active')
			AND l.batch_id IS NOT DISTINCT FROM b.ledger ORDER BY l.code);
	IF codes = '{}' THEN
		RETURN '{"voided":0}';
	END IF;
	RETURN core.label_act('void', codes, NULL, NULL, NULL, p_reason);
END
$$;

-- ---- the jobs process ----------------------------------------------------------------------
-- The order of a job that p_who holds; QR409: he does not.
CREATE OR REPLACE FUNCTION core.label_job_of(p_id bigint, p_who text) RETURNS core.label_order
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	b core.label_order;
BEGIN
	SELECT o.* INTO b FROM core.job j JOIN core.label_order o ON o.id = (j.args ->> 'order')::bigint
	WHERE j.id = p_id AND j.kind = 'labels' AND j.leased_by = p_who AND j.done_at IS NULL
	FOR UPDATE OF o;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'job % is not leased to %', p_id, p_who USING ERRCODE = 'QR409';
	END IF;
	RETURN b;
END
$$;

-- What is to be drawn; "state":"done" or "failed": it was already.
CREATE OR REPLACE FUNCTION api.label_job(p_id bigint, p_who text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	b core.label_order;
BEGIN
	b := core.label_job_of(p_id, p_who);
	UPDATE core.label_order SET state = 'working', done = 0
	WHERE id = b.id AND state IN ('waiting', 'working');
	RETURN '{' || concat_ws(',', '"batch":' || b.id, core.js('state', CASE WHEN b.state IN ('done', 'failed')
			THEN b.state ELSE 'working' END), core.js('template', b.template), '"start":' || b.start,
		core.js('printer', b.printer), '"count":' || cardinality(b.codes)) || '}';
END
$$;

CREATE OR REPLACE FUNCTION api.label_job_rows(p_id bigint, p_who text)
RETURNS TABLE (code text, state text, name text, place text, address text, building text,
	spot text, org text, phone text, facility text, place_code text, batch bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
#variable_conflict use_column
DECLARE
	b core.label_order;
BEGIN
	b := core.label_job_of(p_id, p_who);
	RETURN QUERY SELECT l.* FROM unnest(b.codes) WITH ORDINALITY u (code, n)
		JOIN api.label_list(b.codes, NULL, NULL, NULL, NULL, NULL, NULL) l ON l.code = u.code
		ORDER BY u.n;
END
$$;

CREATE OR REPLACE FUNCTION api.label_job_progress(p_id bigint, p_who text, p_done int) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	b core.label_order;
BEGIN
	b := core.label_job_of(p_id, p_who);
	UPDATE core.label_order SET done = p_done WHERE id = b.id AND state = 'working';
	RETURN FOUND;
END
$$;

-- The finished sheet and its line in the ledger, at once: nothing is printed that the ledger lacks.
CREATE OR REPLACE FUNCTION api.label_job_put(p_id bigint, p_who text, p_pdf bytea, p_positions int[])
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	b core.label_order;
	line bigint;
BEGIN
	b := core.label_job_of(p_id, p_who);
	IF b.state = 'done' THEN
		RETURN b.ledger;
	END IF;
	IF b.state = 'failed' OR substr(p_pdf, 1, 5) IS DISTINCT FROM '%PDF-'::bytea THEN
		RAISE EXCEPTION 'batch % takes no file', b.id USING ERRCODE = 'QR409';
	END IF;
	line := api.label_printed((SELECT a.login FROM core.account a WHERE a.id = b.account), b.codes,
		b.template, b.printer, p_positions, b.filter);
	UPDATE core.label_batch SET org_id = b.office_id WHERE id = line;
	UPDATE core.label_order SET state = 'done', done = cardinality(codes), ledger = line, pdf = p_pdf
	WHERE id = b.id;
	RETURN line;
END
$$;

CREATE OR REPLACE FUNCTION api.label_job_fail(p_id bigint, p_who text, p_why text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	b core.label_order;
BEGIN
	b := core.label_job_of(p_id, p_who);
	UPDATE core.label_order SET state = 'failed', why = left(p_why, 300)
	WHERE id = b.id AND state IN ('waiting', 'working');
END
$$;
