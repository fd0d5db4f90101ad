-- Schemas, the deployment's own row, checks of codes, and the guards every table gets.
-- Migrations run as qr_owner, each in one transaction (qrsvc migrate).
CREATE SCHEMA IF NOT EXISTS core;
CREATE SCHEMA IF NOT EXISTS api;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

CREATE TABLE IF NOT EXISTS core.migration (
	number int PRIMARY KEY,
	name text NOT NULL,
	sha256 text NOT NULL,
	applied_at timestamptz NOT NULL DEFAULT now()
);

-- Closes a table: row security on and forced, rows only for the owner, through functions.
-- Each later migration that gives a role rows of its own adds a policy beside this one.
CREATE FUNCTION core.protect(p_table regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', p_table);
	EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', p_table);
	EXECUTE format('REVOKE ALL ON %s FROM PUBLIC', p_table);
	EXECUTE format('CREATE POLICY owner_only ON %s TO qr_owner USING (true) WITH CHECK (true)',
		p_table);
END
$$;

CREATE FUNCTION core.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	RAISE EXCEPTION '% of %.% refused: rows are only ever added', TG_OP, TG_TABLE_SCHEMA,
		TG_TABLE_NAME USING ERRCODE = 'QR409';
END
$$;

-- Rows are only ever added: for the owner as well.
CREATE FUNCTION core.append_only(p_table regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %s'
		' EXECUTE FUNCTION core.refuse_change()', p_table);
END
$$;

SELECT core.protect('core.migration');

-- One row: what the whole deployment shares. clock stands still when set (tests and demos).
CREATE TABLE core.site (
	one boolean PRIMARY KEY DEFAULT true CHECK (one),
	timezone text NOT NULL DEFAULT 'Asia/Shanghai',
	clock timestamptz,
	-- what the published documents were last built from (sha256 of all data that shapes them)
	seeds text
);
INSERT INTO core.site DEFAULT VALUES;
SELECT core.protect('core.site');

CREATE FUNCTION core.now() RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS
$$ SELECT coalesce((SELECT clock FROM core.site), pg_catalog.now()) $$;

CREATE FUNCTION core.today() RETURNS date
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS
$$ SELECT (coalesce(clock, pg_catalog.now()) AT TIME ZONE timezone)::date FROM core.site $$;

-- Check character of eight base-32 letters, ISO 7064 MOD 37-2; may be '*' or a letter that is
-- never issued (architecture.md 7).
CREATE FUNCTION core.code_check_char(p_eight text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog AS $$
DECLARE
	letters constant text := '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*';
	p int := 0;
BEGIN
	FOR i IN 1 .. length(p_eight) LOOP
		p := (p + strpos(letters, substr(p_eight, i, 1)) - 1) * 2 % 37;
	END LOOP;
	RETURN substr(letters, (38 - p) % 37 + 1, 1);
END
$$;

CREATE FUNCTION core.code_ok(p_code text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT SET search_path = pg_catalog, core AS $$
	SELECT p_code ~ '^[0-9A-HJKMNP-TV-Z]{9}$'
		AND core.code_check_char(substr(p_code, 1, 8)) = substr(p_code, 9)
$$;
CREATE DOMAIN core.code AS text COLLATE "C" CHECK (core.code_ok(VALUE));

-- A fresh random code: 40 bits of the server's strong random numbers, drawn again while the
-- check character is not one of the 32 letters.
CREATE FUNCTION core.code_random() RETURNS text
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, core AS $$
DECLARE
	letters constant text := '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
	rnd bytea;
	c text;
BEGIN
	LOOP
		-- the last eight bytes of a random uuid but the two bits of the variant
		rnd := uuid_send(gen_random_uuid());
		c := '';
		FOR i IN 8 .. 15 LOOP
			c := c || substr(letters, (get_byte(rnd, i) & 31) + 1, 1);
		END LOOP;
		c := c || core.code_check_char(c);
		EXIT WHEN core.code_ok(c);
	END LOOP;
	RETURN c;
END
$$;

-- Unified social credit code, GB 32100-2015: 18 characters, weights 3^(i-1) mod 31.
CREATE FUNCTION core.credit_code_ok(p_code text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog AS $$
DECLARE
	letters constant text := '0123456789ABCDEFGHJKLMNPQRTUWXY';
	weight int := 1;
	total int := 0;
BEGIN
	IF p_code !~ '^[0-9A-HJ-NP-RTUWXY]{18}$' THEN
		RETURN false;
	END IF;
	FOR i IN 1 .. 17 LOOP
		total := total + weight * (strpos(letters, substr(p_code, i, 1)) - 1);
		weight := weight * 3 % 31;
	END LOOP;
	RETURN (31 - total % 31) % 31 = strpos(letters, substr(p_code, 18)) - 1;
END
$$;

-- Who did what; never changed, never deleted.
CREATE TABLE core.audit (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at timestamptz NOT NULL DEFAULT now(),
	who text NOT NULL CHECK (who <> ''),
	what text NOT NULL CHECK (what <> ''),
	subject text,
	detail jsonb
);
SELECT core.protect('core.audit');
SELECT core.append_only('core.audit');
