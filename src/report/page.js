"use strict";
// Draws the panels, sorts tables, copies code. The data of a panel is the JSON beside its .plot (page.cpp).

const dark = matchMedia("(prefers-color-scheme: dark)");
const safeSwitch = document.getElementById("safe-colours");
let printing = false;

// Okabe and Ito (2008), without black and with yellow last.
const safeColours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442"];
const dashes = ["solid", "dash", "dot", "dashdot", "longdash"];
const dashArrays = { solid: "none", dash: "8 4", dot: "2 3", dashdot: "8 3 2 3", longdash: "13 5" };
const markers = ["circle", "square", "diamond", "triangle-up", "x", "cross", "star"];

function theme() {
  if (printing || !dark.matches) return { text: "#1c1e21", grid: "#dcdfe4", back: "#ffffff", grey: "#6b7280" };
  return { text: "#e6e8eb", grid: "#3a3f47", back: "#15171a", grey: "#a2a9b4" };
}

/** A colour made lighter where the page is dark. */
function readable(colour) {
  if (printing || !dark.matches) return colour;
  const parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return "#" + parts.map((part) => Math.round(part + 0.35 * (255 - part)).toString(16).padStart(2, "0")).join("");
}

/** How line `i` of a figure is drawn: its own colour, or one of a safe palette with a dash and marker of its own. */
function lineStyle(series, i) {
  const safe = safeSwitch !== null && safeSwitch.checked;
  if (series.points_only) return { colour: theme().grey, dash: "solid", marker: "circle-open" };
  const marker = series.dashed && isPoint(series) ? "circle-open" : "circle";
  if (!safe) return { colour: readable(series.color), dash: series.dashed ? "dash" : "solid", marker };
  return {
    colour: readable(safeColours[i % safeColours.length]), dash: dashes[i % dashes.length], marker: markers[i % markers.length],
  };
}

/** The outlines low to high of every unbroken stretch, as polygons that null separates. */
function bandOutline(series) {
  const outline = { x: [], y: [] };
  let stretch = [];
  const close = () => {
    const back = [...stretch].reverse();
    outline.x.push(...stretch.map((k) => series.x[k]), ...back.map((k) => series.x[k]), null);
    outline.y.push(...stretch.map((k) => series.high[k]), ...back.map((k) => series.low[k]), null);
    stretch = [];
  };
  series.x.forEach((_, k) => {
    if (series.low[k] !== null && series.high[k] !== null) stretch.push(k);
    else if (stretch.length > 0) close();
  });
  if (stretch.length > 0) close();
  return outline;
}

function bandTrace(series, style, visible) {
  return {
    ...bandOutline(series), visible, type: "scatter", mode: "lines", line: { width: 0 }, fill: "toself",
    fillcolor: style.colour + "2e", hoverinfo: "skip", showlegend: false,
  };
}

/** A line of a single point is a dot, in the panel and on its button. */
function isPoint(series) { return series.x.length === 1; }

function lineTrace(series, style, visible) {
  const interval = series.low.length > 0;
  const few = series.x.length <= 60;
  return {
    x: series.x, y: series.y, visible, type: "scatter", name: series.name,
    mode: series.points_only ? "markers" : few ? "lines+markers" : "lines",
    line: { color: style.colour, width: 2, dash: style.dash },
    marker: { color: style.colour, size: series.points_only || isPoint(series) ? 9 : 6, symbol: style.marker },
    customdata: interval ? series.x.map((_, k) => [series.low[k], series.high[k]]) : undefined,
    hovertemplate: interval ? "%{y:.4g} (%{customdata[0]:.4g} to %{customdata[1]:.4g})" : "%{y:.4g}",
  };
}

function layoutOf(figure) {
  const colours = theme();
  const axis = (title) => ({
    title: { text: title, standoff: 8 }, gridcolor: colours.grid, zeroline: false, linecolor: colours.grid, automargin: true,
  });
  const x = axis(figure.x_label), y = axis(figure.y_label);
  const all = figure.series.flatMap((series) => series.x);
  if (figure.integer_x && all.length > 0) {
    const first = Math.min(...all), last = Math.max(...all);
    Object.assign(x, { dtick: Math.max(1, Math.ceil((last - first) / 12)), tick0: first, range: [first - 0.4, last + 0.4] });
  }
  if (figure.integer_x) x.unifiedhovertitle = { text: `${figure.x_label} %{x}` };
  if (figure.y_min !== null || figure.y_max !== null) {
    const room = figure.y_min !== null && figure.y_max !== null ? 0.015 * (figure.y_max - figure.y_min) : 0;
    Object.assign(y, { range: [figure.y_min, figure.y_max === null ? null : figure.y_max + room] });  // whole markers
  }
  return {
    xaxis: x, yaxis: y, showlegend: false, hovermode: "x unified", margin: { l: 56, r: 12, t: 12, b: 46 },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: colours.text, size: 12, family: "system-ui, DejaVu Sans, sans-serif" },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: colours.grey, activecolor: colours.text },
    hoverlabel: { bgcolor: colours.back, font: { color: colours.text } },
  };
}

/** A short piece of the line, a ring or a dot, for its button. */
function swatch(style, series) {
  const line = `<line x1="0" y1="6" x2="30" y2="6" stroke="${style.colour}" stroke-width="3" stroke-dasharray="${dashArrays[style.dash]}"/>`;
  const fill = style.marker === "circle-open" ? "none" : style.colour;
  const circle = `<circle cx="15" cy="6" r="4" fill="${fill}" stroke="${style.colour}" stroke-width="2"/>`;
  return `<svg viewBox="0 0 30 12" aria-hidden="true">${series.points_only || isPoint(series) ? circle : line}</svg>`;
}

const plotConfig = {
  responsive: true, displaylogo: false, displayModeBar: matchMedia("(hover: hover)").matches ? "hover" : false,
  modeBarButtons: [["toImage", "zoom2d", "pan2d", "resetScale2d"]], toImageButtonOptions: { format: "svg" },
};

class Panel {
  constructor(element) {
    this.plot = element.querySelector(".plot");
    this.figure = JSON.parse(element.querySelector("script").textContent);
    this.hidden = new Set();
    this.legend = document.createElement("div");
    this.legend.className = "legend";
    element.append(this.legend);
    this.figure.series.forEach((series, i) => this.legend.append(this.button(series, i)));
  }

  button(series, i) {
    const button = document.createElement("button");
    button.type = "button";
    button.title = "Show or hide this line";
    button.innerHTML = swatch(lineStyle(series, i), series);
    button.append(document.createElement("span"));
    button.lastChild.textContent = series.name;
    button.setAttribute("aria-pressed", "true");
    button.addEventListener("click", () => {
      if (!this.hidden.delete(i)) this.hidden.add(i);
      button.setAttribute("aria-pressed", String(!this.hidden.has(i)));
      this.draw();
    });
    return button;
  }

  draw() {
    const bands = [], lines = [];
    this.figure.series.forEach((series, i) => {
      const style = lineStyle(series, i), visible = !this.hidden.has(i);
      this.legend.children[i].firstChild.outerHTML = swatch(style, series);
      if (series.low.length > 0) bands.push(bandTrace(series, style, visible));
      lines.push(lineTrace(series, style, visible));
    });
    return Plotly.react(this.plot, [...bands, ...lines], layoutOf(this.figure), plotConfig);
  }
}

/** Orders rows by a column; what is no number, or missing, comes last. */
function sortTable(header) {
  const column = header.cellIndex;
  const body = header.closest("table").tBodies[0];
  const up = header.getAttribute("aria-sort") !== "ascending";
  const numeric = header.classList.contains("number");
  const text = (row) => row.cells[column].textContent;
  const key = (row) => (numeric ? parseFloat(text(row).replaceAll(",", "")) : text(row));
  const compare = (a, b) => (numeric ? a - b : a.localeCompare(b, "en", { numeric: true }));
  const rows = [...body.rows].sort((a, b) => {
    const left = key(a), right = key(b);
    const leftMissing = Number.isNaN(left), rightMissing = Number.isNaN(right);
    if (leftMissing || rightMissing) return leftMissing - rightMissing;
    return up ? compare(left, right) : compare(right, left);
  });
  body.append(...rows);
  for (const other of header.parentNode.cells) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", up ? "ascending" : "descending");
}

async function copyCode(button) {
  const code = button.parentNode.querySelector("code");
  try {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(code);  // the browser refuses: the reader copies the selection
    button.textContent = "Selected";
  }
}

for (const header of document.querySelectorAll("th")) {
  header.querySelector("button").addEventListener("click", () => sortTable(header));
}
for (const button of document.querySelectorAll(".copy")) button.addEventListener("click", () => copyCode(button));

const panels = typeof Plotly === "undefined" ? [] : [...document.querySelectorAll(".panel")].map((each) => new Panel(each));
const drawAll = () => panels.forEach((panel) => panel.draw());
drawAll();
dark.addEventListener("change", drawAll);
if (safeSwitch !== null) safeSwitch.addEventListener("change", drawAll);
for (const [event, now] of [["beforeprint", true], ["afterprint", false]]) {
  addEventListener(event, () => {
    printing = now;
    drawAll();
    panels.forEach((panel) => Plotly.Plots.resize(panel.plot));
  });
}
