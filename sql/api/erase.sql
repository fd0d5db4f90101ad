-- Lawful erasure: text, photos and report files go, the chain stays whole. What enters a
-- canonical text or a chain of photos is a hash, and the hash stays. Each erasure is written down
-- with its ground before anything goes (core.erasure, and the audit). Copies in backups age out
-- with the backups; restoring an old one means erasing again what core.erasure's newest copy names.

CREATE OR REPLACE FUNCTION core.erase_text(p_who text, p_record uuid, p_rev int, p_name text,
	p_ground text) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	n int;
BEGIN
	-- a text that later revisions carry on (same salt) goes in all of them
	WITH hit AS (
		SELECT t.record_id, t.rev, t.name FROM core.revision_text t
		WHERE t.record_id = p_record AND (p_name IS NULL OR t.name = p_name)
			AND (p_rev IS NULL OR EXISTS (SELECT FROM core.revision_text o WHERE o.record_id = p_record
				AND o.rev = p_rev AND o.name = t.name AND o.salt = t.salt))
	)
	INSERT INTO core.erasure (at, who, ground, what, record_id, rev, name)
	SELECT core.now(), p_who, p_ground, 'text', h.record_id, h.rev, h.name FROM hit h
	ORDER BY h.rev, h.name;
	GET DIAGNOSTICS n = ROW_COUNT;
	-- the hash of what was sent would give a short text away
	UPDATE core.upload u SET salt = NULL, hash = NULL WHERE u.record_id = p_record
		AND EXISTS (SELECT FROM core.erasure e WHERE e.record_id = p_record AND e.rev = u.rev);
	DELETE FROM core.revision_text t USING core.erasure e
	WHERE t.record_id = p_record AND e.record_id = t.record_id AND e.rev = t.rev AND e.name = t.name;
	DELETE FROM core.notice_file;
	RETURN n;
END
$$;

CREATE OR REPLACE FUNCTION core.erase_photo(p_who text, p_sha256 bytea, p_ground text) RETURNS bigint[]
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	INSERT INTO core.erasure (at, who, ground, what, sha256)
	VALUES (core.now(), p_who, p_ground, 'photo', p_sha256) ON CONFLICT DO NOTHING;
	DELETE FROM core.photo_bytes WHERE sha256 = p_sha256;
	DELETE FROM core.notice_file; -- copies for the board are made again without it
	UPDATE core.photo SET original = NULL, taken = NULL, lon = NULL, lat = NULL, phash = NULL
	WHERE sha256 = p_sha256;
	RETURN core.photo_hide(p_sha256);
END
$$;

CREATE OR REPLACE FUNCTION core.erase_report(p_who text, p_sha256 bytea, p_ground text) RETURNS bigint[]
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	INSERT INTO core.erasure (at, who, ground, what, sha256)
	VALUES (core.now(), p_who, p_ground, 'report', p_sha256) ON CONFLICT DO NOTHING;
	UPDATE core.report SET bytes = NULL WHERE sha256 = p_sha256;
	RETURN ARRAY(SELECT DISTINCT r.facility_id FROM core.revision v JOIN core.record r ON r.id = v.record_id
		WHERE v.report = p_sha256 ORDER BY 1);
END
$$;

-- p_what: 'text' 'UUID[/REV[/NAME]]'; 'photo' SHA256; 'report' SHA256; 'record' UUID: all of its
-- texts, photos and reports. QR404: there is nothing such, or it is gone already.
CREATE OR REPLACE FUNCTION api.erase(p_who text, p_what text, p_id text, p_ground text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	part constant text[] := string_to_array(p_id, '/');
	rec uuid;
	at_rev int;
	texts int := 0;
	photos bytea[] := '{}';
	reports bytea[] := '{}';
	touched bigint[] := '{}';
	changed bigint;
	b bytea;
BEGIN
	IF core.some(p_ground) IS NULL OR core.some(p_who) IS NULL THEN
		RAISE EXCEPTION 'erasing needs a ground and somebody who does it' USING ERRCODE = 'QR422',
			DETAIL = '[{"field":"ground","why":"missing"}]';
	END IF;
	IF p_what IN ('text', 'record') AND part[1] ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
		AND coalesce(part[2], '1') ~ '^[0-9]{1,4}$'
	THEN
		rec := part[1]::uuid;
		at_rev := part[2]::int;
	ELSIF p_what NOT IN ('photo', 'report') OR core.hex32(p_id) IS NULL THEN
		RAISE EXCEPTION 'no such thing to erase: % %', p_what, p_id USING ERRCODE = 'QR422',
			DETAIL = '[{"field":"id","why":"bad_value"}]';
	END IF;
	IF rec IS NOT NULL THEN
		PERFORM FROM core.facility f JOIN core.record r ON r.facility_id = f.id WHERE r.id = rec
		FOR NO KEY UPDATE OF f;
		texts := core.erase_text(p_who, rec, at_rev, part[3], p_ground);
		touched := ARRAY(SELECT r.facility_id FROM core.record r WHERE r.id = rec);
	END IF;
	IF p_what = 'photo' THEN
		photos := ARRAY(SELECT o.sha256 FROM core.photo o WHERE o.sha256 = core.hex32(p_id));
	ELSIF p_what = 'report' THEN
		reports := ARRAY(SELECT o.sha256 FROM core.report o WHERE o.sha256 = core.hex32(p_id));
	ELSIF p_what = 'record' THEN
		photos := ARRAY(SELECT x.sha256 FROM core.record_photo x WHERE x.record_id = rec
			UNION SELECT a.old_sha256 FROM core.redaction a WHERE a.record_id = rec ORDER BY 1);
		reports := ARRAY(SELECT DISTINCT v.report FROM core.revision v WHERE v.record_id = rec
			AND v.report IS NOT NULL ORDER BY 1);
	END IF;
	FOREACH b IN ARRAY photos LOOP
		touched := touched || core.erase_photo(p_who, b, p_ground);
	END LOOP;
	FOREACH b IN ARRAY reports LOOP
		touched := touched || core.erase_report(p_who, b, p_ground);
	END LOOP;
	IF texts = 0 AND photos = '{}' AND reports = '{}' THEN
		RAISE EXCEPTION 'nothing to erase: % %', p_what, p_id USING ERRCODE = 'QR404';
	END IF;
	changed := core.publish('facilities', touched);
	INSERT INTO core.audit (who, what, subject, detail) VALUES (p_who, 'erase', p_what || ' ' || p_id,
		jsonb_build_object('ground', p_ground, 'texts', texts, 'photos', cardinality(photos),
			'reports', cardinality(reports)));
	RETURN '{' || concat_ws(',', '"texts":' || texts,
		'"photos":[' || coalesce((SELECT string_agg('"' || encode(x, 'hex') || '"', ',') FROM unnest(photos) x), '') || ']',
		'"reports":[' || coalesce((SELECT string_agg('"' || encode(x, 'hex') || '"', ',') FROM unnest(reports) x), '') || ']',
		'"documents":' || changed) || '}';
END
$$;

-- The rule that says how long something of a record is kept; nearest office, kind before all.
CREATE OR REPLACE FUNCTION core.retention_of(p_what text, p_kind int, p_path int[], p_day date)
RETURNS core.retention
LANGUAGE sql STABLE AS $$
	SELECT q FROM core.retention q
	WHERE q.what = p_what AND (q.kind_id IS NULL OR q.kind_id = p_kind) AND q.org_id = ANY (p_path)
		AND p_day >= q.valid_from AND (q.valid_to IS NULL OR p_day <= q.valid_to)
	ORDER BY array_position(p_path, q.org_id) DESC, q.kind_id IS NULL, q.id LIMIT 1
$$;

-- Erases of at most p_limit records what their rule has let go, the oldest first. A photo or
-- report that a younger record names as well is kept. Returns how many records it looked at.
CREATE OR REPLACE FUNCTION core.retention_sweep(p_limit int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	day constant date := core.today();
	-- nothing younger than the shortest rule needs a look
	latest constant date := day - make_interval(months => (SELECT min(q.months)::int FROM core.retention q));
	r record;
	q core.retention;
	b bytea;
	touched bigint[];
	n int := 0;
	did boolean;
BEGIN
	FOR r IN
		SELECT x.id, x.facility_id, x.on_date, f.kind_id, o.path FROM core.record x
		JOIN core.facility f ON f.id = x.facility_id
		JOIN core.place p ON p.id = f.place_id JOIN core.org o ON o.id = p.org_id
		WHERE x.on_date < latest AND (EXISTS (SELECT FROM core.revision_text t WHERE t.record_id = x.id)
			OR EXISTS (SELECT FROM core.record_photo y JOIN core.photo_bytes z ON z.sha256 = y.sha256
				WHERE y.record_id = x.id)
			OR EXISTS (SELECT FROM core.revision v JOIN core.report y ON y.sha256 = v.report
				WHERE v.record_id = x.id AND y.bytes IS NOT NULL))
		ORDER BY x.on_date, x.id
	LOOP
		EXIT WHEN n >= p_limit;
		did := false;
		touched := '{}';
		q := core.retention_of('text', r.kind_id, r.path, day);
		IF r.on_date + make_interval(months => q.months) < day THEN
			did := core.erase_text('retention', r.id, NULL, NULL, q.basis) > 0;
			touched := touched || r.facility_id;
		END IF;
		q := core.retention_of('photo', r.kind_id, r.path, day);
		IF r.on_date + make_interval(months => q.months) < day THEN
			FOR b IN SELECT DISTINCT x.sha256 FROM core.record_photo x WHERE x.record_id = r.id
				AND EXISTS (SELECT FROM core.photo_bytes z WHERE z.sha256 = x.sha256)
				AND NOT EXISTS (SELECT FROM core.record_photo y JOIN core.record w ON w.id = y.record_id
					WHERE y.sha256 = x.sha256 AND w.on_date > r.on_date)
			LOOP
				touched := touched || core.erase_photo('retention', b, q.basis);
				did := true;
			END LOOP;
		END IF;
		q := core.retention_of('report', r.kind_id, r.path, day);
		IF r.on_date + make_interval(months => q.months) < day THEN
			FOR b IN SELECT DISTINCT v.report FROM core.revision v JOIN core.report y ON y.sha256 = v.report
				WHERE v.record_id = r.id AND y.bytes IS NOT NULL
				AND NOT EXISTS (SELECT FROM core.revision z JOIN core.record w ON w.id = z.record_id
					WHERE z.report = v.report AND w.on_date > r.on_date)
			LOOP
				touched := touched || core.erase_report('retention', b, q.basis);
				did := true;
			END LOOP;
		END IF;
		IF did THEN
			n := n + 1;
			PERFORM core.publish('facilities', touched);
			INSERT INTO core.audit (who, what, subject, detail) VALUES ('retention', 'erase', 'record ' || r.id,
				jsonb_build_object('ground', q.basis));
		END IF;
	END LOOP;
	RETURN n;
END
$$;
