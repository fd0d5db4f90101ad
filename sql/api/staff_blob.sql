-- Resumable uploads: where one stands, the next piece, and what the worker needs to make a photo of
-- it. A blob belongs to one account and is named by the hash of its bytes. What changes rows runs
-- as the owner, touches the asking account's rows alone, and only qr_staff may call it.
--
-- Limits: a blob 12 MiB, a piece 1 MiB, and 16 KiB at least unless it is the last one, so that a
-- blob is 768 rows at most; an account 100 blobs that are no photo yet, 256 MiB in all.

-- A blob whose photo was swept is good for nothing any more.
CREATE OR REPLACE FUNCTION core.blob_forget(p_sha256 bytea) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
	DELETE FROM core.blob b WHERE b.account_id = core.my_account() AND b.sha256 = p_sha256
		AND b.photo IS NOT NULL AND NOT EXISTS (SELECT FROM core.photo o WHERE o.sha256 = b.photo)
$$;

-- Room for one blob more. An account that is full loses first what it has not touched for a day:
-- the phone still has it and begins again.
CREATE OR REPLACE FUNCTION core.blob_room(p_account int, p_size int) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	n bigint;
	bytes bigint;
BEGIN
	FOR i IN 0 .. 1 LOOP
		SELECT count(*), coalesce(sum(b.size), 0) INTO n, bytes FROM core.blob b
		WHERE b.account_id = p_account AND b.photo IS NULL;
		IF n < 100 AND bytes + p_size <= 256 * 1048576 THEN
			RETURN;
		END IF;
		IF i = 0 THEN
			DELETE FROM core.blob b WHERE b.account_id = p_account AND b.photo IS NULL
				AND b.touched_at < core.now() - interval '1 day';
		END IF;
	END LOOP;
	PERFORM core.refuse('QR429', 'blobs', format('account %s has %s blobs, %s bytes', p_account, n, bytes));
END
$$;

CREATE OR REPLACE FUNCTION core.blob_refuse(p_code text, p_why text, b core.blob) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	RAISE EXCEPTION 'blob: %', p_why USING ERRCODE = p_code, DETAIL = CASE p_code
		WHEN 'QR422' THEN json_build_array(json_build_object('field', 'blob', 'why', p_why))
		ELSE json_strip_nulls(json_build_object('why', p_why, 'offset', coalesce(b.received, 0),
			'length', b.size)) END::text;
END
$$;

-- The blob a piece is for, made if it is the first; the caller holds the account's lock.
CREATE OR REPLACE FUNCTION core.blob_open(p_sha256 bytea, p_offset int, p_total int) RETURNS core.blob
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	me constant int := core.my_account();
	b core.blob;
BEGIN
	PERFORM core.blob_forget(p_sha256);
	SELECT * INTO b FROM core.blob x WHERE x.account_id = me AND x.sha256 = p_sha256 FOR UPDATE;
	IF FOUND THEN
		IF p_total <> b.size THEN
			PERFORM core.blob_refuse('QR409', 'length', b);
		END IF;
		RETURN b;
	END IF;
	IF p_offset <> 0 THEN
		PERFORM core.blob_refuse('QR409', 'offset', NULL);
	ELSIF p_total IS NULL OR p_total < 1 OR length(p_sha256) IS DISTINCT FROM 32 THEN
		PERFORM core.blob_refuse('QR422', 'length', NULL);
	ELSIF p_total > 12 * 1048576 THEN
		PERFORM core.blob_refuse('QR413', 'length', NULL);
	END IF;
	PERFORM core.blob_room(me, p_total);
	INSERT INTO core.blob (account_id, sha256, size, made_at, touched_at)
	VALUES (me, p_sha256, p_total, core.now(), core.now()) RETURNING * INTO b;
	RETURN b;
END
$$;

-- The next piece. A piece that is there already, byte by byte, changes nothing.
CREATE OR REPLACE FUNCTION core.blob_append(p_sha256 bytea, p_offset int, p_total int, p_bytes bytea)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	n constant int := coalesce(length(p_bytes), 0);
	b core.blob;
BEGIN
	-- one piece of an account after the other: a phone sends one at a time, and its second try
	-- finds what became of the first
	PERFORM pg_advisory_xact_lock(hashtext('core.blob'), core.my_account());
	b := core.blob_open(p_sha256, p_offset, p_total);
	IF p_offset IS DISTINCT FROM b.received THEN
		IF n = 0 OR NOT EXISTS (SELECT FROM core.blob_piece p WHERE p.blob_id = b.id
			AND p.at = p_offset AND p.bytes = p_bytes)
		THEN
			PERFORM core.blob_refuse('QR409', 'offset', b);
		END IF;
		RETURN json_build_object('offset', b.received, 'length', b.size);
	END IF;
	IF p_offset::bigint + n > b.size OR n > 1048576 THEN
		PERFORM core.blob_refuse('QR413', 'piece', b);
	ELSIF n < 16384 AND p_offset + n < b.size THEN
		PERFORM core.blob_refuse('QR422', 'piece', b);
	END IF;
	IF n > 0 THEN
		INSERT INTO core.blob_piece (blob_id, at, bytes) VALUES (b.id, p_offset, p_bytes);
	END IF;
	IF n > 0 AND p_offset + n = b.size AND p_sha256 <> (SELECT sha256(string_agg(p.bytes, '' ORDER BY p.at))
		FROM core.blob_piece p WHERE p.blob_id = b.id)
	THEN
		-- an answer and no error, which would bring the pieces back
		DELETE FROM core.blob WHERE id = b.id;
		RETURN '{"offset":0,"why":"hash"}';
	END IF;
	UPDATE core.blob SET received = received + n, touched_at = core.now() WHERE id = b.id;
	RETURN json_build_object('offset', p_offset + n, 'length', b.size);
END
$$;

CREATE OR REPLACE FUNCTION api.staff_blob_append(p_session bytea, p_sha256 bytea, p_offset int,
	p_total int, p_bytes bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'view');
	PERFORM core.need_any('{submit,correct,redact}');
	RETURN core.blob_append(p_sha256, p_offset, p_total, p_bytes);
END
$$;

-- Where it stands; one that was never begun, or is somebody else's, stands at 0.
CREATE OR REPLACE FUNCTION api.staff_blob_head(p_session bytea, p_sha256 bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	b core.blob;
BEGIN
	PERFORM auth.enter(p_session, 'view');
	PERFORM core.need_any('{submit,correct,redact}');
	PERFORM core.blob_forget(p_sha256);
	SELECT * INTO b FROM core.blob x WHERE x.sha256 = p_sha256;
	RETURN json_strip_nulls(json_build_object('offset', coalesce(b.received, 0), 'length', b.size));
END
$$;

CREATE OR REPLACE FUNCTION core.blob_done(p_sha256 bytea, p_photo bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	done bigint;
BEGIN
	UPDATE core.blob b SET photo = p_photo, touched_at = core.now()
	WHERE b.account_id = core.my_account() AND b.sha256 = p_sha256 AND b.received = b.size
	RETURNING b.id INTO done;
	DELETE FROM core.blob_piece p WHERE p.blob_id = done;
END
$$;

-- For the worker, before it makes a photo of a blob: {"photo"} when that was done before (the blob
-- may be gone since), {"length"} when all of it is there.
CREATE OR REPLACE FUNCTION api.staff_blob_take(p_session bytea, p_sha256 bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	b core.blob;
	photo bytea;
BEGIN
	PERFORM auth.enter(p_session, 'view');
	PERFORM core.need_any('{submit,correct,redact}');
	SELECT * INTO b FROM core.blob x WHERE x.sha256 = p_sha256;
	SELECT o.sha256 INTO photo FROM core.photo o
	WHERE ((o.original = p_sha256 AND o.stored_by = core.my_account()) OR o.sha256 = b.photo)
		AND o.hidden_at IS NULL
	ORDER BY o.sha256 IS NOT DISTINCT FROM b.photo DESC, o.sha256 LIMIT 1;
	IF photo IS NOT NULL THEN
		PERFORM core.blob_done(p_sha256, photo);
		RETURN json_build_object('photo', encode(photo, 'hex'));
	ELSIF b.photo IS NOT NULL OR b.received IS DISTINCT FROM b.size OR b.id IS NULL THEN
		PERFORM core.blob_refuse('QR404', 'blob', b);
	END IF;
	RETURN json_build_object('length', b.size);
END
$$;

-- What is stored from p_offset on, whole pieces, at most 2 MiB; the begin of a piece.
CREATE OR REPLACE FUNCTION api.staff_blob_get(p_session bytea, p_sha256 bytea, p_offset int) RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'view');
	RETURN (SELECT string_agg(p.bytes, '' ORDER BY p.at) FROM core.blob b
		JOIN core.blob_piece p ON p.blob_id = b.id
		WHERE b.sha256 = p_sha256 AND b.received = b.size AND p.at >= p_offset
			AND p.at < p_offset::bigint + 1048576);
END
$$;

-- It became this photo, which is stored: its pieces go.
CREATE OR REPLACE FUNCTION api.staff_blob_done(p_session bytea, p_sha256 bytea, p_photo bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'view');
	IF core.photo_there(p_photo) THEN
		PERFORM core.blob_done(p_sha256, p_photo);
	END IF;
	RETURN json_build_object('photo', encode(p_photo, 'hex'));
END
$$;
-- Photos that others stored, too: the same picture has the same name.
CREATE OR REPLACE FUNCTION core.photo_there(p_sha256 bytea) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS
$$ SELECT EXISTS (SELECT FROM core.photo o WHERE o.sha256 = p_sha256 AND o.hidden_at IS NULL) $$;

-- No photo can be made of it: all of it goes. What became a photo stays what it is.
CREATE OR REPLACE FUNCTION core.blob_drop(p_sha256 bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	DELETE FROM core.blob b WHERE b.account_id = core.my_account() AND b.sha256 = p_sha256
		AND b.photo IS NULL;
	RETURN FOUND;
END
$$;
CREATE OR REPLACE FUNCTION api.staff_blob_drop(p_session bytea, p_sha256 bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'view');
	RETURN json_build_object('dropped', core.blob_drop(p_sha256));
END
$$;

-- A week after its last piece. Returns how many.
CREATE OR REPLACE FUNCTION core.blob_sweep() RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	n int;
BEGIN
	DELETE FROM core.blob WHERE touched_at < core.now() - interval '7 days';
	GET DIAGNOSTICS n = ROW_COUNT;
	RETURN n;
END
$$;
