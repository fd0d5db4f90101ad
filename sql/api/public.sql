-- What the public side may call: stored documents by key, and nothing else. Every function
-- returns rows (kind, key, version, next_change, doc), first the document asked for, then those
-- its page needs besides; one call is one snapshot. No row: there is no such document.

-- A document and the ones it links to, in the order it names them.
CREATE OR REPLACE FUNCTION core.document_with_links(p_kind text, p_key text)
RETURNS TABLE (kind text, key text, version bigint, next_change date, doc text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
#variable_conflict use_column
DECLARE
	to_kind text;
	to_keys text[];
BEGIN
	SELECT d.kind, d.key, d.version, d.next_change, d.doc, d.link_kind, d.links
	INTO kind, key, version, next_change, doc, to_kind, to_keys
	FROM core.document d WHERE d.kind = p_kind AND d.key = p_key;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	RETURN NEXT;
	IF to_keys IS NOT NULL THEN
		RETURN QUERY SELECT d.kind, d.key, d.version, d.next_change, d.doc
			FROM core.document d WHERE d.kind = to_kind AND d.key = ANY (to_keys)
			ORDER BY array_position(to_keys, d.key);
	END IF;
END
$$;

-- The label; if it is active, its facility, or its place with the facilities there (at most 50).
CREATE OR REPLACE FUNCTION api.public_label(p_code text)
RETURNS TABLE (kind text, key text, version bigint, next_change date, doc text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
#variable_conflict use_column
DECLARE
	to_kind text;
	to_key text;
BEGIN
	SELECT d.kind, d.key, d.version, d.next_change, d.doc, d.link_kind, d.links[1]
	INTO kind, key, version, next_change, doc, to_kind, to_key
	FROM core.document d WHERE d.kind = 'label' AND d.key = p_code;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	RETURN NEXT;
	IF to_kind = 'facility' THEN
		RETURN QUERY SELECT d.kind, d.key, d.version, d.next_change, d.doc
			FROM core.document d WHERE d.kind = 'facility' AND d.key = to_key;
	ELSIF to_kind = 'place' THEN
		RETURN QUERY SELECT * FROM core.document_with_links('place', to_key);
	END IF;
END
$$;

CREATE OR REPLACE FUNCTION api.public_facility(p_code text)
RETURNS TABLE (kind text, key text, version bigint, next_change date, doc text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY SELECT d.kind, d.key, d.version, d.next_change, d.doc
		FROM core.document d WHERE d.kind = 'facility' AND d.key = p_code;
END
$$;

-- A page of a facility's history (1 = oldest; 0 or NULL = newest), then the facility.
CREATE OR REPLACE FUNCTION api.public_history(p_code text, p_chunk int)
RETURNS TABLE (kind text, key text, version bigint, next_change date, doc text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
#variable_conflict use_column
DECLARE
	chunk int := p_chunk;
BEGIN
	IF coalesce(chunk, 0) < 1 THEN
		SELECT greatest(((d.doc::json ->> 'count')::int + 49) / 50, 1) INTO chunk
		FROM core.document d WHERE d.kind = 'facility' AND d.key = p_code;
	END IF;
	RETURN QUERY SELECT * FROM core.document_with_links('history', p_code || '/' || chunk);
END
$$;

-- A record, then its facility.
CREATE OR REPLACE FUNCTION api.public_record(p_id uuid)
RETURNS TABLE (kind text, key text, version bigint, next_change date, doc text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY SELECT * FROM core.document_with_links('record', p_id::text);
END
$$;

-- What a record said before: its p_rev-th published revision, then its facility. No row: there is
-- none, or it is the newest, which is the record itself.
CREATE OR REPLACE FUNCTION api.public_revision(p_id uuid, p_rev int)
RETURNS TABLE (kind text, key text, version bigint, next_change date, doc text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY SELECT * FROM core.document_with_links('record', p_id || '/' || p_rev);
END
$$;

-- A place, then the facilities there (at most 50), in the order of its document.
CREATE OR REPLACE FUNCTION api.public_place(p_code text)
RETURNS TABLE (kind text, key text, version bigint, next_change date, doc text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY SELECT * FROM core.document_with_links('place', p_code);
END
$$;

CREATE OR REPLACE FUNCTION api.public_document(p_kind text, p_key text)
RETURNS TABLE (kind text, key text, version bigint, next_change date, doc text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY SELECT d.kind, d.key, d.version, d.next_change, d.doc
		FROM core.document d WHERE d.kind = p_kind AND d.key = p_key;
END
$$;

-- Which of at most 16 candidates for a misread code are labels in use, in the order given; what
-- says where each is stuck ("中环家园 75号楼 · 2F stairwell"). More candidates: QR422.
CREATE OR REPLACE FUNCTION api.label_guess(p_codes text[]) RETURNS TABLE (code text, what text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
#variable_conflict use_column
BEGIN
	IF cardinality(p_codes) > 16 THEN
		RAISE EXCEPTION 'at most 16 candidates' USING ERRCODE = 'QR422';
	END IF;
	RETURN QUERY
	SELECT l.code::text, concat_ws(' · ', concat_ws(' ', p.name, f.building), l.spot)
	FROM core.label l
	LEFT JOIN core.facility f ON f.id = l.facility_id
	JOIN core.place p ON p.id = coalesce(f.place_id, l.place_id)
	WHERE l.code = ANY (p_codes) AND l.state = 'active'
	ORDER BY array_position(p_codes, l.code::text);
END
$$;

-- The twin of qrsvc/app/state.c: what the stored facility document means on a day. NULL: there
-- is no such facility.
--   retired > suspended > failed > overdue > no_record > due_soon > on_time
-- A duty due before the day is overdue, unless it was never done while the main duty (the first)
-- was never done either; due that day or within its soon_days is due soon.
CREATE OR REPLACE FUNCTION core.state_of(p_doc json, p_on date) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, core AS $$
DECLARE
	never constant boolean := p_doc -> 'duties' -> 0 ->> 'last' IS NULL;
	overdue boolean;
	soon boolean;
BEGIN
	SELECT bool_or(q.due < p_on AND NOT (never AND q.last IS NULL)),
		bool_or(q.due BETWEEN p_on AND p_on + q.soon)
	INTO overdue, soon
	FROM (SELECT (d ->> 'due')::date AS due, d ->> 'last' AS last,
			coalesce((d ->> 'soon_days')::int, 0) AS soon
		FROM json_array_elements(p_doc -> 'duties') d) q;
	RETURN CASE
		WHEN p_doc ->> 'status' IN ('retired', 'suspended') THEN p_doc ->> 'status'
		WHEN p_doc -> 'failed' IS NOT NULL THEN 'failed'
		WHEN overdue THEN 'overdue'
		WHEN never THEN 'no_record'
		WHEN soon THEN 'due_soon'
		ELSE 'on_time' END;
END
$$;

CREATE OR REPLACE FUNCTION api.facility_state(p_code text, p_on date) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
	SELECT core.state_of(d.doc::json, p_on) FROM core.document d
	WHERE d.kind = 'facility' AND d.key = p_code
$$;

-- Bytes of a photo's variant (320, 1280, 2048); NULL: there is none. Role qr_slow.
CREATE OR REPLACE FUNCTION api.photo_get(p_sha256 bytea, p_width int) RETURNS bytea
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	-- one that was redacted anywhere is given to nobody any more
	RETURN (SELECT b.bytes FROM core.photo_bytes b JOIN core.photo o ON o.sha256 = b.sha256
		WHERE b.sha256 = p_sha256 AND b.width = p_width AND o.hidden_at IS NULL);
END
$$;

-- Is it still given out? Asked before a copy that was kept is used.
CREATE OR REPLACE FUNCTION api.photo_there(p_sha256 bytea) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN EXISTS (SELECT FROM core.photo o WHERE o.sha256 = p_sha256 AND o.hidden_at IS NULL);
END
$$;

-- Adds to the counts of a day; unknown codes are dropped. Role qr_rw.
CREATE OR REPLACE FUNCTION api.scan_add(p_day date, p_codes text[], p_counts int[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	IF cardinality(p_codes) IS DISTINCT FROM cardinality(p_counts) THEN
		RAISE EXCEPTION 'codes and counts differ in number' USING ERRCODE = 'QR422';
	END IF;
	-- in order, so that two workers never wait for each other in a circle
	INSERT INTO core.scan_day AS s (day, code, count)
	SELECT p_day, l.code, sum(u.n) FROM unnest(p_codes, p_counts) AS u (code, n)
	JOIN core.label l ON l.code = u.code
	WHERE u.n > 0
	GROUP BY l.code ORDER BY l.code
	ON CONFLICT (code, day) DO UPDATE SET count = s.count + excluded.count;
END
$$;
