// stream.js: the stream of events. It goes on where it broke off; where the trader has forgotten that place, or is another
// run of the program, the list begins anew and says so. It is read by fetch and not by EventSource, which does not tell why
// a stream was refused.

import { get, refusal } from './api.js';
import { put, lose, poke, letIn } from './feed.js';

const kept = 500; // events
const silence = 40_000; // ms without a byte, of a stream that says something every 15 s
const first = 1000; // ms before the first try after a stream has ended
const topicsOf = {
  service: ['services', 'host'], verdict: ['host', 'services', 'status'], act: ['status', 'services', 'host', 'orders'],
  journal: ['status', 'orders', 'outcomes', 'signals', 'fills'],
};

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

let events = []; // newest first
let place = ''; // the id of the last event that was got
let run = '';

// follow reads the stream for as long as the page is open.
export async function follow() {
  for (let failures = 0; ; failures++) {
    try {
      while (!letIn()) await pause(300);
      if (!place) await begin();
      await read(() => { failures = 0; });
      lose('events', { status: 0, message: 'the stream has ended' });
    } catch (error) {
      if (error.status === 410) place = '';
      lose('events', error);
      if (error.status === 404) return; // this host shows no events
    }
    await pause(Math.min(10_000, first * 2 ** Math.min(failures, 4)) * (0.8 + Math.random() * 0.4));
  }
}

// begin asks for what happened before the stream.
async function begin() {
  let name = '';
  const found = await get('api/events?limit=200', (response) => { name = response.headers.get('Events-Run') ?? ''; });
  const news = found.map((one) => ({ ...one, run: name }));
  if (run && run !== name) {
    news.push({ seq: 0, run: name, at: new Date().toISOString(), kind: 'page', text: 'The trader was started anew: its events begin here' });
  } else if (run) events = [];
  run = name;
  place = (found[0]?.seq ?? 0) + '@' + name;
  events = [...news, ...events].slice(0, kept);
  poke();
}

async function read(opened) {
  const ending = new AbortController();
  let timer = setTimeout(() => ending.abort(), silence);
  try {
    const response = await fetch('api/events?after=' + encodeURIComponent(place), {
      headers: { Accept: 'text/event-stream' }, cache: 'no-store', signal: ending.signal,
    });
    if (!response.ok) throw await refusal(response);
    opened();
    put('events', events);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => ending.abort(), silence);
      const blocks = (rest + value).split('\n\n');
      rest = blocks.pop();
      take(blocks);
    }
  } finally {
    clearTimeout(timer);
    ending.abort();
  }
}

// take reads whole events of the stream.
function take(blocks) {
  const changed = new Set();
  for (const block of blocks) {
    const one = {};
    for (const line of block.split('\n')) {
      const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
      if (name) one[name] = value;
    }
    if (one.id) place = one.id;
    if (one.event === 'gap') changed.add('services').add('status').add('orders');
    if (!one.data || one.event === 'gap') continue;
    const event = JSON.parse(one.data);
    events.unshift({ ...event, run });
    for (const topic of topicsOf[event.kind] ?? []) changed.add(topic);
  }
  if (changed.size === 0) return;
  if (events.length > kept) events.length = kept;
  put('events', events);
  poke(...changed);
}
