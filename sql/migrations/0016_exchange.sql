-- Exchange: tables of offices taken in by the browser (looked at first, applied in one transaction,
-- taken back as a batch) and given out (files made by the jobs process).

-- Columns of a table people may bring, and headings they write over them. name is what exports
-- write; `also` are other spellings; case, width, spaces and punctuation do not count. Parameters of
-- kinds, items, roles and fields of records are columns too: their words come from core.kind and
-- core.item (core.import_heads()).
CREATE TABLE core.import_column (
	what text NOT NULL CHECK (what IN ('facilities', 'managers', 'offices', 'records')),
	field text COLLATE "C" NOT NULL CHECK (field ~ '^[a-z][a-z_]*$'),
	rank smallint NOT NULL,
	needed boolean NOT NULL DEFAULT false,
	name json NOT NULL,
	also text[] NOT NULL DEFAULT '{}',
	PRIMARY KEY (what, field)
);
SELECT core.protect('core.import_column');
INSERT INTO core.import_column (what, field, rank, needed, name, also) VALUES
	('facilities', 'code', 1, false, '{"zh-CN":"设施编码","en":"Code"}', '{设施编号,编码,facility code,facility}'),
	('facilities', 'key', 2, false, '{"zh-CN":"自有编号","en":"Own number"}', '{本单位编号,台账编号,key,number}'),
	('facilities', 'kind', 3, false, '{"zh-CN":"设施类别","en":"Kind"}', '{类别,种类,类型,facility kind}'),
	('facilities', 'org', 4, false, '{"zh-CN":"机构编码","en":"Office code"}', '{机构代码,区划代码,区划编码,org,office,division code}'),
	('facilities', 'place_code', 5, false, '{"zh-CN":"地点编码","en":"Place code"}', '{小区编码,地点编号}'),
	('facilities', 'place', 6, false, '{"zh-CN":"小区","en":"Place"}', '{小区名称,地点,地点名称,place name,compound}'),
	('facilities', 'address', 7, false, '{"zh-CN":"地址","en":"Address"}', '{详细地址,place address}'),
	('facilities', 'building', 8, false, '{"zh-CN":"楼栋","en":"Building"}', '{楼号,幢号,楼幢}'),
	('facilities', 'name', 9, false, '{"zh-CN":"设施名称","en":"Name"}', '{名称,facility name}'),
	('facilities', 'serves', 10, false, '{"zh-CN":"服务范围","en":"Serves"}', '{供水范围,服务对象}'),
	('facilities', 'since', 11, false, '{"zh-CN":"登记日期","en":"Since"}', '{启用日期,建档日期,on the register since}'),
	('facilities', 'status', 12, false, '{"zh-CN":"状态","en":"Status"}', '{使用状态}'),
	('facilities', 'status_since', 13, false, '{"zh-CN":"状态起始","en":"Status since"}', '{状态日期,状态起始日期}'),
	('facilities', 'status_reason', 14, false, '{"zh-CN":"状态原因","en":"Status reason"}', '{停用原因}'),
	('facilities', 'manager', 15, false, '{"zh-CN":"管理单位","en":"Manager"}', '{管理单位名称,物业公司,物业,manager name}'),
	('facilities', 'credit_code', 16, false, '{"zh-CN":"统一社会信用代码","en":"Credit code"}', '{信用代码}'),
	('facilities', 'manager_phone', 17, false, '{"zh-CN":"管理单位电话","en":"Manager phone"}', '{物业电话,联系电话}'),
	('facilities', 'manager_from', 18, false, '{"zh-CN":"管理起始","en":"Managed from"}', '{接管日期,管理起始日期}'),
	('facilities', 'lon', 19, false, '{"zh-CN":"经度","en":"Longitude"}', '{lon,lng}'),
	('facilities', 'lat', 20, false, '{"zh-CN":"纬度","en":"Latitude"}', '{lat}'),
	('managers', 'code', 1, false, '{"zh-CN":"设施编码","en":"Code"}', '{设施编号,编码,facility code,facility}'),
	('managers', 'key', 2, false, '{"zh-CN":"自有编号","en":"Own number"}', '{本单位编号,台账编号,key,number}'),
	('managers', 'manager', 3, true, '{"zh-CN":"管理单位","en":"Manager"}', '{管理单位名称,物业公司,物业,manager name}'),
	('managers', 'credit_code', 4, false, '{"zh-CN":"统一社会信用代码","en":"Credit code"}', '{信用代码}'),
	('managers', 'manager_phone', 5, false, '{"zh-CN":"管理单位电话","en":"Manager phone"}', '{物业电话,联系电话}'),
	('managers', 'manager_from', 6, false, '{"zh-CN":"管理起始","en":"Managed from"}', '{接管日期,管理起始日期}'),
	('offices', 'code', 1, true, '{"zh-CN":"机构编码","en":"Office code"}', '{机构代码,区划代码,区划编码,统计用区划代码,org,code,division code}'),
	('offices', 'name', 2, false, '{"zh-CN":"机构名称","en":"Name"}', '{名称,office name}'),
	('offices', 'parent', 3, false, '{"zh-CN":"上级编码","en":"Parent code"}', '{上级机构编码,上级,parent}'),
	('offices', 'phone', 4, false, '{"zh-CN":"电话","en":"Phone"}', '{联系电话,办公电话}'),
	('records', 'code', 1, false, '{"zh-CN":"设施编码","en":"Code"}', '{设施编号,编码,facility code,facility}'),
	('records', 'key', 2, false, '{"zh-CN":"自有编号","en":"Own number"}', '{本单位编号,台账编号,key}'),
	('records', 'number', 3, false, '{"zh-CN":"记录编号","en":"Record number"}', '{记录号,number}'),
	('records', 'type', 4, true, '{"zh-CN":"记录类型","en":"Type"}', '{类型,工作,record type}'),
	('records', 'date', 5, false, '{"zh-CN":"日期","en":"Date"}', '{完成日期,作业日期,performed on}'),
	('records', 'from', 6, false, '{"zh-CN":"开始时间","en":"From"}', '{开始,performed from}'),
	('records', 'to', 7, false, '{"zh-CN":"结束时间","en":"To"}', '{结束,完成时间,performed to}');

-- Words a cell may say for a value.
CREATE TABLE core.import_word (
	field text COLLATE "C" NOT NULL,
	said text NOT NULL,
	value text NOT NULL,
	PRIMARY KEY (field, said)
);
SELECT core.protect('core.import_word');
INSERT INTO core.import_word (field, said, value) VALUES
	('status', '在用', 'in_service'), ('status', '使用中', 'in_service'), ('status', 'in service', 'in_service'),
	('status', 'in_service', 'in_service'), ('status', '停用', 'suspended'), ('status', 'suspended', 'suspended'),
	('status', '拆除', 'retired'), ('status', '报废', 'retired'), ('status', 'retired', 'retired'),
	('manager', '无人管理', 'nobody'), ('manager', '无', 'nobody'), ('manager', 'nobody', 'nobody'),
	('manager', 'none', 'nobody'),
	('boolean', '是', 'true'), ('boolean', 'yes', 'true'), ('boolean', 'true', 'true'),
	('boolean', '否', 'false'), ('boolean', 'no', 'false'), ('boolean', 'false', 'false'),
	('party', '清洗单位', 'cleaner'), ('party', 'cleaner', 'cleaner'), ('party', '检测单位', 'lab'),
	('party', 'lab', 'lab'), ('party', 'laboratory', 'lab'), ('party', '检查单位', 'inspector'),
	('party', 'inspector', 'inspector'), ('party', '维保单位', 'maintainer'), ('party', 'maintainer', 'maintainer');

-- One file. heads: what stands over each column, and the field it is ("field" null: not used).
-- mark: hash of what the page showed; when the database has moved since, applying would do something
-- else, and it is shown again (moved) instead.
CREATE TABLE core.import_file (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	made_at timestamptz NOT NULL,
	account int NOT NULL REFERENCES core.account,
	office_id int NOT NULL REFERENCES core.org,
	what text NOT NULL CHECK (what IN ('facilities', 'managers', 'offices', 'records')),
	name text NOT NULL CHECK (name <> '' AND length(name) <= 200),
	size int NOT NULL CHECK (size BETWEEN 1 AND 8388608),
	sha256 bytea NOT NULL CHECK (length(sha256) = 32),
	bytes bytea,
	encoding text,
	separator text,
	heads jsonb,
	state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'reading', 'shown', 'applying',
		'applied', 'undoing', 'undone', 'failed')),
	why text,
	detail text,
	moved boolean NOT NULL DEFAULT false,
	mark bytea CHECK (length(mark) = 32),
	rows int,
	created int,
	changed int,
	unchanged int,
	refused int,
	job_id bigint,
	batch_id bigint REFERENCES core.import_batch,
	applied_at timestamptz,
	undone_at timestamptz,
	undo_refused int,
	CHECK ((state IN ('applied', 'undoing', 'undone')) = (applied_at IS NOT NULL))
);
CREATE INDEX import_file_account ON core.import_file (account, id);
CREATE INDEX import_file_office ON core.import_file (office_id, id);
ALTER TABLE core.import_file ALTER COLUMN bytes SET STORAGE EXTERNAL;
SELECT core.protect('core.import_file');

-- One line of it. cells: {"field":"text"}. bad: what the reader said. target: code of the facility or
-- office, id of the record. change: {"field":["old","new"]}. before, after: what stood there, and
-- what stood there afterwards (core.import_snap()): undoing compares and puts back.
CREATE TABLE core.import_line (
	file_id bigint NOT NULL REFERENCES core.import_file ON DELETE CASCADE,
	line int NOT NULL CHECK (line > 0),
	cells jsonb NOT NULL,
	bad text,
	fate text CHECK (fate IN ('created', 'changed', 'unchanged', 'refused')),
	reason text,
	detail text,
	target text,
	change jsonb,
	before jsonb,
	after jsonb,
	undo text,
	PRIMARY KEY (file_id, line)
);
CREATE INDEX import_line_fate ON core.import_line (file_id, fate, line);
SELECT core.protect('core.import_line');

-- How far the import is that is being applied: a sequence, since it shows before the transaction ends.
-- file * 1000 + thousandths.
CREATE SEQUENCE core.import_progress AS bigint;

-- A table ordered for keeping: made by the jobs process, fetched in pieces, swept after a day.
CREATE TABLE core.export_file (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	made_at timestamptz NOT NULL,
	account int NOT NULL REFERENCES core.account,
	office_id int REFERENCES core.org,
	party_id int REFERENCES core.party,
	job_id bigint,
	what text NOT NULL CHECK (what IN ('facilities', 'records', 'results', 'offices', 'managers')),
	filter jsonb NOT NULL DEFAULT '{}',
	format text NOT NULL CHECK (format IN ('csv', 'csv-bom', 'xlsx')),
	lang text NOT NULL CHECK (lang IN ('zh-CN', 'en')),
	state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'working', 'done', 'failed')),
	why text,
	rows int NOT NULL DEFAULT 0,
	size int NOT NULL DEFAULT 0
);
CREATE INDEX export_file_account ON core.export_file (account, id);
SELECT core.protect('core.export_file');

CREATE TABLE core.export_piece (
	file_id bigint NOT NULL REFERENCES core.export_file ON DELETE CASCADE,
	n int NOT NULL CHECK (n > 0),
	bytes bytea NOT NULL CHECK (length(bytes) BETWEEN 1 AND 1048576),
	PRIMARY KEY (file_id, n)
);
ALTER TABLE core.export_piece ALTER COLUMN bytes SET STORAGE EXTERNAL;
SELECT core.protect('core.export_piece');

-- ---- who sees what -------------------------------------------------------------------------
SELECT core.staff_sees(t, 'core.my_account() IS NOT NULL')
FROM unnest(ARRAY['core.import_column', 'core.import_word']::regclass[]) t;
SELECT core.staff_sees('core.import_file', $$ account = core.my_account()
	OR (core.my_right('import') AND core.sees_org(office_id)) $$);
SELECT core.staff_sees('core.import_line', 'EXISTS (SELECT FROM core.import_file f WHERE f.id = file_id)');
-- a file of everything is its maker's alone
SELECT core.staff_sees('core.export_file', 'account = core.my_account()');
SELECT core.staff_sees('core.export_piece', 'EXISTS (SELECT FROM core.export_file f WHERE f.id = file_id)');
