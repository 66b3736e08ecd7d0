// All chunks of a run as a grid of cells: a cell is one chunk, or some hundred neighbours of a million. Failed chunks always stay visible.

import { get } from '../api.js';
import { el } from '../dom.js';
import { number, states } from '../format.js';

export function stripView(run, onOpen) {
  const canvas = el('canvas', { tabindex: '0', role: 'img', 'aria-label': 'States of all chunks' });
  const tip = el('.tip', { hidden: true });
  const box = el('.strip', null, canvas, tip);
  let strip = null;
  let grid = null;
  let cursor = -1;

  const cells = () => strip.counts.length / 6;
  const countsOf = cell => strip.counts.slice(cell * 6, cell * 6 + 6);

  function draw() {
    if (!strip || !box.clientWidth) return;
    const width = box.clientWidth;
    const count = cells();
    // As large as fits into a height of about 110 pixels, within limits.
    let size = Math.max(4, Math.min(18, Math.floor(Math.sqrt(width * 110 / Math.max(1, count)))));
    const columns = Math.max(1, Math.floor(width / size));
    const rows = Math.max(1, Math.ceil(count / columns));
    grid = { size, columns, rows };
    const ratio = devicePixelRatio || 1;
    canvas.width = width * ratio;
    canvas.height = rows * size * ratio;
    canvas.style.height = `${rows * size}px`;
    const pen = canvas.getContext('2d');
    pen.scale(ratio, ratio);
    const style = getComputedStyle(document.documentElement);
    const colours = states.map(state => style.getPropertyValue(`--${state}`).trim());
    const gap = size > 7 ? 1.5 : size > 5 ? 1 : 0.6;
    for (let cell = 0; cell < count; cell++) {
      const x = cell % columns * size;
      const y = Math.floor(cell / columns) * size;
      const counts = countsOf(cell);
      const total = counts.reduce((sum, n) => sum + n, 0) || 1;
      let top = y;
      // From the bottom: ended, active, waiting.
      for (const state of [0, 1, 2, 5, 3, 4]) {
        const height = counts[state] / total * (size - gap);
        if (!height) continue;
        pen.fillStyle = colours[state];
        pen.fillRect(x, top, size - gap, height);
        top += height;
      }
      if (counts[4]) {
        pen.fillStyle = colours[4];
        const mark = Math.max(2.5, (size - gap) * Math.min(1, counts[4] / total));
        pen.fillRect(x, y + size - gap - mark, size - gap, mark);
      }
      if (cell === cursor) {
        pen.strokeStyle = style.getPropertyValue('--text').trim();
        pen.lineWidth = 1.5;
        pen.strokeRect(x + 0.5, y + 0.5, size - gap - 1, size - gap - 1);
      }
    }
  }

  const describe = cell => {
    const from = cell * strip.chunksPerBucket;
    const to = Math.min(strip.total, from + strip.chunksPerBucket) - 1;
    const held = states.map((state, at) => [state, countsOf(cell)[at]]).filter(([, n]) => n);
    return from === to
      ? `chunk ${number(from)}: ${held.map(([state]) => state).join('')}`
      : `chunks ${number(from)} to ${number(to)}: ${held.map(([state, n]) => `${number(n)} ${state}`).join(', ')}`;
  };

  function point(cell) {
    cursor = cell;
    draw();
    tip.hidden = cell < 0;
    if (cell < 0) return;
    tip.textContent = describe(cell);
    const half = tip.offsetWidth / 2;
    tip.style.left = `${Math.max(half, Math.min(box.clientWidth - half, (cell % grid.columns + 0.5) * grid.size))}px`;
    tip.style.top = `${Math.floor(cell / grid.columns) * grid.size}px`;
    canvas.setAttribute('aria-label', tip.textContent);
  }

  const under = event => {
    if (!grid) return -1;
    const { left, top } = canvas.getBoundingClientRect();
    const cell = Math.floor((event.clientY - top) / grid.size) * grid.columns + Math.floor((event.clientX - left) / grid.size);
    return cell >= 0 && cell < cells() ? cell : -1;
  };
  canvas.addEventListener('mousemove', event => point(under(event)));
  canvas.addEventListener('mouseleave', () => point(-1));
  canvas.addEventListener('blur', () => point(-1));
  canvas.addEventListener('click', event => under(event) >= 0 && onOpen(under(event) * strip.chunksPerBucket, strip.chunksPerBucket));
  canvas.addEventListener('keydown', event => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: grid?.columns, ArrowUp: -(grid?.columns ?? 0) }[event.key];
    if (step !== undefined && strip) {
      event.preventDefault();
      point(Math.max(0, Math.min(cells() - 1, Math.max(0, cursor) + (cursor < 0 ? 0 : step))));
    } else if (event.key === 'Enter' && cursor >= 0) {
      onOpen(cursor * strip.chunksPerBucket, strip.chunksPerBucket);
    }
  });
  new ResizeObserver(() => draw()).observe(box);
  addEventListener('themechange', draw);

  return {
    box,
    async refresh(signal) {
      strip = await get(`/runs/${run}/strip?buckets=${box.clientWidth > 900 ? 4096 : 1500}`, signal);
      draw();
    },
    perCell: () => strip?.chunksPerBucket ?? 1,
  };
}
