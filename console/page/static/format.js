// format.js: numbers, times and ages as people read them. Times are UTC and ages are by the trader's clock, which may not
// be this machine's.

const missing = '–';
let ahead = 0; // by how many ms the trader's clock is ahead of this one

// setClock takes what the trader's clock said between two moments of this one.
export function setClock(iso, asked, answered) {
  ahead = Date.parse(iso) - (asked + answered) / 2;
}

export const now = () => Date.now() + ahead;

const two = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const any = new Intl.NumberFormat('en', { maximumSignificantDigits: 8 });
const share = new Intl.NumberFormat('en', { style: 'percent', minimumFractionDigits: 2, maximumFractionDigits: 2 });

const known = (value) => value !== null && value !== undefined && value !== '' && Number.isFinite(Number(value));

// minus is one sign everywhere, and none in front of nothing.
const minus = (shown) => (/[1-9]/.test(shown) ? shown.replace('-', '−') : shown.replace('-', ''));

export const money = (value) => (known(value) ? minus(two.format(Number(value))) : missing);
export const number = (value) => (known(value) ? minus(any.format(Number(value))) : missing);
export const percent = (value) => (known(value) ? minus(share.format(value)) : missing);

// profit has its sign in front, because a colour alone says nothing to some.
export function profit(value) {
  if (!known(value)) return missing;
  const rounded = two.format(Math.abs(Number(value)));
  if (rounded === '0.00') return rounded;
  return (Number(value) > 0 ? '+' : '−') + rounded;
}

// sign is the class of a profit or a loss.
export const sign = (value) => (Number(value) >= 0.005 ? 'gain' : Number(value) <= -0.005 ? 'loss' : '');

// age says how long something takes, in its two largest units.
export function age(ms) {
  if (!Number.isFinite(ms)) return missing;
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return s + ' s';
  if (s < 3600) return Math.floor(s / 60) + ' min ' + (s % 60) + ' s';
  if (s < 86400) return Math.floor(s / 3600) + ' h ' + Math.floor((s % 3600) / 60) + ' min';
  return Math.floor(s / 86400) + ' d ' + Math.floor((s % 86400) / 3600) + ' h';
}

export const since = (iso) => (iso ? age(now() - Date.parse(iso)) : missing);
export const until = (iso) => (iso ? age(Date.parse(iso) - now()) : missing);

// clock is the time of day, with the date where that is not today's.
export function clock(at) {
  const date = new Date(at);
  if (!at || Number.isNaN(date.getTime())) return missing;
  const iso = date.toISOString();
  const today = new Date(now()).toISOString().slice(0, 10);
  return (iso.slice(0, 10) === today ? '' : iso.slice(0, 10) + ' ') + iso.slice(11, 19);
}

// micros reads a time to the microsecond, which a Date does not keep.
export function micros(iso) {
  const fraction = /\.(\d+)/.exec(iso)?.[1] ?? '';
  return Math.floor(Date.parse(iso) / 1000) * 1e6 + Number(fraction.padEnd(6, '0').slice(0, 6));
}

// step is the time between two steps of an order.
export function step(us) {
  if (us < 1000) return '+' + us + ' µs';
  if (us < 1e6) return '+' + (us / 1000).toFixed(1) + ' ms';
  if (us < 60e6) return '+' + (us / 1e6).toFixed(2) + ' s';
  return '+' + age(us / 1000);
}

// sentence begins with a capital letter.
export const sentence = (said) => (said ? said[0].toUpperCase() + said.slice(1) : '');

// plain is a name of the API in words: take_profit is take profit.
export const plain = (name) => String(name ?? '').replaceAll('_', ' ');
