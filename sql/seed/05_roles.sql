-- What each role may do. Rows are added, never taken away: what a deployment changed by hand
-- stays as it is once a role has any right.
INSERT INTO core.role_right (role, can)
SELECT v.role, c FROM (VALUES
	('inspector', '{view,submit,reply}'),
	('manager', '{view,submit,confirm,return,correct,export,board,tickets,reply}'),
	('office', '{view,submit,confirm,return,withdraw,correct,redact,labels,users,export,filing,board,remind,announce,import,tickets,judge,survey}'),
	('supervisor', '{view,confirm,return,withdraw,correct,redact,labels,users,export,filing,board,remind,announce,tickets,judge,survey}'),
	('admin', '{view,return,withdraw,correct,redact,labels,users,audit,export,filing,erase,board,remind,announce,import,
		admin,tickets,judge,survey}'),
	('auditor', '{view,audit,export,board}')) AS v (role, rights)
CROSS JOIN LATERAL unnest(v.rights::text[]) c
WHERE NOT EXISTS (SELECT FROM core.role_right x WHERE x.role = v.role);
