-- Judging results by the limit in force on the day of the sample.

-- The verdict on one value. Undecidable is 'none': "<5" against "<= 1" proves nothing.
-- A value below detection ("<n") counts as the word of the sense 'absent' for limits that are
-- words; a word of that sense counts as nothing for limits that are numbers.
CREATE OR REPLACE FUNCTION core.verdict(p_op text, p_num numeric, p_sense text, p_limit_op text,
	p_lo numeric, p_hi numeric) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, core AS $$
DECLARE
	low numeric;   -- the value lies in [low, high]; NULL is unbounded
	high numeric;
	open_low boolean := false;
	open_high boolean := false;
	over boolean;  -- true: above hi, false: not above, NULL: cannot be told
	under boolean;
BEGIN
	IF p_limit_op = 'word' THEN
		IF p_num IS NOT NULL THEN
			RETURN CASE WHEN p_op IN ('<', '<=') THEN 'pass'
				WHEN p_num > 0 THEN 'fail' WHEN p_op IS NULL THEN 'pass' ELSE 'none' END;
		END IF;
		RETURN CASE p_sense WHEN 'absent' THEN 'pass' WHEN 'present' THEN 'fail' ELSE 'none' END;
	END IF;
	IF p_num IS NULL THEN
		IF p_sense IS DISTINCT FROM 'absent' THEN
			RETURN 'none';
		END IF;
		low := 0;
		high := 0;
	ELSE
		low := CASE WHEN p_op IS NULL OR p_op IN ('>', '>=') THEN p_num END;
		high := CASE WHEN p_op IS NULL OR p_op IN ('<', '<=') THEN p_num END;
		open_low := p_op IS NOT DISTINCT FROM '>';
		open_high := p_op IS NOT DISTINCT FROM '<';
	END IF;
	over := CASE WHEN p_hi IS NULL OR high <= p_hi THEN false
		WHEN low > p_hi OR (open_low AND low >= p_hi) THEN true END;
	under := CASE WHEN p_lo IS NULL OR low >= p_lo THEN false
		WHEN high < p_lo OR (open_high AND high <= p_lo) THEN true END;
	RETURN CASE WHEN over OR under THEN 'fail' WHEN NOT over AND NOT under THEN 'pass'
		ELSE 'none' END;
END
$$;

-- The limit of an item for an office on a day: that of the nearest office above it.
CREATE OR REPLACE FUNCTION core.limit_on(p_item int, p_day date, p_path int[]) RETURNS int
LANGUAGE sql STABLE AS $$
	SELECT l.id FROM core.limit_item l
	WHERE l.item_id = p_item AND l.org_id = ANY (p_path)
		AND p_day >= l.valid_from AND (l.valid_to IS NULL OR p_day <= l.valid_to)
	ORDER BY array_position(p_path, l.org_id) DESC LIMIT 1
$$;

-- One value by codes: (verdict, limit). Item, word or office unknown: QR422.
CREATE OR REPLACE FUNCTION core.judge(p_item text, p_op text, p_num numeric, p_word text,
	p_day date, p_org text, OUT ret_verdict text, OUT ret_limit int)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	item int;
	up int[];
	sense text;
	l core.limit_item;
BEGIN
	SELECT i.id INTO item FROM core.item i WHERE i.code = p_item;
	SELECT o.path INTO up FROM core.org o WHERE o.code = p_org;
	SELECT w.sense INTO sense FROM core.word w WHERE w.code = p_word;
	IF item IS NULL OR up IS NULL OR (p_word IS NOT NULL AND sense IS NULL)
		OR (p_num IS NULL) = (p_word IS NULL)
	THEN
		RAISE EXCEPTION 'cannot judge item % word % for %', p_item, p_word, p_org
			USING ERRCODE = 'QR422';
	END IF;
	ret_verdict := 'none';
	ret_limit := core.limit_on(item, p_day, up);
	IF ret_limit IS NOT NULL THEN
		SELECT * INTO l FROM core.limit_item x WHERE x.id = ret_limit;
		ret_verdict := core.verdict(nullif(p_op, '='), p_num, sense, l.op, l.lo, l.hi);
	END IF;
END
$$;
