// Chooses the page and the theme.

import { el, put } from './dom.js';
import { runsView } from './views/runs.js';
import { runView } from './views/run.js';
import { chunkView } from './views/chunk.js';
import { hostsView } from './views/hosts.js';

const pages = [
  [/^#\/runs$/, 'runs', runsView],
  [/^#\/runs\/([^/]+)$/, 'runs', runView],
  [/^#\/runs\/([^/]+)\/chunks\/(\d+)$/, 'runs', chunkView],
  [/^#\/hosts$/, 'hosts', hostsView],
];

let leave = new AbortController();

async function show() {
  leave.abort();
  leave = new AbortController();
  const { signal } = leave;
  const content = document.getElementById('content');
  const address = location.hash || '#/runs';
  const found = pages.map(([pattern, nav, view]) => [pattern.exec(address), nav, view]).find(([match]) => match);
  if (!found) return location.replace('#/runs');
  const [match, nav, view] = found;
  for (const link of document.querySelectorAll('[data-nav]'))
    link.dataset.nav === nav ? link.setAttribute('aria-current', 'page') : link.removeAttribute('aria-current');
  link(null);
  put(content, el('.empty', null, 'Loading…'));
  try {
    await view({ content, signal, link }, ...match.slice(1).map(decodeURIComponent));
  } catch (failure) {
    if (!signal.aborted) put(content, el('.card', null, el('h1', null, 'Error'), el('p', null, failure.message), el('a', { href: '#/runs' }, 'All runs')));
  }
}

/** Shows the state of the connection: true, false, or null for none. */
function link(live) {
  const sign = document.getElementById('link');
  sign.className = live === null ? 'link' : live ? 'link live' : 'link lost';
  put(sign, live === null ? null : el('span', null, live ? 'live' : 'connection lost, reconnecting'));
}

const dark = matchMedia('(prefers-color-scheme: dark)');
function theme(chosen = localStorage.getItem('dbatch-theme')) {
  document.documentElement.dataset.theme = chosen ?? (dark.matches ? 'dark' : 'light');
  dispatchEvent(new Event('themechange'));
}
document.getElementById('theme').addEventListener('click', () => {
  localStorage.setItem('dbatch-theme', document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark');
  theme();
});
dark.addEventListener('change', () => theme());
document.querySelector('.skip').addEventListener('click', event => {
  event.preventDefault();
  document.getElementById('content').focus();
});

theme();
addEventListener('hashchange', show);
show();
