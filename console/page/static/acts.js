// acts.js: what a person does. Each act is asked for once, under a key of its own, and is answered on the page: by its
// result, by the refusal in the API's words, or by that nobody knows yet. What can cost money asks first, and where the
// money is real it asks for the account's name.

import { $, el, text, attr } from './dom.js';
import { act, newKey } from './api.js';
import { data, poke } from './feed.js';
import { askToSignIn } from './session.js';
import { lastPrice } from './prices.js';
import { money, number } from './format.js';

// verbs are the acts that there are: the field of the body, what the question says, and whether it only makes things safer.
const verbs = {
  halt: { field: 'reason', title: 'Halt trading', yes: 'Halt', safe: true, reason: 'halted by hand',
    ask: 'Nothing is opened until somebody re-arms. What is held stays, and stays guarded.' },
  rearm: { field: 'halt', title: 'Re-arm', yes: 'Re-arm', ask: 'Trading goes on: positions may be opened again.' },
  kill: { title: 'Close everything and halt', yes: 'Close everything',
    ask: 'All orders are canceled, all positions are closed at the market, and nothing is opened until somebody re-arms.' },
  flatten: { field: 'symbol', title: 'Close a position', yes: 'Close', ask: 'Closed at the market.', of: worth },
  lock: { field: 'symbol', title: 'Lock an instrument', yes: 'Lock', safe: true, reason: 'locked by hand', length: true,
    ask: 'Nothing of it is opened until then, and entries that rest are canceled. What is held stays, and stays guarded.' },
  unlock: { field: 'symbol', title: 'Unlock an instrument', yes: 'Unlock', ask: 'It may be opened again.' },
  cancel: { field: 'client_id', title: 'Cancel an order', yes: 'Cancel the order',
    ask: 'What is not filled is not going to be. An order that guards a position guards it no more.' },
  'give-up': { field: 'client_id', title: 'Give an order up', yes: 'Give up',
    ask: 'Only if you have seen at the venue that it is not there: from then on it counts as never filled.' },
  approve: { field: 'signal_id', title: 'Approve a signal', yes: 'Approve', ask: 'Orders are placed for it.' },
  pause: { title: 'Pause signals', yes: 'Pause', safe: true, ask: 'No signals are made until somebody resumes. What is held stays guarded.' },
  resume: { title: 'Resume signals', yes: 'Resume', ask: 'Signals are made again, and traded on.' },
  'reduce-only': { field: 'on', title: 'Only reduce', yes: 'Only reduce', safe: true, ask: 'Nothing is opened and nothing added to.' },
  'restart-service': { field: 'path', title: 'Restart a service', yes: 'Restart', ask: 'Its run is asked to end, and a new one begins.' },
  'stop-service': { field: 'path', title: 'Stop a service', yes: 'Stop', ask: 'It stays down until somebody starts it.' },
  'start-service': { field: 'path', title: 'Start a service', yes: 'Start', quiet: true },
  'pause-service': { field: 'path', title: 'Pause a service', yes: 'Pause', ask: 'It does nothing until somebody resumes it.' },
  'resume-service': { field: 'path', title: 'Resume a service', yes: 'Resume', quiet: true },
};

const openAgain = { field: 'on', title: 'Open again', yes: 'Open again', ask: 'Positions may be opened and added to again.' };

// worth says what a position is, and about what it is worth.
function worth(symbol) {
  const p = data('status')?.positions?.find((one) => one.symbol === symbol);
  if (!p) return symbol.slice(0, 100);
  const price = lastPrice(symbol) ?? Number(p.cost) / Number(p.quantity);
  return `${Number(p.quantity) < 0 ? 'short' : 'long'} ${number(Math.abs(p.quantity))} ${symbol.slice(0, 100)}, about ${money(Math.abs(p.quantity) * price)}`;
}

export const can = (verb) => Boolean(data('host')?.verbs?.includes(verb));

// button makes one that asks for an act; object returns what it is to be done to when it is pressed.
export function button(verb, label, object) {
  const node = el('button', { type: 'button', 'data-act': verb }, label);
  node.addEventListener('click', () => doAll(verb, [object()]));
  return node;
}

// offer shows a button where the host can do its act, and says of what.
export function offer(node, on, object) {
  attr(node, 'hidden', !(on && can(node.dataset.act)));
  if (object !== undefined) attr(node, 'data-object', String(object).slice(0, 200));
}

// doAll asks whether, and then does one act to each object, one after the other.
export async function doAll(verb, objects) {
  if (objects.length === 0) return;
  if (!data('host')?.may_act && !(await askToSignIn('This act needs a token that may act.'))) return;
  const kind = verb === 'reduce-only' && objects[0] === false ? openAgain : verbs[verb];
  const said = kind.quiet && objects.length === 1 ? {} : await question(verb, kind, objects);
  if (!said) return;
  const refused = [];
  for (const [i, object] of objects.entries()) {
    const of = objects.length > 1 ? ` (${i + 1} of ${objects.length})` : '';
    const body = kind.field ? { [kind.field]: object } : {};
    if (kind.reason) body.reason = said.reason;
    if (kind.length) body.for = said.length;
    const answer = await one(verb, body, newKey(), name(kind, object) + of);
    if (answer !== 'done') refused.push(answer);
  }
  if (objects.length > 1) {
    const done = objects.length - refused.length;
    say(refused.length ? 'refused' : 'done', `${kind.title}: ${done} of ${objects.length} done` +
      (refused.length ? '. ' + [...new Set(refused)].join('. ') : ''));
  }
}

function name(kind, object) {
  return kind.title + (typeof object === 'string' ? ': ' + object.slice(0, 100) : '');
}

// one does one act and shows how it ended.
async function one(verb, body, key, what) {
  say('waiting', what + ' … asked for');
  try {
    await act(verb, body, key, (why) => say('waiting', `${what} … ${why}`));
    say('done', what + ': done');
    return 'done';
  } catch (error) {
    if (error.status === 0) {
      say('unknown', `${what}: nobody knows yet whether it was done, ${error.message}`, () => one(verb, body, key, what));
    } else {
      say('refused', `${what}: refused. ${error.message}`);
      if (error.status === 401) askToSignIn('This act needs a token that may act.');
    }
    return error.message;
  } finally {
    poke('host', 'status', 'services', 'orders', 'locks');
  }
}

// say shows what became of an act, until the next one.
function say(outcome, what, again) {
  const node = $('result');
  attr(node, 'data-outcome', outcome);
  const parts = [el('p', { dir: 'auto' }, what)];
  if (again) {
    const ask = el('button', { type: 'button', 'data-again': '' }, 'Ask again');
    ask.addEventListener('click', again);
    parts.push(ask);
  }
  const close = el('button', { type: 'button', 'aria-label': 'Close this message' }, '×');
  close.addEventListener('click', () => { node.replaceChildren(); attr(node, 'data-outcome', null); });
  node.replaceChildren(...parts, close);
}

// question asks whether. It is answered by what was typed, or by nothing.
function question(verb, kind, objects) {
  const dialog = $('dialog');
  const host = data('host') ?? {};
  const typed = !['paper', 'simulated'].includes(host.mode) && !kind.safe; // a host that does not say is taken for live
  const wanted = host.name || 'LIVE';
  text($('dialog-h'), kind.title + (objects.length > 1 ? ` (${objects.length})` : ''));
  const listed = objects.filter((o) => typeof o === 'string').slice(0, 10).map((o) => kind.of?.(o) ?? o.slice(0, 100)).join(', ');
  const where = { paper: 'On paper. ', simulated: 'With no real money. ', live: 'With real money. ' }[host.mode] ?? 'This host does not say whether its money is real. ';
  const venue = host.venue ? `At ${host.venue.slice(0, 120)}. ` : '';
  text($('dialog-text'), where + venue + (listed ? listed + '. ' : '') + (kind.ask ?? ''));
  text($('dialog-yes'), kind.yes);
  text($('dialog-wanted'), wanted);
  $('dialog-reason-at').hidden = !kind.reason;
  $('dialog-reason').value = kind.reason ?? '';
  $('dialog-for-at').hidden = !kind.length;
  $('dialog-name-at').hidden = !typed;
  $('dialog-name').value = '';
  const right = () => !typed || $('dialog-name').value.trim() === wanted.trim();
  const enable = () => { $('dialog-yes').disabled = !right(); };
  enable();
  return new Promise((answer) => {
    const ending = new AbortController();
    const end = (value) => { ending.abort(); dialog.close(); answer(value); };
    const listen = (node, event, fn) => node.addEventListener(event, fn, { signal: ending.signal });
    listen($('dialog-name'), 'input', enable);
    listen($('dialog-no'), 'click', () => end(null));
    listen(dialog, 'cancel', (event) => { event.preventDefault(); end(null); });
    listen(dialog.querySelector('form'), 'submit', (event) => {
      event.preventDefault();
      if (right()) end({ reason: $('dialog-reason').value.trim() || kind.reason, length: $('dialog-for').value });
    });
    dialog.showModal();
    (typed ? $('dialog-name') : kind.reason ? $('dialog-reason') : $('dialog-no')).focus();
    $('dialog-reason').select();
  });
}
