#!/usr/bin/python3
"""Notices for the board as files: sound, every page's code read by two decoders at 150 dots an inch,
no word outside the frame or over another one, the words that must be there.  timeout: 600"""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import common as c

BIN = os.environ.get("B", "build/release") + "/tests/notice"
CODE = "HTTPS://QR.EXAMPLE.GOV.CN/7ZZZZZZZC"
NO_LABEL = "HTTPS://QR.EXAMPLE.GOV.CN/F/0K7M2Q9XH"
MUST = {
    "clean": ["公示单", "清洗时间", "2026年11月12日 8:00 至 11:30", "沪普水清备〔2025〕018号", "次氯酸钠", "浑浊度",
              "0.05–2", "合格", "上海中环物业管理有限公司", "不迟于 2026年11月13日 11:30", "不迟于 2027年5月12日",
              "7ZZ ZZZ ZZC", "qr.example.gov.cn", "盖章"],
    "test": ["10 项检测，全部合格", "大肠埃希氏菌", "未检出", "WX-2026-1187", "2026年11月14日", "0K7 M2Q 9XH"],
    "fail": ["1 项不合格", "1.8 NTU", "第 2 版（已更正）"],
    "long": ["中环家园", "𠮷野", "Donaudampfschiffahrt", "20 项检测，全部合格"],
    "plain": ["2026年11月12日", "bad 〓 name 〓 x"],
    "much": ["9 项不合格", "另有"],
    "gone": ["照片已撤下"],
}
NOT = {"plain": ["判定", "公示依据"], "test": ["作业人数"]}


def words(pdf):
    """(x0, y0, x1, y1, word) of the only page, in points."""
    out = subprocess.run(["pdftotext", "-bbox", pdf, "-"], capture_output=True, text=True, check=True).stdout
    return [(*map(float, m[:4]), m[4]) for m in
            re.findall(r'xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">([^<]*)<', out)]


def crossing(list_):
    """Pairs of words that cover a third of the smaller one's width on the same line."""
    bad = []
    for i, a in enumerate(list_):
        for b in list_[i + 1:]:
            w = min(a[2], b[2]) - max(a[0], b[0])
            h = min(a[3], b[3]) - max(a[1], b[1])
            # lines of a font's own height overlap a little
            if w > 0.34 * min(a[2] - a[0], b[2] - b[0]) and h > 0.55 * min(a[3] - a[1], b[3] - b[1]):
                bad.append((a[4], b[4]))
    return bad


def decoders(pdf, page):
    image = c.page(pdf, page, 150)
    h, w = image.shape
    crop = image[int(h * 0.55):, :int(w * 0.42)]
    return {c.zbar(crop), c.zxing(crop)}


with tempfile.TemporaryDirectory() as tmp:
    made = subprocess.run([BIN], env=dict(os.environ, NOTICE_OUT=tmp), capture_output=True)
    c.ok(made.returncode == 0, "the pages are drawn", made.stdout.decode()[-500:])
    for name in sorted(os.listdir(tmp)):
        pdf = f"{tmp}/{name}"
        stem, lang = name[:-4].split("-", 1)
        check = subprocess.run(["qpdf", "--check", pdf], capture_output=True, text=True)
        c.ok(check.returncode == 0, f"{name} is sound", check.stderr)
        if stem == "all":
            found = [decoders(pdf, n) for n in range(1, 7)]
            c.ok(found == [{CODE}, {NO_LABEL}, {CODE}, {CODE}, {CODE}, {CODE}], "each of its pages has its code", found)
            continue
        c.ok(decoders(pdf, 1) == {NO_LABEL if stem == "test" else CODE}, f"{name}: two decoders read the code")
        list_ = words(pdf)
        out = [w for w in list_ if w[0] < 28 or w[1] < 28 or w[2] > 595 - 28 or w[3] > 842 - 26]
        c.ok(list_ and not out, f"{name}: {len(list_)} words, none outside the frame", out[:5])
        bad = crossing(list_)
        c.ok(not bad, f"{name}: no word stands over another", bad[:5])
        if lang != "zh-CN":
            continue
        text = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True).stdout
        text = re.sub(r"\s+", " ", text)
        lost = [m for m in MUST[stem] if m not in text] + [m for m in NOT.get(stem, []) if m in text]
        c.ok(not lost, f"{name}: says what it must", lost, text[:300])
c.done()
