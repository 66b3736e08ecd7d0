// Throughput and duration over the time of a run.

import uPlot from '../vendor/uplot/uPlot.js';
import { el } from '../dom.js';
import { duration } from '../format.js';

const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** 14:05, with seconds where ticks are that close, with the day where they are that far apart. */
function when(seconds, step) {
  const at = new Date(seconds * 1000);
  const pad = value => String(value).padStart(2, '0');
  if (step >= 86_400) return `${at.getMonth() + 1}-${pad(at.getDate())}`;
  return `${pad(at.getHours())}:${pad(at.getMinutes())}${step < 60 ? `:${pad(at.getSeconds())}` : ''}`;
}

/** Two plots over one time axis; `show` takes the buckets of /timeline. */
export function plotsView() {
  const boxes = [el('.plot', { role: 'img', 'aria-label': 'Items per second over time' }), el('.plot', { role: 'img', 'aria-label': 'Mean duration of attempts over time' })];
  let plots = [];
  let data = null;

  const axes = format => [
    { stroke: colour('--soft'), grid: { show: false }, ticks: { show: false }, font: '12px system-ui', space: 90, size: 28, values: (_, ticks, __, ___, step) => ticks.map(tick => when(tick, step)) },
    { stroke: colour('--soft'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false }, font: '12px system-ui', size: 62, values: (_, ticks) => ticks.map(format) },
  ];

  function make(box, series, format, values) {
    const plot = new uPlot({
      width: Math.max(200, box.clientWidth), height: 190, cursor: { y: false, points: { size: 7 } }, legend: { show: false }, padding: [8, 20, 0, 0],
      scales: { x: { time: true }, y: { range: (_, low, high) => [0, Math.max(high * 1.15, 1e-9)] } },
      series: [{}, series], axes: axes(format),
      hooks: { setCursor: [shown => { box.title = shown.cursor.idx == null ? '' : format(shown.data[1][shown.cursor.idx] ?? 0); }] },
    }, values, box);
    return plot;
  }

  function draw() {
    plots.forEach(plot => plot.destroy());
    if (!data?.length || !boxes[0].clientWidth) { plots = []; return; }
    const step = data[0].seconds;
    const first = Date.parse(data[0].at) / 1000;
    // A bucket that is not complete would look like a drop.
    const newest = Date.parse(data.at(-1).at) / 1000;
    const last = data.length > 2 && Date.now() / 1000 < newest + step ? newest - step : newest;
    const at = [], rates = [], means = [];
    let next = 0;
    // Where no attempt ended, the rate is zero and the mean is unknown.
    for (let time = first; time <= last; time += step) {
      const bucket = data[next] && Date.parse(data[next].at) / 1000 <= time ? data[next++] : null;
      at.push(time);
      rates.push(bucket ? bucket.items / step : 0);
      means.push(bucket ? bucket.busySeconds / Math.max(1, bucket.succeeded + bucket.failed) : null);
    }
    const fill = name => `color-mix(in srgb, ${colour(name)} 22%, transparent)`;
    plots = [
      make(boxes[0], { stroke: colour('--succeeded'), width: 1.8, fill: fill('--succeeded'), points: { show: at.length < 3 } },
        value => value === 0 ? '0' : value >= 1000 ? `${(value / 1000).toFixed(1)}k` : value >= 10 ? value.toFixed(0) : value.toFixed(value < 1 ? 2 : 1), [at, rates]),
      make(boxes[1], { stroke: colour('--running'), width: 1.8, fill: fill('--running'), spanGaps: true, points: { show: at.length < 3 } }, value => value === 0 ? '0' : duration(value), [at, means]),
    ];
  }

  new ResizeObserver(() => draw()).observe(boxes[0]);
  addEventListener('themechange', draw);
  return { boxes, show(buckets) { data = buckets; draw(); } };
}
