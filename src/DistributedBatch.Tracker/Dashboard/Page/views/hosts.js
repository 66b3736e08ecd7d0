import { get } from '../api.js';
import { el, put } from '../dom.js';
import { ago, bytes, duration, number } from '../format.js';
import { every, share } from '../parts/bits.js';
import { slotTimeline } from '../parts/slots.js';

const minutes = 10;

export async function hostsView({ content, signal, link }) {
  document.title = 'Hosts · DistributedBatch';
  const cards = el('.hosts');
  const sum = el('span.soft');
  const trouble = el('div');
  put(content, el('.row', null, el('h1', null, 'Hosts'), sum), trouble, cards);
  await every(2000, signal, async () => {
    try {
      const [hosts, broker] = await Promise.all([get('/hosts', signal), get('/broker', signal)]);
      const spans = new Map(await Promise.all(hosts.filter(host => host.alive)
        .map(async ({ host }) => [host.name, await get(`/hosts/${encodeURIComponent(host.name)}/slots?minutes=${minutes}`, signal)])));
      put(trouble, broker.lastTrouble && !broker.lastTrouble.until ? el('.note', null, `Server: ${lasting(broker.lastTrouble)}. The hosts below may be out of date.`) : null);
      link(true);
      const alive = hosts.filter(host => host.alive);
      sum.textContent = hosts.length ? `${number(alive.reduce((all, { host }) => all + host.slots, 0))} slots on ${number(alive.length)} of ${number(hosts.length)} hosts` : '';
      put(cards, hosts.length ? hosts.map(host => card(host, spans.get(host.host.name))) : el('.card', null, el('.empty', null, ['No hosts yet. Start ', el('code', null, 'dbatch consumer'), ' on a machine.'])));
    } catch (failure) {
      if (!signal.aborted) link(false);
      throw failure;
    }
  });
}

function card({ host, alive, lastSeen, running, succeeded, failed }, spans) {
  const slots = Array.from({ length: Math.max(host.slots, ...running.map(attempt => attempt.slot + 1)) }, (_, slot) => {
    const attempt = running.find(known => known.slot === slot);
    const label = attempt && `slot ${slot}: chunk ${attempt.index} of ${attempt.run}, for ${duration((Date.now() - new Date(attempt.startedAt)) / 1000)}`;
    return attempt ? el('a', { href: `#/runs/${attempt.run}/chunks/${attempt.index}`, title: label, 'aria-label': label }) : el('span', { title: `slot ${slot}: free` });
  });
  const used = host.memoryBytes - host.memoryAvailableBytes;
  return el('section.card', { class: alive ? 'online' : 'offline', 'aria-label': host.name },
    el('.row', null, el('h2', null, host.name), el('span.grow'),
      el('span.pill', { class: alive ? host.onHold ? 's-queued' : 's-succeeded' : 's-failed' }, alive ? host.onHold ? 'on hold' : 'online' : `offline, last seen ${ago(lastSeen)}`)),
    el('.small.soft', null, `${running.length} of ${host.slots} slots busy · ${host.cores} cores · dbatch ${host.version}`),
    el('.slots', { role: 'group', 'aria-label': 'Slots' }, slots),
    spans ? slotTimeline(slots.length, spans, running, minutes) : null,
    host.onHold ? el('.note', null, host.onHold) : null,
    (host.warnings || []).map(warning => el('.note', null, `${warning}.`)),
    host.brokerTrouble && alive && isRecent(host.brokerTrouble) ? el('.note', null, lasting(host.brokerTrouble)) : null,
    meter('CPU', host.cpuBusy, `${Math.round(host.cpuBusy * 100)} %`),
    host.memoryBytes ? meter('memory', used / host.memoryBytes, `${bytes(used)} of ${bytes(host.memoryBytes)}`) : null,
    host.gpus.map(gpu => meter(`GPU ${gpu.index}`, gpu.memoryUsedBytes / gpu.memoryBytes, `${bytes(gpu.memoryUsedBytes)} of ${bytes(gpu.memoryBytes)}`, gpu.name)),
    el('.small.soft', null, el('p', null, `${number(succeeded)} attempts succeeded, ${number(failed)} failed`, host.slotsReason ? `. ${host.slotsReason}.` : '')));
}

const isRecent = ({ until }) => !until || Date.now() - new Date(until) < 600_000;

const lasting = ({ reason, since, until }) =>
  `${reason} (for ${duration(((until ? new Date(until) : Date.now()) - new Date(since)) / 1000)}${until ? ` until ${ago(until)}` : ''})`;

const meter = (title, value, text, hint) => el('.meter', { title: hint }, el('span.soft', null, title), share(Math.min(1, value || 0), `${title}: ${text}`), el('span', null, text));
