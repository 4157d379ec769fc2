// Draws the table of each chart beside it. The table says everything that the drawing says, and stays.
import { init } from "./echarts.js";

const COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#666666", "#F0E442"]; // Okabe and Ito
const MARKS = ["circle", "rect", "triangle", "diamond", "roundRect", "pin", "arrow", "circle"];
const STROKES = ["solid", "dashed", "dotted", [12, 4, 2, 4], "solid", "dashed", "dotted", "solid"];
const INK = "#0b0c0c", GREY = "#d5dfe0", FONT = '"Be Vietnam Pro", "Noto Sans", Arial, sans-serif';
const TALL = 340, ROW = 46, HEAD = 54, LINE = 46, LEGEND = 24;

const text = (node) => node.textContent.trim();

/** What a table says: names of the series, labels, and for each label its cells with their numbers and their words. */
function read(table) {
  const names = [...table.querySelectorAll("thead th")].slice(1).map(text);
  const rows = [...table.querySelectorAll("tbody tr")].map((row) => ({
    label: text(row.querySelector("th")),
    cells: [...row.querySelectorAll("td")].map((cell) => ({
      value: cell.dataset.value === undefined ? null : Number(cell.dataset.value),
      said: text(cell),
    })),
  }));
  return { names, rows };
}

/** How a number of the axis is written: 1.200, 45 %, in the page's language. */
function written(unit) {
  const language = document.documentElement.lang === "en" ? "en-GB" : "vi-VN";
  const plain = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  if (unit !== "percent") return (value) => plain.format(value);
  return (value) => plain.format(value * 100) + (language === "vi-VN" ? " %" : "%");
}

/** How high the legend will be: its entries wrap. */
function legendTall(names, wide) {
  let lines = 1, used = 0;
  for (const name of names) {
    const size = name.length * 7.4 + 46;
    if (used && used + size > wide) [lines, used] = [lines + 1, 0];
    used += size;
  }
  return names.length > 1 ? lines * LEGEND + 12 : 0;
}

function options(figure, wide) {
  const { names, rows } = read(figure.querySelector("table"));
  const { kind, unit, stacked } = figure.dataset, across = kind === "across", line = kind === "line";
  const say = written(unit), many = names.length > 1;
  const goals = [...figure.querySelectorAll(".chart__goals li")].map((one) => ({
    name: text(one), [across ? "xAxis" : "yAxis"]: Number(one.dataset.value),
  }));
  const labels = {
    type: "category", data: rows.map((row) => row.label), inverse: across, axisTick: { alignWithLabel: true },
    axisLine: { lineStyle: { color: INK } },
    axisLabel: { color: INK, fontSize: 13, ...(across ? { width: Math.min(300, wide * 0.38), overflow: "break", interval: 0, lineHeight: 16 } : { hideOverlap: true }) },
  };
  const whole = unit === "percent";
  const numbers = {
    type: "value", min: 0, ...(whole ? { max: 1 } : { minInterval: unit === "count" ? 1 : 0 }),
    axisLabel: { color: INK, fontSize: 13, formatter: say }, splitLine: { lineStyle: { color: GREY } },
  };
  const told = (row) => names.map((name, index) => `${name}: ${row.cells[index].said}`).join("\n");
  return {
    animation: false, textStyle: { fontFamily: FONT, color: INK }, color: COLOURS,
    aria: { enabled: true, label: { enabled: false }, decal: { show: many && !line } },
    grid: { left: 8, right: across ? 56 : 16, top: goals.length && !across ? 30 : 18, bottom: legendTall(names, wide - 20) + 8, outerBoundsMode: "same" },
    legend: { show: many, bottom: 0, textStyle: { color: INK, fontSize: 13 }, itemWidth: 26 },
    tooltip: {
      trigger: "axis", renderMode: "richText", confine: true, axisPointer: { type: line ? "line" : "shadow" },
      formatter: (points) => `${rows[points[0].dataIndex].label}\n${told(rows[points[0].dataIndex])}`,
    },
    xAxis: across ? numbers : labels,
    yAxis: across ? labels : numbers,
    series: names.map((name, index) => ({
      name, type: line ? "line" : "bar", ...(stacked ? { stack: "all" } : {}), barMaxWidth: 46,
      symbol: MARKS[index % MARKS.length], symbolSize: 9, connectNulls: false,
      itemStyle: line ? {} : { borderColor: INK, borderWidth: 0.6 },
      lineStyle: { width: 2.5, type: STROKES[index % STROKES.length] },
      label: {
        show: !many && rows.length <= 16, position: across ? "right" : "top", color: INK, fontSize: 13,
        formatter: (point) => rows[point.dataIndex].cells[index].said,
      },
      data: rows.map((row) => row.cells[index].value),
      ...(index || !goals.length ? {} : {
        markLine: {
          symbol: "none", silent: true, data: goals, lineStyle: { color: INK, type: "dashed", width: 1.5 },
          label: { formatter: "{b}", color: INK, fontSize: 12, position: across ? "end" : "insideEndTop" },
        },
      }),
    })),
  };
}

/** The drawing with its title and source, as a picture that can stand alone. */
function picture(figure, chart) {
  const drawn = chart.renderToCanvas({ pixelRatio: 2, backgroundColor: "#fff" }), sheet = document.createElement("canvas");
  sheet.width = drawn.width;
  sheet.height = drawn.height + 2 * (HEAD + LINE);
  const pen = sheet.getContext("2d"), most = sheet.width - 40;
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, sheet.width, sheet.height);
  pen.drawImage(drawn, 0, 2 * HEAD);
  pen.fillStyle = INK;
  pen.font = `700 34px ${FONT}`;
  pen.fillText(text(figure.querySelector("figcaption")), 20, 62, most);
  pen.font = `400 24px ${FONT}`;
  pen.fillText(figure.dataset.source, 20, sheet.height - 34, most);
  return sheet;
}

function button(words, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "as-link";
  made.textContent = words;
  made.addEventListener("click", act);
  return made;
}

function save(figure, chart) {
  picture(figure, chart).toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${figure.id}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });
}

function draw(figure) {
  const place = figure.querySelector(".chart__drawing"), tools = document.createElement("p");
  const rows = figure.querySelectorAll("tbody tr").length;
  place.hidden = false;
  const names = [...figure.querySelectorAll("thead th")].slice(1).map(text);
  let before = 0, chart = null;
  const fit = () => {
    const wide = place.clientWidth;
    if (wide === before) return;
    before = wide;
    const legend = legendTall(names, wide - 20);
    place.style.height = `${figure.dataset.kind === "across" ? Math.max(120, 50 + rows * ROW) + legend : TALL + legend}px`;
    chart = chart ?? init(place, null, { renderer: "canvas" });
    chart.resize();
    chart.setOption(options(figure, wide), true);
  };
  fit();
  new ResizeObserver(fit).observe(place);
  addEventListener("beforeprint", fit);
  addEventListener("afterprint", fit);
  tools.className = "chart__tools";
  tools.append(button(figure.dataset.save, () => save(figure, chart)), button(figure.dataset.print, () => print()));
  place.after(tools);
}

await Promise.all([document.fonts.load(`400 13px ${FONT}`, "ạ"), document.fonts.load(`700 13px ${FONT}`, "ạ")]);
document.querySelectorAll("figure.chart").forEach(draw);
