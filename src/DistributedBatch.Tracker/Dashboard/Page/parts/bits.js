// Small elements that several pages share.

import { el } from '../dom.js';
import { number, states } from '../format.js';

export const pill = state => el('span.pill', { class: `s-${state}` }, state);

/** Succeeded, failed, cancelled, running, queued, pending as shares of one bar. */
export function stateBar(chunks, thin = false) {
  const order = ['succeeded', 'failed', 'cancelled', 'running', 'queued', 'pending'];
  const bar = el(thin ? 'div.bar.thin' : 'div.bar', {
    role: 'img', 'aria-label': states.filter(state => chunks[state]).map(state => `${number(chunks[state])} ${state}`).join(', ') || 'no chunks',
  });
  for (const state of order) {
    if (!chunks[state]) continue;
    const part = el('span', { class: `s-${state}` });
    part.style.flexGrow = chunks[state];
    // A single failed chunk among a million stays visible.
    if (state === 'failed') part.style.minWidth = '3px';
    bar.append(part);
  }
  return bar;
}

export function share(value, label) {
  const part = el('span');
  part.style.flexGrow = Math.max(0.001, value);
  const rest = el('i');
  rest.style.flexGrow = Math.max(0.001, 1 - value);
  return el('div.bar', { role: 'img', 'aria-label': label }, part, rest);
}

export const chunkLink = (run, index) => el('a.mono', { href: `#/runs/${run}/chunks/${index}` }, `#${index}`);

/** Repeats an action while the page is open and visible; ignores errors while the server does not answer. */
export function every(milliseconds, signal, look) {
  const again = async () => {
    if (signal.aborted) return;
    if (!document.hidden) await look().catch(() => null);
    setTimeout(again, milliseconds);
  };
  return again();
}
