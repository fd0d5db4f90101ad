-- The canonical text of a revision and the chain of hashes. One set of helpers for writing
-- (import) and for checking (verify.sql), so that the two cannot drift apart.
--
-- canonical = compact JSON, keys in the order below, NULL left out, times in UTC with six digits
-- of a second, fields as PostgreSQL writes jsonb, parties and results in their order.
-- hash = sha256(canonical); prev = the head of the previous revision, where the head of a
-- revision is the hash of its last photo, or its own when it has none. act, by (account), office,
-- report: of revisions made here (staff_write.sql), not of imports.

CREATE OR REPLACE FUNCTION core.utc(p_name text, p_at timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
	SELECT '"' || p_name || '":"'
		|| to_char(p_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"'
$$;

CREATE OR REPLACE FUNCTION core.canonical_party(p_role text, p_name text, p_filing text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
	SELECT '{' || concat_ws(',', core.js('role', p_role), core.js('name', p_name),
		core.js('filing', p_filing)) || '}'
$$;

CREATE OR REPLACE FUNCTION core.canonical_result(p_item text, p_op text, p_num numeric, p_word text,
	p_unit text, p_verdict text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
	SELECT '{' || concat_ws(',', core.js('item', p_item), core.js('op', p_op),
		'"num":"' || p_num || '"', core.js('word', p_word), core.js('unit', p_unit),
		core.js('verdict', p_verdict)) || '}'
$$;

CREATE OR REPLACE FUNCTION core.canonical(p_facility text, p_record uuid, p_seq int, p_rev int,
	p_type text, p_source text, p_state text, p_from timestamptz, p_to timestamptz, p_on date,
	p_received timestamptz, p_published timestamptz, p_parties text, p_fields jsonb,
	p_results text, p_flags text[], p_verdict text, p_reason text, p_prev bytea,
	p_act text, p_by int, p_office text, p_report bytea) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
	SELECT '{' || concat_ws(',', core.js('facility', p_facility), '"record":"' || p_record || '"',
		'"seq":' || p_seq, '"rev":' || p_rev, core.js('type', p_type), core.js('source', p_source),
		core.js('state', p_state), core.utc('from', p_from), core.utc('to', p_to),
		'"date":"' || p_on || '"', core.utc('received', p_received),
		core.utc('published', p_published), '"parties":[' || coalesce(p_parties, '') || ']',
		'"fields":' || p_fields::text, '"results":[' || coalesce(p_results, '') || ']',
		'"flags":' || array_to_json(p_flags), core.js('verdict', p_verdict),
		core.js('reason', p_reason), '"prev":"' || encode(p_prev, 'hex') || '"',
		core.js('act', p_act), '"by":' || p_by, core.js('office', p_office),
		'"report":"' || encode(p_report, 'hex') || '"') || '}'
$$;
SET LOCAL client_min_messages = warning;
DROP FUNCTION IF EXISTS core.canonical(text, uuid, int, int, text, text, text, timestamptz,
	timestamptz, date, timestamptz, timestamptz, text, jsonb, text, text[], text, text, bytea);

-- The text whose sha256 chains a photo to what stands before it.
CREATE OR REPLACE FUNCTION core.photo_link(p_prev bytea, p_pos int, p_slot text, p_sha256 bytea,
	p_taken timestamptz) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE AS $$
	SELECT sha256(convert_to('{' || concat_ws(',', '"prev":"' || encode(p_prev, 'hex') || '"',
		'"pos":' || p_pos, core.js('slot', p_slot), '"photo":"' || encode(p_sha256, 'hex') || '"',
		core.utc('taken', p_taken)) || '}', 'UTF8'))
$$;

-- The hash that stands for a revision with its photos.
CREATE OR REPLACE FUNCTION core.head(p_record uuid, p_rev int) RETURNS bytea
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT coalesce((SELECT x.hash FROM core.record_photo x
			WHERE x.record_id = p_record AND x.rev = p_rev ORDER BY x.pos DESC LIMIT 1),
		(SELECT v.hash FROM core.revision v WHERE v.record_id = p_record AND v.rev = p_rev))
$$;

-- Adds a photo to the newest revision of a record. false: it stands in that slot already.
CREATE OR REPLACE FUNCTION core.photo_attach(p_record uuid, p_slot text, p_sha256 bytea,
	p_taken timestamptz) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	now_rev smallint;
	at_pos int;
	taken timestamptz;
BEGIN
	SELECT r.rev INTO now_rev FROM core.record r WHERE r.id = p_record FOR NO KEY UPDATE;
	IF EXISTS (SELECT FROM core.record_photo x WHERE x.record_id = p_record AND x.rev = now_rev
		AND x.slot = p_slot AND x.sha256 = p_sha256)
	THEN
		RETURN false;
	END IF;
	SELECT 1 + count(*) INTO at_pos FROM core.record_photo x
	WHERE x.record_id = p_record AND x.rev = now_rev;
	SELECT coalesce(p_taken, o.taken) INTO taken FROM core.photo o WHERE o.sha256 = p_sha256;
	INSERT INTO core.record_photo (record_id, rev, pos, slot, sha256, taken, hash)
	VALUES (p_record, now_rev, at_pos, p_slot, p_sha256, taken,
		core.photo_link(core.head(p_record, now_rev), at_pos, p_slot, p_sha256, taken));
	RETURN true;
END
$$;

-- Stores a photo and its variants once. p_sha256: of the published 1280 px bytes; checked here.
-- false: it was there already. Wrong hash or widths: QR422.
CREATE OR REPLACE FUNCTION api.photo_put(p_sha256 bytea, p_w int, p_h int, p_original bytea,
	p_taken timestamptz, p_lon numeric, p_lat numeric, p_phash bigint, p_widths int[],
	p_bytes bytea[]) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	IF array_position(p_widths, 1280) IS NULL
		OR cardinality(p_widths) IS DISTINCT FROM cardinality(p_bytes)
		OR sha256(p_bytes[array_position(p_widths, 1280)]) IS DISTINCT FROM p_sha256
	THEN
		RAISE EXCEPTION 'photo: the hash is not that of the 1280 px bytes' USING ERRCODE = 'QR422';
	END IF;
	INSERT INTO core.photo (sha256, w, h, original, taken, lon, lat, phash)
	VALUES (p_sha256, p_w, p_h, p_original, p_taken, p_lon, p_lat, p_phash)
	ON CONFLICT DO NOTHING;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	INSERT INTO core.photo_bytes (sha256, width, bytes)
	SELECT p_sha256, u.width, u.bytes FROM unnest(p_widths, p_bytes) AS u (width, bytes);
	RETURN true;
END
$$;
