"""Sheets: files of an office that has only a spreadsheet, read row by row and written back with what is wrong.

opened(content, name)          the rows of a CSV or XLSX file, or `Unreadable` with why and how to mend it
read(table, register, ...)     each of them as a row of a register, with its problems and what was mended
marked(...)                    the rows that were refused, in a file that can be corrected and sent again
"""

from proactive.sheets.opening import Limits, Table, opened
from proactive.sheets.problems import Unreadable
from proactive.sheets.reading import Headed, Line, headed
from proactive.sheets.writing import Sent, marked

__all__ = ["Headed", "Limits", "Line", "Sent", "Table", "Unreadable", "headed", "marked", "opened"]
