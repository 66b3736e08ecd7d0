// Requests to /api: one token, asked for once; problem details become errors; lost connections are retried.

const key = 'dbatch-token';
let asking = null;

// A link such as http://head:8080/#token=… contains the token. The part after # never leaves the browser.
const linked = /^#token=([\w.-]+)(\/.*)?$/.exec(location.hash);
if (linked) {
  localStorage.setItem(key, linked[1]);
  history.replaceState(null, '', `/#${linked[2] ?? '/runs'}`);
}

/** An error response, with the text of the server. */
export class Problem extends Error {
  constructor(status, body) {
    super(body?.mistakes?.join(' ') || body?.detail || body?.title || `The server answered ${status}.`);
    this.status = status;
  }
}

/** Fetches a path under /api; asks for the token when needed. */
export async function call(path, options = {}) {
  for (let wrong = false; ; wrong = true) {
    const token = localStorage.getItem(key) ?? await ask(wrong);
    const answer = await fetch(`/api${path}`, { cache: 'no-cache', ...options, headers: { ...options.headers, Authorization: `Bearer ${token}` } });
    if (answer.status === 401) {
      if (localStorage.getItem(key) === token) localStorage.removeItem(key);
      continue;
    }
    if (!answer.ok) throw new Problem(answer.status, await answer.json().catch(() => null));
    return answer;
  }
}

export const get = async (path, signal) => (await call(path, { signal })).json();

export const text = async (path, options) => (await call(path, options)).text();

export const post = path => call(path, { method: 'POST' });

/** Downloads a file; a plain link could not send the token. */
export async function download(path, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await (await call(path)).blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Follows server-sent events until the signal aborts; reconnects with Last-Event-ID and reports the state of the connection. */
export async function follow(path, signal, onEvent, onLink) {
  let last = null;
  for (let wait = 1000; !signal.aborted; wait = Math.min(wait * 2, 15_000)) {
    try {
      const answer = await call(path, { signal, cache: 'no-store', headers: last ? { 'Last-Event-ID': last } : {} });
      onLink(true);
      wait = 500;
      for await (const event of events(answer.body)) {
        last = event.id ?? last;
        onEvent(JSON.parse(event.data));
      }
    } catch (failure) {
      if (signal.aborted) return;
      if (failure instanceof Problem && failure.status === 404) throw failure;
    }
    if (signal.aborted) return;
    onLink(false);
    await new Promise(done => setTimeout(done, wait));
  }
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += value;
    for (let end; (end = rest.indexOf('\n\n')) >= 0; rest = rest.slice(end + 2)) {
      const event = { data: '' };
      for (const line of rest.slice(0, end).split('\n')) {
        const colon = line.indexOf(':');
        if (colon > 0) event[line.slice(0, colon)] = (line[0] === 'd' && event.data ? event.data + '\n' : '') + line.slice(colon + 1).trimStart();
      }
      if (event.data) yield event;
    }
  }
}

/** Asks once, however many requests wait for the token. */
function ask(wrong) {
  return asking ??= new Promise(answered => {
    const dialog = document.getElementById('ask');
    const input = document.getElementById('ask-token');
    document.getElementById('ask-wrong').textContent = wrong ? 'This token is wrong.' : '';
    input.value = '';
    dialog.addEventListener('cancel', event => event.preventDefault());
    dialog.addEventListener('close', () => {
      localStorage.setItem(key, input.value.trim());
      asking = null;
      answered(input.value.trim());
    }, { once: true });
    dialog.showModal();
  });
}
