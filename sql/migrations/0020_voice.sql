-- The right of reply beside published results, appeals, new tests that were asked for; alarms of
-- stickers that several people say hang in the wrong place.

-- How long firms and offices have, for an office and those below it; the nearest office's rule wins,
-- without one nothing can be appealed. Calendar days, day 1 is the day after. appeal: from the
-- publication of what is appealed; decide: from the appeal; replies: of one firm to one record.
CREATE TABLE core.voice_rule (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	code text COLLATE "C" NOT NULL CHECK (code ~ '^[a-z0-9][a-z0-9-]*$'),
	org_id int NOT NULL REFERENCES core.org,
	appeal_days smallint NOT NULL CHECK (appeal_days BETWEEN 1 AND 366),
	decide_days smallint NOT NULL CHECK (decide_days BETWEEN 1 AND 366),
	replies smallint NOT NULL CHECK (replies BETWEEN 1 AND 10),
	valid_from date NOT NULL,
	valid_to date,
	basis text NOT NULL CHECK (basis <> ''),
	source text,
	CHECK (valid_to >= valid_from),
	UNIQUE (code, valid_from)
);
CREATE INDEX voice_rule_org ON core.voice_rule (org_id);
SELECT core.protect('core.voice_rule');

-- What a firm says of a published record. key: made with the form; sent again it is the same. rev:
-- the revision it speaks of; name: the firm's name that day.
--   shown: its words are public: waiting for the check, yes, no (the step says on what ground)
--   state: of an appeal: open, granted, rejected; of a new test: open, accepted, rejected; that the new
--   result is there follows from the records (core.reply_result)
-- due_on: an appeal is answered, an accepted test done until then.
CREATE TABLE core.reply (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	key uuid NOT NULL UNIQUE,
	kind text NOT NULL CHECK (kind IN ('reply', 'appeal', 'retest')),
	record_id uuid NOT NULL REFERENCES core.record,
	rev smallint NOT NULL,
	facility_id bigint NOT NULL REFERENCES core.facility,
	party_id int NOT NULL REFERENCES core.party,
	name text NOT NULL CHECK (name <> ''),
	by_account int NOT NULL REFERENCES core.account,
	at timestamptz NOT NULL,
	words text NOT NULL CHECK (words <> '' AND length(words) <= 500),
	shown text NOT NULL DEFAULT 'waiting' CHECK (shown IN ('waiting', 'yes', 'no')),
	state text CHECK (state IN ('open', 'granted', 'accepted', 'rejected')),
	due_on date,
	CHECK ((kind = 'reply') = (state IS NULL)),
	CHECK (state <> 'granted' OR kind = 'appeal'),
	CHECK (state <> 'accepted' OR kind = 'retest'),
	CHECK ((kind = 'appeal' OR state = 'accepted') = (due_on IS NOT NULL)),
	FOREIGN KEY (record_id, rev) REFERENCES core.revision
);
CREATE INDEX reply_record ON core.reply (record_id);
CREATE INDEX reply_facility ON core.reply (facility_id);
CREATE INDEX reply_party ON core.reply (party_id, id);
CREATE INDEX reply_open ON core.reply (id) WHERE shown = 'waiting' OR state = 'open';
-- one appeal a firm and revision
CREATE UNIQUE INDEX reply_appeal ON core.reply (record_id, rev, party_id) WHERE kind = 'appeal';
SELECT core.protect('core.reply');

CREATE FUNCTION core.reply_guard() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	IF (NEW.key, NEW.kind, NEW.record_id, NEW.rev, NEW.facility_id, NEW.party_id, NEW.name, NEW.by_account,
		NEW.at, NEW.words) IS DISTINCT FROM (OLD.key, OLD.kind, OLD.record_id, OLD.rev, OLD.facility_id,
		OLD.party_id, OLD.name, OLD.by_account, OLD.at, OLD.words)
	THEN
		RAISE EXCEPTION 'reply % keeps what it said', OLD.id USING ERRCODE = 'QR409';
	END IF;
	RETURN NEW;
END
$$;
CREATE TRIGGER guard BEFORE UPDATE ON core.reply FOR EACH ROW EXECUTE FUNCTION core.reply_guard();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON core.reply EXECUTE FUNCTION core.refuse_change();

-- What offices did with it. words: public ones: the ground of a refusal, the decision. office: as named
-- that day.
CREATE TABLE core.reply_step (
	reply_id bigint NOT NULL REFERENCES core.reply,
	n smallint NOT NULL CHECK (n > 0),
	at timestamptz NOT NULL,
	act text NOT NULL CHECK (act IN ('publish', 'refuse', 'hide', 'grant', 'accept', 'reject')),
	by_account int NOT NULL REFERENCES core.account,
	office text NOT NULL CHECK (office <> ''),
	words text CHECK (words <> '' AND length(words) <= 500),
	PRIMARY KEY (reply_id, n),
	CHECK (words IS NOT NULL OR act IN ('publish', 'accept'))
);
SELECT core.protect('core.reply_step');
SELECT core.append_only('core.reply_step');

-- ---- stickers ------------------------------------------------------------------------------
-- How many reports of one label within how many days raise an alarm, for an office and those below
-- it; the nearest office's rule wins. public: the label's page says so.
CREATE TABLE core.sticker_rule (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	code text COLLATE "C" NOT NULL CHECK (code ~ '^[a-z0-9][a-z0-9-]*$'),
	org_id int NOT NULL REFERENCES core.org,
	what text NOT NULL CHECK (what IN ('not_here', 'damaged', 'foreign')),
	n smallint NOT NULL CHECK (n BETWEEN 1 AND 1000),
	days smallint NOT NULL CHECK (days BETWEEN 1 AND 366),
	public boolean NOT NULL,
	valid_from date NOT NULL,
	valid_to date,
	basis text NOT NULL CHECK (basis <> ''),
	source text,
	CHECK (valid_to >= valid_from),
	UNIQUE (code, valid_from)
);
CREATE INDEX sticker_rule_org ON core.sticker_rule (org_id);
SELECT core.protect('core.sticker_rule');

-- An alarm of a label: open until a person on site found it intact, or it is no longer in use there.
-- n, last_at: of the reports it is made of. why: what closed it.
CREATE TABLE core.label_alarm (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	code core.code NOT NULL REFERENCES core.label,
	what text NOT NULL CHECK (what IN ('not_here', 'damaged', 'foreign')),
	rule_id int NOT NULL REFERENCES core.sticker_rule,
	public boolean NOT NULL,
	n int NOT NULL CHECK (n > 0),
	opened_at timestamptz NOT NULL,
	last_at timestamptz NOT NULL,
	closed_at timestamptz,
	closed_by int REFERENCES core.account,
	why text CHECK (why IN ('intact', 'bound', 'replaced', 'void')),
	CHECK ((closed_at IS NULL) = (why IS NULL))
);
CREATE UNIQUE INDEX label_alarm_open ON core.label_alarm (code, what) WHERE closed_at IS NULL;
CREATE INDEX label_alarm_code ON core.label_alarm (code);
SELECT core.protect('core.label_alarm');

-- The ledger keeps what residents say of a label (once a day), alarms, and that they are over.
ALTER TABLE core.label_event DROP CONSTRAINT label_event_what_check;
ALTER TABLE core.label_event ADD CONSTRAINT label_event_what_check CHECK (what IN ('issued', 'bound',
	'replaced', 'void', 'damaged', 'not_here', 'foreign', 'alarm', 'intact'));

-- ---- who sees what -------------------------------------------------------------------------
SELECT core.staff_sees(t, 'core.my_account() IS NOT NULL')
FROM unnest(ARRAY['core.voice_rule', 'core.sticker_rule']::regclass[]) t;
-- A firm sees its own, and of others what is public.
SELECT core.staff_sees('core.reply', $$ party_id = core.my_party() OR (EXISTS (SELECT FROM core.facility f
	WHERE f.id = facility_id) AND (core.my_party() IS NULL OR shown = 'yes')) $$);
SELECT core.staff_sees('core.reply_step', 'EXISTS (SELECT FROM core.reply r WHERE r.id = reply_id)');
SELECT core.staff_sees('core.label_alarm', 'EXISTS (SELECT FROM core.label l WHERE l.code = label_alarm.code)');
