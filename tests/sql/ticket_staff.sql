-- Handling residents' reports: who sees and may do what, the list, publishing, floods, text blocks; the job
-- that watches the clocks.
\ir fixture.inc
\ir staff.inc
\ir upload.inc
SELECT * FROM no_plan();
INSERT INTO core.ticket_kind (code, rank, name, clock) VALUES ('x_supply', 901, '{"zh-CN":"水浑","en":"Cloudy"}', 'supply');
CREATE FUNCTION pg_temp.new(p_facility text DEFAULT 'A', p_state text DEFAULT 'new', p_words text DEFAULT '我叫王小明，电话13812345678，水是黄的')
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	made bigint;
BEGIN
	INSERT INTO core.ticket (receipt, key, first_org_id, org_id, year, no, kind, clock, facility_id, lang, at, state)
	SELECT core.code_random(), gen_random_uuid(), p.org_id, p.org_id, 2026, 1 + (SELECT count(*) FROM core.ticket), 'x_supply', 'supply', f.id,
		'zh-CN', core.now(), p_state
	FROM core.facility f JOIN core.place p ON p.id = f.place_id WHERE f.code = pg_temp.f(p_facility) RETURNING id INTO made;
	INSERT INTO core.ticket_text VALUES (made, 0, p_words);
	PERFORM core.ticket_act(made, 'received', NULL, NULL, NULL, NULL, NULL);
	RETURN made;
END
$$;
CREATE FUNCTION pg_temp.at(p_at text) RETURNS void LANGUAGE sql AS $$ SELECT pg_temp.clock((p_at || '+08')::timestamptz) $$;
CREATE FUNCTION pg_temp.list(p_login text, p_filter jsonb DEFAULT '{}') RETURNS json LANGUAGE sql AS $$ SELECT api.staff_tickets(pg_temp.s(p_login), p_filter)::json $$;
CREATE FUNCTION pg_temp.nos(p_login text, p_filter jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(r ->> 'no', ' ' ORDER BY n) FROM json_array_elements(pg_temp.list(p_login, p_filter) -> 'rows') WITH ORDINALITY AS u (r, n) $$;
CREATE FUNCTION pg_temp.one(p_login text, p_id bigint) RETURNS json LANGUAGE sql AS $$ SELECT api.staff_ticket(pg_temp.s(p_login), p_id)::json $$;
CREATE FUNCTION pg_temp.can(p_login text, p_id bigint) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(c, ' ' ORDER BY n) FROM json_array_elements_text(pg_temp.one(p_login, p_id) -> 'can') WITH ORDINALITY AS u (c, n) $$;
CREATE FUNCTION pg_temp.do(p_login text, p_id bigint, p_do text, p_body jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.says(format('SELECT api.staff_ticket_act(pg_temp.s(%L), %s, %L, %L)', p_login, p_id, p_do, p_body)) $$;
SELECT pg_temp.user('dist', 'supervisor', '{"org":"310107000000"}');
SELECT pg_temp.user('zhenru', 'office', '{"org":"310107022000"}');
SELECT pg_temp.user('aud', 'auditor', '{"org":"310107000000"}');
SELECT pg_temp.session(l) FROM unnest('{dist,zhenru,aud}'::text[]) l;

-- Who sees what.
SELECT pg_temp.new() AS t1 \gset
SELECT pg_temp.new('B') AS t2 \gset
SELECT pg_temp.new('C') AS t3 \gset
SELECT is(pg_temp.says($$ SELECT api.staff_tickets('\x00', '{}') $$), 'QR401 none', 'not without a session');
SELECT is(pg_temp.says($$ SELECT api.staff_tickets(pg_temp.s('clean'), '{}') $$), 'QR403 right', 'not without the right');
SELECT is(pg_temp.says(format('SELECT api.staff_ticket(pg_temp.s(''aud''), %s)', :t1)), 'QR403 right', 'not for auditors');
SELECT is(pg_temp.nos('hall'), '2026-3 2026-1', 'an office sees its own');
SELECT is(pg_temp.nos('dist'), '2026-3 2026-1', 'the office above too');
SELECT is(pg_temp.nos('away'), '2026-2', 'another has its own');
SELECT is(pg_temp.nos('mgr'), NULL, 'a firm nothing that was not sent to it');
SELECT is(pg_temp.says(format('SELECT api.staff_ticket(pg_temp.s(''mgr''), %s)', :t1)), 'QR404', 'not by its number either');
SELECT is(pg_temp.says(format('SELECT api.staff_ticket(pg_temp.s(''away''), %s)', :t1)), 'QR404', 'nor another office');
SELECT is(pg_temp.list('hall') -> 'rows' -> 1 #>> '{facility,building}', '75号楼', 'where');
SELECT is(pg_temp.list('hall') -> 'rows' -> 1 ->> 'minutes', '240', 'how long it may take');
SELECT is(pg_temp.one('hall', :t1) #>> '{ticket,words}', '我叫王小明，电话13812345678，水是黄的', 'the words as they were written');
SELECT unalike(pg_temp.one('hall', :t1)::text, '%' || (SELECT receipt FROM core.ticket WHERE id = :t1) || '%', 'the receipt is nobody''s but the resident''s');
SELECT is(pg_temp.can('hall', :t1), 'accept answer transfer join quarantine note', 'what may be done');
SELECT is(pg_temp.can('dist', :t1), 'accept answer transfer join quarantine note', 'the office above may as well');

-- Acts, and whose they are.
SELECT is(pg_temp.do('away', :t1, 'accept'), 'QR404', 'not others');
SELECT is(pg_temp.do('mgr', :t1, 'work'), 'QR404', 'the firm not before it was asked');
SELECT is(pg_temp.do('hall', :t1, 'rate', '{"level":5}'), 'QR409 state', 'nobody rates in a resident''s name');
SELECT is(pg_temp.do('hall', :t1, 'received'), 'QR409 state', 'nor reports again');
SELECT is(pg_temp.do('hall', :t1, 'escalate', '{"to":"310107000000"}'), 'QR409 state', 'nor lets it rise by hand');
SELECT is(pg_temp.do('hall', :t1, 'nonsense'), 'QR409 state', 'nor anything else');
SELECT is(pg_temp.do('hall', :t1, 'accept'), 'done', 'taken');
SELECT is(pg_temp.do('hall', :t1, 'accept'), 'done', 'sent twice');
SELECT is((SELECT count(*) FROM core.ticket_step WHERE ticket_id = :t1 AND act = 'accept'), 1::bigint, 'it is one step');
SELECT is(pg_temp.do('dist', :t1, 'accept'), 'QR409 state', 'another person is told that it was done');
SELECT is(pg_temp.do('hall', :t1, 'dispatch', '{"note":"请今天去看"}'), 'done', 'sent to the firm');
SELECT is(pg_temp.nos('mgr'), '2026-1', 'now the firm sees it');
SELECT is(pg_temp.can('mgr', :t1), 'work note', 'and says what it does');
SELECT is(pg_temp.do('mgr', :t1, 'work', '{"words":"已到现场"}'), 'done', 'it does');
SELECT is(pg_temp.do('mgr', :t1, 'answer', '{"words":"x"}'), 'QR403 scope', 'the answer is the office''s');
-- the telephone number: who handles it for an office
SELECT is(pg_temp.one('hall', :t1) #>> '{ticket,phone}', NULL, 'no number was left');
INSERT INTO core.ticket_contact (ticket_id, sealed) VALUES (:t1, '\x0102');
SELECT is(pg_temp.one('hall', :t1) #>> '{ticket,phone}', 'true', 'a number was left');
SELECT is(pg_temp.one('mgr', :t1) #>> '{ticket,phone}', NULL, 'the firm is not told');
SELECT is(pg_temp.says(format('SELECT api.staff_ticket_contact(pg_temp.s(''mgr''), %s)', :t1)), 'QR403 scope', 'and does not get it');
SELECT is(pg_temp.says(format('SELECT api.staff_ticket_contact(pg_temp.s(''away''), %s)', :t1)), 'QR404', 'nor does another office');
SELECT is(api.staff_ticket_contact(pg_temp.s('hall'), :t1), '\x0102'::bytea, 'the office does');
SELECT is((SELECT who FROM core.audit WHERE what = 'ticket.contact' ORDER BY seq DESC LIMIT 1), 'hall', 'which is written down');
SELECT is(pg_temp.one('hall', :t1) #>> '{steps,3,by}', 'N mgr', 'who it was stands there');
SELECT is(pg_temp.do('hall', :t1, 'transfer', '{"words":"x","to":"nowhere"}'), 'QR422 to:unknown', 'to an office that is not there');
SELECT is(pg_temp.do('hall', :t1, 'transfer', '{"words":"x"}'), 'QR422 to:missing', 'to none');
SELECT is(pg_temp.do('hall', :t1, 'transfer', '{"words":"归真如镇","to":"310107022000"}'), 'done', 'passed on');
SELECT is(pg_temp.can('hall', :t1), NULL, 'who passed it on does nothing more');
SELECT is(pg_temp.one('hall', :t1) #>> '{ticket,org,code}', '310107022000', 'but sees where it is');
SELECT is(pg_temp.nos('zhenru'), '2026-1', 'it stands in the list of the other');
SELECT is(pg_temp.do('zhenru', :t1, 'answer', '{"words":" "}'), 'QR422 words:missing', 'no words');
SELECT is((SELECT state FROM core.ticket WHERE id = :t1), 'new', 'and not taken by that');
SELECT is(pg_temp.do('zhenru', :t1, 'answer', '{"words":"已清洗，联系人王小明"}'), 'done', 'taken and answered in one');
SELECT is((SELECT string_agg(act, ' ' ORDER BY n) FROM core.ticket_step WHERE ticket_id = :t1), 'received accept dispatch work transfer accept answer', 'both are written');
SELECT is((SELECT string_agg(what, ' ' ORDER BY seq) FROM core.audit WHERE subject = :'t1' AND what <> 'ticket.contact'), 'ticket.accept ticket.dispatch ticket.work ticket.transfer ticket.answer', 'the audit has it');

-- Publishing.
SELECT is(pg_temp.do('zhenru', :t1, 'publish', '{"public_words":"水是黄的"}'), 'QR422 public_answer:missing', 'not without the answer');
SELECT is(pg_temp.do('zhenru', :t1, 'publish', jsonb_build_object('public_answer', repeat('x', 2001), 'public_words', repeat('x', 2001))),
	'QR422 public_words:too_long public_answer:too_long', 'not without end');
SELECT is(pg_temp.do('zhenru', :t1, 'publish', '{"public_words":"我叫***，水是黄的","public_answer":"已清洗"}'), 'done', 'published, masked');
SELECT is((SELECT public_words || '|' || public_answer FROM core.ticket WHERE id = :t1), '我叫***，水是黄的|已清洗', 'as the person wrote it');
SELECT is(pg_temp.do('zhenru', :t1, 'hide', '{}'), 'QR422 words:missing', 'hidden only with a ground');
SELECT is(pg_temp.do('zhenru', :t1, 'hide', '{"words":"涉及个人信息"}'), 'done', 'hidden');
SELECT is(pg_temp.can('zhenru', :t1), 'answer close reopen show note', 'and may be shown again');
SELECT is(pg_temp.do('zhenru', :t2, 'publish', '{"public_answer":"x"}'), 'QR404', 'only one''s own');

-- The list: worst first, views, words to look for.
SELECT pg_temp.at('2026-11-22 13:30');
SELECT pg_temp.new('A') AS t4 \gset
SELECT pg_temp.at('2026-11-22 15:00');
SELECT pg_temp.new('A', 'quarantine') AS t5 \gset
SELECT is(pg_temp.nos('hall'), '2026-3 2026-4', 'what has run out first, then what is due next');
SELECT is(pg_temp.list('hall') -> 'counts' ->> 'late', '1', 'counted by the clock, not by the job');
SELECT is(pg_temp.list('hall') #>> '{rows,0,late}', 'true', 'and marked');
SELECT is(pg_temp.nos('hall', '{"sort":"new"}'), '2026-4 2026-3', 'newest first');
SELECT is(pg_temp.nos('hall', '{"sort":"old"}'), '2026-3 2026-4', 'oldest first');
SELECT is(pg_temp.nos('hall', '{"what":"late"}'), '2026-3', 'late ones');
SELECT is(pg_temp.nos('hall', '{"what":"quarantine"}'), '2026-5', 'those set aside');
SELECT is(pg_temp.nos('zhenru', '{"what":"answered"}'), '2026-1', 'answered ones');
SELECT is(pg_temp.nos('hall', '{"what":"all","q":"2026-4"}'), '2026-4', 'by number');
SELECT is(pg_temp.nos('hall', jsonb_build_object('q', lower(pg_temp.f('C')))), '2026-3', 'by facility');
SELECT is(pg_temp.nos('hall', '{"q":"中环"}'), '2026-4', 'by place');
SELECT is(pg_temp.nos('hall', '{"kind":"other"}'), NULL, 'by kind');
SELECT is(pg_temp.list('hall') -> 'counts' ->> 'quarantine', '1', 'the list says how many were set aside');

-- A flood: joined, set aside, released at once.
SELECT pg_temp.new('A') FROM generate_series(1, 12) \g /dev/null
SELECT is(pg_temp.list('hall') ->> 'next', '10', 'ten a page');
SELECT is(json_array_length(pg_temp.list('hall', '{"from":"10"}') -> 'rows'), 4, 'and the rest');
CREATE FUNCTION pg_temp.many(p_login text, p_do text, p_ground text, p_n int DEFAULT 100) RETURNS text LANGUAGE sql AS $$
	SELECT api.staff_tickets_act(pg_temp.s(p_login), ARRAY(SELECT id FROM core.ticket WHERE state IN ('new', 'quarantine') AND no > 3 ORDER BY id LIMIT p_n), p_do, p_ground) $$;
SELECT is(pg_temp.says($$ SELECT api.staff_tickets_act(pg_temp.s('mgr'), '{1}', 'join', NULL) $$), 'QR403 right', 'not a firm');
SELECT is(pg_temp.says($$ SELECT api.staff_tickets_act(pg_temp.s('hall'), '{}', 'join', NULL) $$), 'QR422 ids:missing', 'none');
SELECT is(pg_temp.says($$ SELECT api.staff_tickets_act(pg_temp.s('hall'), ARRAY(SELECT generate_series(1, 501)), 'close', NULL) $$), 'QR422 ids:too_many do:bad_value', 'too many, or what is not done at once');
SELECT is(pg_temp.says($$ SELECT pg_temp.many('hall', 'quarantine', ' ') $$), 'QR422 ground:missing', 'set aside only with a ground');
SELECT is(pg_temp.many('away', 'join', NULL)::json ->> 'done', '0', 'others do nothing to them');
SELECT is(pg_temp.many('hall', 'quarantine', '刷屏', 5)::json ->> 'done', '4', 'set aside, but for the one that was');
SELECT is((SELECT string_agg(DISTINCT words, ' ') FROM core.ticket_step WHERE act = 'quarantine'), '刷屏', 'on that ground');
SELECT is(pg_temp.many('hall', 'release', NULL, 2)::json ->> 'done', '2', 'released');
SELECT is(pg_temp.many('hall', 'join', NULL)::json ->> 'done', '13', 'all of one facility are one');
SELECT is((SELECT count(*) FROM core.ticket WHERE joined_to = :t4), 13::bigint, 'the oldest goes on');
SELECT is(json_array_length(pg_temp.one('hall', :t4) -> 'joined'), 13, 'and names them');
SELECT is(pg_temp.list('hall') #>> '{rows,1,joined}', '13', 'the list counts them');
SELECT pg_temp.new('A') AS t6 \gset
SELECT is((SELECT string_agg(o ->> 'no', ' ' ORDER BY n) FROM json_array_elements(pg_temp.one('hall', :t6) -> 'others') WITH ORDINALITY AS u (o, n)), '2026-1 2026-4', 'others of the same facility are offered');
SELECT is(pg_temp.do('hall', :t6, 'join', '{"into":"2026-3"}'), 'QR409 place', 'not into one of another place');
SELECT is(pg_temp.do('hall', :t6, 'join', '{"into":"2026-999"}'), 'QR422 into:unknown', 'not into what is not there');
SELECT is(pg_temp.do('hall', :t6, 'join', '{}'), 'QR422 into:missing', 'not into nothing');
SELECT is(pg_temp.do('hall', :t6, 'join', '{"into":"2026-4"}'), 'done', 'joined');
SELECT is(pg_temp.one('hall', :t6) #>> '{ticket,into,no}', '2026-4', 'it says into which');

-- Text blocks.
SELECT is(api.staff_ticket_blocks(pg_temp.s('hall'))::json #>> '{blocks,0,office}', '上海市', 'blocks of the offices above');
SELECT is(pg_temp.says($$ SELECT api.staff_ticket_block_put(pg_temp.s('mgr'), '{"title":"x","words":"y"}') $$), 'QR403 right', 'a firm has none');
SELECT is(pg_temp.says($$ SELECT api.staff_ticket_block_put(pg_temp.s('hall'), '{"title":" "}') $$), 'QR422 title:missing words:missing', 'empty ones are none');
SELECT is(pg_temp.says(format('SELECT api.staff_ticket_block_put(pg_temp.s(''hall''), %L)', jsonb_build_object('title', repeat('x', 101), 'words', repeat('x', 2001)))),
	'QR422 title:too_long words:too_long', 'nor endless ones');
SELECT ok(api.staff_ticket_block_put(pg_temp.s('hall'), '{"title":"甲","words":"旧"}') IS NOT NULL, 'one''s own');
SELECT (api.staff_ticket_block_put(pg_temp.s('hall'), '{"title":"甲","words":"新"}')::json ->> 'id') AS block \gset
SELECT is((SELECT string_agg(b ->> 'words', ' ') FROM json_array_elements(api.staff_ticket_blocks(pg_temp.s('hall'))::json -> 'blocks') b WHERE b ->> 'title' = '甲'), '新', 'the new one in place of the old');
SELECT is(pg_temp.one('hall', :t3) #>> '{blocks,0,title}' IS NOT NULL, true, 'the page of a case has them');
SELECT is((SELECT count(*) FROM json_array_elements(api.staff_ticket_blocks(pg_temp.s('dist'))::json -> 'blocks') b WHERE b ->> 'title' = '甲'), 0::bigint, 'not those of offices below');
SELECT is(pg_temp.says(format('SELECT api.staff_ticket_block_put(pg_temp.s(''dist''), ''{"end":%s}'')', :block)), 'QR404', 'nobody ends those of others');
SELECT is(pg_temp.says(format('SELECT api.staff_ticket_block_put(pg_temp.s(''hall''), ''{"end":%s}'')', :block)), 'done', 'ended');
SELECT api.staff_ticket_block_put(pg_temp.s('hall'), jsonb_build_object('title', i::text, 'words', 'x')) FROM generate_series(1, 50) i \g /dev/null
SELECT is(pg_temp.says($$ SELECT api.staff_ticket_block_put(pg_temp.s('hall'), '{"title":"51","words":"x"}') $$), 'QR409 many', 'fifty are enough');

-- The job: what has run out rises by its clock, once each time; messages go out; the top stays.
INSERT INTO core.hook (office_id, kind, target, lang, made_at, made_by) SELECT o.id, k, t, l, core.now(), pg_temp.account('dist') FROM core.org o,
	(VALUES ('webhook', 'https://hook.example/x', 'en'), ('mail', 'a@b.example', 'zh-CN')) AS v (k, t, l) WHERE o.code = '310107000000';
SELECT pg_temp.at('2026-11-22 15:30');
SELECT is(api.job_tickets('https://x', 100), 2, 'two have run out: of two offices');
SELECT is(api.job_tickets('https://x', 100), 0, 'once');
SELECT is(pg_temp.one('dist', :t3) #>> '{steps,1,to}', '普陀区', 'it rose to the district');
SELECT is((SELECT raised || ' ' || late || ' ' || to_char(due_at AT TIME ZONE 'Asia/Shanghai', 'HH24:MI') FROM core.ticket WHERE id = :t3), '1 true 19:30', 'with the same time again');
SELECT is((SELECT (t ->> 'n') || ' ' || (t #>> '{rows,0,no}') || ' ' || (t #>> '{rows,0,place}') || ' ' || coalesce(t #>> '{rows,0,office}', '-')
	FROM CAST(api.staff_inbox(pg_temp.s('dist'), NULL, NULL)::json -> 'tickets' AS json) t), (SELECT '1 2026-' || t.no || ' ' || p.name || ' ' || o.name
	FROM core.ticket t JOIN core.facility f ON f.id = t.facility_id JOIN core.place p ON p.id = f.place_id JOIN core.org o ON o.id = t.org_id WHERE t.id = :t3),
	'it stands in the inbox of the office it rose to');
SELECT is((api.staff_inbox(pg_temp.s('hall'), NULL, NULL)::json #>> '{tickets,rows,0,id}')::bigint, :t3::bigint, 'and in that of the office that has it');
SELECT ok(api.staff_inbox(pg_temp.s('hall'), NULL, NULL)::json #> '{tickets,rows,0,office}' IS NULL, 'which need not be named there');
SELECT ok(NOT api.staff_inbox(pg_temp.s(l), w, NULL)::jsonb ? 'tickets', 'not ' || l || ' ' || coalesce(w, '')) FROM (VALUES ('zhenru', NULL), ('mgr', NULL),
	('aud', NULL), ('dist', 'all')) v (l, w);
SELECT is(pg_temp.list('dist') -> 'counts' ->> 'raised', '1', 'the list says so');
SELECT is((SELECT string_agg(body::json #>> '{ticket,kind}', ' ') FROM core.outbox WHERE body::json ->> 'what' = 'ticket'), 'Cloudy', 'a message to the webhook');
SELECT is((SELECT body::json ->> 'subject' FROM core.outbox WHERE body::json ->> 'subject' IS NOT NULL), '普陀区：居民反映2026-3已超时', 'and a letter');
SELECT unalike((SELECT string_agg(body, ' ') FROM core.outbox), '%13812345678%', 'with nothing of what was written');
SELECT pg_temp.at('2026-11-22 19:30');
SELECT cmp_ok(api.job_tickets('https://x', 100), '>=', 1, 'nobody moved');
SELECT is((SELECT raised FROM core.ticket WHERE id = :t3), 2::smallint, 'it rises again');
SELECT pg_temp.at('2026-11-23 19:30');
SELECT api.job_tickets('https://x', 100) \g /dev/null
SELECT is((SELECT raised FROM core.ticket WHERE id = :t3), 2::smallint, 'above the top is nothing');
SELECT is(api.job_tickets('https://x', 100), 0, 'and nothing is found again and again');
SELECT is((SELECT count(*) FROM core.ticket_step WHERE ticket_id = :t3 AND act = 'escalate'), 2::bigint, 'two steps');
UPDATE core.ticket_clock SET up = 0 WHERE clock = 'supply';
SELECT pg_temp.new('C') AS t7 \gset
SELECT pg_temp.at('2026-11-24 19:30');
SELECT is(api.job_tickets('https://x', 100), 1, 'a clock that raises nothing');
SELECT is((SELECT raised || ' ' || late FROM core.ticket WHERE id = :t7), '0 true', 'makes late');
SELECT is(api.job_tickets('https://x', 100), 0, 'once');
-- a month after the answer
SELECT pg_temp.at('2026-12-22 14:00');
SELECT set_config('qr.account', '', true) \g /dev/null
UPDATE core.ticket_clock SET valid_to = NULL;
SELECT api.job_tickets('https://x', 100) \g /dev/null
SELECT is((SELECT state FROM core.ticket WHERE id = :t1), 'closed', 'answered for a month: closed');
SELECT is((SELECT by_account FROM core.ticket_step WHERE ticket_id = :t1 AND act = 'close'), NULL, 'by nobody');
SELECT is((SELECT count(*) FROM core.job WHERE kind = 'ticket_clock' AND done_at IS NULL), 1::bigint, 'the job is there');
SELECT * FROM finish();
ROLLBACK;
