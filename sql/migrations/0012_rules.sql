-- What is due when: working days as data, and what starts a new clock.

-- Which days are worked. Years that are not loaded have no row: what is reckoned in them by the
-- weekend alone is provisional, and says so.
CREATE TABLE core.calendar (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	code text COLLATE "C" NOT NULL UNIQUE CHECK (code ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
	name json NOT NULL,
	-- days of the week that are off by themselves, Monday 1 to Sunday 7
	weekend smallint[] NOT NULL DEFAULT '{6,7}' CHECK (weekend <@ '{1,2,3,4,5,6,7}'
		AND cardinality(weekend) <= 4)
);
SELECT core.protect('core.calendar');

CREATE TABLE core.calendar_year (
	calendar_id int NOT NULL REFERENCES core.calendar,
	year smallint NOT NULL CHECK (year BETWEEN 1990 AND 2200),
	basis text NOT NULL CHECK (basis <> ''),
	source text,
	loaded_at timestamptz NOT NULL DEFAULT now(),
	loaded_by text NOT NULL CHECK (loaded_by <> ''),
	PRIMARY KEY (calendar_id, year)
);
SELECT core.protect('core.calendar_year');

-- Days that are not what their day of the week says: off days and days worked instead.
CREATE TABLE core.calendar_day (
	calendar_id int NOT NULL,
	day date NOT NULL,
	year smallint NOT NULL GENERATED ALWAYS AS (extract(year FROM day)) STORED,
	works boolean NOT NULL,
	name text CHECK (name <> ''),
	PRIMARY KEY (calendar_id, day),
	FOREIGN KEY (calendar_id, year) REFERENCES core.calendar_year
);
SELECT core.protect('core.calendar_day');

-- The calendar of an office and those below it; the nearest office's counts.
CREATE TABLE core.calendar_org (
	org_id int PRIMARY KEY REFERENCES core.org,
	calendar_id int NOT NULL REFERENCES core.calendar
);
SELECT core.protect('core.calendar_org');

-- An interval in working days, instead of months and days. To be public within so many working
-- days after the day of the work, instead of hours. What a failed record starts: this duty is to be
-- done within so many days, or working days, after it (0: the same day).
ALTER TABLE core.rule
	ADD COLUMN work_days smallint CHECK (work_days > 0),
	ADD COLUMN post_work_days smallint CHECK (post_work_days > 0),
	ADD COLUMN fail_days smallint CHECK (fail_days >= 0),
	ADD COLUMN fail_work_days smallint CHECK (fail_work_days >= 0),
	ADD CONSTRAINT rule_interval CHECK (work_days IS NULL OR (months IS NULL AND days IS NULL)),
	ADD CONSTRAINT rule_post CHECK (post_hours IS NULL OR post_work_days IS NULL),
	ADD CONSTRAINT rule_fail CHECK (fail_days IS NULL OR fail_work_days IS NULL);

-- What an office announced, and what it starts for whatever stands in its area: work of this type
-- is to be done within so many days (or working days) after on_date. A record of on_date or later
-- does it. Ended: from ended_on it starts nothing any more, for whom has not done it either.
CREATE TABLE core.event (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	org_id int NOT NULL REFERENCES core.org,
	what text NOT NULL CHECK (what IN ('heat', 'typhoon', 'flood', 'pollution', 'outbreak', 'other')),
	kind_id int NOT NULL REFERENCES core.kind,
	type text NOT NULL CHECK (type <> ''),
	on_date date NOT NULL,
	days smallint CHECK (days BETWEEN 0 AND 366),
	work_days smallint CHECK (work_days BETWEEN 0 AND 250),
	-- shown to the public
	basis text NOT NULL CHECK (basis <> ''),
	-- how many stood in the area that day
	facilities int NOT NULL CHECK (facilities > 0),
	made_at timestamptz NOT NULL,
	made_by int NOT NULL REFERENCES core.account,
	ended_on date,
	ended_at timestamptz,
	ended_by int REFERENCES core.account,
	end_reason text CHECK (end_reason <> ''),
	CHECK ((days IS NULL) <> (work_days IS NULL)),
	CHECK ((ended_on IS NULL) = (ended_at IS NULL) AND (ended_on IS NULL) = (ended_by IS NULL)
		AND (ended_on IS NULL) = (end_reason IS NULL))
);
CREATE INDEX event_org ON core.event (org_id, on_date);
SELECT core.protect('core.event');

-- An event is ended once, and otherwise stays as it was announced.
CREATE FUNCTION core.event_guard() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	IF TG_OP <> 'UPDATE' OR OLD.ended_on IS NOT NULL
		OR (NEW.id, NEW.org_id, NEW.what, NEW.kind_id, NEW.type, NEW.on_date, NEW.days, NEW.work_days,
			NEW.basis, NEW.facilities, NEW.made_at, NEW.made_by) IS DISTINCT FROM (OLD.id, OLD.org_id, OLD.what,
			OLD.kind_id, OLD.type, OLD.on_date, OLD.days, OLD.work_days, OLD.basis,
			OLD.facilities, OLD.made_at, OLD.made_by)
	THEN
		RAISE EXCEPTION '% of core.event refused: an event is only ended', TG_OP USING ERRCODE = 'QR409';
	END IF;
	RETURN NEW;
END
$$;
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON core.event
	FOR EACH ROW EXECUTE FUNCTION core.event_guard();
CREATE TRIGGER append_only BEFORE TRUNCATE ON core.event EXECUTE FUNCTION core.refuse_change();

-- Days, like rules, are public by themselves. Events: one's own area, and what offices above say.
SELECT core.staff_sees(t, 'core.my_account() IS NOT NULL')
FROM unnest(ARRAY['core.calendar', 'core.calendar_year', 'core.calendar_day', 'core.calendar_org',
	'core.event']::regclass[]) t;

-- As the audit: when it was by the clock that tests may set.
ALTER TABLE core.label_event ALTER at SET DEFAULT core.now();
