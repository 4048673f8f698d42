// bar.js: what is always in sight: whether the money is real, how the trader is, since when nothing was heard, and Halt.

import { $, text, attr, frame } from './dom.js';
import { on, data, topics } from './feed.js';
import { age, since, clock, now } from './format.js';
import { offer, doAll, can } from './acts.js';

const modes = { paper: 'PAPER · no real money', simulated: 'SIMULATED · no real money', live: 'LIVE · real money', unknown: 'MODE NOT SAID · taken for live' };
const glyphs = { healthy: '● ', degraded: '▲ ', unhealthy: '✖ ' };
const late = 8000; // ms after which the answers that came last are not of now

export function start() {
  on('host status', () => { frame(draw); title(); });
  on('events', () => frame(draw));
  setInterval(() => frame(draw), 1000);
  for (const verb of ['halt', 'pause', 'resume']) button(verb).addEventListener('click', () => doAll(verb, [true]));
  button('rearm').addEventListener('click', () => doAll('rearm', [data('status')?.halts?.[0]?.id]));
}

const button = (verb) => document.querySelector(`#bar [data-act="${verb}"]`);

function draw() {
  const host = data('host') ?? {};
  const mode = host.mode || 'unknown';
  if (data('host')) {
    attr($('mode'), 'data-mode', mode);
    text($('mode'), modes[mode]);
    text($('account'), (host.name || 'vigil').slice(0, 80));
    text($('venue'), host.venue ? 'at ' + host.venue.slice(0, 120) : '');
    $('venue').hidden = !host.venue;
    const gone = ['lost', 'signed-out'].includes(standing()[0]);
    const then = (iso) => age((gone ? now() - (Date.now() - topics.host.at) : now()) - Date.parse(iso));
    const was = gone ? 'was ' : '';
    text($('verdict'), host.verdict ? glyphs[host.verdict] + was + host.verdict : 'nobody judges');
    attr($('verdict'), 'data-verdict', host.verdict);
    attr($('verdict'), 'title', (host.reasons ?? []).join('\n').slice(0, 1000) || null);
    text($('uptime'), was + then(host.started));
    text($('progress'), host.last_progress ? since(host.last_progress) + ' ago' : 'none yet');
    text($('clock'), clock(now()));
  }
  connection();
  const halt = data('status')?.halts?.[0];
  const paused = data('generator')?.paused;
  offer(button('halt'), !halt);
  offer(button('rearm'), halt && halt.id > 0, halt?.id);
  offer(button('pause'), paused === false);
  offer(button('resume'), paused === true);
  attr(document.body, 'data-halted', Boolean(halt));
}

// standing is how the line to the trader is, in a word and in words.
export function standing() {
  const { host, status, events } = topics;
  if (host?.refusal?.status === 401) return ['signed-out', 'signed out'];
  if (!host?.at) return host?.lost ? ['lost', 'no answer since ' + clock(now() - (Date.now() - host.lost))] : ['waiting', 'connecting'];
  const lost = host.lost || (status && !status.absent && status.lost) || (Date.now() - host.at > late && host.at);
  if (lost) return ['lost', `lost for ${age(Date.now() - lost)}, since ${clock(now() - (Date.now() - lost))}`];
  if (events?.lost && !events.absent) return ['stale', 'events lost for ' + age(Date.now() - events.lost)];
  return ['live', 'live'];
}

function connection() {
  const [state, words] = standing();
  attr($('connection'), 'data-state', state);
  text($('connection'), { live: '● ', waiting: '◌ ', stale: '▲ ', lost: '✖ ', 'signed-out': '○ ' }[state] + words);
  attr(document.body, 'data-connection', state);
}

// title tells a tab in the background how it is.
function title() {
  const host = data('host');
  if (!host) return;
  const halted = data('status')?.halts?.length ? 'HALTED' : host.verdict ?? '';
  const name = `${halted} · ${(host.mode || 'mode not said').toUpperCase()} · ${(host.name || 'vigil').slice(0, 40)}`;
  if (document.title !== name) document.title = name;
}
