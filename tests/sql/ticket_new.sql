-- Residents' reports, how they come in: what is taken, once a form; what is joined, kept in quarantine,
-- refused; what a receipt shows and what it never does; when numbers, words and photos go.
\ir fixture.inc
\ir staff.inc
SELECT * FROM no_plan();
SELECT pg_temp.put_facilities('[
	{"line":1,"key":"A","kind":"roof_tank","org":"310107021000","place_key":"pA","place_name":"中环家园","building":"1号楼","since":"2020-01-01"},
	{"line":2,"key":"B","kind":"roof_tank","org":"310107014000","place_key":"pB","place_name":"B","since":"2020-01-01"}]');
SELECT api.label_bind('test', c, pg_temp.f('A'), NULL, NULL, NULL) FROM api.label_issue('test', NULL, 1) c;
SELECT api.label_issue('test', NULL, 1);
CREATE FUNCTION pg_temp.l(p_state text) RETURNS text LANGUAGE sql STABLE AS
$$ SELECT code::text FROM core.label WHERE state = p_state $$;
SELECT pg_temp.user(login, r, o::jsonb) > 0 FROM (VALUES ('ins.a', 'inspector', '{"org":"310107021000"}'),
	('off.a', 'office', '{"org":"310107021000"}'), ('off.b', 'office', '{"org":"310107014000"}')) AS v (login, r, o);
CREATE FUNCTION pg_temp.k(p_n int) RETURNS uuid LANGUAGE sql IMMUTABLE AS
$$ SELECT ('00000000-0000-4000-8000-' || lpad(p_n::text, 12, '0'))::uuid $$;
CREATE FUNCTION pg_temp.stamp(p_code text, p_n int, p_age int DEFAULT 30) RETURNS text LANGUAGE sql STABLE AS
$$ SELECT core.ticket_stamp(p_code, pg_temp.k(p_n), (extract(epoch FROM core.now()) - p_age)::bigint) $$;
-- report(n, code, body): "state why", or SQLSTATE and what it says of fields
CREATE FUNCTION pg_temp.report(p_n int, p_code text, p_body text, p_from text DEFAULT NULL, p_stamp text DEFAULT NULL,
	p_sealed bytea DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	state text;
	detail text;
	said json;
BEGIN
	said := api.ticket_new(convert_to(coalesce(p_from, 'from ' || p_n), 'UTF8'), p_code, pg_temp.k(p_n),
		coalesce(p_stamp, pg_temp.stamp(p_code, p_n)), p_body::jsonb, p_sealed);
	RETURN (SELECT concat_ws(' ', t.state, t.why, said ->> 'again') FROM core.ticket t WHERE t.receipt = said ->> 'receipt');
EXCEPTION WHEN others THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, detail = PG_EXCEPTION_DETAIL;
	RETURN concat_ws(' ', state, nullif(detail, ''));
END
$$;
CREATE FUNCTION pg_temp.t(p_n int) RETURNS core.ticket LANGUAGE sql STABLE AS
$$ SELECT t FROM core.ticket t WHERE t.key = pg_temp.k(p_n) $$;
CREATE FUNCTION pg_temp.receipt(p_n int) RETURNS json LANGUAGE sql STABLE AS
$$ SELECT api.public_ticket((pg_temp.t(p_n)).receipt)::json $$;

-- The form.
CREATE TEMPORARY TABLE f AS SELECT api.ticket_form(pg_temp.l('active'), NULL)::json AS d;
SELECT is((d -> 'at' ->> 'place') || ' ' || (d -> 'at' ->> 'building') || ' ' || (d ->> 'label'), '中环家园 1号楼 true',
	'the form of a label says where') FROM f;
SELECT is((SELECT string_agg(k ->> 'code', ' ') FROM json_array_elements(d -> 'kinds') k),
	'dirty_water smell lid_open broken unclean wrong_info not_here damaged foreign other', 'and what can be reported') FROM f;
SELECT is((SELECT string_agg(k ->> 'code', ' ') FROM json_array_elements(api.ticket_form(pg_temp.f('A'), NULL)::json -> 'kinds') k),
	'dirty_water smell lid_open broken unclean wrong_info foreign other', 'a facility has no sticker of its own');
SELECT ok(core.ticket_stamp_age(pg_temp.l('active'), (d ->> 'key')::uuid, d ->> 'stamp') = 0, 'its stamp holds') FROM f;
SELECT is(core.ticket_stamp_age(pg_temp.f('A'), (d ->> 'key')::uuid, d ->> 'stamp'), NULL, 'for no other code') FROM f;
SELECT is(core.ticket_stamp_age(pg_temp.l('active'), pg_temp.k(1), d ->> 'stamp'), NULL, 'nor key') FROM f;
SELECT is(core.ticket_stamp_age('X', pg_temp.k(1), s), NULL, 'no stamp: ' || s)
FROM unnest(ARRAY['', 'x', '1.2', '99999999999999.0123456789abcdef', '5.0123456789abcdef']) s;
SELECT is(core.ticket_stamp_age(pg_temp.f('A'), pg_temp.k(1), pg_temp.stamp(pg_temp.f('A'), 1, -60)), NULL, 'from the future');
SELECT is(pg_temp.says(format('SELECT api.ticket_form(%L, NULL)', c)), 'QR404', 'no form of ' || w)
FROM (VALUES ('a blank label', pg_temp.l('blank')), ('nothing', 'ZZZ'), ('nobody', NULL)) AS v (w, c);

-- Once a form.
SELECT is(pg_temp.report(1, pg_temp.f('A'), '{"kind":"dirty_water","words":" 发黄 ","lang":"zh-CN"}', p_sealed => '\x0102'), 'new', 'taken');
SELECT is(pg_temp.report(1, pg_temp.f('A'), '{"kind":"smell"}'), 'new true', 'the same form again: the same receipt');
SELECT is((SELECT count(*) FROM core.ticket), 1::bigint, 'and one case');
SELECT is((t).kind || ' ' || (t).clock || ' ' || (t).year || '-' || (t).no || ' ' || (t).lang, 'dirty_water supply 2026-1 zh-CN',
	'with its number') FROM pg_temp.t(1) t;
SELECT is((SELECT x.value FROM core.ticket_text x WHERE x.ticket_id = (pg_temp.t(1)).id AND x.n = 0), '发黄', 'its words');
SELECT is((SELECT string_agg(s.act, ' ') FROM core.ticket_step s), 'received', 'its first step');
SELECT is(pg_temp.report(n, c, b), says, b || ' at ' || coalesce(c, '-')) FROM (VALUES
	(2, pg_temp.f('A'), '{"kind":"nothing"}', 'QR422 [{"why": "missing", "field": "kind"}]'),
	(3, pg_temp.f('A'), '{}', 'QR422 [{"why": "missing", "field": "kind"}]'),
	(4, pg_temp.f('A'), '{"kind":"other","words":"  "}', 'QR422 [{"why": "missing", "field": "words"}]'),
	(5, pg_temp.f('A'), '{"kind":"wrong_info"}', 'QR422 [{"why": "missing", "field": "words"}]'),
	(6, pg_temp.l('blank'), '{"kind":"smell"}', 'QR404'),
	(7, 'ABC', '{"kind":"smell"}', 'QR404')) AS v (n, c, b, says);
SELECT is(pg_temp.report(8, pg_temp.f('A'), jsonb_build_object('kind', 'smell', 'words', repeat('a', 1001))::text),
	'QR422 [{"why": "too_long", "field": "words"}]', '1001 characters');
UPDATE core.ticket_kind SET ended_on = '2026-11-21' WHERE code = 'unclean';
SELECT is(pg_temp.report(9, pg_temp.f('A'), '{"kind":"unclean"}'), 'QR422 [{"why": "missing", "field": "kind"}]', 'what is asked for no longer');

-- The same of the same facility is one case; what needs words is not.
SELECT is(pg_temp.report(10, pg_temp.f('A'), '{"kind":"dirty_water"}'), 'joined', 'the neighbour is joined');
SELECT is((pg_temp.t(10)).joined_to, (pg_temp.t(1)).id, 'to the first');
SELECT is(pg_temp.report(11, pg_temp.l('active'), '{"kind":"dirty_water"}'), 'joined', 'by the label as well');
SELECT is(pg_temp.report(12, pg_temp.f('B'), '{"kind":"dirty_water"}'), 'new', 'another facility is another case');
SELECT is((t).year || '-' || (t).no, '2026-1', 'numbered by its office') FROM pg_temp.t(12) t;
SELECT is(pg_temp.report(13, pg_temp.f('A'), '{"kind":"lid_open"}'), 'new', 'another thing is another case');
SELECT is(pg_temp.report(n, pg_temp.f('A'), '{"kind":"other","words":"x"}'), 'new', 'words make their own case') FROM generate_series(14, 15) n;
SELECT pg_temp.later('6 hours');
SELECT is(pg_temp.report(16, pg_temp.f('A'), '{"kind":"dirty_water"}'), 'new', 'later it is another case');
SELECT is(r ->> 'joined', 'true', 'a receipt of one that was joined says so') FROM pg_temp.receipt(10) r;
SELECT core.ticket_act((pg_temp.t(1)).id, 'accept', NULL, NULL, NULL, NULL, NULL);
SELECT is(r ->> 'state' || ' ' || (SELECT string_agg(s ->> 'act', ' ') FROM json_array_elements(r -> 'steps') s),
	'accepted received join accept', 'and shows the one that goes on') FROM pg_temp.receipt(10) r;

-- What a receipt shows.
SELECT core.ticket_act((pg_temp.t(1)).id, 'note', NULL, NULL, NULL, 'inside only', NULL);
SELECT core.ticket_act((pg_temp.t(1)).id, 'answer', NULL, NULL, '已冲洗', NULL, NULL);
SELECT is((r ->> 'no') || ' ' || (r ->> 'state') || ' ' || (r ->> 'phone') || ' ' || (r -> 'at' ->> 'place'), '2026-1 answered true 中环家园',
	'progress') FROM pg_temp.receipt(1) r;
SELECT is((SELECT string_agg(concat_ws(':', s ->> 'act', s ->> 'words'), ' ') FROM json_array_elements(r -> 'steps') s),
	'received accept answer:已冲洗', 'steps with public words, no notes') FROM pg_temp.receipt(1) r;
SELECT unalike(pg_temp.receipt(1)::text, '%发黄%', 'not what was written');
SELECT unalike(pg_temp.receipt(1)::text, '%inside%', 'nor what is internal');
SELECT is(pg_temp.says($$ SELECT api.public_ticket('00000001X') $$), 'QR404', 'no such receipt');

-- Quarantine.
SELECT is(pg_temp.report(20, pg_temp.f('B'), '{"kind":"smell"}', p_stamp => 'forged'), 'quarantine form', 'a form that is none of ours');
SELECT is((t).due_step, NULL, 'has no clock') FROM pg_temp.t(20) t;
SELECT is(pg_temp.report(21, pg_temp.f('B'), '{"kind":"other","words":"代 开-发票，请加 微 信"}'), 'quarantine words', 'spam, however it is spelt');
UPDATE core.ticket_spam SET ended_on = '2026-11-01' WHERE word IN ('代开发票', '加微信');
SELECT is(pg_temp.report(22, pg_temp.f('B'), '{"kind":"other","words":"代开发票"}'), 'new', 'a word that is looked for no more');
SELECT is(pg_temp.report(23, pg_temp.f('B'), '{"kind":"smell"}'), 'new', 'one in quarantine joins nobody');
-- many from one neighbourhood
SELECT is(string_agg(DISTINCT pg_temp.report(100 + n, pg_temp.f('B'), '{"kind":"other","words":"x"}', 'same'), ','), 'new', 'ten an hour of one neighbourhood')
FROM generate_series(1, 10) n;
SELECT is(string_agg(DISTINCT pg_temp.report(200 + n, pg_temp.f('B'), '{"kind":"other","words":"x"}', 'same'), ','), 'quarantine source', 'those beyond wait')
FROM generate_series(1, 50) n;
SELECT is(pg_temp.report(251, pg_temp.f('B'), '{"kind":"other","words":"x"}', 'same'), 'QR429', 'then they are refused');
SELECT is(pg_temp.report(200, pg_temp.f('B'), '{"kind":"other","words":"x"}', 'other'), 'new', 'others are not');
SELECT pg_temp.later('1 hour');
SELECT is(pg_temp.report(252, pg_temp.f('B'), '{"kind":"other","words":"x"}', 'same'), 'new', 'an hour later it is forgiven');
-- many from everywhere
SELECT is(core.ticket_flood(), false, 'no flood yet');
UPDATE core.ticket_limit SET n = 3 WHERE code = 'flood';
SELECT is(string_agg(pg_temp.report(300 + n, pg_temp.f('B'), '{"kind":"other","words":"x"}'), ',' ORDER BY n), 'new,new,quarantine flood', 'a flood')
FROM generate_series(1, 3) n;
SELECT is((api.ticket_form(pg_temp.f('A'), pg_temp.k(304))::json -> 'ask')::text, array_to_json(core.ticket_sum(pg_temp.k(304)))::text, 'now the form asks');
CREATE FUNCTION pg_temp.sum(p_n int) RETURNS text LANGUAGE sql AS
$$ SELECT jsonb_build_object('kind', 'other', 'words', 'x', 'answer', (s[1] + s[2])::text)::text FROM core.ticket_sum(pg_temp.k(p_n)) s $$;
SELECT is(pg_temp.report(304, pg_temp.f('A'), pg_temp.sum(304)), 'new', 'who answers is taken at once');
SELECT is(pg_temp.report(305, pg_temp.f('A'), pg_temp.sum(305), p_stamp => pg_temp.stamp(pg_temp.f('A'), 305, 7)), 'quarantine flood', 'faster than a person');
SELECT is(pg_temp.report(306, pg_temp.f('A'), '{"kind":"other","words":"x","answer":"99"}'), 'quarantine flood', 'a wrong sum');
SELECT is(pg_temp.report(307, pg_temp.f('A'), '{"kind":"dirty_water"}'), 'joined', 'who says what is known is joined, without being asked');
SELECT pg_temp.later('11 minutes');
SELECT is(core.ticket_flood(), false, 'ten minutes later it is over');
UPDATE core.ticket_limit SET n = 150 WHERE code = 'flood';

SELECT count(pg_temp.session(login)) FROM core.account;
-- Photos: of a form of ours; hidden until somebody says otherwise.
CREATE FUNCTION pg_temp.photo(p_n int, p_pos int, p_bytes text, p_stamp text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.says(format('SELECT api.ticket_photo_put(%L, %L, %L, %L, %s, %L, 4, 3, NULL, NULL, 0, %L, %L)', 'p' || p_n, pg_temp.f('A'),
		pg_temp.k(p_n), coalesce(p_stamp, pg_temp.stamp(pg_temp.f('A'), p_n)), p_pos, sha256(p_bytes::bytea), '{1280,320}', ARRAY[p_bytes::bytea, '\x01'])) $$;
CREATE FUNCTION pg_temp.sees(p_bytes text) RETURNS text LANGUAGE sql AS $$
	SELECT api.photo_there(sha256(p_bytes::bytea)) || ' ' || (api.photo_get(sha256(p_bytes::bytea), 1280) IS NOT NULL) $$;
SELECT is(pg_temp.photo(400, 1, 'one', 'forged'), 'QR403', 'a photo without a form');
SELECT is(pg_temp.photo(400, p, b), 'done', 'photo ' || b) FROM (VALUES (1, 'one'), (3, 'two')) AS v (p, b);
SELECT is(pg_temp.photo(400, 4, 'three'), '23514', 'three at most');
SELECT is((api.ticket_form(pg_temp.f('A'), pg_temp.k(400))::json ->> 'photos'), '2', 'a form that is shown again has them still');
SELECT is(pg_temp.sees('one'), 'false false', 'nobody is given it');
SELECT is(pg_temp.report(400, pg_temp.f('A'), '{"kind":"other","words":"x"}'), 'new', 'a report with photos');
SELECT is((SELECT string_agg(x.pos || x.state, ' ' ORDER BY x.pos) FROM core.ticket_photo x), '1waiting 2waiting', 'they wait');
SELECT is((pg_temp.receipt(400) ->> 'photos'), '2', 'the receipt counts them');
SELECT is((SELECT count(*) FROM core.ticket_upload), 0::bigint, 'the form has them no more');
SELECT is(api.staff_photo_get(sha256('off.a'), sha256('one'::bytea), 1280) IS NOT NULL, true, 'the handler sees one');
SELECT is(api.staff_photo_get(sha256('off.b'), sha256('one'::bytea), 1280) IS NOT NULL, false, 'another office does not');
SELECT core.ticket_photo_say((pg_temp.t(400)).id, 1, 'public');
SELECT is(pg_temp.sees('one') || ' ' || pg_temp.sees('two'), 'true true false false', 'one is made public');
SELECT core.ticket_photo_say((pg_temp.t(400)).id, 1, 'hidden');
SELECT is(pg_temp.sees('one'), 'false false', 'and taken back');
SELECT is(pg_temp.says($$ SELECT core.ticket_photo_say((pg_temp.t(400)).id, 3, 'public') $$), 'QR404', 'there is no third');
-- one that a record has is not hidden by a report
SELECT api.photo_put(sha256('rec'::bytea), 4, 3, NULL, NULL, NULL, NULL, 0, '{1280}', ARRAY['rec'::bytea]);
SELECT is(pg_temp.photo(401, 1, 'rec'), 'done', 'a photo that is there already');
SELECT is(pg_temp.sees('rec'), 'true true', 'stays in sight');
UPDATE core.ticket_limit SET n = 2 WHERE code = 'source_photos';
SELECT is(pg_temp.photo(400, 2, 'more'), 'QR429', 'photos have a limit, too');

-- The telephone number: the handler's alone, each look is audited.
SELECT is(api.staff_ticket_contact(sha256('off.a'), (pg_temp.t(1)).id), '\x0102'::bytea, 'the handler gets it');
SELECT is((SELECT a.who || ' ' || a.subject FROM core.audit a WHERE a.what = 'ticket.contact'), 'off.a 2026-1', 'and that is written down');
SELECT is(api.staff_ticket_contact(sha256('off.a'), (pg_temp.t(13)).id), NULL, 'where none was given');
SELECT is(pg_temp.says(format('SELECT api.staff_ticket_contact(sha256(%L), %s)', l, (pg_temp.t(1)).id)), says, l || ' gets none')
FROM (VALUES ('off.b', 'QR404'), ('ins.a', 'QR403 right'), ('nobody', 'QR401 none')) AS v (l, says);
SELECT is((SELECT count(*) FROM core.audit a WHERE a.what = 'ticket.contact'), 1::bigint, 'nothing else is');

-- What goes, and when.
SELECT core.ticket_act((pg_temp.t(1)).id, 'close', NULL, NULL, NULL, NULL, NULL);
SELECT pg_temp.report(402, pg_temp.f('B'), '{"kind":"other","words":"x"}', p_stamp => 'forged', p_sealed => '\x03');
SELECT is((SELECT count(*) FROM core.ticket_contact), 2::bigint, 'two numbers');
SELECT pg_temp.later('29 days');
SELECT core.ticket_sweep();
SELECT is((SELECT count(*) FROM core.ticket_contact), 2::bigint, 'kept for 29 days');
SELECT is((SELECT count(*) FROM core.ticket_upload), 0::bigint, 'a form that was never sent has no photos any more');
SELECT is(pg_temp.sees('rec'), 'false false', 'nor has anybody');
SELECT is((SELECT count(*) FROM core.ticket_source), 0::bigint, 'nor who sent how many');
SELECT pg_temp.later('2 days');
SELECT ok(core.ticket_sweep() >= 2, 'the sweep says how much went');
SELECT is((SELECT count(*) FROM core.ticket_contact), 0::bigint, 'gone after 30');
SELECT is((SELECT count(*) FROM core.ticket_text x WHERE x.ticket_id = (pg_temp.t(1)).id), 2::bigint, 'words are kept');
SELECT core.ticket_act((pg_temp.t(400)).id, a, NULL, NULL, w, NULL, NULL) FROM (VALUES (1, 'accept', NULL), (2, 'answer', 'x'), (3, 'close', NULL)) AS v (n, a, w) ORDER BY n;
SELECT core.ticket_photo_say((pg_temp.t(400)).id, 1, 'public');
SELECT pg_temp.later('366 days');
SELECT core.ticket_sweep();
SELECT is((SELECT count(*) FROM core.ticket_text x WHERE x.ticket_id IN ((pg_temp.t(1)).id, (pg_temp.t(400)).id)), 0::bigint, 'for a year after closing');
SELECT ok((SELECT count(*) FROM core.ticket_text) > 0, 'those of open cases stay');
SELECT is((SELECT string_agg(x.pos || x.state, ' ') FROM core.ticket_photo x WHERE x.ticket_id = (pg_temp.t(400)).id), '1public', 'so do photos that are public');
SELECT is((SELECT count(*) FROM core.photo o WHERE o.sha256 = sha256('two'::bytea)), 0::bigint, 'the other is gone');
SELECT is((pg_temp.receipt(1) ->> 'state'), 'closed', 'the receipt shows its progress still');
SELECT is(core.upload_sweep() IS NOT NULL, true, 'the sweep of uploads leaves photos of reports alone');

-- A report that was joined to one that was set aside: nobody closes either.
SELECT is(pg_temp.report(500, pg_temp.f('B'), '{"kind":"smell"}', p_sealed => '\x01'), 'new', 'a report');
SELECT is(pg_temp.report(501, pg_temp.f('B'), '{"kind":"smell"}', p_sealed => '\x01'), 'joined', 'another of the same');
SELECT core.ticket_act((pg_temp.t(500)).id, 'quarantine', NULL, NULL, 'x', NULL, NULL);
SELECT pg_temp.later('29 days'), core.ticket_sweep();
SELECT is((SELECT count(*) FROM core.ticket_contact), 2::bigint, 'numbers are kept for 29 days');
SELECT pg_temp.later('2 days'), core.ticket_sweep();
SELECT is((SELECT count(*) FROM core.ticket_contact), 0::bigint, 'and gone after 30, that of the one that was joined as well');
SELECT core.ticket_step_add((pg_temp.t(501)).id, 'note', 1, NULL, NULL, '门牌', NULL);
SELECT pg_temp.later('366 days'), core.ticket_sweep();
SELECT is((SELECT count(*) FROM core.ticket_text x WHERE x.ticket_id = (pg_temp.t(501)).id), 0::bigint, 'so are its words after a year');

-- Who may call what.
SELECT is(pg_temp.says(s), '42501', s || ' as qr_ro') FROM unnest(ARRAY['SET LOCAL ROLE qr_ro; SELECT api.public_ticket(''X'')',
	'SET LOCAL ROLE qr_ro; SELECT api.ticket_form(''X'', NULL)']) s;
SELECT * FROM finish();
ROLLBACK;
