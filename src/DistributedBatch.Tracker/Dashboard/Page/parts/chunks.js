// The chunks of a run as a list with filters and pages.

import { get } from '../api.js';
import { el, put, say } from '../dom.js';
import { duration, number, states } from '../format.js';
import { chunkLink, pill } from './bits.js';

const pageSize = 50;

export function chunkList(run, signal) {
  const state = el('select', { 'aria-label': 'State', onchange: () => load() }, el('option', { value: '' }, 'any state'), states.map(name => el('option', { value: name }, name)));
  const host = el('input', { 'aria-label': 'Host', placeholder: 'host', size: 10, onchange: () => load() });
  const longer = el('input', { 'aria-label': 'At least this many seconds', placeholder: 'min. seconds', size: 13, inputmode: 'decimal', onchange: () => load() });
  const error = el('input', { 'aria-label': 'Text in the error', placeholder: 'text in the error', size: 16, type: 'search', onchange: () => load() });
  const body = el('tbody');
  const more = el('button', { type: 'button', hidden: true }, 'More');
  const list = el('div', { hidden: true }, el('.scroll', null, el('table', null,
    el('thead', null, el('tr', null, ['Chunk', 'State', 'Items', 'Attempts', 'Host', 'Duration', 'Error'].map((title, at) => el(at > 5 ? 'th.wide' : 'th', null, title)))), body)), el('p', null, more));
  const box = el('section.card', { 'aria-label': 'Chunks' }, el('.row', null, el('h2', null, 'Chunks'), el('span.grow'), state, host, longer, error,
    el('button', { type: 'button', onclick: () => load() }, 'Show')), list);

  async function load(after = '', append = false) {
    const query = new URLSearchParams({ limit: pageSize });
    for (const [key, value] of Object.entries({ state: state.value, host: host.value, longerThan: longer.value, error: error.value, after }))
      if (value !== '') query.set(key, value);
    try {
      const page = await get(`/runs/${run}/chunks?${query}`, signal);
      const rows = page.items.map(row);
      append ? body.append(...rows) : put(body, rows.length ? rows : el('tr', null, el('td', { colspan: 7 }, el('.empty', null, 'No matching chunks.'))));
      more.hidden = !page.next;
      more.onclick = () => load(page.next, true);
      list.hidden = false;
    } catch (failure) {
      if (!signal.aborted) say(failure.message, true);
    }
  }

  const row = chunk => el('tr', null,
    el('td', null, chunkLink(run, chunk.index)), el('td', null, pill(chunk.state)), el('td', null, `${number(chunk.start)} – ${number(chunk.start + chunk.count - 1)}`),
    el('td', null, chunk.attempts), el('td', null, chunk.lastAttempt?.host ?? '–'), el('td', null, chunk.lastAttempt?.outcome ? duration(chunk.lastAttempt.seconds) : '–'),
    el('td.wide.soft.small', null, chunk.lastAttempt?.error ?? ''));

  return {
    box,
    async open({ state: wanted = '', after = -1 }) {
      state.value = wanted;
      host.value = longer.value = error.value = '';
      await load(after >= 0 ? after : '');
      box.scrollIntoView({ behavior: 'smooth', block: 'start' });
    },
  };
}
