import { get } from '../api.js';
import { el, put } from '../dom.js';
import { ago, number, percent, range, rate, duration } from '../format.js';
import { every, pill, stateBar } from '../parts/bits.js';

export async function runsView({ content, signal, link }) {
  let state = '';
  let more = 1;
  const body = el('tbody');
  const next = el('button', { type: 'button', hidden: true, onclick: () => { more++; refresh(); } }, 'Older runs');
  const filter = el('select', { 'aria-label': 'State', onchange: event => { state = event.target.value; more = 1; refresh(); } },
    el('option', { value: '' }, 'all states'), ['running', 'paused', 'succeeded', 'failed', 'cancelled'].map(name => el('option', { value: name }, name)));
  const table = el('.card', null, el('.scroll', null, el('table.runs', null,
    el('thead', null, el('tr', null, ['Run', 'State', 'Progress', ''].map(name => el('th', null, name)), ['Items', 'Time left', 'Submitted'].map(name => el('th.right.wide', null, name)))), body)));
  put(content, el('.row', null, el('h1', null, 'Runs'), el('span.grow'), filter), table, el('.row', null, next));

  async function refresh() {
    try {
      let after = '';
      const runs = [];
      for (let page = 0; page < more; page++) {
        const { items, next: following } = await get(`/runs?limit=50${state && `&state=${state}`}${after && `&after=${after}`}`, signal);
        runs.push(...items);
        after = following;
        if (!following) break;
      }
      next.hidden = !after;
      link(true);
      put(body, runs.map(row));
      if (!runs.length)
        put(body, el('tr', null, el('td', { colspan: 7 }, el('.empty', null, state ? `No ${state} runs.` : ['No runs yet. Start one with ', el('code', null, 'dbatch submit --total 100 -- ./script {start} {count}')]))));
    } catch (failure) {
      if (!signal.aborted) link(false);
      throw failure;
    }
  }

  await every(2000, signal, refresh);
}

function row(run) {
  const settled = run.chunks.settled ?? run.chunks.succeeded + run.chunks.failed + run.chunks.cancelled;
  return el('tr', null,
    el('td', null, el('a.name', { href: `#/runs/${run.run}` }, run.name || run.run), el('.soft.small.mono', null, run.run)),
    el('td', null, pill(run.state)),
    el('td', null, stateBar(run.chunks, true)),
    el('td.right.small', null, percent(settled, run.chunks.total)),
    el('td.right.wide', null, number(run.itemsSucceeded), el('.soft.small', null, rate(run.itemsPerSecond))),
    el('td.right.wide', null, run.eta ? range(run.eta) : run.finishedAt ? el('span.soft', null, `took ${duration((new Date(run.finishedAt) - new Date(run.submittedAt)) / 1000)}`) : '–'),
    el('td.right.wide.soft', null, ago(run.submittedAt)));
}
