// The charts of the dashboard. Their colours come from the stylesheet and so follow the admin's theme; the tables of
// the page have the same figures.
"use strict";

const { names, calls, share, users } = JSON.parse(document.getElementById("charts").textContent);
const drawn = [];

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const number = new Intl.NumberFormat("en");
const compact = new Intl.NumberFormat("en", { notation: "compact" });

// Moments of the plan across a chart: a band for a brownout, a line with its name for the others.
function marks(list) {
  const styles = {
    brownout: { ink: colour("brownout") },
    deprecated: { ink: colour("quiet"), title: "deprecated" },
    sunset: { ink: colour("bad"), title: "sunset" },
  };
  return {
    id: "marks",
    beforeDatasetsDraw(chart) {
      const { ctx, chartArea: area } = chart;
      const at = (place) => area.left + (place * area.width) / chart.data.labels.length;
      ctx.save();
      for (const mark of list) {
        const { ink, title } = styles[mark.kind];
        const left = Math.round(at(mark.from));
        ctx.fillStyle = ctx.strokeStyle = ink;
        if (!title) {
          ctx.globalAlpha = 0.35;
          ctx.fillRect(left, area.top, Math.max(3, at(mark.to) - left), area.height);
          ctx.globalAlpha = 1;
          continue;
        }
        ctx.lineWidth = 2;
        ctx.setLineDash([4, 3]);
        ctx.beginPath();
        ctx.moveTo(left, area.top);
        ctx.lineTo(left, area.bottom);
        ctx.stroke();
        ctx.font = `600 11px ${Chart.defaults.font.family}`;
        ctx.textBaseline = "bottom";
        const before = left - area.left > area.width / 2;
        ctx.textAlign = before ? "right" : "left";
        ctx.fillText(title, left, area.top - 2);
      }
      ctx.restore();
    },
  };
}

function axes(unit, stacked, most) {
  const grid = { color: colour("line") };
  return {
    x: { stacked, offset: true, grid: { display: false }, ticks: { maxRotation: 0, autoSkipPadding: 18, callback: short } },
    y: { stacked, beginAtZero: true, suggestedMax: most, grid, border: { display: false }, ticks: { maxTicksLimit: 6, callback: unit } },
  };
}

// `Nov 24`: a day or the first of a week; the year is in the tooltip and in the table.
function short(index) {
  const day = new Date(`${this.getLabelForValue(index).slice(0, 10)}T00:00:00Z`);
  return day.toLocaleDateString("en", { month: "short", day: "numeric", timeZone: "UTC" });
}

function options(scales, words) {
  return {
    animation: false,
    maintainAspectRatio: false,
    layout: { padding: { top: 16 } },
    interaction: { mode: "index", intersect: false },
    plugins: { legend: { display: false }, tooltip: { callbacks: { label: words } } },
    scales,
  };
}

function bars(label, data, ink) {
  return { label, data, backgroundColor: colour(ink), categoryPercentage: 0.92, barPercentage: 1 };
}

function line(label, data, ink, more) {
  return { label, data, borderColor: colour(ink), backgroundColor: colour(ink), borderWidth: 2, pointRadius: 0, pointHitRadius: 8, ...more };
}

function draw() {
  drawn.splice(0).forEach((chart) => chart.destroy());
  Chart.defaults.color = colour("faint");
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  const count = ({ dataset, raw }) => `${dataset.label}: ${number.format(raw)}`;
  drawn.push(new Chart("calls", {
    type: "bar",
    data: {
      labels: calls.labels,
      datasets: [
        bars(names.new, calls.new, "v2"),
        bars(names.old, calls.answered, "v1"),
        bars(`${names.old}, refused`, calls.refused, "refused"),
      ],
    },
    options: options(axes((value) => compact.format(value), true), count),
    plugins: [marks(calls.marks)],
  }));
  if (!share) return; // the page of a client has one chart
  const percent = ({ dataset, raw }) => `${dataset.label}: ${raw.toFixed(1)} %`;
  drawn.push(new Chart("share", {
    type: "line",
    data: {
      labels: share.labels,
      datasets: [
        line("measured", share.measured, "v1", { pointRadius: share.measured.length > 1 ? 0 : 3 }),
        line("line", share.projected, "v1", { borderDash: [6, 4], borderWidth: 1.5 }),
        line("low enough at", share.labels.map(() => share.threshold), "good", { borderDash: [2, 3], borderWidth: 1.5 }),
      ],
    },
    options: options(axes((value) => `${value} %`, false, 2 * share.threshold), percent),
    plugins: [marks(share.marks)],
  }));
  drawn.push(new Chart("users", {
    type: "line",
    data: { labels: users.labels, datasets: [line("users", users.left, "v1", { fill: "origin", backgroundColor: `${colour("v1")}33` })] },
    options: options(axes((value) => compact.format(value), false), count),
    plugins: [marks(users.marks)],
  }));
}

draw();
new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
addEventListener("beforeprint", () => drawn.forEach((chart) => chart.resize()));
