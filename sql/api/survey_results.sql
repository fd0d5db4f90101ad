-- What came of a survey: how many count, shares and means with their margins. Figures are of the
-- forms that count (core.survey_response.why NULL, not void).
--
-- Confidence is 95 %, z = 1.959964. Of n answers of N who were asked (core.survey_issued), with N
-- known and at least n, margins shrink by the correction for a finite population:
--   share   Wilson's score interval (E. B. Wilson, JASA 22 (1927) 209-212; NIST/SEMATECH e-Handbook
--           7.2.4.1) with n (N-1)/(N-n) for n, which makes its variance that of a sample drawn without
--           replacement (W. G. Cochran, Sampling Techniques, 3rd ed. 1977, theorem 3.2)
--   mean    z s / sqrt(n) sqrt(1 - n/N), s the standard deviation with n-1 (Cochran, 2.14 and 2.6)
-- With n = N nothing is left to chance: low and high are the share. N not known, or fewer than came:
-- no correction. A margin speaks of chance alone; who answers by himself is not drawn by chance, and
-- the pages say so. Shares are per cent, rounded half up to one digit.
--
-- A group of fewer than five is not broken down (security.md 41), in all or in one question. Where the
-- groups that are hidden have together fewer than five, the next smallest is hidden as well: else the
-- whole less the others would show them.

CREATE OR REPLACE FUNCTION core.survey_share(p_n bigint, p_of bigint) RETURNS text
LANGUAGE sql IMMUTABLE AS
$$ SELECT round(p_n * 100.0 / nullif(p_of, 0), 1)::text $$;

-- [low, high] in per cent of p_k of p_n; p_all: how many were asked, or NULL.
CREATE OR REPLACE FUNCTION core.survey_interval(p_k bigint, p_n bigint, p_all bigint) RETURNS numeric[]
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, core AS $$
DECLARE
	z constant float8 := 1.959964;
	p float8;
	m float8;
	mid float8;
	half float8;
BEGIN
	IF p_n <= 0 THEN
		RETURN NULL;
	END IF;
	p := p_k::float8 / p_n;
	IF p_all = p_n THEN
		RETURN ARRAY[round((p * 100)::numeric, 1), round((p * 100)::numeric, 1)];
	END IF;
	m := CASE WHEN p_all > p_n THEN p_n::float8 * (p_all - 1) / (p_all - p_n) ELSE p_n END;
	mid := (p + z * z / (2 * m)) / (1 + z * z / m);
	half := z / (1 + z * z / m) * sqrt(p * (1 - p) / m + z * z / (4 * m * m));
	RETURN ARRAY[round((greatest(mid - half, 0) * 100)::numeric, 1), round((least(mid + half, 1) * 100)::numeric, 1)];
END
$$;

-- "n":5,"share":12.5,"low":..,"high":..
CREATE OR REPLACE FUNCTION core.survey_part(p_k bigint, p_n bigint, p_all bigint) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	SELECT concat_ws(',', '"n":' || p_k, '"share":' || core.survey_share(p_k, p_n),
		'"low":' || (core.survey_interval(p_k, p_n, p_all))[1], '"high":' || (core.survey_interval(p_k, p_n, p_all))[2])
$$;

-- How many were asked: of one compound, or of all (NULL: one of them did not say).
CREATE OR REPLACE FUNCTION core.survey_asked(p_survey bigint, p_place bigint) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT CASE WHEN count(*) = count(i.n) THEN sum(i.n) END
	FROM core.survey_place p
	LEFT JOIN LATERAL (SELECT x.n FROM core.survey_issued x WHERE x.survey_id = p.survey_id
		AND x.place_id = p.place_id ORDER BY x.id DESC LIMIT 1) i ON true
	WHERE p.survey_id = p_survey AND (p_place IS NULL OR p.place_id = p_place)
$$;

-- What came in, by compound; of one alone, or of all (NULL).
CREATE OR REPLACE FUNCTION core.survey_counts(p_survey bigint, p_place bigint DEFAULT NULL)
RETURNS TABLE (place_id bigint, received bigint, valid bigint, online bigint, asked bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT p.place_id, coalesce(r.received, 0), coalesce(r.valid, 0), coalesce(r.online, 0),
		core.survey_asked(p_survey, p.place_id)
	FROM core.survey_place p
	LEFT JOIN (SELECT x.place_id, count(*) AS received, count(*) FILTER (WHERE x.why IS NULL) AS valid,
			count(*) FILTER (WHERE x.key IS NOT NULL) AS online
		FROM core.survey_response x WHERE x.survey_id = p_survey AND NOT x.void
			AND (p_place IS NULL OR x.place_id = p_place) GROUP BY x.place_id) r ON r.place_id = p.place_id
	WHERE p.survey_id = p_survey AND (p_place IS NULL OR p.place_id = p_place)
$$;

-- What is not broken down: {"0":[compounds nothing is said of],"1":[those of which nothing is said of
-- question 1], ..}. Where a question may be left out, many forms may hold few answers to it.
DROP FUNCTION IF EXISTS core.survey_hidden(bigint);
CREATE FUNCTION core.survey_hidden(p_survey bigint) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	hidden jsonb := '{}';
	ids bigint[];
	total bigint;
	q int;
	c record;
BEGIN
	FOR q IN SELECT 0 UNION ALL SELECT x.n FROM core.survey_question x
		WHERE x.survey_id = p_survey AND x.kind = 'level' ORDER BY 1
	LOOP
		ids := '{}';
		total := 0;
		FOR c IN SELECT p.place_id, coalesce(hidden -> '0' @> to_jsonb(p.place_id), false) AS whole, count(r.id) AS n
			FROM core.survey_place p LEFT JOIN core.survey_response r ON r.survey_id = p_survey
				AND r.place_id = p.place_id AND r.why IS NULL AND NOT r.void AND (q = 0 OR r.levels[q] > 0)
			WHERE p.survey_id = p_survey GROUP BY p.place_id ORDER BY 2 DESC, 3, 1
		LOOP
			EXIT WHEN NOT c.whole AND c.n >= 5 AND (total = 0 OR total >= 5);
			ids := ids || c.place_id;
			total := total + c.n;
		END LOOP;
		hidden := hidden || jsonb_build_object(q, ids);
	END LOOP;
	RETURN hidden;
END
$$;

-- One question; p_all: how many were asked, or NULL. p_few, or fewer than five answers: "few".
DROP FUNCTION IF EXISTS core.survey_figure(bigint, bigint, smallint, bigint);
CREATE OR REPLACE FUNCTION core.survey_figure(p_survey bigint, p_place bigint, p_n smallint, p_all bigint, p_few boolean)
RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	k bigint[];
	n bigint;
	mean numeric;
	deviation numeric;
BEGIN
	SELECT ARRAY[count(*) FILTER (WHERE x.l = 1), count(*) FILTER (WHERE x.l = 2), count(*) FILTER (WHERE x.l = 3),
		count(*) FILTER (WHERE x.l = 4), count(*) FILTER (WHERE x.l = 5)], count(*), avg(x.l), stddev_samp(x.l)
	INTO k, n, mean, deviation
	FROM (SELECT nullif(r.levels[p_n], 0) AS l FROM core.survey_response r
		WHERE r.survey_id = p_survey AND (p_place IS NULL OR r.place_id = p_place) AND r.why IS NULL AND NOT r.void) x
	WHERE x.l IS NOT NULL;
	IF n < 5 OR p_few THEN
		RETURN '{"n":' || p_n || ',"few":true}';
	END IF;
	RETURN '{' || concat_ws(',', '"n":' || p_n, '"answers":' || n, '"mean":' || round(mean, 2),
		'"mean_margin":' || round((1.959964 * deviation::float8 / sqrt(n)
			* CASE WHEN p_all >= n THEN sqrt(1 - n::float8 / p_all) ELSE 1 END)::numeric, 2),
		'"satisfied":{' || core.survey_part(k[4] + k[5], n, p_all) || '}',
		'"levels":[' || (SELECT string_agg('{"level":' || l || ',' || core.survey_part(k[l], n, p_all) || '}', ','
			ORDER BY l DESC) FROM generate_series(1, 5) l) || ']') || '}';
END
$$;

-- Of one compound, or of all (NULL). p_hidden: core.survey_hidden().
DROP FUNCTION IF EXISTS core.survey_results(bigint, bigint, bigint[]);
CREATE OR REPLACE FUNCTION core.survey_results(p_survey bigint, p_place bigint, p_hidden jsonb) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	c record;
	all_asked bigint := core.survey_asked(p_survey, p_place);
	few boolean;
BEGIN
	SELECT sum(q.received)::bigint AS received, sum(q.valid)::bigint AS valid, sum(q.online)::bigint AS online INTO c
	FROM core.survey_counts(p_survey, p_place) q;
	few := c.valid < 5 OR coalesce(p_hidden -> '0' @> to_jsonb(p_place), false);
	-- more came back than were given out: the number says nothing
	all_asked := CASE WHEN all_asked >= c.received THEN all_asked END;
	RETURN '{' || concat_ws(',', '"asked":' || all_asked, '"received":' || c.received,
		CASE WHEN NOT few THEN concat_ws(',', '"valid":' || c.valid,
			'"valid_share":' || core.survey_share(c.valid, coalesce(all_asked, c.received)),
			'"online":' || c.online, '"paper":' || c.received - c.online,
			'"invalid":[' || coalesce((SELECT string_agg('{"rule":"' || k.code || '","name":' || k.name || ',"n":' || x.n || '}', ','
				ORDER BY k.rank) FROM (SELECT r.why, count(*) AS n FROM core.survey_response r
					WHERE r.survey_id = p_survey AND (p_place IS NULL OR r.place_id = p_place) AND r.why IS NOT NULL
						AND NOT r.void GROUP BY r.why) x JOIN core.survey_check k ON k.code = x.why), '') || ']',
			'"questions":[' || (SELECT coalesce(string_agg(core.survey_figure(p_survey, p_place, q.n, all_asked,
				coalesce(p_hidden -> q.n::text @> to_jsonb(p_place), false)), ',' ORDER BY q.n), '')
				FROM core.survey_question q WHERE q.survey_id = p_survey AND q.kind = 'level') || ']')
		ELSE '"few":true' END,
		CASE WHEN p_place IS NULL THEN '"places":[' || (SELECT string_agg('{' || concat_ws(',', core.js('code', sp.code::text),
				core.js('name', pl.name), '"received":' || q.received,
				CASE WHEN p_hidden -> '0' @> to_jsonb(q.place_id) THEN '"few":true' ELSE concat_ws(',', '"valid":' || q.valid,
					'"asked":' || CASE WHEN q.asked >= q.received THEN q.asked END) END) || '}', ',' ORDER BY pl.name, pl.id)
			FROM core.survey_counts(p_survey) q
			JOIN core.survey_place sp ON sp.survey_id = p_survey AND sp.place_id = q.place_id
			JOIN core.place pl ON pl.id = q.place_id) || ']' END) || '}';
END
$$;
