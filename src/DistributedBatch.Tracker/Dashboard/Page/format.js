// Numbers, times and words as people read them.

const whole = new Intl.NumberFormat('en');

export const number = value => whole.format(value);

export const states = ['pending', 'queued', 'running', 'succeeded', 'failed', 'cancelled'];

/** 0.004 → 4 ms, 75 → 1 min 15 s, 9000 → 2 h 30 min. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return '–';
  if (seconds < 0.9995) return `${seconds < 0.01 ? (seconds * 1000).toFixed(1) : Math.round(seconds * 1000)} ms`;
  if (seconds < 59.5) return `${seconds < 9.95 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (seconds < 600) { const all = Math.round(seconds); return `${Math.floor(all / 60)} min${all % 60 ? ` ${all % 60} s` : ''}`; }
  if (minutes < 100) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h${minutes % 60 ? ` ${minutes % 60} min` : ''}`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)} d${hours % 24 ? ` ${hours % 24} h` : ''}`;
}

/** The range of an estimate with one unit where both ends share it: 12–18 min. */
export function range(eta) {
  const [low, high] = [duration(eta.earliestSeconds), duration(eta.latestSeconds)];
  const unit = / [a-z]+$/.exec(low)?.[0];
  return low === high ? low : unit && high.endsWith(unit) && !/ .* /.test(low) && !/ .* /.test(high) ? `${low.slice(0, -unit.length)}–${high}` : `${low} – ${high}`;
}

export function rate(perSecond) {
  if (!perSecond) return '–';
  if (perSecond >= 1) return `${perSecond < 100 ? perSecond.toFixed(1) : number(Math.round(perSecond))} /s`;
  return perSecond * 60 >= 1 ? `${(perSecond * 60).toFixed(1)} /min` : `${(perSecond * 3600).toFixed(1)} /h`;
}

export function bytes(size) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) { size /= 1024; unit++; }
  return `${unit && size < 9.95 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}

const pad = value => String(value).padStart(2, '0');

export function clock(time) {
  const at = new Date(time);
  const day = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
  const hour = `${pad(at.getHours())}:${pad(at.getMinutes())}`;
  return new Date().toDateString() === at.toDateString() ? hour : `${day} ${hour}`;
}

export function ago(time) {
  const seconds = (Date.now() - new Date(time)) / 1000;
  return seconds < 3 ? 'just now' : `${duration(seconds < 60 ? Math.round(seconds) : seconds)} ago`;
}

export const percent = (part, all) => all ? `${part === all ? 100 : Math.min(99.9, Math.floor(part / all * 1000) / 10)} %` : '100 %';

/** Control characters and reordering marks would be invisible here, or worse; they are shown as what they are: \x1b, \u202e. */
export const visible = text => text.replace(/\r\n/g, '\n')
  .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, c => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
  .replace(/[\u202a-\u202e\u2066-\u2069]/g, c => `\\u${c.charCodeAt(0).toString(16)}`);
