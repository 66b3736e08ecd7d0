import { get } from '../api.js';
import { el, put } from '../dom.js';
import { bytes, clock, duration, number } from '../format.js';
import { every, pill } from '../parts/bits.js';
import { logView } from '../parts/log.js';

export async function chunkView({ content, signal, link }, run, index) {
  const base = `/runs/${run}/chunks/${index}`;
  let known = '';
  await every(3000, signal, async () => {
    try {
      const [view, chunk, attempts, why] = await Promise.all([get(`/runs/${run}`, signal), get(base, signal), get(`${base}/attempts`, signal), get(`${base}/explain`, signal)]);
      link(true);
      // Open logs must stay open, so the page is drawn again only after changes.
      const now = JSON.stringify([chunk, attempts, why.verdict]);
      if (now === known) return;
      known = now;
      document.title = `#${index} ${view.name} · DistributedBatch`;
      put(content,
        el('.small', null, el('a', { href: `#/runs/${view.run}` }, `← ${view.name || view.run}`)),
        el('.row', null, el('h1', null, `Chunk ${number(chunk.index)}`), pill(chunk.state), el('span.soft', null, `items ${number(chunk.start)} to ${number(chunk.start + chunk.count - 1)}`),
          el('span.grow'), Number(index) > 0 ? el('a', { href: `#/runs/${run}/chunks/${index - 1}` }, '← previous') : null,
          Number(index) + 1 < view.chunks.total ? el('a', { href: `#/runs/${run}/chunks/${Number(index) + 1}` }, 'next →') : null),
        el('section.card.why', null, el('b', null, why.verdict), el('ul', null, why.reasons.map(reason => el('li', null, reason)))),
        attempts.length ? attempts.toReversed().map(attempt => attemptCard(run, attempt, signal)) : el('.card', null, el('.empty', null, 'No attempt yet.')));
    } catch (failure) {
      if (signal.aborted) return;
      link(false);
      if (!known) put(content, el('.card', null, el('h1', null, 'Error'), el('p', null, failure.message)));
    }
  });
}

function attemptCard(run, attempt, signal) {
  const facts = [
    ['started', clock(attempt.startedAt)], ['duration', attempt.outcome ? duration(attempt.seconds) : null], ['CPU time', attempt.cpuSeconds ? duration(attempt.cpuSeconds) : null],
    ['peak memory', attempt.peakMemoryBytes ? bytes(attempt.peakMemoryBytes) : null], ['exit code', attempt.exitCode], ['signal', attempt.signal], ['start', attempt.warm === 'off' ? 'own process' : `warm (${attempt.warm})`],
  ].filter(([, value]) => value !== null && value !== undefined);
  const state = { succeeded: 'succeeded', cancelled: 'cancelled', released: 'cancelled' }[attempt.outcome] ?? (attempt.outcome ? 'failed' : 'running');
  return el('section.card', { 'aria-label': `Attempt ${attempt.attempt}` },
    el('.row', null, el('h2', null, `Attempt ${attempt.attempt}`, el('small', null, `on ${attempt.host}, slot ${attempt.slot}`)), el('span.grow'),
      attempt.duplicate ? el('span.pill.s-cancelled', null, 'duplicate') : null, el('span.pill', { class: `s-${state}` }, attempt.outcome ?? 'running')),
    el('.row', null, facts.map(([title, value]) => el('span.small', null, el('span.soft', null, `${title} `), value))),
    attempt.error ? el('.note', null, attempt.error) : null,
    attempt.result ? el('pre', { tabindex: '0', 'aria-label': 'Result' }, attempt.result) : null,
    logView(run, attempt.index, attempt.attempt, { signal, running: !attempt.outcome, first: state === 'failed' ? 'err' : 'out' }));
}
