-- Residents' reports, how they come in: without a login, by anybody, so what is believed of them is
-- little. A form carries a key and a stamp of ours; the key makes sending again harmless, the stamp
-- says that the form was fetched here, for this address, and when. What looks like a flood or like
-- spam is kept all the same, in quarantine, where it is in nobody's way until a person looked at it:
-- a wall that turns residents away in an emergency is worse than a list that must be looked through.
-- Who comes far too often from one neighbourhood is told to wait (QR429).
--
-- Nothing is stored of who sent it: no address, no device. source is the worker's hash of the prefix
-- under a key of its own that changes daily (app/staff.h: staff_address).

CREATE OR REPLACE FUNCTION core.ticket_limit(p_code text) RETURNS int
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS
$$ SELECT l.n FROM core.ticket_limit l WHERE l.code = p_code $$;

-- What a code stands for: a label (in use or not, if it ever led somewhere), a facility or a place.
-- QR404: nothing that could be reported.
CREATE OR REPLACE FUNCTION core.ticket_target(p_code text, OUT code text, OUT facility_id bigint,
	OUT place_id bigint)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
#variable_conflict use_column
BEGIN
	SELECT l.code, l.facility_id, CASE WHEN l.facility_id IS NULL THEN l.place_id END
	INTO code, facility_id, place_id FROM core.label l WHERE l.code = p_code;
	IF NOT FOUND THEN
		SELECT f.id INTO facility_id FROM core.facility f WHERE f.code = p_code;
		IF NOT FOUND THEN
			SELECT p.id INTO place_id FROM core.place p WHERE p.code = p_code;
		END IF;
	END IF;
	IF facility_id IS NULL AND place_id IS NULL THEN
		RAISE EXCEPTION 'nothing to report under %', p_code USING ERRCODE = 'QR404';
	END IF;
END
$$;

-- "SECONDS.SIGNATURE": when a form was made, for which code and key; 64 bits of HMAC-SHA-256.
CREATE OR REPLACE FUNCTION core.ticket_stamp(p_code text, p_key uuid, p_at bigint) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN p_at || '.' || left(encode(crypt.hmac(convert_to(p_at || ' ' || p_key || ' ' || p_code, 'UTF8'),
		(SELECT s.value FROM core.ticket_secret s), 'sha256'), 'hex'), 16);
END
$$;

-- How old a form is in seconds; NULL: its stamp is none of ours, or from the future.
CREATE OR REPLACE FUNCTION core.ticket_stamp_age(p_code text, p_key uuid, p_stamp text) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	at constant bigint := substring(p_stamp FROM '^([0-9]{1,12})\.[0-9a-f]{16}$')::bigint;
	now constant bigint := extract(epoch FROM core.now());
BEGIN
	IF at IS NULL OR p_stamp <> core.ticket_stamp(p_code, p_key, at) OR at > now THEN
		RETURN NULL;
	END IF;
	RETURN now - at;
END
$$;

-- The sum asked for while there is a flood, made of the key, so that nothing need be kept: two
-- numbers from 2 to 9.
CREATE OR REPLACE FUNCTION core.ticket_sum(p_key uuid) RETURNS int[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS
$$ SELECT ARRAY[2 + get_byte(uuid_send(p_key), 14) % 8, 2 + get_byte(uuid_send(p_key), 15) % 8] $$;

-- More cases than usual come in, everywhere together. Those that were joined to one that is known do
-- not count: when the water of a whole compound is brown, hundreds say so.
CREATE OR REPLACE FUNCTION core.ticket_flood() RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	most constant int := core.ticket_limit('flood');
BEGIN
	RETURN (SELECT count(*) FROM (SELECT FROM core.ticket t
		WHERE t.at > core.now() - interval '10 minutes' AND t.state <> 'joined' LIMIT most) x) >= most;
END
$$;

-- "at":{..} of a facility or place, "office":{..} and "manager":{..} to be called.
CREATE OR REPLACE FUNCTION core.ticket_where(p_facility bigint, p_place bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT concat_ws(',', '"at":{' || concat_ws(',', core.js('facility', f.code::text), core.js('kind', k.code),
			core.js('name', f.name), core.js('place', p.name), core.js('place_code', p.code::text),
			core.js('building', f.building)) || '}',
		'"office":{' || concat_ws(',', core.js('code', o.code), core.js('name', o.name),
			core.js('phone', o.phone)) || '}')
	FROM core.place p JOIN core.org o ON o.id = p.org_id
	LEFT JOIN core.facility f ON f.id = p_facility LEFT JOIN core.kind k ON k.id = f.kind_id
	WHERE p.id = coalesce(p_place, (SELECT x.place_id FROM core.facility x WHERE x.id = p_facility))
$$;

-- What the form of a code shows, with a fresh key and its stamp: {"ref","code","label"?,"at","office",
-- "kinds":[{"code","name","hint"?,"words"}],"key","stamp","ask":[2,7]?}. ask: there is a flood, and
-- whoever answers this is taken at once. p_key: the form is shown again, photos[] that came with it
-- stay. QR404.
CREATE OR REPLACE FUNCTION api.ticket_form(p_code text, p_key uuid) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	key constant uuid := coalesce(p_key, gen_random_uuid());
	at constant bigint := extract(epoch FROM core.now());
	o record;
BEGIN
	o := core.ticket_target(p_code);
	RETURN '{' || concat_ws(',', '"ref":' || core.ref(), core.js('code', p_code),
		CASE WHEN o.code IS NOT NULL THEN '"label":true' END, core.ticket_where(o.facility_id, o.place_id),
		'"kinds":[' || (SELECT string_agg('{' || concat_ws(',', core.js('code', k.code), '"name":' || k.name::text,
				'"hint":' || k.hint::text, CASE WHEN k.words THEN '"words":true' END) || '}', ','
				ORDER BY k.rank, k.code)
			FROM core.ticket_kind k WHERE (k.ended_on IS NULL OR k.ended_on >= core.today())
				AND (o.code IS NOT NULL OR k.sticker IS NULL OR k.sticker = 'foreign')) || ']',
		'"key":"' || key || '"', core.js('stamp', core.ticket_stamp(p_code, key, at)),
		CASE WHEN p_key IS NOT NULL THEN '"photos":' || (SELECT count(*) FROM core.ticket_upload u
			WHERE u.key = p_key) END,
		CASE WHEN core.ticket_flood() THEN '"ask":' || array_to_json(core.ticket_sum(key)) END) || '}';
END
$$;

-- Adds to what came from a neighbourhood this hour; returns how many that makes.
CREATE OR REPLACE FUNCTION core.ticket_source_add(p_source bytea, p_photos int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	now_n int;
	now_photos int;
BEGIN
	INSERT INTO core.ticket_source AS s (source, hour, n, photos)
	VALUES (coalesce(p_source, '\x00'), date_trunc('hour', core.now()), CASE WHEN p_photos = 0 THEN 1 ELSE 0 END, p_photos)
	ON CONFLICT (source, hour) DO UPDATE SET n = s.n + excluded.n, photos = s.photos + excluded.photos
	RETURNING s.n, s.photos INTO now_n, now_photos;
	IF now_n > core.ticket_limit('source_refuse') OR now_photos > core.ticket_limit('source_photos') THEN
		RAISE EXCEPTION 'too many reports from one neighbourhood' USING ERRCODE = 'QR429';
	END IF;
	RETURN now_n;
END
$$;

-- A photo of a form, in the place p_pos of three. It is hidden until a person makes it public, unless
-- it was there before. QR403: not a form of ours; QR429. Role qr_slow.
CREATE OR REPLACE FUNCTION api.ticket_photo_put(p_source bytea, p_code text, p_key uuid, p_stamp text, p_pos int,
	p_sha256 bytea, p_w int, p_h int, p_original bytea, p_taken timestamptz, p_phash bigint, p_widths int[],
	p_bytes bytea[]) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	new boolean;
BEGIN
	IF core.ticket_stamp_age(p_code, p_key, p_stamp) IS NULL THEN
		RAISE EXCEPTION 'photo without a form' USING ERRCODE = 'QR403';
	END IF;
	PERFORM core.ticket_source_add(p_source, 1);
	IF EXISTS (SELECT FROM core.erasure e WHERE e.what = 'photo' AND e.sha256 = p_sha256) THEN
		RAISE EXCEPTION 'photo was erased' USING ERRCODE = 'QR422',
			DETAIL = '[{"field":"photos","why":"erased"}]';
	END IF;
	-- where it was taken is nobody's business here
	new := api.photo_put(p_sha256, p_w, p_h, p_original, p_taken, NULL, NULL, p_phash, p_widths, p_bytes);
	UPDATE core.photo SET stored_at = core.now(), hidden_at = CASE WHEN new THEN core.now() ELSE hidden_at END
	WHERE sha256 = p_sha256;
	INSERT INTO core.ticket_upload (key, pos, sha256, at) VALUES (p_key, p_pos, p_sha256, core.now())
	ON CONFLICT (key, pos) DO UPDATE SET sha256 = excluded.sha256, at = excluded.at;
	RETURN new;
END
$$;

-- What is wrong with a report, as auth.refuse() takes it.
CREATE OR REPLACE FUNCTION core.ticket_wrong(k core.ticket_kind, p_words text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT jsonb '[]' || CASE WHEN k.code IS NULL OR k.ended_on < core.today() THEN core.bad('kind', 'missing')
			ELSE '[]' END
		|| CASE WHEN k.words AND p_words IS NULL THEN core.bad('words', 'missing')
			WHEN length(p_words) > 1000 THEN core.bad('words', 'too_long') ELSE '[]' END
$$;

-- Why a report is kept from the handlers' list until a person looked: NULL: it is not.
--   form: no stamp of ours; source: many from one neighbourhood; words: like spam; flood: many from
--   everywhere, and the question was not answered, or sooner than a person could
CREATE OR REPLACE FUNCTION core.ticket_doubt(p_age bigint, p_n int, p_words text, p_key uuid, p_answer text)
RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	sum constant int[] := core.ticket_sum(p_key);
BEGIN
	RETURN CASE
		WHEN p_age IS NULL THEN 'form'
		WHEN p_n > core.ticket_limit('source_look') THEN 'source'
		WHEN p_words IS NOT NULL AND EXISTS (SELECT FROM core.ticket_spam s
			WHERE strpos(core.norm(p_words), core.norm(s.word)) > 0
				AND (s.ended_on IS NULL OR s.ended_on >= core.today())) THEN 'words'
		WHEN core.ticket_flood() AND (core.some(p_answer) IS DISTINCT FROM (sum[1] + sum[2])::text
			OR p_age < core.ticket_limit('flood_wait')) THEN 'flood' END;
END
$$;

-- The case that is open for the same thing: what can be said in one word, of the same facility or
-- place, a few hours ago. The caller holds the lock of the place; a handler who sets the case aside or
-- joins it at this moment is waited for, or the report would be refused with it.
CREATE OR REPLACE FUNCTION core.ticket_same(p_facility bigint, p_place bigint, k core.ticket_kind) RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog, core AS $$
	SELECT t.id FROM core.ticket t
	WHERE NOT k.words AND t.kind = k.code AND t.state IN ('new', 'accepted', 'working')
		AND t.at > core.now() - make_interval(hours => core.ticket_limit('join_hours'))
		AND CASE WHEN p_facility IS NOT NULL THEN t.facility_id = p_facility ELSE t.place_id = p_place END
	ORDER BY t.at LIMIT 1 FOR UPDATE
$$;

-- Takes a report: {"kind","words"?,"lang","answer"?}; p_sealed: the telephone number, sealed by the
-- worker. {"receipt","again"?}: the same key gets the same receipt. QR404, QR422 kind, words; QR429.
CREATE OR REPLACE FUNCTION api.ticket_new(p_source bytea, p_code text, p_key uuid, p_stamp text, p_body jsonb,
	p_sealed bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	words constant text := core.some(p_body ->> 'words');
	k core.ticket_kind;
	o record;
	n int;
	doubt text;
	same bigint;
	org int;
	new_id bigint;
	new_receipt text := (SELECT t.receipt FROM core.ticket t WHERE t.key = p_key);
BEGIN
	IF new_receipt IS NOT NULL THEN
		RETURN '{' || core.js('receipt', new_receipt) || ',"again":true}';
	END IF;
	o := core.ticket_target(p_code);
	SELECT * INTO k FROM core.ticket_kind x WHERE x.code = p_body ->> 'kind';
	PERFORM auth.refuse(core.ticket_wrong(k, words));
	n := core.ticket_source_add(p_source, 0);
	-- a button on a page that is kept for everybody has no stamp; the worker made its key of neighbourhood,
	-- label and day, so it counts once
	doubt := core.ticket_doubt(CASE WHEN k.sticker = 'not_here' AND p_stamp = 'button' THEN 60
		ELSE core.ticket_stamp_age(p_code, p_key, p_stamp) END, n, words, p_key, p_body ->> 'answer');
	-- two neighbours at the same moment: the second one finds the case of the first
	PERFORM pg_advisory_xact_lock(hashtext('core.ticket.' || coalesce('f' || o.facility_id, 'p' || o.place_id)));
	IF doubt IS NULL OR doubt = 'flood' THEN
		same := core.ticket_same(o.facility_id, o.place_id, k);
		doubt := CASE WHEN same IS NULL THEN doubt END;
	END IF;
	SELECT p.org_id INTO STRICT org FROM core.place p
	WHERE p.id = coalesce(o.place_id, (SELECT f.place_id FROM core.facility f WHERE f.id = o.facility_id));
	new_id := core.ticket_insert(p_key, org, k, o.facility_id, o.place_id, o.code,
		CASE WHEN p_body ->> 'lang' = 'en' THEN 'en' ELSE 'zh-CN' END, doubt);
	PERFORM core.ticket_keep(new_id, p_key, words, p_sealed);
	PERFORM core.ticket_act(new_id, 'received', NULL, NULL, NULL, NULL, NULL);
	IF same IS NOT NULL THEN
		PERFORM core.ticket_join(new_id, same, NULL, NULL);
	END IF;
	RETURN '{' || core.js('receipt', (SELECT t.receipt::text FROM core.ticket t WHERE t.id = new_id)) || '}';
EXCEPTION WHEN unique_violation THEN
	-- the same form on two lines at once
	new_receipt := (SELECT t.receipt FROM core.ticket t WHERE t.key = p_key);
	IF new_receipt IS NULL THEN
		RAISE;
	END IF;
	RETURN '{' || core.js('receipt', new_receipt) || ',"again":true}';
END
$$;

-- The row itself, with the next number of its office and year.
CREATE OR REPLACE FUNCTION core.ticket_insert(p_key uuid, p_org int, k core.ticket_kind, p_facility bigint,
	p_place bigint, p_code text, p_lang text, p_why text) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	this_year constant smallint := extract(year FROM core.today());
	new_id bigint;
BEGIN
	PERFORM pg_advisory_xact_lock(hashtext('core.ticket.no'), p_org);
	INSERT INTO core.ticket (receipt, key, first_org_id, org_id, year, no, kind, clock, facility_id, place_id, code,
		lang, at, state, why)
	VALUES (core.code_random(), p_key, p_org, p_org, this_year, 1 + coalesce((SELECT max(t.no) FROM core.ticket t
			WHERE t.first_org_id = p_org AND t.year = this_year), 0), k.code, k.clock, p_facility, p_place, p_code,
		p_lang, core.now(), CASE WHEN p_why IS NULL THEN 'new' ELSE 'quarantine' END, p_why)
	RETURNING id INTO new_id;
	RETURN new_id;
END
$$;

-- What came with it.
CREATE OR REPLACE FUNCTION core.ticket_keep(p_ticket bigint, p_key uuid, p_words text, p_sealed bytea) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	IF p_words IS NOT NULL THEN
		INSERT INTO core.ticket_text (ticket_id, n, value) VALUES (p_ticket, 0, p_words);
	END IF;
	IF p_sealed IS NOT NULL THEN
		INSERT INTO core.ticket_contact (ticket_id, sealed) VALUES (p_ticket, p_sealed);
	END IF;
	INSERT INTO core.ticket_photo (ticket_id, pos, sha256)
	SELECT p_ticket, row_number() OVER (ORDER BY u.pos), u.sha256 FROM core.ticket_upload u WHERE u.key = p_key;
	DELETE FROM core.ticket_upload u WHERE u.key = p_key;
END
$$;
