// The slots of a host over the last minutes: a row for each slot, a bar for each attempt. Gaps are idle time, failed attempts are red.

import { el } from '../dom.js';
import { duration, number } from '../format.js';

const rowHeight = 9;
const colours = { succeeded: '--succeeded', cancelled: '--cancelled', released: '--cancelled' };

export function slotTimeline(slotCount, spans, running, minutes) {
  const now = Date.now();
  const from = now - minutes * 60_000;
  const bars = [
    ...spans.map(span => ({ ...span, start: Date.parse(span.startedAt), end: Date.parse(span.startedAt) + span.seconds * 1000, colour: colours[span.outcome] ?? '--failed' })),
    ...running.map(attempt => ({ ...attempt, start: Date.parse(attempt.startedAt), end: now, outcome: 'running', colour: '--running' })),
  ];
  const failed = spans.filter(span => !colours[span.outcome]).length;
  const canvas = el('canvas', {
    role: 'img', 'aria-label': `Slots over the last ${minutes} minutes: ${number(spans.length)} ended, ${number(failed)} failed, ${number(running.length)} running`,
  });
  const box = el('.timeline', null, canvas, el('.row.small.soft', null, el('span', null, `${minutes} min ago`), el('span.grow'), el('span', null, 'now')));
  const place = bar => {
    const width = canvas.clientWidth;
    const left = Math.max(0, (bar.start - from) / (now - from) * width);
    return [left, Math.max(1, Math.min(width, (bar.end - from) / (now - from) * width) - left), bar.slot * rowHeight];
  };

  function draw() {
    const ratio = devicePixelRatio || 1;
    canvas.width = canvas.clientWidth * ratio;
    canvas.height = slotCount * rowHeight * ratio;
    const pen = canvas.getContext('2d');
    pen.scale(ratio, ratio);
    const style = getComputedStyle(document.documentElement);
    pen.fillStyle = style.getPropertyValue('--ground').trim();
    for (let slot = 0; slot < slotCount; slot++) pen.fillRect(0, slot * rowHeight, canvas.clientWidth, rowHeight - 2);
    for (const bar of bars.filter(bar => bar.end > from)) {
      const [left, wide, top] = place(bar);
      pen.fillStyle = style.getPropertyValue(bar.colour).trim();
      // A narrow gap between neighbours, where there is room.
      pen.fillRect(left, top, wide > 3 ? wide - 1 : wide, rowHeight - 2);
    }
  }

  const under = event => {
    const { left, top } = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    return bars.findLast(bar => {
      const [start, wide, row] = place(bar);
      return y >= row && y < row + rowHeight && x >= start - 1 && x <= start + wide + 1;
    });
  };
  canvas.style.height = `${slotCount * rowHeight}px`;
  canvas.addEventListener('mousemove', event => {
    const bar = under(event);
    canvas.title = bar ? `slot ${bar.slot}: chunk ${bar.index}, ${bar.outcome}, ${duration((bar.end - bar.start) / 1000)}` : '';
    canvas.style.cursor = bar ? 'pointer' : 'default';
  });
  canvas.addEventListener('click', event => {
    const bar = under(event);
    if (bar) location.hash = `#/runs/${bar.run}/chunks/${bar.index}`;
  });
  requestAnimationFrame(draw);
  return box;
}
