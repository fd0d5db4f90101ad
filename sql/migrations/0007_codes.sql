-- Codes by the ten thousand: the arithmetic of 0001 in one expression each.
-- MOD 37-2 over eight letters is the sum of letter i times 2^(9-i), mod 37.
CREATE OR REPLACE FUNCTION core.code_check_char(p_eight text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog AS $$
DECLARE
	letters constant text := '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*';
BEGIN
	RETURN substr(letters, (1 + 37 * 512 - (
		256 * (strpos(letters, substr(p_eight, 1, 1)) - 1)
		+ 128 * (strpos(letters, substr(p_eight, 2, 1)) - 1)
		+ 64 * (strpos(letters, substr(p_eight, 3, 1)) - 1)
		+ 32 * (strpos(letters, substr(p_eight, 4, 1)) - 1)
		+ 16 * (strpos(letters, substr(p_eight, 5, 1)) - 1)
		+ 8 * (strpos(letters, substr(p_eight, 6, 1)) - 1)
		+ 4 * (strpos(letters, substr(p_eight, 7, 1)) - 1)
		+ 2 * (strpos(letters, substr(p_eight, 8, 1)) - 1))) % 37 + 1, 1);
END
$$;

CREATE OR REPLACE FUNCTION core.code_random() RETURNS text
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, core AS $$
DECLARE
	letters constant text := '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
	rnd bytea;
	c text;
BEGIN
	LOOP
		-- the last eight bytes of a random uuid, five bits of each (the variant's two are above)
		rnd := uuid_send(gen_random_uuid());
		c := substr(letters, (get_byte(rnd, 8) & 31) + 1, 1)
			|| substr(letters, (get_byte(rnd, 9) & 31) + 1, 1)
			|| substr(letters, (get_byte(rnd, 10) & 31) + 1, 1)
			|| substr(letters, (get_byte(rnd, 11) & 31) + 1, 1)
			|| substr(letters, (get_byte(rnd, 12) & 31) + 1, 1)
			|| substr(letters, (get_byte(rnd, 13) & 31) + 1, 1)
			|| substr(letters, (get_byte(rnd, 14) & 31) + 1, 1)
			|| substr(letters, (get_byte(rnd, 15) & 31) + 1, 1);
		c := c || core.code_check_char(c);
		EXIT WHEN right(c, 1) ~ '[0-9A-HJKMNP-TV-Z]';
	END LOOP;
	RETURN c;
END
$$;

CREATE OR REPLACE FUNCTION core.code_ok(p_code text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN p_code ~ '^[0-9A-HJKMNP-TV-Z]{9}$'
		AND core.code_check_char(substr(p_code, 1, 8)) = substr(p_code, 9);
END
$$;
