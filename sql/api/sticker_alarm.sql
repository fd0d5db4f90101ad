-- What residents say of stickers (reports of a kind with core.ticket_kind.sticker, through a label):
-- it goes to the label's ledger, and several within the days of a rule raise an alarm. An alarm is over
-- when somebody on site found the label intact after the last report, or the label is no longer in use
-- there. Runs by triggers, so that it holds whoever writes these tables.

-- The rule of an office for such reports; NULL: none, then no alarm is raised.
CREATE OR REPLACE FUNCTION core.sticker_rule_of(p_path int[], p_what text) RETURNS core.sticker_rule
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT r FROM core.sticker_rule r WHERE r.org_id = ANY (p_path) AND r.what = p_what
		AND core.today() >= r.valid_from AND (r.valid_to IS NULL OR core.today() <= r.valid_to)
	ORDER BY array_position(p_path, r.org_id) DESC LIMIT 1
$$;

-- The open alarm of a label as a member of its document: "alarm":{"what","since"}, or NULL.
CREATE OR REPLACE FUNCTION core.alarm_public(p_code text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT '"alarm":{' || core.js('what', a.what) || ',' || core.js('since', a.opened_at::date) || '}'
	FROM core.label_alarm a WHERE a.code = p_code AND a.closed_at IS NULL AND a.public
	ORDER BY a.what DESC LIMIT 1
$$;
-- The same for those who log in: "alarms":[{"what","since","last","n"}], or NULL.
CREATE OR REPLACE FUNCTION core.alarms_json(p_code text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, core AS $$
BEGIN
	RETURN (SELECT '"alarms":[' || string_agg('{' || concat_ws(',', core.js('what', a.what),
			core.js('since', a.opened_at), core.js('last', a.last_at), '"n":' || a.n) || '}', ','
			ORDER BY a.opened_at, a.id) || ']'
		FROM core.label_alarm a WHERE a.code = p_code AND a.closed_at IS NULL);
END
$$;

-- What a change of alarms shows: the label's page and the office's lines.
CREATE OR REPLACE FUNCTION core.alarm_shown(p_code text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	facility constant bigint := (SELECT l.facility_id FROM core.label l WHERE l.code = p_code);
BEGIN
	PERFORM core.publish_labels(ARRAY[p_code]);
	IF facility IS NOT NULL THEN
		PERFORM core.facts_write(ARRAY[facility]);
	END IF;
END
$$;

-- A report of a resident about a label came, or was let out of quarantine. Reports count that came
-- after the label was stuck there, after somebody last found it intact and after the last alarm.
CREATE OR REPLACE FUNCTION core.sticker_said(t core.ticket, p_what text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	l core.label;
	rule core.sticker_rule;
	n int;
	newest timestamptz;
BEGIN
	-- two at once: each counts the other's
	SELECT * INTO l FROM core.label x WHERE x.code = t.code AND x.state = 'active' FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	-- once a day, or a flood would fill the ledger
	IF NOT EXISTS (SELECT FROM core.label_event e WHERE e.code = l.code AND e.what = p_what
		AND e.who = 'report' AND e.at > core.now() - interval '1 day')
	THEN
		PERFORM core.label_event_add(l.code, 'report', p_what, NULL, core.ticket_no(t));
	END IF;
	IF p_what = 'damaged' AND l.damaged_at IS NULL THEN
		UPDATE core.label SET damaged_at = t.at WHERE code = l.code;
	END IF;
	rule := core.sticker_rule_of((SELECT o.path FROM core.place p JOIN core.org o ON o.id = p.org_id
		WHERE p.id = coalesce(l.place_id, (SELECT f.place_id FROM core.facility f WHERE f.id = l.facility_id))),
		p_what);
	SELECT count(*), max(x.at) INTO n, newest FROM core.ticket x JOIN core.ticket_kind k ON k.code = x.kind
	WHERE x.code = l.code AND k.sticker = p_what AND x.state <> 'quarantine'
		AND x.at > core.now() - make_interval(days => rule.days)
		AND x.at >= l.since
		AND x.at > greatest('-infinity', (SELECT max(s.at) FROM core.sticker_report s
				WHERE s.code = l.code AND s.what = 'intact'),
			(SELECT max(a.last_at) FROM core.label_alarm a WHERE a.code = l.code AND a.what = p_what
				AND a.closed_at IS NOT NULL));
	IF rule.id IS NULL OR n < rule.n THEN
		RETURN;
	END IF;
	UPDATE core.label_alarm a SET n = a.n + 1, last_at = greatest(a.last_at, newest)
	WHERE a.code = l.code AND a.what = p_what AND a.closed_at IS NULL;
	IF NOT FOUND THEN
		INSERT INTO core.label_alarm (code, what, rule_id, public, n, opened_at, last_at)
		VALUES (l.code, p_what, rule.id, rule.public, n, core.now(), newest);
		PERFORM core.label_event_add(l.code, 'report', 'alarm', NULL, p_what || ' ' || n);
		PERFORM core.alarm_shown(l.code);
	END IF;
END
$$;

CREATE OR REPLACE FUNCTION core.ticket_sticker() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
DECLARE
	what constant text := (SELECT k.sticker FROM core.ticket_kind k WHERE k.code = NEW.kind);
BEGIN
	IF what IS NOT NULL THEN
		PERFORM core.sticker_said(NEW, what);
	END IF;
	RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER sticker_new AFTER INSERT ON core.ticket FOR EACH ROW
	WHEN (NEW.code IS NOT NULL AND NEW.state <> 'quarantine') EXECUTE FUNCTION core.ticket_sticker();
CREATE OR REPLACE TRIGGER sticker_released AFTER UPDATE OF state ON core.ticket FOR EACH ROW
	WHEN (NEW.code IS NOT NULL AND OLD.state = 'quarantine' AND NEW.state NOT IN ('quarantine', 'closed'))
	EXECUTE FUNCTION core.ticket_sticker();

-- Ends the alarms of a label whose last report is older than p_at.
CREATE OR REPLACE FUNCTION core.alarm_close(p_code text, p_why text, p_at timestamptz, p_account int)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	UPDATE core.label_alarm SET closed_at = core.now(), closed_by = p_account, why = p_why
	WHERE code = p_code AND closed_at IS NULL AND last_at < p_at;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	IF p_why = 'intact' THEN
		PERFORM core.label_event_add(p_code, auth.login(), 'intact', NULL, NULL);
	END IF;
	PERFORM core.alarm_shown(p_code);
END
$$;

CREATE OR REPLACE FUNCTION core.alarm_seen() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM core.alarm_close(NEW.code, 'intact', NEW.at, NEW.account);
	RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER alarm_seen AFTER INSERT ON core.sticker_report FOR EACH ROW
	WHEN (NEW.what = 'intact' AND NEW.code IS NOT NULL) EXECUTE FUNCTION core.alarm_seen();

-- The label is stuck elsewhere, replaced or void: what was said of it there is over.
CREATE OR REPLACE FUNCTION core.alarm_moot() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core AS $$
BEGIN
	PERFORM core.alarm_close(NEW.code, NEW.what, 'infinity', core.my_account());
	RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER alarm_moot AFTER INSERT ON core.label_event FOR EACH ROW
	WHEN (NEW.what IN ('bound', 'replaced', 'void')) EXECUTE FUNCTION core.alarm_moot();
