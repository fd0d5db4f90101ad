-- Rights of offices and supervisors: board (what is due, what nobody looks after, numbers), remind,
-- announce (an event that starts a new clock), import, admin (what is data: offices, kinds, rules).
ALTER TABLE core.role_right DROP CONSTRAINT role_right_can_check;
ALTER TABLE core.role_right ADD CONSTRAINT role_right_can_check CHECK (can IN ('view', 'submit',
	'confirm', 'return', 'withdraw', 'correct', 'redact', 'labels', 'users', 'audit', 'export', 'filing',
	'erase', 'board', 'remind', 'announce', 'import', 'admin'));
-- a new database has no rows yet: its seed (05_roles.sql) names them with the others
INSERT INTO core.role_right (role, can)
SELECT v.role, c FROM (VALUES
	('manager', '{board,export}'),
	('office', '{board,remind,announce,import}'),
	('supervisor', '{board,remind,announce}'),
	('admin', '{board,remind,announce,import,admin}'),
	('auditor', '{board,export}')) AS v (role, rights)
CROSS JOIN LATERAL unnest(v.rights::text[]) c
WHERE EXISTS (SELECT FROM core.role_right x WHERE x.role = v.role)
ON CONFLICT DO NOTHING;
