-- Companies and their filings: kept by who has the right, for all offices (a firm files once).

CREATE OR REPLACE FUNCTION api.staff_filing_list(p_session bytea, p_q text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	day date;
	words text;
	rows text;
	n int;
BEGIN
	PERFORM auth.enter(p_session, 'filing');
	day := core.today();
	words := core.norm(left(p_q, 100));
	SELECT count(*), string_agg('{' || concat_ws(',', '"id":' || q.id, core.js('name', q.name),
			core.js('credit_code', q.credit_code), core.js('phone', q.phone),
			'"certificates":' || q.certificates, core.js('certificates_to', q.certificates_to),
			'"filings":[' || coalesce(q.list, '') || ']') || '}', ',' ORDER BY q.n) FILTER (WHERE q.n <= 50)
	INTO n, rows
	FROM (
		SELECT p.*, g.list, row_number() OVER (ORDER BY g.lapsed DESC NULLS LAST, p.name, p.id) AS n
		FROM core.party p
		LEFT JOIN LATERAL (
			SELECT string_agg('{' || concat_ws(',', '"id":' || x.id, core.js('number', x.number),
					core.js('authority', x.authority), core.js('from', x.valid_from),
					core.js('to', x.valid_to), core.js('state', CASE WHEN x.valid_from > day THEN 'future'
						WHEN x.valid_to < day THEN 'expired' ELSE 'valid' END)) || '}', ','
					ORDER BY x.valid_from DESC, x.id DESC) AS list,
				NOT bool_or(x.valid_from <= day AND (x.valid_to IS NULL OR x.valid_to >= day)) AS lapsed
			FROM core.party_filing x WHERE x.party_id = p.id
		) g ON true
		WHERE CASE WHEN p_q ~ '^#[0-9]{1,9}$' THEN p.id = substr(p_q, 2)::int
			ELSE words IS NULL OR words = '' OR strpos(core.norm(p.name), words) > 0
			OR strpos(lower(p.credit_code), words) = 1 OR EXISTS (SELECT FROM core.party_filing x
				WHERE x.party_id = p.id AND strpos(core.norm(x.number), words) > 0) END
		ORDER BY n LIMIT 51
	) q;
	RETURN '{' || concat_ws(',', '"me":' || auth.me(), core.js('q', core.some(left(p_q, 100))),
		'"parties":[' || coalesce(rows, '') || ']', '"more":' || (n > 50)::text) || '}';
END
$$;

CREATE OR REPLACE FUNCTION core.filing_put(p_party int, p_body jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	called constant text := core.some(p_body ->> 'name');
	credit constant text := upper(core.some(p_body ->> 'credit_code'));
	num constant text := core.some(p_body ->> 'number');
	since constant date := core.try_date(core.some(p_body ->> 'from'));
	till constant date := core.try_date(core.some(p_body ->> 'to'));
	cert constant text := core.some(p_body ->> 'certificates');
	cert_to constant date := core.try_date(core.some(p_body ->> 'certificates_to'));
	who core.party;
	bad jsonb := '[]';
	filing int;
BEGIN
	IF p_party IS NOT NULL THEN
		SELECT * INTO who FROM core.party WHERE id = p_party FOR NO KEY UPDATE;
		IF NOT FOUND THEN
			RAISE EXCEPTION 'no company %', p_party USING ERRCODE = 'QR404';
		END IF;
	ELSIF called IS NULL THEN
		bad := bad || core.bad('name', 'missing');
	END IF;
	IF length(called) > 100 THEN
		bad := bad || core.bad('name', 'too_long');
	END IF;
	IF credit IS NOT NULL AND NOT core.credit_code_ok(credit) THEN
		bad := bad || core.bad('credit_code', 'bad_value');
	ELSIF EXISTS (SELECT FROM core.party p WHERE p.credit_code = credit AND p.id IS DISTINCT FROM p_party) THEN
		bad := bad || core.bad('credit_code', 'duplicate');
	END IF;
	IF length(p_body ->> 'phone') > 40 THEN
		bad := bad || core.bad('phone', 'too_long');
	END IF;
	IF length(num) > 100 THEN
		bad := bad || core.bad('number', 'too_long');
	ELSIF num IS NULL AND (core.some(p_body ->> 'from') IS NOT NULL OR core.some(p_body ->> 'to') IS NOT NULL) THEN
		bad := bad || core.bad('number', 'missing');
	END IF;
	IF core.some(p_body ->> 'from') IS NOT NULL AND since IS NULL THEN
		bad := bad || core.bad('from', 'bad_value');
	ELSIF num IS NOT NULL AND since IS NULL THEN
		bad := bad || core.bad('from', 'missing');
	END IF;
	IF core.some(p_body ->> 'to') IS NOT NULL AND till IS NULL THEN
		bad := bad || core.bad('to', 'bad_value');
	ELSIF till < since THEN
		bad := bad || core.bad('to', 'before_from');
	END IF;
	IF cert !~ '^[0-9]{1,4}$' THEN
		bad := bad || core.bad('certificates', 'bad_value');
	END IF;
	IF core.some(p_body ->> 'certificates_to') IS NOT NULL AND cert_to IS NULL THEN
		bad := bad || core.bad('certificates_to', 'bad_value');
	END IF;
	PERFORM auth.refuse(bad);
	IF p_party IS NULL THEN
		INSERT INTO core.party (name, credit_code, phone, certificates, certificates_to)
		VALUES (called, credit, core.some(p_body ->> 'phone'), cert::smallint, cert_to)
		RETURNING * INTO who;
		INSERT INTO core.party_alias (source, norm, party_id, spelled)
		VALUES ('staff', coalesce(nullif(core.norm(called), ''), called), who.id, ARRAY[called])
		ON CONFLICT DO NOTHING;
	ELSE
		-- names of records stay as they were stated; this is the name from now on
		UPDATE core.party SET name = coalesce(called, name), credit_code = coalesce(credit, credit_code),
			phone = coalesce(core.some(p_body ->> 'phone'), phone),
			certificates = coalesce(cert::smallint, certificates),
			certificates_to = coalesce(cert_to, certificates_to)
		WHERE id = p_party;
	END IF;
	IF num IS NOT NULL THEN
		INSERT INTO core.party_filing AS g (party_id, number, authority, valid_from, valid_to)
		VALUES (who.id, num, core.some(p_body ->> 'authority'), since, till)
		ON CONFLICT (party_id, number, valid_from) DO UPDATE SET valid_to = excluded.valid_to,
			authority = coalesce(excluded.authority, g.authority)
		RETURNING id INTO filing;
	END IF;
	IF called IS DISTINCT FROM who.name OR p_body ? 'phone' THEN
		-- what it manages shows its name and phone
		PERFORM core.publish('facilities', array_agg(m.facility_id)) FROM core.facility_manager m
		WHERE m.party_id = who.id AND m.valid_from <= core.today()
			AND (m.valid_to IS NULL OR m.valid_to >= core.today());
	END IF;
	PERFORM auth.audit('filing.put', who.id::text, jsonb_strip_nulls(jsonb_build_object('name', called,
		'credit_code', credit, 'number', num, 'from', since, 'to', till, 'certificates', cert::int)));
	RETURN '{' || concat_ws(',', '"party":' || who.id, '"filing":' || filing) || '}';
END
$$;

CREATE OR REPLACE FUNCTION api.staff_filing_put(p_session bytea, p_party int, p_body jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'filing');
	RETURN core.filing_put(p_party, coalesce(p_body, '{}'));
END
$$;
