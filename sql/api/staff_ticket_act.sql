-- What handlers do with residents' reports: one case, several at once, text blocks.

-- The body's office, case or photos, as core.ticket_act() takes them. QR422 field `to` or `into`.
CREATE OR REPLACE FUNCTION core.ticket_other(t core.ticket, p_no text) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
DECLARE
	found_id constant bigint := (SELECT x.id FROM core.ticket x WHERE x.first_org_id = t.first_org_id
		AND x.year || '-' || x.no = btrim(p_no));
BEGIN
	IF found_id IS NULL THEN
		PERFORM auth.refuse(core.bad('into', CASE WHEN core.some(p_no) IS NULL THEN 'missing' ELSE 'unknown' END));
	END IF;
	RETURN found_id;
END
$$;

-- What of a case everybody may read from now on: words a person masked and looked at, and the photos that
-- are named. An answer is needed; the resident's own words need not be shown.
CREATE OR REPLACE FUNCTION core.ticket_publish(p_ticket bigint, p_body jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	said constant text := core.some(p_body ->> 'public_words');
	answer constant text := core.some(p_body ->> 'public_answer');
BEGIN
	PERFORM auth.refuse(CASE WHEN length(said) > 2000 THEN core.bad('public_words', 'too_long') ELSE '[]' END
		|| CASE WHEN answer IS NULL THEN core.bad('public_answer', 'missing')
			WHEN length(answer) > 2000 THEN core.bad('public_answer', 'too_long') ELSE '[]' END);
	UPDATE core.ticket SET public_words = said, public_answer = answer WHERE id = p_ticket;
	PERFORM core.ticket_photo_say(p.ticket_id, p.pos, CASE WHEN coalesce(p_body -> 'photos', '[]') ? p.pos::text
		THEN 'public' ELSE 'hidden' END)
	FROM core.ticket_photo p WHERE p.ticket_id = p_ticket;
	PERFORM core.ticket_act(p_ticket, 'publish', core.my_org(), NULL, NULL, NULL, NULL);
END
$$;

-- Is it word for word what the same person did to the case last, a moment ago? Then the form was sent
-- twice, and residents are not to read it twice. What is published no step says.
CREATE OR REPLACE FUNCTION core.ticket_again(p_ticket bigint, p_do text, p_to int, p_words text, p_note text) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN p_do <> 'publish' AND coalesce((SELECT s.act = p_do AND s.by_account = core.my_account()
			AND s.at > core.now() - interval '10 minutes'
			AND (s.to_org_id, s.words, x.value) IS NOT DISTINCT FROM (p_to, core.some(p_words), core.some(p_note))
		FROM core.ticket_step s LEFT JOIN core.ticket_text x ON x.ticket_id = s.ticket_id AND x.n = s.n
		WHERE s.ticket_id = p_ticket ORDER BY s.n DESC LIMIT 1), false);
END
$$;

-- One act of the account in force upon a case it has seen. p_body: {"words"?,"note"?,"to"? (code of an
-- office),"into"? ("2026-12" of the same office),"public_words"?,"public_answer"?,"photos"?:["1"]}.
-- QR403 {"why":"scope"}: not among what it may do (core.ticket_can()), unless the state alone forbids it.
CREATE OR REPLACE FUNCTION core.ticket_do(p_ticket bigint, p_do text, p_body jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	words constant text := p_body ->> 'words';
	note constant text := p_body ->> 'note';
	to_id constant int := (SELECT o.id FROM core.org o WHERE p_do = 'transfer' AND o.code = core.some(p_body ->> 'to'));
	t core.ticket;
BEGIN
	SELECT * INTO t FROM core.ticket x WHERE x.id = p_ticket FOR UPDATE;
	IF core.ticket_again(p_ticket, p_do, to_id, words, note) THEN
		RETURN t.state;
	END IF;
	IF NOT core.my_right('tickets') OR (core.my_org() IS NULL AND p_do NOT IN ('work', 'note')) OR (core.my_org() IS NOT NULL
		AND NOT EXISTS (SELECT FROM core.org o WHERE o.id = t.org_id AND o.path @> ARRAY[core.my_org()]))
	THEN
		PERFORM core.refuse('QR403', 'scope', format('may not %s case %s', p_do, p_ticket));
	END IF;
	IF p_do IN ('received', 'rate', 'escalate') THEN
		PERFORM core.refuse('QR409', 'state', format('nobody does %s here', p_do));
	ELSIF p_do = 'join' THEN
		PERFORM core.ticket_join(p_ticket, core.ticket_other(t, p_body ->> 'into'), core.my_org(), words);
	ELSIF p_do = 'publish' THEN
		PERFORM core.ticket_publish(p_ticket, p_body);
	ELSE
		IF p_do = 'transfer' AND to_id IS NULL AND core.some(p_body ->> 'to') IS NOT NULL THEN
			PERFORM auth.refuse(core.bad('to', 'unknown'));
		END IF;
		IF p_do = 'answer' AND t.state = 'new' THEN
			PERFORM core.ticket_act(p_ticket, 'accept', core.my_org(), NULL, NULL, NULL, NULL);
		END IF;
		PERFORM core.ticket_act(p_ticket, p_do, core.my_org(), to_id, words, note, NULL);
	END IF;
	PERFORM auth.audit('ticket.' || p_do, p_ticket::text, jsonb_strip_nulls(jsonb_build_object('no', core.ticket_no(t),
		'to', CASE p_do WHEN 'transfer' THEN p_body ->> 'to' END, 'into', CASE p_do WHEN 'join' THEN p_body ->> 'into' END)));
	RETURN (SELECT x.state FROM core.ticket x WHERE x.id = p_ticket);
END
$$;

CREATE OR REPLACE FUNCTION api.staff_ticket_act(p_session bytea, p_ticket bigint, p_do text, p_body jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'tickets');
	PERFORM core.need_ticket(p_ticket);
	RETURN '{' || concat_ws(',', '"id":' || p_ticket, core.js('state', core.ticket_do(p_ticket, p_do, p_body))) || '}';
END
$$;

-- Floods: several cases at once, the oldest first. join: the others into the oldest of them that is not
-- set aside; quarantine (p_ground), release; accept. What cannot be done to one is passed by and counted.
CREATE OR REPLACE FUNCTION core.tickets_do(p_ids bigint[], p_do text, p_ground text) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	ids constant bigint[] := ARRAY(SELECT x.id FROM core.ticket x WHERE x.id = ANY (p_ids)
		AND EXISTS (SELECT FROM core.org o WHERE o.id = x.org_id AND o.path @> ARRAY[core.my_org()])
		ORDER BY x.id FOR UPDATE);
	into_id constant bigint := (SELECT x.id FROM core.ticket x WHERE x.id = ANY (ids)
		AND x.state IN ('new', 'accepted', 'working', 'answered') ORDER BY x.id LIMIT 1);
	one bigint;
	n int := 0;
BEGIN
	IF NOT core.my_right('tickets') THEN
		PERFORM core.refuse('QR403', 'right', 'may not handle reports');
	END IF;
	IF p_do = 'join' AND into_id IS NULL THEN
		RETURN 0;
	END IF;
	FOREACH one IN ARRAY ids LOOP
		BEGIN
			IF p_do = 'join' THEN
				CONTINUE WHEN one = into_id;
				PERFORM core.ticket_join(one, into_id, core.my_org(), p_ground);
			ELSE
				PERFORM core.ticket_act(one, p_do, core.my_org(), NULL, CASE p_do WHEN 'quarantine' THEN p_ground END, NULL, NULL);
			END IF;
			n := n + 1;
		EXCEPTION WHEN SQLSTATE 'QR409' THEN
			NULL; -- of another place, or somebody was quicker
		END;
	END LOOP;
	IF n > 0 THEN
		PERFORM auth.audit('tickets.' || p_do, NULL, jsonb_build_object('done', n, 'of', cardinality(p_ids), 'ids', to_jsonb(ids)));
	END IF;
	RETURN n;
END
$$;

CREATE OR REPLACE FUNCTION api.staff_tickets_act(p_session bytea, p_ids bigint[], p_do text, p_ground text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	ground constant text := core.some(p_ground);
BEGIN
	PERFORM auth.enter(p_session, 'tickets');
	IF core.my_org() IS NULL THEN
		PERFORM core.refuse('QR403', 'right', 'only an office handles several at once');
	END IF;
	PERFORM auth.refuse(CASE WHEN coalesce(p_ids, '{}') = '{}' THEN core.bad('ids', 'missing')
			WHEN cardinality(p_ids) > 500 THEN core.bad('ids', 'too_many') ELSE '[]' END
		|| CASE WHEN p_do IS NULL OR p_do NOT IN ('join', 'quarantine', 'release', 'accept') THEN core.bad('do', 'bad_value') ELSE '[]' END
		|| CASE WHEN p_do = 'quarantine' AND ground IS NULL THEN core.bad('ground', 'missing')
			WHEN length(ground) > 200 THEN core.bad('ground', 'too_long') ELSE '[]' END);
	RETURN '{"done":' || core.tickets_do(p_ids, p_do, ground) || ',"of":' || cardinality(p_ids) || '}';
END
$$;

-- ---- text blocks ---------------------------------------------------------------------------
-- Those the office may use, its own with "own".
CREATE OR REPLACE FUNCTION api.staff_ticket_blocks(p_session bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM auth.enter(p_session, 'tickets');
	RETURN '{' || concat_ws(',', '"me":' || auth.me(), '"office":' || (core.my_org() IS NOT NULL)::text,
		'"blocks":[' || coalesce((SELECT string_agg('{' || concat_ws(',', '"id":' || b.id, core.js('title', b.title),
			core.js('words', b.words), CASE WHEN b.org_id = core.my_org() THEN '"own":true' ELSE core.js('office', o.name) END) || '}',
			',' ORDER BY b.org_id = core.my_org() DESC, b.title, b.id)
			FROM core.ticket_block b JOIN core.org o ON o.id = b.org_id WHERE b.ended_at IS NULL), '') || ']') || '}';
END
$$;

-- One more, or in place of one's own of the same title.
CREATE OR REPLACE FUNCTION core.ticket_block_put(p_title text, p_words text) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	made int;
BEGIN
	PERFORM FROM core.org o WHERE o.id = core.my_org() FOR NO KEY UPDATE;
	UPDATE core.ticket_block SET ended_at = core.now(), ended_by = core.my_account()
	WHERE org_id = core.my_org() AND title = p_title AND ended_at IS NULL;
	IF (SELECT count(*) FROM core.ticket_block b WHERE b.org_id = core.my_org() AND b.ended_at IS NULL) >= 50 THEN
		PERFORM core.refuse('QR409', 'many', 'fifty text blocks are enough');
	END IF;
	INSERT INTO core.ticket_block (org_id, title, words, made_at, made_by)
	VALUES (core.my_org(), p_title, p_words, core.now(), core.my_account()) RETURNING id INTO made;
	PERFORM auth.audit('ticket_block.put', p_title, NULL);
	RETURN made;
END
$$;
CREATE OR REPLACE FUNCTION core.ticket_block_end(p_id int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	called text;
BEGIN
	UPDATE core.ticket_block SET ended_at = core.now(), ended_by = core.my_account()
	WHERE id = p_id AND org_id = core.my_org() AND ended_at IS NULL RETURNING title INTO called;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'no text block %', p_id USING ERRCODE = 'QR404';
	END IF;
	PERFORM auth.audit('ticket_block.end', called, NULL);
END
$$;

-- p_body: {"title","words"}, or {"end":7}.
CREATE OR REPLACE FUNCTION api.staff_ticket_block_put(p_session bytea, p_body jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	title constant text := core.some(p_body ->> 'title');
	words constant text := core.some(p_body ->> 'words');
BEGIN
	PERFORM auth.enter(p_session, 'tickets');
	IF core.my_org() IS NULL THEN
		PERFORM core.refuse('QR403', 'right', 'only an office has text blocks');
	END IF;
	IF p_body ->> 'end' ~ '^[0-9]{1,9}$' THEN
		PERFORM core.ticket_block_end((p_body ->> 'end')::int);
		RETURN '{"end":' || (p_body ->> 'end')::int || '}';
	END IF;
	PERFORM auth.refuse(CASE WHEN title IS NULL THEN core.bad('title', 'missing')
			WHEN length(title) > 100 THEN core.bad('title', 'too_long') ELSE '[]' END
		|| CASE WHEN words IS NULL THEN core.bad('words', 'missing')
			WHEN length(words) > 2000 THEN core.bad('words', 'too_long') ELSE '[]' END);
	RETURN '{"id":' || core.ticket_block_put(title, words) || '}';
END
$$;
