// The log of one attempt: standard output and standard error, first the end, the whole on demand, live while the attempt runs.

import { call, text } from '../api.js';
import { el, put } from '../dom.js';
import { bytes, visible } from '../format.js';

const tailBytes = 64 * 1024;

export function logView(run, index, attempt, { signal, running = false, first = 'err' } = {}) {
  const base = `/runs/${run}/chunks/${index}/attempts/${attempt}/logs/`;
  const output = el('pre', { tabindex: '0', role: 'log', 'aria-label': `Log of chunk ${index}, attempt ${attempt}` }, '…');
  const note = el('span.soft.small');
  let stop = new AbortController();
  const tabs = ['out', 'err'].map(stream => el('button', { type: 'button', role: 'tab', onclick: () => open(stream) }, stream === 'out' ? 'stdout' : 'stderr'));
  const whole = el('button.quiet.small', { type: 'button', hidden: true, onclick: () => open(shown, true) }, 'Show the whole log');
  let shown = first;

  async function open(stream, all = false) {
    shown = stream;
    stop.abort();
    stop = new AbortController();
    const mine = stop.signal;
    tabs.forEach((tab, at) => tab.setAttribute('aria-selected', (at === 0) === (stream === 'out')));
    whole.hidden = true;
    note.textContent = '';
    try {
      if (running) return await followInto(stream, mine);
      const answer = await call(base + stream, { headers: all ? {} : { Range: `bytes=-${tailBytes}` }, signal: mine });
      const size = Number(/\/(\d+)$/.exec(answer.headers.get('Content-Range') ?? '')?.[1] ?? 0);
      output.textContent = visible(await answer.text()) || '(empty)';
      if (size > tailBytes && !all) {
        note.textContent = `the last ${bytes(tailBytes)} of ${bytes(size)}`;
        whole.hidden = false;
      }
      output.scrollTop = output.scrollHeight;
    } catch (failure) {
      if (!mine.aborted) output.textContent = failure.status === 404 ? 'No log: the attempt wrote nothing, or the log is still on the host.' : failure.status === 416 ? '(empty)' : failure.message;
    }
  }

  async function followInto(stream, mine) {
    const reader = (await call(`${base}${stream}?follow=true`, { signal: AbortSignal.any([mine, ...(signal ? [signal] : [])]), cache: 'no-store' }))
      .body.pipeThrough(new TextDecoderStream()).getReader();
    output.textContent = '';
    note.textContent = 'live';
    for (;;) {
      const { done, value } = await reader.read();
      if (done || mine.aborted) break;
      const atEnd = output.scrollTop + output.clientHeight > output.scrollHeight - 30;
      output.append(visible(value));
      if (atEnd) output.scrollTop = output.scrollHeight;
    }
    note.textContent = '';
  }

  open(first);
  return el('div', null, el('.tabs', { role: 'tablist', 'aria-label': 'Streams' }, tabs, note, whole), output);
}
