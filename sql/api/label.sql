-- Labels: issuing, binding, replacing, voiding, and the ledger of what was printed (role
-- qr_migrate: the command `qrsvc labels`).  p_who: who does it, as core.label_event keeps it.
-- Every function publishes the label documents it changed in its own transaction.
-- Errors: QR404 no such label, facility, place or office; QR409 the label's state forbids it;
-- QR422 a value that makes no sense.

-- Code of a place or facility from its code, or from "SOURCE KEY" of an import.
CREATE OR REPLACE FUNCTION core.label_target(p_what text, p_kind text) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	found_id bigint;
BEGIN
	IF core.some(p_what) IS NULL THEN
		RETURN NULL;
	END IF;
	IF p_kind = 'facility' THEN
		SELECT coalesce((SELECT f.id FROM core.facility f WHERE f.code = upper(p_what)),
			(SELECT i.facility_id FROM core.import_source i WHERE i.kind = 'facility'
				AND i.source = split_part(p_what, ' ', 1)
				AND i.key = substr(p_what, strpos(p_what, ' ') + 1))) INTO found_id;
	ELSE
		SELECT coalesce((SELECT p.id FROM core.place p WHERE p.code = upper(p_what)),
			(SELECT i.place_id FROM core.import_source i WHERE i.kind = 'place'
				AND i.source = split_part(p_what, ' ', 1)
				AND i.key = 'k:' || substr(p_what, strpos(p_what, ' ') + 1))) INTO found_id;
	END IF;
	IF found_id IS NULL THEN
		RAISE EXCEPTION 'no % is known as %', p_kind, p_what USING ERRCODE = 'QR404';
	END IF;
	RETURN found_id;
END
$$;

CREATE OR REPLACE FUNCTION core.label_event_add(p_code text, p_who text, p_what text,
	p_other text, p_reason text) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, core AS $$
	INSERT INTO core.label_event (code, who, what, facility_id, place_id, spot, other, reason)
	SELECT l.code, p_who, p_what, l.facility_id, l.place_id, l.spot, p_other, p_reason
	FROM core.label l WHERE l.code = p_code
$$;

-- p_n new blank codes for an office (NULL: none yet).
CREATE OR REPLACE FUNCTION api.label_issue(p_who text, p_org text, p_n int) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	org constant int := (SELECT o.id FROM core.org o WHERE o.code = p_org);
	codes text[] := '{}';
	c text;
BEGIN
	IF p_org IS NOT NULL AND org IS NULL THEN
		RAISE EXCEPTION 'no office has the code %', p_org USING ERRCODE = 'QR404';
	END IF;
	IF p_n NOT BETWEEN 1 AND 10000 OR core.some(p_who) IS NULL THEN
		RAISE EXCEPTION 'labels: 1 to 10000 at once, by somebody' USING ERRCODE = 'QR422';
	END IF;
	WHILE cardinality(codes) < p_n LOOP
		c := core.code_random();
		-- a label's code is never that of a facility or a place either
		CONTINUE WHEN EXISTS (SELECT FROM core.facility f WHERE f.code = c)
			OR EXISTS (SELECT FROM core.place p WHERE p.code = c);
		INSERT INTO core.label (code, org_id, state, since) VALUES (c, org, 'blank', core.now())
		ON CONFLICT DO NOTHING;
		CONTINUE WHEN NOT FOUND;
		PERFORM core.label_event_add(c, p_who, 'issued', NULL, NULL);
		codes := codes || c;
	END LOOP;
	PERFORM core.publish_labels(codes);
	RETURN QUERY SELECT unnest(codes);
END
$$;

-- Sticks a label to a facility or to a place: a blank one for the first time, an active one anew
-- (its events keep what it was stuck to). Each by its code or as "SOURCE KEY".
CREATE OR REPLACE FUNCTION api.label_bind(p_who text, p_code text, p_facility text, p_place text,
	p_spot text, p_reason text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	facility constant bigint := core.label_target(p_facility, 'facility');
	place constant bigint := core.label_target(p_place, 'place');
	l core.label;
BEGIN
	IF (facility IS NULL) = (place IS NULL) THEN
		RAISE EXCEPTION 'a label is bound to one facility or to one place' USING ERRCODE = 'QR422';
	END IF;
	SELECT * INTO l FROM core.label WHERE code = p_code FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'no label has the code %', p_code USING ERRCODE = 'QR404';
	END IF;
	IF l.state NOT IN ('blank', 'active') THEN
		RAISE EXCEPTION 'label % is %', p_code, l.state USING ERRCODE = 'QR409';
	END IF;
	UPDATE core.label SET state = 'active', since = core.now(), facility_id = facility,
		place_id = place, spot = core.some(p_spot), reason = core.some(p_reason)
	WHERE code = p_code;
	PERFORM core.label_event_add(p_code, p_who, 'bound', NULL, core.some(p_reason));
	PERFORM core.publish_labels(ARRAY[p_code]);
	RETURN p_code;
END
$$;

-- Takes labels out of use for good (a stolen or spoilt sheet): all of them or, when one is
-- unknown or was replaced, none. Returns how many were not void before.
CREATE OR REPLACE FUNCTION api.label_void(p_who text, p_codes text[], p_reason text) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	bad text;
	codes text[];
BEGIN
	IF core.some(p_reason) IS NULL THEN
		RAISE EXCEPTION 'voiding a label needs a reason' USING ERRCODE = 'QR422';
	END IF;
	PERFORM FROM core.label WHERE code = ANY (p_codes) ORDER BY code FOR UPDATE;
	SELECT c INTO bad FROM unnest(p_codes) c
	WHERE NOT EXISTS (SELECT FROM core.label l WHERE l.code = c) LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'no label has the code %', bad USING ERRCODE = 'QR404';
	END IF;
	SELECT l.code INTO bad FROM core.label l WHERE l.code = ANY (p_codes) AND l.state = 'replaced'
	LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'label % is replaced already', bad USING ERRCODE = 'QR409';
	END IF;
	codes := ARRAY(SELECT l.code::text FROM core.label l
		WHERE l.code = ANY (p_codes) AND l.state <> 'void' ORDER BY 1);
	UPDATE core.label SET state = 'void', since = core.now(), reason = p_reason,
		damaged_at = NULL
	WHERE code = ANY (codes);
	PERFORM core.label_event_add(c, p_who, 'void', NULL, p_reason) FROM unnest(codes) c;
	INSERT INTO core.audit (who, what, detail)
	VALUES (p_who, 'label.void', json_build_object('labels', codes, 'reason', p_reason));
	PERFORM core.publish_labels(codes);
	RETURN cardinality(codes);
END
$$;

-- A new label in the place of an active one (torn, faded); the old one says so from now on.
CREATE OR REPLACE FUNCTION api.label_replace(p_who text, p_code text, p_reason text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	l core.label;
	fresh text;
BEGIN
	SELECT * INTO l FROM core.label WHERE code = p_code FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'no label has the code %', p_code USING ERRCODE = 'QR404';
	END IF;
	IF l.state <> 'active' THEN
		RAISE EXCEPTION 'label % is %, only an active one is replaced', p_code, l.state
			USING ERRCODE = 'QR409';
	END IF;
	fresh := api.label_issue(p_who, NULL, 1);
	UPDATE core.label SET state = 'active', org_id = l.org_id, facility_id = l.facility_id,
		place_id = l.place_id, spot = l.spot WHERE code = fresh;
	PERFORM core.label_event_add(fresh, p_who, 'bound', p_code, core.some(p_reason));
	UPDATE core.label SET state = 'replaced', since = core.now(), replaced_by = fresh,
		reason = core.some(p_reason), damaged_at = NULL WHERE code = p_code;
	PERFORM core.label_event_add(p_code, p_who, 'replaced', fresh, core.some(p_reason));
	PERFORM core.publish_labels(ARRAY[fresh, p_code]);
	RETURN fresh;
END
$$;

-- Somebody says the sticker is torn or gone; it stays active until it is replaced.
CREATE OR REPLACE FUNCTION api.label_damaged(p_who text, p_code text, p_reason text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	UPDATE core.label SET damaged_at = core.now() WHERE code = p_code AND state = 'active';
	IF NOT FOUND THEN
		RAISE EXCEPTION 'no active label has the code %', p_code USING ERRCODE = 'QR404';
	END IF;
	PERFORM core.label_event_add(p_code, p_who, 'damaged', NULL, core.some(p_reason));
END
$$;

-- What a sheet or a list shows of labels, in the order of places, buildings and codes. Every
-- argument that is not NULL narrows it: codes, states, an office and all below it, a place (code
-- or "SOURCE KEY"), a kind, damaged ones, those never printed.
CREATE OR REPLACE FUNCTION api.label_list(p_codes text[], p_states text[], p_org text, p_place text,
	p_kind text, p_damaged boolean, p_unprinted boolean)
RETURNS TABLE (code text, state text, name text, place text, address text, building text,
	spot text, org text, phone text, facility text, place_code text, batch bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
#variable_conflict use_column
DECLARE
	top constant int := (SELECT o.id FROM core.org o WHERE o.code = p_org);
	at_place constant bigint := core.label_target(p_place, 'place');
BEGIN
	IF p_org IS NOT NULL AND top IS NULL THEN
		RAISE EXCEPTION 'no office has the code %', p_org USING ERRCODE = 'QR404';
	END IF;
	RETURN QUERY
	SELECT l.code::text, l.state, f.name, p.name, p.address, f.building, l.spot, o.name, o.phone,
		f.code::text, p.code::text, l.batch_id
	FROM core.label l
	LEFT JOIN core.facility f ON f.id = l.facility_id
	LEFT JOIN core.kind k ON k.id = f.kind_id
	LEFT JOIN core.place p ON p.id = coalesce(f.place_id, l.place_id)
	LEFT JOIN core.org o ON o.id = coalesce(p.org_id, l.org_id)
	WHERE (p_codes IS NULL OR l.code = ANY (p_codes))
		AND (p_states IS NULL OR l.state = ANY (p_states))
		AND (top IS NULL OR o.path @> ARRAY[top])
		AND (at_place IS NULL OR p.id = at_place)
		AND (p_kind IS NULL OR k.code = p_kind)
		AND (p_damaged IS NULL OR (l.damaged_at IS NOT NULL) = p_damaged)
		AND (p_unprinted IS NOT TRUE OR l.batch_id IS NULL)
	ORDER BY o.path, p.name, p.id, f.building NULLS FIRST, f.name NULLS FIRST, l.code;
END
$$;

-- A label for every facility of a selection that has no active one: new codes, bound at once.
-- Returns them.
CREATE OR REPLACE FUNCTION api.label_cover(p_who text, p_org text, p_place text, p_kind text,
	p_limit int) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	top constant int := (SELECT o.id FROM core.org o WHERE o.code = p_org);
	at_place constant bigint := core.label_target(p_place, 'place');
	ids bigint[];
	codes text[];
BEGIN
	IF p_org IS NOT NULL AND top IS NULL THEN
		RAISE EXCEPTION 'no office has the code %', p_org USING ERRCODE = 'QR404';
	END IF;
	ids := ARRAY(SELECT f.id FROM core.facility f
		JOIN core.kind k ON k.id = f.kind_id
		JOIN core.place p ON p.id = f.place_id
		JOIN core.org o ON o.id = p.org_id
		WHERE (top IS NULL OR o.path @> ARRAY[top]) AND (at_place IS NULL OR p.id = at_place)
			AND (p_kind IS NULL OR k.code = p_kind)
			AND NOT EXISTS (SELECT FROM core.label l
				WHERE l.facility_id = f.id AND l.state = 'active')
		ORDER BY o.path, p.name, f.building NULLS FIRST, f.name NULLS FIRST, f.id
		LIMIT least(p_limit, 10000));
	IF cardinality(ids) = 0 THEN
		RETURN;
	END IF;
	codes := ARRAY(SELECT api.label_issue(p_who, NULL, cardinality(ids)));
	UPDATE core.label l SET state = 'active', facility_id = u.id, org_id = p.org_id
	FROM unnest(codes, ids) AS u (code, id)
	JOIN core.facility f ON f.id = u.id JOIN core.place p ON p.id = f.place_id
	WHERE l.code = u.code;
	PERFORM core.label_event_add(c, p_who, 'bound', NULL, NULL) FROM unnest(codes) c;
	PERFORM core.publish_labels(codes);
	RETURN QUERY SELECT unnest(codes);
END
$$;

-- The ledger's line for a printed batch, in the same transaction as the file that was made:
-- positions are those used, counted from 1 over all sheets. A label printed again belongs to its
-- last batch; what is void or replaced is not printed.
CREATE OR REPLACE FUNCTION api.label_printed(p_who text, p_codes text[], p_template text,
	p_printer text, p_positions int[], p_selection jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	batch bigint;
	bad text;
BEGIN
	PERFORM FROM core.label WHERE code = ANY (p_codes) ORDER BY code FOR UPDATE;
	SELECT c INTO bad FROM unnest(p_codes) c WHERE NOT EXISTS (SELECT FROM core.label l
		WHERE l.code = c AND l.state IN ('blank', 'active')) LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'label % is not one to be printed', bad USING ERRCODE = 'QR409';
	END IF;
	INSERT INTO core.label_batch (who, made_at, template, printer, positions, selection, printed_on)
	VALUES (p_who, core.now(), p_template, core.some(p_printer), p_positions, p_selection,
		core.today())
	RETURNING id INTO batch;
	INSERT INTO core.audit (who, what, subject, detail)
	VALUES (p_who, 'label.printed', batch::text, json_build_object('labels', cardinality(p_codes),
		'template', p_template, 'printer', p_printer));
	UPDATE core.label SET batch_id = batch WHERE code = ANY (p_codes);
	PERFORM core.publish_labels(p_codes);
	RETURN batch;
END
$$;

-- Batches, newest first.
CREATE OR REPLACE FUNCTION api.label_batches(p_limit int) RETURNS TABLE (batch bigint,
	made_at timestamptz, who text, template text, printer text, labels bigint, last_position int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
	SELECT b.id, b.made_at, b.who, b.template, b.printer,
		cardinality(b.positions)::bigint, (SELECT max(x) FROM unnest(b.positions) x)
	FROM core.label_batch b ORDER BY b.id DESC LIMIT p_limit
$$;
