-- The register: who (org, party), what (kind, rule, limits), where (place, facility).

-- Offices, any depth. path: ids from the root down to the row itself, kept by the trigger.
CREATE TABLE core.org (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	parent_id int REFERENCES core.org,
	path int[] NOT NULL,
	code text COLLATE "C" NOT NULL UNIQUE CHECK (code ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
	-- 12 digits (2+2+2+3+3) of the statistical division and the year of that release; codes of
	-- streets and communities change with releases, so they are never part of a printed code
	division_code text COLLATE "C" CHECK (division_code ~ '^[0-9]{12}$'),
	division_year smallint CHECK (division_year BETWEEN 2009 AND 2200),
	name text NOT NULL CHECK (name <> ''),
	phone text CHECK (phone <> ''),
	source text,
	CHECK ((division_code IS NULL) = (division_year IS NULL)),
	UNIQUE (division_code, division_year)
);
CREATE INDEX org_parent ON core.org (parent_id);
CREATE INDEX org_path ON core.org USING gin (path);
SELECT core.protect('core.org');

CREATE FUNCTION core.org_place_in_tree() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	IF NEW.parent_id IS NULL THEN
		NEW.path := ARRAY[NEW.id];
	ELSE
		SELECT o.path || NEW.id INTO NEW.path FROM core.org o WHERE o.id = NEW.parent_id;
		IF NEW.id = ANY (NEW.path[:cardinality(NEW.path) - 1]) THEN
			RAISE EXCEPTION 'org % cannot stand below itself', NEW.code USING ERRCODE = 'QR422';
		END IF;
	END IF;
	RETURN NEW;
END
$$;
CREATE TRIGGER place_in_tree BEFORE INSERT OR UPDATE OF parent_id ON core.org
	FOR EACH ROW EXECUTE FUNCTION core.org_place_in_tree();

CREATE FUNCTION core.org_move_below() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	UPDATE core.org SET path = NEW.path || path[cardinality(OLD.path) + 1:]
	WHERE path @> ARRAY[NEW.id] AND id <> NEW.id;
	RETURN NULL;
END
$$;
CREATE TRIGGER move_below AFTER UPDATE OF parent_id ON core.org
	FOR EACH ROW WHEN (OLD.path IS DISTINCT FROM NEW.path)
	EXECUTE FUNCTION core.org_move_below();

-- Firms and offices that do, test or manage something.
CREATE TABLE core.party (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	credit_code text COLLATE "C" UNIQUE CHECK (core.credit_code_ok(credit_code)),
	name text NOT NULL CHECK (name <> ''),
	phone text CHECK (phone <> '')
);
SELECT core.protect('core.party');

-- Spellings under which a source names a party. norm ignores case, width, spaces and
-- punctuation and nothing else: what differs more is another party until a person says not.
CREATE TABLE core.party_alias (
	source text NOT NULL,
	norm text COLLATE "C" NOT NULL CHECK (norm <> ''),
	party_id int NOT NULL REFERENCES core.party,
	spelled text[] NOT NULL,
	PRIMARY KEY (source, norm)
);
CREATE INDEX party_alias_party ON core.party_alias (party_id);
SELECT core.protect('core.party_alias');

CREATE TABLE core.party_filing (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	party_id int NOT NULL REFERENCES core.party,
	number text NOT NULL CHECK (number <> ''),
	authority text,
	valid_from date NOT NULL,
	valid_to date,
	CHECK (valid_to >= valid_from),
	UNIQUE (party_id, number, valid_from)
);
SELECT core.protect('core.party_filing');

-- Words of the pages: json, not jsonb, so that the order written is the order shown.
CREATE TABLE core.unit (
	code text COLLATE "C" PRIMARY KEY,
	name json NOT NULL
);
SELECT core.protect('core.unit');

-- What a result may be instead of a number. absent: nothing there; present: something there.
CREATE TABLE core.word (
	code text COLLATE "C" PRIMARY KEY CHECK (code ~ '^[a-z][a-z0-9_]*$'),
	rank smallint NOT NULL,
	name json NOT NULL,
	sense text NOT NULL CHECK (sense IN ('absent', 'present', 'other'))
);
SELECT core.protect('core.word');

CREATE TABLE core.flag (
	code text COLLATE "C" PRIMARY KEY CHECK (code ~ '^[a-z][a-z0-9_]*(:[a-z0-9_]+)?$'),
	name json NOT NULL
);
SELECT core.protect('core.flag');

CREATE TABLE core.item (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	code text COLLATE "C" NOT NULL UNIQUE CHECK (code ~ '^[a-z][a-z0-9_]*$'),
	rank smallint NOT NULL,
	name json NOT NULL,
	plain json,
	unit text REFERENCES core.unit
);
SELECT core.protect('core.item');

-- A kind of facility is data: names and question per language, record types, photo slots,
-- parameters, fields (sql/README.md gives the shape).
CREATE TABLE core.kind (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	code text COLLATE "C" NOT NULL UNIQUE CHECK (code ~ '^[a-z][a-z0-9_]*$'),
	rank smallint NOT NULL,
	data json NOT NULL CHECK (json_typeof(data) = 'object'
		AND json_typeof(data -> 'name') = 'object' AND json_typeof(data -> 'types') = 'object')
);
SELECT core.protect('core.kind');

-- What must be done how often, in a subtree of offices, from a date to a date; the rule of the
-- nearest office above a facility wins. rank 1 is the main duty.
CREATE TABLE core.rule (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	code text COLLATE "C" NOT NULL CHECK (code ~ '^[a-z0-9][a-z0-9-]*$'),
	kind_id int NOT NULL REFERENCES core.kind,
	type text NOT NULL,
	org_id int NOT NULL REFERENCES core.org,
	valid_from date NOT NULL,
	valid_to date,
	rank smallint NOT NULL CHECK (rank > 0),
	months smallint CHECK (months > 0),
	days smallint CHECK (days > 0),
	soon_days smallint NOT NULL DEFAULT 30 CHECK (soon_days >= 0),
	-- hours to the publication, counted from the end of the work
	post_hours smallint CHECK (post_hours > 0),
	-- records of these types do this duty too when they carry a verdict
	also text[] NOT NULL DEFAULT '{}',
	-- a failed record of this type is cured by a later passing one of these types (and its own)
	cured_by text[] NOT NULL DEFAULT '{}',
	basis text NOT NULL CHECK (basis <> ''),
	source text,
	CHECK (valid_to >= valid_from),
	UNIQUE (code, valid_from),
	-- one rule a day for kind, type and office
	EXCLUDE USING gist (
		int8range(kind_id, kind_id, '[]') WITH &&,
		int8range(org_id, org_id, '[]') WITH &&,
		int8range(hashtext(type), hashtext(type), '[]') WITH &&,
		daterange(valid_from, valid_to, '[]') WITH &&)
);
CREATE INDEX rule_kind ON core.rule (kind_id, type, org_id);
SELECT core.protect('core.rule');

CREATE TABLE core.limit_item (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	item_id int NOT NULL REFERENCES core.item,
	org_id int NOT NULL REFERENCES core.org,
	valid_from date NOT NULL,
	valid_to date,
	op text NOT NULL CHECK (op IN ('<=', '>=', 'between', 'word')),
	lo numeric,
	hi numeric,
	word text REFERENCES core.word,
	basis text NOT NULL CHECK (basis <> ''),
	source text,
	CHECK (valid_to >= valid_from),
	CHECK (CASE op WHEN '<=' THEN hi IS NOT NULL AND lo IS NULL AND word IS NULL
		WHEN '>=' THEN lo IS NOT NULL AND hi IS NULL AND word IS NULL
		WHEN 'between' THEN lo IS NOT NULL AND hi IS NOT NULL AND lo < hi AND word IS NULL
		ELSE word IS NOT NULL AND lo IS NULL AND hi IS NULL END),
	UNIQUE (item_id, org_id, valid_from),
	EXCLUDE USING gist (
		int8range(item_id, item_id, '[]') WITH &&,
		int8range(org_id, org_id, '[]') WITH &&,
		daterange(valid_from, valid_to, '[]') WITH &&)
);
SELECT core.protect('core.limit_item');

-- A compound or site; its page lists what stands there.
CREATE TABLE core.place (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	code core.code NOT NULL UNIQUE,
	org_id int NOT NULL REFERENCES core.org,
	name text NOT NULL CHECK (name <> ''),
	address text CHECK (address <> '')
);
CREATE INDEX place_org ON core.place (org_id);
SELECT core.protect('core.place');

CREATE TABLE core.facility (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	code core.code NOT NULL UNIQUE,
	kind_id int NOT NULL REFERENCES core.kind,
	place_id bigint NOT NULL REFERENCES core.place,
	name text CHECK (name <> ''),
	building text CHECK (building <> ''),
	serves text CHECK (serves <> ''),
	params jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(params) = 'object'),
	since date NOT NULL,
	-- never published; for the check of where a photo was taken
	lon numeric(9, 6) CHECK (lon BETWEEN -180 AND 180),
	lat numeric(8, 6) CHECK (lat BETWEEN -90 AND 90),
	-- last number given to a record; the row's lock orders the numbers, so that none is missing
	last_seq int NOT NULL DEFAULT 0 CHECK (last_seq >= 0),
	CHECK ((lon IS NULL) = (lat IS NULL))
);
CREATE INDEX facility_place ON core.facility (place_id);
CREATE INDEX facility_kind ON core.facility (kind_id);
SELECT core.protect('core.facility');

-- In service, suspended, retired; the row with the latest since that has come counts.
CREATE TABLE core.facility_status (
	facility_id bigint NOT NULL REFERENCES core.facility,
	since date NOT NULL,
	n int NOT NULL CHECK (n > 0),
	status text NOT NULL CHECK (status IN ('in_service', 'suspended', 'retired')),
	reason text CHECK (reason <> ''),
	recorded_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (facility_id, since, n)
);
SELECT core.protect('core.facility_status');
SELECT core.append_only('core.facility_status');

-- Who manages it, from when to when. party_id NULL: stated that nobody does. No row: unknown.
CREATE TABLE core.facility_manager (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	facility_id bigint NOT NULL REFERENCES core.facility,
	party_id int REFERENCES core.party,
	valid_from date NOT NULL,
	valid_to date,
	CHECK (valid_to >= valid_from),
	EXCLUDE USING gist (
		int8range(facility_id, facility_id, '[]') WITH &&,
		daterange(valid_from, valid_to, '[]') WITH &&)
);
CREATE INDEX facility_manager_facility ON core.facility_manager (facility_id, valid_from);
CREATE INDEX facility_manager_party ON core.facility_manager (party_id);
SELECT core.protect('core.facility_manager');
