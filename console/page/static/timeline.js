// timeline.js: the way of a signal or an order, step by step, with the time between the steps. It is read from the journal
// when somebody opens it, and again while there is more to come.

import { el, text, words, attr } from './dom.js';
import { get } from './api.js';
import { micros, step, clock, number, plain, percent } from './format.js';

const stages = {
  signal_seen: 'Signal', intent_made: 'Intent', submitting: 'Sent', acknowledged: 'Acknowledged', filled: 'Fill',
  canceled: 'Canceled', cancel_asked: 'Cancel asked', rejected: 'Rejected', expired: 'Expired', unknown: 'Not known',
  triggered: 'Triggered', not_received: 'Not received', signal_approved: 'Approved', close_asked: 'Close asked', amended: 'Amended',
};

// details returns the row that stands behind an entry while it is open. path is where its trail is.
export function details(columns, id, path) {
  const body = el('div', { class: 'details' }, el('p', {}, 'Asking …'));
  const node = el('tr', { class: 'behind', 'data-detail-of': id }, el('td', { colspan: columns }, body));
  let asked = 0;
  let busy = false;
  return {
    node,
    async refresh(every) {
      if (busy || Date.now() - asked < every) return;
      busy = true;
      asked = Date.now();
      try {
        fill(body, await get(path));
      } catch (error) {
        body.replaceChildren(el('p', { dir: 'auto' }, 'Not known: ' + error.message));
      }
      busy = false;
    },
  };
}

function fill(body, found) {
  const signal = found.signal ?? found;
  const facts = el('dl', { class: 'facts' });
  const fact = (name, value) => {
    if (value === undefined || value === null || value === '') return;
    facts.append(el('div', {}, el('dt', {}, name), words(el('dd'), value)));
  };
  fact('ID', signal.id ?? found.client_id);
  fact('Strategy', signal.strategy && `${signal.strategy} ${signal.params ?? ''}`);
  fact('Bars of', signal.interval);
  fact('Bar', signal.bar_time && clock(signal.bar_time));
  fact('Confidence', signal.confidence !== undefined ? percent(signal.confidence) : '');
  fact('Valid until', signal.valid_until && clock(signal.valid_until));
  fact('Signal', found.signal_id);
  fact('Price at the decision', found.decision_price && number(found.decision_price));
  fact('Times sent', found.sends);
  fact('Reason', found.reason);
  for (const part of signal.parts ?? []) fact('Part', Object.values(part).join(' '));
  const trail = found.trail?.length ? found.trail : remembered(found);
  body.replaceChildren(facts, timeline(trail, found.orders ?? []),
    el('p', {}, found.trail?.length ? '' : 'The journal has nothing of it: no engine has looked at it yet, or the host shows no journal.'));
}

// remembered is the way of an order as far as the order itself tells.
const remembered = (order) => (!order.created_at || !order.status ? [] : [
  { kind: 'intent_made', at: order.created_at, text: `${order.side} ${order.quantity} ${order.symbol}`, data: order },
  { kind: order.status, at: order.updated_at, text: order.reason ?? '', data: order },
]);

// timeline shows the steps in their order, each with its time after the one before.
function timeline(trail, orders) {
  const marks = new Map(orders.map((o, i) => [o.client_id, orders.length > 1 ? `order ${i + 1}` : '']));
  let last;
  return el('ol', { class: 'timeline' }, ...trail.flatMap((entry) => {
    const at = micros(entry.at);
    const gap = last === undefined ? clock(entry.at) : step(at - last);
    last = at;
    const node = stage(entry.kind, gap, stages[entry.kind] ?? plain(entry.kind), marks.get(orderOf(entry.data)), entry.text);
    attr(node, 'title', entry.at);
    return entry.kind === 'signal_seen' ? [node, risk(entry.data)] : [node];
  }));
}

function stage(kind, gap, name, of, said) {
  return el('li', { 'data-step': kind }, el('span', { class: 'gap' }, gap), el('strong', {}, name),
    words(el('span'), said), of ? el('span', { class: 'note' }, of) : null);
}

const orderOf = (entry) => entry.client_id ?? entry.order?.client_id ?? entry.fill?.client_id;

// risk says what the limits and the policy have made of a signal: they were asked in the same moment.
function risk(seen) {
  return stage('risk', '', 'Risk', '', `${seen.reason || 'nothing stood against it'}; to hold ${number(seen.target)}`);
}
