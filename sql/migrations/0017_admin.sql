-- Administration: what is data is changed on pages. Sections and their fields are data themselves
-- (sql/seed/07_admin.sql); the pages know neither.

-- A section: rows of one sort, with a form. parent: each of its rows hangs on a row of that
-- section; its key is then PARENT.CODE. top_only: what belongs to no office (kinds, words) is
-- changed only by an office without parent, unless the deployment says otherwise here. dated: a
-- change ends the row in force and begins a new one.
CREATE TABLE core.admin_section (
	code text COLLATE "C" PRIMARY KEY CHECK (code ~ '^[a-z]{1,20}$'),
	rank smallint NOT NULL,
	parent text COLLATE "C" REFERENCES core.admin_section,
	name json NOT NULL,
	lead json,
	new json,
	top_only boolean NOT NULL DEFAULT false,
	dated boolean NOT NULL DEFAULT false,
	-- rows may be removed while nothing names them; everything else is ended, or stays
	removes boolean NOT NULL DEFAULT false
);
SELECT core.protect('core.admin_section');

-- A field of a section's form. fixed: given once, with a new row. options: where the choices of
-- choice and multi come from (core.admin_options). form: what a text must look like.
CREATE TABLE core.admin_field (
	section text COLLATE "C" NOT NULL REFERENCES core.admin_section,
	code text COLLATE "C" NOT NULL CHECK (code ~ '^[a-z][a-z0-9_-]*$'),
	rank smallint NOT NULL,
	type text NOT NULL CHECK (type IN ('text', 'long', 'integer', 'number', 'date', 'choice', 'multi',
		'pair', 'ref')),
	name json NOT NULL,
	help json,
	required boolean NOT NULL DEFAULT false,
	fixed boolean NOT NULL DEFAULT false,
	options text,
	form text,
	-- what stands in the form of a new row
	preset text,
	max smallint NOT NULL DEFAULT 200 CHECK (max > 0),
	CHECK ((type IN ('choice', 'multi', 'ref')) = (options IS NOT NULL)),
	PRIMARY KEY (section, code)
);
SELECT core.protect('core.admin_field');

-- Who changed what when, with what stood there before and what stands there since. org_id: the
-- office the row belongs to; NULL: to all.
CREATE TABLE core.admin_change (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at timestamptz NOT NULL,
	account int NOT NULL REFERENCES core.account,
	org_id int REFERENCES core.org,
	section text COLLATE "C" NOT NULL REFERENCES core.admin_section,
	key text COLLATE "C" NOT NULL CHECK (key <> ''),
	act text NOT NULL CHECK (act IN ('add', 'change', 'end', 'remove')),
	before jsonb,
	after jsonb,
	CHECK ((before IS NULL) = (act = 'add')),
	CHECK ((after IS NULL) = (act = 'remove'))
);
CREATE INDEX admin_change_of ON core.admin_change (section, key, id);
SELECT core.protect('core.admin_change');
SELECT core.append_only('core.admin_change');

SELECT core.staff_sees(t, 'core.my_account() IS NOT NULL')
FROM unnest(ARRAY['core.admin_section', 'core.admin_field']::regclass[]) t;
SELECT core.staff_sees('core.admin_change', $$ (SELECT core.my_right('admin')) AND (org_id IS NULL
	OR EXISTS (SELECT FROM core.org o WHERE o.id = org_id AND o.path @> ARRAY[core.my_org()])) $$);

-- What an office and those below it usually print labels on: a template's name; nearest office.
CREATE TABLE core.label_usual (
	org_id int PRIMARY KEY REFERENCES core.org,
	template text NOT NULL CHECK (template ~ '^[a-z0-9][a-z0-9-]{0,60}$'),
	printer text CHECK (printer <> '')
);
SELECT core.protect('core.label_usual');
SELECT core.staff_sees('core.label_usual', 'core.my_account() IS NOT NULL');

-- Whether somebody changed a row by hand: seeds then leave it alone. A kind is changed by what
-- hangs on it, too.
CREATE FUNCTION core.admin_touched(p_section text, p_key text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT EXISTS (SELECT FROM core.admin_change c WHERE c.section = p_section AND c.key = p_key)
		OR EXISTS (SELECT FROM core.admin_section s
			JOIN core.admin_change c ON c.section = s.code
				AND c.key COLLATE "C" >= p_key || '.' AND c.key COLLATE "C" < p_key || '/'
			WHERE s.parent = p_section)
$$;
