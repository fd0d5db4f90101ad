-- Kinds of facilities. The order of record types, slots and fields is the order of the pages.
-- fields and params: type is text, number, integer, date or boolean; unit is a text.
-- What an upload needs, type by type: required (roles, slots, fields, results), photos_min, and
-- items (what the form asks for, in its order; any other item may be sent as well). hints: what a photo
-- of a slot must show.
INSERT INTO core.kind (code, rank, data) VALUES
('roof_tank', 1, '{
	"name": {"zh-CN": "屋顶生活水箱", "en": "Rooftop water tank"},
	"question": {"zh-CN": "水箱干净吗？", "en": "Is the tank clean?"},
	"advice": {"zh-CN": "水发浑、有颜色或有怪味时先不要喝，马上反映。", "en": "If the water is cloudy, coloured or smells, do not drink it and say so at once."},
	"types": {
		"clean": {"name": {"zh-CN": "清洗", "en": "Cleaning"},
			"done": {"zh-CN": "按期清洗", "en": "Cleaned on time"},
			"last": {"zh-CN": "上次清洗", "en": "Last cleaned"},
			"roles": ["cleaner", "lab"], "slots": ["before", "during", "after", "lid"],
			"fields": ["disinfectant", "amount", "workers", "witnesses"],
			"items": ["free_chlorine", "turbidity"],
			"required": {"roles": ["cleaner"], "slots": ["before", "after"], "fields": ["disinfectant", "workers"]},
			"photos_min": 2},
		"test": {"name": {"zh-CN": "水质检测", "en": "Water test"},
			"done": {"zh-CN": "按期检测", "en": "Tested on time"},
			"last": {"zh-CN": "上次检测", "en": "Last tested"},
			"roles": ["lab"], "slots": [], "fields": ["report_no", "reported_on"],
			"items": ["turbidity", "color", "odor_taste", "visible_matter", "ph", "free_chlorine", "total_chlorine", "bacteria", "total_coliform", "e_coli"],
			"required": {"roles": ["lab"], "fields": ["report_no"], "results": ["turbidity", "total_coliform"]}},
		"inspect": {"name": {"zh-CN": "检查", "en": "Inspection"},
			"done": {"zh-CN": "按期检查", "en": "Inspected on time"},
			"last": {"zh-CN": "上次检查", "en": "Last inspected"},
			"roles": ["inspector", "lab"], "slots": ["before", "during", "after", "lid"],
			"fields": ["confirmation", "reporting_year", "sample_collected", "lab_certified", "meets_standards"],
			"items": ["sediment", "biological_growth", "debris_insects", "rodent_bird", "internal_structure", "external_structure", "overflow_pipes", "access_ladders", "air_vents", "roof_access", "total_coliform", "e_coli"],
			"required": {"roles": ["inspector"]}, "photos_min": 1},
		"repair": {"name": {"zh-CN": "维修", "en": "Repair"},
			"done": {"zh-CN": "已维修", "en": "Repaired"},
			"last": {"zh-CN": "上次维修", "en": "Last repaired"},
			"roles": ["cleaner"], "slots": ["before", "after"], "fields": ["work"],
			"required": {"roles": ["cleaner"], "fields": ["work"]}}
	},
	"slots": {
		"before": {"zh-CN": "清洗前", "en": "before"},
		"during": {"zh-CN": "清洗中", "en": "during"},
		"after": {"zh-CN": "清洗后", "en": "after"},
		"lid": {"zh-CN": "加盖上锁", "en": "lid closed and locked"}
	},
	"hints": {
		"before": {"zh-CN": "看得见箱底和水位线", "en": "the bottom and the water line are to be seen"},
		"during": {"zh-CN": "看得见正在清洗的箱壁", "en": "the wall that is being cleaned is to be seen"},
		"after": {"zh-CN": "和清洗前站同一个位置", "en": "from the same spot as before"},
		"lid": {"zh-CN": "看得清锁", "en": "the lock is to be seen"}
	},
	"params": {
		"volume": {"name": {"zh-CN": "容积", "en": "Volume"}, "type": "number", "unit": "m³"},
		"material": {"name": {"zh-CN": "材质", "en": "Material"}, "type": "text"},
		"built": {"name": {"zh-CN": "建成年份", "en": "Built"}, "type": "integer"},
		"tank_no": {"name": {"zh-CN": "水箱序号", "en": "Tank number"}, "type": "text"},
		"bin": {"name": {"zh-CN": "建筑编号", "en": "Building number (BIN)"}, "type": "text"},
		"bbl": {"name": {"zh-CN": "地块编号", "en": "Tax lot (BBL)"}, "type": "text"}
	},
	"fields": {
		"disinfectant": {"name": {"zh-CN": "消毒剂", "en": "Disinfectant"}, "type": "text"},
		"amount": {"name": {"zh-CN": "用量", "en": "Amount"}, "type": "text"},
		"workers": {"name": {"zh-CN": "作业人数（健康证有效）", "en": "Workers (certificates valid)"}, "type": "integer"},
		"witnesses": {"name": {"zh-CN": "业主代表见证人数", "en": "Owners watching"}, "type": "integer"},
		"report_no": {"name": {"zh-CN": "报告编号", "en": "Report number"}, "type": "text"},
		"reported_on": {"name": {"zh-CN": "报告日期", "en": "Date of the report"}, "type": "date"},
		"confirmation": {"name": {"zh-CN": "备案确认号", "en": "Confirmation number"}, "type": "text"},
		"reporting_year": {"name": {"zh-CN": "申报年度", "en": "Reporting year"}, "type": "integer"},
		"sample_collected": {"name": {"zh-CN": "已采水样", "en": "Sample collected"}, "type": "boolean"},
		"lab_certified": {"name": {"zh-CN": "检测机构有资质", "en": "Laboratory certified"}, "type": "boolean"},
		"meets_standards": {"name": {"zh-CN": "申报结论：符合标准", "en": "Stated to meet the standards"}, "type": "boolean"},
		"work": {"name": {"zh-CN": "维修内容", "en": "Work done"}, "type": "text"}
	}
}'),
('lift', 2, '{
	"name": {"zh-CN": "电梯", "en": "Lift"},
	"question": {"zh-CN": "电梯检验了吗？", "en": "Has the lift been inspected?"},
	"types": {
		"inspect": {"name": {"zh-CN": "定期检验", "en": "Inspection"},
			"done": {"zh-CN": "按期检验", "en": "Inspected on time"},
			"last": {"zh-CN": "上次检验", "en": "Last inspected"},
			"roles": ["inspector"], "slots": ["after"], "fields": ["report_no"],
			"required": {"roles": ["inspector"], "fields": ["report_no"]}},
		"repair": {"name": {"zh-CN": "维护保养", "en": "Upkeep"},
			"done": {"zh-CN": "按期维保", "en": "Upkeep on time"},
			"last": {"zh-CN": "上次维保", "en": "Last upkeep"},
			"roles": ["cleaner"], "slots": ["before", "after"], "fields": ["work"],
			"required": {"roles": ["cleaner"], "fields": ["work"]}}
	},
	"slots": {"before": {"zh-CN": "维保前", "en": "before"}, "after": {"zh-CN": "维保后", "en": "after"}},
	"params": {
		"registration": {"name": {"zh-CN": "登记编号", "en": "Registration code"}, "type": "text"},
		"maker": {"name": {"zh-CN": "制造单位", "en": "Maker"}, "type": "text"},
		"floors": {"name": {"zh-CN": "层站", "en": "Floors"}, "type": "integer"}
	},
	"fields": {
		"report_no": {"name": {"zh-CN": "报告编号", "en": "Report number"}, "type": "text"},
		"work": {"name": {"zh-CN": "维保内容", "en": "Work done"}, "type": "text"}
	}
}'),
('public_toilet', 3, '{
	"name": {"zh-CN": "公共厕所", "en": "Public toilet"},
	"question": {"zh-CN": "厕所打扫了吗？", "en": "Has the toilet been cleaned?"},
	"types": {
		"clean": {"name": {"zh-CN": "保洁", "en": "Cleaning"},
			"done": {"zh-CN": "按期保洁", "en": "Cleaned on time"},
			"last": {"zh-CN": "上次保洁", "en": "Last cleaned"},
			"roles": ["cleaner"], "slots": ["before", "after"], "fields": [],
			"required": {"roles": ["cleaner"], "slots": ["after"]}, "photos_min": 1},
		"repair": {"name": {"zh-CN": "维修", "en": "Repair"},
			"done": {"zh-CN": "已维修", "en": "Repaired"},
			"last": {"zh-CN": "上次维修", "en": "Last repaired"},
			"roles": ["cleaner"], "slots": ["before", "after"], "fields": ["work"],
			"required": {"roles": ["cleaner"], "fields": ["work"]}}
	},
	"slots": {"before": {"zh-CN": "保洁前", "en": "before"}, "after": {"zh-CN": "保洁后", "en": "after"}},
	"params": {"class": {"name": {"zh-CN": "等级", "en": "Class"}, "type": "text"}},
	"fields": {"work": {"name": {"zh-CN": "维修内容", "en": "Work done"}, "type": "text"}}
}'),
('playground', 4, '{
	"name": {"zh-CN": "儿童游乐设施", "en": "Playground"},
	"question": {"zh-CN": "游乐设施检查了吗？", "en": "Has the playground been checked?"},
	"types": {
		"inspect": {"name": {"zh-CN": "安全检查", "en": "Safety check"},
			"done": {"zh-CN": "按期检查", "en": "Checked on time"},
			"last": {"zh-CN": "上次检查", "en": "Last checked"},
			"roles": ["inspector"], "slots": ["before", "after"], "fields": [],
			"required": {"roles": ["inspector"], "slots": ["after"]}, "photos_min": 1},
		"repair": {"name": {"zh-CN": "维修", "en": "Repair"},
			"done": {"zh-CN": "已维修", "en": "Repaired"},
			"last": {"zh-CN": "上次维修", "en": "Last repaired"},
			"roles": ["cleaner"], "slots": ["before", "after"], "fields": ["work"],
			"required": {"roles": ["cleaner"], "fields": ["work"]}}
	},
	"slots": {"before": {"zh-CN": "检查前", "en": "before"}, "after": {"zh-CN": "检查后", "en": "after"}},
	"params": {"age": {"name": {"zh-CN": "适用年龄", "en": "Age"}, "type": "text"}},
	"fields": {"work": {"name": {"zh-CN": "维修内容", "en": "Work done"}, "type": "text"}}
}'),
('elderly_care', 5, '{
	"name": {"zh-CN": "社区养老服务点", "en": "Elderly-care point"},
	"question": {"zh-CN": "服务点检查了吗？", "en": "Has the care point been inspected?"},
	"types": {
		"inspect": {"name": {"zh-CN": "检查", "en": "Inspection"},
			"done": {"zh-CN": "按期检查", "en": "Inspected on time"},
			"last": {"zh-CN": "上次检查", "en": "Last inspected"},
			"roles": ["inspector"], "slots": ["after"], "fields": [],
			"required": {"roles": ["inspector"]}}
	},
	"slots": {"after": {"zh-CN": "现场", "en": "on site"}},
	"params": {"beds": {"name": {"zh-CN": "床位", "en": "Beds"}, "type": "integer"}},
	"fields": {}
}')
ON CONFLICT (code) DO UPDATE SET rank = excluded.rank, data = excluded.data
WHERE NOT core.admin_touched('kind', excluded.code)
	AND (core.kind.rank, core.kind.data::text) <> (excluded.rank, excluded.data::text);
