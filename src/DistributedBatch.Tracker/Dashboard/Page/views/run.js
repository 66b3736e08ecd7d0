import { download, follow, get, post } from '../api.js';
import { el, put, say } from '../dom.js';
import { bytes, clock, duration, number, percent, range, rate, states, visible } from '../format.js';
import { chunkLink, every, pill, stateBar } from '../parts/bits.js';
import { chunkList } from '../parts/chunks.js';
import { logView } from '../parts/log.js';
import { plotsView } from '../parts/plots.js';
import { stripView } from '../parts/strip.js';

const actions = {
  running: [['pause', 'Pause'], ['cancel', 'Cancel', 'danger']],
  paused: [['resume', 'Resume', 'main'], ['cancel', 'Cancel', 'danger']],
  failed: [['retry', 'Retry failed chunks', 'main']],
  cancelled: [['retry', 'Continue', 'main']],
  succeeded: [],
};

export async function runView({ content, signal, link }, name) {
  let run = await get(`/runs/${encodeURIComponent(name)}`, signal);
  const id = run.run;
  const head = el('div');
  const progress = el('.card');
  const tiles = el('dl.tiles');
  const failures = el('div');
  const slowest = el('div');
  const why = el('.why');
  const plots = plotsView();
  const chunks = chunkList(id, signal);
  const strip = stripView(id, (first, count) => count === 1 ? location.hash = `#/runs/${id}/chunks/${first}` : chunks.open({ after: first - 1 }));
  const stripNote = el('small');

  put(content, head, progress, tiles,
    el('section.card', { 'aria-label': 'All chunks' }, el('h2', null, 'All chunks', stripNote), strip.box),
    el('.two', null,
      el('section.card', null, el('h2', null, 'Throughput', el('small', null, 'items per second')), plots.boxes[0]),
      el('section.card', null, el('h2', null, 'Duration', el('small', null, 'mean of the ended attempts')), plots.boxes[1])),
    el('.two', null,
      el('section.card', { 'aria-label': 'Failed chunks' }, el('h2', null, 'Failed chunks'), failures),
      el('section.card', { 'aria-label': 'Slowest attempts' }, el('h2', null, 'Slowest attempts'), slowest)),
    el('section.card', null, el('h2', null, 'Status'), why),
    chunks.box);

  function show() {
    const { chunks: count } = run;
    const settled = count.succeeded + count.failed + count.cancelled;
    document.title = `${percent(settled, count.total)} ${run.name} · DistributedBatch`;
    put(head,
      el('.row', null, el('h1', null, run.name || id), pill(run.state), el('span.mono.soft', null, id), el('span.grow'),
        actions[run.state].map(([action, label, kind]) => el('button', { type: 'button', class: kind ?? 'plain', onclick: event => act(action, label, event.target) }, label)),
        el('select', { 'aria-label': 'Download', onchange: event => bring(event.target) },
          el('option', { value: '' }, 'Download…'), el('option', { value: 'attempts.csv' }, 'attempts as CSV'), el('option', { value: 'attempts.jsonl' }, 'attempts as JSON lines'),
          el('option', { value: 'results' }, 'results as JSON lines'), el('option', { value: 'outputs' }, 'outputs as tar'))),
      el('.mono.soft.small', null, run.command.join(' ')),
      run.reason ? el('.note', null, run.reason) : null);
    put(progress,
      el('.row', null, el('span.percent', null, percent(settled, count.total)), el('span.soft', null, `${number(settled)} of ${number(count.total)} chunks · ${number(run.itemsSucceeded)} of ${number(run.total - run.first)} items`)),
      el('p'), stateBar(count),
      el('.legend', null, states.filter(state => count[state]).map(state =>
        el('button.dot', { type: 'button', class: `s-${state}`, title: `List the ${state} chunks`, onclick: () => chunks.open({ state }) }, el('b', null, number(count[state])), state))));
    const elapsed = ((run.finishedAt ? new Date(run.finishedAt) : new Date()) - new Date(run.submittedAt)) / 1000;
    put(tiles,
      run.finishedAt
        ? tile('Duration', duration(elapsed), `ended at ${clock(run.finishedAt)}`)
        : tile('Time left', run.eta ? range(run.eta) : '–', run.eta ? `ends between ${clock(Date.now() + run.eta.earliestSeconds * 1000)} and ${clock(Date.now() + run.eta.latestSeconds * 1000)}` : 'no estimate yet'),
      run.finishedAt ? null : tile('Running for', duration(elapsed), `since ${clock(run.submittedAt)}`),
      tile('Items', rate(run.itemsPerSecond), run.finishedAt ? 'mean' : 'recent'),
      tile('Chunk duration', duration(run.medianSeconds), `median; 95th percentile ${duration(run.p95Seconds)}`),
      tile('Failed chunks', number(count.failed), count.failed ? (count.failed / count.total < 0.001 ? 'under 0.1 %' : percent(count.failed, count.total)) + ' of all chunks' : 'none'));
  }

  async function act(action, label, button) {
    if (action === 'cancel' && !confirm(`Cancel ${run.name}? Running chunks are stopped; succeeded chunks are kept.`)) return;
    button.disabled = true;
    try {
      await post(`/runs/${id}/${action}`);
      say(`${label}: done.`);
    } catch (failure) {
      say(failure.message, true);
      button.disabled = false;
    }
  }

  async function bring(select) {
    const what = select.value;
    select.value = '';
    if (!what) return;
    await download(`/runs/${id}/${what}`, { outputs: `${id}.tar`, results: `${id}.results.jsonl` }[what] ?? `${id}.${what}`).catch(failure => say(failure.message, true));
  }

  const failedOpen = new Map();
  async function showFailures() {
    const page = run.chunks.failed ? await get(`/runs/${id}/failures?limit=8`, signal) : { items: [] };
    put(failures, page.items.length ? page.items.map(chunk => failedOpen.get(chunk.index) ?? remember(chunk)) : el('.empty', null, 'No failed chunks.'),
      page.next ? el('p', null, el('button', { type: 'button', onclick: () => chunks.open({ state: 'failed' }) }, `All ${number(run.chunks.failed)} failed chunks`)) : null);
  }

  // Created once and kept, so that an open log stays open.
  function remember(chunk) {
    const last = chunk.lastAttempt;
    const log = el('div');
    const item = el('details', null,
      el('summary', null, chunkLink(id, chunk.index), el('span.error', null, last?.error ?? last?.outcome ?? 'failed'), el('span.soft.small', null, last?.host)),
      last?.stderrTail ? el('pre', { tabindex: '0', 'aria-label': 'End of standard error' }, visible(last.stderrTail)) : null,
      el('.row', null, el('p.soft.small', null, last ? `attempt ${last.attempt}, ${duration(last.seconds)}, peak memory ${bytes(last.peakMemoryBytes)}` : ''), el('span.grow'),
        last ? el('button.small', { type: 'button', onclick: event => { event.target.remove(); put(log, logView(id, chunk.index, last.attempt)); } }, 'Log') : null), log);
    failedOpen.set(chunk.index, item);
    return item;
  }

  async function showSlowest() {
    const attempts = await get(`/runs/${id}/slowest?limit=8`, signal);
    const longest = attempts[0]?.seconds || 1;
    put(slowest, attempts.length ? el('table', null,
      el('thead', null, el('tr', null, ['Chunk', 'Host', '', 'Duration'].map((title, at) => el(at === 3 ? 'th.right' : 'th', null, title)))),
      el('tbody', null, attempts.map(attempt => {
        const length = el('.length');
        length.style.width = `${attempt.seconds / longest * 100}%`;
        return el('tr', null, el('td', null, chunkLink(id, attempt.index)), el('td', null, attempt.host), el('td', { width: '45%' }, length), el('td.right', null, duration(attempt.seconds)));
      }))) : el('.empty', null, 'No attempt has ended yet.'));
  }

  async function showStrip() {
    await strip.refresh(signal);
    stripNote.textContent = strip.perCell() > 1 ? `${number(strip.perCell())} chunks per cell` : 'one chunk per cell';
  }

  async function showPlots() {
    plots.show(await get(`/runs/${id}/timeline?points=150`, signal));
  }

  async function showWhy() {
    const explanation = await get(`/runs/${id}/explain`, signal);
    put(why, el('b', null, explanation.verdict), el('ul', null, explanation.reasons.map(reason => el('li', null, reason))),
      explanation.remedies.length ? el('ul', null, explanation.remedies.map(remedy => el('li', null, el('code', null, remedy)))) : null);
  }

  // All at once: one after the other, a distant server would be waited for five times.
  const showRest = () => Promise.all([showStrip(), showPlots(), showFailures(), showSlowest(), showWhy()]);

  let stale = false;
  show();
  await showRest();
  follow(`/runs/${id}/events`, signal, changed => { run = changed; stale = true; show(); }, link).catch(failure => say(failure.message, true));
  every(2000, signal, async () => {
    if (!stale) return;
    stale = false;
    await showRest();
  });
}

const tile = (title, value, note) => el('.tile', null, el('dt', null, title), el('dd', null, value, note ? el('small', null, note) : null));
