-- What is said of stickers on site: once a key, by whom, about what, seen by whom; what it does to a
-- label; never changed.
\ir fixture.inc
\ir staff.inc
SELECT * FROM no_plan();
SELECT pg_temp.put_facilities('[
	{"line":1,"key":"A","kind":"roof_tank","org":"310107021000","place_key":"pA","place_name":"A","since":"2020-01-01"},
	{"line":2,"key":"B","kind":"roof_tank","org":"310107014000","place_key":"pB","place_name":"B","since":"2020-01-01"}]');
SELECT api.label_bind('test', c, pg_temp.f('A'), NULL, NULL, NULL) FROM api.label_issue('test', NULL, 1) c;
SELECT api.label_issue('test', NULL, 1);
CREATE TEMPORARY TABLE l AS SELECT state, code::text AS code FROM core.label;
GRANT SELECT ON l TO PUBLIC;
CREATE FUNCTION pg_temp.l(p_state text) RETURNS text LANGUAGE sql STABLE AS
$$ SELECT code FROM l WHERE state = p_state $$;
SELECT pg_temp.user(login, r, o::jsonb) > 0 FROM (VALUES ('ins.a', 'inspector', '{"org":"310107021000"}'),
	('ins.b', 'inspector', '{"org":"310107014000"}'), ('off.a', 'office', '{"org":"310107021000"}'),
	('aud', 'auditor', '{"org":"310107000000"}')) AS v (login, r, o);
SELECT count(pg_temp.session(login)) FROM core.account;
-- mark(login, key, code, what [, at, spot]): the answer, or SQLSTATE and why
CREATE FUNCTION pg_temp.mark(p_login text, p_key int, p_code text, p_what text, p_at text DEFAULT '2026-11-22T09:30',
	p_spot text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	state text;
	detail text;
BEGIN
	RETURN api.staff_sticker_mark(sha256(p_login::bytea), ('00000000-0000-4000-8000-' || lpad(p_key::text, 12, '0'))::uuid,
		jsonb_build_object('code', p_code, 'what', p_what, 'at', p_at, 'spot', p_spot));
EXCEPTION WHEN others THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, detail = PG_EXCEPTION_DETAIL;
	RETURN state || ' ' || coalesce(nullif(detail, ''), SQLERRM);
END
$$;
CREATE FUNCTION pg_temp.n() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM core.sticker_report $$;

-- Once a key.
CREATE TEMPORARY TABLE r AS SELECT pg_temp.mark('ins.a', 1, pg_temp.l('active'), 'intact') AS said;
SELECT is((said::json ->> 'code') || ' ' || (said::json ->> 'what') || ' ' || (said::json ->> 'at'),
	pg_temp.l('active') || ' intact 2026-11-22T09:30:00+08:00', 'a receipt') FROM r;
SELECT ok(said::json ->> 'hash' ~ '^[0-9a-f]{64}$', 'with a hash') FROM r;
SELECT is(pg_temp.mark('ins.a', 1, lower(pg_temp.l('active')), 'intact'), said, 'the same again: the same receipt') FROM r;
UPDATE core.site SET clock = clock + interval '20 minutes';
SELECT is(pg_temp.mark('ins.a', 1, pg_temp.l('active'), 'intact'), said, 'later, too') FROM r;
UPDATE core.site SET clock = clock - interval '20 minutes';
SELECT is(pg_temp.n(), 1::bigint, 'one row');
SELECT is(pg_temp.mark('ins.a', 1, pg_temp.l('active'), 'damaged'), 'QR409 {"why":"other_body"}', 'another thing under the same key');
SELECT is(pg_temp.mark('ins.a', 1, pg_temp.l('active'), 'intact', '2026-11-22T09:31'), 'QR409 {"why":"other_body"}', 'another time');
SELECT is(pg_temp.mark('ins.a', 1, pg_temp.l('active'), 'intact', p_spot => '2'), 'QR409 {"why":"other_body"}', 'another spot');
SELECT is(pg_temp.mark('off.a', 1, pg_temp.l('active'), 'intact'), 'QR409 {"why":"other_body"}', 'somebody else');
SELECT is((SELECT code || ' ' || what || ' ' || (facility_id = (SELECT f.id FROM core.facility f WHERE f.code = pg_temp.f('A')))
	FROM core.sticker_report), pg_temp.l('active') || ' intact true', 'about the label and what it is stuck to');

-- What it does to a label.
SELECT is(pg_temp.mark('ins.a', 2, pg_temp.l('active'), 'damaged', '2026-11-22T09:40', '门后')::json ->> 'spot', '门后', 'damaged');
SELECT is(damaged_at, '2026-11-22 09:40+08'::timestamptz, 'is to be replaced') FROM core.label WHERE code = pg_temp.l('active');
SELECT is(count(*), 1::bigint, 'and its history says so') FROM core.label_event WHERE what = 'damaged' AND code = pg_temp.l('active');
SELECT is(pg_temp.mark('ins.a', 3, pg_temp.l('active'), 'intact', '2026-11-22T09:35')::json ->> 'what', 'intact', 'intact before that');
SELECT ok(damaged_at IS NOT NULL, 'changes nothing') FROM core.label WHERE code = pg_temp.l('active');
SELECT is(api.staff_facility(sha256('ins.a'), pg_temp.f('A'))::json #>> '{labels,0,seen,what}', 'damaged', 'what was seen last is shown');
SELECT is(pg_temp.mark('off.a', 4, pg_temp.l('active'), 'intact', '2026-11-22T09:50')::json ->> 'what', 'intact', 'intact after it');
SELECT ok(damaged_at IS NULL, 'is not replaced any more') FROM core.label WHERE code = pg_temp.l('active');

-- Foreign stickers.
SELECT is(pg_temp.mark('ins.a', 5, pg_temp.f('A'), 'foreign')::json ->> 'code', pg_temp.f('A'), 'where none of ours hangs');
SELECT is(api.staff_facility(sha256('ins.a'), pg_temp.f('A'))::json #>> '{seen,what}', 'foreign', 'the facility''s page says so');
SELECT is(pg_temp.mark('ins.a', 5, pg_temp.f('A'), 'foreign')::json ->> 'code', pg_temp.f('A'), 'again the same');
SELECT is(pg_temp.mark('ins.a', 6, pg_temp.f('A'), 'intact'), 'QR422 [{"why": "bad_value", "field": "what"}]', 'intact: which one?');
SELECT is(api.staff_facility(sha256('ins.a'), pg_temp.f('A'))::json #>> '{labels,0,seen,what}', 'intact', 'the label keeps its own');

-- Refusals.
SELECT is(pg_temp.mark('ins.a', 7, pg_temp.l('active'), 'gone'), 'QR422 [{"why": "bad_value", "field": "what"}]', 'no such thing');
SELECT is(pg_temp.mark('ins.a', 7, pg_temp.l('active'), NULL), 'QR422 [{"why": "missing", "field": "what"}]', 'nothing');
SELECT is(pg_temp.mark('ins.a', 7, pg_temp.l('active'), 'intact', '2027-11-22T09:30'), 'QR422 [{"why": "in_future", "field": "to"}]', 'next year');
SELECT is(pg_temp.mark('ins.a', 7, pg_temp.l('active'), 'intact', '2025-11-01T09:30'), 'QR422 [{"why": "too_old", "field": "to"}]', 'long ago');
SELECT is(pg_temp.mark('ins.a', 7, pg_temp.l('active'), 'intact', 'noon'), 'QR422 [{"why": "bad_value", "field": "to"}]', 'no time');
SELECT is(pg_temp.mark('ins.a', 7, pg_temp.l('active'), 'intact', ''), 'QR422 [{"why": "missing", "field": "to"}]', 'none');
SELECT is(pg_temp.mark('ins.a', 7, pg_temp.l('active'), 'intact', p_spot => repeat('x', 101)), 'QR422 [{"why": "too_long", "field": "spot"}]', 'a long story');
SELECT is(left(pg_temp.mark('ins.a', 7, pg_temp.l('blank'), 'intact'), 5), 'QR404', 'a blank one');
SELECT is(left(pg_temp.mark('ins.a', 7, '000000000', 'intact'), 5), 'QR404', 'none of ours');
SELECT is(left(pg_temp.mark('ins.b', 7, pg_temp.l('active'), 'intact'), 5), 'QR404', 'outside the scope');
SELECT is(left(pg_temp.mark('ins.b', 7, pg_temp.f('A'), 'foreign'), 5), 'QR404', 'a facility outside');
SELECT is(pg_temp.mark('aud', 7, pg_temp.l('active'), 'intact'), 'QR403 {"why":"right"}', 'who only looks');
SELECT is(left(pg_temp.mark('nobody', 7, pg_temp.l('active'), 'intact'), 5), 'QR401', 'nobody');
SELECT is(pg_temp.n(), 5::bigint, 'none of it is there');
SELECT is(pg_temp.says('UPDATE core.sticker_report SET what = ''intact'''), 'QR409', 'what was said stays');
SELECT is(pg_temp.says('DELETE FROM core.sticker_report'), 'QR409', 'and does not go');
SELECT * FROM finish();
ROLLBACK;
