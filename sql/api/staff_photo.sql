-- Photos and report files of uploads, and redaction.

CREATE OR REPLACE FUNCTION core.photo_store(p_sha256 bytea, p_w int, p_h int, p_original bytea,
	p_taken timestamptz, p_lon numeric, p_lat numeric, p_phash bigint, p_widths int[],
	p_bytes bytea[]) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	new boolean;
BEGIN
	IF EXISTS (SELECT FROM core.erasure e WHERE e.what = 'photo' AND e.sha256 = p_sha256) THEN
		RAISE EXCEPTION 'photo was erased' USING ERRCODE = 'QR422',
			DETAIL = '[{"field":"photos","why":"erased"}]';
	END IF;
	IF NOT (p_lon BETWEEN -180 AND 180 AND p_lat BETWEEN -90 AND 90) THEN
		p_lon := NULL;
		p_lat := NULL;
	END IF;
	new := api.photo_put(p_sha256, p_w, p_h, p_original, p_taken, round(p_lon, 6), round(p_lat, 6),
		p_phash, p_widths, p_bytes);
	-- whoever has the bytes may use them; wanted again, the sweep's week begins anew
	UPDATE core.photo SET stored_by = core.my_account(), stored_at = core.now()
	WHERE sha256 = p_sha256;
	RETURN new;
END
$$;

CREATE OR REPLACE FUNCTION api.staff_photo_put(p_session bytea, p_sha256 bytea, p_w int, p_h int,
	p_original bytea, p_taken timestamptz, p_lon numeric, p_lat numeric, p_phash bigint,
	p_widths int[], p_bytes bytea[]) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'view');
	PERFORM core.need_any('{submit,correct,redact}');
	RETURN '{"sha256":"' || encode(p_sha256, 'hex') || '","new":' || core.photo_store(p_sha256, p_w,
		p_h, p_original, p_taken, p_lon, p_lat, p_phash, p_widths, p_bytes)::text || '}';
END
$$;

CREATE OR REPLACE FUNCTION core.report_store(p_sha256 bytea, p_bytes bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	new boolean;
BEGIN
	IF sha256(p_bytes) IS DISTINCT FROM p_sha256 OR substr(p_bytes, 1, 5) <> '%PDF-'::bytea THEN
		RAISE EXCEPTION 'report: no PDF, or not that of its hash' USING ERRCODE = 'QR422',
			DETAIL = '[{"field":"report","why":"bad_value"}]';
	END IF;
	IF length(p_bytes) > 10 * 1024 * 1024 THEN
		RAISE EXCEPTION 'report: more than 10 MiB' USING ERRCODE = 'QR422',
			DETAIL = '[{"field":"report","why":"too_long"}]';
	END IF;
	INSERT INTO core.report (sha256, size, bytes, stored_at, stored_by)
	VALUES (p_sha256, length(p_bytes), p_bytes, core.now(), core.my_account())
	ON CONFLICT (sha256) DO UPDATE SET stored_by = excluded.stored_by, stored_at = excluded.stored_at
	RETURNING xmax = 0 INTO new;
	IF (SELECT o.bytes IS NULL FROM core.report o WHERE o.sha256 = p_sha256) THEN
		RAISE EXCEPTION 'report was erased' USING ERRCODE = 'QR422',
			DETAIL = '[{"field":"report","why":"erased"}]';
	END IF;
	RETURN new;
END
$$;

CREATE OR REPLACE FUNCTION api.staff_report_put(p_session bytea, p_sha256 bytea, p_bytes bytea)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'view');
	PERFORM core.need_any('{submit,correct,redact}');
	RETURN '{"sha256":"' || encode(p_sha256, 'hex') || '","new":'
		|| core.report_store(p_sha256, p_bytes)::text || '}';
END
$$;

-- A report file; NULL unless what is public names it. Role qr_slow.
CREATE OR REPLACE FUNCTION api.report_get(p_sha256 bytea) RETURNS bytea
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN (SELECT o.bytes FROM core.report o WHERE o.sha256 = p_sha256 AND EXISTS (SELECT
		FROM core.revision v JOIN core.record r ON r.id = v.record_id
		WHERE v.report = p_sha256 AND v.published_at IS NOT NULL AND r.state = 'published'));
END
$$;

-- What records of the scope name, whatever their state; row security decides.
CREATE OR REPLACE FUNCTION api.staff_report_get(p_session bytea, p_sha256 bytea) RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'view');
	RETURN (SELECT o.bytes FROM core.report o WHERE o.sha256 = p_sha256);
END
$$;

CREATE OR REPLACE FUNCTION api.staff_photo_get(p_session bytea, p_sha256 bytea, p_width int)
RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'view');
	RETURN (SELECT b.bytes FROM core.photo_bytes b WHERE b.sha256 = p_sha256 AND b.width = p_width);
END
$$;

-- Takes a photo out of everybody's sight and tells the workers, which keep files of photos.
-- Returns the facilities whose documents it stood in.
CREATE OR REPLACE FUNCTION core.photo_hide(p_sha256 bytea) RETURNS bigint[]
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	UPDATE core.photo SET hidden_at = coalesce(hidden_at, core.now()) WHERE sha256 = p_sha256;
	PERFORM pg_notify('qr_doc', 'photo ' || encode(p_sha256, 'hex') || ' 0');
	RETURN ARRAY(SELECT DISTINCT r.facility_id FROM core.record_photo x
		JOIN core.record r ON r.id = x.record_id WHERE x.sha256 = p_sha256 ORDER BY 1);
END
$$;

-- A new revision in which one photo is another one, or none, with the ground for it. The boxes
-- that are black in the other one: 1 to 24 of [x,y,w,h] in thousandths of the upright picture.
CREATE OR REPLACE FUNCTION core.record_redact(p_id uuid, p_rev int, p_pos int, p_new bytea,
	p_ground text, p_boxes jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core SET timezone = 'UTC' AS $$
DECLARE
	at constant timestamptz := core.now();
	ground constant text := core.some(p_ground);
	r core.record;
	old core.record_photo;
	newest int;
	n jsonb;
	state text;
	bad boolean := false;
BEGIN
	PERFORM core.use_timezone();
	PERFORM FROM core.facility f WHERE f.id = (SELECT q.facility_id FROM core.record q
		WHERE q.id = p_id) FOR NO KEY UPDATE;
	SELECT * INTO STRICT r FROM core.record WHERE id = p_id;
	newest := coalesce(r.pending_rev, r.rev);
	IF p_rev IS DISTINCT FROM newest THEN
		RAISE EXCEPTION 'record % has revision % by now', p_id, newest USING ERRCODE = 'QR409',
			DETAIL = jsonb_build_object('why', 'changed', 'rev', newest)::text;
	END IF;
	IF r.pending_rev IS NOT NULL OR r.state IN ('draft', 'withdrawn') THEN
		RAISE EXCEPTION 'record % waits for something else', p_id USING ERRCODE = 'QR409',
			DETAIL = jsonb_build_object('why', 'state', 'state', coalesce(r.pending_state, r.state))::text;
	END IF;
	IF ground IS NULL OR length(ground) > 300 THEN
		RAISE EXCEPTION 'redaction needs a ground' USING ERRCODE = 'QR422', DETAIL = CASE
			WHEN ground IS NULL THEN '[{"field":"ground","why":"missing"}]'
			ELSE '[{"field":"ground","why":"too_long"}]' END;
	END IF;
	SELECT * INTO old FROM core.record_photo WHERE record_id = p_id AND rev = newest AND pos = p_pos;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'record % has no photo %', p_id, p_pos USING ERRCODE = 'QR404';
	END IF;
	IF p_new IS NOT NULL AND (p_new = old.sha256 OR NOT EXISTS (SELECT FROM core.photo o
		WHERE o.sha256 = p_new AND o.hidden_at IS NULL))
	THEN
		RAISE EXCEPTION 'the redacted photo is not stored' USING ERRCODE = 'QR422',
			DETAIL = '[{"field":"photo","why":"unknown_photo"}]';
	END IF;
	IF (p_new IS NULL) <> (p_boxes IS NULL) OR p_boxes::text !~
		'^\[\[\d{1,4}(, \d{1,4}){3}\](, \[\d{1,4}(, \d{1,4}){3}\]){0,23}\]$'
	THEN
		bad := true;
	ELSIF p_boxes IS NOT NULL THEN
		bad := EXISTS (SELECT FROM jsonb_array_elements(p_boxes) b WHERE (b ->> 2)::int < 1
			OR (b ->> 3)::int < 1 OR (b ->> 0)::int + (b ->> 2)::int > 1000
			OR (b ->> 1)::int + (b ->> 3)::int > 1000);
	END IF;
	IF bad THEN
		RAISE EXCEPTION 'boxes: none, or beyond the photo' USING ERRCODE = 'QR422',
			DETAIL = '[{"field":"photo","why":"bad_value"}]';
	END IF;
	n := core.revision_load(p_id, newest);
	n := n || jsonb_build_object('photos', (SELECT coalesce(jsonb_agg(CASE WHEN k = p_pos
			THEN e || jsonb_build_object('sha256', encode(p_new, 'hex')) ELSE e END ORDER BY k), '[]')
		FROM jsonb_array_elements(n -> 'photos') WITH ORDINALITY AS u (e, k)
		WHERE k <> p_pos OR p_new IS NOT NULL));
	state := r.state;
	PERFORM core.revision_write(p_id, newest + 1, 'redact', state,
		CASE WHEN state = 'published' THEN at END, ground, core.my_office(), n);
	INSERT INTO core.redaction (record_id, rev, pos, slot, old_sha256, new_sha256, boxes)
	VALUES (p_id, newest + 1, p_pos, old.slot, old.sha256, p_new, p_boxes);
	PERFORM core.publish('facilities', core.photo_hide(old.sha256));
	PERFORM auth.audit('record.redact', p_id::text, jsonb_strip_nulls(jsonb_build_object('rev',
		newest + 1, 'slot', old.slot, 'old', encode(old.sha256, 'hex'), 'new', encode(p_new, 'hex'),
		'ground', ground)));
	RETURN core.receipt(p_id);
END
$$;

CREATE OR REPLACE FUNCTION api.staff_photo_redact(p_session bytea, p_record uuid, p_rev int, p_pos int,
	p_new bytea, p_ground text, p_boxes jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'redact');
	PERFORM core.need_record(p_record);
	RETURN core.record_redact(p_record, p_rev, p_pos, p_new, p_ground, p_boxes);
END
$$;

-- Photos and reports that were stored for an upload that never came: a week later they go.
-- Returns how many.
CREATE OR REPLACE FUNCTION core.upload_sweep() RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	n int;
	m int;
BEGIN
	WITH gone AS (
		SELECT o.sha256 FROM core.photo o
		WHERE o.stored_by IS NOT NULL AND o.stored_at < core.now() - interval '7 days'
			AND NOT EXISTS (SELECT FROM core.record_photo x WHERE x.sha256 = o.sha256)
			AND NOT EXISTS (SELECT FROM core.ticket_photo x WHERE x.sha256 = o.sha256)
			AND NOT EXISTS (SELECT FROM core.ticket_upload x WHERE x.sha256 = o.sha256)
			AND NOT EXISTS (SELECT FROM core.redaction a WHERE a.new_sha256 = o.sha256
				OR a.old_sha256 = o.sha256)
		ORDER BY o.stored_at LIMIT 1000 FOR UPDATE SKIP LOCKED
	), bytes AS (DELETE FROM core.photo_bytes b USING gone WHERE b.sha256 = gone.sha256 RETURNING b.sha256)
	SELECT count(DISTINCT sha256) INTO n FROM bytes;
	DELETE FROM core.photo o WHERE o.stored_by IS NOT NULL
		AND o.stored_at < core.now() - interval '7 days'
		AND NOT EXISTS (SELECT FROM core.photo_bytes b WHERE b.sha256 = o.sha256)
		AND NOT EXISTS (SELECT FROM core.record_photo x WHERE x.sha256 = o.sha256)
		AND NOT EXISTS (SELECT FROM core.ticket_photo x WHERE x.sha256 = o.sha256)
		AND NOT EXISTS (SELECT FROM core.ticket_upload x WHERE x.sha256 = o.sha256)
		AND NOT EXISTS (SELECT FROM core.redaction a WHERE a.new_sha256 = o.sha256
			OR a.old_sha256 = o.sha256);
	DELETE FROM core.report o WHERE o.stored_at < core.now() - interval '7 days'
		AND NOT EXISTS (SELECT FROM core.revision v WHERE v.report = o.sha256);
	GET DIAGNOSTICS m = ROW_COUNT;
	RETURN n + m;
END
$$;
