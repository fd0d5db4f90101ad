-- What the board of an office shows: lines with what nobody looks after, counts of every office's
-- scope, the ends of months.

-- ---- lines -----------------------------------------------------------------------------------
-- path: the offices above, from the root down, as the tally counts them. Nobody known: manager_id NULL
-- and not unmanaged. waiting: a record waits for its confirmation. post_late: the newest record made
-- here was published after its hour. sticker: has a label of its own in use; scanned: one of these
-- was; marked: one of these is damaged, or a foreign sticker was seen.
ALTER TABLE core.facility_line
	ADD COLUMN path int[],
	ADD COLUMN place_id bigint REFERENCES core.place,
	ADD COLUMN manager_id int REFERENCES core.party,
	ADD COLUMN unmanaged boolean NOT NULL DEFAULT false,
	ADD COLUMN waiting boolean NOT NULL DEFAULT false,
	ADD COLUMN post_late boolean NOT NULL DEFAULT false,
	ADD COLUMN sticker boolean NOT NULL DEFAULT false,
	ADD COLUMN scanned boolean NOT NULL DEFAULT false,
	ADD COLUMN marked boolean NOT NULL DEFAULT false,
	-- no day makes it overdue
	ADD COLUMN lost boolean NOT NULL GENERATED ALWAYS AS (never AND overdue_from IS NULL) STORED,
	ADD COLUMN sort_day date NOT NULL GENERATED ALWAYS AS (coalesce(due, 'infinity'::date)) STORED;
UPDATE core.facility_line l SET path = o.path, place_id = p.id
FROM core.facility f JOIN core.place p ON p.id = f.place_id JOIN core.org o ON o.id = p.org_id
WHERE f.id = l.facility_id;
ALTER TABLE core.facility_line ALTER COLUMN path SET NOT NULL, ALTER COLUMN place_id SET NOT NULL,
	ADD CHECK (manager_id IS NULL OR NOT unmanaged);

-- Worst first within an office, and within all of them; of one kind; of one firm; at one place.
CREATE INDEX facility_line_worst ON core.facility_line (org_id, lost, sort_day, facility_id)
	WHERE status = 'in_service' AND NOT failed;
CREATE INDEX facility_line_worst_all ON core.facility_line (lost, sort_day, facility_id)
	WHERE status = 'in_service' AND NOT failed;
CREATE INDEX facility_line_kind ON core.facility_line (kind_id, org_id, lost, sort_day, facility_id)
	WHERE status = 'in_service' AND NOT failed;
CREATE INDEX facility_line_dated ON core.facility_line (org_id, sort_day, facility_id)
	WHERE status = 'in_service' AND NOT failed AND never AND overdue_from IS NOT NULL;
CREATE INDEX facility_line_failed_day ON core.facility_line (org_id, sort_day, facility_id)
	WHERE status = 'in_service' AND failed;
CREATE INDEX facility_line_off ON core.facility_line (org_id, sort_day, facility_id)
	WHERE status <> 'in_service';
CREATE INDEX facility_line_manager ON core.facility_line (manager_id) WHERE manager_id IS NOT NULL;
CREATE INDEX facility_line_place ON core.facility_line (org_id, place_id, facility_id);
-- what is lacking
CREATE INDEX facility_line_unmanaged ON core.facility_line (org_id, sort_day, facility_id)
	WHERE unmanaged AND status <> 'retired';
CREATE INDEX facility_line_no_manager ON core.facility_line (org_id, sort_day, facility_id)
	WHERE manager_id IS NULL AND NOT unmanaged AND status <> 'retired';
CREATE INDEX facility_line_waiting ON core.facility_line (org_id, sort_day, facility_id)
	WHERE waiting AND status <> 'retired';
CREATE INDEX facility_line_post_late ON core.facility_line (org_id, sort_day, facility_id)
	WHERE post_late AND status <> 'retired';
CREATE INDEX facility_line_no_sticker ON core.facility_line (org_id, sort_day, facility_id)
	WHERE NOT sticker AND status <> 'retired';
CREATE INDEX facility_line_unscanned ON core.facility_line (org_id, sort_day, facility_id)
	WHERE sticker AND NOT scanned AND status <> 'retired';
CREATE INDEX facility_line_never ON core.facility_line (org_id, sort_day, facility_id)
	WHERE never AND status <> 'retired';
CREATE INDEX facility_line_marked ON core.facility_line (org_id, sort_day, facility_id)
	WHERE marked AND status <> 'retired';

-- ---- counts ----------------------------------------------------------------------------------
-- A line counts for each office of its path, so that what is below an office is counted by that
-- office's rows alone. Rows are added by the triggers here, whoever writes lines.
TRUNCATE core.line_tally;
ALTER TABLE core.line_tally ADD COLUMN kind_id int NOT NULL REFERENCES core.kind;

-- What is lacking does not depend on the day: counted apart, or every combination would be a row.
CREATE TABLE core.flag_tally (
	org_id int NOT NULL REFERENCES core.org,
	kind_id int NOT NULL REFERENCES core.kind,
	flag text COLLATE "C" NOT NULL,
	n int NOT NULL
);
CREATE INDEX flag_tally_org ON core.flag_tally (org_id);
SELECT core.protect('core.flag_tally');

-- What a line counts for besides its state. 'all': it is there.
CREATE FUNCTION core.line_flags(l core.facility_line) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN l.status = 'retired' THEN '{}' ELSE ARRAY['all']
		|| CASE WHEN l.unmanaged THEN '{unmanaged}'::text[] WHEN l.manager_id IS NULL THEN '{no_manager}' END
		|| CASE WHEN l.waiting THEN '{waiting}'::text[] END
		|| CASE WHEN l.post_late THEN '{post_late}'::text[] END
		|| CASE WHEN NOT l.sticker THEN '{no_sticker}'::text[] WHEN NOT l.scanned THEN '{unscanned}' END
		|| CASE WHEN l.marked THEN '{marked}'::text[] END
		|| CASE WHEN l.never THEN '{never}'::text[] END END
$$;

CREATE FUNCTION core.lines_counted() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	IF TG_OP = 'INSERT' THEN
		PERFORM core.tally_add(ARRAY(SELECT x::core.facility_line FROM new_lines x), '{}');
	ELSIF TG_OP = 'DELETE' THEN
		PERFORM core.tally_add('{}', ARRAY(SELECT x::core.facility_line FROM old_lines x));
	ELSE
		PERFORM core.tally_add(ARRAY(SELECT x::core.facility_line FROM new_lines x), ARRAY(SELECT x::core.facility_line FROM old_lines x));
	END IF;
	RETURN NULL;
END
$$;
CREATE FUNCTION core.tally_add(p_new core.facility_line[], p_old core.facility_line[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, core AS $$
	INSERT INTO core.line_tally (org_id, kind_id, status, failed, never, overdue_from, soon_from, n)
	SELECT o.id, t.kind_id, t.status, t.failed, t.never, t.overdue_from, t.soon_from, sum(t.n)
	FROM (SELECT x.*, 1 AS n FROM unnest(p_new) x UNION ALL SELECT y.*, -1 FROM unnest(p_old) y) t
	CROSS JOIN LATERAL unnest(t.path) o (id)
	GROUP BY o.id, t.kind_id, t.status, t.failed, t.never, t.overdue_from, t.soon_from
	HAVING sum(t.n) <> 0;
	INSERT INTO core.flag_tally (org_id, kind_id, flag, n)
	SELECT o.id, t.kind_id, t.flag, sum(t.n)
	FROM (SELECT x.path, x.kind_id, f AS flag, 1 AS n FROM unnest(p_new) x, unnest(core.line_flags(x)) f
		UNION ALL SELECT y.path, y.kind_id, f, -1 FROM unnest(p_old) y, unnest(core.line_flags(y)) f) t
	CROSS JOIN LATERAL unnest(t.path) o (id)
	GROUP BY o.id, t.kind_id, t.flag HAVING sum(t.n) <> 0
$$;
CREATE TRIGGER counted_insert AFTER INSERT ON core.facility_line
	REFERENCING NEW TABLE AS new_lines FOR EACH STATEMENT EXECUTE FUNCTION core.lines_counted();
CREATE TRIGGER counted_update AFTER UPDATE ON core.facility_line
	REFERENCING OLD TABLE AS old_lines NEW TABLE AS new_lines
	FOR EACH STATEMENT EXECUTE FUNCTION core.lines_counted();
CREATE TRIGGER counted_delete AFTER DELETE ON core.facility_line
	REFERENCING OLD TABLE AS old_lines FOR EACH STATEMENT EXECUTE FUNCTION core.lines_counted();
SELECT core.tally_add(ARRAY(SELECT l FROM core.facility_line l), '{}');

-- ---- what changes a line without a document being built ---------------------------------------
-- core.facts_write() (api/board_line.sql) writes the lines of these facilities anew.
CREATE FUNCTION core.facts_changed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	ids bigint[] := '{}';
BEGIN
	CASE TG_TABLE_NAME
	WHEN 'label' THEN
		IF TG_OP = 'UPDATE' THEN
			ids := ARRAY(SELECT DISTINCT v.id FROM new_rows x JOIN old_rows o ON o.code = x.code
				CROSS JOIN LATERAL (VALUES (x.facility_id), (o.facility_id)) v (id)
				WHERE (x.state, x.facility_id, x.damaged_at) IS DISTINCT FROM
					(o.state, o.facility_id, o.damaged_at) AND v.id IS NOT NULL);
		ELSE
			ids := ARRAY(SELECT x.facility_id FROM new_rows x WHERE x.facility_id IS NOT NULL);
		END IF;
	WHEN 'record' THEN
		IF TG_OP = 'UPDATE' THEN
			ids := ARRAY(SELECT x.facility_id FROM new_rows x JOIN old_rows o ON o.id = x.id
				WHERE (coalesce(x.pending_state, x.state) = 'submitted') <>
					(coalesce(o.pending_state, o.state) = 'submitted'));
		ELSE
			ids := ARRAY(SELECT x.facility_id FROM new_rows x
				WHERE coalesce(x.pending_state, x.state) = 'submitted');
		END IF;
	WHEN 'scan_day' THEN
		ids := ARRAY(SELECT l.facility_id FROM new_rows x JOIN core.label b ON b.code = x.code
			JOIN core.facility_line l ON l.facility_id = b.facility_id WHERE NOT l.scanned);
	WHEN 'sticker_report' THEN
		ids := ARRAY(SELECT x.facility_id FROM new_rows x WHERE x.facility_id IS NOT NULL);
	END CASE;
	IF ids <> '{}' THEN
		PERFORM core.facts_write(ids);
	END IF;
	RETURN NULL;
END
$$;
CREATE TRIGGER facts_insert AFTER INSERT ON core.label
	REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION core.facts_changed();
CREATE TRIGGER facts_update AFTER UPDATE ON core.label REFERENCING OLD TABLE AS old_rows
	NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION core.facts_changed();
CREATE TRIGGER facts_insert AFTER INSERT ON core.record
	REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION core.facts_changed();
CREATE TRIGGER facts_update AFTER UPDATE ON core.record REFERENCING OLD TABLE AS old_rows
	NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION core.facts_changed();
CREATE TRIGGER facts_insert AFTER INSERT ON core.scan_day
	REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION core.facts_changed();

-- ---- the ends of months ----------------------------------------------------------------------
-- How many stood how at the end of a month, for each office with all below it; of the month that runs,
-- as of the day it was counted. Written by the daily job 'snapshot'.
CREATE TABLE core.month_snapshot (
	org_id int NOT NULL REFERENCES core.org,
	month date NOT NULL CHECK (extract(day FROM month) = 1),
	as_of date NOT NULL,
	facilities int NOT NULL,
	overdue int NOT NULL,
	failed int NOT NULL,
	no_record int NOT NULL,
	due_soon int NOT NULL,
	on_time int NOT NULL,
	suspended int NOT NULL,
	unmanaged int NOT NULL,
	no_manager int NOT NULL,
	no_sticker int NOT NULL,
	PRIMARY KEY (org_id, month),
	CHECK (date_trunc('month', as_of) = month)
);
SELECT core.protect('core.month_snapshot');

ALTER TABLE core.document DROP CONSTRAINT document_kind_check;
ALTER TABLE core.document ADD CONSTRAINT document_kind_check CHECK (kind IN ('facility', 'history',
	'record', 'label', 'place', 'org', 'reference', 'chain', 'coverage'));
