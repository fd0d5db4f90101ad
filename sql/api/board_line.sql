-- What a line of the board says besides what is due: who manages, what waits, what its stickers are.
-- Triggers of 0013 call core.facts_write() for what changes without a document being built.

CREATE OR REPLACE FUNCTION core.line_facts(p_ids bigint[]) RETURNS TABLE (facility_id bigint,
	path int[], place_id bigint, manager_id int, unmanaged boolean, waiting boolean,
	post_late boolean, sticker boolean, scanned boolean, marked boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, core SET enable_seqscan = off AS $$
	SELECT f.id, o.path, f.place_id, m.party_id, coalesce(m.known AND m.party_id IS NULL, false),
		EXISTS (SELECT FROM core.record r WHERE r.facility_id = f.id
			AND (r.state IN ('draft', 'submitted', 'returned') OR r.pending_state IS NOT NULL)
			AND coalesce(r.pending_state, r.state) = 'submitted'),
		coalesce(n.late, false), coalesce(b.sticker, false), coalesce(b.scanned, false),
		coalesce(b.damaged, false) OR coalesce(z.what = 'foreign', false)
	FROM unnest(p_ids) AS u (id)
	JOIN core.facility f ON f.id = u.id
	JOIN core.place p ON p.id = f.place_id
	JOIN core.org o ON o.id = p.org_id
	LEFT JOIN LATERAL (
		SELECT true AS known, g.party_id FROM core.facility_manager g
		WHERE g.facility_id = f.id AND core.today() >= g.valid_from
			AND (g.valid_to IS NULL OR core.today() <= g.valid_to) LIMIT 1
	) m ON true
	LEFT JOIN LATERAL (
		-- the newest public record that was made here: an import is published long after the work
		SELECT y.published_at > core.post_due(f.id, y.type, v.performed_to) AS late
		FROM core.record y JOIN core.revision v ON v.record_id = y.id AND v.rev = y.rev
		WHERE y.facility_id = f.id AND y.state = 'published' AND y.source IS NULL
		ORDER BY y.on_date DESC, y.seq DESC LIMIT 1
	) n ON true
	LEFT JOIN LATERAL (
		SELECT true AS sticker, bool_or(x.damaged_at IS NOT NULL
				OR EXISTS (SELECT FROM core.label_alarm a WHERE a.code = x.code AND a.closed_at IS NULL)) AS damaged,
			bool_or(EXISTS (SELECT FROM core.scan_day c WHERE c.code = x.code)) AS scanned
		FROM core.label x WHERE x.facility_id = f.id AND x.state = 'active' HAVING count(*) > 0
	) b ON true
	LEFT JOIN LATERAL (
		-- what was said last of stickers there; that one is intact takes a foreign one back
		SELECT s.what FROM core.sticker_report s
		WHERE s.facility_id = f.id ORDER BY s.at DESC, s.id DESC LIMIT 1
	) z ON true
$$;

-- Lines that are there, as they are now; in order, so that two never wait for each other in a circle.
CREATE OR REPLACE FUNCTION core.facts_write(p_ids bigint[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, core SET enable_seqscan = off AS $$
	SELECT count(*) FROM (SELECT FROM core.facility_line l WHERE l.facility_id = ANY (p_ids)
		ORDER BY l.facility_id FOR NO KEY UPDATE) x;
	UPDATE core.facility_line l SET path = f.path, place_id = f.place_id, manager_id = f.manager_id,
		unmanaged = f.unmanaged, waiting = f.waiting, post_late = f.post_late, sticker = f.sticker,
		scanned = f.scanned, marked = f.marked
	FROM core.line_facts(p_ids) f
	WHERE l.facility_id = f.facility_id AND (l.path, l.place_id, l.manager_id, l.unmanaged, l.waiting,
			l.post_late, l.sticker, l.scanned, l.marked) IS DISTINCT FROM (f.path, f.place_id, f.manager_id,
			f.unmanaged, f.waiting, f.post_late, f.sticker, f.scanned, f.marked)
$$;

CREATE OR REPLACE TRIGGER facts_insert AFTER INSERT ON core.sticker_report
	REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION core.facts_changed();
