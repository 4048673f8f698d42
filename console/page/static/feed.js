// feed.js: what the page knows. Each topic is asked for again and again, and at once where the stream of events says that
// it has changed. An answer that does not come leaves the last one, and since when nothing newer is known.

import { get } from './api.js';
import { setClock } from './format.js';

const slowest = 10_000; // ms between two tries of what fails
const soonest = 400; // ms between two requests for one topic, however much happens

export const topics = {}; // by name: {data, at, lost, refusal, absent, version}
const listeners = new Map();
const anyone = [];

// on calls fn whenever one of the topics, named with blanks between them, is news; no topic means any of them.
export function on(names, fn) {
  if (!names) anyone.push(fn);
  for (const name of names.split(' ').filter(Boolean)) listeners.set(name, [...(listeners.get(name) ?? []), fn]);
}

export function tell(name) {
  for (const fn of listeners.get(name) ?? []) fn(name);
  for (const fn of anyone) fn(name);
}

export const data = (name) => topics[name]?.data;

// put takes what is known of a topic from elsewhere, such as the stream.
export function put(name, value) {
  Object.assign(topics[name] ??= {}, { data: value, at: Date.now(), lost: 0, refusal: null, absent: false });
  tell(name);
}

// lose says that a topic is not of now any more.
export function lose(name, refusal) {
  const topic = topics[name] ??= {};
  topic.lost ||= Date.now();
  topic.refusal = refusal;
  topic.absent = refusal?.status === 404;
  if (topic.absent) topic.data = undefined;
  tell(name);
}

const pollers = new Map();

// poll asks for a topic every so many ms. path is an address or returns one, null for nothing to ask; take makes the data
// of the answer, the data before and the address that was asked, undefined where it is not what is asked for by now.
export function poll(name, every, path, take = (answer) => answer) {
  const p = { name, every, path, take, timer: 0, begun: 0, busy: false, again: false, failures: 0 };
  pollers.set(name, p);
  ask(p);
}

// poke asks now for what may have changed.
export function poke(...names) {
  for (const name of names.length ? names : pollers.keys()) {
    const p = pollers.get(name);
    if (!p) continue;
    if (p.busy) {
      p.again = true;
      continue;
    }
    clearTimeout(p.timer);
    p.timer = setTimeout(ask, Math.max(0, p.begun + soonest - Date.now()), p);
  }
}

// letIn reports whether who asks is known here: until then there is one request that is refused, and not ten.
export const letIn = () => Boolean(topics.host?.at) && topics.host.refusal?.status !== 401;

async function ask(p) {
  if (p.busy) return;
  const path = typeof p.path === 'function' ? p.path() : p.path;
  p.begun = Date.now();
  let wait = document.hidden ? Math.max(p.every, 15_000) : p.every;
  if (path && (p.name === 'host' || letIn())) {
    p.busy = true;
    p.again = false;
    try {
      const answer = await get(path);
      if (p.name === 'host') setClock(answer.time, p.begun, Date.now());
      const first = p.name === 'host' && !letIn();
      p.failures = 0;
      const taken = p.take(answer, data(p.name), path);
      if (taken === undefined) p.again = true;
      else put(p.name, taken);
      if (first) poke();
    } catch (error) {
      p.failures++;
      wait = error.status === 404 ? 30_000 : Math.min(slowest, Math.max(p.every, 500 * 2 ** Math.min(p.failures, 5)));
      lose(p.name, error);
    }
    p.busy = false;
  }
  clearTimeout(p.timer);
  p.timer = setTimeout(ask, p.again ? Math.max(0, p.begun + soonest - Date.now()) : wait, p);
}

document.addEventListener('visibilitychange', () => document.hidden || poke());
