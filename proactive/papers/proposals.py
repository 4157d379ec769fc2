"""A department's proposal document: the same words as PDF (Typst) and as DOCX, which the department goes on writing."""

import asyncio
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Pt

from proactive.papers.printing import printed

MEDIA = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


async def document(kind: str, data: Mapping[str, Any]) -> bytes:
    """The document as `pdf` or `docx`."""
    return await (printed("proposal", data) if kind == "pdf" else asyncio.to_thread(_word, data))


def _word(data: Mapping[str, Any]) -> bytes:
    made = docx.Document()
    made.core_properties.title = "Đề xuất thí điểm dịch vụ công chủ động"
    made.core_properties.author, made.core_properties.language = data["agency"], "vi-VN"
    normal = made.styles["Normal"]
    normal.font.name, normal.font.size = "Times New Roman", Pt(13)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), "Times New Roman")
    made.add_paragraph(
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập – Tự do – Hạnh phúc"
    ).alignment = WD_ALIGN_PARAGRAPH.CENTER
    made.add_paragraph(f"{data['agency']}\n{data['place']}")
    made.add_heading("ĐỀ XUẤT THÍ ĐIỂM DỊCH VỤ CÔNG CHỦ ĐỘNG", 1)
    _labelled(made, [("Kính gửi", data["to"])])
    made.add_paragraph(data["opening"])
    if data["sample"]:
        made.add_paragraph("Danh sách dùng để chấm điểm là dữ liệu mẫu: các danh sách chính thức chưa được nhập.")
    for number, one in enumerate(data["candidates"], 1):
        made.add_heading(f"{number}. {one['name']}", 2)
        titles = {
            "code": "Mã thủ tục",
            "field": "Lĩnh vực",
            "points": "Điểm",
            "standing": "Tình trạng",
            "reference": "Căn cứ",
        }
        _labelled(made, [(title, one[key]) for key, title in titles.items()])
        table = made.add_table(rows=1, cols=3, style="Table Grid")
        for cell, title in zip(table.rows[0].cells, ("Tiêu chí", "Điểm", "Vì sao"), strict=True):
            cell.text = title
        for score in one["scores"]:
            for cell, key in zip(table.add_row().cells, ("title", "points", "says"), strict=True):
                cell.text = score[key]
    if not data["candidates"]:
        made.add_paragraph("Đơn vị chưa có thủ tục nào trong danh sách.")
    made.add_paragraph(data["closing"])
    made.add_paragraph("LÃNH ĐẠO ĐƠN VỊ\n(Ký và ghi rõ họ tên)").alignment = WD_ALIGN_PARAGRAPH.RIGHT
    out = BytesIO()
    made.save(out)
    return out.getvalue()


def _labelled(made: Any, lines: Sequence[tuple[str, str]]) -> None:
    for label, value in lines:
        line = made.add_paragraph()
        line.add_run(f"{label}: ")
        line.add_run(value).bold = True
