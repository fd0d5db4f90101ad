-- What a developer would write over the tables themselves: one statement, planned once, for one
-- label: the facility, what is due, its five latest records with results and photos.
SELECT json_build_object(
	'kind', k.data -> 'name' ->> 'zh-CN', 'place', p.name, 'building', f.building,
	'serves', f.serves, 'code', l.code, 'org', o.name, 'org_phone', o.phone,
	'manager', pa.name, 'manager_phone', pa.phone, 'today', current_date,
	'due', (SELECT (max(r.on_date) + make_interval(months => min(ru.months)))::date
		FROM core.record r
		JOIN core.rule ru ON ru.kind_id = f.kind_id AND ru.type = r.type
			AND ru.org_id = ANY (o.path)
		WHERE r.facility_id = f.id AND r.state = 'published'),
	'records', (SELECT json_agg(x ORDER BY x.on_date DESC) FROM (
		SELECT r.id, r.on_date, r.type, r.verdict, v.published_at,
			(SELECT json_agg(json_build_object('role', rp.role, 'name', rp.name) ORDER BY rp.pos)
				FROM core.revision_party rp WHERE rp.record_id = r.id AND rp.rev = r.rev) AS parties,
			(SELECT json_agg(json_build_object('item', i.name ->> 'zh-CN',
				'plain', i.plain ->> 'zh-CN', 'op', s.op, 'num', s.num, 'word', s.word,
				'unit', s.unit, 'lo', li.lo, 'hi', li.hi, 'lword', li.word, 'verdict', s.verdict)
				ORDER BY s.pos)
				FROM core.result s JOIN core.item i ON i.id = s.item_id
				LEFT JOIN core.limit_item li ON li.id = s.limit_id
				WHERE s.record_id = r.id AND s.rev = r.rev) AS results,
			(SELECT json_agg(json_build_object('slot', rf.slot, 'sha', encode(rf.sha256, 'hex'),
				'w', ph.w, 'h', ph.h) ORDER BY rf.pos)
				FROM core.record_photo rf JOIN core.photo ph ON ph.sha256 = rf.sha256
				WHERE rf.record_id = r.id AND rf.rev = r.rev) AS photos
		FROM core.record r JOIN core.revision v ON v.record_id = r.id AND v.rev = r.rev
		WHERE r.facility_id = f.id AND r.state = 'published'
		ORDER BY r.on_date DESC, r.seq DESC LIMIT 5) x)) AS page
FROM core.label l
JOIN core.facility f ON f.id = l.facility_id
JOIN core.kind k ON k.id = f.kind_id
JOIN core.place p ON p.id = f.place_id
JOIN core.org o ON o.id = p.org_id
LEFT JOIN core.facility_manager m ON m.facility_id = f.id AND m.valid_from <= current_date
	AND (m.valid_to IS NULL OR m.valid_to >= current_date)
LEFT JOIN core.party pa ON pa.id = m.party_id
WHERE l.code = $1 AND l.state = 'active'
