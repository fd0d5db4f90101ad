-- What residents say of stickers: the ledger, how many raise an alarm, what the label's page says, who
-- and what ends it.
\ir fixture.inc
\ir staff.inc
SELECT * FROM no_plan();
SELECT pg_temp.put_facilities('[
	{"line":1,"key":"A","kind":"roof_tank","org":"310107021000","place_key":"pA","place_name":"A","since":"2020-01-01"},
	{"line":2,"key":"B","kind":"roof_tank","org":"310107014000","place_key":"pB","place_name":"B","since":"2020-01-01"}]');
SELECT api.label_bind('test', c, pg_temp.f('A'), NULL, '泵房门', NULL) FROM api.label_issue('test', NULL, 1) c;
SELECT api.label_bind('test', c, NULL, 'test pA', NULL, NULL) FROM api.label_issue('test', NULL, 1) c;
UPDATE core.label SET since = core.now() - interval '30 days';
CREATE TEMPORARY TABLE l AS SELECT CASE WHEN facility_id IS NULL THEN 'place' ELSE 'tank' END AS of, code::text AS code FROM core.label;
GRANT SELECT ON l TO PUBLIC;
CREATE FUNCTION pg_temp.l(p_of text DEFAULT 'tank') RETURNS text LANGUAGE sql STABLE AS $$ SELECT code FROM l WHERE of = p_of $$;
SELECT pg_temp.user(login, r, o::jsonb) > 0 FROM (VALUES ('ins.a', 'inspector', '{"org":"310107021000"}'),
	('off.a', 'office', '{"org":"310107021000"}'), ('off.b', 'office', '{"org":"310107014000"}')) AS v (login, r, o);
SELECT count(pg_temp.session(login)) FROM core.account;
INSERT INTO core.ticket_kind (code, rank, name, clock, sticker) SELECT 't_' || w, 90, '{"zh-CN":"x"}'::json, 'ordinary', w
FROM unnest(ARRAY['not_here', 'damaged', 'foreign']) w;
INSERT INTO core.ticket_kind (code, rank, name, clock) VALUES ('t_smell', 91, '{"zh-CN":"x"}', 'ordinary');
-- a report, so long ago
CREATE FUNCTION pg_temp.report(p_what text, p_ago interval DEFAULT '0', p_of text DEFAULT 'tank', p_state text DEFAULT 'new') RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	o constant int := (SELECT id FROM core.org WHERE code = '310107021000');
	x constant core.label := (SELECT y FROM core.label y WHERE y.code = pg_temp.l(p_of));
BEGIN
	INSERT INTO core.ticket (receipt, key, first_org_id, org_id, year, no, kind, clock, facility_id, place_id, code, lang, at, state)
	VALUES (core.code_random(), gen_random_uuid(), o, o, 2026, (SELECT count(*) + 1 FROM core.ticket), 't_' || p_what, 'ordinary', x.facility_id,
		x.place_id, x.code, 'zh-CN', core.now() - p_ago, p_state);
END
$$;
CREATE FUNCTION pg_temp.mark(p_login text, p_what text, p_at timestamptz DEFAULT core.now(), p_of text DEFAULT 'tank') RETURNS text LANGUAGE sql AS $$
	SELECT api.staff_sticker_mark(sha256(p_login::bytea), gen_random_uuid(), jsonb_build_object('code', pg_temp.l(p_of), 'what', p_what, 'at', p_at)) $$;
CREATE FUNCTION pg_temp.alarms() RETURNS text LANGUAGE sql STABLE AS $$
	SELECT coalesce(string_agg(concat_ws(' ', what, n, why), ', ' ORDER BY id), '-') FROM core.label_alarm $$;
CREATE FUNCTION pg_temp.page(p_of text DEFAULT 'tank') RETURNS jsonb LANGUAGE sql STABLE AS $$ SELECT pg_temp.doc('label', pg_temp.l(p_of))::jsonb -> 'alarm' $$;
CREATE FUNCTION pg_temp.ledger(p_what text) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT count(*) FROM core.label_event WHERE what = p_what AND code = pg_temp.l() $$;
CREATE FUNCTION pg_temp.marked() RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT marked FROM core.facility_line x JOIN core.facility f ON f.id = x.facility_id WHERE f.code = pg_temp.f('A') $$;

-- Three within a week.
SELECT pg_temp.report('smell'), pg_temp.report('not_here', '8 days'), pg_temp.report('not_here', '6 days');
SELECT is(pg_temp.ledger('not_here'), 1::bigint, 'the ledger has what residents say, once a day');
SELECT pg_temp.report('not_here', '1 day', p_state => 'quarantine');
SELECT pg_temp.report('not_here', '1 day');
SELECT is(pg_temp.alarms(), '-', 'two within a week, one older, one in quarantine: no alarm');
SELECT is(pg_temp.page(), NULL, 'and the page says nothing');
SELECT ok(NOT pg_temp.marked(), 'nor the board');
UPDATE core.ticket SET state = 'new' WHERE state = 'quarantine';
SELECT is(pg_temp.alarms(), 'not_here 3', 'let out of quarantine it counts: an alarm');
SELECT is(pg_temp.page(), '{"what":"not_here","since":"2026-11-22"}', 'the label''s page says so');
SELECT ok(pg_temp.marked(), 'it stands on the board');
SELECT is(pg_temp.ledger('alarm'), 1::bigint, 'and in the ledger');
SELECT pg_temp.report('not_here');
SELECT is(pg_temp.alarms(), 'not_here 4', 'one more belongs to it');
SELECT is(api.staff_replies(sha256('off.a'), NULL, NULL)::jsonb #>> '{alarms,0,n}', '4', 'the office''s list has it');
SELECT is(api.staff_replies(sha256('off.a'), NULL, NULL)::jsonb #>> '{alarms,0,facility,code}', pg_temp.f('A'), 'with where it is');
SELECT is(api.staff_replies(sha256('off.b'), NULL, NULL)::jsonb -> 'alarms', '[]', 'that of an office beside does not');
SELECT is(api.staff_facility(sha256('ins.a'), pg_temp.f('A'))::jsonb #>> '{labels,0,alarms,0,what}', 'not_here', 'the inspector''s page says so');

-- Somebody on site ends it.
SELECT pg_temp.mark('ins.a', 'damaged'), pg_temp.mark('ins.a', 'intact', core.now() - interval '1 hour');
SELECT is(pg_temp.alarms(), 'not_here 4', 'damaged, or intact before the last report: it goes on');
SELECT pg_temp.later('10 minutes');
SELECT pg_temp.mark('ins.a', 'intact');
SELECT is(pg_temp.alarms(), 'not_here 4 intact', 'intact after it: over');
SELECT is((SELECT closed_by FROM core.label_alarm), pg_temp.account('ins.a'), 'by whom');
SELECT is(pg_temp.page(), NULL, 'the page says nothing any more');
SELECT ok(NOT pg_temp.marked(), 'nor the board');
SELECT is(pg_temp.ledger('intact'), 1::bigint, 'the ledger keeps that');
SELECT pg_temp.later('10 minutes');
SELECT pg_temp.report('not_here'), pg_temp.report('not_here', '15 minutes');
SELECT is(pg_temp.alarms(), 'not_here 4 intact', 'what was reported before does not count again');
SELECT pg_temp.report('not_here'), pg_temp.report('not_here');
SELECT is(pg_temp.alarms(), 'not_here 4 intact, not_here 3', 'three more do');
SELECT api.label_replace('test', pg_temp.l(), '换新') <> '';
SELECT is(pg_temp.alarms(), 'not_here 4 intact, not_here 3 replaced', 'replacing the label ends it');
SELECT pg_temp.report('not_here') FROM generate_series(1, 5);
SELECT is(count(*), 2::bigint, 'one that is replaced has none') FROM core.label_alarm;

-- Foreign codes and damage; a label of a place.
SELECT pg_temp.report('damaged', p_of => 'place');
SELECT ok(damaged_at IS NOT NULL, 'damaged: offered for replacement') FROM core.label WHERE code = pg_temp.l('place');
SELECT is(count(*), 2::bigint, 'without an alarm, since no rule says so') FROM core.label_alarm;
SELECT pg_temp.report('foreign', p_of => 'place');
SELECT is((SELECT what FROM core.label_alarm WHERE closed_at IS NULL), 'foreign', 'one foreign code is enough');
SELECT is(pg_temp.page('place'), NULL, 'for the office, not for the page');
SELECT is(api.staff_replies(sha256('off.a'), NULL, NULL)::jsonb #>> '{alarms,0,place}', 'A', 'it names the place');
SELECT pg_temp.later('10 minutes');
SELECT pg_temp.mark('ins.a', 'intact', p_of => 'place');
SELECT is((SELECT string_agg(what, ' ') FROM core.label_alarm WHERE closed_at IS NULL), NULL, 'intact ends it');
-- As residents tap it: the second and third find the case of the first and are joined, and count.
SELECT pg_temp.later('10 minutes');
SELECT api.ticket_new(sha256(('at home ' || i)::bytea), pg_temp.l('place'), gen_random_uuid(), 'button', '{"kind":"not_here","lang":"zh-CN"}', NULL)
FROM generate_series(1, 2) i;
SELECT is((SELECT string_agg(what || ' ' || n, ', ') FROM core.label_alarm WHERE closed_at IS NULL), NULL, 'two taps: no alarm');
SELECT api.ticket_new(sha256('at home 3'), pg_temp.l('place'), gen_random_uuid(), 'button', '{"kind":"not_here","lang":"zh-CN"}', NULL);
SELECT is((SELECT string_agg(what || ' ' || n, ', ') FROM core.label_alarm WHERE closed_at IS NULL), 'not_here 3', 'three people who tap that they are elsewhere: an alarm');
SELECT is(pg_temp.page('place') ->> 'what', 'not_here', 'on the label''s page');
SELECT pg_temp.later('10 minutes');
SELECT pg_temp.mark('ins.a', 'intact', p_of => 'place');
UPDATE core.sticker_rule SET valid_to = '2026-11-21';
SELECT pg_temp.report('foreign', p_of => 'place');
SELECT is((SELECT count(*) FROM core.label_alarm WHERE closed_at IS NULL), 0::bigint, 'without a rule in force there is no alarm');
SELECT is((SELECT count(*) FROM api.verify_documents('label', '', 1000) v WHERE v.problem IS NOT NULL), 0::bigint, 'documents are what the tables say');
SELECT * FROM finish();
ROLLBACK;
