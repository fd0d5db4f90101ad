"""exchange_rows.py FOLDER CODE OUTSIDE: a table of 5,000 facilities as an office would bring it, with
50 planted faults of different kinds.  CODE is a facility of the office, OUTSIDE one of another office.
Writes faults.csv (UTF-8), faults.gb.csv (GB18030, semicolons), and faults.want: LINE REASON."""

import csv
import random
import sys

folder, code, outside = sys.argv[1:]
random.seed(7)
HEAD = ["设施编码", "自有编号", "设施类别", "机构编码", "小区", "地址", "楼栋", "设施名称", "登记日期", "状态", "经度", "纬度",
        "管理单位", "统一社会信用代码", "管理单位电话", "管理起始", "容积", "建成年份", "地点编码"]
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def checked(eight):
    """The code of these eight letters (ISO 7064 MOD 37-2), or None when its check letter is not issued."""
    letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
    p = 0
    for ch in eight:
        p = (p + letters.index(ch)) * 2 % 37
    last = letters[(38 - p) % 37]
    return eight + last if last in ALPHABET else None


nobody = next(c for c in (checked("ZZZZZZ%s%s" % (a, b)) for a in "XYZ" for b in "WXYZ") if c)
slip = code[:-1] + ("0" if code[-1] != "0" else "1")


def good(i):
    return {"自有编号": "T%d" % i, "设施类别": ["屋顶生活水箱", "roof_tank"][i % 2], "机构编码": "310107%03d000" % [5, 14, 15][i % 3],
            "小区": "第%d小区" % (i // 20), "地址": "甘泉路%d弄" % (i // 20), "楼栋": "%d号楼" % (i % 20 + 1),
            "登记日期": ["2020-03-01", "2020/3/1", "2020年3月1日", "20200301"][i % 4], "状态": ["在用", ""][i % 2],
            "管理单位": ["安居物业", "", "乐家物业管理公司"][i % 3], "容积": "12.5", "建成年份": "1998"}


FAULTS = [
    ({"设施编码": slip}, "bad_code"), ({"设施编码": "12"}, "bad_code"), ({"设施编码": nobody}, "unknown_code"),
    ({"设施编码": outside}, "outside"), ({"设施类别": "喷泉"}, "unknown_kind"), ({"设施类别": "roof tank 2"}, "unknown_kind"),
    ({"设施类别": ""}, "no_kind"), ({"机构编码": "310107999000"}, "unknown_org"), ({"机构编码": "普陀区"}, "unknown_org"),
    ({"机构编码": "310110000000"}, "org_outside"), ({"机构编码": "310000000000"}, "org_outside"), ({"小区": ""}, "no_place"),
    ({"地点编码": "0K7M2Q9XH"}, "unknown_place"), ({"地点编码": "x"}, "unknown_place"), ({"小区": "长" * 201}, "too_long"),
    ({"楼栋": "楼" * 300}, "too_long"), ({"登记日期": "2020-13-01"}, "bad_date"), ({"登记日期": "2020-02-30"}, "bad_date"),
    ({"登记日期": "去年"}, "bad_date"), ({"登记日期": "01/03/2020"}, "bad_date"), ({"登记日期": "2027-01-01"}, "date_in_future"),
    ({"登记日期": "1900-01-01"}, "date_too_old"), ({"状态": "坏了"}, "bad_status"), ({"状态": "working"}, "bad_status"),
    ({"经度": "121.4"}, "bad_coordinates"), ({"纬度": "31.2"}, "bad_coordinates"),
    ({"经度": "221.4", "纬度": "31.2"}, "bad_coordinates"), ({"经度": "东", "纬度": "北"}, "bad_coordinates"),
    ({"容积": "很大"}, "bad_param"), ({"容积": "12,5"}, "bad_param"), ({"建成年份": "1998.5"}, "bad_param"),
    ({"统一社会信用代码": "91350100M000100Y44"}, "bad_credit_code"), ({"统一社会信用代码": "123"}, "bad_credit_code"),
    ({"管理单位": "别的公司", "统一社会信用代码": "91350100M000100Y43"}, "manager_differs"), ({"管理单位": "同名物业"}, "manager_unclear"),
    ({"管理起始": "昨天"}, "bad_date"), ({"管理起始": "2020.2.31"}, "bad_date"),
    ({"管理单位": "有电话物业", "管理单位电话": "021-2"}, "phone_differs"), ({"管理单位": "", "管理单位电话": "021-2"}, "phone_differs"),
    ({"管理单位电话": "1" * 41, "管理单位": "安居物业"}, "too_long"),
    ({"设施编码": code, "设施类别": "电梯"}, "kind_fixed"),
    ({"+": "x"}, "too_many_cells"), ({"+": "多出来的"}, "too_many_cells"),
    ({"自有编号": "T8"}, "duplicate"), ({"自有编号": "T9", "楼栋": "别的楼"}, "duplicate"), ({"自有编号": " T10 "}, "duplicate"),
    ({"机构编码": "nyc"}, "org_outside"), ({"设施编码": outside.lower()}, "outside"),
    ({"设施类别": "屋顶"}, "unknown_kind"), ({"登记日期": "2026-11-31"}, "bad_date"),
]
assert len(FAULTS) == 50, len(FAULTS)
at = dict(zip(sorted(random.sample(range(100, 5000), 50)), FAULTS))
table, want, line = [HEAD], [], 1
for i in range(5000):
    row, more = good(i), []
    lines = 1
    if i in at:
        change, reason = at[i]
        row.update(change)
        if "+" in change:
            more = [row.pop("+")]
        want.append((line + 1, reason))
    elif i % 500 == 7:
        row["设施名称"] = "两行\n名称"  # quoted, over two lines of the file
        lines = 2
    table.append([row.get(h, "") for h in HEAD] + more)
    line += lines
for name, encoding, separator in (("faults.csv", "utf-8", ","), ("faults.gb.csv", "gb18030", ";")):
    with open(f"{folder}/{name}", "w", encoding=encoding, newline="") as f:
        csv.writer(f, delimiter=separator, lineterminator="\r\n").writerows(table)
with open(f"{folder}/faults.want", "w", encoding="utf-8") as f:
    f.writelines(f"{n} {reason}\n" for n, reason in sorted(want))
